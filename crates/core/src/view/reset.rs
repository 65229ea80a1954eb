//! Bringing a memory back to its baseline: which way, and what it did.

use std::sync::Arc;

use super::View;
use super::baseline::Baseline;
use super::limits::{Limits, Verify};
use super::report::{Reason, ResetReport, Strategy};
use crate::error::Result;
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::snapshot::Version;
use crate::sys::{self, Moment};

/// What a reset did, in pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Restored {
    pub(super) strategy: Strategy,
    pub(super) reason: Reason,
    pub(super) scanned: usize,
    pub(super) dirty: usize,
    pub(super) restored: usize,
    pub(super) released: usize,
}

impl View {
    /// Puts the window back to the version that it shows, or to `target`, a later one.
    pub(super) fn reset_to(
        &mut self,
        window: &mut Window<'_>,
        target: Option<Arc<Version>>,
        began: Moment,
    ) -> Result<ResetReport> {
        if let Some(target) = &target {
            target.image().ensure_fits(window)?;
        }
        let limits = self.limits;
        let baseline = self.baseline_mut()?;
        let Some(done) = baseline.reset(window, &limits, target.as_ref(), began)? else {
            let (reason, detail) = baseline.lost.take().unwrap_or((Reason::TrackingLost, String::new()));
            let snapshot = Arc::clone(&baseline.snapshot);
            let version = target.unwrap_or_else(|| Arc::clone(&baseline.version));
            return self.remap(window, snapshot, version, began, reason, Some(detail));
        };
        let Restored { strategy, reason, scanned, dirty, restored, released } = done;
        let duration = began.elapsed();
        baseline.hot.took(duration);
        Ok(ResetReport {
            strategy,
            reason,
            detail: None,
            pages_scanned: scanned,
            pages_dirty: dirty,
            pages_restored: restored,
            pages_released: released,
            duration,
        })
    }
}

impl Baseline {
    /// Puts every page back that can differ, from the version that the window shows or from `target`, a later one. `None`:
    /// which ones those are is not known, and all must be mapped anew. It `began` just now.
    pub(super) fn reset(
        &mut self,
        window: &mut Window<'_>,
        limits: &Limits,
        target: Option<&Arc<Version>>,
        began: Moment,
    ) -> Result<Option<Restored>> {
        if !self.apart.is_empty() && target.is_none() {
            self.take_back(window);
        }
        let pages = window.page_count();
        // Copying over a hole would end the process: asking the tracker finds it.
        let covered = self.lost.is_none()
            && target.is_none()
            && self.hot.covers(pages)
            && sys::require_mapped(window.pages()).is_ok();
        let touches_others = target.is_some() || limits.verify != Verify::Never;
        if covered {
            self.changed.clear();
            self.changed.push(PageRun { start: 0, end: pages });
        } else {
            let known = if touches_others { self.collect(window) } else { self.collect_at(window, began) };
            if !known {
                return Ok(None);
            }
        }
        let replaced = match target {
            Some(target) => match self.forward(window, limits, target)? {
                Some(replaced) => Some(replaced),
                None => return Ok(None),
            },
            None => None,
        };
        self.pending.clear();
        self.untold.clear();
        let dirty = self.changed.page_count();
        let (restored, released) = if self.exceeds(limits) { self.release(window, limits)? } else { (dirty, 0) };
        if released == 0 {
            let began = self.hot.begin_copy(&self.changed);
            let differing = self.put_back(window)?;
            if let Some(began) = began {
                self.hot.copied(dirty, began.elapsed());
            }
            self.settle(window, differing);
        }
        let forwarded = replaced.map(|replaced| self.watch_replaced(window, replaced));
        if let Err(error) = self.check.run(limits.verify, window, self.version.image()) {
            self.lose(&error);
            return Err(error);
        }
        let (strategy, reason) = match (released, covered) {
            _ if forwarded.is_some() => (Strategy::Forward, Reason::NewVersion),
            (1.., _) => (Strategy::Release, Reason::BeyondBudget),
            (0, true) => (Strategy::CopyAll, Reason::NearlyAllHot),
            (0, false) => (Strategy::CopyBack, Reason::Tracked),
        };
        let scanned = if covered { 0 } else { pages };
        let replaced = forwarded.unwrap_or(0);
        let (dirty, restored) = (dirty + replaced, restored + replaced);
        Ok(Some(Restored { strategy, reason, scanned, dirty, restored, released }))
    }

    /// Whether more pages would stay private than the budget allows, those of earlier resets included.
    fn exceeds(&mut self, limits: &Limits) -> bool {
        if limits.resident_pages == usize::MAX {
            return false;
        }
        self.private = self.private.union(&self.changed);
        self.private.page_count() > limits.resident_pages
    }

    /// Copies back what the budget allows, the pages that were hot before first, and drops the rest, with what earlier resets
    /// have left: how many were copied, how many dropped. All of it is watched afterwards.
    #[cold]
    fn release(&mut self, window: &mut Window<'_>, limits: &Limits) -> Result<(usize, usize)> {
        let hot = self.changed.intersection(self.hot.pages());
        let kept = [&hot, &self.changed, &self.private].into_iter().fold(PageSet::new(), |kept, wanted| {
            let room = limits.resident_pages - kept.page_count();
            kept.union(&wanted.difference(&kept).first(room))
        });
        let dropped = self.droppable(&self.private.difference(&kept));
        let copied = self.changed.difference(&dropped);
        // If that fails, whatever part of it was dropped, all of it is put back by the caller.
        if dropped.is_empty() || window.release_roughly(&dropped).is_err() {
            return Ok((self.changed.page_count(), 0));
        }
        let unwatched = std::mem::replace(&mut self.changed, copied).union(&dropped);
        let copied = self.changed.page_count();
        let differing = self.put_back(window)?;
        self.private = self.private.difference(&dropped);
        self.hot.restored(&mut self.changed, differing, window.page_count());
        self.watch(window, &unwatched);
        Ok((copied, dropped.page_count()))
    }

    /// Maps the baseline again where other memory was put.
    #[cold]
    fn take_back(&mut self, window: &mut Window<'_>) {
        let apart = std::mem::take(&mut self.apart);
        for run in apart.runs() {
            if let Err(error) = self.map_baseline(window, *run) {
                self.lose(error);
                self.apart = apart;
                return;
            }
        }
        self.pending = self.pending.difference(&apart);
    }

    /// Maps the baseline at `run`, watched.
    fn map_baseline(&mut self, window: &mut Window<'_>, run: PageRun) -> Result<()> {
        self.version.image().map_part(window, run)?;
        self.watch_mapped(window, run)
    }

    /// Has the baseline, just mapped at `run`, watched.
    pub(super) fn watch_mapped(&mut self, window: &mut Window<'_>, run: PageRun) -> Result<()> {
        self.tracker.remapped(window, run)?;
        self.tracker.forget(window, &PageSet::from_iter([run]))
    }
}
