//! `aio`: an interpreter for an async language that reads like Python.
//!
//! The rooms and what each may import are listed in ARCHITECTURE.md and checked by `tests/layers.rs`.

pub mod source;
pub mod diagnostics;
pub mod syntax;
pub mod bytecode;
pub mod compile;
pub mod resolve;
