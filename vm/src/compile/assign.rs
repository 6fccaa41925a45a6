//! Assignments.
//!
//! `place = e` evaluates the place's object and index, then `e`, then stores; `place op= e` reads the old value after `e`, so
//! that no update is lost across an await in `e` (R33). A parallel assignment evaluates its value first and then assigns one
//! place after the other.

use co_lang::{
    ast::{Assign, AssignId, BinaryOp, ExprId, ExprKind, Symbol, Target, TargetItem},
    source::Span,
};

use super::{Compiler, Dest, Reg, deep, variable::Place};
use crate::bytecode::Op;

/// The parts of a place that are evaluated before the value.
#[derive(Clone, Copy)]
enum Prepared {
    Variable { place: Place, name: Symbol, span: Span },
    Field { object: Reg, name: Symbol, span: Span },
    Index { object: Reg, index: Reg, span: Span },
    Nowhere,
}

impl Compiler<'_> {
    pub(super) fn assign(&mut self, id: AssignId) {
        let assign = self.ast[id];
        let mark = self.asm.mark();
        match assign.target {
            Target::Place(place) => self.assign_place(place, assign),
            Target::List(items) => {
                let items = self.ast.list(items);
                self.assign_list(items, assign.value);
            }
            Target::Discard | Target::Error => self.expr(assign.value, Dest::Discard),
        }
        self.asm.release(mark);
    }

    fn assign_place(&mut self, place: ExprId, assign: Assign) {
        let prepared = self.prepare(place, Some(assign.value));
        match assign.op {
            None => self.assign_plain(prepared, assign.value),
            Some(BinaryOp::Coalesce) => self.assign_if_nil(prepared, assign.value),
            Some(op) => self.update_place(prepared, op, assign),
        }
    }

    /// Evaluates what has to be known before the value.
    fn prepare(&mut self, place: ExprId, value: Option<ExprId>) -> Prepared {
        let place = self.ast.unparen(place);
        let span = self.ast[place].span;
        match self.ast[place].kind {
            ExprKind::Name(name) => Prepared::Variable { place: self.place(place), name, span },
            ExprKind::Field { object, name, .. } => {
                let object = self.object(object, value, None);
                Prepared::Field { object, name, span }
            }
            ExprKind::Index { object, index, .. } => {
                let object = self.object(object, value, Some(index));
                let index = self.object(index, value, None);
                Prepared::Index { object, index, span }
            }
            _ => Prepared::Nowhere,
        }
    }

    /// An operand that has to last until the value (and the index) are evaluated.
    fn object(&mut self, object: ExprId, value: Option<ExprId>, index: Option<ExprId>) -> Reg {
        let is_safe = !value.is_some_and(|value| self.may_assign_in(value))
            && !index.is_some_and(|index| self.may_assign_in(index));
        match self.in_place(object) {
            Some(reg) if is_safe => reg,
            _ => self.in_temp(object),
        }
    }

    fn assign_plain(&mut self, to: Prepared, value: ExprId) {
        if let Prepared::Variable { place: Place::Reg(reg), .. } = to {
            return self.expr(value, Dest::Var(reg));
        }
        let value = self.operand(value);
        self.put(to, value);
    }

    /// Stores a value.
    fn put(&mut self, to: Prepared, value: Reg) {
        match to {
            Prepared::Variable { place, span, .. } => {
                self.asm.at(span);
                self.store(place, value);
            }
            Prepared::Field { object, name, span } => {
                let name = self.name_operand(name);
                self.asm.at(span);
                self.asm.op_abn(Op::SET_FIELD, object, value, name);
            }
            Prepared::Index { object, index, span } => {
                self.asm.at(span);
                self.asm.op_abc(Op::SET_INDEX, object, index, value);
            }
            Prepared::Nowhere => {}
        }
    }

    /// Reads the old value.
    fn get(&mut self, from: Prepared, to: Reg, optional: bool) {
        match from {
            Prepared::Variable { place, name, span } => self.load(place, to, span, Some(name)),
            Prepared::Field { object, name, span } => {
                let name = self.name_operand(name);
                self.asm.at(span);
                let op = if optional { Op::GET_FIELD_OPT } else { Op::GET_FIELD };
                self.asm.op_abn(op, to, object, name);
            }
            Prepared::Index { object, index, span } => {
                self.asm.at(span);
                let op = if optional { Op::GET_INDEX_OPT } else { Op::GET_INDEX };
                self.asm.op_abc(op, to, object, index);
            }
            Prepared::Nowhere => {}
        }
    }

    fn update_place(&mut self, place: Prepared, op: BinaryOp, assign: Assign) {
        let operand = self.update_operand(assign.value);
        if let Prepared::Variable { place: Place::Reg(reg), .. } = place {
            return self.update(op, reg, reg, operand, assign.op_span);
        }
        let old = self.asm.temp();
        self.get(place, old, false);
        self.update(op, old, old, operand, assign.op_span);
        self.put(place, old);
    }

    fn assign_if_nil(&mut self, place: Prepared, value: ExprId) {
        let end = self.asm.label();
        if let Prepared::Variable { place: Place::Reg(reg), .. } = place {
            self.asm.jump_if(Op::JUMP_IF_NOT_NIL, reg, end);
            self.expr(value, Dest::Var(reg));
        } else {
            let old = self.asm.temp();
            self.get(place, old, true);
            self.asm.jump_if(Op::JUMP_IF_NOT_NIL, old, end);
            self.expr(value, Dest::Fresh(old));
            self.put(place, old);
        }
        self.asm.bind(end);
    }

    // ---- parallel assignment

    fn assign_list(&mut self, items: &[TargetItem], value: ExprId) {
        if let ExprKind::List(values) = self.ast[self.ast.unparen(value)].kind {
            let values = self.ast.list(values);
            let plain = values.len() == items.len()
                && !items.iter().any(|item| item.rest)
                && !values.iter().any(|value| matches!(self.ast[*value].kind, ExprKind::Spread(_)));
            if plain {
                return self.assign_values(items, values);
            }
        }
        let value = self.operand(value);
        self.assign_items(items, value);
    }

    /// As many values as places: no list is made.
    fn assign_values(&mut self, items: &[TargetItem], values: &[ExprId]) {
        if items.is_empty() {
            return;
        }
        let only_registers = items.iter().all(|item| self.target_reg(item.target).is_some());
        let first = Reg::at(self.asm.mark());
        for (index, value) in values.iter().enumerate() {
            let last = index + 1 == values.len();
            match (last && only_registers).then(|| self.target_reg(items[index].target)).flatten() {
                // Nothing reads the places any more, and the other stores cannot fail.
                Some(reg) => self.expr(*value, Dest::Var(reg)),
                None => {
                    let temp = self.asm.temp();
                    self.expr(*value, Dest::Fresh(temp));
                }
            }
        }
        let stored = values.len() - only_registers as usize;
        for (index, item) in items.iter().enumerate().take(stored) {
            self.assign_target(item.target, first.plus(index as u32), item.span);
        }
    }

    /// The register of a target that is a plain variable.
    fn target_reg(&mut self, target: Target) -> Option<Reg> {
        match target {
            Target::Place(place) => self.in_place(place),
            _ => None,
        }
    }

    fn assign_items(&mut self, items: &[TargetItem], list: Reg) {
        let rest = items.iter().position(|item| item.rest);
        let fixed = items.len() - rest.is_some() as usize;
        self.expect_list(list, fixed, rest.is_some());
        for (index, item) in items.iter().enumerate() {
            if matches!(item.target, Target::Discard | Target::Error) {
                continue;
            }
            let mark = self.asm.mark();
            let temp = self.asm.temp();
            self.asm.at(item.span);
            match rest {
                Some(rest) if index == rest => self.list_rest(temp, list, rest, fixed - rest),
                Some(rest) if index > rest => self.item_at(temp, list, index as i64 - items.len() as i64),
                _ => self.item_at(temp, list, index as i64),
            }
            self.assign_target(item.target, temp, item.span);
            self.asm.release(mark);
        }
    }

    fn assign_target(&mut self, target: Target, value: Reg, span: Span) {
        let mark = self.asm.mark();
        match target {
            Target::Place(place) => {
                let place = self.prepare(place, None);
                self.put(place, value);
            }
            Target::List(items) => {
                let items = self.ast.list(items);
                self.asm.at(span);
                deep(|| self.assign_items(items, value));
            }
            Target::Discard | Target::Error => {}
        }
        self.asm.release(mark);
    }
}
