//! From text to a syntax tree, or to diagnostics.

pub mod ast;
