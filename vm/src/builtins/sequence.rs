//! The methods that list, range and set share. What takes a function is written in Co (`library/seq.co`).

use std::cmp::Ordering;

use crate::{
    builtins::{Control, args, hand_over},
    heap::object::*,
    ops::{display, index, iterate, sort},
    value::{Tag, Value},
    vm::Vm,
};

builtins! {
    pub static METHODS = [
        /// A new list of `f(x)` for each item `x`: `[1, 2].map(|x| x * 10)` is `[10, 20]`.
        fn map(f) = library("seq_map");
        /// A new list of the items for which `f(x)` is true: `(0..6).filter(|x| x.is_even())` is `[0, 2, 4]`.
        fn filter(f) = library("seq_filter");
        /// A new list of `[i, x]` for each item, counted from `start`: `for i, x in xs.enumerate() { … }`.
        fn enumerate(start = 0) = native(enumerate);
        /// A new list of lists with one item of each sequence; it ends with the shortest: `[1, 2].zip("ab")` is `[[1, "a"], [2, "b"]]`.
        fn zip(...others) = native(zip);
        /// A new list of the first `n` items, or of all if there are fewer.
        fn take(n) = native(take);
        /// A new list without the first `n` items.
        fn skip(n) = native(skip);
        /// A new list of the items before the first for which `f(x)` is false.
        fn take_while(f) = library("seq_take_while");
        /// A new list that begins with the first item for which `f(x)` is false.
        fn skip_while(f) = library("seq_skip_while");
        /// A new list of all items of the sequences that `f(x)` gives: `["a b", "c"].flat_map(|s| s.split())` is `["a", "b", "c"]`.
        fn flat_map(f) = library("seq_flat_map");
        /// Calls `f(x)` for each item.
        fn each(f) = library("seq_each");
        /// Combines all items, beginning with `start`: `xs.fold(0, |sum, x| sum + x)`.
        fn fold(start, f) = library("seq_fold");
        /// The first item for which `f(x)` is true, or `nil`.
        fn find(f) = library("seq_find");
        /// Is `f(x)` (without `f`: the item itself) true for an item? Stops at the first one.
        fn any(f = nil) = native(any);
        /// Is `f(x)` (without `f`: the item itself) true for every item? Stops at the first that is not.
        fn all(f = nil) = native(all);
        /// All numbers added up; 0 if there are none.
        fn sum() = native(sum);
        /// The smallest item by `<`, the first of equal ones, or `nil` if there is none.
        fn min() = native(min);
        /// The greatest item by `<`, the first of equal ones, or `nil` if there is none.
        fn max() = native(max);
        /// The item whose `f(x)` is smallest: `words.min_by(|w| w.len())`.
        fn min_by(f) = library("seq_min_by");
        /// The item whose `f(x)` is greatest: `words.max_by(|w| w.len())`.
        fn max_by(f) = library("seq_max_by");
        /// How many items there are, or for how many `f(x)` is true.
        fn count(f = nil) = native(count);
        /// A new sorted list, by `<` or by `less(a, b)`, which says if `a` comes first; equal items keep their order.
        fn sorted(less = nil) = native(sorted);
        /// The items as `print` shows them, with `sep` between: `[1, 2].join(", ")` is `"1, 2"`.
        fn join(sep = "") = native(join);
        /// A new list of the items.
        fn to_list() = native(to_list);
    ];
}

/// The receiver's items.
fn items(vm: &mut Vm, receiver: Value) -> Result<Vec<Value>, Control> {
    Ok(iterate::collect(vm, receiver)?.unwrap_or_default())
}

fn list(vm: &mut Vm, items: &[Value]) -> Result<Value, Control> {
    vm.check_items(items.len())?;
    Ok(vm.heap.list(items).into())
}

fn enumerate(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let start = args::given(args[1]).map_or(Ok(0), |start| args::int(vm, "enumerate(start)", start))?;
    let items = items(vm, args[0])?;
    let pairs = vm.heap.list_with_capacity(items.len());
    for (number, item) in (start..).zip(items) {
        let pair = vm.heap.list(&[Value::int(number), item]);
        pairs.push(&mut vm.heap, pair.into());
    }
    Ok(pairs.into())
}

fn zip(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let mut columns = Vec::with_capacity(args.len());
    for source in args {
        match iterate::collect_for(vm, "zip", *source)? {
            Some(items) => columns.push(items),
            None => return Err(hand_over(vm, "seq_zip", args)),
        }
    }
    let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
    let zipped = vm.heap.list_with_capacity(rows);
    for row in 0..rows {
        let items: Vec<Value> = columns.iter().map(|column| column[row]).collect();
        let items = vm.heap.list(&items);
        zipped.push(&mut vm.heap, items.into());
    }
    Ok(zipped.into())
}

fn take(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let n = args::count(vm, "take(n)", args[1])?;
    part(vm, args[0], 0, n)
}

fn skip(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let n = args::count(vm, "skip(n)", args[1])?;
    part(vm, args[0], n, usize::MAX)
}

/// A list of the items `start..end`, cut off at the end; a range is cut before its numbers are made.
fn part(vm: &mut Vm, sequence: Value, start: usize, end: usize) -> Result<Value, Control> {
    if let Some(range) = sequence.as_object::<Range>() {
        let end = end.min(usize::try_from(range.len).unwrap_or(usize::MAX));
        let part = index::part_of_range(vm, &range, start.min(end), end);
        let items = items(vm, part.into())?;
        return list(vm, &items);
    }
    let items = items(vm, sequence)?;
    let end = end.min(items.len());
    list(vm, &items[start.min(end)..end])
}

fn any(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    match args::not_nil(args[1]) {
        Some(_) => Err(hand_over(vm, "seq_any", args)),
        None => is_there(vm, args[0], true).map(Value::bool),
    }
}

fn all(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    match args::not_nil(args[1]) {
        Some(_) => Err(hand_over(vm, "seq_all", args)),
        None => is_there(vm, args[0], false).map(|found| Value::bool(!found)),
    }
}

/// Is there an item of this truth?
fn is_there(vm: &mut Vm, sequence: Value, truth: bool) -> Result<bool, Control> {
    let version = iterate::version(sequence);
    let mut position = 0;
    if let Some(range) = sequence.as_object::<Range>() {
        return Ok(truth && range.len > 0);
    }
    while let Some(item) = iterate::next(vm, sequence, &mut position, version)? {
        if item.is(Tag::COROUTINE) {
            return Err(vm.throw_coroutine("a coroutine is no condition", &[item]));
        }
        if item.is_truthy() == truth {
            return Ok(true);
        }
    }
    Ok(false)
}

fn sum(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    if let Some(range) = args[0].as_object::<Range>() {
        let Some(last) = range.len.checked_sub(1) else { return Ok(Value::int(0)) };
        // Both factors fit easily: 2^64 numbers of at most 2^63.
        let sum = (range.start as i128 + range.at(last) as i128) * range.len as i128 / 2;
        return i64::try_from(sum)
            .map(Value::int)
            .map_err(|_| vm.throw("OverflowError", "integer overflow: the sum"));
    }
    let items = items(vm, args[0])?;
    sum_of(vm, &items)
}

/// `0 + a + b …`
pub fn sum_of(vm: &mut Vm, items: &[Value]) -> Result<Value, Control> {
    let mut sum = Value::int(0);
    for item in items {
        sum = match (sum.as_int(), item.as_int(), sum.as_number(), item.as_number()) {
            (Some(a), Some(b), ..) => match a.checked_add(b) {
                Some(sum) => Value::int(sum),
                None => return Err(vm.throw("OverflowError", format!("integer overflow: {a} + {b}"))),
            },
            (_, _, Some(a), Some(b)) => Value::float(a + b),
            _ => return Err(vm.wrong_type("sum", "numbers", *item)),
        };
    }
    Ok(sum)
}

fn min(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    extreme(vm, args, Ordering::Less, "seq_min")
}

fn max(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    extreme(vm, args, Ordering::Greater, "seq_max")
}

fn extreme(vm: &mut Vm, args: &[Value], wanted: Ordering, library: &'static str) -> Result<Value, Control> {
    if let Some(range) = args[0].as_object::<Range>() {
        let Some(last) = range.len.checked_sub(1) else { return Ok(Value::NIL) };
        let wants_first = (range.step > 0) == wanted.is_lt();
        return Ok(Value::int(if wants_first { range.start } else { range.at(last) }));
    }
    let items = items(vm, args[0])?;
    match sort::extreme(vm, &items, wanted) {
        Ok(found) => Ok(found.unwrap_or(Value::NIL)),
        Err(sort::Failure::NeedsCall) => Err(hand_over(vm, library, &args[..1])),
        Err(sort::Failure::Thrown(control)) => Err(control),
    }
}

fn count(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    if args::not_nil(args[1]).is_some() {
        return Err(hand_over(vm, "seq_count", args));
    }
    len(vm, args)
}

/// `len()` of a list, set, map or range.
pub fn len(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let len = match args[0].tag {
        Tag::LIST => args::receiver::<List>(args).len(),
        Tag::SET => args::receiver::<Set>(args).len(),
        Tag::MAP => args::receiver::<Map>(args).len(),
        _ => {
            let len = args::receiver::<Range>(args).len;
            return match i64::try_from(len) {
                Ok(len) => Ok(Value::int(len)),
                Err(_) => Err(vm.throw("OverflowError", "the range has more numbers than an int can count")),
            };
        }
    };
    Ok(Value::int(len as i64))
}

/// `is_empty()` of a list, set, map or range.
pub fn is_empty(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(match args[0].tag {
        Tag::LIST => args::receiver::<List>(args).is_empty(),
        Tag::SET => args::receiver::<Set>(args).is_empty(),
        Tag::MAP => args::receiver::<Map>(args).is_empty(),
        _ => args::receiver::<Range>(args).len == 0,
    }))
}

fn sorted(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let mut items = items(vm, args[0])?;
    if args::not_nil(args[1]).is_some() {
        let copy = list(vm, &items)?;
        return Err(hand_over(vm, "__sorted", &[copy, args[1]]));
    }
    match sort::sort(vm, &mut items) {
        Ok(()) => list(vm, &items),
        Err(sort::Failure::NeedsCall) => {
            let copy = list(vm, &items)?;
            Err(hand_over(vm, "__sorted_naturally", &[copy]))
        }
        Err(sort::Failure::Thrown(control)) => Err(control),
    }
}

fn join(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let separator = match args::given(args[1]) {
        Some(separator) => Some(args::str(vm, "join(sep)", separator)?),
        None => None,
    };
    let separator = separator.as_ref().map_or("", |separator| separator.as_str());
    let version = iterate::version(args[0]);
    let mut position = 0;
    let mut out = String::new();
    let mut is_first = true;
    while let Some(item) = iterate::next(vm, args[0], &mut position, version)? {
        if !is_first {
            out.push_str(separator);
        }
        is_first = false;
        if !display::append(vm, item, &mut out)? {
            let separator = vm.new_str(separator)?;
            return Err(hand_over(vm, "seq_join", &[args[0], separator]));
        }
        vm.check_text(out.len())?;
    }
    vm.new_str(&out)
}

fn to_list(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let items = items(vm, args[0])?;
    list(vm, &items)
}
