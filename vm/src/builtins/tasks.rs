//! Tasks from inside a program: `sleep`, `input`, `tasks()`, the combinators, and the methods of task handles and generators.

use crate::{
    builtins::{Control, args},
    heap::object::*,
    sched::{
        self, cancel,
        generator::{Generator, GeneratorState},
        group::{self, Plan, Policy},
        node::Wait,
        owner,
        task::{self, Task},
        wait::Waiting,
    },
    value::{Gc, Tag, Value},
    vm::Vm,
};

builtins! {
    /// Functions of the prelude.
    pub static PRELUDE = [
        /// Waits for so many seconds: `await sleep(1.5s)`. `sleep(0)` lets the other tasks run once; a negative duration is 0.
        fn sleep(duration) -> Awaitable = primitive(sleep);
        /// Reads a line from standard input, without its line break; `nil` at the end: `let name = await input("Name? ")`.
        fn input(prompt = "") -> Awaitable = waits(input);
        /// A list of all tasks that have not ended, in the order in which they were spawned.
        fn tasks() = native(tasks);
        /// Runs all at once and gives their results in order: `let [a, b] = await all([f(), g()])`. The first error cancels the rest.
        /// With `limit`, so many coroutines run at the same time.
        fn all(awaitables, limit = nil) -> Awaitable = waits(all);
        /// The first result of all, a value or an error; the others are cancelled.
        fn race(awaitables) -> Awaitable = waits(race);
        /// The first value; the others are cancelled. If all fail, the first error, with the others in its `also`.
        fn any(awaitables) -> Awaitable = waits(any);
        /// All results in order, as maps: `{ok: true, value}` or `{ok: false, error}`.
        fn settled(awaitables, limit = nil) -> Awaitable = waits(settled);
        /// The results in the order in which they come: `for await x in completed([f(), g()]) { … }`.
        fn completed(awaitables) -> AsyncSource = native(completed);
        /// The result, or an error of kind `Timeout` if it takes longer; then it is cancelled: `await timeout(5s, fetch(url))`.
        fn timeout(duration, awaitable) -> Awaitable = waits(timeout);
        /// The result, also if a cancellation comes: that arrives at the next `await`.
        fn shield(awaitable) -> Awaitable = waits(shield);
    ];
}

builtins! {
    pub static TASK_METHODS = [
        /// Asks the task to end: it is stopped at the `await` where it waits, or at its next one; its `finally` and `defer` run.
        fn cancel(reason = nil) = native(cancel_task);
        /// Have the task and all the tasks that it spawned ended?
        fn done() = native(done);
        /// Makes the task a daemon of the whole program: its parent does not wait for it, and it is cancelled when the program ends.
        /// Gives the task.
        fn detach() -> Task = native(detach);
    ];
}

builtins! {
    /// What is built on these is written in Co. Those of an async generator are awaited.
    pub static GENERATOR_METHODS = [
        /// Runs the generator to its next `yield` and gives the value there, or `nil` when it has ended.
        fn next() -> Unknown = native(next);
        /// As `next`, and the `yield` that the generator waits at evaluates to the value.
        fn send(value) -> Unknown = native(send);
        /// Ends the generator: its `finally` and `defer` run now, and it gives nothing more.
        fn close() -> Unknown = native(close);
    ];
}

builtins! {
    /// The same for async generators: what `g.next()` gives is a coroutine of these.
    static ASYNC_GENERATOR = [
        /// See `next`.
        fn next(generator) -> Awaitable = waits(resume_next);
        /// See `send`.
        fn send(generator, value) -> Awaitable = waits(resume_send);
        /// See `close`.
        fn close(generator) -> Awaitable = waits(resume_close);
    ];
}

/// Longest time that a timer can be set for, in seconds: about 292 years.
const LONGEST: f64 = i64::MAX as f64 / 1e9;

/// A duration in whole nanoseconds, at least one if it is positive; negative ones are 0.
pub fn nanoseconds(vm: &mut Vm, duration: Value) -> Result<u64, Control> {
    let Some(seconds) = duration.as_number() else {
        if duration.is(Tag::COROUTINE) {
            return Err(vm.throw_coroutine("a coroutine is no duration", &[duration]));
        }
        let what = vm.describe(duration);
        return Err(vm.throw("TypeError", format!("a duration is a number of seconds, not {what}")));
    };
    if !seconds.is_finite() {
        return Err(
            vm.throw("ValueError", format!("a duration is a finite number of seconds, not {seconds}"))
        );
    }
    let ns = seconds.clamp(0.0, LONGEST) * 1e9;
    // Halves away from zero, as `round`, which is a call on most machines.
    let whole = ns as u64;
    let rounded = if ns - whole as f64 >= 0.5 { whole + 1 } else { whole };
    // However short it is, a time that passes moves the clock: otherwise who sleeps for the rest of an interval, as floats have it,
    // would never come to its end under the virtual clock.
    Ok(if rounded == 0 && ns > 0.0 { 1 } else { rounded })
}

fn sleep(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let duration = nanoseconds(vm, args[0])?;
    vm.waiting = if duration == 0 {
        Waiting { kind: Wait::Yield, ..Waiting::NOTHING }
    } else {
        Waiting::until(sched::now_ns(vm).saturating_add(duration))
    };
    Err(Control::Await)
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
    Err(sched::wait_for_operation(vm, id))
}

fn tasks(vm: &mut Vm, _: &[Value]) -> Result<Value, Control> {
    let live: Vec<Value> = sched::live_tasks(vm).into_iter().map(Value::from).collect();
    Ok(vm.heap.list(&live).into())
}

// ---- combinators

/// What a combinator is given.
fn awaitables(vm: &mut Vm, what: &str, value: Value) -> Result<Vec<Value>, Control> {
    match value.tag {
        Tag::LIST => Ok(value.object_unchecked::<List>().to_vec()),
        Tag::COROUTINE | Tag::TASK => {
            let control = vm.throw("TypeError", format!("{what} takes a list of coroutines and tasks"));
            vm.hint(format!("write `{what}([…])`"));
            Err(control)
        }
        _ => Err(vm.wrong_type(what, "a list of coroutines and tasks", value)),
    }
}

fn limit(vm: &mut Vm, what: &str, value: Value) -> Result<u32, Control> {
    let Some(limit) = args::not_nil(value) else { return Ok(u32::MAX) };
    let limit = args::int(vm, what, limit)?;
    if limit < 1 {
        return Err(vm.throw("ValueError", format!("{what} is at least 1, but is {limit}")));
    }
    Ok(u32::try_from(limit).unwrap_or(u32::MAX - 1))
}

fn all(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let items = awaitables(vm, "all", args[0])?;
    let limit = limit(vm, "all(limit)", args[1])?;
    group::run(vm, Plan { limit, ..Plan::new(Policy::All) }, &items)
}

fn settled(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let items = awaitables(vm, "settled", args[0])?;
    let limit = limit(vm, "settled(limit)", args[1])?;
    group::run(vm, Plan { limit, ..Plan::new(Policy::Settled) }, &items)
}

fn race(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let items = awaitables(vm, "race", args[0])?;
    if items.is_empty() {
        return Err(vm.throw("ValueError", "nobody can win a race of nothing: the list is empty"));
    }
    group::run(vm, Plan::new(Policy::Race), &items)
}

fn any(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let items = awaitables(vm, "any", args[0])?;
    if items.is_empty() {
        return Err(vm.throw("ValueError", "none of nothing can succeed: the list is empty"));
    }
    group::run(vm, Plan::new(Policy::Any), &items)
}

fn completed(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let items = awaitables(vm, "completed", args[0])?;
    group::completed(vm, &items)
}

fn timeout(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let duration_ns = nanoseconds(vm, args[0])?;
    group::run(vm, Plan { duration_ns, ..Plan::new(Policy::Timeout) }, &args[1..2])
}

fn shield(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    group::run(vm, Plan::new(Policy::Shield), &args[..1])
}

// ---- handles

fn cancel_task(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let reason = args::given(args[1]).unwrap_or(Value::NIL);
    let by = vm.running().id();
    cancel::cancel(vm, args::receiver(args), reason, by);
    Ok(Value::NIL)
}

fn done(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::bool(args::receiver::<Task>(args).is_done()))
}

fn detach(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    owner::detach(vm, args::receiver(args));
    Ok(args[0])
}

/// `t.name`, `t.id`.
pub fn field(vm: &mut Vm, task: Gc<Task>, name: &str) -> Option<Value> {
    match name {
        "id" => Some(Value::int(task.id() as i64)),
        "name" => {
            let text = task::name_text(vm, task);
            Some(vm.heap.str(&text).into())
        }
        _ => None,
    }
}

// ---- generators

/// For an async generator the call only makes a coroutine.
fn of_generator(
    vm: &mut Vm,
    args: &[Value],
    index: usize,
    resume: fn(&mut Vm, &[Value]) -> Result<Value, Control>,
) -> Result<Value, Control> {
    if !args::receiver::<Generator>(args).is_async() {
        return resume(vm, args);
    }
    let callee = vm.native_value(&ASYNC_GENERATOR[index]);
    let (made_by, made_at) = vm.site();
    Ok(vm.heap.coroutine(callee, args, made_by, made_at).into())
}

fn next(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    of_generator(vm, args, 0, resume_next)
}

fn send(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    of_generator(vm, args, 1, resume_send)
}

fn close(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    of_generator(vm, args, 2, resume_close)
}

fn resume_next(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    vm.resume = (args::receiver(args), Value::NIL);
    Err(Control::Resume)
}

fn resume_send(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let generator: Gc<Generator> = args::receiver(args);
    if generator.state.get() == GeneratorState::Fresh && !args[1].is_nil() {
        return Err(
            vm.throw("ValueError", "the generator has not started: there is no `yield` to send to yet")
        );
    }
    vm.resume = (generator, args[1]);
    Err(Control::Resume)
}

fn resume_close(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    vm.resume = (args::receiver(args), Value::NIL);
    Err(Control::Close)
}
