//! A session in a terminal.

use std::{cell::RefCell, io, rc::Rc};

use co_vm::engine::Options;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

use super::{
    context,
    driver::{Driver, Event, Message, Until},
    editor::{self, EditorHandle, Request, Settings},
    input::Input,
    screen::{ReplHost, Screen},
    session::Session,
    shell::{Flow, Shell, TERMINATED},
};
use crate::{
    cli::{self, UsageError},
    terminal::{self, plain_error},
};

const PROMPT: &str = "> ";
const LEAVE: &str = "Leave and cancel them? [y/N] ";

/// What came of a prompt.
enum Typed {
    Line(String),
    /// Ctrl-C.
    Nothing,
    /// Ctrl-D.
    End,
    Exit(u8),
}

struct Interactive {
    shell: Shell,
    editor: EditorHandle,
    input: Rc<RefCell<Input>>,
}

pub fn run(asked: cli::Repl) -> Result<u8, UsageError> {
    // Whatever happens, the terminal is left as it was found.
    let _terminal = TerminalGuard::new();
    let screen = Rc::new(RefCell::new(Screen::new(true)));
    let input = Rc::new(RefCell::new(Input::default()));
    let host = ReplHost { screen: screen.clone(), input: input.clone(), is_terminal: true };
    let options = Options { virtual_time: asked.virtual_time, args: asked.args, ..Options::default() };
    let session = Session::new(Box::new(host), options);
    let driver = Driver::new(&session, input.clone());
    driver
        .listen()
        .map_err(|error| UsageError(format!("cannot listen to signals: {}", plain_error(&error))))?;
    let settings =
        Settings { vi: asked.vi || editor::inputrc_wants_vi(), color: screen.borrow().out_look().color };
    let editor = editor::start(driver.mailbox.clone(), settings)
        .map_err(|error| UsageError(format!("cannot edit lines: {error}")))?;
    if let Some(printer) = &editor.printer {
        screen.borrow_mut().set_printer(printer.clone());
    }
    let shell = Shell { session, driver, screen, offer: None, failed: false };
    let mut interactive = Interactive { shell, editor, input };
    let status = interactive.run(asked.first.as_deref());
    interactive.shell.screen.borrow_mut().finish();
    // The process ends; taking the heap apart would be work for nothing, and the editor's thread may still read.
    std::mem::forget(interactive);
    Ok(status)
}

impl Interactive {
    fn run(&mut self, first: Option<&str>) -> u8 {
        self.shell.print(&format!(
            "Co {}. `:help` lists the commands, Ctrl-D leaves.\n",
            env!("CARGO_PKG_VERSION")
        ));
        if let Some(file) = first
            && let Some(status) = self.end_of(Flow::Go, |shell| shell.load(file))
        {
            return status;
        }
        loop {
            let initial = self.shell.offer.take().unwrap_or_default();
            let text = match self.read(PROMPT, initial) {
                Typed::Line(text) => text,
                Typed::Nothing => continue,
                Typed::End => match self.may_leave() {
                    true => return self.leave(0),
                    false => continue,
                },
                Typed::Exit(status) => return self.leave(status),
            };
            if text.trim().is_empty() {
                continue;
            }
            self.editor.ask(Request::Remember(text.trim_end().to_string()));
            if let Some(status) = self.end_of(Flow::Go, |shell| shell.run(&text)) {
                return status;
            }
        }
    }

    /// Does something; `Some` if the session is over after that.
    fn end_of(&mut self, _: Flow, act: impl FnOnce(&mut Shell) -> Flow) -> Option<u8> {
        match act(&mut self.shell) {
            Flow::Go => None,
            Flow::Quit if self.may_leave() => Some(self.leave(0)),
            Flow::Quit => None,
            Flow::Exit(TERMINATED) => Some(self.leave(TERMINATED)),
            Flow::Exit(status) => Some(status),
        }
    }

    /// Shows the prompt and waits for a line, while the tasks behind it go on.
    fn read(&mut self, prompt: &'static str, initial: String) -> Typed {
        self.shell.screen.borrow_mut().enter_prompt();
        self.input.borrow_mut().is_lent = true;
        self.editor.ask(Request::Read { prompt, initial });
        let typed = loop {
            match self.shell.driver.next(&mut self.shell.session, &self.shell.screen, Until::Message) {
                Event::Message(Message::Line(text)) => break Typed::Line(text),
                Event::Message(Message::Interrupted) => break Typed::Nothing,
                Event::Message(Message::Eof) => break Typed::End,
                Event::Message(Message::Broken(why)) => {
                    terminal::complain(&format!("cannot read a line: {why}"));
                    break Typed::Exit(1);
                }
                Event::Message(Message::Terminate) => break Typed::Exit(TERMINATED),
                Event::Message(Message::Question(question, sender)) => {
                    let answer = context::answer(&mut self.shell.session, &question);
                    // The editor may not have waited.
                    let _ = sender.send(answer);
                }
                Event::Exit(exit) => break Typed::Exit(exit.status),
                Event::Message(Message::Wake) | Event::Evaluated(_) | Event::Readable | Event::Idle => {}
            }
        };
        self.input.borrow_mut().is_lent = false;
        self.shell.screen.borrow_mut().leave_prompt();
        typed
    }

    /// Asks, if tasks still run.
    fn may_leave(&mut self) -> bool {
        let count = self.shell.session.engine.live_tasks();
        if count == 0 {
            return true;
        }
        let (tasks, run) = if count == 1 { ("task", "runs") } else { ("tasks", "run") };
        self.shell.print(&format!("{count} {tasks} still {run}.\n"));
        match self.read(LEAVE, String::new()) {
            Typed::Line(answer) => matches!(answer.trim().chars().next(), Some('y' | 'Y')),
            Typed::End | Typed::Exit(_) => true,
            Typed::Nothing => false,
        }
    }

    /// Everything that runs is cancelled; its clean-up is waited for, unless Ctrl-C is pressed.
    fn leave(&mut self, status: u8) -> u8 {
        self.shell.session.engine.cancel_session("the session has ended");
        match self.shell.settle() {
            Flow::Exit(other) => other,
            _ => status,
        }
    }
}

/// The terminal's settings from before.
struct TerminalGuard(Option<Termios>);

impl TerminalGuard {
    fn new() -> TerminalGuard {
        TerminalGuard(tcgetattr(io::stdin()).ok())
    }
}

impl Drop for TerminalGuard {
    fn drop(&mut self) {
        if let Some(before) = &self.0
            && tcgetattr(io::stdin()).is_ok_and(|now| now.local_modes != before.local_modes)
        {
            let _ = tcsetattr(io::stdin(), OptionalActions::Drain, before);
            // The editor had asked for pastes as one.
            terminal::tell("\x1b[?2004l\r\n");
        }
    }
}
