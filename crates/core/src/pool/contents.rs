//! What stands behind one slot: its pages, the guard behind them, and the view that watches them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::slot::Held;
use crate::error::{Error, ErrorKind, Result};
use crate::page_set::{PageRun, PageSet};
use crate::region::{RegionPart, Window};
use crate::snapshot::Snapshot;
use crate::sys;
use crate::tracker::{TrackerChoice, TrackerKind};
use crate::view::{Limits, ResetReport, Trimmed, View};

/// What all slots of a pool have in common.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) tracker: TrackerChoice,
    pub(super) disabled: Vec<TrackerKind>,
    pub(super) limits: Limits,
    /// Guards that were written to.
    pub(super) overruns: AtomicU64,
}

/// Of one slot. Used by one thread at a time.
#[derive(Debug)]
pub(super) struct Contents {
    /// `None` once the pool was retired.
    part: Option<RegionPart>,
    guard: Option<RegionPart>,
    /// `None` while nothing is mapped.
    view: Option<View>,
    /// Whether what the view knows can be relied on.
    sound: bool,
}

impl Contents {
    pub(super) const fn new(part: RegionPart, guard: Option<RegionPart>) -> Self {
        Self { part: Some(part), guard, view: None, sound: true }
    }

    /// Maps the snapshot for the first time, and prepares what its memories are known to write to: the guest would pay
    /// more for the same pages a moment later.
    ///
    /// # Errors
    /// `OutOfMemory` when there is no room, `SnapshotTooLarge` when it has outgrown the slot. [`Contents::is_mapped`] tells
    /// whether anything is mapped then.
    pub(super) fn map(&mut self, setup: &Setup) -> Result<Held> {
        sys::ensure_mappings_left(1 + setup.snapshot.image().gaps().len())?;
        let held = self.remap(setup).map(|_| ());
        if let Err(error) = held {
            // What is there now is not known; without it the slot is as it was.
            self.sound = self.clear().is_ok();
            return Err(error);
        }
        let (view, mut window) = self.mapped()?;
        // Only to save time later.
        let _ = view.prefault(&mut window);
        Ok(self.held())
    }

    /// Whether anything is mapped: the snapshot, or something that nobody knows.
    pub(super) const fn is_mapped(&self) -> bool {
        self.view.is_some() || !self.sound
    }

    /// Brings everything back to the snapshot, in its current version.
    ///
    /// # Errors
    /// As [`View::reset`]. The next call then maps everything anew.
    pub(super) fn clean(&mut self, setup: &Setup) -> Result<(ResetReport, Held)> {
        let relied_on = std::mem::replace(&mut self.sound, false);
        let report = if relied_on && self.view.is_some() { self.reset(setup) } else { self.remap(setup) }?;
        self.clean_guard(setup)?;
        self.sound = true;
        Ok((report, self.held()))
    }

    fn reset(&mut self, setup: &Setup) -> Result<ResetReport> {
        let (view, mut window) = self.mapped()?;
        view.set_limits(setup.limits);
        if view.baseline().is_some_and(|baseline| Arc::ptr_eq(baseline, &setup.snapshot)) {
            view.reset(&mut window)
        } else {
            view.restore(&mut window, &setup.snapshot)
        }
    }

    /// Maps everything anew, whatever was there.
    fn remap(&mut self, setup: &Setup) -> Result<ResetReport> {
        self.view = None;
        let mut window = self.part.as_mut().ok_or_else(given_back)?.window()?;
        let mut view = View::new(&window, 0, setup.tracker, &setup.disabled)?;
        view.set_limits(setup.limits);
        let report = view.restore(&mut window, &setup.snapshot)?;
        self.view = Some(view);
        self.sound = true;
        Ok(report)
    }

    /// Makes the guard zero where somebody wrote to it.
    fn clean_guard(&mut self, setup: &Setup) -> Result<()> {
        let Some(guard) = &mut self.guard else { return Ok(()) };
        let mut window = guard.window()?;
        let all = PageRun { start: 0, end: window.page_count() };
        let written = window.private_pages(all).unwrap_or_else(|_| PageSet::from_iter([all]));
        if !written.is_empty() {
            // Kernels that are asked page by page count zeros that were only read as well.
            let overrun = written.runs().iter().any(|run| !window.is_zero(*run));
            setup.overruns.fetch_add(u64::from(overrun), Ordering::Relaxed);
            sys::discard(window.pages_mut())?;
        }
        Ok(())
    }

    /// Gives private pages back to the system, apart from `keep`.
    ///
    /// # Errors
    /// As [`View::trim`].
    pub(super) fn trim(&mut self, keep: usize) -> Result<(Trimmed, Held)> {
        let (view, mut window) = self.mapped()?;
        let trimmed = view.trim(&mut window, keep)?;
        let counted = view.private_pages_max().is_some();
        let held = self.held();
        Ok((trimmed, Held { private: if counted { trimmed.private } else { 0 }, ..held }))
    }

    /// Gives everything back to the system: nothing is mapped then.
    ///
    /// # Errors
    /// `OutOfMemory` when the process has too many mappings: nothing is known of the contents then.
    pub(super) fn clear(&mut self) -> Result<()> {
        self.view = None;
        self.sound = false;
        for part in [&mut self.part, &mut self.guard].into_iter().flatten() {
            part.clear()?;
        }
        self.sound = true;
        Ok(())
    }

    /// Lets the holder of the slot work on it.
    pub(super) fn work<T>(&mut self, work: impl FnOnce(&mut View, &mut Window<'_>) -> Result<T>) -> Result<T> {
        // If it panics, the view may be in the middle of something.
        let sound = std::mem::replace(&mut self.sound, false);
        let (view, mut window) = self.mapped()?;
        let outcome = work(view, &mut window);
        self.sound = sound;
        outcome
    }

    /// Parts with the memory, for good.
    pub(super) fn take_parts(&mut self) -> impl Iterator<Item = RegionPart> + use<> {
        self.view = None;
        self.part.take().into_iter().chain(self.guard.take())
    }

    fn mapped(&mut self) -> Result<(&mut View, Window<'_>)> {
        match (&mut self.view, &mut self.part) {
            (Some(view), Some(part)) => Ok((view, part.window()?)),
            _ => Err(given_back()),
        }
    }

    fn held(&self) -> Held {
        let Some(view) = &self.view else { return Held::default() };
        Held {
            version: view.version().map_or(0, |version| version.number()),
            private: view.private_pages_max().unwrap_or(0),
        }
    }
}

pub(super) fn given_back() -> Error {
    Error::new(ErrorKind::System, "the memory of the pool was given back")
}
