//! A collection: it begins, marks in steps between which the program goes on, and finishes.
//!
//! What is freed is what could not be reached **when it began** (a snapshot, as in Yuasa's collector, 1990). Whatever the program
//! does meanwhile, it can get at nothing but what was reachable then and what is new:
//!
//! - New objects are marked from birth and never looked at.
//! - A reference that is overwritten in an object, or taken out of one, is greyed: the program may hold it in a register that was
//!   looked at before ([`Heap::store`], [`Heap::gone`]).
//! - Roots and the running stacks are looked at once, at the beginning, the stack of any other task or generator before it runs or is
//!   written to (the VM sees to that, with [`Heap::parity`] to tell who has been looked at).
//! - An interned string that is found by its text is marked: nothing may have led to it.
//!
//! So the end has no work that depends on what the program did, and every collection ends. Small heaps are collected in one step.

use super::{Heap, Marker, object::CoroutineState, trace::Progress};
use crate::{heap::object::Header, value::Value};

/// A collection that is under way.
pub(super) struct Cycle {
    pub progress: Progress,
    /// Buffers when it began.
    buffers: usize,
}

impl Heap {
    /// Whether a collection is under way.
    #[inline(always)]
    pub fn is_marking(&self) -> bool {
        self.marking
    }

    /// Changes with every collection. Whoever notes it in an object knows next time whether that was in the current one. What is made
    /// gets it as it is at that moment, for new objects are not to be looked at.
    #[inline(always)]
    pub fn parity(&self) -> bool {
        self.parity
    }

    /// Begins a collection: everything that is there is white. The caller marks the roots before anything else happens.
    pub fn begin(&mut self) {
        debug_assert!(!self.marking);
        self.pages.clear_marks();
        self.pages.mark_new();
        self.marking = true;
        self.parity = !self.parity;
        self.cycle.progress.begin(self.shapes.count());
        self.cycle.buffers = self.reaper.buffers.bytes;
        let mut marker = Marker::new(&mut self.cycle.progress, &self.shapes, &self.trace_hooks, self.parity);
        self.short.ascii.iter().flatten().chain(&self.short.empty).for_each(|&text| marker.object(text));
        self.lost.iter().for_each(|&coroutine| marker.object(coroutine));
    }

    /// Goes on with it.
    pub fn mark<R>(&mut self, step: impl FnOnce(&mut Marker) -> R) -> R {
        debug_assert!(self.marking);
        step(&mut Marker::new(&mut self.cycle.progress, &self.shapes, &self.trace_hooks, self.parity))
    }

    /// Gives tasks one by one to `look`, with the marker, until it says no or the walk is over; then the answer is true. What it is given
    /// may be dead, or a free place of kind 0.
    pub fn mark_tasks(
        &mut self,
        cursor: &mut super::TaskCursor,
        mut look: impl FnMut(*mut Header, &mut Marker) -> bool,
    ) -> bool {
        debug_assert!(self.marking);
        let mut marker = Marker::new(&mut self.cycle.progress, &self.shapes, &self.trace_hooks, self.parity);
        while let Some(object) = self.pages.next_near_tasks(cursor) {
            if !look(object, &mut marker) {
                return false;
            }
        }
        true
    }

    /// Ends it: all that is still white is freed. Everything else is marked, but for what the grey objects lead to.
    pub fn finish(&mut self) {
        self.mark(|marker| marker.drain(usize::MAX));
        // Coroutines that nobody has awaited and nobody can any more are kept until they are reported.
        let mut marker = Marker::new(&mut self.cycle.progress, &self.shapes, &self.trace_hooks, self.parity);
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
        marker.drain(usize::MAX);

        // SAFETY: marking is complete, and nothing was swept yet.
        unsafe {
            self.interned.purge();
            self.shapes.purge();
        }
        self.marking = false;
        let census = self.pages.census(&mut self.reaper);
        let before = self.pace.step();
        let buffers =
            self.cycle.progress.buffers() + self.reaper.buffers.bytes.saturating_sub(self.cycle.buffers);
        self.pace.collected(census, buffers, self.pages.unreaped());
        // What is allocated until the next collection would only be asked for again.
        self.pages.return_chunks(before.max(self.pace.step()));
        self.due = false;
        #[cfg(feature = "verify")]
        self.verify_or_die();
    }

    /// The program goes on for a while before the next step.
    pub fn wait_for_next_step(&mut self) {
        self.pace.set_step_alarm();
        self.due = false;
    }

    /// How much the next step may do, as [`Marker::work`] counts.
    pub fn step_work(&self) -> usize {
        if self.collects_at_once() {
            return usize::MAX;
        }
        let more = if cfg!(feature = "gc-stress") { 64 } else { self.pace.step_work() };
        self.cycle.progress.work().saturating_add(more)
    }

    /// Whether a collection is to be over before the program goes on: there is little to mark, or too little memory to wait.
    fn collects_at_once(&self) -> bool {
        if cfg!(feature = "gc-stress") && !self.pace.is_short() {
            // Both ways, in turn.
            return self.parity;
        }
        self.pace.collects_at_once()
    }

    /// Frees everything that cannot be reached from the roots, which the closure marks, at once.
    pub fn collect(&mut self, roots: impl FnOnce(&mut Marker)) {
        let start = self.now();
        self.begin();
        self.mark(|marker| roots(marker));
        self.finish();
        self.note_pause(start);
    }

    /// The time, if the heap was given a clock.
    pub fn now(&self) -> Option<u64> {
        self.clock.map(|clock| clock())
    }

    /// Counts how long the program has stood still since then.
    pub fn note_pause(&mut self, start: Option<u64>) {
        if let (Some(start), Some(end)) = (start, self.now()) {
            self.pace.stats.note_pause(end.saturating_sub(start));
        }
    }

    // ---- what the program changes meanwhile

    /// To be told before a reference is overwritten in an object, or taken out of it.
    #[inline(always)]
    pub fn gone(&mut self, old: Value) {
        if self.marking {
            self.shade(old);
        }
    }

    /// The same for many.
    #[inline(always)]
    pub fn all_gone(&mut self, old: &[Value]) {
        if self.marking {
            old.iter().for_each(|&value| self.shade(value));
        }
    }

    #[cold]
    #[inline(never)]
    fn shade(&mut self, old: Value) {
        if old.is_object() {
            // SAFETY: such a value's payload is an object of this heap, not freed yet.
            unsafe { self.cycle.progress.shade(old.bits as *mut Header) }
        }
    }
}

impl Cycle {
    pub fn new() -> Cycle {
        Cycle { progress: Progress::default(), buffers: 0 }
    }
}
