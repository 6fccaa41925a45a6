//! Programs from the file system: what `import` means, reading a text, and how files are called in messages.

use std::{
    cell::OnceCell,
    collections::HashMap,
    fs, io,
    path::{Component, Path, PathBuf},
};

use co_lang::modules::{Entry, LoadError, Program, Report, SourceLoader, load_program};
use co_lang::resolve::Prelude;

use crate::{
    cli::{self, Input, UsageError},
    terminal::plain_error,
};

/// Spans count bytes in 32 bits.
const MAX_BYTES: usize = u32::MAX as usize;

/// Loads, parses, resolves and checks a program. `Err` if its text cannot be had.
pub fn load(input: &Input, prelude: &Prelude) -> Result<(Program, Report), UsageError> {
    match input {
        Input::File(file) => {
            let load = load_program(Entry::File(file), &Files::new(file), prelude);
            load.map_err(|error| unreadable(file, &error))
        }
        Input::Stdin => text("<stdin>", &stdin()?, prelude),
        Input::Code(code) => text("<-e>", code, prelude),
    }
}

/// As [`load`] of a file whose text is changed before it is parsed. Its lines must stay where they are.
pub fn load_changed(
    file: &str,
    prelude: &Prelude,
    change: &dyn Fn(&str) -> String,
) -> Result<(Program, Report), UsageError> {
    let loader = Changed { files: Files::new(file), main: OnceCell::new(), change };
    load_program(Entry::File(file), &loader, prelude).map_err(|error| unreadable(file, &error))
}

/// As [`load`], with some files as they will be when they have been changed.
pub fn load_over(
    input: &Input,
    prelude: &Prelude,
    texts: &HashMap<PathBuf, String>,
) -> Result<(Program, Report), UsageError> {
    let Input::File(file) = input else { return load(input, prelude) };
    let loader = Over { files: Files::new(file), texts };
    load_program(Entry::File(file), &loader, prelude).map_err(|error| unreadable(file, &error))
}

/// A file's text.
pub fn read_text(file: &str) -> Result<String, UsageError> {
    read_file(Path::new(file)).map_err(|error| unreadable(file, &error))
}

/// Files of which the main one is changed when it is read.
struct Changed<'a> {
    files: Files,
    /// The first that was resolved.
    main: OnceCell<PathBuf>,
    change: &'a dyn Fn(&str) -> String,
}

impl SourceLoader for Changed<'_> {
    fn resolve(&self, from: Option<&Path>, text: &str) -> Result<PathBuf, LoadError> {
        let path = self.files.resolve(from, text)?;
        self.main.get_or_init(|| path.clone());
        Ok(path)
    }

    fn load(&self, path: &Path) -> Result<String, LoadError> {
        let text = self.files.load(path)?;
        let is_main = self.main.get().is_some_and(|main| main == path);
        Ok(if is_main { (self.change)(&text) } else { text })
    }

    fn display(&self, path: &Path) -> String {
        self.files.display(path)
    }
}

/// Files of which some have other texts than on the disk.
struct Over<'a> {
    files: Files,
    texts: &'a HashMap<PathBuf, String>,
}

impl SourceLoader for Over<'_> {
    fn resolve(&self, from: Option<&Path>, text: &str) -> Result<PathBuf, LoadError> {
        self.files.resolve(from, text)
    }

    fn load(&self, path: &Path) -> Result<String, LoadError> {
        self.texts.get(path).map_or_else(|| self.files.load(path), |text| Ok(text.clone()))
    }

    fn display(&self, path: &Path) -> String {
        self.files.display(path)
    }
}

fn text(name: &str, text: &str, prelude: &Prelude) -> Result<(Program, Report), UsageError> {
    let entry = Entry::Text { name, text };
    load_program(entry, &Files::new(""), prelude).map_err(|error| unreadable(name, &error))
}

/// The text of a program alone, without its imports, and what it is called.
pub fn read(input: &Input) -> Result<(&str, String), UsageError> {
    match input {
        Input::File(file) => {
            let text = read_file(Path::new(file)).map_err(|error| unreadable(file, &error))?;
            Ok((file, text))
        }
        Input::Stdin => Ok(("<stdin>", stdin()?)),
        Input::Code(code) => Ok(("<-e>", code.clone())),
    }
}

fn stdin() -> Result<String, UsageError> {
    let mut bytes = Vec::new();
    let read = io::Read::read_to_end(&mut io::stdin().lock(), &mut bytes);
    let read = read.map_err(|error| LoadError { message: plain_error(&error) });
    read.and_then(|_| utf8(bytes)).map_err(|error| unreadable("standard input", &error))
}

fn unreadable(name: &str, error: &LoadError) -> UsageError {
    // `co chekc main.co` asks for a command that does not exist, not for a file.
    let hint = match Path::new(name).exists() || name.contains(['.', '/', '\\']) {
        true => String::new(),
        false => cli::meant(name),
    };
    UsageError(format!("cannot read {name}: {}{hint}", error.message))
}

pub fn read_file(path: &Path) -> Result<String, LoadError> {
    if path.is_dir() {
        return Err(LoadError { message: "it is a folder, not a script".to_string() });
    }
    fs::read(path).map_err(|error| system_error(&error)).and_then(utf8)
}

fn system_error(error: &io::Error) -> LoadError {
    let message = match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_string(),
        _ => plain_error(error),
    };
    LoadError { message }
}

fn utf8(bytes: Vec<u8>) -> Result<String, LoadError> {
    if bytes.len() > MAX_BYTES {
        return Err(LoadError { message: "it is larger than 4 GiB".to_string() });
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
        LoadError { message: format!("it is not valid UTF-8 (byte {valid} of the file, in line {line})") }
    })
}

/// The file system, seen from a main file.
pub struct Files {
    /// The main file's folder as the user wrote it, and what that is without links.
    main: Option<(PathBuf, PathBuf)>,
    current: OnceCell<Option<PathBuf>>,
}

impl Files {
    pub fn new(main: &str) -> Files {
        let folder = Path::new(main).parent().map(Path::to_path_buf);
        // Of a bare file name the parent is the empty path, which cannot be looked up.
        let main = folder.filter(|folder| *folder != Path::new("")).and_then(|folder| {
            let real = fs::canonicalize(&folder).ok()?;
            Some((folder, real))
        });
        Files { main, current: OnceCell::new() }
    }

    fn current(&self) -> Option<&Path> {
        self.current.get_or_init(|| fs::canonicalize(".").ok()).as_deref()
    }
}

impl SourceLoader for Files {
    fn resolve(&self, from: Option<&Path>, text: &str) -> Result<PathBuf, LoadError> {
        let folder = from.and_then(Path::parent).unwrap_or(Path::new(""));
        let path = folder.join(text);
        match fs::canonicalize(&path) {
            Ok(real) => Ok(real),
            // A pipe (`co <(generate)`) can be read but has no place in the file system.
            Err(_) if path.exists() => Ok(path),
            Err(error) => Err(system_error(&error)),
        }
    }

    fn load(&self, path: &Path) -> Result<String, LoadError> {
        read_file(path)
    }

    /// As the main file was called, so that `co lib/main.co` tells about `lib/util.co`.
    fn display(&self, path: &Path) -> String {
        let near_main =
            self.main.as_ref().and_then(|(written, real)| Some(written.join(path.strip_prefix(real).ok()?)));
        let near_current = || relative(path, self.current()?);
        near_main.or_else(near_current).unwrap_or_else(|| path.to_path_buf()).display().to_string()
    }
}

/// The way from one folder to a file, both absolute; `None` if it only leads over the root.
fn relative(path: &Path, from: &Path) -> Option<PathBuf> {
    let shared = path.components().zip(from.components()).take_while(|(a, b)| a == b).count();
    if shared <= 1 {
        return None;
    }
    let up = from.components().skip(shared).map(|_| Component::ParentDir);
    Some(up.chain(path.components().skip(shared)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_by_the_shortest_way() {
        let way = |path, from| relative(Path::new(path), Path::new(from));
        assert_eq!(way("/a/b/c.co", "/a/b"), Some("c.co".into()));
        assert_eq!(way("/a/b/c.co", "/a/d/e"), Some("../../b/c.co".into()));
        assert_eq!(way("/a/c.co", "/d"), None);
    }

    #[test]
    fn bytes_that_are_no_text_are_found() {
        let error = utf8(b"one\ntwo \xff".to_vec()).expect_err("it is not UTF-8");
        assert_eq!(error.message, "it is not valid UTF-8 (byte 8 of the file, in line 2)");
    }
}
