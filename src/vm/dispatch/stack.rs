//! The calls on the way, one behind the other. Their places never move: the run loop holds a pointer to the one on top.

use super::super::Activation;
use std::ops::{Deref, DerefMut};

/// A stack of activations, read as a slice of them. Where it ends is a pointer to the last one, which is what the run loop
/// has at hand; nothing is counted.
pub(crate) struct Activations {
    /// Holds the places, none of which it knows to be taken.
    places: Vec<Activation>,
    /// The activation on top; right before the first place if there is none.
    top: *mut Activation,
    /// While the one on top lies before it, one more may begin.
    limit: *mut Activation,
    /// The last place there is.
    last: *mut Activation,
}

impl Activations {
    /// Room for so many, of which there may be as many as the limit. The system commits what is used.
    pub(in crate::vm) fn new(room: usize, limit: usize) -> Self {
        let mut places = Vec::with_capacity(room);
        let top = places.as_mut_ptr();
        let mut activations = Self { places, top, limit: top, last: top };
        activations.top = activations.before_first();
        activations.last = activations.top.wrapping_add(activations.places.capacity());
        activations.limit_to(limit);
        activations
    }

    #[inline(always)]
    fn before_first(&self) -> *mut Activation {
        self.places.as_ptr().cast_mut().wrapping_sub(1)
    }

    /// Lets there be so many, and no more than there is room for.
    pub(in crate::vm) fn limit_to(&mut self, n: usize) {
        self.limit = self.before_first().wrapping_add(n.min(self.places.capacity()));
    }

    /// Whether no more may begin.
    #[inline(always)]
    pub(in crate::vm) fn are_full(&self) -> bool {
        !self.may_follow(self.top)
    }

    /// Whether one more may begin behind this one, which is on top.
    #[inline(always)]
    pub(super) fn may_follow(&self, top: *mut Activation) -> bool {
        top < self.limit
    }

    /// The activation on top, if there is one.
    #[inline(always)]
    pub(super) fn top(&self) -> *mut Activation {
        self.top
    }

    /// Lets another be on top: the one before it or, where it was written and `may_follow` allowed it, the one behind it.
    #[inline(always)]
    pub(super) fn set_top(&mut self, top: *mut Activation) {
        self.top = top;
    }

    /// # Panics
    /// If there is no room: callers look at the limit first.
    // Made where it will lie: what is written in words and copied in larger pieces right away is waited for.
    #[inline(always)]
    pub(in crate::vm) fn push(&mut self, new: Activation) {
        assert!(self.top < self.last, "more activations than the limit allows");
        self.top = self.top.wrapping_add(1);
        // SAFETY: inside the room, as was just seen.
        unsafe { self.top.write(new) }
    }

    #[inline]
    pub(in crate::vm) fn pop(&mut self) -> Option<Activation> {
        if self.is_empty() {
            return None;
        }
        // SAFETY: there is one, which is taken out.
        let last = unsafe { self.top.read() };
        self.top = self.top.wrapping_sub(1);
        Some(last)
    }
}

impl Deref for Activations {
    type Target = [Activation];

    #[inline(always)]
    fn deref(&self) -> &[Activation] {
        let n = (self.top as usize - self.before_first() as usize) / size_of::<Activation>();
        // SAFETY: as many were written.
        unsafe { std::slice::from_raw_parts(self.places.as_ptr(), n) }
    }
}

impl DerefMut for Activations {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [Activation] {
        let n = self.len();
        // SAFETY: as many were written.
        unsafe { std::slice::from_raw_parts_mut(self.places.as_mut_ptr(), n) }
    }
}
