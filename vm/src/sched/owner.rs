//! Whom a task belongs to: a task, a scope that is open in one, or a combinator; a detached one to the whole program.
//!
//! Each of them keeps a [`Nursery`]: the tasks that it waits for before it ends, the request to cancel it, and the error that it will
//! fail with.

#![allow(unsafe_code)]

use std::{cell::Cell, ptr::NonNull};

use super::{
    group::Group,
    scope::Scope,
    task::{Task, flag},
};
use crate::{
    heap::{Marker, object::*},
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// Who cancelled something, where and why.
pub struct CancelRequest {
    pub reason: Value,
    /// Id of the task that did it; 0 for the world outside.
    pub by: u32,
    pub code: Value,
    pub at: u32,
}

/// What a task, scope or combinator knows of its children.
pub struct Nursery {
    /// First child; the others by their links, in the order of spawning. The first one's `previous_sibling` is the last.
    children: Cell<Option<Gc<Task>>>,
    /// A cancellation with this as its target. The first one counts (R7).
    cancel: Cell<Option<Box<CancelRequest>>>,
    /// The request has been thrown, and its token is on its way out.
    delivered: Cell<bool>,
    /// How deep in clean-up it was opened. What was asked of it is thrown only when no deeper clean-up runs (R7).
    pub depth: Cell<u32>,
    /// What it fails with; nil so far.
    pub error: Cell<Value>,
}

impl Default for Nursery {
    fn default() -> Nursery {
        Nursery {
            children: Cell::new(None),
            cancel: Cell::new(None),
            delivered: Cell::new(false),
            depth: Cell::new(0),
            error: Cell::new(Value::NIL),
        }
    }
}

impl Nursery {
    pub fn is_empty(&self) -> bool {
        self.children.get().is_none()
    }

    pub fn first(&self) -> Option<Gc<Task>> {
        self.children.get()
    }

    pub fn link(&self, child: Gc<Task>) {
        child.next_sibling.set(None);
        match self.children.get() {
            Some(first) => {
                let last = first.previous_sibling.replace(Some(child));
                if let Some(last) = last {
                    last.next_sibling.set(Some(child));
                }
                child.previous_sibling.set(last);
            }
            None => {
                child.previous_sibling.set(Some(child));
                self.children.set(Some(child));
            }
        }
    }

    pub fn unlink(&self, child: Gc<Task>) {
        let (previous, next) = (child.previous_sibling.take(), child.next_sibling.take());
        if self.children.get() == Some(child) {
            self.children.set(next);
        } else if let Some(previous) = previous {
            previous.next_sibling.set(next);
        }
        match next {
            Some(next) => next.previous_sibling.set(previous),
            None => {
                if let Some(first) = self.children.get() {
                    first.previous_sibling.set(previous);
                }
            }
        }
    }

    /// The tasks that are not done, in the order of spawning.
    pub fn children(&self) -> impl Iterator<Item = Gc<Task>> + use<> {
        let mut next = self.children.get();
        std::iter::from_fn(move || {
            let child = next?;
            next = child.next_sibling.get();
            Some(child)
        })
    }

    pub fn is_cancelled(&self) -> bool {
        self.with_cancel(|cancel| cancel.is_some())
    }

    pub fn with_cancel<R>(&self, look: impl FnOnce(Option<&CancelRequest>) -> R) -> R {
        let cancel = self.cancel.take();
        let result = look(cancel.as_deref());
        self.cancel.set(cancel);
        result
    }

    /// The first request counts; `false` for a later one.
    pub fn request(&self, request: CancelRequest) -> bool {
        if self.is_cancelled() {
            return false;
        }
        self.cancel.set(Some(Box::new(request)));
        true
    }

    /// There is a request that has not been thrown.
    pub fn is_pending(&self) -> bool {
        !self.delivered.get() && self.is_cancelled()
    }

    pub fn is_delivered(&self) -> bool {
        self.delivered.get()
    }

    pub fn set_delivered(&self, delivered: bool) {
        self.delivered.set(delivered);
    }

    pub fn trace(&self, marker: &mut Marker) {
        // Children that are not done are alive anyway, see `reach`.
        marker.value(self.error.get());
        self.with_cancel(|cancel| {
            if let Some(cancel) = cancel {
                marker.value(cancel.reason);
                marker.value(cancel.code);
            }
        });
    }

    /// Drops what lies outside of the heap.
    pub fn release(&self) {
        drop(self.cancel.take());
    }
}

/// What a task belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The program: the top level and detached tasks.
    Program,
    Task(Gc<Task>),
    Scope(Gc<Scope>),
    Group(Gc<Group>),
}

impl Owner {
    /// The task that waits for the children.
    pub fn task(self) -> Option<Gc<Task>> {
        match self {
            Owner::Program => None,
            Owner::Task(task) => Some(task),
            Owner::Scope(scope) => Some(scope.task()),
            Owner::Group(group) => Some(group.task()),
        }
    }

    pub fn to_value(self) -> Value {
        match self {
            Owner::Program => Value::NIL,
            Owner::Task(task) => task.into(),
            Owner::Scope(scope) => scope.into(),
            Owner::Group(group) => group.into(),
        }
    }

    pub(super) fn address(self) -> *mut Header {
        match self {
            Owner::Program => std::ptr::null_mut(),
            _ => self.to_value().bits as *mut Header,
        }
    }

    /// # Safety
    /// The address came from [`Owner::address`], and the owner is alive.
    pub(super) unsafe fn from_address(address: *mut Header) -> Owner {
        if address.is_null() {
            return Owner::Program;
        }
        // SAFETY: given; the kind tells the layout.
        unsafe {
            match (*address).kind as u64 {
                kind if kind == Tag::TASK.number() => Owner::Task(Gc::from_ptr(address as *mut Task)),
                kind if kind == Tag::SCOPE.number() => Owner::Scope(Gc::from_ptr(address as *mut Scope)),
                _ => Owner::Group(Gc::from_ptr(address as *mut Group)),
            }
        }
    }

    /// Its nursery, which is made for a task that had no children yet.
    pub fn nursery(self, vm: &Vm) -> NurseryRef {
        match self {
            Owner::Program => NurseryRef::of(&vm.sched.program),
            Owner::Task(task) => NurseryRef::of(&task.rare_or_new().nursery),
            Owner::Scope(scope) => NurseryRef::of(&scope.nursery),
            Owner::Group(group) => NurseryRef::of(&group.nursery),
        }
    }
}

/// A nursery inside an object that is alive, or in the scheduler.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NurseryRef(NonNull<Nursery>);

impl NurseryRef {
    pub(super) fn of(nursery: &Nursery) -> NurseryRef {
        NurseryRef(NonNull::from(nursery))
    }
}

impl std::ops::Deref for NurseryRef {
    type Target = Nursery;

    fn deref(&self) -> &Nursery {
        // SAFETY: objects do not move, neither does the scheduler inside its boxed VM, and a task keeps its rare part until it dies.
        unsafe { self.0.as_ref() }
    }
}

/// A task that is not done enters its owner's list.
pub fn adopt(vm: &Vm, owner: Owner, child: Gc<Task>) {
    child.set_owner(owner);
    owner.nursery(vm).link(child);
}

/// `t.detach()`: the task belongs to the whole program from now on (R21).
pub fn detach(vm: &mut Vm, task: Gc<Task>) {
    let owner = task.owner();
    task.set_flag(flag::DETACHED);
    if owner == Owner::Program {
        return;
    }
    if task.is_done() {
        // Its error may still lie with its parent.
        if let Owner::Task(parent) = owner
            && let Some(error) = parent.forget_kept(task)
        {
            task.set_flag(flag::RECEIVED);
            vm.sched.unhandled.push(error);
        }
        return;
    }
    owner.nursery(vm).unlink(task);
    adopt(vm, Owner::Program, task);
    super::ending::owner_may_end(vm, owner);
}
