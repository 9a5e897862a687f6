//! Values and the heap: the first of the two rooms that may hold `unsafe`.
//!
//! The heap is a non-moving mark-sweep collector over size-class pools. What makes its safe interface sound are
//! these invariants; each `SAFETY` comment names the one that it relies on.
//!
//! 1. **Collection happens only at the VM's poll**, at the start of an op, with the pc saved. Nothing outside the
//!    registers, the root stack and the structures that `Roots` traces holds a `Value` then, so whoever holds a
//!    `Value` or `Gc` between two polls holds a live cell. Natives that let the VM run (through the one door,
//!    `Vm::call`) keep what they still need on the root stack.
//! 2. **Operands are verified**: every register, constant and cache index in code that runs is in range
//!    (`bytecode::verify`), so the dispatch loop reads them unchecked.
//! 3. **The stack above its top is cleared at each collection**: a stale register can only refer to a cell that was
//!    alive at the last collection or allocated since, so marking through it is harmless.
//! 4. **One saved frame per parked task, none for a running one**: a frame's saved pc is valid while it is suspended.
//! 5. **No borrow into an object is held while the VM may run**: `Gc` dereferences to a plain reference, and the VM
//!    may change any object.

#![allow(unsafe_code, reason = "this room implements the collector")]

mod cutting;
mod joining;
mod memory;
mod stack;
mod string;
mod value;
mod writer;

pub use memory::{CellClass, Heap, Roots, Stats, Survivors, Tracer};
pub use stack::Stack;
pub use string::{Interner, Str, hash_bytes, same_text, spread};
pub use value::Value;
pub(crate) use value::unbind;
pub use writer::Writer;

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

macro_rules! kinds {
    ($($name:ident),* $(,)?) => {
        /// What a heap cell holds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Kind { $($name),* }

        impl Kind {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];
        }
    };
}

kinds! {
    Free, Float, BigInt, Complex, Str, Bytes, ByteArray, List, Tuple, Dict, Set, FrozenSet, Range, Slice,
    Cell, Function, Native, BoundMethod, Class, Instance, Exception, Module, Code,
    Generator, Coroutine, AsyncGenerator, AsyncGenStep, Awaitable,
    Iter, DictView, Property, StaticMethod, ClassMethod, Super, Traceback,
    Future, Task, Handle, MappingProxy, Boxed,
}

/// The first eight bytes of every cell.
#[repr(C)]
pub struct Header {
    kind: Cell<Kind>,
    /// Equal to the heap's current mark when the cell was reached in the current or last collection.
    mark: Cell<u8>,
    /// Belongs to the type: each says what its bits mean.
    pub flags: Cell<u8>,
    /// The pool it came from, and whether it is to be dropped; `LARGE` for its own allocation.
    class: Cell<u8>,
    /// Belongs to the type: an instance's shape, for example.
    pub aux: Cell<u32>,
}

impl Header {
    #[inline(always)]
    pub fn kind(&self) -> Kind {
        self.kind.get()
    }
}

/// A type whose values live in cells. The first field is a [`Header`] and the layout is `repr(C)`: the constructor
/// leaves it to the heap by writing `Header::new(Self::KIND)` there.
///
/// # Safety
/// `KIND` belongs to this type alone, `repr(C)` with a `Header` first, and `trace` visits every `Value` and `Gc`.
pub unsafe trait Object: 'static {
    const KIND: Kind;

    /// Types that serve several kinds (a set and a frozenset) override this.
    #[inline(always)]
    fn is_kind(kind: Kind) -> bool {
        kind as u8 == Self::KIND as u8
    }

    /// How many bytes follow the struct itself in the cell.
    fn tail_bytes(&self) -> usize {
        0
    }

    /// Whether it may ever hold what must be given back.
    #[inline(always)]
    fn drops(&self) -> bool {
        std::mem::needs_drop::<Self>()
    }

    fn trace(&self, tracer: &mut Tracer);
}

/// Declares that a struct is an [`Object`]: `object!(List, List, |this, t| t.values(&this.items));`
#[macro_export]
macro_rules! object {
    ($type:ty, $kind:ident, |$this:ident, $tracer:ident| $trace:expr $(, tail |$t:ident| $tail:expr)? $(, also $also:pat)?) => {
        #[allow(unsafe_code, reason = "the macro is the one way to declare an object; see the trait")]
        // SAFETY: used only on `repr(C)` structs with a header first; the tracing is stated beside the fields.
        unsafe impl $crate::heap::Object for $type {
            const KIND: $crate::heap::Kind = $crate::heap::Kind::$kind;
            $(
                #[inline(always)]
                fn is_kind(kind: $crate::heap::Kind) -> bool {
                    matches!(kind, $also)
                }
            )?
            $(
                fn tail_bytes(&self) -> usize {
                    let $t = self;
                    $tail
                }
            )?
            fn trace(&self, $tracer: &mut $crate::heap::Tracer) {
                let $this = self;
                $trace
            }
        }
    };
}

impl Header {
    /// A header that the heap completes when the object is allocated.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self {
            kind: Cell::new(kind),
            mark: Cell::new(0),
            flags: Cell::new(0),
            class: Cell::new(0),
            aux: Cell::new(0),
        }
    }

    #[must_use]
    pub fn with_aux(self, aux: u32) -> Self {
        self.aux.set(aux);
        self
    }

    #[must_use]
    pub fn with_flags(self, flags: u8) -> Self {
        self.flags.set(flags);
        self
    }
}

/// A reference to a live cell that holds a `T`. Copying it copies the reference; it dereferences to the object, also
/// for writing, under invariants 1 and 5.
pub struct Gc<T> {
    address: NonNull<T>,
    marker: PhantomData<T>,
}

impl<T> Clone for Gc<T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Gc<T> {}

impl<T> PartialEq for Gc<T> {
    #[inline(always)]
    fn eq(&self, other: &Self) -> bool {
        self.address == other.address
    }
}

impl<T> Eq for Gc<T> {}

impl<T> std::hash::Hash for Gc<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write_u64(self.address.as_ptr() as u64);
    }
}

impl<T> std::fmt::Debug for Gc<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Gc({:p})", self.address)
    }
}

impl<T: Object> Gc<T> {
    /// # Safety
    /// `address` is that of a live cell that holds a `T`.
    #[inline(always)]
    pub(crate) unsafe fn from_address(address: u64) -> Self {
        // SAFETY: a cell's address is not null.
        Self { address: unsafe { NonNull::new_unchecked(address as *mut T) }, marker: PhantomData }
    }

    #[must_use]
    #[inline(always)]
    pub fn value(self) -> Value {
        Value::from_address(self.address())
    }

    #[must_use]
    #[inline(always)]
    pub fn address(self) -> u64 {
        self.address.as_ptr() as u64
    }

    /// The bytes behind the struct, as many as `len` says.
    ///
    /// The caller passes the length that the object was allocated with (or less).
    #[must_use]
    #[inline(always)]
    pub fn tail_bytes_of(&self, len: usize) -> &[u8] {
        debug_assert!(len <= self.tail_bytes());
        // SAFETY: the cell was allocated with at least `tail_bytes` behind the struct.
        unsafe { std::slice::from_raw_parts(self.address.as_ptr().add(1).cast::<u8>(), len) }
    }

    /// The values behind the struct.
    #[must_use]
    #[inline(always)]
    pub fn tail(&self, len: usize) -> &[Value] {
        debug_assert!(len * 8 <= self.tail_bytes());
        // SAFETY: as above; the heap zeroes a tail, and zero is a valid `Value`.
        unsafe { std::slice::from_raw_parts(self.address.as_ptr().add(1).cast::<Value>(), len) }
    }

    /// The same, for as long as the object is alive: until the next poll (invariant 1).
    #[must_use]
    #[inline(always)]
    pub fn tail_forever(self, len: usize) -> &'static [Value] {
        debug_assert!(len * 8 <= self.tail_bytes());
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts(self.address.as_ptr().add(1).cast::<Value>(), len) }
    }

    #[must_use]
    #[inline(always)]
    pub fn tail_mut(&mut self, len: usize) -> &mut [Value] {
        debug_assert!(len * 8 <= self.tail_bytes());
        // SAFETY: as above, and invariant 5.
        unsafe { std::slice::from_raw_parts_mut(self.address.as_ptr().add(1).cast::<Value>(), len) }
    }

    /// Where the tail starts: a frame's registers.
    #[must_use]
    #[inline(always)]
    pub fn tail_ptr(self) -> *mut Value {
        // One past the struct is inside or at the end of the cell.
        self.address.as_ptr().wrapping_add(1).cast::<Value>()
    }
}

/// The values behind a struct, seen from inside its `trace`.
#[must_use]
pub fn tail_of<T: Object>(this: &T, len: usize) -> &[Value] {
    debug_assert!(len * 8 <= this.tail_bytes());
    // SAFETY: objects exist only in cells, allocated with their tail.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(this).add(1).cast::<Value>(), len) }
}

impl<T: Object> Deref for Gc<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        self.check();
        // SAFETY: invariant 1.
        unsafe { self.address.as_ref() }
    }
}

impl<T: Object> DerefMut for Gc<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        self.check();
        // SAFETY: invariants 1 and 5.
        unsafe { self.address.as_mut() }
    }
}

impl<T: Object> Gc<T> {
    /// Debug builds check on every access that the cell still holds what the reference says.
    #[inline(always)]
    fn check(&self) {
        #[cfg(debug_assertions)]
        {
            // SAFETY: cells are never unmapped while a reference to them may be used (invariant 1).
            let kind = unsafe { self.address.cast::<Header>().as_ref().kind() };
            assert!(T::is_kind(kind), "a reference to a {:?} found a {kind:?}", T::KIND);
        }
    }
}
