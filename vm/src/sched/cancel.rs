//! Cancellation: who is asked to end, and where that is thrown.
//!
//! A request has a target, a task or an open scope of one, and is thrown as [`Token::Cancel`] at an await of that task (R7):
//!
//! 1. at the await where the task waits, or at its next one;
//! 2. only if no clean-up and no shield that was opened inside the target is active: the depth of clean-up is that of the target;
//! 3. the outermost target goes first; while its token is on its way, targets inside of it are of no interest any more;
//! 4. if an error takes the token's place and somebody catches that, the request is thrown again at the next await.
//!
//! A token carries no target: it stops at the scope that was cancelled, unless a target further out is on its way, too.
//!
//! Nothing here recurses over the tree of tasks: the tasks that are still to be asked lie in a list.

use super::{
    Decision,
    channel::Channel,
    ending,
    group::{self, Group},
    mistake::{Mistake, made},
    node::Wait,
    owner::{CancelRequest, NurseryRef, Owner},
    scope::{self, Scope},
    task::{Outcome, Task, TaskState, flag},
    wait,
};
use crate::{
    builtins::Control,
    interp::unwind::Token,
    sched,
    value::{Gc, Value},
    vm::Vm,
};

/// Tasks that are to be cancelled, last one first.
struct Work {
    tasks: Vec<(Gc<Task>, Value, u32)>,
}

impl Work {
    fn children(&mut self, vm: &mut Vm, owner: Owner, reason: &str) {
        let mut children = owner.nursery(vm).children().peekable();
        if children.peek().is_none() {
            return;
        }
        let by = owner.task().map_or(0, |task| task.id());
        let reason = vm.heap.str(reason).into();
        let from = self.tasks.len();
        self.tasks.extend(children.map(|child| (child, reason, by)));
        self.tasks[from..].reverse();
    }

    fn run(&mut self, vm: &mut Vm) {
        while let Some((task, reason, by)) = self.tasks.pop() {
            cancel_one(vm, task, reason, by, self);
        }
    }
}

/// Asks a task to end. The first request counts.
pub fn cancel(vm: &mut Vm, task: Gc<Task>, reason: Value, by: u32) {
    let mut work = Work { tasks: Vec::new() };
    cancel_one(vm, task, reason, by, &mut work);
    work.run(vm);
}

pub fn cancel_children(vm: &mut Vm, owner: Owner, reason: &str) {
    let mut work = Work { tasks: Vec::new() };
    work.children(vm, owner, reason);
    work.run(vm);
}

/// Tasks that clean-up has spawned outside of a scope of its own end with the body around it (R7).
pub fn cancel_those_of_cleanup(vm: &mut Vm, owner: Owner) {
    if made(Mistake::TasksOfCleanupGoOn) {
        return;
    }
    let of_cleanup: Vec<Gc<Task>> =
        owner.nursery(vm).children().filter(|child| child.has(flag::BY_CLEANUP)).collect();
    for child in of_cleanup {
        let by = owner.task().map_or(0, |task| task.id());
        let reason = vm.heap.str("the body whose clean-up spawned it has ended").into();
        cancel(vm, child, reason, by);
    }
}

fn request(vm: &mut Vm, reason: Value, by: u32) -> CancelRequest {
    let (code, at) = vm.site();
    CancelRequest { reason, by, code, at }
}

fn cancel_one(vm: &mut Vm, task: Gc<Task>, reason: Value, by: u32, work: &mut Work) {
    if task.is_done() {
        return;
    }
    let request = request(vm, reason, by);
    if !task.rare_or_new().nursery.request(request) {
        return;
    }
    sched::log(vm, |vm| Decision::Cancelled {
        task: task.id(),
        by,
        reason: sched::reason_text(vm, reason).into(),
    });
    if task.state() == TaskState::Closing {
        if made(Mistake::ClosingIsNotCancelled) {
            return;
        }
        // The body is over; the outcome is that of a cancelled task and the children go (R34).
        if task.outcome() == Outcome::Value {
            task.set_outcome(Outcome::Cancelled);
        }
        return work.children(vm, Owner::Task(task), "the task that spawned it was cancelled");
    }
    task.set_flag(flag::CANCEL_PENDING);
    interrupt_wait(vm, task, work);
}

/// A scope has failed: its body is asked to end.
pub fn cancel_scope(vm: &mut Vm, scope: Gc<Scope>, reason: &str, by: u32) {
    let reason = vm.heap.str(reason).into();
    let request = request(vm, reason, by);
    if scope.nursery.request(request) {
        let task = scope.task();
        task.set_flag(flag::CANCEL_PENDING);
        let mut work = Work { tasks: Vec::new() };
        interrupt_wait(vm, task, &mut work);
        work.run(vm);
    }
}

/// If the task waits and a request can be thrown there, it is.
fn interrupt_wait(vm: &mut Vm, task: Gc<Task>, work: &mut Work) {
    let waits = match task.state() {
        TaskState::Waiting => true,
        // `sleep(0)` is in the ready queue already.
        TaskState::Ready if made(Mistake::DecidedWaitIsCancelled) => {
            if task.has(flag::STARTED) && take_pending(task, None) {
                sched::throw_when_it_runs(vm, task, Token::Cancel.value());
            }
            false
        }
        TaskState::Ready => task.wait() == Wait::Yield,
        _ => false,
    };
    if !waits {
        return;
    }
    match task.wait() {
        // What is thrown in a scope or at a combinator waits until the tasks in there are over.
        Wait::Scope => {
            let Some(scope) = task.waits_for().as_object::<Scope>() else { return };
            if take_pending(task, Some(scope)) {
                scope::overruled(scope);
                work.children(vm, Owner::Scope(scope), "the scope that it belongs to was cancelled");
            }
        }
        Wait::Group => {
            let Some(group) = task.waits_for().as_object::<Group>() else { return };
            if take_pending(task, None) {
                group::overruled(vm, group);
                work.children(vm, Owner::Group(group), "what awaited it was cancelled");
                if group.nursery.is_empty() {
                    group::children_over(vm, group);
                }
            }
        }
        kind => {
            if take_pending(task, None) {
                if kind == Wait::Yield {
                    sched::throw_when_it_runs(vm, task, Token::Cancel.value());
                } else {
                    if made(Mistake::CancelledSenderSends)
                        && kind == Wait::Send
                        && let Some(channel) = task.waits_for().as_object::<Channel>()
                    {
                        channel.force(vm, wait::payload(task.node()));
                    }
                    wait::leave(vm, task.node());
                    sched::wake_throwing(vm, task, Token::Cancel.value());
                }
            }
        }
    }
}

/// Before any primitive acts: a cancellation that is waiting is thrown first (R6c).
#[inline(always)]
pub fn checkpoint(vm: &mut Vm) -> Result<(), Control> {
    match vm.sched.current {
        Some(task) if task.has(flag::CANCEL_PENDING) => checkpoint_cold(vm, task),
        _ => Ok(()),
    }
}

#[cold]
#[inline(never)]
fn checkpoint_cold(vm: &mut Vm, task: Gc<Task>) -> Result<(), Control> {
    if !made(Mistake::ActsBeforeCancellation) && take_pending(task, None) {
        return Err(vm.throw_value(Token::Cancel.value()));
    }
    Ok(())
}

/// Takes the request that is to be thrown in the task now, if there is one: it counts as delivered. With `beyond`, only targets outside
/// of that scope are looked at.
pub fn take_pending(task: Gc<Task>, beyond: Option<Gc<Scope>>) -> bool {
    let depth = task.cleanup_depth();
    let mut inside = beyond.map(|scope| NurseryRef::of(&scope.nursery));
    let mut target = None;
    for nursery in task.nurseries() {
        if inside.is_some() {
            if inside == Some(nursery) {
                inside = None;
            }
            continue;
        }
        if nursery.depth.get() != depth && !made(Mistake::CleanupIsDisturbed) {
            break;
        }
        if nursery.is_delivered() {
            target = None;
        } else if nursery.is_pending() {
            target = Some(nursery);
        }
    }
    let Some(target) = target else { return false };
    target.set_delivered(true);
    // What scopes inside have failed with before is of no interest any more.
    for nursery in task.nurseries().take_while(|nursery| *nursery != target) {
        nursery.error.set(Value::NIL);
    }
    refresh(task);
    true
}

/// Brings the task's flags up to date with its targets.
pub fn refresh(task: Gc<Task>) {
    task.clear_flag(flag::CANCEL_PENDING | flag::IN_FLIGHT);
    for nursery in task.nurseries() {
        if nursery.is_delivered() {
            task.set_flag(flag::IN_FLIGHT);
        } else if nursery.is_cancelled() {
            task.set_flag(flag::CANCEL_PENDING);
        }
    }
}

/// An error has taken a token's place and is caught at this depth of clean-up: the request is thrown again at the next await.
#[cold]
pub fn caught(task: Gc<Task>) {
    if made(Mistake::CaughtErrorEndsCancellation) {
        return;
    }
    let depth = task.cleanup_depth();
    for nursery in task.nurseries().take_while(|nursery| nursery.depth.get() == depth) {
        nursery.set_delivered(false);
    }
    refresh(task);
}

/// All tasks of the program but `spared` and those that belong to clean-up or a shield are asked to end, all at once.
pub fn cancel_all(vm: &mut Vm, reason: &str, spared: Option<Gc<Task>>) {
    let by = vm.sched.current.map_or(0, |task| task.id());
    let reason: Value = vm.heap.str(reason).into();
    for task in ending::unprotected_tasks(vm) {
        if Some(task) != spared {
            cancel(vm, task, reason, by);
        }
    }
}

/// `exit(n)` unwinds its caller on the spot and cancels all others (R23).
pub fn exit_program(vm: &mut Vm) {
    let caller = vm.running();
    let reason = vm.heap.str("the program exits").into();
    let request = request(vm, reason, caller.id());
    let nursery = &caller.rare_or_new().nursery;
    nursery.request(request);
    nursery.set_delivered(true);
    caller.set_flag(flag::IN_FLIGHT);
    cancel_all(vm, "the program exits", Some(caller));
}

/// Ctrl-C: the whole program is cancelled, so that clean-up runs. At the REPL it is the evaluation alone (R35).
pub fn interrupt(vm: &mut Vm) {
    if vm.sched.session.is_some() {
        return interrupt_evaluation(vm);
    }
    vm.sched.interrupted = true;
    cancel_all(vm, "interrupted (Ctrl-C)", None);
}

/// The first time the evaluation is cancelled. From the second time on, whoever runs without an await is stopped, clean-up or not, so
/// that the prompt always comes back.
fn interrupt_evaluation(vm: &mut Vm) {
    let Some(evaluation) = vm.sched.main.filter(|main| !main.is_done()) else { return };
    if evaluation.with_cancel(|cancel| cancel.is_none()) {
        let reason = vm.heap.str("interrupted (Ctrl-C)").into();
        return cancel(vm, evaluation, reason, 0);
    }
    if let Some(session) = &mut vm.sched.session {
        session.stop_runner = true;
    }
}

/// At a back edge or call: is the running task to be stopped now, as somebody at the prompt wants it?
pub fn is_stopped(vm: &mut Vm) -> bool {
    let task = vm.running();
    let Some(session) = &mut vm.sched.session else { return false };
    if session.stop_task == Some(task.id()) {
        session.stop_task = None;
        return take_pending(task, None);
    }
    if !std::mem::take(&mut session.stop_runner) {
        return false;
    }
    let reason = vm.heap.str("interrupted (Ctrl-C)").into();
    cancel(vm, task, reason, 0);
    take_pending(task, None);
    true
}
