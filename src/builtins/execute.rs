//! `exec`, `eval`, `compile`.

use crate::compile::Mode;
use crate::heap::{Gc, Value};
use crate::objects::sequence::BytesLike;
use crate::objects::{CodeObject, Dict};
use crate::vm::{Result, Vm};

crate::natives! { pub static FUNCTIONS:
    /// Execute the given source in the context of globals and locals.
    "exec(source, /, globals=None, locals=None, *, closure=None)" => exec;
    /// Evaluate the given source in the context of globals and locals.
    "eval(source, /, globals=None, locals=None)" => eval;
    /// Compile source into a code object that can be executed by exec() or eval().
    "compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)" => compile;
}

/// The namespaces that code is run in.
fn namespaces(vm: &mut Vm, args: &[Value], what: &str) -> Result<(Gc<Dict>, Value)> {
    let (globals, locals) = (args[1], args[2]);
    let own = globals.is_none();
    let mut dict = if own {
        vm.globals()
    } else if let Some(dict) = vm.unwrap(globals).cast::<Dict>() {
        dict
    } else {
        let got = vm.class_name(globals);
        return Err(vm.type_error(match what {
            "eval" => "globals must be a dict".to_owned(),
            _ => format!("exec() globals must be a dict, not {got}"),
        }));
    };
    let locals = match (locals.is_none(), own) {
        (false, _) => {
            let get = vm.names.__getitem__;
            if vm.unwrap(locals).cast::<Dict>().is_none() && vm.find_attr(locals, get)?.is_none() {
                let got = vm.class_name(locals);
                return Err(vm.type_error(match what {
                    "eval" => "locals must be a mapping".to_owned(),
                    _ => format!("locals must be a mapping or None, not {got}"),
                }));
            }
            locals
        }
        (true, true) => vm.locals_dict().value(),
        (true, false) => globals,
    };
    if dict.table.get_str(vm.names.__builtins__).is_none() {
        let builtins = vm.builtins.value();
        dict.set_str(vm.names.__builtins__, builtins);
    }
    vm.root(locals);
    Ok((dict, locals))
}

/// Source as text; `None` for a code object.
fn source_text(vm: &mut Vm, v: Value, what: &str) -> Result<Option<String>> {
    if v.is::<CodeObject>() {
        return Ok(None);
    }
    let plain = vm.unwrap(v);
    let text = match (plain.as_str(), BytesLike::of(plain)) {
        (Some(text), _) => text.as_str().to_owned(),
        (None, Some(bytes)) => match String::from_utf8(bytes.to_vec()) {
            Ok(text) => text,
            Err(_) => return Err(vm.error(vm.exceptions.SyntaxError, "source code is not UTF-8")),
        },
        (None, None) => {
            return Err(vm.type_error(format!("{what} must be a string, bytes or code object")));
        }
    };
    if text.contains('\0') {
        return Err(vm.error(vm.exceptions.SyntaxError, "source code string cannot contain null bytes"));
    }
    Ok(Some(text))
}

fn code_to_run(vm: &mut Vm, v: Value, what: &str, mode: Mode) -> Result<Gc<CodeObject>> {
    let label = format!("{what}() arg 1");
    match source_text(vm, v, &label)? {
        Some(text) => vm.compile_for("<string>", &text, mode),
        None => {
            let code = v.cast::<CodeObject>().ok_or_else(|| vm.type_error("expected a code object"))?;
            if code.plain.free.is_empty() {
                return Ok(code);
            }
            Err(vm.type_error(format!("code object passed to {what}() may not contain free variables")))
        }
    }
}

fn exec(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (globals, locals) = namespaces(vm, args, "exec")?;
    let code = code_to_run(vm, args[0], "exec", Mode::Exec)?;
    vm.root(code);
    vm.execute(code, globals, locals)?;
    Ok(Value::NONE)
}

fn eval(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (globals, locals) = namespaces(vm, args, "eval")?;
    let code = code_to_run(vm, args[0], "eval", Mode::Eval)?;
    vm.root(code);
    vm.execute(code, globals, locals)
}

fn compile(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = match (args[1].as_str(), BytesLike::of(args[1])) {
        (Some(name), _) => name.as_str().to_owned(),
        (None, Some(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
        (None, None) => {
            let got = vm.class_name(args[1]);
            return Err(vm.type_error(format!("expected str, bytes or os.PathLike object, not {got}")));
        }
    };
    let Some(mode) = args[2].as_str() else {
        let got = vm.class_name(args[2]);
        return Err(vm.type_error(format!("compile() argument 'mode' must be str, not {got}")));
    };
    let mode = match mode.as_str() {
        "exec" => Mode::Exec,
        "eval" => Mode::Eval,
        "single" => Mode::Single,
        _ => return Err(vm.value_error("compile() mode must be 'exec', 'eval' or 'single'")),
    };
    match source_text(vm, args[0], "compile() arg 1")? {
        Some(text) => vm.compile_for(&name, &text, mode).map(Gc::value),
        None => Ok(args[0]),
    }
}
