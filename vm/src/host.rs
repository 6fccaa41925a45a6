//! What the VM needs from the world: output, input, time, randomness. Tests and embedders bring their own.

#[cfg(feature = "event-loop")]
pub mod event_loop;

use std::{future::Future, io, pin::Pin};

/// An operation that ends some time: it runs in the engine's poll set.
pub type Operation = Pin<Box<dyn Future<Output = io::Result<Reply>> + 'static>>;

/// What an operation gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The next line without its line break; `None` at the end of the input.
    Line(Option<String>),
}

/// The outside world, handed in by whoever embeds the VM.
pub trait Host {
    /// Writes to standard output. An error ends the program quietly (a closed pipe, status 141).
    fn write_out(&mut self, data: &[u8]) -> io::Result<()>;

    /// Makes sure that what was written can be seen.
    fn flush_out(&mut self) -> io::Result<()>;

    /// Writes to standard error. Nothing is done about errors.
    fn write_err(&mut self, data: &[u8]);

    /// Nanoseconds on a clock that never goes back; where it starts does not matter.
    fn monotonic_ns(&self) -> u64;

    /// Seconds since the start of 1970 in UTC.
    fn unix_seconds(&self) -> f64;

    /// Seeds the hash function of maps: unpredictable where the input may be hostile.
    fn hash_seed(&self) -> u64;

    /// Seeds `random` in a program that does not do so itself.
    fn random_seed(&mut self) -> u64;

    /// Reads a line of standard input. A read that is dropped loses no line.
    fn read_line(&mut self) -> Operation;
}
