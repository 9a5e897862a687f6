//! The sizes that the design counts on: a change here is a change of what a program costs.

use aio::bytecode::op::Op;
use aio::heap::{Header, Value};
use aio::objects::{Awaitable, Frame, Future, Handle, Instance, List, Str, Task};

#[test]
fn values_and_ops_are_one_word() {
    assert_eq!(size_of::<Value>(), 8);
    assert_eq!(size_of::<Op>(), 8);
    assert_eq!(size_of::<Header>(), 8);
}

#[test]
fn objects_are_small() {
    assert_eq!(size_of::<Instance>(), 16);
    assert_eq!(size_of::<Str>(), 24);
    assert_eq!(size_of::<List>(), 32);
    assert_eq!(size_of::<Frame>(), 40);
    assert_eq!(size_of::<Future>(), 40);
    assert_eq!(size_of::<Task>(), 80);
    assert_eq!(size_of::<Awaitable>(), 48);
    assert_eq!(size_of::<Handle>(), 40);
}
