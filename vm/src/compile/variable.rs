//! Variables: where each lives, and the instructions that read, write and declare it.

use co_lang::{
    ast::{ExprId, ExprKind, ImportId, Symbol},
    resolve::{Binding, BuiltinType, CaptureFrom, GlobalId, GlobalKind, LocalId, Owner, PreludeId, Res},
    source::Span,
};

use super::{Compiler, ImportedMember, Reg, UNKNOWN};
use crate::{
    bytecode::{CaptureSource, Op, SLOT},
    value::Value,
};

/// Where a name's value is found.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Reg(Reg),
    /// A register that holds the cell; `early`: the cell may be empty.
    Cell {
        reg: Reg,
        early: bool,
    },
    Capture(u16),
    CaptureCell(u16),
    /// The running function.
    This,
    /// `set`: it has a value for certain.
    Global {
        slot: u32,
        set: bool,
    },
    /// It never changes.
    Constant(Value),
    /// Resolved to nothing; an earlier stage has reported it.
    Nowhere,
}

impl Compiler<'_> {
    /// What a `Name` expression means.
    pub(super) fn place(&mut self, name: ExprId) -> Place {
        match self.res.name(name) {
            Res::Local(id) => self.local_place(id),
            Res::Capture(index) => {
                let capture = match self.owner {
                    Owner::Function(id) => self.res.function(id).captures.get(index as usize),
                    Owner::Defaults(id) => self.res.structure(id).captures.get(index as usize),
                    Owner::TopLevel => None,
                };
                let is_cell = capture.is_some_and(|capture| capture.cell);
                let index = self.capture_number(index);
                if is_cell { Place::CaptureCell(index) } else { Place::Capture(index) }
            }
            Res::This => self.this.map_or(Place::This, Place::Capture),
            Res::Global(id) => self.global_place(id),
            Res::Prelude(id) => Place::Constant(self.prelude(id)),
            Res::Type(ty) => Place::Constant(self.type_constant(ty)),
            Res::Unresolved => Place::Nowhere,
        }
    }

    fn local_place(&mut self, id: LocalId) -> Place {
        let Some(reg) = self.local_regs[id.0 as usize] else { return Place::Nowhere };
        match self.res.local(id).cell {
            true => Place::Cell { reg, early: self.early[id.0 as usize] },
            false => Place::Reg(reg),
        }
    }

    fn global_place(&mut self, id: GlobalId) -> Place {
        if let Some(reg) = self.global_regs[id.0 as usize] {
            return Place::Reg(reg);
        }
        let global = self.res.global(id);
        match global.kind {
            GlobalKind::Module(import) => Place::Constant(self.link.import(import).value),
            GlobalKind::Member(import, item) => self.import_item(import, item),
            GlobalKind::Fn(_) | GlobalKind::Struct(_) => Place::Global { slot: self.slot(id), set: true },
            GlobalKind::Let | GlobalKind::Var | GlobalKind::Outer(_) => {
                let set = self.owner == Owner::TopLevel && self.global_set[id.0 as usize];
                Place::Global { slot: self.slot(id), set }
            }
        }
    }

    fn import_item(&mut self, import: ImportId, item: u32) -> Place {
        let items = self.ast[import].items.unwrap_or_default();
        let Some(item) = self.ast.list(items).get(item as usize) else { return Place::Nowhere };
        match self.link.member(import, self.ast.name(item.name.name)) {
            Some(ImportedMember::Slot(slot)) => Place::Global { slot, set: true },
            Some(ImportedMember::Value(value)) => Place::Constant(value),
            None => Place::Nowhere,
        }
    }

    pub(super) fn load_import_item(&mut self, import: ImportId, item: u32, to: Reg, span: Span) {
        let place = self.import_item(import, item);
        self.load(place, to, span, None);
    }

    /// What an imported module has under a name, if `object` names one.
    pub(super) fn module_member(&mut self, object: ExprId, name: Symbol) -> Option<Place> {
        let ExprKind::Name(_) = self.ast[object].kind else { return None };
        let Res::Global(id) = self.res.name(object) else { return None };
        let GlobalKind::Module(import) = self.res.global(id).kind else { return None };
        Some(match self.link.member(import, self.ast.name(name))? {
            ImportedMember::Slot(slot) => Place::Global { slot, set: true },
            ImportedMember::Value(value) => Place::Constant(value),
        })
    }

    pub(super) fn slot(&mut self, id: GlobalId) -> u32 {
        let known = self.slots[id.0 as usize];
        if known != UNKNOWN {
            return known;
        }
        let slot = self.link.global_slot(id);
        self.slots[id.0 as usize] = slot;
        slot
    }

    fn prelude(&mut self, id: PreludeId) -> Value {
        let index = id.0 as usize;
        if self.prelude.len() <= index {
            self.prelude.resize(index + 1, None);
        }
        if let Some(known) = self.prelude[index] {
            return known;
        }
        let value = self.link.prelude(id);
        self.prelude[index] = Some(value);
        value
    }

    /// A built-in type as a value is its name, as `type(x)` gives it.
    pub(super) fn type_constant(&mut self, ty: BuiltinType) -> Value {
        let name = BuiltinType::ALL.iter().find(|(_, known)| *known == ty).map_or("", |(name, _)| *name);
        self.text(name)
    }

    /// A struct's constructor has the struct type in front of what its defaults capture.
    pub(super) fn capture_number(&self, index: u16) -> u16 {
        match self.owner {
            Owner::Defaults(_) => index.saturating_add(1),
            _ => index,
        }
    }

    /// The register of a variable that can be used as an operand where it is.
    pub(super) fn in_place(&mut self, expr: ExprId) -> Option<Reg> {
        let expr = self.ast.unparen(expr);
        if !matches!(self.ast[expr].kind, ExprKind::Name(_)) {
            return None;
        }
        match self.res.name(expr) {
            Res::Local(id) if !self.res.local(id).cell => self.local_regs[id.0 as usize],
            Res::Global(id) => self.global_regs[id.0 as usize],
            _ => None,
        }
    }

    /// Reads a variable into a register. `name` is for the NameError that the read may throw.
    pub(super) fn load(&mut self, place: Place, to: Reg, span: Span, name: Option<Symbol>) {
        self.asm.at(span);
        let ast = self.ast;
        let name = name.map_or("", |name| ast.name(name));
        match place {
            Place::Reg(reg) => self.asm.move_to(to, reg),
            Place::Cell { reg, early } => {
                if early {
                    self.asm.name_next(name);
                }
                self.asm.op_ab(Op::GET_CELL, to, reg);
            }
            Place::Capture(index) => self.capture_op(Op::GET_CAPTURE, to, index),
            Place::CaptureCell(index) => {
                self.asm.name_next(name);
                self.capture_op(Op::GET_CAPTURE_CELL, to, index);
            }
            Place::This => self.asm.op_a(Op::GET_THIS, to),
            Place::Global { slot, set: true } => self.asm.op_wide(Op::GET_GLOBAL_SET, to, slot),
            Place::Global { slot, set: false } => {
                self.asm.name_next(name);
                self.asm.op_wide(Op::GET_GLOBAL, to, slot);
            }
            Place::Constant(value) => self.load_value(value, to),
            Place::Nowhere => self.asm.op_a(Op::LOAD_NIL, to),
        }
    }

    fn capture_op(&mut self, op: Op, reg: Reg, index: u16) {
        // Captures are as many as registers at most: their operand is scaled likewise.
        let scaled = index as usize * SLOT;
        let operand = self.asm.count(scaled);
        self.asm.raw(op, reg.scaled(), operand, 0);
    }

    pub(super) fn load_value(&mut self, value: Value, to: Reg) {
        if let Some(int) = value.as_int().and_then(|int| i32::try_from(int).ok()) {
            return self.asm.op_wide(Op::LOAD_INT, to, int as u32);
        }
        match value.as_bool() {
            Some(true) => self.asm.op_a(Op::LOAD_TRUE, to),
            Some(false) => self.asm.op_a(Op::LOAD_FALSE, to),
            None if value.is_nil() => self.asm.op_a(Op::LOAD_NIL, to),
            None => self.asm.op_constant(Op::LOAD_K, to, value),
        }
    }

    /// Assigns a variable.
    pub(super) fn store(&mut self, place: Place, from: Reg) {
        match place {
            Place::Reg(reg) => self.asm.move_to(reg, from),
            Place::Cell { reg, .. } => self.asm.op_ab(Op::SET_CELL, reg, from),
            Place::CaptureCell(index) => self.capture_op(Op::SET_CAPTURE_CELL, from, index),
            Place::Global { slot, .. } => self.asm.op_wide(Op::SET_GLOBAL, from, slot),
            // What cannot be assigned has been reported.
            Place::Capture(_) | Place::This | Place::Constant(_) | Place::Nowhere => {}
        }
    }

    pub(super) fn set_global(&mut self, id: GlobalId, from: Reg) {
        let slot = self.slot(id);
        self.asm.op_wide(Op::SET_GLOBAL, from, slot);
    }

    // ---- declarations

    /// Gives a variable that is about to be declared its register, unless it has one.
    pub(super) fn declare(&mut self, binding: Option<Binding>) {
        if let Some(Binding::Local(id)) = binding
            && self.local_regs[id.0 as usize].is_none()
        {
            self.local_regs[id.0 as usize] = Some(self.asm.temp());
        }
    }

    /// The register in which the first value of a declared variable may be computed.
    pub(super) fn binding_reg(&self, binding: Option<Binding>) -> Option<Reg> {
        match binding? {
            Binding::Local(id) if !self.early[id.0 as usize] => self.local_regs[id.0 as usize],
            Binding::Local(_) => None,
            Binding::Global(id) => self.global_regs[id.0 as usize],
        }
    }

    /// Gives a declared variable its first value.
    pub(super) fn initialise(&mut self, binding: Option<Binding>, from: Reg) {
        match binding {
            Some(Binding::Local(id)) => {
                let Some(reg) = self.local_regs[id.0 as usize] else { return };
                if self.early[id.0 as usize] {
                    return self.asm.op_ab(Op::SET_CELL, reg, from);
                }
                self.asm.move_to(reg, from);
                if self.res.local(id).cell {
                    self.asm.op_a(Op::NEW_CELL, reg);
                }
            }
            Some(Binding::Global(id)) => match self.global_regs[id.0 as usize] {
                Some(reg) => self.asm.move_to(reg, from),
                None => {
                    self.set_global(id, from);
                    self.global_set[id.0 as usize] = true;
                }
            },
            None => {}
        }
    }

    /// Declares a variable whose first value is in `from` already; the register itself becomes the variable if nothing else
    /// will change it.
    pub(super) fn declare_at(&mut self, binding: Option<Binding>, from: Reg) {
        if let Some(Binding::Local(id)) = binding
            && !self.early[id.0 as usize]
        {
            self.local_regs[id.0 as usize] = Some(from);
        } else {
            self.declare(binding);
        }
        self.initialise(binding, from);
    }

    // ---- captures

    /// Where a closure that is made here takes a captured variable from.
    pub(super) fn capture_source(&mut self, from: CaptureFrom) -> CaptureSource {
        match from {
            CaptureFrom::Local(id) => match self.local_regs[id.0 as usize] {
                Some(reg) => CaptureSource::Register(reg.number()),
                None => CaptureSource::This,
            },
            CaptureFrom::Capture(index) => CaptureSource::Capture(self.capture_number(index)),
            CaptureFrom::This => self.this.map_or(CaptureSource::This, CaptureSource::Capture),
        }
    }
}
