//! W0323: a lock that is held while its task waits for something the lock has nothing to do with.
//!
//! Certain is that only where the wait could stand outside: nothing shared is touched between the locking and the wait, or between the
//! wait and the unlocking, and something is on the other side. A wait between a read and a write is what locks are for.

use super::{
    File,
    infer::Waits,
    quiet::{Effects, EffectsOf, is_shared},
    sites::LazySites,
    trace::{self, Event},
};
use crate::{
    ast::{ExprId, ExprKind, PatKind, StmtId, StmtKind, Symbol},
    diagnostic::{Code, Diagnostic},
    source::Span,
};

pub(super) fn check(
    file: File<'_>,
    sites: &LazySites<'_>,
    waits: &Waits,
    effects: &mut EffectsOf<'_>,
    into: &mut Vec<Diagnostic>,
) {
    if waits.guards.is_empty() {
        return;
    }
    let ast = file.ast;
    for block in &ast.blocks {
        check_statements(file, sites, waits, effects, ast.list(block.stmts), into);
    }
    check_statements(file, sites, waits, effects, ast.list(ast.root), into);
}

fn check_statements(
    file: File<'_>,
    sites: &LazySites<'_>,
    waits: &Waits,
    effects: &mut EffectsOf<'_>,
    stmts: &[StmtId],
    into: &mut Vec<Diagnostic>,
) {
    let ast = file.ast;
    for (at, stmt) in stmts.iter().enumerate() {
        let StmtKind::Let { pattern, value, .. } = ast[*stmt].kind else { continue };
        let PatKind::Bind(guard) = ast[pattern].kind else { continue };
        if !waits.guards.contains(&ast.unparen(value)) {
            continue;
        }
        let mut held = &stmts[at + 1..];
        let mut until = None;
        if let Some(end) = held.iter().position(|stmt| unlocks(file, *stmt, guard)) {
            if !matches!(ast[held[end]].kind, StmtKind::Defer(_)) {
                until = Some(ast[held[end]].span);
                held = &held[..end];
            }
        } else {
            // Unlocked elsewhere, perhaps before the wait.
            continue;
        }
        let steps: Vec<Step> = held
            .iter()
            .filter(|stmt| !unlocks(file, **stmt, guard))
            .map(|stmt| step(file, sites, waits, effects, *stmt))
            .collect();
        for (wait, span) in steps.iter().enumerate().filter_map(|(at, step)| step.wait.map(|span| (at, span)))
        {
            let touches = |steps: &[Step]| steps.iter().any(|step| step.touches);
            let writes = |steps: &[Step]| steps.iter().any(|step| step.writes);
            let (before, after) = (&steps[..wait], &steps[wait + 1..]);
            let others_wait = |steps: &[Step]| steps.iter().any(|step| step.waits_otherwise);
            if others_wait(before) || others_wait(after) {
                continue;
            }
            let is_first = !touches(before) && writes(after);
            let is_last = !touches(after) && writes(before);
            if is_first || is_last {
                into.push(diagnostic(file, ast[value].span, span, until, is_first));
            }
        }
    }
}

struct Step {
    /// The statement is one wait that has nothing to do with anything shared: its place.
    wait: Option<Span>,
    /// It waits for something else.
    waits_otherwise: bool,
    /// It may read or change what others see, or be seen.
    touches: bool,
    /// It changes a variable or field that others see.
    writes: bool,
}

fn step(
    file: File<'_>,
    sites: &LazySites<'_>,
    waits: &Waits,
    effects: &mut EffectsOf<'_>,
    stmt: StmtId,
) -> Step {
    let ast = file.ast;
    let events = trace::of_stmt(ast, stmt);
    let value = match ast[stmt].kind {
        StmtKind::Expr(expr) => Some(expr),
        StmtKind::Let { value, .. } => Some(value),
        _ => None,
    };
    let awaits = events.iter().any(|event| matches!(event, Event::Await(_) | Event::ForAwait));
    let shared = |id: &ExprId| is_shared(file, *id) || is_self(file, *id);
    let writes = events.iter().any(|event| match event {
        Event::Write { place, .. } => match ast[*place].kind {
            ExprKind::Name(_) => shared(place),
            ExprKind::Field { object, .. } | ExprKind::Index { object, .. } => {
                root(file, object).is_some_and(|id| shared(&id))
            }
            _ => false,
        },
        _ => false,
    });
    let wait = value
        .map(|value| ast.unparen(value))
        .filter(|value| is_unrelated(file, sites, waits, effects, *value, &events));
    let found = effects.events(&events);
    let touches = !found.quiet
        || !found.isolated
        || events.iter().any(|event| matches!(event, Event::Read(id) if is_self(file, *id)));
    Step { wait: wait.map(|id| ast[id].span), waits_otherwise: awaits && wait.is_none(), touches, writes }
}

/// The statement is an await of `sleep`, or of a function of the file that neither sees nor changes anything shared.
fn is_unrelated(
    file: File<'_>,
    sites: &LazySites<'_>,
    waits: &Waits,
    effects: &mut EffectsOf<'_>,
    id: ExprId,
    events: &[Event],
) -> bool {
    let ast = file.ast;
    let ExprKind::Await(value) = ast[id].kind else { return false };
    if events.iter().filter(|event| matches!(event, Event::Await(_))).count() != 1 {
        return false;
    }
    if waits.sleeps.contains(&id) {
        return true;
    }
    let ExprKind::Call(callee, _) = ast[ast.unparen(value)].kind else { return false };
    let Some(function) = sites.get().function_of(ast.unparen(callee)) else { return false };
    ast[function].is_async
        && effects.events(events) == (Effects { quiet: true, isolated: true })
        && trace::of_expr(ast, ast[function].body).iter().any(|event| matches!(event, Event::Await(_)))
}

fn is_self(file: File<'_>, id: ExprId) -> bool {
    matches!(file.ast[id].kind, ExprKind::Name(name) if file.ast.name(name) == "self")
}

/// The variable at the start of `a.b[c].d`.
fn root(file: File<'_>, mut id: ExprId) -> Option<ExprId> {
    loop {
        match file.ast[id].kind {
            ExprKind::Name(_) => return Some(id),
            ExprKind::Field { object, .. } | ExprKind::Index { object, .. } | ExprKind::Paren(object) => {
                id = object
            }
            _ => return None,
        }
    }
}

/// `g.unlock()` or `defer g.unlock()`.
fn unlocks(file: File<'_>, stmt: StmtId, guard: Symbol) -> bool {
    let ast = file.ast;
    let (StmtKind::Expr(expr) | StmtKind::Defer(expr)) = ast[stmt].kind else { return false };
    let ExprKind::Call(callee, _) = ast[ast.unparen(expr)].kind else { return false };
    let ExprKind::Field { object, name, .. } = ast[callee].kind else { return false };
    ast.name(name) == "unlock" && matches!(ast[object].kind, ExprKind::Name(of) if of == guard)
}

fn diagnostic(file: File<'_>, lock: Span, wait: Span, until: Option<Span>, is_first: bool) -> Diagnostic {
    let mut found = Diagnostic::new(
        Code::LOCK_HELD,
        "a lock is held while the task waits for something else",
        file.source,
        wait,
        "who wants the lock waits for this too",
    )
    .label(file.source, lock, "locked here");
    if let Some(until) = until {
        found = found.label(file.source, until, "unlocked here");
    }
    let help = if is_first {
        "wait first, and lock then: nothing before the wait needs the lock"
    } else {
        "unlock before the wait: nothing behind it needs the lock"
    };
    found.note("what the lock protects is not touched on one side of the wait").help(help)
}
