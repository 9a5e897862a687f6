//! The rules, by what they look at. Each is asked about every body, statement or expression that may concern it.

mod blocking;
mod cancellation;
mod names;
mod state;
mod tasks;

use super::facts::Facts;
use super::walk::{Stack, Visitor, walk};
use super::{Edit, Finding, table};
use crate::diagnostics::Label;
use crate::source::Span;
use crate::syntax::ast::{Expr, Module, Stmt};

pub fn all(module: &Module, facts: &Facts, text: &str, is_builtin: &dyn Fn(&str) -> bool) -> Vec<Finding> {
    let mut checker = Checker { facts, text, findings: Vec::new() };
    walk(module, &mut checker);
    names::check(&mut checker, is_builtin);
    checker.findings
}

struct Checker<'a, 'f> {
    facts: &'f Facts<'a>,
    text: &'f str,
    findings: Vec<Finding>,
}

impl Checker<'_, '_> {
    fn report(&mut self, code: u16, span: Span, message: impl Into<String>) -> Report<'_> {
        self.findings.push(Finding {
            rule: table::named(code),
            span,
            message: message.into(),
            label: String::new(),
            others: Vec::new(),
            help: None,
            fix: Vec::new(),
        });
        let last = self.findings.len() - 1;
        Report(&mut self.findings[last])
    }

    fn source(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

/// A finding that was just made, to add to.
struct Report<'a>(&'a mut Finding);

impl Report<'_> {
    fn label(self, text: impl Into<String>) -> Self {
        self.0.label = text.into();
        self
    }

    fn other(self, span: Span, text: impl Into<String>) -> Self {
        self.0.others.push(Label { span, text: text.into() });
        self
    }

    fn help(self, text: impl Into<String>) -> Self {
        self.0.help = Some(text.into());
        self
    }

    fn fix(self, span: Span, text: impl Into<String>) -> Self {
        self.0.fix.push(Edit { span, text: text.into() });
        self
    }
}

impl<'a> Visitor<'a> for Checker<'a, '_> {
    fn body(&mut self, at: &Stack<'a>, body: &'a [Stmt]) {
        names::unreachable(self, body);
        tasks::ignored_results(self, at, body);
    }

    fn statement(&mut self, at: &Stack<'a>, statement: &'a Stmt) {
        tasks::statement(self, at, statement);
        cancellation::statement(self, at, statement);
        blocking::statement(self, at, statement);
        state::statement(self, at, statement);
    }

    fn expression(&mut self, at: &Stack<'a>, expr: &'a Expr) {
        tasks::expression(self, at, expr);
        blocking::expression(self, at, expr);
    }
}
