//! What holds for each byte of a memory once masks and gaps are taken into account.

use std::ops::Range;

use super::element::ElementType;
use super::operation::Operation;
use super::table::MergeRules;

/// A stretch of a memory that is merged in one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Coverage {
    /// Offset of its first byte.
    pub byte_offset: u64,
    /// Its length in bytes, at least 1.
    pub byte_length: u64,
    /// What the bytes mean; raw in gaps and where they are ignored.
    pub element: ElementType,
    /// How they are merged.
    pub operation: Operation,
}

impl Coverage {
    /// Offset after the last byte.
    pub(crate) const fn byte_end(&self) -> u64 {
        self.byte_offset + self.byte_length
    }

    /// The bytes from `start` up to `end` as one stretch of opaque bytes.
    pub(super) const fn raw(start: u64, end: u64, operation: Operation) -> Self {
        Self { byte_offset: start, byte_length: end - start, element: ElementType::Raw, operation }
    }
}

/// The stretches in a range, ascending, without holes between them.
pub(super) fn within(rules: &MergeRules, range: Range<u64>) -> impl Iterator<Item = Coverage> + '_ {
    let mut next = range.start;
    std::iter::from_fn(move || {
        let found = rules.stretch_at(next).filter(|_| next < range.end)?;
        let (start, end) = (next, found.byte_end().min(range.end));
        next = end;
        Some(Coverage { byte_offset: start, byte_length: end - start, ..found })
    })
}
