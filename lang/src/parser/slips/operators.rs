//! Operators and punctuation that mean something elsewhere.

use crate::{
    diagnostic::{Code, Diagnostic},
    source::Span,
    token::Kind,
};

use super::{super::error::Want, Slip};

impl Slip<'_, '_> {
    /// Operators and punctuation that mean something elsewhere.
    pub(super) fn operator(&self) -> Option<Diagnostic> {
        let expects_operand = self.wants(Want::Expression);
        let found = self.found();
        if expects_operand
            && self.prev() == Some(Kind::Minus)
            && self.at >= 2
            && self.kind(self.at - 2) == Some(Kind::Minus)
            && self.glued(self.at - 1)
        {
            return Some(self.foreign_operator(
                self.at - 1,
                "`--` is not an operator of Co",
                "write `x -= 1` to count down",
            ));
        }
        if expects_operand && self.prev() == Some(Kind::Pipe) && found == Some(Kind::Gt) {
            return Some(self.foreign_operator(
                self.at,
                "`|>` is not an operator of Co",
                "write `f(x)` or `x.f()`",
            ));
        }
        if found == Some(Kind::Colon) && self.next() == Some(Kind::Assign) {
            let sign = self.span(self.at).to(self.span(self.at + 1));
            let message = "`:=` is not an operator of Co";
            let report = Diagnostic::new(
                Code::FOREIGN_OPERATOR,
                message,
                self.ctx.source,
                sign,
                "not an operator of Co",
            );
            let start = self.failure.start;
            let name = self.first() == Some(Kind::Ident) && self.at == start + 1;
            return Some(match self.first() {
                Some(Kind::Let | Kind::Var) => report.fix("write `=`", self.replace(sign, "=")),
                _ if name => {
                    let mut edits = self.replace(self.span(start).before(), "var ");
                    edits.extend(self.replace(sign, "="));
                    report.note("`x = …` assigns a variable that is there").fix("declare it", edits)
                }
                _ => report.help("declare with `let x = …`, assign with `x = …`"),
            });
        }
        if found == Some(Kind::Colon) && self.next() == Some(Kind::Colon) && !self.in_index() {
            return Some(self.foreign_operator(
                self.at,
                "`::` is not an operator of Co",
                "write `.`: `module.name`",
            ));
        }
        if let Some(told) = self.infix() {
            return Some(told);
        }
        if matches!(found, Some(Kind::SlashSlash))
            && expects_operand
            && self.prev().is_none_or(|prev| !prev.ends_operand())
        {
            let diagnostic = self.foreign(self.at, "a comment starts with `#`", "write `# …`");
            return Some(diagnostic.fix("write `#`", self.replace(self.span(self.at), "#")));
        }
        if found == Some(Kind::Slash) && self.next() == Some(Kind::Star) && expects_operand {
            return Some(self.foreign(
                self.at,
                "a comment starts with `#` and goes to the end of the line",
                "write `#` on each line",
            ));
        }
        if !expects_operand {
            return None;
        }
        match found? {
            Kind::Star | Kind::StarStar => Some(self.foreign_operator(
                self.at,
                "a sequence is spread with `...`",
                "write `f(...xs)`, `[...xs]` or `{...m}`",
            )),
            Kind::Amp => Some(self.foreign_operator(
                self.at,
                "there are no references to take",
                "pass the value itself",
            )),
            Kind::Plus => {
                Some(self.foreign_operator(self.at, "there is no `+` in front of a value", "leave it out"))
            }
            Kind::Lt if self.next() == Some(Kind::Minus) => Some(self.foreign_operator(
                self.at,
                "`<-` is not an operator of Co",
                "write `await ch.recv()` and `await ch.send(x)`",
            )),
            _ => None,
        }
    }

    /// Signs between two values.
    pub(super) fn infix(&self) -> Option<Diagnostic> {
        let found = self.found()?;
        let prev = self.prev();
        let two = self.at.checked_sub(1).map(|before| self.span(before).to(self.span(self.at)));
        let report = |message: &str, span: Span| {
            Diagnostic::new(Code::FOREIGN_OPERATOR, message, self.ctx.source, span, "not an operator of Co")
        };
        match found {
            Kind::Gt if prev == Some(Kind::Lt) && self.glued(self.at) => {
                let span = two?;
                Some(report("`<>` is written `!=` in Co", span).fix("write `!=`", self.replace(span, "!=")))
            }
            Kind::Tilde if self.next() == Some(Kind::Assign) && self.glued(self.at + 1) => {
                let span = self.span(self.at).to(self.span(self.at + 1));
                Some(report("`~=` is written `!=` in Co", span).fix("write `!=`", self.replace(span, "!=")))
            }
            Kind::Ellipsis
                if prev.is_some_and(Kind::ends_operand)
                    && self.kind(self.at + 1).is_some_and(Kind::starts_expr) =>
            {
                let span = self.span(self.at);
                let told = report("a range is written `a..b`, or `a..=b` with its end", span);
                Some(told.fix("write `..=`", self.replace(span, "..=")))
            }
            Kind::Lt if prev == Some(Kind::DotDot) && self.glued(self.at) => {
                let span = two?;
                Some(report("`..<` is written `..` in Co", span).fix("write `..`", self.replace(span, "..")))
            }
            Kind::ThinArrow => {
                let span = self.span(self.at);
                let member = prev.is_some_and(Kind::ends_operand)
                    && self.next() == Some(Kind::Ident)
                    && self.glued(self.at);
                let told = report("`->` is not an operator of Co", span);
                Some(if member {
                    told.fix("write `.`", self.replace(span, "."))
                } else {
                    told.note("functions declare no result type, and a lambda is `|x| x + 1`")
                })
            }
            Kind::Colon if prev.is_some_and(Kind::ends_operand) && self.in_index() => {
                let span = self.span(self.at);
                let told = Diagnostic::new(
                    Code::FOREIGN_OPERATOR,
                    "a part of a list is `xs[a..b]`",
                    self.ctx.source,
                    span,
                    "expected `..`",
                );
                Some(if self.one_colon() {
                    told.fix("write `..`", self.replace(span, ".."))
                } else {
                    told.help(
                        "every second: `xs[a..b]`, then take what you need in a loop with `.enumerate()`",
                    )
                })
            }
            Kind::Colon if prev == Some(Kind::LBracket) && self.in_index() => {
                let span = self.span(self.at);
                let told = Diagnostic::new(
                    Code::FOREIGN_OPERATOR,
                    "a part of a list is `xs[a..b]`",
                    self.ctx.source,
                    span,
                    "expected `..`",
                );
                Some(if self.one_colon() {
                    told.fix("write `..`", self.replace(span, ".."))
                } else {
                    told.help("backwards: `xs.rev()`")
                })
            }
            Kind::Colon
                if self.next() == Some(Kind::Ident)
                    && self.glued(self.at)
                    && self.glued(self.at + 1)
                    && self.kind(self.at + 2) == Some(Kind::LParen)
                    && self.wants(Want::End) =>
            {
                let span = self.span(self.at);
                Some(report("a method is called with `.`", span).fix("write `.`", self.replace(span, ".")))
            }
            Kind::Star if prev == Some(Kind::Yield) => Some(
                report("`yield*` is not an operator of Co", self.span(self.at))
                    .help("write `for x in xs { yield x }`"),
            ),
            Kind::Star
                if matches!(prev, Some(Kind::Fn)) || self.slice(self.at.saturating_sub(1)) == "function" =>
            {
                Some(self.foreign(self.at, "a generator is a `fn` with `yield` in it", "leave the `*` out"))
            }
            Kind::DotDot | Kind::Star
                if self.wants(Want::Pattern)
                    && self.next() == Some(Kind::Ident)
                    && matches!(prev, Some(Kind::LBracket | Kind::Comma)) =>
            {
                let span = self.span(self.at);
                let told = Diagnostic::new(
                    Code::FOREIGN_OPERATOR,
                    "the rest of a list is `...rest`",
                    self.ctx.source,
                    span,
                    "expected `...`",
                );
                Some(told.fix("write `...`", self.replace(span, "...")))
            }
            _ => None,
        }
    }

    /// Directly inside the brackets of an index.
    fn in_index(&self) -> bool {
        let mut depth = 0u32;
        for index in (self.failure.start..self.at).rev() {
            match self.kind(index) {
                Some(Kind::RParen | Kind::RBracket | Kind::MapClose | Kind::BlockClose) => depth += 1,
                Some(Kind::LBracket | Kind::QBracket) if depth == 0 => {
                    return index > self.failure.start
                        && self.kind(index - 1).is_some_and(Kind::ends_operand);
                }
                Some(Kind::LParen | Kind::LBracket | Kind::QBracket | Kind::MapOpen | Kind::BlockOpen) => {
                    match depth.checked_sub(1) {
                        Some(outer) => depth = outer,
                        None => return false,
                    }
                }
                _ => {}
            }
        }
        false
    }

    /// `[a:b]`, not `[a:b:c]`.
    fn one_colon(&self) -> bool {
        let close = (self.at..self.at + 60).find(|index| self.kind(*index) == Some(Kind::RBracket));
        close.is_some_and(|close| !(self.at + 1..close).any(|index| self.kind(index) == Some(Kind::Colon)))
    }
}
