//! What may be assigned to, deleted, and looped over. Targets are read as expressions; the words are CPython's.

use super::Builder;
use crate::source::Span;
use crate::syntax::ast::{BinOp, Expr, ExprKind, StmtKind, UnaryOp, WithItem};
use crate::syntax::errors::{code, noun};

/// The innermost part of a target that cannot be one.
fn misfit(target: &Expr, deleting: bool) -> Option<&Expr> {
    // Displays nest no deeper than brackets do, so the recursion is bounded.
    match &target.kind {
        ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } | ExprKind::Error => None,
        ExprKind::Tuple(items) | ExprKind::List(items) => {
            items.iter().find_map(|item| misfit(item, deleting))
        }
        ExprKind::Starred(value) if !deleting => misfit(value, deleting),
        _ => Some(target),
    }
}

impl Builder<'_> {
    /// At most one star in a list of targets, and none outside of a list.
    fn check_stars(&mut self, target: &Expr) {
        match &target.kind {
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                let is_star = |e: &&Expr| matches!(e.kind, ExprKind::Starred(_));
                if items.iter().filter(is_star).count() > 1 {
                    self.error(code::STAR, target.span, "multiple starred expressions in assignment");
                }
                for item in items {
                    match &item.kind {
                        ExprKind::Starred(value) if !matches!(value.kind, ExprKind::Starred(_)) => {
                            self.check_stars(value);
                        }
                        _ => self.check_stars(item),
                    }
                }
            }
            ExprKind::Starred(_) => {
                let message = "starred assignment target must be in a list or tuple";
                self.error(code::STAR, target.span, message);
            }
            _ => {}
        }
    }

    /// A target of `for`, `with` or a comprehension.
    pub(super) fn check_loop_target(&mut self, target: &Expr) {
        if let Some(wrong) = misfit(target, false) {
            self.error(code::TARGET, wrong.span, format!("cannot assign to {}", noun(&wrong.kind)));
        } else {
            self.check_stars(target);
        }
    }

    pub fn with_item(&mut self, context: Expr, target: Option<Expr>) -> WithItem {
        if let Some(target) = &target {
            self.check_loop_target(target);
        }
        WithItem { context, target }
    }

    pub fn assign(&mut self, targets: Vec<Expr>, value: Expr) -> StmtKind {
        self.no_lone_star(&value);
        let single = targets.len() == 1 && matches!(value.kind, ref kind if is_comparable(kind));
        for (i, target) in targets.iter().enumerate() {
            let bare = || !self.text[..target.span.start as usize].trim_end().ends_with('(');
            if matches!(target.kind, ExprKind::Yield(_) | ExprKind::YieldFrom(_)) && bare() {
                self.error(code::TARGET, target.span, "assignment to yield expression not possible");
                break;
            }
            let Some(wrong) = misfit(target, false) else {
                self.check_stars(target);
                continue;
            };
            let mut message = format!("cannot assign to {}", noun(&wrong.kind));
            let is_whole = std::ptr::eq(wrong, target);
            let constant = matches!(wrong.kind, ExprKind::True | ExprKind::False | ExprKind::None);
            let enclosed =
                matches!(wrong.kind, ExprKind::Named { .. } | ExprKind::Yield(_) | ExprKind::YieldFrom(_));
            let maybe_comparison = single && is_whole && !constant && (enclosed || is_operand(&wrong.kind));
            if i == 0 && maybe_comparison {
                message.push_str(" here. Maybe you meant '==' instead of '='?");
            }
            self.error(code::TARGET, wrong.span, message);
            break;
        }
        StmtKind::Assign { targets, value }
    }

    pub fn aug_assign(&mut self, target: Expr, op: BinOp, value: Expr) -> StmtKind {
        self.no_lone_star(&value);
        let fits = matches!(
            target.kind,
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } | ExprKind::Error
        );
        if !fits {
            let message =
                format!("'{}' is an illegal expression for augmented assignment", noun(&target.kind));
            self.error(code::TARGET, target.span, message);
        }
        StmtKind::AugAssign { target, op, value }
    }

    /// `l` is where the statement begins: before a parenthesis around the target.
    pub fn ann_assign(&mut self, l: u32, target: Expr, annotation: Expr, value: Option<Expr>) -> StmtKind {
        if let Some(value) = &value {
            self.no_lone_star(value);
        }
        match &target.kind {
            ExprKind::Name(_) | ExprKind::Attribute { .. } | ExprKind::Subscript { .. } | ExprKind::Error => {
            }
            ExprKind::Tuple(_) | ExprKind::List(_) => {
                let message = format!("only single target (not {}) can be annotated", noun(&target.kind));
                self.error(code::TARGET, target.span, message);
            }
            _ => self.error(code::TARGET, target.span, "illegal target for annotation"),
        }
        if matches!(annotation.kind, ExprKind::Tuple(_) | ExprKind::Starred(_))
            && !self.text(annotation.span).starts_with('(')
        {
            self.error(code::SYNTAX, annotation.span, "invalid syntax");
        }
        let simple = matches!(target.kind, ExprKind::Name(_)) && target.span.start == l;
        StmtKind::AnnAssign { target, annotation, value, simple }
    }

    pub fn delete(&mut self, targets: Vec<Expr>) -> StmtKind {
        if let Some(wrong) = targets.iter().find_map(|t| misfit(t, true)) {
            let span: Span = wrong.span;
            self.error(code::TARGET, span, format!("cannot delete {}", noun(&wrong.kind)));
        }
        StmtKind::Delete(targets)
    }
}

/// Whether `==` could stand left of it without parentheses: CPython's `bitwise_or`.
const fn is_comparable(kind: &ExprKind) -> bool {
    !matches!(
        kind,
        ExprKind::BoolOp { .. }
            | ExprKind::Compare { .. }
            | ExprKind::Conditional { .. }
            | ExprKind::Lambda(_)
            | ExprKind::Yield(_)
            | ExprKind::YieldFrom(_)
            | ExprKind::Starred(_)
            | ExprKind::Named { .. }
    )
}

/// Whether it could stand left of `==`, as what was meant.
const fn is_operand(kind: &ExprKind) -> bool {
    is_comparable(kind)
        && !matches!(
            kind,
            ExprKind::List(_)
                | ExprKind::Tuple(_)
                | ExprKind::GeneratorExp(_)
                | ExprKind::Unary { op: UnaryOp::Not, .. }
        )
}
