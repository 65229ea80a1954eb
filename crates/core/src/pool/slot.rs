//! What a slot can be, and what can become of it.
//!
//! ```text
//!              resize up                 take                   take
//!    Retired ────────────▶ Unmapped ────────────▶  Taken  ◀──────────── Clean ◀────┐
//!       ▲                      ▲                   │││││                  ▲        │
//!       │ resize down, cleared │ mapping failed    │││││  mapped, reset,  │        │ release of a lease
//!       ├──────────────────────┼───────────────────┘│││└──────────────────┘        │ that was never used
//!       │                      └────────────────────┘││     or trimmed             │
//!       │                                            ││          lend              │
//!       │                                            │└──────────────────▶ InUse ──┤
//!       │                   take      anything failed│                             │ release of a lease
//!       │            Taken ◀──────── Unknown ◀───────┘                             │ that was used
//!       │                               ▲ ▲────────────────────────────────────────┘
//! ```
//!
//! | state | holds | who may touch its contents |
//! |---|---|---|
//! | `Unmapped` | zeros, nothing mapped or watched | nobody |
//! | `Clean` | the snapshot of the pool, in the version that is noted | nobody |
//! | `InUse` | what its holder likes | the holder of the lease |
//! | `Unknown` | what nobody knows | nobody |
//! | `Taken` | something in between | the thread that has the [`Taken`] |
//! | `Retired` | zeros, and does not count | nobody |
//!
//! Each arrow is one function of [`Record`]. A slot leaves a list only as a [`Taken`], which cannot be copied and which the
//! next arrow uses up, so that no two threads have one slot. What was taken and is forgotten (by a panic) stays `Taken` for
//! good: it is never handed out.

use super::slot_word::Returned;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Unmapped,
    Clean(Rank),
    InUse,
    Unknown,
    Taken,
    Retired,
}

/// Which of the clean slots is used first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    /// Mapped ahead, and never used yet.
    Fresh,
    /// Used, with private pages that make the next use cheap.
    Warm,
    /// Used, and trimmed since.
    Cold,
}

/// A slot that is in no list and in nobody else's hands.
#[derive(Debug)]
#[must_use]
pub(super) struct Taken {
    slot: usize,
}

impl Taken {
    pub(super) const fn slot(&self) -> usize {
        self.slot
    }
}

/// What is in a clean slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Held {
    /// The version of the snapshot.
    pub(super) version: u64,
    /// At most so many pages are private; 0 when they are not counted.
    pub(super) private: usize,
}

/// What the pool knows about a slot.
#[derive(Debug)]
pub(super) struct Record {
    state: State,
    held: Held,
    /// The affinity that it was last used with.
    affinity: Option<u64>,
}

impl Record {
    pub(super) const fn new(state: State) -> Self {
        Self { state, held: Held { version: 0, private: 0 }, affinity: None }
    }

    pub(super) const fn state(&self) -> State {
        self.state
    }

    pub(super) const fn held(&self) -> Held {
        self.held
    }

    pub(super) const fn affinity(&self) -> Option<u64> {
        self.affinity
    }

    /// `Unmapped`, `Clean` or `Unknown` to `Taken`; `None` in any other state.
    pub(super) const fn take(&mut self, slot: usize) -> Option<Taken> {
        match self.state {
            State::Unmapped | State::Clean(_) | State::Unknown => {
                self.state = State::Taken;
                Some(Taken { slot })
            }
            State::InUse | State::Taken | State::Retired => None,
        }
    }

    /// `InUse` to `Taken`, by the end of its lease.
    pub(super) const fn take_back(&mut self, returned: &Returned) -> Taken {
        self.state = State::Taken;
        Taken { slot: returned.slot }
    }

    /// `Taken` to `InUse`. It holds the snapshot.
    pub(super) const fn lend(&mut self, _taken: Taken, affinity: u64) {
        self.state = State::InUse;
        self.affinity = Some(affinity);
    }

    /// While it is `Taken`: it holds the snapshot now.
    pub(super) const fn note(&mut self, held: Held) {
        self.held = held;
    }

    /// `Taken` to `Clean`: it holds what was noted.
    pub(super) const fn keep(&mut self, _taken: Taken, rank: Rank) {
        self.state = State::Clean(rank);
    }

    /// `Taken` to `Unknown`.
    pub(super) const fn quarantine(&mut self, _taken: Taken) {
        self.state = State::Unknown;
    }

    /// `Taken` to `Unmapped`: nothing was mapped, or it was cleared.
    pub(super) const fn unmap(&mut self, _taken: Taken) {
        self.state = State::Unmapped;
        self.affinity = None;
    }

    /// `Taken` to `Retired`: it was cleared.
    pub(super) const fn retire(&mut self, _taken: Taken) {
        self.state = State::Retired;
        self.affinity = None;
    }

    /// `Retired` to `Unmapped`.
    pub(super) fn reinstate(&mut self) {
        if self.state == State::Retired {
            self.state = State::Unmapped;
        }
    }
}
