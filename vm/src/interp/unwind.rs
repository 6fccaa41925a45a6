//! Throwing: from an error (or a token of cancellation, exit, a generator's closing) to the handler that takes it.
//!
//! One mechanism for all: the innermost handler whose region covers the op is entered, with what is thrown in its register.
//! `catch` handlers are passed by tokens, clean-up handlers take everything and throw it on.

use super::{Flow, Step, control};
use crate::{
    bytecode::{HandlerKind, Word},
    fiber::{self, FrameView, GENERATOR_END, TASK_END, link_return},
    heap::object::*,
    sched::{
        cancel, generator,
        task::{Task, flag},
    },
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// What unwinds a fiber without being an error. Programs never see these values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// The task (or a scope of it) was cancelled.
    Cancel = 1,
    /// `exit(n)`.
    Exit = 2,
    /// The generator is closed before its end.
    Close = 3,
}

impl Token {
    pub const fn value(self) -> Value {
        Value { tag: Tag::UNDEF, bits: self as u64 }
    }

    pub fn of(value: Value) -> Option<Token> {
        match (value.is_undef(), value.bits) {
            (true, 1) => Some(Token::Cancel),
            (true, 2) => Some(Token::Exit),
            (true, 3) => Some(Token::Close),
            _ => None,
        }
    }
}

/// Frames kept of a trace: the innermost, and of a deep one the outermost.
const INNER_FRAMES: usize = 24;
const OUTER_FRAMES: usize = 6;
/// How far a trace looks for the outermost frames.
const WALK_LIMIT: usize = 200_000;

#[cold]
#[inline(never)]
pub fn throw(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let value = unsafe { *vm.register(word.a()) };
    throw_value(vm, value)
}

#[cold]
#[inline(never)]
pub fn rethrow(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let value = unsafe { *vm.register(word.a()) };
    unwind(vm, value)
}

/// Throws a value at the op at `vm.pc`: what is no error is wrapped, and the first throw of an error records its trace.
pub fn throw_value(vm: &mut Vm, value: Value) -> Flow {
    if Token::of(value).is_some() {
        return unwind(vm, value);
    }
    let error = vm.to_error(value);
    if !error.is_traced() {
        let recorded = capture(vm);
        error.with_trace(|trace| {
            trace.frames = recorded.frames;
            trace.omitted = recorded.omitted;
        });
    }
    unwind(vm, error.into())
}

/// Finds the handler for what is thrown at the op at `vm.pc` and goes on there; ends the task if there is none.
pub fn unwind(vm: &mut Vm, thrown: Value) -> Flow {
    let is_token = Token::of(thrown).is_some();
    loop {
        let mut frame = FrameView { base: vm.base, pc: vm.pc };
        loop {
            let proto = frame.proto();
            if !proto.handlers.is_empty() {
                let pc = frame.index();
                let found = proto.handlers.iter().find(|handler| {
                    (handler.start..handler.end).contains(&pc)
                        && !(is_token && handler.kind == HandlerKind::Catch)
                });
                if let Some(handler) = found {
                    if handler.kind == HandlerKind::Catch && vm.running().has(flag::IN_FLIGHT) {
                        cancel::caught(vm.running());
                    }
                    // SAFETY: handler registers and targets are checked by the bytecode verifier.
                    unsafe {
                        *frame.base.add(handler.register as usize) = thrown;
                        vm.base = frame.base;
                        vm.pc = (proto.code.as_ptr()).add(handler.target as usize);
                    }
                    vm.safepoint();
                    return Flow::Continue;
                }
            }
            match fiber::caller(frame) {
                Some(caller) => frame = caller,
                None => break,
            }
        }
        // SAFETY: `frame` is the fiber's first frame.
        let end = unsafe { link_return(frame.base) };
        if end == TASK_END.as_ptr() {
            return Flow::Leave(Step::Failed(thrown));
        }
        debug_assert!(end == GENERATOR_END.as_ptr());
        // SAFETY: only generators return to GENERATOR_END; the resumer waits at an op.
        unsafe {
            let generator = generator::generator_of(vm.fiber);
            control::leave_generator(vm);
            generator::end_generator(&mut vm.heap, generator);
        }
        if Token::of(thrown) == Some(Token::Close) {
            return control::exhausted(vm);
        }
    }
}

/// `CLEANUP_ENTER`
#[inline(never)]
pub fn cleanup_enter(vm: &mut Vm, word: Word) -> Flow {
    let task = vm.running();
    let depth = task.cleanup_depth();
    task.set_cleanup_depth(depth + 1);
    // SAFETY: operands of verified code.
    unsafe {
        *vm.register(word.a()) = Value::int(depth as i64);
        vm.pc = vm.pc.add(1);
    }
    Flow::Continue
}

/// `CLEANUP_LEAVE`
#[inline(never)]
pub fn cleanup_leave(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: as above.
    unsafe {
        let depth = (*vm.register(word.a())).int_bits() as u32;
        vm.running().set_cleanup_depth(depth);
        vm.pc = vm.pc.add(1);
    }
    Flow::Continue
}

/// `MATCH_FAIL`
#[cold]
#[inline(never)]
pub fn match_fail(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let value = unsafe { *vm.register(word.a()) };
    let shown = vm.brief(value);
    let control = vm.throw("ValueError", format!("no arm of the match fits {shown}"));
    vm.hint("add an arm `_ => …` for everything else".to_string());
    control::raise(vm, control)
}

/// The frames of the running task, innermost first, generators and their consumers included, then where it was spawned.
pub fn capture(vm: &Vm) -> Trace {
    let mut trace = Trace::default();
    if vm.fiber.is_null() {
        return trace;
    }
    let mut outer: std::collections::VecDeque<TraceFrame> = Default::default();
    let mut skipped = 0;
    let mut count = 0;
    let mut fiber = vm.fiber;
    let mut frame = Some(FrameView { base: vm.base, pc: vm.pc });
    while let Some(view) = frame {
        count += 1;
        if count > WALK_LIMIT {
            break;
        }
        if !view.proto().flags.hidden {
            // SAFETY: the frame is live.
            let code = unsafe { (*fiber::frame_closure(view.base)).code };
            let entry = TraceFrame { code, pc: view.index(), link: TraceLink::Call };
            if trace.frames.len() < INNER_FRAMES {
                trace.frames.push(entry);
            } else {
                outer.push_back(entry);
                if outer.len() > OUTER_FRAMES {
                    outer.pop_front();
                    skipped += 1;
                }
            }
        }
        frame = fiber::caller(view).or_else(|| {
            // SAFETY: fibers that run or have resumed others are alive.
            unsafe {
                fiber = generator::resumer(fiber);
                if fiber.is_null() { None } else { Some((*fiber).top()) }
            }
        });
    }
    if skipped > 0 {
        trace.omitted = Some((INNER_FRAMES, skipped));
    }
    trace.frames.extend(outer);
    if let Some(task) = vm.sched.current {
        append_spawns(&mut trace, task);
    }
    trace
}

/// Where the task was spawned, where the task that did that was spawned, and so on.
fn append_spawns(trace: &mut Trace, task: Gc<Task>) {
    let mut task = Some(task);
    let mut depth = 0;
    while let Some(current) = task {
        let Some(spawner) = current.spawned_by().as_object::<ProtoObject>() else { break };
        if depth == 8 {
            break;
        }
        depth += 1;
        if let Some(last) = trace.frames.last_mut() {
            last.link = TraceLink::Spawned;
        }
        trace.frames.push(TraceFrame { code: spawner, pc: current.spawned_at(), link: TraceLink::Call });
        task = current.parent();
    }
}

/// An error reaches the task that awaits the failing one: its frames belong to the trace.
pub fn append_awaiter(error: Gc<ErrorObject>, awaiter: Gc<Task>) {
    error.with_trace(|trace| extend_by_awaiter(trace, awaiter));
}

fn extend_by_awaiter(trace: &mut Trace, awaiter: Gc<Task>) {
    if trace.frames.len() < INNER_FRAMES + OUTER_FRAMES {
        if let Some(last) = trace.frames.last_mut() {
            last.link = if last.link == TraceLink::Call { TraceLink::Awaited } else { last.link };
        }
        // SAFETY: the awaiter is suspended.
        let mut frame = Some(unsafe { (*awaiter.current()).top() });
        while let Some(view) = frame {
            if trace.frames.len() >= INNER_FRAMES + OUTER_FRAMES {
                break;
            }
            if !view.proto().flags.hidden {
                // SAFETY: the frame is live.
                let code = unsafe { (*fiber::frame_closure(view.base)).code };
                trace.frames.push(TraceFrame { code, pc: view.index(), link: TraceLink::Call });
            }
            frame = fiber::caller(view);
        }
    }
}
