//! `for`: what is walked, the next element, and leaving early.

use super::{Flow, control};
use co_lang::diagnostic::Code;

use crate::{
    builtins::Control,
    bytecode::{Op, Word},
    heap::object::*,
    ops,
    sched::{
        self, cancel,
        channel::Channel,
        generator::Generator,
        group,
        node::Wait,
        sync::{Interval, Watch},
        wait::{self, Waiting},
    },
    value::{Gc, Tag, Value},
    vm::Vm,
};

/// The error for `a..b` whose ends are no ints.
#[cold]
pub fn range_type_error(vm: &mut Vm, start: Value, end: Value) -> Control {
    let wrong = if start.is_int() { end } else { start };
    let what = vm.describe(wrong);
    if wrong.is(Tag::COROUTINE) {
        let message = "a range needs ints, not a coroutine: `await` it first".to_string();
        let control = vm.throw_code("TypeError", Code::COROUTINE_AS_VALUE, message);
        vm.name_coroutine(wrong);
        return control;
    }
    vm.throw("TypeError", format!("the ends of a range are ints, not {what}"))
}

#[cold]
#[inline(never)]
pub fn bad_range(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let (start, end) = unsafe { (*vm.register(word.a()), *vm.register(word.a()).add(1)) };
    let control = range_type_error(vm, start, end);
    control::raise(vm, control)
}

/// `ITER_PREP`: R(A) = what is walked.
#[inline(never)]
pub fn prepare(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let source = unsafe { *vm.register(word.b()) };
    // SAFETY: the loop's state is three registers; the second counts `iter`s until the loop begins.
    unsafe { *vm.register(word.a()).add(1) = Value::int(0) };
    prepared(vm, word, source)
}

/// How many instances may stand between a loop and what its source's `iter` gives in the end.
const LONGEST_CHAIN: i64 = 10_000;

/// `ITER_PREP_ASYNC`
#[inline(never)]
pub fn prepare_async(vm: &mut Vm, word: Word) -> Flow {
    prepare(vm, word)
}

/// The source of a loop is known (an instance's `iter` has given it, maybe): normalise it.
pub fn prepared(vm: &mut Vm, word: Word, source: Value) -> Flow {
    let is_async = word.op() == Op::ITER_PREP_ASYNC;
    match source.tag {
        Tag::LIST | Tag::MAP | Tag::SET | Tag::STR | Tag::BYTES | Tag::RANGE if !is_async => {}
        Tag::GENERATOR if source.object_unchecked::<Generator>().is_async() == is_async => {}
        Tag::CHANNEL | Tag::WATCH | Tag::INTERVAL if is_async => {}
        Tag::GROUP if is_async => {
            if let Err(control) = group::start_completed(vm, source.object_unchecked()) {
                return control::raise(vm, control);
            }
        }
        Tag::INSTANCE => {
            let shape = vm.heap.shape(source.object_unchecked::<Instance>().header.aux.get());
            if let Some(iter) = shape.special.iter {
                // SAFETY: as above.
                let count = unsafe { &mut *vm.register(word.a()).add(1) };
                *count = Value::int(count.as_int().unwrap_or(0) + 1);
                if count.as_int() > Some(LONGEST_CHAIN) {
                    let message = "`iter` gives instances that have an `iter`, again and again".to_string();
                    let control = vm.throw_help(
                        "TypeError",
                        message,
                        "`iter` gives a list, a generator or another sequence; to walk the instance itself, let it be a generator: `fn iter(self) { … yield x … }`",
                    );
                    return control::raise(vm, control);
                }
                let control = vm.tail_call(iter, vec![source]);
                return control::raise(vm, control);
            }
            let control = not_iterable(vm, source, is_async);
            return control::raise(vm, control);
        }
        _ => {
            let control = not_iterable(vm, source, is_async);
            return control::raise(vm, control);
        }
    }
    // A walker of a watch has seen no version yet.
    let version = ops::iterate::version(source);
    let position = if source.is(Tag::WATCH) { -1 } else { 0 };
    // SAFETY: the loop's state is three registers.
    unsafe {
        let state = vm.register(word.a());
        *state = source;
        *state.add(1) = Value::int(position);
        *state.add(2) = Value::int(version);
        vm.pc = vm.pc.add(1);
    }
    Flow::Continue
}

#[cold]
fn not_iterable(vm: &mut Vm, source: Value, is_async: bool) -> Control {
    let what = vm.describe(source);
    match source.tag {
        Tag::COROUTINE => {
            let message = "a coroutine cannot be walked: `await` it first".to_string();
            let control = vm.throw_code("TypeError", Code::COROUTINE_AS_VALUE, message);
            vm.name_coroutine(source);
            control
        }
        Tag::GENERATOR | Tag::CHANNEL | Tag::WATCH | Tag::INTERVAL | Tag::GROUP if !is_async => {
            vm.throw_code("TypeError", Code::WRONG_FOR, format!("{what} is walked with `for await`"))
        }
        _ if is_async => {
            let control = vm.throw_code(
                "TypeError",
                Code::WRONG_FOR,
                format!("{what} cannot be walked with `for await`"),
            );
            if matches!(
                source.tag,
                Tag::LIST | Tag::MAP | Tag::SET | Tag::STR | Tag::BYTES | Tag::RANGE | Tag::GENERATOR
            ) {
                vm.hint("use a plain `for`".to_string());
            }
            control
        }
        _ => vm.throw("TypeError", format!("{what} cannot be walked with `for`")),
    }
}

/// `ITER_LOOP`, `ITER_LOOP_2`: the next turn of anything but a list with one variable.
#[inline(never)]
pub fn next(vm: &mut Vm, word: Word) -> Flow {
    if vm.interrupt_pending() {
        return control::interrupted(vm, word);
    }
    advance(vm, word)
}

/// The same without a look at the interrupt word.
pub fn advance(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: the loop's state is three registers, followed by its variables.
    unsafe {
        let state = vm.register(word.a());
        let source = *state;
        if source.is(Tag::GENERATOR) {
            return control::resume_generator(vm, source.object_unchecked(), Value::NIL);
        }
        if matches!(source.tag, Tag::CHANNEL | Tag::WATCH | Tag::INTERVAL | Tag::GROUP) {
            return next_awaited(vm, source, (*state.add(1)).int_bits());
        }
        let mut position = (*state.add(1)).int_bits();
        let version = (*state.add(2)).int_bits();
        if word.op() == Op::ITER_LOOP_2 && source.is(Tag::MAP) {
            return match ops::iterate::next_entry(
                vm,
                source.object_unchecked::<Map>(),
                &mut position,
                version,
            ) {
                Ok(Some((key, value))) => {
                    let state = vm.register(word.a());
                    *state.add(1) = Value::int(position);
                    *state.add(3) = key;
                    *state.add(4) = value;
                    jump_back(vm, word)
                }
                Ok(None) => {
                    vm.pc = vm.pc.add(1);
                    Flow::Continue
                }
                Err(control) => control::raise(vm, control),
            };
        }
        match ops::iterate::next(vm, source, &mut position, version) {
            Ok(Some(value)) => {
                *vm.register(word.a()).add(1) = Value::int(position);
                element(vm, word, value)
            }
            Ok(None) => {
                vm.pc = vm.pc.add(1);
                Flow::Continue
            }
            Err(control) => control::raise(vm, control),
        }
    }
}

unsafe fn jump_back(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: the jump stays inside the function.
    unsafe { vm.pc = vm.pc.add(1).offset(word.bc() as i32 as isize) };
    vm.safepoint();
    Flow::Continue
}

/// The loop at `vm.pc` has its next element.
pub fn element(vm: &mut Vm, word: Word, value: Value) -> Flow {
    // SAFETY: as in `next`.
    unsafe {
        let state = vm.register(word.a());
        if word.op() == Op::ITER_LOOP_2 {
            match value.as_object::<List>() {
                Some(pair) if pair.len() == 2 => {
                    *state.add(3) = pair.get(0).unwrap_or(Value::NIL);
                    *state.add(4) = pair.get(1).unwrap_or(Value::NIL);
                }
                _ => {
                    let control = match value.as_object::<List>() {
                        Some(list) => {
                            let len = list.len();
                            vm.throw(
                                "ValueError",
                                format!("a loop with two variables needs pairs, but got a list of {len}"),
                            )
                        }
                        None => {
                            let what = vm.describe(value);
                            vm.throw(
                                "TypeError",
                                format!("a loop with two variables needs pairs, but got {what}"),
                            )
                        }
                    };
                    return control::raise(vm, control);
                }
            }
        } else {
            *state.add(3) = value;
        }
        jump_back(vm, word)
    }
}

/// The next turn of a `for await` over what is no generator: the task waits at the loop's head if nothing is there.
fn next_awaited(vm: &mut Vm, source: Value, seen: i64) -> Flow {
    let next = match source.tag {
        Tag::CHANNEL => receive(vm, source.object_unchecked()),
        Tag::WATCH => newer(vm, source.object_unchecked(), seen),
        Tag::INTERVAL => tick(vm, source.object_unchecked()),
        _ => group::next_completed(vm, source.object_unchecked()),
    };
    match next {
        Ok(Some(value)) => control::await_done(vm, value),
        Ok(None) => {
            // SAFETY: the loop falls through to the next op.
            unsafe { vm.pc = vm.pc.add(1) };
            Flow::Continue
        }
        Err(control) => control::raise(vm, control),
    }
}

fn receive(vm: &mut Vm, channel: Gc<Channel>) -> Result<Option<Value>, Control> {
    if channel.is_over() {
        return Ok(None);
    }
    wait::await_primitive(vm, Waiting::on(Wait::Receive, channel)).map(Some)
}

fn newer(vm: &mut Vm, watch: Gc<Watch>, seen: i64) -> Result<Option<Value>, Control> {
    cancel::checkpoint(vm)?;
    if watch.version.get() > seen {
        // SAFETY: the loop's state is three registers.
        unsafe {
            let word = *vm.pc;
            *vm.register(word.a()).add(1) = Value::int(watch.version.get());
        }
        return Ok(Some(watch.value.get()));
    }
    if watch.is_closed.get() {
        return Ok(None);
    }
    wait::await_primitive(vm, Waiting::on(Wait::Changed, watch)).map(Some)
}

/// A tick that is due already is not waited for; the schedule stays.
fn tick(vm: &mut Vm, interval: Gc<Interval>) -> Result<Option<Value>, Control> {
    cancel::checkpoint(vm)?;
    let due_ns = interval.next_ns.get();
    interval.next_ns.set(due_ns.saturating_add(interval.period_ns));
    if due_ns <= sched::now_ns(vm) {
        return Ok(Some(Value::float(due_ns as f64 / 1e9)));
    }
    wait::await_primitive(vm, Waiting::until(due_ns)).map(Some)
}

/// `ITER_CLOSE` of a generator or `completed`.
#[inline(never)]
pub fn close(vm: &mut Vm, word: Word) -> Flow {
    // SAFETY: operands of verified code.
    let source = unsafe { *vm.register(word.a()) };
    if let Some(generator) = source.as_object::<Generator>() {
        return control::close_generator(vm, generator);
    }
    match group::close_completed(vm, source.object_unchecked()) {
        Ok(()) => control::complete(vm, Value::NIL),
        Err(control) => control::raise(vm, control),
    }
}
