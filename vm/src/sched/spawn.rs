//! `spawn` of a value, and coroutines being used up.

use co_lang::{
    diagnostic::Code,
    source::{SourceId, Span},
};

use super::{
    owner::Owner,
    task::{Task, spawn, spawn_into},
};
use crate::{
    builtins::Control,
    bytecode::{CaptureSource, Op, Proto, ProtoFlags, SLOT, Word},
    heap::{Heap, object::*},
    value::{Gc, Tag, Value},
    vm::Vm,
};

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
        let control = vm.throw_code(
            "TypeError",
            Code::NOT_SPAWNABLE,
            format!("only a coroutine can be spawned, not {what}"),
        );
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
    Ok(spawn_coroutine(vm, coroutine, None, discarded))
}

/// A task of a coroutine that was taken, for the innermost open scope or for a given owner.
pub fn spawn_coroutine(
    vm: &mut Vm,
    coroutine: Gc<Coroutine>,
    owner: Option<Owner>,
    discarded: bool,
) -> Gc<Task> {
    let args = coroutine.args();
    let stub_argument: Value = coroutine.into();
    let (function, args, count) = if coroutine.callee.is(Tag::CLOSURE) {
        (coroutine.callee, args.as_ptr(), args.len())
    } else {
        // An async builtin: the stub awaits it in the new task, so it has to be fresh again.
        coroutine.state.set(CoroutineState::Fresh);
        (vm.await_stub, &raw const stub_argument, 1)
    };
    match owner {
        Some(owner) => spawn_into(vm, owner, 0, function, args, count),
        None => spawn(vm, function, args, count, discarded),
    }
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
    vm.hint(
        "call the async function again for a new coroutine, or `spawn` it once and await the task"
            .to_string(),
    );
    vm.name_coroutine(coroutine.into());
    Err(control)
}
