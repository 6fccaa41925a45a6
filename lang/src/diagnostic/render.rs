//! Diagnostics to text: reports with the source for people, one line each for editors, JSON for programs.
//!
//! This is the only file that knows ariadne. What a report says is decided where the diagnostic is made; here is decided
//! only how it looks: which lines are shown, how long ones are cut, colours, wrapping.

use ariadne::{Color, Config, IndexType, LabelAttach, Report, ReportKind};
use rustc_hash::FxHashMap;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::{Diagnostic, Severity, fix::Done};
use crate::source::{Location, SourceId, SourceMap, Span};

mod change;
mod json;
mod runtime;
mod sheet;
#[cfg(test)]
mod tests;

pub use runtime::{Frame, Link, RuntimeReport, render_runtime};

use sheet::{Extent, Sheet};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// With source, labels, notes and changes.
    Human,
    /// `file:line:column: code: message`
    Short,
    /// One object a line.
    Json,
}

#[derive(Debug, Clone, Copy)]
pub struct Options {
    pub color: bool,
    /// Of the terminal, in columns. Longer lines of source are cut, notes are wrapped.
    pub width: usize,
    pub format: Format,
}

/// More reports on one line of source would say nothing new; only generated text has such lines.
const MAX_ON_LINE: usize = 20;

/// Below this a report cannot be laid out in any sensible way.
const MIN_WIDTH: usize = 40;

/// Shows the diagnostics, sorted by place; what is there twice is shown once.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, options: Options) -> String {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| (diagnostic.primary(), diagnostic.code));
    let twice = |a: &mut &Diagnostic, b: &mut &Diagnostic| {
        a.primary() == b.primary() && a.code == b.code && a.message == b.message
    };
    sorted.dedup_by(twice);
    let mut pages = Pages::default();
    let mut out = String::new();
    if options.format == Format::Human {
        drop_crowds(&mut sorted, sources, &mut out);
    }
    for diagnostic in sorted {
        match options.format {
            Format::Human => human(diagnostic, sources, options, &mut pages, &mut out),
            Format::Short => short(diagnostic, sources, &mut out),
            Format::Json => json::write(diagnostic, sources, &mut out),
        }
    }
    out
}

/// What was mended, a line each.
pub fn render_done(done: &[Done], format: Format) -> String {
    let mut out = String::new();
    for done in done {
        match format {
            Format::Human | Format::Short => {
                let Done { file, line, column, code, message } = done;
                out.push_str(&format!("{file}:{line}:{column}: {code}: fixed: {}\n", one_line(message)));
            }
            Format::Json => json::write_done(done, &mut out),
        }
    }
    out
}

/// Keeps the first diagnostics of lines that have very many, and says how many are left out.
fn drop_crowds(sorted: &mut Vec<&Diagnostic>, sources: &SourceMap, out: &mut String) {
    if sorted.len() <= MAX_ON_LINE {
        return;
    }
    let line = |diagnostic: &&Diagnostic| {
        let place = diagnostic.primary();
        (place.source, sources.get(place.source).line_of(place.span.start))
    };
    let mut left_out: Vec<((SourceId, u32), usize)> = Vec::new();
    let mut current = None;
    let mut count = 0;
    sorted.retain(|diagnostic| {
        let here = line(diagnostic);
        if current != Some(here) {
            (current, count) = (Some(here), 0);
        }
        count += 1;
        if count <= MAX_ON_LINE {
            return true;
        }
        match left_out.last_mut() {
            Some((line, more)) if *line == here => *more += 1,
            _ => left_out.push((here, 1)),
        }
        false
    });
    for ((source, line), more) in left_out {
        out.push_str(&format!(
            "{}:{line}: the first {MAX_ON_LINE} reports of {}\n",
            sources.get(source).name,
            more + MAX_ON_LINE
        ));
    }
}

/// How many there are: `2 errors, 1 warning`. Empty if there are none.
pub fn summary(diagnostics: &[Diagnostic]) -> String {
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    let part = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        _ => Some(format!("{count} {word}s")),
    };
    let parts = [part(count(Severity::Error), "error"), part(count(Severity::Warning), "warning")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// `file:line:column`, as every list of places shows it.
pub fn place(location: Location, sources: &SourceMap) -> String {
    let source = sources.get(location.source);
    let (line, column) = source.line_column(location.span.start);
    format!("{}:{line}:{column}", source.name)
}

fn short(diagnostic: &Diagnostic, sources: &SourceMap, out: &mut String) {
    out.push_str(&place(diagnostic.primary(), sources));
    out.push_str(&format!(": {}: {}\n", diagnostic.code, one_line(&diagnostic.message)));
}

fn one_line(text: &str) -> String {
    sheet::expanded(&text.replace('\n', " "))
}

/// Messages quote the program and its data, which may hold anything.
fn harmless(text: &str) -> String {
    text.lines().map(sheet::expanded).collect::<Vec<_>>().join("\n")
}

/// What is shown of the files, kept from one report to the next.
#[derive(Default)]
struct Pages {
    whole: FxHashMap<SourceId, Sheet>,
}

fn human(
    diagnostic: &Diagnostic,
    sources: &SourceMap,
    options: Options,
    pages: &mut Pages,
    out: &mut String,
) {
    let labels: Vec<(Location, &str)> =
        diagnostic.labels.iter().map(|label| (label.location, label.message.as_str())).collect();
    let helps = diagnostic.help.len() + diagnostic.fixes.len();
    let room = change::room(&labels, helps, sources, options);
    let report = Shown {
        severity: diagnostic.severity,
        code: diagnostic.code.text(),
        message: &diagnostic.message,
        labels,
        notes: &diagnostic.notes,
        help: diagnostic.help.iter().map(|help| harmless(help)).collect(),
    };
    let mut report = report;
    let home = diagnostic.primary().source;
    report
        .help
        .extend(diagnostic.fixes.iter().map(|fix| change::show(fix, home, sources, room, options.color)));
    report.write(sources, options, pages, out);
    out.push('\n');
}

/// A report as ariadne draws it, be it about a program or about a run.
struct Shown<'a> {
    severity: Severity,
    code: &'a str,
    message: &'a str,
    /// The first is the primary one.
    labels: Vec<(Location, &'a str)>,
    notes: &'a [String],
    help: Vec<String>,
}

impl Shown<'_> {
    fn write(&self, sources: &SourceMap, options: Options, pages: &mut Pages, out: &mut String) {
        let width = options.width.max(MIN_WIDTH);
        let (kind, color) = match self.severity {
            Severity::Error => (ReportKind::Error, Color::Red),
            Severity::Warning => (ReportKind::Warning, Color::Yellow),
        };
        let labels = apart(&self.labels, sources);
        let (labels, moved) = fitting(&labels, sources, width, self.notes.len());
        let Some((primary, _)) = labels.first() else { return };
        let sheets = Sheets::new(&labels, sources, width, pages);
        let config = Config::new()
            .with_color(options.color)
            .with_index_type(IndexType::Char)
            .with_label_attach(if sheets.has_narrow { LabelAttach::Start } else { LabelAttach::Middle });
        let mut report = Report::build(kind, sheets.span(*primary))
            .with_config(config)
            .with_code(self.code)
            .with_message(wrapped(&harmless(self.message), width, self.code.len() + "[] Warning: ".len(), 4));
        let mut places = FxHashMap::from_iter([(primary.source, place(*primary, sources))]);
        for (rank, (at, (location, message))) in sheets.in_order(&labels).into_iter().enumerate() {
            places.entry(location.source).or_insert_with(|| place(*location, sources));
            let color = if at == 0 { color } else { PALETTE[(at - 1) % PALETTE.len()] };
            // The primary label wins where labels overlap.
            let mut label =
                ariadne::Label::new(sheets.span(*location)).with_color(color).with_priority((at == 0).into());
            label = label.with_order(rank as i32);
            if !message.is_empty() {
                label = label.with_message(one_line(message));
            }
            report.add_label(label);
        }
        // "   │ Help 1: "
        let margin = sheets.margin + "Help 1: ".len();
        self.help.iter().for_each(|help| report.add_help(wrapped(help, width, margin, 0)));
        let notes = moved.iter().chain(self.notes);
        notes.for_each(|note| report.add_note(wrapped(&harmless(note), width, margin, 0)));
        let mut bytes = Vec::new();
        // Writing to memory cannot fail.
        let _ = report.finish().write(sheets, &mut bytes);
        for line in String::from_utf8_lossy(&bytes).lines() {
            finish_line(line.trim_end(), &places, out);
        }
    }
}

/// Fewer columns than this do not show what is underlined.
const MIN_UNDERLINED: usize = 2;

/// The labels without overlaps, as far as that is possible: drawn over each other on one line, nobody could tell where the inner
/// place ends. What is underlined of the outer one stops before the inner one begins.
fn apart<'l>(labels: &[(Location, &'l str)], sources: &SourceMap) -> Vec<(Location, &'l str)> {
    let line = |source: SourceId, at: u32| sources.get(source).line_of(at);
    let on_one_line =
        |place: &Location| line(place.source, place.span.start) == line(place.source, last(place.span));
    let mut parted = labels.to_vec();
    for (outer, _) in &mut parted {
        if !on_one_line(outer) {
            continue;
        }
        let inside = |(inner, _): &&(Location, &str)| {
            inner.source == outer.source
                && inner.span.start > outer.span.start
                && inner.span.start < outer.span.end
                && on_one_line(inner)
        };
        let Some(next) = labels.iter().filter(inside).map(|(inner, _)| inner.span.start).min() else {
            continue;
        };
        let before = sources.get(outer.source).slice(Span { start: outer.span.start, end: next });
        let mut head = before.trim_end();
        // One column stays free between the two, where there is one.
        if head.len() == before.len()
            && let Some((at, _)) = head.char_indices().next_back().filter(|(at, _)| *at > 0)
        {
            head = head[..at].trim_end();
        }
        if !head.is_empty() {
            outer.span.end = outer.span.start + head.len() as u32;
        }
    }
    parted
}

/// Stands at a place whose text has become a note, and is as wide as the text that says which.
const BELOW: &str = "see below.";

/// By the note's place in their list.
const SEE: [&str; 9] = [
    "see note 1",
    "see note 2",
    "see note 3",
    "see note 4",
    "see note 5",
    "see note 6",
    "see note 7",
    "see note 8",
    "see note 9",
];

/// The notes that were texts of labels, in the order of their places; at each place stands which note it is.
fn numbered(
    labels: &mut [(Location, &str)],
    mut moved: Vec<(Location, String)>,
    others: usize,
    sources: &SourceMap,
) -> Vec<String> {
    moved.sort_by_key(|(location, _)| *location);
    let only = moved.len() + others == 1;
    let primary = labels.first().map(|(location, _)| location.source);
    for (location, message) in labels.iter_mut().filter(|(_, message)| *message == BELOW) {
        let start = (location.source, location.span.start);
        let index = moved.iter().position(|(place, _)| (place.source, place.span.start) == start);
        *message = match index {
            Some(_) if only => "see note",
            Some(index) => SEE.get(index).copied().unwrap_or("see below"),
            None => "see below",
        };
    }
    let told = moved.into_iter().map(|(location, message)| {
        let source = sources.get(location.source);
        let at = match Some(location.source) == primary {
            true => format!("line {}", source.line_of(location.span.start)),
            false => place(location, sources),
        };
        // Where nothing is underlined any more, the words say what is meant.
        let shown = labels
            .iter()
            .any(|(place, _)| (place.source, place.span.start) == (location.source, location.span.start));
        match shown {
            true => format!("{at}: {message}"),
            false => format!("{at}, `{}`: {message}", excerpt(source.slice(location.span))),
        }
    });
    told.collect()
}

/// The beginning of what a label stands at.
fn excerpt(text: &str) -> String {
    const LONGEST: usize = 24;
    let line = text.lines().next().unwrap_or("").trim_end();
    if line.chars().count() <= LONGEST && line.len() == text.trim_end().len() {
        return line.to_string();
    }
    let kept: String = line.chars().take(LONGEST - 1).collect();
    format!("{}…", kept.trim_end())
}

/// The labels as they fit into the width: texts for which there is no room beside others of their line become notes, and what is
/// underlined is shortened, as far as something of it stays. A text that is too long even so becomes a note.
fn fitting<'l>(
    labels: &[(Location, &'l str)],
    sources: &SourceMap,
    width: usize,
    notes: usize,
) -> (Vec<(Location, &'l str)>, Vec<String>) {
    let mut labels = labels.to_vec();
    let mut moved = Vec::new();
    let note = |location: Location, message: &str| (location, message.to_string());
    let lines = labels.iter().map(|(place, _)| sources.get(place.source).line_of(last(place.span)));
    let room = width.saturating_sub(lines.max().unwrap_or(1).to_string().len() + 5);
    // Whether some of what is underlined can be seen beside the text.
    let has_room = |left: usize, (place, message): (Location, &str)| {
        let underlined = sources.get(place.source).slice(place.span).chars().count();
        left.max(1) >= underlined.min(MIN_UNDERLINED) || message == BELOW
    };
    // The primary label stays where it is, with whatever text: it does not make others go that fit.
    if let Some((place, message)) = labels.first_mut() {
        let mut alone = Extent::default();
        alone.add(sources.get(place.source), place.span, message);
        if alone.crowded(room).is_some_and(|(_, left)| !has_room(left, (*place, message))) {
            moved.push(note(*place, message));
            *message = BELOW;
        }
    }
    // Each turn takes a label or a text away or shortens a label for good.
    for _ in 0..3 * labels.len() {
        let ids: Vec<SourceId> = labels.iter().map(|(place, _)| place.source).collect();
        let crowded = ids.into_iter().find_map(|id| {
            let mut extent = Extent::default();
            for (place, message) in labels.iter().filter(|(place, _)| place.source == id) {
                extent.add(sources.get(id), place.span, message);
            }
            extent.crowded(room).map(|(line, left)| (id, line, left))
        });
        let Some((id, line, left)) = crowded else { break };
        let ends_here =
            |place: &Location| place.source == id && sources.get(id).line_of(last(place.span)) == line;
        let here: Vec<usize> = (0..labels.len()).filter(|at| ends_here(&labels[*at].0)).collect();
        let longest = here.iter().copied().filter(|at| *at > 0).max_by_key(|at| labels[*at].1.len());
        match (here.as_slice(), longest) {
            ([only], _) if !has_room(left, labels[*only]) => {
                let (location, message) = &mut labels[*only];
                moved.push(note(*location, message));
                *message = BELOW;
            }
            ([only], _) => {
                let span = &mut labels[*only].0.span;
                let text = sources.get(id).slice(*span);
                let kept = text.char_indices().nth(left.max(1)).map_or(text.len(), |(at, _)| at);
                span.end = span.start + kept as u32;
            }
            (_, Some(longest)) => {
                let (location, message) = labels.remove(longest);
                moved.push(note(location, message));
            }
            _ => break,
        }
    }
    let moved = numbered(&mut labels, moved, notes, sources);
    (labels, moved)
}

/// Stands for a file's name in what ariadne draws, with the file's number between two of them.
const NAME: char = '\u{1}';

/// Puts a line as it was drawn into the output. The places that ariadne has computed are those in the sheet, where tabs
/// are blanks and lines are cut, so they are replaced. Colours that are switched off and on again just stay on.
fn finish_line(line: &str, places: &FxHashMap<SourceId, String>, out: &mut String) {
    let mut parts = line.split(NAME);
    let (before, id, after) = (parts.next().unwrap_or(""), parts.next(), parts.next());
    let mut plain = before.to_string();
    if let (Some(id), Some(after)) = (id, after) {
        let place = id.parse().ok().and_then(|id| places.get(&SourceId(id)));
        plain.push_str(place.map_or("", String::as_str));
        plain.push_str(after.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()));
    }
    const OFF: &str = "\u{1b}[0m";
    let mut current = "";
    let mut rest = plain.as_str();
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&rest[..at]);
        let sequence = &rest[at..][..rest[at..].find('m').map_or(rest.len() - at, |end| end + 1)];
        rest = &rest[at + sequence.len()..];
        if sequence == OFF && !current.is_empty() && rest.starts_with(current) {
            rest = &rest[current.len()..];
            continue;
        }
        current = if sequence == OFF { "" } else { sequence };
        out.push_str(sequence);
    }
    out.push_str(rest);
    out.push('\n');
}

/// Colours of the labels behind the primary one.
const PALETTE: [Color; 4] = [Color::Cyan, Color::Magenta, Color::Green, Color::Blue];

/// The sheets that one report shows, for ariadne to take.
struct Sheets<'a> {
    sources: &'a SourceMap,
    /// Of the files whose lines had to be cut for this report; the others are in `pages`.
    cut: FxHashMap<SourceId, Sheet>,
    pages: &'a Pages,
    /// Columns in front of the source.
    margin: usize,
    /// Some line has characters without a width, on which an arrow could not be drawn.
    has_narrow: bool,
}

impl<'a> Sheets<'a> {
    fn new(
        labels: &[(Location, &str)],
        sources: &'a SourceMap,
        width: usize,
        pages: &'a mut Pages,
    ) -> Sheets<'a> {
        let mut extents: FxHashMap<SourceId, Extent> = FxHashMap::default();
        for (location, message) in labels {
            extents.entry(location.source).or_default().add(
                sources.get(location.source),
                location.span,
                message,
            );
        }
        let last_line = extents.values().map(Extent::last_line).max().unwrap_or(1);
        let margin = last_line.to_string().len() + 5;
        let mut cut = FxHashMap::default();
        let mut has_narrow = false;
        for (id, extent) in &extents {
            let source = sources.get(*id);
            has_narrow |= extent.has_narrow(source);
            match Sheet::cut(source, extent, width - margin) {
                Some(sheet) => {
                    cut.insert(*id, sheet);
                }
                None => {
                    pages.whole.entry(*id).or_insert_with(|| Sheet::whole(source));
                }
            }
        }
        Sheets { sources, cut, pages, margin, has_narrow }
    }

    fn sheet(&self, id: SourceId) -> Option<&Sheet> {
        self.cut.get(&id).or_else(|| self.pages.whole.get(&id))
    }

    fn span(&self, location: Location) -> (SourceId, std::ops::Range<usize>) {
        let source = self.sources.get(location.source);
        (
            location.source,
            self.sheet(location.source).map_or(0..0, |sheet| sheet.range(source, location.span)),
        )
    }

    /// The primary label's file first, then by line, as ariadne opens a new box whenever labels go back; on a line the right one
    /// first, so that no text is drawn across the stem of another.
    fn in_order<'l>(&self, labels: &'l [(Location, &'l str)]) -> Vec<(usize, &'l (Location, &'l str))> {
        let mut sorted: Vec<_> = labels.iter().enumerate().collect();
        let first = labels.first().map(|(location, _)| location.source);
        sorted.sort_by_key(|(_, (Location { source, span }, _))| {
            (
                Some(*source) != first,
                *source,
                self.sources.get(*source).line_column(last(*span)).0,
                std::cmp::Reverse(span.start),
            )
        });
        sorted
    }
}

/// Where the last character of a span starts, or nearly.
fn last(span: Span) -> u32 {
    span.end.saturating_sub(1).max(span.start)
}

impl ariadne::Cache<SourceId> for Sheets<'_> {
    type Storage = String;

    fn fetch(&mut self, id: &SourceId) -> Result<&ariadne::Source<String>, impl std::fmt::Debug> {
        self.sheet(*id).map(|sheet| &sheet.shown).ok_or("unknown file")
    }

    fn display<'s>(&self, id: &'s SourceId) -> Option<impl std::fmt::Display + 's> {
        Some(format!("{NAME}{}{NAME}", id.0))
    }
}

/// Breaks text at blanks so that it fits behind a `margin`; lines after the first get `indent` blanks. Lines that are
/// there already stay: those of a change must not be broken.
fn wrapped(text: &str, width: usize, margin: usize, indent: usize) -> String {
    let room = width.saturating_sub(margin).max(20);
    let mut out = String::new();
    for (at, line) in text.lines().enumerate() {
        if at > 0 {
            out.push('\n');
            out.push_str(line);
            continue;
        }
        let mut column = 0;
        for word in line.split(' ') {
            for (at, part) in parts(word, room).into_iter().enumerate() {
                let length = part.width();
                let gap = usize::from(at == 0 && column > 0);
                if column > 0 && column + gap + length > room {
                    out.push('\n');
                    out.push_str(&" ".repeat(indent));
                    column = 0;
                } else if gap > 0 {
                    out.push(' ');
                    column += 1;
                }
                out.push_str(part);
                column += length;
            }
        }
    }
    out
}

/// A word, and one that fits on no line in parts, which end at slashes where there are some.
fn parts(word: &str, room: usize) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = word;
    while rest.width() > room {
        let mut width = 0;
        let fits = |(_, c): &(usize, char)| {
            width += c.width().unwrap_or(0);
            width <= room
        };
        let end = rest.char_indices().take_while(fits).last().map_or(0, |(at, c)| at + c.len_utf8());
        let end = rest[..end].rfind('/').map_or(end, |at| at + 1).max(1);
        let (part, more) = rest.split_at(rest.ceil_char_boundary(end));
        parts.push(part);
        rest = more;
    }
    parts.push(rest);
    parts
}
