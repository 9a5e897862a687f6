//! `aio`: an interpreter for an async language that reads like Python.
//!
//! The rooms and what each may import are listed in ARCHITECTURE.md and checked by `tests/layers.rs`.

pub mod builtins;
pub mod bytecode;
#[cfg(feature = "cli")]
pub mod cli;
pub mod compile;
pub mod diagnostics;
pub mod event_loop;
pub mod heap;
pub mod interpreter;
pub mod lint;
pub mod modules;
pub mod native;
pub mod objects;
#[cfg(feature = "cli")]
pub mod repl;
pub mod resolve;
pub mod source;
pub mod syntax;
pub mod text;
pub mod vm;
