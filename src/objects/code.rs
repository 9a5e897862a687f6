//! Loaded code: verified ops with their constants as values and their inline caches.

use super::frame::Frame;
use crate::bytecode::code::{Code, CodeKind};
use crate::bytecode::op::{Op, Opcode};
use crate::heap::{CellClass, Gc, Header, Heap, Kind, Str, Value};

/// What one site learnt about the name it looks up.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct InlineCache {
    pub name: Gc<Str>,
    /// A shape, or the version of a dict's keys. 0: nothing learnt.
    pub guard: u32,
    /// The class epoch (attributes), or the version of the built-ins' keys (globals; 0 if found in the globals).
    pub epoch: u32,
    pub slot: u32,
    pub kind: CacheKind,
    /// Of a global that is a function which runs in the window of its call, in code that has a window itself: how many
    /// arguments it takes. Else [`NO_ARGS`].
    pub args: u16,
    /// The first op of that function, if there is one: where a call goes on, which everything waits for.
    pub entry: *const Op,
    /// A method or class attribute: alive as long as the guard can match, since the class holds it. Of a store that adds an
    /// attribute, the shape after it.
    pub value: Value,
}

const _: () = assert!(size_of::<InlineCache>() == 40, "an index is found by two additions");

impl InlineCache {
    /// Of a site that has learnt nothing yet.
    #[must_use]
    pub const fn new(name: Gc<Str>) -> Self {
        Self {
            name,
            guard: 0,
            epoch: 0,
            slot: 0,
            kind: CacheKind::Empty,
            args: NO_ARGS,
            entry: std::ptr::null(),
            value: Value::UNBOUND,
        }
    }

    /// The shape after a store that adds an attribute.
    #[inline(always)]
    pub fn next_shape(&self) -> u32 {
        self.value.int_unchecked() as u32
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CacheKind {
    Empty,
    // Of instances: the guard is their shape; the class epoch counts too.
    /// A slot of the instance.
    Slot,
    /// A function in the class, bound to the object: `value`. The guard of what has no shape is its class's.
    Method,
    /// The same of a built-in type that the kind of the object tells, which is in `slot`; the class epoch counts.
    MethodOfKind,
    /// Something in the class that is taken as it is: `value`.
    ClassValue,
    /// The same, which may be written without a new epoch: in `slot` of the dict `value`.
    ClassSlot,
    /// The function of a class method, bound to the class: `value`.
    ClassMethod,
    /// A property whose getter is a function of the language: `value`.
    Getter,
    /// An item of the tuple that an instance of a subclass of `tuple` is around: at `slot`.
    TupleItem,
    // Of classes: the guard is the shape of an instance without attributes; the class epoch counts too.
    /// Something in the class or a base: `value`.
    OwnValue,
    /// The same, which may be written without a new epoch: in `slot` of the dict `value`.
    OwnSlot,
    /// The function of a class method, bound to the class: `value`.
    OwnMethod,
    /// `__aiter__` gives the object itself, which has an `__anext__`.
    Itself,
    /// A store that adds the slot.
    AddSlot,
    // Of dicts: the guard is the version of their keys.
    Global,
    /// A function or class among the globals: `value`. Changing it changes the version of the keys.
    Callable,
    Builtin,
}

/// More arguments than any call has.
pub const NO_ARGS: u16 = u16::MAX;

/// `code`: immutable but for its caches.
#[repr(C)]
pub struct CodeObject {
    header: Header,
    pub ops: Box<[Op]>,
    pub consts: Box<[Value]>,
    pub caches: Box<[InlineCache]>,
    pub name: Gc<Str>,
    pub qualname: Gc<Str>,
    /// How many positional arguments a call without keywords must have for them to be the parameters' registers as
    /// they are; `u32::MAX` if it is not that simple, or a call makes a frame.
    pub simple_args: u32,
    /// The same for code whose call makes a frame.
    pub frame_args: u32,
    /// The same for coroutines alone.
    pub coroutine_args: u32,
    /// Which parameters keywords may name, if `simple_args` says how many there are; else none.
    pub named: (u16, u16),
    pub kind: CodeKind,
    pub registers: u16,
    /// Of the cells of its frames.
    pub frame_class: CellClass,
    /// The names of the first registers.
    pub locals: Box<[Gc<Str>]>,
    /// What the rest of the interpreter asks for more rarely; its `ops`, `consts` and `caches` are moved out.
    pub plain: Box<Code>,
}

crate::object!(CodeObject, Code, |this, t| {
    t.values(this.consts.iter());
    for c in &this.caches {
        t.gc(c.name);
        if c.kind != CacheKind::Empty {
            t.value(c.value);
        }
    }
    t.gc(this.name);
    t.gc(this.qualname);
    for &n in &this.locals {
        t.gc(n);
    }
});

impl CodeObject {
    /// Whether calling it with one argument gives just that: as `__iter__` of an iterator does.
    #[must_use]
    pub fn gives_first(&self) -> bool {
        self.simple_args == 1 && self.ops[0].code == Opcode::Return && self.ops[0].a == 0
    }
}

impl Heap {
    /// `plain` has passed the verifier; its constants and caches were turned into `consts` and `caches`.
    pub fn code(
        &mut self,
        mut plain: Code,
        consts: Vec<Value>,
        caches: Vec<InlineCache>,
        name: Gc<Str>,
        qualname: Gc<Str>,
        locals: Vec<Gc<Str>>,
    ) -> Gc<CodeObject> {
        let ops = std::mem::take(&mut plain.ops).into_boxed_slice();
        let s = plain.signature;
        let simple = !s.varargs && !s.varkw && s.keyword_only == 0;
        plain.consts = Vec::new();
        plain.caches = Vec::new();
        self.charge(ops.len() * 24);
        let in_place = simple && plain.kind == CodeKind::Plain;
        self.alloc(CodeObject {
            header: Header::new(Kind::Code),
            ops,
            consts: consts.into(),
            caches: caches.into(),
            name,
            qualname,
            simple_args: if in_place { u32::from(s.positional) } else { u32::MAX },
            named: if in_place { (s.positional_only, s.positional) } else { (0, 0) },
            frame_args: if simple && plain.kind != CodeKind::Plain {
                u32::from(s.positional)
            } else {
                u32::MAX
            },
            coroutine_args: if simple && plain.kind == CodeKind::Coroutine {
                u32::from(s.positional)
            } else {
                u32::MAX
            },
            kind: plain.kind,
            registers: plain.registers,
            frame_class: Frame::cell_class(plain.registers),
            locals: locals.into(),
            plain: Box::new(plain),
        })
    }
}
