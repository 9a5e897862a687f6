//! Strings: UTF-8 with the number of code points beside it, so that indexing is O(1) when all are ASCII.
//!
//! Short strings lie in their cell. A concatenation that would copy much makes a *rope* instead: a cell that refers to
//! both halves and is flattened when somebody first looks at its text. `s += t` in a loop is linear that way.
//!
//! ```text
//!   inline: | header | hash | bytes | chars | the text ...      |
//!   rope:   | header | hash | bytes | chars | left   | right    |   until first read
//!   buffer: | header | hash | bytes | chars | address| unused   |   from then on
//! ```

use super::writer::{copy, copy_few};
use super::{Gc, Header, Heap, Kind, Object, Tracer, Value};
use crate::text::maps::HashMap;
use crate::text::seek::{WORD, short_word};
use std::cell::Cell;
use std::mem::MaybeUninit;

const INLINE: u8 = 0;
const ROPE: u8 = 1;
const BUFFER: u8 = 2;
const LAYOUT_BITS: u8 = 3;
const INTERNED: u8 = 4;
/// A concatenation at least this long becomes a rope.
const ROPE_BYTES: usize = 256;
/// Texts above this many bytes get a buffer of their own.
pub(super) const MAX_INLINE: usize = 4096;
/// Texts of at most as many bytes are made and copied without a call.
pub(super) const QUICK: usize = 64;

thread_local! {
    /// The bytes of buffers that flattening made and no heap was charged for yet.
    static FLATTENED: Cell<usize> = const { Cell::new(0) };
}

/// `str`. Flags: the layout and whether it is interned.
#[repr(C)]
pub struct Str {
    header: Header,
    hash: Cell<u64>,
    bytes: u32,
    chars: u32,
}

// SAFETY: `repr(C)`, header first; a rope's halves are traced.
unsafe impl Object for Str {
    const KIND: Kind = Kind::Str;

    fn tail_bytes(&self) -> usize {
        if self.layout() == INLINE { self.bytes as usize } else { 16 }
    }

    /// A rope has a buffer once it was read.
    #[inline(always)]
    fn drops(&self) -> bool {
        self.layout() != INLINE
    }

    fn trace(&self, tracer: &mut Tracer) {
        if self.layout() == ROPE {
            let [left, right] = self.words();
            tracer.value(Value::from_address(left));
            tracer.value(Value::from_address(right));
        } else if self.layout() == BUFFER {
            tracer.inert(self.bytes as usize);
        }
    }
}

impl Str {
    /// The longest text there can be, in bytes.
    pub const MAX_BYTES: usize = u32::MAX as usize;

    #[inline(always)]
    fn layout(&self) -> u8 {
        self.header.flags.get() & LAYOUT_BITS
    }

    /// Whether the string of this header lies in its cell.
    #[inline(always)]
    pub(super) fn is_inline(header: &Header) -> bool {
        header.flags.get() & LAYOUT_BITS == INLINE
    }

    #[inline(always)]
    fn tail(&self) -> *const u8 {
        // SAFETY: one past the struct is inside the cell, or its end for the empty string.
        unsafe { std::ptr::from_ref(self).add(1).cast::<u8>() }
    }

    /// A rope's or buffer's two words.
    fn words(&self) -> [u64; 2] {
        // SAFETY: a rope or buffer was allocated with 16 bytes behind it, at an address that is a multiple of 8.
        unsafe { *self.tail().cast::<[u64; 2]>() }
    }

    fn set_words(&self, words: [u64; 2], layout: u8) {
        // SAFETY: as in `words`; nobody holds a borrow of these bytes as text.
        unsafe { *self.tail().cast_mut().cast::<[u64; 2]>() = words };
        self.header.flags.set(self.header.flags.get() & !LAYOUT_BITS | layout);
    }

    /// The text.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        let len = self.bytes as usize;
        let start = match self.layout() {
            INLINE => self.tail(),
            BUFFER => self.words()[0] as *const u8,
            _ => {
                self.flatten();
                self.words()[0] as *const u8
            }
        };
        // SAFETY: `len` bytes of UTF-8 were put there when the string was made.
        unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(start, len)) }
    }

    /// Turns a rope into a buffer, without recursion: ropes are as deep as the loop that built them was long.
    #[cold]
    fn flatten(&self) {
        FLATTENED.set(FLATTENED.get() + self.bytes as usize);
        let mut text = vec![0u8; self.bytes as usize];
        let mut end = text.len();
        let mut stack = self.words().to_vec();
        // Right to left, since `s += t` leans to the left.
        while let Some(word) = stack.pop() {
            // SAFETY: a rope's words are addresses of strings that it keeps alive.
            let part = unsafe { &*(word as *const Self) };
            if part.layout() == ROPE {
                stack.extend(part.words());
            } else {
                let piece = part.as_str().as_bytes();
                end -= piece.len();
                text[end..end + piece.len()].copy_from_slice(piece);
            }
        }
        self.set_buffer(text);
    }

    fn set_buffer(&self, text: Vec<u8>) {
        let buffer = Box::into_raw(text.into_boxed_slice());
        self.set_words([buffer.cast::<u8>() as u64, 0], BUFFER);
    }

    /// The head of a string of so many bytes and code points.
    #[inline(always)]
    fn blank(bytes: usize, chars: usize) -> Self {
        let header = Header::new(Kind::Str);
        Self { header, hash: Cell::new(0), bytes: bytes as u32, chars: chars as u32 }
    }

    /// A rope whose last part is so short that `more` goes behind it: the address of the others, and that part.
    fn gathered(&self, more: &Self) -> Option<(u64, &Self)> {
        if self.layout() != ROPE || more.layout() != INLINE {
            return None;
        }
        let [left, right] = self.words();
        // SAFETY: a rope's words are addresses of strings that it keeps alive.
        let last = unsafe { &*(right as *const Self) };
        let short = last.layout() == INLINE && last.len_bytes() + more.len_bytes() < ROPE_BYTES;
        short.then_some((left, last))
    }

    /// How many code points it has.
    #[must_use]
    #[inline(always)]
    pub fn chars(&self) -> usize {
        self.chars as usize
    }

    #[must_use]
    #[inline(always)]
    pub fn len_bytes(&self) -> usize {
        self.bytes as usize
    }

    #[must_use]
    #[inline(always)]
    pub fn is_ascii(&self) -> bool {
        self.chars == self.bytes
    }

    #[must_use]
    #[inline(always)]
    pub fn is_interned(&self) -> bool {
        self.header.flags.get() & INTERNED != 0
    }

    /// Computed once; never 0. The same in every run.
    #[must_use]
    #[inline(always)]
    pub fn hash(&self) -> u64 {
        let hash = self.hash.get();
        if hash != 0 { hash } else { self.compute_hash() }
    }

    /// The hash if it was computed before; else 0.
    #[must_use]
    #[inline(always)]
    pub fn known_hash(&self) -> u64 {
        self.hash.get()
    }

    #[inline(never)]
    fn compute_hash(&self) -> u64 {
        // What the language sees of it has 61 bits, as every hash.
        let hash = spread((hash_bytes(self.as_str().as_bytes()) >> 3).max(1) as i64);
        self.hash.set(hash);
        hash
    }

    /// The byte offset of a code point; `index` at most `chars()`.
    #[must_use]
    pub fn byte_offset(&self, index: usize) -> usize {
        if self.is_ascii() {
            return index;
        }
        self.as_str().char_indices().nth(index).map_or(self.len_bytes(), |(i, _)| i)
    }
}

/// Whether two strings have the same text.
#[must_use]
#[inline(always)]
pub fn same_text(a: Gc<Str>, b: Gc<Str>) -> bool {
    if a == b {
        return true;
    }
    let n = a.len_bytes();
    let (flags, others) = (a.header.flags.get(), b.header.flags.get());
    if n != b.len_bytes() || flags & others & INTERNED != 0 {
        return false;
    }
    if (flags | others) & LAYOUT_BITS != INLINE {
        return same_far(a, b);
    }
    // SAFETY: so many bytes lie in both cells.
    unsafe { same_bytes(a.inline_start(), b.inline_start(), n) }
}

#[inline(never)]
fn same_far(a: Gc<Str>, b: Gc<Str>) -> bool {
    a.as_str() == b.as_str()
}

/// Short pieces are two words that may overlap, compared without a call.
///
/// # Safety
/// There are `n` bytes at both addresses.
#[inline(always)]
unsafe fn same_bytes(a: *const u8, b: *const u8, n: usize) -> bool {
    // SAFETY (all): what the caller promises; the tests of `n` say that each word is inside.
    unsafe {
        let long =
            |at: usize| a.add(at).cast::<u64>().read_unaligned() == b.add(at).cast::<u64>().read_unaligned();
        let half =
            |at: usize| a.add(at).cast::<u32>().read_unaligned() == b.add(at).cast::<u32>().read_unaligned();
        let byte = |at: usize| *a.add(at) == *b.add(at);
        match n {
            0 => true,
            1..4 => byte(0) && byte(n / 2) && byte(n - 1),
            4..8 => half(0) && half(n - 4),
            8..=16 => long(0) && long(n - 8),
            // Most that differ do so at once.
            _ => long(0) && same_long(std::slice::from_raw_parts(a, n), std::slice::from_raw_parts(b, n)),
        }
    }
}

#[inline(never)]
fn same_long(a: &[u8], b: &[u8]) -> bool {
    a == b
}

/// Spreads an integer's hash over the word, since tables take its bits as they are. It can be undone.
#[must_use]
#[inline(always)]
pub const fn spread(hash: i64) -> u64 {
    let h = (hash as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    h ^ (h >> 32)
}

/// A fast hash of bytes, by folded multiplication; never 0.
#[must_use]
pub fn hash_bytes(bytes: &[u8]) -> u64 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15;
    let fold = |a: u64, b: u64| {
        let wide = u128::from(a) * u128::from(b);
        (wide as u64) ^ (wide >> 64) as u64
    };
    let mut h = K ^ bytes.len() as u64;
    let mut chunks = bytes.chunks_exact(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        h = fold(h ^ u64::from_le_bytes(word), K);
    }
    h = fold(h ^ short_word(chunks.remainder()), K ^ 0x5851_F42D_4C95_7F2D);
    h.max(1)
}

impl Drop for Str {
    fn drop(&mut self) {
        if self.layout() == BUFFER {
            let start = self.words()[0] as *mut u8;
            // SAFETY: made by `set_buffer` from a boxed slice of this length.
            drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(start, self.bytes as usize)) });
        }
    }
}

impl Gc<Str> {
    /// Where the text of a string in its cell begins.
    #[inline(always)]
    pub(super) fn inline_start(self) -> *mut u8 {
        Str::tail(&self).cast_mut()
    }

    /// Where its text begins, if that was not still to be put together.
    #[inline(always)]
    pub(super) fn flat_start(self) -> Option<*const u8> {
        match self.layout() {
            INLINE => Some(self.inline_start()),
            BUFFER => Some(self.words()[0] as *const u8),
            _ => None,
        }
    }

    /// Whether its text lies in its cell.
    #[inline(always)]
    pub(super) fn is_in_cell(self) -> bool {
        Str::is_inline(&self.header)
    }

    /// How long its text is, if that lies in its cell.
    #[inline(always)]
    pub(super) fn len_in_cell(self) -> Option<usize> {
        if self.is_in_cell() { Some(self.len_bytes()) } else { None }
    }

    /// The first eight bytes behind the head: of the text, if it is in its cell, and of what was there before.
    #[inline(always)]
    pub(super) fn first_word(self) -> MaybeUninit<u64> {
        // SAFETY: cells are multiples of 16 bytes, so that there are as many behind each head.
        unsafe { self.inline_start().cast::<MaybeUninit<u64>>().read() }
    }

    /// The text, for as long as the string is alive: until the next poll (invariant 1).
    #[must_use]
    #[inline(always)]
    pub fn text(self) -> &'static str {
        // SAFETY: invariant 1; text never moves once it is flat.
        unsafe { std::mem::transmute::<&str, &'static str>(self.as_str()) }
    }
}

impl Heap {
    /// A new string; texts beyond [`Str::MAX_BYTES`] are cut (callers check before they build one).
    pub fn string(&mut self, text: &str) -> Gc<Str> {
        let chars = if text.is_ascii() { text.len() } else { text.chars().count() };
        self.string_counted(text, chars)
    }

    /// The same when the number of code points is known.
    pub fn string_counted(&mut self, text: &str, chars: usize) -> Gc<Str> {
        if text.len() <= QUICK
            && let Some(gc) = self.alloc_quickly(Str::blank(text.len(), chars), text.len())
        {
            // SAFETY: the cell has room for it.
            unsafe { copy_few(text.as_ptr(), gc.inline_start(), text.len()) };
            return gc;
        }
        self.longer_string(text, chars)
    }

    /// The same of any length.
    #[inline(never)]
    fn longer_string(&mut self, text: &str, chars: usize) -> Gc<Str> {
        let head = Str::blank(text.len(), chars);
        if text.len() <= MAX_INLINE {
            let gc = self.alloc_with_room(head, text.len());
            // SAFETY: the cell has room for it.
            unsafe { copy(text.as_ptr(), gc.inline_start(), text.len()) };
            return gc;
        }
        head.header.flags.set(BUFFER);
        let gc = self.alloc_two_words(head);
        gc.set_buffer(text.as_bytes().to_vec());
        self.charge(text.len());
        gc
    }

    /// The same, keeping the buffer of a long text.
    pub fn string_owned(&mut self, text: String, chars: usize) -> Gc<Str> {
        if text.len() <= MAX_INLINE {
            return self.string_counted(&text, chars);
        }
        let head = Str::blank(text.len(), chars);
        head.header.flags.set(BUFFER);
        let gc = self.alloc_two_words(head);
        self.charge(text.len());
        gc.set_buffer(text.into_bytes());
        gc
    }

    /// A string in its cell whose text is still to be written: before the next poll, by whoever asked for it.
    #[inline(always)]
    pub(super) fn blank_string(&mut self, bytes: usize, chars: usize) -> Gc<Str> {
        self.alloc_with_room(Str::blank(bytes, chars), bytes)
    }

    /// The same of a short one, where that takes little; of nothing longer than [`QUICK`].
    #[inline(always)]
    pub(super) fn blank_quickly(&mut self, bytes: usize, chars: usize) -> Option<Gc<Str>> {
        if bytes <= QUICK { self.alloc_quickly(Str::blank(bytes, chars), bytes) } else { None }
    }

    fn alloc_two_words(&mut self, head: Str) -> Gc<Str> {
        self.alloc_with_values(head, 2)
    }

    /// `a + b`; the sum of the lengths must be at most [`Str::MAX_BYTES`].
    pub fn concat(&mut self, a: Gc<Str>, b: Gc<Str>) -> Gc<Str> {
        self.concat_quickly(a, b).unwrap_or_else(|| self.concat_any(a, b))
    }

    /// The same of short ones, where there is a cell for it. Nothing is called.
    #[inline(always)]
    pub fn concat_quickly(&mut self, a: Gc<Str>, b: Gc<Str>) -> Option<Gc<Str>> {
        let (first, second) = (a.len_bytes(), b.len_bytes());
        // Neither is empty, and both lie in their cells.
        if first.min(second) == 0 || (a.header.flags.get() | b.header.flags.get()) & LAYOUT_BITS != INLINE {
            return None;
        }
        let gc = self.blank_quickly(first + second, a.chars() + b.chars())?;
        let start = gc.inline_start();
        // SAFETY: the cell has room for both, and for a word that the second one overwrites in part.
        unsafe {
            if first <= WORD {
                start.cast::<MaybeUninit<u64>>().write(a.first_word());
            } else {
                copy_few(a.inline_start(), start, first);
            }
            copy_few(b.inline_start(), start.add(first), second);
        }
        Some(gc)
    }

    #[inline(never)]
    fn concat_any(&mut self, a: Gc<Str>, b: Gc<Str>) -> Gc<Str> {
        if a.bytes == 0 {
            return b;
        }
        if b.bytes == 0 {
            return a;
        }
        if a.len_bytes() + b.len_bytes() < ROPE_BYTES {
            return self.alloc_joined(&a, &b);
        }
        // Small pieces are gathered, so that a rope of single characters has few parts.
        let (left, right) = match a.gathered(&b) {
            Some((left, last)) => (left, self.alloc_joined(last, &b).address()),
            None => (a.address(), b.address()),
        };
        let head = Str::blank(a.len_bytes() + b.len_bytes(), a.chars() + b.chars());
        head.header.flags.set(ROPE);
        let gc = self.alloc_two_words(head);
        gc.set_words([left, right], ROPE);
        self.charge(FLATTENED.take());
        gc
    }

    #[inline]
    fn alloc_joined(&mut self, a: &Str, b: &Str) -> Gc<Str> {
        let (first, second) = (a.as_str(), b.as_str());
        let gc = self.blank_string(first.len() + second.len(), a.chars() + b.chars());
        let start = gc.inline_start();
        // SAFETY: the cell has room for both.
        unsafe {
            copy(first.as_ptr(), start, first.len());
            copy(second.as_ptr(), start.add(first.len()), second.len());
        }
        gc
    }
}

/// Names: strings of which there is one each, so that comparing them is comparing addresses. Never collected.
#[derive(Default)]
pub struct Interner {
    table: HashMap<Box<str>, Gc<Str>>,
}

impl Interner {
    pub fn intern(&mut self, heap: &mut Heap, text: &str) -> Gc<Str> {
        if let Some(&gc) = self.table.get(text) {
            return gc;
        }
        let gc = heap.string(text);
        self.insert(gc)
    }

    /// The one string equal to this one: itself if it is the first.
    pub fn intern_gc(&mut self, gc: Gc<Str>) -> Gc<Str> {
        if gc.is_interned() {
            return gc;
        }
        match self.table.get(gc.as_str()) {
            Some(&known) => known,
            None => self.insert(gc),
        }
    }

    fn insert(&mut self, gc: Gc<Str>) -> Gc<Str> {
        gc.header.flags.set(gc.header.flags.get() | INTERNED);
        self.table.insert(gc.as_str().into(), gc);
        gc
    }

    /// The interned string with this text, if there is one.
    #[must_use]
    pub fn get(&self, text: &str) -> Option<Gc<Str>> {
        self.table.get(text).copied()
    }

    /// The interned string, if there is one: a name that nobody interned is no attribute's name.
    #[must_use]
    pub fn lookup(&self, gc: Gc<Str>) -> Option<Gc<Str>> {
        if gc.is_interned() { Some(gc) } else { self.table.get(gc.as_str()).copied() }
    }

    pub fn trace(&self, tracer: &mut Tracer) {
        for &gc in self.table.values() {
            tracer.gc(gc);
        }
    }
}
