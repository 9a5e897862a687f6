//! Frame objects, as `sys._getframe` and tracebacks give them: pictures of calls, taken when somebody asks. Nothing
//! they say changes the call.

use super::asyncio::boxes::{data, is_box, native_data};
use crate::heap::{Gc, Value};
use crate::objects::{CodeObject, TracebackEntry};
use crate::vm::{Result, Vm};

struct FramePicture {
    code: Gc<CodeObject>,
    pc: u32,
    /// Unbound in a traceback's frame, which does not hold them.
    globals: Value,
    locals: Value,
    /// The caller's frame, or None.
    back: Value,
}

native_data!(FramePicture, |this, t| {
    t.gc(this.code);
    t.values(&[this.globals, this.locals, this.back]);
});

crate::methods! { pub static FRAME for fn is_box::<FramePicture>, "frame":
    "__repr__(self, /)" => repr;
    "clear(self, /)" => clear;
}

crate::methods! { pub static FRAME_PROPERTIES for fn is_box::<FramePicture>, "frame":
    "f_code(self)" => code;
    "f_lineno(self)" => line;
    "f_lasti(self)" => op;
    "f_globals(self)" => globals;
    "f_locals(self)" => locals;
    "f_builtins(self)" => builtins;
    "f_back(self)" => back;
    "f_trace(self)" => nothing;
}

/// How many callers a frame's `f_back` leads to: a picture of more would cost too much.
const DEPTH: usize = 64;

pub fn getframe(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let depth = usize::try_from(vm.index_i64(args[0])?).unwrap_or(0);
    let callers = vm.callers(depth.saturating_add(DEPTH));
    if depth >= callers.len() {
        return Err(vm.value_error("call stack is not deep enough"));
    }
    let mut back = Value::NONE;
    for caller in callers[depth..].iter().rev() {
        let locals = vm.locals_of(caller).value();
        let (code, pc, globals) = (caller.code, caller.pc, caller.function.globals.value());
        back = vm.heap.boxed(vm.types.frame, FramePicture { code, pc, globals, locals, back }).value();
    }
    Ok(back)
}

/// The frame of an entry of a traceback.
pub fn of_traceback(vm: &mut Vm, entry: TracebackEntry) -> Value {
    let (globals, locals) = (Value::UNBOUND, Value::UNBOUND);
    let picture = FramePicture { code: entry.code, pc: entry.pc, globals, locals, back: Value::NONE };
    vm.heap.boxed(vm.types.frame, picture).value()
}

fn place(v: Value) -> (Gc<CodeObject>, u32) {
    data::<FramePicture, _>(v, |f| (f.code, f.pc))
}

fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (code, pc) = place(args[0]);
    let (file, line) = (vm.file_of(code), vm.line_of(code, pc));
    let at = args[0].bits();
    Ok(vm.str(&format!("<frame at {at:#x}, file '{file}', line {line}, code {}>", code.name.as_str())))
}

fn clear(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::NONE)
}

fn code(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(place(args[0]).0.value())
}

fn line(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (code, pc) = place(args[0]);
    Ok(Value::int(i64::from(vm.line_of(code, pc))))
}

fn op(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(i64::from(place(args[0]).1)))
}

fn known(vm: &mut Vm, value: Value, what: &str) -> Result<Value> {
    if value.is_unbound() {
        return Err(vm.attribute_error(format!("a traceback's frame does not keep its {what}")));
    }
    Ok(value)
}

fn globals(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let globals = data::<FramePicture, _>(args[0], |f| f.globals);
    known(vm, globals, "globals")
}

fn locals(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let locals = data::<FramePicture, _>(args[0], |f| f.locals);
    known(vm, locals, "locals")
}

fn builtins(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.builtins.value())
}

fn back(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(data::<FramePicture, _>(args[0], |f| f.back))
}

fn nothing(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::NONE)
}
