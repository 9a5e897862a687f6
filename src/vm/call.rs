//! Calls: binding arguments, and everything that can be called.

use super::{Activation, AtOnce, Result, Return, Vm};
use crate::bytecode::code::CodeKind;
use crate::heap::{Gc, Kind, Str, Value};
use crate::objects::class::Layout;
use crate::objects::{BoundMethod, CellObject, Class, Dict, Function, List, Native, StaticMethod, Tuple};

/// How a call began.
pub(super) enum Begun {
    Done(Value),
    /// An activation was pushed; its result comes later.
    Pushed,
}

impl Vm {
    /// Where the stack is free.
    #[must_use]
    pub(super) fn top(&self) -> *mut Value {
        self.activations.last().map_or(self.stack.base(), |a| a.top)
    }

    /// Calls anything and waits for the result: the one door from natives into the run loop.
    pub fn call(&mut self, f: Value, args: &[Value]) -> Result<Value> {
        // A function that takes just what it is given: key functions, special methods.
        if let Some(function) = f.cast::<Function>()
            && function.code.simple_args as usize == args.len()
            && !self.activations.are_full()
            && self.doors < super::MAX_DOORS
        {
            return self.call_simple(function, args);
        }
        if let Some(native) = f.cast::<Native>()
            && native.receiver.is_unbound()
        {
            self.at_once = AtOnce::No;
            let result = self.call_positional(native.def, args);
            self.heap.fresh = Value::UNBOUND;
            return result;
        }
        self.call_keywords(f, args, None)
    }

    fn call_simple(&mut self, function: Gc<Function>, args: &[Value]) -> Result<Value> {
        let window = self.top();
        let top = window.wrapping_add(function.code.registers as usize);
        if !self.stack.reserve(top) {
            return Err(self.too_deep());
        }
        for (register, &arg) in self.stack.window(window, args.len()).iter_mut().zip(args) {
            *register = arg;
        }
        self.activations.push(Activation::new(function, window, top, 0, (Return::Exit, 0)));
        self.at_once = AtOnce::No;
        self.doors += 1;
        let exit = self.run();
        self.heap.fresh = Value::UNBOUND;
        self.doors -= 1;
        exit.map(Self::expect_return)
    }

    /// The same with keyword arguments: the last of `args`, named by `names`.
    pub fn call_keywords(
        &mut self,
        f: Value,
        args: &[Value],
        names: impl Into<Option<Gc<Tuple>>>,
    ) -> Result<Value> {
        self.at_once = AtOnce::No;
        match self.begin_call(f, args, names.into(), Return::Exit, 0)? {
            Begun::Done(v) => {
                self.heap.fresh = Value::UNBOUND;
                Ok(v)
            }
            Begun::Pushed => {
                if let Err(raise) = self.enter() {
                    self.activations.pop();
                    return Err(raise);
                }
                let exit = self.run();
                self.heap.fresh = Value::UNBOUND;
                self.leave();
                exit.map(Self::expect_return)
            }
        }
    }

    pub fn call_method(&mut self, object: Value, name: &str, args: &[Value]) -> Result<Value> {
        let name = self.intern(name);
        let method = self.get_attr(object, name)?;
        self.call(method, args)
    }

    /// Begins a call. `args` lie below the top of the stack, or outside of it.
    pub(super) fn begin_call(
        &mut self,
        f: Value,
        args: &[Value],
        names: Option<Gc<Tuple>>,
        ret: Return,
        dst: u16,
    ) -> Result<Begun> {
        match f.kind() {
            Some(Kind::Function) => {
                if let Some(function) = f.cast::<Function>() {
                    return self.begin_function(function, args, names, ret, dst);
                }
            }
            Some(Kind::Native) => {
                if let Some(native) = f.cast::<Native>() {
                    return self.call_native_object(native, args, names).map(Begun::Done);
                }
            }
            Some(Kind::BoundMethod) => {
                if let Some(method) = f.cast::<BoundMethod>() {
                    return with_first(method.receiver, args, |all| {
                        if !method.function.is::<BoundMethod>() {
                            return self.begin_call(method.function, all, names, ret, dst);
                        }
                        self.enter()?;
                        let begun = self.begin_call(method.function, all, names, ret, dst);
                        self.leave();
                        begun
                    });
                }
            }
            Some(Kind::Class) => {
                if let Some(class) = f.cast::<Class>() {
                    return self.construct(class, args, names, ret, dst);
                }
            }
            _ => (),
        }
        if f.is_unbound() {
            return Err(self.type_error("an unbound variable is not callable"));
        }
        if let Some(inner) = f.cast::<StaticMethod>() {
            self.enter()?;
            let begun = self.begin_call(inner.function, args, names, ret, dst);
            self.leave();
            return begun;
        }
        if let Some((function, receiver)) = self.special(f, self.names.__call__) {
            let mut all = Vec::with_capacity(args.len() + 1);
            if !receiver.is_unbound() {
                all.push(receiver);
            }
            all.extend_from_slice(args);
            // `__call__` may be an object with a `__call__`, and so on.
            self.enter()?;
            let begun = self.begin_call(function, &all, names, ret, dst);
            self.leave();
            return begun;
        }
        Err(self.not_callable(f))
    }

    #[cold]
    fn not_callable(&mut self, f: Value) -> super::Raise {
        let mut message = format!("'{}' object is not callable", self.class_name(f));
        // `datetime(...)` for `datetime.datetime(...)`
        if let Some(module) = f.cast::<crate::objects::Module>()
            && let Some(name) = module.dict.table.get_str(self.names.__name__).and_then(Value::as_str)
            && module.dict.table.get_str(name).is_some_and(|v| self.is_callable(v))
        {
            let name = name.text();
            message += &format!(". Did you mean: '{name}.{name}(...)'?");
        }
        self.type_error(message)
    }

    fn call_native_object(
        &mut self,
        native: Gc<Native>,
        args: &[Value],
        names: Option<Gc<Tuple>>,
    ) -> Result<Value> {
        if native.receiver.is_unbound() {
            return self.call_native(native.def, args, names.as_deref());
        }
        with_first(native.receiver, args, |all| self.call_native(native.def, all, names.as_deref()))
    }

    fn begin_function(
        &mut self,
        function: Gc<Function>,
        args: &[Value],
        names: Option<Gc<Tuple>>,
        ret: Return,
        dst: u16,
    ) -> Result<Begun> {
        let code = function.code;
        if code.kind != CodeKind::Plain {
            let mut frame = self.new_frame(function);
            frame.set(crate::objects::frame::ESCAPED, true);
            let n = frame.registers();
            self.bind_arguments(function, args, names, frame.tail_mut(n))?;
            self.coroutine_made(frame);
            return Ok(Begun::Done(frame.value()));
        }
        let window = self.top();
        self.push_function(function, window, args, names, ret, dst)?;
        Ok(Begun::Pushed)
    }

    fn push_function(
        &mut self,
        function: Gc<Function>,
        window: *mut Value,
        args: &[Value],
        names: Option<Gc<Tuple>>,
        ret: Return,
        dst: u16,
    ) -> Result<()> {
        let code = function.code;
        let top = window.wrapping_add(code.registers as usize);
        let too_deep = self.activations.are_full() && !self.allow_deeper();
        if too_deep || !self.stack.reserve(top) {
            return Err(self.too_deep());
        }
        if names.is_none() && code.simple_args as usize == args.len() {
            self.stack.window(window, args.len()).copy_from_slice(args);
        } else {
            let params = code.plain.signature.registers() as usize;
            let bound = self.stack.window(window, params);
            bound.fill(Value::UNBOUND);
            self.bind_arguments(function, args, names, bound)?;
        }
        self.activations.push(Activation::new(function, window, top, 0, (ret, dst)));
        Ok(())
    }

    /// Begins `f(*args, **kwargs)`.
    pub(super) fn begin_call_spread(
        &mut self,
        f: Value,
        args: Value,
        kwargs: Value,
        dst: u16,
    ) -> Result<Begun> {
        // A tuple, or a list that nobody else knows: neither changes, and the caller's registers hold it.
        let (list, tuple) = (args.cast::<List>(), args.cast::<Tuple>());
        let positional = match (&list, &tuple) {
            (Some(list), _) => &list.items[..],
            (_, Some(tuple)) => tuple.items(),
            _ => &[],
        };
        let keywords = kwargs.cast::<Dict>().filter(|dict| !dict.table.is_empty());
        if keywords.is_none() && positional.len() <= 60_000 {
            return self.begin_call(f, positional, None, Return::Register, dst);
        }
        let mut all = positional.to_vec();
        let mut names = None;
        if let Some(dict) = keywords {
            let keys: Vec<Value> = dict.table.keys().collect();
            for key in &keys {
                if !key.is::<Str>() {
                    return Err(self.type_error("keywords must be strings"));
                }
            }
            all.extend(dict.table.values());
            names = Some(self.heap.tuple(&keys));
        }
        self.releasing(|vm| {
            // Nobody else holds the names, and a class needs them twice.
            if let Some(names) = names {
                vm.root(names);
            }
            if all.len() > 60_000 {
                return vm.call_keywords(f, &all, names).map(Begun::Done);
            }
            vm.begin_call(f, &all, names, Return::Register, dst)
        })
    }

    /// Calls a class: makes an instance, unless its metaclass or `__new__` says otherwise.
    fn construct(
        &mut self,
        class: Gc<Class>,
        args: &[Value],
        names: Option<Gc<Tuple>>,
        ret: Return,
        dst: u16,
    ) -> Result<Begun> {
        if let Some(meta) = class.metaclass
            && meta != self.types.type_
            && let Some(found) = self.lookup(meta, self.names.__call__)
            && found.kind() == Some(Kind::Function)
        {
            let mut all = vec![class.value()];
            all.extend_from_slice(args);
            return self.begin_call(found, &all, names, ret, dst);
        }
        if class == self.types.type_ && args.len() == 1 && names.is_none() {
            return Ok(Begun::Done(self.type_of(args[0]).value()));
        }
        if class.flags.plain_exception && names.is_none() && !class.flags.is_abstract {
            return Ok(Begun::Done(self.error_with(class, args).0));
        }
        if class == self.types.str && args.len() == 1 && names.is_none() {
            return self.to_str(args[0]).map(|text| Begun::Done(text.value()));
        }
        if let Some(def) = class.constructor {
            return with_first(class.value(), args, |all| self.call_native(def, all, names.as_deref()))
                .map(Begun::Done);
        }
        if class.layout == Layout::Object && !class.flags.new {
            return self.construct_plain(class, args, names, ret, dst);
        }
        self.construct_general(class, args, names).map(Begun::Done)
    }

    /// Remembers the constructor of a built-in class that has no `__init__`.
    pub(crate) fn note_constructor(&mut self, mut class: Gc<Class>) {
        if matches!(class.layout, Layout::Payload(_) | Layout::Native(_))
            && let Some(new) = class.dict.table.get_str(self.names.__new__)
            && let Some(native) = self.static_function(new).cast::<Native>()
            && native.receiver.is_unbound()
            && self.lookup(class, self.names.__init__).is_none_or(|init| self.is_object_init(init))
        {
            class.constructor = Some(native.def);
            class.convert = self.conversion(class);
        }
    }

    /// The common case: no `__new__` but `object`'s.
    fn construct_plain(
        &mut self,
        class: Gc<Class>,
        args: &[Value],
        names: Option<Gc<Tuple>>,
        ret: Return,
        dst: u16,
    ) -> Result<Begun> {
        if class.flags.is_abstract {
            return Err(self.abstract_error(class));
        }
        let init = self.lookup(class, self.names.__init__);
        let instance = self.heap.instance(class.root_shape, class.slot_hint).value();
        let function = match init {
            Some(f) => match f.cast::<Function>() {
                Some(function) => function,
                None => {
                    if self.is_object_init(f) {
                        if !args.is_empty() {
                            let name = class.name_str();
                            return Err(self.type_error(format!("{name}() takes no arguments")));
                        }
                        return Ok(Begun::Done(instance));
                    }
                    self.init_instance(instance, f, args, names)?;
                    return Ok(Begun::Done(instance));
                }
            },
            None => return Ok(Begun::Done(instance)),
        };
        if ret != Return::Register || function.code.kind != CodeKind::Plain {
            self.root(instance);
            self.init_instance(instance, function.value(), args, names)?;
            self.roots.pop();
            return Ok(Begun::Done(instance));
        }
        let window = self.top();
        with_first(instance, args, |all| {
            self.push_function(function, window, all, names, Return::Init, dst)
        })?;
        if let Some(act) = self.activations.last_mut() {
            act.kept = instance;
        }
        Ok(Begun::Pushed)
    }

    fn init_instance(
        &mut self,
        instance: Value,
        init: Value,
        args: &[Value],
        names: Option<Gc<Tuple>>,
    ) -> Result<()> {
        let mut all = vec![instance];
        all.extend_from_slice(args);
        let bound = self.bind_descriptor(init, instance)?;
        let result = match bound {
            Some(f) => self.call_keywords(f, args, names)?,
            None => self.call_keywords(init, &all, names)?,
        };
        if !result.is_none() {
            return Err(self.bad_init_result(result));
        }
        Ok(())
    }

    /// `type.__call__`: `__new__`, then `__init__` if the result is an instance.
    pub fn construct_general(
        &mut self,
        class: Gc<Class>,
        args: &[Value],
        names: Option<Gc<Tuple>>,
    ) -> Result<Value> {
        let new = match self.lookup(class, self.names.__new__) {
            Some(new) => self.static_function(new),
            None => {
                let name = class.name_str();
                return Err(self.type_error(format!("cannot create '{name}' instances")));
            }
        };
        let mut all = vec![class.value()];
        all.extend_from_slice(args);
        let instance = if self.is_object_new(new) {
            self.object_new(class, args, names)?
        } else if crate::builtins::is_exception_new(new) && names.is_none() {
            self.new_exception(class, args)?
        } else {
            self.call_keywords(new, &all, names)?
        };
        let own = self.type_of(instance);
        if own != class && !own.is_subclass_of(class) {
            return Ok(instance);
        }
        if let Some(init) = self.lookup(own, self.names.__init__)
            && !self.is_object_init(init)
        {
            self.releasing(|vm| {
                vm.root(instance);
                vm.init_instance(instance, init, args, names)
            })?;
        }
        Ok(instance)
    }

    /// A cell of a function's closure.
    #[inline(always)]
    pub(super) fn closure_cell(function: Gc<Function>, index: u16) -> Option<Gc<CellObject>> {
        function.closure().cast::<Tuple>()?.items().get(index as usize)?.cast()
    }

    pub(super) fn make_function(
        &mut self,
        code: Value,
        parts: &[Value],
        flags: u8,
        globals: Gc<Dict>,
    ) -> Value {
        let Some(code) = code.cast() else { return Value::NONE };
        let part = |bit: u8, i: usize, absent: Value| if flags & bit != 0 { parts[i] } else { absent };
        let closure = part(4, 2, Value::UNBOUND);
        let mut function =
            self.heap.function(code, globals, closure, part(1, 0, Value::NONE), part(2, 1, Value::NONE));
        if flags & 8 != 0 {
            let mut attributes = self.heap.dict();
            attributes.set_str(self.names.__annotations__, parts[3]);
            function.special = attributes.value();
        }
        function.value()
    }

    /// A function's `__qualname__`, which may have been assigned.
    #[must_use]
    pub fn function_qualname(&self, function: Gc<Function>) -> &'static str {
        let set = function.special.cast::<Dict>().and_then(|d| d.table.get_str(self.names.__qualname__));
        set.and_then(Value::as_str).unwrap_or(function.code.qualname).text()
    }
}

/// Calls `f` with one more argument before the others, on the machine's stack if they are few.
#[inline(always)]
fn with_first<R>(first: Value, args: &[Value], f: impl FnOnce(&[Value]) -> R) -> R {
    if args.len() < 8 {
        let mut all = [first; 8];
        all[1..=args.len()].copy_from_slice(args);
        f(&all[..=args.len()])
    } else {
        let mut all = Vec::with_capacity(args.len() + 1);
        all.push(first);
        all.extend_from_slice(args);
        f(&all)
    }
}
