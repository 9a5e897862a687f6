//! Small questions to a tree, about one code: nested functions are not entered.

use crate::syntax::ast::{Arg, Expr, ExprKind, Name, Stmt, StmtKind};
use crate::syntax::visit::children;

/// The statements directly inside a statement, list by list.
pub fn bodies(statement: &Stmt) -> Vec<&[Stmt]> {
    match &statement.kind {
        StmtKind::If { branches, orelse } => {
            branches.iter().map(|(_, body)| &body[..]).chain([&orelse[..]]).collect()
        }
        StmtKind::While { body, orelse, .. } | StmtKind::For { body, orelse, .. } => vec![body, orelse],
        StmtKind::With { body, .. } => vec![body],
        StmtKind::Try { body, handlers, orelse, finally, .. } => {
            let handlers = handlers.iter().map(|handler| &handler.body[..]);
            [&body[..]].into_iter().chain(handlers).chain([&orelse[..], &finally[..]]).collect()
        }
        StmtKind::Match { cases, .. } => cases.iter().map(|case| &case.body[..]).collect(),
        _ => Vec::new(),
    }
}

/// Every statement of a body, at whatever depth, in the order of the text.
pub fn statements<'a>(body: &'a [Stmt], visit: &mut dyn FnMut(&'a Stmt)) {
    for statement in body {
        visit(statement);
        for inner in bodies(statement) {
            statements(inner, visit);
        }
    }
}

/// The expressions that belong to a statement itself, in the order of the text; no annotations.
pub fn own_expressions<'a>(statement: &'a Stmt, visit: &mut dyn FnMut(&'a Expr)) {
    match &statement.kind {
        StmtKind::Expr(value) => visit(value),
        StmtKind::Assign { targets, value } => {
            targets.iter().for_each(&mut *visit);
            visit(value);
        }
        StmtKind::AugAssign { target, value, .. } => {
            visit(target);
            visit(value);
        }
        StmtKind::AnnAssign { target, value, .. } => {
            visit(target);
            value.iter().for_each(visit);
        }
        StmtKind::Delete(targets) => targets.iter().for_each(visit),
        StmtKind::Return(value) => value.iter().for_each(visit),
        StmtKind::Raise { exc, cause } => exc.iter().chain(cause).for_each(visit),
        StmtKind::Assert { test, message } => {
            visit(test);
            message.iter().for_each(visit);
        }
        StmtKind::If { branches, .. } => branches.iter().for_each(|(test, _)| visit(test)),
        StmtKind::While { test, .. } => visit(test),
        StmtKind::For { target, iter, .. } => {
            visit(target);
            visit(iter);
        }
        StmtKind::With { items, .. } => {
            for item in items {
                visit(&item.context);
                item.target.iter().for_each(&mut *visit);
            }
        }
        StmtKind::Try { handlers, .. } => {
            handlers.iter().filter_map(|handler| handler.kind.as_ref()).for_each(visit);
        }
        StmtKind::Match { subject, cases } => {
            visit(subject);
            cases.iter().filter_map(|case| case.guard.as_ref()).for_each(visit);
        }
        StmtKind::FunctionDef(def) => {
            def.decorators.iter().for_each(&mut *visit);
            let params = def.params.positional.iter().chain(&def.params.keyword_only);
            params.filter_map(|param| param.default.as_ref()).for_each(visit);
        }
        StmtKind::ClassDef(def) => def.decorators.iter().for_each(visit),
        _ => {}
    }
}

/// An expression and everything in it that the same code evaluates.
pub fn expressions<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    visit(expr);
    children(expr, &mut |child| expressions(child, visit));
}

/// Every expression in a body, at whatever depth.
pub fn all_expressions<'a>(body: &'a [Stmt], visit: &mut dyn FnMut(&'a Expr)) {
    statements(body, &mut |statement| {
        own_expressions(statement, &mut |expr| expressions(expr, visit));
    });
}

pub fn any_expression(body: &[Stmt], test: &dyn Fn(&Expr) -> bool) -> bool {
    let mut found = false;
    all_expressions(body, &mut |expr| found |= test(expr));
    found
}

pub fn any_statement(body: &[Stmt], test: &dyn Fn(&Stmt) -> bool) -> bool {
    let mut found = false;
    statements(body, &mut |statement| found |= test(statement));
    found
}

/// Whether evaluating the expression may let other tasks run.
pub fn awaits(expr: &Expr) -> bool {
    let mut found = false;
    expressions(expr, &mut |expr| {
        found |= match &expr.kind {
            ExprKind::Await(_) => true,
            ExprKind::ListComp(comp) | ExprKind::SetComp(comp) | ExprKind::DictComp(comp) => {
                comp.clauses.iter().any(|clause| clause.is_async)
            }
            _ => false,
        };
    });
    found
}

/// Whether the statement itself, not those inside it, may let other tasks run.
pub fn awaits_itself(statement: &Stmt) -> bool {
    let mut found = matches!(
        &statement.kind,
        StmtKind::For { is_async: true, .. } | StmtKind::With { is_async: true, .. }
    );
    own_expressions(statement, &mut |expr| found |= awaits(expr));
    found
}

pub fn has_await(body: &[Stmt]) -> bool {
    any_statement(body, &awaits_itself)
}

pub fn has_yield(body: &[Stmt]) -> bool {
    any_expression(body, &|expr| matches!(expr.kind, ExprKind::Yield(_) | ExprKind::YieldFrom(_)))
}

/// Whether a loop's body has a `break` (or `continue`) of its own, or its function is left from inside.
pub fn leaves_loop(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StmtKind::Break | StmtKind::Return(_) | StmtKind::Raise { .. } => true,
        StmtKind::While { body, orelse, .. } | StmtKind::For { body, orelse, .. } => {
            leaves_loop(orelse)
                || any_statement(body, &|s| matches!(s.kind, StmtKind::Return(_) | StmtKind::Raise { .. }))
        }
        _ => bodies(statement).into_iter().any(leaves_loop),
    })
}

/// Whether control never gets behind the statement.
pub fn ends(statement: &Stmt) -> bool {
    let body_ends = |body: &[Stmt]| body.iter().any(ends);
    match &statement.kind {
        StmtKind::Return(_) | StmtKind::Raise { .. } | StmtKind::Break | StmtKind::Continue => true,
        StmtKind::If { branches, orelse } => {
            branches.iter().all(|(_, body)| body_ends(body)) && body_ends(orelse)
        }
        StmtKind::While { test, body, .. } => is_true(test) && !has_break(body),
        StmtKind::Try { body, handlers, orelse, finally, .. } => {
            body_ends(finally)
                || (body_ends(body) || body_ends(orelse)) && handlers.iter().all(|h| body_ends(&h.body))
        }
        _ => false,
    }
}

/// Whether a loop's body has a `break` of its own.
pub fn has_break(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StmtKind::Break => true,
        StmtKind::While { orelse, .. } | StmtKind::For { orelse, .. } => has_break(orelse),
        _ => bodies(statement).into_iter().any(has_break),
    })
}

pub fn is_true(test: &Expr) -> bool {
    match test.kind {
        ExprKind::True => true,
        ExprKind::Int(n) => n != 0,
        _ => false,
    }
}

/// `a.b.c` for a chain of names.
pub fn dotted(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Name(name) => Some(name.to_string()),
        ExprKind::Attribute { value, attr } => Some(format!("{}.{}", dotted(value)?, attr.name)),
        _ => None,
    }
}

/// The names in an expression.
pub fn names(expr: &Expr) -> Vec<&Name> {
    let mut names = Vec::new();
    expressions(expr, &mut |expr| {
        if let ExprKind::Name(name) = &expr.kind {
            names.push(name);
        }
    });
    names
}

pub fn keyword<'a>(args: &'a [Arg], name: &str) -> Option<&'a Expr> {
    args.iter().find_map(|arg| match arg {
        Arg::Keyword(ident, value) if *ident.name == *name => Some(value),
        _ => None,
    })
}

pub fn argument(arg: &Arg) -> &Expr {
    match arg {
        Arg::Positional(value) | Arg::Keyword(_, value) | Arg::Star(value) | Arg::DoubleStar(value) => value,
    }
}

/// Whether some method of that name is called in a body.
pub fn calls_method(body: &[Stmt], names: &[&str]) -> bool {
    any_expression(body, &|expr| match &expr.kind {
        ExprKind::Call { func, .. } => {
            matches!(&func.kind, ExprKind::Attribute { attr, .. } if names.contains(&&*attr.name))
        }
        _ => false,
    })
}
