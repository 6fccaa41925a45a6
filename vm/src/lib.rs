//! The Co virtual machine: from a resolved tree to running tasks.

pub mod value;
pub mod heap;
pub mod bytecode;
pub mod builtins;
pub mod vm;
