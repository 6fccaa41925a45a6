//! From a key to the position of its entry.
//!
//! A table of at most [`LINEAR`] slots has no index: a key is looked for among the entries, by comparing words alone as long
//! as no key needs more than that. Beyond, the index has two 32-bit words for each slot, 0 where free, and is used in one of
//! two ways:
//!
//! * *direct*, while all keys are ints below the number of words, as ids, counters and memo tables have them: word `k` is
//!   `position + 1` of the key `k`. Nothing is hashed and no key compared.
//! * *hashed*: as there are `2^n` words, a position needs `n` bits of its word, and the rest of the word is the upper bits of the key's
//!   hash, whose lower bits say where its probing begins. It goes on in a line. A word is never left as a gap: what
//!   follows a removed one moves back.
//!
//! Whether an index is direct is decided when it is built, so that a key that does not fit makes it hashed until the table grows.

use std::ptr::null_mut;

use super::{LINEAR, Table};
use crate::{
    heap::{
        map::{is_word_key, same_content, same_key},
        object::Str,
        reap::Buffers,
        whole,
    },
    value::{Tag, Value},
};

/// How a table finds its entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    Scan,
    Direct,
    Hashed,
}

impl<const WIDTH: usize> Table<WIDTH> {
    /// The position of a plain key or object with identity. What is nearly always so is decided here: an int or a str with its
    /// hash at hand, and no other key with the same bits of its hash.
    #[inline]
    pub(in crate::heap) fn find(&self, key: Value) -> Option<usize> {
        let hash = match self.way.get() {
            Way::Scan => return self.scan(key),
            Way::Direct if key.is_int() => return self.look_up(key.bits),
            Way::Hashed if key.is_int() => self.hash(key),
            Way::Hashed if key.is(Tag::STR) => match key.object_unchecked::<Str>().header.aux.get() {
                0 => return self.find_slowly(key),
                cached => cached,
            },
            _ => return self.find_slowly(key),
        };
        let mask = self.mask();
        let mut place = hash & mask;
        loop {
            let word = self.word(place);
            if word == 0 {
                return None;
            }
            if (word ^ hash) & !mask == 0 {
                let position = (word & mask) as usize - 1;
                return if self.key(position).is_same(key) { Some(position) } else { self.find_slowly(key) };
            }
            place = (place + 1) & mask;
        }
    }

    #[inline(never)]
    fn find_slowly(&self, key: Value) -> Option<usize> {
        match self.way.get() {
            Way::Scan => self.scan(key),
            Way::Direct => self.look_up(if key.is_int() { key.bits } else { whole_key(key)? }),
            Way::Hashed => self.probe(key, self.hash(key)).map(|(_, position)| position),
        }
    }

    /// Tells the index of the last entry, whose key is new.
    #[inline]
    pub(super) fn enter_last(&self, key: Value) {
        let position = self.used.get() as usize - 1;
        match self.way.get() {
            Way::Scan => {}
            Way::Direct if self.is_direct(key) => self.set_word(key.bits as u32, position as u32 + 1),
            Way::Direct => self.fill_hashed(),
            Way::Hashed => self.enter(self.hash(key), position),
        }
    }

    /// Takes a key out of the index, whose entry stays as it is. Gives the entry's position.
    pub(super) fn take_out(&self, key: Value) -> Option<usize> {
        match self.way.get() {
            Way::Scan => self.scan(key),
            Way::Direct => {
                let position = self.find(key)?;
                self.set_word(self.key(position).bits as u32, 0);
                Some(position)
            }
            Way::Hashed => {
                let (place, position) = self.probe(key, self.hash(key))?;
                self.close_gap(place);
                Some(position)
            }
        }
    }

    /// Makes the index new for all entries. `buffer` is where it lay, for so many slots.
    pub(super) fn replace_index(&self, buffers: &mut Buffers, old_capacity: usize) {
        let capacity = self.capacity.get() as usize;
        // SAFETY: the buffer has this size, or is null.
        unsafe { buffers.release(self.index.get(), 2 * old_capacity) };
        self.index.set(if capacity > LINEAR { buffers.allocate(2 * capacity) } else { null_mut() });
        self.fill_index();
    }

    /// Enters all entries again.
    pub(super) fn fill_index(&self) {
        if self.index.get().is_null() {
            self.way.set(Way::Scan);
        } else if self.positions().all(|position| self.is_direct(self.key(position))) {
            self.way.set(Way::Direct);
            self.clear_words();
            for position in self.positions() {
                self.set_word(self.key(position).bits as u32, position as u32 + 1);
            }
        } else {
            self.fill_hashed();
        }
    }

    fn fill_hashed(&self) {
        self.way.set(Way::Hashed);
        self.clear_words();
        for position in self.positions() {
            self.enter(self.hash(self.key(position)), position);
        }
    }

    pub(super) fn index_bytes(&self) -> usize {
        if self.index.get().is_null() { 0 } else { 2 * self.capacity.get() as usize * size_of::<u32>() }
    }

    // ---- the words

    /// The number of words, less one.
    #[inline(always)]
    fn mask(&self) -> u32 {
        2 * self.capacity.get() - 1
    }

    #[inline(always)]
    fn word(&self, place: u32) -> u32 {
        // SAFETY: callers have seen that there is an index, and their places are at most the mask.
        unsafe { self.index.get().add(place as usize).read() }
    }

    #[inline(always)]
    fn set_word(&self, place: u32, word: u32) {
        // SAFETY: as in `word`.
        unsafe { self.index.get().add(place as usize).write(word) }
    }

    fn clear_words(&self) {
        // SAFETY: the index has that many words.
        unsafe { self.index.get().write_bytes(0, 2 * self.capacity.get() as usize) };
    }

    // ---- no index

    #[inline(never)]
    fn scan(&self, key: Value) -> Option<usize> {
        for position in self.first.get() as usize..self.used.get() as usize {
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

    // ---- direct

    /// Whether a direct index may hold the key. A float may not even if it is an int: the program sees it as it is.
    #[inline(always)]
    fn is_direct(&self, key: Value) -> bool {
        key.is_int() && key.bits <= self.mask() as u64
    }

    #[inline(always)]
    fn look_up(&self, int: u64) -> Option<usize> {
        if int > self.mask() as u64 {
            return None;
        }
        (self.word(int as u32) as usize).checked_sub(1)
    }

    // ---- hashed

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

    /// The place in the index, and the position.
    #[inline]
    fn probe(&self, key: Value, hash: u32) -> Option<(u32, usize)> {
        let mask = self.mask();
        let mut place = hash & mask;
        loop {
            let word = self.word(place);
            if word == 0 {
                return None;
            }
            if (word ^ hash) & !mask == 0 {
                let position = (word & mask) as usize - 1;
                let known = self.key(position);
                if known.is_same(key) || same_content(known, key) {
                    return Some((place, position));
                }
            }
            place = (place + 1) & mask;
        }
    }

    /// At most half of the places are taken before.
    fn enter(&self, hash: u32, position: usize) {
        let mask = self.mask();
        let mut place = hash & mask;
        while self.word(place) != 0 {
            place = (place + 1) & mask;
        }
        self.set_word(place, hash & !mask | (position as u32 + 1));
    }

    /// Empties a place and moves back what stands behind it for want of that place.
    fn close_gap(&self, mut gap: u32) {
        let mask = self.mask();
        let mut place = gap;
        loop {
            place = (place + 1) & mask;
            let word = self.word(place);
            if word == 0 {
                break;
            }
            let home = self.hash(self.key((word & mask) as usize - 1)) & mask;
            // It may move if the gap lies on its way from home.
            if (place.wrapping_sub(home) & mask) >= (place.wrapping_sub(gap) & mask) {
                self.set_word(gap, word);
                gap = place;
            }
        }
        self.set_word(gap, 0);
    }

    /// What is wrong with it, for the verifier.
    #[cfg(any(feature = "verify", test))]
    pub(super) fn check_index(&self) -> Result<(), &'static str> {
        let is_small = self.capacity.get() as usize <= LINEAR;
        if self.index.get().is_null() != is_small || (self.way.get() == Way::Scan) != is_small {
            return Err("index where none should be, or none where one should");
        }
        if is_small {
            return Ok(());
        }
        let words = (0..=self.mask()).filter(|&place| self.word(place) != 0).count();
        if words != self.len.get() as usize {
            return Err("the index does not have a word for each entry");
        }
        for position in self.positions() {
            let key = self.key(position);
            let found = match self.way.get() {
                Way::Direct if !self.is_direct(key) => return Err("a key that a direct index cannot hold"),
                Way::Direct => self.look_up(key.bits),
                _ => self.probe(key, self.hash(key)).map(|(_, position)| position),
            };
            if found != Some(position) {
                return Err("an entry that the index does not find");
            }
        }
        Ok(())
    }
}

/// The int that a float key is the same as.
#[cold]
fn whole_key(key: Value) -> Option<u64> {
    if key.is(Tag::FLOAT) { whole(key.float_bits()).map(|int| int as u64) } else { None }
}
