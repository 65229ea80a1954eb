//! What an operation of a view did, and why.

use std::time::Duration;

use crate::page_set::PageSet;

/// How a window was brought to its baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// The pages that may have changed were copied back.
    CopyBack,
    /// All pages were copied back, without asking which had changed.
    CopyAll,
    /// As many pages as the budget allows were copied back, the others were given back to the system.
    Release,
    /// The image was mapped anew over the whole window.
    Remap,
    /// The pages that differ between two versions of the snapshot were mapped anew, and those that may have changed besides
    /// were copied back.
    Forward,
}

/// Why that strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The tracker reported these pages.
    Tracked,
    /// Nearly all pages are written in every cycle, so that asking costs more than copying the rest.
    NearlyAllHot,
    /// More pages had changed than may stay private.
    BeyondBudget,
    /// The window took another baseline.
    NewBaseline,
    /// The engine moved the memory to other addresses.
    Moved,
    /// The tracker could not tell what had changed, so everything had.
    TrackingLost,
    /// The snapshot has a later version than the window showed.
    NewVersion,
}

/// The outcome of a reset or restore.
#[derive(Debug, Clone)]
pub struct ResetReport {
    /// What was done.
    pub strategy: Strategy,
    /// Why.
    pub reason: Reason,
    /// The tracker's own words when `reason` is [`Reason::TrackingLost`].
    pub detail: Option<String>,
    /// Pages that were asked about.
    pub pages_scanned: usize,
    /// Pages that may have differed from the baseline: an upper bound, see `dirty` for the exact number.
    pub pages_dirty: usize,
    /// Pages whose contents were put back.
    pub pages_restored: usize,
    /// Pages that were given back to the system, and show the baseline again.
    pub pages_released: usize,
    /// How long it took.
    pub duration: Duration,
}

/// The pages of a window that differ from its baseline.
#[derive(Debug, Clone)]
pub struct Dirty {
    /// Them.
    pub pages: PageSet,
    /// Why the set is everything, when tracking was lost; `None` when it is what was really written.
    pub lost: Option<String>,
}

/// What trimming did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trimmed {
    /// Pages that were given back to the system.
    pub released: usize,
    /// Private pages that are left.
    pub private: usize,
}

/// What a discarded range holds afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discarded {
    /// Zeros.
    Zero,
    /// What the baseline has there.
    Baseline,
}
