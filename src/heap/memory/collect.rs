//! Marking and sweeping, and giving all back at the end.

use super::{BLOCK_BYTES, Block, CLASSES, DROPS, Heap, KindInfo, LARGE, POISON, POISONS, head_of};
use crate::heap::string::Str;
use crate::heap::{Gc, Header, Kind, Object, Value};
use std::alloc::dealloc;

/// Collects what is reachable: handed to every `trace`.
pub struct Tracer {
    stack: Vec<*const Header>,
    mark: u8,
    /// Bytes outside cells that the objects reached so far hold.
    outside: usize,
    /// Those of them that refer to nothing.
    inert: usize,
}

impl Tracer {
    #[inline]
    pub fn value(&mut self, v: Value) {
        if v.is_object() {
            self.header(v.address() as *const Header);
        }
    }

    #[inline]
    pub fn gc<T: Object>(&mut self, gc: Gc<T>) {
        self.header(gc.address() as *const Header);
    }

    pub fn option<T: Object>(&mut self, gc: Option<Gc<T>>) {
        if let Some(gc) = gc {
            self.gc(gc);
        }
    }

    pub fn values<'a>(&mut self, values: impl IntoIterator<Item = &'a Value>) {
        for &v in values {
            self.value(v);
        }
    }

    /// The object holds so many bytes outside its cell.
    #[inline]
    pub fn outside(&mut self, bytes: usize) {
        self.outside += bytes;
    }

    /// The same of bytes that refer to nothing: a collection takes no longer for them.
    #[inline]
    pub fn inert(&mut self, bytes: usize) {
        self.outside += bytes;
        self.inert += bytes;
    }

    #[inline]
    fn header(&mut self, header: *const Header) {
        // SAFETY: the address of a cell, live or freed since the last collection (invariant 3): pools and large
        // cells are only unmapped by a sweep.
        let h = unsafe { &*header };
        if h.mark.get() != self.mark && h.kind() != Kind::Free {
            h.mark.set(self.mark);
            if h.class.get() != LARGE {
                // SAFETY: it comes from a pool.
                let head = unsafe { head_of(header.cast::<u8>()) };
                head.reached.set(head.reached.get() + 1);
            }
            // A text in its cell refers to nothing.
            if h.kind() != Kind::Str || !Str::is_inline(h) {
                self.stack.push(header);
            }
        }
    }
}

/// What a collection begins at.
pub trait Roots {
    fn trace(&self, tracer: &mut Tracer);
    /// Between marking and sweeping.
    fn marked(&mut self, survivors: &Survivors);
}

/// What a collection found to be in use: for those who know of objects without holding them.
pub struct Survivors {
    mark: u8,
}

impl Survivors {
    /// The same of any value; what lives in no cell is always there.
    #[must_use]
    pub fn holds_value(&self, v: Value) -> bool {
        v.header().is_none_or(|header| header.mark.get() == self.mark)
    }

    #[must_use]
    pub fn holds<T: Object>(&self, gc: Gc<T>) -> bool {
        // SAFETY: nothing was freed since marking began, and cells that are given back at once are known to nobody.
        let header = unsafe { &*(gc.address() as *const Header) };
        header.mark.get() == self.mark
    }
}

impl Heap {
    /// Marks everything reachable from the roots and frees the rest. At polls only (invariant 1).
    pub fn collect(&mut self, roots: &mut impl Roots) {
        self.mark ^= 3;
        for block in self.blocks.iter().flatten() {
            block.head().reached.set(0);
        }
        let mut tracer = Tracer { stack: Vec::with_capacity(1024), mark: self.mark, outside: 0, inert: 0 };
        roots.trace(&mut tracer);
        while let Some(header) = tracer.stack.pop() {
            // SAFETY: pushed by `Tracer::header`, which checked that the cell is in use.
            let kind = unsafe { (*header).kind() };
            if let Some(info) = &self.kinds[kind as usize] {
                (info.trace)(header, &mut tracer);
            }
        }
        roots.marked(&Survivors { mark: self.mark });
        self.live = tracer.outside;
        self.inert = tracer.inert;
        for class in 0..CLASSES {
            self.sweep_class(class);
        }
        self.sweep_large();
        self.since = 0;
        self.wanted = false;
        self.set_budget();
        // More than what comes until the next collection is given back.
        for block in self.spare.drain((self.budget / BLOCK_BYTES).min(self.spare.len())..) {
            // SAFETY: nothing in the block is in use and no list refers to it any more.
            unsafe { dealloc(block, Self::block_layout()) };
        }
        self.collections += 1;
    }

    fn sweep_class(&mut self, class: usize) {
        // The untouched rest of the newest block joins the free cells' order: it is handed out after them.
        let (_, bump_end) = self.bump[class];
        let mut blocks = std::mem::take(&mut self.blocks[class]);
        let mut head: *mut u8 = std::ptr::null_mut();
        // Where the address of the next free cell goes.
        let mut link: *mut *mut u8 = &raw mut head;
        blocks.retain(|block| {
            let newest = !bump_end.is_null() && block.end() == bump_end;
            let used = block.used(self.bump[class]);
            let reached = block.head().reached.get() as usize;
            self.live += reached * block.cell;
            if reached == used {
                // Nothing to do, and nothing to look at.
            } else if reached == 0 && !newest {
                self.drop_all(block);
                self.spare.push(block.memory());
                return false;
            } else {
                self.sweep_block(block, used, &mut link);
            }
            true
        });
        // SAFETY: it points at `head` or into a free cell of a block that was kept.
        unsafe { *link = std::ptr::null_mut() };
        self.blocks[class] = blocks;
        self.free[class] = head;
    }

    /// Nothing in the block was reached, and all of its cells were handed out at least once. They are not written to, nor
    /// looked at unless there is something to drop.
    fn drop_all(&self, block: &Block) {
        if !POISONS && !block.head().drops.get() {
            return;
        }
        for i in 0..block.cells {
            let cell = block.start.wrapping_add(i * block.cell);
            // SAFETY: within the block; a cell that was handed out has a header.
            let header = unsafe { &*cell.cast::<Header>() };
            self.drop_cell(header, block.cell);
            if POISONS {
                Self::mark_free(header);
            }
        }
    }

    /// Drops what is in a cell of so many bytes and was not reached.
    #[inline(always)]
    fn drop_cell(&self, header: &Header, bytes: usize) {
        let cell = std::ptr::from_ref(header).cast_mut();
        if header.class.get() & DROPS != 0 {
            self.drop_object(cell);
        }
        if POISONS {
            // SAFETY: the cell's own bytes.
            unsafe { std::ptr::write_bytes(cell.cast::<u8>().add(8), POISON, bytes - 8) };
        }
    }

    /// Drops what was not reached, and links the free cells.
    fn sweep_block(&self, block: &Block, used: usize, link: &mut *mut *mut u8) {
        let mut cell = block.start;
        let mut next = *link;
        for _ in 0..used {
            // SAFETY: within the block; a cell that was handed out at least once has a header.
            let header = unsafe { &*cell.cast::<Header>() };
            if header.mark.get() != self.mark {
                self.drop_cell(header, block.cell);
                Self::mark_free(header);
                // SAFETY: a free cell has room for the link behind its header.
                unsafe {
                    *next = cell;
                    next = cell.add(8).cast::<*mut u8>();
                }
            }
            cell = cell.wrapping_add(block.cell);
        }
        *link = next;
    }

    /// A free cell has no mark, whichever is the next collection's, and nothing to be dropped.
    #[inline(always)]
    pub(super) fn mark_free(header: &Header) {
        header.kind.set(Kind::Free);
        header.mark.set(0);
        header.flags.set(0);
        header.class.set(0);
    }

    fn drop_object(&self, header: *mut Header) {
        // SAFETY: a live object of that kind.
        let kind = unsafe { (*header).kind() };
        if let Some(KindInfo { drop: Some(drop), .. }) = self.kinds[kind as usize] {
            drop(header);
        }
    }

    fn sweep_large(&mut self) {
        let mut large = std::mem::take(&mut self.large);
        large.retain(|&(cell, size)| {
            // SAFETY: in the list because it was allocated and not freed.
            let alive = unsafe { (*cell.cast::<Header>()).mark.get() == self.mark };
            if alive {
                self.live += size;
            } else {
                self.drop_object(cell.cast::<Header>());
                // SAFETY: allocated with this layout.
                unsafe { dealloc(cell, Self::large_layout(size)) };
            }
            alive
        });
        self.large = large;
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        for class in 0..CLASSES {
            for block in std::mem::take(&mut self.blocks[class]) {
                for i in 0..block.used(self.bump[class]) {
                    let cell = block.start.wrapping_add(i * block.cell).cast::<Header>();
                    // SAFETY: a cell that was handed out has a header.
                    if unsafe { (*cell).kind() } != Kind::Free {
                        self.drop_object(cell);
                    }
                }
                // SAFETY: the heap is gone with all its references.
                unsafe { dealloc(block.memory(), Self::block_layout()) };
            }
        }
        for block in std::mem::take(&mut self.spare) {
            // SAFETY: as above.
            unsafe { dealloc(block, Self::block_layout()) };
        }
        for (cell, size) in std::mem::take(&mut self.large) {
            self.drop_object(cell.cast::<Header>());
            // SAFETY: as above.
            unsafe { dealloc(cell, Self::large_layout(size)) };
        }
    }
}
