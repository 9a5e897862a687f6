//! The modules that are written in the language: a name and a source each, compiled when first imported.

use super::{ModuleSpec, embed};

/// Rows of the table below: the module's name, and its file.
macro_rules! embedded {
    ($($name:literal $file:literal;)*) => {
        pub static MODULES: &[ModuleSpec] = &[$(ModuleSpec {
            name: $name,
            natives: &[],
            init: |vm, dict| embed(vm, dict, concat!("<", $name, ">"), include_str!($file)),
        }),*];
    };
}

embedded! {
    "contextlib" "lib/contextlib.aio";
    "dataclasses" "lib/dataclasses.aio";
    "enum" "lib/enum.aio";
    "keyword" "lib/keyword.aio";
}
