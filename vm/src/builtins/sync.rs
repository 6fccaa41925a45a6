//! `mutex`, `semaphore`, `event`, `barrier`, `watch`, and their methods.

use crate::{
    builtins::{Control, args},
    sched::{
        node::Wait,
        sync::{self, Barrier, Event, Mutex, Semaphore, Watch},
        wait::Waiting,
    },
    value::{Gc, Value},
    vm::Vm,
};

builtins! {
    /// Functions of the prelude.
    pub static PRELUDE = [
        /// A lock that one task at a time holds: `let g = await m.lock()`, `defer g.unlock()`, or `await m.with(async || …)`.
        fn mutex() -> Mutex = native(mutex);
        /// Lets `permits` tasks in at the same time.
        fn semaphore(permits) -> Semaphore = native(semaphore);
        /// Something that happens once, or can be cleared again: `await e.wait()` waits until somebody calls `e.set()`.
        fn event() -> Event = native(event);
        /// Lets tasks go on together, `parties` at a time.
        fn barrier(parties) -> Barrier = native(barrier);
        /// A value whose changes can be awaited: `for await v in w` gives the current one, then each newest one.
        fn watch(value) -> Watch = native(watch);
    ];
}

builtins! {
    pub static MUTEX = [
        /// Waits until no other task holds the mutex, and gives the guard that unlocks it.
        fn lock() -> Awaitable = primitive(lock);
        /// The guard if nobody holds the mutex, else `nil`.
        fn try_lock() = native(try_lock);
        /// Does a task hold it?
        fn is_locked() = native(is_locked);
        /// Calls an async function while it holds the mutex, and gives the function's result.
        fn with(f) -> Awaitable = library("mutex_with");
    ];
}

builtins! {
    pub static GUARD = [
        /// Unlocks the mutex. Only the task that locked it may do that, and only once.
        fn unlock() = native(unlock);
    ];
}

builtins! {
    pub static SEMAPHORE = [
        /// Waits for a permit and takes it.
        fn acquire() -> Awaitable = primitive(acquire);
        /// Takes a permit if there is one. Was there?
        fn try_acquire() = native(try_acquire);
        /// Gives a permit back.
        fn release() = native(release);
        /// How many permits there are.
        fn permits() = native(permits);
        /// Calls an async function while it holds a permit, and gives the function's result.
        fn with(f) -> Awaitable = library("semaphore_with");
    ];
}

builtins! {
    pub static EVENT = [
        /// It has happened: all that wait go on, and nobody has to wait any more.
        fn set() = native(set_event);
        /// It has not happened yet, again.
        fn clear() = native(clear_event);
        /// Has it happened?
        fn is_set() = native(is_set);
        /// Waits until it has happened.
        fn wait() -> Awaitable = primitive(wait_event);
    ];
}

builtins! {
    pub static BARRIER = [
        /// Waits until so many tasks have come as the barrier has parties; then it is ready for the next round. Gives the number in which
        /// the task came, from 0.
        fn wait() -> Awaitable = primitive(wait_barrier);
        /// How many wait.
        fn waiting() = native(waiting);
        /// How many have to come.
        fn parties() = native(parties);
    ];
}

builtins! {
    pub static WATCH = [
        /// The current value.
        fn get() = native(get);
        /// Changes the value: all that wait for a change go on.
        fn set(value) = native(set);
        /// Waits for the next change and gives the new value.
        fn changed() -> Awaitable = primitive(changed);
        /// Ends the loops that walk it; it cannot be set any more.
        fn close() = native(close);
        /// Was it closed?
        fn is_closed() = native(is_closed);
    ];
}

// ---- mutex

fn mutex(vm: &mut Vm, _: &[Value]) -> Result<Value, Control> {
    Ok(sync::new_mutex(vm).into())
}

fn lock(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    vm.waiting = Waiting::on::<Mutex>(Wait::Lock, args::receiver(args));
    Err(Control::Await)
}

fn try_lock(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let mutex: Gc<Mutex> = args::receiver(args);
    let running = vm.running();
    if mutex.owner() == Some(running) {
        return Ok(Value::NIL);
    }
    Ok(sync::lock(vm, mutex, running)?.unwrap_or(Value::NIL))
}

fn is_locked(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(args::receiver::<Mutex>(args).owner().is_some().into())
}

fn unlock(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    sync::unlock(vm, args::receiver(args))?;
    Ok(Value::NIL)
}

// ---- semaphore

fn semaphore(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let permits = args::count(vm, "semaphore(permits)", args[0])? as u64;
    Ok(sync::new_semaphore(vm, permits).into())
}

fn acquire(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    vm.waiting = Waiting::on::<Semaphore>(Wait::Acquire, args::receiver(args));
    Err(Control::Await)
}

fn try_acquire(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(sync::acquire(args::receiver(args)).is_some().into())
}

fn release(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    sync::release(vm, args::receiver(args));
    Ok(Value::NIL)
}

fn permits(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::int(args::receiver::<Semaphore>(args).permits.get() as i64))
}

// ---- event

fn event(vm: &mut Vm, _: &[Value]) -> Result<Value, Control> {
    Ok(sync::new_event(vm).into())
}

fn set_event(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    sync::set_event(vm, args::receiver(args));
    Ok(Value::NIL)
}

fn clear_event(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    sync::clear_event(args::receiver(args));
    Ok(Value::NIL)
}

fn is_set(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(sync::is_set(args::receiver(args)).into())
}

fn wait_event(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    vm.waiting = Waiting::on::<Event>(Wait::Event, args::receiver(args));
    Err(Control::Await)
}

// ---- barrier

fn barrier(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let parties = args::int(vm, "barrier(parties)", args[0])?;
    if parties < 1 {
        return Err(vm.throw("ValueError", format!("a barrier is for at least 1 task, not {parties}")));
    }
    Ok(sync::new_barrier(vm, parties as u64).into())
}

fn wait_barrier(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    vm.waiting = Waiting::on::<Barrier>(Wait::Barrier, args::receiver(args));
    Err(Control::Await)
}

fn waiting(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::int(args::receiver::<Barrier>(args).waiting() as i64))
}

fn parties(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::int(args::receiver::<Barrier>(args).parties as i64))
}

// ---- watch

fn watch(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(sync::new_watch(vm, args[0]).into())
}

fn get(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(args::receiver::<Watch>(args).value.get())
}

fn set(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    sync::set_watch(vm, args::receiver(args), args[1])?;
    Ok(Value::NIL)
}

fn changed(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    vm.waiting = Waiting::on::<Watch>(Wait::Changed, args::receiver(args));
    Err(Control::Await)
}

fn close(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    sync::close_watch(vm, args::receiver(args));
    Ok(Value::NIL)
}

fn is_closed(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(args::receiver::<Watch>(args).is_closed.get().into())
}
