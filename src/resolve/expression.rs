//! The walk over expressions and assignment targets.

use super::collect::Collector;
use super::scope::{CompKind, ScopeKind};
use crate::source::Span;
use crate::syntax::ast::{Arg, Comp, Expr, ExprKind, FStringPart, Lambda};
use crate::text::maps::HashSet;

impl Collector {
    pub fn expression(&mut self, expr: &Expr) {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Name(name) => self.use_name(name),
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
            | ExprKind::Error => {}
            ExprKind::FString(parts) => self.fstring(parts),
            ExprKind::Tuple(items) | ExprKind::List(items) | ExprKind::Set(items) => {
                for item in items {
                    self.element(item);
                }
            }
            ExprKind::Dict(items) => {
                for (key, value) in items {
                    self.optional(key.as_ref());
                    self.expression(value);
                }
            }
            ExprKind::ListComp(comp) => {
                self.comprehension(span, comp, ScopeKind::Comprehension(CompKind::List));
            }
            ExprKind::SetComp(comp) => {
                self.comprehension(span, comp, ScopeKind::Comprehension(CompKind::Set));
            }
            ExprKind::DictComp(comp) => {
                self.comprehension(span, comp, ScopeKind::Comprehension(CompKind::Dict));
            }
            ExprKind::GeneratorExp(comp) => self.comprehension(span, comp, ScopeKind::Generator),
            ExprKind::Unary { operand, .. } => self.expression(operand),
            ExprKind::Binary { left, right, .. } => {
                self.expression(left);
                self.expression(right);
            }
            ExprKind::BoolOp { values, .. } => {
                for value in values {
                    self.expression(value);
                }
            }
            ExprKind::Compare { left, rest } => {
                self.expression(left);
                for (_, right) in rest {
                    self.expression(right);
                }
            }
            ExprKind::Conditional { test, body, orelse } => {
                self.expression(test);
                self.expression(body);
                self.expression(orelse);
            }
            ExprKind::Named { target, value } => {
                self.expression(value);
                self.walrus(target, span);
            }
            ExprKind::Lambda(lambda) => self.lambda(span, lambda),
            ExprKind::Call { func, args } => {
                self.expression(func);
                self.arguments(args);
            }
            ExprKind::Attribute { value, .. } => self.expression(value),
            ExprKind::Subscript { value, index } => {
                self.expression(value);
                self.expression(index);
            }
            ExprKind::Slice { lower, upper, step } => {
                self.optional(lower.as_deref());
                self.optional(upper.as_deref());
                self.optional(step.as_deref());
            }
            ExprKind::Starred(value) => {
                self.report(326, span, "can't use starred expression here");
                self.expression(value);
            }
            ExprKind::Await(value) => {
                self.awaits(span, "await");
                self.expression(value);
            }
            ExprKind::Yield(value) => {
                self.yields(span, "yield");
                self.optional(value.as_deref());
            }
            ExprKind::YieldFrom(value) => {
                self.yields(span, "yield from");
                self.expression(value);
            }
        }
    }

    /// A part of a display, where a star may stand.
    fn element(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Starred(value) => self.expression(value),
            _ => self.expression(expr),
        }
    }

    pub fn arguments(&mut self, args: &[Arg]) {
        let mut names = HashSet::default();
        for arg in args {
            match arg {
                Arg::Positional(value) | Arg::Star(value) | Arg::DoubleStar(value) => self.expression(value),
                Arg::Keyword(name, value) => {
                    let span = name.span.to(value.span);
                    self.check_debug(&name.name, span);
                    if !names.insert(name.name.clone()) {
                        self.report(318, span, format!("keyword argument repeated: {}", name.name));
                    }
                    self.expression(value);
                }
            }
        }
    }

    fn fstring(&mut self, parts: &[FStringPart]) {
        for part in parts {
            if let FStringPart::Field(field) = part {
                self.expression(&field.value);
                self.fstring(&field.spec);
            }
        }
    }

    fn lambda(&mut self, span: Span, lambda: &Lambda) {
        self.defaults(&lambda.params);
        self.inside(lambda.scope, ScopeKind::Lambda, span, |this| {
            this.params(&lambda.params);
            this.expression(&lambda.body);
        });
    }

    fn yields(&mut self, span: Span, what: &str) {
        match self.kind() {
            ScopeKind::Function { is_async } => {
                self.table().scope.has_yield = true;
                if is_async && what == "yield from" {
                    self.report(314, span, "'yield from' inside async function")
                        .help("write: async for item in source: yield item");
                }
            }
            ScopeKind::Lambda => self.table().scope.has_yield = true,
            ScopeKind::Comprehension(kind) => {
                self.report(324, span, format!("'yield' inside {}", kind.describe()));
            }
            ScopeKind::Generator => {
                self.report(324, span, "'yield' inside generator expression");
            }
            ScopeKind::Module | ScopeKind::Class => {
                self.report(303, span, format!("'{what}' outside function"));
            }
            ScopeKind::TypeAlias => {
                let place = self.table().place.unwrap_or("a type alias");
                self.report(303, span, format!("yield expression cannot be used within {place}"));
            }
            ScopeKind::TypeParams => {
                self.report(303, span, "yield expression cannot be used within the definition of a generic");
            }
        }
    }

    fn comprehension(&mut self, span: Span, comp: &Comp, kind: ScopeKind) {
        // The first iterable is evaluated where the comprehension stands.
        if let Some(first) = comp.clauses.first() {
            self.iterable(&first.iter);
        }
        self.inside(comp.scope, kind, span, |this| {
            this.table().scope.early_reads =
                comp.clauses.len() > 1 || comp.clauses.iter().any(|clause| !is_plain_target(&clause.target));
            for (i, clause) in comp.clauses.iter().enumerate() {
                this.iteration_target(&clause.target);
                if clause.is_async {
                    this.awaits(span, "async for");
                }
                if i > 0 {
                    this.iterable(&clause.iter);
                }
                for condition in &clause.conditions {
                    this.expression(condition);
                }
            }
            this.expression(&comp.element);
            this.optional(comp.value.as_ref());
        });
    }

    fn iterable(&mut self, expr: &Expr) {
        let outer = std::mem::replace(&mut self.context.iterable, true);
        self.expression(expr);
        self.context.iterable = outer;
    }

    fn iteration_target(&mut self, target: &Expr) {
        match &target.kind {
            ExprKind::Name(name) => {
                if self.symbol(name).walrus {
                    let message = format!(
                        "comprehension inner loop cannot rebind assignment expression target '{name}'"
                    );
                    self.report(320, target.span, message);
                }
                self.symbol(name).iteration = true;
                self.bind(name, target.span);
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                self.one_star(target.span, items);
                for item in items {
                    match &item.kind {
                        ExprKind::Starred(inner) => self.iteration_target(inner),
                        _ => self.iteration_target(item),
                    }
                }
            }
            _ => self.target(target),
        }
    }

    fn one_star(&mut self, span: Span, items: &[Expr]) {
        if items.iter().filter(|item| matches!(item.kind, ExprKind::Starred(_))).count() > 1 {
            self.report(316, span, "multiple starred expressions in assignment");
        }
    }

    pub fn target(&mut self, target: &Expr) {
        match &target.kind {
            ExprKind::Name(name) => self.bind(name, target.span),
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                self.one_star(target.span, items);
                for item in items {
                    match &item.kind {
                        ExprKind::Starred(inner) => self.target(inner),
                        _ => self.target(item),
                    }
                }
            }
            ExprKind::Starred(inner) => {
                self.report(316, target.span, "starred assignment target must be in a list or tuple")
                    .help("write a comma after it: *rest, = values");
                self.target(inner);
            }
            ExprKind::Attribute { value, attr } => {
                self.check_debug(&attr.name, target.span);
                self.expression(value);
            }
            // What else may be a target is the parser's business.
            _ => self.expression(target),
        }
    }

    pub fn delete(&mut self, target: &Expr) {
        match &target.kind {
            ExprKind::Name(name) => {
                if &**name == "__debug__" {
                    self.report(319, target.span, "cannot delete __debug__");
                }
                self.symbol(name).bound = true;
                self.table().scope.has_unbinding = true;
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                for item in items {
                    self.delete(item);
                }
            }
            _ => self.expression(target),
        }
    }
}

/// Whether a target is made of names only.
fn is_plain_target(target: &Expr) -> bool {
    match &target.kind {
        ExprKind::Name(_) => true,
        ExprKind::Starred(inner) => is_plain_target(inner),
        ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().all(is_plain_target),
        _ => false,
    }
}
