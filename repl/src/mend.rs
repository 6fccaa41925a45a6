//! `co check --fix`: carries out what the reports propose where that is certain, and says what it did.
//!
//! The texts are changed in memory until nothing more is certain, and written at the end: all files or none.

use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::{Path, PathBuf},
};

use co_lang::{
    ast::ImportSource,
    diagnostic::{
        fix::{Checked, mend},
        render::{self, Format},
    },
    modules::{ImportTarget, Program, Report},
    resolve::Prelude,
};

use crate::{
    cli::{Input, UsageError},
    files, terminal,
};

/// One fix may bring to light what another mends: an `await` in a function that must then be `async`. Nothing takes this many goes.
const MAX_GOES: usize = 20;

/// A file as a program of its own, or why it could not be read.
pub type Loaded = Result<(Program, Report), UsageError>;

/// Mends programs until nothing more is certain; where they have files in common, what one of them needs and what another needs go
/// together. Gives the programs as they are then, and adds a line for each thing done. `Err`: the files could not be
/// written, and are as they were.
pub fn mended(
    inputs: &[Input],
    prelude: &Prelude,
    format: Format,
    out: &mut String,
) -> Result<Vec<Loaded>, UsageError> {
    let mut changed: HashMap<PathBuf, String> = HashMap::new();
    let mut before: HashMap<PathBuf, String> = HashMap::new();
    let mut done = String::new();
    let mut refused: Vec<PathBuf> = Vec::new();
    let mut goes = 0;
    let programs = loop {
        let programs: Vec<Loaded> =
            inputs.iter().map(|input| files::load_over(input, prelude, &changed)).collect();
        let readable: Vec<&(Program, Report)> = programs.iter().flatten().collect();
        let checked: Vec<Checked<'_>> = readable
            .iter()
            .map(|(program, report)| Checked { diagnostics: &report.diagnostics, sources: &program.sources })
            .collect();
        let project = Project::of(&readable);
        let mended = mend(&checked, |path| project.contains(path));
        if mended.files.is_empty() || goes == MAX_GOES {
            refused.extend(mended.refused);
            break programs;
        }
        goes += 1;
        for (path, text) in mended.files {
            let old = || {
                let sources = checked.iter().flat_map(|program| program.sources.iter());
                sources.map(|(_, source)| source).find(|source| source.path.as_ref() == Some(&path))
            };
            if !before.contains_key(&path)
                && let Some(old) = old()
            {
                before.insert(path.clone(), old.text.to_string());
            }
            changed.insert(path, text);
        }
        done.push_str(&render::render_done(&mended.done, format));
    };
    write_all(&changed, &before)?;
    for path in refused {
        let path = path.display();
        terminal::complain(&format!("{path} lies outside the project, and was left as it is"));
    }
    out.push_str(&done);
    Ok(programs)
}

/// Which files may be changed: those below the working folder, those beside or below a file that was named, and what such files import
/// by a relative path. A file that is only named by an absolute path belongs to somebody else.
struct Project {
    folders: Vec<PathBuf>,
    files: HashSet<PathBuf>,
}

impl Project {
    fn of(programs: &[&(Program, Report)]) -> Project {
        let mut project =
            Project { folders: fs::canonicalize(".").into_iter().collect(), files: HashSet::new() };
        for (program, _) in programs {
            let Some(main) = program.main() else { continue };
            project.folders.extend(main.path.as_ref().and_then(|path| path.parent()).map(Path::to_path_buf));
            let mut open = vec![main];
            while let Some(module) = open.pop() {
                for (import, target) in module.ast.imports.iter().zip(&module.imports) {
                    let ImportTarget::Module(id) = target else { continue };
                    let ImportSource::File(text) = import.source else { continue };
                    let imported = program.module(*id);
                    if let Some(path) = &imported.path
                        && module.ast.name(text).starts_with('.')
                        && project.files.insert(path.clone())
                    {
                        open.push(imported);
                    }
                }
            }
        }
        project
    }

    fn contains(&self, path: &PathBuf) -> bool {
        // A pipe (`co check --fix <(generate)`) has no place where it could be changed.
        path.is_file()
            && (self.files.contains(path) || self.folders.iter().any(|folder| path.starts_with(folder)))
    }
}

/// Writes all files or none: each text goes to a new file beside the old one first, and takes its place when all are there.
fn write_all(
    changed: &HashMap<PathBuf, String>,
    before: &HashMap<PathBuf, String>,
) -> Result<(), UsageError> {
    let mut files: Vec<(&PathBuf, &String)> =
        changed.iter().filter(|(path, text)| before.get(*path) != Some(*text)).collect();
    files.sort();
    let mut written: Vec<(PathBuf, &PathBuf)> = Vec::new();
    let mut result = Ok(());
    for (path, text) in &files {
        match write_beside(path, text, before.get(*path)) {
            Ok(new) => written.push((new, path)),
            Err(error) => {
                result = Err(not_written(path, &error));
                break;
            }
        }
    }
    let mut replaced: Vec<&PathBuf> = Vec::new();
    if result.is_ok() {
        for (new, path) in &written {
            if let Err(error) = fs::rename(new, path) {
                result = Err(not_written(path, &error));
                break;
            }
            replaced.push(path);
        }
    }
    if result.is_err() {
        for (new, path) in &written {
            if replaced.contains(path) {
                if let Some(old) = before.get(*path) {
                    let _ = fs::write(path, old);
                }
            } else {
                let _ = fs::remove_file(new);
            }
        }
    }
    result
}

fn not_written(path: &Path, error: &io::Error) -> UsageError {
    UsageError(format!(
        "cannot write {}: {}; nothing was changed",
        path.display(),
        terminal::plain_error(error)
    ))
}

/// Writes a file's new text into a new file with the same permissions. `Err` also if the old one must not be changed, or
/// is not any more what was read.
fn write_beside(path: &Path, text: &str, before: Option<&String>) -> io::Result<PathBuf> {
    let permissions = fs::metadata(path)?.permissions();
    if permissions.readonly() {
        return Err(io::Error::other("it is read-only"));
    }
    // Asks the system too: the permissions may be those of somebody else.
    fs::File::options().append(true).open(path)?;
    if before.is_some_and(|before| fs::read(path).is_ok_and(|now| now != before.as_bytes())) {
        return Err(io::Error::other("it was changed meanwhile"));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let new = path.with_file_name(format!(".{name}.{}.new", std::process::id()));
    let written = fs::File::options().write(true).create_new(true).open(&new).and_then(|mut file| {
        io::Write::write_all(&mut file, text.as_bytes())?;
        file.set_permissions(permissions)?;
        file.sync_all()
    });
    match written {
        Ok(()) => Ok(new),
        Err(error) => {
            let _ = fs::remove_file(&new);
            Err(error)
        }
    }
}
