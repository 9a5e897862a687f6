//! Calls and displays: what puts values into consecutive registers.

use super::Compiler;
use super::constant::fold;
use super::expression::CHUNK;
use super::names::Place;
use super::unit::Reg;
use crate::bytecode::code::Const;
use crate::bytecode::op::{NO_REG, Op, Opcode};
use crate::source::Span;
use crate::syntax::ast::{Arg, Expr, ExprKind, Name};
use crate::syntax::visit::children;

/// Built-in functions and types: where a module never assigns them, it makes no difference whether they are looked up
/// before the arguments are evaluated or after.
const BUILTINS: [&str; 46] = [
    "abs",
    "all",
    "any",
    "ascii",
    "bin",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "complex",
    "dict",
    "divmod",
    "enumerate",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "hasattr",
    "hash",
    "hex",
    "id",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "min",
    "next",
    "oct",
    "ord",
    "pow",
    "print",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
];

impl<'a> Compiler<'a> {
    pub fn call(&mut self, func: &'a Expr, args: &'a [Arg], dest: Reg, span: Span) {
        if let ExprKind::Name(name) = &func.kind
            && &**name == "super"
            && args.is_empty()
        {
            let base = self.callee(dest);
            if self.super_parts(name, base, span) {
                self.unit.emit(Op::new(Opcode::Call, base, 2, dest), span);
                return;
            }
            self.unit.release(base);
        }
        let unpacks = args.iter().any(is_starred_arg);
        if unpacks || args.len() > CHUNK {
            let callee = self.callee(dest);
            self.expr_to(func, callee);
            self.call_unpacking(callee, args, dest, span);
            return;
        }
        if let ExprKind::Attribute { value, attr } = &func.kind {
            let base = self.callee(dest);
            if let Some(name) = super_of(value)
                && self.super_parts(name, base, func.span)
            {
                self.unit.release(base + 2);
                let attr = self.mangled(&attr.name);
                let cache = self.unit.attribute_cache(&attr);
                self.unit.emit_cx(Opcode::LoadSuperMethod, base, 0, cache, func.span);
                let names = self.plain_arguments(args);
                self.emit_call(Opcode::CallMethod, base, args.len(), names, dest, span);
                return;
            }
            self.unit.alloc();
            // The receiver is needed only until the method is found.
            let mark = self.unit.mark();
            let value = self.expr(value);
            self.unit.release(mark);
            let attr = self.mangled(&attr.name);
            let cache = self.unit.attribute_cache(&attr);
            self.unit.emit_cx(Opcode::LoadMethod, base, value, cache, func.span);
            let names = self.plain_arguments(args);
            self.emit_call(Opcode::CallMethod, base, args.len(), names, dest, span);
            return;
        }
        let base = self.callee(dest);
        if let ExprKind::Name(name) = &func.kind
            && !args.iter().any(|arg| matches!(arg, Arg::Keyword(..)))
            && let Some(cache) = self.late_global(name, args)
        {
            self.plain_arguments(args);
            let count = u16::try_from(args.len()).unwrap_or(u16::MAX);
            self.unit.emit(Op::new(Opcode::CallGlobal, base, count, dest), span);
            self.unit.emit(Op::with_bc(Opcode::Extra, 0, cache), span);
            return;
        }
        self.expr_to(func, base);
        let names = self.plain_arguments(args);
        self.emit_call(Opcode::Call, base, args.len(), names, dest, span);
    }

    /// Where the callee goes: into the register of the result, if that is the topmost one.
    fn callee(&mut self, dest: Reg) -> Reg {
        if self.unit.is_scratch(dest) && self.unit.mark() == dest + 1 { dest } else { self.unit.alloc() }
    }

    /// The cache of a global callee that may be looked up after its arguments are evaluated.
    fn late_global(&mut self, name: &Name, args: &[Arg]) -> Option<u32> {
        let name = self.mangled(name);
        if self.place(&name) != Place::Global {
            return None;
        }
        let builtin = BUILTINS.contains(&&*name) && self.scopes.never_assigned(&name);
        let quiet = |arg: &Arg| match arg {
            Arg::Positional(value) => is_quiet(value),
            Arg::Keyword(..) | Arg::Star(_) | Arg::DoubleStar(_) => false,
        };
        (builtin || args.iter().all(quiet)).then(|| self.unit.global_cache(&name))
    }

    /// Arguments without stars into the next registers, positional ones first; gives the keywords' names.
    fn plain_arguments(&mut self, args: &'a [Arg]) -> Vec<Const> {
        for arg in args {
            if let Arg::Positional(value) = arg {
                self.expr_next(value);
            }
        }
        let mut names = Vec::new();
        for arg in args {
            if let Arg::Keyword(name, value) = arg {
                self.expr_next(value);
                names.push(Const::Str((*name.name).into()));
            }
        }
        names
    }

    fn emit_call(&mut self, code: Opcode, base: Reg, count: usize, names: Vec<Const>, dest: Reg, span: Span) {
        let count = u16::try_from(count).unwrap_or(u16::MAX);
        if names.is_empty() {
            return self.unit.emit(Op::new(code, base, count, dest), span);
        }
        let code = if code == Opcode::CallMethod { Opcode::CallMethodKw } else { Opcode::CallKw };
        let id = self.unit.constant(Const::Tuple(names));
        self.unit.emit(Op::new(code, base, count, dest), span);
        self.unit.emit(Op::with_bc(Opcode::Extra, 0, id), span);
    }

    /// A call with a callee in `base` and arguments that follow it, some of them keywords perhaps: for classes too.
    pub fn call_arguments(&mut self, base: Reg, leading: usize, args: &'a [Arg], dest: Reg, span: Span) {
        let names = self.plain_arguments(args);
        self.emit_call(Opcode::Call, base, leading + args.len(), names, dest, span);
    }

    /// `f(*args, **kwargs)`: a list of the positional arguments, a dict of the keywords.
    fn call_unpacking(&mut self, callee: Reg, args: &'a [Arg], dest: Reg, span: Span) {
        let list = self.unit.alloc();
        let dict = self.unit.alloc();
        let (starred, keywords) = match args {
            [Arg::Star(starred), keywords @ ..] => (Some(starred), keywords),
            keywords => (None, keywords),
        };
        match (starred, keywords) {
            (Some(starred), []) => {
                self.spread(Opcode::SpreadTuple, list, starred, callee);
                self.unit.emit(Op::new(Opcode::LoadNone, dict, 0, 0), span);
            }
            (Some(starred), [Arg::DoubleStar(mapping)]) => {
                self.spread(Opcode::SpreadTuple, list, starred, callee);
                self.spread(Opcode::SpreadDict, dict, mapping, callee);
            }
            _ => {
                self.unit.emit(Op::new(Opcode::BuildList, list, list, 0), span);
                self.unpack_arguments(callee, list, dict, args, span);
            }
        }
        self.unit.emit(Op::new(Opcode::CallEx, callee, 0, dest), span);
    }

    /// A `*` or `**` argument that has no others beside it needs no copy.
    fn spread(&mut self, code: Opcode, register: Reg, value: &'a Expr, callee: Reg) {
        let mark = self.unit.mark();
        let source = self.expr(value);
        self.unit.emit(Op::new(code, register, source, callee), value.span);
        self.unit.release(mark);
    }

    /// Adds arguments to the list in `list` and makes the dict (or None) in `dict`.
    pub fn unpack_arguments(&mut self, callee: Reg, list: Reg, dict: Reg, args: &'a [Arg], span: Span) {
        for arg in args {
            let mark = self.unit.mark();
            match arg {
                Arg::Positional(value) => {
                    let register = self.expr(value);
                    self.unit.emit(Op::new(Opcode::ListAppend, list, register, 0), value.span);
                }
                Arg::Star(value) => {
                    let register = self.expr(value);
                    let positional = |arg: &&Arg| matches!(arg, Arg::Positional(_) | Arg::Star(_));
                    let only = args.iter().filter(positional).count() == 1;
                    // CPython names the function where nothing but the one iterable is given to it.
                    let callee = if only { callee } else { NO_REG };
                    self.unit.emit(Op::new(Opcode::ListExtend, list, register, callee), span);
                }
                Arg::Keyword(..) | Arg::DoubleStar(_) => {}
            }
            self.unit.release(mark);
        }
        let mut keywords =
            args.iter().filter(|arg| matches!(arg, Arg::Keyword(..) | Arg::DoubleStar(_))).peekable();
        if keywords.peek().is_none() {
            self.unit.emit(Op::new(Opcode::LoadNone, dict, 0, 0), span);
            return;
        }
        self.unit.emit(Op::new(Opcode::BuildDict, dict, dict, 0), span);
        let mut merged = false;
        while let Some(arg) = keywords.next() {
            let mark = self.unit.mark();
            match arg {
                Arg::DoubleStar(value) => {
                    let register = self.expr(value);
                    self.unit.emit(Op::new(Opcode::DictMerge, dict, register, callee), span);
                    merged = true;
                }
                Arg::Keyword(name, value) if !merged => {
                    self.dict_keyword(dict, name.name.as_ref(), value);
                }
                Arg::Keyword(name, value) => {
                    // A keyword after ** may be one of the mapping's: neighbours are merged together.
                    let part = self.unit.alloc();
                    self.unit.emit(Op::new(Opcode::BuildDict, part, part, 0), span);
                    self.dict_keyword(part, name.name.as_ref(), value);
                    while let Some(Arg::Keyword(name, value)) = keywords.peek() {
                        self.dict_keyword(part, name.name.as_ref(), value);
                        keywords.next();
                    }
                    self.unit.emit(Op::new(Opcode::DictMerge, dict, part, callee), span);
                }
                Arg::Positional(_) | Arg::Star(_) => {}
            }
            self.unit.release(mark);
        }
    }

    fn dict_keyword(&mut self, dict: Reg, name: &str, value: &'a Expr) {
        let mark = self.unit.mark();
        let key = self.unit.alloc();
        self.load_constant(key, Const::Str(name.into()), value.span);
        let register = self.expr(value);
        self.unit.emit(Op::new(Opcode::DictSet, dict, key, register), value.span);
        self.unit.release(mark);
    }

    /// `super()` in a method is `super(__class__, self)`: puts the three from `base` on, which is the newest register. Elsewhere
    /// it is called as it stands, and complains.
    fn super_parts(&mut self, name: &Name, base: Reg, span: Span) -> bool {
        let params = self.unit.signature;
        let class: Name = "__class__".into();
        let (Place::Global, Place::Free(_)) = (self.place(name), self.place(&class)) else { return false };
        if params.positional == 0 {
            return false;
        }
        let first = 0;
        self.load_global(base, name, span);
        let cell = self.unit.alloc();
        self.load_name(cell, &class, span);
        let this = self.unit.alloc();
        if self.unit.cells.contains(&first) {
            self.unit.emit(Op::new(Opcode::LoadCell, this, first, 0), span);
        } else {
            self.unit.check_bound(first, span);
            self.move_to(this, first, span);
        }
        true
    }

    // Displays

    pub fn tuple(&mut self, items: &'a [Expr], dest: Reg, span: Span) {
        if items.len() <= CHUNK && !items.iter().any(is_starred) {
            return self.build(Opcode::BuildTuple, items, dest, span);
        }
        let list = self.unit.alloc();
        self.unpacking_display(Opcode::BuildList, items, list, span);
        self.unit.emit(Op::new(Opcode::ListToTuple, dest, list, 0), span);
    }

    pub fn list(&mut self, items: &'a [Expr], dest: Reg, span: Span) {
        self.sequence(Opcode::BuildList, items, dest, span);
    }

    pub fn set(&mut self, items: &'a [Expr], dest: Reg, span: Span) {
        self.sequence(Opcode::BuildSet, items, dest, span);
    }

    fn sequence(&mut self, code: Opcode, items: &'a [Expr], dest: Reg, span: Span) {
        if items.len() > 3
            && let Some(values) = items.iter().map(fold).collect::<Option<Vec<_>>>()
        {
            // Many constants: filled from a constant tuple.
            let result = if self.unit.is_scratch(dest) { dest } else { self.unit.alloc() };
            let tuple = self.unit.alloc();
            self.unit.emit(Op::new(code, result, result, 0), span);
            self.load_constant(tuple, Const::Tuple(values), span);
            let extend = if code == Opcode::BuildList { Opcode::ListExtend } else { Opcode::SetUpdate };
            self.unit.emit(Op::new(extend, result, tuple, NO_REG), span);
            return self.move_to(dest, result, span);
        }
        if items.len() <= CHUNK && !items.iter().any(is_starred) {
            return self.build(code, items, dest, span);
        }
        let result = if self.unit.is_scratch(dest) { dest } else { self.unit.alloc() };
        self.unpacking_display(code, items, result, span);
        self.move_to(dest, result, span);
    }

    /// A display whose elements fit into registers.
    fn build(&mut self, code: Opcode, items: &'a [Expr], dest: Reg, span: Span) {
        let base = self.unit.mark();
        for item in items {
            self.expr_next(item);
        }
        // An empty range still names a register.
        let base = if items.is_empty() { dest } else { base };
        let count = u16::try_from(items.len()).unwrap_or(u16::MAX);
        self.unit.emit(Op::new(code, dest, base, count), span);
    }

    /// A list or set that grows: with stars, or too long for registers.
    fn unpacking_display(&mut self, code: Opcode, items: &'a [Expr], result: Reg, span: Span) {
        let (add, extend) = match code {
            Opcode::BuildSet => (Opcode::SetAdd, Opcode::SetUpdate),
            _ => (Opcode::ListAppend, Opcode::ListExtend),
        };
        let leading = items.iter().take(CHUNK).take_while(|item| !is_starred(item)).count();
        let mark = self.unit.mark();
        self.build(code, &items[..leading], result, span);
        self.unit.release(mark);
        for item in &items[leading..] {
            let (op, value) = match &item.kind {
                ExprKind::Starred(value) => (extend, &**value),
                _ => (add, item),
            };
            let register = self.expr(value);
            self.unit.emit(Op::new(op, result, register, NO_REG), item.span);
            self.unit.release(mark);
        }
    }

    pub fn dict(&mut self, items: &'a [(Option<Expr>, Expr)], dest: Reg, span: Span) {
        let leading = items.iter().take(CHUNK / 2).take_while(|(key, _)| key.is_some()).count();
        let result =
            if self.unit.is_scratch(dest) || leading == items.len() { dest } else { self.unit.alloc() };
        let base = self.unit.mark();
        for (key, value) in &items[..leading] {
            if let Some(key) = key {
                self.expr_next(key);
                self.expr_next(value);
            }
        }
        let first = if leading == 0 { result } else { base };
        let count = u16::try_from(leading).unwrap_or(u16::MAX);
        self.unit.emit(Op::new(Opcode::BuildDict, result, first, count), span);
        self.unit.release(base);
        for (key, value) in &items[leading..] {
            if let Some(key) = key {
                let key = self.operand(key, &[value]);
                let value = self.expr(value);
                self.unit.emit(Op::new(Opcode::DictSet, result, key, value), span);
            } else {
                let value = self.expr(value);
                self.unit.emit(Op::new(Opcode::DictUpdate, result, value, 0), span);
            }
            self.unit.release(base);
        }
        self.move_to(dest, result, span);
    }
}

pub fn is_starred(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Starred(_))
}

/// The name `super` in `super()`.
fn super_of(expr: &Expr) -> Option<&Name> {
    match &expr.kind {
        ExprKind::Call { func, args } if args.is_empty() => match &func.kind {
            ExprKind::Name(name) if &**name == "super" => Some(name),
            _ => None,
        },
        _ => None,
    }
}

pub fn is_starred_arg(arg: &Arg) -> bool {
    matches!(arg, Arg::Star(_) | Arg::DoubleStar(_))
}

/// Whether evaluating an expression runs nothing that could print, suspend or assign a global, short of an operator
/// that a class overloads.
fn is_quiet(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call { .. }
        | ExprKind::Await(_)
        | ExprKind::Yield(_)
        | ExprKind::YieldFrom(_)
        | ExprKind::Named { .. }
        | ExprKind::Starred(_)
        | ExprKind::ListComp(_)
        | ExprKind::SetComp(_)
        | ExprKind::DictComp(_)
        | ExprKind::GeneratorExp(_) => false,
        _ => {
            let mut quiet = true;
            children(expr, &mut |child| quiet = quiet && is_quiet(child));
            quiet
        }
    }
}
