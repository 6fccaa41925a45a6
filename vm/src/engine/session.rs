//! A session at the REPL: lines are compiled one by one, each becomes a task of its own (the evaluation), and what they spawn goes on
//! behind the prompt.
//!
//! ```text
//! begin_session() → { load_line(program) → evaluate(line) → run_session() … → Evaluated } …
//! ```
//!
//! * A name keeps its slot among the globals for the whole session, so functions of earlier lines see what later lines declare anew.
//! * Tasks that an evaluation spawns outside of a scope belong to the session. An error of theirs that nobody awaits is told at once.
//! * The prompt counts as input: nobody is deadlocked while the user may still type. An evaluation that nothing can wake is cancelled (R18).
//! * Under the virtual clock time jumps while an evaluation runs; behind the prompt it moves by [`Engine::advance`] only.
//! * Lines are forgotten when no code of theirs is alive, so a session can go on for ever.

use std::{collections::HashMap, sync::Arc, task::Context};

use co_lang::{
    diagnostic::Diagnostic,
    modules::Program,
    resolve::{GlobalKind, Outer},
    source::SourceId,
};

use super::{Engine, Exit, TURNS_PER_LOOK};
use crate::{
    bytecode::disasm,
    compile::Role,
    heap::object::*,
    report,
    sched::{
        self, AtPrompt, Clock, sync,
        task::{self, Outcome, Task, flag},
    },
    value::{Gc, Value},
    vm::interrupt,
};

/// The evaluation's task has this number, as the top level of a program has.
const EVALUATION: u32 = 1;
/// How often timers are looked at before the driver gets its turn.
const LOOKS: usize = 8;

/// What the engine keeps for a session.
#[derive(Default)]
pub struct Session {
    /// Every name that was ever declared, and its slot.
    slots: HashMap<Box<str>, u32>,
    /// The names that have a value, for the resolver.
    outer: Outer,
    /// Their places in `outer`.
    places: HashMap<Box<str>, usize>,
    evaluation: Option<Evaluating>,
    /// How far virtual time may go behind the prompt.
    advance_to_ns: Option<u64>,
    /// The texts of lines, and what tells whether code of them is alive.
    texts: Vec<(SourceId, Arc<()>)>,
    collections: u64,
    /// An evaluation was given up, and has kept the number.
    left_behind: bool,
}

struct Evaluating {
    task: Gc<Task>,
    declared: Vec<Declared>,
    /// Nothing can wake it, and it was told so.
    stands_still: bool,
}

/// A name that a line declares.
#[derive(Debug, Clone)]
struct Declared {
    name: Box<str>,
    mutable: bool,
}

/// A compiled line.
pub struct Line {
    code: Gc<ProtoObject>,
    declared: Vec<Declared>,
}

/// How an evaluation has ended.
#[derive(Clone, Copy)]
pub enum Evaluated {
    Value(Value),
    Error(Value),
    Cancelled,
    /// Nothing could wake it, which was reported.
    Stuck,
}

/// How far a call of [`Engine::run_session`] came.
pub enum SessionProgress {
    Evaluated(Evaluated),
    /// There is more to run at once.
    Busy,
    /// Every task waits; the next timer is due at this time of the host's clock.
    Idle {
        next_deadline_ns: Option<u64>,
    },
    /// The program has called `exit`, or its output is closed.
    Exit(Exit),
}

impl Engine {
    /// From now on the engine serves a REPL.
    pub fn begin_session(&mut self) {
        self.vm.sched.session = Some(Box::default());
        self.started = true;
    }

    /// The names that the next line may use.
    pub fn session_names(&self) -> &Outer {
        &self.session.outer
    }

    /// The value of a name of the session.
    pub fn session_value(&self, name: &str) -> Option<Value> {
        let slot = *self.session.slots.get(name)?;
        let value = self.vm.globals[slot as usize];
        (!value.is_undef()).then_some(value)
    }

    pub(super) fn session_slot(&mut self, name: &str) -> u32 {
        if let Some(slot) = self.session.slots.get(name) {
            return *slot;
        }
        let slot = self.new_slot(name);
        self.session.slots.insert(name.into(), slot);
        slot
    }

    /// Compiles the modules that a checked program has more than at the last call, of which the last one is a line. After that the
    /// line is taken out of the program.
    pub fn load_line(&mut self, program: &mut Program) -> Result<Line, Vec<Diagnostic>> {
        self.forget_dead_lines(program);
        let before = self.loaded.len();
        self.sources = program.sources.clone();
        for module in &program.modules[before..] {
            self.vm.sources.insert(module.source, program.sources.get(module.source).clone());
        }
        let line = program.modules.len() - 1;
        let unit = Arc::new(());
        let loaded = (before..line)
            .try_for_each(|index| self.load_module(program, index, Role::Module).map(drop))
            .and_then(|()| {
                let slots = self.add_globals(program, line, true);
                self.vm.heap.unit = Some(unit.clone());
                let code = self.compile(program, line, slots, "main", Role::Repl);
                self.vm.heap.unit = None;
                code
            });
        let code = match loaded {
            Ok(code) => code,
            Err(diagnostics) => {
                self.loaded.truncate(before);
                return Err(diagnostics);
            }
        };
        let Some(module) = program.take_line() else { return Err(Vec::new()) };
        self.session.texts.push((module.source, unit));
        let declared = module.resolution.globals.iter().filter_map(|global| {
            let mutable = match global.kind {
                GlobalKind::Outer(_) => return None,
                kind => kind == GlobalKind::Var,
            };
            Some(Declared { name: module.ast.name(global.name).into(), mutable })
        });
        // Nothing of what was loaded can be collected before the evaluation holds it.
        self.vm.roots.clear();
        self.vm.roots.push(code.into());
        Ok(Line { code, declared: declared.collect() })
    }

    /// Texts of lines that have left no code behind are dropped. It is worth looking after a collection.
    fn forget_dead_lines(&mut self, program: &mut Program) {
        let collections = self.vm.heap.stats().collections;
        if collections == self.session.collections {
            return;
        }
        self.session.collections = collections;
        self.session.texts.retain(|(source, unit)| {
            let lives = Arc::strong_count(unit) > 1;
            if !lives {
                program.sources.forget(*source);
                self.vm.sources.remove(source);
            }
            lives
        });
    }

    /// How many texts of lines are kept.
    pub fn kept_lines(&self) -> usize {
        self.session.texts.len()
    }

    /// The listing of a line.
    pub fn disassemble_line(&self, line: &Line) -> String {
        disasm::disassemble(&line.code.proto, &self.sources)
    }

    /// Begins to evaluate a line. The one before has ended.
    pub fn evaluate(&mut self, line: Line) {
        let closure: Value = self.vm.heap.closure(line.code, &[]).into();
        let next = self.vm.sched.next_id.max(EVALUATION + 1);
        let is_free = !self.session.left_behind;
        self.vm.sched.next_id = if is_free { EVALUATION } else { next };
        let task = task::spawn(&mut self.vm, closure, std::ptr::null(), 0, false);
        self.vm.sched.next_id = if is_free { next } else { next + 1 };
        if let Some(before) = self.vm.sched.main.replace(task) {
            sync::inherit(before, task);
        }
        self.still = 0;
        self.session.evaluation = Some(Evaluating { task, declared: line.declared, stands_still: false });
    }

    pub fn is_evaluating(&self) -> bool {
        self.session.evaluation.is_some()
    }

    /// Keeps a value as `_`.
    pub fn set_last_value(&mut self, value: Value) {
        let slot = self.session_slot("_");
        self.vm.globals[slot as usize] = value;
        self.publish(Declared { name: "_".into(), mutable: false });
    }

    fn publish(&mut self, declared: Declared) {
        let Declared { name, mutable } = declared;
        match self.session.places.get(&name) {
            Some(place) => self.session.outer.names[*place].1 = mutable,
            None => {
                self.session.places.insert(name.clone(), self.session.outer.names.len());
                self.session.outer.names.push((name.into_string(), mutable));
            }
        }
    }

    /// Forgets all names.
    pub fn reset_session(&mut self) {
        for slot in self.session.slots.values() {
            self.vm.globals[*slot as usize] = Value::UNDEF;
        }
        self.session.outer.names.clear();
        self.session.places.clear();
    }

    /// Runs for a while: until the evaluation has ended, every task waits, or it is time for the driver to look around.
    pub fn run_session(&mut self) -> SessionProgress {
        self.poll_operations(&mut Context::from_waker(std::task::Waker::noop()));
        for _ in 0..LOOKS {
            for _ in 0..TURNS_PER_LOOK {
                if !sched::turn(&mut self.vm) {
                    break;
                }
                self.still += 1;
                if self.evaluation_is_over() || self.is_left() {
                    break;
                }
            }
            self.start_operations();
            self.note_happenings();
            self.note_lost_coroutines();
            if let Some(status) = self.exit_status()
                && self.vm.sched.program.is_empty()
            {
                return SessionProgress::Exit(Exit { status });
            }
            if let Some(evaluated) = self.take_evaluated() {
                return SessionProgress::Evaluated(evaluated);
            }
            if self.take_left() {
                return SessionProgress::Busy;
            }
            let asked = if self.vm.interrupt_pending() { self.vm.take_interrupts() } else { 0 };
            if asked & interrupt::CANCEL != 0 {
                sched::interrupt(&mut self.vm);
                // Whoever is to be stopped looks at the interrupt word.
                self.interrupter().yield_now();
                continue;
            }
            if asked & interrupt::YIELD != 0 {
                return SessionProgress::Busy;
            }
            if self.move_time() || !self.vm.sched.ready.is_empty() {
                continue;
            }
            let waits_for_world = !self.operations.is_empty() || self.is_timed();
            if waits_for_world || !self.is_evaluating() {
                if let (Some(status), false) = (self.exit_status(), waits_for_world) {
                    // Clean-up stands still.
                    return SessionProgress::Exit(Exit { status });
                }
                return self.session_idle();
            }
            if let Some(evaluated) = self.stands_still() {
                return SessionProgress::Evaluated(evaluated);
            }
        }
        SessionProgress::Busy
    }

    fn session_idle(&mut self) -> SessionProgress {
        let _ = self.vm.host.flush_out();
        let next_deadline_ns = match self.vm.sched.clock {
            Clock::Real { start_ns } => {
                self.vm.sched.timers.next_look().map(|deadline| deadline.saturating_add(start_ns))
            }
            Clock::Virtual { .. } => None,
        };
        SessionProgress::Idle { next_deadline_ns }
    }

    /// Some timer will fire without anybody doing anything.
    fn is_timed(&self) -> bool {
        let moves = match self.vm.sched.clock {
            Clock::Real { .. } => true,
            Clock::Virtual { .. } => self.is_evaluating(),
        };
        moves && !self.vm.sched.timers.is_empty()
    }

    /// Fires the timers that are due; under the virtual clock goes to the next one, if time may move. True if something fired.
    fn move_time(&mut self) -> bool {
        let now_ns = match self.vm.sched.clock {
            Clock::Real { .. } => sched::now_ns(&self.vm),
            Clock::Virtual { now_ns } => {
                if self.still > super::LIVELOCK_TURNS && self.is_evaluating() {
                    self.livelock();
                    return true;
                }
                if !self.vm.sched.ready.is_empty() || !self.operations.is_empty() {
                    return false;
                }
                let limit =
                    if self.is_evaluating() { u64::MAX } else { self.session.advance_to_ns.unwrap_or(0) };
                let Some(deadline) = self.vm.sched.timers.advance_within(limit) else {
                    if let Some(end_ns) = self.session.advance_to_ns.take() {
                        self.vm.sched.clock = Clock::Virtual { now_ns: now_ns.max(end_ns) };
                    }
                    return false;
                };
                self.still = 0;
                let now_ns = now_ns.max(deadline);
                self.vm.sched.clock = Clock::Virtual { now_ns };
                now_ns
            }
        };
        sched::fire_timers(&mut self.vm, now_ns)
    }

    /// The evaluation waits for what cannot come: it is told so and cancelled. `Some` if it stands still after that, too; then it
    /// stays behind as a task like others.
    fn stands_still(&mut self) -> Option<Evaluated> {
        let evaluating = self.session.evaluation.as_mut()?;
        if evaluating.stands_still {
            self.leave_evaluation();
            return Some(Evaluated::Stuck);
        }
        evaluating.stands_still = true;
        let task = evaluating.task;
        let report = report::standstill_of(&mut self.vm, task);
        self.reports.push(report);
        let reason = self.vm.heap.str("deadlock").into();
        sched::cancel(&mut self.vm, task, reason, 0);
        None
    }

    /// The evaluation goes on in the background, whatever it does.
    pub fn leave_evaluation(&mut self) {
        let Some(evaluating) = self.session.evaluation.take() else { return };
        if evaluating.task.is_done() {
            return;
        }
        // It keeps its number.
        self.session.left_behind = true;
        self.vm.sched.main = None;
    }

    /// The running task was left in the middle.
    fn is_left(&self) -> bool {
        self.vm.sched.session.as_ref().is_some_and(|session| session.yields)
    }

    fn take_left(&mut self) -> bool {
        self.vm.sched.session.as_mut().is_some_and(|session| std::mem::take(&mut session.yields))
    }

    fn evaluation_is_over(&self) -> bool {
        self.session.evaluation.as_ref().is_some_and(|evaluating| evaluating.task.is_done())
    }

    fn take_evaluated(&mut self) -> Option<Evaluated> {
        let evaluating = self.session.evaluation.take_if(|evaluating| evaluating.task.is_done())?;
        for declared in evaluating.declared {
            if self.session_value(&declared.name).is_some() {
                self.publish(declared);
            }
        }
        let task = evaluating.task;
        let result = task.result().get();
        self.vm.roots.clear();
        Some(match task.outcome() {
            Outcome::Value => Evaluated::Value(result),
            Outcome::Error => Evaluated::Error(result),
            Outcome::Cancelled if evaluating.stands_still => Evaluated::Stuck,
            Outcome::Cancelled => Evaluated::Cancelled,
        })
    }

    fn exit_status(&self) -> Option<u8> {
        self.vm.exit_code.or(self.vm.sched.stdout_closed.then_some(141))
    }

    fn note_lost_coroutines(&mut self) {
        let lost = self.vm.heap.take_lost_coroutines();
        if !lost.is_empty() {
            let reports = report::coroutines(lost);
            self.reports.extend(reports);
        }
    }

    /// The report of an evaluation's error.
    pub fn report_of(&mut self, error: Value) -> report::Report {
        report::uncaught(&mut self.vm, error)
    }

    // ---- what the prompt's commands do

    /// Asks a task to end, also where it runs without an await.
    pub fn cancel_task(&mut self, task: Gc<Task>) {
        let reason = self.vm.heap.str("cancelled at the prompt").into();
        sched::cancel(&mut self.vm, task, reason, 0);
        if let Some(session) = &mut self.vm.sched.session {
            session.stop_task = (!task.is_done()).then(|| task.id());
        }
        self.interrupter().yield_now();
    }

    /// Asks everything to end that still runs.
    pub fn cancel_session(&mut self, reason: &str) {
        let tasks: Vec<Gc<Task>> = self.vm.sched.program.children().collect();
        let reason = self.vm.heap.str(reason).into();
        for task in tasks {
            sched::cancel(&mut self.vm, task, reason, 0);
        }
    }

    /// Asks the tasks to end that were detached: they are not waited for.
    pub fn cancel_detached(&mut self, reason: &str) {
        let tasks: Vec<Gc<Task>> =
            self.vm.sched.program.children().filter(|task| task.has(flag::DETACHED)).collect();
        let reason = self.vm.heap.str(reason).into();
        for task in tasks {
            sched::cancel(&mut self.vm, task, reason, 0);
        }
    }

    /// Tells that nothing that lives can ever go on.
    pub fn report_standstill(&mut self) {
        let report = report::deadlock(&mut self.vm);
        self.reports.push(report);
    }

    /// Something goes on without anybody at the prompt: it is ready, has a timer that moves, or an operation.
    pub fn has_work(&self) -> bool {
        !self.vm.sched.ready.is_empty() || !self.operations.is_empty() || self.is_timed()
    }

    pub fn stop_advancing(&mut self) {
        self.session.advance_to_ns = None;
    }

    /// Switches the clock; the time of the program goes on from where it is.
    pub fn set_virtual_time(&mut self, is_virtual: bool) {
        let now_ns = sched::now_ns(&self.vm);
        self.session.advance_to_ns = None;
        self.vm.sched.clock = match is_virtual {
            true => Clock::Virtual { now_ns },
            false => Clock::Real { start_ns: self.vm.host.monotonic_ns().wrapping_sub(now_ns) },
        };
    }

    pub fn is_virtual_time(&self) -> bool {
        matches!(self.vm.sched.clock, Clock::Virtual { .. })
    }

    /// Lets virtual time go on behind the prompt.
    pub fn advance(&mut self, by_ns: u64) {
        let now_ns = sched::now_ns(&self.vm);
        self.session.advance_to_ns = Some(now_ns.saturating_add(by_ns));
    }

    /// Time has still to go on to where [`Engine::advance`] wants it.
    pub fn is_advancing(&self) -> bool {
        self.session.advance_to_ns.is_some()
    }

    /// Counts steps of tasks from now on, or no longer.
    pub fn count_all_steps(&mut self, count: bool) {
        self.vm.all_steps = 0;
        self.vm.count_steps(count.then_some(u64::MAX).or(self.options.warn_blocking));
    }

    /// When a task was spawned, in nanoseconds of the program's clock.
    pub fn born_ns(&self, task: Gc<Task>) -> Option<u64> {
        self.vm
            .sched
            .session
            .as_deref()
            .and_then(|session: &AtPrompt| session.births.get(&task.id()).copied())
    }
}
