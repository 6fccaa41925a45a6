//! Arithmetic and comparison off the fast path.

use std::cmp::Ordering;

use co_lang::{ast::BinaryOp, resolve::BuiltinType};

use super::{Flow, control};
use crate::{
    bytecode::{Op, Word},
    heap::object::*,
    ops,
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// Writes an op's result, or acts on its control code.
#[inline(always)]
pub fn finish_value(vm: &mut Vm, word: Word, result: Result<Value, crate::builtins::Control>) -> Flow {
    match result {
        Ok(value) => {
            // SAFETY: operands of verified code.
            unsafe {
                *vm.register(word.a()) = value;
                vm.pc = vm.pc.add(1 + word.op().cache_words());
            }
            vm.safepoint();
            Flow::Continue
        }
        Err(control) => control::raise(vm, control),
    }
}

/// The operator and right operand of an arithmetic op in any of its forms.
unsafe fn operands(vm: &mut Vm, word: Word) -> (BinaryOp, Value, Value) {
    // SAFETY: operands of verified code.
    unsafe {
        let left = *vm.register(word.b());
        let (op, right) = match word.op() {
            Op::ADD | Op::ADD_FLOAT => (BinaryOp::Add, None),
            Op::SUB | Op::SUB_FLOAT => (BinaryOp::Sub, None),
            Op::MUL | Op::MUL_FLOAT => (BinaryOp::Mul, None),
            Op::DIV | Op::DIV_FLOAT => (BinaryOp::Div, None),
            Op::FLOOR_DIV => (BinaryOp::FloorDiv, None),
            Op::REM => (BinaryOp::Rem, None),
            Op::POW => (BinaryOp::Pow, None),
            Op::BIT_AND => (BinaryOp::BitAnd, None),
            Op::BIT_OR => (BinaryOp::BitOr, None),
            Op::BIT_XOR => (BinaryOp::BitXor, None),
            Op::SHL => (BinaryOp::Shl, None),
            Op::SHR => (BinaryOp::Shr, None),
            Op::ADD_K | Op::ADD_FLOAT_K => (BinaryOp::Add, Some(vm.constant(word.c()))),
            Op::SUB_K | Op::SUB_FLOAT_K => (BinaryOp::Sub, Some(vm.constant(word.c()))),
            Op::MUL_K | Op::MUL_FLOAT_K => (BinaryOp::Mul, Some(vm.constant(word.c()))),
            Op::DIV_K | Op::DIV_FLOAT_K => (BinaryOp::Div, Some(vm.constant(word.c()))),
            Op::FLOOR_DIV_K => (BinaryOp::FloorDiv, Some(vm.constant(word.c()))),
            Op::REM_K => (BinaryOp::Rem, Some(vm.constant(word.c()))),
            Op::BIT_AND_K => (BinaryOp::BitAnd, Some(vm.constant(word.c()))),
            Op::BIT_OR_K => (BinaryOp::BitOr, Some(vm.constant(word.c()))),
            Op::BIT_XOR_K => (BinaryOp::BitXor, Some(vm.constant(word.c()))),
            Op::SHL_K => (BinaryOp::Shl, Some(vm.constant(word.c()))),
            Op::SHR_K => (BinaryOp::Shr, Some(vm.constant(word.c()))),
            // `x - 1` is compiled to the addition of -1; messages should say what was written.
            Op::ADD_I => {
                let int = word.c() as i16 as i64;
                match left.tag {
                    Tag::INT | Tag::FLOAT => (BinaryOp::Add, Some(Value::int(int))),
                    _ if int < 0 => (BinaryOp::Sub, Some(Value::int(-int))),
                    _ => (BinaryOp::Add, Some(Value::int(int))),
                }
            }
            op => unreachable!("{op:?} is no arithmetic op"),
        };
        (op, left, right.unwrap_or_else(|| *vm.register(word.c())))
    }
}

#[cold]
#[inline(never)]
pub fn binary(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let (op, left, right) = unsafe { operands(vm, word) };
    let result = ops::arith::binary(vm, op, left, right);
    finish_value(vm, word, result)
}

#[cold]
#[inline(never)]
pub fn unary(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let operand = unsafe { *vm.register(word.b()) };
    let result = match word.op() {
        Op::NEG => ops::arith::negate(vm, operand),
        _ => ops::arith::bit_not(vm, operand),
    };
    finish_value(vm, word, result)
}

/// Two values by `==`: natively, or the answer comes from the library's `__equal`.
pub fn equal(vm: &mut Vm, left: Value, right: Value) -> Result<bool, crate::builtins::Control> {
    match ops::equal::equal(&vm.heap, left, right) {
        Some(equal) => Ok(equal),
        None => {
            let callee = vm.library_function("__equal")?;
            Err(vm.tail_call(callee, vec![left, right]))
        }
    }
}

/// Two values by `<`: natively, or the answer (an int like `compare`'s) comes from the library's `__compare`.
fn order(vm: &mut Vm, left: Value, right: Value) -> Result<Option<Ordering>, crate::builtins::Control> {
    match ops::compare::compare(vm, left, right)? {
        ops::compare::Order::Known(ordering) => Ok(ordering),
        ops::compare::Order::NeedsCall => {
            let callee = vm.library_function("__compare")?;
            Err(vm.tail_call(callee, vec![left, right]))
        }
    }
}

fn holds(op: Op, ordering: Option<Ordering>) -> bool {
    let Some(ordering) = ordering else { return false };
    match op {
        Op::LT
        | Op::JUMP_LT
        | Op::JUMP_NOT_LT
        | Op::JUMP_LT_I
        | Op::JUMP_NOT_LT_I
        | Op::JUMP_LT_K
        | Op::JUMP_NOT_LT_K => ordering.is_lt(),
        Op::LE
        | Op::JUMP_LE
        | Op::JUMP_NOT_LE
        | Op::JUMP_LE_I
        | Op::JUMP_NOT_LE_I
        | Op::JUMP_LE_K
        | Op::JUMP_NOT_LE_K => ordering.is_le(),
        Op::JUMP_GT_I | Op::JUMP_NOT_GT_I | Op::JUMP_GT_K | Op::JUMP_NOT_GT_K => ordering.is_gt(),
        _ => ordering.is_ge(),
    }
}

fn jumps_if_false(op: Op) -> bool {
    matches!(
        op,
        Op::JUMP_NE
            | Op::JUMP_NE_I
            | Op::JUMP_NE_K
            | Op::JUMP_NOT_LT
            | Op::JUMP_NOT_LE
            | Op::JUMP_NOT_LT_I
            | Op::JUMP_NOT_LE_I
            | Op::JUMP_NOT_GT_I
            | Op::JUMP_NOT_GE_I
            | Op::JUMP_NOT_LT_K
            | Op::JUMP_NOT_LE_K
            | Op::JUMP_NOT_GT_K
            | Op::JUMP_NOT_GE_K
    )
}

fn is_equality(op: Op) -> bool {
    matches!(
        op,
        Op::EQ
            | Op::NE
            | Op::JUMP_EQ
            | Op::JUMP_NE
            | Op::JUMP_EQ_I
            | Op::JUMP_NE_I
            | Op::JUMP_EQ_K
            | Op::JUMP_NE_K
    )
}

/// Whether an ordering op holds for what `compare` gave: an int, or nil where the two have no order.
pub fn ordering_holds(op: Op, answer: Value) -> bool {
    holds(op, answer.as_int().map(|int| int.cmp(&0)))
}

/// Whether a compare jump is taken for the answer of a library function.
pub fn jump_holds(op: Op, answer: Value) -> bool {
    let holds = if is_equality(op) { answer.is_truthy() } else { ordering_holds(op, answer) };
    holds != jumps_if_false(op)
}

/// Compare-and-jump of anything but two ints or two floats.
#[inline(never)]
pub fn compare_jump(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let (left, right) = unsafe {
        let left = *vm.register(word.a());
        let right = match word.op().operands()[1] {
            crate::bytecode::op::Operand::Int => Value::int(word.b() as i16 as i64),
            crate::bytecode::op::Operand::Const => vm.constant(word.b()),
            _ => *vm.register(word.b()),
        };
        (left, right)
    };
    let op = word.op();
    let result = if is_equality(op) {
        equal(vm, left, right)
    } else {
        order(vm, left, right).map(|ordering| holds(op, ordering))
    };
    match result {
        Ok(holds) => {
            // SAFETY: the jump stays inside the function.
            unsafe {
                vm.pc = vm.pc.add(1);
                if holds != jumps_if_false(op) {
                    vm.pc = vm.pc.offset(word.c() as i16 as isize);
                }
            }
            Flow::Continue
        }
        Err(control) => control::raise(vm, control),
    }
}

/// A comparison as a value.
#[inline(never)]
pub fn compare(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let (left, right) = unsafe { (*vm.register(word.b()), *vm.register(word.c())) };
    let op = word.op();
    let result = match op {
        Op::EQ => equal(vm, left, right),
        Op::NE => equal(vm, left, right).map(|equal| !equal),
        _ => order(vm, left, right).map(|ordering| holds(op, ordering)),
    };
    finish_value(vm, word, result.map(Value::bool))
}

/// `x in y`
#[inline(never)]
pub fn contains(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let (item, container) = unsafe { (*vm.register(word.b()), *vm.register(word.c())) };
    let result = match ops::index::contains(vm, container, item) {
        Ok(Some(found)) => Ok(Value::bool(found)),
        Ok(None) => match vm.library_function("__contains") {
            Ok(callee) => Err(vm.tail_call(callee, vec![container, item])),
            Err(control) => Err(control),
        },
        Err(control) => Err(control),
    };
    finish_value(vm, word, result)
}

/// The built-in types by the number that `IS_TYPE` carries: their place in `BuiltinType::ALL`.
pub fn is_type(value: Value, number: u16) -> bool {
    let Some((_, ty)) = BuiltinType::ALL.get(number as usize) else { return false };
    has_type(value, *ty)
}

pub fn has_type(value: Value, ty: BuiltinType) -> bool {
    match ty {
        BuiltinType::Nil => value.is_nil(),
        BuiltinType::Bool => matches!(value.tag, Tag::TRUE | Tag::FALSE),
        BuiltinType::Int => value.is_int(),
        BuiltinType::Float => value.is_float(),
        BuiltinType::Str => value.is(Tag::STR),
        BuiltinType::Bytes => value.is(Tag::BYTES),
        BuiltinType::List => value.is(Tag::LIST),
        BuiltinType::Map => value.is(Tag::MAP),
        BuiltinType::Set => value.is(Tag::SET),
        BuiltinType::Range => value.is(Tag::RANGE),
        BuiltinType::Fn => matches!(value.tag, Tag::CLOSURE | Tag::NATIVE | Tag::BOUND),
        BuiltinType::Coroutine => value.is(Tag::COROUTINE),
        BuiltinType::Task => value.is(Tag::TASK),
        BuiltinType::Channel => value.is(Tag::CHANNEL),
        BuiltinType::Generator => value.is(Tag::GENERATOR),
        BuiltinType::Error => value.is(Tag::ERROR),
        BuiltinType::Module => value.is(Tag::MODULE),
        BuiltinType::Struct => value.is(Tag::STRUCT),
    }
}

/// `x is T` where T is not a built-in type's name: a struct type, or a type in a variable.
#[inline(never)]
pub fn is(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let (value, ty) = unsafe { (*vm.register(word.b()), *vm.register(word.c())) };
    let result = match ty.as_object::<StructType>() {
        Some(ty) => {
            let ty: Gc<StructType> = ty;
            let holds =
                value.as_object::<Instance>().is_some_and(|instance| instance.header.aux.get() == ty.shape);
            Ok(Value::bool(holds))
        }
        None => match vm.builtin_type_of(ty) {
            Some(builtin) => Ok(Value::bool(has_type(value, builtin))),
            None => {
                let what = vm.describe(ty);
                Err(vm.throw("TypeError", format!("the right side of `is` must be a type, not {what}")))
            }
        },
    };
    finish_value(vm, word, result)
}
