//! What survives a collection, and what does not.

use super::*;

#[test]
fn the_reachable_survives() {
    let mut heap = Heap::new(1);
    let list = heap.list(&[]);
    for i in 0..10_000 {
        let text = heap.str(&format!("text {i}"));
        if i % 10 == 0 {
            list.push(&mut heap, text.into());
        }
    }
    collect(&mut heap, &[list.into()]);
    assert_eq!(heap.stats().live_objects, 1_001);
    for i in 0..10_000 {
        heap.str(&format!("other {i}"));
    }
    for (i, item) in list.as_slice().iter().enumerate() {
        assert_eq!(item.as_text(), Some(format!("text {}", i * 10).as_str()));
    }
    collect(&mut heap, &[]);
    assert_eq!(heap.stats().live_objects, 0);
}
