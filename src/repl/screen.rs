//! What is printed. While a line is edited, text goes to the editor, line by line, which shows it above that line.

use std::cell::RefCell;
use std::io::{Result, Write};
use std::rc::Rc;
use std::sync::mpsc::Sender;

struct State {
    direct: Box<dyn Write>,
    /// Where text goes while a line is edited.
    editor: Option<Sender<String>>,
    editing: bool,
    /// A line that is not whole yet.
    pending: Vec<u8>,
    at_line_start: bool,
}

/// A handle on the screen; all of them are the same one.
#[derive(Clone)]
pub struct Screen(Rc<RefCell<State>>);

impl Screen {
    /// `direct` is where text goes while no line is edited.
    #[must_use]
    pub fn new(direct: Box<dyn Write>, editor: Option<Sender<String>>) -> Self {
        Self(Rc::new(RefCell::new(State {
            direct,
            editor,
            editing: false,
            pending: Vec::new(),
            at_line_start: true,
        })))
    }

    /// A line is edited from now on; the prompt will stand at the start of a line.
    pub fn begin_editing(&self) -> Result<()> {
        let mut state = self.0.borrow_mut();
        if !std::mem::replace(&mut state.at_line_start, true) {
            state.direct.write_all(b"\n")?;
        }
        state.direct.flush()?;
        state.editing = state.editor.is_some();
        Ok(())
    }

    /// No line is edited any more.
    pub fn end_editing(&self) -> Result<()> {
        let mut state = self.0.borrow_mut();
        state.editing = false;
        let pending = std::mem::take(&mut state.pending);
        state.print(&pending)
    }
}

impl State {
    fn print(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some(&last) = bytes.last() {
            self.at_line_start = last == b'\n';
            self.direct.write_all(bytes)?;
        }
        Ok(())
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let mut state = self.0.borrow_mut();
        if !state.editing {
            state.print(bytes)?;
            return Ok(bytes.len());
        }
        state.pending.extend_from_slice(bytes);
        if let Some(end) = state.pending.iter().rposition(|&b| b == b'\n') {
            let lines: Vec<u8> = state.pending.drain(..=end).collect();
            if let Some(editor) = &state.editor {
                // The editor lives as long as the session.
                let _ = editor.send(String::from_utf8_lossy(&lines).into_owned());
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        self.0.borrow_mut().direct.flush()
    }
}
