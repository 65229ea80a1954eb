//! Changed bytes are copied to where nobody else has changed anything.

use crate::sys::processor::{self, LINE, Width, Work};

/// What will be copied next. None of it is read: at most the caches have it then.
#[derive(Debug, Clone, Copy)]
pub(super) struct Next<'a> {
    pub(super) original: &'a [u8],
    pub(super) state: &'a [u8],
}

impl Next<'_> {
    /// Nothing, or nobody knows.
    pub(super) const NOTHING: Self = Self { original: &[], state: &[] };
}

/// Copies `updated` to `state` up to the first line where that is not as `original`. Returns how many bytes were copied. All
/// three are equally long.
pub(super) fn copy_where_equal(original: &[u8], updated: &[u8], state: &mut [u8], next: Next<'_>) -> usize {
    processor::widest(Copying { original, updated, state, next })
}

struct Copying<'a, 'n> {
    original: &'a [u8],
    updated: &'a [u8],
    state: &'a mut [u8],
    next: Next<'n>,
}

impl Work for Copying<'_, '_> {
    type Output = usize;

    #[inline(always)]
    fn run(self, _: Width) -> usize {
        let (originals, original_rest) = self.original.as_chunks::<LINE>();
        let (updates, updated_rest) = self.updated.as_chunks::<LINE>();
        let (states, state_rest) = self.state.as_chunks_mut::<LINE>();
        let mut next = self.next;
        // Of what is only read the beginning is enough: processors guess the rest. What is stored they load late.
        processor::load_ahead(&mut next.original);
        let mut copied = 0;
        for ((original, updated), state) in originals.iter().zip(updates).zip(states) {
            processor::load_ahead(&mut next.state);
            if original != state {
                return copied;
            }
            *state = *updated;
            copied += LINE;
        }
        if state_rest != original_rest {
            return copied;
        }
        state_rest.copy_from_slice(updated_rest);
        copied + updated_rest.len()
    }
}
