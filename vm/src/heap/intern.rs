//! The table of interned strings: for each text at most one `Str` with the flag `INTERNED`, so that among them equality
//! is identity. The table keeps nothing alive; collection takes the dead ones out.

use hashbrown::HashTable;

use super::{
    Heap,
    object::{Str, flags},
    pages,
};
use crate::value::Gc;

#[derive(Default)]
pub struct Interned {
    table: HashTable<Gc<Str>>,
}

impl Interned {
    /// # Safety
    /// Marking is complete and nothing was swept yet.
    pub unsafe fn purge(&mut self) {
        // SAFETY: entries are objects that were alive until this collection.
        self.table.retain(|text| unsafe { pages::is_marked(text.as_ptr().cast()) });
    }
}

impl Heap {
    /// The interned string of this text.
    pub fn intern(&mut self, text: &str) -> Gc<Str> {
        let hash = self.hashes.text(text.as_bytes());
        match self.interned.table.find(hash as u64, |known| known.as_str() == text) {
            Some(known) => self.found(*known),
            None => {
                let fresh = self.str(text);
                self.insert_interned(fresh, hash)
            }
        }
    }

    /// The interned string with the same text, which may become this very one.
    pub fn intern_str(&mut self, text: Gc<Str>) -> Gc<Str> {
        if text.is_interned() {
            return text;
        }
        let hash = text.hash(&self.hashes);
        match self.interned.table.find(hash as u64, |known| known.as_str() == text.as_str()) {
            Some(known) => self.found(*known),
            None => self.insert_interned(text, hash),
        }
    }

    /// The interned string of this text if there is one already.
    pub fn find_interned(&self, text: &str) -> Option<Gc<Str>> {
        let hash = self.hashes.text(text.as_bytes());
        self.interned.table.find(hash as u64, |known| known.as_str() == text).map(|known| self.found(*known))
    }

    /// While a collection is under way a text that is found may be one that nothing leads to: it is kept.
    fn found(&self, known: Gc<Str>) -> Gc<Str> {
        if self.is_marking() {
            // SAFETY: an object that has not been freed; a str refers to nothing.
            unsafe { pages::mark(known.as_ptr().cast()) };
        }
        known
    }

    fn insert_interned(&mut self, text: Gc<Str>, hash: u32) -> Gc<Str> {
        text.header.flags.set(text.header.flags.get() | flags::INTERNED);
        text.header.aux.set(hash);
        self.interned.table.insert_unique(hash as u64, text, |known| known.header.aux.get() as u64);
        text
    }
}
