<<<<<<< HEAD
//! The verifier: what every op of a code object refers to exists. It runs once, when code is loaded, and is what lets
//! the dispatch loop read registers, constants and caches unchecked.

use super::code::{Code, CodeKind, Const};
use super::op::{Field, NO_REG, Op, Opcode, Operand};
use std::fmt;

/// A mistake of the compiler: code that must not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// The code's qualified name.
    pub code: String,
    pub op: usize,
    pub message: String,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, op {}: {}", self.code, self.op, self.message)
    }
}

/// Codes inside codes are at most this deep.
const MAX_NESTING: usize = 1000;

/// Checks a code object and those among its constants.
///
/// # Errors
/// The first op or table entry that refers to something that is not there.
pub fn verify(code: &Code) -> Result<(), VerifyError> {
    verify_nested(code, 0)
}

fn verify_nested(code: &Code, depth: usize) -> Result<(), VerifyError> {
    let fail = |op: usize, message: String| Err(VerifyError { code: code.qualname.to_string(), op, message });
    if depth > MAX_NESTING {
        return fail(0, "code is nested too deeply".into());
    }
    if let Err(message) = check_tables(code) {
        return fail(0, message);
    }
    for (i, op) in code.ops.iter().enumerate() {
        if let Err(message) = check_op(code, i, *op) {
            return fail(i, format!("{}: {message}", op.code.name()));
        }
    }
    for c in &code.consts {
        verify_const(c, depth)?;
=======
//! Checks every operand of every op of a code before it runs. The VM reads and writes registers, constants and caches
//! without looking at their numbers again: this is what makes that sound.

use super::code::{Code, CodeKind, Const};
use super::op::{Field, NO_REG, Op, Opcode, Operand, Special};

/// Why a code must not run: a mistake of whoever made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// The qualified name of the code.
    pub code: String,
    /// The index of the op, if it is about one.
    pub at: Option<usize>,
    pub reason: String,
}

impl std::fmt::Display for VerifyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.at {
            Some(at) => write!(f, "{} at op {at}: {}", self.code, self.reason),
            None => write!(f, "{}: {}", self.code, self.reason),
        }
    }
}

impl std::error::Error for VerifyError {}

/// Checks a code and every code among its constants.
///
/// # Errors
/// The first thing found wrong.
pub fn verify(code: &Code) -> Result<(), VerifyError> {
    // A stack of its own: nesting costs no machine stack.
    let mut pending = vec![code];
    while let Some(code) = pending.pop() {
        Verifier { code }.code()?;
        pending.extend(code.consts.iter().filter_map(|value| match value {
            Const::Code(code) => Some(&**code),
            _ => None,
        }));
>>>>>>> compile
    }
    Ok(())
}

<<<<<<< HEAD
fn verify_const(c: &Const, depth: usize) -> Result<(), VerifyError> {
    match c {
        Const::Code(inner) => verify_nested(inner, depth + 1),
        Const::Tuple(items) | Const::FrozenSet(items) => items.iter().try_for_each(|c| verify_const(c, depth)),
        _ => Ok(()),
    }
}

fn check_tables(code: &Code) -> Result<(), String> {
    let registers = code.registers;
    let n = code.ops.len();
    let ensure = |holds: bool, message: &str| if holds { Ok(()) } else { Err(message.to_owned()) };
    ensure(i32::try_from(n).is_ok(), "too many ops")?;
    ensure(code.spans.len() == n, "not one span for each op")?;
    ensure(registers < NO_REG, "too many registers")?;
    let params = usize::from(code.signature.positional)
        + usize::from(code.signature.keyword_only)
        + usize::from(code.signature.varargs)
        + usize::from(code.signature.varkw);
    ensure(params <= usize::from(registers), "parameters without registers")?;
    ensure(code.signature.positional_only <= code.signature.positional, "positional-only parameters without place")?;
    let named = usize::from(code.signature.positional) + usize::from(code.signature.keyword_only);
    ensure(named <= code.locals.len(), "parameters without names")?;
    ensure(code.locals.len() <= usize::from(registers), "locals without registers")?;
    ensure(code.cells.iter().all(|&c| c < registers), "a cell without register")?;
    let Some(last) = code.ops.last() else { return Err("no ops".into()) };
    let ends = matches!(
        last.code,
=======
struct Verifier<'a> {
    code: &'a Code,
}

type Check = Result<(), String>;

impl Verifier<'_> {
    fn code(&self) -> Result<(), VerifyError> {
        self.tables().map_err(|reason| self.error(None, reason))?;
        for (at, &op) in self.code.ops.iter().enumerate() {
            self.op(at, op).map_err(|reason| self.error(Some(at), format!("{}: {reason}", op.code.name())))?;
        }
        Ok(())
    }

    fn error(&self, at: Option<usize>, reason: String) -> VerifyError {
        VerifyError { code: self.code.qualname.to_string(), at, reason }
    }

    fn tables(&self) -> Check {
        let code = self.code;
        let count = code.ops.len();
        ensure(count > 0, || "no ops".into())?;
        ensure(u32::try_from(count).is_ok(), || "too many ops".into())?;
        ensure(code.spans.len() == count, || format!("{} spans for {count} ops", code.spans.len()))?;
        let signature = code.signature;
        let stars = usize::from(signature.varargs) + usize::from(signature.varkw);
        let params = usize::from(signature.positional) + usize::from(signature.keyword_only) + stars;
        ensure(params <= usize::from(code.registers), || format!("{params} parameters do not fit"))?;
        ensure(signature.positional_only <= signature.positional, || "more positional-only parameters than positional".into())?;
        ensure(params <= code.locals.len(), || "a parameter has no name".into())?;
        ensure(code.locals.len() <= usize::from(code.registers), || "more locals than registers".into())?;
        for &cell in &code.cells {
            ensure(usize::from(cell) < code.locals.len(), || format!("cell r{cell} is no local"))?;
        }
        for handler in &code.handlers {
            self.range(handler.start, handler.end)?;
            self.register(usize::from(handler.register), 1)?;
            self.target(i64::from(handler.target))?;
        }
        for handling in &code.handling {
            self.range(handling.start, handling.end)?;
            self.register(usize::from(handling.register), 1)?;
        }
        match code.ops.iter().rev().find(|op| op.code != Opcode::Extra) {
            Some(last) if ends(last.code) && code.ops.last().is_some_and(|op| op.code != Opcode::Extra) => Ok(()),
            _ => Err("the last op goes on behind the end".into()),
        }
    }

    fn range(&self, start: u32, end: u32) -> Check {
        ensure(start < end && end as usize <= self.code.ops.len(), || format!("the range {start}..{end} is not one"))
    }

    /// Whether an op may be jumped to.
    fn target(&self, target: i64) -> Check {
        let op = usize::try_from(target).ok().and_then(|target| self.code.ops.get(target));
        match op {
            None => Err(format!("the jump to {target} leaves the code")),
            Some(op) if op.code == Opcode::Extra => Err(format!("the jump to {target} lands on an extra operand")),
            Some(_) => Ok(()),
        }
    }

    /// Whether `count` registers from `first` on exist.
    fn register(&self, first: usize, count: usize) -> Check {
        let registers = usize::from(self.code.registers);
        ensure(first + count <= registers, || match count {
            1 => format!("r{first} is not among {registers} registers"),
            _ => format!("{count} registers from r{first} on are not among {registers}"),
        })
    }

    fn constant(&self, id: u32) -> Result<&Const, String> {
        let constants = &self.code.consts;
        constants.get(id as usize).ok_or_else(|| format!("constant {id} of {}", constants.len()))
    }

    fn cache(&self, id: u32) -> Check {
        ensure((id as usize) < self.code.caches.len(), || format!("cache {id} of {}", self.code.caches.len()))
    }

    fn op(&self, at: usize, op: Op) -> Check {
        let count = || {
            let operand = op.code.operands().iter().find(|(_, operand)| *operand == Operand::Count);
            operand.map_or(0, |(field, _)| value(op, *field) as usize)
        };
        for &(field, operand) in op.code.operands() {
            let value = value(op, field);
            let register = value as usize;
            match operand {
                Operand::Read | Operand::Write | Operand::Update => self.register(register, 1)?,
                Operand::MaybeRead => {
                    if value != u32::from(NO_REG) {
                        self.register(register, 1)?;
                    }
                }
                Operand::WritePair => self.register(register, 2)?,
                Operand::WriteTriple | Operand::CalleeEx => self.register(register, 3)?,
                Operand::ReadRange if op.code == Opcode::MakeFunction => self.register(register, 4)?,
                // An empty range still names a register: the VM may make a slice that starts there.
                Operand::ReadRange | Operand::WriteRange => self.register(register, count().max(1))?,
                Operand::ReadPairs => self.register(register, (count() * 2).max(1))?,
                Operand::Callee => self.register(register, count() + 1)?,
                Operand::Method => self.register(register, count() + 2)?,
                Operand::Const => drop(self.constant(value)?),
                Operand::Name => {
                    let constant = self.constant(value)?;
                    ensure(matches!(constant, Const::Str(_)), || format!("constant {value} is no name"))?;
                }
                Operand::Cache => self.cache(value)?,
                Operand::Free => {
                    let free = self.code.free.len();
                    ensure((value as usize) < free, || format!("cell {value} of the closure's {free}"))?;
                }
                Operand::Jump => {
                    let here = i64::try_from(at).unwrap_or(i64::MAX - 1);
                    self.target(here.saturating_add(1).saturating_add(i64::from(op.jump())))?;
                }
                Operand::Count | Operand::Imm | Operand::Flags => {}
            }
        }
        self.extra(at, op)?;
        self.meaning(op)
    }

    /// The extra operand is there when the op has one, and only then.
    fn extra(&self, at: usize, op: Op) -> Check {
        if op.code == Opcode::Extra {
            let before = at.checked_sub(1).and_then(|before| self.code.ops.get(before));
            return ensure(before.is_some_and(|before| takes_extra(before.code)), || "belongs to no op".into());
        }
        if !takes_extra(op.code) {
            return Ok(());
        }
        let extra = self.code.ops.get(at + 1).filter(|extra| extra.code == Opcode::Extra);
        let Some(extra) = extra else { return Err("the extra operand is missing".into()) };
        if op.code == Opcode::CallGlobal {
            return self.cache(extra.bc());
        }
        let Const::Tuple(names) = self.constant(extra.bc())? else {
            return Err(format!("constant {} is no tuple of names", extra.bc()));
        };
        ensure(names.iter().all(|name| matches!(name, Const::Str(_))), || "a keyword's name is no string".into())?;
        let is_call = op.code != Opcode::MatchClass;
        ensure(!is_call || names.len() <= usize::from(op.b), || "more keywords than arguments".into())
    }

    /// What single ops ask for besides.
    fn meaning(&self, op: Op) -> Check {
        let code = self.code;
        match op.code {
            Opcode::MakeFunction => {
                let Const::Code(inner) = self.constant(u32::from(op.c))? else {
                    return Err(format!("constant {} is no code", op.c));
                };
                ensure(op.x < 16, || "unknown flags".into())?;
                ensure(inner.free.is_empty() || op.x & 4 != 0, || "the closure is missing".into())
            }
            Opcode::BuildSlice => ensure(op.c == 3, || "a slice has three parts".into()),
            Opcode::UnpackStar => ensure(op.c > u16::from(op.x), || "no register takes the rest".into()),
            Opcode::LoadSpecial => ensure(op.x <= Special::AsyncExit as u8, || "no such special method".into()),
            Opcode::FormatValue => ensure(op.x <= 3, || "no such conversion".into()),
            Opcode::GetAwaitable => ensure(op.x <= 3, || "no such way of awaiting".into()),
            Opcode::ModInt => ensure(0 < op.c && op.c <= i16::MAX.cast_unsigned(), || "the divisor is not positive".into()),
            // Their errors tell the local's name.
            Opcode::CheckBound | Opcode::DeleteLocal | Opcode::LoadCell | Opcode::DeleteCell => {
                let register = if op.code == Opcode::LoadCell { op.b } else { op.a };
                ensure(usize::from(register) < code.locals.len(), || format!("r{register} has no name"))
            }
            Opcode::Return => ensure(code.kind == CodeKind::Plain, || "in a generator or coroutine".into()),
            Opcode::GenReturn => ensure(code.kind != CodeKind::Plain, || "in a plain function".into()),
            Opcode::Yield => {
                let allowed = matches!(code.kind, CodeKind::Generator | CodeKind::AsyncGenerator);
                ensure(allowed, || "in a function that does not yield".into())?;
                let is_async = code.kind == CodeKind::AsyncGenerator;
                ensure(op.x == u8::from(is_async), || "of the wrong kind of generator".into())
            }
            Opcode::Await => ensure(code.kind != CodeKind::Plain, || "in a plain function".into()),
            Opcode::LoadName
            | Opcode::LoadNameOrFree
            | Opcode::StoreName
            | Opcode::DeleteName => ensure(code.registers > 0, || "without a namespace".into()),
            _ => Ok(()),
        }
    }
}

fn ensure(holds: bool, reason: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(reason()) }
}

fn value(op: Op, field: Field) -> u32 {
    match field {
        Field::a => u32::from(op.a),
        Field::b => u32::from(op.b),
        Field::c => u32::from(op.c),
        Field::x => u32::from(op.x),
        Field::bc => op.bc(),
        Field::cx => op.cx(),
    }
}

/// Whether an op is followed by [`Opcode::Extra`].
#[must_use]
pub const fn takes_extra(code: Opcode) -> bool {
    matches!(code, Opcode::CallGlobal | Opcode::CallKw | Opcode::CallMethodKw | Opcode::MatchClass)
}

/// Whether the op after it is never next.
const fn ends(code: Opcode) -> bool {
    matches!(
        code,
>>>>>>> compile
        Opcode::Jump
            | Opcode::Return
            | Opcode::GenReturn
            | Opcode::Raise
            | Opcode::RaiseFrom
            | Opcode::Reraise
            | Opcode::ReraiseCurrent
<<<<<<< HEAD
    );
    ensure(ends, "the last op falls off the end")?;
    for h in &code.handlers {
        ensure(h.start <= h.end && h.end as usize <= n, "a handler's range is outside the code")?;
        ensure(h.register < registers, "a handler without register")?;
        ensure(is_target(code, i64::from(h.target)), "a handler's target is no op")?;
    }
    for h in &code.handling {
        ensure(h.start <= h.end && h.end as usize <= n, "a handled range is outside the code")?;
        ensure(h.register < registers, "a handled exception without register")?;
    }
    Ok(())
}

fn is_target(code: &Code, at: i64) -> bool {
    usize::try_from(at).ok().and_then(|at| code.ops.get(at)).is_some_and(|op| op.code != Opcode::Extra)
}

fn takes_extra(op: Opcode) -> bool {
    matches!(op, Opcode::CallGlobal | Opcode::CallKw | Opcode::CallMethodKw | Opcode::MatchClass)
}

fn check_op(code: &Code, at: usize, op: Op) -> Result<(), String> {
    if op.code == Opcode::Extra {
        let before = at.checked_sub(1).and_then(|i| code.ops.get(i));
        return match before {
            Some(before) if takes_extra(before.code) => Ok(()),
            _ => Err("it follows no op that takes it".into()),
        };
    }
    let count = count_of(op);
    for &(field, operand) in op.code.operands() {
        check_operand(code, at, op, value_of(op, field), operand, count)?;
    }
    if takes_extra(op.code) {
        check_extra(code, at, op)?;
    }
    check_rest(code, op)
}

/// The value of an operand; jumps are signed.
fn value_of(op: Op, field: Field) -> i64 {
    match field {
        Field::a => i64::from(op.a),
        Field::b => i64::from(op.b),
        Field::c => i64::from(op.c),
        Field::x => i64::from(op.x),
        Field::bc => i64::from(op.bc()),
        Field::cx => i64::from(op.cx()),
    }
}

fn count_of(op: Op) -> i64 {
    let found = op.code.operands().iter().find(|(_, operand)| *operand == Operand::Count);
    found.map_or(0, |&(field, _)| value_of(op, field))
}

fn check_operand(code: &Code, at: usize, op: Op, v: i64, operand: Operand, count: i64) -> Result<(), String> {
    let registers = i64::from(code.registers);
    let fits = |first: i64, n: i64| {
        if first + n <= registers { Ok(()) } else { Err(format!("register {first} and {n} from there on do not exist")) }
    };
    match operand {
        Operand::Read | Operand::Write | Operand::Update => fits(v, 1),
        Operand::MaybeRead if v == i64::from(NO_REG) => Ok(()),
        Operand::MaybeRead => fits(v, 1),
        Operand::WritePair => fits(v, 2),
        Operand::WriteTriple | Operand::CalleeEx => fits(v, 3),
        Operand::ReadRange if op.code == Opcode::MakeFunction => fits(v, 4),
        Operand::ReadRange | Operand::WriteRange => fits(v, count),
        Operand::ReadPairs => fits(v, count * 2),
        Operand::Callee => fits(v, count + 1),
        Operand::Method => fits(v, count + 2),
        Operand::Const => check_const(code, v, |_| true, "constant"),
        Operand::Name => check_const(code, v, |c| matches!(c, Const::Str(_)), "name"),
        Operand::Cache if v < code.caches.len() as i64 => Ok(()),
        Operand::Cache => Err(format!("cache {v} does not exist")),
        Operand::Free if v < code.free.len() as i64 => Ok(()),
        Operand::Free => Err(format!("the closure has no cell {v}")),
        Operand::Jump if is_target(code, at as i64 + 1 + i64::from(op.jump())) => Ok(()),
        Operand::Jump => Err(format!("it jumps by {} to no op", op.jump())),
        Operand::Count | Operand::Imm | Operand::Flags => Ok(()),
    }
}

fn check_const(code: &Code, v: i64, right: impl Fn(&Const) -> bool, what: &str) -> Result<(), String> {
    match usize::try_from(v).ok().and_then(|i| code.consts.get(i)) {
        Some(c) if right(c) => Ok(()),
        _ => Err(format!("{what} {v} does not exist")),
    }
}

fn check_extra(code: &Code, at: usize, op: Op) -> Result<(), String> {
    let Some(extra) = code.ops.get(at + 1).filter(|e| e.code == Opcode::Extra) else {
        return Err("its extra operand is missing".into());
    };
    let v = i64::from(extra.bc());
    if op.code == Opcode::CallGlobal {
        return if v < code.caches.len() as i64 { Ok(()) } else { Err(format!("cache {v} does not exist")) };
    }
    let most = if op.code == Opcode::MatchClass { usize::MAX } else { op.b as usize };
    let names = |c: &Const| match c {
        Const::Tuple(items) => items.len() <= most && items.iter().all(|c| matches!(c, Const::Str(_))),
        _ => false,
    };
    check_const(code, v, names, "tuple of names")
}

/// Rules that no kind of operand states.
fn check_rest(code: &Code, op: Op) -> Result<(), String> {
    let plain = code.kind == CodeKind::Plain;
    let holds = match op.code {
        Opcode::MakeFunction => {
            matches!(code.consts.get(op.c as usize), Some(Const::Code(_)))
        }
        Opcode::UnpackStar => op.c > u16::from(op.x),
        Opcode::ModInt => (op.c as i16) > 0,
        Opcode::BuildSlice => op.c == 3,
        Opcode::LoadSpecial => op.x <= 3,
        Opcode::LoadName | Opcode::StoreName | Opcode::DeleteName | Opcode::LoadNameOrFree => code.registers > 0,
        Opcode::Return => plain,
        Opcode::Await | Opcode::Yield | Opcode::GenReturn => !plain,
        _ => true,
    };
    if holds { Ok(()) } else { Err("its operands do not fit it or the kind of code".into()) }
=======
    )
>>>>>>> compile
}

#[cfg(test)]
mod tests {
<<<<<<< HEAD
    use super::verify;
    use crate::bytecode::code::{Code, Const, Handler};
    use crate::bytecode::op::{Op, Opcode};
    use crate::source::Span;

    fn code(ops: Vec<Op>) -> Code {
        let spans = vec![Span::default(); ops.len()];
        Code { registers: 3, ops, spans, consts: vec![Const::None], ..Code::default() }
    }

    fn message(ops: Vec<Op>) -> String {
        verify(&code(ops)).err().map_or(String::new(), |e| e.message)
=======
    use super::super::code::{Handler, Handling};
    use super::*;
    use crate::source::Span;

    fn code(registers: u16, ops: Vec<Op>) -> Code {
        let spans = vec![Span::default(); ops.len()];
        Code { qualname: "f".into(), registers, ops, spans, ..Code::default() }
    }

    fn ret() -> Op {
        Op::new(Opcode::Return, 0, 0, 0)
    }

    fn reason(code: &Code) -> String {
        verify(code).expect_err("the code is wrong").reason
>>>>>>> compile
    }

    #[test]
    fn good_code_passes() {
<<<<<<< HEAD
        let ops = vec![
            Op::with_bc(Opcode::LoadConst, 0, 0),
            Op::with_cx(Opcode::JumpIfTrue, 0, 0, -2),
            Op::new(Opcode::Return, 0, 0, 0),
        ];
        assert_eq!(verify(&code(ops)), Ok(()));
    }

    #[test]
    fn bad_operands_are_found() {
        let end = Op::new(Opcode::Return, 0, 0, 0);
        let cases = [
            (Op::new(Opcode::Move, 3, 0, 0), "register 3"),
            (Op::new(Opcode::Move, 0, 9, 0), "register 9"),
            (Op::with_bc(Opcode::LoadConst, 0, 1), "constant 1"),
            (Op::with_cx(Opcode::LoadGlobal, 0, 0, 0), "cache 0"),
            (Op::new(Opcode::LoadFree, 0, 0, 0), "no cell 0"),
            (Op::with_cx(Opcode::Jump, 0, 0, 7), "jumps by 7"),
            (Op::with_cx(Opcode::Jump, 0, 0, -2), "jumps by -2"),
            (Op::new(Opcode::Call, 1, 2, 0), "register 1 and 3"),
            (Op::new(Opcode::CallMethod, 1, 1, 0), "register 1 and 3"),
            (Op::new(Opcode::CallGlobal, 0, 1, 0), "extra operand is missing"),
            (Op::new(Opcode::Extra, 0, 0, 0), "follows no op"),
            (Op::new(Opcode::GenReturn, 0, 0, 0), "kind of code"),
            (Op::new(Opcode::MakeFunction, 0, 0, 0), "register 0 and 4"),
        ];
        for (op, expected) in cases {
            let found = message(vec![op, end]);
            assert!(found.contains(expected), "{op:?}: {found}");
        }
        assert!(message(vec![Op::new(Opcode::Nop, 0, 0, 0)]).contains("falls off"));
        assert!(message(Vec::new()).contains("no ops"));
    }

    #[test]
    fn bad_tables_are_found() {
        let mut bad = code(vec![Op::new(Opcode::Return, 0, 0, 0)]);
        bad.handlers.push(Handler { start: 0, end: 1, target: 4, register: 0 });
        assert!(verify(&bad).is_err());
        let mut bad = code(vec![Op::new(Opcode::Return, 0, 0, 0)]);
        bad.signature.positional = 9;
        assert!(verify(&bad).is_err());
        let mut bad = code(vec![Op::new(Opcode::Return, 0, 0, 0)]);
        bad.spans.clear();
        assert!(verify(&bad).is_err());
=======
        let mut good = code(2, vec![Op::with_bc(Opcode::LoadConst, 0, 0), Op::new(Opcode::Add, 1, 0, 0), ret()]);
        good.consts.push(Const::Int(1));
        assert_eq!(verify(&good), Ok(()));
    }

    #[test]
    fn registers_are_checked() {
        let bad = code(2, vec![Op::new(Opcode::Add, 0, 1, 2), ret()]);
        assert_eq!(reason(&bad), "Add: r2 is not among 2 registers");
        let bad = code(3, vec![Op::new(Opcode::BuildList, 0, 1, 3), ret()]);
        assert_eq!(reason(&bad), "BuildList: 3 registers from r1 on are not among 3");
        let bad = code(4, vec![Op::new(Opcode::BuildDict, 0, 1, 2), ret()]);
        assert_eq!(reason(&bad), "BuildDict: 4 registers from r1 on are not among 4");
        for (opcode, count) in [(Opcode::Call, 2), (Opcode::CallMethod, 1)] {
            assert!(verify(&code(3, vec![Op::new(opcode, 0, count, 0), ret()])).is_ok());
            assert!(verify(&code(2, vec![Op::new(opcode, 0, count, 0), ret()])).is_err());
        }
        assert!(verify(&code(2, vec![Op::new(Opcode::CallEx, 0, 0, 0), ret()])).is_err());
        assert!(verify(&code(1, vec![Op::new(Opcode::LoadSpecial, 0, 0, 0), ret()])).is_err());
        let open = Op::new(Opcode::FormatValue, 0, 0, NO_REG);
        assert!(verify(&code(1, vec![open, ret()])).is_ok());
    }

    #[test]
    fn constants_caches_and_cells_are_checked() {
        assert_eq!(reason(&code(1, vec![Op::with_bc(Opcode::LoadConst, 0, 5), ret()])), "LoadConst: constant 5 of 0");
        let mut bad = code(1, vec![Op::with_bc(Opcode::StoreName, 0, 0), ret()]);
        bad.consts.push(Const::Int(1));
        assert_eq!(reason(&bad), "StoreName: constant 0 is no name");
        assert_eq!(reason(&code(1, vec![Op::with_cx(Opcode::LoadGlobal, 0, 0, 3), ret()])), "LoadGlobal: cache 3 of 0");
        assert_eq!(reason(&code(1, vec![Op::new(Opcode::LoadFree, 0, 0, 0), ret()])), "LoadFree: cell 0 of the closure's 0");
    }

    #[test]
    fn jumps_stay_inside() {
        let jump = |distance| Op::with_cx(Opcode::Jump, 0, 0, distance);
        assert!(verify(&code(1, vec![jump(-1)])).is_ok());
        assert_eq!(reason(&code(1, vec![jump(0)])), "Jump: the jump to 1 leaves the code");
        assert_eq!(reason(&code(1, vec![jump(-2), ret()])), "Jump: the jump to -1 leaves the code");
        let call = Op::new(Opcode::CallGlobal, 0, 0, 0);
        let mut bad = code(1, vec![jump(1), call, Op::with_bc(Opcode::Extra, 0, 0), ret()]);
        bad.caches.push("f".into());
        assert_eq!(reason(&bad), "Jump: the jump to 2 lands on an extra operand");
    }

    #[test]
    fn extra_operands_are_where_they_belong() {
        let call = Op::new(Opcode::CallKw, 0, 1, 0);
        let extra = Op::with_bc(Opcode::Extra, 0, 0);
        assert_eq!(reason(&code(2, vec![call, ret()])), "CallKw: the extra operand is missing");
        assert_eq!(reason(&code(2, vec![extra, ret()])), "Extra: belongs to no op");
        let mut code = code(2, vec![call, extra, ret()]);
        code.consts.push(Const::Tuple(vec![Const::Str("k".into())]));
        assert_eq!(verify(&code), Ok(()));
        code.consts[0] = Const::Tuple(vec![Const::Int(1)]);
        assert_eq!(reason(&code), "CallKw: a keyword's name is no string");
        code.consts[0] = Const::Tuple(vec![Const::Str("k".into()), Const::Str("l".into())]);
        assert_eq!(reason(&code), "CallKw: more keywords than arguments");
    }

    #[test]
    fn the_end_is_an_end() {
        assert_eq!(reason(&code(1, vec![])), "no ops");
        assert_eq!(reason(&code(1, vec![Op::new(Opcode::LoadNone, 0, 0, 0)])), "the last op goes on behind the end");
        let mut bad = code(1, vec![ret()]);
        bad.spans.clear();
        assert_eq!(reason(&bad), "0 spans for 1 ops");
    }

    #[test]
    fn tables_are_checked() {
        let handler = Handler { start: 0, end: 1, target: 0, register: 0 };
        let mut bad = code(1, vec![ret()]);
        bad.handlers.push(handler);
        assert_eq!(verify(&bad), Ok(()));
        for handler in [
            Handler { end: 2, ..handler },
            Handler { start: 1, ..handler },
            Handler { target: 1, ..handler },
            Handler { register: 1, ..handler },
        ] {
            bad.handlers[0] = handler;
            assert!(verify(&bad).is_err());
        }
        bad.handlers.clear();
        bad.handling.push(Handling { start: 0, end: 1, register: 1 });
        assert!(verify(&bad).is_err());
        bad.handling.clear();
        bad.signature.positional = 2;
        assert_eq!(reason(&bad), "2 parameters do not fit");
        bad.signature.positional = 0;
        bad.cells.push(0);
        assert_eq!(reason(&bad), "cell r0 is no local");
    }

    #[test]
    fn nested_code_is_checked() {
        let mut outer = code(4, vec![Op::new(Opcode::MakeFunction, 0, 0, 0), ret()]);
        outer.consts.push(Const::Int(1));
        assert_eq!(reason(&outer), "MakeFunction: constant 0 is no code");
        let mut inner = code(1, vec![ret()]);
        inner.free.push("x".into());
        outer.consts[0] = Const::Code(Box::new(inner));
        assert_eq!(reason(&outer), "MakeFunction: the closure is missing");
        outer.consts[0] = Const::Code(Box::new(code(0, vec![ret()])));
        assert_eq!(reason(&outer), "Return: r0 is not among 0 registers");
    }

    #[test]
    fn ops_stand_in_the_right_kind_of_code() {
        assert!(verify(&code(1, vec![Op::new(Opcode::GenReturn, 0, 0, 0)])).is_err());
        let mut generator = code(1, vec![Op::new(Opcode::Yield, 0, 0, 0), Op::new(Opcode::GenReturn, 0, 0, 0)]);
        generator.kind = CodeKind::Generator;
        assert_eq!(verify(&generator), Ok(()));
        generator.kind = CodeKind::AsyncGenerator;
        assert!(verify(&generator).is_err());
        generator.kind = CodeKind::Coroutine;
        assert!(verify(&generator).is_err());
>>>>>>> compile
    }
}
