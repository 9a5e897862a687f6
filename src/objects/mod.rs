//! The types whose values live on the heap, one file each: data and invariants. What they do is in `builtins/`.

pub mod class;
pub mod code;
pub mod dict;
pub mod exception;
pub mod frame;
pub mod function;
pub mod instance;
pub mod iter;
pub mod number;
pub mod plain;
pub mod sequence;
pub mod table;
pub mod task;
pub mod tool;
pub mod wrapper;

pub use class::{Class, Layout};
pub use code::{CodeObject, InlineCache};
pub use dict::{Dict, DictView, MappingProxy, Set, ViewKind};
pub use exception::{Exception, Traceback, TracebackEntry};
pub use frame::{AsyncGenStep, Frame, FrameState, StepMode};
pub use function::{BoundMethod, CellObject, Function, Native, Shortcut};
pub use instance::Instance;
pub use iter::{Iter, IterState};
pub use number::{BigInt, Complex, Float};
pub use sequence::{ByteArray, Bytes, List, Range, Slice, Tuple};
pub use table::Table;
pub use task::{Awaitable, Future, Handle, Task};
pub use wrapper::{Boxed, ClassMethod, Module, NativeData, Property, StaticMethod, Super};

pub use crate::heap::Str;

use crate::heap::Heap;

/// Makes every type known to the collector.
pub fn register_all(heap: &mut Heap) {
    heap.register::<Str>();
    heap.register::<Float>();
    heap.register::<BigInt>();
    heap.register::<Complex>();
    heap.register::<Bytes>();
    heap.register::<ByteArray>();
    heap.register::<List>();
    heap.register::<Tuple>();
    heap.register::<Range>();
    heap.register::<Slice>();
    heap.register::<Dict>();
    heap.register::<Set>();
    heap.register::<DictView>();
    heap.register::<MappingProxy>();
    heap.register::<CellObject>();
    heap.register::<Function>();
    heap.register::<Native>();
    heap.register::<BoundMethod>();
    heap.register::<Class>();
    heap.register::<Instance>();
    heap.register::<Exception>();
    heap.register::<Traceback>();
    heap.register::<CodeObject>();
    heap.register::<Frame>();
    heap.register::<AsyncGenStep>();
    heap.register::<Iter>();
    heap.register::<Property>();
    heap.register::<StaticMethod>();
    heap.register::<ClassMethod>();
    heap.register::<Super>();
    heap.register::<Module>();
    heap.register::<Boxed>();
    // A task begins with a future: its own row replaces the future's.
    heap.register::<Future>();
    heap.register::<Task>();
    heap.register::<Handle>();
    heap.register::<Awaitable>();
}
