//! A diff from its parts, every rule about them checked.

use crate::error::{Error, ErrorKind, Result};
use crate::rules::{ElementType, Operation};

use super::{Author, Base, Diff};

/// One run, without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Where it begins in the memory.
    pub(crate) byte_offset: u64,
    /// Its length in bytes: at least 1, and a multiple of the width of the type.
    pub(crate) byte_length: u64,
    /// What its bytes mean.
    pub(crate) element: ElementType,
    /// How it is merged; never `Ignore`.
    pub(crate) operation: Operation,
    /// Whether each of its elements differs from the base. A promise of whoever made the diff: nothing rests on it but
    /// whose change an element counts as.
    pub(crate) exact: bool,
}

impl Entry {
    /// Offset after the last byte. Never overflows in an entry of a diff.
    pub(crate) const fn byte_end(&self) -> u64 {
        self.byte_offset + self.byte_length
    }
}

impl Diff {
    /// Puts a diff together. `bytes` and `originals` hold the bytes of all entries, one after the other.
    ///
    /// # Errors
    /// `DiffCorrupt` when it is none: shorter than its base; entries that are empty, overlap, do not ascend, end past the
    /// memory, cut an element or have no legal pair; bytes that are not as many as the entries say; originals that are
    /// not zero past the end of the base.
    pub(crate) fn from_parts(
        base: Base,
        author: Author,
        byte_length: u64,
        entries: Vec<Entry>,
        bytes: Vec<u8>,
        originals: Option<Vec<u8>>,
    ) -> Result<Self> {
        if byte_length < base.byte_length {
            return Err(corrupt(format!("{byte_length} bytes are fewer than the {} of the base", base.byte_length)));
        }
        let mut known_end = 0;
        let mut total = 0_u64;
        for entry in &entries {
            known_end = checked_end(entry, known_end, byte_length)?;
            // Entries do not overlap, so their lengths add up to `byte_length` at most.
            total += entry.byte_length;
        }
        if total != bytes.len() as u64 {
            return Err(corrupt(format!("the entries have {total} bytes, and {} are given", bytes.len())));
        }
        if let Some(originals) = &originals {
            if originals.len() != bytes.len() {
                return Err(corrupt(format!("{} bytes and {} originals", bytes.len(), originals.len())));
            }
            if !is_zero_from(base.byte_length, &entries, originals) {
                return Err(corrupt("an original past the end of the base is not zero".to_owned()));
            }
        }
        Ok(Self { base, author, byte_length, entries, bytes, originals })
    }

    /// The entries without their bytes, and all bytes of them, in the same order.
    pub(crate) fn parts(&self) -> (&[Entry], &[u8], Option<&[u8]>) {
        (&self.entries, &self.bytes, self.originals.as_deref())
    }
}

/// The end of an entry that may follow what ends at `known_end`.
fn checked_end(entry: &Entry, known_end: u64, byte_length: u64) -> Result<u64> {
    let complaint = |what: &str| corrupt(format!("the entry at {} {what}", entry.byte_offset));
    if entry.byte_length == 0 {
        return Err(complaint("is empty"));
    }
    if entry.byte_offset < known_end {
        return Err(complaint("does not lie behind the one before it"));
    }
    if entry.operation == Operation::Ignore || !entry.operation.is_legal_for(entry.element) {
        return Err(complaint(&format!("is of type {} and merged by {}", entry.element, entry.operation)));
    }
    if entry.byte_length % entry.element.byte_width() != 0 {
        return Err(complaint(&format!("cuts an element of type {}", entry.element)));
    }
    let end = entry.byte_offset.checked_add(entry.byte_length).filter(|end| *end <= byte_length);
    end.ok_or_else(|| complaint("ends past the end of the memory"))
}

/// Whether the originals of all bytes from `base_end` on are zero.
fn is_zero_from(base_end: u64, entries: &[Entry], originals: &[u8]) -> bool {
    let below: u64 = entries.iter().map(|entry| entry.byte_end().min(base_end).saturating_sub(entry.byte_offset)).sum();
    // At most as many as there are originals, which are in memory.
    let below = usize::try_from(below).unwrap_or(usize::MAX);
    originals[below..].iter().all(|byte| *byte == 0)
}

fn corrupt(message: String) -> Error {
    Error::new(ErrorKind::DiffCorrupt, message)
}
