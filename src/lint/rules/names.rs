//! A501 to A504: names that nobody uses or defines, and code that is never reached.

use super::Checker;
use crate::lint::facts::Def;
use crate::lint::query;
use crate::lint::walk::Binder;
use crate::resolve::ScopeKind;
use crate::source::Span;
use crate::syntax::ast::{ExprKind, Name, ScopeId, Stmt, StmtKind};
use crate::text::nearest::nearest;

/// What is there without being defined: names that load a module when they are used, and those of modules, classes and
/// methods.
const GIVEN: [&str; 15] = [
    "asyncio",
    "open",
    "__name__",
    "__file__",
    "__doc__",
    "__package__",
    "__spec__",
    "__loader__",
    "__path__",
    "__annotations__",
    "__builtins__",
    "__class__",
    "__debug__",
    "__qualname__",
    "__module__",
];

/// A504.
pub fn unreachable(checker: &mut Checker, body: &[Stmt]) {
    let Some(end) = body.iter().position(query::ends) else { return };
    let Some(next) = body.get(end + 1) else { return };
    // It makes the function a generator.
    let yields = matches!(&next.kind, StmtKind::Expr(value)
        if matches!(value.kind, ExprKind::Yield(_) | ExprKind::YieldFrom(_)));
    if !yields {
        let line = checker.source(next.span).lines().next().map_or(0, str::len);
        let span = Span::new(next.span.start, next.span.start + u32::try_from(line).unwrap_or(0));
        let before = last_line(body[end].span, checker);
        checker.report(504, span, "this is never reached").other(before, "nothing gets past this");
    }
}

/// The end of a statement, whose whole text may be long.
fn last_line(span: Span, checker: &Checker) -> Span {
    let text = checker.source(span);
    let last = text.trim_end().rsplit('\n').next().map_or("", str::trim_start);
    let end = span.start + u32::try_from(text.trim_end().len()).unwrap_or(0);
    Span::new(end - u32::try_from(last.len()).unwrap_or(0), end)
}

pub fn check(checker: &mut Checker, is_builtin: &dyn Fn(&str) -> bool) {
    let facts = checker.facts;
    for ((scope, name), defs) in &facts.defs {
        if facts.uses_of(*scope, name).is_empty()
            && !facts.mentioned.contains(&**name)
            && !name.starts_with('_')
        {
            unused(checker, *scope, name, defs);
        }
    }
    if !facts.star_import && !facts.dynamic {
        undefined(checker, is_builtin);
    }
}

fn unused(checker: &mut Checker, scope: ScopeId, name: &Name, defs: &[Def]) {
    let info = checker.facts.scopes.get(scope);
    if info.reads_locals || matches!(info.kind, ScopeKind::Class) {
        return;
    }
    if let [def] = defs
        && let Binder::Import { alias, module, statement, .. } = def.binder
    {
        let future = module.is_some_and(|module| &*module.name == "__future__");
        // `import x as x` says that others are to find it here.
        let exported = alias.asname.as_ref().is_some_and(|asname| asname.name == alias.name.name);
        if def.tried || future || exported {
            return;
        }
        let report = checker.report(501, def.span, format!("{name} is imported and never used"));
        let alone = match &statement.kind {
            StmtKind::Import(aliases) => aliases.len() == 1,
            StmtKind::ImportFrom { names, .. } => names.len() == 1,
            _ => false,
        };
        if alone {
            let span = statement.span;
            whole_line(checker, span);
        } else {
            report.help("take it out");
        }
        return;
    }
    let function = matches!(info.kind, ScopeKind::Function { .. } | ScopeKind::Lambda);
    let plain = |def: &Def| match def.binder {
        Binder::Value(value) => !makes_something_that_lives(checker, value),
        Binder::Caught => true,
        _ => false,
    };
    if function && !defs.is_empty() && defs.iter().all(plain) {
        let caught = matches!(defs[0].binder, Binder::Caught);
        let report = checker.report(502, defs[0].span, format!("{name} is never read"));
        report.help(if caught { "leave 'as' out" } else { "use it, or call it _ if it has to be there" });
    }
}

/// Whether holding the value is what the variable is for: tasks, guards.
fn makes_something_that_lives(checker: &Checker, value: &crate::syntax::ast::Expr) -> bool {
    let mut found = false;
    query::expressions(value, &mut |expr| {
        if let ExprKind::Call { func, .. } = &expr.kind {
            let text = checker.source(func.span);
            let name = text.rsplit('.').next().unwrap_or_default();
            found |= matches!(name, "create_task" | "ensure_future" | "run_coroutine_threadsafe" | "gather");
        }
    });
    found
}

/// The last finding is mended by taking the statement out, with its line if nothing else stands there.
fn whole_line(checker: &mut Checker, span: Span) {
    let text = checker.text;
    let start = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let end = text[span.end as usize..].find('\n').map_or(text.len(), |at| span.end as usize + at + 1);
    let alone = text[start..span.start as usize].is_empty() && text[span.end as usize..end].trim().is_empty();
    if let Some(finding) = checker.findings.last_mut()
        && alone
    {
        let span = Span::new(u32::try_from(start).unwrap_or(0), u32::try_from(end).unwrap_or(0));
        finding.help = Some("take the line out".into());
        finding.fix.push(super::Edit { span, text: String::new() });
    }
}

/// A503.
fn undefined(checker: &mut Checker, is_builtin: &dyn Fn(&str) -> bool) {
    let module = ScopeId(0);
    let facts = checker.facts;
    let mut found: Vec<(&Name, Span)> = Vec::new();
    for ((scope, name), spans) in &facts.uses {
        let known = *scope != module
            || facts.defs.contains_key(&(module, name.clone()))
            || GIVEN.contains(&&**name)
            || is_builtin(name)
            || !facts.scopes.never_assigned(name);
        if !known {
            found.extend(spans.iter().map(|&span| (name, span)));
        }
    }
    let names: Vec<&str> = facts.defs.keys().map(|(_, name)| &**name).collect();
    for (name, span) in found {
        let similar = nearest(name, names.iter().copied());
        let report = checker.report(503, span, format!("nothing defines {name}"));
        if let Some(similar) = similar {
            report.help(format!("did you mean {similar}?"));
        }
    }
}
