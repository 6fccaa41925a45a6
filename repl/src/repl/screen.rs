//! Where output goes: to the process's streams while something is evaluated, above the prompt while that is shown.

use std::{
    cell::RefCell,
    future::poll_fn,
    io::{self, Write},
    rc::Rc,
    sync::Arc,
};

use co_vm::host::{Host, Operation, Reply, event_loop::ProcessHost};

use super::{input::SharedInput, printer::Printer, session::Look};
use crate::terminal::Stream;

pub type SharedScreen = Rc<RefCell<Screen>>;

pub struct Screen {
    host: ProcessHost,
    /// Prints above the prompt; `None` without a terminal.
    printer: Option<Arc<Printer>>,
    at_prompt: bool,
    /// What was printed behind the prompt and is no whole line yet.
    held: Vec<u8>,
    /// The cursor is where a line begins.
    at_line_start: bool,
    colors: (bool, bool),
}

impl Screen {
    pub fn new(has_color: bool) -> Screen {
        let colors = (has_color && Stream::Out.has_color(), has_color && Stream::Err.has_color());
        Screen {
            host: ProcessHost::new(),
            printer: None,
            at_prompt: false,
            held: Vec::new(),
            at_line_start: true,
            colors,
        }
    }

    pub fn set_printer(&mut self, printer: Arc<Printer>) {
        self.printer = Some(printer);
    }

    /// The width is asked for each time: windows change.
    pub fn out_look(&self) -> Look {
        Look { color: self.colors.0, width: Stream::Out.width() }
    }

    pub fn err_look(&self) -> Look {
        Look { color: self.colors.1, width: Stream::Err.width() }
    }

    /// From now on the editor owns the last line of the terminal.
    pub fn enter_prompt(&mut self) {
        if !self.at_line_start {
            let _ = self.host.write_out(b"\n");
        }
        let _ = self.host.flush_out();
        self.at_line_start = true;
        self.at_prompt = self.printer.is_some();
    }

    /// The editor has read a line: what has not been printed above the prompt comes now.
    pub fn leave_prompt(&mut self) {
        if !std::mem::take(&mut self.at_prompt) {
            return;
        }
        let mut late = self.printer.as_ref().map_or(String::new(), |printer| printer.close()).into_bytes();
        late.append(&mut self.held);
        let _ = self.write(&late);
        let _ = self.host.flush_out();
    }

    /// The session is over.
    pub fn finish(&mut self) {
        self.leave_prompt();
        if !self.at_line_start && self.printer.is_some() {
            let _ = self.host.write_out(b"\n");
        }
        let _ = self.host.flush_out();
    }

    fn write(&mut self, data: &[u8]) -> io::Result<()> {
        if let Some(last) = data.last() {
            self.at_line_start = *last == b'\n';
        }
        if !self.at_prompt {
            return self.host.write_out(data);
        }
        self.held.extend_from_slice(data);
        if let Some(end) = self.held.iter().rposition(|byte| *byte == b'\n') {
            let lines: Vec<u8> = self.held.drain(..=end).collect();
            if let Some(printer) = &self.printer {
                printer.print(&String::from_utf8_lossy(&lines));
            }
        }
        Ok(())
    }

    /// A result.
    pub fn print(&mut self, text: &str) {
        let _ = self.write(text.as_bytes());
        if !self.at_prompt {
            let _ = self.host.flush_out();
        }
    }

    /// A report.
    pub fn tell(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if self.at_prompt {
            let _ = self.write(text.as_bytes());
            return;
        }
        if !self.at_line_start {
            let _ = self.host.write_out(b"\n");
        }
        self.at_line_start = text.ends_with('\n');
        self.host.write_err(text.as_bytes());
    }
}

/// The session's world: the process's, with the screen in between.
pub struct ReplHost {
    pub screen: SharedScreen,
    pub input: SharedInput,
    pub is_terminal: bool,
}

impl Host for ReplHost {
    fn write_out(&mut self, data: &[u8]) -> io::Result<()> {
        self.screen.borrow_mut().write(data)
    }

    fn flush_out(&mut self) -> io::Result<()> {
        self.screen.borrow_mut().host.flush_out()
    }

    fn write_err(&mut self, data: &[u8]) {
        let mut screen = self.screen.borrow_mut();
        if screen.at_prompt {
            let _ = screen.write(data);
        } else {
            if let Some(last) = data.last() {
                screen.at_line_start = *last == b'\n';
            }
            let _ = screen.host.flush_out();
            let _ = io::stderr().lock().write_all(data);
        }
    }

    fn monotonic_ns(&self) -> u64 {
        self.screen.borrow().host.monotonic_ns()
    }

    fn unix_seconds(&self) -> f64 {
        self.screen.borrow().host.unix_seconds()
    }

    fn hash_seed(&self) -> u64 {
        self.screen.borrow().host.hash_seed()
    }

    fn random_seed(&mut self) -> u64 {
        self.screen.borrow_mut().host.random_seed()
    }

    fn read_line(&mut self) -> Operation {
        let (input, is_terminal) = (self.input.clone(), self.is_terminal);
        Box::pin(poll_fn(move |context| {
            input.borrow_mut().poll_line(context, is_terminal).map(|line| line.map(Reply::Line))
        }))
    }
}
