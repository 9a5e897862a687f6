//! Compiled code as plain data: what the compiler hands to the VM. It knows neither the tree nor the heap.

use super::op::Op;
use crate::source::{SourceId, Span};

/// A constant. The VM makes a value of it when the code is loaded.
#[derive(Clone, Debug, PartialEq)]
pub enum Const {
    None,
    True,
    False,
    Ellipsis,
    Int(i64),
    /// As written, without underscores: decimal, or with its `0x`, `0o`, `0b`, and `-` before it if negative.
    BigInt(Box<str>),
    Float(f64),
    Complex(f64, f64),
    Str(Box<str>),
    Bytes(Box<[u8]>),
    Tuple(Vec<Const>),
    FrozenSet(Vec<Const>),
    Code(Box<Code>),
}

/// What a call of the code makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CodeKind {
    /// Runs at once. Modules and class bodies too.
    #[default]
    Plain,
    Generator,
    Coroutine,
    AsyncGenerator,
}

/// How arguments are bound. Registers from 0 on: the positional parameters, then the keyword-only ones,
/// then `*args`, then `**kwargs`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// How many of `positional` cannot be given by name.
    pub positional_only: u16,
    /// Including the positional-only ones.
    pub positional: u16,
    pub keyword_only: u16,
    pub varargs: bool,
    pub varkw: bool,
}

impl Signature {
    /// How many registers the parameters take.
    #[must_use]
    pub const fn registers(self) -> u16 {
        self.positional + self.keyword_only + self.varargs as u16 + self.varkw as u16
    }
}

/// While an op in `start..end` runs and an exception passes, it is put into `register` and the op at `target` is next.
/// Entries are searched in order: inner ones stand before outer ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handler {
    pub start: u32,
    pub end: u32,
    pub target: u32,
    pub register: u16,
}

/// While an op in `start..end` runs, the exception in `register` is being handled: it is what a bare `raise` in a
/// callee raises again and what a new exception gets as its context. Inner entries stand before outer ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handling {
    pub start: u32,
    pub end: u32,
    pub register: u16,
}

/// The code of a module, function, lambda, class body or generator expression.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Code {
    /// `<module>`, `<lambda>`, `<genexpr>`, or the name in `def` and `class`.
    pub name: Box<str>,
    /// `outer.<locals>.inner`
    pub qualname: Box<str>,
    pub doc: Option<Box<str>>,
    pub source: SourceId,
    /// Of the whole definition, for messages.
    pub span: Span,
    pub kind: CodeKind,
    pub signature: Signature,
    /// How many registers a frame has; every operand is below it (the verifier checks).
    pub registers: u16,
    pub ops: Vec<Op>,
    /// One for each op.
    pub spans: Vec<Span>,
    pub consts: Vec<Const>,
    /// The name that each inline cache looks up.
    pub caches: Vec<Box<str>>,
    pub handlers: Vec<Handler>,
    pub handling: Vec<Handling>,
    /// The names of the first registers: parameters, then the other locals (cells too).
    pub locals: Vec<Box<str>>,
    /// The locals that live in cells (indices of registers); the compiler emits their `MakeCell`.
    pub cells: Vec<u16>,
    /// The names of the closure's cells, in the order of the closure tuple.
    pub free: Vec<Box<str>>,
}
