//! `<` and its kin: numbers, texts, bytes, bools, lists, and structs with a `compare`.

use std::cmp::Ordering;

use rustc_hash::FxHashSet;

use crate::{
    builtins::Control,
    heap::{Heap, object::*},
    ops::{equal, type_name},
    value::{Tag, Value},
    vm::Vm,
};

/// The depth from which on pairs of lists are remembered, so that cyclic lists come to an end.
const REMEMBER_BELOW: usize = 10_000;

/// How two values lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `None`: a NaN is involved, so no comparison holds.
    Known(Option<Ordering>),
    /// A struct's `compare` has to be asked, see `__compare` of the library.
    NeedsCall,
}

pub fn compare(vm: &mut Vm, a: Value, b: Value) -> Result<Order, Control> {
    match leaf(&vm.heap, a, b) {
        Leaf::Known(order) => Ok(Order::Known(order)),
        Leaf::Call => Ok(Order::NeedsCall),
        Leaf::Wrong => Err(not_comparable(vm, a, b)),
        Leaf::Lists => match run(vm, &mut vec![Pair { a, b, next: 0 }])? {
            Outcome::Known(order) => Ok(Order::Known(order)),
            Outcome::Call(..) => Ok(Order::NeedsCall),
        },
    }
}

/// Does an int, float or str lie between two of its sort, as in the pattern `1..9`? `inclusive`: `high` belongs to it.
pub fn in_range(value: Value, low: Value, high: Value, inclusive: bool) -> bool {
    let order = |a: Value, b: Value| match (a.as_object::<Str>(), b.as_object::<Str>()) {
        (Some(a), Some(b)) => Some(a.as_str().cmp(b.as_str())),
        _ => match (a.tag, b.tag) {
            (Tag::INT, Tag::INT) => Some(a.int_bits().cmp(&b.int_bits())),
            (Tag::FLOAT, Tag::FLOAT) => a.float_bits().partial_cmp(&b.float_bits()),
            (Tag::INT, Tag::FLOAT) => int_with_float(a.int_bits(), b.float_bits()),
            (Tag::FLOAT, Tag::INT) => int_with_float(b.int_bits(), a.float_bits()).map(Ordering::reverse),
            _ => None,
        },
    };
    order(low, value).is_some_and(Ordering::is_le)
        && order(value, high).is_some_and(|order| order.is_lt() || inclusive && order.is_eq())
}

/// A place in two lists (or `next` = 0 in two other values) that are being compared, for [`run`].
#[derive(Clone, Copy)]
pub struct Pair {
    pub a: Value,
    pub b: Value,
    /// The items before this are equal.
    pub next: usize,
}

pub enum Outcome {
    Known(Option<Ordering>),
    /// The first two values that differ, as far as can be seen without asking their `compare`. If that gives 0, [`run`] goes on.
    Call(Value, Value),
}

/// Goes on comparing, the innermost pair last in `stack`.
pub fn run(vm: &mut Vm, stack: &mut Vec<Pair>) -> Result<Outcome, Control> {
    // Lists met at great depth. One that comes again is equal, or lies in a cycle that no other item has decided.
    let mut seen = FxHashSet::default();
    while let Some(pair) = stack.last_mut() {
        let (Some(x), Some(y)) = (pair.a.as_object::<List>(), pair.b.as_object::<List>()) else {
            let Pair { a, b, .. } = *pair;
            stack.pop();
            match leaf(&vm.heap, a, b) {
                Leaf::Known(Some(Ordering::Equal)) => continue,
                Leaf::Known(order) => return Ok(Outcome::Known(order)),
                Leaf::Call => return Ok(Outcome::Call(a, b)),
                // Equal values that have no order (nil and nil) do not decide either.
                _ if equal::equal(&vm.heap, a, b) == Some(true) => continue,
                _ => return Err(not_comparable(vm, a, b)),
            }
        };
        let at = pair.next;
        match (x.get(at), y.get(at)) {
            (Some(a), Some(b)) => {
                pair.next += 1;
                match leaf(&vm.heap, a, b) {
                    Leaf::Known(Some(Ordering::Equal)) => {}
                    Leaf::Known(order) => return Ok(Outcome::Known(order)),
                    Leaf::Lists if stack.len() > REMEMBER_BELOW && !seen.insert((a.bits, b.bits)) => {}
                    _ => stack.push(Pair { a, b, next: 0 }),
                }
            }
            (None, None) => {
                stack.pop();
            }
            (a, _) => {
                let order = if a.is_none() { Ordering::Less } else { Ordering::Greater };
                return Ok(Outcome::Known(Some(order)));
            }
        }
    }
    Ok(Outcome::Known(Some(Ordering::Equal)))
}

enum Leaf {
    Known(Option<Ordering>),
    Lists,
    /// A struct's `compare` decides.
    Call,
    Wrong,
}

#[inline]
fn leaf(heap: &Heap, a: Value, b: Value) -> Leaf {
    match (a.tag, b.tag) {
        (Tag::INT, Tag::INT) => Leaf::Known(Some(a.int_bits().cmp(&b.int_bits()))),
        (Tag::FLOAT, Tag::FLOAT) => Leaf::Known(a.float_bits().partial_cmp(&b.float_bits())),
        (Tag::INT, Tag::FLOAT) => Leaf::Known(int_with_float(a.int_bits(), b.float_bits())),
        (Tag::FLOAT, Tag::INT) => {
            Leaf::Known(int_with_float(b.int_bits(), a.float_bits()).map(Ordering::reverse))
        }
        (Tag::STR, Tag::STR) => {
            // UTF-8 sorts as the code points do.
            Leaf::Known(Some(a.object_unchecked::<Str>().as_str().cmp(b.object_unchecked::<Str>().as_str())))
        }
        (Tag::BYTES, Tag::BYTES) => Leaf::Known(Some(
            a.object_unchecked::<Bytes>().as_slice().cmp(b.object_unchecked::<Bytes>().as_slice()),
        )),
        (Tag::FALSE | Tag::TRUE, Tag::FALSE | Tag::TRUE) => {
            Leaf::Known(Some(a.is_truthy().cmp(&b.is_truthy())))
        }
        (Tag::LIST, Tag::LIST) => Leaf::Lists,
        _ if has_compare(heap, a) || has_compare(heap, b) => Leaf::Call,
        _ => Leaf::Wrong,
    }
}

/// Is it an instance whose struct defines `compare`?
pub fn has_compare(heap: &Heap, value: Value) -> bool {
    value
        .as_object::<Instance>()
        .is_some_and(|instance| heap.shape(instance.shape_id()).special.compare.is_some())
}

/// Exact, also where a conversion of the int would round.
pub fn int_with_float(int: i64, float: f64) -> Option<Ordering> {
    // 2^63 is a float, i64::MAX is not.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if float.is_nan() {
        return None;
    }
    if float >= LIMIT {
        return Some(Ordering::Less);
    }
    if float < -LIMIT {
        return Some(Ordering::Greater);
    }
    let whole = float.trunc();
    Some(int.cmp(&(whole as i64)).then(if float > whole {
        Ordering::Less
    } else if float < whole {
        Ordering::Greater
    } else {
        Ordering::Equal
    }))
}

pub fn int_equals_float(int: i64, float: f64) -> bool {
    int_with_float(int, float) == Some(Ordering::Equal)
}

#[cold]
fn not_comparable(vm: &mut Vm, a: Value, b: Value) -> Control {
    let (x, y) = (type_name(&vm.heap, a), type_name(&vm.heap, b));
    let message = format!("cannot compare {x} with {y}");
    if a.is(Tag::COROUTINE) || b.is(Tag::COROUTINE) {
        return vm.throw_coroutine(message, &[a, b]);
    }
    if a.is(Tag::INSTANCE) {
        let help =
            format!("give {x} a method compare(self, other) that returns a negative, zero or positive int");
        return vm.throw_help("TypeError", message, help);
    }
    if a.is(Tag::STR) && b.as_number().is_some() || b.is(Tag::STR) && a.as_number().is_some() {
        let help = "convert the text to a number first, with int(x) or float(x)";
        return vm.throw_help("TypeError", message, help);
    }
    vm.throw("TypeError", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ints_and_floats_compare_exactly() {
        let big = 1i64 << 53;
        assert!(int_equals_float(big, big as f64));
        assert_eq!(int_with_float(big + 1, big as f64), Some(Ordering::Greater));
        assert_eq!(int_with_float(i64::MAX, i64::MAX as f64), Some(Ordering::Less));
        assert_eq!(int_with_float(i64::MIN, i64::MIN as f64), Some(Ordering::Equal));
        assert_eq!(int_with_float(1, 1.5), Some(Ordering::Less));
        assert_eq!(int_with_float(-1, -1.5), Some(Ordering::Greater));
        assert_eq!(int_with_float(0, -0.0), Some(Ordering::Equal));
        assert_eq!(int_with_float(0, f64::NAN), None);
        assert_eq!(int_with_float(0, f64::NEG_INFINITY), Some(Ordering::Greater));
        assert_eq!(int_with_float(i64::MAX, f64::INFINITY), Some(Ordering::Less));
    }
}
