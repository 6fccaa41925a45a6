//! Conditions: jumps that are taken if an expression is true, or if it is not. Comparisons are fused with their jump, `and`, `or`
//! and `not` become control flow, and no bool is made.

use co_lang::{
    ast::{BinaryOp, ExprId, ExprKind, UnaryOp},
    resolve::{BuiltinType, Res},
    source::Span,
};

use super::{Compiler, Reg, deep, emit::Label};
use crate::{bytecode::Op, value::Value};

impl Compiler<'_> {
    /// Jumps to `target` if the truth of `condition` is `on`, else goes on behind.
    pub(super) fn jump_if(&mut self, condition: ExprId, on: bool, target: Label) {
        let condition = self.ast.unparen(condition);
        match self.ast[condition].kind {
            ExprKind::Bool(bool) => {
                if bool == on {
                    self.asm.jump(target);
                }
            }
            ExprKind::Nil => {
                if !on {
                    self.asm.jump(target);
                }
            }
            ExprKind::Unary(UnaryOp::Not, operand) => deep(|| self.jump_if(operand, !on, target)),
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or), ..) => {
                deep(|| self.jump_logic(condition, op, on, target));
            }
            ExprKind::Binary(
                op
                @ (BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge),
                left,
                right,
            ) => self.jump_compare(op, left, right, on, target, self.ast[condition].span),
            ExprKind::Binary(op @ (BinaryOp::In | BinaryOp::NotIn), left, right) => {
                let mark = self.asm.mark();
                let left = self.operand_before(left, right);
                let right = self.operand(right);
                let found = self.asm.temp();
                self.asm.at(self.ast[condition].span);
                self.asm.op_abc(Op::IN, found, left, right);
                self.jump_on(found, on == (op == BinaryOp::In), target);
                self.asm.release(mark);
            }
            ExprKind::Is { value, ty, negated } => {
                let mark = self.asm.mark();
                let value = self.operand_before(value, ty);
                self.jump_is(value, ty, on != negated, target);
                self.asm.release(mark);
            }
            _ => {
                let mark = self.asm.mark();
                let value = self.operand(condition);
                self.asm.at(self.ast[condition].span);
                self.jump_on(value, on, target);
                self.asm.release(mark);
            }
        }
    }

    /// Jumps if the truth of a value is `on`.
    pub(super) fn jump_on(&mut self, value: Reg, on: bool, target: Label) {
        self.asm.jump_if(if on { Op::JUMP_IF_TRUE } else { Op::JUMP_IF_FALSE }, value, target);
    }

    fn jump_logic(&mut self, condition: ExprId, op: BinaryOp, on: bool, target: Label) {
        let start = self.spine.len();
        let mut first = condition;
        while let ExprKind::Binary(inner, left, right) = self.ast[first].kind
            && inner == op
        {
            self.spine.push(right);
            first = self.ast.unparen(left);
        }
        self.spine.push(first);
        // The value of an operand that decides the whole.
        let decides = op == BinaryOp::Or;
        let behind = self.asm.label();
        let decided = if decides == on { target } else { behind };
        while self.spine.len() > start {
            let Some(operand) = self.spine.pop() else { break };
            if self.spine.len() == start {
                self.jump_if(operand, on, target);
            } else {
                self.jump_if(operand, decides, decided);
            }
        }
        self.asm.bind(behind);
    }

    fn jump_compare(
        &mut self,
        op: BinaryOp,
        left: ExprId,
        right: ExprId,
        on: bool,
        target: Label,
        span: Span,
    ) {
        let is_equality = matches!(op, BinaryOp::Eq | BinaryOp::Ne);
        if is_equality {
            // `nil` equals only itself, whatever `eq` a struct defines.
            let is_nil = |expr| matches!(self.ast[self.ast.unparen(expr)].kind, ExprKind::Nil);
            let other = match (is_nil(left), is_nil(right)) {
                (_, true) => Some(left),
                (true, _) => Some(right),
                _ => None,
            };
            if let Some(other) = other {
                let mark = self.asm.mark();
                let value = self.operand(other);
                let jump = if on == (op == BinaryOp::Eq) { Op::JUMP_IF_NIL } else { Op::JUMP_IF_NOT_NIL };
                self.asm.at(span);
                self.asm.jump_if(jump, value, target);
                return self.asm.release(mark);
            }
        }
        let mark = self.asm.mark();
        match (self.literal(left), self.literal(right)) {
            (_, Some(constant)) => {
                let left = self.operand(left);
                self.asm.at(span);
                self.jump_compare_constant(op, left, constant, on, target);
            }
            (Some(constant), None) => {
                let right = self.operand(right);
                self.asm.at(span);
                self.jump_compare_constant(mirrored(op), right, constant, on, target);
            }
            (None, None) => {
                let left = self.operand_before(left, right);
                let right = self.operand(right);
                self.asm.at(span);
                self.jump_compare_registers(op, left, right, on, target);
            }
        }
        self.asm.release(mark);
    }

    pub(super) fn jump_compare_constant(
        &mut self,
        op: BinaryOp,
        left: Reg,
        constant: Value,
        on: bool,
        target: Label,
    ) {
        if let Some(int) = constant.as_int().and_then(|int| i16::try_from(int).ok()) {
            let op = match (op, on) {
                (BinaryOp::Lt, true) => Op::JUMP_LT_I,
                (BinaryOp::Lt, false) => Op::JUMP_NOT_LT_I,
                (BinaryOp::Le, true) => Op::JUMP_LE_I,
                (BinaryOp::Le, false) => Op::JUMP_NOT_LE_I,
                (BinaryOp::Gt, true) => Op::JUMP_GT_I,
                (BinaryOp::Gt, false) => Op::JUMP_NOT_GT_I,
                (BinaryOp::Ge, true) => Op::JUMP_GE_I,
                (BinaryOp::Ge, false) => Op::JUMP_NOT_GE_I,
                (BinaryOp::Eq, true) | (BinaryOp::Ne, false) => Op::JUMP_EQ_I,
                _ => Op::JUMP_NE_I,
            };
            return self.asm.jump_compare(op, left, int as u16, target);
        }
        let Some(operand) = self.asm.scaled_constant(constant) else {
            let mark = self.asm.mark();
            let right = self.value_in_temp(constant);
            self.jump_compare_registers(op, left, right, on, target);
            return self.asm.release(mark);
        };
        let op = match (op, on) {
            (BinaryOp::Lt, true) => Op::JUMP_LT_K,
            (BinaryOp::Lt, false) => Op::JUMP_NOT_LT_K,
            (BinaryOp::Le, true) => Op::JUMP_LE_K,
            (BinaryOp::Le, false) => Op::JUMP_NOT_LE_K,
            (BinaryOp::Gt, true) => Op::JUMP_GT_K,
            (BinaryOp::Gt, false) => Op::JUMP_NOT_GT_K,
            (BinaryOp::Ge, true) => Op::JUMP_GE_K,
            (BinaryOp::Ge, false) => Op::JUMP_NOT_GE_K,
            (BinaryOp::Eq, true) | (BinaryOp::Ne, false) => Op::JUMP_EQ_K,
            _ => Op::JUMP_NE_K,
        };
        self.asm.jump_compare(op, left, operand, target);
    }

    pub(super) fn jump_compare_registers(
        &mut self,
        op: BinaryOp,
        left: Reg,
        right: Reg,
        on: bool,
        target: Label,
    ) {
        let (left, right) = match op {
            BinaryOp::Gt | BinaryOp::Ge => (right, left),
            _ => (left, right),
        };
        let op = match (op, on) {
            (BinaryOp::Lt | BinaryOp::Gt, true) => Op::JUMP_LT,
            (BinaryOp::Lt | BinaryOp::Gt, false) => Op::JUMP_NOT_LT,
            (BinaryOp::Le | BinaryOp::Ge, true) => Op::JUMP_LE,
            (BinaryOp::Le | BinaryOp::Ge, false) => Op::JUMP_NOT_LE,
            (BinaryOp::Eq, true) | (BinaryOp::Ne, false) => Op::JUMP_EQ,
            _ => Op::JUMP_NE,
        };
        self.asm.jump_compare(op, left, right.scaled(), target);
    }

    // ---- types

    /// The built-in type that a type expression names.
    fn builtin_type(&self, ty: ExprId) -> Option<BuiltinType> {
        let ty = self.ast.unparen(ty);
        match self.ast[ty].kind {
            ExprKind::Nil => Some(BuiltinType::Nil),
            ExprKind::Name(_) => match self.res.name(ty) {
                Res::Type(builtin) => Some(builtin),
                _ => None,
            },
            _ => None,
        }
    }

    /// `to` = `value is ty`.
    pub(super) fn is_type(&mut self, value: Reg, ty: ExprId, to: Reg) {
        match self.builtin_type(ty) {
            Some(builtin) => self.asm.op_abn(Op::IS_TYPE, to, value, builtin as u16),
            None => {
                let mark = self.asm.mark();
                let type_reg = self.operand(ty);
                self.asm.at(self.ast[ty].span);
                self.asm.op_abc(Op::IS, to, value, type_reg);
                self.asm.release(mark);
            }
        }
    }

    /// Jumps if `value is ty` is `on`.
    pub(super) fn jump_is(&mut self, value: Reg, ty: ExprId, on: bool, target: Label) {
        if self.builtin_type(ty) == Some(BuiltinType::Nil) {
            let jump = if on { Op::JUMP_IF_NIL } else { Op::JUMP_IF_NOT_NIL };
            return self.asm.jump_if(jump, value, target);
        }
        let mark = self.asm.mark();
        let found = self.asm.temp();
        self.is_type(value, ty, found);
        self.jump_on(found, on, target);
        self.asm.release(mark);
    }
}

/// `a op b` is `b mirrored(op) a`.
fn mirrored(op: BinaryOp) -> BinaryOp {
    match op {
        BinaryOp::Lt => BinaryOp::Gt,
        BinaryOp::Le => BinaryOp::Ge,
        BinaryOp::Gt => BinaryOp::Lt,
        BinaryOp::Ge => BinaryOp::Le,
        other => other,
    }
}
