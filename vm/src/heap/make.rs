//! Making the remaining kinds of objects, and reading them.

use std::cell::Cell;

use super::{Heap, object::*, tail};
use crate::{
    builtins::Builtin,
    bytecode::Proto,
    value::{Gc, Tag, Value},
};

impl Range {
    /// Empty if the step leads away from the end. `step` is not 0.
    fn count(start: i64, end: i64, step: i64, inclusive: bool) -> u64 {
        let (distance, forwards) = if step > 0 {
            (end.checked_sub(start), start < end)
        } else {
            (start.checked_sub(end), end < start)
        };
        if !forwards {
            return (inclusive && start == end) as u64;
        }
        // Where the difference does not fit into an i64 it does into a u64, as it is positive.
        let distance = match distance {
            Some(distance) => distance as u64,
            None => end.abs_diff(start),
        };
        let last = if inclusive { distance } else { distance - 1 };
        (last / step.unsigned_abs()).saturating_add(1)
    }

    pub fn is_inclusive(&self) -> bool {
        self.header.flags.get() & flags::INCLUSIVE != 0
    }

    /// The number at a place below `len`.
    #[inline]
    pub fn at(&self, index: u64) -> i64 {
        debug_assert!(index < self.len);
        // It lies between start and end, so what wraps on the way wraps back.
        self.start.wrapping_add((index as i64).wrapping_mul(self.step))
    }
}

impl Closure {
    #[inline(always)]
    pub fn proto(&self) -> &Proto {
        // SAFETY: `code` keeps it alive and in its place.
        unsafe { &*self.proto }
    }

    #[inline(always)]
    pub fn captures(&self) -> &[Cell<Value>] {
        // SAFETY: `count` values follow the struct.
        unsafe { std::slice::from_raw_parts(tail(self), self.header.count.get() as usize) }
    }
}

impl Instance {
    #[inline(always)]
    pub fn shape_id(&self) -> u32 {
        self.header.aux.get()
    }

    #[inline(always)]
    pub fn fields(&self) -> &[Cell<Value>] {
        // SAFETY: `count` values follow the struct.
        unsafe { std::slice::from_raw_parts(tail(self), self.header.count.get() as usize) }
    }
}

impl Coroutine {
    #[inline(always)]
    pub fn args(&self) -> &[Value] {
        // SAFETY: `count` values follow the struct.
        unsafe { std::slice::from_raw_parts(tail(self), self.header.count.get() as usize) }
    }
}

impl ErrorObject {
    /// The text of its kind; empty if a program has put in something else.
    pub fn kind_text(&self) -> String {
        self.kind.get().as_text().unwrap_or_default().to_string()
    }

    /// What is known of the way to where it was thrown; empty before the first throw.
    pub fn with_trace<R>(&self, look: impl FnOnce(&mut Trace) -> R) -> R {
        let mut trace = self.trace.take().unwrap_or_default();
        let result = look(&mut trace);
        self.trace.set(Some(trace));
        result
    }

    pub fn is_traced(&self) -> bool {
        !self.trace_frames().is_empty()
    }

    /// The frames known so far, for as long as the trace is not changed.
    pub(super) fn trace_frames(&self) -> &[TraceFrame] {
        self.known_trace().map_or(&[], |trace| &trace.frames)
    }

    /// Where the coroutine that the error is about was made, for as long as the trace is not changed.
    pub(super) fn origin(&self) -> Option<&TraceFrame> {
        self.known_trace()?.origin.as_ref()
    }

    fn known_trace(&self) -> Option<&Trace> {
        // SAFETY: nobody holds a reference into the cell, as `with_trace` takes the content out.
        unsafe { &*self.trace.as_ptr() }.as_deref()
    }

    /// Advice that is shown with the error.
    pub fn set_help(&self, help: String) {
        self.with_trace(|trace| trace.help = Some(help));
    }
}

impl Heap {
    /// `step` is not 0.
    pub fn range(&mut self, start: i64, end: i64, step: i64, inclusive: bool) -> Gc<Range> {
        debug_assert!(step != 0);
        let flags = if inclusive { flags::INCLUSIVE } else { 0 };
        let len = Range::count(start, end, step, inclusive);
        self.place(Range { header: Header::new(Tag::RANGE, flags), start, end, step, len })
    }

    #[inline]
    pub fn closure(&mut self, code: Gc<ProtoObject>, captures: &[Value]) -> Gc<Closure> {
        let proto = &raw const *code.proto;
        let header = Header::with_count(Tag::CLOSURE, captures.len(), 0);
        self.place_with_values(Closure { header, proto, code }, captures)
    }

    pub fn native(&mut self, builtin: &'static Builtin) -> Gc<NativeFn> {
        self.place(NativeFn { header: Header::new(Tag::NATIVE, 0), builtin })
    }

    pub fn bound(&mut self, receiver: Value, method: Value) -> Gc<Bound> {
        self.place(Bound { header: Header::new(Tag::BOUND, 0), receiver, method })
    }

    pub(super) fn new_struct_type(&mut self, shape: u32) -> Gc<StructType> {
        let header = Header::new(Tag::STRUCT, 0);
        self.place(StructType { header, shape, constructor: Cell::new(Value::NIL) })
    }

    /// As many fields as the shape has.
    #[inline]
    pub fn instance(&mut self, shape: u32, fields: &[Value]) -> Gc<Instance> {
        let header = Header::with_count(Tag::INSTANCE, fields.len(), shape);
        self.place_with_values(Instance { header }, fields)
    }

    pub fn module(&mut self, id: u32) -> Gc<Module> {
        self.place(Module { header: Header::new(Tag::MODULE, 0), id })
    }

    /// A call that has not begun. Until its state changes the heap watches it, see [`Heap::take_lost_coroutines`].
    pub fn coroutine(
        &mut self,
        callee: Value,
        args: &[Value],
        made_by: Value,
        made_at: u32,
    ) -> Gc<Coroutine> {
        let header = Header::with_count(Tag::COROUTINE, args.len(), 0);
        let serial = self.next_coroutine;
        self.next_coroutine = serial.wrapping_add(1);
        let state = Cell::new(CoroutineState::Fresh);
        let coroutine = self.place_with_values(
            Coroutine { header, state, named: Cell::new(false), serial, callee, made_by, made_at },
            args,
        );
        self.fresh_coroutines.push(coroutine);
        coroutine
    }

    /// Coroutines that no collection since the last call has reached and that were never used, in order of
    /// making. They stay alive until the next collection.
    pub fn take_lost_coroutines(&mut self) -> Vec<Gc<Coroutine>> {
        let mut lost = std::mem::take(&mut self.lost);
        lost.sort_by_key(|coroutine| coroutine.serial);
        lost
    }

    /// At a program's end: every coroutine that was never used, in order of making.
    pub fn take_unused_coroutines(&mut self) -> Vec<Gc<Coroutine>> {
        let mut unused = std::mem::take(&mut self.lost);
        unused.append(&mut self.fresh_coroutines);
        unused.retain(|coroutine| coroutine.state.get() == CoroutineState::Fresh);
        unused.sort_by_key(|coroutine| coroutine.serial);
        unused
    }

    #[inline]
    pub fn cell(&mut self, value: Value) -> Gc<CellObject> {
        self.place(CellObject { header: Header::new(Tag::CELL, 0), value: Cell::new(value) })
    }

    pub fn proto(&mut self, mut proto: Proto) -> Gc<ProtoObject> {
        proto.seal();
        let header = Header::new(Tag::PROTO, flags::HAS_DROP);
        self.place(ProtoObject { header, proto: Box::new(proto), unit: self.unit.clone() })
    }

    /// An error without data, cause and trace.
    pub fn error(&mut self, kind: &str, message: &str) -> Gc<ErrorObject> {
        let kind = self.intern(kind);
        let message = self.str(message);
        self.place(ErrorObject {
            header: Header::new(Tag::ERROR, flags::HAS_DROP),
            kind: Cell::new(kind.into()),
            message: Cell::new(message.into()),
            data: Cell::new(Value::NIL),
            cause: Cell::new(Value::NIL),
            also: Cell::new(Value::NIL),
            trace: Cell::new(None),
            code: Cell::new(None),
        })
    }

    // ---- placing

    #[inline(always)]
    fn place<T: Object>(&mut self, object: T) -> Gc<T> {
        let pointer = self.alloc::<T>();
        // SAFETY: the memory is fresh and has the type's size.
        unsafe {
            pointer.write(object);
            Gc::from_ptr(pointer)
        }
    }

    #[inline(always)]
    fn place_with_values<T: Object>(&mut self, object: T, values: &[Value]) -> Gc<T> {
        let pointer = self.alloc_sized(size_of::<T>() + size_of_val(values), false).cast::<T>();
        // SAFETY: the memory is fresh and has room for both.
        unsafe {
            pointer.write(object);
            pointer.add(1).cast::<Value>().copy_from_nonoverlapping(values.as_ptr(), values.len());
            Gc::from_ptr(pointer)
        }
    }
}
