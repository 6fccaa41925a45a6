//! From run-time facts to reports: uncaught errors with their call stacks, deadlocks, coroutines that were lost.
//!
//! A [`Report`] is plain data; `co-lang`'s renderer makes text of it.

use co_lang::{
    diagnostic::{Code, Diagnostic},
    source::{Location, SourceId, Span},
};

use crate::{
    heap::object::*,
    ops,
    sched::task::{self, Task},
    value::{Gc, Tag, Value},
    vm::{Blocking, Vm},
};

mod standstill;

pub use standstill::{WaitStep, deadlock, leaked, livelock, standstill_of, wait_chain, waits_for};

/// Something to tell about a run.
#[derive(Debug, Clone)]
pub struct Report {
    pub diagnostic: Diagnostic,
    /// The call stack, innermost first.
    pub frames: Vec<Frame>,
    /// So many frames are left out behind the frame with this index.
    pub omitted: Option<(usize, usize)>,
    /// What caused it.
    pub cause: Option<Box<Report>>,
    /// Further errors of the same scope.
    pub also: Vec<Report>,
}

/// One line of a call stack.
#[derive(Debug, Clone)]
pub struct Frame {
    pub function: String,
    pub location: Location,
    pub link: TraceLink,
}

/// The text of an error's `kind` or `message`.
fn text_of(vm: &mut Vm, value: Value) -> String {
    match value.as_object::<Str>() {
        Some(text) => text.as_str().to_string(),
        None => vm.brief(value),
    }
}

/// A value as `co -e` and the REPL show it.
pub fn value_text(vm: &mut Vm, value: Value) -> String {
    match ops::display::literal(vm, value) {
        Ok(Some(text)) => text.as_str().to_string(),
        _ => vm.describe(value),
    }
}

fn location_of(code: Value, pc: u32) -> Option<Location> {
    let proto = &code.as_object::<ProtoObject>()?.proto;
    if proto.flags.hidden {
        return None;
    }
    Some(Location { source: proto.source, span: proto.span_at(pc) })
}

fn frame_of(frame: &TraceFrame) -> Option<Frame> {
    let location = location_of(frame.code.into(), frame.pc)?;
    let function = frame.code.proto.name.to_string();
    Some(Frame { function, location, link: frame.link })
}

/// An error that reached the end of the program, or of a detached task.
pub fn uncaught(vm: &mut Vm, error: Value) -> Report {
    report_error(vm, error, 0)
}

/// How many causes of causes are shown.
const CAUSES: usize = 8;
/// How many `also` errors are shown in full.
const ALSO: usize = 16;

fn report_error(vm: &mut Vm, value: Value, depth: usize) -> Report {
    let error = vm.to_error(value);
    let kind = text_of(vm, error.kind.get());
    let message = text_of(vm, error.message.get());
    let code = error.code.get().unwrap_or_else(|| Code::of_kind(&kind));
    let (frames, omitted, help, origin): (Vec<Frame>, _, _, _) = error.with_trace(|trace| {
        let frames = trace.frames.iter().filter_map(frame_of).collect();
        (frames, trace.omitted, trace.help.clone(), trace.origin.as_ref().and_then(frame_of))
    });
    let location = frames
        .first()
        .map_or(Location { source: SourceId(0), span: Span::default() }, |frame| frame.location);
    let title = if message.is_empty() { kind.clone() } else { format!("{kind}: {message}") };
    let mut diagnostic = Diagnostic::new(code, title, location.source, location.span, "thrown here");
    for (index, frame) in frames.iter().enumerate() {
        let label = match frame.link {
            TraceLink::Awaited => "awaited here",
            TraceLink::Spawned => "the task was spawned here",
            TraceLink::Call => continue,
        };
        if let Some(next) = frames.get(index + 1) {
            diagnostic = diagnostic.label(next.location.source, next.location.span, label);
        }
    }
    if let Some(origin) = origin.filter(|origin| !overlaps(origin.location, location)) {
        let Location { source, span } = origin.location;
        diagnostic = diagnostic.label(source, span, "the coroutine was made here");
    }
    if let Some(help) = help {
        diagnostic = diagnostic.help(help);
    }
    let data = error.data.get();
    if !data.is_nil() {
        let shown = vm.brief(data);
        diagnostic = diagnostic.note(format!("data: {shown}"));
    }
    let cause = error.cause.get();
    let cause =
        (cause.is(Tag::ERROR) && depth < CAUSES).then(|| Box::new(report_error(vm, cause, depth + 1)));
    let mut also = Vec::new();
    if let Some(list) = error.also.get().as_object::<List>() {
        for further in list.to_vec().into_iter().take(ALSO) {
            if depth < 2 {
                also.push(report_error(vm, further, depth + 1));
            }
        }
    }
    Report { diagnostic, frames, omitted, cause, also }
}

/// A label inside the place of the error would tell nothing new.
fn overlaps(a: Location, b: Location) -> bool {
    a.source == b.source && a.span.start < b.span.end && b.span.start < a.span.end
}

fn plain(diagnostic: Diagnostic) -> Report {
    Report { diagnostic, frames: Vec::new(), omitted: None, cause: None, also: Vec::new() }
}

/// A task as reports name it: `task 3 (cook)`.
pub fn task_name(vm: &Vm, task: Gc<Task>) -> String {
    format!("task {} ({})", task.id(), task::name_text(vm, task))
}

/// A task ran for long without an await.
pub fn blocking(vm: &mut Vm, blocking: Blocking) -> Report {
    let name = task_name(vm, blocking.task);
    let location = location_of(blocking.code, blocking.at)
        .unwrap_or(Location { source: SourceId(0), span: Span::default() });
    let title = format!("{name} has taken {} steps without an await", blocking.steps);
    let mut diagnostic =
        Diagnostic::new(Code::BLOCKING, title, location.source, location.span, "it is still busy here");
    if let Some(spawned) = location_of(blocking.task.spawned_by(), blocking.task.spawned_at()) {
        diagnostic = diagnostic.label(spawned.source, spawned.span, "the task was spawned here");
    }
    let diagnostic = diagnostic
        .note("only `await` lets other tasks run; a step is a turn of a loop or a call")
        .help("divide the work, with an `await sleep(0)` in between");
    plain(diagnostic)
}

/// Coroutines that nobody awaited or spawned, in the order of their making (R20).
pub fn lost_coroutines(vm: &mut Vm) -> Vec<Report> {
    let lost = vm.heap.take_unused_coroutines();
    coroutines(lost)
}

/// The same for these, but for those that the user was told of.
pub fn coroutines(lost: Vec<Gc<Coroutine>>) -> Vec<Report> {
    let mut reports = Vec::new();
    for coroutine in lost {
        if coroutine.state.get() != CoroutineState::Fresh || coroutine.named.get() {
            continue;
        }
        let Some(location) = location_of(coroutine.made_by, coroutine.made_at) else { continue };
        let name = match coroutine.callee.as_object::<Closure>() {
            Some(closure) => closure.proto().name.to_string(),
            None => coroutine
                .callee
                .as_object::<NativeFn>()
                .map_or("?".into(), |native| native.builtin.name.into()),
        };
        let diagnostic = Diagnostic::new(
            Code::NEVER_AWAITED,
            format!("the coroutine of `{name}` was never awaited"),
            location.source,
            location.span,
            "made here, and never run",
        )
        .note("calling an async function only makes a coroutine; nothing of it runs until it is awaited or spawned")
        .help(format!("write `await {name}(…)` to run it here, or `spawn {name}(…)` to run it beside"));
        reports.push(plain(diagnostic));
    }
    reports
}
