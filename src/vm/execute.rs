//! `exec`, `eval` and `compile`: source text that a program brings itself, on the same way as a script's.
//!
//! Such code is like a class body: its names live in a namespace that it is called with, then among the globals.

use super::{Result, Vm};
use crate::compile::Mode;
use crate::heap::{Gc, Value};
use crate::objects::{CodeObject, Dict, Function};

impl Vm {
    /// Compiles text for [`Vm::execute`].
    ///
    /// # Errors
    /// A SyntaxError for what is no program.
    pub fn compile_for(&mut self, name: &str, text: &str, mode: Mode) -> Result<Gc<CodeObject>> {
        let source = self.sources.add(crate::source::Source::new(name, text));
        let compiled = crate::compile::compile_in_mode(source, text, mode);
        self.loaded(name, source, compiled)
    }

    /// Runs code in a namespace, with these globals.
    pub fn execute(&mut self, code: Gc<CodeObject>, globals: Gc<Dict>, locals: Value) -> Result<Value> {
        let function: Gc<Function> =
            self.heap.function(code, globals, Value::UNBOUND, Value::NONE, Value::NONE);
        let function = self.root(function);
        // A function's own code has no namespace to be called with.
        if code.plain.signature.positional == 1
            && code.locals.first().is_some_and(|n| n.as_str() == ".namespace")
        {
            self.call(function, &[locals])
        } else {
            self.call(function, &[])
        }
    }
}
