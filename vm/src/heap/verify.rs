//! The verifier: walks everything alive right after a collection and looks for what should not be. It is slow and meant
//! for tests (feature `verify`), where freed memory is also overwritten.

use std::fmt;

use rustc_hash::FxHashSet;

use super::{
    Heap,
    object::*,
    pages::{self, FIRST_SLOT, PAGE_SIZE, Page},
    trace::{Marker, Progress},
};
use crate::value::{Tag, Value};

/// What the verifier found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Corruption {
    pub object: usize,
    pub kind: u8,
    pub what: String,
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Corruption { object, kind, what } = self;
        write!(f, "heap corruption in the object at {object:#x} of kind {kind}: {what}")
    }
}

/// Where objects may be.
struct Places {
    used: FxHashSet<usize>,
    large: FxHashSet<usize>,
}

impl Places {
    /// What is wrong with a reference to an object of a kind.
    fn check(&self, tag: Tag, object: *mut Header) -> Result<(), String> {
        let page = object.addr() & !(PAGE_SIZE - 1);
        let offset = object.addr() - page;
        let name = tag.type_name();
        if self.large.contains(&page) {
            if offset != FIRST_SLOT {
                return Err(format!("a {name} into the middle of a large object"));
            }
        } else if self.used.contains(&page) {
            let head = object.map_addr(|_| page).cast::<Page>();
            // SAFETY: a used page.
            let size = unsafe { (*head).slot_size };
            if offset < FIRST_SLOT || !(offset - FIRST_SLOT).is_multiple_of(size) {
                return Err(format!("a {name} not at the start of a slot"));
            }
        } else {
            return Err(format!("a {name} outside the heap"));
        }
        // SAFETY: a slot's or large object's start.
        let (is_marked, kind) = unsafe { (pages::is_marked(object), (*object).kind) };
        if !is_marked {
            return Err(format!("a {name} that was freed"));
        }
        if kind as u64 != tag.number() {
            return Err(format!("a {name} that is an object of kind {kind}"));
        }
        Ok(())
    }
}

impl Heap {
    /// Checks every live object. To be called right after a collection.
    pub fn verify(&self) -> Result<(), Corruption> {
        let places = Places {
            used: self.pages.used.iter().map(|page| page.addr()).collect(),
            large: self.pages.large.iter().map(|page| page.addr()).collect(),
        };
        let mut progress = Progress::default();
        progress.begin(self.shapes.count());
        let mut marker = Marker::new(&mut progress, &self.shapes, &self.trace_hooks, self.parity);
        for &page in self.pages.used.iter().chain(&self.pages.large) {
            // SAFETY: pages in the lists are initialised; the marked slots are live objects.
            unsafe {
                for object in Page::slots(page).filter(|&object| pages::is_marked(object)) {
                    self.check(&places, &mut marker, object, (*page).slot_size)
                        .map_err(|what| Corruption { object: object.addr(), kind: (*object).kind, what })?;
                }
            }
        }
        Ok(())
    }

    /// After each collection with the feature `verify`. The walk waits until collections have come to
    /// a thousandth of the live objects, or collecting at every allocation would take the square of time.
    #[cfg(feature = "verify")]
    pub(super) fn verify_or_die(&mut self) {
        self.pages.poison_free_slots(&mut self.reaper);
        self.pace.set_alarm(false);
        self.unverified += 1;
        if self.unverified * 1000 < self.pace.stats.live_objects {
            return;
        }
        self.unverified = 0;
        if let Err(corruption) = self.verify() {
            panic!("{corruption}");
        }
    }

    /// # Safety
    /// `object` is a marked slot's start.
    unsafe fn check(
        &self,
        places: &Places,
        marker: &mut Marker,
        object: *mut Header,
        room: usize,
    ) -> Result<(), String> {
        // SAFETY: given; its slot has `room` bytes.
        let (tag, count, bits) = unsafe {
            (Tag::from_number((*object).kind), (*object).count.get() as usize, (*object).flags.get())
        };
        let Some(tag) =
            tag.filter(|tag| tag.number() >= Tag::STR.number() && (tag.number() as usize) < Tag::COUNT)
        else {
            return Err("no such kind".to_string());
        };
        if self.reaper.has_drop(tag) != (bits & flags::HAS_DROP != 0) {
            return Err("the flag HAS_DROP does not fit the kind".to_string());
        }
        macro_rules! layout {
            ($kind:ty) => {{
                if room < size_of::<$kind>() {
                    return Err("does not fit into its slot".to_string());
                }
                // SAFETY: the kind tells the layout.
                unsafe { &*object.cast::<$kind>() }
            }};
        }
        let fits =
            |bytes: usize| if bytes <= room { Ok(()) } else { Err("longer than its slot".to_string()) };
        let values = size_of::<Value>() * count;
        match tag {
            Tag::STR => {
                let text = layout!(Str);
                fits(size_of::<Str>() + text.len())?;
                let Ok(content) = std::str::from_utf8(text.as_bytes()) else {
                    return Err("not UTF-8".to_string());
                };
                if content.is_ascii() != text.is_ascii() || content.chars().count() != text.char_count() {
                    return Err("wrong count of characters".to_string());
                }
                let cached = text.header.aux.get();
                if cached != 0 && cached != self.hashes.text(text.as_bytes()) {
                    return Err("wrong hash".to_string());
                }
                if text.is_interned()
                    && self.find_interned(content).map(|known| known.as_ptr().addr()) != Some(object.addr())
                {
                    return Err("interned, but not in the table".to_string());
                }
            }
            Tag::BYTES => fits(size_of::<Bytes>() + layout!(Bytes).len())?,
            Tag::LIST => {
                let list = layout!(List);
                if list.len.get() > list.capacity.get()
                    || list.items.get().is_null() != (list.buffer_bytes() == 0)
                {
                    return Err("list longer than its buffer".to_string());
                }
            }
            Tag::MAP => layout!(Map).table.check()?,
            Tag::SET => layout!(Set).table.check()?,
            Tag::CLOSURE => {
                let closure = layout!(Closure);
                fits(size_of::<Closure>() + values)?;
                places.check(Tag::PROTO, closure.code.as_ptr().cast())?;
                if !std::ptr::eq(closure.proto, &raw const *closure.code.proto) {
                    return Err("another function's code".to_string());
                }
            }
            Tag::INSTANCE => {
                fits(size_of::<Instance>() + values)?;
                match self.shapes.get(layout!(Instance).shape_id()) {
                    None => return Err("its shape is dead".to_string()),
                    Some(shape) if shape.field_count() != count => {
                        return Err("fields unlike its shape".to_string());
                    }
                    Some(shape) => places.check(Tag::STRUCT, shape.struct_type.as_ptr().cast())?,
                }
            }
            Tag::STRUCT => match self.shapes.get(layout!(StructType).shape) {
                Some(shape) if shape.struct_type.as_ptr().addr() == object.addr() => {}
                _ => return Err("its shape is dead or another type's".to_string()),
            },
            Tag::COROUTINE => fits(size_of::<Coroutine>() + values)?,
            _ => {}
        }
        // SAFETY: a live object that was found sound so far.
        for (tag, reference) in unsafe { marker.references(object) } {
            places.check(tag, reference).map_err(|what| format!("refers to {what}"))?;
        }
        Ok(())
    }
}
