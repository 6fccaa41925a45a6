//! Co, from text to a resolved and checked tree.
//!
//! The way of the data, one public function per arrow:
//!
//! ```text
//! Source --lexer::lex--> tokens --parser::parse--> Ast --resolve::resolve--> Resolution --check::check--> diagnostics
//! ```
//!
//! This crate is pure: no I/O, no VM, no clock, and it never panics on any input.

pub mod source;
pub mod token;
pub mod lexer;
pub mod parser;
pub mod ast;
pub mod diagnostic;
pub mod resolve;
pub mod check;
pub mod modules;
mod stack;
#[cfg(test)]
mod testing;
