//! What holds at a place of the program: a value for each variable and each coroutine, with the branches that lead there.
//!
//! A branch costs what it changes: the changes since a mark are taken back and kept aside, and where branches meet again the kept
//! changes are joined.

use crate::ast::ExprId;

/// Values by slot, with a log of what was overwritten.
pub(super) struct Trail<T> {
    values: Vec<T>,
    log: Vec<(u32, T)>,
}

/// Where a log stood.
#[derive(Clone, Copy)]
pub(super) struct Mark(usize);

/// What a branch has changed, sorted by slot.
pub(super) type Changes<T> = Vec<(u32, T)>;

impl<T: Copy + PartialEq + Default> Trail<T> {
    pub(super) fn new(len: usize) -> Trail<T> {
        Trail { values: vec![T::default(); len], log: Vec::new() }
    }

    pub(super) fn get(&self, slot: u32) -> T {
        self.values.get(slot as usize).copied().unwrap_or_default()
    }

    pub(super) fn set(&mut self, slot: u32, value: T) {
        if slot as usize >= self.values.len() {
            self.values.resize(slot as usize + 1, T::default());
        }
        let old = std::mem::replace(&mut self.values[slot as usize], value);
        if old != value {
            self.log.push((slot, old));
        }
    }

    pub(super) fn mark(&self) -> Mark {
        Mark(self.log.len())
    }

    /// The slots that have changed since the mark, with their values now.
    pub(super) fn changes(&self, mark: Mark) -> Changes<T> {
        let mut slots: Vec<u32> = self.log[mark.0..].iter().map(|(slot, _)| *slot).collect();
        slots.sort_unstable();
        slots.dedup();
        slots.into_iter().map(|slot| (slot, self.values[slot as usize])).collect()
    }

    /// The values that slots had and lost since the mark.
    pub(super) fn overwritten(&self, mark: Mark) -> &[(u32, T)] {
        &self.log[mark.0..]
    }

    /// Goes back to what held at the mark.
    pub(super) fn undo(&mut self, mark: Mark) {
        while self.log.len() > mark.0 {
            if let Some((slot, old)) = self.log.pop() {
                self.values[slot as usize] = old;
            }
        }
    }

    /// Goes on with what holds if one of the branches was taken. Each is what it changed since now.
    pub(super) fn meet(&mut self, branches: &[Changes<T>], mut join: impl FnMut(T, T) -> T) {
        if let [only] = branches {
            only.iter().for_each(|(slot, value)| self.set(*slot, *value));
            return;
        }
        let mut slots: Vec<u32> = branches.iter().flatten().map(|(slot, _)| *slot).collect();
        slots.sort_unstable();
        slots.dedup();
        for slot in slots {
            let base = self.get(slot);
            let of = |branch: &Changes<T>| {
                branch.binary_search_by_key(&slot, |(slot, _)| *slot).map_or(base, |at| branch[at].1)
            };
            let joined = branches.iter().map(of).reduce(&mut join);
            self.set(slot, joined.unwrap_or(base));
        }
    }
}

/// What has become of a coroutine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Usage {
    /// Somebody else may know of it, or it is not one that can be followed.
    #[default]
    Untracked,
    /// One variable or nobody holds it, and nobody has run it.
    Fresh,
    /// As `Fresh`, and several variables hold it.
    Shared,
    /// It was awaited, spawned or given to a combinator there.
    Used(ExprId),
    /// On some of the ways that meet at this depth of conditions.
    Half(ExprId, u32),
    /// In the turn before of the loop around.
    Looped(ExprId),
    /// Perhaps, and nothing can be said.
    Maybe,
}

impl Usage {
    /// `depth` is that of the place where the ways meet.
    pub(super) fn join(self, other: Usage, depth: u32) -> Usage {
        use Usage::*;
        match (self, other) {
            _ if self == other => self,
            (Untracked, _) | (_, Untracked) => Untracked,
            (Fresh, Shared) | (Shared, Fresh) => Shared,
            (Maybe, _) | (_, Maybe) => Maybe,
            (Used(at) | Looped(at), Used(_) | Looped(_)) => Used(at),
            (Used(at) | Half(at, _) | Looped(at), _) | (_, Used(at) | Half(at, _) | Looped(at)) => {
                Half(at, depth)
            }
            (Fresh | Shared, Fresh | Shared) => Shared,
        }
    }

    /// At the head of a loop: `self` before it, `back` from the turn before.
    pub(super) fn join_turn(self, back: Usage) -> Usage {
        use Usage::*;
        match (self, back) {
            _ if self == back => self,
            (Fresh | Shared, Used(at) | Looped(at)) => Looped(at),
            (Looped(at), Used(_) | Looped(_)) => Looped(at),
            (Untracked, _) | (_, Untracked) => Untracked,
            (Fresh | Shared, Fresh | Shared) => Shared,
            (Used(at), Used(_) | Looped(_)) => Used(at),
            _ => Maybe,
        }
    }
}
