//! `co check`: what is wrong with files, without running them; with `--fix`, after mending what is certain.

use std::collections::HashSet;

use co_lang::diagnostic::{
    Diagnostic,
    render::{self, Format},
};
use co_lang::source::SourceMap;
use co_vm::builtins;

use crate::{
    NOT_RUN,
    cli::{Input, UsageError},
    explain, files, mend, run,
    terminal::{self, Stream},
};

/// Checks each file as a program of its own and prints what was found, each finding once.
pub fn check(files: Vec<String>, fix: bool, format: Format) -> Result<u8, UsageError> {
    let prelude = builtins::signatures();
    let options = Stream::Out.rendering(format);
    let mut out = String::new();
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    let mut count = 0;
    let mut unreadable = None;
    let input = |file: String| if file == "-" { Input::Stdin } else { Input::File(file) };
    let inputs: Vec<Input> = files.into_iter().map(input).collect();
    let mended = if fix { mend::mended(&inputs, &prelude, format, &mut out)? } else { Vec::new() };
    let mut mended = mended.into_iter();
    for input in &inputs {
        match mended.next().unwrap_or_else(|| files::load(input, &prelude)) {
            Ok((program, report)) => {
                count += 1;
                // A file that several import is told about once.
                let is_new = |diagnostic: &Diagnostic| seen.insert(identity(diagnostic, &program.sources));
                let new: Vec<Diagnostic> = report.diagnostics.into_iter().filter(is_new).collect();
                out.push_str(&render::render(&new, &program.sources, options));
                all.extend(new);
            }
            Err(UsageError(line)) => {
                terminal::complain(&line);
                unreadable = Some(NOT_RUN);
            }
        }
    }
    // If nothing could be read, that was said.
    if format == Format::Human && count > 0 {
        let files = if count == 1 { "1 file".to_string() } else { format!("{count} files") };
        let summary = match render::summary(&all) {
            summary if summary.is_empty() => "no errors".to_string(),
            summary => summary,
        };
        out.push_str(&format!("{files} checked: {summary}\n"));
        out.push_str(&explain::hint(&all));
    }
    let status = if run::has_errors(&all) { NOT_RUN } else { unreadable.unwrap_or(0) };
    Ok(terminal::print(&out, status))
}

/// What makes a finding the same in two programs.
fn identity(diagnostic: &Diagnostic, sources: &SourceMap) -> String {
    let place = diagnostic.primary();
    let source = sources.get(place.source);
    let file = source.path.as_ref().map_or(source.name.to_string(), |path| path.display().to_string());
    format!("{file}:{}..{}:{}:{}", place.span.start, place.span.end, diagnostic.code, diagnostic.message)
}
