//! An owned mapping: zero-filled private memory that is unmapped on drop.

use memmap2::{MmapOptions, MmapRaw};

use crate::error::{Error, Result};

/// Anonymous, private, readable and writable for its whole length. Pages cost nothing until they are written, and
/// nothing is reserved for them (`MAP_NORESERVE`). May be used from any thread.
#[derive(Debug)]
pub(crate) struct Mapping {
    map: MmapRaw,
}

impl Mapping {
    /// Maps `byte_length` bytes, which must not be 0.
    pub(crate) fn zeroed(byte_length: usize) -> Result<Self> {
        MmapOptions::new()
            .len(byte_length)
            .no_reserve_swap()
            .map_anon()
            .map(|map| Self { map: MmapRaw::from(map) })
            .map_err(|error| Error::os("mmap", &format!("mapping {byte_length} bytes of memory"), &error))
    }

    /// Address of the first byte.
    pub(crate) fn start(&self) -> usize {
        self.map.as_mut_ptr().expose_provenance()
    }

    pub(crate) fn byte_length(&self) -> usize {
        self.map.len()
    }
}
