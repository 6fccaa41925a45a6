//! The methods of `int` and `float`. `math` shares them.

use std::cmp::Ordering;

use crate::{
    builtins::{Control, args},
    ops::{
        compare::{self, Order},
        convert,
    },
    value::Value,
    vm::Vm,
};

builtins! {
    pub static INT_METHODS = [
        /// Its size without the sign.
        fn abs() = native(abs);
        /// -1, 0 or 1.
        fn sign() = native(sign);
        /// The smaller of the two.
        fn min(other) = native(min);
        /// The greater of the two.
        fn max(other) = native(max);
        /// The nearest number between `low` and `high`: `12.clamp(0, 9)` is 9.
        fn clamp(low, high) = native(clamp);
        /// Itself.
        fn floor() = native(floor);
        /// Itself.
        fn ceil() = native(ceil);
        /// Itself.
        fn round() = native(round_whole);
        /// Itself.
        fn trunc() = native(trunc);
        /// Its square root as a float; `nan` if it is negative.
        fn sqrt() = native(sqrt);
        /// Can it be divided by 2?
        fn is_even() = native(is_even);
        /// Is it odd?
        fn is_odd() = native(is_odd);
        /// How many of its 64 bits are 1.
        fn bit_count() = native(bit_count);
        /// How many bits its size without the sign needs.
        fn bit_len() = native(bit_len);
        /// `self + n` modulo 2⁶⁴, as a signed int.
        fn wrapping_add(n) = native(wrapping_add);
        /// `self - n` modulo 2⁶⁴, as a signed int.
        fn wrapping_sub(n) = native(wrapping_sub);
        /// `self * n` modulo 2⁶⁴, as a signed int.
        fn wrapping_mul(n) = native(wrapping_mul);
    ];
}

builtins! {
    pub static FLOAT_METHODS = [
        /// Its size without the sign.
        fn abs() = native(abs);
        /// -1.0, 0.0, 1.0 or `nan`.
        fn sign() = native(sign);
        /// The smaller of the two.
        fn min(other) = native(min);
        /// The greater of the two.
        fn max(other) = native(max);
        /// The nearest number between `low` and `high`: `1.5.clamp(0.0, 1.0)` is 1.0.
        fn clamp(low, high) = native(clamp);
        /// The greatest int that is not greater.
        fn floor() = native(floor);
        /// The smallest int that is not smaller.
        fn ceil() = native(ceil);
        /// The nearest int, halves away from zero. With `digits` a float with so many digits after the point:
        /// `3.14159.round(2)` is 3.14.
        fn round(digits = nil) = native(round);
        /// The int without what is behind the point.
        fn trunc() = native(trunc);
        /// What is behind the point, with the sign.
        fn fract() = native(fract);
        /// Its square root; `nan` if it is negative.
        fn sqrt() = native(sqrt);
        /// Is it `nan`?
        fn is_nan() = native(is_nan);
        /// Is it `inf` or `-inf`?
        fn is_inf() = native(is_inf);
        /// Is it neither `nan` nor infinite?
        fn is_finite() = native(is_finite);
    ];
}

/// A number as an argument of the methods' counterparts in `math`.
fn operand(vm: &mut Vm, what: &str, value: Value) -> Result<Value, Control> {
    if value.is_int() || value.is_float() { Ok(value) } else { Err(vm.wrong_type(what, "a number", value)) }
}

pub fn abs(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    match operand(vm, "abs(x)", args[0])?.as_int() {
        Some(int) => match int.checked_abs() {
            Some(size) => Ok(Value::int(size)),
            None => Err(vm.throw("OverflowError", format!("integer overflow: abs of {int}"))),
        },
        None => Ok(Value::float(args[0].float_bits().abs())),
    }
}

pub fn sign(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    match operand(vm, "sign(x)", args[0])?.as_int() {
        Some(int) => Ok(Value::int(int.signum())),
        None => {
            let float = args[0].float_bits();
            Ok(Value::float(if float == 0.0 { 0.0 } else { float.signum() }))
        }
    }
}

fn min(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    operand(vm, "min(other)", args[1])?;
    nearer(vm, args[0], args[1], Ordering::Less)
}

fn max(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    operand(vm, "max(other)", args[1])?;
    nearer(vm, args[0], args[1], Ordering::Greater)
}

/// `b` if it lies to `a` as `wanted`, else `a`.
fn nearer(vm: &mut Vm, a: Value, b: Value, wanted: Ordering) -> Result<Value, Control> {
    Ok(if order(vm, b, a)? == Some(wanted) { b } else { a })
}

fn order(vm: &mut Vm, a: Value, b: Value) -> Result<Option<Ordering>, Control> {
    match compare::compare(vm, a, b)? {
        Order::Known(order) => Ok(order),
        Order::NeedsCall => Ok(None),
    }
}

pub fn clamp(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let x = operand(vm, "clamp(x)", args[0])?;
    let low = operand(vm, "clamp(low)", args[1])?;
    let high = operand(vm, "clamp(high)", args[2])?;
    if order(vm, low, high)? == Some(Ordering::Greater) {
        return Err(vm.throw("ValueError", format!("clamp: low ({low:?}) is greater than high ({high:?})")));
    }
    let x = nearer(vm, x, low, Ordering::Greater)?;
    nearer(vm, x, high, Ordering::Less)
}

/// A float made whole by `make_whole`, or an int as it is.
fn whole(vm: &mut Vm, what: &str, value: Value, make_whole: fn(f64) -> f64) -> Result<Value, Control> {
    match operand(vm, what, value)?.as_float() {
        Some(float) => convert::float_to_int(vm, make_whole(float)).map(Value::int),
        None => Ok(value),
    }
}

pub fn floor(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    whole(vm, "floor(x)", args[0], f64::floor)
}

pub fn ceil(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    whole(vm, "ceil(x)", args[0], f64::ceil)
}

pub fn trunc(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    whole(vm, "trunc(x)", args[0], f64::trunc)
}

pub fn round_whole(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    whole(vm, "round(x)", args[0], f64::round)
}

fn round(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let Some(digits) = args::not_nil(args[1]) else { return round_whole(vm, args) };
    let digits = args::int(vm, "round(digits)", digits)?;
    Ok(Value::float(round_to(args[0].float_bits(), digits)))
}

/// The float nearest to the value rounded to so many decimals, halves away from zero.
fn round_to(float: f64, digits: i64) -> f64 {
    // A float has no digits beyond these places.
    if !float.is_finite() || digits > 340 {
        return float;
    }
    if digits < -310 {
        return 0f64.copysign(float);
    }
    if digits >= 0 {
        let scale = 10f64.powi(digits.min(22) as i32);
        let scaled = float.abs() * scale;
        if digits <= 22 && scaled.fract() == 0.5 && is_half(float.abs(), digits) {
            return (scaled.ceil() / scale).copysign(float);
        }
        // Rounds the exact value, so that 2.675, which is a little less, gives 2.67.
        return format!("{:.*}", digits as usize, float).parse().unwrap_or(float);
    }
    let scale = 10f64.powi((-digits) as i32);
    (float / scale).round() * scale
}

/// Does the float lie exactly between two decimals of so many digits?
fn is_half(float: f64, digits: i64) -> bool {
    let text = format!("{:.*}", 1100, float);
    let Some(point) = text.find('.') else { return false };
    let behind = text[point + 1 + digits as usize..].trim_end_matches('0');
    behind == "5"
}

fn fract(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::float(args[0].float_bits().fract()))
}

fn sqrt(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::float(args[0].as_number().unwrap_or(f64::NAN).sqrt()))
}

pub fn is_nan(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(args::number(vm, "is_nan(x)", args[0])?.is_nan()))
}

pub fn is_inf(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(args::number(vm, "is_inf(x)", args[0])?.is_infinite()))
}

pub fn is_finite(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(args::number(vm, "is_finite(x)", args[0])?.is_finite()))
}

fn is_even(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(args[0].int_bits() & 1 == 0))
}

fn is_odd(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(args[0].int_bits() & 1 == 1))
}

fn bit_count(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::int(args[0].int_bits().count_ones() as i64))
}

fn bit_len(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::int(64 - args[0].int_bits().unsigned_abs().leading_zeros() as i64))
}

fn wrapping_add(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let n = args::int(vm, "wrapping_add(n)", args[1])?;
    Ok(Value::int(args[0].int_bits().wrapping_add(n)))
}

fn wrapping_sub(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let n = args::int(vm, "wrapping_sub(n)", args[1])?;
    Ok(Value::int(args[0].int_bits().wrapping_sub(n)))
}

fn wrapping_mul(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let n = args::int(vm, "wrapping_mul(n)", args[1])?;
    Ok(Value::int(args[0].int_bits().wrapping_mul(n)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_to_digits() {
        for (float, digits, rounded) in [
            (7.12345, 2, 7.12),
            (2.675, 2, 2.67),
            (2.5, 0, 3.0),
            (-2.5, 0, -3.0),
            (0.125, 2, 0.13),
            (-0.375, 2, -0.38),
            (1234.5, -2, 1200.0),
            (1250.0, -2, 1300.0),
            (1e300, 3, 1e300),
            (0.1, 400, 0.1),
            (5e-324, 5, 0.0),
        ] {
            assert_eq!(round_to(float, digits), rounded, "{float} to {digits} digits");
        }
    }
}
