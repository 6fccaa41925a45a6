//! Tasks: their layout, their memory, and how they are made.
//!
//! A task is one allocation: header, links and an exact-fit stack. It never moves; a stack that grows moves out. What only few
//! tasks have lies in a box ([`Rare`]).
//!
//! ```text
//! [header][fiber][wait node][spawned by, waiters, owner, siblings, rare] | [function][result or callee][link] r0 r1 …
//! ```
//!
//! Flags and the word at which it was spawned lie in the header, the state in the wait node. The first two slots behind the task
//! outlive its stack: the function it runs, and once it has ended, its result. The third leads to a stack that has moved.

#![allow(unsafe_code)]
// The pointers handed around here are fibers and call areas of living tasks.
#![allow(clippy::not_unsafe_ptr_arg_deref)]

use std::{cell::Cell, ptr};

use super::{
    Decision,
    group::Group,
    node::{NodeRef, Wait, WaitNode, Waiters},
    owner::{self, CancelRequest, Nursery, NurseryRef, Owner},
    scope::Scope,
    sync::Mutex,
};
use crate::{
    bytecode::SLOT,
    fiber::{self, Fiber, FrameView, ROOT_SLOTS, TASK_END},
    heap::{Heap, Marker, object::*},
    sched,
    value::{Gc, Tag, Value},
    vm::Vm,
};

pub use super::{
    generator::{Generator, GeneratorState, dangling_generator, new_generator, owner_of, resumer},
    spawn::{await_stub, spawn_coroutine, spawn_value, take_coroutine},
};

/// Where a task stands. Each is in exactly one of these places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum TaskState {
    /// In the ready queue.
    Ready,
    Running,
    /// On what its wait node says.
    Waiting,
    /// The body has ended, children have not.
    Closing,
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    Value,
    Error,
    Cancelled,
}

pub mod flag {
    /// Its error has reached somebody (R2).
    pub const RECEIVED: u16 = 1;
    /// `spawn f()` as a statement: nobody can await it (R3).
    pub const DISCARDED: u16 = 2;
    /// Something in it was cancelled, and that has not been thrown yet.
    pub const CANCEL_PENDING: u16 = 4;
    /// A cancellation is on its way out.
    pub const IN_FLIGHT: u16 = 8;
    /// What lies in the scratch register of its op is thrown when it runs next.
    pub const THROWS: u16 = 16;
    /// What lies there completes the op when it runs next.
    pub const COMPLETES: u16 = 32;
    /// Its op is completed with the newest value of the watch that its node names.
    pub const NEWEST: u16 = 64;
    /// It was spawned by clean-up: it is cancelled when the body around that has ended (R7).
    pub const BY_CLEANUP: u16 = 128;
    /// It has had its first turn.
    pub const STARTED: u16 = 256;
    /// It was reported as leaked.
    pub const LEAKED: u16 = 512;
    /// As [`crate::heap::Heap::parity`] was when it was looked at last: see [`super::super::reach`].
    pub const REACHED: u16 = 1024;
    /// It is suspended inside a generator: [`super::Rare::inner`].
    pub const IN_GENERATOR: u16 = 4096;
    /// `t.detach()` was called.
    pub const DETACHED: u16 = 8192;

    /// What is looked at when a task gets its turn.
    pub const AT_TURN: u16 = THROWS | COMPLETES | NEWEST;
}

/// See the module's head.
#[repr(C)]
pub struct Task {
    pub header: Header,
    pub fiber: Fiber,
    pub node: WaitNode,
    spawned_by: Option<Gc<ProtoObject>>,
    /// Who awaits it, first come first.
    pub waiters: Waiters,
    /// An [`Owner`]'s address.
    owner: Cell<*mut Header>,
    pub(super) next_sibling: Cell<Option<Gc<Task>>>,
    pub(super) previous_sibling: Cell<Option<Gc<Task>>>,
    rare: Cell<*mut Rare>,
}

const _: () = assert!(size_of::<Task>() == 112);

/// What few tasks have.
pub struct Rare {
    /// The innermost generator's fiber, while the task is suspended in one.
    inner: Cell<*mut Fiber>,
    /// Of the scope that the task itself is.
    pub nursery: Nursery,
    /// The innermost open scope.
    pub scope: Cell<Option<Gc<Scope>>>,
    /// The innermost combinator that is not over.
    pub group: Cell<Option<Gc<Group>>>,
    /// Errors of children that nobody has awaited so far.
    kept: Cell<Vec<(Gc<Task>, Value)>>,
    name: Cell<Option<Value>>,
    /// Mutexes that it holds, linked through them.
    pub held: Cell<Option<Gc<Mutex>>>,
}

impl Default for Rare {
    fn default() -> Rare {
        Rare {
            inner: Cell::new(ptr::null_mut()),
            nursery: Nursery::default(),
            scope: Cell::default(),
            group: Cell::default(),
            kept: Cell::default(),
            name: Cell::default(),
            held: Cell::default(),
        }
    }
}

impl Object for Task {
    const TAG: Tag = Tag::TASK;
}

impl std::fmt::Debug for Gc<Task> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "task {}", self.id())
    }
}

impl Task {
    pub fn id(&self) -> u32 {
        self.node.number
    }

    pub fn state(&self) -> TaskState {
        self.node.place.get().0
    }

    pub fn set_state(&self, state: TaskState) {
        self.node.place.set((state, self.outcome()));
    }

    pub fn outcome(&self) -> Outcome {
        self.node.place.get().1
    }

    pub fn set_outcome(&self, outcome: Outcome) {
        self.node.place.set((self.state(), outcome));
    }

    /// The word at which it was spawned, in the code of [`Task::spawned_by`].
    pub fn spawned_at(&self) -> u32 {
        self.header.aux.get()
    }

    #[inline(always)]
    pub fn has(&self, flag: u16) -> bool {
        self.header.count.get() & flag != 0
    }

    #[inline(always)]
    pub fn set_flag(&self, flag: u16) {
        self.header.count.set(self.header.count.get() | flag);
    }

    #[inline(always)]
    pub fn clear_flag(&self, flag: u16) {
        self.header.count.set(self.header.count.get() & !flag);
    }

    /// Sets a flag, and tells if it was set before.
    pub fn replace_flag(&self, flag: u16) -> bool {
        let before = self.has(flag);
        self.set_flag(flag);
        before
    }

    pub fn is_done(&self) -> bool {
        self.state() == TaskState::Done
    }

    pub fn wait(&self) -> Wait {
        self.node.kind()
    }

    /// What it waits for; nil if that is no object.
    pub fn waits_for(&self) -> Value {
        self.node.object()
    }

    pub fn owner(&self) -> Owner {
        // SAFETY: owners outlive their children, and tracing a task marks its owner.
        unsafe { Owner::from_address(self.owner.get()) }
    }

    pub(super) fn set_owner(&self, owner: Owner) {
        self.owner.set(owner.address());
    }

    /// The task it belongs to.
    pub fn parent(&self) -> Option<Gc<Task>> {
        self.owner().task()
    }

    /// Where it was spawned: the code and the word in it. Nil for the top level.
    pub fn spawned_by(&self) -> Value {
        self.spawned_by.map_or(Value::NIL, Value::from)
    }

    pub fn rare(&self) -> Option<&Rare> {
        // SAFETY: made by `rare_or_new`, dropped with the task; it changes through cells only.
        unsafe { self.rare.get().as_ref() }
    }

    pub fn rare_or_new(&self) -> &Rare {
        if self.rare.get().is_null() {
            self.rare.set(Box::into_raw(Box::default()));
        }
        // SAFETY: as above.
        unsafe { &*self.rare.get() }
    }

    /// How deep the code that runs is in clean-up.
    pub fn cleanup_depth(&self) -> u32 {
        self.fiber.cleanup_depth.get()
    }

    pub fn set_cleanup_depth(&self, depth: u32) {
        self.fiber.cleanup_depth.set(depth);
    }

    /// The innermost open scope.
    pub fn scope(&self) -> Option<Gc<Scope>> {
        self.rare()?.scope.get()
    }

    /// The children of the task itself, not those of scopes in it.
    pub fn children(&self) -> impl Iterator<Item = Gc<Task>> {
        self.rare().into_iter().flat_map(|rare| rare.nursery.children())
    }

    pub fn has_children(&self) -> bool {
        self.rare().is_some_and(|rare| !rare.nursery.is_empty())
    }

    /// Why it was cancelled, if it was.
    pub fn with_cancel<R>(&self, look: impl FnOnce(Option<&CancelRequest>) -> R) -> R {
        match self.rare() {
            Some(rare) => rare.nursery.with_cancel(look),
            None => look(None),
        }
    }

    pub fn keep(&self, child: Gc<Task>, error: Value) {
        let rare = self.rare_or_new();
        let mut kept = rare.kept.take();
        kept.push((child, error));
        rare.kept.set(kept);
    }

    pub fn take_kept(&self) -> Vec<(Gc<Task>, Value)> {
        self.rare().map_or(Vec::new(), |rare| rare.kept.take())
    }

    /// The error of a child is not to be raised any more: somebody has got it.
    pub fn forget_kept(&self, child: Gc<Task>) -> Option<Value> {
        let rare = self.rare()?;
        let mut kept = rare.kept.take();
        let found = kept.iter().position(|(of, _)| *of == child).map(|index| kept.remove(index).1);
        rare.kept.set(kept);
        found
    }

    pub fn given_name(&self) -> Option<Value> {
        self.rare()?.name.get()
    }

    fn inline_stack(&self) -> *const Cell<Value> {
        // Tasks are reached through addresses in values, so the address stands for the whole allocation.
        std::ptr::with_exposed_provenance((self as *const Task).expose_provenance() + size_of::<Task>())
    }

    /// The function it runs.
    pub fn function(&self) -> Value {
        // SAFETY: the first slot behind a task holds its function as long as the task lives.
        unsafe { (*self.inline_stack()).get() }
    }

    /// Its value or error once the body has ended.
    pub fn result(&self) -> &Cell<Value> {
        // SAFETY: the second slot behind a task is its stack's or its own.
        unsafe { &*self.inline_stack().add(1) }
    }
}

impl Gc<Task> {
    pub fn fiber_ptr(self) -> *mut Fiber {
        // SAFETY: the field of a live object.
        unsafe { &raw mut (*self.as_ptr()).fiber }
    }

    /// Of a suspended task: the fiber that goes on, its own or the innermost generator's.
    #[inline(always)]
    pub fn current(self) -> *mut Fiber {
        match self.rare() {
            Some(rare) if self.has(flag::IN_GENERATOR) => rare.inner.get(),
            _ => self.fiber_ptr(),
        }
    }

    /// The task is suspended in this fiber.
    #[inline(always)]
    pub fn suspend_in(self, fiber: *mut Fiber) {
        if fiber == self.fiber_ptr() {
            self.clear_flag(flag::IN_GENERATOR);
        } else {
            self.rare_or_new().inner.set(fiber);
            self.set_flag(flag::IN_GENERATOR);
        }
    }

    pub fn node(self) -> NodeRef {
        NodeRef::of_task(self)
    }

    /// Innermost first: the open scopes' nurseries, then the task's own.
    pub fn nurseries(self) -> impl Iterator<Item = NurseryRef> {
        let mut scope = self.scope();
        let mut own = self.rare().map(|rare| NurseryRef::of(&rare.nursery));
        std::iter::from_fn(move || match scope {
            Some(open) => {
                scope = open.outer();
                Some(NurseryRef::of(&open.nursery))
            }
            None => own.take(),
        })
    }

    /// Combinators of the task that are not over, innermost first.
    pub fn groups(self) -> impl Iterator<Item = Gc<Group>> {
        let mut next = self.rare().and_then(|rare| rare.group.get());
        std::iter::from_fn(move || {
            let group = next?;
            next = group.outer.get();
            Some(group)
        })
    }
}

// ---- memory

/// Tells the heap how tasks are traced and dropped.
pub fn register(heap: &mut Heap) {
    unsafe fn trace_task(header: *mut Header, marker: &mut Marker) {
        // SAFETY: the heap calls this for tasks only.
        unsafe { trace_once(&*(header as *const Task), marker) }
    }
    unsafe fn drop_task(header: *mut Header) {
        // SAFETY: as above; the task is dead.
        unsafe {
            let task = header as *mut Task;
            free_own_stack(&(*task).fiber);
            let rare = (*task).rare.replace(ptr::null_mut());
            if !rare.is_null() {
                drop(Box::from_raw(rare));
            }
        }
    }
    // SAFETY: the hooks are for the layouts of these kinds.
    unsafe { heap.register(Tag::TASK, Some(trace_task), Some(drop_task)) };
    super::generator::register(heap);
    super::scope::register(heap);
    super::group::register(heap);
    super::channel::register(heap);
    super::sync::register(heap);
}

/// Whether this collection has looked at a task.
pub fn is_reached(task: &Task, marker: &Marker) -> bool {
    task.has(flag::REACHED) == marker.parity()
}

/// Marks what a task refers to, not the task itself; once in a collection.
pub fn trace_once(task: &Task, marker: &mut Marker) {
    if is_reached(task, marker) && !marker.looks_again() {
        return;
    }
    if marker.parity() {
        task.set_flag(flag::REACHED)
    } else {
        task.clear_flag(flag::REACHED)
    }
    marker.note_find();
    trace(task, marker);
}

fn trace(task: &Task, marker: &mut Marker) {
    // While the stack is in its place the first slots are part of it; otherwise they hold function and result.
    marker.value(task.function());
    marker.value(task.result().get());
    trace_fiber(&task.fiber, marker);
    marker.value(task.spawned_by());
    marker.value(task.node.object());
    if task.is_done() {
        // Only kept where the owner still has something of it; owners of others live longer than they.
        marker.value(task.owner().to_value());
    }
    // A generator that the task is suspended in is held by its consumer's registers.
    if let Some(rare) = task.rare() {
        rare.nursery.trace(marker);
        if let Some(scope) = rare.scope.get() {
            marker.value(scope.into());
        }
        if let Some(group) = rare.group.get() {
            marker.value(group.into());
        }
        let kept = rare.kept.take();
        for (child, error) in &kept {
            marker.value((*child).into());
            marker.value(*error);
        }
        rare.kept.set(kept);
        if let Some(name) = rare.name.get() {
            marker.value(name);
        }
        if let Some(mutex) = rare.held.get() {
            marker.value(mutex.into());
        }
    }
}

/// Marks what a fiber's frames hold and clears what lies above them, so that no stale reference is ever scanned.
pub fn trace_fiber(fiber: &Fiber, marker: &mut Marker) {
    if fiber.base.is_null() {
        return;
    }
    // SAFETY: from the stack's start to the top frame's end every slot is a value or a link word.
    unsafe {
        let registers = fiber::frame_proto(fiber.base).registers as usize;
        // A suspended fiber has nothing above its registers but the op that called on its own account.
        let top = fiber.base.add(registers);
        let mut slot = fiber.stack();
        while slot < top {
            if *(slot as *const u64) >= Tag::STR.number()
                && *(slot as *const u32) != Tag::LINK.number() as u32
            {
                marker.value(*slot);
            }
            slot = slot.add(1);
        }
        fiber::clear(top, fiber.end());
        marker.add_work(fiber.capacity());
        if fiber.is_moved() {
            marker.buffer(fiber.capacity() * SLOT);
        }
    }
}

pub(super) unsafe fn free_own_stack(fiber: &Fiber) {
    // SAFETY: a stack that does not follow its owner directly was made by `new_stack`.
    unsafe {
        if fiber.is_moved() {
            fiber::free_stack(fiber.stack(), fiber.capacity());
        }
    }
}

/// The place behind a fiber's owner, where its stack begins its life.
#[inline(always)]
pub fn inline_stack(fiber: &Fiber) -> *mut Value {
    // SAFETY: a fiber lies in its owner, which is alive.
    unsafe {
        let owner = owner_of(fiber);
        let is_task = (*owner).kind as u64 == Tag::TASK.number();
        let size = if is_task { size_of::<Task>() } else { size_of::<Generator>() };
        (owner as *mut u8).add(size) as *mut Value
    }
}

/// The running stack has moved to `stack`.
///
/// # Safety
/// Its frames were copied; nothing uses the old stack any more.
pub unsafe fn replace_stack(heap: &mut Heap, fiber: *mut Fiber, stack: *mut Value, capacity: usize) {
    // SAFETY: by the contract.
    unsafe {
        let old = &mut *fiber;
        if old.is_moved() {
            heap.charge((capacity - old.capacity()) * SLOT);
            fiber::free_stack(old.stack(), old.capacity());
        } else {
            heap.charge(capacity * SLOT);
            // The function stays; what was a call's slot is the result's from now on.
            fiber::clear(old.stack().add(1), old.end());
        }
        old.move_to(stack, capacity);
    }
}

/// A task whose body has ended needs no stack.
pub fn release_stack(heap: &mut Heap, task: Gc<Task>) {
    // SAFETY: no frame of the task is used again.
    unsafe { release(heap, &mut (*task.as_ptr()).fiber) }
}

/// # Safety
/// No frame on the fiber's stack is used again.
pub(super) unsafe fn release(heap: &mut Heap, fiber: &mut Fiber) {
    if fiber.is_moved() {
        // SAFETY: by the contract; a stack that has moved was made by `new_stack`.
        unsafe { fiber::free_stack(fiber.stack(), fiber.capacity()) };
        heap.uncharge(fiber.capacity() * SLOT);
    }
    fiber.clear_stack();
}

// ---- making

/// A task that will run `function` with bound arguments, in the innermost open scope of the running task (R22). It goes to the end
/// of the ready queue.
#[inline]
pub fn spawn(vm: &mut Vm, function: Value, args: *const Value, count: usize, discarded: bool) -> Gc<Task> {
    let mut flags = if discarded { flag::DISCARDED } else { 0 };
    let owner = match vm.sched.current {
        None => Owner::Program,
        Some(running) => match running.scope() {
            None => {
                if running.cleanup_depth() > 0 {
                    flags |= flag::BY_CLEANUP;
                    Owner::Task(running)
                } else if vm.sched.session.is_some() && Some(running) == vm.sched.main {
                    // What a line at the REPL spawns goes on behind the prompt.
                    Owner::Program
                } else {
                    Owner::Task(running)
                }
            }
            Some(scope) => {
                if running.cleanup_depth() > scope.nursery.depth.get() {
                    flags |= flag::BY_CLEANUP;
                }
                Owner::Scope(scope)
            }
        },
    };
    spawn_into(vm, owner, flags, function, args, count)
}

/// The same for another owner.
pub fn spawn_into(
    vm: &mut Vm,
    owner: Owner,
    flags: u16,
    function: Value,
    args: *const Value,
    count: usize,
) -> Gc<Task> {
    let (spawned_by, spawned_at) = vm.site();
    let closure: Gc<Closure> = function.object_unchecked();
    let slots = ROOT_SLOTS + (closure.proto().registers as usize).max(count);
    let id = vm.sched.next_id;
    vm.sched.next_id += 1;
    // SAFETY: the allocation has room for the task and its stack; every field is written before anything reads it.
    let task = unsafe {
        let memory = vm.heap.alloc_raw(Tag::TASK, size_of::<Task>() + slots * SLOT) as *mut Task;
        let header = ptr::read(&raw const (*memory).header);
        ptr::write(
            memory,
            Task {
                header,
                fiber: Fiber::new(slots),
                node: WaitNode::new(id, false),
                spawned_by: spawned_by.as_object(),
                waiters: Waiters::new(),
                owner: Cell::new(ptr::null_mut()),
                next_sibling: Cell::new(None),
                previous_sibling: Cell::new(None),
                rare: Cell::new(ptr::null_mut()),
            },
        );
        let reached = if vm.heap.parity() { flag::REACHED } else { 0 };
        (*memory).header.count.set(flags | reached);
        (*memory).header.aux.set(spawned_at);
        let fiber = &mut (*memory).fiber;
        fiber::clear(fiber.stack(), fiber.end());
        fiber.enter(function, args, count, TASK_END.as_ptr());
        Gc::from_ptr(memory)
    };
    owner::adopt(vm, owner, task);
    vm.sched.live += 1;
    let now_ns = vm.sched.session.is_some().then(|| sched::now_ns(vm));
    if let (Some(session), Some(now_ns)) = (&mut vm.sched.session, now_ns) {
        session.births.insert(id, now_ns);
    }
    sched::log(vm, |vm| Decision::Spawned {
        task: id,
        parent: owner.task().map_or(0, |parent| parent.id()),
        name: name_text(vm, task).into(),
        at: sched::place(spawned_by, spawned_at),
    });
    sched::make_ready(vm, task);
    task
}

// ---- what is told of a task

/// The task's name: the one it was given, or its function's.
pub fn name_text(vm: &Vm, task: Gc<Task>) -> String {
    match (task.given_name(), task.function().as_object::<Closure>()) {
        (Some(name), _) => vm.text(name).to_string(),
        (None, Some(closure)) if same_function(vm.await_stub, closure) => "task".to_string(),
        (None, Some(closure)) => closure.proto().name.to_string(),
        _ => "task".to_string(),
    }
}

fn same_function(value: Value, closure: Gc<Closure>) -> bool {
    value.is_same(closure.into())
}

pub fn set_name(task: Gc<Task>, name: Value) {
    task.rare_or_new().name.set(Some(name));
}

/// The innermost frame of a suspended task that is the program's own.
pub fn innermost_visible(task: Gc<Task>) -> Option<(Value, u32)> {
    let mut fiber = task.current();
    // SAFETY: the fibers of a suspended task are alive.
    unsafe {
        while !fiber.is_null() && !(*fiber).base.is_null() {
            let mut view: Option<FrameView> = Some((*fiber).top());
            while let Some(frame) = view {
                if !frame.proto().flags.hidden {
                    return Some(((*fiber::frame_closure(frame.base)).code.into(), frame.index()));
                }
                view = fiber::caller(frame);
            }
            fiber = resumer(fiber);
        }
    }
    None
}
