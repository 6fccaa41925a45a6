//! The list against itself, against the programs on its pages, and against everything that names a code.

use std::{collections::HashSet, path::Path};

use super::*;
use crate::testing;

#[test]
fn codes_are_unique_and_found_as_people_write_them() {
    let mut seen = HashSet::new();
    for page in all() {
        assert!(seen.insert(page.code), "{} is listed twice", page.code);
        assert!(!page.title.ends_with('.') && !page.explanation.is_empty(), "{}", page.code);
        assert_eq!(page.code.page().map(|page| page.title), Some(page.title));
    }
    assert_eq!(find(" e0201 ").map(|page| page.code), Some(Code::UNDEFINED_NAME));
    assert!(find("E9999").is_none());
    assert_eq!(Code::of_kind("KeyError"), Code::KEY_ERROR);
    assert_eq!(Code::of_kind("TooHot"), Code::CUSTOM_ERROR);
}

#[test]
fn wrong_programs_get_their_code_and_right_ones_nothing() {
    let mut unexpected = Vec::new();
    for page in all() {
        let at_run_time = page.code.text()[1..].starts_with("04");
        let wanted = if at_run_time || page.wrong.is_empty() { vec![] } else { vec![page.code.to_string()] };
        for (program, wanted) in [(page.right, vec![]), (page.wrong, wanted)] {
            let (_, diagnostics) = testing::front_end(program);
            let mut found: Vec<String> =
                diagnostics.iter().map(|diagnostic| diagnostic.code.to_string()).collect();
            found.dedup();
            if found != wanted {
                unexpected.push(format!("{}: {found:?} instead of {wanted:?} for\n{program}", page.code));
            }
        }
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
}

/// Codes in the text, as in `E0301` or `W0203`.
fn codes(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices(['E', 'W']).map(|(at, _)| at);
    starts.filter_map(|at| {
        let code = text.get(at..at + 5)?;
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let alone = !text[..at].ends_with(word) && !text[at + 5..].starts_with(word);
        (alone && code[1..].bytes().all(|byte| byte.is_ascii_digit())).then_some(code)
    })
}

fn check_files(folder: &Path, unknown: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() && !path.ends_with("target") {
            check_files(&path, unknown);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "rs" || extension == "co" || extension == "md")
        {
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            unknown.extend(
                codes(&text)
                    .filter(|code| find(code).is_none())
                    .map(|code| format!("{code} in {}", path.display())),
            );
        }
    }
}

#[test]
fn every_code_that_anything_names_is_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let mut unknown = Vec::new();
    for folder in ["lang", "vm", "repl", "spec", "examples"] {
        check_files(&root.join(folder), &mut unknown);
    }
    // Numbers that stand for no code on purpose.
    let none = ["E0000", "E9999"];
    unknown.retain(|found| !none.iter().any(|code| found.starts_with(code)));
    assert!(unknown.is_empty(), "{unknown:#?}");
}

/// `INSTA_UPDATE=always` writes it anew, as the golden files.
#[test]
fn the_chapter_of_the_reference_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let path = root.join("spec/diagnostics.md");
    let wanted = chapter();
    if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
        std::fs::write(&path, &wanted).expect("it can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "spec/diagnostics.md is not what the catalogue says; INSTA_UPDATE=always writes it anew"
    );
}
