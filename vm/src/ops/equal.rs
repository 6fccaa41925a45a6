//! `==`: by content for `str bytes list map set range`, numbers by exact value, everything else by identity or a struct's `eq`.

use rustc_hash::FxHashSet;

use crate::{
    heap::{Heap, object::*},
    ops::compare,
    value::{Tag, Value},
};

/// Containers compared before pairs are remembered: cheap for the usual case, and yet cyclic values and values that share
/// parts exponentially come to an end.
const REMEMBER_AFTER: usize = 10_000;

/// Are they equal? `None`: a struct's `eq` has to be asked, see `__equal` of the library.
#[inline]
pub fn equal(heap: &Heap, a: Value, b: Value) -> Option<bool> {
    match leaf(heap, a, b) {
        Leaf::Known(equal) => Some(equal),
        Leaf::Call => None,
        Leaf::Containers => match containers(heap, a, b) {
            (false, _) => Some(false),
            (true, calls) if calls.is_empty() => Some(true),
            _ => None,
        },
    }
}

/// Compares all that needs no call; `None` if that differs already, else the pairs of values that `eq` decides on.
pub fn pairs_to_ask(heap: &Heap, a: Value, b: Value) -> Option<Vec<(Value, Value)>> {
    match leaf(heap, a, b) {
        Leaf::Known(equal) => equal.then(Vec::new),
        Leaf::Call => Some(vec![(a, b)]),
        Leaf::Containers => {
            let (equal, calls) = containers(heap, a, b);
            equal.then_some(calls)
        }
    }
}

enum Leaf {
    Known(bool),
    /// Two containers of one type and length.
    Containers,
    /// A struct's `eq` decides.
    Call,
}

#[inline]
fn leaf(heap: &Heap, a: Value, b: Value) -> Leaf {
    if a.tag == b.tag {
        match a.tag {
            Tag::FLOAT => return Leaf::Known(a.float_bits() == b.float_bits()),
            Tag::STR => {
                let (x, y) = (a.object_unchecked::<Str>(), b.object_unchecked::<Str>());
                return Leaf::Known(x.same_text(&y));
            }
            Tag::BYTES => {
                let (x, y) = (a.object_unchecked::<Bytes>(), b.object_unchecked::<Bytes>());
                return Leaf::Known(x.as_slice() == y.as_slice());
            }
            Tag::LIST => {
                let (x, y) = (a.object_unchecked::<List>(), b.object_unchecked::<List>());
                return if x.len() == y.len() { Leaf::Containers } else { Leaf::Known(false) };
            }
            Tag::MAP => {
                let (x, y) = (a.object_unchecked::<Map>(), b.object_unchecked::<Map>());
                return if x.len() == y.len() { Leaf::Containers } else { Leaf::Known(false) };
            }
            Tag::SET => {
                let (x, y) = (a.object_unchecked::<Set>(), b.object_unchecked::<Set>());
                return Leaf::Known(
                    x.len() == y.len() && x.plain_keys().iter().all(|member| y.contains(*member)),
                );
            }
            Tag::RANGE => {
                let (x, y) = (a.object_unchecked::<Range>(), b.object_unchecked::<Range>());
                return Leaf::Known(same_numbers(&x, &y));
            }
            Tag::INSTANCE => {}
            _ => return Leaf::Known(a.bits == b.bits),
        }
    }
    match (a.tag, b.tag) {
        (Tag::INT, Tag::FLOAT) => Leaf::Known(compare::int_equals_float(a.int_bits(), b.float_bits())),
        (Tag::FLOAT, Tag::INT) => Leaf::Known(compare::int_equals_float(b.int_bits(), a.float_bits())),
        (Tag::INSTANCE, _) if has_eq(heap, a) => Leaf::Call,
        (_, Tag::INSTANCE) if has_eq(heap, b) => Leaf::Call,
        _ => Leaf::Known(a.is_same(b)),
    }
}

/// Is it an instance whose struct defines `eq`?
pub fn has_eq(heap: &Heap, value: Value) -> bool {
    value.as_object::<Instance>().is_some_and(|instance| heap.shape(instance.shape_id()).special.eq.is_some())
}

fn same_numbers(a: &Range, b: &Range) -> bool {
    a.len == b.len && (a.len == 0 || a.start == b.start && (a.len == 1 || a.step == b.step))
}

/// Whether two containers agree in all that needs no call, and the pairs that need one.
fn containers(heap: &Heap, a: Value, b: Value) -> (bool, Vec<(Value, Value)>) {
    let mut calls = Vec::new();
    // Containers still to be compared; both of one type and length.
    let mut todo = vec![(a, b)];
    let mut compared = 0;
    let mut seen = FxHashSet::default();
    while let Some((a, b)) = todo.pop() {
        compared += 1;
        // A pair that was met before is either equal or makes the whole comparison false elsewhere.
        if compared > REMEMBER_AFTER && !seen.insert((a.bits, b.bits)) {
            continue;
        }
        let mut visit = |x: Value, y: Value| match leaf(heap, x, y) {
            Leaf::Known(equal) => equal,
            Leaf::Containers => {
                todo.push((x, y));
                true
            }
            Leaf::Call => {
                calls.push((x, y));
                true
            }
        };
        let equal = if let (Some(x), Some(y)) = (a.as_object::<List>(), b.as_object::<List>()) {
            x.as_slice().iter().zip(y.as_slice()).all(|(x, y)| visit(*x, *y))
        } else if let (Some(x), Some(y)) = (a.as_object::<Map>(), b.as_object::<Map>()) {
            x.plain_items().iter().all(|(key, value)| y.get(*key).is_some_and(|other| visit(*value, other)))
        } else {
            false
        };
        if !equal {
            return (false, calls);
        }
    }
    (true, calls)
}
