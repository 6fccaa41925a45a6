//! The walk over a file that knows, at each place, which functions, loops and blocks are around it.

use rustc_hash::FxHashSet;

use super::{File, awaits::Awaits, binding, effects, jumps, unscoped::Dropped};
use crate::{
    ast::{
        AssignId, Ast, BlockId, ExprId, ExprKind, FnForm, FnId, IfId, List, MapEntry, PatId, PatKind,
        Segment, SelectArm, SelectHead, StmtId, StmtKind, StructId, Target, TryId, UnaryOp,
    },
    diagnostic::Diagnostic,
    source::Span,
    stack::deep,
};

/// What is around a place. The stack of these ends with the innermost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Around {
    Function(FnId),
    /// The defaults of a function's parameters.
    Parameters(FnId),
    /// The default of a struct's field.
    Defaults(StructId),
    Loop,
    /// With the statement's span.
    Defer(Span),
    /// With the block's span.
    Finally(Span),
    Scope(Span),
    SelectHead(Span),
}

/// Whether anybody looks at the value of a block's last expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Value,
    Dropped,
    /// Dropped, but an error that it may throw is waited for.
    Tried,
}

pub(super) struct Found {
    pub diagnostics: Vec<Diagnostic>,
    /// The functions that await and should be `async`: what their calls give is not what was meant.
    pub doubtful: FxHashSet<FnId>,
    /// The blocks of scopes.
    pub scopes: Vec<Span>,
    pub dropped: Vec<Dropped>,
    /// Where the awaits begin, in order.
    pub awaits: Vec<u32>,
}

pub(super) struct Walk<'a> {
    pub file: File<'a>,
    concerns: Concerns,
    pub around: Vec<Around>,
    pub diagnostics: Vec<Diagnostic>,
    awaits: Awaits,
    scopes: Vec<Span>,
    dropped: Vec<Dropped>,
    await_starts: Vec<u32>,
}

/// Where the expressions begin that a check looks at, or that hold statements. Most expressions have none inside, and are passed over.
struct Concerns {
    /// Sorted.
    starts: Vec<u32>,
    /// The first start that is not before the place of the last question; the walk goes forward, but for a few steps.
    at: usize,
}

impl Concerns {
    fn of(ast: &Ast) -> Concerns {
        let is_call = |id: ExprId| matches!(ast[id].kind, ExprKind::Call(..));
        let concern = |kind: ExprKind| match kind {
            ExprKind::Await(_)
            | ExprKind::Lambda(_)
            | ExprKind::Scope(_)
            | ExprKind::Select(_)
            | ExprKind::Return(_)
            | ExprKind::Break
            | ExprKind::Continue
            | ExprKind::Yield(_)
            | ExprKind::If(_)
            | ExprKind::Block(_)
            | ExprKind::Try(_) => true,
            ExprKind::Range { end: Some(end), .. } => is_call(end),
            ExprKind::Unary(UnaryOp::Neg, operand) => is_call(operand),
            _ => false,
        };
        let mut starts: Vec<u32> =
            ast.exprs.iter().filter(|expr| concern(expr.kind)).map(|expr| expr.span.start).collect();
        starts.sort_unstable();
        Concerns { starts, at: 0 }
    }

    fn has_any(&mut self, span: Span) -> bool {
        while self.at > 0 && self.starts[self.at - 1] >= span.start {
            self.at -= 1;
        }
        while self.starts.get(self.at).is_some_and(|start| *start < span.start) {
            self.at += 1;
        }
        self.starts.get(self.at).is_some_and(|start| *start < span.end)
    }
}

impl<'a> Walk<'a> {
    pub(super) fn new(file: File<'a>) -> Walk<'a> {
        Walk {
            concerns: Concerns::of(file.ast),
            file,
            around: Vec::new(),
            diagnostics: Vec::new(),
            awaits: Awaits::default(),
            scopes: Vec::new(),
            dropped: Vec::new(),
            await_starts: Vec::new(),
        }
    }

    fn ast(&self) -> &'a Ast {
        self.file.ast
    }

    pub(super) fn run(mut self) -> Found {
        let root = self.ast().list(self.ast().root);
        effects::top_level(&mut self, root);
        for stmt in root {
            self.stmt(*stmt, Use::Dropped);
        }
        let awaits = std::mem::take(&mut self.awaits);
        let doubtful = awaits.functions().collect();
        awaits.report(self.file, &mut self.diagnostics);
        let Walk { diagnostics, scopes, dropped, mut await_starts, .. } = self;
        await_starts.sort_unstable();
        Found { diagnostics, doubtful, scopes, dropped, awaits: await_starts }
    }

    fn inside(&mut self, around: Around, walk: impl FnOnce(&mut Self)) {
        self.around.push(around);
        walk(self);
        self.around.pop();
    }

    fn block(&mut self, id: BlockId, used: Use) {
        let stmts = self.ast().list(self.ast()[id].stmts);
        effects::block(self, stmts, used);
        deep(|| {
            let last = stmts.len().saturating_sub(1);
            for (at, stmt) in stmts.iter().enumerate() {
                self.stmt(*stmt, if at == last { used } else { Use::Dropped });
            }
        });
    }

    fn stmt(&mut self, id: StmtId, used: Use) {
        let stmt = self.ast()[id];
        match stmt.kind {
            StmtKind::Error | StmtKind::Import(_) => {}
            StmtKind::Expr(expr) => self.statement_expr(expr, used),
            StmtKind::Let { pattern, value, .. } => {
                self.expr(value);
                self.pattern(pattern);
            }
            StmtKind::Assign(assign) => self.assign(assign),
            StmtKind::Fn(function) | StmtKind::Test { body: function, .. } => self.function(function),
            StmtKind::Struct(id) => {
                let structure = self.ast()[id];
                self.inside(Around::Defaults(id), |walk| {
                    for field in walk.ast().list(structure.fields) {
                        field.default.into_iter().for_each(|default| walk.expr(default));
                    }
                });
                for method in self.ast().list(structure.methods) {
                    self.function(*method);
                }
            }
            StmtKind::While { condition, body } => self.inside(Around::Loop, |walk| {
                walk.expr(condition);
                walk.block(body, Use::Dropped);
            }),
            StmtKind::For(id) => {
                let each = self.ast()[id];
                self.expr(each.source);
                if let Some(span) = each.await_span {
                    self.awaits.at(&self.around, &self.file, span);
                }
                self.inside(Around::Loop, |walk| {
                    walk.pattern(each.first);
                    each.second.into_iter().for_each(|second| walk.pattern(second));
                    walk.block(each.body, Use::Dropped);
                });
            }
            StmtKind::Defer(body) => {
                self.inside(Around::Defer(stmt.span), |walk| walk.body(body, Use::Dropped))
            }
        }
    }

    /// An expression as a statement: what it is made of is dropped with it.
    fn statement_expr(&mut self, id: ExprId, used: Use) {
        match self.ast()[id].kind {
            ExprKind::If(at) => self.if_chain(at, used),
            ExprKind::Try(at) => self.try_catch(at, used),
            ExprKind::Match { .. } | ExprKind::Block(_) => self.body(id, used),
            ExprKind::Spawn(_) if used != Use::Value => {
                self.dropped_task(id);
                self.expr(id);
            }
            _ => self.expr(id),
        }
    }

    /// A `spawn` whose handle nobody keeps.
    fn dropped_task(&mut self, id: ExprId) {
        if self.tells_its_end(id) {
            return;
        }
        let mut in_loop = false;
        for around in self.around.iter().rev() {
            match *around {
                Around::Loop => in_loop = true,
                Around::Function(function) => {
                    if in_loop && self.ast()[function].form == FnForm::Named {
                        self.dropped.push(Dropped { spawn: self.ast()[id].span, function: Some(function) });
                    }
                    return;
                }
                Around::Scope(_) | Around::Parameters(_) | Around::Defaults(_) => return,
                Around::Defer(_) | Around::Finally(_) | Around::SelectHead(_) => {}
            }
        }
        if in_loop {
            self.dropped.push(Dropped { spawn: self.ast()[id].span, function: None });
        }
    }

    /// `spawn { defer group.done() … }`: somebody counts the tasks, and waits for them in another way.
    fn tells_its_end(&self, id: ExprId) -> bool {
        let ast = self.ast();
        let ExprKind::Spawn(value) = ast[id].kind else { return false };
        let ExprKind::Lambda(function) = ast[ast.unparen(value)].kind else { return false };
        let ExprKind::Block(block) = ast[ast[function].body].kind else { return false };
        ast.list(ast[block].stmts).iter().any(|stmt| matches!(ast[*stmt].kind, StmtKind::Defer(_)))
    }

    /// A block, or an expression in the place of one.
    fn body(&mut self, id: ExprId, used: Use) {
        match self.ast()[id].kind {
            ExprKind::Block(block) => self.block(block, used),
            ExprKind::If(at) => self.if_chain(at, used),
            ExprKind::Match { subject, arms } => {
                self.expr(subject);
                for arm in self.ast().list(arms) {
                    self.pattern(arm.pattern);
                    arm.guard.into_iter().for_each(|guard| self.expr(guard));
                    deep(|| self.body(arm.body, used));
                }
            }
            _ => self.expr(id),
        }
    }

    fn function(&mut self, id: FnId) {
        let function = self.ast()[id];
        self.inside(Around::Function(id), |walk| {
            for param in walk.ast().list(function.params) {
                if let Some(default) = param.default {
                    walk.inside(Around::Parameters(id), |walk| walk.expr(default));
                }
                walk.pattern(param.pattern);
            }
            let used = if function.form == FnForm::Test { Use::Dropped } else { Use::Value };
            deep(|| walk.body(function.body, used));
        });
    }

    pub(super) fn expr(&mut self, id: ExprId) {
        match self.ast()[id].kind {
            ExprKind::Error
            | ExprKind::Nil
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Duration(_)
            | ExprKind::Str(_)
            | ExprKind::Bytes(_)
            | ExprKind::Name(_) => {}
            _ if !self.concerns.has_any(self.ast()[id].span) => {}
            ExprKind::Binary(_, left, _) if matches!(self.ast()[left].kind, ExprKind::Binary(..)) => {
                let mut rights = Vec::new();
                let mut at = id;
                while let ExprKind::Binary(_, left, right) = self.ast()[at].kind {
                    rights.push(right);
                    at = left;
                }
                self.expr(at);
                rights.into_iter().rev().for_each(|right| self.expr(right));
            }
            _ => deep(|| self.compound(id)),
        }
    }

    fn compound(&mut self, id: ExprId) {
        let span = self.ast()[id].span;
        match self.ast()[id].kind {
            ExprKind::Interpolation(segments) => {
                for segment in self.ast().list(segments) {
                    if let Segment::Expr { value, .. } = segment {
                        self.expr(*value);
                    }
                }
            }
            ExprKind::List(items) => self.ast().list(items).iter().for_each(|item| self.expr(*item)),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Await(value) => {
                self.await_starts.push(span.start);
                self.awaits.at(
                    &self.around,
                    &self.file,
                    Span::new(span.start, span.start + "await".len() as u32),
                );
                let inner = self.ast().unparen(value);
                match self.ast()[inner].kind {
                    ExprKind::Scope(block) => self.scope(block, self.ast()[inner].span),
                    ExprKind::Select(arms) => self.select(arms),
                    _ => self.expr(value),
                }
            }
            ExprKind::Unary(op, value) => {
                if op == UnaryOp::Neg {
                    binding::negative(self, id, value);
                }
                self.expr(value);
            }
            ExprKind::Spread(value) | ExprKind::Paren(value) | ExprKind::Throw(value) => self.expr(value),
            ExprKind::Spawn(value) => self.expr(value),
            ExprKind::Binary(_, left, right) => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Is { value, .. } => self.expr(value),
            ExprKind::Range { start, end, .. } => {
                if let Some(end) = end {
                    binding::range(self, id, start, end);
                }
                [start, end].into_iter().flatten().for_each(|bound| self.expr(bound))
            }
            ExprKind::Call(callee, args) => {
                self.expr(callee);
                self.ast().list(args).iter().for_each(|arg| self.expr(arg.value()));
            }
            ExprKind::Index { object, index, .. } => {
                self.expr(object);
                self.expr(index);
            }
            ExprKind::Field { object, .. } => self.expr(object),
            ExprKind::Lambda(function) => self.function(function),
            ExprKind::Return(value) => {
                jumps::leave(self, "return", span);
                value.into_iter().for_each(|value| self.expr(value));
            }
            ExprKind::Break => jumps::leave(self, "break", span),
            ExprKind::Continue => jumps::leave(self, "continue", span),
            ExprKind::Yield(value) => {
                jumps::suspend(self, span);
                value.into_iter().for_each(|value| self.expr(value));
            }
            ExprKind::If(at) => self.if_chain(at, Use::Value),
            ExprKind::Match { .. } | ExprKind::Block(_) => self.body(id, Use::Value),
            ExprKind::Try(at) => self.try_catch(at, Use::Value),
            ExprKind::Scope(block) => {
                self.awaits.missing(&self.file, "scope", span, &mut self.diagnostics);
                self.scope(block, span);
            }
            ExprKind::Select(arms) => {
                self.awaits.missing(&self.file, "select", span, &mut self.diagnostics);
                self.select(arms);
            }
            ExprKind::Assign(assign) => self.assign(assign),
            _ => {}
        }
    }

    fn scope(&mut self, block: BlockId, span: Span) {
        let word = Span::new(span.start, span.start + "scope".len() as u32);
        self.scopes.push(self.ast()[block].span);
        self.inside(Around::Scope(word), |walk| walk.block(block, Use::Value));
    }

    fn select(&mut self, arms: List<SelectArm>) {
        for arm in self.ast().list(arms) {
            if let SelectHead::Wait { pattern, source } = arm.head {
                let span = self.ast()[source].span;
                self.inside(Around::SelectHead(span), |walk| walk.expr(source));
                pattern.into_iter().for_each(|pattern| self.pattern(pattern));
            }
            self.body(arm.body, Use::Value);
        }
    }

    fn if_chain(&mut self, mut at: IfId, used: Use) {
        loop {
            let branch = self.ast()[at];
            self.expr(branch.condition);
            self.block(branch.then, used);
            match branch.otherwise.map(|otherwise| (otherwise, self.ast()[otherwise].kind)) {
                Some((_, ExprKind::If(next))) => at = next,
                Some((otherwise, _)) => return self.body(otherwise, used),
                None => return,
            }
        }
    }

    fn try_catch(&mut self, id: TryId, used: Use) {
        let attempt = self.ast()[id];
        self.block(attempt.body, if used == Use::Value { Use::Value } else { Use::Tried });
        for catch in self.ast().list(attempt.catches) {
            catch.guard.into_iter().for_each(|guard| self.expr(guard));
            self.block(catch.body, used);
        }
        if let Some(finally) = attempt.finally {
            let span = self.ast()[finally].span;
            self.inside(Around::Finally(span), |walk| walk.block(finally, Use::Dropped));
        }
    }

    fn map(&mut self, entries: List<MapEntry>) {
        for entry in self.ast().list(entries) {
            match *entry {
                MapEntry::Named(_, value) | MapEntry::Short(_, value) | MapEntry::Spread(value) => {
                    self.expr(value)
                }
                MapEntry::Computed(key, value) => {
                    self.expr(key);
                    self.expr(value);
                }
            }
        }
    }

    fn assign(&mut self, id: AssignId) {
        let assign = self.ast()[id];
        self.target(assign.target);
        self.expr(assign.value);
    }

    fn target(&mut self, target: Target) {
        match target {
            Target::Place(place) => self.expr(place),
            Target::List(items) => {
                deep(|| self.ast().list(items).iter().for_each(|item| self.target(item.target)))
            }
            Target::Discard | Target::Error => {}
        }
    }

    /// Patterns hold only literals and names; the walk looks into them for what later checks may ask.
    fn pattern(&mut self, id: PatId) {
        if let PatKind::Value(value) = self.ast()[id].kind {
            self.expr(value);
        }
    }
}
