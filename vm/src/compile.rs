//! The compiler: a resolved tree becomes bytecode, in one walk.
//!
//! A file becomes one async function without parameters, whose code makes the file's functions and structs, runs its imports and
//! then its statements. Everything a name can mean was decided by `co_lang::resolve`; what lies outside of the file (slots of
//! globals, builtins, other modules) is asked of a [`Linker`].
//!
//! Registers are handed out like a stack: parameters first, then locals, each in one register as long as its block is open, then
//! temporaries. An expression is compiled into a [`Dest`]. A local is used as an operand where it is; that is wrong only if a later
//! operand assigns it, which [`Compiler::may_assign`] tells. A jump out of blocks goes through [`cleanup`].

mod assertion;
mod assign;
mod chain;
mod cleanup;
mod condition;
mod emit;
mod expr;
mod function;
mod literal;
mod loops;
mod operator;
mod pattern;
mod stmt;
mod tasks;
#[cfg(test)]
mod tests;
mod variable;

use co_lang::{
    ast::{Ast, ExprId, ExprKind, ImportId, StmtId, StmtKind, Symbol, Target},
    diagnostic::{Code, Diagnostic},
    resolve::{GlobalId, GlobalKind, Owner, PreludeId, Res, Resolution},
    source::{SourceId, Span},
};
use rustc_hash::FxHashSet;

use crate::{
    bytecode::{Op, ProtoFlags, verify::verify},
    heap::{Heap, object::ProtoObject},
    value::{Gc, Value},
};
use emit::{Assembler, Head, Reg};

/// What is compiled: one file, or one line at the REPL.
#[derive(Clone, Copy)]
pub struct Unit<'a> {
    pub source: SourceId,
    /// The text that the tree was made of; failing asserts show parts of it.
    pub text: &'a str,
    pub ast: &'a Ast,
    pub resolution: &'a Resolution,
    pub role: Role,
    /// The name of the function that the unit becomes: `main`, or the module's.
    pub name: &'a str,
    /// The function returns the value of the last statement (REPL, `-e`), not `nil`.
    pub gives_value: bool,
    /// `test` blocks are compiled and handed to [`Linker::test`]; else they are left out.
    pub with_tests: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Nobody sees its globals: those that no function uses live in registers.
    Script,
    Module,
    Repl,
    /// A part of the standard library: its functions are left out of traces.
    Library,
}

/// The world outside of the unit.
pub trait Linker {
    /// The slot of a global of the unit among all globals of the VM.
    fn global_slot(&mut self, global: GlobalId) -> u32;
    /// A builtin: a native function, a function of the library, a constant.
    fn prelude(&mut self, id: PreludeId) -> Value;
    fn import(&mut self, id: ImportId) -> ImportedModule;
    /// What an imported module has under a name that is not private.
    fn member(&mut self, id: ImportId, name: &str) -> Option<ImportedMember>;
    /// The function that throws a failed assertion; see [`assertion`] for its parameters.
    fn assert_failed(&mut self) -> Value;
    /// A `test` block, as an async function without parameters or captures.
    fn test(&mut self, _name: &str, _span: Span, _code: Gc<ProtoObject>) {}
}

#[derive(Clone, Copy)]
pub struct ImportedModule {
    /// The number that `IMPORT` runs it by; `None` if there is nothing to run (standard modules).
    pub id: Option<u32>,
    /// The module object.
    pub value: Value,
}

#[derive(Clone, Copy)]
pub enum ImportedMember {
    /// A global of another file, by its slot.
    Slot(u32),
    /// Of a standard module: it never changes.
    Value(Value),
}

/// Compiles a unit that has no errors so far. The function is called without arguments; it is async.
pub fn compile_module(
    heap: &mut Heap,
    unit: Unit<'_>,
    link: &mut dyn Linker,
) -> Result<Gc<ProtoObject>, Vec<Diagnostic>> {
    let mut compiler = Compiler::new(heap, unit, link);
    match compiler.module() {
        Some(main) if compiler.errors.is_empty() => Ok(main),
        _ => Err(compiler.errors),
    }
}

/// Where the value of an expression goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dest {
    /// Nowhere: only the effect is wanted.
    Discard,
    /// To a register that nothing else reads yet; steps on the way may use it, too.
    Fresh(Reg),
    /// To the register of a variable: the last instruction writes it, so that neither the expression nor a handler around it sees
    /// anything but the old value before.
    Var(Reg),
    /// It is what the function returns.
    Return,
}

/// `local_regs` and `global_regs`: not in a register.
const NO_REG: Option<Reg> = None;
/// `slots`: not asked yet.
const UNKNOWN: u32 = u32::MAX;
/// So many globals of a script may live in registers of its main function.
const MAIN_REGISTERS: usize = 200;

struct Compiler<'a> {
    heap: &'a mut Heap,
    link: &'a mut dyn Linker,
    unit: Unit<'a>,
    ast: &'a Ast,
    res: &'a Resolution,
    errors: Vec<Diagnostic>,
    /// The function that is being made.
    asm: Assembler,
    /// Whose names are meant: see [`Res::Local`] and [`Res::Capture`].
    owner: Owner,
    /// The capture that is the function's own closure as its callers know it, if that is not the running one.
    this: Option<u16>,
    /// Loops and clean-up that a jump out of the function's open blocks meets, innermost last.
    exits: Vec<cleanup::Exit>,
    /// Used up assemblers, for the next functions.
    spare: Vec<(Assembler, Vec<cleanup::Exit>)>,
    /// By `LocalId`: the register of each local that is declared.
    local_regs: Vec<Option<Reg>>,
    /// By `LocalId`: its cell is made where the block starts, so it may have no value yet.
    early: Vec<bool>,
    /// `fn` and `struct` statements that are made where their block starts.
    made_early: FxHashSet<StmtId>,
    /// By `LocalId`: something assigns it after its declaration.
    assigned: Vec<bool>,
    /// Where variables are assigned, as sorted positions in the text.
    assign_sites: Vec<u32>,
    /// By `GlobalId`: the register of main for globals that no function uses.
    global_regs: Vec<Option<Reg>>,
    /// By `GlobalId`: the top level's code has passed the declaration.
    global_set: Vec<bool>,
    /// By `GlobalId`.
    slots: Vec<u32>,
    /// By `Symbol`: the interned string.
    strings: Vec<Option<Value>>,
    /// By `PreludeId`.
    prelude: Vec<Option<Value>>,
    /// Nodes of chains that are being compiled from their innermost part outwards.
    spine: Vec<ExprId>,
}

impl<'a> Compiler<'a> {
    fn new(heap: &'a mut Heap, unit: Unit<'a>, link: &'a mut dyn Linker) -> Compiler<'a> {
        let (ast, res) = (unit.ast, unit.resolution);
        let mut early = vec![false; res.locals.len()];
        for local in res.starts.values().flat_map(|start| &start.cells) {
            early[local.0 as usize] = true;
        }
        let mut compiler = Compiler {
            heap,
            link,
            unit,
            ast,
            res,
            errors: Vec::new(),
            asm: Assembler::default(),
            owner: Owner::TopLevel,
            this: None,
            exits: Vec::new(),
            spare: Vec::new(),
            local_regs: vec![NO_REG; res.locals.len()],
            early,
            made_early: res.starts.values().flat_map(|start| start.items.iter().copied()).collect(),
            assigned: vec![false; res.locals.len()],
            assign_sites: Vec::new(),
            global_regs: vec![NO_REG; res.globals.len()],
            global_set: vec![false; res.globals.len()],
            slots: vec![UNKNOWN; res.globals.len()],
            strings: vec![None; ast.names.len()],
            prelude: Vec::new(),
            spine: Vec::new(),
        };
        compiler.note_assignments();
        compiler
    }

    fn note_assignments(&mut self) {
        for assign in &self.ast.assigns {
            self.assign_sites.push(assign.op_span.start);
            self.note_target(assign.target);
        }
        self.assign_sites.sort_unstable();
    }

    fn note_target(&mut self, target: Target) {
        match target {
            Target::Place(place) => {
                if let Res::Local(local) = self.res.name(place) {
                    self.assigned[local.0 as usize] = true;
                }
            }
            Target::List(items) => {
                for item in self.ast.list(items) {
                    deep(|| self.note_target(item.target));
                }
            }
            Target::Discard | Target::Error => {}
        }
    }

    /// Could running the code of this span assign a variable of the running function?
    fn may_assign(&self, span: Span) -> bool {
        let first = self.assign_sites.partition_point(|at| *at < span.start);
        self.assign_sites.get(first).is_some_and(|at| *at < span.end)
    }

    /// The same for an expression that will run after an operand was taken in place.
    fn may_assign_in(&self, later: ExprId) -> bool {
        let later = &self.ast[later];
        match later.kind {
            ExprKind::Name(_) | ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Str(_) | ExprKind::Nil => {
                false
            }
            _ => self.may_assign(later.span),
        }
    }

    // ---- the whole unit

    fn module(&mut self) -> Option<Gc<ProtoObject>> {
        let span = Span::new(0, self.unit.text.len() as u32);
        self.asm.start(span);
        self.imports();
        self.top_level_functions();
        if self.unit.role == Role::Script {
            self.globals_in_registers();
        }
        let dest = if self.unit.gives_value { Dest::Return } else { Dest::Discard };
        let root = self.ast.list(self.ast.root);
        self.statements(root, dest);
        self.asm.op(Op::RETURN_NIL);
        let flags =
            ProtoFlags { is_async: true, hidden: self.unit.role == Role::Library, ..ProtoFlags::default() };
        let head = Head {
            params: 0,
            required: 0,
            flags,
            param_names: Box::default(),
            captures: Box::default(),
            name: self.unit.name.into(),
            source: self.unit.source,
            span,
        };
        self.finish(head)
    }

    /// Ends the function that is being made; `None` if it is too large, which is reported.
    fn finish(&mut self, head: Head) -> Option<Gc<ProtoObject>> {
        let span = head.span;
        let Some(proto) = self.asm.finish(head) else {
            self.errors.push(
                Diagnostic::new(
                    Code::TOO_LARGE,
                    "function is too large",
                    self.unit.source,
                    span,
                    "more variables, constants or code than one function can have",
                )
                .help("divide it into several functions"),
            );
            return None;
        };
        if cfg!(debug_assertions)
            && let Err(wrong) = verify(&proto)
        {
            panic!("the compiler has made invalid code: {wrong}");
        }
        Some(self.heap.proto(proto))
    }

    /// Modules run first, in the order of their imports. Only a REPL's later lines, or other files, look for the imported names
    /// in globals; the unit itself knows what they are.
    fn imports(&mut self) {
        for stmt in self.ast.list(self.ast.root) {
            let StmtKind::Import(id) = self.ast[*stmt].kind else { continue };
            let module = self.link.import(id);
            if let Some(number) = module.id {
                self.asm.at(self.ast[*stmt].span);
                // The call area.
                let mark = self.asm.mark();
                let area = self.asm.temps(3);
                self.asm.op_wide(Op::IMPORT, area, number);
                self.asm.release(mark);
            }
        }
        if matches!(self.unit.role, Role::Script | Role::Library) {
            return;
        }
        for (index, global) in self.res.globals.iter().enumerate() {
            let id = GlobalId(index as u32);
            let mark = self.asm.mark();
            match global.kind {
                GlobalKind::Module(import) => {
                    let value = self.link.import(import).value;
                    let reg = self.asm.temp();
                    self.asm.op_constant(Op::LOAD_K, reg, value);
                    self.set_global(id, reg);
                }
                GlobalKind::Member(import, item) => {
                    let reg = self.asm.temp();
                    self.load_import_item(import, item, reg, global.span);
                    self.set_global(id, reg);
                }
                _ => {}
            }
            self.asm.release(mark);
        }
    }

    /// Before the first statement: all functions, then all structs.
    fn top_level_functions(&mut self) {
        let root = self.ast.list(self.ast.root);
        for stmt in root {
            if let StmtKind::Fn(id) = self.ast[*stmt].kind {
                self.fn_statement(id);
            }
        }
        for stmt in root {
            if let StmtKind::Struct(id) = self.ast[*stmt].kind {
                self.struct_statement(id);
            }
        }
    }

    /// A script's globals that no function uses become registers of its main function, if nothing reads them before they are
    /// declared (globals of the VM have the mark of no value by then, registers do not).
    fn globals_in_registers(&mut self) {
        let mut fits: Vec<bool> = self
            .res
            .globals
            .iter()
            .map(|global| {
                matches!(global.kind, GlobalKind::Let | GlobalKind::Var) && !global.used_in_functions
            })
            .collect();
        for (expr, res) in self.ast.exprs.iter().zip(&self.res.names) {
            if let Some(Res::Global(id)) = res {
                let declared = self.res.global(*id).span;
                fits[id.0 as usize] &= expr.span.start >= declared.start;
            }
        }
        for (index, _) in fits.iter().enumerate().filter(|(_, fits)| **fits).take(MAIN_REGISTERS) {
            self.global_regs[index] = Some(self.asm.temp());
        }
    }

    // ---- functions within functions

    /// Begins another function; the one around goes on with [`Compiler::leave`].
    fn enter(&mut self, owner: Owner, span: Span) -> Outer {
        let (mut asm, exits) = self.spare.pop().unwrap_or_default();
        asm.start(span);
        Outer {
            asm: std::mem::replace(&mut self.asm, asm),
            exits: std::mem::replace(&mut self.exits, exits),
            owner: std::mem::replace(&mut self.owner, owner),
            this: self.this.take(),
        }
    }

    fn leave(&mut self, outer: Outer) {
        let asm = std::mem::replace(&mut self.asm, outer.asm);
        let mut exits = std::mem::replace(&mut self.exits, outer.exits);
        exits.clear();
        self.spare.push((asm, exits));
        self.owner = outer.owner;
        self.this = outer.this;
    }

    // ---- strings

    /// A name or literal as an interned string.
    fn string(&mut self, symbol: Symbol) -> Value {
        if let Some(known) = self.strings[symbol.index()] {
            return known;
        }
        let value = self.heap.intern(self.ast.name(symbol)).into();
        self.strings[symbol.index()] = Some(value);
        value
    }

    fn text(&mut self, text: &str) -> Value {
        self.heap.intern(text).into()
    }

    /// The constant operand of ops that take a name.
    fn name_operand(&mut self, symbol: Symbol) -> u16 {
        let value = self.string(symbol);
        self.asm.name(value)
    }
}

/// The state of the function around, see [`Compiler::enter`].
struct Outer {
    asm: Assembler,
    exits: Vec<cleanup::Exit>,
    owner: Owner,
    this: Option<u16>,
}

/// Trees may be deep (`a + b + …` 100,000 times); the native stack grows where it is needed.
fn deep<R>(work: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(RED_ZONE, SEGMENT, work)
}

const RED_ZONE: usize = 128 << 10;
const SEGMENT: usize = 2 << 20;
