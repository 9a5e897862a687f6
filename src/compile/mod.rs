//! Ast -> Code.
