//! Statements and blocks.

use co_lang::{
    ast::{BlockId, ExprId, ExprKind, PatId, PatKind, StmtId, StmtKind},
    resolve::Binding,
};

use super::{Compiler, Dest, deep};
use crate::{bytecode::Op, value::Value};

impl<'a> Compiler<'a> {
    /// A block with its own variables.
    pub(super) fn block(&mut self, id: BlockId, dest: Dest) {
        deep(|| {
            let mark = self.asm.mark();
            self.block_start(id);
            let stmts = self.ast.list(self.ast[id].stmts);
            self.statements(stmts, dest);
            self.asm.release(mark);
        });
    }

    /// What has to be there before a block's first statement.
    fn block_start(&mut self, id: BlockId) {
        let Some(start) = self.res.start(id) else { return };
        for cell in &start.cells {
            self.declare(Some(Binding::Local(*cell)));
            if let Some(reg) = self.local_regs[cell.0 as usize] {
                self.asm.op_a(Op::LOAD_UNDEF, reg);
                self.asm.op_a(Op::NEW_CELL, reg);
            }
        }
        for item in &start.items {
            match self.ast[*item].kind {
                StmtKind::Fn(id) => self.fn_statement(id),
                StmtKind::Struct(id) => self.struct_statement(id),
                _ => {}
            }
        }
    }

    /// The statements of a block; the last one's value goes to `dest`.
    pub(super) fn statements(&mut self, stmts: &[StmtId], dest: Dest) {
        for (index, id) in stmts.iter().enumerate() {
            self.asm.at(self.ast[*id].span);
            match self.ast[*id].kind {
                StmtKind::Expr(expr) if index + 1 == stmts.len() => return self.expr(expr, dest),
                StmtKind::Defer(action) => {
                    let rest = &stmts[index + 1..];
                    return deep(|| self.deferred(action, rest, dest));
                }
                _ => self.statement(*id),
            }
        }
        self.value(Value::NIL, dest);
    }

    fn statement(&mut self, id: StmtId) {
        match self.ast[id].kind {
            StmtKind::Expr(expr) => self.expr(expr, Dest::Discard),
            StmtKind::Let { pattern, value, .. } => self.let_statement(pattern, value),
            StmtKind::Assign(assign) => self.assign(assign),
            // Those that were made where the block starts are no work here.
            StmtKind::Fn(function) => {
                if !self.made_at_start(id, self.res.fn_bindings[function.index()]) {
                    self.fn_statement(function);
                }
            }
            StmtKind::Struct(structure) => {
                if !self.made_at_start(id, self.res.struct_bindings[structure.index()]) {
                    self.struct_statement(structure);
                }
            }
            StmtKind::While { condition, body } => self.while_loop(condition, body),
            StmtKind::For(id) => self.for_loop(id),
            StmtKind::Test { name, body } => self.test_block(name, body),
            StmtKind::Import(_) | StmtKind::Defer(_) | StmtKind::Error => {}
        }
    }

    fn made_at_start(&self, stmt: StmtId, binding: Option<Binding>) -> bool {
        matches!(binding, Some(Binding::Global(_))) || self.made_early.contains(&stmt)
    }

    /// `let` and `var`. The new names are not visible in the value, so their registers may hold parts of it.
    pub(super) fn let_statement(&mut self, pattern: PatId, value: ExprId) {
        let pattern = self.ast.unparen_pat(pattern);
        match self.ast[pattern].kind {
            PatKind::Bind(_) => {
                let binding = self.res.binding(pattern);
                self.declare(binding);
                let mark = self.asm.mark();
                let reg = match self.binding_reg(binding) {
                    Some(reg) => {
                        self.expr(value, Dest::Fresh(reg));
                        reg
                    }
                    None => self.operand(value),
                };
                self.initialise(binding, reg);
                self.asm.release(mark);
            }
            PatKind::Wildcard => self.expr(value, Dest::Discard),
            PatKind::List(items) => match self.same_length_literal(self.ast.list(items), value) {
                Some(values) => {
                    for (item, value) in self.ast.list(items).iter().zip(values) {
                        deep(|| self.let_statement(*item, *value));
                    }
                }
                None => self.destructure(pattern, value),
            },
            _ => self.destructure(pattern, value),
        }
    }

    fn destructure(&mut self, pattern: PatId, value: ExprId) {
        self.declare_pattern(pattern);
        let mark = self.asm.mark();
        let value = self.operand(value);
        self.expect_pattern(pattern, value);
        self.asm.release(mark);
    }

    /// The items of a list literal that a list pattern takes apart at once: `let [a, b] = [x, y]`.
    fn same_length_literal(&self, items: &[PatId], value: ExprId) -> Option<&'a [ExprId]> {
        let ExprKind::List(values) = self.ast[self.ast.unparen(value)].kind else { return None };
        let values = self.ast.list(values);
        let plain = values.len() == items.len()
            && !values.iter().any(|value| matches!(self.ast[*value].kind, ExprKind::Spread(_)))
            && !items.iter().any(|item| matches!(self.ast[*item].kind, PatKind::Rest(_)));
        plain.then_some(values)
    }
}
