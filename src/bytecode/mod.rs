//! Bytecode: what the compiler makes and the VM runs.
