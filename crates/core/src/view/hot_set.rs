//! The hot set: pages that were written and put back, but are not watched again yet.
//!
//! A guest writes mostly the same pages in every cycle. Watching a page again costs a fault at its next write, about
//! 0.7 us; copying it back unseen costs 0.25 us. So pages that were just written stay unwatched and are simply
//! restored every time, and now and then everything is watched again to find out what is still in use.
//!
//! ```text
//!            first write                    reset
//!  watched ───────────────▶ written ─────────────────▶ hot (equal to the image, unwatched)
//!     ▲                                                 │  restored by every reset
//!     └──────── when the needless copies have ──────────┘
//!               cost what watching again costs
//! ```
//!
//! That moment is the rule of ski rental (Karlin et al., "Competitive snoopy caching", 1988): go on renting until the
//! rent paid equals the price, then buy. Whatever the guest does, the cost stays below twice that of the best choice in
//! hindsight. With a stable working set nothing is needless, and nothing is ever watched again.
//!
//! How many copies were needless is estimated: before they are copied, a few pages are compared with the image, others in
//! each reset, and count for all.

use crate::page_set::PageSet;

/// What watching a page again costs, in needless copies of a page: its next fault and its share of arming, 0.7 us,
/// against 0.25 us.
const COPIES_PER_WATCHED_PAGE: usize = 3;
/// What one call to watch everything costs, in needless copies of a page: about 10 us.
const COPIES_PER_CALL: usize = 40;
/// One page in so many is compared, but no more than a few of a large set.
const PAGES_PER_SAMPLE: usize = 32;
const SAMPLES_MAX: usize = 8;
/// A prime, so that successive samples visit every position whatever the step (Knuth's multiplicative constant).
const PHASE_STEP: usize = 2_654_435_761;

/// The set, and when to watch its pages again.
#[derive(Debug, Default)]
pub(super) struct HotSet {
    pages: PageSet,
    /// Resets since everything was watched.
    resets: usize,
    /// Copies since then of pages that the guest had written, and of pages that it had not: both estimated.
    needed: usize,
    needless: usize,
    /// Which pages the next sample takes.
    phase: usize,
}

impl HotSet {
    /// Pages that equal the image though a tracker reports them.
    pub(super) const fn pages(&self) -> &PageSet {
        &self.pages
    }

    /// Before `changed` is copied back: estimates how many of its pages really differ.
    ///
    /// Every `step`-th run is looked at, one page of it, which counts for all pages of so many runs.
    pub(super) fn sample(&mut self, changed: &PageSet, differs: impl Fn(usize) -> bool) {
        let runs = changed.runs();
        let looked_at = changed.page_count().min(SAMPLES_MAX * PAGES_PER_SAMPLE);
        let step = (runs.len() * PAGES_PER_SAMPLE).checked_div(looked_at).unwrap_or(1).max(1);
        self.phase = self.phase.wrapping_add(PHASE_STEP);
        let mut next = self.phase % step;
        while let Some(run) = runs.get(next) {
            let page = run.start + self.phase % run.page_count();
            let count = if differs(page) { &mut self.needed } else { &mut self.needless };
            *count += step * run.page_count();
            next += step;
        }
    }

    /// Takes in what a reset has just restored. `true` when all of it should be watched again now; the caller then
    /// does so and calls [`HotSet::watched`].
    pub(super) fn restored(&mut self, pages: &mut PageSet) -> bool {
        std::mem::swap(&mut self.pages, pages);
        self.resets += 1;
        self.needless > self.needed / self.resets * COPIES_PER_WATCHED_PAGE + COPIES_PER_CALL
    }

    /// Everything is watched again.
    pub(super) fn watched(&mut self) {
        *self = Self { pages: std::mem::take(&mut self.pages), phase: self.phase, ..Self::default() };
        self.pages.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page_set::PageRun;

    /// Resets until everything is watched again, when each restores `restored` pages, every other one of the memory, of
    /// which the first `written` differ.
    fn resets_until_watched(restored: usize, written: usize) -> Option<usize> {
        let mut hot = HotSet::default();
        (1..=2000).find(|_| {
            let mut pages: PageSet = (0..restored).map(|page| PageRun { start: page * 2, end: page * 2 + 1 }).collect();
            hot.sample(&pages, |page| page < written * 2);
            let watch = hot.restored(&mut pages);
            assert_eq!(hot.pages().page_count(), restored);
            watch
        })
    }

    #[test]
    fn a_stable_working_set_is_left_alone() {
        for size in [0, 1, 10, 1000, 5000] {
            assert_eq!(resets_until_watched(size, size), None, "{size} pages");
        }
    }

    #[test]
    fn needless_copies_are_made_up_to_the_price_of_watching() {
        for (restored, written) in [(1, 0), (20, 10), (101, 100), (200, 100), (1000, 900), (5000, 4000), (5000, 100)] {
            let price = written * COPIES_PER_WATCHED_PAGE + COPIES_PER_CALL;
            let fair = price.div_ceil(restored - written);
            let resets = resets_until_watched(restored, written).expect("it is watched again at some time");
            let estimated = resets.abs_diff(fair) <= fair / 2 + 2 * PAGES_PER_SAMPLE;
            assert!(estimated, "{written} of {restored} pages: after {resets} resets instead of {fair}");
        }
    }

    #[test]
    fn a_long_run_counts_for_its_pages() {
        let mut hot = HotSet::default();
        let pages = PageSet::all(1000);
        for _ in 0..8 {
            hot.sample(&pages, |page| page < 500);
        }
        assert_eq!(hot.needed + hot.needless, 8000);
        assert!(hot.needed > 2000 && hot.needless > 2000, "{} needed, {} needless", hot.needed, hot.needless);
    }

    #[test]
    fn watching_begins_anew() {
        let mut hot = HotSet::default();
        hot.sample(&PageSet::all(1000), |_| false);
        assert!(hot.restored(&mut PageSet::all(1000)));
        hot.watched();
        assert!(hot.pages().is_empty());
        assert!(!hot.restored(&mut PageSet::all(1000)), "what was needless before is forgotten");
    }
}
