//! Futures, tasks, callback handles, and natives that can be awaited.

use crate::heap::{Gc, Header, Heap, Kind, Value};
use crate::vm::{Resume, Step, Vm};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum FutureState {
    Pending = 0,
    Cancelled = 1,
    Finished = 2,
}

const STATE: u8 = 3;
/// The result is an exception.
pub const FAILED: u8 = 4;
/// Nobody has looked at the exception yet.
pub const UNRETRIEVED: u8 = 8;
/// Of a task: CancelledError is to be thrown in at the next step.
pub const MUST_CANCEL: u8 = 16;
/// Of a gather's future: its children were asked to cancel.
pub const CANCEL_REQUESTED: u8 = 32;
/// Of a task: the loop's list of tasks holds it.
pub const LISTED: u8 = 64;
/// While a gather looks at its arguments: it is one of them.
pub const GATHERED: u8 = 128;

/// `asyncio.Future`; also how a `Task` begins.
#[repr(C)]
pub struct Future {
    pub header: Header,
    /// The result or exception once finished.
    pub result: Value,
    /// Unbound, one callback, or a list of them. A callback is a task (to be woken), a `Handle` made in advance (a
    /// callable with its context), or a box that the loop knows.
    pub callbacks: Value,
    /// Of the cancellation; or None.
    pub cancel_message: Value,
    /// What belongs to it: a gather's box, `_asyncio` attributes set from outside; mostly unbound.
    pub extra: Value,
}

crate::object!(
    Future,
    Future,
    |this, t| t.values(&[this.result, this.callbacks, this.cancel_message, this.extra]),
    also Kind::Future | Kind::Task
);

impl Future {
    #[must_use]
    #[inline(always)]
    pub fn state(&self) -> FutureState {
        match self.header.flags.get() & STATE {
            0 => FutureState::Pending,
            1 => FutureState::Cancelled,
            _ => FutureState::Finished,
        }
    }

    #[inline(always)]
    pub fn set_state(&self, state: FutureState) {
        self.header.flags.set(self.header.flags.get() & !STATE | state as u8);
    }

    #[must_use]
    #[inline(always)]
    pub fn is_done(&self) -> bool {
        self.state() != FutureState::Pending
    }

    #[must_use]
    #[inline(always)]
    pub fn has(&self, flag: u8) -> bool {
        self.header.flags.get() & flag != 0
    }

    #[inline(always)]
    pub fn set(&self, flag: u8, on: bool) {
        let flags = self.header.flags.get();
        self.header.flags.set(if on { flags | flag } else { flags & !flag });
    }
}

/// `asyncio.Task`. `future.header.aux` is its number: the N of `Task-N`.
#[repr(C)]
pub struct Task {
    pub future: Future,
    /// The coroutine: a frame, an awaitable, or a foreign object with `send` and `throw`.
    pub coroutine: Value,
    /// A string, or unbound for `Task-N`.
    pub name: Value,
    /// What it waits for: a future, task or awaitable; None when it is in the ready queue.
    pub waiting: Value,
    /// A `contextvars.Context`, or unbound for none yet.
    pub context: Value,
    /// Cancellations requested and not taken back.
    pub cancels: u32,
    /// Its place in the loop's list of tasks.
    pub index: u32,
}

crate::object!(Task, Task, |this, t| {
    let f = &this.future;
    t.values(&[f.result, f.callbacks, f.cancel_message, f.extra]);
    t.values(&[this.coroutine, this.name, this.waiting, this.context]);
});

impl Gc<Task> {
    #[must_use]
    #[inline(always)]
    pub fn as_future(self) -> Gc<Future> {
        // A task begins with a future, and `Future::is_kind` says so.
        self.value().cast().unwrap_or_else(|| unreachable!("a task is a future"))
    }
}

/// `asyncio.Handle` and `TimerHandle`: a callback with its arguments, to be run by the loop.
#[repr(C)]
pub struct Handle {
    pub header: Header,
    pub callback: Value,
    /// A tuple, one argument that is no tuple, or unbound for none.
    pub args: Value,
    /// A `contextvars.Context`, or unbound.
    pub context: Value,
    /// When it is due, in loop time; NaN for a plain handle.
    pub when: f64,
}

crate::object!(Handle, Handle, |this, t| t.values(&[this.callback, this.args, this.context]));

const HANDLE_CANCELLED: u8 = 1;
/// In the timer heap.
const HANDLE_SCHEDULED: u8 = 2;

impl Handle {
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.header.flags.get() & HANDLE_CANCELLED != 0
    }

    pub fn set_cancelled(&self) {
        self.header.flags.set(self.header.flags.get() | HANDLE_CANCELLED);
    }

    #[must_use]
    pub fn is_scheduled(&self) -> bool {
        self.header.flags.get() & HANDLE_SCHEDULED != 0
    }

    pub fn set_scheduled(&self, on: bool) {
        let flags = self.header.flags.get() & !HANDLE_SCHEDULED;
        self.header.flags.set(if on { flags | HANDLE_SCHEDULED } else { flags });
    }
}

/// How a native behind `await` works: a state machine that the VM steps.
pub struct AwaitableDef {
    /// As a coroutine's `__qualname__`: `sleep`, `Event.wait`.
    pub name: &'static str,
    /// Runs it on with a value sent in or an exception thrown in.
    pub step: fn(&mut Vm, Gc<Awaitable>, Resume) -> Step,
}

/// A native that can be awaited: what `asyncio.sleep(1)` gives. It also stands for the future it waits on, so that a
/// parked native takes one cell: `Step::Pending(itself)` parks the task until somebody wakes the awaitable.
#[repr(C)]
pub struct Awaitable {
    /// `flags`: see below. `aux`: belongs to the native.
    pub header: Header,
    pub def: &'static AwaitableDef,
    /// The task parked on it, or unbound.
    pub waiter: Value,
    pub a: Value,
    pub b: Value,
    pub c: Value,
}

crate::object!(Awaitable, Awaitable, |this, t| t.values(&[this.waiter, this.a, this.b, this.c]));

pub const STARTED: u8 = 1;
/// It was woken with a result.
pub const WOKEN: u8 = 2;
/// Its wait was cancelled.
pub const WAIT_CANCELLED: u8 = 4;
pub const FINISHED: u8 = 8;
/// Of a timer: it is in the timer heap.
pub const SCHEDULED: u8 = 16;
/// Made by a call whose result is awaited at once: nobody but that `await` can hold it.
pub const EPHEMERAL: u8 = 32;

impl Awaitable {
    /// Neither woken nor cancelled nor finished.
    #[must_use]
    #[inline(always)]
    pub fn is_waiting(&self) -> bool {
        !self.has(WOKEN | WAIT_CANCELLED | FINISHED)
    }

    #[must_use]
    #[inline(always)]
    pub fn has(&self, flag: u8) -> bool {
        self.header.flags.get() & flag != 0
    }

    #[inline(always)]
    pub fn set(&self, flag: u8, on: bool) {
        let flags = self.header.flags.get();
        self.header.flags.set(if on { flags | flag } else { flags & !flag });
    }
}

impl Heap {
    pub fn future(&mut self) -> Gc<Future> {
        self.alloc(Future::new(Header::new(Kind::Future)))
    }

    pub fn task(&mut self, number: u32, coroutine: Value, name: Value, context: Value) -> Gc<Task> {
        self.alloc(Task {
            future: Future::new(Header::new(Kind::Task).with_aux(number)),
            coroutine,
            name,
            waiting: Value::NONE,
            context,
            cancels: 0,
            index: 0,
        })
    }

    pub fn handle(&mut self, callback: Value, args: Value, context: Value, when: f64) -> Gc<Handle> {
        self.alloc(Handle { header: Header::new(Kind::Handle), callback, args, context, when })
    }

    pub fn awaitable(&mut self, def: &'static AwaitableDef, a: Value, b: Value, c: Value) -> Gc<Awaitable> {
        let gc = self.alloc(Awaitable {
            header: Header::new(Kind::Awaitable),
            def,
            waiter: Value::UNBOUND,
            a,
            b,
            c,
        });
        self.fresh = gc.value();
        gc
    }
}

impl Future {
    fn new(header: Header) -> Self {
        Self {
            header,
            result: Value::UNBOUND,
            callbacks: Value::UNBOUND,
            cancel_message: Value::NONE,
            extra: Value::UNBOUND,
        }
    }
}
