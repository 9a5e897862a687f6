//! `import`: modules that ship inside the binary, and `.aio` and `.py` files beside the script.

use super::{Result, Vm};
use crate::heap::{Gc, Str, Value};
use crate::objects::{Dict, Module, Tuple};
use std::path::PathBuf;

/// A part of a built-in module that is made when somebody asks for what is in it.
pub(crate) struct Unfinished {
    /// The module's, and the part's.
    pub namespace: Gc<Dict>,
    pub name: &'static str,
    pub text: &'static str,
}

impl Vm {
    /// `import name`: the module, or its first part for a dotted name.
    pub(super) fn import_name(&mut self, name: Value, level: u8, leaf: bool) -> Result<Value> {
        let Some(name) = name.as_str() else { return Ok(Value::NONE) };
        let full =
            if level > 0 { self.absolute_name(name.as_str(), level)? } else { name.as_str().to_owned() };
        let module = self.import_module(&full)?;
        if leaf || !full.contains('.') {
            return Ok(module);
        }
        let first = full.split('.').next().unwrap_or(&full).to_owned();
        self.import_module(&first)
    }

    fn absolute_name(&mut self, name: &str, level: u8) -> Result<String> {
        let globals = self.globals();
        let package = globals.table.get_str(self.names.__package__).and_then(Value::as_str);
        let Some(package) = package.filter(|p| p.chars() > 0) else {
            return Err(self.import_error("attempted relative import with no known parent package"));
        };
        let mut parts: Vec<&str> = package.text().split('.').collect();
        for _ in 1..level {
            if parts.pop().is_none() || parts.is_empty() {
                return Err(self.import_error("attempted relative import beyond top-level package"));
            }
        }
        if !name.is_empty() {
            parts.push(name);
        }
        Ok(parts.join("."))
    }

    /// The module with this full name, loaded if it is not there yet: the packages around it first, from the outside.
    pub fn import_module(&mut self, full: &str) -> Result<Value> {
        if let Some(module) = self.interner.get(full).and_then(|key| self.modules.table.get_str(key)) {
            return Ok(module);
        }
        for (dot, _) in full.match_indices('.') {
            self.import_one(&full[..dot])?;
        }
        self.import_one(full)
    }

    /// The same, with the package around it loaded.
    fn import_one(&mut self, full: &str) -> Result<Value> {
        let key = self.intern(full);
        if let Some(module) = self.modules.table.get_str(key) {
            return Ok(module);
        }
        let mut path = None;
        if let Some((parent, _)) = full.rsplit_once('.') {
            let parent_module = self.import_one(parent)?;
            path = self.package_path(parent_module);
        }
        if let Some(spec) = crate::modules::find(full) {
            let module = crate::modules::load(self, spec)?.value();
            let mut modules = self.modules;
            modules.set_str(key, module);
            return self.bind_in_parent(full, module);
        }
        let leaf = full.rsplit('.').next().unwrap_or(full);
        let folders_of_package = path.clone();
        let folders = match path {
            Some(folder) => vec![folder],
            None if full.contains('.') => Vec::new(),
            None => self.host.path.clone(),
        };
        for folder in folders {
            for (file, package) in [
                (folder.join(leaf).join("__init__.aio"), true),
                (folder.join(leaf).join("__init__.py"), true),
                (folder.join(format!("{leaf}.aio")), false),
                (folder.join(format!("{leaf}.py")), false),
            ] {
                if file.is_file() {
                    let module = self.load_file(full, &file, package)?;
                    return self.bind_in_parent(full, module);
                }
            }
        }
        let mut message = format!("No module named '{full}'");
        if let Some((parent, _)) = full.rsplit_once('.')
            && folders_of_package.is_none()
        {
            message += &format!("; '{parent}' is not a package");
        }
        let raise = self.error(self.exceptions.ModuleNotFoundError, message);
        self.set_attr(raise.0, self.names.name, key.value())?;
        Err(raise)
    }

    fn package_path(&mut self, module: Value) -> Option<PathBuf> {
        let dict = module.cast::<Module>()?.dict;
        let file = dict.table.get_str(self.names.__path__)?.as_str()?;
        Some(PathBuf::from(file.as_str()))
    }

    /// A submodule becomes an attribute of its package.
    fn bind_in_parent(&mut self, full: &str, module: Value) -> Result<Value> {
        if let Some((parent, leaf)) = full.rsplit_once('.') {
            let parent = self.import_one(parent)?;
            let leaf = self.intern(leaf);
            self.set_attr(parent, leaf, module)?;
        }
        Ok(module)
    }

    fn load_file(&mut self, full: &str, file: &std::path::Path, package: bool) -> Result<Value> {
        let shown = file.display().to_string();
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => return Err(self.import_error(format!("cannot read '{shown}': {error}"))),
        };
        let mut namespace = self.new_namespace(full);
        self.root(namespace);
        let path = self.str(&shown);
        namespace.set_str(self.names.__file__, path);
        let parent = if package { full } else { full.rsplit_once('.').map_or("", |(p, _)| p) };
        let parent = self.str(parent);
        namespace.set_str(self.names.__package__, parent);
        if package {
            let folder = file.parent().map_or(String::new(), |p| p.display().to_string());
            let folder = self.str(&folder);
            namespace.set_str(self.names.__path__, folder);
        }
        let code = self.compile_text(&shown, &text)?;
        let module = self.heap.module(namespace).value();
        let key = self.intern(full);
        let mut modules = self.modules;
        modules.set_str(key, module);
        if let Err(raise) = self.run_code(code, namespace) {
            modules.remove_str(key);
            return Err(raise);
        }
        Ok(self.modules.table.get_str(key).unwrap_or(module))
    }

    /// `from module import name`
    pub(super) fn import_from(&mut self, module: Value, name: Value) -> Result<Value> {
        let Some(name) = name.as_str() else { return Ok(Value::NONE) };
        if let Some(v) = self.find_attr(module, name)? {
            return Ok(v);
        }
        let own = self.module_name(module);
        if self.package_path(module).is_some() {
            let full = format!("{own}.{}", name.as_str());
            match self.import_module(&full) {
                Err(raise) if self.is_missing(raise, &full) => (),
                result => return result,
            }
        }
        let file = module
            .cast::<Module>()
            .and_then(|m| m.dict.table.get_str(self.names.__file__))
            .and_then(Value::as_str)
            .map_or("unknown location", Gc::text);
        let name = name.text();
        let raise = self.import_error(format!("cannot import name '{name}' from '{own}' ({file})"));
        let (module, wanted) = (self.intern(&own), self.intern(name));
        self.set_exception_field(raise.0, 0, module.value());
        self.set_exception_field(raise.0, 2, wanted.value());
        Err(raise)
    }

    /// Whether it is this module that was not found, rather than one that it imports.
    fn is_missing(&mut self, raise: super::Raise, full: &str) -> bool {
        if !self.raised_is(raise, self.exceptions.ModuleNotFoundError) {
            return false;
        }
        let name = self.find_attr(raise.0, self.names.name).ok().flatten();
        name.and_then(Value::as_str).is_none_or(|name| name.as_str() == full)
    }

    fn module_name(&mut self, module: Value) -> String {
        let name = module.cast::<Module>().and_then(|m| m.dict.table.get_str(self.names.__name__));
        name.and_then(Value::as_str).map_or("?", |n: Gc<Str>| n.text()).to_owned()
    }

    /// `from module import *`: the names in `__all__`, else those without a leading underscore.
    pub(super) fn import_star(&mut self, module: Value) -> Result<()> {
        let Some(source) = module.cast::<Module>() else { return Ok(()) };
        self.finish_module(source.dict)?;
        let mut globals: Gc<Dict> = self.globals();
        let listed = source.dict.table.get_str(self.names.__all__);
        let names: Vec<Value> = match listed {
            Some(all) => self.collect(all)?.items.clone(),
            None => source
                .dict
                .table
                .keys()
                .filter(|k| k.as_str().is_some_and(|s| !s.as_str().starts_with('_')))
                .collect(),
        };
        for name in names {
            if let Some(name) = name.as_str() {
                let v = self.get_attr(module, name)?;
                globals.set_str(name, v);
            }
        }
        Ok(())
    }

    /// An attribute that a module makes when it is first asked for.
    pub(super) fn lazy_module_attr(&mut self, module: Value, name: Gc<Str>) -> Result<Option<Value>> {
        if module.cast::<Module>().is_some_and(|m| m.dict == self.builtins) {
            return self.lazy_builtin(name);
        }
        if let Some(module) = module.cast::<Module>()
            && self.finish_module(module.dict)?
            && let Some(value) = module.dict.table.get_str(name)
        {
            return Ok(Some(value));
        }
        let getattr = self.names.__getattr__;
        let Some(f) = module.cast::<Module>().and_then(|m| m.dict.table.get_str(getattr)) else {
            return Ok(None);
        };
        match self.call(f, &[name.value()]) {
            Ok(v) => Ok(Some(v)),
            Err(raise) if self.raised_is(raise, self.exceptions.AttributeError) => Ok(None),
            Err(raise) => Err(raise),
        }
    }

    /// Makes what is missing of a built-in module; whether something was. What a program has put there stays.
    ///
    /// # Errors
    /// What running that part raises.
    pub fn finish_module(&mut self, namespace: Gc<Dict>) -> Result<bool> {
        let Some(at) = self.unfinished.iter().position(|part| part.namespace == namespace) else {
            return Ok(false);
        };
        let part = self.unfinished.remove(at);
        let mut before = self.heap.dict();
        before.table = namespace.table.clone();
        self.root(before);
        self.root(namespace);
        let code = self.compile_text(part.name, part.text)?;
        self.run_code(code, namespace)?;
        let mut namespace = namespace;
        for (name, value) in before.table.iter() {
            if let Some(name) = name.as_str() {
                namespace.set_str(name, value);
            }
        }
        Ok(true)
    }

    /// Built-in names that load a module when first used: `asyncio` is there without an import.
    pub(super) fn lazy_builtin(&mut self, name: Gc<Str>) -> Result<Option<Value>> {
        let value = if name == self.names.asyncio {
            self.import_module("asyncio")?
        } else if name.as_str() == "open" {
            // Made in `io`, which most programs do not need.
            let io = self.import_module("io")?;
            self.get_attr(io, name)?
        } else if name.as_str() == "memoryview" {
            let module = self.import_module("_memoryview")?;
            self.get_attr(module, name)?
        } else {
            return Ok(None);
        };
        let mut builtins = self.builtins;
        builtins.set_str(name, value);
        Ok(Some(value))
    }

    /// A tuple of strings.
    pub fn tuple_of_strs(&mut self, names: &[&str]) -> Gc<Tuple> {
        let names: Vec<Value> = names.iter().map(|n| self.intern(n).value()).collect();
        self.heap.tuple(&names)
    }
}
