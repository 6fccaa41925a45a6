//! The methods of `set`, besides those of [`super::sequence`], and its operators.

use co_lang::ast::BinaryOp;

use crate::{
    builtins::{Control, args, hand_over, sequence},
    heap::{
        map::{KeyKind, key_kind},
        object::*,
    },
    ops::{index, iterate},
    value::{Gc, Value},
    vm::Vm,
};

builtins! {
    pub static METHODS = [
        /// How many members it has.
        fn len() = native(sequence::len);
        /// Has it no members?
        fn is_empty() = native(sequence::is_empty);
        /// Puts `x` in. Was it new?
        fn add(x) = native(add);
        /// Takes `x` out. Was it there?
        fn remove(x) = native(remove);
        /// Is `x` a member? The same as `x in s`.
        fn has(x) = native(has);
        /// Is `x` a member? The same as `x in s`.
        fn contains(x) = native(has);
        /// Takes all members out.
        fn clear() = native(clear);
        /// A new set with the same members.
        fn copy() = native(copy);
        /// Adds all items of a sequence.
        fn extend(items) = native(extend);
        /// A new set of what is in this set or in the sequence `other`; for two sets also `a | b`.
        fn union(other) = native(union);
        /// A new set of what is both in this set and in the sequence `other`; for two sets also `a & b`.
        fn intersect(other) = native(intersect);
        /// A new set of what is in this set but not in the sequence `other`; for two sets also `a - b`.
        fn difference(other) = native(difference);
        /// A new set of what is in this set or in the sequence `other`, but not in both; for two sets also `a ^ b`.
        fn symmetric_difference(other) = native(symmetric_difference);
        /// Are all its members also in the set `other`?
        fn is_subset(other) = native(is_subset);
        /// Are all members of the set `other` also in this one?
        fn is_superset(other) = native(is_superset);
        /// Have this set and the set `other` no member in common?
        fn is_disjoint(other) = native(is_disjoint);
    ];
}

fn this(args: &[Value]) -> Gc<Set> {
    args::receiver(args)
}

/// `a | b`, `a & b`, `a - b`, `a ^ b`
pub fn combine(vm: &mut Vm, op: BinaryOp, a: Gc<Set>, b: Gc<Set>) -> Gc<Set> {
    let result = vm.heap.set();
    match op {
        BinaryOp::BitOr => {
            result.put_all(&mut vm.heap, &a, |_| true);
            result.put_all(&mut vm.heap, &b, |_| true);
        }
        BinaryOp::BitAnd => result.put_all(&mut vm.heap, &a, |key| b.contains(key)),
        BinaryOp::Sub => result.put_all(&mut vm.heap, &a, |key| !b.contains(key)),
        _ => {
            result.put_all(&mut vm.heap, &a, |key| !b.contains(key));
            result.put_all(&mut vm.heap, &b, |key| !a.contains(key));
        }
    }
    result
}

/// A set of items; `None`: one is an instance whose `key` has to be asked.
pub fn from_items(vm: &mut Vm, items: &[Value]) -> Result<Option<Gc<Set>>, Control> {
    let set = vm.heap.set();
    Ok(insert_all(vm, set, items)?.then_some(set))
}

/// False, and nothing was inserted, if an item's `key` has to be asked.
fn insert_all(vm: &mut Vm, set: Gc<Set>, items: &[Value]) -> Result<bool, Control> {
    for item in items {
        match key_kind(&vm.heap, *item) {
            KeyKind::Plain | KeyKind::Identity => {}
            KeyKind::NeedsCall => return Ok(false),
            _ => return Err(index::not_a_key(vm, *item)),
        }
    }
    for item in items {
        set.insert(&mut vm.heap, *item);
    }
    Ok(true)
}

fn add(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    match key_kind(&vm.heap, args[1]) {
        KeyKind::Plain | KeyKind::Identity => Ok(Value::bool(this(args).insert(&mut vm.heap, args[1]))),
        KeyKind::NeedsCall => Err(hand_over(vm, "set_add", args)),
        _ => Err(index::not_a_key(vm, args[1])),
    }
}

fn remove(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    match key_kind(&vm.heap, args[1]) {
        KeyKind::Plain | KeyKind::Identity => Ok(Value::bool(this(args).remove(&mut vm.heap, args[1]))),
        KeyKind::NeedsCall => Err(hand_over(vm, "set_remove", args)),
        _ => {
            index::check_lookup(vm, args[1])?;
            Ok(Value::FALSE)
        }
    }
}

fn has(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    match index::contains(vm, args[0], args[1])? {
        Some(found) => Ok(Value::bool(found)),
        None => Err(hand_over(vm, "__contains", args)),
    }
}

fn clear(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    this(args).clear(&mut vm.heap);
    Ok(Value::NIL)
}

fn copy(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let copy = vm.heap.set();
    copy.put_all(&mut vm.heap, &this(args), |_| true);
    Ok(copy.into())
}

fn extend(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    match iterate::collect_for(vm, "extend", args[1])? {
        Some(items) if insert_all(vm, this(args), &items)? => Ok(Value::NIL),
        _ => Err(hand_over(vm, "set_extend", args)),
    }
}

fn union(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    combined(vm, args, BinaryOp::BitOr, "union(other)", "set_union")
}

fn intersect(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    combined(vm, args, BinaryOp::BitAnd, "intersect(other)", "set_intersect")
}

fn difference(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    combined(vm, args, BinaryOp::Sub, "difference(other)", "set_difference")
}

fn symmetric_difference(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    combined(vm, args, BinaryOp::BitXor, "symmetric_difference(other)", "set_symmetric_difference")
}

/// With any sequence; one that needs calls is first made a set by the library.
fn combined(
    vm: &mut Vm,
    args: &[Value],
    op: BinaryOp,
    what: &str,
    library: &'static str,
) -> Result<Value, Control> {
    if let Some(other) = args[1].as_object::<Set>() {
        return Ok(combine(vm, op, this(args), other).into());
    }
    if let Some(items) = iterate::collect_for(vm, what, args[1])?
        && let Some(other) = from_items(vm, &items)?
    {
        return Ok(combine(vm, op, this(args), other).into());
    }
    Err(hand_over(vm, library, args))
}

fn is_subset(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let other = args::set(vm, "is_subset(other)", args[1])?;
    Ok(Value::bool(is_within(this(args), other)))
}

fn is_superset(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let other = args::set(vm, "is_superset(other)", args[1])?;
    Ok(Value::bool(is_within(other, this(args))))
}

fn is_within(inner: Gc<Set>, outer: Gc<Set>) -> bool {
    inner.len() <= outer.len() && inner.plain_keys().iter().all(|key| outer.contains(*key))
}

fn is_disjoint(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let (set, other) = (this(args), args::set(vm, "is_disjoint(other)", args[1])?);
    Ok(Value::bool(!set.plain_keys().iter().any(|key| other.contains(*key))))
}
