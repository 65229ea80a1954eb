//! Finding private pages, and giving them back to the system.

use super::Window;
use crate::error::Result;
use crate::page_set::{PageRun, PageSet};
use crate::sys::{self, EntryBuffer, Pages, ScanBuffer};

impl Window<'_> {
    /// The pages of `run`, counted from its beginning, that are private copies: by a scan, or entry by entry on kernels that
    /// have none, where pages of zeros that were only read are among them. About 30 ns a resident page.
    ///
    /// # Errors
    /// `OutOfRange` when the window lacks a page, `System` when pagemap cannot be asked.
    pub(crate) fn private_pages(&self, run: PageRun) -> Result<PageSet> {
        private(self.pages().part(run)?, sys::private_pages)
    }

    /// As [`Window::private_pages`], of the whole window, and without those that were swapped out: what giving pages back
    /// could free now. Kernels without a scan count those as well.
    ///
    /// # Errors
    /// `System` when pagemap cannot be asked.
    pub(crate) fn resident_private_pages(&self) -> Result<PageSet> {
        private(self.pages(), sys::resident_private_pages)
    }

    /// Drops the private copies of exactly these pages: the next read shows what is mapped behind them. One system call
    /// for up to 1,024 runs where the system has one for that, else one a run. About 0.2 us a page.
    ///
    /// # Errors
    /// `OutOfRange` when the window lacks a page, `System` when the kernel refuses; some pages may be dropped then.
    pub(crate) fn release(&mut self, dropped: &PageSet) -> Result<()> {
        if dropped.runs().len() > 1 && sys::capabilities()?.vectored_discard.is_available() {
            return sys::discard_vectored(self.pages_mut(), dropped);
        }
        for run in dropped.runs() {
            sys::discard(&mut self.pages_mut().part_mut(*run)?)?;
        }
        Ok(())
    }

    /// As [`Window::release`] where pages in between may go as well, because they hold what is mapped behind them: few
    /// calls on every system.
    ///
    /// # Errors
    /// As [`Window::release`].
    pub(crate) fn release_roughly(&mut self, dropped: &PageSet) -> Result<()> {
        if dropped.runs().len() <= CALLS_MAX || sys::capabilities()?.vectored_discard.is_available() {
            return self.release(dropped);
        }
        match dropped.span() {
            Some(span) => sys::discard(&mut self.pages_mut().part_mut(span)?),
            None => Ok(()),
        }
    }

    /// As [`Window::release`], but not at the price of many system calls: does nothing then.
    ///
    /// # Errors
    /// As [`Window::release`].
    pub(crate) fn release_if_cheap(&mut self, dropped: &PageSet) -> Result<()> {
        if dropped.runs().len() <= CALLS_MAX || sys::capabilities()?.vectored_discard.is_available() {
            return self.release(dropped);
        }
        Ok(())
    }
}

fn private(
    pages: Pages<'_>,
    scan: impl FnOnce(Pages<'_>, &mut ScanBuffer, &mut PageSet) -> Result<()>,
) -> Result<PageSet> {
    let mut found = PageSet::new();
    if scan(pages, &mut ScanBuffer::default(), &mut found).is_err() {
        found.clear();
        sys::private_entries(pages, &mut EntryBuffer::default(), &mut found, &mut PageSet::new())?;
    }
    Ok(found)
}

/// More runs than this are worth dropping clean pages in between, which fault back in 16 at a time, without copying.
const CALLS_MAX: usize = 16;
