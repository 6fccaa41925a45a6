//! `for` and other loops as other languages write their heads.

use crate::{
    diagnostic::{Code, Diagnostic, Edit},
    source::{Location, Span},
    token::Kind,
};

use super::{super::error::Want, Slip};

impl Slip<'_, '_> {
    /// The head of a `for` that is none.
    pub(super) fn for_head(&self) -> Option<Diagnostic> {
        let start = self.failure.start;
        if self.first() != Some(Kind::For) {
            return None;
        }
        let awaits = self.kind(start + 1) == Some(Kind::Await);
        let head = start + 1 + awaits as usize;
        let endless = matches!(self.kind(head), Some(Kind::MapOpen | Kind::BlockOpen))
            && !awaits
            && !(head..self.statement_end(start)).any(|index| self.kind(index) == Some(Kind::In));
        if endless {
            let report = self.ctx.report(
                Code::FOREIGN_STATEMENT,
                "a loop without an end is written with `while`",
                start,
                "not Co",
            );
            return Some(report.fix("write `while true`", self.replace(self.span(start), "while true")));
        }
        // Where the head ends, the mistake is one of the block.
        let block = self.head_end(head);
        if self.at >= block && !(self.at == head && self.wants(Want::Pattern)) {
            return None;
        }
        let semis = (head..block).filter(|index| self.kind(*index) == Some(Kind::Semi)).count();
        if semis > 0 {
            return Some(self.counting_loop(head, block));
        }
        if let Some(assign) = (head..block).find(|index| self.kind(*index) == Some(Kind::Assign))
            && self.at <= assign
        {
            return Some(self.assigning_head(head, assign, block));
        }
        if self.kind(head) == Some(Kind::LParen) {
            return self.parentheses(head, block);
        }
        self.of_for_in(head)
    }

    /// The index of the `{`, `:` or newline behind the head, or of the word that stands there instead.
    fn head_end(&self, head: usize) -> usize {
        let mut depth = 0u32;
        for index in head.. {
            match self.kind(index) {
                None | Some(Kind::Newline | Kind::BlockOpen | Kind::BlockClose) => return index,
                Some(Kind::MapOpen) if depth == 0 && index > head => return index,
                Some(Kind::LParen | Kind::LBracket | Kind::MapOpen | Kind::QBracket) => depth += 1,
                Some(Kind::RParen | Kind::RBracket | Kind::MapClose) => depth = depth.saturating_sub(1),
                Some(Kind::Ident) if depth == 0 && self.slice(index) == "do" => return index,
                _ => {}
            }
        }
        head
    }

    /// `for (let x of xs)`, `for (x in xs)`, `for (k, v) in m`.
    fn parentheses(&self, open: usize, block: usize) -> Option<Diagnostic> {
        let close = (open..block).rev().find(|index| self.kind(*index) == Some(Kind::RParen))?;
        let mut edits = vec![self.remove(self.span(open))];
        let mut first = open + 1;
        let declares = matches!(self.kind(first), Some(Kind::Let | Kind::Var))
            || matches!(self.slice(first), "const" | "auto" | "final");
        if declares {
            edits.push(self.remove(Span::new(self.span(first).start, self.span(first + 1).start)));
            first += 1;
        }
        let between = |index: &usize| self.kind(*index) == Some(Kind::In) || self.slice(*index) == "of";
        let word = (first..block).find(between)?;
        // `for (k, v) in m`
        let names_alone = word > close || (open..word).any(|index| self.kind(index) == Some(Kind::RParen));
        let close = if names_alone {
            (open..word).rev().find(|index| self.kind(*index) == Some(Kind::RParen))?
        } else {
            close
        };
        edits.push(self.remove(self.span(close)));
        if self.kind(word) != Some(Kind::In) {
            edits.extend(self.replace(self.span(word), "in"));
        }
        let is_awaited = self.kind(open - 1) == Some(Kind::Await);
        let form = match (names_alone, is_awaited) {
            (true, _) => "for k, v in items { … }",
            (_, true) => "for await x in source { … }",
            (_, false) => "for x in xs { … }",
        };
        let message = if names_alone {
            "the names of a `for` stand without parentheses"
        } else if declares {
            "a `for` needs no parentheses, and its names no `let`"
        } else {
            "a `for` needs no parentheses"
        };
        let place = self.span(open);
        let diagnostic =
            Diagnostic::new(Code::FOREIGN_STATEMENT, message, self.ctx.source, place, "not needed").label(
                self.ctx.source,
                self.span(close),
                "nor this",
            );
        Some(diagnostic.fix(format!("write `{form}`"), edits))
    }

    /// `for x of xs`.
    fn of_for_in(&self, head: usize) -> Option<Diagnostic> {
        if self.slice(self.at) != "of" || !self.wants(Want::In) || self.at == head {
            return None;
        }
        let diagnostic = self
            .ctx
            .report(Code::FOREIGN_STATEMENT, "`of` is written `in` in Co", self.at, "not Co")
            .fix("write `in`", self.replace(self.span(self.at), "in"));
        Some(diagnostic)
    }

    /// `for i := range 10`, `for i, x := range xs`, `for i = 1, 10 do`.
    fn assigning_head(&self, head: usize, assign: usize, block: usize) -> Diagnostic {
        let message = "a `for` walks something";
        let place = self.span(self.failure.start).to(self.span(block.max(head + 1) - 1));
        let report = Diagnostic::new(Code::FOREIGN_STATEMENT, message, self.ctx.source, place, "not Co");
        if self.slice(assign + 1) == "range" {
            let pair = (head..assign).any(|index| self.kind(index) == Some(Kind::Comma));
            let counts = !pair && self.kind(assign + 2) == Some(Kind::Int);
            return report.help(match (pair, counts) {
                (true, _) if self.slice(head) == "_" => "write `for x in xs { … }`",
                (true, _) => "write `for i, x in xs.enumerate() { … }`, or `for k, v in m { … }` for a map",
                (_, true) => "write `for i in 0..10 { … }`",
                (..) => "write `for i in 0..xs.len() { … }`, or `for x in xs { … }` for the values",
            });
        }
        report.help("write `for i in 1..=10 { … }`, whose end is included, or `for i in 0..10 { … }`")
    }

    /// `for (let i = 0; i < n; i++)`, with or without the parentheses.
    fn counting_loop(&self, head: usize, block: usize) -> Diagnostic {
        // Up to the brace, as the lexer has taken a `++` out.
        let end =
            self.ctx.text.get(..self.span(block).start as usize).map_or(0, |before| before.trim_end().len());
        let place = Span::new(self.span(head).start, (end as u32).max(self.span(head).end));
        let message = "a `for` walks a range or another sequence, it does not count by itself";
        let diagnostic = Diagnostic::new(Code::FOREIGN_STATEMENT, message, self.ctx.source, place, "not Co");
        match self.counted_range(head, block) {
            Some(Counted { name, range, is_certain }) => {
                let written = format!("{name} in {range}");
                let edits = self.replace(place, &written);
                let title = format!("write `for {written}`");
                if is_certain { diagnostic.fix(title, edits) } else { diagnostic.suggest(title, edits) }
            }
            None => diagnostic.help(
                "write `for i in 0..n { … }`, `for i in (0..n).step(2) { … }`, `for i in (0..n).rev() { … }`, or a `while`",
            ),
        }
    }

    /// What a counting loop counts: `[let] i = a; i < b; i++`.
    fn counted_range(&self, head: usize, block: usize) -> Option<Counted> {
        let text = |from: usize, to: usize| {
            (to > from).then(|| self.ctx.text.get(self.span(from).to(self.span(to - 1)).range())).flatten()
        };
        let mut first = head;
        let mut end = block;
        if self.kind(first) == Some(Kind::LParen) {
            first += 1;
            end = (first..block).rev().find(|index| self.kind(*index) == Some(Kind::RParen))?;
        }
        if matches!(self.kind(first), Some(Kind::Let | Kind::Var))
            || self.kind(first + 1) == Some(Kind::Ident)
        {
            first += 1;
        }
        let mut semis = (first..end).filter(|index| self.kind(*index) == Some(Kind::Semi));
        let (one, two) = (semis.next()?, semis.next()?);
        if semis.next().is_some() || self.kind(first) != Some(Kind::Ident) {
            return None;
        }
        let name = self.slice(first);
        let assign = first + 1 + (self.kind(first + 1) == Some(Kind::Colon)) as usize;
        let names_it = self.slice(one + 1) == name && self.kind(assign) == Some(Kind::Assign);
        let inclusive = match self.kind(one + 2)? {
            Kind::Lt | Kind::Ne => "",
            Kind::Le => "=",
            _ => return None,
        };
        let (start, stop) = (text(assign + 1, one)?, text(one + 3, two)?);
        // The lexer has taken `++` out; what is left is the name alone.
        let step = match (end - two, self.kind(two + 2)) {
            (2, _) if self.slice(two + 1) == name && self.counts_up(two + 1) => None,
            (4, Some(Kind::AddAssign)) if self.slice(two + 1) == name => Some(text(two + 3, end)?),
            _ => return None,
        };
        if !names_it {
            return None;
        }
        let atom = |from: usize, to: usize| {
            to == from + 1 && matches!(self.kind(from), Some(Kind::Int | Kind::Ident))
        };
        // A body that changes the variable or the bound needs a `while`.
        let changes = |index: usize| {
            let word = self.slice(index);
            (word == name || word == stop) && self.kind(index + 1).is_some_and(super::is_assign)
        };
        let body_end = self.block_end(block);
        let is_certain = atom(assign + 1, one)
            && atom(one + 3, two)
            && self.kind(one + 2) != Some(Kind::Ne)
            && !(block..body_end).any(changes);
        let range = match step {
            None | Some("1") => format!("{start}..{inclusive}{stop}"),
            Some(step) => format!("({start}..{inclusive}{stop}).step({step})"),
        };
        Some(Counted { name: name.into(), range, is_certain })
    }

    /// `i++` or `++i`, of which only the name is left.
    fn counts_up(&self, index: usize) -> bool {
        let span = self.span(index);
        let text = self.ctx.text;
        text.get(span.end as usize..).is_some_and(|rest| rest.trim_start().starts_with("++"))
            || text.get(..span.start as usize).is_some_and(|before| before.trim_end().ends_with("++"))
    }

    /// The index behind the block that begins at a token.
    pub(super) fn block_end(&self, open: usize) -> usize {
        let mut depth = 0u32;
        for index in open.. {
            match self.kind(index) {
                None => return index,
                Some(Kind::BlockOpen | Kind::MapOpen) => depth += 1,
                Some(Kind::BlockClose | Kind::MapClose) if depth <= 1 => return index + 1,
                Some(Kind::BlockClose | Kind::MapClose) => depth -= 1,
                Some(Kind::Newline | Kind::Semi) if depth == 0 => return index,
                _ => {}
            }
        }
        open
    }

    fn remove(&self, span: Span) -> Edit {
        Edit { location: Location { source: self.ctx.source, span }, text: String::new() }
    }

    /// The part of a broken `for` head in which other mistakes follow from it.
    pub(super) fn head_span(&self) -> Option<Span> {
        let start = self.failure.start;
        let head = start + 1;
        let block = self.head_end(head);
        (matches!(self.first(), Some(Kind::For | Kind::If | Kind::While)) && block > head)
            .then(|| Span::new(self.span(start).start, self.span(block).start))
    }

    /// `if x := f(); x { … }`, `if x := f() { … }`.
    pub(super) fn if_head(&self) -> Option<Diagnostic> {
        let start = self.failure.start;
        if !matches!(self.first(), Some(Kind::If | Kind::While)) {
            return None;
        }
        let block = self.head_end(start + 1);
        if self.at > block {
            return None;
        }
        let semi = (start..block).any(|index| self.kind(index) == Some(Kind::Semi));
        let declares = self.found() == Some(Kind::Colon) && self.next() == Some(Kind::Assign);
        if !(declares || semi && self.found() == Some(Kind::Assign)) {
            return None;
        }
        let message = format!("the head of `{}` declares nothing", self.slice(start));
        Some(self.foreign(self.at, &message, "declare the variable in a statement before: `let x = f()`"))
    }

    /// Where a label that was reported with its loop is used.
    pub(super) fn label_uses(&self) -> Vec<u32> {
        let start = self.failure.start;
        let label = self.kind(start) == Some(Kind::Ident)
            && self.found() == Some(Kind::Colon)
            && self.at == start + 1;
        if !label
            || !matches!(self.next(), Some(Kind::For | Kind::While)) && self.slice(self.at + 1) != "loop"
        {
            return Vec::new();
        }
        let name = self.slice(start);
        let jump = |index: &usize| {
            matches!(self.kind(*index), Some(Kind::Break | Kind::Continue)) && self.slice(*index + 1) == name
        };
        let end = self.block_end(start);
        (self.at..end).filter(jump).map(|index| self.span(index + 1).start).collect()
    }
}

struct Counted {
    name: String,
    range: String,
    is_certain: bool,
}
