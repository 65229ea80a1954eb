//! Several lists of entries as one sequence of short ranges, each with all that lies in it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::diff::DiffEntry;

/// About how long a window is: all buffers of a merge together stay in the second cache.
const WINDOW_BYTES: u64 = 32 << 10;
/// Entries no farther apart share a window: reading so many bytes more costs less than asking once more.
const JOINED_BYTES: u64 = 64;

/// A part of an entry, with whole elements.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece<'a> {
    /// Which of the lists it is from.
    pub(super) list: usize,
    pub(super) entry: DiffEntry<'a>,
}

/// A range with all pieces that lie in it, in the order of their lists.
#[derive(Debug, Default)]
pub(super) struct Window<'a> {
    pub(super) byte_offset: u64,
    pub(super) byte_end: u64,
    pub(super) pieces: Vec<Piece<'a>>,
    /// Whether any of them overlap.
    pub(super) overlapping: bool,
}

/// Walks over all lists at once. Entries that overlap must have their elements at the same places.
pub(super) struct Windows<'a, I> {
    lists: Vec<I>,
    /// What is left of the entry that each list has come to.
    current: Vec<Option<DiffEntry<'a>>>,
    /// Its offset, and the list, for each list that has one.
    next: BinaryHeap<Reverse<(u64, usize)>>,
}

impl<'a, I: Iterator<Item = DiffEntry<'a>>> Windows<'a, I> {
    pub(super) fn new(mut lists: Vec<I>) -> Self {
        let current: Vec<_> = lists.iter_mut().map(Iterator::next).collect();
        let offset =
            |(list, entry): (usize, &Option<DiffEntry<'a>>)| Some(Reverse((entry.as_ref()?.byte_offset, list)));
        let next = current.iter().enumerate().filter_map(offset).collect();
        Self { lists, current, next }
    }

    /// Fills the next window; `false` when there is none.
    pub(super) fn fill(&mut self, window: &mut Window<'a>) -> bool {
        window.pieces.clear();
        window.overlapping = false;
        let Some(Reverse((start, _))) = self.next.peek().copied() else { return false };
        let limit = start.saturating_add(WINDOW_BYTES);
        window.byte_offset = start;
        window.byte_end = start;
        while let Some(Reverse((offset, list))) = self.next.peek().copied() {
            if offset >= limit || offset > window.byte_end.saturating_add(JOINED_BYTES) {
                break;
            }
            self.next.pop();
            let Some(entry) = self.take(list, limit - offset) else { continue };
            window.overlapping |= offset < window.byte_end;
            window.byte_end = window.byte_end.max(offset + entry.bytes.len() as u64);
            window.pieces.push(Piece { list, entry });
        }
        if window.overlapping {
            // Stable, so the pieces of one list stay ascending.
            window.pieces.sort_by_key(|piece| piece.list);
        }
        true
    }

    /// Takes the elements of the current entry that begin within so many bytes.
    fn take(&mut self, list: usize, byte_length: u64) -> Option<DiffEntry<'a>> {
        let entry = self.current[list].take()?;
        let taken_bytes = byte_length.checked_next_multiple_of(entry.element.byte_width());
        let taken_bytes = taken_bytes.and_then(|bytes| usize::try_from(bytes).ok()).unwrap_or(usize::MAX);
        let (taken, rest) = split(entry, taken_bytes.min(entry.bytes.len()));
        self.current[list] = if rest.bytes.is_empty() { self.lists[list].next() } else { Some(rest) };
        if let Some(next) = &self.current[list] {
            self.next.push(Reverse((next.byte_offset, list)));
        }
        Some(taken)
    }
}

/// The first bytes of an entry, and the others.
pub(super) fn split(entry: DiffEntry<'_>, at: usize) -> (DiffEntry<'_>, DiffEntry<'_>) {
    let (bytes, later_bytes) = entry.bytes.split_at(at);
    let (original, later_original) = entry.original.map(|original| original.split_at(at)).unzip();
    let later = entry.byte_offset + at as u64;
    (
        DiffEntry { bytes, original, ..entry },
        DiffEntry { byte_offset: later, bytes: later_bytes, original: later_original, ..entry },
    )
}
