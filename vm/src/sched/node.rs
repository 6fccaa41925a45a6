//! What a task waits for, as data.
//!
//! Every wait is a [`WaitNode`]: one lies in each task, for a plain `await`, and one in each arm of a [`Group`], for `select` and the
//! combinators. While it waits for a channel, lock, event or task, the node is linked into that thing's [`Waiters`]; with a
//! deadline, into the timer wheel. So waiting and waking allocate nothing, and any wait can be explained at any moment.

#![allow(unsafe_code)]

use std::{cell::Cell, mem::offset_of, ptr::NonNull};

use super::{
    group::{Arm, Group},
    task::{Outcome, Task, TaskState},
};
use crate::{
    heap::object::{Header, Object},
    value::{Gc, Tag, Value},
};

/// Why a task does not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Wait {
    None = 0,
    /// It is in the ready queue, and a cancellation still arrives here (`sleep(0)`).
    Yield,
    /// A deadline: `sleep`, the next tick of an interval.
    Timer,
    /// An operation of the host, by its id.
    Operation,
    Task,
    Receive,
    Send,
    Lock,
    Acquire,
    Event,
    Barrier,
    /// The next value of a watch.
    Changed,
    /// The end of a scope's tasks.
    Scope,
    /// A combinator or `select`.
    Group,
    /// The next result of `completed(…)`.
    Next,
}

impl Wait {
    /// `on` is the address of an object.
    fn is_for_object(self) -> bool {
        !matches!(self, Wait::None | Wait::Yield | Wait::Timer | Wait::Operation)
    }
}

/// The node is an arm's.
const IN_GROUP: u8 = 1;
/// It is linked into some list.
const LINKED: u8 = 2;

/// One wait. Its owner is found from its address: a task, or an arm if `IN_GROUP` is set.
#[repr(C)]
pub struct WaitNode {
    next: Cell<Option<NodeRef>>,
    previous: Cell<Option<NodeRef>>,
    /// Address of the object that is waited for, deadline in nanoseconds, or id of an operation, by `kind`.
    on: Cell<u64>,
    kind: Cell<Wait>,
    /// [`IN_GROUP`], [`LINKED`].
    bits: Cell<u8>,
    /// Of a task's node: where the task stands, and how it ended. It lies here because there is room.
    pub(super) place: Cell<(TaskState, Outcome)>,
    /// The task's id, or the arm's index.
    pub number: u32,
}

const _: () = assert!(size_of::<WaitNode>() == 32);

/// Whom a node belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Waiter {
    Task(Gc<Task>),
    Arm(Gc<Group>, usize),
}

/// A node within a heap object that is alive: tasks that wait hang in the tree of tasks, and groups on the tasks that wait for them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NodeRef(NonNull<WaitNode>);

impl std::ops::Deref for NodeRef {
    type Target = WaitNode;

    fn deref(&self) -> &WaitNode {
        // SAFETY: the invariant above; nodes change through cells only.
        unsafe { self.0.as_ref() }
    }
}

impl NodeRef {
    pub fn of_task(task: Gc<Task>) -> NodeRef {
        // SAFETY: a field of a live object, which does not move.
        unsafe { NodeRef(NonNull::new_unchecked(&raw mut (*task.as_ptr()).node)) }
    }

    pub fn of_arm(arm: &Arm) -> NodeRef {
        NodeRef(NonNull::from(&arm.node))
    }

    /// For tests of lists: a node that belongs to nobody and stays where it is.
    #[cfg(test)]
    pub fn of_free(node: &WaitNode) -> NodeRef {
        NodeRef(NonNull::from(node))
    }

    #[inline(always)]
    pub fn waiter(self) -> Waiter {
        let address = self.0.as_ptr() as usize;
        // SAFETY: the bit tells which struct the node is a field of, and it never changes.
        unsafe {
            if self.bits.get() & IN_GROUP != 0 {
                let arm = (address - offset_of!(Arm, node)) as *const Arm;
                Waiter::Arm((*arm).group, self.number as usize)
            } else {
                Waiter::Task(Gc::from_ptr((address - offset_of!(Task, node)) as *mut Task))
            }
        }
    }

    /// The task that waits, itself or through its group.
    #[inline(always)]
    pub fn task(self) -> Gc<Task> {
        match self.waiter() {
            Waiter::Task(task) => task,
            Waiter::Arm(group, _) => group.task(),
        }
    }
}

impl WaitNode {
    pub fn new(number: u32, in_group: bool) -> WaitNode {
        WaitNode {
            next: Cell::new(None),
            previous: Cell::new(None),
            on: Cell::new(0),
            kind: Cell::new(Wait::None),
            bits: Cell::new(if in_group { IN_GROUP } else { 0 }),
            place: Cell::new((TaskState::Ready, Outcome::Value)),
            number,
        }
    }

    #[inline(always)]
    pub fn kind(&self) -> Wait {
        self.kind.get()
    }

    pub fn is_linked(&self) -> bool {
        self.bits.get() & LINKED != 0
    }

    #[inline(always)]
    fn set_linked(&self, linked: bool) {
        self.bits.set(if linked { self.bits.get() | LINKED } else { self.bits.get() & !LINKED });
    }

    /// The wait is over, or of a kind that refers to nothing.
    #[inline(always)]
    pub fn set(&self, kind: Wait, on: u64) {
        self.kind.set(kind);
        self.on.set(on);
    }

    pub fn wait_for<T: Object>(&self, kind: Wait, object: Gc<T>) {
        debug_assert!(kind.is_for_object());
        self.set(kind, object.as_ptr() as u64);
    }

    #[inline(always)]
    pub fn clear(&self) {
        self.kind.set(Wait::None);
    }

    /// Deadline or operation.
    #[inline(always)]
    pub fn number_waited_for(&self) -> u64 {
        self.on.get()
    }

    /// The object that is waited for; nil if it is none.
    pub fn object(&self) -> Value {
        if !self.kind.get().is_for_object() {
            return Value::NIL;
        }
        let bits = self.on.get();
        // SAFETY: for these kinds `on` is the address of a live object: tracing the owner marks it.
        match Tag::from_number(unsafe { (*(bits as *const Header)).kind }) {
            Some(tag) => Value { tag, bits },
            None => Value::NIL,
        }
    }
}

/// A FIFO list of nodes, linked through them. The first one's `previous` is the last.
#[derive(Default)]
pub struct Waiters {
    first: Cell<Option<NodeRef>>,
}

impl Waiters {
    pub const fn new() -> Waiters {
        Waiters { first: Cell::new(None) }
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.first.get().is_none()
    }

    pub fn first(&self) -> Option<NodeRef> {
        self.first.get()
    }

    pub fn push(&self, node: NodeRef) {
        debug_assert!(!node.is_linked());
        node.set_linked(true);
        node.next.set(None);
        match self.first.get() {
            Some(first) => {
                if let Some(last) = first.previous.get() {
                    last.next.set(Some(node));
                }
                node.previous.set(first.previous.get());
                first.previous.set(Some(node));
            }
            None => {
                node.previous.set(Some(node));
                self.first.set(Some(node));
            }
        }
    }

    /// Takes a node of this list out.
    pub fn remove(&self, node: NodeRef) {
        debug_assert!(node.is_linked());
        node.set_linked(false);
        let (previous, next) = (node.previous.take(), node.next.take());
        let is_first = self.first.get() == Some(node);
        if is_first {
            self.first.set(next);
        } else if let Some(previous) = previous {
            previous.next.set(next);
        }
        // What followed gets the predecessor; of the first node that is the last, which is also right for a new first.
        match next {
            Some(next) => next.previous.set(previous),
            None => {
                if let Some(first) = self.first.get() {
                    first.previous.set(previous);
                }
            }
        }
    }

    pub fn pop(&self) -> Option<NodeRef> {
        let first = self.first.get()?;
        self.remove(first);
        Some(first)
    }

    /// In the order of coming. A node may be removed once it was given.
    pub fn iter(&self) -> impl Iterator<Item = NodeRef> + use<> {
        let mut next = self.first.get();
        std::iter::from_fn(move || {
            let node = next?;
            next = node.next.get();
            Some(node)
        })
    }
}

/// The tasks that can run, first come first served: a list through their nodes, which wait for nothing then.
#[derive(Default)]
pub struct ReadyQueue {
    first: Option<NodeRef>,
    last: Option<NodeRef>,
    len: usize,
}

impl ReadyQueue {
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.first.is_none()
    }

    pub fn len(&self) -> usize {
        self.len
    }

    #[inline(always)]
    pub fn push_back(&mut self, task: Gc<Task>) {
        let node = NodeRef::of_task(task);
        debug_assert!(!node.is_linked());
        node.next.set(None);
        match self.last.replace(node) {
            Some(last) => last.next.set(Some(node)),
            None => self.first = Some(node),
        }
        self.len += 1;
    }

    pub fn push_front(&mut self, task: Gc<Task>) {
        let node = NodeRef::of_task(task);
        debug_assert!(!node.is_linked());
        node.next.set(self.first);
        self.first = Some(node);
        self.last.get_or_insert(node);
        self.len += 1;
    }

    #[inline(always)]
    pub fn pop_front(&mut self) -> Option<Gc<Task>> {
        let first = self.first?;
        self.first = first.next.take();
        if self.first.is_none() {
            self.last = None;
        }
        self.len -= 1;
        Some(first.task())
    }

    /// Takes a task out of the middle, in time proportional to its place.
    pub fn remove(&mut self, index: usize) -> Option<Gc<Task>> {
        let Some(before) = index.checked_sub(1) else { return self.pop_front() };
        let before = self.nodes().nth(before)?;
        let node = before.next.get()?;
        before.next.set(node.next.take());
        if self.last == Some(node) {
            self.last = Some(before);
        }
        self.len -= 1;
        Some(node.task())
    }

    fn nodes(&self) -> impl Iterator<Item = NodeRef> + use<> {
        std::iter::successors(self.first, |node| node.next.get())
    }

    /// From the one that runs next to the one that runs last.
    pub fn iter(&self) -> impl Iterator<Item = Gc<Task>> + use<> {
        self.nodes().map(NodeRef::task)
    }
}
