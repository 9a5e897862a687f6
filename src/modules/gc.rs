//! `gc`: asking for a collection. There is no other way to free memory, so it cannot be switched off: `disable` is
//! remembered, and nothing else.

use super::{ModuleSpec, embed};
use crate::heap::Value;
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec {
    name: "gc",
    natives: NATIVES,
    init: |vm, dict| embed(vm, dict, "<gc>", include_str!("lib/gc.aio")),
};

crate::natives! { static NATIVES:
    "_collect()" => collect;
}

fn collect(vm: &mut Vm, _args: &[Value]) -> Result<Value> {
    vm.collect_closely();
    Ok(Value::NONE)
}
