//! The methods of `bytes`.

use memchr::memmem;

use crate::{
    builtins::{Control, args, list},
    heap::object::*,
    ops::index,
    value::{Gc, Value},
    vm::Vm,
};

builtins! {
    pub static METHODS = [
        /// How many bytes it has.
        fn len() = native(len);
        /// Has it no bytes?
        fn is_empty() = native(is_empty);
        /// The text of which it is the UTF-8. With `lossy: true` wrong bytes become U+FFFD instead of an error.
        fn decode(lossy = false) = native(decode);
        /// In hexadecimal: `b"\x00\xff".hex()` is `"00ff"`.
        fn hex() = native(hex);
        /// A list of the bytes as ints.
        fn to_list() = native(to_list);
        /// The bytes from `start` up to `end` (not included), as `b[start..end]`.
        fn slice(start = 0, end = nil) = native(list::slice);
        /// Byte `i`, or `default` if there is none.
        fn get(i, default = nil) = native(get);
        /// The index of the first `sub` (an int or bytes) at or after `start`, or `nil`.
        fn find(sub, start = 0) = native(find);
        /// Is `sub` (an int or bytes) a part of it? The same as `sub in b`.
        fn contains(sub) = native(contains);
        /// How often `sub` (an int or bytes) occurs, without overlaps.
        fn count(sub) = native(count);
        /// Does it begin with `p`?
        fn starts_with(p) = native(starts_with);
        /// Does it end with `p`?
        fn ends_with(p) = native(ends_with);
        /// A list of the parts between `sep`.
        fn split(sep) = native(split);
        /// With each `old` replaced by `new`.
        fn replace(old, new) = native(replace);
        /// Backwards.
        fn rev() = native(rev);
    ];
}

fn this(args: &[Value]) -> Gc<Bytes> {
    args::receiver(args)
}

fn len(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::int(this(args).len() as i64))
}

fn is_empty(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(this(args).is_empty()))
}

fn decode(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let bytes = this(args);
    let lossy = args::given(args[1]).map_or(Ok(false), |lossy| args::bool(vm, "decode(lossy)", lossy))?;
    if lossy {
        return vm.new_str(&String::from_utf8_lossy(bytes.as_slice()));
    }
    match std::str::from_utf8(bytes.as_slice()) {
        Ok(text) => vm.new_str(text),
        Err(error) => {
            let at = error.valid_up_to();
            let message = format!("not UTF-8: wrong byte 0x{:02x} at index {at}", bytes.as_slice()[at]);
            Err(vm.throw_help(
                "ValueError",
                message,
                "decode(lossy: true) puts U+FFFD in place of wrong bytes",
            ))
        }
    }
}

fn hex(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let bytes = this(args);
    vm.check_text(bytes.len() * 2)?;
    let digits = bytes.as_slice().iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let text: String = digits.map(|digit| DIGITS[digit as usize] as char).collect();
    vm.new_str(&text)
}

fn to_list(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let bytes = this(args);
    vm.check_items(bytes.len())?;
    let items: Vec<Value> = bytes.as_slice().iter().map(|byte| Value::int(*byte as i64)).collect();
    Ok(vm.heap.list(&items).into())
}

fn get(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let bytes = this(args);
    let wanted = args::int(vm, "get(i)", args[1])?;
    Ok(match index::position(wanted, bytes.len()) {
        Some(at) => Value::int(bytes.as_slice()[at] as i64),
        None => args::given(args[2]).unwrap_or(Value::NIL),
    })
}

/// What is searched for: bytes, or an int as one byte (`None` if it is none, so it occurs nowhere).
fn needle(vm: &mut Vm, what: &str, value: Value) -> Result<Option<Vec<u8>>, Control> {
    if let Some(int) = value.as_int() {
        return Ok(u8::try_from(int).ok().map(|byte| vec![byte]));
    }
    match value.as_object::<Bytes>() {
        Some(bytes) => Ok(Some(bytes.as_slice().to_vec())),
        None => Err(vm.wrong_type(what, "an int or bytes", value)),
    }
}

fn find(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let bytes = this(args);
    let needle = needle(vm, "find(sub)", args[1])?;
    let start = args::given(args[2]).map_or(Ok(0), |start| args::int(vm, "find(start)", start))?;
    let (start, _) = index::clamp(Some(start), None, false, bytes.len());
    let found = needle.and_then(|needle| memmem::find(&bytes.as_slice()[start..], &needle));
    Ok(found.map_or(Value::NIL, |at| Value::int((start + at) as i64)))
}

fn contains(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let needle = needle(vm, "contains(sub)", args[1])?;
    Ok(Value::bool(needle.is_some_and(|needle| memmem::find(this(args).as_slice(), &needle).is_some())))
}

fn count(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let Some(needle) = needle(vm, "count(sub)", args[1])? else { return Ok(Value::int(0)) };
    if needle.is_empty() {
        return Err(vm.throw("ValueError", "count(sub) must not be empty"));
    }
    Ok(Value::int(memmem::find_iter(this(args).as_slice(), &needle).count() as i64))
}

fn starts_with(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let prefix = args::bytes(vm, "starts_with(p)", args[1])?;
    Ok(Value::bool(this(args).as_slice().starts_with(prefix.as_slice())))
}

fn ends_with(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let suffix = args::bytes(vm, "ends_with(p)", args[1])?;
    Ok(Value::bool(this(args).as_slice().ends_with(suffix.as_slice())))
}

fn separator(vm: &mut Vm, what: &str, value: Value) -> Result<Gc<Bytes>, Control> {
    let bytes = args::bytes(vm, what, value)?;
    if bytes.is_empty() {
        return Err(vm.throw("ValueError", format!("{what} must not be empty")));
    }
    Ok(bytes)
}

/// The parts of `bytes` between the occurrences of `separator`.
fn parts<'a>(bytes: &'a [u8], separator: &[u8]) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut from = 0;
    for at in memmem::find_iter(bytes, separator) {
        parts.push(&bytes[from..at]);
        from = at + separator.len();
    }
    parts.push(&bytes[from..]);
    parts
}

fn split(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let separator = separator(vm, "split(sep)", args[1])?;
    let list = vm.heap.list(&[]);
    for part in parts(this(args).as_slice(), separator.as_slice()) {
        let part = vm.heap.bytes(part);
        list.push(&mut vm.heap, part.into());
    }
    Ok(list.into())
}

fn replace(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let bytes = this(args);
    let old = separator(vm, "replace(old)", args[1])?;
    let new = args::bytes(vm, "replace(new)", args[2])?;
    let parts = parts(bytes.as_slice(), old.as_slice());
    vm.check_text(bytes.len().saturating_add(new.len().saturating_mul(parts.len() - 1)))?;
    let replaced = parts.join(new.as_slice());
    Ok(vm.heap.bytes(&replaced).into())
}

fn rev(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let mut bytes = this(args).as_slice().to_vec();
    bytes.reverse();
    Ok(vm.heap.bytes(&bytes).into())
}
