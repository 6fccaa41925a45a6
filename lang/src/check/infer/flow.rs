//! Statements, and the ways through them: branches, loops, handlers.

use super::*;
use crate::ast::{AssignId, BlockId, IfId, List, MatchArm, SelectArm, SelectHead, StmtId, TryId};

/// After so many turns whatever still changes at the head of a loop is given up.
const MAX_TURNS: usize = 4;

impl Infer<'_> {
    // ---- ways

    /// Ways part here. Ends with [`Infer::meet`].
    pub(super) fn split(&mut self) -> Split {
        self.context.depth += 1;
        Split { vars: self.vars.mark(), uses: self.uses.mark(), dead: self.context.dead }
    }

    /// The end of one of the ways: back to where they parted. `None` if nothing goes on behind it.
    pub(super) fn end(&mut self, split: &Split) -> Option<Branch> {
        let branch =
            (!self.context.dead).then(|| (self.vars.changes(split.vars), self.uses.changes(split.uses)));
        self.undo(split);
        branch
    }

    pub(super) fn undo(&mut self, split: &Split) {
        self.vars.undo(split.vars);
        self.uses.undo(split.uses);
        self.context.dead = split.dead;
    }

    pub(super) fn meet(&mut self, split: Split, ways: impl IntoIterator<Item = Option<Branch>>) {
        self.context.depth -= 1;
        let ways: Vec<Branch> = ways.into_iter().flatten().collect();
        if ways.is_empty() {
            self.context.dead = true;
            return;
        }
        self.context.dead = split.dead;
        self.meet_all(ways);
    }

    fn meet_all(&mut self, ways: Vec<Branch>) {
        let depth = self.context.depth;
        let (vars, uses): (Vec<_>, Vec<_>) = ways.into_iter().unzip();
        let know = &mut *self.know;
        self.vars.meet(&vars, |a, b| know.join(a, b));
        self.uses.meet(&uses, |a, b| a.join(b, depth));
    }

    fn nothing_changed() -> Option<Branch> {
        Some((Vec::new(), Vec::new()))
    }

    // ---- statements

    pub(super) fn block(&mut self, id: BlockId, used: Use) -> Ty {
        let stmts = self.file.ast.list(self.file.ast[id].stmts);
        deep(|| {
            let last = stmts.len().saturating_sub(1);
            let mut ty = Ty::Plain(Plain::Nil);
            for (at, stmt) in stmts.iter().enumerate() {
                ty = self.stmt(*stmt, if at == last { used } else { Use::Dropped });
            }
            ty
        })
    }

    /// Gives the value that the statement has as the last one of a block.
    pub(super) fn stmt(&mut self, id: StmtId, used: Use) -> Ty {
        let ast = self.file.ast;
        let stmt = ast[id];
        match stmt.kind {
            StmtKind::Expr(expr) => return self.leaf(expr, used),
            StmtKind::Let { pattern, value, .. } => self.let_(pattern, value),
            StmtKind::Assign(assign) => self.assign(assign),
            StmtKind::Fn(function) => {
                if self.file.resolution.function(function).parent != Owner::TopLevel
                    || self.is_local(function)
                {
                    deep(|| self.function(function, Use::Result));
                }
            }
            StmtKind::Struct(structure) => {
                if let Some(Some(Binding::Local(_))) =
                    self.file.resolution.struct_bindings.get(structure.index())
                {
                    self.defaults(structure);
                    for method in ast.list(ast[structure].methods) {
                        deep(|| self.function(*method, Use::Result));
                    }
                }
            }
            StmtKind::While { condition, body } => {
                let ends = !matches!(ast[ast.unparen(condition)].kind, ExprKind::Bool(true));
                let repeats = |infer: &Self| infer.has_second_turn(condition, stmt.span);
                self.turns(ends, repeats, |infer| {
                    infer.condition(condition);
                    infer.block(body, Use::Dropped);
                });
            }
            StmtKind::For(id) => self.for_loop(id, stmt.span),
            StmtKind::Defer(body) => self.defer(body),
            StmtKind::Test { .. } | StmtKind::Import(_) | StmtKind::Error => {}
        }
        Ty::Plain(Plain::Nil)
    }

    fn is_local(&self, function: FnId) -> bool {
        matches!(self.file.resolution.fn_bindings.get(function.index()), Some(Some(Binding::Local(_))))
    }

    /// The last expression of a block: what it gives is handed on.
    pub(super) fn leaf(&mut self, id: ExprId, used: Use) -> Ty {
        let ty = self.expr(id, used);
        if used == Use::Dropped { ty } else { self.handed_on(id, ty) }
    }

    fn let_(&mut self, pattern: PatId, value: ExprId) {
        let ast = self.file.ast;
        let ty = self.expr(value, Use::Value);
        let ty = self.copied(value, ty);
        if let Ty::Coroutine(origin) = ty
            && !matches!(ast[ast.unparen_pat(pattern)].kind, PatKind::Bind(_) | PatKind::Wildcard)
        {
            self.find(Kind::UsedAs(As::Parts, value), value, Some(origin));
            return self.bind(pattern, Ty::Unknown, true);
        }
        self.bind(pattern, ty, true);
    }

    /// A value goes from one variable to another, or from where it was made to its first.
    fn copied(&mut self, value: ExprId, ty: Ty) -> Ty {
        if self.variable_of(value).is_none() {
            return ty;
        }
        match ty {
            Ty::Coroutine(id) => {
                if self.uses.get(id.0) == Usage::Fresh {
                    self.uses.set(id.0, Usage::Shared);
                }
                ty
            }
            _ => self.handed_on(value, ty),
        }
    }

    /// The variable that an expression is, if it is nothing more than its name.
    pub(super) fn variable_of(&self, id: ExprId) -> Option<u32> {
        let id = self.file.ast.unparen(id);
        match self.file.ast[id].kind {
            ExprKind::Name(_) => self.slot(id),
            _ => None,
        }
    }

    /// The value goes to where it cannot be followed: into data, to a function, to the caller.
    pub(super) fn handed_on(&mut self, id: ExprId, ty: Ty) -> Ty {
        self.escape(ty);
        let Some(slot) = self.variable_of(id) else { return ty };
        let shared = self.know.shared(ty);
        if shared != ty {
            self.vars.set(slot, shared);
        }
        shared
    }

    /// As [`Infer::expr`], for a value that is kept.
    pub(super) fn kept(&mut self, id: ExprId) -> Ty {
        let ty = self.expr(id, Use::Value);
        self.handed_on(id, ty)
    }

    pub(super) fn assign(&mut self, id: AssignId) {
        let ast = self.file.ast;
        let assign = ast[id];
        if let Target::List(items) = assign.target {
            return self.assign_list(items, assign.value);
        }
        let Target::Place(place) = assign.target else {
            let used = if matches!(assign.target, Target::Discard) { Use::Dropped } else { Use::Value };
            self.expr(assign.value, used);
            return;
        };
        if let Some(op) = assign.op {
            let old = self.expr(place, Use::Value);
            let value = self.expr(assign.value, Use::Value);
            let ty = if op == crate::ast::BinaryOp::Coalesce {
                self.handed_on(assign.value, value);
                Ty::Unknown
            } else {
                self.operands(place, old, assign.value, value, As::Operand);
                Ty::Plain(Plain::Other)
            };
            if let Some(slot) = self.variable_of(place) {
                self.set_slot(slot, ty);
            }
            return;
        }
        match ast[place].kind {
            ExprKind::Name(_) => {
                let ty = self.expr(assign.value, Use::Value);
                let ty = self.copied(assign.value, ty);
                if let Some(slot) = self.slot(place) {
                    self.assign_slot(slot, ty, ast[place].span);
                }
            }
            ExprKind::Field { object, .. } | ExprKind::Index { object, .. } => {
                let ty = self.expr(object, Use::Value);
                if let ExprKind::Index { index, .. } = ast[place].kind {
                    self.expr(index, Use::Value);
                }
                self.use_as(object, ty, As::Object);
                let value = self.kept(assign.value);
                self.store(place, object, ty, value);
            }
            _ => {
                self.kept(assign.value);
            }
        }
    }

    /// `xs[i] = v`, `m.k = v`
    fn store(&mut self, place: ExprId, object: ExprId, ty: Ty, value: Ty) {
        let Some(slot) = self.variable_of(object) else { return };
        let changed = match (ty, self.file.ast[place].kind) {
            (Ty::List(items), ExprKind::Index { .. }) => {
                let items = self.know.ty(items);
                let items = self.know.join(items, value);
                self.list_of(items)
            }
            (Ty::Record(id), ExprKind::Field { name, .. })
                if self.know.record(id).source == self.file.source =>
            {
                let mut record = self.know.record(id).clone();
                record.entries.retain(|(key, _)| *key != name);
                record.entries.push((name, value));
                self.record(record)
            }
            _ => self.know.shared(ty),
        };
        self.vars.set(slot, changed);
    }

    fn assign_list(&mut self, items: List<crate::ast::TargetItem>, value: ExprId) {
        let ast = self.file.ast;
        let targets = ast.list(items);
        let values = match ast[ast.unparen(value)].kind {
            ExprKind::List(values) => ast.list(values),
            _ => &[],
        };
        let fits = values.len() == targets.len()
            && !targets.iter().any(|item| item.rest)
            && !values.iter().any(|value| matches!(ast[*value].kind, ExprKind::Spread(_)));
        let tys: Vec<Ty> = if fits {
            values.iter().map(|value| self.kept(*value)).collect()
        } else {
            let ty = self.expr(value, Use::Value);
            self.use_as(value, ty, As::Parts);
            vec![Ty::Unknown; targets.len()]
        };
        for (item, ty) in targets.iter().zip(tys) {
            self.assign_target(item.target, ty, item.span);
        }
    }

    fn assign_target(&mut self, target: Target, ty: Ty, at: Span) {
        let ast = self.file.ast;
        match target {
            Target::Place(place) => match ast[place].kind {
                ExprKind::Name(_) => {
                    if let Some(slot) = self.slot(place) {
                        self.assign_slot(slot, ty, at);
                    }
                }
                ExprKind::Field { object, .. } | ExprKind::Index { object, .. } => {
                    let of = self.expr(object, Use::Value);
                    self.use_as(object, of, As::Object);
                    self.store(place, object, of, ty);
                }
                _ => {}
            },
            Target::List(items) => deep(|| {
                ast.list(items).iter().for_each(|item| self.assign_target(item.target, Ty::Unknown, at))
            }),
            Target::Discard | Target::Error => {}
        }
    }

    /// Runs when the block is left: nothing that it does has happened yet.
    fn defer(&mut self, body: ExprId) {
        let split = self.split();
        self.expr(body, Use::Dropped);
        let changed = self.uses.changes(split.uses);
        self.undo(&split);
        self.context.depth -= 1;
        changed.into_iter().for_each(|(slot, _)| self.uses.set(slot, Usage::Untracked));
    }

    // ---- conditions

    pub(super) fn condition(&mut self, id: ExprId) {
        let ty = self.expr(id, Use::Value);
        self.use_as(id, ty, As::Condition);
        self.asked(id);
    }

    pub(super) fn if_chain(&mut self, id: IfId, used: Use) -> Ty {
        let ast = self.file.ast;
        let branch = ast[id];
        self.condition(branch.condition);
        let split = self.split();
        let then_ty = self.block(branch.then, used);
        let then_dead = self.context.dead;
        let then = self.end(&split);
        let (else_ty, otherwise) = match branch.otherwise {
            Some(otherwise) => {
                let ty = deep(|| self.expr(otherwise, used));
                let ty = if self.context.dead { Ty::Never } else { ty };
                (ty, self.end(&split))
            }
            None => (Ty::Plain(Plain::Nil), Self::nothing_changed()),
        };
        self.meet(split, [then, otherwise]);
        let then_ty = if then_dead { Ty::Never } else { then_ty };
        self.know.join(then_ty, else_ty)
    }

    pub(super) fn match_arms(&mut self, subject: ExprId, arms: List<MatchArm>, used: Use) -> Ty {
        let ast = self.file.ast;
        let arms = ast.list(arms);
        let mut ty = self.expr(subject, Use::Value);
        let asks = |arm: &MatchArm| self.asks_type(arm.pattern);
        if arms.iter().any(asks) || expr::is_missing(ty) {
            // The program itself finds out what it is.
            if let Some(slot) = self.variable_of(subject) {
                self.vars.set(slot, Ty::Unknown);
            }
            ty = Ty::Unknown;
        } else if let Ty::Coroutine(_) = ty
            && arms.iter().any(|arm| self.looks_inside(arm.pattern))
        {
            self.use_as(subject, ty, As::Subject);
            ty = Ty::Unknown;
        } else {
            ty = self.handed_on(subject, ty);
        }
        let split = self.split();
        let mut joined = Ty::Never;
        let mut ways = Vec::with_capacity(arms.len());
        for arm in arms {
            self.bind(arm.pattern, ty, false);
            if let Some(guard) = arm.guard {
                self.condition(guard);
            }
            let ty = deep(|| self.leaf(arm.body, used));
            if !self.context.dead {
                joined = self.know.join(joined, ty);
            }
            ways.push(self.end(&split));
        }
        self.meet(split, ways);
        joined
    }

    fn asks_type(&self, pat: PatId) -> bool {
        let ast = self.file.ast;
        match ast[pat].kind {
            PatKind::Is(_) => true,
            PatKind::Paren(inner) => self.asks_type(inner),
            PatKind::Or(all) => ast.list(all).iter().any(|pat| self.asks_type(*pat)),
            _ => false,
        }
    }

    fn looks_inside(&self, pat: PatId) -> bool {
        match self.file.ast[self.file.ast.unparen_pat(pat)].kind {
            PatKind::Value(_) | PatKind::Range { .. } | PatKind::List(_) | PatKind::Map(_) => true,
            PatKind::Struct { .. } => true,
            PatKind::Or(all) => self.file.ast.list(all).iter().any(|pat| self.looks_inside(*pat)),
            _ => false,
        }
    }

    // ---- loops

    fn for_loop(&mut self, id: crate::ast::ForId, span: Span) {
        let ast = self.file.ast;
        let each = ast[id];
        let source = self.expr(each.source, Use::Value);
        let head = Span::new(span.start, span.start + "for".len() as u32);
        let item = self.walked(each.source, source, head, each.await_span);
        if each.await_span.is_some() {
            self.waits();
        }
        let repeats = |infer: &Self| infer.has_many(each.source);
        self.turns(true, repeats, |infer| {
            match each.second {
                None => infer.bind(each.first, item, false),
                Some(second) => {
                    infer.bind(each.first, Ty::Unknown, false);
                    infer.bind(second, Ty::Unknown, false);
                }
            }
            infer.block(each.body, Use::Dropped);
        });
    }

    /// A loop. It `ends` by itself, not only by `break`; it `repeats` if a second turn is certain unless something leaves it.
    fn turns(&mut self, ends: bool, repeats: impl Fn(&Self) -> bool, body: impl Fn(&mut Self)) {
        let found = self.findings.len();
        for turn in 0.. {
            let split = self.split();
            self.context.loops.push(Loop {
                vars: split.vars,
                uses: split.uses,
                breaks: Vec::new(),
                continues: Vec::new(),
            });
            deep(|| body(self));
            let Some(mut around) = self.context.loops.pop() else { return };
            around.continues.extend(self.end(&split));
            self.context.depth -= 1;
            let changed = self.next_turn(&split, around.continues, &repeats, turn >= MAX_TURNS);
            if changed && turn <= MAX_TURNS {
                self.findings.truncate(found);
                continue;
            }
            let exits = if ends { Self::nothing_changed() } else { None };
            let ways: Vec<Branch> = around.breaks.into_iter().chain(exits).collect();
            if ways.is_empty() {
                self.context.dead = true;
            } else {
                self.meet_all(ways);
            }
            return;
        }
    }

    /// Joins what a turn has changed into what holds at the loop's head. Did that change anything?
    fn next_turn(
        &mut self,
        split: &Split,
        continues: Vec<Branch>,
        repeats: &impl Fn(&Self) -> bool,
        give_up: bool,
    ) -> bool {
        if continues.is_empty() {
            return false;
        }
        self.meet_all(continues);
        let (vars, uses) = (self.vars.changes(split.vars), self.uses.changes(split.uses));
        self.undo(split);
        let mut changed = false;
        for (slot, back) in vars {
            let back = match back {
                // It was made in the turn before: the next turn makes another one.
                Ty::Coroutine(id) if uses.binary_search_by_key(&id.0, |(of, _)| *of).is_ok() => {
                    Ty::Coroutine(self.know.anonymous(id))
                }
                back => back,
            };
            let head = self.vars.get(slot);
            // Variables of the body itself have no value at the head.
            let joined = if give_up { Ty::Unknown } else { self.know.join(head, back) };
            changed |= joined != head;
            self.vars.set(slot, joined);
        }
        for (slot, back) in uses {
            let head = self.uses.get(slot);
            let joined = match head.join_turn(back) {
                _ if give_up => Usage::Untracked,
                Usage::Looped(_) if !repeats(self) => Usage::Maybe,
                joined => joined,
            };
            changed |= joined != head;
            self.uses.set(slot, joined);
        }
        changed
    }

    pub(super) fn leave_turn(&mut self, breaks: bool) {
        if !self.context.dead
            && let Some(around) = self.context.loops.last_mut()
        {
            let way = (self.vars.changes(around.vars), self.uses.changes(around.uses));
            if breaks { around.breaks.push(way) } else { around.continues.push(way) }
        }
        self.context.dead = true;
    }

    // ---- errors

    /// What is evaluated here may throw.
    pub(super) fn throws(&mut self) {
        self.context.tries.iter_mut().for_each(|attempt| attempt.threw = true);
    }

    pub(super) fn try_catch(&mut self, id: TryId, used: Use) -> Ty {
        let ast = self.file.ast;
        let attempt = ast[id];
        let catches = ast.list(attempt.catches);
        let split = self.split();
        self.context.tries.push(Attempt { threw: false, certain: Vec::new() });
        let mut ty = self.block(attempt.body, used);
        if self.context.dead {
            ty = Ty::Never;
        }
        let certain = self.context.tries.pop().map(|attempt| attempt.certain).unwrap_or_default();
        let thrown = self.thrown(&split, &certain);
        let mut ways = vec![self.end(&split)];
        for (at, catch) in (attempt.catches.start as usize..).zip(catches) {
            thrown.0.iter().for_each(|(slot, ty)| self.vars.set(*slot, *ty));
            thrown.1.iter().for_each(|(slot, usage)| self.uses.set(*slot, *usage));
            match self.file.resolution.catches.get(at).copied().flatten() {
                Some(Binding::Local(local)) => self.set_slot(local.0, Ty::Plain(Plain::Error)),
                Some(Binding::Global(global)) => {
                    self.set_slot(self.locals + global.0, Ty::Plain(Plain::Error))
                }
                None => {}
            }
            if let Some(guard) = catch.guard {
                self.condition(guard);
            }
            let value = self.block(catch.body, used);
            if !self.context.dead {
                ty = self.know.join(ty, value);
            }
            ways.push(self.end(&split));
        }
        if catches.is_empty() && ways.iter().all(Option::is_none) && attempt.finally.is_none() {
            self.context.depth -= 1;
            self.context.dead = true;
            return ty;
        }
        let all_left = ways.iter().all(Option::is_none);
        if all_left {
            // `finally` runs all the same, after anything in the body.
            ways.push(Some(thrown));
        }
        self.meet(split, ways);
        if let Some(finally) = attempt.finally {
            self.block(finally, Use::Dropped);
        }
        self.context.dead |= all_left;
        ty
    }

    /// What holds where an error of the block since `split` is caught.
    fn thrown(&mut self, split: &Split, certain: &[u32]) -> Branch {
        let mut vars = self.vars.changes(split.vars);
        for (slot, old) in self.vars.overwritten(split.vars) {
            if let Ok(at) = vars.binary_search_by_key(slot, |(slot, _)| *slot) {
                vars[at].1 = self.know.join(vars[at].1, *old);
            }
        }
        let mut uses = self.uses.changes(split.uses);
        let mut before = vec![None; uses.len()];
        for (slot, old) in self.uses.overwritten(split.uses) {
            if let Ok(at) = uses.binary_search_by_key(slot, |(slot, _)| *slot) {
                before[at].get_or_insert(*old);
            }
        }
        for ((slot, usage), before) in uses.iter_mut().zip(before) {
            *usage = match (before, *usage) {
                (Some(Usage::Fresh | Usage::Shared | Usage::Looped(_)), Usage::Used(_))
                    if certain.contains(slot) =>
                {
                    *usage
                }
                (Some(Usage::Untracked), _) | (_, Usage::Untracked) => Usage::Untracked,
                _ => Usage::Maybe,
            };
        }
        (vars, uses)
    }

    pub(super) fn select(&mut self, arms: List<SelectArm>, used: Use) -> Ty {
        let arms = self.file.ast.list(arms);
        let mut sources = Vec::with_capacity(arms.len());
        let polls = arms.iter().any(|arm| matches!(arm.head, SelectHead::Else));
        for arm in arms {
            sources.push(match arm.head {
                SelectHead::Else => Ty::Unknown,
                SelectHead::Wait { source, .. } => self.arm_source(source, polls),
            });
        }
        self.throws();
        let split = self.split();
        let mut joined = Ty::Never;
        let mut ways = Vec::with_capacity(arms.len());
        for (arm, result) in arms.iter().zip(sources) {
            if let SelectHead::Wait { pattern: Some(pattern), .. } = arm.head {
                self.bind(pattern, result, false);
            }
            let ty = deep(|| self.leaf(arm.body, used));
            if !self.context.dead {
                joined = self.know.join(joined, ty);
            }
            ways.push(self.end(&split));
        }
        self.meet(split, ways);
        joined
    }
}
