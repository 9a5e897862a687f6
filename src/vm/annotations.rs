//! Annotations: kept as their source, and evaluated late, so that a program pays for those that it looks at.
//!
//! The compiler puts the text of an annotation into the dict as bytes (as text where `from __future__ import
//! annotations` says so). A class's are evaluated when its body has run, a function's when `__annotations__` is first
//! read. One that cannot be evaluated, such as a name that comes later, stays text.

use super::{Result, Vm};
use crate::heap::{Gc, Str, Value};
use crate::objects::{Bytes, CellObject, Dict, Function, Tuple};

/// Where the names of an annotation are looked up: in these dicts, then among the free variables of a function.
struct Scopes {
    dicts: Vec<Gc<Dict>>,
    function: Option<Gc<Function>>,
}

impl Vm {
    /// A class body's annotations, at its end.
    pub(super) fn evaluate_class_annotations(&mut self, body: Value, namespace: Value) -> Result<()> {
        let Some(inside) = namespace.cast::<Dict>().or_else(|| self.unwrap(namespace).cast()) else {
            return Ok(());
        };
        let Some(written) = inside.table.get_str(self.names.__annotations__).and_then(|v| v.cast::<Dict>())
        else {
            return Ok(());
        };
        let Some(function) = body.cast::<Function>() else { return Ok(()) };
        let around = self.locals_dict();
        self.root(around);
        let dicts = vec![inside, around, function.globals, self.builtins];
        self.evaluate_annotations(written, &Scopes { dicts, function: Some(function) })
    }

    /// A function's annotations, which nobody has looked at yet.
    pub fn evaluate_function_annotations(&mut self, function: Gc<Function>, written: Value) -> Result<()> {
        let Some(written) = written.cast::<Dict>() else { return Ok(()) };
        let dicts = vec![function.globals, self.builtins];
        self.evaluate_annotations(written, &Scopes { dicts, function: Some(function) })
    }

    fn evaluate_annotations(&mut self, mut written: Gc<Dict>, scopes: &Scopes) -> Result<()> {
        let entries: Vec<(Value, Value)> = written.table.iter().collect();
        for (name, value) in entries {
            let (Some(name), Some(source)) = (name.as_str(), value.cast::<Bytes>()) else { continue };
            let text = String::from_utf8_lossy(&source.value).into_owned();
            let value = self.evaluate_annotation(&text, scopes)?;
            written.set_str(name, value);
        }
        Ok(())
    }

    fn evaluate_annotation(&mut self, text: &str, scopes: &Scopes) -> Result<Value> {
        if text == "None" {
            return Ok(Value::NONE);
        }
        let roots = self.roots.len();
        let value = if is_name(text) {
            self.name_in(text, scopes)
        } else {
            match self.evaluate_text(text, scopes) {
                Err(raise) if !self.raised_is(raise, self.exceptions.Exception) => return Err(raise),
                result => result.ok(),
            }
        };
        self.roots.truncate(roots);
        Ok(value.unwrap_or_else(|| self.str(text)))
    }

    /// Runs `value = (text)` in a namespace of the names that the text mentions.
    fn evaluate_text(&mut self, text: &str, scopes: &Scopes) -> Result<Value> {
        let mut namespace = self.new_namespace("annotations");
        self.root(namespace);
        for word in text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| is_name(word)) {
            if let Some(value) = self.name_in(word, scopes) {
                let word = self.intern(word);
                namespace.set_str(word, value);
            }
        }
        let code = self.compile_text("<annotation>", &format!("__value__ = (\n{text}\n)"))?;
        self.run_code(code, namespace)?;
        let name = self.intern("__value__");
        Ok(namespace.table.get_str(name).unwrap_or(Value::NONE))
    }

    fn name_in(&mut self, name: &str, scopes: &Scopes) -> Option<Value> {
        let key = self.intern(name);
        let (inner, outer) = scopes.dicts.split_at(scopes.dicts.len() - 2);
        let found = inner.iter().find_map(|d| d.table.get_str(key));
        found
            .or_else(|| type_parameter(self, scopes.function?, key))
            .or_else(|| free_variable(scopes.function?, name))
            .or_else(|| {
                let found = outer.iter().find_map(|d| d.table.get_str(key));
                found.filter(|v| !v.is_unbound())
            })
    }
}

/// A type parameter of the function or class body.
fn type_parameter(vm: &mut Vm, function: Gc<Function>, name: Gc<Str>) -> Option<Value> {
    let key = vm.intern("__type_params__");
    let params = function.special.cast::<Dict>()?.table.get_str(key)?.cast::<Tuple>()?;
    let of_name = |v: &Value| vm.find_attr(*v, vm.names.__name__).ok().flatten() == Some(name.value());
    params.items().iter().copied().find(of_name)
}

/// What a closure holds under a name.
fn free_variable(function: Gc<Function>, name: &str) -> Option<Value> {
    let at = function.code.plain.free.iter().position(|free| **free == *name)?;
    let cell = function.closure.cast::<Tuple>()?.items().get(at)?.cast::<CellObject>()?;
    Some(cell.content).filter(|v| !v.is_unbound())
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}
