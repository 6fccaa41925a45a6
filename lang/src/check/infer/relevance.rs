//! Which statements of the top level the inference has to look at: those that have to do with coroutines, tasks or async sources, and
//! those that use what such statements declare. Most of a program has nothing to do with them, and costs one look at each name.

use super::*;
use crate::{ast::StmtId, resolve::GlobalId};

/// By index in the file's top level.
pub(super) struct Relevance(Vec<bool>);

impl Relevance {
    pub(super) fn is_any(&self) -> bool {
        self.0.contains(&true)
    }

    pub(super) fn of(&self, at: usize) -> bool {
        self.0.get(at).copied().unwrap_or(true)
    }
}

/// Who names a global, at the top level.
#[derive(Clone, Copy)]
struct Mention {
    stmt: u32,
    global: GlobalId,
}

impl Infer<'_> {
    pub(super) fn find_relevance(&self) -> Relevance {
        let (ast, resolution) = (self.file.ast, self.file.resolution);
        let root: &[StmtId] = ast.list(ast.root);
        if self.file.role != FileRole::Script {
            // Others use what this file declares.
            return Relevance(vec![true; root.len()]);
        }
        let mut relevant = vec![false; root.len()];
        let is_item: Vec<bool> = root
            .iter()
            .map(|stmt| matches!(ast[*stmt].kind, StmtKind::Fn(_) | StmtKind::Struct(_)))
            .collect();
        let starts: Vec<u32> = root.iter().map(|stmt| ast[*stmt].span.start).collect();
        // What each global means for those that name it, asked once.
        let telling: Vec<bool> =
            (0..resolution.globals.len() as u32).map(|at| self.tells(GlobalId(at))).collect();
        let natives: Vec<bool> = self.prelude.names.iter().map(|native| waits(native.returns)).collect();
        let mut mentions: Vec<Mention> = Vec::new();
        // The nodes of a statement lie behind those of the one before it.
        let mut at = 0;
        for (id, expr) in (0..).map(ExprId).zip(&ast.exprs) {
            while starts.get(at + 1).is_some_and(|start| *start <= expr.span.start) {
                at += 1;
            }
            let Some(here) = relevant.get_mut(at) else { break };
            *here |= match expr.kind {
                ExprKind::Name(_) => match resolution.name(id) {
                    Res::Global(global) => {
                        let tells = telling[global.0 as usize];
                        if !tells {
                            mentions.push(Mention { stmt: at as u32, global });
                        }
                        tells
                    }
                    Res::Prelude(native) => natives.get(native.0 as usize).copied().unwrap_or(true),
                    _ => false,
                },
                ExprKind::Await(_) | ExprKind::Spawn(_) | ExprKind::Scope(_) | ExprKind::Select(_) => true,
                ExprKind::Lambda(function) => {
                    ast[function].is_async || matches!(ast[function].form, FnForm::AsyncBlock)
                }
                _ => false,
            };
        }
        let mut at = 0;
        for stmt in &ast.stmts {
            let is_async = match stmt.kind {
                StmtKind::For(id) => ast[id].await_span.is_some(),
                StmtKind::Fn(id) => ast[id].is_async,
                StmtKind::Struct(id) => ast.list(ast[id].methods).iter().any(|id| ast[*id].is_async),
                _ => false,
            };
            if is_async {
                // Statements are in the arena in the order of their ends, so places go back and forth a little.
                while at > 0 && starts[at] > stmt.span.start {
                    at -= 1;
                }
                while starts.get(at + 1).is_some_and(|start| *start <= stmt.span.start) {
                    at += 1;
                }
                relevant[at] = true;
            }
        }
        self.spread(&mut relevant, &is_item, &mentions);
        Relevance(relevant)
    }

    /// What a relevant statement declares or may change makes those that name it relevant; and what the variables that it names are, has to
    /// be known: where they are declared and, outside functions, used.
    fn spread(&self, relevant: &mut [bool], is_item: &[bool], mentions: &[Mention]) {
        let (ast, resolution) = (self.file.ast, self.file.resolution);
        let mut declared: FxHashMap<u32, Vec<GlobalId>> = FxHashMap::default();
        let mut declaring: Vec<u32> = Vec::with_capacity(resolution.globals.len());
        let root = ast.list(ast.root);
        let starts: Vec<u32> = root.iter().map(|stmt| ast[*stmt].span.start).collect();
        for (at, global) in (0..).map(GlobalId).zip(&resolution.globals) {
            let stmt = starts.partition_point(|start| *start <= global.span.start).saturating_sub(1);
            declared.entry(stmt as u32).or_default().push(at);
            declaring.push(stmt as u32);
        }
        let mut by_global: Vec<Vec<u32>> = vec![Vec::new(); resolution.globals.len()];
        for mention in mentions {
            by_global[mention.global.0 as usize].push(mention.stmt);
        }
        // With `true` for what has to do with coroutines, `false` for what only says what variables are.
        let mut open: Vec<(u32, bool)> =
            (0..).zip(relevant.iter()).filter(|(_, is)| **is).map(|(at, _)| (at, true)).collect();
        let mut told = vec![false; resolution.globals.len()];
        let mut known = vec![false; resolution.globals.len()];
        let mut waiting: Vec<bool> = relevant.to_vec();
        while let Some((stmt, tells)) = open.pop() {
            let start = mentions.partition_point(|mention| mention.stmt < stmt);
            let named = mentions[start..].iter().take_while(|mention| mention.stmt == stmt);
            let of_items = is_item[stmt as usize];
            let named = named.map(|mention| mention.global);
            let own = declared.get(&stmt).into_iter().flatten().copied();
            for (global, is_own) in own.map(|id| (id, true)).chain(named.map(|id| (id, false))) {
                let at = global.0 as usize;
                // Calls and assignments may change what a variable holds.
                if tells && (is_own || !of_items) && !std::mem::replace(&mut told[at], true) {
                    for other in &by_global[at] {
                        relevant[*other as usize] = true;
                        if !std::mem::replace(&mut waiting[*other as usize], true) {
                            open.push((*other, true));
                        }
                    }
                }
                let is_variable = matches!(resolution.global(global).kind, GlobalKind::Let | GlobalKind::Var);
                if is_variable && !std::mem::replace(&mut known[at], true) {
                    let uses = by_global[at].iter().filter(|other| !is_item[**other as usize]);
                    for other in uses.chain([&declaring[at]]) {
                        if !std::mem::replace(&mut relevant[*other as usize], true) {
                            open.push((*other, false));
                        }
                    }
                }
            }
        }
    }

    /// To name it may have to do with coroutines.
    fn tells(&self, id: GlobalId) -> bool {
        let global = self.file.resolution.global(id);
        match global.kind {
            GlobalKind::Fn(id) => self.file.ast[id].is_async || self.doubtful.contains(&id),
            GlobalKind::Struct(id) => {
                let ast = self.file.ast;
                ast.list(ast[id].methods).iter().any(|method| ast[*method].is_async)
            }
            GlobalKind::Let | GlobalKind::Var => false,
            GlobalKind::Module(import) => match self.module_of_import(import) {
                Ty::Module(ModuleRef::Standard(at)) => {
                    self.prelude.modules[at as usize].members.iter().any(|member| waits(member.returns))
                }
                _ => true,
            },
            GlobalKind::Member(..) | GlobalKind::Outer(_) => true,
        }
    }
}

fn waits(returns: Returns) -> bool {
    !matches!(returns, Returns::Plain | Returns::Constant | Returns::Unknown)
}
