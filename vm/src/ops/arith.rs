//! Arithmetic on all mixes of types; the interpreter does ints and floats of one kind by itself and comes here for the rest.

use co_lang::ast::BinaryOp;

use crate::{
    builtins::Control,
    heap::object::*,
    ops::type_name,
    value::{Tag, Value},
    vm::Vm,
};

/// `a op b` for the arithmetic and bit operators.
pub fn binary(vm: &mut Vm, op: BinaryOp, a: Value, b: Value) -> Result<Value, Control> {
    if let (Some(x), Some(y)) = (a.as_int(), b.as_int()) {
        return ints(vm, op, x, y);
    }
    if let (Some(x), Some(y)) = (a.as_number(), b.as_number())
        && let Some(float) = floats(op, x, y)
    {
        return Ok(Value::float(float));
    }
    match op {
        BinaryOp::Add => join(vm, a, b),
        BinaryOp::Mul => match (a.as_int(), b.as_int()) {
            (_, Some(times)) => repeat(vm, a, times).unwrap_or_else(|| Err(wrong_operands(vm, op, a, b))),
            (Some(times), _) => repeat(vm, b, times).unwrap_or_else(|| Err(wrong_operands(vm, op, a, b))),
            _ => Err(wrong_operands(vm, op, a, b)),
        },
        BinaryOp::Sub | BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor => {
            match (a.as_object::<Set>(), b.as_object::<Set>()) {
                (Some(x), Some(y)) => Ok(crate::builtins::set::combine(vm, op, x, y).into()),
                _ => Err(wrong_operands(vm, op, a, b)),
            }
        }
        _ => Err(wrong_operands(vm, op, a, b)),
    }
}

/// `-a`
pub fn negate(vm: &mut Vm, a: Value) -> Result<Value, Control> {
    match a.tag {
        Tag::INT => match a.int_bits().checked_neg() {
            Some(int) => Ok(Value::int(int)),
            None => Err(vm.throw("OverflowError", format!("integer overflow: -({})", a.int_bits()))),
        },
        Tag::FLOAT => Ok(Value::float(-a.float_bits())),
        _ => Err(wrong_operand(vm, "negate", a)),
    }
}

/// `~a`
pub fn bit_not(vm: &mut Vm, a: Value) -> Result<Value, Control> {
    match a.as_int() {
        Some(int) => Ok(Value::int(!int)),
        None => Err(wrong_operand(vm, "invert the bits of", a)),
    }
}

fn ints(vm: &mut Vm, op: BinaryOp, a: i64, b: i64) -> Result<Value, Control> {
    let result = match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Sub => a.checked_sub(b),
        BinaryOp::Mul => a.checked_mul(b),
        BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Rem if b == 0 => {
            let message = match op {
                BinaryOp::Rem => format!("cannot take {a} modulo 0"),
                _ => format!("cannot divide {a} by 0"),
            };
            return Err(vm.throw("DivisionByZero", message));
        }
        BinaryOp::Div => return Ok(Value::float(a as f64 / b as f64)),
        BinaryOp::FloorDiv => floor_div(a, b),
        BinaryOp::Rem => Some(floor_rem(a, b)),
        BinaryOp::Pow if b >= 0 => int_pow(a, b),
        BinaryOp::Pow if a == 0 => {
            return Err(vm.throw("DivisionByZero", format!("cannot raise 0 to the negative power {b}")));
        }
        BinaryOp::Pow => return Ok(Value::float((a as f64).powf(b as f64))),
        BinaryOp::BitAnd => Some(a & b),
        BinaryOp::BitOr => Some(a | b),
        BinaryOp::BitXor => Some(a ^ b),
        BinaryOp::Shl | BinaryOp::Shr if !(0..=63).contains(&b) => {
            return Err(
                vm.throw("ValueError", format!("cannot shift by {b} bits; a shift count is from 0 to 63"))
            );
        }
        BinaryOp::Shl => Some(a << b),
        BinaryOp::Shr => Some(a >> b),
        _ => return Err(wrong_operands(vm, op, Value::int(a), Value::int(b))),
    };
    result
        .map(Value::int)
        .ok_or_else(|| vm.throw("OverflowError", format!("integer overflow: {a} {} {b}", op.text())))
}

fn floats(op: BinaryOp, a: f64, b: f64) -> Option<f64> {
    Some(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        BinaryOp::Div => a / b,
        BinaryOp::FloorDiv => float_floor_div(a, b),
        BinaryOp::Rem => float_rem(a, b),
        BinaryOp::Pow => float_pow(a, b),
        _ => return None,
    })
}

/// `a // b` for `b != 0`; `None` if it overflows.
pub fn floor_div(a: i64, b: i64) -> Option<i64> {
    let quotient = a.checked_div(b)?;
    let exact = quotient * b == a;
    Some(if !exact && (a < 0) != (b < 0) { quotient - 1 } else { quotient })
}

/// `a % b` for `b != 0`: has the sign of `b`.
pub fn floor_rem(a: i64, b: i64) -> i64 {
    let rest = a.wrapping_rem(b);
    if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest }
}

/// `a ** b` for `b >= 0`; `None` if it overflows.
pub fn int_pow(a: i64, b: i64) -> Option<i64> {
    match (a, u32::try_from(b)) {
        (_, Ok(exponent)) => a.checked_pow(exponent),
        (0 | 1, _) => Some(a),
        (-1, _) => Some(if b % 2 == 0 { 1 } else { -1 }),
        _ => None,
    }
}

/// `a ** b`. A square is the product, which is exact to the last bit, as a power is only nearly always.
#[inline]
pub fn float_pow(a: f64, b: f64) -> f64 {
    if b == 2.0 { a * a } else { a.powf(b) }
}

/// `a % b` with the sign of `b`.
pub fn float_rem(a: f64, b: f64) -> f64 {
    let rest = a % b;
    if rest == 0.0 {
        0f64.copysign(b)
    } else if (rest < 0.0) != (b < 0.0) {
        rest + b
    } else {
        rest
    }
}

/// `a // b`, consistent with [`float_rem`]: the quotient is rounded from `a - a % b`, because `a / b` itself may already be
/// rounded up to the next whole number (`1.0 // 0.1` is 9.0).
pub fn float_floor_div(a: f64, b: f64) -> f64 {
    if b == 0.0 || !a.is_finite() || b.is_nan() {
        return (a / b).floor();
    }
    let quotient = (a - float_rem(a, b)) / b;
    if b.is_infinite() {
        // The rest is `b` itself when the signs differ.
        return if a != 0.0 && (a < 0.0) != (b < 0.0) { -1.0 } else { quotient };
    }
    if quotient == 0.0 { 0f64.copysign(a / b) } else { quotient.round() }
}

/// `a + b` for texts, bytes and lists.
fn join(vm: &mut Vm, a: Value, b: Value) -> Result<Value, Control> {
    if let (Some(x), Some(y)) = (a.as_object::<Str>(), b.as_object::<Str>()) {
        let (x, y) = (x.as_str(), y.as_str());
        vm.check_text(x.len() + y.len())?;
        return Ok(vm.heap.concat(&[x, y]).into());
    }
    if let (Some(x), Some(y)) = (a.as_object::<List>(), b.as_object::<List>()) {
        vm.check_items(x.len() + y.len())?;
        let joined = vm.heap.list_with_capacity(x.len() + y.len());
        joined.extend(&mut vm.heap, x.as_slice());
        joined.extend(&mut vm.heap, y.as_slice());
        return Ok(joined.into());
    }
    if let (Some(x), Some(y)) = (a.as_object::<Bytes>(), b.as_object::<Bytes>()) {
        let (x, y) = (x.as_slice(), y.as_slice());
        vm.check_text(x.len() + y.len())?;
        return Ok(vm.heap.bytes(&[x, y].concat()).into());
    }
    Err(wrong_operands(vm, BinaryOp::Add, a, b))
}

/// `a * times` for texts, bytes and lists; `None` for other types.
fn repeat(vm: &mut Vm, a: Value, times: i64) -> Option<Result<Value, Control>> {
    let times = usize::try_from(times).unwrap_or(0);
    if let Some(text) = a.as_object::<Str>() {
        let text = text.as_str();
        let checked = vm.check_text(text.len().saturating_mul(times));
        return Some(checked.map(|()| vm.heap.str(&text.repeat(times)).into()));
    }
    if let Some(bytes) = a.as_object::<Bytes>() {
        let bytes = bytes.as_slice();
        let checked = vm.check_text(bytes.len().saturating_mul(times));
        return Some(checked.map(|()| vm.heap.bytes(&bytes.repeat(times)).into()));
    }
    let list = a.as_object::<List>()?;
    if let Err(control) = vm.check_items(list.len().saturating_mul(times)) {
        return Some(Err(control));
    }
    let repeated = vm.heap.list_with_capacity(list.len() * times);
    for _ in 0..times {
        repeated.extend(&mut vm.heap, list.as_slice());
    }
    Some(Ok(repeated.into()))
}

#[cold]
fn wrong_operand(vm: &mut Vm, verb: &str, a: Value) -> Control {
    let message = format!("cannot {verb} {}", type_name(&vm.heap, a));
    if a.is(Tag::COROUTINE) {
        return vm.throw_coroutine(message, &[a]);
    }
    vm.throw("TypeError", message)
}

/// The `TypeError` for operands that the operator does not take.
#[cold]
pub fn wrong_operands(vm: &mut Vm, op: BinaryOp, a: Value, b: Value) -> Control {
    let (x, y) = (type_name(&vm.heap, a), type_name(&vm.heap, b));
    let message = match op {
        BinaryOp::Add => format!("cannot add {x} and {y}"),
        BinaryOp::Sub => format!("cannot subtract {y} from {x}"),
        BinaryOp::Mul => format!("cannot multiply {x} by {y}"),
        BinaryOp::Div | BinaryOp::FloorDiv => format!("cannot divide {x} by {y}"),
        BinaryOp::Rem => format!("cannot take {x} modulo {y}"),
        BinaryOp::Pow => format!("cannot raise {x} to the power {y}"),
        _ => format!("cannot use `{}` on {x} and {y}", op.text()),
    };
    if a.is(Tag::COROUTINE) || b.is(Tag::COROUTINE) {
        return vm.throw_coroutine(message, &[a, b]);
    }
    let is_number = |value: Value| value.is_int() || value.is_float();
    let is_text = |value: Value| value.is(Tag::STR);
    match op {
        BinaryOp::Add if is_text(a) && !is_text(b) || is_text(b) && !is_text(a) => {
            let help = if is_number(a) || is_number(b) {
                "to join texts use interpolation, \"{x}{y}\", or str(x); to add numbers convert the text with int(x) or float(x)"
            } else {
                "to join texts use interpolation, \"{x}{y}\", or str(x)"
            };
            vm.throw_help("TypeError", message, help)
        }
        BinaryOp::Add if a.is(Tag::LIST) || b.is(Tag::LIST) => vm.throw_help(
            "TypeError",
            message,
            "to put one item at the end use xs.push(x), or xs + [x] for a new list",
        ),
        BinaryOp::Add if a.is(Tag::SET) && b.is(Tag::SET) => {
            vm.throw_help("TypeError", message, "write a | b for the set of all that is in either")
        }
        BinaryOp::Add | BinaryOp::BitOr if a.is(Tag::MAP) && b.is(Tag::MAP) => {
            vm.throw_help("TypeError", message, "write {...a, ...b} for a map of both, or a.update(b)")
        }
        BinaryOp::Rem if is_text(a) => {
            vm.throw_help("TypeError", message, "to format values write them in braces: \"{x:>8.2}\"")
        }
        BinaryOp::Sub
        | BinaryOp::Mul
        | BinaryOp::Div
        | BinaryOp::FloorDiv
        | BinaryOp::Rem
        | BinaryOp::Pow
            if is_text(a) && is_number(b) || is_number(a) && is_text(b) =>
        {
            vm.throw_help("TypeError", message, "convert the text to a number first, with int(x) or float(x)")
        }
        _ => vm.throw("TypeError", message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_division_rounds_down() {
        assert_eq!(floor_div(-7, 2), Some(-4));
        assert_eq!(floor_div(7, -2), Some(-4));
        assert_eq!(floor_div(-8, 2), Some(-4));
        assert_eq!(floor_div(i64::MIN, -1), None);
        assert_eq!((floor_rem(-7, 2), floor_rem(7, -2), floor_rem(i64::MIN, -1)), (1, -1, 0));
    }

    #[test]
    fn powers_that_overflow_are_none() {
        assert_eq!(int_pow(2, 62), Some(1 << 62));
        assert_eq!(int_pow(2, 63), None);
        assert_eq!(int_pow(-2, 63), Some(i64::MIN));
        assert_eq!(int_pow(-1, i64::MAX), Some(-1));
        assert_eq!(int_pow(3, i64::MAX), None);
        assert_eq!(int_pow(0, 0), Some(1));
    }

    #[test]
    fn float_division_agrees_with_its_rest() {
        assert_eq!(float_floor_div(1.0, 0.1), 9.0);
        assert_eq!(float_floor_div(7.0, 0.0), f64::INFINITY);
        assert_eq!(float_floor_div(-1.0, f64::INFINITY), -1.0);
        assert_eq!(float_floor_div(-7.0, 2.0), -4.0);
        assert_eq!(float_rem(-7.5, 2.0), 0.5);
        assert_eq!(float_rem(7.5, -2.0), -0.5);
        assert_eq!(float_rem(-1.0, f64::INFINITY), f64::INFINITY);
        assert!(float_rem(7.0, 0.0).is_nan());
    }
}
