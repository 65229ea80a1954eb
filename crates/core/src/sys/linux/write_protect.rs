//! Asynchronous write-protection: userfaultfd registers, `PAGEMAP_SCAN` arms and harvests.
//!
//! Arming and harvesting must use matching masks: a run is armed and harvested with the same [`Watched`]. (Arming only
//! present pages and then harvesting as if everything had been armed would report every hole as written.)

use super::{ScanBuffer, pagemap, userfault};
use crate::error::Result;
use crate::page_set::{PageRun, PageSet};
use crate::sys::Pages;

pub(crate) use pagemap::Watched;

/// Makes writes to `pages` recordable. Every page counts as written until it is armed. Registering twice does no harm.
pub(crate) fn register(pages: Pages<'_>) -> Result<()> {
    userfault::register(pages)
}

/// Ends it.
pub(crate) fn unregister(pages: Pages<'_>) -> Result<()> {
    userfault::unregister(pages)
}

/// From here on a page of `run` counts as written when it is written again. About 27 ns a page that was written,
/// 1 ns one that was not; 8 us more per 2 MiB with such a page while another thread runs.
pub(crate) fn arm(watched: Watched, pages: Pages<'_>, run: PageRun, buffer: &mut ScanBuffer) -> Result<()> {
    pagemap::arm_pages(watched, pages, run, buffer)
}

/// Appends the pages of `run` written since they were armed. About 1 ns a clean page, 9 ns a written one.
pub(crate) fn written(
    watched: Watched,
    pages: Pages<'_>,
    run: PageRun,
    buffer: &mut ScanBuffer,
    found: &mut PageSet,
) -> Result<()> {
    pagemap::written_pages(watched, pages, run, buffer, found)
}

/// [`written`] and [`arm`] in one step, atomic for each page: a concurrent write is reported now or the next time.
pub(crate) fn take_written(
    watched: Watched,
    pages: Pages<'_>,
    run: PageRun,
    buffer: &mut ScanBuffer,
    found: &mut PageSet,
) -> Result<()> {
    pagemap::take_written_pages(watched, pages, run, buffer, found)
}

#[cfg(test)]
#[path = "write_protect_tests.rs"]
mod tests;
