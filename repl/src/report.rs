//! What the machine tells of a run, as the renderer wants it.

use co_lang::{
    diagnostic::render::{Frame, Link, Options, RuntimeReport, render_runtime},
    source::SourceMap,
};
use co_vm::{heap::object::TraceLink, report::Report};

pub fn rendered(report: &Report, sources: &SourceMap, options: Options) -> String {
    render_runtime(&runtime(report), sources, options)
}

fn runtime(report: &Report) -> RuntimeReport {
    let diagnostic = &report.diagnostic;
    let mut labels = diagnostic.labels.iter();
    let primary = labels.next();
    RuntimeReport {
        location: primary.map(|label| label.location),
        label: primary.map_or_else(String::new, |label| label.message.clone()),
        labels: labels.map(|label| (label.location, label.message.clone())).collect(),
        frames: frames(report),
        omitted: report.omitted,
        notes: diagnostic.notes.clone(),
        help: diagnostic.help.clone(),
        cause: report.cause.as_deref().map(|cause| Box::new(runtime(cause))),
        also: report.also.iter().map(runtime).collect(),
        ..RuntimeReport::new(diagnostic.code, &diagnostic.message)
    }
}

/// The machine says of a frame how the next one led to it, the renderer of a frame how it led to the one before.
fn frames(report: &Report) -> Vec<Frame> {
    let mut out = Vec::new();
    for (at, frame) in report.frames.iter().enumerate() {
        let link = match at.checked_sub(1).map(|before| &report.frames[before]) {
            Some(before) if before.link == TraceLink::Awaited => {
                // A task is called after its outermost function.
                let rest = &report.frames[at..];
                let outermost = rest.iter().find(|frame| frame.link != TraceLink::Call).or(rest.last());
                Link::AwaitedBy(outermost.map_or_else(String::new, |frame| frame.function.clone()))
            }
            Some(before) if before.link == TraceLink::Spawned => Link::Spawned(before.function.clone()),
            _ => Link::Call,
        };
        let function = Some(frame.function.clone()).filter(|name| !name.is_empty());
        out.push(Frame { link, function, location: Some(frame.location) });
    }
    out
}
