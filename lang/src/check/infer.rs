//! Which values are coroutines: E0302, E0303, E0305 to E0309, before the program runs.
//!
//! An abstract run of the file. Each expression has a [`Ty`], variables have one at each place ([`state`]), functions have one for what
//! they return; where ways meet, what is not the same on all of them is unknown. A coroutine that one variable holds is followed
//! until it is awaited, spawned, or known to somebody else.
//!
//! The file is gone through twice: first to learn what functions return and top-level variables hold, whatever their order, then to
//! report. What is not certain stays silent: no parameter, no `var` that a closure changes, nothing in a list that others can
//! reach is ever guessed.

use std::cell::OnceCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::File;
use crate::{
    ast::{ExprId, ExprKind, FnForm, FnId, Ident, PatId, PatKind, StmtKind, StructId, Symbol, Target},
    diagnostic::Diagnostic,
    modules::ImportTarget,
    resolve::{
        Binding, CaptureFrom, FileRole, GlobalKind, LocalId, Owner, Prelude, Res, Returns, Signature,
        is_private,
    },
    source::{Location, Span},
    stack::deep,
};

mod types;
mod state;
mod names;
mod flow;
mod expr;
mod call;
mod closure;
mod relevance;
mod turns;
mod fields;
mod report;

pub use types::Knowledge;

use state::{Changes, Mark, Trail, Usage};
use types::{FnFacts, FnRef, ModuleRef, NativeRef, OriginId, Plain, StructFacts, StructRef, Ty};

/// Gives what is wrong, and adds to `know` what the files that import this one can rely on.
pub(super) fn infer(
    file: File<'_>,
    prelude: &Prelude,
    imports: &[ImportTarget],
    know: &mut Knowledge,
    doubtful: &FxHashSet<FnId>,
) -> (Vec<Diagnostic>, Vec<Activity>, Waits) {
    let mut infer = Infer::new(file, prelude, imports, know, doubtful);
    let relevance = infer.find_relevance();
    if relevance.is_any() {
        infer.find_methods();
        infer.pass(&relevance);
        infer.reporting = true;
        infer.pass(&relevance);
    }
    infer.export();
    let found = report::diagnostics(&mut infer);
    (found, infer.activity, infer.waits_found)
}

/// What a function does, for checks behind this one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Activity {
    /// It awaits or spawns.
    pub waits: bool,
    /// A mistake was found in it.
    pub has_finding: bool,
}

/// Awaits of which more is known.
#[derive(Debug, Default)]
pub(super) struct Waits {
    /// They give the guard of a mutex.
    pub guards: FxHashSet<ExprId>,
    /// They wait for time to pass.
    pub sleeps: FxHashSet<ExprId>,
}

/// What happens to an expression's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Value,
    /// Nobody looks at it.
    Dropped,
    /// It is what an async function gives.
    Result,
}

/// A mistake, where it was found; the words come later, see [`report`].
#[derive(Debug, Clone)]
struct Finding {
    kind: Kind,
    at: Span,
    /// What the mistake is about, if there is a coroutine.
    origin: Option<OriginId>,
    /// Further places where the same is meant: the other operand, the other arguments.
    others: Vec<(Span, OriginId)>,
    /// Further places of the same mistake that have no coroutine.
    also: Vec<Span>,
    /// The function around.
    function: Option<FnId>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// A value in statement position.
    Dropped,
    /// A variable that nobody reads, with the place of its name.
    Unused(Span),
    /// A variable is assigned again, here.
    Overwritten(Span),
    /// What a callback of `each` gives.
    DroppedByEach,
    NotAwaitable(Ty, ExprId),
    /// With the place of the first use.
    Twice {
        first: ExprId,
        looped: bool,
    },
    NotSpawnable(Ty, ExprId),
    /// `spawn await f()`
    SpawnedResult(ExprId),
    /// What it is used as, and the expression.
    UsedAs(As, ExprId),
    WaitlessFor(Ty, Span),
    PlainFor(Ty, Span, Span),
    Returned(ExprId),
    /// An arm of a select with `else`, which only polls.
    NeverReady,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    Condition,
    Operand,
    Comparison,
    Text,
    Object,
    Index,
    Sequence,
    Bound,
    Function,
    Parts,
    Subject,
    Argument,
    Key,
    /// A list of coroutines, by a method that needs their results.
    Items {
        in_place: bool,
    },
}

struct Infer<'a> {
    file: File<'a>,
    prelude: &'a Prelude,
    imports: &'a [ImportTarget],
    know: &'a mut Knowledge,
    doubtful: &'a FxHashSet<FnId>,
    first_function: u32,
    first_struct: u32,
    /// By local, then by global.
    vars: Trail<Ty>,
    /// By origin.
    uses: Trail<Usage>,
    locals: u32,
    /// By local: functions and structs, which are never anything else.
    items: Vec<Ty>,
    /// By slot: some expression reads it. Found when it is asked, as the next two.
    read: OnceCell<Vec<bool>>,
    written: OnceCell<turns::Written>,
    /// What fields hold in all instances, of the file's own structs.
    fields: OnceCell<FxHashMap<(StructId, Symbol), Ty>>,
    /// By global, what functions see in it.
    globals: Vec<Ty>,
    /// Coroutines by the expression that makes them.
    made: FxHashMap<ExprId, OriginId>,
    /// The structs of methods.
    owners: FxHashMap<FnId, StructRef>,
    methods: FxHashMap<(&'static str, Symbol), &'a Signature>,
    /// By function: whether its body was gone through in this pass.
    progress: Vec<Progress>,
    reporting: bool,
    findings: Vec<Finding>,
    /// Coroutines that somebody awaits, spawns or hands to a combinator.
    consumed: FxHashSet<OriginId>,
    activity: Vec<Activity>,
    waits_found: Waits,
    context: Context,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    New,
    Open,
    Done,
}

/// What is around the current place, within its function.
#[derive(Default)]
struct Context {
    function: Option<FnId>,
    owner: Owner,
    /// What `return` gives goes to a caller that awaits it.
    gives: Ty,
    result_of_async: bool,
    /// How many conditions, loops and handlers are around.
    depth: u32,
    /// No way leads here.
    dead: bool,
    loops: Vec<Loop>,
    tries: Vec<Attempt>,
}

struct Loop {
    vars: Mark,
    uses: Mark,
    /// What held at each `break` and `continue`, as changes since the loop's head.
    breaks: Vec<Branch>,
    continues: Vec<Branch>,
}

struct Attempt {
    /// Something may have thrown already.
    threw: bool,
    /// Coroutines that were used before anything could throw.
    certain: Vec<u32>,
}

/// What a way through a condition has changed.
type Branch = (Changes<Ty>, Changes<Usage>);

/// Where ways part.
struct Split {
    vars: Mark,
    uses: Mark,
    dead: bool,
}

impl<'a> Infer<'a> {
    fn new(
        file: File<'a>,
        prelude: &'a Prelude,
        imports: &'a [ImportTarget],
        know: &'a mut Knowledge,
        doubtful: &'a FxHashSet<FnId>,
    ) -> Infer<'a> {
        let (ast, resolution) = (file.ast, file.resolution);
        let locals = resolution.locals.len();
        let slots = locals + resolution.globals.len();
        let mut infer = Infer {
            first_function: know.functions.len() as u32,
            first_struct: know.structs.len() as u32,
            vars: Trail::new(slots),
            uses: Trail::new(0),
            locals: locals as u32,
            items: vec![Ty::Unknown; locals],
            read: OnceCell::new(),
            written: OnceCell::new(),
            fields: OnceCell::new(),
            globals: vec![Ty::Unknown; resolution.globals.len()],
            made: FxHashMap::default(),
            owners: FxHashMap::default(),
            methods: FxHashMap::default(),
            progress: vec![Progress::New; ast.functions.len()],
            reporting: false,
            findings: Vec::new(),
            consumed: FxHashSet::default(),
            activity: vec![Activity::default(); ast.functions.len()],
            waits_found: Waits::default(),
            context: Context::default(),
            file,
            prelude,
            imports,
            know,
            doubtful,
        };
        infer.declare();
        infer
    }

    /// What can be said of functions and structs by their heads.
    fn declare(&mut self) {
        let (file, ast, resolution) = (self.file, self.file.ast, self.file.resolution);
        // Of the main file nobody else has to know names.
        let is_shared = file.role != FileRole::Script;
        let text = |name: Option<Ident>| match name {
            Some(name) if is_shared => ast.name(name.name).into(),
            _ => Box::default(),
        };
        self.know.functions.reserve(ast.functions.len());
        for (at, function) in (0..).map(FnId).zip(&ast.functions) {
            let params = params(file, at);
            self.know.functions.push(FnFacts {
                name: text(function.name),
                at: Location { source: file.source, span: function.head },
                is_async: function.is_async
                    || matches!(function.form, FnForm::AsyncBlock | FnForm::SpawnBlock),
                is_generator: resolution.function(at).is_generator,
                result: Ty::Unknown,
                params: if is_shared && function.is_async {
                    params_text(file, at).into()
                } else {
                    Box::default()
                },
                needs_nothing: params.iter().all(|param| param.default.is_some() || param.rest),
                is_doubtful: self.doubtful.contains(&at),
            });
            if let Some(Some(Binding::Local(local))) = resolution.fn_bindings.get(at.index()) {
                self.items[local.0 as usize] = Ty::Function(FnRef(self.first_function + at.0));
            }
        }
        for (at, structure) in (0..).map(StructId).zip(&ast.structs) {
            let this = StructRef(self.first_struct + at.0);
            self.owners.extend(ast.list(structure.methods).iter().map(|method| (*method, this)));
            let mut facts = StructFacts::default();
            if is_shared {
                let field = |field: &crate::ast::StructField| ast.name(field.name.name).into();
                let method = |id: &FnId| {
                    let name = ast[*id].name?;
                    let facts = (FnRef(self.first_function + id.0), resolution.function(*id).is_method);
                    Some((ast.name(name.name).into(), facts))
                };
                facts.fields = ast.list(structure.fields).iter().map(field).collect();
                facts.methods = ast.list(structure.methods).iter().filter_map(method).collect();
            }
            self.know.structs.push(facts);
            if let Some(Some(Binding::Local(local))) = resolution.struct_bindings.get(at.index()) {
                self.items[local.0 as usize] = Ty::Struct(StructRef(self.first_struct + at.0));
            }
        }
    }

    fn own_function(&self, function: FnRef) -> Option<FnId> {
        function.0.checked_sub(self.first_function).map(FnId)
    }

    fn own_struct(&self, of: StructRef) -> Option<StructId> {
        of.0.checked_sub(self.first_struct).map(StructId)
    }

    /// A function of a struct, and whether it is a method.
    fn function_in(&self, of: StructRef, name: Symbol) -> Option<(FnRef, bool)> {
        let ast = self.file.ast;
        let Some(own) = self.own_struct(of) else {
            return self.know.structure(of).methods.get(ast.name(name)).copied();
        };
        let is_it = |id: &&FnId| ast[**id].name.is_some_and(|of| of.name == name);
        let id = *ast.list(ast[own].methods).iter().find(is_it)?;
        Some((FnRef(self.first_function + id.0), self.file.resolution.function(id).is_method))
    }

    /// The fields of a struct, in order. `None` for a name that this file does not have.
    fn field_names(&self, of: StructRef) -> Vec<Option<Symbol>> {
        let ast = self.file.ast;
        match self.own_struct(of) {
            Some(own) => ast.list(ast[own].fields).iter().map(|field| Some(field.name.name)).collect(),
            None => self.know.structure(of).fields.iter().map(|name| ast.names.find(name)).collect(),
        }
    }

    fn is_read(&self, slot: u32) -> bool {
        self.read.get_or_init(|| self.find_reads()).get(slot as usize).copied().unwrap_or(true)
    }

    fn find_reads(&self) -> Vec<bool> {
        let (ast, resolution) = (self.file.ast, self.file.resolution);
        let mut written = vec![false; ast.exprs.len()];
        for assign in ast.assigns.iter().filter(|assign| assign.op.is_none()) {
            targets(ast, assign.target, &mut written);
        }
        let mut read: Vec<bool> = resolution.locals.iter().map(|local| local.captured).collect();
        read.resize(read.len() + resolution.globals.len(), false);
        for (id, expr) in (0..).map(ExprId).zip(&ast.exprs) {
            if !matches!(expr.kind, ExprKind::Name(_)) || written[id.index()] {
                continue;
            }
            match resolution.name(id) {
                Res::Local(local) => read[local.0 as usize] = true,
                Res::Global(global) => read[(self.locals + global.0) as usize] = true,
                _ => {}
            }
        }
        read
    }

    /// Methods of builtin types by type and name, of those names that the file has.
    fn find_methods(&mut self) {
        for (ty, methods) in &self.prelude.methods {
            for signature in methods {
                if let Some(name) = self.file.ast.names.find(&signature.name) {
                    self.methods.insert((*ty, name), signature);
                }
            }
        }
    }

    /// Goes over the whole file.
    fn pass(&mut self, relevance: &relevance::Relevance) {
        self.progress.fill(Progress::New);
        let ast = self.file.ast;
        let root = ast.list(ast.root);
        let split = self.split();
        for (at, stmt) in root.iter().enumerate() {
            if relevance.of(at) {
                self.stmt(*stmt, Use::Dropped);
            }
        }
        self.learn_globals();
        self.undo(&split);
        self.context.depth -= 1;
        for (at, stmt) in root.iter().enumerate() {
            if !relevance.of(at) {
                continue;
            }
            match ast[*stmt].kind {
                StmtKind::Fn(id) | StmtKind::Test { body: id, .. } => self.item(id),
                StmtKind::Struct(id) => self.structure(id),
                _ => {}
            }
        }
    }

    /// A function of the top level, once in a pass.
    fn item(&mut self, id: FnId) {
        if self.progress[id.index()] == Progress::New {
            self.progress[id.index()] = Progress::Open;
            deep(|| self.function(id, Use::Result));
            self.progress[id.index()] = Progress::Done;
        }
    }

    fn structure(&mut self, id: StructId) {
        let ast = self.file.ast;
        self.defaults(id);
        for method in ast.list(ast[id].methods) {
            self.item(*method);
        }
    }

    /// What the files that import this one, or later lines at the REPL, can know.
    fn export(&mut self) {
        let resolution = self.file.resolution;
        let mut names: FxHashMap<Box<str>, Ty> = FxHashMap::default();
        for (at, global) in resolution.globals.iter().enumerate() {
            let ty = match global.kind {
                GlobalKind::Fn(id) => Ty::Function(FnRef(self.first_function + id.0)),
                GlobalKind::Struct(id) => Ty::Struct(StructRef(self.first_struct + id.0)),
                GlobalKind::Let => match self.globals[at] {
                    // It can be awaited by any file.
                    Ty::Coroutine(id) => Ty::Coroutine(self.know.anonymous(id)),
                    ty => self.know.shared(ty),
                },
                GlobalKind::Member(import, item) => self.member_of_import(import, item),
                GlobalKind::Module(import) => self.module_of_import(import),
                GlobalKind::Var | GlobalKind::Outer(_) => Ty::Unknown,
            };
            names.insert(self.file.ast.name(global.name).into(), ty);
        }
        match (self.file.role, self.file.module) {
            (FileRole::Repl, _) => self.know.session.extend(names),
            (_, Some(module)) => {
                names.retain(|name, _| !is_private(name));
                self.know.exports.insert(module, names);
            }
            _ => {}
        }
    }
}

/// The parameters that a call gives.
fn params(file: File<'_>, id: FnId) -> &[crate::ast::Param] {
    let params = file.ast.list(file.ast[id].params);
    params.get(usize::from(file.resolution.function(id).is_method)..).unwrap_or_default()
}

/// As a call shows them: `url, limit`.
fn params_text(file: File<'_>, id: FnId) -> String {
    let names = params(file, id).iter().map(|param| param_text(file.ast, param.pattern));
    names.collect::<Vec<_>>().join(", ")
}

/// How a parameter is shown in a call that is proposed.
fn param_text(ast: &crate::ast::Ast, pattern: PatId) -> &str {
    match ast[ast.unparen_pat(pattern)].kind {
        PatKind::Bind(name) => ast.name(name),
        _ => "…",
    }
}

/// The names that an assignment only writes.
fn targets(ast: &crate::ast::Ast, target: Target, into: &mut [bool]) {
    match target {
        Target::Place(place) => {
            if let ExprKind::Name(_) = ast[place].kind {
                into[place.index()] = true;
            }
        }
        Target::List(items) => {
            deep(|| ast.list(items).iter().for_each(|item| targets(ast, item.target, into)))
        }
        Target::Discard | Target::Error => {}
    }
}
