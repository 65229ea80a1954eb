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
//! each reset, and count for all. A page that equals the image may have been written all the same, with what it held
//! before, as by reference counts that go up and down. The first reset after watching shows how common that is: all that
//! is reported then was written.

use crate::page_set::PageSet;

/// What watching a page again costs, in needless copies of a page: its next fault and its share of arming, 0.7 us,
/// against 0.25 us.
const COPIES_PER_WATCHED_PAGE: usize = 3;
/// What one call to watch everything costs, in needless copies of a page: about 10 us.
const COPIES_PER_CALL: usize = 40;
/// One page in so many is compared, but no more than a few of a large set.
const PAGES_PER_SAMPLE: usize = 32;
const SAMPLES_MAX: usize = 8;
/// More in the first reset, which is the measure for all later ones.
const FIRST_SAMPLES_MAX: usize = 64;

/// The set, and when to watch its pages again.
#[derive(Debug, Default)]
pub(super) struct HotSet {
    pages: PageSet,
    /// Resets since everything was watched.
    resets: usize,
    /// What the first of them restored, and what the others did, summed up.
    first: Restored,
    later: Restored,
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

/// Estimated numbers of pages.
#[derive(Debug, Default)]
struct Restored {
    different: usize,
    equal: usize,
}

impl HotSet {
    /// Pages that equal the image though a tracker reports them.
    pub(super) const fn pages(&self) -> &PageSet {
        &self.pages
    }

    /// Before `changed` is copied back: estimates how many of its pages really differ.
    ///
    /// Of every `step` runs one is looked at, one page of it, which counts for all pages of so many runs.
    pub(super) fn sample(&mut self, changed: &PageSet, differs: impl Fn(usize) -> bool) {
        let (pages_per_sample, samples_max, restored) = match self.resets {
            0 => (1, FIRST_SAMPLES_MAX, &mut self.first),
            _ => (PAGES_PER_SAMPLE, SAMPLES_MAX, &mut self.later),
        };
        let runs = changed.runs();
        let stood_for = changed.page_count().min(samples_max * pages_per_sample);
        let step = (runs.len() * pages_per_sample).checked_div(stood_for).unwrap_or(1).max(1);
        for block in (0..runs.len()).step_by(step) {
            if let Some(run) = runs.get(block + self.chance.below(step)) {
                let page = run.start + self.chance.below(run.page_count());
                let count = if differs(page) { &mut restored.different } else { &mut restored.equal };
                *count += step * run.page_count();
            }
        }
    }

    /// Takes in what a reset has just restored. `true` when all of it should be watched again now; the caller then
    /// does so and calls [`HotSet::watched`].
    pub(super) fn restored(&mut self, pages: &mut PageSet) -> bool {
        std::mem::swap(&mut self.pages, pages);
        self.resets += 1;
        let later_resets = self.resets - 1;
        if later_resets == 0 {
            return false;
        }
        // Pages written with what they held before, if they are as common as in the first reset; but a first reset that saw
        // a collection of garbage, which leaves most of what it writes as it was, is no measure.
        let silent = match self.first.different {
            0 => self.first.equal * later_resets,
            different => self.later.different * self.first.equal.min(different) / different,
        };
        let needless = self.later.equal.saturating_sub(silent);
        let written = (self.later.different + silent) / later_resets;
        needless > written * COPIES_PER_WATCHED_PAGE + COPIES_PER_CALL
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

    /// A guest that writes `written` pages in each cycle, of which every `silent`-th holds the same afterwards. Resets
    /// until everything is watched again, when after the first one they restore `restored` pages.
    fn resets_until_watched(written: usize, silent: usize, restored: usize) -> Option<usize> {
        let mut hot = HotSet::default();
        (1..=2000).find(|reset| {
            let mut pages = scattered(if *reset == 1 { written } else { restored });
            hot.sample(&pages, |page| page / 2 < written && (page / 2 + 1) % silent != 0);
            hot.restored(&mut pages)
        })
    }

    const NEVER: usize = usize::MAX;

    #[test]
    fn a_stable_working_set_is_left_alone() {
        for size in [0, 1, 10, 1000, 5000] {
            assert_eq!(resets_until_watched(size, NEVER, size), None, "{size} pages");
        }
    }

    #[test]
    fn pages_written_with_the_same_contents_are_not_needless() {
        assert_eq!(resets_until_watched(300, 1, 300), None, "all of them");
        for silent in [2, 3, 10] {
            let resets = resets_until_watched(1000, silent, 1000).unwrap_or(2000);
            assert!(resets > 8, "one in {silent}: watched after {resets} resets");
        }
    }

    #[test]
    fn needless_copies_are_made_up_to_the_price_of_watching() {
        for (written, restored) in [(10, 20), (100, 101), (100, 200), (900, 1000), (4000, 5000), (100, 5000)] {
            let price = written * COPIES_PER_WATCHED_PAGE + COPIES_PER_CALL;
            let fair = price.div_ceil(restored - written);
            let resets = resets_until_watched(written, NEVER, restored).expect("it is watched again at some time");
            let estimated = resets.abs_diff(fair) <= fair / 2 + 2 * PAGES_PER_SAMPLE;
            assert!(estimated, "{written} of {restored} pages: after {resets} resets instead of {fair}");
        }
    }

    #[test]
    fn a_burst_in_the_first_cycle_is_forgotten() {
        let mut hot = HotSet::default();
        let resets = (1..=2000).find(|reset| {
            let mut pages = scattered(1000);
            hot.sample(&pages, |page| *reset == 1 || page < 20);
            hot.restored(&mut pages)
        });
        assert!(resets.is_some_and(|resets| resets < 10), "{resets:?}");
    }

    #[test]
    fn a_long_run_counts_for_its_pages() {
        let mut hot = HotSet::default();
        let mut pages = PageSet::all(1000);
        for _ in 0..9 {
            hot.sample(&pages, |page| page < 500);
            hot.restored(&mut pages);
            pages = PageSet::all(1000);
        }
        let Restored { different, equal } = hot.later;
        assert_eq!(different + equal, 8000);
        assert!(different > 2000 && equal > 2000, "{different} different, {equal} equal");
    }

    #[test]
    fn watching_begins_anew() {
        let mut hot = HotSet::default();
        for (pages, written) in [(10, true), (1000, false)] {
            hot.sample(&scattered(pages), |_| written);
            hot.restored(&mut scattered(pages));
        }
        assert!(hot.restored(&mut scattered(1000)));
        hot.watched();
        assert!(hot.pages().is_empty());
        assert!(!hot.restored(&mut scattered(1000)), "what was needless before is forgotten");
    }
}
