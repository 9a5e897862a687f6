//! `Condition`. With a lock of this module, waiting is one awaitable that goes from the condition's queue to the lock's;
//! with anything else that has `acquire`, `release` and `locked`, it is said in the language (`conditions.aio`).

use super::boxes::{data, is_box, make, native_data, object_repr, receiver};
use super::locks::{self, Lock};
use super::waiters::{Entry, Waiters, enter};
use crate::event_loop::combine::{finish, require_running};
use crate::heap::{Gc, Value};
use crate::objects::task::{AwaitableDef, STARTED, WOKEN};
use crate::objects::{Awaitable, Exception};
use crate::vm::{Raise, Result, Resume, Step, Vm};

struct Condition {
    lock: Value,
    waiters: Waiters,
}

native_data!(Condition, |this, t| {
    t.value(this.lock);
    this.waiters.trace(t);
});

crate::natives! { pub static NEW:
    "__new__(cls, /, *args, **kwargs)" => new;
}

crate::natives! { pub static MAKE:
    "__new__(cls, lock=None)" => make_condition;
}

crate::methods! { pub static PROPERTIES for fn is_box::<Condition>, "Condition":
    "_lock(self)" => lock;
}

crate::methods! { pub static CONDITION for fn is_box::<Condition>, "Condition":
    "__init__(self, lock=None)" => init;
    /// Return True if the lock is acquired.
    "locked(self)" => locked;
    /// Acquire the lock: wait until it is unlocked, lock it and return True.
    "acquire(self)" => acquire;
    /// Release the lock.
    "release(self)" => release;
    /// Release the lock, wait until notified, acquire the lock again and return True.
    "wait(self)" => wait;
    /// Wait until the predicate is true; the value that it has then.
    "wait_for(self, predicate)" => wait_for;
    /// Wake n of the tasks that wait.
    "notify(self, n=1)" => notify;
    /// Wake all tasks that wait.
    "notify_all(self)" => notify_all;
    "_notify(self, n)" => wake_some;
    "_notified(self)" => notified;
    "__aenter__(self)" => enter_block;
    "__aexit__(self, exc_type, exc, tb)" => exit_block;
    "__repr__(self)" => repr;
}

fn new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    make(
        vm,
        args[0],
        vm.event_loop.classes.condition,
        Condition { lock: Value::NONE, waiters: Waiters::default() },
    )
}

fn make_condition(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let condition = new(vm, args)?;
    vm.root(condition);
    init(vm, &[condition, args[1]])?;
    Ok(condition)
}

fn init(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut lock = args[1];
    if lock.is_none() {
        lock = locks::new(vm);
    } else if !is_box::<Lock>(lock) {
        for name in ["locked", "acquire", "release"] {
            let name = vm.intern(name);
            vm.get_attr(lock, name)?;
        }
    }
    data::<Condition, _>(args[0], |c| c.lock = lock);
    Ok(Value::NONE)
}

fn lock_of(condition: Value) -> Value {
    data::<Condition, _>(condition, |c| c.lock)
}

fn lock(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(lock_of(args[0]))
}

/// What the lock's own method gives: the native, or a lock's of somebody else by its name.
fn ask_lock(
    vm: &mut Vm,
    args: &[Value],
    name: &str,
    native: fn(&mut Vm, &[Value]) -> Result<Value>,
) -> Result<Value> {
    let lock = lock_of(args[0]);
    if is_box::<Lock>(lock) { native(vm, &[lock]) } else { vm.call_method(lock, name, &[]) }
}

fn locked(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    ask_lock(vm, args, "locked", locks::locked)
}

fn acquire(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    ask_lock(vm, args, "acquire", locks::acquire)
}

fn release(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    ask_lock(vm, args, "release", locks::release)
}

fn require_locked(vm: &mut Vm, args: &[Value], what: &str) -> Result<()> {
    let locked = locked(vm, args)?;
    if vm.truthy(locked)? {
        Ok(())
    } else {
        Err(vm.runtime_error(format!("cannot {what} on un-acquired lock")))
    }
}

/// A coroutine that does it in the language.
fn embedded(vm: &mut Vm, name: &str, args: &[Value]) -> Result<Value> {
    let function = super::embedded(vm, name)?;
    vm.call(function, args)
}

fn enter_block(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let lock = lock_of(args[0]);
    if is_box::<Lock>(lock) {
        locks::enter_block(vm, &[lock])
    } else {
        embedded(vm, "_enter_condition", args)
    }
}

fn exit_block(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let lock = lock_of(args[0]);
    if is_box::<Lock>(lock) { locks::exit_block(vm, &[lock]) } else { embedded(vm, "_exit_condition", args) }
}

fn notify(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    require_locked(vm, &args[..1], "notify")?;
    wake_some(vm, args)
}

fn notify_all(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let n = Value::int(data::<Condition, _>(args[0], |c| c.waiters.len() as i64));
    if is_derived(vm, args[0]) {
        // Whoever derives from this class may have a `notify` of their own.
        let object = receiver(vm, args[0]);
        return vm.call_method(object, "notify", &[n]);
    }
    notify(vm, &[args[0], n])
}

fn wake_some(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let n = match args[1].as_int() {
        Some(n) => n,
        None => vm.as_f64(args[1])?.ceil() as i64,
    };
    wake(vm, args[0], n);
    Ok(Value::NONE)
}

fn wake(vm: &mut Vm, condition: Value, n: i64) {
    data::<Condition, _>(condition, |c| {
        for _ in 0..n {
            let Some(waiter) = c.waiters.next_waiting() else { break };
            vm.event_loop.wake(waiter);
        }
    });
}

fn is_derived(vm: &Vm, condition: Value) -> bool {
    receiver(vm, condition) != condition
}

/// `a`: the condition; `c`: the predicate of a `wait_for`, else unbound. `b`: unbound in the condition's queue; in the
/// lock's, what is to be raised once the lock is acquired, or None.
static WAIT: AwaitableDef = AwaitableDef { name: "Condition.wait", step };
static WAIT_FOR: AwaitableDef = AwaitableDef { name: "Condition.wait_for", step };
/// Only the way into the condition's queue and out of it.
static NOTIFIED: AwaitableDef = AwaitableDef { name: "Condition._notified", step: notified_step };

/// Another cancellation took the place of what is to be raised.
const REPLACED: u8 = 64;

fn wait(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if is_box::<Lock>(lock_of(args[0])) {
        return Ok(vm.heap.awaitable(&WAIT, args[0], Value::UNBOUND, Value::UNBOUND).value());
    }
    embedded(vm, "_wait_for_condition", &[receiver(vm, args[0])])
}

fn wait_for(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if is_box::<Lock>(lock_of(args[0])) && !is_derived(vm, args[0]) {
        return Ok(vm.heap.awaitable(&WAIT_FOR, args[0], Value::UNBOUND, args[1]).value());
    }
    embedded(vm, "_wait_for_predicate", &[receiver(vm, args[0]), args[1]])
}

fn notified(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.heap.awaitable(&NOTIFIED, args[0], Value::UNBOUND, Value::UNBOUND).value())
}

fn step(vm: &mut Vm, this: Gc<Awaitable>, resume: Resume) -> Step {
    let result = if !this.has(STARTED) || this.b.is_unbound() {
        match enter(this, resume) {
            Entry::Start => begin(vm, this),
            Entry::Spurious => Ok(Step::Pending(this.value())),
            Entry::Thrown(exc, false) => Err(Raise(exc)),
            Entry::Woken => leave_queue(vm, this, Value::NONE),
            Entry::Thrown(exc, true) => leave_queue(vm, this, exc),
        }
    } else {
        match resume {
            Resume::Send(_) if !this.has(WOKEN) => Ok(Step::Pending(this.value())),
            Resume::Send(_) => {
                data::<Lock, _>(lock_of(this.a), |lock| lock.take_turn(this));
                acquired(vm, this)
            }
            Resume::Throw(exc) => acquire_on(vm, this, exc),
        }
    };
    result.unwrap_or_else(|raise| finish(this, Err(raise)))
}

/// Waits, unless the predicate holds.
fn begin(vm: &mut Vm, this: Gc<Awaitable>) -> Result<Step> {
    if !this.c.is_unbound() {
        let holds = vm.call(this.c, &[])?;
        if vm.truthy(holds)? {
            return Ok(finish(this, Ok(holds)));
        }
    }
    require_locked(vm, &[this.a], "wait")?;
    require_running(vm)?;
    data::<Lock, _>(lock_of(this.a), |lock| lock.release(vm))?;
    data::<Condition, _>(this.a, |c| c.waiters.push(this));
    Ok(Step::Pending(this.value()))
}

/// It was notified, or `exc` was thrown in: the lock is to be acquired again, whatever happens.
fn leave_queue(vm: &mut Vm, mut this: Gc<Awaitable>, exc: Value) -> Result<Step> {
    data::<Condition, _>(this.a, |c| c.waiters.remove(this));
    this.b = exc;
    this.set(REPLACED, false);
    take_lock(vm, this)
}

fn take_lock(vm: &mut Vm, this: Gc<Awaitable>) -> Result<Step> {
    if data::<Lock, _>(lock_of(this.a), Lock::try_acquire) {
        return acquired(vm, this);
    }
    data::<Lock, _>(lock_of(this.a), |lock| lock.waiters.push(this));
    Ok(Step::Pending(this.value()))
}

/// An exception was thrown in while the lock was waited for. Cancellations are put off: the last one is raised later.
fn acquire_on(vm: &mut Vm, mut this: Gc<Awaitable>, exc: Value) -> Result<Step> {
    let is_cancelled = vm.is_instance_of(exc, vm.exceptions.CancelledError);
    data::<Lock, _>(lock_of(this.a), |lock| lock.give_up(vm, this, is_cancelled));
    let first = match this.b.cast::<Exception>() {
        Some(put_off) if this.has(REPLACED) => put_off.context,
        _ => this.b,
    };
    if let Some(mut error) = exc.cast::<Exception>()
        && first != exc
        && first.is::<Exception>()
    {
        error.context = first;
    }
    if !is_cancelled {
        wake(vm, this.a, 1);
        return Err(Raise(exc));
    }
    this.b = exc;
    this.set(REPLACED, true);
    take_lock(vm, this)
}

/// The wait is over.
fn acquired(vm: &mut Vm, mut this: Gc<Awaitable>) -> Result<Step> {
    if !this.b.is_none() {
        // A notification that this waiter got and cannot use is passed on.
        wake(vm, this.a, 1);
        return Err(Raise(this.b));
    }
    if this.c.is_unbound() {
        return Ok(finish(this, Ok(Value::TRUE)));
    }
    this.b = Value::UNBOUND;
    begin(vm, this)
}

fn notified_step(vm: &mut Vm, this: Gc<Awaitable>, resume: Resume) -> Step {
    let result = match enter(this, resume) {
        Entry::Start => {
            if let Err(raise) = require_running(vm) {
                return finish(this, Err(raise));
            }
            data::<Condition, _>(this.a, |c| c.waiters.push(this));
            return Step::Pending(this.value());
        }
        Entry::Spurious => return Step::Pending(this.value()),
        Entry::Woken => Ok(Value::NONE),
        Entry::Thrown(exc, _) => Err(Raise(exc)),
    };
    data::<Condition, _>(this.a, |c| c.waiters.remove(this));
    finish(this, result)
}

fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let locked = locked(vm, args)?;
    let state = if vm.truthy(locked)? { "locked" } else { "unlocked" };
    let waiters = data::<Condition, _>(args[0], |c| c.waiters.len());
    Ok(object_repr(vm, args[0], state, waiters))
}
