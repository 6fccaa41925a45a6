//! Marking: from the roots to everything that can be reached, with a stack of its own, in steps (see [`super::cycle`]).

use std::{cell::Cell, ptr::null_mut};

use super::{object::*, pages, shape::Shapes};
use crate::value::{Gc, Tag, Value};

/// Marks what an object of a kind that this crate's other parts lay out refers to.
pub type TraceHook = unsafe fn(*mut Header, &mut Marker);

/// Objects without references: their mark is all there is to do.
const LEAVES: u64 = 1 << Tag::STR.number()
    | 1 << Tag::BYTES.number()
    | 1 << Tag::RANGE.number()
    | 1 << Tag::NATIVE.number()
    | 1 << Tag::MODULE.number();

/// So many items of a long list or map are looked at before what they lead to.
const PART: usize = 1024;
/// What looking at an object costs, beside what it refers to.
const OBJECT_COST: usize = 4;

/// What one step of a marking leaves to the next.
#[derive(Default)]
pub struct Progress {
    /// Null stands for the last of `parts`.
    grey: Vec<*mut Header>,
    parts: Vec<Part>,
    /// By number, for those that were there at the beginning: names and methods have been marked.
    seen_shapes: Vec<bool>,
    /// Bytes of buffers that live objects own.
    buffers: usize,
    /// Grows with each object that turns grey, and each time something else is found that leads to objects.
    finds: u64,
    /// Values and objects looked at.
    work: usize,
}

/// A long list or map of which the items from `end` on have been looked at. From the end, because what is taken out of it
/// meanwhile moves the others to the front; what is put in goes to the end, or tells it (`Heap::shifted`).
struct Part {
    object: *mut Header,
    end: usize,
}

impl Progress {
    pub(super) fn begin(&mut self, shapes: usize) {
        debug_assert!(self.is_done());
        self.seen_shapes.clear();
        self.seen_shapes.resize(shapes, false);
        (self.buffers, self.work) = (0, 0);
    }

    /// Nothing is grey.
    pub(super) fn is_done(&self) -> bool {
        self.grey.is_empty()
    }

    pub(super) fn buffers(&self) -> usize {
        self.buffers
    }

    pub(super) fn work(&self) -> usize {
        self.work
    }

    /// Greys an object that was white.
    ///
    /// # Safety
    /// It is an object of this heap.
    pub(super) unsafe fn shade(&mut self, object: *mut Header) {
        // SAFETY: given.
        unsafe {
            if pages::mark(object) {
                self.finds += 1;
                if LEAVES >> (*object).kind & 1 == 0 {
                    self.grey.push(object);
                }
            }
        }
    }

    /// The items of a list from `from` on stand `by` places further now.
    pub(super) fn shift(&mut self, list: *mut Header, from: usize, by: usize) {
        for part in &mut self.parts {
            if part.object == list && from < part.end {
                part.end += by;
            }
        }
    }
}

/// One step of a marking. White objects are unmarked, grey ones stand in `grey`, black ones are marked and have been looked at.
pub struct Marker<'h> {
    progress: &'h mut Progress,
    shapes: &'h Shapes,
    hooks: &'h [Option<TraceHook>; Tag::COUNT],
    /// See `Heap::parity`.
    parity: bool,
    /// For the verifier: references are written down here instead of being followed.
    #[cfg(any(feature = "verify", test))]
    noted: Option<Vec<(Tag, *mut Header)>>,
}

impl<'h> Marker<'h> {
    pub(super) fn new(
        progress: &'h mut Progress,
        shapes: &'h Shapes,
        hooks: &'h [Option<TraceHook>; Tag::COUNT],
        parity: bool,
    ) -> Marker<'h> {
        Marker {
            progress,
            shapes,
            hooks,
            parity,
            #[cfg(any(feature = "verify", test))]
            noted: None,
        }
    }

    /// Which of two collections in turn this is.
    pub fn parity(&self) -> bool {
        self.parity
    }

    /// Whether each object is to be looked at even if this collection has done so: the verifier asks.
    pub fn looks_again(&self) -> bool {
        #[cfg(any(feature = "verify", test))]
        return self.noted.is_some();
        #[cfg(not(any(feature = "verify", test)))]
        false
    }

    /// Changes with whatever this marking finds.
    pub fn finds(&self) -> u64 {
        self.progress.finds
    }

    /// Something was found that no mark tells.
    pub fn note_find(&mut self) {
        self.progress.finds += 1;
    }

    /// Values and objects looked at so far.
    pub fn work(&self) -> usize {
        self.progress.work
    }

    pub fn add_work(&mut self, values: usize) {
        self.progress.work += values;
    }

    /// What an object refers to.
    ///
    /// # Safety
    /// `object` is a live object of this heap.
    #[cfg(any(feature = "verify", test))]
    pub(super) unsafe fn references(
        &mut self,
        object: *mut Header,
    ) -> impl Iterator<Item = (Tag, *mut Header)> + use<'_, 'h> {
        self.noted.get_or_insert_default().clear();
        // SAFETY: given.
        unsafe { self.scan(object) };
        self.noted.iter().flatten().copied()
    }

    #[inline(always)]
    pub fn value(&mut self, value: Value) {
        if value.is_object() {
            // SAFETY: such a value's payload is an object of this heap, alive until this collection.
            unsafe { self.header(value.tag, value.bits as *mut Header) }
        }
    }

    #[inline(always)]
    pub fn object<T: Object>(&mut self, object: Gc<T>) {
        // SAFETY: as in `value`.
        unsafe { self.header(T::TAG, object.as_ptr().cast()) }
    }

    #[inline]
    pub fn values(&mut self, values: &[Value]) {
        self.progress.work += values.len();
        for &value in values {
            self.value(value);
        }
    }

    #[inline]
    pub fn cells(&mut self, cells: &[Cell<Value>]) {
        self.progress.work += cells.len();
        for cell in cells {
            self.value(cell.get());
        }
    }

    /// The slots of a fiber's stack, among which are link words.
    pub fn stack(&mut self, slots: &[Value]) {
        for &slot in slots {
            if slot.tag.number() as u32 != Tag::LINK.number() as u32 {
                self.value(slot);
            }
        }
    }

    /// # Safety
    /// `object` is an object of this heap of kind `tag`, alive until this collection.
    #[inline(always)]
    pub unsafe fn header(&mut self, tag: Tag, object: *mut Header) {
        #[cfg(any(feature = "verify", test))]
        if let Some(noted) = &mut self.noted {
            noted.push((tag, object));
            return;
        }
        // SAFETY: given.
        if unsafe { pages::mark(object) } {
            self.progress.finds += 1;
            if LEAVES >> tag.number() & 1 == 0 {
                self.progress.grey.push(object);
            }
        }
    }

    /// Counts a buffer that a traced object owns, for the pace of collection.
    pub fn buffer(&mut self, bytes: usize) {
        self.progress.buffers += bytes;
    }

    /// Whether the object has been reached (other values always are).
    pub fn is_marked(&self, value: Value) -> bool {
        // SAFETY: as in `value`.
        !value.is_object() || unsafe { pages::is_marked(value.bits as *mut Header) }
    }

    /// Keeps an object without looking at it.
    pub fn keep<T: Object>(&mut self, object: Gc<T>) {
        // SAFETY: as in `value`.
        unsafe { pages::mark(object.as_ptr().cast()) };
    }

    /// Marks what the grey objects lead to, until so much work was done in all; whether nothing is grey any more.
    pub fn drain(&mut self, until: usize) -> bool {
        while self.progress.work < until {
            let Some(object) = self.progress.grey.pop() else { return true };
            self.progress.work += OBJECT_COST;
            if object.is_null() {
                self.part();
            } else {
                // SAFETY: grey objects are objects of this heap.
                unsafe { self.scan(object) };
            }
        }
        self.progress.grey.is_empty()
    }

    /// Looks at all that an object refers to.
    ///
    /// # Safety
    /// `object` is an object of this heap.
    #[inline]
    unsafe fn scan(&mut self, object: *mut Header) {
        // SAFETY: the kind tells the layout, here and in the arms.
        let Some(tag) = Tag::from_number(unsafe { (*object).kind }) else { return };
        macro_rules! layout {
            ($kind:ty) => {
                // SAFETY: see above.
                unsafe { &*object.cast::<$kind>() }
            };
        }
        match tag {
            Tag::INSTANCE => {
                let instance = layout!(Instance);
                self.shape(instance.shape_id());
                self.cells(instance.fields());
            }
            Tag::LIST => {
                let list = layout!(List);
                self.progress.buffers += list.buffer_bytes();
                self.contents(object, list.as_slice(), 1);
            }
            Tag::MAP => {
                let table = &layout!(Map).table;
                self.progress.buffers += table.buffer_bytes();
                table.shown.get().into_iter().for_each(|shown| self.object(shown));
                self.contents(object, table.words(), 2);
            }
            Tag::SET => {
                let table = &layout!(Set).table;
                self.progress.buffers += table.buffer_bytes();
                table.shown.get().into_iter().for_each(|shown| self.object(shown));
                self.contents(object, table.words(), 1);
            }
            Tag::CLOSURE => {
                let closure = layout!(Closure);
                self.object(closure.code);
                self.cells(closure.captures());
            }
            Tag::CELL => self.value(layout!(CellObject).value.get()),
            Tag::BOUND => {
                let bound = layout!(Bound);
                self.value(bound.receiver);
                self.value(bound.method);
            }
            Tag::COROUTINE => {
                let coroutine = layout!(Coroutine);
                self.value(coroutine.callee);
                self.value(coroutine.made_by);
                self.values(coroutine.args());
            }
            Tag::ERROR => {
                let error = layout!(ErrorObject);
                for cell in [&error.kind, &error.message, &error.data, &error.cause, &error.also] {
                    self.value(cell.get());
                }
                error.trace_frames().iter().chain(error.origin()).for_each(|frame| self.object(frame.code));
            }
            Tag::STRUCT => {
                let struct_type = layout!(StructType);
                self.shape(struct_type.shape);
                self.value(struct_type.constructor.get());
            }
            Tag::PROTO => {
                let proto = &layout!(ProtoObject).proto;
                self.values(&proto.constants);
                self.values(&proto.param_names);
            }
            tag => {
                if let Some(Some(hook)) = self.hooks.get(tag.number() as usize) {
                    // SAFETY: the hook was registered for this kind.
                    unsafe { hook(object, self) }
                }
            }
        }
    }

    /// The items of a list or set, or the entries of a map. Of many only a part, and the rest when all is marked that the part leads
    /// to: otherwise as many could be grey as there are.
    #[inline]
    fn contents(&mut self, object: *mut Header, values: &[Value], width: usize) {
        let len = values.len() / width;
        if len <= PART || self.looks_again() {
            self.entries(values, width);
        } else {
            self.progress.parts.push(Part { object, end: len });
            self.progress.grey.push(null_mut());
        }
    }

    #[inline]
    fn entries(&mut self, values: &[Value], width: usize) {
        if width == 1 {
            return self.values(values);
        }
        self.progress.work += values.len();
        // What a map's gap holds is no value any more.
        for entry in values.as_chunks::<2>().0.iter().filter(|entry| !entry[0].is_undef()) {
            self.value(entry[0]);
            self.value(entry[1]);
        }
    }

    /// The next part of the long list or map that was met last.
    fn part(&mut self) {
        let Some(Part { object, end }) = self.progress.parts.pop() else { return };
        // SAFETY: it was met as an object of one of these kinds.
        let (values, width) = unsafe {
            match Tag::from_number((*object).kind) {
                Some(Tag::MAP) => ((*object.cast::<Map>()).table.words(), 2),
                Some(Tag::SET) => ((*object.cast::<Set>()).table.words(), 1),
                _ => ((*object.cast::<List>()).as_slice(), 1),
            }
        };
        let end = end.min(values.len() / width);
        let start = end.saturating_sub(PART);
        if start > 0 {
            self.progress.parts.push(Part { object, end: start });
            self.progress.grey.push(null_mut());
        }
        self.entries(&values[start * width..end * width], width);
    }

    /// Once per shape: its type, names and methods.
    #[inline]
    fn shape(&mut self, id: u32) {
        // All that a newer one refers to was at hand when it was made.
        if let Some(seen) = self.progress.seen_shapes.get_mut(id as usize)
            && !std::mem::replace(seen, true)
        {
            self.scan_shape(id);
        }
    }

    #[inline(never)]
    fn scan_shape(&mut self, id: u32) {
        let Some(shape) = self.shapes.get(id) else { return };
        self.object(shape.struct_type);
        self.object(shape.name);
        for name in shape.fields() {
            self.object(name);
        }
        for (name, method) in shape.methods() {
            self.object(name);
            self.value(method.function);
        }
    }
}
