//! The end of a code: the prologue is put before its ops, labels become distances.

use super::{Reg, Unit, index};
use crate::bytecode::code::{Code, CodeKind, Handler, Handling};
use crate::bytecode::fused::fused;
use crate::bytecode::op::{MAX_JUMP, Op, Opcode};
use crate::source::{SourceId, Span};
use crate::text::maps::HashMap;

impl Unit<'_> {
    /// What runs before everything else: unbound locals are marked so, cells are made.
    fn prologue(&self) -> Vec<Op> {
        let mut ops = Vec::new();
        let params = self.signature.registers();
        let zeroed = self.code_kind != CodeKind::Plain;
        // Whoever reads locals by name sees the comprehension targets too.
        let end = if self.scope.reads_locals { self.first_temp } else { self.own_locals };
        let must_clear = |register: Reg| {
            register >= self.own_locals
                || self.needs_clear.contains(register)
                || self.cells.contains(&register)
        };
        let mut register = params;
        while !zeroed && register < end {
            let start = register;
            while register < end && must_clear(register) {
                register += 1;
            }
            match register - start {
                0 => register += 1,
                1 => ops.push(Op::new(Opcode::Clear, start, 0, 0)),
                count => ops.push(Op::new(Opcode::ClearRange, start, count, 0)),
            }
        }
        ops.extend(
            self.cells.iter().filter(|&&r| r < self.own_locals).map(|&r| Op::new(Opcode::MakeCell, r, 0, 0)),
        );
        ops
    }

    /// Where a jump ends that lands on a jump.
    fn follow(mut target: usize, jumps: &HashMap<usize, usize>) -> usize {
        // Loops of jumps exist: `while True: pass`.
        for _ in 0..8 {
            match jumps.get(&target) {
                Some(&next) => target = next,
                None => break,
            }
        }
        target
    }

    pub fn finish(mut self, source: SourceId) -> (Code, bool, bool) {
        let prologue = self.prologue();
        let shift = prologue.len();
        let jump_targets: HashMap<usize, usize> = self
            .jumps
            .iter()
            .filter(|(at, _)| self.ops[*at].code == Opcode::Jump)
            .filter_map(|&(at, label)| Some((at, self.labels[label.0].at?)))
            .collect();
        for &(at, label) in &self.jumps {
            let target = Self::follow(self.labels[label.0].at.unwrap_or(at), &jump_targets);
            let distance = i64::try_from(target).unwrap_or(0) - i64::try_from(at).unwrap_or(0) - 1;
            let op = self.ops[at];
            let distance = i32::try_from(distance).ok().filter(|d| d.abs() <= MAX_JUMP);
            self.too_large |= distance.is_none();
            self.ops[at] = Op::with_cx(op.code, op.a, op.b, distance.unwrap_or(0));
        }
        let mut ops = prologue;
        let mut spans = vec![Span::new(self.span.start, self.span.start); shift];
        ops.append(&mut self.ops);
        spans.append(&mut self.spans);
        for at in 0..ops.len() {
            if let Some(code) = fused(&ops[at..]) {
                ops[at].code = code;
            }
        }
        let labels = &self.labels;
        let handlers = self.handlers.iter().map(|h| Handler {
            start: index(h.start + shift),
            end: index(h.end + shift),
            target: index(labels[h.target.0].at.unwrap_or(0) + shift),
            register: h.register,
        });
        let moved =
            |h: &Handling| Handling { start: h.start + index(shift), end: h.end + index(shift), ..*h };
        let code = Code {
            name: self.name,
            qualname: self.qualname,
            doc: self.doc,
            source,
            span: self.span,
            kind: self.code_kind,
            signature: self.signature,
            registers: self.registers,
            handlers: handlers.collect(),
            handling: self.handling.iter().map(moved).collect(),
            ops,
            spans,
            consts: self.consts,
            caches: self.caches,
            locals: self.local_names.iter().map(|name| (**name).into()).collect(),
            cells: self.cells,
            free: self.scope.free.iter().map(|name| (**name).into()).collect(),
        };
        (code, self.too_large, self.too_many_registers)
    }
}
