//! Lists: a buffer of values that doubles.
//!
//! Taking from the front only moves the buffer's start (`header.aux` counts the slots left behind), so a list serves as a
//! queue; the slots are used again when the list grows.

use std::{cell::Cell, ptr::null_mut};

use super::{
    Heap,
    object::{Header, List},
    reap::Buffers,
};
use crate::value::{Gc, Tag, Value};

const FIRST_CAPACITY: usize = 4;

impl List {
    /// Items. Whoever may build a longer one asks [`Heap::can_allocate`] first.
    pub const MAX_LEN: usize = u32::MAX as usize;

    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len.get() as usize
    }

    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.len.get() == 0
    }

    /// The items, for as long as the list is not changed.
    #[inline(always)]
    pub fn as_slice(&self) -> &[Value] {
        if self.items.get().is_null() {
            return &[];
        }
        // SAFETY: the first `len` slots of the buffer are initialised. That nothing changes them meanwhile is
        // asked of the caller: natives run alone, so only their own code can.
        unsafe { std::slice::from_raw_parts(self.items.get(), self.len()) }
    }

    pub fn to_vec(&self) -> Vec<Value> {
        self.as_slice().to_vec()
    }

    #[inline(always)]
    fn at(&self, index: usize) -> *mut Value {
        debug_assert!(index <= self.len());
        // SAFETY: at most the end of the initialised slots.
        unsafe { self.items.get().add(index) }
    }

    #[inline(always)]
    pub fn get(&self, index: usize) -> Option<Value> {
        if index < self.len() {
            // SAFETY: initialised up to `len`.
            Some(unsafe { self.at(index).read() })
        } else {
            None
        }
    }

    /// False if there is no such item.
    #[inline(always)]
    pub fn set(&self, heap: &mut Heap, index: usize, value: Value) -> bool {
        if index >= self.len() {
            return false;
        }
        // SAFETY: initialised up to `len`; the reference ends with the store.
        heap.store(unsafe { Cell::from_mut(&mut *self.at(index)) }, value);
        true
    }

    #[inline(always)]
    pub fn push(&self, heap: &mut Heap, value: Value) {
        if self.len.get() == self.capacity.get() {
            self.reserve(heap, 1);
        }
        // SAFETY: there is room for one more.
        unsafe { self.at(self.len()).write(value) };
        self.len.set(self.len.get() + 1);
    }

    pub fn extend(&self, heap: &mut Heap, values: &[Value]) {
        // `values` may be items of this list, which move when it grows.
        let distance = values.as_ptr().addr().wrapping_sub(self.items.get().addr());
        let own = distance < self.len() * size_of::<Value>();
        self.reserve(heap, values.len());
        // SAFETY: an item of this list is still at its distance from the first.
        let from =
            if own { unsafe { self.items.get().byte_add(distance) } } else { values.as_ptr().cast_mut() };
        // SAFETY: there is room, and the slots behind `len` overlap no initialised ones.
        unsafe { self.at(self.len()).copy_from_nonoverlapping(from, values.len()) };
        self.len.set((self.len() + values.len()) as u32);
    }

    #[inline]
    pub fn pop(&self, heap: &mut Heap) -> Option<Value> {
        let last = self.len().checked_sub(1)?;
        let value = self.get(last)?;
        heap.gone(value);
        self.len.set(last as u32);
        Some(value)
    }

    /// Puts a value before the item `index`, at most the length.
    pub fn insert(&self, heap: &mut Heap, index: usize, value: Value) {
        let index = index.min(self.len());
        heap.shifted(self, index, 1);
        if index == 0 && self.skipped() > 0 {
            self.skip(-1);
        } else {
            self.reserve(heap, 1);
            // SAFETY: there is room for one more.
            unsafe { self.at(index).add(1).copy_from(self.at(index), self.len() - index) };
        }
        // SAFETY: within the buffer, the items behind have made room.
        unsafe { self.at(index).write(value) };
        self.len.set(self.len.get() + 1);
    }

    /// Takes out an item that exists.
    pub fn remove(&self, heap: &mut Heap, index: usize) -> Value {
        let Some(value) = self.get(index) else {
            debug_assert!(false, "no item {index}");
            return Value::NIL;
        };
        heap.gone(value);
        let behind = self.len() - index - 1;
        if index == 0 {
            self.skip(1);
        } else {
            // SAFETY: both ranges are initialised items.
            unsafe { self.at(index).copy_from(self.at(index + 1), behind) };
        }
        self.len.set(self.len.get() - 1);
        value
    }

    /// Takes out the items `start..end`, cut off at the length.
    pub fn remove_range(&self, heap: &mut Heap, start: usize, end: usize) {
        let end = end.min(self.len());
        if start >= end {
            return;
        }
        heap.all_gone(&self.as_slice()[start..end]);
        // SAFETY: both ranges are initialised items.
        unsafe { self.at(start).copy_from(self.at(end), self.len() - end) };
        self.len.set((self.len() - (end - start)) as u32);
    }

    pub fn truncate(&self, heap: &mut Heap, len: usize) {
        heap.all_gone(self.as_slice().get(len..).unwrap_or_default());
        self.len.set(self.len.get().min(len.min(List::MAX_LEN) as u32));
    }

    /// Exchanges two items that exist.
    pub fn swap(&self, heap: &mut Heap, a: usize, b: usize) {
        if let (Some(x), Some(y)) = (self.get(a), self.get(b)) {
            self.set(heap, a, y);
            self.set(heap, b, x);
        }
    }

    pub fn reverse(&self, heap: &mut Heap) {
        self.rearrange(heap, |items| items.reverse());
    }

    pub fn clear(&self, heap: &mut Heap) {
        heap.uncharge(self.buffer_bytes());
        heap.all_gone(self.as_slice());
        // SAFETY: the buffer is given up below.
        unsafe { self.release(&mut heap.reaper.buffers) };
        self.forget_buffer();
    }

    /// Gives the items to `change` for sorting and the like. Meanwhile the list is empty; what is put into it then is lost.
    pub fn rearrange<R>(&self, heap: &mut Heap, change: impl FnOnce(&mut [Value]) -> R) -> R {
        if self.items.get().is_null() {
            return change(&mut []);
        }
        let taken = (self.items.get(), self.len.get(), self.capacity.get(), self.header.aux.get());
        self.forget_buffer();
        // SAFETY: the list does not know the buffer now, so nobody else can reach it.
        let result = change(unsafe { std::slice::from_raw_parts_mut(taken.0, taken.1 as usize) });
        // SAFETY: a buffer got meanwhile is given up.
        unsafe { self.release(&mut heap.reaper.buffers) };
        self.items.set(taken.0);
        self.len.set(taken.1);
        self.capacity.set(taken.2);
        self.header.aux.set(taken.3);
        // Any of them may stand anywhere now.
        heap.shifted(self, 0, self.len());
        result
    }

    // ---- buffer

    /// Slots before the first item.
    fn skipped(&self) -> usize {
        self.header.aux.get() as usize
    }

    /// Moves the start by one slot within the buffer.
    fn skip(&self, slots: i32) {
        self.header.aux.set(self.header.aux.get().wrapping_add_signed(slots));
        self.capacity.set(self.capacity.get().wrapping_add_signed(-slots));
        // SAFETY: the caller has seen that the buffer has the slot.
        self.items.set(unsafe { self.items.get().offset(slots as isize) });
    }

    /// Makes room for so many more items.
    #[inline]
    pub fn reserve(&self, heap: &mut Heap, more: usize) {
        if self.capacity.get() as usize - self.len() < more {
            self.grow(heap, more);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&self, heap: &mut Heap, more: usize) {
        let (len, skipped) = (self.len(), self.skipped());
        let needed = len + more;
        assert!(needed <= List::MAX_LEN, "a list of {needed} items");
        let whole = self.capacity.get() as usize + skipped;
        // SAFETY: `skipped` slots before the items belong to the buffer, `whole` is its size.
        unsafe {
            let start = self.items.get().sub(skipped);
            if skipped > 0 {
                start.copy_from(self.items.get(), len);
            }
            self.header.aux.set(0);
            // What was taken from the front is room enough, if it is so much that the moving pays.
            let new = if needed <= whole && skipped >= len {
                self.items.set(start);
                whole
            } else {
                let new = (whole * 2).max(needed).clamp(FIRST_CAPACITY, List::MAX_LEN);
                let buffers = &mut heap.reaper.buffers;
                self.items.set(if start.is_null() {
                    buffers.allocate(new)
                } else {
                    buffers.resize(start, whole, new)
                });
                new
            };
            self.capacity.set(new as u32);
            heap.charge((new - whole) * size_of::<Value>());
        }
    }

    fn forget_buffer(&self) {
        self.items.set(null_mut());
        self.len.set(0);
        self.capacity.set(0);
        self.header.aux.set(0);
    }

    /// Of the buffer, with what lies before the items.
    pub(super) fn buffer_bytes(&self) -> usize {
        (self.capacity.get() as usize + self.skipped()) * size_of::<Value>()
    }

    /// # Safety
    /// The list is dead, or gets another buffer.
    pub(super) unsafe fn release(&self, buffers: &mut Buffers) {
        let (items, skipped) = (self.items.get(), self.skipped());
        if !items.is_null() {
            // SAFETY: so the buffer was allocated.
            unsafe { buffers.release(items.sub(skipped), self.capacity.get() as usize + skipped) };
        }
    }
}

impl Heap {
    pub fn list(&mut self, items: &[Value]) -> Gc<List> {
        let list = self.list_with_capacity(items.len());
        if !items.is_empty() {
            // SAFETY: the capacity is there, and a new list's items overlap no others.
            unsafe { list.items.get().copy_from_nonoverlapping(items.as_ptr(), items.len()) };
            list.len.set(items.len() as u32);
        }
        list
    }

    /// An empty list with room for so many items.
    pub fn list_with_capacity(&mut self, capacity: usize) -> Gc<List> {
        assert!(capacity <= List::MAX_LEN, "a list of {capacity} items");
        let items = if capacity == 0 { null_mut() } else { self.reaper.buffers.allocate(capacity) };
        self.charge(capacity * size_of::<Value>());
        let object = self.alloc::<List>();
        // SAFETY: the memory is fresh.
        unsafe {
            object.write(List {
                header: Header::new(Tag::LIST, super::flags::HAS_DROP),
                items: Cell::new(items),
                len: Cell::new(0),
                capacity: Cell::new(capacity as u32),
            });
            Gc::from_ptr(object)
        }
    }
}
