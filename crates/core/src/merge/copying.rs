//! Changed bytes are copied to where nobody else has changed anything.

use crate::sys::processor::{self, LINE, Width, Work};

/// Bytes that are compared, and then copied, in one go: a multiple of every element's width.
const GROUP: usize = 8 * LINE;

/// What will be copied next. None of it is read: at most the caches have it then.
#[derive(Debug)]
pub(super) struct Next<'a> {
    pub(super) original: &'a [u8],
    pub(super) updated: &'a [u8],
    pub(super) state: &'a [u8],
}

impl<'a> Next<'a> {
    /// Nothing, or nobody knows.
    pub(super) const NOTHING: Self = Self { original: &[], updated: &[], state: &[] };

    /// Has the next line of each loaded, and takes it away.
    #[inline(always)]
    fn load_line(&mut self) {
        for bytes in [&mut self.state, &mut self.original, &mut self.updated] {
            processor::load_first::<LINE>(bytes);
        }
    }

    /// Has all that is left loaded.
    fn load(&mut self) {
        for bytes in [self.state, self.original, self.updated] {
            processor::load_ahead(bytes);
        }
        *self = Self::NOTHING;
    }
}

/// Copies `updated` to `state` up to the first group where that is not as `original`. Returns how many bytes were copied. All
/// three are equally long.
pub(super) fn copy_where_equal(original: &[u8], updated: &[u8], state: &mut [u8], next: &mut Next<'_>) -> usize {
    processor::widest(Copying { original, updated, state, next })
}

struct Copying<'a, 'n> {
    original: &'a [u8],
    updated: &'a [u8],
    state: &'a mut [u8],
    next: &'a mut Next<'n>,
}

impl Work for Copying<'_, '_> {
    type Output = usize;

    #[inline(always)]
    fn run(self, _: Width) -> usize {
        let (originals, original_rest) = self.original.as_chunks::<GROUP>();
        let (updates, updated_rest) = self.updated.as_chunks::<GROUP>();
        let (states, state_rest) = self.state.as_chunks_mut::<GROUP>();
        let mut copied = 0;
        for ((original, updated), state) in originals.iter().zip(updates).zip(states) {
            if differ(original, state, || self.next.load_line()) {
                return copied;
            }
            *state = *updated;
            copied += GROUP;
        }
        self.next.load();
        if state_rest != original_rest {
            return copied;
        }
        state_rest.copy_from_slice(updated_rest);
        copied + updated_rest.len()
    }
}

/// Whether two groups differ. Something else is done before the loads of each line: as many loads ahead of time as are waited
/// for, so that neither keeps the others from being asked for.
#[inline(always)]
fn differ(one: &[u8; GROUP], other: &[u8; GROUP], mut before: impl FnMut()) -> bool {
    let lines = one.as_chunks::<LINE>().0.iter().zip(other.as_chunks::<LINE>().0);
    lines.fold(false, |differ, (one, other)| {
        before();
        differ | one.iter().zip(other).fold(0, |differ, (one, other)| differ | (one ^ other)).ne(&0)
    })
}
