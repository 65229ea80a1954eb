//! A set of pages, kept as runs.

/// Consecutive pages: indices from `start` up to, not including, `end`. Never empty inside a [`PageSet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRun {
    /// Index of the first page.
    pub start: usize,
    /// Index after the last page.
    pub end: usize,
}

impl PageRun {
    /// How many pages the run has.
    #[must_use]
    pub const fn page_count(self) -> usize {
        self.end - self.start
    }
}

/// Page indices in ascending order, as maximal runs: sorted, disjoint, never touching.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageSet {
    runs: Vec<PageRun>,
    page_count: usize,
}

impl PageSet {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self { runs: Vec::new(), page_count: 0 }
    }

    /// The pages `0..page_count`.
    #[must_use]
    pub fn all(page_count: usize) -> Self {
        let mut set = Self::new();
        set.push(PageRun { start: 0, end: page_count });
        set
    }

    /// Adds a run that begins at or after everything already in the set; joins it with the last run when they
    /// touch. An empty run adds nothing.
    ///
    /// # Panics
    /// When the run begins before the end of the set: runs come from one ascending walk, so that is a bug.
    pub fn push(&mut self, run: PageRun) {
        if run.start >= run.end {
            return;
        }
        match self.runs.last_mut() {
            Some(last) if last.end == run.start => last.end = run.end,
            Some(last) if last.end > run.start => panic!("page runs must be pushed in ascending order"),
            _ => self.runs.push(run),
        }
        self.page_count += run.page_count();
    }

    /// Adds a run wherever it belongs. O(runs behind it).
    pub fn insert(&mut self, run: PageRun) {
        if run.start >= run.end {
            return;
        }
        let first = self.runs.partition_point(|known| known.end < run.start);
        let after = self.runs.partition_point(|known| known.start <= run.end);
        let joined = &self.runs[first..after];
        let start = joined.first().map_or(run.start, |known| known.start.min(run.start));
        let end = joined.last().map_or(run.end, |known| known.end.max(run.end));
        let known: usize = joined.iter().map(|known| known.page_count()).sum();
        self.runs.splice(first..after, [PageRun { start, end }]);
        self.page_count += end - start - known;
    }

    /// Removes everything, keeps the allocation.
    pub fn clear(&mut self) {
        self.runs.clear();
        self.page_count = 0;
    }

    /// The runs, ascending.
    #[must_use]
    pub fn runs(&self) -> &[PageRun] {
        &self.runs
    }

    /// How many pages the set has.
    #[must_use]
    pub const fn page_count(&self) -> usize {
        self.page_count
    }

    /// Whether the set has no pages.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.page_count == 0
    }

    /// The smallest run that covers the whole set; `None` when it is empty.
    #[must_use]
    pub fn span(&self) -> Option<PageRun> {
        let first = self.runs.first()?;
        let last = self.runs.last()?;
        Some(PageRun { start: first.start, end: last.end })
    }

    /// The parts of the set that lie in `run`, ascending. O(log runs) to find the first.
    pub fn within(&self, run: PageRun) -> impl Iterator<Item = PageRun> + '_ {
        let first = self.runs.partition_point(|known| known.end <= run.start);
        self.runs[first..]
            .iter()
            .take_while(move |known| known.start < run.end)
            .map(move |known| PageRun { start: known.start.max(run.start), end: known.end.min(run.end) })
            .filter(|part| part.start < part.end)
    }

    /// The pages that are in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut runs = [self.runs.as_slice(), other.runs.as_slice()].concat();
        runs.sort_unstable_by_key(|run| run.start);
        let mut union = Self::new();
        for run in runs {
            let known = union.runs.last().map_or(0, |last| last.end);
            union.push(PageRun { start: run.start.max(known), end: run.end });
        }
        union
    }

    /// The pages of this set that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut difference = Self::new();
        let mut taken = other.runs.iter().copied().peekable();
        for run in &self.runs {
            let mut start = run.start;
            while let Some(hole) = taken.peek().copied().filter(|hole| hole.start < run.end) {
                difference.push(PageRun { start, end: hole.start.max(start) });
                start = start.max(hole.end).min(run.end);
                if hole.end > run.end {
                    break;
                }
                taken.next();
            }
            difference.push(PageRun { start, end: run.end });
        }
        difference
    }

    /// The pages that are in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.difference(&self.difference(other))
    }

    /// The first `count` pages of the set, all of it if it has no more.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        let mut left = count;
        let mut first = Self::new();
        for run in &self.runs {
            let taken = run.page_count().min(left);
            first.push(PageRun { start: run.start, end: run.start + taken });
            left -= taken;
        }
        first
    }

    /// The pages of the set below `end`.
    #[must_use]
    pub fn below(&self, end: usize) -> Self {
        self.runs.iter().map(|run| PageRun { start: run.start.min(end), end: run.end.min(end) }).collect()
    }

    /// Whether `page` is in the set. O(log runs).
    #[must_use]
    pub fn contains(&self, page: usize) -> bool {
        let after = self.runs.partition_point(|run| run.end <= page);
        self.runs.get(after).is_some_and(|run| run.start <= page)
    }

    /// Every page index, ascending.
    pub fn pages(&self) -> impl Iterator<Item = usize> + '_ {
        self.runs.iter().flat_map(|run| run.start..run.end)
    }
}

impl FromIterator<PageRun> for PageSet {
    fn from_iter<I: IntoIterator<Item = PageRun>>(runs: I) -> Self {
        let mut set = Self::new();
        runs.into_iter().for_each(|run| set.push(run));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn from_pages(pages: &BTreeSet<usize>) -> PageSet {
        pages.iter().map(|&page| PageRun { start: page, end: page + 1 }).collect()
    }

    proptest! {
        #[test]
        fn behaves_like_a_set_of_indices(pages in proptest::collection::btree_set(0_usize..200, 0..120)) {
            let set = from_pages(&pages);
            prop_assert_eq!(set.page_count(), pages.len());
            prop_assert_eq!(set.pages().collect::<BTreeSet<_>>(), pages.clone());
            for page in 0..201 {
                prop_assert_eq!(set.contains(page), pages.contains(&page));
            }
            for pair in set.runs().windows(2) {
                prop_assert!(pair[0].end < pair[1].start, "runs are maximal");
            }
            prop_assert_eq!(set.span().map(|span| span.start), pages.first().copied());
        }
    }

    proptest! {
        #[test]
        fn unites(left in proptest::collection::btree_set(0_usize..100, 0..60),
                  right in proptest::collection::btree_set(0_usize..100, 0..60)) {
            let expected = from_pages(&left.union(&right).copied().collect());
            prop_assert_eq!(from_pages(&left).union(&from_pages(&right)), expected);
        }
    }

    proptest! {
        #[test]
        fn subtracts_intersects_and_cuts(left in proptest::collection::btree_set(0_usize..100, 0..60),
                                         right in proptest::collection::btree_set(0_usize..100, 0..60),
                                         count in 0_usize..110) {
            let (set, other) = (from_pages(&left), from_pages(&right));
            prop_assert_eq!(set.difference(&other), from_pages(&(&left - &right)));
            prop_assert_eq!(set.intersection(&other), from_pages(&(&left & &right)));
            prop_assert_eq!(set.first(count), from_pages(&left.iter().copied().take(count).collect()));
            prop_assert_eq!(set.below(count), from_pages(&left.iter().copied().filter(|page| *page < count).collect()));
        }
    }

    proptest! {
        #[test]
        fn takes_runs_in_any_order(runs in proptest::collection::vec((0_usize..100, 0_usize..12), 0..30),
                                   start in 0_usize..120, count in 0_usize..30) {
            let mut set = PageSet::new();
            let mut expected = BTreeSet::new();
            for (start, count) in runs {
                set.insert(PageRun { start, end: start + count });
                expected.extend(start..start + count);
                prop_assert_eq!(&set, &from_pages(&expected));
            }
            let within: PageSet = set.within(PageRun { start, end: start + count }).collect();
            let inside = expected.iter().copied().filter(|page| (start..start + count).contains(page)).collect();
            prop_assert_eq!(within, from_pages(&inside));
        }
    }

    #[test]
    fn empty_runs_add_nothing() {
        let mut set = PageSet::new();
        set.push(PageRun { start: 3, end: 3 });
        set.insert(PageRun { start: 3, end: 3 });
        assert!(set.is_empty());
        assert_eq!(PageSet::all(0), PageSet::new());
        assert_eq!(PageSet::all(7).page_count(), 7);
    }
}
