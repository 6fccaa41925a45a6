//! Ctrl-C and a polite kill: the first cancels the program, so that its clean-up runs, the second ends it at once.
//!
//! The signal's handler itself sets the interrupt word, so that a program in an endless loop can be stopped, too. A thread that wakes
//! the event loop is started when every task waits for the first time: most programs end without it.

use std::{
    cell::OnceCell,
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use co_vm::{engine::Interrupter, host::event_loop::WakeFuture};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag,
    iterator::Signals,
};
use smol::channel::{Receiver, bounded};

/// The exit status of an interrupted program.
const INTERRUPTED: i32 = 130;

/// How often the flag is looked at if there can be no thread.
const LOOK: Duration = Duration::from_millis(50);

/// Resolves whenever a signal has come.
pub struct Interrupts {
    /// A signal has come.
    seen: Arc<AtomicBool>,
    /// From the thread; none if it could not be started.
    told: OnceCell<Option<Receiver<()>>>,
}

impl Interrupts {
    /// Takes over the process's signals, on behalf of one program.
    pub fn listen(interrupter: &Interrupter) -> io::Result<Interrupts> {
        let seen = Arc::new(AtomicBool::new(false));
        let (word, cancel) = interrupter.cancelling_store();
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag unset and sets it, the second finds it set and ends the process.
            flag::register_conditional_shutdown(signal, INTERRUPTED, seen.clone())?;
            flag::register(signal, seen.clone())?;
            flag::register_usize(signal, word.clone(), cancel)?;
        }
        Ok(Interrupts { seen, told: OnceCell::new() })
    }

    pub fn next(&self) -> WakeFuture {
        let is_first = self.told.get().is_none();
        let told = self.told.get_or_init(|| begin_thread().ok()).clone();
        // What came before the thread began, it does not tell.
        let is_late = is_first && self.seen.load(Ordering::Relaxed);
        let seen = self.seen.clone();
        Box::pin(async move {
            match told {
                _ if is_late => {}
                Some(told) => {
                    // The thread lives as long as the process.
                    let _ = told.recv().await;
                }
                None => {
                    smol::Timer::after(LOOK).await;
                    while !seen.load(Ordering::Relaxed) {
                        smol::Timer::after(LOOK).await;
                    }
                }
            }
        })
    }
}

fn begin_thread() -> io::Result<Receiver<()>> {
    let (sender, receiver) = bounded(1);
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().name("signals".to_string()).spawn(move || {
        for _ in signals.forever() {
            // If it is full, the event loop has not seen the last one yet.
            let _ = sender.try_send(());
        }
    })?;
    Ok(receiver)
}
