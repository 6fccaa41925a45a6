//! A fix shown as a change: the old lines with `-`, the new ones with `+`.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Options, sheet::expanded};
use crate::{
    diagnostic::{Edit, Fix},
    source::{Location, Source, SourceId, SourceMap},
};

/// A fix that touches many places is not shown in full.
const MAX_CHANGES: usize = 6;

/// The lines that edits of one file touch.
struct Hunk {
    source: SourceId,
    first: u32,
    last: u32,
    edits: Vec<Edit>,
}

/// Columns for a line of a change, with its number and sign, behind "Help: " or "Help 1: ".
pub(super) fn room(
    labels: &[(Location, &str)],
    helps: usize,
    sources: &SourceMap,
    options: Options,
) -> usize {
    let lines = labels.iter().map(|(place, _)| sources.get(place.source).line_of(super::last(place.span)));
    let margin = lines.max().unwrap_or(1).to_string().len() + 4;
    let title = if helps > 1 { "Help 1: " } else { "Help: " };
    options.width.max(super::MIN_WIDTH) - margin - title.len()
}

/// A line of a change as it will be shown.
struct Line {
    number: u32,
    sign: char,
    text: String,
    /// The column of the first edit.
    from: usize,
    /// A file's name, instead of a line of it.
    heading: bool,
}

pub(super) fn show(fix: &Fix, home: SourceId, sources: &SourceMap, room: usize, color: bool) -> String {
    let mut hunks = hunks(fix, sources);
    // The report's own file comes first, without its name.
    hunks.sort_by_key(|hunk| hunk.source != home);
    let digits = hunks.iter().map(|hunk| hunk.last).max().unwrap_or(0).to_string().len();
    let room = room.saturating_sub(digits + " - ".len());
    let mut lines = lines(&hunks, home, sources);
    // Far inside blocks the indentation would take the room that the change needs.
    if lines.iter().any(|line| !line.heading && line.text.chars().count() > room) {
        let blanks = |text: &str| text.chars().take_while(|c| *c == ' ').count();
        let code = |line: &&Line| !line.heading && !line.text.trim().is_empty();
        let indent = lines.iter().filter(code).map(|line| blanks(&line.text)).min().unwrap_or(0);
        for line in lines.iter_mut().filter(|line| !line.heading) {
            line.text.drain(..indent.min(line.text.len()));
            line.from = line.from.saturating_sub(indent);
        }
    }
    let mut out = fix.message.clone();
    for Line { number, sign, text, from, heading } in lines {
        if heading {
            out.push_str(&format!("\n{text}:"));
            continue;
        }
        let (on, off) = match (color, sign) {
            (false, _) => ("", ""),
            (true, '-') => ("\x1b[31m", "\x1b[0m"),
            (true, _) => ("\x1b[32m", "\x1b[0m"),
        };
        for (at, part) in broken(&text, from, room).iter().enumerate() {
            let number = if at == 0 { number.to_string() } else { String::new() };
            out.push_str(&format!("\n{number:>digits$} {on}{sign} {part}{off}"));
        }
    }
    if hunks.len() > MAX_CHANGES {
        out.push_str(&format!("\nand {} more places", hunks.len() - MAX_CHANGES));
    }
    out
}

/// The lines that go and come, hunk by hunk; those of another file than the report's under its name.
fn lines(hunks: &[Hunk], home: SourceId, sources: &SourceMap) -> Vec<Line> {
    let mut out = Vec::new();
    let mut file = home;
    for hunk in hunks.iter().take(MAX_CHANGES) {
        let source = sources.get(hunk.source);
        if file != hunk.source {
            file = hunk.source;
            out.push(Line { number: 0, sign: ' ', text: source.name.to_string(), from: 0, heading: true });
        }
        let old: Vec<&str> = (hunk.first..=hunk.last).map(|line| source.line_text(line)).collect();
        let new = changed(source, hunk);
        let new: Vec<&str> = new.lines().collect();
        let from = start_of_change(source, hunk);
        // What an edit adds in front or behind leaves lines as they were: they need not be shown twice.
        let same_end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
        let same_start =
            old.iter().zip(&new).take_while(|(a, b)| a == b).count().min(old.len().min(new.len()) - same_end);
        for (sign, texts) in [('-', &old), ('+', &new)] {
            let numbered = (hunk.first..).zip(texts);
            let changed = numbered.skip(same_start).take(texts.len() - same_end - same_start);
            out.extend(changed.map(|(number, text)| Line {
                number,
                sign,
                text: expanded(text),
                from,
                heading: false,
            }));
        }
    }
    out
}

/// The parts in which a line is shown that is longer than the room: broken at blanks, or, where that would take very many parts, cut
/// around the change.
fn broken(text: &str, from: usize, room: usize) -> Vec<String> {
    const MOST_PARTS: usize = 4;
    /// Further parts are set in, more than the line itself.
    const INDENT: usize = 4;
    let room = room.max(20);
    let length = text.width();
    if length <= room {
        return vec![text.to_string()];
    }
    let blanks = text.chars().take_while(|c| *c == ' ').count();
    let indent = if blanks + INDENT > room / 2 { INDENT } else { blanks + INDENT };
    if length > MOST_PARTS * (room - indent) {
        return vec![clipped(text, from, room)];
    }
    let mut parts = vec![];
    let mut part = String::new();
    let mut column = 0;
    // The width with which the part could end at its last blank, and where that is.
    let mut blank = None;
    for c in text.chars() {
        let width = c.width().unwrap_or(1);
        if column + width > room {
            let rest = match blank {
                Some(at) => part.split_off(at),
                None => String::new(),
            };
            parts.push(std::mem::take(&mut part).trim_end().to_string());
            part = " ".repeat(indent) + rest.trim_start();
            column = part.width();
            blank = None;
            if c == ' ' && column == indent {
                continue;
            }
        }
        // Not inside the line's own indentation.
        if c == ' ' && !part.trim_start().is_empty() {
            blank = Some(part.len());
        }
        part.push(c);
        column += width;
    }
    parts.push(part);
    parts
}

fn hunks(fix: &Fix, sources: &SourceMap) -> Vec<Hunk> {
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|edit| edit.location);
    let mut hunks: Vec<Hunk> = Vec::new();
    for edit in edits {
        let source = sources.get(edit.location.source);
        let first = source.line_column(edit.location.span.start).0;
        let last = source.line_column(edit.location.span.end).0;
        match hunks.last_mut() {
            Some(hunk) if hunk.source == edit.location.source && first <= hunk.last => {
                hunk.last = hunk.last.max(last);
                hunk.edits.push(edit);
            }
            _ => hunks.push(Hunk { source: edit.location.source, first, last, edits: vec![edit] }),
        }
    }
    hunks
}

/// The hunk's lines after its edits.
fn changed(source: &Source, hunk: &Hunk) -> String {
    let start = source.line_start(hunk.first);
    let end = source.line_start(hunk.last) + source.line_text(hunk.last).len() as u32;
    let mut out = String::new();
    let mut at = start;
    for edit in &hunk.edits {
        let span = edit.location.span;
        out.push_str(source.text.get(at as usize..span.start.max(at) as usize).unwrap_or(""));
        out.push_str(&edit.text);
        at = span.end.max(at);
    }
    out.push_str(source.text.get(at as usize..end.max(at) as usize).unwrap_or(""));
    out
}

/// The column (from 0) of the hunk's first edit.
fn start_of_change(source: &Source, hunk: &Hunk) -> usize {
    hunk.edits.first().map_or(0, |edit| source.line_column(edit.location.span.start).1 as usize - 1)
}

/// As much of a line as fits, from a little before the column where the change is.
fn clipped(text: &str, from: usize, width: usize) -> String {
    const CONTEXT: usize = 16;
    let width = width.max(20);
    let length = text.chars().count();
    if length <= width {
        return text.to_string();
    }
    let start = if from + CONTEXT < width { 0 } else { (from - CONTEXT.min(from)).min(length - width) };
    let mut out = String::from(if start > 0 { "…" } else { "" });
    let room = width - (start > 0) as usize;
    out.extend(text.chars().skip(start).take(room - 1));
    out.push_str(if start + room < length { "…" } else { "" });
    out
}
