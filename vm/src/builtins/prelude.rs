//! The functions that every file sees. Those that deal with tasks stand in [`super::tasks`].

use crate::{
    builtins::{Control, args, hand_over, set, str as str_methods},
    heap::object::*,
    ops::{convert, display, iterate, type_name},
    value::{Tag, Value},
    vm::Vm,
};

builtins! {
    pub static FUNCTIONS = [
        /// Writes the values as text to standard output, with `sep` between and `end` behind: `print("a", 1)` writes `a 1`.
        fn print(...values, sep = " ", end = "\n") = native(print);
        /// As `print`, to standard error.
        fn eprint(...values, sep = " ", end = "\n") = native(eprint);
        /// Throws `AssertionError` if the condition is not true: `assert(total == 3, "wrong total")`. The message shows the
        /// values of the operands.
        fn assert(condition, message = nil) = native(assert);
        /// Makes an error without throwing it: `throw error("no such user", kind: "NotFound", data: {id: 7})`.
        fn error(message, kind = "Error", data = nil, cause = nil) = native(error);
        /// The text of a value, as `print` shows it.
        fn str(x) = native(str);
        /// An int from a float (cut off towards zero), a bool, or a text: `int("42")`, `int("ff", 16)`.
        fn int(x, base = 10) = native(int);
        /// A float from an int, a bool, or a text: `float("1.5")`.
        fn float(x) = native(float);
        /// The name of a value's type: `type(1)` is `"int"`; for an instance its struct's name.
        fn type(x) = native(type_of);
        /// Are they one object? Values without identity (numbers, texts, ranges …) are the same if type and content are.
        fn same(a, b) = native(same);
        /// A set of the items of a sequence: `set([1, 2])`.
        fn set(items = []) = native(set);
        /// The code point of a character: `ord("a")` is 97.
        fn ord(c) = native(ord);
        /// The character of a code point: `chr(97)` is `"a"`.
        fn chr(n) = native(chr);
        /// Ends the program with this exit status; `finally` and `defer` run.
        fn exit(status = 0) = native(exit);
        /// What follows the script's name on the command line, as a list of `str`.
        fn args -> Constant = constant(command_line);
    ];
}

// ---- output

fn print(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    write_values(vm, args, false)
}

fn eprint(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    write_values(vm, args, true)
}

fn write_values(vm: &mut Vm, args: &[Value], to_stderr: bool) -> Result<Value, Control> {
    let (values, options) = args.split_at(args.len() - 2);
    let sep = args::given(options[0]).map(|sep| args::str(vm, "print(sep)", sep)).transpose()?;
    let end = args::given(options[1]).map(|end| args::str(vm, "print(end)", end)).transpose()?;
    let sep = sep.as_ref().map_or(" ", |sep| sep.as_str());
    let end = end.as_ref().map_or("\n", |end| end.as_str());
    let mut out = String::with_capacity(64);
    for (number, value) in values.iter().enumerate() {
        if number > 0 {
            out.push_str(sep);
        }
        if !display::append(vm, *value, &mut out)? {
            let values = vm.heap.list(values).into();
            let (sep, end) = (vm.heap.str(sep).into(), vm.heap.str(end).into());
            return Err(hand_over(vm, "__print", &[values, sep, end, Value::bool(to_stderr)]));
        }
    }
    out.push_str(end);
    write(vm, &out, to_stderr)
}

/// Writes to one of the two streams. A closed standard output ends the program.
pub fn write(vm: &mut Vm, text: &str, to_stderr: bool) -> Result<Value, Control> {
    if to_stderr {
        // What was printed before is to be seen before.
        let _ = vm.host.flush_out();
        vm.host.write_err(text.as_bytes());
    } else if vm.host.write_out(text.as_bytes()).is_err() {
        vm.sched.stdout_closed = true;
        return Err(Control::Exit);
    }
    Ok(Value::NIL)
}

// ---- errors

fn assert(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    if args[0].is(Tag::COROUTINE) {
        return Err(vm.throw_coroutine("a coroutine is no condition", &[args[0]]));
    }
    if args[0].is_truthy() {
        return Ok(Value::NIL);
    }
    let message = match args::not_nil(args[1]) {
        None => None,
        Some(message) => Some(args::str(vm, "assert(message)", message)?),
    };
    Err(vm.throw("AssertionError", message.as_ref().map_or("assertion failed", |message| message.as_str())))
}

fn error(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let message = args::str(vm, "error(message)", args[0])?;
    let kind = args::given(args[1]).map(|kind| args::str(vm, "error(kind)", kind)).transpose()?;
    let error = vm.heap.error(kind.as_ref().map_or("Error", |kind| kind.as_str()), message.as_str());
    if let Some(data) = args::given(args[2]) {
        vm.heap.store(&error.data, data);
    }
    if let Some(cause) = args::not_nil(args[3]) {
        if !cause.is(Tag::ERROR) {
            return Err(vm.wrong_type("error(cause)", "an error", cause));
        }
        vm.heap.store(&error.cause, cause);
    }
    Ok(error.into())
}

fn exit(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let status = args::given(args[0]).map_or(Ok(0), |status| args::int(vm, "exit(status)", status))?;
    match u8::try_from(status) {
        Ok(status) => {
            vm.exit_code.get_or_insert(status);
            Err(Control::Exit)
        }
        Err(_) => Err(vm.throw("ValueError", format!("an exit status is from 0 to 255, not {status}"))),
    }
}

fn command_line(vm: &mut Vm) -> Value {
    let args = vm.args.clone();
    let args: Vec<Value> = args.iter().map(|arg| vm.heap.str(arg).into()).collect();
    vm.heap.list(&args).into()
}

// ---- types and conversions

fn str(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    match display::display(vm, args[0])? {
        Some(text) => Ok(text.into()),
        None => Err(hand_over(vm, "__display", args)),
    }
}

fn int(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let base =
        args::given(args[1]).map(|base| str_methods::number_base(vm, "int(base)", base)).transpose()?;
    convert::to_int(vm, args[0], base)
}

fn float(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    convert::to_float(vm, args[0])
}

fn type_of(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let name = type_name(&vm.heap, args[0]).to_owned();
    Ok(vm.heap.intern(&name).into())
}

fn same(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(is_same(args[0], args[1])))
}

fn is_same(a: Value, b: Value) -> bool {
    if a.tag != b.tag {
        return false;
    }
    match a.tag {
        Tag::FLOAT => a.bits == b.bits || a.float_bits().is_nan() && b.float_bits().is_nan(),
        Tag::STR => a.object_unchecked::<Str>().same_text(&b.object_unchecked()),
        Tag::BYTES => a.object_unchecked::<Bytes>().as_slice() == b.object_unchecked::<Bytes>().as_slice(),
        Tag::RANGE => {
            let (a, b) = (a.object_unchecked::<Range>(), b.object_unchecked::<Range>());
            (a.start, a.end, a.step, a.is_inclusive()) == (b.start, b.end, b.step, b.is_inclusive())
        }
        _ => a.bits == b.bits,
    }
}

fn set(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let Some(items) = args::given(args[0]) else { return Ok(vm.heap.set().into()) };
    if let Some(items) = iterate::collect_for(vm, "set(items)", items)?
        && let Some(set) = set::from_items(vm, &items)?
    {
        return Ok(set.into());
    }
    Err(hand_over(vm, "__set", args))
}

fn ord(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let text = args::str(vm, "ord(c)", args[0])?;
    match (text.char_count(), text.char_at(0)) {
        (1, Some(char)) => Ok(Value::int(char as i64)),
        (count, _) => Err(vm.throw("ValueError", format!("ord(c) needs one character, but got {count}"))),
    }
}

fn chr(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let code = args::int(vm, "chr(n)", args[0])?;
    match u32::try_from(code).ok().and_then(char::from_u32) {
        Some(char) => Ok(vm.heap.char_str(char).into()),
        None => Err(vm.throw("ValueError", format!("{code} is no code point of a character"))),
    }
}
