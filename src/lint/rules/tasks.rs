//! A101 to A110: coroutines and tasks that are lost, made where they cannot be, or too many.

use super::Checker;
use crate::lint::query;
use crate::lint::walk::{Place, Stack};
use crate::source::Span;
use crate::syntax::ast::{Arg, Expr, ExprKind, FunctionDef, ScopeId, Stmt, StmtKind};

pub fn statement<'a>(checker: &mut Checker<'a, '_>, at: &Stack<'a>, statement: &'a Stmt) {
    match &statement.kind {
        StmtKind::Expr(value) => dropped(checker, at, value),
        StmtKind::FunctionDef(def) if def.is_async => never_awaits(checker, at, def),
        StmtKind::For { target, body, is_async: false, .. } => {
            one_by_one(checker, at, statement, target, body)
        }
        _ => {}
    }
}

/// Whether the code here runs in a loop: a coroutine's, or that of a module which awaits.
fn in_loop(checker: &Checker, at: &Stack) -> bool {
    at.coroutine().is_some() || at.places.is_empty() && module_awaits(checker)
}

fn module_awaits(checker: &Checker) -> bool {
    checker.facts.scopes.get(ScopeId(0)).has_await
}

/// A101, A102: what is made and dropped.
fn dropped<'a>(checker: &mut Checker<'a, '_>, at: &Stack<'a>, value: &'a Expr) {
    if checker.facts.makes_coroutine(at, value) {
        let name = callee(checker, value);
        let awaits = in_loop(checker, at);
        let report = checker
            .report(101, value.span, format!("the coroutine of {name} is never awaited"))
            .label("makes a coroutine, and runs nothing");
        if awaits {
            report.help("write await before it").fix(Span::new(value.span.start, value.span.start), "await ");
        } else {
            report.help("await it in a coroutine, or give it to asyncio.run");
        }
    } else if checker.facts.makes_task(at, value) && in_loop(checker, at) {
        checker
            .report(102, value.span, "the task is not kept: nobody can await it")
            .label("its result and its failure are lost")
            .help("keep it and await it, or make it in a task group");
    }
}

/// The text of what a call calls.
fn callee(checker: &Checker, call: &Expr) -> String {
    match &call.kind {
        ExprKind::Call { func, .. } => format!("{}()", checker.source(func.span)),
        _ => "this call".into(),
    }
}

pub fn expression<'a>(checker: &mut Checker<'a, '_>, at: &Stack<'a>, expr: &'a Expr) {
    let ExprKind::Call { func, args } = &expr.kind else { return };
    if checker.facts.starts_task(at, expr) {
        if query::keyword(args, "name").is_none() && !args.iter().any(|arg| matches!(arg, Arg::DoubleStar(_)))
        {
            checker.report(103, expr.span, "the task has no name").help("add name=\"...\"");
        }
        without_bound(checker, at, expr);
    }
    let path = checker.facts.path(at.scope, func);
    match path.as_deref() {
        Some("asyncio.create_task" | "asyncio.get_running_loop" | "asyncio.current_task")
            if at.at_top_level() && !module_awaits(checker) =>
        {
            let name = checker.source(func.span).to_owned();
            checker
                .report(104, expr.span, format!("{name}() at the top level, where no loop runs"))
                .help("move it into a coroutine, and run that by asyncio.run");
        }
        Some("asyncio.wait") => given_coroutines(checker, at, args),
        _ => {}
    }
    if in_loop(checker, at) && checker.facts.runs_loop(at, expr) {
        let name = checker.source(func.span).to_owned();
        let mut report = checker
            .report(106, expr.span, format!("{name}() where a loop runs raises RuntimeError"))
            .help("await the coroutine instead");
        if path.as_deref() == Some("asyncio.run")
            && let [Arg::Positional(main)] = &args[..]
        {
            report = report.fix(Span::new(expr.span.start, main.span.start), "await ");
            report.fix(Span::new(main.span.end, expr.span.end), "");
        }
    }
}

/// A107.
fn given_coroutines<'a>(checker: &mut Checker<'a, '_>, at: &Stack<'a>, args: &'a [Arg]) {
    let Some(Arg::Positional(given)) = args.first() else { return };
    let makes = |expr: &'a Expr| checker.facts.makes_coroutine(at, expr);
    let found = match &given.kind {
        ExprKind::List(items) | ExprKind::Tuple(items) | ExprKind::Set(items) => {
            items.iter().find(|e| makes(e))
        }
        ExprKind::ListComp(comp) | ExprKind::SetComp(comp) | ExprKind::GeneratorExp(comp) => {
            Some(&comp.element).filter(|element| makes(element))
        }
        _ => None,
    };
    if let Some(found) = found {
        checker
            .report(107, found.span, "asyncio.wait takes tasks and futures, no coroutines")
            .label("a coroutine")
            .help("make tasks of them first: asyncio.create_task(...)");
    }
}

/// A105: in a body, so that a `cancel()` before it can be seen: whoever cancels tasks knows how they end.
pub fn ignored_results<'a>(checker: &mut Checker<'a, '_>, at: &Stack<'a>, body: &'a [Stmt]) {
    for (i, statement) in body.iter().enumerate() {
        let StmtKind::Expr(Expr { kind: ExprKind::Await(value), span, .. }) = &statement.kind else {
            continue;
        };
        let ExprKind::Call { func, args } = &value.kind else { continue };
        let hides = query::keyword(args, "return_exceptions").is_some_and(query::is_true);
        if hides
            && checker.facts.path(at.scope, func).as_deref() == Some("asyncio.gather")
            && !query::calls_method(&body[..i], &["cancel"])
        {
            checker
                .report(105, *span, "failures become results here, and nobody looks at them")
                .help("look at the results, or leave return_exceptions out");
        }
    }
}

/// A108: a task in each round of a loop that has no end, and nothing that could hold it up.
fn without_bound<'a>(checker: &mut Checker<'a, '_>, at: &Stack<'a>, expr: &'a Expr) {
    let Some(Place::Loop(around)) = at.inside_function().find(|place| matches!(place, Place::Loop(_))) else {
        return;
    };
    let body = match &around.kind {
        StmtKind::While { test, body, .. } if query::is_true(test) => body,
        StmtKind::For { body, is_async: true, .. } => body,
        _ => return,
    };
    let waits_its_turn = query::calls_method(body, &["acquire", "join", "wait", "gather", "wait_for"])
        || query::any_expression(body, &|e| matches!(&e.kind, ExprKind::Name(name) if &**name == "len"))
        || query::any_statement(body, &|s| matches!(s.kind, StmtKind::With { is_async: true, .. }))
        || query::leaves_loop(body);
    if !waits_its_turn {
        let header = first_line(around.span, checker);
        checker
            .report(108, expr.span, "a task in each round of a loop that has no end")
            .other(header, "this loop")
            .help("acquire a semaphore before, or let a fixed number of tasks take from a queue");
    }
}

/// A statement's header.
fn first_line(span: Span, checker: &Checker) -> Span {
    let length = checker.source(span).lines().next().map_or(0, str::len);
    Span::new(span.start, span.start + u32::try_from(length).unwrap_or(0))
}

/// A109.
fn never_awaits(checker: &mut Checker, at: &Stack, def: &FunctionDef) {
    let in_class = matches!(at.places.last(), Some(Place::Class(_)));
    let inherits =
        at.places.iter().any(|place| matches!(place, Place::Class(class) if !class.args.is_empty()));
    let special = def.name.name.starts_with("__") || in_class && inherits || !def.decorators.is_empty();
    if special || query::has_await(&def.body) || checker.facts.is_generator(def) || is_stub(&def.body) {
        return;
    }
    if !checker.facts.is_used_as_coroutine(at, def) && !in_class {
        let name = def.name.name.clone();
        checker
            .report(109, def.name.span, format!("{name} never awaits"))
            .help("a plain function will do; or is an await missing?");
    }
}

/// A body that says nothing: a docstring, `pass`, `...`, or a raise alone.
fn is_stub(body: &[Stmt]) -> bool {
    body.iter().all(|statement| match &statement.kind {
        StmtKind::Pass | StmtKind::Raise { .. } => true,
        StmtKind::Expr(value) => matches!(value.kind, ExprKind::Str(_) | ExprKind::Ellipsis),
        _ => false,
    })
}

/// A110: each round is one call of a coroutine function of this module that takes the loop's variable.
fn one_by_one<'a>(
    checker: &mut Checker<'a, '_>,
    at: &Stack<'a>,
    around: &'a Stmt,
    target: &'a Expr,
    body: &'a [Stmt],
) {
    let [Stmt { kind: StmtKind::Expr(value), .. }] = body else { return };
    let awaited = match &value.kind {
        ExprKind::Await(awaited) => Some(awaited),
        ExprKind::Call { func, args } => match (&func.kind, &args[..]) {
            (
                ExprKind::Attribute { attr, .. },
                [Arg::Positional(Expr { kind: ExprKind::Await(awaited), .. })],
            ) if &*attr.name == "append" => Some(awaited),
            _ => None,
        },
        _ => None,
    };
    let Some(awaited) = awaited else { return };
    let ExprKind::Call { func, args } = &awaited.kind else { return };
    let variables = query::names(target);
    let takes_it =
        args.iter().any(|arg| query::names(query::argument(arg)).iter().any(|name| variables.contains(name)));
    let plain = matches!(func.kind, ExprKind::Name(_)) && checker.facts.is_coroutine_function(at, func);
    if takes_it && plain && in_loop(checker, at) {
        let header = first_line(around.span, checker);
        checker
            .report(110, awaited.span, "each round waits for the one before")
            .other(header, "this loop")
            .help("if they need not wait for each other: await asyncio.gather(*(... for ... in ...))");
    }
}
