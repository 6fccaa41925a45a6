//! Format specs: `{x:*^+08.2e}` is `[[fill] align] [sign] ["0"] [width] ["." precision] [type]`.

use co_lang::ast::{Align, Sign};

use crate::{
    builtins::Control,
    heap::object::*,
    ops::{display, float, type_name},
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// A format spec, as the compiler keeps it in a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    pub fill: char,
    pub align: Option<Align>,
    pub sign: Sign,
    /// Zeros between sign and digits fill up to the width.
    pub zero: bool,
    pub width: u16,
    pub precision: Option<u16>,
    /// One of `x X b o e %`.
    pub ty: Option<char>,
}

impl Spec {
    /// Reads the list `[fill, align, sign, zero, width, precision, type]`: strs of one character, a bool, ints; nil for what was left out.
    pub fn from_constant(constant: Value) -> Option<Spec> {
        let list = constant.as_object::<List>()?;
        let char =
            |at| list.get(at).and_then(|part| part.as_object::<Str>()).and_then(|text| text.char_at(0));
        let number = |at| list.get(at).and_then(Value::as_int).and_then(|int| u16::try_from(int).ok());
        Some(Spec {
            fill: char(0).unwrap_or(' '),
            align: match char(1) {
                Some('<') => Some(Align::Left),
                Some('^') => Some(Align::Center),
                Some('>') => Some(Align::Right),
                _ => None,
            },
            sign: match char(2) {
                Some('+') => Sign::Plus,
                Some(' ') => Sign::Space,
                _ => Sign::Minus,
            },
            zero: list.get(3).is_some_and(Value::is_truthy),
            width: number(4).unwrap_or(0),
            precision: number(5),
            ty: char(6),
        })
    }
}

/// The text of `value` formatted by an encoded spec; `Ok(None)`: it needs a call, see `__format` of the library.
pub fn format(vm: &mut Vm, value: Value, spec: Value) -> Result<Option<Gc<Str>>, Control> {
    match Spec::from_constant(spec) {
        Some(spec) => format_by(vm, value, &spec),
        None => display::display(vm, value),
    }
}

pub fn format_by(vm: &mut Vm, value: Value, spec: &Spec) -> Result<Option<Gc<Str>>, Control> {
    let text = match value.tag {
        Tag::INT => match int_text(value.int_bits(), spec) {
            Some(digits) => pad_number(&digits, spec),
            None => return Err(wrong_spec(vm, spec, value)),
        },
        Tag::FLOAT => match float_text(value.float_bits(), spec) {
            Some(digits) => pad_number(&digits, spec),
            None => return Err(wrong_spec(vm, spec, value)),
        },
        _ => {
            if spec.ty.is_some()
                || spec.zero
                || spec.sign != Sign::Minus
                || spec.precision.is_some() && !value.is(Tag::STR)
            {
                return Err(wrong_spec(vm, spec, value));
            }
            let Some(text) = display::display(vm, value)? else { return Ok(None) };
            let text = match spec.precision {
                Some(most) => match text.as_str().char_indices().nth(most as usize) {
                    Some((end, _)) => &text.as_str()[..end],
                    None => text.as_str(),
                },
                None => text.as_str(),
            };
            pad(text, spec, Align::Left)
        }
    };
    vm.check_text(text.len())?;
    Ok(Some(vm.heap.str(&text)))
}

/// Digits of an int with its minus; `None` if the spec does not fit.
fn int_text(int: i64, spec: &Spec) -> Option<String> {
    let sign = if int < 0 { "-" } else { "" };
    let size = int.unsigned_abs();
    let point =
        |digits: u16| if digits == 0 { String::new() } else { format!(".{}", "0".repeat(digits as usize)) };
    Some(match (spec.ty, spec.precision) {
        (Some('x' | 'X' | 'b' | 'o'), Some(_)) => return None,
        (Some('x'), None) => format!("{sign}{size:x}"),
        (Some('X'), None) => format!("{sign}{size:X}"),
        (Some('b'), None) => format!("{sign}{size:b}"),
        (Some('o'), None) => format!("{sign}{size:o}"),
        (Some('e'), None) => format!("{int:e}"),
        (Some('e'), Some(digits)) => format!("{int:.*e}", digits as usize),
        (Some('%'), digits) => format!("{}{}%", int as i128 * 100, point(digits.unwrap_or(0))),
        (_, Some(digits)) => format!("{int}{}", point(digits)),
        (_, None) => int.to_string(),
    })
}

fn float_text(float: f64, spec: &Spec) -> Option<String> {
    if !float.is_finite() {
        return match spec.ty {
            Some('x' | 'X' | 'b' | 'o') => None,
            Some('%') => Some(float::float_text(float) + "%"),
            _ => Some(float::float_text(float)),
        };
    }
    Some(match (spec.ty, spec.precision) {
        (Some('x' | 'X' | 'b' | 'o'), _) => return None,
        (Some('e'), None) => format!("{float:e}"),
        (Some('e'), Some(digits)) => format!("{float:.*e}", digits as usize),
        (Some('%'), digits) => format!("{:.*}%", digits.unwrap_or(0) as usize, float * 100.0),
        (_, Some(digits)) => format!("{float:.*}", digits as usize),
        (_, None) => float::float_text(float),
    })
}

/// Puts the sign before, and fills up to the width.
fn pad_number(digits: &str, spec: &Spec) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => match spec.sign {
            Sign::Minus => ("", digits),
            Sign::Plus => ("+", digits),
            Sign::Space => (" ", digits),
        },
    };
    // Not `inf` and `nan`.
    let has_digits = digits.starts_with(|c: char| c.is_ascii_hexdigit());
    if spec.zero && spec.align.is_none() && has_digits {
        let zeros = (spec.width as usize).saturating_sub(sign.len() + digits.len());
        return format!("{sign}{}{digits}", "0".repeat(zeros));
    }
    pad(&format!("{sign}{digits}"), spec, Align::Right)
}

fn pad(text: &str, spec: &Spec, usual: Align) -> String {
    let missing = (spec.width as usize).saturating_sub(text.chars().count());
    if missing == 0 {
        return text.to_owned();
    }
    let before = match spec.align.unwrap_or(usual) {
        Align::Left => 0,
        Align::Center => missing / 2,
        Align::Right => missing,
    };
    let fill = |count| std::iter::repeat_n(spec.fill, count);
    fill(before).chain(text.chars()).chain(fill(missing - before)).collect()
}

#[cold]
fn wrong_spec(vm: &mut Vm, spec: &Spec, value: Value) -> Control {
    let name = type_name(&vm.heap, value);
    let message = match (spec.ty, value.tag) {
        (Some(ty @ ('x' | 'X' | 'b' | 'o')), Tag::INT) => format!("format type `{ty}` takes no precision"),
        (Some(ty @ ('x' | 'X' | 'b' | 'o')), _) => format!("format type `{ty}` needs an int, not {name}"),
        (Some(ty), _) => format!("format type `{ty}` needs a number, not {name}"),
        _ if spec.zero => format!("only numbers can be filled with zeros, not {name}"),
        _ if spec.sign != Sign::Minus => format!("only numbers have a sign, not {name}"),
        _ => format!("only numbers and texts have a precision, not {name}"),
    };
    if value.is(Tag::COROUTINE) {
        return vm.throw_coroutine(message, &[value]);
    }
    vm.throw("TypeError", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Spec =
        Spec { fill: ' ', align: None, sign: Sign::Minus, zero: false, width: 0, precision: None, ty: None };

    fn int(int: i64, spec: Spec) -> String {
        pad_number(&int_text(int, &spec).unwrap(), &spec)
    }

    fn float(float: f64, spec: Spec) -> String {
        pad_number(&float_text(float, &spec).unwrap(), &spec)
    }

    #[test]
    fn numbers_are_aligned_right_and_filled() {
        assert_eq!(int(42, Spec { width: 5, ..PLAIN }), "   42");
        assert_eq!(int(-42, Spec { width: 6, zero: true, ..PLAIN }), "-00042");
        assert_eq!(int(42, Spec { width: 6, zero: true, sign: Sign::Plus, ..PLAIN }), "+00042");
        assert_eq!(int(42, Spec { width: 7, fill: '*', align: Some(Align::Center), ..PLAIN }), "**42***");
        assert_eq!(int(-255, Spec { ty: Some('x'), ..PLAIN }), "-ff");
        assert_eq!(int(i64::MIN, Spec { ty: Some('b'), ..PLAIN }), format!("-1{}", "0".repeat(63)));
        assert_eq!(int(255, Spec { ty: Some('X'), width: 4, zero: true, ..PLAIN }), "00FF");
        assert_eq!(float(f64::INFINITY, Spec { width: 5, zero: true, ..PLAIN }), "  inf");
    }

    #[test]
    fn precision_rounds_the_exact_value_to_even() {
        let digits = |precision| Spec { precision: Some(precision), ..PLAIN };
        assert_eq!(float(0.125, digits(2)), "0.12");
        assert_eq!(float(0.375, digits(2)), "0.38");
        assert_eq!(float(2.675, digits(2)), "2.67");
        assert_eq!(float(1e21, digits(1)), "1000000000000000000000.0");
        assert_eq!(float(2.5, digits(0)), "2");
        assert_eq!(int(i64::MAX, digits(1)), "9223372036854775807.0");
        assert_eq!(float(0.256, Spec { ty: Some('%'), ..PLAIN }), "26%");
        assert_eq!(int(3, Spec { ty: Some('%'), precision: Some(1), ..PLAIN }), "300.0%");
        assert_eq!(float(1234.5, Spec { ty: Some('e'), precision: Some(2), ..PLAIN }), "1.23e3");
        assert_eq!(int(1200, Spec { ty: Some('e'), ..PLAIN }), "1.2e3");
    }

    #[test]
    fn floats_have_no_hexadecimal_form() {
        assert_eq!(float_text(1.0, &Spec { ty: Some('x'), ..PLAIN }), None);
        assert_eq!(int_text(1, &Spec { ty: Some('x'), precision: Some(1), ..PLAIN }), None);
    }
}
