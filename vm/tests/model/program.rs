//! Programs by chance: what they are made of, how they are drawn, written as Co, and made smaller when they show a mistake.

use std::rc::Rc;

mod draw;
mod shrink;
mod text;

pub use draw::draw;
pub use shrink::shrink;
pub use text::tasks_of;

pub type Block = Rc<Vec<Stmt>>;

/// What a function gives at its end, and numbers that tell one line of output from another.
pub type Number = u32;

#[derive(Debug, Clone)]
pub enum Stmt {
    Log(Number),
    /// Seconds.
    Sleep(u64),
    Spawn {
        task: usize,
        /// The handle is kept in a variable.
        keep: bool,
        body: Block,
        gives: Number,
    },
    Await(Number, usize),
    Cancel(usize),
    Detach(usize),
    Done(Number, usize),
    Try {
        id: Number,
        body: Block,
        catch: Option<Block>,
        finally: Option<Block>,
    },
    Defer(Block),
    Scope(Block),
    Throw(Number),
    Return(Number),
    Send(usize, Number),
    Receive(Number, usize),
    TrySend(Number, usize),
    TryReceive(Number, usize),
    Close(usize),
    /// `for await`, left after so many values.
    Walk(Number, usize, usize),
    /// `m.with(async || …)`
    With(usize, Block),
    /// Lock, go on, unlock, without a `defer`.
    Lock(usize, Block),
    /// Acquire, go on, release, likewise.
    Acquire(usize, Block),
    Set(usize),
    Clear(usize),
    Wait(usize),
    Meet(Number, usize),
    Combine {
        id: Number,
        kind: Kind,
        arms: Vec<Arm>,
        limit: Option<usize>,
    },
    /// Of `completed`, left after so many results.
    Completed(Number, Vec<Arm>, usize),
    Select {
        id: Number,
        arms: Vec<(Arm, Block)>,
        otherwise: Option<Block>,
    },
    /// So many awaits whose result is there.
    Burst(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    All,
    Race,
    Any,
    Settled,
    /// Seconds.
    Timeout(u64),
    Shield,
}

#[derive(Debug, Clone)]
pub enum Arm {
    Coroutine(Block, Number),
    Task(usize),
    Sleep(u64),
    Receive(usize),
    Send(usize, Number),
    Event(usize),
    Permit(usize),
    Meet(usize),
}

#[derive(Debug, Clone)]
pub struct Program {
    pub main: Block,
    pub tasks: usize,
}

/// Channels by their capacities, and so on.
pub const CHANNELS: [usize; 3] = [0, 1, 2];
pub const MUTEXES: usize = 2;
pub const PERMITS: [u64; 2] = [1, 2];
pub const EVENTS: usize = 2;
pub const PARTIES: [usize; 2] = [2, 3];
