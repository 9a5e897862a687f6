//! `asyncio`: running, waiting, cancelling, synchronising. What tasks wait with is native; what is said best in the
//! language itself (`Barrier`, `as_completed`, ...) lies beside this file and is compiled when it is first asked for.

pub(crate) mod boxes;
mod conditions;
pub mod futures;
mod locks;
mod queues;
mod running;
mod taskgroups;
mod timeouts;
mod waiters;
mod waiting;

use super::{ModuleSpec, set};
use crate::heap::{Gc, Value};
use crate::native::NativeDef;
use crate::objects::{Class, Dict};
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec { name: "asyncio", natives: NATIVES, init };

crate::natives! { static NATIVES:
    "__getattr__(name)" => lazy;
}

/// Fills the classes of tasks and futures, which the core makes.
pub fn install_types(vm: &mut Vm) {
    let (future, task) = (vm.types.future, vm.types.task);
    let (handle, timer_handle) = (vm.types.handle, vm.types.timer_handle);
    for (class, table) in [
        (future, futures::FUTURE_NEW),
        (future, futures::FUTURE),
        (task, futures::TASK_NEW),
        (task, futures::TASK),
        (handle, futures::HANDLE),
        (timer_handle, futures::HANDLE),
        (timer_handle, futures::TIMER_HANDLE),
    ] {
        vm.add_methods(class, table);
    }
}

/// What is written in the language: the names and their source.
static EMBEDDED: &[(&[&str], &str, &str)] = &[
    (&["wait_for"], "asyncio.wait_for", include_str!("wait_for.aio")),
    (
        &["Barrier", "_enter_condition", "_exit_condition", "_wait_for_condition", "_wait_for_predicate"],
        "asyncio.conditions",
        include_str!("conditions.aio"),
    ),
    (&["as_completed"], "asyncio.as_completed", include_str!("as_completed.aio")),
    (&["create_eager_task_factory", "eager_task_factory"], "asyncio.eager", include_str!("eager.aio")),
    (&["_get_stack", "_print_stack"], "asyncio.stacks", include_str!("stacks.aio")),
    (
        &[
            "AbstractEventLoopPolicy",
            "DefaultEventLoopPolicy",
            "get_event_loop_policy",
            "set_event_loop_policy",
            "wrap_future",
            "_add_signal_handler",
            "_remove_signal_handler",
        ],
        "asyncio.policies",
        include_str!("policies.aio"),
    ),
    (&["to_thread", "_run_in_executor"], "asyncio.threads", include_str!("threads.aio")),
];

/// The submodules: what each of them shares with `asyncio` itself.
macro_rules! submodules {
    ($($name:literal $names:literal;)*) => {
        pub static SUBMODULES: &[ModuleSpec] = &[$(ModuleSpec {
            name: concat!("asyncio.", $name),
            natives: &[],
            init: |vm, dict| share(vm, dict, $names),
        }),*];
    };
}

submodules! {
    "base_events" "BaseEventLoop";
    "coroutines" "iscoroutine iscoroutinefunction";
    "events" "AbstractEventLoop Handle TimerHandle get_event_loop get_running_loop new_event_loop set_event_loop _get_running_loop";
    "exceptions" "BrokenBarrierError CancelledError InvalidStateError QueueEmpty QueueFull QueueShutDown TimeoutError";
    "futures" "Future InvalidStateError isfuture";
    "locks" "Barrier BoundedSemaphore Condition Event Lock Semaphore BrokenBarrierError";
    "queues" "LifoQueue PriorityQueue Queue QueueEmpty QueueFull QueueShutDown";
    "runners" "Runner run";
    "taskgroups" "TaskGroup";
    "tasks" "ALL_COMPLETED FIRST_COMPLETED FIRST_EXCEPTION Task all_tasks as_completed create_eager_task_factory create_task current_task eager_task_factory ensure_future gather shield sleep wait wait_for";
    "threads" "to_thread";
    "timeouts" "Timeout timeout timeout_at";
}

fn share(vm: &mut Vm, dict: Gc<Dict>, names: &str) -> Result<()> {
    vm.import_module("asyncio")?;
    for name in names.split(' ') {
        let value = embedded(vm, name)?;
        set(vm, dict, name, value);
    }
    Ok(())
}

/// A name of the module, made if it is not there yet.
fn embedded(vm: &mut Vm, name: &str) -> Result<Value> {
    let key = vm.intern(name);
    let module = vm.event_loop.classes.embedded.cast::<Dict>();
    match module.and_then(|dict| dict.table.get_str(key)) {
        Some(value) => Ok(value),
        None => lazy(vm, &[key.value()]),
    }
}

/// The names that the module makes when they are first asked for.
pub fn made_later() -> impl Iterator<Item = &'static str> {
    EMBEDDED.iter().flat_map(|(names, ..)| names.iter().copied())
}

/// A name that the module makes when it is first asked for.
fn lazy(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = args[0].as_str().map_or("", |s| s.text());
    if SUBMODULES.iter().any(|spec| spec.name.strip_prefix("asyncio.") == Some(name)) {
        return vm.import_module(&format!("asyncio.{name}"));
    }
    let Some((names, file, text)) = EMBEDDED.iter().find(|(names, ..)| names.contains(&name)) else {
        return Err(vm.attribute_error(format!("module 'asyncio' has no attribute '{name}'")));
    };
    let namespace = vm.run_embedded(file, text)?;
    let Some(module) = vm.event_loop.classes.embedded.cast::<Dict>() else { return Ok(Value::NONE) };
    let mut wanted = Value::NONE;
    for made in *names {
        let key = vm.intern(made);
        let value = namespace.table.get_str(key).unwrap_or(Value::NONE);
        if *made == name {
            wanted = value;
        }
        set(vm, module, made, value);
    }
    Ok(wanted)
}

fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    vm.event_loop.classes.embedded = dict.value();
    for table in [waiting::FUNCTIONS, running::FUNCTIONS, timeouts::FUNCTIONS] {
        for def in table {
            let function = vm.heap.native(def, Value::UNBOUND);
            set(vm, dict, def.name(), function);
        }
    }
    for name in ["ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION"] {
        let value = vm.intern(name);
        set(vm, dict, name, value);
    }
    let e = &vm.exceptions;
    let classes = [
        e.CancelledError,
        e.InvalidStateError,
        e.TimeoutError,
        e.QueueEmpty,
        e.QueueFull,
        e.QueueShutDown,
        e.BrokenBarrierError,
        vm.types.future,
        vm.types.task,
        vm.types.handle,
        vm.types.timer_handle,
    ];
    for class in classes {
        set(vm, dict, class.short_name(), class);
    }
    make_classes(vm, dict);
    Ok(())
}

fn make_classes(vm: &mut Vm, dict: Gc<Dict>) {
    let make =
        |vm: &mut Vm, name: &'static str, module: &str, base: Value, tables: &[&'static [NativeDef]]| {
            let base = base.cast::<Class>().unwrap_or(vm.types.object);
            let class = vm.native_class(name, module, base, tables);
            vm.note_constructor(class);
            set(vm, dict, name, class);
            class.value()
        };
    // One with an `__init__` for classes derived from it; its own instances are made in one step.
    let with_init = |vm: &mut Vm,
                     name,
                     module,
                     base,
                     constructor: &'static [NativeDef],
                     tables: &[&'static [NativeDef]]| {
        let class = make(vm, name, module, base, tables);
        if let Some(mut class) = class.cast::<Class>() {
            class.constructor = constructor.first();
        }
        class
    };
    let none = Value::UNBOUND;
    let l = "asyncio.locks";
    let q = "asyncio.queues";
    vm.event_loop.classes.event = make(vm, "Event", l, none, &[locks::EVENT_NEW, locks::EVENT]);
    vm.event_loop.classes.lock = make(vm, "Lock", l, none, &[locks::LOCK_NEW, locks::LOCK]);
    let condition =
        with_init(vm, "Condition", l, none, conditions::MAKE, &[conditions::NEW, conditions::CONDITION]);
    vm.event_loop.classes.condition = condition;
    if let Some(condition) = condition.cast::<Class>() {
        vm.add_properties(condition, conditions::PROPERTIES, &[]);
    }
    let tables = [locks::SEMAPHORE_NEW, locks::SEMAPHORE];
    let semaphore = with_init(vm, "Semaphore", l, none, locks::SEMAPHORE_MAKE, &tables);
    vm.event_loop.classes.semaphore = semaphore;
    let (bounded, tables) = (locks::BOUNDED_SEMAPHORE_MAKE, [locks::BOUNDED_SEMAPHORE_NEW]);
    vm.event_loop.classes.bounded_semaphore =
        with_init(vm, "BoundedSemaphore", l, semaphore, bounded, &tables);
    let queue = with_init(vm, "Queue", q, none, queues::QUEUE_MAKE, &[queues::QUEUE_NEW, queues::QUEUE]);
    vm.event_loop.classes.queue = queue;
    if let Some(queue) = queue.cast::<Class>() {
        vm.add_properties(queue, queues::QUEUE_PROPERTIES, &[]);
    }
    vm.event_loop.classes.lifo_queue =
        with_init(vm, "LifoQueue", q, queue, queues::LIFO_MAKE, &[queues::LIFO_NEW]);
    vm.event_loop.classes.priority_queue =
        with_init(vm, "PriorityQueue", q, queue, queues::PRIORITY_MAKE, &[queues::PRIORITY_NEW]);
    vm.event_loop.classes.timeout =
        make(vm, "Timeout", "asyncio.timeouts", none, &[timeouts::TIMEOUT_NEW, timeouts::TIMEOUT]);
    vm.event_loop.classes.task_group = make(
        vm,
        "TaskGroup",
        "asyncio.taskgroups",
        none,
        &[taskgroups::TASK_GROUP_NEW, taskgroups::TASK_GROUP],
    );
    vm.event_loop.classes.runner =
        make(vm, "Runner", "asyncio.runners", none, &[running::RUNNER_NEW, running::RUNNER]);
    let event_loop = make(vm, "EventLoop", "asyncio.unix_events", none, &[running::LOOP]);
    vm.event_loop.classes.event_loop = event_loop;
    if let Some(class) = event_loop.cast::<Class>() {
        vm.add_properties(class, running::LOOP_PROPERTIES, running::LOOP_SETTERS);
    }
    for name in ["AbstractEventLoop", "BaseEventLoop", "SelectorEventLoop"] {
        set(vm, dict, name, event_loop);
    }
    vm.event_loop.classes.loop_object = running::make_loop_object(vm);
}
