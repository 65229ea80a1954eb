//! A state to go back to: an image with an identity.

mod file;
mod format;

use std::path::Path;
use std::sync::Arc;

use uuid::Uuid;

use crate::error::Result;
use crate::image::Image;

/// The contents of a memory at one moment. Immutable; may be used from any thread.
#[derive(Debug)]
pub struct Snapshot {
    id: Uuid,
    version: u64,
    image: Arc<Image>,
}

impl Snapshot {
    /// A new snapshot of these contents.
    #[must_use]
    pub fn new(image: Image) -> Self {
        Self { id: Uuid::new_v4(), version: 1, image: Arc::new(image) }
    }

    /// Identity: the same for a snapshot and its saved file, different for every capture.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// Counts the states that the snapshot has had, from 1.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// The contents.
    #[must_use]
    pub const fn image(&self) -> &Arc<Image> {
        &self.image
    }

    /// Writes the snapshot to a file that only its owner can read. A crash leaves either the old file or the new one.
    /// `cancelled` is asked between chunks.
    ///
    /// # Errors
    /// `System` with the failed call when the file cannot be written, `Aborted` when cancelled; the old file is then
    /// as it was.
    pub fn save(&self, path: &Path, cancelled: &dyn Fn() -> bool) -> Result<()> {
        file::save(self, path, cancelled)
    }

    /// Reads a snapshot from a file, checking every byte. `cancelled` is asked between chunks.
    ///
    /// # Errors
    /// `NotASnapshot`, `SnapshotCorrupt`, `Unsupported` for another format version or page size, `System` when the
    /// file cannot be read, `Aborted` when cancelled.
    pub fn open(path: &Path, cancelled: &dyn Fn() -> bool) -> Result<Self> {
        file::open(path, cancelled)
    }
}
