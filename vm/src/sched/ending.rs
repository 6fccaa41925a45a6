//! How tasks end, and where their results and errors go.
//!
//! A task is over when its function has ended and its children are done. Its error goes to everybody who awaits it at that moment; if
//! there is none, to its owner (R1). Each step up the tree is a turn of a loop, never a call.

use std::collections::HashSet;

use super::{
    Decision, cancel, group,
    mistake::{Mistake, made},
    node::Waiter,
    owner::Owner,
    reach, scope, sync,
    task::{self, Outcome, Task, TaskState, flag},
};
use crate::{
    heap::object::*,
    interp::unwind::{self, Token},
    sched,
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// The task's function has returned. A discarded task may have failed meanwhile, and the body did not come to another await (R3).
pub fn returned(vm: &mut Vm, task: Gc<Task>, value: Value) {
    match task.rare().map_or(Value::NIL, |rare| rare.nursery.error.get()) {
        Value { tag: Tag::NIL, .. } => body_ended(vm, task, Outcome::Value, value),
        error => body_ended(vm, task, Outcome::Error, error),
    }
}

/// The task's function has thrown an error or token that nothing in it took.
pub fn failed(vm: &mut Vm, task: Gc<Task>, thrown: Value) {
    // What the body was cancelled for comes first (R3).
    let first = task.rare().map_or(Value::NIL, |rare| rare.nursery.error.get());
    match (Token::of(thrown), first.is_nil()) {
        (Some(_), true) => body_ended(vm, task, Outcome::Cancelled, Value::NIL),
        (Some(_), false) => body_ended(vm, task, Outcome::Error, first),
        (None, true) => body_ended(vm, task, Outcome::Error, thrown),
        (None, false) => {
            add_also(vm, first, thrown);
            body_ended(vm, task, Outcome::Error, first);
        }
    }
}

/// The function of a task has ended. Its children are waited for, or cancelled if it failed (R26).
pub fn body_ended(vm: &mut Vm, task: Gc<Task>, outcome: Outcome, value: Value) {
    task::release_stack(&mut vm.heap, task);
    task.set_outcome(outcome);
    vm.heap.store(task.result(), value);
    task.set_state(TaskState::Closing);
    task.node.clear();
    if task.rare().is_none() {
        return settle(vm, task);
    }
    sync::abandon_all(vm, task);
    // Errors of children that nobody awaited are thrown now (R1).
    for (child, error) in task.take_kept() {
        child.set_flag(flag::RECEIVED);
        fail_closing(vm, task, error);
    }
    if task.has_children() {
        // A request that found no await in the body arrives while the children are waited for (R34).
        if task.outcome() == Outcome::Value && task.with_cancel(|cancel| cancel.is_some()) {
            task.set_outcome(Outcome::Cancelled);
        }
        match task.outcome() {
            Outcome::Value => cancel::cancel_those_of_cleanup(vm, Owner::Task(task)),
            Outcome::Error if made(Mistake::ChildrenOfFailedGoOn) => {}
            Outcome::Error => {
                cancel::cancel_children(vm, Owner::Task(task), "the task that spawned it has failed")
            }
            Outcome::Cancelled => {
                cancel::cancel_children(vm, Owner::Task(task), "the task that spawned it was cancelled");
            }
        }
    }
    if !task.has_children() {
        settle(vm, task);
    }
}

/// An error reaches a task whose body has ended already: it fails, or the error joins the one it fails with.
fn fail_closing(vm: &mut Vm, task: Gc<Task>, error: Value) {
    match task.outcome() {
        Outcome::Value | Outcome::Cancelled => {
            task.set_outcome(Outcome::Error);
            vm.heap.store(task.result(), error);
            cancel::cancel_children(vm, Owner::Task(task), "another task of the same parent has failed");
        }
        Outcome::Error => add_also(vm, task.result().get(), error),
    }
}

/// Hangs a further error on the first one: once, and never on itself (R2).
pub fn add_also(vm: &mut Vm, first: Value, error: Value) {
    let Some(target) = first.as_object::<ErrorObject>() else { return };
    if hangs_on(first, error) || made(Mistake::FurtherErrorsAreLost) {
        return;
    }
    match target.also.get().as_object::<List>() {
        Some(list) => {
            // Only what hangs on something already is looked for.
            if !is_hung(error) || !list.as_slice().iter().any(|known| known.is_same(error)) {
                list.push(&mut vm.heap, error);
            }
        }
        None => {
            let list = vm.heap.list(&[error]);
            vm.heap.store(&target.also, list.into());
        }
    }
    if let Some(error) = error.as_object::<ErrorObject>() {
        error.header.flags.set(error.header.flags.get() | flags::HUNG);
    }
}

/// The error is the other one, or hangs on it, if over several.
fn hangs_on(error: Value, on: Value) -> bool {
    let mut open = vec![on];
    let mut seen: HashSet<u64> = HashSet::new();
    while let Some(next) = open.pop() {
        if next.is_same(error) {
            return true;
        }
        let also = next.as_object::<ErrorObject>().and_then(|next| next.also.get().as_object::<List>());
        if let Some(also) = also
            && seen.insert(next.bits)
        {
            open.extend_from_slice(also.as_slice());
        }
    }
    false
}

/// The error hangs on another one.
fn is_hung(error: Value) -> bool {
    error.as_object::<ErrorObject>().is_none_or(|error| error.header.flags.get() & flags::HUNG != 0)
}

/// Body and children have ended: the outcome is final. So may be that of its owner, and so on upwards.
fn settle(vm: &mut Vm, task: Gc<Task>) {
    let mut next = Some(task);
    while let Some(task) = next {
        let owner = settle_one(vm, task);
        next = match owner {
            Owner::Task(parent) if parent.state() == TaskState::Closing && !parent.has_children() => {
                Some(parent)
            }
            Owner::Task(_) => None,
            _ => {
                owner_may_end(vm, owner);
                None
            }
        };
    }
}

/// A child has left its owner.
pub fn owner_may_end(vm: &mut Vm, owner: Owner) {
    if !owner.nursery(vm).is_empty() {
        return;
    }
    match owner {
        Owner::Program => {}
        Owner::Task(task) if task.state() == TaskState::Closing => settle(vm, task),
        Owner::Task(_) => {}
        Owner::Scope(scope) => scope::children_over(vm, scope),
        Owner::Group(group) => group::children_over(vm, group),
    }
}

fn settle_one(vm: &mut Vm, task: Gc<Task>) -> Owner {
    task.set_state(TaskState::Done);
    vm.sched.live -= 1;
    if let Some(session) = &mut vm.sched.session {
        session.births.remove(&task.id());
    }
    let outcome = task.outcome();
    sched::log(vm, |_| Decision::Ended { task: task.id(), outcome });
    let delivered = !task.waiters.is_empty();
    if delivered {
        task.set_flag(flag::RECEIVED);
        deliver(vm, task, outcome);
    }
    let owner = task.owner();
    owner.nursery(vm).unlink(task);
    task.set_owner(Owner::Program);
    let is_raised = match outcome {
        Outcome::Error => !delivered || made(Mistake::ReceivedErrorIsRaised),
        Outcome::Cancelled => made(Mistake::CancelledIsError) && !delivered,
        Outcome::Value => false,
    };
    if is_raised {
        route_error(vm, owner, task);
    }
    owner
}

/// Everybody who awaits the task gets its result.
fn deliver(vm: &mut Vm, task: Gc<Task>, outcome: Outcome) {
    let error = match outcome {
        Outcome::Value => None,
        _ => Some(outcome_error(vm, task)),
    };
    while let Some(node) = task.waiters.pop() {
        let result = match error {
            None => Ok(task.result().get()),
            Some(error) => {
                if let Some(error) = error.as_object::<ErrorObject>() {
                    unwind::append_awaiter(error, node.task());
                }
                Err(error)
            }
        };
        match (node.waiter(), result) {
            (Waiter::Task(waiter), Ok(value)) => sched::wake(vm, waiter, value),
            (Waiter::Task(waiter), Err(error)) => sched::wake_throwing(vm, waiter, error),
            (Waiter::Arm(group, arm), result) => group::arm_ended(vm, group, arm, result),
        }
    }
}

/// An error that nobody awaited goes to the owner.
fn route_error(vm: &mut Vm, owner: Owner, task: Gc<Task>) {
    let error = outcome_error(vm, task);
    match owner {
        Owner::Program if made(Mistake::DetachedErrorIsLost) => {}
        Owner::Program => {
            if Some(task) != vm.sched.main && Some(task) != vm.sched.top_level {
                vm.sched.unhandled.push(error);
            }
        }
        Owner::Scope(scope) => scope::child_failed(vm, scope, task, error),
        Owner::Group(group) => group::child_failed(vm, group, error),
        Owner::Task(parent) if parent.state() == TaskState::Closing => fail_closing(vm, parent, error),
        Owner::Task(parent) if task.has(flag::DISCARDED) => fail_body(vm, parent, task, error),
        Owner::Task(parent) => {
            if made(Mistake::KeptErrorIsLost) {
                return;
            }
            // Whoever awaits it later takes the error from there.
            task.set_owner(owner);
            parent.keep(task, error);
        }
    }
}

/// A child whose handle was discarded has failed: the parent's body is cancelled and fails with the error (R3).
fn fail_body(vm: &mut Vm, parent: Gc<Task>, child: Gc<Task>, error: Value) {
    let nursery = &parent.rare_or_new().nursery;
    let first = nursery.error.get();
    if !first.is_nil() {
        return add_also(vm, first, error);
    }
    vm.heap.store(&nursery.error, error);
    let reason = vm.heap.str("a task that it spawned has failed").into();
    cancel::cancel(vm, parent, reason, child.id());
}

/// What the awaiter of a task that failed or was cancelled gets.
pub fn outcome_error(vm: &mut Vm, task: Gc<Task>) -> Value {
    let known = task.result().get();
    if task.outcome() == Outcome::Error || known.is(Tag::ERROR) {
        return known;
    }
    let name = task::name_text(vm, task);
    let (by, reason) =
        task.with_cancel(|cancel| cancel.map_or((0, Value::NIL), |cancel| (cancel.by, cancel.reason)));
    let why = if reason.is_nil() { String::new() } else { format!(": {}", sched::reason_text(vm, reason)) };
    let who = if by == 0 || by == task.id() { String::new() } else { format!(" by task {by}") };
    let error = vm.heap.error("Cancelled", &format!("task {} ({name}) was cancelled{who}{why}", task.id()));
    vm.heap.store(&error.data, reason);
    vm.heap.store(task.result(), error.into());
    error.into()
}

/// All tasks that are not done, in the order of spawning.
pub fn live_tasks(vm: &Vm) -> Vec<Gc<Task>> {
    let mut found: Vec<Gc<Task>> = reach::live_tasks(vm).collect();
    found.sort_by_key(|task| task.id());
    found
}

/// The same without those that belong to clean-up or to a shield, and their children: they work undisturbed (R7).
pub fn unprotected_tasks(vm: &Vm) -> Vec<Gc<Task>> {
    let is_protected = |task: Gc<Task>| {
        task.has(flag::BY_CLEANUP)
            || match task.owner() {
                Owner::Program | Owner::Task(_) => false,
                Owner::Scope(scope) => scope.nursery.depth.get() > 0,
                Owner::Group(group) => group.nursery.depth.get() > 0,
            }
    };
    let mut found: Vec<Gc<Task>> = reach::live_tasks(vm).collect();
    // Parents come before their children.
    let mut protected: HashSet<Gc<Task>> = HashSet::new();
    found.retain(|task| {
        let inherited = task.parent().is_some_and(|parent| protected.contains(&parent));
        let is_protected = inherited || is_protected(*task);
        if is_protected {
            protected.insert(*task);
        }
        !is_protected
    });
    found.sort_by_key(|task| task.id());
    found
}

/// A task's saved position is an op; this is where it is.
pub fn waits_at(task: Gc<Task>) -> Option<(Value, u32)> {
    if task.state() != TaskState::Waiting {
        return None;
    }
    task::innermost_visible(task)
}
