//! The iterators of built-in types and of the built-in functions that make iterators: one object, many states.

use super::class::Class;
use super::dict::{Dict, Set, ViewKind};
use super::sequence::{List, Tuple};
use super::tool::{Tool, ToolState};
use crate::heap::{CellClass, Gc, Header, Heap, Kind, Str, Value};

pub enum IterState {
    /// Nothing more comes.
    Done,
    List {
        list: Gc<List>,
        at: usize,
    },
    ListReversed {
        list: Gc<List>,
        left: usize,
    },
    Tuple {
        tuple: Gc<Tuple>,
        at: usize,
    },
    /// `at` is a byte offset.
    Str {
        text: Gc<Str>,
        at: usize,
    },
    /// Bytes or bytearray.
    Bytes {
        bytes: Value,
        at: usize,
    },
    /// `left` items from `next` on.
    Range {
        next: i64,
        step: i64,
        left: u64,
    },
    /// A range beyond 63 bits.
    BigRange {
        next: Value,
        step: Value,
        left: Value,
    },
    /// `expected` is the number of entries at the start: a change is an error.
    Dict {
        dict: Gc<Dict>,
        kind: ViewKind,
        at: usize,
        expected: u32,
        /// How many entries it still has to give.
        left: u32,
    },
    DictReversed {
        dict: Gc<Dict>,
        kind: ViewKind,
        at: usize,
        expected: usize,
    },
    Set {
        set: Gc<Set>,
        at: usize,
        expected: usize,
    },
    /// Through `__getitem__` with 0, 1, 2, ... until IndexError.
    Sequence {
        object: Value,
        at: i64,
    },
    /// The same backwards, for `reversed`.
    SequenceReversed {
        object: Value,
        left: i64,
    },
    /// `iter(callable, sentinel)`
    Callable {
        function: Value,
        sentinel: Value,
    },
    Enumerate {
        iter: Value,
        count: Value,
    },
    Zip {
        iters: Vec<Value>,
        strict: bool,
    },
    Map {
        function: Value,
        iters: Vec<Value>,
    },
    /// `function` may be None.
    Filter {
        function: Value,
        iter: Value,
    },
    /// One of `itertools`.
    Tool(Box<Tool>),
}

#[repr(C)]
pub struct Iter {
    header: Header,
    pub state: IterState,
}

crate::object!(Iter, Iter, |this, t| match &this.state {
    IterState::Done | IterState::Range { .. } => (),
    IterState::List { list, .. } | IterState::ListReversed { list, .. } => t.gc(*list),
    IterState::Tuple { tuple, .. } => t.gc(*tuple),
    IterState::Str { text, .. } => t.gc(*text),
    IterState::Bytes { bytes, .. } => t.value(*bytes),
    IterState::BigRange { next, step, left } => t.values(&[*next, *step, *left]),
    IterState::Dict { dict, .. } | IterState::DictReversed { dict, .. } => t.gc(*dict),
    IterState::Set { set, .. } => t.gc(*set),
    IterState::Sequence { object, .. } | IterState::SequenceReversed { object, .. } => t.value(*object),
    IterState::Callable { function, sentinel } => t.values(&[*function, *sentinel]),
    IterState::Enumerate { iter, count } => t.values(&[*iter, *count]),
    IterState::Zip { iters, .. } => t.values(iters),
    IterState::Map { function, iters } => {
        t.value(*function);
        t.values(iters);
    }
    IterState::Filter { function, iter } => t.values(&[*function, *iter]),
    IterState::Tool(tool) => tool.trace(t),
});

/// An iterator that was made for a loop, which alone holds it: when it ends it is given back.
pub const LOOPED: u8 = 1;

impl Iter {
    #[inline(always)]
    fn for_loop(state: IterState) -> Self {
        Self { header: Header::new(Kind::Iter).with_flags(LOOPED), state }
    }

    #[must_use]
    #[inline(always)]
    pub fn is_looped(&self) -> bool {
        self.header.flags.get() & LOOPED != 0
    }

    /// The iterator of a range, list or tuple has no more items.
    #[inline(always)]
    pub fn end(&mut self) {
        debug_assert!(matches!(
            self.state,
            IterState::Range { .. } | IterState::List { .. } | IterState::Tuple { .. }
        ));
        // Such a state owns nothing that is to be dropped.
        std::mem::forget(std::mem::replace(&mut self.state, IterState::Done));
    }
}

impl Heap {
    pub fn iter(&mut self, state: IterState) -> Value {
        self.alloc(Iter { header: Header::new(Kind::Iter), state }).value()
    }

    /// The same for a loop, which alone holds it, without a place for it on the native stack.
    #[inline(always)]
    pub fn iter_for_loop(&mut self, state: IterState) -> Value {
        const CLASS: CellClass = CellClass::of(size_of::<Iter>());
        self.alloc_in_class(Iter::for_loop(state), &[], 0, CLASS).value()
    }

    /// The same in a cell that was given back, if there is one.
    #[inline(always)]
    pub fn iter_for_loop_again(&mut self, state: IterState) -> Option<Value> {
        const CLASS: CellClass = CellClass::of(size_of::<Iter>());
        self.reuse_in_class(|| Iter::for_loop(state), &[], 0, CLASS).map(Gc::value)
    }

    /// An iterator of `itertools`.
    pub fn tool(&mut self, class: Gc<Class>, state: ToolState) -> Value {
        self.charge(size_of::<Tool>());
        self.iter(IterState::Tool(Box::new(Tool { class, state })))
    }
}
