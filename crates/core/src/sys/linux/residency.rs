//! How much memory stands behind a range: by a scan, or entry by entry where the kernel has no scan.

use nix::sys::sysinfo::sysinfo;

use super::{page_entries, pagemap};
use crate::error::Result;
use crate::sys::{Pages, Residency};

/// Counts the pages of `pages` that take memory, see [`Residency`]. Touches none. About 40 ns a resident page: 0.7 ms for
/// 64 MiB.
///
/// # Errors
/// `System` when pagemap cannot be asked, as in a process that is not dumpable.
pub(crate) fn residency(pages: Pages<'_>) -> Result<Residency> {
    let counted = match pagemap::residency(pages) {
        Ok(counted) => counted,
        Err(_) => page_entries::residency(pages)?,
    };
    // What only marks a page that is watched, or guarded, looks swapped out. Where there is no swap, all of it is that.
    let has_swap = sysinfo().is_ok_and(|system| system.swap_total() > 0);
    Ok(if has_swap { counted } else { Residency { swapped: 0, ..counted } })
}

impl Residency {
    pub(super) const fn add_private(&mut self, pages: usize) {
        self.private += pages;
        self.resident += pages;
    }

    pub(super) const fn add_shared(&mut self, pages: usize) {
        self.shared += pages;
        self.resident += pages;
    }

    pub(super) const fn add_swapped(&mut self, pages: usize) {
        self.swapped += pages;
    }
}
