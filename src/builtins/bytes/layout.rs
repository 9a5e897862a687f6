//! The methods of bytes about case, classes and width: ASCII alone has them.

use super::own;
use crate::heap::Value;
use crate::objects::sequence::BytesLike;
use crate::text::bytes as text;
use crate::vm::{Result, Vm};

fn mapped(vm: &mut Vm, args: &[Value], map: impl FnMut(&u8) -> u8) -> Value {
    let bytes = own(args).iter().map(map).collect();
    vm.bytes_like(args[0], bytes)
}

pub fn upper(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(mapped(vm, args, u8::to_ascii_uppercase))
}

pub fn lower(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(mapped(vm, args, u8::to_ascii_lowercase))
}

pub fn swapcase(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(mapped(vm, args, |b| if b.is_ascii_alphabetic() { b ^ 0x20 } else { *b }))
}

pub fn capitalize(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut first = true;
    Ok(mapped(vm, args, |b| {
        if std::mem::take(&mut first) { b.to_ascii_uppercase() } else { b.to_ascii_lowercase() }
    }))
}

pub fn title(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let mut inside = false;
    Ok(mapped(vm, args, |b| {
        let mapped = if inside { b.to_ascii_lowercase() } else { b.to_ascii_uppercase() };
        inside = b.is_ascii_alphabetic();
        mapped
    }))
}

fn all(args: &[Value], class: impl Fn(&u8) -> bool) -> Result<Value> {
    let bytes = own(args);
    Ok(Value::bool(!bytes.is_empty() && bytes.iter().all(class)))
}

pub fn isalnum(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    all(args, u8::is_ascii_alphanumeric)
}

pub fn isalpha(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    all(args, u8::is_ascii_alphabetic)
}

pub fn isdigit(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    all(args, u8::is_ascii_digit)
}

pub fn isspace(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    all(args, |&b| text::is_space(b))
}

pub fn isascii(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(Value::bool(own(args).is_ascii()))
}

pub fn islower(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let bytes = own(args);
    Ok(Value::bool(bytes.iter().any(u8::is_ascii_lowercase) && !bytes.iter().any(u8::is_ascii_uppercase)))
}

pub fn isupper(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let bytes = own(args);
    Ok(Value::bool(bytes.iter().any(u8::is_ascii_uppercase) && !bytes.iter().any(u8::is_ascii_lowercase)))
}

pub fn istitle(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (mut found, mut inside) = (false, false);
    for b in own(args).iter() {
        if b.is_ascii_alphabetic() {
            if b.is_ascii_uppercase() == inside {
                return Ok(Value::FALSE);
            }
            found = true;
        }
        inside = b.is_ascii_alphabetic();
    }
    Ok(Value::bool(found))
}

fn width(vm: &mut Vm, v: Value) -> Result<usize> {
    let width = usize::try_from(vm.index_i64(v)?).unwrap_or(0);
    if width > 1 << 33 {
        return Err(vm.memory_error(""));
    }
    vm.make_room(width)?;
    Ok(width)
}

/// `left` says how many of the missing bytes come before.
fn padded(vm: &mut Vm, args: &[Value], name: &str, left: fn(usize, usize) -> usize) -> Result<Value> {
    let width = width(vm, args[1])?;
    let fill = if args[2].is_unbound() {
        b' '
    } else if let Some(&[byte]) = BytesLike::of(vm.unwrap(args[2])).as_deref() {
        byte
    } else {
        let class = vm.class_name(args[2]);
        return Err(
            vm.type_error(format!("{name}() argument 2 must be a byte string of length 1, not {class}"))
        );
    };
    let bytes = own(args);
    let missing = width.saturating_sub(bytes.len());
    let before = left(missing, width);
    let mut out = vec![fill; before];
    out.extend_from_slice(&bytes);
    out.resize(bytes.len() + missing, fill);
    Ok(vm.bytes_like(args[0], out))
}

pub fn center(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    padded(vm, args, "center", |missing, width| missing / 2 + (missing & width & 1))
}

pub fn ljust(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    padded(vm, args, "ljust", |_, _| 0)
}

pub fn rjust(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    padded(vm, args, "rjust", |missing, _| missing)
}

pub fn zfill(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let width = width(vm, args[1])?;
    let bytes = own(args);
    let missing = width.saturating_sub(bytes.len());
    let sign = usize::from(bytes.starts_with(b"+") || bytes.starts_with(b"-"));
    let mut out = bytes[..sign].to_vec();
    out.resize(sign + missing, b'0');
    out.extend_from_slice(&bytes[sign..]);
    Ok(vm.bytes_like(args[0], out))
}

pub fn expandtabs(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let size = width(vm, args[1])?;
    let mut out = Vec::new();
    let mut column = 0;
    for &byte in own(args).iter() {
        match byte {
            b'\t' if size == 0 => (),
            b'\t' => {
                let step = size - column % size;
                out.resize(out.len() + step, b' ');
                column += step;
            }
            _ => {
                column = if matches!(byte, b'\n' | b'\r') { 0 } else { column + 1 };
                out.push(byte);
            }
        }
    }
    Ok(vm.bytes_like(args[0], out))
}
