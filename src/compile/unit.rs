//! One code object in the making: its ops, constants, caches, labels, registers and protected ranges.

mod finish;

use super::constant::Key;
use super::flow::{Flow, RegSet};
use crate::bytecode::code::{CodeKind, Const, Handling, Signature};
use crate::bytecode::op::{Op, Opcode};
use crate::resolve::Scope;
use crate::source::Span;
use crate::syntax::ast::{Ident, Name, ScopeId, Stmt};
use crate::text::maps::HashMap;

/// The most registers a frame may have.
const MAX_REGISTERS: u16 = 65_000;
const MAX_24_BITS: usize = (1 << 24) - 1;

pub type Reg = u16;

/// A place in the code, known before it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(usize);

#[derive(Debug)]
struct LabelState {
    at: Option<usize>,
    /// What is assigned on every way that jumps here.
    flow: Flow,
}

/// What kind of names the code's own scope has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitKind {
    Module,
    Class,
    Function,
}

/// What a jump out of a statement has to undo.
#[derive(Clone, Copy, Debug)]
pub enum BlockKind<'a> {
    Loop {
        break_to: Label,
        continue_to: Label,
    },
    /// Around a loop over what a call gave: leaving it closes a generator.
    Iterating {
        iterator: Reg,
    },
    /// The body of a `try` with handlers: nothing to undo, but its handlers no longer apply.
    Protected,
    Finally {
        body: &'a [Stmt],
    },
    /// `exit` and the register after it hold `__exit__` and its receiver.
    With {
        exit: Reg,
        is_async: bool,
        span: Span,
    },
    /// The exception in the register is being handled.
    Handling {
        register: Reg,
    },
    /// The name of an `except ... as name` is unbound at the end.
    Unbind {
        name: &'a Ident,
    },
}

#[derive(Debug)]
pub struct Block<'a> {
    pub kind: BlockKind<'a>,
    open: Option<usize>,
    /// The ops that it covers: not those that run while a jump leaves it.
    ranges: Vec<(usize, usize)>,
}

/// A comprehension that is being compiled into the code around it.
#[derive(Debug)]
pub struct OpenComp<'a> {
    pub scope: &'a Scope,
    /// The register of each target, and whether it is a cell.
    pub targets: HashMap<Name, (Reg, bool)>,
}

struct PendingHandler {
    start: usize,
    end: usize,
    target: Label,
    register: Reg,
}

pub struct Unit<'a> {
    pub kind: UnitKind,
    /// A text for `exec`: like a class body, but a module to what stands in it.
    pub at_module: bool,
    pub code_kind: CodeKind,
    pub scope: &'a Scope,
    pub name: Box<str>,
    pub qualname: Box<str>,
    pub doc: Option<Box<str>>,
    pub span: Span,
    pub signature: Signature,
    ops: Vec<Op>,
    spans: Vec<Span>,
    consts: Vec<Const>,
    const_ids: HashMap<Key, u32>,
    caches: Vec<Box<str>>,
    global_caches: HashMap<Name, u32>,
    labels: Vec<LabelState>,
    jumps: Vec<(usize, Label)>,
    handlers: Vec<PendingHandler>,
    handling: Vec<Handling>,
    pub blocks: Vec<Block<'a>>,
    pub comps: Vec<OpenComp<'a>>,
    /// The registers of the scope's own names.
    pub locals: HashMap<Name, Reg>,
    local_names: Vec<Name>,
    /// How many of `local_names` are the scope's own; the targets of comprehensions follow.
    own_locals: Reg,
    pub cells: Vec<Reg>,
    /// The comprehension targets that have a register for the whole code.
    pub comp_locals: HashMap<ScopeId, HashMap<Name, (Reg, bool)>>,
    first_temp: Reg,
    next: Reg,
    registers: Reg,
    pub flow: Flow,
    /// The locals that must be unbound when the code starts.
    needs_clear: RegSet,
    pub too_large: bool,
    pub too_many_registers: bool,
}

impl<'a> Unit<'a> {
    pub fn new(kind: UnitKind, scope: &'a Scope, name: &str, qualname: String, span: Span) -> Self {
        Self {
            kind,
            at_module: false,
            code_kind: CodeKind::Plain,
            scope,
            name: name.into(),
            qualname: qualname.into(),
            doc: None,
            span,
            signature: Signature::default(),
            ops: Vec::new(),
            spans: Vec::new(),
            consts: Vec::new(),
            const_ids: HashMap::default(),
            caches: Vec::new(),
            global_caches: HashMap::default(),
            labels: Vec::new(),
            jumps: Vec::new(),
            handlers: Vec::new(),
            handling: Vec::new(),
            blocks: Vec::new(),
            comps: Vec::new(),
            locals: HashMap::default(),
            local_names: Vec::new(),
            own_locals: 0,
            cells: Vec::new(),
            comp_locals: HashMap::default(),
            first_temp: 0,
            next: 0,
            registers: 0,
            flow: Flow::start(),
            needs_clear: RegSet::default(),
            too_large: false,
            too_many_registers: false,
        }
    }

    // Registers

    /// Gives a name its register; all names come before the first temporary.
    pub fn add_local(&mut self, name: &Name) -> Reg {
        let register = self.alloc();
        self.local_names.push(name.clone());
        self.first_temp = self.next;
        register
    }

    pub fn end_own_locals(&mut self) {
        self.own_locals = self.next;
    }

    /// Whether a register has a name.
    pub fn is_local(&self, register: Reg) -> bool {
        register < self.first_temp
    }

    pub fn alloc(&mut self) -> Reg {
        let register = self.next;
        if register >= MAX_REGISTERS {
            self.too_many_registers = true;
            return register;
        }
        self.next += 1;
        self.registers = self.registers.max(self.next);
        register
    }

    pub fn alloc_range(&mut self, count: usize) -> Reg {
        let first = self.next;
        for _ in 0..count {
            self.alloc();
            if self.too_many_registers {
                break;
            }
        }
        first
    }

    /// The next free register: to be given to [`Unit::release`].
    pub fn mark(&self) -> Reg {
        self.next
    }

    pub fn release(&mut self, mark: Reg) {
        self.next = mark;
    }

    /// Whether a register belongs to no name, so that partial results may be kept in it.
    pub fn is_scratch(&self, register: Reg) -> bool {
        register >= self.first_temp
    }

    /// Emits a check unless the local is known to be bound.
    pub fn check_bound(&mut self, register: Reg, span: Span) {
        if !self.is_scratch(register) && !self.flow.is_assigned(register) {
            self.emit(Op::new(Opcode::CheckBound, register, 0, 0), span);
            self.needs_clear.insert(register);
            self.flow.assign(register);
        }
    }

    pub fn clear_at_entry(&mut self, register: Reg) {
        self.needs_clear.insert(register);
    }

    // Ops

    /// Adds an op, unless nothing gets here.
    pub fn emit(&mut self, op: Op, span: Span) {
        if !self.flow.is_dead() {
            self.ops.push(op);
            self.spans.push(span);
        }
    }

    /// Adds an op after which nothing goes on.
    pub fn emit_end(&mut self, op: Op, span: Span) {
        self.emit(op, span);
        self.flow = Flow::DEAD;
    }

    /// Adds an op whose `c` and `x` are an index.
    pub fn emit_cx(&mut self, code: Opcode, a: Reg, b: Reg, index: u32, span: Span) {
        if index as usize > MAX_24_BITS {
            self.too_large = true;
        }
        self.emit(Op::with_cx(code, a, b, i32::try_from(index).unwrap_or(0)), span);
    }

    pub fn label(&mut self) -> Label {
        self.labels.push(LabelState { at: None, flow: Flow::DEAD });
        Label(self.labels.len() - 1)
    }

    /// The label stands here.
    pub fn bind(&mut self, label: Label) {
        let state = &mut self.labels[label.0];
        state.at = Some(self.ops.len());
        self.flow.join(&state.flow);
    }

    /// Adds an op that jumps.
    pub fn emit_jump(&mut self, op: Op, label: Label, span: Span) {
        if self.flow.is_dead() {
            return;
        }
        self.jumps.push((self.ops.len(), label));
        self.labels[label.0].flow.join(&self.flow);
        self.emit(op, span);
    }

    pub fn jump(&mut self, label: Label, span: Span) {
        self.emit_jump(Op::new(Opcode::Jump, 0, 0, 0), label, span);
        self.flow = Flow::DEAD;
    }

    // Constants and caches

    pub fn constant(&mut self, value: Const) -> u32 {
        let Some(key) = Key::of(&value) else {
            self.consts.push(value);
            return u32::try_from(self.consts.len() - 1).unwrap_or(0);
        };
        if let Some(&id) = self.const_ids.get(&key) {
            return id;
        }
        let id = u32::try_from(self.consts.len()).unwrap_or(0);
        self.consts.push(value);
        self.const_ids.insert(key, id);
        id
    }

    /// A constant for an operand of 16 bits.
    pub fn constant16(&mut self, value: Const) -> u16 {
        let id = self.constant(value);
        u16::try_from(id).unwrap_or_else(|_| {
            self.too_large = true;
            0
        })
    }

    pub fn name_constant(&mut self, name: &str) -> u32 {
        self.constant(Const::Str(name.into()))
    }

    pub fn name_constant16(&mut self, name: &str) -> u16 {
        self.constant16(Const::Str(name.into()))
    }

    /// A cache of its own for an attribute.
    pub fn attribute_cache(&mut self, name: &str) -> u32 {
        self.caches.push(name.into());
        u32::try_from(self.caches.len() - 1).unwrap_or(u32::MAX)
    }

    /// The cache that every use of a global shares.
    pub fn global_cache(&mut self, name: &Name) -> u32 {
        if let Some(&id) = self.global_caches.get(name) {
            return id;
        }
        let id = self.attribute_cache(name);
        self.global_caches.insert(name.clone(), id);
        id
    }

    // Protected ranges

    pub fn push_block(&mut self, kind: BlockKind<'a>) {
        self.blocks.push(Block { kind, open: Some(self.ops.len()), ranges: Vec::new() });
    }

    /// Ends the innermost block; gives the ranges that it covers.
    pub fn pop_block(&mut self) -> Vec<(usize, usize)> {
        let Some(mut block) = self.blocks.pop() else { return Vec::new() };
        self.close(&mut block);
        block.ranges
    }

    /// Leaves a block for the ops of a jump out of it; [`Unit::reenter`] comes back.
    pub fn leave(&mut self) -> Option<Block<'a>> {
        let mut block = self.blocks.pop()?;
        self.close(&mut block);
        Some(block)
    }

    pub fn reenter(&mut self, mut block: Block<'a>) {
        block.open = Some(self.ops.len());
        self.blocks.push(block);
    }

    fn close(&mut self, block: &mut Block<'a>) {
        if let Some(start) = block.open.take()
            && start < self.ops.len()
        {
            block.ranges.push((start, self.ops.len()));
        }
    }

    /// Exceptions in the ranges go to `target`.
    pub fn add_handler(&mut self, ranges: &[(usize, usize)], target: Label, register: Reg) {
        for &(start, end) in ranges {
            self.handlers.push(PendingHandler { start, end, target, register });
        }
    }

    /// In the ranges, the exception in the register is being handled.
    pub fn add_handling(&mut self, ranges: &[(usize, usize)], register: Reg) {
        for &(start, end) in ranges {
            self.handling.push(Handling { start: index(start), end: index(end), register });
        }
    }
}

fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
