//! Exceptions: construction, attributes, groups.

use crate::heap::{Gc, Kind, Value};
use crate::objects::{Class, Exception, List, Native, Traceback, Tuple};
use crate::vm::{Result, Vm};

crate::natives! { pub static EXCEPTION_NEW:
    "__new__(cls, /, *args, **kwargs)" => exception_new;
}

crate::methods! { pub static EXCEPTION for Exception, "BaseException":
    "__init__(self, /, *args, **kwargs)" => exception_init;
    "__repr__(self, /)" => exception_repr;
    "__str__(self, /)" => exception_str;
    "with_traceback(self, tb, /)" => with_traceback;
    "add_note(self, note, /)" => add_note;
    "__reduce__(self, /)" => reduce;
    "__setstate__(self, state, /)" => set_state;
}

crate::natives! { pub static EXCEPTION_PROPERTIES:
    "args(self)" => args;
    "__cause__(self)" => cause;
    "__context__(self)" => context;
    "__suppress_context__(self)" => suppress_context;
    "__traceback__(self)" => traceback;
}

crate::natives! { pub static EXCEPTION_DELETERS:
    "args(self)" => delete_args;
    "__cause__(self)" => delete_cause;
    "__context__(self)" => delete_context;
    "__traceback__(self)" => delete_traceback;
}

crate::natives! { pub static EXCEPTION_SETTERS:
    "args(self, value)" => set_args;
    "__cause__(self, value)" => set_cause;
    "__context__(self, value)" => set_context;
    "__suppress_context__(self, value)" => set_suppress_context;
    "__traceback__(self, value)" => set_traceback;
}

crate::natives! { pub static GROUP_NEW:
    "__new__(cls, /, *args, **kwargs)" => group_new;
}

crate::methods! { pub static GROUP for Exception, "BaseExceptionGroup":
    "split(self, condition, /)" => split;
    "subgroup(self, condition, /)" => subgroup;
    "derive(self, excs, /)" => derive;
}

crate::natives! { pub static GROUP_CLASS:
    "__class_getitem__(cls, key, /)" => super::dict::class_getitem;
}

crate::natives! { pub static GROUP_PROPERTIES:
    "message(self)" => first_arg;
    "exceptions(self)" => group_exceptions;
}

fn exception_of(vm: &mut Vm, v: Value) -> Result<Gc<Exception>> {
    match v.cast::<Exception>() {
        Some(exc) => Ok(exc),
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(format!("expected an exception, not '{class}'")))
        }
    }
}

/// Whether it is `BaseException.__new__`.
#[must_use]
pub fn is_exception_new(v: Value) -> bool {
    v.cast::<Native>().is_some_and(|native| std::ptr::eq(native.def, &raw const EXCEPTION_NEW[0]))
}

/// Whether it is `BaseException.__init__`.
#[must_use]
pub fn is_exception_init(v: Value) -> bool {
    v.cast::<Native>().is_some_and(|native| std::ptr::eq(native.def, &raw const EXCEPTION[0]))
}

fn exception_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(class) = args[0].cast::<Class>() else {
        return Err(vm.type_error("expected an exception class"));
    };
    if !class.is_subclass_of(vm.exceptions.BaseException) {
        let name = class.name_str();
        return Err(
            vm.type_error(format!("BaseException.__new__({name}): {name} is not a subtype of BaseException"))
        );
    }
    vm.new_exception(class, &args[2..])
}

impl Vm {
    /// `BaseException.__new__`. An OSError with an errno is made as the class for that errno.
    pub fn new_exception(&mut self, class: Gc<Class>, args: &[Value]) -> Result<Value> {
        let mut class = class;
        if class == self.exceptions.OSError && (2..=5).contains(&args.len()) {
            let e = &self.exceptions;
            class = match args[0].as_int() {
                Some(2) => e.FileNotFoundError,
                Some(17) => e.FileExistsError,
                Some(13 | 1) => e.PermissionError,
                Some(21) => e.IsADirectoryError,
                Some(20) => e.NotADirectoryError,
                Some(32 | 108) => e.BrokenPipeError,
                Some(111) => e.ConnectionRefusedError,
                Some(104) => e.ConnectionResetError,
                Some(103) => e.ConnectionAbortedError,
                Some(110) => e.TimeoutError,
                Some(4) => e.InterruptedError,
                Some(11 | 114 | 115) => e.BlockingIOError,
                Some(3) => e.ProcessLookupError,
                Some(10) => e.ChildProcessError,
                _ => class,
            };
        }
        let tuple = self.tuple(args);
        Ok(self.heap.exception(class.root_shape, tuple).value())
    }

    /// The class `ExceptionGroup`.
    #[must_use]
    pub fn exception_group_class(&mut self) -> Gc<Class> {
        let name = self.intern("ExceptionGroup");
        self.builtins.table.get_str(name).and_then(Value::cast).unwrap_or(self.exceptions.BaseExceptionGroup)
    }
}

fn exception_init(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut exc = exception_of(vm, args[0])?;
    exc.args = vm.tuple(&args[2..]);
    vm.init_exception_fields(args[0], &args[2..], args[1])?;
    Ok(Value::NONE)
}

fn exception_repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = vm.exception_repr(args[0])?;
    Ok(vm.str(&text))
}

fn exception_str(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = vm.exception_str(args[0])?;
    Ok(vm.str(&text))
}

fn with_traceback(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    set_traceback(vm, args)?;
    Ok(args[0])
}

fn add_note(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[1].as_str().is_none() {
        let class = vm.class_name(args[1]);
        return Err(vm.type_error(format!("note must be a str, not '{class}'")));
    }
    let name = vm.names.__notes__;
    match vm.find_attr(args[0], name)? {
        Some(notes) => match notes.cast::<List>() {
            Some(list) => vm.heap.push(list, args[1]),
            None => return Err(vm.type_error("Cannot add note: __notes__ is not a list")),
        },
        None => {
            let list = vm.list(vec![args[1]]);
            vm.set_attr(args[0], name, list)?;
        }
    }
    Ok(Value::NONE)
}

fn reduce(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let exc = exception_of(vm, args[0])?;
    let class = vm.type_of(args[0]).value();
    if vm.own_attribute_names(args[0]).is_empty() {
        return Ok(vm.tuple(&[class, exc.args]));
    }
    let dict = vm.names.__dict__;
    let dict = vm.get_attr(args[0], dict)?;
    Ok(vm.tuple(&[class, exc.args, dict]))
}

fn set_state(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(state) = args[1].cast::<crate::objects::Dict>() else {
        return if args[1].is_none() {
            Ok(Value::NONE)
        } else {
            Err(vm.type_error("state is not a dictionary"))
        };
    };
    for (key, value) in state.table.iter().collect::<Vec<_>>() {
        if let Some(key) = key.as_str() {
            vm.set_attr(args[0], key, value)?;
        }
    }
    Ok(Value::NONE)
}

fn args(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(exception_of(vm, args[0])?.args)
}

fn cause(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(exception_of(vm, args[0])?.cause)
}

fn context(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(exception_of(vm, args[0])?.context)
}

fn suppress_context(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(exception_of(vm, args[0])?.suppress_context()))
}

fn traceback(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let traceback = exception_of(vm, args[0])?.traceback;
    if let Some(t) = traceback.cast::<Traceback>() {
        t.share();
    }
    Ok(traceback)
}

fn set_args(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut exc = exception_of(vm, args[0])?;
    let list = vm.collect(args[1])?;
    exc.args = vm.tuple(&list.items);
    Ok(Value::NONE)
}

fn delete_args(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Err(vm.type_error("args may not be deleted"))
}

fn delete_cause(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Err(vm.type_error("__cause__ may not be deleted"))
}

fn delete_context(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Err(vm.type_error("__context__ may not be deleted"))
}

fn delete_traceback(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    Err(vm.type_error("__traceback__ may not be deleted"))
}

fn exception_or_none(vm: &mut Vm, v: Value, what: &str) -> Result<Value> {
    if v.is_none() || v.is::<Exception>() {
        return Ok(v);
    }
    Err(vm.type_error(format!("exception {what} must be None or derive from BaseException")))
}

fn set_cause(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut exc = exception_of(vm, args[0])?;
    exc.cause = exception_or_none(vm, args[1], "cause")?;
    exc.set_suppress_context(true);
    Ok(Value::NONE)
}

fn set_context(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut exc = exception_of(vm, args[0])?;
    exc.context = exception_or_none(vm, args[1], "context")?;
    Ok(Value::NONE)
}

fn set_suppress_context(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(on) = args[1].as_bool() else {
        return Err(vm.type_error("attribute value type must be bool"));
    };
    exception_of(vm, args[0])?.set_suppress_context(on);
    Ok(Value::NONE)
}

fn set_traceback(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut exc = exception_of(vm, args[0])?;
    if !args[1].is_none() && !args[1].is::<Traceback>() {
        return Err(vm.type_error("__traceback__ must be a traceback or None"));
    }
    exc.traceback = args[1];
    Ok(Value::NONE)
}

/// One of the exception's arguments, or None.
fn arg(vm: &mut Vm, v: Value, i: usize) -> Result<Value> {
    let exc = exception_of(vm, v)?;
    Ok(exc.args.cast::<Tuple>().and_then(|t| t.items().get(i).copied()).unwrap_or(Value::NONE))
}

fn first_arg(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    arg(vm, args[0], 0)
}

// Groups.

fn group_new(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(mut class) = args[0].cast::<Class>() else {
        return Err(vm.type_error("expected an exception class"));
    };
    let given = &args[2..];
    if given.len() != 2 {
        let n = given.len();
        return Err(
            vm.type_error(format!("BaseExceptionGroup.__new__() takes exactly 2 arguments ({n} given)"))
        );
    }
    if given[0].as_str().is_none() {
        let got = vm.class_name(given[0]);
        return Err(vm.type_error(format!("BaseExceptionGroup.__new__() argument 1 must be str, not {got}")));
    }
    if !matches!(given[1].kind(), Some(Kind::List | Kind::Tuple)) {
        return Err(vm.type_error("second argument (exceptions) must be a sequence"));
    }
    let items = vm.collect(given[1])?;
    if items.items.is_empty() {
        return Err(vm.value_error("second argument (exceptions) must be a non-empty sequence"));
    }
    let mut only_exceptions = true;
    for (i, &v) in items.items.iter().enumerate() {
        if !v.is::<Exception>() {
            return Err(
                vm.value_error(format!("Item {i} of second argument (exceptions) is not an exception"))
            );
        }
        only_exceptions &= vm.is_instance_of(v, vm.exceptions.Exception);
    }
    let base = vm.exceptions.BaseExceptionGroup;
    let plain = vm.exception_group_class();
    if class == base && only_exceptions {
        class = plain;
    } else if !only_exceptions && class.is_subclass_of(vm.exceptions.Exception) {
        let name = class.name_str();
        return Err(vm.type_error(if class == plain {
            "Cannot nest BaseExceptions in an ExceptionGroup".to_owned()
        } else {
            format!("Cannot nest BaseExceptions in '{name}'")
        }));
    }
    vm.new_exception(class, given)
}

fn group_exceptions(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let items = vm.group_exceptions(args[0]);
    Ok(vm.tuple(&items))
}

/// Splits by a class, a tuple of classes or a function.
fn split_by(vm: &mut Vm, group: Value, condition: Value) -> Result<(Value, Value)> {
    let by_type = match condition.cast::<Tuple>() {
        Some(t) => t.items().iter().all(|c| is_exception_class(vm, *c)),
        None => is_exception_class(vm, condition),
    };
    if by_type {
        return vm.split_group(group, &mut |vm, e| vm.is_instance(e, condition));
    }
    if !condition.is::<Class>() && vm.is_callable(condition) {
        return vm.split_group(group, &mut |vm, e| {
            let v = vm.call(condition, &[e])?;
            vm.truthy(v)
        });
    }
    Err(vm.type_error(
        "expected an exception type, a tuple of exception types, or a callable (other than a class)",
    ))
}

fn is_exception_class(vm: &Vm, v: Value) -> bool {
    v.cast::<Class>().is_some_and(|c| c.is_subclass_of(vm.exceptions.BaseException))
}

fn split(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (matched, rest) = split_by(vm, args[0], args[1])?;
    Ok(vm.tuple(&[matched, rest]))
}

fn subgroup(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(split_by(vm, args[0], args[1])?.0)
}

fn derive(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let message = arg(vm, args[0], 0)?;
    let class = vm.exceptions.BaseExceptionGroup;
    group_new(vm, &[class.value(), Value::UNBOUND, message, args[1]])
}
