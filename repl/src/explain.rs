//! `co explain`: the page of a code, or the list of all.

use std::fmt::Write;

use co_lang::diagnostic::{
    Diagnostic, Severity,
    catalogue::{self, Page},
    nearest::nearest,
};

use crate::{
    cli::UsageError,
    terminal::{self, Stream},
};

pub fn explain(code: Option<&str>) -> Result<u8, UsageError> {
    Ok(terminal::print(&page(code, Stream::Out.width())?, 0))
}

/// The text of a code's page, or the list of all.
pub fn page(code: Option<&str>, width: usize) -> Result<String, UsageError> {
    let Some(code) = code else { return Ok(list()) };
    match catalogue::find(code) {
        Some(page) => Ok(shown(page, width)),
        None => {
            let wanted = code.to_uppercase();
            let near = nearest(&wanted, catalogue::all().map(|page| page.code.text()));
            let near = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
            Err(UsageError(format!("there is no code `{code}` ({near}`co explain` lists them all)")))
        }
    }
}

/// A line that tells where to read more about the first error, if there is one.
pub fn hint(diagnostics: &[Diagnostic]) -> String {
    let error = diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    error.map_or_else(String::new, |error| format!("`co explain {}` tells more.\n", error.code))
}

fn list() -> String {
    let mut out = String::new();
    for page in catalogue::all() {
        let _ = writeln!(out, "{}  {}", page.code, page.title);
    }
    out.push_str("\n`co explain CODE` tells more, with a wrong and a right program.\n");
    out
}

fn shown(page: &Page, width: usize) -> String {
    let mut out = format!("{}: {}\n", page.code, page.title);
    for paragraph in page.explanation.split("\n\n") {
        out.push('\n');
        terminal::fill(paragraph, width, 0, &mut out);
    }
    program("Wrong", page.wrong, &mut out);
    program("Right", page.right, &mut out);
    out
}

fn program(title: &str, text: &str, out: &mut String) {
    let _ = write!(out, "\n{title}:\n\n");
    for line in text.trim_end().lines() {
        let _ = writeln!(out, "{}", format!("    {line}").trim_end());
    }
}
