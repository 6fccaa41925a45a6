//! The methods of `list`, besides those of [`super::sequence`].

use crate::{
    builtins::{Control, args, hand_over, sequence},
    heap::{
        map::{KeyKind, key_kind},
        object::*,
    },
    ops::{index, iterate, sort, type_name},
    value::{Gc, Value},
    vm::Vm,
};

builtins! {
    pub static METHODS = [
        /// How many items it has.
        fn len() = native(sequence::len);
        /// Has it no items?
        fn is_empty() = native(sequence::is_empty);
        /// Puts `x` at the end.
        fn push(x) = native(push);
        /// Takes the last item off and gives it.
        fn pop() = native(pop);
        /// Puts `x` before item `i`: `xs.insert(0, x)` puts it first. A negative `i` counts from the end.
        fn insert(i, x) = native(insert);
        /// Takes item `i` out and gives it.
        fn remove(i) = native(remove);
        /// Takes the first item equal to `x` out. Was there one?
        fn remove_value(x) = native(remove_value);
        /// Exchanges items `i` and `j`.
        fn swap(i, j) = native(swap);
        /// Takes all items out.
        fn clear() = native(clear);
        /// Puts all items of a sequence at the end.
        fn extend(items) = native(extend);
        /// Drops what is behind the first `n` items.
        fn truncate(n) = native(truncate);
        /// Makes every item `x`.
        fn fill(x) = native(fill);
        /// Item `i`, or `default` if there is none.
        fn get(i, default = nil) = native(get);
        /// The first item, or `nil` if there is none.
        fn first() = native(first);
        /// The last item, or `nil` if there is none.
        fn last() = native(last);
        /// A new list of the items from `start` up to `end` (not included), as `xs[start..end]`.
        fn slice(start = 0, end = nil) = native(slice);
        /// A new list with the same items.
        fn copy() = native(copy);
        /// Is an item equal to `x`? The same as `x in xs`.
        fn contains(x) = native(contains);
        /// The index of the first item equal to `x`, or `nil`.
        fn index_of(x) = native(index_of);
        /// The index of the first item for which `f(x)` is true, or `nil`.
        fn find_index(f) = library("list_find_index");
        /// Sorts in place, by `<` or by `less(a, b)`, which says if `a` comes first: `xs.sort(|a, b| a > b)`. Equal items keep
        /// their order.
        fn sort(less = nil) = native(sort_in_place);
        /// Sorts in place by what `f(x)` gives for each item: `people.sort_by(|p| p.age)`.
        fn sort_by(f) = library("list_sort_by");
        /// A new list, sorted by what `f(x)` gives for each item.
        fn sorted_by(f) = library("list_sorted_by");
        /// Turns the order of the items round, in place.
        fn reverse() = native(reverse);
        /// A new list, backwards.
        fn rev() = native(rev);
        /// A new list in which the items that are lists are replaced by their items: `[[1], [2, 3]].flatten()` is `[1, 2, 3]`.
        fn flatten() = native(flatten);
        /// A new list in which only the first of equal items is kept.
        fn unique() = native(unique);
        /// Runs the async `f(x)` for all items at once, or for `limit` of them at a time, and gives the results in order; the first error
        /// cancels the rest: `let pages = await urls.each_async(fetch, limit: 5)`.
        fn each_async(f, limit = nil) -> Awaitable = library("list_each_async");
        /// A map from each `f(x)` to the list of the items that gave it: `words.group_by(|w| w.len())`.
        fn group_by(f) = library("list_group_by");
        /// Two lists: the items for which `f(x)` is true, and the others.
        fn partition(f) = library("list_partition");
        /// A list of lists of `n` items; the last may be shorter.
        fn chunks(n) = native(chunks);
        /// All lists of `n` neighbours: `[1, 2, 3].windows(2)` is `[[1, 2], [2, 3]]`.
        fn windows(n) = native(windows);
        /// A map from a list of `[key, value]`: `[["a", 1]].to_map()` is `{a: 1}`.
        fn to_map() = native(to_map);
        /// Bytes from ints between 0 and 255.
        fn to_bytes() = native(to_bytes);
    ];
}

fn this(args: &[Value]) -> Gc<List> {
    args::receiver(args)
}

fn push(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    this(args).push(&mut vm.heap, args[1]);
    Ok(Value::NIL)
}

fn pop(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    this(args).pop(&mut vm.heap).ok_or_else(|| vm.throw("IndexError", "pop from an empty list"))
}

fn insert(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let list = this(args);
    let wanted = args::int(vm, "insert(i)", args[1])?;
    let at = if wanted == list.len() as i64 { Some(list.len()) } else { index::position(wanted, list.len()) };
    match at {
        Some(at) => list.insert(&mut vm.heap, at, args[2]),
        None => return Err(outside(vm, wanted, list)),
    }
    Ok(Value::NIL)
}

fn remove(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let list = this(args);
    let at = place(vm, list, "remove(i)", args[1])?;
    Ok(list.remove(&mut vm.heap, at))
}

fn remove_value(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let list = this(args);
    match index::index_of(vm, list, args[1]) {
        Some(Some(at)) => {
            list.remove(&mut vm.heap, at);
            Ok(Value::TRUE)
        }
        Some(None) => Ok(Value::FALSE),
        None => Err(hand_over(vm, "list_remove_value", args)),
    }
}

fn swap(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let list = this(args);
    let i = place(vm, list, "swap(i)", args[1])?;
    let j = place(vm, list, "swap(j)", args[2])?;
    list.swap(&mut vm.heap, i, j);
    Ok(Value::NIL)
}

fn clear(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    this(args).clear(&mut vm.heap);
    Ok(Value::NIL)
}

fn extend(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let list = this(args);
    match iterate::collect_for(vm, "extend", args[1])? {
        Some(items) => {
            vm.check_items(list.len() + items.len())?;
            list.extend(&mut vm.heap, &items);
            Ok(Value::NIL)
        }
        None => Err(hand_over(vm, "__extend", args)),
    }
}

fn truncate(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let n = args::count(vm, "truncate(n)", args[1])?;
    this(args).truncate(&mut vm.heap, n);
    Ok(Value::NIL)
}

fn fill(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let list = this(args);
    for at in 0..list.len() {
        list.set(&mut vm.heap, at, args[1]);
    }
    Ok(Value::NIL)
}

fn get(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let list = this(args);
    let wanted = args::int(vm, "get(i)", args[1])?;
    let item = index::position(wanted, list.len()).and_then(|at| list.get(at));
    Ok(item.or(args::given(args[2])).unwrap_or(Value::NIL))
}

fn first(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(this(args).get(0).unwrap_or(Value::NIL))
}

fn last(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let list = this(args);
    Ok(list.len().checked_sub(1).and_then(|at| list.get(at)).unwrap_or(Value::NIL))
}

/// `slice(start = 0, end = nil)` of a list, str or bytes.
pub fn slice(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let start = args::not_nil(args[1]).map(|start| args::int(vm, "slice(start)", start)).transpose()?;
    let end = args::not_nil(args[2]).map(|end| args::int(vm, "slice(end)", end)).transpose()?;
    index::slice(vm, args[0], start, end, false)
}

fn copy(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let list = this(args);
    Ok(vm.heap.list(list.as_slice()).into())
}

fn contains(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    match index::index_of(vm, this(args), args[1]) {
        Some(found) => Ok(Value::bool(found.is_some())),
        None => Err(hand_over(vm, "__contains", args)),
    }
}

fn index_of(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    match index::index_of(vm, this(args), args[1]) {
        Some(found) => Ok(found.map_or(Value::NIL, |at| Value::int(at as i64))),
        None => Err(hand_over(vm, "list_index_of", args)),
    }
}

fn sort_in_place(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let list = this(args);
    if args::not_nil(args[1]).is_some() {
        return Err(hand_over(vm, "list_sort", args));
    }
    let mut items = list.to_vec();
    match sort::sort(vm, &mut items) {
        Ok(()) => {
            list.rearrange(&mut vm.heap, |slots| slots.copy_from_slice(&items));
            Ok(Value::NIL)
        }
        Err(sort::Failure::NeedsCall) => Err(hand_over(vm, "list_sort_naturally", &args[..1])),
        Err(sort::Failure::Thrown(control)) => Err(control),
    }
}

fn reverse(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    this(args).reverse(&mut vm.heap);
    Ok(Value::NIL)
}

fn rev(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let mut items = this(args).to_vec();
    items.reverse();
    Ok(vm.heap.list(&items).into())
}

fn flatten(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let mut flat = Vec::new();
    for item in this(args).as_slice() {
        match item.as_object::<List>() {
            Some(list) => flat.extend_from_slice(list.as_slice()),
            None => flat.push(*item),
        }
    }
    vm.check_items(flat.len())?;
    Ok(vm.heap.list(&flat).into())
}

fn unique(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let list = this(args);
    let (seen, kept) = (vm.heap.set(), vm.heap.list(&[]));
    for item in list.as_slice() {
        if key_kind(&vm.heap, *item) == KeyKind::NeedsCall {
            return Err(hand_over(vm, "list_unique", args));
        }
        index::check_key(vm, *item)?;
        if seen.insert(&mut vm.heap, *item) {
            kept.push(&mut vm.heap, *item);
        }
    }
    Ok(kept.into())
}

fn chunks(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let size = part_size(vm, "chunks(n)", args[1])?;
    let parts = vm.heap.list(&[]);
    for chunk in this(args).as_slice().chunks(size) {
        let chunk = vm.heap.list(chunk);
        parts.push(&mut vm.heap, chunk.into());
    }
    Ok(parts.into())
}

fn windows(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let size = part_size(vm, "windows(n)", args[1])?;
    let items = this(args);
    let windows = (items.len() + 1).saturating_sub(size);
    vm.check_items(windows.saturating_mul(size))?;
    let parts = vm.heap.list_with_capacity(windows);
    for window in items.as_slice().windows(size) {
        let window = vm.heap.list(window);
        parts.push(&mut vm.heap, window.into());
    }
    Ok(parts.into())
}

fn part_size(vm: &mut Vm, what: &str, value: Value) -> Result<usize, Control> {
    match args::int(vm, what, value)? {
        size @ 1.. => Ok(usize::try_from(size).unwrap_or(usize::MAX)),
        size => Err(vm.throw("ValueError", format!("{what} must be at least 1, but is {size}"))),
    }
}

fn to_map(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let map = vm.heap.map();
    for item in this(args).as_slice() {
        let pair = item.as_object::<List>().filter(|pair| pair.len() == 2);
        let Some((key, value)) = pair.and_then(|pair| Some((pair.get(0)?, pair.get(1)?))) else {
            let got = match item.as_object::<List>() {
                Some(list) => format!("a list of {}", list.len()),
                None => type_name(&vm.heap, *item).to_owned(),
            };
            return Err(
                vm.throw("ValueError", format!("to_map needs a list of [key, value], but one item is {got}"))
            );
        };
        if key_kind(&vm.heap, key) == KeyKind::NeedsCall {
            return Err(hand_over(vm, "list_to_map", args));
        }
        index::check_key(vm, key)?;
        map.insert(&mut vm.heap, key, value);
    }
    Ok(map.into())
}

fn to_bytes(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let mut bytes = Vec::with_capacity(this(args).len());
    for item in this(args).as_slice() {
        let int = args::int(vm, "to_bytes", *item)?;
        match u8::try_from(int) {
            Ok(byte) => bytes.push(byte),
            Err(_) => {
                return Err(vm.throw("ValueError", format!("{int} is no byte: bytes are from 0 to 255")));
            }
        }
    }
    vm.check_text(bytes.len())?;
    Ok(vm.heap.bytes(&bytes).into())
}

fn place(vm: &mut Vm, list: Gc<List>, what: &str, index: Value) -> Result<usize, Control> {
    let wanted = args::int(vm, what, index)?;
    index::position(wanted, list.len()).ok_or_else(|| outside(vm, wanted, list))
}

fn outside(vm: &mut Vm, index: i64, list: Gc<List>) -> Control {
    index::outside(vm, list.into(), Value::int(index))
}
