//! Where the functions of a file, and those that it imports, are used: called, awaited, or handed on as values. And which function a
//! place belongs to.

use std::cell::OnceCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::File;
use crate::{
    ast::{ExprId, ExprKind, FnId, ImportId, StructId, Symbol, Target},
    resolve::{Binding, CaptureFrom, GlobalKind, LocalId, Owner, Res},
    source::Span,
};

/// A place where a named function is used.
#[derive(Clone, Copy)]
pub(super) struct Site {
    /// The name in front of the call.
    pub callee: Span,
    /// The whole call; `None` if the function is not called here, but used as a value.
    pub call: Option<Span>,
    /// The node of the call, or that of the name.
    pub node: ExprId,
    /// Its result is awaited or spawned already.
    pub kept: bool,
    /// The `await` around it.
    pub awaited: Option<Span>,
    /// Something follows that belongs to the call's result: `f().x`.
    pub continued: bool,
    pub inside: Owner,
}

/// A place where something of another file is used: a member that was imported by name, or one of a module.
pub(super) struct Foreign {
    pub import: ImportId,
    /// `None`: the module itself is used as a value.
    pub member: Option<Symbol>,
    pub site: Site,
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
    pub foreign: Vec<Foreign>,
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

    pub(super) fn all(&self) -> impl Iterator<Item = (FnId, &Site)> {
        self.by_function.iter().flat_map(|(id, sites)| sites.iter().map(|site| (*id, site)))
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
        // By the name of a module: what of it is used.
        let mut fields: FxHashMap<ExprId, ExprId> = FxHashMap::default();
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
                ExprKind::Field { object, optional, .. } => {
                    continued.insert(object);
                    if !optional {
                        fields.insert(object, id);
                    }
                }
                ExprKind::Index { object, .. } => {
                    continued.insert(object);
                }
                _ => {}
            }
        }
        let assigned: FxHashSet<ExprId> = ast
            .assigns
            .iter()
            .filter_map(|assign| match assign.target {
                Target::Place(place) => Some(place),
                _ => None,
            })
            .collect();
        let owners = Owners::new(file);
        let site = |name: ExprId, inside: Owner| {
            let call = call_of.get(&name);
            Site {
                callee: ast[name].span,
                call: call.map(|call| ast[*call].span),
                node: call.copied().unwrap_or(name),
                kept: call.is_some_and(|call| kept.contains(call)),
                awaited: call.and_then(|call| awaits.get(call)).copied(),
                continued: call.is_some_and(|call| continued.contains(call)),
                inside,
            }
        };
        let mut sites =
            Sites { by_function: FxHashMap::default(), functions: FxHashMap::default(), foreign: Vec::new() };
        for id in (0..count as u32).map(ExprId) {
            let ExprKind::Name(_) = ast[id].kind else { continue };
            if assigned.contains(&id) {
                continue;
            }
            let res = file.resolution.name(id);
            let inside = owners.of(ast[id].span);
            if let Some(function) = owners.named_function(file, res, inside) {
                sites.functions.insert(id, function);
                sites.by_function.entry(function).or_default().push(site(id, inside));
            } else if let Res::Global(global) = res {
                let (import, member, name) = match file.resolution.global(global).kind {
                    GlobalKind::Member(import, item) => {
                        let items = ast[import].items.map_or(&[][..], |items| ast.list(items));
                        (import, items.get(item as usize).map(|item| item.name.name), id)
                    }
                    GlobalKind::Module(import) => {
                        match fields.get(&id).map(|field| (*field, ast[*field].kind)) {
                            Some((field, ExprKind::Field { name, .. })) => (import, Some(name), field),
                            _ => (import, None, id),
                        }
                    }
                    _ => continue,
                };
                sites.foreign.push(Foreign { import, member, site: site(name, inside) });
            }
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
    pub(super) fn named_function(&self, file: File<'_>, res: Res, inside: Owner) -> Option<FnId> {
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
