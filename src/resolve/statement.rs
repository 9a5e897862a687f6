//! The walk over statements.

use super::collect::{Collector, Loops};
use super::scope::ScopeKind;
use crate::source::Span;
use crate::syntax::ast::{self, ClassDef, ExceptHandler, Expr, TypeParamKind};
use crate::syntax::ast::{ExprKind, FunctionDef, Ident, ImportAlias, Params, Stmt, StmtKind, TypeParams};

/// What `from __future__ import` may name.
const FUTURE_FEATURES: [&str; 10] = [
    "nested_scopes",
    "generators",
    "division",
    "absolute_import",
    "with_statement",
    "print_function",
    "unicode_literals",
    "barry_as_FLUFL",
    "generator_stop",
    "annotations",
];

/// Whether it is `from __future__ import ...`.
fn is_future(module: Option<&Ident>, level: u32) -> bool {
    level == 0 && module.is_some_and(|m| &*m.name == "__future__")
}

/// Where the first statement stands that is neither a docstring nor an import of a future feature.
pub fn after_futures(body: &[Stmt]) -> u32 {
    let first = body.iter().enumerate().find(|(i, stmt)| match &stmt.kind {
        StmtKind::Expr(value) => *i > 0 || !matches!(value.kind, ExprKind::Str(_)),
        StmtKind::ImportFrom { module, level, .. } => !is_future(module.as_ref(), *level),
        _ => true,
    });
    first.map_or(u32::MAX, |(_, stmt)| stmt.span.start)
}

impl Collector {
    pub fn module(&mut self, module: &ast::Module) {
        self.body(&module.body);
    }

    pub fn body(&mut self, body: &[Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt) {
        let span = statement.span;
        match &statement.kind {
            StmtKind::Expr(value) => self.expression(value),
            StmtKind::Assign { targets, value } => {
                self.expression(value);
                for target in targets {
                    self.target(target);
                }
            }
            StmtKind::AugAssign { target, value, .. } => {
                if let ExprKind::Name(name) = &target.kind {
                    self.use_name(name);
                }
                self.target(target);
                self.expression(value);
            }
            StmtKind::AnnAssign { target, annotation, value, simple } => {
                self.annotated(span, target, annotation, value.as_ref(), *simple);
            }
            StmtKind::Delete(targets) => {
                for target in targets {
                    self.delete(target);
                }
            }
            StmtKind::Pass | StmtKind::Error => {}
            StmtKind::Break => self.leave_loop(span, "'break' outside loop"),
            StmtKind::Continue => self.leave_loop(span, "'continue' not properly in loop"),
            StmtKind::Return(value) => self.return_statement(span, value.as_ref()),
            StmtKind::Raise { exc, cause } => {
                self.optional(exc.as_ref());
                self.optional(cause.as_ref());
            }
            StmtKind::Global(names) => self.global(span, names),
            StmtKind::Nonlocal(names) => self.nonlocal(span, names),
            StmtKind::Assert { test, message } => {
                self.expression(test);
                self.optional(message.as_ref());
            }
            StmtKind::Import(aliases) => {
                for alias in aliases {
                    self.import(alias);
                }
            }
            StmtKind::ImportFrom { module, names, level, star } => {
                self.import_from(span, module.as_ref(), names, *level, *star);
            }
            StmtKind::If { branches, orelse } => {
                for (test, body) in branches {
                    self.expression(test);
                    self.body(body);
                }
                self.body(orelse);
            }
            StmtKind::While { test, body, orelse } => {
                self.expression(test);
                self.loop_body(body);
                self.body(orelse);
            }
            StmtKind::For { target, iter, body, orelse, is_async } => {
                if *is_async {
                    self.awaits(span, "async for");
                }
                self.expression(iter);
                self.target(target);
                self.loop_body(body);
                self.body(orelse);
            }
            StmtKind::With { items, body, is_async } => {
                if *is_async {
                    self.awaits(span, "async with");
                }
                for item in items {
                    self.expression(&item.context);
                    if let Some(target) = &item.target {
                        self.target(target);
                    }
                }
                self.body(body);
            }
            StmtKind::Try { body, handlers, orelse, finally, star } => {
                self.body(body);
                self.handlers(handlers, *star);
                self.body(orelse);
                self.body(finally);
            }
            StmtKind::Match { subject, cases } => self.match_statement(subject, cases),
            StmtKind::FunctionDef(def) => self.function(span, def),
            StmtKind::ClassDef(def) => self.class(span, def),
            StmtKind::TypeAlias { name, type_params, value, scope } => {
                self.bind_ident(name);
                self.generic(span, type_params, |this| {
                    this.inside(*scope, ScopeKind::TypeAlias, span, |this| this.expression(value));
                });
            }
        }
    }

    pub fn optional(&mut self, value: Option<&Expr>) {
        if let Some(value) = value {
            self.expression(value);
        }
    }

    fn loop_body(&mut self, body: &[Stmt]) {
        let loops = std::mem::replace(&mut self.context.loops, Loops::Loop);
        self.body(body);
        self.context.loops = loops;
    }

    fn leave_loop(&mut self, span: Span, message: &str) {
        match self.context.loops {
            Loops::Loop => {}
            Loops::None => {
                self.report(307, span, message);
            }
            Loops::ExceptStar => self.leaves_except_star(span),
        }
    }

    fn leaves_except_star(&mut self, span: Span) {
        let message = "'break', 'continue' and 'return' cannot appear in an except* block";
        self.report(308, span, message)
            .help("set a variable in the block and act on it after the try statement");
    }

    fn return_statement(&mut self, span: Span, value: Option<&Expr>) {
        if !matches!(self.kind(), ScopeKind::Function { .. }) {
            self.report(302, span, "'return' outside function");
        } else if self.context.except_star {
            self.leaves_except_star(span);
        }
        if let Some(value) = value {
            self.expression(value);
            self.table().returns.push(span);
        }
    }

    fn handlers(&mut self, handlers: &[ExceptHandler], star: bool) {
        for (i, handler) in handlers.iter().enumerate() {
            match &handler.kind {
                Some(kind) => self.expression(kind),
                None if i + 1 < handlers.len() => {
                    let help = "it catches everything, so that the handlers after it would never run";
                    self.report(315, handler.span, "default 'except:' must be last").help(help);
                }
                None => {}
            }
            if let Some(name) = &handler.name {
                self.bind_ident(name);
                self.table().scope.has_unbinding = true;
            }
            let context = self.context;
            if star {
                self.context.loops = Loops::ExceptStar;
                self.context.except_star = true;
            }
            self.body(&handler.body);
            self.context = context;
        }
    }

    fn global(&mut self, span: Span, names: &[Ident]) {
        for ident in names {
            let name = &ident.name;
            let symbol = self.symbol(name).clone();
            if symbol.param {
                self.report(311, span, format!("name '{name}' is parameter and global"));
            } else if symbol.nonlocal.is_some() {
                self.report(311, span, format!("name '{name}' is nonlocal and global"));
            } else {
                self.declared_late(span, name, &symbol, "global");
            }
            self.symbol(name).global.get_or_insert(ident.span);
        }
    }

    fn nonlocal(&mut self, span: Span, names: &[Ident]) {
        if self.kind() == ScopeKind::Module {
            self.report(309, span, "nonlocal declaration not allowed at module level");
            return;
        }
        for ident in names {
            let name = &ident.name;
            let symbol = self.symbol(name).clone();
            if symbol.param {
                self.report(311, span, format!("name '{name}' is parameter and nonlocal"));
            } else if symbol.global.is_some() {
                self.report(311, span, format!("name '{name}' is nonlocal and global"));
            } else {
                self.declared_late(span, name, &symbol, "nonlocal");
            }
            self.symbol(name).nonlocal.get_or_insert(ident.span);
        }
    }

    fn declared_late(&mut self, span: Span, name: &str, symbol: &super::symbols::Symbol, what: &str) {
        let message = if symbol.annotated {
            format!("annotated name '{name}' can't be {what}")
        } else if symbol.bound {
            format!("name '{name}' is assigned to before {what} declaration")
        } else if symbol.used {
            format!("name '{name}' is used prior to {what} declaration")
        } else {
            return;
        };
        self.report(310, span, message).help("move the declaration to the start of the function");
    }

    fn annotated(
        &mut self,
        span: Span,
        target: &Expr,
        annotation: &Expr,
        value: Option<&Expr>,
        simple: bool,
    ) {
        match &target.kind {
            ExprKind::Name(name) => {
                let in_module = self.kind() == ScopeKind::Module;
                let symbol = self.symbol(name);
                if simple && !in_module {
                    let what = if symbol.global.is_some() {
                        Some("global")
                    } else {
                        symbol.nonlocal.is_some().then_some("nonlocal")
                    };
                    if let Some(what) = what {
                        self.report(311, span, format!("annotated name '{name}' can't be {what}"));
                    }
                }
                if simple {
                    self.symbol(name).annotated = true;
                    if matches!(self.kind(), ScopeKind::Module | ScopeKind::Class) {
                        self.table().scope.has_annotations = true;
                    }
                }
                if simple || value.is_some() {
                    self.bind(name, target.span);
                }
            }
            _ => self.target(target),
        }
        self.annotation(annotation);
        self.optional(value);
    }

    /// An annotation is an expression like others, unless it stays text.
    fn annotation(&mut self, annotation: &Expr) {
        if !self.annotations_stay_text {
            match &annotation.kind {
                ExprKind::Starred(inner) => self.expression(inner),
                _ => self.expression(annotation),
            }
        }
    }

    fn annotations(&mut self, params: &Params, returns: Option<&Expr>) {
        let positional = params.positional.iter().chain(&params.varargs);
        for param in positional.chain(&params.keyword_only).chain(&params.varkw) {
            if let Some(annotation) = &param.annotation {
                self.annotation(annotation);
            }
        }
        if let Some(annotation) = returns {
            self.annotation(annotation);
        }
    }

    fn import(&mut self, alias: &ImportAlias) {
        if let Some(name) = &alias.asname {
            self.bind_ident(name);
        } else {
            let first = alias.name.name.split('.').next().unwrap_or_default();
            self.bind(&first.into(), alias.name.span);
        }
    }

    fn import_from(
        &mut self,
        span: Span,
        module: Option<&Ident>,
        names: &[ImportAlias],
        level: u32,
        star: bool,
    ) {
        if star {
            if is_future(module, level) {
                self.report(325, span, "future feature * is not defined");
            }
            if self.kind() != ScopeKind::Module {
                self.report(317, span, "import * only allowed at module level")
                    .help("import the module and write module.name, or list the names");
            }
            self.has_import_star = true;
            return;
        }
        let future = is_future(module, level);
        if future && span.start >= self.after_futures {
            self.report(325, span, "from __future__ imports must occur at the beginning of the file");
        }
        for alias in names {
            if future && &*alias.name.name == "annotations" {
                self.annotations_stay_text = true;
            }
            if future && !FUTURE_FEATURES.contains(&&*alias.name.name) {
                let message = match &*alias.name.name {
                    "braces" => "not a chance".into(),
                    name => format!("future feature {name} is not defined"),
                };
                self.report(325, alias.name.span, message);
            }
            self.bind_ident(alias.asname.as_ref().unwrap_or(&alias.name));
        }
    }

    /// The parameters' defaults belong to the scope around the function, so they are walked before it is opened.
    pub fn defaults(&mut self, params: &Params) {
        let positional = params.positional.iter().filter_map(|p| p.default.as_ref());
        for default in positional.chain(params.keyword_only.iter().filter_map(|p| p.default.as_ref())) {
            self.expression(default);
        }
    }

    pub fn params(&mut self, params: &Params) {
        let stars = params.varargs.iter().chain(&params.varkw);
        for param in params.positional.iter().chain(&params.keyword_only).chain(stars) {
            let name = &param.name.name;
            self.check_debug(name, param.name.span);
            let symbol = self.symbol(name);
            let twice = symbol.param;
            symbol.param = true;
            symbol.bound = true;
            if twice {
                self.report(
                    312,
                    param.name.span,
                    format!("duplicate argument '{name}' in function definition"),
                );
            }
        }
    }

    fn function(&mut self, span: Span, def: &FunctionDef) {
        self.bind_ident(&def.name);
        self.defaults(&def.params);
        for decorator in &def.decorators {
            self.expression(decorator);
        }
        self.generic(span, &def.type_params, |this| {
            this.annotations(&def.params, def.returns.as_ref());
            let kind = ScopeKind::Function { is_async: def.is_async };
            this.inside(def.scope, kind, span, |this| {
                this.params(&def.params);
                this.body(&def.body);
            });
        });
    }

    fn class(&mut self, span: Span, def: &ClassDef) {
        self.bind_ident(&def.name);
        for decorator in &def.decorators {
            self.expression(decorator);
        }
        self.generic(span, &def.type_params, |this| {
            this.arguments(&def.args);
            this.inside(def.scope, ScopeKind::Class, span, |this| {
                this.table().scope.class_name = Some(def.name.name.clone());
                this.body(&def.body);
            });
        });
    }

    /// Walks what has type parameters in the scope of their names.
    fn generic(&mut self, span: Span, params: &TypeParams, walk: impl FnOnce(&mut Self)) {
        if params.items.is_empty() {
            return walk(self);
        }
        self.inside(params.scope, ScopeKind::TypeParams, span, |this| {
            for param in &params.items {
                let name = &param.name;
                if this.symbol(&name.name).bound {
                    this.report(312, name.span, format!("duplicate type parameter '{}'", name.name));
                }
                this.bind_ident(name);
            }
            for param in &params.items {
                for (i, (scope, value)) in param.bound.iter().chain(&param.default).enumerate() {
                    let place = match (param.kind, &value.kind) {
                        (TypeParamKind::ParamSpec, _) => "a ParamSpec default",
                        (TypeParamKind::TypeVarTuple, _) => "a TypeVarTuple default",
                        _ if i > 0 || param.bound.is_none() => "a TypeVar default",
                        (_, ExprKind::Tuple(_)) => "a TypeVar constraint",
                        _ => "a TypeVar bound",
                    };
                    this.inside(*scope, ScopeKind::TypeAlias, value.span, |this| {
                        this.table().place = Some(place);
                        match &value.kind {
                            ExprKind::Starred(inner) => this.expression(inner),
                            _ => this.expression(value),
                        }
                    });
                }
            }
            walk(this);
        });
    }
}
