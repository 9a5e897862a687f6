//! `Event`, `Lock`, `Semaphore` and `BoundedSemaphore`.

use super::boxes::{data, is_box, make, native_data, object_repr};
use super::waiters::{Entry, Waiters, enter};
use crate::event_loop::combine::finish;
use crate::heap::{Gc, Value};
use crate::objects::task::{AwaitableDef, WOKEN};
use crate::objects::{Awaitable, Class};
use crate::vm::{Raise, Result, Resume, Step, Vm};

// Event.

#[derive(Default)]
pub struct Event {
    pub set: bool,
    pub waiters: Waiters,
}

native_data!(Event, |this, t| this.waiters.trace(t));

impl Event {
    /// Wakes everybody, unless the event is set already.
    pub fn set(&mut self, vm: &mut Vm) {
        if !self.set {
            self.set = true;
            while let Some(waiter) = self.waiters.next_waiting() {
                vm.event_loop.wake(waiter);
            }
        }
    }

    /// One step of a task that waits for it.
    pub fn wait(&mut self, awaitable: Gc<Awaitable>, resume: Resume) -> Step {
        match enter(awaitable, resume) {
            Entry::Start if self.set => finish(awaitable, Ok(Value::TRUE)),
            Entry::Start => {
                self.waiters.push(awaitable);
                Step::Pending(awaitable.value())
            }
            Entry::Spurious => Step::Pending(awaitable.value()),
            Entry::Woken => {
                self.waiters.remove(awaitable);
                finish(awaitable, Ok(Value::TRUE))
            }
            Entry::Thrown(exc, _) => {
                self.waiters.remove(awaitable);
                finish(awaitable, Err(Raise(exc)))
            }
        }
    }
}

crate::natives! { pub static EVENT_NEW:
    "__new__(cls, /)" => event_new;
}

crate::methods! { pub static EVENT for fn is_box::<Event>, "Event":
    /// Return True if and only if the internal flag is true.
    "is_set(self)" => event_is_set;
    /// Set the internal flag to true and wake all who wait for it.
    "set(self)" => event_set;
    /// Reset the internal flag to false.
    "clear(self)" => event_clear;
    /// Block until the internal flag is true.
    "wait(self)" => event_wait;
    "__repr__(self)" => event_repr;
}

fn event_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    make(vm, args[0], vm.event_loop.classes.event, Event::default())
}

fn event_is_set(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Event, _>(args[0], |event| event.set.into()))
}

fn event_set(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    data::<Event, _>(args[0], |event| event.set(vm));
    Ok(Value::NONE)
}

fn event_clear(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    data::<Event, _>(args[0], |event| event.set = false);
    Ok(Value::NONE)
}

/// `a`: the event.
static EVENT_WAIT: AwaitableDef = AwaitableDef {
    name: "Event.wait",
    step: |_, this, resume| data::<Event, _>(this.a, |e| e.wait(this, resume)),
};

fn event_wait(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if vm.is_awaited() && data::<Event, _>(args[0], |event| event.set) {
        return Ok(vm.at_once(Value::TRUE));
    }
    Ok(vm.heap.awaitable(&EVENT_WAIT, args[0], Value::UNBOUND, Value::UNBOUND).value())
}

fn event_repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (set, waiters) = data::<Event, _>(args[0], |event| (event.set, event.waiters.len()));
    Ok(object_repr(vm, args[0], if set { "set" } else { "unset" }, waiters))
}

// Lock.

#[derive(Default)]
pub(super) struct Lock {
    locked: bool,
    pub(super) waiters: Waiters,
}

native_data!(Lock, |this, t| this.waiters.trace(t));

impl Lock {
    fn wake_first(&mut self, vm: &mut Vm) {
        // The one in front may have been woken before: then it is its turn already.
        if let Some(first) = self.waiters.first() {
            vm.event_loop.wake(first);
        }
    }

    fn acquire(&mut self, vm: &mut Vm, awaitable: Gc<Awaitable>, resume: Resume) -> Step {
        match enter(awaitable, resume) {
            Entry::Start if self.try_acquire() => finish(awaitable, Ok(awaitable.b)),
            Entry::Start => {
                self.waiters.push(awaitable);
                Step::Pending(awaitable.value())
            }
            Entry::Spurious => Step::Pending(awaitable.value()),
            Entry::Woken => {
                self.take_turn(awaitable);
                finish(awaitable, Ok(awaitable.b))
            }
            Entry::Thrown(exc, started) => {
                let is_cancelled = started && vm.is_instance_of(exc, vm.exceptions.CancelledError);
                self.give_up(vm, awaitable, is_cancelled);
                finish(awaitable, Err(Raise(exc)))
            }
        }
    }

    /// One that waited was woken.
    pub(super) fn take_turn(&mut self, awaitable: Gc<Awaitable>) {
        self.waiters.remove(awaitable);
        self.locked = true;
    }

    /// One that waits does so no more.
    pub(super) fn give_up(&mut self, vm: &mut Vm, awaitable: Gc<Awaitable>, is_cancelled: bool) {
        self.waiters.remove(awaitable);
        // It may have been woken and cancelled before it ran: the next one must not be forgotten.
        if is_cancelled && !self.locked {
            self.wake_first(vm);
        }
    }

    /// Takes the lock, if it is there to be taken.
    pub(super) fn try_acquire(&mut self) -> bool {
        let free = !self.locked && self.waiters.all_cancelled();
        self.locked |= free;
        free
    }

    pub(super) fn release(&mut self, vm: &mut Vm) -> Result<Value> {
        if !self.locked {
            return Err(vm.runtime_error("Lock is not acquired."));
        }
        self.locked = false;
        self.wake_first(vm);
        Ok(Value::NONE)
    }
}

crate::natives! { pub static LOCK_NEW:
    "__new__(cls, /)" => lock_new;
}

crate::methods! { pub static LOCK for fn is_box::<Lock>, "Lock":
    /// Return True if the lock is acquired.
    "locked(self)" => locked;
    /// Acquire the lock: wait until it is unlocked, lock it and return True.
    "acquire(self)" => acquire;
    /// Release the lock.
    "release(self)" => release;
    "__aenter__(self)" => enter_block;
    "__aexit__(self, exc_type, exc, tb)" => exit_block;
    "__repr__(self)" => lock_repr;
}

/// A lock that nobody has derived from.
pub(super) fn new(vm: &mut Vm) -> Value {
    let class = vm.event_loop.classes.lock.cast::<Class>().unwrap_or(vm.types.object);
    vm.heap.boxed(class, Lock::default()).value()
}

fn lock_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    make(vm, args[0], vm.event_loop.classes.lock, Lock::default())
}

pub(super) fn locked(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Lock, _>(args[0], |lock| lock.locked.into()))
}

/// `a`: the lock; `b`: the result.
static LOCK_ACQUIRE: AwaitableDef = AwaitableDef {
    name: "Lock.acquire",
    step: |vm, this, resume| data::<Lock, _>(this.a, |lock| lock.acquire(vm, this, resume)),
};

pub(super) fn acquire(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if vm.is_awaited() && data::<Lock, _>(args[0], Lock::try_acquire) {
        return Ok(vm.at_once(Value::TRUE));
    }
    Ok(vm.heap.awaitable(&LOCK_ACQUIRE, args[0], Value::TRUE, Value::UNBOUND).value())
}

pub(super) fn enter_block(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if vm.is_awaited() && data::<Lock, _>(args[0], Lock::try_acquire) {
        return Ok(vm.at_once(Value::NONE));
    }
    Ok(vm.heap.awaitable(&LOCK_ACQUIRE, args[0], Value::NONE, Value::UNBOUND).value())
}

pub(super) fn release(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    data::<Lock, _>(args[0], |lock| lock.release(vm))
}

static LOCK_EXIT: AwaitableDef = AwaitableDef {
    name: "Lock.__aexit__",
    step: |vm, this, resume| match resume {
        Resume::Throw(exc) => finish(this, Err(Raise(exc))),
        Resume::Send(_) => {
            let result = data::<Lock, _>(this.a, |lock| lock.release(vm));
            finish(this, result)
        }
    },
};

pub(super) fn exit_block(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if vm.is_awaited() && data::<Lock, _>(args[0], |lock| lock.locked) {
        data::<Lock, _>(args[0], |lock| lock.release(vm))?;
        return Ok(vm.at_once(Value::NONE));
    }
    Ok(vm.heap.awaitable(&LOCK_EXIT, args[0], Value::UNBOUND, Value::UNBOUND).value())
}

fn lock_repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (locked, waiters) = data::<Lock, _>(args[0], |lock| (lock.locked, lock.waiters.len()));
    Ok(object_repr(vm, args[0], if locked { "locked" } else { "unlocked" }, waiters))
}

// Semaphores.

struct Semaphore {
    value: i64,
    /// A bounded one's first value.
    bound: Option<i64>,
    waiters: Waiters,
}

native_data!(Semaphore, |this, t| this.waiters.trace(t));

impl Semaphore {
    fn locked(&self) -> bool {
        self.value == 0 || !self.waiters.all_cancelled()
    }

    fn wake_next(&mut self, vm: &mut Vm) -> bool {
        let Some(next) = self.waiters.next_waiting() else { return false };
        self.value -= 1;
        vm.event_loop.wake(next);
        true
    }

    fn acquire(&mut self, vm: &mut Vm, awaitable: Gc<Awaitable>, resume: Resume) -> Step {
        let result = match enter(awaitable, resume) {
            Entry::Start if self.try_acquire() => return finish(awaitable, Ok(awaitable.b)),
            Entry::Start => {
                self.waiters.push(awaitable);
                return Step::Pending(awaitable.value());
            }
            Entry::Spurious => return Step::Pending(awaitable.value()),
            Entry::Thrown(exc, false) => return finish(awaitable, Err(Raise(exc))),
            Entry::Woken => Ok(awaitable.b),
            Entry::Thrown(exc, true) => {
                // Woken and cancelled before it ran: it gives back what it got.
                if awaitable.has(WOKEN) && vm.is_instance_of(exc, vm.exceptions.CancelledError) {
                    self.value += 1;
                }
                Err(Raise(exc))
            }
        };
        self.waiters.remove(awaitable);
        while self.value > 0 && self.wake_next(vm) {}
        finish(awaitable, result)
    }

    /// Takes one, if it can be taken.
    fn try_acquire(&mut self) -> bool {
        let free = !self.locked();
        self.value -= i64::from(free);
        free
    }

    fn release(&mut self, vm: &mut Vm) -> Result<Value> {
        if self.bound.is_some_and(|bound| self.value >= bound) {
            return Err(vm.value_error("BoundedSemaphore released too many times"));
        }
        self.value += 1;
        self.wake_next(vm);
        Ok(Value::NONE)
    }
}

crate::natives! { pub static SEMAPHORE_NEW:
    "__new__(cls, /, *args, **kwargs)" => semaphore_new;
}

crate::natives! { pub static BOUNDED_SEMAPHORE_NEW:
    "__new__(cls, /, *args, **kwargs)" => bounded_semaphore_new;
}

crate::natives! { pub static SEMAPHORE_MAKE:
    "__new__(cls, value=1)" => semaphore_make;
}

crate::natives! { pub static BOUNDED_SEMAPHORE_MAKE:
    "__new__(cls, value=1)" => bounded_semaphore_make;
}

crate::methods! { pub static SEMAPHORE for fn is_box::<Semaphore>, "Semaphore":
    "__init__(self, value=1)" => semaphore_init;
    /// Return True if the semaphore cannot be acquired at once.
    "locked(self)" => semaphore_locked;
    /// Acquire the semaphore: wait until its counter is above zero, decrement it and return True.
    "acquire(self)" => semaphore_acquire;
    /// Release the semaphore: increment its counter and wake one who waits.
    "release(self)" => semaphore_release;
    "__aenter__(self)" => semaphore_enter;
    "__aexit__(self, exc_type, exc, tb)" => semaphore_exit;
    "__repr__(self)" => semaphore_repr;
}

fn semaphore_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let semaphore = Semaphore { value: 1, bound: None, waiters: Waiters::default() };
    make(vm, args[0], vm.event_loop.classes.semaphore, semaphore)
}

fn bounded_semaphore_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let semaphore = Semaphore { value: 1, bound: Some(1), waiters: Waiters::default() };
    make(vm, args[0], vm.event_loop.classes.bounded_semaphore, semaphore)
}

fn semaphore_init(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let value = vm.index_i64(args[1])?;
    if value < 0 {
        return Err(vm.value_error("Semaphore initial value must be >= 0"));
    }
    data::<Semaphore, _>(args[0], |semaphore| {
        semaphore.value = value;
        semaphore.bound = semaphore.bound.and(Some(value));
    });
    Ok(Value::NONE)
}

fn semaphore_make(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let semaphore = semaphore_new(vm, args)?;
    semaphore_init(vm, &[semaphore, args[1]])?;
    Ok(semaphore)
}

fn bounded_semaphore_make(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let semaphore = bounded_semaphore_new(vm, args)?;
    semaphore_init(vm, &[semaphore, args[1]])?;
    Ok(semaphore)
}

fn semaphore_locked(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<Semaphore, _>(args[0], |semaphore| semaphore.locked().into()))
}

/// `a`: the semaphore; `b`: the result.
static SEMAPHORE_ACQUIRE: AwaitableDef = AwaitableDef {
    name: "Semaphore.acquire",
    step: |vm, this, resume| data::<Semaphore, _>(this.a, |s| s.acquire(vm, this, resume)),
};

fn semaphore_acquire(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if vm.is_awaited() && data::<Semaphore, _>(args[0], Semaphore::try_acquire) {
        return Ok(vm.at_once(Value::TRUE));
    }
    Ok(vm.heap.awaitable(&SEMAPHORE_ACQUIRE, args[0], Value::TRUE, Value::UNBOUND).value())
}

fn semaphore_enter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if vm.is_awaited() && data::<Semaphore, _>(args[0], Semaphore::try_acquire) {
        return Ok(vm.at_once(Value::NONE));
    }
    Ok(vm.heap.awaitable(&SEMAPHORE_ACQUIRE, args[0], Value::NONE, Value::UNBOUND).value())
}

fn semaphore_release(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    data::<Semaphore, _>(args[0], |semaphore| semaphore.release(vm))
}

static SEMAPHORE_EXIT: AwaitableDef = AwaitableDef {
    name: "Semaphore.__aexit__",
    step: |vm, this, resume| match resume {
        Resume::Throw(exc) => finish(this, Err(Raise(exc))),
        Resume::Send(_) => {
            let result = data::<Semaphore, _>(this.a, |semaphore| semaphore.release(vm));
            finish(this, result)
        }
    },
};

fn semaphore_exit(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if vm.is_awaited() && data::<Semaphore, _>(args[0], |s| s.bound.is_none()) {
        data::<Semaphore, _>(args[0], |semaphore| semaphore.release(vm))?;
        return Ok(vm.at_once(Value::NONE));
    }
    Ok(vm.heap.awaitable(&SEMAPHORE_EXIT, args[0], Value::UNBOUND, Value::UNBOUND).value())
}

fn semaphore_repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (locked, value, waiters) = data::<Semaphore, _>(args[0], |semaphore| {
        (semaphore.locked(), semaphore.value, semaphore.waiters.len())
    });
    let state = if locked { "locked".to_string() } else { format!("unlocked, value:{value}") };
    Ok(object_repr(vm, args[0], &state, waiters))
}
