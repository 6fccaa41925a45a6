//! Diagnostics as JSON, one object a line, its keys always in the same order.

use crate::{
    diagnostic::{Diagnostic, Severity, fix::Done},
    source::{Location, SourceMap},
};

pub(super) fn write(diagnostic: &Diagnostic, sources: &SourceMap, out: &mut String) {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    out.push('{');
    text_field("code", diagnostic.code.text(), out);
    text_field("severity", severity, out);
    text_field("message", &diagnostic.message, out);
    text_field("file", &sources.get(diagnostic.primary().source).name, out);
    key("labels", out);
    list(diagnostic.labels.iter().enumerate(), out, |(at, label), out| {
        out.push('{');
        place(label.location, sources, out);
        let source = sources.get(label.location.source);
        let (start, end) = (label.location.span.start, label.location.span.end);
        let (start_line, start_column) = source.line_column(start);
        let (end_line, end_column) = source.line_column(end);
        out.push_str(&format!(
            ",\"start_line\":{start_line},\"start_column\":{start_column},\"end_line\":{end_line},\"end_column\":{end_column}"
        ));
        text_field("message", &label.message, out);
        key("primary", out);
        out.push_str(if at == 0 { "true}" } else { "false}" });
    });
    key("notes", out);
    list(diagnostic.notes.iter(), out, |note, out| text(note, out));
    key("help", out);
    list(diagnostic.help.iter(), out, |help, out| text(help, out));
    key("fixes", out);
    list(diagnostic.fixes.iter(), out, |fix, out| {
        out.push('{');
        text_field("message", &fix.message, out);
        key("edits", out);
        list(fix.edits.iter(), out, |edit, out| {
            out.push('{');
            place(edit.location, sources, out);
            text_field("text", &edit.text, out);
            out.push('}');
        });
        out.push('}');
    });
    out.push_str("}\n");
}

/// A fix that was carried out.
pub(super) fn write_done(done: &Done, out: &mut String) {
    let Done { line, column, .. } = done;
    out.push('{');
    text_field("code", done.code.text(), out);
    text_field("severity", "fixed", out);
    text_field("message", &done.message, out);
    text_field("file", &done.file, out);
    out.push_str(&format!(",\"start_line\":{line},\"start_column\":{column}}}\n"));
}

fn place(location: Location, sources: &SourceMap, out: &mut String) {
    text_field("file", &sources.get(location.source).name, out);
    out.push_str(&format!(",\"start_byte\":{},\"end_byte\":{}", location.span.start, location.span.end));
}

fn list<T>(items: impl Iterator<Item = T>, out: &mut String, mut write: impl FnMut(T, &mut String)) {
    out.push('[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(']');
}

fn text_field(name: &str, value: &str, out: &mut String) {
    key(name, out);
    text(value, out);
}

/// The key of a field, behind a comma unless it is the object's first.
fn key(name: &str, out: &mut String) {
    if !out.ends_with('{') {
        out.push(',');
    }
    text(name, out);
    out.push(':');
}

fn text(value: &str, out: &mut String) {
    out.push('"');
    for c in value.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
}
