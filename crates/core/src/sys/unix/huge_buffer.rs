//! Memory for reading often: in huge pages where the system has some.

use memmap2::{Advice, MmapMut, MmapOptions};

use crate::error::{Error, Result};
use crate::sys::processor::huge_pages::HUGE_PAGE;

/// Zero-filled private memory that begins on the boundary of a huge page. May be read from any thread.
#[derive(Debug)]
pub(crate) struct HugeBuffer {
    map: MmapMut,
    start: usize,
    byte_length: usize,
}

impl HugeBuffer {
    pub(crate) fn new(byte_length: usize) -> Result<Self> {
        let failed = |error| Error::os("mmap", &format!("mapping {byte_length} bytes of memory"), &error);
        // Room for whole huge pages, wherever the mapping begins.
        let mapped = byte_length.next_multiple_of(HUGE_PAGE) + HUGE_PAGE;
        let map = MmapOptions::new().len(mapped).no_reserve_swap().map_anon().map_err(failed)?;
        // A hint: kernels without huge pages refuse it.
        let _ = map.advise(Advice::HugePage);
        let start = map.as_ptr().addr().next_multiple_of(HUGE_PAGE) - map.as_ptr().addr();
        Ok(Self { map, start, byte_length })
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.map[self.start..self.start + self.byte_length]
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.map[self.start..self.start + self.byte_length]
    }
}
