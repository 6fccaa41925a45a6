//! `channel(…)` and the methods of channels.

use crate::{
    builtins::{Control, args},
    sched::{
        channel::{self, Channel},
        node::Wait,
        wait::Waiting,
    },
    value::{Gc, Value},
    vm::Vm,
};

builtins! {
    /// Functions of the prelude.
    pub static PRELUDE = [
        /// A channel that holds so many values until they are received. With capacity 0 a sender waits for a receiver.
        fn channel(capacity = 0) -> Channel = native(new);
    ];
}

builtins! {
    pub static METHODS = [
        /// Sends a value; waits while the channel is full: `await ch.send(job)`. Throws `ChannelClosed` if it is or gets closed.
        fn send(value) -> Awaitable = primitive(send);
        /// Receives the next value; waits until there is one: `let job = await ch.recv()`. Throws `ChannelClosed` when the channel is closed
        /// and empty.
        fn recv() -> Awaitable = primitive(recv);
        /// Sends a value if that needs no waiting. Was it sent?
        fn try_send(value) = native(try_send);
        /// The next value, or `nil` if there is none now.
        fn try_recv() = native(try_recv);
        /// Nothing can be sent any more; what was sent before can still be received. Closing twice is allowed.
        fn close() = native(close);
        /// Was the channel closed?
        fn is_closed() = native(is_closed);
        /// How many values it holds.
        fn len() = native(len);
        /// How many values it can hold.
        fn capacity() = native(capacity);
    ];
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let capacity = match args::given(args[0]) {
        Some(capacity) => args::count(vm, "channel(capacity)", capacity)? as u64,
        None => 0,
    };
    Ok(channel::new(vm, capacity).into())
}

fn send(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    let channel: Gc<Channel> = args::receiver(args);
    vm.waiting = Waiting { payload: args[1], ..Waiting::on(Wait::Send, channel) };
    Err(Control::Await)
}

fn recv(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    vm.waiting = Waiting::on::<Channel>(Wait::Receive, args::receiver(args));
    Err(Control::Await)
}

fn try_send(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(channel::send(vm, args::receiver(args), args[1])?.is_some().into())
}

fn try_recv(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(channel::receive(vm, args::receiver(args))?.unwrap_or(Value::NIL))
}

fn close(vm: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    channel::close(vm, args::receiver(args));
    Ok(Value::NIL)
}

fn is_closed(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(args::receiver::<Channel>(args).is_closed.get().into())
}

fn len(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::int(args::receiver::<Channel>(args).len() as i64))
}

fn capacity(_: &mut Vm, args: &[Value]) -> Result<Value, Control> {
    Ok(Value::int(args::receiver::<Channel>(args).capacity as i64))
}
