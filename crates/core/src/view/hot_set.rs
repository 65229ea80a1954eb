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

use std::time::Duration;

use super::demand::{Demand, Differing};
use super::experience::Experience;
use super::watch_rule::{Estimate, Verdict};
use crate::page_set::PageSet;
use crate::sys::{Moment, Prices};
use crate::tracker::TrackerKind;

/// Of putting a page back, before anything was measured: of a memory that stays in the caches with its image, and of others.
const CACHED_COPY_NS: usize = 120;
const COPY_NS: usize = 250;
/// A memory of 8 MiB and its image stay in the last cache of most machines.
const CACHED_PAGES_MAX: usize = 2048;
/// Measured on several machines, in caches and out of them.
const COPY_NS_MIN: usize = 40;
const COPY_NS_MAX: usize = 1_500;
/// Fewer pages are not worth a look at the clock, nor more than one reset of so many.
const TIMED_PAGES_MIN: usize = 16;
const RESETS_PER_TIMING: usize = 8;
/// The first of them that is timed: what is put back right after everything was watched is in no cache, and would make watching
/// again and again look cheap.
const RESETS_UNTIL_TIMED: usize = 3;

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
    /// Of putting a page back; `None` before that was measured.
    copy_ns: Option<usize>,
    /// Of having everything watched again; `None` before that was measured.
    arm_ns: Option<usize>,
    /// Resets since everything was watched, and those of them that [`HotSet::take_untold_resets`] has counted.
    resets: usize,
    told: usize,
    /// Nanoseconds of needless copies since then.
    wasted_ns: usize,
    /// Until there are so many, the rule is not asked again.
    asked_ns: usize,
    demand: Demand,
    experience: Experience,
    /// Pages that the last reset found and the one before did not.
    found: usize,
}

impl HotSet {
    /// Of a memory with this tracker, where the kernel takes so much.
    pub(super) fn new(tracker: TrackerKind, prices: Prices) -> Self {
        // Of having a page watched again, its next write included.
        let watch_ns = match tracker {
            TrackerKind::UffdWp => prices.watched_write,
            // The page is released, and its next write makes a new private copy.
            TrackerKind::CowPrivate | TrackerKind::PagemapRead => prices.dropped_write,
            // It looks by itself.
            TrackerKind::Compare => 0,
        };
        Self {
            pages: PageSet::new(),
            watch_ns,
            copy_ns: None,
            arm_ns: None,
            resets: 0,
            told: 0,
            wasted_ns: 0,
            asked_ns: 0,
            demand: Demand::default(),
            experience: Experience::default(),
            found: 0,
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

    /// Nanoseconds of putting back a page of a memory of `page_count` pages.
    fn copy_ns(&self, page_count: usize) -> usize {
        self.copy_ns.unwrap_or(if page_count <= CACHED_PAGES_MAX { CACHED_COPY_NS } else { COPY_NS })
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

    /// What [`HotSet::restored`] is to be told.
    pub(super) fn question(&self) -> Differing {
        self.demand.question()
    }

    /// When the copying began, if this reset is to be timed.
    pub(super) fn begin_copy(&self, changed: &PageSet) -> Option<Moment> {
        let timed = self.resets % RESETS_PER_TIMING == RESETS_UNTIL_TIMED && changed.page_count() >= TIMED_PAGES_MIN;
        timed.then(Moment::now)
    }

    /// How long it took to put so many pages back.
    pub(super) fn copied(&mut self, pages: usize, took: Duration) {
        let measured = nanoseconds(took) / pages.max(1);
        let least = self.copy_ns.map_or(measured, |least| least_of_late(least, measured));
        self.copy_ns = Some(least.clamp(COPY_NS_MIN, COPY_NS_MAX));
    }

    /// How long it took to have everything watched again, in a memory of `page_count` pages.
    pub(super) fn armed(&mut self, page_count: usize, took: Duration) {
        self.arm_ns = Some(least_of_late(self.arm_ns(page_count), nanoseconds(took)).max(ARM_NS_MIN));
    }

    /// Takes in what a reset of a memory of `page_count` pages has just restored: which of those pages had changed. `true`
    /// when all of it should be watched again now; the caller then does so and calls [`HotSet::watched`].
    pub(super) fn restored(&mut self, pages: &mut PageSet, differing: Differing, page_count: usize) -> bool {
        std::mem::swap(&mut self.pages, pages);
        self.resets += 1;
        let hot = self.pages.page_count();
        self.found = hot.saturating_sub(pages.page_count());
        let needed = self.demand.take(hot, differing);
        if needed == hot {
            return false;
        }
        let copy_ns = self.copy_ns(page_count);
        self.wasted_ns += (hot - needed) * copy_ns;
        let estimate = Estimate {
            hot,
            needed: self.demand.needed().min(hot),
            pages: page_count,
            growth: self.demand.growth(),
            turnover: self.demand.turnover(),
            arrivals: self.demand.arrivals(),
            copy_ns,
            watch_ns: self.watch_ns,
            call_ns: self.arm_ns(page_count),
        };
        let price = estimate.price();
        // After half of it all costs together are the same as after all of it, and resets, which somebody may wait for, take less.
        if self.wasted_ns < (price / 2).max(self.asked_ns) {
            return false;
        }
        // What has to be found out anew grows slowly, and asking costs as much as copying a few pages.
        self.asked_ns = self.wasted_ns + self.wasted_ns / 8;
        let watch = match estimate.verdict() {
            Verdict::No => false,
            Verdict::Perhaps => {
                let patient = self.wasted_ns < price * self.experience.patience();
                !patient && !self.experience.advises_against(estimate.needed)
            }
            Verdict::Clear => true,
        };
        if watch {
            self.experience.end_epoch(estimate.needed);
        }
        watch
    }

    /// How long the last reset took, with all that belongs to it.
    pub(super) fn took(&mut self, took: Duration) {
        let mean_faults_ns = self.demand.growth() * self.watch_ns / 1000;
        self.experience.took(nanoseconds(took), self.found * self.watch_ns, mean_faults_ns);
    }

    /// Everything is watched again.
    pub(super) fn watched(&mut self) {
        self.pages.clear();
        self.demand.forget();
        self.experience.begin_epoch();
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
#[path = "hot_set_tests.rs"]
mod tests;
