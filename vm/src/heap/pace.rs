//! When to collect: after as many bytes as were alive the last time, but 8 MiB at least. And what is told of the heap.

use super::pages::{Census, PAGE_SIZE};

const MIN_STEP: usize = 8 << 20;
/// Near the limit collections would follow each other without end; so much may be allocated in between.
const MIN_STEP_AT_LIMIT: usize = 256 << 10;

/// What a heap has done and holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct HeapStats {
    pub collections: u64,
    /// Since the beginning.
    pub allocated_bytes: u64,
    /// Found alive by the last collection: objects, and their bytes with buffers.
    pub live_objects: usize,
    pub live_bytes: usize,
    /// Allocated since then.
    pub new_bytes: usize,
    /// Taken from the system for pages and large objects, without buffers.
    pub page_bytes: usize,
    /// Time the program stood still, if the heap was given a clock.
    pub pause_total_ns: u64,
    pub pause_max_ns: u64,
}

impl HeapStats {
    pub(super) fn note_pause(&mut self, ns: u64) {
        self.pause_total_ns += ns;
        self.pause_max_ns = self.pause_max_ns.max(ns);
    }
}

/// With so little in use a collection is over in some milliseconds, so the program waits for it.
const AT_ONCE: usize = 16 << 20;
/// Bytes allocated between two steps of a collection.
const BETWEEN_STEPS: usize = 256 << 10;
/// Work for each of them at least. Half a millisecond or so; with it a collection needs about a quarter of what is alive in new memory.
const STEP_WORK: usize = 160_000;

#[derive(Default)]
pub struct Pace {
    /// Bytes since the last collection.
    pub since: usize,
    /// `since` at which something is to be done: collect, or reap a page.
    pub alarm: usize,
    /// `since` at which to collect.
    step: usize,
    /// Bytes between two pages to be reaped.
    reap_step: usize,
    pub limit: Option<usize>,
    pub stats: HeapStats,
}

impl Pace {
    pub fn new() -> Pace {
        let mut pace = Pace::default();
        pace.set_step();
        pace
    }

    pub fn set_limit(&mut self, limit: Option<usize>) {
        self.limit = limit;
        self.set_step();
    }

    fn set_step(&mut self) {
        let live = self.stats.live_bytes;
        self.step = live.max(MIN_STEP);
        if let Some(limit) = self.limit {
            self.step = self.step.min(limit.saturating_sub(live)).max(MIN_STEP_AT_LIMIT);
        }
        self.alarm = self.step;
    }

    /// Bytes in use, garbage that was not collected yet included.
    pub fn in_use(&self) -> usize {
        self.stats.live_bytes + self.since
    }

    /// Bytes from one collection to the next.
    pub fn step(&self) -> usize {
        self.step
    }

    pub fn is_due(&self) -> bool {
        self.since >= self.step
    }

    /// Whether a collection that is due is not to be divided into steps: there is little to do, or no memory for the time until its end.
    pub fn collects_at_once(&self) -> bool {
        self.in_use() < AT_ONCE || self.is_short()
    }

    /// The limit is near.
    pub fn is_short(&self) -> bool {
        self.limit.is_some_and(|limit| self.in_use() + self.step / 2 + 16 * BETWEEN_STEPS > limit)
    }

    /// Work for one step of a collection: the later it is, the more.
    pub fn step_work(&self) -> usize {
        let late = self.since.saturating_sub(self.step) / (self.step / 4).max(1);
        STEP_WORK << late.min(16)
    }

    /// The next step is due after some more bytes.
    pub fn set_step_alarm(&mut self) {
        self.alarm = self.since + BETWEEN_STEPS;
    }

    /// How many pages to reap after so many bytes.
    pub fn pages_to_reap(&self, bytes: usize) -> usize {
        (bytes / self.reap_step.max(1)).clamp(1, 64)
    }

    /// Sets the next alarm, with or without pages that wait to be reaped.
    pub fn set_alarm(&mut self, is_reaping: bool) {
        self.alarm = match is_reaping {
            true => self.step.min(self.since + self.reap_step),
            false if self.is_due() => usize::MAX,
            false => self.step,
        };
    }

    pub fn collected(&mut self, census: Census, buffers: usize, unreaped: usize) {
        let stats = &mut self.stats;
        stats.collections += 1;
        stats.allocated_bytes += self.since as u64;
        stats.live_objects = census.objects;
        stats.live_bytes = census.bytes + buffers;
        self.since = 0;
        self.set_step();
        // All are to be reaped by half of the way, for their buffers are what the next step counts on.
        self.reap_step = (self.step / 2 / (unreaped + 1)).min(PAGE_SIZE);
        self.set_alarm(unreaped > 0);
    }
}
