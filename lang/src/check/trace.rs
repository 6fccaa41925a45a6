//! A piece of the tree as the events that happen when it runs, in their order. Functions inside it do not run with it.
//!
//! What a condition leaves out is there all the same: the checks that use this look at what is written, and are silent where
//! that is not enough.

use crate::{
    ast::{
        AssignId, Ast, BlockId, ExprId, ExprKind, FnId, MapEntry, Segment, SelectHead, StmtId, StmtKind,
        Target,
    },
    stack::deep,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// A name is read.
    Read(ExprId),
    /// A name, field or item is assigned; `updates` with an operator, which reads at that moment.
    Write {
        place: ExprId,
        updates: bool,
    },
    Call(ExprId),
    /// The operand has been evaluated, and the task may wait.
    Await(ExprId),
    /// `for await`, which waits at each turn.
    ForAwait,
    Spawn(ExprId),
    /// A function is made.
    Function(FnId),
    Jump(Jump),
    /// A condition, loop or handler begins: what follows may happen or not.
    Fork,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Jump {
    Return,
    Break,
    Continue,
    Throw,
    Yield,
}

pub(super) fn of_expr(ast: &Ast, id: ExprId) -> Vec<Event> {
    let mut trace = Trace { ast, events: Vec::new(), blocks: Vec::new() };
    trace.expr(id);
    trace.events
}

pub(super) fn of_stmt(ast: &Ast, id: StmtId) -> Vec<Event> {
    let mut trace = Trace { ast, events: Vec::new(), blocks: Vec::new() };
    trace.stmt(id);
    trace.events
}

/// The blocks of a function's body, without those of functions inside.
pub(super) fn blocks(ast: &Ast, body: ExprId) -> Vec<BlockId> {
    let mut trace = Trace { ast, events: Vec::new(), blocks: Vec::new() };
    trace.expr(body);
    trace.blocks
}

struct Trace<'a> {
    ast: &'a Ast,
    events: Vec<Event>,
    blocks: Vec<BlockId>,
}

impl Trace<'_> {
    fn push(&mut self, event: Event) {
        self.events.push(event);
    }

    fn stmt(&mut self, id: StmtId) {
        let ast = self.ast;
        match ast[id].kind {
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Let { value, .. } => self.expr(value),
            StmtKind::Assign(assign) => self.assign(assign),
            StmtKind::While { condition, body } => {
                self.push(Event::Fork);
                self.expr(condition);
                self.block(body);
            }
            StmtKind::For(id) => {
                let each = ast[id];
                self.expr(each.source);
                self.push(Event::Fork);
                if each.await_span.is_some() {
                    self.push(Event::ForAwait);
                }
                self.block(each.body);
            }
            StmtKind::Defer(body) => {
                self.push(Event::Fork);
                self.expr(body);
            }
            StmtKind::Fn(id) => self.push(Event::Function(id)),
            StmtKind::Error | StmtKind::Struct(_) | StmtKind::Import(_) | StmtKind::Test { .. } => {}
        }
    }

    fn block(&mut self, id: BlockId) {
        self.blocks.push(id);
        deep(|| self.ast.list(self.ast[id].stmts).iter().for_each(|stmt| self.stmt(*stmt)));
    }

    fn expr(&mut self, id: ExprId) {
        deep(|| self.compound(id));
    }

    fn all(&mut self, ids: impl IntoIterator<Item = ExprId>) {
        ids.into_iter().for_each(|id| self.expr(id));
    }

    fn compound(&mut self, id: ExprId) {
        let ast = self.ast;
        match ast[id].kind {
            ExprKind::Name(_) => self.push(Event::Read(id)),
            ExprKind::Interpolation(segments) => {
                for segment in ast.list(segments) {
                    if let Segment::Expr { value, .. } = segment {
                        self.expr(*value);
                    }
                }
            }
            ExprKind::List(items) => self.all(ast.list(items).iter().copied()),
            ExprKind::Map(entries) => {
                for entry in ast.list(entries) {
                    match *entry {
                        MapEntry::Named(_, value) | MapEntry::Short(_, value) | MapEntry::Spread(value) => {
                            self.expr(value)
                        }
                        MapEntry::Computed(key, value) => self.all([key, value]),
                    }
                }
            }
            ExprKind::Spread(value) | ExprKind::Paren(value) | ExprKind::Unary(_, value) => self.expr(value),
            ExprKind::Is { value, .. } => self.expr(value),
            ExprKind::Binary(op, left, right) => {
                self.expr(left);
                use crate::ast::BinaryOp::{And, Coalesce, Or};
                if matches!(op, And | Or | Coalesce) {
                    self.push(Event::Fork);
                }
                self.expr(right);
            }
            ExprKind::Range { start, end, .. } => self.all(start.into_iter().chain(end)),
            ExprKind::Call(callee, args) => {
                self.expr(callee);
                self.all(ast.list(args).iter().map(|arg| arg.value()));
                self.push(Event::Call(id));
            }
            ExprKind::Index { object, index, .. } => self.all([object, index]),
            ExprKind::Field { object, .. } => self.expr(object),
            ExprKind::Lambda(function) => self.push(Event::Function(function)),
            ExprKind::Await(value) => {
                self.expr(value);
                self.push(Event::Await(id));
            }
            ExprKind::Spawn(value) => {
                self.expr(value);
                self.push(Event::Spawn(id));
            }
            ExprKind::Throw(value) => {
                self.expr(value);
                self.push(Event::Jump(Jump::Throw));
            }
            ExprKind::Return(value) => {
                self.all(value);
                self.push(Event::Jump(Jump::Return));
            }
            ExprKind::Break => self.push(Event::Jump(Jump::Break)),
            ExprKind::Continue => self.push(Event::Jump(Jump::Continue)),
            ExprKind::Yield(value) => {
                self.all(value);
                self.push(Event::Jump(Jump::Yield));
            }
            ExprKind::If(at) => self.if_chain(at),
            ExprKind::Match { subject, arms } => {
                self.expr(subject);
                self.push(Event::Fork);
                for arm in ast.list(arms) {
                    self.all(arm.guard);
                    self.expr(arm.body);
                }
            }
            ExprKind::Try(at) => {
                let attempt = ast[at];
                self.push(Event::Fork);
                self.block(attempt.body);
                for catch in ast.list(attempt.catches) {
                    self.all(catch.guard);
                    self.block(catch.body);
                }
                if let Some(finally) = attempt.finally {
                    self.block(finally);
                }
            }
            ExprKind::Scope(block) | ExprKind::Block(block) => self.block(block),
            ExprKind::Select(arms) => {
                for arm in ast.list(arms) {
                    if let SelectHead::Wait { source, .. } = arm.head {
                        self.expr(source);
                    }
                }
                self.push(Event::Fork);
                for arm in ast.list(arms) {
                    self.expr(arm.body);
                }
            }
            ExprKind::Assign(assign) => self.assign(assign),
            _ => {}
        }
    }

    fn if_chain(&mut self, mut at: crate::ast::IfId) {
        loop {
            let branch = self.ast[at];
            self.expr(branch.condition);
            self.push(Event::Fork);
            self.block(branch.then);
            match branch.otherwise.map(|otherwise| (otherwise, self.ast[otherwise].kind)) {
                Some((_, ExprKind::If(next))) => at = next,
                Some((otherwise, _)) => return self.expr(otherwise),
                None => return,
            }
        }
    }

    fn assign(&mut self, id: AssignId) {
        let assign = self.ast[id];
        let mut places = Vec::new();
        self.target(assign.target, &mut places);
        self.expr(assign.value);
        let updates = assign.op.is_some();
        self.events.extend(places.into_iter().map(|place| Event::Write { place, updates }));
    }

    /// What a target's object and index are made of, and the places that are written.
    fn target(&mut self, target: Target, places: &mut Vec<ExprId>) {
        let ast = self.ast;
        match target {
            Target::Place(place) => {
                match ast[place].kind {
                    ExprKind::Field { object, .. } => self.expr(object),
                    ExprKind::Index { object, index, .. } => self.all([object, index]),
                    _ => {}
                }
                places.push(place);
            }
            Target::List(items) => {
                deep(|| ast.list(items).iter().for_each(|item| self.target(item.target, places)))
            }
            Target::Discard | Target::Error => {}
        }
    }
}
