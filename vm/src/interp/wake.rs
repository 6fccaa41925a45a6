//! A suspended task's op from outside: giving it what it waits for, before the task runs again.
//!
//! A task waits at `AWAIT`, at the head of a `for await`, at the end of a scope or loop, or at `SELECT`. Each of these has a register that is
//! of no use while it waits, the *scratch* register: what is sent lies there, or what will be thrown.

#![allow(unsafe_code)]

use super::{Flow, at, control};
use crate::{
    bytecode::{Op, SLOT, Word},
    fiber::Fiber,
    sched::task::{Task, flag},
    value::{Gc, Value},
    vm::Vm,
};

fn op_of(fiber: *const Fiber) -> Word {
    // SAFETY: a suspended fiber stands at an op.
    unsafe { *(*fiber).pc }
}

/// The register of the op `word` that is free while it waits.
unsafe fn scratch_of(base: *mut Value, word: Word) -> *mut Value {
    let behind = match word.op() {
        // The loop's state is still needed; its variable is not.
        Op::ITER_LOOP | Op::ITER_LOOP_2 => 3 * SLOT as u64,
        _ => 0,
    };
    // SAFETY: operands of verified code.
    unsafe { at(base, word.a() as u64 + behind) }
}

/// For a task that waits.
pub fn scratch(task: Gc<Task>) -> Value {
    let fiber = task.current();
    // SAFETY: its fiber is suspended at an op.
    unsafe { *scratch_of((*fiber).base, op_of(fiber)) }
}

pub fn put_scratch(task: Gc<Task>, value: Value) {
    let fiber = task.current();
    // SAFETY: its fiber is suspended at an op.
    unsafe { *scratch_of((*fiber).base, op_of(fiber)) = value }
}

/// For the running task, which is about to wait at the op at `vm.pc`.
pub fn set_scratch(vm: &mut Vm, value: Value) {
    // SAFETY: `vm.pc` is an op of the running frame.
    unsafe { *scratch_of(vm.base, *vm.pc) = value }
}

/// Completes the op at `vm.pc` if it is an `AWAIT`, in whose scratch register the result lies where it belongs.
#[inline(always)]
pub fn pass_await(vm: &mut Vm) -> bool {
    // SAFETY: `vm.pc` is an op of the running frame.
    unsafe {
        let is_await = (*vm.pc).op() == Op::AWAIT;
        if is_await {
            vm.pc = vm.pc.add(1);
        }
        is_await
    }
}

/// The task stands at the head of a loop.
pub fn is_in_loop(task: Gc<Task>) -> bool {
    matches!(op_of(task.current()).op(), Op::ITER_LOOP | Op::ITER_LOOP_2)
}

/// Completes the op that a parked task waits at.
#[inline]
pub fn wake_with(task: Gc<Task>, value: Value) {
    let fiber = task.current();
    // SAFETY: a waiting task is suspended at an op of its frame.
    unsafe {
        let word = *(*fiber).pc;
        let op = word.op();
        match op {
            Op::ITER_LOOP => {
                *scratch_of((*fiber).base, word) = value;
                (*fiber).pc = (*fiber).pc.add(1).offset(word.bc() as i32 as isize);
            }
            Op::ITER_LOOP_2 => {
                // What is no pair is an error, which is thrown when the task runs.
                *scratch_of((*fiber).base, word) = value;
                task.set_flag(flag::COMPLETES);
            }
            Op::SCOPE_EXIT | Op::ITER_CLOSE => (*fiber).pc = (*fiber).pc.add(1),
            _ => {
                *at((*fiber).base, word.a() as u64) = value;
                (*fiber).pc = (*fiber).pc.add(1 + op.cache_words());
            }
        }
    }
}

/// The loop that the task stands at ends.
pub fn wake_exhausted(task: Gc<Task>) {
    let fiber = task.current();
    // SAFETY: the loop falls through to the next op.
    unsafe { (*fiber).pc = (*fiber).pc.add(1) };
}

/// Completes a `SELECT`.
pub fn wake_selected(task: Gc<Task>, arm: u32, value: Value) {
    let fiber = task.current();
    // SAFETY: a select has two registers at least.
    unsafe {
        let first = at((*fiber).base, op_of(fiber).a() as u64);
        *first = Value::int(arm as i64);
        *first.add(1) = value;
        (*fiber).pc = (*fiber).pc.add(1);
    }
}

/// The op at `vm.pc` gets a watch's value; a walker also notes its version.
pub fn complete_walk(vm: &mut Vm, value: Value, version: i64) -> Flow {
    // SAFETY: `vm.pc` is an op of the running frame; a loop's state is three registers.
    unsafe {
        let word = *vm.pc;
        if matches!(word.op(), Op::ITER_LOOP | Op::ITER_LOOP_2) {
            *vm.register(word.a()).add(1) = Value::int(version);
        }
    }
    control::complete(vm, value)
}
