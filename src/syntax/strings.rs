//! What string literals mean: quotes and prefixes taken off, escapes replaced. Line breaks become `\n`, as CPython reads
//! its sources.

/// A mistake inside a literal: a message, and the bytes from the literal's start that it is about.
pub struct BadString {
    pub message: String,
    pub start: usize,
    pub end: usize,
}

/// A plain literal taken apart: where its text lies, and what its prefix says.
pub struct Literal<'t> {
    pub body: &'t str,
    /// Bytes before the body.
    pub offset: usize,
    pub raw: bool,
    pub bytes: bool,
}

/// Takes prefix and quotes off; the lexer has checked that they are there.
pub fn take_apart(literal: &str) -> Literal<'_> {
    let prefix = literal.find(['"', '\'']).unwrap_or(0);
    let quote = &literal[prefix..];
    let quotes =
        if quote.len() >= 6 && (quote.starts_with("\"\"\"") || quote.starts_with("'''")) { 3 } else { 1 };
    let has = |c: char| literal[..prefix].contains([c, c.to_ascii_uppercase()]);
    let offset = prefix + quotes;
    Literal { body: &literal[offset..literal.len() - quotes], offset, raw: has('r'), bytes: has('b') }
}

/// Whether text means itself.
pub fn is_plain(body: &str) -> bool {
    !body.bytes().any(|b| b == b'\\' || b == b'\r')
}

/// Adds what `body` means to `out`; `fstring` for text in which doubled braces mean single ones.
pub fn decode_text(body: &str, raw: bool, fstring: bool, out: &mut String) -> Result<(), BadString> {
    let bytes = body.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let run = bytes[at..]
            .iter()
            .position(|b| matches!(b, b'\\' | b'\r' | b'{' | b'}'))
            .unwrap_or(bytes.len() - at);
        out.push_str(&body[at..at + run]);
        at += run;
        match bytes.get(at) {
            None => break,
            Some(b'\r') => {
                out.push('\n');
                at += if bytes.get(at + 1) == Some(&b'\n') { 2 } else { 1 };
            }
            Some(&b @ (b'{' | b'}')) => {
                out.push(char::from(b));
                at += if fstring && bytes.get(at + 1) == Some(&b) { 2 } else { 1 };
            }
            Some(_) if raw => {
                out.push('\\');
                at += 1;
            }
            Some(_) => at = escape(body, at, out)?,
        }
    }
    Ok(())
}

/// Replaces the escape at the backslash `at`; where it ends.
fn escape(body: &str, at: usize, out: &mut String) -> Result<usize, BadString> {
    let bytes = body.as_bytes();
    let Some(&kind) = bytes.get(at + 1) else {
        out.push('\\');
        return Ok(at + 1);
    };
    if let Some(byte) = simple_escape(kind) {
        out.push(char::from(byte));
        return Ok(at + 2);
    }
    match kind {
        b'\n' => Ok(at + 2),
        b'\r' => Ok(at + if bytes.get(at + 2) == Some(&b'\n') { 3 } else { 2 }),
        b'0'..=b'7' => {
            let (value, end) = octal(bytes, at + 1);
            out.push(char::from_u32(value).unwrap_or('\0'));
            Ok(end)
        }
        b'x' => code_point(bytes, at, 2, out),
        b'u' => code_point(bytes, at, 4, out),
        b'U' => code_point(bytes, at, 8, out),
        b'N' => {
            let name = bytes.get(at + 2) == Some(&b'{');
            let end = name.then(|| body[at..].find('}')).flatten().map(|i| at + i + 1);
            if let Some(end) = end
                && let Some(c) = unicode_names2::character(&body[at + 3..end - 1])
            {
                out.push(c);
                return Ok(end);
            }
            let (message, end) = match end {
                Some(end) if end > at + 4 => ("unknown Unicode character name", end),
                Some(end) => ("malformed \\N character escape", end),
                None if name => ("malformed \\N character escape", body.len()),
                None => ("malformed \\N character escape", at + 2),
            };
            Err(unicode_error(message, at, end))
        }
        _ => {
            // Not an escape: the backslash stays.
            out.push('\\');
            Ok(at + 1)
        }
    }
}

const fn simple_escape(kind: u8) -> Option<u8> {
    Some(match kind {
        b'\\' | b'\'' | b'"' => kind,
        b'a' => 7,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 11,
        _ => return None,
    })
}

/// Up to three octal digits.
fn octal(bytes: &[u8], start: usize) -> (u32, usize) {
    let digits = bytes[start..].iter().take(3).take_while(|b| matches!(b, b'0'..=b'7'));
    digits.fold((0, start), |(value, end), b| (value * 8 + u32::from(b - b'0'), end + 1))
}

fn unicode_error(message: &str, start: usize, end: usize) -> BadString {
    let range = format!("{start}-{}", end.max(start + 1) - 1);
    let message =
        format!("(unicode error) 'unicodeescape' codec can't decode bytes in position {range}: {message}");
    BadString { message, start, end }
}

fn code_point(bytes: &[u8], at: usize, digits: usize, out: &mut String) -> Result<usize, BadString> {
    let found = bytes[at + 2..].iter().take(digits).take_while(|b| b.is_ascii_hexdigit()).count();
    let end = at + 2 + found;
    if found < digits {
        let pattern = match digits {
            2 => "truncated \\xXX escape",
            4 => "truncated \\uXXXX escape",
            _ => "truncated \\UXXXXXXXX escape",
        };
        return Err(unicode_error(pattern, at, end));
    }
    let digit = |b: &u8| char::from(*b).to_digit(16).unwrap_or(0);
    let value = bytes[at + 2..end].iter().fold(0_u32, |value, b| value << 4 | digit(b));
    match char::from_u32(value) {
        Some(c) => out.push(c),
        None if (0xD800..0xE000).contains(&value) => {
            return Err(BadString { message: "lone surrogates are not supported".into(), start: at, end });
        }
        None => return Err(unicode_error("illegal Unicode character", at, end)),
    }
    Ok(end)
}

/// What the body of a bytes literal means.
pub fn decode_bytes(body: &str, raw: bool, out: &mut Vec<u8>) -> Result<(), BadString> {
    if let Some((start, c)) = body.char_indices().find(|(_, c)| !c.is_ascii()) {
        let message = "bytes can only contain ASCII literal characters".to_string();
        return Err(BadString { message, start, end: start + c.len_utf8() });
    }
    let bytes = body.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let (byte, end) = match (bytes[at], bytes.get(at + 1)) {
            (b'\r', next) => (b'\n', at + if next == Some(&b'\n') { 2 } else { 1 }),
            (b'\\', Some(&kind)) if !raw => match (simple_escape(kind), kind) {
                (Some(byte), _) => (byte, at + 2),
                (None, b'\n') => {
                    at += 2;
                    continue;
                }
                (None, b'\r') => {
                    at += if bytes.get(at + 2) == Some(&b'\n') { 3 } else { 2 };
                    continue;
                }
                (None, b'0'..=b'7') => {
                    let (value, end) = octal(bytes, at + 1);
                    ((value & 0xFF) as u8, end)
                }
                (None, b'x') => {
                    let digits = body.get(at + 2..at + 4).and_then(|d| u8::from_str_radix(d, 16).ok());
                    let signed = bytes.get(at + 2) == Some(&b'+');
                    let Some(byte) = digits.filter(|_| !signed) else {
                        let message = format!("(value error) invalid \\x escape at position {at}");
                        return Err(BadString { message, start: at, end: at + 2 });
                    };
                    (byte, at + 4)
                }
                (None, _) => (b'\\', at + 1),
            },
            (byte, _) => (byte, at + 1),
        };
        out.push(byte);
        at = end;
    }
    Ok(())
}
