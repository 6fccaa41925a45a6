//! W0324: a loop that spawns tasks, keeps no handle of them, and has no scope that would wait for them.
//!
//! Certain at the top level, and in functions that are only ever called from there: a function that is called inside a scope spawns into
//! that scope (R22).

use rustc_hash::FxHashSet;

use super::{File, sites::LazySites};
use crate::{
    ast::FnId,
    diagnostic::{Code, Diagnostic},
    resolve::Owner,
    source::Span,
};

/// A dropped `spawn` in a loop, as the walk found it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dropped {
    pub spawn: Span,
    /// The function that runs it; `None` at the top level.
    pub function: Option<FnId>,
}

pub(super) fn check(
    file: File<'_>,
    sites: &LazySites<'_>,
    scopes: &[Span],
    dropped: &[Dropped],
    into: &mut Vec<Diagnostic>,
) {
    for found in dropped {
        let is_certain = match found.function {
            None => true,
            Some(id) => is_outside_scopes(sites, scopes, id, &mut FxHashSet::default()),
        };
        if !is_certain {
            continue;
        }
        into.push(
            Diagnostic::new(
                Code::UNSCOPED_TASKS,
                "a loop spawns tasks that nobody holds",
                file.source,
                found.spawn,
                "a task each turn, and no handle",
            )
            .note("no scope waits for them: they run on behind the loop, as many as there are turns; the first that fails stops the whole task around")
            .help("put the loop into `await scope { … }`, which ends when they have ended, or keep the handles in a list"),
        );
    }
}

/// Whoever calls the function does so outside all scopes.
fn is_outside_scopes(sites: &LazySites<'_>, scopes: &[Span], id: FnId, seen: &mut FxHashSet<FnId>) -> bool {
    if !seen.insert(id) {
        return true;
    }
    let mut calls = sites.get().calls_of(id).peekable();
    calls.peek().is_some()
        && calls.all(|site| {
            let Some(call) = site.call else { return false };
            let in_scope = scopes.iter().any(|scope| scope.start <= call.start && call.end <= scope.end);
            !in_scope
                && match site.inside {
                    Owner::TopLevel => true,
                    Owner::Function(caller) => is_outside_scopes(sites, scopes, caller, seen),
                    Owner::Defaults(_) => false,
                }
        })
}
