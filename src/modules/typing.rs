//! `typing` and `__future__`: names that programs import and put into annotations, which never run.

use super::{ModuleSpec, embed, set};

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "typing",
    natives: &[],
    init: |vm, dict| {
        set(vm, dict, "TypeAliasType", vm.types.type_alias);
        embed(vm, dict, "<typing>", include_str!("lib/typing.aio"))
    },
};

pub static FUTURE: ModuleSpec = ModuleSpec {
    name: "__future__",
    natives: &[],
    init: |vm, dict| embed(vm, dict, "<__future__>", include_str!("lib/future.py")),
};
