//! Merging what is queued into the next version.

use std::ops::Range;

use super::byte_ranges::ByteRanges;
use super::write::index;
use super::{Published, Queued, Snapshot, over_max};
use crate::diff::{Author, Diff};
use crate::error::{Error, ErrorKind, Result};
use crate::merge::merge;

/// What a sync did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Synced {
    /// The current version afterwards.
    pub version: u64,
    /// How many diffs were merged.
    pub diffs: usize,
    /// Where bytes have changed, ascending, never touching.
    pub ranges: Vec<Range<u64>>,
    /// Bytes of diffs that were merged without changing anything.
    pub without_effect: u64,
}

impl Snapshot {
    /// Has a diff merged in the next sync, in the order of origin and sequence, whenever it arrives. One diff counts for
    /// each origin: a later one holds all that the earlier one does.
    ///
    /// # Errors
    /// `StaleBase` when it was made against another snapshot or version, or with other rules; `DuplicateDiff` when a later
    /// or another one of its origin is queued; `OverMax`, `SizeMismatch` or `DiffCorrupt` when its lengths are not possible.
    /// The queue is as before then.
    pub fn queue(&self, diff: Diff) -> Result<Queued> {
        let mut work = self.lock_work();
        self.check(&diff)?;
        work.queue.add(diff)
    }

    /// How many diffs are queued.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.lock_work().queue.len()
    }

    /// Takes a diff out of the queue. `false`: there is none of that author.
    pub fn discard(&self, author: Author) -> bool {
        self.lock_work().queue.remove(author)
    }

    /// Merges all queued diffs into the next version, or none. Memories that show the version before keep showing it until
    /// they are reset. Without diffs nothing happens.
    ///
    /// # Errors
    /// `MergeConflict` or `ProductUndefined`, naming the diffs at fault; `OutOfMemory`. Contents, version, rules and queue are as
    /// before then.
    pub fn sync(&self) -> Result<Synced> {
        let mut work = self.lock_work();
        let Published { version, rules, .. } = self.published();
        let diffs = work.queue.diffs();
        let count = diffs.len();
        if count == 0 {
            return Ok(Synced { version: version.number(), diffs: 0, ranges: Vec::new(), without_effect: 0 });
        }
        let merged = merge(&*version, &rules, &diffs)?;
        let pieces: Result<Vec<(usize, &[u8])>> =
            merged.runs().map(|(byte_offset, bytes)| Ok((index(byte_offset)?, bytes))).collect();
        let changed: ByteRanges = merged.ranges().collect();
        let image = version.image().successor(index(merged.byte_length())?, &pieces?)?;
        work.queue.clear();
        let ranges = changed.ranges().to_vec();
        let version = self.publish(&mut work, &version, image, changed);
        Ok(Synced { version, diffs: count, ranges, without_effect: merged.without_effect() })
    }

    /// Whether a diff was made against what is here now.
    fn check(&self, diff: &Diff) -> Result<()> {
        let Published { version, rules, revision } = self.published();
        let (base, byte_length) = (diff.base(), version.image().byte_length() as u64);
        if (base.id, base.version, base.revision) != (self.id, version.number(), revision) {
            return Err(Error::new(
                ErrorKind::StaleBase,
                format!(
                    "the diff was made against snapshot {} at version {} with rules {}; this is {} at version {} with rules \
                     {revision}",
                    base.id,
                    base.version,
                    base.revision,
                    self.id,
                    version.number()
                ),
            ));
        }
        if base.byte_length != byte_length {
            let message =
                format!("the diff takes its base for {} bytes long, which has {byte_length}", base.byte_length);
            return Err(Error::new(ErrorKind::DiffCorrupt, message));
        }
        if diff.byte_length() > rules.max_byte_length() {
            return Err(over_max(diff.byte_length(), rules.max_byte_length()));
        }
        if diff.byte_length() < byte_length {
            let message = format!("the diff is of {} bytes, its base of {byte_length}", diff.byte_length());
            return Err(Error::new(ErrorKind::SizeMismatch, message));
        }
        Ok(())
    }
}
