//! Regions whose pages belong to a file, so that they can be mapped into other memories.
//!
//! ```text
//!  Region      |== a ==|== b ==|== c ==|          one mapping of the file
//!  its file    |== a ==|== b ==|== c ==|
//!  a memory    |.......|== b ==|.......|== b ==|  further mappings of some of its pages, in place of what was there
//! ```
//!
//! The kernel keeps the file while anything maps it, so that those mappings outlive the region. Nobody reaches the region
//! through them: they show pages, not the file.

use std::path::Path;

use super::{Region, RegionMemory, Window};
use crate::error::{Error, ErrorKind, Result};
use crate::page_set::PageRun;
use crate::sys::{self, FileAccess, MappableFile, Mapping};

/// The file that the pages of a region belong to.
#[derive(Debug)]
pub(super) struct Backing {
    file: MappableFile,
    /// Where the region begins in it: a page boundary.
    byte_offset: usize,
}

impl Region {
    /// As [`Region::allocate`], and the pages can be mapped into other memories with `View::map`. They lie in a memory file
    /// whose length nobody can change; it takes one descriptor. Its pages are paid for when they are first written or,
    /// other than private ones, read.
    ///
    /// # Errors
    /// As [`Region::allocate`]; `OutOfMemory` when there is no descriptor left.
    pub fn allocate_mappable(byte_length: usize, max_byte_length: usize) -> Result<Self> {
        let mapped = super::mapped_byte_length(byte_length, max_byte_length)?;
        // More than any file can have is refused by its length, and with another error.
        isize::try_from(mapped)
            .map_err(|_| Error::new(ErrorKind::OutOfRange, format!("{mapped} bytes exceed the address space")))?;
        let backing = Backing { file: MappableFile::in_memory(mapped)?, byte_offset: 0 };
        Self::over_file(backing, byte_length, max_byte_length)
    }

    /// Maps a part of a regular file, without a copy: from `byte_offset`, a page boundary, to the end of the file unless
    /// `byte_length` is less. Only the end of the file may lie inside a page; what is behind it there reads as zeros. It takes
    /// one descriptor and cannot grow.
    ///
    /// **The file must not be made shorter while any of it is mapped**, by whomever: an access to a page that it has lost
    /// ends the process (SIGBUS). So does a write to a hole of a file opened with `ReadWrite` when its file system is full,
    /// and a page that the device cannot read. Where that cannot be ruled out, read the file into a region of its own;
    /// `Snapshot::open` always copies.
    ///
    /// # Errors
    /// `OutOfRange` when the part is empty or ends after the file; `Unaligned`; `Unsupported` when it is no regular file, or
    /// one with huge pages; `System`, with the number, when it cannot be opened or mapped.
    pub fn open(path: &Path, access: FileAccess, byte_offset: usize, byte_length: Option<usize>) -> Result<Self> {
        let file = MappableFile::open(path, access)?;
        let available = file.byte_length()?;
        let rest = available.checked_sub(byte_offset).filter(|rest| *rest > 0);
        let byte_length = rest.map(|rest| byte_length.unwrap_or(rest));
        let byte_length = byte_length.filter(|wanted| (1..=rest.unwrap_or(0)).contains(wanted)).ok_or_else(|| {
            let message = format!("there is no such part of {}: it has {available} bytes", path.display());
            Error::new(ErrorKind::OutOfRange, message)
        })?;
        if !sys::page_size().is_aligned(byte_offset) {
            return Err(Error::new(
                ErrorKind::Unaligned,
                format!("the offset {byte_offset} is no multiple of the page size, {}", sys::page_size().bytes()),
            ));
        }
        Self::over_file(Backing { file, byte_offset }, byte_length, byte_length)
    }

    fn over_file(backing: Backing, byte_length: usize, max_byte_length: usize) -> Result<Self> {
        let mapped = super::mapped_byte_length(byte_length, max_byte_length)?;
        let mapping = Mapping::of_file(&backing.file, backing.byte_offset, mapped)?;
        let memory = RegionMemory::new(mapping);
        Ok(Self { memory, backing: Some(backing), byte_length, max_byte_length })
    }

    /// Whether the pages can be mapped into other memories.
    #[must_use]
    pub const fn is_mappable(&self) -> bool {
        self.backing.is_some()
    }

    /// Copies bytes out of the region.
    ///
    /// # Errors
    /// `OutOfRange` when the range ends after the pages of the region.
    pub fn read(&self, byte_offset: usize, into: &mut [u8]) -> Result<()> {
        Window::over(&self.memory, self.byte_length)?.read(byte_offset, into)
    }

    /// Copies bytes into the region.
    ///
    /// # Errors
    /// `OutOfRange` when the range ends after the pages of the region.
    pub fn write(&mut self, byte_offset: usize, bytes: &[u8]) -> Result<()> {
        Window::over(&self.memory, self.byte_length)?.write(byte_offset, bytes)
    }

    /// Puts the pages of the region from `first_page` on in place of `run`.
    ///
    /// # Errors
    /// `Unsupported` when the pages cannot be mapped; `OutOfRange` when the window or the region lacks one, or the window has
    /// only a part of it; `OutOfMemory` when the process has too many mappings. The window is then as it was.
    pub(crate) fn map_over(&self, window: &mut Window<'_>, run: PageRun, first_page: usize) -> Result<()> {
        let Some(backing) = &self.backing else {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "the pages of this region are private to it and cannot be mapped; allocate it with `mappable: true`",
            ));
        };
        let page = sys::page_size();
        let whole = page.index(window.byte_length());
        if run.end > whole {
            // Growing a memory zeroes the rest of its last page, and would write those zeros to the region.
            let message = format!("pages {}..{} of a memory of {whole} whole pages", run.start, run.end);
            return Err(Error::new(ErrorKind::OutOfRange, message));
        }
        let mut target = window.pages_mut().part_mut(run)?;
        let available = page.count(self.byte_length);
        if first_page.checked_add(run.page_count()).is_none_or(|end| end > available) {
            return Err(Error::new(
                ErrorKind::OutOfRange,
                format!("{} pages from page {first_page} of a region of {available} pages", run.page_count()),
            ));
        }
        if run.page_count() == 0 {
            return Ok(());
        }
        sys::ensure_mappings_left(1)?;
        let byte_offset = backing.byte_offset + first_page * page.bytes();
        let mapping = Mapping::of_file(&backing.file, byte_offset, run.page_count() * page.bytes())?;
        sys::move_over(&mut target, mapping)
    }
}

/// Why the pages of such a region are not handed out for tracking.
pub(super) fn untracked() -> Error {
    Error::new(
        ErrorKind::Unsupported,
        "the pages of this region belong to a file and cannot be tracked: a snapshot would put others in their place; map \
         them into a tracked memory instead, or copy them into a region without `mappable`",
    )
}
