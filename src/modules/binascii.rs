//! `binascii`: bytes as text and back, and checksums. Hexadecimal digits are the business of `bytes.hex` too.

use super::{ModuleSpec, embed};
use crate::heap::Value;
use crate::vm::items::with_bytes;
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "binascii",
    natives: NATIVES,
    init: |vm, dict| embed(vm, dict, "<binascii>", include_str!("lib/binascii.aio")),
};

crate::natives! { static NATIVES:
    /// Compute the CRC-32 of data, from the CRC of what came before.
    "crc32(data, crc=0, /)" => crc32;
    /// Compute CRC-CCITT (16 bits) of data.
    "crc_hqx(data, crc, /)" => crc_hqx;
    "_encode64(data, /)" => encode64;
    "_decode64(data, strict, /)" => decode64;
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn own(vm: &mut Vm, v: Value) -> Result<Vec<u8>> {
    match with_bytes(v, <[u8]>::to_vec) {
        Some(bytes) => Ok(bytes),
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(format!("a bytes-like object is required, not '{class}'")))
        }
    }
}

fn crc32(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let bytes = own(vm, args[0])?;
    let start = vm.index_i64(args[1])? as u32;
    let mut table = [0_u32; 256];
    for (n, entry) in (0..).zip(&mut table) {
        *entry = (0..8).fold(n, |c: u32, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 });
    }
    let crc = bytes.iter().fold(!start, |crc, &b| table[usize::from(crc as u8 ^ b)] ^ (crc >> 8));
    Ok(Value::int(i64::from(!crc)))
}

fn crc_hqx(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let bytes = own(vm, args[0])?;
    let start = vm.index_i64(args[1])? as u16;
    let step = |crc: u16| if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
    let crc = bytes.iter().fold(start, |crc, &b| (0..8).fold(crc ^ (u16::from(b) << 8), |crc, _| step(crc)));
    Ok(Value::int(i64::from(crc)))
}

fn encode64(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let bytes = own(vm, args[0])?;
    vm.make_room(bytes.len() / 3 * 4)?;
    let mut out = Vec::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let word = group.iter().fold(0_u32, |word, &b| word << 8 | u32::from(b)) << (8 * (3 - group.len()));
        for i in 0..4 {
            let digit = ALPHABET[(word >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= group.len() { digit } else { b'=' });
        }
    }
    Ok(vm.heap.bytes(out).value())
}

/// The bytes that base64 digits stand for; where they do not, a text that says why. CPython's `a2b_base64`: what is no
/// digit is passed over, unless `strict`.
fn decode64(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let text = own(vm, args[0])?;
    let strict = vm.truthy(args[1])?;
    match decoded(&text, strict) {
        Ok(bytes) => Ok(vm.heap.bytes(bytes).value()),
        Err(why) => Ok(vm.str(&why)),
    }
}

fn decoded(text: &[u8], strict: bool) -> std::result::Result<Vec<u8>, String> {
    if strict && text.first() == Some(&b'=') {
        return Err("Leading padding not allowed".into());
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut word, mut digits, mut pads, mut total) = (0_u8, 0, 0, 0_usize);
    for (i, &c) in text.iter().enumerate() {
        if c == b'=' {
            pads += 1;
            if digits >= 2 && digits + pads >= 4 {
                if strict && i + 1 < text.len() {
                    return Err("Excess data after padding".into());
                }
                return Ok(out);
            }
            if strict && digits < 2 {
                let what = if digits == 0 { "Excess" } else { "Discontinuous" };
                return Err(format!("{what} padding not allowed"));
            }
            continue;
        }
        let Some(v) = ALPHABET.iter().position(|&a| a == c).map(|v| v as u8) else {
            if strict {
                return Err("Only base64 data is allowed".into());
            }
            continue;
        };
        if strict && pads > 0 {
            return Err("Discontinuous padding not allowed".into());
        }
        (pads, total) = (0, total + 1);
        match digits {
            0 => word = v,
            1 => {
                out.push(word << 2 | v >> 4);
                word = v & 15;
            }
            2 => {
                out.push(word << 4 | v >> 2);
                word = v & 3;
            }
            _ => {
                out.push(word << 6 | v);
                word = 0;
            }
        }
        digits = (digits + 1) % 4;
    }
    match digits {
        0 => Ok(out),
        1 => Err(format!(
            "Invalid base64-encoded string: number of data characters ({total}) cannot be 1 more than a multiple of 4"
        )),
        _ => Err("Incorrect padding".into()),
    }
}
