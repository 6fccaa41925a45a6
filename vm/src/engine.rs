//! Embedding: load a program, start it, drive it.
//!
//! ```text
//! Engine::new(host) → load(program) → start() → run_until_idle() … → Done(exit)
//! ```
//!
//! The engine can be driven by anyone: [`Engine::run_until_idle`] never blocks. When it says [`Progress::Idle`], the
//! driver waits until the deadline or until one of the operations moves (see [`crate::host::event_loop`], the driver that
//! `co` uses) and calls it again.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use co_lang::{
    ast::ImportId,
    diagnostic::Diagnostic,
    modules::{ImportTarget, Program},
    resolve::{GlobalId, Prelude, PreludeId},
    source::{SourceMap, Span},
};

mod library;
pub mod session;
mod testing;

use crate::{
    builtins,
    bytecode::disasm,
    compile::{self, ImportedMember, ImportedModule, Linker, Role, Unit},
    heap::object::*,
    host::{Host, Operation, Reply},
    profile::{Profiler, Sampling},
    report::{self, Report},
    sched::{
        self, Chance, Clock,
        history::Recorder,
        node::Wait,
        owner::Owner,
        task::{self, Outcome, Task, TaskState},
    },
    value::{Gc, Value},
    vm::{ModuleEntry, Vm, interrupt},
};

/// How many tasks run between two looks at timers and completions (R38).
const TURNS_PER_LOOK: usize = 64;
/// Turns of the virtual clock without time moving after which the program is reported as livelocked (R38).
const LIVELOCK_TURNS: u64 = 1_000_000;
/// So many times as many if there is no timer that could fire.
const WITHOUT_TIMERS: u64 = 20;
/// And so many more for each task that there is.
const TURNS_PER_TASK: u64 = 16;

/// Settings of a run.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Time jumps to the next timer when every task waits.
    pub virtual_time: bool,
    /// What follows the script's name.
    pub args: Vec<String>,
    /// Bytes that the program may use; `None`: as many as there are.
    pub memory_limit: Option<usize>,
    /// Under GC stress (a build for tests): collect at every so many allocations; 0 is at each.
    pub stress: u32,
    /// Give the value of the last statement (`-e`).
    pub gives_value: bool,
    /// Ready tasks and equal deadlines come in an order that this number decides, to explore schedules.
    pub schedule_seed: Option<u64>,
    /// The top level is cancelled when it is suspended for this time, counted from 1.
    pub cancel_at: Option<u64>,
    /// Report tasks that turn so many loops and call so many functions without an `await`.
    pub warn_blocking: Option<u64>,
    /// Compile the main file's `test` blocks, for [`Engine::start_test`].
    pub with_tests: bool,
    /// Sample where the time goes, for [`Engine::profiler`].
    pub profile: Option<Sampling>,
}

/// A `test` block of the main file.
#[derive(Debug, Clone)]
struct TestBlock {
    span: Span,
    /// An async function without parameters.
    code: Value,
}

/// How far a call of [`Engine::run_until_idle`] came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// The program has ended.
    Done(Exit),
    /// Every task waits.
    Idle {
        /// When the next timer is due, in nanoseconds of the host's clock.
        next_deadline_ns: Option<u64>,
        /// Host operations that are under way.
        pending_operations: usize,
    },
}

/// How the program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    pub status: u8,
}

/// Asks a running program to stop, from any thread or signal handler.
#[derive(Clone)]
pub struct Interrupter(Arc<AtomicUsize>);

impl Interrupter {
    /// As Ctrl-C: the program is cancelled and cleans up.
    pub fn cancel(&self) {
        self.0.fetch_or(interrupt::CANCEL, Ordering::Relaxed);
    }

    /// The same for a signal handler, which can do no more than store a value: the word, and what to put there. Ticks of the profiler
    /// that wait in the word are lost by it.
    pub fn cancelling_store(&self) -> (Arc<AtomicUsize>, usize) {
        let kept = self.0.load(Ordering::Relaxed) & interrupt::COUNT;
        (self.0.clone(), interrupt::CANCEL | kept)
    }

    /// The profiler's clock: so many milliseconds have passed. Only for a run with [`Options::profile`].
    pub fn tick(&self, ticks: u32) {
        self.0.fetch_add((ticks as usize).wrapping_mul(interrupt::TICK), Ordering::Relaxed);
    }

    /// Makes `run_until_idle` return soon.
    pub fn yield_now(&self) {
        self.0.fetch_or(interrupt::YIELD, Ordering::Relaxed);
    }
}

/// A program with everything it needs to run.
pub struct Engine {
    vm: Box<Vm>,
    prelude: Prelude,
    sources: SourceMap,
    options: Options,
    main: Option<Value>,
    tests: Vec<TestBlock>,
    /// The test that begins when the top level's function has ended.
    next_test: Option<Value>,
    /// The VM's number of each of the program's modules that is loaded.
    loaded: Vec<u32>,
    session: session::Session,
    operations: Vec<(u32, Gc<Task>, Operation)>,
    reports: Vec<Report>,
    deadlocked: bool,
    tells_at_once: bool,
    /// The program stands still although it was cancelled: it ends as it is.
    abandoned: bool,
    still: u64,
    /// While operations of the host are under way, virtual time passes as on the wall: from when it does, on both clocks (R31).
    passing: Option<(u64, u64)>,
    started: bool,
}

impl Engine {
    pub fn new(mut host: Box<dyn Host>, options: Options) -> Engine {
        // A run with virtual time can be repeated exactly.
        let random_seed = if options.virtual_time { 0 } else { host.random_seed() };
        let mut vm = Vm::new(host, random_seed, library::load);
        vm.args = options.args.clone();
        vm.sched.chance = options.schedule_seed.map(Chance::new);
        vm.sched.cancel_at = options.cancel_at;
        vm.count_steps(options.warn_blocking);
        vm.profiler = options.profile.map(|sampling| Box::new(Profiler::new(sampling)));
        vm.heap.set_limit(options.memory_limit);
        #[cfg(feature = "gc-stress")]
        vm.heap.set_stress(options.stress);
        vm.sched.clock = if options.virtual_time {
            Clock::Virtual { now_ns: 0 }
        } else {
            Clock::Real { start_ns: vm.host.monotonic_ns() }
        };
        Engine {
            vm,
            prelude: builtins::signatures(),
            sources: SourceMap::default(),
            options,
            main: None,
            tests: Vec::new(),
            next_test: None,
            loaded: Vec::new(),
            session: session::Session::default(),
            operations: Vec::new(),
            reports: Vec::new(),
            deadlocked: false,
            tells_at_once: false,
            abandoned: false,
            still: 0,
            passing: None,
            started: false,
        }
    }

    /// The names every program has, for the front end.
    pub fn prelude(&self) -> &Prelude {
        &self.prelude
    }

    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// Writes down every decision of the scheduler from now on.
    pub fn record(&mut self) -> Recorder {
        let recorder = Recorder::default();
        self.vm.sched.log = Some(recorder.log());
        recorder
    }

    /// What a run with [`Options::profile`] has found so far.
    pub fn profiler(&self) -> Option<&Profiler> {
        self.vm.profiler.as_deref()
    }

    /// How often the top level was suspended so far.
    pub fn suspensions(&self) -> u64 {
        self.vm.sched.suspensions
    }

    /// Tasks that have not ended.
    pub fn live_tasks(&self) -> usize {
        self.vm.sched.live
    }

    pub fn interrupter(&self) -> Interrupter {
        Interrupter(self.vm.interrupt_word.clone())
    }

    pub fn vm(&mut self) -> &mut Vm {
        &mut self.vm
    }

    /// Compiles what a checked program has more than at the last call. Its last module is the one that runs.
    pub fn load(&mut self, program: &Program) -> Result<(), Vec<Diagnostic>> {
        self.sources = program.sources.clone();
        self.vm.sources = program.sources.iter().map(|(id, source)| (id, source.clone())).collect();
        for index in self.loaded.len()..program.modules.len() {
            let is_main = index + 1 == program.modules.len();
            let closure =
                self.load_module(program, index, if is_main { Role::Script } else { Role::Module })?;
            if is_main {
                self.main = Some(closure);
                self.vm.roots.clear();
                self.vm.roots.push(closure);
                self.vm.roots.extend(self.tests.iter().map(|test| test.code));
            }
        }
        Ok(())
    }

    /// Compiles a module and gives its top level; an imported one is kept until it is run.
    fn load_module(&mut self, program: &Program, index: usize, role: Role) -> Result<Value, Vec<Diagnostic>> {
        let module = &program.modules[index];
        let source = program.sources.get(module.source);
        let id = self.vm.modules.len() as u32;
        let slots = self.add_globals(program, index, false);
        let exports = module.resolution.globals.iter().zip(&slots);
        let exports = exports.map(|(global, slot)| (module.ast.name(global.name).into(), *slot)).collect();
        let value = self.vm.heap.module(id).into();
        let name: Box<str> = if role == Role::Module { module_name(&source.name) } else { "main".into() };
        self.loaded.push(id);
        self.vm.modules.push(ModuleEntry { name: name.clone(), init: Value::NIL, exports, value });
        let code = self.compile(program, index, slots, &name, role)?;
        let closure: Value = self.vm.heap.closure(code, &[]).into();
        if role == Role::Module {
            self.vm.modules[id as usize].init = closure;
        }
        Ok(closure)
    }

    /// Slots for the globals of a module. Names of a session keep theirs, also where a line declares them again: functions of
    /// earlier lines see what is new.
    fn add_globals(&mut self, program: &Program, index: usize, is_line: bool) -> Vec<u32> {
        let module = &program.modules[index];
        let mut slots = Vec::with_capacity(module.resolution.globals.len());
        for global in &module.resolution.globals {
            let name = module.ast.name(global.name);
            slots.push(match is_line {
                true => self.session_slot(name),
                false => self.new_slot(name),
            });
        }
        slots
    }

    fn new_slot(&mut self, name: &str) -> u32 {
        self.vm.globals.push(Value::UNDEF);
        self.vm.global_names.push(name.into());
        self.vm.globals.len() as u32 - 1
    }

    fn compile(
        &mut self,
        program: &Program,
        index: usize,
        slots: Vec<u32>,
        name: &str,
        role: Role,
    ) -> Result<Gc<ProtoObject>, Vec<Diagnostic>> {
        let module = &program.modules[index];
        let source = program.sources.get(module.source);
        let prelude = builtins::prelude().iter().map(|builtin| self.vm.native_value(builtin)).collect();
        let assert_failed = self.vm.native_value(builtins::assert_failed());
        let mut imports = Vec::new();
        for target in &module.imports {
            imports.push(match target {
                ImportTarget::Module(file) => Import::File(self.loaded[file.0 as usize]),
                ImportTarget::Standard(name) => {
                    Import::Standard(standard_module(&mut self.vm, module.ast.name(*name)))
                }
                ImportTarget::Missing => Import::Missing,
            });
        }
        let modules = self.vm.modules.iter().map(|module| (module.value, module.exports.clone())).collect();
        let globals = self.vm.globals.clone();
        let mut link = Link { slots, prelude, assert_failed, imports, modules, globals, tests: Vec::new() };
        let unit = Unit {
            source: module.source,
            text: &source.text,
            ast: &module.ast,
            resolution: &module.resolution,
            role,
            name,
            gives_value: role == Role::Repl || role == Role::Script && self.options.gives_value,
            with_tests: role == Role::Script && self.options.with_tests,
        };
        let code = compile::compile_module(&mut self.vm.heap, unit, &mut link)?;
        for (span, code) in link.tests {
            let code = self.vm.heap.closure(code, &[]).into();
            self.tests.push(TestBlock { span, code });
        }
        Ok(code)
    }

    /// The listing of everything that was loaded.
    pub fn disassemble(&self) -> String {
        let mut text = String::new();
        let inits = self.vm.modules.iter().map(|module| module.init);
        for closure in inits.chain(self.main) {
            if let Some(closure) = closure.as_object::<Closure>() {
                text.push_str(&disasm::disassemble(closure.proto(), &self.sources));
            }
        }
        text
    }

    /// Makes the task of the top level.
    pub fn start(&mut self) {
        let Some(main) = self.main else { return };
        let task = task::spawn(&mut self.vm, main, std::ptr::null(), 0, false);
        self.vm.sched.main = Some(task);
        self.started = true;
    }

    /// From now on a run pauses, as if every task waited, whenever there is something to tell: before the program prints more, so
    /// that what is told stands where it happened. Whoever asks for it takes the reports at each pause.
    pub fn tell_at_once(&mut self) {
        self.tells_at_once = true;
    }

    /// What has to be told so far: uncaught errors, deadlocks, lost coroutines. Each once.
    pub fn take_reports(&mut self) -> Vec<Report> {
        std::mem::take(&mut self.reports)
    }

    /// The value of the top level after its end, in literal form; `None` for nil.
    pub fn result_text(&mut self) -> Option<String> {
        let main = self.vm.sched.main?;
        let value = main.result().get();
        if main.outcome() != Outcome::Value || value.is_nil() {
            return None;
        }
        Some(report::value_text(&mut self.vm, value))
    }

    /// Runs until the program ends or every task waits.
    pub fn run_until_idle(&mut self) -> Progress {
        if self.vm.profiler.is_none() {
            return self.run_turns();
        }
        let clock = |engine: &mut Engine, runs: bool| {
            let now_ns = engine.vm.host.monotonic_ns();
            // What ticked while every task waited is nobody's.
            engine.vm.interrupt_word.fetch_and(interrupt::TICK - 1, Ordering::Relaxed);
            if let Some(profiler) = &mut engine.vm.profiler {
                profiler.clock(now_ns, runs);
            }
        };
        clock(self, true);
        let progress = self.run_turns();
        clock(self, false);
        progress
    }

    fn run_turns(&mut self) -> Progress {
        self.poll_operations(&mut Context::from_waker(std::task::Waker::noop()));
        loop {
            if self.tells_at_once && !self.reports.is_empty() {
                return self.idle_until(Some(0));
            }
            for _ in 0..TURNS_PER_LOOK {
                if !sched::turn(&mut self.vm) {
                    break;
                }
                self.still += 1;
                if self.next_test.is_some() {
                    self.begin_test();
                }
                if self.vm.sched.main.is_some_and(|main| main.is_done()) {
                    // What is detached ends with the program, not some turns later.
                    break;
                }
                if self.tells_at_once && self.has_happenings() {
                    break;
                }
            }
            self.start_operations();
            if self.finished() {
                return Progress::Done(self.end());
            }
            if self.vm.interrupt_pending() {
                let reasons = self.vm.take_interrupts();
                if reasons & interrupt::CANCEL != 0 {
                    sched::interrupt(&mut self.vm);
                    continue;
                }
                if reasons & interrupt::YIELD != 0 {
                    return self.idle();
                }
            }
            match self.vm.sched.clock {
                Clock::Real { .. } => {
                    let now = sched::now_ns(&self.vm);
                    if sched::fire_timers(&mut self.vm, now) {
                        continue;
                    }
                }
                Clock::Virtual { now_ns } if !self.operations.is_empty() => {
                    self.still = 0;
                    let now_ns = self.pass_time(now_ns);
                    if sched::fire_timers(&mut self.vm, now_ns) {
                        continue;
                    }
                }
                Clock::Virtual { now_ns } => {
                    self.passing = None;
                    if self.is_livelocked() {
                        self.livelock();
                        continue;
                    }
                    if self.vm.sched.ready.is_empty()
                        && let Some(deadline) = self.vm.sched.timers.advance_to_next()
                    {
                        self.still = 0;
                        let now_ns = now_ns.max(deadline);
                        self.vm.sched.clock = Clock::Virtual { now_ns };
                        sched::fire_timers(&mut self.vm, now_ns);
                        continue;
                    }
                }
            }
            if !self.vm.sched.ready.is_empty() {
                continue;
            }
            if !self.operations.is_empty() || !self.vm.sched.timers.is_empty() {
                return self.idle();
            }
            self.deadlock();
        }
    }

    /// The virtual clock while operations of the host are under way.
    fn pass_time(&mut self, now_ns: u64) -> u64 {
        let wall_ns = self.vm.host.monotonic_ns();
        let (wall_start_ns, start_ns) = *self.passing.get_or_insert((wall_ns, now_ns));
        let now_ns = now_ns.max(start_ns.saturating_add(wall_ns.saturating_sub(wall_start_ns)));
        self.vm.sched.clock = Clock::Virtual { now_ns };
        now_ns
    }

    fn idle(&mut self) -> Progress {
        let next_ns = self.vm.sched.timers.next_look();
        let next_deadline_ns = match (self.vm.sched.clock, self.passing) {
            (Clock::Real { start_ns }, _) => next_ns.map(|deadline| deadline.saturating_add(start_ns)),
            (Clock::Virtual { .. }, Some((wall_start_ns, start_ns))) => {
                next_ns.map(|deadline| wall_start_ns.saturating_add(deadline.saturating_sub(start_ns)))
            }
            (Clock::Virtual { .. }, None) => None,
        };
        self.idle_until(next_deadline_ns)
    }

    fn idle_until(&mut self, next_deadline_ns: Option<u64>) -> Progress {
        let _ = self.vm.host.flush_out();
        Progress::Idle { next_deadline_ns, pending_operations: self.operations.len() }
    }

    /// Polls the host operations; `true` if one has ended, so that there is something to run.
    pub fn poll_operations(&mut self, context: &mut Context<'_>) -> bool {
        let mut moved = false;
        let mut index = 0;
        while index < self.operations.len() {
            let (id, task, operation) = &mut self.operations[index];
            let (id, task) = (*id, *task);
            if task.wait() != Wait::Operation || task.node.number_waited_for() != id as u64 {
                // The task was cancelled; the operation is dropped.
                drop(self.operations.swap_remove(index));
                continue;
            }
            match operation.as_mut().poll(context) {
                Poll::Pending => index += 1,
                Poll::Ready(result) => {
                    drop(self.operations.swap_remove(index));
                    moved = true;
                    self.complete(task, result);
                }
            }
        }
        self.vm.sched.pending_operations = self.operations.len();
        moved
    }

    fn complete(&mut self, task: Gc<Task>, result: std::io::Result<Reply>) {
        match result {
            Ok(Reply::Line(line)) => {
                let value = match line {
                    Some(line) => self.vm.heap.str(&line).into(),
                    None => Value::NIL,
                };
                sched::wake(&mut self.vm, task, value);
            }
            Err(error) => {
                let error = self.vm.heap.error("IoError", &error.to_string());
                sched::wake_throwing(&mut self.vm, task, error.into());
            }
        }
    }

    /// Takes over what natives have asked the host for.
    fn start_operations(&mut self) {
        for (id, task) in std::mem::take(&mut self.vm.sched.reads) {
            let operation = self.vm.host.read_line();
            self.operations.push((id, task, operation));
        }
        if !self.operations.is_empty() {
            self.poll_operations(&mut Context::from_waker(std::task::Waker::noop()));
        }
    }

    fn has_happenings(&self) -> bool {
        !(self.vm.sched.unhandled.is_empty()
            && self.vm.blocking.is_empty()
            && self.vm.sched.leaked.is_empty())
    }

    /// Takes over what happened in the background.
    fn note_happenings(&mut self) {
        let leaked = std::mem::take(&mut self.vm.sched.leaked);
        if !leaked.is_empty() {
            self.reports.push(report::leaked(&mut self.vm, &leaked));
        }
        for blocking in std::mem::take(&mut self.vm.blocking) {
            self.reports.push(report::blocking(&mut self.vm, blocking));
        }
        for error in std::mem::take(&mut self.vm.sched.unhandled) {
            let report = report::uncaught(&mut self.vm, error);
            self.reports.push(report);
            self.vm.sched.failed = true;
        }
    }

    fn finished(&mut self) -> bool {
        self.note_happenings();
        let Some(main) = self.vm.sched.main else { return self.started };
        if main.state() != TaskState::Done && !self.abandoned {
            return false;
        }
        // Detached tasks are daemons: they end with the program.
        if !self.vm.sched.program.is_empty() {
            sched::cancel::cancel_children(&mut self.vm, Owner::Program, "the program has ended");
        }
        // What does not end at once (clean-up that waits) gets its turns.
        self.vm.sched.program.is_empty() || self.abandoned
    }

    fn deadlock(&mut self) {
        if self.deadlocked {
            // A second standstill: nothing more can run.
            self.abandoned = true;
            return;
        }
        self.deadlocked = true;
        let report = report::deadlock(&mut self.vm);
        self.reports.push(report);
        if let Some(main) = self.vm.sched.main {
            let reason = self.vm.heap.str("deadlock").into();
            sched::cancel(&mut self.vm, main, reason, 0);
        }
    }

    /// Time does not move on, as the tasks do not come to an end with what they do now. Many tasks may take some turns each, and
    /// where no timer waits for them a program may only count what a turn costs.
    fn is_livelocked(&mut self) -> bool {
        let patience = if self.vm.sched.timers.is_empty() { WITHOUT_TIMERS } else { 1 };
        self.still > patience * LIVELOCK_TURNS + TURNS_PER_TASK * self.vm.sched.live as u64
    }

    fn livelock(&mut self) {
        self.still = 0;
        let report = report::livelock(&mut self.vm);
        self.reports.push(report);
        self.vm.sched.failed = true;
        if let Some(main) = self.vm.sched.main {
            let reason = self.vm.heap.str("livelock").into();
            sched::cancel(&mut self.vm, main, reason, 0);
        }
    }

    /// The program is over: what was lost is told, and the status decided (R19).
    fn end(&mut self) -> Exit {
        let main = self.vm.sched.main;
        if let Some(main) = main
            && main.outcome() == Outcome::Error
        {
            let report = report::uncaught(&mut self.vm, main.result().get());
            self.reports.push(report);
            self.vm.sched.failed = true;
        }
        self.top_level_error();
        let lost = report::lost_coroutines(&mut self.vm);
        self.reports.extend(lost);
        let closed = self.vm.host.flush_out().is_err() || self.vm.sched.stdout_closed;
        let status = if let Some(code) = self.vm.exit_code {
            code
        } else if self.vm.sched.interrupted {
            130
        } else if self.deadlocked {
            3
        } else if closed {
            141
        } else if self.vm.sched.failed || main.is_some_and(|main| main.outcome() == Outcome::Error) {
            1
        } else {
            0
        };
        Exit { status }
    }
}

fn module_name(source: &str) -> Box<str> {
    let file = source.rsplit(['/', '\\']).next().unwrap_or(source);
    file.strip_suffix(".co").unwrap_or(file).into()
}

/// The entry of a standard module: its members are globals like those of files.
pub fn standard_module(vm: &mut Vm, name: &str) -> u32 {
    let full_name = format!("std:{name}");
    if let Some(found) = vm.modules.iter().position(|module| *module.name == *full_name) {
        return found as u32;
    }
    let id = vm.modules.len() as u32;
    let mut exports = HashMap::new();
    if let Some((_, members)) = builtins::modules().iter().find(|(module, _)| *module == name) {
        for builtin in members.iter() {
            let value = vm.native_value(builtin);
            exports.insert(builtin.name.into(), vm.globals.len() as u32);
            vm.globals.push(value);
            vm.global_names.push(builtin.name.into());
        }
    }
    let value = vm.heap.module(id).into();
    vm.modules.push(ModuleEntry { name: full_name.into(), init: Value::NIL, exports, value });
    id
}

enum Import {
    File(u32),
    Standard(u32),
    Missing,
}

/// What the compiler asks of the world outside of a file.
struct Link {
    slots: Vec<u32>,
    prelude: Vec<Value>,
    assert_failed: Value,
    imports: Vec<Import>,
    modules: Vec<(Value, HashMap<Box<str>, u32>)>,
    globals: Vec<Value>,
    tests: Vec<(Span, Gc<ProtoObject>)>,
}

impl Linker for Link {
    fn global_slot(&mut self, global: GlobalId) -> u32 {
        self.slots[global.0 as usize]
    }

    fn prelude(&mut self, id: PreludeId) -> Value {
        self.prelude[id.0 as usize]
    }

    fn import(&mut self, id: ImportId) -> ImportedModule {
        match self.imports[id.index()] {
            Import::File(module) => {
                ImportedModule { id: Some(module), value: self.modules[module as usize].0 }
            }
            Import::Standard(module) => ImportedModule { id: None, value: self.modules[module as usize].0 },
            Import::Missing => ImportedModule { id: None, value: Value::NIL },
        }
    }

    fn member(&mut self, id: ImportId, name: &str) -> Option<ImportedMember> {
        match self.imports[id.index()] {
            Import::File(module) => {
                let slot = *self.modules[module as usize].1.get(name)?;
                Some(ImportedMember::Slot(slot))
            }
            Import::Standard(module) => {
                let slot = *self.modules[module as usize].1.get(name)?;
                Some(ImportedMember::Value(self.globals[slot as usize]))
            }
            Import::Missing => None,
        }
    }

    fn assert_failed(&mut self) -> Value {
        self.assert_failed
    }

    fn test(&mut self, _name: &str, span: Span, code: Gc<ProtoObject>) {
        self.tests.push((span, code));
    }
}
