//! The hot set: pages that were written and put back, but are not watched again yet.
//!
//! A guest writes mostly the same pages in every cycle. Watching a page again costs a fault at its next write, about
//! 0.7 us; copying it back unseen costs 0.1 to 0.4 us. So pages that were just written stay unwatched and are simply
//! restored every time, and now and then everything is watched again to find out what is still in use.
//!
//! ```text
//!            first write                    reset
//!  watched ───────────────▶ written ─────────────────▶ hot (equal to the image, unwatched)
//!     ▲                                                 │  restored by every reset
//!     └────────── when that pays (watch_rule) ──────────┘
//! ```

use std::time::{Duration, Instant};

use super::samples::Samples;
use super::watch_rule::Estimate;
use crate::page_set::PageSet;
use crate::tracker::TrackerKind;

/// Before anything was measured.
const COPY_NS: usize = 250;
/// Measured on several machines, in caches and out of them.
const COPY_NS_MIN: usize = 40;
const COPY_NS_MAX: usize = 350;
/// A memory of 8 MiB and its image stay in the last cache of most machines.
const CACHED_PAGES_MAX: usize = 2048;
const CACHED_COPY_NS_MAX: usize = 110;
/// Fewer pages are not worth a look at the clock, nor one reset of every few.
const TIMED_PAGES_MIN: usize = 16;
const RESETS_PER_TIMING: usize = 8;

/// What asking the kernel costs, in nanoseconds: a call, a page that was not written, one that was.
const CALL_NS: usize = 900;
const CLEAN_PAGE_TENTHS_OF_NS: usize = 11;
const WRITTEN_PAGE_NS: usize = 9;
/// A call that arms, with the interruption of other threads that it needs, before it was measured.
const ARM_NS: usize = 5_000;
const ARM_NS_MIN: usize = 500;

/// The set, and when to watch its pages again.
#[derive(Debug)]
pub(super) struct HotSet {
    pages: PageSet,
    watch_ns: usize,
    copy_ns: usize,
    /// Of having everything watched again; `None` before that was measured.
    arm_ns: Option<usize>,
    /// Resets since everything was watched, and those of them that [`HotSet::take_untold_resets`] has counted.
    resets: usize,
    told: usize,
    /// Nanoseconds of needless copies since then.
    wasted_ns: usize,
    /// Until there are so many, the rule is not asked again.
    asked_ns: usize,
    samples: Samples,
}

impl HotSet {
    /// Of a memory with this tracker: what having a page watched again costs, in nanoseconds, its next write included.
    pub(super) fn new(tracker: TrackerKind) -> Self {
        let watch_ns = match tracker {
            TrackerKind::UffdWp => 750,
            // The page is released, and its next write makes a new private copy.
            TrackerKind::CowPrivate | TrackerKind::PagemapRead => 2_200,
            // It looks by itself.
            TrackerKind::Compare => 0,
        };
        Self {
            pages: PageSet::new(),
            watch_ns,
            copy_ns: COPY_NS,
            arm_ns: None,
            resets: 0,
            told: 0,
            wasted_ns: 0,
            asked_ns: 0,
            samples: Samples::default(),
        }
    }

    /// Pages that equal the image though a tracker reports them.
    pub(super) const fn pages(&self) -> &PageSet {
        &self.pages
    }

    /// Resets since everything was watched.
    pub(super) const fn resets(&self) -> usize {
        self.resets
    }

    /// Resets since everything was watched or since the last call of this.
    pub(super) const fn take_untold_resets(&mut self) -> usize {
        let untold = self.resets - self.told;
        self.told = self.resets;
        untold
    }

    /// Nanoseconds of copying a page of a memory of `page_count` pages. Copies of a few pages after everything was watched
    /// are timed when no cache has them, and would make watching again and again look cheap: so there is a most.
    fn copy_ns(&self, page_count: usize) -> usize {
        self.copy_ns.min(if page_count <= CACHED_PAGES_MAX { CACHED_COPY_NS_MAX } else { COPY_NS_MAX })
    }

    /// Nanoseconds of having all of `page_count` pages watched.
    fn arm_ns(&self, page_count: usize) -> usize {
        self.arm_ns.unwrap_or(ARM_NS + page_count * CLEAN_PAGE_TENTHS_OF_NS / 10)
    }

    /// Whether copying all pages back costs less than asking which of them were written: nearly all are hot, or there are
    /// only a few.
    pub(super) fn covers(&self, page_count: usize) -> bool {
        let hot = self.pages.page_count();
        let asking = CALL_NS + page_count * CLEAN_PAGE_TENTHS_OF_NS / 10 + hot * WRITTEN_PAGE_NS;
        self.resets > 0 && page_count.saturating_sub(hot) * self.copy_ns(page_count) < asking
    }

    /// Before `changed` is copied back: estimates how many of its pages really differ.
    pub(super) fn sample(&mut self, changed: &PageSet, differs: impl Fn(usize) -> bool) {
        self.samples.look(changed, differs);
    }

    /// When the copying began, if this reset is to be timed.
    pub(super) fn begin_copy(&self, changed: &PageSet) -> Option<Instant> {
        let timed = self.resets % RESETS_PER_TIMING == 1 && changed.page_count() >= TIMED_PAGES_MIN;
        timed.then(Instant::now)
    }

    /// How long it took to copy so many pages.
    pub(super) fn copied(&mut self, pages: usize, took: Duration) {
        let measured = nanoseconds(took) / pages.max(1);
        self.copy_ns = least_of_late(self.copy_ns, measured).clamp(COPY_NS_MIN, COPY_NS_MAX);
    }

    /// How long it took to have everything watched again, in a memory of `page_count` pages.
    pub(super) fn armed(&mut self, page_count: usize, took: Duration) {
        self.arm_ns = Some(least_of_late(self.arm_ns(page_count), nanoseconds(took)).max(ARM_NS_MIN));
    }

    /// Takes in what a reset of a memory of `page_count` pages has just restored. `true` when all of it should be watched
    /// again now; the caller then does so and calls [`HotSet::watched`].
    pub(super) fn restored(&mut self, pages: &mut PageSet, page_count: usize) -> bool {
        std::mem::swap(&mut self.pages, pages);
        self.resets += 1;
        let hot = self.pages.page_count();
        let Some(needed) = self.samples.needed_of(hot) else { return false };
        let copy_ns = self.copy_ns(page_count);
        self.wasted_ns += (hot - needed) * copy_ns;
        let estimate = Estimate {
            hot,
            needed,
            pages: page_count,
            growth: self.samples.growth(),
            turnover: self.samples.turnover(),
            copy_ns,
            watch_ns: self.watch_ns,
            call_ns: self.arm_ns(page_count),
        };
        let price = estimate.price();
        if self.wasted_ns < price.max(self.asked_ns) {
            return false;
        }
        self.asked_ns = self.wasted_ns + price / 4;
        estimate.is_worth_watching()
    }

    /// Everything is watched again.
    pub(super) fn watched(&mut self) {
        self.pages.clear();
        self.samples.forget();
        (self.resets, self.told, self.wasted_ns, self.asked_ns) = (0, 0, 0, 0);
    }
}

fn nanoseconds(duration: Duration) -> usize {
    usize::try_from(duration.as_nanos()).unwrap_or(usize::MAX)
}

/// Disturbances only ever add, so the least counts, and rises slowly: what disturbs copies disturbs faults as well, which
/// are not measured.
fn least_of_late(least: usize, measured: usize) -> usize {
    measured.min(least + least / 16 + 1)
}

#[cfg(test)]
mod tests {
    use super::super::samples::Chance;
    use super::*;
    use crate::page_set::PageRun;

    const ALL: usize = 16_384;

    fn new() -> HotSet {
        HotSet::new(TrackerKind::UffdWp)
    }

    /// Every other page of the memory.
    fn scattered(count: usize) -> PageSet {
        (0..count).map(|page| PageRun { start: page * 2, end: page * 2 + 1 }).collect()
    }

    /// Resets until everything is watched again, when each restores `restored` pages, of which the first `written` differ.
    fn resets_until_watched(restored: usize, written: usize) -> Option<usize> {
        let mut hot = new();
        (1..=2000).find(|_| {
            let mut pages = scattered(restored);
            hot.sample(&pages, |page| page / 2 < written);
            hot.restored(&mut pages, ALL)
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
        for (restored, written) in [(1, 0), (20, 10), (200, 100), (1000, 900), (5000, 4000), (5000, 100)] {
            let price = written * 750 + ARM_NS + ALL * CLEAN_PAGE_TENTHS_OF_NS / 10;
            let fair = price.div_ceil((restored - written) * COPY_NS);
            let resets = resets_until_watched(restored, written).expect("it is watched again at some time");
            assert!(resets <= 4 * fair + 20, "{written} of {restored} pages: after {resets} resets instead of {fair}");
            assert!(resets * 8 >= fair, "{written} of {restored} pages: after {resets} resets instead of {fair}");
        }
    }

    #[test]
    fn what_arming_costs_is_measured() {
        let mut hot = new();
        let before = hot.arm_ns(ALL);
        hot.armed(ALL, Duration::from_micros(2));
        assert_eq!(hot.arm_ns(ALL), 2_000);
        // Once it took long, for whatever reason.
        hot.armed(ALL, Duration::from_millis(50));
        assert!((2_000..2_200).contains(&hot.arm_ns(ALL)), "{}", hot.arm_ns(ALL));
        (0..100).for_each(|_| hot.armed(ALL, Duration::from_micros(30)));
        assert_eq!(hot.arm_ns(ALL), 30_000);
        assert!(before > 2_000);
    }

    #[test]
    fn a_burst_in_the_first_cycle_is_forgotten() {
        for pages_written_at_first in [1000, 8000] {
            let mut hot = new();
            let resets = (1..=2000).find(|reset| {
                let mut pages = scattered(pages_written_at_first);
                hot.sample(&pages, |page| *reset == 1 || page < 20);
                hot.restored(&mut pages, ALL)
            });
            assert!(resets.is_some_and(|resets| resets < 20), "{resets:?}");
        }
    }

    /// A guest that writes to some pages in each cycle, and to others of all its pages by chance.
    struct Restless {
        pages: usize,
        always: usize,
        by_chance: usize,
        chance: Chance,
    }

    impl Restless {
        fn writes(&mut self) -> Vec<bool> {
            let mut written: Vec<bool> = (0..self.pages).map(|page| page < self.always).collect();
            (0..self.by_chance).for_each(|_| written[self.chance.below(self.pages)] = true);
            written
        }

        /// Nanoseconds of 300 cycles when everything is watched again, at a price, whenever `rule` says so.
        fn cost(&mut self, copy_ns: usize, arm_ns: usize, mut rule: impl FnMut(&[bool], &[bool]) -> bool) -> usize {
            let (mut hot, mut cost) = (vec![false; self.pages], 0);
            for _ in 0..300 {
                let written = self.writes();
                let faults = (0..self.pages).filter(|page| written[*page] && !hot[*page]).count();
                hot.iter_mut().zip(&written).for_each(|(hot, written)| *hot |= written);
                cost += faults * 750 + hot.iter().filter(|hot| **hot).count() * copy_ns;
                if rule(&hot, &written) {
                    hot.fill(false);
                    cost += arm_ns;
                }
            }
            cost
        }
    }

    /// Against watching after every reset, after every second one, and so on, and never; with pages that are neighbours,
    /// and with pages that are not.
    #[test]
    fn about_as_cheap_as_the_best_fixed_number_of_resets() {
        let guests = [
            (1000, 0, 250),
            (1000, 100, 10),
            (1000, 400, 0),
            (1000, 200, 200),
            (64, 12, 4),
            (64, 8, 8),
            (1024, 1, 1),
            (1024, 8, 8),
            (1024, 128, 128),
            (2000, 250, 10),
            (2000, 0, 20),
            (2048, 512, 512),
            (2048, 192, 64),
            (8192, 12, 4),
        ];
        let cases =
            guests.into_iter().flat_map(|guest| [(guest, 80, 1), (guest, 80, 2), (guest, 300, 1), (guest, 300, 2)]);
        for ((pages, always, by_chance), copy_ns, apart) in cases {
            let guest = || Restless { pages, always, by_chance, chance: Chance::default() };
            // Only the copies of a larger memory can be dear.
            let page_count = if copy_ns > CACHED_COPY_NS_MAX { ALL } else { pages * apart };
            let arm_ns = new().arm_ns(page_count);
            let fixed = (0..12).map(|power| {
                let mut resets = 0;
                guest().cost(copy_ns, arm_ns, |_, _| {
                    resets += 1;
                    power < 11 && resets % (1_usize << power) == 0
                })
            });
            let best = fixed.min().expect("twelve ways");
            let mut set = new();
            let ours = guest().cost(copy_ns, arm_ns, |hot, written| {
                let run = |page: usize| PageRun { start: page * apart, end: page * apart + 1 };
                let mut changed: PageSet = (0..pages).filter(|page| hot[*page]).map(run).collect();
                set.sample(&changed, |page| written[page / apart]);
                set.copied(1, Duration::from_nanos(copy_ns as u64));
                let watch = set.restored(&mut changed, page_count);
                if watch {
                    set.armed(page_count, Duration::from_nanos(arm_ns as u64));
                    set.watched();
                }
                watch
            });
            assert!(
                ours * 100 <= best * 110,
                "{pages} pages, {always} written always and {by_chance} by chance: {ours} ns instead of {best}"
            );
        }
    }

    #[test]
    fn asking_is_left_out_where_copying_everything_is_cheaper() {
        let covers = |hot_pages: usize, page_count: usize| {
            let mut hot = new();
            hot.restored(&mut scattered(hot_pages), page_count);
            hot.covers(page_count)
        };
        assert!(covers(5, 8) && covers(1000, 1000) && covers(980, 1000) && covers(16_000, 16_384));
        assert!(!covers(2, 64) && !covers(800, 1000) && !covers(100, 16_384) && !covers(12_000, 16_384));
        assert!(!new().covers(1), "nothing is known yet");
    }

    #[test]
    fn watching_begins_anew() {
        let mut hot = new();
        let watch = (0..100).any(|_| {
            hot.sample(&scattered(1000), |_| false);
            hot.restored(&mut scattered(1000), ALL)
        });
        assert!(watch);
        hot.watched();
        assert!(hot.pages().is_empty());
        assert!(!hot.restored(&mut scattered(1000), ALL), "what was needless before is forgotten");
    }
}
