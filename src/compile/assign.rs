//! Assignment, deletion and unpacking.

use super::Compiler;
use super::call::is_starred;
use super::expression::{CHUNK, small_int};
use super::unit::{Reg, UnitKind};
use crate::bytecode::code::Const;
use crate::bytecode::op::{Op, Opcode};
use crate::source::Span;
use crate::syntax::ast::{BinOp, Expr, ExprKind};

impl<'a> Compiler<'a> {
    pub fn assign_statement(&mut self, targets: &'a [Expr], value: &'a Expr) {
        if let [target] = targets {
            return self.assign_expr(target, value);
        }
        let first = targets.first().and_then(|target| match &target.kind {
            ExprKind::Name(name) => self.local(name),
            _ => None,
        });
        let register = match first {
            // The local that is written first carries the value to the others, which do not write it again.
            Some(register) if !self.writes_again(&targets[1..], register) => {
                self.expr_to(value, register);
                self.unit.flow.assign(register);
                register
            }
            _ => self.expr_kept(value),
        };
        for target in targets {
            self.assign(target, register);
        }
    }

    fn writes_again(&self, targets: &[Expr], register: Reg) -> bool {
        targets.iter().any(|target| match &target.kind {
            ExprKind::Name(name) => self.local(name) == Some(register),
            ExprKind::Tuple(items) | ExprKind::List(items) => self.writes_again(items, register),
            ExprKind::Starred(inner) => self.writes_again(std::slice::from_ref(inner), register),
            _ => false,
        })
    }

    /// A value that stays while targets are assigned: never a local's own register.
    fn expr_kept(&mut self, value: &'a Expr) -> Reg {
        let register = self.unit.alloc();
        self.expr_to(value, register);
        register
    }

    /// `target = value`
    fn assign_expr(&mut self, target: &'a Expr, value: &'a Expr) {
        match &target.kind {
            ExprKind::Name(name) => {
                if let Some(register) = self.local(name) {
                    self.expr_to(value, register);
                    self.unit.flow.assign(register);
                } else {
                    let value = self.expr(value);
                    self.store_name(name, value, target.span);
                }
            }
            ExprKind::Tuple(targets) | ExprKind::List(targets) => {
                if let ExprKind::Tuple(values) | ExprKind::List(values) = &value.kind
                    && targets.len() == values.len()
                    && targets.len() <= CHUNK
                    && !targets.iter().any(is_starred)
                    && !values.iter().any(is_starred)
                {
                    return self.assign_pairwise(targets, values);
                }
                let value = self.expr(value);
                self.assign(target, value);
            }
            _ => {
                let needs_copy = self.unit.scope.has_walrus;
                let value = if needs_copy { self.expr_kept(value) } else { self.expr(value) };
                self.assign(target, value);
            }
        }
    }

    /// `a, b = b, a`: every value before any target, without a tuple between.
    fn assign_pairwise(&mut self, targets: &'a [Expr], values: &'a [Expr]) {
        let mut registers = Vec::with_capacity(values.len());
        for (i, value) in values.iter().enumerate() {
            let later: Vec<&Expr> = values[i + 1..].iter().collect();
            let mut register = self.operand(value, &later);
            // A local that an earlier target overwrites is needed as it was.
            if !self.unit.is_scratch(register)
                && (self.writes_again(&targets[..i], register) || !targets[..i].iter().all(is_name))
            {
                let copy = self.unit.alloc();
                self.move_to(copy, register, value.span);
                register = copy;
            }
            registers.push(register);
        }
        for (target, register) in targets.iter().zip(registers) {
            self.assign(target, register);
        }
    }

    /// Assigns the value in a register to a target.
    pub fn assign(&mut self, target: &'a Expr, value: Reg) {
        let span = target.span;
        let mark = self.unit.mark();
        match &target.kind {
            ExprKind::Name(name) => self.store_name(name, value, span),
            ExprKind::Attribute { value: object, attr } => {
                self.note_self_attribute(object, &attr.name);
                let object = self.expr(object);
                let attr = self.mangled(&attr.name);
                let cache = self.unit.attribute_cache(&attr);
                self.unit.emit_cx(Opcode::StoreAttr, object, value, cache, span);
            }
            ExprKind::Subscript { value: object, index } => {
                if let Some(index) = small_int(index) {
                    let object = self.expr(object);
                    let op = Op::new(Opcode::StoreItemInt, object, value, index.cast_unsigned());
                    self.unit.emit(op, span);
                } else if let ExprKind::Slice { lower, upper, step } = &index.kind {
                    let object = self.operand(object, &[index]);
                    let parts = self.slice_parts([lower, upper, step], index.span);
                    self.unit.emit(Op::new(Opcode::StoreSlice, object, parts, value), span);
                } else {
                    let object = self.operand(object, &[index]);
                    let index = self.expr(index);
                    self.unit.emit(Op::new(Opcode::StoreItem, object, index, value), span);
                }
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => self.unpack(items, value, span),
            ExprKind::Starred(inner) => self.assign(inner, value),
            // The parser lets nothing else through.
            _ => {}
        }
        self.unit.release(mark);
    }

    /// For `__static_attributes__`.
    fn note_self_attribute(&mut self, object: &Expr, attr: &str) {
        if let ExprKind::Name(name) = &object.kind
            && &**name == "self"
            && self.unit.kind == UnitKind::Function
            && let Some(attributes) = &mut self.self_attributes
        {
            attributes.insert(attr.into());
        }
    }

    fn unpack(&mut self, items: &'a [Expr], value: Reg, span: Span) {
        let count = u16::try_from(items.len()).unwrap_or(u16::MAX);
        let star = items.iter().position(is_starred);
        let base = match self.consecutive_locals(items) {
            Some(base) => base,
            None => self.unit.alloc_range(items.len()),
        };
        // An empty range still names a register.
        let base = if items.is_empty() { value } else { base };
        match star {
            None => self.unit.emit(Op::new(Opcode::Unpack, base, value, count), span),
            Some(star) => {
                let Ok(after) = u8::try_from(items.len() - star - 1) else {
                    return self.report(403, span, "too many expressions in star-unpacking assignment");
                };
                self.unit.emit(Op::new(Opcode::UnpackStar, base, value, count).with_x(after), span);
            }
        }
        for (register, item) in (base..=Reg::MAX).zip(items) {
            self.assign(item, register);
        }
    }

    /// The first register of targets that are locals in a row.
    fn consecutive_locals(&self, items: &[Expr]) -> Option<Reg> {
        let mut base = None;
        for (i, item) in items.iter().enumerate() {
            let ExprKind::Name(name) = &item.kind else { return None };
            let register = self.local(name)?;
            let first = *base.get_or_insert(register);
            if usize::from(register) != usize::from(first) + i {
                return None;
            }
        }
        base
    }

    pub fn augmented(&mut self, target: &'a Expr, op: BinOp, value: &'a Expr, span: Span) {
        match &target.kind {
            ExprKind::Name(name) => {
                if let Some(register) = self.local(name) {
                    self.unit.check_bound(register, target.span);
                    let left = self.keep(register, target.span, &[value]);
                    self.binary(register, left, op, value, true, span);
                    return;
                }
                let register = self.unit.alloc();
                self.load_name(register, name, target.span);
                self.binary(register, register, op, value, true, span);
                self.store_name(name, register, target.span);
            }
            ExprKind::Attribute { value: object, attr } => {
                let object = self.operand(object, &[value]);
                let attr = self.mangled(&attr.name);
                let register = self.unit.alloc();
                let cache = self.unit.attribute_cache(&attr);
                self.unit.emit_cx(Opcode::LoadAttr, register, object, cache, target.span);
                self.binary(register, register, op, value, true, span);
                let cache = self.unit.attribute_cache(&attr);
                self.unit.emit_cx(Opcode::StoreAttr, object, register, cache, target.span);
            }
            ExprKind::Subscript { value: object, index } => {
                let object = self.operand(object, &[index, value]);
                if let Some(index) = small_int(index) {
                    let index = index.cast_unsigned();
                    let register = self.unit.alloc();
                    self.unit.emit(Op::new(Opcode::LoadItemInt, register, object, index), target.span);
                    self.binary(register, register, op, value, true, span);
                    self.unit.emit(Op::new(Opcode::StoreItemInt, object, register, index), target.span);
                    return;
                }
                let index = self.operand(index, &[value]);
                let register = self.unit.alloc();
                self.unit.emit(Op::new(Opcode::LoadItem, register, object, index), target.span);
                self.binary(register, register, op, value, true, span);
                self.unit.emit(Op::new(Opcode::StoreItem, object, index, register), target.span);
            }
            // The parser lets nothing else through.
            _ => {}
        }
    }

    /// `target: annotation = value`
    pub fn annotated(
        &mut self,
        target: &'a Expr,
        annotation: &'a Expr,
        value: Option<&'a Expr>,
        simple: bool,
    ) {
        if let Some(value) = value {
            self.assign_expr(target, value);
        }
        match &target.kind {
            ExprKind::Name(name) if simple && self.unit.scope.has_annotations => {
                let span = annotation.span;
                let value = self.unit.mark();
                self.annotation_value(annotation);
                let dict = self.unit.alloc();
                self.load_name(dict, &"__annotations__".into(), span);
                let key = self.unit.alloc();
                let mangled = self.mangled(name);
                self.load_constant(key, Const::Str((*mangled).into()), span);
                self.unit.emit(Op::new(Opcode::StoreItem, dict, key, value), span);
                return;
            }
            ExprKind::Attribute { value: object, .. } if value.is_none() => self.effect(object),
            ExprKind::Subscript { value: object, index } if value.is_none() => {
                self.effect(object);
                self.effect(index);
            }
            _ => {}
        }
        // One that is kept nowhere is evaluated all the same, outside functions.
        let kept_out = matches!(self.unit.kind, UnitKind::Function);
        if !simple && !kept_out && !self.annotations_stay_text {
            self.effect(annotation);
        }
    }

    /// An annotation, as it is written.
    pub fn text_of(&self, annotation: &Expr) -> &str {
        let range = annotation.span.start as usize..annotation.span.end as usize;
        self.text.get(range).unwrap_or_default()
    }

    pub fn delete(&mut self, target: &'a Expr) {
        let span = target.span;
        let mark = self.unit.mark();
        match &target.kind {
            ExprKind::Name(name) => self.delete_name(name, span),
            ExprKind::Attribute { value, attr } => {
                let value = self.expr(value);
                let attr = self.mangled(&attr.name);
                let id = self.unit.name_constant(&attr);
                self.unit.emit(Op::with_bc(Opcode::DeleteAttr, value, id), span);
            }
            ExprKind::Subscript { value, index } => {
                let value = self.operand(value, &[index]);
                let index = self.expr(index);
                self.unit.emit(Op::new(Opcode::DeleteItem, value, index, 0), span);
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                for item in items {
                    self.delete(item);
                }
            }
            // The parser lets nothing else through.
            _ => {}
        }
        self.unit.release(mark);
    }
}

fn is_name(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Name(_))
}
