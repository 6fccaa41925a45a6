//! The walk over a file's statements and expressions, in the order in which they run.

use rustc_hash::FxHashMap;

use super::{
    Binding, FileRole, FnInfo, GlobalId, ImportExports, LocalId, Outer, Owner, Prelude, Res, Resolution,
    StructInfo,
    items::OpenBlock,
    patterns::Site,
    scope::{Frame, LocalState, Meaning, Undo},
};
use crate::{
    ast::{
        Arg, AssignId, Ast, BlockId, Catch, ExprId, ExprKind, FnForm, FnId, ForId, Ident, List, MapEntry,
        MatchArm, PatKind, Pooled, Segment, SelectArm, SelectHead, StmtId, StmtKind, StructId, Symbol,
        Target, TryId,
    },
    diagnostic::Diagnostic,
    source::SourceId,
    stack::deep,
};

pub(super) struct Resolver<'a> {
    pub source: SourceId,
    pub ast: &'a Ast,
    pub prelude: &'a Prelude,
    pub role: FileRole,
    pub names_before: &'a Outer,
    pub imports: &'a ImportExports,
    pub out: Resolution,
    pub diagnostics: Vec<Diagnostic>,
    /// How many names were compared to find near ones; see [`Resolver::undefined`].
    pub compared: usize,
    /// The hints that were found.
    pub near_names: FxHashMap<Symbol, String>,
    /// By symbol.
    pub meanings: Vec<Meaning>,
    pub undo: Vec<Undo>,
    /// Serial number of the innermost open scope.
    pub scope: u32,
    pub scopes_made: u32,
    loops_made: u32,
    /// The functions around the current place; the top level is the first. Never empty.
    pub frames: Vec<Frame>,
    /// The blocks around the current place, over function borders; the top level is none.
    pub blocks: Vec<OpenBlock>,
    /// Parallel to `out.locals`.
    pub states: Vec<LocalState>,
    /// Parallel to `out.globals`: it cannot be assigned.
    pub constant: Vec<bool>,
    /// Parallel to `out.globals`: the top level has carried out its declaration.
    pub passed: Vec<bool>,
    /// Where the `let` or `var` that declares a global starts, or `NONE`; may be shorter than `out.globals`.
    pub global_lets: Vec<u32>,
    /// The globals made for names of earlier lines, by index in `names_before`.
    pub outer_globals: FxHashMap<u32, GlobalId>,
    /// For the functions that capture something, in the order of their ends: the variables.
    pub captured: Vec<(Owner, Vec<LocalId>)>,
    /// Scratch memory of the pattern walk.
    pub sites: Vec<Site>,
    /// The next function, if it is this one, is the value of this local for ever.
    bound_to: Option<(FnId, LocalId)>,
    pub underscore: Option<Symbol>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        source: SourceId,
        ast: &'a Ast,
        prelude: &'a Prelude,
        role: FileRole,
        names_before: &'a Outer,
        imports: &'a ImportExports,
    ) -> Resolver<'a> {
        let mut meanings = vec![Meaning::NOTHING; ast.names.len()];
        for (at, signature) in (0..).zip(&prelude.names) {
            if let Some(symbol) = ast.names.find(&signature.name) {
                meanings[symbol.index()].prelude = at;
            }
        }
        for (at, (name, _)) in (0..).zip(&names_before.names) {
            if let Some(symbol) = ast.names.find(name) {
                meanings[symbol.index()].outer = at;
            }
        }
        let out = Resolution {
            names: vec![None; ast.exprs.len()],
            bindings: vec![None; ast.pats.len()],
            catches: vec![None; Catch::pool(ast).len()],
            fn_bindings: vec![None; ast.functions.len()],
            struct_bindings: vec![None; ast.structs.len()],
            functions: vec![FnInfo::default(); ast.functions.len()],
            structs: vec![StructInfo::default(); ast.structs.len()],
            ..Resolution::default()
        };
        Resolver {
            source,
            ast,
            prelude,
            role,
            names_before,
            imports,
            out,
            diagnostics: Vec::new(),
            compared: 0,
            near_names: FxHashMap::default(),
            meanings,
            undo: Vec::new(),
            scope: 0,
            scopes_made: 0,
            loops_made: 0,
            frames: vec![Frame::new(Owner::TopLevel)],
            blocks: Vec::new(),
            states: Vec::new(),
            constant: Vec::new(),
            passed: Vec::new(),
            global_lets: Vec::new(),
            outer_globals: FxHashMap::default(),
            captured: Vec::new(),
            sites: Vec::new(),
            bound_to: None,
            underscore: ast.names.find("_"),
        }
    }

    pub(super) fn run(mut self) -> (Resolution, Vec<Diagnostic>) {
        self.declare_globals();
        for stmt in self.ast.list(self.ast.root) {
            self.stmt(*stmt, true);
        }
        self.settle_captures();
        (self.out, self.diagnostics)
    }

    fn stmt(&mut self, id: StmtId, top_level: bool) {
        match self.ast[id].kind {
            StmtKind::Error => {}
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Let { mutable, pattern, value } => {
                if let (false, Some(Binding::Local(local)), ExprKind::Lambda(function)) = (
                    mutable,
                    self.out.binding(self.ast.unparen_pat(pattern)),
                    self.ast[self.ast.unparen(value)].kind,
                ) {
                    let is_function = self.ast[function].form == FnForm::Lambda;
                    self.bound_to = is_function.then_some((function, local));
                }
                self.expr(value);
                self.pattern_exprs(pattern);
                self.pass_pattern(pattern);
            }
            StmtKind::Assign(assign) => self.assign(assign),
            StmtKind::Fn(function) => self.fn_item(function),
            StmtKind::Struct(structure) => self.structure(structure),
            StmtKind::While { condition, body } => {
                self.enter_loop();
                self.expr(condition);
                self.block(body);
                self.leave_loop();
            }
            StmtKind::For(id) => self.for_loop(id),
            StmtKind::Import(import) => {
                if !top_level {
                    self.import_inside(import);
                }
                self.check_import(import);
            }
            StmtKind::Defer(body) => {
                self.frame().defers += 1;
                self.expr(body);
                self.frame().defers -= 1;
            }
            StmtKind::Test { body, .. } => {
                self.function(body);
            }
        }
    }

    fn enter_loop(&mut self) {
        self.loops_made += 1;
        let serial = self.loops_made;
        self.frame().loops.push(serial);
    }

    fn leave_loop(&mut self) {
        self.frame().loops.pop();
    }

    fn for_loop(&mut self, id: ForId) {
        let each = self.ast[id];
        self.expr(each.source);
        self.enter_loop();
        let scope = self.enter_scope();
        self.bind_pattern(each.first);
        if let Some(second) = each.second {
            self.bind_pattern(second);
        }
        self.block(each.body);
        self.leave_scope(scope);
        self.leave_loop();
    }

    fn block(&mut self, id: BlockId) {
        let stmts = self.ast.list(self.ast[id].stmts);
        deep(|| {
            let scope = self.enter_scope();
            self.blocks.push(OpenBlock::new(id, self.scope));
            self.declare_block(stmts);
            let index = self.blocks.len() - 1;
            for (at, stmt) in (0..).zip(stmts) {
                self.blocks[index].statement = at;
                self.stmt(*stmt, false);
            }
            self.close_block();
            self.leave_scope(scope);
        });
    }

    fn fn_item(&mut self, id: FnId) {
        let Some(Binding::Local(local)) = self.out.fn_bindings[id.index()] else {
            self.function(id);
            return;
        };
        self.enter_item(local);
        self.bound_to = Some((id, local));
        let takes = self.function(id);
        self.leave_item(local, takes);
    }

    /// Gives the locals of the function around that it captures.
    fn function(&mut self, id: FnId) -> Vec<LocalId> {
        let function = self.ast[id];
        let this = self.bound_to.take().filter(|(bound, _)| *bound == id).map(|(_, local)| local);
        self.enter_frame(Owner::Function(id));
        self.frame().this = this;
        let scope = self.enter_scope();
        let params = self.ast.list(function.params);
        for param in params {
            if let Some(default) = param.default {
                self.frame().in_default = true;
                self.expr(default);
                self.frame().in_default = false;
            }
            self.bind_pattern(param.pattern);
        }
        self.expr(function.body);
        self.leave_scope(scope);
        let first_is_self =
            params.first().is_some_and(|param| match self.ast[self.ast.unparen_pat(param.pattern)].kind {
                PatKind::Bind(name) => self.ast.name(name) == "self",
                _ => false,
            });
        self.leave_frame(function.form == FnForm::Method && first_is_self)
    }

    fn structure(&mut self, id: StructId) {
        let structure = self.ast[id];
        let local = match self.out.struct_bindings[id.index()] {
            Some(Binding::Local(local)) => Some(local),
            _ => None,
        };
        if let Some(local) = local {
            self.enter_item(local);
        }
        self.out.structs[id.index()].parent = self.frame().owner;
        self.check_members(&structure);
        let mut takes = Vec::new();
        let fields = self.ast.list(structure.fields);
        if fields.iter().any(|field| field.default.is_some()) {
            self.enter_frame(Owner::Defaults(id));
            for default in fields.iter().filter_map(|field| field.default) {
                self.expr(default);
            }
            takes = self.leave_frame(false);
        }
        for method in self.ast.list(structure.methods) {
            takes.extend(self.function(*method));
        }
        if let Some(local) = local {
            self.leave_item(local, takes);
        }
    }

    pub(super) fn expr(&mut self, id: ExprId) {
        match self.ast[id].kind {
            ExprKind::Name(name) => {
                let res = self.name(name, self.ast[id].span);
                self.out.names[id.index()] = Some(res);
            }
            ExprKind::Error
            | ExprKind::Nil
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Duration(_)
            | ExprKind::Str(_)
            | ExprKind::Bytes(_) => {}
            ExprKind::Binary(_, left, _) if matches!(self.ast[left].kind, ExprKind::Binary(..)) => {
                self.binary_chain(id)
            }
            _ => deep(|| self.compound(id)),
        }
    }

    /// `a + b + c + …`: down the left side without recursion, then the right operands in order.
    fn binary_chain(&mut self, id: ExprId) {
        let mut rights = Vec::new();
        let mut at = id;
        while let ExprKind::Binary(_, left, right) = self.ast[at].kind {
            rights.push(right);
            at = left;
        }
        self.expr(at);
        for right in rights.into_iter().rev() {
            self.expr(right);
        }
    }

    fn compound(&mut self, id: ExprId) {
        let span = self.ast[id].span;
        match self.ast[id].kind {
            ExprKind::Interpolation(segments) => {
                for segment in self.ast.list(segments) {
                    if let Segment::Expr { value, .. } = segment {
                        self.expr(*value);
                    }
                }
            }
            ExprKind::List(items) => {
                for item in self.ast.list(items) {
                    self.expr(*item);
                }
            }
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Spread(value)
            | ExprKind::Paren(value)
            | ExprKind::Unary(_, value)
            | ExprKind::Await(value)
            | ExprKind::Spawn(value)
            | ExprKind::Throw(value) => self.expr(value),
            ExprKind::Binary(_, left, right) => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Is { value, ty, .. } => {
                self.expr(value);
                self.type_expr(ty);
            }
            ExprKind::Range { start, end, .. } => {
                for bound in [start, end].into_iter().flatten() {
                    self.expr(bound);
                }
            }
            ExprKind::Call(callee, args) => self.call(callee, args),
            ExprKind::Index { object, index, .. } => {
                self.expr(object);
                self.expr(index);
            }
            ExprKind::Field { object, name, .. } => {
                self.expr(object);
                self.check_member(object, name, span, false);
            }
            ExprKind::Lambda(function) => {
                self.function(function);
            }
            ExprKind::Return(value) => {
                if self.frame().in_default || matches!(self.frame().owner, Owner::Defaults(_)) {
                    self.outside_function("return", span);
                }
                value.into_iter().for_each(|value| self.expr(value));
            }
            ExprKind::Break => self.check_loop("break", span),
            ExprKind::Continue => self.check_loop("continue", span),
            ExprKind::Yield(value) => {
                value.into_iter().for_each(|value| self.expr(value));
                self.check_yield(span);
            }
            ExprKind::If(at) => self.if_chain(at),
            ExprKind::Match { subject, arms } => {
                self.expr(subject);
                self.match_arms(arms);
            }
            ExprKind::Try(at) => self.try_catch(at),
            ExprKind::Scope(block) | ExprKind::Block(block) => self.block(block),
            ExprKind::Select(arms) => self.select_arms(arms),
            ExprKind::Assign(assign) => self.assign(assign),
            _ => {}
        }
    }

    /// `else if` ladders are as long as people like, so they are walked, not recursed into.
    fn if_chain(&mut self, mut at: crate::ast::IfId) {
        loop {
            let branch = self.ast[at];
            self.expr(branch.condition);
            self.block(branch.then);
            match branch.otherwise.map(|otherwise| (otherwise, self.ast[otherwise].kind)) {
                Some((_, ExprKind::If(next))) => at = next,
                Some((otherwise, _)) => return self.expr(otherwise),
                None => return,
            }
        }
    }

    fn map(&mut self, entries: List<MapEntry>) {
        for entry in self.ast.list(entries) {
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

    fn call(&mut self, callee: ExprId, args: List<Arg>) {
        self.expr(callee);
        let args = self.ast.list(args);
        self.check_named_args(args);
        for arg in args {
            self.expr(arg.value());
        }
        if let Some(Res::Type(ty)) = self.out.names[callee.index()] {
            self.type_called(ty, callee, args);
        }
    }

    fn match_arms(&mut self, arms: List<MatchArm>) {
        for arm in self.ast.list(arms) {
            let scope = self.enter_scope();
            self.bind_pattern(arm.pattern);
            arm.guard.into_iter().for_each(|guard| self.expr(guard));
            self.expr(arm.body);
            self.leave_scope(scope);
        }
    }

    fn select_arms(&mut self, arms: List<SelectArm>) {
        // All heads run before any body.
        let arms = self.ast.list(arms);
        for arm in arms {
            if let SelectHead::Wait { source, .. } = arm.head {
                self.expr(source);
            }
        }
        for arm in arms {
            let scope = self.enter_scope();
            if let SelectHead::Wait { pattern: Some(pattern), .. } = arm.head {
                self.bind_pattern(pattern);
            }
            self.expr(arm.body);
            self.leave_scope(scope);
        }
    }

    fn try_catch(&mut self, id: TryId) {
        let attempt = self.ast[id];
        self.block(attempt.body);
        for at in 0..attempt.catches.len {
            let index = (attempt.catches.start + at) as usize;
            let catch = Catch::pool(self.ast)[index];
            let scope = self.enter_scope();
            if let Some(name) = catch.name.filter(|name| Some(name.name) != self.underscore) {
                let local = self.make_local(name.name, name.span, true);
                self.pass(local);
                self.out.catches[index] = Some(Binding::Local(local));
            }
            catch.guard.into_iter().for_each(|guard| self.expr(guard));
            self.block(catch.body);
            self.leave_scope(scope);
        }
        attempt.finally.into_iter().for_each(|finally| self.block(finally));
    }

    fn assign(&mut self, id: AssignId) {
        let assign = self.ast[id];
        if let Target::Place(place) = assign.target
            && let ExprKind::Name(name) = self.ast[place].kind
        {
            // A name is read, if at all, after the value; and written last.
            self.expr(assign.value);
            self.assign_name(place, name, assign.op.is_some());
            return;
        }
        self.target(assign.target, false);
        self.expr(assign.value);
        self.target(assign.target, true);
    }

    /// In two rounds, as when it runs: first objects and indices, then, `after` the value, the names.
    fn target(&mut self, target: Target, after: bool) {
        match target {
            Target::Place(place) => match self.ast[place].kind {
                ExprKind::Name(name) if after => self.assign_name(place, name, false),
                ExprKind::Name(_) => {}
                ExprKind::Field { object, name, .. } if !after => {
                    self.expr(object);
                    self.check_member(object, name, self.ast[place].span, true);
                }
                _ if !after => self.expr(place),
                _ => {}
            },
            Target::List(items) => deep(|| {
                for item in self.ast.list(items) {
                    self.target(item.target, after);
                }
            }),
            Target::Discard | Target::Error => {}
        }
    }

    fn check_named_args(&mut self, args: &[Arg]) {
        let named = |arg: &Arg| match arg {
            Arg::Named(name, _) => Some(*name),
            _ => None,
        };
        if args.iter().filter_map(named).nth(1).is_none() {
            return;
        }
        let mut seen: Vec<Ident> = args.iter().filter_map(named).collect();
        seen.sort_by_key(|name| (name.name, name.span.start));
        for pair in seen.windows(2).filter(|pair| pair[0].name == pair[1].name) {
            self.argument_twice(pair[1], pair[0]);
        }
    }
}
