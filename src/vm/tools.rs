//! How the iterators of `itertools` go on.
//!
//! What an iterator remembers is looked at anew after everything that may run code of the language: that may have moved
//! the iterator on, or ended it.

use super::{BinaryOp, Result, Vm};
use crate::heap::{Gc, Value};
use crate::objects::tool::ToolState;
use crate::objects::{Iter, IterState, Tuple};

/// What the iterator remembers; nothing of others.
#[inline]
fn state(it: &mut Gc<Iter>) -> Option<&mut ToolState> {
    match &mut it.state {
        IterState::Tool(tool) => Some(&mut tool.state),
        _ => None,
    }
}

fn end(mut it: Gc<Iter>) -> Result<Option<Value>> {
    if let Some(state) = state(&mut it) {
        *state = ToolState::Done;
    }
    Ok(None)
}

fn places(pool: Value) -> &'static [Value] {
    pool.cast::<Tuple>().map_or(&[], Gc::all)
}

impl Vm {
    /// The next item, if that takes no code of the language; unbound otherwise, and at the end: then nothing has changed.
    #[inline(never)]
    pub(in crate::vm) fn quick_tool(&mut self, mut it: Gc<Iter>) -> Value {
        let Some(state) = state(&mut it) else { return Value::UNBOUND };
        match state {
            ToolState::Count { next, step } if next.both_ints(*step) => match next.add_ints(*step) {
                Some(after) => std::mem::replace(next, after),
                None => Value::UNBOUND,
            },
            ToolState::Repeat { object, left } => match left {
                Some(0) => Value::UNBOUND,
                Some(left) => {
                    *left -= 1;
                    *object
                }
                None => *object,
            },
            ToolState::Chain { current, .. } => self.quick_source(*current),
            ToolState::Slice { iter, at, next, stop, step } if at == next && *at < *stop => {
                let v = self.quick_source(*iter);
                if !v.is_unbound() {
                    *at += 1;
                    *next = next.saturating_add(*step).min(*stop);
                }
                v
            }
            ToolState::Accumulate { iter, function, total, fresh } if function.is_unbound() && !*fresh => {
                // An item that cannot be added here must stay where it is.
                let Some(mut source) = iter.cast::<Iter>() else { return Value::UNBOUND };
                let IterState::List { list, at } = &mut source.state else { return Value::UNBOUND };
                let Some(&item) = list.items.get(*at) else { return Value::UNBOUND };
                let sum = if item.both_ints(*total) { total.add_ints(item) } else { None };
                match sum {
                    Some(sum) => {
                        *at += 1;
                        *total = sum;
                        sum
                    }
                    None => Value::UNBOUND,
                }
            }
            ToolState::Pairwise { iter, before } if !before.is_unbound() => {
                let item = self.quick_source(*iter);
                if item.is_unbound() {
                    return item;
                }
                let before = std::mem::replace(before, item);
                self.heap.tuple(&[before, item]).value()
            }
            ToolState::Product { pools, at, fresh } => {
                if !advance_product(pools, at, fresh) {
                    return Value::UNBOUND;
                }
                match pools.len() {
                    0 => self.empty_tuple,
                    n => self.heap.tuple_of(n, |i| places(pools[i])[at[i]]).value(),
                }
            }
            ToolState::Combinations { pool, chosen, again, fresh } => {
                if !advance_combination(places(*pool).len(), chosen, *again, fresh) {
                    return Value::UNBOUND;
                }
                self.chosen(places(*pool), chosen)
            }
            ToolState::Permutations { pool, order, left, fresh } => {
                if !advance_permutation(order, left, fresh) {
                    return Value::UNBOUND;
                }
                self.chosen(places(*pool), &order[..left.len()])
            }
            _ => Value::UNBOUND,
        }
    }

    /// The next item of an iterator that is drawn from, if it is a plain one.
    #[inline]
    fn quick_source(&mut self, source: Value) -> Value {
        source.cast::<Iter>().map_or(Value::UNBOUND, |iter| self.quick_flat(iter))
    }

    fn chosen(&mut self, pool: &[Value], chosen: &[usize]) -> Value {
        if chosen.is_empty() {
            return self.empty_tuple;
        }
        self.heap.tuple_of(chosen.len(), |i| pool[chosen[i]]).value()
    }

    /// The next item, whatever it takes. The iterator is rooted, and what is rooted here is released by the caller.
    pub(super) fn tool_next(&mut self, mut it: Gc<Iter>) -> Result<Option<Value>> {
        let Some(state) = state(&mut it) else { return Ok(None) };
        match state {
            ToolState::Done
            | ToolState::Repeat { .. }
            | ToolState::Product { .. }
            | ToolState::Combinations { .. }
            | ToolState::Permutations { .. } => end(it),
            ToolState::Count { next, step } => {
                let (now, step) = (*next, *step);
                self.root(now);
                let after = self.binary(BinaryOp::Add, now, step)?;
                if let Some(ToolState::Count { next, .. }) = self::state(&mut it) {
                    *next = after;
                }
                Ok(Some(now))
            }
            ToolState::Cycle { iter, saved, at } => {
                if !iter.is_unbound() {
                    let iter = *iter;
                    if let Some(item) = self.next(iter)? {
                        self.heap.charge(size_of::<Value>());
                        if let Some(ToolState::Cycle { saved, .. }) = self::state(&mut it) {
                            saved.push(item);
                        }
                        return Ok(Some(item));
                    }
                    let Some(ToolState::Cycle { iter, .. }) = self::state(&mut it) else { return Ok(None) };
                    *iter = Value::UNBOUND;
                    return self.tool_next(it);
                }
                let Some(&item) = saved.get(*at) else { return end(it) };
                *at = if *at + 1 == saved.len() { 0 } else { *at + 1 };
                Ok(Some(item))
            }
            ToolState::Accumulate { total, fresh: fresh @ true, .. } => {
                *fresh = false;
                Ok(Some(*total))
            }
            ToolState::Accumulate { iter, function, .. } => {
                let (iter, function) = (*iter, *function);
                self.accumulate(it, iter, function)
            }
            ToolState::Chain { .. } => self.chain_next(it),
            ToolState::Compress { data, selectors } => {
                let (data, selectors) = (*data, *selectors);
                let base = self.roots.len();
                while let Some(item) = self.next(data)? {
                    self.root(item);
                    let Some(selector) = self.next(selectors)? else { return Ok(None) };
                    if self.truthy(selector)? {
                        return Ok(Some(item));
                    }
                    self.roots.truncate(base);
                }
                Ok(None)
            }
            ToolState::DropWhile { iter, started: true, .. } => {
                let iter = *iter;
                self.next(iter)
            }
            ToolState::DropWhile { function, iter, .. } => {
                let (function, iter) = (*function, *iter);
                let found = self.first_with(iter, |vm, item| Ok(!vm.asked(function, item)?))?;
                if found.is_some()
                    && let Some(ToolState::DropWhile { started, .. }) = self::state(&mut it)
                {
                    *started = true;
                }
                Ok(found)
            }
            ToolState::TakeWhile { function, iter } => {
                let (function, iter) = (*function, *iter);
                let Some(item) = self.next(iter)? else { return Ok(None) };
                self.root(item);
                if self.asked(function, item)? { Ok(Some(item)) } else { end(it) }
            }
            ToolState::FilterFalse { function, iter } => {
                let (function, iter) = (*function, *iter);
                self.first_with(iter, |vm, item| Ok(!vm.asked(function, item)?))
            }
            ToolState::StarMap { function, iter } => {
                let (function, iter) = (*function, *iter);
                let Some(item) = self.next(iter)? else { return Ok(None) };
                self.root(item);
                if let Some(args) = item.cast::<Tuple>() {
                    return self.call(function, args.all()).map(Some);
                }
                let args = self.collect(item)?.items.clone();
                self.call(function, &args).map(Some)
            }
            ToolState::Pairwise { iter, before } => {
                let (iter, mut first) = (*iter, *before);
                if first.is_unbound() {
                    let Some(item) = self.next(iter)? else { return end(it) };
                    first = self.root(item);
                }
                let Some(item) = self.next(iter)? else { return end(it) };
                if let Some(ToolState::Pairwise { before, .. }) = self::state(&mut it) {
                    *before = item;
                }
                Ok(Some(self.heap.tuple(&[first, item]).value()))
            }
            ToolState::Slice { .. } => self.slice_next(it),
            ToolState::ZipLongest { iters, .. } => {
                let n = iters.len();
                self.zip_longest_next(it, n)
            }
            ToolState::GroupBy { turn, .. } => {
                *turn += 1;
                self.group_by_next(it)
            }
            ToolState::Group { source, key, turn } => {
                let (source, key, turn) = (*source, *key, *turn);
                match source.cast::<Iter>() {
                    Some(source) => self.group_next(source, key, turn),
                    None => Ok(None),
                }
            }
        }
    }

    /// The truth of what a function says of an item; None says of each that it is what it is.
    fn asked(&mut self, function: Value, item: Value) -> Result<bool> {
        let answer = if function.is_none() { item } else { self.call(function, &[item])? };
        self.truthy(answer)
    }

    /// The first item of which that holds.
    fn first_with(
        &mut self,
        iter: Value,
        mut holds: impl FnMut(&mut Self, Value) -> Result<bool>,
    ) -> Result<Option<Value>> {
        let base = self.roots.len();
        while let Some(item) = self.next(iter)? {
            self.root(item);
            if holds(self, item)? {
                return Ok(Some(item));
            }
            self.roots.truncate(base);
        }
        Ok(None)
    }

    fn accumulate(&mut self, mut it: Gc<Iter>, iter: Value, function: Value) -> Result<Option<Value>> {
        let Some(item) = self.next(iter)? else { return Ok(None) };
        self.root(item);
        let so_far = match state(&mut it) {
            Some(ToolState::Accumulate { total, .. }) => *total,
            _ => return Ok(None),
        };
        let sum = if so_far.is_unbound() {
            item
        } else if function.is_unbound() {
            self.binary(BinaryOp::Add, so_far, item)?
        } else {
            self.root(so_far);
            self.call(function, &[so_far, item])?
        };
        if let Some(ToolState::Accumulate { total, .. }) = state(&mut it) {
            *total = sum;
        }
        Ok(Some(sum))
    }

    fn chain_next(&mut self, mut it: Gc<Iter>) -> Result<Option<Value>> {
        let base = self.roots.len();
        loop {
            let Some(ToolState::Chain { sources, current }) = state(&mut it) else { return Ok(None) };
            let (sources, now) = (*sources, *current);
            if !now.is_unbound() {
                if let Some(item) = self.next(now)? {
                    return Ok(Some(item));
                }
                if let Some(ToolState::Chain { current, .. }) = state(&mut it) {
                    *current = Value::UNBOUND;
                }
            }
            let Some(iterable) = self.next(sources)? else { return end(it) };
            self.root(iterable);
            let iter = self.iter(iterable)?;
            if let Some(ToolState::Chain { current, .. }) = state(&mut it) {
                *current = iter;
            }
            self.roots.truncate(base);
        }
    }

    /// Nothing is taken beyond the last item that is needed, and as many as there are before the first.
    fn slice_next(&mut self, mut it: Gc<Iter>) -> Result<Option<Value>> {
        loop {
            let Some(ToolState::Slice { iter, at, next, stop, .. }) = state(&mut it) else { return Ok(None) };
            let given = *at == *next;
            if given && *at >= *stop {
                return end(it);
            }
            let iter = *iter;
            let Some(item) = self.next(iter)? else { return end(it) };
            let Some(ToolState::Slice { at, next, stop, step, .. }) = state(&mut it) else { return Ok(None) };
            *at += 1;
            if given {
                *next = next.saturating_add(*step).min((*stop).max(*at));
                return Ok(Some(item));
            }
        }
    }

    fn zip_longest_next(&mut self, mut it: Gc<Iter>, n: usize) -> Result<Option<Value>> {
        let base = self.roots.len();
        for i in 0..n {
            let Some(ToolState::ZipLongest { iters, fill }) = state(&mut it) else { return Ok(None) };
            let (iter, fill) = (iters[i], *fill);
            if iter.is_unbound() {
                self.root(fill);
                continue;
            }
            let quick = self.quick_source(iter);
            let item = if quick.is_unbound() { self.next(iter)? } else { Some(quick) };
            if let Some(item) = item {
                self.root(item);
                continue;
            }
            let Some(ToolState::ZipLongest { iters, .. }) = state(&mut it) else { return Ok(None) };
            iters[i] = Value::UNBOUND;
            if iters.iter().all(|iter| iter.is_unbound()) {
                return end(it);
            }
            self.root(fill);
        }
        if n == 0 {
            return end(it);
        }
        Ok(Some(self.heap.tuple(&self.roots[base..]).value()))
    }

    /// Reads an item and its key; whether there was one.
    fn read_group(&mut self, mut source: Gc<Iter>) -> Result<bool> {
        let Some(ToolState::GroupBy { iter, function, .. }) = state(&mut source) else { return Ok(false) };
        let (iter, function) = (*iter, *function);
        let Some(read) = self.next(iter)? else { return Ok(false) };
        self.root(read);
        let found = if function.is_none() { read } else { self.call(function, &[read])? };
        self.roots.pop();
        if let Some(ToolState::GroupBy { item, key, .. }) = state(&mut source) {
            (*item, *key) = (read, found);
        }
        Ok(true)
    }

    fn group_by_next(&mut self, mut it: Gc<Iter>) -> Result<Option<Value>> {
        loop {
            let Some(ToolState::GroupBy { key, last, .. }) = state(&mut it) else { return Ok(None) };
            let (key, last) = (*key, *last);
            let read = key.is_unbound() || !last.is_unbound() && self.equals(last, key)?;
            if !read {
                break;
            }
            if !self.read_group(it)? {
                return Ok(None);
            }
        }
        let source = it.value();
        let Some(ToolState::GroupBy { key, last, turn, grouper, .. }) = state(&mut it) else {
            return Ok(None);
        };
        *last = *key;
        let (key, turn, class) = (*key, *turn, *grouper);
        let group = self.heap.tool(class, ToolState::Group { source, key, turn });
        Ok(Some(self.heap.tuple(&[key, group]).value()))
    }

    fn group_next(&mut self, mut source: Gc<Iter>, key: Value, turn: u64) -> Result<Option<Value>> {
        let Some(ToolState::GroupBy { turn: now, item, .. }) = state(&mut source) else { return Ok(None) };
        if *now != turn || item.is_unbound() && !self.read_group(source)? {
            return Ok(None);
        }
        let Some(ToolState::GroupBy { key: read, .. }) = state(&mut source) else { return Ok(None) };
        let read = *read;
        if !self.equals(key, read)? {
            return Ok(None);
        }
        let Some(ToolState::GroupBy { item, .. }) = state(&mut source) else { return Ok(None) };
        let item = std::mem::take(item);
        Ok(if item.is_unbound() { None } else { Some(item) })
    }
}

/// Moves on to the next row, the last place first; whether there is one.
fn advance_product(pools: &[Value], at: &mut [usize], fresh: &mut bool) -> bool {
    if std::mem::take(fresh) {
        return pools.iter().all(|&pool| !places(pool).is_empty()) || {
            *fresh = true;
            false
        };
    }
    if at.iter().zip(pools).all(|(&i, &pool)| i + 1 == places(pool).len()) {
        return false;
    }
    for (i, &pool) in at.iter_mut().zip(pools).rev() {
        *i += 1;
        if *i < places(pool).len() {
            break;
        }
        *i = 0;
    }
    true
}

/// The same of the places chosen among `n`.
fn advance_combination(n: usize, chosen: &mut [usize], again: bool, fresh: &mut bool) -> bool {
    let r = chosen.len();
    if *fresh {
        let possible = if again { n > 0 || r == 0 } else { r <= n };
        *fresh = !possible;
        return possible;
    }
    let most = |i: usize| if again { n - 1 } else { i + n - r };
    let Some(i) = (0..r).rev().find(|&i| chosen[i] != most(i)) else { return false };
    chosen[i] += 1;
    for j in i + 1..r {
        chosen[j] = chosen[j - 1] + usize::from(!again);
    }
    true
}

/// The same of an order of all places.
fn advance_permutation(order: &mut [usize], left: &mut [usize], fresh: &mut bool) -> bool {
    let (n, r) = (order.len(), left.len());
    if *fresh {
        *fresh = r > n;
        return r <= n;
    }
    if left.iter().all(|&left| left == 1) {
        return false;
    }
    for i in (0..r).rev() {
        left[i] -= 1;
        if left[i] == 0 {
            order[i..].rotate_left(1);
            left[i] = n - i;
        } else {
            order.swap(i, n - left[i]);
            break;
        }
    }
    true
}
