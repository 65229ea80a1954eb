//! Private copies: a page of a copy-on-write mapping that no longer shows the file was written.

use std::sync::Arc;

use super::ground::Ground;
use super::{Tracker, avoid_huge_pages};
use crate::error::Result;
use crate::image::Image;
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::sys::{self, ScanBuffer};

/// Reports pages written since they were last released. Costs about 30 ns a resident page, and 1 us for each of the
/// mappings that the window is divided into.
#[derive(Debug, Default)]
pub(super) struct CowPrivate {
    buffer: ScanBuffer,
    releasable: usize,
    ground: Ground,
}

impl Tracker for CowPrivate {
    fn start(&mut self, window: &mut Window<'_>, releasable: usize) -> Result<()> {
        sys::avoid_huge_pages(window.pages());
        self.releasable = releasable;
        self.ground.record(window)
    }

    fn collect(&mut self, window: &Window<'_>, changed: &mut PageSet) -> Result<()> {
        self.ground.check(window)?;
        sys::private_pages(window.pages(), &mut self.buffer, changed)
    }

    fn take(&mut self, _window: &Window<'_>, _changed: &mut PageSet) -> Result<bool> {
        Ok(false)
    }

    fn forget(&mut self, window: &mut Window<'_>, restored: &PageSet) -> Result<()> {
        window.release_roughly(&restored.below(self.releasable))
    }

    fn keeps_pages(&self) -> bool {
        false
    }

    fn remapped(&mut self, window: &mut Window<'_>, run: PageRun) -> Result<()> {
        sys::avoid_huge_pages(window.pages().part(run)?);
        self.ground.record_part(window, run)
    }

    fn advance(&mut self, window: &mut Window<'_>, _image: &Arc<Image>, pages: &PageSet) -> Result<()> {
        avoid_huge_pages(window, pages)?;
        self.ground.record_parts(window, pages)
    }

    fn stop(&mut self, _window: &Window<'_>) -> Result<()> {
        Ok(())
    }
}
