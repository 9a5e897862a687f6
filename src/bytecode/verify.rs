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
    }
    Ok(())
}

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
        Opcode::Jump
            | Opcode::Return
            | Opcode::GenReturn
            | Opcode::Raise
            | Opcode::RaiseFrom
            | Opcode::Reraise
            | Opcode::ReraiseCurrent
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
}

#[cfg(test)]
mod tests {
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
    }

    #[test]
    fn good_code_passes() {
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
    }
}
