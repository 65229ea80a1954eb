//! What somebody changed in a memory: a list of runs that owns its bytes.
#![forbid(unsafe_code)]

mod ahead;
mod block;
mod builder;
mod changes;
mod compose;
mod delta;
mod invert;
mod parts;
mod runs;
mod scan;

use uuid::Uuid;

use crate::rules::{ElementType, Operation};

pub use ahead::Ahead;
pub use builder::{DiffBuilder, DiffOptions};
pub use delta::{Delta, Value};
pub(crate) use parts::Entry;

/// What a diff was made against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Base {
    /// Identity of the snapshot; nil for bytes that are no snapshot.
    pub id: Uuid,
    /// Its version then.
    pub version: u64,
    /// The revision of its merge rules then.
    pub revision: u64,
    /// Its length in bytes.
    pub byte_length: u64,
}

/// Who made a diff, and which of theirs it is. Diffs are merged in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Author {
    /// Who.
    pub origin: u64,
    /// The running number of the diff there.
    pub sequence: u64,
}

/// Everything that one memory changed against its base. Immutable, owns its bytes, may be used from any thread.
///
/// ```text
///  entries   | offset, length, type, operation | …            ascending, never overlapping, never across a region border
///               |            \
///  bytes     |##########|####|…                the changed bytes, entry after entry, with short equal stretches in between
///  originals |##########|####|…                what the base has there, if it was asked for; zeros past its end
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff {
    base: Base,
    author: Author,
    byte_length: u64,
    entries: Vec<Entry>,
    bytes: Vec<u8>,
    originals: Option<Vec<u8>>,
}

/// One run of a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffEntry<'a> {
    /// Where it begins in the memory.
    pub byte_offset: u64,
    /// What its bytes mean. Its length is a multiple of the width of that.
    pub element: ElementType,
    /// How it is merged.
    pub operation: Operation,
    /// Whether each of its elements differs from the base. If not, some that do not join two runs.
    pub exact: bool,
    /// The changed bytes. Elements that equal the base are not changed: they join two runs, and are never merged.
    pub bytes: &'a [u8],
    /// What the base has there, if the diff carries that; zeros past its end.
    pub original: Option<&'a [u8]>,
}

/// Bytes that a diff is made against, or merged into: a snapshot's, or a slice.
pub trait Contents {
    /// Length in bytes.
    fn byte_length(&self) -> u64;

    /// Copies the bytes from `byte_offset` on; zeros past the end.
    fn read(&self, byte_offset: u64, into: &mut [u8]);

    /// The same bytes without a copy, if they lie in memory in one piece and none of them is past the end.
    fn slice(&self, byte_offset: u64, byte_length: usize) -> Option<&[u8]> {
        let _ = (byte_offset, byte_length);
        None
    }
}

impl<T: Contents + ?Sized> Contents for &T {
    fn byte_length(&self) -> u64 {
        (**self).byte_length()
    }

    fn read(&self, byte_offset: u64, into: &mut [u8]) {
        (**self).read(byte_offset, into);
    }

    fn slice(&self, byte_offset: u64, byte_length: usize) -> Option<&[u8]> {
        (**self).slice(byte_offset, byte_length)
    }
}

impl Contents for [u8] {
    fn byte_length(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, byte_offset: u64, into: &mut [u8]) {
        let start = usize::try_from(byte_offset).map_or(self.len(), |start| start.min(self.len()));
        let available = &self[start..self.len().min(start.saturating_add(into.len()))];
        let (held, beyond) = into.split_at_mut(available.len());
        held.copy_from_slice(available);
        beyond.fill(0);
    }

    fn slice(&self, byte_offset: u64, byte_length: usize) -> Option<&[u8]> {
        self.get(usize::try_from(byte_offset).ok()?..)?.get(..byte_length)
    }
}

impl Diff {
    /// What it was made against.
    #[must_use]
    pub const fn base(&self) -> Base {
        self.base
    }

    /// Who made it.
    #[must_use]
    pub const fn author(&self) -> Author {
        self.author
    }

    /// The same changes by somebody else.
    #[must_use]
    pub fn by(self, author: Author) -> Self {
        Self { author, ..self }
    }

    /// Length in bytes of the changed memory, at least that of the base.
    #[must_use]
    pub const fn byte_length(&self) -> u64 {
        self.byte_length
    }

    /// How many runs it has.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of all runs together.
    #[must_use]
    pub fn changed_byte_length(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Whether it carries what the base has where it changed something.
    #[must_use]
    pub const fn has_originals(&self) -> bool {
        self.originals.is_some()
    }

    /// The runs, ascending. Nothing is copied.
    pub fn entries(&self) -> impl Iterator<Item = DiffEntry<'_>> + '_ {
        let (entries, bytes, originals) = self.parts();
        let mut next = 0;
        entries.iter().map(move |entry| {
            let start = next;
            // The bytes of all entries are in memory, so their lengths fit into a `usize`.
            next += usize::try_from(entry.byte_length).unwrap_or(usize::MAX);
            DiffEntry {
                byte_offset: entry.byte_offset,
                element: entry.element,
                operation: entry.operation,
                exact: entry.exact,
                bytes: &bytes[start..next],
                original: originals.map(|originals| &originals[start..next]),
            }
        })
    }
}
