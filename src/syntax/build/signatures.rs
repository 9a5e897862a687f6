//! Parameters and type parameters.

use super::Builder;
use crate::source::Span;
use crate::syntax::ast::{Expr, Ident, Param, Params, TypeParam, TypeParamKind, TypeParams};
use crate::syntax::errors::code;

/// A parameter as it was written.
pub enum ParamItem {
    Plain(Box<Param>),
    Slash(Span),
    /// A bare `*`.
    Star(Span),
    VarArgs(Box<Param>),
    VarKw(Box<Param>),
}

/// The header of a `def`.
pub struct DefHead {
    pub name: Ident,
    pub type_params: TypeParams,
    pub params: Params,
    pub returns: Option<Expr>,
}

impl Builder<'_> {
    #[allow(clippy::unused_self, reason = "the grammar makes every node through the builder")]
    pub fn param(&mut self, name: Ident, annotation: Option<Expr>, default: Option<Expr>) -> Box<Param> {
        Box::new(Param { name, annotation, default })
    }

    /// Sorts the parameters; at most one message for a list.
    pub fn params(&mut self, items: Option<Vec<ParamItem>>, place: Span) -> Params {
        let mut params = Params::default();
        let mut problem: Option<(Span, &str)> = None;
        let mut star: Option<Span> = None;
        let mut slash = false;
        let mut after_default = false;
        for item in items.unwrap_or_default() {
            let trouble = match item {
                _ if params.varkw.is_some() => {
                    Some((item_span(&item), "arguments cannot follow var-keyword argument"))
                }
                ParamItem::Plain(param) if star.is_some() => {
                    params.keyword_only.push(*param);
                    None
                }
                ParamItem::Plain(param) => {
                    let wrong = after_default && param.default.is_none();
                    after_default |= param.default.is_some();
                    let span = param.name.span;
                    params.positional.push(*param);
                    wrong.then_some((span, "parameter without a default follows parameter with a default"))
                }
                ParamItem::Slash(span) if slash => Some((span, "/ may appear only once")),
                ParamItem::Slash(span) if star.is_some() => Some((span, "/ must be ahead of *")),
                ParamItem::Slash(span) if params.positional.is_empty() => {
                    Some((span, "at least one argument must precede /"))
                }
                ParamItem::Slash(_) => {
                    slash = true;
                    params.positional_only = params.positional.len();
                    None
                }
                ParamItem::Star(span) if star.is_some() => Some((span, "* argument may appear only once")),
                ParamItem::Star(span) => {
                    star = Some(span);
                    None
                }
                ParamItem::VarArgs(param) if star.is_some() => {
                    Some((param.name.span, "* argument may appear only once"))
                }
                ParamItem::VarArgs(param) => {
                    star = Some(param.name.span);
                    let default = param.default.is_some().then_some(param.name.span);
                    params.varargs = Some(*param);
                    default.map(|span| (span, "var-positional argument cannot have default value"))
                }
                ParamItem::VarKw(param) => {
                    let default = param.default.is_some().then_some(param.name.span);
                    params.varkw = Some(*param);
                    default.map(|span| (span, "var-keyword argument cannot have default value"))
                }
            };
            problem = problem.or(trouble);
        }
        if let Some(span) = star
            && params.varargs.is_none()
            && params.keyword_only.is_empty()
        {
            problem = problem.or(Some((span, "named arguments must follow bare *")));
        }
        if let Some((span, message)) = problem {
            debug_assert!(place.start <= span.start, "a parameter lies inside its list");
            self.error(code::PARAMETER, span, message);
        }
        params
    }

    pub fn type_param(
        &mut self,
        name: Ident,
        kind: TypeParamKind,
        bound: Option<Expr>,
        default: Option<Expr>,
    ) -> TypeParam {
        let bound = bound.map(|e| (self.scope(), e));
        let default = default.map(|e| (self.scope(), e));
        TypeParam { name, kind, bound, default }
    }

    pub fn type_params(&mut self, params: Vec<TypeParam>) -> TypeParams {
        let mut after_default = false;
        for param in &params {
            if after_default && param.default.is_none() {
                let message = format!(
                    "non-default type parameter '{}' follows default type parameter",
                    param.name.name
                );
                self.error(code::PARAMETER, param.name.span, message);
                break;
            }
            after_default |= param.default.is_some();
            debug_assert!(
                param.bound.is_none() || param.kind == TypeParamKind::TypeVar,
                "only a type may be bounded"
            );
        }
        TypeParams { items: params, scope: self.scope() }
    }
}

fn item_span(item: &ParamItem) -> Span {
    match item {
        ParamItem::Slash(span) | ParamItem::Star(span) => *span,
        ParamItem::Plain(param) | ParamItem::VarArgs(param) | ParamItem::VarKw(param) => param.name.span,
    }
}
