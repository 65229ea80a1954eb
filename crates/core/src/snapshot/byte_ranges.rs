//! Sets of byte offsets, kept as ranges.
#![forbid(unsafe_code)]

use std::ops::Range;

/// Ranges in ascending order, none of them empty, never touching.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ByteRanges {
    list: Vec<Range<u64>>,
}

impl ByteRanges {
    /// Adds a range wherever it belongs. O(ranges behind it).
    pub(super) fn insert(&mut self, range: Range<u64>) {
        if range.is_empty() {
            return;
        }
        let first = self.list.partition_point(|known| known.end < range.start);
        let after = self.list.partition_point(|known| known.start <= range.end);
        let joined = &self.list[first..after];
        let start = joined.first().map_or(range.start, |known| known.start.min(range.start));
        let end = joined.last().map_or(range.end, |known| known.end.max(range.end));
        self.list.splice(first..after, std::iter::once(start..end));
    }

    /// The parts of `range` that are in none of these.
    pub(super) fn missing(&self, range: Range<u64>) -> Vec<Range<u64>> {
        let first = self.list.partition_point(|known| known.end <= range.start);
        let mut missing = Vec::new();
        let mut next = range.start;
        for known in self.list[first..].iter().take_while(|known| known.start < range.end) {
            missing.push(next..known.start);
            next = known.end;
        }
        missing.push(next..range.end);
        missing.retain(|part| part.start < part.end);
        missing
    }

    /// What of it lies below `end`.
    pub(super) fn below(&self, end: u64) -> Vec<Range<u64>> {
        let below = self.list.iter().take_while(|range| range.start < end);
        below.map(|range| range.start..range.end.min(end)).collect()
    }

    pub(super) fn ranges(&self) -> &[Range<u64>] {
        &self.list
    }
}

impl FromIterator<Range<u64>> for ByteRanges {
    /// O(n log n), also for the ranges of a thousand versions, one after the other.
    fn from_iter<I: IntoIterator<Item = Range<u64>>>(ranges: I) -> Self {
        let mut ranges: Vec<Range<u64>> = ranges.into_iter().filter(|range| !range.is_empty()).collect();
        ranges.sort_by_key(|range| range.start);
        ranges.dedup_by(|next, last| {
            let joined = next.start <= last.end;
            if joined {
                last.end = last.end.max(next.end);
            }
            joined
        });
        Self { list: ranges }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn behave_like_a_set(ranges in proptest::collection::vec((0_u64..100, 0_u64..12), 0..30),
                             start in 0_u64..110, length in 0_u64..40) {
            let all: ByteRanges = ranges.iter().map(|(start, length)| *start..start + length).collect();
            let set: BTreeSet<u64> = ranges.iter().flat_map(|(start, length)| *start..start + length).collect();
            prop_assert_eq!(all.ranges().iter().cloned().flatten().collect::<BTreeSet<_>>(), set.clone());
            for pair in all.ranges().windows(2) {
                prop_assert!(pair[0].end < pair[1].start);
            }
            let missing: Vec<u64> = all.missing(start..start + length).into_iter().flatten().collect();
            prop_assert_eq!(missing, (start..start + length).filter(|at| !set.contains(at)).collect::<Vec<_>>());
            let below: Vec<u64> = all.below(start).into_iter().flatten().collect();
            prop_assert_eq!(below, set.iter().copied().filter(|at| *at < start).collect::<Vec<_>>());
        }
    }
}
