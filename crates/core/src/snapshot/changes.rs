//! What was written between two versions, for a peer that has the earlier one.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use super::byte_ranges::ByteRanges;
use super::version::Version;
use crate::page_set::PageRun;
use crate::sys;

/// Changes of more versions than these are not remembered.
const VERSIONS_MAX: usize = 1024;
/// Nor more ranges than these, 1 MiB.
const RANGES_MAX: usize = 65_536;

/// The ranges that the latest versions have changed.
#[derive(Debug)]
pub(super) struct ChangeLog {
    /// The oldest version from which all changes are known.
    since: u64,
    /// What the version after `since` changed, and each one after that.
    steps: VecDeque<ByteRanges>,
    range_count: usize,
}

impl ChangeLog {
    /// Of a snapshot that has this version and remembers nothing before it.
    pub(super) const fn new(version: u64) -> Self {
        Self { since: version, steps: VecDeque::new(), range_count: 0 }
    }

    /// Takes in what the next version changed.
    pub(super) fn push(&mut self, changed: ByteRanges) {
        self.range_count += changed.ranges().len();
        self.steps.push_back(changed);
        while self.steps.len() > VERSIONS_MAX || self.range_count > RANGES_MAX {
            let Some(oldest) = self.steps.pop_front() else { return };
            self.range_count -= oldest.ranges().len();
            self.since += 1;
        }
    }

    /// The ranges that the versions after `from` have changed; `None` when that is not known any more.
    pub(super) fn after(&self, from: u64) -> Option<ByteRanges> {
        let known = usize::try_from(from.checked_sub(self.since)?).ok()?;
        let steps = self.steps.iter().skip(known);
        Some(steps.flat_map(|changed| changed.ranges().iter().cloned()).collect())
    }
}

/// What a peer with version `from` needs to have the current one. The bytes are those of that version, however the snapshot
/// changes meanwhile.
#[derive(Debug, Clone)]
pub struct Changes {
    from: u64,
    version: Arc<Version>,
    is_full: bool,
    ranges: Vec<Range<u64>>,
}

impl Changes {
    pub(super) fn new(from: u64, version: Arc<Version>, known: Option<ByteRanges>) -> Self {
        let image = version.image();
        let page = sys::page_size().bytes() as u64;
        let is_full = known.is_none();
        let known = known.unwrap_or_else(|| {
            image.stored().runs().iter().map(|run| run.start as u64 * page..run.end as u64 * page).collect()
        });
        let ranges = known.below(image.byte_length() as u64);
        Self { from, version, is_full, ranges }
    }

    /// The version that the peer has.
    #[must_use]
    pub const fn from(&self) -> u64 {
        self.from
    }

    /// The version that it will have.
    #[must_use]
    pub fn to(&self) -> u64 {
        self.version.number()
    }

    /// Length in bytes of that version. A peer that has fewer continues with zeros, one that has more cuts them off.
    #[must_use]
    pub fn byte_length(&self) -> u64 {
        self.version.image().byte_length() as u64
    }

    /// Whether this is the whole image, because `from` is too long ago: everything outside the ranges is zero then.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.is_full
    }

    /// The ranges that were written, ascending, never touching.
    #[must_use]
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }

    /// The bytes of the ranges, ascending; those of one range in several pieces where they do not lie together. Nothing is
    /// copied.
    pub fn parts(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let page = sys::page_size().bytes();
        self.ranges.iter().flat_map(move |range| {
            // All of it lies in the image, which is mapped.
            let [start, end] = [range.start, range.end].map(|offset| usize::try_from(offset).unwrap_or(usize::MAX));
            let pages = PageRun { start: start / page, end: end.div_ceil(page) };
            self.version.image().parts(pages).map(move |(part, bytes)| {
                let first = part.start * page;
                let (from, to) = (start.max(first), end.min(first + bytes.len()));
                (from as u64, &bytes[from - first..to - first])
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_much_is_remembered() {
        let mut log = ChangeLog::new(5);
        assert_eq!(log.after(5), Some(ByteRanges::default()));
        assert_eq!(log.after(4), None, "before the snapshot was opened");
        for step in 0..VERSIONS_MAX as u64 + 2 {
            log.push(std::iter::once(step * 10..step * 10 + 5).collect());
        }
        assert_eq!((log.after(5), log.after(6)), (None, None));
        assert_eq!(log.after(7).map(|ranges| ranges.ranges().len()), Some(VERSIONS_MAX));
        let latest = VERSIONS_MAX as u64 + 7;
        assert_eq!(log.after(latest - 1).map(|ranges| ranges.ranges().len()), Some(1));
        assert_eq!(log.after(latest), Some(ByteRanges::default()));
    }

    #[test]
    fn one_step_with_too_many_ranges_is_not_remembered() {
        let mut log = ChangeLog::new(0);
        log.push((0..RANGES_MAX as u64 + 1).map(|index| index * 2..index * 2 + 1).collect());
        assert_eq!((log.after(0), log.after(1)), (None, Some(ByteRanges::default())));
    }
}
