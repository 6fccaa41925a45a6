//! What follows when a plain function becomes `async`: its calls must be awaited, so the functions that call it become
//! `async` too, up to those that are already or the top level.

use std::cell::OnceCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    File,
    awaits::{can_await, insert},
};
use crate::{
    ast::{ExprId, ExprKind, FnForm, FnId, StmtKind, StructId},
    diagnostic::{Diagnostic, Edit},
    resolve::{Binding, CaptureFrom, GlobalKind, LocalId, Owner, Res},
    source::{Location, Span},
};

/// Call sites that are labelled; the fix has all of them.
const MAX_LABELS: usize = 3;

/// Adds to the diagnostic about a plain function `id` what has to change: the fix with all its places if they are
/// certain, otherwise the one insertion and words about the callers.
pub(super) fn complete(file: File<'_>, sites: &Sites, id: FnId, mut diagnostic: Diagnostic) -> Diagnostic {
    let head = file.ast[id].head;
    let alone = vec![insert(file, head)];
    if file.ast[id].form != FnForm::Named {
        return diagnostic.suggest("make it `async`; whoever calls it must then await it", alone);
    }
    let Some(change) = Change::of(file, sites, id) else {
        return diagnostic.suggest("make it `async`; whoever calls it must then await it", alone);
    };
    let own: Vec<&Site> = sites.calls_of(id).filter(|site| !site.kept).collect();
    for site in own.iter().take(MAX_LABELS) {
        diagnostic = diagnostic.label(file.source, site.callee, "this call must then be awaited");
    }
    if own.len() > MAX_LABELS {
        diagnostic = diagnostic.note(format!("{} more calls must then be awaited", own.len() - MAX_LABELS));
    }
    let message = match (change.functions, change.calls) {
        (1, 0) => "make it `async`".to_string(),
        (1, _) => "make it `async`, and await its calls".to_string(),
        (others, _) => format!("make it and {} `async`, and await the calls", plural(others - 1, "caller")),
    };
    diagnostic.fix(message, change.edits)
}

/// The edits that make a plain function `async` and await its calls, if they are certain.
pub(super) fn edits(file: File<'_>, sites: &Sites, id: FnId) -> Option<Vec<Edit>> {
    Change::of(file, sites, id).map(|change| change.edits)
}

fn plural(count: usize, word: &str) -> String {
    if count == 1 { format!("its {word}") } else { format!("{count} {word}s") }
}

/// A place where a named function of the file is used.
pub(super) struct Site {
    /// The name in front of the call.
    callee: Span,
    /// The whole call; `None` if the function is not called here, but used as a value.
    pub call: Option<Span>,
    /// Its result is awaited or spawned already.
    kept: bool,
    /// The `await` around it.
    pub awaited: Option<Span>,
    /// Something follows that belongs to the call's result: `f().x`.
    continued: bool,
    pub inside: Owner,
}

impl Site {
    /// It becomes a task, or is kept to become one.
    pub(super) fn runs_beside(&self) -> bool {
        self.awaited.is_none()
    }
}

/// The sites of a file, found when somebody asks: most files give no reason to.
pub(super) struct LazySites<'a> {
    file: File<'a>,
    found: OnceCell<Sites>,
}

impl<'a> LazySites<'a> {
    pub(super) fn new(file: File<'a>) -> LazySites<'a> {
        LazySites { file, found: OnceCell::new() }
    }

    pub(super) fn get(&self) -> &Sites {
        self.found.get_or_init(|| Sites::find(self.file))
    }
}

/// All of them, by function.
pub(super) struct Sites {
    by_function: FxHashMap<FnId, Vec<Site>>,
    /// What names mean, of those that mean a function of the file.
    functions: FxHashMap<ExprId, FnId>,
}

impl Sites {
    /// Every use of the function has this form: it is called, and awaited on the spot.
    pub(super) fn is_only_awaited(&self, id: FnId) -> bool {
        let mut uses = self.calls_of(id).peekable();
        uses.peek().is_some() && uses.all(|site| site.awaited.is_some())
    }

    /// The uses of a function.
    pub(super) fn calls_of(&self, id: FnId) -> impl Iterator<Item = &Site> {
        self.by_function.get(&id).into_iter().flatten()
    }

    /// The function that a name means.
    pub(super) fn function_of(&self, name: ExprId) -> Option<FnId> {
        self.functions.get(&name).copied()
    }

    /// Goes over the nodes of the file, not over the tree: their order does not matter here.
    pub(super) fn find(file: File<'_>) -> Sites {
        let ast = file.ast;
        let count = ast.exprs.len();
        // By callee: the call; and who stands directly around an expression.
        let mut call_of: FxHashMap<ExprId, ExprId> = FxHashMap::default();
        let mut kept: FxHashSet<ExprId> = FxHashSet::default();
        let mut awaits: FxHashMap<ExprId, Span> = FxHashMap::default();
        let mut continued: FxHashSet<ExprId> = FxHashSet::default();
        let mut assigned: FxHashSet<ExprId> = FxHashSet::default();
        for id in (0..count as u32).map(ExprId) {
            match ast[id].kind {
                ExprKind::Call(callee, _) => {
                    call_of.insert(callee, id);
                    continued.insert(callee);
                }
                ExprKind::Await(value) => {
                    kept.insert(ast.unparen(value));
                    awaits.insert(ast.unparen(value), ast[id].span);
                }
                ExprKind::Spawn(value) => {
                    kept.insert(ast.unparen(value));
                }
                ExprKind::Field { object, .. } | ExprKind::Index { object, .. } => {
                    continued.insert(object);
                }
                _ => {}
            }
        }
        for assign in &ast.assigns {
            if let crate::ast::Target::Place(place) = assign.target {
                assigned.insert(place);
            }
        }
        let owners = Owners::new(file);
        let mut sites = Sites { by_function: FxHashMap::default(), functions: FxHashMap::default() };
        for id in (0..count as u32).map(ExprId) {
            let ExprKind::Name(_) = ast[id].kind else { continue };
            if assigned.contains(&id) {
                continue;
            }
            let span = ast[id].span;
            let inside = owners.of(span);
            let Some(function) = owners.named_function(file, file.resolution.name(id), inside) else {
                continue;
            };
            sites.functions.insert(id, function);
            let call = call_of.get(&id);
            sites.by_function.entry(function).or_default().push(Site {
                callee: span,
                call: call.map(|call| ast[*call].span),
                kept: call.is_some_and(|call| kept.contains(call)),
                awaited: call.and_then(|call| awaits.get(call)).copied(),
                continued: call.is_some_and(|call| continued.contains(call)),
                inside,
            });
        }
        sites
    }
}

/// Which function a place belongs to, and which function a variable holds.
pub(super) struct Owners {
    /// Sorted by start, each with the index of the one around.
    ranges: Vec<(Span, Owner, Option<usize>)>,
    /// The locals that `fn` statements declare.
    items: FxHashMap<LocalId, FnId>,
}

impl Owners {
    pub(super) fn new(file: File<'_>) -> Owners {
        let functions =
            (0..).zip(&file.ast.functions).map(|(at, function)| (function.span, Owner::Function(FnId(at))));
        let structs = (0..).zip(&file.ast.structs);
        let defaults = structs.map(|(at, structure)| (structure.span, Owner::Defaults(StructId(at))));
        let mut sorted: Vec<_> = functions.chain(defaults).collect();
        sorted.sort_by_key(|(span, _)| (span.start, std::cmp::Reverse(span.end)));
        let mut open: Vec<usize> = Vec::new();
        let mut ranges: Vec<(Span, Owner, Option<usize>)> = Vec::with_capacity(sorted.len());
        for (span, owner) in sorted {
            while open.pop_if(|around| ranges[*around].0.end < span.end).is_some() {}
            ranges.push((span, owner, open.last().copied()));
            open.push(ranges.len() - 1);
        }
        let items = (0..).zip(&file.resolution.fn_bindings).filter_map(|(at, binding)| match binding {
            Some(Binding::Local(local)) => Some((*local, FnId(at))),
            _ => None,
        });
        Owners { ranges, items: items.collect() }
    }

    pub(super) fn of(&self, span: Span) -> Owner {
        let mut at = self.ranges.partition_point(|(range, ..)| range.start <= span.start).checked_sub(1);
        while let Some((range, owner, around)) = at.map(|at| self.ranges[at]) {
            if range.end >= span.end {
                return owner;
            }
            at = around;
        }
        Owner::TopLevel
    }

    /// The `fn` statement that a name means, if it means one.
    fn named_function(&self, file: File<'_>, res: Res, inside: Owner) -> Option<FnId> {
        let local = |id: LocalId| self.items.get(&id).copied();
        match res {
            Res::Global(id) => match file.resolution.global(id).kind {
                GlobalKind::Fn(function) => Some(function),
                _ => None,
            },
            Res::Local(id) => local(id),
            Res::This => match inside {
                Owner::Function(id) => Some(id),
                _ => None,
            },
            Res::Capture(at) => {
                let (mut owner, mut at) = (inside, at);
                loop {
                    let (captures, parent) = match owner {
                        Owner::TopLevel => return None,
                        Owner::Function(id) => {
                            (&file.resolution.function(id).captures, file.resolution.function(id).parent)
                        }
                        Owner::Defaults(id) => {
                            (&file.resolution.structure(id).captures, file.resolution.structure(id).parent)
                        }
                    };
                    match captures.get(at as usize)?.from {
                        CaptureFrom::Local(id) => return local(id),
                        CaptureFrom::Capture(next) => (owner, at) = (parent, next),
                        CaptureFrom::This => match parent {
                            Owner::Function(id) => return Some(id),
                            _ => return None,
                        },
                    }
                }
            }
            Res::Prelude(_) | Res::Type(_) | Res::Unresolved => None,
        }
    }
}

struct Change {
    functions: usize,
    calls: usize,
    edits: Vec<Edit>,
}

impl Change {
    /// `None` if some use of a function that would become `async` cannot be changed with certainty.
    fn of(file: File<'_>, sites: &Sites, first: FnId) -> Option<Change> {
        let mut functions = vec![first];
        let mut done: FxHashSet<FnId> = FxHashSet::from_iter([first]);
        let mut edits = Vec::new();
        let mut calls = 0;
        let mut at = 0;
        while let Some(function) = functions.get(at).copied() {
            at += 1;
            edits.push(insert(file, file.ast[function].head));
            for site in sites.calls_of(function) {
                let call = site.call?;
                if site.kept {
                    continue;
                }
                match site.inside {
                    Owner::TopLevel => {}
                    Owner::Function(caller) if can_await(&file, caller) => {}
                    Owner::Function(caller) if file.ast[caller].form == FnForm::Named => {
                        if done.insert(caller) {
                            functions.push(caller);
                        }
                    }
                    Owner::Function(_) | Owner::Defaults(_) => return None,
                }
                calls += 1;
                let edit = |span, text: &str| Edit {
                    location: Location { source: file.source, span },
                    text: text.into(),
                };
                if site.continued {
                    edits.push(edit(call.before(), "(await "));
                    edits.push(edit(call.after(), ")"));
                } else {
                    edits.push(edit(call.before(), "await "));
                }
            }
        }
        // A generator that awaits is walked with `for await`: more than calls would have to change.
        let changes_kind = |id: &FnId| file.resolution.function(*id).is_generator;
        if functions.iter().any(changes_kind) || exported(file, &functions) {
            return None;
        }
        Some(Change { functions: functions.len(), calls, edits })
    }
}

/// Other files may call one of the functions.
fn exported(file: File<'_>, functions: &[FnId]) -> bool {
    file.role == crate::resolve::FileRole::Module
        && file.ast.list(file.ast.root).iter().any(|stmt| match file.ast[*stmt].kind {
            StmtKind::Fn(id) => functions.contains(&id) && !is_private(file, id),
            _ => false,
        })
}

fn is_private(file: File<'_>, id: FnId) -> bool {
    file.ast[id].name.is_some_and(|name| crate::resolve::is_private(file.ast.name(name.name)))
}
