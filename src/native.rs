//! Natives: functions written in Rust, declared by a Python-style signature, with one binder for their arguments.
//!
//! ```ignore
//! natives! { pub static FUNCTIONS:
//!     /// Return the absolute value of the argument.
//!     "abs(x, /)" => abs;
//! }
//! methods! { pub static LIST for List, "list":
//!     "append(self, object, /)" => append;
//! }
//! ```
//!
//! A native gets the VM and one value per parameter, in the order of the signature: defaults filled in (a default that
//! is no literal, written `...`, is unbound). `*args` come last, as many as there are; a `**kwargs` dict comes right
//! before them (unbound if there are none). A method's receiver is of its type: subclasses are unwrapped before.

use crate::heap::{Kind, Value};
use crate::objects::Tuple;
use crate::vm::{Result, Vm};
use std::sync::OnceLock;

pub type NativeFn = fn(&mut Vm, &[Value]) -> Result<Value>;

/// One row of a table of natives.
pub struct NativeDef {
    /// `sleep(delay, result=None)`
    pub signature: &'static str,
    pub function: NativeFn,
    /// The class whose method it is, or empty.
    pub owner: &'static str,
    /// What its receiver must be.
    pub accepts: Option<fn(Value) -> bool>,
    pub doc: &'static str,
    /// With how many arguments it can be called as it is; `VARIABLE` if that depends.
    pub exact: u8,
    /// What [`takes`] gives for the arguments with which it can be called as it is; no such number if that depends.
    pub takes: u32,
    parsed: OnceLock<Parsed>,
}

/// A default value as written in the signature.
#[derive(Clone, Debug, PartialEq)]
enum Default {
    Required,
    Unbound,
    None,
    Bool(bool),
    Int(i64),
    Str(String),
}

#[derive(Debug)]
struct Param {
    name: &'static str,
    default: Default,
}

/// A signature taken apart, once.
#[derive(Debug)]
pub struct Parsed {
    params: Vec<Param>,
    positional_only: usize,
    /// How many of `params` can be given by position.
    positional: usize,
    required: usize,
    pub varargs: bool,
    varkw: bool,
    /// No keyword-only parameters and no `**kwargs`.
    simple: bool,
    /// A call without keywords lacks nothing but defaults, and there are few parameters.
    fills: bool,
    /// The defaults of few positional parameters, unbound where there is none or it is a text.
    defaults: Option<[Value; 8]>,
    /// Those of them that are texts, which each interpreter has its own of.
    texts: Vec<usize>,
}

/// Special methods that CPython makes plain methods, rather than slot wrappers.
const PLAIN: &[&str] = &[
    "__format__",
    "__reduce__",
    "__reduce_ex__",
    "__sizeof__",
    "__dir__",
    "__getitem__",
    "__contains__",
    "__reversed__",
    "__class_getitem__",
    "__length_hint__",
    "__round__",
    "__floor__",
    "__ceil__",
    "__trunc__",
    "__enter__",
    "__exit__",
    "__copy__",
    "__deepcopy__",
    "__bytes__",
    "__complex__",
    "__getnewargs__",
];

impl NativeDef {
    #[must_use]
    pub const fn new(
        signature: &'static str,
        function: NativeFn,
        owner: &'static str,
        accepts: Option<fn(Value) -> bool>,
        receiver: Option<Kind>,
        doc: &'static str,
    ) -> Self {
        let exact = exact_arguments(signature);
        let takes = match (exact, receiver) {
            (VARIABLE, _) => u32::MAX,
            (exact, Some(kind)) => takes(exact as usize, kind),
            (exact, None) if accepts.is_none() => exact as u32,
            _ => u32::MAX,
        };
        Self { signature, function, owner, accepts, doc, exact, takes, parsed: OnceLock::new() }
    }

    #[must_use]
    pub fn name(&self) -> &'static str {
        self.signature.split_once('(').map_or(self.signature, |(name, _)| name)
    }

    /// As a message calls it: `list.append`, `len`.
    #[must_use]
    pub fn full_name(&self) -> String {
        if self.owner.is_empty() { self.name().into() } else { format!("{}.{}", self.owner, self.name()) }
    }

    pub fn parsed(&self) -> &Parsed {
        self.parsed.get_or_init(|| {
            let parsed = parse(self.signature);
            debug_assert!(
                self.exact == VARIABLE || parsed.simple && parsed.params.len() == self.exact as usize
            );
            parsed
        })
    }

    #[must_use]
    pub fn is_method(&self) -> bool {
        !self.owner.is_empty()
    }

    /// Whether it is a special method that CPython keeps in a slot of the type.
    #[must_use]
    pub fn is_slot(&self) -> bool {
        let name = self.name();
        name.starts_with("__") && !PLAIN.contains(&name)
    }
}

/// Says that there are so many arguments, the first of which is an object of this kind, in one number. Where the first may
/// be anything, it is their number alone.
#[must_use]
#[inline(always)]
pub const fn takes(arguments: usize, receiver: Kind) -> u32 {
    arguments as u32 | (receiver as u32) << 16
}

/// No number of arguments.
const VARIABLE: u8 = u8::MAX;

/// How many parameters a signature has, if all are positional: counted when the program is compiled, so that a call
/// compares one byte.
const fn exact_arguments(signature: &str) -> u8 {
    let text = signature.as_bytes();
    let (mut i, mut start) = (0, 0);
    while i < text.len() {
        match text[i] {
            b'(' if start == 0 => start = i + 1,
            b'*' | b'\'' | b'"' | b'(' => return VARIABLE,
            _ => (),
        }
        i += 1;
    }
    let (mut count, mut named, mut i) = (0, false, start);
    while i < text.len() {
        match text[i] {
            b',' | b')' => {
                count += named as u8;
                named = false;
            }
            b' ' | b'/' => (),
            _ => named = true,
        }
        i += 1;
    }
    if start == 0 { VARIABLE } else { count }
}

fn parse(signature: &'static str) -> Parsed {
    let mut parsed = Parsed {
        params: Vec::new(),
        positional_only: 0,
        positional: 0,
        required: 0,
        varargs: false,
        varkw: false,
        simple: true,
        fills: false,
        defaults: None,
        texts: Vec::new(),
    };
    let inner = signature
        .split_once('(')
        .map_or("", |(_, rest)| rest.rsplit_once(')').map_or(rest, |(inner, _)| inner));
    let mut keyword_only = false;
    for part in inner.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        if part == "/" {
            parsed.positional_only = parsed.params.len();
        } else if part == "*" {
            keyword_only = true;
        } else if part.starts_with("**") {
            parsed.varkw = true;
        } else if part.starts_with('*') {
            parsed.varargs = true;
            keyword_only = true;
        } else {
            let (name, default) = match part.split_once('=') {
                Some((name, text)) => (name.trim(), parse_default(text.trim())),
                None => (part, Default::Required),
            };
            if !keyword_only {
                parsed.positional += 1;
                if default == Default::Required {
                    parsed.required = parsed.positional;
                }
            }
            parsed.params.push(Param { name, default });
        }
    }
    parsed.simple = parsed.params.len() == parsed.positional && !parsed.varkw;
    parsed.fills = parsed.params.len() < 8
        && parsed.params[parsed.positional..].iter().all(|p| p.default != Default::Required);
    if parsed.fills && !parsed.varkw {
        let mut defaults = [Value::UNBOUND; 8];
        for (i, param) in parsed.params.iter().enumerate() {
            match param.default.constant() {
                Some(known) => defaults[i] = known,
                None => parsed.texts.push(i),
            }
        }
        parsed.defaults = Some(defaults);
    }
    parsed
}

fn parse_default(text: &str) -> Default {
    match text {
        "None" => Default::None,
        "True" => Default::Bool(true),
        "False" => Default::Bool(false),
        _ => match text.parse() {
            Ok(i) => Default::Int(i),
            Err(_) if text.starts_with('\'') => Default::Str(text.trim_matches('\'').into()),
            Err(_) => Default::Unbound,
        },
    }
}

impl Default {
    #[inline]
    fn value(&self, vm: &mut Vm) -> Value {
        match self {
            Self::Str(s) => vm.default_text(s),
            _ => self.constant().unwrap_or_default(),
        }
    }

    /// The same value in every interpreter.
    #[inline]
    fn constant(&self) -> Option<Value> {
        match self {
            Self::Required | Self::Unbound => Some(Value::UNBOUND),
            Self::None => Some(Value::NONE),
            Self::Bool(b) => Some(Value::bool(*b)),
            Self::Int(i) => Some(Value::int(*i)),
            Self::Str(_) => None,
        }
    }
}

impl Vm {
    /// Calls a native without keyword arguments.
    #[inline(never)]
    pub fn call_positional(&mut self, def: &'static NativeDef, args: &[Value]) -> Result<Value> {
        let roots = self.roots.len();
        let ready = def.exact as usize == args.len() && def.accepts.is_none_or(|accepts| accepts(args[0]));
        let result = if ready { (def.function)(self, args) } else { self.fill_and_call(def, args) };
        self.roots.truncate(roots);
        result
    }

    /// The text that a parameter has by default.
    #[inline]
    fn default_text(&mut self, text: &str) -> Value {
        // Few natives have such; most are of one character.
        if text.len() < 2 {
            return self.str(text);
        }
        let known = self.default_texts.iter().find(|(at, _)| *at == text.as_ptr().addr());
        match known {
            Some((_, known)) => known.value(),
            None => {
                let made = self.intern(text);
                self.default_texts.push((text.as_ptr().addr(), made));
                made.value()
            }
        }
    }

    /// Calls a native with what it takes as it is.
    #[inline(always)]
    pub fn call_exact(&mut self, function: NativeFn, args: &[Value]) -> Result<Value> {
        let roots = self.roots.len();
        let result = function(self, args);
        self.roots.truncate(roots);
        result
    }

    /// Calls a native with fewer arguments than it takes, where those that are missing have defaults.
    #[inline(always)]
    fn fill_and_call(&mut self, def: &'static NativeDef, args: &[Value]) -> Result<Value> {
        let parsed = def.parsed();
        let n = args.len();
        if let Some(mut bound) = parsed.defaults
            && n >= parsed.required
            && n <= parsed.positional
            && def.accepts.is_none_or(|accepts| args.first().is_some_and(|&receiver| accepts(receiver)))
        {
            for (place, &arg) in bound.iter_mut().zip(args) {
                // One by one: there are few.
                std::hint::black_box(());
                *place = arg;
            }
            for &i in &parsed.texts {
                if i >= n {
                    bound[i] = parsed.params[i].default.value(self);
                }
            }
            let taken = parsed.params.len().min(bound.len());
            return (def.function)(self, &bound[..taken]);
        }
        self.bind_and_call(def, args, None)
    }

    /// Calls a native with `args` whose last ones are the keyword arguments named by `keywords`.
    pub fn call_native(
        &mut self,
        def: &'static NativeDef,
        args: &[Value],
        keywords: Option<&Tuple>,
    ) -> Result<Value> {
        let roots = self.roots.len();
        let result = self.bind_and_call(def, args, keywords);
        self.roots.truncate(roots);
        result
    }

    #[inline(never)]
    fn bind_and_call(
        &mut self,
        def: &'static NativeDef,
        args: &[Value],
        keywords: Option<&Tuple>,
    ) -> Result<Value> {
        let parsed = def.parsed();
        if let Some(accepts) = def.accepts {
            let Some(&receiver) = args.first() else {
                let (owner, name) = (def.owner, def.name());
                return Err(self.type_error(format!("unbound method {owner}.{name}() needs an argument")));
            };
            if !accepts(receiver) {
                return self.call_on_payload(def, accepts, args, keywords);
            }
        }
        let n = args.len();
        if keywords.is_none()
            && parsed.simple
            && (n == parsed.positional || n > parsed.positional && parsed.varargs)
        {
            return (def.function)(self, args);
        }
        if keywords.is_none() && parsed.fills && n >= parsed.required && n <= parsed.positional {
            // Only defaults are missing: no vector is needed.
            let mut bound = [Value::UNBOUND; 8];
            let bound = &mut bound[..parsed.params.len() + usize::from(parsed.varkw)];
            for (i, param) in parsed.params.iter().enumerate() {
                bound[i] = if i < n { args[i] } else { param.default.value(self) };
            }
            return (def.function)(self, bound);
        }
        // The dict of a `**kwargs` that got none is unbound.
        let params = parsed.params.len() + usize::from(parsed.varkw);
        if keywords.is_none()
            && parsed.fills
            && parsed.varargs
            && n > parsed.positional
            && params + n - parsed.positional <= 16
        {
            let mut bound = [Value::UNBOUND; 16];
            let (by_position, more) = args.split_at(parsed.positional);
            bound[..parsed.positional].copy_from_slice(by_position);
            for (slot, param) in bound.iter_mut().zip(&parsed.params).skip(parsed.positional) {
                *slot = param.default.value(self);
            }
            bound[params..params + more.len()].copy_from_slice(more);
            return (def.function)(self, &bound[..params + more.len()]);
        }
        let bound = self.bind(def, parsed, args, keywords)?;
        (def.function)(self, &bound)
    }

    /// The receiver is not of the built-in type: an instance of a subclass stands for the value it wraps.
    #[cold]
    fn call_on_payload(
        &mut self,
        def: &'static NativeDef,
        accepts: fn(Value) -> bool,
        args: &[Value],
        keywords: Option<&Tuple>,
    ) -> Result<Value> {
        let payload = self.payload(args[0]);
        if !payload.is_unbound() && accepts(payload) {
            self.receiver = args[0];
            let n = args.len();
            if n <= 8 {
                let mut unwrapped = [Value::UNBOUND; 8];
                unwrapped[..n].copy_from_slice(args);
                unwrapped[0] = payload;
                return self.bind_and_call(def, &unwrapped[..n], keywords);
            }
            let mut unwrapped = args.to_vec();
            unwrapped[0] = payload;
            return self.bind_and_call(def, &unwrapped, keywords);
        }
        let (name, owner) = (def.name(), def.owner);
        let class = self.class_name(args[0]);
        let message = if name.starts_with("__") {
            format!("descriptor '{name}' requires a '{owner}' object but received a '{class}'")
        } else {
            format!("descriptor '{name}' for '{owner}' objects doesn't apply to a '{class}' object")
        };
        Err(self.type_error(message))
    }

    #[cold]
    fn bind(
        &mut self,
        def: &NativeDef,
        parsed: &Parsed,
        args: &[Value],
        keywords: Option<&Tuple>,
    ) -> Result<Vec<Value>> {
        let by_keyword = keywords.map_or(0, Tuple::len);
        let mut given = args.len() - by_keyword;
        if given > 1 && parsed.positional == 1 && !parsed.varargs && self.leaves_arguments(def, args[0]) {
            given = 1;
        }
        if given > parsed.positional && !parsed.varargs {
            return Err(self.too_many_arguments(def, parsed, args, by_keyword));
        }
        let taken = given.min(parsed.positional);
        let mut bound: Vec<Value> = args[..taken].to_vec();
        bound.resize(parsed.params.len(), Value::UNBOUND);
        let mut extra = Value::UNBOUND;
        if let Some(names) = keywords {
            for (&name, &value) in names.items().iter().zip(&args[args.len() - by_keyword..]) {
                let Some(name) = name.as_str() else { continue };
                let found = parsed.params.iter().position(|p| p.name == name.as_str());
                match found {
                    Some(i) if i >= parsed.positional_only => {
                        if !bound[i].is_unbound() {
                            return Err(self.type_error(format!(
                                "argument for {}() given by name ('{}') and position ({})",
                                def.name(),
                                name.as_str(),
                                i + 1 - usize::from(def.is_method())
                            )));
                        }
                        bound[i] = value;
                    }
                    _ if parsed.varkw => {
                        if extra.is_unbound() {
                            extra = self.heap.dict().value();
                        }
                        if let Some(mut dict) = extra.cast::<crate::objects::Dict>() {
                            dict.set_str(name, value);
                        }
                    }
                    _ if self.ignores_keywords(def, parsed, args[0]) => (),
                    _ => return Err(self.unexpected_keyword(def, parsed, args, name.as_str())),
                }
            }
        }
        for (i, param) in parsed.params.iter().enumerate() {
            if bound[i].is_unbound() {
                if param.default == Default::Required {
                    return Err(self.missing_argument(def, parsed, i, (given, args)));
                }
                bound[i] = param.default.value(self);
            }
        }
        if parsed.varkw {
            // Nobody else holds it.
            self.root(extra);
            bound.push(extra);
        }
        bound.extend_from_slice(&args[taken..given]);
        Ok(bound)
    }

    /// How messages call a native, and how many of its parameters they do not count: `list`, not `__new__`.
    fn shown(&self, def: &NativeDef, first: Option<Value>) -> (String, usize) {
        match (def.name(), first) {
            ("__new__", Some(cls)) => {
                let class = cls.cast::<crate::objects::Class>();
                let builtin = class.and_then(|c| c.mro.iter().copied().find(|c| is_builtin(*c)));
                let name = builtin.map_or("__new__", crate::heap::Gc::name_str);
                // Without the module that goes before some names.
                (name.rsplit('.').next().unwrap_or(name).to_owned(), 1)
            }
            ("__init__", _) if def.is_method() => (def.owner.to_owned(), 1),
            _ => (def.name().to_owned(), usize::from(def.is_method())),
        }
    }

    fn too_many_arguments(
        &mut self,
        def: &NativeDef,
        parsed: &Parsed,
        args: &[Value],
        by_keyword: usize,
    ) -> crate::vm::Raise {
        let (shown, hidden) = self.shown(def, args.first().copied());
        let (most, least) = (parsed.positional - hidden, parsed.required.saturating_sub(hidden));
        let given = args.len().saturating_sub(hidden);
        let constructor = matches!(def.name(), "__new__" | "__init__");
        let by_name = parsed.positional_only < parsed.params.len() && parsed.positional_only <= hidden;
        let full = if constructor { shown.clone() } else { def.full_name() };
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        self.type_error(if most == 0 && parsed.params.len() > parsed.positional && !constructor {
            format!("{shown}() takes no positional arguments")
        } else if most == 0 {
            format!("{full}() takes no arguments ({given} given)")
        } else if constructor && by_name && shown != "str" {
            format!("{shown}() takes at most {most} argument{} ({given} given)", plural(most))
        } else if !constructor && shown != "sorted" && parsed.positional_only < parsed.params.len() {
            let total = parsed.params.len() - hidden;
            if given > total {
                format!("{shown}() takes at most {total} argument{} ({given} given)", plural(total))
            } else {
                let most_of = if least < most { "at most" } else { "exactly" };
                format!(
                    "{shown}() takes {most_of} {most} positional argument{} ({given} given)",
                    plural(most)
                )
            }
        } else if least == most && most == 1 && !constructor && shown != "sorted" {
            format!("{full}() takes exactly one argument ({given} given)")
        } else if least == most {
            let _ = by_keyword;
            format!("{shown} expected {most} argument{}, got {given}", plural(most))
        } else {
            format!("{shown} expected at most {most} argument{}, got {given}", plural(most))
        })
    }

    fn missing_argument(
        &mut self,
        def: &NativeDef,
        parsed: &Parsed,
        i: usize,
        (given, args): (usize, &[Value]),
    ) -> crate::vm::Raise {
        if def.name() == "__new__" && given == 0 {
            return self.type_error("__new__(): not enough arguments");
        }
        let (name, hidden) = self.shown(def, args.first().copied());
        let (most, least) = (parsed.positional - hidden, parsed.required.saturating_sub(hidden));
        let given = given.saturating_sub(hidden);
        let plural = if least == 1 { "" } else { "s" };
        self.type_error(if i < parsed.positional_only || parsed.positional_only == parsed.params.len() {
            let by_name = parsed.positional_only < parsed.params.len();
            if by_name && !parsed.varargs && !matches!(def.name(), "__new__" | "__init__" | "sorted") {
                let which = if least < most { "at least" } else { "exactly" };
                format!("{name}() takes {which} {least} positional argument{plural} ({given} given)")
            } else if least == most && most == 1 && name == def.name() && name != "sorted" {
                format!("{}() takes exactly one argument ({given} given)", def.full_name())
            } else if least == most && !parsed.varargs {
                format!("{name} expected {least} argument{plural}, got {given}")
            } else {
                format!("{name} expected at least {least} argument{plural}, got {given}")
            }
        } else {
            format!("{name}() missing required argument '{}' (pos {})", parsed.params[i].name, i + 1 - hidden)
        })
    }

    fn unexpected_keyword(
        &mut self,
        def: &NativeDef,
        parsed: &Parsed,
        args: &[Value],
        name: &str,
    ) -> crate::vm::Raise {
        let (shown, _) = self.shown(def, args.first().copied());
        let full = if shown == def.name() { def.full_name() } else { shown.clone() };
        self.type_error(if parsed.positional_only == parsed.params.len() {
            format!("{full}() takes no keyword arguments")
        } else {
            let shown = if shown == "sorted" { "sort" } else { &shown };
            let mut message = format!("{shown}() got an unexpected keyword argument '{name}'");
            let known = parsed.params[parsed.positional_only..].iter().map(|p| p.name);
            if let Some(near) = crate::text::nearest::nearest(name, known) {
                message += &format!(". Did you mean '{near}'?");
            }
            message
        })
    }

    /// A `__new__` is called for a class that has an `__init__` of its own, which takes the arguments.
    fn leaves_arguments(&mut self, def: &NativeDef, first: Value) -> bool {
        def.name() == "__new__"
            && first.cast::<crate::objects::Class>().is_some_and(|c| {
                !is_builtin(c)
                    && self.lookup(c, self.names.__init__).is_some_and(|init| !self.is_object_init(init))
            })
    }

    /// A built-in constructor that takes no keywords leaves them to what a derived class defines beside it.
    fn ignores_keywords(&mut self, def: &NativeDef, parsed: &Parsed, first: Value) -> bool {
        if parsed.positional_only != parsed.params.len() {
            return false;
        }
        match def.name() {
            "__new__" => self.leaves_arguments(def, first),
            "__init__" => {
                let new = self.lookup(self.type_of(self.receiver), self.names.__new__);
                self.payload(self.receiver) == first
                    && new.is_some_and(|new| !self.static_function(new).is::<crate::objects::Native>())
            }
            _ => false,
        }
    }
}

pub(crate) fn is_builtin(class: crate::heap::Gc<crate::objects::Class>) -> bool {
    class.header.flags.get() & crate::vm::IMMUTABLE != 0
}

/// Declares a table of natives. See the head of this file.
#[macro_export]
macro_rules! natives {
    ($vis:vis static $table:ident : $( $(#[doc = $doc:literal])* $sig:literal => $f:path; )*) => {
        $crate::native_table! { $vis $table: $( ($sig, $f, "", None, None, concat!($($doc, "\n"),*)), )* }
    };
}

/// Declares the methods of a built-in type: the receiver is checked to be a `$type` (a type that is an `Object`), or
/// what the given function accepts.
#[macro_export]
macro_rules! methods {
    ($vis:vis static $table:ident for fn $accepts:expr, $owner:literal : $( $(#[doc = $doc:literal])* $sig:literal => $f:path; )*) => {
        $crate::native_table! { $vis $table: $( ($sig, $f, $owner, Some($accepts), None, concat!($($doc, "\n"),*)), )* }
    };
    // Of one of the kinds that share a type.
    ($vis:vis static $table:ident for kind $kind:ident, $owner:literal : $( $(#[doc = $doc:literal])* $sig:literal => $f:path; )*) => {
        $crate::native_table! {
            $vis $table: $( (
                $sig, $f, $owner, Some(|v| v.kind() == Some($crate::heap::Kind::$kind)),
                Some($crate::heap::Kind::$kind), concat!($($doc, "\n"),*)
            ), )*
        }
    };
    ($vis:vis static $table:ident for $type:ty, $owner:literal : $( $(#[doc = $doc:literal])* $sig:literal => $f:path; )*) => {
        $crate::native_table! {
            $vis $table: $( (
                $sig, $f, $owner, Some(|v| v.is::<$type>()), Some(<$type as $crate::heap::Object>::KIND),
                concat!($($doc, "\n"),*)
            ), )*
        }
    };
}

/// The rows of a table as a static array, since each caches its parsed signature.
#[doc(hidden)]
#[macro_export]
macro_rules! native_table {
    ($vis:vis $table:ident : $( ($sig:literal, $f:path, $owner:expr, $accepts:expr, $kind:expr, $doc:expr), )*) => {
        $vis static $table: &[$crate::native::NativeDef] = {
            const ROWS: usize = <[&str]>::len(&[$($sig),*]);
            static TABLE: [$crate::native::NativeDef; ROWS] =
                [$( $crate::native::NativeDef::new($sig, $f, $owner, $accepts, $kind, $doc), )*];
            &TABLE
        };
    };
}
