//! The module graph: from a main file to all files of a program, parsed, resolved and checked.
//!
//! Files are found and read by the host ([`SourceLoader`]); each is loaded once, however many import it. The result is in
//! the order in which the modules run: what a file imports comes before it, in the order of its imports, the main file
//! last. A circle of imports is an error that shows the circle.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rustc_hash::FxHashMap;

use crate::{
    ast::{Ast, ImportId, ImportSource, StmtKind, Symbol},
    check::{self, File, Knowledge},
    diagnostic::{Code, Diagnostic, Edit, Severity, allow},
    parser,
    resolve::{self, Exports, FileRole, ImportExports, Outer, Prelude, Resolution},
    source::{Location, Source, SourceId, SourceMap, Span},
};

/// How the host finds and reads files.
pub trait SourceLoader {
    /// Which file `import "text"` means. `from` is the importing file; `None` stands for text that is no file, whose imports
    /// are looked up from the working directory. Equal paths are the same module, so the host should give absolute ones
    /// without links.
    fn resolve(&self, from: Option<&Path>, text: &str) -> Result<PathBuf, LoadError>;

    fn load(&self, path: &Path) -> Result<String, LoadError>;

    /// The path as people want to see it, for example relative to the working directory.
    fn display(&self, path: &Path) -> String {
        path.display().to_string()
    }
}

/// Why a file could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    /// To follow the file's name and a colon: `no such file`, `not UTF-8 (byte 17)`.
    pub message: String,
}

/// What a program starts with.
#[derive(Debug, Clone, Copy)]
pub enum Entry<'a> {
    /// A file, named as an import in the working directory would.
    File(&'a str),
    /// A text that is no file: `-e`, stdin.
    Text { name: &'a str, text: &'a str },
    /// A line at the REPL, with the names of the lines before. `path`: the file that the text was read from, for its imports.
    Line { name: &'a str, text: &'a str, outer: &'a Outer, path: Option<&'a Path> },
}

/// An index into [`Program::modules`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleId(pub u32);

#[derive(Debug)]
pub struct Module {
    pub source: SourceId,
    pub ast: Ast,
    pub resolution: Resolution,
    /// `None` for texts that are no files.
    pub path: Option<PathBuf>,
    /// By `ImportId`.
    pub imports: Vec<ImportTarget>,
    role: FileRole,
    /// There may be more in it than was read.
    has_syntax_errors: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportTarget {
    Standard(Symbol),
    Module(ModuleId),
    /// Reported.
    Missing,
}

/// All files of a program. At the REPL it grows with each line, and files that earlier lines have imported stay loaded.
#[derive(Debug, Default)]
pub struct Program {
    pub sources: SourceMap,
    /// In the order in which they run.
    pub modules: Vec<Module>,
    loaded: FxHashMap<PathBuf, Loaded>,
    /// What the checker knows of the functions in them.
    knowledge: Knowledge,
}

/// What a file offers to those that import it.
#[derive(Debug, Clone)]
struct Loaded {
    /// `None` if it has errors: nothing is known of it.
    known: Option<(ModuleId, Arc<Exports>)>,
}

/// What came of [`Program::load`].
#[derive(Debug, Default)]
pub struct Report {
    pub diagnostics: Vec<Diagnostic>,
    /// The entry's text ends too early and is not wrong before that: a REPL asks for another line.
    pub incomplete: bool,
}

/// A whole program from its main file or text. `Err` if the main file cannot be had.
pub fn load_program(
    entry: Entry<'_>,
    loader: &dyn SourceLoader,
    prelude: &Prelude,
) -> Result<(Program, Report), LoadError> {
    let mut program = Program::default();
    let report = program.load(entry, loader, prelude)?;
    Ok((program, report))
}

impl Program {
    /// Adds the entry's module behind those that it imports and that are not loaded yet. If the report has errors, the new
    /// modules must not run.
    pub fn load(
        &mut self,
        entry: Entry<'_>,
        loader: &dyn SourceLoader,
        prelude: &Prelude,
    ) -> Result<Report, LoadError> {
        let nothing = Outer::default();
        let (source, role, outer) = match entry {
            Entry::File(file) => {
                let path = loader.resolve(None, file)?;
                (Source::new(file, Some(path.clone()), loader.load(&path)?), FileRole::Script, &nothing)
            }
            Entry::Text { name, text } => (Source::new(name, None, text), FileRole::Script, &nothing),
            Entry::Line { name, text, outer, path } => {
                (Source::new(name, path.map(Path::to_path_buf), text), FileRole::Repl, outer)
            }
        };
        let mut graph = Graph { program: self, loader, prelude, report: Report::default(), open: Vec::new() };
        graph.open(source, role);
        graph.run(outer);
        let mut report = graph.report;
        if report.diagnostics.iter().any(|diagnostic| diagnostic.make_async.is_some()) {
            check::complete(&self.loaded_files(), &mut report.diagnostics);
        }
        Ok(report)
    }

    fn loaded_files(&self) -> Vec<check::Loaded<'_>> {
        (0..)
            .zip(&self.modules)
            .map(|(at, module)| check::Loaded {
                file: File {
                    source: module.source,
                    text: &self.sources.get(module.source).text,
                    ast: &module.ast,
                    resolution: &module.resolution,
                    role: module.role,
                    module: Some(ModuleId(at)),
                },
                imports: &module.imports,
                is_broken: module.has_syntax_errors,
            })
            .collect()
    }

    /// Takes back what was loaded since there were so many modules, and the failures to load: the files may be better the
    /// next time.
    pub fn retract(&mut self, modules: usize) {
        for module in self.modules.drain(modules..) {
            self.sources.forget(module.source);
        }
        self.loaded.retain(|_, loaded| matches!(loaded.known, Some((id, _)) if (id.0 as usize) < modules));
    }

    /// Takes the last module out: a REPL's line that has been compiled, whose text may still be needed.
    pub fn take_line(&mut self) -> Option<Module> {
        self.modules.pop()
    }

    /// Imports read their files again from now on; what has been imported so far stays as it is.
    pub fn forget_files(&mut self) {
        self.loaded.clear();
    }

    pub fn module(&self, id: ModuleId) -> &Module {
        &self.modules[id.0 as usize]
    }

    /// The module that was loaded last: the main file, or the REPL's line.
    pub fn main(&self) -> Option<&Module> {
        self.modules.last()
    }
}

struct Graph<'a> {
    program: &'a mut Program,
    loader: &'a dyn SourceLoader,
    prelude: &'a Prelude,
    report: Report,
    /// The files whose imports are being loaded, each imported by the one before.
    open: Vec<Open>,
}

/// A file that is parsed and waits for its imports.
struct Open {
    source: SourceId,
    path: Option<PathBuf>,
    role: FileRole,
    ast: Ast,
    comments: Vec<Span>,
    diagnostics: Vec<Diagnostic>,
    /// Its import statements, and how many of them are done.
    statements: Vec<ImportId>,
    done: usize,
    imports: Vec<ImportTarget>,
    exports: ImportExports,
}

impl Graph<'_> {
    fn run(&mut self, outer: &Outer) {
        while let Some(file) = self.open.last_mut() {
            match file.statements.get(file.done).copied() {
                Some(import) => {
                    file.done += 1;
                    self.import(import);
                }
                None => self.close(outer),
            }
        }
    }

    fn open(&mut self, source: Source, role: FileRole) {
        let path = source.path.clone();
        let text = source.text.clone();
        let id = self.program.sources.add(source);
        let parsed = parser::parse(id, &text);
        if self.open.is_empty() {
            self.report.incomplete = parsed.incomplete;
        }
        let ast = parsed.ast;
        let statements = ast.list(ast.root).iter().filter_map(|stmt| match ast[*stmt].kind {
            StmtKind::Import(id) => Some(id),
            _ => None,
        });
        self.open.push(Open {
            source: id,
            path,
            role,
            comments: parsed.tokens.comments.iter().map(|comment| comment.span).collect(),
            diagnostics: parsed.diagnostics,
            statements: statements.collect(),
            done: 0,
            imports: vec![ImportTarget::Missing; ast.imports.len()],
            exports: ImportExports::default(),
            ast,
        });
    }

    /// Loads what one import statement of the innermost open file means. If that is a new file, it is opened, and the
    /// statement is looked at again when it is closed.
    fn import(&mut self, id: ImportId) {
        let Some(file) = self.open.last_mut() else { return };
        let import = file.ast[id];
        let text = match import.source {
            ImportSource::Standard(name) => {
                file.imports[id.index()] = ImportTarget::Standard(name);
                return;
            }
            ImportSource::File(text) => file.ast.name(text).to_string(),
        };
        let place = Location { source: file.source, span: import.source_span };
        if !(text.starts_with("./") || text.starts_with("../") || Path::new(&text).is_absolute()) {
            return self.no_path(place, &text);
        }
        let path = match self.loader.resolve(file.path.as_deref(), &text) {
            Ok(path) => path,
            Err(error) => return self.not_loaded(place, &text, error),
        };
        if let Some(loaded) = self.program.loaded.get(&path) {
            if let Some((module, exports)) = &loaded.known {
                file.imports[id.index()] = ImportTarget::Module(*module);
                file.exports.files.insert(id, exports.clone());
            }
            return;
        }
        if let Some(start) = self.open.iter().position(|open| open.path.as_ref() == Some(&path)) {
            return self.circle(start, place);
        }
        match self.loader.load(&path) {
            Ok(content) => {
                if let Some(file) = self.open.last_mut() {
                    file.done -= 1;
                }
                let name = self.loader.display(&path);
                self.open(Source::new(name, Some(path), content), FileRole::Module);
            }
            Err(error) => {
                self.program.loaded.insert(path, Loaded { known: None });
                self.not_loaded(place, &text, error);
            }
        }
    }

    /// All imports of the innermost open file are loaded.
    fn close(&mut self, outer: &Outer) {
        let Some(mut file) = self.open.pop() else { return };
        let outer = if file.role == FileRole::Repl { outer } else { &Outer::default() };
        let (resolution, found) =
            resolve::resolve(file.source, &file.ast, self.prelude, file.role, outer, &file.exports);
        let source = self.program.sources.get(file.source).clone();
        let module = ModuleId(self.program.modules.len() as u32);
        let view = File {
            source: file.source,
            text: &source.text,
            ast: &file.ast,
            resolution: &resolution,
            role: file.role,
            module: Some(module),
        };
        let has_syntax_errors = has_errors(&file.diagnostics);
        let know = &mut self.program.knowledge;
        let found = found.into_iter().chain(check::check(view, self.prelude, &file.imports, know));
        if has_syntax_errors {
            // The declaration of a name may be what could not be read, and a statement may do nothing for the same reason.
            let certain = |diagnostic: &Diagnostic| {
                diagnostic.code != Code::UNDEFINED_NAME && diagnostic.severity == Severity::Error
            };
            file.diagnostics.extend(found.filter(certain));
        } else {
            file.diagnostics.extend(found);
        }
        allow::silence(&mut file.diagnostics, file.source, &source, file.comments);
        // A REPL's line is no module that could be imported, also where it was read from a file.
        if let (Some(path), true) = (&file.path, file.role != FileRole::Repl) {
            // Of a file that could not be read to its end, any name may be missing.
            let exports = (!has_syntax_errors).then(|| Arc::new(resolution.exports(file.source, &file.ast)));
            let known = exports.map(|exports| (module, exports));
            self.program.loaded.insert(path.clone(), Loaded { known });
        }
        self.report.diagnostics.extend(file.diagnostics);
        let Open { source, path, role, ast, imports, .. } = file;
        self.program.modules.push(Module { source, ast, resolution, path, imports, role, has_syntax_errors });
    }

    /// `import "util.co"`, which could be taken for the name of a package.
    fn no_path(&mut self, place: Location, text: &str) {
        let title = format!("cannot import \"{text}\": the path of a file begins with `./` or `../`");
        let edit = Edit { location: place, text: format!("\"./{text}\"") };
        let diagnostic =
            Diagnostic::new(Code::UNKNOWN_MODULE, title, place.source, place.span, "imported here")
                .fix("to import a file beside this one", vec![edit]);
        self.report.diagnostics.push(diagnostic);
    }

    fn not_loaded(&mut self, place: Location, text: &str, error: LoadError) {
        let title = format!("cannot import \"{text}\": {}", error.message);
        let mut diagnostic =
            Diagnostic::new(Code::UNKNOWN_MODULE, title, place.source, place.span, "imported here");
        let with_ending = format!("{text}.co");
        let from = self.open.last().and_then(|file| file.path.as_deref());
        let found =
            |text: &str| self.loader.resolve(from, text).is_ok_and(|path| self.loader.load(&path).is_ok());
        if !text.ends_with(".co") && found(&with_ending) {
            let edit = Edit { location: place, text: format!("\"{with_ending}\"") };
            diagnostic = diagnostic.suggest(format!("did you mean \"{with_ending}\"?"), vec![edit]);
        } else {
            diagnostic = diagnostic.note("the path of an import starts at the importing file");
        }
        self.report.diagnostics.push(diagnostic);
    }

    /// The innermost open file imports the one at `start`, which is still open.
    fn circle(&mut self, start: usize, place: Location) {
        let circle = &self.open[start..];
        let name = |file: &Open| self.program.sources.get(file.source).name.to_string();
        let mut names: Vec<String> = circle.iter().map(name).collect();
        names.push(name(&circle[0]));
        let (title, label) = match circle.len() {
            1 => ("a file imports itself".to_string(), "this is the file itself".to_string()),
            _ => (
                format!("files import each other in a circle: {}", names.join(" → ")),
                format!("imports {}", names[0]),
            ),
        };
        let mut diagnostic = Diagnostic::new(Code::IMPORT_CYCLE, title, place.source, place.span, label);
        for (file, next) in circle.iter().zip(&names[1..]).take(circle.len() - 1) {
            // It was put back until the file that it opened is closed.
            let Some(import) = file.statements.get(file.done).copied() else { continue };
            diagnostic =
                diagnostic.label(file.source, file.ast[import].source_span, format!("imports {next}"));
        }
        diagnostic = diagnostic
            .note("a file runs before those that import it, so none of these could be the first")
            .help("move what they share into a file that imports none of them");
        self.report.diagnostics.push(diagnostic);
    }
}

fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
}

#[cfg(test)]
mod tests;
