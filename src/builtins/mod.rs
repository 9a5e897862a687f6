//! The built-in functions and the methods of the built-in types: a table of natives each, installed here.

mod aggregates;
mod async_iteration;
mod bytes;
mod codec;
mod complex;
mod descriptors;
mod dict;
mod exception;
mod exception_fields;
mod execute;
mod float;
mod format;
mod frames;
mod function;
mod functions;
mod generator;
mod generics;
mod int;
pub(crate) mod iterators;
mod list;
mod namespace;
mod object;
mod operators;
mod output;
mod protocol;
mod range;
mod set;
mod slice;
mod sorting;
mod str;
mod tuple;
mod views;

pub use exception::{is_exception_init, is_exception_new};
pub use format::percent_format;
pub use frames::getframe;
pub use function::module_name;
pub use generator::wrapped_coroutine;
pub use generics::{generic_base, make as make_generic, stands_for_type};

use crate::heap::{Gc, Value};
use crate::native::NativeDef;
use crate::objects::Class;
use crate::vm::Vm;

/// Fills the built-in classes and the built-in namespace.
pub fn install(vm: &mut Vm) {
    install_object_and_type(vm);
    install_numbers(vm);
    install_text(vm);
    install_containers(vm);
    install_callables(vm);
    install_exceptions(vm);
    install_futures(vm);
    crate::modules::types::install_types(vm);
    generics::install(vm);
    for mut class in vm.types.all() {
        class.flags = vm.class_flags(class);
        vm.note_constructor(class);
    }
    for mut class in vm.exceptions.all() {
        class.flags = vm.class_flags(class);
    }
    // An `object` has no attributes of its own.
    vm.types.object.flags.slots_only = true;
    install_namespace(vm);
}

fn methods(vm: &mut Vm, class: Gc<Class>, tables: &[&'static [NativeDef]]) {
    for table in tables {
        vm.add_methods(class, table);
    }
}

fn install_object_and_type(vm: &mut Vm) {
    let (object, type_) = (vm.types.object, vm.types.type_);
    methods(vm, object, &[object::OBJECT_NEW, object::OBJECT]);
    vm.add_class_methods(object, object::OBJECT_CLASS_METHODS);
    vm.add_properties(object, object::OBJECT_PROPERTIES, object::OBJECT_SETTERS);
    let mut dict = object.dict;
    dict.set_str(vm.names.__doc__, Value::NONE);
    methods(vm, type_, &[object::TYPE_NEW, object::TYPE]);
    vm.add_class_methods(type_, object::TYPE_CLASS_METHODS);
    vm.add_properties(type_, object::TYPE_PROPERTIES, object::TYPE_SETTERS);
    vm.add_deleters(type_, object::TYPE_DELETERS);
}

fn install_numbers(vm: &mut Vm) {
    let (int, bool_, float, complex) = (vm.types.int, vm.types.bool, vm.types.float, vm.types.complex);
    methods(vm, int, &[int::INT, int::INT_STATIC]);
    vm.add_class_methods(int, int::INT_CLASS_METHODS);
    vm.add_properties(int, int::INT_PROPERTIES, &[]);
    methods(vm, bool_, &[int::BOOL, int::BOOL_STATIC]);
    methods(vm, float, &[float::FLOAT, float::FLOAT_STATIC]);
    vm.add_class_methods(float, float::FLOAT_CLASS_METHODS);
    vm.add_properties(float, float::FLOAT_PROPERTIES, &[]);
    methods(vm, complex, &[complex::COMPLEX, complex::COMPLEX_STATIC]);
    vm.add_properties(complex, complex::COMPLEX_PROPERTIES, &[]);
}

fn install_text(vm: &mut Vm) {
    let (str_, bytes, bytearray) = (vm.types.str, vm.types.bytes, vm.types.bytearray);
    methods(vm, str_, &[str::STR]);
    install_static(vm, str_, str::STR_STATIC);
    methods(vm, bytes, &[bytes::BYTES]);
    install_static(vm, bytes, bytes::BYTES_STATIC);
    vm.add_class_methods(bytes, bytes::BYTES_CLASS_METHODS);
    methods(vm, bytearray, &[bytes::BYTEARRAY]);
    install_static(vm, bytearray, bytes::BYTEARRAY_STATIC);
    vm.add_class_methods(bytearray, bytes::BYTEARRAY_CLASS_METHODS);
}

/// Static methods, `__new__` among them.
fn install_static(vm: &mut Vm, class: Gc<Class>, table: &'static [NativeDef]) {
    vm.add_static_methods(class, table);
}

fn install_containers(vm: &mut Vm) {
    let t = &vm.types;
    let rows: [(Gc<Class>, &[&'static [NativeDef]]); 16] = [
        (t.list, &[list::LIST_NEW, list::LIST]),
        (t.tuple, &[tuple::TUPLE_NEW, tuple::TUPLE]),
        (t.dict, &[dict::DICT_NEW, dict::DICT, dict::DICT_GETITEM]),
        (t.set, &[set::SET_NEW, set::SET_SHARED, set::SET]),
        (t.frozenset, &[set::FROZENSET_NEW, set::SET_SHARED, set::FROZENSET]),
        (t.range, &[range::RANGE_NEW, range::RANGE]),
        (t.slice, &[slice::SLICE_NEW, slice::SLICE]),
        (t.mappingproxy, &[dict::MAPPINGPROXY_NEW, dict::MAPPINGPROXY]),
        (t.dict_keys, &[views::DICT_KEYS]),
        (t.dict_items, &[views::DICT_ITEMS]),
        (t.dict_values, &[views::DICT_VALUES]),
        (t.enumerate, &[iterators::ENUMERATE_NEW, iterators::ITERATOR]),
        (t.zip, &[iterators::ZIP_NEW, iterators::ITERATOR]),
        (t.map, &[iterators::MAP_NEW, iterators::ITERATOR]),
        (t.filter, &[iterators::FILTER_NEW, iterators::ITERATOR]),
        (t.reversed, &[iterators::REVERSED_NEW, iterators::ITERATOR]),
    ];
    let iterators = [
        t.list_iterator,
        t.list_reverseiterator,
        t.tuple_iterator,
        t.str_iterator,
        t.bytes_iterator,
        t.range_iterator,
        t.dict_keyiterator,
        t.dict_valueiterator,
        t.dict_itemiterator,
        t.dict_reversekeyiterator,
        t.set_iterator,
        t.iterator,
        t.callable_iterator,
    ];
    for (class, tables) in rows {
        methods(vm, class, tables);
    }
    for class in iterators {
        methods(vm, class, &[iterators::ITERATOR]);
    }
    let t = &vm.types;
    let (dict, range, slice) = (t.dict, t.range, t.slice);
    let views = [t.dict_keys, t.dict_items, t.dict_values];
    vm.add_class_methods(dict, dict::DICT_CLASS);
    vm.add_properties(range, range::RANGE_GETTERS, &[]);
    vm.add_properties(slice, slice::SLICE_GETTERS, &[]);
    let t = &vm.types;
    for mut unhashable in [t.list.dict, t.dict.dict, t.set.dict, t.bytearray.dict] {
        unhashable.set_str(vm.names.__hash__, Value::NONE);
    }
    for view in views {
        vm.add_properties(view, views::DICT_VIEW_GETTERS, &[]);
    }
}

fn install_callables(vm: &mut Vm) {
    use descriptors as d;
    use function as f;
    use generator as g;
    let t = &vm.types;
    let rows: [(Gc<Class>, &[&'static [NativeDef]], &'static [NativeDef]); 21] = [
        (t.native, &[f::FUNCTION], f::NATIVE_PROPERTIES),
        (t.method_descriptor, &[f::FUNCTION], f::NATIVE_PROPERTIES),
        (t.wrapper_descriptor, &[f::FUNCTION], f::NATIVE_PROPERTIES),
        (t.method_wrapper, &[f::FUNCTION], f::NATIVE_PROPERTIES),
        (t.frame, &[frames::FRAME], frames::FRAME_PROPERTIES),
        (t.getset_descriptor, &[d::GETSET], d::GETSET_PROPERTIES),
        (t.member_descriptor, &[d::MEMBER], d::MEMBER_PROPERTIES),
        (t.method, &[f::METHOD_NEW, f::FUNCTION], f::METHOD_PROPERTIES),
        (t.code, &[], f::CODE_PROPERTIES),
        (t.staticmethod, &[d::STATIC_METHOD_NEW, d::STATIC_METHOD], d::WRAPPED_PROPERTIES),
        (t.classmethod, &[d::CLASS_METHOD_NEW, d::CLASS_METHOD], d::WRAPPED_PROPERTIES),
        (t.super_, &[f::SUPER_NEW], &[]),
        (t.module, &[f::MODULE_NEW], &[]),
        (t.traceback, &[], f::TRACEBACK_PROPERTIES),
        (t.generator, &[g::GENERATOR], g::GENERATOR_PROPERTIES),
        (t.coroutine, &[g::COROUTINE], g::COROUTINE_PROPERTIES),
        (t.async_generator, &[g::ASYNC_GENERATOR], g::ASYNC_GENERATOR_PROPERTIES),
        (t.async_generator_asend, &[g::STEP], &[]),
        (t.coroutine_wrapper, &[g::WRAPPER], &[]),
        (t.none, &[f::NONE_NEW], &[]),
        (t.ellipsis, &[f::ELLIPSIS_NEW], &[]),
    ];
    for (class, tables, properties) in rows {
        methods(vm, class, tables);
        vm.add_properties(class, properties, &[]);
    }
    let (function, cell, property) = (vm.types.function, vm.types.cell, vm.types.property);
    methods(vm, function, &[f::FUNCTION]);
    vm.add_properties(function, f::FUNCTION_PROPERTIES, f::FUNCTION_SETTERS);
    vm.add_deleters(function, f::FUNCTION_DELETERS);
    let (generator, coroutine, async_generator) =
        (vm.types.generator, vm.types.coroutine, vm.types.async_generator);
    for class in [generator, coroutine, async_generator] {
        vm.add_properties(class, g::NAME_PROPERTIES, g::NAME_SETTERS);
    }
    vm.add_properties(cell, f::CELL_PROPERTIES, f::CELL_SETTERS);
    vm.add_deleters(cell, f::CELL_DELETERS);
    methods(vm, property, &[d::PROPERTY_NEW, d::PROPERTY]);
    vm.add_properties(property, d::PROPERTY_PROPERTIES, d::PROPERTY_SETTERS);
}

fn install_exceptions(vm: &mut Vm) {
    use exception as e;
    let x = &vm.exceptions;
    let (base, group, exception) = (x.BaseException, x.BaseExceptionGroup, x.Exception);
    use exception_fields as f;
    let fields: [(Gc<Class>, &'static [NativeDef], &'static [NativeDef]); 10] = [
        (x.StopIteration, f::STOP_ITERATION, f::STOP_ITERATION_SETTERS),
        (x.SystemExit, f::SYSTEM_EXIT, f::SYSTEM_EXIT_SETTERS),
        (x.OSError, f::OS_ERROR, f::OS_ERROR_SETTERS),
        (x.AttributeError, f::ATTRIBUTE_ERROR, f::ATTRIBUTE_ERROR_SETTERS),
        (x.NameError, f::NAME_ERROR, f::NAME_ERROR_SETTERS),
        (x.ImportError, f::IMPORT_ERROR, f::IMPORT_ERROR_SETTERS),
        (x.SyntaxError, f::SYNTAX_ERROR, f::SYNTAX_ERROR_SETTERS),
        (x.UnicodeDecodeError, f::UNICODE_ERROR, f::UNICODE_ERROR_SETTERS),
        (x.UnicodeEncodeError, f::UNICODE_ERROR, f::UNICODE_ERROR_SETTERS),
        (x.UnicodeTranslateError, f::UNICODE_ERROR, f::UNICODE_ERROR_SETTERS),
    ];
    methods(vm, base, &[e::EXCEPTION_NEW, e::EXCEPTION]);
    vm.add_properties(base, e::EXCEPTION_PROPERTIES, e::EXCEPTION_SETTERS);
    vm.add_deleters(base, e::EXCEPTION_DELETERS);
    for (class, getters, setters) in fields {
        vm.add_properties(class, getters, setters);
    }
    methods(vm, group, &[e::GROUP_NEW, e::GROUP]);
    vm.add_class_methods(group, e::GROUP_CLASS);
    vm.add_properties(group, e::GROUP_PROPERTIES, &[]);
    let name = vm.intern("ExceptionGroup");
    let namespace = vm.heap.dict();
    let both = [group.value(), exception.value()];
    // Its bases are two built-in classes without layout of their own: this cannot fail.
    if let Ok(class) = vm.make_class(vm.types.type_, name, &both, namespace, &[]) {
        class.header.flags.set(crate::vm::IMMUTABLE);
        let mut builtins = vm.builtins;
        builtins.set_str(name, class.value());
    }
    vm.roots.clear();
}

fn install_futures(vm: &mut Vm) {
    use crate::modules::asyncio::futures as f;
    let t = &vm.types;
    let (future, task, handle, timer) = (t.future, t.task, t.handle, t.timer_handle);
    methods(vm, future, &[f::FUTURE_NEW, f::FUTURE]);
    methods(vm, task, &[f::TASK_NEW, f::TASK]);
    methods(vm, handle, &[f::HANDLE]);
    methods(vm, timer, &[f::HANDLE, f::TIMER_HANDLE]);
}

/// Classes that scripts reach through a module only.
const HIDDEN: &[&str] = &[
    "CancelledError",
    "InvalidStateError",
    "QueueEmpty",
    "QueueFull",
    "QueueShutDown",
    "BrokenBarrierError",
];

fn install_namespace(vm: &mut Vm) {
    let mut builtins = vm.builtins;
    let tables = [functions::FUNCTIONS, namespace::NAMESPACE, async_iteration::FUNCTIONS, execute::FUNCTIONS];
    for table in tables {
        for def in table {
            let name = vm.intern(def.name());
            let value = vm.heap.native(def, Value::UNBOUND);
            builtins.set_str(name, value);
        }
    }
    let t = &vm.types;
    let types = [
        t.object,
        t.type_,
        t.bool,
        t.int,
        t.float,
        t.complex,
        t.str,
        t.bytes,
        t.bytearray,
        t.list,
        t.tuple,
        t.dict,
        t.set,
        t.frozenset,
        t.range,
        t.slice,
        t.property,
        t.staticmethod,
        t.classmethod,
        t.super_,
        t.enumerate,
        t.zip,
        t.map,
        t.filter,
        t.reversed,
    ];
    let asyncio = vm.intern("asyncio.exceptions").value();
    for class in types.into_iter().chain(vm.exceptions.all()) {
        if HIDDEN.contains(&class.name_str()) {
            let mut dict = class.dict;
            dict.set_str(vm.names.__module__, asyncio);
        } else {
            builtins.set_str(class.name, class.value());
        }
    }
    for (name, value) in [
        ("NotImplemented", Value::NOT_IMPLEMENTED),
        ("Ellipsis", Value::ELLIPSIS),
        ("__debug__", Value::TRUE),
        ("EnvironmentError", vm.exceptions.OSError.value()),
        ("IOError", vm.exceptions.OSError.value()),
    ] {
        let name = vm.intern(name);
        builtins.set_str(name, value);
    }
    let name = vm.intern("__name__");
    builtins.set_str(name, vm.names.builtins.value());
}
