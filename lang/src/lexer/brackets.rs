//! Brackets: what each `{` opens, and how the ones that do not match are mended.
//!
//! The parser gets only balanced brackets. A closing bracket that matches nothing is left out; one that is missing is
//! added with an empty span. Where it is missing is guessed from what cannot be right in any program, so a
//! program without mistakes is never touched:
//!
//! 1. a closing bracket of another kind;
//! 2. inside `(`, `[` or a map, a line that starts with a word that only starts statements;
//! 3. inside `(`, `[` or a map, an operand right behind an operand, on a line that is not indented further;
//! 4. the end of the text.
//!
//! If braces of blocks do not balance, the text is read a second time with `by_indent`: then the indentation of a
//! `}` or an item at the start of a line decides which block it belongs to.

use crate::{
    source::Span,
    token::{BlockKind, Kind},
};

use super::{LexErrorKind, Lexer, MAX_NESTING, starts_with_word};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    File,
    Paren,
    Square {
        index: bool,
    },
    Map,
    Statements,
    MatchArms,
    SelectArms,
    Members,
    /// `{…}` in a string.
    Interp,
}

impl FrameKind {
    pub fn counts_newlines(self) -> bool {
        self == FrameKind::File || self.is_block()
    }

    fn is_block(self) -> bool {
        use FrameKind::*;
        matches!(self, Statements | MatchArms | SelectArms | Members)
    }

    /// `(`, `[` or the `{` of a map.
    fn is_round(self) -> bool {
        matches!(self, FrameKind::Paren | FrameKind::Square { .. } | FrameKind::Map)
    }

    fn closing(self) -> (Kind, u32) {
        match self {
            FrameKind::Paren => (Kind::RParen, 0),
            FrameKind::Square { index } => (Kind::RBracket, index as u32),
            FrameKind::Map => (Kind::MapClose, 0),
            FrameKind::Interp => (Kind::InterpClose, 0),
            _ => (Kind::BlockClose, 0),
        }
    }

    fn closed_by(self, raw: Kind) -> bool {
        match self {
            FrameKind::File => false,
            FrameKind::Paren => raw == Kind::RParen,
            FrameKind::Square { .. } => raw == Kind::RBracket,
            _ => raw == Kind::RBrace,
        }
    }
}

/// An open bracket.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    pub kind: FrameKind,
    pub open: Span,
    /// Of the line where the statement's head or the bracket stands.
    pub indent: u32,
    /// The parameters of a lambda are open at this depth.
    pub lambda: bool,
    /// In the arms of a `match`: an `if` would be a guard.
    pub guard_due: bool,
    /// Between `let` or `var` and its `=`.
    pub pattern: bool,
}

pub const ROOT: Frame = Frame {
    kind: FrameKind::File,
    open: Span { start: 0, end: 0 },
    indent: 0,
    lambda: false,
    guard_due: false,
    pattern: false,
};

/// The head of something whose block has not begun yet.
#[derive(Debug, Clone, Copy)]
pub struct Head {
    pub kind: HeadKind,
    /// A `{` behind an operand is the block's: not before the `in` of a `for`.
    pub ready: bool,
    /// How many frames were open.
    pub depth: usize,
    pub indent: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadKind {
    /// `if`, `while`, `for`, `test`.
    Statements,
    /// `catch` before its guard.
    Catch,
    Fn,
    Match,
    Struct,
}

impl HeadKind {
    fn block(self) -> BlockKind {
        match self {
            HeadKind::Match => BlockKind::MatchArms,
            HeadKind::Struct => BlockKind::Members,
            _ => BlockKind::Statements,
        }
    }
}

impl Lexer<'_> {
    pub(super) fn top(&self) -> &Frame {
        self.frames.last().unwrap_or(&ROOT)
    }

    pub(super) fn top_mut(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(ROOT);
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    pub(super) fn open(&mut self, frame: FrameKind, kind: Kind, data: u32, span: Span) {
        self.open_indented(frame, kind, data, span, self.indent);
    }

    fn open_indented(&mut self, frame: FrameKind, kind: Kind, data: u32, span: Span, indent: u32) {
        if self.frames.len() > MAX_NESTING {
            self.report(LexErrorKind::TooDeep, span, None);
            self.stopped = true;
            return;
        }
        self.emit(kind, data, span);
        self.frames.push(Frame {
            kind: frame,
            open: span,
            indent,
            lambda: false,
            guard_due: true,
            pattern: false,
        });
    }

    /// `{`: the block of what stands before it, or a map.
    pub(super) fn open_brace(&mut self, span: Span) {
        let (block, indent) = match self.prev {
            Kind::LambdaClose
            | Kind::EmptyParams
            | Kind::Arrow
            | Kind::Async
            | Kind::Spawn
            | Kind::Scope
            | Kind::Try
            | Kind::Else
            | Kind::Finally
            | Kind::Defer => (BlockKind::Statements, self.indent),
            Kind::Select => (BlockKind::SelectArms, self.indent),
            Kind::Catch | Kind::Test | Kind::Struct => {
                let head = self.heads.pop();
                (head.map_or(BlockKind::Statements, |head| head.kind.block()), self.indent)
            }
            Kind::Newline if self.cut_head.is_some() => {
                // `if x` and the `{` on the next line.
                self.unemit();
                let head = self.out.spans.last().copied().unwrap_or_default();
                self.report(LexErrorKind::BraceOnNextLine, head.after(), Some(span));
                self.cut_head
                    .take()
                    .map_or((BlockKind::Statements, 0), |head| (head.kind.block(), head.indent))
            }
            prev => match self.pending_head() {
                // `0.. {` lacks the end of its range, but has its block.
                Some(head)
                    if head.ready && (prev.ends_operand() || prev == Kind::DotDot) && !self.top().lambda =>
                {
                    self.heads.pop();
                    (head.kind.block(), head.indent)
                }
                _ => match self.block_of_broken_head() {
                    Some(block) => (block, self.indent),
                    None => return self.open(FrameKind::Map, Kind::MapOpen, 0, span),
                },
            },
        };
        self.open_block(block, span, indent);
    }

    fn open_block(&mut self, block: BlockKind, span: Span, indent: u32) {
        let frame = match block {
            BlockKind::Statements => FrameKind::Statements,
            BlockKind::MatchArms => FrameKind::MatchArms,
            BlockKind::SelectArms => FrameKind::SelectArms,
            BlockKind::Members => FrameKind::Members,
        };
        self.open_indented(frame, Kind::BlockOpen, block as u32, span, indent);
    }

    /// A `{` that ends its line behind an operand opens a map in patterns only. Elsewhere it is the block of a head that
    /// was not recognised, such as `def f(x) {` or `fn f(x {`; its statements can still be read.
    fn block_of_broken_head(&mut self) -> Option<BlockKind> {
        let opened = matches!(self.prev, Kind::LParen | Kind::LBracket | Kind::Comma);
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

    pub(super) fn close(&mut self, raw: Kind, span: Span) {
        let Some(index) = self.matching(raw, span) else { return };
        while self.frames.len() > index + 1 {
            self.close_missing(span);
        }
        self.pending_newline = None;
        if self.top().kind == FrameKind::Interp {
            self.close_interpolation(span);
        } else {
            self.pop_frame(span);
        }
    }

    /// The frame that a closing bracket closes; reports it if there is none.
    fn matching(&mut self, raw: Kind, span: Span) -> Option<usize> {
        let top = self.frames.len() - 1;
        if self.by_indent && raw == Kind::RBrace && self.first_on_line {
            return self.matching_by_indent(span);
        }
        if self.frames[top].kind.closed_by(raw) {
            return Some(top);
        }
        for index in (1..=top).rev() {
            let kind = self.frames[index].kind;
            if kind.closed_by(raw) {
                return Some(index);
            }
            // A `)` ends an open block only at the start of a line; elsewhere it is more likely one too many.
            if kind == FrameKind::Interp || kind.is_block() && !self.first_on_line {
                break;
            }
        }
        let frame = self.frames[top];
        let rest = self.rest().trim_start_matches([' ', '\t']);
        let other_follows = match frame.kind {
            FrameKind::Paren => rest.starts_with(')'),
            FrameKind::Square { .. } => rest.starts_with(']'),
            _ => true,
        };
        if raw != Kind::RBrace && !other_follows {
            self.report(LexErrorKind::WrongClosing, span, Some(frame.open));
            return Some(top);
        }
        if raw == Kind::RBrace {
            self.braces_wrong += 1;
        }
        self.report(LexErrorKind::StrayClosing, span, None);
        None
    }

    fn matching_by_indent(&mut self, span: Span) -> Option<usize> {
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

    /// Closes the innermost bracket and forgets what was begun inside it.
    fn pop_frame(&mut self, span: Span) {
        let Some(frame) = self.frames.pop() else { return };
        let (kind, data) = frame.kind.closing();
        if kind == Kind::BlockClose && self.prev == Kind::Newline {
            self.unemit();
        }
        self.emit(kind, data, span);
        let depth = self.frames.len();
        while self.heads.last().is_some_and(|head| head.depth > depth) {
            self.heads.pop();
        }
    }

    /// Adds the closing bracket that the program forgot, behind the last token.
    fn close_missing(&mut self, noticed: Span) {
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

    pub(super) fn close_silently(&mut self) {
        let end = self.out.spans.last().map_or(0, |span| span.end);
        self.pop_frame(Span::new(end, end));
    }

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

    /// Some open block is not indented less than the item that starts here.
    fn item_is_outside(&self) -> bool {
        let blocks = self.frames.iter().rev().take_while(|frame| frame.kind != FrameKind::Interp);
        blocks.filter(|frame| frame.kind.is_block()).any(|frame| frame.indent >= self.indent)
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

    /// The end of the text, or of what is read of it.
    pub(super) fn close_all(&mut self) {
        if self.line_strings > 0 && !self.stopped {
            self.cut_line_strings(self.text.len() as u32);
        }
        if self.line_cut.is_some() {
            self.forgive_line(self.text.len() as u32);
        }
        // Only more text can be missing if nothing was wrong before the end.
        let open = self.frames.len() > 1;
        self.out.incomplete |= open && !self.stopped && self.out.errors.is_empty();
        let end = Span::new(self.text.len() as u32, self.text.len() as u32);
        while self.frames.len() > 1 {
            let is_interp = self.top().kind == FrameKind::Interp;
            self.close_missing(end);
            if is_interp {
                self.finish_string(end);
            }
        }
        if self.prev == Kind::Newline {
            self.unemit();
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
