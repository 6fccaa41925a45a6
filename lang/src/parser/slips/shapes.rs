//! Right beginnings that go on as in another language: arms, members, numbers, names with `-`.

use crate::{
    diagnostic::{Code, Diagnostic, Edit},
    source::Location,
    token::Kind,
};

use super::{super::error::Want, Slip};

impl Slip<'_, '_> {
    pub(super) fn shape(&self) -> Option<Diagnostic> {
        let ctx = self.ctx;
        let found = self.found()?;
        match found {
            Kind::Else if self.next() == Some(Kind::Arrow) && self.wants(Want::Pattern) => {
                let message = "the arm for everything else is `_ => …`";
                let report = ctx.report(Code::KEYWORD_AS_NAME, message, self.at, "expected a pattern");
                Some(report.fix("write `_`", self.replace(self.span(self.at), "_")))
            }
            Kind::Comma | Kind::Or if self.wants(Want::Arrow) => self.alternatives(found),
            Kind::LParen if self.wants(Want::Arrow) && self.prev() == Some(Kind::Ident) => {
                let report =
                    ctx.report(Code::UNEXPECTED, "a pattern has no parentheses", self.at, "expected `=>`");
                Some(report.help(
                    "fields stand in braces: `Point {x, y} => …`; a value needs no `Some(…)` around it: `nil => …`, `x => …`",
                ))
            }
            Kind::LParen if self.prev() == Some(Kind::Ident) && self.wants(Want::Comma) => self.method(),
            Kind::Tilde if self.next() == Some(Kind::Assign) => self.infix(),
            Kind::Dot
                if self.wants(Want::Expression)
                    && matches!(self.next(), Some(Kind::Int))
                    && self.glued(self.at + 1) =>
            {
                let report = ctx.report(
                    Code::UNEXPECTED,
                    "a float has digits on both sides of its point",
                    self.at,
                    "a digit is missing before this",
                );
                Some(report.fix("write `0.`", self.replace(self.span(self.at).before(), "0")))
            }
            Kind::Minus if self.wants(Want::Assign) || self.wants(Want::LParen) => self.name_with_minus(),
            Kind::ThinArrow => self.member_by_arrow(),
            Kind::Ident if self.slice(self.at) == "mod" && self.wants(Want::End) && self.is_infix() => {
                let report = self.not_co(self.at, "`mod` is not a word of Co");
                Some(report.fix("write `%`", self.replace(self.span(self.at), "%")))
            }
            Kind::LParen | Kind::Ident if self.prev() == Some(Kind::Test) && self.wants(Want::Str) => {
                let report = ctx.report(
                    Code::UNEXPECTED,
                    "the name of a `test` is a string",
                    self.at,
                    "expected a string",
                );
                Some(report.help("write `test \"adds up\" { … }`"))
            }
            Kind::BlockOpen | Kind::MapOpen if self.slice(self.failure.start) == "function" => {
                let start = self.failure.start;
                let star = self.kind(start + 1) == Some(Kind::Star);
                (star && self.at > start + 2).then(|| {
                    let message = "a generator is a `fn` with `yield` in it";
                    let both = self.span(start).to(self.span(start + 1));
                    self.not_co(start, message).fix("write `fn`", self.replace(both, "fn"))
                })
            }
            Kind::LParen | Kind::Dot | Kind::Assign
                if self.first() == Some(Kind::MapOpen) && self.at == self.failure.start + 2 =>
            {
                (self.prev() == Some(Kind::Ident)).then(|| {
                    self.foreign(
                        self.failure.start,
                        "a block does not stand alone",
                        "write its statements without braces, or `scope`, `if`, `fn` … before it",
                    )
                })
            }
            _ => None,
        }
    }

    fn not_co(&self, index: usize, message: &str) -> Diagnostic {
        self.ctx.report(Code::FOREIGN_STATEMENT, message, index, "not Co")
    }

    /// Between two values.
    fn is_infix(&self) -> bool {
        self.prev().is_some_and(Kind::ends_operand) && self.next().is_some_and(Kind::starts_expr)
    }

    /// `1, 2 => …` and `1 or 2 => …`.
    fn alternatives(&self, sign: Kind) -> Option<Diagnostic> {
        let mut signs = Vec::new();
        for index in self.at.. {
            match self.kind(index)? {
                Kind::Arrow => break,
                Kind::Newline | Kind::Semi | Kind::BlockOpen | Kind::BlockClose => return None,
                kind if kind == sign => signs.push(index),
                _ => {}
            }
        }
        let report = self.ctx.report(
            Code::UNEXPECTED,
            "alternatives of an arm are separated by `|`",
            self.at,
            "expected `|`, `if` or `=>`",
        );
        let bar = |index: usize| Edit {
            location: Location { source: self.ctx.source, span: self.span(index) },
            text: if self.glued(index) { " |".into() } else { "|".into() },
        };
        Some(report.fix("write `|`", signs.into_iter().map(bar).collect()))
    }

    /// `name(self) { … }` in a struct.
    fn method(&self) -> Option<Diagnostic> {
        let mut depth = 0u32;
        let open = (0..self.at).rev().find(|index| match self.kind(*index) {
            Some(Kind::BlockClose | Kind::MapClose) => {
                depth += 1;
                false
            }
            Some(Kind::BlockOpen | Kind::MapOpen) if depth > 0 => {
                depth -= 1;
                false
            }
            Some(Kind::BlockOpen) => true,
            _ => false,
        })?;
        if open < 2 || self.kind(open - 2) != Some(Kind::Struct) {
            return None;
        }
        let close = (self.at..)
            .find(|index| matches!(self.kind(*index), None | Some(Kind::RParen | Kind::Newline)))?;
        if !matches!(self.kind(close + 1), Some(Kind::BlockOpen | Kind::MapOpen)) {
            return None;
        }
        let name = self.at - 1;
        let report = self.ctx.report(
            Code::UNEXPECTED,
            "a method is declared with `fn`",
            name,
            "expected `fn` before this",
        );
        Some(match self.slice(name) {
            "constructor" | "__init__" | "init" | "new" => {
                report.help("an instance is made by a call, `Point(1, 2)`, with the fields in order or named")
            }
            _ => report.fix("write `fn`", self.replace(self.span(name).before(), "fn ")),
        })
    }

    /// `let my-name = …`, `fn my-name() { … }`.
    fn name_with_minus(&self) -> Option<Diagnostic> {
        let declared = matches!(
            self.at.checked_sub(2).and_then(|at| self.kind(at)),
            Some(Kind::Let | Kind::Var | Kind::Fn)
        );
        let joined = self.prev() == Some(Kind::Ident) && self.glued(self.at) && self.glued(self.at + 1);
        if !declared || !joined || self.next() != Some(Kind::Ident) {
            return None;
        }
        let mut last = self.at + 1;
        while self.kind(last + 1) == Some(Kind::Minus) && self.kind(last + 2) == Some(Kind::Ident) {
            last += 2;
        }
        let whole = self.span(self.at - 1).to(self.span(last));
        let name: Vec<&str> = (self.at - 1..=last).step_by(2).map(|index| self.slice(index)).collect();
        let name = name.join("_");
        let report = self.ctx.report(Code::UNEXPECTED, "a name has no `-`", self.at, "subtracts");
        Some(report.suggest(format!("write `{name}`"), self.replace(whole, &name)))
    }

    /// `p->x`, unless the name in front is used behind the arrow, as the parameter of a lambda is.
    fn member_by_arrow(&self) -> Option<Diagnostic> {
        let joined = self.glued(self.at) && self.glued(self.at + 1);
        if !joined || self.prev() != Some(Kind::Ident) || self.next() != Some(Kind::Ident) {
            return None;
        }
        let name = self.slice(self.at - 1);
        let rest =
            (self.at + 1..).take_while(|index| !matches!(self.kind(*index), None | Some(Kind::Newline)));
        if rest.into_iter().any(|index| self.slice(index) == name) {
            return None;
        }
        let report = self.not_co(self.at, "a field or method is reached with `.`");
        Some(report.fix("write `.`", self.replace(self.span(self.at), ".")))
    }
}
