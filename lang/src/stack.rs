//! Native stack for passes that recurse over trees.

/// Goes on with enough native stack, however deep the tree is: the parser bounds how deep brackets nest, but chains of
/// operators, calls and `else if` may be of any length.
pub(crate) fn deep<R>(walk: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(96 * 1024, 2 * 1024 * 1024, walk)
}
