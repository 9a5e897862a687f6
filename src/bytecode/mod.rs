//! Bytecode: what the compiler makes and the VM runs.

pub mod code;
pub mod op;
