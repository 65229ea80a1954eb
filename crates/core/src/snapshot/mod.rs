//! A state to go back to, and the states that follow it: each one an image.
//!
//! ```text
//!              version 0 ──────────▶ version 1 ──────────▶ version 2          each immutable, shared by whoever uses it
//!                  ▲      write          ▲     sync
//!                view                  view, view
//!                                        │ diff        ┌─────────┐
//!                                        └────────────▶│  queue  │ by origin and sequence
//!                                                      └─────────┘
//! ```

mod byte_ranges;
mod changes;
mod decode;
mod diffs;
mod files;
mod format;
mod open;
mod queue;
mod save;
mod sync;
mod version;
mod write;

use std::any::Any;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};
use crate::image::Image;
use crate::rules::{MergeRules, Operation};

use changes::ChangeLog;
use queue::Queue;

pub use changes::Changes;
pub use queue::Queued;
pub use sync::Synced;
pub use version::Version;

/// The contents of a memory at one moment, and what became of them since. May be used from any thread.
///
/// It has one current version at a time. A version never changes: who holds an older one keeps it.
#[derive(Debug)]
pub struct Snapshot {
    id: Uuid,
    parent: Option<Parent>,
    /// Of the current version: a look at it needs no lock.
    number: AtomicU64,
    /// Held for a moment at a time.
    published: Mutex<Published>,
    /// Held by whoever makes the next version. Taken before `published`.
    work: Mutex<Work>,
    /// See [`Snapshot::companion`].
    companion: OnceLock<Box<dyn Any + Send + Sync>>,
}

/// The snapshot that another one was forked from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parent {
    /// Its id.
    pub id: Uuid,
    /// Its version then.
    pub version: u64,
}

/// What everybody sees.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    pub(crate) version: Arc<Version>,
    pub(crate) rules: Arc<MergeRules>,
    pub(crate) revision: u64,
}

/// What becomes the next version, and what the last ones changed.
#[derive(Debug)]
struct Work {
    queue: Queue,
    log: ChangeLog,
    /// Versions that were saved or opened, with the checksums of the files: the latest ones.
    files: VecDeque<(u64, u64)>,
}

impl Snapshot {
    /// A new snapshot of these contents, at version 0. It cannot grow, and where nothing else is said the last change wins.
    ///
    /// # Panics
    /// Never: rules without regions are legal for every length.
    #[must_use]
    pub fn new(image: Image) -> Self {
        Self::saved(Uuid::new_v4(), Version::new(0, Arc::new(image)))
    }

    /// With the simplest rules: it cannot grow, and the last change wins.
    fn saved(id: Uuid, version: Version) -> Self {
        let max_byte_length = (version.image().byte_length() as u64).max(1);
        let rules = MergeRules::new(max_byte_length, Operation::Overwrite).expect("there are no regions");
        Self::of(id, None, version, rules)
    }

    /// A new snapshot of these contents, which can grow up to the length that the rules are for.
    ///
    /// # Errors
    /// `OverMax` when the contents are longer than that.
    pub fn with_rules(image: Image, rules: MergeRules) -> Result<Self> {
        if image.byte_length() as u64 > rules.max_byte_length() {
            return Err(over_max(image.byte_length() as u64, rules.max_byte_length()));
        }
        Ok(Self::of(Uuid::new_v4(), None, Version::new(0, Arc::new(image)), rules))
    }

    fn of(id: Uuid, parent: Option<Parent>, version: Version, rules: MergeRules) -> Self {
        let number = version.number();
        Self {
            id,
            parent,
            number: AtomicU64::new(number),
            published: Mutex::new(Published { version: Arc::new(version), rules: Arc::new(rules), revision: 0 }),
            work: Mutex::new(Work { queue: Queue::default(), log: ChangeLog::new(number), files: VecDeque::new() }),
            companion: OnceLock::new(),
        }
    }

    /// What somebody wants to keep exactly as long as the snapshot lives: made when it is first asked for, dropped when the
    /// last holder of the snapshot lets go. `None` when there is one of another type.
    pub fn companion<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Option<&T> {
        self.companion.get_or_init(|| Box::new(make())).downcast_ref()
    }

    /// Another snapshot that begins with the current version of this one and its rules. Nothing is copied.
    #[must_use]
    pub fn fork(&self) -> Self {
        let Published { version, rules, .. } = self.published();
        let parent = Parent { id: self.id, version: version.number() };
        let version = Version::new(0, Arc::clone(version.image()));
        Self::of(Uuid::new_v4(), Some(parent), version, MergeRules::clone(&rules))
    }

    /// Identity: the same for a snapshot and its saved file, different for every capture and fork.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// What it was forked from, if it was.
    #[must_use]
    pub const fn parent(&self) -> Option<Parent> {
        self.parent
    }

    /// The number of the current version: counts the states that the snapshot has had, from 0.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }

    /// The current version.
    #[must_use]
    pub fn current(&self) -> Arc<Version> {
        Arc::clone(&self.lock_published().version)
    }

    /// The contents of the current version.
    #[must_use]
    pub fn image(&self) -> Arc<Image> {
        Arc::clone(self.lock_published().version.image())
    }

    /// How changes are merged.
    #[must_use]
    pub fn rules(&self) -> Arc<MergeRules> {
        Arc::clone(&self.lock_published().rules)
    }

    /// How often the rules were replaced. A diff names the revision that it was made with.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.lock_published().revision
    }

    /// The length in bytes up to which it can grow.
    #[must_use]
    pub fn max_byte_length(&self) -> u64 {
        self.lock_published().rules.max_byte_length()
    }

    /// Replaces the rules; the revision from then on. Makes no new version.
    ///
    /// # Errors
    /// `StaleBase` while diffs are queued, which were made with the old ones; `OutOfRange` when the rules are for another
    /// maximal length.
    pub fn set_rules(&self, rules: MergeRules) -> Result<u64> {
        let work = self.lock_work();
        work.ensure_empty("replace the rules")?;
        let mut published = self.lock_published();
        let max_byte_length = published.rules.max_byte_length();
        if rules.max_byte_length() != max_byte_length {
            let message = format!(
                "the snapshot can grow to {max_byte_length} bytes and the rules are for {} bytes",
                rules.max_byte_length()
            );
            return Err(Error::new(ErrorKind::OutOfRange, message));
        }
        published.rules = Arc::new(rules);
        published.revision += 1;
        Ok(published.revision)
    }

    /// The ranges that were written since version `from`, with their bytes as they are now.
    ///
    /// # Errors
    /// `OutOfRange` when there was no such version yet.
    pub fn changes(&self, from: u64) -> Result<Changes> {
        let work = self.lock_work();
        let version = self.current();
        if from > version.number() {
            let message = format!("there is no version {from} yet; the current one is {}", version.number());
            return Err(Error::new(ErrorKind::OutOfRange, message));
        }
        let known = work.log.after(from);
        drop(work);
        Ok(Changes::new(from, version, known))
    }

    /// Version, rules and revision of one moment.
    pub(crate) fn published(&self) -> Published {
        self.lock_published().clone()
    }

    fn lock_published(&self) -> MutexGuard<'_, Published> {
        // Each field is replaced as a whole, so a panic elsewhere cannot have left one half changed.
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_work(&self) -> MutexGuard<'_, Work> {
        // As above: a version is published, and what led to it forgotten, after all that can go wrong.
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Work {
    /// Fails while there are diffs that a step besides merging would make stale.
    fn ensure_empty(&self, step: &str) -> Result<()> {
        match self.queue.len() {
            0 => Ok(()),
            count => {
                let message = format!("{count} queued diffs would be stale; sync or discard them to {step}");
                Err(Error::new(ErrorKind::StaleBase, message))
            }
        }
    }
}

fn over_max(byte_length: u64, max_byte_length: u64) -> Error {
    let message = format!("{byte_length} bytes exceed the {max_byte_length} bytes that the snapshot can grow to");
    Error::new(ErrorKind::OverMax, message)
}
