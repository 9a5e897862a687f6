//! Runs LALRPOP over the grammar.
fn main() {}
