//! `match`: each case is tests that jump to the next one. Names are bound only when the whole pattern has matched.

use super::Compiler;
use super::expression::small_int;
use super::unit::{Label, Reg};
use crate::bytecode::code::Const;
use crate::bytecode::op::{Op, Opcode};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Ident, MatchCase, Pattern, PatternKind};

/// The names that a pattern binds, with the registers that hold their values meanwhile.
type Captures<'a> = Vec<(&'a Ident, Reg)>;

impl<'a> Compiler<'a> {
    pub fn match_statement(&mut self, subject: &'a Expr, cases: &'a [MatchCase], span: Span) {
        let value = self.expr_next(subject);
        let end = self.unit.label();
        for case in cases {
            let mark = self.unit.mark();
            let next = self.unit.label();
            let mut captures = Vec::new();
            self.pattern(&case.pattern, value, next, &mut captures);
            for (name, register) in captures {
                self.store_name(&name.name, register, name.span);
            }
            if let Some(guard) = &case.guard {
                self.jump_if(guard, false, next);
            }
            self.unit.release(mark);
            self.body(&case.body);
            self.unit.jump(end, span);
            self.unit.bind(next);
        }
        self.unit.bind(end);
    }

    /// Jumps to `fail` unless the value matches. The registers it takes stay taken until the case is done.
    fn pattern(&mut self, pattern: &'a Pattern, value: Reg, fail: Label, captures: &mut Captures<'a>) {
        let span = pattern.span;
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Star(None) => {}
            PatternKind::Capture(name) | PatternKind::Star(Some(name)) => captures.push((name, value)),
            PatternKind::Value(expected) => {
                if let Some(expected) = small_int(expected) {
                    let op = Op::new(Opcode::JumpIfNotEqInt, value, expected.cast_unsigned(), 0);
                    return self.unit.emit_jump(op, fail, span);
                }
                let mark = self.unit.mark();
                let expected = self.expr(expected);
                self.unit.emit_jump(Op::new(Opcode::JumpIfNotEq, value, expected, 0), fail, span);
                self.unit.release(mark);
            }
            PatternKind::Singleton(expected) => self.singleton(expected, value, fail, span),
            PatternKind::Sequence(items) => self.sequence_pattern(items, value, fail, captures, span),
            PatternKind::Mapping { items, rest } => {
                self.mapping_pattern(items, rest.as_ref(), value, fail, captures, span);
            }
            PatternKind::Class { class, positional, keywords } => {
                self.class_pattern(class, positional, keywords, value, fail, captures, span);
            }
            PatternKind::Or(alternatives) => self.alternatives(alternatives, value, fail, captures, span),
            PatternKind::As { pattern, name } => {
                self.pattern(pattern, value, fail, captures);
                captures.push((name, value));
            }
        }
    }

    fn singleton(&mut self, expected: &'a Expr, value: Reg, fail: Label, span: Span) {
        if matches!(expected.kind, ExprKind::None) {
            return self.unit.emit_jump(Op::new(Opcode::JumpIfNotNone, value, 0, 0), fail, span);
        }
        let mark = self.unit.mark();
        let expected = self.expr(expected);
        let same = self.unit.alloc();
        self.unit.emit(Op::new(Opcode::Is, same, value, expected), span);
        self.jump_on(same, false, fail, span);
        self.unit.release(mark);
    }

    /// Fails unless `test` of the value is true.
    fn test_kind(&mut self, test: Opcode, value: Reg, fail: Label, span: Span) {
        let mark = self.unit.mark();
        let result = self.unit.alloc();
        self.unit.emit(Op::new(test, result, value, 0), span);
        self.jump_on(result, false, fail, span);
        self.unit.release(mark);
    }

    /// Fails if `jump` (a comparison with an integer that jumps when it does not hold) says so of the length.
    fn test_length(&mut self, jump: Opcode, length: usize, value: Reg, fail: Label, span: Span) {
        let mark = self.unit.mark();
        let register = self.unit.alloc();
        self.unit.emit(Op::new(Opcode::GetLen, register, value, 0), span);
        let Ok(length) = i16::try_from(length) else {
            self.unit.too_large = true;
            return;
        };
        self.unit.emit_jump(Op::new(jump, register, length.cast_unsigned(), 0), fail, span);
        self.unit.release(mark);
    }

    fn sequence_pattern(
        &mut self,
        items: &'a [Pattern],
        value: Reg,
        fail: Label,
        captures: &mut Captures<'a>,
        span: Span,
    ) {
        self.test_kind(Opcode::MatchSequence, value, fail, span);
        let star = items.iter().position(|item| matches!(item.kind, PatternKind::Star(_)));
        match star {
            None => self.test_length(Opcode::JumpIfNotEqInt, items.len(), value, fail, span),
            Some(_) if items.len() > 1 => {
                self.test_length(Opcode::JumpIfNotGeInt, items.len() - 1, value, fail, span);
            }
            Some(_) => {}
        }
        if items.iter().all(is_wild) {
            return;
        }
        let count = u16::try_from(items.len()).unwrap_or(u16::MAX);
        if let Some(star) = star
            && is_wild(&items[star])
        {
            return self.items_without_rest(items, star, value, fail, captures, span);
        }
        let base = self.unit.alloc_range(items.len());
        match star {
            None => self.unit.emit(Op::new(Opcode::Unpack, base, value, count), span),
            Some(star) => {
                let Ok(after) = u8::try_from(items.len() - star - 1) else {
                    return self.report(403, span, "too many expressions in star-unpacking sequence pattern");
                };
                self.unit.emit(Op::new(Opcode::UnpackStar, base, value, count).with_x(after), span);
            }
        }
        for (register, item) in (base..=Reg::MAX).zip(items) {
            self.pattern(item, register, fail, captures);
        }
    }

    /// `[a, *_, z]`: nobody wants the rest, so the items are fetched one by one.
    fn items_without_rest(
        &mut self,
        items: &'a [Pattern],
        star: usize,
        value: Reg,
        fail: Label,
        captures: &mut Captures<'a>,
        span: Span,
    ) {
        for (i, item) in items.iter().enumerate().filter(|(_, item)| !is_wild(item)) {
            let offset = if i < star { i } else { items.len() - i };
            let Ok(offset) = i16::try_from(offset) else {
                self.unit.too_large = true;
                return;
            };
            let register = self.unit.alloc();
            if i < star {
                self.unit.emit(Op::new(Opcode::LoadItemInt, register, value, offset.cast_unsigned()), span);
            } else {
                // Not every sequence takes negative indices.
                self.unit.emit(Op::new(Opcode::GetLen, register, value, 0), span);
                let op = Op::new(Opcode::AddInt, register, register, (-offset).cast_unsigned()).with_x(2);
                self.unit.emit(op, span);
                self.unit.emit(Op::new(Opcode::LoadItem, register, value, register), span);
            }
            self.pattern(item, register, fail, captures);
        }
    }

    fn mapping_pattern(
        &mut self,
        items: &'a [(Expr, Pattern)],
        rest: Option<&'a Ident>,
        value: Reg,
        fail: Label,
        captures: &mut Captures<'a>,
        span: Span,
    ) {
        self.test_kind(Opcode::MatchMapping, value, fail, span);
        let keys = self.unit.alloc();
        if !items.is_empty() {
            self.test_length(Opcode::JumpIfNotGeInt, items.len(), value, fail, span);
            let base = self.unit.mark();
            for (key, _) in items {
                self.expr_next(key);
            }
            let count = u16::try_from(items.len()).unwrap_or(u16::MAX);
            self.unit.emit(Op::new(Opcode::BuildTuple, keys, base, count), span);
            self.unit.release(base);
            let found = self.unit.alloc();
            self.unit.emit(Op::new(Opcode::MatchKeys, found, value, keys), span);
            self.unit.emit_jump(Op::new(Opcode::JumpIfNone, found, 0, 0), fail, span);
            let values = self.unit.alloc_range(items.len());
            self.unit.emit(Op::new(Opcode::Unpack, values, found, count), span);
            for (register, (_, item)) in (values..=Reg::MAX).zip(items) {
                self.pattern(item, register, fail, captures);
            }
        }
        let Some(rest) = rest else { return };
        let dict = self.unit.alloc();
        self.unit.emit(Op::new(Opcode::BuildDict, dict, dict, 0), span);
        self.unit.emit(Op::new(Opcode::DictUpdate, dict, value, 0), span);
        if !items.is_empty() {
            let mark = self.unit.mark();
            let base = self.unit.alloc_range(items.len());
            let count = u16::try_from(items.len()).unwrap_or(u16::MAX);
            self.unit.emit(Op::new(Opcode::Unpack, base, keys, count), span);
            for key in base..base.saturating_add(count) {
                self.unit.emit(Op::new(Opcode::DeleteItem, dict, key, 0), span);
            }
            self.unit.release(mark);
        }
        captures.push((rest, dict));
    }

    #[expect(clippy::too_many_arguments, reason = "a class pattern has that many parts")]
    fn class_pattern(
        &mut self,
        class: &'a Expr,
        positional: &'a [Pattern],
        keywords: &'a [(Ident, Pattern)],
        value: Reg,
        fail: Label,
        captures: &mut Captures<'a>,
        span: Span,
    ) {
        let Ok(count) = u8::try_from(positional.len()) else {
            return self.report(403, span, "too many sub-patterns in class pattern");
        };
        let names: Vec<Const> = keywords.iter().map(|(name, _)| Const::Str((*name.name).into())).collect();
        let total = positional.len() + names.len();
        let id = self.unit.constant(Const::Tuple(names));
        let found = self.unit.alloc();
        let mark = self.unit.mark();
        let class = self.expr(class);
        self.unit.release(mark);
        self.unit.emit(Op::new(Opcode::MatchClass, found, value, class).with_x(count), span);
        self.unit.emit(Op::with_bc(Opcode::Extra, 0, id), span);
        self.unit.emit_jump(Op::new(Opcode::JumpIfNone, found, 0, 0), fail, span);
        let items: Vec<&'a Pattern> =
            positional.iter().chain(keywords.iter().map(|(_, item)| item)).collect();
        if items.iter().all(|item| is_wild(item)) {
            return;
        }
        let base = self.unit.alloc_range(total);
        let count = u16::try_from(total).unwrap_or(u16::MAX);
        self.unit.emit(Op::new(Opcode::Unpack, base, found, count), span);
        for (register, item) in (base..=Reg::MAX).zip(items) {
            self.pattern(item, register, fail, captures);
        }
    }

    /// Whichever alternative matches, its names end in the registers of the first one's.
    fn alternatives(
        &mut self,
        alternatives: &'a [Pattern],
        value: Reg,
        fail: Label,
        captures: &mut Captures<'a>,
        span: Span,
    ) {
        let mut names = Vec::new();
        if let Some(first) = alternatives.first() {
            captured(first, &mut names);
        }
        let base = self.unit.alloc_range(names.len());
        let matched = self.unit.label();
        for (i, alternative) in alternatives.iter().enumerate() {
            let is_last = i + 1 == alternatives.len();
            let next = if is_last { fail } else { self.unit.label() };
            let mut own = Vec::new();
            let mark = self.unit.mark();
            self.pattern(alternative, value, next, &mut own);
            for (register, name) in (base..=Reg::MAX).zip(&names) {
                if let Some((_, source)) = own.iter().find(|(found, _)| found.name == name.name) {
                    self.move_to(register, *source, span);
                }
            }
            self.unit.release(mark);
            if !is_last {
                self.unit.jump(matched, span);
                self.unit.bind(next);
            }
        }
        self.unit.bind(matched);
        captures.extend(names.into_iter().zip(base..=Reg::MAX));
    }
}

/// Whether a pattern looks at nothing and binds nothing.
fn is_wild(pattern: &Pattern) -> bool {
    matches!(pattern.kind, PatternKind::Wildcard | PatternKind::Star(None))
}

/// The names that a pattern binds, in the order of binding.
fn captured<'a>(pattern: &'a Pattern, names: &mut Vec<&'a Ident>) {
    match &pattern.kind {
        PatternKind::Capture(name) | PatternKind::Star(Some(name)) => names.push(name),
        PatternKind::Wildcard
        | PatternKind::Star(None)
        | PatternKind::Value(_)
        | PatternKind::Singleton(_) => {}
        PatternKind::Sequence(items) => {
            for item in items {
                captured(item, names);
            }
        }
        PatternKind::Mapping { items, rest } => {
            for (_, item) in items {
                captured(item, names);
            }
            names.extend(rest);
        }
        PatternKind::Class { positional, keywords, .. } => {
            for item in positional {
                captured(item, names);
            }
            for (_, item) in keywords {
                captured(item, names);
            }
        }
        PatternKind::Or(alternatives) => {
            if let Some(first) = alternatives.first() {
                captured(first, names);
            }
        }
        PatternKind::As { pattern, name } => {
            captured(pattern, names);
            names.push(name);
        }
    }
}
