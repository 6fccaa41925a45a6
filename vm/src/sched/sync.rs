//! Locks and events: mutex, semaphore, event, barrier, watch, and the interval of the clock.
//!
//! Each has one line of waiters. Who is first in line is served before anybody who comes later, and what is handed over to a waiter is
//! its own from then on (R6b).

#![allow(unsafe_code)]

use std::{cell::Cell, ptr};

use super::{
    mistake::{Mistake, made},
    node::{NodeRef, Waiter, Waiters},
    task::{self, Task, TaskState},
    wait,
};
use crate::{
    builtins::Control,
    heap::{Heap, Marker, object::*},
    sched,
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// Belongs to the task that has locked it (R36).
#[repr(C)]
pub struct Mutex {
    pub header: Header,
    pub made_at: u32,
    pub made_by: Value,
    waiters: Waiters,
    owner: Cell<Option<Gc<Task>>>,
    /// What the owner unlocks it with.
    guard: Cell<Option<Gc<Guard>>>,
    /// The next mutex that the owner holds.
    next_held: Cell<Option<Gc<Mutex>>>,
    /// Where it was locked.
    pub locked_by: Cell<Value>,
    pub locked_at: Cell<u32>,
}

/// What `lock()` gives.
#[repr(C)]
pub struct Guard {
    pub header: Header,
    pub mutex: Gc<Mutex>,
}

#[repr(C)]
pub struct Semaphore {
    pub header: Header,
    pub made_at: u32,
    pub made_by: Value,
    waiters: Waiters,
    pub permits: Cell<u64>,
}

#[repr(C)]
pub struct Event {
    pub header: Header,
    pub made_at: u32,
    pub made_by: Value,
    waiters: Waiters,
    is_set: Cell<bool>,
}

/// Lets `parties` tasks go on together.
#[repr(C)]
pub struct Barrier {
    pub header: Header,
    pub made_at: u32,
    pub made_by: Value,
    waiters: Waiters,
    pub parties: u64,
    /// Nodes in the line.
    arrived: Cell<u64>,
}

/// A value whose changes can be awaited.
#[repr(C)]
pub struct Watch {
    pub header: Header,
    pub made_at: u32,
    pub made_by: Value,
    waiters: Waiters,
    pub value: Cell<Value>,
    /// How often it was set.
    pub version: Cell<i64>,
    pub is_closed: Cell<bool>,
}

/// `time.interval(d)`: ticks on a fixed schedule.
#[repr(C)]
pub struct Interval {
    pub header: Header,
    pub period_ns: u64,
    pub next_ns: Cell<u64>,
}

macro_rules! resources {
    ($($name:ident = $tag:ident),* $(,)?) => {
        $(impl Object for $name {
            const TAG: Tag = Tag::$tag;
        })*
    };
}

resources! {
    Mutex = MUTEX, Guard = GUARD, Semaphore = SEMAPHORE, Event = EVENT, Barrier = BARRIER, Watch = WATCH, Interval = INTERVAL,
}

pub fn register(heap: &mut Heap) {
    macro_rules! hook {
        ($kind:ident, |$object:ident, $marker:ident| $trace:block) => {{
            unsafe fn trace(header: *mut Header, $marker: &mut Marker) {
                // SAFETY: the heap calls this for objects of this kind only.
                let $object = unsafe { &*(header as *const $kind) };
                $trace
            }
            // SAFETY: the hook is for this layout.
            unsafe { heap.register($kind::TAG, Some(trace), None) };
        }};
    }
    hook!(Mutex, |mutex, marker| {
        marker.value(mutex.made_by);
        marker.value(mutex.locked_by.get());
        if let Some(owner) = mutex.owner.get().filter(|owner| owner.is_done()) {
            marker.value(owner.into());
        }
        if let Some(guard) = mutex.guard.get() {
            marker.value(guard.into());
        }
        if let Some(next) = mutex.next_held.get() {
            marker.value(next.into());
        }
    });
    hook!(Guard, |guard, marker| { marker.value(guard.mutex.into()) });
    hook!(Semaphore, |semaphore, marker| { marker.value(semaphore.made_by) });
    hook!(Event, |event, marker| { marker.value(event.made_by) });
    hook!(Barrier, |barrier, marker| { marker.value(barrier.made_by) });
    hook!(Watch, |watch, marker| {
        marker.value(watch.made_by);
        marker.value(watch.value.get());
    });
    hook!(Interval, |_interval, _marker| {});
}

/// The line of a lock, event, barrier or watch.
pub fn line(on: Value) -> &'static Waiters {
    // SAFETY of the lifetime: the line is used while its owner is held by the caller, and objects do not move.
    macro_rules! line_of {
        ($kind:ident) => {
            // SAFETY: the tag tells the layout.
            unsafe { &(*on.object_unchecked::<$kind>().as_ptr()).waiters }
        };
    }
    match on.tag {
        Tag::MUTEX => line_of!(Mutex),
        Tag::SEMAPHORE => line_of!(Semaphore),
        Tag::EVENT => line_of!(Event),
        Tag::BARRIER => line_of!(Barrier),
        _ => line_of!(Watch),
    }
}

/// # Safety
/// `T` begins with a header, and the rest may be zero until it is written.
unsafe fn place<T: Object>(vm: &mut Vm, make: impl FnOnce(Header) -> T) -> Gc<T> {
    // SAFETY: every field is written before anything reads it.
    unsafe {
        let memory = vm.heap.alloc_raw(T::TAG, size_of::<T>()) as *mut T;
        let header = ptr::read(memory as *const Header);
        ptr::write(memory, make(header));
        Gc::from_ptr(memory)
    }
}

// ---- mutex

pub fn new_mutex(vm: &mut Vm) -> Gc<Mutex> {
    let (made_by, made_at) = vm.site();
    // SAFETY: a header comes first.
    unsafe {
        place(vm, |header| Mutex {
            header,
            made_at,
            made_by,
            waiters: Waiters::new(),
            owner: Cell::new(None),
            guard: Cell::new(None),
            next_held: Cell::new(None),
            locked_by: Cell::new(Value::NIL),
            locked_at: Cell::new(0),
        })
    }
}

impl Mutex {
    pub fn owner(&self) -> Option<Gc<Task>> {
        self.owner.get()
    }
}

/// Locks it for a task, and gives the guard.
pub fn lock(vm: &mut Vm, mutex: Gc<Mutex>, by: Gc<Task>) -> Result<Option<Value>, Control> {
    match mutex.owner.get() {
        None => Ok(Some(grant(vm, mutex, by))),
        Some(owner) if owner == by => {
            let control =
                vm.throw("Deadlock", "a task that locks a mutex it holds already would wait forever");
            vm.hint("unlock it first, or hand on the guard".to_string());
            Err(control)
        }
        Some(owner) if has_ended(vm, owner) => {
            let error = abandoned_error(vm, owner);
            Err(vm.throw_value(error))
        }
        Some(_) => Ok(None),
    }
}

fn has_ended(vm: &Vm, owner: Gc<Task>) -> bool {
    matches!(owner.state(), TaskState::Closing | TaskState::Done) && !is_evaluation(vm, owner)
}

/// At the REPL the lines count as one task: what one has locked the next may unlock.
fn is_evaluation(vm: &Vm, task: Gc<Task>) -> bool {
    vm.sched.session.is_some() && vm.sched.main == Some(task)
}

/// The next line of a session has what the one before has locked.
pub fn inherit(from: Gc<Task>, to: Gc<Task>) {
    let first = from.rare().and_then(|rare| rare.held.take());
    let mut next = first;
    while let Some(mutex) = next {
        mutex.owner.set(Some(to));
        next = mutex.next_held.get();
    }
    if first.is_some() {
        to.rare_or_new().held.set(first);
    }
}

fn grant(vm: &mut Vm, mutex: Gc<Mutex>, to: Gc<Task>) -> Value {
    let rare = to.rare_or_new();
    mutex.owner.set(Some(to));
    mutex.next_held.set(rare.held.replace(Some(mutex)));
    // Where the new owner stands: it runs, or waits for this.
    let (code, at) = if vm.sched.current == Some(to) {
        vm.site()
    } else {
        task::innermost_visible(to).unwrap_or((Value::NIL, 0))
    };
    mutex.locked_by.set(code);
    mutex.locked_at.set(at);
    // SAFETY: a header comes first.
    let guard = unsafe { place(vm, |header| Guard { header, mutex }) };
    mutex.guard.set(Some(guard));
    guard.into()
}

/// `guard.unlock()`: only by the owner, only once.
pub fn unlock(vm: &mut Vm, guard: Gc<Guard>) -> Result<(), Control> {
    let mutex = guard.mutex;
    if mutex.guard.get() != Some(guard) {
        return Err(vm.throw("ValueError", "the mutex was unlocked already with this guard"));
    }
    let running = vm.running();
    if mutex.owner.get() != Some(running) {
        let owner = mutex
            .owner
            .get()
            .map_or(String::new(), |owner| format!(": task {} ({})", owner.id(), task::name_text(vm, owner)));
        return Err(vm.throw("ValueError", format!("only the task that locked a mutex unlocks it{owner}")));
    }
    forget(vm, running, mutex);
    hand_on(vm, mutex);
    Ok(())
}

/// Takes a mutex out of the list of those that its owner holds.
fn forget(vm: &mut Vm, owner: Gc<Task>, mutex: Gc<Mutex>) {
    let next = mutex.next_held.take();
    if let Some(next) = next {
        vm.heap.gone(next.into());
    }
    mutex.owner.set(None);
    mutex.guard.set(None);
    let Some(rare) = owner.rare() else { return };
    if rare.held.get() == Some(mutex) {
        return rare.held.set(next);
    }
    let mut at = rare.held.get();
    while let Some(held) = at {
        if held.next_held.get() == Some(mutex) {
            return held.next_held.set(next);
        }
        at = held.next_held.get();
    }
}

fn hand_on(vm: &mut Vm, mutex: Gc<Mutex>) {
    if !made(Mistake::LockIsNotHandedOn)
        && let Some(node) = mutex.waiters.pop()
    {
        let guard = grant(vm, mutex, node.task());
        wait::decide(vm, node, Ok(guard));
    }
}

/// The task has ended: who waits for a mutex that it holds will never get it.
pub fn abandon_all(vm: &mut Vm, owner: Gc<Task>) {
    if is_evaluation(vm, owner) {
        return;
    }
    let mut next = owner.rare().and_then(|rare| rare.held.take());
    vm.sched.locks_left += next.is_some() as u32;
    while let Some(mutex) = next {
        next = mutex.next_held.take();
        while let Some(node) = mutex.waiters.pop() {
            let error = abandoned_error(vm, owner);
            wait::decide(vm, node, Err(error));
        }
    }
}

fn abandoned_error(vm: &mut Vm, owner: Gc<Task>) -> Value {
    let name = task::name_text(vm, owner);
    let message =
        format!("the mutex can never be unlocked: task {} ({name}) has ended and still holds it", owner.id());
    vm.heap.error("ValueError", &message).into()
}

// ---- semaphore

pub fn new_semaphore(vm: &mut Vm, permits: u64) -> Gc<Semaphore> {
    let (made_by, made_at) = vm.site();
    // SAFETY: a header comes first.
    unsafe {
        place(vm, |header| Semaphore {
            header,
            made_at,
            made_by,
            waiters: Waiters::new(),
            permits: Cell::new(permits),
        })
    }
}

pub fn acquire(semaphore: Gc<Semaphore>) -> Option<Value> {
    let left = semaphore.permits.get().checked_sub(1)?;
    semaphore.permits.set(left);
    Some(Value::NIL)
}

pub fn release(vm: &mut Vm, semaphore: Gc<Semaphore>) {
    match semaphore.waiters.pop() {
        Some(node) if made(Mistake::PermitIsNotHandedOn) => semaphore.waiters.push(node),
        Some(node) => wait::decide(vm, node, Ok(Value::NIL)),
        None => semaphore.permits.set(semaphore.permits.get().saturating_add(1)),
    }
}

// ---- event

pub fn new_event(vm: &mut Vm) -> Gc<Event> {
    let (made_by, made_at) = vm.site();
    // SAFETY: a header comes first.
    unsafe {
        place(vm, |header| Event {
            header,
            made_at,
            made_by,
            waiters: Waiters::new(),
            is_set: Cell::new(false),
        })
    }
}

pub fn is_set(event: Gc<Event>) -> bool {
    event.is_set.get()
}

pub fn set_event(vm: &mut Vm, event: Gc<Event>) {
    event.is_set.set(true);
    while let Some(node) = event.waiters.pop() {
        wait::decide(vm, node, Ok(Value::NIL));
        if made(Mistake::EventWakesOne) {
            break;
        }
    }
}

pub fn clear_event(event: Gc<Event>) {
    event.is_set.set(false);
}

// ---- barrier

pub fn new_barrier(vm: &mut Vm, parties: u64) -> Gc<Barrier> {
    let (made_by, made_at) = vm.site();
    // SAFETY: a header comes first.
    unsafe {
        place(vm, |header| Barrier {
            header,
            made_at,
            made_by,
            waiters: Waiters::new(),
            parties,
            arrived: Cell::new(0),
        })
    }
}

impl Barrier {
    pub fn waiting(&self) -> u64 {
        self.arrived.get()
    }

    pub fn enter(&self, node: NodeRef) {
        self.arrived.set(self.arrived.get() + 1);
        self.waiters.push(node);
    }

    pub fn leave(&self, node: NodeRef) {
        self.arrived.set(self.arrived.get() - 1);
        self.waiters.remove(node);
    }
}

/// The last one of a round lets all go on; each gets the number in which it came.
pub fn arrive(vm: &mut Vm, barrier: Gc<Barrier>) -> Option<Value> {
    if barrier.waiting() + 1 + (made(Mistake::BarrierOpensEarly) as u64) < barrier.parties {
        return None;
    }
    let came: Vec<NodeRef> = barrier.waiters.iter().collect();
    let last = came.len() as i64;
    for (number, node) in came.into_iter().enumerate() {
        // A select that stands here with several arms goes on with the first; the others have left then.
        if node.is_linked() {
            barrier.leave(node);
            wait::decide(vm, node, Ok(Value::int(number as i64)));
        }
    }
    Some(Value::int(last))
}

// ---- watch

pub fn new_watch(vm: &mut Vm, value: Value) -> Gc<Watch> {
    let (made_by, made_at) = vm.site();
    // SAFETY: a header comes first.
    unsafe {
        place(vm, |header| Watch {
            header,
            made_at,
            made_by,
            waiters: Waiters::new(),
            value: Cell::new(value),
            version: Cell::new(0),
            is_closed: Cell::new(false),
        })
    }
}

pub fn set_watch(vm: &mut Vm, watch: Gc<Watch>, value: Value) -> Result<(), Control> {
    if watch.is_closed.get() {
        return Err(vm.throw("ChannelClosed", "the watch is closed: it cannot be set any more"));
    }
    vm.heap.store(&watch.value, value);
    watch.version.set(watch.version.get() + 1);
    while let Some(node) = watch.waiters.pop() {
        match node.waiter() {
            // It gets what is the newest value when it runs.
            Waiter::Task(task) => sched::wake_for_newest(vm, task),
            Waiter::Arm(..) => wait::decide(vm, node, Ok(value)),
        }
    }
    Ok(())
}

/// `changed()` always waits, for the next value.
pub fn poll_changed(vm: &mut Vm, watch: Gc<Watch>) -> Result<Option<Value>, Control> {
    if watch.is_closed.get() {
        return Err(vm.throw("ChannelClosed", "the watch is closed: it does not change any more"));
    }
    Ok(None)
}

pub fn close_watch(vm: &mut Vm, watch: Gc<Watch>) {
    watch.is_closed.set(true);
    while let Some(node) = watch.waiters.pop() {
        end_wait(vm, node);
    }
}

fn end_wait(vm: &mut Vm, node: NodeRef) {
    if wait::is_in_loop(node) {
        sched::wake_at_end(vm, node.task());
    } else {
        let error = vm.heap.error("ChannelClosed", "the watch was closed").into();
        wait::decide(vm, node, Err(error));
    }
}

// ---- interval

pub fn new_interval(vm: &mut Vm, period_ns: u64) -> Gc<Interval> {
    let next_ns = sched::now_ns(vm).saturating_add(period_ns);
    // SAFETY: a header comes first.
    unsafe { place(vm, |header| Interval { header, period_ns, next_ns: Cell::new(next_ns) }) }
}
