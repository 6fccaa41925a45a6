//! The verifier finds what is planted.

use super::*;

/// What the verifier says after `spoil` had its way with a sound heap.
fn after(spoil: impl FnOnce(&mut Heap, Gc<List>)) -> String {
    let mut heap = Heap::new(1);
    let text = heap.str("text");
    let map = heap.map();
    for i in 0..20 {
        map.insert(&mut heap, Value::int(i), Value::NIL);
    }
    let list = heap.list(&[text.into(), map.into(), Value::int(1)]);
    collect(&mut heap, &[list.into()]);
    assert_eq!(heap.verify(), Ok(()));
    spoil(&mut heap, list);
    let found = heap.verify();
    // What was spoilt cannot be released in order.
    std::mem::forget(heap);
    found.expect_err("nothing found").what
}

fn set_first(list: Gc<List>, value: Value) {
    unsafe { list.items.get().write(value) }
}

#[test]
fn a_reference_to_what_was_freed() {
    let what = after(|heap, list| {
        let dead = heap.str("dead");
        set_first(list, dead.into());
    });
    assert_eq!(what, "refers to a str that was freed");
}

#[test]
fn a_reference_of_another_kind() {
    let what = after(|_, list| {
        let text = list.get(0).unwrap();
        set_first(list, Value { tag: Tag::BYTES, ..text });
    });
    assert_eq!(what, "refers to a bytes that is an object of kind 8");
}

#[test]
fn a_reference_into_an_object() {
    let what = after(|_, list| {
        let text = list.get(0).unwrap();
        set_first(list, Value { bits: text.bits + 8, ..text });
    });
    assert_eq!(what, "refers to a str not at the start of a slot");
}

#[test]
fn a_reference_out_of_the_heap() {
    let outside = Box::new([0_u64; 4]);
    let what =
        after(|_, list| set_first(list, Value { tag: Tag::STR, bits: (&raw const *outside).addr() as u64 }));
    assert_eq!(what, "refers to a str outside the heap");
}

#[test]
fn a_list_beyond_its_buffer() {
    let what = after(|_, list| list.len.set(list.capacity.get() + 1));
    assert_eq!(what, "list longer than its buffer");
}

#[test]
fn a_wrong_kind_and_flags() {
    let what = after(|_, list| unsafe { (*list.as_ptr()).header.kind = 77 });
    assert_eq!(what, "no such kind");
    let what = after(|_, list| list.header.flags.set(0));
    assert_eq!(what, "the flag HAS_DROP does not fit the kind");
}

#[test]
fn a_wrong_text() {
    let what = after(|_, list| {
        let text = list.get(0).unwrap().as_object::<Str>().unwrap();
        text.header.aux.set(12345);
    });
    assert_eq!(what, "wrong hash");
    let what = after(|_, list| {
        let text = list.get(0).unwrap().as_object::<Str>().unwrap();
        text.header.flags.set(flags::ASCII | flags::INTERNED);
    });
    assert_eq!(what, "interned, but not in the table");
    let what = after(|_, list| {
        let text = list.get(0).unwrap().as_object::<Str>().unwrap();
        unsafe { (*text.as_ptr()).chars = 3 };
    });
    assert_eq!(what, "wrong count of characters");
}

#[test]
fn a_map_whose_index_lies() {
    // A key that is changed behind the index' back.
    let with_first_key = |key: i64| {
        after(|_, list| {
            let map = list.get(1).unwrap().as_object::<Map>().unwrap();
            let entry = map.table.words().as_ptr().cast_mut();
            unsafe { entry.write(Value::int(key)) };
        })
    };
    assert_eq!(with_first_key(999), "a key that a direct index cannot hold");
    assert_eq!(with_first_key(3), "an entry that the index does not find");
}
