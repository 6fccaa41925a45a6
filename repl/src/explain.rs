//! `co explain`: the pages of codes, or the list of all, as wide as the terminal and in the colours of the reports.

use co_lang::diagnostic::{
    Code, Diagnostic, Severity,
    catalogue::{self, Page},
    nearest::nearest,
};

use crate::{
    cli::UsageError,
    repl::{Look, paint},
    terminal::{self, Stream},
};

const BOLD: &str = "\x1b[1m";
const CODE: &str = "\x1b[36m";
const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
const GREEN: &str = "\x1b[32m";
const END: &str = "\x1b[0m";

/// Where titles begin in the list.
const INDENT: usize = 7;

/// Prints the pages of some codes, or the list of all.
pub fn explain(codes: &[String]) -> Result<u8, UsageError> {
    let look = Look { color: Stream::Out.has_color(), width: Stream::Out.width() };
    let mut text = String::new();
    if codes.is_empty() {
        text = page(None, look)?;
    }
    for (at, code) in codes.iter().enumerate() {
        if at > 0 {
            text.push_str("\n\n");
        }
        text.push_str(&page(Some(code), look)?);
    }
    Ok(terminal::print(&text, 0))
}

/// The text of a code's page, or the list of all.
pub fn page(code: Option<&str>, look: Look) -> Result<String, UsageError> {
    let Some(code) = code else { return Ok(list(look)) };
    catalogue::find(code).map(|page| shown(page, look)).ok_or_else(|| unknown(code))
}

fn unknown(code: &str) -> UsageError {
    let wanted = code.trim().to_uppercase();
    let codes = || catalogue::all().map(|page| page.code.text());
    // `301` is a code without its letter.
    let near = codes()
        .find(|known| known.trim_start_matches(['E', 'W', '0']) == wanted)
        .or_else(|| nearest(&wanted, codes()));
    let near = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
    UsageError(format!("there is no code `{code}` ({near}`co explain` lists them all)"))
}

/// A line that tells where to read more about the first error, if there is one.
pub fn hint(diagnostics: &[Diagnostic]) -> String {
    let error = diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
    error.map_or_else(String::new, |error| format!("`co explain {}` tells more.\n", error.code))
}

fn list(look: Look) -> String {
    let mut out = String::new();
    for page in catalogue::all() {
        let mut lines = String::new();
        terminal::fill(page.title, look.width, INDENT, &mut lines);
        out.push_str(&painted(page.code.text(), severity(page.code), look));
        out.push_str(lines.get(page.code.text().len()..).unwrap_or(&lines));
    }
    out.push('\n');
    paragraph("`co explain CODE` tells more, with a wrong and a right program.", look, &mut out);
    out
}

fn shown(page: &Page, look: Look) -> String {
    let mut head = String::new();
    terminal::fill(&format!("{}: {}", page.code, page.title), look.width, 0, &mut head);
    let title = head.trim_end().strip_prefix(page.code.text()).unwrap_or(&head);
    let mut out = painted(page.code.text(), severity(page.code), look);
    for (at, line) in title.lines().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        out.push_str(&painted(line, BOLD, look));
    }
    out.push('\n');
    for text in page.explanation.split("\n\n") {
        out.push('\n');
        paragraph(text, look, &mut out);
    }
    program("Wrong", RED, page.wrong, look, &mut out);
    program("Right", GREEN, page.right, look, &mut out);
    out
}

fn severity(code: Code) -> &'static str {
    match code.severity() {
        Severity::Error => RED,
        Severity::Warning => YELLOW,
    }
}

fn painted(text: &str, color: &str, look: Look) -> String {
    match (look.color, color) {
        (false, _) => text.to_string(),
        (true, BOLD) => format!("{BOLD}{text}{END}"),
        (true, color) => format!("{BOLD}{color}{text}{END}"),
    }
}

/// Text at the width of the terminal. Colours are put in when the lines are there, as they have no width.
fn paragraph(text: &str, look: Look, out: &mut String) {
    let mut filled = String::new();
    terminal::fill(text, look.width, 0, &mut filled);
    if !look.color {
        return out.push_str(&filled);
    }
    let mut in_code = false;
    for line in filled.lines() {
        if in_code {
            out.push_str(CODE);
        }
        for (at, part) in line.split('`').enumerate() {
            if at > 0 {
                in_code = !in_code;
                out.push_str(if in_code { "\x1b[36m`" } else { "`\x1b[0m" });
            }
            out.push_str(part);
        }
        if in_code {
            out.push_str(END);
        }
        out.push('\n');
    }
}

fn program(title: &str, color: &str, text: &str, look: Look, out: &mut String) {
    out.push_str(&format!("\n{}:\n\n", painted(title, color, look)));
    let text = text.trim_end();
    // A wrong program may have strings or brackets that are open: painting goes on as far as the lexer makes sense of it.
    let text = if look.color { paint(text, None) } else { text.to_string() };
    for line in text.lines() {
        out.push_str(format!("    {line}").trim_end());
        out.push('\n');
    }
}
