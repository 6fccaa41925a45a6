//! What the functions of a file do besides giving a result: the ground on which warnings stand that would be wrong about a function
//! with side effects.

use rustc_hash::FxHashMap;

use super::{
    File,
    sites::LazySites,
    trace::{self, Event, Jump},
};
use crate::{
    ast::{ExprId, ExprKind, FnForm, FnId, Symbol},
    resolve::{GlobalKind, Prelude, Res},
};

/// Methods that change nothing, whatever they are called on.
const QUIET_METHODS: [&str; 58] = [
    "len",
    "is_empty",
    "get",
    "first",
    "last",
    "slice",
    "copy",
    "contains",
    "index_of",
    "rev",
    "flatten",
    "unique",
    "enumerate",
    "zip",
    "take",
    "skip",
    "sum",
    "min",
    "max",
    "count",
    "sorted",
    "join",
    "to_list",
    "has",
    "keys",
    "values",
    "items",
    "upper",
    "lower",
    "capitalize",
    "trim",
    "trim_start",
    "trim_end",
    "strip_prefix",
    "strip_suffix",
    "starts_with",
    "ends_with",
    "find",
    "replace",
    "split",
    "lines",
    "chars",
    "bytes",
    "repeat",
    "pad_start",
    "pad_end",
    "center",
    "to_int",
    "to_float",
    "abs",
    "floor",
    "ceil",
    "round",
    "sqrt",
    "sign",
    "clamp",
    "step",
    "now",
];

/// Functions of the prelude that change nothing outside.
const QUIET_NATIVES: [&str; 16] = [
    "error", "str", "int", "float", "type", "same", "set", "sleep", "all", "race", "any", "settled",
    "timeout", "shield", "ord", "chr",
];

/// Standard modules without effects.
const QUIET_MODULES: [&str; 6] = ["math", "json", "csv", "toml", "base64", "hash"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Effects {
    /// Nobody can tell by anything but its result and the time it takes whether it ran.
    pub quiet: bool,
    /// Its result depends on its arguments alone, as far as variables go.
    pub isolated: bool,
}

impl Effects {
    const NONE: Effects = Effects { quiet: true, isolated: true };
    const ANY: Effects = Effects { quiet: false, isolated: false };

    fn and(self, other: Effects) -> Effects {
        Effects { quiet: self.quiet && other.quiet, isolated: self.isolated && other.isolated }
    }
}

pub(super) struct EffectsOf<'a> {
    file: File<'a>,
    prelude: &'a Prelude,
    sites: &'a LazySites<'a>,
    known: FxHashMap<FnId, Effects>,
}

impl<'a> EffectsOf<'a> {
    pub(super) fn new(file: File<'a>, prelude: &'a Prelude, sites: &'a LazySites<'a>) -> EffectsOf<'a> {
        EffectsOf { file, prelude, sites, known: FxHashMap::default() }
    }

    pub(super) fn function(&mut self, id: FnId) -> Effects {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        // What calls itself has the effects that it has without that.
        self.known.insert(id, Effects::NONE);
        let function = self.file.ast[id];
        let effects = if function.form == FnForm::Named {
            crate::stack::deep(|| self.events(&trace::of_expr(self.file.ast, function.body)))
        } else {
            Effects::ANY
        };
        self.known.insert(id, effects);
        effects
    }

    pub(super) fn events(&mut self, events: &[Event]) -> Effects {
        events.iter().fold(Effects::NONE, |effects, event| effects.and(self.event(*event)))
    }

    fn event(&mut self, event: Event) -> Effects {
        let (ast, resolution) = (self.file.ast, self.file.resolution);
        match event {
            Event::Read(id) => Effects { quiet: true, isolated: !is_shared(self.file, id) },
            Event::Write { place, .. } => match (ast[place].kind, resolution.name(place)) {
                (ExprKind::Name(_), Res::Local(_)) => Effects::NONE,
                _ => Effects::ANY,
            },
            Event::Call(id) => self.call(id),
            Event::Await(_) | Event::Fork => Effects::NONE,
            Event::Jump(Jump::Yield) | Event::ForAwait | Event::Spawn(_) | Event::Function(_) => Effects::ANY,
            Event::Jump(_) => Effects::NONE,
        }
    }

    fn call(&mut self, id: ExprId) -> Effects {
        let ast = self.file.ast;
        let ExprKind::Call(callee, _) = ast[id].kind else { return Effects::ANY };
        let callee = ast.unparen(callee);
        match ast[callee].kind {
            ExprKind::Name(_) => {
                if let Some(function) = self.sites.get().function_of(callee) {
                    return self.function(function);
                }
                let is_quiet = match self.file.resolution.name(callee) {
                    Res::Prelude(native) => self
                        .prelude
                        .names
                        .get(native.0 as usize)
                        .is_some_and(|signature| QUIET_NATIVES.contains(&signature.name.as_str())),
                    _ => false,
                };
                if is_quiet { Effects::NONE } else { Effects::ANY }
            }
            ExprKind::Field { object, name, .. } => {
                let is_quiet = self.is_quiet_module(object) || QUIET_METHODS.contains(&self.text(name));
                if is_quiet { Effects::NONE } else { Effects::ANY }
            }
            _ => Effects::ANY,
        }
    }

    fn is_quiet_module(&self, object: ExprId) -> bool {
        let ast = self.file.ast;
        let Res::Global(global) = self.file.resolution.name(object) else { return false };
        match self.file.resolution.global(global).kind {
            GlobalKind::Module(import) => match ast[import].source {
                crate::ast::ImportSource::Standard(name) => QUIET_MODULES.contains(&self.text(name)),
                crate::ast::ImportSource::File(_) => false,
            },
            _ => false,
        }
    }

    fn text(&self, name: Symbol) -> &'a str {
        self.file.ast.name(name)
    }
}

/// The name means a variable that other functions see too.
pub(super) fn is_shared(file: File<'_>, id: ExprId) -> bool {
    match file.resolution.name(id) {
        Res::Global(global) => {
            let global = file.resolution.global(global);
            matches!(global.kind, GlobalKind::Let | GlobalKind::Var | GlobalKind::Outer(_))
        }
        Res::Capture(_) => true,
        Res::Local(local) => file.resolution.local(local).cell,
        _ => false,
    }
}
