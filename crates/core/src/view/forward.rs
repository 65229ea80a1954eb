//! Bringing a memory from the version that it shows to a later one, at the cost of what differs.

use std::sync::Arc;

use super::baseline::Baseline;
use super::limits::Limits;
use super::report::Reason;
use crate::error::Result;
use crate::image::Image;
use crate::page_set::PageSet;
use crate::region::Window;
use crate::snapshot::Version;
use crate::sys;

/// Where more than one page of so many comes from elsewhere, the whole image is mapped anew: a few mappings instead of one
/// for each run, and layers that nothing but this memory needs any more are given back.
const PAGES_PER_REPLACED: usize = 2;
/// A run of no more pages than this is copied: 1 us a page, and mapping it takes 10 us and two of the process's mappings.
const COPIED_RUN_MAX: usize = 8;
/// One page of so many may have been copied over an earlier version. Beyond that the image is mapped anew, and they are
/// shared again.
const PAGES_PER_STRAY: usize = 16;
/// So many in any case, 256 KiB.
const STRAYS_MIN: usize = 64;

impl Baseline {
    /// After dirty pages were collected: gives the pages that `target` has elsewhere the contents that they have there, and
    /// those of the baseline where other memory was put. Leaves in `changed` what is to be copied besides. The pages that were
    /// replaced; `None` when everything must be.
    ///
    /// Fails only before anything has changed. When a mapping cannot be replaced halfway, tracking is lost.
    #[cold]
    pub(super) fn forward(
        &mut self,
        window: &mut Window<'_>,
        limits: &Limits,
        target: &Arc<Version>,
    ) -> Result<Option<PageSet>> {
        let image = target.image();
        let replaced = self.version.image().differing(image).union(&self.apart).below(window.page_count());
        let (copied, mapped) = self.divided(&replaced, limits);
        let stray = self.stray.union(&copied).difference(&mapped);
        if replaced.page_count() * PAGES_PER_REPLACED > window.page_count()
            || stray.page_count() > STRAYS_MIN.max(window.page_count() / PAGES_PER_STRAY)
        {
            let why = "most pages of the new version lie elsewhere than those of the one before";
            self.lost = Some((Reason::NewVersion, why.to_owned()));
            return Ok(None);
        }
        if !mapped.is_empty() {
            sys::ensure_mappings_left(mapped.runs().len())?;
        }
        let done = map_runs(window, image, &mapped)
            .and_then(|()| self.tracker.advance(window, image, &mapped))
            .and_then(|()| image.copy_back(window, &copied));
        if let Err(error) = done {
            self.lose(error);
            return Ok(None);
        }
        self.version = Arc::clone(target);
        self.source = image.hot_source();
        self.apart.clear();
        self.stray = stray;
        self.changed = self.changed.difference(&replaced);
        self.private = self.private.difference(&mapped);
        Ok(Some(replaced))
    }

    /// Which of the pages that are to be replaced are copied, and which are mapped. Copies are private and must not be
    /// dropped: so there are none with a budget, nor for trackers that drop what was put back.
    fn divided(&self, replaced: &PageSet, limits: &Limits) -> (PageSet, PageSet) {
        if limits.resident_pages != usize::MAX || !self.tracker.keeps_pages() {
            return (PageSet::new(), replaced.clone());
        }
        let short = replaced.runs().iter().copied().filter(|run| run.page_count() <= COPIED_RUN_MAX);
        let copied = short.collect::<PageSet>().difference(&self.apart);
        let mapped = replaced.difference(&copied);
        (copied, mapped)
    }

    /// Maps the baseline where copies of it stray, so that they can be dropped. Contents stay as they are, those of `differing`,
    /// the pages that have others, as well: these are kept in mind, because all between two strays are watched again.
    ///
    /// Fails only before anything has changed, or with tracking lost.
    pub(super) fn map_strays(&mut self, window: &mut Window<'_>, differing: &PageSet) -> Result<()> {
        let strays = self.stray.difference(differing);
        if strays.is_empty() {
            return Ok(());
        }
        sys::ensure_mappings_left(strays.runs().len())?;
        let image = Arc::clone(self.version.image());
        let done = map_runs(window, &image, &strays)
            .and_then(|()| self.tracker.advance(window, &image, &strays))
            .and_then(|()| self.tracker.forget(window, &strays));
        if let Err(error) = done {
            self.lose(&error);
            return Err(error);
        }
        self.stray = self.stray.difference(&strays);
        self.pending = self.pending.union(differing);
        self.untold = self.untold.union(differing);
        Ok(())
    }

    /// After all pages were put back: has those that were replaced watched; how many.
    pub(super) fn watch_replaced(&mut self, window: &mut Window<'_>, replaced: PageSet) -> usize {
        let count = replaced.page_count();
        // The tracker may have to watch others anew as well, which it does when it is told of any.
        let watched = if replaced.is_empty() { PageSet::all(1) } else { replaced };
        if self.lost.is_none()
            && let Err(error) = self.tracker.forget(window, &watched)
        {
            self.lose(error);
        }
        count
    }
}

fn map_runs(window: &mut Window<'_>, image: &Image, pages: &PageSet) -> Result<()> {
    pages.runs().iter().try_for_each(|run| image.map_part(window, *run))
}
