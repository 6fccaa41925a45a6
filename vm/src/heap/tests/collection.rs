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

#[test]
fn every_kind_keeps_what_it_refers_to() {
    let mut heap = Heap::new(2);
    let mut texts = 0;
    let mut text = |heap: &mut Heap| {
        texts += 1;
        Value::from(heap.str(&format!("leaf {texts}")))
    };
    let h = &mut heap;
    let code = function(h, &["a"]);
    let captures = [text(h), text(h)];
    let closure = h.closure(code, &captures);
    let (receiver, argument, inner) = (text(h), text(h), text(h));
    let bound = h.bound(receiver, closure.into());
    let coroutine = h.coroutine(bound.into(), &[argument], closure.into(), 7);
    let cell = h.cell(inner);
    let point = point(h);
    let fields = [coroutine.into(), cell.into()];
    let instance = h.instance(point.shape, &fields);
    let map = h.map();
    let (key, value) = (text(h), text(h));
    map.insert(h, key, value);
    map.insert(h, Value::int(1), instance.into());
    let set = h.set();
    let member = text(h);
    set.insert(h, member);
    set.insert(h, map.into());
    let error = h.error("ValueError", "wrong");
    error.data.set(set.into());
    error.cause.set(text(h));
    let also = [text(h)];
    error.also.set(h.list(&also).into());
    let root = h.list(&[error.into()]);

    collect(&mut heap, &[root.into()]);
    // Leaves; the interned a, x, y, Point, ValueError; the message; and the objects with a name here, with code and `also`.
    assert_eq!(heap.stats().live_objects, 10 + 5 + 1 + 12);
    assert_eq!(bound.receiver.as_text(), Some("leaf 3"));
    assert_eq!(coroutine.args()[0].as_text(), Some("leaf 4"));
    assert!(instance.fields()[1].get().as_object() == Some(cell));
    assert!(map.get(Value::int(1)).is_some_and(|value| value.is_same(instance.into())));
    assert_eq!(map.get(key).unwrap().as_text(), Some("leaf 7"));
}

#[test]
fn large_objects_are_kept_and_freed() {
    let mut heap = Heap::new(3);
    let sizes: Vec<usize> = (0..200).map(|i| i * 997).chain([1 << 20, 5 << 20]).collect();
    let texts: Vec<_> = sizes.iter().map(|&size| heap.str(&"x".repeat(size))).collect();
    let bytes: Vec<_> = sizes.iter().map(|&size| heap.bytes(&vec![7; size])).collect();
    let kept: Vec<Value> = texts
        .iter()
        .step_by(3)
        .map(|&text| text.into())
        .chain(bytes.iter().step_by(2).map(|&b| b.into()))
        .collect();
    collect(&mut heap, &kept);
    assert_eq!(heap.stats().live_objects, kept.len());
    for (text, size) in texts.iter().zip(&sizes).step_by(3) {
        assert!(text.len() == *size && text.as_bytes().iter().all(|&byte| byte == b'x'));
    }
    for (bytes, size) in bytes.iter().zip(&sizes).step_by(2) {
        assert!(bytes.len() == *size && bytes.as_slice().iter().all(|&byte| byte == 7));
    }
    collect(&mut heap, &[]);
    assert_eq!((heap.stats().live_objects, heap.pages.large.len()), (0, 0));
}

// Tests of the pace make no sense where every allocation collects.
#[cfg(not(feature = "gc-stress"))]
#[test]
fn buffers_of_the_dead_are_released_in_time() {
    let mut heap = Heap::new(4);
    for round in 0..20 {
        let mut kept = Vec::new();
        for i in 0..1_000 {
            let list = heap.list(&[Value::int(i); 100]);
            if i % 100 == 0 {
                kept.push(Value::from(list));
            }
        }
        heap.collect(|marker| marker.values(&kept));
        let after = heap.reaper.buffers.bytes;
        // Half of a step's allocation has all of them reaped, whatever is allocated.
        while !heap.should_collect() {
            heap.str("something else");
        }
        assert_eq!(heap.pages.unreaped(), 0);
        assert!(heap.reaper.buffers.bytes <= after);
        assert_eq!(heap.reaper.buffers.bytes, 10 * 1600, "round {round}");
    }
}

#[test]
fn memory_stays_flat() {
    let mut heap = Heap::new(5);
    let mut most = 0;
    let kept = heap.list(&[]);
    for i in 0..if cfg!(feature = "gc-stress") { 4_000 } else { 400_000_i64 } {
        let item = heap.str(&format!("number {i}"));
        let list = heap.list(&[item.into(); 5]);
        let map = heap.map();
        map.insert(&mut heap, item.into(), list.into());
        kept.push(&mut heap, map.into());
        if kept.len() > 1000 {
            kept.remove(&mut heap, 0);
        }
        if heap.should_collect() {
            heap.collect(|marker| marker.object(kept));
        }
        most = most.max(heap.stats().page_bytes + heap.reaper.buffers.bytes);
    }
    assert!(most < 24 << 20, "{most}");
    assert_eq!(kept.len(), 1000);
    collect(&mut heap, &[kept.into()]);
}

#[test]
fn free_pages_go_back_to_the_system() {
    let mut heap = Heap::new(6);
    let list = heap.list(&[]);
    for i in 0..1_000_000 {
        let cell = heap.cell(Value::int(i));
        list.push(&mut heap, cell.into());
    }
    assert!(heap.stats().page_bytes > 24_000_000);
    list.clear(&mut heap);
    collect(&mut heap, &[list.into()]);
    collect(&mut heap, &[list.into()]);
    assert!(heap.stats().page_bytes < 12_000_000, "{}", heap.stats().page_bytes);
    for i in 0..1_000_000 {
        heap.cell(Value::int(i));
    }
    collect(&mut heap, &[]);
}

#[cfg(not(feature = "gc-stress"))]
#[test]
fn the_limit_is_noticed_after_collecting() {
    let mut heap = Heap::new(7);
    heap.set_limit(Some(2 << 20));
    let list = heap.list(&[]);
    let mut collections = 0;
    while !heap.over_limit() {
        let cell = heap.cell(Value::NIL);
        list.push(&mut heap, cell.into());
        heap.str("garbage");
        if heap.should_collect() {
            heap.collect(|marker| marker.object(list));
            collections += 1;
        }
    }
    assert!((20_000..80_000).contains(&list.len()) && collections < 40, "{} {collections}", list.len());
    assert!(!heap.can_allocate(3 << 20) && heap.can_allocate(1000));
    heap.set_limit(None);
    assert!(!heap.over_limit() && heap.can_allocate(3 << 20) && !heap.can_allocate(usize::MAX / 4));
}

#[test]
fn deep_structures_are_marked_without_recursion() {
    let mut heap = Heap::new(8);
    let mut value = Value::NIL;
    for _ in 0..1_000_000 {
        value = heap.list(&[value]).into();
    }
    collect(&mut heap, &[value]);
    assert_eq!(heap.stats().live_objects, 1_000_000);
}

#[test]
fn unreachable_coroutines_are_handed_out_once() {
    let mut heap = Heap::new(9);
    let callee = closure(&mut heap, &[]);
    let made = heap.coroutine(callee, &[], callee, 1);
    let used = heap.coroutine(callee, &[], callee, 2);
    used.state.set(CoroutineState::Used);
    let held = heap.coroutine(callee, &[], callee, 3);
    let argument = heap.str("argument").into();
    let second = heap.coroutine(callee, &[argument], callee, 4);

    collect(&mut heap, &[held.into()]);
    assert!(heap.take_lost_coroutines() == [made, second]);
    assert_eq!(second.args()[0].as_text(), Some("argument"));
    collect(&mut heap, &[held.into()]);
    assert!(heap.take_lost_coroutines().is_empty());
    assert!(heap.take_unused_coroutines() == [held]);
    assert!(heap.take_unused_coroutines().is_empty());
}

#[repr(C)]
struct Handle {
    header: Header,
    inner: Cell<Value>,
    count: *const Cell<u32>,
}

unsafe fn trace_handle(object: *mut Header, marker: &mut Marker) {
    marker.value(unsafe { &*object.cast::<Handle>() }.inner.get());
}

unsafe fn drop_handle(object: *mut Header) {
    let handle = unsafe { &*object.cast::<Handle>() };
    if let Some(count) = unsafe { handle.count.as_ref() } {
        count.set(count.get() + 1);
    }
}

#[test]
fn registered_kinds_are_traced_and_dropped() {
    let count = Cell::new(0);
    let mut heap = Heap::new(11);
    unsafe { heap.register(Tag::RESOURCE, Some(trace_handle), Some(drop_handle)) };
    let make = |heap: &mut Heap, inner: Value, bytes: usize| {
        let handle = unsafe { heap.alloc_raw(Tag::RESOURCE, bytes) }.cast::<Handle>();
        unsafe { (*handle).count = &count };
        unsafe { &*handle }.inner.set(inner);
        Value { tag: Tag::RESOURCE, bits: handle.expose_provenance() as u64 }
    };
    let text = heap.str("inner").into();
    let kept = make(&mut heap, text, size_of::<Handle>());
    for i in 0..1000 {
        make(&mut heap, Value::NIL, if i % 10 == 0 { 100_000 } else { size_of::<Handle>() });
    }
    collect(&mut heap, &[kept]);
    assert_eq!((count.get(), heap.stats().live_objects), (1000, 2));
    make(&mut heap, Value::NIL, 40);
    drop(heap);
    assert_eq!(count.get(), 1002);
}

#[test]
fn interned_strings_die_when_unused() {
    let mut heap = Heap::new(12);
    let kept = heap.intern("kept");
    for i in 0..1000 {
        heap.intern(&format!("name {i}"));
    }
    collect(&mut heap, &[kept.into()]);
    assert!(heap.find_interned("kept") == Some(kept) && heap.find_interned("name 1").is_none());
    assert!(heap.intern("kept") == kept);
    let again = heap.intern("name 1");
    assert!(again.is_interned() && again.as_str() == "name 1");
    collect(&mut heap, &[]);
    assert!(heap.find_interned("kept").is_none());
}

#[test]
fn pauses_are_measured_by_the_given_clock() {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NOW: AtomicU64 = AtomicU64::new(0);
    let mut heap = Heap::new(13);
    collect(&mut heap, &[]);
    assert_eq!(heap.stats().pause_total_ns, 0);
    heap.set_clock(|| NOW.fetch_add(5, Ordering::Relaxed));
    collect(&mut heap, &[]);
    collect(&mut heap, &[]);
    let stats = heap.stats();
    assert_eq!((stats.collections, stats.pause_total_ns, stats.pause_max_ns), (3, 10, 5));
}
