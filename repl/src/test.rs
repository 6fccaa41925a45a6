//! `co test`: runs the `test` blocks and doc examples of files, each in a program of its own, and tells how they went.
//!
//! ```text
//! paths --collect--> files with tests --attempt--> problems --> a line each, the failures in full, the summary
//! ```
//!
//! A test runs once; or under several orders by chance (`--schedules`), cancelled at each of its waits (`--cancel-everywhere`), or both.
//! The first of these runs that goes wrong is told, with the command that repeats exactly that run.

mod attempt;
mod collect;
mod examples;
mod junit;
mod watchdog;

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use co_lang::diagnostic::nearest::nearest;

use crate::{
    NOT_RUN,
    cli::{Cancel, Test as Asked, UsageError},
    terminal::{self, Stream, plain_error},
};
use attempt::{Attempt, Setting};
use collect::{Found, TestFile};
use watchdog::Watchdog;

/// Waits of one test that are tried with `--cancel-everywhere`; of more, so many spread evenly.
const CANCEL_POINTS: u64 = 1000;

/// A test that was run.
pub struct Outcome {
    pub file: String,
    pub name: String,
    pub took: Duration,
    /// What went wrong and what it printed then.
    pub failure: Option<Failure>,
}

pub struct Failure {
    pub setting: Setting,
    pub problem: String,
    pub output: String,
    pub command: String,
}

/// Runs what was asked for and gives the exit status.
pub fn test(asked: Asked) -> Result<u8, UsageError> {
    let Found { mut files, broken, seen } = collect::collect(&asked.paths, asked.format)?;
    let all = files.iter().map(|file| file.tests.len()).sum::<usize>();
    if all == 0 && broken == 0 {
        return Err(UsageError(nothing_found(seen)));
    }
    if !asked.filters.is_empty() {
        choose(&mut files, &asked.filters)?;
    }
    let mut junit = asked.junit.as_deref().map(junit::File::create).transpose()?;
    let watchdog = Watchdog::start(asked.time_limit)
        .map_err(|error| UsageError(format!("cannot start a thread: {}", plain_error(&error))))?;
    let mut outcomes = Vec::new();
    let paint = Paint { color: Stream::Out.has_color() };
    for file in files.iter().filter(|file| !file.tests.is_empty()) {
        print(&format!("{}\n", file.name));
        for at in 0..file.tests.len() {
            let (outcome, runs) = run_test(file, at, &asked, &watchdog);
            print(&paint.line(&outcome, &runs));
            outcomes.push(outcome);
        }
    }
    let failed = outcomes.iter().filter(|outcome| outcome.failure.is_some()).count();
    let mut out = String::new();
    for outcome in &outcomes {
        if let Some(failure) = &outcome.failure {
            paint.failure(outcome, failure, &mut out);
        }
    }
    let not_run = match broken {
        0 => String::new(),
        1 => ", 1 file with errors was not run".to_string(),
        count => format!(", {count} files with errors were not run"),
    };
    // Writing to a string does not fail.
    let _ = writeln!(out, "\n{} passed, {failed} failed{not_run}", outcomes.len() - failed);
    print(&out);
    if let Some(junit) = &mut junit {
        junit.write(&outcomes)?;
    }
    Ok(if broken > 0 { NOT_RUN } else { u8::from(failed > 0) })
}

fn print(text: &str) {
    // Somebody who has stopped to read still wants the exit status.
    let _ = terminal::print(text, 0);
}

fn nothing_found(seen: usize) -> String {
    let how = "a test is `test \"its name\" { … }` at the top level of a file";
    match seen {
        0 => "there is no .co file here to look for tests in".to_string(),
        1 => format!("there are no tests in the file; {how}"),
        count => format!("there are no tests in the {count} files; {how}"),
    }
}

/// Keeps the tests that one of the filters fits.
fn choose(files: &mut [TestFile], filters: &[String]) -> Result<(), UsageError> {
    let names: Vec<String> =
        files.iter().flat_map(|file| file.tests.iter().map(|test| test.name.clone())).collect();
    for filter in filters {
        if !names.iter().any(|name| name.contains(filter.as_str())) {
            let near = nearest(filter, names.iter().map(String::as_str));
            let near = near.map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"));
            let count = names.len();
            let of =
                if count == 1 { "the only test".to_string() } else { format!("any of the {count} tests") };
            return Err(UsageError(format!("\"{filter}\" is not in the name of {of}{near}")));
        }
    }
    for file in files {
        file.tests.retain(|test| filters.iter().any(|filter| test.name.contains(filter.as_str())));
    }
    Ok(())
}

/// Runs a test in all the ways that were asked for, until one goes wrong. Also tells how many ways there were, if several.
fn run_test(file: &TestFile, at: usize, asked: &Asked, watchdog: &Watchdog) -> (Outcome, String) {
    let test = &file.tests[at];
    let began = Instant::now();
    let seeds: Vec<Option<u64>> = match asked.schedules {
        None => vec![None],
        Some((first, count)) => (0..count).map(|more| Some(first.wrapping_add(more))).collect(),
    };
    let mut failure = None;
    let mut cancelled = 0;
    'runs: for seed in &seeds {
        let setting = Setting { seed: *seed, cancel_at: None, real_time: asked.real_time };
        let at_wait = |cancel_at| Setting { cancel_at, ..setting };
        let mut attempt = |setting: Setting| {
            let Attempt { problem, output, suspensions } =
                attempt::attempt(file, test, setting, watchdog, asked.format);
            failure = problem.map(|problem| {
                let command = command(file, at, setting);
                Failure { setting, problem, output, command }
            });
            (suspensions, failure.is_none())
        };
        match asked.cancel {
            Cancel::Never => {
                if !attempt(setting).1 {
                    break 'runs;
                }
            }
            Cancel::At(at) => {
                if !attempt(at_wait(Some(at))).1 {
                    break 'runs;
                }
            }
            Cancel::Everywhere => {
                let (suspensions, is_well) = attempt(setting);
                if !is_well {
                    break 'runs;
                }
                let points = suspensions.min(CANCEL_POINTS);
                for point in 0..points {
                    // All of them, or so many spread from the first to the last.
                    let at = 1 + (point as u128 * suspensions as u128 / points as u128) as u64;
                    cancelled += 1;
                    if !attempt(at_wait(Some(at))).1 {
                        break 'runs;
                    }
                }
            }
        }
    }
    let mut runs = String::new();
    if failure.is_none() {
        if seeds.len() > 1 {
            let _ = write!(runs, " in {} orders", seeds.len());
        }
        match (asked.cancel, cancelled) {
            (Cancel::Everywhere, 1) => runs.push_str(", cancelled at 1 wait"),
            (Cancel::Everywhere, count) => {
                let _ = write!(runs, ", cancelled at {count} waits");
            }
            _ => {}
        }
    }
    let outcome =
        Outcome { file: file.name.clone(), name: test.name.clone(), took: began.elapsed(), failure };
    (outcome, runs)
}

/// The line that repeats exactly one run.
fn command(file: &TestFile, at: usize, setting: Setting) -> String {
    let place = format!("{}:{}", file.name, file.tests[at].lines.start());
    let mut line = format!("co test {}", quoted(&place));
    if let Some(seed) = setting.seed {
        let _ = write!(line, " --seed={seed}");
    }
    if let Some(at) = setting.cancel_at {
        let _ = write!(line, " --cancel-at={at}");
    }
    if setting.real_time {
        line.push_str(" --real-time");
    }
    line
}

/// For a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-:+@%,".contains(c);
    if word.chars().all(is_plain) { word.to_string() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

struct Paint {
    color: bool,
}

impl Paint {
    fn colored(&self, code: &str, text: &str) -> String {
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_string() }
    }

    fn line(&self, outcome: &Outcome, runs: &str) -> String {
        let word = match outcome.failure {
            None => self.colored("32", "ok"),
            Some(_) => self.colored("1;31", "FAILED"),
        };
        let pad = if outcome.failure.is_none() { "    " } else { "" };
        format!("  {word}{pad}  {}{runs}\n", outcome.name)
    }

    fn failure(&self, outcome: &Outcome, failure: &Failure, out: &mut String) {
        let mut title = format!("{}: {}", outcome.file, outcome.name);
        if let Some(seed) = failure.setting.seed {
            let _ = write!(title, " (seed {seed})");
        }
        if let Some(at) = failure.setting.cancel_at {
            let _ = write!(title, " (cancelled at wait {at})");
        }
        let _ = writeln!(out, "\n{} {}", self.colored("1;31", "FAILED"), self.colored("1", &title));
        out.push_str(&failure.problem);
        if !failure.output.is_empty() {
            out.push_str("It had printed:\n");
            for line in failure.output.lines() {
                let _ = writeln!(out, "{}", format!("  | {line}").trim_end());
            }
        }
        let _ = writeln!(out, "Repeat it: {}", failure.command);
    }
}
