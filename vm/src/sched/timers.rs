//! Timers: a hierarchical wheel over whole nanoseconds, whose slots are lists through the waiting nodes themselves.
//!
//! Level `l` sorts by byte `l` of the deadline: a timer lies at the highest byte in which its deadline differs from the
//! wheel's time. When the wheel reaches a slot of a higher level, that slot's timers are dealt out to lower ones, in order and
//! before anything new can be set there. So a slot of level 0 holds exactly one deadline, in the order of setting (R25). Setting
//! and cancelling cost no search and no memory. After Varghese and Lauck, "Hashed and Hierarchical Timing Wheels" (1987).

use super::node::{NodeRef, Waiters};

const LEVELS: usize = 8;
const SLOTS: usize = 256;

struct Level {
    slots: [Waiters; SLOTS],
    /// Slots that are not empty.
    used: [u64; SLOTS / 64],
}

impl Level {
    fn first(&self) -> Option<usize> {
        self.used
            .iter()
            .enumerate()
            .find(|(_, bits)| **bits != 0)
            .map(|(word, bits)| word * 64 + bits.trailing_zeros() as usize)
    }
}

#[derive(Default)]
pub struct Timers {
    /// Made when the first timer is set.
    levels: Option<Box<[Level]>>,
    /// No timer that is set lies before it.
    now_ns: u64,
    len: usize,
}

impl Timers {
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// The node's wait is a timer, with its deadline.
    pub fn set(&mut self, node: NodeRef) {
        self.len += 1;
        self.place(node);
    }

    fn place(&mut self, node: NodeRef) {
        let (level, slot) = self.place_of(node.number_waited_for());
        let levels = self.levels.get_or_insert_with(|| {
            (0..LEVELS)
                .map(|_| Level { slots: [const { Waiters::new() }; SLOTS], used: [0; SLOTS / 64] })
                .collect()
        });
        levels[level].used[slot / 64] |= 1 << (slot % 64);
        levels[level].slots[slot].push(node);
    }

    fn place_of(&self, deadline_ns: u64) -> (usize, usize) {
        let deadline_ns = deadline_ns.max(self.now_ns);
        let level = match deadline_ns ^ self.now_ns {
            0 => 0,
            differing => (63 - differing.leading_zeros() as usize) / 8,
        };
        (level, (deadline_ns >> (8 * level)) as usize % SLOTS)
    }

    pub fn cancel(&mut self, node: NodeRef) {
        // Since it was set the wheel may have moved on, but a timer is always where it would be set now.
        let (level, slot) = self.place_of(node.number_waited_for());
        self.remove(level, slot, node);
    }

    fn remove(&mut self, level: usize, slot: usize, node: NodeRef) {
        let Some(levels) = &mut self.levels else { return };
        self.len -= 1;
        let level = &mut levels[level];
        level.slots[slot].remove(node);
        if level.slots[slot].is_empty() {
            level.used[slot / 64] &= !(1 << (slot % 64));
        }
    }

    /// The slot with the earliest timers, and the time at which it begins.
    fn next_slot(&self) -> Option<(usize, usize, u64)> {
        let levels = self.levels.as_ref()?;
        levels.iter().enumerate().find_map(|(level, state)| {
            let slot = state.first()?;
            let above =
                if level + 1 == LEVELS { 0 } else { self.now_ns >> (8 * (level + 1)) << (8 * (level + 1)) };
            Some((level, slot, above | (slot as u64) << (8 * level)))
        })
    }

    /// No timer is due before this time. It is exact once it has come near.
    pub fn next_look(&self) -> Option<u64> {
        self.next_slot().map(|(_, _, start)| start)
    }

    /// The earliest deadline. The wheel moves there, so nothing may be set before it any more.
    pub fn advance_to_next(&mut self) -> Option<u64> {
        self.advance(u64::MAX).map(|_| self.now_ns)
    }

    /// The same if the deadline is not after `now_ns`.
    pub fn advance_within(&mut self, now_ns: u64) -> Option<u64> {
        self.advance(now_ns).map(|_| self.now_ns)
    }

    /// Takes the timers of the earliest deadline, if it is not after `now_ns`: all that are in `due` are to be fired, in order.
    pub fn pop_due(&mut self, now_ns: u64) -> Option<NodeRef> {
        let slot = self.advance(now_ns)?;
        let node = self.levels.as_ref()?[0].slots[slot].first()?;
        self.remove(0, slot, node);
        Some(node)
    }

    /// The nodes that have the earliest deadline, if it is not after `now_ns`.
    pub fn due(&mut self, now_ns: u64) -> Vec<NodeRef> {
        match (self.advance(now_ns), &self.levels) {
            (Some(slot), Some(levels)) => levels[0].slots[slot].iter().collect(),
            _ => Vec::new(),
        }
    }

    /// Moves to the earliest slot of level 0 that is not after `limit`, else to `limit` if nothing is set before it.
    fn advance(&mut self, limit: u64) -> Option<usize> {
        loop {
            let Some((level, slot, start)) = self.next_slot().filter(|(_, _, start)| *start <= limit) else {
                if limit != u64::MAX {
                    self.now_ns = self.now_ns.max(limit);
                }
                return None;
            };
            self.now_ns = start.max(self.now_ns);
            if level == 0 {
                return Some(slot);
            }
            let Some(levels) = &mut self.levels else { return None };
            let state = &mut levels[level];
            state.used[slot / 64] &= !(1 << (slot % 64));
            let dealt = std::mem::take(&mut state.slots[slot]);
            while let Some(node) = dealt.pop() {
                self.place(node);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::node::{Wait, WaitNode};
    use super::*;

    /// A wheel and a sorted list do the same.
    #[test]
    fn as_a_sorted_list() {
        let nodes: Vec<WaitNode> = (0..2000).map(|number| WaitNode::new(number, false)).collect();
        let mut random = 88172645463325252_u64;
        let mut next = move || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random
        };
        let mut timers = Timers::default();
        let mut model: Vec<(u64, u64, u32)> = Vec::new();
        let (mut now, mut order) = (0, 0);
        let mut free: Vec<usize> = (0..nodes.len()).collect();
        for _ in 0..200_000 {
            match next() % 8 {
                0..=3 if !free.is_empty() => {
                    let index = free.swap_remove(next() as usize % free.len());
                    let range = [1, 3, 300, 70_000, 1 << 33, 1 << 62][next() as usize % 6];
                    let deadline = now + next() % range;
                    nodes[index].set(Wait::Timer, deadline);
                    timers.set(NodeRef::of_free(&nodes[index]));
                    order += 1;
                    model.push((deadline, order, index as u32));
                }
                4 if !model.is_empty() => {
                    let (_, _, index) = model.swap_remove(next() as usize % model.len());
                    timers.cancel(NodeRef::of_free(&nodes[index as usize]));
                    free.push(index as usize);
                }
                _ => {
                    now += next() % [2, 400, 1 << 20, 1 << 34][next() as usize % 4];
                    model.sort();
                    assert!(timers.next_look().is_none_or(|look| look <= model[0].0));
                    let due = model.iter().take_while(|(deadline, ..)| *deadline <= now).count();
                    for (deadline, _, index) in model.drain(..due) {
                        let node = timers.pop_due(now).expect("a timer is due");
                        assert_eq!((node.number_waited_for(), node.number), (deadline, index));
                        free.push(index as usize);
                    }
                    assert!(timers.pop_due(now).is_none());
                    assert_eq!(timers.len(), model.len());
                }
            }
        }
    }
}
