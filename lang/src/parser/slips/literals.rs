//! Literals, lists, calls and conditions as other languages write them.

use crate::{
    diagnostic::{Code, Diagnostic, Edit},
    source::Span,
    token::Kind,
};

use super::{super::error::Want, Slip};

impl Slip<'_, '_> {
    /// Literals and calls of other languages.
    pub(super) fn literal(&self) -> Option<Diagnostic> {
        let prev_word = if self.prev() == Some(Kind::Ident) { self.slice(self.at - 1) } else { "" };
        match self.found()? {
            Kind::Str | Kind::StrOpen
                if self.glued(self.at)
                    && matches!(prev_word, "f" | "F" | "r" | "R" | "u" | "rb" | "br" | "b") =>
            {
                let help = match prev_word {
                    "f" | "F" => "strings in `\"` interpolate by themselves",
                    "b" => "bytes are written `b\"…\"`",
                    _ => "strings in `'` do not interpolate; a backslash is written `\\\\`",
                };
                let message = format!("strings have no prefix `{prev_word}`");
                let diagnostic = self.foreign(self.at - 1, &message, help);
                Some(if help.starts_with("strings in `\"`") && self.slice(self.at).starts_with('"') {
                    diagnostic.fix("remove the prefix", self.replace(self.span(self.at - 1), ""))
                } else {
                    diagnostic
                })
            }
            Kind::MapOpen
                if self.prev() == Some(Kind::Ident)
                    && matches!(self.next(), Some(Kind::Pipe | Kind::LambdaOpen | Kind::EmptyParams)) =>
            {
                let help = format!("write `{prev_word}(|x| …)`");
                Some(self.foreign(self.at, "a lambda is an argument, in parentheses", &help))
            }
            Kind::MapOpen if self.prev() == Some(Kind::Ident) && self.wants(Want::End) => {
                let help =
                    format!("write `{prev_word}(…)`, with the fields in order or named: `{prev_word}(x: 1)`");
                Some(self.foreign(self.at, "an instance is made by a call", &help))
            }
            Kind::MapOpen | Kind::BlockOpen if self.prev() == Some(Kind::RParen) && self.wants(Want::End) => {
                self.function_without_fn()
            }
            Kind::Comma
                if (self.wants(Want::Expression) || self.wants(Want::Param) || self.wants(Want::Key))
                    && matches!(
                        self.prev(),
                        Some(Kind::Comma | Kind::LBracket | Kind::LParen | Kind::MapOpen)
                    ) =>
            {
                let what = if self.wants(Want::Param) {
                    "a parameter"
                } else if self.wants(Want::Key) {
                    "an entry"
                } else {
                    "a value"
                };
                let message = format!("{what} is missing before this comma");
                Some(self.ctx.report(Code::UNEXPECTED, message, self.at, format!("expected {what}")))
            }
            Kind::Colon | Kind::Comma if self.map_as_block() => {
                let message = "this `{` starts a block, not a map";
                let start = self.failure.start - 1;
                let diagnostic = self.ctx.report(Code::UNEXPECTED, message, start, "a block of statements");
                Some(diagnostic.help("put the map in parentheses: `|x| ({a: x})`"))
            }
            Kind::Comma if self.wants(Want::RParen) && !self.wants(Want::Comma) => {
                let report = self.foreign(self.at, "there are no tuples", "write a list: `[a, b]`");
                let open = self.opening_before(Kind::LParen);
                let close = self.closing_behind();
                if close.is_some_and(|close| {
                    matches!(self.kind(close + 1), Some(Kind::MapOpen | Kind::BlockOpen))
                }) {
                    return Some(self.foreign(
                        self.at,
                        "a lambda is written with bars",
                        "write `|a, b| a + b` or `|a, b| { … }`",
                    ));
                }
                Some(match open.zip(close) {
                    Some((open, close))
                        if !self.kind(open.saturating_sub(1)).is_some_and(Kind::ends_operand) =>
                    {
                        let mut edits = self.replace(self.span(open), "[");
                        edits.extend(self.replace(self.span(close), "]"));
                        super::words::without_help(report).fix("write a list", edits)
                    }
                    _ => report,
                })
            }
            Kind::RParen if self.prev() == Some(Kind::LParen) && self.wants(Want::Expression) => {
                Some(self.foreign(self.at, "there are no empty tuples", "write `nil` or `[]`"))
            }
            Kind::Comma if self.wants(Want::End) => Some(self.values_with_commas()),
            Kind::Comma if self.wants(Want::Assign) => {
                let help = "take a list apart with `let [a, b] = …`, or write two statements";
                let report = self.foreign(self.at, "a `let` declares one pattern", help);
                Some(match self.list_edits(self.failure.start + 1) {
                    Some(edits) => super::words::without_help(report).fix("take a list apart", edits),
                    None => report,
                })
            }
            Kind::Arrow if self.wants(Want::Colon) || self.wants(Want::MapClose) => {
                let message = "in a map, `:` stands between key and value";
                let diagnostic = self.ctx.report(Code::UNEXPECTED, message, self.at, "expected `:`");
                let place = self.span(self.at - 1).after().to(self.span(self.at));
                Some(diagnostic.fix("write `:`", self.replace(place, ":")))
            }
            Kind::Int | Kind::Ident | Kind::Str | Kind::Await | Kind::LParen
                if self.prev() == Some(Kind::MapOpen) && self.empty_condition() =>
            {
                Some(self.ctx.report(
                    Code::UNEXPECTED,
                    "a condition is missing",
                    self.at - 1,
                    "expected an expression before this",
                ))
            }
            Kind::Int | Kind::Float | Kind::Duration | Kind::Nil | Kind::True | Kind::False
                if self.wants(Want::Key) && matches!(self.next(), Some(Kind::Comma | Kind::MapClose)) =>
            {
                Some(self.foreign(
                    self.at,
                    "braces are for maps",
                    "a set is made by `set([1, 2])`, a list by `[1, 2]`",
                ))
            }
            Kind::RParen
            | Kind::Comma
            | Kind::Newline
            | Kind::RBracket
            | Kind::Plus
            | Kind::Star
            | Kind::Minus
                if self.prev() == Some(Kind::Dot)
                    && self.at >= 2
                    && self.kind(self.at - 2) == Some(Kind::Int)
                    && self.glued(self.at - 1) =>
            {
                let number = self.slice(self.at - 2);
                let report = self.ctx.report(
                    Code::UNEXPECTED,
                    "a float has digits on both sides of its point",
                    self.at - 1,
                    "expected digits behind this",
                );
                Some(report.fix(format!("write `{number}.0`"), self.replace(self.span(self.at - 1), ".0")))
            }
            Kind::For if !self.wants(Want::Expression) && self.prev().is_some_and(Kind::ends_operand) => {
                Some(self.foreign(
                    self.at,
                    "there are no comprehensions",
                    "write `xs.map(|x| …)` or `xs.filter(|x| …)`",
                ))
            }
            Kind::If
                if !self.wants(Want::Expression)
                    && self.prev().is_some_and(Kind::ends_operand)
                    && !self.wants(Want::Guard) =>
            {
                Some(self.condition_behind())
            }
            Kind::Int
            | Kind::Float
            | Kind::Duration
            | Kind::Nil
            | Kind::True
            | Kind::False
            | Kind::StrOpen
                if self.wants(Want::Key) =>
            {
                let diagnostic = self.ctx.report(
                    Code::UNEXPECTED,
                    "a computed key stands in brackets",
                    self.at,
                    "expected a name, a string or `[`",
                );
                let key = if self.found() == Some(Kind::StrOpen) { "\"a{i}\"" } else { self.slice(self.at) };
                Some(diagnostic.help(format!("write `[{key}]: value`")))
            }
            Kind::As => Some(self.foreign(
                self.at,
                "values are not converted with `as`",
                "call the type: `int(x)`, `float(x)`, `str(x)`",
            )),
            Kind::Await if self.kind(self.failure.start) == Some(Kind::For) && self.wants(Want::In) => Some(
                self.foreign(self.at, "`await` stands behind `for`", "write `for await x in source { … }`"),
            ),
            _ => None,
        }
    }

    /// `|x| { a: x }`, `=> { a, b }`: the first thing in the block of a lambda or an arm is a key.
    fn map_as_block(&self) -> bool {
        let start = self.failure.start;
        let before = |back: usize| start.checked_sub(back).and_then(|index| self.kind(index));
        self.at == start + 1
            && matches!(self.first(), Some(Kind::Ident | Kind::Str))
            && before(1) == Some(Kind::BlockOpen)
            && matches!(before(2), Some(Kind::LambdaClose | Kind::EmptyParams | Kind::Arrow))
    }

    /// The string behind a prefix, in which other languages read escapes in another way.
    pub(super) fn prefixed_string(&self) -> Option<Span> {
        let string = matches!(self.found(), Some(Kind::Str | Kind::StrOpen))
            && self.prev() == Some(Kind::Ident)
            && self.glued(self.at);
        string.then(|| {
            let close = (self.at..)
                .take_while(|index| self.kind(*index).is_some())
                .find(|index| matches!(self.kind(*index), Some(Kind::Str | Kind::StrClose | Kind::Newline)));
            self.span(self.at - 1).to(self.span(close.unwrap_or(self.at)))
        })
    }

    /// `let a = b if c else d`, `return x if c`.
    fn condition_behind(&self) -> Diagnostic {
        let message = "a condition comes before its values";
        let report = self.foreign(self.at, message, "write `if c { a } else { b }`");
        let start = self.failure.start;
        let end = self.statement_end(self.at);
        let simple =
            |index: &usize| !matches!(self.kind(*index), Some(Kind::If | Kind::BlockOpen | Kind::Comma));
        let assign = (start..self.at).find(|index| self.kind(*index) == Some(Kind::Assign));
        let otherwise = (self.at..end).find(|index| self.kind(*index) == Some(Kind::Else));
        let value = match (self.first(), assign) {
            (Some(Kind::Let | Kind::Var | Kind::Ident), Some(assign)) => assign + 1,
            (Some(Kind::Return | Kind::Throw | Kind::Ident), None) => start,
            _ => return report,
        };
        let text = |from: usize, to: usize| {
            (to > from).then(|| self.ctx.text.get(self.span(from).to(self.span(to - 1)).range())).flatten()
        };
        let keeps =
            (value..self.at).all(|index| simple(&index)) && (self.at + 1..end).all(|index| simple(&index));
        // A statement may stand without `else`, a value and a jump with a value may not.
        let written = match otherwise {
            Some(otherwise) if value > start || self.first() == Some(Kind::Ident) => text(value, self.at)
                .zip(text(self.at + 1, otherwise))
                .zip(text(otherwise + 1, end))
                .map(|((then, condition), otherwise)| {
                    format!("if {condition} {{ {then} }} else {{ {otherwise} }}")
                }),
            None if value == start => text(value, self.at)
                .zip(text(self.at + 1, end))
                .map(|(then, condition)| format!("if {condition} {{ {then} }}")),
            _ => None,
        };
        match written.filter(|_| keeps) {
            Some(written) => {
                let span = self.span(value).to(self.span(end - 1));
                super::words::without_help(report)
                    .fix("write the condition first", self.replace(span, &written))
            }
            None => report,
        }
    }

    /// `area(w, h) { … }`, a function or method without its word.
    fn function_without_fn(&self) -> Option<Diagnostic> {
        let start = self.failure.start;
        let first = start + (self.first() == Some(Kind::Async)) as usize;
        let head = self.kind(first) == Some(Kind::Ident) && self.kind(first + 1) == Some(Kind::LParen);
        if !head || self.opening_of(self.at - 1) != Some(first + 1) {
            return None;
        }
        let report = self.ctx.report(
            Code::FOREIGN_STATEMENT,
            "a function is declared with `fn`",
            first,
            "expected `fn` before this",
        );
        Some(report.fix("write `fn`", self.replace(self.span(first).before(), "fn ")))
    }

    fn opening_of(&self, close: usize) -> Option<usize> {
        let mut depth = 0u32;
        (self.failure.start..=close).rev().find(|index| {
            match self.kind(*index) {
                Some(Kind::RParen) => depth += 1,
                Some(Kind::LParen) => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        })
    }

    /// The bracket around the mistake, if it is of a kind.
    fn opening_before(&self, wanted: Kind) -> Option<usize> {
        let mut depth = 0u32;
        for index in (self.failure.start..self.at).rev() {
            match self.kind(index) {
                Some(
                    Kind::RParen | Kind::RBracket | Kind::MapClose | Kind::BlockClose | Kind::InterpClose,
                ) => depth += 1,
                Some(
                    found @ (Kind::LParen
                    | Kind::LBracket
                    | Kind::QBracket
                    | Kind::MapOpen
                    | Kind::BlockOpen
                    | Kind::InterpOpen),
                ) => {
                    if depth == 0 {
                        return (found == wanted).then_some(index);
                    }
                    depth -= 1;
                }
                _ => {}
            }
        }
        None
    }

    fn closing_behind(&self) -> Option<usize> {
        let close = self.statement_end(self.at);
        let inside = (self.at..).take_while(|index| self.kind(*index).is_some());
        let mut depth = 0u32;
        for index in inside {
            match self.kind(index) {
                Some(Kind::LParen) => depth += 1,
                Some(Kind::RParen) if depth == 0 => return Some(index),
                Some(Kind::RParen) => depth -= 1,
                _ if index > close => return None,
                _ => {}
            }
        }
        None
    }

    /// `if { … }`, `while { … }`.
    fn empty_condition(&self) -> bool {
        self.at >= 2 && matches!(self.kind(self.at - 2), Some(Kind::If | Kind::While | Kind::Match))
    }

    /// `return a, b`, `a, b = b, a`, `let x = 1, y = 2`.
    fn values_with_commas(&self) -> Diagnostic {
        let start = self.failure.start;
        let report = |message: &str, help: &str| self.foreign(self.at, message, help);
        match self.first() {
            Some(Kind::Let | Kind::Var) => {
                let word = self.slice(start);
                let pairs = self.next() == Some(Kind::Ident) && self.kind(self.at + 2) == Some(Kind::Assign);
                let told = report(
                    "each variable is declared in a statement of its own",
                    &format!("write `{word} a = 1; {word} b = 2`, or `{word} [a, b] = [1, 2]`"),
                );
                if !pairs {
                    return told;
                }
                let mut edits = Vec::new();
                let end = self.statement_end(self.at);
                let mut depth = 0u32;
                for index in self.at..end {
                    match self.kind(index) {
                        Some(
                            Kind::LParen
                            | Kind::LBracket
                            | Kind::QBracket
                            | Kind::MapOpen
                            | Kind::BlockOpen
                            | Kind::InterpOpen,
                        ) => depth += 1,
                        Some(
                            Kind::RParen
                            | Kind::RBracket
                            | Kind::MapClose
                            | Kind::BlockClose
                            | Kind::InterpClose,
                        ) => depth = depth.saturating_sub(1),
                        Some(Kind::Comma) if depth == 0 => {
                            edits.extend(self.replace(self.span(index), &format!("; {word}")))
                        }
                        _ => {}
                    }
                }
                super::words::without_help(told).fix("write a statement for each", edits)
            }
            Some(Kind::Return | Kind::Yield) => {
                let word = self.slice(start);
                let told = report("several values at once are a list", &format!("write `{word} [a, b]`"));
                let end = self.statement_end(self.at);
                let mut edits = self.replace(self.span(start + 1).before(), "[");
                edits.extend(self.replace(self.span(end - 1).after(), "]"));
                super::words::without_help(told).fix("write a list", edits)
            }
            _ => {
                let told = report(
                    "values are not separated by commas here",
                    "several values at once are lists: `[a, b] = [b, a]`, `return [a, b]`",
                );
                match self.list_edits(start) {
                    Some(edits) => super::words::without_help(told).fix("write lists", edits),
                    None => told,
                }
            }
        }
    }

    /// `a, b = b, a` to `[a, b] = [b, a]`.
    fn list_edits(&self, first: usize) -> Option<Vec<Edit>> {
        let end = self.statement_end(first);
        let assign = (first..end).find(|index| self.kind(*index) == Some(Kind::Assign))?;
        if assign <= first || end <= assign + 1 || self.at > assign {
            return None;
        }
        let mut edits = self.replace(self.span(first).before(), "[");
        edits.extend(self.replace(self.span(assign - 1).after(), "]"));
        let mut depth = 0u32;
        let commas = (assign + 1..end).any(|index| {
            match self.kind(index) {
                Some(
                    Kind::LParen
                    | Kind::LBracket
                    | Kind::QBracket
                    | Kind::MapOpen
                    | Kind::BlockOpen
                    | Kind::InterpOpen,
                ) => depth += 1,
                Some(
                    Kind::RParen | Kind::RBracket | Kind::MapClose | Kind::BlockClose | Kind::InterpClose,
                ) => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && self.kind(index) == Some(Kind::Comma)
        });
        if commas {
            edits.extend(self.replace(self.span(assign + 1).before(), "["));
            edits.extend(self.replace(self.span(end - 1).after(), "]"));
        }
        Some(edits)
    }
}
