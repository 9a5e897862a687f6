<<<<<<< HEAD
//! Bytecode as text, for people: what `aio disasm` prints.

use super::code::{Code, CodeKind, Const};
use super::op::{Field, NO_REG, Op, Opcode, Operand};
=======
//! Code as text, for people and for the goldens.

use super::code::{Code, CodeKind, Const};
use super::op::{Field, NO_REG, Op, Opcode, Operand};
use super::verify::takes_extra;
>>>>>>> compile
use crate::source::Source;
use std::collections::BTreeMap;
use std::fmt::Write;

<<<<<<< HEAD
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
=======
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
                    let cell = if code.cells.iter().any(|&cell| usize::from(cell) == i) { " (cell)" } else { "" };
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
        self.code.caches.get(id as usize).map_or_else(|| format!("cache {id}"), |name| format!("{name} #{id}"))
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
                Operand::WriteTriple => shown.push(self.range(register, 3)),
                Operand::ReadRange if op.code == Opcode::MakeFunction => shown.push(self.range(register, 4)),
                Operand::ReadRange | Operand::WriteRange => shown.push(self.range(register, count)),
                Operand::ReadPairs => shown.push(self.range(register, count * 2)),
                Operand::Count => {}
                Operand::Callee => shown.push(format!("{}{}", self.register(register), self.range(register + 1, count))),
                Operand::Method => {
                    shown.push(format!("{}, self r{}, {}", self.register(register), register + 1, self.range(register + 2, count)));
                }
                Operand::CalleeEx => {
                    shown.push(format!("{}(*r{}, **r{})", self.register(register), register + 1, register + 2));
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
>>>>>>> compile
        Const::None => "None".into(),
        Const::True => "True".into(),
        Const::False => "False".into(),
        Const::Ellipsis => "...".into(),
<<<<<<< HEAD
        Const::Int(i) => i.to_string(),
        Const::BigInt(text) => text.to_string(),
        Const::Float(f) => format!("{f:?}"),
        Const::Complex(re, im) => format!("({re:?}+{im:?}j)"),
        Const::Str(s) => format!("{s:?}"),
        Const::Bytes(b) => format!("b{:?}", String::from_utf8_lossy(b)),
        Const::Tuple(items) => format!("({})", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Const::FrozenSet(items) => format!("{{{}}}", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        Const::Code(code) => format!("<code {}>", code.qualname),
=======
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
>>>>>>> compile
    }
}
