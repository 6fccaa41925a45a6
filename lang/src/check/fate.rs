//! What becomes of the value of a call, as it is written around it: whether an `await` belongs in front of the call once its function is
//! `async`, or whether the coroutine is taken care of already, as in `await all([f(1), f(2)])`.

use rustc_hash::FxHashMap;

use super::{File, sites::Site};
use crate::{
    ast::{Arg, Ast, ExprId, ExprKind, FnForm, PatKind, SelectHead, StmtKind, Symbol, Target},
    resolve::Res,
    source::Span,
};

/// Prelude functions that run the coroutines which they are given.
const RUNNERS: [&str; 7] = ["all", "race", "any", "settled", "completed", "timeout", "shield"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The result is wanted here.
    Awaited,
    /// Somebody awaits or spawns it.
    Kept,
    /// A generator that a `for` walks, with the place of the word.
    Walked(Span),
    Unclear,
}

/// What stands directly around an expression, as far as it matters here.
#[derive(Clone, Copy)]
enum Around {
    Same(ExprId),
    Item(ExprId),
    /// An argument of this call.
    Argument(ExprId),
    /// The body of a lambda, which is this expression.
    Body(ExprId),
    /// The variable gets its value.
    Bound(Symbol),
    Awaited,
    /// The source of a `for`, whose head starts here; `true` with `await`.
    Source(Span, bool),
    /// A field or item of it is used.
    Object,
}

/// One file's expressions, with what is around them.
pub(super) struct Fates<'a> {
    file: File<'a>,
    around: FxHashMap<ExprId, Around>,
    names: FxHashMap<Symbol, Vec<ExprId>>,
    /// It awaits lists that come from elsewhere.
    pub(super) runs_lists: bool,
}

impl<'a> Fates<'a> {
    pub(super) fn new(file: File<'a>) -> Fates<'a> {
        let ast = file.ast;
        let mut fates =
            Fates { file, around: FxHashMap::default(), names: FxHashMap::default(), runs_lists: false };
        for (id, expr) in (0..).map(ExprId).zip(&ast.exprs) {
            match expr.kind {
                ExprKind::Name(name) => fates.names.entry(name).or_default().push(id),
                ExprKind::Paren(inner) => fates.put(inner, Around::Same(id)),
                ExprKind::List(items) => {
                    ast.list(items).iter().for_each(|item| fates.put(*item, Around::Item(id)));
                }
                ExprKind::Spread(value) => fates.put(value, Around::Same(id)),
                ExprKind::Call(callee, args) => {
                    fates.put(callee, Around::Object);
                    for arg in ast.list(args) {
                        let at =
                            if let Arg::Spread(_) = arg { Around::Same(id) } else { Around::Argument(id) };
                        fates.put(arg.value(), at);
                    }
                }
                ExprKind::Lambda(function) if ast[function].form == FnForm::Lambda => {
                    fates.put(ast[function].body, Around::Body(id));
                }
                ExprKind::Await(value) | ExprKind::Spawn(value) => fates.put(value, Around::Awaited),
                ExprKind::Field { object, .. } | ExprKind::Index { object, .. } => {
                    fates.put(object, Around::Object);
                }
                ExprKind::Select(arms) => {
                    for arm in ast.list(arms) {
                        if let SelectHead::Wait { source, .. } = arm.head {
                            fates.put(source, Around::Awaited);
                        }
                    }
                }
                _ => {}
            }
        }
        for stmt in &ast.stmts {
            match stmt.kind {
                StmtKind::Let { pattern, value, .. } => {
                    if let PatKind::Bind(name) = ast[ast.unparen_pat(pattern)].kind {
                        fates.put(value, Around::Bound(name));
                    }
                }
                StmtKind::For(id) => {
                    let head = Span::new(stmt.span.start, stmt.span.start + "for".len() as u32);
                    fates.put(ast[id].source, Around::Source(head, ast[id].await_span.is_some()));
                }
                _ => {}
            }
        }
        for assign in &ast.assigns {
            if let (Target::Place(place), None) = (assign.target, assign.op)
                && let ExprKind::Name(name) = ast[place].kind
            {
                fates.put(assign.value, Around::Bound(name));
            }
        }
        fates.runs_lists = ast.exprs.iter().any(|expr| match expr.kind {
            ExprKind::Call(callee, args) => {
                let first = ast.list(args).first().map(|arg| ast[ast.unparen(arg.value())].kind);
                fates.is_runner(callee) && matches!(first, Some(ExprKind::Name(_) | ExprKind::Call(..)))
            }
            _ => false,
        });
        fates
    }

    fn is_runner(&self, callee: ExprId) -> bool {
        match self.ast()[callee].kind {
            ExprKind::Name(name) => {
                matches!(self.file.resolution.name(callee), Res::Prelude(_))
                    && RUNNERS.contains(&self.ast().name(name))
            }
            _ => false,
        }
    }

    fn put(&mut self, id: ExprId, around: Around) {
        self.around.insert(id, around);
    }

    fn ast(&self) -> &'a Ast {
        self.file.ast
    }

    /// What becomes of what a call gives. `lists_are_run`: some file awaits lists that come from elsewhere.
    pub(super) fn of(&self, site: &Site, is_generator: bool, lists_are_run: bool) -> Fate {
        if is_generator {
            return match self.around.get(&site.node) {
                Some(Around::Source(_, true)) => Fate::Kept,
                Some(Around::Source(head, false)) => Fate::Walked(*head),
                _ => Fate::Unclear,
            };
        }
        if site.kept { Fate::Kept } else { self.of_value(site.node, lists_are_run) }
    }

    fn of_value(&self, id: ExprId, lists_are_run: bool) -> Fate {
        // `in_list`: it is one of several in a list by now.
        let (mut id, mut in_list) = (id, false);
        let otherwise = |in_list| if in_list && lists_are_run { Fate::Unclear } else { Fate::Awaited };
        loop {
            match self.around.get(&id) {
                Some(Around::Same(outer)) => id = *outer,
                Some(Around::Item(list)) => (id, in_list) = (*list, true),
                Some(Around::Awaited) => return Fate::Kept,
                Some(Around::Object) => return Fate::Awaited,
                Some(Around::Source(_, is_async)) if *is_async => return Fate::Unclear,
                Some(Around::Source(..)) => return otherwise(in_list),
                Some(Around::Bound(name)) => return self.of_variable(*name, in_list),
                Some(Around::Argument(call)) => {
                    let ExprKind::Call(callee, _) = self.ast()[*call].kind else { return Fate::Unclear };
                    return match self.ast()[callee].kind {
                        ExprKind::Name(_) if self.is_runner(callee) => Fate::Kept,
                        ExprKind::Name(_) if matches!(self.file.resolution.name(callee), Res::Prelude(_)) => {
                            Fate::Awaited
                        }
                        // `tasks.push(f())`
                        ExprKind::Field { object, name, .. }
                            if matches!(self.ast().name(name), "push" | "insert" | "add") =>
                        {
                            match self.ast()[object].kind {
                                ExprKind::Name(list) => self.of_variable(list, true),
                                _ => Fate::Unclear,
                            }
                        }
                        _ => otherwise(in_list),
                    };
                }
                // `all(xs.map(|x| f(x)))`
                Some(Around::Body(lambda)) => {
                    let Some(Around::Argument(call)) = self.around.get(lambda) else { return Fate::Awaited };
                    let ExprKind::Call(callee, _) = self.ast()[*call].kind else { return Fate::Awaited };
                    match self.ast()[callee].kind {
                        ExprKind::Field { name, .. } if self.ast().name(name) == "map" => {
                            (id, in_list) = (*call, true);
                        }
                        _ => return Fate::Awaited,
                    }
                }
                None => return otherwise(in_list),
            }
        }
    }

    /// A variable holds it: what is done with that, wherever a variable of the name is used.
    fn of_variable(&self, name: Symbol, in_list: bool) -> Fate {
        let mut is_awaited = false;
        let mut is_used = false;
        for id in self.names.get(&name).into_iter().flatten() {
            match self.use_of(*id) {
                Some(true) => is_awaited = true,
                Some(false) => is_used = true,
                None => {}
            }
        }
        match (is_awaited, is_used) {
            (true, false) => Fate::Kept,
            (true, true) => Fate::Unclear,
            (false, _) if in_list => {
                let is_walked = |id: &ExprId| matches!(self.around.get(id), Some(Around::Source(..)));
                let unclear = self.names.get(&name).into_iter().flatten().any(is_walked);
                if unclear { Fate::Unclear } else { Fate::Awaited }
            }
            (false, _) => Fate::Awaited,
        }
    }

    /// A variable's value is awaited, or given to what does: or it is used in another way. `None`: nothing is done with it.
    fn use_of(&self, id: ExprId) -> Option<bool> {
        let mut id = id;
        loop {
            match self.around.get(&id)? {
                Around::Same(outer) | Around::Item(outer) => id = *outer,
                Around::Awaited => return Some(true),
                Around::Argument(call) => {
                    let ExprKind::Call(callee, _) = self.ast()[*call].kind else { return Some(false) };
                    return Some(self.is_runner(callee));
                }
                Around::Body(_) | Around::Bound(_) | Around::Source(..) => return Some(false),
                // `tasks.push(…)`
                Around::Object => return None,
            }
        }
    }
}
