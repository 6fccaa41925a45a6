//! Functions that only the library written in Co sees: the native halves of what it does.

use std::cmp::Ordering;

use crate::{
    builtins::{Control, args, assertion, hand_over, prelude},
    heap::{
        map::{KeyKind, key_kind},
        object::*,
    },
    ops::{
        compare::{self, Outcome, Pair},
        display::{self, Form, Texts},
        equal, format, sort, type_name,
    },
    value::{Tag, Value},
    vm::Vm,
};

builtins! {
    pub static FUNCTIONS = [
        /// The text of `value`, or a list of the instances whose `to_str` has to be asked and that are not in `instances`.
        fn __render(value, literal, instances, texts) = native(render);
        /// The text that `instance.to_str()` gave, if it is one.
        fn __check_text(instance, text) = native(check_text);
        /// Writes to standard output or error.
        fn __write(text, to_stderr) = native(write);
        /// `text` (an instance's) formatted by the encoded spec.
        fn __format_text(text, spec) = native(format_text);
        /// `nil` if `a` and `b` differ in what needs no call, else a list of alternating left and right values that an `eq` decides on.
        fn __pairs(a, b) = native(pairs);
        /// Has its struct an `eq`?
        fn __has_eq(x) = native(has_eq);
        /// Goes on comparing: gives -1, 0, 1, or `nil` for no order, or `true` if the two values that it has put on the stack are to be asked.
        fn __compare_on(stack) = native(compare_on);
        /// Has its struct a `compare`?
        fn __has_compare(x) = native(has_compare);
        /// What `instance.compare(other)` gave as -1, 0 or 1.
        fn __check_order(instance, order) = native(check_order);
        /// Is it an instance whose `key` has to be asked?
        fn __needs_key(x) = native(needs_key);
        /// What `instance.key()` gave, if it is a plain key.
        fn __check_key(instance, key) = native(check_key);
        /// Puts a plain key that was made of `instance` into a map or set. Was it new?
        fn __insert(container, key, instance, value) = native(insert);
        /// Takes all items out of a list and gives them in a new one.
        fn __take_items(list) = native(take_items);
        /// Puts the items back into a list that must still be empty.
        fn __put_items(list, items) = native(put_items);
        /// A new list of the items sorted by the keys beside them.
        fn __sorted_by_keys(items, keys) = native(sorted_by_keys);
        /// Throws unless `n` is an int that is not negative.
        fn __check_count(what, n) = native(check_count);
        /// Throws for a comparator that gave a number instead of a truth.
        fn __bad_less(got) = native(bad_less);
        /// Throws the `AssertionError`; the operands are texts or nil.
        fn __throw_assertion(source, message, left, right) = native(assertion::throw_with_texts);
        /// A sample of `n` items of a list.
        fn __draw(list, n) = native(crate::std::random::sample);
        /// The value as a number to be added up.
        fn __check_number(x) = native(check_number);
    ];
}

fn render(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let form = if args[1].is_truthy() { Form::Literal } else { Form::Plain };
    let (instances, texts) = (args::list(vm, "__render", args[2])?, args::list(vm, "__render", args[3])?);
    let known: Texts = instances
        .as_slice()
        .iter()
        .zip(texts.as_slice())
        .filter_map(|(instance, text)| Some((instance.bits, text.as_object::<Str>()?)))
        .collect();
    let mut out = String::new();
    let missing = display::render(vm, args[0], form, &known, &mut out)?;
    if missing.is_empty() { vm.new_str(&out) } else { Ok(vm.heap.list(&missing).into()) }
}

fn check_text(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    if args[1].is(Tag::STR) { Ok(args[1]) } else { Err(display::not_a_text(vm, args[0], args[1])) }
}

fn write(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let text = args::str(vm, "__write", args[0])?;
    prelude::write(vm, text.as_str(), args[1].is_truthy())
}

fn format_text(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(format::format(vm, args[0], args[1])?.map_or(args[0], Value::from))
}

fn pairs(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let Some(pairs) = equal::pairs_to_ask(&vm.heap, args[0], args[1]) else { return Ok(Value::NIL) };
    let flat: Vec<Value> = pairs.into_iter().flat_map(|(a, b)| [a, b]).collect();
    Ok(vm.heap.list(&flat).into())
}

fn has_eq(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(equal::has_eq(&vm.heap, args[0])))
}

/// The stack is a list of three values for each [`Pair`], and behind them the two values to be asked.
fn compare_on(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let list = args::list(vm, "__compare_on", args[0])?;
    let mut stack: Vec<Pair> = list
        .as_slice()
        .as_chunks::<3>()
        .0
        .iter()
        .map(|[a, b, next]| Pair { a: *a, b: *b, next: next.as_int().unwrap_or(0) as usize })
        .collect();
    let outcome = compare::run(vm, &mut stack)?;
    Ok(match outcome {
        Outcome::Known(order) => order.map_or(Value::NIL, |order| Value::int(order as i64)),
        Outcome::Call(a, b) => {
            let mut flat: Vec<Value> =
                stack.iter().flat_map(|pair| [pair.a, pair.b, Value::int(pair.next as i64)]).collect();
            flat.extend([a, b]);
            list.truncate(&mut vm.heap, 0);
            list.extend(&mut vm.heap, &flat);
            Value::TRUE
        }
    })
}

fn has_compare(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(compare::has_compare(&vm.heap, args[0])))
}

fn check_order(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    match args[1].as_int() {
        Some(order) => Ok(Value::int(order.signum())),
        None => {
            let (ty, got) = (type_name(&vm.heap, args[0]), type_name(&vm.heap, args[1]));
            let message = format!("`compare` of {ty} must return an int, not {got}");
            Err(vm.throw("TypeError", message))
        }
    }
}

fn needs_key(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(key_kind(&vm.heap, args[0]) == KeyKind::NeedsCall))
}

fn check_key(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    if key_kind(&vm.heap, args[1]) == KeyKind::Plain {
        return Ok(args[1]);
    }
    let (ty, got) = (type_name(&vm.heap, args[0]), type_name(&vm.heap, args[1]));
    let message = format!("`key` of {ty} must return a nil, bool, int, float, str or bytes, not {got}");
    Err(vm.throw_help("TypeError", message, "join several values into a text: \"{self.x},{self.y}\""))
}

fn insert(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let [container, key, instance, value] = [args[0], args[1], args[2], args[3]];
    let is_made = !instance.is_same(key);
    if let Some(map) = container.as_object::<Map>() {
        let is_new = map.insert(&mut vm.heap, key, value);
        if is_new && is_made {
            map.show_key(&mut vm.heap, key, instance);
        }
        return Ok(Value::bool(is_new));
    }
    let set = args::set(vm, "__insert", container)?;
    let is_new = set.insert(&mut vm.heap, key);
    if is_new && is_made {
        set.show_key(&mut vm.heap, key, instance);
    }
    Ok(Value::bool(is_new))
}

fn take_items(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let list = args::list(vm, "__take_items", args[0])?;
    let items = vm.heap.list(list.as_slice());
    list.clear(&mut vm.heap);
    Ok(items.into())
}

fn put_items(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let (list, items) = (args::list(vm, "__put_items", args[0])?, args::list(vm, "__put_items", args[1])?);
    let was_changed = !list.is_empty();
    list.truncate(&mut vm.heap, 0);
    list.extend(&mut vm.heap, items.as_slice());
    if was_changed {
        return Err(vm.throw("ValueError", "the list was changed while it was sorted"));
    }
    Ok(Value::NIL)
}

fn sorted_by_keys(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let (items, keys) = (args::list(vm, "items", args[0])?, args::list(vm, "keys", args[1])?);
    let mut sorted = items.to_vec();
    match sort::sort_by_keys(vm, keys.as_slice(), &mut sorted) {
        Ok(()) => Ok(vm.heap.list(&sorted).into()),
        Err(sort::Failure::NeedsCall) => Err(hand_over(vm, "__sorted_pairs", args)),
        Err(sort::Failure::Thrown(control)) => Err(control),
    }
}

fn check_count(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let what = args::str(vm, "__check_count", args[0])?;
    args::count(vm, what.as_str(), args[1])?;
    Ok(Value::NIL)
}

fn bad_less(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let got = type_name(&vm.heap, args[0]);
    let message =
        format!("the function for sort(less) must say if a comes first (true or false), not give {got}");
    Err(vm.throw_help(
        "TypeError",
        message,
        "write |a, b| a < b, or sort by a value of each item: xs.sort_by(|x| x.name)",
    ))
}

fn check_number(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    match args[0].as_number() {
        Some(_) => Ok(args[0]),
        None => Err(vm.wrong_type("sum", "numbers", args[0])),
    }
}

/// The order as `compare` would give it.
const _: () = assert!(Ordering::Less as i64 == -1 && Ordering::Greater as i64 == 1);
