//! Stops a test that takes too long on the wall clock: an endless loop, or clean-up that never ends.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use co_vm::engine::Interrupter;

/// How long a test that was cancelled may clean up before it is abandoned.
const GRACE: Duration = Duration::from_secs(2);

pub struct Watchdog {
    limit: Duration,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    watched: Mutex<Option<Watched>>,
    changed: Condvar,
}

struct Watched {
    deadline: Instant,
    interrupter: Interrupter,
    /// How often the deadline has passed.
    passed: u32,
}

impl Watchdog {
    pub fn start(limit: Duration) -> io::Result<Watchdog> {
        let shared = Arc::new(Shared::default());
        let watching = shared.clone();
        thread::Builder::new().name("watchdog".to_string()).spawn(move || watch(&watching))?;
        Ok(Watchdog { limit, shared })
    }

    pub fn limit(&self) -> Duration {
        self.limit
    }

    /// Looks after a run that begins now.
    pub fn begin(&self, interrupter: Interrupter) {
        let deadline = Instant::now() + self.limit;
        self.set(Some(Watched { deadline, interrupter, passed: 0 }));
    }

    /// How often the run had to be interrupted.
    pub fn end(&self) -> u32 {
        self.set(None).map_or(0, |watched| watched.passed)
    }

    /// It was told twice, and has not come to its end.
    pub fn gives_up(&self) -> bool {
        let watched = self.shared.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.as_ref().is_some_and(|watched| watched.passed > 1)
    }

    fn set(&self, watched: Option<Watched>) -> Option<Watched> {
        let mut place = self.shared.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *place, watched);
        self.shared.changed.notify_one();
        before
    }
}

fn watch(shared: &Shared) {
    let mut place = shared.watched.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let now = Instant::now();
        let pause = match &mut *place {
            None => Duration::from_secs(3600),
            Some(watched) if now < watched.deadline => watched.deadline - now,
            Some(watched) => {
                watched.passed += 1;
                match watched.passed {
                    1 => watched.interrupter.cancel(),
                    _ => watched.interrupter.yield_now(),
                }
                watched.deadline = now + GRACE;
                GRACE
            }
        };
        (place, _) = shared.changed.wait_timeout(place, pause).unwrap_or_else(PoisonError::into_inner);
    }
}
