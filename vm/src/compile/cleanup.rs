//! Leaving blocks: `return`, `break`, `continue` and errors on their way through loops, `finally` and `defer`.
//!
//! Clean-up code is compiled once. Whatever leaves the protected body first notes in the register `kind` why, and in `value` what it
//! carries; after the clean-up a dispatch goes on with it:
//!
//! ```text
//!          body                        protected: a handler puts what is thrown into `value` and goes to `thrown`
//!          LOAD_INT kind, NORMAL       (return: MOVE value, …; LOAD_INT kind, RETURN; JUMP run)
//! run:     CLEANUP_ENTER depth
//!          clean-up                    protected: see `failed`
//!          CLEANUP_LEAVE depth
//!          JUMP_EQ_I kind, NORMAL, after
//!          …                           each jump that occurs: go on with it outside
//!          RETHROW value
//! thrown:  LOAD_INT kind, THROWN
//!          JUMP run
//! failed:  CLEANUP_LEAVE depth         the clean-up itself throws
//!          SET_CAUSE error, value      if kind is THROWN
//!          RETHROW error
//! after:
//! ```
//!
//! The registers are those above the body's surroundings: when they are written, the body's own are of no use any more.

use std::cell::Cell;

use co_lang::ast::{BlockId, Catch, ExprId, ExprKind, List, StmtId, StmtKind, Try, TryId};

use super::{Compiler, Dest, Reg, emit::Label};
use crate::{
    bytecode::{HandlerKind, Op},
    value::Value,
};

/// A way out of a loop's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Jump {
    Break,
    Continue,
}

/// Something that a jump outwards has to care for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Exit {
    Loop {
        leave: Label,
        next: Label,
        /// `next` lies behind, so a jump there has to poll.
        next_is_back: bool,
    },
    /// A loop whose iterator is closed when it is left. A `return` leaves its value in `value` and goes to `returning`.
    Iteration { leave: Label, next: Label, returning: Label, value: Reg, breaks: bool, returns: bool },
    /// The body of something that has clean-up.
    Protected { run: Label, kind: Reg, value: Reg, returns: bool, breaks: bool, continues: bool },
    /// The clean-up itself. (That jumps must not leave it is checked elsewhere.)
    CleanUp { depth: Reg },
}

const NORMAL: i16 = 0;
const THROWN: i16 = 1;
const RETURN: i16 = 2;
const BREAK: i16 = 3;
const CONTINUE: i16 = 4;

impl Compiler<'_> {
    // ---- jumps

    pub(super) fn return_expr(&mut self, value: Option<ExprId>) {
        match value {
            Some(value) => self.expr(value, Dest::Return),
            None => self.value(Value::NIL, Dest::Return),
        }
    }

    /// No clean-up lies between here and the function's end.
    pub(super) fn returns_directly(&self) -> bool {
        self.exits.iter().all(|exit| matches!(exit, Exit::Loop { .. }))
    }

    pub(super) fn return_value(&mut self, from: Reg) {
        if !self.asm.is_reachable() {
            return;
        }
        for index in (0..self.exits.len()).rev() {
            match &mut self.exits[index] {
                Exit::Loop { .. } => {}
                Exit::Iteration { returning, value, returns, .. } => {
                    *returns = true;
                    let (returning, value) = (*returning, *value);
                    self.asm.move_to(value, from);
                    return self.asm.jump(returning);
                }
                Exit::Protected { run, kind, value, returns, .. } => {
                    *returns = true;
                    let (run, kind, value) = (*run, *kind, *value);
                    self.asm.move_to(value, from);
                    self.asm.op_wide(Op::LOAD_INT, kind, RETURN as u32);
                    return self.asm.jump(run);
                }
                Exit::CleanUp { depth } => {
                    let depth = *depth;
                    self.asm.op_a(Op::CLEANUP_LEAVE, depth);
                }
            }
        }
        self.asm.op_a(Op::RETURN, from);
    }

    pub(super) fn leave_loop(&mut self, jump: Jump) {
        if !self.asm.is_reachable() {
            return;
        }
        for index in (0..self.exits.len()).rev() {
            match &mut self.exits[index] {
                Exit::Loop { leave, next, next_is_back } => {
                    let (leave, next, next_is_back) = (*leave, *next, *next_is_back);
                    return match jump {
                        Jump::Break => self.asm.jump(leave),
                        Jump::Continue if next_is_back => self.asm.jump_back(next),
                        Jump::Continue => self.asm.jump(next),
                    };
                }
                Exit::Iteration { leave, next, breaks, .. } => {
                    *breaks |= jump == Jump::Break;
                    let target = if jump == Jump::Break { *leave } else { *next };
                    return self.asm.jump(target);
                }
                Exit::Protected { run, kind, breaks, continues, .. } => {
                    *breaks |= jump == Jump::Break;
                    *continues |= jump == Jump::Continue;
                    let (run, kind) = (*run, *kind);
                    let why = if jump == Jump::Break { BREAK } else { CONTINUE };
                    self.asm.op_wide(Op::LOAD_INT, kind, why as u32);
                    return self.asm.jump(run);
                }
                Exit::CleanUp { depth } => {
                    let depth = *depth;
                    self.asm.op_a(Op::CLEANUP_LEAVE, depth);
                }
            }
        }
    }

    /// Where a block that does nothing but `break` or `continue` goes, if nothing has to be done on the way: a condition can
    /// jump there itself.
    pub(super) fn only_jumps(&mut self, block: BlockId) -> Option<Label> {
        let [stmt] = self.ast.list(self.ast[block].stmts) else { return None };
        let StmtKind::Expr(expr) = self.ast[*stmt].kind else { return None };
        let jump = match self.ast[expr].kind {
            ExprKind::Break => Jump::Break,
            ExprKind::Continue => Jump::Continue,
            _ => return None,
        };
        match (self.exits.last_mut()?, jump) {
            (Exit::Loop { leave, .. }, Jump::Break) => Some(*leave),
            (Exit::Loop { next, next_is_back: false, .. }, Jump::Continue) => Some(*next),
            (Exit::Iteration { leave, breaks, .. }, Jump::Break) => {
                *breaks = true;
                Some(*leave)
            }
            (Exit::Iteration { next, .. }, Jump::Continue) => Some(*next),
            _ => None,
        }
    }

    // ---- try, defer

    pub(super) fn try_catch(&mut self, id: TryId, dest: Dest) {
        let whole = self.ast[id];
        match whole.finally {
            None => self.caught(whole, dest),
            Some(finally) => self.with_cleanup(
                dest,
                |this, dest| this.caught(whole, dest),
                |this| this.block(finally, Dest::Discard),
            ),
        }
    }

    /// `defer action` with the statements behind it.
    pub(super) fn deferred(&mut self, action: ExprId, rest: &[StmtId], dest: Dest) {
        self.with_cleanup(
            dest,
            |this, dest| this.statements(rest, dest),
            |this| this.expr(action, Dest::Discard),
        );
    }

    fn caught(&mut self, whole: Try, dest: Dest) {
        if whole.catches.is_empty() {
            return self.block(whole.body, dest);
        }
        let mark = self.asm.mark();
        let (handler, after) = (self.asm.label(), self.asm.label());
        // Nothing of the body is in use when the error arrives.
        let error = Reg::at(mark);
        let start = self.asm.edge();
        self.block(whole.body, dest);
        let can_throw = self.asm.protect(start, handler, error, HandlerKind::Catch);
        self.asm.jump(after);
        self.asm.reserve(mark + 1);
        self.asm.bind_stub(handler, can_throw);
        self.catch_clauses(whole.catches, error, after, dest);
        self.asm.bind(after);
        self.asm.release(mark);
    }

    fn catch_clauses(&mut self, catches: List<Catch>, error: Reg, after: Label, dest: Dest) {
        for (index, catch) in self.ast.list(catches).iter().enumerate() {
            let next = self.asm.label();
            let mark = self.asm.mark();
            let binding = self.res.catches.get(catches.start as usize + index).copied().flatten();
            self.name_value(binding, error);
            if let Some(guard) = catch.guard {
                self.jump_if(guard, false, next);
            }
            self.block(catch.body, dest);
            self.asm.jump(after);
            self.asm.bind(next);
            self.asm.release(mark);
        }
        self.asm.op_a(Op::RETHROW, error);
    }

    /// `clean_up` follows `body`, however that is left.
    pub(super) fn with_cleanup(
        &mut self,
        dest: Dest,
        body: impl FnOnce(&mut Self, Dest),
        clean_up: impl FnOnce(&mut Self),
    ) {
        self.with_fresh(dest, |this, dest| this.cleanup(dest, body, clean_up));
    }

    fn cleanup(&mut self, dest: Dest, body: impl FnOnce(&mut Self, Dest), clean_up: impl FnOnce(&mut Self)) {
        let mark = self.asm.mark();
        let [kind, value, depth, error] = [0, 1, 2, 3].map(|index| Reg::at(mark + index));
        let failed = self.asm.label();
        let can_fail = Cell::new(false);
        self.protected(
            dest,
            body,
            |this, _, _| {
                this.asm.reserve(mark + 4);
                this.asm.op_a(Op::CLEANUP_ENTER, depth);
                let start = this.asm.edge();
                this.exits.push(Exit::CleanUp { depth });
                clean_up(this);
                this.exits.pop();
                can_fail.set(this.asm.protect(start, failed, error, HandlerKind::Cleanup));
                this.asm.op_a(Op::CLEANUP_LEAVE, depth);
            },
            |this| {
                this.asm.bind_stub(failed, can_fail.get());
                this.asm.op_a(Op::CLEANUP_LEAVE, depth);
                this.if_kind(kind, THROWN, |this| this.asm.op_ab(Op::SET_CAUSE, error, value));
                this.asm.op_a(Op::RETHROW, error);
            },
        );
    }

    /// `run` follows `body`, however that is left; then what had left it goes on. `run` gets the registers `kind` and `value`, the next two
    /// free ones here; `stubs` may add code that nothing runs into.
    pub(super) fn protected(
        &mut self,
        dest: Dest,
        body: impl FnOnce(&mut Self, Dest),
        run_code: impl FnOnce(&mut Self, Reg, Reg),
        stubs: impl FnOnce(&mut Self),
    ) {
        let mark = self.asm.mark();
        let [kind, value] = [0, 1].map(|index| Reg::at(mark + index));
        let (run, thrown, after) = (self.asm.label(), self.asm.label(), self.asm.label());

        let start = self.asm.edge();
        let protected = Exit::Protected { run, kind, value, returns: false, breaks: false, continues: false };
        self.exits.push(protected);
        body(self, dest);
        let Some(Exit::Protected { returns, breaks, continues, .. }) = self.exits.pop() else { return };
        let can_throw = self.asm.protect(start, thrown, value, HandlerKind::Cleanup);
        self.asm.reserve(mark + 2);
        let completes = self.asm.is_reachable();
        self.asm.op_wide(Op::LOAD_INT, kind, NORMAL as u32);

        self.asm.bind_stub(run, can_throw);
        run_code(self, kind, value);

        let leaves = self.asm.is_reachable();
        if completes {
            self.asm.jump_compare(Op::JUMP_EQ_I, kind, NORMAL as u16, after);
        }
        if returns {
            self.if_kind(kind, RETURN, |this| this.return_value(value));
        }
        if breaks {
            self.if_kind(kind, BREAK, |this| this.leave_loop(Jump::Break));
        }
        if continues {
            self.if_kind(kind, CONTINUE, |this| this.leave_loop(Jump::Continue));
        }
        if leaves {
            self.asm.op_a(Op::RETHROW, value);
        }
        self.asm.bind_stub(thrown, can_throw);
        self.asm.op_wide(Op::LOAD_INT, kind, THROWN as u32);
        self.asm.jump(run);
        stubs(self);
        self.asm.bind(after);
        self.asm.release(mark);
    }

    fn if_kind(&mut self, kind: Reg, is: i16, emit: impl FnOnce(&mut Self)) {
        let skip = self.asm.label();
        self.asm.jump_compare(Op::JUMP_NE_I, kind, is as u16, skip);
        emit(self);
        self.asm.bind(skip);
    }
}
