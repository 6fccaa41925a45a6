//! The methods of `str`. Indexes and lengths are in characters.

use crate::{
    builtins::{Control, args, list},
    heap::object::*,
    ops::{convert, index},
    value::{Gc, Value},
    vm::Vm,
};

builtins! {
    pub static METHODS = [
        /// How many characters it has.
        fn len() = native(len);
        /// Has it no characters?
        fn is_empty() = native(is_empty);
        /// In upper case.
        fn upper() = native(upper);
        /// In lower case.
        fn lower() = native(lower);
        /// The first character in upper case, the rest in lower case.
        fn capitalize() = native(capitalize);
        /// Without white space at both ends, or without the characters of `chars`: `"--x-".trim("-")` is `"x"`.
        fn trim(chars = nil) = native(trim);
        /// Without white space (or the characters of `chars`) at the start.
        fn trim_start(chars = nil) = native(trim_start);
        /// Without white space (or the characters of `chars`) at the end.
        fn trim_end(chars = nil) = native(trim_end);
        /// Without `p` at the start, if it is there.
        fn strip_prefix(p) = native(strip_prefix);
        /// Without `p` at the end, if it is there.
        fn strip_suffix(p) = native(strip_suffix);
        /// Does it begin with `p`?
        fn starts_with(p) = native(starts_with);
        /// Does it end with `p`?
        fn ends_with(p) = native(ends_with);
        /// Is `sub` a part of it? The same as `sub in s`.
        fn contains(sub) = native(contains);
        /// The index of the first `sub` at or after `start`, or `nil`.
        fn find(sub, start = 0) = native(find);
        /// The index of the last `sub`, or `nil`.
        fn rfind(sub) = native(rfind);
        /// How often `sub` occurs, without overlaps.
        fn count(sub) = native(count);
        /// With each `old` (or the first `limit` of them) replaced by `new`.
        fn replace(old, new, limit = nil) = native(replace);
        /// A list of the parts between `sep`; without `sep` the words between white space. At most `limit` cuts are made.
        fn split(sep = nil, limit = nil) = native(split);
        /// `[before, after]` the first `sep`, or `nil` if there is none: `"a=b".split_once("=")` is `["a", "b"]`.
        fn split_once(sep) = native(split_once);
        /// A list of the lines, without their line ends.
        fn lines() = native(lines);
        /// A list of the characters.
        fn chars() = native(chars);
        /// Its UTF-8 as bytes.
        fn bytes() = native(bytes);
        /// The characters from `start` up to `end` (not included), as `s[start..end]`.
        fn slice(start = 0, end = nil) = native(list::slice);
        /// Character `i`, or `default` if there is none.
        fn get(i, default = nil) = native(get);
        /// Backwards.
        fn rev() = native(rev);
        /// `n` times one after another, as `s * n`.
        fn repeat(n) = native(repeat);
        /// Filled up with `fill` at the start to `width` characters: `"7".pad_start(3, "0")` is `"007"`.
        fn pad_start(width, fill = " ") = native(pad_start);
        /// Filled up with `fill` at the end to `width` characters.
        fn pad_end(width, fill = " ") = native(pad_end);
        /// Filled up with `fill` at both ends to `width` characters.
        fn center(width, fill = " ") = native(center);
        /// Are all characters 0 to 9 (and is there one)?
        fn is_digit() = native(is_digit);
        /// Are all characters letters (and is there one)?
        fn is_alpha() = native(is_alpha);
        /// Are all characters letters or digits (and is there one)?
        fn is_alnum() = native(is_alnum);
        /// Are all characters white space (and is there one)?
        fn is_space() = native(is_space);
        /// Are all its letters in upper case (and is there one)?
        fn is_upper() = native(is_upper);
        /// Are all its letters in lower case (and is there one)?
        fn is_lower() = native(is_lower);
        /// The int that it shows, or `nil` if it shows none: `"ff".to_int(16)` is 255.
        fn to_int(base = 10) = native(to_int);
        /// The float that it shows, or `nil` if it shows none.
        fn to_float() = native(to_float);
    ];
}

fn this(args: &[Value]) -> Gc<Str> {
    args::receiver(args)
}

fn len(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::int(this(args).char_count() as i64))
}

fn is_empty(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(this(args).is_empty()))
}

// ---- case and ends

fn upper(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    vm.new_str(&this(args).as_str().to_uppercase())
}

fn lower(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    vm.new_str(&this(args).as_str().to_lowercase())
}

fn capitalize(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let text = this(args);
    let mut chars = text.as_str().chars();
    let Some(first) = chars.next() else { return Ok(args[0]) };
    let capitalized: String = first.to_uppercase().chain(chars.as_str().to_lowercase().chars()).collect();
    vm.new_str(&capitalized)
}

fn trim(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    trimmed(vm, args, "trim(chars)", true, true)
}

fn trim_start(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    trimmed(vm, args, "trim_start(chars)", true, false)
}

fn trim_end(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    trimmed(vm, args, "trim_end(chars)", false, true)
}

fn trimmed(vm: &mut Vm, args: &[Value], what: &str, start: bool, end: bool) -> Result<Value, Control> {
    let chars = args::not_nil(args[1]).map(|chars| args::str(vm, what, chars)).transpose()?;
    let drops = |char: char| match &chars {
        Some(chars) => chars.as_str().contains(char),
        None => char.is_whitespace(),
    };
    let text = this(args);
    let mut rest = text.as_str();
    if start {
        rest = rest.trim_start_matches(drops);
    }
    if end {
        rest = rest.trim_end_matches(drops);
    }
    Ok(part(vm, text, rest))
}

/// A part of `text`, or itself if that is all of it.
fn part(vm: &mut Vm, text: Gc<Str>, part: &str) -> Value {
    if part.len() == text.len() { text.into() } else { vm.heap.str(part).into() }
}

fn strip_prefix(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let (text, prefix) = (this(args), args::str(vm, "strip_prefix(p)", args[1])?);
    let rest = text.as_str().strip_prefix(prefix.as_str()).unwrap_or(text.as_str());
    Ok(part(vm, text, rest))
}

fn strip_suffix(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let (text, suffix) = (this(args), args::str(vm, "strip_suffix(p)", args[1])?);
    let rest = text.as_str().strip_suffix(suffix.as_str()).unwrap_or(text.as_str());
    Ok(part(vm, text, rest))
}

fn starts_with(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let prefix = args::str(vm, "starts_with(p)", args[1])?;
    Ok(Value::bool(this(args).as_str().starts_with(prefix.as_str())))
}

fn ends_with(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let suffix = args::str(vm, "ends_with(p)", args[1])?;
    Ok(Value::bool(this(args).as_str().ends_with(suffix.as_str())))
}

// ---- searching

fn contains(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let sub = args::str(vm, "contains(sub)", args[1])?;
    Ok(Value::bool(this(args).as_str().contains(sub.as_str())))
}

fn find(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let text = this(args);
    let sub = args::str(vm, "find(sub)", args[1])?;
    let start = args::given(args[2]).map_or(Ok(0), |start| args::int(vm, "find(start)", start))?;
    let (start, _) = index::clamp(Some(start), None, false, text.char_count());
    let from = text.byte_offset(start);
    let found = text.as_str()[from..].find(sub.as_str());
    Ok(found.map_or(Value::NIL, |at| Value::int(text.char_index(from + at) as i64)))
}

fn rfind(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let text = this(args);
    let sub = args::str(vm, "rfind(sub)", args[1])?;
    let found = text.as_str().rfind(sub.as_str());
    Ok(found.map_or(Value::NIL, |at| Value::int(text.char_index(at) as i64)))
}

fn count(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let sub = args::separator(vm, "count(sub)", args[1])?;
    Ok(Value::int(this(args).as_str().matches(sub.as_str()).count() as i64))
}

fn replace(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let text = this(args);
    let old = args::separator(vm, "replace(old)", args[1])?;
    let new = args::str(vm, "replace(new)", args[2])?;
    let limit = args::not_nil(args[3]).map(|limit| args::count(vm, "replace(limit)", limit)).transpose()?;
    let places = text.as_str().matches(old.as_str()).take(limit.unwrap_or(usize::MAX)).count();
    if places == 0 {
        return Ok(args[0]);
    }
    let longer = new.len().saturating_sub(old.len()).saturating_mul(places);
    vm.check_text(text.len().saturating_add(longer))?;
    vm.new_str(&text.as_str().replacen(old.as_str(), new.as_str(), places))
}

// ---- parts

fn split(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let text = this(args);
    let separator = args::not_nil(args[1]).map(|sep| args::separator(vm, "split(sep)", sep)).transpose()?;
    let limit = args::not_nil(args[2]).map(|limit| args::count(vm, "split(limit)", limit)).transpose()?;
    let most = limit.unwrap_or(usize::MAX).saturating_add(1);
    let text = text.as_str();
    match separator {
        Some(separator) => Ok(strs(vm, text.splitn(most, separator.as_str()))),
        None if limit.is_none() => Ok(strs(vm, text.split_whitespace())),
        None => {
            let mut rest = text.trim_start();
            let words = std::iter::from_fn(|| {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                let (word, behind) = rest.split_at(end);
                rest = behind.trim_start();
                (!word.is_empty()).then_some((word, rest))
            });
            let mut parts: Vec<&str> = Vec::new();
            let mut behind = text.trim_start();
            for (word, rest) in words.take(most - 1) {
                parts.push(word);
                behind = rest;
            }
            if !behind.is_empty() {
                parts.push(behind);
            }
            Ok(strs(vm, parts.into_iter()))
        }
    }
}

fn split_once(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let separator = args::separator(vm, "split_once(sep)", args[1])?;
    match this(args).as_str().split_once(separator.as_str()) {
        Some((before, after)) => Ok(strs(vm, [before, after].into_iter())),
        None => Ok(Value::NIL),
    }
}

fn lines(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(strs(vm, this(args).as_str().lines()))
}

fn strs<'a>(vm: &mut Vm, parts: impl Iterator<Item = &'a str>) -> Value {
    let list = vm.heap.list(&[]);
    for part in parts {
        let part = vm.heap.str(part);
        list.push(&mut vm.heap, part.into());
    }
    list.into()
}

fn chars(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let text = this(args);
    let list = vm.heap.list_with_capacity(text.char_count());
    for char in text.as_str().chars() {
        let char = vm.heap.char_str(char);
        list.push(&mut vm.heap, char.into());
    }
    Ok(list.into())
}

fn bytes(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(vm.heap.bytes(this(args).as_bytes()).into())
}

fn get(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let text = this(args);
    let wanted = args::int(vm, "get(i)", args[1])?;
    let found = index::position(wanted, text.char_count()).and_then(|at| text.char_at(at));
    Ok(match found {
        Some(char) => vm.heap.char_str(char).into(),
        None => args::given(args[2]).unwrap_or(Value::NIL),
    })
}

// ---- new texts

fn rev(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let backwards: String = this(args).as_str().chars().rev().collect();
    vm.new_str(&backwards)
}

fn repeat(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let times = usize::try_from(args::int(vm, "repeat(n)", args[1])?).unwrap_or(0);
    let text = this(args);
    vm.check_text(text.len().saturating_mul(times))?;
    vm.new_str(&text.as_str().repeat(times))
}

fn pad_start(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    padded(vm, args, "pad_start", |missing| missing)
}

fn pad_end(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    padded(vm, args, "pad_end", |_| 0)
}

fn center(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    padded(vm, args, "center", |missing| missing / 2)
}

/// `before`: how many of the missing characters go to the start.
fn padded(vm: &mut Vm, args: &[Value], name: &str, before: fn(usize) -> usize) -> Result<Value, Control> {
    let text = this(args);
    let width = args::int(vm, &format!("{name}(width)"), args[1])?;
    let fill = match args::given(args[2]) {
        None => ' ',
        Some(fill) => {
            let fill = args::str(vm, &format!("{name}(fill)"), fill)?;
            match (fill.char_count(), fill.char_at(0)) {
                (1, Some(char)) => char,
                (count, _) => {
                    let message = format!("{name}(fill) must be one character, but has {count}");
                    return Err(vm.throw("ValueError", message));
                }
            }
        }
    };
    let missing = usize::try_from(width).unwrap_or(0).saturating_sub(text.char_count());
    if missing == 0 {
        return Ok(args[0]);
    }
    vm.check_text(text.len().saturating_add(missing.saturating_mul(fill.len_utf8())))?;
    let before = before(missing);
    let fill = |count| std::iter::repeat_n(fill, count);
    let padded: String = fill(before).chain(text.as_str().chars()).chain(fill(missing - before)).collect();
    vm.new_str(&padded)
}

// ---- tests and numbers

fn all(args: &[Value], test: impl Fn(char) -> bool) -> Result<Value, Control> {
    let text = this(args);
    Ok(Value::bool(!text.is_empty() && text.as_str().chars().all(test)))
}

fn is_digit(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    all(args, |char| char.is_ascii_digit())
}

fn is_alpha(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    all(args, char::is_alphabetic)
}

fn is_alnum(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    all(args, char::is_alphanumeric)
}

fn is_space(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    all(args, char::is_whitespace)
}

fn is_upper(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(has_case(this(args).as_str(), char::is_uppercase, char::is_lowercase)))
}

fn is_lower(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(has_case(this(args).as_str(), char::is_lowercase, char::is_uppercase)))
}

fn has_case(text: &str, wanted: fn(char) -> bool, other: fn(char) -> bool) -> bool {
    text.chars().any(wanted) && !text.chars().any(other)
}

fn to_int(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let base = args::given(args[1]).map_or(Ok(10), |base| number_base(vm, "to_int(base)", base))?;
    Ok(convert::parse_int(this(args).as_str(), base).map_or(Value::NIL, Value::int))
}

/// A base from 2 to 36.
pub fn number_base(vm: &mut Vm, what: &str, base: Value) -> Result<u32, Control> {
    match args::int(vm, what, base)? {
        base @ 2..=36 => Ok(base as u32),
        base => Err(vm.throw("ValueError", format!("{what} must be from 2 to 36, but is {base}"))),
    }
}

fn to_float(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(convert::parse_float(this(args).as_str()).map_or(Value::NIL, Value::float))
}
