//! What was found, in words: E0302, E0303, E0305 to E0309 with their labels and changes.
//!
//! This comes last because the right change depends on the whole file: a coroutine that is awaited elsewhere stays one, and is awaited
//! where its result is due; otherwise the `await` belongs where it is made.

use super::*;
use crate::{
    ast::Ast,
    check::{awaits::can_await, sites},
    diagnostic::{Code, Edit, MakeAsync},
};
use types::{Maker, Object, Origin};

pub(super) fn diagnostics(infer: &mut Infer<'_>) -> Vec<Diagnostic> {
    let mut findings = std::mem::take(&mut infer.findings);
    if findings.is_empty() {
        return Vec::new();
    }
    // The first word about a coroutine counts; the others are consequences.
    let mut told: FxHashSet<OriginId> = FxHashSet::default();
    findings.retain(|finding| {
        let is_new = finding.origin.is_none_or(|origin| told.insert(origin));
        told.extend(finding.others.iter().map(|(_, origin)| *origin));
        is_new
    });
    for finding in &findings {
        if let Some(function) = finding.function {
            infer.activity[function.index()].has_finding = true;
        }
    }
    let writer = Writer::new(infer);
    findings.iter().map(|finding| writer.diagnostic(finding)).collect()
}

struct Writer<'a> {
    file: File<'a>,
    first_function: u32,
    know: &'a Knowledge,
    consumed: &'a FxHashSet<OriginId>,
    owners: sites::Owners,
    /// Something follows that belongs to the expression's value: `f().x`.
    continued: FxHashSet<ExprId>,
    sites: sites::Sites,
}

impl<'a> Writer<'a> {
    fn new(infer: &'a Infer<'_>) -> Writer<'a>
    where
        'a: 'a,
    {
        let ast = infer.file.ast;
        let continued = ast.exprs.iter().filter_map(|expr| match expr.kind {
            ExprKind::Call(callee, _) => Some(callee),
            ExprKind::Field { object, .. } | ExprKind::Index { object, .. } => Some(object),
            _ => None,
        });
        Writer {
            file: infer.file,
            first_function: infer.first_function,
            know: infer.know,
            consumed: &infer.consumed,
            owners: sites::Owners::new(infer.file),
            continued: continued.collect(),
            sites: sites::Sites::find(infer.file),
        }
    }

    fn ast(&self) -> &'a Ast {
        self.file.ast
    }

    fn diagnostic(&self, finding: &Finding) -> Diagnostic {
        let origin = finding.origin.map(|id| (id, *self.know.origin(id)));
        match finding.kind {
            Kind::Dropped => self.dropped(finding.at, origin),
            Kind::Unused(name) => {
                let text = self.text(name);
                self.dropped(finding.at, origin).label(
                    self.file.source,
                    name,
                    format!("nothing reads `{text}`"),
                )
            }
            Kind::Overwritten(place) => {
                let text = self.text(place);
                self.dropped(finding.at, origin).label(
                    self.file.source,
                    place,
                    format!("here `{text}` gets another value"),
                )
            }
            Kind::DroppedByEach => self.dropped_by_each(finding.at, origin),
            Kind::NotAwaitable(ty, value) => {
                let diagnostic = self.not_awaitable(finding.at, ty, value);
                finding
                    .also
                    .iter()
                    .fold(diagnostic, |it, span| it.label(self.file.source, *span, "this one too"))
            }
            Kind::Twice { first, looped } => self.twice(finding.at, first, looped, origin),
            Kind::NotSpawnable(ty, value) => self.not_spawnable(finding.at, ty, value),
            Kind::SpawnedResult(inner) => self.spawned_result(finding.at, inner),
            Kind::UsedAs(as_, expr) => self.used_as(finding, as_, expr, origin),
            Kind::WaitlessFor(ty, head) => self.waitless_for(finding.at, ty, head),
            Kind::PlainFor(ty, head, word) => self.plain_for(finding.at, ty, head, word),
            Kind::NeverReady => self
                .new_one(
                    Code::MISPLACED_ASYNC,
                    "beside an `else` this arm can never be ready",
                    finding.at,
                    "has to run before it is ready",
                )
                .note("with an `else`, `select` asks only what is ready at once")
                .help("spawn it as a task before, and select on the task"),
            Kind::Returned(expr) => self.returned(finding, expr, origin),
        }
    }

    fn new_one(
        &self,
        code: Code,
        message: impl Into<String>,
        at: Span,
        label: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(code, message, self.file.source, at, label)
    }

    fn text(&self, span: Span) -> &'a str {
        self.file.text.get(span.range()).unwrap_or("")
    }

    fn edit(&self, span: Span, text: impl Into<String>) -> Edit {
        Edit { location: Location { source: self.file.source, span }, text: text.into() }
    }

    /// `of `save``, or nothing for what has no name.
    fn of(&self, origin: &Origin) -> String {
        match self.name(origin) {
            Some(name) => format!(" of `{name}`"),
            None => String::new(),
        }
    }

    fn name(&self, origin: &Origin) -> Option<&str> {
        let name = match origin.maker {
            Maker::Function(id) => self.function_name(id),
            Maker::Native(at) => self.know.names.get(at as usize).map_or("", String::as_str),
            Maker::Block | Maker::Several => "",
        };
        (!name.is_empty()).then_some(name)
    }

    /// As messages name it; empty for lambdas.
    fn function_name(&self, id: FnRef) -> &str {
        match id.0.checked_sub(self.first_function) {
            Some(own) => self.ast()[FnId(own)].name.map_or("", |name| self.ast().name(name.name)),
            None => &self.know.function(id).name,
        }
    }

    fn params_text(&self, id: FnRef) -> String {
        match id.0.checked_sub(self.first_function) {
            Some(own) => params_text(self.file, FnId(own)),
            None => self.know.function(id).params.to_string(),
        }
    }

    // ---- changes

    /// The code at this place may wait.
    fn may_await(&self, span: Span) -> bool {
        match self.owners.of(span) {
            Owner::TopLevel => true,
            Owner::Function(id) => can_await(&self.file, id),
            Owner::Defaults(_) => false,
        }
    }

    /// The edits that put `await` before an expression.
    fn await_edits(&self, id: ExprId) -> Vec<Edit> {
        let span = self.ast()[id].span;
        if self.continued.contains(&id) {
            vec![self.edit(span.before(), "(await "), self.edit(span.after(), ")")]
        } else {
            vec![self.edit(span.before(), "await ")]
        }
    }

    /// Awaits an expression, and makes what is around it `async` if it is a function whose calls are all known.
    fn with_await(&self, diagnostic: Diagnostic, id: ExprId) -> Diagnostic {
        let span = self.ast()[id].span;
        if self.may_await(span) {
            return diagnostic.fix("await it", self.await_edits(id));
        }
        let Owner::Function(function) = self.owners.of(span) else { return diagnostic };
        let facts = self.ast()[function];
        let diagnostic = diagnostic.label(self.file.source, facts.head, "not `async`, so it cannot wait");
        if facts.form != FnForm::Named {
            return diagnostic.help("only an `async` function can await it");
        }
        let name = facts.name.map_or("it", |name| self.ast().name(name.name));
        self.with_async(
            diagnostic,
            function,
            format!("make `{name}` `async`, await its calls, and await this"),
            self.await_edits(id),
            "make the function `async`, await its calls, and await this",
        )
    }

    /// A change that goes with a function becoming `async`.
    fn with_async(
        &self,
        mut diagnostic: Diagnostic,
        function: FnId,
        message: String,
        edits: Vec<Edit>,
        otherwise: &'static str,
    ) -> Diagnostic {
        diagnostic.make_async =
            Some(Box::new(MakeAsync { function, with: Some((message, edits)), otherwise }));
        diagnostic
    }

    /// Where `await` belongs if the result is meant at `use_`: where the coroutine is made, unless it is wanted as one elsewhere.
    fn where_to_await(&self, use_: ExprId, origin: Option<(OriginId, Origin)>) -> Option<ExprId> {
        let ast = self.ast();
        if !matches!(ast[ast.unparen(use_)].kind, ExprKind::Name(_)) {
            return matches!(ast[ast.unparen(use_)].kind, ExprKind::Call(..) | ExprKind::Lambda(_))
                .then_some(use_);
        }
        let (id, origin) = origin?;
        match origin.expr {
            Some(made) if !self.consumed.contains(&id) => Some(made),
            // Awaiting it twice would be another mistake.
            None if !self.consumed.contains(&id) && self.is_read_once(use_) => Some(use_),
            None => None,
            Some(_) => Some(use_),
        }
    }

    fn is_read_once(&self, name: ExprId) -> bool {
        let ast = self.ast();
        let ExprKind::Name(symbol) = ast[ast.unparen(name)].kind else { return false };
        ast.exprs.iter().filter(|expr| matches!(expr.kind, ExprKind::Name(other) if other == symbol)).count()
            == 1
    }

    // ---- E0302

    fn dropped(&self, at: Span, origin: Option<(OriginId, Origin)>) -> Diagnostic {
        let Some((_, origin)) = origin else {
            return self.new_one(Code::NEVER_AWAITED, "a coroutine is never awaited", at, "dropped here");
        };
        let name = self.name(&origin).unwrap_or("");
        let mut diagnostic = match (origin.maker, name) {
            (Maker::Native(_), "sleep") => self
                .new_one(
                    Code::NEVER_AWAITED,
                    "`sleep` without `await` does not wait",
                    at,
                    "only makes a coroutine that would wait",
                )
                .note("the program goes on at once, and the coroutine is dropped"),
            (Maker::Native(_), _) => self
                .new_one(
                    Code::NEVER_AWAITED,
                    format!("`{name}` without `await` does nothing"),
                    at,
                    "only makes a coroutine",
                )
                .note("it acts when it is awaited, not when it is called"),
            _ => self
                .new_one(
                    Code::NEVER_AWAITED,
                    format!("the coroutine{} is never awaited", self.of(&origin)),
                    at,
                    "made here, and dropped",
                )
                .note("a call of an async function only makes a coroutine; nothing in it runs until it is awaited or spawned"),
        };
        if let Some(through) = origin.through {
            diagnostic = diagnostic.label(through.source, through.span, "the coroutine comes from here");
        }
        let Some(expr) = origin.expr else { return diagnostic };
        // A list of them, or the variable that holds it.
        let expr = match self.ast()[expr].span == at {
            true => expr,
            false if self.text(at).starts_with('[') || !self.is_name(at) => {
                return self.all_of_them(diagnostic, at);
            }
            false => self.expr_at(at).unwrap_or(expr),
        };
        if self.may_await(at) {
            return diagnostic.fix("await it", self.await_edits(expr));
        }
        if matches!(origin.maker, Maker::Native(_)) {
            return self.with_await(diagnostic, expr);
        }
        diagnostic
            .fix("let it run as a task of its own", vec![self.edit(at.before(), "spawn ")])
            .help("to wait for it, make the function around `async`")
    }

    fn is_name(&self, at: Span) -> bool {
        self.text(at).chars().all(|c| c.is_alphanumeric() || c == '_')
    }

    fn expr_at(&self, at: Span) -> Option<ExprId> {
        (0..).map(ExprId).zip(&self.ast().exprs).find(|(_, expr)| expr.span == at).map(|(id, _)| id)
    }

    fn all_of_them(&self, diagnostic: Diagnostic, at: Span) -> Diagnostic {
        if !self.may_await(at) {
            return diagnostic.help("only an `async` function can await them: `await all(…)`");
        }
        diagnostic
            .fix("await all of them", vec![self.edit(at.before(), "await all("), self.edit(at.after(), ")")])
    }

    fn dropped_by_each(&self, at: Span, origin: Option<(OriginId, Origin)>) -> Diagnostic {
        let of = origin.map_or_else(String::new, |(_, origin)| self.of(&origin));
        self.new_one(
            Code::NEVER_AWAITED,
            format!("the coroutines{of} are never awaited"),
            at,
            "one for each item, and dropped",
        )
        .note("`each` does not wait: it expects that the function has done its work when it returns")
        .help("`for x in xs { await f(x) }` does one after the other, `await all(xs.map(|x| f(x)))` all at once")
    }

    // ---- E0303

    fn not_awaitable(&self, at: Span, ty: Ty, value: ExprId) -> Diagnostic {
        let ast = self.ast();
        let inner = ast.unparen(value);
        let span = ast[inner].span;
        let text = short(self.text(span));
        let code = Code::NOT_AWAITABLE;
        let word = self.await_word(at, span);
        let plain = self.know.as_plain(ty);
        match ty {
            Ty::Function(id) => {
                let facts = self.know.function(id);
                let named = match self.function_name(id) {
                    "" => "this function".to_string(),
                    name => format!("`{name}`"),
                };
                let diagnostic = self
                    .new_one(code, format!("{named} is not called"), span, "a function, not a coroutine")
                    .label(
                        facts.at.source,
                        facts.at.span,
                        if facts.is_async {
                            "its call makes a coroutine"
                        } else {
                            "it is not `async` either"
                        },
                    );
                self.with_call(diagnostic, span, Some(id))
            }
            Ty::Functions { .. } | Ty::Native(_) => {
                let diagnostic = self.new_one(
                    code,
                    format!("`{text}` is not called"),
                    span,
                    "a function, not a coroutine",
                );
                self.with_call(diagnostic, span, None)
            }
            Ty::Object(object) => {
                let (how, what) = match object {
                    Object::Channel => ("recv()", "receive a value"),
                    Object::Mutex => ("lock()", "lock it"),
                    Object::Semaphore => ("acquire()", "take a permit"),
                    Object::Event | Object::Barrier => ("wait()", "wait for it"),
                    Object::Watch => ("changed()", "wait for a change"),
                    Object::Guard => ("unlock()", "unlock, without `await`"),
                };
                let named = object_text(object);
                let diagnostic = self
                    .new_one(code, format!("`await` on {named}"), span, format!("{named} cannot be awaited"))
                    .note("what can be awaited are its operations");
                match object {
                    Object::Guard => diagnostic.help(format!("to {what}: `{text}.{how}`")),
                    Object::Event | Object::Barrier if word.is_some() => {
                        diagnostic.fix(format!("to {what}"), vec![self.edit(span.after(), format!(".{how}"))])
                    }
                    _ => diagnostic.help(format!("to {what}: `await {text}.{how}`")),
                }
            }
            Ty::Source | Ty::AsyncGenerator => self
                .new_one(code, "`await` on an async source", span, "gives many values, one after the other")
                .help(format!("to walk it: `for await x in {text} {{ … }}`")),
            Ty::List(_) | Ty::Plain(Plain::List) => {
                let diagnostic =
                    self.new_one(code, "`await` on a list", span, "a list is not awaited as a whole");
                match (self.know.coroutine_in(ty), word) {
                    (Some(_), Some(_)) => diagnostic.fix(
                        "await all of them at once",
                        vec![self.edit(span.before(), "all("), self.edit(span.after(), ")")],
                    ),
                    _ => diagnostic.help("`await all(xs)` awaits the coroutines and tasks of a list"),
                }
            }
            _ => {
                let what = match plain {
                    Some(plain) => plain.text(),
                    None => match ty {
                        Ty::Struct(_) => "a struct",
                        Ty::Module(_) => "a module",
                        _ => "a plain value",
                    },
                };
                let mut diagnostic = match ast[inner].kind {
                    ExprKind::Call(callee, _) => {
                        let name = short(self.text(ast[callee].span));
                        let title = match ty {
                            Ty::Instance(_) | Ty::Record(_) => format!("`await` on a new `{name}`"),
                            _ => format!("`await` on the result of `{name}`, which is not `async`"),
                        };
                        self.new_one(code, title, span, "its result is there at once")
                    }
                    _ => self.new_one(
                        code,
                        format!("`await` on {what}"),
                        span,
                        format!("{what}: there is nothing to wait for"),
                    ),
                };
                if let Some(head) = self.head_of_callee(inner) {
                    diagnostic = diagnostic.label(head.source, head.span, "not `async`");
                }
                diagnostic = diagnostic
                    .note("`await` takes a coroutine, a task, or a wait such as `sleep(1s)` or `ch.recv()`");
                match word {
                    Some(word) => diagnostic.fix("remove the `await`", vec![self.edit(word, "")]),
                    None => diagnostic,
                }
            }
        }
    }

    /// The call of what is only named. It is certain without arguments; otherwise the names of the parameters are there to be filled in.
    fn with_call(&self, diagnostic: Diagnostic, span: Span, function: Option<FnRef>) -> Diagnostic {
        let name = short(self.text(span));
        let facts = function.map(|id| self.know.function(id)).filter(|facts| facts.is_async);
        let params = function.map_or(String::new(), |id| self.params_text(id));
        match facts {
            Some(facts) if facts.needs_nothing && !facts.is_generator => {
                diagnostic.fix("call it", vec![self.edit(span.after(), "()")])
            }
            Some(_) if !params.is_empty() => {
                let call = format!("({params})");
                let message = format!("call it with what it needs: `{name}{call}`");
                diagnostic.suggest(message, vec![self.edit(span.after(), call)])
            }
            _ => diagnostic.help(format!("call it: `{name}(…)`")),
        }
    }

    /// The `await` in front of an operand, with the blank behind it; `None` if the value is awaited by something else.
    fn await_word(&self, at: Span, operand: Span) -> Option<Span> {
        let text = self.text(at);
        (text.starts_with("await") && at.start < operand.start).then(|| {
            let rest = &text["await".len()..];
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            Span::new(at.start, at.start + "await".len() as u32 + blanks as u32)
        })
    }

    fn head_of_callee(&self, call: ExprId) -> Option<Location> {
        let ExprKind::Call(callee, _) = self.ast()[call].kind else { return None };
        let id = self.sites.function_of(callee)?;
        Some(Location { source: self.file.source, span: self.ast()[id].head })
    }

    // ---- E0305

    fn twice(&self, at: Span, first: ExprId, looped: bool, origin: Option<(OriginId, Origin)>) -> Diagnostic {
        let ast = self.ast();
        let of = origin.map_or_else(String::new, |(_, origin)| self.of(&origin));
        let word = |span: Span| if self.text(span).starts_with("spawn") { "spawned" } else { "awaited" };
        let second = word(at);
        let title = match looped {
            true => format!("a coroutine{of} is {second} in each turn of a loop"),
            false => format!("a coroutine{of} is {second} a second time"),
        };
        let label = if looped { "the second turn finds it used up" } else { "it has run already" };
        let mut diagnostic = self.new_one(Code::AWAITED_TWICE, title, at, label);
        if !looped {
            let span = ast[first].span;
            let does = word(span);
            diagnostic = diagnostic.label(self.file.source, span, format!("{does} here"));
        }
        let Some((_, origin)) = origin else { return diagnostic };
        let made = origin.at;
        diagnostic = diagnostic
            .label(made.source, made.span, "made here, once")
            .note("a coroutine is one run of its function: it can be awaited or spawned once");
        let Some(expr) = origin.expr else { return diagnostic };
        if looped {
            let call = short(self.text(made.span));
            return diagnostic.help(format!(
                "make a new one in each turn: `{second_word} {call}`",
                second_word = if second == "spawned" { "spawn" } else { "await" }
            ));
        }
        if second == "spawned" || word(ast[first].span) == "spawned" {
            return diagnostic.help("call the function again, or keep the task and await that");
        }
        diagnostic.fix(
            "spawn it: a task may be awaited as often as needed",
            vec![self.edit(ast[expr].span.before(), "spawn ")],
        )
    }

    // ---- E0306

    fn not_spawnable(&self, at: Span, ty: Ty, value: ExprId) -> Diagnostic {
        let ast = self.ast();
        let inner = ast.unparen(value);
        let span = ast[inner].span;
        let text = short(self.text(span));
        let code = Code::NOT_SPAWNABLE;
        let note = "`spawn` makes a task of a coroutine: of a call of an async function, or of a block";
        match ty {
            Ty::Function(id) => {
                let facts = self.know.function(id);
                let named = match self.function_name(id) {
                    "" => "this function".to_string(),
                    name => format!("`{name}`"),
                };
                let diagnostic = self
                    .new_one(code, format!("{named} is not called"), at, "`spawn` of a function")
                    .label(
                        facts.at.source,
                        facts.at.span,
                        if facts.is_async { "its call makes a coroutine" } else { "not `async`" },
                    )
                    .note(note);
                self.with_call(diagnostic, span, Some(id))
            }
            Ty::Functions { .. } | Ty::Native(_) => {
                let diagnostic = self
                    .new_one(code, format!("`{text}` is not called"), at, "`spawn` of a function")
                    .note(note);
                self.with_call(diagnostic, span, None)
            }
            Ty::Task(_) => self
                .new_one(code, "`spawn` of a task", at, "this is a task already: it runs, or will")
                .note(note),
            Ty::AsyncGenerator | Ty::Source => self
                .new_one(code, "`spawn` of an async source", at, "only what walks it can run as a task")
                .help(format!("`spawn {{ for await x in {text} {{ … }} }}`")),
            _ => {
                let what = match (self.know.as_plain(ty), ty) {
                    (Some(plain), _) => plain.text(),
                    (None, Ty::Object(object)) => object_text(object),
                    _ => "a plain value",
                };
                let ExprKind::Call(callee, _) = ast[inner].kind else {
                    return self
                        .new_one(code, format!("`spawn` of {what}"), at, format!("{what}, not a coroutine"))
                        .note(note);
                };
                let name = short(self.text(ast[callee].span));
                let mut diagnostic = self.new_one(
                    code,
                    format!("`spawn` of the result of `{name}`, which is not `async`"),
                    at,
                    "runs now, and gives no coroutine",
                );
                if let Some(head) = self.head_of_callee(inner) {
                    diagnostic = diagnostic.label(head.source, head.span, "not `async`");
                }
                let edits = vec![self.edit(span.before(), "{ "), self.edit(span.after(), " }")];
                diagnostic.note(note).fix("run the call as a task of its own", edits)
            }
        }
    }

    fn spawned_result(&self, at: Span, inner: ExprId) -> Diagnostic {
        let ast = self.ast();
        let span = ast[inner].span;
        let operand = match ast[inner].kind {
            ExprKind::Await(value) => ast[value].span,
            _ => span,
        };
        let diagnostic = self
            .new_one(
                Code::NOT_SPAWNABLE,
                "`spawn await`: the result would be spawned, not the coroutine",
                at,
                "waits first, then has nothing to spawn",
            )
            .note("`spawn f()` goes on at once; who needs the result awaits the task");
        match self.await_word(span, operand) {
            Some(word) => diagnostic.fix("remove the `await`", vec![self.edit(word, "")]),
            None => diagnostic,
        }
    }

    // ---- E0307

    fn used_as(
        &self,
        finding: &Finding,
        as_: As,
        expr: ExprId,
        origin: Option<(OriginId, Origin)>,
    ) -> Diagnostic {
        let of = origin.map_or_else(String::new, |(_, origin)| self.of(&origin));
        let (title, label) = match as_ {
            As::Condition => ("a coroutine is no condition", "always true: nothing has run yet"),
            As::Operand => ("a coroutine is no operand", "a coroutine, not its result"),
            As::Comparison => {
                ("a coroutine is compared in place of its result", "a coroutine, not its result")
            }
            As::Text => ("a coroutine is shown in place of its result", "shows as `<coroutine …>`"),
            As::Object => ("a coroutine has no fields, items or methods", "a coroutine, not its result"),
            As::Index => ("a coroutine is no index", "a coroutine, not its result"),
            As::Sequence => ("a coroutine cannot be walked", "a coroutine, not its result"),
            As::Bound => ("a coroutine is no bound of a range", "a coroutine, not its result"),
            As::Function => ("a coroutine cannot be called", "a coroutine, not its result"),
            As::Items { .. } => {
                ("coroutines are used in place of their results", "a list of coroutines, not of results")
            }
            As::Parts => ("a coroutine cannot be taken apart", "a coroutine, not its result"),
            As::Subject => {
                ("a coroutine is matched in place of its result", "a coroutine, which fits none of the arms")
            }
            As::Argument => ("a coroutine is passed in place of its result", "a coroutine, not its result"),
            As::Key => {
                ("the function returns a coroutine in place of its result", "a coroutine, not its result")
            }
        };
        let mut diagnostic = self.new_one(Code::COROUTINE_AS_VALUE, title, finding.at, label);
        for (span, _) in &finding.others {
            diagnostic = diagnostic.label(self.file.source, *span, "this one too");
        }
        let Some((id, made)) = origin else { return diagnostic };
        if made.at.span != finding.at || made.at.source != self.file.source {
            diagnostic = diagnostic.label(made.at.source, made.at.span, "made here, without `await`");
        }
        if let Some(through) = made.through {
            diagnostic = diagnostic.label(through.source, through.span, "the coroutine comes from here");
        }
        diagnostic = diagnostic.note(format!("only `await` runs a coroutine{of} and gives the result"));
        if let As::Items { in_place } = as_ {
            // What is sorted in place must have a name; and what is awaited elsewhere must not be awaited here.
            if in_place || self.consumed.contains(&id) || !self.may_await(finding.at) {
                return diagnostic.help("`await all(xs)` gives their results as a list");
            }
            let edits =
                vec![self.edit(finding.at.before(), "(await all("), self.edit(finding.at.after(), "))")];
            return diagnostic.fix("await all of them", edits);
        }
        if self.is_callback(expr) {
            return diagnostic
                .help("whoever calls this function cannot wait for it: use a `for` loop with `await`");
        }
        if finding.others.is_empty() {
            return match self.where_to_await(expr, Some((id, made))) {
                Some(place) => self.with_await(diagnostic, place),
                None => diagnostic,
            };
        }
        let all: Vec<(ExprId, OriginId)> = std::iter::once((expr, id))
            .chain(finding.others.iter().filter_map(|(span, origin)| Some((self.expr_at(*span)?, *origin))))
            .collect();
        let mut places: Vec<ExprId> = all
            .iter()
            .filter_map(|(expr, id)| self.where_to_await(*expr, Some((*id, *self.know.origin(*id)))))
            .collect();
        places.sort();
        places.dedup();
        if places.len() == all.len() && places.iter().all(|place| self.may_await(self.ast()[*place].span)) {
            let edits = places.iter().flat_map(|place| self.await_edits(*place)).collect();
            return diagnostic.fix("await them", edits);
        }
        diagnostic
    }

    fn is_callback(&self, expr: ExprId) -> bool {
        match self.ast()[self.ast().unparen(expr)].kind {
            ExprKind::Lambda(id) => self.ast()[id].form == FnForm::Lambda,
            ExprKind::Name(_) => self.sites.function_of(expr).is_some(),
            _ => false,
        }
    }

    // ---- E0308

    fn waitless_for(&self, at: Span, ty: Ty, head: Span) -> Diagnostic {
        let what = match ty {
            Ty::AsyncGenerator => "an async generator",
            Ty::Object(object) => object_text(object),
            _ => "an async source",
        };
        let diagnostic = self
            .new_one(
                Code::WRONG_FOR,
                format!("`for` over {what} without `await`"),
                at,
                "may have to wait for its next value",
            )
            .note("everything that can pause shows its `await`");
        if self.may_await(head) {
            return diagnostic.fix("await its values", vec![self.edit(head.after(), " await")]);
        }
        let Owner::Function(function) = self.owners.of(head) else { return diagnostic };
        let diagnostic =
            diagnostic.label(self.file.source, self.ast()[function].head, "not `async`, so it cannot wait");
        let otherwise = "make the function `async`, and write `for await`";
        if self.ast()[function].form != FnForm::Named {
            return diagnostic.help(otherwise);
        }
        self.with_async(
            diagnostic,
            function,
            "make the function `async`, await its calls, and write `for await`".to_string(),
            vec![self.edit(head.after(), " await")],
            otherwise,
        )
    }

    fn plain_for(&self, at: Span, ty: Ty, head: Span, word: Span) -> Diagnostic {
        let what = self.know.as_plain(ty).map_or("a plain value", Plain::text);
        let diagnostic = self.new_one(
            Code::WRONG_FOR,
            format!("`for await` over {what}"),
            at,
            match what {
                "a generator" => "a generator gives its values without waiting".to_string(),
                _ => format!("{what} has all its values at once"),
            },
        );
        if self.know.coroutine_in(ty).is_some() {
            let list = short(self.text(at));
            return diagnostic
                .note("the coroutines in it are not awaited by walking the list")
                .help(format!("`for await x in completed({list})` gives the results as they come"));
        }
        diagnostic.fix("remove the `await`", vec![self.edit(Span::new(head.end, word.end), "")])
    }

    // ---- E0309

    fn returned(&self, finding: &Finding, expr: ExprId, origin: Option<(OriginId, Origin)>) -> Diagnostic {
        let of = origin.map_or_else(String::new, |(_, origin)| self.of(&origin));
        let function = finding.function.map(|id| self.ast()[id]);
        let name = function.and_then(|function| function.name).map(|name| self.ast().name(name.name));
        let title = match name {
            Some(name) => {
                format!("`{name}` returns a coroutine{of}, which its caller would have to await again")
            }
            None => {
                format!("this async function returns a coroutine{of}, which would have to be awaited again")
            }
        };
        let mut diagnostic =
            self.new_one(Code::RETURNS_COROUTINE, title, finding.at, "a coroutine, not its result");
        // On one line it is plain to see.
        let is_apart = |head: Span| self.text(Span::new(head.end, finding.at.start)).contains('\n');
        if let Some(function) = function.filter(|function| is_apart(function.head)) {
            diagnostic = diagnostic.label(self.file.source, function.head, "`async`: its result is awaited");
        }
        if let Some((_, made)) = origin
            && made.at.span != finding.at
        {
            diagnostic = diagnostic.label(made.at.source, made.at.span, "made here");
        }
        diagnostic.fix("await it", self.await_edits(expr))
    }
}

fn object_text(object: Object) -> &'static str {
    match object {
        Object::Channel => "a channel",
        Object::Mutex => "a mutex",
        Object::Guard => "the guard of a mutex",
        Object::Semaphore => "a semaphore",
        Object::Event => "an event",
        Object::Barrier => "a barrier",
        Object::Watch => "a watch",
    }
}

/// A piece of the program in a message.
fn short(text: &str) -> String {
    const MAX: usize = 40;
    let line = text.lines().next().unwrap_or("");
    match line.char_indices().nth(MAX) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None if line.len() < text.len() => format!("{line}…"),
        None => line.to_string(),
    }
}
