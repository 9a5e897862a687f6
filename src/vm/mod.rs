//! The virtual machine: its state, and the operations on values that natives use.
//!
//! Natives get `&mut Vm` and copied values. They never call back into the run loop but through one door,
//! [`Vm::call`] (and what is built on it: `repr`, `equals`, `next`, ...). While it is open the collector may run, so
//! what a native still needs afterwards and nobody else holds goes to the root stack first: [`Vm::root`]. Arguments
//! are held by the caller's registers, and the roots are released when the native returns.

mod activation;
mod advice;
pub mod arithmetic;
mod attributes;
mod binding;
mod caches;
mod call;
mod callers;
mod class;
pub mod collecting;
pub mod compare;
mod dispatch;
mod errors;
mod exceptions;
mod execute;
mod frames;
mod hashing;
pub mod import;
pub mod items;
mod iteration;
mod limits;
mod load;
mod matching;
mod membership;
mod mro;
pub mod protocol;
mod slices;
pub mod slots;
mod suggestions;
mod tables;
mod text;
mod tools;
mod traceback;
mod types;
mod unawaited;
mod weak;

pub use activation::{Activation, Return};
pub use arithmetic::BinaryOp;
pub use callers::Caller;
pub use class::IMMUTABLE;
pub use compare::CompareOp;
use dispatch::Activations;
pub use dispatch::Exit;
pub use frames::Driven;
pub use limits::Limits;
pub use suggestions::Suggestion;
pub use tables::Holder;
pub use traceback::TracebackLine;
pub use types::{ExceptionTypes, Names, Types};

use crate::event_loop::EventLoop;
use crate::heap::{Gc, Heap, Interner, Roots, Stack, Str, Survivors, Tracer, Value};
use crate::objects::class::Shape;
use crate::objects::table::Recent;
use crate::objects::{Class, Dict};
use crate::source::SourceMap;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// An exception of the language on its way: the exception object.
#[derive(Clone, Copy, Debug)]
pub struct Raise(pub Value);

/// The largest recursion limit.
pub const MAX_RECURSION: usize = 1 << 20;

/// How deep natives and the run loop may be nested in each other.
pub(crate) const MAX_DOORS: usize = 1200;

/// How many iterators may draw from each other: `filter` of `filter` of ...
pub(crate) const MAX_ITERATORS: usize = 50_000;

pub type Result<T> = std::result::Result<T, Raise>;

/// What is put into something suspended to run it on.
#[derive(Clone, Copy, Debug)]
pub enum Resume {
    Send(Value),
    Throw(Value),
}

/// What a native awaitable did in one step.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// It is finished with this result.
    Ready(Value),
    /// It waits: on itself, on a future, or (None) for the next turn of the loop.
    Pending(Value),
    /// It is finished with this exception.
    Failed(Raise),
}

/// What a native whose result is awaited at once does with that: see [`Vm::is_awaited`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtOnce {
    No,
    /// The caller awaits its result.
    Wanted,
    /// It gave what the `await` gives.
    Done,
    /// The `await` gives None in the next turn of the loop.
    NextTurn,
}

/// Where a program's output goes and what it is told about the world. The library itself reads no environment.
pub struct Host {
    pub stdout: Box<dyn Write>,
    pub stderr: Box<dyn Write>,
    pub stdin: Box<dyn std::io::BufRead>,
    /// `sys.argv`
    pub args: Vec<String>,
    /// `os.environ`
    pub environment: Vec<(String, String)>,
    /// Where imports look: the script's folder.
    pub path: Vec<std::path::PathBuf>,
    pub virtual_time: bool,
    /// The ready queue picks in a random order, the same for the same seed.
    pub seed: Option<u64>,
    /// `--compat cpython`: a failing gather leaves its siblings running.
    pub cpython_gather: bool,
    /// Whether stdin, stdout and stderr are terminals.
    pub terminals: [bool; 3],
    /// Ctrl-C sets it.
    pub interrupt: Arc<AtomicBool>,
}

/// Natives for which the run loop has a shorter way.
#[derive(Clone, Copy, Default)]
struct Quick {
    len: Value,
}

/// One interpreter. Several can live in one process.
pub struct Vm {
    pub heap: Heap,
    pub interner: Interner,
    pub names: Names,
    pub types: Types,
    pub exceptions: ExceptionTypes,
    pub shapes: Vec<Shape>,
    /// Changes whenever what a class attribute means may have changed; never 0.
    pub class_epoch: u32,
    dict_versions: u32,
    method_cache: Vec<attributes::MethodCacheEntry>,
    learnt: Box<[caches::Learnt]>,
    stack: Stack,
    pub(crate) activations: Activations,
    /// What natives still need while the VM runs. See the head of this file.
    pub roots: Vec<Value>,
    pub builtins: Gc<Dict>,
    /// `sys.modules`
    pub modules: Gc<Dict>,
    /// The built-in modules of which a part was not made yet.
    pub(crate) unfinished: Vec<import::Unfinished>,
    pub sources: SourceMap,
    /// Coroutines that were made and that nobody may have awaited yet.
    pub(crate) unawaited: unawaited::Unawaited,
    pub(crate) weak: weak::Weak,
    pub event_loop: EventLoop,
    pub host: Host,
    /// Files that are to be flushed at the end.
    pub open_files: crate::modules::files::OpenFiles,
    /// The class of open files.
    pub file_class: Value,
    /// The class of the fields of named tuples, where `collections` was imported.
    pub field_class: Value,
    recursion_limit: usize,
    limits: Limits,
    /// The steps ran out: no handler runs any more.
    stopped: bool,
    /// Integers with more decimal digits are not converted from or to text; 0 for no limit.
    pub int_max_str_digits: usize,
    /// How the run loop that ended last ended.
    left: Result<Exit>,
    /// How many doors are open, one inside the other.
    doors: usize,
    /// How many iterators are drawing from each other.
    iterators: usize,
    quick: Quick,
    /// The defaults of natives' parameters that are longer texts, interned, by where they are written.
    pub(crate) default_texts: Vec<(usize, Gc<Str>)>,
    /// One-character strings of Latin-1.
    characters: Vec<Gc<Str>>,
    /// What was found last in a table; of no use after a collection, when there may be another object at its address.
    recent: Recent,
    pub empty_tuple: Value,
    pub empty_str: Gc<Str>,
    /// Where text is put together.
    scratch: String,
    /// Objects whose `repr` is being made, to stop at cycles.
    repr_stack: Vec<Value>,
    /// The exception that a native's caller is handling; for `sys.exc_info`.
    pub(crate) now_raising: Value,
    /// The instance of a subclass that the last call of a built-in type's method was made on: the method itself gets
    /// the value that the instance wraps.
    pub(crate) receiver: Value,
    /// Exceptions that nobody caught, or looked at, are reported in CPython's layout.
    pub python_tracebacks: bool,
    /// Whether the native that was called last may give, or gave, the result of the `await` behind its call.
    pub(crate) at_once: AtOnce,
    /// The next unwinding is that of an exception raised again: its traceback has this frame already.
    reraising: bool,
}

impl Roots for Vm {
    fn trace(&self, tracer: &mut Tracer) {
        self.interner.trace(tracer);
        self.types.trace(tracer);
        self.exceptions.trace(tracer);
        for shape in &self.shapes {
            tracer.gc(shape.class);
            for &n in &shape.names {
                tracer.gc(n);
            }
        }
        for e in &self.method_cache {
            e.trace(tracer);
        }
        for a in self.activations.iter() {
            a.trace(tracer);
        }
        self.stack.trace(tracer);
        tracer.values(&self.roots);
        tracer.gc(self.builtins);
        tracer.gc(self.modules);
        for part in &self.unfinished {
            tracer.gc(part.namespace);
        }
        for &c in &self.characters {
            tracer.gc(c);
        }
        tracer.value(self.quick.len);
        tracer.value(self.empty_tuple);
        tracer.gc(self.empty_str);
        tracer.values(&self.repr_stack);
        tracer.value(self.now_raising);
        tracer.value(self.file_class);
        tracer.value(self.field_class);
        tracer.value(self.receiver);
        self.event_loop.trace(tracer);
        self.unawaited.trace(tracer);
    }

    fn marked(&mut self, survivors: &Survivors) {
        self.recent = Recent::default();
        self.unawaited.after_marking(survivors);
        self.weak.after_marking(survivors);
    }
}

impl Vm {
    /// Keeps a value alive while the calling native lets the VM run; returns it.
    pub fn root(&mut self, v: impl Into<Value>) -> Value {
        let v = v.into();
        self.roots.push(v);
        v
    }

    /// Whether the native that asks was called for an `await` right behind the call. If it can finish without waiting,
    /// it may give the result of that, by [`Vm::at_once`], instead of something to be awaited. To be asked before
    /// anything is called.
    #[inline]
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.at_once == AtOnce::Wanted
    }

    /// What the `await` behind the call of the running native gives: [`Vm::is_awaited`].
    #[inline]
    pub fn at_once(&mut self, v: Value) -> Value {
        self.at_once = AtOnce::Done;
        v
    }

    /// The same, None, in the next turn of the loop.
    #[inline]
    pub fn in_next_turn(&mut self) -> Value {
        self.at_once = AtOnce::NextTurn;
        Value::NONE
    }

    pub fn intern(&mut self, text: &str) -> Gc<Str> {
        self.interner.intern(&mut self.heap, text)
    }

    /// A new string. One character of Latin-1 comes from a cache.
    #[inline]
    pub fn str(&mut self, text: &str) -> Value {
        self.text_str(text).value()
    }

    /// The same, as what it is.
    pub(crate) fn text_str(&mut self, text: &str) -> Gc<Str> {
        match text.len() {
            0 => self.empty_str,
            1 => self.characters[usize::from(text.as_bytes()[0])],
            _ => self.heap.string(text),
        }
    }

    /// The string of one character.
    pub fn char_str(&mut self, c: char) -> Value {
        match self.characters.get(c as usize) {
            Some(s) => s.value(),
            None => self.heap.string(c.encode_utf8(&mut [0; 4])).value(),
        }
    }

    pub fn list(&mut self, items: Vec<Value>) -> Value {
        self.heap.list(items).value()
    }

    pub fn tuple(&mut self, items: &[Value]) -> Value {
        if items.is_empty() { self.empty_tuple } else { self.heap.tuple(items).value() }
    }

    pub fn int(&mut self, i: i64) -> Value {
        self.heap.int(i)
    }

    pub fn float(&mut self, f: f64) -> Value {
        self.heap.float(f)
    }

    /// `sys.getrecursionlimit()`
    #[must_use]
    pub fn recursion_limit(&self) -> usize {
        self.recursion_limit
    }

    /// Sets how deep calls may be nested; at most [`MAX_RECURSION`].
    pub fn set_recursion_limit(&mut self, limit: usize) {
        self.recursion_limit = limit.clamp(1, MAX_RECURSION);
        self.activations.limit_to(self.recursion_limit);
    }

    pub fn shape(&self, id: u32) -> &Shape {
        &self.shapes[id as usize]
    }

    /// The class of a value: `type(v)`.
    #[inline]
    #[must_use]
    pub fn type_of(&self, v: Value) -> Gc<Class> {
        self.types.of(v, &self.shapes)
    }

    /// Its class's name, for messages.
    #[must_use]
    pub fn class_name(&self, v: Value) -> &'static str {
        self.type_of(v).name_str()
    }
}
