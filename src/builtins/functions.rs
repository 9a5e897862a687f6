//! The built-in functions. Those about whole iterables are in `aggregates.rs`, input and output in `output.rs`.

use super::{aggregates, output};
use crate::heap::{Gc, Kind, Str, Value};
use crate::objects::{Class, Dict, IterState, MappingProxy, Module};
use crate::text::int::IntRef;
use crate::vm::{Result, Vm};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Signed;

crate::natives! { pub static FUNCTIONS:
    /// End the program: with this exit code, or 1 after writing anything else to stderr.
    "exit(code=None, /)" => exit;
    /// End the program: with this exit code, or 1 after writing anything else to stderr.
    "quit(code=None, /)" => exit;
    /// Show help on an object, or on what a dotted name stands for.
    "help(request=...)" => help;
    /// Return the absolute value of the argument.
    "abs(x, /)" => abs;
    /// Return True if bool(x) is True for all values x in the iterable.
    ///
    /// If the iterable is empty, return True.
    "all(iterable, /)" => aggregates::all;
    /// Return True if bool(x) is True for any x in the iterable.
    ///
    /// If the iterable is empty, return False.
    "any(iterable, /)" => aggregates::any;
    /// Return an ASCII-only representation of an object.
    "ascii(obj, /)" => ascii;
    /// Return the binary representation of an integer.
    "bin(number, /)" => bin;
    /// Return whether the object is callable (i.e., some kind of function).
    "callable(obj, /)" => callable;
    /// Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff.
    "chr(i, /)" => chr;
    /// Deletes the named attribute from the given object.
    "delattr(obj, name, /)" => delattr;
    /// Without arguments the names in the current scope; else, an alphabetized list of
    /// names comprising (some of) the attributes of the given object.
    "dir(object=..., /)" => dir;
    /// Return the tuple (x//y, x%y).  Invariant: div*y + mod == x.
    "divmod(x, y, /)" => divmod;
    /// Return type(value).__format__(value, format_spec).
    "format(value, format_spec='', /)" => format;
    /// getattr(object, name[, default]) -> value
    ///
    /// Get a named attribute from an object; getattr(x, 'y') is equivalent to x.y.
    /// When a default argument is given, it is returned when the attribute doesn't
    /// exist; without it, an exception is raised in that case.
    "getattr(object, name, default=..., /)" => getattr;
    /// Return whether the object has an attribute with the given name.
    "hasattr(obj, name, /)" => hasattr;
    /// Return the hash value for the given object.
    "hash(obj, /)" => hash;
    /// Return the hexadecimal representation of an integer.
    "hex(number, /)" => hex;
    /// Return the identity of an object.
    "id(obj, /)" => id;
    /// Read a string from standard input.  The trailing newline is stripped.
    "input(prompt=..., /)" => output::input;
    /// Return whether an object is an instance of a class or of a subclass thereof.
    "isinstance(obj, class_or_tuple, /)" => isinstance;
    /// Return whether 'cls' is derived from another class or is the same class.
    "issubclass(cls, class_or_tuple, /)" => issubclass;
    /// iter(iterable) -> iterator
    /// iter(callable, sentinel) -> iterator
    ///
    /// Get an iterator from an object.
    "iter(object, sentinel=..., /)" => iter;
    /// Return the number of items in a container.
    "len(obj, /)" => len;
    /// max(iterable, *[, default=obj, key=func]) -> value
    /// max(arg1, arg2, *args, *[, key=func]) -> value
    ///
    /// With a single iterable argument, return its biggest item.
    /// With two or more positional arguments, return the largest argument.
    "max(*args, key=None, default=...)" => aggregates::max;
    /// min(iterable, *[, default=obj, key=func]) -> value
    /// min(arg1, arg2, *args, *[, key=func]) -> value
    ///
    /// With a single iterable argument, return its smallest item.
    /// With two or more positional arguments, return the smallest argument.
    "min(*args, key=None, default=...)" => aggregates::min;
    /// next(iterator[, default])
    ///
    /// Return the next item from the iterator. If default is given and the iterator
    /// is exhausted, it is returned instead of raising StopIteration.
    "next(iterator, default=..., /)" => next;
    /// Return the octal representation of an integer.
    "oct(number, /)" => oct;
    /// Return the Unicode code point for a one-character string.
    "ord(c, /)" => ord;
    /// Equivalent to base**exp with 2 arguments or base**exp % mod with 3 arguments.
    "pow(base, exp, mod=None)" => pow;
    /// Prints the values to a stream, or to sys.stdout by default.
    "print(*args, sep=None, end=None, file=None, flush=False)" => output::print;
    /// Return the canonical string representation of the object.
    "repr(obj, /)" => repr;
    /// Round a number to a given precision in decimal digits.
    "round(number, ndigits=None)" => round;
    /// Sets the named attribute on the given object to the specified value.
    "setattr(obj, name, value, /)" => setattr;
    /// Return a new list containing all items from the iterable in ascending order.
    ///
    /// A custom key function can be supplied to customize the sort order, and the
    /// reverse flag can be set to request the result in descending order.
    "sorted(iterable, /, *, key=None, reverse=False)" => aggregates::sorted;
    /// Return the sum of a 'start' value (default: 0) plus an iterable of numbers
    "sum(iterable, /, start=0)" => aggregates::sum;
    /// vars(object) -> dictionary
    "vars(object=..., /)" => vars;
}

fn abs(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.abs(args[0])
}

fn ascii(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = vm.ascii(args[0])?;
    Ok(vm.str(&text))
}

/// An integer's digits with a prefix behind the sign.
fn in_radix(vm: &mut Vm, v: Value, radix: u32, prefix: &str) -> Result<Value> {
    let index = vm.index(v)?;
    let digits = match (vm.small_int_of(index), vm.big_of(index)) {
        (Some(i), _) => IntRef::Small(i).to_radix(radix),
        (None, Some(big)) => IntRef::Big(&big).to_radix(radix),
        (None, None) => String::new(),
    };
    let text = match digits.strip_prefix('-') {
        Some(size) => format!("-{prefix}{size}"),
        None => format!("{prefix}{digits}"),
    };
    Ok(vm.str(&text))
}

fn bin(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    in_radix(vm, args[0], 2, "0b")
}

fn oct(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    in_radix(vm, args[0], 8, "0o")
}

fn hex(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    in_radix(vm, args[0], 16, "0x")
}

pub(super) fn callable(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(match args[0].kind() {
        Some(Kind::Function | Kind::Native | Kind::BoundMethod | Kind::Class | Kind::StaticMethod) => true,
        _ => {
            let name = vm.names.__call__;
            vm.special(args[0], name).is_some()
        }
    }))
}

fn chr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let index = vm.index(args[0])?;
    let code = vm.small_int_of(index).and_then(|i| u32::try_from(i).ok());
    match code.and_then(char::from_u32) {
        Some(c) => Ok(vm.char_str(c)),
        None => Err(vm.value_error("chr() arg not in range(0x110000)")),
    }
}

fn ord(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let v = vm.unwrap(args[0]);
    let (code, len) = if let Some(s) = v.as_str() {
        (s.text().chars().next().map(u32::from), s.chars())
    } else if let Some(found) =
        crate::vm::items::with_bytes(v, |b| (b.first().map(|&b| u32::from(b)), b.len()))
    {
        found
    } else {
        let class = vm.class_name(args[0]);
        return Err(vm.type_error(format!("ord() expected string of length 1, but {class} found")));
    };
    match code {
        Some(code) if len == 1 => Ok(Value::int(i64::from(code))),
        _ => Err(vm.type_error(format!("ord() expected a character, but string of length {len} found"))),
    }
}

/// An attribute's name, interned.
fn attribute_name(vm: &mut Vm, v: Value) -> Result<Gc<Str>> {
    match vm.unwrap(v).as_str() {
        Some(name) => Ok(vm.interner.intern_gc(name)),
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(format!("attribute name must be string, not '{class}'")))
        }
    }
}

fn getattr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = attribute_name(vm, args[1])?;
    if args[2].is_unbound() {
        return vm.get_attr(args[0], name);
    }
    Ok(vm.find_attr(args[0], name)?.unwrap_or(args[2]))
}

fn hasattr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = attribute_name(vm, args[1])?;
    Ok(Value::bool(vm.find_attr(args[0], name)?.is_some()))
}

fn setattr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = attribute_name(vm, args[1])?;
    vm.set_attr(args[0], name, args[2])?;
    Ok(Value::NONE)
}

fn delattr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let name = attribute_name(vm, args[1])?;
    vm.del_attr(args[0], name)?;
    Ok(Value::NONE)
}

fn dir(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let v = args[0];
    if v.is_unbound() {
        let names = vm.locals_dict().value();
        let names = vm.collect(names)?;
        super::sorting::sort_list(vm, names, Value::NONE, false)?;
        return Ok(names.value());
    }
    let name = vm.names.__dir__;
    let own = vm.special(v, name).filter(|(function, _)| !function.is::<crate::objects::Native>());
    let names = if own.is_some() {
        let found = vm.call_special(v, name, &[])?.unwrap_or(Value::NONE);
        vm.collect(found)?
    } else {
        let mut found = vm.heap.dict();
        vm.root(found);
        let add_all = |found: &mut Gc<Dict>, from: Gc<Dict>| {
            for key in from.table.keys() {
                if let Some(key) = key.as_str() {
                    found.set_str(key, Value::NONE);
                }
            }
        };
        if let Some(module) = v.cast::<Module>() {
            vm.finish_module(module.dict)?;
            add_all(&mut found, module.dict);
        } else {
            if let Some(dict) = vm.instance_dict(v) {
                add_all(&mut found, dict);
            }
            if let Some(f) = v.cast::<crate::objects::Function>()
                && let Some(dict) = f.attributes.cast::<Dict>()
            {
                add_all(&mut found, dict);
            }
            let class = v.cast::<Class>().unwrap_or_else(|| vm.type_of(v));
            for ancestor in &class.mro {
                add_all(&mut found, ancestor.dict);
                // The one of `object` stands for all that have none in their own class.
                if *ancestor == vm.types.object
                    && !class
                        .mro
                        .iter()
                        .any(|c| c != ancestor && c.dict.table.get_str(vm.names.__dict__).is_some())
                {
                    found.remove_str(vm.names.__dict__);
                }
            }
        }
        vm.collect(found.value())?
    };
    super::sorting::sort_list(vm, names, Value::NONE, false)?;
    Ok(names.value())
}

fn vars(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[0].is_unbound() {
        return Ok(vm.locals_dict().value());
    }
    let name = vm.names.__dict__;
    match vm.find_attr(args[0], name)? {
        Some(dict) if dict.is::<Dict>() || dict.is::<MappingProxy>() => Ok(dict),
        _ => Err(vm.type_error("vars() argument must have __dict__ attribute")),
    }
}

fn divmod(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.divmod(args[0], args[1])
}

fn format(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(spec) = vm.unwrap(args[1]).as_str() else {
        let class = vm.class_name(args[1]);
        return Err(vm.type_error(format!("format() argument 2 must be str, not {class}")));
    };
    Ok(vm.format(args[0], spec.text())?.value())
}

fn hash(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let hash = vm.hash(args[0])?;
    Ok(vm.int(hash))
}

fn id(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.int(args[0].bits() as i64))
}

fn isinstance(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(vm.is_instance(args[0], args[1])?))
}

fn issubclass(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(vm.is_subclass(args[0], args[1])?))
}

fn iter(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if args[1].is_unbound() {
        return vm.iter(args[0]);
    }
    if callable(vm, args)? == Value::FALSE {
        return Err(vm.type_error("iter(v, w): v must be callable"));
    }
    Ok(vm.heap.iter(IterState::Callable { function: args[0], sentinel: args[1] }))
}

fn next(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    match vm.next_or_raise(args[0]) {
        Err(raise) if !args[1].is_unbound() && vm.is_instance_of(raise.0, vm.exceptions.StopIteration) => {
            Ok(args[1])
        }
        result => result,
    }
}

fn len(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let n = vm.len(args[0])?;
    Ok(vm.int(n as i64))
}

fn pow(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.power(args[0], args[1], Some(args[2]).filter(|m| !m.is_none()))
}

fn repr(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.build_text(|vm, out| vm.write_repr(out, args[0]))?.value())
}

fn round(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (v, digits) = (args[0], args[1]);
    if let Some(f) = v.as_float() {
        return round_float(vm, f, digits);
    }
    if let Some(big) = vm.big_of(v) {
        return round_int(vm, v, &big, digits);
    }
    let name = vm.names.__round__;
    let given = if digits.is_none() { 0 } else { 1 };
    if let Some(result) = vm.call_special(v, name, &[digits][..given])? {
        return Ok(result);
    }
    let payload = vm.payload(v);
    if payload.is_float() || vm.big_of(payload).is_some() {
        return round(vm, &[payload, digits]);
    }
    let class = vm.class_name(v);
    Err(vm.type_error(format!("type {class} doesn't define __round__ method")))
}

/// `round(float, digits)`; without digits an integer.
pub(super) fn round_float(vm: &mut Vm, f: f64, digits: Value) -> Result<Value> {
    use crate::text::float::round_half_even;
    if digits.is_none() {
        let whole = f.round_ties_even();
        let result = crate::text::int::from_f64(whole).map_err(|e| vm.text_error(e))?;
        return Ok(match result {
            crate::text::int::IntValue::Small(i) => vm.int(i),
            crate::text::int::IntValue::Big(big) => vm.heap.big_int(big),
        });
    }
    let index = vm.index(digits)?;
    // Beyond these a float has no digits, or is all rounded away.
    let digits = vm.small_int_of(index).map_or(400, |d| d.clamp(-400, 400));
    let rounded = round_half_even(f, digits).map_err(|e| vm.text_error(e))?;
    Ok(vm.float(rounded))
}

/// `round(int, digits)`: to a multiple of a power of ten, ties to even.
pub(super) fn round_int(vm: &mut Vm, v: Value, big: &BigInt, digits: Value) -> Result<Value> {
    if digits.is_none() {
        return vm.index(v);
    }
    let index = vm.index(digits)?;
    let Some(digits) = vm.small_int_of(index) else { return vm.index(v) };
    if digits >= 0 {
        return vm.index(v);
    }
    let Some(zeros) = u32::try_from(digits.unsigned_abs()).ok().filter(|&z| u64::from(z) <= big.bits())
    else {
        return Ok(Value::int(0));
    };
    let unit = BigInt::from(10).pow(zeros);
    let (quotient, rest) = big.div_mod_floor(&unit);
    let twice: BigInt = rest * 2;
    let up = twice > unit || twice == unit && quotient.is_odd();
    debug_assert!(!twice.is_negative());
    let rounded = (quotient + i32::from(up)) * unit;
    Ok(vm.heap.big_int(rounded))
}

fn exit(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let class = vm.exceptions.SystemExit;
    Err(vm.error_with(class, args))
}

/// What it shows is made in the language: `pydoc.help`.
fn help(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let pydoc = vm.import_module("pydoc")?;
    vm.root(pydoc);
    let given = if args[0].is_unbound() { &[][..] } else { args };
    vm.call_method(pydoc, "help", given)
}
