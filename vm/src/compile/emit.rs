//! The assembler of one function: registers, words, labels, constants, positions and handlers become a [`Proto`].
//!
//! It knows nothing of the tree. What is emitted where no path leads to is dropped ([`Assembler::reachable`]), so the passes
//! above need not care whether a branch has returned. Short jumps that turn out too long are widened at the end.

use co_lang::source::{SourceId, Span};
use rustc_hash::FxHashMap;

use crate::{
    bytecode::{
        CallKeys, CaptureSource, Handler, HandlerKind, MAX_REGISTERS, Op, Position, Proto, ProtoFlags, SLOT,
        Word,
    },
    value::Value,
};

/// The number of a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reg(u16);

impl Reg {
    pub(super) fn number(self) -> u16 {
        self.0
    }

    /// As operands have it. 16 × 4,094 still fits.
    pub(super) fn scaled(self) -> u16 {
        self.0 * SLOT as u16
    }

    /// The register `distance` further up. Beyond the last one (the function is too large then, which [`Assembler::reserve`]
    /// notes) it stays at the last.
    pub(super) fn plus(self, distance: u32) -> Reg {
        Reg::at(self.0 as u32 + distance)
    }

    pub(super) fn at(number: u32) -> Reg {
        Reg(number.min(MAX_REGISTERS as u32 - 1) as u16)
    }
}

/// A place in the code that jumps can name before it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Label(u32);

struct LabelState {
    at: u32,
    used: bool,
}

const UNBOUND: u32 = u32::MAX;

/// A jump whose distance is filled in at the end. In order of `at`.
struct Fixup {
    at: u32,
    label: Label,
    /// The distance is the 16-bit `C`, else the 32-bit `BC`.
    short: bool,
}

struct OpenHandler {
    start: u32,
    end: u32,
    target: Label,
    register: Reg,
    kind: HandlerKind,
}

/// Constants, each once.
#[derive(Default)]
struct Pool {
    values: Vec<Value>,
    index: FxHashMap<(u64, u64), u32>,
}

impl Pool {
    fn find(&self, value: Value) -> Option<u32> {
        self.index.get(&(value.tag.number(), value.bits)).copied()
    }

    fn add(&mut self, value: Value) -> u32 {
        let next = self.values.len() as u32;
        let index = *self.index.entry((value.tag.number(), value.bits)).or_insert(next);
        if index == next {
            self.values.push(value);
        }
        index
    }

    fn clear(&mut self) {
        self.values.clear();
        self.index.clear();
    }
}

/// What one function becomes, while it is made. Reused, so that small functions cost no allocation but their result's.
#[derive(Default)]
pub(super) struct Assembler {
    code: Vec<Word>,
    /// Constants that 16-bit operands name; they come first in the function's pool.
    near: Pool,
    /// Those that only 32-bit operands name; they follow, so `far_uses` are moved at the end.
    far: Pool,
    far_uses: Vec<u32>,
    positions: Vec<Position>,
    handlers: Vec<OpenHandler>,
    names_at: Vec<(u32, Box<str>)>,
    labels: Vec<LabelState>,
    fixups: Vec<Fixup>,
    /// The first free register: everything below is in use.
    next: u32,
    /// The most registers ever in use.
    most: u32,
    /// Control can come to the next word.
    reachable: bool,
    span: Span,
    /// Where a label or the edge of a region was put last; words before it must stay.
    fixed: u32,
    /// Something does not fit into its operand.
    too_large: bool,
}

/// What of a [`Proto`] is known before its code.
pub(super) struct Head {
    pub params: u16,
    pub required: u16,
    pub flags: ProtoFlags,
    pub param_names: Box<[Value]>,
    pub captures: Box<[CaptureSource]>,
    pub name: Box<str>,
    pub source: SourceId,
    pub span: Span,
}

impl Assembler {
    pub(super) fn start(&mut self, span: Span) {
        self.code.clear();
        self.near.clear();
        self.far.clear();
        self.far_uses.clear();
        self.positions.clear();
        self.handlers.clear();
        self.names_at.clear();
        self.labels.clear();
        self.fixups.clear();
        self.next = 0;
        self.most = 0;
        self.reachable = true;
        self.span = span;
        self.fixed = 0;
        self.too_large = false;
    }

    // ---- registers

    /// The first free register's number, to [`Assembler::release`] to.
    pub(super) fn mark(&self) -> u32 {
        self.next
    }

    pub(super) fn release(&mut self, mark: u32) {
        self.next = mark;
    }

    pub(super) fn temp(&mut self) -> Reg {
        self.temps(1)
    }

    /// Consecutive registers; the first of them.
    pub(super) fn temps(&mut self, count: u32) -> Reg {
        let first = Reg::at(self.next);
        self.reserve(self.next + count);
        first
    }

    /// From now on the registers below `next` are in use, and no others.
    pub(super) fn reserve(&mut self, next: u32) {
        self.next = next;
        self.most = self.most.max(next);
        self.too_large |= next > MAX_REGISTERS as u32;
    }

    /// It is the last register in use, so a call area may begin there.
    pub(super) fn is_top(&self, reg: Reg) -> bool {
        reg.0 as u32 + 1 == self.next
    }

    // ---- words

    pub(super) fn is_reachable(&self) -> bool {
        self.reachable
    }

    /// What the following words are about.
    pub(super) fn at(&mut self, span: Span) {
        self.span = span;
    }

    fn push(&mut self, op: Op, word: Word) -> Option<u32> {
        if !self.reachable {
            return None;
        }
        let at = self.code.len() as u32;
        if self.positions.last().is_none_or(|last| last.span != self.span) {
            self.positions.push(Position { pc: at, span: self.span });
        }
        self.code.push(word);
        for _ in 0..op.cache_words() {
            self.code.push(Word(0));
        }
        self.reachable = !matches!(
            op,
            Op::JUMP | Op::LOOP | Op::RETURN | Op::RETURN_NIL | Op::THROW | Op::RETHROW | Op::MATCH_FAIL
        );
        Some(at)
    }

    /// An instruction with its operands as they are encoded.
    pub(super) fn raw(&mut self, op: Op, a: u16, b: u16, c: u16) {
        self.push(op, Word::abc(op, a, b, c));
    }

    pub(super) fn op(&mut self, op: Op) {
        self.raw(op, 0, 0, 0);
    }

    pub(super) fn op_a(&mut self, op: Op, a: Reg) {
        self.raw(op, a.scaled(), 0, 0);
    }

    pub(super) fn op_ab(&mut self, op: Op, a: Reg, b: Reg) {
        self.raw(op, a.scaled(), b.scaled(), 0);
    }

    pub(super) fn op_abc(&mut self, op: Op, a: Reg, b: Reg, c: Reg) {
        self.raw(op, a.scaled(), b.scaled(), c.scaled());
    }

    /// With a third operand that is no register.
    pub(super) fn op_abn(&mut self, op: Op, a: Reg, b: Reg, c: u16) {
        self.raw(op, a.scaled(), b.scaled(), c);
    }

    /// With the wide operand.
    pub(super) fn op_wide(&mut self, op: Op, a: Reg, bc: u32) {
        self.push(op, Word::abx(op, a.scaled(), bc));
    }

    pub(super) fn move_to(&mut self, to: Reg, from: Reg) {
        if to != from {
            self.op_ab(Op::MOVE, to, from);
        }
    }

    /// The word that comes next reads a variable of this name, which may have no value.
    pub(super) fn name_next(&mut self, name: &str) {
        if self.reachable {
            self.names_at.push((self.code.len() as u32, name.into()));
        }
    }

    /// A count that must fit into 16 bits.
    pub(super) fn count(&mut self, count: usize) -> u16 {
        u16::try_from(count).unwrap_or_else(|_| {
            self.too_large = true;
            0
        })
    }

    // ---- constants

    /// A constant's index for a 16-bit operand.
    pub(super) fn name(&mut self, value: Value) -> u16 {
        let index = self.near.add(value) as usize;
        self.count(index)
    }

    /// Two constants side by side; the first one's index.
    pub(super) fn name_pair(&mut self, first: Value, second: Value) -> u16 {
        let index = self.near.values.len();
        self.near.values.extend([first, second]);
        self.count(index)
    }

    /// A constant's scaled operand, if it is among the first 4,096.
    pub(super) fn scaled_constant(&mut self, value: Value) -> Option<u16> {
        const MOST: u32 = u16::MAX as u32 / SLOT as u32;
        let index = match self.near.find(value) {
            Some(index) => index,
            None if self.near.values.len() as u32 <= MOST => self.near.add(value),
            None => return None,
        };
        (index <= MOST).then_some(index as u16 * SLOT as u16)
    }

    /// An op whose wide operand is a constant.
    pub(super) fn op_constant(&mut self, op: Op, a: Reg, value: Value) {
        if !self.reachable {
            return;
        }
        if let Some(near) = self.near.find(value) {
            return self.op_wide(op, a, near);
        }
        let far = self.far.add(value);
        self.far_uses.push(self.code.len() as u32);
        self.op_wide(op, a, far);
    }

    // ---- labels, jumps, regions

    pub(super) fn label(&mut self) -> Label {
        self.labels.push(LabelState { at: UNBOUND, used: false });
        Label(self.labels.len() as u32 - 1)
    }

    /// Puts the label here. All jumps to it have been emitted; otherwise see [`Assembler::bind_for_later`].
    pub(super) fn bind(&mut self, label: Label) {
        self.drop_jump_to(label);
        let here = self.code.len() as u32;
        let state = &mut self.labels[label.0 as usize];
        state.at = here;
        if state.used {
            self.reachable = true;
            self.fixed = here;
        }
    }

    /// Puts the label here; jumps back to it will follow.
    pub(super) fn bind_for_later(&mut self, label: Label) {
        self.bind(label);
        self.fixed = self.code.len() as u32;
    }

    /// Puts the label here, where control comes only by handlers and jumps that follow, if the code around is reachable at all.
    pub(super) fn bind_stub(&mut self, label: Label, is_live: bool) {
        self.bind_for_later(label);
        self.reachable |= is_live;
    }

    /// A jump to the very next word is none.
    fn drop_jump_to(&mut self, label: Label) {
        let Some(last) = self.fixups.last() else { return };
        let at = last.at as usize;
        let is_last = last.label == label && at + 1 == self.code.len() && (self.fixed as usize) <= at;
        if is_last && self.code[at].op() == Op::JUMP {
            self.fixups.pop();
            self.code.pop();
            if self.positions.last().is_some_and(|position| position.pc as usize == at) {
                self.positions.pop();
            }
            self.reachable = true;
        }
    }

    /// A label here.
    pub(super) fn bound_label(&mut self) -> Label {
        let label = self.label();
        self.bind_for_later(label);
        label
    }

    /// Where the next word will be, as the edge of a region.
    pub(super) fn edge(&mut self) -> u32 {
        self.fixed = self.code.len() as u32;
        self.fixed
    }

    fn fix(&mut self, at: Option<u32>, label: Label, short: bool) {
        if let Some(at) = at {
            self.labels[label.0 as usize].used = true;
            self.fixups.push(Fixup { at, label, short });
        }
    }

    pub(super) fn jump(&mut self, label: Label) {
        let at = self.push(Op::JUMP, Word::abx(Op::JUMP, 0, 0));
        self.fix(at, label, false);
    }

    /// A jump back that polls.
    pub(super) fn jump_back(&mut self, label: Label) {
        let at = self.push(Op::LOOP, Word::abx(Op::LOOP, 0, 0));
        self.fix(at, label, false);
    }

    /// A jump with a register and a wide distance.
    pub(super) fn jump_if(&mut self, op: Op, a: Reg, label: Label) {
        let at = self.push(op, Word::abx(op, a.scaled(), 0));
        self.fix(at, label, false);
    }

    /// A fused comparison; `b` is encoded already.
    pub(super) fn jump_compare(&mut self, op: Op, a: Reg, b: u16, label: Label) {
        let at = self.push(op, Word::abc(op, a.scaled(), b, 0));
        self.fix(at, label, true);
    }

    /// Words from `start` (an [`Assembler::edge`]) up to here are protected. Inner regions have to come first. False if the region
    /// is empty.
    pub(super) fn protect(&mut self, start: u32, target: Label, register: Reg, kind: HandlerKind) -> bool {
        let end = self.edge();
        if start == end {
            return false;
        }
        self.labels[target.0 as usize].used = true;
        self.handlers.push(OpenHandler { start, end, target, register, kind });
        true
    }

    // ---- the end

    /// The finished function, or `None` if it does not fit the encoding.
    pub(super) fn finish(&mut self, head: Head) -> Option<Proto> {
        if self.too_large || self.code.len() >= i32::MAX as usize {
            return None;
        }
        let near = self.near.values.len() as u32;
        for at in &self.far_uses {
            let word = &mut self.code[*at as usize];
            *word = Word(word.0 + ((near as u64) << 32));
        }
        self.widen();
        for fixup in &self.fixups {
            let distance = self.labels[fixup.label.0 as usize].at as i64 - (fixup.at as i64 + 1);
            let word = &mut self.code[fixup.at as usize];
            *word = match fixup.short {
                true => Word(word.0 & 0xffff_ffff_ffff | (distance as u16 as u64) << 48),
                false => Word(word.0 & 0xffff_ffff | (distance as u32 as u64) << 32),
            };
        }
        let handler = |open: &OpenHandler| Handler {
            start: open.start,
            end: open.end,
            target: self.labels[open.target.0 as usize].at,
            register: open.register.number(),
            kind: open.kind,
        };
        Some(Proto {
            code: self.code.as_slice().into(),
            constants: self.near.values.iter().chain(&self.far.values).copied().collect(),
            registers: self.most.max(head.params as u32 + head.flags.rest as u32),
            params: head.params,
            required: head.required,
            flags: head.flags,
            param_names: head.param_names,
            captures: head.captures,
            handlers: self.handlers.iter().map(handler).collect(),
            positions: self.positions.as_slice().into(),
            name: head.name,
            source: head.source,
            span: head.span,
            names_at: std::mem::take(&mut self.names_at).into_boxed_slice(),
            keys: CallKeys::default(),
        })
    }

    /// Turns each short jump that does not reach its target into an inverted one over a wide one. That moves what lies behind, so
    /// others may follow.
    fn widen(&mut self) {
        if self.code.len() <= i16::MAX as usize {
            return;
        }
        // Addresses of the jumps to widen, in order: each moves what is behind it by one word.
        let mut wide: Vec<u32> = Vec::new();
        let moved = |wide: &[u32], at: u32| at + wide.partition_point(|jump| *jump < at) as u32;
        loop {
            let mut more = Vec::new();
            for fixup in self.fixups.iter().filter(|fixup| fixup.short) {
                let target = moved(&wide, self.labels[fixup.label.0 as usize].at) as i64;
                let distance = target - (moved(&wide, fixup.at) as i64 + 1);
                if i16::try_from(distance).is_err() && wide.binary_search(&fixup.at).is_err() {
                    more.push(fixup.at);
                }
            }
            if more.is_empty() {
                break;
            }
            wide.extend(more);
            wide.sort_unstable();
        }
        if wide.is_empty() {
            return;
        }
        let mut code = Vec::with_capacity(self.code.len() + wide.len());
        let mut from = 0;
        for at in &wide {
            let at = *at as usize;
            code.extend_from_slice(&self.code[from..at]);
            let word = self.code[at];
            code.push(Word(word.0 & 0x0000_ffff_ffff_0000 | inverted(word.op()) as u64 | 1 << 48));
            code.push(Word::abx(Op::JUMP, 0, 0));
            from = at + 1;
        }
        code.extend_from_slice(&self.code[from..]);
        self.code = code;
        for fixup in &mut self.fixups {
            let is_wide = wide.binary_search(&fixup.at).is_ok();
            fixup.at = moved(&wide, fixup.at) + is_wide as u32;
            fixup.short &= !is_wide;
        }
        for label in &mut self.labels {
            if label.at != UNBOUND {
                label.at = moved(&wide, label.at);
            }
        }
        for position in &mut self.positions {
            position.pc = moved(&wide, position.pc);
        }
        for handler in &mut self.handlers {
            handler.start = moved(&wide, handler.start);
            handler.end = moved(&wide, handler.end);
        }
        for (at, _) in &mut self.names_at {
            *at = moved(&wide, *at);
        }
    }
}

/// The comparison that jumps when this one does not.
fn inverted(op: Op) -> Op {
    const PAIRS: [(Op, Op); 13] = [
        (Op::JUMP_LT, Op::JUMP_NOT_LT),
        (Op::JUMP_LE, Op::JUMP_NOT_LE),
        (Op::JUMP_EQ, Op::JUMP_NE),
        (Op::JUMP_LT_I, Op::JUMP_NOT_LT_I),
        (Op::JUMP_LE_I, Op::JUMP_NOT_LE_I),
        (Op::JUMP_GT_I, Op::JUMP_NOT_GT_I),
        (Op::JUMP_GE_I, Op::JUMP_NOT_GE_I),
        (Op::JUMP_EQ_I, Op::JUMP_NE_I),
        (Op::JUMP_EQ_K, Op::JUMP_NE_K),
        (Op::JUMP_LT_K, Op::JUMP_NOT_LT_K),
        (Op::JUMP_LE_K, Op::JUMP_NOT_LE_K),
        (Op::JUMP_GT_K, Op::JUMP_NOT_GT_K),
        (Op::JUMP_GE_K, Op::JUMP_NOT_GE_K),
    ];
    for (positive, negative) in PAIRS {
        if op == positive {
            return negative;
        }
        if op == negative {
            return positive;
        }
    }
    op
}
