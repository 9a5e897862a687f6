//! The resolver and the compiler from outside: what is misused, and how many ops things take.

use aio::bytecode::code::{Code, CodeKind, Const};
use aio::bytecode::fused::alone;
use aio::bytecode::op::Opcode;
use aio::bytecode::verify::verify;
use aio::compile::compile;
use aio::diagnostics::Diagnostic;
use aio::resolve::resolve;
use aio::source::SourceId;
use aio::syntax::parse_module;

fn try_compile(text: &str) -> Result<Code, Vec<Diagnostic>> {
    let source = SourceId(0);
    let module = parse_module(source, text)?;
    let scopes = resolve(&module, source)?;
    compile(&module, &scopes, source, text, "<module>")
}

fn compiled(text: &str) -> Code {
    let code = match try_compile(text) {
        Ok(code) => code,
        Err(diagnostics) => panic!("{text}: {}", diagnostics[0].message),
    };
    assert_eq!(verify(&code), Ok(()), "{text}");
    code
}

/// The code of the only function, class or lambda of a source.
fn inner(text: &str) -> Code {
    let module = compiled(text);
    let mut codes = module.consts.into_iter().filter_map(|value| match value {
        Const::Code(code) => Some(*code),
        _ => None,
    });
    codes.next().expect("a function")
}

fn ops(code: &Code) -> Vec<Opcode> {
    code.ops.iter().map(|op| alone(op.code)).filter(|&code| code != Opcode::Extra).collect()
}

fn count(code: &Code, opcode: Opcode) -> usize {
    ops(code).into_iter().filter(|&code| code == opcode).count()
}

fn message(text: &str) -> String {
    let diagnostics = try_compile(text).expect_err(text);
    diagnostics[0].message.clone()
}

#[test]
fn misuse_is_told_in_cpythons_words() {
    for (text, expected) in [
        ("return 1", "'return' outside function"),
        ("yield 1", "'yield' outside function"),
        ("class A: yield 1", "'yield' outside function"),
        ("def f():\n await x", "'await' outside async function"),
        ("class A: await x", "'await' outside function"),
        ("def f():\n async for x in y: pass", "'async for' outside async function"),
        ("def f():\n async with x: pass", "'async with' outside async function"),
        ("def f(): [x async for x in y]", "asynchronous comprehension outside of an asynchronous function"),
        ("break", "'break' outside loop"),
        ("for x in y:\n def f(): continue", "'continue' not properly in loop"),
        ("nonlocal x", "nonlocal declaration not allowed at module level"),
        ("def f():\n nonlocal x", "no binding for nonlocal 'x' found"),
        ("def f():\n print(x)\n global x", "name 'x' is used prior to global declaration"),
        ("def f():\n x = 1\n global x", "name 'x' is assigned to before global declaration"),
        ("def f(x):\n global x", "name 'x' is parameter and global"),
        ("def f():\n global x\n nonlocal x", "name 'x' is nonlocal and global"),
        ("def f(a, a): pass", "duplicate argument 'a' in function definition"),
        ("async def f():\n yield 1\n return 2", "'return' with value in async generator"),
        ("async def f():\n yield from x", "'yield from' inside async function"),
        ("try: pass\nexcept: pass\nexcept A: pass", "default 'except:' must be last"),
        ("*a, *b = c", "multiple starred expressions in assignment"),
        ("def f():\n from a import *", "import * only allowed at module level"),
        ("f(a=1, a=2)", "keyword argument repeated: a"),
        ("__debug__ = 1", "cannot assign to __debug__"),
        ("[x := 1 for x in y]", "assignment expression cannot rebind comprehension iteration variable 'x'"),
        ("[(yield) for x in y]", "'yield' inside list comprehension"),
        ("match x:\n case [a] | [b]: pass", "alternative patterns bind different names"),
        ("match x:\n case [a, a]: pass", "multiple assignments to name 'a' in pattern"),
        ("match x:\n case _: pass\n case 1: pass", "wildcard makes remaining patterns unreachable"),
        ("match x:\n case a: pass\n case 1: pass", "name capture 'a' makes remaining patterns unreachable"),
        ("match x:\n case [*a, *b]: pass", "multiple starred names in sequence pattern"),
        (
            "for x in y:\n try: pass\n except* E: break",
            "'break', 'continue' and 'return' cannot appear in an except* block",
        ),
    ] {
        assert_eq!(message(&format!("{text}\n")), expected, "{text}");
    }
}

#[test]
fn every_mistake_is_reported_in_order() {
    let diagnostics = try_compile("return\nbreak\nyield\n").expect_err("three mistakes");
    let codes: Vec<String> = diagnostics.iter().map(|diagnostic| diagnostic.code.to_string()).collect();
    assert_eq!(codes, ["E0302", "E0307", "E0303"]);
}

#[test]
fn arithmetic_on_locals_is_one_op() {
    let code = inner("def f(a, b):\n x = a + b\n return x\n");
    assert_eq!(ops(&code), [Opcode::Add, Opcode::Return]);
    let code = inner("def f(n):\n n += 1\n n -= 2\n n %= 7\n return n\n");
    assert_eq!(ops(&code), [Opcode::AddInt, Opcode::AddInt, Opcode::ModInt, Opcode::Return]);
}

#[test]
fn fib_moves_nothing() {
    let code = inner("def fib(n):\n if n < 2:\n  return n\n return fib(n - 1) + fib(n - 2)\n");
    assert_eq!(
        ops(&code),
        [
            Opcode::JumpIfNotLtInt,
            Opcode::Return,
            Opcode::AddInt,
            Opcode::CallGlobal,
            Opcode::AddInt,
            Opcode::CallGlobal,
            Opcode::Add,
            Opcode::Return
        ]
    );
    assert_eq!(code.registers, 4);
}

#[test]
fn loops_have_one_jump_a_turn() {
    let code = inner("def f(n):\n i = 0\n while i < n:\n  i += 1\n return i\n");
    let expected = [Opcode::LoadInt, Opcode::Jump, Opcode::AddInt, Opcode::JumpIfLt, Opcode::Return];
    assert_eq!(ops(&code), expected);
    let code = inner("def f(xs):\n t = 0\n for x in xs:\n  t += x\n return t\n");
    let expected =
        [Opcode::LoadInt, Opcode::GetIter, Opcode::Jump, Opcode::Add, Opcode::ForNext, Opcode::Return];
    assert_eq!(ops(&code), expected);
}

#[test]
fn only_unproven_locals_are_checked() {
    let code = inner("def f(c):\n if c: x = 1\n else: x = 2\n return x\n");
    assert_eq!(count(&code, Opcode::CheckBound), 0);
    assert_eq!(count(&code, Opcode::Clear), 0);
    let code = inner("def f(c):\n if c: x = 1\n print(x)\n return x\n");
    assert_eq!(count(&code, Opcode::CheckBound), 1);
    assert_eq!(count(&code, Opcode::Clear), 1);
    let code = inner("def f(x):\n while g():\n  print(x)\n  del x\n");
    assert_eq!(count(&code, Opcode::CheckBound), 1);
    let code = inner("def f():\n try:\n  x = g()\n except E:\n  pass\n return x\n");
    assert_eq!(count(&code, Opcode::CheckBound), 1);
    let code = inner("def f():\n while (x := g()):\n  h(x)\n return x\n");
    assert_eq!(count(&code, Opcode::CheckBound), 0);
}

#[test]
fn functions_that_read_locals_start_unbound() {
    let code = inner("def f(a):\n b = 1\n c = 2\n return locals()\n");
    assert_eq!(ops(&code)[0], Opcode::ClearRange);
}

#[test]
fn comprehensions_are_inlined() {
    let code = inner("def f(xs):\n return [x * 2 for x in xs]\n");
    assert_eq!(count(&code, Opcode::MakeFunction), 0);
    assert_eq!(count(&code, Opcode::Move), 0);
    assert_eq!(code.locals.len(), 1);
    let code = inner("def f(xs):\n return [lambda: x for x in xs]\n");
    assert_eq!(count(&code, Opcode::MakeCell), 1);
}

#[test]
fn kinds_of_code() {
    assert_eq!(compiled("await x\n").kind, CodeKind::Coroutine);
    assert_eq!(compiled("[x async for x in y]\n").kind, CodeKind::Coroutine);
    assert_eq!(compiled("x = 1\n").kind, CodeKind::Plain);
    assert_eq!(inner("def f(): yield\n").kind, CodeKind::Generator);
    assert_eq!(inner("async def f(): pass\n").kind, CodeKind::Coroutine);
    assert_eq!(inner("async def f(): yield\n").kind, CodeKind::AsyncGenerator);
    assert_eq!(inner("async def f(): return [await x for x in y]\n").kind, CodeKind::Coroutine);
    assert_eq!(inner("(await x for x in y)\n").kind, CodeKind::AsyncGenerator);
    assert_eq!(inner("(x for x in await y)\n").kind, CodeKind::Generator);
    assert_eq!(inner("lambda: (yield)\n").kind, CodeKind::Generator);
}

#[test]
fn a_class_hands_out_its_cell() {
    let code = inner("class A:\n def f(self): return super().f()\n");
    assert_eq!(code.cells, [1]);
    let code = inner("class A:\n def f(self): return self.x\n");
    assert!(code.cells.is_empty());
}

#[test]
fn constants_are_folded() {
    let code = compiled("x = 60 * 60 * 24\ny = -3 // 2\nz = (1, ('a', None))\n");
    assert_eq!(count(&code, Opcode::LoadInt), 2);
    let folded = Const::Tuple(vec![Const::Int(1), Const::Tuple(vec![Const::Str("a".into()), Const::None])]);
    assert!(code.consts.contains(&folded));
    let code = inner("def f(x):\n return x in {1, 2} or x in [3]\n");
    assert!(code.consts.contains(&Const::FrozenSet(vec![Const::Int(1), Const::Int(2)])));
    assert!(code.consts.contains(&Const::Tuple(vec![Const::Int(3)])));
    // What would fail is left to fail when it runs.
    assert_eq!(count(&compiled("1 // 0\n"), Opcode::FloorDiv), 1);
}

#[test]
fn dead_code_is_left_out() {
    let code = inner("def f():\n if False:\n  g()\n while True:\n  h()\n k()\n");
    assert_eq!(code.caches.iter().map(|name| &**name).collect::<Vec<_>>(), ["h"]);
}

#[test]
fn a_walrus_does_not_change_what_was_read() {
    let code = inner("def f(x):\n return x + (x := 1)\n");
    assert_eq!(ops(&code), [Opcode::Move, Opcode::LoadInt, Opcode::Add, Opcode::Return]);
}

#[test]
fn swapping_builds_no_tuple() {
    let code = inner("def f(a, b):\n a, b = b, a\n return a\n");
    assert_eq!(ops(&code), [Opcode::Move, Opcode::Move, Opcode::Move, Opcode::Return]);
}

#[test]
fn private_names_are_mangled_in_classes() {
    let code = inner("class A:\n __x = 1\n");
    assert!(code.consts.contains(&Const::Str("_A__x".into())));
}

#[test]
fn displays_and_calls_of_any_size_fit() {
    let many = |n: usize| (0..n).map(|i| format!("a{i}")).collect::<Vec<_>>().join(", ");
    for text in [
        format!("x = [{}]\n", many(5000)),
        format!("x = ({})\n", many(5000)),
        format!("f({})\n", many(400)),
        format!("x = f'{}'\n", (0..1000).map(|i| format!("{{a{i}}}-")).collect::<String>()),
    ] {
        assert!(compiled(&text).registers < 300);
    }
}

#[test]
fn what_does_not_fit_is_a_diagnostic() {
    let mut text = String::from("def f():\n");
    for i in 0..66_000 {
        text.push_str(&format!(" v{i} = 1\n"));
    }
    assert_eq!(message(&text), "too many local variables");
}

#[test]
fn qualified_names_tell_the_way() {
    let outer = inner("class A:\n def f(self):\n  def g(): pass\n");
    let codes = |code: &Code| {
        let codes = code.consts.iter().filter_map(|value| match value {
            Const::Code(code) => Some((**code).clone()),
            _ => None,
        });
        codes.collect::<Vec<_>>()
    };
    let method = &codes(&outer)[0];
    assert_eq!(&*method.qualname, "A.f");
    assert_eq!(&*codes(method)[0].qualname, "A.f.<locals>.g");
}
