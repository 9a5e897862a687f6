//! The attributes that some built-in exceptions have beside `args`: `OSError.errno`, `AttributeError.name`,
//! `SyntaxError.lineno`, ... They are kept apart from the `__dict__`, in [`Exception::fields`]; what nobody set is
//! derived from `args` when it is asked for.

use crate::heap::{Gc, Value};
use crate::objects::{Class, Dict, Exception, Tuple};
use crate::vm::{Result, Vm};

/// How many fields an exception can have.
const MOST: usize = 8;

crate::natives! { pub static STOP_ITERATION: "value(self)" => stop_value; }
crate::natives! { pub static STOP_ITERATION_SETTERS: "value(self, value)" => set::<0>; }
crate::natives! { pub static SYSTEM_EXIT: "code(self)" => exit_code; }
crate::natives! { pub static SYSTEM_EXIT_SETTERS: "code(self, value)" => set::<0>; }

crate::natives! { pub static ATTRIBUTE_ERROR:
    "name(self)" => get::<0>;
    "obj(self)" => get::<1>;
}
crate::natives! { pub static ATTRIBUTE_ERROR_SETTERS:
    "name(self, value)" => set::<0>;
    "obj(self, value)" => set::<1>;
}

crate::natives! { pub static NAME_ERROR: "name(self)" => get::<0>; }
crate::natives! { pub static NAME_ERROR_SETTERS: "name(self, value)" => set::<0>; }

crate::natives! { pub static IMPORT_ERROR:
    "name(self)" => get::<0>;
    "path(self)" => get::<1>;
    "name_from(self)" => get::<2>;
    "msg(self)" => message;
}
crate::natives! { pub static IMPORT_ERROR_SETTERS:
    "name(self, value)" => set::<0>;
    "path(self, value)" => set::<1>;
    "name_from(self, value)" => set::<2>;
    "msg(self, value)" => set::<3>;
}

crate::natives! { pub static OS_ERROR:
    "errno(self)" => os_field::<0>;
    "strerror(self)" => os_field::<1>;
    "filename(self)" => get::<2>;
    "filename2(self)" => get::<3>;
}
crate::natives! { pub static OS_ERROR_SETTERS:
    "errno(self, value)" => set::<0>;
    "strerror(self, value)" => set::<1>;
    "filename(self, value)" => set::<2>;
    "filename2(self, value)" => set::<3>;
}

crate::natives! { pub static SYNTAX_ERROR:
    "msg(self)" => syntax_message;
    "filename(self)" => syntax_detail::<1>;
    "lineno(self)" => syntax_detail::<2>;
    "offset(self)" => syntax_detail::<3>;
    "text(self)" => syntax_detail::<4>;
    "end_lineno(self)" => syntax_detail::<5>;
    "end_offset(self)" => syntax_detail::<6>;
    "print_file_and_line(self)" => get::<7>;
}
crate::natives! { pub static SYNTAX_ERROR_SETTERS:
    "msg(self, value)" => set::<0>;
    "filename(self, value)" => set::<1>;
    "lineno(self, value)" => set::<2>;
    "offset(self, value)" => set::<3>;
    "text(self, value)" => set::<4>;
    "end_lineno(self, value)" => set::<5>;
    "end_offset(self, value)" => set::<6>;
    "print_file_and_line(self, value)" => set::<7>;
}

crate::natives! { pub static UNICODE_ERROR:
    "encoding(self)" => unicode_field::<0>;
    "object(self)" => unicode_field::<1>;
    "start(self)" => unicode_field::<2>;
    "end(self)" => unicode_field::<3>;
    "reason(self)" => unicode_field::<4>;
}
crate::natives! { pub static UNICODE_ERROR_SETTERS:
    "encoding(self, value)" => set::<0>;
    "object(self, value)" => set::<1>;
    "start(self, value)" => set::<2>;
    "end(self, value)" => set::<3>;
    "reason(self, value)" => set::<4>;
}

impl Vm {
    /// A field that was set.
    #[must_use]
    pub fn exception_field(&self, v: Value, i: usize) -> Option<Value> {
        let fields = v.cast::<Exception>()?.fields.cast::<crate::objects::List>()?;
        fields.items.get(i).copied().filter(|v| !v.is_unbound())
    }

    pub fn set_exception_field(&mut self, v: Value, i: usize, value: Value) {
        let Some(mut exc) = v.cast::<Exception>() else { return };
        let mut fields = match exc.fields.cast::<crate::objects::List>() {
            Some(fields) => fields,
            None => {
                let fields = self.heap.list(vec![Value::UNBOUND; if i < 2 { 2 } else { MOST }]);
                exc.fields = fields.value();
                fields
            }
        };
        if fields.items.len() <= i {
            fields.items.resize(MOST.max(i + 1), Value::UNBOUND);
        }
        fields.items[i] = value;
    }

    /// The fields that keywords of the constructor set, and those that arguments are moved to.
    pub(super) fn init_exception_fields(&mut self, v: Value, args: &[Value], keywords: Value) -> Result<()> {
        let e = &self.exceptions;
        let (import, attribute, name, os, syntax, unicode) =
            (e.ImportError, e.AttributeError, e.NameError, e.OSError, e.SyntaxError, e.UnicodeError);
        let class = self.type_of(v);
        if let Some(keywords) = keywords.cast::<Dict>() {
            let (shown, allowed): (&str, &[&str]) = if class.is_subclass_of(import) {
                ("ImportError", &["name", "path", "name_from"])
            } else if class.is_subclass_of(attribute) {
                ("AttributeError", &["name", "obj"])
            } else if class.is_subclass_of(name) {
                ("NameError", &["name"])
            } else {
                ("", &[])
            };
            for (key, value) in keywords.table.iter().collect::<Vec<_>>() {
                let Some(key) = key.as_str() else { continue };
                match allowed.iter().position(|a| *a == key.as_str()) {
                    Some(i) => self.set_exception_field(v, i, value),
                    None if shown.is_empty() => {
                        let class = class.name_str();
                        return Err(self.type_error(format!("{class}() takes no keyword arguments")));
                    }
                    None => {
                        let key = key.text();
                        return Err(
                            self.type_error(format!("{shown}() got an unexpected keyword argument '{key}'"))
                        );
                    }
                }
            }
        }
        if class.is_subclass_of(os) && (3..=5).contains(&args.len()) {
            self.set_exception_field(v, 2, args[2]);
            if let Some(&second) = args.get(4) {
                self.set_exception_field(v, 3, second);
            }
            if let Some(mut exc) = v.cast::<Exception>() {
                exc.args = self.tuple(&args[..2]);
            }
        } else if class.is_subclass_of(syntax) && args.len() == 2 {
            self.check_syntax_details(args[1])?;
        } else if class.is_subclass_of(unicode) {
            self.check_unicode_args(class, args)?;
        }
        Ok(())
    }

    fn check_syntax_details(&mut self, details: Value) -> Result<()> {
        let items = self.collect(details)?;
        let n = items.items.len();
        if (4..=7).contains(&n) && n != 5 {
            return Ok(());
        }
        Err(self.type_error(match n {
            0..=3 => format!("function takes at least 4 arguments ({n} given)"),
            5 => "end_offset must be provided when end_lineno is provided".to_owned(),
            _ => format!("function takes at most 7 arguments ({n} given)"),
        }))
    }

    fn check_unicode_args(&mut self, class: Gc<Class>, args: &[Value]) -> Result<()> {
        let e = &self.exceptions;
        let decode = class.is_subclass_of(e.UnicodeDecodeError);
        let encode = class.is_subclass_of(e.UnicodeEncodeError);
        let wanted = if decode || encode {
            5
        } else if class.is_subclass_of(e.UnicodeTranslateError) {
            4
        } else {
            return Ok(());
        };
        if args.len() != wanted {
            let given = args.len();
            return Err(self.type_error(format!("function takes exactly {wanted} arguments ({given} given)")));
        }
        let text = wanted - 4;
        for (i, &v) in args.iter().enumerate() {
            let is_bytes = decode && i == text;
            let wants_number = i == text + 1 || i == text + 2;
            if is_bytes {
                if crate::objects::sequence::BytesLike::of(v).is_none() {
                    let got = self.class_name(v);
                    return Err(self.type_error(format!("a bytes-like object is required, not '{got}'")));
                }
            } else if wants_number {
                self.index(v)?;
            } else if v.as_str().is_none() {
                let got = self.class_name(v);
                return Err(self.type_error(format!("argument {} must be str, not {got}", i + 1)));
            }
        }
        Ok(())
    }
}

fn get<const I: usize>(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.exception_field(args[0], I).unwrap_or(Value::NONE))
}

fn set<const I: usize>(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    vm.set_exception_field(args[0], I, args[1]);
    Ok(Value::NONE)
}

/// One of the exception's arguments, or None.
fn arg(vm: &Vm, v: Value, i: usize) -> Value {
    vm.exception_args(v).get(i).copied().unwrap_or(Value::NONE)
}

fn stop_value(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.exception_field(args[0], 0).unwrap_or_else(|| arg(vm, args[0], 0)))
}

fn exit_code(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let Some(v) = vm.exception_field(args[0], 0) {
        return Ok(v);
    }
    let exc = args[0].cast::<Exception>();
    Ok(match exc.and_then(|e| e.args.cast::<Tuple>()) {
        Some(t) if t.len() > 1 => t.value(),
        _ => arg(vm, args[0], 0),
    })
}

fn message(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let Some(v) = vm.exception_field(args[0], 3) {
        return Ok(v);
    }
    let given = vm.exception_args(args[0]);
    Ok(if given.len() == 1 { given[0] } else { Value::NONE })
}

fn os_field<const I: usize>(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let Some(v) = vm.exception_field(args[0], I) {
        return Ok(v);
    }
    let given = vm.exception_args(args[0]);
    Ok(if (2..=5).contains(&given.len()) { given[I] } else { Value::NONE })
}

fn syntax_message(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(vm.exception_field(args[0], 0).unwrap_or_else(|| arg(vm, args[0], 0)))
}

fn syntax_detail<const I: usize>(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let Some(v) = vm.exception_field(args[0], I) {
        return Ok(v);
    }
    let details = arg(vm, args[0], 1);
    Ok(details.cast::<Tuple>().and_then(|t| t.items().get(I - 1).copied()).unwrap_or(Value::NONE))
}

/// A `UnicodeTranslateError` has no encoding: its arguments begin with the object.
fn unicode_field<const I: usize>(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    if let Some(v) = vm.exception_field(args[0], I) {
        return Ok(v);
    }
    let given = vm.exception_args(args[0]);
    let at = match (I, given.len()) {
        (0, 4) => return Ok(Value::NONE),
        (i, 4) => i - 1,
        (i, _) => i,
    };
    Ok(given.get(at).copied().unwrap_or(Value::NONE))
}
