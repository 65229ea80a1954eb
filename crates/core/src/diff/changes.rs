//! Which ranges a diff changes, and which two diffs both change.

use std::ops::Range;

use super::{Diff, DiffEntry};

impl Diff {
    /// The ranges of the elements that it changes, ascending, never touching each other. Where elements that did not
    /// change join two runs they are left out if the diff carries originals, or else they count as changed.
    #[must_use]
    pub fn changed_ranges(&self) -> Vec<Range<u64>> {
        let mut ranges = Vec::new();
        self.entries().for_each(|entry| add_changed(&entry, &mut ranges));
        ranges
    }

    /// The ranges that both diffs change, ascending, never touching each other. Both are made against one base; elements
    /// count as changed as in [`changed_ranges`](Self::changed_ranges), so the answer is exact when both carry originals
    /// or were made with a gap of 0, and names a few bytes too many otherwise.
    #[must_use]
    pub fn conflicts(&self, other: &Self) -> Vec<Range<u64>> {
        let (left, right) = (self.changed_ranges(), other.changed_ranges());
        let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
        let mut both = Vec::new();
        while let (Some(one), Some(two)) = (left.peek(), right.peek()) {
            add(one.start.max(two.start)..one.end.min(two.end), &mut both);
            if one.end <= two.end {
                left.next();
            } else {
                right.next();
            }
        }
        both
    }
}

fn add_changed(entry: &DiffEntry<'_>, ranges: &mut Vec<Range<u64>>) {
    let start = entry.byte_offset;
    let Some(original) = entry.original.filter(|_| !entry.exact) else {
        add(start..start + entry.bytes.len() as u64, ranges);
        return;
    };
    let width = entry.element.width();
    let elements = original.chunks_exact(width).zip(entry.bytes.chunks_exact(width));
    // In this order no offset behind the last element is asked for, which may be too large for a number.
    for ((o, u), at) in elements.zip((start..).step_by(width)) {
        if o != u {
            add(at..at + width as u64, ranges);
        }
    }
}

/// Adds a range behind all others; joins it with the last one when they touch.
fn add(range: Range<u64>, ranges: &mut Vec<Range<u64>>) {
    match ranges.last_mut() {
        _ if range.is_empty() => {}
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
}
