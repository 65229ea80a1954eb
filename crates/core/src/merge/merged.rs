//! The outcome of a merge.

use std::ops::Range;

use crate::rules::ElementType;

use super::changed_runs::changed_runs;

/// What several diffs make of their base: its new length, and the elements that become others. Owns their bytes.
///
/// ```text
///  runs   | offset, length | …     ascending; each begins and ends with an element that becomes another, and has less
///           |            \         than 128 bytes in a row that stay as they are
///  bytes  |##############|…        the new bytes, run after run; past the end of the base everything else is zero
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    byte_length: u64,
    runs: Vec<Run>,
    bytes: Vec<u8>,
    without_effect: u64,
    diff_count: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    byte_offset: u64,
    byte_length: usize,
}

impl Merged {
    pub(super) fn new(byte_length: u64, diff_count: usize) -> Self {
        Self { byte_length, runs: Vec::new(), bytes: Vec::new(), without_effect: 0, diff_count }
    }

    /// Adds what became of some elements of the base. They come in ascending order.
    pub(super) fn add(&mut self, element: ElementType, byte_offset: u64, original: &[u8], merged: &[u8]) {
        changed_runs(element, original, merged, |run| {
            let byte_offset = byte_offset + run.start as u64;
            let byte_length = run.len();
            self.bytes.extend_from_slice(&merged[run]);
            match self.runs.last_mut() {
                Some(last) if last.end() == byte_offset => last.byte_length += byte_length,
                _ => self.runs.push(Run { byte_offset, byte_length }),
            }
        });
    }

    pub(super) fn add_without_effect(&mut self, count: u64) {
        self.without_effect += count;
    }

    /// Length in bytes of the merged state: the largest of the base's and the diffs'.
    #[must_use]
    pub const fn byte_length(&self) -> u64 {
        self.byte_length
    }

    /// The elements that become others: their offsets and new bytes, ascending. Those with less than 128 bytes between them may
    /// come as one run, which has those as well. Nothing is copied.
    pub fn runs(&self) -> impl Iterator<Item = (u64, &[u8])> + '_ {
        let mut next = 0;
        self.runs.iter().map(move |run| {
            let start = next;
            next += run.byte_length;
            (run.byte_offset, &self.bytes[start..next])
        })
    }

    /// Where they are, ascending; no two ranges touch.
    pub fn ranges(&self) -> impl Iterator<Item = Range<u64>> + '_ {
        self.runs.iter().map(|run| run.byte_offset..run.end())
    }

    /// How many bytes the runs have together.
    #[must_use]
    pub fn changed_byte_length(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// How many changed elements had no effect: those that moved the other way under max, min, and, or, and those that
    /// came later under first-writer.
    #[must_use]
    pub const fn without_effect(&self) -> u64 {
        self.without_effect
    }

    /// How many diffs were merged.
    #[must_use]
    pub const fn diff_count(&self) -> usize {
        self.diff_count
    }
}

impl Run {
    const fn end(self) -> u64 {
        self.byte_offset + self.byte_length as u64
    }
}
