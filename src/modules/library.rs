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
    "_collections_abc" "lib/collections_abc.aio";
    "_datetime_text" "lib/datetime_text.aio";
    "_prompt" "lib/prompt.aio";
    "_memoryview" "lib/memoryview.aio";
    "abc" "lib/abc.aio";
    "atexit" "lib/atexit.aio";
    "base64" "lib/base64.aio";
    "bisect" "lib/bisect.aio";
    "collections" "lib/collections.aio";
    "contextlib" "lib/contextlib.aio";
    "copy" "lib/copy.aio";
    "dataclasses" "lib/dataclasses.aio";
    "datetime" "lib/datetime.aio";
    "enum" "lib/enum.aio";
    "fractions" "lib/fractions.aio";
    "functools" "lib/functools.aio";
    "hmac" "lib/hmac.aio";
    "inspect" "lib/inspect.aio";
    "itertools" "lib/itertools.aio";
    "keyword" "lib/keyword.aio";
    "logging" "lib/logging.aio";
    "numbers" "lib/numbers.aio";
    "operator" "lib/operator.aio";
    "os" "lib/os.aio";
    "pathlib" "lib/pathlib.aio";
    "pydoc" "lib/pydoc.aio";
    "posixpath" "lib/posixpath.aio";
    "secrets" "lib/secrets.aio";
    "signal" "lib/signal.aio";
    "statistics" "lib/statistics.aio";
    "string" "lib/string.aio";
    "tempfile" "lib/tempfile.aio";
    "textwrap" "lib/textwrap.aio";
    "traceback" "lib/traceback.aio";
    "uuid" "lib/uuid.aio";
    "warnings" "lib/warnings.aio";
}
