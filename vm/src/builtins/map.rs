//! The methods of `map`. What takes a function is written in Co (`library/map.co`).

use crate::{
    builtins::{Control, args, hand_over, sequence},
    heap::{
        map::{KeyKind, key_kind},
        object::*,
    },
    ops::index,
    value::{Gc, Tag, Value},
    vm::Vm,
};

builtins! {
    pub static METHODS = [
        /// How many keys it has.
        fn len() = native(sequence::len);
        /// Has it no keys?
        fn is_empty() = native(sequence::is_empty);
        /// The value of `k`, or `default` if the key is missing.
        fn get(k, default = nil) = native(get);
        /// Is there a key `k`? The same as `k in m`.
        fn has(k) = native(has);
        /// Is there a key `k`? The same as `k in m`.
        fn contains(k) = native(has);
        /// A list of the keys, in order of insertion.
        fn keys() = native(keys);
        /// A list of the values, in order of insertion.
        fn values() = native(values);
        /// A list of `[key, value]`, in order of insertion.
        fn items() = native(items);
        /// Takes the key `k` out and gives its value; if it is missing, gives `default` or throws `KeyError`.
        fn remove(k, default = error) = native(remove);
        /// Takes all keys out.
        fn clear() = native(clear);
        /// A new map with the same entries.
        fn copy() = native(copy);
        /// Puts all entries of the map `other` in.
        fn update(other) = native(update);
        /// Calls `f(k, v)` for each entry.
        fn each(f) = library("map_each");
        /// A list of `f(k, v)` for each entry.
        fn map(f) = library("map_map");
        /// A new map with the same keys and `f(v)` for each value `v`.
        fn map_values(f) = library("map_map_values");
        /// A new map of the entries for which `f(k, v)` is true.
        fn filter(f) = library("map_filter");
        /// `[k, v]` of the first entry for which `f(k, v)` is true, or `nil`.
        fn find(f) = library("map_find");
        /// Is `f(k, v)` true for an entry?
        fn any(f) = library("map_any");
        /// Is `f(k, v)` true for every entry?
        fn all(f) = library("map_all");
        /// For how many entries `f(k, v)` is true.
        fn count(f) = library("map_count");
        /// A new map, its entries sorted by `f(k, v)`: `counts.sorted_by(|word, n| -n)`.
        fn sorted_by(f) = library("map_sorted_by");
    ];
}

fn this(args: &[Value]) -> Gc<Map> {
    args::receiver(args)
}

fn get(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    if args[1].is(Tag::INT) || args[1].is(Tag::STR) {
        return Ok(this(args).get(args[1]).or(args::given(args[2])).unwrap_or(Value::NIL));
    }
    match key_kind(&vm.heap, args[1]) {
        KeyKind::Plain | KeyKind::Identity => {
            Ok(this(args).get(args[1]).or(args::given(args[2])).unwrap_or(Value::NIL))
        }
        KeyKind::NeedsCall => {
            Err(hand_over(vm, "map_get", &[args[0], args[1], args::given(args[2]).unwrap_or(Value::NIL)]))
        }
        _ => {
            index::check_lookup(vm, args[1])?;
            Ok(args::given(args[2]).unwrap_or(Value::NIL))
        }
    }
}

fn has(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    match index::contains(vm, args[0], args[1])? {
        Some(found) => Ok(Value::bool(found)),
        None => Err(hand_over(vm, "__contains", args)),
    }
}

fn keys(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let keys = this(args).keys();
    Ok(vm.heap.list(&keys).into())
}

fn values(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let values = this(args).values();
    Ok(vm.heap.list(&values).into())
}

fn items(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let entries = this(args).items();
    let items = vm.heap.list_with_capacity(entries.len());
    for (key, value) in entries {
        let pair = vm.heap.list(&[key, value]);
        items.push(&mut vm.heap, pair.into());
    }
    Ok(items.into())
}

fn remove(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let removed = match key_kind(&vm.heap, args[1]) {
        KeyKind::Plain | KeyKind::Identity => this(args).remove(&mut vm.heap, args[1]),
        KeyKind::NeedsCall if args[2].is_undef() => return Err(hand_over(vm, "map_remove", &args[..2])),
        KeyKind::NeedsCall => return Err(hand_over(vm, "map_remove_or", args)),
        _ => {
            index::check_lookup(vm, args[1])?;
            None
        }
    };
    match removed.or(args::given(args[2])) {
        Some(value) => Ok(value),
        None => Err(index::missing_key(vm, this(args), args[1])),
    }
}

fn clear(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    this(args).clear(&mut vm.heap);
    Ok(Value::NIL)
}

fn copy(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let map = this(args);
    let copy = vm.heap.map_with_capacity(map.len());
    copy.put_all(&mut vm.heap, &map);
    Ok(copy.into())
}

fn update(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let other = args::map(vm, "update(other)", args[1])?;
    this(args).put_all(&mut vm.heap, &other);
    Ok(Value::NIL)
}
