//! A file as a report shows it: tabs made blanks, control characters made visible, lines too long for the terminal cut.
//!
//! Showing the text as it is would let a program's source move the cursor, and a line of a megabyte would bury the rest.

use std::{collections::BTreeMap, ops::Range};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::source::{Source, Span};

const TAB: usize = 4;

/// Columns that stay visible before the first label of a line that is cut on the left.
const CONTEXT: usize = 12;

/// Which lines a report needs, and which part of each.
#[derive(Default)]
pub(super) struct Extent {
    /// By line from 1: the columns that labels take, and the room their texts need behind them.
    lines: BTreeMap<u32, Needed>,
}

#[derive(Clone, Copy)]
struct Needed {
    start: usize,
    end: usize,
    message: usize,
}

impl Extent {
    pub(super) fn add(&mut self, source: &Source, span: Span, message: &str) {
        let span = trimmed(source, span);
        let (first, _) = source.line_column(span.start);
        let (last, _) = source.line_column(super::last(span));
        let (start, end) = (column(source, first, span.start), column(source, last, span.end));
        self.need(first, Needed { start, end: if first == last { end } else { start + 1 }, message: 0 });
        self.need(
            last,
            Needed {
                start: if first == last { start } else { end.saturating_sub(1) },
                end,
                message: message.width(),
            },
        );
    }

    fn need(&mut self, line: u32, needed: Needed) {
        let known = self.lines.entry(line).or_insert(needed);
        known.start = known.start.min(needed.start);
        known.end = known.end.max(needed.end);
        known.message = known.message.max(needed.message);
    }

    /// The first line whose labels do not fit into `room` columns with their texts, wherever the line is cut; with what is left
    /// for underlining.
    pub(super) fn crowded(&self, room: usize) -> Option<(u32, usize)> {
        self.lines.iter().find_map(|(line, needed)| {
            // The text begins three columns behind the last label, and the room counts one column for what is cut.
            let text = if needed.message == 0 { 0 } else { needed.message + 2 };
            let fits_whole = needed.end + text <= room;
            let start = needed.start.saturating_sub(CONTEXT);
            let left = needed.start - start + usize::from(start > 0);
            (!fits_whole && needed.end - needed.start + left + text > room)
                .then_some((*line, room.saturating_sub(left + text)))
        })
    }

    pub(super) fn last_line(&self) -> u32 {
        self.lines.last_key_value().map_or(1, |(line, _)| *line)
    }

    /// Some labelled line has characters without a width.
    pub(super) fn has_narrow(&self, source: &Source) -> bool {
        let narrow = |line: &str| !line.is_ascii() && line.chars().any(|c| c.width() == Some(0));
        self.lines.keys().any(|line| narrow(source.line_text(*line)))
    }
}

pub(super) struct Sheet {
    pub shown: ariadne::Source<String>,
    /// By line from 0, for lines that are cut on the left: the first column that is shown, behind one `…`.
    starts: BTreeMap<u32, usize>,
}

impl Sheet {
    /// The file with all its lines.
    pub(super) fn whole(source: &Source) -> Sheet {
        let mut text = String::with_capacity(source.text.len() + 64);
        for line in 1..=source.line_count() {
            expand(source.line_text(line), &mut text);
            text.push('\n');
        }
        Sheet { shown: text.into(), starts: BTreeMap::new() }
    }

    /// The lines that a report needs, cut to what fits into `room` columns; `None` if the whole file does.
    pub(super) fn cut(source: &Source, extent: &Extent, room: usize) -> Option<Sheet> {
        let fits = |(line, needed): (&u32, &Needed)| {
            let text = source.line_text(*line);
            let width = if text.len() * TAB <= room { text.len() } else { expanded(text).width() };
            width <= room && needed.end + arrow(needed) <= room.max(needed.end - needed.start + arrow(needed))
        };
        if extent.lines.iter().all(fits) {
            return None;
        }
        let (first, last) = (*extent.lines.keys().next()?, extent.last_line());
        let mut text = "\n".repeat(first as usize - 1);
        let mut starts = BTreeMap::new();
        for line in first..=last {
            let shown = expanded(source.line_text(line));
            let needed = extent.lines.get(&line).copied().unwrap_or(Needed { start: 0, end: 0, message: 0 });
            // As far to the left as lets the labels' ends and texts fit, but never past their start.
            let start =
                (needed.end + arrow(&needed)).saturating_sub(room).min(needed.start.saturating_sub(CONTEXT));
            let start = if start <= 1 { 0 } else { start };
            if start > 0 {
                starts.insert(line - 1, start);
                text.push('…');
            }
            let room = room - (start > 0) as usize;
            let mut width = 0;
            let mut rest = shown.chars().skip(start).peekable();
            while let Some(c) = rest.next_if(|c| width + c.width().unwrap_or(1) < room) {
                width += c.width().unwrap_or(1);
                text.push(c);
            }
            if let Some(next) = rest.next() {
                text.push(if rest.peek().is_none() { next } else { '…' });
            }
            text.push('\n');
        }
        Some(Sheet { shown: text.into(), starts })
    }

    /// The characters of the sheet that show a span; never empty, so that there is something to underline.
    pub(super) fn range(&self, source: &Source, span: Span) -> Range<usize> {
        let span = trimmed(source, span);
        let start = self.offset(source, span.start, source.line_column(span.start).0);
        let end = self.offset(source, span.end, source.line_column(super::last(span)).0);
        start..end.max(start + 1)
    }

    fn offset(&self, source: &Source, offset: u32, line: u32) -> usize {
        let index = line - 1;
        let Some(shown) = self.shown.line(index as usize) else { return 0 };
        let mut at = column(source, line, offset);
        if let Some(start) = self.starts.get(&index) {
            at = (at + 1).saturating_sub(*start).max(1);
        }
        // The line break counts as a character: a span that is empty there still shows.
        shown.offset() + at.min(shown.len().saturating_sub(1))
    }
}

/// Columns that an arrow with its text takes behind the end of a label.
fn arrow(needed: &Needed) -> usize {
    if needed.message == 0 { 1 } else { needed.message + 4 }
}

/// Without white space at its end: a label must not run over into the next line.
fn trimmed(source: &Source, span: Span) -> Span {
    let text = source.slice(span);
    let kept = text.trim_end().len() as u32;
    Span { start: span.start, end: if kept == 0 { span.start } else { span.start + kept } }
}

/// The column of a byte offset in the line as it is shown, in characters from 0.
fn column(source: &Source, line: u32, offset: u32) -> usize {
    let text = source.line_text(line);
    // The part of the line before the offset: as many characters as the column says.
    let (at_line, at_column) = source.line_column(offset);
    if at_line != line {
        return expanded(text).chars().count();
    }
    let end = text.char_indices().nth(at_column as usize - 1).map_or(text.len(), |(at, _)| at);
    let prefix = &text[..end];
    if prefix.is_ascii() && !prefix.contains('\t') { prefix.len() } else { expanded(prefix).chars().count() }
}

pub(super) fn expanded(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    expand(line, &mut out);
    out
}

fn expand(line: &str, out: &mut String) {
    if line.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        out.push_str(line);
        return;
    }
    let mut column = 0;
    for c in line.chars() {
        match c {
            '\t' => {
                let width = TAB - column % TAB;
                out.extend(std::iter::repeat_n(' ', width));
                column += width;
            }
            c => {
                let c = visible(c);
                out.push(c);
                column += c.width().unwrap_or(1);
            }
        }
    }
}

/// Something harmless to look at in the place of a character that would steer the terminal.
fn visible(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => '\u{fffd}',
        c => c,
    }
}
