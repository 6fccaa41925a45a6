//! Bytecode: what the compiler makes and the interpreter runs.
//!
//! An instruction is one 64-bit word `op:16 A:16 B:16 C:16` (least significant first), followed by the inline-cache
//! words that its [`Op`] says. `B` and `C` together are also read as one 32-bit operand `BC`.
//!
//! * A register operand is pre-scaled: the byte offset of the slot in the frame, so 16 × its number (at most 4,095).
//! * A constant operand in `B` or `C` is pre-scaled too; in `BC` it is the plain index.
//! * A jump counts words, from the first word behind the whole instruction (behind its cache words).
//!
//! # Frames
//!
//! Frames lie on the fiber's one contiguous stack. A call area is `[callee] [link] [arg 0] [arg 1] …`; the arguments
//! become the callee's registers 0, 1, … where they are. The link word holds the return address and the distance to
//! the caller's base. The result replaces the callee value. So a call that is compiled with its area at register `n`
//! needs `n`, `n + 1` free and its arguments in `n + 2 …`, and finds the result in `n`.

pub mod disasm;
pub mod op;
pub mod verify;

pub use op::Op;

use co_lang::source::{SourceId, Span};

use crate::value::Value;

/// The number of bytes of a slot, by which register operands are scaled.
pub const SLOT: usize = 16;
/// Registers per function; more is a compile error.
pub const MAX_REGISTERS: usize = 4095;

/// One word of code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Word(pub u64);

impl Word {
    pub const fn abc(op: Op, a: u16, b: u16, c: u16) -> Word {
        Word(op as u64 | (a as u64) << 16 | (b as u64) << 32 | (c as u64) << 48)
    }

    pub const fn abx(op: Op, a: u16, bc: u32) -> Word {
        Word(op as u64 | (a as u64) << 16 | (bc as u64) << 32)
    }

    /// The operation of a word in op position.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub fn op(self) -> Op {
        debug_assert!((self.0 as u16 as usize) < Op::ALL.len());
        // SAFETY: words in op position are made by `abc` and `abx` only, from an `Op`.
        unsafe { std::mem::transmute::<u16, Op>(self.0 as u16) }
    }

    pub const fn a(self) -> u16 {
        (self.0 >> 16) as u16
    }

    pub const fn b(self) -> u16 {
        (self.0 >> 32) as u16
    }

    pub const fn c(self) -> u16 {
        (self.0 >> 48) as u16
    }

    pub const fn bc(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// A function's code with everything that does not change between its calls.
pub struct Proto {
    /// Changed in place by the interpreter: specialised ops, inline caches.
    pub code: Box<[Word]>,
    pub constants: Box<[Value]>,
    /// Registers a frame needs, call areas included.
    pub registers: u32,
    /// Declared parameters without a rest parameter.
    pub params: u16,
    /// Parameters without a default; they come first.
    pub required: u16,
    pub flags: ProtoFlags,
    pub param_names: Box<[Value]>,
    pub captures: Box<[CaptureSource]>,
    /// Inner regions first: the first that covers the address is taken.
    pub handlers: Box<[Handler]>,
    /// Where each instruction comes from: sorted by `pc`, valid up to the next entry.
    pub positions: Box<[Position]>,
    /// As shown in traces: `cook`, `Account.deposit`, `lambda`, `main`.
    pub name: Box<str>,
    pub source: SourceId,
    /// Of the whole function.
    pub span: Span,
    /// Names of captured and local variables that a run-time NameError can be about, by word index of the op.
    pub names_at: Box<[(u32, Box<str>)]>,
    /// Derived by [`Proto::seal`], which `Heap::proto` calls.
    pub keys: CallKeys,
}

/// The argument count with which a kind of call may take its fast path; `NEVER` if there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallKeys {
    /// `CALL`, `INVOKE`: a plain function with exactly so many parameters.
    pub call: u32,
    /// `AWAIT_CALL`: an async function with exactly so many parameters.
    pub awaits: u32,
    /// So many positional arguments need no binding.
    pub plain: u32,
}

impl CallKeys {
    pub const NEVER: u32 = u32::MAX;
}

impl Default for CallKeys {
    fn default() -> CallKeys {
        CallKeys { call: CallKeys::NEVER, awaits: CallKeys::NEVER, plain: CallKeys::NEVER }
    }
}

#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct ProtoFlags {
    /// A further parameter collects the remaining arguments: register `params`.
    pub rest: bool,
    pub is_async: bool,
    pub is_generator: bool,
    /// Part of the library written in Co: left out of traces.
    pub hidden: bool,
    /// A struct's constructor: capture 0 is the struct type.
    pub constructor: bool,
    /// Stands in a struct and has `self` as its first parameter.
    pub method: bool,
}

impl Proto {
    /// Fills in what is derived.
    pub fn seal(&mut self) {
        let exact = self.required == self.params && !self.flags.rest;
        let key = |holds: bool| if exact && holds { self.params as u32 } else { CallKeys::NEVER };
        self.keys = CallKeys {
            call: key(!self.flags.is_async && !self.flags.is_generator),
            awaits: key(self.flags.is_async && !self.flags.is_generator),
            plain: key(true),
        };
    }

    /// The place of the instruction that contains word `pc`.
    pub fn span_at(&self, pc: u32) -> Span {
        match self.positions.partition_point(|position| position.pc <= pc) {
            0 => self.span,
            next => self.positions[next - 1].span,
        }
    }
}

/// From where `CLOSURE` takes a captured variable (a value, or the cell that holds it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureSource {
    /// A register of the function that makes the closure (its number, not scaled).
    Register(u16),
    /// One of that function's own captures (its number).
    Capture(u16),
    /// The closure that the function runs.
    This,
}

/// A protected region: words `start..end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    pub start: u32,
    pub end: u32,
    pub target: u32,
    /// Slot (not scaled) that receives what was thrown.
    pub register: u16,
    pub kind: HandlerKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandlerKind {
    /// Entered for errors only; a cancellation passes by.
    Catch,
    /// Entered for whatever unwinds; must end in `RETHROW` of what it received.
    Cleanup,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    pub pc: u32,
    pub span: Span,
}
