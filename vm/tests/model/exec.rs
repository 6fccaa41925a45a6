//! Statements as Rust futures over the reference machine.

use std::{future::Future, pin::Pin};

use super::{
    program::{Arm, Block, Stmt, tasks_of},
    reference::{Item, Outcome, Policy, Prim, Shared, Thrown, V, fault, shown, shown_error},
};

/// How a statement was left.
#[derive(Debug, Clone)]
enum Flow {
    Next,
    Return(V),
}

type Ran = Result<Flow, Thrown>;

/// A function: its value, or what it threw.
pub async fn body(machine: Shared, block: Block, gives: Option<u32>) -> Outcome {
    match run(machine, block).await? {
        Flow::Return(value) => Ok(value),
        Flow::Next => Ok(gives.map_or(V::Nil, |number| V::Int(number.into()))),
    }
}

fn run(machine: Shared, block: Block) -> Pin<Box<dyn Future<Output = Ran>>> {
    Box::pin(async move {
        let mut defers = Vec::new();
        let mut ran = Ok(Flow::Next);
        for stmt in block.iter() {
            if let Stmt::Defer(block) = stmt {
                defers.push(block.clone());
                continue;
            }
            ran = stmt_of(&machine, stmt).await;
            if !matches!(ran, Ok(Flow::Next)) {
                break;
            }
        }
        for block in defers.into_iter().rev() {
            ran = cleanup(&machine, block, ran).await;
        }
        ran
    })
}

/// Clean-up of something that was left in a way.
async fn cleanup(machine: &Shared, block: Block, left: Ran) -> Ran {
    *machine.borrow_mut().depth() += 1;
    let cleaned = run(machine.clone(), block).await;
    *machine.borrow_mut().depth() -= 1;
    replaced(cleaned.map(|_| ()), left)
}

/// What clean-up throws takes the place of what was on its way.
fn replaced<T>(cleaned: Result<(), Thrown>, left: Result<T, Thrown>) -> Result<T, Thrown> {
    match (cleaned, left) {
        (Ok(()), left) => left,
        (Err(Thrown::Error(error, None)), Err(Thrown::Cancel(target) | Thrown::Error(_, Some(target)))) => {
            Err(Thrown::Error(error, Some(target)))
        }
        (Err(thrown), _) => Err(thrown),
    }
}

async fn stmt_of(machine: &Shared, stmt: &Stmt) -> Ran {
    match stmt {
        Stmt::Log(id) => machine.borrow_mut().log(&id.to_string()),
        Stmt::Sleep(seconds) => drop(machine.prim(Prim::Sleep(*seconds)).await?),
        Stmt::Spawn { task, keep, body, gives } => {
            let id = machine.spawn(body.clone(), *gives, *keep);
            if *keep {
                machine.borrow_mut().handles[*task] = Some(id);
            }
        }
        Stmt::Await(id, task) => {
            let known = machine.borrow().handle(*task);
            if let Some(task) = known {
                let value = machine.prim(Prim::Task(task)).await?;
                machine.borrow_mut().log(&format!("{id} {}", shown(&value)));
            }
        }
        Stmt::Cancel(task) => {
            let mut machine = machine.borrow_mut();
            if let Some(task) = machine.handle(*task) {
                machine.cancel_task(task);
            }
        }
        Stmt::Detach(task) => {
            let mut machine = machine.borrow_mut();
            if let Some(task) = machine.handle(*task) {
                machine.detach(task);
            }
        }
        Stmt::Done(id, task) => {
            let mut machine = machine.borrow_mut();
            if let Some(task) = machine.handle(*task) {
                let done = machine.is_done(task);
                machine.log(&format!("{id} {done}"));
            }
        }
        Stmt::Try { id, body, catch, finally } => {
            let mut ran = run(machine.clone(), body.clone()).await;
            if let (Err(Thrown::Error(error, over)), Some(catch)) = (&ran, catch) {
                {
                    let mut machine = machine.borrow_mut();
                    machine.caught(*over);
                    machine.log(&format!("{id} {}", shown_error(error)));
                }
                ran = run(machine.clone(), catch.clone()).await;
            }
            return match finally {
                Some(finally) => cleanup(machine, finally.clone(), ran).await,
                None => ran,
            };
        }
        Stmt::Defer(_) => {}
        Stmt::Scope(block) => {
            let scope = machine.open_scope();
            let ran = run(machine.clone(), block.clone()).await;
            let jumped = matches!(ran, Ok(Flow::Return(_)));
            let left = ran.as_ref().map(|_| ()).map_err(Clone::clone);
            machine.close_scope(scope, left, jumped).await?;
            // An error has been thrown by the scope itself.
            return Ok(ran.unwrap_or(Flow::Next));
        }
        Stmt::Throw(id) => return Err(Thrown::Error(fault("Error", format!("e{id}")), None)),
        Stmt::Return(id) => return Ok(Flow::Return(V::Int((*id).into()))),
        Stmt::Send(channel, value) => drop(machine.prim(Prim::Send(*channel, (*value).into())).await?),
        Stmt::Receive(id, channel) => {
            let value = machine.prim(Prim::Receive(*channel)).await?;
            machine.borrow_mut().log(&format!("{id} {}", shown(&value)));
        }
        Stmt::TrySend(id, channel) => {
            let sent = machine.borrow_mut().send(*channel, (*id).into());
            let sent = sent.map_err(|error| Thrown::Error(error, None))?.is_some();
            machine.borrow_mut().log(&format!("{id} {sent}"));
        }
        Stmt::TryReceive(id, channel) => {
            let value = machine.borrow_mut().receive(*channel);
            let value = value.map_err(|error| Thrown::Error(error, None))?.unwrap_or(V::Nil);
            machine.borrow_mut().log(&format!("{id} {}", shown(&value)));
        }
        Stmt::Close(channel) => machine.borrow_mut().close(*channel),
        Stmt::Walk(id, channel, most) => {
            let mut count = 0;
            while !machine.borrow().is_over(*channel) {
                let value = machine.prim(Prim::Walk(*channel)).await?;
                if let V::End = value {
                    break;
                }
                machine.borrow_mut().log(&format!("{id} {}", shown(&value)));
                count += 1;
                if count > *most {
                    break;
                }
            }
        }
        Stmt::With(mutex, block) => {
            machine.prim(Prim::Lock(*mutex)).await?;
            let ran = run(machine.clone(), block.clone()).await;
            machine.borrow_mut().unlock(*mutex);
            // The block is a function of its own: `return` ends only that.
            ran?;
        }
        Stmt::Lock(mutex, block) => {
            machine.prim(Prim::Lock(*mutex)).await?;
            let ran = in_block(machine, block, |machine| machine.borrow_mut().unlock(*mutex)).await;
            return ran;
        }
        Stmt::Acquire(semaphore, block) => {
            machine.prim(Prim::Permit(*semaphore)).await?;
            let ran = in_block(machine, block, |machine| machine.borrow_mut().release(*semaphore)).await;
            return ran;
        }
        Stmt::Set(event) => machine.borrow_mut().set(*event),
        Stmt::Clear(event) => machine.borrow_mut().clear(*event),
        Stmt::Wait(event) => drop(machine.prim(Prim::Event(*event)).await?),
        Stmt::Meet(id, barrier) => {
            let number = machine.prim(Prim::Meet(*barrier)).await?;
            machine.borrow_mut().log(&format!("{id} {}", shown(&number)));
        }
        Stmt::Combine { id, kind, arms, limit } => {
            if let Some(items) = items(machine, arms.iter()) {
                let value = machine.group(Policy::Of(*kind), items, *limit, false).await?;
                machine.borrow_mut().log(&format!("{id} {}", shown(&value.unwrap_or(V::Nil))));
            }
        }
        Stmt::Completed(id, arms, most) => {
            if let Some(items) = items(machine, arms.iter()) {
                let group = machine.open_completed(items)?;
                let walked = walk_completed(machine, group, *id, *most).await;
                let closed = machine.close_completed(group).await;
                replaced(closed, walked)?;
            }
        }
        Stmt::Select { id, arms, otherwise } => {
            if let Some(items) = items(machine, arms.iter().map(|(arm, _)| arm)) {
                let chosen = machine.group(Policy::Select, items, None, otherwise.is_some()).await?;
                let block = match (chosen, otherwise) {
                    (Some(V::Chosen(at, value)), _) => {
                        machine.borrow_mut().log(&format!("{id} {}", shown(&value)));
                        &arms[at].1
                    }
                    (_, Some(otherwise)) => otherwise,
                    (_, None) => return Ok(Flow::Next),
                };
                return run(machine.clone(), block.clone()).await;
            }
        }
        Stmt::Burst(count) => {
            for _ in 0..*count {
                machine.prim(Prim::Always).await?;
            }
        }
    }
    Ok(Flow::Next)
}

/// A block whose last statement is this one: it comes before the block's defers.
async fn in_block(machine: &Shared, block: &Block, last: impl FnOnce(&Shared)) -> Ran {
    let mut defers = Vec::new();
    let mut ran = Ok(Flow::Next);
    for stmt in block.iter() {
        if let Stmt::Defer(block) = stmt {
            defers.push(block.clone());
            continue;
        }
        ran = stmt_boxed(machine.clone(), stmt.clone()).await;
        if !matches!(ran, Ok(Flow::Next)) {
            break;
        }
    }
    if let Ok(Flow::Next) = ran {
        last(machine);
    }
    for block in defers.into_iter().rev() {
        ran = cleanup_boxed(machine.clone(), block, ran).await;
    }
    ran
}

fn stmt_boxed(machine: Shared, stmt: Stmt) -> Pin<Box<dyn Future<Output = Ran>>> {
    Box::pin(async move { stmt_of(&machine, &stmt).await })
}

fn cleanup_boxed(machine: Shared, block: Block, left: Ran) -> Pin<Box<dyn Future<Output = Ran>>> {
    Box::pin(async move { cleanup(&machine, block, left).await })
}

async fn walk_completed(machine: &Shared, group: usize, id: u32, most: usize) -> Result<(), Thrown> {
    let mut count = 0;
    loop {
        let value = machine.next_completed(group).await?;
        if let V::End = value {
            return Ok(());
        }
        machine.borrow_mut().log(&format!("{id} {}", shown(&value)));
        count += 1;
        if count > most {
            return Ok(());
        }
    }
}

/// What a combinator is given, unless one of the variables holds no task yet.
fn items<'a>(machine: &Shared, arms: impl Iterator<Item = &'a Arm> + Clone) -> Option<Vec<Item>> {
    let machine = machine.borrow();
    if tasks_of(arms.clone()).iter().any(|task| machine.handle(*task).is_none()) {
        return None;
    }
    let item = |arm: &Arm| match arm {
        Arm::Coroutine(block, gives) => Item::Coroutine(block.clone(), *gives),
        Arm::Task(task) => Item::Prim(Prim::Task(machine.handle(*task).unwrap_or_default())),
        Arm::Sleep(seconds) => Item::Prim(Prim::Sleep(*seconds)),
        Arm::Receive(channel) => Item::Prim(Prim::Receive(*channel)),
        Arm::Send(channel, value) => Item::Prim(Prim::Send(*channel, (*value).into())),
        Arm::Event(event) => Item::Prim(Prim::Event(*event)),
        Arm::Permit(semaphore) => Item::Prim(Prim::Permit(*semaphore)),
        Arm::Meet(barrier) => Item::Prim(Prim::Meet(*barrier)),
    };
    Some(arms.map(item).collect())
}
