//! Values to text.

use crate::heap::{Kind, Value};
use crate::objects::{Dict, List, Tuple};
use crate::text::{float, int};
use crate::vm::{Result, Vm};
use std::collections::HashSet;
use std::fmt::Write;

struct Writer {
    out: String,
    ensure_ascii: bool,
    allow_nan: bool,
    skipkeys: bool,
    sort_keys: bool,
    /// None for everything on one line.
    indent: Option<String>,
    between_items: String,
    after_key: String,
    default: Value,
    /// The containers being written; None if nobody checks for circles.
    open: Option<HashSet<u64>>,
    level: usize,
}

/// `_encode(value, (skipkeys, ensure_ascii, check_circular, allow_nan, sort_keys, indent, item_separator,
/// key_separator), default)`
pub fn encode(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let options = args[1].cast::<Tuple>().map_or(Vec::new(), |t| t.items().to_vec());
    let &[skipkeys, ensure_ascii, check_circular, allow_nan, sort_keys, indent, item, key] =
        options.as_slice()
    else {
        return Err(vm.type_error("eight options are needed"));
    };
    let mut writer = Writer {
        out: String::new(),
        ensure_ascii: vm.truthy(ensure_ascii)?,
        allow_nan: vm.truthy(allow_nan)?,
        skipkeys: vm.truthy(skipkeys)?,
        sort_keys: vm.truthy(sort_keys)?,
        indent: indentation(vm, indent)?,
        between_items: separator(vm, item)?,
        after_key: separator(vm, key)?,
        default: args[2],
        open: vm.truthy(check_circular)?.then(HashSet::new),
        level: 0,
    };
    writer.value(vm, args[0])?;
    Ok(vm.str(&writer.out))
}

/// `_quote(text, ensure_ascii)`
pub fn quote(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let ascii = vm.truthy(args[1])?;
    let Some(text) = vm.unwrap(args[0]).as_str() else {
        let class = vm.class_name(args[0]);
        return Err(vm.type_error(format!("first argument must be a string, not {class}")));
    };
    let mut out = String::new();
    push_quoted(&mut out, text.text(), ascii);
    Ok(vm.str(&out))
}

fn separator(vm: &mut Vm, v: Value) -> Result<String> {
    match vm.unwrap(v).as_str() {
        Some(s) => Ok(s.as_str().into()),
        None => {
            let class = vm.class_name(v);
            Err(vm.type_error(format!("separators must be str, not {class}")))
        }
    }
}

fn indentation(vm: &mut Vm, v: Value) -> Result<Option<String>> {
    if v.is_none() {
        return Ok(None);
    }
    if let Some(s) = vm.unwrap(v).as_str() {
        return Ok(Some(s.as_str().into()));
    }
    let width = vm.index_i64(v)?;
    if width > 1 << 20 {
        return Err(vm.memory_error(""));
    }
    Ok(Some(" ".repeat(usize::try_from(width).unwrap_or(0))))
}

fn push_quoted(out: &mut String, text: &str, ascii: bool) {
    out.push('"');
    let mut done = 0;
    for (i, c) in text.char_indices() {
        let short = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{c}' => "\\f",
            '\u{8}' => "\\b",
            '\0'..='\u{1f}' => "",
            '\u{7f}'.. if ascii => "",
            _ => continue,
        };
        out.push_str(&text[done..i]);
        done = i + c.len_utf8();
        out.push_str(short);
        if short.is_empty() {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out.push_str(&text[done..]);
    out.push('"');
}

impl Writer {
    fn value(&mut self, vm: &mut Vm, v: Value) -> Result<()> {
        let plain = vm.unwrap(v);
        if self.scalar(vm, plain)? {
            return Ok(());
        }
        match plain.kind() {
            Some(Kind::List) => self.container(vm, v, plain, Self::sequence),
            Some(Kind::Tuple) => self.container(vm, v, plain, Self::sequence),
            Some(Kind::Dict) => self.container(vm, v, plain, Self::object),
            _ => self.container(vm, v, v, |this, vm, v| {
                let replaced = vm.call(this.default, &[v])?;
                vm.root(replaced);
                this.value(vm, replaced)
            }),
        }
    }

    /// Writes what has no parts; says whether it was such.
    fn scalar(&mut self, vm: &mut Vm, v: Value) -> Result<bool> {
        if let Some(s) = v.as_str() {
            push_quoted(&mut self.out, s.as_str(), self.ensure_ascii);
        } else if v.is_none() {
            self.out.push_str("null");
        } else if let Some(b) = v.as_bool() {
            self.out.push_str(if b { "true" } else { "false" });
        } else if let Some(f) = v.as_float() {
            let text = self.float(vm, f)?;
            self.out.push_str(&text);
        } else if vm.big_or_small(v) {
            let text = decimal(vm, v)?;
            self.out.push_str(&text);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    fn float(&self, vm: &mut Vm, f: f64) -> Result<String> {
        let text = if f.is_finite() {
            return Ok(float::repr(f));
        } else if f.is_nan() {
            "NaN"
        } else if f > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        if !self.allow_nan {
            let shown = float::repr(f);
            return Err(vm.value_error(format!("Out of range float values are not JSON compliant: {shown}")));
        }
        Ok(text.into())
    }

    /// Guards against circles and depth around what may hold more values.
    fn container(
        &mut self,
        vm: &mut Vm,
        v: Value,
        plain: Value,
        write: impl FnOnce(&mut Self, &mut Vm, Value) -> Result<()>,
    ) -> Result<()> {
        if let Some(open) = &mut self.open
            && !open.insert(v.bits())
        {
            return Err(vm.value_error("Circular reference detected"));
        }
        vm.enter()?;
        let roots = vm.roots.len();
        let result = write(self, vm, plain);
        vm.roots.truncate(roots);
        vm.leave();
        if let Some(open) = &mut self.open {
            open.remove(&v.bits());
        }
        result
    }

    fn line(&mut self) {
        if let Some(indent) = &self.indent {
            self.out.push('\n');
            for _ in 0..self.level {
                self.out.push_str(indent);
            }
        }
    }

    fn sequence(&mut self, vm: &mut Vm, v: Value) -> Result<()> {
        let item_at = |i: usize| match v.cast::<List>() {
            Some(list) => list.items.get(i).copied(),
            None => v.cast::<Tuple>().and_then(|t| t.items().get(i).copied()),
        };
        if item_at(0).is_none() {
            self.out.push_str("[]");
            return Ok(());
        }
        self.out.push('[');
        self.level += 1;
        let mut i = 0;
        while let Some(item) = item_at(i) {
            if i > 0 {
                self.out.push_str(&self.between_items);
            }
            self.line();
            // A default may take it out of the list.
            let roots = vm.roots.len();
            vm.root(item);
            self.value(vm, item)?;
            vm.roots.truncate(roots);
            i += 1;
        }
        self.level -= 1;
        self.line();
        self.out.push(']');
        Ok(())
    }

    fn object(&mut self, vm: &mut Vm, v: Value) -> Result<()> {
        let Some(dict) = v.cast::<Dict>() else { return Ok(()) };
        let mut items: Vec<(Value, Value)> = dict.table.iter().collect();
        if items.is_empty() {
            self.out.push_str("{}");
            return Ok(());
        }
        for &(key, value) in &items {
            vm.root(key);
            vm.root(value);
        }
        if self.sort_keys {
            items = sorted(vm, dict, &items)?;
        }
        self.out.push('{');
        self.level += 1;
        let mut first = true;
        for (key, value) in items {
            let Some(name) = self.name(vm, key)? else { continue };
            if !first {
                self.out.push_str(&self.between_items);
            }
            first = false;
            self.line();
            push_quoted(&mut self.out, &name, self.ensure_ascii);
            self.out.push_str(&self.after_key);
            self.value(vm, value)?;
        }
        self.level -= 1;
        if !first {
            self.line();
        }
        self.out.push('}');
        Ok(())
    }

    /// A key as text; None if it is skipped.
    fn name(&self, vm: &mut Vm, key: Value) -> Result<Option<String>> {
        let plain = vm.unwrap(key);
        Ok(Some(if let Some(s) = plain.as_str() {
            s.as_str().into()
        } else if plain.is_none() {
            "null".into()
        } else if let Some(b) = plain.as_bool() {
            (if b { "true" } else { "false" }).into()
        } else if let Some(f) = plain.as_float() {
            self.float(vm, f)?
        } else if vm.big_or_small(plain) {
            decimal(vm, plain)?
        } else if self.skipkeys {
            return Ok(None);
        } else {
            let class = vm.class_name(key);
            return Err(vm.type_error(format!("keys must be str, int, float, bool or None, not {class}")));
        }))
    }
}

fn sorted(vm: &mut Vm, dict: crate::heap::Gc<Dict>, items: &[(Value, Value)]) -> Result<Vec<(Value, Value)>> {
    let keys = vm.list(items.iter().map(|&(key, _)| key).collect());
    vm.root(keys);
    vm.call_method(keys, "sort", &[])?;
    let keys = keys.cast::<List>().map_or(Vec::new(), |l| l.items.clone());
    let mut sorted = Vec::with_capacity(keys.len());
    for key in keys {
        if let Some(value) = vm.dict_get(dict, key)? {
            sorted.push((key, value));
        }
    }
    Ok(sorted)
}

fn decimal(vm: &mut Vm, v: Value) -> Result<String> {
    let limit = vm.int_max_str_digits;
    let text = match (v.as_int(), vm.big_of(v)) {
        (Some(i), _) => return Ok(i.to_string()),
        (None, Some(big)) => int::to_decimal(int::IntRef::Big(&big), limit),
        (None, None) => return Ok(String::new()),
    };
    text.map_err(|error| vm.text_error(error))
}

impl Vm {
    /// Whether it is an int; a bool is none here.
    fn big_or_small(&self, v: Value) -> bool {
        v.is_int() || matches!(v.kind(), Some(Kind::BigInt))
    }
}
