//! The one list of builtins: prelude functions, methods of the built-in types, standard modules.
//!
//! A builtin's name, signature, documentation and body stand together. From this list come the [`Prelude`] that `co-lang`
//! checks against, the method tables of the VM, hints, completion and `:doc`.
//!
//! A body is native or written in Co ([`Body::Co`], in `library/*.co`). Natives never re-enter the interpreter: one
//! that would have to call a function of the program (a comparator, `to_str`, `eq`) is written in Co, or hands over to a
//! Co version with [`Vm::tail_call`](crate::vm::Vm::tail_call) once it meets a value that needs it.

use co_lang::resolve::Returns;

use crate::{value::Value, vm::Vm};

/// A function (or constant) that the VM brings along.
pub struct Builtin {
    pub name: &'static str,
    /// `name(param, other = default)`, as shown in hints.
    pub usage: &'static str,
    pub doc: &'static str,
    /// Parameter names in order, for named arguments; the receiver of a method is not among them.
    pub params: &'static [&'static str],
    /// Without the receiver.
    pub min_args: u8,
    /// Without the receiver; `None`: any number.
    pub max_args: Option<u8>,
    pub returns: Returns,
    pub body: Body,
}

/// A native body: the arguments (a method's receiver first; missing optional ones are `Value::UNDEF` up to `max_args`).
pub type Native = fn(&mut Vm, &[Value]) -> Result<Value, Control>;

pub enum Body {
    Native(Native),
    /// An awaitable: the call only binds its arguments; this runs when it is awaited. It gives the result, or registers
    /// the running task's wait and returns `Err(Control::Wait)`.
    Async(Native),
    /// The function of this name in the library written in Co (receiver as first parameter).
    Co(&'static str),
    /// A module's constant.
    Constant(fn(&mut Vm) -> Value),
}

/// Why a native did not return a value. What goes with it lies in the VM (`Vm::raised`, `Vm::tail`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// `Vm::raised` is thrown.
    Throw,
    /// The task waits; its wait record is set.
    Wait,
    /// Go on with the call in `Vm::tail` in place of this one.
    TailCall,
    /// `exit(n)`: the program ends with `Vm::exit_code`.
    Exit,
    /// Let the generator in `Vm::resume` run to its next `yield`, which gets the value there.
    Resume,
    /// Close the generator in `Vm::resume`.
    Close,
    /// Go to the end of the ready queue; the op is completed with nil.
    Yield,
}
