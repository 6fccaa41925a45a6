//! A session: texts in, evaluations and reports out. It knows neither editor nor terminal.

use std::path::{Path, PathBuf};

use co_lang::{
    ast::{ExprId, ExprKind, StmtKind},
    diagnostic::{
        Code, Diagnostic, Severity,
        render::{Format, Options, render},
    },
    modules::{Entry, Program},
    parser,
    source::{Source, SourceId, SourceMap, Span},
};
use co_vm::{
    engine::{
        self, Engine,
        session::{Evaluated, Line},
    },
    heap::object::{Closure, Coroutine},
    host::Host,
    ops::show::{self, Tint},
    report::Report,
    value::{Tag, Value},
};

use crate::{explain, files::Files, report};

/// How text is to look.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    pub color: bool,
    pub width: usize,
}

impl Look {
    fn options(self) -> Options {
        Options { color: self.color, width: self.width, format: Format::Human }
    }
}

/// A text that was read.
pub enum Prepared {
    Line(ReadyLine),
    Wrong(Wrong),
}

/// A text that can be evaluated.
pub struct ReadyLine {
    pub line: Line,
    /// What the checker has to say, rendered; empty for nothing.
    pub warnings: String,
    text: String,
    /// How the text would look with an `await` before its last expression.
    awaited: Option<String>,
}

/// A text with mistakes.
pub struct Wrong {
    /// Rendered.
    pub report: String,
    /// What may have been meant.
    pub offer: Option<String>,
}

/// What came of an evaluation, as text.
pub struct Answer {
    /// For standard output; empty for nothing.
    pub out: String,
    /// For standard error.
    pub err: String,
    pub failed: bool,
    pub offer: Option<String>,
}

/// Something that was read from a file, to be read again by `:reload`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    File(String),
    Import(String),
}

pub struct Session {
    pub engine: Engine,
    program: Program,
    files: Files,
    lines: usize,
    awaited: Option<String>,
    /// What is evaluated.
    text: String,
    /// Texts that were evaluated without an error, for `:save`.
    pub worked: Vec<String>,
    /// Files that were loaded and import statements, in order.
    pub origins: Vec<Origin>,
}

impl Session {
    pub fn new(host: Box<dyn Host>, options: engine::Options) -> Session {
        let mut engine = Engine::new(host, options);
        engine.begin_session();
        Session {
            engine,
            program: Program::default(),
            files: Files::new(""),
            lines: 0,
            awaited: None,
            text: String::new(),
            worked: Vec::new(),
            origins: Vec::new(),
        }
    }

    /// Reads, checks and compiles a text. `file`: where it was read from.
    pub fn prepare(&mut self, text: &str, file: Option<&str>, look: Look) -> Prepared {
        let before = self.program.modules.len();
        self.lines += 1;
        let name = file.map_or_else(|| format!("<{}>", self.lines), str::to_string);
        let path = file.map(|file| std::fs::canonicalize(file).unwrap_or_else(|_| PathBuf::from(file)));
        let outer = self.engine.session_names();
        let entry = Entry::Line { name: &name, text, outer, path: path.as_deref() };
        let found = match self.program.load(entry, &self.files, self.engine.prelude()) {
            Ok(report) => report.diagnostics,
            // A text is always there.
            Err(error) => {
                return Prepared::Wrong(Wrong { report: format!("{}\n", error.message), offer: None });
            }
        };
        let mut shown = match found.is_empty() {
            true => String::new(),
            false => render(&found, &self.program.sources, look.options()),
        };
        if found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            let offer = self.program.main().and_then(|main| offer(&found, main.source, text));
            shown.push_str(&explain::hint(&found).replace("co explain", ":explain"));
            self.program.retract(before);
            return Prepared::Wrong(Wrong { report: shown, offer });
        }
        let awaited = self.program.main().and_then(|main| {
            let last = main.ast.list(main.ast.root).last()?;
            let StmtKind::Expr(expr) = main.ast[*last].kind else { return None };
            let is_postfix = matches!(
                main.ast[expr].kind,
                ExprKind::Call(..)
                    | ExprKind::Name(_)
                    | ExprKind::Field { .. }
                    | ExprKind::Index { .. }
                    | ExprKind::Lambda(_)
                    | ExprKind::Paren(_)
            );
            Some(with_await(text, main.ast[expr].span, is_postfix))
        });
        match self.engine.load_line(&mut self.program) {
            Ok(line) => Prepared::Line(ReadyLine { line, warnings: shown, text: text.to_string(), awaited }),
            Err(diagnostics) => {
                shown.push_str(&render(&diagnostics, &self.program.sources, look.options()));
                self.program.retract(before);
                Prepared::Wrong(Wrong { report: shown, offer: None })
            }
        }
    }

    /// Begins to evaluate; the driver does the rest.
    pub fn evaluate(&mut self, ready: ReadyLine) {
        self.text = ready.text;
        self.awaited = ready.awaited;
        self.engine.evaluate(ready.line);
    }

    /// What an evaluation has given, as text. Its value becomes `_`.
    pub fn answer(&mut self, evaluated: Evaluated, look: Look) -> Answer {
        let mut answer = Answer { out: String::new(), err: String::new(), failed: false, offer: None };
        match evaluated {
            Evaluated::Value(value) if value.is_nil() => {}
            Evaluated::Value(value) => {
                self.engine.set_last_value(value);
                answer.out = self.shown(value, look);
                if let Some(coroutine) = value.as_object::<Coroutine>() {
                    coroutine.named.set(true);
                    let note = "nothing of a coroutine runs until it is awaited: `await` it, or `spawn` it to run it beside";
                    answer.err = format!("note: {note}\n");
                    answer.offer = self.awaited.take();
                }
            }
            Evaluated::Error(error) => {
                let report = self.engine.report_of(error);
                answer.err = self.rendered(&report, look);
                answer.failed = true;
                if report.diagnostic.code == Code::COROUTINE_AS_VALUE {
                    answer.offer = self.awaiting();
                }
            }
            Evaluated::Stuck => answer.failed = true,
            Evaluated::Cancelled => {
                answer.err = "cancelled\n".to_string();
                answer.failed = true;
            }
        }
        answer
    }

    /// The evaluated text with an `await` before everything that gives a coroutine, as far as the session's names tell.
    fn awaiting(&mut self) -> Option<String> {
        let parsed = parser::parse(SourceId(0), &self.text);
        let ast = &parsed.ast;
        let mut awaited: Vec<ExprId> = Vec::new();
        let mut objects: Vec<ExprId> = Vec::new();
        for expr in ast.exprs.iter() {
            match expr.kind {
                ExprKind::Await(inner) | ExprKind::Spawn(inner) => awaited.push(ast.unparen(inner)),
                ExprKind::Call(object, _)
                | ExprKind::Field { object, .. }
                | ExprKind::Index { object, .. } => {
                    objects.push(object);
                }
                _ => {}
            }
        }
        let mut edits: Vec<(Span, bool)> = Vec::new();
        for (index, expr) in ast.exprs.iter().enumerate() {
            let is_awaited = awaited.iter().any(|known| known.index() == index);
            let gives = match expr.kind {
                ExprKind::Call(callee, _) => match ast[callee].kind {
                    ExprKind::Name(name) => self.value_of(ast.name(name)).is_some_and(makes_coroutine),
                    _ => false,
                },
                ExprKind::Name(name) => {
                    self.value_of(ast.name(name)).is_some_and(|value| value.is(Tag::COROUTINE))
                }
                _ => false,
            };
            if gives && !is_awaited {
                let is_object = objects.iter().any(|object| object.index() == index);
                edits.push((expr.span, is_object));
            }
        }
        edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
        let mut text = self.text.clone();
        for (span, is_object) in &edits {
            if *is_object {
                text.insert(span.end as usize, ')');
            }
            text.insert_str(span.start as usize, if *is_object { "(await " } else { "await " });
        }
        (!edits.is_empty()).then(|| text.trim_end().to_string())
    }

    fn value_of(&mut self, name: &str) -> Option<Value> {
        self.engine.session_value(name)
    }

    /// A value with its line break.
    pub fn shown(&mut self, value: Value, look: Look) -> String {
        let mut out = String::new();
        for (text, tint) in show::show(self.engine.vm(), value, look.width) {
            let color = match tint {
                _ if !look.color => "",
                Tint::Plain => "",
                Tint::Number => "\x1b[36m",
                Tint::Text => "\x1b[32m",
                Tint::Word => "\x1b[35m",
                Tint::Object => "\x1b[34m",
                Tint::Key => "\x1b[33m",
                Tint::Cut => "\x1b[2m",
            };
            out.push_str(color);
            out.push_str(&printable(&text));
            if !color.is_empty() {
                out.push_str("\x1b[0m");
            }
        }
        out.push('\n');
        out
    }

    /// What happened in the background since the last call, rendered.
    pub fn take_reports(&mut self, look: Look) -> String {
        let reports = self.engine.take_reports();
        reports.iter().map(|report| self.rendered(report, look)).collect()
    }

    fn rendered(&self, report: &Report, look: Look) -> String {
        report::rendered(report, self.engine.sources(), look.options())
    }

    /// Imports read their files again from now on.
    pub fn forget_files(&mut self) {
        self.program.forget_files();
    }

    /// The tree of a text, without anything else. `Err` with a report if it cannot be read.
    pub fn tree(&mut self, text: &str, look: Look) -> Result<String, String> {
        self.lines += 1;
        let mut sources = SourceMap::default();
        let source = sources.add(Source::new(format!("<{}>", self.lines), None, text));
        let parsed = parser::parse(source, text);
        if parsed.diagnostics.is_empty() {
            return Ok(co_lang::ast::dump(&parsed.ast, text));
        }
        let mut shown = render(&parsed.diagnostics, &sources, look.options());
        shown.push_str(&explain::hint(&parsed.diagnostics).replace("co explain", ":explain"));
        Err(shown)
    }

    /// Notes that a text was evaluated without an error.
    pub fn note_success(&mut self, text: &str, file: Option<&str>) {
        match file {
            Some(file) => {
                let origin = Origin::File(file.to_string());
                self.origins.retain(|known| *known != origin);
                self.origins.push(origin);
            }
            None => {
                for import in imports(text) {
                    let origin = Origin::Import(import);
                    if !self.origins.contains(&origin) {
                        self.origins.push(origin);
                    }
                }
            }
        }
        self.worked.push(text.trim_end().to_string());
    }
}

/// Calling it makes a coroutine.
fn makes_coroutine(function: Value) -> bool {
    let flags = function.as_object::<Closure>().map(|closure| closure.proto().flags);
    flags.is_some_and(|flags| flags.is_async && !flags.is_generator)
}

/// Whether more has to be typed before the text means something.
pub fn is_incomplete(text: &str) -> bool {
    parser::parse(SourceId(0), text).incomplete
}

/// Its import statements that name files.
fn imports(text: &str) -> Vec<String> {
    let parsed = parser::parse(SourceId(0), text);
    let ast = &parsed.ast;
    let statements = ast.list(ast.root).iter().filter_map(|stmt| match ast[*stmt].kind {
        StmtKind::Import(id) => {
            let is_file = matches!(ast[id].source, co_lang::ast::ImportSource::File(_));
            is_file.then(|| text.get(ast[*stmt].span.range()).unwrap_or_default().to_string())
        }
        _ => None,
    });
    statements.collect()
}

/// The text with the changes that the first error about `await` proposes.
fn offer(found: &[Diagnostic], source: SourceId, text: &str) -> Option<String> {
    let is_ours = |diagnostic: &&Diagnostic| {
        diagnostic.severity == Severity::Error
            && diagnostic.code.text().starts_with("E03")
            && diagnostic.fixes.first().is_some_and(|fix| {
                !fix.edits.is_empty() && fix.edits.iter().all(|edit| edit.location.source == source)
            })
    };
    let mut edits: Vec<_> = found.iter().find(is_ours)?.fixes.first()?.edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.location.span.start));
    let mut text = text.to_string();
    for edit in edits {
        let range = edit.location.span.range();
        text.get(range.clone())?;
        text.replace_range(range, &edit.text);
    }
    Some(text.trim_end().to_string())
}

fn with_await(text: &str, span: Span, is_postfix: bool) -> String {
    let (start, end) = (span.start as usize, span.end as usize);
    let (before, rest) = text.split_at(start.min(text.len()));
    let (expr, after) = rest.split_at(end.saturating_sub(start).min(rest.len()));
    match is_postfix {
        true => format!("{before}await {expr}{after}"),
        false => format!("{before}await ({expr}){after}"),
    }
}

/// Control characters do not reach the terminal.
fn printable(text: &str) -> String {
    text.chars().map(|char| if char.is_control() && char != '\n' { '\u{fffd}' } else { char }).collect()
}

/// The text of a file, or what is wrong with it in a line.
pub fn read(file: &str) -> Result<String, String> {
    crate::files::read_file(Path::new(file)).map_err(|error| format!("cannot read {file}: {}", error.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_await_stands_before_the_last_expression() {
        assert_eq!(with_await("let x = 1; f(x)", Span::new(11, 15), true), "let x = 1; await f(x)");
        assert_eq!(with_await("a ?? b # c", Span::new(0, 6), false), "await (a ?? b) # c");
    }

    #[test]
    fn imports_of_files_are_found() {
        assert_eq!(imports("import math\nimport \"./a.co\" as b; 1"), ["import \"./a.co\" as b"]);
    }
}
