//! The built-in classes, the exception tree, and the names the VM itself looks up.

use crate::heap::{Gc, Heap, Interner, Kind, Str, Tracer, Value};
use crate::objects::class::Shape;
use crate::objects::{Boxed, Class, Exception, Instance, Iter, IterState};

macro_rules! names {
    ($($name:ident)*) => {
        /// Names that the VM looks up, interned.
        #[derive(Clone, Copy)]
        pub struct Names { $(pub $name: Gc<Str>),* }

        impl Names {
            pub fn new(heap: &mut Heap, interner: &mut Interner) -> Self {
                Self { $($name: interner.intern(heap, stringify!($name))),* }
            }
        }
    };
}

names! {
    __abs__ __abstractmethods__ __add__ __aenter__ __aexit__ __aiter__ __all__ __and__ __anext__ __annotations__ __await__ __bool__
    __bases__ __builtins__ __bytes__ __call__ __cause__ __ceil__ __class__ __class_getitem__ __classcell__ __complex__
    __contains__ __context__ __copy__ __deepcopy__ __defaults__ __del__ __delattr__ __delete__ __delitem__ __dict__
    __dir__ __divmod__ __doc__ __enter__ __eq__ __exit__ __file__ __float__ __floor__ __floordiv__ __format__ __ge__
    __get__ __getattr__ __getattribute__ __getitem__ __gt__ __hash__ __iadd__ __iand__ __ifloordiv__ __ilshift__
    __imatmul__ __imod__ __imul__ __index__ __init__ __init_subclass__ __instancecheck__ __int__ __invert__ __ior__
    __ipow__ __irshift__ __isub__ __iter__ __itruediv__ __ixor__ __kwdefaults__ __le__ __len__ __length_hint__
    __lshift__ __lt__ __match_args__ __matmul__ __missing__ __mod__ __module__ __mro__ __mro_entries__ __mul__
    __name__ __ne__ __neg__ __new__ __next__ __notes__ __or__ __package__ __path__ __pos__ __pow__ __prepare__
    __qualname__ __radd__ __rand__ __rdivmod__ __reduce__ __repr__ __reversed__ __rfloordiv__ __rlshift__ __rmatmul__
    __rmod__ __rmul__ __ror__ __round__ __rpow__ __rrshift__ __rshift__ __rsub__ __rtruediv__ __rxor__ __set__
    __set_name__ __setattr__ __setitem__ __sizeof__ __slots__ __spec__ __str__ __sub__ __subclasscheck__
    __suppress_context__ __traceback__ __truediv__ __trunc__ __xor__ __wrapped__ __weakref__ __subclasses__
    __code__ __closure__ __globals__ __func__ __self__ __fspath__
    add_note args cancel close code exceptions join keys message mro msg name obj send step start stop throw update
    value with_traceback getter setter deleter fget fset fdel end_lineno errno filename strerror sep end file flush
    asyncio sys main builtins path
}

macro_rules! types {
    ($($field:ident $name:literal)*) => {
        /// The built-in classes.
        pub struct Types {
            $(pub $field: Gc<Class>,)*
            pub(super) by_kind: [Gc<Class>; 64],
        }

        impl Types {
            /// Makes every class, still without methods: `make` gets its name.
            pub fn new(mut make: impl FnMut(&'static str) -> Gc<Class>) -> Self {
                $(let $field = make($name);)*
                let all = [$($field),*];
                Self { by_kind: [all[0]; 64], $($field),* }.with_kinds()
            }

            pub fn trace(&self, tracer: &mut Tracer) {
                $(tracer.gc(self.$field);)*
            }

            #[must_use]
            pub fn all(&self) -> Vec<Gc<Class>> {
                vec![$(self.$field),*]
            }
        }
    };
}

types! {
    object "object" type_ "type" none "NoneType" bool "bool" int "int" float "float" complex "complex" str "str"
    bytes "bytes" bytearray "bytearray" list "list" tuple "tuple" dict "dict" set "set" frozenset "frozenset"
    range "range" slice "slice" function "function" native "builtin_function_or_method" method "method"
    cell "cell" code "code" module "module" property "property" staticmethod "staticmethod"
    classmethod "classmethod" super_ "super" traceback "traceback" mappingproxy "mappingproxy"
    generator "generator" coroutine "coroutine" async_generator "async_generator"
    async_generator_asend "async_generator_asend" coroutine_wrapper "coroutine_wrapper" not_implemented "NotImplementedType" ellipsis "ellipsis"
    dict_keys "dict_keys" dict_values "dict_values" dict_items "dict_items"
    method_descriptor "method_descriptor" member_descriptor "member_descriptor"
    getset_descriptor "getset_descriptor" wrapper_descriptor "wrapper_descriptor" method_wrapper "method-wrapper"
    list_iterator "list_iterator" list_reverseiterator "list_reverseiterator" tuple_iterator "tuple_iterator"
    str_iterator "str_iterator" bytes_iterator "bytes_iterator" range_iterator "range_iterator"
    dict_keyiterator "dict_keyiterator" dict_valueiterator "dict_valueiterator" dict_itemiterator "dict_itemiterator"
    dict_reversekeyiterator "dict_reversekeyiterator" set_iterator "set_iterator" iterator "iterator"
    callable_iterator "callable_iterator" enumerate "enumerate" zip "zip" map "map" filter "filter"
    reversed "reversed" frame "frame"
    type_alias "TypeAliasType"
    generic_alias "GenericAlias" union_type "UnionType"
    future "Future" task "Task" handle "Handle" timer_handle "TimerHandle"
}

impl Types {
    fn with_kinds(mut self) -> Self {
        let pairs = [
            (Kind::Float, self.float),
            (Kind::BigInt, self.int),
            (Kind::Complex, self.complex),
            (Kind::Str, self.str),
            (Kind::Bytes, self.bytes),
            (Kind::ByteArray, self.bytearray),
            (Kind::List, self.list),
            (Kind::Tuple, self.tuple),
            (Kind::Dict, self.dict),
            (Kind::Set, self.set),
            (Kind::FrozenSet, self.frozenset),
            (Kind::Range, self.range),
            (Kind::Slice, self.slice),
            (Kind::Cell, self.cell),
            (Kind::Function, self.function),
            (Kind::Native, self.native),
            (Kind::BoundMethod, self.method),
            (Kind::Class, self.type_),
            (Kind::Module, self.module),
            (Kind::Code, self.code),
            (Kind::Generator, self.generator),
            (Kind::Coroutine, self.coroutine),
            (Kind::AsyncGenerator, self.async_generator),
            (Kind::AsyncGenStep, self.async_generator_asend),
            (Kind::Awaitable, self.coroutine),
            (Kind::Property, self.property),
            (Kind::StaticMethod, self.staticmethod),
            (Kind::ClassMethod, self.classmethod),
            (Kind::Super, self.super_),
            (Kind::Traceback, self.traceback),
            (Kind::MappingProxy, self.mappingproxy),
            (Kind::Future, self.future),
            (Kind::Task, self.task),
            (Kind::Handle, self.handle),
        ];
        for (kind, class) in pairs {
            self.by_kind[kind as usize] = class;
        }
        self
    }

    #[inline]
    pub fn of(&self, v: Value, shapes: &[Shape]) -> Gc<Class> {
        if v.is_int() {
            return self.int;
        }
        if v.inline_float().is_some() {
            return self.float;
        }
        let Some(kind) = v.kind() else { return self.of_constant(v) };
        match kind {
            Kind::Instance => v.cast::<Instance>().map_or(self.object, |i| shapes[i.shape() as usize].class),
            Kind::Exception => {
                v.cast::<Exception>().map_or(self.object, |e| shapes[e.shape() as usize].class)
            }
            Kind::Class => v.cast::<Class>().and_then(|c| c.metaclass).unwrap_or(self.type_),
            Kind::Boxed => v.cast::<Boxed>().map_or(self.object, |b| b.class),
            Kind::Iter => v.cast::<Iter>().map_or(self.object, |i| self.of_iter(&i.state)),
            Kind::DictView => self.of_view(v),
            Kind::Handle => match v.cast::<crate::objects::Handle>() {
                Some(h) if !h.when.is_nan() => self.timer_handle,
                _ => self.handle,
            },
            Kind::Native => match v.cast::<crate::objects::Native>() {
                Some(n) if !n.def.is_method() => self.native,
                Some(n) if n.receiver.is_unbound() && n.def.is_slot() => self.wrapper_descriptor,
                Some(n) if n.receiver.is_unbound() => self.method_descriptor,
                Some(n) if n.def.is_slot() => self.method_wrapper,
                _ => self.native,
            },
            Kind::Property => match v.cast::<crate::objects::Property>() {
                Some(p) if p.is_builtin() => self.getset_descriptor,
                _ => self.property,
            },
            _ => self.by_kind[kind as usize],
        }
    }

    fn of_constant(&self, v: Value) -> Gc<Class> {
        match v {
            Value::NONE => self.none,
            Value::TRUE | Value::FALSE => self.bool,
            Value::NOT_IMPLEMENTED => self.not_implemented,
            Value::ELLIPSIS => self.ellipsis,
            _ => self.object,
        }
    }

    fn of_view(&self, v: Value) -> Gc<Class> {
        use crate::objects::{DictView, ViewKind};
        match v.cast::<DictView>().map(|view| view.kind) {
            Some(ViewKind::Keys) => self.dict_keys,
            Some(ViewKind::Values) => self.dict_values,
            _ => self.dict_items,
        }
    }

    fn of_iter(&self, state: &IterState) -> Gc<Class> {
        use crate::objects::ViewKind;
        match state {
            IterState::Done | IterState::Sequence { .. } => self.iterator,
            IterState::List { .. } => self.list_iterator,
            IterState::ListReversed { .. } => self.list_reverseiterator,
            IterState::Tuple { .. } => self.tuple_iterator,
            IterState::Str { .. } => self.str_iterator,
            IterState::Bytes { .. } => self.bytes_iterator,
            IterState::Range { .. } | IterState::BigRange { .. } => self.range_iterator,
            IterState::Dict { kind: ViewKind::Keys, .. } => self.dict_keyiterator,
            IterState::Dict { kind: ViewKind::Values, .. } => self.dict_valueiterator,
            IterState::Dict { .. } => self.dict_itemiterator,
            IterState::DictReversed { .. } => self.dict_reversekeyiterator,
            IterState::Set { .. } => self.set_iterator,
            IterState::SequenceReversed { .. } => self.reversed,
            IterState::Callable { .. } => self.callable_iterator,
            IterState::Enumerate { .. } => self.enumerate,
            IterState::Zip { .. } => self.zip,
            IterState::Map { .. } => self.map,
            IterState::Filter { .. } => self.filter,
            IterState::Tool(tool) => tool.class,
        }
    }
}

macro_rules! exceptions {
    ($root:ident; $($name:ident : $base:ident;)*) => {
        /// The exception tree.
        #[expect(non_snake_case, reason = "the fields are the classes' names")]
        pub struct ExceptionTypes {
            pub $root: Gc<Class>,
            $(pub $name: Gc<Class>,)*
        }

        impl ExceptionTypes {
            /// Makes the tree: `make` gets a name and a base.
            #[expect(non_snake_case, reason = "as above")]
            pub fn new(object: Gc<Class>, mut make: impl FnMut(&'static str, Gc<Class>) -> Gc<Class>) -> Self {
                let $root = make(stringify!($root), object);
                $(let $name = make(stringify!($name), $base);)*
                Self { $root, $($name),* }
            }

            pub fn trace(&self, tracer: &mut Tracer) {
                tracer.gc(self.$root);
                $(tracer.gc(self.$name);)*
            }

            /// Those that the built-in namespace has.
            #[must_use]
            pub fn all(&self) -> Vec<Gc<Class>> {
                vec![self.$root, $(self.$name),*]
            }
        }
    };
}

exceptions! {
    BaseException;
    Exception: BaseException;
    KeyboardInterrupt: BaseException;
    SystemExit: BaseException;
    GeneratorExit: BaseException;
    BaseExceptionGroup: BaseException;
    CancelledError: BaseException;
    ArithmeticError: Exception;
    FloatingPointError: ArithmeticError;
    OverflowError: ArithmeticError;
    ZeroDivisionError: ArithmeticError;
    AssertionError: Exception;
    AttributeError: Exception;
    BufferError: Exception;
    EOFError: Exception;
    ImportError: Exception;
    ModuleNotFoundError: ImportError;
    LookupError: Exception;
    IndexError: LookupError;
    KeyError: LookupError;
    MemoryError: Exception;
    NameError: Exception;
    UnboundLocalError: NameError;
    OSError: Exception;
    BlockingIOError: OSError;
    ChildProcessError: OSError;
    ConnectionError: OSError;
    BrokenPipeError: ConnectionError;
    ConnectionAbortedError: ConnectionError;
    ConnectionRefusedError: ConnectionError;
    ConnectionResetError: ConnectionError;
    FileExistsError: OSError;
    FileNotFoundError: OSError;
    InterruptedError: OSError;
    IsADirectoryError: OSError;
    NotADirectoryError: OSError;
    PermissionError: OSError;
    ProcessLookupError: OSError;
    TimeoutError: OSError;
    ReferenceError: Exception;
    RuntimeError: Exception;
    NotImplementedError: RuntimeError;
    PythonFinalizationError: RuntimeError;
    RecursionError: RuntimeError;
    StopIteration: Exception;
    StopAsyncIteration: Exception;
    SyntaxError: Exception;
    IndentationError: SyntaxError;
    TabError: IndentationError;
    SystemError: Exception;
    TypeError: Exception;
    ValueError: Exception;
    UnicodeError: ValueError;
    UnicodeDecodeError: UnicodeError;
    UnicodeEncodeError: UnicodeError;
    UnicodeTranslateError: UnicodeError;
    Warning: Exception;
    DeprecationWarning: Warning;
    PendingDeprecationWarning: Warning;
    RuntimeWarning: Warning;
    SyntaxWarning: Warning;
    UserWarning: Warning;
    FutureWarning: Warning;
    ImportWarning: Warning;
    UnicodeWarning: Warning;
    BytesWarning: Warning;
    ResourceWarning: Warning;
    EncodingWarning: Warning;
    InvalidStateError: Exception;
    QueueEmpty: Exception;
    QueueFull: Exception;
    QueueShutDown: Exception;
    BrokenBarrierError: RuntimeError;
}
