//! `int(x)`, `float(x)` and the numbers in texts.

use crate::{
    builtins::Control,
    heap::object::*,
    ops::{float, text},
    value::{Tag, Value},
    vm::Vm,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberError {
    /// No number at all.
    Invalid,
    Overflow,
}

/// A sign and digits of the base, with white space around.
pub fn parse_int(text: &str, base: u32) -> Result<i64, NumberError> {
    use std::num::IntErrorKind;
    i64::from_str_radix(text.trim(), base).map_err(|error| match error.kind() {
        IntErrorKind::PosOverflow | IntErrorKind::NegOverflow => NumberError::Overflow,
        _ => NumberError::Invalid,
    })
}

/// A float or int literal, `inf` or `nan`, with a sign and white space around.
pub fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    match digits {
        "inf" | "nan" => {}
        _ if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => {}
        // Rust knows further spellings of infinity.
        _ => return None,
    }
    text.parse().ok()
}

/// `int(x)` of a number or bool, `int(text, base)`.
pub fn to_int(vm: &mut Vm, value: Value, base: Option<u32>) -> Result<Value, Control> {
    if let Some(text) = value.as_object::<Str>() {
        return match parse_int(text.as_str(), base.unwrap_or(10)) {
            Ok(int) => Ok(Value::int(int)),
            Err(error) => Err(not_a_number(vm, text.as_str(), "int", error)),
        };
    }
    if base.is_some() {
        return Err(vm.wrong_type("int(x, base)", "a str as x", value));
    }
    match value.tag {
        Tag::INT => Ok(value),
        Tag::FLOAT => float_to_int(vm, value.float_bits().trunc()).map(Value::int),
        Tag::TRUE => Ok(Value::int(1)),
        Tag::FALSE => Ok(Value::int(0)),
        _ => Err(vm.wrong_type("int(x)", "a number, bool or str", value)),
    }
}

/// A float without a fraction as an int.
pub fn float_to_int(vm: &mut Vm, whole: f64) -> Result<i64, Control> {
    // -2^63 is an int, 2^63 is none.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if whole.is_nan() {
        return Err(vm.throw("ValueError", "nan cannot be made an int"));
    }
    if (-LIMIT..LIMIT).contains(&whole) {
        return Ok(whole as i64);
    }
    Err(vm.throw("OverflowError", format!("{} is too large for an int", float::float_text(whole))))
}

/// `float(x)`
pub fn to_float(vm: &mut Vm, value: Value) -> Result<Value, Control> {
    if let Some(text) = value.as_object::<Str>() {
        return match parse_float(text.as_str()) {
            Some(float) => Ok(Value::float(float)),
            None => Err(not_a_number(vm, text.as_str(), "float", NumberError::Invalid)),
        };
    }
    match value.tag {
        Tag::FLOAT => Ok(value),
        Tag::INT => Ok(Value::float(value.int_bits() as f64)),
        Tag::TRUE => Ok(Value::float(1.0)),
        Tag::FALSE => Ok(Value::float(0.0)),
        _ => Err(vm.wrong_type("float(x)", "a number, bool or str", value)),
    }
}

#[cold]
fn not_a_number(vm: &mut Vm, given: &str, ty: &str, error: NumberError) -> Control {
    let mut shown = String::new();
    match given.char_indices().nth(40) {
        Some((end, _)) => {
            text::write_quoted(&mut shown, &given[..end]);
            shown.push('…');
        }
        None => text::write_quoted(&mut shown, given),
    }
    if error == NumberError::Overflow {
        return vm.throw("OverflowError", format!("{shown} is too large for an int"));
    }
    let message = format!("{shown} is not {} {ty}", if ty == "int" { "an" } else { "a" });
    if ty == "int" && parse_float(given).is_some() {
        return vm.throw_help("ValueError", message, "for a text with a point or exponent use int(float(x))");
    }
    vm.throw("ValueError", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ints_in_texts() {
        assert_eq!(parse_int(" -42\n", 10), Ok(-42));
        assert_eq!(parse_int("+7", 10), Ok(7));
        assert_eq!(parse_int("ff", 16), Ok(255));
        assert_eq!(parse_int("-9223372036854775808", 10), Ok(i64::MIN));
        assert_eq!(parse_int("9223372036854775808", 10), Err(NumberError::Overflow));
        for wrong in ["", "-", "1.5", "1_000", "0x1", "1 2", "٣"] {
            assert_eq!(parse_int(wrong, 10), Err(NumberError::Invalid), "{wrong:?}");
        }
    }

    #[test]
    fn floats_in_texts() {
        assert_eq!(parse_float(" 1.5 "), Some(1.5));
        assert_eq!(parse_float("-2"), Some(-2.0));
        assert_eq!(parse_float("1e3"), Some(1000.0));
        assert_eq!(parse_float("-inf"), Some(f64::NEG_INFINITY));
        assert!(parse_float("nan").is_some_and(f64::is_nan));
        for wrong in ["", "infinity", "abc", "1.5x", "NaN", "1_0", "--1"] {
            assert_eq!(parse_float(wrong), None, "{wrong:?}");
        }
    }
}
