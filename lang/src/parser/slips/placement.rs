//! Statements where a value is due, keywords as names, and two statements on one line.

use crate::{
    diagnostic::{Code, Diagnostic},
    source::Span,
    token::{BlockKind, Kind},
};

use super::{super::error::Want, Slip};

impl Slip<'_, '_> {
    /// Statements where a value is due, and `fn` without a name.
    pub(super) fn placement(&self) -> Option<Diagnostic> {
        let ctx = self.ctx;
        let found = self.found()?;
        if self.wants(Want::AsyncTail) && found == Kind::Fn {
            return Some(self.nameless_fn());
        }
        if self.wants(Want::AsyncTail) {
            if matches!(found, Kind::For | Kind::While) {
                let word = found.text();
                let report = self.ctx.report(
                    Code::MISPLACED_ASYNC,
                    format!("`async` does not stand before `{word}`"),
                    self.at - 1,
                    "makes nothing asynchronous here",
                );
                return Some(if found == Kind::For {
                    let both = self.span(self.at - 1).to(self.span(self.at));
                    report.fix("write `for await`", self.replace(both, "for await"))
                } else {
                    report.fix("leave it out", self.cut_word(self.at - 1))
                });
            }
            if found == Kind::Ident
                && self.kind(self.at + 1) == Some(Kind::LParen)
                && self.at - 1 == self.failure.start
                && self.body_follows()
            {
                let report = ctx.report(
                    Code::MISPLACED_ASYNC,
                    "`async` stands before `fn`, a lambda or a block",
                    self.at - 1,
                    "makes nothing asynchronous here",
                );
                return Some(
                    report.fix("write `async fn`", self.replace(self.span(self.at).before(), "fn ")),
                );
            }
            let message = "`async` stands before `fn`, a lambda or a block";
            return Some(ctx.report(
                Code::MISPLACED_ASYNC,
                message,
                self.at - 1,
                "makes nothing asynchronous here",
            ));
        }
        if found == Kind::Async && self.prev() == Some(Kind::Fn) {
            let report = ctx.report(
                Code::MISPLACED_ASYNC,
                "`async` stands in front of `fn`",
                self.at,
                "on the wrong side",
            );
            let both = self.span(self.at - 1).to(self.span(self.at));
            return Some(report.fix("write `async fn`", self.replace(both, "async fn")));
        }
        if let Some(told) = self.declared_type() {
            return Some(told);
        }
        let names = self.wants(Want::Name) || self.wants(Want::Pattern) || self.wants(Want::Param);
        if names
            && found.is_keyword()
            && !(found == Kind::In && matches!(self.prev(), Some(Kind::For | Kind::Await)))
        {
            let keyword = found.text();
            let message = format!("`{keyword}` is a keyword and no name");
            return Some(
                ctx.report(Code::KEYWORD_AS_NAME, message, self.at, "expected a name")
                    .help("choose another name"),
            );
        }
        if self.wants(Want::Key) && found.is_keyword() {
            let keyword = found.text();
            let message = format!("`{keyword}` is a keyword and no variable");
            return Some(
                ctx.report(Code::KEYWORD_AS_NAME, message, self.at, "expected a key")
                    .help(format!("as a key it needs a value: `{keyword}: …`")),
            );
        }
        if self.wants(Want::Param) {
            if found == Kind::Amp && self.wants(Want::RParen) {
                let reference = self.span(self.at);
                let report =
                    self.foreign_operator(self.at, "there are no references", "write the name alone");
                return Some(
                    super::words::without_help(report).fix("leave it out", self.replace(reference, "")),
                );
            }
            if matches!(found, Kind::Star | Kind::StarStar) {
                let report = self.foreign_operator(
                    self.at,
                    "the parameter for all further arguments is `...name`",
                    "there is one of them, for a list of arguments",
                );
                return Some(if found == Kind::Star && self.next() == Some(Kind::Ident) {
                    super::words::without_help(report)
                        .fix("write `...`", self.replace(self.span(self.at), "..."))
                } else {
                    report
                });
            }
            let message = "a parameter of a `fn` is a name";
            return Some(
                ctx.report(Code::UNEXPECTED, message, self.at, "expected a name")
                    .help("take the value apart in the body: `let [a, b] = pair`"),
            );
        }
        if !self.wants(Want::Expression) {
            return None;
        }
        match found {
            Kind::Fn => Some(self.nameless_fn()),
            Kind::While
            | Kind::For
            | Kind::Let
            | Kind::Var
            | Kind::Struct
            | Kind::Import
            | Kind::Defer
            | Kind::Test
                if self.at > self.failure.start =>
            {
                if self.kind(self.at - 1) == Some(Kind::Await) {
                    return Some(self.await_of_statement(found));
                }
                let message = format!("`{}` is a statement and has no value", found.text());
                let mut report =
                    ctx.report(Code::MISPLACED_STATEMENT, message, self.at, "expected an expression");
                let before = self.span(self.at - 1);
                let gap = ctx.text.get(before.end as usize..self.span(self.at).start as usize);
                if gap.is_some_and(|gap| gap.contains('\n')) {
                    report = report.label(
                        ctx.source,
                        before,
                        "behind this the statement goes on in the next line",
                    );
                }
                let condition = matches!(self.prev(), Some(Kind::If | Kind::While));
                Some(if found == Kind::Let && condition {
                    report.help("write `match value { pattern => … }`, or declare the variable before and test `x != nil`")
                } else {
                    report
                })
            }
            Kind::Dot | Kind::QDot if self.at == self.failure.start => {
                let message = format!("a statement cannot start with `{}`", found.text());
                Some(
                    ctx.report(Code::UNEXPECTED, message, self.at, "belongs to nothing")
                        .note("an `if`, `match`, `try` or loop that is a statement ends at its `}`")
                        .help("give its value a name with `let`, or put it in parentheses"),
                )
            }
            _ => None,
        }
    }

    /// `await for x in ch { … }`, `await let x = f()`.
    fn await_of_statement(&self, found: Kind) -> Diagnostic {
        let word = found.text();
        let message = format!("`await` cannot stand in front of `{word}`");
        let diagnostic = self.ctx.report(
            Code::MISPLACED_STATEMENT,
            message,
            self.at,
            "a statement, which has no value to wait for",
        );
        match found {
            Kind::For => {
                let both = self.span(self.at - 1).to(self.span(self.at));
                diagnostic.fix("write `for await`", self.replace(both, "for await"))
            }
            Kind::Let | Kind::Var => diagnostic.help(format!("await the value: `{word} x = await f()`")),
            _ => diagnostic.help("write `await` inside it, in front of what it waits for"),
        }
    }

    pub(super) fn two_statements(&self) -> Option<Diagnostic> {
        if !self.wants(Want::End) {
            return None;
        }
        let ctx = self.ctx;
        let arms = self.wants(Want::Comma);
        if arms {
            if self.prev() == Some(Kind::Ident) && matches!(self.slice(self.at - 1), "let" | "var") {
                let help = "write the name alone, with `= value` if it has a default";
                return Some(self.foreign(
                    self.at - 1,
                    "fields of a struct are declared without a word",
                    help,
                ));
            }
            let message = "a newline or a comma is missing here";
            return Some(ctx.report(Code::UNEXPECTED, message, self.at, "expected a new line before this"));
        }
        if self.found()?.starts_expr() || self.found()?.is_keyword() || self.found() == Some(Kind::Tilde) {
            let message = "two statements on one line need a `;` between them";
            let diagnostic =
                ctx.report(Code::TWO_STATEMENTS, message, self.at, "the second statement starts here");
            if let Some(comment) = self.comment_before() {
                let written = self.slice(comment);
                let sign = if written == "-" { "--" } else { written };
                let span = if written == "-" {
                    self.span(comment).to(self.span(comment + 1))
                } else {
                    self.span(comment)
                };
                let report = Diagnostic::new(
                    Code::FOREIGN_STATEMENT,
                    "a comment starts with `#`",
                    ctx.source,
                    span,
                    "not a comment in Co",
                )
                .suggest("write `#`", self.replace(span, "#"));
                return Some(if sign == "//" { report.note("`//` divides and rounds down") } else { report });
            }
            if self.prev() == Some(Kind::Colon) || self.jump_label() {
                let word = self.slice(self.failure.start);
                return Some(self.foreign(
                    self.at,
                    &format!("`{word}` takes no label"),
                    "loops have no labels: put the loops into a function and `return` from it",
                ));
            }
            if self.prev() == Some(Kind::Ident)
                && matches!(
                    self.found(),
                    Some(Kind::Str | Kind::StrOpen | Kind::Int | Kind::Float | Kind::Duration)
                )
            {
                let name = self.slice(self.at - 1);
                let value = if self.found() == Some(Kind::StrOpen) { "\"…\"" } else { self.slice(self.at) };
                return Some(
                    diagnostic.help(format!("a call is written with parentheses: `{name}({value})`")),
                );
            }
            return Some(diagnostic.help("or is an operator, a comma or a quote missing before it?"));
        }
        None
    }

    /// A `//`, or a `--` with a blank behind it, that was meant as a comment: the mistake comes right behind the words there.
    fn comment_before(&self) -> Option<usize> {
        let line = (self.failure.start..self.at).rev().take(40);
        line.into_iter().find(|index| match self.kind(*index) {
            Some(Kind::SlashSlash) => true,
            Some(Kind::Minus) => {
                self.kind(*index + 1) == Some(Kind::Minus)
                    && self.glued(*index + 1)
                    && *index + 1 < self.at
                    && !self.glued(*index + 2)
            }
            _ => false,
        })
    }

    /// `break outer`.
    fn jump_label(&self) -> bool {
        matches!(self.prev(), Some(Kind::Break | Kind::Continue)) && self.kind(self.at) == Some(Kind::Ident)
            || self.first() == Some(Kind::Continue) && self.at == self.failure.start + 1
    }

    /// The `{` of a body behind the parameters that follow.
    fn body_follows(&self) -> bool {
        let mut depth = 0u32;
        for index in self.at + 1.. {
            match self.kind(index) {
                Some(Kind::LParen) => depth += 1,
                Some(Kind::RParen) if depth == 1 => {
                    return matches!(self.kind(index + 1), Some(Kind::BlockOpen | Kind::MapOpen));
                }
                Some(Kind::RParen) => depth -= 1,
                None | Some(Kind::Newline) => return false,
                _ => {}
            }
        }
        false
    }

    /// `x: int = 1`, `var x int = 1`, `fn f(x int)`, `label: while …`, and names with a `-`.
    fn declared_type(&self) -> Option<Diagnostic> {
        let found = self.found()?;
        let start = self.failure.start;
        let annotation = |span: Span| {
            Diagnostic::new(
                Code::TYPE_ANNOTATION,
                "names have no declared type",
                self.ctx.source,
                span,
                "not needed",
            )
        };
        let declares = matches!(self.first(), Some(Kind::Let | Kind::Var));
        if found == Kind::Lt && self.wants(Want::LParen) {
            return Some(self.type_parameters());
        }
        if found == Kind::Colon
            && self.wants(Want::End)
            && self.at == start + 1
            && self.first() == Some(Kind::Ident)
        {
            if matches!(self.next(), Some(Kind::While | Kind::For)) || self.slice(self.at + 1) == "loop" {
                return Some(self.foreign(
                    start,
                    "loops have no labels",
                    "put the loops into a function and `return` from it",
                ));
            }
            let end = self.statement_end(self.at);
            let assign = (self.at..end).find(|index| self.kind(*index) == Some(Kind::Assign));
            let last = assign.unwrap_or(end);
            if self.next() != Some(Kind::Ident) || last <= self.at + 1 {
                return None;
            }
            let report = annotation(self.span(self.at).to(self.span(last - 1)));
            let name = self.slice(start);
            return Some(
                report.help(format!("declare it with `let {name} = …`, or `var {name} = …` if it changes")),
            );
        }
        if found == Kind::Ident
            && declares
            && self.wants(Want::Assign)
            && self.prev() == Some(Kind::Ident)
            && is_type(self.slice(self.at))
        {
            let span = self.span(self.at);
            let cut = self.span(self.at - 1).after().to(span);
            return match self.next() {
                Some(Kind::Assign) => Some(annotation(span).fix("leave the type out", self.replace(cut, ""))),
                None | Some(Kind::Newline | Kind::Semi) => {
                    Some(annotation(span).fix("start with `nil`", self.replace(cut, " = nil")))
                }
                _ => None,
            };
        }
        if found == Kind::Minus
            && (declares && self.wants(Want::Assign)
                || self.prev() == Some(Kind::Ident) && self.wants(Want::LParen))
            && self.next() == Some(Kind::Ident)
            && self.glued(self.at)
            && self.glued(self.at + 1)
        {
            let report =
                self.ctx.report(Code::UNEXPECTED, "a name has no `-` in it", self.at, "not part of a name");
            return Some(report.suggest("write `_`", self.replace(self.span(self.at), "_")));
        }
        if found == Kind::Ident
            && self.wants(Want::RParen)
            && self.wants(Want::Comma)
            && self.prev() == Some(Kind::Ident)
            && matches!(self.first(), Some(Kind::Fn | Kind::Async))
            && self.is_param(self.at)
            && (is_type(self.slice(self.at)) || is_type(self.slice(self.at - 1)))
        {
            let types = self.parameter_types();
            let (first, rest) = types.split_first()?;
            let mut report = annotation(*first);
            let mut edits = Vec::new();
            for span in std::iter::once(first).chain(rest) {
                edits.extend(self.replace(self.with_blanks(*span), ""));
            }
            for span in rest {
                report = report.label(self.ctx.source, *span, "nor here");
            }
            return Some(report.fix("leave the types out", edits));
        }
        None
    }

    /// Directly in the parentheses of a `fn`'s head.
    fn is_param(&self, index: usize) -> bool {
        let open = (self.failure.start..index).find(|index| self.kind(*index) == Some(Kind::LParen));
        open.is_some_and(|open| {
            !(open..index).any(|index| matches!(self.kind(index), Some(Kind::RParen | Kind::BlockOpen)))
        })
    }

    /// A word with the blanks behind it, or before it if it is the last.
    fn with_blanks(&self, span: Span) -> Span {
        let text = self.ctx.text;
        let behind = text.get(span.end as usize..).unwrap_or("");
        let blanks = behind.len() - behind.trim_start_matches([' ', '\t']).len();
        if behind[blanks..].starts_with([',', ')', '=']) || blanks == 0 {
            let before = text.get(..span.start as usize).unwrap_or("");
            return Span::new(before.trim_end_matches([' ', '\t']).len() as u32, span.end);
        }
        Span::new(span.start, span.end + blanks as u32)
    }

    /// One of the two names in each parameter: `x int, y int` or `int x, int y`.
    fn parameter_types(&self) -> Vec<Span> {
        let mut places = Vec::new();
        for index in self.failure.start.. {
            match self.kind(index) {
                None | Some(Kind::RParen | Kind::Newline | Kind::BlockOpen) => break,
                Some(Kind::Ident) if self.kind(index - 1) == Some(Kind::Ident) => {
                    let first = is_type(self.slice(index - 1));
                    places.push(self.span(if first { index - 1 } else { index }));
                }
                _ => {}
            }
        }
        places
    }

    /// Whether a token stands directly in the braces of a struct.
    fn in_members(&self, index: usize) -> bool {
        let mut depth = 0u32;
        for index in (0..index).rev().take(1_000) {
            match self.kind(index) {
                Some(Kind::BlockClose | Kind::MapClose | Kind::RParen | Kind::RBracket) => depth += 1,
                Some(Kind::BlockOpen | Kind::MapOpen | Kind::LParen | Kind::LBracket) => {
                    if depth == 0 {
                        return self.ctx.tokens.tokens[index].opens(BlockKind::Members);
                    }
                    depth -= 1;
                }
                _ => {}
            }
        }
        false
    }

    /// Where other fields of the same struct make the same mistake: `let x; let y`, `int x; int y`.
    pub(super) fn other_members(&self) -> Vec<u32> {
        let start = self.failure.start;
        let declared = |index: usize| {
            let next = self.kind(index + 1) == Some(Kind::Ident);
            next && (matches!(self.kind(index), Some(Kind::Let | Kind::Var))
                || self.kind(index) == Some(Kind::Ident))
        };
        let opened = start.checked_sub(1).is_some_and(|before| {
            matches!(self.kind(before), Some(Kind::BlockOpen | Kind::Newline | Kind::Comma | Kind::Semi))
        });
        if !opened || !declared(start) || !self.in_members(start) {
            return Vec::new();
        }
        let mut places = Vec::new();
        let mut depth = 0u32;
        for index in start + 1.. {
            match self.kind(index) {
                None => break,
                Some(Kind::BlockOpen | Kind::MapOpen | Kind::LParen | Kind::LBracket) => depth += 1,
                Some(Kind::BlockClose | Kind::MapClose | Kind::RParen | Kind::RBracket) => {
                    let Some(outer) = depth.checked_sub(1) else { break };
                    depth = outer;
                }
                Some(Kind::Newline | Kind::Comma | Kind::Semi) if depth == 0 && declared(index + 1) => {
                    places.push(self.span(index + 1).start);
                }
                _ => {}
            }
        }
        places
    }
}

/// What types are called elsewhere.
pub(super) fn is_type(word: &str) -> bool {
    matches!(
        word,
        "int"
            | "integer"
            | "long"
            | "short"
            | "byte"
            | "char"
            | "float"
            | "double"
            | "number"
            | "str"
            | "string"
            | "String"
            | "bool"
            | "boolean"
            | "Boolean"
            | "list"
            | "List"
            | "Vec"
            | "map"
            | "Map"
            | "dict"
            | "set"
            | "any"
            | "object"
            | "Object"
            | "error"
            | "i8"
            | "i16"
            | "i32"
            | "i64"
            | "u8"
            | "u16"
            | "u32"
            | "u64"
            | "usize"
            | "isize"
            | "f32"
            | "f64"
            | "int64"
            | "int32"
            | "float64"
            | "float32"
            | "uint"
            | "rune"
    )
}
