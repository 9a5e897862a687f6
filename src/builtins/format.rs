//! `str.format` and `str.format_map`.

use crate::heap::{Gc, Str, Value};
use crate::objects::Dict;
use crate::text::seek;
use crate::text::template::{
    AutoNumber, Field, FieldName, First, MAX_DEPTH, Piece, Step, Template, too_deep, unknown_conversion,
};
use crate::vm::{Result, Vm};

/// Where fields find their values.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// The arguments of `format`; the keyword ones may be unbound.
    Call { positional: &'a [Value], keywords: Value },
    /// The mapping of `format_map`.
    Mapping(Value),
}

/// `format(self, /, *args, **kwargs)`
pub fn format(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    let source = Source::Call { positional: &args[2..], keywords: args[1] };
    run(vm, args[0], source)
}

/// Fills a template in which there are but `{}` and `{:...}`, with texts, integers and floats: where that shows nothing
/// that is wrong.
fn fill_plainly(vm: &mut Vm, out: &mut String, template: &str, args: &[Value]) -> Option<()> {
    let (mut rest, mut args) = (template, args.iter());
    while let Some(at) = seek::find(rest, "{") {
        let (before, field) = rest.split_at(at);
        let end = seek::find(field, "}")?;
        let (field, behind) = field.split_at(end + 1);
        // Neither a doubled brace nor one in a field.
        if before.contains('}') || field[1..].contains('{') {
            return None;
        }
        let &v = args.next()?;
        let plain = v.as_str().is_some() || v.is_int() || v.inline_float().is_some();
        let spec = match field.as_bytes() {
            [b'{', b'}'] => "",
            [b'{', b':', ..] => &field[2..end],
            _ => return None,
        };
        if !plain {
            return None;
        }
        out.push_str(before);
        vm.push_format(out, v, spec).ok()?;
        rest = behind;
    }
    if rest.contains('}') {
        return None;
    }
    out.push_str(rest);
    Some(())
}

/// `format_map(self, mapping, /)`
pub fn format_map(vm: &mut Vm, args: &[Value]) -> Result<Value> {
    run(vm, args[0], Source::Mapping(args[1]))
}

/// `str % args`
pub fn percent_format(vm: &mut Vm, format: Gc<Str>, args: Value) -> Result<Value> {
    vm.percent_format(format, args)
}

fn run(vm: &mut Vm, template: Value, source: Source<'_>) -> Result<Value> {
    let text = template.as_str().map_or("", Gc::<Str>::text);
    let made = vm.build_text(|vm, out| {
        if let Source::Call { positional, .. } = source
            && fill_plainly(vm, out, text, positional).is_some()
        {
            return Ok(());
        }
        out.clear();
        fill(vm, out, text, source, &mut AutoNumber::default(), 1)
    })?;
    Ok(made.value())
}

fn fill(
    vm: &mut Vm,
    out: &mut String,
    template: &str,
    source: Source<'_>,
    numbers: &mut AutoNumber,
    depth: usize,
) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(vm.text_error(too_deep()));
    }
    for piece in Template::new(template) {
        match piece.map_err(|e| vm.text_error(e))? {
            Piece::Literal(text) => out.push_str(text),
            Piece::Field(field) => push_field(vm, out, &field, source, numbers, depth)?,
        }
    }
    Ok(())
}

fn push_field(
    vm: &mut Vm,
    out: &mut String,
    field: &Field<'_>,
    source: Source<'_>,
    numbers: &mut AutoNumber,
    depth: usize,
) -> Result<()> {
    let roots = vm.roots.len();
    let value = look_up(vm, field.name, source, numbers)?;
    vm.root(value);
    let value = match field.conversion {
        None => value,
        Some('s') => vm.to_str(value)?.value(),
        Some('r') => {
            let text = vm.build_text(|vm, out| vm.write_repr(out, value))?;
            text.value()
        }
        Some('a') => {
            let text = vm.ascii(value)?;
            vm.owned_str(&text)?
        }
        Some(other) => return Err(vm.text_error(unknown_conversion(other))),
    };
    vm.root(value);
    if field.nested {
        let mut spec = String::new();
        fill(vm, &mut spec, field.spec, source, numbers, depth + 1)?;
        vm.push_format(out, value, &spec)?;
    } else {
        vm.push_format(out, value, field.spec)?;
    }
    vm.roots.truncate(roots);
    Ok(())
}

fn look_up(vm: &mut Vm, name: &str, source: Source<'_>, numbers: &mut AutoNumber) -> Result<Value> {
    let steps = FieldName::parse(name).map_err(|e| vm.text_error(e))?;
    let first = steps.first;
    let mut value = match source {
        Source::Mapping(mapping) => {
            if numbers.resolve(first).map_err(|e| vm.text_error(e))?.is_some() {
                return Err(vm.value_error("Format string contains positional fields"));
            }
            let First::Name(name) = first else {
                return Err(vm.value_error("Format string contains positional fields"));
            };
            let key = vm.str(name);
            vm.get_item(mapping, key)?
        }
        Source::Call { positional, keywords } => {
            match (numbers.resolve(first).map_err(|e| vm.text_error(e))?, first) {
                (Some(i), _) => match positional.get(i) {
                    Some(&v) => v,
                    None => {
                        let message = format!("Replacement index {i} out of range for positional args tuple");
                        return Err(vm.index_error(message));
                    }
                },
                (None, First::Name(name)) => {
                    let key = vm.intern(name);
                    match keywords.cast::<Dict>().and_then(|d| d.table.get_str(key)) {
                        Some(v) => v,
                        None => return Err(vm.key_error(key.value())),
                    }
                }
                (None, _) => Value::NONE,
            }
        }
    };
    for step in steps {
        vm.root(value);
        value = match step.map_err(|e| vm.text_error(e))? {
            Step::Attribute(name) => {
                let name = vm.intern(name);
                vm.get_attr(value, name)?
            }
            Step::Index(i) => vm.get_item(value, Value::int(i64::try_from(i).unwrap_or(0)))?,
            Step::Key(key) => {
                let key = vm.str(key);
                vm.get_item(value, key)?
            }
        };
    }
    Ok(value)
}
