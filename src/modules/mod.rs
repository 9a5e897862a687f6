//! The modules that ship inside the binary: one file or folder each, one row each in the registry.
//!
//! A module is made when it is first imported: a dict with its natives, then what its `init` adds.

pub mod asyncio;
mod binascii;
mod collections;
pub mod contextvars;
pub mod files;
mod gc;
mod hashlib;
mod heapq;
pub mod io;
mod itertools;
pub mod json;
mod library;
pub mod math;
mod operator;
pub mod os;
pub mod random;
mod re;
mod source;
mod streams;
mod structs;
pub mod sys;
pub mod time;
pub mod types;
pub mod typing;
mod unicodedata;
mod weakref;

use crate::heap::{Gc, Value};
use crate::native::NativeDef;
use crate::objects::{Dict, Module};
use crate::vm::import::Unfinished;
use crate::vm::{Result, Vm};

/// What a module is made of.
pub struct ModuleSpec {
    pub name: &'static str,
    pub natives: &'static [NativeDef],
    /// Adds what is no function: constants, classes, objects.
    pub init: fn(&mut Vm, Gc<Dict>) -> Result<()>,
}

/// The names that every module sees.
static BUILTINS: ModuleSpec = ModuleSpec { name: "builtins", natives: &[], init: |_, _| Ok(()) };

static MODULES: &[&ModuleSpec] = &[
    &asyncio::SPEC,
    &binascii::SPEC,
    &BUILTINS,
    &collections::SPEC,
    &contextvars::SPEC,
    &files::SPEC,
    &gc::SPEC,
    &hashlib::SPEC,
    &heapq::SPEC,
    &io::SPEC,
    &itertools::SPEC,
    &json::SPEC,
    &math::SPEC,
    &operator::SPEC,
    &os::SPEC,
    &random::SPEC,
    &re::SPEC,
    &source::SPEC,
    &structs::SPEC,
    &sys::SPEC,
    &time::SPEC,
    &types::SPEC,
    &typing::SPEC,
    &typing::FUTURE,
    &unicodedata::SPEC,
    &weakref::SPEC,
];

fn all() -> impl Iterator<Item = &'static ModuleSpec> {
    MODULES.iter().copied().chain(library::MODULES).chain(asyncio::SUBMODULES)
}

/// The built-in module of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static ModuleSpec> {
    all().find(|spec| spec.name == name)
}

/// The names of all built-in modules.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().map(|spec| spec.name)
}

/// Makes the module. The caller puts it into `sys.modules`.
///
/// # Errors
/// What its `init` raises.
pub fn load(vm: &mut Vm, spec: &'static ModuleSpec) -> Result<Gc<Module>> {
    let mut dict = vm.new_namespace(spec.name);
    if spec.name == BUILTINS.name {
        let name = std::mem::replace(&mut dict, vm.builtins).table.get_str(vm.names.__name__);
        dict.set_str(vm.names.__name__, name.unwrap_or(Value::NONE));
    }
    let module = vm.heap.module(dict);
    vm.root(module);
    for def in spec.natives {
        let function = vm.heap.native(def, Value::UNBOUND);
        set(vm, dict, def.name(), function);
    }
    (spec.init)(vm, dict)?;
    Ok(module)
}

/// Sets a name in a module's dict.
pub fn set(vm: &mut Vm, mut dict: Gc<Dict>, name: &str, value: impl Into<Value>) {
    let name = vm.intern(name);
    dict.set_str(name, value.into());
}

/// Has source that ships inside the binary run in a module's dict when somebody asks for what it makes: most programs
/// that import the module need none of it.
pub fn embed_later(vm: &mut Vm, namespace: Gc<Dict>, name: &'static str, text: &'static str) {
    vm.unfinished.push(Unfinished { namespace, name, text });
}

/// Runs source that ships inside the binary in a module's dict: what is said best in the language itself.
///
/// # Errors
/// What the source raises.
pub fn embed(vm: &mut Vm, dict: Gc<Dict>, name: &str, text: &str) -> Result<()> {
    let code = vm.compile_text(name, text)?;
    vm.run_code(code, dict)?;
    Ok(())
}
