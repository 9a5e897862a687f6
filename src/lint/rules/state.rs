//! A401, A402: state that tasks share, and what happens to it across an await.

use super::Checker;
use crate::lint::query;
use crate::lint::walk::{Place, Stack};
use crate::resolve::Binding;
use crate::syntax::ast::{Expr, ExprKind, Stmt, StmtKind};

const LOCKS: [&str; 4] =
    ["asyncio.Lock", "asyncio.Condition", "asyncio.locks.Lock", "asyncio.locks.Condition"];

pub fn statement<'a>(checker: &mut Checker<'a, '_>, at: &Stack<'a>, statement: &'a Stmt) {
    if at.coroutine().is_none() {
        return;
    }
    match &statement.kind {
        StmtKind::With { items, body, is_async: true } => {
            let lock = items.iter().find(|item| {
                checker.facts.made_by(at, &item.context).is_some_and(|path| LOCKS.contains(&&*path))
            });
            if let Some(lock) = lock {
                held(checker, at, &lock.context, body);
            }
        }
        StmtKind::If { branches, .. } if !in_async_with(at) => {
            for (test, body) in branches {
                acts_late(checker, at, test, body);
            }
        }
        StmtKind::AugAssign { target, value, .. } if !in_async_with(at) && query::awaits(value) => {
            if let Some(path) = shared(checker, at, target) {
                checker
                    .report(
                        402,
                        statement.span,
                        format!("{path} is read before the await and written after it"),
                    )
                    .label("what other tasks write meanwhile is lost")
                    .help("await first, into a variable; then add it");
            }
        }
        _ => {}
    }
}

fn in_async_with(at: &Stack) -> bool {
    at.inside_function()
        .any(|place| matches!(place, Place::With(Stmt { kind: StmtKind::With { is_async: true, .. }, .. })))
}

/// A401: a wait for somebody else, or a long sleep, while the lock is held.
fn held<'a>(checker: &mut Checker<'a, '_>, at: &Stack<'a>, lock: &'a Expr, body: &'a [Stmt]) {
    let mut found: Option<(&Expr, String)> = None;
    query::all_expressions(body, &mut |expr| {
        let ExprKind::Await(value) = &expr.kind else { return };
        let ExprKind::Call { func, args } = &value.kind else { return };
        if found.is_some() {
            return;
        }
        if checker.facts.path(at.scope, func).as_deref() == Some("asyncio.sleep") {
            let long = args.first().is_some_and(|arg| match query::argument(arg).kind {
                ExprKind::Int(n) => n >= 5,
                ExprKind::Float(n) => n >= 5.0,
                _ => false,
            });
            if long {
                found = Some((expr, "a long sleep".into()));
            }
            return;
        }
        let ExprKind::Attribute { value: object, attr } = &func.kind else { return };
        let Some(class) = checker.facts.made_by(at, object) else { return };
        let waits = match class.rsplit('.').next().unwrap_or_default() {
            "Queue" | "LifoQueue" | "PriorityQueue" => matches!(&*attr.name, "get" | "join"),
            "Event" | "Barrier" => &*attr.name == "wait",
            _ => false,
        };
        if waits {
            found = Some((expr, format!("{}() waits for another task", checker.source(func.span))));
        }
    });
    if let Some((expr, what)) = found {
        let name = checker.source(lock.span).to_owned();
        checker
            .report(401, expr.span, format!("{what} while {name} is held"))
            .other(lock.span, "held from here")
            .help("wait before the lock is taken, or after it is given back");
    }
}

/// A402: `if not P: ... await ...; P = ...`
fn acts_late<'a>(checker: &mut Checker<'a, '_>, at: &Stack<'a>, test: &'a Expr, body: &'a [Stmt]) {
    let mut awaited = None;
    for statement in body {
        if awaited.is_none() {
            query::own_expressions(statement, &mut |expr| {
                query::expressions(expr, &mut |inner| {
                    if matches!(inner.kind, ExprKind::Await(_)) && awaited.is_none() {
                        awaited = Some(inner.span);
                    }
                });
            });
        }
        let StmtKind::Assign { targets, .. } = &statement.kind else { continue };
        for target in targets {
            let object = match &target.kind {
                ExprKind::Subscript { value, .. } => value,
                _ => target,
            };
            let (Some(awaited), Some(path)) = (awaited, shared(checker, at, object)) else { continue };
            // Checked once more behind the await, it is as it should be.
            if tests(test, &path) {
                checker
                    .report(402, target.span, format!("{path} may have changed since it was checked"))
                    .label("another task may have been here meanwhile")
                    .other(test.span, "checked here")
                    .other(awaited, "other tasks run here")
                    .help("hold a lock from the check to the assignment, or check again behind the await");
                return;
            }
        }
    }
}

/// Whether a test asks whether there is something: `not P`, `P is None`, `key not in P`.
fn tests(test: &Expr, path: &str) -> bool {
    let is_path = |expr: &Expr| query::dotted(expr).is_some_and(|p| p == path);
    match &test.kind {
        ExprKind::Unary { operand, .. } => is_path(operand),
        ExprKind::Compare { left, rest } => is_path(left) || rest.iter().any(|(_, right)| is_path(right)),
        ExprKind::BoolOp { values, .. } => values.iter().any(|value| tests(value, path)),
        _ => false,
    }
}

/// The name of a place that other tasks can reach: an attribute, or a name of the module or of a function around.
fn shared(checker: &Checker, at: &Stack, expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Attribute { .. } => {
            let path = query::dotted(expr)?;
            let first = path.split('.').next()?;
            // Of an object that was made here nobody else knows as a rule.
            (first == "self" || first == "cls" || !checker.facts.is_local(at.scope, first)).then_some(path)
        }
        ExprKind::Name(name) => {
            let scope = checker.facts.scopes.get(at.scope);
            matches!(scope.bindings.get(name), Some(Binding::GlobalExplicit | Binding::Free))
                .then(|| name.to_string())
        }
        _ => None,
    }
}
