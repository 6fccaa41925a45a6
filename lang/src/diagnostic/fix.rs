//! Diagnostics to mended texts: carries out the fixes that are certain and do not get into each other's way.

use std::{path::PathBuf, sync::Arc};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Code, Diagnostic, Edit};
use crate::source::{Location, SourceMap, Span};

/// A program that was checked. Several may have files in common.
#[derive(Clone, Copy)]
pub struct Checked<'a> {
    pub diagnostics: &'a [Diagnostic],
    pub sources: &'a SourceMap,
}

/// What came of one go. What a fix that was left out wanted is found again in the new texts, if it is still wanted.
#[derive(Debug, Default)]
pub struct Mended {
    /// The files that change, with their new texts.
    pub files: Vec<(PathBuf, String)>,
    /// What was done, in the order of places.
    pub done: Vec<Done>,
    /// Files that a certain fix would change and may not.
    pub refused: Vec<PathBuf>,
}

/// A change in one file.
#[derive(Debug, Clone)]
pub struct Done {
    /// As shown to people.
    pub file: Arc<str>,
    /// In the old text, both from 1.
    pub line: u32,
    pub column: u32,
    pub code: Code,
    /// As in the fix: `await it`.
    pub message: String,
}

/// An edit with its file and that file's text.
type Change<'a> = (&'a PathBuf, &'a str, (Span, &'a str));

/// What makes a diagnostic the same in two programs.
type Identity<'a> = (&'a PathBuf, Span, Code, &'a str);

/// The edits of a file: where, and the text that comes there.
type Edits<'a> = Vec<(Span, &'a str)>;

/// Carries out the first certain fix of each diagnostic, in the order of places: all of its edits or none. Where programs have a file
/// in common, what each of them has to change goes together. `may_change` tells which files can be written.
pub fn mend(programs: &[Checked<'_>], may_change: impl Fn(&PathBuf) -> bool) -> Mended {
    let mut edits: FxHashMap<&PathBuf, (Edits<'_>, &str)> = FxHashMap::default();
    let mut mended = Mended::default();
    let mut by_identity: FxHashMap<Identity<'_>, Vec<(&Checked<'_>, &Diagnostic)>> = FxHashMap::default();
    for program in programs {
        for diagnostic in program.diagnostics {
            if let Some(same) = identity(program, diagnostic) {
                let all = by_identity.entry(same).or_default();
                if all.last().is_none_or(|(last, _)| !std::ptr::eq(*last, program)) {
                    all.push((program, diagnostic));
                }
            }
        }
    }
    for program in programs {
        let mut sorted: Vec<&Diagnostic> = program.diagnostics.iter().collect();
        sorted.sort_by_key(|diagnostic| (diagnostic.primary(), diagnostic.code));
        for diagnostic in sorted {
            // In the first of the programs that have it.
            let Some(all) = identity(program, diagnostic).and_then(|same| by_identity.remove(&same)) else {
                continue;
            };
            let Some(wanted) = everywhere(&all) else { continue };
            let refused: Vec<&PathBuf> =
                wanted.iter().map(|(path, ..)| *path).filter(|path| !may_change(path)).collect();
            let fits = |(path, _, edit): &Change<'_>| {
                edits
                    .get(path)
                    .is_none_or(|(known, _)| known.iter().all(|other| are_compatible(*edit, *other)))
            };
            if !refused.is_empty() {
                mended.refused.extend(refused.into_iter().cloned());
                continue;
            }
            if !wanted.iter().all(fits) {
                continue;
            }
            mended.done.extend(told(program, diagnostic, &wanted, programs));
            for (path, text, edit) in wanted {
                let (known, _) = edits.entry(path).or_insert_with(|| (Vec::new(), text));
                // Two diagnostics may want the same change, such as the `await` of one call.
                if !known.contains(&edit) {
                    known.push(edit);
                }
            }
        }
    }
    mended.files =
        edits.into_iter().map(|(path, (edits, text))| (path.clone(), changed(text, edits))).collect();
    mended.files.sort();
    mended.refused.sort();
    mended.refused.dedup();
    mended
}

/// `None` if it is about a text that is no file.
fn identity<'a>(program: &Checked<'a>, diagnostic: &'a Diagnostic) -> Option<Identity<'a>> {
    let Location { source, span } = diagnostic.primary();
    Some((program.sources.get(source).path.as_ref()?, span, diagnostic.code, &diagnostic.message))
}

/// The edits that the certain fixes of a diagnostic have in all programs together, each with its file and that file's text. `None` if one
/// of the programs has no certain fix for it.
fn everywhere<'a>(all: &[(&Checked<'a>, &'a Diagnostic)]) -> Option<Vec<Change<'a>>> {
    let mut edits = Vec::new();
    for (program, diagnostic) in all {
        let fix = diagnostic.fixes.iter().find(|fix| fix.is_certain)?;
        for Edit { location, text } in &fix.edits {
            let source = program.sources.get(location.source);
            let edit = (source.path.as_ref()?, &*source.text, (location.span, text.as_str()));
            if !edits.contains(&edit) {
                edits.push(edit);
            }
        }
    }
    Some(edits)
}

/// What is said about a fix: a line for the place of the mistake, and one for each other file that changes.
fn told(
    program: &Checked<'_>,
    diagnostic: &Diagnostic,
    wanted: &[Change<'_>],
    programs: &[Checked<'_>],
) -> Vec<Done> {
    let Location { source, span } = diagnostic.primary();
    let source = program.sources.get(source);
    let (line, column) = source.line_column(span.start);
    let message = diagnostic.fixes.iter().find(|fix| fix.is_certain).map_or("", |fix| &fix.message);
    let place = format!("{}:{line}:{column}", source.name);
    let mut done = vec![Done {
        file: source.name.clone(),
        line,
        column,
        code: diagnostic.code,
        message: message.to_string(),
    }];
    let mut others: Vec<&PathBuf> = Vec::new();
    for (path, ..) in wanted {
        if Some(*path) != source.path.as_ref() && !others.contains(path) {
            others.push(path);
        }
    }
    for path in others {
        let named = |program: &Checked<'_>| {
            let (_, source) =
                program.sources.iter().find(|(_, source)| source.path.as_ref() == Some(path))?;
            let starts = wanted.iter().filter(|(of, ..)| *of == path).map(|(.., (span, _))| span.start);
            let count = starts.clone().collect::<FxHashSet<u32>>().len();
            let (line, column) = source.line_column(starts.min()?);
            let places = if count == 1 { "1 place".to_string() } else { format!("{count} places") };
            let message = format!("{places} that must change with {place}");
            Some(Done { file: source.name.clone(), line, column, code: diagnostic.code, message })
        };
        done.extend(programs.iter().find_map(named));
    }
    done
}

fn are_compatible(a: (Span, &str), b: (Span, &str)) -> bool {
    let (one, other) = (a.0, b.0);
    let apart = one.end < other.start || other.end < one.start;
    let touching = (one.end == other.start || other.end == one.start) && one != other;
    // Between an insertion and what it stands beside the order is clear only if the insertion is not inside.
    apart || a == b || touching && (one.start != one.end || other.start != other.end)
}

fn changed(text: &str, mut edits: Edits<'_>) -> String {
    edits.sort_by_key(|(span, _)| *span);
    let mut out = String::with_capacity(text.len() + 64);
    let mut at = 0;
    for (span, new) in edits {
        let range = span.range();
        out.push_str(text.get(at..range.start).unwrap_or(""));
        out.push_str(new);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Source;

    fn mended(text: &str, fixes: &[&[(u32, u32, &str)]]) -> String {
        let mut sources = SourceMap::default();
        let source = sources.add(Source::new("a.co", Some("/a.co".into()), text));
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
        let mended = mend(&[Checked { diagnostics: &diagnostics, sources: &sources }], |_| true);
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
        let source = sources.add(Source::new("a.co", Some("/a.co".into()), "pritn"));
        let span = Span::new(0, 5);
        let edit = Edit { location: Location { source, span }, text: "print".into() };
        let guess =
            Diagnostic::new(Code::UNDEFINED_NAME, "m", source, span, "l").suggest("print?", vec![edit]);
        assert!(mend(&[Checked { diagnostics: &[guess], sources: &sources }], |_| true).files.is_empty());
    }

    /// A diagnostic whose fix puts `await ` at the start of some files. The first file is where it is.
    fn program(files: &[&str], certain: bool) -> (SourceMap, Vec<Diagnostic>) {
        let mut sources = SourceMap::default();
        let ids: Vec<_> =
            files.iter().map(|file| sources.add(Source::new(*file, Some(file.into()), "f()"))).collect();
        let at = Span::new(0, 0);
        let edit = |id| Edit { location: Location { source: id, span: at }, text: "await ".to_string() };
        let edits = ids.iter().map(|id| edit(*id)).collect();
        let diagnostic = Diagnostic::new(Code::AWAIT_OUTSIDE_ASYNC, "m", ids[0], at, "l");
        let diagnostic = if certain { diagnostic.fix("x", edits) } else { diagnostic.suggest("x", edits) };
        (sources, vec![diagnostic])
    }

    #[test]
    fn programs_with_a_file_in_common_change_together_or_not_at_all() {
        let changed = |programs: &[(SourceMap, Vec<Diagnostic>)], refused: &str| {
            let views: Vec<Checked<'_>> =
                programs.iter().map(|(sources, diagnostics)| Checked { diagnostics, sources }).collect();
            let mended = mend(&views, |path| path != &PathBuf::from(refused));
            assert_eq!(mended.refused.is_empty(), refused.is_empty());
            let names = mended.files.into_iter().map(|(path, text)| format!("{} {text}", path.display()));
            (names.collect::<Vec<_>>(), mended.done.len())
        };
        let both = [program(&["lib", "a"], true), program(&["lib", "b"], true)];
        let all = ["a await f()", "b await f()", "lib await f()"];
        assert_eq!(changed(&both, ""), (all.map(String::from).to_vec(), 3));
        assert_eq!(changed(&both, "b"), (Vec::new(), 0));
        assert_eq!(changed(&[program(&["lib"], true), program(&["lib", "b"], false)], ""), (Vec::new(), 0));
    }
}
