//! E0301, E0304, E0311: `await` where nothing can be awaited, `scope` and `select` without it.
//!
//! The mistake is that a function is not `async`, so there is one diagnostic for each such function, however many awaits
//! it has.

use super::{File, walk::Around};
use crate::{
    ast::{FnForm, FnId, StructId},
    diagnostic::{Code, Diagnostic, Edit, MakeAsync},
    source::{Location, Span},
};

/// Labels for further awaits of one function; more would hide the rest of the report.
const MAX_LABELS: usize = 3;

/// The misplaced awaits found so far.
#[derive(Default)]
pub(super) struct Awaits {
    plain: Vec<Plain>,
}

/// A function that awaits and is not async.
struct Plain {
    function: Inner,
    /// The `await` words.
    awaits: Vec<Span>,
    /// The async function around, if this is a lambda.
    outer: Option<FnId>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inner {
    Function(FnId),
    Parameters(FnId),
    Defaults(StructId),
}

impl Awaits {
    /// An `await` stands at `span`.
    pub(super) fn at(&mut self, around: &[Around], file: &File<'_>, span: Span) {
        let functions = around.iter().rev().filter_map(|around| match *around {
            Around::Function(id) => Some(Inner::Function(id)),
            Around::Parameters(id) => Some(Inner::Parameters(id)),
            Around::Defaults(id) => Some(Inner::Defaults(id)),
            _ => None,
        });
        let mut functions = functions.peekable();
        let Some(&function) = functions.peek() else { return };
        if let Inner::Function(id) = function
            && can_await(file, id)
        {
            return;
        }
        if let Some(known) = self.plain.iter_mut().rev().find(|plain| plain.function == function) {
            known.awaits.push(span);
            return;
        }
        // Through lambdas in lambdas to the function that was written around them.
        let is_lambda = |function: &Inner| match function {
            Inner::Function(id) => file.ast[*id].form == FnForm::Lambda && !can_await(file, *id),
            Inner::Parameters(_) | Inner::Defaults(_) => false,
        };
        let outer = match functions.find(|function| !is_lambda(function)) {
            Some(Inner::Function(outer)) if is_lambda(&function) && can_await(file, outer) => Some(outer),
            _ => None,
        };
        self.plain.push(Plain { function, awaits: vec![span], outer });
    }

    /// A `scope` or `select` stands at `span` and is not awaited.
    pub(super) fn missing(&self, file: &File<'_>, word: &str, span: Span, diagnostics: &mut Vec<Diagnostic>) {
        let head = Span::new(span.start, span.start + word.len() as u32);
        let what = match word {
            "scope" => "waits for the tasks spawned in it",
            _ => "waits until one of its arms is ready",
        };
        let edit =
            Edit { location: Location { source: file.source, span: span.before() }, text: "await ".into() };
        let diagnostic = Diagnostic::new(
            Code::MISPLACED_ASYNC,
            format!("`{word}` without `await`"),
            file.source,
            head,
            what,
        )
        .note("everything that can pause shows its `await`")
        .fix("await it", vec![edit]);
        diagnostics.push(diagnostic);
    }

    /// Those that await without being `async`.
    pub(super) fn functions(&self) -> impl Iterator<Item = FnId> {
        self.plain.iter().filter_map(|plain| match plain.function {
            Inner::Function(id) => Some(id),
            Inner::Parameters(_) | Inner::Defaults(_) => None,
        })
    }

    pub(super) fn report(self, file: File<'_>, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.extend(self.plain.iter().map(|plain| plain.diagnostic(file)));
    }
}

impl Plain {
    fn diagnostic(&self, file: File<'_>) -> Diagnostic {
        let (first, others) = (self.awaits[0], &self.awaits[1..]);
        let mut diagnostic = match (self.function, self.outer) {
            (Inner::Defaults(id), _) => self.in_default(file, id, first),
            (Inner::Parameters(id), _) => self.in_parameters(file, id, first),
            (Inner::Function(id), Some(outer)) => self.in_lambda(file, id, outer, first),
            (Inner::Function(id), None) => self.in_function(file, id, first),
        };
        for other in others.iter().take(MAX_LABELS) {
            diagnostic = diagnostic.label(file.source, *other, "here too");
        }
        diagnostic
    }

    fn in_default(&self, file: File<'_>, id: StructId, first: Span) -> Diagnostic {
        let name = file.ast[id].name;
        Diagnostic::new(
            Code::AWAIT_OUTSIDE_ASYNC,
            "`await` in the default of a field",
            file.source,
            first,
            "cannot wait here",
        )
        .label(file.source, name.span, format!("evaluated when a `{}` is made", file.ast.name(name.name)))
        .note("making an instance is a plain call, which gives its result at once")
        .help("await it before, and pass the value to the struct")
    }

    fn in_parameters(&self, file: File<'_>, id: FnId, first: Span) -> Diagnostic {
        let head = file.ast[id].head;
        Diagnostic::new(
            Code::AWAIT_OUTSIDE_ASYNC,
            "`await` in the default of a parameter",
            file.source,
            first,
            "cannot wait here",
        )
        .label(file.source, head, "defaults are evaluated by the call, before this function runs")
        .help("let the default be `nil`, and await inside the function")
    }

    fn in_lambda(&self, file: File<'_>, id: FnId, outer: FnId, first: Span) -> Diagnostic {
        let around = match file.ast[outer].form {
            FnForm::AsyncBlock | FnForm::SpawnBlock | FnForm::Test => "block",
            _ => "function",
        };
        let (head, outer) = (file.ast[id].head, file.ast[outer].head);
        Diagnostic::new(
            Code::AWAIT_IN_PLAIN_LAMBDA,
            "`await` inside a plain lambda",
            file.source,
            first,
            "cannot wait here",
        )
        .label(file.source, head, "this lambda is not `async`")
        .label(file.source, outer, format!("that this {around} is `async` does not help"))
        .note("a lambda is a function of its own; who calls a plain one expects its result at once")
        .help("use a `for` loop, or `await all(xs.map(|x| f(x)))` to do it for all items at once")
        .suggest("make the lambda `async`; whoever calls it must then await it", vec![insert(file, head)])
    }

    fn in_function(&self, file: File<'_>, id: FnId, first: Span) -> Diagnostic {
        let function = file.ast[id];
        let (title, what) = match function.name {
            Some(name) => (
                "`await` outside an async function",
                format!("`{}` is not `async`", file.ast.name(name.name)),
            ),
            None => ("`await` outside an async function", "this lambda is not `async`".to_string()),
        };
        let mut diagnostic =
            Diagnostic::new(Code::AWAIT_OUTSIDE_ASYNC, title, file.source, first, "cannot wait here")
                .label(file.source, function.head, what)
                .note("`await` lets other tasks run before it goes on, so the function says so with `async`");
        let otherwise = "make it `async`; whoever calls it must then await it";
        if function.form == FnForm::Named {
            diagnostic.make_async = Some(Box::new(MakeAsync { function: id, with: None, otherwise }));
            return diagnostic;
        }
        diagnostic.suggest(otherwise, vec![insert(file, function.head)])
    }
}

/// The function may contain `await`.
pub(super) fn can_await(file: &File<'_>, id: FnId) -> bool {
    let function = &file.ast[id];
    function.is_async || matches!(function.form, FnForm::AsyncBlock | FnForm::SpawnBlock | FnForm::Test)
}

/// Writes `async` in front of a function's head.
pub(super) fn insert(file: File<'_>, head: Span) -> Edit {
    Edit { location: Location { source: file.source, span: head.before() }, text: "async ".into() }
}
