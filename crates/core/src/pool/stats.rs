//! What a pool has and what it has done.

/// One moment of a pool. Of its slots each is exactly one of `unmapped`, `clean`, `in_use`, `unknown` and `taken`; together they
/// are `slots` and `retiring`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolStats {
    /// Slots that the pool is to have.
    pub slots: usize,
    /// Slots that nobody has needed yet: they cost addresses, nothing else.
    pub unmapped: usize,
    /// Slots that hold the snapshot and can be handed out at once.
    pub clean: usize,
    /// Slots that are leased.
    pub in_use: usize,
    /// Slots that wait to be cleaned.
    pub unknown: usize,
    /// Slots that a thread maps, cleans or trims right now.
    pub taken: usize,
    /// Slots too many, since the pool was made smaller: they go when they are released or cleaned.
    pub retiring: usize,
    /// Private pages of clean slots, at most. Counted only with a budget for them, otherwise 0.
    pub idle_private_pages: usize,
    /// Leases given so far.
    pub acquired: u64,
    /// Of those, how many got a slot that was last used with the same affinity.
    pub affinity_hits: u64,
    /// Leases that ended without having been used.
    pub unused: u64,
    /// Slots that were mapped for the first time.
    pub mapped: u64,
    /// Slots that were cleaned.
    pub cleaned: u64,
    /// Of those, how many had everything mapped anew.
    pub remapped: u64,
    /// Cleanings that failed: the slot waited for another one.
    pub failed: u64,
    /// Private pages of clean slots that were given back to the system.
    pub trimmed_pages: u64,
    /// Slots behind which something was written into the guard.
    pub overruns: u64,
}
