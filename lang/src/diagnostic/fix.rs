//! Diagnostics to mended texts: carries out the fixes that are certain and do not get into each other's way.

use rustc_hash::FxHashMap;

use super::{Code, Diagnostic, Edit};
use crate::source::{Location, SourceId, SourceMap};

/// What came of one go. What a fix that was left out wanted is found again in the new texts, if it is still wanted.
#[derive(Debug, Default)]
pub struct Mended {
    /// The files that change, with their new texts.
    pub files: Vec<(SourceId, String)>,
    /// What was done, in the order of places; the places are those of the old texts.
    pub done: Vec<Done>,
}

#[derive(Debug, Clone)]
pub struct Done {
    pub place: Location,
    pub code: Code,
    /// As in the fix: `await it`.
    pub message: String,
}

/// Carries out the first certain fix of each diagnostic, in the order of places. `may_change` tells which files can be written.
pub fn mend(
    diagnostics: &[Diagnostic],
    sources: &SourceMap,
    may_change: impl Fn(SourceId) -> bool,
) -> Mended {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| (diagnostic.primary(), diagnostic.code));
    let mut edits: FxHashMap<SourceId, Vec<&Edit>> = FxHashMap::default();
    let mut done = Vec::new();
    for diagnostic in sorted {
        let Some(fix) = diagnostic.fixes.iter().find(|fix| fix.is_certain) else { continue };
        let is_possible = fix.edits.iter().all(|edit| {
            may_change(edit.location.source)
                && edits
                    .get(&edit.location.source)
                    .into_iter()
                    .flatten()
                    .all(|other| are_compatible(edit, other))
        });
        if !is_possible {
            continue;
        }
        for edit in &fix.edits {
            let of_file = edits.entry(edit.location.source).or_default();
            // Two diagnostics may want the same change, such as the `await` of one call.
            if !of_file.iter().any(|other| is_same(edit, other)) {
                of_file.push(edit);
            }
        }
        done.push(Done { place: diagnostic.primary(), code: diagnostic.code, message: fix.message.clone() });
    }
    let mut files: Vec<(SourceId, String)> =
        edits.into_iter().map(|(id, edits)| (id, changed(&sources.get(id).text, edits))).collect();
    files.sort_by_key(|(id, _)| *id);
    Mended { files, done }
}

fn is_same(a: &Edit, b: &Edit) -> bool {
    a.location == b.location && a.text == b.text
}

fn are_compatible(a: &Edit, b: &Edit) -> bool {
    let (one, other) = (a.location.span, b.location.span);
    let apart = one.end < other.start || other.end < one.start;
    let touching = (one.end == other.start || other.end == one.start) && one != other;
    // Between an insertion and what it stands beside the order is clear only if the insertion is not inside.
    apart || is_same(a, b) || touching && (one.start != one.end || other.start != other.end)
}

fn changed(text: &str, mut edits: Vec<&Edit>) -> String {
    edits.sort_by_key(|edit| edit.location.span);
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for edit in edits {
        let range = edit.location.span.range();
        out.push_str(text.get(at..range.start).unwrap_or(""));
        out.push_str(&edit.text);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Source, Span};

    fn mended(text: &str, fixes: &[&[(u32, u32, &str)]]) -> String {
        let mut sources = SourceMap::default();
        let source = sources.add(Source::new("a.co", None, text));
        let diagnostics: Vec<Diagnostic> = fixes
            .iter()
            .map(|edits| {
                let edit = |(start, end, text): &(u32, u32, &str)| Edit {
                    location: Location { source, span: Span::new(*start, *end) },
                    text: text.to_string(),
                };
                let edits: Vec<Edit> = edits.iter().map(edit).collect();
                let at = edits[0].location.span;
                Diagnostic::new(Code::NEVER_AWAITED, "m", source, at, "l").fix("f", edits)
            })
            .collect();
        let mended = mend(&diagnostics, &sources, |_| true);
        mended.files.into_iter().next().map_or_else(|| text.to_string(), |(_, text)| text)
    }

    #[test]
    fn fixes_beside_each_other_are_all_carried_out() {
        assert_eq!(mended("f() g()", &[&[(0, 0, "await ")], &[(4, 4, "await ")]]), "await f() await g()");
        assert_eq!(mended("f().x", &[&[(0, 0, "(await "), (3, 3, ")")]]), "(await f()).x");
        assert_eq!(mended("await f", &[&[(0, 6, "")], &[(7, 7, "()")]]), "f()");
    }

    #[test]
    fn of_fixes_that_meet_the_first_wins_and_the_same_is_done_once() {
        assert_eq!(mended("abc", &[&[(0, 2, "x")], &[(1, 3, "y")]]), "xc");
        assert_eq!(mended("f()", &[&[(0, 0, "await ")], &[(0, 0, "await ")]]), "await f()");
        assert_eq!(mended("f()", &[&[(0, 0, "await ")], &[(0, 0, "spawn ")]]), "await f()");
    }

    #[test]
    fn guesses_are_left_to_people() {
        let mut sources = SourceMap::default();
        let source = sources.add(Source::new("a.co", None, "pritn"));
        let span = Span::new(0, 5);
        let edit = Edit { location: Location { source, span }, text: "print".into() };
        let guess =
            Diagnostic::new(Code::UNDEFINED_NAME, "m", source, span, "l").suggest("print?", vec![edit]);
        assert!(mend(&[guess], &sources, |_| true).files.is_empty());
    }
}
