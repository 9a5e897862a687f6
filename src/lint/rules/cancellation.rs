//! A201, A202: handlers that keep a cancelled task alive.

use super::Checker;
use crate::lint::query;
use crate::lint::walk::{Place, Stack};
use crate::syntax::ast::{ExceptHandler, Expr, ExprKind, Stmt, StmtKind};

pub fn statement<'a>(checker: &mut Checker<'a, '_>, at: &Stack<'a>, statement: &'a Stmt) {
    let StmtKind::Try { body, handlers, finally, .. } = &statement.kind else { return };
    if at.coroutine().is_some() && query::has_await(body) {
        swallowed(checker, at, body, handlers);
    }
    left_by(checker, finally, false);
}

/// A201.
fn swallowed(checker: &mut Checker, at: &Stack, body: &[Stmt], handlers: &[ExceptHandler]) {
    for handler in handlers {
        let cancelled = handler.kind.as_ref().is_some_and(|kind| {
            checker.facts.names_class(
                at.scope,
                kind,
                &["asyncio.CancelledError", "asyncio.exceptions.CancelledError"],
            )
        });
        let everything = match &handler.kind {
            None => true,
            Some(kind) => checker.facts.names_class(at.scope, kind, &["builtins.BaseException"]),
        };
        if cancelled && !everything {
            // Whoever ends after it, or awaits a task that was cancelled, means it.
            let goes_on = at.inside_function().any(|place| matches!(place, Place::Loop(_)));
            if goes_on && !query::leaves_loop(&handler.body) && !awaits_tasks_alone(body) {
                report(checker, handler, "CancelledError is caught, and the loop goes on");
            }
            return;
        }
        if everything {
            if !raises(&handler.body) && !passes_on(handler) {
                let what = if handler.kind.is_none() { "a bare except" } else { "except BaseException" };
                report(
                    checker,
                    handler,
                    &format!("{what} catches CancelledError too, and does not raise it again"),
                );
            }
            return;
        }
    }
}

fn report(checker: &mut Checker, handler: &ExceptHandler, message: &str) {
    let length = checker.source(handler.span).lines().next().map_or(0, str::len);
    let mut span = handler.span;
    span.end = span.start + u32::try_from(length).unwrap_or(0);
    checker
        .report(201, span, message)
        .label("the task cannot be cancelled here")
        .help("catch Exception, or raise again at the end");
}

fn raises(body: &[Stmt]) -> bool {
    query::any_statement(body, &|statement| matches!(statement.kind, StmtKind::Raise { .. }))
}

/// Whether the exception is kept for somebody: given to a call, or stored.
fn passes_on(handler: &ExceptHandler) -> bool {
    let Some(caught) = &handler.name else { return false };
    query::any_expression(&handler.body, &|expr| match &expr.kind {
        ExprKind::Call { func, args } => {
            let keeps = matches!(&func.kind, ExprKind::Attribute { attr, .. }
                if matches!(&*attr.name, "set_exception" | "append" | "put_nowait" | "add" | "put"));
            keeps && args.iter().any(|arg| query::names(query::argument(arg)).contains(&&caught.name))
        }
        _ => false,
    }) || query::any_statement(&handler.body, &|statement| match &statement.kind {
        StmtKind::Assign { value, .. } => is_name(value, &caught.name),
        StmtKind::Return(Some(value)) => is_name(value, &caught.name),
        _ => false,
    })
}

fn is_name(expr: &Expr, name: &str) -> bool {
    matches!(&expr.kind, ExprKind::Name(n) if **n == *name)
}

/// `await task`: the CancelledError may be the task's.
fn awaits_tasks_alone(body: &[Stmt]) -> bool {
    let mut others = false;
    query::all_expressions(body, &mut |expr| {
        if let ExprKind::Await(value) = &expr.kind {
            others |= !matches!(
                value.kind,
                ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. }
            );
        }
    });
    !others
        && !query::any_statement(body, &|s| {
            matches!(s.kind, StmtKind::With { is_async: true, .. } | StmtKind::For { is_async: true, .. })
        })
}

/// A202: `return` anywhere in it, `break` and `continue` of loops around it.
fn left_by(checker: &mut Checker, finally: &[Stmt], in_loop: bool) {
    for statement in finally {
        let word = match &statement.kind {
            StmtKind::Return(_) => Some("return"),
            StmtKind::Break if !in_loop => Some("break"),
            StmtKind::Continue if !in_loop => Some("continue"),
            _ => None,
        };
        if let Some(word) = word {
            checker
                .report(202, statement.span, format!("'{word}' in a finally block"))
                .label("what is being raised is dropped here")
                .help("leave after the try statement instead");
        }
        let inner_loop = matches!(statement.kind, StmtKind::While { .. } | StmtKind::For { .. });
        for body in query::bodies(statement) {
            left_by(checker, body, in_loop || inner_loop);
        }
    }
}
