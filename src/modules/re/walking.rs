//! One match after the other: `findall`, `finditer`, `split`.

use super::matched::{self, Match};
use super::own_class;
use super::pattern::{Compiled, Mode, Spans, Subject, compiled, subject};
use crate::heap::Value;
use crate::modules::asyncio::boxes::{data, is_box, native_data};
use crate::vm::{Result, Vm};

/// Goes through a text. An empty match may follow a match, but not stand where another empty one stood.
pub struct Walk {
    at: usize,
    mode: Mode,
}

impl Walk {
    pub fn new(start: usize) -> Self {
        Self { at: start, mode: Mode::Search }
    }

    pub fn next(&mut self, vm: &mut Vm, pattern: &Compiled, subject: &Subject) -> Result<Option<Spans>> {
        match pattern.find(self.mode, &subject.text, self.at, subject.end) {
            Err(message) => Err(vm.runtime_error(message)),
            Ok(None) => {
                self.at = subject.end + 1;
                Ok(None)
            }
            Ok(Some(spans)) => {
                let (from, to) = whole(&spans);
                self.at = to;
                self.mode = if from == to { Mode::Advance } else { Mode::Search };
                Ok(Some(spans))
            }
        }
    }
}

/// The span of the whole match.
pub fn whole(spans: &Spans) -> (usize, usize) {
    spans.first().copied().flatten().unwrap_or((0, 0))
}

pub fn findall(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let pattern = compiled(args[0]);
    let subject = subject(vm, &pattern, args[1], args[2], args[3])?;
    let text = subject.text;
    let mut walk = Walk::new(subject.start);
    let mut found = Vec::new();
    let empty = text.slice(vm, (0, 0));
    while let Some(spans) = walk.next(vm, &pattern, &subject)? {
        let mut part = |span: Option<(usize, usize)>| span.map_or(empty, |span| text.slice(vm, span));
        found.push(match spans.as_slice() {
            [_, only] => part(*only),
            [_, groups @ ..] if !groups.is_empty() => {
                let groups: Vec<Value> = groups.iter().map(|&span| part(span)).collect();
                vm.tuple(&groups)
            }
            _ => part(spans[0]),
        });
    }
    Ok(vm.list(found))
}

pub fn split(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let pattern = compiled(args[0]);
    let subject = subject(vm, &pattern, args[1], Value::UNBOUND, Value::UNBOUND)?;
    let most = vm.index_i64(args[2])?;
    let text = subject.text;
    let mut walk = Walk::new(0);
    let (mut parts, mut done, mut count) = (Vec::new(), 0, 0);
    while most >= 0 && (most == 0 || count < most) {
        let Some(spans) = walk.next(vm, &pattern, &subject)? else { break };
        let (from, to) = whole(&spans);
        parts.push(text.slice(vm, (done, from)));
        for span in &spans[1..] {
            parts.push(span.map_or(Value::NONE, |span| text.slice(vm, span)));
        }
        done = to;
        count += 1;
    }
    parts.push(text.slice(vm, (done, text.len())));
    Ok(vm.list(parts))
}

/// What `finditer` gives.
struct Walker {
    pattern: Value,
    string: Value,
    start: usize,
    end: usize,
    walk: Walk,
    /// A place whose offset and index are known.
    anchor: (usize, usize),
}

native_data!(Walker, |this, t| t.values(&[this.pattern, this.string]));

crate::methods! { pub static METHODS for fn is_box::<Walker>, "callable_iterator":
    "__iter__(self, /)" => iter;
    "__next__(self, /)" => next;
}

pub fn finditer(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let pattern = compiled(args[0]);
    let subject = subject(vm, &pattern, args[1], args[2], args[3])?;
    vm.root(subject.value);
    let walker = Walker {
        pattern: args[0],
        string: subject.value,
        start: subject.start,
        end: subject.end,
        walk: Walk::new(subject.start),
        anchor: (0, 0),
    };
    let class = own_class(vm, "_Walker")?;
    Ok(vm.heap.boxed(class, walker).value())
}

fn iter(_vm: &mut Vm, args: &[Value]) -> Result<Value> {
    Ok(args[0])
}

fn next(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let (pattern, string, start, end, anchor) =
        data::<Walker, _>(args[0], |w| (w.pattern, w.string, w.start, w.end, w.anchor));
    let Some(text) = matched::Text::of(string) else { return Err(vm.stop_iteration(Value::NONE)) };
    let subject = Subject { value: string, text, start, end };
    let mut walk = data::<Walker, _>(args[0], |w| Walk { at: w.walk.at, mode: w.walk.mode });
    let found = walk.next(vm, &compiled(pattern), &subject)?;
    data::<Walker, _>(args[0], |w| w.walk = walk);
    let Some(spans) = found else { return Err(vm.stop_iteration(Value::NONE)) };
    let made = matched::make(vm, Match::new(pattern, &subject, spans, anchor))?;
    data::<Walker, _>(args[0], |w| w.anchor = matched::anchor(made));
    Ok(made)
}
