//! What a failed `assert` says. The compiler keeps the operands of the condition and calls [`FAILED`] with them.

use crate::{
    builtins::{Builtin, Control, args, hand_over},
    heap::object::*,
    ops::display::{self, Form, Texts},
    value::Value,
    vm::Vm,
};

builtins! {
    static TABLE = [
        /// Throws the `AssertionError` of a condition that does not hold: `operator` (nil for none) between `left` and `right`.
        fn assert_failed(operator, source, left, right, message) = native(assert_failed);
    ];
}

/// The function behind `assert(condition, message)`.
pub fn function() -> &'static Builtin {
    &TABLE[0]
}

/// Operands longer than this are cut off.
const MOST_SHOWN: usize = 400;

fn assert_failed(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let mut operands = String::new();
    let names = match args[3].is_undef() {
        true => [("value", args[2]), ("", Value::UNDEF)],
        false => [("left", args[2]), ("right", args[3])],
    };
    for (name, value) in names {
        if value.is_undef() {
            continue;
        }
        if !operands.is_empty() {
            operands.push_str(", ");
        }
        operands.push_str(name);
        operands.push_str(": ");
        let mut shown = String::new();
        if !display::render(vm, value, Form::Literal, &Texts::default(), &mut shown)?.is_empty() {
            let (right, message) = (given(args[3]), given(args[4]));
            let has_right = Value::bool(!args[3].is_undef());
            return Err(hand_over(vm, "__assert_failed", &[args[1], message, args[2], right, has_right]));
        }
        operands.push_str(cut(&shown));
    }
    throw(vm, args[1], args[4], &operands)
}

fn given(value: Value) -> Value {
    args::given(value).unwrap_or(Value::NIL)
}

/// The same with the operands' texts made by the library.
pub fn throw_with_texts(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let text = |value: Value| value.as_object::<Str>();
    let operands = match (text(args[2]), text(args[3])) {
        (Some(left), Some(right)) => format!("left: {}, right: {}", cut(left.as_str()), cut(right.as_str())),
        (Some(value), None) => format!("value: {}", cut(value.as_str())),
        _ => String::new(),
    };
    throw(vm, args[0], args[1], &operands)
}

fn throw(vm: &mut Vm, source: Value, message: Value, operands: &str) -> Result<Value, Control> {
    let source = source.as_text().unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
    let reason = match args::not_nil(message) {
        None => "assertion failed".to_owned(),
        Some(message) => args::str(vm, "assert(message)", message)?.as_str().to_owned(),
    };
    Err(vm.throw("AssertionError", format!("{reason}: {source} ({operands})")))
}

fn cut(text: &str) -> &str {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}
