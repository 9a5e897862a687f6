//! Binding: which argument of a call goes to which parameter of a function of the language.

use super::{Activation, Raise, Result, Return, Vm};
use crate::bytecode::code::CodeKind;
use crate::heap::{Gc, Str, Value};
use crate::objects::class::Layout;
use crate::objects::{Class, Dict, Function, Tuple};

/// Keywords that a call may have to be bound in place.
const FEW: usize = 4;

impl Vm {
    /// Begins a call whose arguments lie from `window` on already, the last of them named by `names`, behind a register
    /// that is free. The callee is a function with only plain parameters, or a class whose instances are made by such an
    /// `__init__` alone. If it is not, or they cannot be bound where they are, nothing has changed: the general way knows
    /// what to do, or which mistake it is.
    #[inline(never)]
    pub(super) fn begin_in_place(
        &mut self,
        callee: Value,
        window: *mut Value,
        given: usize,
        names: Option<Gc<Tuple>>,
        dst: u16,
    ) -> bool {
        if let Some(function) = callee.cast::<Function>() {
            return self.enter_in_place(
                function,
                window,
                given,
                names,
                (Return::Register, dst),
                Value::UNBOUND,
            );
        }
        let Some(class) = callee.cast::<Class>() else { return false };
        let init = self.plain_init(class);
        if init.is_unbound() || init.is_none() && given > 0 {
            return false;
        }
        let instance = self.heap.instance(class.root_shape, class.slot_hint).value();
        let Some(init) = init.cast::<Function>() else {
            self.set_register(dst, instance);
            return true;
        };
        let window = window.wrapping_sub(1);
        if !self.stack.reserve(window.wrapping_add(1)) {
            return false;
        }
        let first = self.stack.window(window, 1);
        let before = std::mem::replace(&mut first[0], instance);
        let entered = self.enter_in_place(init, window, given + 1, names, (Return::Init, dst), instance);
        if !entered {
            first[0] = before;
        }
        entered
    }

    /// The `__init__` that is all there is to making an instance, remembered in the class.
    #[inline]
    fn plain_init(&mut self, mut class: Gc<Class>) -> Value {
        if class.init_epoch != self.class_epoch {
            class.init = self.find_plain_init(class).unwrap_or_default();
            class.init_epoch = self.class_epoch;
        }
        class.init
    }

    fn find_plain_init(&mut self, class: Gc<Class>) -> Option<Value> {
        let meta = class.metaclass.unwrap_or(self.types.type_);
        let plain = (meta == self.types.type_ || self.lookup(meta, self.names.__call__) == self.type_call())
            && class.layout == Layout::Object
            && class.constructor.is_none()
            && !class.flags.new
            && !class.flags.is_abstract
            && !class.flags.plain_exception;
        if !plain {
            return None;
        }
        let init = self.lookup(class, self.names.__init__)?;
        if self.is_object_init(init) {
            return Some(Value::NONE);
        }
        (init.cast::<Function>()?.code.simple_args != u32::MAX).then_some(init)
    }

    /// `type.__call__`
    fn type_call(&mut self) -> Option<Value> {
        self.lookup(self.types.type_, self.names.__call__)
    }

    #[inline]
    fn enter_in_place(
        &mut self,
        function: Gc<Function>,
        window: *mut Value,
        given: usize,
        names: Option<Gc<Tuple>>,
        returns: (Return, u16),
        kept: Value,
    ) -> bool {
        let code = function.code;
        let s = code.plain.signature;
        let parameters = (s.positional + s.keyword_only) as usize;
        let top = window.wrapping_add(code.registers as usize);
        if code.kind != CodeKind::Plain
            || s.varargs
            || s.varkw
            || given > parameters
            || self.activations.are_full()
            || !self.stack.reserve(top)
        {
            return false;
        }
        let registers = self.stack.window(window, parameters);
        let defaults = function.defaults().cast::<Tuple>();
        let defaults = defaults.as_ref().map_or(&[][..], |d| d.items());
        let bound = match names {
            _ if s.keyword_only > 0 => bind_keyword_only(function, registers, given, names, defaults),
            None => fill_defaults(registers, given, defaults),
            Some(names) => match names.items() {
                &[name] => bind_one(function, registers, given, name, defaults),
                names => bind_few(function, registers, given, names, defaults),
            },
        };
        if bound.is_none() {
            return false;
        }
        let mut act = Activation::new(function, window, top, 0, returns);
        act.kept = kept;
        self.activations.push(act);
        true
    }

    /// Puts arguments into the parameters' registers, which are unbound. The messages are CPython's.
    pub(super) fn bind_arguments(
        &mut self,
        function: Gc<Function>,
        args: &[Value],
        names: Option<Gc<Tuple>>,
        out: &mut [Value],
    ) -> Result<()> {
        let code = function.code;
        let s = code.plain.signature;
        let (positional, keyword_only) = (s.positional as usize, s.keyword_only as usize);
        let by_name = names.map_or(0, |n| n.len());
        let given = args.len() - by_name;
        let taken = given.min(positional);
        out[..taken].copy_from_slice(&args[..taken]);
        let named = positional + keyword_only;
        if s.varargs {
            out[named] = self.tuple(&args[taken..given]);
        }
        let mut varkw = None;
        if s.varkw {
            let dict = self.heap.dict();
            out[named + usize::from(s.varargs)] = dict.value();
            varkw = Some(dict);
        }
        if let Some(names) = names {
            for (i, &name) in names.items().iter().enumerate() {
                let Some(name) = name.as_str() else { continue };
                if let Err(raise) = self.bind_keyword(function, name, args[given + i], varkw, out) {
                    return Err(self.positional_only_given(function, names).unwrap_or(raise));
                }
            }
        }
        if given > positional && !s.varargs {
            let raise = self.too_many_positional(function, given, out);
            return Err(self.keep_called(raise, function));
        }
        let defaults = function.defaults().cast::<Tuple>();
        let n_defaults = defaults.map_or(0, |d| d.len());
        let first_default = positional.saturating_sub(n_defaults);
        let mut missing = Vec::new();
        for (i, slot) in out[..positional].iter_mut().enumerate().skip(taken) {
            if slot.is_unbound() {
                match defaults {
                    Some(d) if i >= first_default => *slot = d.items()[i + n_defaults - positional],
                    _ => missing.push(i),
                }
            }
        }
        if !missing.is_empty() {
            let raise = self.missing_arguments(function, &missing, "positional");
            return Err(self.keep_called(raise, function));
        }
        let keyword_defaults = function.keyword_defaults.cast::<Dict>();
        for i in positional..named {
            if out[i].is_unbound() {
                match keyword_defaults.and_then(|d| d.table.get_str(code.locals[i])) {
                    Some(v) => out[i] = v,
                    None => missing.push(i),
                }
            }
        }
        if !missing.is_empty() {
            let raise = self.missing_arguments(function, &missing, "keyword-only");
            return Err(self.keep_called(raise, function));
        }
        Ok(())
    }

    /// The error for keywords that name positional-only parameters, if there are such.
    #[cold]
    fn positional_only_given(&mut self, function: Gc<Function>, names: Gc<Tuple>) -> Option<Raise> {
        let code = function.code;
        let s = code.plain.signature;
        let given =
            |n: &Gc<Str>| names.items().iter().any(|g| g.as_str().is_some_and(|g| g.as_str() == n.as_str()));
        let wrong: Vec<&str> =
            code.locals[..s.positional_only as usize].iter().filter(|n| given(n)).map(|n| n.text()).collect();
        if s.varkw || wrong.is_empty() {
            return None;
        }
        let (f, wrong) = (self.function_qualname(function), wrong.join(", "));
        Some(self.type_error(format!(
            "{f}() got some positional-only arguments passed as keyword arguments: '{wrong}'"
        )))
    }

    fn bind_keyword(
        &mut self,
        function: Gc<Function>,
        name: Gc<Str>,
        value: Value,
        varkw: Option<Gc<Dict>>,
        out: &mut [Value],
    ) -> Result<()> {
        let code = function.code;
        let s = code.plain.signature;
        let named = (s.positional + s.keyword_only) as usize;
        // Parameters' names are interned, and so are most keywords.
        let same = |n: &Gc<Str>| *n == name || (!name.is_interned() && n.as_str() == name.as_str());
        let found = code.locals[..named].iter().position(same);
        match found {
            Some(i) if i >= s.positional_only as usize => {
                if !out[i].is_unbound() {
                    let (f, n) = (self.function_qualname(function), name.text());
                    return Err(self.type_error(format!("{f}() got multiple values for argument '{n}'")));
                }
                out[i] = value;
                Ok(())
            }
            _ => match varkw {
                Some(mut dict) => {
                    dict.set_str(name, value);
                    Ok(())
                }
                None => {
                    let (f, n) = (self.function_qualname(function), name.text());
                    let mut message = format!("{f}() got an unexpected keyword argument '{n}'");
                    if let Some(near) = self.nearest_parameter(function, n) {
                        message += &format!(". Did you mean '{near}'?");
                    }
                    let raise = self.type_error(message);
                    Err(self.keep_called(raise, function))
                }
            },
        }
    }

    /// CPython 3.13 suggests a parameter whose name is close.
    fn nearest_parameter(&self, function: Gc<Function>, name: &str) -> Option<String> {
        let code = function.code;
        let s = code.plain.signature;
        let range = s.positional_only as usize..(s.positional + s.keyword_only) as usize;
        let names: Vec<&str> = code.locals[range].iter().map(|n| n.text()).collect();
        crate::text::nearest::nearest(name, names)
    }

    fn too_many_positional(&mut self, function: Gc<Function>, given: usize, out: &[Value]) -> Raise {
        let s = function.code.plain.signature;
        let f = self.function_qualname(function);
        let positional = s.positional as usize;
        let defaults = function.defaults().cast::<Tuple>().map_or(0, |d| d.len());
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        let takes = if defaults > 0 {
            // There may be more of them than parameters.
            let least = positional as i64 - defaults as i64;
            format!("from {least} to {positional} positional arguments")
        } else {
            format!("{positional} positional argument{}", plural(positional))
        };
        let keyword_given =
            (positional..positional + s.keyword_only as usize).filter(|&i| !out[i].is_unbound()).count();
        if keyword_given > 0 {
            return self.type_error(format!(
                "{f}() takes {takes} but {given} positional argument{} (and {keyword_given} keyword-only argument{}) were given",
                plural(given),
                plural(keyword_given)
            ));
        }
        let were = if given == 1 { "was" } else { "were" };
        self.type_error(format!("{f}() takes {takes} but {given} {were} given"))
    }

    fn missing_arguments(&mut self, function: Gc<Function>, missing: &[usize], what: &str) -> Raise {
        let f = self.function_qualname(function);
        let names: Vec<String> =
            missing.iter().map(|&i| format!("'{}'", function.code.locals[i].text())).collect();
        let listed = match names.as_slice() {
            [one] => one.clone(),
            [a, b] => format!("{a} and {b}"),
            [first @ .., last] => format!("{}, and {last}", first.join(", ")),
            [] => String::new(),
        };
        let plural = if names.len() == 1 { "" } else { "s" };
        self.type_error(format!("{f}() missing {} required {what} argument{plural}: {listed}", names.len()))
    }
}

/// Fills the registers from `from` on with the defaults, which belong to the last of them.
#[inline(always)]
fn fill_defaults(registers: &mut [Value], from: usize, defaults: &[Value]) -> Option<()> {
    let missing = registers.len() - from;
    let skipped = defaults.len().checked_sub(missing)?;
    registers[from..].copy_from_slice(&defaults[skipped..]);
    Some(())
}

/// Like `bind_few` for the commonest number of keywords.
#[inline(always)]
fn bind_one(
    function: Gc<Function>,
    registers: &mut [Value],
    given: usize,
    name: Value,
    defaults: &[Value],
) -> Option<()> {
    let taken = given.checked_sub(1)?;
    let first = taken.max(function.code.plain.signature.positional_only as usize);
    let parameters = &function.code.locals;
    let mut place = first;
    while parameters.get(place)?.value() != name {
        place += 1;
    }
    // The names of other locals follow those of the parameters.
    let value = registers[taken];
    if place == taken {
        fill_defaults(registers, given, defaults)?;
    } else {
        if place >= registers.len() {
            return None;
        }
        fill_defaults(registers, taken, defaults)?;
    }
    registers[place] = value;
    Some(())
}

/// The same where some of few parameters are keyword-only.
fn bind_keyword_only(
    function: Gc<Function>,
    registers: &mut [Value],
    given: usize,
    names: Option<Gc<Tuple>>,
    defaults: &[Value],
) -> Option<()> {
    const MOST: usize = 8;
    let code = function.code;
    let s = code.plain.signature;
    let (positional, all) = (s.positional as usize, registers.len());
    let names = names.as_ref().map_or(&[][..], |n| n.items());
    let taken = given - names.len();
    if all > MOST || taken > positional {
        return None;
    }
    let mut bound = [Value::UNBOUND; MOST];
    bound[..taken].copy_from_slice(&registers[..taken]);
    let named = s.positional_only as usize..all;
    for (&name, &value) in names.iter().zip(&registers[taken..given]) {
        let place = code.locals[named.clone()].iter().position(|local| local.value() == name)?;
        let place = &mut bound[named.start + place];
        if !place.is_unbound() {
            return None;
        }
        *place = value;
    }
    // Those are the defaults of the last positional parameters.
    let first = positional.saturating_sub(defaults.len());
    let keyword_defaults = function.keyword_defaults.cast::<Dict>();
    for i in taken..all {
        if bound[i].is_unbound() {
            bound[i] = if i < positional {
                *defaults.get(i.checked_sub(first)?)?
            } else {
                keyword_defaults?.table.get_str(code.locals[i])?
            };
        }
    }
    registers.copy_from_slice(&bound[..all]);
    Some(())
}

/// Moves the keyword arguments at the end of the `given` ones to their parameters, and fills in the defaults. Changes
/// nothing if it answers with None.
#[inline(never)]
fn bind_few(
    function: Gc<Function>,
    registers: &mut [Value],
    given: usize,
    names: &[Value],
    defaults: &[Value],
) -> Option<()> {
    let parameters = &function.code.locals;
    let taken = given.checked_sub(names.len())?;
    if names.len() > FEW || registers.len() > u64::BITS as usize - 1 {
        return None;
    }
    // Positional-only parameters are left to the general way.
    let first = taken.max(function.code.plain.signature.positional_only as usize);
    let mut places = [0; FEW];
    let mut values = [Value::UNBOUND; FEW];
    let mut named = 0_u64;
    for (i, &name) in names.iter().enumerate() {
        // Both are interned, nearly always.
        let place = (first..registers.len()).find(|&place| parameters[place].value() == name)?;
        if named & 1 << place != 0 {
            return None;
        }
        named |= 1 << place;
        places[i] = place;
        values[i] = registers[taken + i];
    }
    // The first register of which all from there on have defaults or are named.
    let required = registers.len().saturating_sub(defaults.len()).max(taken);
    let need = (1_u64 << required) - (1 << taken);
    if need & !named != 0 {
        return None;
    }
    let skipped = (required + defaults.len()).saturating_sub(registers.len());
    for (register, &default) in registers[required..].iter_mut().zip(&defaults[skipped..]) {
        *register = default;
    }
    for (&place, &value) in places.iter().zip(&values).take(names.len()) {
        registers[place] = value;
    }
    Some(())
}
