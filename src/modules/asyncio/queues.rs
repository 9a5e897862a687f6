//! `Queue`, `LifoQueue` and `PriorityQueue`.

use super::boxes::{data, is_box, make, native_data};
use super::locks::Event;
use super::waiters::{Entry, Waiters, enter};
use crate::event_loop::combine::finish;
use crate::heap::{Gc, Value};
use crate::objects::Awaitable;
use crate::objects::task::{AwaitableDef, WOKEN};
use crate::vm::{Raise, Result, Resume, Step, Vm};
use std::collections::VecDeque;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    Fifo,
    Lifo,
    Priority,
}

struct Queue {
    order: Order,
    /// No limit if it is not above zero.
    maxsize: i64,
    /// A priority queue's is a heap.
    items: VecDeque<Value>,
    getters: Waiters,
    putters: Waiters,
    unfinished: usize,
    /// Set while nothing is unfinished.
    finished: Event,
    shutdown: bool,
}

native_data!(Queue, |this, t| {
    t.values(&this.items);
    this.getters.trace(t);
    this.putters.trace(t);
    this.finished.waiters.trace(t);
});

impl Queue {
    fn is_full(&self) -> bool {
        self.maxsize > 0 && self.items.len() as i64 >= self.maxsize
    }

    fn wake_getter(&mut self, vm: &mut Vm) {
        if let Some(getter) = self.getters.pop_waiting() {
            vm.event_loop.wake(getter);
        }
    }

    fn wake_putter(&mut self, vm: &mut Vm) {
        if let Some(putter) = self.putters.pop_waiting() {
            vm.event_loop.wake(putter);
        }
    }
}

crate::natives! { pub static QUEUE_NEW:
    "__new__(cls, /, *args, **kwargs)" => queue_new;
}

crate::natives! { pub static QUEUE_MAKE:
    "__new__(cls, maxsize=0)" => queue_make;
}

crate::natives! { pub static LIFO_NEW:
    "__new__(cls, /, *args, **kwargs)" => lifo_new;
}

crate::natives! { pub static LIFO_MAKE:
    "__new__(cls, maxsize=0)" => lifo_make;
}

crate::natives! { pub static PRIORITY_NEW:
    "__new__(cls, /, *args, **kwargs)" => priority_new;
}

crate::natives! { pub static PRIORITY_MAKE:
    "__new__(cls, maxsize=0)" => priority_make;
}

crate::methods! { pub static QUEUE_PROPERTIES for fn is_box::<Queue>, "Queue":
    /// Number of items allowed in the queue.
    "maxsize(self)" => maxsize;
}

crate::methods! { pub static QUEUE for fn is_box::<Queue>, "Queue":
    "__init__(self, maxsize=0)" => init;
    /// Number of items in the queue.
    "qsize(self)" => qsize;
    /// Return True if the queue is empty.
    "empty(self)" => empty;
    /// Return True if there are maxsize items in the queue.
    "full(self)" => full;
    /// Put an item into the queue; if it is full, wait for a free slot.
    "put(self, item)" => put;
    /// Put an item into the queue without blocking, or raise QueueFull.
    "put_nowait(self, item)" => put_nowait;
    /// Remove and return an item; if the queue is empty, wait for one.
    "get(self)" => get;
    /// Remove and return an item, or raise QueueEmpty.
    "get_nowait(self)" => get_nowait;
    /// Say that an item that was got is done.
    "task_done(self)" => task_done;
    /// Wait until all items were got and are done.
    "join(self)" => join;
    /// Make get and put raise QueueShutDown; immediately=True drops the items too.
    "shutdown(self, immediate=False)" => shutdown;
    "__repr__(self)" => repr;
    "__str__(self)" => str;
}

fn new(vm: &mut Vm, cls: Value, class: Value, order: Order) -> Result<Value> {
    let queue = Queue {
        order,
        maxsize: 0,
        items: VecDeque::new(),
        getters: Waiters::default(),
        putters: Waiters::default(),
        unfinished: 0,
        finished: Event { set: true, ..Event::default() },
        shutdown: false,
    };
    make(vm, cls, class, queue)
}

fn queue_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    new(vm, args[0], vm.event_loop.classes.queue, Order::Fifo)
}

fn lifo_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    new(vm, args[0], vm.event_loop.classes.lifo_queue, Order::Lifo)
}

fn priority_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    new(vm, args[0], vm.event_loop.classes.priority_queue, Order::Priority)
}

fn init(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let maxsize = match vm.unwrap(args[1]).as_float() {
        Some(f) => f.ceil() as i64,
        None => vm.index_i64(args[1])?,
    };
    data::<Queue, _>(args[0], |q| q.maxsize = maxsize);
    Ok(Value::NONE)
}

fn queue_make(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let queue = queue_new(vm, args)?;
    init(vm, &[queue, args[1]])?;
    Ok(queue)
}

fn lifo_make(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let queue = lifo_new(vm, args)?;
    init(vm, &[queue, args[1]])?;
    Ok(queue)
}

fn priority_make(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let queue = priority_new(vm, args)?;
    init(vm, &[queue, args[1]])?;
    Ok(queue)
}

fn maxsize(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let maxsize = data::<Queue, _>(args[0], |q| q.maxsize);
    Ok(vm.int(maxsize))
}

fn qsize(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(data::<Queue, _>(args[0], |q| q.items.len() as i64)))
}

fn empty(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Queue, _>(args[0], |q| q.items.is_empty().into()))
}

fn full(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Queue, _>(args[0], |q| q.is_full().into()))
}

// Getting and putting. Priorities are compared by the language's own code, so that a queue may change meanwhile: no
// borrow of its data is held then.

fn item_at(queue: Value, i: usize) -> Option<Value> {
    data::<Queue, _>(queue, |q| q.items.get(i).copied())
}

fn set_item(queue: Value, i: usize, v: Value) {
    data::<Queue, _>(queue, |q| {
        if let Some(place) = q.items.get_mut(i) {
            *place = v;
        }
    });
}

/// Moves the item at `i` up while it is less than its parent, at most to `top`.
fn rise(vm: &mut Vm, queue: Value, top: usize, i: usize) -> Result<()> {
    let Some(item) = item_at(queue, i) else { return Ok(()) };
    vm.root(item);
    let mut i = i;
    while i > top {
        let parent = (i - 1) / 2;
        let Some(above) = item_at(queue, parent) else { break };
        match vm.less(item, above) {
            Ok(true) => set_item(queue, i, above),
            Ok(false) => break,
            Err(raise) => {
                set_item(queue, i, item);
                return Err(raise);
            }
        }
        i = parent;
    }
    set_item(queue, i, item);
    Ok(())
}

/// Moves the item on top down to a leaf and up again: as heapq does, so that equal items keep the same order.
fn sink(vm: &mut Vm, queue: Value) -> Result<()> {
    let Some(item) = item_at(queue, 0) else { return Ok(()) };
    vm.root(item);
    let mut i = 0;
    while let Some(left) = item_at(queue, 2 * i + 1) {
        let (mut child, mut lesser) = (2 * i + 1, left);
        if let Some(right) = item_at(queue, child + 1)
            && !vm.less(left, right)?
        {
            (child, lesser) = (child + 1, right);
        }
        set_item(queue, i, lesser);
        i = child;
    }
    set_item(queue, i, item);
    rise(vm, queue, 0, i)
}

fn push_item(vm: &mut Vm, queue: Value, item: Value) -> Result<()> {
    let (order, last) = data::<Queue, _>(queue, |q| {
        q.items.push_back(item);
        (q.order, q.items.len() - 1)
    });
    if order == Order::Priority { rise(vm, queue, 0, last) } else { Ok(()) }
}

fn pop_item(vm: &mut Vm, queue: Value) -> Result<Value> {
    let (order, item) = data::<Queue, _>(queue, |q| {
        let item = if q.order == Order::Fifo { q.items.pop_front() } else { q.items.pop_back() };
        (q.order, item.unwrap_or(Value::NONE))
    });
    let Some(first) = item_at(queue, 0).filter(|_| order == Order::Priority) else { return Ok(item) };
    vm.root(first);
    set_item(queue, 0, item);
    sink(vm, queue)?;
    Ok(first)
}

fn put_now(vm: &mut Vm, queue: Value, item: Value) -> Result<Value> {
    let (shutdown, full) = data::<Queue, _>(queue, |q| (q.shutdown, q.is_full()));
    if shutdown {
        return Err(vm.error_with(vm.exceptions.QueueShutDown, &[]));
    }
    if full {
        return Err(vm.error_with(vm.exceptions.QueueFull, &[]));
    }
    push_item(vm, queue, item)?;
    data::<Queue, _>(queue, |q| {
        q.unfinished += 1;
        q.finished.set = false;
        q.wake_getter(vm);
    });
    Ok(Value::NONE)
}

fn get_now(vm: &mut Vm, queue: Value) -> Result<Value> {
    let (shutdown, empty) = data::<Queue, _>(queue, |q| (q.shutdown, q.items.is_empty()));
    if empty {
        let class = if shutdown { vm.exceptions.QueueShutDown } else { vm.exceptions.QueueEmpty };
        return Err(vm.error_with(class, &[]));
    }
    let item = pop_item(vm, queue)?;
    data::<Queue, _>(queue, |q| q.wake_putter(vm));
    Ok(item)
}

fn put_nowait(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    put_now(vm, args[0], args[1])
}

fn get_nowait(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    get_now(vm, args[0])
}

/// `a`: the queue.
static GET: AwaitableDef = AwaitableDef { name: "Queue.get", step: get_step };

fn get(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if vm.is_awaited() && data::<Queue, _>(args[0], |q| q.order != Order::Priority && !q.items.is_empty()) {
        let item = get_now(vm, args[0])?;
        return Ok(vm.at_once(item));
    }
    Ok(vm.heap.awaitable(&GET, args[0], Value::UNBOUND, Value::UNBOUND).value())
}

fn get_step(vm: &mut Vm, this: Gc<Awaitable>, resume: Resume) -> Step {
    match enter(this, resume) {
        Entry::Start | Entry::Woken => {
            let (empty, shutdown) = data::<Queue, _>(this.a, |q| (q.items.is_empty(), q.shutdown));
            if !empty || shutdown {
                let result = get_now(vm, this.a);
                return finish(this, result);
            }
            data::<Queue, _>(this.a, |q| q.getters.push(this));
            Step::Pending(this.value())
        }
        Entry::Spurious => Step::Pending(this.value()),
        Entry::Thrown(exc, started) => {
            data::<Queue, _>(this.a, |q| {
                q.getters.remove(this);
                // Woken for an item and cancelled before it ran: the next one gets it.
                if started && !q.items.is_empty() && this.has(WOKEN) {
                    q.wake_getter(vm);
                }
            });
            finish(this, Err(Raise(exc)))
        }
    }
}

/// `a`: the queue; `b`: the item.
static PUT: AwaitableDef = AwaitableDef { name: "Queue.put", step: put_step };

fn put(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if vm.is_awaited()
        && data::<Queue, _>(args[0], |q| q.order != Order::Priority && !q.is_full() && !q.shutdown)
    {
        put_now(vm, args[0], args[1])?;
        return Ok(vm.at_once(Value::NONE));
    }
    Ok(vm.heap.awaitable(&PUT, args[0], args[1], Value::UNBOUND).value())
}

fn put_step(vm: &mut Vm, this: Gc<Awaitable>, resume: Resume) -> Step {
    match enter(this, resume) {
        Entry::Start | Entry::Woken => {
            let (full, shutdown) = data::<Queue, _>(this.a, |q| (q.is_full(), q.shutdown));
            if !full || shutdown {
                let result = put_now(vm, this.a, this.b);
                return finish(this, result);
            }
            data::<Queue, _>(this.a, |q| q.putters.push(this));
            Step::Pending(this.value())
        }
        Entry::Spurious => Step::Pending(this.value()),
        Entry::Thrown(exc, started) => {
            data::<Queue, _>(this.a, |q| {
                q.putters.remove(this);
                if started && !q.is_full() && this.has(WOKEN) {
                    q.wake_putter(vm);
                }
            });
            finish(this, Err(Raise(exc)))
        }
    }
}

fn task_done(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let ok = data::<Queue, _>(args[0], |q| {
        if q.unfinished == 0 {
            return false;
        }
        q.unfinished -= 1;
        if q.unfinished == 0 {
            q.finished.set(vm);
        }
        true
    });
    if ok { Ok(Value::NONE) } else { Err(vm.value_error("task_done() called too many times")) }
}

/// `a`: the queue.
static JOIN: AwaitableDef = AwaitableDef { name: "Queue.join", step: join_step };

fn join(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.heap.awaitable(&JOIN, args[0], Value::UNBOUND, Value::UNBOUND).value())
}

fn join_step(_vm: &mut Vm, this: Gc<Awaitable>, resume: Resume) -> Step {
    match data::<Queue, _>(this.a, |q| q.finished.wait(this, resume)) {
        Step::Ready(_) => Step::Ready(Value::NONE),
        step => step,
    }
}

fn shutdown(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let immediate = vm.truthy(args[1])?;
    data::<Queue, _>(args[0], |q| {
        q.shutdown = true;
        if immediate {
            q.unfinished = q.unfinished.saturating_sub(q.items.len());
            q.items.clear();
            if q.unfinished == 0 {
                q.finished.set(vm);
            }
        }
        while let Some(getter) = q.getters.pop_waiting() {
            vm.event_loop.wake(getter);
        }
        while let Some(putter) = q.putters.pop_waiting() {
            vm.event_loop.wake(putter);
        }
    });
    Ok(Value::NONE)
}

fn format(vm: &mut Vm, queue: Value) -> Result<String> {
    let (maxsize, items) =
        data::<Queue, _>(queue, |q| (q.maxsize, q.items.iter().copied().collect::<Vec<_>>()));
    let mut text = format!("maxsize={maxsize}");
    if !items.is_empty() {
        let items = vm.list(items);
        vm.root(items);
        text += &format!(" _queue={}", vm.repr(items)?);
    }
    data::<Queue, _>(queue, |q| {
        if q.getters.len() > 0 {
            text += &format!(" _getters[{}]", q.getters.len());
        }
        if q.putters.len() > 0 {
            text += &format!(" _putters[{}]", q.putters.len());
        }
        if q.unfinished > 0 {
            text += &format!(" tasks={}", q.unfinished);
        }
        if q.shutdown {
            text += " shutdown";
        }
    });
    Ok(text)
}

fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = format(vm, args[0])?;
    let class = vm.class_name(args[0]);
    Ok(vm.str(&format!("<{class} at {:#x} {text}>", args[0].bits())))
}

fn str(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = format(vm, args[0])?;
    let class = vm.class_name(args[0]);
    Ok(vm.str(&format!("<{class} {text}>")))
}
