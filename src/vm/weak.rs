//! Weak references: objects that are known by a number and not held. A number is never used twice, so that one kept
//! for an object that is gone stays without an answer.

use crate::heap::{Survivors, Value};
use crate::text::maps::HashMap;

#[derive(Default)]
pub struct Weak {
    /// Not traced: whether anything else holds them is the question.
    objects: HashMap<u64, Value>,
    numbers: HashMap<u64, u64>,
    last: u64,
    /// Numbers of objects that went, and that nobody has asked for yet.
    gone: Vec<u64>,
    /// Collections that were made only to see what is still there.
    looks: u64,
}

impl Weak {
    /// The object's number.
    pub fn watch(&mut self, object: Value) -> u64 {
        let Self { objects, numbers, last, .. } = self;
        *numbers.entry(object.bits()).or_insert_with(|| {
            *last += 1;
            objects.insert(*last, object);
            *last
        })
    }

    #[must_use]
    pub fn object(&self, number: u64) -> Option<Value> {
        self.objects.get(&number).copied()
    }

    /// The numbers of the objects that went since this was asked last, in the order of their numbers.
    pub fn take_gone(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.gone)
    }

    /// Whether a collection is worth it before somebody looks: each look costs as much as the heap is large.
    pub fn worth_looking(&mut self, live: usize) -> bool {
        if self.objects.is_empty() {
            return false;
        }
        self.looks += 1;
        let few = self.looks < 1000 || self.looks.is_multiple_of(1024);
        few && live < (16 << 20)
    }

    /// Between marking and sweeping: lets go of what nothing else holds.
    pub fn after_marking(&mut self, survivors: &Survivors) {
        if self.objects.is_empty() {
            return;
        }
        let Self { objects, numbers, gone, .. } = self;
        let before = gone.len();
        objects.retain(|&number, object| {
            let held = survivors.holds_value(*object);
            if !held {
                numbers.remove(&object.bits());
                gone.push(number);
            }
            held
        });
        gone[before..].sort_unstable();
    }
}
