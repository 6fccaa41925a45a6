//! Literals that are made of parts: lists, maps, interpolated strings.
//!
//! The parts are computed into neighbouring registers. Long literals are made piece by piece, so that data of any size fits.

use co_lang::{
    ast::{Align, ExprId, ExprKind, FormatSpec, List, MapEntry, Segment, Sign},
    source::Span,
};

use super::{Compiler, Dest, Reg};
use crate::{bytecode::Op, value::Value};

/// So many items, pairs or texts are in registers at a time.
const PIECE: usize = 64;

impl Compiler<'_> {
    pub(super) fn list_literal(&mut self, items: List<ExprId>, span: Span, dest: Dest) {
        let items = self.ast.list(items);
        if items.len() <= PIECE && !items.iter().any(|item| self.is_spread(*item)) {
            let mark = self.asm.mark();
            let first = self.in_a_row(items);
            self.asm.at(span);
            let count = items.len() as u16;
            self.with_target(dest, |this, to| this.asm.op_abn(Op::NEW_LIST, to, first, count));
            return self.asm.release(mark);
        }
        self.with_fresh(dest, |this, dest| {
            this.with_target(dest, |this, to| this.long_list(items, span, to));
        });
    }

    fn is_spread(&self, item: ExprId) -> bool {
        matches!(self.ast[item].kind, ExprKind::Spread(_))
    }

    /// A new list in `to`, item by item, piece by piece. The arguments of a call with spreads are one, too.
    pub(super) fn long_list(&mut self, items: &[ExprId], span: Span, to: Reg) {
        let mut rest = items;
        let mut is_first = true;
        while !rest.is_empty() || is_first {
            let plain = rest.iter().take(PIECE).take_while(|item| !self.is_spread(**item)).count();
            let (piece, others) = rest.split_at(plain);
            rest = others;
            if plain == 1 && !is_first {
                self.list_push(piece[0], span, to);
            } else if plain > 0 || is_first {
                let mark = self.asm.mark();
                let first = self.in_a_row(piece);
                self.asm.at(span);
                if is_first {
                    self.asm.op_abn(Op::NEW_LIST, to, first, plain as u16);
                } else {
                    self.asm.op_abn(Op::NEW_LIST, first, first, plain as u16);
                    self.asm.op_ab(Op::LIST_EXTEND, to, first);
                }
                self.asm.release(mark);
            }
            is_first = false;
            if let Some((spread, others)) = rest.split_first()
                && let ExprKind::Spread(source) = self.ast[*spread].kind
            {
                rest = others;
                self.list_extend(source, to);
            }
        }
    }

    pub(super) fn list_push(&mut self, item: ExprId, span: Span, to: Reg) {
        let mark = self.asm.mark();
        let item = self.operand(item);
        self.asm.at(span);
        self.asm.op_ab(Op::LIST_PUSH, to, item);
        self.asm.release(mark);
    }

    pub(super) fn list_extend(&mut self, source: ExprId, to: Reg) {
        let mark = self.asm.mark();
        let items = self.operand(source);
        self.asm.at(self.ast[source].span);
        self.asm.op_ab(Op::LIST_EXTEND, to, items);
        self.asm.release(mark);
    }

    /// Values in neighbouring registers; the first of them (any register if there is none).
    fn in_a_row(&mut self, items: &[ExprId]) -> Reg {
        // Also for none: the operand names a register in any case.
        let first = self.asm.temp();
        for (index, item) in items.iter().enumerate() {
            let reg = if index == 0 { first } else { self.asm.temp() };
            self.expr(*item, Dest::Fresh(reg));
        }
        first
    }

    pub(super) fn map_literal(&mut self, entries: List<MapEntry>, span: Span, dest: Dest) {
        let entries = self.ast.list(entries);
        if entries.len() <= PIECE / 2 && !entries.iter().any(|entry| matches!(entry, MapEntry::Spread(_))) {
            let mark = self.asm.mark();
            let first = self.pairs_in_a_row(entries);
            self.asm.at(span);
            let count = entries.len() as u16;
            self.with_target(dest, |this, to| this.asm.op_abn(Op::NEW_MAP, to, first, count));
            return self.asm.release(mark);
        }
        self.with_fresh(dest, |this, dest| {
            this.with_target(dest, |this, to| this.long_map(entries, span, to));
        });
    }

    fn long_map(&mut self, entries: &[MapEntry], span: Span, to: Reg) {
        let mut rest = entries;
        let mut is_first = true;
        while !rest.is_empty() {
            let is_plain = |entry: &&MapEntry| !matches!(entry, MapEntry::Spread(_));
            let plain = rest.iter().take(PIECE / 2).take_while(is_plain).count();
            let (piece, others) = rest.split_at(plain);
            rest = others;
            let mark = self.asm.mark();
            if plain > 0 || is_first {
                let first = self.pairs_in_a_row(piece);
                self.asm.at(span);
                if is_first {
                    self.asm.op_abn(Op::NEW_MAP, to, first, plain as u16);
                } else {
                    self.asm.op_abn(Op::NEW_MAP, first, first, plain as u16);
                    self.asm.op_ab(Op::MAP_EXTEND, to, first);
                }
            }
            self.asm.release(mark);
            is_first = false;
            if let Some((MapEntry::Spread(source), others)) = rest.split_first() {
                rest = others;
                let source_reg = self.operand(*source);
                self.asm.at(self.ast[*source].span);
                self.asm.op_ab(Op::MAP_EXTEND, to, source_reg);
                self.asm.release(mark);
            }
        }
    }

    fn pairs_in_a_row(&mut self, entries: &[MapEntry]) -> Reg {
        let first = self.asm.temp();
        for (index, entry) in entries.iter().enumerate() {
            let key_reg = if index == 0 { first } else { self.asm.temp() };
            let value = match *entry {
                MapEntry::Named(key, value) | MapEntry::Short(key, value) => {
                    let key = self.string(key.name);
                    self.load_value(key, key_reg);
                    value
                }
                MapEntry::Computed(key, value) => {
                    self.expr(key, Dest::Fresh(key_reg));
                    value
                }
                MapEntry::Spread(source) => source,
            };
            let value_reg = self.asm.temp();
            self.expr(value, Dest::Fresh(value_reg));
        }
        first
    }

    pub(super) fn interpolation(&mut self, segments: List<Segment>, span: Span, dest: Dest) {
        let mark = self.asm.mark();
        let mut rest = self.ast.list(segments);
        let first = self.asm.temp();
        // What is joined so far stays in the first register.
        let mut used = 0;
        while rest.len() > PIECE {
            let (piece, others) = rest.split_at(PIECE);
            rest = others;
            used = self.segments_in_a_row(piece, first, used);
            self.asm.at(span);
            self.asm.op_abn(Op::CONCAT, first, first, used);
            self.asm.release(first.number() as u32 + 1);
            used = 1;
        }
        used = self.segments_in_a_row(rest, first, used);
        self.asm.at(span);
        self.with_target(dest, |this, to| this.asm.op_abn(Op::CONCAT, to, first, used));
        self.asm.release(mark);
    }

    /// The parts of a string in the registers behind the `used` first ones; how many are used then.
    fn segments_in_a_row(&mut self, segments: &[Segment], first: Reg, mut used: u16) -> u16 {
        for segment in segments {
            let reg = if used == 0 { first } else { self.asm.temp() };
            used += 1;
            match *segment {
                Segment::Text(text) => {
                    let text = self.string(text);
                    self.load_value(text, reg);
                }
                Segment::Expr { value, spec: None } => self.expr(value, Dest::Fresh(reg)),
                Segment::Expr { value, spec: Some(spec) } => {
                    self.expr(value, Dest::Fresh(reg));
                    let encoded = self.format_spec(&spec);
                    let operand = self.asm.name(encoded);
                    self.asm.at(self.ast[value].span.to(spec.span));
                    self.asm.op_abn(Op::FORMAT, reg, reg, operand);
                }
            }
        }
        used
    }

    /// The list that `FORMAT` reads.
    fn format_spec(&mut self, spec: &FormatSpec) -> Value {
        let fill = self.text(spec.fill.encode_utf8(&mut [0; 4]));
        let align = match spec.align {
            Some(Align::Left) => self.text("<"),
            Some(Align::Center) => self.text("^"),
            Some(Align::Right) => self.text(">"),
            None => Value::NIL,
        };
        let sign = self.text(match spec.sign {
            Sign::Minus => "-",
            Sign::Plus => "+",
            Sign::Space => " ",
        });
        let precision = spec.precision.map_or(Value::NIL, |digits| Value::int(digits as i64));
        let ty = spec.ty.map_or(Value::NIL, |ty| self.text(ty.encode_utf8(&mut [0; 4])));
        let parts = [fill, align, sign, spec.zero.into(), Value::int(spec.width as i64), precision, ty];
        self.heap.list(&parts).into()
    }
}
