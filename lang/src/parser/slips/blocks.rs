//! Blocks with colons, without braces, or without anything, and parts of a construct that stand alone.

use crate::{
    diagnostic::{Code, Diagnostic},
    source::Span,
    token::Kind,
};

use super::{
    super::error::Want,
    Slip,
    indented::{Indented, Opener},
};

impl Slip<'_, '_> {
    /// Blocks with colons, without braces, or without anything.
    pub(super) fn block(&self) -> Option<Diagnostic> {
        let ctx = self.ctx;
        let colon = |index: usize| self.colon(index);
        if self.found() == Some(Kind::BlockOpen) && self.at == self.failure.start {
            return Some(self.foreign(
                self.at,
                "a block does not stand alone",
                "write its statements without braces, or `scope`, `if`, `fn` … before it",
            ));
        }
        if self.found() == Some(Kind::Colon) && (self.wants(Want::Block) || self.head_before_colon()) {
            return Some(colon(self.at));
        }
        if matches!(self.found(), Some(Kind::Else | Kind::Finally | Kind::Catch)) && self.wants(Want::End) {
            if self.next() == Some(Kind::Colon) {
                return Some(colon(self.at + 1));
            }
            let word = self.found().map_or("", Kind::text);
            let partner = if word == "else" { "`if` with a block" } else { "`try` with a block" };
            let message = format!("this `{word}` has no `{}`", if word == "else" { "if" } else { "try" });
            return Some(ctx.report(
                Code::UNEXPECTED,
                message,
                self.at,
                format!("expected an {partner} before it").replace("an `try`", "a `try`"),
            ));
        }
        if matches!(self.found(), Some(Kind::Else | Kind::Finally | Kind::Catch))
            && self.wants(Want::Expression)
        {
            let word = self.found().map_or("", Kind::text);
            let partner = if word == "else" { "if" } else { "try" };
            return Some(ctx.report(
                Code::UNEXPECTED,
                format!("this `{word}` has no `{partner}`"),
                self.at,
                "stands alone",
            ));
        }
        if !self.wants(Want::Block) {
            return None;
        }
        match self.found() {
            Some(Kind::Arrow) if self.first() == Some(Kind::Fn) => Some(self.fn_body()),
            Some(Kind::LParen) if self.prev() == Some(Kind::Catch) => {
                let report = self.foreign(
                    self.at,
                    "`catch` takes a name without parentheses",
                    "write `catch e { … }`",
                );
                let name = self.kind(self.at + 1) == Some(Kind::Ident)
                    && self.kind(self.at + 2) == Some(Kind::RParen);
                Some(if name {
                    let whole = self.span(self.at).to(self.span(self.at + 2));
                    super::words::without_help(report)
                        .fix("leave the parentheses out", self.replace(whole, self.slice(self.at + 1)))
                } else {
                    report
                })
            }
            Some(Kind::Lt) if matches!(self.first(), Some(Kind::Struct | Kind::Async | Kind::Fn)) => {
                Some(self.type_parameters())
            }
            Some(Kind::LParen) if self.first() == Some(Kind::Struct) => Some(self.foreign(
                self.at,
                "the fields of a `struct` stand in braces",
                "write `struct Point { x, y }`",
            )),
            None | Some(Kind::Newline | Kind::Semi)
                if self.first() == Some(Kind::Struct) && self.at == self.failure.start + 2 =>
            {
                let report = ctx.report(Code::BLOCK_EXPECTED, "a block is missing", self.at, "expected `{`");
                Some(report.fix("write an empty block", self.replace(self.span(self.at - 1).after(), " { }")))
            }
            None | Some(Kind::Newline | Kind::Semi | Kind::BlockClose | Kind::RParen | Kind::Comma) => {
                Some(ctx.report(Code::BLOCK_EXPECTED, "a block is missing", self.at, "expected `{`"))
            }
            Some(Kind::Ident)
                if matches!(self.first(), Some(Kind::Fn | Kind::Async))
                    && matches!(self.next(), Some(Kind::BlockOpen))
                    && super::placement::is_type(self.slice(self.at)) =>
            {
                let message = "functions declare no result type";
                let report = ctx.report(Code::FOREIGN_OPERATOR, message, self.at, "not needed");
                Some(report.fix("leave the type out", self.cut_word(self.at)))
            }
            Some(found) if found.starts_expr() && self.prev().is_some_and(Kind::ends_operand) => {
                Some(self.bare_body("the block of a head stands in braces"))
            }
            Some(found) if found.starts_expr() || found == Kind::Let || found == Kind::Var => {
                Some(self.bare_body("a block stands in braces"))
            }
            _ => None,
        }
    }

    /// `if x:`, with the lines of its block.
    fn colon(&self, index: usize) -> Diagnostic {
        let message = "a block stands in braces, not behind a colon";
        let report = self.ctx.report(Code::COLON_BLOCK, message, index, "expected `{`");
        if self.first() == Some(Kind::Struct)
            && index == self.failure.start + 2
            && self.kind(index + 1) == Some(Kind::Ident)
        {
            return self.foreign(index, "there is no inheritance", "keep the other value in a field");
        }
        let indented = self.indented(self.span(index), Opener::Colon);
        // The lines of a `match` are written in another way, too.
        if indented.is_certain && self.first() != Some(Kind::Match) {
            return report.fix("write the block in braces", indented.edits);
        }
        report.help("write `{` here and `}` behind the last line of the block")
    }

    /// The construct of which a message tells the first part only.
    pub(super) fn as_lines(&self, told: &Diagnostic) -> Option<(Indented, bool)> {
        let place = told.primary().span;
        if told.code == Code::COLON_BLOCK {
            return Some((self.indented(place, Opener::Colon), true));
        }
        if told.code != Code::FOREIGN_STATEMENT {
            return None;
        }
        match self.ctx.text.get(place.range())? {
            "then" | "do" => Some((self.indented(place, Opener::Word), false)),
            "function" | "local" => Some((self.indented(self.ends_head()?, Opener::Word), false)),
            "begin" => Some((self.indented(place, Opener::Word), false)),
            _ => None,
        }
    }

    /// The block of a construct that Co has not, of which nothing can be read.
    pub(super) fn foreign_body(&self) -> Option<Span> {
        let start = self.failure.start;
        let word = self.slice(start);
        let hidden = matches!(
            word,
            "type"
                | "enum"
                | "trait"
                | "interface"
                | "import"
                | "use"
                | "namespace"
                | "public"
                | "void"
                | "int"
        );
        let goes_on = self.starts_case(start)
            && self.kind(self.statement_end(start).saturating_sub(1)) == Some(Kind::Colon);
        if goes_on {
            // The lines of the arm are no arms, up to the `}` of all.
            let mut depth = 0u32;
            let end = (start..).find(|index| match self.kind(*index) {
                Some(Kind::BlockOpen | Kind::MapOpen) => {
                    depth += 1;
                    false
                }
                Some(Kind::BlockClose | Kind::MapClose) => {
                    depth = depth.wrapping_sub(1);
                    depth == u32::MAX
                }
                None => true,
                _ => false,
            })?;
            return Some(self.span(start).to(self.span(end)));
        }
        hidden.then(|| self.span(start).to(self.span(self.block_end(start).saturating_sub(1))))
    }

    /// `fn f<T>(x)`, `struct P<T> { … }`.
    pub(super) fn type_parameters(&self) -> Diagnostic {
        let close = (self.at..self.at + 40).find(|index| self.kind(*index) == Some(Kind::Gt));
        let message = "there are no type parameters";
        let report = |span: Span| {
            Diagnostic::new(Code::FOREIGN_STATEMENT, message, self.ctx.source, span, "not needed")
        };
        match close {
            Some(close) => {
                let span = self.span(self.at).to(self.span(close));
                report(span).fix("leave them out", self.replace(span, ""))
            }
            None => report(self.span(self.at)),
        }
    }

    /// `if x return 1`: the body without braces.
    fn bare_body(&self, message: &str) -> Diagnostic {
        let report = self.ctx.report(Code::BLOCK_EXPECTED, message, self.at, "expected `{` before this");
        let head = matches!(self.first(), Some(Kind::If | Kind::While | Kind::For));
        let end = self.statement_end(self.at);
        let other_block =
            (self.at..end).any(|index| matches!(self.kind(index), Some(Kind::BlockOpen | Kind::Else)));
        let starts = self.found().is_some_and(|found| found.is_keyword())
            || matches!(self.next(), Some(Kind::LParen | Kind::Dot))
            || self.next().is_some_and(super::is_assign);
        if !head || other_block || !starts || self.kind(end) == Some(Kind::Semi) {
            return report;
        }
        let mut edits = self.replace(self.span(self.at).before(), "{ ");
        edits.extend(self.replace(self.span(end - 1).after(), " }"));
        report.fix("write the block in braces", edits)
    }

    /// `else:`, `try:`, `elif x:`, `class A:`, `def f():`.
    fn head_before_colon(&self) -> bool {
        let ends_line = matches!(self.next(), None | Some(Kind::Newline));
        let head = matches!(
            self.first(),
            Some(
                Kind::If
                    | Kind::While
                    | Kind::For
                    | Kind::Try
                    | Kind::Match
                    | Kind::Fn
                    | Kind::Struct
                    | Kind::Test
            )
        );
        head && (ends_line || self.wants(Want::In))
            || matches!(self.prev(), Some(Kind::Else | Kind::Try | Kind::Finally))
    }

    pub(super) fn fn_body(&self) -> Diagnostic {
        self.ctx
            .report(Code::BLOCK_EXPECTED, "the body of a `fn` is a block", self.at, "expected `{`")
            .help("write `fn name(x) { x * 2 }`")
    }
}
