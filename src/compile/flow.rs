//! Definite assignment: which locals are known to hold a value at a point of the code. A read of any other local
//! is checked. Branches intersect; what a loop's or a `try`'s body assigns counts for nothing after it unless
//! every way there passes the assignment.

use crate::syntax::ast::{ExprKind, Name, Stmt, StmtKind};

/// A set of registers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegSet(Vec<u64>);

impl RegSet {
    pub fn contains(&self, register: u16) -> bool {
        self.0.get(usize::from(register / 64)).is_some_and(|word| word >> (register % 64) & 1 == 1)
    }

    pub fn insert(&mut self, register: u16) {
        let at = usize::from(register / 64);
        if self.0.len() <= at {
            self.0.resize(at + 1, 0);
        }
        self.0[at] |= 1 << (register % 64);
    }

    pub fn remove(&mut self, register: u16) {
        if let Some(word) = self.0.get_mut(usize::from(register / 64)) {
            *word &= !(1 << (register % 64));
        }
    }

    pub fn intersect(&mut self, other: &Self) {
        self.0.truncate(other.0.len());
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
    }
}

/// The locals assigned at a point of the code; `None` where nothing gets to.
#[derive(Clone, Debug, Default)]
pub struct Flow(Option<RegSet>);

impl Flow {
    pub fn start() -> Self {
        Self(Some(RegSet::default()))
    }

    pub const DEAD: Self = Self(None);

    pub fn is_dead(&self) -> bool {
        self.0.is_none()
    }

    /// In code that nothing gets to, everything is assigned.
    pub fn is_assigned(&self, register: u16) -> bool {
        self.0.as_ref().is_none_or(|set| set.contains(register))
    }

    pub fn assign(&mut self, register: u16) {
        if let Some(set) = &mut self.0 {
            set.insert(register);
        }
    }

    pub fn unassign(&mut self, register: u16) {
        if let Some(set) = &mut self.0 {
            set.remove(register);
        }
    }

    /// Another way to the same point.
    pub fn join(&mut self, other: &Self) {
        match (&mut self.0, &other.0) {
            (_, None) => {}
            (None, Some(other)) => self.0 = Some(other.clone()),
            (Some(set), Some(other)) => set.intersect(other),
        }
    }
}

/// The names that statements may unbind: by `del`, or at the end of `except ... as name`.
pub fn unbound_names(body: &[Stmt], names: &mut Vec<Name>) {
    for statement in body {
        match &statement.kind {
            StmtKind::Delete(targets) => {
                for target in targets {
                    deleted(&target.kind, names);
                }
            }
            StmtKind::If { branches, orelse } => {
                for (_, body) in branches {
                    unbound_names(body, names);
                }
                unbound_names(orelse, names);
            }
            StmtKind::While { body, orelse, .. } | StmtKind::For { body, orelse, .. } => {
                unbound_names(body, names);
                unbound_names(orelse, names);
            }
            StmtKind::With { body, .. } => unbound_names(body, names),
            StmtKind::Try { body, handlers, orelse, finally, .. } => {
                unbound_names(body, names);
                for handler in handlers {
                    names.extend(handler.name.iter().map(|ident| ident.name.clone()));
                    unbound_names(&handler.body, names);
                }
                unbound_names(orelse, names);
                unbound_names(finally, names);
            }
            StmtKind::Match { cases, .. } => {
                for case in cases {
                    unbound_names(&case.body, names);
                }
            }
            _ => {}
        }
    }
}

fn deleted(target: &ExprKind, names: &mut Vec<Name>) {
    match target {
        ExprKind::Name(name) => names.push(name.clone()),
        ExprKind::Tuple(items) | ExprKind::List(items) => {
            for item in items {
                deleted(&item.kind, names);
            }
        }
        _ => {}
    }
}
