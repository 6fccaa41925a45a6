//! `SCOPE_ENTER`, `SCOPE_EXIT`, `SELECT`.

use super::{Flow, control, unwind::Token};
use crate::{
    bytecode::Word,
    sched::{
        group::{self, Selected},
        scope::{self, Leaving, Scope},
    },
    value::{Gc, Value},
    vm::Vm,
};

#[inline(never)]
pub fn enter(vm: &mut Vm, word: Word) -> Flow {
    let scope = scope::enter(vm);
    // SAFETY: operands of verified code.
    unsafe {
        *vm.register(word.a()) = scope.into();
        vm.pc = vm.pc.add(1);
    }
    vm.safepoint();
    Flow::Continue
}

#[inline(never)]
pub fn exit(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code: A holds what SCOPE_ENTER has put there.
    let (scope, kind, thrown): (Gc<Scope>, _, _) = unsafe {
        ((*vm.register(word.a())).object_unchecked(), *vm.register(word.b()), *vm.register(word.c()))
    };
    let leaving = match (kind.as_int(), Token::of(thrown)) {
        (Some(0), _) => Leaving::End,
        (Some(1), Some(_)) => Leaving::Token,
        (Some(1), None) => Leaving::Error,
        _ => Leaving::Jump,
    };
    match scope::exit(vm, scope, leaving, thrown) {
        Ok(()) => control::await_done(vm, Value::NIL),
        Err(control) => control::raise(vm, control),
    }
}

#[inline(never)]
pub fn select(vm: &mut Vm, word: Word) -> Flow {
    let count = word.b() as usize;
    // SAFETY: operands of verified code. Nothing moves this fiber's stack before the items are in the group's arms.
    let items = unsafe { std::slice::from_raw_parts(vm.register(word.a()), count) };
    let (arm, value) = match group::select(vm, items, word.c() == 1) {
        Ok(Selected::Arm(arm, value)) => (arm, value),
        Ok(Selected::Else) => (count, Value::NIL),
        Err(control) => return control::raise(vm, control),
    };
    // SAFETY: a select has two registers at least.
    unsafe {
        *vm.register(word.a()).add(1) = value;
    }
    control::await_done(vm, Value::int(arm as i64))
}
