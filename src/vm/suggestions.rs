//! What a misspelt name may have meant, by the rules of CPython's tracebacks: nothing of this is in `str(error)`.

use super::{Raise, Vm};
use crate::heap::{Gc, Str, Value};
use crate::objects::{Dict, Exception, Function, Module, Tuple};
use crate::text::nearest::{nearest, swapped};

/// Where a NameError keeps what was in reach: a tuple of the globals and the locals. No attribute shows it.
const SCOPE: usize = 1;
/// Where an AttributeError keeps that it was raised by a method about its own object.
const OWN: usize = 2;
/// Where a TypeError keeps the function that was called wrongly.
const CALLED: usize = 0;

/// What to write instead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suggestion {
    pub name: Option<String>,
    /// A module of that name ships inside the binary.
    pub import: Option<String>,
}

impl Suggestion {
    /// What CPython puts behind the message; empty for no suggestion.
    #[must_use]
    pub fn behind_message(&self) -> String {
        match (&self.name, &self.import) {
            (Some(name), None) => format!(". Did you mean: '{name}'?"),
            (Some(name), Some(import)) => {
                format!(". Did you mean: '{name}'? Or did you forget to import '{import}'?")
            }
            (None, Some(import)) => format!(". Did you forget to import '{import}'?"),
            (None, None) => String::new(),
        }
    }
}

impl Vm {
    /// Keeps with a NameError what names there are where it is raised.
    pub(super) fn keep_scope(&mut self, raise: Raise) {
        let (globals, locals) = (self.globals(), self.locals_dict());
        let scope = self.tuple(&[globals.value(), locals.value()]);
        self.set_exception_field(raise.0, SCOPE, scope);
    }

    /// The globals and the locals where a NameError was raised.
    pub(super) fn kept_scope(&self, exc: Value) -> Option<(Gc<Dict>, Gc<Dict>)> {
        let scope = self.exception_field(exc, SCOPE)?.cast::<Tuple>()?;
        Some((scope.items().first()?.cast()?, scope.items().get(1)?.cast()?))
    }

    /// Keeps with an AttributeError whether the object is the `self` of the running method.
    pub(super) fn keep_whether_own(&mut self, raise: Raise, object: Value) {
        let own = self.activations.last().is_some_and(|act| {
            act.code.locals.first().is_some_and(|n| n.as_str() == "self")
                && Self::register_of(act, 0) == object
        });
        if own {
            self.set_exception_field(raise.0, OWN, Value::TRUE);
        }
    }

    /// Keeps the function with the TypeError for its wrong arguments.
    pub(super) fn keep_called(&mut self, raise: Raise, function: Gc<Function>) -> Raise {
        self.set_exception_field(raise.0, CALLED, function.value());
        raise
    }

    pub(super) fn kept_called(&self, exc: Value) -> Option<Gc<Function>> {
        self.exception_field(exc, CALLED)?.cast()
    }

    /// What was meant by the name that the exception is about. Nothing of the script runs for it.
    #[must_use]
    pub fn suggestion(&mut self, exc: Value) -> Suggestion {
        self.suggested(exc, false)
    }

    /// The same; `swaps`: letters in the wrong order are the likeliest mistake, which CPython does not know.
    pub(super) fn suggested(&mut self, exc: Value, swaps: bool) -> Suggestion {
        if !exc.is::<Exception>() {
            return Suggestion::default();
        }
        if self.is_instance_of(exc, self.exceptions.NameError) {
            return self.name_suggestion(exc, swaps);
        }
        let name = if self.is_instance_of(exc, self.exceptions.AttributeError) {
            self.attribute_suggestion(exc, swaps)
        } else if self.is_instance_of(exc, self.exceptions.ImportError) {
            self.import_suggestion(exc, swaps)
        } else {
            None
        };
        Suggestion { name, import: None }
    }

    fn name_suggestion(&mut self, exc: Value, swaps: bool) -> Suggestion {
        let Some(name) = self.exception_field(exc, 0).and_then(Value::as_str) else {
            return Suggestion::default();
        };
        let known = !name.as_str().starts_with('_') && crate::modules::find(name.as_str()).is_some();
        let import = known.then(|| name.as_str().to_owned());
        Suggestion { name: self.near_name(exc, name, swaps), import }
    }

    fn near_name(&mut self, exc: Value, name: Gc<Str>, swaps: bool) -> Option<String> {
        let (globals, locals) = self.kept_scope(exc)?;
        let this = self.intern("self");
        if let Some(this) = locals.table.get_str(this)
            && self.has_plainly(this, name)
        {
            return Some(format!("self.{}", name.as_str()));
        }
        let builtins = self.builtins;
        let dicts = [locals, globals, builtins];
        let names = dicts.iter().flat_map(|d| d.table.keys()).filter_map(Value::as_str).map(Gc::text);
        let names: Vec<&str> = names.chain(["asyncio", "memoryview", "open"]).collect();
        near(name.as_str(), names.into_iter(), swaps)
    }

    /// Whether an object has an attribute, as far as that can be told without running anything.
    pub(super) fn has_plainly(&mut self, object: Value, name: Gc<Str>) -> bool {
        let class = self.type_of(object);
        self.own_attribute(object, name).is_some() || self.lookup(class, name).is_some()
    }

    fn attribute_suggestion(&mut self, exc: Value, swaps: bool) -> Option<String> {
        let name = self.exception_field(exc, 0)?.as_str()?;
        let object = self.exception_field(exc, 1)?;
        let own = self.exception_field(exc, OWN).is_some();
        self.nearest_attribute(object, name.text(), own, swaps)
    }

    /// The object's attribute with the nearest name; one with an underscore for such a name alone.
    fn nearest_attribute(&mut self, object: Value, name: &str, own: bool, swaps: bool) -> Option<String> {
        let hide = !name.starts_with('_') && !own;
        let mut names = self.attribute_names(object);
        if let Some(module) = object.cast::<Module>()
            && let Some(all) = module.dict.table.get_str(self.names.__all__)
            && let Ok(all) = self.collect(all)
        {
            // Some modules make what they hold when it is first asked for.
            names.extend(all.items.iter().filter_map(|n| n.as_str()).map(|n| n.as_str().to_owned()));
        }
        let asyncio = self.names.asyncio;
        if object.is::<Module>() && self.modules.table.get_str(asyncio) == Some(object) {
            names.extend(crate::modules::asyncio::made_later().map(str::to_owned));
        }
        near(name, names.iter().map(String::as_str).filter(|n| !hide || !n.starts_with('_')), swaps)
    }

    fn import_suggestion(&mut self, exc: Value, swaps: bool) -> Option<String> {
        let wanted = self.exception_field(exc, 2)?.as_str()?;
        let module = self.exception_field(exc, 0)?.as_str()?;
        let module = self.modules.table.get_str(module)?;
        if !module.is::<Module>() {
            return None;
        }
        self.nearest_attribute(module, wanted.text(), false, swaps)
    }
}

/// The nearest name; if `swaps`, one with the same letters before all others.
pub(super) fn near<'a>(
    name: &str,
    candidates: impl Iterator<Item = &'a str> + Clone,
    swaps: bool,
) -> Option<String> {
    let same = if swaps { candidates.clone().find(|c| swapped(name, c)) } else { None };
    same.map(str::to_owned).or_else(|| nearest(name, candidates))
}
