//! What `match` asks of its subject: is it a sequence, a mapping, an instance with these attributes.

use super::{Result, Vm};
use crate::heap::{Gc, Kind, Value};
use crate::objects::{Class, Dict, Tuple};

impl Vm {
    /// Lists, tuples, ranges and what extends them; no strings or bytes.
    #[must_use]
    pub fn match_sequence(&self, subject: Value) -> bool {
        match self.unwrap(subject).kind() {
            Some(Kind::List | Kind::Tuple | Kind::Range) => true,
            Some(Kind::Instance | Kind::Boxed) => {
                self.derives_from(subject, &["deque", "memoryview", "Sequence", "MutableSequence"])
            }
            _ => false,
        }
    }

    /// Dicts and what extends them.
    #[must_use]
    pub fn match_mapping(&self, subject: Value) -> bool {
        match self.unwrap(subject).kind() {
            Some(Kind::Dict | Kind::MappingProxy) => true,
            Some(Kind::Instance | Kind::Boxed) => self.derives_from(
                subject,
                &["Mapping", "MutableMapping", "defaultdict", "OrderedDict", "Counter"],
            ),
            _ => false,
        }
    }

    /// CPython has a flag for this in the class; here the names of the abstract classes stand for it.
    fn derives_from(&self, v: Value, names: &[&str]) -> bool {
        self.type_of(v).mro.iter().any(|c| names.contains(&c.short_name()))
    }

    /// The values of a mapping for the keys as a tuple, or None if one is missing.
    pub fn match_keys(&mut self, subject: Value, keys: Gc<Tuple>) -> Result<Value> {
        self.releasing(|vm| {
            let seen = vm.heap.dict();
            vm.root(seen);
            let mut values = Vec::with_capacity(keys.len());
            for i in 0..keys.len() {
                let key = keys.items()[i];
                if vm.dict_contains(seen, key)? {
                    let key = vm.repr(key)?;
                    return Err(vm.value_error(format!("mapping pattern checks duplicate key ({key})")));
                }
                vm.dict_set(seen, key, Value::NONE)?;
                let Some(value) = vm.mapping_get(subject, key, seen.value())? else { return Ok(Value::NONE) };
                values.push(vm.root(value));
            }
            Ok(vm.tuple(&values))
        })
    }

    /// `subject.get(key)` without `__missing__`; `nothing` is an object that no mapping can hold.
    fn mapping_get(&mut self, subject: Value, key: Value, nothing: Value) -> Result<Option<Value>> {
        if let Some(dict) = subject.cast::<Dict>() {
            return self.dict_get(dict, key);
        }
        let value = self.call_method(subject, "get", &[key, nothing])?;
        Ok((value != nothing).then_some(value))
    }

    /// The attributes that a class pattern asks for as a tuple, or None if the subject does not match: first
    /// `positional` ones, named by `__match_args__`, then those in `names`.
    pub fn match_class(
        &mut self,
        subject: Value,
        class: Value,
        positional: usize,
        names: &Tuple,
    ) -> Result<Value> {
        let names = names.items().to_vec();
        self.releasing(|vm| vm.match_class_attributes(subject, class, positional, &names))
    }

    fn match_class_attributes(
        &mut self,
        subject: Value,
        class: Value,
        positional: usize,
        names: &[Value],
    ) -> Result<Value> {
        let Some(pattern) = class.cast::<Class>() else {
            return Err(self.type_error("called match pattern must be a class"));
        };
        if !self.is_instance(subject, class)? {
            return Ok(Value::NONE);
        }
        let mut values = Vec::with_capacity(positional + names.len());
        let mut seen: Vec<Value> = Vec::new();
        if positional > 0 {
            let match_args = self.find_attr(class, self.names.__match_args__)?;
            let itself = match_args.is_none() && self.matches_itself(pattern);
            let args = match match_args {
                None => self.empty_tuple,
                Some(args) => self.root(args),
            };
            let Some(args) = args.cast::<Tuple>() else {
                let (name, got) = (pattern.name_str(), self.class_name(args));
                return Err(self.type_error(format!("{name}.__match_args__ must be a tuple (got {got})")));
            };
            let allowed = if itself { 1 } else { args.len() };
            if allowed < positional {
                let plural = if allowed == 1 { "" } else { "s" };
                let name = pattern.name_str();
                return Err(self.type_error(format!(
                    "{name}() accepts {allowed} positional sub-pattern{plural} ({positional} given)"
                )));
            }
            if itself {
                values.push(subject);
            } else {
                for &arg in &args.items()[..positional] {
                    if arg.as_str().is_none() {
                        let got = self.class_name(arg);
                        return Err(
                            self.type_error(format!("__match_args__ elements must be strings (got {got})"))
                        );
                    }
                    let Some(v) = self.match_attribute(subject, pattern, arg, &mut seen)? else {
                        return Ok(Value::NONE);
                    };
                    values.push(v);
                }
            }
        }
        for &name in names {
            let Some(v) = self.match_attribute(subject, pattern, name, &mut seen)? else {
                return Ok(Value::NONE);
            };
            values.push(v);
        }
        Ok(self.tuple(&values))
    }

    fn match_attribute(
        &mut self,
        subject: Value,
        class: Gc<Class>,
        name: Value,
        seen: &mut Vec<Value>,
    ) -> Result<Option<Value>> {
        let Some(text) = name.as_str() else { return Ok(None) };
        let name = self.interner.intern_gc(text);
        if seen.contains(&name.value()) {
            let (class, name) = (class.name_str(), self.repr(name.value())?);
            return Err(self.type_error(format!("{class}() got multiple sub-patterns for attribute {name}")));
        }
        seen.push(name.value());
        let found = self.find_attr(subject, name)?;
        if let Some(v) = found {
            self.root(v);
        }
        Ok(found)
    }

    /// Built-in types whose one positional sub-pattern is the subject itself.
    fn matches_itself(&self, class: Gc<Class>) -> bool {
        let t = &self.types;
        let own = [
            t.bool,
            t.bytearray,
            t.bytes,
            t.dict,
            t.float,
            t.frozenset,
            t.int,
            t.list,
            t.set,
            t.str,
            t.tuple,
        ];
        class.mro.iter().any(|c| own.contains(c))
    }
}
