//! The one list of the prompt's commands. Parsing, `:help`, completion and hints are made from it; a test compares the reference with it.

use std::fmt::Write;

use crate::terminal;

/// What stands behind a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    Nothing,
    /// A piece of a program.
    Code,
    Name,
    File,
    Task,
    ErrorCode,
    Clock,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Id {
    Help,
    Tasks,
    Why,
    Cancel,
    Time,
    Bytecode,
    Ast,
    Type,
    Doc,
    Load,
    Save,
    Reload,
    Reset,
    Clock,
    Advance,
    Explain,
    Quit,
}

pub struct Command {
    pub id: Id,
    pub name: &'static str,
    pub usage: &'static str,
    pub argument: Argument,
    /// It does not work without its argument.
    pub needs: bool,
    pub help: &'static str,
}

const fn command(
    id: Id,
    name: &'static str,
    usage: &'static str,
    argument: Argument,
    needs: bool,
    help: &'static str,
) -> Command {
    Command { id, name, usage, argument, needs, help }
}

pub static COMMANDS: [Command; 17] = [
    command(Id::Help, "help", "help", Argument::Nothing, false, "list the commands and keys"),
    command(
        Id::Tasks,
        "tasks",
        "tasks",
        Argument::Nothing,
        false,
        "the tasks that live, and what each waits for",
    ),
    command(Id::Why, "why", "why TASK", Argument::Task, true, "why a task waits, to the end of the chain"),
    command(Id::Cancel, "cancel", "cancel TASK", Argument::Task, true, "cancel a task"),
    command(Id::Time, "time", "time EXPR", Argument::Code, true, "evaluate, and tell steps, time and memory"),
    command(Id::Bytecode, "bytecode", "bytecode EXPR", Argument::Code, true, "what the machine would run"),
    command(Id::Ast, "ast", "ast EXPR", Argument::Code, true, "the syntax tree"),
    command(Id::Type, "type", "type EXPR", Argument::Code, true, "evaluate, and tell the type"),
    command(
        Id::Doc,
        "doc",
        "doc NAME",
        Argument::Name,
        false,
        "about a function, a method, a type or a module",
    ),
    command(Id::Load, "load", "load FILE", Argument::File, true, "run a file and keep its names"),
    command(
        Id::Save,
        "save",
        "save FILE",
        Argument::File,
        true,
        "write the lines of the session as a script",
    ),
    command(Id::Reload, "reload", "reload", Argument::Nothing, false, "read loaded and imported files again"),
    command(Id::Reset, "reset", "reset", Argument::Nothing, false, "cancel all tasks and forget all names"),
    command(
        Id::Clock,
        "clock",
        "clock virtual|real",
        Argument::Clock,
        false,
        "which clock the timers follow",
    ),
    command(Id::Advance, "advance", "advance 5s", Argument::Code, true, "let virtual time pass"),
    command(
        Id::Explain,
        "explain",
        "explain CODE",
        Argument::ErrorCode,
        false,
        "explain an error, with examples",
    ),
    command(Id::Quit, "quit", "quit", Argument::Nothing, false, "leave"),
];

/// Keys that are worth knowing.
const KEYS: [(&str, &str); 6] = [
    ("Tab", "complete names, fields, commands and paths"),
    ("Ctrl-R", "search the history"),
    ("Ctrl-C", "cancel what runs; clear the line"),
    ("Ctrl-D", "leave"),
    ("Alt-Enter", "a new line without evaluating"),
    ("_", "the last value"),
];

pub fn find(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

pub fn help(width: usize) -> String {
    let mut out = String::new();
    let commands = COMMANDS.iter().map(|command| (format!(":{}", command.usage), command.help));
    rows(&commands.collect::<Vec<_>>(), width, &mut out);
    out.push('\n');
    rows(&KEYS.map(|(key, what)| (key.to_string(), what)), width, &mut out);
    out
}

fn rows(rows: &[(String, &str)], width: usize, out: &mut String) {
    let left = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, text) in rows {
        let mut filled = String::new();
        terminal::fill(text, width, left + 2, &mut filled);
        let _ = write!(out, "{name:left$}  {}", filled.trim_start());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_tells_of_every_command() {
        let reference = include_str!("../../../spec/repl.md");
        for command in &COMMANDS {
            // A bar inside a table is escaped.
            let usage = command.usage.replace('|', "\\|");
            assert!(reference.contains(&format!("`:{usage}")), "{usage}");
            assert!(command.usage.starts_with(command.name));
        }
    }

    #[test]
    fn help_fits_into_narrow_windows() {
        for width in [40, 80, 200] {
            assert!(help(width).lines().all(|line| line.chars().count() <= width), "{}", help(width));
        }
    }
}
