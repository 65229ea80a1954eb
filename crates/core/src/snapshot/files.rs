//! What a snapshot has to do with files.

use std::path::Path;
use std::sync::Arc;

use super::{Snapshot, Version, open, save};
use crate::error::Result;
use crate::page_set::{PageRun, PageSet};
use crate::sys;

/// Files that are remembered.
const FILES_MAX: usize = 64;

impl Snapshot {
    /// Writes the current version to a file that only its owner can read. A crash leaves either the old file or the new one.
    /// `cancelled` is asked between chunks.
    ///
    /// With `base`, a file of the same folder that has an earlier version of this snapshot or of its parent, only the pages
    /// that differ from that are written: at the cost of what changed, if that file was saved or opened by this snapshot and
    /// not too long ago, else both are read and compared. The new file needs the other one from then on. Rules and
    /// queue are not saved.
    ///
    /// # Errors
    /// `System` with the failed call when the file cannot be written, `Aborted` when cancelled; with a base `StaleBase` when it
    /// has another snapshot, `OutOfRange` when it lies in another folder, is the file itself or rests on too many, and
    /// whatever [`Snapshot::open`] says of it. The old file is then as it was.
    pub fn save(&self, path: &Path, base: Option<&Path>, cancelled: &dyn Fn() -> bool) -> Result<()> {
        save::save(self, path, base, cancelled)
    }

    /// Reads a snapshot from a file, and from the files that it rests on, checking every byte. `cancelled` is asked between
    /// chunks.
    ///
    /// # Errors
    /// `NotASnapshot`, `SnapshotCorrupt`, also when a file that it rests on has another snapshot or version than it had,
    /// `Unsupported` for another format version or page size, `System` when a file cannot be read, `Aborted` when
    /// cancelled.
    pub fn open(path: &Path, cancelled: &dyn Fn() -> bool) -> Result<Self> {
        open::open(path, cancelled)
    }

    /// Writes a file anew with all pages, so that it needs no other one any more. Files that rest on it go on doing so.
    ///
    /// # Errors
    /// As [`Snapshot::open`] and [`Snapshot::save`]; the file is then as it was.
    pub fn compact(path: &Path, cancelled: &dyn Fn() -> bool) -> Result<()> {
        Self::open(path, cancelled)?.save(path, None, cancelled)
    }

    pub(super) fn remember_file(&self, version: u64, checksum: u64) {
        let mut work = self.lock_work();
        work.files.push_back((version, checksum));
        if work.files.len() > FILES_MAX {
            work.files.pop_front();
        }
    }

    /// The pages of `version` that can differ from a file with this version and checksum; `None` when that is not known.
    pub(super) fn pages_since_file(&self, saved: u64, checksum: u64, version: &Arc<Version>) -> Option<PageSet> {
        let work = self.lock_work();
        if !work.files.contains(&(saved, checksum)) {
            return None;
        }
        // Later versions may have been published meanwhile: more pages then.
        let changed = work.log.after(saved)?;
        drop(work);
        let page = sys::page_size();
        let mut pages = PageSet::new();
        for range in changed.below(version.image().byte_length() as u64) {
            let index = |offset: u64| usize::try_from(offset).ok();
            let (start, end) = (page.index(index(range.start)?), page.count(index(range.end)?));
            let next = pages.span().map_or(0, |span| span.end);
            pages.push(PageRun { start: start.max(next).min(end), end });
        }
        // A cut inside of a page leaves zeros in the rest of it.
        Some(pages.below(version.image().page_count()))
    }
}
