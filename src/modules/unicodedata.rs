//! `unicodedata`: what Unicode 15.1 says of characters. Decompositions are not told one by one.

use super::{ModuleSpec, set};
use crate::heap::{Gc, Value};
use crate::text::properties as table;
use crate::vm::{Result, Vm};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "unicodedata",
    natives: NATIVES,
    init: |vm, dict| {
        let version = vm.str("15.1.0");
        set(vm, dict, "unidata_version", version);
        Ok(())
    },
};

crate::natives! { static NATIVES:
    /// Returns the general category assigned to the character chr as string.
    "category(chr, /)" => category;
    /// Returns the bidirectional class assigned to the character chr as string.
    "bidirectional(chr, /)" => bidirectional;
    /// Returns the east asian width assigned to the character chr as string.
    "east_asian_width(chr, /)" => east_asian_width;
    /// Returns the mirrored property assigned to the character chr as integer.
    "mirrored(chr, /)" => mirrored;
    /// Returns the canonical combining class assigned to the character chr as integer.
    "combining(chr, /)" => combining;
    /// Converts a Unicode character into its equivalent decimal value.
    "decimal(chr, default=..., /)" => decimal;
    /// Converts a Unicode character into its equivalent digit value.
    "digit(chr, default=..., /)" => digit;
    /// Converts a Unicode character into its equivalent numeric value.
    "numeric(chr, default=..., /)" => numeric;
    /// Returns the name assigned to the character chr as a string.
    "name(chr, default=..., /)" => name;
    /// Look up character by name.
    "lookup(name, /)" => lookup;
    /// Return the normal form 'form' for the Unicode string unistr.
    "normalize(form, unistr, /)" => normalize;
    /// Return whether the Unicode string unistr is in the normal form 'form'.
    "is_normalized(form, unistr, /)" => is_normalized;
}

fn character(vm: &mut Vm, v: Value, function: &str, argument: &str) -> Result<char> {
    let mut chars = vm.unwrap(v).as_str().map_or("", Gc::text).chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return Ok(c);
    }
    let class = vm.class_name(v);
    Err(vm.type_error(format!("{function}() {argument} must be a unicode character, not {class}")))
}

fn run(table: &[(u32, u8)], c: char) -> usize {
    let at = table.partition_point(|&(start, _)| start <= c as u32);
    usize::from(table[at.saturating_sub(1)].1)
}

fn assigned(c: char) -> bool {
    table::CATEGORY_NAMES[run(table::CATEGORY, c)] != "Cn"
}

fn category(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let c = character(vm, args[0], "category", "argument")?;
    Ok(vm.str(table::CATEGORY_NAMES[run(table::CATEGORY, c)]))
}

fn bidirectional(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let c = character(vm, args[0], "bidirectional", "argument")?;
    Ok(vm.str(table::BIDIRECTIONAL_NAMES[run(table::BIDIRECTIONAL, c)]))
}

fn east_asian_width(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let c = character(vm, args[0], "east_asian_width", "argument")?;
    Ok(vm.str(table::WIDTH_NAMES[run(table::WIDTH, c)]))
}

fn mirrored(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let c = character(vm, args[0], "mirrored", "argument")?;
    Ok(Value::int(i64::from(table::MIRRORED_NAMES[run(table::MIRRORED, c)] == "1")))
}

fn combining(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let c = character(vm, args[0], "combining", "argument")?;
    Ok(Value::int(if assigned(c) { i64::from(canonical_combining_class(c)) } else { 0 }))
}

/// A character's value, and whether it is a digit.
fn value_of(c: char) -> Option<(f64, bool)> {
    let point = c as u32;
    let at = table::NUMBERS.partition_point(|&(first, ..)| first <= point).checked_sub(1)?;
    let (first, last, value, digit) = table::NUMBERS[at];
    (point <= last).then(|| (value + f64::from(point - first), digit))
}

fn or_default(vm: &mut Vm, found: Option<Value>, default: Value, message: &str) -> Result<Value> {
    match found {
        Some(v) => Ok(v),
        None if default.is_unbound() => Err(vm.value_error(message)),
        None => Ok(default),
    }
}

fn decimal(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let c = character(vm, args[0], "decimal", "argument 1")?;
    let found = crate::text::chars::decimal(c).map(|d| Value::int(i64::from(d)));
    or_default(vm, found, args[1], "not a decimal")
}

fn digit(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let c = character(vm, args[0], "digit", "argument 1")?;
    let found = value_of(c).filter(|&(_, digit)| digit).map(|(value, _)| Value::int(value as i64));
    or_default(vm, found, args[1], "not a digit")
}

fn numeric(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let c = character(vm, args[0], "numeric", "argument 1")?;
    let found = value_of(c).map(|(value, _)| vm.heap.float(value));
    or_default(vm, found, args[1], "not a numeric character")
}

fn name(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let c = character(vm, args[0], "name", "argument 1")?;
    let found = unicode_names2::name(c).filter(|_| assigned(c)).map(|name| name.to_string());
    let found = found.map(|name| vm.str(&name));
    or_default(vm, found, args[1], "no such name")
}

fn lookup(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let Some(name) = vm.unwrap(args[0]).as_str() else {
        let class = vm.class_name(args[0]);
        return Err(vm.type_error(format!("a bytes-like object is required, not '{class}'")));
    };
    match unicode_names2::character(name.text()).filter(|&c| assigned(c)) {
        Some(c) => Ok(vm.char_str(c)),
        None => {
            let message = vm.str(&format!("undefined character name '{}'", name.text()));
            Err(vm.key_error(message))
        }
    }
}

fn normal_form(vm: &mut Vm, args: &[Value], function: &str) -> Result<String> {
    let mut texts = [""; 2];
    for (i, text) in texts.iter_mut().enumerate() {
        let Some(found) = vm.unwrap(args[i]).as_str() else {
            let class = vm.class_name(args[i]);
            let message = format!("{function}() argument {} must be str, not {class}", i + 1);
            return Err(vm.type_error(message));
        };
        *text = found.text();
    }
    match texts[0] {
        "NFC" => Ok(texts[1].nfc().collect()),
        "NFD" => Ok(texts[1].nfd().collect()),
        "NFKC" => Ok(texts[1].nfkc().collect()),
        "NFKD" => Ok(texts[1].nfkd().collect()),
        _ => Err(vm.value_error("invalid normalization form")),
    }
}

fn normalize(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = normal_form(vm, args, "normalize")?;
    Ok(vm.str(&text))
}

fn is_normalized(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = normal_form(vm, args, "is_normalized")?;
    Ok(Value::bool(vm.unwrap(args[1]).as_str().is_some_and(|own| own.text() == text)))
}
