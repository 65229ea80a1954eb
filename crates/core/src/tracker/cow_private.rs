//! Private copies: a page of a copy-on-write mapping that no longer shows the file was written.

use super::Tracker;
use crate::error::Result;
use crate::page_set::PageSet;
use crate::region::Window;
use crate::sys::{self, ScanBuffer};

/// Up to this many runs are released one by one; more are released by one call over all of them, which also unmaps
/// the clean pages in between (they fault back in, 16 at a time, without copying).
const RUNS_RELEASED_SINGLY: usize = 16;

/// Reports pages written since they were last released. Costs about 30 ns a resident page.
#[derive(Debug, Default)]
pub(super) struct CowPrivate {
    buffer: ScanBuffer,
}

impl Tracker for CowPrivate {
    fn start(&mut self, window: &mut Window<'_>) -> Result<()> {
        sys::avoid_huge_pages(window.pages());
        Ok(())
    }

    fn collect(&mut self, window: &Window<'_>, changed: &mut PageSet) -> Result<()> {
        sys::private_pages(window.pages(), &mut self.buffer, changed)
    }

    fn forget(&mut self, window: &mut Window<'_>, restored: &PageSet) -> Result<()> {
        if restored.runs().len() > RUNS_RELEASED_SINGLY {
            return match restored.span() {
                Some(span) => sys::discard(&mut window.pages_mut().part_mut(span)?),
                None => Ok(()),
            };
        }
        for run in restored.runs() {
            sys::discard(&mut window.pages_mut().part_mut(*run)?)?;
        }
        Ok(())
    }

    fn stop(&mut self, _window: &Window<'_>) -> Result<()> {
        Ok(())
    }
}
