//! `re`: patterns are translated (`translate.rs`) and matched by the crate `fancy-regex` (`pattern.rs`); what a match
//! knows is in `matched.rs`, what replaces it in `template.rs`. The functions of the module are in `re.aio`.

mod classes;
mod groups;
mod matched;
mod pattern;
mod template;
mod translate;
mod walking;

use super::{ModuleSpec, embed, set};
use crate::heap::{Gc, Value};
use crate::objects::{Class, Dict};
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec { name: "re", natives: NATIVES, init };

crate::natives! { static NATIVES:
    "_compile(source, flags, /)" => pattern::compile;
}

fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    let object = vm.types.object;
    let pattern = vm.native_class("Pattern", "re", object, &[pattern::METHODS]);
    vm.add_properties(pattern, pattern::PROPERTIES, &[]);
    set(vm, dict, "Pattern", pattern);
    let matched = vm.native_class("Match", "re", object, &[matched::METHODS]);
    vm.add_properties(matched, matched::PROPERTIES, &[]);
    set(vm, dict, "Match", matched);
    let walker = vm.native_class("callable_iterator", "builtins", object, &[walking::METHODS]);
    set(vm, dict, "_Walker", walker);
    embed(vm, dict, "<re>", include_str!("re.aio"))
}

/// Something of the module itself, while it is loaded.
fn own(vm: &mut Vm, name: &str) -> Result<Value> {
    let (module, name) = (vm.intern("re"), vm.intern(name));
    let found = vm.modules.table.get_str(module);
    match found {
        Some(module) => vm.get_attr(module, name),
        None => Err(vm.runtime_error("the module 're' has been removed")),
    }
}

fn own_class(vm: &mut Vm, name: &str) -> Result<Gc<Class>> {
    let class = own(vm, name)?;
    Ok(class.cast::<Class>().unwrap_or(vm.types.object))
}
