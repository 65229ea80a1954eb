//! What the user of a pool decides.

use crate::tracker::{TrackerChoice, TrackerKind};
use crate::view::Limits;

/// How a pool is made. Lengths are multiples of the page size.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// Bytes of a slot.
    pub slot_byte_length: usize,
    /// How many slots there are at first.
    pub slots: usize,
    /// How many there can ever be: so much of the address space is taken.
    pub slots_max: usize,
    /// Bytes between two slots, to notice who writes past the end of one. They can be read and written like all others.
    pub guard_byte_length: usize,
    /// How changed pages are found.
    pub tracker: TrackerChoice,
    /// Trackers that must not be used.
    pub disabled: Vec<TrackerKind>,
    /// Of the resets of each slot.
    pub limits: Limits,
    /// At most so many pages of all slots that nobody uses stay private; `usize::MAX`: all of them.
    pub idle_pages: usize,
}
