//! Checks that need names resolved: where `await` may stand, what may leave a block, statements that do nothing.
//!
//! One walk ([`walk`]) goes over the tree and knows what is around each place; the families of checks stand beside it and
//! are asked at the nodes that concern them. What has to know which values are coroutines is a pass of its own behind it.

use crate::{
    ast::Ast,
    diagnostic::{Code, Diagnostic},
    modules::{ImportTarget, ModuleId},
    resolve::{FileRole, Prelude, Resolution},
    source::SourceId,
};

mod walk;
mod awaits;
mod sites;
mod fate;
mod asyncify;
mod jumps;
mod effects;
mod binding;
mod infer;
mod trace;
mod quiet;
mod idle;
mod serial;
mod locks;
mod unscoped;
mod races;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use asyncify::{Loaded, complete};
pub use infer::Knowledge;

/// A file with its names resolved, as all checks see it.
#[derive(Clone, Copy)]
pub struct File<'a> {
    pub source: SourceId,
    pub text: &'a str,
    pub ast: &'a Ast,
    pub resolution: &'a Resolution,
    pub role: FileRole,
    /// Under which others import it.
    pub module: Option<ModuleId>,
}

/// Gives what is wrong or doubtful, in no particular order. `imports` are the targets of the file's imports, whose files were checked
/// before, with the same `know`.
pub fn check(
    file: File<'_>,
    prelude: &Prelude,
    imports: &[ImportTarget],
    know: &mut Knowledge,
) -> Vec<Diagnostic> {
    let walk::Found { mut diagnostics, doubtful, scopes, dropped, awaits } = walk::Walk::new(file).run();
    let (found, activity, waits) = infer::infer(file, prelude, imports, know, &doubtful);
    // Of a statement that lacks its `await` it says nothing new that it has no effect.
    diagnostics.retain(|diagnostic| {
        let at = diagnostic.primary().span;
        diagnostic.code != Code::NO_EFFECT
            || !found.iter().any(|found| {
                let inner = found.primary().span;
                at.start <= inner.start && inner.end <= at.end
            })
    });
    diagnostics.extend(found);
    let sites = sites::LazySites::new(file);
    let mut quiet = quiet::EffectsOf::new(file, prelude, &sites);
    idle::check(file, &sites, &activity, &mut diagnostics);
    serial::check(file, &sites, &mut quiet, &awaits, &mut diagnostics);
    locks::check(file, &sites, &waits, &mut quiet, &mut diagnostics);
    unscoped::check(file, &sites, &scopes, &dropped, &mut diagnostics);
    races::check(file, &sites, &mut diagnostics);
    diagnostics
}
