//! `import json` (RFC 8259). Parser and writer keep their own stacks, so nesting is limited by memory alone.

use rustc_hash::FxHashSet;

use crate::{
    builtins::{Control, args, builtins},
    heap::{Heap, object::*},
    ops::{self, float, type_name},
    value::{Gc, Tag, Value},
    vm::Vm,
};

builtins! {
    pub static MEMBERS = [
        /// The value of a JSON text (`str` or `bytes`): objects become maps, arrays lists, `null` becomes `nil`.
        fn parse(text) = native(parse);
        /// A value as JSON text; with `indent: 2` one item a line. It takes `nil`, bools, numbers, texts, lists and maps.
        fn stringify(value, indent = nil) = native(stringify);
    ];
}

// ---- reading

fn parse(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let parsed = match args[0].tag {
        Tag::STR => read(&mut vm.heap, args[0].object_unchecked::<Str>().as_str()),
        Tag::BYTES => match std::str::from_utf8(args[0].object_unchecked::<Bytes>().as_slice()) {
            Ok(text) => read(&mut vm.heap, text),
            Err(error) => {
                let message = format!("not UTF-8: wrong byte at index {}", error.valid_up_to());
                return Err(vm.throw("ValueError", message));
            }
        },
        _ => return Err(vm.wrong_type("json.parse(text)", "a str or bytes", args[0])),
    };
    parsed.map_err(|error| vm.throw("ValueError", error.message()))
}

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wrong {
    what: String,
    line: usize,
    /// In characters, from 1.
    column: usize,
}

impl Wrong {
    fn message(&self) -> String {
        format!("invalid JSON at line {}, column {}: {}", self.line, self.column, self.what)
    }
}

/// A list or object whose end has not come yet.
enum Open {
    List(Gc<List>),
    /// With the key of the value that is due.
    Map(Gc<Map>, Gc<Str>),
}

struct Reader<'a> {
    text: &'a str,
    /// A byte offset.
    at: usize,
}

fn read(heap: &mut Heap, text: &str) -> Result<Value, Wrong> {
    let mut reader = Reader { text, at: 0 };
    let mut open: Vec<Open> = Vec::new();
    loop {
        reader.skip_space();
        let mut value: Value = match reader.peek() {
            Some(b'[') => {
                reader.at += 1;
                reader.skip_space();
                let list = heap.list(&[]);
                if !reader.eat(b']') {
                    open.push(Open::List(list));
                    continue;
                }
                list.into()
            }
            Some(b'{') => {
                reader.at += 1;
                reader.skip_space();
                let map = heap.map();
                if !reader.eat(b'}') {
                    let key = reader.key(heap)?;
                    open.push(Open::Map(map, key));
                    continue;
                }
                map.into()
            }
            Some(b'"') => reader.string(heap, false)?.into(),
            Some(b'-' | b'0'..=b'9') => reader.number()?,
            _ => reader.word()?,
        };
        // The value is complete; with it, maybe, the containers around it.
        loop {
            reader.skip_space();
            match open.last_mut() {
                None if reader.at == text.len() => return Ok(value),
                None => return Err(reader.wrong("nothing may follow the value")),
                Some(Open::List(list)) => {
                    list.push(heap, value);
                    if reader.eat(b',') {
                        break;
                    }
                    if !reader.eat(b']') {
                        return Err(reader.expected("`,` or `]`"));
                    }
                    value = (*list).into();
                }
                Some(Open::Map(map, key)) => {
                    map.insert(heap, (*key).into(), value);
                    if reader.eat(b',') {
                        reader.skip_space();
                        *key = reader.key(heap)?;
                        break;
                    }
                    if !reader.eat(b'}') {
                        return Err(reader.expected("`,` or `}`"));
                    }
                    value = (*map).into();
                }
            }
            open.pop();
        }
    }
}

impl Reader<'_> {
    #[inline(always)]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline(always)]
    fn eat(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += is_there as usize;
        is_there
    }

    #[inline(always)]
    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    #[cold]
    fn wrong(&self, what: &str) -> Wrong {
        let before = &self.text[..self.at];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Wrong {
            what: what.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    #[cold]
    fn expected(&self, what: &str) -> Wrong {
        match self.text[self.at..].chars().next() {
            Some(char) => self.wrong(&format!("expected {what}, not {char:?}")),
            None => self.wrong(&format!("expected {what}, but the text ends here")),
        }
    }

    fn word(&mut self) -> Result<Value, Wrong> {
        for (word, value) in [("null", Value::NIL), ("true", Value::TRUE), ("false", Value::FALSE)] {
            if self.text[self.at..].starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.expected("a value"))
    }

    /// A key, and the colon behind it.
    fn key(&mut self, heap: &mut Heap) -> Result<Gc<Str>, Wrong> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key in double quotes"));
        }
        let key = self.string(heap, true)?;
        self.skip_space();
        if !self.eat(b':') {
            return Err(self.expected("`:`"));
        }
        Ok(key)
    }

    fn string(&mut self, heap: &mut Heap, is_key: bool) -> Result<Gc<Str>, Wrong> {
        let mut make = |text: &str| if is_key { heap.intern(text) } else { heap.str(text) };
        self.at += 1;
        let text = self.text;
        let mut from = self.at;
        // Filled as soon as there is an escape.
        let mut unescaped = String::new();
        loop {
            match self.peek() {
                Some(b'"') => {
                    let rest = &text[from..self.at];
                    self.at += 1;
                    if unescaped.is_empty() {
                        return Ok(make(rest));
                    }
                    unescaped.push_str(rest);
                    return Ok(make(&unescaped));
                }
                Some(b'\\') => {
                    unescaped.push_str(&text[from..self.at]);
                    unescaped.push(self.escape()?);
                    from = self.at;
                }
                Some(0..0x20) => return Err(self.wrong("control characters in a string have to be escaped")),
                Some(_) => self.at += 1,
                None => return Err(self.wrong("the string is not closed")),
            }
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Result<char, Wrong> {
        let start = self.at;
        self.at += 2;
        let char = match self.text.as_bytes().get(start + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let first = self.hex(start)?;
                let code = match first {
                    0xd800..0xdc00 if self.text[self.at..].starts_with("\\u") => {
                        self.at += 2;
                        match self.hex(start)? {
                            second @ 0xdc00..0xe000 => 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00),
                            _ => first,
                        }
                    }
                    _ => first,
                };
                match char::from_u32(code) {
                    Some(char) => char,
                    None => {
                        self.at = start;
                        return Err(self.wrong("one half of a surrogate pair stands alone"));
                    }
                }
            }
            _ => {
                self.at = start;
                return Err(self.wrong("unknown escape"));
            }
        };
        Ok(char)
    }

    /// Four hexadecimal digits of the escape that began at `start`.
    fn hex(&mut self, start: usize) -> Result<u32, Wrong> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4).unwrap_or(&[]);
        let code = digits.iter().try_fold(0, |code, digit| Some(code * 16 + (*digit as char).to_digit(16)?));
        match code {
            Some(code) if digits.len() == 4 => {
                self.at += 4;
                Ok(code)
            }
            _ => {
                self.at = start;
                Err(self.wrong("`\\u` needs four hexadecimal digits"))
            }
        }
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Result<Value, Wrong> {
        let start = self.at;
        self.eat(b'-');
        let first = self.peek();
        let count = self.digits();
        if count == 0 {
            return Err(self.expected("a digit"));
        }
        if count > 1 && first == Some(b'0') {
            self.at = start;
            return Err(self.wrong("a number has no leading zeros"));
        }
        let mut is_int = true;
        if self.eat(b'.') {
            is_int = false;
            if self.digits() == 0 {
                return Err(self.expected("a digit behind the point"));
            }
        }
        if self.eat(b'e') || self.eat(b'E') {
            is_int = false;
            if !self.eat(b'+') {
                self.eat(b'-');
            }
            if self.digits() == 0 {
                return Err(self.expected("a digit of the exponent"));
            }
        }
        let number = &self.text[start..self.at];
        if is_int && let Ok(int) = number.parse() {
            return Ok(Value::int(int));
        }
        // What was checked above is always a float.
        Ok(Value::float(number.parse().unwrap_or(f64::NAN)))
    }
}

// ---- writing

fn stringify(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let indent = match args::not_nil(args[1]) {
        None => None,
        Some(indent) => Some(args::count(vm, "stringify(indent)", indent)?.min(64)),
    };
    let text = write(vm, args[0], indent)?;
    vm.new_str(&text)
}

fn write(vm: &mut Vm, value: Value, indent: Option<usize>) -> Result<String, Control> {
    let mut out = String::new();
    // Open containers, each with the number of its next item.
    let mut open: Vec<(Value, usize)> = Vec::new();
    let mut is_open = FxHashSet::default();
    let mut next = Some(value);
    loop {
        if let Some(value) = next.take() {
            let is_empty = match value.tag {
                Tag::LIST => value.object_unchecked::<List>().is_empty(),
                Tag::MAP => value.object_unchecked::<Map>().is_empty(),
                _ => {
                    write_leaf(vm, value, &mut out)?;
                    true
                }
            };
            match value.tag {
                Tag::LIST | Tag::MAP if is_empty => {
                    out.push_str(if value.is(Tag::LIST) { "[]" } else { "{}" })
                }
                Tag::LIST | Tag::MAP => {
                    if !is_open.insert(value.bits) {
                        let name = value.type_name();
                        return Err(
                            vm.throw("ValueError", format!("a {name} that contains itself has no JSON"))
                        );
                    }
                    out.push(if value.is(Tag::LIST) { '[' } else { '{' });
                    open.push((value, 0));
                }
                _ => {}
            }
        }
        let depth = open.len();
        let Some((container, at)) = open.last_mut() else { return Ok(out) };
        let (key, item) = match container.as_object::<List>() {
            Some(list) => (None, list.get(*at)),
            None => match container.object_unchecked::<Map>().entry_at(*at) {
                Some((key, value)) => (Some(key), Some(value)),
                None => (None, None),
            },
        };
        let Some(item) = item else {
            let (container, _) = (*container, open.pop());
            is_open.remove(&container.bits);
            new_line(&mut out, indent, depth - 1);
            out.push(if container.is(Tag::LIST) { ']' } else { '}' });
            continue;
        };
        if *at > 0 {
            out.push(',');
        }
        *at += 1;
        new_line(&mut out, indent, depth);
        if let Some(key) = key {
            let Some(name) = key.as_object::<Str>() else {
                return Err(wrong_key(vm, key));
            };
            write_quoted(&mut out, name.as_str());
            out.push_str(if indent.is_some() { ": " } else { ":" });
        }
        next = Some(item);
        if out.len() > ops::MAX_TEXT {
            vm.check_text(out.len())?;
        }
    }
}

fn new_line(out: &mut String, indent: Option<usize>, depth: usize) {
    if let Some(indent) = indent {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent * depth));
    }
}

fn write_leaf(vm: &mut Vm, value: Value, out: &mut String) -> Result<(), Control> {
    match value.tag {
        Tag::NIL => out.push_str("null"),
        Tag::TRUE => out.push_str("true"),
        Tag::FALSE => out.push_str("false"),
        Tag::INT => out.push_str(&value.int_bits().to_string()),
        Tag::FLOAT if value.float_bits().is_finite() => float::write_float(out, value.float_bits()),
        Tag::FLOAT => {
            let shown = float::float_text(value.float_bits());
            return Err(vm.throw("ValueError", format!("{shown} has no JSON")));
        }
        Tag::STR => write_quoted(out, value.object_unchecked::<Str>().as_str()),
        _ => {
            let message = format!("{} has no JSON", type_name(&vm.heap, value));
            return Err(match value.tag {
                Tag::COROUTINE => vm.throw_coroutine(message, &[value]),
                Tag::SET | Tag::RANGE => {
                    vm.throw_help("TypeError", message, "make a list of it first: x.to_list()")
                }
                Tag::BYTES => {
                    vm.throw_help("TypeError", message, "make a text of it first: b.decode() or b.hex()")
                }
                Tag::INSTANCE => {
                    vm.throw_help("TypeError", message, "make a map of its fields first: {name: x.name}")
                }
                _ => vm.throw("TypeError", message),
            });
        }
    }
    Ok(())
}

#[cold]
fn wrong_key(vm: &mut Vm, key: Value) -> Control {
    let name = type_name(&vm.heap, key).to_owned();
    let message = format!("the keys of a JSON object are strs, but one is {name}");
    vm.throw_help("TypeError", message, "convert the keys first: {[str(k)]: v}")
}

fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        from = at + 1;
        if escape.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        } else {
            out.push_str(escape);
        }
    }
    out.push_str(&text[from..]);
    out.push('"');
}
