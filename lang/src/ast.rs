//! The syntax tree: what the parser makes of one file, and nothing that later passes find out.
//!
//! Nodes live in one arena per file and name each other by 32-bit ids. So dropping a tree never
//! recurses, nodes stay small (page faults dominate a parser's time), and every later pass keeps what it
//! knows in side tables indexed by the same ids. Parentheses, comments and exact spans are kept: the
//! formatter, `--fix` and the language server need the text back.

mod dump;

use std::marker::PhantomData;

use crate::source::Span;

pub use dump::{Places, dump};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
        impl $name {
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    /// An interned name or string of one [`Ast`]; see [`Names`].
    Symbol,
    ExprId,
    StmtId,
    PatId,
    /// A function of any form: `fn`, method, lambda, `async { … }`. Numbered in the order of their ends.
    FnId,
    StructId,
    BlockId,
    IfId,
    TryId,
    AssignId,
    ForId,
    ImportId,
}

/// A run of nodes of one type in the arena's pool for that type.
#[derive(Debug)]
pub struct List<T> {
    pub start: u32,
    pub len: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for List<T> {}

impl<T> List<T> {
    pub const EMPTY: List<T> = List { start: 0, len: 0, of: PhantomData };

    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// Types that are kept in pools, see [`List`].
pub trait Pooled: Sized {
    fn pool(ast: &Ast) -> &Vec<Self>;
    fn pool_mut(ast: &mut Ast) -> &mut Vec<Self>;
}

/// A name where it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ident {
    pub name: Symbol,
    pub span: Span,
}

#[derive(Debug, Clone, Copy)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Debug, Clone, Copy)]
pub enum ExprKind {
    /// Stands where the parser reported an error. Later passes are silent about it.
    Error,
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// `250ms`, in seconds.
    Duration(f64),
    /// A string without interpolation, escapes already replaced.
    Str(Symbol),
    /// `b"…"`: an index into [`Ast::bytes`].
    Bytes(u32),
    /// `"a {x} b"`.
    Interpolation(List<Segment>),
    Name(Symbol),
    /// `[a, ...b]`: items may be [`ExprKind::Spread`].
    List(List<ExprId>),
    /// `...xs` inside a list literal.
    Spread(ExprId),
    Map(List<MapEntry>),
    Paren(ExprId),
    Unary(UnaryOp, ExprId),
    Binary(BinaryOp, ExprId, ExprId),
    /// `x is T`: the type is a name, a dotted path or `nil`.
    Is {
        value: ExprId,
        ty: ExprId,
        negated: bool,
    },
    /// `a..b`; an end may be missing inside an index only.
    Range {
        start: Option<ExprId>,
        end: Option<ExprId>,
        inclusive: bool,
    },
    Call(ExprId, List<Arg>),
    /// `x[i]`, or with `optional` `x?[i]`.
    Index {
        object: ExprId,
        index: ExprId,
        optional: bool,
    },
    /// `x.name`, or with `optional` `x?.name`. The name's span ends where the expression's does.
    Field {
        object: ExprId,
        name: Symbol,
        optional: bool,
    },
    /// A lambda, or an `async { … }` block (a function without parameters that is called at once).
    Lambda(FnId),
    Await(ExprId),
    /// `spawn e`; `spawn { … }` holds the block as an async block.
    Spawn(ExprId),
    Throw(ExprId),
    Return(Option<ExprId>),
    Break,
    Continue,
    Yield(Option<ExprId>),
    If(IfId),
    Match {
        subject: ExprId,
        arms: List<MatchArm>,
    },
    Try(TryId),
    /// `scope { … }`; what awaits it is the `Await` around.
    Scope(BlockId),
    Select(List<SelectArm>),
    /// Only as the body of a function, lambda, arm, `else` or `defer`.
    Block(BlockId),
    /// Only as the whole body of a lambda, arm or `defer`.
    Assign(AssignId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    Neg,
    BitNot,
    Not,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
    Coalesce,
    BitOr,
    BitXor,
    BitAnd,
    Shl,
    Shr,
    Add,
    Sub,
    Mul,
    Div,
    FloorDiv,
    Rem,
    Pow,
}

impl BinaryOp {
    /// As written in a program.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Or => "or",
            BinaryOp::And => "and",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::Lt => "<",
            BinaryOp::Le => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Ge => ">=",
            BinaryOp::In => "in",
            BinaryOp::NotIn => "not in",
            BinaryOp::Coalesce => "??",
            BinaryOp::BitOr => "|",
            BinaryOp::BitXor => "^",
            BinaryOp::BitAnd => "&",
            BinaryOp::Shl => "<<",
            BinaryOp::Shr => ">>",
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::FloorDiv => "//",
            BinaryOp::Rem => "%",
            BinaryOp::Pow => "**",
        }
    }
}

/// A piece of an interpolated string.
#[derive(Debug, Clone, Copy)]
pub enum Segment {
    Text(Symbol),
    Expr { value: ExprId, spec: Option<FormatSpec> },
}

/// `{expr:spec}`: `[[fill]align][sign][0][width][.precision][type]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatSpec {
    pub fill: char,
    pub align: Option<Align>,
    pub sign: Sign,
    /// A `0` before the width: pad numbers with zeros behind the sign.
    pub zero: bool,
    pub width: u16,
    pub precision: Option<u16>,
    /// One of `x X b o e %`.
    pub ty: Option<char>,
    pub span: Span,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Center,
    Right,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Only a minus is shown.
    Minus,
    Plus,
    /// A blank in front of positive numbers.
    Space,
}

#[derive(Debug, Clone, Copy)]
pub enum MapEntry {
    /// `name: v`, `"a b": v`: the key is a string.
    Named(Ident, ExprId),
    /// `[expr]: v`.
    Computed(ExprId, ExprId),
    /// `name` alone: key and variable; the expression is the `Name`.
    Short(Ident, ExprId),
    Spread(ExprId),
}

#[derive(Debug, Clone, Copy)]
pub enum Arg {
    Plain(ExprId),
    Named(Ident, ExprId),
    Spread(ExprId),
}

impl Arg {
    pub fn value(self) -> ExprId {
        match self {
            Arg::Plain(value) | Arg::Named(_, value) | Arg::Spread(value) => value,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Block {
    pub stmts: List<StmtId>,
    /// With the braces.
    pub span: Span,
}

#[derive(Debug, Clone, Copy)]
pub struct If {
    pub condition: ExprId,
    pub then: BlockId,
    /// A `Block` or another `If`.
    pub otherwise: Option<ExprId>,
}

#[derive(Debug, Clone, Copy)]
pub struct MatchArm {
    pub pattern: PatId,
    pub guard: Option<ExprId>,
    /// An expression, a `Block` or an `Assign`.
    pub body: ExprId,
}

#[derive(Debug, Clone, Copy)]
pub struct Try {
    pub body: BlockId,
    pub catches: List<Catch>,
    pub finally: Option<BlockId>,
}

#[derive(Debug, Clone, Copy)]
pub struct Catch {
    pub name: Option<Ident>,
    pub guard: Option<ExprId>,
    pub body: BlockId,
    pub span: Span,
}

#[derive(Debug, Clone, Copy)]
pub struct SelectArm {
    pub head: SelectHead,
    pub body: ExprId,
    pub span: Span,
}

#[derive(Debug, Clone, Copy)]
pub enum SelectHead {
    Else,
    Wait { pattern: Option<PatId>, source: ExprId },
}

/// `target = value`, or `target op= value` with the operator (`??=` is `Coalesce`).
#[derive(Debug, Clone, Copy)]
pub struct Assign {
    pub target: Target,
    pub op: Option<BinaryOp>,
    pub value: ExprId,
    pub op_span: Span,
}

/// What may stand left of `=`.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// A `Name`, `Field` or `Index` expression (not optional ones).
    Place(ExprId),
    /// `[a, xs[i], ...rest] = …`, parallel assignment; may nest. Each item's span is its expression's.
    List(List<TargetItem>),
    /// `_ = …` or `_` inside a list: evaluated and dropped.
    Discard,
    /// Reported by the parser.
    Error,
}

#[derive(Debug, Clone, Copy)]
pub struct TargetItem {
    pub target: Target,
    pub rest: bool,
    pub span: Span,
}

#[derive(Debug, Clone, Copy)]
pub struct Pat {
    pub kind: PatKind,
    pub span: Span,
}

#[derive(Debug, Clone, Copy)]
pub enum PatKind {
    Error,
    /// `_`
    Wildcard,
    Bind(Symbol),
    /// A literal (`nil`, bool, number, duration, string, bytes; also negative numbers), or a dotted name that is
    /// compared.
    Value(ExprId),
    /// `1..=9`, `'a'..='z'`: literals.
    Range {
        start: ExprId,
        end: ExprId,
        inclusive: bool,
    },
    /// At most one item is a `Rest`.
    List(List<PatId>),
    /// `...name` or `...` inside a list pattern.
    Rest(Option<Symbol>),
    Map(List<PatEntry>),
    /// `Point {x: 0, y}`: the path is a name or dotted name.
    Struct {
        path: ExprId,
        fields: List<PatEntry>,
    },
    /// `is T`.
    Is(ExprId),
    Or(List<PatId>),
    /// `(p)`, which means `p`.
    Paren(PatId),
}

/// `key: pattern`, or `key` alone, for which the parser makes the `Bind` pattern.
#[derive(Debug, Clone, Copy)]
pub struct PatEntry {
    pub key: Ident,
    pub pattern: PatId,
}

#[derive(Debug, Clone, Copy)]
pub struct Stmt {
    pub kind: StmtKind,
    pub span: Span,
}

#[derive(Debug, Clone, Copy)]
pub enum StmtKind {
    Error,
    /// Also `if`, `match`, `try` … as statements.
    Expr(ExprId),
    Let {
        mutable: bool,
        pattern: PatId,
        value: ExprId,
    },
    Assign(AssignId),
    Fn(FnId),
    Struct(StructId),
    While {
        condition: ExprId,
        body: BlockId,
    },
    For(ForId),
    Import(ImportId),
    /// An expression, a `Block` or an `Assign`.
    Defer(ExprId),
    Test {
        name: Symbol,
        body: FnId,
    },
}

#[derive(Debug, Clone, Copy)]
pub struct For {
    /// The span of the `await` in `for await`.
    pub await_span: Option<Span>,
    pub first: PatId,
    /// `for k, v in …`.
    pub second: Option<PatId>,
    pub source: ExprId,
    pub body: BlockId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FnForm {
    /// `fn name(…) { … }` as a statement.
    Named,
    /// Inside a struct; a method if its first parameter is `self`.
    Method,
    /// `|…| …`
    Lambda,
    /// `async { … }`
    AsyncBlock,
    /// `spawn { … }`
    SpawnBlock,
    /// `test "…" { … }`, an async function without parameters.
    Test,
}

#[derive(Debug, Clone, Copy)]
pub struct Function {
    pub form: FnForm,
    pub name: Option<Ident>,
    pub is_async: bool,
    pub params: List<Param>,
    /// A `Block`; for lambdas also any expression or an `Assign`.
    pub body: ExprId,
    pub span: Span,
    /// From `async`, `fn` or `|` to the end of the parameter list: what a diagnostic labels.
    pub head: Span,
}

#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// A `Bind` for `fn`s; lambdas take any pattern.
    pub pattern: PatId,
    pub default: Option<ExprId>,
    pub rest: bool,
    pub span: Span,
}

#[derive(Debug, Clone, Copy)]
pub struct Struct {
    pub name: Ident,
    pub fields: List<StructField>,
    pub methods: List<FnId>,
    pub span: Span,
}

#[derive(Debug, Clone, Copy)]
pub struct StructField {
    pub name: Ident,
    pub default: Option<ExprId>,
}

#[derive(Debug, Clone, Copy)]
pub struct Import {
    pub source: ImportSource,
    pub source_span: Span,
    /// `as name`, or the name that the path implies; with `items` nothing is bound under it.
    pub binding: Ident,
    /// `.{a, b as c}`.
    pub items: Option<List<ImportItem>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportSource {
    /// `import json`
    Standard(Symbol),
    /// `import "./util.co"`
    File(Symbol),
}

#[derive(Debug, Clone, Copy)]
pub struct ImportItem {
    pub name: Ident,
    pub binding: Ident,
}

macro_rules! arena {
    (nodes { $($field:ident: $id:ident => $node:ident),* $(,)? } pools { $($pool:ident: $item:ty),* $(,)? }) => {
        /// One file's tree.
        #[derive(Debug, Default)]
        pub struct Ast {
            pub names: Names,
            pub bytes: Vec<Box<[u8]>>,
            /// The file's statements in order.
            pub root: List<StmtId>,
            $(pub $field: Vec<$node>,)*
            $($pool: Vec<$item>,)*
        }
        $(
            impl std::ops::Index<$id> for Ast {
                type Output = $node;
                fn index(&self, id: $id) -> &$node {
                    &self.$field[id.index()]
                }
            }
            impl std::ops::IndexMut<$id> for Ast {
                fn index_mut(&mut self, id: $id) -> &mut $node {
                    &mut self.$field[id.index()]
                }
            }
            impl Node for $node {
                type Id = $id;
                fn push(self, ast: &mut Ast) -> $id {
                    ast.$field.push(self);
                    $id(ast.$field.len() as u32 - 1)
                }
            }
        )*
        $(
            impl Pooled for $item {
                fn pool(ast: &Ast) -> &Vec<$item> {
                    &ast.$pool
                }
                fn pool_mut(ast: &mut Ast) -> &mut Vec<$item> {
                    &mut ast.$pool
                }
            }
        )*
    };
}

/// Types that are nodes with an id.
pub trait Node {
    type Id;
    fn push(self, ast: &mut Ast) -> Self::Id;
}

arena! {
    nodes {
        exprs: ExprId => Expr,
        stmts: StmtId => Stmt,
        pats: PatId => Pat,
        functions: FnId => Function,
        structs: StructId => Struct,
        blocks: BlockId => Block,
        ifs: IfId => If,
        tries: TryId => Try,
        assigns: AssignId => Assign,
        fors: ForId => For,
        imports: ImportId => Import,
    }
    pools {
        expr_lists: ExprId,
        stmt_lists: StmtId,
        pat_lists: PatId,
        fn_lists: FnId,
        segments: Segment,
        entries: MapEntry,
        args: Arg,
        arms: MatchArm,
        catches: Catch,
        select_arms: SelectArm,
        target_items: TargetItem,
        pat_entries: PatEntry,
        params: Param,
        struct_fields: StructField,
        import_items: ImportItem,
    }
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl Ast {
    /// Adds a node and gives its id.
    pub fn add<N: Node>(&mut self, node: N) -> N::Id {
        node.push(self)
    }

    /// Copies nodes into their pool.
    pub fn add_list<T: Pooled>(&mut self, items: impl IntoIterator<Item = T>) -> List<T> {
        let pool = T::pool_mut(self);
        let start = pool.len() as u32;
        pool.extend(items);
        List { start, len: pool.len() as u32 - start, of: PhantomData }
    }

    pub fn list<T: Pooled>(&self, list: List<T>) -> &[T] {
        &T::pool(self)[list.start as usize..(list.start + list.len) as usize]
    }

    pub fn name(&self, symbol: Symbol) -> &str {
        self.names.text(symbol)
    }

    /// The pattern without the parentheses around it.
    pub fn unparen_pat(&self, mut pat: PatId) -> PatId {
        while let PatKind::Paren(inner) = self[pat].kind {
            pat = inner;
        }
        pat
    }

    /// The expression without the parentheses around it.
    pub fn unparen(&self, mut expr: ExprId) -> ExprId {
        while let ExprKind::Paren(inner) = self[expr].kind {
            expr = inner;
        }
        expr
    }
}

/// The interner: each distinct text of a file once.
#[derive(Default)]
pub struct Names {
    text: String,
    ends: Vec<u32>,
    index: hashbrown::HashTable<Symbol>,
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries((0..self.len() as u32).map(|index| self.text(Symbol(index)))).finish()
    }
}

fn hash(text: &str) -> u64 {
    use std::hash::{BuildHasher, BuildHasherDefault};
    BuildHasherDefault::<rustc_hash::FxHasher>::default().hash_one(text)
}

fn text_of<'a>(text: &'a str, ends: &[u32], symbol: Symbol) -> &'a str {
    let start = if symbol.0 == 0 { 0 } else { ends[symbol.index() - 1] };
    &text[start as usize..ends[symbol.index()] as usize]
}

impl Names {
    pub fn intern(&mut self, text: &str) -> Symbol {
        let Names { text: all, ends, index } = self;
        let next = Symbol(ends.len() as u32);
        let same = |symbol: &Symbol| text_of(all, ends, *symbol) == text;
        match index.entry(hash(text), same, |symbol| hash(text_of(all, ends, *symbol))) {
            hashbrown::hash_table::Entry::Occupied(found) => *found.get(),
            hashbrown::hash_table::Entry::Vacant(place) => {
                place.insert(next);
                all.push_str(text);
                ends.push(all.len() as u32);
                next
            }
        }
    }

    pub fn text(&self, symbol: Symbol) -> &str {
        text_of(&self.text, &self.ends, symbol)
    }

    /// The symbol of a text that occurs in the file.
    pub fn find(&self, text: &str) -> Option<Symbol> {
        self.index.find(hash(text), |symbol| self.text(*symbol) == text).copied()
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }
}
