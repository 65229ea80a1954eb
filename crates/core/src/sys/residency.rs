//! How much memory stands behind a range.

/// Pages of a range that take memory. Pages that were never touched take none; neither does the zero page, which reading
/// untouched anonymous memory brings: neither is counted.
///
/// Without `PAGEMAP_SCAN` (before Linux 6.7) zero pages cannot be told apart and count as private.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Residency {
    /// In memory: `private + shared`.
    pub resident: usize,
    /// Of these, pages that belong to this range alone: what it would free.
    pub private: usize,
    /// Of these, pages of an image, which all memories with that image share.
    pub shared: usize,
    /// Swapped out. 0 where the system has no swap; else an upper bound, because a page that is watched before it is there
    /// looks swapped out too.
    pub swapped: usize,
}
