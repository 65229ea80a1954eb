//! Which bytes are never merged: the union of all regions to be ignored.

use std::ops::Range;

/// Disjoint ranges, ascending, never touching.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Masks {
    ranges: Vec<Range<u64>>,
}

impl Masks {
    /// Adds a range, which may overlap others. O(ranges behind it).
    pub(super) fn insert(&mut self, range: Range<u64>) {
        let first = self.ranges.partition_point(|known| known.end < range.start);
        let after = self.ranges.partition_point(|known| known.start <= range.end);
        let joined = &self.ranges[first..after];
        let start = joined.first().map_or(range.start, |known| known.start.min(range.start));
        let end = joined.last().map_or(range.end, |known| known.end.max(range.end));
        self.ranges.splice(first..after, std::iter::once(start..end));
    }

    /// The range that holds this byte, else the first one behind it.
    pub(super) fn at_or_after(&self, byte_offset: u64) -> Option<&Range<u64>> {
        self.ranges.get(self.ranges.partition_point(|known| known.end <= byte_offset))
    }

    /// Where the last range that ends at or before this byte ends; 0 when there is none.
    pub(super) fn end_before(&self, byte_offset: u64) -> u64 {
        let before = self.ranges.partition_point(|known| known.end <= byte_offset);
        before.checked_sub(1).map_or(0, |last| self.ranges[last].end)
    }

    /// Removes everything.
    pub(super) fn clear(&mut self) {
        self.ranges.clear();
    }
}
