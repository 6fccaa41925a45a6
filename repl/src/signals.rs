//! Ctrl-C and a polite kill: the first cancels the program, so that its clean-up runs, the second ends it at once.
//!
//! A thread waits for the signals, so that a program in an endless loop can be stopped, too. It also wakes the event loop
//! if every task waits.

use std::{
    io,
    sync::{Arc, atomic::AtomicBool},
    thread,
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

/// Resolves whenever a signal has come.
pub struct Interrupts(Receiver<()>);

impl Interrupts {
    /// Takes over the process's signals, on behalf of one program.
    pub fn listen(interrupter: Interrupter) -> io::Result<Interrupts> {
        let (sender, receiver) = bounded(1);
        let again = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag unset and sets it, the second finds it set and ends the process.
            flag::register_conditional_shutdown(signal, INTERRUPTED, again.clone())?;
            flag::register(signal, again.clone())?;
        }
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        thread::Builder::new().name("signals".to_string()).spawn(move || {
            for _ in signals.forever() {
                interrupter.cancel();
                // If it is full, the event loop has not seen the last one yet.
                let _ = sender.try_send(());
            }
        })?;
        Ok(Interrupts(receiver))
    }

    pub fn next(&self) -> WakeFuture {
        let receiver = self.0.clone();
        Box::pin(async move {
            // The thread lives as long as the process.
            let _ = receiver.recv().await;
        })
    }
}
