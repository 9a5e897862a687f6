//! The walk that facts and rules share: every statement and expression once, with what surrounds it.

use crate::source::Span;
use crate::syntax::ast::{
    Arg, ClassDef, Comp, Expr, ExprKind, FunctionDef, Ident, ImportAlias, Module, Name, Params, Pattern,
    PatternKind, ScopeId, Stmt, StmtKind, TypeParams,
};
use crate::syntax::visit::children;

/// What a node stands in, from the outside in.
#[derive(Clone, Copy)]
pub enum Place<'a> {
    Function(&'a FunctionDef),
    Class(&'a ClassDef),
    /// A lambda or a generator expression: code of its own that cannot hold statements.
    Small,
    /// The body of a `for` or `while`.
    Loop(&'a Stmt),
    /// A branch of an `if`, or a `case`.
    Branch,
    With(&'a Stmt),
    /// The body of a `try` or its `else`.
    Try,
    Handler,
}

/// What surrounds the node that a visitor is shown.
pub struct Stack<'a> {
    pub places: Vec<Place<'a>>,
    pub scope: ScopeId,
}

impl<'a> Stack<'a> {
    /// The function whose code this is; none at the top level, in a class body, a lambda, a generator expression.
    pub fn function(&self) -> Option<&'a FunctionDef> {
        self.places.iter().rev().find_map(|place| match place {
            Place::Function(def) => Some(Some(*def)),
            Place::Class(_) | Place::Small => Some(None),
            _ => None,
        })?
    }

    /// The coroutine function or async generator whose code this is.
    pub fn coroutine(&self) -> Option<&'a FunctionDef> {
        self.function().filter(|def| def.is_async)
    }

    /// Whether this runs when the module is loaded.
    pub fn at_top_level(&self) -> bool {
        !self.places.iter().any(|place| matches!(place, Place::Function(_) | Place::Small))
    }

    /// The places inside the innermost function, from the inside out.
    pub fn inside_function(&self) -> impl Iterator<Item = Place<'a>> + '_ {
        let ends = |place: &&Place<'a>| !matches!(place, Place::Function(_) | Place::Class(_) | Place::Small);
        self.places.iter().rev().take_while(ends).copied()
    }

    /// The class whose instance the parameter `name` of a method around here is.
    pub fn class_of(&self, name: &str) -> Option<&'a ClassDef> {
        let scopes = self.places.iter().filter(|p| matches!(p, Place::Function(_) | Place::Class(_)));
        let scopes: Vec<_> = scopes.collect();
        scopes.windows(2).rev().find_map(|pair| match pair {
            [Place::Class(class), Place::Function(method)] => {
                let first = method.params.positional.first()?;
                (*first.name.name == *name && method.decorators.is_empty()).then_some(*class)
            }
            _ => None,
        })
    }
}

/// How a name is bound.
#[derive(Clone, Copy)]
pub enum Binder<'a> {
    Import {
        alias: &'a ImportAlias,
        module: Option<&'a Ident>,
        level: u32,
        statement: &'a Stmt,
    },
    Function(&'a FunctionDef),
    Class,
    /// `name = value`
    Value(&'a Expr),
    /// `with value as name`
    Entered(&'a Expr),
    /// `except ... as name`
    Caught,
    Param,
    /// By unpacking, a loop, `+=`, a walrus, a pattern, `del`.
    Other,
}

/// What is called on the way.
pub trait Visitor<'a> {
    fn body(&mut self, _at: &Stack<'a>, _body: &'a [Stmt]) {}
    fn statement(&mut self, _at: &Stack<'a>, _statement: &'a Stmt) {}
    fn expression(&mut self, _at: &Stack<'a>, _expr: &'a Expr) {}
    fn binds(&mut self, _at: &Stack<'a>, _name: &'a Name, _span: Span, _binder: Binder<'a>) {}
    fn uses(&mut self, _at: &Stack<'a>, _name: &'a Name, _span: Span) {}
    /// An annotation names it, or a string that may be one.
    fn mentions(&mut self, _at: &Stack<'a>, _name: &'a str) {}
}

pub fn walk<'a>(module: &'a Module, visitor: &mut dyn Visitor<'a>) {
    let at = Stack { places: Vec::new(), scope: ScopeId(0) };
    Walker { visitor, at }.body(&module.body);
}

struct Walker<'a, 'v> {
    visitor: &'v mut dyn Visitor<'a>,
    at: Stack<'a>,
}

impl<'a> Walker<'a, '_> {
    fn body(&mut self, body: &'a [Stmt]) {
        self.visitor.body(&self.at, body);
        for statement in body {
            self.statement(statement);
        }
    }

    fn inside(&mut self, place: Place<'a>, body: &'a [Stmt]) {
        self.at.places.push(place);
        self.body(body);
        self.at.places.pop();
    }

    fn scoped(&mut self, scope: ScopeId, place: Option<Place<'a>>, walk: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.at.scope, scope);
        self.at.places.extend(place);
        walk(self);
        if place.is_some() {
            self.at.places.pop();
        }
        self.at.scope = outer;
    }

    fn binds(&mut self, ident: &'a Ident, binder: Binder<'a>) {
        self.visitor.binds(&self.at, &ident.name, ident.span, binder);
    }

    fn optional(&mut self, expr: Option<&'a Expr>) {
        if let Some(expr) = expr {
            self.expression(expr);
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        self.visitor.statement(&self.at, statement);
        match &statement.kind {
            StmtKind::Expr(value) => self.expression(value),
            StmtKind::Assign { targets, value } => {
                self.expression(value);
                for target in targets {
                    self.target(target, Binder::Value(value));
                }
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.expression(value);
                self.target(target, Binder::Other);
            }
            StmtKind::AnnAssign { target, annotation, value, .. } => {
                self.annotation(annotation);
                self.optional(value.as_ref());
                self.target(target, value.as_ref().map_or(Binder::Other, Binder::Value));
            }
            StmtKind::Delete(targets) => {
                for target in targets {
                    self.expression(target);
                }
            }
            StmtKind::Pass | StmtKind::Break | StmtKind::Continue | StmtKind::Error => {}
            StmtKind::Global(_) | StmtKind::Nonlocal(_) => {}
            StmtKind::Return(value) => self.optional(value.as_ref()),
            StmtKind::Raise { exc, cause } => {
                self.optional(exc.as_ref());
                self.optional(cause.as_ref());
            }
            StmtKind::Assert { test, message } => {
                self.expression(test);
                self.optional(message.as_ref());
            }
            StmtKind::Import(aliases) => {
                for alias in aliases {
                    self.import(statement, alias, None, 0);
                }
            }
            StmtKind::ImportFrom { module, names, level, .. } => {
                for alias in names {
                    self.import(statement, alias, module.as_ref(), *level);
                }
            }
            StmtKind::TypeAlias { name, type_params, value, scope } => {
                self.binds(name, Binder::Other);
                self.generic(type_params, |this| {
                    this.scoped(*scope, None, |this| this.annotation(value));
                });
            }
            StmtKind::FunctionDef(def) => self.function(def),
            StmtKind::ClassDef(def) => self.class(def),
            _ => self.compound(statement),
        }
    }

    fn compound(&mut self, statement: &'a Stmt) {
        match &statement.kind {
            StmtKind::If { branches, orelse } => {
                for (test, body) in branches {
                    self.expression(test);
                    self.inside(Place::Branch, body);
                }
                self.inside(Place::Branch, orelse);
            }
            StmtKind::While { test, body, orelse } => {
                self.at.places.push(Place::Loop(statement));
                self.expression(test);
                self.at.places.pop();
                self.inside(Place::Loop(statement), body);
                self.inside(Place::Branch, orelse);
            }
            StmtKind::For { target, iter, body, orelse, .. } => {
                self.expression(iter);
                self.target(target, Binder::Other);
                self.inside(Place::Loop(statement), body);
                self.inside(Place::Branch, orelse);
            }
            StmtKind::With { items, body, .. } => {
                for item in items {
                    self.expression(&item.context);
                    if let Some(target) = &item.target {
                        self.target(target, Binder::Entered(&item.context));
                    }
                }
                self.inside(Place::With(statement), body);
            }
            StmtKind::Try { body, handlers, orelse, finally, .. } => {
                self.inside(Place::Try, body);
                for handler in handlers {
                    self.optional(handler.kind.as_ref());
                    if let Some(name) = &handler.name {
                        self.binds(name, Binder::Caught);
                    }
                    self.inside(Place::Handler, &handler.body);
                }
                self.inside(Place::Branch, orelse);
                self.body(finally);
            }
            StmtKind::Match { subject, cases } => {
                self.expression(subject);
                for case in cases {
                    self.pattern(&case.pattern);
                    self.optional(case.guard.as_ref());
                    self.inside(Place::Branch, &case.body);
                }
            }
            _ => {}
        }
    }

    fn import(&mut self, statement: &'a Stmt, alias: &'a ImportAlias, module: Option<&'a Ident>, level: u32) {
        let binder = Binder::Import { alias, module, level, statement };
        // `import a.b` binds `a`: whoever is shown it looks at the alias.
        self.binds(alias.asname.as_ref().unwrap_or(&alias.name), binder);
    }

    fn function(&mut self, def: &'a FunctionDef) {
        self.binds(&def.name, Binder::Function(def));
        self.defaults(&def.params);
        def.decorators.iter().for_each(|decorator| self.expression(decorator));
        self.generic(&def.type_params, |this| {
            let params = &def.params;
            let stars = params.varargs.iter().chain(&params.varkw);
            for param in params.positional.iter().chain(&params.keyword_only).chain(stars) {
                if let Some(annotation) = &param.annotation {
                    this.annotation(annotation);
                }
            }
            if let Some(returns) = &def.returns {
                this.annotation(returns);
            }
            this.scoped(def.scope, Some(Place::Function(def)), |this| {
                this.params(params);
                this.body(&def.body);
            });
        });
    }

    fn class(&mut self, def: &'a ClassDef) {
        self.binds(&def.name, Binder::Class);
        def.decorators.iter().for_each(|decorator| self.expression(decorator));
        self.generic(&def.type_params, |this| {
            for arg in &def.args {
                match arg {
                    Arg::Positional(value)
                    | Arg::Keyword(_, value)
                    | Arg::Star(value)
                    | Arg::DoubleStar(value) => {
                        this.expression(value);
                    }
                }
            }
            this.scoped(def.scope, Some(Place::Class(def)), |this| this.body(&def.body));
        });
    }

    fn generic(&mut self, params: &'a TypeParams, walk: impl FnOnce(&mut Self)) {
        if params.items.is_empty() {
            return walk(self);
        }
        self.scoped(params.scope, None, |this| {
            for param in &params.items {
                this.binds(&param.name, Binder::Param);
                for (scope, value) in param.bound.iter().chain(&param.default) {
                    this.scoped(*scope, None, |this| this.annotation(value));
                }
            }
            walk(this);
        });
    }

    fn defaults(&mut self, params: &'a Params) {
        for param in params.positional.iter().chain(&params.keyword_only) {
            self.optional(param.default.as_ref());
        }
    }

    fn params(&mut self, params: &'a Params) {
        let stars = params.varargs.iter().chain(&params.varkw);
        for param in params.positional.iter().chain(&params.keyword_only).chain(stars) {
            self.binds(&param.name, Binder::Param);
        }
    }

    fn expression(&mut self, expr: &'a Expr) {
        self.visitor.expression(&self.at, expr);
        match &expr.kind {
            ExprKind::Name(name) => self.visitor.uses(&self.at, name, expr.span),
            ExprKind::Lambda(lambda) => {
                self.defaults(&lambda.params);
                self.scoped(lambda.scope, Some(Place::Small), |this| {
                    this.params(&lambda.params);
                    this.expression(&lambda.body);
                });
            }
            ExprKind::ListComp(comp) | ExprKind::SetComp(comp) | ExprKind::DictComp(comp) => {
                self.comprehension(comp, None);
            }
            ExprKind::GeneratorExp(comp) => self.comprehension(comp, Some(Place::Small)),
            ExprKind::Named { target, value } => {
                self.expression(value);
                self.binds(target, Binder::Other);
            }
            _ => children(expr, &mut |child| self.expression(child)),
        }
    }

    fn comprehension(&mut self, comp: &'a Comp, place: Option<Place<'a>>) {
        if let Some(first) = comp.clauses.first() {
            self.expression(&first.iter);
        }
        self.scoped(comp.scope, place, |this| {
            for (i, clause) in comp.clauses.iter().enumerate() {
                this.target(&clause.target, Binder::Other);
                if i > 0 {
                    this.expression(&clause.iter);
                }
                clause.conditions.iter().for_each(|condition| this.expression(condition));
            }
            this.expression(&comp.element);
            this.optional(comp.value.as_ref());
        });
    }

    fn target(&mut self, target: &'a Expr, binder: Binder<'a>) {
        match &target.kind {
            ExprKind::Name(name) => self.visitor.binds(&self.at, name, target.span, binder),
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().for_each(|item| self.target(item, Binder::Other));
            }
            ExprKind::Starred(inner) => self.target(inner, Binder::Other),
            _ => children(target, &mut |child| self.expression(child)),
        }
    }

    /// Never run: its names count as used, whatever they are.
    fn annotation(&mut self, expr: &'a Expr) {
        match &expr.kind {
            ExprKind::Name(name) => self.visitor.mentions(&self.at, name),
            ExprKind::Str(text) => {
                let words = text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty());
                words.for_each(|word| self.visitor.mentions(&self.at, word));
            }
            _ => children(expr, &mut |child| self.annotation(child)),
        }
    }

    fn pattern(&mut self, pattern: &'a Pattern) {
        match &pattern.kind {
            PatternKind::Wildcard | PatternKind::Star(None) => {}
            PatternKind::Capture(name) | PatternKind::Star(Some(name)) => self.binds(name, Binder::Other),
            PatternKind::Value(value) | PatternKind::Singleton(value) => self.expression(value),
            PatternKind::Sequence(items) | PatternKind::Or(items) => {
                items.iter().for_each(|item| self.pattern(item));
            }
            PatternKind::Mapping { items, rest } => {
                for (key, item) in items {
                    self.expression(key);
                    self.pattern(item);
                }
                if let Some(rest) = rest {
                    self.binds(rest, Binder::Other);
                }
            }
            PatternKind::Class { class, positional, keywords } => {
                self.expression(class);
                positional.iter().for_each(|item| self.pattern(item));
                keywords.iter().for_each(|(_, item)| self.pattern(item));
            }
            PatternKind::As { pattern, name } => {
                self.pattern(pattern);
                self.binds(name, Binder::Other);
            }
        }
    }
}
