//! A read-only mapping of files that can no longer change.
#![expect(unsafe_code, reason = "a slice over mapped bytes is sound only because the files are sealed")]

use memmap2::{Mmap, MmapOptions};

use super::remap::map_file_read_only_over;
use crate::error::{Error, Result};
use crate::page_set::PageRun;
use crate::sys::{MemoryFile, PagesMut, page_size};

/// The bytes of sealed [`MemoryFile`]s, one behind the other. May be read from any thread.
#[derive(Debug)]
pub(crate) struct FileMap {
    map: Mmap,
}

impl FileMap {
    /// Maps the first `byte_length` bytes (not 0, at most the file's length) of a file that was sealed before.
    pub(crate) fn of_sealed(file: &MemoryFile, byte_length: usize) -> Result<Self> {
        file.assert_sealed(byte_length)?;
        let mut options = MmapOptions::new();
        options.len(byte_length);
        // SAFETY: memmap2 asks that the file not change or shrink while it is mapped. `assert_sealed` has just seen
        // F_SEAL_WRITE and F_SEAL_SHRINK, which the kernel never takes back (fcntl(2), "File Sealing").
        let map = unsafe { options.map(file) };
        map.map(|map| Self { map })
            .map_err(|error| Error::os("mmap", &format!("mapping an image of {byte_length} bytes"), &error))
    }

    /// Maps parts of sealed files next to each other: `page_count` pages of zeros, and over them at each run the pages of
    /// a file, from a page of it on. One mapping for each part, and one for each run of zeros.
    pub(crate) fn of_parts<'a>(
        page_count: usize,
        parts: impl Iterator<Item = (PageRun, &'a MemoryFile, usize)>,
    ) -> Result<Self> {
        let page = page_size().bytes();
        let failed =
            |error: &std::io::Error| Error::os("mmap", &format!("mapping an image of {page_count} pages"), error);
        let zeros = MmapOptions::new().len(page_count * page).no_reserve_swap().map_anon();
        let map = zeros.and_then(memmap2::MmapMut::make_read_only).map_err(|error| failed(&error))?;
        // SAFETY: the mapping is new, owned here, and unmapped only after the last use of `pages`; nothing has its address
        // and no slice over it exists yet. It is not writable, and nothing here writes.
        let mut pages = unsafe { PagesMut::assume_mapped(map.as_ptr().expose_provenance(), page_count * page) }?;
        for (run, file, file_page) in parts {
            file.assert_sealed((file_page + run.page_count()) * page)?;
            map_file_read_only_over(&mut pages.part_mut(run)?, file, file_page * page)?;
        }
        Ok(Self { map })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }
}
