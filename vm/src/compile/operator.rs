//! Operators: arithmetic, comparisons that give a bool, `and`, `or`, `??`.
//!
//! A chain of operators that group to the left is walked from its leftmost operand outwards in a loop: `a + b + …` may be as
//! long as it likes.

use co_lang::{
    ast::{BinaryOp, ExprId, ExprKind, UnaryOp},
    source::Span,
};

use super::{Compiler, Dest, Reg, variable::Place};
use crate::{bytecode::Op, value::Value};

/// The left operand of an operator that is compiled.
#[derive(Clone, Copy)]
enum Left {
    Reg(Reg),
    /// Not loaded yet.
    Literal(Value),
}

/// Constant strings are joined up to this length.
const MAX_FOLDED: usize = 1000;

impl Compiler<'_> {
    /// A binary expression.
    pub(super) fn binary(&mut self, expr: ExprId, dest: Dest) {
        let ExprKind::Binary(op, left, right) = self.ast[expr].kind else { return };
        match op {
            BinaryOp::And | BinaryOp::Or => self.logic(expr, op, dest),
            BinaryOp::Coalesce => self.coalesce(left, right, dest),
            _ => self.eager_chain(expr, dest),
        }
    }

    fn eager_chain(&mut self, expr: ExprId, dest: Dest) {
        let mark = self.asm.mark();
        let start = self.spine.len();
        let mut leftmost = expr;
        while let ExprKind::Binary(op, left, _) = self.ast[leftmost].kind
            && !matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce)
        {
            self.spine.push(leftmost);
            leftmost = self.ast.unparen(left);
        }
        // Where steps on the way go; taken when it is needed.
        let mut steps = match dest {
            Dest::Fresh(reg) => Some(reg),
            _ => None,
        };
        let mut left = match (self.literal(leftmost), self.in_place(leftmost)) {
            (Some(value), _) => Left::Literal(value),
            (None, Some(reg)) if !self.right_may_assign(self.spine[self.spine.len() - 1]) => Left::Reg(reg),
            _ => {
                let reg = *steps.get_or_insert_with(|| self.asm.temp());
                self.expr(leftmost, Dest::Fresh(reg));
                Left::Reg(reg)
            }
        };
        while self.spine.len() > start {
            let Some(node) = self.spine.pop() else { break };
            let ExprKind::Binary(op, _, right) = self.ast[node].kind else { break };
            let target = match dest {
                Dest::Fresh(reg) | Dest::Var(reg) if self.spine.len() == start => Some(reg),
                _ => steps,
            };
            left = self.step(op, left, right, self.ast[node].span, target);
            if let (Left::Reg(reg), None, None) = (left, target, steps) {
                steps = Some(reg);
            }
        }
        match left {
            Left::Literal(value) => self.value(value, dest),
            Left::Reg(_) => {}
        }
        self.asm.release(mark);
    }

    fn right_may_assign(&self, node: ExprId) -> bool {
        match self.ast[node].kind {
            ExprKind::Binary(_, _, right) => self.may_assign_in(right),
            _ => false,
        }
    }

    /// One operator. The result goes to `target`, or a temporary that stays in use.
    fn step(&mut self, op: BinaryOp, left: Left, right: ExprId, span: Span, target: Option<Reg>) -> Left {
        let constant = self.literal(right);
        if let (Left::Literal(left), Some(right)) = (left, constant)
            && let Some(folded) = self.fold(op, left, right)
        {
            return Left::Literal(folded);
        }
        let to = target.unwrap_or_else(|| self.asm.temp());
        let mark = self.asm.mark();
        match (left, constant) {
            // Addition and multiplication with a number do not care about the order.
            (Left::Literal(number), None)
                if matches!(op, BinaryOp::Add | BinaryOp::Mul) && number.as_number().is_some() =>
            {
                let right = self.operand(right);
                self.asm.at(span);
                self.with_constant(op, to, right, number);
            }
            (_, Some(constant)) => {
                let left = self.loaded(left);
                self.asm.at(span);
                self.with_constant(op, to, left, constant);
            }
            (_, None) => {
                let left = self.loaded(left);
                let right = self.operand(right);
                self.asm.at(span);
                self.with_registers(op, to, left, right);
            }
        }
        self.asm.release(mark);
        Left::Reg(to)
    }

    fn loaded(&mut self, left: Left) -> Reg {
        match left {
            Left::Reg(reg) => reg,
            Left::Literal(value) => self.value_in_temp(value),
        }
    }

    /// `to = left op constant`.
    fn with_constant(&mut self, op: BinaryOp, to: Reg, left: Reg, constant: Value) {
        let small = constant.as_int().and_then(|int| i16::try_from(int).ok());
        match (op, small) {
            (BinaryOp::Add, Some(int)) => return self.asm.op_abn(Op::ADD_I, to, left, int as u16),
            // `x - 0` keeps the sign of -0.0, `x + 0` does not.
            (BinaryOp::Sub, Some(int)) if int != 0 && int != i16::MIN => {
                return self.asm.op_abn(Op::ADD_I, to, left, -int as u16);
            }
            _ => {}
        }
        let with_constant = match op {
            BinaryOp::Add => Some(Op::ADD_K),
            BinaryOp::Sub => Some(Op::SUB_K),
            BinaryOp::Mul => Some(Op::MUL_K),
            BinaryOp::Div => Some(Op::DIV_K),
            BinaryOp::FloorDiv => Some(Op::FLOOR_DIV_K),
            BinaryOp::Rem => Some(Op::REM_K),
            BinaryOp::BitAnd => Some(Op::BIT_AND_K),
            BinaryOp::BitOr => Some(Op::BIT_OR_K),
            BinaryOp::BitXor => Some(Op::BIT_XOR_K),
            BinaryOp::Shl => Some(Op::SHL_K),
            BinaryOp::Shr => Some(Op::SHR_K),
            _ => None,
        };
        if let Some(with_constant) = with_constant
            && let Some(operand) = self.asm.scaled_constant(constant)
        {
            return self.asm.op_abn(with_constant, to, left, operand);
        }
        let mark = self.asm.mark();
        let right = self.value_in_temp(constant);
        self.with_registers(op, to, left, right);
        self.asm.release(mark);
    }

    /// `to = left op right` for any operator that evaluates both.
    pub(super) fn with_registers(&mut self, op: BinaryOp, to: Reg, left: Reg, right: Reg) {
        let is_negated = op == BinaryOp::NotIn;
        let (op, swapped) = match op {
            BinaryOp::Eq => (Op::EQ, false),
            BinaryOp::Ne => (Op::NE, false),
            BinaryOp::Lt => (Op::LT, false),
            BinaryOp::Le => (Op::LE, false),
            BinaryOp::Gt => (Op::LT, true),
            BinaryOp::Ge => (Op::LE, true),
            BinaryOp::In | BinaryOp::NotIn => (Op::IN, false),
            BinaryOp::BitOr => (Op::BIT_OR, false),
            BinaryOp::BitXor => (Op::BIT_XOR, false),
            BinaryOp::BitAnd => (Op::BIT_AND, false),
            BinaryOp::Shl => (Op::SHL, false),
            BinaryOp::Shr => (Op::SHR, false),
            BinaryOp::Add => (Op::ADD, false),
            BinaryOp::Sub => (Op::SUB, false),
            BinaryOp::Mul => (Op::MUL, false),
            BinaryOp::Div => (Op::DIV, false),
            BinaryOp::FloorDiv => (Op::FLOOR_DIV, false),
            BinaryOp::Rem => (Op::REM, false),
            BinaryOp::Pow => (Op::POW, false),
            // Not evaluated like this.
            BinaryOp::Or | BinaryOp::And | BinaryOp::Coalesce => return,
        };
        match swapped {
            true => self.asm.op_abc(op, to, right, left),
            false => self.asm.op_abc(op, to, left, right),
        }
        if is_negated {
            self.asm.op_ab(Op::NOT, to, to);
        }
    }

    /// `target op= operand`, where the old value is in `old`.
    pub(super) fn update(&mut self, op: BinaryOp, to: Reg, old: Reg, operand: Operand, span: Span) {
        self.asm.at(span);
        match operand {
            Operand::Reg(right) => self.with_registers(op, to, old, right),
            Operand::Literal(value) => self.with_constant(op, to, old, value),
        }
    }

    /// The right operand of an update, evaluated now.
    pub(super) fn update_operand(&mut self, expr: ExprId) -> Operand {
        match self.literal(expr) {
            Some(value) => Operand::Literal(value),
            None => Operand::Reg(self.operand(expr)),
        }
    }

    pub(super) fn unary(&mut self, expr: ExprId, dest: Dest) {
        if let Some(value) = self.literal(expr) {
            return self.value(value, dest);
        }
        let ExprKind::Unary(op, operand) = self.ast[expr].kind else { return };
        let op = if op == UnaryOp::Neg { Op::NEG } else { Op::BIT_NOT };
        self.with_target(dest, |this, to| {
            let value = this.operand(operand);
            this.asm.at(this.ast[expr].span);
            this.asm.op_ab(op, to, value);
        });
    }

    // ---- constants

    /// The value of a literal number or string, also with a minus in front, or of a module's constant such as `math.pi`.
    pub(super) fn literal(&mut self, expr: ExprId) -> Option<Value> {
        let expr = self.ast.unparen(expr);
        match self.ast[expr].kind {
            ExprKind::Int(int) => Some(Value::int(int)),
            ExprKind::Float(float) | ExprKind::Duration(float) => Some(Value::float(float)),
            ExprKind::Str(symbol) => Some(self.string(symbol)),
            ExprKind::Unary(UnaryOp::Neg, operand) => match self.ast[self.ast.unparen(operand)].kind {
                ExprKind::Int(int) => int.checked_neg().map(Value::int),
                ExprKind::Float(float) | ExprKind::Duration(float) => Some(Value::float(-float)),
                _ => None,
            },
            ExprKind::Field { object, name, .. } => match self.module_member(object, name) {
                Some(Place::Constant(value)) if value.as_number().is_some() => Some(value),
                _ => None,
            },
            _ => None,
        }
    }

    /// The result of an operator on two literals, where it cannot fail.
    fn fold(&mut self, op: BinaryOp, left: Value, right: Value) -> Option<Value> {
        if let (Some(left), Some(right)) = (left.as_int(), right.as_int()) {
            let result = match op {
                BinaryOp::Add => left.checked_add(right)?,
                BinaryOp::Sub => left.checked_sub(right)?,
                BinaryOp::Mul => left.checked_mul(right)?,
                BinaryOp::Div if right != 0 => return Some(Value::float(left as f64 / right as f64)),
                _ => return None,
            };
            return Some(Value::int(result));
        }
        if let (Some(left), Some(right)) = (left.as_number(), right.as_number()) {
            let result = match op {
                BinaryOp::Add => left + right,
                BinaryOp::Sub => left - right,
                BinaryOp::Mul => left * right,
                BinaryOp::Div => left / right,
                _ => return None,
            };
            return Some(Value::float(result));
        }
        let left = left.as_object::<crate::heap::object::Str>()?;
        let right = right.as_object::<crate::heap::object::Str>()?;
        let fits = op == BinaryOp::Add && left.as_str().len() + right.as_str().len() <= MAX_FOLDED;
        fits.then(|| {
            let joined = [left.as_str(), right.as_str()].concat();
            self.text(&joined)
        })
    }

    // ---- operators that may leave their right operand out

    fn logic(&mut self, expr: ExprId, op: BinaryOp, dest: Dest) {
        let (jump, on) =
            if op == BinaryOp::And { (Op::JUMP_IF_FALSE, false) } else { (Op::JUMP_IF_TRUE, true) };
        let mark = self.asm.mark();
        let start = self.spine.len();
        let mut last = expr;
        // `a or b or c`: the operands from right to left, and one end.
        while let ExprKind::Binary(inner, left, right) = self.ast[last].kind
            && inner == op
        {
            self.spine.push(right);
            last = self.ast.unparen(left);
        }
        self.spine.push(last);
        let end = self.asm.label();
        let kept = match dest {
            Dest::Fresh(reg) => Some(reg),
            Dest::Var(_) => Some(self.asm.temp()),
            Dest::Discard | Dest::Return => None,
        };
        while self.spine.len() > start {
            let Some(operand) = self.spine.pop() else { break };
            let is_last = self.spine.len() == start;
            match kept {
                None if is_last => self.expr(operand, dest),
                None => self.jump_if(operand, on, end),
                Some(reg) => {
                    self.expr(operand, Dest::Fresh(reg));
                    if !is_last {
                        self.asm.at(self.ast[operand].span);
                        self.asm.jump_if(jump, reg, end);
                    }
                }
            }
        }
        self.asm.bind(end);
        if let (Some(reg), Dest::Var(to)) = (kept, dest) {
            self.asm.move_to(to, reg);
        }
        self.asm.release(mark);
    }

    fn coalesce(&mut self, left: ExprId, right: ExprId, dest: Dest) {
        self.with_fresh(dest, |this, dest| {
            let mark = this.asm.mark();
            let reg = match dest {
                Dest::Fresh(reg) => {
                    this.expr(left, Dest::Fresh(reg));
                    reg
                }
                _ => this.operand(left),
            };
            let end = this.asm.label();
            this.asm.jump_if(Op::JUMP_IF_NOT_NIL, reg, end);
            this.expr(right, dest);
            this.asm.bind(end);
            this.asm.release(mark);
        });
    }
}

/// The operand of `op=`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operand {
    Reg(Reg),
    Literal(Value),
}
