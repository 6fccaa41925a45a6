//! Tasks from inside a program: `sleep`, `input`, `tasks()`, and the methods of task handles and generators.

use co_lang::resolve::Returns;

use super::{Body, Builtin, Control};
use crate::{
    heap::object::*,
    sched::{
        self,
        task::{self, Generator, Task, TaskState, WaitKind},
    },
    value::{Gc, Value},
    vm::Vm,
};

/// Longest time that a timer can be set for, in seconds: about 292 years.
const LONGEST: f64 = i64::MAX as f64 / 1e9;

/// Prelude functions that deal with tasks.
pub const PRELUDE: &[Builtin] = &[
    Builtin {
        name: "sleep",
        usage: "sleep(duration)",
        doc: "Waits for so many seconds: `await sleep(1.5s)`. `sleep(0)` lets the other tasks run once; a negative duration is 0.",
        params: &["duration"],
        min_args: 1,
        max_args: Some(1),
        returns: Returns::Awaitable,
        body: Body::Async(sleep),
    },
    Builtin {
        name: "input",
        usage: "input(prompt = \"\")",
        doc: "Reads a line from standard input, without its line break; nil at the end: `let name = await input(\"Name? \")`.",
        params: &["prompt"],
        min_args: 0,
        max_args: Some(1),
        returns: Returns::Awaitable,
        body: Body::Async(input),
    },
    Builtin {
        name: "tasks",
        usage: "tasks()",
        doc: "A list of all tasks that have not ended, in the order in which they were spawned.",
        params: &[],
        min_args: 0,
        max_args: Some(0),
        returns: Returns::Plain,
        body: Body::Native(tasks),
    },
];

pub const TASK_METHODS: &[Builtin] = &[
    Builtin {
        name: "cancel",
        usage: "task.cancel(reason = nil)",
        doc: "Asks the task to end: it is stopped at the await where it waits, or at its next one; its `finally` and `defer` run.",
        params: &["reason"],
        min_args: 0,
        max_args: Some(1),
        returns: Returns::Plain,
        body: Body::Native(cancel),
    },
    Builtin {
        name: "done",
        usage: "task.done()",
        doc: "Whether the task and all the tasks that it spawned have ended.",
        params: &[],
        min_args: 0,
        max_args: Some(0),
        returns: Returns::Plain,
        body: Body::Native(done),
    },
    Builtin {
        name: "detach",
        usage: "task.detach()",
        doc: "Makes the task a daemon of the whole program: its parent does not wait for it, and it is cancelled when the program ends. Gives the task.",
        params: &[],
        min_args: 0,
        max_args: Some(0),
        returns: Returns::Task,
        body: Body::Native(detach),
    },
];

/// `next`, `send` and `close`; what is built on them is written in Co.
pub const GENERATOR_METHODS: &[Builtin] = &[
    Builtin {
        name: "next",
        usage: "generator.next()",
        doc: "Runs the generator to its next `yield` and gives the value there, or nil when it has ended.",
        params: &[],
        min_args: 0,
        max_args: Some(0),
        returns: Returns::Unknown,
        body: Body::Native(next),
    },
    Builtin {
        name: "send",
        usage: "generator.send(value)",
        doc: "As `next`, and the `yield` that the generator waits at evaluates to the value.",
        params: &["value"],
        min_args: 1,
        max_args: Some(1),
        returns: Returns::Unknown,
        body: Body::Native(send),
    },
    Builtin {
        name: "close",
        usage: "generator.close()",
        doc: "Ends the generator: its `finally` and `defer` run now, and it gives nothing more.",
        params: &[],
        min_args: 0,
        max_args: Some(0),
        returns: Returns::Unknown,
        body: Body::Native(close),
    },
];

/// A duration in whole nanoseconds; negative ones are 0.
fn nanoseconds(vm: &mut Vm, duration: Value) -> Result<u64, Control> {
    let Some(seconds) = duration.as_number() else {
        let what = vm.describe(duration);
        return Err(vm.throw("TypeError", format!("a duration is a number of seconds, not {what}")));
    };
    if seconds.is_nan() {
        return Err(vm.throw("ValueError", "a duration cannot be NaN"));
    }
    Ok((seconds.clamp(0.0, LONGEST) * 1e9).round() as u64)
}

fn sleep(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let duration = nanoseconds(vm, args[0])?;
    if duration == 0 {
        return Err(Control::Yield);
    }
    let deadline = sched::now_ns(vm).saturating_add(duration);
    let task = vm.running();
    vm.sched.timers.set(task, deadline);
    Err(task::wait(vm, WaitKind::Timer))
}

fn input(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    if let Some(prompt) = args[0].as_object::<Str>() {
        // A prompt that cannot be shown is no reason not to read.
        let _ = vm.host.write_out(prompt.as_str().as_bytes());
        let _ = vm.host.flush_out();
    }
    let task = vm.running();
    vm.sched.next_operation += 1;
    let id = vm.sched.next_operation;
    vm.sched.reads.push((id, task));
    Err(task::wait(vm, WaitKind::Operation(id)))
}

fn tasks(vm: &mut Vm, _: &[Value]) -> Result<Value, Control> {
    let live: Vec<Value> = sched::live_tasks(vm).into_iter().map(Value::from).collect();
    Ok(vm.heap.list(&live).into())
}

fn handle(args: &[Value]) -> Gc<Task> {
    args[0].object_unchecked()
}

fn cancel(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let reason = if args[1].is_undef() { Value::NIL } else { args[1] };
    let by = vm.running().id;
    sched::cancel(vm, handle(args), reason, by);
    Ok(Value::NIL)
}

fn done(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(handle(args).state.get() == TaskState::Done))
}

fn detach(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    task::detach(vm, handle(args));
    Ok(args[0])
}

fn next(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    vm.resume = (args[0].object_unchecked::<Generator>(), Value::NIL);
    Err(Control::Resume)
}

fn send(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let generator = args[0].object_unchecked::<Generator>();
    if generator.state.get() == task::GeneratorState::Fresh && !args[1].is_nil() {
        return Err(vm.throw("ValueError", "the generator has not started: there is no `yield` to send to yet"));
    }
    vm.resume = (generator, args[1]);
    Err(Control::Resume)
}

fn close(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    vm.resume = (args[0].object_unchecked::<Generator>(), Value::NIL);
    Err(Control::Close)
}

/// `t.name`, `t.id`.
pub fn field(vm: &mut Vm, task: Gc<Task>, name: &str) -> Option<Value> {
    match name {
        "id" => Some(Value::int(task.id as i64)),
        "name" => {
            let text = task::name_text(vm, task);
            Some(vm.heap.str(&text).into())
        }
        _ => None,
    }
}

