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
    "abc" "lib/abc.aio";
    "bisect" "lib/bisect.aio";
    "collections" "lib/collections.aio";
    "collections.abc" "lib/collections_abc_names.aio";
    "_collections_abc" "lib/collections_abc.aio";
    "contextlib" "lib/contextlib.aio";
    "copy" "lib/copy.aio";
    "dataclasses" "lib/dataclasses.aio";
    "enum" "lib/enum.aio";
    "functools" "lib/functools.aio";
    "heapq" "lib/heapq.aio";
    "itertools" "lib/itertools.aio";
    "keyword" "lib/keyword.aio";
    "operator" "lib/operator.aio";
}
