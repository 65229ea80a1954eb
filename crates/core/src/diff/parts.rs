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
    if !entry.byte_length.is_multiple_of(entry.element.byte_width()) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const AUTHOR: Author = Author { origin: 1, sequence: 2 };

    fn base(byte_length: u64) -> Base {
        Base { id: Uuid::nil(), version: 0, revision: 0, byte_length }
    }

    fn entry(byte_offset: u64, byte_length: u64, element: ElementType, operation: Operation) -> Entry {
        Entry { byte_offset, byte_length, element, operation, exact: true }
    }

    fn raw(byte_offset: u64, byte_length: u64) -> Entry {
        entry(byte_offset, byte_length, ElementType::Raw, Operation::Overwrite)
    }

    fn kind(byte_length: u64, entries: Vec<Entry>, count: usize, originals: Option<Vec<u8>>) -> Option<ErrorKind> {
        let made = Diff::from_parts(base(20), AUTHOR, byte_length, entries, vec![1; count], originals);
        made.err().map(|error| error.kind())
    }

    #[test]
    fn parts_come_out_as_they_went_in() {
        let entries = vec![raw(0, 3), raw(3, 1), entry(18, 8, ElementType::I32, Operation::Max)];
        let mut originals = vec![7; 6];
        originals.resize(12, 0);
        let diff = Diff::from_parts(base(20), AUTHOR, 26, entries.clone(), vec![1; 12], Some(originals.clone()));
        let diff = diff.expect("sound parts");
        assert_eq!(diff.parts(), (&entries[..], &[1; 12][..], Some(&originals[..])));
        assert_eq!((diff.base(), diff.author(), diff.byte_length()), (base(20), AUTHOR, 26));
        assert_eq!(kind(20, vec![], 0, None), None);
        assert_eq!(kind(20, vec![], 0, Some(vec![])), None);
    }

    // W8: entries at or past the end, and entries without bytes.
    #[test]
    fn parts_that_make_no_diff_are_refused() {
        let sum = |at, length| entry(at, length, ElementType::F64, Operation::Sum);
        for (byte_length, entries, count) in [
            (19, vec![], 0),
            (20, vec![raw(20, 1)], 1),
            (20, vec![raw(19, 2)], 2),
            (20, vec![raw(u64::MAX, 1)], 1),
            (20, vec![raw(u64::MAX - 1, u64::MAX)], 1),
            (20, vec![raw(3, 0)], 0),
            (20, vec![raw(3, 2), raw(4, 2)], 4),
            (20, vec![raw(8, 2), raw(4, 2)], 4),
            (20, vec![raw(4, 2), raw(4, 2)], 4),
            (20, vec![sum(0, 7)], 7),
            (20, vec![entry(0, 4, ElementType::F32, Operation::Xor)], 4),
            (20, vec![entry(0, 4, ElementType::Raw, Operation::Ignore)], 4),
            (20, vec![entry(0, 1, ElementType::Bool, Operation::Sum)], 1),
            (20, vec![raw(0, 4)], 3),
            (20, vec![raw(0, 4)], 5),
            (20, vec![], 1),
            (u64::MAX, vec![raw(0, u64::MAX)], 1),
        ] {
            let entries_text = format!("{entries:?}");
            assert_eq!(kind(byte_length, entries, count, None), Some(ErrorKind::DiffCorrupt), "{entries_text}");
        }
        for originals in [vec![], vec![0; 3], vec![0, 0, 0, 1], vec![0, 0, 1, 0], vec![0; 5]] {
            let text = format!("{originals:?}");
            assert_eq!(kind(30, vec![raw(18, 4)], 4, Some(originals)), Some(ErrorKind::DiffCorrupt), "{text}");
        }
        assert_eq!(kind(30, vec![raw(18, 4)], 4, Some(vec![9, 9, 0, 0])), None);
    }
}
