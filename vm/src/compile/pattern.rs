//! Patterns: tests with bindings (`match`, select arms) and destructuring that must succeed (`let`, `for`, parameters).

use co_lang::{
    ast::{BinaryOp, ExprId, ExprKind, List, MatchArm, PatEntry, PatId, PatKind},
    resolve::Binding,
    source::Span,
};

use super::{Compiler, Dest, Reg, deep, emit::Label};
use crate::{bytecode::Op, value::Value};

/// What happens where a value does not fit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Misfit {
    Jump(Label),
    Throw,
}

impl Compiler<'_> {
    pub(super) fn match_arms(&mut self, subject: ExprId, arms: List<MatchArm>, span: Span, dest: Dest) {
        let mark = self.asm.mark();
        let subject_span = self.ast[subject].span;
        let value = match self.in_place(subject) {
            Some(reg) if !self.may_assign(span) => reg,
            _ => self.in_temp(subject),
        };
        let end = self.asm.label();
        let arm_mark = self.asm.mark();
        for arm in self.ast.list(arms) {
            let next = self.asm.label();
            self.match_pattern(arm.pattern, value, next);
            if let Some(guard) = arm.guard {
                self.jump_if(guard, false, next);
            }
            self.expr(arm.body, dest);
            self.asm.jump(end);
            self.asm.bind(next);
            self.asm.release(arm_mark);
        }
        self.asm.at(subject_span);
        self.asm.op_a(Op::MATCH_FAIL, value);
        self.asm.bind(end);
        self.asm.release(mark);
    }

    /// Declares the names of a pattern and binds them; jumps to `fail` if the value does not fit. `value` stays as it is while the
    /// names are in use.
    pub(super) fn match_pattern(&mut self, pattern: PatId, value: Reg, fail: Label) {
        let pattern = self.ast.unparen_pat(pattern);
        if let PatKind::Bind(_) = self.ast[pattern].kind {
            return self.name_value(self.res.binding(pattern), value);
        }
        self.declare_pattern(pattern);
        self.pattern(pattern, value, Misfit::Jump(fail));
    }

    /// Binds a name to a value that does not change: no copy is needed unless the name is assigned or in a cell.
    pub(super) fn name_value(&mut self, binding: Option<Binding>, value: Reg) {
        match binding {
            Some(Binding::Local(id)) if !self.assigned[id.0 as usize] && !self.res.local(id).cell => {
                self.local_regs[id.0 as usize] = Some(value);
            }
            _ => {
                self.declare(binding);
                self.initialise(binding, value);
            }
        }
    }

    /// Gives all names of a pattern their registers.
    pub(super) fn declare_pattern(&mut self, pattern: PatId) {
        self.each_binding(pattern, Self::declare);
    }

    /// Takes the registers away, where the same names are declared in another function again.
    pub(super) fn forget_pattern(&mut self, pattern: PatId) {
        self.each_binding(pattern, |this, binding| {
            if let Some(Binding::Local(id)) = binding {
                this.local_regs[id.0 as usize] = None;
            }
        });
    }

    fn each_binding(&mut self, pattern: PatId, act: fn(&mut Self, Option<Binding>)) {
        match self.ast[pattern].kind {
            PatKind::Bind(_) | PatKind::Rest(Some(_)) => act(self, self.res.binding(pattern)),
            PatKind::List(items) | PatKind::Or(items) => deep(|| {
                for item in self.ast.list(items) {
                    self.each_binding(*item, act);
                }
            }),
            PatKind::Map(fields) | PatKind::Struct { fields, .. } => deep(|| {
                for field in self.ast.list(fields) {
                    self.each_binding(field.pattern, act);
                }
            }),
            PatKind::Paren(inner) => deep(|| self.each_binding(inner, act)),
            PatKind::Error
            | PatKind::Wildcard
            | PatKind::Value(_)
            | PatKind::Range { .. }
            | PatKind::Rest(None)
            | PatKind::Is(_) => {}
        }
    }

    /// Takes a value apart that has to fit; the names are declared.
    pub(super) fn expect_pattern(&mut self, pattern: PatId, value: Reg) {
        self.pattern(pattern, value, Misfit::Throw);
    }

    fn pattern(&mut self, pattern: PatId, value: Reg, misfit: Misfit) {
        deep(|| {
            let mark = self.asm.mark();
            self.pattern_inner(pattern, value, misfit);
            self.asm.release(mark);
        });
    }

    fn pattern_inner(&mut self, pattern: PatId, value: Reg, misfit: Misfit) {
        let pattern = self.ast.unparen_pat(pattern);
        let span = self.ast[pattern].span;
        self.asm.at(span);
        match (self.ast[pattern].kind, misfit) {
            (PatKind::Error | PatKind::Wildcard | PatKind::Rest(_) | PatKind::Paren(_), _) => {}
            (PatKind::Bind(_), _) => self.initialise(self.res.binding(pattern), value),
            (PatKind::List(items), _) => self.list_pattern(self.ast.list(items), value, misfit),
            (PatKind::Map(entries), Misfit::Throw) => {
                self.asm.op_a(Op::EXPECT_FIELDS, value);
                for entry in self.ast.list(entries) {
                    self.field_pattern(Op::GET_FIELD, entry, value, misfit);
                }
            }
            (PatKind::Map(entries), Misfit::Jump(fail)) => {
                let fits = self.asm.temp();
                self.asm.op_ab(Op::HAS_FIELDS, fits, value);
                self.asm.jump_if(Op::JUMP_IF_FALSE, fits, fail);
                for entry in self.ast.list(entries) {
                    self.field_pattern(Op::TRY_FIELD, entry, value, misfit);
                }
            }
            (PatKind::Struct { path, fields }, Misfit::Jump(fail)) => {
                self.jump_is(value, path, false, fail);
                for entry in self.ast.list(fields) {
                    self.field_pattern(Op::TRY_FIELD, entry, value, misfit);
                }
            }
            (PatKind::Value(constant), Misfit::Jump(fail)) => self.jump_equal(value, constant, false, fail),
            (PatKind::Range { start, end, inclusive }, Misfit::Jump(fail)) => {
                let (Some(start), Some(end)) = (self.literal(start), self.literal(end)) else { return };
                let bounds = self.asm.name_pair(start, end);
                let op = if inclusive { Op::IN_RANGE } else { Op::IN_RANGE_OPEN };
                let fits = self.asm.temp();
                self.asm.op_abn(op, fits, value, bounds);
                self.asm.jump_if(Op::JUMP_IF_FALSE, fits, fail);
            }
            (PatKind::Is(ty), Misfit::Jump(fail)) => self.jump_is(value, ty, false, fail),
            (PatKind::Or(alternatives), Misfit::Jump(fail)) => {
                self.alternatives(self.ast.list(alternatives), value, fail);
            }
            (
                PatKind::Struct { .. }
                | PatKind::Value(_)
                | PatKind::Range { .. }
                | PatKind::Is(_)
                | PatKind::Or(_),
                Misfit::Throw,
            ) => self.or_throw(pattern, value),
        }
    }

    /// A pattern that can only be tested, where it has to fit.
    fn or_throw(&mut self, pattern: PatId, value: Reg) {
        let (fail, fits) = (self.asm.label(), self.asm.label());
        self.pattern(pattern, value, Misfit::Jump(fail));
        self.asm.jump(fits);
        self.asm.bind(fail);
        self.asm.at(self.ast[pattern].span);
        self.asm.op_a(Op::MATCH_FAIL, value);
        self.asm.bind(fits);
    }

    fn alternatives(&mut self, alternatives: &[PatId], value: Reg, fail: Label) {
        let Some((last, others)) = alternatives.split_last() else { return };
        let fits = self.asm.label();
        for other in others {
            let other = self.ast.unparen_pat(*other);
            if let PatKind::Value(constant) = self.ast[other].kind {
                self.asm.at(self.ast[other].span);
                self.jump_equal(value, constant, true, fits);
                continue;
            }
            let next = self.asm.label();
            self.pattern(other, value, Misfit::Jump(next));
            self.asm.jump(fits);
            self.asm.bind(next);
        }
        self.pattern(*last, value, Misfit::Jump(fail));
        self.asm.bind(fits);
    }

    /// Jumps if `value == constant` is `on`.
    fn jump_equal(&mut self, value: Reg, constant: ExprId, on: bool, target: Label) {
        let mark = self.asm.mark();
        match self.ast[self.ast.unparen(constant)].kind {
            ExprKind::Nil => {
                let op = if on { Op::JUMP_IF_NIL } else { Op::JUMP_IF_NOT_NIL };
                self.asm.jump_if(op, value, target);
            }
            _ => match self.literal(constant) {
                Some(literal) => self.jump_compare_constant(BinaryOp::Eq, value, literal, on, target),
                None => {
                    let span = self.ast[constant].span;
                    let constant = self.operand(constant);
                    self.asm.at(span);
                    self.jump_compare_registers(BinaryOp::Eq, value, constant, on, target);
                }
            },
        }
        self.asm.release(mark);
    }

    // ---- parts

    fn list_pattern(&mut self, items: &[PatId], list: Reg, misfit: Misfit) {
        let rest = items.iter().position(|item| matches!(self.ast[*item].kind, PatKind::Rest(_)));
        let fixed = items.len() - rest.is_some() as usize;
        match misfit {
            Misfit::Throw => self.expect_list(list, fixed, rest.is_some()),
            Misfit::Jump(fail) => {
                let count = self.asm.count(fixed);
                let op = if rest.is_some() { Op::IS_LIST_MIN } else { Op::IS_LIST_OF };
                let fits = self.asm.temp();
                self.asm.op_abn(op, fits, list, count);
                self.asm.jump_if(Op::JUMP_IF_FALSE, fits, fail);
            }
        }
        for (index, item) in items.iter().enumerate() {
            let item = self.ast.unparen_pat(*item);
            if matches!(self.ast[item].kind, PatKind::Wildcard | PatKind::Rest(None) | PatKind::Error) {
                continue;
            }
            let mark = self.asm.mark();
            let part = self.part_reg(item);
            self.asm.at(self.ast[item].span);
            match rest {
                Some(rest) if index == rest => {
                    self.list_rest(part, list, rest, fixed - rest);
                    self.initialise(self.res.binding(item), part);
                }
                Some(rest) if index > rest => {
                    self.item_at(part, list, index as i64 - items.len() as i64);
                    self.pattern(item, part, misfit);
                }
                _ => {
                    self.item_at(part, list, index as i64);
                    self.pattern(item, part, misfit);
                }
            }
            self.asm.release(mark);
        }
    }

    fn field_pattern(&mut self, op: Op, entry: &PatEntry, object: Reg, misfit: Misfit) {
        let mark = self.asm.mark();
        let pattern = self.ast.unparen_pat(entry.pattern);
        let part = self.part_reg(pattern);
        let name = self.name_operand(entry.key.name);
        self.asm.at(entry.key.span);
        self.asm.op_abn(op, part, object, name);
        if let Misfit::Jump(fail) = misfit {
            self.asm.jump_if(Op::JUMP_IF_UNDEF, part, fail);
        }
        self.pattern(pattern, part, misfit);
        self.asm.release(mark);
    }

    /// Where a part that this pattern takes goes: the variable's own register if it is a name.
    fn part_reg(&mut self, pattern: PatId) -> Reg {
        let own = match self.ast[pattern].kind {
            PatKind::Bind(_) | PatKind::Rest(Some(_)) => self.binding_reg(self.res.binding(pattern)),
            _ => None,
        };
        own.unwrap_or_else(|| self.asm.temp())
    }

    /// Throws unless the register holds a list of `count` items (at least so many if there is a rest).
    pub(super) fn expect_list(&mut self, list: Reg, count: usize, has_rest: bool) {
        let count = self.asm.count(count);
        self.asm.raw(Op::EXPECT_LIST, list.scaled(), count, has_rest as u16);
    }

    /// The items from `start` on without the last `behind`.
    pub(super) fn list_rest(&mut self, to: Reg, list: Reg, start: usize, behind: usize) {
        if let (Ok(start), Ok(behind)) = (u8::try_from(start), u8::try_from(behind)) {
            return self.asm.op_abn(Op::LIST_REST, to, list, start as u16 | (behind as u16) << 8);
        }
        let mark = self.asm.mark();
        let bounds = self.asm.temps(2);
        self.load_value(Value::int(start as i64), bounds);
        let end = if behind == 0 { Value::NIL } else { Value::int(-(behind as i64)) };
        self.load_value(end, bounds.plus(1));
        self.asm.op_abc(Op::GET_SLICE, to, list, bounds);
        self.asm.release(mark);
    }

    /// An item of a list; negative indices count from the end.
    pub(super) fn item_at(&mut self, to: Reg, list: Reg, index: i64) {
        if let Ok(index) = i16::try_from(index) {
            return self.asm.op_abn(Op::GET_INDEX_I, to, list, index as u16);
        }
        let mark = self.asm.mark();
        let index = self.value_in_temp(Value::int(index));
        self.asm.op_abc(Op::GET_INDEX, to, list, index);
        self.asm.release(mark);
    }
}
