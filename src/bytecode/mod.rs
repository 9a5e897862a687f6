//! Bytecode: what the compiler makes and the VM runs.

pub mod code;
pub mod disasm;
pub mod fused;
pub mod op;
pub mod verify;
