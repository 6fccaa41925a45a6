//! The methods of `range`, besides those of [`super::sequence`].

use crate::{
    builtins::{Control, args, sequence},
    heap::object::*,
    ops::index,
    value::{Gc, Value},
    vm::Vm,
};

builtins! {
    pub static METHODS = [
        /// How many numbers it has.
        fn len() = native(sequence::len);
        /// Has it no numbers?
        fn is_empty() = native(sequence::is_empty);
        /// Is `x` one of its numbers? The same as `x in r`.
        fn contains(x) = native(contains);
        /// Every `n`-th number: `(0..10).step(3)` is 0 3 6 9. A negative `n` counts down: `(10..0).step(-2)` is 10 8 6 4 2.
        fn step(n) = native(step);
        /// The same numbers backwards: `for i in (0..3).rev()` is 2 1 0.
        fn rev() = native(rev);
    ];
}

fn this(args: &[Value]) -> Gc<Range> {
    args::receiver(args)
}

fn contains(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(index::range_contains(&this(args), args[1])))
}

fn step(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let range = this(args);
    let factor = args::int(vm, "step(n)", args[1])?;
    if factor == 0 {
        return Err(vm.throw("ValueError", "the step of a range must not be 0"));
    }
    match range.step.checked_mul(factor) {
        Some(step) => Ok(vm.heap.range(range.start, range.end, step, range.is_inclusive()).into()),
        None => Err(step_overflow(vm)),
    }
}

fn rev(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let range = this(args);
    let Some(step) = range.step.checked_neg() else { return Err(step_overflow(vm)) };
    let reversed = match range.len.checked_sub(1) {
        Some(last) => vm.heap.range(range.at(last), range.start, step, true),
        None => vm.heap.range(range.start, range.start, step, false),
    };
    Ok(reversed.into())
}

#[cold]
fn step_overflow(vm: &mut Vm) -> Control {
    vm.throw("OverflowError", "integer overflow: the step of the range")
}
