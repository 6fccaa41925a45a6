//! `x[i]`, `x[a..b]`, `x.name` and `in` for the built-in types.

use crate::{
    builtins::Control,
    heap::{
        map::{KeyKind, key_kind},
        object::*,
    },
    ops::{self, equal, text, type_name},
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// The place of item `index` (negative: from the end) among `len`; `None` if it is outside.
#[inline(always)]
pub fn position(index: i64, len: usize) -> Option<usize> {
    let at = if index < 0 { index.wrapping_add(len as i64) } else { index };
    if (at as u64) < len as u64 { Some(at as usize) } else { None }
}

/// The bounds of a slice, negative ones from the end, cut off at the ends.
pub fn clamp(start: Option<i64>, end: Option<i64>, inclusive: bool, len: usize) -> (usize, usize) {
    // A range may have more items than an int can count.
    let len_wide = len as i128;
    let absolute = |bound: i64| if bound < 0 { i128::from(bound) + len_wide } else { i128::from(bound) };
    let place = |bound: i128| bound.clamp(0, len_wide) as usize;
    let start = start.map_or(0, |start| place(absolute(start)));
    let end = match end {
        None => len,
        Some(end) if inclusive => place(absolute(end) + 1),
        Some(end) => place(absolute(end)),
    };
    (start, end.max(start))
}

/// `object[index]`. A key that needs a call (`KeyKind::NeedsCall`) is made plain before, by `__get_index` of the library.
pub fn get_index(vm: &mut Vm, object: Value, index: Value) -> Result<Value, Control> {
    match find_index(vm, object, index)? {
        Some(value) => Ok(value),
        None if object.is(Tag::MAP) => Err(missing_key(vm, object.object_unchecked(), index)),
        None => Err(outside(vm, object, index)),
    }
}

/// `object?[index]`: nil for a missing one, and on nil.
pub fn get_index_optional(vm: &mut Vm, object: Value, index: Value) -> Result<Value, Control> {
    if object.is_nil() {
        return Ok(Value::NIL);
    }
    Ok(find_index(vm, object, index)?.unwrap_or(Value::NIL))
}

fn find_index(vm: &mut Vm, object: Value, index: Value) -> Result<Option<Value>, Control> {
    if object.is(Tag::MAP) {
        check_lookup(vm, index)?;
        return Ok(object.object_unchecked::<Map>().get(index));
    }
    let Some(len) = length(object) else {
        return Err(not_indexable(vm, object, index));
    };
    let Some(wanted) = index.as_int() else {
        if let Some(range) = index.as_object::<Range>() {
            return slice_by(vm, object, &range).map(Some);
        }
        return Err(wrong_index(vm, object, index));
    };
    let Some(at) = position(wanted, len) else { return Ok(None) };
    Ok(match object.tag {
        Tag::LIST => object.object_unchecked::<List>().get(at),
        Tag::STR => object.object_unchecked::<Str>().char_at(at).map(|char| vm.heap.char_str(char).into()),
        Tag::BYTES => {
            object.object_unchecked::<Bytes>().as_slice().get(at).map(|byte| Value::int(*byte as i64))
        }
        _ => {
            let range = object.object_unchecked::<Range>();
            Some(Value::int(range.at(at as u64)))
        }
    })
}

/// Items of what is indexed by place.
fn length(object: Value) -> Option<usize> {
    Some(match object.tag {
        Tag::LIST => object.object_unchecked::<List>().len(),
        Tag::STR => object.object_unchecked::<Str>().char_count(),
        Tag::BYTES => object.object_unchecked::<Bytes>().len(),
        Tag::RANGE => object.object_unchecked::<Range>().len as usize,
        _ => return None,
    })
}

/// `object[index] = value`. As for [`get_index`], a key that needs a call comes through `__set_index`.
pub fn set_index(vm: &mut Vm, object: Value, index: Value, value: Value) -> Result<(), Control> {
    if let Some(list) = object.as_object::<List>() {
        let Some(wanted) = index.as_int() else {
            if index.is(Tag::RANGE) {
                return Err(vm.throw("TypeError", "a slice cannot be assigned to"));
            }
            return Err(wrong_index(vm, object, index));
        };
        return match position(wanted, list.len()) {
            Some(at) => {
                list.set(&mut vm.heap, at, value);
                Ok(())
            }
            None => Err(outside(vm, object, index)),
        };
    }
    if let Some(map) = object.as_object::<Map>() {
        check_key(vm, index)?;
        map.insert(&mut vm.heap, index, value);
        return Ok(());
    }
    let name = type_name(&vm.heap, object);
    let message = format!("the items of {name} cannot be assigned");
    match object.tag {
        Tag::COROUTINE => Err(vm.throw_coroutine(message, &[object])),
        Tag::STR => Err(vm.throw_help(
            "TypeError",
            message,
            "a str never changes; make a new one, as with replace, slices and +, or work on s.chars()",
        )),
        _ => Err(vm.throw("TypeError", message)),
    }
}

/// `object[start..end]`; nil is an open end.
pub fn get_slice(
    vm: &mut Vm,
    object: Value,
    start: Value,
    end: Value,
    inclusive: bool,
) -> Result<Value, Control> {
    let mut bound = |value: Value| match value.tag {
        Tag::NIL => Ok(None),
        Tag::INT => Ok(Some(value.int_bits())),
        _ => Err(vm.wrong_type("a slice", "ints as bounds", value)),
    };
    let (start, end) = (bound(start)?, bound(end)?);
    slice(vm, object, start, end, inclusive)
}

fn slice_by(vm: &mut Vm, object: Value, range: &Range) -> Result<Value, Control> {
    if range.step != 1 {
        return Err(vm.throw("ValueError", "a range with a step cannot be used as a slice"));
    }
    slice(vm, object, Some(range.start), Some(range.end), range.is_inclusive())
}

pub fn slice(
    vm: &mut Vm,
    object: Value,
    start: Option<i64>,
    end: Option<i64>,
    inclusive: bool,
) -> Result<Value, Control> {
    let Some(len) = length(object) else {
        let message = format!("{} has no slices", type_name(&vm.heap, object));
        if object.is(Tag::COROUTINE) {
            return Err(vm.throw_coroutine(message, &[object]));
        }
        return Err(vm.throw("TypeError", message));
    };
    let (start, end) = clamp(start, end, inclusive, len);
    Ok(match object.tag {
        Tag::LIST => {
            let list = object.object_unchecked::<List>();
            vm.heap.list(&list.as_slice()[start..end]).into()
        }
        Tag::STR => vm.heap.substring(object.object_unchecked(), start, end).into(),
        Tag::BYTES => vm.heap.bytes(&object.object_unchecked::<Bytes>().as_slice()[start..end]).into(),
        _ => part_of_range(vm, &object.object_unchecked::<Range>(), start, end).into(),
    })
}

/// The numbers at places `start..end` of a range.
pub fn part_of_range(vm: &mut Vm, range: &Range, start: usize, end: usize) -> Gc<Range> {
    let at = |place: usize| range.start.wrapping_add((place as i64).wrapping_mul(range.step));
    if start >= end {
        return vm.heap.range(at(start), at(start), range.step, false);
    }
    if start == 0 && end as u64 == range.len {
        return vm.heap.range(range.start, range.end, range.step, range.is_inclusive());
    }
    // The place behind the last may lie outside the ints.
    match at(end - 1).checked_add(range.step) {
        Some(behind) => vm.heap.range(at(start), behind, range.step, false),
        None => vm.heap.range(at(start), at(end - 1), range.step, true),
    }
}

/// `object.name` without the methods: a map's key, a field of an error, range, function or struct type, a module's member.
/// `None` if there is none of this name.
pub fn get_field(vm: &mut Vm, object: Value, name: Gc<Str>) -> Result<Option<Value>, Control> {
    Ok(match object.tag {
        Tag::MAP => object.object_unchecked::<Map>().get_name(name),
        Tag::ERROR => {
            let error = object.object_unchecked::<ErrorObject>();
            match name.as_str() {
                "message" => Some(error.message.get()),
                "kind" => Some(error.kind.get()),
                "data" => Some(error.data.get()),
                "cause" => Some(error.cause.get()),
                "also" => Some(also(vm, error)),
                "trace" => Some(vm.error_trace(error)),
                _ => None,
            }
        }
        Tag::RANGE => {
            let range = object.object_unchecked::<Range>();
            match name.as_str() {
                "start" => Some(Value::int(range.start)),
                "end" => Some(Value::int(range.end)),
                _ => None,
            }
        }
        Tag::STRUCT => {
            let shape = vm.heap.shape(object.object_unchecked::<StructType>().shape);
            match shape.method(name) {
                Some(method) => Some(method.function),
                None if name.as_str() == "name" => {
                    let text = shape.name;
                    Some(text.into())
                }
                None => None,
            }
        }
        Tag::CLOSURE | Tag::NATIVE | Tag::BOUND if name.as_str() == "name" => {
            let text = function_name(object);
            Some(vm.heap.str(&text).into())
        }
        _ => vm.object_field(object, name)?,
    })
}

/// The list of an error's further errors, made when it is first asked for.
fn also(vm: &mut Vm, error: Gc<ErrorObject>) -> Value {
    if error.also.get().is_nil() {
        let list = vm.heap.list(&[]);
        vm.heap.store(&error.also, list.into());
    }
    error.also.get()
}

/// A function's name without its struct: `deposit` of `Account.deposit`.
pub fn function_name(function: Value) -> String {
    match function.tag {
        Tag::CLOSURE => {
            let closure = function.object_unchecked::<Closure>();
            let full = &closure.proto().name;
            full.rsplit('.').next().unwrap_or(full).to_owned()
        }
        Tag::NATIVE => function.object_unchecked::<NativeFn>().builtin.name.to_owned(),
        Tag::BOUND => function_name(function.object_unchecked::<Bound>().method),
        _ => String::new(),
    }
}

/// `object.name = value` for what is no instance.
pub fn set_field(vm: &mut Vm, object: Value, name: Gc<Str>, value: Value) -> Result<(), Control> {
    if let Some(map) = object.as_object::<Map>() {
        map.insert(&mut vm.heap, name.into(), value);
        return Ok(());
    }
    let (ty, text) = (type_name(&vm.heap, object), name.as_str());
    let message = match object.tag {
        Tag::MODULE => format!("`{text}` belongs to another module and cannot be assigned from outside"),
        Tag::STRUCT => format!("`{text}` cannot be assigned: a struct has no variables of its own"),
        _ => format!("`{text}` of {ty} cannot be assigned"),
    };
    if object.is(Tag::COROUTINE) {
        return Err(vm.throw_coroutine(message, &[object]));
    }
    Err(vm.throw("TypeError", message))
}

/// `item in container`; `Ok(None)`: a struct's `eq` or `key` has to be asked, see `__contains` of the library.
pub fn contains(vm: &mut Vm, container: Value, item: Value) -> Result<Option<bool>, Control> {
    Ok(match container.tag {
        Tag::LIST => {
            let list = container.object_unchecked::<List>();
            return Ok(index_of(vm, list, item).map(|at| at.is_some()));
        }
        Tag::MAP | Tag::SET => match key_kind(&vm.heap, item) {
            KeyKind::NeedsCall => None,
            // What can be no key is in no map.
            KeyKind::NotAKey | KeyKind::NotANumber => {
                check_lookup(vm, item)?;
                Some(false)
            }
            _ if container.is(Tag::MAP) => Some(container.object_unchecked::<Map>().contains(item)),
            _ => Some(container.object_unchecked::<Set>().contains(item)),
        },
        Tag::RANGE => Some(range_contains(&container.object_unchecked::<Range>(), item)),
        Tag::STR => match item.as_object::<Str>() {
            Some(part) => Some(container.object_unchecked::<Str>().as_str().contains(part.as_str())),
            None => return Err(vm.wrong_type("`in` on a str", "a str", item)),
        },
        Tag::BYTES => {
            let bytes = container.object_unchecked::<Bytes>();
            match (item.as_int(), item.as_object::<Bytes>()) {
                (Some(byte), _) => {
                    Some(u8::try_from(byte).is_ok_and(|byte| bytes.as_slice().contains(&byte)))
                }
                (_, Some(part)) => Some(memchr::memmem::find(bytes.as_slice(), part.as_slice()).is_some()),
                _ => return Err(vm.wrong_type("`in` on bytes", "an int or bytes", item)),
            }
        }
        _ => {
            return Err(vm.wrong_type(
                "`in`",
                "a list, map, set, range, str or bytes on its right side",
                container,
            ));
        }
    })
}

/// The place of the first item that equals `item`, if any; `None`: a struct's `eq` has to be asked.
pub fn index_of(vm: &Vm, list: Gc<List>, item: Value) -> Option<Option<usize>> {
    for (at, candidate) in list.as_slice().iter().enumerate() {
        if equal::equal(&vm.heap, *candidate, item)? {
            return Some(Some(at));
        }
    }
    Some(None)
}

/// Is it one of the numbers? A float is if it equals one.
pub fn range_contains(range: &Range, item: Value) -> bool {
    let number = match item.tag {
        Tag::INT => item.int_bits(),
        Tag::FLOAT => match crate::heap::whole(item.float_bits()) {
            Some(int) => int,
            None => return false,
        },
        _ => return false,
    };
    let distance = number as i128 - range.start as i128;
    let step = range.step as i128;
    distance % step == 0 && (0..range.len as i128).contains(&(distance / step))
}

// ---- errors

/// Throws if `key` can be no key of a map or set.
pub fn check_key(vm: &mut Vm, key: Value) -> Result<(), Control> {
    match key_kind(&vm.heap, key) {
        KeyKind::NotAKey | KeyKind::NotANumber => Err(not_a_key(vm, key)),
        _ => Ok(()),
    }
}

/// The same for looking up: NaN is found nowhere, which is no error.
pub fn check_lookup(vm: &mut Vm, key: Value) -> Result<(), Control> {
    if key.is_float() { Ok(()) } else { check_key(vm, key) }
}

#[cold]
pub fn not_a_key(vm: &mut Vm, key: Value) -> Control {
    let name = type_name(&vm.heap, key).to_owned();
    match key.tag {
        Tag::FLOAT => vm.throw("ValueError", "nan cannot be a key"),
        Tag::INSTANCE => vm.throw_help(
            "TypeError",
            format!("{name} cannot be a key: it defines `eq` without `key`"),
            format!("give {name} a method key(self) that returns a plain value; instances with the same key are one key"),
        ),
        Tag::LIST => vm.throw_help(
            "TypeError",
            "a list cannot be a key, because it can change",
            "use a text made of it, such as \"{x},{y}\", or a struct with a method key(self)",
        ),
        _ => vm.throw("TypeError", format!("{name} cannot be a key")),
    }
}

#[cold]
pub fn missing_key(vm: &mut Vm, map: Gc<Map>, key: Value) -> Control {
    let Some(name) = key.as_object::<Str>() else {
        let mut shown = String::new();
        // Only strs and objects without a `to_str` to call get here with a text of any length.
        let texts = Default::default();
        let known = ops::display::render(vm, key, ops::display::Form::Literal, &texts, &mut shown);
        return match known {
            Ok(missing) if missing.is_empty() => vm.throw("KeyError", format!("the map has no key {shown}")),
            Ok(_) => {
                let name = type_name(&vm.heap, key).to_owned();
                vm.throw("KeyError", format!("the map has no such key of type {name}"))
            }
            Err(control) => control,
        };
    };
    let mut shown = String::new();
    text::write_quoted(&mut shown, name.as_str());
    let keys = map.keys();
    let control = vm.throw("KeyError", format!("the map has no key {shown}"));
    vm.hint_nearest(name.as_str(), keys.iter().filter_map(|key| key.as_text()));
    control
}

#[cold]
pub fn outside(vm: &mut Vm, object: Value, index: Value) -> Control {
    let index = index.int_bits();
    let len = length(object).unwrap_or(0);
    let (what, unit) = match object.tag {
        Tag::STR => ("str", "character"),
        Tag::BYTES => ("bytes", "byte"),
        Tag::RANGE => ("range", "number"),
        _ => ("list", "item"),
    };
    let message = match len {
        0 => format!("index {index} is outside: the {what} is empty"),
        1 => format!("index {index} is outside: the {what} has 1 {unit}"),
        _ => format!("index {index} is outside: the {what} has {len} {unit}s"),
    };
    if index == len as i64 && len > 0 {
        return vm.throw_help("IndexError", message, format!("the last {unit} has index {} or -1", len - 1));
    }
    vm.throw("IndexError", message)
}

#[cold]
fn wrong_index(vm: &mut Vm, object: Value, index: Value) -> Control {
    let what = format!("an index of {}", type_name(&vm.heap, object));
    vm.wrong_type(&what, "an int", index)
}

#[cold]
fn not_indexable(vm: &mut Vm, object: Value, index: Value) -> Control {
    let name = type_name(&vm.heap, object).to_owned();
    let message = format!("{name} cannot be indexed");
    match object.tag {
        Tag::COROUTINE => vm.throw_coroutine(message, &[object]),
        Tag::SET => {
            vm.throw_help("TypeError", message, "a set has no places; ask with `x in s`, or use s.to_list()")
        }
        Tag::INSTANCE | Tag::ERROR | Tag::MODULE if index.is(Tag::STR) => {
            vm.throw_help("TypeError", message, "its fields are read with a point: x.name")
        }
        Tag::GENERATOR => vm.throw_help("TypeError", message, "make a list of it first: g.to_list()"),
        _ => vm.throw("TypeError", message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_positions_count_from_the_end() {
        assert_eq!(position(-1, 3), Some(2));
        assert_eq!(position(-3, 3), Some(0));
        assert_eq!(position(-4, 3), None);
        assert_eq!(position(3, 3), None);
        assert_eq!(position(i64::MIN, 3), None);
        assert_eq!(position(0, 0), None);
    }

    #[test]
    fn slices_are_cut_off() {
        assert_eq!(clamp(None, Some(2), false, 5), (0, 2));
        assert_eq!(clamp(Some(-2), None, false, 5), (3, 5));
        assert_eq!(clamp(Some(1), Some(-1), false, 5), (1, 4));
        assert_eq!(clamp(None, Some(-1), true, 5), (0, 5));
        assert_eq!(clamp(Some(4), Some(2), false, 5), (4, 4));
        assert_eq!(clamp(Some(-9), Some(i64::MAX), true, 5), (0, 5));
        assert_eq!(clamp(Some(9), Some(i64::MIN), true, 5), (5, 5));
    }
}
