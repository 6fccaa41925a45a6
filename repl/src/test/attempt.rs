//! One run of one test, in a machine of its own.

use std::{cell::RefCell, io, rc::Rc, time::Instant};

use co_lang::diagnostic::{Code, render::Format};
use co_vm::{
    engine::{Engine, Options, Progress},
    host::{
        Host, Operation, Reply,
        event_loop::{self, ProcessHost},
    },
    sched::task::Outcome,
};

use super::{
    collect::{Test, TestFile},
    watchdog::Watchdog,
};
use crate::{report, run, terminal::Stream};

/// How a test is run.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Which order by chance; `None` is first come, first served.
    pub seed: Option<u64>,
    /// The wait at which it is cancelled.
    pub cancel_at: Option<u64>,
    pub real_time: bool,
}

/// What came of it.
pub struct Attempt {
    /// What was wrong, rendered.
    pub problem: Option<String>,
    pub output: String,
    /// How often the test waited.
    pub suspensions: u64,
}

pub fn attempt(
    file: &TestFile,
    test: &Test,
    setting: Setting,
    watchdog: &Watchdog,
    format: Format,
) -> Attempt {
    let output = Rc::new(RefCell::new(Vec::new()));
    let host = Captured { output: output.clone(), process: ProcessHost::new(), started: Instant::now() };
    let options = Options {
        virtual_time: !setting.real_time,
        schedule_seed: setting.seed,
        cancel_at: setting.cancel_at,
        with_tests: true,
        stress: run::stress(),
        ..Options::default()
    };
    let mut engine = Engine::new(Box::new(host), options);
    let mut problem = String::new();
    let rendering = Stream::Out.rendering(format);
    if let Err(diagnostics) = engine.load(&file.program) {
        problem = co_lang::diagnostic::render::render(&diagnostics, engine.sources(), rendering);
    } else if engine.start_test(test.index) {
        watchdog.begin(engine.interrupter());
        let mut reports = Vec::new();
        let ended = drive(&mut engine, watchdog, &mut reports);
        let stopped = watchdog.end() > 0;
        for told in &reports {
            let is_expected = match told.diagnostic.code {
                // A cancelled test need not come to the `await`.
                Code::NEVER_AWAITED => setting.cancel_at.is_some() || stopped,
                _ => false,
            };
            if !is_expected {
                problem.push_str(&report::rendered(told, engine.sources(), rendering));
            }
        }
        if let Some(line) = verdict(&engine, ended, stopped, setting, watchdog) {
            problem.push_str(&line);
            problem.push('\n');
        }
    }
    let output = String::from_utf8_lossy(&output.borrow()).into_owned();
    let suspensions = engine.suspensions();
    Attempt { problem: Some(problem).filter(|problem| !problem.is_empty()), output, suspensions }
}

/// Runs to the end; the status is `None` if the test does not come to one.
fn drive(engine: &mut Engine, watchdog: &Watchdog, reports: &mut Vec<co_vm::report::Report>) -> Option<u8> {
    loop {
        let progress = engine.run_until_idle();
        reports.extend(engine.take_reports());
        match progress {
            Progress::Done(exit) => return Some(exit.status),
            Progress::Idle { .. } if watchdog.gives_up() => return None,
            Progress::Idle { next_deadline_ns, .. } => event_loop::pause(engine, next_deadline_ns),
        }
    }
}

/// What is wrong that no report tells.
fn verdict(
    engine: &Engine,
    ended: Option<u8>,
    stopped: bool,
    setting: Setting,
    watchdog: &Watchdog,
) -> Option<String> {
    let cancelled =
        setting.cancel_at.map_or(String::new(), |at| format!(", cancelled at its wait number {at},"));
    if stopped {
        return Some(format!(
            "The test{cancelled} took longer than {} s and was stopped.",
            watchdog.limit().as_secs()
        ));
    }
    let status = ended?;
    if let Some(code) = engine.exit_code() {
        let who = if engine.is_test_running() { "The test" } else { "The file's top level" };
        return Some(format!("{who} ended the program by exit({code})."));
    }
    if !engine.is_test_running() {
        return Some("The file's top level did not come to its end, so the test did not begin.".to_string());
    }
    if setting.cancel_at.is_some() {
        if engine.live_tasks() > 0 {
            let count = engine.live_tasks();
            return Some(format!("The test{cancelled} left {count} tasks behind that do not end."));
        }
        if engine.locks_left() > 0 {
            return Some(format!("The test{cancelled} left a mutex locked: unlock it in a `defer`."));
        }
        if engine.outcome() == Some(Outcome::Cancelled) && status == 0 {
            return None;
        }
    }
    match engine.outcome() {
        Some(Outcome::Cancelled) if !engine.is_deadlocked() => Some("The test was cancelled.".to_string()),
        Some(Outcome::Error) if setting.cancel_at.is_some() => {
            Some(format!("The test{cancelled} failed in its clean-up."))
        }
        _ => None,
    }
}

/// A world in which a test is alone: what it writes is kept, there is nothing to read.
struct Captured {
    output: Rc<RefCell<Vec<u8>>>,
    process: ProcessHost,
    started: Instant,
}

impl Host for Captured {
    fn write_out(&mut self, data: &[u8]) -> io::Result<()> {
        self.output.borrow_mut().extend_from_slice(data);
        Ok(())
    }

    fn flush_out(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn write_err(&mut self, data: &[u8]) {
        self.output.borrow_mut().extend_from_slice(data);
    }

    fn monotonic_ns(&self) -> u64 {
        self.started.elapsed().as_nanos() as u64
    }

    fn unix_seconds(&self) -> f64 {
        self.process.unix_seconds()
    }

    fn hash_seed(&self) -> u64 {
        self.process.hash_seed()
    }

    fn random_seed(&mut self) -> u64 {
        self.process.random_seed()
    }

    fn read_line(&mut self) -> Operation {
        Box::pin(async { Ok(Reply::Line(None)) })
    }
}
