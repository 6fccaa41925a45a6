//! Maps and sets as the VM uses them, and what may be a key. The entries and how they are found lie in [`table`](super::table).
//!
//! A key that a struct's `key(self)` has made is looked for as what it is; the instance is kept beside it, and given where the
//! program asks for keys.

use super::{
    Heap,
    hash::whole,
    object::{Bytes, Header, Map, Set, Str, flags},
    table::{MAX_CAPACITY, Table},
};
use crate::value::{Gc, Tag, Value};

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
pub(super) fn same_content(a: Value, b: Value) -> bool {
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
pub(super) fn is_word_key(key: Value) -> bool {
    match key.tag {
        Tag::STR => key.object_unchecked::<Str>().is_interned(),
        Tag::FLOAT | Tag::BYTES => false,
        _ => true,
    }
}

macro_rules! shared_methods {
    () => {
        #[inline(always)]
        pub fn len(&self) -> usize {
            self.table.len()
        }

        #[inline(always)]
        pub fn is_empty(&self) -> bool {
            self.table.len() == 0
        }

        /// Changes whenever a key is added or removed.
        #[inline(always)]
        pub fn version(&self) -> u32 {
            self.table.version()
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
            self.table.reserve(heap, more);
        }
    };
}

/// Keys are always plain ones or objects with identity, see [`key_kind`].
impl Map {
    shared_methods!();

    #[inline]
    pub fn get(&self, key: Value) -> Option<Value> {
        self.find(key).map(|position| self.table.last(position))
    }

    /// Notes the position, for what is read is often written next: `m[k] = m.get(k, 0) + 1`.
    #[inline(always)]
    fn find(&self, key: Value) -> Option<usize> {
        let position = self.table.find(key)?;
        self.header.aux.set(position as u32);
        Some(position)
    }

    /// Where the value of a key lies; null if it is missing.
    #[inline]
    pub fn item(&self, key: Value) -> *const Value {
        self.find(key).map_or(std::ptr::null(), |position| self.table.value_at(position))
    }

    /// The same for a key that has probably just been found.
    #[inline]
    pub fn item_again(&self, key: Value) -> *const Value {
        let position = self.header.aux.get() as usize;
        if self.table.has_at(position, key) { self.table.value_at(position) } else { self.item(key) }
    }

    /// As [`Map::get`] for the interned strings that names in the program are.
    #[inline]
    pub fn get_name(&self, name: Gc<Str>) -> Option<Value> {
        self.table.find(name.into()).map(|position| self.table.last(position))
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
