//! What a view goes back to, and what is known about how far the memory is from it.
//!
//! ```text
//!  window   |######## pages of the image ########|......... tail .........|
//!           ^ copy-on-write mapping of the image ^ grown since: baseline is zero
//!
//!  a page   equal to the baseline, watched                 the tracker would report its first write
//!           hot       equal at the last reset, unwatched   the tracker reports it whether written or not
//!           written   differs perhaps                      the tracker reports it
//!           pending   differs perhaps, watched again       kept here until the next reset
//!           apart     other memory is mapped there         kept here until the next reset
//!           stray     any of the first four, copied from a later version than is mapped there: never dropped
//! ```
//!
//! Invariant: a page that can differ is reported by the tracker, or is pending, or lies apart, or tracking is marked
//! lost, which means all of them.

use std::sync::Arc;
use std::time::Duration;

use super::check::Check;
use super::cooling::Cooling;
use super::demand::Differing;
use super::hot_set::HotSet;
use super::report::{Dirty, Reason};
use crate::error::Result;
use crate::image::HotSource;
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::snapshot::{Snapshot, Version};
use crate::sys::{self, Moment};
use crate::tracker::{Tracker, TrackerKind};

#[derive(Debug)]
pub(super) struct Baseline {
    pub(super) snapshot: Arc<Snapshot>,
    /// What the window shows where nobody has written. Never changes by itself, whatever becomes of the snapshot.
    pub(super) version: Arc<Version>,
    pub(super) tracker: Box<dyn Tracker>,
    /// Why every page counts as changed, while that is so.
    pub(super) lost: Option<(Reason, String)>,
    pub(super) hot: HotSet,
    pub(super) cooling: Cooling,
    pub(super) check: Check,
    pub(super) pending: PageSet,
    /// Changed since dirty pages were last taken, though no tracker reports it any more.
    pub(super) untold: PageSet,
    pub(super) apart: PageSet,
    /// Where the hot pages of the image are copied from, if not from the image itself.
    pub(super) source: Option<Arc<HotSource>>,
    /// With a budget: every page that may be a private copy, apart from those that differ only since the last reset.
    pub(super) private: PageSet,
    /// Below this page, a private page that is dropped shows the baseline again, unless it strays.
    pub(super) releasable: usize,
    /// Private pages over the mapping of an earlier version: dropped, they would show that one.
    pub(super) stray: PageSet,
    /// The last answer of the tracker; kept for its allocation.
    pub(super) changed: PageSet,
    /// When all of the window was last seen to be mapped.
    mapped_at: Option<Moment>,
}

impl Baseline {
    /// Of a window that was just given the contents of a version of the snapshot.
    pub(super) fn new(
        snapshot: Arc<Snapshot>,
        version: Arc<Version>,
        kind: TrackerKind,
        tracker: Box<dyn Tracker>,
        lost: Option<(Reason, String)>,
        releasable: usize,
    ) -> Self {
        Self {
            snapshot,
            version,
            tracker,
            lost,
            hot: HotSet::new(kind, sys::prices()),
            cooling: Cooling::default(),
            check: Check::default(),
            pending: PageSet::new(),
            untold: PageSet::new(),
            apart: PageSet::new(),
            source: None,
            private: PageSet::new(),
            releasable,
            stray: PageSet::new(),
            changed: PageSet::new(),
            mapped_at: None,
        }
    }

    /// Whether the snapshot has a later version than the one that the window shows.
    pub(super) fn is_stale(&self) -> bool {
        self.snapshot.version() != self.version.number()
    }

    #[cold]
    pub(super) fn lose(&mut self, why: impl ToString) {
        self.lost = Some((Reason::TrackingLost, why.to_string()));
    }

    /// Puts every page that can differ into `changed`, apart from those that lie apart. `false`: all of them can, because
    /// tracking is lost; a failure of the tracker to answer is remembered so.
    pub(super) fn collect(&mut self, window: &Window<'_>) -> bool {
        self.changed.clear();
        if self.lost.is_none()
            && let Err(error) = self.ask(window)
        {
            self.lose(error);
        }
        self.add_pending();
        self.lost.is_none()
    }

    fn ask(&mut self, window: &Window<'_>) -> Result<()> {
        sys::require_mapped(window.pages())?;
        self.tracker.collect(window, &mut self.changed)
    }

    /// As [`Baseline::collect`], for a reset at `now` that touches no page but those in `changed`. The tracker has found those,
    /// so they are mapped; that all others are is looked at only now and then. In a hole there are no bytes that could be
    /// taken for the baseline, and whatever is mapped into it later is not registered, which the tracker notices at once.
    pub(super) fn collect_at(&mut self, window: &Window<'_>, now: Moment) -> bool {
        let passed = self.mapped_at.and_then(|seen| now.since(seen));
        let seen = passed.is_some_and(|passed| passed < HOLE_UNSEEN_MAX);
        if seen && self.lost.is_none() && self.pending.is_empty() && self.apart.is_empty() {
            self.changed.clear();
            match self.tracker.collect(window, &mut self.changed) {
                // Pages that are hot are always found, unless they are gone.
                Ok(()) if self.changed.page_count() >= self.hot.pages().page_count() => return true,
                Ok(()) => {}
                Err(error) => self.lose(error),
            }
        }
        let known = self.collect(window);
        self.mapped_at = known.then_some(now);
        known
    }

    fn add_pending(&mut self) {
        if !self.pending.is_empty() {
            self.changed = self.changed.union(&self.pending);
        }
        if !self.apart.is_empty() {
            self.changed = self.changed.difference(&self.apart);
        }
    }

    /// The pages that differ.
    pub(super) fn dirty(&mut self, window: &Window<'_>) -> Dirty {
        if !self.collect(window) {
            return self.all_dirty(window);
        }
        let image = self.version.image();
        let pages = only(&self.changed, |page| !image.matches(window, page)).union(&self.apart);
        Dirty { pages, lost: None }
    }

    /// The pages that have changed since the last call, or since the last reset, and may have been put back meanwhile.
    pub(super) fn take_dirty(&mut self, window: &Window<'_>) -> Dirty {
        self.changed.clear();
        let taken = match self.lost {
            None => sys::require_mapped(window.pages()).and_then(|()| self.tracker.take(window, &mut self.changed)),
            Some(_) => return self.all_dirty(window),
        };
        match taken {
            Ok(true) => {
                // A page that is not pending held the baseline at the last call.
                let image = self.version.image();
                let changed = |page| self.pending.contains(page) || !image.matches(window, page);
                let pages = only(&self.changed.difference(&self.apart), changed).union(&self.apart).union(&self.untold);
                self.pending = self.pending.union(&pages);
                self.untold.clear();
                self.learn();
                self.hot.watched();
                Dirty { pages, lost: None }
            }
            Ok(false) => {
                let Dirty { pages, lost } = self.dirty(window);
                self.pending = self.pending.union(&pages).union(&self.untold);
                self.untold.clear();
                let why = "this tracker cannot forget a write; what was reported before is reported again";
                Dirty { pages: self.pending.clone(), lost: Some(lost.unwrap_or_else(|| why.to_owned())) }
            }
            Err(error) => {
                self.lose(error);
                self.all_dirty(window)
            }
        }
    }

    fn all_dirty(&self, window: &Window<'_>) -> Dirty {
        let lost = self.lost.as_ref().map(|(_, detail)| detail.clone());
        Dirty { pages: PageSet::all(window.page_count()), lost }
    }

    /// The pages that can hold anything but zeros, if that is known. Reading the others would make the kernel allocate
    /// them.
    pub(super) fn maybe_used(&mut self, window: &Window<'_>) -> Option<PageSet> {
        if !self.collect(window) {
            return None;
        }
        Some(self.changed.union(self.version.image().stored()).union(&self.apart))
    }

    /// After `changed` was put back: remembers it as hot, or has everything watched again.
    pub(super) fn settle(&mut self, window: &mut Window<'_>, differing: Differing) {
        let watch = self.hot.restored(&mut self.changed, differing, window.page_count());
        let resets = self.hot.resets();
        if resets == RESETS_UNTIL_LEARNED || resets.is_multiple_of(RESETS_PER_LOOK) {
            self.learn();
        }
        let cold = self.cooling.cold(self.hot.pages());
        if let Some(cold) = &cold {
            // Only to save memory. Dropping a page can make it look written, so all are watched again.
            let _ = window.release_if_cheap(&self.droppable(cold));
        }
        if watch || cold.is_some() {
            let unwatched = cold.map_or_else(|| self.hot.pages().clone(), |cold| cold.union(self.hot.pages()));
            self.watch(window, &unwatched);
        }
    }

    /// Those of `pages` that show the baseline again when their private copies are dropped.
    pub(super) fn droppable(&self, pages: &PageSet) -> PageSet {
        pages.below(self.releasable).difference(&self.stray)
    }

    /// Tells the image what this memory keeps writing to, and takes over what others have told it.
    #[cold]
    fn learn(&mut self) {
        let image = self.version.image();
        let resets = self.hot.take_untold_resets();
        image.learn(self.hot.pages(), resets);
        self.source = image.hot_source();
    }

    /// Puts the baseline back at `changed`, and tells which of those pages had changed.
    pub(super) fn put_back(&self, window: &mut Window<'_>) -> Result<Differing> {
        let mut differing = self.hot.question();
        let see = |page, differs| differing.see(page, differs);
        self.version.image().mend(window, &self.changed, self.source.as_deref(), see)?;
        Ok(differing)
    }

    /// Has `unwatched`, which holds the baseline, watched again, and with it every page that is hot.
    #[cold]
    pub(super) fn watch(&mut self, window: &mut Window<'_>, unwatched: &PageSet) {
        let began = self.tracker.keeps_pages().then(Moment::now);
        match self.tracker.forget(window, unwatched) {
            Ok(()) => {
                if let Some(began) = began {
                    self.hot.armed(window.page_count(), began.elapsed());
                }
                self.learn();
                self.cooling.watched(self.hot.pages());
                self.hot.watched();
            }
            Err(error) => self.lose(error),
        }
    }
}

/// A hole in the window is noticed by the first reset after so long, at the latest: looking for one costs 0.3 us, as much as
/// copying two pages, and this keeps it below a hundredth of the time.
const HOLE_UNSEEN_MAX: Duration = Duration::from_micros(100);

/// A hot set that has lasted for so many resets is worth remembering for other memories of the same image.
const RESETS_UNTIL_LEARNED: usize = 8;
/// How often a memory looks for what others have learned.
const RESETS_PER_LOOK: usize = 64;

/// The pages of `set` for which `wanted` holds.
pub(super) fn only(set: &PageSet, wanted: impl Fn(usize) -> bool) -> PageSet {
    set.pages().filter(|page| wanted(*page)).map(|page| PageRun { start: page, end: page + 1 }).collect()
}
