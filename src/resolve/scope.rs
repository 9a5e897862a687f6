//! What the resolver finds out: a table per scope. The compiler reads it and adds nothing.

use crate::syntax::ast::{Name, ScopeId};
use crate::text::maps::{IndexMap, IndexSet};

/// What a name means in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// The scope's own; in a class body it lives in the namespace.
    Local,
    /// The scope's own, captured by an inner function.
    Cell,
    /// Belongs to an enclosing function.
    Free,
    /// Declared `global` here.
    GlobalExplicit,
    GlobalImplicit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompKind {
    List,
    Set,
    Dict,
}

impl CompKind {
    /// What messages call it.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::List => "list comprehension",
            Self::Set => "set comprehension",
            Self::Dict => "dict comprehension",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ScopeKind {
    #[default]
    Module,
    Function {
        is_async: bool,
    },
    Lambda,
    Class,
    /// Inlined into the code around it.
    Comprehension(CompKind),
    Generator,
    /// The value of a `type` statement, a type parameter's bound or default: a function without parameters.
    TypeAlias,
    /// The names of type parameters, around what they belong to: inlined into the code around it. Other names mean
    /// there what they mean outside.
    TypeParams,
}

impl ScopeKind {
    /// Whether its names live in the registers of the code around it.
    #[must_use]
    pub const fn is_inlined(self) -> bool {
        matches!(self, Self::Comprehension(_) | Self::TypeParams)
    }
}

#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub kind: ScopeKind,
    pub parent: Option<ScopeId>,
    /// Every name that the scope mentions, mangled. An inlined comprehension has no entry for what belongs to the
    /// function around it.
    pub bindings: IndexMap<Name, Binding>,
    /// The names of the closure's cells, in their order; empty for an inlined comprehension.
    pub free: IndexSet<Name>,
    /// The class whose private names are mangled here.
    pub class_name: Option<Name>,
    /// It contains `yield`.
    pub has_yield: bool,
    /// It contains `await`, `async for` or `async with` (those of inlined comprehensions count).
    pub has_await: bool,
    /// It contains a walrus (those of comprehensions count).
    pub has_walrus: bool,
    /// It unbinds names: `del`, or `except ... as`.
    pub has_unbinding: bool,
    /// It mentions a function that can read locals by name.
    pub reads_locals: bool,
    /// A class whose `__class__` some method needs.
    pub class_cell: bool,
    /// A module or class body with annotated names.
    pub has_annotations: bool,
    /// A comprehension whose targets may be read before they are bound.
    pub early_reads: bool,
    /// The comprehensions inlined into this code, at whatever depth.
    pub inlined: Vec<ScopeId>,
}

/// Every scope of a module, by [`ScopeId`].
#[derive(Clone, Debug, Default)]
pub struct Scopes {
    pub(crate) table: Vec<Scope>,
    /// What the module assigns somewhere, in functions too.
    pub(crate) globals: IndexSet<Name>,
    pub(crate) has_import_star: bool,
}

impl Scopes {
    /// # Panics
    /// If the id comes from another tree.
    #[must_use]
    pub fn get(&self, id: ScopeId) -> &Scope {
        &self.table[id.0 as usize]
    }

    /// Whether no statement of this source can give the global `name` a value.
    #[must_use]
    pub fn never_assigned(&self, name: &str) -> bool {
        !self.has_import_star && !self.globals.contains(name)
    }
}

/// `__x` inside `class C` is `_C__x`.
#[must_use]
pub fn mangle(class: Option<&Name>, name: &Name) -> Name {
    let Some(class) = class else { return name.clone() };
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return name.clone();
    }
    let class = class.trim_start_matches('_');
    if class.is_empty() { name.clone() } else { format!("_{class}{name}").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_names_are_mangled() {
        let class: Name = "_C".into();
        let mangled = |name: &str| mangle(Some(&class), &name.into()).to_string();
        assert_eq!(mangled("__x"), "_C__x");
        assert_eq!(mangled("__x__"), "__x__");
        assert_eq!(mangled("_x"), "_x");
        assert_eq!(&*mangle(Some(&"__".into()), &"__x".into()), "__x");
        assert_eq!(&*mangle(None, &"__x".into()), "__x");
    }
}
