//! Reading the arguments of natives. `what` names the place for the message: `take(n)`.

use crate::{
    builtins::Control,
    heap::object::*,
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// An optional argument, if it was given.
#[inline(always)]
pub fn given(value: Value) -> Option<Value> {
    if value.is_undef() { None } else { Some(value) }
}

/// The same where the default is nil.
#[inline(always)]
pub fn not_nil(value: Value) -> Option<Value> {
    if value.is_undef() || value.is_nil() { None } else { Some(value) }
}

#[inline(always)]
pub fn int(vm: &mut Vm, what: &str, value: Value) -> Result<i64, Control> {
    value.as_int().ok_or_else(|| vm.wrong_type(what, "an int", value))
}

/// An int that is not negative; one that no length reaches counts as the greatest.
pub fn count(vm: &mut Vm, what: &str, value: Value) -> Result<usize, Control> {
    let int = int(vm, what, value)?;
    usize::try_from(int)
        .map_err(|_| vm.throw("ValueError", format!("{what} must not be negative, but is {int}")))
}

pub fn number(vm: &mut Vm, what: &str, value: Value) -> Result<f64, Control> {
    value.as_number().ok_or_else(|| vm.wrong_type(what, "a number", value))
}

pub fn bool(vm: &mut Vm, what: &str, value: Value) -> Result<bool, Control> {
    value.as_bool().ok_or_else(|| vm.wrong_type(what, "a bool", value))
}

pub fn str(vm: &mut Vm, what: &str, value: Value) -> Result<Gc<Str>, Control> {
    value.as_object().ok_or_else(|| vm.wrong_type(what, "a str", value))
}

/// A `str` that is not empty.
pub fn separator(vm: &mut Vm, what: &str, value: Value) -> Result<Gc<Str>, Control> {
    let text = str(vm, what, value)?;
    if text.is_empty() {
        return Err(vm.throw("ValueError", format!("{what} must not be empty")));
    }
    Ok(text)
}

pub fn bytes(vm: &mut Vm, what: &str, value: Value) -> Result<Gc<Bytes>, Control> {
    value.as_object().ok_or_else(|| vm.wrong_type(what, "bytes", value))
}

pub fn list(vm: &mut Vm, what: &str, value: Value) -> Result<Gc<List>, Control> {
    value.as_object().ok_or_else(|| vm.wrong_type(what, "a list", value))
}

pub fn map(vm: &mut Vm, what: &str, value: Value) -> Result<Gc<Map>, Control> {
    value.as_object().ok_or_else(|| vm.wrong_type(what, "a map", value))
}

pub fn set(vm: &mut Vm, what: &str, value: Value) -> Result<Gc<Set>, Control> {
    value.as_object().ok_or_else(|| vm.wrong_type(what, "a set", value))
}

/// Something that can be called.
pub fn function(vm: &mut Vm, what: &str, value: Value) -> Result<(), Control> {
    match value.tag {
        Tag::CLOSURE | Tag::NATIVE | Tag::BOUND | Tag::STRUCT => Ok(()),
        _ => Err(vm.wrong_type(what, "a function", value)),
    }
}

/// A method's receiver; the method tables see to its type.
#[inline(always)]
pub fn receiver<T: Object>(args: &[Value]) -> Gc<T> {
    args[0].object_unchecked()
}
