//! The iterators of `itertools`: what each of them has to remember. How they go on is in `vm/tools.rs`.

use super::class::Class;
use crate::heap::{Gc, Tracer, Value};

/// An iterator of `itertools`.
pub struct Tool {
    pub class: Gc<Class>,
    pub state: ToolState,
}

/// Iterators that are drawn from are values; one that has ended, or was not made yet, is unbound.
pub enum ToolState {
    /// Nothing more comes.
    Done,
    Count {
        next: Value,
        step: Value,
    },
    /// `left` is `None` for ever.
    Repeat {
        object: Value,
        left: Option<u64>,
    },
    Cycle {
        iter: Value,
        saved: Vec<Value>,
        at: usize,
    },
    /// `function` is unbound for `+`. `total` is unbound before the first item.
    Accumulate {
        iter: Value,
        function: Value,
        total: Value,
        /// The total is given out before anything is added to it.
        fresh: bool,
    },
    Chain {
        sources: Value,
        current: Value,
    },
    Compress {
        data: Value,
        selectors: Value,
    },
    DropWhile {
        function: Value,
        iter: Value,
        started: bool,
    },
    TakeWhile {
        function: Value,
        iter: Value,
    },
    /// `function` may be None.
    FilterFalse {
        function: Value,
        iter: Value,
    },
    StarMap {
        function: Value,
        iter: Value,
    },
    Pairwise {
        iter: Value,
        before: Value,
    },
    /// `at` items were taken, `next` is the place of the next one to give out.
    Slice {
        iter: Value,
        at: usize,
        next: usize,
        stop: usize,
        step: usize,
    },
    ZipLongest {
        iters: Vec<Value>,
        fill: Value,
    },
    /// Tuples, and the place in each.
    Product {
        pools: Vec<Value>,
        at: Vec<usize>,
        fresh: bool,
    },
    /// Places in a tuple, which rise; or may stay the same, where items are chosen again.
    Combinations {
        pool: Value,
        chosen: Vec<usize>,
        again: bool,
        fresh: bool,
    },
    /// The order of all places, of which the first `left.len()` are given out; and how many more items take each place.
    Permutations {
        pool: Value,
        order: Vec<usize>,
        left: Vec<usize>,
        fresh: bool,
    },
    /// The item that was read last, until a group has given it out; its key, and that of the last group.
    GroupBy {
        iter: Value,
        function: Value,
        item: Value,
        key: Value,
        last: Value,
        /// Which group may read on.
        turn: u64,
        /// The class of the groups.
        grouper: Gc<Class>,
    },
    Group {
        source: Value,
        key: Value,
        turn: u64,
    },
}

impl Tool {
    pub fn trace(&self, t: &mut Tracer) {
        t.gc(self.class);
        match &self.state {
            ToolState::Done => (),
            ToolState::Count { next, step } => t.values(&[*next, *step]),
            ToolState::Repeat { object, .. } => t.value(*object),
            ToolState::Cycle { iter, saved, .. } => {
                t.value(*iter);
                t.outside(saved.capacity() * 8);
                t.values(saved);
            }
            ToolState::Accumulate { iter, function, total, .. } => t.values(&[*iter, *function, *total]),
            ToolState::Chain { sources: a, current: b }
            | ToolState::Compress { data: a, selectors: b }
            | ToolState::DropWhile { function: a, iter: b, .. }
            | ToolState::TakeWhile { function: a, iter: b }
            | ToolState::FilterFalse { function: a, iter: b }
            | ToolState::StarMap { function: a, iter: b }
            | ToolState::Pairwise { iter: a, before: b }
            | ToolState::Group { source: a, key: b, .. } => t.values(&[*a, *b]),
            ToolState::Slice { iter, .. } => t.value(*iter),
            ToolState::ZipLongest { iters, fill } => {
                t.values(iters);
                t.value(*fill);
            }
            ToolState::Product { pools, .. } => t.values(pools),
            ToolState::Combinations { pool, .. } | ToolState::Permutations { pool, .. } => t.value(*pool),
            ToolState::GroupBy { iter, function, item, key, last, grouper, .. } => {
                t.gc(*grouper);
                t.values(&[*iter, *function, *item, *key, *last]);
            }
        }
    }
}
