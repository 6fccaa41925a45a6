//! Errors of a running program, in the look of the checker's reports, with the calls that led to them.

use super::{Format, Options, Pages, Shown, json, place};
use crate::{
    diagnostic::{Code, Diagnostic},
    source::{Location, SourceId, SourceMap, Span},
};

/// An error as the run ended with it.
#[derive(Debug, Clone)]
pub struct RuntimeReport {
    pub code: Code,
    pub message: String,
    /// Where it was thrown; `None` if that is no place of the program.
    pub location: Option<Location>,
    /// What stands at the location.
    pub label: String,
    /// Further places, such as the one where a coroutine was made.
    pub labels: Vec<(Location, String)>,
    /// The calls, innermost first, over task borders.
    pub frames: Vec<Frame>,
    /// So many calls were not kept, behind as many of the frames as the first number says.
    pub omitted: Option<(usize, usize)>,
    pub notes: Vec<String>,
    pub help: Vec<String>,
    /// What it was thrown because of.
    pub cause: Option<Box<RuntimeReport>>,
    /// Errors that came after it, of other tasks or of clean-up.
    pub also: Vec<RuntimeReport>,
}

/// One line of the call stack.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// How it hangs together with the line above.
    pub link: Link,
    /// The function that was running, `None` for the top level of a file.
    pub function: Option<String>,
    pub location: Option<Location>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Link {
    /// It called the function above. Of the first frame: it threw the error.
    Call,
    /// It awaited the task above; the name is that of the waiting task.
    AwaitedBy(String),
    /// It spawned the task whose calls stand above; the name is that of the spawned task.
    Spawned(String),
}

impl RuntimeReport {
    pub fn new(code: Code, message: impl Into<String>) -> RuntimeReport {
        RuntimeReport {
            code,
            message: message.into(),
            location: None,
            label: String::new(),
            labels: Vec::new(),
            frames: Vec::new(),
            omitted: None,
            notes: Vec::new(),
            help: Vec::new(),
            cause: None,
            also: Vec::new(),
        }
    }
}

/// Stacks longer than this are shown by their two ends.
const MAX_FRAMES: usize = 20;
const ENDS: usize = 8;

/// How deep causes of causes are followed.
const MAX_CAUSES: usize = 8;

pub fn render_runtime(report: &RuntimeReport, sources: &SourceMap, options: Options) -> String {
    let mut out = String::new();
    match options.format {
        Format::Human => human(report, sources, options, &mut Pages::default(), 0, &mut out),
        Format::Short => {
            let place = report.location.map_or_else(String::new, |location| place(location, sources) + ": ");
            out.push_str(&format!("{place}{}: {}\n", report.code, super::one_line(&report.message)));
        }
        Format::Json => json::write(&as_diagnostic(report, sources), sources, &mut out),
    }
    out
}

fn human(
    report: &RuntimeReport,
    sources: &SourceMap,
    options: Options,
    pages: &mut Pages,
    depth: usize,
    out: &mut String,
) {
    match report.location {
        Some(location) => {
            let more = report.labels.iter().map(|(location, message)| (*location, message.as_str()));
            let shown = Shown {
                severity: report.code.severity(),
                code: report.code.text(),
                message: &report.message,
                labels: std::iter::once((location, report.label.as_str())).chain(more).collect(),
                notes: &report.notes,
                help: report.help.iter().map(|help| super::harmless(help)).collect(),
            };
            shown.write(sources, options, pages, out);
        }
        None => {
            let (on, off) = if options.color { ("\x1b[31m", "\x1b[0m") } else { ("", "") };
            out.push_str(&format!(
                "{on}[{}] Error:{off} {}\n",
                report.code,
                super::harmless(&report.message)
            ));
            report.help.iter().for_each(|help| out.push_str(&format!("  Help: {}\n", super::harmless(help))));
            report
                .notes
                .iter()
                .for_each(|note| out.push_str(&format!("  Note: {}\n", super::harmless(note))));
        }
    }
    // One frame says no more than the report itself.
    if report.frames.len() > 1 {
        stack(report, sources, out);
    }
    if depth >= MAX_CAUSES {
        return;
    }
    if let Some(cause) = &report.cause {
        out.push_str("caused by\n");
        human(cause, sources, options, pages, depth + 1, out);
    }
    for error in &report.also {
        out.push_str("also\n");
        human(error, sources, options, pages, depth + 1, out);
    }
}

fn stack(report: &RuntimeReport, sources: &SourceMap, out: &mut String) {
    // Frames that repeat the one before, as in a recursion, share a line. `None` stands for calls that are not known.
    let mut lines: Vec<(Option<&Frame>, usize)> = Vec::new();
    for (at, frame) in report.frames.iter().enumerate() {
        if let Some((kept, calls)) = report.omitted
            && at == kept
        {
            lines.push((None, calls));
        }
        match lines.last_mut() {
            Some((last, count)) if *last == Some(frame) => *count += 1,
            _ => lines.push((Some(frame), 1)),
        }
    }
    let hidden = if lines.len() > MAX_FRAMES { ENDS..lines.len() - ENDS } else { 0..0 };
    for (at, (frame, count)) in lines.iter().enumerate() {
        if hidden.contains(&at) {
            if at == hidden.start {
                let calls: usize = lines[hidden.clone()].iter().map(|(_, count)| count).sum();
                out.push_str(&format!("  … {calls} more calls …\n"));
            }
            continue;
        }
        let Some(frame) = frame else {
            out.push_str(&format!("  … {count} more calls …\n"));
            continue;
        };
        let function = frame.function.as_deref().unwrap_or("top level");
        let place =
            frame.location.map_or_else(String::new, |location| format!(" ({})", place(location, sources)));
        let times = if *count > 1 { format!(", {count} times") } else { String::new() };
        let line = match &frame.link {
            Link::Call => format!("  at {function}{place}{times}\n"),
            Link::AwaitedBy(task) => format!("  awaited by task {task} at {function}{place}\n"),
            Link::Spawned(task) => format!("  task {task} was spawned at {function}{place}\n"),
        };
        out.push_str(&line);
    }
}

/// For programs: the stack, the cause and further errors become notes.
fn as_diagnostic(report: &RuntimeReport, sources: &SourceMap) -> Diagnostic {
    let nowhere = Location { source: SourceId(0), span: Span::default() };
    let location = report.location.unwrap_or(nowhere);
    let mut diagnostic =
        Diagnostic::new(report.code, &report.message, location.source, location.span, &report.label);
    for (location, message) in &report.labels {
        diagnostic = diagnostic.label(location.source, location.span, message);
    }
    diagnostic.notes = report.notes.clone();
    let mut calls = String::new();
    stack(report, sources, &mut calls);
    diagnostic.notes.extend(calls.lines().map(|call| call.trim().to_string()));
    let mut cause = report.cause.as_deref();
    while let Some(error) = cause {
        diagnostic.notes.push(format!("caused by {}: {}", error.code, error.message));
        cause = error.cause.as_deref();
    }
    diagnostic
        .notes
        .extend(report.also.iter().map(|error| format!("also {}: {}", error.code, error.message)));
    diagnostic.help = report.help.clone();
    diagnostic
}
