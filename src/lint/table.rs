//! The rules: what each is called, here and elsewhere, and why it is one. `aio explain`, docs/check.md and the metadata
//! of reports come from here.

/// How bad what a rule finds is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// It fails, or does nothing, whenever it runs.
    Error,
    /// It is a mistake nearly always.
    Warning,
    /// There may be something better.
    Hint,
}

impl Severity {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Hint => "hint",
        }
    }
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Shown as `A101`.
    pub code: u16,
    pub name: &'static str,
    pub severity: Severity,
    /// Whether it is asked without being selected.
    pub default: bool,
    /// The codes of other tools for the same mistake.
    pub aliases: &'static [&'static str],
    /// One sentence.
    pub summary: &'static str,
    pub why: &'static str,
    pub wrong: &'static str,
    pub right: &'static str,
}

impl Rule {
    /// `A101`
    #[must_use]
    pub fn id(&self) -> String {
        format!("A{:03}", self.code)
    }
}

/// The rule of a code: `A101`, `a101`, its name, or another tool's code.
#[must_use]
pub fn find(code: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| {
        rule.id().eq_ignore_ascii_case(code)
            || rule.name.eq_ignore_ascii_case(code)
            || rule.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(code))
    })
}

/// The rule of that number, which there is.
#[must_use]
pub fn named(code: u16) -> &'static Rule {
    RULES.iter().find(|rule| rule.code == code).unwrap_or(&RULES[0])
}

macro_rules! rules {
    ($($code:literal $name:literal $severity:ident $default:literal [$($alias:literal)*]
        $summary:literal $why:literal $wrong:literal $right:literal)*) => {
        pub static RULES: &[Rule] = &[$(Rule {
            code: $code,
            name: $name,
            severity: Severity::$severity,
            default: $default,
            aliases: &[$($alias),*],
            summary: $summary,
            why: $why,
            wrong: $wrong,
            right: $right,
        }),*];
    };
}

rules! {
    101 "coroutine-never-awaited" Error true []
    "A coroutine is made and never awaited."
    "Calling an async function runs nothing: it makes a coroutine, which runs when it is awaited or made a task. What is made and dropped never runs; at the end of the program there is a warning, if anybody reads it."
    "async def main():\n    asyncio.sleep(1)"
    "async def main():\n    await asyncio.sleep(1)"

    102 "task-dropped" Warning true ["RUF006" "ASYNC300"]
    "The task that is made is not kept."
    "Nobody can await a task that nobody holds: its result is lost, and its failure is reported at the end of the program alone. (aio holds tasks until they end. CPython does not: there such a task may vanish halfway.)"
    "async def main():\n    asyncio.create_task(work())"
    "async def main():\n    async with asyncio.TaskGroup() as group:\n        group.create_task(work())"

    103 "task-without-name" Hint false []
    "A task is made without a name."
    "Reports, `:tasks` and the chain of awaits show tasks by name. Task-17 says little."
    "async def main():\n    task = asyncio.create_task(work())\n    await task"
    "async def main():\n    task = asyncio.create_task(work(), name=\"worker\")\n    await task"

    104 "no-running-loop" Error true ["E1142"]
    "Something that needs a running event loop stands where none runs."
    "create_task and get_running_loop raise RuntimeError outside of coroutines. Module code runs before `asyncio.run`, unless it awaits something itself."
    "task = asyncio.create_task(work())\n\nasync def main():\n    await task\n\nasyncio.run(main())"
    "async def main():\n    task = asyncio.create_task(work())\n    await task\n\nasyncio.run(main())"

    105 "results-ignored" Warning true []
    "gather(..., return_exceptions=True) hides failures, and nobody looks at its results."
    "With return_exceptions=True exceptions become results. Where the results are dropped, nobody ever learns of a failure."
    "await asyncio.gather(*tasks, return_exceptions=True)"
    "for result in await asyncio.gather(*tasks, return_exceptions=True):\n    if isinstance(result, Exception):\n        log(result)"

    106 "nested-run" Error true []
    "asyncio.run is called where a loop runs."
    "There is one event loop in a program at a time: asyncio.run inside a coroutine raises RuntimeError. Await the coroutine instead."
    "async def main():\n    asyncio.run(work())"
    "async def main():\n    await work()"

    107 "wait-given-coroutines" Error true []
    "asyncio.wait takes tasks and futures, no coroutines."
    "asyncio.wait gives back the tasks that are done. For coroutines it would make tasks that the caller does not know, so it raises TypeError."
    "async def work(n):\n    await asyncio.sleep(n)\n\ndone, pending = await asyncio.wait([work(1), work(2)])"
    "async def work(n):\n    await asyncio.sleep(n)\n\ntasks = [asyncio.create_task(work(n)) for n in (1, 2)]\ndone, pending = await asyncio.wait(tasks)"

    108 "tasks-without-bound" Hint true []
    "A loop without an end makes a task in each round."
    "If tasks are made faster than they end, memory grows until the program dies. A semaphore that is acquired before the task is made, or a fixed number of workers at a queue, bounds it."
    "async def serve(queue):\n    async with asyncio.TaskGroup() as group:\n        while True:\n            group.create_task(handle(await queue.get()))"
    "async def serve(queue, limit):\n    async with asyncio.TaskGroup() as group:\n        while True:\n            await limit.acquire()\n            group.create_task(handle(await queue.get(), limit))"

    109 "async-without-await" Hint true ["RUF029" "W0236"]
    "An async function never awaits."
    "It can be a plain function: whoever calls it need not await, and it cannot be interrupted halfway either way."
    "async def double(n):\n    return 2 * n\n\nasync def main():\n    print(await double(21))"
    "def double(n):\n    return 2 * n\n\nasync def main():\n    print(double(21))"

    110 "awaits-one-by-one" Hint true []
    "A loop awaits independent calls one after the other."
    "Each call waits for the one before. gather, or a task group, lets them wait at the same time."
    "async def fetch(url):\n    await asyncio.sleep(1)\n\nasync def main(urls):\n    results = []\n    for url in urls:\n        results.append(await fetch(url))\n    return results"
    "async def fetch(url):\n    await asyncio.sleep(1)\n\nasync def main(urls):\n    return await asyncio.gather(*(fetch(url) for url in urls))"

    201 "cancellation-swallowed" Warning true ["ASYNC103" "TRIO103" "E722" "W0702"]
    "A handler catches CancelledError and does not raise it again."
    "Cancelling is a request: CancelledError is thrown in where the task waits. A bare except, or except BaseException, catches it; if it is not raised again the task goes on, timeouts do not work, and whoever cancelled waits for ever. `except Exception` does not catch it."
    "async def work():\n    while True:\n        try:\n            await step()\n        except BaseException:\n            log(\"failed\")"
    "async def work():\n    while True:\n        try:\n            await step()\n        except Exception:\n            log(\"failed\")"

    202 "finally-swallows" Warning true ["B012" "SIM107" "W0150" "ASYNC104"]
    "A finally block that is left by return, break or continue swallows what is being raised."
    "The exception on its way, CancelledError too, is dropped without a word."
    "async def main():\n    try:\n        await work()\n    finally:\n        return None"
    "async def main():\n    try:\n        await work()\n    finally:\n        cleanup()"

    301 "blocking-call" Warning true ["ASYNC251" "ASYNC250" "ASYNC220" "ASYNC210"]
    "A call blocks the event loop."
    "While time.sleep, input or a subprocess blocks, no other task runs. There is an awaitable for most of them; asyncio.to_thread runs the rest beside the loop."
    "import time\n\nasync def main():\n    time.sleep(1)"
    "async def main():\n    await asyncio.sleep(1)"

    302 "endless-loop-without-await" Error true []
    "An endless loop in a coroutine never awaits."
    "No other task runs any more, no timer fires, and nothing can cancel it."
    "async def poll():\n    while True:\n        check()"
    "async def poll():\n    while True:\n        check()\n        await asyncio.sleep(1)"

    303 "busy-wait" Hint true ["ASYNC110"]
    "A loop sleeps until something has changed."
    "It wakes up for nothing most of the time, and late when it matters. An Event or a Condition wakes whoever waits at once."
    "async def start(server):\n    while not server.ready:\n        await asyncio.sleep(0.1)"
    "async def start(server):\n    await server.is_ready.wait()"

    401 "lock-held-over-wait" Hint true []
    "A lock is held over a long wait."
    "Everybody else who wants the lock waits as long. If what is awaited needs the lock itself, for ever."
    "lock = asyncio.Lock()\nqueue = asyncio.Queue()\n\nasync def take(shelf):\n    async with lock:\n        shelf.add(await queue.get())"
    "lock = asyncio.Lock()\nqueue = asyncio.Queue()\n\nasync def take(shelf):\n    item = await queue.get()\n    async with lock:\n        shelf.add(item)"

    402 "check-then-act" Warning true []
    "What was checked may have changed across an await."
    "At each await other tasks run. A test before it says nothing about the time after it: two tasks may both find nothing, and both act. A read before an await and a write after it lose what others wrote meanwhile."
    "class Client:\n    async def get_session(self):\n        if self.session is None:\n            self.session = await connect()\n        return self.session"
    "class Client:\n    async def get_session(self):\n        async with self.lock:\n            if self.session is None:\n                self.session = await connect()\n        return self.session"

    501 "unused-import" Warning true ["F401" "W0611"]
    "An imported name is never used."
    "It costs time at the start, and readers look for its use."
    "import json\nprint(\"hello\")"
    "print(\"hello\")"

    502 "unused-variable" Warning true ["F841" "W0612"]
    "A local variable is never read."
    "Often it is a misspelt name, or a result that should have been looked at."
    "def total(items):\n    result = sum(items)\n    return 0"
    "def total(items):\n    result = sum(items)\n    return result"

    503 "undefined-name" Error true ["F821" "E0602"]
    "A name is used that nothing defines."
    "It raises NameError when it is reached."
    "print(mesage)"
    "message = \"hi\"\nprint(message)"

    504 "unreachable" Warning true ["W0101"]
    "Code that is never reached."
    "What stands behind return, raise, break, continue or an endless loop does not run."
    "def f():\n    return 1\n    print(\"done\")"
    "def f():\n    print(\"done\")\n    return 1"
}
