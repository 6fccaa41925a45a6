//! Making a program smaller that shows a mistake.

use std::rc::Rc;

use super::*;

/// The smallest program that still shows the mistake, by leaving out and unwrapping statements.
pub fn shrink(program: &Program, shows: impl Fn(&Program) -> bool) -> Program {
    let mut best = program.clone();
    'again: loop {
        for main in smaller(&best.main) {
            let candidate = Program { main, tasks: best.tasks };
            if shows(&candidate) {
                best = candidate;
                continue 'again;
            }
        }
        return best;
    }
}

fn smaller(block: &Block) -> Vec<Block> {
    let mut out = Vec::new();
    for at in 0..block.len() {
        let mut without = block.to_vec();
        without.remove(at);
        out.push(Rc::new(without));
        for inner in blocks_of(&block[at]) {
            let mut spliced = block.to_vec();
            spliced.splice(at..=at, inner.iter().cloned());
            out.push(Rc::new(spliced));
        }
    }
    for at in 0..block.len() {
        for stmt in smaller_stmts(&block[at]) {
            let mut changed = block.to_vec();
            changed[at] = stmt;
            out.push(Rc::new(changed));
        }
    }
    out
}

fn blocks_of(stmt: &Stmt) -> Vec<Block> {
    match stmt {
        Stmt::Try { body, .. } | Stmt::Scope(body) | Stmt::Lock(_, body) | Stmt::Acquire(_, body) => {
            vec![body.clone()]
        }
        _ => Vec::new(),
    }
}

fn smaller_stmts(stmt: &Stmt) -> Vec<Stmt> {
    let mut out = Vec::new();
    match stmt {
        Stmt::Spawn { task, keep, body, gives } => {
            for body in smaller(body) {
                out.push(Stmt::Spawn { task: *task, keep: *keep, body, gives: *gives });
            }
        }
        Stmt::Try { id, body, catch, finally } => {
            let rebuilt = |body: &Block, catch: &Option<Block>, finally: &Option<Block>| Stmt::Try {
                id: *id,
                body: body.clone(),
                catch: catch.clone(),
                finally: finally.clone(),
            };
            if catch.is_some() && finally.is_some() {
                out.push(rebuilt(body, &None, finally));
                out.push(rebuilt(body, catch, &None));
            }
            out.extend(smaller(body).iter().map(|body| rebuilt(body, catch, finally)));
            if let Some(block) = catch {
                out.extend(smaller(block).into_iter().map(|block| rebuilt(body, &Some(block), finally)));
            }
            if let Some(block) = finally {
                out.extend(smaller(block).into_iter().map(|block| rebuilt(body, catch, &Some(block))));
            }
        }
        Stmt::Defer(block) => out.extend(smaller(block).into_iter().map(Stmt::Defer)),
        Stmt::Scope(block) => out.extend(smaller(block).into_iter().map(Stmt::Scope)),
        Stmt::With(mutex, block) => {
            out.extend(smaller(block).into_iter().map(|block| Stmt::With(*mutex, block)))
        }
        Stmt::Lock(mutex, block) => {
            out.extend(smaller(block).into_iter().map(|block| Stmt::Lock(*mutex, block)))
        }
        Stmt::Acquire(semaphore, block) => {
            out.extend(smaller(block).into_iter().map(|block| Stmt::Acquire(*semaphore, block)));
        }
        Stmt::Combine { id, kind, arms, limit } => {
            let single = matches!(kind, Kind::Timeout(_) | Kind::Shield);
            for arms in smaller_arms(arms, single) {
                out.push(Stmt::Combine { id: *id, kind: *kind, arms, limit: *limit });
            }
        }
        Stmt::Completed(id, arms, most) => {
            out.extend(smaller_arms(arms, false).into_iter().map(|arms| Stmt::Completed(*id, arms, *most)));
        }
        Stmt::Select { id, arms, otherwise } => {
            for at in 0..arms.len() {
                if arms.len() > 1 {
                    let mut fewer = arms.clone();
                    fewer.remove(at);
                    out.push(Stmt::Select { id: *id, arms: fewer, otherwise: otherwise.clone() });
                }
                for body in smaller(&arms[at].1) {
                    let mut changed = arms.clone();
                    changed[at].1 = body;
                    out.push(Stmt::Select { id: *id, arms: changed, otherwise: otherwise.clone() });
                }
                if let Arm::Coroutine(body, gives) = &arms[at].0 {
                    for body in smaller(body) {
                        let mut changed = arms.clone();
                        changed[at].0 = Arm::Coroutine(body, *gives);
                        out.push(Stmt::Select { id: *id, arms: changed, otherwise: otherwise.clone() });
                    }
                }
            }
            if let Some(block) = otherwise {
                for block in smaller(block) {
                    out.push(Stmt::Select { id: *id, arms: arms.clone(), otherwise: Some(block) });
                }
            }
        }
        _ => {}
    }
    out
}

fn smaller_arms(arms: &[Arm], single: bool) -> Vec<Vec<Arm>> {
    let mut out = Vec::new();
    for at in 0..arms.len() {
        if !single && arms.len() > 1 {
            let mut fewer = arms.to_vec();
            fewer.remove(at);
            out.push(fewer);
        }
        if let Arm::Coroutine(body, gives) = &arms[at] {
            for body in smaller(body) {
                let mut changed = arms.to_vec();
                changed[at] = Arm::Coroutine(body, *gives);
                out.push(changed);
            }
        }
    }
    out
}
