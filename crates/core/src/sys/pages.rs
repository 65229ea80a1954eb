//! Proof that a range of pages is mapped.
#![expect(unsafe_code, reason = "the constructors carry the obligations that make the rest of the crate safe")]

use std::marker::PhantomData;

use super::page_size;
use crate::error::{Error, ErrorKind, Result};
use crate::page_set::PageRun;

/// A page-aligned range that stays mapped and readable for `'a`, as `BorrowedFd<'a>` is a descriptor that stays
/// open. Only `region` (and the probes of `sys`) mint one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pages<'a> {
    start: usize,
    byte_length: usize,
    mapped: PhantomData<&'a ()>,
}

/// Like [`Pages`], and for `'a` nobody else reads or writes the range: its contents, and the mapping behind them,
/// may be replaced.
#[derive(Debug)]
pub(crate) struct PagesMut<'a> {
    pages: Pages<'a>,
}

impl<'a> Pages<'a> {
    /// Takes the caller's word that the range is mapped.
    ///
    /// # Errors
    /// `Unaligned` when either end is not a page boundary, `OutOfRange` when the range wraps around.
    ///
    /// # Safety
    /// `start .. start + byte_length` is mapped for the whole of `'a`.
    pub(crate) unsafe fn assume_mapped(start: usize, byte_length: usize) -> Result<Self> {
        let page = page_size();
        if !page.is_aligned(start) || !page.is_aligned(byte_length) {
            return Err(Error::new(
                ErrorKind::Unaligned,
                format!(
                    "the range {start:#x} + {byte_length} bytes is not made of whole pages of {} bytes",
                    page.bytes()
                ),
            ));
        }
        if start.checked_add(byte_length).is_none() {
            return Err(Error::new(ErrorKind::OutOfRange, "the range wraps around the address space"));
        }
        Ok(Self { start, byte_length, mapped: PhantomData })
    }

    /// The address of the first byte.
    #[must_use]
    pub(crate) const fn start(self) -> usize {
        self.start
    }

    /// Length in bytes, a whole number of pages.
    #[must_use]
    pub(crate) const fn byte_length(self) -> usize {
        self.byte_length
    }

    /// Length in pages.
    #[must_use]
    pub(crate) fn page_count(self) -> usize {
        page_size().index(self.byte_length)
    }

    /// A part of the range.
    ///
    /// # Errors
    /// `OutOfRange` when the run ends after the range.
    pub(crate) fn part(self, run: PageRun) -> Result<Pages<'a>> {
        if run.start > run.end || run.end > self.page_count() {
            return Err(Error::new(
                ErrorKind::OutOfRange,
                format!("pages {}..{} of a range of {} pages", run.start, run.end, self.page_count()),
            ));
        }
        let page = page_size().bytes();
        Ok(Pages { start: self.start + run.start * page, byte_length: run.page_count() * page, mapped: PhantomData })
    }

    /// The first byte, for volatile copies and system calls.
    pub(crate) fn as_ptr(self) -> *const u8 {
        std::ptr::with_exposed_provenance(self.start)
    }
}

impl<'a> PagesMut<'a> {
    /// Takes the caller's word that the range is mapped.
    ///
    /// # Errors
    /// `Unaligned` when either end is not a page boundary, `OutOfRange` when the range wraps around.
    ///
    /// # Safety
    /// For the whole of `'a`: `start .. start + byte_length` is mapped, readable and writable; no other thread
    /// touches it, apart from pages of a file that were mapped there; no Rust reference points into it; and its owner
    /// accepts that the pages behind the addresses are replaced.
    pub(crate) unsafe fn assume_mapped(start: usize, byte_length: usize) -> Result<Self> {
        // SAFETY: the caller promises that the range is mapped, and more.
        let pages = unsafe { Pages::assume_mapped(start, byte_length) }?;
        Ok(Self { pages })
    }

    /// The same range, shared.
    #[must_use]
    pub(crate) const fn as_pages(&self) -> Pages<'_> {
        self.pages
    }

    /// A part of the range, borrowed from this one so that the two are never used at once.
    ///
    /// # Errors
    /// `OutOfRange` when the run ends after the range.
    pub(crate) fn part_mut(&mut self, run: PageRun) -> Result<PagesMut<'_>> {
        Ok(PagesMut { pages: self.pages.part(run)? })
    }

    /// The first byte, for volatile copies and system calls.
    pub(crate) fn as_mut_ptr(&mut self) -> *mut u8 {
        std::ptr::with_exposed_provenance_mut(self.pages.start)
    }
}
