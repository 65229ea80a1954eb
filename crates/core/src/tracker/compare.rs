//! Comparing: needs nothing of the kernel and reads the whole window each time.

use std::sync::Arc;

use super::Tracker;
use crate::error::Result;
use crate::image::Image;
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::sys::{self, ScanBuffer};

/// Reports the pages that differ; a page rewritten with its old contents does not. About 0.2 us a page.
#[derive(Debug)]
pub(super) struct Compare {
    image: Arc<Image>,
    buffer: ScanBuffer,
    used: PageSet,
}

impl Compare {
    pub(super) fn new(image: &Arc<Image>) -> Self {
        Self { image: Arc::clone(image), buffer: ScanBuffer::default(), used: PageSet::new() }
    }

    /// Reading an untouched page makes the kernel map zeros there, so where it can tell which pages of the tail are in use
    /// only those are read.
    fn collect_tail(&mut self, window: &Window<'_>, changed: &mut PageSet) -> Result<()> {
        let tail = PageRun { start: self.image.page_count(), end: window.page_count() };
        if tail.start >= tail.end {
            return Ok(());
        }
        self.used.clear();
        if sys::private_pages(window.pages().part(tail)?, &mut self.buffer, &mut self.used).is_err() {
            self.used = PageSet::all(tail.page_count());
        }
        self.used
            .pages()
            .map(|page| tail.start + page)
            .filter(|page| !self.image.matches(window, *page))
            .for_each(|page| changed.push(PageRun { start: page, end: page + 1 }));
        Ok(())
    }
}

impl Tracker for Compare {
    fn start(&mut self, _window: &mut Window<'_>, _releasable: usize) -> Result<()> {
        Ok(())
    }

    fn collect(&mut self, window: &Window<'_>, changed: &mut PageSet) -> Result<()> {
        (0..self.image.page_count())
            .filter(|page| !self.image.matches(window, *page))
            .for_each(|page| changed.push(PageRun { start: page, end: page + 1 }));
        self.collect_tail(window, changed)
    }

    fn take(&mut self, _window: &Window<'_>, _changed: &mut PageSet) -> Result<bool> {
        Ok(false)
    }

    fn forget(&mut self, _window: &mut Window<'_>, _restored: &PageSet) -> Result<()> {
        Ok(())
    }

    fn remapped(&mut self, _window: &mut Window<'_>, _run: PageRun) -> Result<()> {
        Ok(())
    }

    fn stop(&mut self, _window: &Window<'_>) -> Result<()> {
        Ok(())
    }
}
