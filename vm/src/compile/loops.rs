//! Loops.
//!
//! `while` tests at its top and jumps back by `LOOP`, which polls. `for` over a literal range counts in registers; any other `for`
//! asks an iterator, with its test at the bottom:
//!
//! ```text
//!          ITER_PREP a, source
//!          JUMP next
//! thrown:  ITER_CLOSE a           entered by the handler of the body
//!          RETHROW
//! body:    …                      the element is in a + 3
//! next:    ITER_LOOP a, body
//!          JUMP end               only if there is a `break` or `return`
//! break:   ITER_CLOSE a
//! end:
//! ```
//!
//! So a generator is closed however the loop is left, and a loop that runs to its end pays nothing for it.

use co_lang::ast::{BlockId, ExprId, ExprKind, ForId, PatId, PatKind};

use super::{Compiler, Dest, Reg, cleanup::Exit};
use crate::bytecode::{HandlerKind, Op};

impl Compiler<'_> {
    pub(super) fn while_loop(&mut self, condition: ExprId, body: BlockId) {
        let end = self.asm.label();
        let top = self.asm.bound_label();
        self.jump_if(condition, false, end);
        self.exits.push(Exit::Loop { leave: end, next: top, next_is_back: true });
        self.block(body, Dest::Discard);
        self.exits.pop();
        self.asm.at(self.ast[condition].span);
        self.asm.jump_back(top);
        self.asm.bind(end);
    }

    pub(super) fn for_loop(&mut self, id: ForId) {
        let looped = self.ast[id];
        let mark = self.asm.mark();
        let source = self.ast.unparen(looped.source);
        match self.ast[source].kind {
            ExprKind::Range { start: Some(start), end: Some(end), inclusive }
                if looped.await_span.is_none() && looped.second.is_none() =>
            {
                self.counted_loop(id, start, end, inclusive);
            }
            _ => self.iterated_loop(id, source),
        }
        self.asm.release(mark);
    }

    fn counted_loop(&mut self, id: ForId, start: ExprId, end_expr: ExprId, inclusive: bool) {
        let looped = self.ast[id];
        let state = self.range_bounds(Some(start), Some(end_expr));
        let variable = self.asm.temp();
        let (end, next) = (self.asm.label(), self.asm.label());
        self.asm.at(self.ast[looped.source].span);
        self.asm.jump_if(if inclusive { Op::FOR_PREP_INCL } else { Op::FOR_PREP }, state, end);
        let body = self.asm.bound_label();
        self.loop_variable(looped.first, variable);
        self.exits.push(Exit::Loop { leave: end, next, next_is_back: false });
        self.block(looped.body, Dest::Discard);
        self.exits.pop();
        self.asm.bind(next);
        self.asm.at(self.ast[looped.source].span);
        self.asm.jump_if(Op::FOR_LOOP, state, body);
        self.asm.bind(end);
    }

    fn iterated_loop(&mut self, id: ForId, source: ExprId) {
        let looped = self.ast[id];
        let source_span = self.ast[source].span;
        let names = 1 + looped.second.is_some() as u32;
        // Takes what is thrown or returned through the loop.
        let passing = self.asm.temp();
        let state = self.asm.temps(3 + names);
        let mark = self.asm.mark();
        let items = self.operand(source);
        self.asm.at(looped.await_span.map_or(source_span, |span| span.to(source_span)));
        let prepare = if looped.await_span.is_some() { Op::ITER_PREP_ASYNC } else { Op::ITER_PREP };
        self.asm.op_ab(prepare, state, items);
        self.asm.release(mark);

        let is_live = self.asm.is_reachable();
        let closes = self.may_be_generator(source);
        let (end, next, thrown) = (self.asm.label(), self.asm.label(), self.asm.label());
        let (leave, returning, body) = (self.asm.label(), self.asm.label(), self.asm.label());
        self.asm.jump(next);
        if closes {
            self.asm.bind_stub(thrown, is_live);
            self.asm.op_a(Op::ITER_CLOSE, state);
            self.asm.op_a(Op::RETHROW, passing);
        }
        self.asm.bind_stub(body, is_live);
        let start = self.asm.edge();
        let element = state.plus(3);
        self.loop_variable(looped.first, element);
        if let Some(second) = looped.second {
            self.loop_variable(second, element.plus(1));
        }
        self.exits.push(match closes {
            true => Exit::Iteration { leave, next, returning, value: passing, breaks: false, returns: false },
            false => Exit::Loop { leave: end, next, next_is_back: false },
        });
        self.block(looped.body, Dest::Discard);
        let exit = self.exits.pop();
        self.asm.bind(next);
        self.asm.at(source_span);
        self.asm.jump_if(if names == 2 { Op::ITER_LOOP_2 } else { Op::ITER_LOOP }, state, body);
        if closes {
            self.asm.protect(start, thrown, passing, HandlerKind::Cleanup);
        }
        if let Some(Exit::Iteration { breaks, returns, .. }) = exit
            && (breaks || returns)
        {
            self.asm.jump(end);
            self.asm.bind(leave);
            self.asm.op_a(Op::ITER_CLOSE, state);
            self.asm.jump(end);
            self.asm.bind(returning);
            self.asm.op_a(Op::ITER_CLOSE, state);
            self.return_value(passing);
        }
        self.asm.bind(end);
    }

    /// Values whose walk needs no closing are known by their literals.
    fn may_be_generator(&self, source: ExprId) -> bool {
        !matches!(
            self.ast[source].kind,
            ExprKind::List(_)
                | ExprKind::Map(_)
                | ExprKind::Range { .. }
                | ExprKind::Str(_)
                | ExprKind::Interpolation(_)
                | ExprKind::Bytes(_)
        )
    }

    /// The element is in the register each turn anew, so the register can be the variable.
    pub(super) fn loop_variable(&mut self, pattern: PatId, element: Reg) {
        let pattern = self.ast.unparen_pat(pattern);
        match self.ast[pattern].kind {
            PatKind::Bind(_) => self.declare_at(self.res.binding(pattern), element),
            _ => {
                self.declare_pattern(pattern);
                self.expect_pattern(pattern, element);
            }
        }
    }
}
