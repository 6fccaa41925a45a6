//! What lies outside the pages: the buffers of lists and maps, and Rust data within objects. Counted while it lives,
//! released when its object dies.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error, realloc};

use super::object::*;
use crate::value::Tag;

/// Releases what an object of a kind that this crate's other parts lay out owns. It must not follow references to
/// other objects: they may be gone already.
pub type DropHook = unsafe fn(*mut Header);

pub struct Reaper {
    pub buffers: Buffers,
    pub hooks: [Option<DropHook>; Tag::COUNT],
}

impl Reaper {
    /// Whether objects of a kind lie in pages that are reaped.
    #[inline(always)]
    pub fn has_drop(&self, tag: Tag) -> bool {
        own_drop(tag) || self.hooks[tag.number() as usize].is_some()
    }

    /// # Safety
    /// `object` is a dead object that was not reaped before.
    pub unsafe fn reap(&mut self, object: *mut Header) {
        // SAFETY: the kind tells the layout.
        unsafe {
            match Tag::from_number((*object).kind) {
                Some(Tag::LIST) => (*object.cast::<List>()).release(&mut self.buffers),
                Some(Tag::MAP) => (*object.cast::<Map>()).table.release(&mut self.buffers),
                Some(Tag::SET) => (*object.cast::<Set>()).table.release(&mut self.buffers),
                Some(Tag::PROTO) => object.cast::<ProtoObject>().drop_in_place(),
                Some(Tag::ERROR) => object.cast::<ErrorObject>().drop_in_place(),
                Some(tag) => {
                    if let Some(Some(hook)) = self.hooks.get(tag.number() as usize) {
                        hook(object);
                    }
                }
                None => debug_assert!(false, "a free slot was reaped"),
            }
        }
    }
}

/// Kinds of which this folder knows that they own something.
pub const fn own_drop(tag: Tag) -> bool {
    matches!(tag, Tag::LIST | Tag::MAP | Tag::SET | Tag::PROTO | Tag::ERROR)
}

/// Memory from the global allocator that objects own, counted.
#[derive(Default)]
pub struct Buffers {
    pub bytes: usize,
}

impl Buffers {
    /// An uninitialised array of at least one `T`, which must not be of size 0.
    pub fn allocate<T>(&mut self, count: usize) -> *mut T {
        let layout = array::<T>(count);
        self.bytes += layout.size();
        // SAFETY: neither count nor type are of size 0.
        let pointer = unsafe { alloc(layout) };
        if pointer.is_null() {
            handle_alloc_error(layout)
        }
        pointer.cast()
    }

    /// # Safety
    /// `pointer` is an array of `old` elements from here; it must not be used again.
    pub unsafe fn resize<T>(&mut self, pointer: *mut T, old: usize, new: usize) -> *mut T {
        let (from, to) = (array::<T>(old), array::<T>(new));
        self.bytes = self.bytes + to.size() - from.size();
        // SAFETY: given; the new size was checked by `array`.
        let pointer = unsafe { realloc(pointer.cast(), from, to.size()) };
        if pointer.is_null() {
            handle_alloc_error(to)
        }
        pointer.cast()
    }

    /// # Safety
    /// `pointer` is an array of `count` elements from here, or null; it must not be used again.
    pub unsafe fn release<T>(&mut self, pointer: *mut T, count: usize) {
        if pointer.is_null() {
            return;
        }
        let layout = array::<T>(count);
        self.bytes -= layout.size();
        // SAFETY: given.
        unsafe {
            super::poison(pointer.cast(), layout.size());
            dealloc(pointer.cast(), layout)
        }
    }
}

/// Elements are counted in 32 bits, so on 64-bit machines the layout always exists.
fn array<T>(count: usize) -> Layout {
    match Layout::array::<T>(count) {
        Ok(layout) => layout,
        Err(_) => handle_alloc_error(Layout::new::<T>()),
    }
}
