//! E0310: what may not leave, or stop in, the block around it (R9 of the language's concurrency rules).
//!
//! * `yield` is forbidden in `scope`, `defer`, `finally` and the head of a select arm.
//! * `return`, `break` and `continue` are forbidden in `defer` and `finally` where they would leave that block.

use super::walk::{Around, Walk};
use crate::{
    diagnostic::{Code, Diagnostic},
    source::Span,
};

/// A `return`, `break` or `continue` at `span`.
pub(super) fn leave(walk: &mut Walk<'_>, word: &str, span: Span) {
    for around in walk.around.iter().rev() {
        let (block, place, name) = match *around {
            Around::Function(_) | Around::Parameters(_) | Around::Defaults(_) => return,
            Around::Loop if word != "return" => return,
            Around::Defer(block) => (block, "runs while its block is being left", "defer"),
            Around::Finally(block) => (block, "runs while the `try` is being left", "finally"),
            Around::Loop | Around::Scope(_) | Around::SelectHead(_) => continue,
        };
        let word_span = Span::new(span.start, span.start + word.len() as u32);
        let title = format!("`{word}` cannot leave a `{name}`");
        let diagnostic =
            Diagnostic::new(Code::FORBIDDEN_JUMP, title, walk.file.source, word_span, "leaves the block")
                .label(walk.file.source, head_of(walk, block, name), place)
                .note("an error or a cancellation that is on its way would be lost")
                .help(format!("let the `{name}` run to its end, and `{word}` outside it"));
        walk.diagnostics.push(diagnostic);
        return;
    }
}

/// A `yield` at `span`.
pub(super) fn suspend(walk: &mut Walk<'_>, span: Span) {
    for around in walk.around.iter().rev() {
        let (block, name, why) = match *around {
            Around::Function(_) | Around::Parameters(_) | Around::Defaults(_) => return,
            Around::Loop => continue,
            Around::Defer(block) => {
                (block, "defer", "clean-up runs to its end; nobody might ask for the next value")
            }
            Around::Finally(block) => {
                (block, "finally", "clean-up runs to its end; nobody might ask for the next value")
            }
            Around::Scope(block) => {
                (block, "scope", "the tasks of the scope would hang on a consumer that may never come back")
            }
            Around::SelectHead(block) => {
                (block, "select", "all arms are started together, so none can stop in between")
            }
        };
        let word_span = Span::new(span.start, span.start + "yield".len() as u32);
        let place = match name {
            "select" => "the head of a select arm".to_string(),
            _ => format!("inside this `{name}`"),
        };
        let title = match name {
            "select" => "`yield` in the head of a select arm".to_string(),
            _ => format!("`yield` in a `{name}`"),
        };
        let diagnostic =
            Diagnostic::new(Code::FORBIDDEN_JUMP, title, walk.file.source, word_span, "stops here")
                .label(walk.file.source, head_of(walk, block, name), place)
                .note(why);
        walk.diagnostics.push(diagnostic);
        return;
    }
}

/// The part of a block that is labelled: its word, or its brace where there is none in front of it; not all its lines.
fn head_of(walk: &Walk<'_>, block: Span, name: &str) -> Span {
    let long = |start: u32, word: &str| Span::new(start, start + word.len() as u32);
    match name {
        "defer" => long(block.start, "defer"),
        "finally" => {
            let before = walk.file.text.get(..block.start as usize).unwrap_or("").trim_end();
            match before.strip_suffix("finally") {
                Some(before) => long(before.len() as u32, "finally"),
                None => long(block.start, "{"),
            }
        }
        _ => block,
    }
}
