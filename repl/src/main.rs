//! The `co` program: reads the command line and does one thing.
//!
//! ```text
//! arguments --cli::parse--> Invocation --run | test | check | dump | explain--> exit status
//! ```
//!
//! Nothing is set up before it is needed: `co -e nil` should be over before anybody notices.

mod cli;
mod files;
mod mend;
mod run;
mod recording;
mod profiling;
mod signals;
mod report;
mod check;
mod test;
mod dump;
mod allocator;
mod explain;
mod repl;
mod terminal;

use std::process::ExitCode;

use cli::{Invocation, UsageError, commands};
use terminal::Stream;

/// Nothing was run (usage, unreadable file, syntax, checker).
const NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    allocator::return_memory_soon();
    let done = cli::parse(std::env::args_os().skip(1)).and_then(carry_out);
    let status = done.unwrap_or_else(|UsageError(line)| {
        terminal::complain(&line);
        NOT_RUN
    });
    ExitCode::from(status)
}

fn carry_out(invocation: Invocation) -> Result<u8, UsageError> {
    match invocation {
        Invocation::Run(asked) => run::run(asked),
        Invocation::Test(asked) => test::test(asked),
        Invocation::Repl(asked) => repl::repl(asked),
        Invocation::Check { files, fix, format } => check::check(files, fix, format),
        Invocation::Dump { stage, input } => dump::dump(stage, &input),
        Invocation::Explain(codes) => explain::explain(&codes),
        Invocation::Version => Ok(terminal::print(&format!("co {}\n", env!("CARGO_PKG_VERSION")), 0)),
        Invocation::Help(id) => {
            let width = Stream::Out.width();
            let command = id.and_then(|id| commands::COMMANDS.iter().find(|command| command.id == id));
            let text =
                command.map_or_else(|| commands::overview(width), |command| commands::help(command, width));
            Ok(terminal::print(&text, 0))
        }
    }
}
