//! A window that knows its baseline: joins a tracker, which finds what changed, and a snapshot, which undoes it.
//!
//! ```text
//!  window   |######## pages of the baseline ########|......... tail .........|
//!           ^ copy-on-write mapping of the image     ^ grown since: baseline is zero
//! ```
//!
//! Invariant: a page of the window that can differ from the baseline is reported by the tracker, or lies in the tail,
//! or tracking is marked lost, which means all of them.

mod hot_set;
mod report;
mod tail;

use std::sync::Arc;
use std::time::Instant;

use crate::error::{Error, ErrorKind, Result};
use crate::image::Image;
use crate::page_set::{PageRun, PageSet};
use crate::region::{Claim, Owner, Window};
use crate::snapshot::Snapshot;
use crate::sys;
use crate::tracker::{self, Rejection, Selection, Tracker, TrackerChoice, TrackerKind};

use hot_set::HotSet;
use tail::Tail;

pub use report::{Dirty, Reason, ResetReport, Strategy};

/// Tracks one memory. Every operation is handed the window anew, because the memory's owner may have moved or grown
/// it since; the view holds no address that it would follow.
#[derive(Debug)]
pub struct View {
    choice: TrackerChoice,
    disabled: Vec<TrackerKind>,
    selection: Selection,
    /// Where the memory was at the last operation, and the right to track it there.
    place: Place,
    baseline: Option<Baseline>,
}

#[derive(Debug)]
struct Place {
    owner: Owner,
    start: usize,
    claim_byte_length: usize,
    claim: Claim,
}

#[derive(Debug)]
struct Baseline {
    snapshot: Arc<Snapshot>,
    tracker: Box<dyn Tracker>,
    /// Why every page counts as changed, while that is so.
    lost: Option<(Reason, String)>,
    hot: HotSet,
    tail: Tail,
    /// The last answer of the tracker; kept for its allocation.
    changed: PageSet,
}

impl View {
    /// A view of a memory that has no baseline yet. `claim_byte_length` is how far the memory can grow in place. A view
    /// that tracked any of it before stays correct but loses track: its next reset restores everything, and takes
    /// tracking away from this one.
    ///
    /// # Errors
    /// `Unsupported` when no tracker that `choice` allows works here.
    pub fn new(
        window: &Window<'_>,
        claim_byte_length: usize,
        choice: TrackerChoice,
        disabled: &[TrackerKind],
    ) -> Result<Self> {
        let selection = tracker::select(choice, disabled, sys::capabilities()?)?;
        let place = Place::claim(window, claim_byte_length);
        Ok(Self { choice, disabled: disabled.to_vec(), selection, place, baseline: None })
    }

    /// The tracker in use.
    #[must_use]
    pub const fn tracker(&self) -> TrackerKind {
        self.selection.kind
    }

    /// Better trackers that cannot be used, and why.
    #[must_use]
    pub fn rejected(&self) -> &[Rejection] {
        &self.selection.rejected
    }

    /// The state that `reset` goes back to.
    #[must_use]
    pub fn baseline(&self) -> Option<&Arc<Snapshot>> {
        self.baseline.as_ref().map(|baseline| &baseline.snapshot)
    }

    /// Captures the window and makes that the baseline. Copies everything once, about 0.3 ms a MiB.
    ///
    /// # Errors
    /// `OutOfMemory` when there is no room for the image; contents and baseline are then as before.
    pub fn snapshot(&mut self, window: &mut Window<'_>) -> Result<Arc<Snapshot>> {
        self.follow(window);
        let maybe_used = self.maybe_used(window)?;
        let snapshot = Arc::new(Snapshot::new(Image::capture(window, maybe_used.as_ref())?));
        self.install(window, Arc::clone(&snapshot))?;
        Ok(snapshot)
    }

    /// Gives the window the contents of a snapshot, which becomes the baseline. What lies past its end is zero.
    ///
    /// # Errors
    /// `SnapshotTooLarge` when the window is shorter, `OutOfMemory` when there are no mappings left; contents and
    /// baseline are then as before.
    pub fn restore(&mut self, window: &mut Window<'_>, snapshot: &Arc<Snapshot>) -> Result<ResetReport> {
        let began = Instant::now();
        self.follow(window);
        self.remap(window, Arc::clone(snapshot), began, Reason::NewBaseline, None)
    }

    /// Puts the window back to its baseline, at the cost of the pages that changed. The caller sees to it that
    /// nothing runs on the memory meanwhile.
    ///
    /// # Errors
    /// `NoBaseline` before the first snapshot.
    pub fn reset(&mut self, window: &mut Window<'_>) -> Result<ResetReport> {
        let began = Instant::now();
        self.follow(window);
        let baseline = self.baseline.as_mut().ok_or_else(no_baseline)?;
        baseline.collect(window)?;
        if let Some((reason, detail)) = baseline.lost.take() {
            let snapshot = Arc::clone(&baseline.snapshot);
            return self.remap(window, snapshot, began, reason, Some(detail));
        }
        let pages_dirty = baseline.changed.page_count();
        let image = baseline.snapshot.image();
        baseline.hot.sample(&baseline.changed, |page| !image.matches(window, page));
        image.copy_back(window, &baseline.changed)?;
        let pages_released = baseline.tail.clear(window, image.page_count())?;
        baseline.settle(window)?;
        Ok(ResetReport {
            strategy: Strategy::CopyBack,
            reason: Reason::Tracked,
            detail: None,
            pages_scanned: window.page_count(),
            pages_dirty: pages_dirty + pages_released,
            pages_restored: pages_dirty,
            pages_released,
            duration: began.elapsed(),
        })
    }

    /// The pages that differ from the baseline; in the tail, those that are not zero. Changes nothing. Pages that the
    /// tracker reports are compared, 0.1 to 0.2 us each: a hot page is not watched, and a page may have been written with
    /// what it held before.
    ///
    /// # Errors
    /// `NoBaseline` before the first snapshot.
    pub fn dirty(&mut self, window: &mut Window<'_>) -> Result<Dirty> {
        self.follow(window);
        let baseline = self.baseline.as_mut().ok_or_else(no_baseline)?;
        baseline.collect(window)?;
        if let Some((_, detail)) = &baseline.lost {
            return Ok(Dirty { pages: PageSet::all(window.page_count()), lost: Some(detail.clone()) });
        }
        let image = baseline.snapshot.image();
        baseline.tail.collect(window, image.page_count(), &mut baseline.changed)?;
        let differs = |page: &usize| match *page < image.page_count() {
            true => !image.matches(window, *page),
            false => !window.is_zero(PageRun { start: *page, end: page + 1 }),
        };
        let differing = baseline.changed.pages().filter(differs);
        let pages = differing.map(|page| PageRun { start: page, end: page + 1 }).collect();
        Ok(Dirty { pages, lost: None })
    }

    /// Ends tracking while the memory is still there. Contents stay as they are. Dropping a view instead touches no
    /// memory, which may be gone by then; it leaves the kernel recording writes for nobody.
    pub fn release(mut self, window: &mut Window<'_>) {
        if let Some(baseline) = self.baseline.take()
            && (window.owner(), window.start()) == (self.place.owner, self.place.start)
            && !self.place.claim.is_lost()
            && let Ok(head) = window.head(baseline.snapshot.image().page_count())
        {
            // Whatever the kernel answers, there is nothing left to undo.
            let _ = baseline.tracker_stopped(&head);
        }
    }

    /// The pages that can hold anything but zeros, when that is known: those of the baseline, and those that have changed.
    /// Reading the others would make the kernel allocate them.
    fn maybe_used(&mut self, window: &mut Window<'_>) -> Result<Option<PageSet>> {
        let Some(baseline) = &mut self.baseline else { return Ok(None) };
        baseline.collect(window)?;
        if baseline.lost.is_some() {
            return Ok(None);
        }
        let image = baseline.snapshot.image();
        let mut used = baseline.changed.union(image.stored());
        baseline.tail.collect(window, image.page_count(), &mut used)?;
        Ok(Some(used))
    }

    /// Notices that the engine has moved the memory, or that another view has tracked it: what this one's tracker knows
    /// is worth nothing then.
    fn follow(&mut self, window: &Window<'_>) {
        let (reason, detail) = if window.start() != self.place.start || window.owner() != self.place.owner {
            (Reason::Moved, "the memory is at other addresses than before")
        } else if self.place.claim.is_lost() {
            (Reason::TrackingLost, "another view has tracked this memory meanwhile")
        } else {
            return;
        };
        self.place = Place::claim(window, self.place.claim_byte_length);
        if let Some(baseline) = &mut self.baseline {
            baseline.lost = Some((reason, detail.to_owned()));
        }
    }

    fn remap(
        &mut self,
        window: &mut Window<'_>,
        snapshot: Arc<Snapshot>,
        began: Instant,
        reason: Reason,
        detail: Option<String>,
    ) -> Result<ResetReport> {
        let pages_restored = snapshot.image().page_count();
        let pages_released = window.page_count().saturating_sub(pages_restored);
        if let Err(error) = self.install(window, snapshot) {
            if let (Some(baseline), Some(detail)) = (&mut self.baseline, detail) {
                baseline.lost = Some((reason, detail));
            }
            return Err(error);
        }
        Ok(ResetReport {
            strategy: Strategy::Remap,
            reason,
            detail,
            pages_scanned: 0,
            pages_dirty: window.page_count(),
            pages_restored,
            pages_released,
            duration: began.elapsed(),
        })
    }

    /// Maps the snapshot's image over the window, zeroes the tail, starts tracking. Fails only before anything has
    /// changed: a tracker that does not start makes every page count as changed instead.
    fn install(&mut self, window: &mut Window<'_>, snapshot: Arc<Snapshot>) -> Result<()> {
        let image = snapshot.image();
        image.map_over(window)?;
        // An earlier, longer image may still show in the tail, where releasing pages would bring it back.
        let tail = Tail::install(window, image.page_count())?;
        let (tracker, lost) = self.start_tracking(window, image);
        self.baseline =
            Some(Baseline { snapshot, tracker, lost, hot: HotSet::default(), tail, changed: PageSet::new() });
        Ok(())
    }

    /// Starts the chosen tracker, or with `auto` the next one that starts.
    fn start_tracking(
        &mut self,
        window: &mut Window<'_>,
        image: &Arc<Image>,
    ) -> (Box<dyn Tracker>, Option<(Reason, String)>) {
        loop {
            let mut tracker = self.selection.kind.tracker(image);
            let started = window.head(image.page_count()).and_then(|mut head| tracker.start(&mut head));
            let Err(error) = started else { return (tracker, None) };
            match self.next_best(&error) {
                Some(selection) => self.selection = selection,
                None => return (tracker, Some((Reason::TrackingLost, error.to_string()))),
            }
        }
    }

    fn next_best(&self, refused: &Error) -> Option<Selection> {
        if self.choice != TrackerChoice::Auto {
            return None;
        }
        let failed = self.selection.kind;
        let passed_over: Vec<TrackerKind> =
            self.selection.rejected.iter().map(|rejection| rejection.kind).chain([failed]).collect();
        let disabled = [self.disabled.as_slice(), &passed_over].concat();
        let kind = tracker::select(TrackerChoice::Auto, &disabled, sys::capabilities().ok()?).ok()?.kind;
        let mut rejected = self.selection.rejected.clone();
        rejected.push(Rejection { kind: failed, reason: refused.to_string() });
        Some(Selection { kind, rejected })
    }
}

impl Place {
    fn claim(window: &Window<'_>, claim_byte_length: usize) -> Self {
        let claim_byte_length = claim_byte_length.max(window.pages().byte_length());
        let claim = Claim::take(window.start(), claim_byte_length);
        Self { owner: window.owner(), start: window.start(), claim_byte_length, claim }
    }
}

impl Baseline {
    /// Asks the tracker; a failure to answer is remembered as lost.
    fn collect(&mut self, window: &mut Window<'_>) -> Result<()> {
        self.changed.clear();
        if self.lost.is_none() {
            let head = window.head(self.snapshot.image().page_count())?;
            if let Err(error) = self.tracker.collect(&head, &mut self.changed) {
                self.lost = Some((Reason::TrackingLost, error.to_string()));
            }
        }
        Ok(())
    }

    /// After `changed` was copied back: remembers it as hot, or has everything watched again.
    fn settle(&mut self, window: &mut Window<'_>) -> Result<()> {
        if self.hot.restored(&mut self.changed) {
            let mut head = window.head(self.snapshot.image().page_count())?;
            match self.tracker.forget(&mut head, self.hot.pages()) {
                Ok(()) => self.hot.watched(),
                Err(error) => self.lost = Some((Reason::TrackingLost, error.to_string())),
            }
        }
        Ok(())
    }

    fn tracker_stopped(mut self, head: &Window<'_>) -> Result<()> {
        self.tracker.stop(head)
    }
}

fn no_baseline() -> Error {
    Error::new(ErrorKind::NoBaseline, "the view has no baseline yet; call snapshot() or restore() first")
}
