//! Comparing: needs nothing of the kernel and reads the whole window each time.

use std::sync::Arc;

use super::Tracker;
use crate::error::Result;
use crate::image::Image;
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;

/// Reports the pages that differ; a page rewritten with its old contents does not. About 0.2 us a page.
#[derive(Debug)]
pub(super) struct Compare {
    image: Arc<Image>,
}

impl Compare {
    pub(super) fn new(image: &Arc<Image>) -> Self {
        Self { image: Arc::clone(image) }
    }
}

impl Tracker for Compare {
    fn start(&mut self, _window: &mut Window<'_>) -> Result<()> {
        Ok(())
    }

    fn collect(&mut self, window: &Window<'_>, changed: &mut PageSet) -> Result<()> {
        (0..self.image.page_count())
            .filter(|page| !self.image.matches(window, *page))
            .for_each(|page| changed.push(PageRun { start: page, end: page + 1 }));
        Ok(())
    }

    fn forget(&mut self, _window: &mut Window<'_>, _restored: &PageSet) -> Result<()> {
        Ok(())
    }

    fn stop(&mut self, _window: &Window<'_>) -> Result<()> {
        Ok(())
    }
}
