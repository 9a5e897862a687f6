//! `io`: text and bytes in memory.

use super::ModuleSpec;
use crate::heap::Gc;
use crate::objects::Dict;
use crate::vm::{Result, Vm};

pub static SPEC: ModuleSpec = ModuleSpec { name: "io", natives: &[], init };

/// Written in the language: it reads better there, and nobody's program waits for it.
fn init(vm: &mut Vm, dict: Gc<Dict>) -> Result<()> {
    super::embed(vm, dict, "<io>", include_str!("lib/io.aio"))
}
