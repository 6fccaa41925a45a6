//! From paths to files with tests.
//!
//! A folder stands for all `.co` files below it, without those in hidden folders. A file that was only found and has no tests is not
//! checked, so that programs beside the tests may be broken or slow.

use std::{
    collections::HashSet,
    fs,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use co_lang::{
    ast::StmtKind, diagnostic::render::Format, lexer, modules::Program, resolve::Prelude, token::Kind,
};
use co_vm::builtins;

use super::examples;
use crate::{cli::UsageError, files, run, terminal::plain_error};

/// A file that may be run.
pub struct TestFile {
    /// As it was called on the command line, or found below a folder that was.
    pub name: String,
    pub program: Program,
    pub tests: Vec<Test>,
}

pub struct Test {
    pub name: String,
    /// Its place among those of the file.
    pub index: usize,
    pub lines: RangeInclusive<u32>,
}

pub struct Found {
    pub files: Vec<TestFile>,
    /// Files with tests that cannot be run: their errors were shown.
    pub broken: usize,
    /// Files that were looked at.
    pub seen: usize,
}

/// What a path on the command line asks for.
struct Wanted {
    file: PathBuf,
    line: Option<u32>,
}

pub fn collect(paths: &[String], format: Format) -> Result<Found, UsageError> {
    let prelude = builtins::signatures();
    let mut wanted = Vec::new();
    if paths.is_empty() {
        walk(Path::new("."), &mut wanted)?;
    }
    for path in paths {
        expand(path, &mut wanted)?;
    }
    let mut found = Found { files: Vec::new(), broken: 0, seen: wanted.len() };
    // Two paths may lead to one file; each of its tests is run once, in the order of first mention.
    let mut seen = HashSet::new();
    for Wanted { file, line } in wanted {
        let real = fs::canonicalize(&file).unwrap_or_else(|_| file.clone());
        if !seen.insert((real, line)) {
            continue;
        }
        let name = shown(&file);
        let text = files::read_text(&name)?;
        if !may_have_tests(&text) {
            match line {
                Some(line) => return Err(no_test_there(&name, line)),
                None => continue,
            }
        }
        match load(&name, &text, &prelude, format)? {
            Some(mut file) => {
                if let Some(line) = line {
                    file.tests.retain(|test| test.lines.contains(&line));
                    if file.tests.is_empty() {
                        return Err(no_test_there(&name, line));
                    }
                }
                found.files.push(file);
            }
            None => found.broken += 1,
        }
    }
    Ok(found)
}

fn no_test_there(name: &str, line: u32) -> UsageError {
    UsageError(format!("there is no test in line {line} of {name}"))
}

/// `./a/b.co` is called `a/b.co`.
fn shown(path: &Path) -> String {
    path.strip_prefix("./").unwrap_or(path).display().to_string()
}

fn expand(path: &str, wanted: &mut Vec<Wanted>) -> Result<(), UsageError> {
    let file = Path::new(path);
    if file.is_dir() {
        return walk(file, wanted);
    }
    if file.exists() {
        wanted.push(Wanted { file: file.to_path_buf(), line: None });
        return Ok(());
    }
    if let Some((file, line)) = path.rsplit_once(':')
        && let Ok(line) = line.parse()
        && Path::new(file).is_file()
    {
        wanted.push(Wanted { file: file.into(), line: Some(line) });
        return Ok(());
    }
    Err(UsageError(format!("cannot read {path}: no such file or folder")))
}

/// All `.co` files below a folder, by name. Links to folders are not followed: they may lead in a circle.
fn walk(folder: &Path, wanted: &mut Vec<Wanted>) -> Result<(), UsageError> {
    let mut open = vec![folder.to_path_buf()];
    while let Some(path) = open.pop() {
        let is_folder = path == folder || path.symlink_metadata().is_ok_and(|meta| meta.is_dir());
        if !is_folder {
            wanted.push(Wanted { file: path, line: None });
            continue;
        }
        let cannot = |error: &std::io::Error| {
            UsageError(format!("cannot read {}: {}", path.display(), plain_error(error)))
        };
        let mut inside = Vec::new();
        for entry in fs::read_dir(&path).map_err(|error| cannot(&error))? {
            let entry = entry.map_err(|error| cannot(&error))?.path();
            let is_hidden = entry.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
            let is_program = entry.extension().is_some_and(|extension| extension == "co");
            if !is_hidden && (is_program || entry.symlink_metadata().is_ok_and(|meta| meta.is_dir())) {
                inside.push(entry);
            }
        }
        inside.sort();
        open.extend(inside.into_iter().rev());
    }
    Ok(())
}

/// Without parsing it.
fn may_have_tests(text: &str) -> bool {
    lexer::lex(text).tokens.iter().any(|token| token.kind == Kind::Test) || examples::has_examples(text)
}

/// `None` if the file has errors, which are shown.
fn load(name: &str, text: &str, prelude: &Prelude, format: Format) -> Result<Option<TestFile>, UsageError> {
    let (program, report) = files::load_changed(name, prelude, &examples::made_tests)?;
    run::show(&report.diagnostics, &program.sources, format);
    if run::has_errors(&report.diagnostics) {
        return Ok(None);
    }
    let examples = examples::places(text);
    let mut tests = Vec::new();
    if let Some(main) = program.main() {
        let source = program.sources.get(main.source);
        for statement in main.ast.list(main.ast.root) {
            if let StmtKind::Test { name, body } = main.ast[*statement].kind {
                let span = main.ast[body].span;
                let name = main.ast.name(name);
                let example = examples.iter().find(|(known, _)| known == name);
                let lines = example.map_or_else(
                    || source.line_of(span.start)..=source.line_of(span.end),
                    |(_, lines)| lines.clone(),
                );
                tests.push(Test { name: name.to_string(), index: tests.len(), lines });
            }
        }
    }
    Ok(Some(TestFile { name: name.to_string(), program, tests }))
}
