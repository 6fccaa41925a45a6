//! What follows when a plain function becomes `async`: its calls must be awaited, so the functions that call it become
//! `async` too, up to those that are already or the top level. The calls may stand in any file of the program, so this is
//! done when all of them are loaded.
//!
//! A change is proposed only if every use of every function that it touches is known and can be changed; otherwise the
//! diagnostic says what is in the way.

use std::cell::OnceCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    File,
    awaits::{can_await, insert},
    fate::{Fate, Fates},
    sites::{Site, Sites},
};
use crate::{
    ast::{FnForm, FnId},
    diagnostic::{Diagnostic, Edit, MakeAsync},
    modules::{ImportTarget, ModuleId},
    resolve::{GlobalKind, Owner},
    source::{Location, SourceId, Span},
};

/// Call sites that are labelled; the fix has all of them.
const MAX_LABELS: usize = 3;

/// A file of the program, by [`ModuleId`].
#[derive(Clone, Copy)]
pub struct Loaded<'a> {
    pub file: File<'a>,
    pub imports: &'a [ImportTarget],
    /// It has syntax errors: there may be more in it than was read.
    pub is_broken: bool,
}

/// Adds to each diagnostic that waits for it what has to change in which files.
pub fn complete(files: &[Loaded<'_>], diagnostics: &mut [Diagnostic]) {
    let fates = files.iter().map(|_| OnceCell::new()).collect();
    let program = Program { files, uses: OnceCell::new(), fates };
    for diagnostic in diagnostics {
        let Some(wanted) = diagnostic.make_async.take() else { continue };
        let Some(module) = program.module_of(diagnostic.primary().source) else { continue };
        program.complete(Function { module, id: wanted.function }, *wanted, diagnostic);
    }
}

/// A function of any file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Function {
    module: ModuleId,
    id: FnId,
}

/// Where a function is used.
#[derive(Clone, Copy)]
struct Use {
    module: ModuleId,
    site: Site,
}

struct Program<'a> {
    files: &'a [Loaded<'a>],
    uses: OnceCell<Uses>,
    /// By module.
    fates: Vec<OnceCell<Fates<'a>>>,
}

#[derive(Default)]
struct Uses {
    of: FxHashMap<Function, Vec<Use>>,
    /// Modules that are used as values, so that anybody may call their functions.
    values: FxHashMap<ModuleId, Location>,
}

/// Why a change is not certain: the place, and what is there.
struct Obstacle(Location, &'static str);

#[derive(Default)]
struct Change {
    functions: usize,
    calls: usize,
    edits: Vec<Edit>,
}

impl<'a> Program<'a> {
    fn module_of(&self, source: SourceId) -> Option<ModuleId> {
        self.files.iter().position(|loaded| loaded.file.source == source).map(|at| ModuleId(at as u32))
    }

    fn file(&self, module: ModuleId) -> &'a File<'a> {
        &self.files[module.0 as usize].file
    }

    fn fates(&self, module: ModuleId) -> &Fates<'a> {
        self.fates[module.0 as usize].get_or_init(|| Fates::new(*self.file(module)))
    }

    fn complete(&self, function: Function, wanted: MakeAsync, diagnostic: &mut Diagnostic) {
        let file = self.file(function.module);
        let change = match self.change(function) {
            Ok(change) => change,
            Err(obstacle) => return self.explain(function, wanted, obstacle, diagnostic),
        };
        if let Some((message, mut edits)) = wanted.with {
            let mut all = change.edits;
            all.append(&mut edits);
            add(diagnostic, |it| it.fix(message, all));
            return;
        }
        let own: Vec<&Use> = self.uses_of(function).iter().filter(|used| !used.site.kept).collect();
        for used in own.iter().take(MAX_LABELS) {
            let source = self.file(used.module).source;
            add(diagnostic, |it| it.label(source, used.site.callee, "this call must then be awaited"));
        }
        if own.len() > MAX_LABELS {
            let more = own.len() - MAX_LABELS;
            add(diagnostic, |it| it.note(format!("{more} more calls must then be awaited")));
        }
        let is_elsewhere = change.edits.iter().any(|edit| edit.location.source != file.source);
        let across = if is_elsewhere { ", in other files too" } else { "" };
        let message = match (change.functions, change.calls) {
            (1, 0) => "make it `async`".to_string(),
            (1, _) => format!("make it `async`, and await its calls{across}"),
            (2, _) => format!("make it and its caller `async`, and await the calls{across}"),
            (others, _) => {
                format!("make it and {} callers `async`, and await the calls{across}", others - 1)
            }
        };
        add(diagnostic, |it| it.fix(message, change.edits));
    }

    /// What is in the way of a change, and what a person can do.
    fn explain(
        &self,
        function: Function,
        wanted: MakeAsync,
        obstacle: Obstacle,
        diagnostic: &mut Diagnostic,
    ) {
        let Obstacle(place, what) = obstacle;
        let is_told = diagnostic.labels.iter().any(|label| label.location == place);
        if !is_told {
            add(diagnostic, |it| it.label(place.source, place.span, what));
        }
        let file = self.file(function.module);
        match wanted.with {
            Some(_) => add(diagnostic, |it| it.help(wanted.otherwise)),
            None => {
                let alone = vec![insert(*file, file.ast[function.id].head)];
                add(diagnostic, |it| it.suggest(wanted.otherwise, alone));
            }
        }
    }

    /// All edits that go with the function becoming `async`.
    fn change(&self, first: Function) -> Result<Change, Obstacle> {
        let mut change = Change::default();
        let lists_are_run = (0..self.files.len() as u32).any(|at| self.fates(ModuleId(at)).runs_lists);
        let mut functions = vec![first];
        let mut done: FxHashSet<Function> = FxHashSet::from_iter([first]);
        while let Some(function) = functions.get(change.functions).copied() {
            change.functions += 1;
            let file = self.file(function.module);
            let head = file.ast[function.id].head;
            let here = Location { source: file.source, span: head };
            self.is_known(function, here)?;
            change.edits.push(insert(*file, head));
            let is_generator = file.resolution.function(function.id).is_generator;
            for Use { module, site } in self.uses_of(function) {
                let file = self.file(*module);
                let at = |span| Location { source: file.source, span };
                let Some(call) = site.call else {
                    return Err(Obstacle(
                        at(site.callee),
                        "used as a value here: its calls are not all known",
                    ));
                };
                let edits = match self.fates(*module).of(site, is_generator, lists_are_run) {
                    Fate::Kept => continue,
                    Fate::Unclear => {
                        return Err(Obstacle(
                            at(site.callee),
                            "not clear whether this call is to be awaited here",
                        ));
                    }
                    Fate::Walked(head) => vec![(head.after(), " await")],
                    Fate::Awaited if site.continued => vec![(call.before(), "(await "), (call.after(), ")")],
                    Fate::Awaited => vec![(call.before(), "await ")],
                };
                match site.inside {
                    Owner::TopLevel => {}
                    Owner::Function(caller) => {
                        let around = &file.ast[caller];
                        if around.head.start <= call.start && call.end <= around.head.end {
                            return Err(Obstacle(at(site.callee), "called in a default, which cannot wait"));
                        }
                        let caller = Function { module: *module, id: caller };
                        let can_wait = can_await(file, caller.id);
                        if !can_wait && around.form != FnForm::Named {
                            return Err(Obstacle(at(site.callee), "called here, where nothing can wait"));
                        }
                        if !can_wait && done.insert(caller) {
                            functions.push(caller);
                        }
                    }
                    Owner::Defaults(_) => {
                        return Err(Obstacle(at(site.callee), "called in a default, which cannot wait"));
                    }
                }
                change.calls += 1;
                let edit = |(span, text): (Span, &str)| Edit { location: at(span), text: text.into() };
                change.edits.extend(edits.into_iter().map(edit));
            }
        }
        Ok(change)
    }

    /// Every use of the function is among those that were found.
    fn is_known(&self, function: Function, here: Location) -> Result<(), Obstacle> {
        if self.files.iter().any(|loaded| loaded.is_broken) {
            return Err(Obstacle(here, "who calls it is not certain before the syntax errors are mended"));
        }
        match self.uses().values.get(&function.module) {
            Some(place) => {
                Err(Obstacle(*place, "the module is used as a value: who calls its functions is not known"))
            }
            None => Ok(()),
        }
    }

    fn uses_of(&self, function: Function) -> &[Use] {
        self.uses().of.get(&function).map_or(&[], Vec::as_slice)
    }

    fn uses(&self) -> &Uses {
        self.uses.get_or_init(|| self.find_uses())
    }

    fn find_uses(&self) -> Uses {
        let mut uses = Uses::default();
        for (module, loaded) in (0..).map(ModuleId).zip(self.files) {
            let sites = Sites::find(loaded.file);
            for (id, site) in sites.all() {
                uses.of.entry(Function { module, id }).or_default().push(Use { module, site: *site });
            }
            for foreign in &sites.foreign {
                let Some(ImportTarget::Module(target)) = loaded.imports.get(foreign.import.index()) else {
                    continue;
                };
                let Some(member) = foreign.member else {
                    let place = Location { source: loaded.file.source, span: foreign.site.callee };
                    uses.values.entry(*target).or_insert(place);
                    continue;
                };
                if let Some(function) = self.exported(*target, loaded.file.ast.name(member)) {
                    uses.of.entry(function).or_default().push(Use { module, site: foreign.site });
                }
            }
        }
        uses
    }

    /// The function that a file offers under a name, also one that it imported itself.
    fn exported(&self, module: ModuleId, name: &str) -> Option<Function> {
        let (mut module, mut name) = (module, name);
        loop {
            let loaded = self.files.get(module.0 as usize)?;
            let ast = loaded.file.ast;
            let global =
                loaded.file.resolution.globals.iter().find(|global| ast.name(global.name) == name)?;
            match global.kind {
                GlobalKind::Fn(id) => return Some(Function { module, id }),
                GlobalKind::Member(import, item) => {
                    let ImportTarget::Module(next) = loaded.imports.get(import.index())? else { return None };
                    name = ast.name(ast.list(ast[import].items?).get(item as usize)?.name.name);
                    module = *next;
                }
                _ => return None,
            }
        }
    }
}

fn add(diagnostic: &mut Diagnostic, with: impl FnOnce(Diagnostic) -> Diagnostic) {
    let place = diagnostic.primary();
    let empty = Diagnostic::new(diagnostic.code, "", place.source, place.span, "");
    *diagnostic = with(std::mem::replace(diagnostic, empty));
}
