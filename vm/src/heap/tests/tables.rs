//! How maps find their keys: the change between a direct and a hashed index, against a list of pairs.

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Op {
    /// Small ints, which a direct index holds.
    Put(i64),
    PutFloat(i64),
    PutText(i64),
    Remove(i64),
    RemoveText(i64),
    Look(i64),
    Grow(usize),
}

fn op() -> impl Strategy<Value = Op> {
    use Op::*;
    prop_oneof![
        40 => (0..200_i64).prop_map(Put),
        2 => prop_oneof![-3..400_i64, any::<i64>()].prop_map(Put),
        1 => (0..200_i64).prop_map(PutFloat),
        1 => (0..9_i64).prop_map(PutText),
        12 => (0..200_i64).prop_map(Remove),
        2 => (0..9_i64).prop_map(RemoveText),
        20 => (-3..400_i64).prop_map(Look),
        1 => (0..64_usize).prop_map(Grow),
    ]
}

/// What two keys that are one have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Name {
    Number(i64),
    Text(i64),
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_map_of_numbers_is_a_list_of_pairs(ops in prop::collection::vec(op(), 0..500)) {
        let mut heap = Heap::new(11);
        let map = heap.map();
        let mut model: Vec<(Name, i64)> = Vec::new();
        for (turn, op) in (0..).zip(ops) {
            let (name, key) = match op {
                Op::Put(n) | Op::Remove(n) | Op::Look(n) => (Name::Number(n), Value::int(n)),
                Op::PutFloat(n) => (Name::Number(n), Value::float(n as f64)),
                Op::PutText(n) | Op::RemoveText(n) => (Name::Text(n), heap.str(&format!("key {n}")).into()),
                Op::Grow(more) => {
                    map.reserve(&mut heap, more);
                    prop_assert_eq!(map.table.check(), Ok(()));
                    continue;
                }
            };
            let known = model.iter().position(|entry| entry.0 == name);
            match op {
                Op::Put(_) | Op::PutFloat(_) | Op::PutText(_) => {
                    prop_assert_eq!(map.insert(&mut heap, key, Value::int(turn)), known.is_none());
                    match known {
                        Some(at) => model[at].1 = turn,
                        None => model.push((name, turn)),
                    }
                }
                Op::Remove(_) | Op::RemoveText(_) => {
                    let removed = known.map(|at| model.remove(at).1);
                    prop_assert_eq!(map.remove(&mut heap, key).and_then(Value::as_int), removed);
                }
                _ => {
                    let value = known.map(|at| model[at].1);
                    prop_assert_eq!(map.get(key).and_then(Value::as_int), value);
                    // SAFETY: the map does not change meanwhile.
                    let read = |item: *const Value| unsafe { item.as_ref() }.and_then(|value| value.as_int());
                    prop_assert_eq!(read(map.item_again(key)), value);
                    prop_assert_eq!(read(map.item(key)), value);
                    prop_assert_eq!(read(map.item_again(key)), value);
                }
            }
            prop_assert_eq!(map.table.check(), Ok(()));
        }
        let values: Vec<i64> = map.values().iter().filter_map(|value| value.as_int()).collect();
        prop_assert_eq!(values, model.iter().map(|entry| entry.1).collect::<Vec<_>>());
        collect(&mut heap, &[map.into()]);
        prop_assert_eq!(map.len(), model.len());
    }
}
