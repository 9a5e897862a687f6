//! One line of help for the commonest mistakes of running programs. It is read off the exception's message, which is
//! the same wherever it is raised, and off what was kept when it was raised. What is said must be true of every
//! exception with that message: a wrong hint is worse than none.

use super::Vm;
use super::suggestions::near;
use crate::heap::{Gc, Value};
use crate::objects::{Class, Dict, Exception, Function, Module, Traceback, Tuple};

const COROUTINE: &str = "an async function's call gives a coroutine: write await before it to get its result";

/// Methods that other languages, or other types of this one, have under another name: the type, what was asked for,
/// what to write.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("deque", "push", "append(x)"),
    ("dict", "add", "d[key] = value"),
    ("dict", "append", "d[key] = value"),
    ("dict", "has_key", "key in d"),
    ("dict", "iteritems", "items()"),
    ("dict", "iterkeys", "keys()"),
    ("dict", "itervalues", "values()"),
    ("dict", "length", "len(d)"),
    ("dict", "size", "len(d)"),
    ("list", "add", "append(x)"),
    ("list", "contains", "x in the_list"),
    ("list", "join", "separator.join(the_list)"),
    ("list", "length", "len(the_list)"),
    ("list", "push", "append(x)"),
    ("list", "size", "len(the_list)"),
    ("set", "append", "add(x)"),
    ("set", "extend", "update(xs)"),
    ("str", "contains", "part in text"),
    ("str", "length", "len(text)"),
    ("str", "size", "len(text)"),
    ("str", "toLowerCase", "lower()"),
    ("str", "toUpperCase", "upper()"),
    ("str", "trim", "strip()"),
    ("tuple", "append", "a list, which can grow"),
];

/// The text between two others.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    Some(&rest[..rest.find(after)?])
}

impl Vm {
    /// What would help somebody who reads this exception; `text` is the source that was running.
    #[must_use]
    pub fn advice(&mut self, exc: Value, message: &str, text: &str) -> Option<String> {
        if !exc.is::<Exception>() {
            return None;
        }
        let suggestion = self.suggested(exc, true);
        match (suggestion.name, suggestion.import) {
            (Some(name), None) => return Some(format!("did you mean {name}?")),
            (Some(name), Some(import)) => {
                return Some(format!("did you mean {name}, or did you forget to import {import}?"));
            }
            (None, Some(import)) => return Some(format!("did you forget to import {import}?")),
            (None, None) => (),
        }
        // The language's own classes alone: others mean something else with the same words.
        let class = self.type_of(exc);
        let e = &self.exceptions;
        if class == e.TypeError {
            self.type_advice(exc, message, text)
        } else if class == e.UnboundLocalError {
            self.unbound_advice(exc, message)
        } else if class == e.AttributeError {
            self.attribute_advice(exc, message)
        } else if class == e.ModuleNotFoundError {
            self.module_advice(message)
        } else if class == e.RuntimeError {
            runtime_advice(message).map(str::to_owned)
        } else if class == e.ValueError {
            value_advice(message)
        } else if class == e.IndexError {
            index_advice(message).map(str::to_owned)
        } else if class == e.RecursionError && message.starts_with("maximum recursion depth exceeded") {
            Some("calls are nested too deep: does each call come nearer to one that calls no further?".into())
        } else if class == e.ImportError && message.starts_with("attempted relative import with no known") {
            Some("a script is in no package: write the import without the dots".into())
        } else {
            None
        }
    }

    /// What to write below the excerpt's main label; the message says it as a rule.
    #[must_use]
    pub fn label(&self, exc: Value, message: &str, text: &str) -> String {
        let class = self.type_of(exc);
        if class == self.exceptions.KeyError && text.ends_with(']') && !text.starts_with("raise") {
            return format!("there is no key {message}");
        }
        if !message.is_empty() {
            return message.to_owned();
        }
        if class == self.exceptions.CancelledError { "cancelled here".into() } else { "raised here".into() }
    }

    fn type_advice(&mut self, exc: Value, message: &str, text: &str) -> Option<String> {
        let own = |help: &str| Some(help.to_owned());
        if let Some(function) = self.kept_called(exc) {
            return self.call_advice(function, message, text);
        }
        if let Some(what) = between(message, "object ", " can't be used in 'await' expression") {
            return match what {
                "NoneType" => own(
                    "this is None: there is nothing to wait for. An async function's call, a task or a future is awaited",
                ),
                "list" | "tuple" | "set" => {
                    own("to await several at once, write await asyncio.gather(*them)")
                }
                "function" | "method" => own("await takes what the call gives: write () behind the name"),
                "async_generator" => own("an async generator is gone through with async for"),
                "generator" => {
                    own("a generator is gone through with for; async def makes what can be awaited")
                }
                _ => own("await takes a coroutine, a task or a future"),
            };
        }
        if message.contains("'coroutine'")
            || message.contains("\"coroutine\"")
            || message.ends_with(", not coroutine")
        {
            return own(COROUTINE);
        }
        if message == "'async_generator' object is not iterable" {
            return own("an async generator is gone through with async for");
        }
        if let Some(what) =
            between(message, "'async for' requires an object with __aiter__ method, got ", "\n").or_else(
                || message.strip_prefix("'async for' requires an object with __aiter__ method, got "),
            )
        {
            return match what {
                "coroutine" => own(COROUTINE),
                "list" | "tuple" | "dict" | "set" | "str" | "range" | "generator" => {
                    Some(format!("a {what} is gone through with a plain for"))
                }
                _ => None,
            };
        }
        if message.ends_with("object does not support the context manager protocol") {
            let class = self.class_called(exc, between(message, "'", "'")?)?;
            let name = self.intern("__aenter__");
            return self
                .lookup(class, name)
                .and_then(|_| own("this is an async context manager: write async with"));
        }
        if message.ends_with("object does not support the asynchronous context manager protocol") {
            let class = self.class_called(exc, between(message, "'", "'")?)?;
            let name = self.intern("__enter__");
            return self.lookup(class, name).and_then(|_| own("this is a plain context manager: write with"));
        }
        if message.ends_with("object is not callable") {
            if message == "'NoneType' object is not callable" {
                return own("what stands before ( ) is None here");
            }
            return self.not_callable_advice(exc, message, text);
        }
        match message {
            "'NoneType' object is not iterable" | "'NoneType' object is not subscriptable" => {
                own("this is None: a function without a return gives that")
            }
            "'function' object is not subscriptable"
            | "'method' object is not subscriptable"
            | "'builtin_function_or_method' object is not subscriptable" => {
                own("a function is called with ( ), not with [ ]")
            }
            "unhashable type: 'list'"
                if text.starts_with("asyncio.gather(") || text.starts_with("gather(") =>
            {
                own("gather takes awaitables one by one: gather(*the_list)")
            }
            "unhashable type: 'list'" => own("a list can change, so it is no key and in no set: use a tuple"),
            "unhashable type: 'dict'" => {
                own("a dict can change, so it is no key and in no set: use a tuple of its items")
            }
            "unhashable type: 'set'" => {
                own("a set can change, so it is no key and in no set: use a frozenset")
            }
            "string indices must be integers, not 'str'" => {
                own("characters are found by their position; a name in [ ] is for dicts")
            }
            "list indices must be integers or slices, not str" => {
                own("items of a list are found by their position; a name in [ ] is for dicts")
            }
            "'str' object does not support item assignment" => own("a str never changes: make a new one"),
            "'tuple' object does not support item assignment" => own("a tuple never changes: use a list"),
            "An asyncio.Future, a coroutine or an awaitable is required" => {
                own("this takes a coroutine, a task or a future")
            }
            "Passing coroutines is forbidden, use tasks explicitly." => {
                own("make tasks of them: [asyncio.create_task(c) for c in coroutines]")
            }
            _ if message.starts_with("can only concatenate str (not \"") => {
                own("convert it with str(...), or write an f-string: f\"{...}\"")
            }
            _ if message.starts_with("unsupported operand type(s) for") && message.contains("'NoneType'") => {
                own("one side is None: a function without a return gives that")
            }
            _ if message.starts_with("unsupported operand type(s) for +") => {
                let sides = message.rsplit_once(": ").map_or("", |(_, sides)| sides);
                matches!(sides, "'int' and 'str'" | "'float' and 'str'").then(|| {
                    "convert one side: int(...) or float(...) of the text, or str(...) of the number".into()
                })
            }
            _ if message.starts_with("a coroutine was expected, got <function")
                || message.starts_with("a coroutine was expected, got <bound method") =>
            {
                own("call the function: what it returns is the coroutine")
            }
            _ => None,
        }
    }

    /// Wrong arguments: how the function wants to be called.
    fn call_advice(&mut self, function: Gc<Function>, message: &str, text: &str) -> Option<String> {
        let qualname = function.code.qualname;
        let (class, name) = qualname.as_str().rsplit_once('.').unwrap_or(("", qualname.as_str()));
        let first = function.code.locals.first().map_or("", |n| n.text());
        if message.ends_with("missing 1 required positional argument: 'self'") && first == "self" {
            let class = class.rsplit('.').next().unwrap_or(class);
            return Some(format!("{name} is a method: call it on an instance of {class}, not on the class"));
        }
        let method = !class.is_empty() && !class.ends_with("<locals>");
        let takes_none = function.code.plain.signature.positional == 0;
        let on_class = class.rsplit('.').next().is_some_and(|c| text.starts_with(&format!("{c}.")));
        if method
            && takes_none
            && message.ends_with("takes 0 positional arguments but 1 was given")
            && self.is_plain_method(function, class, name)
            && !on_class
        {
            return Some(format!("a method gets its object as the first parameter: def {name}(self)"));
        }
        Some(format!("it is defined as {}", self.signature_of(function)))
    }

    /// Whether the class of that name, as its module sees it, has the function as an ordinary method.
    fn is_plain_method(&mut self, function: Gc<Function>, class: &str, name: &str) -> bool {
        let (class, name) = (self.intern(class), self.intern(name));
        let class = function.globals.table.get_str(class).and_then(Value::cast::<Class>);
        class.and_then(|c| c.dict.table.get_str(name)) == Some(function.value())
    }

    /// `greet(name, *, loud=False)`
    fn signature_of(&mut self, function: Gc<Function>) -> String {
        let code = function.code;
        let s = code.plain.signature;
        let name = |i: usize| code.locals.get(i).map_or("?", |n| n.text());
        let (positional, keyword_only) = (usize::from(s.positional), usize::from(s.keyword_only));
        let named = positional + keyword_only;
        let defaults = function.defaults().cast::<Tuple>();
        let n_defaults = defaults.map_or(0, |d| d.len());
        let without = positional.saturating_sub(n_defaults);
        let keyword_defaults = function.keyword_defaults.cast::<Dict>();
        let mut parts = Vec::new();
        for i in 0..positional {
            let default = defaults
                .filter(|_| i >= without)
                .and_then(|d| d.items().get(i + n_defaults - positional).copied());
            parts.push(self.parameter(name(i), default));
            if i + 1 == usize::from(s.positional_only) {
                parts.push("/".into());
            }
        }
        if s.varargs {
            parts.push(format!("*{}", name(named)));
        } else if keyword_only > 0 {
            parts.push("*".into());
        }
        for i in positional..named {
            let default = keyword_defaults.and_then(|d| d.table.get_str(code.locals[i]));
            parts.push(self.parameter(name(i), default));
        }
        if s.varkw {
            parts.push(format!("**{}", name(named + usize::from(s.varargs))));
        }
        format!("{}({})", code.name.as_str(), parts.join(", "))
    }

    fn parameter(&mut self, name: &str, default: Option<Value>) -> String {
        let Some(default) = default else { return name.to_owned() };
        // Only what has a short text, and one that no script makes.
        let simple = default.is_none()
            || default.as_bool().is_some()
            || default.as_int().is_some()
            || default.as_str().is_some_and(|s| s.as_str().len() < 30);
        match self.repr(default) {
            Ok(shown) if simple => format!("{name}={shown}"),
            _ => format!("{name}=..."),
        }
    }

    fn not_callable_advice(&mut self, exc: Value, message: &str, text: &str) -> Option<String> {
        if message == "'coroutine' object is not callable" {
            return Some(COROUTINE.into());
        }
        let called: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        let is_call = text[called.len()..].starts_with('(');
        if called.is_empty() || !is_call {
            return None;
        }
        let name = self.intern(&called);
        let builtin = self.builtins.table.get_str(name)?;
        let globals = self.globals_of(exc)?;
        let hides = globals.table.get_str(name).is_some_and(|v| v != builtin && !self.is_callable(v));
        hides.then(|| format!("the program's own {called} hides the built-in {called}: give it another name"))
    }

    /// The globals of the module in which the exception was raised.
    fn globals_of(&mut self, exc: Value) -> Option<Gc<Dict>> {
        let traceback = exc.cast::<Exception>()?.traceback.cast::<Traceback>()?;
        let script = |e: &&crate::objects::TracebackEntry| self.sources.get(e.code.plain.source).is_script();
        let entry = traceback.entries.iter().find(script)?;
        let file = self.sources.get(entry.code.plain.source).name.clone();
        let key = self.names.__file__;
        let modules: Vec<Gc<Module>> = self.modules.table.values().filter_map(Value::cast).collect();
        let same = |m: &&Gc<Module>| {
            m.dict.table.get_str(key).and_then(Value::as_str).is_some_and(|f| f.as_str() == file)
        };
        modules.iter().find(same).map(|m| m.dict)
    }

    /// The class that the script, or asyncio, knows by this name.
    fn class_called(&mut self, exc: Value, name: &str) -> Option<Gc<Class>> {
        let globals = self.globals_of(exc);
        let asyncio = self.names.asyncio;
        let asyncio = self.modules.table.get_str(asyncio).and_then(Value::cast::<Module>).map(|m| m.dict);
        let io = self.intern("io");
        let io = self.modules.table.get_str(io).and_then(Value::cast::<Module>).map(|m| m.dict);
        let key = self.intern(name);
        [globals, asyncio, io].into_iter().flatten().find_map(|d| d.table.get_str(key)?.cast::<Class>())
    }

    fn unbound_advice(&mut self, exc: Value, message: &str) -> Option<String> {
        let name = between(message, "local variable '", "'")?;
        let (globals, _) = self.kept_scope(exc)?;
        let key = self.intern(name);
        Some(if globals.table.get_str(key).is_some() {
            format!(
                "{name} is assigned in this function, so it is its own; to mean the module's, write global {name} first"
            )
        } else {
            format!("{name} has no value yet: is it assigned on every way that leads here?")
        })
    }

    fn attribute_advice(&mut self, exc: Value, message: &str) -> Option<String> {
        let object = self.exception_field(exc, 1)?;
        let name = self.exception_field(exc, 0)?.as_str()?;
        let class = self.class_name(object);
        match class {
            "coroutine" => return Some(COROUTINE.into()),
            "NoneType" => {
                return Some(format!("what stands before .{} is None", name.as_str()));
            }
            "dict" if object.cast::<Dict>().is_some_and(|d| d.table.get_str(name).is_some()) => {
                return Some(format!("entries of a dict are read as d['{}']", name.as_str()));
            }
            "Task" | "Future" if message.contains("object has no attribute") => {
                let mut result = None;
                if let Some(future) = object.cast::<crate::objects::Future>()
                    && future.is_done()
                {
                    let value = future.result;
                    result = self
                        .has_plainly(value, name)
                        .then(|| "this is the task, not its result: await it".into());
                }
                return result;
            }
            _ => (),
        }
        let found = ELSEWHERE.iter().find(|(owner, asked, _)| *owner == class && *asked == name.as_str());
        if let Some((_, _, instead)) = found {
            return Some(format!("a {class} has no {}: write {instead}", name.as_str()));
        }
        None
    }

    fn module_advice(&mut self, message: &str) -> Option<String> {
        let name = between(message, "No module named '", "'")?;
        if let Some((package, _)) = name.rsplit_once('.') {
            return message
                .ends_with("is not a package")
                .then(|| format!("{package} has no modules inside it"));
        }
        let mut files = Vec::new();
        for folder in &self.host.path {
            let folder = if folder.as_os_str().is_empty() { std::path::Path::new(".") } else { folder };
            let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().take(1000);
            files.extend(entries.filter_map(|e| {
                let name = e.file_name().into_string().ok()?;
                Some(name.strip_suffix(".aio").or_else(|| name.strip_suffix(".py"))?.to_owned())
            }));
        }
        files.sort();
        let built_in = crate::modules::names().filter(|n| !n.starts_with('_')).map(str::to_owned);
        files.extend(built_in);
        Some(match near(name, files.iter().map(String::as_str), true) {
            Some(other) => format!("did you mean {other}?"),
            None => format!("no {name}.aio or {name}.py lies beside the script, and none is built in"),
        })
    }
}

fn runtime_advice(message: &str) -> Option<&'static str> {
    Some(match message {
        "no running event loop" => "this works inside an async function only, once asyncio.run(...) runs it",
        "cannot reuse already awaited coroutine" => {
            "a coroutine runs once: call the function again, or make a task, which can be awaited many times"
        }
        "asyncio.run() cannot be called from a running event loop" => {
            "inside async code, write await instead"
        }
        "This event loop is already running" => "inside async code, write await instead",
        "dictionary changed size during iteration" => "go through a copy: for key in list(the_dict)",
        "Set changed size during iteration" => "go through a copy: for item in list(the_set)",
        "deque mutated during iteration" => "go through a copy: for item in list(the_deque)",
        "generator raised StopIteration" | "async generator raised StopIteration" => {
            "a generator ends with return; next(it, default) raises no StopIteration"
        }
        "coroutine raised StopIteration" => {
            "a coroutine ends with return; next(it, default) raises no StopIteration"
        }
        "Lock is not acquired." => "release() belongs behind an acquire(); async with does both",
        "cannot notify on un-acquired lock" | "cannot wait on un-acquired lock" => {
            "a condition is used inside async with on it"
        }
        "Timeout should be used inside a task" => {
            "async with asyncio.timeout(...) belongs into an async function"
        }
        _ => return None,
    })
}

fn value_advice(message: &str) -> Option<String> {
    if message.starts_with("a coroutine was expected, got <function")
        || message.starts_with("a coroutine was expected, got <bound method")
    {
        return Some("call the function: what it returns is the coroutine".into());
    }
    if message.starts_with("too many values to unpack") {
        return Some("a name with a star takes all that is left: first, *rest = ...".into());
    }
    let literal = message.strip_prefix("invalid literal for int() with base 10: '")?.strip_suffix('\'')?;
    if literal.trim().is_empty() {
        return Some("the text is empty".into());
    }
    let float = literal.trim().parse::<f64>().is_ok() && literal.contains('.');
    float.then(|| "it has a fraction: float(...) reads it".into())
}

fn index_advice(message: &str) -> Option<&'static str> {
    Some(match message {
        "list index out of range" | "tuple index out of range" | "string index out of range" => {
            "positions go from 0 to len(...) - 1, and from -1 down to -len(...)"
        }
        "list assignment index out of range" => "assigning makes a list no longer: append(...) does",
        "pop from empty list" | "pop from an empty deque" => {
            "there is nothing left in it: ask whether it is empty first"
        }
        _ => return None,
    })
}
