//! `assert(condition, message)`: a failure shows the values of the condition's operands.
//!
//! The condition is compiled as a jump, as any other. Only if it does not hold a hidden function is called with
//! `(operator or nil, source text of the condition, left operand, right operand, message)`; it throws. Without an operator the left operand is the
//! condition's value. The message is evaluated only then.

use co_lang::{
    ast::{Arg, BinaryOp, ExprId, ExprKind, List, UnaryOp},
    resolve::Res,
    source::Span,
};

use super::{Compiler, Dest, Reg, emit::Label};
use crate::{bytecode::Op, value::Value};

/// What a failure shows.
struct Shown {
    operator: Option<&'static str>,
    left: Reg,
    right: Option<Reg>,
}

impl Compiler<'_> {
    /// Does the name mean the prelude's `assert`?
    pub(super) fn is_assert(&self, callee: ExprId) -> bool {
        match self.ast[callee].kind {
            ExprKind::Name(symbol) => {
                matches!(self.res.name(callee), Res::Prelude(_)) && self.ast.name(symbol) == "assert"
            }
            _ => false,
        }
    }

    /// False if the call has to be compiled as any other.
    pub(super) fn assertion(&mut self, args: List<Arg>, span: Span, dest: Dest) -> bool {
        let (condition, message) = match *self.ast.list(args) {
            [Arg::Plain(condition)] => (condition, None),
            [Arg::Plain(condition), Arg::Plain(message)] => (condition, Some(message)),
            _ => return false,
        };
        let mark = self.asm.mark();
        let holds = self.asm.label();
        let shown = self.jump_if_holds(condition, holds);
        self.failure(condition, message, shown, span);
        self.asm.bind(holds);
        self.asm.release(mark);
        self.value(Value::NIL, dest);
        true
    }

    /// Jumps if the condition is true; the operands stay in their registers.
    fn jump_if_holds(&mut self, condition: ExprId, holds: Label) -> Shown {
        let condition = self.ast.unparen(condition);
        let span = self.ast[condition].span;
        match self.ast[condition].kind {
            ExprKind::Binary(
                op
                @ (BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge),
                left,
                right,
            ) => {
                let left = self.operand_before(left, right);
                let right = self.operand(right);
                self.asm.at(span);
                self.jump_compare_registers(op, left, right, true, holds);
                Shown { operator: Some(op.text()), left, right: Some(right) }
            }
            ExprKind::Binary(op @ (BinaryOp::In | BinaryOp::NotIn), left, right) => {
                let left = self.operand_before(left, right);
                let right = self.operand(right);
                let found = self.asm.temp();
                self.asm.at(span);
                self.asm.op_abc(Op::IN, found, left, right);
                self.jump_on(found, op == BinaryOp::In, holds);
                Shown { operator: Some(op.text()), left, right: Some(right) }
            }
            ExprKind::Is { value, ty, negated } => {
                let value = self.operand_before(value, ty);
                self.jump_is(value, ty, !negated, holds);
                Shown { operator: Some(if negated { "is not" } else { "is" }), left: value, right: None }
            }
            ExprKind::Unary(UnaryOp::Not, operand) => {
                let value = self.operand(operand);
                self.asm.at(span);
                self.jump_on(value, false, holds);
                Shown { operator: Some("not"), left: value, right: None }
            }
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), left, right) => {
                // What was not evaluated shows as the mark of no value.
                let regs = self.asm.temps(2);
                let behind = self.asm.label();
                self.asm.op_a(Op::LOAD_UNDEF, regs.plus(1));
                self.expr(left, Dest::Fresh(regs));
                self.asm.at(span);
                let is_and = op == BinaryOp::And;
                self.jump_on(regs, !is_and, if is_and { behind } else { holds });
                self.expr(right, Dest::Fresh(regs.plus(1)));
                self.asm.at(span);
                self.jump_on(regs.plus(1), true, holds);
                self.asm.bind(behind);
                Shown { operator: Some(op.text()), left: regs, right: Some(regs.plus(1)) }
            }
            _ => {
                let value = self.operand(condition);
                self.asm.at(span);
                self.jump_on(value, true, holds);
                Shown { operator: None, left: value, right: None }
            }
        }
    }

    fn failure(&mut self, condition: ExprId, message: Option<ExprId>, shown: Shown, span: Span) {
        let area = self.asm.temps(7);
        let callee = self.link.assert_failed();
        self.load_value(callee, area);
        let operator = shown.operator.map_or(Value::NIL, |operator| self.text(operator));
        self.load_value(operator, area.plus(2));
        let unit = self.unit;
        let source = unit.text.get(self.ast[condition].span.range()).unwrap_or("");
        let source = self.text(source);
        self.load_value(source, area.plus(3));
        self.asm.move_to(area.plus(4), shown.left);
        match shown.right {
            Some(right) => self.asm.move_to(area.plus(5), right),
            None => self.asm.op_a(Op::LOAD_UNDEF, area.plus(5)),
        }
        match message {
            Some(message) => self.expr(message, Dest::Fresh(area.plus(6))),
            None => self.asm.op_a(Op::LOAD_NIL, area.plus(6)),
        }
        self.asm.at(span);
        self.asm.raw(Op::CALL, area.scaled(), 5, 0);
    }
}
