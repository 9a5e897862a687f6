//! `print` and `input`.

use crate::heap::Value;
use crate::objects::Module;
use crate::vm::{Raise, Result, Vm};
use std::io::{BufRead, Write};

/// `print(*args, sep, end, file, flush)`: the keyword-only ones come first in `args`.
pub(super) fn print(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let &[sep, end, file, flush, ref values @ ..] = args else { return Ok(Value::NONE) };
    let sep = separator(vm, sep, "sep", " ")?;
    let end = separator(vm, end, "end", "\n")?;
    let flush = vm.truthy(flush)?;
    let mut text = String::new();
    for (i, &v) in values.iter().enumerate() {
        if i > 0 {
            text.push_str(sep);
        }
        match v.as_str() {
            Some(s) => text.push_str(s.as_str()),
            None => text.push_str(vm.to_str(v)?.as_str()),
        }
    }
    text.push_str(end);
    let file = if file.is_none() { replaced_stdout(vm) } else { Some(file) };
    if let Some(file) = file {
        let text = vm.str(&text);
        vm.call_method(file, "write", &[text])?;
        if flush {
            vm.call_method(file, "flush", &[])?;
        }
        return Ok(Value::NONE);
    }
    let mut result = vm.host.stdout.write_all(text.as_bytes());
    if flush {
        result = result.and_then(|()| vm.host.stdout.flush());
    }
    result.map_err(|error| broken(vm, &error))?;
    Ok(Value::NONE)
}

fn separator(vm: &mut Vm, v: Value, name: &str, default: &'static str) -> Result<&'static str> {
    if v.is_none() {
        return Ok(default);
    }
    match vm.unwrap(v).as_str() {
        Some(s) => Ok(s.text()),
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(format!("{name} must be None or a string, not {class}")))
        }
    }
}

/// `sys.stdout`, if the program put something else there.
fn replaced_stdout(vm: &mut Vm) -> Option<Value> {
    let sys = vm.modules.table.get_str(vm.names.sys)?.cast::<Module>()?;
    let (now, original) = (vm.intern("stdout"), vm.intern("__stdout__"));
    let now = sys.dict.table.get_str(now)?;
    let original = sys.dict.table.get_str(original)?;
    (now != original && !now.is_none()).then_some(now)
}

fn broken(vm: &mut Vm, error: &std::io::Error) -> Raise {
    let class = match error.kind() {
        std::io::ErrorKind::BrokenPipe => vm.exceptions.BrokenPipeError,
        _ => vm.exceptions.OSError,
    };
    vm.error(class, error.to_string())
}

pub(super) fn input(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if !args[0].is_unbound() {
        let prompt = vm.to_str(args[0])?;
        vm.host.stdout.write_all(prompt.text().as_bytes()).map_err(|error| broken(vm, &error))?;
    }
    vm.host.stdout.flush().map_err(|error| broken(vm, &error))?;
    let mut line = String::new();
    let read = vm.host.stdin.read_line(&mut line).map_err(|error| broken(vm, &error))?;
    if read == 0 {
        return Err(vm.error(vm.exceptions.EOFError, "EOF when reading a line"));
    }
    let text = line.strip_suffix('\n').unwrap_or(&line);
    Ok(vm.str(text.strip_suffix('\r').unwrap_or(text)))
}
