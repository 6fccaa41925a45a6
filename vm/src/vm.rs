//! The virtual machine: heap, globals, scheduler and host in one place.
//!
//! It is driven from outside (see [`crate::engine`]); nothing in here does I/O, reads a clock or blocks.

use crate::{
    builtins::{Builtin, Control},
    heap::{Heap, object::*},
    value::{Gc, Value},
};

/// A running program's whole state.
pub struct Vm {
    pub heap: Heap,
    /// What is thrown after [`Control::Throw`].
    pub raised: Value,
    /// What is called after [`Control::TailCall`].
    pub tail: (Value, Vec<Value>),
}

impl Vm {
    /// Makes an error value and gives the control code that throws it: `return Err(vm.throw("ValueError", "…"))`.
    #[cold]
    pub fn throw(&mut self, kind: &str, message: impl AsRef<str>) -> Control {
        let error = self.heap.error(kind, message.as_ref());
        self.raised = error.into();
        Control::Throw
    }

    /// Goes on with a call of `callee` in place of the running native: `return Err(vm.tail_call(f, args))`.
    pub fn tail_call(&mut self, callee: Value, args: Vec<Value>) -> Control {
        self.tail = (callee, args);
        Control::TailCall
    }
}
