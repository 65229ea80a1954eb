//! Bringing a memory from the version that it shows to a later one, at the cost of what differs.

use std::sync::Arc;

use super::baseline::Baseline;
use super::report::Reason;
use crate::error::Result;
use crate::page_set::PageSet;
use crate::region::Window;
use crate::snapshot::Version;
use crate::sys;

/// Where more than one page of so many comes from elsewhere, the whole image is mapped anew: a few mappings instead of one
/// for each run, and layers that nothing but this memory needs any more are given back.
const PAGES_PER_REPLACED: usize = 2;

impl Baseline {
    /// After dirty pages were collected: maps the pages that `target` has elsewhere, and the baseline where other memory was
    /// put, and leaves in `changed` what is to be copied. The pages that were mapped; `None` when everything must be.
    ///
    /// Fails only before anything has changed. When a mapping cannot be replaced halfway, tracking is lost.
    pub(super) fn forward(&mut self, window: &mut Window<'_>, target: &Arc<Version>) -> Result<Option<PageSet>> {
        let image = target.image();
        let replaced = self.version.image().differing(image).union(&self.apart).below(window.page_count());
        if replaced.page_count() * PAGES_PER_REPLACED > window.page_count() {
            let why = "most pages of the new version lie elsewhere than those of the one before";
            self.lost = Some((Reason::NewVersion, why.to_owned()));
            return Ok(None);
        }
        if !replaced.is_empty() {
            sys::ensure_mappings_left(replaced.runs().len())?;
        }
        let mapped = replaced.runs().iter().try_for_each(|run| image.map_part(window, *run));
        if let Err(error) = mapped.and_then(|()| self.tracker.advance(window, image, &replaced)) {
            self.lose(error);
            return Ok(None);
        }
        self.version = Arc::clone(target);
        self.source = image.hot_source();
        self.apart.clear();
        self.changed = self.changed.difference(&replaced);
        self.private = self.private.difference(&replaced);
        Ok(Some(replaced))
    }

    /// After all pages were put back: has those that were mapped anew watched; how many.
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
