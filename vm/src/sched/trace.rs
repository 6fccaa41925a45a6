//! A run in the Chrome trace format, for Perfetto or `chrome://tracing`: one track per task, on it what the task did, with the places in
//! the program; arrows from who woke to who was woken. Events in, text out.
//!
//! The format: "Trace Event Format" of the Chromium project; times are in microseconds.

use std::fmt::Write;

use co_lang::source::SourceMap;

use super::{
    history::{Doing, History, Life, place_text},
    task::Outcome,
};

/// The whole trace as one JSON document.
pub fn chrome(history: &History, sources: &SourceMap) -> String {
    let mut out = Out { text: String::from("{\"displayTimeUnit\":\"ms\",\"traceEvents\":["), first: true };
    out.event(format_args!(
        "\"ph\":\"M\",\"name\":\"process_name\",\"pid\":1,\"tid\":0,\"args\":{{\"name\":\"co\"}}"
    ));
    for life in &history.lives {
        track(&mut out, history, life, sources);
    }
    for (id, wake) in (1..).zip(&history.wakes) {
        let time = Time(wake.at_ns);
        let name = if wake.spawned { "spawns" } else { "wakes" };
        out.event(format_args!(
            "\"ph\":\"s\",\"name\":\"{name}\",\"cat\":\"wake\",\"id\":{id},\"pid\":1,\"tid\":{},\"ts\":{time}",
            wake.by
        ));
        out.event(format_args!(
            "\"ph\":\"f\",\"bp\":\"e\",\"name\":\"{name}\",\"cat\":\"wake\",\"id\":{id},\"pid\":1,\"tid\":{},\"ts\":{time}",
            wake.task
        ));
    }
    out.text.push_str("\n]}\n");
    out.text
}

fn track(out: &mut Out, history: &History, life: &Life, sources: &SourceMap) {
    let id = life.id;
    let name = Json(&life.name);
    out.event(format_args!(
        "\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":1,\"tid\":{id},\"args\":{{\"name\":\"{id} {name}\"}}"
    ));
    out.event(format_args!(
        "\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":1,\"tid\":{id},\"args\":{{\"sort_index\":{id}}}"
    ));
    let end_ns = life.end_ns(history.end_ns);
    let outcome = match life.ended {
        Some((_, Outcome::Value)) => "value",
        Some((_, Outcome::Error)) => "error",
        Some((_, Outcome::Cancelled)) => "cancelled",
        None => "not ended",
    };
    let spawned = life.spawned_at.map_or(String::new(), |at| place_text(sources, at));
    out.event(format_args!(
        "\"ph\":\"X\",\"name\":\"{name}\",\"cat\":\"task\",\"pid\":1,\"tid\":{id},\"ts\":{},\"dur\":{},\"args\":\
         {{\"parent\":{},\"spawned\":\"{}\",\"outcome\":\"{outcome}\"}}",
        Time(life.spawned_ns),
        Time(end_ns - life.spawned_ns),
        life.parent,
        Json(&spawned)
    ));
    for segment in &life.segments {
        let (name, category) = match &segment.doing {
            Doing::Ready => ("ready".to_string(), "ready"),
            Doing::Runs => ("runs".to_string(), "runs"),
            Doing::Waits(on) => (format!("waits for {on}"), "waits"),
            Doing::Closes => ("waits for its children".to_string(), "waits"),
        };
        let place = segment.at.map_or(String::new(), |at| {
            format!(",\"args\":{{\"at\":\"{}\"}}", Json(&place_text(sources, at)))
        });
        out.event(format_args!(
            "\"ph\":\"X\",\"name\":\"{}\",\"cat\":\"{category}\",\"pid\":1,\"tid\":{id},\"ts\":{},\"dur\":{}{place}",
            Json(&name),
            Time(segment.from_ns),
            Time(segment.to_ns - segment.from_ns)
        ));
    }
    for (at_ns, by, reason) in &life.cancelled {
        out.event(format_args!(
            "\"ph\":\"i\",\"s\":\"t\",\"name\":\"cancelled\",\"cat\":\"cancel\",\"pid\":1,\"tid\":{id},\"ts\":{},\"args\":\
             {{\"by\":{by},\"reason\":\"{}\"}}",
            Time(*at_ns),
            Json(reason)
        ));
    }
}

struct Out {
    text: String,
    first: bool,
}

impl Out {
    fn event(&mut self, fields: std::fmt::Arguments<'_>) {
        let comma = if self.first { "" } else { "," };
        self.first = false;
        // Writing to a string does not fail.
        let _ = write!(self.text, "{comma}\n{{{fields}}}");
    }
}

/// Nanoseconds, shown in microseconds.
struct Time(u64);

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// A text inside of JSON's quotes.
struct Json<'a>(&'a str);

impl std::fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for c in self.0.chars() {
            match c {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                c if (c as u32) < 0x20 => write!(f, "\\u{:04x}", c as u32)?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
