//! Timers: a binary heap by deadline, first set first fired at equal deadlines (R25).
//!
//! Cancelling only marks: the task's timer number changes, and an entry with another number is skipped when it comes up.
//! Entries that are dead weight are dropped once they outnumber the living, and before each collection.

use std::{cmp::Reverse, collections::BinaryHeap};

use super::task::Task;
use crate::value::Gc;

struct Entry {
    deadline_ns: u64,
    number: u64,
    task: Gc<Task>,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}
impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.deadline_ns, self.number).cmp(&(other.deadline_ns, other.number))
    }
}

#[derive(Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<Entry>>,
    next_number: u64,
    cancelled: usize,
}

impl Timers {
    pub fn set(&mut self, task: Gc<Task>, deadline_ns: u64) {
        self.next_number += 1;
        task.timer.set(self.next_number);
        self.heap.push(Reverse(Entry { deadline_ns, number: self.next_number, task }));
    }

    pub fn cancel(&mut self, task: Gc<Task>) {
        if task.timer.replace(0) != 0 {
            self.cancelled += 1;
            if self.cancelled > 64 && self.cancelled * 2 > self.heap.len() {
                self.purge();
            }
        }
    }

    /// The earliest deadline.
    pub fn next_deadline(&mut self) -> Option<u64> {
        loop {
            let Reverse(entry) = self.heap.peek()?;
            if entry.task.timer.get() == entry.number {
                return Some(entry.deadline_ns);
            }
            self.heap.pop();
            self.cancelled = self.cancelled.saturating_sub(1);
        }
    }

    /// Takes the next timer that is due.
    pub fn pop_due(&mut self, now_ns: u64) -> Option<(u64, Gc<Task>)> {
        if self.next_deadline()? > now_ns {
            return None;
        }
        let Reverse(entry) = self.heap.pop()?;
        entry.task.timer.set(0);
        Some((entry.deadline_ns, entry.task))
    }

    pub fn purge(&mut self) {
        if self.cancelled > 0 {
            self.heap.retain(|Reverse(entry)| entry.task.timer.get() == entry.number);
            self.cancelled = 0;
        }
    }

    pub fn tasks(&self) -> impl Iterator<Item = Gc<Task>> {
        self.heap.iter().map(|Reverse(entry)| entry.task)
    }
}
