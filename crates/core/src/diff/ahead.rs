//! What is compared next.

use crate::sys::processor;

/// Two slices that are compared after those that are compared now. Neither is read: at most the caches have them then.
#[derive(Debug, Clone, Copy)]
pub struct Ahead<'a> {
    /// Bytes of the base.
    pub base: &'a [u8],
    /// Bytes of the memory.
    pub updated: &'a [u8],
}

impl Ahead<'_> {
    /// Nothing, or nobody knows.
    pub const NOTHING: Self = Self { base: &[], updated: &[] };

    /// Has the next `N` bytes of both loaded, and takes them away. Fewer are left where they are.
    #[inline(always)]
    pub(super) fn load<const N: usize>(&mut self) {
        for bytes in [&mut self.base, &mut self.updated] {
            processor::load_first::<N>(bytes);
        }
    }
}
