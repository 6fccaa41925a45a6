//! Functions as values.

use crate::{
    diagnostic::{Code, Diagnostic, Edit},
    source::{Location, Span},
    token::Kind,
};

use super::{super::error::Want, Slip};

impl Slip<'_, '_> {
    /// `x => x + 1`, `(a, b) => …`, `function (x) { … }`, `async (x) => …`.
    pub(super) fn lambda(&self) -> Option<Diagnostic> {
        let found = self.found()?;
        if matches!(found, Kind::Arrow | Kind::ThinArrow)
            && self.prev().is_some_and(|prev| matches!(prev, Kind::LambdaClose | Kind::EmptyParams))
        {
            let report = self.foreign(self.at, "a lambda has no arrow", "write `|x| x + 1`");
            if self.kind(self.at + 1).is_some_and(Kind::starts_expr)
                && self.kind(self.at + 2) != Some(Kind::BlockOpen)
            {
                return Some(
                    super::words::without_help(report).fix("leave the arrow out", self.cut_word(self.at)),
                );
            }
            return Some(report);
        }
        if let Some(arrow) = self.arrow_here() {
            return Some(self.lambda_with_arrow(arrow));
        }
        let calls = self.called_word();
        if matches!(found, Kind::MapOpen | Kind::BlockOpen | Kind::Ident | Kind::Comma)
            && let Some(open) = calls
        {
            return Some(self.lambda_with_word(open));
        }
        if matches!(found, Kind::Pipe | Kind::LambdaOpen | Kind::EmptyParams)
            && self.prev() == Some(Kind::MapOpen)
            && self.wants(Want::Key)
        {
            return Some(self.foreign(
                self.at - 1,
                "a lambda does not stand in braces",
                "write `|x| x + 1` or `|x| { … }`",
            ));
        }
        None
    }

    /// The arrow of a lambda of another language whose parameters or arrow were the mistake.
    fn arrow_here(&self) -> Option<usize> {
        let arrow = |index: usize| matches!(self.kind(index), Some(Kind::Arrow | Kind::ThinArrow));
        let ends = self.wants(Want::End)
            || self.wants(Want::Comma)
            || self.wants(Want::RParen)
            || self.wants(Want::AsyncTail);
        if arrow(self.at) {
            let params = matches!(self.prev(), Some(Kind::Ident | Kind::RParen));
            return (ends && params).then_some(self.at);
        }
        if self.found() == Some(Kind::Ident) && self.wants(Want::AsyncTail) && arrow(self.at + 1) {
            return Some(self.at + 1);
        }
        let inside = self.found() == Some(Kind::Comma)
            || self.found() == Some(Kind::RParen) && self.prev() == Some(Kind::LParen)
            || matches!(self.found(), Some(Kind::Ellipsis | Kind::Assign | Kind::Colon));
        let opens = self.wants(Want::AsyncTail) && self.found() == Some(Kind::LParen);
        if !(inside || opens) {
            return None;
        }
        let mut depth = if opens { -1i32 } else { 0 };
        for index in self.at.. {
            match self.kind(index) {
                Some(Kind::LParen) => depth += 1,
                Some(Kind::RParen) if depth == 0 => return arrow(index + 1).then_some(index + 1),
                Some(Kind::RParen) => depth -= 1,
                None | Some(Kind::Newline | Kind::BlockOpen) => return None,
                _ => {}
            }
        }
        None
    }

    fn lambda_with_arrow(&self, arrow: usize) -> Diagnostic {
        let message = "a lambda is written with bars";
        let report = self.ctx.report(Code::FOREIGN_STATEMENT, message, arrow, "not Co");
        let last = arrow - 1;
        let first = match self.kind(last) {
            Some(Kind::RParen) => self.opening(last),
            _ => Some(last),
        };
        let Some(first) = first else { return report.help("write `|x| x + 1`, `|a, b| a + b`, `|| f()`") };
        let names = if first == last {
            self.ctx.text.get(self.span(first).range())
        } else {
            self.ctx.text.get(self.span(first).end as usize..self.span(last).start as usize)
        };
        let names = names.unwrap_or("").trim();
        let typed = (first..last).any(|index| matches!(self.kind(index), Some(Kind::Colon | Kind::Semi)));
        // `{ x -> x }` stands in braces.
        let braced = first > 0 && self.kind(first - 1) == Some(Kind::MapOpen);
        if typed
            || braced
            || self.kind(arrow + 1).is_none_or(|kind| !kind.starts_expr() && kind != Kind::BlockOpen)
        {
            return report.help("write `|x| x + 1`, `|a, b| a + b`, `|| f()`");
        }
        let edit = Edit {
            location: Location { source: self.ctx.source, span: self.span(first).to(self.span(arrow)) },
            text: format!("|{names}|{}", if self.glued(arrow + 1) { " " } else { "" }),
        };
        report.fix(format!("write `|{names}|`"), vec![edit])
    }

    /// The `(` that a `)` closes.
    fn opening(&self, close: usize) -> Option<usize> {
        let mut depth = 0u32;
        for index in (self.failure.start..=close).rev() {
            match self.kind(index) {
                Some(Kind::RParen) => depth += 1,
                Some(Kind::LParen) if depth == 1 => return Some(index),
                Some(Kind::LParen) => depth -= 1,
                _ => {}
            }
        }
        None
    }

    /// The `(` behind `function` of which the mistake is the body or a parameter.
    fn called_word(&self) -> Option<usize> {
        let mut depth = 0u32;
        for index in (self.failure.start + 1..self.at).rev() {
            match self.kind(index) {
                Some(Kind::RParen) => depth += 1,
                Some(Kind::LParen) => {
                    let word = matches!(self.slice(index - 1), "function" | "func" | "fun")
                        && index - 1 > self.failure.start;
                    if depth <= 1 && word {
                        return Some(index);
                    }
                    depth = depth.checked_sub(1)?;
                }
                Some(Kind::BlockOpen | Kind::MapOpen) => return None,
                _ => {}
            }
        }
        None
    }

    /// `function (x) { … }` with the index of its `(`.
    fn lambda_with_word(&self, open: usize) -> Diagnostic {
        let report =
            self.ctx.report(Code::FOREIGN_STATEMENT, "a function as a value is a lambda", open - 1, "not Co");
        if open >= 2 && self.kind(open - 2) == Some(Kind::Defer) {
            return report.help("write `defer { … }`");
        }
        match self.bars(open - 1, open) {
            Some((title, edits)) => report.fix(title, edits),
            None => report.help("write `|x| x + 1` or `|x| { … }`"),
        }
    }

    /// From the word and its parameters to bars.
    fn bars(&self, word: usize, open: usize) -> Option<(String, Vec<Edit>)> {
        let mut depth = 0u32;
        let close = (open..).take_while(|index| self.kind(*index).is_some()).find(|index| {
            match self.kind(*index) {
                Some(Kind::LParen) => depth += 1,
                Some(Kind::RParen) => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        let names = self.ctx.text.get(self.span(open).end as usize..self.span(close).start as usize)?.trim();
        let plain = (open + 1..close)
            .all(|index| matches!(self.kind(index), Some(Kind::Ident | Kind::Comma | Kind::Ellipsis)));
        if !plain || self.kind(close + 1).is_none_or(|kind| !kind.starts_expr() && kind != Kind::BlockOpen) {
            return None;
        }
        let span = Span::new(self.span(word).start, self.span(close).end);
        Some((format!("write `|{names}|`"), self.replace(span, &format!("|{names}|"))))
    }

    pub(super) fn nameless_fn(&self) -> Diagnostic {
        let message = "`fn` needs a name and is a statement";
        let report = self.ctx.report(Code::FN_NAME, message, self.at, "not a value");
        let lambda =
            (self.kind(self.at + 1) == Some(Kind::LParen)).then(|| self.bars(self.at, self.at + 1)).flatten();
        match lambda {
            Some((title, edits)) => report.note("a function as a value is a lambda").fix(title, edits),
            None => report.help("a function as a value is a lambda: `|x| x * 2` or `|x| { … }`"),
        }
    }
}
