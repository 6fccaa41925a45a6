//! Habits from other languages (`slips/programs.txt`): each gets one message, at its place, and takes nothing from what follows.

use co_lang::{
    diagnostic::Diagnostic,
    parser,
    source::{Source, SourceId},
};

const PROGRAMS: &str = include_str!("slips/programs.txt");

/// A mistake of its own behind each program.
const TAIL: &str = "tail = = 1\n";

/// Two mistakes, of which one has no fix.
const NEEDS_PEOPLE: &[&str] = &["fn f(self, x=1, *args, **kwargs) { 1 }"];

fn programs() -> impl Iterator<Item = String> {
    PROGRAMS.split("\n%%\n").map(|program| format!("{}\n", program.trim_end()))
}

fn diagnostics(text: &str) -> Vec<Diagnostic> {
    parser::parse(SourceId(0), text).diagnostics
}

/// The text after its first certain fix.
fn mended(text: &str) -> Option<String> {
    let found = diagnostics(text);
    let fix = found.iter().flat_map(|found| &found.fixes).find(|fix| fix.is_certain)?;
    let mut edits: Vec<_> = fix.edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.location.span));
    let mut mended = text.to_string();
    edits.iter().for_each(|edit| mended.replace_range(edit.location.span.range(), &edit.text));
    Some(mended)
}

#[test]
fn each_is_one_mistake_and_hides_no_other() {
    let mut wrong = String::new();
    for program in programs() {
        let text = format!("{program}{TAIL}");
        let found = diagnostics(&text);
        let (inside, behind): (Vec<_>, Vec<_>) =
            found.iter().partition(|found| (found.primary().span.start as usize) < program.len());
        if inside.len() != 1 || behind.len() != 1 {
            let codes: Vec<String> =
                found.iter().map(|found| format!("{}: {}", found.code, found.message)).collect();
            wrong.push_str(&format!("{program}{codes:#?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn each_is_told_in_the_words_of_co() {
    let mut out = String::new();
    for program in programs() {
        out.push_str(&program);
        for found in diagnostics(&program) {
            out.push_str(&format!("--- {}: {}\n", found.code, found.message));
            let source = Source::new("a.co", None, program.as_str());
            for label in &found.labels {
                let (line, column) = source.line_column(label.location.span.start);
                let text = source.slice(label.location.span);
                out.push_str(&format!("    {line}:{column} {text:?} {}\n", label.message));
            }
            found.notes.iter().for_each(|note| out.push_str(&format!("    note: {note}\n")));
            found.help.iter().for_each(|help| out.push_str(&format!("    help: {help}\n")));
            for fix in &found.fixes {
                let sure = if fix.is_certain { "fix" } else { "maybe" };
                out.push_str(&format!("    {sure}: {}\n", fix.message));
            }
        }
        if let Some(mended) = mended(&program) {
            mended.lines().for_each(|line| out.push_str(&format!("    > {line}\n")));
        }
        out.push('\n');
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("slips", out);
    });
}

/// A certain fix leads to a program that can be read, perhaps by way of another fix.
#[test]
fn fixes_lead_to_programs_that_can_be_read() {
    let mut wrong = String::new();
    for program in programs() {
        let Some(mut text) = mended(&program) else { continue };
        let mut rounds = 0;
        while let Some(next) = mended(&text).filter(|_| rounds < 5) {
            text = next;
            rounds += 1;
        }
        let left = diagnostics(&text);
        let left: Vec<String> = left.iter().map(|left| format!("{}: {}", left.code, left.message)).collect();
        if !left.is_empty() && !NEEDS_PEOPLE.contains(&program.trim_end()) {
            wrong.push_str(&format!("{program}became\n{text}{left:#?}\n\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
