//! Reading the script: a file, stdin, or the command line itself.

use super::options::Script;
use crate::source::Span;
use std::io::Read;

/// Longer files are no scripts: devices that never end, data by mistake.
const MAX_BYTES: u64 = 256 << 20;

/// A source's text, or what is wrong with its bytes.
pub enum Text {
    Valid(String),
    /// Not UTF-8: the text as far as it can be shown.
    Invalid {
        text: String,
        message: String,
        span: Span,
    },
}

/// The source's name and text; the error is a sentence for stderr.
pub fn read(script: &Script) -> Result<(String, Text), String> {
    let (name, bytes) = match script {
        Script::Code(code) => return Ok(("<string>".into(), Text::Valid(code.clone()))),
        Script::Prompt => return Ok(("<stdin>".into(), Text::Valid(String::new()))),
        Script::Stdin => ("<stdin>".to_owned(), bounded(std::io::stdin().lock())),
        Script::File(path) => {
            (path.to_string_lossy().into_owned(), std::fs::File::open(path).and_then(bounded))
        }
    };
    match bytes {
        Ok(bytes) if bytes.len() as u64 > MAX_BYTES => {
            Err(format!("can't run '{name}': longer than {} MiB", MAX_BYTES >> 20))
        }
        Ok(bytes) => {
            let text = decode(&name, bytes);
            Ok((name, text))
        }
        Err(error) => Err(format!("can't open file '{name}': {}", describe(&error))),
    }
}

/// What can be read, to one byte beyond the limit.
fn bounded(from: impl Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// `[Errno 2] No such file or directory`
fn describe(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    match error.raw_os_error() {
        Some(number) => format!("[Errno {number}] {text}"),
        None => text.to_owned(),
    }
}

fn decode(name: &str, bytes: Vec<u8>) -> Text {
    match String::from_utf8(bytes) {
        Ok(text) => Text::Valid(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        }),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let byte = bytes.get(at).copied().unwrap_or(0);
            let line = bytes[..at].iter().filter(|&&b| b == b'\n').count() + 1;
            let message = format!(
                "Non-UTF-8 code starting with '\\x{byte:02x}' in file {name} on line {line}, but no encoding declared; \
                 see https://peps.python.org/pep-0263/ for details"
            );
            let start = u32::try_from(at).unwrap_or(u32::MAX);
            // The replacement character takes three bytes.
            Text::Invalid {
                text: String::from_utf8_lossy(&bytes).into_owned(),
                message,
                span: Span::new(start, start + 3),
            }
        }
    }
}
