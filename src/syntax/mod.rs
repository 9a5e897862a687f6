//! From text to a syntax tree, or to diagnostics.
//!
//! `lexer` finds tokens, `layout` adds lines and blocks, `soft` decides which words are keywords here, the generated
//! parser finds the shapes, `build` makes nodes of them; `parser` drives all that and goes on after mistakes.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most matches are about a few of a hundred tokens or nodes"
)]

pub mod ast;
mod build;
pub mod dump;
mod errors;
mod fstring;
mod layout;
mod lexer;
mod misspelt;
mod numbers;
mod parser;
mod soft;
mod strings;
pub mod token;
pub mod visit;

pub use errors::needs_more_input;
pub use lexer::{comments, lex};
pub use parser::parse_module;

/// The parser that LALRPOP makes of `grammar/aio.lalrpop`.
#[allow(
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::restriction,
    unused,
    missing_docs,
    reason = "generated code follows its generator's style"
)]
mod grammar {
    include!(concat!(env!("OUT_DIR"), "/aio.rs"));
}
