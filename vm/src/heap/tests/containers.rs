//! Lists, maps and sets against what Rust has.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum ListOp {
    Push(i64),
    Pop,
    Insert(usize, i64),
    Remove(usize),
    Set(usize, i64),
    Truncate(usize),
    RemoveRange(usize, usize),
    Extend(usize),
    ExtendByOwn(usize, usize),
    Reverse,
    Sort,
    Swap(usize, usize),
    Clear,
    Queue(usize),
}

fn list_op() -> impl Strategy<Value = ListOp> {
    use ListOp::*;
    prop_oneof![
        6 => any::<i64>().prop_map(Push),
        2 => Just(Pop),
        3 => (0..40_usize, any::<i64>()).prop_map(|(i, v)| Insert(i, v)),
        2 => any::<i64>().prop_map(|v| Insert(0, v)),
        2 => (0..40_usize).prop_map(Remove),
        4 => Just(Remove(0)),
        1 => (0..40_usize, any::<i64>()).prop_map(|(i, v)| Set(i, v)),
        1 => (0..40_usize).prop_map(Truncate),
        1 => (0..20_usize, 0..20_usize).prop_map(|(a, b)| RemoveRange(a, b)),
        2 => (0..20_usize).prop_map(Extend),
        2 => (0..20_usize, 0..20_usize).prop_map(|(a, b)| ExtendByOwn(a, b)),
        1 => Just(Reverse),
        1 => Just(Sort),
        1 => (0..20_usize, 0..20_usize).prop_map(|(a, b)| Swap(a, b)),
        1 => Just(Clear),
        1 => (0..100_usize).prop_map(Queue),
    ]
}

proptest! {
    #[test]
    fn a_list_is_a_vec(ops in prop::collection::vec(list_op(), 0..200)) {
        let mut heap = Heap::new(1);
        let list = heap.list(&[]);
        let mut model: Vec<i64> = Vec::new();
        for op in ops {
            let h = &mut heap;
            match op {
                ListOp::Push(v) => { list.push(h, v.into()); model.push(v) }
                ListOp::Pop => prop_assert_eq!(list.pop(&mut heap).and_then(Value::as_int), model.pop()),
                ListOp::Insert(i, v) => {
                    let i = i.min(model.len());
                    list.insert(h, i, v.into());
                    model.insert(i, v);
                }
                ListOp::Remove(i) if i < model.len() => {
                    prop_assert_eq!(list.remove(&mut heap, i).as_int(), Some(model.remove(i)));
                }
                ListOp::Remove(_) => {}
                ListOp::Set(i, v) => {
                    prop_assert_eq!(list.set(h, i, v.into()), i < model.len());
                    if let Some(item) = model.get_mut(i) { *item = v }
                }
                ListOp::Truncate(n) => { list.truncate(&mut heap, n); model.truncate(n) }
                ListOp::RemoveRange(a, b) => {
                    list.remove_range(&mut heap, a, b);
                    let b = b.min(model.len());
                    if a < b { model.drain(a..b); }
                }
                ListOp::Extend(n) => {
                    list.extend(h, &vec![Value::int(5); n]);
                    model.resize(model.len() + n, 5);
                }
                ListOp::ExtendByOwn(a, b) => {
                    let b = b.min(model.len());
                    if a <= b {
                        list.extend(h, &list.as_slice()[a..b]);
                        model.extend_from_within(a..b);
                    }
                }
                ListOp::Reverse => { list.reverse(h); model.reverse() }
                ListOp::Sort => {
                    list.rearrange(h, |items| items.sort_by_key(|item| item.as_int()));
                    model.sort();
                }
                ListOp::Swap(a, b) => {
                    list.swap(h, a, b);
                    if a < model.len() && b < model.len() { model.swap(a, b) }
                }
                ListOp::Clear => { list.clear(h); model.clear() }
                ListOp::Queue(n) => for i in 0..n as i64 {
                    list.push(h, i.into());
                    model.push(i);
                    if i % 3 != 0 {
                        prop_assert_eq!(list.remove(h, 0).as_int(), Some(model.remove(0)));
                    }
                },
            }
            let items: Vec<i64> = list.as_slice().iter().filter_map(|item| item.as_int()).collect();
            prop_assert_eq!(&items, &model);
            prop_assert_eq!(list.get(model.len()).is_none(), true);
        }
        collect(&mut heap, &[list.into()]);
        collect(&mut heap, &[]);
    }
}

#[test]
fn a_list_is_a_quick_queue() {
    let mut heap = Heap::new(2);
    let list = heap.list(&[]);
    for i in 0..100_000 {
        list.push(&mut heap, Value::int(i));
    }
    for i in 0..1_000_000 {
        assert_eq!(list.remove(&mut heap, 0).as_int(), Some(i));
        list.push(&mut heap, Value::int(100_000 + i));
    }
    assert!(list.buffer_bytes() <= 4 << 20);
}

#[test]
fn what_is_put_in_while_rearranging_is_lost() {
    let mut heap = Heap::new(3);
    let list = heap.list(&[Value::int(2), Value::int(1)]);
    let length = list.rearrange(&mut heap, |items| {
        items.reverse();
        let mut other = Heap::new(0);
        list.push(&mut other, Value::int(9));
        // The buffer was counted by the other heap.
        unsafe { list.release(&mut other.reaper.buffers) };
        list.items.set(std::ptr::null_mut());
        list.capacity.set(0);
        items.len()
    });
    assert_eq!((length, list.len(), list.get(0).unwrap().as_int()), (2, 2, Some(1)));
}

// ---- maps

/// Keys that meet each other: equal numbers of both types, texts interned or not, bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Nil,
    Bool(bool),
    Int(i64),
    /// A float of the same number.
    Whole(i64),
    /// A float between numbers.
    Half(i64),
    Text(u32),
    Name(u32),
    Bytes(u32),
}

impl Key {
    fn value(self, heap: &mut Heap) -> Value {
        match self {
            Key::Nil => Value::NIL,
            Key::Bool(bool) => bool.into(),
            Key::Int(int) => int.into(),
            Key::Whole(int) => (int as f64).into(),
            Key::Half(int) => (int as f64 + 0.5).into(),
            Key::Text(n) => heap.str(&format!("key{n}")).into(),
            Key::Name(n) => heap.intern(&format!("key{n}")).into(),
            Key::Bytes(n) => heap.bytes(format!("key{n}").as_bytes()).into(),
        }
    }

    /// Equal for keys that are one.
    fn canonical(self) -> Key {
        match self {
            Key::Whole(int) => Key::Int(int),
            Key::Name(n) => Key::Text(n),
            other => other,
        }
    }
}

fn key() -> impl Strategy<Value = Key> {
    let (int, number) = (-20..60_i64, 0..60_u32);
    prop_oneof![
        Just(Key::Nil),
        any::<bool>().prop_map(Key::Bool),
        int.clone().prop_map(Key::Int),
        int.clone().prop_map(Key::Whole),
        int.prop_map(Key::Half),
        number.clone().prop_map(Key::Text),
        number.clone().prop_map(Key::Name),
        number.prop_map(Key::Bytes),
    ]
}

#[derive(Debug, Clone)]
enum MapOp {
    Insert(Key, i64),
    Remove(Key),
    Get(Key),
    EntryAt(usize),
    RemoveFirst,
    RemoveLast,
    Clear,
    Reserve(usize),
    Collect,
}

fn map_op() -> impl Strategy<Value = MapOp> {
    use MapOp::*;
    prop_oneof![
        40 => (key(), any::<i64>()).prop_map(|(k, v)| Insert(k, v)),
        20 => key().prop_map(Remove),
        20 => key().prop_map(Get),
        5 => (0..80_usize).prop_map(EntryAt),
        5 => Just(RemoveFirst),
        3 => Just(RemoveLast),
        1 => Just(Clear),
        1 => (0..50_usize).prop_map(Reserve),
        1 => Just(Collect),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_map_is_a_vec_of_pairs(ops in prop::collection::vec(map_op(), 0..300)) {
        let mut heap = Heap::new(5);
        let map = heap.map();
        let mut model: Vec<(Key, Key, i64)> = Vec::new();
        for op in ops {
            let version = map.version();
            let before = model.len();
            match op {
                MapOp::Insert(key, value) => {
                    let found = model.iter_mut().find(|entry| entry.0 == key.canonical());
                    let given = key.value(&mut heap);
                    let is_new = map.insert(&mut heap, given, value.into());
                    prop_assert_eq!(is_new, found.is_none());
                    prop_assert_eq!(is_new, map.version() != version);
                    match found {
                        Some(entry) => entry.2 = value,
                        None => model.push((key.canonical(), key, value)),
                    }
                }
                MapOp::Remove(key) => {
                    let at = model.iter().position(|entry| entry.0 == key.canonical());
                    let given = key.value(&mut heap);
                    prop_assert_eq!(map.remove(&mut heap, given).and_then(Value::as_int), at.map(|at| model.remove(at).2));
                    prop_assert_eq!(at.is_some(), map.version() != version);
                }
                MapOp::Get(key) => {
                    let expected = model.iter().find(|entry| entry.0 == key.canonical()).map(|entry| entry.2);
                    let given = key.value(&mut heap);
                    prop_assert_eq!(map.get(given).and_then(Value::as_int), expected);
                    prop_assert_eq!(map.contains(given), expected.is_some());
                    if let Key::Name(n) = key {
                        let name = heap.intern(&format!("key{n}"));
                        prop_assert_eq!(map.get_name(name).and_then(Value::as_int), expected);
                    }
                }
                MapOp::EntryAt(i) => {
                    let found = map.entry_at(i);
                    prop_assert_eq!(found.and_then(|entry| entry.1.as_int()), model.get(i).map(|entry| entry.2));
                }
                MapOp::RemoveFirst if before > 0 => {
                    let first = map.entry_at(0).unwrap();
                    prop_assert_eq!(map.remove(&mut heap, first.0).unwrap().as_int().unwrap(), model.remove(0).2);
                }
                MapOp::RemoveLast if before > 0 => {
                    let last = map.entry_at(before - 1).unwrap();
                    prop_assert_eq!(map.remove(&mut heap, last.0).unwrap().as_int(), model.pop().map(|entry| entry.2));
                }
                MapOp::RemoveFirst | MapOp::RemoveLast => {}
                MapOp::Clear => { map.clear(&mut heap); model.clear() }
                MapOp::Reserve(more) => map.reserve(&mut heap, more),
                MapOp::Collect => collect(&mut heap, &[map.into()]),
            }
            prop_assert_eq!(map.len(), model.len());
            prop_assert_eq!(map.table.check(), Ok(()));
        }
        let items = map.items();
        prop_assert_eq!(items.len(), model.len());
        for ((key, value), entry) in items.iter().zip(&model) {
            // The key that was first put in stays.
            let first = entry.1.value(&mut heap);
            prop_assert!(key.tag == first.tag && map::same_key(*key, first));
            prop_assert_eq!(value.as_int(), Some(entry.2));
        }
        collect(&mut heap, &[map.into()]);
        collect(&mut heap, &[]);
    }

    #[test]
    fn a_set_is_a_set(ops in prop::collection::vec((any::<bool>(), key()), 0..300)) {
        let mut heap = Heap::new(6);
        let set = heap.set();
        let mut model = HashSet::new();
        for (insert, key) in ops {
            let given = key.value(&mut heap);
            if insert {
                prop_assert_eq!(set.insert(&mut heap, given), model.insert(key.canonical()));
            } else {
                prop_assert_eq!(set.remove(&mut heap, given), model.remove(&key.canonical()));
            }
            prop_assert_eq!(set.len(), model.len());
            prop_assert_eq!(set.table.check(), Ok(()));
        }
        for key in &model {
            let given = key.value(&mut heap);
            prop_assert!(set.contains(given));
        }
        prop_assert_eq!((0..).map_while(|i| set.entry_at(i)).count(), model.len());
        collect(&mut heap, &[set.into()]);
    }
}

#[test]
fn keys_at_the_edges() {
    let mut heap = Heap::new(7);
    let map = heap.map();
    let h = &mut heap;
    map.insert(h, Value::float(-0.0), Value::int(1));
    assert!(map.get(Value::int(0)).is_some() && map.get(Value::float(0.0)).is_some());
    map.insert(h, Value::int(i64::MAX), Value::int(2));
    assert!(map.get(Value::float(i64::MAX as f64)).is_none());
    map.insert(h, Value::float(9_007_199_254_740_992.0), Value::int(3));
    assert!(map.get(Value::int(9_007_199_254_740_993)).is_none());
    assert!(map.get(Value::int(9_007_199_254_740_992)).is_some());
    map.insert(h, Value::float(f64::INFINITY), Value::int(4));
    map.insert(h, Value::float(i64::MIN as f64), Value::int(5));
    assert_eq!(map.get(Value::int(i64::MIN)).unwrap().as_int(), Some(5));
    let (one, other) = (h.list(&[]), h.list(&[]));
    map.insert(h, one.into(), Value::int(6));
    assert!(map.contains(one.into()) && !map.contains(other.into()));
    assert!(!map.contains(Value::NIL) && !map.contains(Value::FALSE));
    for i in 0..20 {
        map.insert(h, Value::int(1000 + i), Value::NIL);
    }
    assert!(map.contains(one.into()) && !map.contains(other.into()) && map.contains(Value::int(0)));
}

#[test]
fn kinds_of_keys() {
    use map::{KeyKind, key_kind};
    let mut heap = Heap::new(8);
    let (list, range) = (heap.list(&[]), heap.range(0, 1, 1, false));
    let point = point(&mut heap);
    let instance = heap.instance(point.shape, &[Value::NIL, Value::NIL]);
    assert_eq!(key_kind(&heap, Value::float(f64::NAN)), KeyKind::NotANumber);
    assert_eq!(key_kind(&heap, Value::NIL), KeyKind::Plain);
    assert_eq!(key_kind(&heap, list.into()), KeyKind::NotAKey);
    assert_eq!(key_kind(&heap, range.into()), KeyKind::NotAKey);
    assert_eq!(key_kind(&heap, instance.into()), KeyKind::Identity);
    let key = (heap.intern("key").into(), closure(&mut heap, &["self"]));
    let keyed = heap.struct_type(ShapeInit { name: "K", fields: &[], required: 0, methods: &[key] });
    let instance = heap.instance(keyed.shape, &[]);
    assert_eq!(key_kind(&heap, instance.into()), KeyKind::NeedsCall);
}

#[test]
fn a_map_is_a_quick_queue() {
    let mut heap = Heap::new(9);
    let map = heap.map();
    for i in 0..10_000 {
        map.insert(&mut heap, Value::int(i), Value::NIL);
    }
    for i in 0..200_000 {
        let (first, _) = map.entry_at(0).unwrap();
        assert_eq!(first.as_int(), Some(i));
        map.remove(&mut heap, first);
        map.insert(&mut heap, Value::int(10_000 + i), Value::NIL);
    }
    assert!(map.table.buffer_bytes() < 4 << 20);
    assert_eq!(map.table.check(), Ok(()));
}

#[test]
fn ranges_count_their_numbers() {
    let mut heap = Heap::new(10);
    let mut numbers = |start: i64, end: i64, step: i64, inclusive: bool| {
        let range = heap.range(start, end, step, inclusive);
        (range.len, (0..range.len.min(4)).map(|i| range.at(i)).collect::<Vec<_>>())
    };
    assert_eq!(numbers(0, 3, 1, false), (3, vec![0, 1, 2]));
    assert_eq!(numbers(0, 3, 1, true), (4, vec![0, 1, 2, 3]));
    assert_eq!(numbers(0, 10, 4, false), (3, vec![0, 4, 8]));
    assert_eq!(numbers(0, 8, 4, false), (2, vec![0, 4]));
    assert_eq!(numbers(5, 0, -2, false), (3, vec![5, 3, 1]));
    assert_eq!(numbers(5, 1, -2, true), (3, vec![5, 3, 1]));
    assert_eq!(numbers(3, 3, 1, false), (0, vec![]));
    assert_eq!(numbers(3, 3, -1, true), (1, vec![3]));
    assert_eq!(numbers(4, 3, 1, true), (0, vec![]));
    assert_eq!(numbers(i64::MIN, i64::MAX, i64::MAX, false), (3, vec![i64::MIN, -1, i64::MAX - 1]));
    assert_eq!(numbers(i64::MIN, i64::MAX, 1, true).0, u64::MAX);
    assert_eq!(numbers(i64::MAX, i64::MIN, i64::MIN, true), (2, vec![i64::MAX, -1]));
}
