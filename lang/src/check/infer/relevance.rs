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

    /// What a relevant statement declares or may change makes those that name it relevant.
    fn spread(&self, relevant: &mut [bool], is_item: &[bool], mentions: &[Mention]) {
        let (ast, resolution) = (self.file.ast, self.file.resolution);
        let mut declared: FxHashMap<u32, Vec<GlobalId>> = FxHashMap::default();
        let root = ast.list(ast.root);
        let starts: Vec<u32> = root.iter().map(|stmt| ast[*stmt].span.start).collect();
        for (at, global) in (0..).map(GlobalId).zip(&resolution.globals) {
            let stmt = starts.partition_point(|start| *start <= global.span.start).saturating_sub(1);
            declared.entry(stmt as u32).or_default().push(at);
        }
        let mut by_global: Vec<Vec<u32>> = vec![Vec::new(); resolution.globals.len()];
        let mut by_stmt: FxHashMap<u32, Vec<GlobalId>> = FxHashMap::default();
        for mention in mentions {
            by_global[mention.global.0 as usize].push(mention.stmt);
            if !is_item[mention.stmt as usize] {
                by_stmt.entry(mention.stmt).or_default().push(mention.global);
            }
        }
        let mut open: Vec<u32> =
            (0..).zip(relevant.iter()).filter(|(_, is)| **is).map(|(at, _)| at).collect();
        let mut done = vec![false; resolution.globals.len()];
        while let Some(stmt) = open.pop() {
            // Calls and assignments may change what a variable holds.
            let touched = declared.get(&stmt).into_iter().chain(by_stmt.get(&stmt)).flatten();
            for global in touched {
                if std::mem::replace(&mut done[global.0 as usize], true) {
                    continue;
                }
                for other in &by_global[global.0 as usize] {
                    if !std::mem::replace(&mut relevant[*other as usize], true) {
                        open.push(*other);
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
