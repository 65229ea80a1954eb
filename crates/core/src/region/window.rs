//! What one operation may look at and replace.
#![expect(unsafe_code, reason = "the three places that mint the proof of mapped pages")]

use super::{RegionMemory, RegionPart};
use crate::error::{Error, ErrorKind, Result};
use crate::page_set::PageRun;
use crate::sys::{self, Pages, PagesMut};

/// Exclusive use of a run of pages for the duration of one operation. The last page may be used in part.
#[derive(Debug)]
pub struct Window<'a> {
    pages: PagesMut<'a>,
    byte_length: usize,
    owner: Owner,
}

/// Whose memory a window shows: an address alone does not tell, once its memory is gone and other memory took its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Somebody outside, who vouches for it being the same memory all the time.
    Adopted,
    /// A region, by its number.
    Region(u64),
}

impl<'a> Window<'a> {
    /// A window over memory that somebody else owns: the linear memory of a WebAssembly instance, typically.
    ///
    /// # Errors
    /// `Unaligned` when `start` is not a page boundary; `OutOfRange` when the window is empty or wraps around.
    ///
    /// # Safety
    /// For the whole of `'a`, the range, its length rounded up to whole pages, is mapped, readable and writable; no other
    /// thread touches it (through other addresses either, apart from pages of a file that were mapped there); no Rust
    /// reference points into it; and its owner accepts that the pages behind the addresses are replaced. For an engine's memory that holds on the thread that runs the engine, from
    /// reading the buffer's address to the return of the operation, if the memory is not shared between threads.
    pub unsafe fn adopt(start: usize, byte_length: usize) -> Result<Self> {
        if byte_length == 0 {
            return Err(Error::new(ErrorKind::OutOfRange, "there is nothing to track in a memory of 0 bytes"));
        }
        let mapped = sys::page_size().ceil(byte_length);
        let mapped = mapped.ok_or_else(|| Error::new(ErrorKind::OutOfRange, "the window exceeds the address space"))?;
        // SAFETY: passed on from the caller.
        let pages = unsafe { PagesMut::assume_mapped(start, mapped) }?;
        Ok(Self { pages, byte_length, owner: Owner::Adopted })
    }

    /// The first `byte_length` bytes of a region's memory, which are rounded up to whole pages.
    pub(super) fn over(memory: &'a RegionMemory, byte_length: usize) -> Result<Self> {
        let mapped = sys::page_size().ceil(byte_length).filter(|mapped| *mapped <= memory.byte_length());
        let mapped = mapped.ok_or_else(|| Error::new(ErrorKind::OutOfRange, "the range ends after the region"))?;
        // SAFETY: the mapping lives as long as `memory`, is readable and writable unless retired (which no window
        // survives: `Region::retire` takes the region by value), and its pages are ours to replace. Nobody else
        // touches it: Rust writes only through `&mut Region`, and JavaScript runs on the calling thread. Pages of a file
        // can be written through other mappings; windows over those stay inside `Region`, which copies bytes and makes no
        // reference to any.
        let pages = unsafe { PagesMut::assume_mapped(memory.start(), mapped) }?;
        Ok(Self { pages, byte_length, owner: Owner::Region(memory.number()) })
    }

    /// All pages of a part of a region, which was not retired.
    pub(super) fn over_part(part: &'a mut RegionPart) -> Result<Self> {
        let (memory, page) = (part.memory(), sys::page_size().bytes());
        let start = memory.start() + part.run().start * page;
        let byte_length = part.run().page_count() * page;
        // SAFETY: as in `over`: `Region::into_parts` has taken the region itself, and checked that the part lies in it and
        // shares no page with another one. The part is borrowed mutably, so there is no second window over it. Retiring
        // takes all parts by value. JavaScript is shown the bytes of a part by its owner, for a time in which no other thread
        // is given a window; what it writes later, against the rules, changes bytes that are copied and compared, never a
        // value that Rust relies on.
        let pages = unsafe { PagesMut::assume_mapped(start, byte_length) }?;
        Ok(Self { pages, byte_length, owner: Owner::Region(memory.number()) })
    }

    pub(crate) const fn owner(&self) -> Owner {
        self.owner
    }

    /// Address of the first byte.
    #[must_use]
    pub fn start(&self) -> usize {
        self.pages.as_pages().start()
    }

    /// Bytes in use; the last page may be used in part.
    #[must_use]
    pub const fn byte_length(&self) -> usize {
        self.byte_length
    }

    /// How many pages the window has.
    #[must_use]
    pub fn page_count(&self) -> usize {
        self.pages.as_pages().page_count()
    }

    /// The first `page_count` pages, as a window of their own.
    ///
    /// # Errors
    /// `OutOfRange` when the window has fewer.
    pub fn head(&mut self, page_count: usize) -> Result<Window<'_>> {
        let pages = self.pages.part_mut(PageRun { start: 0, end: page_count })?;
        let byte_length = pages.as_pages().byte_length().min(self.byte_length);
        Ok(Window { pages, byte_length, owner: self.owner })
    }

    /// The pages, to ask the kernel about.
    #[must_use]
    pub(crate) const fn pages(&self) -> Pages<'_> {
        self.pages.as_pages()
    }

    /// The pages, to replace.
    pub(crate) const fn pages_mut(&mut self) -> &mut PagesMut<'a> {
        &mut self.pages
    }
}
