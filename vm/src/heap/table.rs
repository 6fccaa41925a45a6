//! The entries of a map or set, in the order of insertion.
//!
//! A removed entry leaves a gap (its key is `undef`). Gaps vanish when the entries are full, or when they are asked for by
//! number. How a key's entry is found is the index's part ([`index`]).

mod index;

use std::{cell::Cell, ptr::null_mut};

use super::{Heap, hash::Hashes, map::is_word_key, object::Map, reap::Buffers};
use crate::value::{Gc, Value};
use index::Way;

/// As many entries do without an index.
const LINEAR: usize = 8;
const FIRST_CAPACITY: usize = 4;
pub(super) const MAX_CAPACITY: usize = 1 << 30;

/// The entries of a map (`WIDTH` 2: key, value) or set (`WIDTH` 1).
#[repr(C)]
pub struct Table<const WIDTH: usize> {
    /// `capacity` entries.
    entries: Cell<*mut Value>,
    /// `2 * capacity` words; null while `capacity <= LINEAR`.
    index: Cell<*mut u32>,
    /// The heap's, which lives longer.
    hashes: *const Hashes,
    /// Entries without the gaps.
    len: Cell<u32>,
    /// Entries before this one are gaps.
    first: Cell<u32>,
    /// Entries with the gaps; entry `first` and the last of these are no gaps.
    used: Cell<u32>,
    /// A power of two, or 0.
    capacity: Cell<u32>,
    version: Cell<u32>,
    way: Cell<Way>,
    /// All keys are what [`is_word_key`] says.
    word_keys: Cell<bool>,
    /// From plain keys to the instances that they were made of (`key(self)`), which the program sees as keys. None until there
    /// is one.
    pub(super) shown: Cell<Option<Gc<Map>>>,
}

impl<const WIDTH: usize> Table<WIDTH> {
    pub(super) fn new(hashes: *const Hashes) -> Table<WIDTH> {
        Table {
            entries: Cell::new(null_mut()),
            index: Cell::new(null_mut()),
            hashes,
            len: Cell::new(0),
            first: Cell::new(0),
            used: Cell::new(0),
            capacity: Cell::new(0),
            version: Cell::new(0),
            way: Cell::new(Way::Scan),
            word_keys: Cell::new(true),
            shown: Cell::new(None),
        }
    }

    /// Entries.
    #[inline(always)]
    pub(super) fn len(&self) -> usize {
        self.len.get() as usize
    }

    /// Changes whenever a key is added or removed.
    #[inline(always)]
    pub(super) fn version(&self) -> u32 {
        self.version.get()
    }

    #[inline(always)]
    fn entry(&self, position: usize) -> *mut Value {
        debug_assert!(position <= self.capacity.get() as usize);
        // SAFETY: within the buffer, or its end.
        unsafe { self.entries.get().add(position * WIDTH) }
    }

    #[inline(always)]
    pub(super) fn key(&self, position: usize) -> Value {
        debug_assert!(position < self.used.get() as usize);
        // SAFETY: used entries are initialised.
        unsafe { self.entry(position).read() }
    }

    /// The key as the program sees it.
    #[inline(always)]
    pub(super) fn shown_key(&self, position: usize) -> Value {
        let key = self.key(position);
        match self.shown.get() {
            None => key,
            Some(shown) => shown.get(key).unwrap_or(key),
        }
    }

    /// What a key was made of.
    pub(super) fn instance_of(&self, key: Value) -> Option<Value> {
        self.shown.get()?.get(key)
    }

    /// Remembers what a key that was just put in was made of.
    pub(super) fn show(&self, heap: &mut Heap, key: Value, instance: Value) {
        let shown = match self.shown.get() {
            Some(shown) => shown,
            None => {
                let fresh = heap.map();
                self.shown.set(Some(fresh));
                fresh
            }
        };
        shown.insert(heap, key, instance);
    }

    /// Whether this very key stands at a position, which may be any.
    #[inline(always)]
    pub(super) fn has_at(&self, position: usize, key: Value) -> bool {
        position < self.used.get() as usize && self.key(position).is_same(key)
    }

    /// Where the value of an entry lies.
    #[inline(always)]
    pub(super) fn value_at(&self, position: usize) -> *const Value {
        // SAFETY: within the entry.
        unsafe { self.entry(position).add(WIDTH - 1) }
    }

    #[inline(always)]
    pub(super) fn last(&self, position: usize) -> Value {
        debug_assert!(position < self.used.get() as usize);
        // SAFETY: used entries are initialised.
        unsafe { self.entry(position).add(WIDTH - 1).read() }
    }

    // ---- changing

    /// The entry of a key, and whether it is new: then only the key is initialised.
    #[inline]
    pub(super) fn find_or_append(&self, heap: &mut Heap, key: Value) -> (*mut Value, bool) {
        match self.find(key) {
            Some(position) => (self.entry(position), false),
            None => (self.append(heap, key), true),
        }
    }

    /// Puts a key that is not there behind the others and gives its entry.
    #[inline(never)]
    fn append(&self, heap: &mut Heap, key: Value) -> *mut Value {
        if self.used.get() == self.capacity.get() {
            self.make_room(heap, 1);
        }
        let position = self.used.get() as usize;
        let entry = self.entry(position);
        // SAFETY: there is room behind the used entries.
        unsafe { entry.write(key) };
        if !is_word_key(key) {
            self.word_keys.set(false);
        }
        self.used.set(self.used.get() + 1);
        self.len.set(self.len.get() + 1);
        self.enter_last(key);
        self.version.set(self.version.get().wrapping_add(1));
        entry
    }

    pub(super) fn remove(&self, heap: &mut Heap, key: Value) -> Option<Value> {
        if let Some(shown) = self.shown.get() {
            shown.remove(heap, key);
        }
        let position = self.take_out(key)?;
        let value = self.last(position);
        heap.gone(self.key(position));
        heap.gone(value);
        // SAFETY: a used entry.
        unsafe { self.entry(position).write(Value::UNDEF) };
        self.len.set(self.len.get() - 1);
        self.version.set(self.version.get().wrapping_add(1));
        self.trim();
        Some(value)
    }

    /// Gives up the gaps at both ends.
    fn trim(&self) {
        if self.len.get() == 0 {
            self.first.set(0);
            self.used.set(0);
            self.word_keys.set(true);
            return;
        }
        while self.key(self.first.get() as usize).is_undef() {
            self.first.set(self.first.get() + 1);
        }
        while self.key(self.used.get() as usize - 1).is_undef() {
            self.used.set(self.used.get() - 1);
        }
    }

    pub(super) fn reserve(&self, heap: &mut Heap, more: usize) {
        if self.used.get() as usize + more > self.capacity.get() as usize {
            self.make_room(heap, more);
        }
    }

    /// Makes room for so many more entries.
    #[cold]
    #[inline(never)]
    fn make_room(&self, heap: &mut Heap, more: usize) {
        let (len, old) = (self.len.get() as usize, self.capacity.get() as usize);
        let needed = len + more;
        if needed <= old - old / 4 {
            // So many gaps that closing them is enough.
            self.close_gaps();
            return;
        }
        assert!(needed <= MAX_CAPACITY, "a map of {needed} entries");
        let new = needed.max(old + 1).next_power_of_two().max(FIRST_CAPACITY);
        self.move_together();
        let buffers = &mut heap.reaper.buffers;
        let before = self.buffer_bytes();
        // SAFETY: the buffers belong to this table alone, and `old` is their size.
        unsafe {
            self.entries.set(if old == 0 {
                buffers.allocate(new * WIDTH)
            } else {
                buffers.resize(self.entries.get(), old * WIDTH, new * WIDTH)
            });
        }
        self.capacity.set(new as u32);
        self.replace_index(buffers, old);
        heap.charge(self.buffer_bytes() - before);
    }

    /// Closes the gaps. The order stays, so this is no change that a program could see.
    fn close_gaps(&self) {
        if self.len.get() != self.used.get() {
            self.move_together();
            self.fill_index();
        }
    }

    /// Closes the gaps, and leaves the index as it is.
    fn move_together(&self) {
        if self.len.get() == self.used.get() {
            return;
        }
        let mut to = 0;
        for from in self.first.get() as usize..self.used.get() as usize {
            if !self.key(from).is_undef() {
                // SAFETY: both are used entries.
                unsafe { self.entry(to).copy_from(self.entry(from), WIDTH) };
                to += 1;
            }
        }
        debug_assert_eq!(to, self.len.get() as usize);
        self.first.set(0);
        self.used.set(self.len.get());
    }

    pub(super) fn clear(&self, heap: &mut Heap) {
        heap.uncharge(self.buffer_bytes());
        for position in self.positions() {
            heap.gone(self.key(position));
            heap.gone(self.last(position));
        }
        if let Some(shown) = self.shown.get() {
            heap.gone(shown.into());
        }
        // SAFETY: the buffers are given up.
        unsafe { self.release(&mut heap.reaper.buffers) };
        self.entries.set(null_mut());
        self.index.set(null_mut());
        self.way.set(Way::Scan);
        self.capacity.set(0);
        self.used.set(0);
        if self.len.replace(0) > 0 {
            self.version.set(self.version.get().wrapping_add(1));
        }
        self.first.set(0);
        self.word_keys.set(true);
        self.shown.set(None);
    }

    // ---- walking

    /// The position of the entry with this number, counted without gaps.
    #[inline(always)]
    pub(super) fn position(&self, number: usize) -> Option<usize> {
        if number >= self.len.get() as usize {
            return None;
        }
        if self.used.get() - self.first.get() != self.len.get() {
            self.close_gaps();
        }
        Some(self.first.get() as usize + number)
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = usize> {
        let used = self.first.get() as usize..self.used.get() as usize;
        used.filter(|&position| !self.key(position).is_undef())
    }

    /// All words of the entries, gaps included (they hold `undef`, and the value that was).
    pub(super) fn words(&self) -> &[Value] {
        let (first, used) = (self.first.get() as usize, self.used.get() as usize);
        if first == used {
            return &[];
        }
        // SAFETY: used entries are initialised; the collector changes none while it reads them.
        unsafe { std::slice::from_raw_parts(self.entry(first), (used - first) * WIDTH) }
    }

    pub(super) fn buffer_bytes(&self) -> usize {
        self.capacity.get() as usize * WIDTH * size_of::<Value>() + self.index_bytes()
    }

    /// # Safety
    /// The table is dead, or gets other buffers.
    pub(super) unsafe fn release(&self, buffers: &mut Buffers) {
        let capacity = self.capacity.get() as usize;
        // SAFETY: allocated with these sizes, or null.
        unsafe {
            buffers.release(self.entries.get(), capacity * WIDTH);
            buffers.release(self.index.get(), 2 * capacity);
        }
    }

    /// What is wrong with it, for the verifier.
    #[cfg(any(feature = "verify", test))]
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let (first, used, capacity) = (self.first.get(), self.used.get(), self.capacity.get());
        if first > used || used > capacity || self.entries.get().is_null() != (capacity == 0) {
            return Err("entries out of bounds");
        }
        if self.positions().count() != self.len.get() as usize {
            return Err("length differs from the number of entries");
        }
        self.check_index()
    }
}
