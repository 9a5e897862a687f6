//! `format % arguments`, of strings and of bytes.
//!
//! Bytes are formatted as text in which each character is a byte (Latin-1), and turned back.

use super::super::{Result, Vm};
use crate::heap::{Gc, Kind, Str, Value};
use crate::objects::sequence::BytesLike;
use crate::objects::{BigInt, Tuple};
use crate::text::float::{self, Fixed};
use crate::text::int::{self, IntRef, IntValue};
use crate::text::percent::{Amount, Directive, Layout, Percent, Piece, unsupported};
use crate::text::{MAX_WIDTH, decimal, layout, plain, seek};

/// The right operand, as the directives consume it.
struct Arguments<'a> {
    format: &'a str,
    all: Value,
    /// The items of a tuple, or the one argument.
    items: Vec<Value>,
    next: usize,
    mapping: bool,
    bytes: bool,
}

impl Vm {
    /// `str % args`
    pub fn percent_format(&mut self, format: Gc<Str>, args: Value) -> Result<Value> {
        let text = self.build_text(|vm, out| {
            let one = [args];
            let items = args.cast::<Tuple>().map_or(&one[..], |tuple| tuple.all());
            if vm.percent_plainly(out, format.text(), items).is_some() {
                return Ok(());
            }
            out.clear();
            vm.percent(out, format.text(), args, false)
        })?;
        Ok(text.value())
    }

    /// `bytes % args`; the result is of the left operand's type.
    pub fn percent_bytes(&mut self, format: Value, args: Value) -> Result<Value> {
        let bytes = BytesLike::of(format).map(|b| b.to_vec()).unwrap_or_default();
        let text: String = bytes.iter().map(|&b| char::from(b)).collect();
        let mut filled = String::with_capacity(text.len() + 16);
        self.percent(&mut filled, &text, args, true)?;
        let filled = filled.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect();
        Ok(self.bytes_like(format, filled))
    }

    /// Appends what the format makes of texts, integers and floats, one for each directive, where these are the plainest of
    /// their kind: `%s`, `%-8s`, `%d`, `%05d`, `%x`, `%.2f`. What is anything else may have appended something, too.
    fn percent_plainly(&mut self, out: &mut String, format: &str, items: &[Value]) -> Option<()> {
        let (mut rest, mut items) = (format, items.iter());
        while let Some(at) = seek::find(rest, "%") {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(behind) = rest.strip_prefix('%') {
                out.push('%');
                rest = behind;
                continue;
            }
            let end = rest.bytes().position(|byte| byte.is_ascii_alphabetic())?;
            let (spec, behind) = rest.split_at(end + 1);
            self.push_plainly(out, spec, *items.next()?)?;
            rest = behind;
        }
        out.push_str(rest);
        if items.next().is_none() { Some(()) } else { None }
    }

    /// The same for one directive, without its `%`.
    fn push_plainly(&mut self, out: &mut String, spec: &str, v: Value) -> Option<()> {
        let start = out.len();
        let (amount, conversion) = match spec.as_bytes() {
            [amount @ .., conversion] => (amount, *conversion),
            [] => return None,
        };
        let chars = match (conversion, v.as_str(), v.as_int()) {
            (b's', Some(text), _) => {
                out.push_str(text.text());
                text.chars()
            }
            (b's' | b'd', None, Some(i)) => {
                decimal::push_signed(out, i);
                out.len() - start
            }
            (b'x', None, Some(i)) => {
                int::push_radix(out, IntRef::Small(i), 16);
                out.len() - start
            }
            (b's', None, None) => {
                float::push_repr(out, v.inline_float()?);
                out.len() - start
            }
            (b'f', None, None) => {
                let fixed = self.fixed_str(Fixed::new(v.inline_float()?, spec)?);
                out.push_str(fixed.as_str()?.text());
                return Some(());
            }
            _ => return None,
        };
        let (to_left, fill, digits) = match *amount {
            [] => return Some(()),
            [b'-', ref digits @ ..] => (true, ' ', digits),
            [b'0', ref digits @ ..] if conversion != b's' && v.as_int()? >= 0 => (false, '0', digits),
            ref digits => (false, ' ', digits),
        };
        let missing = plain::width(digits)?.saturating_sub(chars);
        let at = if to_left { out.len() } else { start };
        layout::insert_fill(out, at, fill, missing).then_some(())
    }

    /// Appends what the format makes of its arguments.
    fn percent(&mut self, out: &mut String, format: &str, all: Value, bytes: bool) -> Result<()> {
        let tuple = self.unwrap(all).cast::<Tuple>();
        let items = tuple.map_or_else(|| vec![all], |t| t.items().to_vec());
        let mapping = tuple.is_none() && self.has_items(all, bytes);
        let mut arguments = Arguments { format, all, items, next: 0, mapping, bytes };
        for piece in Percent::new(format) {
            match piece.map_err(|e| self.text_error(e))? {
                Piece::Literal(text) => out.push_str(text),
                Piece::Directive(directive) => self.fill(out, &directive, &mut arguments)?,
            }
        }
        if arguments.next < arguments.items.len() && !arguments.mapping {
            let kind = if bytes { "bytes" } else { "string" };
            return Err(self.type_error(format!("not all arguments converted during {kind} formatting")));
        }
        Ok(())
    }

    /// Whether it is a mapping in the sense of the operator: anything with items but a string.
    fn has_items(&self, v: Value, bytes: bool) -> bool {
        match v.kind() {
            Some(Kind::Dict | Kind::List | Kind::Range | Kind::MappingProxy) => true,
            Some(Kind::Bytes | Kind::ByteArray) => !bytes,
            Some(Kind::Instance | Kind::Boxed) => {
                !self.unwrap(v).is::<Str>()
                    && super::find_in_class(self.type_of(v), self.names.__getitem__).is_some()
            }
            _ => false,
        }
    }

    fn next_argument(&mut self, arguments: &mut Arguments<'_>) -> Result<Value> {
        let Some(&v) = arguments.items.get(arguments.next) else {
            return Err(self.type_error("not enough arguments for format string"));
        };
        arguments.next += 1;
        Ok(v)
    }

    fn star(&mut self, amount: Option<Amount>, arguments: &mut Arguments<'_>) -> Result<Option<i64>> {
        if amount != Some(Amount::Star) {
            return Ok(None);
        }
        let v = self.next_argument(arguments)?;
        match self.small_int_of(self.unwrap(v)) {
            Some(i) => Ok(Some(i)),
            None => Err(self.type_error("* wants int")),
        }
    }

    fn fill(
        &mut self,
        out: &mut String,
        directive: &Directive<'_>,
        arguments: &mut Arguments<'_>,
    ) -> Result<()> {
        if let Some(key) = directive.key {
            if !arguments.mapping {
                return Err(self.type_error("format requires a mapping"));
            }
            let key = if arguments.bytes {
                let bytes: Vec<u8> = key.chars().filter_map(|c| u8::try_from(u32::from(c)).ok()).collect();
                self.heap.bytes(bytes).value()
            } else {
                self.str(key)
            };
            let v = self.get_item(arguments.all, key)?;
            self.root(v);
            arguments.items = vec![v];
            arguments.next = 0;
        }
        let width = self.star(directive.width, arguments)?;
        let precision = self.star(directive.precision, arguments)?;
        let layout = Layout::new(directive, width, precision);
        let digits = layout.precision.filter(|_| !matches!(directive.conversion, 'r' | 'a' | 's' | 'b'));
        let widest = layout.width.max(digits.unwrap_or(0));
        if widest > MAX_WIDTH {
            return Err(self.memory_error(""));
        }
        self.make_room(out.len() + widest)?;
        let v = self.next_argument(arguments)?;
        match directive.conversion {
            'r' if !arguments.bytes => {
                let text = self.repr(v)?;
                layout.push_text(out, 'r', &text);
            }
            'a' | 'r' => {
                let text = self.ascii(v)?;
                layout.push_text(out, 'a', &text);
            }
            's' | 'b' if arguments.bytes => {
                let text = self.latin_1(v)?;
                layout.push_text(out, 's', &text);
            }
            's' => {
                if layout.is_plain() {
                    self.push_str_of(out, v)?;
                } else {
                    let text = self.to_str(v)?;
                    layout.push_text(out, 's', text.text());
                }
            }
            'd' | 'i' | 'u' | 'o' | 'x' | 'X' => self.fill_int(out, &layout, directive.conversion, v)?,
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
                let f = match (self.try_f64(v)?, arguments.bytes) {
                    (Some(f), _) => f,
                    (None, true) => {
                        let class = self.class_name(v);
                        return Err(self.type_error(format!("float argument required, not {class}")));
                    }
                    (None, false) => self.as_f64(v)?,
                };
                layout.push_float(out, directive.conversion, f);
            }
            'c' => {
                let c = self.character(v, arguments.bytes)?;
                layout.push_text(out, 'c', c.encode_utf8(&mut [0; 4]));
            }
            _ => return Err(self.text_error(unsupported(arguments.format, directive))),
        }
        Ok(())
    }

    fn fill_int(&mut self, out: &mut String, layout: &Layout, conversion: char, v: Value) -> Result<()> {
        let strict = matches!(conversion, 'o' | 'x' | 'X');
        let mut number = self.try_index(v)?;
        if number.is_none() && !strict {
            if let Some(f) = self.unwrap(v).as_float() {
                number = Some(match int::from_f64(f).map_err(|e| self.text_error(e))? {
                    IntValue::Small(i) => self.int(i),
                    IntValue::Big(big) => self.heap.big_int(big),
                });
            } else if self.has_operators(v) {
                number = self.call_operator(v, self.names.__int__, &[])?;
            }
        }
        let pushed = match number {
            Some(n) if n.is::<BigInt>() => match n.cast::<BigInt>() {
                Some(big) => {
                    layout.push_int(out, conversion, IntRef::Big(&big.value), self.int_max_str_digits)
                }
                None => Ok(()),
            },
            Some(n) if let Some(i) = self.small_int_of(n) => {
                layout.push_int(out, conversion, IntRef::Small(i), self.int_max_str_digits)
            }
            _ => {
                let (wanted, class) =
                    (if strict { "an integer" } else { "a real number" }, self.class_name(v));
                let message = format!("%{conversion} format: {wanted} is required, not {class}");
                return Err(self.type_error(message));
            }
        };
        pushed.map_err(|e| self.text_error(e))
    }

    fn character(&mut self, v: Value, bytes: bool) -> Result<char> {
        let plain = self.unwrap(v);
        if bytes {
            if let Some(&[byte]) = BytesLike::of(plain).as_deref() {
                return Ok(char::from(byte));
            }
            return match self.try_index(v)?.map(|i| self.small_int_of(i).and_then(|i| u8::try_from(i).ok())) {
                Some(Some(byte)) => Ok(char::from(byte)),
                Some(None) => Err(self.overflow_error("%c arg not in range(256)")),
                None => Err(self.type_error("%c requires an integer in range(256) or a single byte")),
            };
        }
        if let Some(text) = plain.as_str() {
            if text.chars() == 1
                && let Some(c) = text.text().chars().next()
            {
                return Ok(c);
            }
            return Err(self.type_error("%c requires int or char"));
        }
        let Some(code) = self.try_index(v)? else { return Err(self.type_error("%c requires int or char")) };
        let code = self.small_int_of(code).and_then(|i| u32::try_from(i).ok());
        match code.and_then(char::from_u32) {
            Some(c) => Ok(c),
            None => Err(self.overflow_error("%c arg not in range(0x110000)")),
        }
    }

    /// What `%s` of bytes shows: the argument's bytes.
    fn latin_1(&mut self, v: Value) -> Result<String> {
        let mut plain = self.unwrap(v);
        if BytesLike::of(plain).is_none() && self.has_operators(v) {
            plain = self.call_operator(v, self.names.__bytes__, &[])?.unwrap_or(plain);
        }
        match BytesLike::of(plain) {
            Some(bytes) => Ok(bytes.iter().map(|&b| char::from(b)).collect()),
            None => {
                let class = self.class_name(v);
                Err(self.type_error(format!(
                    "%b requires a bytes-like object, or an object that implements __bytes__, not '{class}'"
                )))
            }
        }
    }
}
