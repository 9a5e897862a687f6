//! `itertools`: the classes and how their iterators are made; how they go on is in `vm/tools.rs`.

use super::{ModuleSpec, embed, set};
use crate::builtins::iterators::{iter, next};
use crate::heap::{Gc, Value};
use crate::native::{NativeDef, is_builtin};
use crate::objects::tool::ToolState;
use crate::objects::{Class, Dict, Iter, IterState, Module, Tuple};
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec { name: "itertools", natives: &[], init };

/// A table of one `__new__` for each class.
macro_rules! constructors {
    ($($table:ident $(#[doc = $doc:literal])* $sig:literal => $f:path;)*) => {
        $(crate::natives! { static $table: $(#[doc = $doc])* $sig => $f; })*
    };
}

constructors! {
    COUNT
    /// Return a count object whose .__next__() method returns consecutive values.
    "__new__(cls, start=0, step=1)" => count;
    REPEAT
    /// Create an iterator which returns the object for the specified number of times, or endlessly.
    "__new__(cls, object, times=...)" => repeat;
    CYCLE
    /// Return elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.
    "__new__(cls, iterable, /)" => cycle;
    ACCUMULATE
    /// Return series of accumulated sums (or other binary function results).
    "__new__(cls, iterable, func=None, *, initial=None)" => accumulate;
    CHAIN
    /// Return a chain object whose .__next__() method returns elements from the iterables, one after the other.
    "__new__(cls, /, *iterables)" => chain;
    COMPRESS
    /// Return data elements corresponding to true selector elements.
    "__new__(cls, data, selectors)" => compress;
    DROPWHILE
    /// Drop items from the iterable while predicate(item) is true.
    "__new__(cls, predicate, iterable, /)" => dropwhile;
    TAKEWHILE
    /// Return successive entries from an iterable as long as the predicate evaluates to true for each entry.
    "__new__(cls, predicate, iterable, /)" => takewhile;
    FILTERFALSE
    /// Return those items of iterable for which function(item) is false.
    "__new__(cls, function, iterable, /)" => filterfalse;
    STARMAP
    /// Return an iterator whose values are returned from the function evaluated with an argument tuple.
    "__new__(cls, function, iterable, /)" => starmap;
    PAIRWISE
    /// Return an iterator of overlapping pairs taken from the input iterator.
    "__new__(cls, iterable, /)" => pairwise;
    ISLICE
    /// Return an iterator whose next() method returns selected values from an iterable.
    "__new__(cls, /, *args)" => islice;
    ZIP_LONGEST
    /// Return a zip_longest object whose .__next__() method returns tuples as long as the longest iterable.
    "__new__(cls, /, *iterables, fillvalue=None)" => zip_longest;
    PRODUCT
    /// Cartesian product of input iterables.  Equivalent to nested for-loops.
    "__new__(cls, /, *iterables, repeat=1)" => product;
    COMBINATIONS
    /// Return successive r-length combinations of elements in the iterable.
    "__new__(cls, iterable, r)" => combinations;
    COMBINATIONS_AGAIN
    /// Return successive r-length combinations of elements in the iterable allowing repeated elements.
    "__new__(cls, iterable, r)" => combinations_again;
    PERMUTATIONS
    /// Return successive r-length permutations of elements in the iterable.
    "__new__(cls, iterable, r=None)" => permutations;
    GROUPBY
    /// Make an iterator that returns consecutive keys and groups from the iterable.
    "__new__(cls, iterable, key=None)" => groupby;
}

crate::methods! { static ITERATOR for Iter, "iterator":
    /// Implement iter(self).
    "__iter__(self, /)" => iter;
    /// Implement next(self).
    "__next__(self, /)" => next;
}

crate::methods! { static COUNT_REPR for Iter, "count":
    "__repr__(self, /)" => count_repr;
}

crate::methods! { static REPEAT_REPR for Iter, "repeat":
    "__repr__(self, /)" => repeat_repr;
    "__length_hint__(self, /)" => repeat_length;
}

crate::natives! { static CHAIN_CLASS:
    /// Alternative chain() constructor taking a single iterable argument that evaluates lazily.
    "from_iterable(cls, iterable, /)" => from_iterable;
}

static CLASSES: &[(&str, &[&[NativeDef]])] = &[
    ("count", &[COUNT, ITERATOR, COUNT_REPR]),
    ("repeat", &[REPEAT, ITERATOR, REPEAT_REPR]),
    ("cycle", &[CYCLE, ITERATOR]),
    ("accumulate", &[ACCUMULATE, ITERATOR]),
    ("chain", &[CHAIN, ITERATOR]),
    ("compress", &[COMPRESS, ITERATOR]),
    ("dropwhile", &[DROPWHILE, ITERATOR]),
    ("takewhile", &[TAKEWHILE, ITERATOR]),
    ("filterfalse", &[FILTERFALSE, ITERATOR]),
    ("starmap", &[STARMAP, ITERATOR]),
    ("pairwise", &[PAIRWISE, ITERATOR]),
    ("islice", &[ISLICE, ITERATOR]),
    ("zip_longest", &[ZIP_LONGEST, ITERATOR]),
    ("product", &[PRODUCT, ITERATOR]),
    ("combinations", &[COMBINATIONS, ITERATOR]),
    ("combinations_with_replacement", &[COMBINATIONS_AGAIN, ITERATOR]),
    ("permutations", &[PERMUTATIONS, ITERATOR]),
    ("groupby", &[GROUPBY, ITERATOR]),
    ("_grouper", &[ITERATOR]),
];

fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    for &(name, tables) in CLASSES {
        let class = vm.native_class(name, "itertools", vm.types.object, tables);
        set(vm, dict, name, class);
        if name == "chain" {
            vm.add_class_methods(class, CHAIN_CLASS);
            let generic = vm.types.generic_alias.value();
            let generic = vm.heap.class_method(generic);
            let name = vm.intern("__class_getitem__");
            let mut attributes = class.dict;
            attributes.set_str(name, generic);
        }
    }
    embed(vm, dict, "<itertools>", include_str!("lib/itertools.aio"))
}

/// An iterator of the class, or of the built-in one that it is derived from.
fn made(vm: &mut Vm, cls: Value, state: ToolState) -> Result<Value> {
    let class = cls.cast::<Class>().and_then(|c| c.mro.iter().copied().find(|&c| is_builtin(c)));
    let tool = vm.heap.tool(class.unwrap_or(vm.types.object), state);
    vm.wrap_payload(cls, tool)
}

/// An iterator over an argument, rooted.
fn source(vm: &mut Vm, v: Value) -> Result<Value> {
    let iter = vm.iter(v)?;
    Ok(vm.root(iter))
}

/// The items of an argument as a tuple, rooted.
fn pool(vm: &mut Vm, v: Value) -> Result<Value> {
    let tuple = match v.cast::<Tuple>() {
        Some(tuple) => tuple.value(),
        None => {
            let items = vm.collect(v)?;
            vm.tuple(&items.items)
        }
    };
    Ok(vm.root(tuple))
}

fn count(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    for &number in &args[1..] {
        let class = vm.type_of(number);
        let names = [vm.names.__add__, vm.names.__sub__];
        if names.iter().any(|&name| vm.lookup(class, name).is_none()) {
            return Err(vm.type_error("a number is required"));
        }
    }
    made(vm, args[0], ToolState::Count { next: args[1], step: args[2] })
}

/// What is asked of an iterator's state. `f` must not let the VM run.
fn look<T>(v: Value, f: impl FnOnce(&ToolState) -> Option<T>) -> Option<T> {
    match &v.cast::<Iter>()?.state {
        IterState::Tool(tool) => f(&tool.state),
        _ => None,
    }
}

fn count_repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let found = look(args[0], |state| match *state {
        ToolState::Count { next, step } => Some((next, step)),
        _ => None,
    });
    let Some((next, step)) = found else { return Ok(Value::NONE) };
    vm.root(next);
    vm.root(step);
    let next = vm.repr(next)?;
    let text = if step == Value::int(1) {
        format!("count({next})")
    } else {
        format!("count({next}, {})", vm.repr(step)?)
    };
    vm.own_str(text)
}

fn repeat(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let left =
        if args[2].is_unbound() { None } else { Some(u64::try_from(vm.index_i64(args[2])?).unwrap_or(0)) };
    made(vm, args[0], ToolState::Repeat { object: args[1], left })
}

/// The object, and how many times are left.
fn repeated(v: Value) -> Option<(Value, Option<u64>)> {
    look(v, |state| match *state {
        ToolState::Repeat { object, left } => Some((object, left)),
        _ => None,
    })
}

fn repeat_repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some((object, left)) = repeated(args[0]) else { return Ok(Value::NONE) };
    vm.root(object);
    let object = vm.repr(object)?;
    vm.own_str(match left {
        Some(left) => format!("repeat({object}, {left})"),
        None => format!("repeat({object})"),
    })
}

fn repeat_length(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match repeated(args[0]) {
        Some((_, Some(left))) => Ok(vm.int(left as i64)),
        _ => Err(vm.type_error("len() of unsized object")),
    }
}

fn cycle(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let iter = source(vm, args[1])?;
    made(vm, args[0], ToolState::Cycle { iter, saved: Vec::new(), at: 0 })
}

fn accumulate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let iter = source(vm, args[1])?;
    let function = if args[2].is_none() { Value::UNBOUND } else { args[2] };
    let fresh = !args[3].is_none();
    let total = if fresh { args[3] } else { Value::UNBOUND };
    made(vm, args[0], ToolState::Accumulate { iter, function, total, fresh })
}

fn chain(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let sources = vm.tuple(&args[1..]);
    let sources = source(vm, sources)?;
    made(vm, args[0], ToolState::Chain { sources, current: Value::UNBOUND })
}

fn from_iterable(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let sources = source(vm, args[1])?;
    made(vm, args[0], ToolState::Chain { sources, current: Value::UNBOUND })
}

fn compress(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let data = source(vm, args[1])?;
    let selectors = source(vm, args[2])?;
    made(vm, args[0], ToolState::Compress { data, selectors })
}

fn dropwhile(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let iter = source(vm, args[2])?;
    made(vm, args[0], ToolState::DropWhile { function: args[1], iter, started: false })
}

fn takewhile(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let iter = source(vm, args[2])?;
    made(vm, args[0], ToolState::TakeWhile { function: args[1], iter })
}

fn filterfalse(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let iter = source(vm, args[2])?;
    made(vm, args[0], ToolState::FilterFalse { function: args[1], iter })
}

fn starmap(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let iter = source(vm, args[2])?;
    made(vm, args[0], ToolState::StarMap { function: args[1], iter })
}

fn pairwise(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let iter = source(vm, args[1])?;
    made(vm, args[0], ToolState::Pairwise { iter, before: Value::UNBOUND })
}

/// An index of `islice`; None stands for `default`.
fn bound(vm: &mut Vm, v: Value, default: usize, least: usize, message: &str) -> Result<usize> {
    if v.is_none() {
        return Ok(default);
    }
    let index = match vm.try_index(v)? {
        Some(index) => vm.small_int_of(index).and_then(|i| usize::try_from(i).ok()),
        None => None,
    };
    match index.filter(|&i| i >= least) {
        Some(index) => Ok(index),
        None => Err(vm.value_error(message)),
    }
}

fn islice(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    const INDICES: &str = "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    const STOP: &str = "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.";
    const STEP: &str = "Step for islice() must be a positive integer or None.";
    let (iterable, bounds) = match args {
        [_, iterable, bounds @ ..] if (1..4).contains(&bounds.len()) => (*iterable, bounds),
        _ => {
            let (n, given) = (args.len() - 1, if args.len() > 3 { "at most 4" } else { "at least 2" });
            return Err(vm.type_error(format!("islice expected {given} arguments, got {n}")));
        }
    };
    let (start, stop, step) = match *bounds {
        [stop] => (Value::NONE, stop, Value::NONE),
        [start, stop] => (start, stop, Value::NONE),
        _ => (bounds[0], bounds[1], bounds[2]),
    };
    let negative = vm.small_int_of(stop).is_some_and(|i| i < 0);
    let wrong = if bounds.len() > 1 && negative { INDICES } else { STOP };
    let stop = bound(vm, stop, usize::MAX, 0, wrong)?;
    let start = bound(vm, start, 0, 0, INDICES)?;
    let step = bound(vm, step, 1, 1, STEP)?;
    let iter = source(vm, iterable)?;
    made(vm, args[0], ToolState::Slice { iter, at: 0, next: start, stop, step })
}

fn zip_longest(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut iters = Vec::with_capacity(args.len() - 2);
    for &iterable in &args[2..] {
        iters.push(source(vm, iterable)?);
    }
    made(vm, args[0], ToolState::ZipLongest { iters, fill: args[1] })
}

fn product(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Ok(times) = usize::try_from(vm.index_i64(args[1])?) else {
        return Err(vm.value_error("repeat argument cannot be negative"));
    };
    let mut once = Vec::with_capacity(args.len() - 2);
    for &iterable in if times == 0 { &[] } else { &args[2..] } {
        once.push(pool(vm, iterable)?);
    }
    vm.make_room(once.len().saturating_mul(times).saturating_mul(size_of::<Value>()))?;
    let pools = once.repeat(times);
    let at = vec![0; pools.len()];
    made(vm, args[0], ToolState::Product { pools, at, fresh: true })
}

/// How many items are chosen at once.
fn size(vm: &mut Vm, v: Value) -> Result<usize> {
    match usize::try_from(vm.index_i64(v)?) {
        Ok(size) => Ok(size),
        Err(_) => Err(vm.value_error("r must be non-negative")),
    }
}

fn choose(vm: &mut Vm, args: &[Value], again: bool) -> Result<Value> {
    let pool = pool(vm, args[1])?;
    let size = size(vm, args[2])?;
    vm.make_room(size.saturating_mul(size_of::<usize>()))?;
    let chosen = (0..size).map(|i| if again { 0 } else { i }).collect();
    made(vm, args[0], ToolState::Combinations { pool, chosen, again, fresh: true })
}

fn combinations(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    choose(vm, args, false)
}

fn combinations_again(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    choose(vm, args, true)
}

fn permutations(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let pool = pool(vm, args[1])?;
    let n = pool.cast::<Tuple>().map_or(0, |pool| pool.len());
    let size = if args[2].is_none() {
        n
    } else if vm.small_int_of(args[2]).is_some() {
        size(vm, args[2])?
    } else {
        return Err(vm.type_error("Expected int as r"));
    };
    vm.make_room(size.saturating_mul(size_of::<usize>()))?;
    let left = (0..size).map(|i| n.saturating_sub(i)).collect();
    made(vm, args[0], ToolState::Permutations { pool, order: (0..n).collect(), left, fresh: true })
}

fn groupby(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let iter = source(vm, args[1])?;
    let (module, name) = (vm.intern("itertools"), vm.intern("_grouper"));
    let module = vm.modules.table.get_str(module).and_then(|m| m.cast::<Module>());
    let grouper = module.and_then(|m| m.dict.table.get_str(name)).and_then(|c| c.cast::<Class>());
    let (item, key, last) = (Value::UNBOUND, Value::UNBOUND, Value::UNBOUND);
    let grouper = grouper.unwrap_or(vm.types.iterator);
    made(vm, args[0], ToolState::GroupBy { iter, function: args[2], item, key, last, turn: 0, grouper })
}
