//! Expressions, into the register that wants the result.

use super::Compiler;
use super::constant::{fold, fold_display};
use super::unit::Reg;
use crate::bytecode::code::{CodeKind, Const};
use crate::bytecode::op::{NO_REG, Op, Opcode, UNSEEN};
use crate::source::Span;
use crate::syntax::ast::{
    BinOp, BoolOp, CmpOp, Conversion, Expr, ExprKind, FStringField, FStringPart, UnaryOp,
};

/// The most elements of a display or arguments of a call that stand in registers at once.
pub const CHUNK: usize = 250;

impl<'a> Compiler<'a> {
    /// Compiles an expression; gives the register that holds the result: a local's own, or a new temporary.
    pub fn expr(&mut self, expr: &'a Expr) -> Reg {
        if let ExprKind::Name(name) = &expr.kind
            && let Some(register) = self.local(name)
        {
            self.unit.check_bound(register, expr.span);
            return register;
        }
        if let ExprKind::Named { target, value } = &expr.kind
            && let Some(register) = self.local(&target.name)
        {
            self.expr_to(value, register);
            self.unit.flow.assign(register);
            return register;
        }
        let register = self.unit.alloc();
        self.expr_to(expr, register);
        register
    }

    /// The same, for a value that must survive what is evaluated after it.
    pub fn operand(&mut self, expr: &'a Expr, later: &[&Expr]) -> Reg {
        let register = self.expr(expr);
        self.keep(register, expr.span, later)
    }

    /// A copy of a local that something evaluated later rebinds.
    pub fn keep(&mut self, register: Reg, span: Span, later: &[&Expr]) -> Reg {
        if self.unit.scope.has_walrus
            && !self.unit.is_scratch(register)
            && later.iter().any(|later| self.rebinds(later, register))
        {
            let copy = self.unit.alloc();
            self.move_to(copy, register, span);
            return copy;
        }
        register
    }

    /// Compiles into a new temporary: the next argument or element.
    pub fn expr_next(&mut self, expr: &'a Expr) -> Reg {
        let register = self.unit.alloc();
        self.expr_to(expr, register);
        register
    }

    /// Compiles an expression whose left part may use `dest` meanwhile.
    fn operand_in(&mut self, expr: &'a Expr, dest: Reg, later: &[&Expr]) -> Reg {
        let is_local = match &expr.kind {
            ExprKind::Name(name) => self.local(name).is_some(),
            ExprKind::Named { target, .. } => self.local(&target.name).is_some(),
            _ => false,
        };
        if is_local || !self.unit.is_scratch(dest) {
            return self.operand(expr, later);
        }
        self.expr_to(expr, dest);
        dest
    }

    /// Compiles for the effect only.
    pub fn effect(&mut self, expr: &'a Expr) {
        let mark = self.unit.mark();
        self.expr(expr);
        self.unit.release(mark);
    }

    /// Compiles an expression into a register.
    pub fn expr_to(&mut self, expr: &'a Expr, dest: Reg) {
        let span = expr.span;
        if let Some(value) = fold(expr) {
            self.load_constant(dest, value, span);
            return;
        }
        let mark = self.unit.mark();
        match &expr.kind {
            ExprKind::Name(name) => self.load_name(dest, name, span),
            ExprKind::FString(parts) => self.fstring(parts, dest, span),
            ExprKind::Tuple(items) => self.tuple(items, dest, span),
            ExprKind::List(items) => self.list(items, dest, span),
            ExprKind::Set(items) => self.set(items, dest, span),
            ExprKind::Dict(items) => self.dict(items, dest, span),
            ExprKind::ListComp(comp) => self.comprehension(comp, Opcode::BuildList, dest, span),
            ExprKind::SetComp(comp) => self.comprehension(comp, Opcode::BuildSet, dest, span),
            ExprKind::DictComp(comp) => self.comprehension(comp, Opcode::BuildDict, dest, span),
            ExprKind::GeneratorExp(comp) => self.generator_expression(comp, dest, span),
            ExprKind::Unary { op, operand } => {
                let operand = self.operand_in(operand, dest, &[]);
                let code = match op {
                    UnaryOp::Not => Opcode::Not,
                    UnaryOp::Neg => Opcode::Neg,
                    UnaryOp::Pos => Opcode::Pos,
                    UnaryOp::Invert => Opcode::Invert,
                };
                self.unit.emit(Op::new(code, dest, operand, 0), span);
            }
            ExprKind::Binary { left, op: BinOp::Add, right }
                if self.product_plus(left, right, dest, span) => {}
            ExprKind::Binary { left, op, right } => {
                let left = self.operand_in(left, dest, &[right]);
                self.binary(dest, left, *op, right, false, span);
            }
            ExprKind::BoolOp { op, values } => self.bool_op(*op, values, dest, span),
            ExprKind::Compare { left, rest } => self.compare(left, rest, dest, span),
            ExprKind::Conditional { test, body, orelse } => {
                let (other, end) = (self.unit.label(), self.unit.label());
                self.jump_if(test, false, other);
                self.expr_to(body, dest);
                self.unit.jump(end, span);
                self.unit.bind(other);
                self.expr_to(orelse, dest);
                self.unit.bind(end);
            }
            ExprKind::Named { target, value } => {
                if let Some(register) = self.local(&target.name) {
                    self.expr_to(value, register);
                    self.unit.flow.assign(register);
                    self.move_to(dest, register, span);
                } else {
                    self.expr_to(value, dest);
                    self.store_name(&target.name, dest, target.span);
                }
            }
            ExprKind::Lambda(lambda) => self.lambda(lambda, dest, span),
            ExprKind::Call { func, args } => self.call(func, args, dest, span),
            ExprKind::Attribute { value, attr } => {
                let value = self.operand_in(value, dest, &[]);
                let attr = self.mangled(&attr.name);
                let cache = self.unit.attribute_cache(&attr);
                self.unit.emit_cx(Opcode::LoadAttr, dest, value, cache, span);
            }
            ExprKind::Subscript { value, index } => {
                let value = self.operand_in(value, dest, &[index]);
                if let Some(index) = small_int(index) {
                    self.unit.emit(Op::new(Opcode::LoadItemInt, dest, value, index.cast_unsigned()), span);
                } else if let ExprKind::Slice { lower, upper, step } = &index.kind {
                    let parts = self.slice_parts([lower, upper, step], index.span);
                    self.unit.emit(Op::new(Opcode::LoadSlice, dest, value, parts), span);
                } else {
                    let index = self.expr(index);
                    self.unit.emit(Op::new(Opcode::LoadItem, dest, value, index), span);
                }
            }
            ExprKind::Slice { lower, upper, step } => {
                let base = self.slice_parts([lower, upper, step], span);
                self.unit.emit(Op::new(Opcode::BuildSlice, dest, base, 3), span);
            }
            ExprKind::Await(value) => {
                let value = self.operand_in(value, dest, &[]);
                self.await_value(dest, value, 0, span);
            }
            ExprKind::Yield(value) => {
                let source = if let Some(value) = value {
                    self.expr(value)
                } else {
                    let register = self.unit.alloc();
                    self.unit.emit(Op::new(Opcode::LoadNone, register, 0, 0), span);
                    register
                };
                self.emit_yield(dest, source, span);
            }
            ExprKind::YieldFrom(value) => {
                let value = self.expr(value);
                let iterator = self.unit.alloc();
                self.unit.emit(Op::new(Opcode::GetYieldFrom, iterator, value, 0), span);
                self.unit.emit(Op::new(Opcode::Await, dest, iterator, 0), span);
            }
            ExprKind::Starred(value) => self.expr_to(value, dest),
            // Constants were folded; an error has its diagnostic.
            ExprKind::None
            | ExprKind::True
            | ExprKind::False
            | ExprKind::Ellipsis
            | ExprKind::Int(_)
            | ExprKind::BigInt(_)
            | ExprKind::Float(_)
            | ExprKind::Imaginary(_)
            | ExprKind::Str(_)
            | ExprKind::Bytes(_)
            | ExprKind::Error => self.unit.emit(Op::new(Opcode::LoadNone, dest, 0, 0), span),
        }
        self.unit.release(mark);
    }

    /// Awaits the value in a register; `how` says who asked (see `GetAwaitable`).
    pub fn await_value(&mut self, dest: Reg, value: Reg, how: u8, span: Span) {
        let mark = self.unit.mark();
        let awaitable = self.unit.alloc();
        let unseen = if self.unit.is_local(value) { 0 } else { UNSEEN };
        self.unit.emit(Op::new(Opcode::GetAwaitable, awaitable, value, 0).with_x(how | unseen), span);
        self.unit.emit(Op::new(Opcode::Await, dest, awaitable, 0), span);
        self.unit.release(mark);
    }

    pub fn emit_yield(&mut self, dest: Reg, value: Reg, span: Span) {
        let x = u8::from(self.unit.code_kind == CodeKind::AsyncGenerator);
        self.unit.emit(Op::new(Opcode::Yield, dest, value, 0).with_x(x), span);
    }

    /// `left op right` with the left side evaluated.
    pub fn binary(&mut self, dest: Reg, left: Reg, op: BinOp, right: &'a Expr, augmented: bool, span: Span) {
        let x = u8::from(augmented);
        if let Some(value) = small_int(right) {
            match op {
                BinOp::Add => {
                    let op = Op::new(Opcode::AddInt, dest, left, value.cast_unsigned()).with_x(x);
                    return self.unit.emit(op, span);
                }
                BinOp::Sub if value != i16::MIN => {
                    let op = Op::new(Opcode::AddInt, dest, left, (-value).cast_unsigned()).with_x(x | 2);
                    return self.unit.emit(op, span);
                }
                BinOp::Mod if value > 0 => {
                    let op = Op::new(Opcode::ModInt, dest, left, value.cast_unsigned()).with_x(x);
                    return self.unit.emit(op, span);
                }
                _ => {}
            }
        }
        if let (BinOp::Add | BinOp::Sub, Some(product)) = (op, product(right)) {
            let code = if op == BinOp::Add { Opcode::MulAdd } else { Opcode::MulSub };
            let [b, c] = self.factors(product);
            return self.multiply(Op::new(code, dest, b, c).with_x(x), left, right.span, span);
        }
        let right = self.expr(right);
        self.unit.emit(Op::new(binary_opcode(op), dest, left, right).with_x(x), span);
    }

    fn factors(&mut self, (left, right): (&'a Expr, &'a Expr)) -> [Reg; 2] {
        [self.operand(left, &[right]), self.expr(right)]
    }

    /// Emits a product that is added to what is in a register, or taken from it. The second of its ops stands for the sum.
    fn multiply(&mut self, op: Op, other: Reg, product: Span, sum: Span) {
        self.unit.emit(op, product);
        self.unit.emit(Op::with_bc(Opcode::Extra, 0, u32::from(other)), sum);
    }

    /// `a * b + c` where nobody can tell whether `c` is evaluated before the product is made.
    fn product_plus(&mut self, left: &'a Expr, right: &'a Expr, dest: Reg, span: Span) -> bool {
        let Some(product) = product(left) else { return false };
        let simple = match &right.kind {
            ExprKind::Name(name) => self.local(name).is_some_and(|local| self.unit.flow.is_assigned(local)),
            _ => small_int(right).is_none() && fold(right).is_some(),
        };
        if simple {
            let [b, c] = self.factors(product);
            let right = self.expr(right);
            self.multiply(Op::new(Opcode::MulAdd, dest, b, c).with_x(2), right, left.span, span);
        }
        simple
    }

    fn bool_op(&mut self, op: BoolOp, values: &'a [Expr], dest: Reg, span: Span) {
        let result = if self.unit.is_scratch(dest) { dest } else { self.unit.alloc() };
        let end = self.unit.label();
        let code = match op {
            BoolOp::And => Opcode::JumpIfFalse,
            BoolOp::Or => Opcode::JumpIfTrue,
        };
        for (i, value) in values.iter().enumerate() {
            self.expr_to(value, result);
            if i + 1 < values.len() {
                self.unit.emit_jump(Op::new(code, result, 0, 0), end, value.span);
            }
        }
        self.unit.bind(end);
        self.move_to(dest, result, span);
    }

    fn compare(&mut self, left: &'a Expr, rest: &'a [(CmpOp, Expr)], dest: Reg, span: Span) {
        if let [(op, right)] = rest {
            let left = self.operand_in(left, dest, &[right]);
            let right = self.right_operand(*op, right);
            self.unit.emit(Op::new(compare_opcode(*op), dest, left, right), span);
            return;
        }
        let result = if self.unit.is_scratch(dest) { dest } else { self.unit.alloc() };
        let end = self.unit.label();
        let mut later: Vec<&Expr> = rest.iter().map(|(_, right)| right).collect();
        let mut left = self.operand(left, &later);
        for (i, (op, right)) in rest.iter().enumerate() {
            later.remove(0);
            let right =
                if later.is_empty() { self.right_operand(*op, right) } else { self.operand(right, &later) };
            self.unit.emit(Op::new(compare_opcode(*op), result, left, right), span);
            if i + 1 < rest.len() {
                self.unit.emit_jump(Op::new(Opcode::JumpIfFalse, result, 0, 0), end, span);
            }
            left = right;
        }
        self.unit.bind(end);
        self.move_to(dest, result, span);
    }

    /// What stands after a comparison's operator; a display after `in` becomes a constant if it can.
    pub fn right_operand(&mut self, op: CmpOp, right: &'a Expr) -> Reg {
        if matches!(op, CmpOp::In | CmpOp::NotIn)
            && let Some(value) = fold_display(right)
        {
            let register = self.unit.alloc();
            self.load_constant(register, value, right.span);
            return register;
        }
        self.expr(right)
    }

    /// The bounds and the step of a slice, in three registers from the one given.
    pub fn slice_parts(&mut self, parts: [&'a Option<Box<Expr>>; 3], span: Span) -> Reg {
        let base = self.unit.mark();
        for part in parts {
            let register = self.unit.alloc();
            match part {
                Some(part) => self.expr_to(part, register),
                None => self.unit.emit(Op::new(Opcode::LoadNone, register, 0, 0), span),
            }
        }
        base
    }

    fn fstring(&mut self, parts: &'a [FStringPart], dest: Reg, span: Span) {
        match parts {
            [] => self.load_constant(dest, Const::Str("".into()), span),
            [FStringPart::Literal(text)] => self.load_constant(dest, Const::Str((**text).into()), span),
            [FStringPart::Field(field)] => self.fstring_field(field, dest, 0),
            parts => {
                let base = self.unit.mark();
                for part in parts {
                    if usize::from(self.unit.mark() - base) >= CHUNK {
                        self.join_strings(base, base, span);
                        self.unit.release(base + 1);
                    }
                    let register = self.unit.alloc();
                    match part {
                        FStringPart::Literal(text) => {
                            self.load_constant(register, Const::Str((**text).into()), span);
                        }
                        FStringPart::Field(field) => self.fstring_field(field, register, 4),
                    }
                }
                self.join_strings(dest, base, span);
            }
        }
    }

    /// Joins the strings in the registers from `base` to the top.
    fn join_strings(&mut self, dest: Reg, base: Reg, span: Span) {
        let count = self.unit.mark() - base;
        self.unit.emit(Op::new(Opcode::BuildString, dest, base, count), span);
    }

    /// `plain` is how a value without conversion and format is asked for.
    fn fstring_field(&mut self, field: &'a FStringField, dest: Reg, plain: u8) {
        let mark = self.unit.mark();
        let conversion = match field.conversion {
            None if field.spec.is_empty() => plain,
            None => 0,
            Some(Conversion::Str) => 1,
            Some(Conversion::Repr) => 2,
            Some(Conversion::Ascii) => 3,
        };
        // A nested field of the format may rebind the value's name.
        let mut value = self.expr(&field.value);
        let mut spec = NO_REG;
        if !field.spec.is_empty() {
            if self.unit.scope.has_walrus && !self.unit.is_scratch(value) {
                let copy = self.unit.alloc();
                self.move_to(copy, value, field.value.span);
                value = copy;
            }
            spec = self.unit.alloc();
            self.fstring(&field.spec, spec, field.span);
        }
        self.unit.emit(Op::new(Opcode::FormatValue, dest, value, spec).with_x(conversion), field.span);
        self.unit.release(mark);
    }

    /// Whether evaluating an expression may give a register's local another value: a walrus does.
    pub fn rebinds(&self, expr: &Expr, register: Reg) -> bool {
        let mut found = false;
        crate::syntax::visit::walruses(expr, &mut |target| found |= self.local(target) == Some(register));
        found
    }
}

/// The factors of a product that is not known at compile time.
fn product(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match &expr.kind {
        ExprKind::Binary { left, op: BinOp::Mul, right } if fold(expr).is_none() => Some((left, right)),
        _ => None,
    }
}

pub fn binary_opcode(op: BinOp) -> Opcode {
    match op {
        BinOp::Add => Opcode::Add,
        BinOp::Sub => Opcode::Sub,
        BinOp::Mul => Opcode::Mul,
        BinOp::MatMul => Opcode::MatMul,
        BinOp::Div => Opcode::Div,
        BinOp::FloorDiv => Opcode::FloorDiv,
        BinOp::Mod => Opcode::Mod,
        BinOp::Pow => Opcode::Pow,
        BinOp::LShift => Opcode::LShift,
        BinOp::RShift => Opcode::RShift,
        BinOp::BitAnd => Opcode::BitAnd,
        BinOp::BitOr => Opcode::BitOr,
        BinOp::BitXor => Opcode::BitXor,
    }
}

pub fn compare_opcode(op: CmpOp) -> Opcode {
    match op {
        CmpOp::Lt => Opcode::Lt,
        CmpOp::Le => Opcode::Le,
        CmpOp::Gt => Opcode::Gt,
        CmpOp::Ge => Opcode::Ge,
        CmpOp::Eq => Opcode::Eq,
        CmpOp::Ne => Opcode::Ne,
        CmpOp::Is => Opcode::Is,
        CmpOp::IsNot => Opcode::IsNot,
        CmpOp::In => Opcode::In,
        CmpOp::NotIn => Opcode::NotIn,
    }
}

/// A constant integer that fits an immediate operand.
pub fn small_int(expr: &Expr) -> Option<i16> {
    match fold(expr)? {
        Const::Int(value) => i16::try_from(value).ok(),
        _ => None,
    }
}
