//! What is decided between two instructions: completing an op with a value that came later, await, spawn, yield, interrupts.

use super::{Flow, Step, arith, call, iterate, unwind};
use co_lang::diagnostic::Code;

use crate::{
    builtins::{Body, Control, Native},
    bytecode::{Op, Word},
    fiber::{self, Fiber},
    heap::object::*,
    sched::{
        cancel,
        generator::{self, Generator, GeneratorState},
        node::Wait,
        reach,
        task::{self, Task},
        wait::{self, Waiting},
    },
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// After so many awaits in a row whose result was there, a task goes to the end of the ready queue (R6a).
pub const READY_AWAITS: u32 = 256;

/// Acts on what a native or slow path returned instead of a value, for the op at `vm.pc`.
#[cold]
#[inline(never)]
pub fn raise(vm: &mut Vm, control: Control) -> Flow {
    match control {
        Control::Throw => {
            let thrown = vm.raised;
            unwind::throw_value(vm, thrown)
        }
        Control::Wait => {
            vm.save_position();
            Flow::Leave(Step::Waits)
        }
        Control::TailCall => {
            let (callee, args) = std::mem::replace(&mut vm.tail, (Value::NIL, Vec::new()));
            call::push_call(vm, callee, &args, &[])
        }
        Control::Resume => {
            let (generator, sent) = vm.resume;
            resume_generator(vm, generator, sent)
        }
        Control::Close => {
            let (generator, _) = vm.resume;
            close_generator(vm, generator)
        }
        Control::Yield => yield_turn(vm),
        Control::Await => match cancel::checkpoint(vm).and_then(|()| wait::begin(vm)) {
            Ok(value) => await_done(vm, value),
            Err(control) => raise(vm, control),
        },
        Control::Exit => {
            cancel::exit_program(vm);
            unwind::throw_value(vm, unwind::Token::Exit.value())
        }
    }
}

/// The task goes to the end of the ready queue. It goes on at this op, with nil or with a cancellation.
fn yield_turn(vm: &mut Vm) -> Flow {
    let task = vm.running();
    task.node.set(Wait::Yield, 0);
    task.set_flag(task::flag::COMPLETES);
    super::set_scratch(vm, Value::NIL);
    vm.save_position();
    Flow::Leave(Step::Yielded)
}

/// Completes the op at `vm.pc` with the value it was left for, and moves behind it.
///
/// What the value means is the op's own matter: a call's result, a truth for a comparison, the next element of a loop.
pub fn complete(vm: &mut Vm, value: Value) -> Flow {
    // SAFETY: `vm.pc` is an op of the frame at `vm.base`.
    unsafe {
        let word = *vm.pc;
        let op = word.op();
        let target = vm.register(word.a());
        match op {
            Op::AWAIT => {
                *target = value;
                vm.pc = vm.pc.add(1);
                return Flow::Continue;
            }
            Op::EQ | Op::IN => *target = Value::bool(value.is_truthy()),
            Op::NE => *target = Value::bool(!value.is_truthy()),
            Op::LT | Op::LE => *target = Value::bool(arith::ordering_holds(op, value)),
            Op::SET_FIELD
            | Op::SET_INDEX
            | Op::ITER_CLOSE
            | Op::LIST_EXTEND
            | Op::MAP_EXTEND
            | Op::SCOPE_EXIT => {}
            Op::ITER_PREP | Op::ITER_PREP_ASYNC => return iterate::prepared(vm, word, value),
            Op::ITER_LOOP | Op::ITER_LOOP_2 => return iterate::element(vm, word, value),
            _ if op.operands()[2] == crate::bytecode::op::Operand::Jump => {
                vm.pc = vm.pc.add(1);
                if arith::jump_holds(op, value) {
                    vm.pc = vm.pc.offset(word.c() as i16 as isize);
                }
                return Flow::Continue;
            }
            _ => *target = value,
        }
        vm.pc = vm.pc.add(1 + op.cache_words());
        Flow::Continue
    }
}

/// `FINISH`: a function that an op called on its own account has returned to the frame at `vm.base`.
pub fn finish(vm: &mut Vm) -> Flow {
    // SAFETY: the layout of `push_call`.
    unsafe {
        vm.pc = fiber::saved_pc(vm.base);
        let result = *fiber::frame_top(vm.base).add(1);
        complete(vm, result)
    }
}

/// The interrupt word is set, at a back edge or call; the op at `vm.pc` runs again.
#[cold]
#[inline(never)]
pub fn interrupted(vm: &mut Vm, word: Word) -> Flow {
    let reasons = vm.take_interrupts();
    let at = vm.pc;
    let flow = vm.on_interrupt(reasons);
    if vm.interrupt_pending() && vm.pc == at && matches!(flow, Flow::Continue) {
        // Steps are counted, so the word stays set: the op is carried out here, where nothing asks for it.
        return step(vm, word);
    }
    flow
}

/// An op that polls, without polling.
fn step(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: jumps stay inside the function; operands of verified code.
    unsafe {
        match word.op() {
            Op::LOOP => vm.pc = vm.pc.add(1).offset(word.bc() as i32 as isize),
            Op::FOR_LOOP => {
                let state = vm.register(word.a());
                let left = (*state.add(1)).int_bits();
                vm.pc = vm.pc.add(1);
                if left != 0 {
                    let current = Value::int((*state).int_bits().wrapping_add(1));
                    *state = current;
                    *state.add(1) = Value::int(left - 1);
                    *state.add(2) = current;
                    vm.pc = vm.pc.offset(word.bc() as i32 as isize);
                }
            }
            Op::ITER_LOOP | Op::ITER_LOOP_2 => return iterate::advance(vm, word),
            Op::INVOKE => return call::invoke(vm, word),
            _ => return call::call(vm, word),
        }
    }
    Flow::Continue
}

/// A jump that depends on R(A), which is a coroutine.
#[cold]
#[inline(never)]
pub fn coroutine_condition(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let condition = unsafe { *vm.register(word.a()) };
    not_a_condition(vm, condition)
}

/// `NOT` of R(B), which is a coroutine.
#[cold]
#[inline(never)]
pub fn coroutine_negated(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let condition = unsafe { *vm.register(word.b()) };
    not_a_condition(vm, condition)
}

fn not_a_condition(vm: &mut Vm, condition: Value) -> Flow {
    let control = vm.throw_code(
        "TypeError",
        Code::COROUTINE_AS_VALUE,
        "a coroutine is not a condition: it has not run and is always there; `await` it first".to_string(),
    );
    vm.name_coroutine(condition);
    raise(vm, control)
}

/// `AWAIT`: the awaitable is in A, where its result goes; behind it is a free call area.
#[inline(never)]
pub fn await_value(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let area = unsafe { vm.register(word.a()) };
    // SAFETY: as above.
    let value = unsafe { *area };
    match value.tag {
        Tag::COROUTINE => {
            let coroutine: Gc<Coroutine> = value.object_unchecked();
            if let Err(control) = task::take_coroutine(vm, coroutine, "awaited") {
                return raise(vm, control);
            }
            if coroutine.callee.is(Tag::CLOSURE) {
                // SAFETY: AWAIT's operand is the base of a call area.
                return unsafe { call::enter_coroutine(vm, area, coroutine) };
            }
            let builtin = coroutine.callee.object_unchecked::<NativeFn>().builtin;
            let (Body::Async(function) | Body::Primitive(function)) = builtin.body else {
                let control = vm.throw("TypeError", format!("`{}` cannot be awaited", builtin.name));
                return raise(vm, control);
            };
            await_native(vm, function, coroutine.args())
        }
        Tag::TASK => {
            let task: Gc<Task> = value.object_unchecked();
            match wait::await_primitive(vm, Waiting::on(Wait::Task, task)) {
                Ok(result) => await_done(vm, result),
                Err(control) => raise(vm, control),
            }
        }
        _ => {
            let what = vm.describe(value);
            let control =
                vm.throw_code("TypeError", Code::NOT_AWAITABLE, format!("{what} cannot be awaited"));
            if matches!(value.tag, Tag::CLOSURE | Tag::BOUND | Tag::NATIVE) {
                vm.hint("the function was not called: add `()`".to_string());
            }
            raise(vm, control)
        }
    }
}

/// Runs an async builtin for the `AWAIT` at `vm.pc`.
#[inline(never)]
pub fn await_native(vm: &mut Vm, function: Native, args: &[Value]) -> Flow {
    if let Err(control) = cancel::checkpoint(vm) {
        return raise(vm, control);
    }
    let result = match function(vm, args) {
        Err(Control::Await) => wait::begin(vm),
        result => result,
    };
    match result {
        Ok(value) => await_done(vm, value),
        Err(Control::Yield) => yield_turn(vm),
        Err(Control::Wait) => {
            vm.save_position();
            Flow::Leave(Step::Waits)
        }
        Err(control) => raise(vm, control),
    }
}

/// An await whose result was there: no switch, but every 256th goes to the end of the queue.
pub fn await_done(vm: &mut Vm, value: Value) -> Flow {
    let flow = complete(vm, value);
    vm.safepoint();
    vm.steps = 0;
    vm.sched.ready_awaits += 1;
    if vm.sched.ready_awaits >= READY_AWAITS {
        vm.save_position();
        return Flow::Leave(Step::Yielded);
    }
    flow
}

/// `SPAWN` of a value that is not the call in front of it.
#[cold]
#[inline(never)]
pub fn spawn_value(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let area = unsafe { vm.register(word.a()) };
    // SAFETY: as above.
    let value = unsafe { *area };
    match task::spawn_value(vm, value, word.b() == 1) {
        Ok(task) => {
            // SAFETY: as above.
            unsafe {
                *area = task.into();
                vm.pc = vm.pc.add(1);
            }
            vm.safepoint();
            Flow::Continue
        }
        Err(control) => raise(vm, control),
    }
}

/// `YIELD`: back to whoever resumed this generator.
#[cold]
#[inline(never)]
pub fn yield_value(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code; the running fiber is a generator's.
    unsafe {
        let value = *vm.register(word.b());
        vm.save_position();
        let generator = generator::generator_of(vm.fiber);
        generator.state.set(GeneratorState::Suspended);
        leave_generator(vm);
        complete(vm, value)
    }
}

/// The running fiber becomes its resumer again, at the op that resumed.
pub(super) unsafe fn leave_generator(vm: &mut Vm) {
    // SAFETY: a running generator has a resumer that is suspended at an op.
    unsafe {
        let resumer = generator::resumer(vm.fiber);
        generator::set_resumer(vm.fiber, std::ptr::null_mut());
        vm.switch_fiber(resumer);
    }
}

/// `GENERATOR_END`: the generator's function has returned.
pub fn generator_end(vm: &mut Vm) -> Flow {
    // SAFETY: the running fiber is a generator's.
    unsafe {
        let generator = generator::generator_of(vm.fiber);
        leave_generator(vm);
        generator::end_generator(&mut vm.heap, generator);
    }
    exhausted(vm)
}

/// Completes the op that resumed a generator which has nothing more to give.
pub fn exhausted(vm: &mut Vm) -> Flow {
    // SAFETY: `vm.pc` is an op of the running frame.
    let word = unsafe { *vm.pc };
    match word.op() {
        Op::ITER_LOOP | Op::ITER_LOOP_2 => {
            // SAFETY: the loop falls through to the next op.
            unsafe { vm.pc = vm.pc.add(1) };
            Flow::Continue
        }
        _ => complete(vm, Value::NIL),
    }
}

/// Lets a generator run until its next `yield`, for the op at `vm.pc`.
pub fn resume_generator(vm: &mut Vm, generator: Gc<Generator>, sent: Value) -> Flow {
    match generator.state.get() {
        GeneratorState::Done => exhausted(vm),
        GeneratorState::Running => {
            let control = vm.throw("ValueError", "the generator is already running");
            raise(vm, control)
        }
        state => {
            enter_generator(vm, generator);
            if state == GeneratorState::Suspended {
                // Suspended at its YIELD, which gets what was sent.
                complete(vm, sent)
            } else {
                Flow::Continue
            }
        }
    }
}

fn enter_generator(vm: &mut Vm, generator: Gc<Generator>) {
    vm.save_position();
    reach::before_generator(vm, generator);
    generator.state.set(GeneratorState::Running);
    let fiber: *mut Fiber = generator.fiber_ptr();
    // SAFETY: the generator is alive: the op that resumes it holds it in a register.
    unsafe {
        generator::set_resumer(fiber, vm.fiber);
        vm.switch_fiber(fiber);
    }
}

/// Ends a generator early: its clean-up runs now; the op at `vm.pc` is completed with nil afterwards.
pub fn close_generator(vm: &mut Vm, generator: Gc<Generator>) -> Flow {
    match generator.state.get() {
        GeneratorState::Done => exhausted(vm),
        GeneratorState::Fresh => {
            generator::end_generator(&mut vm.heap, generator);
            exhausted(vm)
        }
        GeneratorState::Running => {
            let control = vm.throw("ValueError", "the generator is already running");
            raise(vm, control)
        }
        GeneratorState::Suspended => {
            enter_generator(vm, generator);
            unwind::unwind(vm, unwind::Token::Close.value())
        }
    }
}
