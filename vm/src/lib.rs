//! The Co virtual machine: from a resolved tree to running tasks.

#![deny(unsafe_code)]

pub mod value;
pub mod heap;
pub mod bytecode;
pub mod compile;
pub mod fiber;
pub mod interp;
pub mod sched;
pub mod builtins;
pub mod library;
pub mod ops;
pub mod std;
pub mod vm;
pub mod report;
pub mod profile;
pub mod inspect;
pub mod host;
pub mod engine;
