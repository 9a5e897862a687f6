//! Ops that begin what several ops do: the run loop does them at once where that is quick. The others stay where they are,
//! for where it is not, and for jumps and errors. Such an op is called differently, and is otherwise what it does alone.

use super::op::{Op, Opcode};

/// What an op does alone.
#[must_use]
pub const fn alone(code: Opcode) -> Opcode {
    use Opcode::{
        Add, AddInt, AddIntReturn, AddItems, AddReturn, ItemAdd, ItemAddInt, ItemMulAdd, ItemMulAddItem,
        ItemMulSub, ItemSub, LoadItemInt, Mul, MulAdd, MulAddReturn, MulItems, MulMulAdd, MulMulMulAdd,
        MulMulSub, MulReturn, Sub, SubItems, SubReturn,
    };
    match code {
        AddItems | SubItems | MulItems | ItemAdd | ItemSub | ItemAddInt | ItemMulAdd | ItemMulSub
        | ItemMulAddItem => LoadItemInt,
        MulMulAdd | MulMulMulAdd | MulMulSub | MulReturn => Mul,
        AddReturn => Add,
        SubReturn => Sub,
        AddIntReturn => AddInt,
        MulAddReturn => MulAdd,
        code => code,
    }
}

/// Whether that is what the op does alone.
fn is(op: Op, code: Opcode) -> bool {
    alone(op.code) == code
}

/// What the first of these ops may be called instead. Those behind it may be called so already.
#[must_use]
pub fn fused(ops: &[Op]) -> Option<Opcode> {
    let &[first, second, ref others @ ..] = ops else { return None };
    let third = others.first();
    match alone(first.code) {
        Opcode::LoadItemInt if is(second, Opcode::LoadItemInt) => two_items(first, second, others),
        Opcode::LoadItemInt => changed_item(first, second, *third?, others.get(1)),
        Opcode::Mul if is(second, Opcode::MulAdd) || is(second, Opcode::MulSub) => products(first, &ops[1..]),
        Opcode::Add if returns(second, first) => Some(Opcode::AddReturn),
        Opcode::Sub if returns(second, first) => Some(Opcode::SubReturn),
        Opcode::Mul if returns(second, first) => Some(Opcode::MulReturn),
        Opcode::AddInt if returns(second, first) => Some(Opcode::AddIntReturn),
        Opcode::MulAdd if returns(*third?, first) => Some(Opcode::MulAddReturn),
        _ => None,
    }
}

fn returns(op: Op, result: Op) -> bool {
    op.code == Opcode::Return && op.a == result.a
}

/// Two or three products, where the sum or difference takes the place of the first.
fn products(first: Op, others: &[Op]) -> Option<Opcode> {
    let product = first.a;
    let joins = |ops: &[Op], code: Opcode| {
        let &[op, extra, ..] = ops else { return false };
        let apart = op.b != product && op.c != product;
        is(op, code) && op.a == product && apart && extra.bc() == u32::from(product)
    };
    if joins(others, Opcode::MulAdd) {
        let three = joins(&others[2..], Opcode::MulAdd);
        return Some(if three { Opcode::MulMulMulAdd } else { Opcode::MulMulAdd });
    }
    joins(others, Opcode::MulSub).then_some(Opcode::MulMulSub)
}

/// Whether it puts what is where the item was loaded in the item's place.
fn stores(store: Op, item: Op) -> bool {
    store.code == Opcode::StoreItemInt && (store.a, store.b, store.c) == (item.b, item.a, item.c)
}

/// An item in whose place something goes that is made of it; it may be no operand but of the sum.
fn changed_item(first: Op, second: Op, third: Op, fourth: Option<&Op>) -> Option<Opcode> {
    let item = first.a;
    if second.a != item || first.b == item {
        return None;
    }
    let code = match alone(second.code) {
        Opcode::AddInt => Opcode::ItemAddInt,
        Opcode::Add if second.c != item => Opcode::ItemAdd,
        Opcode::Sub if second.c != item => Opcode::ItemSub,
        code @ (Opcode::MulAdd | Opcode::MulSub) => {
            let apart = second.b != item && second.c != item;
            let fits = apart && third.bc() == u32::from(item) && stores(*fourth?, first);
            let code = if code == Opcode::MulAdd { Opcode::ItemMulAdd } else { Opcode::ItemMulSub };
            return fits.then_some(code);
        }
        _ => return None,
    };
    (second.b == item && stores(third, first)).then_some(code)
}

/// Two items, and what is made of them.
fn two_items(first: Op, second: Op, others: &[Op]) -> Option<Opcode> {
    let (&third, others) = others.split_first()?;
    if second.a == first.a || second.b == first.a {
        return None;
    }
    let both = (third.b, third.c) == (first.a, second.a);
    match alone(third.code) {
        Opcode::Add if both => Some(Opcode::AddItems),
        Opcode::Sub if both => Some(Opcode::SubItems),
        Opcode::Mul if both => Some(Opcode::MulItems),
        Opcode::MulAdd => {
            let &[extra, store, ..] = others else { return None };
            let item = first.a;
            let grows = third.a == item && extra.bc() == u32::from(item) && stores(store, first);
            // The second item may be written before all is known to be quick.
            let again = first.b != item && first.b != second.a && second.b != second.a;
            let factor = third.b == second.a || third.c == second.a;
            let apart = third.b != item && third.c != item;
            (grows && again && factor && apart).then_some(Opcode::ItemMulAddItem)
        }
        _ => None,
    }
}
