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
    /// The channel, lock, event or task.
    pub on: Value,
    /// A deadline or the id of an operation.
    pub number: u64,
    /// What is sent.
    pub payload: Value,
}

impl Waiting {
    pub const NOTHING: Waiting = Waiting { kind: Wait::None, on: Value::NIL, number: 0, payload: Value::NIL };

    pub fn on<T: Object>(kind: Wait, object: Gc<T>) -> Waiting {
        Waiting { kind, on: object.into(), number: 0, payload: Value::NIL }
    }

    pub fn until(deadline_ns: u64) -> Waiting {
        Waiting { kind: Wait::Timer, on: Value::NIL, number: deadline_ns, payload: Value::NIL }
    }
}

/// The running task awaits a primitive.
pub fn await_primitive(vm: &mut Vm, waiting: Waiting) -> Result<Value, Control> {
    cancel::checkpoint(vm)?;
    let task = vm.running();
    if waiting.kind == Wait::Yield {
        return Err(Control::Yield);
    }
    if let Some(value) = poll(vm, &waiting, task)? {
        return Ok(value);
    }
    interp::set_scratch(vm, waiting.payload);
    enter(vm, task.node(), &waiting);
    Err(Control::Wait)
}

/// Does what is waited for if that is possible now, for a task.
pub fn poll(vm: &mut Vm, waiting: &Waiting, task: Gc<Task>) -> Result<Option<Value>, Control> {
    let on = waiting.on;
    match waiting.kind {
        Wait::Task => poll_task(vm, on.object_unchecked(), task),
        Wait::Receive => channel::receive(vm, on.object_unchecked()),
        Wait::Send => channel::send(vm, on.object_unchecked(), waiting.payload),
        Wait::Lock => sync::lock(vm, on.object_unchecked(), task),
        Wait::Acquire => Ok(sync::acquire(on.object_unchecked())),
        Wait::Event => Ok(sync::is_set(on.object_unchecked()).then_some(Value::NIL)),
        Wait::Barrier => Ok(sync::arrive(vm, on.object_unchecked())),
        Wait::Changed => sync::poll_changed(vm, on.object_unchecked()),
        Wait::None | Wait::Yield | Wait::Timer | Wait::Operation | Wait::Scope | Wait::Group | Wait::Next => {
            Ok(None)
        }
    }
}

fn poll_task(vm: &mut Vm, awaited: Gc<Task>, by: Gc<Task>) -> Result<Option<Value>, Control> {
    if awaited == by {
        return Err(vm.throw("Deadlock", "a task that awaits itself would wait forever"));
    }
    if !awaited.is_done() {
        return Ok(None);
    }
    if awaited.outcome.get() == Outcome::Value {
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
    let number = match waiting.kind {
        Wait::None | Wait::Yield | Wait::Timer | Wait::Operation => waiting.number,
        _ => waiting.on.bits,
    };
    node.set(waiting.kind, number);
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
