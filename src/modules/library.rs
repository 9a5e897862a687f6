//! The modules that are written in the language: a name and a source each, compiled when first imported.

use super::{ModuleSpec, embed, embed_later};

/// Rows of the table below: the module's name, its file, and that of what it makes when that is first asked for.
macro_rules! embedded {
    ($($name:literal $file:literal $(then $later:literal)?;)*) => {
        pub static MODULES: &[ModuleSpec] = &[$(ModuleSpec {
            name: $name,
            natives: &[],
            init: |vm, dict| {
                $(embed_later(vm, dict, concat!("<", $name, ">"), include_str!($later));)?
                embed(vm, dict, concat!("<", $name, ">"), include_str!($file))
            },
        }),*];
    };
}

embedded! {
    "_argparse_help" "lib/argparse_help.aio";
    "_argparse_parsing" "lib/argparse_parsing.aio";
    "_collections_abc" "lib/collections_abc_alias.aio";
    "_datetime_text" "lib/datetime_text.aio";
    "_decimal_context" "lib/decimal_context.aio";
    "_decimal_format" "lib/decimal_format.aio";
    "_decimal_functions" "lib/decimal_functions.aio";
    "_decimal_numbers" "lib/decimal_numbers.aio";
    "_memoryview" "lib/memoryview.aio";
    "_prompt" "lib/prompt.aio";
    "_unittest_asserts" "lib/unittest_asserts.aio";
    "_unittest_case" "lib/unittest_case.aio";
    "_unittest_running" "lib/unittest_running.aio";
    "abc" "lib/abc.aio";
    "argparse" "lib/argparse.aio";
    "array" "lib/array.aio";
    "ast" "lib/ast.aio";
    "atexit" "lib/atexit.aio";
    "base64" "lib/base64.aio";
    "bisect" "lib/bisect.aio";
    "calendar" "lib/calendar.aio";
    "collections" "lib/collections.aio" then "lib/collections_wrappers.aio";
    "collections.abc" "lib/collections_abc.aio";
    "contextlib" "lib/contextlib.aio" then "lib/contextlib_stacks.aio";
    "copy" "lib/copy.aio";
    "csv" "lib/csv.aio";
    "dataclasses" "lib/dataclasses.aio";
    "datetime" "lib/datetime.aio";
    "decimal" "lib/decimal.aio";
    "difflib" "lib/difflib.aio";
    "enum" "lib/enum.aio";
    "errno" "lib/errno.aio";
    "fnmatch" "lib/fnmatch.aio";
    "fractions" "lib/fractions.aio";
    "functools" "lib/functools.aio" then "lib/functools_more.aio";
    "glob" "lib/glob.aio";
    "graphlib" "lib/graphlib.aio";
    "hmac" "lib/hmac.aio";
    "html" "lib/html.aio";
    "importlib" "lib/importlib.aio";
    "inspect" "lib/inspect.aio";
    "json.decoder" "lib/json_decoder.aio";
    "json.encoder" "lib/json_encoder.aio";
    "keyword" "lib/keyword.aio";
    "logging" "lib/logging.aio";
    "logging.config" "lib/logging_config.aio";
    "logging.handlers" "lib/logging_handlers.aio";
    "numbers" "lib/numbers.aio";
    "os" "lib/os.aio";
    "pathlib" "lib/pathlib.aio";
    "posixpath" "lib/posixpath.aio";
    "pprint" "lib/pprint.aio";
    "pydoc" "lib/pydoc.aio";
    "queue" "lib/queue.aio";
    "secrets" "lib/secrets.aio";
    "shlex" "lib/shlex.aio";
    "shutil" "lib/shutil.aio";
    "signal" "lib/signal.aio";
    "statistics" "lib/statistics.aio";
    "string" "lib/string.aio";
    "struct" "lib/struct.aio";
    "tempfile" "lib/tempfile.aio";
    "textwrap" "lib/textwrap.aio";
    "traceback" "lib/traceback.aio";
    "unittest" "lib/unittest.aio";
    "uuid" "lib/uuid.aio";
    "warnings" "lib/warnings.aio";
}
