//! Bytecode as text, for people: what `aio disasm` prints.

use super::code::{Code, CodeKind, Const};
use super::op::{Field, NO_REG, Op, Opcode, Operand};
use crate::source::Source;
use std::collections::BTreeMap;
use std::fmt::Write;

/// A code object and those inside it: each op with its operands named, source lines in the margin, jump targets as
/// labels, the handlers at the end.
#[must_use]
pub fn disassemble(code: &Code, source: &Source) -> String {
    let mut out = String::new();
    write_code(&mut out, code, source);
    out
}

fn write_code(out: &mut String, code: &Code, source: &Source) {
    let kind = match code.kind {
        CodeKind::Plain => "code",
        CodeKind::Generator => "generator",
        CodeKind::Coroutine => "coroutine",
        CodeKind::AsyncGenerator => "async generator",
    };
    put(out, format_args!("{kind} {}: {} registers", code.qualname, code.registers));
    if !code.locals.is_empty() {
        put(out, format_args!(", locals {}", code.locals.join(" ")));
    }
    if !code.free.is_empty() {
        put(out, format_args!(", free {}", code.free.join(" ")));
    }
    out.push('\n');
    let labels = labels(code);
    let mut line_before = 0;
    for (i, op) in code.ops.iter().enumerate() {
        if let Some(label) = labels.get(&i) {
            put(out, format_args!("{label}:\n"));
        }
        if op.code == Opcode::Extra {
            continue;
        }
        let line = code.spans.get(i).map_or(0, |s| source.line_column(s.start).0);
        if line == line_before {
            out.push_str("     ");
        } else {
            put(out, format_args!("{line:>4} "));
            line_before = line;
        }
        let mut text = format!("{:<16}", op.code.name());
        write_operands(&mut text, code, &labels, i, *op);
        put(out, format_args!("{i:>5}  {}\n", text.trim_end()));
    }
    for h in &code.handlers {
        let target = labels.get(&(h.target as usize)).cloned().unwrap_or_default();
        put(out, format_args!("      exceptions in {}..{} go to {target} in {}\n", h.start, h.end, register(code, h.register)));
    }
    for h in &code.handling {
        put(out, format_args!("      {}..{} handle {}\n", h.start, h.end, register(code, h.register)));
    }
    for c in &code.consts {
        if let Const::Code(inner) = c {
            out.push('\n');
            write_code(out, inner, source);
        }
    }
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = out.write_fmt(text);
}

/// The ops that something jumps to, named in their order.
fn labels(code: &Code) -> BTreeMap<usize, String> {
    let mut targets = BTreeMap::new();
    for (i, op) in code.ops.iter().enumerate() {
        if op.code.operands().iter().any(|(_, o)| *o == Operand::Jump) {
            targets.insert(target(i, *op), String::new());
        }
    }
    for h in &code.handlers {
        targets.insert(h.target as usize, String::new());
    }
    for (n, name) in targets.values_mut().enumerate() {
        *name = format!("L{}", n + 1);
    }
    targets
}

fn target(at: usize, op: Op) -> usize {
    (at + 1).saturating_add_signed(op.jump() as isize)
}

fn register(code: &Code, r: u16) -> String {
    match code.locals.get(r as usize) {
        Some(name) => format!("r{r}:{name}"),
        None => format!("r{r}"),
    }
}

fn write_operands(out: &mut String, code: &Code, labels: &BTreeMap<usize, String>, at: usize, op: Op) {
    let mut parts = Vec::new();
    let count = op.code.operands().iter().find(|(_, o)| *o == Operand::Count).map_or(0, |(f, _)| short(op, *f));
    for &(field, operand) in op.code.operands() {
        let v = short(op, field);
        parts.push(match operand {
            Operand::Jump => labels.get(&target(at, op)).cloned().unwrap_or_default(),
            Operand::Const if field == Field::bc => constant(code, op.bc()),
            Operand::Const => constant(code, u32::from(v)),
            Operand::Name if field == Field::bc => constant(code, op.bc()),
            Operand::Name => constant(code, u32::from(v)),
            Operand::Cache => cache(code, op.cx()),
            Operand::Free => code.free.get(v as usize).map_or(format!("free {v}"), |n| format!("free {n}")),
            Operand::Imm if field == Field::bc => format!("{}", op.bc() as i32),
            Operand::Imm if field == Field::x => format!("{v}"),
            Operand::Imm => format!("{}", v as i16),
            Operand::Flags if v == 0 => continue,
            Operand::Flags => format!("flags {v}"),
            Operand::Count => continue,
            Operand::MaybeRead if v == NO_REG => continue,
            Operand::ReadRange | Operand::WriteRange if count != 1 => format!("{}+{count}", register(code, v)),
            Operand::Callee | Operand::Method => format!("{}({count})", register(code, v)),
            _ => register(code, v),
        });
    }
    if let Some(extra) = code.ops.get(at + 1).filter(|e| e.code == Opcode::Extra) {
        let v = extra.bc();
        parts.push(if op.code == Opcode::CallGlobal { cache(code, v) } else { constant(code, v) });
    }
    out.push_str(&parts.join(", "));
}

fn short(op: Op, field: Field) -> u16 {
    match field {
        Field::a => op.a,
        Field::b => op.b,
        Field::c => op.c,
        Field::x => u16::from(op.x),
        Field::bc | Field::cx => 0,
    }
}

fn cache(code: &Code, i: u32) -> String {
    code.caches.get(i as usize).map_or(String::new(), |n| format!(".{n}"))
}

fn constant(code: &Code, i: u32) -> String {
    code.consts.get(i as usize).map_or(String::new(), show)
}

fn show(c: &Const) -> String {
    match c {
        Const::None => "None".into(),
        Const::True => "True".into(),
        Const::False => "False".into(),
        Const::Ellipsis => "...".into(),
        Const::Int(i) => i.to_string(),
        Const::BigInt(text) => text.to_string(),
        Const::Float(f) => format!("{f:?}"),
        Const::Complex(re, im) => format!("({re:?}+{im:?}j)"),
        Const::Str(s) => format!("{s:?}"),
        Const::Bytes(b) => format!("b{:?}", String::from_utf8_lossy(b)),
        Const::Tuple(items) => format!("({})", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Const::FrozenSet(items) => format!("{{{}}}", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Const::Code(code) => format!("<code {}>", code.qualname),
    }
}
