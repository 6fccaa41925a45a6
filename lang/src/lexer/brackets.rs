//! Brackets: what each `{` opens, and what closes what. How those that do not match are mended stands in [`super::repair`].

use crate::{
    source::Span,
    token::{BlockKind, Kind},
};

use super::{LexErrorKind, Lexer, MAX_NESTING};

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

    pub fn is_block(self) -> bool {
        use FrameKind::*;
        matches!(self, Statements | MatchArms | SelectArms | Members)
    }

    /// `(`, `[` or the `{` of a map.
    pub fn is_round(self) -> bool {
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

    pub fn closed_by(self, raw: Kind) -> bool {
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
    pub fn block(self) -> BlockKind {
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
                // What stands between the parameters of a `fn` and its block is the result type of another language.
                Some(head)
                    if head.ready
                        && (prev.ends_operand() || prev == Kind::DotDot || head.kind == HeadKind::Fn)
                        && !self.top().lambda =>
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

    pub(super) fn open_block(&mut self, block: BlockKind, span: Span, indent: u32) {
        let frame = match block {
            BlockKind::Statements => FrameKind::Statements,
            BlockKind::MatchArms => FrameKind::MatchArms,
            BlockKind::SelectArms => FrameKind::SelectArms,
            BlockKind::Members => FrameKind::Members,
        };
        self.open_indented(frame, Kind::BlockOpen, block as u32, span, indent);
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
        // No brace is open at all: it stands for the bracket that is.
        if raw == Kind::RBrace
            && frame.kind.is_round()
            && !self.frames.iter().any(|frame| frame.kind.closed_by(raw))
        {
            self.report(LexErrorKind::WrongClosing, span, Some(frame.open));
            return Some(top);
        }
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

    /// Closes the innermost bracket and forgets what was begun inside it.
    pub(super) fn pop_frame(&mut self, span: Span) {
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

    pub(super) fn close_silently(&mut self) {
        let end = self.out.spans.last().map_or(0, |span| span.end);
        self.pop_frame(Span::new(end, end));
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
