//! A fix shown as a change: the old lines with `-`, the new ones with `+`.

use super::{Options, sheet::expanded};
use crate::{
    diagnostic::{Edit, Fix},
    source::{Source, SourceId, SourceMap},
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

pub(super) fn show(fix: &Fix, sources: &SourceMap, options: Options) -> String {
    let hunks = hunks(fix, sources);
    let mut out = fix.message.clone();
    let digits = hunks.iter().map(|hunk| hunk.last).max().unwrap_or(0).to_string().len();
    let first_file = hunks.first().map(|hunk| hunk.source);
    for hunk in hunks.iter().take(MAX_CHANGES) {
        let source = sources.get(hunk.source);
        if Some(hunk.source) != first_file {
            out.push_str(&format!("\n{}:", source.name));
        }
        let old: Vec<&str> = (hunk.first..=hunk.last).map(|line| source.line_text(line)).collect();
        let new = changed(source, hunk);
        let from = start_of_change(source, hunk);
        let mut line = |number: u32, sign: char, text: &str| {
            let text = clipped(&expanded(text), from, options.width.saturating_sub(digits + 18));
            let (on, off) = match (options.color, sign) {
                (false, _) => ("", ""),
                (true, '-') => ("\x1b[31m", "\x1b[0m"),
                (true, _) => ("\x1b[32m", "\x1b[0m"),
            };
            out.push_str(&format!("\n{number:>digits$} {on}{sign} {text}{off}"));
        };
        let new: Vec<&str> = new.lines().collect();
        // What an edit adds in front or behind leaves lines as they were: they need not be shown twice.
        let same_end = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
        let same_start =
            old.iter().zip(&new).take_while(|(a, b)| a == b).count().min(old.len().min(new.len()) - same_end);
        for (number, text) in
            (hunk.first..).zip(&old).skip(same_start).take(old.len() - same_end - same_start)
        {
            line(number, '-', text);
        }
        for (number, text) in
            (hunk.first..).zip(&new).skip(same_start).take(new.len() - same_end - same_start)
        {
            line(number, '+', text);
        }
    }
    if hunks.len() > MAX_CHANGES {
        out.push_str(&format!("\nand {} more places", hunks.len() - MAX_CHANGES));
    }
    out
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
