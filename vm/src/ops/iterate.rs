//! Walking the built-in sequences: `for`, spread, and builtins that take any sequence.
//!
//! The state of a walk is an int, 0 at the start: the next item's number, or for a `str` its byte offset. Maps and sets also
//! have a version, which changes when they get or lose keys.

use crate::{
    builtins::Control,
    heap::object::*,
    ops::type_name,
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// What [`next`] wants to know of the source as it was at the start of the walk.
pub fn version(source: Value) -> i64 {
    match source.tag {
        Tag::MAP => source.object_unchecked::<Map>().version() as i64,
        Tag::SET => source.object_unchecked::<Set>().version() as i64,
        _ => 0,
    }
}

/// The next element of a list, map (its keys), set, str, bytes or range.
pub fn next(vm: &mut Vm, source: Value, position: &mut i64, version: i64) -> Result<Option<Value>, Control> {
    let at = *position as usize;
    let item = match source.tag {
        Tag::LIST => source.object_unchecked::<List>().get(at),
        Tag::RANGE => {
            let range = source.object_unchecked::<Range>();
            ((*position as u64) < range.len).then(|| Value::int(range.at(*position as u64)))
        }
        Tag::STR => {
            let Some((char, next)) = source.object_unchecked::<Str>().char_from(at) else { return Ok(None) };
            *position = next as i64;
            return Ok(Some(vm.heap.char_str(char).into()));
        }
        Tag::BYTES => {
            source.object_unchecked::<Bytes>().as_slice().get(at).map(|byte| Value::int(*byte as i64))
        }
        Tag::MAP => {
            return Ok(next_entry(vm, source.object_unchecked(), position, version)?.map(|(key, _)| key));
        }
        Tag::SET => {
            let set = source.object_unchecked::<Set>();
            if set.version() as i64 != version {
                return Err(changed(vm, "set", "members"));
            }
            set.entry_at(at)
        }
        _ => return Err(not_a_sequence(vm, "a loop", source)),
    };
    *position += 1;
    Ok(item)
}

/// The next key and value of a map.
pub fn next_entry(
    vm: &mut Vm,
    map: Gc<Map>,
    position: &mut i64,
    version: i64,
) -> Result<Option<(Value, Value)>, Control> {
    if map.version() as i64 != version {
        return Err(changed(vm, "map", "keys"));
    }
    let entry = map.entry_at(*position as usize);
    *position += 1;
    Ok(entry)
}

/// All elements; `Ok(None)`: they come from a generator or a struct's `iter`, so code of the program has to run.
pub fn collect(vm: &mut Vm, source: Value) -> Result<Option<Vec<Value>>, Control> {
    collect_for(vm, "a spread", source)
}

/// As [`collect`]; `what` needs the sequence, for the message.
pub fn collect_for(vm: &mut Vm, what: &str, source: Value) -> Result<Option<Vec<Value>>, Control> {
    let items = match source.tag {
        Tag::LIST => source.object_unchecked::<List>().to_vec(),
        Tag::MAP => source.object_unchecked::<Map>().keys(),
        Tag::SET => source.object_unchecked::<Set>().keys(),
        Tag::RANGE => {
            let range = source.object_unchecked::<Range>();
            vm.check_items(usize::try_from(range.len).unwrap_or(usize::MAX))?;
            numbers(&range).map(Value::int).collect()
        }
        Tag::STR => {
            let text = source.object_unchecked::<Str>();
            text.as_str().chars().map(|char| vm.heap.char_str(char).into()).collect()
        }
        Tag::BYTES => {
            let bytes = source.object_unchecked::<Bytes>();
            bytes.as_slice().iter().map(|byte| Value::int(*byte as i64)).collect()
        }
        Tag::GENERATOR => return Ok(None),
        Tag::INSTANCE if has_iter(vm, source) => return Ok(None),
        _ => return Err(not_a_sequence(vm, what, source)),
    };
    Ok(Some(items))
}

/// The numbers of a range.
pub fn numbers(range: &Range) -> impl Iterator<Item = i64> + '_ {
    (0..range.len).map(|place| range.at(place))
}

/// Is it an instance whose struct defines `iter`?
pub fn has_iter(vm: &Vm, value: Value) -> bool {
    value
        .as_object::<Instance>()
        .is_some_and(|instance| vm.heap.shape(instance.shape_id()).special.iter.is_some())
}

#[cold]
pub fn not_a_sequence(vm: &mut Vm, what: &str, source: Value) -> Control {
    let name = type_name(&vm.heap, source).to_owned();
    match source.tag {
        Tag::INSTANCE => vm.throw_help(
            "TypeError",
            format!("{what} needs a sequence, not {name}"),
            format!("give {name} a method iter(self) that returns a list or another sequence"),
        ),
        Tag::INT => vm.throw_help(
            "TypeError",
            format!("{what} needs a sequence, not int"),
            "to count, walk a range: 0..n",
        ),
        _ => vm.wrong_type(what, "a sequence", source),
    }
}

#[cold]
fn changed(vm: &mut Vm, what: &str, parts: &str) -> Control {
    vm.throw_help(
        "ValueError",
        format!("the {what} got or lost {parts} while it was walked"),
        match what {
            "map" => "walk a copy of the keys instead: `for k in m.keys()`",
            _ => "walk a copy instead: `for x in s.to_list()`",
        },
    )
}
