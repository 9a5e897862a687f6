//! The front end as its users see it: what parses, what is said about what does not, and that nothing brings it down.

use aio::source::SourceId;
use aio::syntax::ast::{BinOp, Expr, ExprKind, FStringPart, Module, PatternKind, Stmt, StmtKind};
use aio::syntax::{needs_more_input, parse_module};

fn parse(text: &str) -> Module {
    parse_module(SourceId(0), text).unwrap_or_else(|errors| panic!("{text:?}: {errors:?}"))
}

/// Kind and message of each mistake.
fn errors(text: &str) -> Vec<String> {
    let errors = parse_module(SourceId(0), text).expect_err(text);
    errors.iter().map(|d| format!("{}: {}", d.kind, d.message)).collect()
}

fn statement(text: &str) -> StmtKind {
    let mut module = parse(text);
    assert_eq!(module.body.len(), 1, "{text:?}");
    module.body.remove(0).kind
}

fn expression(text: &str) -> Expr {
    match statement(text) {
        StmtKind::Expr(e) => e,
        other => panic!("{text:?}: {other:?}"),
    }
}

/// An expression with every operation in parentheses.
fn shape(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Int(i) => i.to_string(),
        ExprKind::Binary { left, op, right } => {
            let op = match op {
                BinOp::Add => "+",
                BinOp::Sub => "-",
                BinOp::Mul => "*",
                BinOp::Pow => "**",
                BinOp::BitOr => "|",
                BinOp::LShift => "<<",
                other => panic!("{other:?}"),
            };
            format!("({} {op} {})", shape(left), shape(right))
        }
        ExprKind::Unary { op, operand } => format!("({op:?} {})", shape(operand)),
        ExprKind::BoolOp { op, values } => {
            let values: Vec<_> = values.iter().map(shape).collect();
            format!("({op:?} {})", values.join(" "))
        }
        ExprKind::Compare { left, rest } => {
            let rest: Vec<_> = rest.iter().map(|(op, e)| format!(" {op:?} {}", shape(e))).collect();
            format!("({}{})", shape(left), rest.concat())
        }
        ExprKind::Conditional { test, body, orelse } => {
            format!("({} if {} else {})", shape(body), shape(test), shape(orelse))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn operators_bind_as_in_cpython() {
    for (text, expected) in [
        ("a + b * c - d", "((a + (b * c)) - d)"),
        ("a | b << c + d", "(a | (b << (c + d)))"),
        ("-a ** -b", "(Neg (a ** (Neg b)))"),
        ("a ** b ** c", "(a ** (b ** c))"),
        ("not a == b and c or d", "(Or (And (Not (a Eq b)) c) d)"),
        ("a < b not in c is not d", "(a Lt b NotIn c IsNot d)"),
        ("a if b else c if d else e", "(a if b else (c if d else e))"),
        ("(a and b) and c", "(And (And a b) c)"),
    ] {
        assert_eq!(shape(&expression(text)), expected, "{text}");
    }
}

#[test]
fn every_statement_parses() {
    parse(
        "import a.b as c, d\nfrom ..x import (y as z, w,)\nfrom . import *\nglobal g; nonlocal n\n\
         x = y, *z = *a, b = yield_ = 1\nx: int = 3; (x): int; a.b: int\nx @= 1; x //= yield\n\
         del a, (b, [c]), d[0]\nassert a, b\nraise\nraise A from b\nreturn *a, b\nprint(*a, k=1, **b)\n\
         while a: break\nelse: continue\nfor x, *y in *a, b: pass\nelse:\n  pass\n",
    );
    parse("try:\n  a\nexcept A as b: pass\nexcept (C, D):\n  pass\nexcept: pass\nelse: x\nfinally: y\n");
    parse("try: a\nexcept* A: pass\nexcept *(B, C) as d: pass\n");
    parse(
        "with a, b as c, d as (e, f): pass\nwith (a as b, c,): pass\nwith (a), b: pass\nwith (yield): pass\n",
    );
    parse("async def f():\n  async for x in y: await z\n  async with a as b: return [x async for x in y]\n");
    parse("def f(a, b=1, /, c: int = 2, *args: *Ts, d, e=3, **k: str) -> int: ...\ndef g(*, a): pass\n");
    parse("@a.b(c)\n@d\nclass C[T: int = str, *Ts = *X, **P = Q](A, B, metaclass=M, **k): x = 1\n");
    parse("type X[T] = list[T]\ntype Y = int\nif a: type Z = int; pass\n");
    parse("lambda: 0\nlambda a, /, b=1, *c, d, **e: (yield)\nx[a:b, ::c, *d, e:=1]\nx[*a]\n{**a, 'b': 1}\n");
    parse("{a: b for a, b in c if d if e for f in g}\n{a async for a in b}\nf(x for x in y)\n(x := 1, *y)\n");
}

#[test]
fn parenthesised_items_are_items() {
    for (text, count) in [
        ("with (a, b): pass", 2),
        ("with (a as b, c): pass", 2),
        ("with ((a, b)): pass", 1),
        ("with (a, *b): pass", 1),
        ("with (a, b) as c: pass", 1),
        ("with (a, b), c: pass", 2),
        ("with (): pass", 1),
    ] {
        let StmtKind::With { items, .. } = statement(text) else { panic!("{text}") };
        assert_eq!(items.len(), count, "{text}");
    }
}

#[test]
fn soft_keywords_stay_names() {
    parse(
        "match = case = type = _ = 1\nmatch.x = match[0] = 2\nmatch(x)\nmatch (x), y\nprint(match, case, type)\n",
    );
    parse("type(x)\ntype = 3\nmatch: int = 1\nmatch[x]: int\nmatch * a\nmatch -a\ncase(1)\ntype.x\n");
    parse("match match:\n  case case: type = case\n  case type.x: match(y)\n");
    parse(
        "match x, y:\n  case _: pass\nmatch *a, b:\n  case _: pass\nmatch (x):\n  case _: pass\nmatch -x:\n  case _: pass\n",
    );
    assert!(matches!(statement("match [x]:\n  case _: pass"), StmtKind::Match { .. }));
    assert!(matches!(statement("type X = 1"), StmtKind::TypeAlias { .. }));
}

#[test]
fn every_pattern_parses() {
    let text = "match x:\n  case 1 | -2.5 | 3 - 4j | 'a' 'b' | None | a.b: pass\n  case [a, *_, b] | (c, *d): pass\n  \
                case {'k': v, A.b: 1, **rest}: pass\n  case C() | D(a, b=1, c=E(),): pass\n  case (a as b): pass\n  \
                case a, *b if c: pass\n  case *_,: pass\n  case (): pass\n  case _: pass\n";
    let StmtKind::Match { cases, .. } = statement(text) else { panic!() };
    assert_eq!(cases.len(), 9);
    assert!(matches!(&cases[0].pattern.kind, PatternKind::Or(v) if v.len() == 6));
    assert!(matches!(cases[8].pattern.kind, PatternKind::Wildcard));
}

#[test]
fn literals_have_their_values() {
    let value = |text: &str| expression(text).kind;
    assert_eq!(value("1_000"), ExprKind::Int(1000));
    assert_eq!(value("0xFF"), ExprKind::Int(255));
    assert_eq!(value("9223372036854775808"), ExprKind::BigInt("9223372036854775808".into()));
    assert_eq!(value("1e-3"), ExprKind::Float(0.001));
    assert_eq!(value("1_0.5j"), ExprKind::Imaginary(10.5));
    assert_eq!(value(r"'\x41\u00e9\U0001F600\101\n\'\q' r'\n'"), ExprKind::Str("Aé😀A\n'\\q\\n".into()));
    assert_eq!(value("'''a\r\nb\\\r\nc\rd'''"), ExprKind::Str("a\nbc\nd".into()));
    assert_eq!(value(r"b'\xff\n' Rb'\x'"), ExprKind::Bytes([0xFF, b'\n', b'\\', b'x'][..].into()));
    assert_eq!(value("(ｘ)"), ExprKind::Name("x".into()));
}

#[test]
fn fstrings_are_complete() {
    let parts = |text: &str| match expression(text).kind {
        ExprKind::FString(parts) => parts,
        other => panic!("{text}: {other:?}"),
    };
    let literal = |part: &FStringPart| match part {
        FStringPart::Literal(text) => text.to_string(),
        FStringPart::Field(_) => panic!("{part:?}"),
    };
    assert_eq!(literal(&parts("f'{{a}}\\n' 'b' rf'\\n{x}'")[0]), "{a}\nb\\n");
    assert_eq!(literal(&parts("f'{x = !s}'")[0]), "x = ");
    assert_eq!(literal(&parts("f'{ x = :>{w}}'")[0]), " x = ");
    for text in [
        "f\"{a[\"b\"]}{f\"{f'{x}'}\"}\"",
        "f'{x!r:>{w}.{p}}'",
        "f'''{\n x # comment\n}'''",
        "f'{x:{y:{z}}}'",
        "f'{(lambda x: 1)}'",
        "f'{a != b}{a == b}{x:=5}{(y:=5)}'",
        "f'{yield_}{*a, b}{ {1: 2}[1] }'",
        "f'{x:%H:%M}{x!a}'",
        "f'{x:\n}'",
        "f'\\{x}' fr'\\{x}'",
    ] {
        parts(text);
    }
    assert_eq!(parts("f'{a}b{c}'").len(), 3);
}

#[test]
fn spans_cover_their_text() {
    let text = "x = (a + b).c[1] + (d)\n";
    let StmtKind::Assign { value, .. } = statement(text) else { panic!() };
    let at = |e: &Expr| &text[e.span.start as usize..e.span.end as usize];
    assert_eq!(at(&value), "(a + b).c[1] + (d)");
    let ExprKind::Binary { left, right, .. } = &value.kind else { panic!() };
    assert_eq!((at(left), at(right)), ("(a + b).c[1]", "d"));
    let text = "@d\nif a:\n  b ; c\n";
    let module = parse(&text[3..]);
    assert_eq!(module.body[0].span.end, 13);
}

#[test]
fn scopes_are_numbered_once() {
    let module = parse("def f(): return lambda: [x for x in y]\nclass C: type T = int\n");
    // The module, five scopes, and those of the type parameters of f, C and T.
    assert_eq!(module.scopes, 9);
}

#[test]
fn mistakes_are_said_in_cpythons_words() {
    for (text, expected) in [
        ("x = ", "invalid syntax"),
        ("if x\n  pass", "expected ':'"),
        ("x = 'abc", "unterminated string literal (detected at line 1)"),
        ("\nx = '''abc\n", "unterminated triple-quoted string literal (detected at line 2)"),
        ("f(a, b", "'(' was never closed"),
        ("x = )", "unmatched ')'"),
        ("x = (]", "closing parenthesis ']' does not match opening parenthesis '('"),
        ("f() = 1", "cannot assign to function call here. Maybe you meant '==' instead of '='?"),
        ("1 = x", "cannot assign to literal here. Maybe you meant '==' instead of '='?"),
        ("True = 1", "cannot assign to True"),
        ("(a, b) += 1", "'tuple' is an illegal expression for augmented assignment"),
        ("a, b: int", "only single target (not tuple) can be annotated"),
        ("*a, *b = c", "multiple starred expressions in assignment"),
        ("del f()", "cannot delete function call"),
        ("for 1 in x: pass", "cannot assign to literal"),
        ("f(a=1, b)", "positional argument follows keyword argument"),
        ("f(a for a in b, c)", "Generator expression must be parenthesized"),
        ("f(a.b=1)", "expression cannot contain assignment, perhaps you meant \"==\"?"),
        ("def f(a=1, b): pass", "parameter without a default follows parameter with a default"),
        ("def f(*): pass", "named arguments must follow bare *"),
        ("(a.b := 1)", "cannot use assignment expressions with attribute"),
        ("1a", "invalid decimal literal"),
        (
            "0777",
            "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
        ),
        ("x = a\u{200b}", "invalid non-printable character U+200B"),
        ("x = €", "invalid character '€' (U+20AC)"),
        ("x\0", "source code cannot contain null bytes"),
        ("'a' b'b'", "cannot mix bytes and nonbytes literals"),
        ("b'é'", "bytes can only contain ASCII literal characters"),
        ("'\\ud800'", "lone surrogates are not supported"),
        ("f'{}'", "f-string: valid expression required before '}'"),
        ("f'}'", "f-string: single '}' is not allowed"),
        ("f'{x!z}'", "f-string: invalid conversion character 'z': expected 's', 'r', or 'a'"),
        ("f'{a", "'{' was never closed"),
        ("print 'a'", "Missing parentheses in call to 'print'. Did you mean print(...)?"),
        ("[a b]", "invalid syntax. Perhaps you forgot a comma?"),
        ("x = 1 if y", "expected 'else' after 'if' expression"),
        ("try:\n  a\nx", "expected 'except' or 'finally' block"),
        ("from a import b,", "trailing comma not allowed without surrounding parentheses"),
        ("if x = 3: pass", "invalid syntax. Maybe you meant '==' or ':=' instead of '='?"),
        ("x = \\ y", "unexpected character after line continuation character"),
    ] {
        assert_eq!(errors(text), [format!("SyntaxError: {expected}")], "{text:?}");
    }
}

#[test]
fn indentation_has_its_own_errors() {
    for (text, expected) in [
        ("  x", "IndentationError: unexpected indent"),
        ("if a:\nb", "IndentationError: expected an indented block after 'if' statement on line 1"),
        ("def f():\n", "IndentationError: expected an indented block after function definition on line 1"),
        ("if a:\n    b\n  c\n", "IndentationError: unindent does not match any outer indentation level"),
        ("if a:\n\tb\n        c\n", "TabError: inconsistent use of tabs and spaces in indentation"),
    ] {
        assert_eq!(errors(text), [expected], "{text:?}");
    }
    parse("if a:\n\tb\n\tif c:\n\t  d\ne\n");
    parse("\u{feff}#!x\n# -*- coding: utf-8 -*-\r\nif a:\r\n  b\r\n\x0c\nc = \\\n  1\rd\n  # comment\n");
}

#[test]
fn several_mistakes_are_reported_in_one_run() {
    let text = "if x y:\n    a\nelif b c:\n    d\nelse:\n    e\nfoo(\ntry:\n    x = = 2\nexcept A:\n    pass\ny = 1\n";
    let expected =
        ["SyntaxError: invalid syntax", "SyntaxError: '(' was never closed", "SyntaxError: invalid syntax"];
    assert_eq!(errors(text), expected);
    assert_eq!(errors(&"x = = 1\n".repeat(100)).len(), 20);
}

#[test]
fn deep_nesting_is_refused_or_parsed() {
    let n = 100_000;
    for text in [
        format!("x = {}1", "1 + ".repeat(n)),
        format!("a{}", ".b".repeat(n)),
        format!("{}x", "not ".repeat(n)),
        format!("{}x", "-".repeat(n)),
        format!("{}x", "lambda: ".repeat(n)),
        format!("{}x", "a if b else ".repeat(n)),
        format!("a{}", "()".repeat(n)),
        format!("{}2", "a ** ".repeat(n)),
        format!("match x:\n case a{}: pass", ".b".repeat(n)),
    ] {
        assert_eq!(errors(&text), ["SyntaxError: expression is nested too deeply"]);
    }
    assert_eq!(errors(&"(".repeat(n))[0], "SyntaxError: too many nested parentheses");
    let blocks: String = (0..200).map(|i| format!("{}if x:\n", " ".repeat(i))).collect();
    assert_eq!(errors(&blocks)[0], "IndentationError: too many levels of indentation");
    parse(&format!("x = {}1{}", "(".repeat(200), ")".repeat(200)));
    parse(&format!("if a: pass\n{}", "elif b: pass\n".repeat(n)));
    parse(&format!("x = {}1", "a and ".repeat(n)));
}

#[test]
fn a_repl_knows_what_is_unfinished() {
    for text in [
        "if x:",
        "if x:\n    y\n",
        "x = (1,\n",
        "'''abc\n",
        "f'''{x}\n",
        "@d\n",
        "x = \\\n",
        "def f():\n  '''a\n",
    ] {
        assert!(needs_more_input(text), "{text:?}");
    }
    for text in ["", "x = 1\n", "if x:\n    y\n\n", "x = )", "'abc", "x = = 1", "x = (1,\n2)\n"] {
        assert!(!needs_more_input(text), "{text:?}");
    }
}

/// Xorshift: the same sequence in every run.
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % below
    }
}

#[test]
fn no_text_brings_the_parser_down() {
    let pieces = [
        "if", " ", "x", ":", "\n", "    ", "\t", "(", ")", "[", "]", "{", "}", "f'", "'", "\"\"\"", "f\"",
        "\"", "\\", "\r", "=", ":=", "!", "match", "case", "type", "def", "class", "@", "*", "**", ",",
        "else", "try", "except", "lambda", "1", "0x", "1e", ".", "é", "\u{200b}", "\0", "#", ";", "for",
        "in", "async", "await", "\\N{", "\\u12", "->", "with", "as", "return", "import", "from", "...",
        "not", "_", "b'", "rf'''", "\u{c}", "\r\n", "\u{feff}",
    ];
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for _ in 0..4000 {
        let text: String = (0..random.next(40)).map(|_| pieces[random.next(pieces.len())]).collect();
        let _ = parse_module(SourceId(0), &text);
        let _ = needs_more_input(&text);
        let bytes: Vec<u8> =
            (0..random.next(60)).map(|_| u8::try_from(random.next(256)).expect("a byte")).collect();
        let _ = parse_module(SourceId(0), &String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn a_tree_has_no_error_nodes() {
    fn check(body: &[Stmt]) {
        assert!(body.iter().all(|s| s.kind != StmtKind::Error));
    }
    check(&parse("x = 1\nif x: y\n").body);
}
