//! Two diffs, one after the other, as one.

use std::iter::Peekable;

use crate::error::{Error, ErrorKind, Result};
use crate::rules::Coverage;

use super::ahead::Ahead;
use super::runs::{Run, Runs};
use super::scan::Scan;
use super::{Diff, DiffEntry, DiffOptions};

impl Diff {
    /// The diff that leads where this one and then `second` lead; `second` was made against what this one leads to. It has
    /// the base and the author of this one, and originals if both carry them. Then elements that `second` puts back are
    /// not changed any more; without originals they stay in the diff, and the merge recognises them.
    ///
    /// # Errors
    /// `SizeMismatch` when the base of `second` is not as long as what this one leads to, `StaleBase` when the two were
    /// made with different rules.
    pub fn compose(&self, second: &Self) -> Result<Self> {
        if second.base.byte_length != self.byte_length {
            let message = format!(
                "the first diff leads to {} bytes, the second begins with {}",
                self.byte_length, second.base.byte_length
            );
            return Err(Error::new(ErrorKind::SizeMismatch, message));
        }
        if second.base.revision != self.base.revision {
            return Err(other_rules());
        }
        let originals = self.originals.is_some() && second.originals.is_some();
        let nothing: &[u8] = &[];
        // Chains are apart, and what lies between the runs of one is in it, so nothing has to be read to join them.
        let mut runs = Runs::new(&nothing, DiffOptions::default().gap, originals);
        let (mut first, mut then) = (self.entries().peekable(), second.entries().peekable());
        while let Some(chain) = Chain::next(&mut first, &mut then)? {
            chain.add_to(&mut runs);
        }
        let (entries, bytes, originals) = runs.finish();
        Self::from_parts(self.base, self.author, second.byte_length, entries, bytes, originals)
    }
}

/// Entries of both diffs that overlap one another, and so lie in one region.
struct Chain {
    stretch: Coverage,
    bytes: Vec<u8>,
    /// As long as `bytes` if all entries have them.
    originals: Vec<u8>,
    is_exact: bool,
}

impl Chain {
    /// The chain that begins with the next entry of either; `None` when there is none.
    fn next<'a>(
        first: &mut Peekable<impl Iterator<Item = DiffEntry<'a>>>,
        second: &mut Peekable<impl Iterator<Item = DiffEntry<'a>>>,
    ) -> Result<Option<Self>> {
        let mut chain: Option<Self> = None;
        loop {
            let next_first = first.peek().map_or(u64::MAX, |entry| entry.byte_offset);
            let next_second = second.peek().map_or(u64::MAX, |entry| entry.byte_offset);
            let (from_first, start) = (next_first <= next_second, next_first.min(next_second));
            if chain.as_ref().is_some_and(|chain| start >= chain.stretch.byte_end()) {
                return Ok(chain);
            }
            let Some(entry) = (if from_first { first.next() } else { second.next() }) else { return Ok(chain) };
            match &mut chain {
                None => chain = Some(Self::begin(&entry)),
                Some(chain) => chain.lay(&entry, !from_first)?,
            }
        }
    }

    fn begin(entry: &DiffEntry<'_>) -> Self {
        Self {
            stretch: Coverage {
                byte_offset: entry.byte_offset,
                byte_length: entry.bytes.len() as u64,
                element: entry.element,
                operation: entry.operation,
            },
            bytes: entry.bytes.to_vec(),
            originals: entry.original.unwrap_or_default().to_vec(),
            is_exact: entry.exact,
        }
    }

    /// Adds an entry that begins inside the chain: over what is there if it `wins`, else under it. The originals are those
    /// of the first diff, wherever it has any: what the second one has there is what the first one made of them.
    fn lay(&mut self, entry: &DiffEntry<'_>, wins: bool) -> Result<()> {
        let width = entry.element.byte_width();
        let distance = entry.byte_offset - self.stretch.byte_offset;
        let kinds = (self.stretch.element, self.stretch.operation);
        if kinds != (entry.element, entry.operation) || !distance.is_multiple_of(width) {
            return Err(other_rules());
        }
        // The chain is in memory, and the entry begins inside it.
        let start = usize::try_from(distance).unwrap_or(usize::MAX);
        let shared = (self.bytes.len() - start).min(entry.bytes.len());
        if wins {
            self.bytes[start..start + shared].copy_from_slice(&entry.bytes[..shared]);
        } else if let Some(original) = entry.original.filter(|_| self.originals.len() == self.bytes.len()) {
            self.originals[start..start + shared].copy_from_slice(&original[..shared]);
        }
        self.bytes.extend_from_slice(&entry.bytes[shared..]);
        if let Some(original) = entry.original {
            self.originals.extend_from_slice(&original[shared..]);
        }
        self.stretch.byte_length = self.bytes.len() as u64;
        self.is_exact = false;
        Ok(())
    }

    fn add_to(&self, runs: &mut Runs<'_>) {
        let byte_offset = self.stretch.byte_offset;
        if runs.keeps_originals() {
            Scan::new(runs, &self.stretch, byte_offset, &self.originals, &self.bytes, &Ahead::NOTHING).find();
        } else {
            runs.push(&self.stretch, &Run { byte_offset, updated: &self.bytes, base: &[], exact: self.is_exact });
        }
    }
}

fn other_rules() -> Error {
    Error::new(ErrorKind::StaleBase, "the two diffs were made with different merge rules")
}
