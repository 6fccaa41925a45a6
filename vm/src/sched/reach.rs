//! What of the scheduler keeps objects alive, and which tasks wait for what nobody can ever give them (R18).
//!
//! All tasks that are not done are alive. But marking goes in two steps. First only from those that can go on: ready, with a timer, with
//! an operation of the host. A task that waits for something that was reached then can go on, too, and so on until there are no more. The
//! others wait for what only they themselves can reach: they are leaked.
//!
//! A task that may be cancelled counts as one that can go on: somebody holds its handle, or that of a task above it, or it belongs to a
//! combinator that can still be decided. Links of the tree do not count.

use super::{
    group::Group,
    node::{NodeRef, Wait},
    owner::Owner,
    scope::Scope,
    task::{self, Task, TaskState, flag},
};
use crate::{
    heap::Marker,
    value::{Gc, Value},
    vm::Vm,
};

/// Rounds after which a search for tasks that can go on is given up, without a report.
const ROUNDS: usize = 64;

/// All tasks that are not done, parents first. With a million of them a list would cost more than the walk along the links.
pub fn live_tasks(vm: &Vm) -> impl Iterator<Item = Gc<Task>> + Clone + use<> {
    below(vm.sched.program.first())
}

/// A task, those behind it in its nursery, and all below them.
fn below(first: Option<Gc<Task>>) -> impl Iterator<Item = Gc<Task>> + Clone + use<> {
    // Heads of what is left of the nurseries that the walk is in: no more than the tree is deep, for each task on the way.
    let mut heads: Vec<Gc<Task>> = first.into_iter().collect();
    std::iter::from_fn(move || {
        let task = heads.pop()?;
        heads.extend(task.next_sibling.get());
        if task.rare().is_some() {
            heads.extend(task.groups().filter_map(|group| group.nursery.first()));
            heads.extend(task.nurseries().filter_map(|nursery| nursery.first()));
        }
        Some(task)
    })
}

/// Needs nobody to go on.
pub fn goes_on_by_itself(task: Gc<Task>) -> bool {
    match task.state() {
        TaskState::Ready | TaskState::Running => true,
        TaskState::Waiting => match task.waits_for().as_object::<Group>() {
            Some(group) => group.arms().iter().any(|arm| is_timed(arm.node.kind())),
            None => is_timed(task.wait()),
        },
        TaskState::Closing | TaskState::Done => false,
    }
}

fn is_timed(wait: Wait) -> bool {
    matches!(wait, Wait::Timer | Wait::Operation | Wait::Yield)
}

/// Marks what those tasks lead to that need nobody. The tasks themselves are marked only if something refers to them.
pub fn mark_roots(tasks: impl Iterator<Item = Gc<Task>>, marker: &mut Marker) {
    for task in tasks.filter(|task| goes_on_by_itself(*task)) {
        task::trace(&task, marker);
        // What is grey takes memory.
        marker.drain();
    }
}

/// Keeps all of them.
pub fn mark_all(tasks: impl Iterator<Item = Gc<Task>>, marker: &mut Marker) {
    for task in tasks {
        marker.value(task.into());
        marker.drain();
    }
}

/// Marks what the tasks lead to that can go on, and gives those that cannot.
pub fn mark_by_reach(tasks: impl Iterator<Item = Gc<Task>> + Clone, marker: &mut Marker) -> Vec<Gc<Task>> {
    let mut waiting: Vec<Gc<Task>> = Vec::new();
    for task in tasks.clone() {
        task.clear_flag(flag::GOES_ON | flag::CANCELLABLE);
        if goes_on_by_itself(task) {
            task.set_flag(flag::GOES_ON);
        } else {
            waiting.push(task);
        }
    }
    for _ in 0..ROUNDS {
        if waiting.is_empty() {
            return waiting;
        }
        marker.drain();
        // Parents come before their children.
        for task in tasks.clone() {
            if !task.has(flag::CANCELLABLE) && may_be_cancelled(task, marker) {
                task.set_flag(flag::CANCELLABLE);
            }
        }
        let before = waiting.len();
        waiting.retain(|task| {
            let goes_on = task.has(flag::CANCELLABLE) || may_go_on(*task, marker);
            if goes_on {
                task.set_flag(flag::GOES_ON);
                task::trace(task, marker);
            }
            !goes_on
        });
        if waiting.len() == before {
            return waiting;
        }
        // What depends on what often stands behind it.
        waiting.reverse();
    }
    Vec::new()
}

/// Somebody has its handle, or that of a task above it; or it is one of several things that a task waits for.
fn may_be_cancelled(task: Gc<Task>, marker: &Marker) -> bool {
    marker.is_marked(task.into())
        || match task.owner() {
            Owner::Program => false,
            Owner::Task(parent) => parent.has(flag::CANCELLABLE),
            Owner::Scope(scope) => scope.task().has(flag::CANCELLABLE),
            Owner::Group(group) => group.task().has(flag::CANCELLABLE | flag::GOES_ON),
        }
}

/// What a task waits for can still come.
fn may_go_on(task: Gc<Task>, marker: &Marker) -> bool {
    let goes_on = |task: Gc<Task>| task.has(flag::GOES_ON);
    let comes = |on: Value| match on.as_object::<Task>() {
        Some(awaited) => goes_on(awaited) || awaited.is_done(),
        None => on.is_nil() || marker.is_marked(on),
    };
    if task.state() == TaskState::Closing {
        return task.children().any(goes_on);
    }
    match task.wait() {
        Wait::Scope => match task.waits_for().as_object::<Scope>() {
            Some(scope) => scope.nursery.children().any(goes_on),
            None => true,
        },
        Wait::Group | Wait::Next => match task.waits_for().as_object::<Group>() {
            Some(group) => {
                group.nursery.children().any(goes_on)
                    || group
                        .arms()
                        .iter()
                        .any(|arm| arm.node.kind() != Wait::None && comes(arm.node.object()))
            }
            None => true,
        },
        _ => comes(NodeRef::of_task(task).object()),
    }
}

/// Those of the leaked tasks that are to be reported, each once: not the top level, and nobody who is already being cancelled.
pub fn to_report(leaked: Vec<Gc<Task>>, main: Option<Gc<Task>>) -> Vec<Gc<Task>> {
    leaked
        .into_iter()
        .filter(|task| {
            Some(*task) != main
                && task.state() == TaskState::Waiting
                && task.owner() != Owner::Program
                && !task.has(flag::LEAKED | flag::CANCEL_PENDING | flag::IN_FLIGHT)
        })
        .inspect(|task| task.set_flag(flag::LEAKED))
        .collect()
}
