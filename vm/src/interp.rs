//! The interpreter: runs one fiber until something has to be decided outside.
//!
//! One `loop { match op }` over 64-bit words. `pc`, `base` and `constants` live in local variables; every path that leaves the
//! straight line is a `#[cold]` function that finds them in the [`Vm`] and leaves them there. What those functions tell
//! the loop is a [`Flow`]; why a run ended is a [`Step`]. The interpreter never waits, never does I/O and never calls
//! itself: a builtin or op that needs a function of the program pushes a frame for it.

#![allow(unsafe_code)]

mod access;
mod arith;
mod call;
mod control;
mod iterate;
pub mod sample;
mod scopes;
mod wake;
pub mod unwind;

use std::sync::atomic::Ordering;

pub use control::{complete, raise as control_raise};
pub use wake::{
    complete_walk, is_in_loop, pass_await, put_scratch, scratch, set_scratch, wake_exhausted, wake_selected,
    wake_with,
};

use crate::{
    builtins::Native,
    bytecode::{Op, Word},
    fiber::{self, branch_barrier, copy, frame_constants, link_delta, link_return, write_link},
    heap::object::*,
    value::{Tag, Value},
    vm::Vm,
};

/// Why a run of the interpreter ended.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// The task's function has returned this.
    Done(Value),
    /// The task's function has thrown this (an error, or one of the [`unwind::Token`]s).
    Failed(Value),
    /// The task waits for what its wait record says.
    Waits,
    /// The task goes to the end of the ready queue.
    Yielded,
    /// Something outside asked for the interpreter's attention.
    Interrupted,
}

/// What a slow path tells the loop.
#[derive(Debug, Clone, Copy)]
pub enum Flow {
    /// `pc` and `base` in the VM say where to go on.
    Continue,
    Leave(Step),
}

const INT: u64 = Tag::INT.number();
const FLOAT: u64 = Tag::FLOAT.number();
const TRUE: u64 = Tag::TRUE.number();
const FALSE: u64 = Tag::FALSE.number();
const NIL: u64 = Tag::NIL.number();
const UNDEF: u64 = Tag::UNDEF.number();
const STR: u64 = Tag::STR.number();

/// A register of the frame at `base`.
#[inline(always)]
unsafe fn at(base: *mut Value, scaled: u64) -> *mut Value {
    // SAFETY: the compiler's register operands are below the frame's register count (see bytecode/verify).
    unsafe { (base as *mut u8).add(scaled as usize) as *mut Value }
}

#[inline(always)]
unsafe fn tag(slot: *const Value) -> u64 {
    // SAFETY: a live slot.
    unsafe { *(slot as *const u64) }
}

#[inline(always)]
unsafe fn bits(slot: *const Value) -> u64 {
    // SAFETY: a live slot.
    unsafe { *(slot as *const u64).add(1) }
}

#[inline(always)]
unsafe fn put(slot: *mut Value, tag: u64, bits: u64) {
    // SAFETY: a live slot; the tag is one of the constants above.
    unsafe {
        *(slot as *mut u64) = tag;
        *(slot as *mut u64).add(1) = bits;
    }
}

#[inline(always)]
unsafe fn put_int(slot: *mut Value, int: i64) {
    // SAFETY: a live slot.
    unsafe { put(slot, INT, int as u64) }
}

#[inline(always)]
unsafe fn put_float(slot: *mut Value, float: f64) {
    // SAFETY: a live slot.
    unsafe { put(slot, FLOAT, float.to_bits()) }
}

#[inline(always)]
unsafe fn put_bool(slot: *mut Value, bool: bool) {
    // SAFETY: a live slot.
    unsafe { put(slot, FALSE + bool as u64, 0) }
}

/// Whether two strings are equal only if they are the same one.
#[inline(always)]
unsafe fn differ_as_words(a: *const Value, b: *const Value) -> bool {
    // SAFETY: the caller has seen that both are strings.
    let (a, b) = unsafe { (&*(bits(a) as *const Str), &*(bits(b) as *const Str)) };
    a.header.flags.get() & b.header.flags.get() & flags::INTERNED != 0 || a.len != b.len
}

/// Replaces the op of the word before `pc`, keeping its operands.
#[inline(always)]
unsafe fn specialise(pc: *const Word, op: Op) {
    // SAFETY: `pc` lies behind a word of the running function's code, which only this thread changes.
    unsafe {
        let word = pc.sub(1) as *mut u64;
        *word = (*word & !0xffff) | op as u64;
    }
}

/// `//` and `%` for a divisor that is neither 0 nor -1.
#[inline(always)]
fn floor_div(a: i64, b: i64) -> i64 {
    let quotient = a / b;
    if (a % b != 0) && ((a < 0) != (b < 0)) { quotient - 1 } else { quotient }
}

#[inline(always)]
fn floor_rem(a: i64, b: i64) -> i64 {
    let remainder = a % b;
    if remainder != 0 && ((remainder < 0) != (b < 0)) { remainder + b } else { remainder }
}

/// Runs the fiber whose position is in the VM until its next [`Step`].
#[inline(always)]
pub fn run(vm: &mut Vm) -> Step {
    if vm.profiler.is_none() {
        return execute::<false>(vm);
    }
    sample::at_turn(vm);
    execute::<true>(vm)
}

/// The loop, once as it is and once with a look at the profiler before each op.
#[inline(never)]
fn execute<const PROFILED: bool>(vm: &mut Vm) -> Step {
    let vm: *mut Vm = vm;
    // SAFETY: the loop runs verified code on a live fiber. `vm` is used through one raw pointer; references made from it end
    // before the next one is made.
    unsafe {
        let mut pc: *const Word = (*vm).pc;
        let mut base: *mut Value = (*vm).base;
        let mut constants: *const Value = frame_constants(base);
        let mut previous = pc;

        loop {
            if PROFILED {
                if sample::is_due(vm) {
                    (*vm).pc = pc;
                    (*vm).base = base;
                    sample::at_op(&mut *vm, previous);
                }
                previous = pc;
            }
            let word = (*pc).0;
            pc = pc.add(1);

            macro_rules! a {
                () => {
                    at(base, (word >> 16) & 0xffff)
                };
            }
            macro_rules! b {
                () => {
                    at(base, (word >> 32) & 0xffff)
                };
            }
            macro_rules! c {
                () => {
                    at(base, word >> 48)
                };
            }
            macro_rules! const_b {
                () => {
                    at(constants as *mut Value, (word >> 32) & 0xffff)
                };
            }
            macro_rules! const_c {
                () => {
                    at(constants as *mut Value, word >> 48)
                };
            }
            macro_rules! int_b {
                () => {
                    (word >> 32) as i16 as i64
                };
            }
            macro_rules! int_c {
                () => {
                    (word as i64) >> 48
                };
            }
            macro_rules! wide {
                () => {
                    ((word as i64) >> 32)
                };
            }
            // Leaves the straight line: the state goes into the VM, the function decides, the state comes back.
            macro_rules! slow {
                ($function:path) => {{
                    (*vm).pc = pc.sub(1);
                    (*vm).base = base;
                    follow!($function(&mut *vm, Word(word)))
                }};
            }
            macro_rules! follow {
                ($flow:expr) => {{
                    match $flow {
                        Flow::Continue => {}
                        Flow::Leave(step) => {
                            if PROFILED {
                                sample::at_leave(&mut *vm, step);
                            }
                            return step;
                        }
                    }
                    pc = (*vm).pc;
                    base = (*vm).base;
                    constants = frame_constants(base);
                    continue;
                }};
            }
            macro_rules! jump {
                ($offset:expr) => {{
                    pc = pc.offset($offset as isize);
                    branch_barrier();
                }};
            }
            macro_rules! poll {
                () => {
                    if (*(*vm).interrupt).load(Ordering::Relaxed) != 0 {
                        slow!(control::interrupted);
                    }
                };
            }
            // Both ints: a checked operation. Both floats: the op turns into its float form. Else the slow path.
            macro_rules! arith {
                ($left:expr, $right:expr, $checked:ident, $op:tt, $float:ident) => {{
                    let (left, right) = ($left, $right);
                    if tag(left) == INT && tag(right) == INT {
                        let (result, overflow) = (bits(left) as i64).$checked(bits(right) as i64);
                        if !overflow {
                            put_int(a!(), result);
                            continue;
                        }
                    } else if tag(left) == FLOAT && tag(right) == FLOAT {
                        specialise(pc, Op::$float);
                        put_float(a!(), f64::from_bits(bits(left)) $op f64::from_bits(bits(right)));
                        continue;
                    }
                    slow!(arith::binary)
                }};
            }
            macro_rules! arith_float {
                ($left:expr, $right:expr, $op:tt, $plain:ident) => {{
                    let (left, right) = ($left, $right);
                    if tag(left) == FLOAT && tag(right) == FLOAT {
                        put_float(a!(), f64::from_bits(bits(left)) $op f64::from_bits(bits(right)));
                        continue;
                    }
                    specialise(pc, Op::$plain);
                    pc = pc.sub(1);
                    continue;
                }};
            }
            macro_rules! bits_of {
                ($right:expr, |$x:ident, $y:ident| $result:expr) => {{
                    let (left, right) = (b!(), $right);
                    if tag(left) == INT && tag(right) == INT {
                        let ($x, $y) = (bits(left), bits(right));
                        put_int(a!(), ($result) as i64);
                        continue;
                    }
                    slow!(arith::binary)
                }};
            }
            macro_rules! shift {
                ($right:expr, |$x:ident, $by:ident| $result:expr) => {{
                    let (left, right) = (b!(), $right);
                    if tag(left) == INT && tag(right) == INT && bits(right) < 64 {
                        let ($x, $by) = (bits(left), bits(right));
                        put_int(a!(), ($result) as i64);
                        continue;
                    }
                    slow!(arith::binary)
                }};
            }
            macro_rules! compare_jump {
                ($right:expr, $op:tt, $on:literal) => {{
                    let (left, right) = (a!(), $right);
                    let holds = if tag(left) == INT && tag(right) == INT {
                        (bits(left) as i64) $op (bits(right) as i64)
                    } else if tag(left) == FLOAT && tag(right) == FLOAT {
                        f64::from_bits(bits(left)) $op f64::from_bits(bits(right))
                    } else {
                        slow!(arith::compare_jump)
                    };
                    if holds == $on {
                        jump!(int_c!());
                    }
                    continue;
                }};
            }
            // Equality of what needs no look at contents: numbers, nil and bools, interned or differently long strings.
            macro_rules! are_equal {
                ($left:expr, $right:expr, $slow:path) => {{
                    let (left, right) = ($left, $right);
                    if tag(left) == INT && tag(right) == INT {
                        bits(left) == bits(right)
                    } else if tag(left) == STR && tag(right) == STR && differ_as_words(left, right) {
                        bits(left) == bits(right)
                    } else if tag(left) == FLOAT && tag(right) == FLOAT {
                        f64::from_bits(bits(left)) == f64::from_bits(bits(right))
                    } else if tag(left) <= TRUE && tag(right) <= TRUE {
                        tag(left) == tag(right)
                    } else {
                        slow!($slow)
                    }
                }};
            }
            macro_rules! equal_jump {
                ($right:expr, $on:literal) => {{
                    if are_equal!(a!(), $right, arith::compare_jump) == $on {
                        jump!(int_c!());
                    }
                    continue;
                }};
            }
            macro_rules! compare_jump_int {
                ($op:tt, $on:literal) => {{
                    let left = a!();
                    if tag(left) != INT {
                        slow!(arith::compare_jump)
                    }
                    if ((bits(left) as i64) $op int_b!()) == $on {
                        jump!(int_c!());
                    }
                    continue;
                }};
            }
            macro_rules! compare {
                ($op:tt) => {{
                    let (left, right) = (b!(), c!());
                    if tag(left) == INT && tag(right) == INT {
                        put_bool(a!(), (bits(left) as i64) $op (bits(right) as i64));
                        continue;
                    }
                    if tag(left) == FLOAT && tag(right) == FLOAT {
                        put_bool(a!(), f64::from_bits(bits(left)) $op f64::from_bits(bits(right)));
                        continue;
                    }
                    slow!(arith::compare)
                }};
            }
            // Enters a plain function whose arguments are in place; `area` holds the callee.
            macro_rules! enter {
                ($area:expr, $closure:expr, $slow:path) => {{
                    let closure: *const Closure = $closure;
                    let proto = (*closure).proto;
                    let new_base = $area.add(2);
                    if (*proto).keys.call != ((word >> 32) & 0xffff) as u32
                        || new_base.add((*proto).registers as usize) > (*vm).stack_end
                    {
                        slow!($slow);
                    }
                    if (*(*vm).interrupt).load(Ordering::Relaxed) != 0 {
                        slow!(control::interrupted);
                    }
                    (new_base, proto)
                }};
            }

            let op: Op = std::mem::transmute::<u16, Op>(word as u16);
            match op {
                Op::MOVE => copy(a!(), b!()),
                Op::LOAD_K => copy(a!(), constants.offset(wide!() as isize)),
                Op::LOAD_INT => put_int(a!(), wide!()),
                Op::LOAD_NIL => put(a!(), NIL, 0),
                Op::LOAD_TRUE => put(a!(), TRUE, 0),
                Op::LOAD_FALSE => put(a!(), FALSE, 0),
                Op::LOAD_UNDEF => put(a!(), UNDEF, 0),
                Op::GET_GLOBAL => {
                    let slot = (*vm).globals.as_ptr().add(wide!() as u32 as usize);
                    if tag(slot) == UNDEF {
                        slow!(access::unset_global);
                    }
                    copy(a!(), slot);
                }
                Op::GET_GLOBAL_SET => copy(a!(), (*vm).globals.as_ptr().add(wide!() as u32 as usize)),
                Op::SET_GLOBAL => copy((*vm).globals.as_mut_ptr().add(wide!() as u32 as usize), a!()),
                Op::GET_CAPTURE => copy(a!(), capture(base, word)),
                Op::GET_CAPTURE_CELL => {
                    let cell = bits(capture(base, word)) as *const CellObject;
                    let value = (*cell).value.as_ptr();
                    if tag(value) == UNDEF {
                        slow!(access::unset_variable);
                    }
                    copy(a!(), value);
                }
                Op::SET_CAPTURE_CELL => {
                    let cell = *capture(base, word);
                    (*vm).heap.store(&cell.object_unchecked::<CellObject>().value, *a!());
                }
                Op::NEW_CELL => slow!(access::new_cell),
                Op::GET_CELL => {
                    let cell = bits(b!()) as *const CellObject;
                    let value = (*cell).value.as_ptr();
                    if tag(value) == UNDEF {
                        slow!(access::unset_variable);
                    }
                    copy(a!(), value);
                }
                Op::SET_CELL => {
                    let cell = *a!();
                    (*vm).heap.store(&cell.object_unchecked::<CellObject>().value, *b!());
                }
                Op::CHECK_SET => {
                    if tag(a!()) == UNDEF {
                        slow!(access::unset_variable);
                    }
                }
                Op::GET_THIS => slow!(access::get_this),
                Op::CLOSURE => slow!(access::closure),
                Op::STRUCT => slow!(access::make_struct),

                Op::ADD => arith!(b!(), c!(), overflowing_add, +, ADD_FLOAT),
                Op::SUB => arith!(b!(), c!(), overflowing_sub, -, SUB_FLOAT),
                Op::MUL => arith!(b!(), c!(), overflowing_mul, *, MUL_FLOAT),
                Op::ADD_K => arith!(b!(), const_c!(), overflowing_add, +, ADD_FLOAT_K),
                Op::SUB_K => arith!(b!(), const_c!(), overflowing_sub, -, SUB_FLOAT_K),
                Op::MUL_K => arith!(b!(), const_c!(), overflowing_mul, *, MUL_FLOAT_K),
                Op::ADD_I => {
                    let left = b!();
                    if tag(left) == INT {
                        let (result, overflow) = (bits(left) as i64).overflowing_add(int_c!());
                        if !overflow {
                            put_int(a!(), result);
                            continue;
                        }
                    } else if tag(left) == FLOAT {
                        put_float(a!(), f64::from_bits(bits(left)) + int_c!() as f64);
                        continue;
                    }
                    slow!(arith::binary)
                }
                Op::ADD_FLOAT => arith_float!(b!(), c!(), +, ADD),
                Op::SUB_FLOAT => arith_float!(b!(), c!(), -, SUB),
                Op::MUL_FLOAT => arith_float!(b!(), c!(), *, MUL),
                Op::DIV_FLOAT => arith_float!(b!(), c!(), /, DIV),
                Op::ADD_FLOAT_K => arith_float!(b!(), const_c!(), +, ADD_K),
                Op::SUB_FLOAT_K => arith_float!(b!(), const_c!(), -, SUB_K),
                Op::MUL_FLOAT_K => arith_float!(b!(), const_c!(), *, MUL_K),
                Op::DIV_FLOAT_K => arith_float!(b!(), const_c!(), /, DIV_K),
                Op::DIV => {
                    if tag(b!()) == FLOAT && tag(c!()) == FLOAT {
                        specialise(pc, Op::DIV_FLOAT);
                        pc = pc.sub(1);
                        continue;
                    }
                    slow!(arith::binary)
                }
                Op::DIV_K => {
                    if tag(b!()) == FLOAT && tag(const_c!()) == FLOAT {
                        specialise(pc, Op::DIV_FLOAT_K);
                        pc = pc.sub(1);
                        continue;
                    }
                    slow!(arith::binary)
                }
                Op::FLOOR_DIV => {
                    if tag(b!()) == INT && tag(c!()) == INT && (bits(c!()) as i64) > 0 {
                        put_int(a!(), floor_div(bits(b!()) as i64, bits(c!()) as i64));
                        continue;
                    }
                    slow!(arith::binary)
                }
                Op::FLOOR_DIV_K => {
                    if tag(b!()) == INT && tag(const_c!()) == INT && (bits(const_c!()) as i64) > 0 {
                        let (left, right) = (bits(b!()) as i64, bits(const_c!()) as i64);
                        let quotient = if right & (right - 1) == 0 {
                            left >> right.trailing_zeros()
                        } else {
                            floor_div(left, right)
                        };
                        put_int(a!(), quotient);
                        continue;
                    }
                    slow!(arith::binary)
                }
                Op::REM => {
                    if tag(b!()) == INT && tag(c!()) == INT && (bits(c!()) as i64) > 0 {
                        put_int(a!(), floor_rem(bits(b!()) as i64, bits(c!()) as i64));
                        continue;
                    }
                    slow!(arith::binary)
                }
                Op::REM_K => {
                    if tag(b!()) == INT && tag(const_c!()) == INT && (bits(const_c!()) as i64) > 0 {
                        let (left, right) = (bits(b!()) as i64, bits(const_c!()) as i64);
                        // A power of two needs no division, which takes as long as some operations do.
                        let rest = if right & (right - 1) == 0 {
                            left & (right - 1)
                        } else {
                            floor_rem(left, right)
                        };
                        put_int(a!(), rest);
                        continue;
                    }
                    slow!(arith::binary)
                }
                Op::BIT_AND => bits_of!(c!(), |x, y| x & y),
                Op::BIT_OR => bits_of!(c!(), |x, y| x | y),
                Op::BIT_XOR => bits_of!(c!(), |x, y| x ^ y),
                Op::BIT_AND_K => bits_of!(const_c!(), |x, y| x & y),
                Op::BIT_OR_K => bits_of!(const_c!(), |x, y| x | y),
                Op::BIT_XOR_K => bits_of!(const_c!(), |x, y| x ^ y),
                Op::SHL => shift!(c!(), |x, by| x << by),
                Op::SHR => shift!(c!(), |x, by| ((x as i64) >> by) as u64),
                Op::SHL_K => shift!(const_c!(), |x, by| x << by),
                Op::SHR_K => shift!(const_c!(), |x, by| ((x as i64) >> by) as u64),
                Op::POW => {
                    let (left, right) = (b!(), c!());
                    if tag(right) == INT && bits(right) == 2 {
                        if tag(left) == FLOAT {
                            let base = f64::from_bits(bits(left));
                            put_float(a!(), base * base);
                            continue;
                        }
                        if tag(left) == INT {
                            let (square, overflow) = (bits(left) as i64).overflowing_mul(bits(left) as i64);
                            if !overflow {
                                put_int(a!(), square);
                                continue;
                            }
                        }
                    }
                    slow!(arith::binary)
                }
                Op::NEG => {
                    let operand = b!();
                    if tag(operand) == FLOAT {
                        put_float(a!(), -f64::from_bits(bits(operand)));
                        continue;
                    }
                    if tag(operand) == INT && bits(operand) as i64 != i64::MIN {
                        put_int(a!(), -(bits(operand) as i64));
                        continue;
                    }
                    slow!(arith::unary)
                }
                Op::BIT_NOT => slow!(arith::unary),
                Op::NOT => {
                    if tag(b!()) == Tag::COROUTINE.number() {
                        slow!(control::coroutine_negated);
                    }
                    put_bool(a!(), tag(b!()) <= FALSE);
                }

                Op::EQ => {
                    let equal = are_equal!(b!(), c!(), arith::compare);
                    put_bool(a!(), equal);
                }
                Op::NE => {
                    let equal = are_equal!(b!(), c!(), arith::compare);
                    put_bool(a!(), !equal);
                }
                Op::LT => compare!(<),
                Op::LE => compare!(<=),
                Op::IN => slow!(arith::contains),
                Op::IS_TYPE => {
                    let holds = arith::is_type(*b!(), (word >> 48) as u16);
                    put_bool(a!(), holds);
                }
                Op::IS => slow!(arith::is),

                Op::JUMP => jump!(wide!()),
                Op::LOOP => {
                    poll!();
                    jump!(wide!());
                }
                Op::JUMP_IF_FALSE => {
                    let tag = tag(a!());
                    if tag <= FALSE {
                        jump!(wide!());
                    } else if tag == Tag::COROUTINE.number() {
                        slow!(control::coroutine_condition);
                    }
                }
                Op::JUMP_IF_TRUE => {
                    let tag = tag(a!());
                    if tag == Tag::COROUTINE.number() {
                        slow!(control::coroutine_condition);
                    }
                    if tag > FALSE {
                        jump!(wide!());
                    }
                }
                Op::JUMP_IF_NIL => {
                    if tag(a!()) == NIL {
                        jump!(wide!());
                    }
                }
                Op::JUMP_IF_NOT_NIL => {
                    if tag(a!()) != NIL {
                        jump!(wide!());
                    }
                }
                Op::JUMP_IF_UNDEF => {
                    if tag(a!()) == UNDEF {
                        jump!(wide!());
                    }
                }
                Op::JUMP_IF_SET => {
                    if tag(a!()) != UNDEF {
                        jump!(wide!());
                    }
                }
                Op::JUMP_LT => compare_jump!(b!(), <, true),
                Op::JUMP_NOT_LT => compare_jump!(b!(), <, false),
                Op::JUMP_LE => compare_jump!(b!(), <=, true),
                Op::JUMP_NOT_LE => compare_jump!(b!(), <=, false),
                Op::JUMP_EQ => equal_jump!(b!(), true),
                Op::JUMP_NE => equal_jump!(b!(), false),
                Op::JUMP_LT_I => compare_jump_int!(<, true),
                Op::JUMP_NOT_LT_I => compare_jump_int!(<, false),
                Op::JUMP_LE_I => compare_jump_int!(<=, true),
                Op::JUMP_NOT_LE_I => compare_jump_int!(<=, false),
                Op::JUMP_GT_I => compare_jump_int!(>, true),
                Op::JUMP_NOT_GT_I => compare_jump_int!(>, false),
                Op::JUMP_GE_I => compare_jump_int!(>=, true),
                Op::JUMP_NOT_GE_I => compare_jump_int!(>=, false),
                Op::JUMP_EQ_I => compare_jump_int!(==, true),
                Op::JUMP_NE_I => compare_jump_int!(==, false),
                Op::JUMP_EQ_K => equal_jump!(const_b!(), true),
                Op::JUMP_NE_K => equal_jump!(const_b!(), false),
                Op::JUMP_LT_K => compare_jump!(const_b!(), <, true),
                Op::JUMP_NOT_LT_K => compare_jump!(const_b!(), <, false),
                Op::JUMP_LE_K => compare_jump!(const_b!(), <=, true),
                Op::JUMP_NOT_LE_K => compare_jump!(const_b!(), <=, false),
                Op::JUMP_GT_K => compare_jump!(const_b!(), >, true),
                Op::JUMP_NOT_GT_K => compare_jump!(const_b!(), >, false),
                Op::JUMP_GE_K => compare_jump!(const_b!(), >=, true),
                Op::JUMP_NOT_GE_K => compare_jump!(const_b!(), >=, false),

                Op::FOR_PREP => {
                    let (start, end) = (a!(), a!().add(1));
                    if tag(start) != INT || tag(end) != INT {
                        slow!(iterate::bad_range);
                    }
                    let (first, last) = (bits(start) as i64, bits(end) as i64);
                    if first >= last {
                        jump!(wide!());
                        continue;
                    }
                    put(end, INT, last.wrapping_sub(first) as u64 - 1);
                    put_int(start.add(2), first);
                }
                Op::FOR_PREP_INCL => {
                    let (start, end) = (a!(), a!().add(1));
                    if tag(start) != INT || tag(end) != INT {
                        slow!(iterate::bad_range);
                    }
                    let (first, last) = (bits(start) as i64, bits(end) as i64);
                    if first > last {
                        jump!(wide!());
                        continue;
                    }
                    put(end, INT, last.wrapping_sub(first) as u64);
                    put_int(start.add(2), first);
                }
                Op::FOR_LOOP => {
                    poll!();
                    let state = a!();
                    let left = bits(state.add(1));
                    if left != 0 {
                        let current = (bits(state) as i64).wrapping_add(1);
                        *(state as *mut u64).add(1) = current as u64;
                        *(state.add(1) as *mut u64).add(1) = left - 1;
                        put_int(state.add(2), current);
                        jump!(wide!());
                    }
                }
                Op::ITER_PREP => slow!(iterate::prepare),
                Op::ITER_PREP_ASYNC => slow!(iterate::prepare_async),
                Op::ITER_LOOP => {
                    let source = a!();
                    if tag(source) == Tag::LIST.number() {
                        poll!();
                        let list = bits(source) as *const List;
                        let index = bits(source.add(1));
                        if index < (*list).len.get() as u64 {
                            *(source.add(1) as *mut u64).add(1) = index + 1;
                            copy(source.add(3), (*list).items.get().add(index as usize));
                            jump!(wide!());
                        }
                        continue;
                    }
                    slow!(iterate::next)
                }
                Op::ITER_LOOP_2 => slow!(iterate::next),
                Op::ITER_CLOSE => {
                    if tag(a!()) == Tag::GENERATOR.number() || tag(a!()) == Tag::GROUP.number() {
                        slow!(iterate::close);
                    }
                }

                Op::GET_FIELD => {
                    let object = b!();
                    let cache = (*pc).0;
                    if tag(object) == Tag::INSTANCE.number() {
                        let instance = bits(object) as *const Instance;
                        if (*instance).header.aux.get() == cache as u32 {
                            copy(a!(), (instance as *const u8).add((cache >> 32) as usize) as *const Value);
                            pc = pc.add(1);
                            continue;
                        }
                    } else if tag(object) == Tag::MAP.number() {
                        let name = constants.add((word >> 48) as usize);
                        let found = access::find_item(bits(object) as *const Map, name);
                        if !found.is_null() {
                            copy(a!(), found);
                            pc = pc.add(1);
                            continue;
                        }
                    }
                    slow!(access::get_field)
                }
                Op::SET_FIELD => {
                    let object = a!();
                    let cache = (*pc).0;
                    if tag(object) == Tag::INSTANCE.number() {
                        let instance = bits(object) as *const Instance;
                        if (*instance).header.aux.get() == cache as u32 {
                            let field = (instance as *const u8).add((cache >> 32) as usize) as *mut Value;
                            if (*vm).heap.is_marking() {
                                (*vm).heap.gone(*field);
                            }
                            copy(field, b!());
                            pc = pc.add(1);
                            continue;
                        }
                    }
                    slow!(access::set_field)
                }
                Op::GET_FIELD_OPT => slow!(access::get_field_optional),
                Op::TRY_FIELD => slow!(access::try_field),
                Op::HAS_METHOD => slow!(access::has_method),
                Op::GET_METHOD => slow!(access::get_method),
                Op::GET_INDEX => {
                    let (object, index) = (b!(), c!());
                    if tag(object) == Tag::LIST.number() && tag(index) == INT {
                        let list = bits(object) as *const List;
                        let index = bits(index);
                        if index < (*list).len.get() as u64 {
                            copy(a!(), (*list).items.get().add(index as usize));
                            continue;
                        }
                    } else if tag(object) == Tag::MAP.number() {
                        let found = access::find_item(bits(object) as *const Map, index);
                        if !found.is_null() {
                            copy(a!(), found);
                            continue;
                        }
                    }
                    slow!(access::get_index)
                }
                Op::GET_INDEX_I => {
                    let object = b!();
                    if tag(object) == Tag::LIST.number() {
                        let list = bits(object) as *const List;
                        let index = int_c!() as u64;
                        if index < (*list).len.get() as u64 {
                            copy(a!(), (*list).items.get().add(index as usize));
                            continue;
                        }
                    }
                    slow!(access::get_index)
                }
                Op::SET_INDEX => {
                    let (object, index) = (a!(), b!());
                    if tag(object) == Tag::LIST.number() && tag(index) == INT {
                        let list = bits(object) as *const List;
                        let index = bits(index);
                        if index < (*list).len.get() as u64 {
                            let item = (*list).items.get().add(index as usize);
                            if (*vm).heap.is_marking() {
                                (*vm).heap.gone(*item);
                            }
                            copy(item, c!());
                            continue;
                        }
                    } else if tag(object) == Tag::MAP.number() {
                        let found = access::find_item_again(bits(object) as *const Map, index);
                        if !found.is_null() {
                            if (*vm).heap.is_marking() {
                                (*vm).heap.gone(*found);
                            }
                            copy(found, c!());
                            continue;
                        }
                        slow!(access::set_item);
                    }
                    slow!(access::set_index)
                }
                Op::GET_INDEX_OPT => slow!(access::get_index_optional),
                Op::GET_SLICE | Op::GET_SLICE_INCL => slow!(access::get_slice),
                Op::NEW_LIST => slow!(access::new_list),
                Op::LIST_PUSH => slow!(access::list_push),
                Op::LIST_EXTEND => slow!(access::list_extend),
                Op::NEW_MAP => slow!(access::new_map),
                Op::MAP_EXTEND => slow!(access::map_extend),
                Op::NEW_RANGE | Op::NEW_RANGE_INCL => slow!(access::new_range),
                Op::IS_LIST_OF | Op::IS_LIST_MIN | Op::HAS_FIELDS | Op::IN_RANGE | Op::IN_RANGE_OPEN => {
                    slow!(access::pattern_test)
                }
                Op::EXPECT_LIST => slow!(access::expect_list),
                Op::EXPECT_FIELDS => {
                    let value = *a!();
                    if !matches!(value.tag, Tag::MAP | Tag::INSTANCE | Tag::ERROR | Tag::MODULE) {
                        slow!(access::no_fields);
                    }
                }
                Op::LIST_REST => slow!(access::list_rest),
                Op::NEW_INSTANCE => slow!(access::new_instance),
                Op::CONCAT => slow!(access::concat),
                Op::FORMAT => slow!(access::format),

                Op::CALL => {
                    let area = a!();
                    if tag(area) != Tag::CLOSURE.number() {
                        slow!(call::call);
                    }
                    let (new_base, proto) = enter!(area, bits(area) as *const Closure, call::call);
                    write_link(new_base.sub(1), new_base as usize - base as usize, pc);
                    base = new_base;
                    pc = (*proto).code.as_ptr();
                    constants = (*proto).constants.as_ptr();
                }
                Op::CALL_GLOBAL => {
                    let area = a!();
                    let callee = (*vm).globals.as_ptr().add((word >> 48) as usize);
                    copy(area, callee);
                    if tag(callee) != Tag::CLOSURE.number() {
                        slow!(call::call);
                    }
                    let (new_base, proto) = enter!(area, bits(callee) as *const Closure, call::call);
                    write_link(new_base.sub(1), new_base as usize - base as usize, pc);
                    base = new_base;
                    pc = (*proto).code.as_ptr();
                    constants = (*proto).constants.as_ptr();
                }
                Op::CALL_EX => slow!(call::call_extended),
                Op::CALL_NAMED => slow!(call::call_named),
                Op::INVOKE => {
                    let area = a!();
                    let receiver = area.add(2);
                    let cache = (*pc).0;
                    let is_closure = if tag(receiver) == Tag::INSTANCE.number() {
                        (*(bits(receiver) as *const Header)).aux.get() == cache as u32
                    } else if cache == call::native_key(tag(receiver)) {
                        (*vm).pc = pc.sub(1);
                        (*vm).base = base;
                        let function: Native = std::mem::transmute::<u64, Native>((*pc.add(1)).0);
                        let args = std::slice::from_raw_parts(receiver, ((word >> 32) & 0xffff) as usize);
                        match function(&mut *vm, args) {
                            Ok(value) => {
                                // A native moves no frames, so `base` still holds.
                                put(area, value.tag.number(), value.bits);
                                pc = pc.add(2);
                                if (*vm).heap.should_collect() {
                                    (*vm).pc = pc;
                                    (*vm).collect();
                                }
                                continue;
                            }
                            Err(control) => follow!(control::raise(&mut *vm, control)),
                        }
                    } else {
                        cache == call::library_key(tag(receiver))
                    };
                    if is_closure {
                        let closure = (*pc.add(1)).0 as *const Closure;
                        let (new_base, proto) = enter!(area, closure, call::invoke);
                        put(area, Tag::CLOSURE.number(), closure as u64);
                        write_link(new_base.sub(1), new_base as usize - base as usize, pc.add(2));
                        base = new_base;
                        pc = (*proto).code.as_ptr();
                        constants = (*proto).constants.as_ptr();
                        continue;
                    }
                    slow!(call::invoke)
                }
                Op::AWAIT_CALL => {
                    let area = a!();
                    if tag(area) != Tag::CLOSURE.number() {
                        slow!(call::call);
                    }
                    let closure = bits(area) as *const Closure;
                    let proto = (*closure).proto;
                    let new_base = area.add(2);
                    if (*proto).keys.awaits != ((word >> 32) & 0xffff) as u32
                        || new_base.add((*proto).registers as usize) > (*vm).stack_end
                    {
                        slow!(call::call);
                    }
                    poll!();
                    write_link(new_base.sub(1), new_base as usize - base as usize, pc.add(1));
                    base = new_base;
                    pc = (*proto).code.as_ptr();
                    constants = (*proto).constants.as_ptr();
                }
                Op::AWAIT_CALL_GLOBAL => {
                    let area = a!();
                    let callee = (*vm).globals.as_ptr().add((word >> 48) as usize);
                    copy(area, callee);
                    if tag(callee) != Tag::CLOSURE.number() {
                        slow!(call::call);
                    }
                    let closure = bits(callee) as *const Closure;
                    let proto = (*closure).proto;
                    let new_base = area.add(2);
                    if (*proto).keys.awaits != ((word >> 32) & 0xffff) as u32
                        || new_base.add((*proto).registers as usize) > (*vm).stack_end
                    {
                        slow!(call::call);
                    }
                    poll!();
                    write_link(new_base.sub(1), new_base as usize - base as usize, pc.add(1));
                    base = new_base;
                    pc = (*proto).code.as_ptr();
                    constants = (*proto).constants.as_ptr();
                }
                Op::AWAIT_INVOKE | Op::SPAWN_INVOKE => slow!(call::invoke),
                Op::SPAWN_CALL => slow!(call::call),
                Op::AWAIT => slow!(control::await_value),
                Op::SPAWN => slow!(control::spawn_value),
                Op::SCOPE_ENTER => slow!(scopes::enter),
                Op::SCOPE_EXIT => slow!(scopes::exit),
                Op::SELECT => slow!(scopes::select),
                Op::RETURN => {
                    copy(base.sub(2), a!());
                    pc = link_return(base);
                    base = (base as *mut u8).sub(link_delta(base)) as *mut Value;
                    constants = frame_constants(base);
                }
                Op::RETURN_NIL => {
                    put(base.sub(2), NIL, 0);
                    pc = link_return(base);
                    base = (base as *mut u8).sub(link_delta(base)) as *mut Value;
                    constants = frame_constants(base);
                }
                Op::YIELD => slow!(control::yield_value),
                Op::IMPORT => slow!(call::import),

                Op::THROW => slow!(unwind::throw),
                Op::RETHROW => slow!(unwind::rethrow),
                Op::SET_CAUSE => slow!(access::set_cause),
                Op::CLEANUP_ENTER => slow!(unwind::cleanup_enter),
                Op::CLEANUP_LEAVE => slow!(unwind::cleanup_leave),
                Op::MATCH_FAIL => slow!(unwind::match_fail),

                Op::TASK_END => return Step::Done(*base.sub(1)),
                Op::GENERATOR_END => {
                    (*vm).base = base;
                    match control::generator_end(&mut *vm) {
                        Flow::Continue => {}
                        Flow::Leave(step) => return step,
                    }
                    pc = (*vm).pc;
                    base = (*vm).base;
                    constants = frame_constants(base);
                }
                Op::FINISH => {
                    (*vm).base = base;
                    match control::finish(&mut *vm) {
                        Flow::Continue => {}
                        Flow::Leave(step) => return step,
                    }
                    pc = (*vm).pc;
                    base = (*vm).base;
                    constants = frame_constants(base);
                }
            }
        }
    }
}

/// A capture of the closure that the frame runs.
#[inline(always)]
unsafe fn capture(base: *mut Value, word: u64) -> *const Value {
    // SAFETY: the operand is below the closure's capture count; captures follow the struct.
    unsafe {
        (fiber::frame_closure(base).add(1) as *const u8).add(((word >> 32) & 0xffff) as usize) as *const Value
    }
}
