//! `sys`: what a script learns about the interpreter and tells it. The streams are in `streams.rs`.

use super::{ModuleSpec, embed, set, streams};
use crate::heap::{Gc, Value};
use crate::objects::{Bytes, Dict, Exception, List, Str, Tuple};
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec { name: "sys", natives: NATIVES, init };

/// The version of the language, then ours: scripts look at the first word.
pub const VERSION: &str = concat!("3.13.0 (aio ", env!("CARGO_PKG_VERSION"), ")");

fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    let version = vm.str(VERSION);
    set(vm, dict, "version", version);
    let args = vm.host.args.clone();
    let args: Vec<Value> = args.iter().map(|a| vm.str(a)).collect();
    let argv = vm.list(args.clone());
    set(vm, dict, "argv", argv);
    let original = vm.list(args);
    set(vm, dict, "orig_argv", original);
    let folders: Vec<String> = vm.host.path.iter().map(|p| p.to_string_lossy().into_owned()).collect();
    let folders = folders.iter().map(|p| vm.str(p)).collect();
    let path = vm.list(folders);
    set(vm, dict, "path", path);
    let platform = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        other => other,
    };
    let texts = [
        ("platform", platform),
        ("byteorder", if cfg!(target_endian = "little") { "little" } else { "big" }),
        ("executable", "aio"),
        ("copyright", "See the LICENSE files of aio."),
        ("prefix", ""),
        ("base_prefix", ""),
        ("exec_prefix", ""),
        ("float_repr_style", "short"),
        ("ps1", ">>> "),
        ("ps2", "... "),
    ];
    for (name, text) in texts {
        let text = vm.str(text);
        set(vm, dict, name, text);
    }
    let largest = vm.int(i64::MAX);
    set(vm, dict, "maxsize", largest);
    set(vm, dict, "maxunicode", Value::int(0x0010_ffff));
    set(vm, dict, "dont_write_bytecode", Value::TRUE);
    let modules = vm.modules.value();
    set(vm, dict, "modules", modules);
    let mut names: Vec<&str> = super::names().collect();
    names.sort_unstable();
    let names: Vec<Value> = names.into_iter().map(|n| vm.intern(n).value()).collect();
    let names = vm.tuple(&names);
    set(vm, dict, "builtin_module_names", names);
    streams::add(vm, dict);
    embed(vm, dict, "<sys>", include_str!("lib/sys.py"))
}

fn exit(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = vm.exceptions.SystemExit;
    Err(if args[0].is_none() { vm.error_with(class, &[]) } else { vm.error_with(class, &args[..1]) })
}

fn getrecursionlimit(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.int(i64::try_from(vm.recursion_limit()).unwrap_or(i64::MAX)))
}

fn setrecursionlimit(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let limit = vm.index_i64(args[0])?;
    match usize::try_from(limit) {
        Ok(limit @ 1..) => {
            vm.set_recursion_limit(limit);
            Ok(Value::NONE)
        }
        _ => Err(vm.value_error("recursion limit must be greater or equal than 1")),
    }
}

fn exception(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.current_exception())
}

fn exc_info(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    let current = vm.current_exception();
    let Some(raised) = current.cast::<Exception>() else {
        return Ok(vm.tuple(&[Value::NONE; 3]));
    };
    let class = vm.type_of(current).value();
    Ok(vm.tuple(&[class, current, raised.traceback]))
}

/// The size CPython reports for the common types, so that scripts that print it show something sensible.
fn getsizeof(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let v = vm.unwrap(args[0]);
    let size = if let Some(s) = v.cast::<Str>() {
        if s.is_ascii() { 41 + s.len_bytes() } else { 58 + 2 * s.chars() }
    } else if let Some(list) = v.cast::<List>() {
        56 + 8 * list.items.capacity()
    } else if let Some(tuple) = v.cast::<Tuple>() {
        40 + 8 * tuple.items().len()
    } else if let Some(bytes) = v.cast::<Bytes>() {
        33 + bytes.value.len()
    } else if let Some(dict) = v.cast::<Dict>() {
        64 + 32 * dict.table.capacity()
    } else if let Some(i) = vm.big_of(v) {
        24 + 4 * usize::try_from(i.bits().div_ceil(30)).unwrap_or(0).max(1)
    } else if v.is_float() {
        24
    } else if v.is_none() {
        16
    } else {
        48
    };
    Ok(vm.int(i64::try_from(size).unwrap_or(i64::MAX)))
}

fn intern(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match args[0].as_str() {
        Some(s) => Ok(vm.interner.intern_gc(s).value()),
        None => {
            let class = vm.class_name(args[0]);
            Err(vm.type_error(format!("intern() argument must be str, not {class}")))
        }
    }
}

fn get_int_max_str_digits(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::int(i64::try_from(vm.int_max_str_digits).unwrap_or(0)))
}

fn set_int_max_str_digits(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let digits = vm.index_i64(args[0])?;
    match usize::try_from(digits) {
        Ok(digits) if digits == 0 || digits >= 640 => {
            vm.int_max_str_digits = digits;
            Ok(Value::NONE)
        }
        _ => Err(vm.value_error("maxdigits must be 0 or larger than 640")),
    }
}

fn utf8(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.intern("utf-8").value())
}

fn none(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::NONE)
}

fn no(_vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(Value::FALSE)
}

fn getswitchinterval(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.float(0.005))
}

crate::natives! { static NATIVES:
    /// Exit the interpreter by raising SystemExit(status).
    "exit(status=None, /)" => exit;
    /// Return the maximum depth of calls.
    "getrecursionlimit()" => getrecursionlimit;
    /// Set the maximum depth of calls.
    "setrecursionlimit(limit, /)" => setrecursionlimit;
    /// Return the exception that is being handled, or None.
    "exception()" => exception;
    /// Return the type, value and traceback of the exception that is being handled, or Nones.
    "exc_info()" => exc_info;
    /// Return the size of object in bytes, roughly.
    "getsizeof(object, default=...)" => getsizeof;
    /// Intern the given string.
    "intern(string, /)" => intern;
    /// Return the maximum string digits limit for non-binary int<->str conversions.
    "get_int_max_str_digits()" => get_int_max_str_digits;
    /// Set the maximum string digits limit for non-binary int<->str conversions.
    "set_int_max_str_digits(maxdigits)" => set_int_max_str_digits;
    /// Return the current default encoding used by the Unicode implementation.
    "getdefaultencoding()" => utf8;
    /// Return the encoding used to convert Unicode filenames to OS filenames.
    "getfilesystemencoding()" => utf8;
    /// Return True if the interpreter is shutting down.
    "is_finalizing()" => no;
    "gettrace()" => none;
    "getprofile()" => none;
    "getswitchinterval()" => getswitchinterval;
    /// Return a frame object: a picture of a call on the way, made when asked for.
    "_getframe(depth=0, /)" => crate::builtins::getframe;
}
