//! `fn` and `struct` statements inside blocks: visible in the whole block, and made as late as possible.
//!
//! Making them at their own statement lets them take the values of the variables above them. One that may be needed
//! earlier is made where the block starts, and what it captures of the block must then live in cells. "Needed" follows
//! calls: if a line names `a`, and the body of `a` names `b`, that line needs both.

use super::{BlockStart, LocalId, scope::NONE, walk::Resolver};
use crate::ast::{BlockId, StmtId};

/// A block that is being walked.
pub(super) struct OpenBlock {
    id: BlockId,
    scope: u32,
    items: Vec<Item>,
    /// Index of the statement that is being walked.
    pub statement: u32,
    /// The item whose body is being walked, or [`NONE`].
    pub inside: u32,
    /// `(a, b)`: the body of item `a` names item `b`.
    names: Vec<(u32, u32)>,
    cells: Vec<LocalId>,
}

struct Item {
    stmt: StmtId,
    /// Index of its statement in the block.
    at: u32,
    /// The first statement that names it, other items' bodies aside; [`NONE`] if there is none.
    needed: u32,
    /// The locals of the function around that it captures.
    takes: Vec<LocalId>,
}

impl OpenBlock {
    pub(super) fn new(id: BlockId, scope: u32) -> OpenBlock {
        OpenBlock {
            id,
            scope,
            items: Vec::new(),
            statement: 0,
            inside: NONE,
            names: Vec::new(),
            cells: Vec::new(),
        }
    }
}

impl Resolver<'_> {
    /// Declares an item of the innermost open block; it is visible at once.
    pub(super) fn add_item(&mut self, local: LocalId, stmt: StmtId, at: u32) {
        let index = self.blocks.len() - 1;
        let block = &mut self.blocks[index];
        let state = &mut self.states[local.0 as usize];
        state.block = index as u32;
        state.item = block.items.len() as u32;
        block.items.push(Item { stmt, at, needed: NONE, takes: Vec::new() });
        self.show(local);
    }

    /// The walk enters an item's statement.
    pub(super) fn enter_item(&mut self, local: LocalId) {
        let state = &self.states[local.0 as usize];
        if let Some(block) = self.blocks.get_mut(state.block as usize) {
            block.inside = state.item;
        }
    }

    /// The walk leaves an item's statement. `takes` are the locals of the function around that it captures.
    pub(super) fn leave_item(&mut self, local: LocalId, takes: Vec<LocalId>) {
        let state = &self.states[local.0 as usize];
        if let Some(block) = self.blocks.get_mut(state.block as usize) {
            block.inside = NONE;
            if let Some(item) = block.items.get_mut(state.item as usize) {
                item.takes = takes;
            }
        }
        self.pass(local);
    }

    /// If the local is an item of an open block, remembers who names it.
    pub(super) fn note_item_use(&mut self, local: LocalId) {
        let state = &self.states[local.0 as usize];
        if state.item == NONE {
            return;
        }
        let block = &mut self.blocks[state.block as usize];
        if block.inside == NONE {
            let item = &mut block.items[state.item as usize];
            item.needed = item.needed.min(block.statement);
        } else if block.names.last() != Some(&(block.inside, state.item)) {
            block.names.push((block.inside, state.item));
        }
    }

    /// The local is captured before its declaration: the block that declares it makes its cell at the start.
    pub(super) fn make_cell_early(&mut self, local: LocalId) {
        let state = &mut self.states[local.0 as usize];
        if state.early || state.block == NONE {
            return;
        }
        state.early = true;
        self.blocks[state.block as usize].cells.push(local);
    }

    /// At the end of the innermost open block: which of its items must be made at its start.
    pub(super) fn close_block(&mut self) {
        let index = self.blocks.len() - 1;
        let early = self.early_items();
        for item in &early {
            let block = &mut self.blocks[index];
            let (scope, takes) = (block.scope, std::mem::take(&mut block.items[*item].takes));
            for local in takes {
                self.captured_at_block_start(local, scope);
            }
        }
        let Some(block) = self.blocks.pop() else { return };
        if !block.cells.is_empty() || !early.is_empty() {
            let items = early.iter().map(|item| block.items[*item].stmt).collect();
            self.out.starts.insert(block.id, BlockStart { cells: block.cells, items });
        }
    }

    /// Indices of the items that may be needed before their statement, in the order of the text.
    fn early_items(&self) -> Vec<usize> {
        let Some(block) = self.blocks.last() else { return Vec::new() };
        if block.items.iter().all(|item| item.needed == NONE) {
            return Vec::new();
        }
        let mut named = vec![Vec::new(); block.items.len()];
        for (by, item) in &block.names {
            named[*by as usize].push(*item as usize);
        }
        // Whoever needs an item needs what its body names. Going from the earliest need on, the first visit of an item
        // finds its earliest need.
        let mut order: Vec<usize> =
            (0..block.items.len()).filter(|item| block.items[*item].needed != NONE).collect();
        order.sort_by_key(|item| block.items[*item].needed);
        let mut needed = vec![NONE; block.items.len()];
        for start in order {
            let first = block.items[start].needed;
            let mut open = vec![start];
            while let Some(item) = open.pop() {
                if needed[item] == NONE {
                    needed[item] = first;
                    open.extend(&named[item]);
                }
            }
        }
        (0..block.items.len()).filter(|item| needed[*item] < block.items[*item].at).collect()
    }
}
