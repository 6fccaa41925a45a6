//! The heap: all objects of a program, and the collector that frees those that nothing refers to any more.
//!
//! Non-moving mark and sweep. Objects lie in pages by size ([`pages`]), marking walks from the roots that the VM gives
//! ([`trace`]), and sweeping happens as memory is asked for again: the allocator hands out the runs of unmarked slots between marked
//! ones. Buffers of lists and maps come from the global allocator and are counted ([`reap`]).
//!
//! # Rules
//!
//! 1. Objects are freed only in [`Heap::finish`], which the interpreter calls between two instructions. No allocation
//!    collects, so references in Rust variables stay valid while a native function runs.
//! 2. Objects never move, and a reference of one object to another is always a whole [`Value`] or [`Gc`].
//! 3. Marking goes in steps between which the program runs ([`cycle`]). Every store of a value into an object goes through
//!    [`Heap::store`], and whatever else overwrites a reference in an object or takes it out tells [`Heap::gone`] before. Stacks of
//!    fibers are the exception: they are looked at before they run.
//! 4. What releases an object (see [`reap`]) must not follow its references: they may be gone.
//! 5. A number of a shape is never used again, so whoever has cached one needs no notice when it dies.
//!
//! With the feature `verify` each collection ends with a walk over all live objects ([`verify`]), and freed memory is
//! overwritten; with `gc-stress` every allocation asks for a collection.

#![allow(unsafe_code)]

mod cycle;
mod hash;
mod intern;
mod list;
mod make;
pub mod map;
pub mod object;
mod pace;
mod pages;
mod reap;
pub mod shape;
mod str;
mod table;
#[cfg(test)]
mod tests;
pub mod trace;
#[cfg(any(feature = "verify", test))]
mod verify;

use std::cell::Cell;

pub use hash::{Hashes, whole};
pub use pace::HeapStats;
pub use pages::TaskCursor;
pub use reap::DropHook;
pub use shape::{Method, Shape, ShapeInit, SpecialMethods};
pub use str::byte_slice;
pub use trace::{Marker, TraceHook};
#[cfg(any(feature = "verify", test))]
pub use verify::Corruption;

use crate::value::{Gc, Tag, Value};
use object::*;
use pages::Pages;
use reap::{Buffers, Reaper};

pub struct Heap {
    /// Read by every safepoint. Set by allocation, cleared by collection.
    due: bool,
    /// Read by everything that overwrites references: a collection is under way.
    marking: bool,
    /// See [`Heap::parity`].
    parity: bool,
    cycle: cycle::Cycle,
    pages: Pages,
    pace: pace::Pace,
    reaper: Reaper,
    trace_hooks: [Option<TraceHook>; Tag::COUNT],
    /// Boxed, as tables keep its address.
    hashes: Box<Hashes>,
    interned: intern::Interned,
    short: str::ShortStrings,
    shapes: shape::Shapes,
    /// Those that were fresh when last looked at; not kept alive by this.
    fresh_coroutines: Vec<Gc<Coroutine>>,
    /// Unreachable fresh ones that the VM has not taken yet; kept alive.
    lost: Vec<Gc<Coroutine>>,
    next_coroutine: u32,
    clock: Option<fn() -> u64>,
    /// Given to all code that is made, see [`object::ProtoObject::unit`].
    pub unit: Option<std::sync::Arc<()>>,
    /// Collections since the heap was verified.
    #[cfg(feature = "verify")]
    unverified: usize,
    /// Collect at every allocation whose number this divides, and the allocations since.
    #[cfg(feature = "gc-stress")]
    stress: (u32, u32),
}

impl Heap {
    /// `hash_seed` is the secret against chosen hash collisions; nothing that a program can see depends on it.
    pub fn new(hash_seed: u64) -> Heap {
        Heap {
            due: cfg!(feature = "gc-stress"),
            marking: false,
            parity: false,
            cycle: cycle::Cycle::new(),
            pages: Pages::new(),
            pace: pace::Pace::new(),
            reaper: Reaper { buffers: Buffers::default(), hooks: [None; Tag::COUNT] },
            trace_hooks: [None; Tag::COUNT],
            hashes: Box::new(Hashes::new(hash_seed)),
            interned: intern::Interned::default(),
            short: str::ShortStrings::NONE,
            shapes: shape::Shapes::default(),
            fresh_coroutines: Vec::new(),
            lost: Vec::new(),
            next_coroutine: 0,
            clock: None,
            unit: None,
            #[cfg(feature = "verify")]
            unverified: 0,
            #[cfg(feature = "gc-stress")]
            stress: (1, 0),
        }
    }

    /// Tells how objects of a kind that this folder does not know are traced and released. Before the first of them is made.
    ///
    /// # Safety
    /// The functions fit the layout of the kind's objects.
    pub unsafe fn register(&mut self, tag: Tag, trace: Option<TraceHook>, drop: Option<DropHook>) {
        self.trace_hooks[tag.number() as usize] = trace;
        self.reaper.hooks[tag.number() as usize] = drop;
    }

    /// A clock in nanoseconds, by which pauses are measured.
    pub fn set_clock(&mut self, clock: fn() -> u64) {
        self.clock = Some(clock);
    }

    // ---- stores

    /// Stores a value into a field of an object: the one place where references between objects come to be.
    #[inline(always)]
    pub fn store(&mut self, cell: &Cell<Value>, value: Value) {
        self.gone(cell.get());
        cell.set(value);
    }

    /// The items of a list from `from` on are about to move away from its start, by so many places.
    #[inline(always)]
    fn shifted(&mut self, list: &List, from: usize, by: usize) {
        if self.marking {
            self.cycle.progress.shift((list as *const List).cast_mut().cast(), from, by);
        }
    }

    // ---- the pace

    /// Whether the next safepoint should collect.
    #[inline(always)]
    pub fn should_collect(&self) -> bool {
        self.due
    }

    /// Under GC stress every `every`th allocation asks for a collection, not each; for programs that would take minutes.
    #[cfg(feature = "gc-stress")]
    pub fn set_stress(&mut self, every: u32) {
        self.stress.0 = every.max(1);
    }

    #[cfg(feature = "gc-stress")]
    fn stress(&mut self) {
        self.stress.1 += 1;
        if self.stress.1 >= self.stress.0 {
            self.stress.1 = 0;
            self.due = true;
        }
    }

    /// Asks for a collection at the next safepoint.
    pub fn request_collection(&mut self) {
        self.due = true;
    }

    /// Bytes that a program may use, garbage not counted.
    pub fn set_limit(&mut self, limit: Option<usize>) {
        self.pace.set_limit(limit);
    }

    pub fn limit(&self) -> Option<usize> {
        self.pace.limit
    }

    /// Whether more than the limit is in use. Garbage counts until it is collected, so this is asked after a collection.
    pub fn over_limit(&self) -> bool {
        self.pace.limit.is_some_and(|limit| self.pace.in_use() > limit)
    }

    /// Whether so many bytes for one object can be had. To be asked before a size is taken from the program (`"ab" * n`).
    pub fn can_allocate(&self, bytes: usize) -> bool {
        const PROBE: usize = 256 << 20;
        if self.pace.limit.is_some_and(|limit| bytes > limit.saturating_sub(self.pace.stats.live_bytes)) {
            return false;
        }
        bytes < PROBE || Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
    }

    pub fn stats(&self) -> HeapStats {
        let mut stats = self.pace.stats;
        stats.new_bytes = self.pace.since;
        stats.allocated_bytes += self.pace.since as u64;
        stats.page_bytes = self.pages.bytes();
        stats
    }

    /// Counts memory outside the pages that objects have got. Objects of registered kinds also tell it when traced
    /// ([`Marker::buffer`]).
    #[inline]
    pub fn charge(&mut self, bytes: usize) {
        #[cfg(feature = "gc-stress")]
        self.stress();
        self.pace.since += bytes;
        if self.pace.since >= self.pace.alarm {
            self.alarm(bytes);
        }
    }

    /// Takes back a charge: an object has given up memory while it lives.
    #[inline]
    pub fn uncharge(&mut self, bytes: usize) {
        self.pace.since = self.pace.since.saturating_sub(bytes);
    }

    #[cold]
    #[inline(never)]
    fn alarm(&mut self, charged: usize) {
        if self.marking || self.pace.is_due() {
            self.due = true;
        }
        for _ in 0..self.pace.pages_to_reap(charged) {
            if !self.pages.reap_next(&mut self.reaper) {
                break;
            }
        }
        if self.marking {
            self.pace.set_step_alarm();
        } else {
            self.pace.set_alarm(self.pages.unreaped() > 0);
        }
    }

    // ---- allocation

    /// Memory for an object of a fixed size, not initialised.
    #[inline(always)]
    fn alloc<T: Object>(&mut self) -> *mut T {
        self.alloc_in(const { pages::class_of(size_of::<T>(), reap::own_drop(T::TAG)) }).cast()
    }

    /// Memory for an object of so many bytes, not initialised.
    #[inline(always)]
    fn alloc_sized(&mut self, bytes: usize, has_drop: bool) -> *mut Header {
        if bytes <= pages::MAX_SLOT {
            self.alloc_in(pages::class_of(bytes, has_drop))
        } else {
            self.alloc_large(bytes, has_drop)
        }
    }

    #[inline(always)]
    fn alloc_in(&mut self, class: usize) -> *mut Header {
        #[cfg(feature = "gc-stress")]
        self.stress();
        let run = &mut self.pages.runs[class];
        let object = run.cursor;
        if object == run.end {
            return self.refill(class);
        }
        run.cursor = object.wrapping_byte_add(pages::slot_size(class));
        object
    }

    #[cold]
    #[inline(never)]
    fn refill(&mut self, class: usize) -> *mut Header {
        let bytes = self.pages.refill(class, &mut self.reaper);
        let run = &mut self.pages.runs[class];
        let object = run.cursor;
        run.cursor = object.wrapping_byte_add(pages::slot_size(class));
        self.charge(bytes);
        object
    }

    #[cold]
    #[inline(never)]
    fn alloc_large(&mut self, bytes: usize, has_drop: bool) -> *mut Header {
        self.charge(bytes);
        self.pages.new_large(bytes, has_drop)
    }

    /// Memory for an object of a registered kind: header initialised (with `HAS_DROP` where it belongs), the rest zeroed.
    ///
    /// # Safety
    /// Before the next safepoint the object must be in a state that its hooks can deal with.
    pub unsafe fn alloc_raw(&mut self, tag: Tag, bytes: usize) -> *mut u8 {
        debug_assert!(bytes >= size_of::<Header>());
        let has_drop = self.reaper.has_drop(tag);
        let object = self.alloc_sized(bytes, has_drop);
        let flags = if has_drop { flags::HAS_DROP } else { 0 };
        // SAFETY: the memory is fresh and has that size.
        unsafe {
            object.cast::<u8>().write_bytes(0, bytes);
            object.write(Header::new(tag, flags));
            if tag == Tag::TASK {
                pages::note_task(object);
            }
        }
        object.cast()
    }

    pub fn hashes(&self) -> &Hashes {
        &self.hashes
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        self.pages.release_all(&mut self.reaper);
        debug_assert!(self.reaper.buffers.bytes == 0, "buffers were lost: {}", self.reaper.buffers.bytes);
    }
}

impl Header {
    #[inline(always)]
    pub fn new(tag: Tag, flags: u8) -> Header {
        Header { kind: tag.number() as u8, flags: Cell::new(flags), count: Cell::new(0), aux: Cell::new(0) }
    }

    /// For an object with inline values.
    #[inline(always)]
    pub fn with_count(tag: Tag, count: usize, aux: u32) -> Header {
        // The compiler allows no function 65,536 registers, and no struct so many fields.
        assert!(count <= u16::MAX as usize, "an object with {count} inline values");
        Header {
            kind: tag.number() as u8,
            flags: Cell::new(0),
            count: Cell::new(count as u16),
            aux: Cell::new(aux),
        }
    }
}

/// What follows an object's struct.
#[inline(always)]
fn tail<T, U>(object: &T) -> *const U {
    // Objects are reached through addresses in values, so the address stands for the whole allocation.
    std::ptr::with_exposed_provenance((object as *const T).expose_provenance() + size_of::<T>())
}

/// Makes freed memory recognisable where that is asked for.
///
/// # Safety
/// So many bytes are there, and nobody's.
#[inline(always)]
unsafe fn poison(memory: *mut u8, bytes: usize) {
    if cfg!(any(feature = "verify", test)) {
        // SAFETY: given.
        unsafe { memory.write_bytes(0xdb, bytes) };
    }
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<Header>() == 8);
    assert!(size_of::<Str>() == 16 && size_of::<Bytes>() == 16);
    assert!(size_of::<List>() == 24);
    assert!(size_of::<Map>() == 64 && size_of::<Set>() == 64);
    assert!(size_of::<Range>() == 40);
    assert!(size_of::<Closure>() == 24);
    assert!(size_of::<Instance>() == 8);
    assert!(size_of::<CellObject>() == 24);
    assert!(size_of::<NativeFn>() == 16 && size_of::<Bound>() == 40);
    assert!(size_of::<Coroutine>() == 56);
    assert!(align_of::<ErrorObject>() <= 8);
};
