//! The event loop: it takes the same steps as CPython's, so that tasks interleave in the same order. What is one
//! `call_soon` there is one entry of the ready queue here.
//!
//! One turn (`run.rs`): timers due -> what arrived from outside -> run what was ready when the turn began -> choose how
//! long to wait. Everything here holds its values where [`EventLoop::trace`] sees them.

pub mod clock;
pub mod combine;
pub mod context;
pub mod future;
pub mod groups;
pub mod provenance;
mod ready;
pub mod report;
pub mod run;
pub mod task;
mod timers;
pub mod watch;

pub use clock::Clock;
pub use future::result as future_result;
pub use ready::{Policy, Ready, STOP};
pub use run::{run_main, run_until_complete};
pub use timers::Timers;

use crate::heap::{Gc, Tracer, Value};
use crate::objects::{Awaitable, Frame, FrameState, Handle, Task};
use crate::vm::Vm;
use task::TaskList;

macro_rules! classes {
    ($($name:ident)*) => {
        /// Classes and objects that natives of `asyncio` and `contextvars` make, once those modules were loaded;
        /// unbound before.
        #[derive(Default)]
        pub struct Classes { $(pub $name: Value),* }

        impl Classes {
            fn trace(&self, tracer: &mut Tracer) {
                $(tracer.value(self.$name);)*
            }
        }
    };
}

classes! {
    event lock condition semaphore bounded_semaphore queue lifo_queue priority_queue timeout task_group runner event_loop loop_object
    context token embedded
}

/// The event loop of one interpreter.
pub struct EventLoop {
    pub clock: Clock,
    pub ready: Ready,
    pub timers: Timers,
    pub policy: Policy,
    pub tasks: TaskList,
    /// The task that runs right now.
    pub current: Option<Gc<Task>>,
    /// What cancels tasks right now, in words, if that is no task.
    pub cancelling_for: Option<&'static str>,
    pub running: bool,
    /// Statements are typed in between the turns: tasks can be made there, and outlive `asyncio.run`.
    pub at_prompt: bool,
    /// Since when tasks wait, if somebody wants to know.
    pub watch: Option<watch::Watch>,
    /// `stop()` was called: the loop ends with this turn.
    pub stopping: bool,
    /// `close()` was called, and no loop was made or run since.
    pub closed: bool,
    pub debug: bool,
    /// In debug mode, what takes longer is told of; in seconds.
    pub slow_callback_duration: f64,
    /// Makes the tasks, unless it is None.
    pub task_factory: Value,
    /// Called instead of the default report, unless it is None.
    pub exception_handler: Value,
    /// The `contextvars.Context` that the running code sees; unbound while it is empty.
    pub context: Value,
    pub classes: Classes,
    /// What Ctrl-C cancels first.
    main: Option<Gc<Task>>,
    /// How often Ctrl-C was noticed since the main task began.
    interrupts: u32,
    /// The number of the last `Task-N`.
    task_number: u32,
    /// Async generators that began and may have to be closed at the end.
    async_generators: Vec<Value>,
    /// Futures that failed; those nobody looks at are reported.
    failed: report::Failed,
}

impl EventLoop {
    #[must_use]
    pub fn new(virtual_time: bool) -> Self {
        Self {
            clock: Clock::new(virtual_time),
            ready: Ready::default(),
            timers: Timers::default(),
            policy: Policy::default(),
            tasks: TaskList::default(),
            current: None,
            cancelling_for: None,
            running: false,
            at_prompt: false,
            watch: None,
            stopping: false,
            closed: false,
            debug: false,
            slow_callback_duration: 0.1,
            task_factory: Value::NONE,
            exception_handler: Value::NONE,
            context: Value::UNBOUND,
            classes: Classes::default(),
            main: None,
            interrupts: 0,
            task_number: 0,
            async_generators: Vec::new(),
            failed: report::Failed::default(),
        }
    }

    pub fn trace(&self, tracer: &mut Tracer) {
        self.ready.trace(tracer);
        self.timers.trace(tracer);
        self.tasks.trace(tracer);
        tracer.option(self.current);
        tracer.option(self.main);
        tracer.value(self.exception_handler);
        tracer.value(self.task_factory);
        tracer.value(self.context);
        self.classes.trace(tracer);
        tracer.values(&self.async_generators);
        self.failed.trace(tracer);
    }

    /// Whether `asyncio.get_running_loop` finds it.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.running || self.at_prompt
    }

    /// The loop's time, in seconds.
    #[must_use]
    pub fn time(&self) -> f64 {
        self.clock.now()
    }

    /// Remembers an async generator at its first step, to close it when the program ends.
    pub fn adopt_async_generator(&mut self, generator: Gc<Frame>) {
        use crate::objects::frame::HOOKED;
        if generator.has(HOOKED) {
            return;
        }
        generator.set(HOOKED, true);
        let all = &mut self.async_generators;
        if all.len() == all.capacity() && all.len() >= 64 {
            all.retain(|g| g.cast::<Frame>().is_some_and(|f| f.state() != FrameState::Done));
        }
        all.push(generator.value());
    }

    /// Runs a handle when its time has come.
    pub fn call_at(&mut self, mut handle: Gc<Handle>, when: f64) {
        handle.when = when;
        handle.set_scheduled(true);
        self.timers.push(when, handle.value());
    }

    /// Wakes an awaitable when its time has come.
    pub fn wake_at(&mut self, awaitable: Gc<Awaitable>, when: f64) {
        awaitable.set(crate::objects::task::SCHEDULED, true);
        self.timers.push(when, awaitable.value());
    }

    pub fn cancel_handle(&mut self, mut handle: Gc<Handle>) {
        if handle.is_cancelled() {
            return;
        }
        handle.set_cancelled();
        handle.callback = Value::NONE;
        handle.args = Value::UNBOUND;
        if handle.is_scheduled() {
            self.timers.one_died();
        }
    }

    /// The awaitable's timer, if it has one, is not needed any more.
    pub fn cancel_timer(&mut self, awaitable: Gc<Awaitable>) {
        use crate::objects::task::SCHEDULED;
        if awaitable.has(SCHEDULED) {
            awaitable.set(SCHEDULED, false);
            self.timers.one_died();
        }
    }

    /// Runs `cancel`; what it cancels is remembered to be cancelled by that.
    pub fn cancelling_for<T>(vm: &mut Vm, what: &'static str, cancel: impl FnOnce(&mut Vm) -> T) -> T {
        let before = vm.event_loop.cancelling_for.replace(what);
        let result = cancel(vm);
        vm.event_loop.cancelling_for = before;
        result
    }

    /// The event an awaitable waits for has come: its task runs on in the next turn. Without effect if it was woken or
    /// cancelled before.
    pub fn wake(&mut self, awaitable: Gc<Awaitable>) {
        use crate::objects::task::WOKEN;
        if awaitable.is_waiting() {
            awaitable.set(WOKEN, true);
            if awaitable.waiter.is::<Task>() {
                self.ready.push(awaitable.waiter);
            }
        }
    }
}

impl Default for EventLoop {
    fn default() -> Self {
        Self::new(false)
    }
}
