//! Channels: a buffer between two lines, of those who send and those who receive. At most one of the lines has somebody in it.

#![allow(unsafe_code)]

use std::{cell::Cell, ptr};

use super::{
    mistake::{Mistake, made},
    node::Waiters,
    wait,
};
use crate::{
    builtins::Control,
    heap::{Heap, Marker, object::*},
    sched,
    value::{Gc, Tag, Value},
    vm::Vm,
};

#[repr(C)]
pub struct Channel {
    pub header: Header,
    pub made_at: u32,
    pub is_closed: Cell<bool>,
    pub made_by: Value,
    pub capacity: u64,
    /// Values that were sent and not received, at most `capacity`.
    buffer: Gc<List>,
    pub receivers: Waiters,
    pub senders: Waiters,
}

impl Object for Channel {
    const TAG: Tag = Tag::CHANNEL;
}

impl Channel {
    pub fn len(&self) -> usize {
        self.buffer.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts a value into the buffer although nobody has made room: a mistake.
    pub(super) fn force(&self, vm: &mut Vm, value: Value) {
        self.buffer.push(&mut vm.heap, value);
    }

    /// Nothing can be received any more.
    pub fn is_over(&self) -> bool {
        self.is_closed.get() && self.is_empty()
    }
}

pub fn register(heap: &mut Heap) {
    unsafe fn trace(header: *mut Header, marker: &mut Marker) {
        // SAFETY: the heap calls this for channels only.
        let channel = unsafe { &*(header as *const Channel) };
        marker.value(channel.made_by);
        marker.value(channel.buffer.into());
    }
    // SAFETY: the hook is for this layout.
    unsafe { heap.register(Tag::CHANNEL, Some(trace), None) };
}

/// Room that a channel of this capacity is given at once.
const ROOM: u64 = 64;

pub fn new(vm: &mut Vm, capacity: u64) -> Gc<Channel> {
    let buffer = vm.heap.list_with_capacity(capacity.min(ROOM) as usize);
    let (made_by, made_at) = vm.site();
    // SAFETY: every field is written before anything reads it.
    unsafe {
        let memory = vm.heap.alloc_raw(Tag::CHANNEL, size_of::<Channel>()) as *mut Channel;
        let header = ptr::read(&raw const (*memory).header);
        ptr::write(
            memory,
            Channel {
                header,
                made_at,
                is_closed: Cell::new(false),
                made_by,
                capacity,
                buffer,
                receivers: Waiters::new(),
                senders: Waiters::new(),
            },
        );
        Gc::from_ptr(memory)
    }
}

/// Takes a value; `None` if there is none and may be one later.
pub fn receive(vm: &mut Vm, channel: Gc<Channel>) -> Result<Option<Value>, Control> {
    if !channel.buffer.is_empty() {
        let first = if made(Mistake::LastValueFirst) { channel.len() - 1 } else { 0 };
        let value = channel.buffer.remove(&mut vm.heap, first);
        // There is room for the first of those who wait to send.
        if let Some(sender) = channel.senders.pop() {
            channel.buffer.push(&mut vm.heap, wait::payload(sender));
            wait::decide(vm, sender, Ok(Value::NIL));
        }
        return Ok(Some(value));
    }
    if let Some(sender) = channel.senders.pop() {
        let value = wait::payload(sender);
        wait::decide(vm, sender, Ok(Value::NIL));
        return Ok(Some(value));
    }
    if channel.is_closed.get() {
        return Err(vm.throw("ChannelClosed", "the channel is closed, and everything sent has been received"));
    }
    Ok(None)
}

/// Hands a value over or puts it into the buffer; `None` if nobody takes it now.
pub fn send(vm: &mut Vm, channel: Gc<Channel>, value: Value) -> Result<Option<Value>, Control> {
    if channel.is_closed.get() {
        return Err(vm.throw("ChannelClosed", "the channel is closed: nothing can be sent any more"));
    }
    if let Some(receiver) = channel.receivers.pop() {
        wait::decide(vm, receiver, Ok(value));
        return Ok(Some(Value::NIL));
    }
    if (channel.len() as u64) < channel.capacity {
        channel.buffer.push(&mut vm.heap, value);
        return Ok(Some(Value::NIL));
    }
    Ok(None)
}

/// Nothing can be sent any more; who waits to send gets an error and keeps the value (R16).
pub fn close(vm: &mut Vm, channel: Gc<Channel>) {
    channel.is_closed.set(true);
    while !made(Mistake::CloseForgetsSenders)
        && let Some(sender) = channel.senders.pop()
    {
        let error =
            vm.heap.error("ChannelClosed", "the channel was closed before the value was received").into();
        wait::decide(vm, sender, Err(error));
    }
    while !made(Mistake::CloseForgetsReceivers)
        && let Some(receiver) = channel.receivers.pop()
    {
        if wait::is_in_loop(receiver) {
            sched::wake_at_end(vm, receiver.task());
        } else {
            let error = vm.heap.error("ChannelClosed", "the channel was closed").into();
            wait::decide(vm, receiver, Err(error));
        }
    }
}
