//! `co run --profile`: a thread ticks while the program runs; at the end the tables go to stderr and the stacks to a file.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use co_vm::engine::{Engine, Interrupter};

use crate::{
    cli::UsageError,
    recording::Target,
    terminal::{self, plain_error},
};

/// What a tick stands for.
const TICK: Duration = Duration::from_millis(1);

pub struct Profiling {
    stacks: Target,
    ended: Arc<AtomicBool>,
}

impl Profiling {
    /// Begins to tick for an engine that was made with `Options::profile`.
    pub fn begin(engine: &Engine, file: String) -> Result<Profiling, UsageError> {
        let stacks = Target::create(file)?;
        let ended = Arc::new(AtomicBool::new(false));
        let (interrupter, flag) = (engine.interrupter(), ended.clone());
        thread::Builder::new()
            .name("profiler".to_string())
            .spawn(move || tick(&interrupter, &flag))
            .map_err(|error| UsageError(format!("cannot start the profiler: {}", plain_error(&error))))?;
        Ok(Profiling { stacks, ended })
    }

    /// Tells everything. `false` if the stacks could not be written.
    pub fn finish(self, engine: &Engine) -> bool {
        self.ended.store(true, Ordering::Relaxed);
        let Some(profiler) = engine.profiler() else { return true };
        terminal::tell(&format!("{}\nstacks for a flame graph: {}\n", profiler.text(), self.stacks.name()));
        self.stacks.write(&profiler.collapsed())
    }
}

/// The pauses differ, so that a program that does something each millisecond is not always met at the same place.
fn tick(interrupter: &Interrupter, ended: &AtomicBool) {
    let mut last = Instant::now();
    let mut owed = Duration::ZERO;
    let mut chance: u32 = 0x9e37_79b9;
    while !ended.load(Ordering::Relaxed) {
        // Marsaglia's xorshift.
        chance ^= chance << 13;
        chance ^= chance >> 17;
        chance ^= chance << 5;
        thread::sleep(TICK / 2 + TICK * (chance % 1024) / 1024);
        let now = Instant::now();
        owed += now - last;
        last = now;
        let ticks = owed.as_nanos() / TICK.as_nanos();
        owed -= TICK * ticks as u32;
        interrupter.tick(ticks as u32);
    }
}
