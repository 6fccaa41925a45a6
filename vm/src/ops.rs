//! What values do: arithmetic, comparison, text, access and iteration.
//!
//! Interpreter and builtins share these functions. None of them runs code of the program: where a struct's `eq`, `compare`,
//! `to_str`, `key` or `iter` decides, they say so (`None`), or hand over to the library written in Co
//! ([`Control::TailCall`]), and none recurses over data, so nesting may be as deep as memory allows.

pub mod arith;
pub mod compare;
pub mod convert;
pub mod display;
pub mod show;
pub mod equal;
pub mod float;
pub mod format;
pub mod index;
pub mod iterate;
pub mod sort;
pub mod text;

use co_lang::diagnostic::Code;

use crate::{
    builtins::Control,
    heap::{
        Heap,
        object::{Coroutine, ErrorObject, Instance, TraceFrame, TraceLink},
    },
    value::{Tag, Value},
    vm::Vm,
};

/// The longest `str` or `bytes` that an operation makes, in bytes.
pub const MAX_TEXT: usize = 1 << 30;
/// The longest list that an operation makes at once.
pub const MAX_ITEMS: usize = 1 << 27;

/// The type's name as messages show it: a struct's own name for an instance.
pub fn type_name(heap: &Heap, value: Value) -> &str {
    match value.as_object::<Instance>() {
        Some(instance) => heap.shape(instance.shape_id()).name.as_str(),
        None => value.type_name(),
    }
}

impl Vm {
    /// As [`Vm::throw`] with an advice below the report.
    #[cold]
    pub fn throw_help(&mut self, kind: &str, message: impl AsRef<str>, help: impl Into<String>) -> Control {
        let control = self.throw(kind, message);
        self.hint(help.into());
        control
    }

    /// A coroutine stands where its result was meant.
    #[cold]
    pub fn throw_coroutine(&mut self, message: impl Into<String>, operands: &[Value]) -> Control {
        let control = self.throw_code("TypeError", Code::COROUTINE_AS_VALUE, message.into());
        let help = "the call of an async function gives a coroutine; write `await` before the call to get its result";
        self.hint(help.to_string());
        operands.iter().for_each(|operand| self.name_coroutine(*operand));
        control
    }

    /// The error that was just made is about this value: if it is a coroutine, the report shows where it was made, and no
    /// other report tells of it.
    #[cold]
    pub fn name_coroutine(&mut self, value: Value) {
        let (Some(coroutine), Some(error)) =
            (value.as_object::<Coroutine>(), self.raised.as_object::<ErrorObject>())
        else {
            return;
        };
        coroutine.named.set(true);
        if let Some(code) = coroutine.made_by.as_object() {
            let origin = TraceFrame { code, pc: coroutine.made_at, link: TraceLink::Call };
            error.with_trace(|trace| trace.origin = Some(origin));
        }
    }

    /// `what` needs `wanted`, but got a value of another type: `wrong_type("take(n)", "an int", got)`.
    #[cold]
    pub fn wrong_type(&mut self, what: &str, wanted: &str, got: Value) -> Control {
        let message = format!("{what} needs {wanted}, not {}", type_name(&self.heap, got));
        if got.is(Tag::COROUTINE) {
            return self.throw_coroutine(message, &[got]);
        }
        self.throw("TypeError", message)
    }

    /// Throws `MemoryLimit` if a text of `bytes` bytes cannot be made.
    pub fn check_text(&mut self, bytes: usize) -> Result<(), Control> {
        if bytes > MAX_TEXT {
            return Err(self.too_long("text", "bytes", MAX_TEXT));
        }
        self.check_memory(bytes)
    }

    /// Throws `MemoryLimit` if a list of `items` items cannot be made.
    pub fn check_items(&mut self, items: usize) -> Result<(), Control> {
        if items > MAX_ITEMS {
            return Err(self.too_long("list", "items", MAX_ITEMS));
        }
        self.check_memory(items * size_of::<Value>())
    }

    #[inline]
    fn check_memory(&mut self, bytes: usize) -> Result<(), Control> {
        if self.heap.can_allocate(bytes) {
            return Ok(());
        }
        Err(self.throw("MemoryLimit", format!("there is no memory for {bytes} more bytes")))
    }

    #[cold]
    fn too_long(&mut self, what: &str, unit: &str, most: usize) -> Control {
        self.throw("MemoryLimit", format!("the {what} would have more than {most} {unit}"))
    }

    /// A new `str`, unless it would be too long.
    pub fn new_str(&mut self, text: &str) -> Result<Value, Control> {
        self.check_text(text.len())?;
        Ok(self.heap.str(text).into())
    }
}
