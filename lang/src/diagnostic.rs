//! Diagnostics as data: what is wrong, where, why, and what to write instead.
//!
//! Every stage returns `(output, Vec<Diagnostic>)` and recovers. The hint is computed where the facts are known;
//! [`render`] turns finished diagnostics into text or JSON and knows no particular error.
//! Codes and titles come from [`catalogue`], the one list.

use crate::{
    ast::FnId,
    source::{Location, SourceId, Span},
};

pub mod allow;
pub mod catalogue;
pub mod fix;
pub mod nearest;
pub mod render;

pub use catalogue::Code;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Error,
    Warning,
}

/// One message for one mistake.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    pub code: Code,
    pub severity: Severity,
    /// The sentence shown first; starts in lower case, no full stop.
    pub message: String,
    /// The first label is the primary one: where the mistake is.
    pub labels: Vec<Label>,
    /// Why it is wrong.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Vec<String>,
    pub fixes: Vec<Fix>,
    /// `None` once all files of the program are loaded.
    pub make_async: Option<Box<MakeAsync>>,
}

#[derive(Debug, Clone)]
pub struct Label {
    pub location: Location,
    pub message: String,
}

/// A change that mends the program when its edits are applied together.
#[derive(Debug, Clone)]
pub struct Fix {
    pub message: String,
    pub edits: Vec<Edit>,
    /// It is what was meant, so that `co check --fix` may carry it out; otherwise a guess for people to judge.
    pub is_certain: bool,
}

/// A function of the diagnostic's file should become `async`. What follows from that is found when all files are there, and becomes
/// a [`Fix`] then.
#[derive(Debug, Clone)]
pub struct MakeAsync {
    pub function: FnId,
    /// What the whole change does, and the edits beside those that make functions `async` and await calls. `None`: these are all.
    pub with: Option<(String, Vec<Edit>)>,
    /// What to say if the change is not certain.
    pub otherwise: &'static str,
}

#[derive(Debug, Clone)]
pub struct Edit {
    pub location: Location,
    pub text: String,
}

impl Diagnostic {
    /// An error or warning (as its code says) with its primary label.
    pub fn new(
        code: Code,
        message: impl Into<String>,
        source: SourceId,
        span: Span,
        label: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic {
            code,
            severity: code.severity(),
            message: message.into(),
            labels: vec![Label { location: Location { source, span }, message: label.into() }],
            notes: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
            make_async: None,
        }
    }

    pub fn label(mut self, source: SourceId, span: Span, message: impl Into<String>) -> Diagnostic {
        self.labels.push(Label { location: Location { source, span }, message: message.into() });
        self
    }

    pub fn note(mut self, note: impl Into<String>) -> Diagnostic {
        self.notes.push(note.into());
        self
    }

    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help.push(help.into());
        self
    }

    pub fn fix(mut self, message: impl Into<String>, edits: Vec<Edit>) -> Diagnostic {
        self.fixes.push(Fix { message: message.into(), edits, is_certain: true });
        self
    }

    /// As [`Diagnostic::fix`], where something else may be meant.
    pub fn suggest(mut self, message: impl Into<String>, edits: Vec<Edit>) -> Diagnostic {
        self.fixes.push(Fix { message: message.into(), edits, is_certain: false });
        self
    }

    /// Where the mistake is.
    pub fn primary(&self) -> Location {
        self.labels[0].location
    }
}
