//! Every opcode, declared once: name, operands, a sentence. The type, the mnemonics, the disassembly and the
//! verifier's rules come from this table.
//!
//! An op is 64 bits: the opcode, a small operand `x` and three 16-bit operands `a`, `b`, `c`. Two pairs can be read
//! as one: `bc` (32 bits: constants, immediates) and `cx` (24 bits, signed for jumps: `x` holds the high byte).
//! Jumps are relative to the op after the jump. A few ops are followed by an [`Opcode::Extra`] that carries one
//! more operand; nothing may jump to it.

/// What an operand means, and so what the verifier checks and the disassembler prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operand {
    /// A register that is read.
    Read,
    /// A register that is written.
    Write,
    /// A register that is read and then written.
    Update,
    /// A register that may be absent ([`NO_REG`]).
    MaybeRead,
    /// Two registers that are written, from this one on.
    WritePair,
    /// Three registers that are written, from this one on.
    WriteTriple,
    /// A register and the two after it: read, the first two written.
    UpdateTriple,
    /// Three registers that are read, from this one on.
    ReadTriple,
    /// Registers that are read, from this one on, as many as the `Count` operand says.
    ReadRange,
    /// Registers that are written, from this one on, as many as the `Count` operand says.
    WriteRange,
    /// Registers that are read, from this one on: two for each of `Count`.
    ReadPairs,
    /// How many registers a range has.
    Count,
    /// The callee's register; as many arguments as `Count` says follow it.
    Callee,
    /// A method's function and receiver; as many arguments as `Count` says follow them.
    Method,
    /// The first of three registers: callee, positional arguments, keyword arguments.
    CalleeEx,
    /// An index into the constants.
    Const,
    /// An index into the constants where a string stands.
    Name,
    /// An index into the inline caches.
    Cache,
    /// An index into the closure's cells.
    Free,
    /// A relative jump.
    Jump,
    /// A number.
    Imm,
    /// Bits whose meaning the sentence tells.
    Flags,
}

/// Where in an op an operand stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(non_camel_case_types, reason = "these are the names of the fields")]
pub enum Field {
    a,
    b,
    c,
    x,
    bc,
    cx,
}

/// Of a `GetAwaitable`: nobody sees what is awaited but the `Await` behind it.
pub const UNSEEN: u8 = 4;

/// The register number that means "none".
pub const NO_REG: u16 = u16::MAX;

/// One instruction. The fields that are one number together stand side by side, so that it is read at once: `x` with `c`,
/// `c` with `b`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(8))]
pub struct Op {
    pub code: Opcode,
    pub x: u8,
    pub c: u16,
    pub b: u16,
    pub a: u16,
}

impl Op {
    #[must_use]
    pub const fn new(code: Opcode, a: u16, b: u16, c: u16) -> Self {
        Self { code, x: 0, a, b, c }
    }

    #[must_use]
    pub const fn with_x(mut self, x: u8) -> Self {
        self.x = x;
        self
    }

    /// An op whose `b` and `c` are one number.
    #[must_use]
    pub const fn with_bc(code: Opcode, a: u16, bc: u32) -> Self {
        Self { code, x: 0, a, c: bc as u16, b: (bc >> 16) as u16 }
    }

    /// An op whose `c` and `x` are one number; `cx` is cut to 24 bits.
    #[must_use]
    pub const fn with_cx(code: Opcode, a: u16, b: u16, cx: i32) -> Self {
        Self { code, x: cx as u8, a, b, c: (cx >> 8) as u16 }
    }

    #[must_use]
    #[inline(always)]
    pub const fn bc(self) -> u32 {
        self.c as u32 | (self.b as u32) << 16
    }

    /// `c` and `x` as an unsigned number of 24 bits.
    #[must_use]
    #[inline(always)]
    pub const fn cx(self) -> u32 {
        self.x as u32 | (self.c as u32) << 8
    }

    /// `c` and `x` as a signed number of 24 bits: a jump.
    #[must_use]
    #[inline(always)]
    pub const fn jump(self) -> i32 {
        (self.x as i32) | ((self.c as i16 as i32) << 8)
    }
}

/// The farthest a jump reaches, in ops.
pub const MAX_JUMP: i32 = (1 << 23) - 1;

macro_rules! opcodes {
    ($( $name:ident ( $($field:ident : $kind:ident),* ) $doc:literal )*) => {
        /// What an [`Op`] does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Opcode { $( #[doc = $doc] $name, )* }

        impl Opcode {
            pub const ALL: &'static [Self] = &[ $( Self::$name, )* ];

            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$name => stringify!($name), )* }
            }

            /// One sentence on what it does.
            #[must_use]
            pub const fn sentence(self) -> &'static str {
                match self { $( Self::$name => $doc, )* }
            }

            #[must_use]
            pub const fn operands(self) -> &'static [(Field, Operand)] {
                match self { $( Self::$name => &[ $( (Field::$field, Operand::$kind), )* ], )* }
            }
        }
    };
}

opcodes! {
    Nop() "does nothing"
    Extra(bc: Imm) "carries one more operand of the op before it; never executed"

    // Registers, cells, names
    Move(a: Write, b: Read) "a = b"
    LoadConst(a: Write, bc: Const) "a = constant bc"
    LoadInt(a: Write, bc: Imm) "a = bc as a signed 32-bit integer"
    LoadNone(a: Write) "a = None"
    LoadTrue(a: Write) "a = True"
    LoadFalse(a: Write) "a = False"
    Clear(a: Write) "a becomes unbound"
    ClearRange(a: WriteRange, b: Count) "b registers from a on become unbound"
    CheckBound(a: Read) "raises UnboundLocalError if the local a is unbound"
    DeleteLocal(a: Update) "unbinds the local a; UnboundLocalError if it is unbound"
    MakeCell(a: Update) "a = a new cell that holds what a held (possibly unbound)"
    LoadCell(a: Write, b: Read) "a = the content of the cell in b; raises if unbound"
    StoreCell(a: Read, b: Read) "the cell in a holds b"
    DeleteCell(a: Read) "empties the cell in a; raises if unbound"
    LoadFree(a: Write, b: Free) "a = the content of the closure's cell b; raises if unbound"
    StoreFree(a: Free, b: Read) "the closure's cell a holds b"
    DeleteFree(a: Free) "empties the closure's cell a; raises if unbound"
    LoadClosure(a: Write, b: Free) "a = the closure's cell b itself"
    LoadGlobal(a: Write, cx: Cache) "a = the global or built-in named by the cache"
    StoreGlobal(a: Read, cx: Cache) "the global named by the cache becomes a"
    DeleteGlobal(bc: Name) "deletes the global; NameError if there is none"
    LoadName(a: Write, bc: Name) "class body: a = the name in the namespace (register 0), else global or built-in"
    LoadNameOrFree(a: Write, b: Free, c: Name) "class body: a = the name in the namespace, else the closure's cell b"
    StoreName(a: Read, bc: Name) "class body: the name in the namespace becomes a"
    SetupAnnotations() "the namespace (register 0) gets an empty dict of annotations, if it has none"
    DeleteName(bc: Name) "class body: deletes the name from the namespace; NameError if there is none"

    // Attributes and items
    LoadAttr(a: Write, b: Read, cx: Cache) "a = b.name"
    StoreAttr(a: Read, b: Read, cx: Cache) "a.name = b"
    DeleteAttr(a: Read, bc: Name) "del a.name"
    LoadMethod(a: WritePair, b: Read, cx: Cache) "a, a+1 = the function and receiver of b.name(...); a+1 is unbound if there is no receiver to pass"
    LoadSuperMethod(a: UpdateTriple, cx: Cache) "a, a+1 = the function and receiver of a(a+1, a+2).name(...), where a is `super` as a rule"
    LoadSpecial(a: WritePair, b: Read, cx: Cache) "a, a+1 = the function and receiver of the method of `with` that the cache names, looked up on b's type"
    LoadItem(a: Write, b: Read, c: Read) "a = b[c]"
    LoadItemInt(a: Write, b: Read, c: Imm) "a = b[c] with c a signed 16-bit index"
    AddItems(a: Write, b: Read, c: Imm) "LoadItemInt before another one and the Add of the two, which are done at once where that is quick"
    SubItems(a: Write, b: Read, c: Imm) "LoadItemInt, as AddItems before a Sub"
    MulItems(a: Write, b: Read, c: Imm) "LoadItemInt, as AddItems before a Mul"
    ItemAdd(a: Write, b: Read, c: Imm) "LoadItemInt before an Add to the item and the StoreItemInt of the sum in its place, which are done at once where that is quick"
    ItemSub(a: Write, b: Read, c: Imm) "LoadItemInt, as ItemAdd before a Sub"
    ItemAddInt(a: Write, b: Read, c: Imm) "LoadItemInt, as ItemAdd before an AddInt"
    ItemMulAdd(a: Write, b: Read, c: Imm) "LoadItemInt, as ItemAdd before a MulAdd"
    ItemMulSub(a: Write, b: Read, c: Imm) "LoadItemInt, as ItemAdd before a MulSub"
    ItemMulAddItem(a: Write, b: Read, c: Imm) "LoadItemInt, as ItemAdd before a LoadItemInt and a MulAdd with the second item as a factor"
    StoreItem(a: Read, b: Read, c: Read) "a[b] = c"
    StoreItemInt(a: Read, b: Read, c: Imm) "a[c] = b with c a signed 16-bit index"
    DeleteItem(a: Read, b: Read) "del a[b]"
    BuildSlice(a: Write, b: ReadRange, c: Count) "a = slice(b, b+1, b+2); c is 3"
    LoadSlice(a: Write, b: Read, c: ReadTriple) "a = b[c : c+1 : c+2]"
    StoreSlice(a: Read, b: ReadTriple, c: Read) "a[b : b+1 : b+2] = c"

    // Operators; x of the binary ones is 1 for the augmented form
    Add(a: Write, b: Read, c: Read, x: Flags) "a = b + c"
    Sub(a: Write, b: Read, c: Read, x: Flags) "a = b - c"
    Mul(a: Write, b: Read, c: Read, x: Flags) "a = b * c"
    MatMul(a: Write, b: Read, c: Read, x: Flags) "a = b @ c"
    Div(a: Write, b: Read, c: Read, x: Flags) "a = b / c"
    FloorDiv(a: Write, b: Read, c: Read, x: Flags) "a = b // c"
    Mod(a: Write, b: Read, c: Read, x: Flags) "a = b % c"
    Pow(a: Write, b: Read, c: Read, x: Flags) "a = b ** c"
    LShift(a: Write, b: Read, c: Read, x: Flags) "a = b << c"
    RShift(a: Write, b: Read, c: Read, x: Flags) "a = b >> c"
    BitAnd(a: Write, b: Read, c: Read, x: Flags) "a = b & c"
    BitOr(a: Write, b: Read, c: Read, x: Flags) "a = b | c"
    BitXor(a: Write, b: Read, c: Read, x: Flags) "a = b ^ c"
    AddInt(a: Write, b: Read, c: Imm, x: Flags) "a = b + c with c a signed 16-bit integer; x bit 0: augmented, bit 1: was written as b - (-c)"
    ModInt(a: Write, b: Read, c: Imm, x: Flags) "a = b % c with c a positive 16-bit integer; x bit 0: augmented"
    MulAdd(a: Write, b: Read, c: Read, x: Flags) "a = d + b * c, or b * c + d, with d in Extra; x bit 0: augmented, bit 1: the product is on the left"
    MulSub(a: Write, b: Read, c: Read, x: Flags) "a = d - b * c with d in Extra; x bit 0: augmented"
    MulMulAdd(a: Write, b: Read, c: Read, x: Flags) "Mul before a MulAdd whose sum takes the product's place, which are done at once where that is quick"
    MulMulMulAdd(a: Write, b: Read, c: Read, x: Flags) "Mul, as MulMulAdd before two MulAdds"
    MulMulSub(a: Write, b: Read, c: Read, x: Flags) "Mul, as MulMulAdd before a MulSub"
    AddReturn(a: Write, b: Read, c: Read, x: Flags) "Add before the Return of the sum, which are done at once where that is quick"
    SubReturn(a: Write, b: Read, c: Read, x: Flags) "Sub, as AddReturn"
    MulReturn(a: Write, b: Read, c: Read, x: Flags) "Mul, as AddReturn"
    AddIntReturn(a: Write, b: Read, c: Imm, x: Flags) "AddInt, as AddReturn"
    MulAddReturn(a: Write, b: Read, c: Read, x: Flags) "MulAdd, as AddReturn"
    Neg(a: Write, b: Read) "a = -b"
    Pos(a: Write, b: Read) "a = +b"
    Invert(a: Write, b: Read) "a = ~b"
    Not(a: Write, b: Read) "a = not b"
    Lt(a: Write, b: Read, c: Read) "a = b < c"
    Le(a: Write, b: Read, c: Read) "a = b <= c"
    Gt(a: Write, b: Read, c: Read) "a = b > c"
    Ge(a: Write, b: Read, c: Read) "a = b >= c"
    Eq(a: Write, b: Read, c: Read) "a = b == c"
    Ne(a: Write, b: Read, c: Read) "a = b != c"
    Is(a: Write, b: Read, c: Read) "a = b is c"
    IsNot(a: Write, b: Read, c: Read) "a = b is not c"
    In(a: Write, b: Read, c: Read) "a = b in c"
    NotIn(a: Write, b: Read, c: Read) "a = b not in c"

    // Jumps; the backward ones poll
    Jump(cx: Jump) "continues cx ops on"
    JumpIfTrue(a: Read, cx: Jump) "jumps if a is true"
    JumpIfFalse(a: Read, cx: Jump) "jumps if a is false"
    JumpIfNone(a: Read, cx: Jump) "jumps if a is None"
    JumpIfNotNone(a: Read, cx: Jump) "jumps if a is not None"
    JumpIfLt(a: Read, b: Read, cx: Jump) "jumps if a < b"
    JumpIfNotLt(a: Read, b: Read, cx: Jump) "jumps if not a < b"
    JumpIfLe(a: Read, b: Read, cx: Jump) "jumps if a <= b"
    JumpIfNotLe(a: Read, b: Read, cx: Jump) "jumps if not a <= b"
    JumpIfGt(a: Read, b: Read, cx: Jump) "jumps if a > b"
    JumpIfNotGt(a: Read, b: Read, cx: Jump) "jumps if not a > b"
    JumpIfGe(a: Read, b: Read, cx: Jump) "jumps if a >= b"
    JumpIfNotGe(a: Read, b: Read, cx: Jump) "jumps if not a >= b"
    JumpIfEq(a: Read, b: Read, cx: Jump) "jumps if a == b"
    JumpIfNotEq(a: Read, b: Read, cx: Jump) "jumps if not a == b"
    JumpIfLtInt(a: Read, b: Imm, cx: Jump) "jumps if a < b with b a signed 16-bit integer"
    JumpIfNotLtInt(a: Read, b: Imm, cx: Jump) "jumps if not a < b with b a signed 16-bit integer"
    JumpIfLeInt(a: Read, b: Imm, cx: Jump) "jumps if a <= b with b a signed 16-bit integer"
    JumpIfNotLeInt(a: Read, b: Imm, cx: Jump) "jumps if not a <= b with b a signed 16-bit integer"
    JumpIfGtInt(a: Read, b: Imm, cx: Jump) "jumps if a > b with b a signed 16-bit integer"
    JumpIfNotGtInt(a: Read, b: Imm, cx: Jump) "jumps if not a > b with b a signed 16-bit integer"
    JumpIfGeInt(a: Read, b: Imm, cx: Jump) "jumps if a >= b with b a signed 16-bit integer"
    JumpIfNotGeInt(a: Read, b: Imm, cx: Jump) "jumps if not a >= b with b a signed 16-bit integer"
    JumpIfEqInt(a: Read, b: Imm, cx: Jump) "jumps if a == b with b a signed 16-bit integer"
    JumpIfNotEqInt(a: Read, b: Imm, cx: Jump) "jumps if not a == b with b a signed 16-bit integer"

    JumpIfIn(a: Read, b: Read, cx: Jump) "jumps if a in b"
    JumpIfNotIn(a: Read, b: Read, cx: Jump) "jumps if a not in b"

    // Iteration and unpacking
    GetIter(a: Write, b: Read) "a = iter(b)"
    ForNext(a: Write, b: Read, cx: Jump) "a = next of the iterator b, then jumps; falls through when it is exhausted"
    Unpack(a: WriteRange, b: Read, c: Count) "unpacks the iterable b into exactly c registers"
    UnpackStar(a: WriteRange, b: Read, c: Count, x: Imm) "unpacks b into c registers; the one before the last x takes the rest as a list"
    GetAsyncIter(a: Write, b: Read, cx: Cache) "a = b.__aiter__()"
    GetAsyncNext(a: Write, b: Read, cx: Cache) "a = the awaitable b.__anext__()"
    JumpIfNotStopAsync(a: Read, cx: Jump) "jumps unless the exception a is a StopAsyncIteration"

    // Displays and strings
    BuildList(a: Write, b: ReadRange, c: Count) "a = [b, ...]"
    BuildTuple(a: Write, b: ReadRange, c: Count) "a = (b, ...)"
    BuildSet(a: Write, b: ReadRange, c: Count) "a = {b, ...}"
    BuildDict(a: Write, b: ReadPairs, c: Count) "a = {b: b+1, ...} with c pairs"
    BuildString(a: Write, b: ReadRange, c: Count) "a = the c strings and integers from b on, joined"
    ListAppend(a: Read, b: Read) "appends b to the list a"
    ListExtend(a: Read, b: Read, c: MaybeRead) "extends the list a by the iterable b; TypeError in the words for *args of the callee c"
    SpreadTuple(a: Write, b: Read, c: Read) "a = the tuple b, or a new list of the iterable b: the only *argument of a call of c"
    SpreadDict(a: Write, b: Read, c: Read) "a = the dict b, or a new one from the mapping b: the only **argument of a call of c"
    SetAdd(a: Read, b: Read) "adds b to the set a"
    SetUpdate(a: Read, b: Read) "adds the iterable b to the set a"
    DictSet(a: Read, b: Read, c: Read) "a[b] = c for the dict a"
    DictUpdate(a: Read, b: Read) "updates the dict a from the mapping b (a display's **b)"
    CloseIter(a: Read) "a loop over the call that gave the iterator a is left: a generator is closed"
    DictMerge(a: Read, b: Read, c: Read) "the same for a call of c: a key that is there already is a TypeError"
    ListToTuple(a: Write, b: Read) "a = tuple of the list b"
    FormatValue(a: Write, b: Read, c: MaybeRead, x: Flags) "a = format(b, c); x: 0 as it is, 1 str, 2 repr, 3 ascii, 4 as it is for a BuildString, to which an integer stays one"

    // Calls and functions
    Call(a: Callee, b: Count, c: Write) "c = a(a+1, ... a+b)"
    CallGlobal(a: Callee, b: Count, c: Write) "the same with the callee loaded into a first: the global named by the cache in Extra"
    CallMethod(a: Method, b: Count, c: Write) "c = a(a+1, a+2, ...) with b arguments from a+2 on; a+1 is left out if unbound"
    CallKw(a: Callee, b: Count, c: Write) "Call whose last arguments are keywords: Extra is the constant tuple of their names"
    CallMethodKw(a: Method, b: Count, c: Write) "CallMethod whose last arguments are keywords: Extra as for CallKw"
    CallEx(a: CalleeEx, c: Write) "c = a(*a+1, **a+2); a+1 a list or tuple, a+2 a dict or None"
    Return(a: Read) "returns a from a plain function or class body"
    GenReturn(a: Read) "returns a from a generator, coroutine or async generator"
    MakeFunction(a: Write, b: ReadRange, c: Const, x: Flags) "a = a function of the code c; x: 1 defaults tuple in b, 2 keyword defaults dict in b+1, 4 closure tuple in b+2, 8 annotations dict in b+3; always four registers"
    LoadBuildClass(a: Write) "a = the function that makes a class: (body, name, *bases, **keywords)"

    // Exceptions
    Raise(a: Read) "raises a (an exception or a class of them)"
    RaiseFrom(a: Read, b: Read) "raises a with the cause b"
    Reraise(a: Read) "raises the exception a again as it is"
    ReraiseCurrent() "raises the exception that is being handled by some caller; RuntimeError if there is none"
    JumpIfNoMatch(a: Read, b: Read, cx: Jump) "jumps unless the exception a is an instance of b (a class or tuple of classes)"
    EgMatch(a: WritePair, b: Read, c: Read) "splits the exception b by the class(es) c: a = the matching group or None, a+1 = the rest or None"
    EgReraise(a: Write, b: Read, c: Read) "except*: a = what to raise for the original b and the list c of raised and left-over exceptions, or None"
    ExcInfo(a: WriteTriple, b: Read) "a, a+1, a+2 = type, value and traceback of the exception b"
    LoadAssertionError(a: Write) "a = the class AssertionError"

    // Generators and awaiting
    Yield(a: Write, b: Read, x: Flags) "suspends with b; a = what is sent in; x is 1 in an async generator"
    GetAwaitable(a: Write, b: Read, x: Flags) "a = what awaiting b drives; x: 0 await, 1 __aenter__'s, 2 __aexit__'s, 3 __anext__'s result; +4: only the Await behind it reads b and a"
    GetYieldFrom(a: Write, b: Read) "a = what `yield from b` drives"
    Await(a: Write, b: Read) "drives b to its end, suspending as often as it does; a = its result"

    // Modules
    ImportName(a: Write, b: Name, c: Flags, x: Imm) "a = the module b (dotted), x levels up; c: 0 its first part, 1 the module itself"
    ImportFrom(a: Write, b: Read, c: Name) "a = the attribute or submodule c of the module b"
    ImportStar(a: Read) "binds every public name of the module a"

    // Pattern matching
    MatchSequence(a: Write, b: Read) "a = whether b is a sequence for patterns"
    MatchMapping(a: Write, b: Read) "a = whether b is a mapping for patterns"
    MatchKeys(a: Write, b: Read, c: Read) "a = tuple of b's values for the keys in the tuple c, or None"
    MatchClass(a: Write, b: Read, c: Read, x: Imm) "a = tuple of the attributes of b that the pattern of class c asks for, or None; x positional ones, then those named by Extra's constant tuple"
    GetLen(a: Write, b: Read) "a = len(b)"
    MakeGeneric(a: Write, b: ReadRange, c: Count, x: Imm) "a = what x says of b, b+1, b+2: 0 TypeVar, 1 TypeVarTuple, 2 ParamSpec (name, bound, default: functions or None), 3 type alias (name, function, parameters), 4 b with the type parameters b+1; c is 3"
}
