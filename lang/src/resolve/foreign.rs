//! Names of other files and modules: imports, their members, and what other languages call things.

use super::{Export, ExportKind, GlobalKind, Res, walk::Resolver};
use crate::{
    ast::{ExprId, ExprKind, ImportId, ImportSource, Symbol},
    diagnostic::{Code, Diagnostic, nearest::nearest},
    source::Span,
};

/// What somebody who writes a name of another language should write in Co.
pub(super) struct Foreign {
    pub label: &'static str,
    pub help: &'static str,
    /// What to put in its place, where that is all.
    pub replacement: Option<&'static str>,
}

pub(super) fn name(text: &str) -> Option<Foreign> {
    let (help, replacement) = match text {
        "None" | "null" | "undefined" | "NULL" | "Null" | "nullptr" | "Nil" | "NIL" | "void" => {
            ("the value that stands for nothing is `nil`", Some("nil"))
        }
        "True" | "TRUE" => ("truth is `true`", Some("true")),
        "False" | "FALSE" => ("falsehood is `false`", Some("false")),
        "this" => ("a method's own object is `self`, its first parameter", Some("self")),
        "println" | "printf" | "puts" | "echo" | "printLn" => ("`print(…)` writes a line", Some("print")),
        "console" => ("`print(…)` writes a line, `eprint(…)` writes one to stderr", None),
        "len" => ("write `x.len()`", None),
        "abs" | "round" | "floor" | "ceil" | "sorted" | "enumerate" | "zip" | "sum" | "min" | "max"
        | "filter" | "join" | "keys" | "values" | "items" => {
            ("this is a method in Co: the value comes first, as in `xs.sum()`", None)
        }
        "reversed" => ("write `xs.rev()`", None),
        "reduce" => ("write `xs.fold(start, |a, b| …)`", None),
        "pow" => ("write `a ** b`", None),
        "isinstance" | "typeof" | "instanceof" => ("write `x is Point`, or `type(x)`", None),
        "repr" => ("`\"{x}\"` and `str(x)` give a value as text", None),
        "dict" | "Map" | "HashMap" | "Object" => ("a map is written `{}` or `{key: value}`", None),
        "Array" | "Vec" | "vec" => ("a list is written `[]` or `[1, 2]`", None),
        "Set" | "HashSet" => ("a set is made by `set([1, 2])`", None),
        "String" | "string" => ("`str(x)` gives a value as text, `str` is the type", None),
        "Some" | "Ok" => ("a value stands for itself, without a wrapper; `nil` stands for none", None),
        "Err" | "panic" | "raise" => ("write `throw error(\"what went wrong\")`", None),
        "Exception" | "TypeError" | "ValueError" | "KeyError" | "IndexError" | "RuntimeError"
        | "NameError" | "OverflowError" | "AssertionError" | "StackOverflow" | "ChannelClosed"
        | "Deadlock" | "IoError" | "PermissionError" | "ImportError" | "MemoryLimit" | "DivisionByZero" => (
            "kinds of errors are strings: `error(message, kind: \"ValueError\")`, and `catch e if e.kind == \"ValueError\"`",
            None,
        ),
        "asyncio" | "Promise" | "tokio" => {
            ("`spawn`, `sleep`, `all`, `race` and `timeout` need no import", None)
        }
        "gather" => ("`await all([f(), g()])` waits for several", None),
        "create_task" | "ensure_future" | "go" => ("`spawn f()` starts a task", None),
        "setTimeout" => ("`spawn { await sleep(1s); f() }` does something later", None),
        "Math" => ("`import math`, then `math.sqrt(x)`", None),
        "JSON" => ("`import json`, then `json.parse(text)`", None),
        "require" | "include" => {
            ("`import \"./file.co\"` loads a file, `import name` a standard module", None)
        }
        "pass" => ("a block that does nothing is empty: `{ }`", None),
        "begin" | "end" | "done" | "fi" | "endif" | "od" | "esac" => {
            ("blocks stand in braces: `if x { … }`", None)
        }
        "__name__" => {
            ("a script is what is run, and has no `main`: write the statements at the end of the file", None)
        }
        "argv" => ("the script's arguments are the list `args`", Some("args")),
        _ => return None,
    };
    Some(Foreign { label: "Co has no such name", help, replacement })
}

impl Resolver<'_> {
    /// `object.name` where the object may be an imported module.
    pub(super) fn check_member(&mut self, object: ExprId, name: Symbol, span: Span, assigned: bool) {
        let object = self.ast.unparen(object);
        let ExprKind::Name(binding) = self.ast[object].kind else { return };
        let Some(Res::Global(global)) = self.out.names[object.index()] else { return };
        let GlobalKind::Module(import) = self.out.global(global).kind else { return };
        let text = self.ast.name(name);
        let name_span = Span::new(span.end.saturating_sub(text.len() as u32).max(span.start), span.end);
        let found = self.check_offered(import, self.ast.name(binding), text, name_span);
        if assigned && found {
            let error = self
                .error(
                    Code::ASSIGNED_CONSTANT,
                    format!("`{text}` cannot be assigned from outside"),
                    name_span,
                    "assigned here",
                )
                .note("only the module itself can assign its variables")
                .help("the module can offer a function that does it");
            self.report(error);
        }
    }

    /// Checks an import statement's module and items.
    pub(super) fn check_import(&mut self, id: ImportId) {
        let import = self.ast[id];
        if let ImportSource::Standard(name) = import.source
            && !self.prelude.modules.iter().any(|module| module.name == self.ast.name(name))
        {
            self.unknown_module(self.ast.name(name), import.source_span);
            return;
        }
        let module = match import.source {
            ImportSource::Standard(name) | ImportSource::File(name) => self.ast.name(name),
        };
        for item in import.items.map(|items| self.ast.list(items)).unwrap_or_default() {
            self.check_offered(id, module, self.ast.name(item.name.name), item.name.span);
        }
    }

    /// Reports a name that the module does not offer. Gives whether it does, as far as that is known.
    fn check_offered(&mut self, import: ImportId, module: &str, name: &str, span: Span) -> bool {
        match self.ast[import].source {
            ImportSource::Standard(standard) => {
                let standard = self.ast.name(standard);
                let Some(known) = self.prelude.modules.iter().find(|module| module.name == standard) else {
                    return false;
                };
                if known.members.iter().any(|member| member.name == name) {
                    return true;
                }
                let members = known.members.iter().map(|member| member.name.as_str());
                let error = self.unknown_member(module, name, span, members);
                self.report(error);
                false
            }
            ImportSource::File(_) => {
                let Some(exports) = self.imports.files.get(&import).cloned() else { return false };
                let found = exports.find(name);
                if found.is_some_and(Export::is_public) {
                    return true;
                }
                let public = exports.names.iter().filter(|export| export.is_public());
                let public = public.map(|export| export.name.as_str());
                let error = match found {
                    Some(export) if export.kind == ExportKind::Module => self
                        .error(
                            Code::UNKNOWN_MEMBER,
                            format!("{module} has no `{name}`"),
                            span,
                            "unknown name",
                        )
                        .label(export.location.source, export.location.span, "imported there for its own use")
                        .help("import it here as well"),
                    Some(export) => self
                        .error(
                            Code::PRIVATE_NAME,
                            format!("`{name}` is private to {module}"),
                            span,
                            "used outside its file",
                        )
                        .label(export.location.source, export.location.span, "declared here")
                        .note("a name that starts with `_` belongs to its file alone"),
                    None => self.unknown_member(module, name, span, public),
                };
                self.report(error);
                false
            }
        }
    }

    fn unknown_member<'a>(
        &self,
        module: &str,
        name: &str,
        span: Span,
        members: impl Iterator<Item = &'a str> + Clone,
    ) -> Diagnostic {
        let text = format!("{module} has no `{name}`");
        let error = self.error(Code::UNKNOWN_MEMBER, text, span, "unknown name");
        if let Some(near) = nearest(name, members.clone()) {
            return error.suggest(format!("did you mean `{near}`?"), self.edit(span, near));
        }
        // A short list is a better hint than none.
        let mut all: Vec<&str> = members.take(13).collect();
        all.sort_unstable();
        match all.len() {
            0 => error.note("it offers no names"),
            1..=12 => error.note(format!("it offers {}", all.join(", "))),
            _ => error,
        }
    }

    fn unknown_module(&mut self, name: &str, span: Span) {
        let text = format!("there is no standard module `{name}`");
        let mut error = self.error(Code::UNKNOWN_MODULE, text, span, "not found");
        let modules = self.prelude.modules.iter().map(|module| module.name.as_str());
        if let Some(near) = nearest(name, modules) {
            error = error.suggest(format!("did you mean `{near}`?"), self.edit(span, near));
        } else if matches!(name, "asyncio" | "tokio" | "async") {
            error = error.help("`spawn`, `sleep`, `all`, `race` and `timeout` need no import");
        } else {
            error =
                error.help(format!("a file of your own is imported by its path: `import \"./{name}.co\"`"));
        }
        self.report(error);
    }

    /// An import inside a function or block, which the parser has reported. What it would bind is declared there, so that
    /// its uses are not reported.
    pub(super) fn import_inside(&mut self, id: ImportId) {
        let import = self.ast[id];
        let items = import.items.map(|items| self.ast.list(items)).unwrap_or_default();
        let bindings = match import.items {
            Some(_) => items.iter().map(|item| item.binding).collect(),
            None => vec![import.binding],
        };
        for binding in bindings {
            let local = self.make_local(binding.name, binding.span, false);
            self.pass(local);
        }
    }
}
