//! W0322: a loop that awaits one thing after the other, though none depends on another.
//!
//! For certain cases only (R28): the body does nothing but collect results of async functions that have no effects, and nothing that a
//! turn reads was changed by the turn before.

use rustc_hash::FxHashSet;

use super::{
    File,
    quiet::EffectsOf,
    sites::LazySites,
    trace::{self, Event},
};
use crate::{
    ast::{BinaryOp, ExprId, ExprKind, FnId, ForId, PatKind, StmtId, StmtKind, Symbol, Target},
    diagnostic::{Code, Diagnostic},
    resolve::Binding,
    source::Span,
};

pub(super) fn check<'a>(
    file: File<'a>,
    sites: &LazySites<'_>,
    effects: &mut EffectsOf<'a>,
    awaits: &[u32],
    into: &mut Vec<Diagnostic>,
) {
    let waits = |span: Span| {
        let next = awaits.partition_point(|start| *start < span.start);
        awaits.get(next).is_some_and(|start| *start < span.end)
    };
    for (at, stmt) in file.ast.stmts.iter().enumerate() {
        if let StmtKind::For(id) = stmt.kind
            && file.ast[id].await_span.is_none()
            && waits(file.ast[file.ast[id].body].span)
            && let Some(found) = (Loop { file, sites, effects }).judge(StmtId(at as u32), id)
        {
            into.push(found);
        }
    }
}

struct Loop<'a, 'b> {
    file: File<'a>,
    sites: &'b LazySites<'b>,
    effects: &'b mut EffectsOf<'a>,
}

/// What a turn does, if it is nothing but collecting.
#[derive(Default)]
struct Turn {
    awaits: Vec<ExprId>,
    /// Variables that collect: nothing else may read them.
    collecting: FxHashSet<Variable>,
    /// The names that the turn reads.
    reads: Vec<ExprId>,
    /// `xs.push(await f(x))` is the whole body: the list and the call.
    pushed: Option<(Span, ExprId)>,
}

/// A variable. Two of the same name count as one, which only makes the check more careful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Variable(Symbol);

impl Loop<'_, '_> {
    fn judge(&mut self, stmt: StmtId, id: ForId) -> Option<Diagnostic> {
        let ast = self.file.ast;
        let each = ast[id];
        if let ExprKind::List(items) = ast[ast.unparen(each.source)].kind
            && items.len < 2
        {
            return None;
        }
        let mut turn = Turn::default();
        let stmts = ast.list(ast[each.body].stmts);
        for stmt in stmts {
            self.statement(*stmt, &mut turn)?;
        }
        if stmts.len() != 1 {
            turn.pushed = None;
        }
        let first = *turn.awaits.first()?;
        let is_collecting = |id: &ExprId| match ast[*id].kind {
            ExprKind::Name(name) => turn.collecting.contains(&Variable(name)),
            _ => false,
        };
        if turn.reads.iter().any(is_collecting) {
            return None;
        }
        let (source, span) = (self.file.source, ast[first].span);
        let head = Span::new(ast[stmt].span.start, ast[each.source].span.end);
        let diagnostic = Diagnostic::new(
            Code::SERIAL_AWAITS,
            "each turn of the loop waits for the one before, without need",
            source,
            span,
            "no turn uses what another one got",
        )
        .label(source, head, "all turns could wait at once")
        .note(
            "one after the other takes as long as all of them together; `all` takes as long as the slowest",
        );
        Some(diagnostic.help(self.all_form(&turn, each.first, each.source, each.second.is_some())))
    }

    /// The loop as `all(…)`, in its own words where it is simple.
    fn all_form(&self, turn: &Turn, item: crate::ast::PatId, source: ExprId, pairs: bool) -> String {
        let ast = self.file.ast;
        let text = |span: Span| self.file.text.get(span.range()).unwrap_or("");
        let (item, source) = (text(ast[item].span), text(ast[source].span));
        let is_short = |call: &str| call.len() + item.len() + source.len() < 80 && !call.contains('\n');
        match turn.pushed {
            Some((list, call)) if !pairs && is_short(text(ast[call].span)) => {
                let (list, call) = (text(list), text(ast[call].span));
                let source = if source.contains("..") { format!("({source})") } else { source.to_string() };
                format!("all at once: `{list}.extend(await all({source}.map(|{item}| {call})))`")
            }
            _ => "all at once: `await all(xs.map(|x| f(x)))` gives the results in order".to_string(),
        }
    }

    /// `None` if it does anything else than collecting.
    fn statement(&mut self, id: StmtId, turn: &mut Turn) -> Option<()> {
        let ast = self.file.ast;
        match ast[id].kind {
            StmtKind::Let { pattern, value, .. } => {
                let is_local =
                    !matches!(self.file.resolution.binding(pattern), Some(Binding::Global(_)) | None);
                let is_name = matches!(ast[ast.unparen_pat(pattern)].kind, PatKind::Bind(_));
                (is_local && is_name).then_some(())?;
                self.value(value, turn)
            }
            StmtKind::Assign(assign) => {
                let assign = ast[assign];
                let Target::Place(place) = assign.target else { return None };
                match (ast[place].kind, assign.op) {
                    (ExprKind::Name(name), Some(BinaryOp::Add)) => {
                        self.collect(name, turn);
                    }
                    (ExprKind::Index { object, index, .. }, None) => {
                        let ExprKind::Name(name) = ast[object].kind else { return None };
                        self.collect(name, turn);
                        self.value(index, turn)?;
                    }
                    _ => return None,
                }
                self.value(assign.value, turn)
            }
            StmtKind::Expr(expr) => {
                let expr = ast.unparen(expr);
                if let ExprKind::Call(callee, args) = ast[expr].kind
                    && let ExprKind::Field { object, name, .. } = ast[ast.unparen(callee)].kind
                    && ast.name(name) == "push"
                    && let ExprKind::Name(list) = ast[object].kind
                    && let [arg] = ast.list(args)
                {
                    self.collect(list, turn);
                    if let ExprKind::Await(call) = ast[ast.unparen(arg.value())].kind {
                        turn.pushed = Some((ast[object].span, call));
                    }
                    return self.value(arg.value(), turn);
                }
                matches!(ast[expr].kind, ExprKind::Await(_)).then_some(())?;
                self.value(expr, turn)
            }
            _ => None,
        }
    }

    fn collect(&self, name: Symbol, turn: &mut Turn) {
        turn.collecting.insert(Variable(name));
    }

    /// An expression without effects, but for awaits of quiet functions.
    fn value(&mut self, id: ExprId, turn: &mut Turn) -> Option<()> {
        let ast = self.file.ast;
        let events = trace::of_expr(ast, id);
        for event in &events {
            match *event {
                Event::Read(name) => turn.reads.push(name),
                Event::Await(id) => {
                    let ExprKind::Await(value) = ast[id].kind else { return None };
                    self.awaited_function(value)?;
                    turn.awaits.push(id);
                }
                Event::Fork => return None,
                _ => {}
            }
        }
        self.effects.events(&events).quiet.then_some(())
    }

    /// The quiet async function of the file whose call is awaited.
    fn awaited_function(&mut self, value: ExprId) -> Option<FnId> {
        let ast = self.file.ast;
        let ExprKind::Call(callee, _) = ast[ast.unparen(value)].kind else { return None };
        let function = self.sites.get().function_of(ast.unparen(callee))?;
        let facts = ast[function];
        let is_right = facts.is_async
            && !self.file.resolution.function(function).is_generator
            && self.effects.function(function) == super::quiet::Effects { quiet: true, isolated: true }
            && waits(self.file, function);
        is_right.then_some(function)
    }
}

/// Its body awaits: what never waits has nothing to gain.
fn waits(file: File<'_>, id: FnId) -> bool {
    trace::of_expr(file.ast, file.ast[id].body).iter().any(|event| matches!(event, Event::Await(_)))
}
