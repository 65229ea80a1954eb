//! An owned mapping, unmapped on drop.
#![expect(unsafe_code, reason = "memmap2 asks for a promise about files that may change, which only references need")]

use memmap2::{MmapOptions, MmapRaw};

use crate::error::{Error, Result};
use crate::sys::{FileAccess, MappableFile};

/// Readable and writable for its whole length. Nothing is reserved for it (`MAP_NORESERVE`): pages cost nothing until they
/// are written. May be used from any thread.
#[derive(Debug)]
pub(crate) struct Mapping {
    map: MmapRaw,
}

impl Mapping {
    /// Maps `byte_length` zero bytes, which must not be 0: anonymous and private.
    pub(crate) fn zeroed(byte_length: usize) -> Result<Self> {
        MmapOptions::new()
            .len(byte_length)
            .no_reserve_swap()
            .map_anon()
            .map(|map| Self { map: MmapRaw::from(map) })
            .map_err(|error| Error::os("mmap", &format!("mapping {byte_length} bytes of memory"), &error))
    }

    /// Maps `byte_length` bytes of a file, which must not be 0, from `byte_offset` on, a page boundary.
    pub(crate) fn of_file(file: &MappableFile, byte_offset: usize, byte_length: usize) -> Result<Self> {
        let mut options = MmapOptions::new();
        options.offset(byte_offset as u64).len(byte_length).no_reserve_swap();
        let map = match file.access() {
            FileAccess::ReadWrite => options.map_raw(file),
            // SAFETY: memmap2 asks that the file not change under a slice over the mapping. None is ever made: it is turned
            // into a raw mapping at once, of which only the address is used.
            FileAccess::CopyOnWrite => unsafe { options.map_copy(file) }.map(MmapRaw::from),
        };
        map.map(|map| Self { map })
            .map_err(|error| Error::os("mmap", &format!("mapping {byte_length} bytes of a file"), &error))
    }

    /// Address of the first byte.
    pub(crate) fn start(&self) -> usize {
        self.map.as_mut_ptr().expose_provenance()
    }

    pub(crate) fn byte_length(&self) -> usize {
        self.map.len()
    }
}
