//! Giving private pages back to the system.

use super::Window;
use crate::error::Result;
use crate::page_set::PageSet;
use crate::sys;

impl Window<'_> {
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

/// More runs than this are worth dropping clean pages in between, which fault back in 16 at a time, without copying.
const CALLS_MAX: usize = 16;
