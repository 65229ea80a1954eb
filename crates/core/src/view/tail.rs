//! The tail: pages past the end of the baseline, where the memory has grown. Its baseline is zero.
//!
//! The tail is anonymous memory, either fresh from the engine or mapped by us, so that releasing it zeroes it. When the
//! system had no mapping left for that, an earlier image may still lie behind it: then it is zeroed by writing.

use crate::error::Result;
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::sys::{self, ScanBuffer};

/// Looks after the tail of one view.
#[derive(Debug)]
pub(super) struct Tail {
    anonymous: bool,
    buffer: ScanBuffer,
    used: PageSet,
}

impl Tail {
    /// Makes every page from `first` on zero, whatever was mapped there.
    pub(super) fn install(window: &mut Window<'_>, first: usize) -> Result<Self> {
        let mut tail = Self { anonymous: false, buffer: ScanBuffer::default(), used: PageSet::new() };
        tail.replace(window, first)?;
        Ok(tail)
    }

    /// Appends the pages from `first` on that are not zero, or may not be.
    pub(super) fn collect(&mut self, window: &Window<'_>, first: usize, changed: &mut PageSet) -> Result<()> {
        for run in self.used(window, first)?.runs() {
            changed.push(PageRun { start: first + run.start, end: first + run.end });
        }
        Ok(())
    }

    /// Makes every page from `first` on zero again; how many were released.
    pub(super) fn clear(&mut self, window: &mut Window<'_>, first: usize) -> Result<usize> {
        if !self.anonymous {
            return self.replace(window, first);
        }
        let used = self.used(window, first)?.page_count();
        if used > 0 {
            let end = window.page_count();
            sys::discard(&mut window.pages_mut().part_mut(PageRun { start: first, end })?)?;
        }
        Ok(used)
    }

    /// The used pages, counted from `first`. Exact where the kernel can be asked, else by reading.
    fn used(&mut self, window: &Window<'_>, first: usize) -> Result<&PageSet> {
        self.used.clear();
        let tail = PageRun { start: first, end: window.page_count() };
        if tail.start < tail.end {
            let pages = window.pages().part(tail)?;
            if !self.anonymous || sys::private_pages(pages, &mut self.buffer, &mut self.used).is_err() {
                self.used.clear();
                (tail.start..tail.end)
                    .filter(|page| !window.is_zero(PageRun { start: *page, end: page + 1 }))
                    .for_each(|page| self.used.push(PageRun { start: page - first, end: page + 1 - first }));
            }
        }
        Ok(&self.used)
    }

    /// Maps zeros over the tail, or writes them where the system has no mapping left; how many pages that were.
    fn replace(&mut self, window: &mut Window<'_>, first: usize) -> Result<usize> {
        let run = PageRun { start: first.min(window.page_count()), end: window.page_count() };
        self.anonymous = sys::map_zero_over(&mut window.pages_mut().part_mut(run)?).is_ok();
        if !self.anonymous {
            let page = sys::page_size().bytes();
            window.zero_bytes(run.start * page..run.end * page);
        }
        Ok(run.page_count())
    }
}
