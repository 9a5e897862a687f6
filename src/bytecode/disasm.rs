//! Code as text, for people and for the goldens.

use super::code::{Code, CodeKind, Const};
use super::op::{Field, NO_REG, Op, Opcode, Operand};
use super::verify::takes_extra;
use crate::source::Source;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A code and those among its constants, as text. `source` is where the code comes from.
#[must_use]
pub fn disassemble(code: &Code, source: &Source) -> String {
    let mut text = String::new();
    let mut pending = vec![code];
    while let Some(code) = pending.pop() {
        if !text.is_empty() {
            text.push('\n');
        }
        Listing::new(code).write(&mut text, source);
        let nested = code.consts.iter().filter_map(|value| match value {
            Const::Code(code) => Some(&**code),
            _ => None,
        });
        pending.extend(nested.collect::<Vec<_>>().into_iter().rev());
    }
    text
}

struct Listing<'a> {
    code: &'a Code,
    /// The ops that something jumps to, with the numbers of their labels.
    labels: BTreeMap<usize, usize>,
}

impl<'a> Listing<'a> {
    fn new(code: &'a Code) -> Self {
        let mut labels = BTreeMap::new();
        for (at, op) in code.ops.iter().enumerate() {
            if op.code.operands().iter().any(|(_, operand)| *operand == Operand::Jump) {
                labels.insert(target(at, *op), 0);
            }
        }
        for handler in &code.handlers {
            labels.insert(handler.target as usize, 0);
        }
        for (number, label) in labels.values_mut().enumerate() {
            *label = number + 1;
        }
        Self { code, labels }
    }

    fn write(&self, text: &mut String, source: &Source) {
        // Writing to a string cannot fail.
        let _ = self.header(text);
        let mut line = 0;
        for (at, op) in self.code.ops.iter().enumerate() {
            if op.code == Opcode::Extra {
                continue;
            }
            let here = self.code.spans.get(at).map_or(0, |span| source.line_column(span.start).0);
            let margin = if here == line { String::new() } else { here.to_string() };
            line = here;
            let label = self.labels.get(&at).map(|label| format!("L{label}:")).unwrap_or_default();
            let operands = self.operands(at, *op);
            let _ = writeln!(text, "{margin:>5}  {label:<5}{at:>4}  {:<18} {operands}", op.code.name());
            let trimmed = text.trim_end().len();
            text.truncate(trimmed);
            text.push('\n');
        }
        let _ = self.tables(text);
    }

    fn header(&self, text: &mut String) -> std::fmt::Result {
        let code = self.code;
        let kind = match code.kind {
            CodeKind::Plain => "",
            CodeKind::Generator => " generator",
            CodeKind::Coroutine => " coroutine",
            CodeKind::AsyncGenerator => " async generator",
        };
        write!(text, "== {}{kind}, {} registers", code.qualname, code.registers)?;
        if !code.locals.is_empty() {
            let params = usize::from(code.signature.registers());
            let names: Vec<String> = (0..code.locals.len())
                .map(|i| {
                    let cell =
                        if code.cells.iter().any(|&cell| usize::from(cell) == i) { " (cell)" } else { "" };
                    format!("r{i}:{}{cell}", code.locals[i])
                })
                .collect();
            let (params, locals) = names.split_at(params.min(names.len()));
            if !params.is_empty() {
                write!(text, "; parameters {}", params.join(" "))?;
            }
            if !locals.is_empty() {
                write!(text, "; locals {}", locals.join(" "))?;
            }
        }
        if !code.free.is_empty() {
            write!(text, "; free {}", code.free.join(" "))?;
        }
        writeln!(text)
    }

    fn tables(&self, text: &mut String) -> std::fmt::Result {
        for handler in &self.code.handlers {
            let label = self.labels.get(&(handler.target as usize)).copied().unwrap_or(0);
            let register = self.register(handler.register);
            writeln!(text, "       catch  {}..{} -> L{label} {register}", handler.start, handler.end)?;
        }
        for handling in &self.code.handling {
            let register = self.register(handling.register);
            writeln!(text, "       handles  {}..{} {register}", handling.start, handling.end)?;
        }
        Ok(())
    }

    fn register(&self, register: u16) -> String {
        match self.code.locals.get(usize::from(register)) {
            Some(name) => format!("r{register}:{name}"),
            None => format!("r{register}"),
        }
    }

    fn range(&self, first: u16, count: u32) -> String {
        match count {
            0 => "()".to_owned(),
            1 => format!("({})", self.register(first)),
            _ => format!("({}..r{})", self.register(first), u32::from(first) + count - 1),
        }
    }

    fn constant(&self, id: u32) -> String {
        self.code.consts.get(id as usize).map_or_else(|| format!("constant {id}"), show)
    }

    fn cache(&self, id: u32) -> String {
        self.code
            .caches
            .get(id as usize)
            .map_or_else(|| format!("cache {id}"), |name| format!("{name} #{id}"))
    }

    fn operands(&self, at: usize, op: Op) -> String {
        let operands = op.code.operands();
        let count = operands.iter().find(|(_, operand)| *operand == Operand::Count);
        let count = count.map_or(0, |(field, _)| unsigned(op, *field));
        let mut shown = Vec::new();
        for &(field, operand) in operands {
            let value = unsigned(op, field);
            let register = u16::try_from(value).unwrap_or(NO_REG);
            match operand {
                Operand::Read | Operand::Write | Operand::Update => shown.push(self.register(register)),
                Operand::MaybeRead => {
                    if register != NO_REG {
                        shown.push(self.register(register));
                    }
                }
                Operand::WritePair => shown.push(self.range(register, 2)),
                Operand::ReadTriple | Operand::WriteTriple | Operand::UpdateTriple => {
                    shown.push(self.range(register, 3));
                }
                Operand::ReadRange if op.code == Opcode::MakeFunction => shown.push(self.range(register, 4)),
                Operand::ReadRange | Operand::WriteRange => shown.push(self.range(register, count)),
                Operand::ReadPairs => shown.push(self.range(register, count * 2)),
                Operand::Count => {}
                Operand::Callee => {
                    shown.push(format!("{}{}", self.register(register), self.range(register + 1, count)));
                }
                Operand::Method => {
                    shown.push(format!(
                        "{}, self r{}, {}",
                        self.register(register),
                        register + 1,
                        self.range(register + 2, count)
                    ));
                }
                Operand::CalleeEx => {
                    shown.push(format!(
                        "{}(*r{}, **r{})",
                        self.register(register),
                        register + 1,
                        register + 2
                    ));
                }
                Operand::Const => shown.push(self.constant(value)),
                Operand::Name => shown.push(self.constant(value).trim_matches('\'').to_owned()),
                Operand::Cache => shown.push(self.cache(value)),
                Operand::Free => {
                    let name = self.code.free.get(value as usize).map_or("?", |name| name);
                    shown.push(format!("free {name}"));
                }
                Operand::Jump => {
                    let label = self.labels.get(&target(at, op)).copied().unwrap_or(0);
                    shown.push(format!("-> L{label}"));
                }
                Operand::Imm => shown.push(immediate(op, field)),
                Operand::Flags => {
                    if value != 0 {
                        shown.push(format!("flags {value}"));
                    }
                }
            }
        }
        if takes_extra(op.code)
            && let Some(extra) = self.code.ops.get(at + 1)
        {
            shown.push(match op.code {
                Opcode::CallGlobal => self.cache(extra.bc()),
                Opcode::MulAdd | Opcode::MulSub | Opcode::MulAddReturn => self.register(extra.c),
                _ => self.constant(extra.bc()),
            });
        }
        shown.join(", ")
    }
}

fn target(at: usize, op: Op) -> usize {
    usize::try_from(i64::try_from(at).unwrap_or(0) + 1 + i64::from(op.jump())).unwrap_or(usize::MAX)
}

fn unsigned(op: Op, field: Field) -> u32 {
    match field {
        Field::a => u32::from(op.a),
        Field::b => u32::from(op.b),
        Field::c => u32::from(op.c),
        Field::x => u32::from(op.x),
        Field::bc => op.bc(),
        Field::cx => op.cx(),
    }
}

/// Immediates are signed, but for those in `x`.
fn immediate(op: Op, field: Field) -> String {
    match field {
        Field::a => op.a.cast_signed().to_string(),
        Field::b => op.b.cast_signed().to_string(),
        Field::c => op.c.cast_signed().to_string(),
        Field::x => op.x.to_string(),
        Field::bc => op.bc().cast_signed().to_string(),
        Field::cx => op.jump().to_string(),
    }
}

fn show(value: &Const) -> String {
    let list = |items: &[Const]| items.iter().map(show).collect::<Vec<_>>().join(", ");
    match value {
        Const::None => "None".into(),
        Const::True => "True".into(),
        Const::False => "False".into(),
        Const::Ellipsis => "...".into(),
        Const::Int(value) => value.to_string(),
        Const::BigInt(text) => text.to_string(),
        Const::Float(value) => format!("{value:?}"),
        Const::Complex(re, im) => format!("({re:?}+{im:?}j)"),
        Const::Str(text) => format!("'{}'", text.escape_debug().to_string().replace("\\\"", "\"")),
        Const::Bytes(bytes) => format!("b'{}'", bytes.escape_ascii()),
        Const::Tuple(items) if items.len() == 1 => format!("({},)", list(items)),
        Const::Tuple(items) => format!("({})", list(items)),
        Const::FrozenSet(items) => format!("{{{}}}", list(items)),
        Const::Code(code) => format!("code {}", code.qualname),
    }
}
