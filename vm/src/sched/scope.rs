//! `await scope { … }`: an open scope of a task, and how it ends.
//!
//! A scope is left in one way only, by `SCOPE_EXIT`, whether its body has ended, jumps out, or something is thrown through it. That op
//! waits until all tasks of the scope have ended, and only then goes on, throws on, or throws what the scope failed with.
//!
//! ```text
//!            body ends, jumps out (cancels the tasks), throws (cancels the tasks)
//!   open  ───────────────────────────────────────────────────────────▶  closing  ──▶  over
//!     │ a task fails: the body and the other tasks are cancelled                ▲ the last task has ended
//!     ╰── the body's unwinding ends in SCOPE_EXIT ──────────────────────────────╯
//! ```

#![allow(unsafe_code)]

use std::{cell::Cell, ptr};

use super::{
    Decision, cancel,
    ending::add_also,
    mistake::{Mistake, made},
    node::Wait,
    owner::{Nursery, Owner},
    task::{Task, flag},
};
use crate::{
    builtins::Control,
    heap::{Heap, Marker, object::*},
    interp::unwind::Token,
    sched,
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// How a body was left. The numbers are operands of `SCOPE_EXIT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// At its end.
    End,
    /// By `return`, `break` or `continue`.
    Jump,
    /// A cancellation or `exit` is on its way, or was, until an error took its place.
    Token,
    /// With an error, which is the scope's.
    Error,
}

#[repr(C)]
pub struct Scope {
    pub header: Header,
    pub nursery: Nursery,
    task: Gc<Task>,
    outer: Option<Gc<Scope>>,
    leaving: Cell<Leaving>,
    /// Its task waits at the `SCOPE_EXIT`.
    closing: Cell<bool>,
    /// What is thrown on if it is no error.
    token: Cell<Value>,
    pub opened_by: Value,
    pub opened_at: u32,
}

impl Object for Scope {
    const TAG: Tag = Tag::SCOPE;
}

impl Scope {
    pub fn task(&self) -> Gc<Task> {
        self.task
    }

    pub fn outer(&self) -> Option<Gc<Scope>> {
        self.outer
    }

    pub fn is_closing(&self) -> bool {
        self.closing.get()
    }
}

pub fn register(heap: &mut Heap) {
    unsafe fn trace(header: *mut Header, marker: &mut Marker) {
        // SAFETY: the heap calls this for scopes only.
        let scope = unsafe { &*(header as *const Scope) };
        scope.nursery.trace(marker);
        marker.value(scope.task.into());
        if let Some(outer) = scope.outer {
            marker.value(outer.into());
        }
        marker.value(scope.opened_by);
    }
    unsafe fn release(header: *mut Header) {
        // SAFETY: as above; it is dead.
        unsafe { (*(header as *const Scope)).nursery.release() }
    }
    // SAFETY: the hooks are for this layout.
    unsafe { heap.register(Tag::SCOPE, Some(trace), Some(release)) };
}

/// `SCOPE_ENTER`: opens a scope in the running task.
pub fn enter(vm: &mut Vm) -> Gc<Scope> {
    let task = vm.running();
    let rare = task.rare_or_new();
    let (opened_by, opened_at) = vm.site();
    // SAFETY: every field is written before anything reads it.
    let scope = unsafe {
        let memory = vm.heap.alloc_raw(Tag::SCOPE, size_of::<Scope>()) as *mut Scope;
        let header = ptr::read(&raw const (*memory).header);
        ptr::write(
            memory,
            Scope {
                header,
                nursery: Nursery::default(),
                task,
                outer: rare.scope.get(),
                leaving: Cell::new(Leaving::End),
                closing: Cell::new(false),
                token: Cell::new(Value::NIL),
                opened_by,
                opened_at,
            },
        );
        Gc::<Scope>::from_ptr(memory)
    };
    scope.nursery.depth.set(task.cleanup_depth());
    rare.scope.set(Some(scope));
    scope
}

/// `SCOPE_EXIT`: `thrown` is what leaves it by being thrown. `Err(Control::Wait)` if there are tasks to wait for.
pub fn exit(vm: &mut Vm, scope: Gc<Scope>, leaving: Leaving, thrown: Value) -> Result<(), Control> {
    let task = scope.task;
    debug_assert!(task.scope() == Some(scope) && task.cleanup_depth() == scope.nursery.depth.get());
    scope.leaving.set(leaving);
    match leaving {
        Leaving::Token => scope.token.set(thrown),
        Leaving::Error => fail_with(vm, scope, thrown),
        Leaving::End | Leaving::Jump => {}
    }
    // The end of a scope is an await like others: what was asked of something around it arrives here (R6c).
    if task.has(flag::CANCEL_PENDING) && cancel::take_pending(task, Some(scope)) {
        overruled(scope);
    }
    if leaving == Leaving::End && scope.nursery.error.get().is_nil() && scope.leaving.get() == Leaving::End {
        cancel::cancel_those_of_cleanup(vm, Owner::Scope(scope));
    } else {
        let reason = match scope.leaving.get() {
            Leaving::Jump => "the scope that it belongs to was left",
            Leaving::Token => "the scope that it belongs to was cancelled",
            _ => "the scope that it belongs to has failed",
        };
        cancel::cancel_children(vm, Owner::Scope(scope), reason);
    }
    if scope.nursery.is_empty() {
        return over(vm, scope).map_err(|thrown| vm.throw_value(thrown));
    }
    scope.closing.set(true);
    task.node.wait_for(Wait::Scope, scope);
    Err(Control::Wait)
}

/// An error that the scope fails with, or that joins the one it has.
pub fn fail_with(vm: &mut Vm, scope: Gc<Scope>, error: Value) {
    let first = scope.nursery.error.get();
    if first.is_nil() {
        vm.heap.store(&scope.nursery.error, error);
    } else {
        add_also(vm, first, error);
    }
}

/// A task of the scope has failed, and nobody has received that: the body and the others are cancelled.
pub fn child_failed(vm: &mut Vm, scope: Gc<Scope>, child: Gc<Task>, error: Value) {
    let is_first = scope.nursery.error.get().is_nil();
    fail_with(vm, scope, error);
    if !is_first || made(Mistake::ScopeDoesNotFailFast) {
        return;
    }
    if !scope.closing.get() {
        cancel::cancel_scope(vm, scope, "a task of the scope has failed", child.id());
    }
    cancel::cancel_children(vm, Owner::Scope(scope), "another task of the same scope has failed");
}

/// Something around the scope was cancelled, and that arrives while the scope waits for its tasks.
pub fn overruled(scope: Gc<Scope>) {
    scope.leaving.set(Leaving::Token);
    scope.token.set(Token::Cancel.value());
}

/// The last task of a closing scope has ended.
pub fn children_over(vm: &mut Vm, scope: Gc<Scope>) {
    if !scope.closing.get() {
        return;
    }
    match over(vm, scope) {
        Ok(()) => sched::wake(vm, scope.task, Value::NIL),
        Err(thrown) => sched::wake_throwing(vm, scope.task, thrown),
    }
}

/// Closes the scope for good, and decides what its task goes on with.
fn over(vm: &mut Vm, scope: Gc<Scope>) -> Result<(), Value> {
    let task = scope.task;
    scope.closing.set(false);
    if let Some(rare) = task.rare() {
        rare.scope.set(scope.outer);
    }
    cancel::refresh(task);
    sched::log(vm, |_| Decision::ScopeEnded { task: task.id() });
    let error = scope.nursery.error.get();
    if !error.is_nil() {
        return Err(error);
    }
    match scope.leaving.get() {
        Leaving::End | Leaving::Jump | Leaving::Error => Ok(()),
        Leaving::Token => Err(scope.token.get()),
    }
}
