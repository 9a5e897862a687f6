//! Calls of everything there is with odd arguments. What there is, the interpreter says itself: nothing is listed twice.

use crate::mutate::Random;
use std::fmt::Write;
use std::sync::OnceLock;

/// What the odd values below need besides modules. `Odd` answers every question with something else each time, and changes what it can
/// reach while it is asked.
const PREAMBLE: &str = "\
L = [3, 1, 2]
D = {'a': 1, 2: L}
S = {1, 'a'}
class Odd:
    n = 0
    def odd(self, *a, **k):
        Odd.n += 1
        if Odd.n % 5 == 0: L.clear(); D.clear(); S.clear()
        if Odd.n % 7 == 0: L.append(self); D[Odd.n] = L; S.add(Odd.n)
        return (1, -1, 'x', None, self, 2**65, L, b'', NotImplemented, 1.5, iter(L), True)[Odd.n % 12]
    __index__ = __hash__ = __len__ = __iter__ = __next__ = __bool__ = __int__ = __float__ = __repr__ = __str__ = odd
    __eq__ = __lt__ = __add__ = __radd__ = __mul__ = __getitem__ = __contains__ = __call__ = __format__ = odd
    __enter__ = __exit__ = __await__ = __aiter__ = __anext__ = __get__ = __set__ = __length_hint__ = __bytes__ = odd
    __fspath__ = __buffer__ = __reversed__ = __iadd__ = __rsub__ = __pow__ = __divmod__ = __missing__ = keys = odd
class Kin(int): pass
class Text(str): pass
class Row(list): pass
class Map(dict):
    def __missing__(self, key): return key
class Meta(type): pass
class Made(metaclass=Meta): __slots__ = ('a', '__dict__')
def gen():
    try:
        while True: L.append((yield L))
    finally: yield 1
async def agen():
    yield 1
    await asyncio.sleep(1)
    yield 2
async def coro(*a, **k): return await asyncio.sleep(1, a)
O = Odd()
";

/// The modules that the odd values name.
const MODULES: &[&str] = &[
    "asyncio",
    "sys",
    "collections",
    "re",
    "json",
    "itertools",
    "functools",
    "datetime",
    "io",
    "enum",
    "contextlib",
    "random",
    "string",
    "types",
    "typing",
    "statistics",
    "decimal",
    "struct",
];

/// Values on which everything is tried.
const ODD: &[&str] = &[
    "None",
    "True",
    "0",
    "-1",
    "7",
    "2**31",
    "2**63",
    "-2**63",
    "2**64",
    "10**30",
    "1.5",
    "-0.0",
    "1e308",
    "5e-324",
    "float('nan')",
    "float('inf')",
    "1j",
    "''",
    "'abc'",
    "'a b,c'",
    "'\\0'",
    "'é\\U0001F600'",
    "'%s %d'",
    "'{0!r:>{1}}'",
    "'\\ufffd'",
    "b''",
    "b'ab\\xff'",
    "bytearray(b'xyz')",
    "memoryview(b'abcd')",
    "[]",
    "L",
    "[[]]*3",
    "()",
    "(1, 2)",
    "(L, D)",
    "{}",
    "D",
    "{'a': {}}",
    "set()",
    "S",
    "frozenset('ab')",
    "range(5)",
    "range(10**20)",
    "range(0, -9, -2)",
    "slice(None, None, -1)",
    "slice(5, 2**70)",
    "...",
    "NotImplemented",
    "object()",
    "Odd()",
    "O",
    "Odd",
    "Kin(5)",
    "Text('tx')",
    "Row(L)",
    "Map(a=1)",
    "Made()",
    "Meta",
    "type",
    "int",
    "str",
    "list",
    "dict",
    "Exception",
    "ValueError('v', 1)",
    "ExceptionGroup('g', [ValueError(1), OSError(2, 'x')])",
    "KeyError",
    "lambda *a, **k: a",
    "lambda x: x",
    "print",
    "len",
    "gen()",
    "agen()",
    "coro(1)",
    "coro",
    "gen",
    "iter(L)",
    "iter(D)",
    "iter('ab')",
    "reversed(L)",
    "enumerate(L)",
    "zip(L, D)",
    "map(str, L)",
    "filter(None, L)",
    "D.keys()",
    "D.items()",
    "L.append",
    "property(len)",
    "classmethod(len)",
    "super(Kin, Kin(1))",
    "int | str",
    "list[int]",
    "typing.Optional[int]",
    "collections.deque(L, 2)",
    "collections.Counter('aab')",
    "collections.OrderedDict(a=1)",
    "collections.defaultdict(list)",
    "collections.ChainMap(D, {})",
    "collections.namedtuple('P', 'x y')(1, 2)",
    "re.compile('(a)(?P<n>b)?')",
    "re.match('(a)', 'a')",
    "datetime.datetime(2024, 2, 29, 1, 2)",
    "datetime.timedelta(1, -5)",
    "datetime.date.max",
    "datetime.timezone.utc",
    "io.StringIO('a\\nb')",
    "io.BytesIO(b'ab')",
    "itertools.count()",
    "itertools.cycle(L)",
    "itertools.chain(L, L)",
    "itertools.tee(L)[0]",
    "functools.partial(print, 1)",
    "functools.lru_cache(len)",
    "asyncio.Future()",
    "asyncio.Event()",
    "asyncio.Queue(1)",
    "asyncio.Lock()",
    "asyncio.sleep(1)",
    "asyncio.create_task(coro())",
    "asyncio.current_task()",
    "asyncio.get_running_loop()",
    "asyncio.gather(coro(), coro())",
    "asyncio.TaskGroup()",
    "asyncio.timeout(1)",
    "random.Random(1)",
    "enum.Enum('E', 'a b').a",
    "types.SimpleNamespace(a=1)",
    "sys",
    "sys.exc_info()",
    "contextlib.ExitStack()",
    "(lambda: 0).__code__",
    "string.Template('$a')",
    "statistics.NormalDist()",
    "sys._getframe()",
    "json.JSONEncoder()",
    "decimal.Decimal('1.50')",
    "struct.Struct('<ih')",
];

/// Specs of numbers and text, for `format` and `%`.
const SPECS: &[&str] = &[
    "d",
    "x",
    "#o",
    "b",
    "c",
    "e",
    ".3f",
    "g",
    "%",
    "n",
    "s",
    ">9",
    "<9",
    "^9.3",
    "=+8",
    "08.3f",
    ",",
    "_x",
    ",.2f",
    "\u{e9}^7",
    "z.1f",
    "-5",
    " d",
    "+.0e",
    "1000",
    ".999999999",
    "99999999999999999999",
    "{}",
    "!r",
    "%Y-%m-%d %H",
];

const OPERATORS: &[&str] = &[
    "+", "-", "*", "/", "//", "%", "**", "@", "<<", ">>", "&", "|", "^", "==", "!=", "<", "<=", ">", ">=",
    "in", "not in", "is", "and", "or",
];

const KEYWORDS: &[&str] = &[
    "key",
    "default",
    "start",
    "sep",
    "end",
    "maxsplit",
    "reverse",
    "strict",
    "repeat",
    "timeout",
    "name",
    "encoding",
    "errors",
    "maxsize",
    "indent",
    "flags",
    "count",
    "base",
    "maxlen",
    "step",
    "n",
    "return_exceptions",
    "context",
];

/// What would end or stop the process itself, or the outside of it.
const LEFT_OUT: &[&str] = &["kill", "raise_signal", "_exit", "abort", "breakpoint", "input", "killpg"];

/// An expression, and the names of its attributes.
struct Owner {
    expression: String,
    names: Vec<String>,
}

fn owners() -> &'static [Owner] {
    static OWNERS: OnceLock<Vec<Owner>> = OnceLock::new();
    OWNERS.get_or_init(|| {
        let mut script = String::new();
        for module in MODULES {
            let _ = writeln!(script, "try: import {module}\nexcept ImportError: pass");
        }
        script.push_str(PREAMBLE);
        script.push_str("def tell(text, make):\n    try: x = make()\n    except Exception: return\n    print(text, *dir(x), sep='\\t')\n");
        for odd in ODD {
            let _ = writeln!(script, "tell({odd:?}, lambda: {odd})", odd = odd);
        }
        script.push_str("for name in sorted(sys.stdlib_module_names):\n    if name in sys.builtin_module_names and name not in ('signal', 'antigravity', 'this'): tell(f\"__import__('{name}')\", lambda: __import__(name))\n");
        let told = crate::output(&script);
        let mut owners: Vec<Owner> = told
            .lines()
            .filter_map(|line| {
                let (expression, names) = line.split_once('\t')?;
                let names = names.split('\t').filter(|name| !LEFT_OUT.contains(name)).map(str::to_owned).collect();
                Some(Owner { expression: expression.to_owned(), names })
            })
            .collect();
        owners.retain(|owner| !owner.names.is_empty());
        assert!(owners.len() > 100, "the script that asks for names failed: {told}");
        owners
    })
}

/// A script of calls.
#[must_use]
pub fn script(random: &mut Random) -> String {
    let calls: String = (0..2 + random.below(12)).map(|_| statement(random)).collect();
    // Only what is used: importing takes most of the steps that a run has.
    let used = MODULES.iter().filter(|module| calls.contains(&format!("{module}.")));
    let imports: String = used.map(|module| format!("import {module}\n")).collect();
    format!("{imports}{PREAMBLE}{calls}")
}

/// A statement that survives what its call raises.
#[must_use]
pub fn statement(random: &mut Random) -> String {
    let call = expression(random, 2);
    match random.below(8) {
        0 => format!(
            "try:\n    for x in {call}: print(x, {})\nexcept Exception as e: print(repr(e))\n",
            odd(random)
        ),
        1 => format!("try:\n    print(await {call})\nexcept BaseException as e: print(repr(e))\n"),
        2 => format!("try:\n    x, *y = {call}; print(x == y, x, y)\nexcept Exception as e: print(e)\n"),
        3 => format!(
            "try:\n    with {call} as x: print(f'{{x!r:{}}}')\nexcept Exception as e: print(e)\n",
            spec(random)
        ),
        4 => {
            let (place, value) = (place(random), odd(random));
            format!("try:\n    {place} = {value}\n    del {place}\nexcept Exception as e: print(repr(e))\n")
        }
        _ => format!("try:\n    x = {call}\n    print(x)\nexcept Exception as e: print(repr(e))\n"),
    }
}

fn place(random: &mut Random) -> String {
    let (odd, index) = (odd(random), odd(random));
    match random.below(3) {
        0 => format!("({odd})[{index}]"),
        1 => format!("({odd})[{index}:{}]", self::odd(random)),
        _ => format!("({odd}).{}", attribute(random)),
    }
}

fn expression(random: &mut Random, depth: usize) -> String {
    match random.below(10) {
        0 => format!("({}) {} ({})", value(random, depth), pick(random, OPERATORS), value(random, depth)),
        1 => format!("({})[{}]", value(random, depth), value(random, depth)),
        2 => format!("({})[{}:{}:{}]", odd(random), odd(random), odd(random), odd(random)),
        3 => format!("format({}, '{}')", value(random, depth), spec(random)),
        4 => format!("'%{}' % ({},)", spec(random), value(random, depth)),
        5 => format!("({})({})", value(random, depth), arguments(random, depth)),
        _ => {
            let owners = owners();
            let owner = &owners[random.below(owners.len())];
            let name = &owner.names[random.below(owner.names.len())];
            // Now and then an attribute with what it was not meant for.
            if random.below(12) == 0 {
                return format!("type({}).{name}({})", owner.expression, arguments(random, depth));
            }
            format!("({}).{name}({})", owner.expression, arguments(random, depth))
        }
    }
}

fn arguments(random: &mut Random, depth: usize) -> String {
    let mut text = String::new();
    for i in 0..random.below(4) {
        let _ = match random.below(9) {
            0 => write!(text, "{}=", pick(random, KEYWORDS)),
            1 if i == 0 => write!(text, "*"),
            _ => Ok(()),
        };
        text.push_str(&value(random, depth));
        text.push_str(", ");
    }
    text
}

fn value(random: &mut Random, depth: usize) -> String {
    if depth > 0 && random.below(5) == 0 { expression(random, depth - 1) } else { odd(random) }
}

fn attribute(random: &mut Random) -> String {
    let owners = owners();
    let owner = &owners[random.below(owners.len())];
    owner.names[random.below(owner.names.len())].clone()
}

fn odd(random: &mut Random) -> String {
    pick(random, ODD).to_owned()
}

fn spec(random: &mut Random) -> &'static str {
    pick(random, SPECS)
}

fn pick(random: &mut Random, from: &[&'static str]) -> &'static str {
    random.pick(from).copied().unwrap_or("")
}
