//! The virtual machine: heap, globals, scheduler and host in one place, and what the interpreter asks of them.
//!
//! It is driven from outside (see [`crate::engine`]); nothing in here does I/O, reads a clock or blocks.

#![allow(unsafe_code)]
// Frame access: the operands are those of the running function, which the verifier has checked.
#![allow(clippy::missing_safety_doc, clippy::not_unsafe_ptr_arg_deref)]

mod collect;

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use co_lang::{
    diagnostic::Code,
    resolve::BuiltinType,
    source::{Source, SourceId},
};
use rustc_hash::FxHashMap;

use crate::{
    builtins::{self, Body, Builtin, Control},
    bytecode::{Proto, SLOT, Word},
    fiber::{self, Fiber, FrameView, MAX_STACK_SLOTS},
    heap::{Heap, object::*},
    host::Host,
    interp::{Flow, control_raise, unwind},
    ops,
    profile::Profiler,
    sched::{
        Scheduler, cancel,
        task::{self, Task},
        wait::Waiting,
    },
    value::{Gc, Tag, Value},
};

/// Bits of the interrupt word.
pub mod interrupt {
    /// Ctrl-C.
    pub const CANCEL: usize = 1;
    /// The driver wants control back.
    pub const YIELD: usize = 2;
    /// Stays set where the steps of tasks are counted.
    pub const COUNT: usize = 4;
    /// One tick of the profiler's clock; they add up in the bits from here on.
    pub const TICK: usize = 1 << 8;
}

/// A task that ran too long without an await.
#[derive(Debug, Clone, Copy)]
pub struct Blocking {
    pub task: Gc<Task>,
    pub steps: u64,
    /// Where it was then.
    pub code: Value,
    pub at: u32,
}

/// A module of the program: an imported file or a standard one.
pub struct ModuleEntry {
    pub name: Box<str>,
    /// The closure of its top level, until it runs.
    pub init: Value,
    /// Name of each exported variable and its slot in the globals.
    pub exports: HashMap<Box<str>, u32>,
    /// The module object.
    pub value: Value,
}

impl ModuleEntry {
    /// The top level if it has not been run.
    pub fn take_init(&mut self) -> Option<Value> {
        let init = std::mem::replace(&mut self.init, Value::NIL);
        (!init.is_nil()).then_some(init)
    }
}

/// Functions of the library written in Co, compiled when the first of them is needed.
pub type LibraryLoader = fn(&mut Vm) -> HashMap<Box<str>, Value>;

/// A running program's whole state.
pub struct Vm {
    /// The running position; stale while a task is suspended.
    pub pc: *const Word,
    pub base: *mut Value,
    pub fiber: *mut Fiber,
    /// End of the running fiber's stack.
    pub stack_end: *mut Value,
    /// Set from anywhere to get the interpreter's attention (see [`interrupt`]).
    pub interrupt: *const AtomicUsize,
    /// Keeps `interrupt` alive.
    pub interrupt_word: Arc<AtomicUsize>,

    pub globals: Vec<Value>,
    /// For messages: the name of each global.
    pub global_names: Vec<Box<str>>,
    pub heap: Heap,
    pub sched: Scheduler,
    pub modules: Vec<ModuleEntry>,
    pub host: Box<dyn Host>,

    /// What is thrown after [`Control::Throw`].
    pub raised: Value,
    /// What is called after [`Control::TailCall`].
    pub tail: (Value, Vec<Value>),
    /// What is awaited after [`Control::Await`].
    pub waiting: Waiting,
    /// What is resumed or closed after [`Control::Resume`] and [`Control::Close`]; only set when that is returned.
    pub resume: (Gc<task::Generator>, Value),
    /// What `exit(n)` was called with.
    pub exit_code: Option<u8>,

    /// Awaits the coroutine it is called with: how an async builtin becomes a task.
    pub await_stub: Value,
    pub args: Vec<String>,
    natives: FxHashMap<*const Builtin, Value>,
    pub builtins: builtins::State,
    library: Option<HashMap<Box<str>, Value>>,
    library_loader: LibraryLoader,
    /// Values that host code holds.
    pub roots: Vec<Value>,
    /// Steps (turns of loops, calls) without an await after which a task is reported.
    step_limit: Option<u64>,
    /// Those of the running task since its last await.
    pub steps: u64,
    /// Those of all tasks, while steps are counted.
    pub all_steps: u64,
    /// Tasks that went beyond the limit, for the driver to report.
    pub blocking: Vec<Blocking>,
    /// Where the run is profiled.
    pub profiler: Option<Box<Profiler>>,
    /// The program's files by their ids, for places in messages.
    pub sources: HashMap<SourceId, Arc<Source>>,
}

impl Vm {
    pub fn new(host: Box<dyn Host>, random_seed: u64, library_loader: LibraryLoader) -> Box<Vm> {
        let mut heap = Heap::new(host.hash_seed());
        task::register(&mut heap);
        let builtins = builtins::State::new(&mut heap, random_seed);
        let await_stub = task::await_stub(&mut heap);
        let interrupt_word = Arc::new(AtomicUsize::new(0));
        Box::new(Vm {
            pc: std::ptr::null(),
            base: std::ptr::null_mut(),
            fiber: std::ptr::null_mut(),
            stack_end: std::ptr::null_mut(),
            interrupt: Arc::as_ptr(&interrupt_word),
            interrupt_word,
            globals: Vec::new(),
            global_names: Vec::new(),
            heap,
            sched: Scheduler::default(),
            modules: Vec::new(),
            host,
            raised: Value::NIL,
            tail: (Value::NIL, Vec::new()),
            waiting: Waiting::NOTHING,
            resume: (task::dangling_generator(), Value::NIL),
            exit_code: None,
            await_stub,
            args: Vec::new(),
            natives: FxHashMap::default(),
            builtins,
            library: None,
            library_loader,
            roots: Vec::new(),
            step_limit: None,
            steps: 0,
            all_steps: 0,
            blocking: Vec::new(),
            profiler: None,
            sources: HashMap::new(),
        })
    }

    // ---- frame access

    /// # Safety
    /// `scaled` is a register operand of the running function.
    #[inline(always)]
    pub unsafe fn register(&self, scaled: u16) -> *mut Value {
        // SAFETY: registers are below the frame's count.
        unsafe { (self.base as *mut u8).add(scaled as usize) as *mut Value }
    }

    /// A constant by its scaled operand.
    #[inline(always)]
    pub unsafe fn constant(&self, scaled: u16) -> Value {
        // SAFETY: constants are checked by the verifier.
        unsafe { *((fiber::frame_constants(self.base) as *const u8).add(scaled as usize) as *const Value) }
    }

    /// A constant by its index.
    #[inline(always)]
    pub unsafe fn constant_at(&self, index: u16) -> Value {
        // SAFETY: as above.
        unsafe { *fiber::frame_constants(self.base).add(index as usize) }
    }

    #[inline(always)]
    pub unsafe fn constant_at_wide(&self, index: u32) -> Value {
        // SAFETY: as above.
        unsafe { *fiber::frame_constants(self.base).add(index as usize) }
    }

    /// Stores the running position in the fiber, so that it can be scanned or resumed.
    pub fn save_position(&mut self) {
        if !self.fiber.is_null() {
            // SAFETY: the running fiber is alive.
            unsafe {
                (*self.fiber).pc = self.pc;
                (*self.fiber).base = self.base;
            }
        }
    }

    /// Makes `fiber` the running one, at its saved position.
    ///
    /// # Safety
    /// The fiber is alive and suspended.
    pub unsafe fn switch_fiber(&mut self, fiber: *mut Fiber) {
        // SAFETY: by the contract.
        unsafe {
            self.fiber = fiber;
            self.pc = (*fiber).pc;
            self.base = (*fiber).base;
            self.stack_end = (*fiber).end();
        }
    }

    /// Makes sure that `slots` slots from `from` on exist in the running stack, which may move: gives where `from` is then.
    pub fn ensure_stack(&mut self, from: *mut Value, slots: usize) -> Result<*mut Value, Control> {
        // SAFETY: both pointers belong to the running stack.
        unsafe {
            if (from as usize) + slots * SLOT <= self.stack_end as usize {
                return Ok(from);
            }
            let fiber = &mut *self.fiber;
            let offset = from.offset_from(fiber.stack()) as usize;
            let need = offset + slots;
            if need > MAX_STACK_SLOTS {
                let control = self.throw("StackOverflow", "calls are nested too deeply");
                self.hint(
                    "a recursion without an end? every call needs a case that does not call again"
                        .to_string(),
                );
                return Err(control);
            }
            let capacity = (fiber.capacity() * 2).max(need + 8).min(MAX_STACK_SLOTS.max(need));
            let stack = fiber::new_stack(capacity);
            let used = fiber.capacity();
            std::ptr::copy_nonoverlapping(fiber.stack(), stack, used);
            self.base = stack.add(self.base.offset_from(fiber.stack()) as usize);
            task::replace_stack(&mut self.heap, self.fiber, stack, capacity);
            self.stack_end = (*self.fiber).end();
            Ok(stack.add(offset))
        }
    }

    /// Where the running op is, as code and word index.
    pub fn site(&self) -> (Value, u32) {
        if self.base.is_null() {
            return (Value::NIL, 0);
        }
        // SAFETY: the running frame's callee is a closure. Library functions stand for their caller.
        unsafe {
            let mut view = FrameView { base: self.base, pc: self.pc };
            while view.proto().flags.hidden {
                match fiber::caller(view) {
                    Some(caller) => view = caller,
                    None => break,
                }
            }
            ((*fiber::frame_closure(view.base)).code.into(), view.index())
        }
    }

    /// The task that runs.
    pub fn running(&self) -> Gc<Task> {
        self.sched.current.expect("the interpreter runs inside a task")
    }

    // ---- throwing

    /// Makes an error value and gives the control code that throws it: `return Err(vm.throw("ValueError", "…"))`.
    #[cold]
    pub fn throw(&mut self, kind: &str, message: impl AsRef<str>) -> Control {
        let error = self.heap.error(kind, message.as_ref());
        self.raised = error.into();
        Control::Throw
    }

    /// The same with a diagnostic's code that is more special than the kind's.
    #[cold]
    pub fn throw_code(&mut self, kind: &str, code: Code, message: String) -> Control {
        let error = self.heap.error(kind, &message);
        error.code.set(Some(code));
        self.raised = error.into();
        Control::Throw
    }

    /// Adds advice to the error that was just made.
    pub fn hint(&mut self, help: String) {
        if let Some(error) = self.raised.as_object::<ErrorObject>() {
            error.set_help(help);
        }
    }

    /// Adds the nearest of the names to the message of the error that was just made, if one is near.
    pub fn hint_nearest<'a>(&mut self, name: &str, names: impl Iterator<Item = &'a str>) {
        let Some(near) = co_lang::diagnostic::nearest::nearest(name, names) else { return };
        let Some(error) = self.raised.as_object::<ErrorObject>() else { return };
        let message =
            format!("{}; did you mean `{near}`?", error.message.get().as_text().unwrap_or_default());
        let message = self.heap.str(&message);
        self.heap.store(&error.message, message.into());
    }

    /// Throws a value that is at hand: `return Err(vm.throw_value(error))`.
    pub fn throw_value(&mut self, value: Value) -> Control {
        self.raised = value;
        Control::Throw
    }

    /// What is thrown as an error: itself, or wrapped.
    pub fn to_error(&mut self, value: Value) -> Gc<ErrorObject> {
        if let Some(error) = value.as_object::<ErrorObject>() {
            return error;
        }
        if let Some(text) = value.as_object::<Str>() {
            return self.heap.error("Error", text.as_str());
        }
        let shown = self.brief(value);
        let error = self.heap.error("Error", &shown);
        self.heap.store(&error.data, value);
        error
    }

    /// Goes on with a call of `callee` in place of the running native: `return Err(vm.tail_call(f, args))`.
    pub fn tail_call(&mut self, callee: Value, args: Vec<Value>) -> Control {
        self.tail = (callee, args);
        Control::TailCall
    }

    // ---- functions

    /// The function value of a builtin, one each.
    pub fn native_value(&mut self, builtin: &'static Builtin) -> Value {
        if let Some(value) = self.natives.get(&std::ptr::from_ref(builtin)) {
            return *value;
        }
        let value: Value = match builtin.body {
            Body::Constant(make) => make(self),
            _ => self.heap.native(builtin).into(),
        };
        self.natives.insert(builtin, value);
        value
    }

    /// A function of the library that is written in Co.
    pub fn library_function(&mut self, name: &str) -> Result<Value, Control> {
        if self.library.is_none() {
            let loader = self.library_loader;
            let library = loader(self);
            self.library = Some(library);
        }
        match self.library.as_ref().and_then(|library| library.get(name)) {
            Some(function) => Ok(*function),
            None => Err(self.throw("NameError", format!("the library has no function `{name}`"))),
        }
    }

    /// The method of a built-in type.
    #[inline]
    pub fn method(&self, receiver: Value, name: Gc<Str>) -> Option<&'static Builtin> {
        self.builtins.methods.get(receiver.tag, name)
    }

    // ---- names and descriptions for messages

    /// The text of a str value; empty for others.
    pub fn text<'a>(&self, value: Value) -> &'a str {
        match value.as_object::<Str>() {
            // SAFETY: names are interned constants of living code.
            Some(text) => unsafe { &*std::ptr::from_ref(text.as_str()) },
            None => "",
        }
    }

    /// A value's type with its article: "an int", "a str", "an Account", "nil".
    pub fn describe(&self, value: Value) -> String {
        let name = match value.tag {
            Tag::NIL => return "nil".to_string(),
            Tag::UNDEF => return "nothing".to_string(),
            Tag::CLOSURE | Tag::NATIVE | Tag::BOUND => return "a function".to_string(),
            Tag::STRUCT => return "a struct type".to_string(),
            Tag::INSTANCE => {
                let shape = value.object_unchecked::<Instance>().header.aux.get();
                self.heap.shape(shape).name.as_str().to_string()
            }
            tag => tag.type_name().to_string(),
        };
        let article =
            if name.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
        format!("{article} {name}")
    }

    /// A value in literal form, cut to a line's length, without calling the program's code.
    pub fn brief(&mut self, value: Value) -> String {
        let text = match ops::display::literal(self, value) {
            Ok(Some(text)) => text.as_str().to_string(),
            _ => self.describe(value),
        };
        match text.char_indices().nth(60) {
            Some((cut, _)) => format!("{}…", &text[..cut]),
            None => text,
        }
    }

    /// Names that could have been meant after a point.
    pub fn member_names(&self, object: Value) -> Vec<String> {
        let mut names: Vec<String> = builtins::method_names(object.tag).map(str::to_string).collect();
        match object.tag {
            Tag::INSTANCE => {
                let shape = self.heap.shape(object.object_unchecked::<Instance>().header.aux.get());
                names.extend(shape.fields().map(|name| name.as_str().to_string()));
                names.extend(shape.methods().map(|(name, _)| name.as_str().to_string()));
            }
            Tag::STRUCT => {
                let shape = self.heap.shape(object.object_unchecked::<StructType>().shape);
                names.extend(shape.methods().map(|(name, _)| name.as_str().to_string()));
            }
            Tag::MAP => names.extend(
                object
                    .object_unchecked::<Map>()
                    .keys()
                    .iter()
                    .filter_map(|key| key.as_text().map(str::to_string)),
            ),
            Tag::MODULE => names.extend(
                self.modules[object.object_unchecked::<Module>().id as usize]
                    .exports
                    .keys()
                    .map(|name| name.to_string()),
            ),
            Tag::ERROR => {
                names.extend(["message", "kind", "data", "cause", "also", "trace"].map(str::to_string))
            }
            _ => {}
        }
        names
    }

    /// What is shown of a task or module behind its type; empty for other values.
    pub fn object_name(&self, value: Value) -> String {
        if let Some(task) = value.as_object::<Task>() {
            return format!("{} {}", task.id(), task::name_text(self, task));
        }
        match value.as_object::<Module>() {
            Some(module) => {
                let name = &*self.modules[module.id as usize].name;
                name.strip_prefix("std:").unwrap_or(name).to_string()
            }
            None => String::new(),
        }
    }

    /// A field of a task, a member of a module.
    pub fn object_field(&mut self, object: Value, name: Gc<Str>) -> Result<Option<Value>, Control> {
        if let Some(task) = object.as_object::<Task>() {
            return Ok(builtins::tasks::field(self, task, name.as_str()));
        }
        let Some(module) = object.as_object::<Module>() else { return Ok(None) };
        if co_lang::resolve::is_private(name.as_str()) {
            return Ok(None);
        }
        let Some(slot) = self.modules[module.id as usize].exports.get(name.as_str()) else { return Ok(None) };
        let value = self.globals[*slot as usize];
        if value.is_undef() {
            let text = name.as_str().to_string();
            return Err(self.throw("NameError", format!("`{text}` is read before it has a value")));
        }
        Ok(Some(value))
    }

    /// `e.trace`: a list of lines like `cook (kitchen.co:3:5)`, innermost first.
    pub fn error_trace(&mut self, error: Gc<ErrorObject>) -> Value {
        let frames: Vec<TraceFrame> = error.with_trace(|trace| trace.frames.clone());
        let lines: Vec<Value> = frames
            .iter()
            .map(|frame| {
                let proto = &frame.code.proto;
                let span = proto.span_at(frame.pc);
                let place = match self.sources.get(&proto.source) {
                    Some(source) => {
                        let (line, column) = source.line_column(span.start);
                        format!("{}:{line}:{column}", source.name)
                    }
                    None => "?".to_string(),
                };
                self.heap.str(&format!("{} ({place})", proto.name)).into()
            })
            .collect();
        self.heap.list(&lines).into()
    }

    pub fn global_name(&self, slot: u32) -> String {
        self.global_names.get(slot as usize).map_or("?".to_string(), |name| name.to_string())
    }

    /// The variable that the op at `pc` reads.
    pub fn variable_at_pc(&self) -> String {
        let view = FrameView { base: self.base, pc: self.pc };
        let proto: &Proto = view.proto();
        let index = view.index();
        match proto.names_at.binary_search_by_key(&index, |(pc, _)| *pc) {
            Ok(found) => proto.names_at[found].1.to_string(),
            Err(_) => "the variable".to_string(),
        }
    }

    /// A builtin function that names a type too: `int`, `str`, `set` …
    pub fn builtin_type_of(&self, value: Value) -> Option<BuiltinType> {
        BuiltinType::from_name(value.as_object::<NativeFn>()?.builtin.name)
    }

    /// Where a frame's op is.
    pub fn source_of(&self, code: Value) -> Option<SourceId> {
        Some(code.as_object::<ProtoObject>()?.proto.source)
    }

    // ---- interrupts

    pub fn interrupt_pending(&self) -> bool {
        self.interrupt_word.load(Ordering::Relaxed) != 0
    }

    /// What was asked for, which is forgotten; counting goes on, and the profiler's ticks wait for it.
    pub fn take_interrupts(&mut self) -> usize {
        let kept = if self.step_limit.is_some() { interrupt::COUNT } else { 0 };
        let ticks = !(interrupt::TICK - 1);
        self.interrupt_word.fetch_and(kept | ticks, Ordering::Relaxed)
    }

    /// Reports tasks that take so many steps without an await.
    pub fn count_steps(&mut self, limit: Option<u64>) {
        self.step_limit = limit;
        if limit.is_some() {
            self.interrupt_word.fetch_or(interrupt::COUNT, Ordering::Relaxed);
        }
    }

    fn count_step(&mut self) {
        self.steps += 1;
        self.all_steps += 1;
        if Some(self.steps) == self.step_limit {
            let (code, at) = self.site();
            let task = self.running();
            self.blocking.push(Blocking { task, steps: self.steps, code, at });
        }
    }

    /// What the interrupt word asked for, at a back edge or call of the running task.
    pub fn on_interrupt(&mut self, reasons: usize) -> Flow {
        if reasons & interrupt::COUNT != 0 {
            self.count_step();
        }
        if reasons & interrupt::CANCEL != 0 {
            crate::sched::interrupt(self);
            let task = self.running();
            if cancel::take_pending(task, None) {
                return unwind::unwind(self, unwind::Token::Cancel.value());
            }
        }
        if self.sched.session.is_some() && cancel::is_stopped(self) {
            return unwind::unwind(self, unwind::Token::Cancel.value());
        }
        if reasons & interrupt::YIELD != 0 {
            self.save_position();
            return Flow::Leave(crate::interp::Step::Interrupted);
        }
        Flow::Continue
    }

    /// Throws from outside the interpreter's ops, for the op at `pc`.
    pub fn raise(&mut self, control: Control) -> Flow {
        control_raise(self, control)
    }
}
