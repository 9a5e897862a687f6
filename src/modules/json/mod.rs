//! `json`: reading and writing text is done here; the classes and functions around it are in `json.aio`.

mod decode;
mod encode;

use super::{ModuleSpec, embed, set};
use crate::heap::Gc;
use crate::objects::Dict;
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec { name: "json", natives: NATIVES, init };

crate::natives! { static NATIVES:
    "_encode(value, options, default, /)" => encode::encode;
    "_quote(text, ensure_ascii, /)" => encode::quote;
    "_decode(text, start, strict, parsers, /)" => decode::decode;
    "_blank_end(text, start, /)" => decode::blank_end;
}

/// `json.decoder` and `json.encoder` are the module itself: it is one file here.
fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    embed(vm, dict, "<json>", include_str!("json.aio"))?;
    set(vm, dict, "__all__", crate::heap::Value::NONE);
    let names = ["dump", "dumps", "load", "loads", "JSONDecoder", "JSONDecodeError", "JSONEncoder"];
    let names = names.map(|n| vm.str(n)).to_vec();
    let names = vm.list(names);
    set(vm, dict, "__all__", names);
    Ok(())
}
