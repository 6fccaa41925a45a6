//! What of the scheduler keeps objects alive, and which tasks wait for what nobody can ever give them (R18).
//!
//! All tasks that are not done are alive. But marking goes in two steps. First only from those that can go on: ready, with a timer, with
//! an operation of the host. A task that waits for something that was reached then can go on, too, and so on until there are no more. The
//! others wait for what only they themselves can reach: they are leaked.
//!
//! A task that may be cancelled counts as one that can go on: somebody holds its handle, or that of a task above it, or it belongs to a
//! combinator that can still be decided. Links of the tree do not count.
//!
//! All of this goes along with the marking, in steps ([`Search`]). What was found to be able to go on stays so until the next collection,
//! even if the program has changed its mind: then a leak is found a collection later.

#![allow(unsafe_code)]

use super::{
    generator::{self, Generator},
    group::Group,
    node::{NodeRef, Wait},
    owner::Owner,
    scope::Scope,
    task::{self, Task, TaskState, flag, is_reached, trace_once},
};
use crate::{
    heap::{Heap, Marker, TaskCursor, object::Header},
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// Rounds after which a search for tasks that can go on is given up, without a report.
const ROUNDS: usize = 64;
/// A task so deep in the tree counts as one that may be cancelled.
const LEVELS: usize = 256;
/// So many tasks are listed when a collection begins.
const FEW: usize = 8192;
/// What it costs to look at a task, as [`Marker::work`] counts: it comes from memory.
const TASK_COST: usize = 8;

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

// ---- while a collection is under way

/// A task is about to run, or something is about to be written into its stack: a collection that is under way looks at it before.
#[inline(always)]
pub fn before(vm: &mut Vm, task: Gc<Task>) {
    if vm.heap.is_marking() {
        look_at(&mut vm.heap, task);
    }
}

/// The same for a generator.
#[inline(always)]
pub fn before_generator(vm: &mut Vm, generator: Gc<Generator>) {
    if vm.heap.is_marking() {
        vm.heap.mark(|marker| generator::trace_once(&generator, marker));
    }
}

#[cold]
#[inline(never)]
fn look_at(heap: &mut Heap, task: Gc<Task>) {
    heap.mark(|marker| {
        trace_once(&task, marker);
        look_at_fibers(task.current(), marker);
    });
}

/// Looks at the generators that are on top of each other, up to the task's own stack.
fn look_at_fibers(innermost: *mut crate::fiber::Fiber, marker: &mut Marker) {
    let mut fiber = innermost;
    while !fiber.is_null() {
        // SAFETY: a fiber that runs or is suspended in a task is alive, and so is the one that has resumed it.
        unsafe {
            if let Some(generator) = generator::of_fiber(fiber) {
                generator::trace_once(&generator, marker);
            }
            fiber = task::resumer(fiber);
        }
    }
}

/// The task that runs goes on without being looked at again.
pub fn mark_running(running: Option<Gc<Task>>, innermost: *mut crate::fiber::Fiber, marker: &mut Marker) {
    if let Some(task) = running {
        trace_once(&task, marker);
    }
    look_at_fibers(innermost, marker);
}

/// Finds out which tasks can go on, with all that they lead to, step by step.
#[derive(Default)]
pub struct Search {
    stage: Stage,
    walk: Walk,
    /// Those of which nothing is known to lead to what they wait for. In a round they are read at `next` and written back at `kept`.
    waiting: Vec<Gc<Task>>,
    next: usize,
    kept: usize,
    rounds: usize,
    /// [`Marker::finds`] at the beginning of the round.
    finds: u64,
    leaked: Vec<Gc<Task>>,
}

/// How far it has come with the tasks. Those that are made meanwhile need no look.
enum Walk {
    /// Few tasks lie in a list from the beginning on.
    Few(Vec<Gc<Task>>, usize),
    /// Many are found in their pages, among dead ones.
    Many(TaskCursor),
}

impl Default for Walk {
    fn default() -> Walk {
        Walk::Few(Vec::new(), 0)
    }
}

impl Walk {
    fn restart(&mut self) {
        match self {
            Walk::Few(_, next) => *next = 0,
            Walk::Many(cursor) => *cursor = TaskCursor::default(),
        }
    }

    /// Gives the tasks that are not done to `look` until it says no; true if there are no more.
    fn go_on(
        &mut self,
        heap: &mut Heap,
        mut look: impl FnMut(Option<Gc<Task>>, &mut Marker) -> bool,
    ) -> bool {
        match self {
            Walk::Few(tasks, next) => heap.mark(|marker| {
                while let Some(&task) = tasks.get(*next) {
                    *next += 1;
                    if !look((!task.is_done()).then_some(task), marker) {
                        return false;
                    }
                }
                true
            }),
            Walk::Many(cursor) => heap.mark_tasks(cursor, |object, marker| look(live_task(object), marker)),
        }
    }
}

#[derive(Default)]
enum Stage {
    /// Those that go on by themselves.
    #[default]
    First,
    /// Those that what was reached can wake, round by round.
    Rounds,
    /// All others are kept as well.
    Keep,
    Over,
}

impl Search {
    /// A search that begins with a collection.
    pub fn new(vm: &Vm) -> Search {
        // Both ways are tried under stress.
        let lists = vm.sched.live <= FEW && !(cfg!(feature = "gc-stress") && vm.heap.parity());
        let walk =
            if lists { Walk::Few(live_tasks(vm).collect(), 0) } else { Walk::Many(TaskCursor::default()) };
        Search { walk, ..Search::default() }
    }

    /// Marks on, until [`Marker::work`] is `until`. True when everything that is alive has been found.
    pub fn go_on(&mut self, heap: &mut Heap, until: usize) -> bool {
        while heap.mark(|marker| marker.drain(until)) {
            let is_over = match self.stage {
                Stage::First => self.first(heap, until),
                Stage::Rounds => heap.mark(|marker| self.round(marker, until)),
                Stage::Keep => self.keep(heap, until),
                Stage::Over => return true,
            };
            if !is_over {
                return false;
            }
        }
        false
    }

    /// The tasks that were found to be leaked, once.
    pub fn take_leaked(&mut self) -> Vec<Gc<Task>> {
        std::mem::take(&mut self.leaked)
    }

    fn first(&mut self, heap: &mut Heap, until: usize) -> bool {
        let Search { walk, waiting, .. } = self;
        let is_over = walk.go_on(heap, |task, marker| {
            if let Some(task) = task
                && !is_reached(&task, marker)
            {
                if goes_on_by_itself(task) {
                    trace_once(&task, marker);
                } else {
                    waiting.push(task);
                }
            }
            marker.add_work(TASK_COST);
            // What is grey takes memory.
            marker.drain(until) && marker.work() < until
        });
        if is_over {
            self.stage = Stage::Rounds;
            self.finds = heap.mark(|marker| marker.finds());
        }
        is_over
    }

    fn round(&mut self, marker: &mut Marker, until: usize) -> bool {
        while let Some(&task) = self.waiting.get(self.next) {
            self.next += 1;
            marker.add_work(TASK_COST);
            // Others may have woken it by now.
            if !task.is_done() && !is_reached(&task, marker) {
                if may_go_on(task, marker) || may_be_cancelled(task, marker) {
                    trace_once(&task, marker);
                } else {
                    self.waiting[self.kept] = task;
                    self.kept += 1;
                }
            }
            if !marker.drain(until) || marker.work() >= until {
                return false;
            }
        }
        self.waiting.truncate(self.kept);
        (self.next, self.kept) = (0, 0);
        if self.waiting.is_empty() || marker.finds() == self.finds {
            // Nothing has changed in a whole round, so nothing will.
            self.leaked = std::mem::take(&mut self.waiting);
            // They may end before they are reported.
            self.leaked.iter().for_each(|task| marker.keep(*task));
        } else if self.rounds < ROUNDS {
            self.rounds += 1;
            self.finds = marker.finds();
            // What depends on what often stands behind it.
            self.waiting.reverse();
            return true;
        }
        self.waiting = Vec::new();
        self.walk.restart();
        self.stage = Stage::Keep;
        true
    }

    fn keep(&mut self, heap: &mut Heap, until: usize) -> bool {
        let is_over = self.walk.go_on(heap, |task, marker| {
            if let Some(task) = task {
                trace_once(&task, marker);
                marker.keep(task);
            }
            marker.add_work(TASK_COST);
            marker.drain(until) && marker.work() < until
        });
        if is_over {
            self.stage = Stage::Over;
        }
        is_over
    }
}

/// What lies in a page where tasks are, if it is one that is not done. Dead tasks are, until their place is used again.
fn live_task(object: *mut Header) -> Option<Gc<Task>> {
    // SAFETY: a slot of such a page holds an object or is free, which its kind tells.
    unsafe {
        if (*object).kind as u64 != Tag::TASK.number() {
            return None;
        }
        let task: Gc<Task> = Gc::from_ptr(object.cast());
        (!task.is_done()).then_some(task)
    }
}

/// Somebody has its handle, or that of a task above it; or it is one of several things that a task waits for.
fn may_be_cancelled(task: Gc<Task>, marker: &mut Marker) -> bool {
    let mut above = task;
    for _ in 0..LEVELS {
        if marker.is_marked(above.into()) {
            return true;
        }
        marker.add_work(1);
        above = match above.owner() {
            Owner::Program => return false,
            Owner::Task(parent) => parent,
            Owner::Scope(scope) => scope.task(),
            Owner::Group(group) if is_reached(&group.task(), marker) => return true,
            Owner::Group(group) => group.task(),
        };
    }
    true
}

/// What a task waits for can still come.
fn may_go_on(task: Gc<Task>, marker: &Marker) -> bool {
    let goes_on = |task: Gc<Task>| is_reached(&task, marker);
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
pub fn to_report(mut leaked: Vec<Gc<Task>>, main: Option<Gc<Task>>) -> Vec<Gc<Task>> {
    leaked.sort_unstable_by_key(|task| task.id());
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
