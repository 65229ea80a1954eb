//! What the system takes for what decisions weigh against each other.

/// Nanoseconds a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prices {
    /// The first write to a page that is watched.
    pub(crate) watched_write: usize,
    /// Dropping a private page, and the next write to it.
    pub(crate) dropped_write: usize,
}

impl Prices {
    /// What was measured on several machines, for those that cannot be asked.
    pub(crate) const TYPICAL: Self = Self { watched_write: 750, dropped_write: 2_200 };
}
