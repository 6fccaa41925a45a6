//! Which locals are visible, and how a nested function gets at those of the functions around it.
//!
//! Lookup is by symbol: one table entry holds the innermost declaration of each name, an undo list restores what a scope
//! has hidden. So a lookup is one load, however deep blocks and functions nest.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Capture, CaptureFrom, FnInfo, Local, LocalId, Owner, Res, StructInfo, walk::Resolver};
use crate::{ast::Symbol, source::Span};

/// No entry, in tables of 32-bit indices.
pub(super) const NONE: u32 = u32::MAX;

/// What a symbol means right now, as indices or [`NONE`].
#[derive(Clone, Copy)]
pub(super) struct Meaning {
    /// The innermost local whose declaration has been passed (or `fn`, `struct` of an open block).
    pub visible: u32,
    /// The innermost local that an open block declares, whether passed or not; the others by [`LocalState::hidden`].
    pub pending: u32,
    pub global: u32,
    pub prelude: u32,
    /// A name of an earlier line at the REPL.
    pub outer: u32,
}

impl Meaning {
    pub(super) const NOTHING: Meaning =
        Meaning { visible: NONE, pending: NONE, global: NONE, prelude: NONE, outer: NONE };
}

/// What is known of a local while its scope is open; parallel to `Resolution::locals`.
pub(super) struct LocalState {
    /// Index in `Resolver::frames` of the function it belongs to.
    pub frame: u32,
    /// Serial number of the scope it is declared in.
    pub scope: u32,
    /// How many loops of its function were open around the declaration.
    loops: u32,
    /// How many `defer` bodies of its function were open around the declaration.
    defers: u32,
    /// The declaration has been passed.
    pub passed: bool,
    assigned: bool,
    /// Serial of the outermost loop inside its scope in which it was last assigned.
    assigned_in_loop: u32,
    /// A `defer` assigns it, so after everything that follows in the text.
    assigned_by_defer: bool,
    /// The next outer entry of [`Meaning::pending`].
    hidden: u32,
    /// Index in `Resolver::blocks` of the block that declares it, or [`NONE`] for parameters and variables of patterns.
    pub block: u32,
    /// Where the `let` or `var` of its statement starts, or [`NONE`].
    pub keyword: u32,
    /// Index in that block's items, if it is a `fn` or `struct`.
    pub item: u32,
    /// It is in [`super::BlockStart::cells`].
    pub early: bool,
}

/// A function whose body is being walked.
pub(super) struct Frame {
    pub owner: Owner,
    /// Serial numbers of the open loops, outermost first.
    pub loops: Vec<u32>,
    pub defers: u32,
    pub is_generator: bool,
    /// The walk is in the default of a parameter.
    pub in_default: bool,
    /// The local that means this very function.
    pub this: Option<LocalId>,
    captures: Vec<Captured>,
    /// Filled when the list gets too long to be searched.
    index: FxHashMap<LocalId, u16>,
    /// Undefined names that were reported in this function.
    pub reported: FxHashSet<Symbol>,
}

struct Captured {
    local: LocalId,
    capture: Capture,
}

/// Above this many captures they are found by hashing.
const SEARCHED: usize = 12;

impl Frame {
    pub(super) fn new(owner: Owner) -> Frame {
        Frame {
            owner,
            loops: Vec::new(),
            defers: 0,
            is_generator: false,
            in_default: false,
            this: None,
            captures: Vec::new(),
            index: FxHashMap::default(),
            reported: FxHashSet::default(),
        }
    }

    fn find(&self, local: LocalId) -> Option<u16> {
        if self.captures.len() > SEARCHED {
            return self.index.get(&local).copied();
        }
        self.captures.iter().position(|captured| captured.local == local).map(|at| at as u16)
    }

    fn add(&mut self, local: LocalId, capture: Capture) -> Option<u16> {
        let at = u16::try_from(self.captures.len()).ok()?;
        self.captures.push(Captured { local, capture });
        if self.captures.len() > SEARCHED {
            if self.index.is_empty() {
                self.index = (0..).zip(&self.captures).map(|(at, captured)| (captured.local, at)).collect();
            }
            self.index.insert(local, at);
        }
        Some(at)
    }
}

/// Restores one entry of the table of meanings.
pub(super) struct Undo {
    symbol: Symbol,
    visible: u32,
    pending: u32,
}

/// What [`Resolver::leave_scope`] needs to restore the scope around.
pub(super) struct Scope {
    undo: usize,
    outer: u32,
}

impl Resolver<'_> {
    pub(super) fn enter_scope(&mut self) -> Scope {
        let outer = self.scope;
        self.scopes_made += 1;
        self.scope = self.scopes_made;
        Scope { undo: self.undo.len(), outer }
    }

    pub(super) fn leave_scope(&mut self, scope: Scope) {
        for undo in self.undo.drain(scope.undo..).rev() {
            let meaning = &mut self.meanings[undo.symbol.index()];
            meaning.visible = undo.visible;
            meaning.pending = undo.pending;
        }
        self.scope = scope.outer;
    }

    pub(super) fn depth(&self) -> u32 {
        self.frames.len() as u32 - 1
    }

    pub(super) fn frame(&mut self) -> &mut Frame {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    /// Makes a local of the current scope. It is not visible yet, see [`Resolver::pass`].
    pub(super) fn make_local(&mut self, name: Symbol, span: Span, mutable: bool) -> LocalId {
        let id = LocalId(self.out.locals.len() as u32);
        let depth = self.depth();
        let frame = self.frame();
        let owner = frame.owner;
        let (loops, defers) = (frame.loops.len() as u32, frame.defers);
        let meaning = self.meanings[name.index()];
        self.states.push(LocalState {
            frame: depth,
            scope: self.scope,
            loops,
            defers,
            passed: false,
            assigned: false,
            assigned_in_loop: NONE,
            assigned_by_defer: false,
            hidden: meaning.pending,
            block: NONE,
            keyword: NONE,
            item: NONE,
            early: false,
        });
        self.out.locals.push(Local { name, span, owner, mutable, captured: false, cell: false });
        self.undo.push(Undo { symbol: name, visible: meaning.visible, pending: meaning.pending });
        self.meanings[name.index()].pending = id.0;
        id
    }

    /// From here on the local is visible.
    pub(super) fn show(&mut self, id: LocalId) {
        let name = self.out.locals[id.0 as usize].name;
        self.meanings[name.index()].visible = id.0;
    }

    /// Its declaration has been carried out.
    pub(super) fn pass(&mut self, id: LocalId) {
        self.show(id);
        self.states[id.0 as usize].passed = true;
    }

    /// The local of the current scope that has this name.
    pub(super) fn in_this_scope(&self, name: Symbol) -> Option<LocalId> {
        let pending = self.meanings[name.index()].pending;
        (pending != NONE && self.states[pending as usize].scope == self.scope).then_some(LocalId(pending))
    }

    /// A local of a function around that is declared further down in a block that is still open.
    pub(super) fn declared_later_around(&self, name: Symbol) -> Option<LocalId> {
        let mut at = self.meanings[name.index()].pending;
        while at != NONE {
            let state = &self.states[at as usize];
            if state.frame < self.depth() {
                return Some(LocalId(at));
            }
            at = state.hidden;
        }
        None
    }

    /// What a name that means this local resolves to in the current function.
    pub(super) fn use_local(&mut self, id: LocalId, span: Span) -> Res {
        self.note_item_use(id);
        let owner = self.states[id.0 as usize].frame;
        if owner == self.depth() {
            return Res::Local(id);
        }
        self.capture(id, owner as usize, span)
    }

    /// Makes sure that every function between the owner's and the current one captures the local.
    fn capture(&mut self, id: LocalId, owner: usize, span: Span) -> Res {
        let current = self.frames.len() - 1;
        if self.frames[current].this == Some(id) {
            return Res::This;
        }
        let mut known = current;
        let mut from = loop {
            if known == owner {
                self.mark_captured(id);
                break CaptureFrom::Local(id);
            }
            if known < current && self.frames[known].this == Some(id) {
                break CaptureFrom::This;
            }
            if let Some(at) = self.frames[known].find(id) {
                break CaptureFrom::Capture(at);
            }
            known -= 1;
        };
        for frame in known + 1..=current {
            let capture = Capture { from, cell: false, name: self.out.locals[id.0 as usize].name };
            let Some(at) = self.frames[frame].add(id, capture) else {
                self.too_many_captures(span);
                return Res::Unresolved;
            };
            from = CaptureFrom::Capture(at);
        }
        match from {
            CaptureFrom::Capture(at) => Res::Capture(at),
            CaptureFrom::Local(id) => Res::Local(id),
            CaptureFrom::This => Res::This,
        }
    }

    /// A function that the local's owner makes here takes the local along: may it take the value?
    fn mark_captured(&mut self, id: LocalId) {
        let state = &self.states[id.0 as usize];
        let loops = &self.frames[state.frame as usize].loops;
        let assigned_again = state.assigned_in_loop != NONE
            && loops.get(state.loops as usize) == Some(&state.assigned_in_loop);
        let early = !state.passed;
        let local = &mut self.out.locals[id.0 as usize];
        local.captured = true;
        local.cell |= early || assigned_again || state.assigned_by_defer;
        if early {
            self.make_cell_early(id);
        }
    }

    /// The local is assigned in the current function.
    pub(super) fn assign_local(&mut self, id: LocalId) {
        let current = self.depth();
        let state = &mut self.states[id.0 as usize];
        let local = &mut self.out.locals[id.0 as usize];
        state.assigned = true;
        if state.frame != current {
            local.cell = true;
            return;
        }
        let frame = &self.frames[current as usize];
        state.assigned_in_loop = frame.loops.get(state.loops as usize).copied().unwrap_or(NONE);
        state.assigned_by_defer |= frame.defers > state.defers;
        local.cell |= local.captured;
    }

    /// An item captures this local earlier than its place in the text says.
    pub(super) fn captured_at_block_start(&mut self, id: LocalId, scope: u32) {
        if self.states[id.0 as usize].scope == scope {
            self.out.locals[id.0 as usize].cell = true;
            self.make_cell_early(id);
        } else if self.states[id.0 as usize].assigned {
            self.out.locals[id.0 as usize].cell = true;
        }
    }

    pub(super) fn enter_frame(&mut self, owner: Owner) {
        self.frames.push(Frame::new(owner));
    }

    /// Writes down what is known of the function that ends here, and gives the locals of the enclosing function that it
    /// captures.
    pub(super) fn leave_frame(&mut self, is_method: bool) -> Vec<LocalId> {
        let Some(frame) = self.frames.pop() else { return Vec::new() };
        let parent = self.frame().owner;
        let captures: Vec<Capture> = frame.captures.iter().map(|captured| captured.capture).collect();
        let from_parent = |captured: &Captured| match captured.capture.from {
            CaptureFrom::Local(id) => Some(id),
            _ => None,
        };
        let taken = frame.captures.iter().filter_map(from_parent).collect();
        if !captures.is_empty() {
            let locals = frame.captures.into_iter().map(|captured| captured.local).collect();
            self.captured.push((frame.owner, locals));
        }
        match frame.owner {
            Owner::Function(id) => {
                let is_generator = frame.is_generator;
                self.out.functions[id.index()] = FnInfo { parent, captures, is_generator, is_method };
            }
            Owner::Defaults(id) => self.out.structs[id.index()] = StructInfo { parent, captures },
            Owner::TopLevel => {}
        }
        taken
    }

    /// Now that every assignment is known: which captures hold cells. A function captured as [`CaptureFrom::This`] never
    /// does, nor do those who get it from there.
    pub(super) fn settle_captures(&mut self) {
        // A function's parent ends after it, so walking backwards settles parents first.
        for (owner, locals) in std::mem::take(&mut self.captured).into_iter().rev() {
            for (at, local) in locals.into_iter().enumerate() {
                let cell = match self.captures(owner)[at].from {
                    CaptureFrom::Local(_) => self.out.locals[local.0 as usize].cell,
                    CaptureFrom::This => false,
                    CaptureFrom::Capture(index) => self.captures(self.parent(owner))[index as usize].cell,
                };
                match owner {
                    Owner::TopLevel => {}
                    Owner::Function(id) => self.out.functions[id.index()].captures[at].cell = cell,
                    Owner::Defaults(id) => self.out.structs[id.index()].captures[at].cell = cell,
                }
            }
        }
    }

    fn parent(&self, owner: Owner) -> Owner {
        match owner {
            Owner::TopLevel => Owner::TopLevel,
            Owner::Function(id) => self.out.functions[id.index()].parent,
            Owner::Defaults(id) => self.out.structs[id.index()].parent,
        }
    }

    fn captures(&self, owner: Owner) -> &[Capture] {
        match owner {
            Owner::TopLevel => &[],
            Owner::Function(id) => &self.out.functions[id.index()].captures,
            Owner::Defaults(id) => &self.out.structs[id.index()].captures,
        }
    }
}
