//! Text to bytes and back: the encodings that are built in, and what to do about errors.

use crate::heap::{Gc, Str, Value};
use crate::vm::{Raise, Result, Vm};
use std::fmt::Write;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8 {
        signature: bool,
    },
    Ascii,
    Latin1,
    /// `marked`: a byte order mark comes first, and decides.
    Utf16 {
        big: bool,
        marked: bool,
    },
    Utf32 {
        big: bool,
        marked: bool,
    },
}

impl Encoding {
    fn named(name: &str) -> Option<Self> {
        if name == "utf-8" {
            return Some(Self::Utf8 { signature: false });
        }
        let name: String =
            name.chars().map(|c| if matches!(c, '_' | ' ') { '-' } else { c.to_ascii_lowercase() }).collect();
        Some(match name.as_str() {
            "utf-8" | "utf8" | "u8" | "utf" | "cp65001" => Self::Utf8 { signature: false },
            "utf-8-sig" => Self::Utf8 { signature: true },
            "ascii" | "us-ascii" | "646" => Self::Ascii,
            "latin-1" | "latin1" | "latin" | "l1" | "iso-8859-1" | "iso8859-1" | "8859" | "cp819" => {
                Self::Latin1
            }
            "utf-16" | "utf16" | "u16" => Self::Utf16 { big: false, marked: true },
            "utf-16-le" | "utf-16le" => Self::Utf16 { big: false, marked: false },
            "utf-16-be" | "utf-16be" => Self::Utf16 { big: true, marked: false },
            "utf-32" | "utf32" | "u32" => Self::Utf32 { big: false, marked: true },
            "utf-32-le" | "utf-32le" => Self::Utf32 { big: false, marked: false },
            "utf-32-be" | "utf-32be" => Self::Utf32 { big: true, marked: false },
            _ => return None,
        })
    }

    /// As messages call it.
    fn name(self) -> &'static str {
        match self {
            Self::Utf8 { .. } => "utf-8",
            Self::Ascii => "ascii",
            Self::Latin1 => "latin-1",
            Self::Utf16 { big: false, .. } => "utf-16-le",
            Self::Utf16 { big: true, .. } => "utf-16-be",
            Self::Utf32 { big: false, .. } => "utf-32-le",
            Self::Utf32 { big: true, .. } => "utf-32-be",
        }
    }
}

fn find_encoding(vm: &mut Vm, name: &str) -> Result<Encoding> {
    match Encoding::named(name) {
        Some(encoding) => Ok(encoding),
        None => Err(vm.error(vm.exceptions.LookupError, format!("unknown encoding: {name}"))),
    }
}

fn unknown_handler(vm: &mut Vm, errors: &str) -> Raise {
    vm.error(vm.exceptions.LookupError, format!("unknown error handler name '{errors}'"))
}

/// `text.encode(encoding, errors)`
pub fn encode(vm: &mut Vm, text: Gc<Str>, encoding: &str, errors: &str) -> Result<Vec<u8>> {
    let encoding = find_encoding(vm, encoding)?;
    let content = text.text();
    match encoding {
        Encoding::Utf8 { signature: false } => Ok(content.as_bytes().to_vec()),
        Encoding::Utf8 { signature: true } => Ok([b"\xef\xbb\xbf", content.as_bytes()].concat()),
        Encoding::Ascii | Encoding::Latin1 if text.is_ascii() => Ok(content.as_bytes().to_vec()),
        Encoding::Ascii => encode_narrow(vm, text, encoding, 0x80, errors),
        Encoding::Latin1 => encode_narrow(vm, text, encoding, 0x100, errors),
        Encoding::Utf16 { big, marked } => {
            let units = marked.then_some(0xfeff).into_iter().chain(content.encode_utf16());
            Ok(units
                .flat_map(|unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect())
        }
        Encoding::Utf32 { big, marked } => {
            let units = marked.then_some(0xfeff).into_iter().chain(content.chars().map(u32::from));
            Ok(units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect())
        }
    }
}

/// One byte a character, for those below `limit`.
fn encode_narrow(
    vm: &mut Vm,
    text: Gc<Str>,
    encoding: Encoding,
    limit: u32,
    errors: &str,
) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(text.chars());
    let mut chars = text.text().chars().enumerate().peekable();
    while let Some((at, ch)) = chars.next() {
        let code = u32::from(ch);
        if let Some(byte) = u8::try_from(code).ok().filter(|_| code < limit) {
            out.push(byte);
            continue;
        }
        let mut shown = String::new();
        // Writing to a String cannot fail.
        let _ = match errors {
            "ignore" => Ok(()),
            "replace" => shown.write_char('?'),
            "xmlcharrefreplace" => write!(shown, "&#{code};"),
            "backslashreplace" | "namereplace" => match code {
                0..=0xff => write!(shown, "\\x{code:02x}"),
                0x100..=0xffff => write!(shown, "\\u{code:04x}"),
                _ => write!(shown, "\\U{code:08x}"),
            },
            "strict" | "surrogateescape" | "surrogatepass" => {
                // The error covers all that follow too.
                let mut end = at + 1;
                while chars.next_if(|&(_, c)| u32::from(c) >= limit).is_some() {
                    end += 1;
                }
                let reason = format!("ordinal not in range({limit})");
                let class = vm.exceptions.UnicodeEncodeError;
                return Err(unicode_error(vm, class, encoding.name(), text.value(), at, end, &reason));
            }
            _ => return Err(unknown_handler(vm, errors)),
        };
        out.extend_from_slice(shown.as_bytes());
    }
    Ok(out)
}

fn unicode_error(
    vm: &mut Vm,
    class: Gc<crate::objects::Class>,
    encoding: &str,
    object: Value,
    start: usize,
    end: usize,
    reason: &str,
) -> Raise {
    let position = |at: usize| Value::int(i64::try_from(at).unwrap_or(0));
    let args = [vm.str(encoding), object, position(start), position(end), vm.str(reason)];
    vm.error_with(class, &args)
}

/// What stands at the beginning of some bytes: a character and its length, or an error and its length.
type Decoded = std::result::Result<(char, usize), (usize, &'static str)>;

/// `bytes.decode(encoding, errors)`; `object` is the value that holds the bytes, for errors.
pub fn decode(vm: &mut Vm, bytes: &[u8], object: Value, encoding: &str, errors: &str) -> Result<Value> {
    let encoding = find_encoding(vm, encoding)?;
    // What is valid needs no copy first.
    let narrow = matches!(encoding, Encoding::Ascii | Encoding::Latin1);
    if (narrow || encoding == Encoding::Utf8 { signature: false })
        && let Ok(text) = std::str::from_utf8(bytes)
        && (!narrow || text.is_ascii())
    {
        return vm.owned_str(text);
    }
    let text = decode_carefully(vm, bytes, object, encoding, errors)?;
    vm.own_str(text)
}

fn decode_carefully(
    vm: &mut Vm,
    bytes: &[u8],
    object: Value,
    mut encoding: Encoding,
    errors: &str,
) -> Result<String> {
    let mut start = 0;
    match encoding {
        Encoding::Utf8 { signature: true } if bytes.starts_with(b"\xef\xbb\xbf") => start = 3,
        Encoding::Utf16 { marked: true, .. } => {
            let big = bytes.starts_with(b"\xfe\xff");
            start = if big || bytes.starts_with(b"\xff\xfe") { 2 } else { 0 };
            encoding = Encoding::Utf16 { big, marked: false };
        }
        Encoding::Utf32 { marked: true, .. } => {
            let big = bytes.starts_with(b"\0\0\xfe\xff");
            start = if big || bytes.starts_with(b"\xff\xfe\0\0") { 4 } else { 0 };
            encoding = Encoding::Utf32 { big, marked: false };
        }
        _ => (),
    }
    let mut out = String::with_capacity(bytes.len());
    let mut at = start;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if matches!(encoding, Encoding::Utf8 { .. }) {
            // What is valid is copied in one go.
            let valid = match std::str::from_utf8(rest) {
                Ok(text) => text,
                Err(error) => std::str::from_utf8(&rest[..error.valid_up_to()]).unwrap_or_default(),
            };
            if !valid.is_empty() {
                out.push_str(valid);
                at += valid.len();
                continue;
            }
        }
        let decoded = match encoding {
            Encoding::Utf8 { .. } => utf8_error(rest),
            Encoding::Ascii if rest[0] >= 0x80 => Err((1, "ordinal not in range(128)")),
            Encoding::Ascii | Encoding::Latin1 => Ok((char::from(rest[0]), 1)),
            Encoding::Utf16 { big, .. } => utf16(rest, big),
            Encoding::Utf32 { big, .. } => utf32(rest, big),
        };
        match decoded {
            Ok((ch, length)) => {
                out.push(ch);
                at += length;
            }
            Err((length, reason)) => {
                match errors {
                    "ignore" => (),
                    "replace" => out.push('\u{fffd}'),
                    "backslashreplace" => {
                        for byte in &rest[..length] {
                            // Writing to a String cannot fail.
                            let _ = write!(out, "\\x{byte:02x}");
                        }
                    }
                    "strict" | "surrogateescape" | "surrogatepass" => {
                        let class = vm.exceptions.UnicodeDecodeError;
                        return Err(unicode_error(
                            vm,
                            class,
                            encoding.name(),
                            object,
                            at,
                            at + length,
                            reason,
                        ));
                    }
                    _ => return Err(unknown_handler(vm, errors)),
                }
                at += length;
            }
        }
    }
    Ok(out)
}

/// The error that `rest` starts with.
fn utf8_error(rest: &[u8]) -> Decoded {
    let Err(error) = std::str::from_utf8(rest) else { return Ok(('\0', rest.len())) };
    Err(match error.error_len() {
        None => (rest.len(), "unexpected end of data"),
        Some(_) if matches!(rest[0], 0x80..=0xc1 | 0xf5..) => (1, "invalid start byte"),
        Some(length) => (length, "invalid continuation byte"),
    })
}

fn utf16(rest: &[u8], big: bool) -> Decoded {
    let unit = |at: usize| -> Option<u16> {
        let pair = [*rest.get(at)?, *rest.get(at + 1)?];
        Some(if big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) })
    };
    let Some(first) = unit(0) else { return Err((rest.len(), "truncated data")) };
    if let Some(ch) = char::from_u32(u32::from(first)) {
        return Ok((ch, 2));
    }
    if first >= 0xdc00 {
        return Err((2, "illegal encoding"));
    }
    let Some(second) = unit(2) else { return Err((rest.len(), "unexpected end of data")) };
    match char::decode_utf16([first, second]).next() {
        Some(Ok(ch)) => Ok((ch, 4)),
        _ => Err((2, "illegal UTF-16 surrogate")),
    }
}

fn utf32(rest: &[u8], big: bool) -> Decoded {
    let Some(&four) = rest.first_chunk::<4>() else { return Err((rest.len(), "truncated data")) };
    let code = if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) };
    match char::from_u32(code) {
        Some(ch) => Ok((ch, 4)),
        None if code < 0x11_0000 => Err((4, "code point in surrogate code point range")),
        None => Err((4, "code point not in range(0x110000)")),
    }
}
