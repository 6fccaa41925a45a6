//! The layout of every heap object.
//!
//! Each object begins with an 8-byte [`Header`]. Objects never move. What a program can change is in `Cell`s, and every store
//! of a value into an object goes through [`crate::heap::Heap::store`] (or a method built on it), because objects are marked while the
//! program runs. Rust data that needs dropping (`HAS_DROP`) is dropped by the sweeper.

use std::cell::Cell;

use crate::{
    bytecode::Proto,
    value::{Gc, Tag, Value},
};

/// The first word of every object.
#[repr(C)]
pub struct Header {
    /// The number of the object's [`Tag`].
    pub kind: u8,
    pub flags: Cell<u8>,
    /// Number of inline values, where there are any; a task's flags.
    pub count: Cell<u16>,
    /// Shape id of an instance; cached hash of a str or bytes (0: not computed yet); slots of a list's buffer before the first item;
    /// the word at which a task was spawned; the position in a map that was found last.
    pub aux: Cell<u32>,
}

pub mod flags {
    /// The sweeper must drop the object's Rust data.
    pub const HAS_DROP: u8 = 1;
    /// Str: every character is one byte.
    pub const ASCII: u8 = 2;
    /// Str: it is the only one with its text among the interned, so equality of interned strings is identity.
    pub const INTERNED: u8 = 4;
    /// Generator: as [`crate::heap::Heap::parity`] was when it was looked at last.
    pub const REACHED: u8 = 32;
    /// Error: it is in another one's `also`.
    pub const HUNG: u8 = 16;
    /// Range: the end belongs to it (for printing; iteration uses the normalised fields).
    pub const INCLUSIVE: u8 = 8;
}

/// Types that live on the heap. Implemented here only: the header must be the first field.
pub trait Object: Sized {
    const TAG: Tag;
    #[inline(always)]
    fn is_tag(tag: Tag) -> bool {
        tag == Self::TAG
    }
    #[inline(always)]
    fn tag(&self) -> Tag {
        Self::TAG
    }
}

macro_rules! objects {
    ($($name:ident = $tag:ident),* $(,)?) => {$(
        impl Object for $name {
            const TAG: Tag = Tag::$tag;
        }
    )*};
}

objects! {
    Str = STR, Bytes = BYTES, List = LIST, Map = MAP, Set = SET, Range = RANGE, Closure = CLOSURE, NativeFn = NATIVE, Bound = BOUND,
    StructType = STRUCT, Instance = INSTANCE, Module = MODULE, Coroutine = COROUTINE, ErrorObject = ERROR, CellObject = CELL,
    ProtoObject = PROTO,
}

/// UTF-8 text; the bytes follow the struct.
#[repr(C)]
pub struct Str {
    pub header: Header,
    /// In bytes.
    pub len: u32,
    /// In characters.
    pub chars: u32,
}

/// A byte string; the bytes follow the struct.
#[repr(C)]
pub struct Bytes {
    pub header: Header,
    pub len: u64,
}

/// A growable list; the buffer is accounted to the heap.
#[repr(C)]
pub struct List {
    pub header: Header,
    pub items: Cell<*mut Value>,
    pub len: Cell<u32>,
    pub capacity: Cell<u32>,
}

/// An insertion-ordered map (see `heap::map`).
#[repr(C)]
pub struct Map {
    pub header: Header,
    pub table: crate::heap::table::Table<2>,
}

/// A set is a map without values.
#[repr(C)]
pub struct Set {
    pub header: Header,
    pub table: crate::heap::table::Table<1>,
}

/// `start`, `start + step` … `count` numbers.
#[repr(C)]
pub struct Range {
    pub header: Header,
    pub start: i64,
    /// As written: exclusive, or inclusive with the flag `INCLUSIVE`.
    pub end: i64,
    /// Not 0.
    pub step: i64,
    /// How many numbers it has.
    pub len: u64,
}

/// A function of the program with what it captured; `header.count` values (or cells) follow the struct.
#[repr(C)]
pub struct Closure {
    pub header: Header,
    pub proto: *const Proto,
    /// Owns `proto`.
    pub code: Gc<ProtoObject>,
}

/// A builtin function as a value.
#[repr(C)]
pub struct NativeFn {
    pub header: Header,
    pub builtin: &'static crate::builtins::Builtin,
}

/// A method with its receiver: `let f = x.push`.
#[repr(C)]
pub struct Bound {
    pub header: Header,
    pub receiver: Value,
    /// A closure or native function that takes the receiver first.
    pub method: Value,
}

/// The type that a `struct` declaration makes.
#[repr(C)]
pub struct StructType {
    pub header: Header,
    /// Index into the heap's shapes; never used again for another type.
    pub shape: u32,
    /// The closure that binds and evaluates the fields.
    pub constructor: Cell<Value>,
}

/// A value of a struct type: `header.aux` is the shape, `header.count` fields follow the struct.
#[repr(C)]
pub struct Instance {
    pub header: Header,
}

/// An imported file or a standard module.
#[repr(C)]
pub struct Module {
    pub header: Header,
    /// Index into the VM's modules.
    pub id: u32,
}

/// A call of an async function that has not begun: `header.count` bound arguments follow the struct.
#[repr(C)]
pub struct Coroutine {
    pub header: Header,
    pub state: Cell<CoroutineState>,
    /// An error has told of it, so that no second report comes at the end (R30).
    pub named: Cell<bool>,
    /// Order of making, for reports (R20).
    pub serial: u32,
    /// A closure of an async function or an async builtin.
    pub callee: Value,
    /// Where it was made: the function and the word index in its code.
    pub made_by: Value,
    pub made_at: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CoroutineState {
    Fresh,
    /// Awaited or spawned already (E0305).
    Used,
    /// Taken over by a combinator or select that did not need it: no report.
    Dropped,
}

/// A captured variable that may change.
#[repr(C)]
pub struct CellObject {
    pub header: Header,
    pub value: Cell<Value>,
}

/// A function's code.
#[repr(C)]
pub struct ProtoObject {
    pub header: Header,
    pub proto: Box<Proto>,
    /// Tells a REPL whether code of a line is still alive.
    pub unit: Option<std::sync::Arc<()>>,
}

/// An error value.
#[repr(C)]
pub struct ErrorObject {
    pub header: Header,
    /// A str.
    pub kind: Cell<Value>,
    pub message: Cell<Value>,
    pub data: Cell<Value>,
    pub cause: Cell<Value>,
    /// A list, or nil while it is empty.
    pub also: Cell<Value>,
    /// Filled when it is thrown first.
    pub trace: Cell<Option<Box<Trace>>>,
    /// The diagnostic's code if it is more special than the kind's (`E0305`).
    pub code: Cell<Option<co_lang::diagnostic::Code>>,
}

/// Where an error was thrown and how control had come there.
#[derive(Default, Clone)]
pub struct Trace {
    /// Innermost first.
    pub frames: Vec<TraceFrame>,
    /// Frames left out in the middle, and before which one.
    pub omitted: Option<(usize, usize)>,
    pub help: Option<String>,
    /// Where the coroutine that the error is about was made.
    pub origin: Option<TraceFrame>,
}

/// One frame: cheap to record, because most errors are caught and their traces never shown.
#[derive(Clone, Copy)]
pub struct TraceFrame {
    pub code: Gc<ProtoObject>,
    /// Word index of the op in the function's code.
    pub pc: u32,
    pub link: TraceLink,
}

/// How a frame was entered from the next one in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceLink {
    Call,
    /// The next frame awaited this task.
    Awaited,
    /// The next frame is where this task was spawned.
    Spawned,
}
