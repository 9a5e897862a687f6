//! What rules ask about a module: what defines each name, who uses it, what an expression stands for. Gathered once.

use super::query;
use super::walk::{Binder, Stack, Visitor, walk};
use crate::resolve::{Binding, ScopeKind, Scopes, mangle};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, FunctionDef, Module, Name, ScopeId, Stmt, StmtKind};
use crate::text::maps::IndexMap;
use crate::text::maps::{HashMap, HashSet};

/// One place where a name is bound.
#[derive(Clone, Copy)]
pub struct Def<'a> {
    pub span: Span,
    pub binder: Binder<'a>,
    /// Inside a `try`.
    pub tried: bool,
}

pub struct Facts<'a> {
    pub scopes: &'a Scopes,
    pub defs: IndexMap<(ScopeId, Name), Vec<Def<'a>>>,
    pub uses: HashMap<(ScopeId, Name), Vec<Span>>,
    /// Names in annotations and in strings that may be annotations or `__all__`.
    pub mentioned: HashSet<&'a str>,
    /// What is assigned to attributes of a class's instances; none for what cannot be told.
    attributes: HashMap<(ScopeId, Name), Vec<Option<&'a Expr>>>,
    /// The places of names whose call is awaited at once.
    awaited: HashSet<Span>,
    pub star_import: bool,
    /// Something defines or reads names in ways that cannot be seen: `exec`, `globals()`.
    pub dynamic: bool,
}

/// Functions of asyncio that make coroutines.
const COROUTINE_FUNCTIONS: [&str; 12] = [
    "sleep",
    "wait_for",
    "wait",
    "to_thread",
    "open_connection",
    "start_server",
    "open_unix_connection",
    "start_unix_server",
    "create_subprocess_exec",
    "create_subprocess_shell",
    "staggered_race",
    "timeout_after",
];

/// Methods of asyncio's objects that make coroutines.
const COROUTINE_METHODS: [(&str, &[&str]); 9] = [
    ("asyncio.Lock", &["acquire"]),
    ("asyncio.Semaphore", &["acquire"]),
    ("asyncio.BoundedSemaphore", &["acquire"]),
    ("asyncio.Condition", &["acquire", "wait", "wait_for"]),
    ("asyncio.Event", &["wait"]),
    ("asyncio.Barrier", &["wait", "reset", "abort"]),
    ("asyncio.Queue", &["get", "put", "join"]),
    ("asyncio.PriorityQueue", &["get", "put", "join"]),
    ("asyncio.LifoQueue", &["get", "put", "join"]),
];

impl<'a> Facts<'a> {
    pub fn new(module: &'a Module, scopes: &'a Scopes) -> Self {
        let mut facts = Self {
            scopes,
            defs: IndexMap::default(),
            uses: HashMap::default(),
            mentioned: HashSet::default(),
            attributes: HashMap::default(),
            awaited: HashSet::default(),
            star_import: false,
            dynamic: false,
        };
        walk(module, &mut facts);
        facts
    }

    /// The scope that a name belongs to; that of the module for names that nobody binds.
    pub fn owner(&self, from: ScopeId, name: &Name) -> ScopeId {
        let mut id = from;
        // Class bodies are seen by what stands directly in them.
        let mut direct = true;
        loop {
            let scope = self.scopes.get(id);
            let name = mangle(scope.class_name.as_ref(), name);
            match scope.bindings.get(&name) {
                Some(Binding::Local | Binding::Cell) if direct || scope.kind != ScopeKind::Class => {
                    return id;
                }
                Some(Binding::GlobalExplicit | Binding::GlobalImplicit) => return ScopeId(0),
                _ => {}
            }
            direct &= scope.kind == ScopeKind::TypeParams;
            let Some(parent) = scope.parent else { return ScopeId(0) };
            id = parent;
        }
    }

    fn definitions(&self, scope: ScopeId, name: &Name) -> &[Def<'a>] {
        self.defs.get(&(self.owner(scope, name), name.clone())).map_or(&[], Vec::as_slice)
    }

    pub fn uses_of(&self, owner: ScopeId, name: &Name) -> &[Span] {
        self.uses.get(&(owner, name.clone())).map_or(&[], Vec::as_slice)
    }

    /// What a chain of names stands for, whatever it is called here: `asyncio.sleep`, `builtins.open`.
    pub fn path(&self, scope: ScopeId, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Name(name) => {
                let defs = self.definitions(scope, name);
                if defs.is_empty() {
                    let unknown = self.owner(scope, name) != ScopeId(0) || self.star_import;
                    return match &**name {
                        _ if unknown => None,
                        "asyncio" => Some("asyncio".into()),
                        _ => Some(format!("builtins.{name}")),
                    };
                }
                let first = import_path(&defs[0].binder)?;
                defs[1..]
                    .iter()
                    .all(|def| import_path(&def.binder).is_some_and(|path| path == first))
                    .then_some(first)
            }
            ExprKind::Attribute { value, attr } => {
                self.path(scope, value).map(|path| format!("{path}.{}", attr.name))
            }
            _ => None,
        }
    }

    /// The path of what a call calls.
    pub fn called(&self, scope: ScopeId, expr: &Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Call { func, .. } => self.path(scope, func),
            _ => None,
        }
    }

    /// The only expression that gives a variable or an attribute of `self` its value.
    pub fn value(&self, at: &Stack<'a>, expr: &Expr) -> Option<&'a Expr> {
        match &expr.kind {
            ExprKind::Name(name) => match self.definitions(at.scope, name) {
                [Def { binder: Binder::Value(value) | Binder::Entered(value), .. }] => Some(value),
                _ => None,
            },
            ExprKind::Attribute { value, attr } => {
                let ExprKind::Name(name) = &value.kind else { return None };
                let class = at.class_of(name)?;
                match self.attributes.get(&(class.scope, attr.name.clone()))?.as_slice() {
                    [value] => *value,
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What made the object that an expression stands for: `asyncio.Lock`.
    pub fn made_by(&self, at: &Stack<'a>, expr: &'a Expr) -> Option<String> {
        match &expr.kind {
            ExprKind::Call { .. } => self.called(at.scope, expr),
            // What is assigned elsewhere may mean other names there, but classes are rarely local.
            _ => self.called(ScopeId(0), self.value(at, expr)?),
        }
    }

    /// The function of this module that an expression stands for; none if a decorator may have changed it.
    pub fn function(&self, at: &Stack<'a>, expr: &Expr) -> Option<&'a FunctionDef> {
        let def = match &expr.kind {
            ExprKind::Name(name) => only_function(self.definitions(at.scope, name))?,
            ExprKind::Attribute { value, attr } => {
                let ExprKind::Name(name) = &value.kind else { return None };
                let class = at.class_of(name)?;
                if self.attributes.contains_key(&(class.scope, attr.name.clone())) {
                    return None;
                }
                only_function(self.defs.get(&(class.scope, attr.name.clone()))?)?
            }
            _ => return None,
        };
        def.decorators.is_empty().then_some(def)
    }

    pub fn is_generator(&self, def: &FunctionDef) -> bool {
        self.scopes.get(def.scope).has_yield
    }

    /// Whether an expression is a coroutine function of this module.
    pub fn is_coroutine_function(&self, at: &Stack<'a>, expr: &Expr) -> bool {
        self.function(at, expr).is_some_and(|def| def.is_async && !self.is_generator(def))
    }

    /// Whether a call surely makes a coroutine.
    pub fn makes_coroutine(&self, at: &Stack<'a>, expr: &'a Expr) -> bool {
        let ExprKind::Call { func, .. } = &expr.kind else { return false };
        if self.is_coroutine_function(at, func) {
            return true;
        }
        if let Some(path) = self.path(at.scope, func) {
            return path.strip_prefix("asyncio.").is_some_and(|name| COROUTINE_FUNCTIONS.contains(&name));
        }
        let ExprKind::Attribute { value, attr } = &func.kind else { return false };
        let Some(class) = self.made_by(at, value) else { return false };
        COROUTINE_METHODS.iter().any(|(name, methods)| *name == class && methods.contains(&&*attr.name))
    }

    /// Whether a call makes a task that nothing but its result holds: not one of a task group.
    pub fn makes_task(&self, at: &Stack<'a>, expr: &'a Expr) -> bool {
        let ExprKind::Call { func, .. } = &expr.kind else { return false };
        if let Some(path) = self.path(at.scope, func) {
            return matches!(&*path, "asyncio.create_task" | "asyncio.ensure_future");
        }
        let ExprKind::Attribute { value, attr } = &func.kind else { return false };
        &*attr.name == "create_task" && self.is_loop(at, value)
    }

    fn is_loop(&self, at: &Stack<'a>, expr: &'a Expr) -> bool {
        self.made_by(at, expr).is_some_and(|path| {
            let names = ["asyncio.get_running_loop", "asyncio.get_event_loop", "asyncio.new_event_loop"];
            names.contains(&&*path)
        })
    }

    /// Whether a call starts a task in any way, a task group's too.
    pub fn starts_task(&self, at: &Stack<'a>, expr: &'a Expr) -> bool {
        let ExprKind::Call { func, .. } = &expr.kind else { return false };
        self.makes_task(at, expr)
            || matches!(&func.kind, ExprKind::Attribute { value, attr } if &*attr.name == "create_task"
                && self.made_by(at, value).is_some_and(|path| path == "asyncio.TaskGroup"))
    }

    pub fn runs_loop(&self, at: &Stack<'a>, expr: &'a Expr) -> bool {
        let ExprKind::Call { func, .. } = &expr.kind else { return false };
        if self.path(at.scope, func).is_some_and(|path| path == "asyncio.run") {
            return true;
        }
        let ExprKind::Attribute { value, attr } = &func.kind else { return false };
        match &*attr.name {
            "run_until_complete" | "run_forever" => self.is_loop(at, value),
            "run" => self.made_by(at, value).is_some_and(|path| path == "asyncio.Runner"),
            _ => false,
        }
    }

    /// Whether an exception class in an `except` is one of these: `asyncio.CancelledError`.
    pub fn names_class(&self, scope: ScopeId, kind: &Expr, paths: &[&str]) -> bool {
        match &kind.kind {
            ExprKind::Tuple(items) => items.iter().any(|item| self.names_class(scope, item, paths)),
            _ => self.path(scope, kind).is_some_and(|path| paths.contains(&&*path)),
        }
    }
}

fn only_function<'a>(defs: &[Def<'a>]) -> Option<&'a FunctionDef> {
    match defs {
        [Def { binder: Binder::Function(def), .. }] => Some(def),
        _ => None,
    }
}

/// What an import binds its name to; none for relative ones.
fn import_path(binder: &Binder) -> Option<String> {
    let Binder::Import { alias, module, level: 0, .. } = binder else { return None };
    Some(match module {
        Some(module) => format!("{}.{}", module.name, alias.name.name),
        None if alias.asname.is_some() => alias.name.name.to_string(),
        None => alias.name.name.split('.').next().unwrap_or_default().to_owned(),
    })
}

impl<'a> Visitor<'a> for Facts<'a> {
    fn statement(&mut self, at: &Stack<'a>, statement: &'a Stmt) {
        match &statement.kind {
            StmtKind::ImportFrom { star, .. } => self.star_import |= *star,
            StmtKind::Assign { targets, value } => {
                for target in targets {
                    self.attribute(at, target, Some(value));
                    if matches!(&target.kind, ExprKind::Name(name) if &**name == "__all__") {
                        self.exports(value);
                    }
                }
            }
            StmtKind::AnnAssign { target, value: Some(value), .. } => {
                self.attribute(at, target, Some(value));
            }
            StmtKind::AugAssign { target, value, .. } => {
                self.attribute(at, target, None);
                if matches!(&target.kind, ExprKind::Name(name) if &**name == "__all__") {
                    self.exports(value);
                }
            }
            StmtKind::For { target, .. } => self.attribute(at, target, None),
            StmtKind::With { items, .. } => {
                for item in items {
                    if let Some(target) = &item.target {
                        self.attribute(at, target, None);
                    }
                }
            }
            _ => {}
        }
    }

    fn expression(&mut self, _: &Stack<'a>, expr: &'a Expr) {
        if let ExprKind::Await(value) = &expr.kind
            && let ExprKind::Call { func, .. } = &value.kind
        {
            self.awaited.insert(func.span);
        }
    }

    fn binds(&mut self, at: &Stack<'a>, name: &'a Name, span: Span, binder: Binder<'a>) {
        let name = match binder {
            Binder::Import { alias, module: None, .. } if alias.asname.is_none() => {
                alias.name.name.split('.').next().unwrap_or_default().into()
            }
            _ => name.clone(),
        };
        let owner = self.owner(at.scope, &name);
        let tried = at
            .places
            .iter()
            .any(|place| matches!(place, super::walk::Place::Try | super::walk::Place::Handler));
        self.defs.entry((owner, name)).or_default().push(Def { span, binder, tried });
    }

    fn uses(&mut self, at: &Stack<'a>, name: &'a Name, span: Span) {
        let owner = self.owner(at.scope, name);
        if owner == ScopeId(0) && matches!(&**name, "exec" | "globals" | "eval") {
            self.dynamic = true;
        }
        self.uses.entry((owner, name.clone())).or_default().push(span);
    }

    fn mentions(&mut self, _: &Stack<'a>, name: &'a str) {
        self.mentioned.insert(name);
    }
}

impl<'a> Facts<'a> {
    fn attribute(&mut self, at: &Stack<'a>, target: &'a Expr, value: Option<&'a Expr>) {
        match &target.kind {
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().for_each(|item| self.attribute(at, item, None));
            }
            ExprKind::Attribute { value: object, attr } => {
                let ExprKind::Name(name) = &object.kind else { return };
                if let Some(class) = at.class_of(name) {
                    self.attributes.entry((class.scope, attr.name.clone())).or_default().push(value);
                }
            }
            _ => {}
        }
    }

    fn exports(&mut self, value: &'a Expr) {
        query::expressions(value, &mut |expr| {
            if let ExprKind::Str(text) = &expr.kind {
                self.mentioned.insert(text);
            }
        });
    }
}

impl<'a> Facts<'a> {
    /// Whether a name belongs to the function (or lambda, or comprehension) that it is used in, and is no parameter.
    pub fn is_local(&self, from: ScopeId, name: &str) -> bool {
        let name: Name = name.into();
        let owner = self.owner(from, &name);
        let defs = self.definitions(from, &name);
        owner != ScopeId(0) && !defs.iter().any(|def| matches!(def.binder, Binder::Param))
    }

    /// Whether a function is used for anything but to await its calls at once: somebody wants a coroutine.
    pub fn is_used_as_coroutine(&self, at: &Stack<'a>, def: &FunctionDef) -> bool {
        let uses = self.uses_of(self.owner(at.scope, &def.name.name), &def.name.name);
        uses.is_empty() || uses.iter().any(|span| !self.awaited.contains(span))
    }
}
