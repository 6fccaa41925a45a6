//! The Co virtual machine.
