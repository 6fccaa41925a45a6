//! `# allow: W0321` on the line above silences a warning. Errors cannot be silenced.

use super::{Diagnostic, Severity};
use crate::source::{Source, SourceId, Span};

/// Drops the warnings of one file that its comments allow. Several codes are separated by commas; the comment counts for
/// the next line that is not a comment, and for its own line if it stands behind code.
pub fn silence(
    diagnostics: &mut Vec<Diagnostic>,
    id: SourceId,
    source: &Source,
    comments: impl IntoIterator<Item = Span>,
) {
    let silenceable = |diagnostic: &Diagnostic| {
        diagnostic.severity == Severity::Warning && diagnostic.primary().source == id
    };
    if !diagnostics.iter().any(silenceable) {
        return;
    }
    let mut allowed: Vec<(u32, &str)> = Vec::new();
    for span in comments {
        let Some(codes) = codes(source.slice(span)) else { continue };
        let (line, _) = source.line_column(span.start);
        let alone = is_comment(source.line_text(line));
        let mut below = line + 1;
        while below <= source.line_count() && is_comment(source.line_text(below)) {
            below += 1;
        }
        let lines = [Some(below), (!alone).then_some(line)];
        for line in lines.into_iter().flatten() {
            allowed.extend(codes.split(',').map(|code| (line, code.trim())));
        }
    }
    if allowed.is_empty() {
        return;
    }
    diagnostics.retain(|diagnostic| {
        let line = source.line_column(diagnostic.primary().span.start).0;
        !silenceable(diagnostic) || !allowed.contains(&(line, diagnostic.code.text()))
    });
}

fn codes(comment: &str) -> Option<&str> {
    comment.trim_start_matches('#').trim_start().strip_prefix("allow:")
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    fn left(text: &str, code: Code) -> bool {
        let source = Source::new("a.co", None, text);
        let at = text.find("HERE").unwrap_or(0) as u32;
        let mut diagnostics = vec![Diagnostic::new(code, "m", SourceId(0), Span::new(at, at + 4), "l")];
        let comments = text.match_indices("# ").map(|(at, _)| {
            let end = text[at..].find('\n').map_or(text.len(), |length| at + length);
            Span::new(at as u32, end as u32)
        });
        silence(&mut diagnostics, SourceId(0), &source, comments);
        !diagnostics.is_empty()
    }

    #[test]
    fn a_comment_silences_its_code_on_the_line_below() {
        assert!(!left("# allow: W0203\nHERE\n", Code::NO_EFFECT));
        assert!(!left("x\n  # allow: W0321, W0203\n  # why\n  HERE\n", Code::NO_EFFECT));
        assert!(!left("HERE # allow: W0203\n", Code::NO_EFFECT));
        assert!(left("# allow: W0203\nx\nHERE\n", Code::NO_EFFECT));
        assert!(left("# allow: W0321\nHERE\n", Code::NO_EFFECT));
        assert!(left("# allow W0203\nHERE\n", Code::NO_EFFECT));
        assert!(left("# allow: E0201\nHERE\n", Code::UNDEFINED_NAME));
    }
}
