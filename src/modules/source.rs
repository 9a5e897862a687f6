//! `_source`: what the modules written in the language make functions with whose parameters they learn late, as a
//! dataclass's `__init__`. Compiled like any other function, they run like any other.

use super::ModuleSpec;
use crate::heap::{Gc, Value};
use crate::objects::{Class, Dict};
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec { name: "_source", natives: NATIVES, init: |_, _| Ok(()) };

crate::natives! { static NATIVES:
    /// Run a text in a namespace.
    "define(text, namespace, name='<string>', /)" => define;
    /// Where the caller is, so many calls further out: file, line, function, globals.
    "caller(depth, /)" => caller;
    /// A line of a source that was read, or an empty string.
    "line(file, number, /)" => line;
    /// The entries of a traceback, outermost first: (file, line, column, end line, end column, function) each.
    "entries(traceback, exception=None, /)" => entries;
    /// What tracebacks put behind an exception's message; of names in reach only if asked for.
    "suggestion(exception, names, /)" => suggestion;
    /// Have messages name a class with its module, as they do classes that are written in C in CPython.
    "long_name(cls, module, /)" => long_name;
    /// The calls on the way, outermost first, without the innermost so many.
    "stack(skip, /)" => stack;
}

fn define(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (Some(text), Some(namespace)) = (args[0].as_str(), args[1].cast::<Dict>()) else {
        return Err(vm.type_error("define() expects a text and a dict"));
    };
    let name = args[2].as_str().map_or("<string>", Gc::text);
    let code = vm.compile_text(name, text.text())?;
    vm.run_code(code, namespace)?;
    Ok(Value::NONE)
}

fn long_name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let (Some(class), Some(module)) = (args[0].cast::<Class>(), args[1].as_str()) {
        vm.set_long_name(class, module.text());
    }
    Ok(args[0])
}

fn caller(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let depth = usize::try_from(vm.index_i64(args[0])?).unwrap_or(0);
    let callers = vm.callers(depth.saturating_add(1));
    let Some(caller) = callers.get(depth) else { return Ok(Value::NONE) };
    let (file, line) = (vm.file_of(caller.code), vm.line_of(caller.code, caller.pc));
    let file = vm.str(&file);
    let parts =
        [file, Value::int(i64::from(line)), caller.code.name.value(), caller.function.globals.value()];
    Ok(vm.tuple(&parts))
}

fn line(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let number = u32::try_from(vm.index_i64(args[1])?).unwrap_or(0);
    let file = args[0].as_str().map_or("", Gc::text);
    let text = vm.sources.named(file).map_or(String::new(), |source| source.line(number).to_owned());
    Ok(vm.str(&text))
}

/// One row of [`entries`] and [`stack`].
fn row(vm: &mut Vm, code: Gc<crate::objects::CodeObject>, pc: u32, exception: Value) -> Value {
    let span = code.plain.spans.get(pc as usize).copied().unwrap_or(code.plain.span);
    let span = vm.narrowed(exception, code.plain.source, span);
    let source = vm.sources.get(code.plain.source).clone();
    let (line, column) = source.line_column(span.start);
    let (end_line, end_column) = source.line_column(span.end);
    let file = vm.str(&source.name);
    let int = |n: u32| Value::int(i64::from(n));
    let parts = [file, int(line), int(column), int(end_line), int(end_column), code.name.value()];
    let row = vm.tuple(&parts);
    vm.root(row)
}

fn entries(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(traceback) = args[0].cast::<crate::objects::Traceback>() else { return Ok(vm.list(Vec::new())) };
    let places: Vec<_> = traceback.entries.iter().rev().map(|e| (e.code, e.pc)).collect();
    let innermost = places.len().saturating_sub(1);
    let about = |i| if i == innermost { args[1] } else { Value::NONE };
    let rows = places.into_iter().enumerate().map(|(i, (code, pc))| row(vm, code, pc, about(i))).collect();
    Ok(vm.list(rows))
}

fn suggestion(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut found = vm.suggestion(args[0]);
    if !vm.truthy(args[1])? && vm.is_instance_of(args[0], vm.exceptions.NameError) {
        found.name = None;
    }
    Ok(vm.str(&found.behind_message()))
}

fn stack(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let skip = usize::try_from(vm.index_i64(args[0])?).unwrap_or(0);
    let callers = vm.callers(usize::MAX);
    let rows =
        callers.iter().skip(skip).rev().map(|caller| row(vm, caller.code, caller.pc, Value::NONE)).collect();
    Ok(vm.list(rows))
}
