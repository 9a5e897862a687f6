//! Micro-benchmarks of the interpreter's parts: `cargo bench [WORD]`. The workloads beside it measure whole programs.

use aio::interpreter::Interpreter;
use aio::source::SourceId;
use aio::vm::Host;
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn main() {
    divan::main();
}

/// A module of some 100 kB: the library's own code, which is as varied as what people write.
fn source() -> String {
    let parts = [
        include_str!("../src/modules/lib/collections.aio"),
        include_str!("../src/modules/lib/inspect.aio"),
        include_str!("../src/modules/lib/enum.aio"),
        include_str!("../src/modules/lib/dataclasses.aio"),
    ];
    parts.concat()
}

fn interpreter() -> Interpreter {
    Interpreter::new(Host {
        stdout: Box::new(io::sink()),
        stderr: Box::new(io::sink()),
        stdin: Box::new(io::empty()),
        args: Vec::new(),
        environment: Vec::new(),
        path: Vec::new(),
        virtual_time: true,
        seed: None,
        cpython_gather: false,
        terminals: [false; 3],
        interrupt: Arc::new(AtomicBool::new(false)),
    })
}

#[divan::bench]
fn lex(bencher: Bencher) {
    let text = source();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| aio::syntax::lex(SourceId(0), black_box(&text)).tokens.len());
}

#[divan::bench]
fn parse(bencher: Bencher) {
    let text = source();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| aio::syntax::parse_module(SourceId(0), black_box(&text)).is_ok());
}

#[divan::bench]
fn compile(bencher: Bencher) {
    let text = source();
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| aio::compile::compile_source(SourceId(0), "source", black_box(&text)).is_ok());
}

#[divan::bench]
fn start(bencher: Bencher) {
    bencher.bench(|| interpreter().run_source("start", "pass"));
}

/// Scripts that do one thing `n` times, by name.
const OPERATIONS: &[(&str, &str)] = &[
    ("dispatch", "for i in range(n): pass"),
    ("call", "def f(): pass\nfor i in range(n): f()"),
    ("method", "class A:\n def m(self): pass\na = A()\nfor i in range(n): a.m()"),
    ("raise and catch", "for i in range(n):\n try: raise ValueError\n except ValueError: pass"),
    (
        "await without suspension",
        "async def f(): pass\nasync def g():\n for i in range(n): await f()\nasyncio.run(g())",
    ),
    ("switch", "async def g():\n for i in range(n): await asyncio.sleep(0)\nasyncio.run(g())"),
    (
        "spawn and join",
        "async def f(): pass\nasync def g():\n for i in range(n): await asyncio.create_task(f())\nasyncio.run(g())",
    ),
    (
        "timer set and cancelled",
        "async def g():\n loop = asyncio.get_running_loop()\n for i in range(n): loop.call_later(1, g).cancel()\n\
         asyncio.run(g())",
    ),
    ("garbage", "for i in range(n): [i]"),
    ("cyclic garbage", "for i in range(n):\n a = []\n a.append(a)"),
];

#[divan::bench(args = OPERATIONS.iter().map(|(name, _)| *name))]
fn operations(bencher: Bencher, name: &str) {
    const N: u32 = 10_000;
    let body = OPERATIONS.iter().find(|(known, _)| *known == name).map_or("", |(_, body)| body);
    let body: String = body.lines().map(|line| format!(" {line}\n")).collect();
    let text = format!("import asyncio\ndef run(n):\n{body}run({N})\n");
    bencher
        .counter(ItemsCount::new(N))
        .with_inputs(interpreter)
        .bench_local_values(|mut interpreter| interpreter.run_source("operation", &text));
}
