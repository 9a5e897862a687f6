//! Frame objects, as far as there is something to show: `tb_frame`, `gi_frame`, `cr_frame`.

use crate::heap::{Gc, Value};
use crate::modules::asyncio::boxes::{data, is_box, native_data};
use crate::objects::{CodeObject, Dict, Frame, FrameState};
use crate::vm::{Result, Vm};

/// A place in some code, and whose it is.
struct View {
    code: Gc<CodeObject>,
    /// How far the code has come; the op before it is the one that runs.
    pc: u32,
    /// A generator's or coroutine's own frame, or unbound.
    frame: Value,
    call: Call,
}

/// What a picture of a call on the way shows besides; unbound elsewhere.
#[derive(Clone, Copy, Default)]
struct Call {
    globals: Value,
    locals: Value,
    /// The caller's frame, or None.
    back: Value,
}

native_data!(View, |this, t| {
    t.gc(this.code);
    t.values(&[this.frame, this.call.globals, this.call.locals, this.call.back]);
});

/// How many callers the `f_back` of a picture leads to: one of all of them would cost too much.
const DEPTH: usize = 64;

/// `sys._getframe(depth)`: a picture of a call on the way. Nothing it says changes the call.
pub fn getframe(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let depth = usize::try_from(vm.index_i64(args[0])?).unwrap_or(0);
    let callers = vm.callers(depth.saturating_add(DEPTH));
    if depth >= callers.len() {
        return Err(vm.value_error("call stack is not deep enough"));
    }
    let mut back = Value::NONE;
    for caller in callers[depth..].iter().rev() {
        let (globals, locals) = (caller.function.globals.value(), vm.locals_of(caller).value());
        let call = Call { globals, locals, back };
        let (code, pc) = (caller.code, caller.pc + 1);
        back = vm.heap.boxed(vm.types.frame, View { code, pc, frame: Value::UNBOUND, call }).value();
    }
    Ok(back)
}

fn call_of(v: Value) -> Call {
    data::<View, _>(v, |view| view.call)
}

crate::methods! { pub static FRAME for fn is_box::<View>, "frame":
    "__repr__(self, /)" => repr;
    "clear(self, /)" => clear;
}

crate::natives! { pub static FRAME_PROPERTIES:
    "f_code(self)" => code;
    "f_lineno(self)" => line;
    "f_lasti(self)" => last_op;
    "f_globals(self)" => globals;
    "f_locals(self)" => locals;
    "f_back(self)" => back;
    "f_builtins(self)" => builtins;
}

impl Vm {
    /// A frame object for a place in some code.
    pub fn code_view(&mut self, code: Gc<CodeObject>, pc: u32) -> Value {
        self.heap
            .boxed(self.types.frame, View { code, pc, frame: Value::UNBOUND, call: Call::default() })
            .value()
    }

    /// A frame object for a generator or coroutine that can still run.
    pub fn frame_view(&mut self, frame: Gc<Frame>) -> Value {
        let (code, pc) = (frame.function.code, frame.pc);
        self.heap
            .boxed(self.types.frame, View { code, pc, frame: frame.value(), call: Call::default() })
            .value()
    }
}

fn code(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<View, _>(args[0], |v| v.code.value()))
}

fn line_of(vm: &Vm, code: Gc<CodeObject>, pc: u32) -> u32 {
    let source = vm.sources.get(code.plain.source);
    let span = match pc {
        0 => code.plain.span,
        pc => code.plain.spans.get(pc as usize - 1).copied().unwrap_or_default(),
    };
    source.line_column(span.start).0
}

fn line(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (code, pc) = data::<View, _>(args[0], |v| (v.code, v.frame.cast::<Frame>().map_or(v.pc, |f| f.pc)));
    Ok(Value::int(i64::from(line_of(vm, code, pc))))
}

fn last_op(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(data::<View, _>(args[0], |v| i64::from(v.pc) * 2)))
}

fn owner(v: Value) -> Option<Gc<Frame>> {
    data::<View, _>(v, |view| view.frame).cast::<Frame>()
}

fn globals(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let call = call_of(args[0]);
    if !call.globals.is_unbound() {
        return Ok(call.globals);
    }
    match owner(args[0]) {
        Some(frame) => Ok(frame.function.globals.value()),
        None => Err(vm.attribute_error("the globals of this frame are not kept")),
    }
}

fn locals(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let call = call_of(args[0]);
    if !call.locals.is_unbound() {
        return Ok(call.locals);
    }
    let Some(frame) = owner(args[0]) else {
        return Err(vm.attribute_error("the locals of this frame are not kept"));
    };
    let mut dict: Gc<Dict> = vm.heap.dict();
    let n = frame.registers();
    let code = frame.function.code;
    for (i, &name) in code.locals.iter().enumerate() {
        let mut v = frame.tail(n)[i];
        if code.plain.cells.iter().any(|&c| usize::from(c) == i) {
            v = v.cast::<crate::objects::CellObject>().map_or(Value::UNBOUND, |c| c.content);
        }
        if !v.is_unbound() && !name.as_str().starts_with('.') {
            dict.set_str(name, v);
        }
    }
    Ok(dict.value())
}

fn back(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let back = call_of(args[0]).back;
    Ok(if back.is_unbound() { Value::NONE } else { back })
}

fn builtins(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.builtins.value())
}

fn clear(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let Some(frame) = owner(args[0]) {
        if frame.state() == FrameState::Running {
            return Err(vm.runtime_error("cannot clear an executing frame"));
        }
        vm.close_generator(frame)?;
    }
    Ok(Value::NONE)
}

fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (code, pc) = data::<View, _>(args[0], |v| (v.code, v.pc));
    let (line, name) = (line_of(vm, code, pc), code.name.text());
    let file = &vm.sources.get(code.plain.source).name;
    let text = format!("<frame at {:#x}, file '{file}', line {line}, code {name}>", args[0].bits());
    Ok(vm.str(&text))
}
