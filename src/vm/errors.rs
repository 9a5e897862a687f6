//! Making exceptions from Rust.

use super::{Raise, Vm};
use crate::heap::{Gc, Value};
use crate::objects::{Class, Exception};
use crate::text::TextError;

macro_rules! error_makers {
    ($($name:ident $class:ident)*) => {
        impl Vm {
            $(
                #[cold]
                pub fn $name(&mut self, message: impl Into<String>) -> Raise {
                    self.error(self.exceptions.$class, message)
                }
            )*
        }
    };
}

error_makers! {
    type_error TypeError
    value_error ValueError
    index_error IndexError
    overflow_error OverflowError
    zero_division_error ZeroDivisionError
    runtime_error RuntimeError
    attribute_error AttributeError
    not_implemented_error NotImplementedError
    memory_error MemoryError
    recursion_error RecursionError
    name_error NameError
    import_error ImportError
    assertion_error AssertionError
}

impl Vm {
    /// An exception of a built-in class with a message.
    pub fn error(&mut self, class: Gc<Class>, message: impl Into<String>) -> Raise {
        let message = self.heap.string(&message.into()).value();
        self.error_with(class, &[message])
    }

    /// An exception with any arguments. `__init__` of a class of the language is not run.
    pub fn error_with(&mut self, class: Gc<Class>, args: &[Value]) -> Raise {
        let args = self.tuple(args);
        Raise(self.heap.exception(class.root_shape, args).value())
    }

    #[cold]
    pub fn key_error(&mut self, key: Value) -> Raise {
        self.error_with(self.exceptions.KeyError, &[key])
    }

    pub fn stop_iteration(&mut self, value: Value) -> Raise {
        let args = [value];
        self.error_with(self.exceptions.StopIteration, if value.is_none() { &[] } else { &args })
    }

    #[cold]
    pub fn text_error(&mut self, error: TextError) -> Raise {
        let class = match error.class_name() {
            "TypeError" => self.exceptions.TypeError,
            "OverflowError" => self.exceptions.OverflowError,
            "MemoryError" => self.exceptions.MemoryError,
            "ZeroDivisionError" => self.exceptions.ZeroDivisionError,
            "IndexError" => self.exceptions.IndexError,
            "KeyError" => self.exceptions.KeyError,
            _ => self.exceptions.ValueError,
        };
        self.error(class, error.message())
    }

    /// Whether the value is an instance of the class, by its real class alone.
    #[must_use]
    pub fn is_instance_of(&self, v: Value, class: Gc<Class>) -> bool {
        let own = self.type_of(v);
        own == class || own.is_subclass_of(class)
    }

    #[must_use]
    pub fn raised_is(&self, raise: Raise, class: Gc<Class>) -> bool {
        self.is_instance_of(raise.0, class)
    }

    /// The value that a StopIteration carries.
    #[must_use]
    pub fn stop_value(&self, raise: Raise) -> Value {
        if let Some(v) = self.exception_field(raise.0, 0) {
            return v;
        }
        let Some(exc) = raise.0.cast::<Exception>() else { return Value::NONE };
        exc.args
            .cast::<crate::objects::Tuple>()
            .and_then(|t| t.items().first().copied())
            .unwrap_or(Value::NONE)
    }

    /// Bounds the depth of natives that call themselves: repr of nested lists.
    pub fn enter(&mut self) -> super::Result<()> {
        if self.doors >= super::MAX_DOORS {
            return Err(self.recursion_error("maximum recursion depth exceeded"));
        }
        self.at_once = super::AtOnce::No;
        self.doors += 1;
        Ok(())
    }

    pub fn leave(&mut self) {
        self.doors -= 1;
    }
}
