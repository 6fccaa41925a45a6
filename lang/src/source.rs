//! Source texts and positions in them.
//!
//! A [`Span`] is a byte range inside one file; a [`Location`] adds which file. Lines and columns are
//! computed on demand and count from 1, columns in characters.

use std::{path::PathBuf, sync::Arc};

/// Names one file of a [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// A half-open byte range in one source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    pub fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span at this one's end.
    pub fn after(self) -> Span {
        Span { start: self.end, end: self.end }
    }

    /// The empty span at this one's start.
    pub fn before(self) -> Span {
        Span { start: self.start, end: self.start }
    }

    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A span in a known file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    pub source: SourceId,
    pub span: Span,
}

/// One file, or what stands for one (`-e` code, a line at the REPL).
#[derive(Debug, Clone)]
pub struct Source {
    /// As shown to people: the path as the user gave it, `<stdin>`, `<-e>` …
    pub name: Arc<str>,
    /// The path imports are relative to and modules are told apart by, if there is one.
    pub path: Option<PathBuf>,
    pub text: Arc<str>,
    line_starts: Vec<u32>,
}

impl Source {
    pub fn new(name: impl Into<Arc<str>>, path: Option<PathBuf>, text: impl Into<Arc<str>>) -> Source {
        let text = text.into();
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1)).collect();
        Source { name: name.into(), path, text, line_starts }
    }

    /// The line (from 1) of a byte offset; offsets past the end count as the end.
    pub fn line(&self, offset: u32) -> u32 {
        self.line_starts.partition_point(|start| *start <= offset.min(self.text.len() as u32)) as u32
    }

    /// Line (from 1) and column (from 1, in characters) of a byte offset; offsets past the end count as the end.
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        let offset = offset.min(self.text.len() as u32);
        let line = self.line_of(offset) as usize;
        let start = self.line_start(line as u32) as usize;
        let prefix = self.text.get(start..offset as usize).unwrap_or("");
        (line as u32, prefix.chars().count() as u32 + 1)
    }

    /// The line (from 1) of a byte offset; does not look at the text.
    pub fn line_of(&self, offset: u32) -> u32 {
        self.line_starts.partition_point(|start| *start <= offset) as u32
    }

    /// The text of a line (from 1) without its line break.
    pub fn line_text(&self, line: u32) -> &str {
        let end = self.line_starts.get(line as usize).map_or(self.text.len(), |next| *next as usize);
        self.text.get(self.line_start(line) as usize..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }

    /// The byte offset at which a line (from 1) starts, the first one behind a byte order mark; that of the end for lines past it.
    pub fn line_start(&self, line: u32) -> u32 {
        const MARK: char = '\u{feff}';
        if line == 1 && self.text.starts_with(MARK) {
            return MARK.len_utf8() as u32;
        }
        self.line_starts.get(line as usize - 1).copied().unwrap_or(self.text.len() as u32)
    }

    pub fn line_count(&self) -> u32 {
        self.line_starts.len() as u32
    }

    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }
}

/// All files of a program, in the order in which they were loaded.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    sources: Vec<Arc<Source>>,
    /// Ids that were forgotten and may be given out again.
    free: Vec<SourceId>,
}

impl SourceMap {
    pub fn add(&mut self, source: Source) -> SourceId {
        if let Some(id) = self.free.pop() {
            self.sources[id.0 as usize] = Arc::new(source);
            return id;
        }
        self.sources.push(Arc::new(source));
        SourceId(self.sources.len() as u32 - 1)
    }

    /// Drops a text that nothing refers to any more; another may get its id.
    pub fn forget(&mut self, id: SourceId) {
        debug_assert!(!self.free.contains(&id));
        self.sources[id.0 as usize] = Arc::new(Source::new("", None, ""));
        self.free.push(id);
    }

    pub fn get(&self, id: SourceId) -> &Arc<Source> {
        &self.sources[id.0 as usize]
    }

    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Arc<Source>)> {
        self.sources.iter().enumerate().map(|(index, source)| (SourceId(index as u32), source))
    }
}
