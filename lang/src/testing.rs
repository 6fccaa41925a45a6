//! What the tests of several modules share: a prelude like the real one, files from a text, and a whole front end run.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use crate::{
    diagnostic::Diagnostic,
    modules::{Entry, LoadError, Program, SourceLoader, load_program},
    resolve::{Prelude, Returns, Signature, StandardModule},
    source::SourceMap,
};

/// The names of the language's prelude and of some standard modules. The real ones come from the VM, with more to them.
pub fn prelude() -> Prelude {
    let names = "print eprint input assert error str int float type same set sleep all race any settled completed timeout \
                 shield channel mutex semaphore event barrier watch tasks exit args ord chr";
    let modules = [
        (
            "math",
            "pi e tau inf nan sin cos sqrt floor ceil round abs min max gcd factorial isqrt hypot exp ln log pow clamp \
                  max_int min_int is_nan is_inf is_finite atan2 trunc sign degrees radians lcm log2 log10 cbrt tan tanh sinh cosh asin acos atan",
        ),
        ("random", "seed random float int bool normal choice sample shuffle"),
        ("time", "now unix iso parse_iso date interval"),
        ("json", "parse stringify"),
        ("fs", "read write"),
    ];
    let methods = [
        ("channel", "send recv try_send try_recv close is_closed len capacity"),
        ("mutex", "lock try_lock is_locked with"),
        ("guard", "unlock"),
        ("semaphore", "acquire try_acquire release permits with"),
        ("event", "set clear is_set wait"),
        ("barrier", "wait waiting parties"),
        ("watch", "get set changed close is_closed"),
        ("str", "len upper lower trim split replace"),
        ("float", "abs floor"),
    ];
    Prelude {
        names: names.split_whitespace().map(signature).collect(),
        modules: modules.map(|(name, members)| module(name, members)).into(),
        methods: methods.map(|(name, members)| (name, module(name, members).members)).into(),
    }
}

fn module(name: &str, members: &str) -> StandardModule {
    StandardModule { name: name.into(), members: members.split_whitespace().map(signature).collect() }
}

fn signature(name: &str) -> Signature {
    let returns = match name {
        "sleep" | "input" | "all" | "race" | "any" | "settled" | "timeout" | "shield" => Returns::Awaitable,
        "send" | "recv" | "read" | "write" | "lock" | "with" | "acquire" | "wait" | "changed" => {
            Returns::Awaitable
        }
        "completed" | "interval" => Returns::AsyncSource,
        "channel" => Returns::Channel,
        "mutex" => Returns::Mutex,
        "semaphore" => Returns::Semaphore,
        "event" => Returns::Event,
        "barrier" => Returns::Barrier,
        "watch" => Returns::Watch,
        "args" | "pi" | "tau" | "e" | "inf" | "nan" => Returns::Constant,
        _ => Returns::Plain,
    };
    Signature {
        name: name.into(),
        usage: String::new(),
        doc: String::new(),
        returns,
        min_args: 0,
        max_args: None,
    }
}

/// Files in memory. A path means what it does in a file system: relative to the importing file's folder.
#[derive(Default)]
pub struct Files(pub HashMap<PathBuf, String>);

impl Files {
    /// A program of several files, each behind a line `# file: name.co`; the first one is `main.co`.
    pub fn split(text: &str) -> Files {
        let mut files = HashMap::new();
        let mut name = PathBuf::from("/main.co");
        let mut content = String::new();
        for line in text.split_inclusive('\n') {
            if let Some(next) = line.strip_prefix("# file: ") {
                files.insert(
                    std::mem::replace(&mut name, Path::new("/").join(next.trim())),
                    std::mem::take(&mut content),
                );
            } else {
                content.push_str(line);
            }
        }
        files.insert(name, content);
        Files(files)
    }
}

/// Without `.` and `..`, as the file system would see it if there are no links.
pub fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                out.pop();
            }
            std::path::Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

impl SourceLoader for Files {
    fn resolve(&self, from: Option<&Path>, text: &str) -> Result<PathBuf, LoadError> {
        let folder = from.and_then(Path::parent).unwrap_or(Path::new("/"));
        Ok(normal(&folder.join(text)))
    }

    fn load(&self, path: &Path) -> Result<String, LoadError> {
        self.0.get(path).cloned().ok_or(LoadError { message: "no such file".into() })
    }

    fn display(&self, path: &Path) -> String {
        path.strip_prefix("/").unwrap_or(path).display().to_string()
    }
}

/// Everything that is to be said about a program before it runs.
pub fn front_end(text: &str) -> (Program, Vec<Diagnostic>) {
    let files = Files::split(text);
    let (program, report) =
        load_program(Entry::File("main.co"), &files, &prelude()).expect("the main file is there");
    (program, report.diagnostics)
}

/// `code line` of each diagnostic, in the order of places; of other files with their name.
pub fn codes(text: &str) -> Vec<String> {
    let (program, diagnostics) = front_end(text);
    listed(&diagnostics, &program.sources)
}

pub fn listed(diagnostics: &[Diagnostic], sources: &SourceMap) -> Vec<String> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| (diagnostic.primary(), diagnostic.code));
    let show = |diagnostic: &&Diagnostic| {
        let place = diagnostic.primary();
        let source = sources.get(place.source);
        let (line, _) = source.line_column(place.span.start);
        let file = if place.source.0 == 0 { String::new() } else { format!("{}:", source.name) };
        format!("{} {file}{line}", diagnostic.code)
    };
    sorted.iter().map(show).collect()
}
