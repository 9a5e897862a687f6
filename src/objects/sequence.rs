//! Lists, tuples, bytes, ranges and slices.

use crate::heap::{CellClass, Gc, Header, Heap, Kind, Value, tail_of};

#[repr(C)]
pub struct List {
    header: Header,
    pub items: Vec<Value>,
}

crate::object!(List, List, |this, t| {
    t.outside(this.items.capacity() * 8);
    t.values(&this.items);
});

/// `tuple`: its length is the header's `aux`, its items follow.
#[repr(C)]
pub struct Tuple {
    header: Header,
}

crate::object!(Tuple, Tuple, |this, t| t.values(tail_of(this, this.len())), tail | this | this.len() * 8);

impl Tuple {
    #[must_use]
    #[inline(always)]
    #[expect(clippy::len_without_is_empty, reason = "it is a field, not a collection's interface")]
    pub fn len(&self) -> usize {
        self.header.aux.get() as usize
    }

    #[must_use]
    #[inline(always)]
    pub fn items(&self) -> &[Value] {
        tail_of(self, self.len())
    }
}

impl Gc<Tuple> {
    /// The items, for as long as the tuple is alive: until the next poll.
    #[must_use]
    #[inline(always)]
    pub fn all(self) -> &'static [Value] {
        self.tail_forever(self.len())
    }
}

#[repr(C)]
pub struct Bytes {
    header: Header,
    pub value: Box<[u8]>,
}

crate::object!(Bytes, Bytes, |this, t| t.inert(this.value.len()));

#[repr(C)]
pub struct ByteArray {
    header: Header,
    pub value: Vec<u8>,
}

crate::object!(ByteArray, ByteArray, |this, t| t.inert(this.value.capacity()));

/// The content of a `bytes` or a `bytearray`, read in place.
#[derive(Clone, Copy)]
pub enum BytesLike {
    Empty,
    Bytes(Gc<Bytes>),
    Array(Gc<ByteArray>),
}

impl BytesLike {
    #[must_use]
    pub fn of(v: Value) -> Option<Self> {
        v.cast().map(Self::Bytes).or_else(|| v.cast().map(Self::Array))
    }
}

impl std::ops::Deref for BytesLike {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Empty => &[],
            Self::Bytes(bytes) => &bytes.value,
            Self::Array(array) => &array.value,
        }
    }
}

/// `range`: the bounds are integers, possibly big; `length` is `None` when it does not fit 63 bits.
#[repr(C)]
pub struct Range {
    header: Header,
    pub start: Value,
    pub stop: Value,
    pub step: Value,
    pub length: Value,
}

crate::object!(Range, Range, |this, t| t.values(&[this.start, this.stop, this.step, this.length]));

#[repr(C)]
pub struct Slice {
    header: Header,
    pub start: Value,
    pub stop: Value,
    pub step: Value,
}

crate::object!(Slice, Slice, |this, t| t.values(&[this.start, this.stop, this.step]));

impl Heap {
    pub fn list(&mut self, items: Vec<Value>) -> Gc<List> {
        self.charge(items.capacity() * 8);
        self.alloc(List { header: Header::new(Kind::List), items })
    }

    pub fn tuple(&mut self, items: &[Value]) -> Gc<Tuple> {
        self.joined_tuple(items, &[])
    }

    /// A tuple of two in a cell that was given back; none if there is none. Nothing is called.
    #[inline(always)]
    pub fn pair_again(&mut self, first: Value, second: Value) -> Option<Gc<Tuple>> {
        let items = [first, second];
        let head = Tuple { header: Header::new(Kind::Tuple).with_aux(2) };
        self.reuse_in_class(|| head, &items, 2, CellClass::of(size_of::<Tuple>() + size_of_val(&items)))
    }

    /// A tuple of few, where there is a cell for it. Nothing is called.
    #[inline(always)]
    pub fn tuple_of_few(&mut self, items: &[Value]) -> Option<Gc<Tuple>> {
        let head = Tuple { header: Header::new(Kind::Tuple).with_aux(items.len() as u32) };
        self.alloc_with_few(head, items)
    }

    /// A tuple of the items of both.
    #[inline(always)]
    pub fn joined_tuple(&mut self, first: &[Value], second: &[Value]) -> Gc<Tuple> {
        let len = first.len() + second.len();
        let head = Tuple { header: Header::new(Kind::Tuple).with_aux(len as u32) };
        self.alloc_with_items(head, first, second)
    }

    /// A tuple of what `item` gives for each place.
    pub fn tuple_of(&mut self, len: usize, item: impl Fn(usize) -> Value) -> Gc<Tuple> {
        let head = Tuple { header: Header::new(Kind::Tuple).with_aux(len as u32) };
        let mut gc = self.alloc_with_values(head, len);
        for (i, place) in gc.tail_mut(len).iter_mut().enumerate() {
            *place = item(i);
        }
        gc
    }

    pub fn bytes(&mut self, value: impl Into<Box<[u8]>>) -> Gc<Bytes> {
        let value = value.into();
        self.charge(value.len());
        self.alloc(Bytes { header: Header::new(Kind::Bytes), value })
    }

    pub fn bytearray(&mut self, value: Vec<u8>) -> Gc<ByteArray> {
        self.charge(value.len());
        self.alloc(ByteArray { header: Header::new(Kind::ByteArray), value })
    }

    pub fn range(&mut self, start: Value, stop: Value, step: Value, length: Value) -> Gc<Range> {
        self.alloc(Range { header: Header::new(Kind::Range), start, stop, step, length })
    }

    pub fn slice(&mut self, start: Value, stop: Value, step: Value) -> Gc<Slice> {
        self.alloc(Slice { header: Header::new(Kind::Slice), start, stop, step })
    }

    /// Appends to a list and accounts for its growth.
    #[inline(always)]
    pub fn push(&mut self, mut list: Gc<List>, v: Value) {
        if list.items.len() == list.items.capacity() {
            self.charge(list.items.len().max(4) * 8);
        }
        list.items.push(v);
    }
}
