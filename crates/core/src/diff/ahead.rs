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

    /// Has the beginning of both loaded. Walking the page tables for a page that no cache knows takes as long as some loads, and
    /// nothing of the page can be asked for before; from there on processors guess for themselves what comes next. To
    /// load every line ahead of time takes longer: a core keeps only so many loads in mind.
    #[inline(always)]
    pub(super) fn load(&self) {
        for mut bytes in [self.base, self.updated] {
            processor::load_ahead(&mut bytes);
        }
    }
}
