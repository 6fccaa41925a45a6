//! `=` where a value is read, and variables that get none.

use crate::{
    diagnostic::{Code, Diagnostic},
    token::Kind,
};

use super::{super::error::Want, Slip, is_assign};

impl Slip<'_, '_> {
    /// `=` where a value is read, and variables that get none.
    pub(super) fn assignment(&self) -> Option<Diagnostic> {
        let ctx = self.ctx;
        // In the pattern; behind its `=` braces are a map.
        let declares = matches!(self.first(), Some(Kind::Let | Kind::Var))
            && !(self.failure.start..self.at).any(|index| self.kind(index) == Some(Kind::Assign));
        match self.found() {
            Some(Kind::Assign) if self.next() == Some(Kind::Gt) => Some(self.foreign_operator(
                self.at,
                "`=` and `>` do not belong together here",
                "an arm is written `pattern => …`",
            )),
            Some(Kind::Assign) if self.in_call() => Some(self.named_argument()),
            Some(Kind::Assign) if self.wants(Want::MapClose) && declares => {
                let message = "a pattern has no defaults";
                let report = ctx.report(Code::UNEXPECTED, message, self.at, "expected `,` or `}`");
                Some(report.help("write `let name = m?.name ?? value`"))
            }
            Some(Kind::Assign) if self.wants(Want::MapClose) => {
                let diagnostic = ctx.report(
                    Code::UNEXPECTED,
                    "in a map, `:` stands between key and value",
                    self.at,
                    "expected `:`",
                );
                let sign = self.span(self.at - 1).after().to(self.span(self.at));
                Some(diagnostic.fix("write `:`", self.replace(sign, ":")))
            }
            Some(Kind::Assign) if let Some(compound) = self.compound() => Some(compound),
            Some(found) if is_assign(found) && self.prev() != Some(Kind::Assign) => {
                if !(self.wants(Want::Block)
                    || self.wants(Want::End)
                    || self.wants(Want::RParen)
                    || self.wants(Want::Comma))
                {
                    return None;
                }
                if self.first() == Some(Kind::Fn)
                    || self.first() == Some(Kind::Async) && self.wants(Want::Block)
                {
                    return Some(self.fn_body());
                }
                let diagnostic =
                    ctx.report(Code::ASSIGNMENT_AS_VALUE, "an assignment is no value", self.at, "assigns");
                Some(if self.wants(Want::Block) && found == Kind::Assign {
                    diagnostic.fix("compare with `==`", self.replace(self.span(self.at), "=="))
                } else {
                    diagnostic.help("assign in a statement of its own")
                })
            }
            None | Some(Kind::Newline | Kind::Semi | Kind::BlockClose)
                if declares && self.wants(Want::Assign) =>
            {
                let value = if self.first() == Some(Kind::Var) { " = nil" } else { " = …" };
                let diagnostic = ctx.report(
                    Code::NO_VALUE,
                    "the variable gets no value",
                    self.at,
                    "expected `=` and a value",
                );
                Some(if self.first() == Some(Kind::Var) {
                    diagnostic.fix("start with `nil`", self.replace(ctx.place(self.at).before(), value))
                } else {
                    diagnostic.help(format!("write `let name{value}`"))
                })
            }
            _ => None,
        }
    }

    /// Whether the mistake stands directly in the arguments of a call.
    fn in_call(&self) -> bool {
        if self.found() != Some(Kind::Assign) || !self.wants(Want::RParen) {
            return false;
        }
        let mut depth = 0u32;
        for index in (self.failure.start..self.at).rev() {
            match self.kind(index) {
                Some(
                    Kind::RParen | Kind::RBracket | Kind::MapClose | Kind::BlockClose | Kind::InterpClose,
                ) => depth += 1,
                Some(Kind::LParen) if depth == 0 => {
                    return index > 0 && self.kind(index - 1).is_some_and(Kind::ends_operand);
                }
                Some(
                    Kind::LParen
                    | Kind::LBracket
                    | Kind::QBracket
                    | Kind::MapOpen
                    | Kind::BlockOpen
                    | Kind::InterpOpen,
                ) => match depth.checked_sub(1) {
                    Some(outer) => depth = outer,
                    None => return false,
                },
                _ => {}
            }
        }
        false
    }

    /// `f(x = 1)`, with all other arguments of the call that are written so.
    fn named_argument(&self) -> Diagnostic {
        let report =
            self.ctx.report(Code::ASSIGNMENT_AS_VALUE, "an assignment is no value", self.at, "assigns");
        let names = |index: usize| {
            self.kind(index) == Some(Kind::Assign)
                && self.kind(index - 1) == Some(Kind::Ident)
                && matches!(self.kind(index - 2), Some(Kind::LParen | Kind::Comma))
        };
        if !names(self.at) {
            return report.help("a named argument is written `name: value`, a comparison `==`");
        }
        let mut edits = Vec::new();
        let mut depth = 0u32;
        for index in self.at.. {
            match self.kind(index) {
                None => break,
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
                ) => {
                    let Some(outer) = depth.checked_sub(1) else { break };
                    depth = outer;
                }
                Some(Kind::Assign) if depth == 0 && names(index) => {
                    let blank = if self.glued(index + 1) { ": " } else { ":" };
                    edits.extend(self.replace(self.span(index - 1).after().to(self.span(index)), blank));
                }
                _ => {}
            }
        }
        report.fix("name the argument with `:`", edits)
    }

    /// `x ^= 2`, `x ||= y`: an operator that has no form with `=`.
    fn compound(&self) -> Option<Diagnostic> {
        let operator = self.at.checked_sub(1)?;
        let sign = self.kind(operator)?;
        let known = matches!(
            sign,
            Kind::Caret | Kind::Pipe | Kind::Amp | Kind::Shl | Kind::Shr | Kind::And | Kind::Or
        );
        if !known || !self.glued(self.at) || operator <= self.failure.start {
            return None;
        }
        let place = self.span(operator).to(self.span(self.at));
        let written = self.ctx.text.get(place.range())?;
        let target = self.ctx.text.get(self.span(self.failure.start).to(self.span(operator - 1)).range())?;
        let sign = sign.text();
        let message = format!("`{written}` is not an operator of Co");
        let report =
            Diagnostic::new(Code::FOREIGN_OPERATOR, message, self.ctx.source, place, "not an operator of Co");
        let path = (self.failure.start..operator)
            .all(|index| matches!(self.kind(index), Some(Kind::Ident | Kind::Dot)));
        let last = self.statement_end(self.at);
        // Only an operator that binds more loosely would take the right side apart.
        let simple = last == self.at + 2;
        Some(if path && simple {
            let right = format!("= {target} {sign}");
            report.fix(format!("write `{target} {right} …`"), self.replace(place, &right))
        } else {
            report.help(format!("write `x = x {sign} y`"))
        })
    }
}
