//! A few pages of our own to try things on.
#![expect(unsafe_code, reason = "reads and writes single bytes of a mapping made for the trial")]

use super::memory_file::MemoryFile;
use super::{Mapping, map_file_over, page_size};
use crate::error::Result;
use crate::sys::{Pages, PagesMut};

/// Pages that a memory file is mapped over, as an image would be.
pub(super) struct Trial {
    mapping: Mapping,
}

impl Trial {
    /// Fresh pages. The first one holds a 1 and zeros, the others zeros.
    pub(super) fn new(page_count: usize) -> Result<Self> {
        let byte_length = page_count * page_size().bytes();
        let mut trial = Self { mapping: Mapping::zeroed(byte_length)? };
        let file = MemoryFile::create("pagefold-probe", byte_length)?;
        file.write_at(&[1], 0)?;
        file.seal()?;
        file.assert_sealed(byte_length)?;
        map_file_over(&mut trial.pages_mut(), &file, 0)?;
        Ok(trial)
    }

    pub(super) fn pages_mut(&mut self) -> PagesMut<'_> {
        // SAFETY: the mapping is alive while it is borrowed, readable and writable, and known to nobody else.
        unsafe { PagesMut::assume_mapped(self.mapping.start(), self.mapping.byte_length()) }
            .expect("mmap returns whole pages")
    }

    pub(super) fn pages(&self) -> Pages<'_> {
        // SAFETY: the mapping is alive while it is borrowed.
        unsafe { Pages::assume_mapped(self.mapping.start(), self.mapping.byte_length()) }
            .expect("mmap returns whole pages")
    }

    /// The first byte of a page.
    ///
    /// # Panics
    /// When there is no such page.
    pub(super) fn load(&self, page: usize) -> u8 {
        // SAFETY: the byte lies in the mapping.
        unsafe { std::ptr::with_exposed_provenance::<u8>(self.address(page)).read_volatile() }
    }

    /// Stores 7 there.
    ///
    /// # Panics
    /// When there is no such page.
    pub(super) fn store(&mut self, page: usize) {
        // SAFETY: the byte lies in the mapping, and no reference points into it.
        unsafe { std::ptr::with_exposed_provenance_mut::<u8>(self.address(page)).write_volatile(7) };
    }

    fn address(&self, page: usize) -> usize {
        assert!(page < self.pages().page_count(), "there is no page {page}");
        self.mapping.start() + page * page_size().bytes()
    }
}
