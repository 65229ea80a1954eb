//! Asynchronous write-protection: each armed page costs one fault at its first write, and the kernel notes it.

use super::Tracker;
use crate::error::Result;
use crate::page_set::PageSet;
use crate::region::Window;
use crate::sys::{self, ScanBuffer, write_protect};

/// Reports pages written since they were armed; exact. Writes by the kernel (`read(2)` into the memory) count. Writes
/// through long-term pins (`io_uring` fixed buffers, RDMA) do not: no kernel records those.
#[derive(Debug, Default)]
pub(super) struct UffdWp {
    buffer: ScanBuffer,
}

impl Tracker for UffdWp {
    fn start(&mut self, window: &mut Window<'_>) -> Result<()> {
        sys::avoid_huge_pages(window.pages());
        write_protect::register(window.pages())?;
        write_protect::arm(window.pages())
    }

    fn collect(&mut self, window: &Window<'_>, changed: &mut PageSet) -> Result<()> {
        write_protect::written(window.pages(), &mut self.buffer, changed)
    }

    /// One call over the whole span, however many runs: arming run by run costs an inter-processor interrupt each.
    fn forget(&mut self, window: &mut Window<'_>, restored: &PageSet) -> Result<()> {
        match restored.span() {
            Some(span) => write_protect::arm(window.pages().part(span)?),
            None => Ok(()),
        }
    }

    fn stop(&mut self, window: &Window<'_>) -> Result<()> {
        write_protect::unregister(window.pages())
    }
}
