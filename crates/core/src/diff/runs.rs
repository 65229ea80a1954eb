//! The entries of a diff while it is made.

use crate::rules::Coverage;
use crate::sys::processor::{Meanwhile, Stored, Underway, Width, prefer_huge_pages};

use super::{Contents, Entry};

/// A diff that may become longer than this is stored past the caches: they would not hold it, and would load first what it is
/// stored over.
const PAST_CACHES: usize = 4 << 20;

/// Entries with their bytes; the last one still grows.
pub(super) struct Runs<'a> {
    /// Of `bytes`, and therefore dropped before.
    underway: Underway,
    /// What the base has between two runs that are joined.
    contents: &'a dyn Contents,
    gap: u64,
    entries: Vec<Entry>,
    bytes: Vec<u8>,
    originals: Option<Vec<u8>>,
    past_caches: bool,
    /// Whether all of the piece of memory has changed that was looked at last: so will the next one, then.
    pub(super) is_dense: bool,
}

/// Changed elements that follow each other, maybe with some between them that did not change.
pub(super) struct Run<'a> {
    /// Where it begins in the memory.
    pub(super) byte_offset: u64,
    /// What it becomes, and what the base has there.
    pub(super) updated: &'a [u8],
    pub(super) base: &'a [u8],
    /// Whether all elements changed.
    pub(super) exact: bool,
}

impl<'a> Runs<'a> {
    /// Joins runs of one stretch that at most `gap` bytes lie between.
    pub(super) fn new(contents: &'a dyn Contents, gap: u64, originals: bool) -> Self {
        let originals = if originals { Some(Vec::new()) } else { None };
        let underway = Underway::default();
        let (entries, bytes) = (Vec::new(), Vec::new());
        Self { underway, contents, gap, entries, bytes, originals, past_caches: false, is_dense: false }
    }

    /// Keeps what is added from being moved while it grows up to so many bytes, as far as there is room.
    pub(super) fn reserve(&mut self, byte_length: usize) {
        self.past_caches = byte_length > PAST_CACHES;
        for bytes in std::iter::once(&mut self.bytes).chain(&mut self.originals) {
            // Without room it grows as it has to.
            let _ = bytes.try_reserve(byte_length);
            if self.past_caches {
                prefer_huge_pages(bytes);
            }
        }
    }

    /// The largest number of bytes that may join two runs.
    pub(super) const fn gap(&self) -> u64 {
        self.gap
    }

    /// Whether the bytes of the base are kept.
    pub(super) const fn keeps_originals(&self) -> bool {
        self.originals.is_some()
    }

    /// Adds a run behind all others. It lies in `stretch`, and does not touch another run but to continue it.
    pub(super) fn push(&mut self, stretch: &Coverage, run: &Run<'_>) {
        let byte_length = run.updated.len() as u64;
        match self.entries.last_mut().filter(|last| last.byte_offset >= stretch.byte_offset) {
            Some(last) if run.byte_offset - last.byte_end() <= self.gap => {
                let from = last.byte_end();
                last.byte_length = run.byte_offset - last.byte_offset + byte_length;
                last.exact &= run.exact && from == run.byte_offset;
                self.bridge(from, run.byte_offset);
            }
            _ => self.entries.push(Entry {
                byte_offset: run.byte_offset,
                byte_length,
                element: stretch.element,
                operation: stretch.operation,
                exact: run.exact,
            }),
        }
        self.bytes.extend_from_slice(run.updated);
        if let Some(originals) = &mut self.originals {
            originals.extend_from_slice(run.base);
        }
    }

    /// Stores `updated`, which follows the last run, and has `look` look at each piece of it meanwhile. How much
    /// of it belongs to the run may be said afterwards. `None` without a run.
    #[inline(always)]
    pub(super) fn grow<'g>(
        &'g mut self,
        width: Width,
        base: &'g [u8],
        updated: &[u8],
        look: &mut impl Meanwhile,
    ) -> Option<Growth<'g>> {
        let last = self.entries.last_mut()?;
        let stored = Stored::new(width, &mut self.bytes, updated, self.past_caches, look);
        Some(Growth { last, stored, base, originals: self.originals.as_mut() })
    }

    /// The entries, their bytes, and the originals if they were asked for.
    pub(super) fn finish(mut self) -> (Vec<Entry>, Vec<u8>, Option<Vec<u8>>) {
        drop(self.underway);
        self.entries.shrink_to_fit();
        give_back(&mut self.bytes);
        self.originals.iter_mut().for_each(give_back);
        (self.entries, self.bytes, self.originals)
    }

    /// Adds the bytes from `from` up to `to`, which did not change.
    fn bridge(&mut self, from: u64, to: u64) {
        if from == to {
            return;
        }
        let start = self.bytes.len();
        // More than a `usize` counts cannot be allocated either, and ends in the same way.
        self.bytes.resize(start.saturating_add(usize::try_from(to - from).unwrap_or(usize::MAX)), 0);
        self.contents.read(from, &mut self.bytes[start..]);
        if let Some(originals) = &mut self.originals {
            originals.extend_from_slice(&self.bytes[start..]);
        }
    }
}

/// Bytes that may belong to the last run.
pub(super) struct Growth<'g> {
    last: &'g mut Entry,
    stored: Stored<'g>,
    base: &'g [u8],
    originals: Option<&'g mut Vec<u8>>,
}

impl Growth<'_> {
    /// The first so many do. `exact`: whether all of their elements changed.
    #[inline]
    pub(super) fn keep(self, byte_length: usize, exact: bool) {
        self.stored.keep(byte_length);
        self.last.byte_length += byte_length as u64;
        self.last.exact &= exact;
        if let Some(originals) = self.originals {
            originals.extend_from_slice(&self.base[..byte_length]);
        }
    }
}

/// Gives back what is not used, if that is much. A little would only make a hole that nothing of the size fits into again, and
/// the next diff would get pages that the system has to fill with zeros first.
fn give_back(bytes: &mut Vec<u8>) {
    if bytes.len() < bytes.capacity() - bytes.capacity() / 8 {
        bytes.shrink_to_fit();
    }
}
