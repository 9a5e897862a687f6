//! `repr` and `str` of exceptions.

use super::super::{Result, Vm};
use crate::heap::Value;
use crate::objects::sequence::BytesLike;
use crate::objects::{Exception, List, Tuple};

impl Vm {
    /// The exception's `args`.
    #[must_use]
    pub fn exception_args(&self, v: Value) -> Vec<Value> {
        let args = v.cast::<Exception>().and_then(|e| e.args.cast::<Tuple>());
        args.map(|t| t.items().to_vec()).unwrap_or_default()
    }

    /// `BaseException.__repr__`
    pub fn exception_repr(&mut self, v: Value) -> Result<String> {
        let mut out = String::new();
        self.write_exception(&mut out, v)?;
        Ok(out)
    }

    pub(super) fn write_exception(&mut self, out: &mut String, v: Value) -> Result<()> {
        let args = self.exception_args(v);
        if !self.begin_repr(v) {
            out.push_str("...");
            return Ok(());
        }
        let name = self.class_name(v);
        let done = self.write_listed(out, &format!("{name}("), &args, ")");
        self.end_repr();
        done
    }

    /// `BaseException.__str__`, and those of the exceptions that have their own.
    pub fn exception_str(&mut self, v: Value) -> Result<String> {
        let args = self.exception_args(v);
        let types = &self.exceptions;
        let (key, os, group) = (types.KeyError, types.OSError, types.BaseExceptionGroup);
        let (syntax, decode, encode, translate) = (
            types.SyntaxError,
            types.UnicodeDecodeError,
            types.UnicodeEncodeError,
            types.UnicodeTranslateError,
        );
        if args.len() == 1 && self.is_instance_of(v, key) {
            return self.repr(args[0]);
        }
        if (2..=5).contains(&args.len()) && self.is_instance_of(v, os) {
            return self.os_error_str(v, &args);
        }
        if args.len() == 2 && self.is_instance_of(v, group) {
            return self.group_str(&args);
        }
        if self.is_instance_of(v, syntax) {
            return self.syntax_error_str(v);
        }
        if args.len() == 4 && self.is_instance_of(v, translate) {
            return self.translate_error_str(&args);
        }
        if args.len() == 5 && self.is_instance_of(v, decode) {
            return self.decode_error_str(&args);
        }
        if args.len() == 5 && self.is_instance_of(v, encode) {
            return self.encode_error_str(&args);
        }
        match args[..] {
            [] => Ok(String::new()),
            [only] => Ok(self.to_str(only)?.as_str().to_owned()),
            _ => {
                let mut out = String::new();
                self.write_listed(&mut out, "(", &args, ")")?;
                Ok(out)
            }
        }
    }

    /// `[Errno 2] No such file or directory: 'x'`
    fn os_error_str(&mut self, v: Value, args: &[Value]) -> Result<String> {
        let errno = self.to_str(args[0])?.as_str().to_owned();
        let message = self.to_str(args[1])?.as_str().to_owned();
        let filename = self.exception_field(v, 2).unwrap_or(Value::NONE);
        if filename.is_none() {
            return Ok(format!("[Errno {errno}] {message}"));
        }
        let filename = self.repr(filename)?;
        match self.exception_field(v, 3).filter(|second| !second.is_none()) {
            Some(second) => Ok(format!("[Errno {errno}] {message}: {filename} -> {}", self.repr(second)?)),
            None => Ok(format!("[Errno {errno}] {message}: {filename}")),
        }
    }

    fn group_str(&mut self, args: &[Value]) -> Result<String> {
        let message = self.to_str(args[0])?.as_str().to_owned();
        let count = match (args[1].cast::<List>(), args[1].cast::<Tuple>()) {
            (Some(list), _) => list.items.len(),
            (None, Some(tuple)) => tuple.len(),
            (None, None) => self.len(args[1])?,
        };
        let plural = if count == 1 { "" } else { "s" };
        Ok(format!("{message} ({count} sub-exception{plural})"))
    }

    /// `invalid syntax (script.py, line 3)`
    fn syntax_error_str(&mut self, v: Value) -> Result<String> {
        let (file, line) = (self.names.filename, self.intern("lineno"));
        let message = self.names.msg;
        let message = self.get_attr(v, message)?;
        let message = self.to_str(message)?.as_str().to_owned();
        let (file, line) = (self.get_attr(v, file)?, self.get_attr(v, line)?);
        let file = file.as_str().map(|f| f.text().rsplit('/').next().unwrap_or_default());
        Ok(match (file, self.small_int_of(line)) {
            (Some(file), Some(line)) => format!("{message} ({file}, line {line})"),
            (Some(file), None) => format!("{message} ({file})"),
            (None, Some(line)) => format!("{message} (line {line})"),
            (None, None) => message,
        })
    }

    /// `args` is `(text, start, end, reason)`.
    fn translate_error_str(&mut self, args: &[Value]) -> Result<String> {
        let reason = self.to_str(args[3])?.as_str().to_owned();
        let (start, end) = (self.index_i64(args[1])?, self.index_i64(args[2])?);
        let at = usize::try_from(start).unwrap_or(0);
        let found = args[0].as_str().and_then(|text| text.text().chars().nth(at));
        Ok(match found {
            Some(ch) if end == start + 1 => {
                let shown = shown_char(ch);
                format!("can't translate character '{shown}' in position {start}: {reason}")
            }
            _ => format!("can't translate characters in position {start}-{}: {reason}", end - 1),
        })
    }

    /// `args` is `(encoding, bytes, start, end, reason)`.
    fn decode_error_str(&mut self, args: &[Value]) -> Result<String> {
        let encoding = self.to_str(args[0])?.as_str().to_owned();
        let reason = self.to_str(args[4])?.as_str().to_owned();
        let (start, end) = (self.index_i64(args[2])?, self.index_i64(args[3])?);
        let byte = BytesLike::of(args[1]).and_then(|b| b.get(usize::try_from(start).ok()?).copied());
        Ok(match byte {
            Some(byte) if end == start + 1 => {
                format!("'{encoding}' codec can't decode byte 0x{byte:02x} in position {start}: {reason}")
            }
            _ => format!("'{encoding}' codec can't decode bytes in position {start}-{}: {reason}", end - 1),
        })
    }

    /// `args` is `(encoding, text, start, end, reason)`.
    fn encode_error_str(&mut self, args: &[Value]) -> Result<String> {
        let encoding = self.to_str(args[0])?.as_str().to_owned();
        let reason = self.to_str(args[4])?.as_str().to_owned();
        let (start, end) = (self.index_i64(args[2])?, self.index_i64(args[3])?);
        let at = usize::try_from(start).unwrap_or(0);
        let found = args[1].as_str().and_then(|text| text.text().chars().nth(at));
        Ok(match found {
            Some(ch) if end == start + 1 => {
                let shown = shown_char(ch);
                format!("'{encoding}' codec can't encode character '{shown}' in position {start}: {reason}")
            }
            _ => format!(
                "'{encoding}' codec can't encode characters in position {start}-{}: {reason}",
                end - 1
            ),
        })
    }
}

fn shown_char(ch: char) -> String {
    match u32::from(ch) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    }
}
