//! Prints above the prompt while a line is being typed.
//!
//! The editor can do that (it takes its line away, prints, and draws the line again), but it takes one message at a time and only while
//! it reads. So a thread stands between: it gathers what comes and hands it over in pieces, with pauses, so that the typing is not
//! disturbed however much is printed. The gate is open only while the editor reads; what is left when it closes is given back.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use rustyline::ExternalPrinter;

/// Between two pieces: about as often as a screen is drawn.
const PAUSE: Duration = Duration::from_millis(15);
/// The longest piece, in bytes.
const PIECE: usize = 16 * 1024;
/// If so much has gathered, whoever prints waits.
const FULL: usize = 1 << 20;

#[derive(Default)]
struct State {
    text: String,
    is_open: bool,
}

#[derive(Default)]
pub struct Printer {
    state: Mutex<State>,
    changed: Condvar,
}

impl Printer {
    /// Starts the thread.
    pub fn start(mut external: impl ExternalPrinter + Send + 'static) -> std::io::Result<Arc<Printer>> {
        let printer = Arc::new(Printer::default());
        let own = printer.clone();
        thread::Builder::new().name("printer".to_string()).spawn(move || {
            loop {
                let piece = own.next_piece();
                if external.print(piece).is_err() {
                    return;
                }
                thread::sleep(PAUSE);
            }
        })?;
        Ok(printer)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_piece(&self) -> String {
        let mut state = self.lock();
        while !state.is_open || state.text.is_empty() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let piece = take_piece(&mut state.text);
        self.changed.notify_all();
        piece
    }

    /// Whole lines, to be printed when the editor can do so.
    pub fn print(&self, lines: &str) {
        let mut state = self.lock();
        while state.is_open && state.text.len() > FULL {
            state = self.changed.wait_timeout(state, PAUSE).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.text.push_str(lines);
        self.changed.notify_all();
    }

    /// The editor has drawn its prompt.
    pub fn open(&self) {
        self.lock().is_open = true;
        self.changed.notify_all();
    }

    /// The editor is about to return; nothing is handed to it any more.
    pub fn shut(&self) {
        self.lock().is_open = false;
    }

    /// The same, and gives what is left.
    pub fn close(&self) -> String {
        let mut state = self.lock();
        state.is_open = false;
        std::mem::take(&mut state.text)
    }
}

/// Takes lines off the front, about as many as a piece may have.
fn take_piece(text: &mut String) -> String {
    if text.len() <= PIECE {
        return std::mem::take(text);
    }
    let end = text.as_bytes()[..PIECE].iter().rposition(|byte| *byte == b'\n');
    let end = end.or_else(|| text.bytes().position(|byte| byte == b'\n')).map_or(text.len(), |at| at + 1);
    let rest = text.split_off(end);
    std::mem::replace(text, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_end_with_a_line() {
        let mut text = "a line\n".repeat(10_000);
        let whole = text.clone();
        let mut pieces = String::new();
        while !text.is_empty() {
            let piece = take_piece(&mut text);
            assert!(piece.len() <= PIECE && piece.ends_with('\n'));
            pieces.push_str(&piece);
        }
        assert_eq!(pieces, whole);
        let mut long = "x".repeat(PIECE * 2) + "\nrest\n";
        assert_eq!(take_piece(&mut long).len(), PIECE * 2 + 1);
    }

    #[test]
    fn what_is_left_is_given_back() {
        let printer = Printer::default();
        printer.print("one\n");
        printer.print("two\n");
        assert_eq!(printer.close(), "one\ntwo\n");
        assert_eq!(printer.close(), "");
    }
}
