//! How a rule fails, and how that is told.
//!
//! A failure is a place and a set of what could have stood there, small enough to be made and thrown away at every
//! alternative. Only what reaches a statement, arm or member becomes words.

use chumsky::{
    DefaultExpected,
    error::{Error, LabelError},
    span::SimpleSpan,
    util::MaybeRef,
};

use crate::{
    diagnostic::{Code, Diagnostic},
    source::{SourceId, Span},
    token::{Kind, Token, Tokens},
};

use super::{
    rule::Input,
    slips::{self, Told},
};

macro_rules! wants {
    ($($name:ident $words:literal,)*) => {
        /// What a rule could have gone on with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Want {
            $($name,)*
        }

        const WORDS: &[(Want, &str)] = &[$((Want::$name, $words),)*];
    };
}

wants! {
    Expression "an expression",
    Pattern "a pattern",
    Name "a name",
    Number "a number",
    Str "a string",
    Type "a type",
    Module "a module or the path of a file",
    Key "a key",
    Param "a parameter",
    Arm "an arm, `pattern => …`",
    Member "a field or method",
    Block "a block, `{ … }`",
    AsyncTail "`fn`, a lambda or a block",
    Guard "`if`",
    Comma "`,`",
    Colon "`:`",
    Assign "`=`",
    Arrow "`=>`",
    In "`in`",
    LParen "`(`",
    RParen "`)`",
    RBracket "`]`",
    MapOpen "`{`",
    MapClose "`}`",
    BlockClose "`}`",
    InterpClose "`}`",
    Bar "`|`",
    Keyword "a keyword",
    End "the end of the line",
}

impl Want {
    pub fn of(kind: Kind) -> Want {
        match kind {
            Kind::Comma => Want::Comma,
            Kind::Colon => Want::Colon,
            Kind::Assign => Want::Assign,
            Kind::Arrow => Want::Arrow,
            Kind::In => Want::In,
            Kind::LParen => Want::LParen,
            Kind::RParen => Want::RParen,
            Kind::RBracket => Want::RBracket,
            Kind::MapOpen => Want::MapOpen,
            Kind::MapClose => Want::MapClose,
            Kind::BlockOpen => Want::Block,
            Kind::BlockClose => Want::BlockClose,
            Kind::InterpClose => Want::InterpClose,
            Kind::LambdaOpen | Kind::LambdaClose => Want::Bar,
            _ => Want::Keyword,
        }
    }
}

/// A reason of its own instead of a set of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Expected,
    TooDeep,
    OpenRange,
    FnName,
    PlainString,
    MapRest,
    TooLarge,
    CatchPattern,
}

/// A failure on its way out of the rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reject {
    /// The token that could not be used.
    pub at: u32,
    want: u32,
    pub why: Why,
}

impl Reject {
    pub fn expected(at: usize, want: Want) -> Reject {
        Reject { at: at as u32, want: 1 << want as u32, why: Why::Expected }
    }

    pub fn because(at: usize, why: Why) -> Reject {
        Reject { at: at as u32, want: 0, why }
    }

    pub fn or(mut self, want: Want) -> Reject {
        self.want |= 1 << want as u32;
        self
    }

    pub fn wants(self, want: Want) -> bool {
        self.want & 1 << want as u32 != 0
    }

    /// Of two failures the one that got further; of two at one place both.
    pub fn furthest(mut self, other: Reject) -> Reject {
        match self.at.cmp(&other.at) {
            std::cmp::Ordering::Less => other,
            std::cmp::Ordering::Greater => self,
            std::cmp::Ordering::Equal => {
                self.want |= other.want;
                if self.why == Why::Expected {
                    self.why = other.why;
                }
                self
            }
        }
    }
}

impl<'t> Error<'t, Input<'t>> for Reject {
    fn merge(self, other: Self) -> Self {
        self.furthest(other)
    }
}

impl<'t> LabelError<'t, Input<'t>, DefaultExpected<'t, Token>> for Reject {
    fn expected_found<I: IntoIterator<Item = DefaultExpected<'t, Token>>>(
        _: I,
        _: Option<MaybeRef<'t, Token>>,
        span: SimpleSpan,
    ) -> Self {
        Reject { at: span.start as u32, want: 0, why: Why::Expected }
    }
}

/// A statement, arm or member that could not be read.
#[derive(Debug, Clone, Copy)]
pub struct Failure {
    pub reject: Reject,
    /// Its first token.
    pub start: usize,
}

/// What is needed to put failures into words.
pub struct Context<'t> {
    pub source: SourceId,
    pub text: &'t str,
    pub tokens: &'t Tokens,
}

impl<'t> Context<'t> {
    /// A failure in words, with what else it explains.
    pub fn told(&self, failure: &Failure) -> Told {
        let alone = |diagnostic| Told { diagnostic, within: None, parts: Vec::new() };
        match failure.reject.why {
            Why::Expected => {
                slips::told(self, failure).unwrap_or_else(|| alone(self.expected(failure.reject)))
            }
            why => alone(self.because(why, failure.reject.at as usize, failure.reject)),
        }
    }

    fn because(&self, why: Why, at: usize, reject: Reject) -> Diagnostic {
        match why {
            Why::Expected => self.expected(reject),
            Why::TooDeep => self
                .report(Code::TOO_DEEP, "expressions are nested too deeply", at, "one level too many")
                .help("give parts of it names with `let`"),
            Why::OpenRange => self
                .report(Code::OPEN_RANGE, "this range needs a start and an end", at, "something is missing here")
                .note("only an index may leave them out: `xs[1..]`, `xs[..3]`, `xs[..]`; `..=` always has an end"),
            Why::FnName => self
                .report(Code::FN_NAME, "`fn` needs a name", at, "expected a name before this")
                .help("a function as a value is a lambda: `|x| x * 2` or `|x| { … }`"),
            Why::PlainString => self
                .report(Code::PLAIN_STRING, "this string cannot interpolate", at, "contains `{`")
                .help("use `'…'`, which does not interpolate, or write `\\{`"),
            Why::MapRest => self
                .report(Code::SEVERAL_RESTS, "a map pattern has no rest", at, "not needed")
                .note("it fits maps that have more keys, too"),
            Why::TooLarge => self
                .report(Code::NUMBER_TOO_LARGE, "the number is too large", at, "does not fit")
                .note("an int goes from -9223372036854775808 to 9223372036854775807"),
            Why::CatchPattern => self
                .report(Code::UNEXPECTED, "a `catch` takes a name, not a pattern", at, "expected a name")
                .help("take the error apart in the block: `catch e { print(e.kind, e.message) }`"),
        }
    }

    /// `expected a, b or c, found d`.
    fn expected(&self, reject: Reject) -> Diagnostic {
        let at = reject.at as usize;
        let words = self.words(reject);
        let found = self.found(at);
        if reject.wants(Want::Name) && self.tokens.kind(at).is_keyword() {
            let keyword = self.tokens.kind(at).text();
            return self
                .report(Code::KEYWORD_AS_NAME, format!("`{keyword}` is a keyword"), at, "expected a name")
                .help(format!("choose another name, for example `{keyword}_`"));
        }
        self.report(
            Code::UNEXPECTED,
            format!("expected {words}, found {found}"),
            at,
            format!("expected {words}"),
        )
    }

    fn words(&self, reject: Reject) -> String {
        let mut words: Vec<&str> =
            WORDS.iter().filter(|(want, _)| reject.wants(*want)).map(|(_, words)| *words).collect();
        words.dedup();
        let Some(last) = words.pop() else { return "something else".into() };
        if words.is_empty() { last.into() } else { format!("{} or {last}", words.join(", ")) }
    }

    /// The token at an index, in words.
    pub fn found(&self, at: usize) -> String {
        let Some(token) = self.tokens.tokens.get(at) else { return "the end of the file".into() };
        match token.kind {
            Kind::Newline | Kind::StrClose | Kind::StrText | Kind::Spec => token.kind.text().into(),
            Kind::Str | Kind::StrOpen | Kind::Bytes => token.kind.text().into(),
            Kind::Ident | Kind::Int | Kind::Float | Kind::Duration => format!("`{}`", self.slice(at)),
            kind => format!("`{}`", kind.text()),
        }
    }

    pub fn slice(&self, at: usize) -> &'t str {
        self.tokens.spans.get(at).and_then(|span| self.text.get(span.range())).unwrap_or("")
    }

    /// Where to point: at the end of a line behind its last token.
    pub fn place(&self, at: usize) -> Span {
        let end_of_line = self.tokens.kind(at) == Kind::Newline;
        match self.tokens.spans.get(at) {
            Some(span) if !end_of_line && span.start < span.end => *span,
            _ => {
                let before = at.checked_sub(1).and_then(|before| self.tokens.spans.get(before));
                before.copied().unwrap_or_default().after()
            }
        }
    }

    pub fn report(
        &self,
        code: Code,
        message: impl Into<String>,
        at: usize,
        label: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(code, message, self.source, self.place(at), label)
    }
}
