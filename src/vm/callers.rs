//! Who called: the calls on the way, as `sys._getframe` and warnings look at them.

use super::Vm;
use crate::heap::{Gc, Str, Value};
use crate::objects::{CellObject, CodeObject, Dict, Frame, Function, Tuple};

/// One call on the way.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    pub function: Gc<Function>,
    pub code: Gc<CodeObject>,
    /// The op that runs.
    pub pc: u32,
    place: Place,
}

/// Where a call has its registers.
#[derive(Clone, Copy, Debug)]
enum Place {
    Activation(usize),
    Frame(Gc<Frame>),
}

impl Vm {
    /// The calls on the way, innermost first, at most `most` of them.
    #[must_use]
    pub fn callers(&self, most: usize) -> Vec<Caller> {
        let mut callers = Vec::new();
        for (i, act) in self.activations.iter().enumerate().rev() {
            if callers.len() >= most {
                break;
            }
            callers.push(Caller {
                function: act.function,
                code: act.code,
                pc: act.pc().saturating_sub(1),
                place: Place::Activation(i),
            });
            // Whoever awaits a frame is no activation once both were suspended.
            let mut awaiter = act.frame.map_or(Value::UNBOUND, |f| f.awaiter);
            while let Some(frame) = awaiter.cast::<Frame>()
                && callers.len() < most
            {
                let known = self.activations.iter().any(|a| a.frame == Some(frame));
                if known {
                    break;
                }
                let (function, pc) = (frame.function, frame.pc.saturating_sub(1));
                callers.push(Caller { function, code: function.code, pc, place: Place::Frame(frame) });
                awaiter = frame.awaiter;
            }
        }
        callers
    }

    /// The names and values of a running function's or class body's locals, for `locals()`; the globals in a module.
    pub fn locals_dict(&mut self) -> Gc<Dict> {
        match self.callers(1).first().copied() {
            Some(caller) => self.locals_of(&caller),
            None => self.heap.dict(),
        }
    }

    /// The same for any call on the way.
    pub fn locals_of(&mut self, caller: &Caller) -> Gc<Dict> {
        let (code, place) = (caller.code, caller.place);
        if code.plain.signature.positional == 1
            && code.locals.first().is_none_or(|n| n.as_str() == ".namespace")
            && let Some(namespace) = self.register_at(place, 0).cast::<Dict>()
        {
            return namespace;
        }
        if &*code.plain.name == "<module>" {
            return caller.function.globals;
        }
        let mut pairs: Vec<(Gc<Str>, Value)> = Vec::new();
        for (i, &name) in code.locals.iter().enumerate() {
            let i = u16::try_from(i).unwrap_or(u16::MAX);
            let mut v = self.register_at(place, i);
            if code.plain.cells.contains(&i) {
                v = v.cast::<CellObject>().map_or(Value::UNBOUND, |c| c.content);
            }
            if !v.is_unbound() && !name.as_str().starts_with('.') {
                pairs.push((name, v));
            }
        }
        let closure = caller.function.closure().cast::<Tuple>();
        for (i, name) in code.plain.free.clone().iter().enumerate() {
            let cell = closure.and_then(|t| t.items().get(i)?.cast::<CellObject>());
            let v = cell.map_or(Value::UNBOUND, |c| c.content);
            if !v.is_unbound() {
                pairs.push((self.intern(name), v));
            }
        }
        let mut dict = self.heap.dict();
        for (name, v) in pairs {
            dict.set_str(name, v);
        }
        dict
    }

    fn register_at(&self, place: Place, register: u16) -> Value {
        match place {
            Place::Activation(i) => {
                self.activations.get(i).map_or(Value::UNBOUND, |act| Self::register_of(act, register))
            }
            Place::Frame(frame) => {
                frame.tail(frame.registers()).get(usize::from(register)).copied().unwrap_or_default()
            }
        }
    }

    /// The line (from 1) that a call is at.
    #[must_use]
    pub fn line_of(&self, code: Gc<CodeObject>, pc: u32) -> u32 {
        let span = code.plain.spans.get(pc as usize).copied().unwrap_or(code.plain.span);
        self.sources.get(code.plain.source).line_column(span.start).0
    }

    /// The file that code was compiled from.
    #[must_use]
    pub fn file_of(&self, code: Gc<CodeObject>) -> String {
        self.sources.get(code.plain.source).name.clone()
    }
}
