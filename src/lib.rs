//! `aio`: an interpreter for an async language that reads like Python.
//!
//! The rooms and what each may import are listed in ARCHITECTURE.md and checked by `tests/layers.rs`.

pub mod source;
pub mod text;
pub mod diagnostics;
pub mod syntax;
pub mod resolve;
pub mod bytecode;
pub mod compile;
pub mod heap;
pub mod objects;
pub mod native;
pub mod vm;
pub mod event_loop;
pub mod builtins;
pub mod modules;
pub mod interpreter;
#[cfg(feature = "cli")]
pub mod cli;
