//! Declarations: the names that patterns bind, and the globals of a file.

use rustc_hash::FxHashMap;

use super::{Binding, FileRole, Global, GlobalId, GlobalKind, scope::NONE, walk::Resolver};
use crate::{
    ast::{PatId, PatKind, StmtId, StmtKind, Symbol},
    source::Span,
    stack::deep,
};

/// A place in a pattern that binds a name.
pub(super) struct Site {
    name: Symbol,
    pat: PatId,
    span: Span,
    /// Index of the place in the first alternative that binds the same variable, or [`NONE`].
    same_as: u32,
}

/// Above this many names, those of an or-pattern's alternatives are compared by hashing.
const SEARCHED: usize = 12;

impl Resolver<'_> {
    /// Declares what the statements of the file declare. All of it is visible to every function.
    pub(super) fn declare_globals(&mut self) {
        for stmt in self.ast.list(self.ast.root) {
            match self.ast[*stmt].kind {
                StmtKind::Let { mutable, pattern, .. } => {
                    let kind = if mutable { GlobalKind::Var } else { GlobalKind::Let };
                    let first = self.out.globals.len();
                    self.declare_global_pattern(pattern, kind);
                    let keyword = self.ast[*stmt].span.start;
                    self.global_lets.resize(first, NONE);
                    self.global_lets.resize(self.out.globals.len(), keyword);
                }
                StmtKind::Fn(id) => {
                    if let Some(name) = self.ast[id].name {
                        let global = self.declare_global(name.name, name.span, GlobalKind::Fn(id));
                        self.out.fn_bindings[id.index()] = Some(Binding::Global(global));
                    }
                }
                StmtKind::Struct(id) => {
                    let name = self.ast[id].name;
                    let global = self.declare_global(name.name, name.span, GlobalKind::Struct(id));
                    self.out.struct_bindings[id.index()] = Some(Binding::Global(global));
                }
                StmtKind::Import(id) => {
                    let import = self.ast[id];
                    let Some(items) = import.items else {
                        self.declare_global(import.binding.name, import.binding.span, GlobalKind::Module(id));
                        continue;
                    };
                    for (at, item) in (0..).zip(self.ast.list(items)) {
                        self.declare_global(item.binding.name, item.binding.span, GlobalKind::Member(id, at));
                    }
                }
                _ => {}
            }
        }
    }

    fn declare_global_pattern(&mut self, pattern: PatId, kind: GlobalKind) {
        let first = self.out.globals.len();
        let sites = self.sites(pattern);
        for site in &sites {
            let binding = if site.same_as == NONE {
                let known = self.meanings[site.name.index()].global;
                if known != NONE && known as usize >= first {
                    self.bound_twice(site.name, site.span, self.out.globals[known as usize].span);
                    Some(Binding::Global(GlobalId(known)))
                } else {
                    Some(Binding::Global(self.declare_global(site.name, site.span, kind)))
                }
            } else {
                self.out.bindings[sites[site.same_as as usize].pat.index()]
            };
            self.out.bindings[site.pat.index()] = binding;
        }
        self.give_back(sites);
    }

    fn declare_global(&mut self, name: Symbol, span: Span, kind: GlobalKind) -> GlobalId {
        let known = self.meanings[name.index()].global;
        if known == NONE {
            return self.make_global(name, span, kind);
        }
        if self.role != FileRole::Repl {
            self.declared_twice(name, span, self.out.globals[known as usize].span);
            let id = self.make_global(name, span, kind);
            // Elsewhere the name goes on meaning the first.
            self.meanings[name.index()].global = known;
            return id;
        }
        // It may now hold what several declarations say, so nothing can be known of its value.
        self.constant[known as usize] = kind != GlobalKind::Var;
        let global = &mut self.out.globals[known as usize];
        global.kind = GlobalKind::Var;
        global.span = span;
        GlobalId(known)
    }

    fn make_global(&mut self, name: Symbol, span: Span, kind: GlobalKind) -> GlobalId {
        let id = self.out.globals.len() as u32;
        self.out.globals.push(Global { name, span, kind, used_in_functions: false });
        self.constant.push(kind != GlobalKind::Var);
        self.passed.push(!matches!(kind, GlobalKind::Let | GlobalKind::Var));
        self.meanings[name.index()].global = id;
        GlobalId(id)
    }

    /// Declares what the statements of a block declare: items are visible at once, variables when they are passed.
    pub(super) fn declare_block(&mut self, stmts: &[StmtId]) {
        let block = self.blocks.len() as u32 - 1;
        for (at, stmt) in (0..).zip(stmts) {
            match self.ast[*stmt].kind {
                StmtKind::Let { mutable, pattern, .. } => {
                    let first = self.out.locals.len();
                    self.make_pattern_locals(pattern, mutable, true);
                    for state in &mut self.states[first..] {
                        state.block = block;
                        state.keyword = self.ast[*stmt].span.start;
                    }
                }
                StmtKind::Fn(id) => {
                    let Some(name) = self.ast[id].name else { continue };
                    let local = self.make_item_local(name.name, name.span);
                    self.out.fn_bindings[id.index()] = Some(Binding::Local(local));
                    self.add_item(local, *stmt, at);
                }
                StmtKind::Struct(id) => {
                    let name = self.ast[id].name;
                    let local = self.make_item_local(name.name, name.span);
                    self.out.struct_bindings[id.index()] = Some(Binding::Local(local));
                    self.add_item(local, *stmt, at);
                }
                _ => {}
            }
        }
    }

    fn make_item_local(&mut self, name: Symbol, span: Span) -> super::LocalId {
        if let Some(first) = self.in_this_scope(name) {
            self.declared_twice(name, span, self.out.local(first).span);
        }
        self.make_local(name, span, false)
    }

    /// Declares the locals of a pattern that is no statement's (a parameter's, an arm's, a loop's): visible from here on.
    pub(super) fn bind_pattern(&mut self, pattern: PatId) {
        self.pattern_exprs(pattern);
        let first = self.out.locals.len();
        self.make_pattern_locals(pattern, true, false);
        for id in first..self.out.locals.len() {
            self.pass(super::LocalId(id as u32));
        }
    }

    fn make_pattern_locals(&mut self, pattern: PatId, mutable: bool, of_block: bool) {
        let first = self.out.locals.len();
        let sites = self.sites(pattern);
        for site in &sites {
            let binding = if site.same_as == NONE {
                if let Some(known) = self.in_this_scope(site.name) {
                    let span = self.out.local(known).span;
                    if of_block && (known.0 as usize) < first {
                        self.declared_twice(site.name, site.span, span);
                    } else {
                        self.bound_twice(site.name, site.span, span);
                    }
                }
                Some(Binding::Local(self.make_local(site.name, site.span, mutable)))
            } else {
                self.out.bindings[sites[site.same_as as usize].pat.index()]
            };
            self.out.bindings[site.pat.index()] = binding;
        }
        self.give_back(sites);
    }

    /// The statement that declares the pattern's names has been carried out.
    pub(super) fn pass_pattern(&mut self, pattern: PatId) {
        let sites = self.sites_silently(pattern);
        for site in &sites {
            match self.out.bindings[site.pat.index()] {
                Some(Binding::Local(id)) => self.pass(id),
                Some(Binding::Global(id)) => self.passed[id.0 as usize] = true,
                None => {}
            }
        }
        self.give_back(sites);
    }

    /// Resolves the values, types and bounds in a pattern.
    pub(super) fn pattern_exprs(&mut self, pattern: PatId) {
        match self.ast[pattern].kind {
            PatKind::Error | PatKind::Wildcard | PatKind::Bind(_) | PatKind::Rest(_) => {}
            PatKind::Value(value) => self.expr(value),
            PatKind::Range { start, end, .. } => {
                self.expr(start);
                self.expr(end);
            }
            PatKind::Is(ty) => self.type_expr(ty),
            PatKind::Paren(inner) => deep(|| self.pattern_exprs(inner)),
            PatKind::List(items) | PatKind::Or(items) => deep(|| {
                for item in self.ast.list(items) {
                    self.pattern_exprs(*item);
                }
            }),
            PatKind::Map(fields) => deep(|| {
                for field in self.ast.list(fields) {
                    self.pattern_exprs(field.pattern);
                }
            }),
            PatKind::Struct { path, fields } => {
                self.type_expr(path);
                deep(|| {
                    for field in self.ast.list(fields) {
                        self.pattern_exprs(field.pattern);
                    }
                });
            }
        }
    }

    /// The names that a pattern binds, in the order of the text. Reports alternatives that differ.
    fn sites(&mut self, pattern: PatId) -> Vec<Site> {
        let mut sites = std::mem::take(&mut self.sites);
        self.collect_sites(pattern, &mut sites, true);
        sites
    }

    fn sites_silently(&mut self, pattern: PatId) -> Vec<Site> {
        let mut sites = std::mem::take(&mut self.sites);
        self.collect_sites(pattern, &mut sites, false);
        sites
    }

    /// Keeps the list's memory for the next pattern.
    fn give_back(&mut self, mut sites: Vec<Site>) {
        sites.clear();
        self.sites = sites;
    }

    fn collect_sites(&mut self, pattern: PatId, sites: &mut Vec<Site>, report: bool) {
        let span = self.ast[pattern].span;
        match self.ast[pattern].kind {
            PatKind::Bind(name) | PatKind::Rest(Some(name)) => {
                sites.push(Site { name, pat: pattern, span, same_as: NONE });
            }
            PatKind::List(items) => deep(|| {
                for item in self.ast.list(items) {
                    self.collect_sites(*item, sites, report);
                }
            }),
            PatKind::Map(fields) | PatKind::Struct { fields, .. } => deep(|| {
                for field in self.ast.list(fields) {
                    self.collect_sites(field.pattern, sites, report);
                }
            }),
            PatKind::Paren(inner) => deep(|| self.collect_sites(inner, sites, report)),
            PatKind::Or(items) => deep(|| self.collect_alternatives(self.ast.list(items), sites, report)),
            _ => {}
        }
    }

    /// The first alternative declares the variables, the others bind the same ones.
    fn collect_alternatives(&mut self, items: &[PatId], sites: &mut Vec<Site>, report: bool) {
        let Some((first, others)) = items.split_first() else { return };
        let start = sites.len();
        self.collect_sites(*first, sites, report);
        let end = sites.len();
        let mut index = FxHashMap::default();
        if end - start > SEARCHED {
            let declared = (start..end).filter(|at| sites[*at].same_as == NONE);
            index.extend(declared.map(|at| (sites[at].name, at)));
        }
        let mut seen = vec![0; end - start];
        // One pattern, one mistake: the first alternative that differs is told.
        let mut reported = !report;
        let mut extra = Vec::new();
        for (turn, other) in (1..).zip(others) {
            let from = sites.len();
            self.collect_sites(*other, sites, report);
            for at in from..sites.len() {
                if sites[at].same_as != NONE {
                    continue;
                }
                let name = sites[at].name;
                let known = if index.is_empty() {
                    (start..end).find(|known| sites[*known].name == name && sites[*known].same_as == NONE)
                } else {
                    index.get(&name).copied()
                };
                match known {
                    Some(known) => {
                        if report && seen[known - start] == turn {
                            self.bound_twice(name, sites[at].span, sites[known].span);
                        }
                        sites[at].same_as = known as u32;
                        seen[known - start] = turn;
                    }
                    None => extra.push((name, sites[at].span)),
                }
            }
            let missing = |at: &usize| sites[*at].same_as == NONE && seen[*at - start] != turn;
            let mut missing: Vec<_> =
                (start..end).filter(missing).map(|at| (sites[at].name, sites[at].span)).collect();
            if !(reported || missing.is_empty() && extra.is_empty()) {
                reported = true;
                let other = if missing.is_empty() { *first } else { *other };
                missing.append(&mut extra);
                self.alternatives_differ(&missing, self.ast[other].span);
            }
            extra.clear();
        }
    }
}
