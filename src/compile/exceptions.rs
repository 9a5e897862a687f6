//! `try`, `with`, and leaving them.
//!
//! Nothing is set up when a `try` is entered: tables say which ops are covered. A `finally` body is compiled once for
//! every way out: the normal end, an exception, and each `return`, `break` and `continue`. While such a jump runs what
//! it has to on its way, the blocks that it has left do not cover these ops.

use super::Compiler;
use super::flow::{Flow, unbound_names};
use super::unit::{Block, BlockKind, Reg};
use crate::bytecode::op::{Op, Opcode};
use crate::source::Span;
use crate::syntax::ast::{ExceptHandler, Stmt, WithItem};

impl<'a> Compiler<'a> {
    /// Whether leaving all blocks but the `depth` outermost ones runs anything.
    pub fn leaving_runs_code(&self, depth: usize) -> bool {
        self.unit.blocks[depth..].iter().any(|block| match block.kind {
            BlockKind::Finally { .. }
            | BlockKind::With { .. }
            | BlockKind::Unbind { .. }
            | BlockKind::Iterating { .. } => true,
            BlockKind::Loop { .. } | BlockKind::Protected | BlockKind::Handling { .. } => false,
        })
    }

    /// Leaves all blocks but the `depth` outermost ones, running what they ask for, then does `jump`.
    pub fn leave_blocks(&mut self, depth: usize, jump: impl FnOnce(&mut Self)) {
        let mut left: Vec<Block<'a>> = Vec::new();
        while self.unit.blocks.len() > depth {
            let Some(block) = self.unit.leave() else { break };
            let kind = block.kind;
            left.push(block);
            match kind {
                BlockKind::Finally { body } => self.body(body),
                BlockKind::With { exit, is_async, span } => self.exit_normally(exit, is_async, span),
                BlockKind::Unbind { name } => self.unbind_name(&name.name, name.span),
                BlockKind::Iterating { iterator } => self.close_iterator(iterator),
                BlockKind::Loop { .. } | BlockKind::Protected | BlockKind::Handling { .. } => {}
            }
        }
        jump(self);
        while let Some(block) = left.pop() {
            self.unit.reenter(block);
        }
    }

    /// What is assigned when an exception leaves statements that were entered with `entry`.
    fn handler_flow(&self, entry: &Flow, bodies: &[&[Stmt]]) -> Flow {
        let mut flow = entry.clone();
        if self.unit.scope.has_unbinding {
            let mut names = Vec::new();
            for body in bodies {
                unbound_names(body, &mut names);
            }
            for name in names {
                if let Some(register) = self.local(&name) {
                    flow.unassign(register);
                }
            }
        }
        flow
    }

    pub fn try_statement(
        &mut self,
        body: &'a [Stmt],
        handlers: &'a [ExceptHandler],
        orelse: &'a [Stmt],
        finally: &'a [Stmt],
        star: bool,
        span: Span,
    ) {
        if finally.is_empty() {
            return self.try_except(body, handlers, orelse, star, span);
        }
        let entry = self.unit.flow.clone();
        self.unit.push_block(BlockKind::Finally { body: finally });
        if handlers.is_empty() {
            self.body(body);
            self.body(orelse);
        } else {
            self.try_except(body, handlers, orelse, star, span);
        }
        let ranges = self.unit.pop_block();
        self.body(finally);
        if ranges.is_empty() {
            return;
        }
        let end = self.unit.label();
        self.unit.jump(end, span);
        let (start, exception) = (self.unit.label(), self.unit.alloc());
        self.unit.add_handler(&ranges, start, exception);
        let mut bodies: Vec<&[Stmt]> = vec![body, orelse];
        bodies.extend(handlers.iter().map(|handler| &*handler.body));
        self.unit.flow = self.handler_flow(&entry, &bodies);
        for name in handlers.iter().filter_map(|handler| handler.name.as_ref()) {
            if let Some(register) = self.local(&name.name) {
                self.unit.flow.unassign(register);
            }
        }
        self.unit.bind(start);
        self.unit.push_block(BlockKind::Handling { register: exception });
        self.body(finally);
        self.unit.emit_end(Op::new(Opcode::Reraise, exception, 0, 0), span);
        let ranges = self.unit.pop_block();
        self.unit.add_handling(&ranges, exception);
        self.unit.bind(end);
    }

    fn try_except(
        &mut self,
        body: &'a [Stmt],
        handlers: &'a [ExceptHandler],
        orelse: &'a [Stmt],
        star: bool,
        span: Span,
    ) {
        let entry = self.unit.flow.clone();
        self.unit.push_block(BlockKind::Protected);
        self.body(body);
        let ranges = self.unit.pop_block();
        self.body(orelse);
        if ranges.is_empty() {
            return;
        }
        let end = self.unit.label();
        self.unit.jump(end, span);
        let (start, exception) = (self.unit.label(), self.unit.alloc());
        self.unit.add_handler(&ranges, start, exception);
        self.unit.flow = self.handler_flow(&entry, &[body]);
        self.unit.bind(start);
        self.unit.push_block(BlockKind::Handling { register: exception });
        if star {
            self.except_star(handlers, exception, span);
        } else {
            for handler in handlers {
                self.handler(handler, exception, end);
            }
            self.unit.emit_end(Op::new(Opcode::Reraise, exception, 0, 0), span);
        }
        let ranges = self.unit.pop_block();
        self.unit.add_handling(&ranges, exception);
        self.unit.bind(end);
    }

    fn handler(&mut self, handler: &'a ExceptHandler, exception: Reg, end: super::unit::Label) {
        let next = self.unit.label();
        let mark = self.unit.mark();
        if let Some(kind) = &handler.kind {
            let class = self.expr(kind);
            self.unit.emit_jump(Op::new(Opcode::JumpIfNoMatch, exception, class, 0), next, kind.span);
        }
        self.unit.release(mark);
        let Some(name) = &handler.name else {
            self.body(&handler.body);
            self.unit.jump(end, handler.span);
            self.unit.bind(next);
            return;
        };
        self.store_name(&name.name, exception, name.span);
        let entry = self.unit.flow.clone();
        self.unit.push_block(BlockKind::Unbind { name });
        self.body(&handler.body);
        let ranges = self.unit.pop_block();
        self.unbind_name(&name.name, name.span);
        self.unit.jump(end, handler.span);
        if !ranges.is_empty() {
            let (failed, raised) = (self.unit.label(), self.unit.alloc());
            self.unit.add_handler(&ranges, failed, raised);
            self.unit.flow = self.handler_flow(&entry, &[&handler.body]);
            self.unit.bind(failed);
            self.unbind_name(&name.name, name.span);
            self.unit.emit_end(Op::new(Opcode::Reraise, raised, 0, 0), handler.span);
            self.unit.release(mark);
        }
        self.unit.bind(next);
    }

    /// ```text
    /// raised = []; rest = exception
    /// for each handler:
    ///     match, rest = split(rest, class); if match is None: next handler
    ///     body, handling match; what it raises is appended to raised
    /// raised.append(rest); raise what comes of the exception and raised
    /// ```
    fn except_star(&mut self, handlers: &'a [ExceptHandler], exception: Reg, span: Span) {
        let raised = self.unit.alloc();
        let rest = self.unit.alloc();
        self.unit.emit(Op::new(Opcode::BuildList, raised, raised, 0), span);
        self.unit.emit(Op::new(Opcode::Move, rest, exception, 0), span);
        for handler in handlers {
            self.handler_star(handler, raised, rest);
        }
        let none_left = self.unit.label();
        self.unit.emit_jump(Op::new(Opcode::JumpIfNone, rest, 0, 0), none_left, span);
        self.unit.emit(Op::new(Opcode::ListAppend, raised, rest, 0), span);
        self.unit.bind(none_left);
        let done = self.unit.label();
        self.unit.emit(Op::new(Opcode::EgReraise, rest, exception, raised), span);
        self.unit.emit_jump(Op::new(Opcode::JumpIfNone, rest, 0, 0), done, span);
        self.unit.emit_end(Op::new(Opcode::Reraise, rest, 0, 0), span);
        self.unit.bind(done);
    }

    fn handler_star(&mut self, handler: &'a ExceptHandler, raised: Reg, rest: Reg) {
        let Some(kind) = &handler.kind else { return };
        let next = self.unit.label();
        let mark = self.unit.mark();
        let class = self.expr(kind);
        self.unit.emit_jump(Op::new(Opcode::JumpIfNone, rest, 0, 0), next, kind.span);
        let group = self.unit.alloc_range(2);
        self.unit.emit(Op::new(Opcode::EgMatch, group, rest, class), kind.span);
        self.unit.emit(Op::new(Opcode::Move, rest, group + 1, 0), kind.span);
        self.unit.emit_jump(Op::new(Opcode::JumpIfNone, group, 0, 0), next, kind.span);
        if let Some(name) = &handler.name {
            self.store_name(&name.name, group, name.span);
        }
        let entry = self.unit.flow.clone();
        self.unit.push_block(BlockKind::Handling { register: group });
        self.unit.push_block(match &handler.name {
            Some(name) => BlockKind::Unbind { name },
            None => BlockKind::Protected,
        });
        self.body(&handler.body);
        let ranges = self.unit.pop_block();
        let handling = self.unit.pop_block();
        self.unit.add_handling(&handling, group);
        if let Some(name) = &handler.name {
            self.unbind_name(&name.name, name.span);
        }
        if !ranges.is_empty() {
            self.unit.jump(next, handler.span);
            let (failed, error) = (self.unit.label(), group + 1);
            self.unit.add_handler(&ranges, failed, error);
            self.unit.flow = self.handler_flow(&entry, &[&handler.body]);
            self.unit.bind(failed);
            if let Some(name) = &handler.name {
                self.unbind_name(&name.name, name.span);
            }
            self.unit.emit(Op::new(Opcode::ListAppend, raised, error, 0), handler.span);
        }
        self.unit.release(mark);
        self.unit.bind(next);
    }

    pub fn with_statement(&mut self, items: &'a [WithItem], body: &'a [Stmt], is_async: bool) {
        let Some((item, rest)) = items.split_first() else { return self.body(body) };
        let span = item.context.span;
        let exit = self.unit.alloc_range(2);
        let mark = self.unit.mark();
        let enter = self.unit.alloc_range(2);
        let manager = self.expr(&item.context);
        let names = if is_async { ["__aenter__", "__aexit__"] } else { ["__enter__", "__exit__"] };
        for (register, name) in [enter, exit].into_iter().zip(names) {
            let cache = self.unit.attribute_cache(name);
            self.unit.emit_cx(Opcode::LoadSpecial, register, manager, cache, span);
        }
        self.unit.emit(Op::new(Opcode::CallMethod, enter, 0, enter), span);
        if is_async {
            self.await_value(enter, enter, 1, span);
        }
        let entry = self.unit.flow.clone();
        self.unit.push_block(BlockKind::With { exit, is_async, span });
        if let Some(target) = &item.target {
            self.assign(target, enter);
        }
        self.unit.release(mark);
        self.with_statement(rest, body, is_async);
        self.unit.release(mark);
        let ranges = self.unit.pop_block();
        self.exit_normally(exit, is_async, span);
        if ranges.is_empty() {
            return;
        }
        let end = self.unit.label();
        self.unit.jump(end, span);
        let (start, exception) = (self.unit.label(), self.unit.alloc());
        self.unit.add_handler(&ranges, start, exception);
        self.unit.flow = self.handler_flow(&entry, &[body]);
        self.unit.bind(start);
        self.unit.push_block(BlockKind::Handling { register: exception });
        let base = self.copy_exit(exit, span);
        let arguments = self.unit.alloc_range(3);
        self.unit.emit(Op::new(Opcode::ExcInfo, arguments, exception, 0), span);
        self.unit.emit(Op::new(Opcode::CallMethod, base, 3, base), span);
        if is_async {
            self.await_value(base, base, 2, span);
        }
        self.unit.emit_jump(Op::new(Opcode::JumpIfTrue, base, 0, 0), end, span);
        self.unit.emit_end(Op::new(Opcode::Reraise, exception, 0, 0), span);
        let ranges = self.unit.pop_block();
        self.unit.add_handling(&ranges, exception);
        self.unit.bind(end);
    }

    /// A call's arguments have to be the topmost registers, and `__exit__` was found before the body's were used.
    fn copy_exit(&mut self, exit: Reg, span: Span) -> Reg {
        let base = self.unit.alloc_range(2);
        self.unit.emit(Op::new(Opcode::Move, base, exit, 0), span);
        self.unit.emit(Op::new(Opcode::Move, base + 1, exit + 1, 0), span);
        base
    }

    /// `__exit__(None, None, None)`
    fn exit_normally(&mut self, exit: Reg, is_async: bool, span: Span) {
        let mark = self.unit.mark();
        let base = if mark == exit + 2 { exit } else { self.copy_exit(exit, span) };
        for _ in 0..3 {
            let register = self.unit.alloc();
            self.unit.emit(Op::new(Opcode::LoadNone, register, 0, 0), span);
        }
        let result = self.unit.alloc();
        self.unit.emit(Op::new(Opcode::CallMethod, base, 3, result), span);
        if is_async {
            self.await_value(result, result, 2, span);
        }
        self.unit.release(mark);
    }
}
