//! How many objects there are, and how they ended: for all threads of the process together.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// What owns memory outside the engine's heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Region,
    Snapshot,
    Diff,
    View,
    Pool,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Snapshot => "snapshot",
            Self::Diff => "diff",
            Self::View => "view",
            Self::Pool => "pool",
        }
    }
}

/// Who gave the memory back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The user.
    Disposed,
    /// An allocation that noticed a collection.
    Vacuumed,
    /// The engine, in a later turn or when the environment ended.
    Finalized,
}

/// Of one kind, since the process started.
struct Counts {
    made: AtomicU64,
    ended: [AtomicU64; 3],
}

impl Counts {
    const fn new() -> Self {
        Self { made: AtomicU64::new(0), ended: [AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0)] }
    }
}

static COUNTS: [Counts; 5] = [const { Counts::new() }; 5];

/// How many of a kind are alive, were disposed, vacuumed, and finalized.
pub(crate) fn counts(kind: Kind) -> [u64; 4] {
    let counts = &COUNTS[kind as usize];
    let [disposed, vacuumed, finalized] = [0, 1, 2].map(|ending: usize| counts.ended[ending].load(Ordering::Acquire));
    // Read last: what is made or ends meanwhile can only make it too large.
    let made = counts.made.load(Ordering::Acquire);
    [made.saturating_sub(disposed + vacuumed + finalized), disposed, vacuumed, finalized]
}

/// An object that is counted, and ends once: as finalized, unless it is told otherwise before.
pub(crate) struct Life {
    kind: Kind,
    ended: Cell<bool>,
}

impl Life {
    pub(crate) fn begin(kind: Kind) -> Self {
        COUNTS[kind as usize].made.fetch_add(1, Ordering::AcqRel);
        Self { kind, ended: Cell::new(false) }
    }

    /// Counts the end. Only the first one counts.
    pub(crate) fn end(&self, ending: Ending) {
        if !self.ended.replace(true) {
            COUNTS[self.kind as usize].ended[ending as usize].fetch_add(1, Ordering::AcqRel);
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.end(Ending::Finalized);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_life_ends_once() {
        let before = counts(Kind::Diff);
        let lives = [(); 4].map(|()| Life::begin(Kind::Diff));
        assert_eq!(counts(Kind::Diff)[0], before[0] + 4);
        lives[0].end(Ending::Disposed);
        lives[0].end(Ending::Vacuumed);
        lives[1].end(Ending::Vacuumed);
        drop(lives);
        assert_eq!(counts(Kind::Diff), [before[0], before[1] + 1, before[2] + 1, before[3] + 2]);
    }
}
