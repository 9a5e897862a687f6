//! Checks every operand of every op of a code before it runs. The VM reads and writes registers, constants and caches
//! without looking at their numbers again: this is what makes that sound.

use super::code::{Code, CodeKind, Const};
use super::fused::{alone, fused};
use super::op::{Field, NO_REG, Op, Opcode, Operand, UNSEEN};

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
    }
    Ok(())
}

struct Verifier<'a> {
    code: &'a Code,
}

type Check = Result<(), String>;

impl Verifier<'_> {
    fn code(&self) -> Result<(), VerifyError> {
        self.tables().map_err(|reason| self.error(None, reason))?;
        for (at, &op) in self.code.ops.iter().enumerate() {
            self.op(at, op)
                .map_err(|reason| self.error(Some(at), format!("{}: {reason}", op.code.name())))?;
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
        ensure(signature.positional_only <= signature.positional, || {
            "more positional-only parameters than positional".into()
        })?;
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
            Some(last) if ends(last.code) && code.ops.last().is_some_and(|op| op.code != Opcode::Extra) => {
                Ok(())
            }
            _ => Err("the last op goes on behind the end".into()),
        }
    }

    fn range(&self, start: u32, end: u32) -> Check {
        ensure(start < end && end as usize <= self.code.ops.len(), || {
            format!("the range {start}..{end} is not one")
        })
    }

    /// Whether an op may be jumped to.
    fn target(&self, target: i64) -> Check {
        let op = usize::try_from(target).ok().and_then(|target| self.code.ops.get(target));
        match op {
            None => Err(format!("the jump to {target} leaves the code")),
            Some(op) if op.code == Opcode::Extra => {
                Err(format!("the jump to {target} lands on an extra operand"))
            }
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
                Operand::ReadTriple | Operand::WriteTriple | Operand::UpdateTriple | Operand::CalleeEx => {
                    self.register(register, 3)?
                }
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
        self.followers(at, op)?;
        self.meaning(op)
    }

    /// If the op before this one is a call, whether its result goes to that register.
    fn gives(&self, at: usize, register: u16) -> bool {
        let before = |n: usize| at.checked_sub(n).and_then(|i| self.code.ops.get(i));
        let call = before(1).filter(|op| op.code != Opcode::Extra).or_else(|| before(2));
        call.is_none_or(|op| match op.code {
            Opcode::Call | Opcode::CallGlobal | Opcode::CallMethod => op.c == register,
            Opcode::GetAsyncNext => op.a == register,
            _ => true,
        })
    }

    /// The extra operand is there when the op has one, and only then.
    fn extra(&self, at: usize, op: Op) -> Check {
        if op.code == Opcode::Extra {
            let before = at.checked_sub(1).and_then(|before| self.code.ops.get(before));
            return ensure(before.is_some_and(|before| takes_extra(before.code)), || {
                "belongs to no op".into()
            });
        }
        if op.code == Opcode::GetAwaitable && op.x & UNSEEN != 0 {
            let next = self.code.ops.get(at + 1);
            let unnamed = usize::from(op.b) >= self.code.locals.len();
            let awaited = next.is_some_and(|next| next.code == Opcode::Await && next.b == op.a);
            return ensure(unnamed && awaited && self.gives(at, op.b), || {
                "what is awaited may be seen".into()
            });
        }
        if !takes_extra(op.code) {
            return Ok(());
        }
        let extra = self.code.ops.get(at + 1).filter(|extra| extra.code == Opcode::Extra);
        let Some(extra) = extra else { return Err("the extra operand is missing".into()) };
        match op.code {
            Opcode::CallGlobal => return self.cache(extra.bc()),
            Opcode::MulAdd | Opcode::MulSub | Opcode::MulAddReturn => {
                return self.register(extra.bc() as usize, 1);
            }
            _ => {}
        }
        let Const::Tuple(names) = self.constant(extra.bc())? else {
            return Err(format!("constant {} is no tuple of names", extra.bc()));
        };
        ensure(names.iter().all(|name| matches!(name, Const::Str(_))), || {
            "a keyword's name is no string".into()
        })?;
        let is_call = op.code != Opcode::MatchClass;
        ensure(!is_call || names.len() <= usize::from(op.b), || "more keywords than arguments".into())
    }

    /// What an op does together with the ones behind it is what they do one after the other.
    fn followers(&self, at: usize, op: Op) -> Check {
        let behind = self.code.ops.get(at..).and_then(fused);
        ensure(alone(op.code) == op.code || behind == Some(op.code), || {
            "not what the ops behind it do".into()
        })
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
            Opcode::FormatValue => ensure(op.x <= 4, || "no such conversion".into()),
            Opcode::GetAwaitable => ensure(op.x <= 3 | UNSEEN, || "no such way of awaiting".into()),
            Opcode::ModInt => {
                ensure(0 < op.c && op.c <= i16::MAX.cast_unsigned(), || "the divisor is not positive".into())
            }
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
            | Opcode::DeleteName
            | Opcode::SetupAnnotations => ensure(code.registers > 0, || "without a namespace".into()),
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
    use Opcode::{CallGlobal, CallKw, CallMethodKw, MatchClass, MulAdd, MulAddReturn, MulSub};
    matches!(code, CallGlobal | CallKw | CallMethodKw | MatchClass | MulAdd | MulAddReturn | MulSub)
}

/// Whether the op after it is never next.
const fn ends(code: Opcode) -> bool {
    matches!(
        code,
        Opcode::Jump
            | Opcode::Return
            | Opcode::GenReturn
            | Opcode::Raise
            | Opcode::RaiseFrom
            | Opcode::Reraise
            | Opcode::ReraiseCurrent
    )
}

#[cfg(test)]
mod tests {
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
    }

    #[test]
    fn good_code_passes() {
        let mut good =
            code(2, vec![Op::with_bc(Opcode::LoadConst, 0, 0), Op::new(Opcode::Add, 1, 0, 0), ret()]);
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
        assert_eq!(
            reason(&code(1, vec![Op::with_bc(Opcode::LoadConst, 0, 5), ret()])),
            "LoadConst: constant 5 of 0"
        );
        let mut bad = code(1, vec![Op::with_bc(Opcode::StoreName, 0, 0), ret()]);
        bad.consts.push(Const::Int(1));
        assert_eq!(reason(&bad), "StoreName: constant 0 is no name");
        assert_eq!(
            reason(&code(1, vec![Op::with_cx(Opcode::LoadGlobal, 0, 0, 3), ret()])),
            "LoadGlobal: cache 3 of 0"
        );
        assert_eq!(
            reason(&code(1, vec![Op::new(Opcode::LoadFree, 0, 0, 0), ret()])),
            "LoadFree: cell 0 of the closure's 0"
        );
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
    fn what_is_done_at_once_is_what_the_ops_do() {
        let item = Op::new(Opcode::ItemAddInt, 1, 0, 3);
        let add = Op::new(Opcode::AddInt, 1, 1, 1);
        let store = Op::new(Opcode::StoreItemInt, 0, 1, 3);
        assert!(verify(&code(2, vec![item, add, store, ret()])).is_ok());
        let elsewhere = Op::new(Opcode::StoreItemInt, 0, 1, 4);
        for ops in [vec![item, add, elsewhere, ret()], vec![item, add, ret()], vec![item, ret()]] {
            assert_eq!(reason(&code(2, ops)), "ItemAddInt: not what the ops behind it do");
        }
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
        assert_eq!(
            reason(&code(1, vec![Op::new(Opcode::LoadNone, 0, 0, 0)])),
            "the last op goes on behind the end"
        );
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
        let mut generator =
            code(1, vec![Op::new(Opcode::Yield, 0, 0, 0), Op::new(Opcode::GenReturn, 0, 0, 0)]);
        generator.kind = CodeKind::Generator;
        assert_eq!(verify(&generator), Ok(()));
        generator.kind = CodeKind::AsyncGenerator;
        assert!(verify(&generator).is_err());
        generator.kind = CodeKind::Coroutine;
        assert!(verify(&generator).is_err());
    }
}
