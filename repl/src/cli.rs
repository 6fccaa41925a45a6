//! The command line to an [`Invocation`]: what `co` was asked to do, or one line that says what is wrong with it.
//!
//! The line is read with the list in [`commands`]. A script's own arguments begin behind its name and are not looked at.

use std::{ffi::OsString, str::FromStr, time::Duration};

use co_lang::diagnostic::{nearest::nearest, render::Format};
use lexopt::Arg;

pub mod commands;
#[cfg(test)]
mod tests;

use commands::{COMMANDS, Command, CommandId, Flag, FlagId, Operands};

#[derive(Debug, PartialEq, Eq)]
pub enum Invocation {
    Run(Run),
    Test(Test),
    Repl(Repl),
    Check {
        files: Vec<String>,
        /// Mend them, too.
        fix: bool,
        format: Format,
    },
    Dump {
        stage: Stage,
        input: Input,
    },
    Explain(Vec<String>),
    Version,
    /// About all commands, or one.
    Help(Option<CommandId>),
}

#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    pub input: Input,
    pub args: Vec<String>,
    pub virtual_time: bool,
    pub format: Format,
    /// The file for a Chrome trace.
    pub trace: Option<String>,
    pub timeline: Option<Timeline>,
    pub warn_blocking: Option<u64>,
    /// The file for collapsed stacks.
    pub profile: Option<String>,
}

/// Where the picture of the run goes.
#[derive(Debug, PartialEq, Eq)]
pub enum Timeline {
    Terminal,
    Svg(String),
}

#[derive(Debug, PartialEq, Eq)]
pub struct Test {
    pub paths: Vec<String>,
    pub filters: Vec<String>,
    /// The first order by chance, and how many.
    pub schedules: Option<(u64, u64)>,
    pub cancel: Cancel,
    pub time_limit: Duration,
    pub real_time: bool,
    pub junit: Option<String>,
    pub format: Format,
}

/// Whether tests are cancelled to see what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    Never,
    /// At this wait, counted from 1.
    At(u64),
    Everywhere,
}

/// Steps without an `await` that are too many if nobody says otherwise: some milliseconds.
const BLOCKING_STEPS: u64 = 100_000;
/// Where a profile's stacks go if nobody says otherwise.
const PROFILE_FILE: &str = "co-profile.folded";
/// Seconds that a test may take if nobody says otherwise.
const TIME_LIMIT: u64 = 60;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Repl {
    /// The file to run before the first prompt.
    pub first: Option<String>,
    /// What follows that.
    pub args: Vec<String>,
    pub virtual_time: bool,
    pub vi: bool,
}

/// Where a program's text comes from.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    File(String),
    Stdin,
    Code(String),
}

impl std::fmt::Display for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Input::File(file) => file,
            Input::Stdin => "<stdin>",
            Input::Code(_) => "<-e>",
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Tokens,
    Ast,
    Bytecode,
}

/// What is wrong with a command line, in a line.
#[derive(Debug, PartialEq, Eq)]
pub struct UsageError(pub String);

/// Reads the arguments behind the program's name.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Invocation, UsageError> {
    let args: Vec<OsString> = args.into_iter().collect();
    let Some(first) = args.first() else { return Ok(Invocation::Repl(Repl::default())) };
    let command = first.to_str().and_then(commands::find);
    let is_root = command.is_none();
    let command = command.unwrap_or(&COMMANDS[0]);
    let mut parser = lexopt::Parser::from_args(args.into_iter().skip(usize::from(!is_root)));
    let found = Found::read(command, is_root, &mut parser)?;
    found.invocation()
}

/// The parts of a command line, in the order of writing.
struct Found {
    command: &'static Command,
    /// No command was named.
    is_root: bool,
    flags: Vec<(FlagId, String)>,
    operands: Vec<String>,
}

impl Found {
    fn read(
        command: &'static Command,
        is_root: bool,
        parser: &mut lexopt::Parser,
    ) -> Result<Found, UsageError> {
        let mut found = Found { command, is_root, flags: Vec::new(), operands: Vec::new() };
        loop {
            let flag = match parser.next().map_err(|error| bad_line(&error))? {
                None => return Ok(found),
                Some(Arg::Value(word)) => {
                    found.operands.push(utf8(word)?);
                    if command.operands == Operands::Script {
                        return found.with_rest(parser);
                    }
                    continue;
                }
                Some(Arg::Short(short)) => find_flag(command, is_root, |flag| flag.short == Some(short))
                    .ok_or_else(|| unknown_flag(command, is_root, &format!("-{short}")))?,
                Some(Arg::Long(long)) => find_flag(command, is_root, |flag| flag.long == Some(long))
                    .ok_or_else(|| unknown_flag(command, is_root, &format!("--{long}")))?,
            };
            let mut text = String::new();
            if flag.optional {
                text = parser.optional_value().map_or(Ok(String::new()), utf8)?;
            } else if flag.value.is_some() {
                let value = parser.value().map_err(|_| needs_value(flag))?;
                text = utf8(value)?;
            } else if let Some(value) = parser.optional_value() {
                let (name, value) = (commands::flag_name(flag), value.to_string_lossy().into_owned());
                return Err(UsageError(format!("`{name}` takes no value, so `={value}` is too much")));
            }
            found.flags.push((flag.id, text));
            if flag.id == FlagId::Help || flag.id == FlagId::Version {
                return Ok(found);
            }
            if flag.id == FlagId::Code && command.operands == Operands::Script {
                return found.with_rest(parser);
            }
        }
    }

    /// What follows is the script's.
    fn with_rest(mut self, parser: &mut lexopt::Parser) -> Result<Found, UsageError> {
        let rest = parser.raw_args().map_err(|error| bad_line(&error))?;
        for word in rest {
            self.operands.push(utf8(word)?);
        }
        Ok(self)
    }

    fn repl(self) -> Result<Invocation, UsageError> {
        let first = self.value(FlagId::First);
        if first.is_none() {
            self.no_more()?;
        }
        let (virtual_time, vi) = (self.has(FlagId::VirtualTime), self.has(FlagId::Vi));
        Ok(Invocation::Repl(Repl { first, args: self.operands, virtual_time, vi }))
    }

    fn invocation(mut self) -> Result<Invocation, UsageError> {
        if self.has(FlagId::Version) {
            return Ok(Invocation::Version);
        }
        if self.has(FlagId::Help) {
            return Ok(Invocation::Help((!self.is_root).then_some(self.command.id)));
        }
        match self.command.id {
            CommandId::Run if self.has(FlagId::First) => self.repl(),
            CommandId::Repl => self.repl(),
            CommandId::Run => {
                let format = self.format()?;
                let virtual_time = self.has(FlagId::VirtualTime);
                let code = self.value(FlagId::Code);
                let mut operands = std::mem::take(&mut self.operands).into_iter();
                let input = match code {
                    Some(code) => Input::Code(code),
                    None => input(operands.next().ok_or_else(|| self.missing("a file to run"))?),
                };
                let warn_blocking = match self.value(FlagId::WarnBlocking).as_deref() {
                    None => None,
                    Some("") => Some(BLOCKING_STEPS),
                    Some(steps) => Some(number("--warn-blocking", steps, 1)?),
                };
                let timeline = self.value(FlagId::Timeline).map(|file| match file.is_empty() {
                    true => Timeline::Terminal,
                    false => Timeline::Svg(file),
                });
                let profile = self.value(FlagId::Profile).map(|file| match file.is_empty() {
                    true => PROFILE_FILE.to_string(),
                    false => file,
                });
                let (args, trace) = (operands.collect(), self.value(FlagId::Trace));
                let run = Run { input, args, virtual_time, format, trace, timeline, warn_blocking, profile };
                Ok(Invocation::Run(run))
            }
            CommandId::Test => self.test().map(Invocation::Test),
            CommandId::Check => {
                let format = self.format()?;
                if self.operands.is_empty() {
                    return Err(self.missing("a file to check"));
                }
                let fix = self.has(FlagId::Fix);
                if fix && self.operands.iter().any(|file| file == "-") {
                    return Err(UsageError("`--fix` changes files, and `-` is none".to_string()));
                }
                Ok(Invocation::Check { files: self.operands, fix, format })
            }
            CommandId::Dump => {
                let stage = self.value(FlagId::Stage).ok_or_else(|| {
                    self.missing("a stage: `--stage=tokens`, `--stage=ast` or `--stage=bytecode`")
                })?;
                let stages = [("tokens", Stage::Tokens), ("ast", Stage::Ast), ("bytecode", Stage::Bytecode)];
                let stage = choose("--stage", &stage, &stages)?;
                let input = match self.value(FlagId::Code) {
                    Some(code) => Input::Code(code),
                    None => input(self.one_word()?.ok_or_else(|| self.missing("a file"))?),
                };
                self.no_more()?;
                Ok(Invocation::Dump { stage, input })
            }
            CommandId::Explain => Ok(Invocation::Explain(std::mem::take(&mut self.operands))),
            CommandId::Help => {
                let name = self.one_word()?;
                self.no_more()?;
                let Some(name) = name else { return Ok(Invocation::Help(None)) };
                match commands::find(&name) {
                    Some(command) => Ok(Invocation::Help(Some(command.id))),
                    None => Err(UsageError(format!("there is no command `{name}`{}", meant(&name)))),
                }
            }
        }
    }

    fn test(mut self) -> Result<Test, UsageError> {
        let flag = |id: FlagId, name: &str, least: u64| {
            self.value(id).map(|value| number(name, &value, least)).transpose()
        };
        let seed = flag(FlagId::Seed, "--seed", 0)?;
        let count = flag(FlagId::Schedules, "--schedules", 1)?;
        let schedules = (seed.is_some() || count.is_some()).then(|| (seed.unwrap_or(0), count.unwrap_or(1)));
        let at = flag(FlagId::CancelAt, "--cancel-at", 1)?;
        let cancel = match (at, self.has(FlagId::CancelEverywhere)) {
            (Some(_), true) => {
                let line = "`--cancel-everywhere` and `--cancel-at` do not go together";
                return Err(UsageError(line.to_string()));
            }
            (Some(at), false) => Cancel::At(at),
            (None, true) => Cancel::Everywhere,
            (None, false) => Cancel::Never,
        };
        let seconds = flag(FlagId::TimeLimit, "--time-limit", 1)?.unwrap_or(TIME_LIMIT);
        let filters = self.flags.iter().filter(|(id, _)| *id == FlagId::Filter);
        Ok(Test {
            filters: filters.map(|(_, text)| text.clone()).collect(),
            schedules,
            cancel,
            time_limit: Duration::from_secs(seconds),
            real_time: self.has(FlagId::RealTime),
            junit: self.value(FlagId::Junit),
            format: self.format()?,
            paths: std::mem::take(&mut self.operands),
        })
    }

    fn has(&self, id: FlagId) -> bool {
        self.flags.iter().any(|(flag, _)| *flag == id)
    }

    /// A flag's value; of several the last one counts.
    fn value(&self, id: FlagId) -> Option<String> {
        self.flags.iter().rev().find(|(flag, _)| *flag == id).map(|(_, value)| value.clone())
    }

    fn format(&self) -> Result<Format, UsageError> {
        let formats = [("human", Format::Human), ("short", Format::Short), ("json", Format::Json)];
        self.value(FlagId::MessageFormat)
            .map_or(Ok(Format::Human), |format| choose("--message-format", &format, &formats))
    }

    fn one_word(&mut self) -> Result<Option<String>, UsageError> {
        Ok(if self.operands.is_empty() { None } else { Some(self.operands.remove(0)) })
    }

    fn no_more(&self) -> Result<(), UsageError> {
        match self.operands.first() {
            Some(word) => Err(UsageError(format!(
                "`{word}` is too much (`co {} --help` tells more)",
                self.command.name
            ))),
            None => Ok(()),
        }
    }

    fn missing(&self, what: &str) -> UsageError {
        UsageError(format!(
            "`co {}` needs {what} (`co {} --help` tells more)",
            self.command.name, self.command.name
        ))
    }
}

fn input(word: String) -> Input {
    if word == "-" { Input::Stdin } else { Input::File(word) }
}

fn find_flag(command: &Command, is_root: bool, is_it: impl Fn(&Flag) -> bool) -> Option<&'static Flag> {
    known_flags(command, is_root).find(|flag| is_it(flag))
}

fn known_flags(command: &Command, is_root: bool) -> impl Iterator<Item = &'static Flag> {
    let root: &[Flag] = if is_root { &[commands::VERSION, commands::FIRST] } else { &[] };
    command.flags.iter().chain(root)
}

fn unknown_flag(command: &Command, is_root: bool, name: &str) -> UsageError {
    let known: Vec<String> = known_flags(command, is_root).map(commands::flag_name).collect();
    let command = if is_root { String::new() } else { format!(" {}", command.name) };
    // Any two letters are near.
    let known = known.iter().map(String::as_str).filter(|_| name.len() > 2);
    UsageError(match nearest(name, known) {
        Some(near) => format!("`co{command}` has no flag `{name}`; did you mean `{near}`?"),
        None => format!("`co{command}` has no flag `{name}` (`co{command} --help` lists them)"),
    })
}

fn needs_value(flag: &Flag) -> UsageError {
    let value = flag.value.unwrap_or("a value");
    UsageError(format!("`{}` needs a value, {value}", commands::flag_name(flag)))
}

fn number(flag: &str, value: &str, least: u64) -> Result<u64, UsageError> {
    let number = u64::from_str(&value.replace('_', "")).ok().filter(|number| *number >= least);
    number.ok_or_else(|| UsageError(format!("`{flag}` takes a whole number from {least} on, not `{value}`")))
}

fn choose<T: Copy>(flag: &str, value: &str, known: &[(&str, T)]) -> Result<T, UsageError> {
    if let Some((_, found)) = known.iter().find(|(name, _)| *name == value) {
        return Ok(*found);
    }
    let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
    let list = match names.split_last() {
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    };
    Err(UsageError(format!("`{flag}` takes {list}, not `{value}`")))
}

/// `; did you mean …?` if a command's name is near.
pub fn meant(name: &str) -> String {
    if commands::find(name).is_some() {
        return format!("; `co {name}` is a command, its flags stand behind it");
    }
    nearest(name, commands::names()).map_or_else(String::new, |near| format!("; did you mean `co {near}`?"))
}

fn utf8(word: OsString) -> Result<String, UsageError> {
    word.into_string()
        .map_err(|word| UsageError(format!("the argument `{}` is not valid UTF-8", word.to_string_lossy())))
}

fn bad_line(error: &lexopt::Error) -> UsageError {
    UsageError(error.to_string())
}
