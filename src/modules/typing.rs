//! `typing` and `__future__`: names that programs import and put into annotations, which never run.

use super::{ModuleSpec, embed, set};

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "typing",
    natives: &[],
    init: |vm, dict| {
        let t = &vm.types;
        let classes = [t.type_var, t.type_var_tuple, t.param_spec, t.type_alias];
        for class in classes {
            set(vm, dict, class.name_str(), class);
        }
        embed(vm, dict, "<typing>", include_str!("lib/typing.py"))
    },
};

pub static FUTURE: ModuleSpec = ModuleSpec {
    name: "__future__",
    natives: &[],
    init: |vm, dict| embed(vm, dict, "<__future__>", include_str!("lib/future.py")),
};
