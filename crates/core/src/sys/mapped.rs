//! What is mapped over pages.

use crate::page_set::PageRun;

/// Consecutive pages with one thing behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mapped {
    pub(crate) run: PageRun,
    pub(crate) backing: Backing,
}

/// What the pages of a run show as long as nobody has written to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backing {
    /// Zeros: private memory, readable and writable.
    Anonymous,
    /// A file, privately, readable and writable; `offset` is where in the file the run begins, in bytes.
    File { device: u64, inode: u64, offset: u64 },
    /// Anything else: nothing at all, memory that others can write to, memory that cannot be read or written.
    Other,
}

impl Backing {
    /// What stands so many bytes further on in the same mapping.
    pub(crate) const fn further(self, byte_length: usize) -> Self {
        match self {
            Self::File { device, inode, offset } => Self::File { device, inode, offset: offset + byte_length as u64 },
            other => other,
        }
    }
}
