//! Maps and sets: entries in the order of insertion, and an index that finds them.
//!
//! A key that a struct's `key(self)` has made is looked for as what it is; the instance is kept beside it, and given where the
//! program asks for keys.
//!
//! Up to [`LINEAR`] slots there is no index; a key is looked for among the entries, by comparing words alone as long as no
//! key needs more than that. Beyond, the index holds a word `hash:32 position+1:32` for each entry, in twice as many
//! places as the entries have, and is probed in a line. A removed entry leaves a gap in the entries (its key is `undef`),
//! never in the index, where what follows moves back. Gaps vanish when the entries are full, or when they are
//! asked for by number.

use std::{cell::Cell, ptr::null_mut};

use super::{
    Heap,
    hash::{Hashes, whole},
    object::{Bytes, Header, Map, Set, Str, flags},
    reap::Buffers,
};
use crate::value::{Gc, Tag, Value};

const LINEAR: usize = 8;
const FIRST_CAPACITY: usize = 4;
const MAX_CAPACITY: usize = 1 << 30;

/// What a value is as a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    /// Compared by content.
    Plain,
    /// An object that is equal to itself alone.
    Identity,
    /// A list, map, set or range, or an instance with `eq` but without `key`: `TypeError`.
    NotAKey,
    /// `ValueError`.
    NotANumber,
    /// An instance whose struct has `key(self)`: what that gives is the key.
    NeedsCall,
}

/// Whether a value may be a key.
#[inline]
pub fn key_kind(heap: &Heap, value: Value) -> KeyKind {
    match value.tag {
        Tag::FLOAT if value.float_bits().is_nan() => KeyKind::NotANumber,
        Tag::NIL | Tag::FALSE | Tag::TRUE | Tag::INT | Tag::FLOAT | Tag::STR | Tag::BYTES => KeyKind::Plain,
        Tag::LIST | Tag::MAP | Tag::SET | Tag::RANGE => KeyKind::NotAKey,
        Tag::INSTANCE => {
            let special = heap.shape(value.object_unchecked::<super::object::Instance>().shape_id()).special;
            match (special.key, special.eq) {
                (Some(_), _) => KeyKind::NeedsCall,
                (None, Some(_)) => KeyKind::NotAKey,
                (None, None) => KeyKind::Identity,
            }
        }
        _ => KeyKind::Identity,
    }
}

/// Whether an int and a float are the same number, exactly.
pub fn int_equals_float(int: i64, float: f64) -> bool {
    whole(float) == Some(int)
}

/// Whether two keys are one.
#[inline]
pub fn same_key(a: Value, b: Value) -> bool {
    a.is_same(b) || same_content(a, b)
}

/// Whether two keys of different words are one.
#[inline(never)]
fn same_content(a: Value, b: Value) -> bool {
    match (a.tag, b.tag) {
        (Tag::STR, Tag::STR) => a.object_unchecked::<Str>().same_text(&b.object_unchecked::<Str>()),
        (Tag::INT, Tag::FLOAT) => int_equals_float(a.int_bits(), b.float_bits()),
        (Tag::FLOAT, Tag::INT) => int_equals_float(b.int_bits(), a.float_bits()),
        (Tag::FLOAT, Tag::FLOAT) => a.float_bits() == b.float_bits(),
        (Tag::BYTES, Tag::BYTES) => {
            a.object_unchecked::<Bytes>().as_slice() == b.object_unchecked::<Bytes>().as_slice()
        }
        _ => false,
    }
}

/// A key that can only be equal to the very same words, among others of this kind and interned strings.
#[inline(always)]
fn is_word_key(key: Value) -> bool {
    match key.tag {
        Tag::STR => key.object_unchecked::<Str>().is_interned(),
        Tag::FLOAT | Tag::BYTES => false,
        _ => true,
    }
}

/// The entries of a map (`WIDTH` 2: key, value) or set (`WIDTH` 1).
#[repr(C)]
pub struct Table<const WIDTH: usize> {
    /// `capacity` entries.
    entries: Cell<*mut Value>,
    /// `2 * capacity` words, 0 where free; null while `capacity <= LINEAR`.
    index: Cell<*mut u64>,
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
    /// All keys are what [`is_word_key`] says.
    word_keys: Cell<bool>,
    /// From plain keys to the instances that they were made of (`key(self)`), which the program sees as keys. None until there
    /// is one.
    pub(super) shown: Cell<Option<Gc<Map>>>,
}

const fn position_of(word: u64) -> usize {
    (word as u32 - 1) as usize
}

const fn index_word(hash: u32, position: usize) -> u64 {
    (hash as u64) << 32 | (position as u64 + 1)
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
            word_keys: Cell::new(true),
            shown: Cell::new(None),
        }
    }

    /// Ints and strings with their hash at hand are by far the most.
    #[inline(always)]
    fn hash(&self, key: Value) -> u32 {
        // SAFETY: the heap's hashes live as long as its objects.
        let hashes = unsafe { &*self.hashes };
        if key.is_int() {
            return hashes.word(key.bits);
        }
        if key.is(Tag::STR) {
            let cached = key.object_unchecked::<Str>().header.aux.get();
            if cached != 0 {
                return cached;
            }
        }
        hashes.key(key)
    }

    #[inline(always)]
    fn entry(&self, position: usize) -> *mut Value {
        debug_assert!(position <= self.capacity.get() as usize);
        // SAFETY: within the buffer, or its end.
        unsafe { self.entries.get().add(position * WIDTH) }
    }

    #[inline(always)]
    fn key(&self, position: usize) -> Value {
        debug_assert!(position < self.used.get() as usize);
        // SAFETY: used entries are initialised.
        unsafe { self.entry(position).read() }
    }

    /// The key as the program sees it.
    #[inline(always)]
    fn shown_key(&self, position: usize) -> Value {
        let key = self.key(position);
        match self.shown.get() {
            None => key,
            Some(shown) => shown.get(key).unwrap_or(key),
        }
    }

    /// What a key was made of.
    fn instance_of(&self, key: Value) -> Option<Value> {
        self.shown.get()?.get(key)
    }

    /// Remembers what a key that was just put in was made of.
    fn show(&self, heap: &mut Heap, key: Value, instance: Value) {
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

    #[inline(always)]
    fn last(&self, position: usize) -> Value {
        debug_assert!(position < self.used.get() as usize);
        // SAFETY: used entries are initialised.
        unsafe { self.entry(position).add(WIDTH - 1).read() }
    }

    #[inline(always)]
    fn mask(&self) -> usize {
        2 * self.capacity.get() as usize - 1
    }

    #[inline(always)]
    fn word(&self, place: usize) -> u64 {
        // SAFETY: callers have seen that there is an index, and mask their places.
        unsafe { self.index.get().add(place).read() }
    }

    #[inline(always)]
    fn set_word(&self, place: usize, word: u64) {
        // SAFETY: as in `word`.
        unsafe { self.index.get().add(place).write(word) }
    }

    // ---- finding

    /// The position of a plain key or object with identity.
    #[inline]
    fn find(&self, key: Value) -> Option<usize> {
        if self.index.get().is_null() {
            self.scan(key)
        } else {
            self.probe(key, self.hash(key)).map(|(_, position)| position)
        }
    }

    #[inline]
    fn scan(&self, key: Value) -> Option<usize> {
        let range = self.first.get() as usize..self.used.get() as usize;
        for position in range {
            if self.key(position).is_same(key) {
                return Some(position);
            }
        }
        if self.word_keys.get() && is_word_key(key) { None } else { self.scan_contents(key) }
    }

    #[inline(never)]
    fn scan_contents(&self, key: Value) -> Option<usize> {
        (self.first.get() as usize..self.used.get() as usize).find(|&i| same_key(self.key(i), key))
    }

    /// The place in the index, which there is, and the position.
    #[inline(always)]
    fn probe(&self, key: Value, hash: u32) -> Option<(usize, usize)> {
        let mask = self.mask();
        let mut place = hash as usize & mask;
        loop {
            let word = self.word(place);
            if word == 0 {
                return None;
            }
            if (word >> 32) as u32 == hash {
                let position = position_of(word);
                let known = self.key(position);
                if known.is_same(key) || same_content(known, key) {
                    return Some((place, position));
                }
            }
            place = (place + 1) & mask;
        }
    }

    /// As `find`, for an interned string: no hash to compute, and nearly always no text to compare.
    #[inline]
    fn find_name(&self, name: Gc<Str>) -> Option<usize> {
        debug_assert!(name.is_interned());
        if self.index.get().is_null() {
            self.scan(name.into())
        } else {
            self.probe(name.into(), name.header.aux.get()).map(|(_, position)| position)
        }
    }

    // ---- changing

    /// The entry of a key, and whether it is new: then only the key is initialised.
    #[inline]
    fn find_or_append(&self, heap: &mut Heap, key: Value) -> (*mut Value, bool) {
        if self.index.get().is_null() {
            if let Some(position) = self.scan(key) {
                return (self.entry(position), false);
            }
            return (self.append(heap, key, None), true);
        }
        let hash = self.hash(key);
        match self.probe(key, hash) {
            Some((_, position)) => (self.entry(position), false),
            None => (self.append(heap, key, Some(hash)), true),
        }
    }

    /// Puts a key that is not there behind the others and gives its entry.
    fn append(&self, heap: &mut Heap, key: Value, hash: Option<u32>) -> *mut Value {
        if self.used.get() == self.capacity.get() {
            self.make_room(heap, 1);
        }
        let position = self.used.get() as usize;
        let entry = self.entry(position);
        // SAFETY: there is room behind the used entries.
        unsafe { entry.write(key) };
        if !self.index.get().is_null() {
            self.enter(hash.unwrap_or_else(|| self.hash(key)), position);
        }
        if !is_word_key(key) {
            self.word_keys.set(false);
        }
        self.used.set(self.used.get() + 1);
        self.len.set(self.len.get() + 1);
        self.version.set(self.version.get().wrapping_add(1));
        entry
    }

    /// Puts a word into the index, which has room: at most half of its places are taken.
    fn enter(&self, hash: u32, position: usize) {
        let mut place = hash as usize & self.mask();
        while self.word(place) != 0 {
            place = (place + 1) & self.mask();
        }
        self.set_word(place, index_word(hash, position));
    }

    fn remove(&self, heap: &mut Heap, key: Value) -> Option<Value> {
        if let Some(shown) = self.shown.get() {
            shown.remove(heap, key);
        }
        let position = if self.index.get().is_null() {
            self.scan(key)?
        } else {
            let (place, position) = self.probe(key, self.hash(key))?;
            self.close_gap(place);
            position
        };
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

    /// Empties a place of the index and moves back what stands behind it for want of that place.
    fn close_gap(&self, mut gap: usize) {
        let mask = self.mask();
        let mut place = gap;
        loop {
            place = (place + 1) & mask;
            let word = self.word(place);
            if word == 0 {
                break;
            }
            let home = (word >> 32) as usize & mask;
            // It may move if the gap lies on its way from home.
            if (place.wrapping_sub(home) & mask) >= (place.wrapping_sub(gap) & mask) {
                self.set_word(gap, word);
                gap = place;
            }
        }
        self.set_word(gap, 0);
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

    /// Makes room for so many more entries.
    #[cold]
    #[inline(never)]
    fn make_room(&self, heap: &mut Heap, more: usize) {
        let (len, old) = (self.len.get() as usize, self.capacity.get() as usize);
        let needed = len + more;
        if needed <= old - old / 4 {
            // So many gaps that closing them is enough.
            self.compact();
            return;
        }
        assert!(needed <= MAX_CAPACITY, "a map of {needed} entries");
        let new = needed.max(old + 1).next_power_of_two().max(FIRST_CAPACITY);
        self.compact();
        let buffers = &mut heap.reaper.buffers;
        let before = self.buffer_bytes();
        // SAFETY: the buffers belong to this table alone, and `old` is their size.
        unsafe {
            self.entries.set(if old == 0 {
                buffers.allocate(new * WIDTH)
            } else {
                buffers.resize(self.entries.get(), old * WIDTH, new * WIDTH)
            });
            buffers.release(self.index.get(), 2 * old);
        }
        self.index.set(if new > LINEAR { buffers.allocate(2 * new) } else { null_mut() });
        self.capacity.set(new as u32);
        self.rebuild_index();
        heap.charge(self.buffer_bytes() - before);
    }

    /// Closes the gaps. The order stays, so this is no change that a program could see.
    fn compact(&self) {
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
        self.rebuild_index();
    }

    /// Enters all entries, which have no gaps, into an emptied index.
    fn rebuild_index(&self) {
        if self.index.get().is_null() {
            return;
        }
        // SAFETY: the index has that many words.
        unsafe { self.index.get().write_bytes(0, 2 * self.capacity.get() as usize) };
        for position in 0..self.len.get() as usize {
            self.enter(self.hash(self.key(position)), position);
        }
    }

    fn clear(&self, heap: &mut Heap) {
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
    fn position(&self, number: usize) -> Option<usize> {
        if number >= self.len.get() as usize {
            return None;
        }
        if self.used.get() - self.first.get() != self.len.get() {
            self.compact();
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
        let index = if self.index.get().is_null() { 0 } else { 2 * size_of::<u64>() };
        self.capacity.get() as usize * (WIDTH * size_of::<Value>() + index)
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
        if self.index.get().is_null() != (capacity as usize <= LINEAR) {
            return Err("index where none should be, or none where one should");
        }
        if self.index.get().is_null() {
            return Ok(());
        }
        let words = (0..=self.mask()).filter(|&place| self.word(place) != 0).count();
        if words != self.len.get() as usize {
            return Err("the index does not have a word for each entry");
        }
        for position in self.positions() {
            let key = self.key(position);
            let mut place = self.hash(key) as usize & self.mask();
            loop {
                match self.word(place) {
                    0 => return Err("an entry that the index does not find"),
                    word if position_of(word) == position => break,
                    _ => place = (place + 1) & self.mask(),
                }
            }
        }
        Ok(())
    }
}

macro_rules! shared_methods {
    () => {
        #[inline(always)]
        pub fn len(&self) -> usize {
            self.table.len.get() as usize
        }

        #[inline(always)]
        pub fn is_empty(&self) -> bool {
            self.table.len.get() == 0
        }

        /// Changes whenever a key is added or removed.
        #[inline(always)]
        pub fn version(&self) -> u32 {
            self.table.version.get()
        }

        #[inline]
        pub fn contains(&self, key: Value) -> bool {
            self.table.find(key).is_some()
        }

        pub fn clear(&self, heap: &mut Heap) {
            self.table.clear(heap);
        }

        /// In order, as the program sees them.
        pub fn keys(&self) -> Vec<Value> {
            self.table.positions().map(|position| self.table.shown_key(position)).collect()
        }

        /// In order, as they are looked for.
        pub fn plain_keys(&self) -> Vec<Value> {
            self.table.positions().map(|position| self.table.key(position)).collect()
        }

        /// Remembers that the key was made of an instance, which the program is to see in its place.
        pub fn show_key(&self, heap: &mut Heap, key: Value, instance: Value) {
            self.table.show(heap, key, instance);
        }

        /// Makes room for so many more keys.
        pub fn reserve(&self, heap: &mut Heap, more: usize) {
            if self.table.used.get() as usize + more > self.table.capacity.get() as usize {
                self.table.make_room(heap, more);
            }
        }
    };
}

/// Keys are always plain ones or objects with identity, see [`key_kind`].
impl Map {
    shared_methods!();

    #[inline]
    pub fn get(&self, key: Value) -> Option<Value> {
        self.table.find(key).map(|position| self.table.last(position))
    }

    /// As [`Map::get`] for the interned strings that names in the program are.
    #[inline]
    pub fn get_name(&self, name: Gc<Str>) -> Option<Value> {
        self.table.find_name(name).map(|position| self.table.last(position))
    }

    /// Sets the value of a key; whether the key is new. An old key stays as it was first put in.
    #[inline]
    pub fn insert(&self, heap: &mut Heap, key: Value, value: Value) -> bool {
        let (entry, is_new) = self.table.find_or_append(heap, key);
        // SAFETY: an entry is a key and a value, at most the value not initialised.
        unsafe {
            if !is_new {
                heap.gone(entry.add(1).read());
            }
            entry.add(1).write(value);
        }
        is_new
    }

    pub fn remove(&self, heap: &mut Heap, key: Value) -> Option<Value> {
        self.table.remove(heap, key)
    }

    /// The entry with this number in the order of insertion.
    #[inline]
    pub fn entry_at(&self, number: usize) -> Option<(Value, Value)> {
        self.table
            .position(number)
            .map(|position| (self.table.shown_key(position), self.table.last(position)))
    }

    /// In order.
    pub fn values(&self) -> Vec<Value> {
        self.table.positions().map(|position| self.table.last(position)).collect()
    }

    /// In order, with the keys as the program sees them.
    pub fn items(&self) -> Vec<(Value, Value)> {
        self.table
            .positions()
            .map(|position| (self.table.shown_key(position), self.table.last(position)))
            .collect()
    }

    /// In order, with the keys as they are looked for.
    pub fn plain_items(&self) -> Vec<(Value, Value)> {
        self.table.positions().map(|position| (self.table.key(position), self.table.last(position))).collect()
    }

    /// Puts in all entries of another map.
    pub fn put_all(&self, heap: &mut Heap, other: &Map) {
        for (key, value) in other.plain_items() {
            let is_new = self.insert(heap, key, value);
            if let (true, Some(instance)) = (is_new, other.table.instance_of(key)) {
                self.show_key(heap, key, instance);
            }
        }
    }
}

/// Members are always plain keys or objects with identity, see [`key_kind`].
impl Set {
    shared_methods!();

    /// Whether the member is new.
    #[inline]
    pub fn insert(&self, heap: &mut Heap, key: Value) -> bool {
        self.table.find_or_append(heap, key).1
    }

    /// Whether it was a member.
    pub fn remove(&self, heap: &mut Heap, key: Value) -> bool {
        self.table.remove(heap, key).is_some()
    }

    /// The member with this number in the order of insertion.
    #[inline]
    pub fn entry_at(&self, number: usize) -> Option<Value> {
        self.table.position(number).map(|position| self.table.shown_key(position))
    }

    /// Puts in the members of another set whose plain keys are wanted.
    pub fn put_all(&self, heap: &mut Heap, other: &Set, is_wanted: impl Fn(Value) -> bool) {
        for key in other.plain_keys() {
            if is_wanted(key)
                && self.insert(heap, key)
                && let Some(instance) = other.table.instance_of(key)
            {
                self.show_key(heap, key, instance);
            }
        }
    }
}

impl Heap {
    /// The most entries. Whoever may build a larger map asks [`Heap::can_allocate`] first.
    pub const MAX_ENTRIES: usize = MAX_CAPACITY;

    pub fn map(&mut self) -> Gc<Map> {
        let table = Table::new(&raw const *self.hashes);
        let object = self.alloc::<Map>();
        // SAFETY: the memory is fresh.
        unsafe {
            object.write(Map { header: Header::new(Tag::MAP, flags::HAS_DROP), table });
            Gc::from_ptr(object)
        }
    }

    pub fn map_with_capacity(&mut self, capacity: usize) -> Gc<Map> {
        let map = self.map();
        map.reserve(self, capacity);
        map
    }

    pub fn set(&mut self) -> Gc<Set> {
        let table = Table::new(&raw const *self.hashes);
        let object = self.alloc::<Set>();
        // SAFETY: the memory is fresh.
        unsafe {
            object.write(Set { header: Header::new(Tag::SET, flags::HAS_DROP), table });
            Gc::from_ptr(object)
        }
    }
}
