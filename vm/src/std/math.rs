//! `import math`

use std::{cmp::Ordering, f64::consts};

use crate::{
    builtins::{Control, args, builtins, hand_over, number},
    ops::sort,
    value::Value,
    vm::Vm,
};

builtins! {
    pub static MEMBERS = [
        /// 3.14159…, half of a circle's angle in radians.
        fn pi -> Constant = constant(|_| Value::float(consts::PI));
        /// 2.71828…, the base of `exp` and `ln`.
        fn e -> Constant = constant(|_| Value::float(consts::E));
        /// 6.28318…, a circle's angle in radians.
        fn tau -> Constant = constant(|_| Value::float(consts::TAU));
        /// The float greater than all others.
        fn inf -> Constant = constant(|_| Value::float(f64::INFINITY));
        /// The float that is no number, and equal to nothing.
        fn nan -> Constant = constant(|_| Value::float(f64::NAN));
        /// The greatest int, 9223372036854775807.
        fn max_int -> Constant = constant(|_| Value::int(i64::MAX));
        /// The smallest int, -9223372036854775808.
        fn min_int -> Constant = constant(|_| Value::int(i64::MIN));
        /// The sine of an angle in radians.
        fn sin(x) = native(|vm, args| float(vm, "sin(x)", args, f64::sin));
        /// The cosine of an angle in radians.
        fn cos(x) = native(|vm, args| float(vm, "cos(x)", args, f64::cos));
        /// The tangent of an angle in radians.
        fn tan(x) = native(|vm, args| float(vm, "tan(x)", args, f64::tan));
        /// The angle in radians whose sine is `x`; `nan` outside -1 to 1.
        fn asin(x) = native(|vm, args| float(vm, "asin(x)", args, f64::asin));
        /// The angle in radians whose cosine is `x`; `nan` outside -1 to 1.
        fn acos(x) = native(|vm, args| float(vm, "acos(x)", args, f64::acos));
        /// The angle in radians whose tangent is `x`.
        fn atan(x) = native(|vm, args| float(vm, "atan(x)", args, f64::atan));
        /// The hyperbolic sine.
        fn sinh(x) = native(|vm, args| float(vm, "sinh(x)", args, f64::sinh));
        /// The hyperbolic cosine.
        fn cosh(x) = native(|vm, args| float(vm, "cosh(x)", args, f64::cosh));
        /// The hyperbolic tangent.
        fn tanh(x) = native(|vm, args| float(vm, "tanh(x)", args, f64::tanh));
        /// The angle in radians of the point `(x, y)`, from -pi to pi. Note the order: `y` comes first.
        fn atan2(y, x) = native(atan2);
        /// The distance of the point `(x, y)` from the origin.
        fn hypot(x, y) = native(hypot);
        /// The square root; `nan` of a negative number.
        fn sqrt(x) = native(|vm, args| float(vm, "sqrt(x)", args, f64::sqrt));
        /// The cube root.
        fn cbrt(x) = native(|vm, args| float(vm, "cbrt(x)", args, f64::cbrt));
        /// `e ** x`
        fn exp(x) = native(|vm, args| float(vm, "exp(x)", args, f64::exp));
        /// The natural logarithm; `-inf` of 0, `nan` of a negative number.
        fn ln(x) = native(|vm, args| float(vm, "ln(x)", args, f64::ln));
        /// The logarithm to base 2.
        fn log2(x) = native(|vm, args| float(vm, "log2(x)", args, f64::log2));
        /// The logarithm to base 10.
        fn log10(x) = native(|vm, args| float(vm, "log10(x)", args, f64::log10));
        /// The logarithm to a base, `e` if none is given: `math.log(8, 2)` is 3.0.
        fn log(x, base = e) = native(log);
        /// `x ** y` as a float; the operator stays with ints.
        fn pow(x, y) = native(pow);
        /// The greatest int that is not greater.
        fn floor(x) = native(number::floor);
        /// The smallest int that is not smaller.
        fn ceil(x) = native(number::ceil);
        /// The nearest int, halves away from zero.
        fn round(x) = native(number::round_whole);
        /// The int without what is behind the point.
        fn trunc(x) = native(number::trunc);
        /// The size of a number without its sign.
        fn abs(x) = native(number::abs);
        /// -1, 0 or 1 by the sign.
        fn sign(x) = native(number::sign);
        /// The smallest of the arguments.
        fn min(...xs) = native(min);
        /// The greatest of the arguments.
        fn max(...xs) = native(max);
        /// The nearest number between `low` and `high`.
        fn clamp(x, low, high) = native(number::clamp);
        /// The greatest int that divides both; 0 for two zeros.
        fn gcd(a, b) = native(gcd);
        /// The smallest int that both divide.
        fn lcm(a, b) = native(lcm);
        /// The product of all ints from 1 to `n`.
        fn factorial(n) = native(factorial);
        /// The square root of an int, rounded down, exact.
        fn isqrt(n) = native(isqrt);
        /// Is it `nan`?
        fn is_nan(x) = native(number::is_nan);
        /// Is it `inf` or `-inf`?
        fn is_inf(x) = native(number::is_inf);
        /// Is it neither `nan` nor infinite?
        fn is_finite(x) = native(number::is_finite);
        /// An angle in radians as degrees.
        fn degrees(x) = native(|vm, args| float(vm, "degrees(x)", args, f64::to_degrees));
        /// An angle in degrees as radians.
        fn radians(x) = native(|vm, args| float(vm, "radians(x)", args, f64::to_radians));
    ];
}

fn float(vm: &mut Vm, what: &str, args: &[Value], function: fn(f64) -> f64) -> Result<Value, Control> {
    Ok(Value::float(function(args::number(vm, what, args[0])?)))
}

fn atan2(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let y = args::number(vm, "atan2(y)", args[0])?;
    Ok(Value::float(y.atan2(args::number(vm, "atan2(x)", args[1])?)))
}

fn hypot(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let x = args::number(vm, "hypot(x)", args[0])?;
    Ok(Value::float(x.hypot(args::number(vm, "hypot(y)", args[1])?)))
}

fn log(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let x = args::number(vm, "log(x)", args[0])?;
    let Some(base) = args::given(args[1]) else { return Ok(Value::float(x.ln())) };
    let base = args::number(vm, "log(base)", base)?;
    // The exact functions give whole results for whole powers.
    Ok(Value::float(match base {
        2.0 => x.log2(),
        10.0 => x.log10(),
        _ => x.ln() / base.ln(),
    }))
}

fn pow(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let x = args::number(vm, "pow(x)", args[0])?;
    Ok(Value::float(crate::ops::arith::float_pow(x, args::number(vm, "pow(y)", args[1])?)))
}

fn min(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    extreme(vm, args, "min", Ordering::Less, "seq_min")
}

fn max(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    extreme(vm, args, "max", Ordering::Greater, "seq_max")
}

fn extreme(
    vm: &mut Vm,
    args: &[Value],
    name: &str,
    wanted: Ordering,
    library: &'static str,
) -> Result<Value, Control> {
    match sort::extreme(vm, args, wanted) {
        Ok(Some(found)) => Ok(found),
        Ok(None) => Err(vm.throw("TypeError", format!("`{name}` takes at least 1 argument, but got 0"))),
        Err(sort::Failure::NeedsCall) => {
            let list = vm.heap.list(args);
            Err(hand_over(vm, library, &[list.into()]))
        }
        Err(sort::Failure::Thrown(control)) => Err(control),
    }
}

fn divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn gcd(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let (a, b) = (args::int(vm, "gcd(a)", args[0])?, args::int(vm, "gcd(b)", args[1])?);
    positive(vm, "gcd", a, b, Some(divisor(a.unsigned_abs(), b.unsigned_abs())))
}

fn lcm(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let (a, b) = (args::int(vm, "lcm(a)", args[0])?, args::int(vm, "lcm(b)", args[1])?);
    let (x, y) = (a.unsigned_abs(), b.unsigned_abs());
    let multiple = if x == 0 || y == 0 { Some(0) } else { (x / divisor(x, y)).checked_mul(y) };
    positive(vm, "lcm", a, b, multiple)
}

fn positive(vm: &mut Vm, name: &str, a: i64, b: i64, result: Option<u64>) -> Result<Value, Control> {
    match result.and_then(|result| i64::try_from(result).ok()) {
        Some(int) => Ok(Value::int(int)),
        None => Err(vm.throw("OverflowError", format!("integer overflow: {name} of {a} and {b}"))),
    }
}

fn factorial(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let n = args::int(vm, "factorial(n)", args[0])?;
    if n < 0 {
        return Err(vm.throw("ValueError", format!("factorial(n) must not be negative, but is {n}")));
    }
    match (1..=n).try_fold(1i64, |product, factor| product.checked_mul(factor)) {
        Some(product) => Ok(Value::int(product)),
        None => Err(vm.throw("OverflowError", format!("integer overflow: factorial of {n}"))),
    }
}

fn isqrt(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let n = args::int(vm, "isqrt(n)", args[0])?;
    match n.checked_isqrt() {
        Some(root) => Ok(Value::int(root)),
        None => Err(vm.throw("ValueError", format!("isqrt(n) must not be negative, but is {n}"))),
    }
}
