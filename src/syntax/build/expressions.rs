//! Operators, calls and other expressions that are no displays and no literals.

use super::{Builder, highest};
use crate::source::Span;
use crate::syntax::ast::{BinOp, BoolOp, CmpOp, Expr, ExprKind, Ident, Lambda, Params, UnaryOp};
use crate::syntax::errors::{code, noun};

/// An operand with the place it takes, its parentheses included.
pub type Operand = (u32, u32, Expr);

/// Operands and the operators between them, in the middle of being put together by precedence: `operators` rises.
pub struct Chain {
    operands: Vec<Operand>,
    operators: Vec<BinOp>,
}

const fn precedence(op: BinOp) -> u8 {
    match op {
        BinOp::BitOr => 1,
        BinOp::BitXor => 2,
        BinOp::BitAnd => 3,
        BinOp::LShift | BinOp::RShift => 4,
        BinOp::Add | BinOp::Sub => 5,
        BinOp::Mul | BinOp::MatMul | BinOp::Div | BinOp::FloorDiv | BinOp::Mod => 6,
        BinOp::Pow => 7,
    }
}

impl Builder<'_> {
    pub fn begin_chain(&mut self, first: Operand, op: BinOp, second: Operand) -> Chain {
        let chain = Chain { operands: vec![first], operators: Vec::new() };
        self.extend_chain(chain, op, second)
    }

    pub fn extend_chain(&mut self, mut chain: Chain, op: BinOp, next: Operand) -> Chain {
        while chain.operators.last().is_some_and(|&last| precedence(last) >= precedence(op)) {
            self.fold_last(&mut chain);
        }
        chain.operators.push(op);
        chain.operands.push(next);
        chain
    }

    pub fn finish_chain(&mut self, mut chain: Chain) -> Expr {
        while !chain.operators.is_empty() {
            self.fold_last(&mut chain);
        }
        chain.operands.pop().expect("a chain begins with an operand").2
    }

    fn fold_last(&mut self, chain: &mut Chain) {
        let (Some(op), Some((_, r, right)), Some((l, _, left))) =
            (chain.operators.pop(), chain.operands.pop(), chain.operands.pop())
        else {
            return;
        };
        let expr = self.binary(l, r, left, op, right);
        chain.operands.push((l, r, expr));
    }

    pub fn binary(&mut self, l: u32, r: u32, left: Expr, op: BinOp, right: Expr) -> Expr {
        let below = left.depth.max(right.depth);
        self.node(l, r, below, ExprKind::Binary { left: Box::new(left), op, right: Box::new(right) })
    }

    pub fn unary(&mut self, l: u32, r: u32, op: UnaryOp, operand: Expr) -> Expr {
        self.node(l, r, operand.depth, ExprKind::Unary { op, operand: Box::new(operand) })
    }

    pub fn bool_op(&mut self, l: u32, r: u32, op: BoolOp, values: Vec<Expr>) -> Expr {
        self.node(l, r, highest(&values), ExprKind::BoolOp { op, values })
    }

    pub fn compare(&mut self, l: u32, r: u32, left: Expr, rest: Vec<(CmpOp, Expr)>) -> Expr {
        let below = left.depth.max(highest(rest.iter().map(|(_, e)| e)));
        self.node(l, r, below, ExprKind::Compare { left: Box::new(left), rest })
    }

    pub fn conditional(&mut self, l: u32, r: u32, test: Expr, body: Expr, orelse: Expr) -> Expr {
        let below = test.depth.max(body.depth).max(orelse.depth);
        let (test, body, orelse) = (Box::new(test), Box::new(body), Box::new(orelse));
        self.node(l, r, below, ExprKind::Conditional { test, body, orelse })
    }

    pub fn lambda(&mut self, l: u32, r: u32, params: Params, body: Expr) -> Expr {
        let named = params.positional.iter().chain(&params.keyword_only);
        let defaults = named.filter_map(|p| p.default.as_ref());
        let below = body.depth.max(highest(defaults));
        let scope = self.scope();
        self.node(l, r, below, ExprKind::Lambda(Box::new(Lambda { params, body, scope })))
    }

    pub fn named(&mut self, l: u32, r: u32, target: Expr, value: Expr) -> Expr {
        let below = value.depth;
        if let ExprKind::Name(name) = target.kind {
            let target = Ident { name, span: target.span };
            return self.node(l, r, below, ExprKind::Named { target, value: Box::new(value) });
        }
        let message = format!("cannot use assignment expressions with {}", noun(&target.kind));
        self.error(code::TARGET, target.span, message);
        self.leaf(l, r, ExprKind::Error)
    }

    pub fn starred(&mut self, l: u32, r: u32, value: Expr) -> Expr {
        self.node(l, r, value.depth, ExprKind::Starred(Box::new(value)))
    }

    pub fn await_(&mut self, l: u32, r: u32, value: Expr) -> Expr {
        self.node(l, r, value.depth, ExprKind::Await(Box::new(value)))
    }

    pub fn yield_(&mut self, l: u32, r: u32, value: Option<Expr>) -> Expr {
        if let Some(value) = &value {
            self.no_lone_star(value);
        }
        let below = value.as_ref().map_or(0, |v| v.depth);
        self.node(l, r, below, ExprKind::Yield(value.map(Box::new)))
    }

    pub fn yield_from(&mut self, l: u32, r: u32, value: Expr) -> Expr {
        self.node(l, r, value.depth, ExprKind::YieldFrom(Box::new(value)))
    }

    pub fn attribute(&mut self, l: u32, value: Expr, attr: Ident) -> Expr {
        self.node(l, attr.span.end, value.depth, ExprKind::Attribute { value: Box::new(value), attr })
    }

    pub fn subscript(&mut self, l: u32, r: u32, value: Expr, index: Expr) -> Expr {
        let below = value.depth.max(index.depth);
        self.node(l, r, below, ExprKind::Subscript { value: Box::new(value), index: Box::new(index) })
    }

    pub fn slice(
        &mut self,
        l: u32,
        r: u32,
        lower: Option<Expr>,
        upper: Option<Expr>,
        step: Option<Expr>,
    ) -> Expr {
        let below = highest([&lower, &upper, &step].into_iter().flatten());
        let (lower, upper, step) = (lower.map(Box::new), upper.map(Box::new), step.map(Box::new));
        self.node(l, r, below, ExprKind::Slice { lower, upper, step })
    }

    /// `*value` where only a value may stand.
    pub(super) fn no_lone_star(&mut self, value: &Expr) {
        if matches!(value.kind, ExprKind::Starred(_)) {
            self.error(code::STAR, value.span, "can't use starred expression here");
        }
    }

    /// An expression in parentheses; they are no node.
    pub fn group(&mut self, value: Expr) -> Expr {
        if matches!(value.kind, ExprKind::Starred(_)) {
            let star = Span::new(value.span.start, value.span.start + 1);
            self.error(code::STAR, star, "cannot use starred expression here");
        }
        value
    }
}
