//! A read-only mapping of a file that can no longer change.
#![expect(unsafe_code, reason = "a slice over mapped bytes is sound only because the file is sealed")]

use memmap2::{Mmap, MmapOptions};

use crate::error::{Error, Result};
use crate::sys::MemoryFile;

/// The bytes of a sealed [`MemoryFile`]. May be read from any thread.
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

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map
    }
}
