//! Copies in and out of a window. No reference into it ever leaves this file.
#![expect(unsafe_code, reason = "raw copies and compares, each inside a checked range")]

use std::marker::PhantomData;
use std::ops::Range;

use super::Window;
use crate::error::{Error, ErrorKind, Result};
use crate::page_set::PageRun;
use crate::sys;
use crate::sys::processor::{self, PIECE, Width, Work};

impl Window<'_> {
    /// Copies bytes out of the window.
    ///
    /// # Errors
    /// `OutOfRange` when the range ends after the pages of the window.
    pub fn read(&self, byte_offset: usize, into: &mut [u8]) -> Result<()> {
        self.check(byte_offset, into.len())?;
        let source = self.pages().as_ptr().wrapping_add(byte_offset);
        // SAFETY: `check` has placed the source inside the window, which is mapped and exclusively ours; `into` is
        // a Rust allocation, so the two cannot overlap.
        unsafe { std::ptr::copy_nonoverlapping(source, into.as_mut_ptr(), into.len()) };
        Ok(())
    }

    /// Copies bytes into the window.
    ///
    /// # Errors
    /// `OutOfRange` when the range ends after the pages of the window.
    pub fn write(&mut self, byte_offset: usize, bytes: &[u8]) -> Result<()> {
        self.check(byte_offset, bytes.len())?;
        let target = self.pages_mut().as_mut_ptr().wrapping_add(byte_offset);
        // SAFETY: as in `read`, in the other direction.
        unsafe { copy(bytes.as_ptr(), target, bytes.len()) };
        Ok(())
    }

    /// Makes the pages from `first_page` on hold `bytes`, whole pages, and calls `seen` with the index of each and whether it
    /// held anything else before. Takes as long as copying; pages that hold them already are only read.
    ///
    /// # Errors
    /// `OutOfRange` when the window lacks a page. Nothing has changed then.
    pub(crate) fn mend(&mut self, first_page: usize, bytes: &[u8], seen: &mut impl FnMut(usize, bool)) -> Result<()> {
        let page = sys::page_size().bytes();
        self.check(first_page.saturating_mul(page), bytes.len())?;
        let target = self.pages_mut().as_mut_ptr().wrapping_add(first_page * page);
        processor::widest(Mending { target, bytes, first_page, page, seen, window: PhantomData });
        Ok(())
    }

    /// Fills a range with zeros. A range that ends after the window is cut off there.
    pub fn zero_bytes(&mut self, range: Range<usize>) {
        let end = range.end.min(self.pages().byte_length());
        if range.start < end {
            let target = self.pages_mut().as_mut_ptr().wrapping_add(range.start);
            // SAFETY: `end` lies inside the window, which is mapped, writable and exclusively ours.
            unsafe { target.write_bytes(0, end - range.start) };
        }
    }

    /// Whether the pages of `run` hold exactly `bytes`. Pages that the window or `bytes` lacks do not.
    #[must_use]
    pub fn holds(&self, run: PageRun, bytes: &[u8]) -> bool {
        self.with_pages(run, |pages| pages == bytes)
    }

    /// The first byte of the window, if any, at which the pages of `run` differ from `bytes`, or from zeros without them.
    #[must_use]
    pub(crate) fn first_difference(&self, run: PageRun, bytes: Option<&[u8]>) -> Option<usize> {
        let mut found = None;
        self.with_pages(run, |pages| {
            found = match bytes {
                Some(bytes) => pages.iter().zip(bytes).position(|(seen, wanted)| seen != wanted),
                None => pages.iter().position(|seen| *seen != 0),
            };
            found.is_none()
        });
        found.map(|at| run.start * sys::page_size().bytes() + at)
    }

    /// Whether the pages of `run` are all zero. Pages that the window lacks are not.
    #[must_use]
    pub fn is_zero(&self, run: PageRun) -> bool {
        self.with_pages(run, is_zero)
    }

    fn with_pages(&self, run: PageRun, look: impl FnOnce(&[u8]) -> bool) -> bool {
        let page = sys::page_size().bytes();
        let byte_length = run.page_count() * page;
        if self.check(run.start * page, byte_length).is_err() {
            return false;
        }
        let start = self.pages().as_ptr().wrapping_add(run.start * page);
        // SAFETY: `check` has placed the run inside the window. While `self` is borrowed nobody writes to it, and the
        // slice does not outlive the call of `look`. Where pages of a file are mapped another process may write; such pages
        // count as changed whatever is seen, and `look` does nothing but compare.
        look(unsafe { std::slice::from_raw_parts(start, byte_length) })
    }

    fn check(&self, byte_offset: usize, byte_length: usize) -> Result<()> {
        match byte_offset.checked_add(byte_length) {
            Some(end) if end <= self.pages().byte_length() => Ok(()),
            _ => Err(Error::new(
                ErrorKind::OutOfRange,
                format!(
                    "{byte_length} bytes at offset {byte_offset} of a window of {} bytes",
                    self.pages().byte_length()
                ),
            )),
        }
    }
}

/// Pages are made to hold bytes. `target` is where the first of them lies, in a window that is borrowed meanwhile and has
/// them all.
struct Mending<'a, 'w, F> {
    target: *mut u8,
    bytes: &'a [u8],
    first_page: usize,
    page: usize,
    seen: &'a mut F,
    window: PhantomData<&'w mut u8>,
}

impl<F: FnMut(usize, bool)> Work for Mending<'_, '_, F> {
    type Output = ();

    #[inline(always)]
    fn run(self, width: Width) {
        for (index, bytes) in self.bytes.chunks_exact(self.page).enumerate() {
            let target = self.target.wrapping_add(index * self.page).cast::<[u8; PIECE]>();
            let mut differs = false;
            for (piece, bytes) in bytes.as_chunks().0.iter().enumerate() {
                // SAFETY: the window has all of the pages, and is borrowed mutably: they are mapped, and nobody else writes
                // to them.
                differs |= unsafe { width.mend(target.wrapping_add(piece), bytes) };
            }
            (self.seen)(self.first_page + index, differs);
        }
    }
}

/// Whether every byte is 0. Written so that the compiler uses wide loads.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    bytes.chunks(64).all(|chunk| chunk.iter().fold(0, |seen, byte| seen | byte) == 0)
}

/// From one page up to so many bytes, one instruction copies best.
const STRING_COPY: Range<usize> = 4096..1 << 20;

/// Copies like `copy_nonoverlapping`, pages with `rep movsb` where the processor has it in microcode (ERMS): that fetches
/// no line of the target which it overwrites as a whole. Scattered pages that no cache holds then cost 300 ns instead of
/// 430 from huge pages, 540 instead of 575 from small ones; warm pages cost the same either way.
///
/// # Safety
/// As for `copy_nonoverlapping`.
#[inline]
unsafe fn copy(source: *const u8, target: *mut u8, byte_length: usize) {
    #[cfg(target_arch = "x86_64")]
    if STRING_COPY.contains(&byte_length) && std::arch::is_x86_feature_detected!("ermsb") {
        // SAFETY: the caller vouches for both ranges. The System V and Microsoft calling conventions keep the direction
        // flag clear, so the instruction ascends; it changes only the three registers named and the target's memory.
        unsafe {
            std::arch::asm!(
                "rep movsb",
                inout("rcx") byte_length => _,
                inout("rsi") source => _,
                inout("rdi") target => _,
                options(nostack, preserves_flags)
            );
        };
        return;
    }
    // SAFETY: passed on from the caller.
    unsafe { std::ptr::copy_nonoverlapping(source, target, byte_length) };
}
