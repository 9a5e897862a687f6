//! Making classes: the MRO, what a class inherits of built-in types, and the classes that are written in Rust.

use super::{Raise, Result, Vm};
use crate::heap::{Gc, Header, Heap, Interner, Kind, Str, Value};
use crate::native::NativeDef;
use crate::objects::class::{ClassFlags, Layout, Shape};
use crate::objects::{Class, Dict, Function, Native, Property, Set, StaticMethod, Tuple};

/// A class's header flag: its attributes cannot be set, as those of built-in types.
pub const IMMUTABLE: u8 = 1;

impl Vm {
    /// A class without bases or methods.
    fn bare_class(&mut self, name: &'static str, layout: Layout) -> Gc<Class> {
        let mut shapes = std::mem::take(&mut self.shapes);
        let class = first_class(&mut self.heap, &mut self.interner, &mut shapes, name, layout);
        self.shapes = shapes;
        class
    }

    fn add_root_shape(&mut self, mut class: Gc<Class>) {
        let names =
            if matches!(class.layout, Layout::Payload(_)) { vec![self.empty_str] } else { Vec::new() };
        class.root_shape = self.add_shape(Shape { class, names, transitions: Vec::new(), dict_mode: false });
        class.slot_hint = u8::from(matches!(class.layout, Layout::Payload(_)));
    }

    /// Adds native methods to a class.
    pub fn add_methods(&mut self, class: Gc<Class>, table: &'static [NativeDef]) {
        let mut dict = class.dict;
        for def in table {
            let name = self.intern(def.name());
            let mut value = self.heap.native(def, Value::UNBOUND);
            if name == self.names.__new__ {
                value = self.heap.static_method(value);
            } else if name == self.names.__init_subclass__ || name == self.names.__class_getitem__ {
                value = self.heap.class_method(value);
            }
            dict.set_str(name, value);
        }
        self.classes_changed();
    }

    /// Adds class methods: natives that get the class first.
    pub fn add_class_methods(&mut self, class: Gc<Class>, table: &'static [NativeDef]) {
        let mut dict = class.dict;
        for def in table {
            let name = self.intern(def.name());
            let native = self.heap.native(def, Value::UNBOUND);
            let value = self.heap.class_method(native);
            dict.set_str(name, value);
        }
        self.classes_changed();
    }

    /// Adds static methods.
    pub fn add_static_methods(&mut self, class: Gc<Class>, table: &'static [NativeDef]) {
        let mut dict = class.dict;
        for def in table {
            let name = self.intern(def.name());
            let native = self.heap.native(def, Value::UNBOUND);
            let value = self.heap.static_method(native);
            dict.set_str(name, value);
        }
        self.classes_changed();
    }

    /// Adds attributes computed by natives; setters are the rows of the second table with the same name.
    pub fn add_properties(
        &mut self,
        class: Gc<Class>,
        getters: &'static [NativeDef],
        setters: &'static [NativeDef],
    ) {
        let mut dict = class.dict;
        for def in getters {
            let name = self.intern(def.name());
            let getter = self.heap.native(def, Value::UNBOUND);
            let setter = match setters.iter().find(|s| s.name() == def.name()) {
                Some(s) => self.heap.native(s, Value::UNBOUND),
                None => Value::NONE,
            };
            let mut property = self.heap.property(getter, setter, Value::NONE, class.value());
            property.name = name.value();
            property.set_builtin();
            dict.set_str(name, property.value());
        }
        self.classes_changed();
    }

    /// Lets attributes that [`Vm::add_properties`] added be deleted.
    pub fn add_deleters(&mut self, class: Gc<Class>, deleters: &'static [NativeDef]) {
        for def in deleters {
            let name = self.intern(def.name());
            let deleter = self.heap.native(def, Value::UNBOUND);
            if let Some(mut p) = class.dict.table.get_str(name).and_then(Value::cast::<Property>) {
                p.deleter = deleter;
            }
        }
    }

    /// A class written in Rust, whose instances are boxes (or what its `__new__` makes).
    pub fn native_class(
        &mut self,
        name: &'static str,
        module: &str,
        base: Gc<Class>,
        tables: &[&'static [NativeDef]],
    ) -> Gc<Class> {
        let layout =
            if base.layout == Layout::Exception { Layout::Exception } else { Layout::Native(Kind::Boxed) };
        let class = self.bare_class(name, layout);
        derive(class, base);
        if matches!(module, "collections" | "itertools" | "re" | "_contextvars" | "_asyncio" | "_io")
            && !name.contains('.')
        {
            self.set_long_name(class, module);
        }
        let module = self.str(module);
        let mut dict = class.dict;
        dict.set_str(self.names.__module__, module);
        for table in tables {
            self.add_methods(class, table);
        }
        self.update_class_flags(class);
        class
    }

    /// Has messages name a class with its module. See `ClassFlags::long_name`.
    pub fn set_long_name(&mut self, mut class: Gc<Class>, module: &str) {
        if class.qualname.is_unbound() {
            class.qualname = class.name.value();
        }
        class.name = self.intern(&format!("{module}.{}", class.name_str()));
        class.flags.long_name = true;
    }

    pub fn is_object_new(&self, v: Value) -> bool {
        let own = self.types.object.dict.table.get_str(self.names.__new__).map(|v| self.static_function(v));
        own == Some(v)
    }

    pub fn is_object_init(&self, v: Value) -> bool {
        self.types.object.dict.table.get_str(self.names.__init__) == Some(v)
    }

    /// `object.__new__`: an instance without attributes.
    pub fn object_new(
        &mut self,
        class: Gc<Class>,
        args: &[Value],
        names: Option<Gc<Tuple>>,
    ) -> Result<Value> {
        let name = class.name_str();
        if !args.is_empty() || names.is_some() {
            let init = self.lookup(class, self.names.__init__);
            if class.flags.new || init.is_none_or(|i| self.is_object_init(i)) {
                return Err(self.type_error(if class.flags.new {
                    "object.__new__() takes exactly one argument (the type to instantiate)".to_string()
                } else {
                    format!("{name}() takes no arguments")
                }));
            }
        }
        if class.flags.is_abstract {
            return Err(self.abstract_error(class));
        }
        match class.layout {
            Layout::Object => Ok(self.heap.instance(class.root_shape, class.slot_hint).value()),
            Layout::Exception => {
                let args = self.tuple(args);
                Ok(self.heap.exception(class.root_shape, args).value())
            }
            _ => Err(self.type_error(format!("object.__new__({name}) is not safe, use {name}.__new__()"))),
        }
    }

    /// Why an abstract class has no instances.
    #[cold]
    pub(super) fn abstract_error(&mut self, class: Gc<Class>) -> Raise {
        let names = class.dict.table.get_str(self.names.__abstractmethods__).and_then(|v| v.cast::<Set>());
        let mut names: Vec<&str> = names
            .map_or(Vec::new(), |set| set.table.keys().filter_map(Value::as_str).map(Gc::text).collect());
        names.sort_unstable();
        let plural = if names.len() == 1 { "" } else { "s" };
        let (class, names) = (class.name_str(), names.join("', '"));
        self.type_error(format!(
            "Can't instantiate abstract class {class} without an implementation for abstract method{plural} '{names}'"
        ))
    }

    /// An instance of a subclass of a built-in type, wrapping a value of that type.
    pub fn make_instance(&mut self, class: Gc<Class>, payload: Value) -> Value {
        let instance = self.heap.instance(class.root_shape, class.slot_hint.max(1));
        instance.set_slot(0, payload);
        instance.value()
    }

    /// What a built-in type's `__new__` gives for `cls`: the value itself, or an instance of the subclass around it.
    pub fn wrap_payload(&mut self, cls: Value, value: Value) -> Result<Value> {
        let base = self.type_of(value);
        match cls.cast::<Class>() {
            Some(class) if class == base => Ok(value),
            Some(class) => {
                let builtin = |c: &&Gc<Class>| c.header.flags.get() & IMMUTABLE != 0;
                let nearest = class.mro.iter().find(builtin).copied();
                if class.is_subclass_of(base) && nearest == Some(base) {
                    return Ok(self.make_instance(class, value));
                }
                let (own, sub) = (base.name_str(), class.name_str());
                Err(self.type_error(if class.is_subclass_of(base) {
                    let safe = nearest.map_or("object", |c| c.name_str());
                    format!("{own}.__new__({sub}) is not safe, use {safe}.__new__()")
                } else {
                    format!("{own}.__new__({sub}): {sub} is not a subtype of {own}")
                }))
            }
            None => {
                let (own, got) = (base.name_str(), self.class_name(cls));
                Err(self.type_error(format!("{own}.__new__(X): X is not a type object ({got})")))
            }
        }
    }

    /// `type(name, bases, namespace)`.
    pub fn make_class(
        &mut self,
        metaclass: Gc<Class>,
        name: Gc<Str>,
        bases: &[Value],
        namespace: Gc<Dict>,
        keywords: &[(Gc<Str>, Value)],
    ) -> Result<Gc<Class>> {
        let mut base_classes = Vec::new();
        for &b in bases {
            let Some(base) = b.cast::<Class>() else {
                return Err(self.type_error("bases must be types"));
            };
            base_classes.push(base);
        }
        if base_classes.is_empty() {
            base_classes.push(self.types.object);
        }
        let layout = self.layout_from(&base_classes)?;
        let name = self.interner.intern_gc(name);
        let mut class = self.heap.alloc(Class {
            header: Header::new(Kind::Class),
            name,
            qualname: Value::UNBOUND,
            metaclass: Some(metaclass),
            bases: base_classes.clone(),
            mro: Vec::new(),
            dict: namespace,
            layout,
            flags: ClassFlags::default(),
            root_shape: 0,
            slot_hint: 0,
            constructor: None,
            convert: None,
            init: Value::UNBOUND,
            init_epoch: 0,
            subclasses: Vec::new(),
        });
        self.root(class);
        class.mro = self.linearize(class, &base_classes)?;
        if metaclass != self.types.type_ {
            self.custom_mro(class, metaclass)?;
        }
        self.add_root_shape(class);
        class.slot_hint = class.slot_hint.max(base_classes[0].slot_hint);
        let mut dict = namespace;
        let names = self.names;
        if dict.table.get_str(names.__eq__).is_some() && dict.table.get_str(names.__hash__).is_none() {
            dict.set_str(names.__hash__, Value::NONE);
        }
        for special in [names.__new__] {
            if let Some(f) = dict.table.get_str(special)
                && f.is::<Function>()
            {
                let wrapped = self.heap.static_method(f);
                dict.set_str(special, wrapped);
            }
        }
        for special in [names.__init_subclass__, names.__class_getitem__] {
            if let Some(f) = dict.table.get_str(special)
                && f.is::<Function>()
            {
                let wrapped = self.heap.class_method(f);
                dict.set_str(special, wrapped);
            }
        }
        if let Some(qualname) = dict.remove_str(names.__qualname__) {
            if qualname.as_str().is_none() {
                let got = self.class_name(qualname);
                return Err(self.type_error(format!("type __qualname__ must be a str, not {got}")));
            }
            class.qualname = qualname;
        }
        if let Some(cell) = dict.remove_str(names.__classcell__) {
            let Some(mut cell) = cell.cast::<crate::objects::CellObject>() else {
                let got = self.type_of(cell).value();
                let got = self.repr(got)?;
                return Err(self.type_error(format!("__classcell__ must be a nonlocal cell, not {got}")));
            };
            cell.content = class.value();
        }
        self.apply_slots(class)?;
        if dict.table.get_str(names.__doc__).is_none() {
            dict.set_str(names.__doc__, Value::NONE);
        }
        self.update_class_flags(class);
        for mut base in base_classes {
            base.subclasses.push(class);
        }
        self.classes_changed();
        let members: Vec<(Value, Value)> = dict.table.iter().collect();
        for (key, value) in members {
            if let Some(mut p) = value.cast::<crate::objects::Property>() {
                p.name = key;
            } else if matches!(value.kind(), Some(Kind::Instance | Kind::Boxed))
                && let Err(raise) = self.call_special(value, names.__set_name__, &[class.value(), key])
            {
                return Err(self.note_set_name(raise, value, key, class));
            }
        }
        self.run_init_subclass(class, keywords)?;
        Ok(class)
    }

    /// An error in `__set_name__` gets a note that says whose.
    fn note_set_name(
        &mut self,
        raise: super::Raise,
        value: Value,
        key: Value,
        class: Gc<Class>,
    ) -> super::Raise {
        self.root(raise.0);
        let key = self.repr(key).unwrap_or_default();
        let (of, name) = (self.class_name(value), class.name_str());
        let note = self.str(&format!("Error calling __set_name__ on '{of}' instance {key} in '{name}'"));
        match self.call_method(raise.0, "add_note", &[note]) {
            Ok(_) => raise,
            Err(other) => other,
        }
    }

    fn run_init_subclass(&mut self, class: Gc<Class>, keywords: &[(Gc<Str>, Value)]) -> Result<()> {
        let name = self.names.__init_subclass__;
        let found = class.mro[1..].iter().find_map(|c| c.dict.table.get_str(name));
        let Some(found) = found else { return Ok(()) };
        let function = found.cast::<crate::objects::ClassMethod>().map_or(found, |m| m.function);
        if function.is::<Native>() {
            if !keywords.is_empty() {
                let name = self.class_qualname(class);
                return Err(self.type_error(format!("{name}.__init_subclass__() takes no keyword arguments")));
            }
            return Ok(());
        }
        let mut args = vec![class.value()];
        args.extend(keywords.iter().map(|(_, v)| *v));
        let names: Vec<Value> = keywords.iter().map(|(n, _)| n.value()).collect();
        let names = if names.is_empty() { None } else { Some(self.heap.tuple(&names)) };
        self.call_keywords(function, &args, names)?;
        Ok(())
    }

    /// Whether calling the class makes an exception with these arguments, and does no more.
    fn is_plain_exception(&self, class: Gc<Class>) -> bool {
        let found = |name| class.mro.iter().find_map(|c| c.dict.table.get_str(name));
        let (new, init) = (found(self.names.__new__), found(self.names.__init__));
        // These have fields of their own.
        let has_fields = |c: &Gc<Class>| {
            c.header.flags.get() & IMMUTABLE != 0
                && matches!(c.name_str(), "OSError" | "SyntaxError" | "UnicodeError" | "BaseExceptionGroup")
        };
        new.is_some_and(|new| crate::builtins::is_exception_new(self.static_function(new)))
            && init.is_some_and(crate::builtins::is_exception_init)
            && !class.mro.iter().any(has_fields)
    }

    /// Finds anew which of the special methods that have short cuts a class and its subclasses have.
    pub fn update_class_flags(&mut self, mut class: Gc<Class>) {
        class.flags = self.class_flags(class);
        for i in 0..class.subclasses.len() {
            let sub = class.subclasses[i];
            self.update_class_flags(sub);
        }
    }

    /// Which of the special methods that have short cuts a class has.
    pub fn class_flags(&self, class: Gc<Class>) -> ClassFlags {
        let n = self.names;
        let object = self.types.object;
        let defined = |name: Gc<Str>| {
            class.mro.iter().any(|c| {
                *c != object
                    && c.dict
                        .table
                        .get_str(name)
                        .is_some_and(|v| !v.is::<Native>() || c.header.flags.get() & IMMUTABLE == 0)
            })
        };
        let has =
            |name: Gc<Str>| class.mro.iter().any(|c| *c != object && c.dict.table.get_str(name).is_some());
        let slots_only = class.flags.slots_only;
        let new = class
            .mro
            .iter()
            .find_map(|c| c.dict.table.get_str(n.__new__).map(|v| (*c, v)))
            .is_some_and(|(c, v)| c != object && (v.is::<StaticMethod>() || v.is::<Function>()));
        let plain_exception = class.layout == Layout::Exception && self.is_plain_exception(class);
        ClassFlags {
            plain_exception,
            getattribute: defined(n.__getattribute__),
            getattr: has(n.__getattr__),
            setattr: defined(n.__setattr__),
            delattr: defined(n.__delattr__),
            new,
            eq: has(n.__eq__) || has(n.__ne__),
            hash: has(n.__hash__),
            bool_or_len: has(n.__bool__) || has(n.__len__),
            getitem: defined(n.__getitem__),
            setitem: defined(n.__setitem__),
            descriptor: has(n.__get__) || has(n.__set__) || has(n.__delete__),
            slots_only,
            is_abstract: class
                .dict
                .table
                .get_str(n.__abstractmethods__)
                .and_then(|v| v.cast::<Set>())
                .is_some_and(|names| !names.table.is_empty()),
            long_name: class.flags.long_name,
        }
    }

    pub(super) fn layout_from(&mut self, bases: &[Gc<Class>]) -> Result<Layout> {
        let mut layout = Layout::Object;
        for base in bases {
            let next = match base.layout {
                Layout::Object => continue,
                Layout::Native(kind) if extensible(kind) => Layout::Payload(kind),
                // What a `__new__` makes can be wrapped.
                Layout::Native(Kind::Boxed)
                    if self
                        .lookup(*base, self.names.__new__)
                        .is_some_and(|new| !self.is_object_new(self.static_function(new))) =>
                {
                    Layout::Payload(Kind::Boxed)
                }
                Layout::Native(_) => {
                    let name = base.name_str();
                    return Err(self.type_error(format!("type '{name}' is not an acceptable base type")));
                }
                other => other,
            };
            if layout != Layout::Object && layout != next {
                return Err(self.type_error("multiple bases have instance lay-out conflict"));
            }
            layout = next;
        }
        Ok(layout)
    }

    pub(super) fn build_class_function(&mut self) -> Value {
        let def: &'static NativeDef = &BUILD_CLASS[0];
        self.heap.native(def, Value::UNBOUND)
    }
}

/// Built-in types that classes of the language can extend.
fn extensible(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Property
            | Kind::StaticMethod
            | Kind::ClassMethod
            | Kind::Iter
            | Kind::BigInt
            | Kind::Float
            | Kind::Complex
            | Kind::Str
            | Kind::Bytes
            | Kind::ByteArray
            | Kind::List
            | Kind::Tuple
            | Kind::Dict
            | Kind::Set
            | Kind::FrozenSet
    )
}

crate::natives! { static BUILD_CLASS:
    "__build_class__(body, name, /, *bases, **keywords)" => build_class;
}

/// Runs a class statement: finds the metaclass, runs the body in its namespace, makes the class.
fn build_class(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (body, name, keywords) = (args[0], args[1], args[2].cast::<Dict>());
    let Some(name) = name.as_str() else {
        return Err(vm.type_error("__build_class__: name is not a string"));
    };
    let mut meta = Value::UNBOUND;
    let mut rest = Vec::new();
    if let Some(keywords) = keywords {
        vm.root(keywords);
        for (k, v) in keywords.table.iter() {
            match k.as_str() {
                Some(k) if k.as_str() == "metaclass" => meta = v,
                Some(k) => rest.push((k, v)),
                None => (),
            }
        }
    }
    let type_params = type_params_of(vm, body)?;
    let mut given = args[3..].to_vec();
    if !type_params.is_unbound() {
        let generic = crate::builtins::generic_base(vm, type_params)?;
        given.push(vm.root(generic));
    }
    let original = vm.tuple(&given);
    vm.root(original);
    let mut bases = Vec::new();
    let mut replaced = false;
    for &base in &given {
        if base.is::<Class>() {
            bases.push(base);
        } else if let Some(entries) = vm.call_special(base, vm.names.__mro_entries__, &[original])? {
            vm.root(entries);
            replaced = true;
            if let Some(t) = entries.cast::<Tuple>() {
                bases.extend_from_slice(t.items());
            }
        } else {
            bases.push(base);
        }
    }
    let base_tuple = vm.tuple(&bases);
    vm.root(base_tuple);
    if meta.is_unbound() || meta.is::<Class>() {
        meta = vm.derived_metaclass(meta, &bases)?.value();
    }
    vm.root(meta);
    let keyword_values: Vec<Value> = rest.iter().map(|(_, v)| *v).collect();
    let keyword_names: Vec<Value> = rest.iter().map(|(k, _)| k.value()).collect();
    let keyword_tuple = if keyword_names.is_empty() { None } else { Some(vm.heap.tuple(&keyword_names)) };
    if let Some(t) = keyword_tuple {
        vm.root(t);
    }
    let plain_type = meta == vm.types.type_.value();
    let namespace = match if plain_type { None } else { vm.find_attr(meta, vm.names.__prepare__)? } {
        Some(prepare) => {
            let mut call = vec![name.value(), base_tuple];
            call.extend(&keyword_values);
            vm.call_keywords(prepare, &call, keyword_tuple)?
        }
        None => vm.heap.dict().value(),
    };
    vm.root(namespace);
    let cell = vm.call(body, &[namespace])?;
    vm.root(cell);
    if !type_params.is_unbound() {
        let key = vm.intern("__type_params__").value();
        vm.set_item(namespace, key, type_params)?;
    }
    if replaced {
        let key = vm.intern("__orig_bases__").value();
        vm.set_item(namespace, key, original)?;
    }
    if plain_type && let Some(dict) = namespace.cast::<Dict>() {
        return vm.make_class(vm.types.type_, name, &bases, dict, &rest).map(Gc::value);
    }
    let mut call = vec![name.value(), base_tuple, namespace];
    call.extend(&keyword_values);
    let made = vm.call_keywords(meta, &call, keyword_tuple)?;
    check_class_cell(vm, cell, made, name)?;
    Ok(made)
}

/// The `__class__` of the methods must be the class that came out of the metaclass.
fn check_class_cell(vm: &mut Vm, cell: Value, made: Value, name: Gc<Str>) -> Result<()> {
    let Some(cell) = cell.cast::<crate::objects::CellObject>() else { return Ok(()) };
    if cell.content == made || !made.is::<Class>() {
        return Ok(());
    }
    vm.root(made);
    let (name, class) = (vm.repr(name.value())?, vm.repr(made)?);
    if cell.content.is_unbound() {
        let message = format!(
            "__class__ not set defining {name} as {class}. Was __classcell__ propagated to type.__new__?"
        );
        return Err(vm.error(vm.exceptions.RuntimeError, message));
    }
    let set = vm.repr(cell.content)?;
    Err(vm.type_error(format!("__class__ set to {set} defining {name} as {class}")))
}

/// The type parameters that the body of a class was given, or unbound.
fn type_params_of(vm: &mut Vm, body: Value) -> Result<Value> {
    let name = vm.intern("__type_params__");
    let params = vm.find_attr(body, name)?.and_then(|v| v.cast::<Tuple>());
    Ok(params.filter(|t| t.len() > 0).map_or(Value::UNBOUND, |t| t.value()))
}

/// A bare class, before there is a VM.
pub(super) fn first_class(
    heap: &mut Heap,
    interner: &mut Interner,
    shapes: &mut Vec<Shape>,
    name: &'static str,
    layout: Layout,
) -> Gc<Class> {
    let name = interner.intern(heap, name);
    let dict = heap.dict();
    let mut class = heap.alloc(Class {
        header: Header::new(Kind::Class).with_flags(IMMUTABLE),
        name,
        qualname: Value::UNBOUND,
        metaclass: None,
        bases: Vec::new(),
        mro: Vec::new(),
        dict,
        layout,
        flags: ClassFlags::default(),
        root_shape: shapes.len() as u32,
        slot_hint: 0,
        constructor: None,
        convert: None,
        init: Value::UNBOUND,
        init_epoch: 0,
        subclasses: Vec::new(),
    });
    let itself = class;
    class.mro.push(itself);
    shapes.push(Shape { class, names: Vec::new(), transitions: Vec::new(), dict_mode: false });
    class
}

/// Gives a bare class its base.
pub(super) fn derive(mut class: Gc<Class>, mut base: Gc<Class>) {
    class.bases = vec![base];
    class.mro = vec![class];
    class.mro.extend(base.mro.iter().copied());
    base.subclasses.push(class);
}

/// What the instances of a built-in class are made of.
pub(super) fn builtin_layout(name: &str) -> Layout {
    match name {
        "object" => Layout::Object,
        "type" => Layout::Class,
        "int" => Layout::Native(Kind::BigInt),
        "float" => Layout::Native(Kind::Float),
        "complex" => Layout::Native(Kind::Complex),
        "str" => Layout::Native(Kind::Str),
        "bytes" => Layout::Native(Kind::Bytes),
        "bytearray" => Layout::Native(Kind::ByteArray),
        "list" => Layout::Native(Kind::List),
        "tuple" => Layout::Native(Kind::Tuple),
        "dict" => Layout::Native(Kind::Dict),
        "set" => Layout::Native(Kind::Set),
        "frozenset" => Layout::Native(Kind::FrozenSet),
        "property" => Layout::Native(Kind::Property),
        "staticmethod" => Layout::Native(Kind::StaticMethod),
        "classmethod" => Layout::Native(Kind::ClassMethod),
        "enumerate" | "zip" | "map" | "filter" | "reversed" => Layout::Native(Kind::Iter),
        "bool" | "NoneType" | "range" | "slice" | "function" | "generator" | "coroutine" => {
            Layout::Native(Kind::Range)
        }
        _ => Layout::Native(Kind::Boxed),
    }
}
