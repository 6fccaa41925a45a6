//! The scheduler: owns the tasks and decides which runs next. It does no I/O and never blocks.
//!
//! A task is ready (in the queue), running, waiting on exactly one thing, or done. Tasks form a tree: a parent is not done
//! before its children are (R26). Everything that happens to a task goes through this module, and the
//! [`Log`] sees each decision: traces, timelines and replay read it.

pub mod task;
pub mod timers;

use std::collections::VecDeque;

use crate::{

    heap::{Marker, object::*},
    interp::{self, Flow, Step, unwind::{self, Token}},
    value::{Gc, Value},
    vm::Vm,
};
use task::{CancelRequest, Outcome, Task, TaskState, WaitKind};
use timers::Timers;

/// One decision of the scheduler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Spawned { task: u32, parent: u32 },
    Ready { task: u32 },
    Runs { task: u32 },
    Waits { task: u32, on: WaitKind },
    Cancelled { task: u32, by: u32 },
    TimerFired { task: u32, deadline_ns: u64 },
    Ended { task: u32, outcome: Outcome },
}

/// Receives every decision with the time at which it was made, in nanoseconds of the program's clock.
pub type Log = Box<dyn FnMut(u64, Decision)>;

/// What drives time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The host's, from the program's start.
    Real { start_ns: u64 },
    /// Jumps to the next timer when every task waits.
    Virtual { now_ns: u64 },
}

pub struct Scheduler {
    pub ready: VecDeque<Gc<Task>>,
    pub current: Option<Gc<Task>>,
    /// The top level.
    pub main: Option<Gc<Task>>,
    pub timers: Timers,
    pub clock: Clock,
    /// Tasks without a parent (R21).
    pub detached: Vec<Gc<Task>>,
    pub next_id: u32,
    /// Tasks that are not done.
    pub live: usize,
    /// Host operations that tasks wait for.
    pub pending_operations: usize,
    pub log: Option<Log>,
    /// Errors of detached tasks that nobody awaited, for the driver to print.
    pub unhandled: Vec<Value>,
    /// Ctrl-C was pressed.
    pub interrupted: bool,
    /// Something failed that nobody received: the status is 1.
    pub failed: bool,
    /// A write to standard output failed.
    pub stdout_closed: bool,
    /// Tasks that wait for a line of standard input, with the operation's id, for the engine to start.
    pub reads: Vec<(u32, Gc<Task>)>,
    pub next_operation: u32,
}

impl Default for Scheduler {
    fn default() -> Scheduler {
        Scheduler {
            ready: VecDeque::new(),
            current: None,
            main: None,
            timers: Timers::default(),
            clock: Clock::Real { start_ns: 0 },
            detached: Vec::new(),
            next_id: 1,
            live: 0,
            pending_operations: 0,
            log: None,
            unhandled: Vec::new(),
            interrupted: false,
            failed: false,
            stdout_closed: false,
            reads: Vec::new(),
            next_operation: 0,
        }
    }
}

impl Scheduler {
    pub fn trace(&self, marker: &mut Marker) {
        for task in self.ready.iter().chain(self.current.iter()).chain(self.main.iter()).chain(self.detached.iter()) {
            marker.value((*task).into());
        }
        self.timers.tasks().for_each(|task| marker.value(task.into()));
        self.unhandled.iter().for_each(|error| marker.value(*error));
    }

    /// Forgets timers that were cancelled, so that they keep no dead task.
    pub fn purge_timers(&mut self) {
        self.timers.purge();
    }
}

/// Nanoseconds since the program began.
pub fn now_ns(vm: &Vm) -> u64 {
    match vm.sched.clock {
        Clock::Real { start_ns } => vm.host.monotonic_ns().saturating_sub(start_ns),
        Clock::Virtual { now_ns } => now_ns,
    }
}

#[inline(always)]
pub fn log(vm: &mut Vm, decision: Decision) {
    if vm.sched.log.is_some() {
        log_cold(vm, decision);
    }
}

#[cold]
fn log_cold(vm: &mut Vm, decision: Decision) {
    let now = now_ns(vm);
    if let Some(log) = &mut vm.sched.log {
        log(now, decision);
    }
}

/// Puts a task at the end of the ready queue.
pub fn make_ready(vm: &mut Vm, task: Gc<Task>) {
    task.state.set(TaskState::Ready);
    vm.sched.ready.push_back(task);
    log(vm, Decision::Ready { task: task.id });
}

/// Ends a wait with a value.
pub fn wake(vm: &mut Vm, task: Gc<Task>, value: Value) {
    debug_assert!(task.state.get() == TaskState::Waiting);
    task.wait.set(WaitKind::None);
    interp::wake_with(task, value);
    make_ready(vm, task);
}

/// Ends a wait by throwing at its op when the task runs next.
pub fn wake_throwing(vm: &mut Vm, task: Gc<Task>, thrown: Value) {
    debug_assert!(task.state.get() == TaskState::Waiting);
    task.wait.set(WaitKind::None);
    task.throws.set(thrown);
    make_ready(vm, task);
}

/// Takes a waiting task off what it waits for.
fn stop_waiting(vm: &mut Vm, task: Gc<Task>) {
    match task.wait.get() {
        WaitKind::Timer => vm.sched.timers.cancel(task),
        WaitKind::Task(awaited) => task::remove_waiter(awaited, task),
        WaitKind::Operation(_) | WaitKind::None => {}
    }
}

/// Runs the first ready task until its next step. `false` if none is ready.
pub fn turn(vm: &mut Vm) -> bool {
    let Some(task) = vm.sched.ready.pop_front() else { return false };
    task.state.set(TaskState::Running);
    vm.sched.current = Some(task);
    log(vm, Decision::Runs { task: task.id });
    // SAFETY: a ready task's fiber is suspended.
    #[allow(unsafe_code)]
    unsafe {
        vm.switch_fiber(task.current.get());
    }
    let thrown = task.throws.replace(Value::NIL);
    let step = if thrown.is_nil() {
        interp::run(vm)
    } else {
        let flow = match Token::of(thrown) {
            Some(_) => unwind::unwind(vm, thrown),
            None => unwind::throw_value(vm, thrown),
        };
        match flow {
            Flow::Continue => interp::run(vm),
            Flow::Leave(step) => step,
        }
    };
    match step {
        Step::Waits => {
            task.state.set(TaskState::Waiting);
            task.ready_awaits.set(0);
            let on = task.wait.get();
            log(vm, Decision::Waits { task: task.id, on });
        }
        Step::Yielded => make_ready(vm, task),
        Step::Interrupted => {
            task.state.set(TaskState::Ready);
            vm.sched.ready.push_front(task);
        }
        Step::Done(value) => body_ended(vm, task, Outcome::Value, value),
        Step::Failed(thrown) => failed(vm, task, thrown),
    }
    vm.fiber = std::ptr::null_mut();
    vm.base = std::ptr::null_mut();
    vm.sched.current = None;
    true
}

fn failed(vm: &mut Vm, task: Gc<Task>, thrown: Value) {
    match Token::of(thrown) {
        Some(Token::Exit) => {
            exit_program(vm, task);
            body_ended(vm, task, Outcome::Cancelled, Value::NIL);
        }
        Some(_) => match task.failed_by.replace(Value::NIL) {
            // The body was cancelled because a child failed: that is how it ends (R3).
            error if !error.is_nil() => body_ended(vm, task, Outcome::Error, error),
            _ => body_ended(vm, task, Outcome::Cancelled, Value::NIL),
        },
        None => body_ended(vm, task, Outcome::Error, thrown),
    }
}

/// The function of a task has ended. Its children are waited for, or cancelled if it failed (R26).
fn body_ended(vm: &mut Vm, task: Gc<Task>, outcome: Outcome, value: Value) {
    task::release_stack(&mut vm.heap, task);
    task.outcome.set(outcome);
    vm.heap.store(task.into(), &task.result, value);
    task.state.set(TaskState::Closing);
    if outcome == Outcome::Value {
        // Errors of children that nobody awaited are thrown now (R1).
        for (child, error) in task::take_kept(task) {
            child.received.set(true);
            fail_closing(vm, task, error);
        }
    } else {
        task::take_kept(task).into_iter().for_each(|(child, error)| {
            child.received.set(true);
            add_also(vm, task, error);
        });
        cancel_children(vm, task, "the task that spawned it has failed");
    }
    if task.children.get().is_none() {
        settle(vm, task);
    }
}

/// An error reaches a task whose body has ended already: it fails, or the error joins the one it fails with.
fn fail_closing(vm: &mut Vm, task: Gc<Task>, error: Value) {
    match task.outcome.get() {
        Outcome::Value => {
            task.outcome.set(Outcome::Error);
            vm.heap.store(task.into(), &task.result, error);
            cancel_children(vm, task, "another task of the same parent has failed");
        }
        Outcome::Cancelled if vm.exit_code.is_none() => {
            task.outcome.set(Outcome::Error);
            vm.heap.store(task.into(), &task.result, error);
        }
        _ => add_also(vm, task, error),
    }
}

/// Hangs a further error on the one that a task fails with (R2: never on itself).
fn add_also(vm: &mut Vm, task: Gc<Task>, error: Value) {
    let first = task.result.get();
    let (Some(target), false) = (first.as_object::<ErrorObject>(), first.is_same(error)) else { return };
    match target.also.get().as_object::<List>() {
        Some(list) => list.push(&mut vm.heap, error),
        None => {
            let list = vm.heap.list(&[error]);
            vm.heap.store(first, &target.also, list.into());
        }
    }
}

fn cancel_children(vm: &mut Vm, task: Gc<Task>, reason: &str) {
    for child in task::children(task) {
        let reason = vm.heap.str(reason).into();
        cancel(vm, child, reason, task.id);
    }
}

/// Body and children have ended: the outcome is final.
fn settle(vm: &mut Vm, task: Gc<Task>) {
    task.state.set(TaskState::Done);
    vm.sched.live -= 1;
    let outcome = task.outcome.get();
    log(vm, Decision::Ended { task: task.id, outcome });
    let waiters = task::take_waiters(task);
    let delivered = !waiters.is_empty();
    for waiter in waiters {
        match outcome {
            Outcome::Value => wake(vm, waiter, task.result.get()),
            _ => {
                let error = task::outcome_error(vm, task);
                if let Some(error) = error.as_object::<ErrorObject>() {
                    unwind::append_awaiter(error, waiter);
                }
                wake_throwing(vm, waiter, error);
            }
        }
    }
    if delivered {
        task.received.set(true);
    }
    let Some(parent) = task.parent() else {
        vm.sched.detached.retain(|detached| *detached != task);
        if outcome == Outcome::Error && !delivered && Some(task) != vm.sched.main {
            vm.sched.unhandled.push(task.result.get());
        }
        return;
    };
    task::unlink_child(parent, task);
    if outcome == Outcome::Error && !delivered {
        let error = task.result.get();
        if parent.state.get() == TaskState::Closing {
            fail_closing(vm, parent, error);
        } else if task.discarded {
            fail_body(vm, parent, error);
        } else {
            task::keep(parent, task, error);
        }
    }
    if parent.state.get() == TaskState::Closing && parent.children.get().is_none() {
        settle(vm, parent);
    }
}

/// A child whose handle was discarded has failed: the parent's body is cancelled and fails with the error (R3).
fn fail_body(vm: &mut Vm, parent: Gc<Task>, error: Value) {
    if !parent.failed_by.get().is_nil() || parent.cancel_request().is_some() {
        return;
    }
    vm.heap.store(parent.into(), &parent.failed_by, error);
    let reason = vm.heap.str("a task that it spawned has failed").into();
    cancel(vm, parent, reason, parent.id);
}

/// Asks a task to end: at the await where it waits, or at its next one. The first request counts (R7).
pub fn cancel(vm: &mut Vm, task: Gc<Task>, reason: Value, by: u32) {
    if task.state.get() == TaskState::Done || task.cancel_request().is_some() {
        return;
    }
    let (code, at) = vm.site();
    task.set_cancel(CancelRequest { reason, by, code, at, delivered: false });
    log(vm, Decision::Cancelled { task: task.id, by });
    match task.state.get() {
        TaskState::Closing => {
            // The body is over; the outcome is that of a cancelled task and the children go (R34).
            if task.outcome.get() == Outcome::Value {
                task.outcome.set(Outcome::Cancelled);
            }
            cancel_children(vm, task, "the task that spawned it was cancelled");
        }
        TaskState::Waiting if task::deliverable(vm, task) => {
            task::mark_delivered(task);
            stop_waiting(vm, task);
            wake_throwing(vm, task, Token::Cancel.value());
        }
        _ => {}
    }
}

/// `exit(n)`: every other task is cancelled at its await (R23).
fn exit_program(vm: &mut Vm, caller: Gc<Task>) {
    let mut roots: Vec<Gc<Task>> = vm.sched.detached.clone();
    roots.extend(vm.sched.main);
    for root in roots {
        if root != caller {
            let reason = vm.heap.str("the program exits").into();
            cancel(vm, root, reason, caller.id);
        }
    }
}

/// Ctrl-C: the whole program is cancelled, so that clean-up runs.
pub fn interrupt(vm: &mut Vm) {
    vm.sched.interrupted = true;
    let by = vm.sched.current.map_or(0, |task| task.id);
    let mut tasks: Vec<Gc<Task>> = vm.sched.detached.clone();
    tasks.extend(vm.sched.main);
    tasks.extend(vm.sched.current);
    for task in tasks {
        let reason = vm.heap.str("interrupted (Ctrl-C)").into();
        cancel(vm, task, reason, by);
    }
}

/// Makes every task ready whose timer is due.
pub fn fire_timers(vm: &mut Vm, now_ns: u64) -> bool {
    let mut fired = false;
    while let Some((deadline_ns, task)) = vm.sched.timers.pop_due(now_ns) {
        fired = true;
        log(vm, Decision::TimerFired { task: task.id, deadline_ns });
        wake(vm, task, Value::NIL);
    }
    fired
}

/// All tasks that are not done, in the order of spawning.
pub fn live_tasks(vm: &Vm) -> Vec<Gc<Task>> {
    let mut found: Vec<Gc<Task>> = vm.sched.main.into_iter().chain(vm.sched.detached.iter().copied()).collect();
    let mut next = 0;
    while next < found.len() {
        found.extend(task::children(found[next]));
        next += 1;
    }
    found.retain(|task| task.state.get() != TaskState::Done);
    found.sort_by_key(|task| task.id);
    found
}

/// A task's saved position is an op; this is where it is.
pub fn waits_at(task: Gc<Task>) -> Option<(Value, u32)> {
    if task.state.get() != TaskState::Waiting {
        return None;
    }
    task::innermost_visible(task)
}

