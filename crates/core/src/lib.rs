//! Memory that can be snapshotted and reset at the cost of the pages that changed.
//!
//! ```text
//!  level
//!    7   doctor
//!    6   pool                    many memories with one baseline, kept ready
//!    5   view                    joins a tracker and a snapshot
//!    4   tracker   snapshot      what changed · a state to go back to
//!    3   image   | merge   wire  sealed contents, mapped copy-on-write | diffs become a version, diffs as bytes
//!    2   region  | diff          memory that is owned or adopted | what somebody changed
//!    1   sys     | rules         everything that differs between systems | how changes are merged
//!    0   error · page · page_set
//! ```
//!
//! A module uses only lower levels, and of the right side, which knows no memory but its own, only `snapshot` and `view` use
//! anything; of `sys` it uses only `sys::processor`, which is about loops. Unsafe code is denied here and allowed, with its
//! reason, in a few files of `sys` and `region`.
//!
//! # Example
//!
//! ```
//! # #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
//! # fn main() -> Result<(), pagefold_core::Error> {
//! use pagefold_core::{Region, TrackerChoice, View};
//!
//! let mut memory = Region::allocate(1 << 20, 1 << 20)?;
//! let mut view = View::new(&memory.window()?, 1 << 20, TrackerChoice::Auto, &[])?;
//! memory.window()?.write(0, b"ready")?;
//! view.snapshot(&mut memory.window()?)?;
//!
//! memory.window()?.write(0, b"dirty")?;
//! let report = view.reset(&mut memory.window()?)?;
//!
//! let mut bytes = [0; 5];
//! memory.window()?.read(0, &mut bytes)?;
//! assert_eq!((&bytes, report.pages_restored), (b"ready", 1));
//! # Ok(())
//! # }
//! # #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
//! # fn main() {}
//! ```

mod diff;
mod doctor;
mod error;
mod image;
mod merge;
mod page;
mod page_set;
mod pool;
mod region;
mod rules;
mod snapshot;
mod sys;
mod tracker;
mod view;
mod wire;

pub use diff::{Ahead, Author, Base, Contents, Delta, Diff, DiffBuilder, DiffEntry, DiffOptions, Value};
pub use doctor::{Diagnosis, diagnose};
pub use error::{Conflict, Error, ErrorKind, OsFailure, Result};
pub use image::{Image, ImageBuilder, stored_by_images};
pub use merge::{Applied, Merged, apply, merge};
pub use page::PageSize;
pub use page_set::{PageRun, PageSet};
pub use pool::{Cleaned, Layout, Lease, Pool, PoolOptions, PoolStats, Released};
pub use region::{Region, RegionMemory, RegionPart, RegionUsage, Window, mapped_by_regions, region_usage};
pub use rules::{Coverage, ElementType, MergeRegion, MergeRules, Operation};
pub use snapshot::{Changes, Parent, Queued, Snapshot, Synced, Version};
pub use sys::{Capabilities, Capability, FileAccess, Residency, capabilities, page_size};
pub use tracker::{Rejection, Selection, Tracker, TrackerChoice, TrackerKind};
pub use view::{Dirty, Discarded, Limits, Reason, ResetOptions, ResetReport, Strategy, Trimmed, Verify, View};
pub use wire::{Compression, DecodeLimits, decode, encode};
