//! Generators: fibers that their consumer resumes.

#![allow(unsafe_code)]

use std::{cell::Cell, mem::offset_of, ptr};

use super::task::{Task, free_own_stack, release, trace_fiber};
use crate::{
    bytecode::SLOT,
    fiber::{self, Fiber, GENERATOR_END, ROOT_SLOTS},
    heap::{Heap, Marker, object::*},
    value::{Gc, Tag, Value},
    vm::Vm,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeneratorState {
    Fresh,
    Running,
    Suspended,
    Done,
}

/// A generator and its stack, in one allocation.
#[repr(C)]
pub struct Generator {
    pub header: Header,
    pub fiber: Fiber,
    /// While it runs: the fiber that resumed it.
    resumer: Cell<*mut Fiber>,
    pub state: Cell<GeneratorState>,
    pub function: Value,
}

// A fiber's owner is found from the fiber's address.
const _: () = assert!(offset_of!(Generator, fiber) == offset_of!(Task, fiber));

impl Object for Generator {
    const TAG: Tag = Tag::GENERATOR;
}

impl Gc<Generator> {
    pub fn fiber_ptr(self) -> *mut Fiber {
        // SAFETY: the field of a live object.
        unsafe { &raw mut (*self.as_ptr()).fiber }
    }
}

impl Generator {
    pub fn is_async(&self) -> bool {
        self.function.as_object::<Closure>().is_some_and(|closure| closure.proto().flags.is_async)
    }
}

/// The task or generator that a fiber is part of.
///
/// # Safety
/// The fiber is one of a task or generator (all are).
pub unsafe fn owner_of(fiber: *const Fiber) -> *mut Header {
    // SAFETY: given.
    unsafe { fiber.byte_sub(offset_of!(Task, fiber)) as *mut Header }
}

/// The fiber that resumed this one; null for a task's own.
///
/// # Safety
/// The fiber's owner is alive.
pub unsafe fn resumer(fiber: *const Fiber) -> *mut Fiber {
    // SAFETY: given; the kind tells the layout.
    unsafe {
        let owner = owner_of(fiber);
        if (*owner).kind as u64 == Tag::GENERATOR.number() {
            (*(owner as *const Generator)).resumer.get()
        } else {
            ptr::null_mut()
        }
    }
}

/// # Safety
/// The fiber is a generator's.
pub unsafe fn set_resumer(fiber: *const Fiber, resumer: *mut Fiber) {
    // SAFETY: given.
    unsafe { (*(owner_of(fiber) as *const Generator)).resumer.set(resumer) }
}

/// The generator of a fiber that is one's.
///
/// # Safety
/// The fiber is a generator's.
pub unsafe fn generator_of(fiber: *const Fiber) -> Gc<Generator> {
    // SAFETY: given.
    unsafe { Gc::from_ptr(owner_of(fiber) as *mut Generator) }
}

/// The generator that a fiber is part of, if it is not a task's own.
///
/// # Safety
/// The fiber's owner is alive.
pub unsafe fn of_fiber(fiber: *mut Fiber) -> Option<Gc<Generator>> {
    // SAFETY: given; the kind tells the layout.
    unsafe {
        let owner = owner_of(fiber);
        ((*owner).kind as u64 == Tag::GENERATOR.number()).then(|| Gc::from_ptr(owner as *mut Generator))
    }
}

/// Stands in `Vm::resume` while nothing is resumed.
pub fn dangling_generator() -> Gc<Generator> {
    // SAFETY: never dereferenced: it is replaced before `Control::Resume` is returned.
    unsafe { Gc::from_ptr(ptr::NonNull::<Generator>::dangling().as_ptr()) }
}

/// Marks what a generator refers to, once in a collection.
pub fn trace_once(generator: &Generator, marker: &mut Marker) {
    let bits = generator.header.flags.get();
    if (bits & flags::REACHED != 0) == marker.parity() && !marker.looks_again() {
        return;
    }
    let reached = if marker.parity() { flags::REACHED } else { 0 };
    generator.header.flags.set(bits & !flags::REACHED | reached);
    marker.value(generator.function);
    trace_fiber(&generator.fiber, marker);
}

pub fn register(heap: &mut Heap) {
    unsafe fn trace_generator(header: *mut Header, marker: &mut Marker) {
        // SAFETY: the heap calls this for generators only.
        unsafe { trace_once(&*(header as *const Generator), marker) }
    }
    unsafe fn drop_generator(header: *mut Header) {
        // SAFETY: as above; the generator is dead.
        unsafe { free_own_stack(&(*(header as *mut Generator)).fiber) }
    }
    // SAFETY: the hooks are for this layout.
    unsafe { heap.register(Tag::GENERATOR, Some(trace_generator), Some(drop_generator)) };
}

/// A generator that has ended gives nothing more and needs no stack.
pub fn end_generator(heap: &mut Heap, generator: Gc<Generator>) {
    generator.state.set(GeneratorState::Done);
    // SAFETY: no frame of the generator is used again.
    unsafe { release(heap, &mut *generator.fiber_ptr()) }
}

/// A generator for a call with bound arguments.
pub fn new_generator(vm: &mut Vm, function: Value, image: &[Value]) -> Value {
    let closure: Gc<Closure> = function.object_unchecked();
    let slots = ROOT_SLOTS + (closure.proto().registers as usize).max(image.len());
    // SAFETY: the allocation has room for the generator and its stack; every field is written before anything reads it.
    unsafe {
        let memory =
            vm.heap.alloc_raw(Tag::GENERATOR, size_of::<Generator>() + slots * SLOT) as *mut Generator;
        let header = ptr::read(&raw const (*memory).header);
        if vm.heap.parity() {
            header.flags.set(header.flags.get() | flags::REACHED);
        }
        ptr::write(
            memory,
            Generator {
                header,
                fiber: Fiber::new(slots),
                resumer: Cell::new(ptr::null_mut()),
                state: Cell::new(GeneratorState::Fresh),
                function,
            },
        );
        let fiber = &mut (*memory).fiber;
        fiber::clear(fiber.stack(), fiber.end());
        fiber.enter(function, image.as_ptr(), image.len(), GENERATOR_END.as_ptr());
        Gc::<Generator>::from_ptr(memory).into()
    }
}
