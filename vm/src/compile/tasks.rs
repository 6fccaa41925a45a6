//! `await`, `spawn`, `scope`, `select`.
//!
//! An awaited or spawned call is one pair of instructions: the call knows what will be done with the coroutine and makes none
//! if it can do without.

use co_lang::{
    ast::{BlockId, ExprId, ExprKind, FnForm, List, SelectArm},
    diagnostic::{Code, Diagnostic},
    source::Span,
};

use super::{Compiler, Dest, chain::CallMode};

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

    pub(super) fn scope(&mut self, _body: BlockId, span: Span, _dest: Dest) {
        self.not_yet("scope", span);
    }

    pub(super) fn select(&mut self, _arms: List<SelectArm>, span: Span, _dest: Dest) {
        self.not_yet("select", span);
    }

    fn not_yet(&mut self, what: &str, span: Span) {
        let message = format!("`{what}` is not known to the compiler yet");
        self.errors.push(Diagnostic::new(Code::MISPLACED_ASYNC, message, self.unit.source, span, "here"));
    }
}
