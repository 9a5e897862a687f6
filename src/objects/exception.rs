//! Exceptions and their tracebacks.

use super::code::CodeObject;
use crate::heap::{Gc, Header, Heap, Kind, Value};
use smallvec::SmallVec;

/// An instance of a class derived from `BaseException`. `aux` is the shape, as an instance's; its slots are all in
/// `more` (a list, or the `__dict__`).
#[repr(C)]
pub struct Exception {
    pub header: Header,
    pub more: Value,
    /// A tuple.
    pub args: Value,
    /// An exception or None.
    pub cause: Value,
    /// An exception or None.
    pub context: Value,
    /// A `Traceback` or None.
    pub traceback: Value,
    /// A list of what was set of the attributes that the built-in class adds (`name`, `errno`, ...), or unbound.
    pub fields: Value,
}

crate::object!(Exception, Exception, |this, t| {
    t.values(&[this.more, this.args, this.cause, this.context, this.traceback, this.fields]);
});

const SUPPRESS_CONTEXT: u8 = 1;

impl Exception {
    #[must_use]
    pub fn shape(&self) -> u32 {
        self.header.aux.get()
    }

    #[must_use]
    pub fn suppress_context(&self) -> bool {
        self.header.flags.get() & SUPPRESS_CONTEXT != 0
    }

    pub fn set_suppress_context(&self, on: bool) {
        self.header.flags.set(if on { SUPPRESS_CONTEXT } else { 0 });
    }
}

/// Where an exception passed.
#[derive(Clone, Copy, Debug)]
pub struct TracebackEntry {
    pub code: Gc<CodeObject>,
    /// The op that was running.
    pub pc: u32,
}

/// The frames an exception passed, innermost first: the order in which unwinding meets them. Turned into text only
/// when somebody looks.
#[repr(C)]
pub struct Traceback {
    header: Header,
    pub entries: SmallVec<[TracebackEntry; 2]>,
    /// The tasks that it ended, each with how many entries there were then.
    pub tasks: Vec<(u32, Value)>,
}

const SHARED: u8 = 1;

impl Traceback {
    /// Whether somebody has seen it as it is: what comes then goes to a copy.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.header.flags.get() & SHARED != 0
    }

    pub fn share(&self) {
        self.header.flags.set(SHARED);
    }
}

crate::object!(Traceback, Traceback, |this, t| {
    for e in &this.entries {
        t.gc(e.code);
    }
    for &(_, task) in &this.tasks {
        t.value(task);
    }
});

impl Heap {
    pub fn exception(&mut self, shape: u32, args: Value) -> Gc<Exception> {
        self.alloc(Exception {
            header: Header::new(Kind::Exception).with_aux(shape),
            more: Value::UNBOUND,
            args,
            cause: Value::NONE,
            context: Value::NONE,
            traceback: Value::NONE,
            fields: Value::UNBOUND,
        })
    }

    pub fn traceback(&mut self) -> Gc<Traceback> {
        self.alloc(Traceback {
            header: Header::new(Kind::Traceback),
            entries: SmallVec::new(),
            tasks: Vec::new(),
        })
    }
}
