//! W0321: an async function that never awaits, where that helps nobody.
//!
//! It must be `async` all the same if somebody spawns it, collects its coroutines or passes it on, so only functions count whose every
//! use is a call that is awaited on the spot. Methods may have to be `async` because others of their name are.

use super::{File, infer::Activity, sites::LazySites};
use crate::{
    ast::{Ast, ExprKind, FnForm, FnId, StmtKind},
    diagnostic::{Code, Diagnostic, Edit, Severity},
    resolve::{FileRole, is_private},
    source::{Location, Span},
};

pub(super) fn check(
    file: File<'_>,
    sites: &LazySites<'_>,
    activity: &[Activity],
    into: &mut Vec<Diagnostic>,
) {
    let ast = file.ast;
    // Where an `await` is misplaced or missing, that is the mistake, and what mends it may make callers wait.
    if into.iter().any(|found| found.severity == Severity::Error) {
        return;
    }
    for (id, function) in (0..).map(FnId).zip(&ast.functions) {
        let Some(name) = function.name else { continue };
        let does = activity[id.index()];
        let counts = function.form == FnForm::Named
            && function.is_async
            && !does.waits
            && !does.has_finding
            && !file.resolution.function(id).is_generator
            && !is_stub(ast, id)
            && (file.role != FileRole::Module || is_private(ast.name(name.name)))
            && file.role != FileRole::Repl;
        if !counts || !sites.get().is_only_awaited(id) {
            continue;
        }
        let word = Span::new(function.head.start, function.head.start + "async ".len() as u32);
        let edit = |span| Edit { location: Location { source: file.source, span }, text: String::new() };
        let mut edits = vec![edit(word)];
        edits.extend(
            sites.get().calls_of(id).filter_map(|site| site.awaited).map(|site| edit(await_word(file, site))),
        );
        into.push(
            Diagnostic::new(
                Code::IDLE_ASYNC,
                format!("`{}` is `async` and never awaits", ast.name(name.name)),
                file.source,
                function.head,
                "nothing in it can wait",
            )
            .note("a plain function has its result at once, and its callers need no `await`")
            .fix("make it a plain function", edits),
        );
    }
}

/// The `await` at the start of an expression, with the blanks behind it.
fn await_word(file: File<'_>, span: Span) -> Span {
    let rest = file.text.get(span.range()).unwrap_or("").get("await".len()..).unwrap_or("");
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    Span::new(span.start, span.start + ("await".len() + blanks) as u32)
}

/// Only there to be filled in, or to throw.
fn is_stub(ast: &Ast, id: FnId) -> bool {
    let ExprKind::Block(block) = ast[ast[id].body].kind else { return false };
    match ast.list(ast[block].stmts) {
        [] => true,
        [only] => match ast[*only].kind {
            StmtKind::Expr(expr) => matches!(ast[expr].kind, ExprKind::Throw(_) | ExprKind::Nil),
            _ => false,
        },
        _ => false,
    }
}
