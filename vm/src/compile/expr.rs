//! Expressions: which code each kind of node becomes.

use co_lang::ast::{ExprId, ExprKind, IfId, UnaryOp};

use super::{Compiler, Dest, Reg, cleanup::Jump, deep, variable::Place};
use crate::{bytecode::Op, value::Value};

impl Compiler<'_> {
    /// The value of an expression goes to `dest`.
    pub(super) fn expr(&mut self, expr: ExprId, dest: Dest) {
        deep(|| self.expr_inner(expr, dest));
    }

    fn expr_inner(&mut self, expr: ExprId, dest: Dest) {
        let expr = self.ast.unparen(expr);
        let node = self.ast[expr];
        // First what passes the destination on to its parts.
        match node.kind {
            ExprKind::If(id) => return self.if_else(id, dest),
            ExprKind::Match { subject, arms } => return self.match_arms(subject, arms, node.span, dest),
            ExprKind::Block(block) => return self.block(block, dest),
            ExprKind::Try(id) => return self.try_catch(id, dest),
            ExprKind::Scope(block) => return self.scope(block, node.span, dest),
            ExprKind::Select(arms) => return self.select(arms, node.span, dest),
            ExprKind::Throw(value) => {
                let mark = self.asm.mark();
                let value = self.operand(value);
                self.asm.at(node.span);
                self.asm.op_a(Op::THROW, value);
                return self.asm.release(mark);
            }
            ExprKind::Return(value) => return self.return_expr(value),
            ExprKind::Break => return self.leave_loop(Jump::Break),
            ExprKind::Continue => return self.leave_loop(Jump::Continue),
            ExprKind::Assign(id) => {
                self.assign(id);
                return self.value(Value::NIL, dest);
            }
            _ => {}
        }
        if dest == Dest::Return {
            let mark = self.asm.mark();
            let value = self.operand(expr);
            self.return_value(value);
            return self.asm.release(mark);
        }
        match node.kind {
            ExprKind::Error | ExprKind::Nil | ExprKind::Spread(_) => self.value(Value::NIL, dest),
            ExprKind::Bool(bool) => self.value(bool.into(), dest),
            ExprKind::Int(int) => self.value(int.into(), dest),
            ExprKind::Float(float) | ExprKind::Duration(float) => self.value(float.into(), dest),
            ExprKind::Str(symbol) => {
                let value = self.string(symbol);
                self.value(value, dest);
            }
            ExprKind::Bytes(index) => {
                if let Dest::Discard = dest {
                    return;
                }
                let ast = self.ast;
                let value = self.heap.bytes(&ast.bytes[index as usize]).into();
                self.value(value, dest);
            }
            ExprKind::Name(symbol) => {
                let place = self.place(expr);
                match dest {
                    Dest::Discard if !self.may_throw(place) => {}
                    _ => self.with_target(dest, |this, to| this.load(place, to, node.span, Some(symbol))),
                }
            }
            ExprKind::Interpolation(segments) => self.interpolation(segments, node.span, dest),
            ExprKind::List(items) => self.list_literal(items, node.span, dest),
            ExprKind::Map(entries) => self.map_literal(entries, node.span, dest),
            ExprKind::Unary(UnaryOp::Not, operand) => {
                self.with_target(dest, |this, to| {
                    let value = this.operand(operand);
                    this.asm.at(node.span);
                    this.asm.op_ab(Op::NOT, to, value);
                });
            }
            ExprKind::Unary(..) => self.unary(expr, dest),
            ExprKind::Binary(..) => self.binary(expr, dest),
            ExprKind::Is { value, ty, negated } => {
                self.with_target(dest, |this, to| {
                    let value = this.operand_before(value, ty);
                    this.is_type(value, ty, to);
                    if negated {
                        this.asm.op_ab(Op::NOT, to, to);
                    }
                });
            }
            ExprKind::Range { start, end, inclusive } => {
                let mark = self.asm.mark();
                let bounds = self.range_bounds(start, end);
                self.asm.at(node.span);
                let op = if inclusive { Op::NEW_RANGE_INCL } else { Op::NEW_RANGE };
                self.with_target(dest, |this, to| this.asm.op_ab(op, to, bounds));
                self.asm.release(mark);
            }
            ExprKind::Call(..) | ExprKind::Field { .. } | ExprKind::Index { .. } => self.chain(expr, dest),
            ExprKind::Lambda(id) => self.lambda(id, dest),
            ExprKind::Await(inner) => self.await_expr(inner, node.span, dest),
            ExprKind::Spawn(inner) => self.spawn_expr(inner, node.span, dest),
            ExprKind::Yield(value) => {
                let mark = self.asm.mark();
                let value = match value {
                    Some(value) => self.operand(value),
                    None => self.value_in_temp(Value::NIL),
                };
                self.asm.at(node.span);
                self.with_target(dest, |this, to| this.asm.op_ab(Op::YIELD, to, value));
                self.asm.release(mark);
            }
            ExprKind::If(_)
            | ExprKind::Match { .. }
            | ExprKind::Block(_)
            | ExprKind::Try(_)
            | ExprKind::Scope(_)
            | ExprKind::Select(_)
            | ExprKind::Throw(_)
            | ExprKind::Return(_)
            | ExprKind::Break
            | ExprKind::Continue
            | ExprKind::Assign(_)
            | ExprKind::Paren(_) => {}
        }
    }

    /// The value of an expression in some register: a variable's own, or a new temporary.
    pub(super) fn operand(&mut self, expr: ExprId) -> Reg {
        match self.in_place(expr) {
            Some(reg) => reg,
            None => self.in_temp(expr),
        }
    }

    /// The same for an operand that must keep its value while `later` is evaluated.
    pub(super) fn operand_before(&mut self, expr: ExprId, later: ExprId) -> Reg {
        match self.in_place(expr) {
            Some(reg) if !self.may_assign_in(later) => reg,
            _ => self.in_temp(expr),
        }
    }

    pub(super) fn in_temp(&mut self, expr: ExprId) -> Reg {
        let temp = self.asm.temp();
        self.expr(expr, Dest::Fresh(temp));
        temp
    }

    pub(super) fn value_in_temp(&mut self, value: Value) -> Reg {
        let temp = self.asm.temp();
        self.load_value(value, temp);
        temp
    }

    /// A constant value.
    pub(super) fn value(&mut self, value: Value, dest: Dest) {
        match dest {
            Dest::Discard => {}
            Dest::Fresh(to) | Dest::Var(to) => self.load_value(value, to),
            Dest::Return if value.is_nil() && self.returns_directly() => self.asm.op(Op::RETURN_NIL),
            Dest::Return => {
                let mark = self.asm.mark();
                let temp = self.value_in_temp(value);
                self.return_value(temp);
                self.asm.release(mark);
            }
        }
    }

    /// A value that is in a register already.
    pub(super) fn give(&mut self, from: Reg, dest: Dest) {
        match dest {
            Dest::Discard => {}
            Dest::Fresh(to) | Dest::Var(to) => self.asm.move_to(to, from),
            Dest::Return => self.return_value(from),
        }
    }

    /// Runs `emit` with the register that its last instruction has to write; temporaries that it takes are free afterwards.
    pub(super) fn with_target(&mut self, dest: Dest, emit: impl FnOnce(&mut Self, Reg)) {
        let mark = self.asm.mark();
        let to = match dest {
            Dest::Fresh(to) | Dest::Var(to) => to,
            Dest::Discard | Dest::Return => self.asm.temp(),
        };
        emit(self, to);
        if dest == Dest::Return {
            self.return_value(to);
        }
        self.asm.release(mark);
    }

    /// Runs `emit` with a destination that steps on the way may write.
    pub(super) fn with_fresh(&mut self, dest: Dest, emit: impl FnOnce(&mut Self, Dest)) {
        match dest {
            Dest::Var(to) => {
                let mark = self.asm.mark();
                let temp = self.asm.temp();
                emit(self, Dest::Fresh(temp));
                self.asm.move_to(to, temp);
                self.asm.release(mark);
            }
            _ => emit(self, dest),
        }
    }

    fn may_throw(&self, place: Place) -> bool {
        matches!(
            place,
            Place::Cell { early: true, .. } | Place::CaptureCell(_) | Place::Global { set: false, .. }
        )
    }

    /// Start and end of a range in two registers; nil where one is missing.
    pub(super) fn range_bounds(&mut self, start: Option<ExprId>, end: Option<ExprId>) -> Reg {
        let first = self.asm.temps(2);
        for (bound, reg) in [(start, first), (end, first.plus(1))] {
            match bound {
                Some(bound) => self.expr(bound, Dest::Fresh(reg)),
                None => self.asm.op_a(Op::LOAD_NIL, reg),
            }
        }
        first
    }

    fn if_else(&mut self, id: IfId, dest: Dest) {
        let end = self.asm.label();
        let mut next = Some(id);
        // A loop, as `else if` may go on for long.
        while let Some(id) = next.take() {
            let branch = self.ast[id];
            if branch.otherwise.is_none()
                && let Some(target) = self.only_jumps(branch.then)
            {
                self.jump_if(branch.condition, true, target);
                self.value(Value::NIL, dest);
                break;
            }
            let otherwise = self.asm.label();
            self.jump_if(branch.condition, false, otherwise);
            self.block(branch.then, dest);
            if branch.otherwise.is_none() && dest == Dest::Discard {
                self.asm.bind(otherwise);
                break;
            }
            self.asm.jump(end);
            self.asm.bind(otherwise);
            match branch.otherwise.map(|expr| (expr, self.ast[expr].kind)) {
                Some((_, ExprKind::If(id))) => next = Some(id),
                Some((expr, _)) => self.expr(expr, dest),
                None => self.value(Value::NIL, dest),
            }
        }
        self.asm.bind(end);
    }
}
