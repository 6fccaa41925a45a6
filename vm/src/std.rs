//! The standard modules that need nothing but the VM. Their tables are part of the one list of builtins.

pub mod json;
pub mod math;
pub mod random;
pub mod time;
