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
//! each reset, and count for all. A page that was written with what it held before counts as needless too: watching such
//! pages and copying them cost about the same (measured with CPython, whose reference counts go up and down and whose
//! garbage collector marks and unmarks), and fewer copies are the better half of that bargain.

use crate::page_set::PageSet;

/// What watching a page again costs, in needless copies of a page: its next fault and its share of arming, 0.7 us,
/// against 0.25 us.
const COPIES_PER_WATCHED_PAGE: usize = 3;
/// What one call to watch everything costs, in needless copies of a page: about 10 us.
const COPIES_PER_CALL: usize = 40;
/// One page in so many is compared, but no more than a few of a large set.
const PAGES_PER_SAMPLE: usize = 32;
const SAMPLES_MAX: usize = 8;

/// The set, and when to watch its pages again.
#[derive(Debug, Default)]
pub(super) struct HotSet {
    pages: PageSet,
    /// Resets since everything was watched.
    resets: usize,
    /// Copies since then of pages that differed from the image, and of pages that did not: both estimated.
    needed: usize,
    needless: usize,
    chance: Chance,
}

/// Knuth's linear congruential generator of MMIX: no pattern of a guest's pages keeps step with it.
#[derive(Debug, Default, Clone, Copy)]
struct Chance(u64);

impl Chance {
    /// A number below `bound`, which is not 0.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }
}

/// What asking the kernel costs, and copying back, in nanoseconds: a call, a page that was not written, one that was;
/// a page that the caches hold, and one that they do not.
const CALL_NS: usize = 900;
const CLEAN_PAGE_TENTHS_OF_NS: usize = 11;
const WRITTEN_PAGE_NS: usize = 9;
const WARM_COPY_NS: usize = 72;
const COLD_COPY_NS: usize = 250;
/// The second-level cache of a small machine.
const WARM_PAGES_MAX: usize = 64;

impl HotSet {
    /// Whether copying all pages back costs less than asking which of them were written: nearly all are hot, or there are
    /// only a few.
    pub(super) fn covers(&self, page_count: usize) -> bool {
        let hot = self.pages.page_count();
        let copy = if page_count <= WARM_PAGES_MAX { WARM_COPY_NS } else { COLD_COPY_NS };
        let asking = CALL_NS + page_count * CLEAN_PAGE_TENTHS_OF_NS / 10 + hot * WRITTEN_PAGE_NS;
        self.resets > 0 && page_count.saturating_sub(hot) * copy < asking
    }

    /// Pages that equal the image though a tracker reports them.
    pub(super) const fn pages(&self) -> &PageSet {
        &self.pages
    }

    /// Before `changed` is copied back: estimates how many of its pages really differ.
    ///
    /// Of every `step` runs one is looked at, one page of it, which counts for all pages of so many runs.
    pub(super) fn sample(&mut self, changed: &PageSet, differs: impl Fn(usize) -> bool) {
        let runs = changed.runs();
        let stood_for = changed.page_count().min(SAMPLES_MAX * PAGES_PER_SAMPLE);
        let step = (runs.len() * PAGES_PER_SAMPLE).checked_div(stood_for).unwrap_or(1).max(1);
        for block in (0..runs.len()).step_by(step) {
            if let Some(run) = runs.get(block + self.chance.below(step)) {
                let page = run.start + self.chance.below(run.page_count());
                let count = if differs(page) { &mut self.needed } else { &mut self.needless };
                *count += step * run.page_count();
            }
        }
    }

    /// Takes in what a reset has just restored. `true` when all of it should be watched again now; the caller then
    /// does so and calls [`HotSet::watched`].
    pub(super) fn restored(&mut self, pages: &mut PageSet) -> bool {
        std::mem::swap(&mut self.pages, pages);
        self.resets += 1;
        self.needless > self.needed / self.resets * COPIES_PER_WATCHED_PAGE + COPIES_PER_CALL
    }

    /// Resets since everything was watched.
    pub(super) const fn resets(&self) -> usize {
        self.resets
    }

    /// Everything is watched again.
    pub(super) fn watched(&mut self) {
        *self = Self { pages: std::mem::take(&mut self.pages), chance: self.chance, ..Self::default() };
        self.pages.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page_set::PageRun;

    /// Every other page of the memory.
    fn scattered(count: usize) -> PageSet {
        (0..count).map(|page| PageRun { start: page * 2, end: page * 2 + 1 }).collect()
    }

    /// Resets until everything is watched again, when each restores `restored` pages, of which the first `written` differ.
    fn resets_until_watched(restored: usize, written: usize) -> Option<usize> {
        let mut hot = HotSet::default();
        (1..=2000).find(|_| {
            let mut pages = scattered(restored);
            hot.sample(&pages, |page| page / 2 < written);
            hot.restored(&mut pages)
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
    fn a_burst_in_the_first_cycle_is_forgotten() {
        for pages_written_at_first in [1000, 8000] {
            let mut hot = HotSet::default();
            let resets = (1..=2000).find(|reset| {
                let mut pages = scattered(pages_written_at_first);
                hot.sample(&pages, |page| *reset == 1 || page < 20);
                hot.restored(&mut pages)
            });
            assert!(resets.is_some_and(|resets| resets < 10), "{resets:?}");
        }
    }

    #[test]
    fn a_long_run_counts_for_its_pages() {
        let mut hot = HotSet::default();
        for _ in 0..8 {
            hot.sample(&PageSet::all(1000), |page| page < 500);
        }
        let HotSet { needed, needless, .. } = hot;
        assert_eq!(needed + needless, 8000);
        assert!(needed > 1000 && needless > 1000, "{needed} needed, {needless} needless");
    }

    #[test]
    fn asking_is_left_out_where_copying_everything_is_cheaper() {
        let covers = |hot_pages: usize, page_count: usize| {
            let mut hot = HotSet::default();
            hot.restored(&mut scattered(hot_pages));
            hot.covers(page_count)
        };
        assert!(covers(1, 8) && covers(1000, 1000) && covers(980, 1000) && covers(16_000, 16_384));
        assert!(!covers(2, 64) && !covers(800, 1000) && !covers(100, 16_384) && !covers(12_000, 16_384));
        assert!(!HotSet::default().covers(1), "nothing is known yet");
    }

    #[test]
    fn watching_begins_anew() {
        let mut hot = HotSet::default();
        hot.sample(&scattered(1000), |_| false);
        assert!(hot.restored(&mut scattered(1000)));
        hot.watched();
        assert!(hot.pages().is_empty());
        assert!(!hot.restored(&mut scattered(1000)), "what was needless before is forgotten");
    }
}
