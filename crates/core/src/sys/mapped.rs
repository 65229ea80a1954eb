//! What is mapped over pages.

use crate::page_set::PageRun;

/// Consecutive pages with one thing behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mapped {
    pub(crate) run: PageRun,
    pub(crate) backing: Backing,
}

/// What the pages of a run show as long as nobody has written to them. Private unless it says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backing {
    /// Zeros: private memory, readable and writable.
    Anonymous,
    /// A file, readable and writable; `offset` is where in the file the run begins, in bytes. Shared memory without a name
    /// is a file too.
    File { device: u64, inode: u64, offset: u64, shared: bool },
    /// Anything else: nothing at all, or memory that cannot be both read and written.
    Other,
}

impl Backing {
    /// What stands so many bytes further on in the same mapping.
    pub(crate) const fn further(self, byte_length: usize) -> Self {
        match self {
            Self::File { device, inode, offset, shared } => {
                Self::File { device, inode, offset: offset + byte_length as u64, shared }
            }
            other => other,
        }
    }
}
