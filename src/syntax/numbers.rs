//! Number literals: where one ends, and what is wrong with it. Their values are taken in `build/literals.rs`.

use super::token::Token;

/// What is wrong with a number, and where.
pub struct BadNumber {
    pub message: String,
    pub start: usize,
    pub end: usize,
    /// From where to go on.
    pub resume: usize,
}

type Scan = Result<(Token, usize), BadNumber>;

/// Scans the number that begins at `start` with a digit, or with a dot and a digit.
pub fn scan(text: &str, start: usize) -> Scan {
    Scanner { text, bytes: text.as_bytes(), start, at: start }.number()
}

struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    start: usize,
    at: usize,
}

impl Scanner<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    fn bad(&self, message: impl Into<String>, start: usize, end: usize) -> BadNumber {
        let mut resume = self.at;
        while self.bytes.get(resume).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_' || *b >= 0x80) {
            resume += 1;
        }
        BadNumber { message: message.into(), start, end: end.max(start + 1).min(self.bytes.len()), resume }
    }

    fn number(mut self) -> Scan {
        if self.peek() == b'0' {
            let radix = self.bytes.get(self.at + 1).map_or(0, u8::to_ascii_lowercase);
            match radix {
                b'x' => return self.radix(16, "hexadecimal"),
                b'o' => return self.radix(8, "octal"),
                b'b' => return self.radix(2, "binary"),
                _ => {}
            }
        }
        let mut token = Token::Int;
        if self.peek() != b'.' {
            self.digits()?;
        }
        if self.peek() == b'.' {
            token = Token::Float;
            self.at += 1;
            if self.peek().is_ascii_digit() {
                self.digits()?;
            }
        }
        if matches!(self.peek(), b'e' | b'E') {
            let sign = usize::from(matches!(self.bytes.get(self.at + 1), Some(b'+' | b'-')));
            if self.bytes.get(self.at + 1 + sign).is_some_and(u8::is_ascii_digit) {
                self.at += 1 + sign;
                self.digits()?;
                token = Token::Float;
            } else if sign == 1 {
                return Err(self.bad("invalid decimal literal", self.start, self.at));
            }
        }
        if matches!(self.peek(), b'j' | b'J') {
            self.at += 1;
            return self.end(Token::Imaginary, "imaginary");
        }
        if token == Token::Int {
            self.no_leading_zeros()?;
        }
        self.end(token, "decimal")
    }

    /// Digits with single underscores between them.
    fn digits(&mut self) -> Result<(), BadNumber> {
        loop {
            while self.peek().is_ascii_digit() {
                self.at += 1;
            }
            if self.peek() != b'_' {
                return Ok(());
            }
            self.at += 1;
            if !self.peek().is_ascii_digit() {
                return Err(self.bad("invalid decimal literal", self.at - 1, self.at));
            }
        }
    }

    fn radix(mut self, radix: u32, name: &str) -> Scan {
        self.at += 2;
        loop {
            if self.peek() == b'_' {
                self.at += 1;
            }
            let first = self.at;
            while char::from(self.peek()).is_digit(radix) {
                self.at += 1;
            }
            if self.peek().is_ascii_digit() {
                let digit = char::from(self.peek());
                return Err(self.bad(
                    format!("invalid digit '{digit}' in {name} literal"),
                    self.at,
                    self.at + 1,
                ));
            }
            if self.at == first {
                return Err(self.bad(format!("invalid {name} literal"), self.at - 1, self.at));
            }
            if self.peek() != b'_' {
                return self.end(Token::Int, name);
            }
        }
    }

    fn no_leading_zeros(&self) -> Result<(), BadNumber> {
        let text = &self.bytes[self.start..self.at];
        if text[0] == b'0' && text.iter().any(|b| matches!(b, b'1'..=b'9')) {
            let zeros = text.iter().take_while(|b| matches!(b, b'0' | b'_')).count();
            let message = "leading zeros in decimal integer literals are not permitted; \
                           use an 0o prefix for octal integers";
            return Err(self.bad(message, self.start, self.start + zeros));
        }
        Ok(())
    }

    /// A number may be followed at once by a keyword that continues an expression (`1if x else 2`), by no other letter.
    fn end(self, token: Token, name: &str) -> Scan {
        let rest = &self.text[self.at..];
        let Some(next) = rest.chars().next() else { return Ok((token, self.at)) };
        if next != '_' && !unicode_ident::is_xid_start(next) {
            return Ok((token, self.at));
        }
        if ["and", "else", "for", "if", "in", "is", "not", "or"].iter().any(|k| rest.starts_with(k)) {
            return Ok((token, self.at));
        }
        Err(self.bad(format!("invalid {name} literal"), self.at - 1, self.at))
    }
}
