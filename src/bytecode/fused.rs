//! Ops that begin what several ops do: the run loop does them at once where that is quick. The others stay where they are,
//! for where it is not, and for jumps and errors.

use super::op::{Op, Opcode};

/// What the first of these ops, which loads an item, may be called instead of `LoadItemInt`.
#[must_use]
pub fn fused(ops: &[Op]) -> Option<Opcode> {
    let &[first, second, third, ..] = ops else { return None };
    if second.code == Opcode::LoadItemInt {
        return fused_pair(first, second, third);
    }
    let item = first.a;
    let updates = second.a == item && first.b != item;
    let stored = |store: &Op| {
        store.code == Opcode::StoreItemInt && store.b == item && (store.a, store.c) == (first.b, first.c)
    };
    // The item may be no operand but of the sum.
    match second.code {
        Opcode::AddInt if updates && second.b == item && stored(&third) => Some(Opcode::ItemAddInt),
        Opcode::Add if updates && second.b == item && second.c != item && stored(&third) => {
            Some(Opcode::ItemAdd)
        }
        Opcode::Sub if updates && second.b == item && second.c != item && stored(&third) => {
            Some(Opcode::ItemSub)
        }
        Opcode::MulAdd | Opcode::MulSub
            if updates
                && second.b != item
                && second.c != item
                && third.bc() == u32::from(item)
                && ops.get(3).is_some_and(stored) =>
        {
            Some(if second.code == Opcode::MulAdd { Opcode::ItemMulAdd } else { Opcode::ItemMulSub })
        }
        _ => None,
    }
}

/// The same for two items and what is made of them.
fn fused_pair(first: Op, second: Op, third: Op) -> Option<Opcode> {
    let apart = second.a != first.a && second.b != first.a;
    if !apart || (third.b, third.c) != (first.a, second.a) {
        return None;
    }
    match third.code {
        Opcode::Add => Some(Opcode::AddItems),
        Opcode::Sub => Some(Opcode::SubItems),
        Opcode::Mul => Some(Opcode::MulItems),
        _ => None,
    }
}
