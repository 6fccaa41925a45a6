//! Brackets that do not match, mended.
//!
//! The parser gets only balanced brackets. A closing bracket that matches nothing is left out; one that is missing is
//! added with an empty span. Where it is missing is guessed from what cannot be right in any program, so a
//! program without mistakes is never touched:
//!
//! 1. a closing bracket of another kind;
//! 2. inside `(`, `[` or a map, a line that starts with a word that only starts statements;
//! 3. inside `(`, `[` or a map, an operand right behind an operand, on a line that is not indented further;
//! 4. a `{` behind an operand at the end of a line, where no pattern is read: the block of a broken head;
//! 5. inside `(`, `[` or a map, a `;` at the end of its line;
//! 6. the end of the text.
//!
//! A string that is not closed on its line took closing brackets in; those are forgiven.
//!
//! If braces of blocks do not balance, the text is read a second time with `by_indent`: then the indentation of a
//! `}`, an item or a statement decides which block it belongs to. Right programs are never read so, whatever their
//! indentation.

use crate::{
    source::Span,
    token::{BlockKind, Kind},
};

use super::{
    LexErrorKind, Lexer,
    brackets::{Frame, FrameKind},
    starts_with_word,
};

impl Lexer<'_> {
    /// Rules 2 and 3, and items by their indentation.
    pub(super) fn repair_at_line_start(&mut self, kind: Kind, span: Span) {
        let before = *self.top();
        if self.by_indent && self.starts_item(kind) {
            while self.top().kind != FrameKind::Interp && self.item_is_outside() {
                self.pending_newline = None;
                self.close_missing(span);
            }
        }
        // The lines of a block are indented further than its head.
        let closing = matches!(kind, Kind::RBrace | Kind::RParen | Kind::RBracket);
        if self.by_indent && !closing && self.pending_newline.is_some() {
            while self.top().kind.is_block() && self.top().indent >= self.indent {
                self.pending_newline = None;
                self.close_missing(span);
            }
        }
        let round = self.top().kind.is_round();
        if round && self.only_starts_statement(kind) {
            while self.top().kind.is_round() {
                self.close_missing(span);
            }
        } else if round && self.prev.ends_operand() && starts_operand_only(kind) {
            while self.top().kind.is_round() && self.top().indent >= self.indent {
                self.close_missing(span);
            }
        }
        let closed = self.frames.len() == 1 || self.top().kind.counts_newlines();
        if closed && !before.kind.counts_newlines() && self.prev.ends_statement() {
            self.emit_newline(span.before());
        } else if self.by_indent && self.prev == Kind::BlockClose && self.pending_newline.is_none() {
            let ended = self.out.spans.last().is_some_and(|last| last.start == last.end);
            if ended && self.top().kind.counts_newlines() {
                self.emit_newline(span.before());
            }
        }
    }

    /// Rule 5.
    pub(super) fn repair_at_semicolon(&mut self, span: Span) {
        let line = self.rest().split('\n').next().unwrap_or("").trim_start();
        if self.top().kind.is_round() && (line.is_empty() || line.starts_with('#')) {
            while self.top().kind.is_round() {
                self.close_missing(span);
            }
        }
    }

    fn starts_item(&self, kind: Kind) -> bool {
        let name = matches!(self.prev, Kind::Dot | Kind::QDot) || self.followed_by_colon();
        match kind {
            Kind::Fn | Kind::Struct | Kind::Import => !name,
            Kind::Test => self.followed_by_quote(),
            Kind::Async => starts_with_word(self.rest().trim_start(), "fn"),
            _ => false,
        }
    }

    /// Some open block is not indented less than the item that starts here.
    fn item_is_outside(&self) -> bool {
        let blocks = self.frames.iter().rev().take_while(|frame| frame.kind != FrameKind::Interp);
        blocks.filter(|frame| frame.kind.is_block()).any(|frame| frame.indent >= self.indent)
    }

    fn only_starts_statement(&self, kind: Kind) -> bool {
        use Kind::*;
        if matches!(self.prev, Dot | QDot) || self.followed_by_colon() {
            return false;
        }
        match kind {
            Let | Var | Struct | Import | Defer | While | For => true,
            Fn => self.prev != Async,
            Test => self.followed_by_quote(),
            Async => starts_with_word(self.rest().trim_start(), "fn"),
            _ => false,
        }
    }

    fn followed_by_colon(&self) -> bool {
        self.rest().trim_start().starts_with(':')
    }

    fn followed_by_quote(&self) -> bool {
        self.rest().trim_start().starts_with(['"', '\''])
    }

    pub(super) fn matching_by_indent(&mut self, span: Span) -> Option<usize> {
        let interp =
            self.frames.iter().rposition(|frame| frame.kind == FrameKind::Interp).map_or(1, |index| index);
        let brace = |frame: &Frame| frame.kind.closed_by(Kind::RBrace);
        let innermost = self.frames[interp..].iter().rposition(brace).map(|index| index + interp);
        let aligned = self.frames[interp..]
            .iter()
            .rposition(|frame| brace(frame) && frame.indent == self.indent)
            .map(|index| index + interp);
        if aligned.is_some() {
            self.braces_aligned += 1;
            return aligned;
        }
        self.braces_odd += 1;
        // Nothing is indented like this brace: deeper than the block it would close, it is one too many.
        let surplus = innermost.is_none_or(|index| self.frames[index].indent < self.indent);
        if surplus {
            self.braces_wrong += 1;
            self.report(LexErrorKind::StrayClosing, span, None);
            return None;
        }
        innermost
    }

    /// A `{` that ends its line behind an operand opens a map in patterns only. Elsewhere it is the block of a head that
    /// was not recognised, such as `def f(x) {` or `fn f(x {`; its statements can still be read.
    pub(super) fn block_of_broken_head(&mut self) -> Option<BlockKind> {
        let opened = matches!(self.prev, Kind::LParen | Kind::LBracket | Kind::Comma);
        if self.is_bare_block() || self.is_typed_lambda() {
            return Some(BlockKind::Statements);
        }
        if !(self.prev.ends_operand() || self.by_indent && opened) || !self.line_ends_like_a_block() {
            return None;
        }
        let outer = self.frames.iter().rposition(|frame| !frame.kind.is_round())?;
        let frame = self.frames[outer];
        let head = self.heads.last().copied().filter(|head| head.depth == outer + 1);
        let arm_pattern =
            matches!(frame.kind, FrameKind::MatchArms | FrameKind::SelectArms) && frame.guard_due;
        let pattern = frame.pattern || arm_pattern || head.is_some_and(|head| !head.ready);
        if pattern || !frame.kind.counts_newlines() || self.frames[outer..].iter().any(|frame| frame.lambda) {
            return None;
        }
        if outer + 1 == self.frames.len() {
            return Some(BlockKind::Statements);
        }
        let head = head?;
        let here = self.raw_span();
        while self.frames.len() > outer + 1 {
            self.close_missing(here);
        }
        self.heads.pop();
        Some(head.kind.block())
    }

    /// A `{` on a line of its own where a statement is due, and no entry of a map behind it.
    fn is_bare_block(&self) -> bool {
        let statement = matches!(self.prev, Kind::Newline | Kind::Semi | Kind::BlockOpen)
            && matches!(self.top().kind, FrameKind::File | FrameKind::Statements);
        if !statement || !self.first_on_line || !self.line_ends_like_a_block() {
            return false;
        }
        let next = self.rest().split_once('\n').map_or("", |(_, next)| next).trim_start();
        let word = next.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(next.len());
        let behind = next[word..].trim_start_matches([' ', '\t', '\r']);
        word > 0 && !behind.is_empty() && !behind.starts_with([',', '}', '\n', '#'])
    }

    /// `|x| -> int {`
    fn is_typed_lambda(&self) -> bool {
        let mut last = self.out.tokens.iter().rev().map(|token| token.kind);
        self.prev == Kind::Ident
            && last.nth(1) == Some(Kind::ThinArrow)
            && matches!(last.next(), Some(Kind::LambdaClose | Kind::EmptyParams))
    }

    /// Nothing follows on the line, and no entry of a map on the next.
    fn line_ends_like_a_block(&self) -> bool {
        let rest = self.rest().trim_start_matches([' ', '\t', '\r']);
        if !rest.starts_with(['\n', '#']) {
            return false;
        }
        let next = rest.split_once('\n').map_or("", |(_, next)| next).trim_start();
        let word = next.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(next.len());
        !(next[word..].trim_start().starts_with(':') || next.starts_with(['"', '\'', '}']))
    }

    /// Adds the closing bracket that the program forgot, behind the last token.
    pub(super) fn close_missing(&mut self, noticed: Span) {
        let frame = *self.top();
        if frame.kind.is_block() || frame.kind == FrameKind::Map {
            self.braces_wrong += 1;
        }
        // Several that end at one place are most likely one mistake; the outermost stands for all.
        let same = self.round_reported && frame.kind.is_round();
        match self.out.errors.last_mut().filter(|last| same && last.other == Some(noticed)) {
            Some(last) => last.span = frame.open,
            None if self.stopped => {}
            None => {
                self.report(LexErrorKind::Unclosed, frame.open, Some(noticed));
                self.round_reported = frame.kind.is_round();
            }
        }
        self.close_silently();
    }

    /// The brackets of a line that ends in an unclosed string: what was opened before it is closed as far as the
    /// string took the closing brackets in, and a block that it opens at its end is opened.
    pub(super) fn forgive_line(&mut self, end: u32) {
        let Some(start) = self.line_cut.take() else { return };
        let taken = self.slice(Span::new(start, end));
        let (mut opened, mut closed) = (0u32, 0u32);
        for byte in taken.bytes() {
            match byte {
                b'{' => opened += 1,
                b'}' if opened > 0 => opened -= 1,
                b'}' => closed += 1,
                _ => {}
            }
        }
        let block_follows = opened > 0 && taken.trim_end().ends_with('{');
        let head = self.heads.last().copied().filter(|head| head.ready);
        let least = if block_follows { head.map_or(self.frames.len(), |head| head.depth) } else { 1 };
        while self.frames.len() > least && self.top().open.start >= self.line_start {
            if self.top().kind.is_block() {
                if closed == 0 {
                    break;
                }
                closed -= 1;
            }
            if self.top().kind == FrameKind::Interp {
                break;
            }
            self.close_silently();
        }
        if block_follows {
            let head = self.pending_head();
            let (block, indent) =
                head.map_or((BlockKind::Statements, self.indent), |head| (head.kind.block(), head.indent));
            if head.is_some() {
                self.heads.pop();
            }
            self.open_block(block, Span::new(end, end), indent);
        }
    }
}

/// Tokens that start an operand and can never continue one.
fn starts_operand_only(kind: Kind) -> bool {
    use Kind::*;
    matches!(
        kind,
        Ident
            | RawNumber
            | Quote
            | TripleQuote
            | RawQuote
            | TripleRawQuote
            | BytesQuote
            | Nil
            | True
            | False
            | Await
            | Spawn
            | Async
            | If
            | Match
            | Try
            | Scope
            | Select
            | Throw
            | Return
            | Break
            | Continue
            | Yield
    )
}
