//! Walks over what an expression evaluates in the same code.

use super::ast::{Arg, Comp, Expr, ExprKind, FStringPart, Name};

/// Calls `found` for every name that evaluating an expression binds by a walrus.
pub fn walruses(expr: &Expr, found: &mut dyn FnMut(&Name)) {
    children(expr, &mut |child| walruses(child, found));
    if let ExprKind::Named { target, .. } = &expr.kind {
        found(&target.name);
    }
}

/// Calls `visit` for each direct part of an expression that is evaluated by the same code: of a lambda the defaults,
/// of a generator expression the first iterable.
pub fn children<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    match &expr.kind {
        ExprKind::FString(parts) => fstring_children(parts, visit),
        ExprKind::Tuple(items) | ExprKind::List(items) | ExprKind::Set(items) => items.iter().for_each(visit),
        ExprKind::Dict(items) => {
            for (key, value) in items {
                key.iter().for_each(&mut *visit);
                visit(value);
            }
        }
        ExprKind::ListComp(comp) | ExprKind::SetComp(comp) | ExprKind::DictComp(comp) => {
            comp_children(comp, visit);
        }
        ExprKind::GeneratorExp(comp) => {
            if let Some(first) = comp.clauses.first() {
                visit(&first.iter);
            }
        }
        ExprKind::Unary { operand: value, .. }
        | ExprKind::Named { value, .. }
        | ExprKind::Attribute { value, .. }
        | ExprKind::Starred(value)
        | ExprKind::Await(value)
        | ExprKind::YieldFrom(value) => visit(value),
        ExprKind::Binary { left, right, .. } => {
            visit(left);
            visit(right);
        }
        ExprKind::BoolOp { values, .. } => values.iter().for_each(visit),
        ExprKind::Compare { left, rest } => {
            visit(left);
            for (_, right) in rest {
                visit(right);
            }
        }
        ExprKind::Conditional { test, body, orelse } => {
            visit(test);
            visit(body);
            visit(orelse);
        }
        ExprKind::Lambda(lambda) => {
            for param in lambda.params.positional.iter().chain(&lambda.params.keyword_only) {
                param.default.iter().for_each(&mut *visit);
            }
        }
        ExprKind::Call { func, args } => {
            visit(func);
            for arg in args {
                match arg {
                    Arg::Positional(value)
                    | Arg::Keyword(_, value)
                    | Arg::Star(value)
                    | Arg::DoubleStar(value) => {
                        visit(value);
                    }
                }
            }
        }
        ExprKind::Subscript { value, index } => {
            visit(value);
            visit(index);
        }
        ExprKind::Slice { lower, upper, step } => {
            for part in [lower, upper, step].into_iter().flatten() {
                visit(part);
            }
        }
        ExprKind::Yield(value) => value.iter().for_each(|value| visit(value)),
        ExprKind::Name(_)
        | ExprKind::None
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
    }
}

fn comp_children<'a>(comp: &'a Comp, visit: &mut dyn FnMut(&'a Expr)) {
    for clause in &comp.clauses {
        visit(&clause.iter);
        visit(&clause.target);
        clause.conditions.iter().for_each(&mut *visit);
    }
    visit(&comp.element);
    comp.value.iter().for_each(visit);
}

fn fstring_children<'a>(parts: &'a [FStringPart], visit: &mut dyn FnMut(&'a Expr)) {
    for part in parts {
        if let FStringPart::Field(field) = part {
            visit(&field.value);
            fstring_children(&field.spec, visit);
        }
    }
}
