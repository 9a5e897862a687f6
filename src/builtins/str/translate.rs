//! `str.translate` and its tables.

use super::{own, str_argument};
use crate::heap::{Gc, Value};
use crate::objects::Dict;
use crate::text::strings::{self, Translated};
use crate::vm::{Result, Vm};

/// `translate(self, table, /)`
pub fn translate(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let table = args[1];
    let mut bytes = 0;
    let text = strings::translate(own(args), |ch| {
        let made = look_up(vm, table, ch)?;
        if let Translated::Text(text) = &made {
            bytes += text.len();
            vm.check_text(bytes)?;
        }
        Ok(made)
    })?;
    vm.owned_str(&text)
}

fn look_up(vm: &mut Vm, table: Value, ch: char) -> Result<Translated> {
    let key = Value::int(i64::from(u32::from(ch)));
    let found = match table.cast::<Dict>() {
        Some(dict) => vm.dict_get(dict, key)?,
        None => match vm.get_item(table, key) {
            Ok(v) => Some(v),
            Err(raise) if vm.raised_is(raise, vm.exceptions.LookupError) => None,
            Err(raise) => return Err(raise),
        },
    };
    let Some(v) = found else { return Ok(Translated::Same) };
    if v.is_none() {
        return Ok(Translated::Deleted);
    }
    let plain = vm.unwrap(v);
    if let Some(text) = plain.as_str() {
        return Ok(Translated::Text(text.text().to_owned()));
    }
    if vm.big_of(plain).is_none() {
        return Err(vm.type_error("character mapping must return integer, None or str"));
    }
    let code = vm.small_int_of(plain).and_then(|i| u32::try_from(i).ok()).and_then(char::from_u32);
    match code {
        Some(ch) => Ok(Translated::Char(ch)),
        None => Err(vm.value_error("character mapping must be in range(0x110000)")),
    }
}

/// `maketrans(x, y=..., z=..., /)`: a static method.
pub fn maketrans(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (x, y, z) = (args[0], args[1], args[2]);
    let table = vm.heap.dict();
    vm.root(table);
    if y.is_unbound() {
        let Some(source) = vm.unwrap(x).cast::<Dict>() else {
            return Err(vm.type_error("if you give only one argument to maketrans it must be a dict"));
        };
        from_dict(vm, table, source)?;
        return Ok(table.value());
    }
    let from = match vm.unwrap(x).as_str() {
        Some(from) => from,
        None => {
            return Err(
                vm.type_error("first maketrans argument must be a string if there is a second argument")
            );
        }
    };
    let to = str_argument(vm, y, "maketrans() argument 2 must be str")?;
    if from.chars() != to.chars() {
        return Err(vm.value_error("the first two maketrans arguments must have equal length"));
    }
    let code = |ch: char| Value::int(i64::from(u32::from(ch)));
    for (a, b) in from.text().chars().zip(to.text().chars()) {
        vm.dict_set(table, code(a), code(b))?;
    }
    if !z.is_unbound() {
        let deleted = str_argument(vm, z, "maketrans() argument 3 must be str")?;
        for ch in deleted.text().chars() {
            vm.dict_set(table, code(ch), Value::NONE)?;
        }
    }
    Ok(table.value())
}

fn from_dict(vm: &mut Vm, table: Gc<Dict>, source: Gc<Dict>) -> Result<()> {
    let entries: Vec<(Value, Value)> = source.table.iter().collect();
    for (key, value) in entries {
        let plain = vm.unwrap(key);
        let code = if let Some(text) = plain.as_str() {
            let mut chars = text.text().chars();
            let (Some(ch), None) = (chars.next(), chars.next()) else {
                return Err(vm.value_error("string keys in translate table must be of length 1"));
            };
            Value::int(i64::from(u32::from(ch)))
        } else if vm.big_of(plain).is_some() {
            plain
        } else {
            return Err(vm.type_error("keys in translate table must be strings or integers"));
        };
        vm.dict_set(table, code, value)?;
    }
    Ok(())
}
