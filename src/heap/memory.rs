//! Allocation. See the invariants in `mod.rs`.

mod collect;

pub use collect::{Roots, Survivors, Tracer};

use super::value::unbind;
use super::{Gc, Header, Kind, Object, Value};
use std::alloc::{Layout, alloc, alloc_zeroed};
use std::cell::Cell;

/// Cells are multiples of this many bytes.
const GRANULE: usize = 16;
/// The largest cell that comes from a pool.
const MAX_POOLED: usize = 512;
const CLASSES: usize = MAX_POOLED / GRANULE;
/// Marks a cell with an allocation of its own.
const LARGE: u8 = u8::MAX;
/// Marks a cell whose object holds what must be given back, beside its class.
const DROPS: u8 = 0x80;
/// Blocks lie at multiples of their size: a cell's address tells its block.
const BLOCK_BYTES: usize = 64 << 10;
/// What a block begins with takes a line of the processor's cache, so that cells of 64 bytes are one each.
const BLOCK_HEAD: usize = 64;
/// The least that is allocated between two collections: what was just freed is still in the processor's cache when it
/// is handed out again.
const MIN_BUDGET: usize = 2 << 20;
/// The same where a limit of memory is near.
const LEAST_BUDGET: usize = 1 << 20;
/// Objects below this many bytes are made whatever the limit.
const LITTLE: usize = 64 << 10;
const POISON: u8 = 0xDB;
/// Whether what is freed is overwritten, so that who uses it still is found out.
const POISONS: bool = cfg!(feature = "gc-stress") || cfg!(debug_assertions);
const STRESS_LIVE: usize = 4 << 20;
const STRESS_BYTES: usize = 64 << 10;
const STRESS_COLLECTIONS: u64 = 5_000;

/// What the collector must know of a kind.
#[derive(Clone, Copy)]
struct KindInfo {
    trace: fn(*const Header, &mut Tracer),
    drop: Option<fn(*mut Header)>,
    /// Struct and tail.
    size: fn(*const Header) -> usize,
}

struct Block {
    /// Its first cell.
    start: *mut u8,
    cell: usize,
    cells: usize,
}

/// What a block begins with.
#[repr(C)]
struct BlockHead {
    /// How many of its cells the last collection reached.
    reached: Cell<u32>,
    /// Some object in it may have to be dropped.
    drops: Cell<bool>,
}

/// The head of the block in which a cell lies.
///
/// # Safety
/// The cell lies in a block.
#[inline(always)]
unsafe fn head_of<'a>(cell: *const u8) -> &'a BlockHead {
    // SAFETY: blocks begin at multiples of their size, with their head.
    unsafe { &*cell.map_addr(|address| address & !(BLOCK_BYTES - 1)).cast::<BlockHead>() }
}

/// What the heap holds, for tests and reports.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stats {
    pub collections: u64,
    /// Bytes that were in use after the last collection, in cells and outside.
    pub live_bytes: usize,
    /// Bytes handed out since then.
    pub new_bytes: usize,
}

/// All objects of one interpreter.
pub struct Heap {
    free: [*mut u8; CLASSES],
    /// The untouched rest of the newest block of each class.
    bump: [(*mut u8, *mut u8); CLASSES],
    blocks: [Vec<Block>; CLASSES],
    large: Vec<(*mut u8, usize)>,
    /// Blocks without objects, to be used for any class: the system's memory is cleared before it is given out.
    spare: Vec<*mut u8>,
    mark: u8,
    kinds: [Option<KindInfo>; 64],
    /// The one counter of the poll: what is below zero makes the VM look why. See `Heap::poll_due`.
    pub fuel: Cell<i64>,
    /// What the counter stood at, had it not been cut short, when it was filled.
    granted: i64,
    budget: usize,
    /// More bytes than this are a MemoryError.
    limit: usize,
    /// Something did not find room: the next poll collects.
    wanted: bool,
    since: usize,
    live: usize,
    /// How much of that refers to nothing.
    inert: usize,
    collections: u64,
    /// The awaitable made last by the native that the run loop called, or unbound: nobody else holds that one yet.
    pub fresh: Value,
    /// Collect at every poll.
    pub stress: bool,
}

impl Default for Heap {
    fn default() -> Self {
        Self::new()
    }
}

/// The class of cells in which an object of some size lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellClass(u8);

impl CellClass {
    #[inline(always)]
    #[must_use]
    pub const fn of(size: usize) -> Self {
        Self(if size <= MAX_POOLED { (size.div_ceil(GRANULE) - 1) as u8 } else { LARGE })
    }

    #[inline(always)]
    #[must_use]
    pub fn is_large(self) -> bool {
        self.0 == LARGE
    }
}

/// Writes values into a cell; where the next one would be.
///
/// # Safety
/// The cell has room for them.
#[inline(always)]
unsafe fn put(mut place: *mut Value, values: &[Value]) -> *mut Value {
    for &v in values {
        // One by one: most are few.
        std::hint::black_box(());
        // SAFETY: what the caller promises.
        unsafe {
            place.write(v);
            place = place.add(1);
        }
    }
    place
}

impl Heap {
    #[must_use]
    pub fn new() -> Self {
        Self {
            free: [std::ptr::null_mut(); CLASSES],
            bump: [(std::ptr::null_mut(), std::ptr::null_mut()); CLASSES],
            blocks: std::array::from_fn(|_| Vec::new()),
            large: Vec::new(),
            spare: Vec::new(),
            mark: 1,
            kinds: [None; 64],
            fuel: Cell::new(0),
            granted: 0,
            budget: MIN_BUDGET,
            limit: usize::MAX,
            wanted: false,
            since: 0,
            live: 0,
            inert: 0,
            collections: 0,
            fresh: Value::UNBOUND,
            stress: cfg!(feature = "gc-stress"),
        }
    }

    /// Makes a type known to the collector; before the first object of it is made.
    pub fn register<T: Object>(&mut self) {
        for &kind in Kind::ALL {
            if T::is_kind(kind) {
                self.kinds[kind as usize] = Some(KindInfo {
                    // SAFETY (all three): called only with headers of this kind, which are `T`s.
                    trace: |h, t| unsafe { (*h.cast::<T>()).trace(t) },
                    drop: if std::mem::needs_drop::<T>() {
                        Some(|h| unsafe { std::ptr::drop_in_place(h.cast::<T>()) })
                    } else {
                        None
                    },
                    size: |h| unsafe { size_of::<T>() + (*h.cast::<T>()).tail_bytes() },
                });
            }
        }
    }

    /// Moves an object into a cell.
    #[inline(always)]
    pub fn alloc<T: Object>(&mut self, object: T) -> Gc<T> {
        let size = size_of::<T>();
        let cell = self.cell(size);
        self.place(cell, size, object)
    }

    /// Moves an object into a cell with these values behind it, one slice after the other. `object.tail_bytes()` must be
    /// theirs.
    #[inline(always)]
    pub fn alloc_with_items<T: Object>(&mut self, object: T, first: &[Value], second: &[Value]) -> Gc<T> {
        let size = size_of::<T>() + size_of_val(first) + size_of_val(second);
        let cell = self.cell(size);
        // SAFETY: the cell has `size` bytes.
        unsafe { put(put(cell.add(size_of::<T>()).cast(), first), second) };
        self.place(cell, size, object)
    }

    /// The same for few values, where there is a cell for it and no collection is due. Nothing is called.
    #[inline(always)]
    pub fn alloc_with_few<T: Object>(&mut self, object: T, values: &[Value]) -> Option<Gc<T>> {
        let gc = self.alloc_quickly(object, size_of_val(values))?;
        let cell = gc.address() as *mut u8;
        // SAFETY: the cell has room for as many behind the object.
        unsafe { put(cell.add(size_of::<T>()).cast(), values) };
        Some(gc)
    }

    /// Moves an object into a cell with room for values behind it, all unbound at first. `object.tail_bytes()` must be `len * 8`.
    #[inline(always)]
    pub fn alloc_with_values<T: Object>(&mut self, object: T, len: usize) -> Gc<T> {
        let size = size_of::<T>() + len * 8;
        let cell = self.cell(size);
        // SAFETY: the cell has `size` bytes.
        unsafe { unbind(cell.add(size_of::<T>()).cast(), len) };
        self.place(cell, size, object)
    }

    /// The same for little, where there is a cell for it and no collection is due. Nothing is called.
    #[inline(always)]
    pub fn alloc_with_values_quickly<T: Object>(&mut self, object: T, len: usize) -> Option<Gc<T>> {
        let gc = self.alloc_quickly(object, len * 8)?;
        let cell = gc.address() as *mut u8;
        // SAFETY: the cell has room for as many behind the object.
        unsafe { unbind(cell.add(size_of::<T>()).cast(), len) };
        Some(gc)
    }

    /// The same for `len` values of which the first are given, in a cell whose class is known and not that of large ones.
    /// Nothing of it lies on the native stack, so that a handler of the run loop can do it.
    #[inline(always)]
    pub fn alloc_in_class<T: Object>(
        &mut self,
        object: T,
        first: &[Value],
        len: usize,
        class: CellClass,
    ) -> Gc<T> {
        debug_assert!(first.len() <= len && class == CellClass::of(size_of::<T>() + len * 8));
        let cell = self.cell_of(class.0 as usize);
        // SAFETY: the cell has as many granules as its class says, which is enough for the object and the values.
        unsafe { self.fill(cell, object, first, class.0) }
    }

    /// The same in a cell that was given back; none if there is no such cell, or if a collection is due. Nothing is called,
    /// and the object is made where it will be.
    #[inline(always)]
    pub fn reuse_in_class<T: Object>(
        &mut self,
        object: impl FnOnce() -> T,
        first: &[Value],
        len: usize,
        class: CellClass,
    ) -> Option<Gc<T>> {
        debug_assert!(first.len() <= len && class == CellClass::of(size_of::<T>() + len * 8));
        let free = self.free.get_mut(class.0 as usize)?;
        let since = self.since + (class.0 as usize + 1) * GRANULE;
        let cell = *free;
        if cell.is_null() || since > self.budget {
            return None;
        }
        self.since = since;
        // SAFETY: as above, and a free cell holds the next one's address behind its header.
        unsafe {
            *free = *cell.add(8).cast::<*mut u8>();
            Some(self.fill(cell, object(), first, class.0))
        }
    }

    /// Puts an object into a cell, with values behind it: the first of them, and then as many unbound ones as there is room
    /// for.
    ///
    /// # Safety
    /// The cell is of the class, and has room for the object and the values.
    #[inline(always)]
    unsafe fn fill<T: Object>(&mut self, cell: *mut u8, object: T, first: &[Value], class: u8) -> Gc<T> {
        // SAFETY: what the caller promises.
        unsafe {
            let values = cell.cast::<Value>();
            let mut granule = size_of::<T>() / GRANULE;
            while granule <= class as usize {
                // One by one: most are few.
                std::hint::black_box(());
                values.add(granule * 2).write(Value::UNBOUND);
                values.add(granule * 2 + 1).write(Value::UNBOUND);
                granule += 1;
            }
            put(cell.add(size_of::<T>()).cast(), first);
        }
        self.place_in(cell, class, object)
    }

    /// The same with room for bytes behind it, which the caller writes before anybody looks at them.
    #[inline(always)]
    pub(super) fn alloc_with_room<T: Object>(&mut self, object: T, bytes: usize) -> Gc<T> {
        let size = size_of::<T>() + bytes;
        let cell = self.cell(size);
        self.place(cell, size, object)
    }

    /// The same for little, where there is a cell for it and no collection is due. Nothing is called.
    #[inline(always)]
    pub(super) fn alloc_quickly<T: Object>(&mut self, object: T, bytes: usize) -> Option<Gc<T>> {
        let class = (size_of::<T>() + bytes).div_ceil(GRANULE) - 1;
        let size = (class + 1) * GRANULE;
        let free = self.free.get_mut(class)?;
        let since = self.since + size;
        if since > self.budget {
            return None;
        }
        let mut cell = *free;
        if cell.is_null() {
            let (at, end) = &mut self.bump[class];
            if *at == *end {
                return None;
            }
            cell = *at;
            *at = at.wrapping_add(size);
        } else {
            // SAFETY: a free cell holds the next one's address behind its header.
            *free = unsafe { *cell.add(8).cast::<*mut u8>() };
        }
        self.since = since;
        Some(self.place_in(cell, class as u8, object))
    }

    #[inline(always)]
    fn place<T: Object>(&mut self, cell: *mut u8, size: usize, object: T) -> Gc<T> {
        let gc = self.place_in(cell, CellClass::of(size).0, object);
        debug_assert_eq!(size_of::<T>() + gc.tail_bytes(), size);
        gc
    }

    #[inline(always)]
    fn place_in<T: Object>(&mut self, cell: *mut u8, class: u8, object: T) -> Gc<T> {
        // SAFETY: the cell is ours, large enough and aligned to 16.
        unsafe {
            let drops = if object.drops() { DROPS } else { 0 };
            cell.cast::<T>().write(object);
            let header = &*cell.cast::<Header>();
            // As if it had been reached by the last collection: the next one flips the mark.
            header.mark.set(self.mark);
            header.class.set(class | drops);
            if class != LARGE && drops != 0 {
                head_of(cell).drops.set(true);
            }
            Gc::from_address(cell as u64)
        }
    }

    #[inline(always)]
    fn cell(&mut self, size: usize) -> *mut u8 {
        if size > MAX_POOLED {
            return self.large_cell(size);
        }
        self.cell_of(size.div_ceil(GRANULE) - 1)
    }

    #[inline(always)]
    fn cell_of(&mut self, class: usize) -> *mut u8 {
        self.charge((class + 1) * GRANULE);
        let head = self.free[class];
        if head.is_null() {
            return self.bump_cell(class);
        }
        // SAFETY: a free cell holds the next one's address behind its header.
        self.free[class] = unsafe { *head.add(8).cast::<*mut u8>() };
        head
    }

    #[inline]
    fn bump_cell(&mut self, class: usize) -> *mut u8 {
        let size = (class + 1) * GRANULE;
        let (at, end) = self.bump[class];
        if at == end {
            return self.new_block(class);
        }
        // SAFETY: both lie in the same block.
        self.bump[class].0 = unsafe { at.add(size) };
        at
    }

    #[cold]
    #[inline(never)]
    fn new_block(&mut self, class: usize) -> *mut u8 {
        let cell = (class + 1) * GRANULE;
        let cells = (BLOCK_BYTES - BLOCK_HEAD) / cell;
        let block = self.spare.pop().unwrap_or_else(|| {
            // SAFETY: the layout has a size; a failed allocation is reported the standard way.
            let block = unsafe { alloc(Self::block_layout()) };
            if block.is_null() {
                std::alloc::handle_alloc_error(Self::block_layout());
            }
            block
        });
        // SAFETY: inside the block.
        unsafe {
            block.cast::<BlockHead>().write(BlockHead { reached: Cell::new(0), drops: Cell::new(false) });
            let start = block.add(BLOCK_HEAD);
            self.blocks[class].push(Block { start, cell, cells });
            self.bump[class] = (start.add(cell), start.add(cells * cell));
            start
        }
    }

    fn block_layout() -> Layout {
        Layout::from_size_align(BLOCK_BYTES, BLOCK_BYTES).unwrap_or(Layout::new::<u64>())
    }

    #[cold]
    #[inline(never)]
    fn large_cell(&mut self, size: usize) -> *mut u8 {
        self.charge(size);
        let layout = Self::large_layout(size);
        // SAFETY: the layout has a size.
        let start = unsafe { alloc_zeroed(layout) };
        if start.is_null() {
            std::alloc::handle_alloc_error(layout);
        }
        self.large.push((start, size));
        start
    }

    fn large_layout(size: usize) -> Layout {
        Layout::from_size_align(size, GRANULE).unwrap_or(Layout::new::<u64>())
    }

    /// Accounts for memory outside cells (a list's buffer that grew); every allocation comes through here.
    #[inline(always)]
    pub fn charge(&mut self, bytes: usize) {
        self.since += bytes;
        if self.since > self.budget {
            self.cut_short();
        }
    }

    /// Makes the next poll look: a collection is due.
    #[cold]
    #[inline(never)]
    pub fn cut_short(&mut self) {
        let left = self.fuel.get();
        if left >= 0 {
            self.granted -= left + 1;
            self.fuel.set(-1);
        }
    }

    /// Fills the counter of the poll; gives how many polls there were since it was filled.
    pub fn refuel(&mut self, polls: i64) -> u64 {
        let spent = self.granted - self.fuel.get();
        self.fuel.set(polls);
        self.granted = polls;
        u64::try_from(spent).unwrap_or(0)
    }

    /// The next poll collects: what a MemoryError ends leaves much behind.
    pub fn want_room(&mut self) {
        self.wanted = true;
        self.cut_short();
    }

    /// Whether so much was made since the last collection that it is time for one.
    #[must_use]
    pub fn is_over_budget(&self) -> bool {
        self.since > self.budget
    }

    /// Whether more is in use than allowed.
    #[must_use]
    pub fn is_over_limit(&self) -> bool {
        self.live > self.limit
    }

    /// Sets how many bytes may be in use.
    pub fn set_limit(&mut self, bytes: usize) {
        self.limit = bytes;
        self.set_budget();
    }

    /// Whether so many bytes more stay within the limit. Little things always do: the poll sees when they are many, and
    /// the handler of a MemoryError can work.
    #[must_use]
    pub fn has_room(&self, bytes: usize) -> bool {
        bytes < LITTLE || self.live.saturating_add(self.since).saturating_add(bytes) <= self.limit
    }

    /// How much may be allocated before the next collection: as much as the last one had to look at, but less when the
    /// limit is near.
    fn set_budget(&mut self) {
        let room = self.limit.saturating_sub(self.live);
        self.budget = MIN_BUDGET.max(self.live - self.inert).min((room / 2).max(LEAST_BUDGET));
    }

    /// Whether a collection is due at this poll.
    #[must_use]
    pub fn collection_due(&self) -> bool {
        // Under stress a large heap or a long run is collected less often: what goes wrong shows early.
        self.since > self.budget
            || self.wanted
            || (self.stress
                && (self.since > STRESS_BYTES
                    || (self.live < STRESS_LIVE && self.collections < STRESS_COLLECTIONS)))
    }

    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats { collections: self.collections, live_bytes: self.live, new_bytes: self.since }
    }

    /// Gives a cell back at once. Only for an object that nothing refers to any more: a coroutine's frame that never
    /// escaped. A stale register may still hold its address; marking skips it (invariant 3).
    #[inline]
    pub fn free_now<T: Object>(&mut self, gc: Gc<T>) {
        let cell = gc.address() as *mut u8;
        // SAFETY: by the contract above nothing reads the cell again.
        unsafe {
            if std::mem::needs_drop::<T>() && (*cell.cast::<Header>()).class.get() != LARGE {
                std::ptr::drop_in_place(cell.cast::<T>());
            }
        }
        self.free_plain(gc);
    }

    /// The same for an object that owns nothing outside of its cell, whatever others of its type do.
    #[inline(always)]
    pub fn free_plain<T: Object>(&mut self, gc: Gc<T>) {
        let cell = gc.address() as *mut u8;
        // SAFETY: by the contract above nothing reads the cell again.
        unsafe {
            let header = &*cell.cast::<Header>();
            if header.class.get() == LARGE {
                return;
            }
            let class = header.class.get() & !DROPS;
            Self::mark_free(header);
            *cell.add(8).cast::<*mut u8>() = self.free[class as usize];
            self.free[class as usize] = cell;
            self.since = self.since.saturating_sub((class as usize + 1) * GRANULE);
        }
    }

    /// How many bytes the object takes: struct and tail, as `sys.getsizeof` wants it.
    #[must_use]
    pub fn size_of_value(&self, v: Value) -> usize {
        let Some(header) = v.header() else { return 8 };
        self.kinds[header.kind() as usize].as_ref().map_or(16, |info| (info.size)(header))
    }
}

impl Block {
    fn head(&self) -> &BlockHead {
        // SAFETY: its first cell lies in it.
        unsafe { head_of(self.start) }
    }

    /// What was allocated for it.
    fn memory(&self) -> *mut u8 {
        self.start.wrapping_sub(BLOCK_HEAD)
    }

    /// How many of its cells were ever handed out. Of the block from which its class takes new ones, `bump` says where the
    /// next one is; the rest was never touched.
    fn used(&self, (next, end): (*mut u8, *mut u8)) -> usize {
        if self.end() == end { (next as usize - self.start as usize) / self.cell } else { self.cells }
    }

    fn end(&self) -> *mut u8 {
        self.start.wrapping_add(self.cells * self.cell)
    }
}
