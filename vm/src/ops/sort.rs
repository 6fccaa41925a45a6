//! Sorting without calls of the program: stable, by `<`.

use std::cmp::Ordering;

use crate::{
    builtins::Control,
    heap::object::*,
    ops::compare::{Order, compare},
    value::{Tag, Value},
    vm::Vm,
};

/// Why a list could not be sorted here. It is as it was.
pub enum Failure {
    /// A struct's `compare` has to be asked.
    NeedsCall,
    Thrown(Control),
}

/// Sorts by `<`; NaN comes after all other numbers.
pub fn sort(vm: &mut Vm, items: &mut [Value]) -> Result<(), Failure> {
    let all = |tag: Tag| items.iter().all(|item| item.tag == tag);
    let Some(first) = items.first() else { return Ok(()) };
    match first.tag {
        Tag::INT if all(Tag::INT) => items.sort_by_key(|item| item.int_bits()),
        Tag::FLOAT if all(Tag::FLOAT) => items.sort_by(|a, b| floats(a.float_bits(), b.float_bits())),
        Tag::STR if all(Tag::STR) => items.sort_by(|a, b| texts(*a, *b)),
        _ => {
            let mut sorted = items.to_vec();
            merge_sort(&mut sorted, |a, b| order(vm, *a, *b))?;
            items.copy_from_slice(&sorted);
        }
    }
    Ok(())
}

/// Sorts items by their keys; the two slices are of one length.
pub fn sort_by_keys(vm: &mut Vm, keys: &[Value], items: &mut [Value]) -> Result<(), Failure> {
    let mut pairs: Vec<(Value, Value)> = keys.iter().copied().zip(items.iter().copied()).collect();
    let all = |tag: Tag| keys.iter().all(|key| key.tag == tag);
    match keys.first().map(|key| key.tag) {
        Some(Tag::INT) if all(Tag::INT) => pairs.sort_by_key(|pair| pair.0.int_bits()),
        Some(Tag::FLOAT) if all(Tag::FLOAT) => {
            pairs.sort_by(|a, b| floats(a.0.float_bits(), b.0.float_bits()));
        }
        Some(Tag::STR) if all(Tag::STR) => pairs.sort_by(|a, b| texts(a.0, b.0)),
        _ => merge_sort(&mut pairs, |a, b| order(vm, a.0, b.0))?,
    }
    for (item, pair) in items.iter_mut().zip(pairs) {
        *item = pair.1;
    }
    Ok(())
}

/// `<` as a total order of numbers: NaN is the greatest, -0.0 equals 0.0.
fn floats(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// By code points, as UTF-8 sorts.
fn texts(a: Value, b: Value) -> Ordering {
    a.object_unchecked::<Str>().as_str().cmp(b.object_unchecked::<Str>().as_str())
}

fn order(vm: &mut Vm, a: Value, b: Value) -> Result<Ordering, Failure> {
    match compare(vm, a, b) {
        Ok(Order::Known(Some(order))) => Ok(order),
        Ok(Order::Known(None)) => {
            let is_nan = |value: Value| value.as_float().is_some_and(f64::is_nan);
            Ok(is_nan(a).cmp(&is_nan(b)))
        }
        Ok(Order::NeedsCall) => Err(Failure::NeedsCall),
        Err(control) => Err(Failure::Thrown(control)),
    }
}

/// Items that are sorted by insertion before the merging begins.
const RUN: usize = 8;

/// A stable merge sort whose comparison may fail and need not be consistent (the standard library's may panic then).
fn merge_sort<T: Copy, E>(
    items: &mut [T],
    mut order: impl FnMut(&T, &T) -> Result<Ordering, E>,
) -> Result<(), E> {
    for run in items.chunks_mut(RUN) {
        for at in 1..run.len() {
            let item = run[at];
            let mut to = at;
            while to > 0 && order(&item, &run[to - 1])?.is_lt() {
                run[to] = run[to - 1];
                to -= 1;
            }
            run[to] = item;
        }
    }
    let mut buffer = Vec::with_capacity(items.len());
    let mut width = RUN;
    while width < items.len() {
        for pair in items.chunks_mut(width * 2) {
            if pair.len() <= width || order(&pair[width], &pair[width - 1])?.is_ge() {
                continue;
            }
            buffer.clear();
            let (left, right) = pair.split_at(width);
            let (mut l, mut r) = (0, 0);
            while l < left.len() && r < right.len() {
                if order(&right[r], &left[l])?.is_lt() {
                    buffer.push(right[r]);
                    r += 1;
                } else {
                    buffer.push(left[l]);
                    l += 1;
                }
            }
            buffer.extend_from_slice(&left[l..]);
            buffer.extend_from_slice(&right[r..]);
            pair.copy_from_slice(&buffer);
        }
        width *= 2;
    }
    Ok(())
}

/// The smallest (`Ordering::Less`) or greatest item by `<`, the first of equal ones.
pub fn extreme(vm: &mut Vm, items: &[Value], wanted: Ordering) -> Result<Option<Value>, Failure> {
    let Some((first, rest)) = items.split_first() else { return Ok(None) };
    let mut best = *first;
    for item in rest {
        match compare(vm, *item, best) {
            Ok(Order::Known(order)) if order == Some(wanted) => best = *item,
            Ok(Order::Known(_)) => {}
            Ok(Order::NeedsCall) => return Err(Failure::NeedsCall),
            Err(control) => return Err(Failure::Thrown(control)),
        }
    }
    Ok(Some(best))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn merging_sorts_stably(keys in proptest::collection::vec(0u8..10, 0..200)) {
            let mut items: Vec<(u8, usize)> = keys.iter().copied().zip(0..).collect();
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            merge_sort(&mut items, |a, b| Ok::<_, ()>(a.0.cmp(&b.0))).unwrap();
            prop_assert_eq!(items, expected);
        }

        #[test]
        fn an_inconsistent_order_still_ends_with_the_same_items(
            keys in proptest::collection::vec(0u32..1000, 0..200),
            seed: u32,
        ) {
            let mut items = keys.clone();
            let mut state = seed | 1;
            merge_sort(&mut items, |_, _| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                Ok::<_, ()>(if state >> 31 == 0 { Ordering::Less } else { Ordering::Greater })
            }).unwrap();
            items.sort_unstable();
            let mut expected = keys;
            expected.sort_unstable();
            prop_assert_eq!(items, expected);
        }
    }
}
