//! Expressions: what they give, and what they may be made of.

use super::*;
use types::{Maker, Object, Origin};

use crate::ast::{BinaryOp, List, MapEntry, Segment, UnaryOp};

impl Infer<'_> {
    pub(super) fn expr(&mut self, id: ExprId, used: Use) -> Ty {
        let ast = self.file.ast;
        match ast[id].kind {
            ExprKind::Nil => Ty::Plain(Plain::Nil),
            ExprKind::Bool(_) => Ty::Plain(Plain::Bool),
            ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Duration(_) => Ty::Plain(Plain::Number),
            ExprKind::Str(_) => Ty::Plain(Plain::Str),
            ExprKind::Bytes(_) => Ty::Plain(Plain::Bytes),
            ExprKind::Error => Ty::Unknown,
            ExprKind::Name(_) => {
                let ty = self.name(id);
                self.finish(id, ty, used)
            }
            ExprKind::Binary(op, left, _)
                if !matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce)
                    && matches!(ast[left].kind, ExprKind::Binary(..)) =>
            {
                self.chain(id)
            }
            _ => deep(|| self.compound(id, used)),
        }
    }

    /// `a + b + c + …`: down the left side without recursion.
    fn chain(&mut self, id: ExprId) -> Ty {
        let ast = self.file.ast;
        let mut steps = Vec::new();
        let mut at = id;
        while let ExprKind::Binary(op, left, right) = ast[at].kind {
            if matches!(op, BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce) {
                break;
            }
            steps.push((op, left, right));
            at = left;
        }
        let mut ty = self.expr(at, Use::Value);
        for (op, left, right) in steps.into_iter().rev() {
            ty = self.binary(op, left, ty, right);
        }
        ty
    }

    fn compound(&mut self, id: ExprId, used: Use) -> Ty {
        let ast = self.file.ast;
        let expr = ast[id];
        let ty = match expr.kind {
            // These hand their use on to what they are made of.
            ExprKind::Paren(inner) => return self.expr(inner, used),
            ExprKind::If(at) => return self.if_chain(at, used),
            ExprKind::Match { subject, arms } => return self.match_arms(subject, arms, used),
            ExprKind::Block(block) => return self.block(block, used),
            ExprKind::Try(at) => return self.try_catch(at, used),
            ExprKind::Binary(op @ (BinaryOp::And | BinaryOp::Or | BinaryOp::Coalesce), left, right) => {
                return self.choice(op, left, right, used);
            }
            ExprKind::Await(value) => return self.await_(id, value, used),
            ExprKind::Spawn(value) => self.spawn(id, value, used),
            // Reported for the lack of its `await`.
            ExprKind::Scope(block) => {
                self.block(block, Use::Value);
                return Ty::Unknown;
            }
            ExprKind::Select(arms) => {
                self.select(arms, Use::Value);
                return Ty::Unknown;
            }
            ExprKind::Assign(assign) => {
                self.assign(assign);
                Ty::Plain(Plain::Nil)
            }
            ExprKind::Interpolation(segments) => {
                self.segments(segments);
                Ty::Plain(Plain::Str)
            }
            ExprKind::List(items) => self.list(items),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Spread(value) => {
                let ty = self.expr(value, Use::Value);
                self.use_as(value, ty, As::Sequence);
                Ty::Unknown
            }
            ExprKind::Unary(op, value) => {
                let ty = self.expr(value, Use::Value);
                match op {
                    UnaryOp::Not => {
                        self.use_as(value, ty, As::Condition);
                        self.asked(value);
                        Ty::Plain(Plain::Bool)
                    }
                    UnaryOp::Neg | UnaryOp::BitNot => {
                        self.use_as(value, ty, As::Operand);
                        Ty::Plain(Plain::Number)
                    }
                }
            }
            ExprKind::Binary(op, left, right) => {
                let ty = self.expr(left, Use::Value);
                self.binary(op, left, ty, right)
            }
            ExprKind::Is { value, .. } => {
                self.expr(value, Use::Value);
                // The program itself finds out what it is.
                if let Some(slot) = self.variable_of(value) {
                    self.vars.set(slot, Ty::Unknown);
                }
                Ty::Plain(Plain::Bool)
            }
            ExprKind::Range { start, end, .. } => {
                for bound in [start, end].into_iter().flatten() {
                    let ty = self.expr(bound, Use::Value);
                    self.use_as(bound, ty, As::Bound);
                }
                Ty::Plain(Plain::Range)
            }
            ExprKind::Call(callee, args) => self.call(id, callee, args),
            ExprKind::Index { object, index, .. } => self.index(object, index),
            ExprKind::Field { object, name, .. } => self.field(object, name),
            ExprKind::Lambda(function) => self.lambda(id, function),
            ExprKind::Throw(value) => {
                self.kept(value);
                self.throws();
                self.context.dead = true;
                return Ty::Never;
            }
            ExprKind::Return(value) => {
                self.return_(value);
                return Ty::Never;
            }
            ExprKind::Break => {
                self.leave_turn(true);
                return Ty::Never;
            }
            ExprKind::Continue => {
                self.leave_turn(false);
                return Ty::Never;
            }
            ExprKind::Yield(value) => {
                if let Some(value) = value {
                    self.kept(value);
                }
                return Ty::Unknown;
            }
            _ => Ty::Unknown,
        };
        self.finish(id, ty, used)
    }

    /// The value of an expression that is not made of others which could have it.
    pub(super) fn finish(&mut self, id: ExprId, ty: Ty, used: Use) -> Ty {
        match used {
            Use::Value => ty,
            Use::Dropped => {
                if let Some(origin) = self.know.coroutine_in(ty)
                    && self.is_lost(id, ty, origin)
                {
                    self.find(Kind::Dropped, id, Some(origin));
                }
                ty
            }
            Use::Result => {
                if let Ty::Coroutine(origin) = ty {
                    self.find(Kind::Returned(id), id, Some(origin));
                    self.escape(ty);
                    return Ty::Unknown;
                }
                self.handed_on(id, ty)
            }
        }
    }

    /// Nobody but this statement knows of the coroutines.
    fn is_lost(&self, id: ExprId, ty: Ty, origin: OriginId) -> bool {
        let ast = self.file.ast;
        let is_list = matches!(ty, Ty::List(_));
        match ast[ast.unparen(id)].kind {
            ExprKind::Name(_) => !is_list && self.uses.get(origin.0) == Usage::Fresh,
            ExprKind::Call(callee, _) if is_list => match ast[ast.unparen(callee)].kind {
                ExprKind::Field { name, .. } => ast.name(name) == "map",
                _ => false,
            },
            ExprKind::Call(..) | ExprKind::Lambda(_) | ExprKind::List(_) => true,
            _ => false,
        }
    }

    fn return_(&mut self, value: Option<ExprId>) {
        let used = if self.context.result_of_async { Use::Result } else { Use::Value };
        let ty = match value {
            Some(value) => {
                let ty = self.expr(value, used);
                self.handed_on(value, ty)
            }
            None => Ty::Plain(Plain::Nil),
        };
        if !self.context.dead {
            self.context.gives = self.know.join(self.context.gives, ty);
        }
        self.context.dead = true;
    }

    // ---- operators

    fn choice(&mut self, op: BinaryOp, left: ExprId, right: ExprId, used: Use) -> Ty {
        let ty = self.expr(left, Use::Value);
        let as_ = if op == BinaryOp::Coalesce { As::Comparison } else { As::Condition };
        let ty = if self.use_as(left, ty, as_) { Ty::Unknown } else { self.handed_on(left, ty) };
        self.asked(left);
        // Of what may be missing only the other side is ever used further.
        let ty = if is_missing(ty) { Ty::Unknown } else { ty };
        let split = self.split();
        let other = self.leaf(right, used);
        let other = if self.context.dead { Ty::Never } else { other };
        let way = self.end(&split);
        self.meet(split, [way, Some((Vec::new(), Vec::new()))]);
        self.know.join(ty, other)
    }

    fn binary(&mut self, op: BinaryOp, left: ExprId, ty: Ty, right: ExprId) -> Ty {
        let other = self.expr(right, Use::Value);
        match op {
            BinaryOp::Eq | BinaryOp::Ne => {
                self.compare(left, ty, right, other);
                self.asked(left);
                self.asked(right);
                Ty::Plain(Plain::Bool)
            }
            BinaryOp::In | BinaryOp::NotIn => {
                self.use_as(right, other, As::Sequence);
                Ty::Plain(Plain::Bool)
            }
            BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => {
                self.operands(left, ty, right, other, As::Comparison);
                Ty::Plain(Plain::Bool)
            }
            _ => {
                self.operands(left, ty, right, other, As::Operand);
                self.throws();
                match (op, self.know.as_plain(ty), self.know.as_plain(other)) {
                    (_, Some(Plain::Number), Some(Plain::Number)) => Ty::Plain(Plain::Number),
                    (BinaryOp::Add, Some(a), Some(b)) if a == b => Ty::Plain(a),
                    (BinaryOp::Mul, Some(a @ (Plain::List | Plain::Str)), _) => Ty::Plain(a),
                    (
                        BinaryOp::Sub | BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Rem | BinaryOp::Pow,
                        ..,
                    ) => Ty::Plain(Plain::Other),
                    _ => Ty::Plain(Plain::Other),
                }
            }
        }
    }

    /// The program asks whether a variable has a value. What it does behind the question counts on the answer, so that a variable
    /// which is `nil` on every way so far is not known to be that any more.
    pub(super) fn asked(&mut self, id: ExprId) {
        if let Some(slot) = self.variable_of(id)
            && is_missing(self.vars.get(slot))
        {
            self.vars.set(slot, Ty::Unknown);
        }
    }

    /// `==` on coroutines asks whether they are one and the same, which a new one never is.
    fn compare(&mut self, left: ExprId, ty: Ty, right: ExprId, other: Ty) {
        let is_new = |infer: &Self, id: ExprId| infer.variable_of(id).is_none();
        let meant = |infer: &Self, id: ExprId, ty: Ty, other: Ty| {
            matches!(ty, Ty::Coroutine(_))
                && (is_new(infer, id) && !matches!(other, Ty::Coroutine(_))
                    || infer.know.as_plain(other).is_some())
        };
        let both_new = matches!((ty, other), (Ty::Coroutine(_), Ty::Coroutine(_)))
            && is_new(self, left)
            && is_new(self, right);
        if both_new || meant(self, left, ty, other) || meant(self, right, other, ty) {
            self.operands(left, ty, right, other, As::Comparison);
        }
    }

    /// Both sides of an operator: one mistake, if both are meant to be results.
    pub(super) fn operands(&mut self, left: ExprId, ty: Ty, right: ExprId, other: Ty, as_: As) {
        let found: Vec<(ExprId, OriginId)> = [(left, ty), (right, other)]
            .into_iter()
            .filter_map(|(id, ty)| match ty {
                Ty::Coroutine(origin) => Some((id, origin)),
                _ => None,
            })
            .collect();
        self.use_all_as(&found, as_);
    }

    /// Reports a coroutine where its result was meant. Was it one?
    pub(super) fn use_as(&mut self, id: ExprId, ty: Ty, as_: As) -> bool {
        let Ty::Coroutine(origin) = ty else { return false };
        self.use_all_as(&[(id, origin)], as_);
        true
    }

    pub(super) fn use_all_as(&mut self, found: &[(ExprId, OriginId)], as_: As) {
        let Some((first, others)) = found.split_first() else { return };
        let ast = self.file.ast;
        self.find(Kind::UsedAs(as_, first.0), first.0, Some(first.1));
        if self.reporting
            && let Some(finding) = self.findings.last_mut()
        {
            finding.others = others.iter().map(|(id, origin)| (ast[*id].span, *origin)).collect();
        }
        for (id, origin) in found {
            // What it was meant for is known now; another word about it would say the same again.
            self.escape(Ty::Coroutine(*origin));
            if let Some(slot) = self.variable_of(*id) {
                self.vars.set(slot, Ty::Unknown);
            }
        }
    }

    fn segments(&mut self, segments: List<Segment>) {
        let mut found = Vec::new();
        for segment in self.file.ast.list(segments) {
            if let Segment::Expr { value, .. } = segment
                && let Ty::Coroutine(origin) = self.expr(*value, Use::Value)
            {
                found.push((*value, origin));
            }
        }
        self.use_all_as(&found, As::Text);
    }

    // ---- data

    pub(super) fn list_of(&mut self, items: Ty) -> Ty {
        let items = match items {
            Ty::Coroutine(id) => Ty::Coroutine(self.know.anonymous(id)),
            // An empty place, to be filled later.
            items if is_missing(items) => Ty::Unknown,
            items => items,
        };
        self.know.list(items)
    }

    fn list(&mut self, items: List<ExprId>) -> Ty {
        let mut joined = Ty::Never;
        for item in self.file.ast.list(items) {
            let ty = match self.file.ast[*item].kind {
                ExprKind::Spread(value) => {
                    let ty = self.expr(value, Use::Value);
                    self.use_as(value, ty, As::Sequence);
                    match ty {
                        Ty::List(items) => self.know.ty(items),
                        _ => Ty::Unknown,
                    }
                }
                _ => self.kept(*item),
            };
            joined = self.know.join(joined, ty);
        }
        self.list_of(joined)
    }

    pub(super) fn record(&mut self, record: types::Record) -> Ty {
        Ty::Record(self.know.add_record(record))
    }

    fn map(&mut self, entries: List<MapEntry>) -> Ty {
        let mut known = Some(Vec::new());
        for entry in self.file.ast.list(entries) {
            match *entry {
                MapEntry::Named(key, value) | MapEntry::Short(key, value) => {
                    let ty = self.kept(value);
                    if let Some(known) = &mut known {
                        known.retain(|(name, _)| *name != key.name);
                        known.push((key.name, ty));
                    }
                }
                MapEntry::Computed(key, value) => {
                    self.kept(key);
                    self.kept(value);
                    known = None;
                }
                MapEntry::Spread(value) => {
                    let ty = self.expr(value, Use::Value);
                    self.use_as(value, ty, As::Sequence);
                    known = None;
                }
            }
        }
        // Only a map with something to say about its entries is followed.
        match known {
            Some(entries) if entries.iter().any(|(_, ty)| self.is_telling(*ty)) => {
                self.record(types::Record { of: None, source: self.file.source, entries })
            }
            _ => Ty::Plain(Plain::Map),
        }
    }

    /// Something may come of knowing it.
    pub(super) fn is_telling(&self, ty: Ty) -> bool {
        !matches!(ty, Ty::Unknown | Ty::Argument | Ty::Never | Ty::Plain(_))
    }

    fn index(&mut self, object: ExprId, index: ExprId) -> Ty {
        let ty = self.expr(object, Use::Value);
        let at = self.expr(index, Use::Value);
        if self.use_as(object, ty, As::Object) {
            return Ty::Unknown;
        }
        if matches!(ty, Ty::List(_) | Ty::Plain(Plain::List | Plain::Str | Plain::Bytes)) {
            self.use_as(index, at, As::Index);
        }
        self.throws();
        match ty {
            Ty::List(_) if at == Ty::Plain(Plain::Range) => ty,
            Ty::List(items) => self.know.ty(items),
            Ty::Record(id) => match self.file.ast[self.file.ast.unparen(index)].kind {
                ExprKind::Str(name) => self.entry(id, name),
                _ => {
                    let tys: Vec<Ty> = self.know.record(id).entries.iter().map(|(_, ty)| *ty).collect();
                    let joined = tys.into_iter().fold(Ty::Never, |a, b| self.know.join(a, b));
                    match joined {
                        Ty::Coroutine(id) => Ty::Coroutine(self.know.anonymous(id)),
                        joined => joined,
                    }
                }
            },
            _ => Ty::Unknown,
        }
    }

    fn field(&mut self, object: ExprId, name: Symbol) -> Ty {
        let ty = self.expr(object, Use::Value);
        if self.use_as(object, ty, As::Object) {
            return Ty::Unknown;
        }
        self.throws();
        match ty {
            Ty::Record(id) => match self.entry(id, name) {
                Ty::Unknown => self.know.record(id).of.map_or(Ty::Unknown, |of| self.field_of(of, name)),
                known => known,
            },
            Ty::Module(module) => self.member(module, self.file.ast.name(name)),
            Ty::Instance(of) => self.field_of(of, name),
            Ty::Struct(of) => match self.function_in(of, name) {
                Some((function, false)) => Ty::Function(function),
                _ => Ty::Unknown,
            },
            _ => Ty::Unknown,
        }
    }

    /// `x.name` of an instance.
    pub(super) fn field_of(&self, of: StructRef, name: Symbol) -> Ty {
        match self.function_in(of, name) {
            Some((function, true)) => Ty::Function(function),
            Some(_) => Ty::Unknown,
            None => self.own_struct(of).map_or(Ty::Unknown, |own| self.held_by_field(own, name)),
        }
    }

    // ---- waiting

    /// The function around waits here.
    pub(super) fn waits(&mut self) {
        if let Some(function) = self.context.function {
            self.activity[function.index()].waits = true;
        }
    }

    fn await_(&mut self, id: ExprId, value: ExprId, used: Use) -> Ty {
        let ast = self.file.ast;
        self.waits();
        let inner = ast.unparen(value);
        match ast[inner].kind {
            ExprKind::Scope(block) => return self.block(block, used),
            ExprKind::Select(arms) => return self.select(arms, used),
            _ => {}
        }
        let ty = self.expr(value, Use::Value);
        let result = self.awaited(id, value, ty);
        self.throws();
        self.finish(id, result, used)
    }

    /// What awaiting gives.
    pub(super) fn awaited(&mut self, id: ExprId, value: ExprId, ty: Ty) -> Ty {
        match ty {
            Ty::Coroutine(origin) => {
                self.consume(origin, id);
                let Origin { maker, result, .. } = *self.know.origin(origin);
                if result == Ty::Object(Object::Guard) {
                    self.waits_found.guards.insert(id);
                }
                if let Maker::Native(name) = maker
                    && self.know.names[name as usize] == "sleep"
                {
                    self.waits_found.sleeps.insert(id);
                }
                result
            }
            Ty::Task(result) => self.know.ty(result),
            Ty::Unknown | Ty::Argument => Ty::Unknown,
            Ty::Never => Ty::Never,
            ty => {
                self.find(Kind::NotAwaitable(ty, value), id, None);
                Ty::Unknown
            }
        }
    }

    /// What an arm of a select waits for. One that `polls` asks only what is ready now.
    pub(super) fn arm_source(&mut self, source: ExprId, polls: bool) -> Ty {
        let ty = self.expr(source, Use::Value);
        if let Ty::Coroutine(origin) = ty
            && polls
            && !matches!(self.know.origin(origin).maker, Maker::Native(_))
        {
            self.find(Kind::NeverReady, source, Some(origin));
        }
        self.awaited(source, source, ty)
    }

    /// The coroutine runs, or is given to what will run it.
    pub(super) fn consume(&mut self, origin: OriginId, at: ExprId) {
        self.consumed.insert(origin);
        let depth = self.context.depth;
        let twice = match self.uses.get(origin.0) {
            Usage::Untracked | Usage::Maybe => return,
            Usage::Fresh | Usage::Shared => None,
            Usage::Half(_, of) if of != depth => {
                self.uses.set(origin.0, Usage::Maybe);
                return;
            }
            Usage::Used(first) | Usage::Half(first, _) => Some((first, false)),
            Usage::Looped(first) => Some((first, first == at)),
        };
        if let Some((first, looped)) = twice {
            self.find(Kind::Twice { first, looped }, at, Some(origin));
        }
        self.uses.set(origin.0, Usage::Used(at));
        if let Some(attempt) = self.context.tries.last_mut()
            && !attempt.threw
        {
            attempt.certain.push(origin.0);
        }
    }

    fn spawn(&mut self, id: ExprId, value: ExprId, used: Use) -> Ty {
        let ast = self.file.ast;
        self.waits();
        let inner = ast.unparen(value);
        if let ExprKind::Lambda(function) = ast[inner].kind
            && ast[function].form == FnForm::SpawnBlock
        {
            let result = self.body_of_block(function, if used == Use::Dropped { used } else { Use::Result });
            return Ty::Task(self.know.id(result));
        }
        if let ExprKind::Await(awaited) = ast[inner].kind {
            let ty = self.expr(awaited, Use::Value);
            let is_mistake = match ty {
                Ty::Coroutine(origin) => {
                    let result = self.know.origin(origin).result;
                    result == Ty::Argument || self.know.as_plain(result).is_some() || self.is_object(result)
                }
                _ => false,
            };
            let result = self.awaited(inner, awaited, ty);
            if is_mistake {
                self.find(Kind::SpawnedResult(inner), id, None);
                return Ty::Unknown;
            }
            return self.spawned(id, value, result);
        }
        let ty = self.expr(value, Use::Value);
        self.spawned(id, value, ty)
    }

    fn is_object(&self, ty: Ty) -> bool {
        matches!(ty, Ty::Object(_) | Ty::Instance(_) | Ty::Record(_) | Ty::Task(_))
    }

    fn spawned(&mut self, id: ExprId, value: ExprId, ty: Ty) -> Ty {
        match ty {
            Ty::Coroutine(origin) => {
                self.consume(origin, id);
                let result = self.know.origin(origin).result;
                Ty::Task(self.know.id(result))
            }
            Ty::Unknown | Ty::Argument | Ty::Never => Ty::Task(self.know.id(Ty::Unknown)),
            ty => {
                self.find(Kind::NotSpawnable(ty, value), id, None);
                Ty::Unknown
            }
        }
    }

    /// What `for` or `for await` gives from a source.
    pub(super) fn walked(&mut self, id: ExprId, ty: Ty, head: Span, with_await: Option<Span>) -> Ty {
        let is_async = match ty {
            Ty::Source | Ty::AsyncGenerator => true,
            Ty::Object(object) => object.is_walked(),
            _ => false,
        };
        match with_await {
            _ if matches!(ty, Ty::Coroutine(_)) => {
                self.use_as(id, ty, As::Sequence);
                return Ty::Unknown;
            }
            None if is_async => {
                self.find_at(Kind::WaitlessFor(ty, head), self.file.ast[id].span, None);
                return Ty::Unknown;
            }
            Some(word) if !is_async => {
                let is_plain = self.know.as_plain(ty).is_some_and(|plain| plain != Plain::Other);
                if is_plain {
                    self.find_at(Kind::PlainFor(ty, head, word), self.file.ast[id].span, None);
                    return Ty::Unknown;
                }
            }
            _ => {}
        }
        self.throws();
        match ty {
            Ty::List(items) if with_await.is_none() => self.know.ty(items),
            _ => Ty::Unknown,
        }
    }

    // ---- findings

    pub(super) fn find(&mut self, kind: Kind, id: ExprId, origin: Option<OriginId>) {
        self.find_at(kind, self.file.ast[id].span, origin);
    }

    pub(super) fn find_at(&mut self, kind: Kind, at: Span, origin: Option<OriginId>) {
        if self.reporting && !self.context.dead {
            let function = self.context.function;
            let (others, also) = (Vec::new(), Vec::new());
            self.findings.push(Finding { kind, at, origin, others, also, function });
        }
    }
}

/// What stands for a value that is not there.
pub(super) fn is_missing(ty: Ty) -> bool {
    matches!(ty, Ty::Plain(Plain::Nil | Plain::Bool))
}
