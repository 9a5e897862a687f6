//! Loading compiled code, running modules, and the interpreter's beginning.

use super::{Activations, Host, Limits, Raise, Result, Vm};
use crate::bytecode::code::{Code, CodeKind, Const};
use crate::bytecode::verify::{VerifyError, verify};
use crate::event_loop::EventLoop;
use crate::heap::{Gc, Heap, Interner, Stack, Str, Value};
use crate::objects::class::{Layout, Shape};
use crate::objects::table::Recent;
use crate::objects::{
    CodeObject, Dict, Function, InlineCache, Module, Native, Shortcut, Table, register_all,
};
use crate::source::SourceMap;

/// Registers that the stack has room for: 64 MiB of address space.
const STACK_REGISTERS: usize = 8 << 20;

impl Vm {
    #[must_use]
    pub fn new(host: Host) -> Self {
        let mut heap = Heap::new();
        register_all(&mut heap);
        let mut interner = Interner::default();
        let names = super::Names::new(&mut heap, &mut interner);
        let mut shapes: Vec<Shape> = Vec::with_capacity(512);
        let empty_str = interner.intern(&mut heap, "");
        let empty_tuple = heap.tuple(&[]).value();
        let characters =
            (0..=255u8).map(|c| interner.intern(&mut heap, char::from(c).encode_utf8(&mut [0; 4]))).collect();
        let mut bare = |heap: &mut Heap, interner: &mut Interner, name: &'static str, layout: Layout| {
            super::class::first_class(heap, interner, &mut shapes, name, layout)
        };
        let types = super::Types::new(|name| {
            bare(&mut heap, &mut interner, name, super::class::builtin_layout(name))
        });
        let exceptions = super::ExceptionTypes::new(types.object, |name, base| {
            let class = bare(&mut heap, &mut interner, name, Layout::Exception);
            super::class::derive(class, base);
            class
        });
        let builtins = heap.dict();
        let modules = heap.dict();
        let mut event_loop = EventLoop::new(host.virtual_time);
        if let Some(seed) = host.seed {
            event_loop.policy = crate::event_loop::Policy::Random(seed);
        }
        let mut vm = Self {
            heap,
            interner,
            names,
            types,
            exceptions,
            shapes,
            class_epoch: 1,
            dict_versions: 0,
            learnt: super::caches::nothing_learnt(empty_str),
            method_cache: vec![super::attributes::MethodCacheEntry::EMPTY; super::attributes::METHOD_CACHE],
            stack: Stack::new(STACK_REGISTERS),
            activations: Activations::new(super::MAX_RECURSION, 1000),
            roots: Vec::new(),
            builtins,
            modules,
            sources: SourceMap::default(),
            weak: super::weak::Weak::default(),
            unfinished: Vec::new(),
            unawaited: super::unawaited::Unawaited::default(),
            event_loop,
            host,
            open_files: Vec::new(),
            file_class: Value::NONE,
            field_class: Value::NONE,
            recursion_limit: 1000,
            limits: Limits::default(),
            stopped: false,
            left: Ok(super::Exit::Return(Value::NONE)),
            int_max_str_digits: crate::text::int::MAX_STR_DIGITS,
            doors: 0,
            iterators: 0,
            quick: super::Quick::default(),
            default_texts: Vec::new(),
            characters,
            recent: Recent::default(),
            empty_tuple,
            empty_str,
            scratch: String::new(),
            repr_stack: Vec::new(),
            now_raising: Value::NONE,
            receiver: Value::NONE,
            python_tracebacks: false,
            at_once: super::AtOnce::No,
            reraising: false,
        };
        // Those with another base than `object` come last, when that has its own.
        let derived = [(vm.types.bool, vm.types.int), (vm.types.task, vm.types.future)];
        for class in vm.types.all() {
            if class != vm.types.object && class.bases.is_empty() && derived.iter().all(|d| d.0 != class) {
                super::class::derive(class, vm.types.object);
            }
        }
        for (class, base) in derived {
            super::class::derive(class, base);
        }
        crate::builtins::install(&mut vm);
        vm.note_shortcuts();
        let len = vm.intern("len");
        vm.quick.len = vm.builtins.table.get_str(len).unwrap_or_default();
        vm
    }

    /// Lets the run loop know the methods for which it has a way of its own.
    fn note_shortcuts(&mut self) {
        let (list, set, dict) = (self.types.list, self.types.set, self.types.dict);
        let methods = [
            (list, "append", Shortcut::ListAppend),
            (set, "add", Shortcut::SetAdd),
            (set, "remove", Shortcut::SetRemove),
            (set, "discard", Shortcut::SetDiscard),
            (dict, "get", Shortcut::DictGet),
        ];
        for (class, name, shortcut) in methods {
            let name = self.intern(name);
            if let Some(mut native) = class.dict.table.get_str(name).and_then(|v| v.cast::<Native>()) {
                native.shortcut = shortcut;
            }
        }
    }

    /// Makes loaded code of compiled code.
    ///
    /// # Errors
    /// If the code does not pass the verifier: a mistake of the compiler.
    pub fn load_code(&mut self, code: Code) -> std::result::Result<Gc<CodeObject>, VerifyError> {
        verify(&code)?;
        Ok(self.load_verified(code))
    }

    fn load_verified(&mut self, mut code: Code) -> Gc<CodeObject> {
        let consts = std::mem::take(&mut code.consts).into_iter().map(|c| self.constant(c)).collect();
        let caches = std::mem::take(&mut code.caches)
            .into_iter()
            .map(|name| InlineCache::new(self.intern(&name)))
            .collect();
        let name = self.intern(&code.name);
        let qualname = self.intern(&code.qualname);
        let locals: Vec<Gc<Str>> =
            code.locals.iter().map(|n| self.interner.intern(&mut self.heap, n)).collect();
        self.heap.code(code, consts, caches, name, qualname, locals)
    }

    fn constant(&mut self, c: Const) -> Value {
        match c {
            Const::None => Value::NONE,
            Const::True => Value::TRUE,
            Const::False => Value::FALSE,
            Const::Ellipsis => Value::ELLIPSIS,
            Const::Int(i) => self.heap.int(i),
            Const::BigInt(text) => self.big_constant(&text),
            Const::Float(f) => self.heap.float(f),
            Const::Complex(re, im) => self.heap.complex(re, im),
            // Names and short strings are likely keys: one object each.
            Const::Str(s) if s.len() <= 64 => self.intern(&s).value(),
            Const::Str(s) => self.heap.string(&s).value(),
            Const::Bytes(b) => self.heap.bytes(b).value(),
            Const::Tuple(items) => {
                let items: Vec<Value> = items.into_iter().map(|c| self.constant(c)).collect();
                self.tuple(&items)
            }
            Const::FrozenSet(items) => {
                let set = self.heap.frozenset(Table::default());
                for c in items {
                    let v = self.constant(c);
                    // Constants hash without code of the language.
                    let _ = self.set_add(set, v);
                }
                set.value()
            }
            Const::Code(code) => self.load_verified(*code).value(),
        }
    }

    fn big_constant(&mut self, text: &str) -> Value {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |t| (true, t));
        let (radix, digits) = match digits.get(..2) {
            Some("0x" | "0X") => (16, &digits[2..]),
            Some("0o" | "0O") => (8, &digits[2..]),
            Some("0b" | "0B") => (2, &digits[2..]),
            _ => (10, digits),
        };
        let value = num_bigint::BigInt::parse_bytes(digits.as_bytes(), radix).unwrap_or_default();
        self.heap.big_int(if negative { -value } else { value })
    }

    /// The namespace of a new module.
    pub fn new_namespace(&mut self, name: &str) -> Gc<Dict> {
        let mut dict = self.heap.dict();
        let name = self.str(name);
        dict.set_str(self.names.__name__, name);
        dict.set_str(self.names.__doc__, Value::NONE);
        dict.set_str(self.names.__package__, Value::NONE);
        dict.set_str(self.names.__spec__, Value::NONE);
        let builtins = self.builtins.value();
        dict.set_str(self.names.__builtins__, builtins);
        dict
    }

    /// Runs a module's code in a namespace; one with top-level `await` becomes the main task of the event loop.
    pub fn run_code(&mut self, code: Gc<CodeObject>, namespace: Gc<Dict>) -> Result<Value> {
        let function = self.heap.function(code, namespace, Value::UNBOUND, Value::NONE, Value::NONE);
        self.root(function);
        let result = self.run_module_function(function);
        self.roots.pop();
        result
    }

    fn run_module_function(&mut self, function: Gc<Function>) -> Result<Value> {
        if function.code.kind == CodeKind::Plain {
            return self.call(function.value(), &[]);
        }
        let coroutine = self.call(function.value(), &[])?;
        self.root(coroutine);
        crate::event_loop::run_main(self, coroutine)
    }

    /// Runs the script's code as `__main__`.
    pub fn run_main_module(&mut self, code: Gc<CodeObject>, file: &str) -> Result<Value> {
        let mut namespace = self.new_namespace("__main__");
        let file = self.str(file);
        namespace.set_str(self.names.__file__, file);
        let module = self.heap.module(namespace);
        let mut modules = self.modules;
        let name = self.intern("__main__");
        modules.set_str(name, module.value());
        self.run_code(code, namespace)
    }

    /// The namespace of what is typed at a prompt: that of `__main__`, which is made if there is none.
    pub fn prompt_namespace(&mut self) -> Gc<Dict> {
        let name = self.intern("__main__");
        if let Some(module) = self.modules.table.get_str(name).and_then(Value::cast::<Module>) {
            return module.dict;
        }
        let mut namespace = self.new_namespace("__main__");
        self.root(namespace);
        let annotations = self.heap.dict();
        namespace.set_str(self.names.__annotations__, annotations.value());
        let module = self.heap.module(namespace);
        let mut modules = self.modules;
        modules.set_str(name, module.value());
        namespace
    }

    /// Runs what was typed at a prompt.
    ///
    /// # Errors
    /// What it raises.
    pub fn run_input(&mut self, code: Gc<CodeObject>) -> Result<Value> {
        self.root(code);
        let namespace = self.prompt_namespace();
        let function = self.heap.function(code, namespace, Value::UNBOUND, Value::NONE, Value::NONE);
        self.root(function);
        let result = self.call(function.value(), &[])?;
        if code.kind == CodeKind::Plain {
            Ok(result)
        } else {
            crate::event_loop::run::run_input(self, result)
        }
    }

    /// Compiles and runs source that ships inside the binary; gives its namespace.
    pub fn run_embedded(&mut self, name: &str, text: &str) -> Result<Gc<Dict>> {
        let namespace = self.new_namespace(name);
        self.root(namespace);
        let code = self.compile_text(&format!("<{name}>"), text)?;
        self.run_code(code, namespace)?;
        Ok(namespace)
    }

    /// Compiles a source; its first diagnostic becomes a SyntaxError.
    pub fn compile_text(&mut self, name: &str, text: &str) -> Result<Gc<CodeObject>> {
        let source = self.sources.add(crate::source::Source::new(name, text));
        let compiled = crate::compile::compile_source(source, name, text);
        self.loaded(name, source, compiled)
    }

    /// Loads what the compiler made, or raises what it found.
    pub(super) fn loaded(
        &mut self,
        name: &str,
        source: crate::source::SourceId,
        compiled: std::result::Result<Code, Vec<crate::diagnostics::Diagnostic>>,
    ) -> Result<Gc<CodeObject>> {
        match compiled {
            Ok(code) => match self.load_code(code) {
                Ok(code) => Ok(code),
                Err(error) => {
                    Err(self.error(self.exceptions.SystemError, format!("compiler error: {error:?}")))
                }
            },
            Err(diagnostics) => Err(self.syntax_error(name, source, diagnostics.into_iter().next())),
        }
    }

    /// The SyntaxError for a diagnostic.
    fn syntax_error(
        &mut self,
        name: &str,
        source: crate::source::SourceId,
        first: Option<crate::diagnostics::Diagnostic>,
    ) -> Raise {
        let Some(found) = first else { return self.error(self.exceptions.SyntaxError, "invalid syntax") };
        let class = match found.kind {
            "IndentationError" => self.exceptions.IndentationError,
            "TabError" => self.exceptions.TabError,
            _ => self.exceptions.SyntaxError,
        };
        let place = self.sources.get(source).clone();
        // Columns are counted in characters, from 1.
        let at = |offset: u32| {
            let (line, column) = place.line_column(offset);
            let before = place.line(line).get(..column as usize);
            (line, before.map_or(column as usize, |b| b.chars().count()) + 1)
        };
        let ((line, column), (mut end_line, mut end_column)) = (at(found.span.start), at(found.span.end));
        if (end_line, end_column) == (line, column) || end_line == line + 1 && end_column == 1 {
            (end_line, end_column) = (line, column + 1);
        }
        let text = format!("{}\n", place.line(line));
        let number = |n: usize| Value::int(i64::try_from(n).unwrap_or(i64::MAX));
        let (name, text) = (self.str(name), self.str(&text));
        let (line, end_line) = (number(line as usize), number(end_line as usize));
        let details = self.tuple(&[name, line, number(column), text, end_line, number(end_column)]);
        let message = self.str(&found.message);
        self.error_with(class, &[message, details])
    }

    /// The running function's globals.
    #[must_use]
    pub fn globals(&self) -> Gc<Dict> {
        self.activations.last().map_or(self.builtins, |a| a.function.globals)
    }

    /// For `super()` outside a method and the like: a message of the exception that is being raised.
    pub fn describe(&mut self, raise: Raise) -> String {
        self.to_str(raise.0).map_or(String::new(), |s| s.as_str().to_owned())
    }
}
