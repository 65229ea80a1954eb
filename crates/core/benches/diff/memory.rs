//! Memory as it lies behind a view and behind an image: from the beginning of a page on, in pages of the usual size.

use std::ops::{Deref, DerefMut};

use memmap2::{Advice, MmapMut};

/// Bytes that a vector would not align to pages.
#[derive(Debug)]
pub(crate) struct Memory(MmapMut);

impl Memory {
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut memory = MmapMut::map_anon(bytes.len()).expect("there is memory");
        // A hint, for systems that use huge pages unasked: a view does not allow them.
        let _ = memory.advise(Advice::NoHugePage);
        memory.copy_from_slice(bytes);
        Self(memory)
    }
}

impl Clone for Memory {
    fn clone(&self) -> Self {
        Self::of(self)
    }
}

impl Deref for Memory {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl DerefMut for Memory {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.0
    }
}
