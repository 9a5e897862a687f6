//! Statements. A compound statement's span ends with the last statement of its last block.

use super::displays::ArgItem;
use super::{Builder, DefHead, unboxed};
use crate::source::Span;
use crate::syntax::ast::{
    Body, ClassDef, ExceptHandler, Expr, ExprKind, FunctionDef, Ident, ImportAlias, MatchCase, Stmt,
    StmtKind, TypeParams, WithItem,
};
use crate::syntax::errors::code;

/// What follows `import` in `from ... import ...`.
pub enum ImportNames {
    Star,
    Names(Vec<ImportAlias>),
    /// Names with a comma at the end, without the parentheses that allow it.
    TrailingComma(Vec<ImportAlias>),
}

/// A handler, and whether it is an `except*`.
pub struct Handler {
    star: bool,
    handler: ExceptHandler,
}

/// Where a block ends.
fn end_of(body: &[Stmt]) -> u32 {
    body.last().map_or(0, |s| s.span.end)
}

impl Builder<'_> {
    #[allow(clippy::unused_self, reason = "the grammar makes every node through the builder")]
    pub fn statement(&mut self, l: u32, r: u32, kind: StmtKind) -> Stmt {
        Stmt { span: Span::new(l, r), kind }
    }

    pub fn given_up(&mut self, l: u32, r: u32) -> Stmt {
        self.statement(l, r, StmtKind::Error)
    }

    pub fn expression_statement(&mut self, e: Expr) -> StmtKind {
        self.no_lone_star(&e);
        StmtKind::Expr(e)
    }

    pub fn return_(&mut self, value: Option<Expr>) -> StmtKind {
        if let Some(value) = &value {
            self.no_lone_star(value);
        }
        StmtKind::Return(value)
    }

    #[allow(clippy::unused_self, reason = "the grammar makes every node through the builder")]
    pub fn dotted(&mut self, head: &Ident, tail: &Ident) -> Ident {
        let span = head.span.to(tail.span);
        Ident { name: format!("{}.{}", head.name, tail.name).into(), span }
    }

    pub fn import_from(
        &mut self,
        level: u32,
        module: Option<Ident>,
        names: ImportNames,
        place: Span,
    ) -> StmtKind {
        if level == 0 && module.is_none() {
            self.error(code::SYNTAX, place, "invalid syntax");
        }
        let (names, star) = match names {
            ImportNames::Star => (Vec::new(), true),
            ImportNames::Names(names) => (names, false),
            ImportNames::TrailingComma(names) => {
                let comma = Span::new(place.end - 1, place.end);
                self.error(code::SYNTAX, comma, "trailing comma not allowed without surrounding parentheses");
                (names, false)
            }
        };
        StmtKind::ImportFrom { module, names, level, star }
    }

    pub fn type_alias(&mut self, name: Ident, type_params: TypeParams, value: Expr) -> StmtKind {
        let scope = self.scope();
        StmtKind::TypeAlias { name, type_params, value, scope }
    }

    pub fn if_(
        &mut self,
        l: u32,
        first: (Expr, Body),
        rest: Vec<(Expr, Body)>,
        orelse: Option<Body>,
    ) -> Stmt {
        let mut branches = Vec::with_capacity(1 + rest.len());
        branches.push(first);
        branches.extend(rest);
        let orelse = orelse.unwrap_or_default();
        let end = branches.last().map_or(l, |(_, body)| end_of(body)).max(end_of(&orelse));
        self.statement(l, end, StmtKind::If { branches, orelse })
    }

    pub fn while_(&mut self, l: u32, test: Expr, body: Body, orelse: Option<Body>) -> Stmt {
        let orelse = orelse.unwrap_or_default();
        let end = end_of(&body).max(end_of(&orelse));
        self.statement(l, end, StmtKind::While { test, body, orelse })
    }

    pub fn for_(
        &mut self,
        l: u32,
        is_async: bool,
        target: Expr,
        iter: Expr,
        blocks: (Body, Option<Body>),
    ) -> Stmt {
        self.check_loop_target(&target);
        self.no_lone_star(&iter);
        let (body, orelse) = (blocks.0, blocks.1.unwrap_or_default());
        let end = end_of(&body).max(end_of(&orelse));
        self.statement(l, end, StmtKind::For { target, iter, body, orelse, is_async })
    }

    pub fn with(&mut self, l: u32, is_async: bool, items: Vec<WithItem>, body: Body) -> Stmt {
        let end = end_of(&body);
        self.statement(l, end, StmtKind::With { items, body, is_async })
    }

    /// `with (a, b):` is two items, not a tuple, unless something in the parentheses can be no item.
    #[allow(clippy::unused_self, reason = "the grammar makes every node through the builder")]
    pub fn with_items(&mut self, l: u32, mut items: Vec<WithItem>) -> Vec<WithItem> {
        let [WithItem { context, target: None }] = &mut items[..] else { return items };
        let ExprKind::Tuple(values) = &mut context.kind else { return items };
        let is_item = |e: &Expr| !matches!(e.kind, ExprKind::Starred(_) | ExprKind::Named { .. });
        if context.span.start != l || values.is_empty() || !values.iter().all(is_item) {
            return items;
        }
        let values = std::mem::take(values);
        values.into_iter().map(|context| WithItem { context, target: None }).collect()
    }

    pub fn unparenthesized_kinds(&mut self, l: u32, r: u32, kinds: Vec<Expr>) -> Expr {
        self.error(code::SYNTAX, Span::new(l, r), "multiple exception types must be parenthesized");
        self.tuple(l, r, kinds)
    }

    pub fn handler(
        &mut self,
        l: u32,
        star: bool,
        kind: Option<Expr>,
        name: Option<Ident>,
        body: Body,
    ) -> Handler {
        let span = Span::new(l, end_of(&body).max(l));
        if star && kind.is_none() {
            self.error(code::SYNTAX, span, "expected one or more exception types");
        }
        Handler { star, handler: ExceptHandler { span, kind, name, body } }
    }

    pub fn try_(
        &mut self,
        l: u32,
        body: Body,
        handlers: Vec<Handler>,
        orelse: Option<Body>,
        finally: Option<Body>,
    ) -> Stmt {
        let star = handlers.first().is_some_and(|h| h.star);
        if let Some(other) = handlers.iter().find(|h| h.star != star) {
            let start = other.handler.span.start;
            let message = "cannot have both 'except' and 'except*' on the same 'try'";
            self.error(code::SYNTAX, Span::new(start, start + 6), message);
        }
        let last = handlers.len().saturating_sub(1);
        if let Some(bare) = handlers[..last].iter().find(|h| h.handler.kind.is_none()) {
            let start = bare.handler.span.start;
            self.error(code::SYNTAX, Span::new(start, start + 6), "default 'except:' must be last");
        }
        let handlers: Vec<_> = handlers.into_iter().map(|h| h.handler).collect();
        let (orelse, finally) = (orelse.unwrap_or_default(), finally.unwrap_or_default());
        let handled = handlers.last().map_or(0, |h| h.span.end);
        let end = end_of(&body).max(handled).max(end_of(&orelse)).max(end_of(&finally));
        self.statement(l, end, StmtKind::Try { body, handlers, orelse, finally, star })
    }

    pub fn match_(&mut self, l: u32, subject: Expr, cases: Vec<Option<Box<MatchCase>>>) -> Stmt {
        let cases = unboxed(cases.into_iter().flatten());
        let end = cases.last().map_or(subject.span.end, |c| c.span.end);
        self.statement(l, end, StmtKind::Match { subject, cases })
    }

    pub fn function(
        &mut self,
        l: u32,
        decorators: Vec<Expr>,
        is_async: bool,
        head: DefHead,
        body: Body,
    ) -> Stmt {
        let end = end_of(&body);
        let DefHead { name, type_params, params, returns } = head;
        let scope = self.scope();
        let def = FunctionDef { name, decorators, type_params, params, returns, body, is_async, scope };
        self.statement(l, end, StmtKind::FunctionDef(Box::new(def)))
    }

    pub fn class(
        &mut self,
        l: u32,
        decorators: Vec<Expr>,
        (name, type_params): (Ident, TypeParams),
        args: Option<Vec<ArgItem>>,
        body: Body,
    ) -> Stmt {
        let args = args.unwrap_or_default();
        if let Some(ArgItem::Generator(e)) = args.iter().find(|a| matches!(a, ArgItem::Generator(_))) {
            self.error(code::SYNTAX, e.span, "invalid syntax");
        }
        let args = self.args(args);
        let end = end_of(&body);
        let scope = self.scope();
        let class = ClassDef { name, decorators, type_params, args, body, scope };
        self.statement(l, end, StmtKind::ClassDef(Box::new(class)))
    }
}
