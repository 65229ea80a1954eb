//! Asynchronous write-protection: userfaultfd registers, `PAGEMAP_SCAN` arms and harvests.
//!
//! Arming and harvesting must use matching masks: everything is armed, holes too, and the fast masks harvest. (Arming
//! only present pages and then harvesting with the fast masks would report every hole as written.)

use super::{ScanBuffer, pagemap, userfault};
use crate::error::Result;
use crate::page_set::PageSet;
use crate::sys::Pages;

/// Makes writes to `pages` recordable. Every page counts as written until it is armed.
pub(crate) fn register(pages: Pages<'_>) -> Result<()> {
    userfault::register(pages)
}

/// Ends it.
pub(crate) fn unregister(pages: Pages<'_>) -> Result<()> {
    userfault::unregister(pages)
}

/// From here on a page of `pages` counts as written when it is written again. About 27 ns a page that was written,
/// 1 ns one that was not; 8 us more per 2 MiB with such a page while another thread runs.
pub(crate) fn arm(pages: Pages<'_>) -> Result<()> {
    pagemap::arm_pages(pages)
}

/// Appends the pages written since they were armed. About 1 ns a clean page, 9 ns a written one.
pub(crate) fn written(pages: Pages<'_>, buffer: &mut ScanBuffer, found: &mut PageSet) -> Result<()> {
    pagemap::written_pages(pages, buffer, found)
}
