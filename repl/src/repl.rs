//! The REPL: a prompt with a live event loop behind it.
//!
//! ```text
//! editor (a thread with rustyline) ──Message──▶ main thread: Session (engine) ──Screen──▶ terminal
//!        ◀── asked for a line, answers to questions ──┘
//! ```
//!
//! The machine runs in the main thread, also while the prompt waits; the line editor has a thread of its own. What tasks print
//! meanwhile goes through the editor, above the line that is being typed.
//!
//! * [`session`]: texts in, values out; knows no terminal
//! * [`driver`]: runs the session until something happens
//! * [`screen`]: where output goes
//! * [`editor`] with [`paint`], [`complete`]: the line editor
//! * [`shell`], [`commands`]: statements, and what begins with a colon
//! * [`interactive`], [`piped`]: with and without a terminal

mod session;
mod driver;
mod screen;
mod printer;
mod input;
mod editor;
mod paint;
mod complete;
mod context;
mod shell;
mod commands;
mod doc;
mod tasks;
mod save;
mod interactive;
mod piped;

pub use paint::paint;
pub use session::Look;

use std::io::{self, IsTerminal};

use crate::cli::{self, UsageError};

/// Runs a session and gives the exit status.
pub fn repl(asked: cli::Repl) -> Result<u8, UsageError> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        interactive::run(asked)
    } else {
        piped::run(asked)
    }
}
