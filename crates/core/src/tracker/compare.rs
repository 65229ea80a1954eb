//! Comparing: needs nothing of the kernel and reads the whole window each time.

use std::sync::Arc;

use super::Tracker;
use super::ground::Ground;
use crate::error::Result;
use crate::image::Image;
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::sys;

/// Reports the pages that differ; a page rewritten with its old contents does not. About 0.2 us a page.
#[derive(Debug)]
pub(super) struct Compare {
    image: Arc<Image>,
    /// What was mapped at the start, if the kernel tells.
    ground: Option<Ground>,
}

impl Compare {
    pub(super) fn new(image: &Arc<Image>) -> Self {
        Self { image: Arc::clone(image), ground: None }
    }

    /// Reading an untouched page makes the kernel map zeros there, so where it can tell which pages of the tail are in use
    /// only those are read. What somebody else has mapped there is read in any case.
    fn collect_tail(&mut self, window: &Window<'_>, changed: &mut PageSet) -> Result<()> {
        let tail = PageRun { start: self.image.page_count(), end: window.page_count() };
        if tail.start >= tail.end {
            return Ok(());
        }
        let is_ours = self.ground.as_mut().is_some_and(|ground| ground.check(window).is_ok());
        let used = if is_ours { window.private_pages(tail).ok() } else { None };
        used.unwrap_or_else(|| PageSet::all(tail.page_count()))
            .pages()
            .map(|page| tail.start + page)
            .filter(|page| !self.image.matches(window, *page))
            .for_each(|page| changed.push(PageRun { start: page, end: page + 1 }));
        Ok(())
    }
}

impl Tracker for Compare {
    fn start(&mut self, window: &mut Window<'_>, _releasable: usize) -> Result<()> {
        let mut ground = Ground::default();
        self.ground = ground.record(window).is_ok().then_some(ground);
        Ok(())
    }

    fn collect(&mut self, window: &Window<'_>, changed: &mut PageSet) -> Result<()> {
        sys::require_mapped(window.pages())?;
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

    fn keeps_pages(&self) -> bool {
        true
    }

    fn remapped(&mut self, window: &mut Window<'_>, run: PageRun) -> Result<()> {
        if self.ground.as_mut().is_some_and(|ground| ground.record_part(window, run).is_err()) {
            self.ground = None;
        }
        Ok(())
    }

    fn advance(&mut self, window: &mut Window<'_>, image: &Arc<Image>, pages: &PageSet) -> Result<()> {
        self.image = Arc::clone(image);
        if self.ground.as_mut().is_some_and(|ground| ground.record_parts(window, pages).is_err()) {
            self.ground = None;
        }
        Ok(())
    }

    fn stop(&mut self, _window: &Window<'_>) -> Result<()> {
        Ok(())
    }
}
