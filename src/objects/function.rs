//! What can be called: functions of the language, natives, bound methods; and the cells that closures share.

use super::code::CodeObject;
use super::dict::Dict;
use super::sequence::Tuple;
use crate::bytecode::op::Op;
use crate::heap::{Gc, Header, Heap, Kind, Value};
use crate::native::NativeDef;

/// A variable that a closure captured.
#[repr(C)]
pub struct CellObject {
    header: Header,
    /// Unbound while the variable is.
    pub content: Value,
}

crate::object!(CellObject, Cell, |this, t| t.value(this.content));

/// A function of the language.
#[repr(C)]
pub struct Function {
    header: Header,
    /// To be changed by [`Function::set_code`], as its first op is remembered.
    pub code: Gc<CodeObject>,
    /// The code's first op: a call finds it one load earlier than through the code, and everything waits for that.
    entry: *const Op,
    pub globals: Gc<Dict>,
    /// Made complete where the function is made, and never changed: the run loop relies on it.
    closure: Value,
    /// A tuple, or None; `aux` is how many there are.
    defaults: Value,
    /// A dict, or None.
    pub keyword_defaults: Value,
    /// A dict of attributes; unbound until one is set.
    pub attributes: Value,
    /// The annotations, and what was set instead of the code's `__name__` and the like: a dict, or unbound.
    pub special: Value,
}

crate::object!(Function, Function, |this, t| {
    t.gc(this.code);
    t.gc(this.globals);
    t.values(&[this.closure, this.defaults, this.keyword_defaults, this.attributes, this.special]);
});

impl Function {
    #[must_use]
    #[inline(always)]
    pub fn entry(&self) -> *const Op {
        self.entry
    }

    /// Not of a function whose calls make frames: these go on where they were in its code.
    pub fn set_code(&mut self, code: Gc<CodeObject>) {
        self.code = code;
        self.entry = code.ops.as_ptr();
    }

    /// The values of the last positional parameters where a call gives none: a tuple, or None.
    #[must_use]
    #[inline(always)]
    pub fn defaults(&self) -> Value {
        self.defaults
    }

    /// How many there are. If any, they are in a tuple.
    #[must_use]
    #[inline(always)]
    pub fn default_count(&self) -> usize {
        self.header.aux.get() as usize
    }

    pub fn set_defaults(&mut self, defaults: Value) {
        self.defaults = defaults;
        self.header.aux.set(count(defaults));
    }

    /// A tuple of cells, as many as the code has free variables; or unbound.
    #[must_use]
    #[inline(always)]
    pub fn closure(&self) -> Value {
        self.closure
    }
}

/// Of the defaults of a function.
fn count(defaults: Value) -> u32 {
    defaults.cast::<Tuple>().map_or(0, |defaults| defaults.len() as u32)
}

/// A function written in Rust; `receiver` is what it is bound to, or unbound.
#[repr(C)]
pub struct Native {
    header: Header,
    pub def: &'static NativeDef,
    /// Bound methods of built-in types are natives with a receiver.
    pub receiver: Value,
    pub shortcut: Shortcut,
}

/// Methods for whose calls the run loop has a way of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Shortcut {
    None,
    ListAppend,
    SetAdd,
    SetRemove,
    SetDiscard,
    DictGet,
}

crate::object!(Native, Native, |this, t| t.value(this.receiver));

impl Native {
    /// Whether it can be called with these arguments as it is, as [`takes`](crate::native::takes) says them.
    #[must_use]
    #[inline(always)]
    pub fn is_ready(&self, arguments: u32) -> bool {
        self.header.aux.get() == arguments
    }
}

#[repr(C)]
pub struct BoundMethod {
    header: Header,
    pub function: Value,
    pub receiver: Value,
}

crate::object!(BoundMethod, BoundMethod, |this, t| t.values(&[this.function, this.receiver]));

impl Heap {
    pub fn cell_object(&mut self, content: Value) -> Gc<CellObject> {
        self.alloc(CellObject { header: Header::new(Kind::Cell), content })
    }

    pub fn native(&mut self, def: &'static NativeDef, receiver: Value) -> Value {
        let takes = if receiver.is_unbound() { def.takes } else { u32::MAX };
        let header = Header::new(Kind::Native).with_aux(takes);
        self.alloc(Native { header, def, receiver, shortcut: Shortcut::None }).value()
    }

    pub fn bound_method(&mut self, function: Value, receiver: Value) -> Value {
        self.alloc(BoundMethod { header: Header::new(Kind::BoundMethod), function, receiver }).value()
    }

    /// For code that is run without the function that it is nested in.
    fn empty_cells(&mut self, n: usize) -> Value {
        let cells: Vec<Value> = (0..n).map(|_| self.cell_object(Value::UNBOUND).value()).collect();
        self.tuple(&cells).value()
    }

    pub fn function(
        &mut self,
        code: Gc<CodeObject>,
        globals: Gc<Dict>,
        closure: Value,
        defaults: Value,
        keyword_defaults: Value,
    ) -> Gc<Function> {
        let cells = closure.cast::<Tuple>();
        let cells = cells.as_ref().map_or(&[][..], |cells| cells.items());
        let free = code.plain.free.len();
        let complete = cells.len() >= free && cells.iter().all(|cell| cell.is::<CellObject>());
        let closure = if complete { closure } else { self.empty_cells(free) };
        self.alloc(Function {
            header: Header::new(Kind::Function).with_aux(count(defaults)),
            code,
            entry: code.ops.as_ptr(),
            globals,
            closure,
            defaults,
            keyword_defaults,
            attributes: Value::UNBOUND,
            special: Value::UNBOUND,
        })
    }
}
