//! Marking: from the roots to everything that can be reached, with a stack of its own.

use std::cell::Cell;

use super::{Heap, object::*, pages, shape::Shapes};
use crate::value::{Gc, Tag, Value};

/// Marks what an object of a kind that this crate's other parts lay out refers to.
pub type TraceHook = unsafe fn(*mut Header, &mut Marker);

/// Objects without references: their mark is all there is to do.
const LEAVES: u64 = 1 << Tag::STR.number()
    | 1 << Tag::BYTES.number()
    | 1 << Tag::RANGE.number()
    | 1 << Tag::NATIVE.number()
    | 1 << Tag::MODULE.number();

/// So many items of a list are marked before what they lead to.
const PART: usize = 1024;
/// So many long lists may be open at once; each takes native stack.
const NESTED: u32 = 32;

/// The state of a marking. White objects are unmarked, grey ones stand in `grey`, black ones are marked and have been looked at.
pub struct Marker<'h> {
    grey: Vec<*mut Header>,
    shapes: &'h Shapes,
    /// By number: its names and methods have been marked.
    seen_shapes: Vec<bool>,
    hooks: &'h [Option<TraceHook>; Tag::COUNT],
    /// Bytes of buffers that live objects own.
    buffers: usize,
    /// In how many long lists the marking is.
    within: u32,
    /// For the verifier: references are written down here instead of being followed.
    #[cfg(any(feature = "verify", test))]
    noted: Option<Vec<(Tag, *mut Header)>>,
}

impl<'h> Marker<'h> {
    pub(super) fn new(
        grey: Vec<*mut Header>,
        shapes: &'h Shapes,
        hooks: &'h [Option<TraceHook>; Tag::COUNT],
    ) -> Marker<'h> {
        debug_assert!(grey.is_empty());
        Marker {
            grey,
            shapes,
            seen_shapes: vec![false; shapes.count()],
            hooks,
            buffers: 0,
            within: 0,
            #[cfg(any(feature = "verify", test))]
            noted: None,
        }
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
        for &value in values {
            self.value(value);
        }
    }

    #[inline]
    pub fn cells(&mut self, cells: &[Cell<Value>]) {
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
        if unsafe { pages::mark(object) } && LEAVES >> tag.number() & 1 == 0 {
            self.grey.push(object);
        }
    }

    /// Counts a buffer that a traced object owns, for the pace of collection.
    pub fn buffer(&mut self, bytes: usize) {
        self.buffers += bytes;
    }

    /// Whether the object has been reached (other values always are).
    pub fn is_marked(&self, value: Value) -> bool {
        // SAFETY: as in `value`.
        !value.is_object() || unsafe { pages::is_marked(value.bits as *mut Header) }
    }

    /// Marks everything that the grey objects lead to.
    pub fn drain(&mut self) {
        while let Some(object) = self.grey.pop() {
            // SAFETY: grey objects are objects of this heap.
            unsafe { self.scan(object) };
        }
    }

    pub(super) fn finish(mut self) -> (Vec<*mut Header>, usize) {
        self.drain();
        (self.grey, self.buffers)
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
                self.buffers += list.buffer_bytes();
                if list.len() > PART { self.parts(list.as_slice()) } else { self.values(list.as_slice()) }
            }
            Tag::MAP => {
                let table = &layout!(Map).table;
                self.buffers += table.buffer_bytes();
                table.shown.get().into_iter().for_each(|shown| self.object(shown));
                for entry in table.words().as_chunks::<2>().0 {
                    if !entry[0].is_undef() {
                        self.value(entry[0]);
                        self.value(entry[1]);
                    }
                }
            }
            Tag::SET => {
                let table = &layout!(Set).table;
                self.buffers += table.buffer_bytes();
                table.shown.get().into_iter().for_each(|shown| self.object(shown));
                self.values(table.words());
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

    /// The items of a long list, with all that they lead to after each part: otherwise as many could be grey as it has items.
    fn parts(&mut self, values: &[Value]) {
        if self.within == NESTED {
            return self.values(values);
        }
        self.within += 1;
        for part in values.chunks(PART) {
            let before = self.grey.len();
            self.values(part);
            while self.grey.len() > before {
                let Some(object) = self.grey.pop() else { break };
                // SAFETY: grey objects are objects of this heap.
                unsafe { self.scan(object) };
            }
        }
        self.within -= 1;
    }

    /// Once per shape: its type, names and methods.
    #[inline]
    fn shape(&mut self, id: u32) {
        if !self.seen_shapes[id as usize] {
            self.seen_shapes[id as usize] = true;
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

impl Heap {
    /// Frees everything that cannot be reached from the roots, which the closure marks.
    pub fn collect(&mut self, roots: impl FnOnce(&mut Marker)) {
        self.collect_with(roots, |_| {});
    }

    /// As [`Heap::collect`]. When all that the roots lead to is marked, `weak` may ask what is, and mark more to keep it.
    pub fn collect_with(&mut self, roots: impl FnOnce(&mut Marker), weak: impl FnOnce(&mut Marker)) {
        let start = self.clock.map(|clock| clock());
        self.pages.clear_marks();

        let grey = std::mem::take(&mut self.grey);
        let mut marker = Marker::new(grey, &self.shapes, &self.trace_hooks);
        roots(&mut marker);
        self.short.ascii.iter().flatten().chain(&self.short.empty).for_each(|&text| marker.object(text));
        self.lost.iter().for_each(|&coroutine| marker.object(coroutine));
        marker.drain();
        weak(&mut marker);
        marker.drain();
        // Coroutines that nobody has awaited and nobody can any more are kept until they are reported.
        let lost = &mut self.lost;
        self.fresh_coroutines.retain(|&coroutine| {
            if coroutine.state.get() != CoroutineState::Fresh {
                return false;
            }
            let is_marked = marker.is_marked(coroutine.into());
            if !is_marked {
                lost.push(coroutine);
            }
            is_marked
        });
        self.lost.iter().for_each(|&coroutine| marker.object(coroutine));
        let (grey, buffers) = marker.finish();
        self.grey = grey;

        // SAFETY: marking is complete, and nothing was swept yet.
        unsafe {
            self.interned.purge();
            self.shapes.purge();
        }
        let census = self.pages.census(&mut self.reaper);
        let before = self.pace.step();
        self.pace.collected(census, buffers, self.pages.unreaped());
        // What is allocated until the next collection would only be asked for again.
        self.pages.return_chunks(before.max(self.pace.step()));
        self.due = false;
        if let (Some(clock), Some(start)) = (self.clock, start) {
            self.pace.stats.note_pause(clock().saturating_sub(start));
        }
        #[cfg(feature = "verify")]
        self.verify_or_die();
    }
}
