//! Small protocols: truth, identity, instance checks; and what displays and f-strings are made with.

use super::{Result, Vm};
use crate::heap::{Gc, Kind, Str, Value};
use crate::objects::{Boxed, Class, Dict, Future, List, MappingProxy, Native, Range, Set, Table, Tuple};
use crate::text::decimal::decimal_length;
use crate::text::float::Fixed;

/// How long a chain of `__bases__` may be that objects other than classes give.
const MAX_BASES: usize = 10_000;

/// `a is b`. Equal floats are one object when they are kept inline; boxed ones never are.
#[must_use]
pub fn same(a: Value, b: Value) -> bool {
    a == b
}

impl Vm {
    /// `bool(v)`.
    pub fn truthy(&mut self, v: Value) -> Result<bool> {
        if let Some(i) = v.as_int() {
            return Ok(i != 0);
        }
        if let Some(b) = v.as_bool() {
            return Ok(b);
        }
        if v.is_none() {
            return Ok(false);
        }
        if let Some(f) = v.as_float() {
            return Ok(f != 0.0);
        }
        match v.kind() {
            Some(Kind::Str) => Ok(v.as_str().is_some_and(|s| s.chars() > 0)),
            Some(Kind::List) => Ok(v.cast::<List>().is_some_and(|l| !l.items.is_empty())),
            Some(Kind::Tuple) => Ok(v.cast::<Tuple>().is_some_and(|t| t.len() > 0)),
            Some(Kind::Dict) => Ok(v.cast::<Dict>().is_some_and(|d| !d.table.is_empty())),
            Some(Kind::Set | Kind::FrozenSet) => Ok(v.cast::<Set>().is_some_and(|s| !s.table.is_empty())),
            Some(Kind::Range) => Ok(v.cast::<Range>().is_some_and(|r| r.length != Value::int(0))),
            Some(Kind::Complex) => {
                Ok(v.cast::<crate::objects::Complex>().is_some_and(|c| c.real != 0.0 || c.imag != 0.0))
            }
            Some(Kind::Bytes | Kind::ByteArray | Kind::DictView | Kind::MappingProxy) => Ok(self.len(v)? > 0),
            Some(Kind::Instance | Kind::Exception | Kind::Boxed | Kind::Class) => self.truth_of_instance(v),
            _ if v.is_unbound() => Err(self.name_error("an unbound variable has no truth value")),
            _ => Ok(true),
        }
    }

    fn truth_of_instance(&mut self, v: Value) -> Result<bool> {
        if let Some(n) = v.cast::<Boxed>().and_then(|boxed| boxed.data.count()) {
            return Ok(n > 0);
        }
        if !self.type_of(v).flags.bool_or_len {
            let payload = self.payload(v);
            return if payload.is_unbound() { Ok(true) } else { self.truthy(payload) };
        }
        if let Some(result) = self.call_special(v, self.names.__bool__, &[])? {
            return match result.as_bool() {
                Some(b) => Ok(b),
                None => {
                    let class = self.class_name(result);
                    Err(self.type_error(format!("__bool__ should return bool, returned {class}")))
                }
            };
        }
        if self.special(v, self.names.__len__).is_some() {
            return Ok(self.len(v)? > 0);
        }
        for name in [self.names.__bool__, self.names.__len__] {
            if self.lookup(self.type_of(v), name).is_some_and(Value::is_none) {
                return Err(self.type_error("'NoneType' object is not callable"));
            }
        }
        Ok(true)
    }

    /// `isinstance(v, class)`.
    pub fn is_instance(&mut self, v: Value, class: Value) -> Result<bool> {
        if class == self.type_of(v).value() {
            return Ok(true);
        }
        if let Some(tuple) = class.cast::<Tuple>() {
            return self.any_class(tuple, |vm, class| vm.is_instance(v, class));
        }
        if let Some(c) = class.cast::<Class>()
            && c.metaclass.is_none_or(|m| m == self.types.type_)
        {
            return self.is_plain_instance(v, c);
        }
        if let Some(result) = self.ask_class(class, self.names.__instancecheck__, v)? {
            return self.truthy(result);
        }
        let Some(c) = class.cast::<Class>() else {
            if self.abstract_bases(class)?.is_none() {
                return Err(
                    self.type_error("isinstance() arg 2 must be a type, a tuple of types, or a union")
                );
            }
            let own = self.find_attr(v, self.names.__class__)?.unwrap_or(Value::NONE);
            return self.has_base(own, class);
        };
        self.is_plain_instance(v, c)
    }

    /// What a class's own hook says; `None` if it is that of `type`, whose answer is known here.
    fn ask_class(&mut self, class: Value, hook: Gc<Str>, v: Value) -> Result<Option<Value>> {
        match self.special(class, hook) {
            Some((function, _)) if function.is::<Native>() && class.is::<Class>() => Ok(None),
            Some(_) => self.call_special(class, hook, &[v]),
            None => Ok(None),
        }
    }

    /// `type.__instancecheck__(class, v)`
    pub fn is_plain_instance(&mut self, v: Value, class: Gc<Class>) -> Result<bool> {
        if self.is_instance_of(v, class) {
            return Ok(true);
        }
        self.claims_class(v, class)
    }

    /// Whether an object says through a `__class__` of its own that it is an instance of the class.
    fn claims_class(&mut self, v: Value, class: Gc<Class>) -> Result<bool> {
        if v.kind() != Some(Kind::Instance) {
            return Ok(false);
        }
        let (own, name) = (self.type_of(v), self.names.__class__);
        let plain = self.lookup(self.types.object, name);
        if !own.flags.getattribute && self.lookup(own, name) == plain {
            return Ok(false);
        }
        let claimed = self.find_attr(v, name)?.and_then(Value::cast::<Class>);
        Ok(claimed.is_some_and(|c| c.is_subclass_of(class)))
    }

    /// `issubclass(c, class)`.
    pub fn is_subclass(&mut self, c: Value, class: Value) -> Result<bool> {
        if let Some(tuple) = class.cast::<Tuple>() {
            return self.any_class(tuple, |vm, class| vm.is_subclass(c, class));
        }
        if let Some(result) = self.ask_class(class, self.names.__subclasscheck__, c)? {
            return self.truthy(result);
        }
        self.is_plain_subclass(c, class)
    }

    /// `type.__subclasscheck__(class, c)`
    pub fn is_plain_subclass(&mut self, c: Value, class: Value) -> Result<bool> {
        if let (Some(sub), Some(base)) = (c.cast::<Class>(), class.cast::<Class>()) {
            return Ok(sub.is_subclass_of(base));
        }
        if self.abstract_bases(c)?.is_none() {
            return Err(self.type_error("issubclass() arg 1 must be a class"));
        }
        if self.abstract_bases(class)?.is_none() {
            return Err(self.type_error("issubclass() arg 2 must be a class, a tuple of classes, or a union"));
        }
        self.has_base(c, class)
    }

    /// Whether one of the classes answers; tuples in tuples recurse.
    fn any_class(
        &mut self,
        classes: Gc<Tuple>,
        mut asked: impl FnMut(&mut Self, Value) -> Result<bool>,
    ) -> Result<bool> {
        for i in 0..classes.len() {
            self.enter()?;
            let answer = asked(self, classes.items()[i]);
            self.leave();
            if answer? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `__bases__` of what stands for a class: a tuple, or it does not.
    fn abstract_bases(&mut self, class: Value) -> Result<Option<Gc<Tuple>>> {
        let name = self.names.__bases__;
        Ok(self.find_attr(class, name)?.and_then(Value::cast::<Tuple>))
    }

    /// Whether a class, or what stands for one, has the other among its bases. Follows CPython's
    /// `abstract_issubclass`, but a chain of single bases ends as well.
    fn has_base(&mut self, derived: Value, class: Value) -> Result<bool> {
        self.releasing(|vm| {
            let mut derived = vm.root(derived);
            for _ in 0..MAX_BASES {
                if derived == class {
                    return Ok(true);
                }
                let Some(bases) = vm.abstract_bases(derived)? else { return Ok(false) };
                vm.roots.pop();
                match bases.items() {
                    [] => return Ok(false),
                    [one] => derived = vm.root(*one),
                    _ => {
                        vm.root(bases);
                        return vm.any_class(bases, |vm, base| vm.has_base(base, class));
                    }
                }
            }
            Err(vm.recursion_error("maximum recursion depth exceeded"))
        })
    }

    /// `callable(v)`.
    pub fn is_callable(&mut self, v: Value) -> bool {
        match v.kind() {
            Some(Kind::Function | Kind::Native | Kind::BoundMethod | Kind::Class) => true,
            _ => self.special(v, self.names.__call__).is_some(),
        }
    }

    // Displays.

    pub(super) fn build_set(&mut self, items: &[Value]) -> Result<Value> {
        let set = self.heap.set(Table::with_capacity(items.len()));
        self.root(set);
        for &v in items {
            self.set_add(set, v)?;
        }
        self.roots.pop();
        Ok(set.value())
    }

    pub(super) fn build_dict(&mut self, pairs: &[Value]) -> Result<Value> {
        let dict = self.heap.dict_from(Table::with_capacity(pairs.len() / 2));
        self.root(dict);
        for pair in pairs.chunks_exact(2) {
            self.dict_set(dict, pair[0], pair[1])?;
        }
        self.roots.pop();
        Ok(dict.value())
    }

    pub(super) fn build_string(&mut self, parts: &[Value]) -> Result<Value> {
        if let Some(text) = self.heap.strung(parts) {
            return Ok(text.value());
        }
        if let [one] = *parts
            && one.is::<Str>()
        {
            return Ok(one);
        }
        self.build_long_string(parts)
    }

    /// The same of parts that are long, or less than two bytes together.
    #[inline(never)]
    fn build_long_string(&mut self, parts: &[Value]) -> Result<Value> {
        let (mut bytes, mut chars) = (0, 0);
        for part in parts {
            // Integers come as they are.
            let length = part.as_int().map_or(0, decimal_length);
            bytes += part.as_str().map_or(length, |text| text.len_bytes());
            chars += part.as_str().map_or(length, |text| text.chars());
        }
        self.check_text(bytes)?;
        if bytes < 2 {
            let made =
                self.build_text(|vm, text| parts.iter().try_for_each(|&part| vm.push_str_of(text, part)))?;
            return Ok(made.value());
        }
        let made = self.heap.string_with(bytes, chars, |text| {
            for part in parts {
                match part.as_str() {
                    Some(part) => text.push(part),
                    None => text.push_int(part.as_int().unwrap_or(0)),
                }
            }
        });
        Ok(made.value())
    }

    pub(super) fn format_value(&mut self, v: Value, conversion: u8, spec: Value) -> Result<Value> {
        let v = match conversion {
            1 => self.to_str(v)?.value(),
            2 => self.build_text(|vm, out| vm.write_repr(out, v))?.value(),
            3 => {
                let text = self.ascii(v)?;
                self.str(&text)
            }
            _ => v,
        };
        if conversion == 4 && v.is_int() {
            return Ok(v);
        }
        let spec = spec.as_str();
        match spec {
            None if v.is::<Str>() => Ok(v),
            None => match v.as_int() {
                Some(i) => Ok(self.int_str(i).value()),
                None => Ok(self.format(v, "")?.value()),
            },
            Some(spec) => {
                if let Some(f) = v.inline_float()
                    && let Some(fixed) = Fixed::new(f, spec.text())
                {
                    return Ok(self.fixed_str(fixed));
                }
                if let Some(text) = self.format_plainly(v, spec.text()) {
                    return Ok(text);
                }
                self.root(v);
                let result = self.format(v, spec.text())?;
                self.roots.pop();
                Ok(result.value())
            }
        }
    }

    /// `[*b]` and `f(*b)`.
    pub(super) fn list_extend(&mut self, list: Value, v: Value, callee: Value) -> Result<()> {
        let Some(mut list) = list.cast::<List>() else { return Ok(()) };
        if let Some(other) = v.cast::<List>() {
            self.make_room(other.items.len() * 8)?;
            let items = other.items.clone();
            self.heap.charge(items.len() * 8);
            list.items.extend(items);
            return Ok(());
        }
        if let Some(other) = v.cast::<Tuple>() {
            self.heap.charge(other.len() * 8);
            list.items.extend_from_slice(other.items());
            return Ok(());
        }
        let iter = match self.iter(v) {
            Ok(iter) => iter,
            Err(raise) if self.raised_is(raise, self.exceptions.TypeError) && self.has_no_iterator(v) => {
                let class = self.class_name(v);
                let what = if callee.is_unbound() {
                    "Value".to_owned()
                } else {
                    self.callee_name(callee) + " argument"
                };
                return Err(self.type_error(format!("{what} after * must be an iterable, not {class}")));
            }
            Err(raise) => return Err(raise),
        };
        self.root(iter);
        while let Some(item) = self.next(iter)? {
            self.heap.push(list, item);
        }
        self.roots.pop();
        Ok(())
    }

    fn has_no_iterator(&mut self, v: Value) -> bool {
        self.special(v, self.names.__iter__).is_none() && self.special(v, self.names.__getitem__).is_none()
    }

    pub(super) fn set_update_from(&mut self, set: Value, v: Value) -> Result<()> {
        match set.cast::<Set>() {
            Some(set) => self.set_extend(set, v),
            None => Ok(()),
        }
    }

    /// The entries of a dict or what stands for one, unless its class goes through them in another way.
    pub fn plain_entries(&mut self, v: Value) -> Option<Gc<Dict>> {
        if let Some(dict) = v.cast::<Dict>() {
            return Some(dict);
        }
        let inside = self.unwrap(v);
        let iter = self.names.__iter__;
        if inside != v && self.lookup(self.type_of(v), iter) != self.lookup(self.type_of(inside), iter) {
            return None;
        }
        inside.cast::<Dict>().or_else(|| inside.cast::<MappingProxy>().map(|proxy| proxy.dict))
    }

    /// `{**b}`, and `f(**b)` when `callee` is bound: then a key that is there already is an error.
    pub(super) fn dict_update_from(&mut self, dict: Value, mapping: Value, callee: Value) -> Result<()> {
        let Some(dict) = dict.cast::<Dict>() else { return Ok(()) };
        let is_call = !callee.is_unbound();
        let entries = self.plain_entries(mapping);
        if let Some(other) = entries
            && !is_call
        {
            return self.dict_extend(dict, other);
        }
        let pairs: Vec<(Value, Value)> = if let Some(other) = entries {
            other.table.iter().collect()
        } else {
            let keys = match self.find_attr(mapping, self.names.keys)? {
                Some(keys) => self.call(keys, &[])?,
                None => {
                    let class = self.class_name(mapping);
                    let message = if is_call {
                        let f = self.callee_name(callee);
                        format!("{f} argument after ** must be a mapping, not {class}")
                    } else {
                        format!("'{class}' object is not a mapping")
                    };
                    return Err(self.type_error(message));
                }
            };
            let keys = self.collect(keys)?;
            let mut pairs = Vec::new();
            for i in 0..keys.items.len() {
                let key = keys.items[i];
                let value = self.get_item(mapping, key)?;
                self.root(value);
                pairs.push((key, value));
            }
            pairs
        };
        for (key, value) in pairs {
            if is_call {
                // That a key is no string is said when the call begins.
                if self.dict_get(dict, key)?.is_some() {
                    let (f, n) = (self.callee_name(callee), self.to_str(key)?.as_str().to_owned());
                    return Err(
                        self.type_error(format!("{f} got multiple values for keyword argument '{n}'"))
                    );
                }
            }
            self.dict_set(dict, key, value)?;
        }
        Ok(())
    }

    /// `module.f()` as messages about a call's arguments name it.
    fn callee_name(&mut self, callee: Value) -> String {
        let qualname = self.names.__qualname__;
        let module = self.names.__module__;
        let name = match self.find_attr(callee, qualname) {
            Ok(Some(v)) => v.as_str().map_or(String::new(), |s| s.as_str().to_owned()),
            _ => return self.to_str(callee).map_or(String::new(), |s| s.as_str().to_owned()),
        };
        match self.find_attr(callee, module) {
            Ok(Some(m)) if m.as_str().is_some_and(|m| m.as_str() != "builtins") => {
                format!("{}.{name}()", m.as_str().map_or("", Gc::text))
            }
            _ => format!("{name}()"),
        }
    }

    /// Whether a value is a future or task.
    #[must_use]
    pub fn is_future(v: Value) -> bool {
        v.is::<Future>()
    }

    /// Type parameters and `type` statements.
    pub(super) fn make_generic(&mut self, which: u8, parts: &[Value]) -> Result<Value> {
        crate::builtins::make_generic(self, which, parts)
    }
}
