//! Comparing a memory with its baseline after a reset, for those who want proof.

use super::limits::Verify;
use crate::error::{Error, ErrorKind, Result};
use crate::image::Image;
use crate::page_set::PageRun;
use crate::region::Window;

/// Pages that `Verify::Sample` looks at after each reset: about 10 us.
const PAGES_PER_SAMPLE: usize = 64;

/// Where the next sample begins.
#[derive(Debug, Default)]
pub(super) struct Check {
    next: usize,
}

impl Check {
    /// Fails with the first byte that is not the baseline's.
    pub(super) fn run(&mut self, verify: Verify, window: &Window<'_>, image: &Image) -> Result<()> {
        let pages = window.page_count();
        match verify {
            Verify::Never => Ok(()),
            Verify::Always => compare(window, image, PageRun { start: 0, end: pages }),
            Verify::Sample => {
                let start = if self.next < pages { self.next } else { 0 };
                self.next = (start + PAGES_PER_SAMPLE).min(pages);
                compare(window, image, PageRun { start, end: self.next })
            }
        }
    }
}

fn compare(window: &Window<'_>, image: &Image, run: PageRun) -> Result<()> {
    let Some(byte_offset) = image.first_difference(window, run) else { return Ok(()) };
    let message = format!(
        "after the reset the memory differs from its baseline at byte {byte_offset}: something writes to it in a way that \
         no tracker sees (another thread, a long-term pin of io_uring or RDMA, a foreign mapping); the next reset \
         restores everything"
    );
    Err(Error::new(ErrorKind::Verify, message).at(byte_offset))
}
