//! Displays, comprehensions, and the arguments of calls.

use super::{Builder, highest};
use crate::source::Span;
use crate::syntax::ast::{Arg, Comp, CompClause, Expr, ExprKind, Ident};
use crate::syntax::errors::{code, noun};

/// An argument as it was written; `u32` is where it begins.
pub enum ArgItem {
    Positional(Expr),
    Generator(Expr),
    Keyword(u32, Box<(Expr, Expr)>),
    Star(u32, Expr),
    DoubleStar(Expr),
    TrailingComma,
}

impl Builder<'_> {
    pub fn tuple(&mut self, l: u32, r: u32, items: Vec<Expr>) -> Expr {
        self.node(l, r, highest(&items), ExprKind::Tuple(items))
    }

    pub fn list(&mut self, l: u32, r: u32, items: Vec<Expr>) -> Expr {
        self.node(l, r, highest(&items), ExprKind::List(items))
    }

    pub fn set(&mut self, l: u32, r: u32, items: Vec<Expr>) -> Expr {
        self.node(l, r, highest(&items), ExprKind::Set(items))
    }

    pub fn dict(&mut self, l: u32, r: u32, items: Vec<(Option<Expr>, Expr)>) -> Expr {
        let below = highest(items.iter().flat_map(|(k, v)| k.iter().chain([v])));
        self.node(l, r, below, ExprKind::Dict(items))
    }

    pub fn list_comp(&mut self, l: u32, r: u32, element: Expr, clauses: Vec<CompClause>) -> Expr {
        self.comp(l, r, (element, None), clauses, ExprKind::ListComp)
    }

    pub fn set_comp(&mut self, l: u32, r: u32, element: Expr, clauses: Vec<CompClause>) -> Expr {
        self.comp(l, r, (element, None), clauses, ExprKind::SetComp)
    }

    pub fn generator(&mut self, l: u32, r: u32, element: Expr, clauses: Vec<CompClause>) -> Expr {
        self.comp(l, r, (element, None), clauses, ExprKind::GeneratorExp)
    }

    pub fn dict_comp(
        &mut self,
        l: u32,
        r: u32,
        item: (Option<Expr>, Expr),
        clauses: Vec<CompClause>,
    ) -> Expr {
        let (Some(key), value) = item else {
            let stars = Span::new(l, item.1.span.end);
            self.error(code::STAR, stars, "dict unpacking cannot be used in dict comprehension");
            return self.leaf(l, r, ExprKind::Error);
        };
        self.comp(l, r, (key, Some(value)), clauses, ExprKind::DictComp)
    }

    fn comp(
        &mut self,
        l: u32,
        r: u32,
        (element, value): (Expr, Option<Expr>),
        clauses: Vec<CompClause>,
        kind: fn(Box<Comp>) -> ExprKind,
    ) -> Expr {
        if matches!(element.kind, ExprKind::Starred(_)) {
            self.error(code::STAR, element.span, "iterable unpacking cannot be used in comprehension");
        }
        let parts = clauses.iter().flat_map(|c| [&c.target, &c.iter].into_iter().chain(&c.conditions));
        let below = highest(parts.chain([&element]).chain(&value));
        let scope = self.scope();
        self.node(l, r, below, kind(Box::new(Comp { element, value, clauses, scope })))
    }

    pub fn clause(&mut self, is_async: bool, target: Expr, iter: Expr, conditions: Vec<Expr>) -> CompClause {
        self.check_loop_target(&target);
        CompClause { target, iter, conditions, is_async }
    }

    pub fn call(&mut self, l: u32, r: u32, func: Expr, items: Vec<ArgItem>) -> Expr {
        let args = self.args(items);
        let below = highest(args.iter().map(|a| match a {
            Arg::Positional(e) | Arg::Keyword(_, e) | Arg::Star(e) | Arg::DoubleStar(e) => e,
        }));
        self.node(l, r, below.max(func.depth), ExprKind::Call { func: Box::new(func), args })
    }

    /// Checks the order of arguments as CPython does.
    pub fn args(&mut self, items: Vec<ArgItem>) -> Vec<Arg> {
        let alone = items.len() == 1;
        let (mut after_keyword, mut after_mapping) = (false, false);
        let mut args = Vec::with_capacity(items.len());
        for item in items {
            args.push(match item {
                ArgItem::TrailingComma => continue,
                ArgItem::Positional(e) => {
                    self.check_position(&e, after_keyword, after_mapping);
                    Arg::Positional(e)
                }
                ArgItem::Generator(e) => {
                    if !alone {
                        self.error(code::ARGUMENT, e.span, "Generator expression must be parenthesized");
                    }
                    Arg::Positional(e)
                }
                ArgItem::Star(l, e) => {
                    if after_mapping {
                        let span = Span::new(l, e.span.end);
                        let message = "iterable argument unpacking follows keyword argument unpacking";
                        self.error(code::ARGUMENT, span, message);
                    }
                    Arg::Star(e)
                }
                ArgItem::DoubleStar(e) => {
                    after_mapping = true;
                    Arg::DoubleStar(e)
                }
                ArgItem::Keyword(l, pair) => {
                    let (name, e) = *pair;
                    after_keyword = true;
                    Arg::Keyword(self.keyword(l, name), e)
                }
            });
        }
        args
    }

    fn check_position(&mut self, e: &Expr, after_keyword: bool, after_mapping: bool) {
        if after_mapping {
            let message = "positional argument follows keyword argument unpacking";
            self.error(code::ARGUMENT, e.span, message);
        } else if after_keyword {
            self.error(code::ARGUMENT, e.span, "positional argument follows keyword argument");
        }
    }

    /// The name left of a `=` in a call, where any expression was read.
    fn keyword(&mut self, l: u32, name: Expr) -> Ident {
        let span = name.span;
        match name.kind {
            ExprKind::Name(name) if span.start == l => return Ident { name, span },
            kind @ (ExprKind::True | ExprKind::False | ExprKind::None) => {
                self.error(code::TARGET, span, format!("cannot assign to {}", noun(&kind)));
            }
            _ => {
                let message = "expression cannot contain assignment, perhaps you meant \"==\"?";
                self.error(code::ARGUMENT, Span::new(l, span.end), message);
            }
        }
        Ident { name: "_".into(), span }
    }
}
