//! `switch` and `case`, and arms that are not written with `=>`.

use crate::{
    diagnostic::{Code, Diagnostic, Edit},
    source::Location,
    token::Kind,
};

use super::{super::error::Want, Slip};

impl Slip<'_, '_> {
    /// `case 1: …`, `default: …`, `1: …` and `1 -> …` where an arm is due.
    pub(super) fn arm(&self) -> Option<Diagnostic> {
        let start = self.failure.start;
        let word = self.slice(start);
        if self.starts_case(start) && self.at > start {
            let is_default = word == "default";
            let message =
                if is_default { "the arm for everything else is `_ => …`" } else { "an arm has no `case`" };
            let report = self.ctx.report(Code::FOREIGN_STATEMENT, message, start, "not Co");
            return Some(report.help("write `pattern => …`, and `_ => …` for everything else"));
        }
        if !self.wants(Want::Arrow) {
            return None;
        }
        let found = self.found()?;
        if !matches!(found, Kind::Colon | Kind::ThinArrow) {
            return None;
        }
        let places = self.same_mistake(found);
        let message = format!("an arm is written with `=>`, not with `{}`", found.text());
        let mut report = Diagnostic::new(
            Code::FOREIGN_OPERATOR,
            message,
            self.ctx.source,
            self.span(self.at),
            "expected `=>`",
        );
        let mut edits = Vec::new();
        for (count, index) in places.into_iter().enumerate() {
            let span = self.span(index);
            if count > 0 {
                report = report.label(self.ctx.source, span, "and here");
            }
            let text = if index > 0 && self.glued(index) { " =>" } else { "=>" };
            edits.push(Edit { location: Location { source: self.ctx.source, span }, text: text.into() });
        }
        Some(report.fix("write `=>`", edits))
    }

    /// The signs that stand for `=>` in this arm and those behind it: the first of its kind at the depth of the arms on each line.
    fn same_mistake(&self, sign: Kind) -> Vec<usize> {
        let mut places = vec![self.at];
        let mut depth = 0u32;
        let mut open = false;
        for index in self.at + 1.. {
            match self.kind(index) {
                None => break,
                Some(
                    Kind::BlockOpen
                    | Kind::MapOpen
                    | Kind::LParen
                    | Kind::LBracket
                    | Kind::QBracket
                    | Kind::InterpOpen,
                ) => depth += 1,
                Some(
                    Kind::BlockClose | Kind::MapClose | Kind::RParen | Kind::RBracket | Kind::InterpClose,
                ) => {
                    let Some(outer) = depth.checked_sub(1) else { break };
                    depth = outer;
                }
                Some(Kind::Newline | Kind::Comma | Kind::Semi) if depth == 0 => open = true,
                Some(Kind::Arrow) if depth == 0 => open = false,
                Some(kind) if depth == 0 && open && kind == sign => {
                    places.push(index);
                    open = false;
                }
                _ => {}
            }
        }
        places
    }

    pub(super) fn starts_case(&self, index: usize) -> bool {
        self.kind(index) == Some(Kind::Ident)
            && (self.slice(index) == "case" && self.kind(index + 1) != Some(Kind::Arrow)
                || self.slice(index) == "default" && self.kind(index + 1) == Some(Kind::Colon))
    }

    /// Where other arms of the same `switch` or `match` begin that make the same mistake.
    pub(super) fn other_arms(&self) -> Vec<u32> {
        let start = self.failure.start;
        let mut places = Vec::new();
        let is_switch = self.slice(start) == "switch" || self.first() == Some(Kind::Match);
        if self.starts_case(start) || is_switch {
            let mut depth = 0i32;
            for index in start.. {
                match self.kind(index) {
                    None => break,
                    Some(Kind::BlockOpen | Kind::MapOpen) => depth += 1,
                    Some(Kind::BlockClose | Kind::MapClose) => {
                        depth -= 1;
                        if depth < 0 || is_switch && depth == 0 {
                            break;
                        }
                    }
                    _ if self.starts_case(index) => places.push(self.span(index).start),
                    _ => {}
                }
            }
        } else if self.wants(Want::Arrow) && matches!(self.found(), Some(Kind::Colon | Kind::ThinArrow)) {
            let spans = self.same_mistake(self.found().unwrap_or(Kind::Colon));
            places.extend(spans.into_iter().skip(1).map(|index| self.span(index).start));
        } else if self.wants(Want::Arrow) && self.found() == Some(Kind::Comma) {
            // The other alternatives look like arms.
            let arm = |index: &usize| !matches!(self.kind(*index), None | Some(Kind::Arrow | Kind::Newline));
            let commas = (self.at..).take_while(arm).filter(|index| self.kind(*index) == Some(Kind::Comma));
            places.extend(commas.flat_map(|comma| [comma, comma + 1]).map(|index| self.span(index).start));
        }
        places
    }

    /// `switch (x) {`, whose braces hold statements for the parser.
    pub(super) fn switch(&self) -> Option<Diagnostic> {
        let start = self.failure.start;
        if self.slice(start) != "switch"
            || self.at <= start
            || self.glued(start + 1) && self.kind(start + 1) != Some(Kind::LParen)
        {
            return None;
        }
        let opens = matches!(self.found(), Some(Kind::BlockOpen | Kind::MapOpen | Kind::Colon));
        (opens || self.at == start + 1).then(|| {
            self.foreign(
                start,
                "`switch` is not a word of Co",
                "write `match x { 1 => …, 2 | 3 => …, _ => … }`; an arm ends by itself",
            )
        })
    }
}
