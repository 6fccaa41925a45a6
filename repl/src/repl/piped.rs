//! A session without a terminal: statements come from standard input, results go to standard output, reports to standard error.
//!
//! A statement is evaluated as soon as it is complete. Only if the next line is there already and goes on with it (`else`, `.method()`
//! …), it is waited for: a program that writes a line and waits for its answer gets it.

use std::{cell::RefCell, rc::Rc};

use co_vm::engine::Options;

use super::{
    driver::{Driver, Event, Message, Until},
    input::{Input, Next},
    screen::{ReplHost, Screen},
    session::{self, Session},
    shell::{Flow, Shell, TERMINATED},
};
use crate::{
    cli::{self, UsageError},
    terminal::plain_error,
};

pub fn run(asked: cli::Repl) -> Result<u8, UsageError> {
    let screen = Rc::new(RefCell::new(Screen::new(false)));
    let input = Rc::new(RefCell::new(Input::default()));
    let host = ReplHost { screen: screen.clone(), input: input.clone(), is_terminal: false };
    let options = Options { virtual_time: asked.virtual_time, args: asked.args, ..Options::default() };
    let session = Session::new(Box::new(host), options);
    let driver = Driver::new(&session, input.clone());
    driver
        .listen()
        .map_err(|error| UsageError(format!("cannot listen to signals: {}", plain_error(&error))))?;
    let mut shell = Shell { session, driver, screen, offer: None, failed: false };
    let status = read_all(&mut shell, &input, asked.first.as_deref());
    shell.screen.borrow_mut().finish();
    // The process ends; taking the heap apart would be work for nothing.
    std::mem::forget(shell);
    Ok(status)
}

fn read_all(shell: &mut Shell, input: &RefCell<Input>, first: Option<&str>) -> u8 {
    if let Some(file) = first
        && let Flow::Exit(status) = shell.load(file)
    {
        return status;
    }
    loop {
        let text = match statement(shell, input) {
            Ok(Some(text)) => text,
            Ok(None) => break,
            Err(status) => return status,
        };
        match shell.run(&text) {
            Flow::Go => {}
            Flow::Quit => {
                shell.session.engine.cancel_session("the session has ended");
                break;
            }
            Flow::Exit(status) => return status,
        }
    }
    let failed = u8::from(shell.failed);
    // As a script does, the session waits for its tasks.
    match shell.finish_tasks() {
        Flow::Exit(status) => status,
        _ => failed,
    }
}

/// The next statement, or a command; `None` at the end.
fn statement(shell: &mut Shell, input: &RefCell<Input>) -> Result<Option<String>, u8> {
    let mut text = String::new();
    // Something is open that only certain characters can close.
    let mut is_open = false;
    loop {
        let next = input.borrow_mut().take();
        match next {
            Next::Line(line) => {
                if text.is_empty() && line.trim().is_empty() {
                    continue;
                }
                let may_close = !is_open || line.contains([')', ']', '}', '"', '\'']);
                text.push_str(&line);
                text.push('\n');
                if text.trim_start().starts_with(':') {
                    return Ok(Some(text));
                }
                if !may_close {
                    continue;
                }
                is_open = session::is_incomplete(&text);
                if !is_open && !goes_on(&input.borrow()) {
                    return Ok(Some(text));
                }
                // What goes on may be complete again with any line.
                is_open = is_open && is_bracketed(&text);
            }
            Next::End => return Ok((!text.trim().is_empty()).then_some(text)),
            Next::Nothing => read_more(shell, input)?,
        }
    }
}

/// Reads what is there, or waits, while tasks go on.
fn read_more(shell: &mut Shell, input: &RefCell<Input>) -> Result<(), u8> {
    loop {
        match shell.driver.next(&mut shell.session, &shell.screen, Until::Readable) {
            Event::Readable => {
                return input.borrow_mut().read().map_err(|error| {
                    shell.tell(&format!("co: cannot read standard input: {}\n", plain_error(&error)));
                    1
                });
            }
            Event::Exit(exit) => return Err(exit.status),
            // Nothing is being evaluated, so nobody but the session can be meant.
            Event::Message(Message::Wake) => return Err(130),
            Event::Message(Message::Terminate) => return Err(TERMINATED),
            _ => {}
        }
    }
}

/// The text ends inside a bracket or string.
fn is_bracketed(text: &str) -> bool {
    co_lang::lexer::lex(text).incomplete
}

/// The next line that says something goes on with the statement before it.
fn goes_on(input: &Input) -> bool {
    let says = |line: &&[u8]| !(line.trim_ascii().is_empty() || line.trim_ascii().starts_with(b"#"));
    let Some(line) = input.peek().find(says) else { return false };
    let line = String::from_utf8_lossy(line);
    let line = line.trim_start();
    let word: String = line.chars().take_while(|char| char.is_alphanumeric() || *char == '_').collect();
    let is_word = match &*word {
        // `else =>` begins an arm.
        "else" => !line["else".len()..].trim_start().starts_with("=>"),
        word => matches!(word, "catch" | "finally" | "and" | "or"),
    };
    is_word
        || (line.starts_with('.') && !line.starts_with(".."))
        || line.starts_with("?.")
        || line.starts_with("??")
}
