//! The absent twin: a system on which none of it works. The types have no values, so every use compiles and none runs.

use std::convert::Infallible;

use super::{Capabilities, Capability, FileAccess, Mapped, Pages, PagesMut, Prices, Residency};
use crate::error::{Error, ErrorKind, Result};
use crate::page::PageSize;
use crate::page_set::{PageRun, PageSet};

fn unsupported() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!(
            "pagefold needs Linux; this is {}. Other systems load the package and refuse every operation",
            std::env::consts::OS
        ),
    )
}

pub(crate) const fn page_size() -> PageSize {
    match PageSize::new(4096) {
        Some(size) => size,
        None => unreachable!(),
    }
}

pub(crate) fn kernel_release() -> Option<String> {
    None
}

pub(crate) const fn trusts_counter() -> bool {
    false
}

pub(crate) fn capabilities() -> Result<&'static Capabilities> {
    static NONE: std::sync::OnceLock<Capabilities> = std::sync::OnceLock::new();
    Ok(NONE.get_or_init(|| {
        let absent = || Capability::new(Some(unsupported().to_string()));
        Capabilities {
            memory_file: absent(),
            noexec_seal: absent(),
            private_scan: absent(),
            pagemap_entries: absent(),
            mapping_query: absent(),
            guard_category: absent(),
            write_protect: absent(),
            vectored_discard: absent(),
        }
    }))
}

#[derive(Debug)]
pub(crate) enum MemoryFile {}

impl MemoryFile {
    pub(crate) fn create(_name: &str, _byte_length: usize) -> Result<Self> {
        Err(unsupported())
    }
    pub(crate) fn write_at(&self, _bytes: &[u8], _offset: usize) -> Result<()> {
        match *self {}
    }
    pub(crate) fn seal(&self) -> Result<()> {
        match *self {}
    }
}

#[derive(Debug)]
pub(crate) enum MappableFile {}

impl MappableFile {
    pub(crate) fn in_memory(_byte_length: usize) -> Result<Self> {
        Err(unsupported())
    }
    pub(crate) fn open(_path: &std::path::Path, _access: FileAccess) -> Result<Self> {
        Err(unsupported())
    }
    pub(crate) fn byte_length(&self) -> Result<usize> {
        match *self {}
    }
}

#[derive(Debug)]
pub(crate) struct FileMap(Infallible);

impl FileMap {
    pub(crate) fn of_sealed(file: &MemoryFile, _byte_length: usize) -> Result<Self> {
        match *file {}
    }
    pub(crate) fn bytes(&self) -> &[u8] {
        match self.0 {}
    }
}

#[derive(Debug)]
pub(crate) struct HugeBuffer(Infallible);

impl HugeBuffer {
    pub(crate) fn new(_byte_length: usize) -> Result<Self> {
        Err(unsupported())
    }
    pub(crate) fn bytes(&self) -> &[u8] {
        match self.0 {}
    }
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        match self.0 {}
    }
}

#[derive(Debug)]
pub(crate) struct Mapping(Infallible);

impl Mapping {
    pub(crate) fn zeroed(_byte_length: usize) -> Result<Self> {
        Err(unsupported())
    }
    pub(crate) fn of_file(file: &MappableFile, _byte_offset: usize, _byte_length: usize) -> Result<Self> {
        match *file {}
    }
    pub(crate) fn start(&self) -> usize {
        match self.0 {}
    }
    pub(crate) fn byte_length(&self) -> usize {
        match self.0 {}
    }
}

#[derive(Debug, Default)]
pub(crate) struct ScanBuffer;

#[derive(Debug, Default)]
pub(crate) struct EntryBuffer;

pub(crate) fn map_file_over(_pages: &mut PagesMut<'_>, file: &MemoryFile, _byte_offset: usize) -> Result<()> {
    match *file {}
}
pub(crate) fn map_zero_over(_pages: &mut PagesMut<'_>) -> Result<()> {
    Err(unsupported())
}
pub(crate) fn move_over(_pages: &mut PagesMut<'_>, mapping: Mapping) -> Result<()> {
    match mapping.0 {}
}
pub(crate) fn revoke(_pages: &mut PagesMut<'_>) -> Result<()> {
    Err(unsupported())
}
pub(crate) fn discard(_pages: &mut PagesMut<'_>) -> Result<()> {
    Err(unsupported())
}
pub(crate) const MANY_MAPPINGS: usize = 0;
pub(crate) fn prices() -> Prices {
    Prices::TYPICAL
}

pub(crate) fn mappings_are_scarce() -> bool {
    false
}

pub(crate) fn ensure_mappings_left(_wanted: usize) -> Result<()> {
    Err(unsupported())
}
pub(crate) fn discard_file(_pages: &mut PagesMut<'_>) -> Result<()> {
    Err(unsupported())
}
pub(crate) fn discard_vectored(_pages: &mut PagesMut<'_>, _dropped: &PageSet) -> Result<()> {
    Err(unsupported())
}
pub(crate) fn populate_write(_pages: &mut PagesMut<'_>) -> Result<()> {
    Err(unsupported())
}
pub(crate) fn create_private_file(_path: &std::path::Path) -> std::io::Result<std::fs::File> {
    Err(std::io::ErrorKind::Unsupported.into())
}
pub(crate) fn populate_read(_pages: Pages<'_>) {}
pub(crate) fn avoid_huge_pages(_pages: Pages<'_>) {}
pub(crate) fn private_pages(_pages: Pages<'_>, _buffer: &mut ScanBuffer, _found: &mut PageSet) -> Result<()> {
    Err(unsupported())
}
pub(crate) fn resident_private_pages(_pages: Pages<'_>, _buffer: &mut ScanBuffer, _found: &mut PageSet) -> Result<()> {
    Err(unsupported())
}
pub(crate) fn private_entries(
    _pages: Pages<'_>,
    _buffer: &mut EntryBuffer,
    _found: &mut PageSet,
    _perhaps_zero: &mut PageSet,
) -> Result<()> {
    Err(unsupported())
}
pub(crate) fn residency(_pages: Pages<'_>) -> Result<Residency> {
    Err(unsupported())
}
pub(crate) fn mappings(_pages: Pages<'_>, _run: PageRun, _found: &mut Vec<Mapped>) -> Result<()> {
    Err(unsupported())
}
pub(crate) fn require_mapped(_pages: Pages<'_>) -> Result<()> {
    Err(unsupported())
}

pub(crate) mod write_protect {
    use super::{PageRun, PageSet, Pages, Result, ScanBuffer, unsupported};

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Watched {
        Armed,
        PresentArmed,
    }

    pub(crate) fn register(_pages: Pages<'_>) -> Result<()> {
        Err(unsupported())
    }
    pub(crate) fn unregister(_pages: Pages<'_>) -> Result<()> {
        Err(unsupported())
    }
    pub(crate) fn arm(_watched: Watched, _pages: Pages<'_>, _run: PageRun, _buffer: &mut ScanBuffer) -> Result<()> {
        Err(unsupported())
    }
    pub(crate) fn written(
        _watched: Watched,
        _pages: Pages<'_>,
        _run: PageRun,
        _buffer: &mut ScanBuffer,
        _found: &mut PageSet,
    ) -> Result<()> {
        Err(unsupported())
    }
    pub(crate) fn take_written(
        _watched: Watched,
        _pages: Pages<'_>,
        _run: PageRun,
        _buffer: &mut ScanBuffer,
        _found: &mut PageSet,
    ) -> Result<()> {
        Err(unsupported())
    }
}
