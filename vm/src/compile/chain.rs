//! Chains of calls, fields and indices: `a.b[i].f(x)?.g(y)`.
//!
//! A chain is walked from its head outwards in a loop, as it may have 100,000 links. A call's area begins where its callee's value
//! is, at the first free register; a method's receiver goes two registers further up, where the callee finds it as its first
//! register. So that receivers need not be moved there, the areas of nested links are laid out before the head is
//! compiled: each method call outside of a link pushes the link's result up by two, for the outermost [`NESTED`] ones.
//!
//! `x?.` jumps to the end of its chain with nil if `x` is nil.

use co_lang::{
    ast::{Arg, ExprId, ExprKind, List, Symbol},
    resolve::{GlobalKind, Res},
    source::Span,
};

use super::{Compiler, Dest, Reg, emit::Label, variable::Place};
use crate::{bytecode::Op, value::Value};

/// So many receivers are computed in place; those of longer chains are moved.
const NESTED: u32 = 8;

/// What happens to the result of a chain's last call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallMode {
    Plain,
    Await { span: Span },
    Spawn { span: Span, discarded: bool },
}

/// One link as the walk sees it.
#[derive(Clone, Copy)]
enum Link {
    Field { name: Symbol, optional: bool },
    Index { index: ExprId, optional: bool },
    Call { args: List<Arg> },
    Method { name: Symbol, optional: bool, args: List<Arg> },
}

/// Where a chain begins.
enum Head {
    Expr(ExprId),
    /// A member of a module that is known now.
    Member(Place, Span),
}

/// The state of the walk outwards.
struct Walk {
    /// The register that the chain's result would go to if nothing else is asked for.
    base: u32,
    /// Method calls that are still to come.
    outside: u32,
    /// The value of the links so far.
    value: Reg,
    /// Instead: the global function that the first call calls.
    global: Option<u16>,
    /// Where `?.` jumps to.
    nil: Option<Label>,
}

impl Walk {
    /// Where the link that is `outside` method calls away from the end has its result.
    fn slot(&self) -> u32 {
        self.base + 2 * self.outside.min(NESTED)
    }
}

impl Compiler<'_> {
    pub(super) fn chain(&mut self, expr: ExprId, dest: Dest) {
        if let ExprKind::Call(callee, args) = self.ast[expr].kind
            && self.is_assert(callee)
            && self.assertion(args, self.ast[expr].span, dest)
        {
            return;
        }
        self.chain_in(expr, dest, CallMode::Plain);
    }

    /// Is the chain's last link a call that `await` or `spawn` can be merged with? The jump of an optional link would miss the second
    /// half of the merged pair.
    pub(super) fn ends_in_call(&self, expr: ExprId) -> bool {
        let ExprKind::Call(mut at, _) = self.ast[expr].kind else { return false };
        loop {
            match self.ast[at].kind {
                ExprKind::Field { optional: true, .. } | ExprKind::Index { optional: true, .. } => {
                    return false;
                }
                ExprKind::Field { object: inner, .. }
                | ExprKind::Index { object: inner, .. }
                | ExprKind::Call(inner, _) => at = inner,
                _ => return true,
            }
        }
    }

    fn link(&self, node: ExprId) -> Option<(Link, ExprId)> {
        match self.ast[node].kind {
            ExprKind::Field { object, name, optional } => Some((Link::Field { name, optional }, object)),
            ExprKind::Index { object, index, optional } => Some((Link::Index { index, optional }, object)),
            ExprKind::Call(callee, args) => match self.ast[callee].kind {
                ExprKind::Field { object, name, optional } => {
                    Some((Link::Method { name, optional, args }, object))
                }
                _ => Some((Link::Call { args }, callee)),
            },
            _ => None,
        }
    }

    pub(super) fn chain_in(&mut self, expr: ExprId, dest: Dest, mode: CallMode) {
        let mark = self.asm.mark();
        let base = match dest {
            Dest::Fresh(reg) if self.asm.is_top(reg) => mark - 1,
            _ => mark,
        };
        // Down to the head. A member of a module that is known is one, although it looks like a field or method.
        let start = self.spine.len();
        let mut methods = 0;
        let mut node = expr;
        let mut member_call = None;
        let head = loop {
            let Some((link, inner)) = self.link(node) else { break Head::Expr(node) };
            let member = match link {
                Link::Field { name, .. } | Link::Method { name, .. } => self.module_member(inner, name),
                _ => None,
            };
            if let Some(place) = member {
                if let Link::Method { .. } = link {
                    self.spine.push(node);
                    member_call = Some(node);
                }
                break Head::Member(place, self.ast[node].span);
            }
            methods += matches!(link, Link::Method { .. }) as u32;
            self.spine.push(node);
            node = inner;
        };
        if let Head::Member(place, span) = head
            && self.spine.len() == start
        {
            return self.with_target(dest, |this, to| this.load(place, to, span, None));
        }
        let mut walk = Walk { base, outside: methods, value: Reg::at(base), global: None, nil: None };
        self.head(head, &mut walk, start, member_call);
        while self.spine.len() > start {
            let Some(node) = self.spine.pop() else { break };
            let is_last = self.spine.len() == start;
            let Some((link, _)) = self.link(node) else { break };
            let span = self.ast[node].span;
            let mode = if is_last { mode } else { CallMode::Plain };
            let out = match dest {
                Dest::Fresh(reg) | Dest::Var(reg) if is_last => Some(reg),
                _ => None,
            };
            match link {
                Link::Method { args, .. } if member_call == Some(node) => {
                    self.call_link(&mut walk, args, span, mode)
                }
                Link::Method { name, optional, args } => {
                    self.method_link(&mut walk, (name, optional), args, span, mode, is_last);
                }
                Link::Call { args } => self.call_link(&mut walk, args, span, mode),
                Link::Field { name, optional } => {
                    self.field_link(&mut walk, name, optional, span, is_last, out)
                }
                Link::Index { index, optional } => self.index_link(&mut walk, index, optional, span, out),
            }
        }
        self.give(walk.value, dest);
        if let (Some(nil), Dest::Discard) = (walk.nil, dest) {
            self.asm.bind(nil);
        } else if let Some(nil) = walk.nil {
            let end = self.asm.label();
            self.asm.jump(end);
            self.asm.bind(nil);
            self.value(Value::NIL, dest);
            self.asm.bind(end);
        }
        self.asm.release(mark);
    }

    /// The register of the walk's current slot; everything above is free.
    fn walk_slot(&mut self, walk: &Walk) -> Reg {
        self.asm.reserve(walk.slot());
        self.asm.temp()
    }

    /// Evaluates the head, unless its first link can take it from where it is.
    fn head(&mut self, head: Head, walk: &mut Walk, start: usize, member_call: Option<ExprId>) {
        let first = self.spine[start..].last().and_then(|node| self.link(*node)).map(|(link, _)| link);
        let is_call = matches!(first, Some(Link::Call { .. })) || (member_call.is_some() && first.is_some());
        match head {
            Head::Member(Place::Global { slot, .. }, _) if is_call && slot <= u16::MAX as u32 => {
                walk.global = Some(slot as u16);
            }
            Head::Member(place, span) => {
                walk.value = self.walk_slot(walk);
                self.load(place, walk.value, span, None);
            }
            Head::Expr(expr) => {
                if is_call && let Some(slot) = self.fixed_global(expr) {
                    walk.global = Some(slot);
                    return;
                }
                let later = match first {
                    Some(Link::Index { index, .. }) => Some(index),
                    _ => None,
                };
                walk.value = match self.in_place(expr) {
                    Some(reg) if !is_call && !later.is_some_and(|later| self.may_assign_in(later)) => reg,
                    _ => {
                        let slot = self.walk_slot(walk);
                        self.expr(expr, Dest::Fresh(slot));
                        slot
                    }
                };
            }
        }
    }

    /// The slot of a global that is not going to change, if it is low enough for an operand.
    fn fixed_global(&mut self, expr: ExprId) -> Option<u16> {
        let expr = self.ast.unparen(expr);
        let Res::Global(id) = self.res.names.get(expr.index()).copied().flatten()? else { return None };
        let kind = self.res.global(id).kind;
        if !matches!(
            kind,
            GlobalKind::Fn(_) | GlobalKind::Struct(_) | GlobalKind::Let | GlobalKind::Member(..)
        ) {
            return None;
        }
        match self.place(expr) {
            Place::Global { slot, set: true } => u16::try_from(slot).ok(),
            _ => None,
        }
    }

    fn field_link(
        &mut self,
        walk: &mut Walk,
        name: Symbol,
        optional: bool,
        span: Span,
        is_last: bool,
        out: Option<Reg>,
    ) {
        let slot = self.walk_slot(walk);
        if optional && !is_last {
            self.skip_if_nil(walk);
        }
        let name = self.name_operand(name);
        let op = if optional { Op::GET_FIELD_OPT } else { Op::GET_FIELD };
        let to = out.unwrap_or(slot);
        self.asm.at(span);
        self.asm.op_abn(op, to, walk.value, name);
        walk.value = to;
    }

    fn index_link(&mut self, walk: &mut Walk, index: ExprId, optional: bool, span: Span, out: Option<Reg>) {
        let slot = self.walk_slot(walk);
        let to = out.unwrap_or(slot);
        let object = walk.value;
        walk.value = to;
        if optional {
            let nil = *walk.nil.get_or_insert_with(|| self.asm.label());
            self.asm.at(span);
            self.asm.jump_if(Op::JUMP_IF_NIL, object, nil);
        }
        let index = self.ast.unparen(index);
        if let ExprKind::Range { start, end, inclusive } = self.ast[index].kind {
            let bounds = self.range_bounds(start, end);
            self.asm.at(span);
            let op = if inclusive { Op::GET_SLICE_INCL } else { Op::GET_SLICE };
            return self.asm.op_abc(op, to, object, bounds);
        }
        if let ExprKind::Int(int) = self.ast[index].kind
            && let Ok(int) = i16::try_from(int)
            && !optional
        {
            self.asm.at(span);
            return self.asm.op_abn(Op::GET_INDEX_I, to, object, int as u16);
        }
        let index = self.operand(index);
        self.asm.at(span);
        let op = if optional { Op::GET_INDEX_OPT } else { Op::GET_INDEX };
        self.asm.op_abc(op, to, object, index);
    }

    fn skip_if_nil(&mut self, walk: &mut Walk) {
        let nil = *walk.nil.get_or_insert_with(|| self.asm.label());
        self.asm.jump_if(Op::JUMP_IF_NIL, walk.value, nil);
    }

    fn call_link(&mut self, walk: &mut Walk, args: List<Arg>, span: Span, mode: CallMode) {
        let area = self.walk_slot(walk);
        let global = walk.global.take();
        if global.is_none() {
            self.asm.move_to(area, walk.value);
        }
        walk.value = area;
        let args = self.ast.list(args);
        if is_extended(args) {
            if let Some(slot) = global {
                self.asm.op_wide(Op::GET_GLOBAL_SET, area, slot as u32);
            }
            return self.extended_call(area, args, span, mode);
        }
        let count = self.plain_args(args, area.plus(2), 0);
        self.asm.at(span);
        match (global, mode) {
            (Some(slot), CallMode::Plain) => self.asm.raw(Op::CALL_GLOBAL, area.scaled(), count, slot),
            (Some(slot), CallMode::Await { .. }) => {
                self.asm.raw(Op::AWAIT_CALL_GLOBAL, area.scaled(), count, slot)
            }
            (Some(slot), CallMode::Spawn { .. }) => {
                self.asm.op_wide(Op::GET_GLOBAL_SET, area, slot as u32);
                self.asm.raw(Op::SPAWN_CALL, area.scaled(), count, 0);
            }
            (None, CallMode::Plain) => self.asm.raw(Op::CALL, area.scaled(), count, 0),
            (None, CallMode::Await { .. }) => self.asm.raw(Op::AWAIT_CALL, area.scaled(), count, 0),
            (None, CallMode::Spawn { .. }) => self.asm.raw(Op::SPAWN_CALL, area.scaled(), count, 0),
        }
        self.complete(area, mode);
    }

    fn method_link(
        &mut self,
        walk: &mut Walk,
        (name, optional): (Symbol, bool),
        args: List<Arg>,
        span: Span,
        mode: CallMode,
        is_last: bool,
    ) {
        walk.outside -= 1;
        let area = self.walk_slot(walk);
        self.asm.temps(2);
        let receiver = area.plus(2);
        let args = self.ast.list(args);
        let skip = self.asm.label();
        if optional {
            self.asm.at(span);
            self.skip_if_nil(walk);
            let name = self.name_operand(name);
            let found = self.asm.temp();
            self.asm.op_abn(Op::HAS_METHOD, found, walk.value, name);
            let missing = match (is_last, walk.nil) {
                (true, Some(nil)) => nil,
                _ => skip,
            };
            self.asm.jump_if(Op::JUMP_IF_FALSE, found, missing);
            self.asm.release(receiver.number() as u32 + 1);
        }
        let value = std::mem::replace(&mut walk.value, area);
        if is_extended(args) {
            let name = self.name_operand(name);
            self.asm.at(span);
            self.asm.op_abn(Op::GET_METHOD, area, value, name);
            self.extended_call(area, args, span, mode);
        } else {
            self.asm.move_to(receiver, value);
            let count = self.plain_args(args, receiver.plus(1), 1);
            let name = self.name_operand(name);
            let op = match mode {
                CallMode::Plain => Op::INVOKE,
                CallMode::Await { .. } => Op::AWAIT_INVOKE,
                CallMode::Spawn { .. } => Op::SPAWN_INVOKE,
            };
            self.asm.at(span);
            self.asm.raw(op, area.scaled(), count, name);
            self.complete(area, mode);
        }
        if optional && !is_last {
            let go_on = self.asm.label();
            self.asm.jump(go_on);
            self.asm.bind(skip);
            self.asm.op_a(Op::LOAD_NIL, area);
            self.asm.bind(go_on);
        } else {
            self.asm.bind(skip);
        }
    }

    /// The second half of an awaited or spawned call.
    pub(super) fn complete(&mut self, area: Reg, mode: CallMode) {
        match mode {
            CallMode::Plain => {}
            CallMode::Await { span } => {
                self.asm.at(span);
                self.asm.op_a(Op::AWAIT, area);
            }
            CallMode::Spawn { span, discarded } => {
                self.asm.at(span);
                self.asm.raw(Op::SPAWN, area.scaled(), discarded as u16, 0);
            }
        }
    }

    /// Arguments into neighbouring registers from `first` on; how many there are with the `before` ones in front.
    fn plain_args(&mut self, args: &[Arg], first: Reg, before: usize) -> u16 {
        self.asm.reserve(first.number() as u32);
        for arg in args {
            let reg = self.asm.temp();
            self.expr(arg.value(), Dest::Fresh(reg));
        }
        self.asm.count(before + args.len())
    }

    /// A call with named arguments behind the others.
    fn named_call(&mut self, area: Reg, args: &[Arg], span: Span, mode: CallMode) {
        let count = self.plain_args(args, area.plus(2), 0);
        let names: Vec<Value> = args.iter().filter_map(name_of).map(|name| self.string(name)).collect();
        let names = self.heap.list(&names).into();
        let names = self.asm.name(names);
        self.asm.at(span);
        self.asm.raw(Op::CALL_NAMED, area.scaled(), count, names);
        self.complete(area, mode);
    }

    /// A call with spread or named arguments; the callee is in `area`.
    fn extended_call(&mut self, area: Reg, args: &[Arg], span: Span, mode: CallMode) {
        if !args.iter().any(|arg| matches!(arg, Arg::Spread(_))) {
            return self.named_call(area, args, span, mode);
        }
        let list = area.plus(2);
        self.asm.reserve(list.number() as u32 + 1);
        let plain = args.iter().take_while(|arg| matches!(arg, Arg::Plain(_))).count();
        let count = self.plain_args(&args[..plain], list, 0);
        self.asm.reserve(list.number() as u32 + 1);
        self.asm.at(span);
        self.asm.op_abn(Op::NEW_LIST, list, list, count);
        let mut names = Vec::new();
        for arg in &args[plain..] {
            match *arg {
                Arg::Plain(value) => self.list_push(value, span, list),
                Arg::Spread(source) => self.list_extend(source, list),
                Arg::Named(name, value) => {
                    let reg = self.asm.temp();
                    self.expr(value, Dest::Fresh(reg));
                    names.push(self.string(name.name));
                }
            }
        }
        let names = self.heap.list(&names).into();
        let names = self.asm.name(names);
        self.asm.at(span);
        self.asm.raw(Op::CALL_EX, area.scaled(), 0, names);
        self.complete(area, mode);
    }
}

fn name_of(arg: &Arg) -> Option<Symbol> {
    match arg {
        Arg::Named(name, _) => Some(name.name),
        _ => None,
    }
}

fn is_extended(args: &[Arg]) -> bool {
    args.iter().any(|arg| !matches!(arg, Arg::Plain(_)))
}
