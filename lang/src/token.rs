//! Tokens: what the lexer makes of a text, and what the parser reads.
//!
//! A token is 8 bytes and knows nothing of its place; spans lie in a parallel vector, texts and numbers in
//! tables. That keeps the parser's input small (it is the hottest thing in the front end) and gives every
//! position back exactly. Nothing of the text is lost: comments are kept beside the tokens.

use logos::Logos;

use crate::{
    ast::{FormatSpec, Names, Symbol},
    lexer::LexError,
    source::Span,
};

macro_rules! kinds {
    ($( $(#[$attribute:meta])* $name:ident $text:tt, )*) => {
        /// The kinds of tokens, in four groups: what logos sees but the parser never does, what only the pass behind
        /// logos makes, punctuation, keywords.
        #[derive(Logos, Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[logos(skip r"[ \t\r\f]+")]
        #[repr(u8)]
        pub enum Kind {
            $( $(#[$attribute])* $name, )*
        }

        impl Kind {
            /// As written in a program; for tokens that carry a text, the words for them.
            pub fn text(self) -> &'static str {
                match self { $( Kind::$name => $text, )* }
            }
        }
    };
}

kinds! {
    // Seen by logos only: the pass turns them into other tokens.
    #[regex(r"#[^\n]*", allow_greedy = true)]
    Comment "a comment",
    // Everything that starts with a digit; `lexer::number` tells what it is.
    #[regex(r"[0-9][0-9A-Za-z_]*")]
    #[regex(r"[0-9][0-9_]*\.[0-9][0-9A-Za-z_]*")]
    #[regex(r"[0-9][0-9_]*(\.[0-9][0-9_]*)?[eE][+-][0-9][0-9A-Za-z_]*")]
    RawNumber "a number",
    #[token("\"")]
    Quote "\"",
    #[token("\"\"\"")]
    TripleQuote "\"\"\"",
    #[token("'")]
    RawQuote "'",
    #[token("'''")]
    TripleRawQuote "'''",
    #[token("b\"")]
    BytesQuote "b\"",
    #[token("{")]
    LBrace "{",
    #[token("}")]
    RBrace "}",
    #[token("||")]
    PipePipe "||",
    // Operators of other languages: reported, then read as what was meant.
    #[token("&&")]
    AmpAmp "&&",
    #[token("===")]
    EqEqEq "===",
    #[token("!==")]
    BangEqEq "!==",
    #[token("!")]
    Bang "!",
    #[token("++")]
    PlusPlus "++",
    #[token("->")]
    ThinArrow "->",

    // Made by the pass.
    Int "a number",
    Float "a number",
    Duration "a duration",
    /// A string without interpolation.
    Str "a string",
    Bytes "a bytes literal",
    /// The quote that opens a string with interpolations.
    StrOpen "a string",
    StrText "text",
    /// `{` inside a string.
    InterpOpen "{",
    /// `:spec` inside a string.
    Spec "a format",
    InterpClose "}",
    StrClose "the end of the string",
    /// `{` of a block; the data is a [`BlockKind`].
    BlockOpen "{",
    BlockClose "}",
    MapOpen "{",
    MapClose "}",
    /// The `|` before and after a lambda's parameters.
    LambdaOpen "|",
    LambdaClose "|",
    /// `||` before a lambda's body.
    EmptyParams "||",
    NotIn "not in",
    IsNot "is not",

    // Punctuation.
    #[token("\n")]
    Newline "the end of the line",
    #[regex(r"[\p{XID_Start}_]\p{XID_Continue}*")]
    Ident "a name",
    #[token("(")]
    LParen "(",
    #[token(")")]
    RParen ")",
    #[token("[")]
    LBracket "[",
    #[token("]")]
    RBracket "]",
    #[token("?[")]
    QBracket "?[",
    #[token(",")]
    Comma ",",
    #[token(";")]
    Semi ";",
    #[token(":")]
    Colon ":",
    #[token(".")]
    Dot ".",
    #[token("?.")]
    QDot "?.",
    #[token("...")]
    Ellipsis "...",
    #[token("..")]
    DotDot "..",
    #[token("..=")]
    DotDotEq "..=",
    #[token("=>")]
    Arrow "=>",
    #[token("=")]
    Assign "=",
    #[token("+=")]
    AddAssign "+=",
    #[token("-=")]
    SubAssign "-=",
    #[token("*=")]
    MulAssign "*=",
    #[token("/=")]
    DivAssign "/=",
    #[token("//=")]
    FloorDivAssign "//=",
    #[token("%=")]
    RemAssign "%=",
    #[token("**=")]
    PowAssign "**=",
    #[token("??=")]
    CoalesceAssign "??=",
    #[token("==")]
    Eq "==",
    #[token("!=")]
    Ne "!=",
    #[token("<")]
    Lt "<",
    #[token("<=")]
    Le "<=",
    #[token(">")]
    Gt ">",
    #[token(">=")]
    Ge ">=",
    #[token("??")]
    Coalesce "??",
    #[token("|")]
    Pipe "|",
    #[token("^")]
    Caret "^",
    #[token("&")]
    Amp "&",
    #[token("<<")]
    Shl "<<",
    #[token(">>")]
    Shr ">>",
    #[token("+")]
    Plus "+",
    #[token("-")]
    Minus "-",
    #[token("*")]
    Star "*",
    #[token("/")]
    Slash "/",
    #[token("//")]
    SlashSlash "//",
    #[token("%")]
    Percent "%",
    #[token("**")]
    StarStar "**",
    #[token("~")]
    Tilde "~",

    // Keywords, from `and` to `yield`.
    #[token("and")]
    And "and",
    #[token("as")]
    As "as",
    #[token("async")]
    Async "async",
    #[token("await")]
    Await "await",
    #[token("break")]
    Break "break",
    #[token("catch")]
    Catch "catch",
    #[token("continue")]
    Continue "continue",
    #[token("defer")]
    Defer "defer",
    #[token("else")]
    Else "else",
    #[token("false")]
    False "false",
    #[token("finally")]
    Finally "finally",
    #[token("fn")]
    Fn "fn",
    #[token("for")]
    For "for",
    #[token("if")]
    If "if",
    #[token("import")]
    Import "import",
    #[token("in")]
    In "in",
    #[token("is")]
    Is "is",
    #[token("let")]
    Let "let",
    #[token("match")]
    Match "match",
    #[token("nil")]
    Nil "nil",
    #[token("not")]
    Not "not",
    #[token("or")]
    Or "or",
    #[token("return")]
    Return "return",
    #[token("scope")]
    Scope "scope",
    #[token("select")]
    Select "select",
    #[token("spawn")]
    Spawn "spawn",
    #[token("struct")]
    Struct "struct",
    #[token("test")]
    Test "test",
    #[token("throw")]
    Throw "throw",
    #[token("true")]
    True "true",
    #[token("try")]
    Try "try",
    #[token("var")]
    Var "var",
    #[token("while")]
    While "while",
    #[token("yield")]
    Yield "yield",
}

impl Kind {
    pub fn is_keyword(self) -> bool {
        self >= Kind::And
    }

    /// Whether an operand may end with this token, so that what follows is an operator, an index or a call.
    pub fn ends_operand(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Ident
                | Int
                | Float
                | Duration
                | Str
                | Bytes
                | StrClose
                | RParen
                | RBracket
                | MapClose
                | BlockClose
                | Nil
                | True
                | False
        )
    }

    /// Whether a statement may end with this token, so that a newline behind it counts.
    pub fn ends_statement(self) -> bool {
        self.ends_operand() || matches!(self, Kind::Return | Kind::Break | Kind::Continue | Kind::Yield)
    }

    /// Whether an expression may start with this token.
    pub fn starts_expr(self) -> bool {
        use Kind::*;
        matches!(
            self,
            Ident
                | Int
                | Float
                | Duration
                | Str
                | Bytes
                | StrOpen
                | LParen
                | LBracket
                | MapOpen
                | LambdaOpen
                | EmptyParams
                | Minus
                | Tilde
                | Nil
                | True
                | False
                | Not
                | Await
                | Spawn
                | Async
                | If
                | Match
                | Try
                | Scope
                | Select
                | Throw
                | Return
                | Break
                | Continue
                | Yield
        )
    }
}

/// What a `{` of a block opens, in the data of [`Kind::BlockOpen`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum BlockKind {
    Statements,
    MatchArms,
    SelectArms,
    Members,
}

/// What the data means depends on the kind: a [`Symbol`] for names and strings, an index into the numbers,
/// bytes or specs of the [`Tokens`], a [`BlockKind`], or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub data: u32,
}

impl Token {
    pub fn symbol(self) -> Symbol {
        Symbol(self.data)
    }

    pub fn opens(self, block: BlockKind) -> bool {
        self.kind == Kind::BlockOpen && self.data == block as u32
    }
}

/// A comment with its `#`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    pub span: Span,
    /// Starts with exactly two `#`: documents the item below it.
    pub doc: bool,
}

/// The tokens of one text.
#[derive(Debug, Default)]
pub struct Tokens {
    pub tokens: Vec<Token>,
    /// As many as tokens. A closing bracket that the lexer had to add has an empty span.
    pub spans: Vec<Span>,
    pub comments: Vec<Comment>,
    /// Values of [`Kind::Int`]; at most 2^63, which is right only behind a minus.
    pub ints: Vec<u64>,
    /// Values of [`Kind::Float`] and, in seconds, [`Kind::Duration`].
    pub floats: Vec<f64>,
    pub specs: Vec<FormatSpec>,
    /// Values of [`Kind::Bytes`]. The parser moves these and the names into the tree.
    pub bytes: Vec<Box<[u8]>>,
    pub names: Names,
    pub errors: Vec<LexError>,
    /// The text ends inside a bracket or a string that may span lines, and is not wrong before that.
    pub incomplete: bool,
    /// Braces did not balance, and indentation decided where they belong.
    pub by_indent: bool,
}

impl Tokens {
    /// The kind at an index; the end of the file counts as a newline.
    pub fn kind(&self, index: usize) -> Kind {
        self.tokens.get(index).map_or(Kind::Newline, |token| token.kind)
    }
}

/// One token a line: position, kind, text.
pub fn dump(tokens: &Tokens, text: &str) -> String {
    use std::fmt::Write;
    let places = crate::ast::Places::new(text);
    let mut out = String::new();
    for (token, span) in tokens.tokens.iter().zip(&tokens.spans) {
        let (line, column) = places.line_column(span.start);
        let kind = format!("{:?}", token.kind);
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "{:<8} {kind:<14} {:?}",
            format!("{line}:{column}"),
            text.get(span.range()).unwrap_or("")
        );
    }
    out
}
