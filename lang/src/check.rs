//! Checks that need names resolved: where `await` may stand, what may leave a block, statements that do nothing.
//!
//! One walk ([`walk`]) goes over the tree and knows what is around each place; the families of checks stand beside it and
//! are asked at the nodes that concern them. What has to know which values are coroutines is a pass of its own behind it.

use crate::{
    ast::Ast,
    diagnostic::Diagnostic,
    resolve::{FileRole, Prelude, Resolution},
    source::SourceId,
};

mod asyncify;
mod awaits;
mod binding;
mod effects;
mod jumps;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
mod walk;

/// A file with its names resolved, as all checks see it.
#[derive(Clone, Copy)]
pub struct File<'a> {
    pub source: SourceId,
    pub text: &'a str,
    pub ast: &'a Ast,
    pub resolution: &'a Resolution,
    pub role: FileRole,
}

/// Gives what is wrong or doubtful, in no particular order.
pub fn check(file: File<'_>, _prelude: &Prelude) -> Vec<Diagnostic> {
    walk::Walk::new(file).run()
}
