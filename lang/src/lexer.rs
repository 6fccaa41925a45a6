//! Text to tokens, in one pass and without recursion.
//!
//! logos finds the raw tokens; this pass decides what needs more than one character of context, so that the parser
//! behind it never has to guess: which newlines count, whether a `{` opens a block or a map, whether a `|`
//! belongs to a lambda, where a keyword is a plain name, what is text and what is code in a string. It replaces
//! escapes, joins `not in` and `is not`, and repairs brackets: what it hands on always balances.
//!
//! It never fails. Errors are kept in [`Tokens::errors`], each mistake once.

mod brackets;
mod error;
mod number;
mod repair;
mod spec;
mod strings;

use logos::Logos;

use crate::{
    source::Span,
    token::{Comment, Kind, Token, Tokens},
};

pub use error::{LexError, LexErrorKind, diagnostic};

use brackets::{Frame, FrameKind, Head, HeadKind, ROOT};
use number::Number;
use strings::OpenString;

/// How deep brackets may nest. Bounds the recursion of the parser and of every pass behind it.
pub const MAX_NESTING: usize = 500;

/// Makes tokens of a text of less than 4 GiB; of a longer one only the error that says so.
pub fn lex(text: &str) -> Tokens {
    if u32::try_from(text.len()).is_err() {
        let error = LexError { kind: LexErrorKind::TooLarge, span: Span::default(), other: None };
        return Tokens { errors: vec![error], ..Tokens::default() };
    }
    let first = Lexer::new(text, false).run();
    if first.braces_wrong == 0 {
        return first.out;
    }
    // Braces do not balance. Where the program is indented with care, indentation tells which one is missing.
    let second = Lexer::new(text, true).run();
    let careful = second.braces_odd <= first.braces_wrong + second.braces_aligned / 3;
    if !careful {
        return first.out;
    }
    Tokens { incomplete: first.out.incomplete, by_indent: true, ..second.out }
}

/// The same without looking at indentation, which says nothing about a text that only ends too early.
pub fn lex_as_it_stands(text: &str) -> Tokens {
    match u32::try_from(text.len()) {
        Ok(_) => Lexer::new(text, false).run().out,
        Err(_) => lex(text),
    }
}

struct Lexer<'s> {
    text: &'s str,
    raw: logos::Lexer<'s, Kind>,
    out: Tokens,
    /// The kind of the last token in `out`.
    prev: Kind,
    /// The open brackets; the first is the file itself and stays.
    frames: Vec<Frame>,
    /// Heads of control structures, functions and structs whose block has not begun.
    heads: Vec<Head>,
    /// Strings with an open interpolation; each has its [`FrameKind::Interp`] frame.
    strings: Vec<OpenString>,
    /// How many of `strings` must end on their line.
    line_strings: u32,
    /// Where a newline was that counts unless the next token continues the statement.
    pending_newline: Option<u32>,
    /// A head that a newline has just cut off from its `{`.
    cut_head: Option<Head>,
    /// No token of the current line was seen yet.
    first_on_line: bool,
    line_start: u32,
    /// Columns before the first token of the line.
    indent: u32,
    /// Where a string began that was not closed on this line: brackets that it took in are no mistakes of their own.
    line_cut: Option<u32>,
    /// The last error is an unclosed `(`, `[` or map.
    round_reported: bool,
    /// Brackets nest too deeply: the rest is not read.
    stopped: bool,
    /// Trust indentation more than braces, see [`repair`].
    by_indent: bool,
    braces_wrong: u32,
    braces_aligned: u32,
    braces_odd: u32,
    /// For texts with escapes or lines to join.
    buffer: String,
}

impl<'s> Lexer<'s> {
    fn new(text: &'s str, by_indent: bool) -> Lexer<'s> {
        let estimate = text.len() / 4 + 16;
        let out = Tokens {
            tokens: Vec::with_capacity(estimate),
            spans: Vec::with_capacity(estimate),
            ..Tokens::default()
        };
        let mut raw = Kind::lexer(text);
        if text.starts_with('\u{feff}') {
            raw.bump('\u{feff}'.len_utf8());
        }
        Lexer {
            text,
            raw,
            out,
            prev: Kind::Newline,
            frames: vec![ROOT],
            heads: Vec::new(),
            strings: Vec::new(),
            line_strings: 0,
            pending_newline: None,
            cut_head: None,
            first_on_line: true,
            line_start: 0,
            indent: 0,
            line_cut: None,
            round_reported: false,
            stopped: false,
            by_indent,
            braces_wrong: 0,
            braces_aligned: 0,
            braces_odd: 0,
            buffer: String::new(),
        }
    }

    fn run(mut self) -> Self {
        while let Some(raw) = self.raw.next() {
            let span = self.raw_span();
            match raw {
                Ok(Kind::Newline) => self.newline(span),
                Ok(Kind::Comment) => self.comment(span),
                Ok(kind) => self.token(kind, span),
                Err(()) => self.bad_character(span),
            }
            if self.stopped {
                break;
            }
        }
        self.close_all();
        self
    }

    fn raw_span(&self) -> Span {
        let range = self.raw.span();
        Span::new(range.start as u32, range.end as u32)
    }

    fn slice(&self, span: Span) -> &'s str {
        &self.text[span.range()]
    }

    /// What logos has not read yet.
    fn rest(&self) -> &'s str {
        self.raw.remainder()
    }

    fn emit(&mut self, kind: Kind, data: u32, span: Span) {
        self.out.tokens.push(Token { kind, data });
        self.out.spans.push(span);
        self.prev = kind;
    }

    /// Takes back the last token, which is part of the one that follows.
    fn unemit(&mut self) -> Span {
        self.out.tokens.pop();
        self.prev = self.out.tokens.last().map_or(Kind::Newline, |token| token.kind);
        self.out.spans.pop().unwrap_or_default()
    }

    fn report(&mut self, kind: LexErrorKind, span: Span, other: Option<Span>) {
        self.round_reported = false;
        self.out.errors.push(LexError { kind, span, other });
    }

    fn comment(&mut self, span: Span) {
        let text = self.slice(span).trim_end_matches('\r');
        let doc = text.starts_with("##") && !text.starts_with("###");
        let span = Span::new(span.start, span.start + text.len() as u32);
        self.out.comments.push(Comment { span, doc });
    }

    fn newline(&mut self, span: Span) {
        if self.line_strings > 0 {
            self.cut_line_strings(span.start);
        }
        if self.line_cut.is_some() {
            self.forgive_line(span.start);
        }
        self.first_on_line = true;
        self.line_start = span.end;
        // A `:` ends a line outside brackets only in programs that were meant for another language.
        let ends = self.prev.ends_statement() || self.prev == Kind::Colon || self.is_suffix_of_others();
        if self.pending_newline.is_none() && ends && self.top().kind.counts_newlines() {
            self.pending_newline = Some(span.start);
        }
    }

    /// `f().await` and `import math.*` as other languages write it.
    fn is_suffix_of_others(&self) -> bool {
        let before = self.out.tokens.iter().rev().nth(1).map(|token| token.kind);
        match self.prev {
            Kind::Await => matches!(before, Some(Kind::Dot | Kind::QDot)),
            Kind::Star => matches!(before, Some(Kind::Dot | Kind::Import)),
            _ => false,
        }
    }

    /// What comes before any token: indentation, and the newline that was still open.
    fn begin_token(&mut self, kind: Kind, span: Span) {
        if self.first_on_line {
            self.indent = span.start - self.line_start;
            self.repair_at_line_start(kind, span);
        }
        if self.pending_newline.is_some() && !matches!(kind, Kind::RBrace | Kind::RParen | Kind::RBracket) {
            self.settle_newline(kind);
        }
    }

    fn token(&mut self, kind: Kind, span: Span) {
        self.begin_token(kind, span);
        match kind {
            Kind::Ident => self.name(span),
            Kind::RawNumber => self.number(span),
            Kind::RawQuote if self.label(span) => {}
            Kind::Quote | Kind::TripleQuote | Kind::RawQuote | Kind::TripleRawQuote | Kind::BytesQuote => {
                self.string(kind, span);
            }
            Kind::LParen => self.open(FrameKind::Paren, kind, 0, span),
            Kind::LBracket | Kind::QBracket => {
                let index = kind == Kind::QBracket || self.prev.ends_operand();
                self.open(FrameKind::Square { index }, kind, index as u32, span);
            }
            Kind::LBrace => self.open_brace(span),
            Kind::RParen | Kind::RBracket | Kind::RBrace => self.close(kind, span),
            Kind::Pipe => self.bar(span),
            Kind::PipePipe => self.double_bar(span),
            Kind::Comma => {
                let top = self.top_mut();
                top.guard_due = !top.lambda;
                self.emit(kind, 0, span);
            }
            Kind::Assign => {
                self.top_mut().pattern = false;
                self.emit(kind, 0, span);
            }
            Kind::Semi => {
                self.repair_at_semicolon(span);
                self.end_statement();
                self.emit(kind, 0, span);
            }
            Kind::Arrow => {
                self.top_mut().guard_due = false;
                self.emit(kind, 0, span);
            }
            Kind::Colon if self.top().kind == FrameKind::Interp => self.spec(span),
            Kind::AmpAmp => self.foreign(kind, Kind::And, span),
            Kind::EqEqEq => self.foreign(kind, Kind::Eq, span),
            Kind::BangEqEq => self.foreign(kind, Kind::Ne, span),
            // `print!(…)`: without it the rest is a call.
            Kind::Bang if self.prev == Kind::Ident && self.rest().starts_with(['(', '[']) => {
                self.report(LexErrorKind::Foreign(kind), span, None);
            }
            Kind::Bang if self.is_behind_value() => self.report(LexErrorKind::BangSuffix, span, None),
            Kind::Bang => {
                let span = self.all_bangs(span);
                self.foreign(kind, Kind::Not, span);
            }
            Kind::PlusPlus => self.report(LexErrorKind::Foreign(kind), span, None),
            Kind::Slash if self.rest().starts_with('*') && !self.prev.ends_operand() => {
                self.block_comment(span)
            }
            _ if kind.is_keyword() => self.keyword(kind, span),
            _ => self.emit(kind, 0, span),
        }
        self.first_on_line = false;
    }

    /// `!` behind a value negates nothing, unless it is `!in`.
    fn is_behind_value(&self) -> bool {
        self.prev.ends_operand() && !starts_with_word(self.rest().trim_start(), "in")
    }

    /// `'outer: for …` and `break 'outer` of Rust.
    fn label(&mut self, span: Span) -> bool {
        let rest = self.rest();
        let word = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
        let behind = &rest[word..];
        let jump = matches!(self.prev, Kind::Break | Kind::Continue);
        let declared = behind.strip_prefix(':').map(str::trim_start);
        let loops = ["for", "while", "loop"];
        let declares = declared.is_some_and(|head| loops.iter().any(|word| starts_with_word(head, word)));
        let line = behind.split('\n').next().unwrap_or("");
        if word == 0 || !(self.first_on_line && declares || jump && !line.contains('\'')) {
            return false;
        }
        let length = word + declares as usize;
        self.raw.bump(length);
        // Where it is used, the loop's label has told of it.
        if declares {
            self.report(LexErrorKind::Label, Span::new(span.start, span.end + length as u32), None);
        }
        true
    }

    /// `!!x` is one mistake.
    fn all_bangs(&mut self, span: Span) -> Span {
        let further = self.rest().len() - self.rest().trim_start_matches('!').len();
        self.raw.bump(further);
        Span::new(span.start, span.end + further as u32)
    }

    /// `/* … */`: reported, and left out up to its end.
    fn block_comment(&mut self, span: Span) {
        let rest = self.rest();
        let length =
            rest.find("*/").map_or_else(|| rest.find('\n').unwrap_or(rest.len()), |length| length + 2);
        let lines = rest[..length].matches('\n').count();
        self.raw.bump(length);
        self.report(LexErrorKind::BlockComment, Span::new(span.start, span.end + length as u32), None);
        if lines > 0 {
            self.line_start = span.end + rest[..length].rfind('\n').map_or(0, |newline| newline as u32 + 1);
        }
    }

    fn name(&mut self, span: Span) {
        let symbol = self.out.names.intern(&self.text[span.range()]);
        self.emit(Kind::Ident, symbol.0, span);
    }

    /// Decides about a newline, now that the token behind it is known.
    fn settle_newline(&mut self, next: Kind) {
        let Some(at) = self.pending_newline.take() else { return };
        let continues = match next {
            Kind::Dot | Kind::QDot | Kind::Coalesce | Kind::And | Kind::Or | Kind::Catch | Kind::Finally => {
                true
            }
            // `else =>` is an arm of a select.
            Kind::Else => !self.rest().trim_start_matches([' ', '\t']).starts_with("=>"),
            _ => false,
        };
        if !continues {
            self.emit_newline(Span::new(at, at + 1));
        }
    }

    fn emit_newline(&mut self, span: Span) {
        let cut = self.pending_head();
        self.end_statement();
        self.emit(Kind::Newline, 0, span);
        self.cut_head = cut;
    }

    /// A statement or arm ends here: heads and lambda bars that are still open were broken.
    fn end_statement(&mut self) {
        let depth = self.frames.len();
        while self.heads.last().is_some_and(|head| head.depth >= depth) {
            self.heads.pop();
        }
        let top = self.top_mut();
        top.lambda = false;
        top.guard_due = true;
        top.pattern = false;
        self.cut_head = None;
    }

    fn number(&mut self, span: Span) {
        let mut span = span;
        let rest = self.rest();
        if rest.starts_with(|c: char| !c.is_ascii() && c.is_alphanumeric()) {
            let length = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
            self.raw.bump(length);
            span.end += length as u32;
        }
        match number::classify(self.slice(span)) {
            Ok(Number::Int(value)) => {
                self.out.ints.push(value);
                self.emit(Kind::Int, self.out.ints.len() as u32 - 1, span);
            }
            Ok(Number::Float(value)) => self.float(Kind::Float, value, span),
            Ok(Number::Duration(value)) => self.float(Kind::Duration, value, span),
            Err(error) => {
                self.report(error, span, None);
                self.float(Kind::Float, 0.0, span);
            }
        }
    }

    fn float(&mut self, kind: Kind, value: f64, span: Span) {
        self.out.floats.push(value);
        self.emit(kind, self.out.floats.len() as u32 - 1, span);
    }

    /// `|`: a lambda's, or an operator where an operand has just ended.
    fn bar(&mut self, span: Span) {
        if self.top().lambda {
            self.top_mut().lambda = false;
            self.emit(Kind::LambdaClose, 0, span);
        } else if self.prev.ends_operand() {
            self.emit(Kind::Pipe, 0, span);
        } else {
            self.top_mut().lambda = true;
            self.emit(Kind::LambdaOpen, 0, span);
        }
    }

    fn double_bar(&mut self, span: Span) {
        if self.top().lambda {
            // `|x||y| x + y`: the flag stays up for the second list.
            let middle = span.start + 1;
            self.emit(Kind::LambdaClose, 0, Span::new(span.start, middle));
            self.emit(Kind::LambdaOpen, 0, Span::new(middle, span.end));
        } else if self.prev.ends_operand() {
            self.foreign(Kind::PipePipe, Kind::Or, span);
        } else {
            self.emit(Kind::EmptyParams, 0, span);
        }
    }

    /// An operator of another language: reported, and read as what it means there.
    fn foreign(&mut self, found: Kind, meant: Kind, span: Span) {
        self.report(LexErrorKind::Foreign(found), span, None);
        self.emit(meant, 0, span);
    }

    fn keyword(&mut self, kind: Kind, span: Span) {
        if self.keyword_is_name(kind) {
            return self.name(span);
        }
        match kind {
            Kind::In if self.prev == Kind::Not => {
                let start = self.unemit();
                return self.emit(Kind::NotIn, 0, start.to(span));
            }
            Kind::Not if self.prev == Kind::Is => {
                let start = self.unemit();
                return self.emit(Kind::IsNot, 0, start.to(span));
            }
            Kind::In => {
                let depth = self.frames.len();
                if let Some(head) = self.heads.last_mut().filter(|head| head.depth == depth) {
                    head.ready = true;
                }
            }
            Kind::If => self.if_head(),
            Kind::Let | Kind::Var => self.top_mut().pattern = true,
            Kind::While => self.head(HeadKind::Statements, true),
            // Behind a value it is a comprehension, or `impl A for B`.
            Kind::For if !self.prev.ends_operand() => self.head(HeadKind::Statements, false),
            Kind::Test => self.head(HeadKind::Statements, true),
            Kind::Match => self.head(HeadKind::Match, true),
            Kind::Fn => self.head(HeadKind::Fn, true),
            Kind::Struct => self.head(HeadKind::Struct, true),
            Kind::Catch => self.head(HeadKind::Catch, true),
            _ => {}
        }
        self.emit(kind, 0, span);
    }

    fn head(&mut self, kind: HeadKind, ready: bool) {
        self.heads.push(Head { kind, ready, depth: self.frames.len(), indent: self.indent });
    }

    /// An `if` has a block, unless it is the guard of an arm or of a `catch`.
    fn if_head(&mut self) {
        let top = self.top_mut();
        if top.kind == FrameKind::MatchArms && top.guard_due {
            top.guard_due = false;
            return;
        }
        let depth = self.frames.len();
        if let Some(head) =
            self.heads.last_mut().filter(|head| head.depth == depth && head.kind == HeadKind::Catch)
        {
            head.kind = HeadKind::Statements;
            return;
        }
        self.head(HeadKind::Statements, true);
    }

    fn pending_head(&self) -> Option<Head> {
        self.heads.last().copied().filter(|head| head.depth == self.frames.len())
    }

    /// Whether a keyword stands where only a name makes sense.
    fn keyword_is_name(&self, kind: Kind) -> bool {
        match self.prev {
            // `.await` stays a keyword, so that the parser can explain it.
            Kind::Dot | Kind::QDot => kind != Kind::Await,
            // The types of functions and structs.
            Kind::Is | Kind::IsNot => matches!(kind, Kind::Fn | Kind::Struct),
            Kind::MapOpen | Kind::LParen | Kind::Comma => {
                matches!(self.top().kind, FrameKind::Map | FrameKind::Paren)
                    && self.rest().trim_start().starts_with(':')
                    || self.member_name(kind)
            }
            Kind::Fn => self.top().kind == FrameKind::Members,
            Kind::BlockOpen | Kind::BlockClose | Kind::Newline | Kind::Semi => self.member_name(kind),
            _ => false,
        }
    }

    /// At the start of a struct's member: `fn` and `async fn` begin a method, any other word names a field.
    fn member_name(&self, kind: Kind) -> bool {
        if self.top().kind != FrameKind::Members {
            return false;
        }
        let rest = self.rest().trim_start_matches([' ', '\t']);
        match kind {
            Kind::Fn => rest.starts_with(['=', ',', '\n', '\r', '}', '#', ';']) || rest.is_empty(),
            Kind::Async => !starts_with_word(rest, "fn"),
            _ => true,
        }
    }

    fn bad_character(&mut self, span: Span) {
        if self.slice(span) == "`"
            && let Some(length) =
                self.rest().find(['`', '\n']).filter(|at| self.rest()[*at..].starts_with('`'))
        {
            // A string of another language.
            self.raw.bump(length + 1);
            let span = Span::new(span.start, span.end + length as u32 + 1);
            self.report(LexErrorKind::BadCharacter, span, None);
            self.begin_token(Kind::Str, span);
            self.first_on_line = false;
            let empty = self.out.names.intern("");
            return self.emit(Kind::Str, empty.0, span);
        }
        if let Some(last) = self.out.errors.last_mut()
            && matches!(last.kind, LexErrorKind::BadCharacter)
            && last.span.end == span.start
        {
            last.span.end = span.end;
            return;
        }
        self.report(LexErrorKind::BadCharacter, span, None);
    }
}

fn starts_with_word(text: &str, word: &str) -> bool {
    text.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c == '_' || c.is_alphanumeric()))
}
