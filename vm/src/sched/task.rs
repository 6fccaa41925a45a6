//! Tasks and generators: their layout, their stacks, and what awaiting and cancelling mean for one of them.

#![allow(unsafe_code)]

use std::cell::Cell;

use co_lang::diagnostic::Code;

use crate::{
    builtins::Control,
    bytecode::{CaptureSource, Op, Proto, ProtoFlags, SLOT, Word},
    fiber::{self, Fiber, FrameView, GENERATOR_END, ROOT_SLOTS, TASK_END},
    heap::{Heap, Marker, object::*},
    sched::{self, Decision},
    value::{Gc, Tag, Value},
    vm::Vm,
};
use co_lang::source::{SourceId, Span};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskState {
    Ready,
    Running,
    Waiting,
    /// The body has ended, children have not.
    Closing,
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Value,
    Error,
    Cancelled,
}

/// What a waiting task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitKind {
    None,
    Timer,
    Task(Gc<Task>),
    /// A host operation by its id.
    Operation(u32),
}

impl std::fmt::Debug for Gc<Task> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "task {}", self.id)
    }
}

/// Who cancelled a task, where and why.
pub struct CancelRequest {
    pub reason: Value,
    /// Id of the task that did it; 0 for the world outside.
    pub by: u32,
    pub code: Value,
    pub at: u32,
    /// It has been thrown already.
    pub delivered: bool,
}

/// A task: header, links and exact-fit stack in one allocation. It never moves; a stack that grows moves out.
#[repr(C)]
pub struct Task {
    pub header: Header,
    pub fiber: Fiber,
    /// The fiber that runs or waits: the task's own, or the innermost generator's.
    pub current: Cell<*mut Fiber>,
    pub id: u32,
    pub state: Cell<TaskState>,
    pub outcome: Cell<Outcome>,
    /// Its error has reached somebody (R2).
    pub received: Cell<bool>,
    /// `spawn f()` as a statement: nobody can await it (R3).
    pub discarded: bool,
    pub ready_awaits: Cell<u16>,
    pub spawned_at: u32,
    pub spawned_by: Value,
    /// The function it runs.
    pub function: Value,
    /// Its value or error once the body has ended.
    pub result: Cell<Value>,
    /// Thrown at the waiting op when it runs next; nil: nothing.
    pub throws: Cell<Value>,
    /// The child's error that the body was cancelled for.
    pub failed_by: Cell<Value>,
    pub wait: Cell<WaitKind>,
    /// Number of the timer that is set, 0 without one.
    pub timer: Cell<u64>,
    /// Tasks that await this one, first come first.
    waiters: Cell<Option<Gc<Task>>>,
    last_waiter: Cell<Option<Gc<Task>>>,
    next_waiter: Cell<Option<Gc<Task>>>,
    previous_waiter: Cell<Option<Gc<Task>>>,
    parent: Cell<Option<Gc<Task>>>,
    /// First child; the others by `next_sibling`, in the order of spawning.
    pub children: Cell<Option<Gc<Task>>>,
    last_child: Cell<Option<Gc<Task>>>,
    next_sibling: Cell<Option<Gc<Task>>>,
    previous_sibling: Cell<Option<Gc<Task>>>,
    rare: Cell<Option<Box<Rare>>>,
}

/// What few tasks have.
#[derive(Default)]
struct Rare {
    cancel: Option<CancelRequest>,
    /// Errors of children that nobody has awaited so far.
    kept: Vec<(Gc<Task>, Value)>,
    name: Option<Value>,
}

impl Object for Task {
    const TAG: Tag = Tag::TASK;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeneratorState {
    Fresh,
    Running,
    Suspended,
    Done,
}

/// A generator: a fiber that its consumer resumes.
#[repr(C)]
pub struct Generator {
    pub header: Header,
    pub fiber: Fiber,
    pub state: Cell<GeneratorState>,
    pub function: Value,
}

impl Object for Generator {
    const TAG: Tag = Tag::GENERATOR;
}

impl Gc<Generator> {
    pub fn fiber_ptr(self) -> *mut Fiber {
        // SAFETY: the field of a live object.
        unsafe { &raw mut (*self.as_ptr()).fiber }
    }

    pub fn is_async(self) -> bool {
        self.function.as_object::<Closure>().is_some_and(|closure| closure.proto().flags.is_async)
    }
}

/// Stands in `Vm::resume` while nothing is resumed.
pub fn dangling_generator() -> Gc<Generator> {
    // SAFETY: never dereferenced: it is replaced before `Control::Resume` is returned.
    unsafe { Gc::from_ptr(std::ptr::NonNull::<Generator>::dangling().as_ptr()) }
}

// ---- memory

/// Tells the heap how tasks and generators are traced and dropped.
pub fn register(heap: &mut Heap) {
    unsafe fn trace_task(header: *mut Header, marker: &mut Marker) {
        // SAFETY: the heap calls this for tasks only.
        unsafe { trace(&*(header as *const Task), marker) }
    }
    unsafe fn drop_task(header: *mut Header) {
        // SAFETY: as above; the task is dead.
        unsafe {
            let task = header as *mut Task;
            free_own_stack(&(*task).fiber, size_of::<Task>());
            drop((*task).rare.take());
        }
    }
    unsafe fn trace_generator(header: *mut Header, marker: &mut Marker) {
        // SAFETY: the heap calls this for generators only.
        unsafe {
            let generator = &*(header as *const Generator);
            marker.value(generator.function);
            trace_fiber(&generator.fiber, marker);
        }
    }
    unsafe fn drop_generator(header: *mut Header) {
        // SAFETY: as above; the generator is dead.
        unsafe { free_own_stack(&(*(header as *mut Generator)).fiber, size_of::<Generator>()) }
    }
    // SAFETY: the hooks are for the layouts of these kinds.
    unsafe {
        heap.register(Tag::TASK, Some(trace_task), Some(drop_task));
        heap.register(Tag::GENERATOR, Some(trace_generator), Some(drop_generator));
    }
}

fn trace(task: &Task, marker: &mut Marker) {
    trace_fiber(&task.fiber, marker);
    for value in [task.spawned_by, task.function, task.result.get(), task.throws.get(), task.failed_by.get()] {
        marker.value(value);
    }
    if let WaitKind::Task(awaited) = task.wait.get() {
        marker.value(awaited.into());
    }
    for link in [&task.waiters, &task.next_waiter, &task.parent, &task.children, &task.next_sibling, &task.last_child] {
        if let Some(other) = link.get() {
            marker.value(other.into());
        }
    }
    // A generator that the task is suspended in is held by its consumer's registers.
    let rare = task.rare.take();
    if let Some(rare) = &rare {
        if let Some(cancel) = &rare.cancel {
            marker.value(cancel.reason);
            marker.value(cancel.code);
        }
        for (child, error) in &rare.kept {
            marker.value((*child).into());
            marker.value(*error);
        }
        if let Some(name) = rare.name {
            marker.value(name);
        }
    }
    task.rare.set(rare);
}

/// Marks what a fiber's frames hold and clears what lies above them, so that no stale reference is ever scanned.
pub fn trace_fiber(fiber: &Fiber, marker: &mut Marker) {
    if fiber.stack.is_null() || fiber.base.is_null() {
        return;
    }
    // SAFETY: from the stack's start to the top frame's end every slot is a value or a link word.
    unsafe {
        let registers = fiber::frame_proto(fiber.base).registers as usize;
        // A suspended fiber has nothing above its registers but the op that called on its own account.
        let top = fiber.base.add(registers);
        let mut slot = fiber.stack;
        while slot < top {
            if *(slot as *const u64) >= Tag::STR.number() && *(slot as *const u32) != Tag::LINK.number() as u32 {
                marker.value(*slot);
            }
            slot = slot.add(1);
        }
        fiber::clear(top, fiber.end());
        if !is_inline(fiber, owner_size(fiber)) {
            marker.buffer(fiber.capacity as usize * SLOT);
        }
    }
}

unsafe fn free_own_stack(fiber: &Fiber, header_size: usize) {
    // SAFETY: a stack that does not follow its owner directly was made by `new_stack`.
    unsafe {
        if !fiber.stack.is_null() && !is_inline(fiber, header_size) {
            fiber::free_stack(fiber.stack, fiber.capacity as usize);
        }
    }
}

fn is_inline(fiber: &Fiber, header_size: usize) -> bool {
    fiber.stack as usize == fiber.owner as usize + header_size
}

fn owner_size(fiber: &Fiber) -> usize {
    // SAFETY: the owner is alive.
    match unsafe { (*fiber.owner).kind } as u64 {
        kind if kind == Tag::TASK.number() => size_of::<Task>(),
        _ => size_of::<Generator>(),
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
        let size = owner_size(old);
        if is_inline(old, size) {
            heap.charge(capacity * SLOT);
        } else {
            heap.charge((capacity - old.capacity as usize) * SLOT);
            fiber::free_stack(old.stack, old.capacity as usize);
        }
        old.stack = stack;
        old.capacity = capacity as u32;
    }
}

/// A task whose body has ended needs no stack.
pub fn release_stack(heap: &mut Heap, task: Gc<Task>) {
    // SAFETY: no frame of the task is used again.
    unsafe { release(heap, &mut (*task.as_ptr()).fiber, size_of::<Task>()) }
}

/// A generator that has ended gives nothing more and needs no stack.
pub fn end_generator(heap: &mut Heap, generator: Gc<Generator>) {
    generator.state.set(GeneratorState::Done);
    // SAFETY: no frame of the generator is used again.
    unsafe { release(heap, &mut *generator.fiber_ptr(), size_of::<Generator>()) }
}

/// # Safety
/// No frame on the fiber's stack is used again.
unsafe fn release(heap: &mut Heap, fiber: &mut Fiber, header_size: usize) {
    if !fiber.stack.is_null() && !is_inline(fiber, header_size) {
        // SAFETY: by the contract; a stack that is not inline was made by `new_stack`.
        unsafe { fiber::free_stack(fiber.stack, fiber.capacity as usize) };
        heap.uncharge(fiber.capacity as usize * SLOT);
    }
    fiber.stack = std::ptr::null_mut();
    fiber.base = std::ptr::null_mut();
}

// ---- making

fn new_fiber(owner: *mut Header, header_size: usize, slots: usize) -> Fiber {
    Fiber {
        // The stack follows its owner.
        stack: (owner as usize + header_size) as *mut Value,
        base: std::ptr::null_mut(),
        pc: std::ptr::null(),
        capacity: slots as u32,
        cleanup_depth: 0,
        resumer: std::ptr::null_mut(),
        owner,
    }
}

/// A task that will run `function` with bound arguments; it goes to the end of the ready queue.
pub fn spawn(vm: &mut Vm, function: Value, args: *const Value, count: usize, discarded: bool) -> Gc<Task> {
    let parent = vm.sched.current;
    let (spawned_by, spawned_at) = vm.site();
    let closure: Gc<Closure> = function.object_unchecked();
    let slots = ROOT_SLOTS + (closure.proto().registers as usize).max(count);
    let id = vm.sched.next_id;
    vm.sched.next_id += 1;
    // SAFETY: the allocation has room for the task and its stack; every field is written before anything reads it.
    let task = unsafe {
        let memory = vm.heap.alloc_raw(Tag::TASK, size_of::<Task>() + slots * SLOT) as *mut Task;
        let header = std::ptr::read(&raw const (*memory).header);
        std::ptr::write(
            memory,
            Task {
                header,
                fiber: new_fiber(memory as *mut Header, size_of::<Task>(), slots),
                current: Cell::new(&raw mut (*memory).fiber),
                id,
                state: Cell::new(TaskState::Ready),
                outcome: Cell::new(Outcome::Value),
                received: Cell::new(false),
                discarded,
                ready_awaits: Cell::new(0),
                spawned_at,
                spawned_by,
                function,
                result: Cell::new(Value::NIL),
                throws: Cell::new(Value::NIL),
                failed_by: Cell::new(Value::NIL),
                wait: Cell::new(WaitKind::None),
                timer: Cell::new(0),
                waiters: Cell::new(None),
                last_waiter: Cell::new(None),
                next_waiter: Cell::new(None),
                previous_waiter: Cell::new(None),
                parent: Cell::new(parent),
                children: Cell::new(None),
                last_child: Cell::new(None),
                next_sibling: Cell::new(None),
                previous_sibling: Cell::new(None),
                rare: Cell::new(None),
            },
        );
        let fiber = &mut (*memory).fiber;
        fiber::clear(fiber.stack, fiber.end());
        fiber.enter(vm.root, function, args, count, TASK_END.as_ptr());
        Gc::from_ptr(memory)
    };
    if let Some(parent) = parent {
        link_child(parent, task);
    }
    vm.sched.live += 1;
    sched::log(vm, Decision::Spawned { task: id, parent: parent.map_or(0, |parent| parent.id) });
    sched::make_ready(vm, task);
    task
}

/// A generator for a call with bound arguments.
pub fn new_generator(vm: &mut Vm, function: Value, image: &[Value]) -> Value {
    let closure: Gc<Closure> = function.object_unchecked();
    let slots = ROOT_SLOTS + (closure.proto().registers as usize).max(image.len());
    // SAFETY: as in `spawn`.
    unsafe {
        let memory = vm.heap.alloc_raw(Tag::GENERATOR, size_of::<Generator>() + slots * SLOT) as *mut Generator;
        let header = std::ptr::read(&raw const (*memory).header);
        std::ptr::write(
            memory,
            Generator {
                header,
                fiber: new_fiber(memory as *mut Header, size_of::<Generator>(), slots),
                state: Cell::new(GeneratorState::Fresh),
                function,
            },
        );
        let fiber = &mut (*memory).fiber;
        fiber::clear(fiber.stack, fiber.end());
        fiber.enter(vm.root, function, image.as_ptr(), image.len(), GENERATOR_END.as_ptr());
        Gc::<Generator>::from_ptr(memory).into()
    }
}

fn stub_proto(name: &str, code: &[Word], registers: u32, params: u16, is_async: bool) -> Proto {
    Proto {
        code: code.into(),
        constants: Box::new([]),
        registers,
        params,
        required: params,
        flags: ProtoFlags { is_async, hidden: true, ..ProtoFlags::default() },
        param_names: Box::new([]),
        captures: Box::<[CaptureSource]>::default(),
        handlers: Box::new([]),
        positions: Box::new([]),
        name: name.into(),
        source: SourceId(0),
        span: Span::default(),
        names_at: Box::new([]),
        keys: Default::default(),
    }
}

/// The closure under every fiber's first frame: no code, no constants.
pub fn root_closure(heap: &mut Heap) -> Value {
    let proto = heap.proto(stub_proto("root", &TASK_END, 1, 0, false));
    heap.closure(proto, &[]).into()
}

/// `async |c| await c`: makes a task of an async builtin's coroutine.
pub fn await_stub(heap: &mut Heap) -> Value {
    let register = |number: u16| number * SLOT as u16;
    let code = [
        Word::abc(Op::MOVE, register(1), register(0), 0),
        Word::abc(Op::AWAIT, register(1), 0, 0),
        Word::abc(Op::RETURN, register(1), 0, 0),
    ];
    let proto = heap.proto(stub_proto("await", &code, 4, 1, true));
    heap.closure(proto, &[]).into()
}

/// `spawn` of a value: a coroutine that has not been used.
pub fn spawn_value(vm: &mut Vm, value: Value, discarded: bool) -> Result<Gc<Task>, Control> {
    let Some(coroutine) = value.as_object::<Coroutine>() else {
        let what = vm.describe(value);
        let control = vm.throw_code("TypeError", Code::NOT_SPAWNABLE, format!("only a coroutine can be spawned, not {what}"));
        match value.tag {
            Tag::CLOSURE | Tag::BOUND | Tag::NATIVE => {
                vm.hint("the function was not called: `spawn f()`".to_string())
            }
            Tag::TASK => vm.hint("it is a task already".to_string()),
            _ => {}
        }
        return Err(control);
    };
    take_coroutine(vm, coroutine, "spawned")?;
    Ok(spawn_coroutine(vm, coroutine, discarded))
}

/// A task of a coroutine that was taken.
pub fn spawn_coroutine(vm: &mut Vm, coroutine: Gc<Coroutine>, discarded: bool) -> Gc<Task> {
    if coroutine.callee.is(Tag::CLOSURE) {
        let args = coroutine.args();
        return spawn(vm, coroutine.callee, args.as_ptr(), args.len(), discarded);
    }
    // An async builtin: the stub awaits it in the new task, so it has to be fresh again.
    coroutine.state.set(CoroutineState::Fresh);
    let argument: Value = coroutine.into();
    spawn(vm, vm.await_stub, &argument, 1, discarded)
}

/// A coroutine is awaited or spawned once (E0305).
pub fn take_coroutine(vm: &mut Vm, coroutine: Gc<Coroutine>, how: &str) -> Result<(), Control> {
    if coroutine.state.get() == CoroutineState::Fresh {
        coroutine.state.set(CoroutineState::Used);
        return Ok(());
    }
    let control = vm.throw_code(
        "ValueError",
        Code::AWAITED_TWICE,
        format!("a coroutine can be {how} only once, and this one has been used already"),
    );
    vm.hint("call the async function again for a new coroutine, or `spawn` it once and await the task".to_string());
    Err(control)
}

// ---- awaiting

/// What every primitive does before it acts: a cancellation that is waiting is thrown first (R6c).
pub fn checkpoint(vm: &mut Vm) -> Result<(), Control> {
    let Some(task) = vm.sched.current else { return Ok(()) };
    if task.cancel_request().is_some_and(|cancel| !cancel.delivered) && deliverable(vm, task) {
        mark_delivered(task);
        return Err(vm.throw_value(crate::interp::unwind::Token::Cancel.value()));
    }
    Ok(())
}

/// The running task waits for `kind`: `return Err(task::wait(vm, …))`.
pub fn wait(vm: &mut Vm, kind: WaitKind) -> Control {
    vm.running().wait.set(kind);
    Control::Wait
}

/// `await t`.
pub fn await_task(vm: &mut Vm, task: Gc<Task>) -> Result<Value, Control> {
    let running = vm.running();
    if task == running {
        return Err(vm.throw("Deadlock", "a task that awaits itself would wait forever"));
    }
    checkpoint(vm)?;
    if task.state.get() != TaskState::Done {
        push_waiter(task, running);
        return Err(wait(vm, WaitKind::Task(task)));
    }
    if task.outcome.get() == Outcome::Value {
        return Ok(task.result.get());
    }
    let error = outcome_error(vm, task);
    if !task.received.replace(true) {
        if let Some(parent) = task.parent.get() {
            forget_kept(parent, task);
        }
    }
    Err(vm.throw_value(error))
}

/// What the awaiter of a task that failed or was cancelled gets.
pub fn outcome_error(vm: &mut Vm, task: Gc<Task>) -> Value {
    if task.outcome.get() == Outcome::Error {
        return task.result.get();
    }
    if task.result.get().is(Tag::ERROR) {
        return task.result.get();
    }
    let name = name_text(vm, task);
    let (by, reason) = match task.cancel_request() {
        Some(cancel) => (cancel.by, cancel.reason),
        None => (0, Value::NIL),
    };
    let why = if reason.is_nil() {
        String::new()
    } else {
        match reason.as_object::<Str>() {
            Some(text) => format!(": {}", text.as_str()),
            None => format!(": {}", vm.brief(reason)),
        }
    };
    let who = if by == 0 || by == task.id { String::new() } else { format!(" by task {by}") };
    let error = vm.heap.error("Cancelled", &format!("task {} ({name}) was cancelled{who}{why}", task.id));
    vm.heap.store(error.into(), &error.data, reason);
    vm.heap.store(task.into(), &task.result, error.into());
    error.into()
}

/// The task's name: the one it was given, or its function's.
pub fn name_text(vm: &Vm, task: Gc<Task>) -> String {
    let rare = task.rare.take();
    let name = rare.as_ref().and_then(|rare| rare.name);
    task.rare.set(rare);
    match (name, task.function.as_object::<Closure>()) {
        (Some(name), _) => vm.text(name).to_string(),
        (None, Some(closure)) => closure.proto().name.to_string(),
        _ => "task".to_string(),
    }
}

pub fn set_name(task: Gc<Task>, name: Value) {
    let mut rare = task.rare.take().unwrap_or_default();
    rare.name = Some(name);
    task.rare.set(Some(rare));
}

/// No clean-up is under way in the task, so that a cancellation may be thrown.
pub fn deliverable(_vm: &Vm, task: Gc<Task>) -> bool {
    if task.cancel_request().is_some_and(|cancel| cancel.delivered) {
        return false;
    }
    let mut fiber = task.current.get();
    // SAFETY: the fibers of a task that is not done are alive.
    unsafe {
        while !fiber.is_null() {
            if (*fiber).cleanup_depth > 0 {
                return false;
            }
            fiber = (*fiber).resumer;
        }
    }
    true
}

pub fn mark_delivered(task: Gc<Task>) {
    let mut rare = task.rare.take();
    if let Some(cancel) = rare.as_mut().and_then(|rare| rare.cancel.as_mut()) {
        cancel.delivered = true;
    }
    task.rare.set(rare);
}

/// A copy of the request's plain facts.
#[derive(Clone, Copy)]
pub struct CancelView {
    pub reason: Value,
    pub by: u32,
    pub code: Value,
    pub at: u32,
    pub delivered: bool,
}

impl Task {
    pub fn cancel_request(&self) -> Option<CancelView> {
        let rare = self.rare.take()?;
        let view = rare.cancel.as_ref().map(|cancel| CancelView {
            reason: cancel.reason,
            by: cancel.by,
            code: cancel.code,
            at: cancel.at,
            delivered: cancel.delivered,
        });
        self.rare.set(Some(rare));
        view
    }

    pub fn set_cancel(&self, request: CancelRequest) {
        let mut rare = self.rare.take().unwrap_or_default();
        rare.cancel = Some(request);
        self.rare.set(Some(rare));
    }

    pub fn parent(&self) -> Option<Gc<Task>> {
        self.parent.get()
    }
}

// ---- lists

fn push_waiter(task: Gc<Task>, waiter: Gc<Task>) {
    waiter.next_waiter.set(None);
    waiter.previous_waiter.set(task.last_waiter.get());
    match task.last_waiter.get() {
        Some(last) => last.next_waiter.set(Some(waiter)),
        None => task.waiters.set(Some(waiter)),
    }
    task.last_waiter.set(Some(waiter));
}

pub fn remove_waiter(task: Gc<Task>, waiter: Gc<Task>) {
    let (previous, next) = (waiter.previous_waiter.take(), waiter.next_waiter.take());
    match previous {
        Some(previous) => previous.next_waiter.set(next),
        None => task.waiters.set(next),
    }
    match next {
        Some(next) => next.previous_waiter.set(previous),
        None => task.last_waiter.set(previous),
    }
}

pub fn take_waiters(task: Gc<Task>) -> Vec<Gc<Task>> {
    let mut waiters = Vec::new();
    let mut next = task.waiters.take();
    task.last_waiter.set(None);
    while let Some(waiter) = next {
        next = waiter.next_waiter.take();
        waiter.previous_waiter.set(None);
        waiters.push(waiter);
    }
    waiters
}

fn link_child(parent: Gc<Task>, child: Gc<Task>) {
    child.previous_sibling.set(parent.last_child.get());
    match parent.last_child.get() {
        Some(last) => last.next_sibling.set(Some(child)),
        None => parent.children.set(Some(child)),
    }
    parent.last_child.set(Some(child));
}

pub fn unlink_child(parent: Gc<Task>, child: Gc<Task>) {
    let (previous, next) = (child.previous_sibling.take(), child.next_sibling.take());
    match previous {
        Some(previous) => previous.next_sibling.set(next),
        None => parent.children.set(next),
    }
    match next {
        Some(next) => next.previous_sibling.set(previous),
        None => parent.last_child.set(previous),
    }
}

/// The children that are not done, in the order of spawning.
pub fn children(task: Gc<Task>) -> Vec<Gc<Task>> {
    let mut children = Vec::new();
    let mut next = task.children.get();
    while let Some(child) = next {
        children.push(child);
        next = child.next_sibling.get();
    }
    children
}

/// `t.detach()`: the task belongs to the whole program from now on (R21).
pub fn detach(vm: &mut Vm, task: Gc<Task>) {
    if task.state.get() == TaskState::Done {
        return;
    }
    if let Some(parent) = task.parent.take() {
        unlink_child(parent, task);
        vm.sched.detached.push(task);
    }
}

pub fn keep(parent: Gc<Task>, child: Gc<Task>, error: Value) {
    let mut rare = parent.rare.take().unwrap_or_default();
    rare.kept.push((child, error));
    parent.rare.set(Some(rare));
}

pub fn take_kept(task: Gc<Task>) -> Vec<(Gc<Task>, Value)> {
    let mut rare = task.rare.take();
    let kept = rare.as_mut().map_or(Vec::new(), |rare| std::mem::take(&mut rare.kept));
    task.rare.set(rare);
    kept
}

fn forget_kept(parent: Gc<Task>, child: Gc<Task>) {
    let mut rare = parent.rare.take();
    if let Some(rare) = &mut rare {
        rare.kept.retain(|(kept, _)| *kept != child);
    }
    parent.rare.set(rare);
}

/// The innermost frame of a suspended task that is the program's own.
pub fn innermost_visible(task: Gc<Task>) -> Option<(Value, u32)> {
    let mut fiber = task.current.get();
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
            fiber = (*fiber).resumer;
        }
    }
    None
}
