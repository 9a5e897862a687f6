//! `repr` of what has no text of its own: functions, classes, frames, iterators.

use super::super::{Result, Vm};
use crate::heap::{Gc, Kind, Str, Value};
use crate::objects::{
    Awaitable, BoundMethod, CellObject, Class, ClassMethod, CodeObject, Frame, Function, Module, Native,
    Property, StaticMethod, Super,
};

impl Vm {
    /// `object.__repr__`: `<__main__.A object at 0x7f...>`; and `type.__repr__`.
    #[must_use]
    pub fn default_repr(&self, v: Value) -> String {
        if let Some(class) = v.cast::<Class>() {
            return format!("<class '{}'>", self.class_path(class));
        }
        let class = self.class_path(self.type_of(v));
        format!("<{class} object at {:#x}>", v.bits())
    }

    /// The class's qualified name after its module's, but for built-in ones.
    #[must_use]
    pub fn class_path(&self, class: Gc<Class>) -> String {
        let name = self.class_qualname(class);
        let module = class.dict.table.get_str(self.names.__module__).and_then(Value::as_str);
        match module.map(Gc::text) {
            Some(module) if module != "builtins" => format!("{module}.{name}"),
            _ => name.to_owned(),
        }
    }

    #[must_use]
    pub fn class_qualname(&self, class: Gc<Class>) -> &'static str {
        class.qualname.as_str().unwrap_or(class.name).text()
    }

    pub(super) fn write_core_object(&mut self, out: &mut String, v: Value, kind: Kind) -> Result<()> {
        let at = v.bits();
        let frame_name = |what: &str| {
            let name = v.cast::<Frame>().map_or("", |f| self.function_qualname(f.function));
            format!("<{what} object {name} at {at:#x}>")
        };
        let text = match kind {
            Kind::Function => {
                let name = v.cast::<Function>().map_or("", |f| self.function_qualname(f));
                format!("<function {name} at {at:#x}>")
            }
            Kind::Native => v.cast::<Native>().map(|n| self.native_repr(n)).unwrap_or_default(),
            Kind::BoundMethod => return self.write_bound_method(out, v),
            Kind::Class => {
                v.cast::<Class>().map(|c| format!("<class '{}'>", self.class_path(c))).unwrap_or_default()
            }
            Kind::Generator => frame_name("generator"),
            Kind::Coroutine => frame_name("coroutine"),
            Kind::AsyncGenerator => frame_name("async_generator"),
            Kind::Awaitable => {
                let name = v.cast::<Awaitable>().map_or("", |a| a.def.name);
                format!("<coroutine object {name} at {at:#x}>")
            }
            Kind::Module => v.cast::<Module>().map(|m| self.module_repr(m)).unwrap_or_default(),
            Kind::Code => {
                let name = v.cast::<CodeObject>().map_or("", |c| c.name.text());
                format!("<code object {name} at {at:#x}>")
            }
            Kind::Cell => {
                let content = v.cast::<CellObject>().map(|c| c.content).unwrap_or_default();
                if content.is_unbound() {
                    format!("<cell at {at:#x}: empty>")
                } else {
                    format!("<cell at {at:#x}: {} object at {:#x}>", self.class_name(content), content.bits())
                }
            }
            Kind::Property => match v.cast::<Property>() {
                Some(p) if p.is_builtin() => {
                    let owner = p.doc.cast::<Class>().map_or("", |c| c.name_str());
                    let name = p.name.as_str().map_or("", Gc::text);
                    format!("<attribute '{name}' of '{owner}' objects>")
                }
                _ => self.default_repr(v),
            },
            Kind::StaticMethod => {
                let function = v.cast::<StaticMethod>().map(|s| s.function).unwrap_or_default();
                format!("<staticmethod({})>", self.repr(function)?)
            }
            Kind::ClassMethod => {
                let function = v.cast::<ClassMethod>().map(|c| c.function).unwrap_or_default();
                format!("<classmethod({})>", self.repr(function)?)
            }
            Kind::Super => match v.cast::<Super>() {
                Some(s) if s.object.is_unbound() => {
                    format!("<super: <class '{}'>, NULL>", s.class.name_str())
                }
                Some(s) => {
                    let (class, own) = (s.class.name_str(), s.object_class.name_str());
                    format!("<super: <class '{class}'>, <{own} object>>")
                }
                None => String::new(),
            },
            _ => self.default_repr(v),
        };
        out.push_str(&text);
        Ok(())
    }

    fn native_repr(&self, native: Gc<Native>) -> String {
        let (name, owner) = (native.def.name(), native.def.owner);
        let slot = native.def.is_slot();
        if native.receiver.is_unbound() {
            return match owner {
                "" => format!("<built-in function {name}>"),
                _ if slot => format!("<slot wrapper '{name}' of '{owner}' objects>"),
                _ => format!("<method '{name}' of '{owner}' objects>"),
            };
        }
        let (class, at) = (self.class_name(native.receiver), native.receiver.bits());
        if slot && !owner.is_empty() {
            format!("<method-wrapper '{name}' of {class} object at {at:#x}>")
        } else {
            format!("<built-in method {name} of {class} object at {at:#x}>")
        }
    }

    fn write_bound_method(&mut self, out: &mut String, v: Value) -> Result<()> {
        let Some(method) = v.cast::<BoundMethod>() else { return Ok(()) };
        let name = if let Some(function) = method.function.cast::<Function>() {
            self.function_qualname(function).to_owned()
        } else if let Some(native) = method.function.cast::<Native>() {
            native.def.full_name()
        } else {
            let name = self.find_attr(method.function, self.names.__qualname__)?;
            name.and_then(Value::as_str).map_or("?", Gc::<Str>::text).to_owned()
        };
        out.push_str("<bound method ");
        out.push_str(&name);
        out.push_str(" of ");
        self.write_repr(out, method.receiver)?;
        out.push('>');
        Ok(())
    }

    fn module_repr(&self, module: Gc<Module>) -> String {
        let text = |name: Gc<Str>| module.dict.table.get_str(name).and_then(Value::as_str).map(Gc::text);
        let name = text(self.names.__name__).unwrap_or("?");
        match text(self.names.__file__) {
            Some(file) => format!("<module '{name}' from '{file}'>"),
            None if crate::modules::find(name).is_some() => format!("<module '{name}' (built-in)>"),
            None => format!("<module '{name}'>"),
        }
    }
}
