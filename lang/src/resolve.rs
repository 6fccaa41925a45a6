//! Names: which variable every name means, what each function captures, what a module exports.
//!
//! Input is the [`Ast`] of one file and the [`Prelude`]; output are side tables indexed by the tree's ids, and the
//! `E02xx` diagnostics. The tree is not changed.
//!
//! Scoping rules this pass decides (spec: "Names and scopes"):
//! * Top-level names are *globals*: every function of the file sees all of them, in any order. All `fn` and `struct` of the
//!   top level are made before its first statement runs.
//! * A block's `let`, `var`, patterns and parameters are *locals* from their declaration on: `let x = x + 1` in an inner
//!   block reads the outer `x`. `fn` and `struct` of a block are visible in the whole block; one that can be needed
//!   before its statement is made where the block starts ([`BlockStart`]), the others at their statement.
//! * A name that no visible local has may mean, inside a nested function only, a variable which an enclosing function
//!   declares later in a block that is still open (so lambdas can be recursive). It is then kept in a cell that is made
//!   where the block starts. The same function naming such a variable gets E0203.
//! * Then come the file's globals, the prelude, the built-in types. After `is`, the name of a built-in type means the type
//!   even if a variable has the same name; only a struct hides it.
//! * A local that a nested function uses is captured: by value if it is never assigned after the capture can have
//!   happened, otherwise through a cell ([`Local::cell`]). A function that names itself captures nothing ([`Res::This`]).
//! * Parameters and the body are different blocks, so the body may declare a parameter's name anew. Each turn of a loop makes
//!   the variables of its head and body anew.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::{
    ast::{Ast, BlockId, ExprId, FnId, ImportId, PatId, StmtId, StructId, Symbol},
    diagnostic::Diagnostic,
    source::{Location, SourceId, Span},
};

mod errors;
mod foreign;
mod items;
mod lookup;
mod patterns;
mod scope;
#[cfg(test)]
mod tests;
mod walk;

/// Finds out what every name of a file means. Never fails: what has an error resolves to [`Res::Unresolved`].
pub fn resolve(
    source: SourceId,
    ast: &Ast,
    prelude: &Prelude,
    role: FileRole,
    outer: &Outer,
    imports: &ImportExports,
) -> (Resolution, Vec<Diagnostic>) {
    walk::Resolver::new(source, ast, prelude, role, outer, imports).run()
}

/// A variable that lives in a function's registers (or in a cell that a register holds).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LocalId(pub u32);

/// A top-level variable of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GlobalId(pub u32);

/// A name of the prelude: an index into [`Prelude::names`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PreludeId(pub u32);

/// What a name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Res {
    /// A local of the function that the name stands in (the top level counts as a function).
    Local(LocalId),
    /// An index into the captures of the function that the name stands in: [`FnInfo::captures`], or
    /// [`StructInfo::captures`] in the default of a struct's field.
    Capture(u16),
    /// The function that the name stands in (`fn` and `let f = |…| …` naming themselves).
    This,
    Global(GlobalId),
    Prelude(PreludeId),
    /// A built-in type's name after `is`, in a pattern, or as a value that is no function (`list`, `map` …).
    Type(BuiltinType),
    /// Reported.
    Unresolved,
}

/// The types of values that `is` and patterns know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BuiltinType {
    Nil,
    Bool,
    Int,
    Float,
    Str,
    Bytes,
    List,
    Map,
    Set,
    Range,
    Fn,
    Coroutine,
    Task,
    Channel,
    Generator,
    Error,
    Module,
    Struct,
}

impl BuiltinType {
    pub const ALL: [(&'static str, BuiltinType); 18] = [
        ("nil", BuiltinType::Nil),
        ("bool", BuiltinType::Bool),
        ("int", BuiltinType::Int),
        ("float", BuiltinType::Float),
        ("str", BuiltinType::Str),
        ("bytes", BuiltinType::Bytes),
        ("list", BuiltinType::List),
        ("map", BuiltinType::Map),
        ("set", BuiltinType::Set),
        ("range", BuiltinType::Range),
        ("fn", BuiltinType::Fn),
        ("coroutine", BuiltinType::Coroutine),
        ("task", BuiltinType::Task),
        ("channel", BuiltinType::Channel),
        ("generator", BuiltinType::Generator),
        ("error", BuiltinType::Error),
        ("module", BuiltinType::Module),
        ("struct", BuiltinType::Struct),
    ];

    pub fn from_name(name: &str) -> Option<BuiltinType> {
        Self::ALL.iter().find(|(text, _)| *text == name).map(|(_, ty)| *ty)
    }
}

/// Whose registers a local lives in, what a function is nested in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Owner {
    #[default]
    TopLevel,
    Function(FnId),
    /// The defaults of a struct's fields: they run for each instance, as a function without parameters would.
    Defaults(StructId),
}

#[derive(Debug, Clone)]
pub struct Local {
    pub name: Symbol,
    pub span: Span,
    pub owner: Owner,
    pub mutable: bool,
    pub captured: bool,
    /// It is captured and may change after that, or is captured before it has its value: it lives in a cell. The cell is
    /// made where the variable is declared, or where the block starts if the local is in [`BlockStart::cells`].
    pub cell: bool,
}

#[derive(Debug, Clone)]
pub struct Global {
    pub name: Symbol,
    pub span: Span,
    pub kind: GlobalKind,
    /// Some function (not only the top level itself) names it.
    pub used_in_functions: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GlobalKind {
    Let,
    Var,
    Fn(FnId),
    Struct(StructId),
    /// `import x`: bound to the module.
    Module(ImportId),
    /// `import x.{a}`: bound to a member of the module; the index into the import's items.
    Member(ImportId, u32),
    /// An index into [`Outer::names`]; only those that the file names become globals.
    Outer(u32),
}

/// How a function gets a captured variable when it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capture {
    pub from: CaptureFrom,
    /// As [`Local::cell`] of the variable.
    pub cell: bool,
    pub name: Symbol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaptureFrom {
    /// A local of the function around.
    Local(LocalId),
    /// A capture of the function around.
    Capture(u16),
    /// The function around itself.
    This,
}

#[derive(Debug, Clone, Default)]
pub struct FnInfo {
    /// Where it is made.
    pub parent: Owner,
    pub captures: Vec<Capture>,
    /// It contains a `yield` of its own.
    pub is_generator: bool,
    /// Its first parameter is `self` and it stands in a struct.
    pub is_method: bool,
}

#[derive(Debug, Clone, Default)]
pub struct StructInfo {
    /// Where it is made.
    pub parent: Owner,
    /// What the defaults of the fields capture, when the struct is made.
    pub captures: Vec<Capture>,
}

/// What has to be made where a block starts, before its first statement.
#[derive(Debug, Clone, Default)]
pub struct BlockStart {
    /// Cells without a value yet, for variables that are captured before they are declared; reading one too early is a
    /// NameError. The declaration fills the cell that is there.
    pub cells: Vec<LocalId>,
    /// `fn` and `struct` statements to carry out now; nothing is left to do at their place.
    pub items: Vec<StmtId>,
}

/// What a `Bind` pattern, a catch name, a `fn` or a `struct` statement declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    Local(LocalId),
    Global(GlobalId),
}

/// The side tables.
#[derive(Debug, Default)]
pub struct Resolution {
    /// By `ExprId`, for `Name` expressions.
    pub names: Vec<Option<Res>>,
    /// By `PatId`, for `Bind` and named `Rest` patterns.
    pub bindings: Vec<Option<Binding>>,
    /// By index in `Ast::catches`.
    pub catches: Vec<Option<Binding>>,
    /// By `FnId`, for named functions: where the function is stored.
    pub fn_bindings: Vec<Option<Binding>>,
    /// By `StructId`.
    pub struct_bindings: Vec<Option<Binding>>,
    /// By `FnId`.
    pub functions: Vec<FnInfo>,
    /// By `StructId`.
    pub structs: Vec<StructInfo>,
    /// Only the few blocks that need something.
    pub starts: FxHashMap<BlockId, BlockStart>,
    pub locals: Vec<Local>,
    pub globals: Vec<Global>,
}

impl Resolution {
    pub fn name(&self, expr: ExprId) -> Res {
        self.names.get(expr.index()).copied().flatten().unwrap_or(Res::Unresolved)
    }

    pub fn binding(&self, pat: PatId) -> Option<Binding> {
        self.bindings.get(pat.index()).copied().flatten()
    }

    pub fn local(&self, id: LocalId) -> &Local {
        &self.locals[id.0 as usize]
    }

    pub fn global(&self, id: GlobalId) -> &Global {
        &self.globals[id.0 as usize]
    }

    pub fn function(&self, id: FnId) -> &FnInfo {
        &self.functions[id.index()]
    }

    pub fn structure(&self, id: StructId) -> &StructInfo {
        &self.structs[id.index()]
    }

    /// What to make where the block starts, if anything.
    pub fn start(&self, block: BlockId) -> Option<&BlockStart> {
        self.starts.get(&block)
    }
}

/// The names that every program has, and the standard modules; filled by `vm` from its one list of builtins.
#[derive(Debug, Clone, Default)]
pub struct Prelude {
    pub names: Vec<Signature>,
    pub modules: Vec<StandardModule>,
    /// The methods of the builtin types, by the type's name: `channel`, `str`.
    pub methods: Vec<(&'static str, Vec<Signature>)>,
}

#[derive(Debug, Clone)]
pub struct StandardModule {
    pub name: String,
    pub members: Vec<Signature>,
}

/// What the checker knows of a builtin.
#[derive(Debug, Clone)]
pub struct Signature {
    pub name: String,
    /// As shown in hints and `:doc`: `sleep(duration)`.
    pub usage: String,
    pub doc: String,
    pub returns: Returns,
    pub min_args: u8,
    /// `None`: any number.
    pub max_args: Option<u8>,
}

/// What kind of value a call gives, as far as `await` is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// Something that is not to be awaited.
    Plain,
    /// Something that does nothing until it is awaited (`sleep`, `all`, `ch.recv`).
    Awaitable,
    Task,
    /// Something that `for await` walks.
    AsyncSource,
    Channel,
    Mutex,
    Guard,
    Semaphore,
    Event,
    Barrier,
    Watch,
    /// It is a constant, no function.
    Constant,
    Unknown,
}

/// What may be taken for granted about the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileRole {
    /// Run as a script: nothing outside sees its globals.
    Script,
    /// Imported: its globals are exported.
    Module,
    /// A line at the REPL: names may be declared again, and those of earlier lines are passed in.
    Repl,
}

/// Names that exist before the file starts (earlier lines of a REPL session), with whether they may be assigned.
#[derive(Debug, Clone, Default)]
pub struct Outer {
    pub names: Vec<(String, bool)>,
}

/// What the imports of a file offer. The members of an import that has no entry here are not checked; standard modules
/// are looked up in the [`Prelude`].
#[derive(Debug, Clone, Default)]
pub struct ImportExports {
    pub files: FxHashMap<ImportId, Arc<Exports>>,
}

/// The top-level names of a file, also those that are private to it.
#[derive(Debug, Clone, Default)]
pub struct Exports {
    pub names: Vec<Export>,
}

#[derive(Debug, Clone)]
pub struct Export {
    pub name: String,
    pub kind: ExportKind,
    pub location: Location,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportKind {
    Let,
    Var,
    Fn,
    Struct,
    /// A single name that the file has imported itself.
    Member,
    /// A module that the file has imported, for its own use only.
    Module,
}

impl Export {
    /// Other files may use it.
    pub fn is_public(&self) -> bool {
        self.kind != ExportKind::Module && !is_private(&self.name)
    }
}

impl Exports {
    pub fn find(&self, name: &str) -> Option<&Export> {
        self.names.iter().find(|export| export.name == name)
    }
}

/// A name that starts with `_` belongs to its file alone.
pub fn is_private(name: &str) -> bool {
    name.starts_with('_')
}

impl Resolution {
    /// What other files see of this one.
    pub fn exports(&self, source: SourceId, ast: &Ast) -> Exports {
        let export = |global: &Global| {
            let kind = match global.kind {
                GlobalKind::Let => ExportKind::Let,
                GlobalKind::Var => ExportKind::Var,
                GlobalKind::Fn(_) => ExportKind::Fn,
                GlobalKind::Struct(_) => ExportKind::Struct,
                GlobalKind::Member(..) => ExportKind::Member,
                GlobalKind::Module(_) => ExportKind::Module,
                GlobalKind::Outer(_) => return None,
            };
            let location = Location { source, span: global.span };
            Some(Export { name: ast.name(global.name).to_string(), kind, location })
        };
        Exports { names: self.globals.iter().filter_map(export).collect() }
    }
}
