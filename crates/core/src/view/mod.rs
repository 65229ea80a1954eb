//! A memory that knows its baseline: joins a tracker, which finds what changed, and a snapshot, which undoes it.

mod baseline;
#[cfg(test)]
mod chance;
mod check;
mod contents;
mod cooling;
mod demand;
mod diff;
mod experience;
mod forward;
mod hot_set;
mod install;
mod limits;
mod place;
mod report;
mod reset;
mod watch_rule;

use std::sync::Arc;

use crate::diff::{Author, Diff, DiffOptions};
use crate::error::{Error, ErrorKind, Result};
use crate::image::Image;
use crate::merge::Applied;
use crate::page_set::PageRun;
use crate::region::{Region, Window};
use crate::rules::MergeRules;
use crate::snapshot::{Snapshot, Version};
use crate::sys::{self, Moment, Residency};
use crate::tracker::{self, Rejection, Selection, TrackerChoice, TrackerKind};

use baseline::Baseline;
use place::{Place, Whereabouts};

pub use limits::{Limits, ResetOptions, Verify};
pub use report::{Dirty, Discarded, Reason, ResetReport, Strategy, Trimmed};

/// Tracks one memory. Every operation is handed the window anew, because the memory's owner may have moved or grown
/// it since; the view holds no address that it would follow.
#[derive(Debug)]
pub struct View {
    choice: TrackerChoice,
    disabled: Vec<TrackerKind>,
    selection: Selection,
    limits: Limits,
    place: Place,
    baseline: Option<Baseline>,
    /// Whether no page of the window can be one of a region, which must not be written to in order to restore the window.
    private: bool,
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
        let limits = Limits::default();
        Ok(Self { choice, disabled: disabled.to_vec(), selection, limits, place, baseline: None, private: false })
    }

    /// Budgets and checks of the resets from now on.
    pub const fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
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
    /// `OutOfMemory` when there is no room for the image, `System` when other native code has unmapped a part of the memory;
    /// contents and baseline are then as before.
    pub fn snapshot(&mut self, window: &mut Window<'_>) -> Result<Arc<Snapshot>> {
        let image = self.capture(window, None)?;
        self.take(window, image, None)
    }

    /// As [`View::snapshot`], of a snapshot that can grow, and with rules for merging into it.
    ///
    /// # Errors
    /// As [`View::snapshot`]; `OverMax` when the memory is longer already than the rules allow.
    pub fn snapshot_with(&mut self, window: &mut Window<'_>, rules: MergeRules) -> Result<Arc<Snapshot>> {
        let image = self.capture(window, None)?;
        self.take(window, image, Some(rules))
    }

    /// As [`View::snapshot`] or, with rules, [`View::snapshot_with`]. The pages that hold what the current version of `like`
    /// has there are not copied, but shared with it: memories of guests that were started in the same way then cost what
    /// they differ in. The snapshot is one of its own, and needs `like` no longer.
    ///
    /// # Errors
    /// As [`View::snapshot_with`].
    pub fn snapshot_like(
        &mut self,
        window: &mut Window<'_>,
        like: &Snapshot,
        rules: Option<MergeRules>,
    ) -> Result<Arc<Snapshot>> {
        let image = self.capture(window, Some(&like.image()))?;
        self.take(window, image, rules)
    }

    fn capture(&mut self, window: &Window<'_>, like: Option<&Image>) -> Result<Image> {
        self.follow(window);
        // Reading a hole would end the process.
        sys::require_mapped(window.pages())?;
        let maybe_used = self.baseline.as_mut().and_then(|baseline| baseline.maybe_used(window));
        match like {
            Some(like) => Image::capture_like(window, maybe_used.as_ref(), like),
            None => Image::capture(window, maybe_used.as_ref()),
        }
    }

    fn take(&mut self, window: &mut Window<'_>, image: Image, rules: Option<MergeRules>) -> Result<Arc<Snapshot>> {
        let snapshot = Arc::new(match rules {
            Some(rules) => Snapshot::with_rules(image, rules)?,
            None => Snapshot::new(image),
        });
        self.install(window, Arc::clone(&snapshot), snapshot.current())?;
        Ok(snapshot)
    }

    /// The version of it that the memory shows where nobody has written. A reset takes the current one.
    #[must_use]
    pub fn version(&self) -> Option<&Arc<Version>> {
        self.baseline.as_ref().map(|baseline| &baseline.version)
    }

    /// Whether the baseline has a later version than the memory shows.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.baseline.as_ref().is_some_and(Baseline::is_stale)
    }

    /// Gives the window the contents of a snapshot, which becomes the baseline. What lies past its end is zero.
    ///
    /// # Errors
    /// `SnapshotTooLarge` when the window is shorter, `OutOfMemory` when there are no mappings left; contents and
    /// baseline are then as before.
    pub fn restore(&mut self, window: &mut Window<'_>, snapshot: &Arc<Snapshot>) -> Result<ResetReport> {
        let began = Moment::now();
        self.follow(window);
        self.remap(window, Arc::clone(snapshot), snapshot.current(), began, Reason::NewBaseline, None)
    }

    /// Puts the window back to its baseline, at the cost of the pages that changed; where that has a later version meanwhile,
    /// to that one, at the cost of the pages that differ besides. The caller sees to it that nothing runs on the memory
    /// meanwhile.
    ///
    /// # Errors
    /// `NoBaseline` before the first snapshot; `SnapshotTooLarge` when the snapshot has grown beyond the window, and
    /// `OutOfMemory` when there are no mappings left: nothing has changed then; `Verify` when that was asked for and the memory is not the baseline
    /// afterwards: the next reset then maps everything anew.
    pub fn reset(&mut self, window: &mut Window<'_>) -> Result<ResetReport> {
        let began = Moment::now();
        self.follow(window);
        let baseline = self.baseline_mut()?;
        let target = baseline.is_stale().then(|| baseline.snapshot.current());
        self.reset_to(window, target, began)
    }

    /// As [`View::reset`], with options.
    ///
    /// # Errors
    /// As [`View::reset`].
    pub fn reset_with(&mut self, window: &mut Window<'_>, options: ResetOptions) -> Result<ResetReport> {
        if !options.keep_ignored {
            return self.reset(window);
        }
        let began = Moment::now();
        self.follow(window);
        let baseline = self.baseline_mut()?;
        let target = baseline.is_stale().then(|| baseline.snapshot.current());
        let shown = Arc::clone(target.as_ref().unwrap_or(&baseline.version));
        let kept = baseline.ignored(window, &shown)?;
        let report = self.reset_to(window, target, began)?;
        kept.iter().try_for_each(|(start, bytes)| window.write(*start, bytes))?;
        Ok(report)
    }

    /// The pages that differ from the baseline; in the tail, those that are not zero. Changes nothing. Pages that the
    /// tracker reports are compared, 0.1 to 0.2 us each: a hot page is not watched, and a page may have been written with
    /// what it held before.
    ///
    /// # Errors
    /// `NoBaseline` before the first snapshot.
    pub fn dirty(&mut self, window: &mut Window<'_>) -> Result<Dirty> {
        self.follow(window);
        Ok(self.baseline_mut()?.dirty(window))
    }

    /// The pages that have changed since the last call of this, or since the last reset. Finding a page and forgetting it
    /// is one step: of a write under way meanwhile (I/O of the host) this answer tells, or the next. A reset still puts
    /// all of them back.
    ///
    /// With a tracker that cannot forget, what was reported before is reported again, and the answer says so.
    ///
    /// # Errors
    /// `NoBaseline` before the first snapshot.
    pub fn take_dirty(&mut self, window: &mut Window<'_>) -> Result<Dirty> {
        self.follow(window);
        Ok(self.baseline_mut()?.take_dirty(window))
    }

    /// Everything that the memory has changed against its baseline, as something to keep, send and merge. Reads the pages that
    /// the tracker reports, and writes nothing: two diffs in a row are equal. Nothing should write meanwhile.
    ///
    /// # Errors
    /// `NoBaseline`; `StaleView` when the snapshot has a later version than the memory shows; `OverMax` and `SizeMismatch` when
    /// the memory is longer than the snapshot can be, or shorter than it is; `PartialElement` when its end cuts a changed
    /// element.
    pub fn diff(&mut self, window: &Window<'_>, author: Author, options: DiffOptions) -> Result<Diff> {
        self.follow(window);
        self.baseline_mut()?.diff(window, author, options)
    }

    /// Merges what somebody else has changed into the memory. What the memory itself has changed since its baseline counts as
    /// an earlier diff.
    ///
    /// # Errors
    /// `NoBaseline`; `StaleBase` when the diff was made against anything but the version that the memory shows, and does not
    /// carry what it needs of it; `SizeMismatch` when the memory is shorter; `MergeConflict` and `ProductUndefined`. Nothing
    /// has changed then.
    pub fn apply(&mut self, window: &mut Window<'_>, diff: &Diff) -> Result<Applied> {
        self.follow(window);
        self.baseline_mut()?.apply(window, diff)
    }

    /// Gives private pages that hold the baseline back to the system, until at most `keep` private pages are left.
    /// Contents stay as they are. For memories that will be idle for a while: about 30 ns a resident page, 0.2 us a
    /// page given back, and 2 us at the next write to it.
    ///
    /// # Errors
    /// `NoBaseline` before the first snapshot, `System` when the kernel refuses.
    pub fn trim(&mut self, window: &mut Window<'_>, keep: usize) -> Result<Trimmed> {
        self.follow(window);
        self.baseline_mut()?.trim(window, keep)
    }

    /// How much memory stands behind the window: pages of its own, pages shared with other memories of the same image.
    /// Touches none; needs no baseline. About 40 ns a resident page: 0.7 ms for 64 MiB.
    ///
    /// # Errors
    /// `System` when the kernel does not tell.
    pub fn residency(&self, window: &Window<'_>) -> Result<Residency> {
        sys::residency(window.pages())
    }

    /// At most so many pages are private copies. Counted since the baseline was mapped, and only with a budget for them
    /// ([`Limits::resident_pages`]); `None` without one.
    #[must_use]
    pub fn private_pages_max(&self) -> Option<usize> {
        let counted = self.limits.resident_pages != usize::MAX;
        self.baseline.as_ref().filter(|_| counted).map(|baseline| baseline.private.page_count())
    }

    /// Makes private copies of the pages that memories with this image are known to write to, so that the next guest
    /// need not fault for them; how many pages. About 1.2 us a page, off the path of a request.
    ///
    /// # Errors
    /// `NoBaseline` before the first snapshot, `OutOfMemory` when there is no room.
    pub fn prefault(&mut self, window: &mut Window<'_>) -> Result<usize> {
        self.follow(window);
        let limits = self.limits;
        self.baseline_mut()?.prefault(window, &limits)
    }

    /// Gives the memory of `run` back to the system. Without a baseline only zeros can be asked for.
    ///
    /// # Errors
    /// `OutOfRange` when the window lacks a page; `NoBaseline`; `OutOfMemory` when there are no mappings left. Contents
    /// are then as before.
    pub fn discard(&mut self, window: &mut Window<'_>, run: PageRun, contents: Discarded) -> Result<()> {
        self.follow(window);
        window.pages().part(run)?;
        match (contents, &mut self.baseline) {
            (Discarded::Baseline, None) => Err(no_baseline()),
            (Discarded::Baseline, Some(baseline)) => baseline.discard(window, run),
            (Discarded::Zero, Some(baseline)) if baseline.is_zero_behind(run) => baseline.discard(window, run),
            (Discarded::Zero, baseline) => {
                sys::ensure_mappings_left(1)?;
                sys::map_zero_over(&mut window.pages_mut().part_mut(run)?)?;
                if let Some(baseline) = baseline {
                    baseline.set_apart(window, run);
                }
                Ok(())
            }
        }
    }

    /// Puts pages of `region`, from `first_page` on, in place of `run`: what is written to them at either place is read at the
    /// other. Pages of a file that was opened copy-on-write show what the file holds, and are private from their first
    /// write on. They stay when the region goes. They count as changed until a reset or restore brings the baseline
    /// back; a snapshot captures what they hold, and puts an image in their place as well.
    ///
    /// # Errors
    /// `Unsupported` when the pages of the region cannot be mapped; `OutOfRange` when the window or the region lacks one, or
    /// the window has only a part of it; `OutOfMemory` when there are no mappings left. Contents are then as before.
    pub fn map(&mut self, window: &mut Window<'_>, run: PageRun, region: &Region, first_page: usize) -> Result<()> {
        self.follow(window);
        region.map_over(window, run, first_page)?;
        self.private = false;
        if let Some(baseline) = &mut self.baseline {
            baseline.set_apart(window, run);
        }
        Ok(())
    }

    /// Ends tracking while the memory is still there. Contents stay as they are. Dropping a view instead touches no
    /// memory, which may be gone by then; it leaves the kernel recording writes for nobody.
    pub fn release(mut self, window: &Window<'_>) {
        if let Some(mut baseline) = self.baseline.take()
            && self.place.whereabouts(window) == Whereabouts::Unchanged
        {
            // Whatever the kernel answers, there is nothing left to undo.
            let _ = baseline.tracker.stop(window);
        }
    }

    fn baseline_mut(&mut self) -> Result<&mut Baseline> {
        self.baseline.as_mut().ok_or_else(no_baseline)
    }

    /// Notices that the engine has moved the memory, or that another view has tracked it: what this one's tracker knows
    /// is worth nothing then.
    fn follow(&mut self, window: &Window<'_>) {
        let lost = match self.place.follow(window) {
            Whereabouts::Unchanged => return,
            Whereabouts::Moved => (Reason::Moved, "the memory is at other addresses than before"),
            Whereabouts::Taken => (Reason::TrackingLost, "another view has tracked this memory meanwhile"),
        };
        if let Some(baseline) = &mut self.baseline {
            baseline.lost = Some((lost.0, lost.1.to_owned()));
        }
    }
}

fn no_baseline() -> Error {
    Error::new(ErrorKind::NoBaseline, "the view has no baseline yet; call snapshot() or restore() first")
}
