//! W0325: a shared variable is read, then the task waits, then what was read is written back: what others wrote meanwhile is lost.
//!
//! Certain is that where the code runs in several tasks: in functions that are spawned or handed to combinators, and in blocks and lambdas
//! that are. Files with locks are left alone. `x += e` reads after `e` (R33) and is never meant.

use std::cell::OnceCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    File,
    quiet::is_shared,
    sites::{LazySites, Site},
    trace::{self, Event},
};
use crate::{
    ast::{Arg, Assign, BinaryOp, ExprId, ExprKind, FnForm, FnId, StmtId, StmtKind, Symbol, Target},
    diagnostic::{Code, Diagnostic, Edit},
    resolve::{GlobalKind, Owner, Res},
    source::{Location, Span},
};

pub(super) fn check(file: File<'_>, sites: &LazySites<'_>, into: &mut Vec<Diagnostic>) {
    let ast = file.ast;
    // The lock may be taken around what is called here. Asked when there is something to report.
    let locks = OnceCell::new();
    let has_locks = || {
        *locks.get_or_init(|| [".lock(", ".acquire(", ".with("].iter().any(|call| file.text.contains(call)))
    };
    let writes = shared_writes(file);
    let mut tasks = Tasks { file, repeated: None, sites, known: FxHashMap::default() };
    for (id, function) in (0..).map(FnId).zip(&ast.functions) {
        let may_run_often = match function.form {
            FnForm::SpawnBlock => true,
            FnForm::Named | FnForm::Lambda => function.is_async,
            _ => false,
        };
        if !may_run_often || !has_any(&writes, function.span) {
            continue;
        }
        for block in trace::blocks(ast, function.body) {
            let mut held: Vec<Held> = Vec::new();
            for stmt in ast.list(ast[block].stmts) {
                look(file, *stmt, &mut held, &mut |race| {
                    if !has_locks() && tasks.runs_often(id) {
                        into.push(race.diagnostic(file));
                    }
                });
            }
        }
    }
}

/// Where shared variables are assigned, in order: what does not assign any cannot lose what others wrote.
fn shared_writes(file: File<'_>) -> Vec<u32> {
    let place = |assign: &Assign| match assign.target {
        Target::Place(place) if assign.op.is_none() => {
            shared_var(file, place).map(|_| file.ast[place].span.start)
        }
        _ => None,
    };
    let mut starts: Vec<u32> = file.ast.assigns.iter().filter_map(place).collect();
    starts.sort_unstable();
    starts
}

fn has_any(starts: &[u32], span: Span) -> bool {
    starts.get(starts.partition_point(|start| *start < span.start)).is_some_and(|start| *start < span.end)
}

/// A local that holds what a shared variable was.
struct Held {
    local: Symbol,
    variable: Symbol,
    at: Span,
    /// The wait behind it, if there was one.
    waited: Option<Span>,
}

struct Race {
    variable: Symbol,
    read: Span,
    wait: Span,
    write: Span,
    /// `x = x + await f()`, which `+=` mends: the edits.
    edits: Option<Vec<(Span, String)>>,
}

fn look(file: File<'_>, id: StmtId, held: &mut Vec<Held>, report: &mut impl FnMut(Race)) {
    let ast = file.ast;
    let stmt = ast[id];
    let events = trace::of_stmt(ast, id);
    // Within the statement: read, await, write.
    if let StmtKind::Assign(assign) = stmt.kind
        && let Target::Place(place) = ast[assign].target
        && ast[assign].op.is_none()
        && let Some(variable) = shared_var(file, place)
    {
        let of_variable = |event: &Event| matches!(event, Event::Read(id) if is_name(file, *id, variable));
        let read = events.iter().position(of_variable);
        let wait = events.iter().rposition(|event| matches!(event, Event::Await(_)));
        let is_straight = !events.iter().any(|event| matches!(event, Event::Fork));
        match (read, wait) {
            (Some(read), Some(wait)) if read < wait && is_straight => {
                if let (Event::Read(read), Event::Await(wait)) = (events[read], events[wait]) {
                    report(Race {
                        variable,
                        read: ast[read].span,
                        wait: ast[wait].span,
                        write: stmt.span,
                        edits: as_update(file, ast[assign].value, variable, ast[assign].op_span),
                    });
                }
            }
            (None, wait) => {
                let from = held.iter().find(|held| {
                    held.variable == variable
                        && events
                            .iter()
                            .any(|event| matches!(event, Event::Read(id) if is_name(file, *id, held.local)))
                });
                let wait = wait.and_then(|at| match events[at] {
                    Event::Await(id) => Some(ast[id].span),
                    _ => None,
                });
                if let Some(from) = from
                    && let Some(wait) = from.waited.or(wait)
                {
                    report(Race { variable, read: from.at, wait, write: stmt.span, edits: None });
                }
            }
            _ => {}
        }
        held.retain(|held| held.variable != variable);
        return;
    }
    for event in &events {
        match event {
            Event::Await(id) => {
                for held in held.iter_mut() {
                    held.waited.get_or_insert(ast[*id].span);
                }
            }
            // Read again after the wait: it may well be compared, or started over.
            Event::Read(id) => {
                held.retain(|held| held.waited.is_none() || !is_name(file, *id, held.variable))
            }
            Event::Write { place, .. } => held.retain(|held| !is_name(file, *place, held.local)),
            _ => {}
        }
    }
    if let StmtKind::Let { pattern, value, .. } = stmt.kind
        && let crate::ast::PatKind::Bind(local) = ast[pattern].kind
    {
        held.retain(|held| held.local != local);
        let reads = events.iter().enumerate().find_map(|(at, event)| match event {
            Event::Read(id) => shared_var(file, *id).map(|variable| (at, variable)),
            _ => None,
        });
        let is_pure =
            !events.iter().any(|event| matches!(event, Event::Call(_) | Event::Function(_) | Event::Fork));
        let waits_after = |at: usize| events[at..].iter().any(|event| matches!(event, Event::Await(_)));
        if let Some((at, variable)) = reads
            && is_pure
            && !waits_after(at)
            && is_number_like(file, value)
        {
            held.push(Held { local, variable, at: stmt.span, waited: None });
        }
    }
}

/// `x`, or `x` with operators: not something that only looks into it.
fn is_number_like(file: File<'_>, id: ExprId) -> bool {
    match file.ast[file.ast.unparen(id)].kind {
        ExprKind::Name(_) => true,
        ExprKind::Binary(_, left, right) => is_number_like(file, left) || is_number_like(file, right),
        _ => false,
    }
}

/// A variable that can be assigned and that other functions see.
fn shared_var(file: File<'_>, id: ExprId) -> Option<Symbol> {
    let ExprKind::Name(name) = file.ast[id].kind else { return None };
    let is_var = match file.resolution.name(id) {
        Res::Global(global) => file.resolution.global(global).kind == GlobalKind::Var,
        Res::Capture(_) => is_shared(file, id),
        _ => false,
    };
    is_var.then_some(name)
}

fn is_name(file: File<'_>, id: ExprId, name: Symbol) -> bool {
    matches!(file.ast[id].kind, ExprKind::Name(of) if of == name)
}

/// `x = x + e` to `x += e`.
fn as_update(file: File<'_>, value: ExprId, variable: Symbol, op_span: Span) -> Option<Vec<(Span, String)>> {
    let ast = file.ast;
    let ExprKind::Binary(op, left, right) = ast[value].kind else { return None };
    let is_simple = matches!(op, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div)
        && is_name(file, left, variable)
        && !trace::of_expr(ast, right)
            .iter()
            .any(|event| matches!(event, Event::Read(id) if is_name(file, *id, variable)));
    is_simple.then(|| {
        vec![
            (op_span, format!("{}=", op.text())),
            (Span::new(ast[value].span.start, ast[right].span.start), String::new()),
        ]
    })
}

/// Which functions run in several tasks.
struct Tasks<'a> {
    file: File<'a>,
    /// The bodies of loops, and lambdas, which may be called for each item of a list.
    repeated: Option<Vec<Span>>,
    sites: &'a LazySites<'a>,
    known: FxHashMap<FnId, bool>,
}

impl Tasks<'_> {
    fn runs_often(&mut self, id: FnId) -> bool {
        self.is_concurrent(id, &mut FxHashSet::default())
    }

    fn is_repeated(&mut self, span: Span) -> bool {
        let ast = self.file.ast;
        let repeated = self.repeated.get_or_insert_with(|| {
            let loops = ast.stmts.iter().filter_map(|stmt| match stmt.kind {
                StmtKind::While { body, .. } => Some(ast[body].span),
                StmtKind::For(id) => Some(ast[ast[id].body].span),
                _ => None,
            });
            let lambdas = ast.functions.iter().filter(|function| function.form == FnForm::Lambda);
            loops.chain(lambdas.map(|function| function.span)).collect()
        });
        repeated.iter().any(|around| around.start <= span.start && span.end <= around.end)
    }

    /// The lambda of `all(xs.map(async |x| …))`.
    fn is_mapped(&self, id: FnId) -> bool {
        let (ast, resolution) = (self.file.ast, self.file.resolution);
        ast.exprs.iter().any(|expr| {
            let ExprKind::Call(runner, args) = expr.kind else { return false };
            let ExprKind::Name(name) = ast[runner].kind else { return false };
            let runs_all = matches!(resolution.name(runner), Res::Prelude(_))
                && matches!(ast.name(name), "all" | "settled" | "completed");
            let [Arg::Plain(list)] = ast.list(args) else { return false };
            let ExprKind::Call(method, args) = ast[ast.unparen(*list)].kind else { return false };
            let ExprKind::Field { name, .. } = ast[method].kind else { return false };
            let [Arg::Plain(lambda)] = ast.list(args) else { return false };
            runs_all
                && ast.name(name) == "map"
                && matches!(ast[ast.unparen(*lambda)].kind, ExprKind::Lambda(of) if of == id)
        })
    }

    fn is_concurrent(&mut self, id: FnId, open: &mut FxHashSet<FnId>) -> bool {
        if let Some(known) = self.known.get(&id) {
            return *known;
        }
        if !open.insert(id) {
            return false;
        }
        let ast = self.file.ast;
        let found = match ast[id].form {
            FnForm::SpawnBlock => self.is_repeated(ast[id].span),
            FnForm::Named => {
                let beside: Vec<_> =
                    self.sites.get().calls_of(id).filter(|site| site.runs_beside()).collect();
                let awaited = self.sites.get().calls_of(id).filter(|site| !site.runs_beside());
                let mut callers = awaited.filter_map(|site| match site.inside {
                    Owner::Function(caller) => Some(caller),
                    _ => None,
                });
                let is_repeated = |site: &&Site| site.call.is_none_or(|call| self.is_repeated(call));
                // What is passed on may be called anywhere, also one at a time.
                let is_passed_on = beside.iter().any(|site| site.call.is_none());
                !is_passed_on && (beside.len() > 1 || beside.iter().any(is_repeated))
                    || callers.any(|caller| self.is_concurrent(caller, open))
            }
            FnForm::Lambda => self.is_mapped(id),
            FnForm::AsyncBlock | FnForm::Method | FnForm::Test => false,
        };
        self.known.insert(id, found);
        found
    }
}

impl Race {
    fn diagnostic(self, file: File<'_>) -> Diagnostic {
        let name = file.ast.name(self.variable);
        let source = file.source;
        let mut found = Diagnostic::new(
            Code::RACE,
            format!("`{name}` may have changed since it was read"),
            source,
            self.write,
            "writes what was true before the wait",
        );
        if self.read.start < self.write.start {
            found = found.label(source, self.read, format!("`{name}` is read here"));
            if self.wait.start < self.write.start {
                found = found.label(source, self.wait, "here other tasks may write it");
            }
        } else {
            found = found.label(source, self.read, "read first").label(
                source,
                self.wait,
                "then other tasks may write it",
            );
        }
        let found = found.note("what another task writes in between is lost");
        match self.edits {
            Some(edits) => {
                let edit = |(span, text)| Edit { location: Location { source, span }, text };
                found.fix("an update reads after its right side, so nothing is lost", edits.into_iter().map(edit).collect())
            }
            None => found.help(format!(
                "wait first, and read and write `{name}` with no wait in between; or hold a `mutex()` over all three"
            )),
        }
    }
}
