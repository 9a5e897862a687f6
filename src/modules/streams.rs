//! The objects behind `sys.stdin`, `sys.stdout` and `sys.stderr`: text streams of the host.

use super::set;
use crate::heap::{Gc, Value};
use crate::objects::{Boxed, Dict, NativeData};
use crate::vm::{Result, Vm};
use std::any::Any;
use std::io::{BufRead, Write};

#[derive(Clone, Copy, PartialEq)]
enum Stream {
    Stdin,
    Stdout,
    Stderr,
}

impl NativeData for Stream {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// Puts the three streams into `sys`.
pub fn add(vm: &mut Vm, dict: Gc<Dict>) {
    let class = vm.native_class("TextIOWrapper", "_io", vm.types.object, &[METHODS]);
    vm.add_properties(class, GETTERS, &[]);
    for (name, stream) in [("stdin", Stream::Stdin), ("stdout", Stream::Stdout), ("stderr", Stream::Stderr)] {
        let object = vm.heap.boxed(class, stream).value();
        set(vm, dict, name, object);
        // Kept under a second name for programs that replace the first for a while.
        set(vm, dict, &format!("__{name}__"), object);
    }
}

fn stream(v: Value) -> Option<Stream> {
    v.cast::<Boxed>().and_then(|b| b.data.as_any().downcast_ref::<Stream>().copied())
}

fn is_stream(v: Value) -> bool {
    stream(v).is_some()
}

fn failed(vm: &mut Vm, error: &std::io::Error) -> crate::vm::Raise {
    let class = match error.kind() {
        std::io::ErrorKind::BrokenPipe => vm.exceptions.BrokenPipeError,
        _ => vm.exceptions.OSError,
    };
    match error.raw_os_error() {
        Some(number) => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let args = [Value::int(number.into()), vm.str(text)];
            vm.error_with(class, &args)
        }
        None => vm.error(class, error.to_string()),
    }
}

fn write_text(vm: &mut Vm, to: Value, text: &str) -> Result<()> {
    let written = match stream(to) {
        Some(Stream::Stdout) => vm.host.stdout.write_all(text.as_bytes()),
        Some(Stream::Stderr) => vm.host.stderr.write_all(text.as_bytes()),
        _ => return Err(unsupported(vm, "not writable")),
    };
    written.map_err(|error| failed(vm, &error))
}

fn unsupported(vm: &mut Vm, message: &str) -> crate::vm::Raise {
    vm.error(vm.exceptions.OSError, message)
}

fn write(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(text) = vm.unwrap(args[1]).as_str() else {
        let class = vm.class_name(args[1]);
        return Err(vm.type_error(format!("write() argument must be str, not {class}")));
    };
    write_text(vm, args[0], text.as_str())?;
    Ok(Value::int(i64::try_from(text.chars()).unwrap_or(0)))
}

fn writelines(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let lines = vm.collect(args[1])?;
    let mut i = 0;
    while let Some(&line) = lines.items.get(i) {
        write(vm, &[args[0], line])?;
        i += 1;
    }
    Ok(Value::NONE)
}

fn flush(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let flushed = match stream(args[0]) {
        Some(Stream::Stdout) => vm.host.stdout.flush(),
        Some(Stream::Stderr) => vm.host.stderr.flush(),
        _ => Ok(()),
    };
    flushed.map_err(|error| failed(vm, &error))?;
    Ok(Value::NONE)
}

/// Up to `limit` bytes (all for `None`), or to the end of a line; whole characters.
fn read_text(vm: &mut Vm, from: Value, limit: Option<usize>, line: bool) -> Result<String> {
    if stream(from) != Some(Stream::Stdin) {
        return Err(unsupported(vm, "not readable"));
    }
    // What was printed so far is to be seen before the program waits.
    let _ = vm.host.stdout.flush();
    let mut bytes = Vec::new();
    let mut chars = 0;
    loop {
        let buffer = match vm.host.stdin.fill_buf() {
            Ok(buffer) => buffer,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(vm, &error)),
        };
        if buffer.is_empty() {
            break;
        }
        let mut taken = 0;
        let mut done = false;
        for &b in buffer {
            // A byte that starts a character beyond the limit stays.
            let starts = b & 0xc0 != 0x80;
            if starts && limit.is_some_and(|limit| chars >= limit) {
                done = true;
                break;
            }
            chars += usize::from(starts);
            taken += 1;
            if line && b == b'\n' {
                done = true;
                break;
            }
        }
        bytes.extend_from_slice(&buffer[..taken]);
        vm.host.stdin.consume(taken);
        if done {
            break;
        }
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.replace("\r\n", "\n")),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(at).copied().unwrap_or(0);
            Err(vm.value_error(format!(
                "'utf-8' codec can't decode byte 0x{byte:02x} in position {at}: invalid start byte"
            )))
        }
    }
}

fn limit(vm: &mut Vm, v: Value) -> Result<Option<usize>> {
    if v.is_none() {
        return Ok(None);
    }
    Ok(usize::try_from(vm.index_i64(v)?).ok())
}

fn read(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let limit = limit(vm, args[1])?;
    let text = read_text(vm, args[0], limit, false)?;
    Ok(vm.str(&text))
}

fn readline(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let limit = limit(vm, args[1])?;
    let text = read_text(vm, args[0], limit, true)?;
    Ok(vm.str(&text))
}

fn readlines(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = read_text(vm, args[0], None, false)?;
    let lines = text.split_inclusive('\n').map(|line| vm.str(line)).collect();
    Ok(vm.list(lines))
}

fn itself(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(args[0])
}

fn next(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = read_text(vm, args[0], None, true)?;
    if text.is_empty() {
        return Err(vm.stop_iteration(Value::NONE));
    }
    Ok(vm.str(&text))
}

fn fileno(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::int(match stream(args[0]) {
        Some(Stream::Stdin) => 0,
        Some(Stream::Stdout) => 1,
        _ => 2,
    }))
}

fn isatty(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let [stdin, stdout, stderr] = vm.host.terminals;
    Ok(Value::bool(match stream(args[0]) {
        Some(Stream::Stdin) => stdin,
        Some(Stream::Stdout) => stdout,
        _ => stderr,
    }))
}

fn readable(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok((stream(args[0]) == Some(Stream::Stdin)).into())
}

fn writable(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok((stream(args[0]) != Some(Stream::Stdin)).into())
}

fn no(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::FALSE)
}

fn nothing(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::NONE)
}

fn name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = match stream(args[0]) {
        Some(Stream::Stdin) => "<stdin>",
        Some(Stream::Stdout) => "<stdout>",
        _ => "<stderr>",
    };
    Ok(vm.str(name))
}

fn mode(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mode = if stream(args[0]) == Some(Stream::Stdin) { "r" } else { "w" };
    Ok(vm.str(mode))
}

fn encoding(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.str("utf-8"))
}

fn errors(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let errors = if stream(args[0]) == Some(Stream::Stderr) { "backslashreplace" } else { "strict" };
    Ok(vm.str(errors))
}

fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (name, mode) = match stream(args[0]) {
        Some(Stream::Stdin) => ("stdin", 'r'),
        Some(Stream::Stdout) => ("stdout", 'w'),
        _ => ("stderr", 'w'),
    };
    Ok(vm.str(&format!("<_io.TextIOWrapper name='<{name}>' mode='{mode}' encoding='utf-8'>")))
}

crate::methods! { static METHODS for fn is_stream, "TextIOWrapper":
    "write(self, text, /)" => write;
    "writelines(self, lines, /)" => writelines;
    "flush(self, /)" => flush;
    "read(self, size=None, /)" => read;
    "readline(self, size=None, /)" => readline;
    "readlines(self, hint=None, /)" => readlines;
    "fileno(self, /)" => fileno;
    "isatty(self, /)" => isatty;
    "readable(self, /)" => readable;
    "writable(self, /)" => writable;
    "seekable(self, /)" => no;
    "close(self, /)" => nothing;
    "reconfigure(self, *, encoding=None, errors=None, newline=None, line_buffering=None, write_through=None)" => nothing;
    "__iter__(self, /)" => itself;
    "__next__(self, /)" => next;
    "__enter__(self, /)" => itself;
    "__exit__(self, *exc)" => nothing;
    "__repr__(self, /)" => repr;
}

crate::methods! { static GETTERS for fn is_stream, "TextIOWrapper":
    "name(self, /)" => name;
    "mode(self, /)" => mode;
    "encoding(self, /)" => encoding;
    "errors(self, /)" => errors;
    "closed(self, /)" => no;
    "line_buffering(self, /)" => no;
    "newlines(self, /)" => nothing;
}
