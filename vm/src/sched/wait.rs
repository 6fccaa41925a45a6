//! Primitives: waits for a channel, lock, event, timer or task.
//!
//! A builtin only describes what it would wait for ([`Waiting`]); nothing has happened then. Here the description is acted upon, by
//! a plain `await` or by an arm of a combinator alike: act at once if that is possible, else stand in line. So a primitive acts at the
//! moment it is chosen, and one that is not chosen has done nothing (R13, R15).

use super::{
    cancel, channel,
    channel::Channel,
    ending, group,
    node::{NodeRef, Wait, Waiter},
    sync::{self, Barrier},
    task::{Outcome, Task, flag},
};
use crate::{
    builtins::Control,
    heap::object::Object,
    interp, sched,
    value::{Gc, Value},
    vm::Vm,
};

/// A primitive that has not begun.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    pub kind: Wait,
    /// Address of the channel, lock, event or task; a deadline.
    pub on: u64,
    /// What is sent.
    pub payload: Value,
}

impl Waiting {
    pub const NOTHING: Waiting = Waiting { kind: Wait::None, on: 0, payload: Value::NIL };

    pub fn on<T: Object>(kind: Wait, object: Gc<T>) -> Waiting {
        Waiting { kind, on: object.as_ptr() as u64, payload: Value::NIL }
    }

    pub fn until(deadline_ns: u64) -> Waiting {
        Waiting { kind: Wait::Timer, on: deadline_ns, payload: Value::NIL }
    }
}

/// The running task awaits a primitive.
pub fn await_primitive(vm: &mut Vm, waiting: Waiting) -> Result<Value, Control> {
    cancel::checkpoint(vm)?;
    vm.waiting = waiting;
    begin(vm)
}

/// The same for what `Vm::waiting` describes, where the way to here has looked for a cancellation.
///
/// The fields are read one by one: a copy of the struct, which was written a moment ago in other pieces, would wait for the
/// stores.
#[inline]
pub fn begin(vm: &mut Vm) -> Result<Value, Control> {
    let task = vm.running();
    let (kind, on) = (vm.waiting.kind, vm.waiting.on);
    if kind == Wait::Yield {
        return Err(Control::Yield);
    }
    if let Some(value) = poll(vm, kind, on, vm.waiting.payload, task)? {
        return Ok(value);
    }
    interp::set_scratch(vm, if kind == Wait::Send { vm.waiting.payload } else { Value::NIL });
    task.node.set(kind, on);
    link(vm, task.node());
    Err(Control::Wait)
}

/// Does what is waited for if that is possible now, for a task.
#[inline]
pub fn poll(
    vm: &mut Vm,
    kind: Wait,
    on: u64,
    payload: Value,
    task: Gc<Task>,
) -> Result<Option<Value>, Control> {
    match kind {
        Wait::Task => poll_task(vm, object(on), task),
        Wait::Receive => channel::receive(vm, object(on)),
        Wait::Send => channel::send(vm, object(on), payload),
        Wait::Lock => sync::lock(vm, object(on), task),
        Wait::Acquire => Ok(sync::acquire(object(on))),
        Wait::Event => Ok(sync::is_set(object(on)).then_some(Value::NIL)),
        Wait::Barrier => Ok(sync::arrive(vm, object(on))),
        Wait::Changed => sync::poll_changed(vm, object(on)),
        Wait::None | Wait::Yield | Wait::Timer | Wait::Operation | Wait::Scope | Wait::Group | Wait::Next => {
            Ok(None)
        }
    }
}

/// What a wait of a kind for objects is for.
#[inline(always)]
fn object<T: Object>(address: u64) -> Gc<T> {
    Value { tag: T::TAG, bits: address }.object_unchecked()
}

fn poll_task(vm: &mut Vm, awaited: Gc<Task>, by: Gc<Task>) -> Result<Option<Value>, Control> {
    if awaited == by {
        return Err(vm.throw("Deadlock", "a task that awaits itself would wait forever"));
    }
    if !awaited.is_done() {
        return Ok(None);
    }
    if awaited.outcome() == Outcome::Value {
        return Ok(Some(awaited.result().get()));
    }
    let error = ending::outcome_error(vm, awaited);
    if !awaited.replace_flag(flag::RECEIVED)
        && let Some(parent) = awaited.parent()
    {
        parent.forget_kept(awaited);
    }
    Err(vm.throw_value(error))
}

/// Puts a node in line. Its payload is in its place.
pub fn enter(vm: &mut Vm, node: NodeRef, waiting: &Waiting) {
    node.set(waiting.kind, waiting.on);
    link(vm, node);
}

/// Puts a node that knows what it waits for in line.
pub fn link(vm: &mut Vm, node: NodeRef) {
    let on = node.object();
    match node.kind() {
        Wait::Timer => vm.sched.timers.set(node),
        Wait::Task => on.object_unchecked::<Task>().waiters.push(node),
        Wait::Receive => on.object_unchecked::<Channel>().receivers.push(node),
        Wait::Send => on.object_unchecked::<Channel>().senders.push(node),
        Wait::Barrier => on.object_unchecked::<Barrier>().enter(node),
        Wait::Lock | Wait::Acquire | Wait::Event | Wait::Changed => sync::line(on).push(node),
        Wait::None | Wait::Yield | Wait::Operation | Wait::Scope | Wait::Group | Wait::Next => {}
    }
}

/// Takes a node off what it waits for.
pub fn leave(vm: &mut Vm, node: NodeRef) {
    if node.is_linked() {
        let on = node.object();
        match node.kind() {
            Wait::Timer => vm.sched.timers.cancel(node),
            Wait::Task => on.object_unchecked::<Task>().waiters.remove(node),
            Wait::Receive => on.object_unchecked::<Channel>().receivers.remove(node),
            Wait::Send => on.object_unchecked::<Channel>().senders.remove(node),
            Wait::Barrier => on.object_unchecked::<Barrier>().leave(node),
            Wait::Lock | Wait::Acquire | Wait::Event | Wait::Changed => sync::line(on).remove(node),
            Wait::None | Wait::Yield | Wait::Operation | Wait::Scope | Wait::Group | Wait::Next => {}
        }
    }
    node.clear();
}

/// A wait has been decided; the node is out of its line already.
pub fn decide(vm: &mut Vm, node: NodeRef, result: Result<Value, Value>) {
    match (node.waiter(), result) {
        (Waiter::Task(task), Ok(value)) => sched::wake(vm, task, value),
        (Waiter::Task(task), Err(error)) => sched::wake_throwing(vm, task, error),
        (Waiter::Arm(group, arm), result) => group::arm_ended(vm, group, arm, result),
    }
}

/// What the node brings along.
pub fn payload(node: NodeRef) -> Value {
    match node.waiter() {
        Waiter::Task(task) => interp::scratch(task),
        Waiter::Arm(group, arm) => group.arms()[arm].value.get(),
    }
}

/// The node's task stands at the head of a `for await`, whose end is no error.
pub fn is_in_loop(node: NodeRef) -> bool {
    matches!(node.waiter(), Waiter::Task(task) if interp::is_in_loop(task))
}
