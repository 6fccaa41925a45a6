//! Tests of the heap. Each collection here verifies the whole heap.

mod collection;

use super::*;

/// Collects with these roots, overwrites what is free, and verifies the rest.
fn collect(heap: &mut Heap, roots: &[Value]) {
    heap.collect(|marker| marker.values(roots));
    heap.pages.poison_free_slots(&mut heap.reaper);
    if let Err(corruption) = heap.verify() {
        panic!("{corruption}");
    }
}
