//! A301 to A303: what keeps the event loop from running, or makes it run for nothing.

use super::Checker;
use crate::lint::query;
use crate::lint::walk::Stack;
use crate::syntax::ast::{Expr, ExprKind, Stmt, StmtKind};

/// Calls that block, with what to write instead.
const BLOCKING: [(&str, &str); 16] = [
    ("time.sleep", "await asyncio.sleep(...)"),
    ("builtins.input", "await asyncio.to_thread(input, ...)"),
    ("os.system", "asyncio.create_subprocess_shell, or asyncio.to_thread"),
    ("os.popen", "asyncio.create_subprocess_shell, or asyncio.to_thread"),
    ("os.wait", "asyncio.to_thread"),
    ("subprocess.run", "asyncio.create_subprocess_exec, or asyncio.to_thread"),
    ("subprocess.call", "asyncio.create_subprocess_exec, or asyncio.to_thread"),
    ("subprocess.check_call", "asyncio.create_subprocess_exec, or asyncio.to_thread"),
    ("subprocess.check_output", "asyncio.create_subprocess_exec, or asyncio.to_thread"),
    ("urllib.request.urlopen", "asyncio.to_thread"),
    ("requests.get", "asyncio.to_thread, or an async client"),
    ("requests.post", "asyncio.to_thread, or an async client"),
    ("requests.put", "asyncio.to_thread, or an async client"),
    ("requests.delete", "asyncio.to_thread, or an async client"),
    ("requests.request", "asyncio.to_thread, or an async client"),
    ("socket.create_connection", "asyncio.open_connection"),
];

/// A301.
pub fn expression<'a>(checker: &mut Checker<'a, '_>, at: &Stack<'a>, expr: &'a Expr) {
    let ExprKind::Call { func, .. } = &expr.kind else { return };
    if at.coroutine().is_none() {
        return;
    }
    let Some(path) = checker.facts.path(at.scope, func) else { return };
    let Some((_, instead)) = BLOCKING.iter().find(|(blocking, _)| *blocking == path) else { return };
    let name = checker.source(func.span).to_owned();
    let report = checker
        .report(301, expr.span, format!("{name}() blocks the event loop"))
        .label("no other task runs meanwhile")
        .help(format!("use {instead}"));
    if path == "time.sleep" {
        report.fix(func.span, "await asyncio.sleep");
    }
}

pub fn statement<'a>(checker: &mut Checker<'a, '_>, at: &Stack<'a>, statement: &'a Stmt) {
    let StmtKind::While { test, body, .. } = &statement.kind else { return };
    if at.coroutine().is_none() {
        return;
    }
    if query::is_true(test) && !query::has_await(body) && !query::has_yield(body) && !query::leaves_loop(body)
    {
        checker
            .report(302, test.span, "an endless loop that never awaits")
            .label("no other task runs any more")
            .help("await something in it: asyncio.sleep(0) lets the others run");
    }
    if let [Stmt { kind: StmtKind::Expr(Expr { kind: ExprKind::Await(value), .. }), span }] = &body[..]
        && !query::is_true(test)
        && checker.facts.called(at.scope, value).as_deref() == Some("asyncio.sleep")
        && !query::awaits(test)
    {
        checker
            .report(303, *span, "sleeps again and again until something has changed")
            .other(test.span, "what it waits for")
            .help("whoever changes it can set an asyncio.Event that is awaited here");
    }
}
