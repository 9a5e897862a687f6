//! Built-in functions that look at the code that calls them.

use crate::heap::Value;
use crate::vm::{Result, Vm};

crate::natives! { pub static NAMESPACE:
    /// The current module's names and values.
    "globals()" => globals;
    /// The current scope's names and values.
    "locals()" => locals;
    /// What the import statement calls.
    "__import__(name, globals=None, locals=None, fromlist=None, level=0)" => import;
}

fn globals(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.globals().value())
}

fn locals(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Ok(vm.locals_dict().value())
}

fn import(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(name) = args[0].as_str() else { return Err(vm.type_error("module name must be a string")) };
    let module = vm.import_module(name.text())?;
    if vm.truthy(args[3])? {
        return Ok(module);
    }
    let first = name.text().split('.').next().unwrap_or("");
    vm.import_module(first)
}
