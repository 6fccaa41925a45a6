//! The scheduler: owns the tasks and decides which runs next. It does no I/O and never blocks.
//!
//! A task is ready (in the queue), running, waiting on exactly one thing, closing, or done. Tasks form a tree: a parent is not done
//! before its children are (R26). Everything that happens to a task goes through this module, and the
//! [`Log`] sees each decision: traces, timelines and replay read it.
//!
//! * [`task`], [`generator`], [`spawn`]: what runs, and how it is made
//! * [`node`], [`wait`], [`timers`]: what a task waits for
//! * [`channel`], [`sync`]: what there is to wait for
//! * [`owner`], [`scope`], [`group`]: whom tasks belong to
//! * [`cancel`], [`ending`]: how they end

pub mod task;
pub mod generator;
pub mod spawn;
pub mod node;
pub mod wait;
pub mod timers;
pub mod channel;
pub mod sync;
pub mod owner;
pub mod scope;
pub mod group;
pub mod cancel;
pub mod ending;
pub mod reach;
pub mod mistake;
#[cfg(feature = "verify")]
pub mod verify;
pub mod history;
pub mod trace;
pub mod timeline;
pub mod picture;

use std::collections::HashMap;

use co_lang::source::Location;

use crate::{
    heap::{Marker, object::*},
    interp::{
        self, Flow, Step,
        unwind::{self, Token},
    },
    value::{Gc, Value},
    vm::Vm,
};
use mistake::{Mistake, made};
use node::{ReadyQueue, Wait, Waiter};
use owner::Nursery;
use sync::Watch;
use task::{Outcome, Task, TaskState, flag};
use timers::Timers;

pub use cancel::{cancel, interrupt};
pub use ending::{live_tasks, waits_at};

/// One decision of the scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Parent 0: none.
    Spawned {
        task: u32,
        parent: u32,
        name: Box<str>,
        at: Option<Location>,
    },
    Ready {
        task: u32,
    },
    Runs {
        task: u32,
    },
    /// It waits for what the words say.
    Waits {
        task: u32,
        on: Box<str>,
        at: Option<Location>,
    },
    /// To the end of the ready queue.
    Yields {
        task: u32,
    },
    Cancelled {
        task: u32,
        by: u32,
        reason: Box<str>,
    },
    TimerFired {
        task: u32,
        deadline_ns: u64,
    },
    ScopeEnded {
        task: u32,
    },
    /// The function is over, children run.
    Closes {
        task: u32,
    },
    Ended {
        task: u32,
        outcome: Outcome,
    },
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
    pub ready: ReadyQueue,
    pub current: Option<Gc<Task>>,
    /// The top level.
    pub main: Option<Gc<Task>>,
    /// While a test runs as `main`: the top level before it.
    pub top_level: Option<Gc<Task>>,
    /// The top level and the detached tasks (R21).
    pub program: Nursery,
    pub timers: Timers,
    pub clock: Clock,
    pub next_id: u32,
    /// Tasks that are not done.
    pub live: usize,
    /// Awaits in a row of the running task whose result was there (R6a).
    pub ready_awaits: u32,
    /// Host operations that tasks wait for.
    pub pending_operations: usize,
    pub log: Option<Log>,
    /// Errors of detached tasks that nobody awaited, for the driver to print.
    pub unhandled: Vec<Value>,
    /// Tasks that the last collections found to wait forever, for the driver to report.
    pub leaked: Vec<Gc<Task>>,
    /// For the next ones, while a collection is under way.
    pub search: reach::Search,
    /// Ctrl-C was pressed.
    pub interrupted: bool,
    /// Something failed that nobody received: the status is 1.
    pub failed: bool,
    /// Tasks that ended without unlocking what they had locked.
    pub locks_left: u32,
    /// A write to standard output failed.
    pub stdout_closed: bool,
    /// Tasks that wait for a line of standard input, with the operation's id, for the engine to start.
    pub reads: Vec<(u32, Gc<Task>)>,
    pub next_operation: u32,
    /// Steps since the invariants were checked.
    #[cfg(feature = "verify")]
    pub unchecked: usize,
    /// How often the top level has been suspended, and at which of these times it is cancelled (to explore where that may come).
    pub suspensions: u64,
    pub cancel_at: Option<u64>,
    /// Orders ready tasks and equal deadlines by chance, to explore schedules.
    pub chance: Option<Chance>,
    /// Set at the REPL, where `main` is the evaluation that runs or has run last.
    pub session: Option<Box<AtPrompt>>,
}

/// What is only kept at the REPL.
#[derive(Default)]
pub struct AtPrompt {
    /// When the living tasks were spawned.
    pub births: HashMap<u32, u64>,
    /// Ctrl-C was pressed again and again: whoever runs is stopped on the spot.
    pub stop_runner: bool,
    /// A task was left in the middle, so that the driver gets its turn.
    pub yields: bool,
    /// `:cancel` was asked for this task: it is cancelled at back edges and calls, too.
    pub stop_task: Option<u32>,
}

impl Default for Scheduler {
    fn default() -> Scheduler {
        Scheduler {
            ready: ReadyQueue::default(),
            current: None,
            main: None,
            top_level: None,
            locks_left: 0,
            program: Nursery::default(),
            timers: Timers::default(),
            clock: Clock::Real { start_ns: 0 },
            next_id: 1,
            live: 0,
            ready_awaits: 0,
            pending_operations: 0,
            log: None,
            unhandled: Vec::new(),
            leaked: Vec::new(),
            search: reach::Search::default(),
            interrupted: false,
            failed: false,
            stdout_closed: false,
            reads: Vec::new(),
            next_operation: 0,
            #[cfg(feature = "verify")]
            unchecked: 0,
            suspensions: 0,
            cancel_at: None,
            chance: None,
            session: None,
        }
    }
}

/// A small generator of numbers by chance, the same on every machine (Vigna's splitmix64).
#[derive(Debug, Clone)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    /// A number below `bound`, which is not 0.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

impl Scheduler {
    pub fn trace(&self, marker: &mut Marker) {
        // Tasks that are not done are marked by `reach`; this one may be.
        for main in [self.main, self.top_level].into_iter().flatten().filter(|main| main.is_done()) {
            marker.value(main.into());
        }
        self.unhandled.iter().for_each(|error| marker.value(*error));
        self.leaked.iter().for_each(|task| marker.value((*task).into()));
    }

    fn next_ready(&mut self) -> Option<Gc<Task>> {
        match &mut self.chance {
            None => self.ready.pop_front(),
            Some(chance) if !self.ready.is_empty() => {
                let index = chance.below(self.ready.len());
                self.ready.remove(index)
            }
            Some(_) => None,
        }
    }
}

/// Nanoseconds since the program began.
pub fn now_ns(vm: &Vm) -> u64 {
    match vm.sched.clock {
        Clock::Real { start_ns } => vm.host.monotonic_ns().saturating_sub(start_ns),
        Clock::Virtual { now_ns } => now_ns,
    }
}

// ---- the log

#[inline(always)]
pub fn log(vm: &mut Vm, decision: impl FnOnce(&mut Vm) -> Decision) {
    if vm.sched.log.is_some() {
        log_cold(vm, decision);
    }
}

#[cold]
#[inline(never)]
fn log_cold(vm: &mut Vm, decision: impl FnOnce(&mut Vm) -> Decision) {
    let now = now_ns(vm);
    let decision = decision(vm);
    if let Some(log) = &mut vm.sched.log {
        log(now, decision);
    }
}

/// The place in the program's text of a word of code; `None` in the library.
pub fn place(code: Value, word: u32) -> Option<Location> {
    let proto = &code.as_object::<ProtoObject>()?.proto;
    if proto.flags.hidden {
        return None;
    }
    Some(Location { source: proto.source, span: proto.span_at(word) })
}

/// The reason of a cancellation in words.
pub fn reason_text(vm: &mut Vm, reason: Value) -> String {
    match reason.as_object::<Str>() {
        Some(text) => text.as_str().to_string(),
        None => vm.brief(reason),
    }
}

/// A duration as a program would write it.
pub fn duration_text(ns: u64) -> String {
    const UNITS: [(u64, &str); 6] = [
        (3_600_000_000_000, "h"),
        (60_000_000_000, "m"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
        (1, "ns"),
    ];
    match UNITS.iter().find(|(unit, _)| ns >= *unit && ns.is_multiple_of(*unit)) {
        // Whole minutes and hours only where they are no longer than the seconds.
        Some((unit, name)) => format!("{}{name}", ns / unit),
        None if ns == 0 => "0s".to_string(),
        None => format!("{}s", ns as f64 / 1e9),
    }
}

// ---- ready and awake

/// Puts a task at the end of the ready queue.
#[inline]
pub fn make_ready(vm: &mut Vm, task: Gc<Task>) {
    task.set_state(TaskState::Ready);
    if made(Mistake::LastReadyFirst) {
        vm.sched.ready.push_front(task);
    } else {
        vm.sched.ready.push_back(task);
    }
    log(vm, |_| Decision::Ready { task: task.id() });
}

/// Ends a wait with a value.
#[inline]
pub fn wake(vm: &mut Vm, task: Gc<Task>, value: Value) {
    debug_assert!(task.state() == TaskState::Waiting);
    reach::before(vm, task);
    task.node.clear();
    interp::wake_with(task, value);
    make_ready(vm, task);
}

/// Ends a wait by throwing at its op when the task runs next.
pub fn wake_throwing(vm: &mut Vm, task: Gc<Task>, thrown: Value) {
    debug_assert!(task.state() == TaskState::Waiting);
    throw_when_it_runs(vm, task, thrown);
    make_ready(vm, task);
}

/// A suspended task goes on by throwing.
pub fn throw_when_it_runs(vm: &mut Vm, task: Gc<Task>, thrown: Value) {
    reach::before(vm, task);
    task.node.clear();
    interp::put_scratch(task, thrown);
    task.clear_flag(flag::AT_TURN);
    task.set_flag(flag::THROWS);
}

/// A `for await` ends: there is nothing more to come.
pub fn wake_at_end(vm: &mut Vm, task: Gc<Task>) {
    task.node.clear();
    interp::wake_exhausted(task);
    make_ready(vm, task);
}

/// What waits for a change of a watch gets its newest value at the moment it runs.
pub fn wake_for_newest(vm: &mut Vm, task: Gc<Task>) {
    // The node goes on naming the watch.
    task.set_flag(flag::NEWEST);
    make_ready(vm, task);
}

/// A `select` has chosen.
pub fn wake_selected(vm: &mut Vm, task: Gc<Task>, arm: u32, value: Value) {
    reach::before(vm, task);
    task.node.clear();
    interp::wake_selected(task, arm, value);
    make_ready(vm, task);
}

// ---- turns

/// Runs the first ready task until its next step. `false` if none is ready.
pub fn turn(vm: &mut Vm) -> bool {
    let Some(task) = vm.sched.next_ready() else { return false };
    reach::before(vm, task);
    task.set_state(TaskState::Running);
    vm.sched.current = Some(task);
    if !made(Mistake::CountsAwaitsOfOthers) {
        vm.sched.ready_awaits = 0;
    }
    vm.steps = 0;
    log(vm, |_| Decision::Runs { task: task.id() });
    // SAFETY: a ready task's fiber is suspended.
    #[allow(unsafe_code)]
    unsafe {
        vm.switch_fiber(task.current());
    }
    let step = if !task.has(flag::AT_TURN) {
        interp::run(vm)
    } else if !task.has(flag::THROWS | flag::NEWEST) && interp::pass_await(vm) {
        task.clear_flag(flag::COMPLETES);
        task.node.clear();
        interp::run(vm)
    } else {
        resume(vm, task)
    };
    task.set_flag(flag::STARTED);
    // The interpreter may have left it inside a generator.
    task.suspend_in(vm.fiber);
    // From here on nothing runs.
    vm.fiber = std::ptr::null_mut();
    vm.base = std::ptr::null_mut();
    match step {
        Step::Waits => {
            task.set_state(TaskState::Waiting);
            log(vm, |vm| Decision::Waits {
                task: task.id(),
                on: crate::report::waits_for(vm, task).into(),
                at: waits_at(task).and_then(|(code, word)| place(code, word)),
            });
        }
        Step::Yielded => {
            log(vm, |_| Decision::Yields { task: task.id() });
            make_ready(vm, task);
        }
        Step::Interrupted => {
            task.set_state(TaskState::Ready);
            vm.sched.ready.push_front(task);
            if let Some(session) = &mut vm.sched.session {
                session.yields = true;
            }
        }
        Step::Done(value) => ended(vm, task, Ok(value)),
        Step::Failed(thrown) => ended(vm, task, Err(thrown)),
    }
    vm.sched.current = None;
    if Some(task) == vm.sched.main && matches!(step, Step::Waits | Step::Yielded) {
        suspended(vm, task);
    }
    #[cfg(feature = "verify")]
    verify::check_now_and_then(vm);
    true
}

/// The top level was suspended: it may be time to see what a cancellation does there.
fn suspended(vm: &mut Vm, main: Gc<Task>) {
    vm.sched.suspensions += 1;
    if vm.sched.cancel_at == Some(vm.sched.suspensions) {
        let reason = vm.heap.str("to see whether clean-up works here").into();
        cancel(vm, main, reason, 0);
    }
}

fn ended(vm: &mut Vm, task: Gc<Task>, result: Result<Value, Value>) {
    log(vm, |_| Decision::Closes { task: task.id() });
    match result {
        Ok(value) => ending::returned(vm, task, value),
        Err(thrown) => ending::failed(vm, task, thrown),
    }
}

/// A task goes on in another way than at its next op.
#[cold]
#[inline(never)]
fn resume(vm: &mut Vm, task: Gc<Task>) -> Step {
    let flow = if task.has(flag::THROWS) {
        let thrown = interp::scratch(task);
        match Token::of(thrown) {
            Some(_) => unwind::unwind(vm, thrown),
            None => unwind::throw_value(vm, thrown),
        }
    } else if task.has(flag::COMPLETES) {
        let value = interp::scratch(task);
        interp::complete(vm, value)
    } else {
        let watch = task.waits_for().as_object::<Watch>();
        let (value, version) =
            watch.map_or((Value::NIL, 0), |watch| (watch.value.get(), watch.version.get()));
        interp::complete_walk(vm, value, version)
    };
    task.clear_flag(flag::AT_TURN);
    task.node.clear();
    match flow {
        Flow::Continue => interp::run(vm),
        Flow::Leave(step) => step,
    }
}

/// Decides all waits whose time has come.
pub fn fire_timers(vm: &mut Vm, now_ns: u64) -> bool {
    let mut fired = false;
    let mut early = Vec::new();
    while let Some(node) = next_timer(vm, now_ns) {
        if group::is_too_early(node) {
            early.push(node);
            continue;
        }
        fired = true;
        let deadline_ns = node.number_waited_for();
        log(vm, |_| Decision::TimerFired { task: node.task().id(), deadline_ns });
        match node.waiter() {
            Waiter::Task(task) => {
                // A tick of an interval gives its time.
                let value = if interp::is_in_loop(task) {
                    Value::float(deadline_ns as f64 / 1e9)
                } else {
                    Value::NIL
                };
                wake(vm, task, value);
            }
            Waiter::Arm(group, arm) => group::arm_ended(vm, group, arm, Ok(Value::NIL)),
        }
    }
    for node in early {
        vm.sched.timers.set(node);
    }
    #[cfg(feature = "verify")]
    verify::check_now_and_then(vm);
    fired
}

/// The first of the timers that are due, or any of those with the earliest deadline.
fn next_timer(vm: &mut Vm, now_ns: u64) -> Option<node::NodeRef> {
    let Scheduler { chance, timers, .. } = &mut vm.sched;
    if made(Mistake::LastTimerFirst) {
        let last = timers.due(now_ns).pop()?;
        timers.cancel(last);
        return Some(last);
    }
    let Some(chance) = chance else { return timers.pop_due(now_ns) };
    let due = timers.due(now_ns);
    if due.is_empty() {
        return None;
    }
    let node = due[chance.below(due.len())];
    timers.cancel(node);
    Some(node)
}

/// The running task's wait on an operation of the host: `return Err(sched::wait_for_operation(vm, id))`.
pub fn wait_for_operation(vm: &mut Vm, id: u32) -> crate::builtins::Control {
    vm.running().node.set(Wait::Operation, id as u64);
    crate::builtins::Control::Wait
}
