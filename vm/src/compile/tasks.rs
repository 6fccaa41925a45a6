//! `await`, `spawn`, `scope`, `select`.
//!
//! An awaited or spawned call is one pair of instructions: the call knows what will be done with the coroutine and makes none
//! if it can do without.

use co_lang::{
    ast::{BlockId, ExprId, ExprKind, FnForm, List, PatId, SelectArm, SelectHead},
    source::Span,
};

use super::{Compiler, Dest, Reg, chain::CallMode};
use crate::bytecode::Op;
use crate::value::Value;

impl Compiler<'_> {
    pub(super) fn await_expr(&mut self, inner: ExprId, span: Span, dest: Dest) {
        self.merged(inner, CallMode::Await { span }, dest);
    }

    /// A task whose handle nobody keeps fails its parent at once (R3).
    pub(super) fn spawn_expr(&mut self, inner: ExprId, span: Span, dest: Dest) {
        self.merged(inner, CallMode::Spawn { span, discarded: dest == Dest::Discard }, dest);
    }

    fn merged(&mut self, inner: ExprId, mode: CallMode, dest: Dest) {
        let inner = self.ast.unparen(inner);
        match self.ast[inner].kind {
            ExprKind::Call(..) if self.ends_in_call(inner) => self.chain_in(inner, dest, mode),
            ExprKind::Lambda(id) if matches!(self.ast[id].form, FnForm::AsyncBlock | FnForm::SpawnBlock) => {
                self.call_block(id, mode, dest);
            }
            ExprKind::Scope(_) | ExprKind::Select(_) => self.expr(inner, dest),
            _ => {
                let mark = self.asm.mark();
                let area = self.area(dest);
                self.expr(inner, Dest::Fresh(area));
                // The call area of what is awaited.
                self.asm.temps(2);
                self.complete(area, mode);
                self.give(area, dest);
                self.asm.release(mark);
            }
        }
    }

    /// `scope { … }`: see [`cleanup`](super::cleanup) for how it is left. The scope stays open until `SCOPE_EXIT` lets go on.
    pub(super) fn scope(&mut self, body: BlockId, span: Span, dest: Dest) {
        self.with_fresh(dest, |this, dest| {
            let mark = this.asm.mark();
            let scope = this.asm.temp();
            this.asm.at(span);
            this.asm.op_a(Op::SCOPE_ENTER, scope);
            this.protected(
                dest,
                |this, dest| this.block(body, dest),
                |this, kind, value| {
                    this.asm.at(span);
                    this.asm.op_abc(Op::SCOPE_EXIT, scope, kind, value);
                },
                |_| {},
            );
            this.asm.release(mark);
        });
    }

    /// ```text
    ///          the arms' awaitables in registers from `first` on
    ///          SELECT first, count, has_else      first = number of the arm, first + 1 = its value
    ///          JUMP_NE_I first, 0, next
    ///          body of the first arm
    ///          JUMP end
    /// next:    …
    /// ```
    pub(super) fn select(&mut self, arms: List<SelectArm>, span: Span, dest: Dest) {
        let mark = self.asm.mark();
        let arms = self.ast.list(arms);
        let waits: Vec<(Option<PatId>, ExprId, ExprId)> = arms
            .iter()
            .filter_map(|arm| match arm.head {
                SelectHead::Wait { pattern, source } => Some((pattern, source, arm.body)),
                SelectHead::Else => None,
            })
            .collect();
        let otherwise = arms.iter().find(|arm| matches!(arm.head, SelectHead::Else)).map(|arm| arm.body);
        let first = Reg::at(self.asm.mark());
        for (_, source, _) in &waits {
            self.in_temp(*source);
        }
        self.asm.reserve(first.number() as u32 + waits.len().max(2) as u32);
        self.asm.at(span);
        let count = self.asm.count(waits.len());
        self.asm.raw(Op::SELECT, first.scaled(), count, otherwise.is_some() as u16);
        let (end, value) = (self.asm.label(), first.plus(1));
        let arm_mark = self.asm.mark();
        for (index, (pattern, _, body)) in waits.iter().enumerate() {
            let next = self.asm.label();
            // The last arm needs no test.
            if index + 1 < waits.len() || otherwise.is_some() {
                self.asm.jump_compare(Op::JUMP_NE_I, first, index as u16, next);
            }
            if let Some(pattern) = pattern {
                self.loop_variable(*pattern, value);
            }
            self.expr(*body, dest);
            self.asm.jump(end);
            self.asm.bind(next);
            self.asm.release(arm_mark);
        }
        if let Some(body) = otherwise {
            self.expr(body, dest);
        } else if waits.is_empty() {
            // It waits for ever, but code that reads its value may follow.
            self.value(Value::NIL, dest);
        }
        self.asm.bind(end);
        self.asm.release(mark);
    }
}
