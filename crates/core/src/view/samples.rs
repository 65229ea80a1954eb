//! How many of the pages that a reset copies really differ, judged by a few of them.
//!
//! Before they are copied, some pages are compared with the image, and count for all. The same ones are compared again in
//! the next reset, which shows how fast the guest changes its ways. A page that was written with what it held before
//! counts as needless: watching such pages and copying them cost about the same (measured with CPython, whose reference
//! counts go up and down and whose garbage collector marks and unmarks), and fewer copies are the better half of that
//! bargain.
//!
//! Pages that were not in the set before need no sample: they were written just now. How many a reset finds is therefore
//! known exactly, and after everything was watched that is what a cycle writes.

use crate::page_set::PageSet;

/// One page in so many is compared, but no more than a few of a large set.
const PAGES_PER_SAMPLE: usize = 32;
const SAMPLES_MAX: usize = 8;
/// The mean is that of so many looks, or of more where each of them saw only a few pages.
const LOOKS_MIN: usize = 8;
const SAMPLES_REMEMBERED: usize = 32;
/// Pairs of looks that the turnover is taken from.
const PAIRS: usize = 256;
/// Resets that the growth is taken from.
const RESETS_OF_GROWTH: usize = 4;
/// Resets from one pair of looks to the next, at most, so that looking is not felt: while some pages are needless, and while
/// none is.
const RESETS_PER_PAIR_MAX: usize = 8;
const RESETS_PER_PAIR_WITHOUT_NEED: usize = 16;
/// Means are kept in parts of a page.
const PARTS: usize = 1024;

/// What the samples have shown.
#[derive(Debug)]
pub(super) struct Samples {
    /// Parts of pages that differ from the image: the mean of so many looks.
    differing: usize,
    looks: usize,
    /// Parts of pages that a reset finds and the one before did not: a mean that fades.
    growth: usize,
    /// Of two resets running: pages that differed in the second, and those of them that did not in the first. Sums that
    /// fade.
    differed: usize,
    differed_newly: usize,
    latest: Vec<Sample>,
    /// Whether `latest` is to be compared once more.
    again: bool,
    /// Resets from one pair of looks to the next, and until the next.
    every: usize,
    wait: usize,
    /// Pages of the last set.
    pages: usize,
    chance: Chance,
}

/// A page that was compared, and how many it stands for.
#[derive(Debug, Clone, Copy)]
struct Sample {
    page: usize,
    stands_for: usize,
    differed: bool,
}

/// Knuth's linear congruential generator of MMIX: no pattern of a guest's pages keeps step with it.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Chance(u64);

impl Chance {
    /// A number below `bound`, which is not 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }
}

impl Default for Samples {
    fn default() -> Self {
        Self {
            differing: 0,
            looks: 0,
            growth: 0,
            differed: 0,
            differed_newly: 0,
            latest: Vec::new(),
            again: false,
            every: 1,
            wait: 0,
            pages: 0,
            chance: Chance::default(),
        }
    }
}

impl Samples {
    /// Before `changed` is copied back: estimates how many of its pages really differ.
    pub(super) fn look(&mut self, changed: &PageSet, differs: impl Fn(usize) -> bool) {
        let pages = changed.page_count();
        let new = pages.saturating_sub(self.pages);
        if self.pages > 0 {
            self.growth = self.growth - self.growth / RESETS_OF_GROWTH + new * PARTS / RESETS_OF_GROWTH;
        }
        if new * PARTS > self.differing {
            // So many differ at least. That counts as much as a look at some pages.
            self.differing = new * PARTS;
            self.looks = SAMPLES_MAX / samples_of(pages);
            (self.every, self.wait) = (1, 0);
        }
        self.pages = pages;
        if self.wait > 0 {
            self.wait -= 1;
        } else if self.again {
            self.compare_again(changed, new, differs);
            let none_needless = self.needed_of(pages).is_none();
            let most = if none_needless { RESETS_PER_PAIR_WITHOUT_NEED } else { RESETS_PER_PAIR_MAX };
            self.every = (self.every * 2).min(most);
            self.wait = self.every - 1;
            self.again = false;
        } else {
            self.choose(changed, differs);
            self.again = !self.latest.is_empty();
        }
    }

    /// Divides the set into equal parts, and looks at one page of each, which counts for all of them.
    fn choose(&mut self, changed: &PageSet, differs: impl Fn(usize) -> bool) {
        self.latest.clear();
        let count = samples_of(self.pages);
        let (mut runs, mut passed) = (changed.runs(), 0);
        for part in 0..count {
            let (start, end) = (part * self.pages / count, (part + 1) * self.pages / count);
            let stands_for = end - start;
            let chosen = start + self.chance.below(stands_for);
            while let [run, rest @ ..] = runs
                && passed + run.page_count() <= chosen
            {
                passed += run.page_count();
                runs = rest;
            }
            let Some(run) = runs.first() else { break };
            let page = run.start + chosen - passed;
            self.latest.push(Sample { page, stands_for, differed: differs(page) });
        }
        self.count(0);
    }

    fn compare_again(&mut self, changed: &PageSet, new: usize, differs: impl Fn(usize) -> bool) {
        let (mut differed, mut newly) = (new, new);
        for sample in &mut self.latest {
            let before = std::mem::replace(&mut sample.differed, changed.contains(sample.page) && differs(sample.page));
            if sample.differed {
                differed += sample.stands_for;
                newly += if before { 0 } else { sample.stands_for };
            }
        }
        self.differed = self.differed - self.differed / PAIRS + differed;
        self.differed_newly = self.differed_newly - self.differed_newly / PAIRS + newly;
        self.count(new);
    }

    /// Takes in the latest samples, and `new` pages that they do not stand for.
    fn count(&mut self, new: usize) {
        let differed = self.latest.iter().filter(|sample| sample.differed).map(|sample| sample.stands_for);
        let seen = (differed.sum::<usize>() + new) * PARTS;
        let most = SAMPLES_REMEMBERED / self.latest.len().max(1);
        self.looks = (self.looks + 1).min(most.max(LOOKS_MIN));
        self.differing = self.differing - self.differing / self.looks + seen / self.looks;
    }

    /// How many of so many pages are needed; `None` while none seems needless.
    pub(super) fn needed_of(&self, pages: usize) -> Option<usize> {
        let needed = (self.differing + PARTS / 2) / PARTS;
        (self.looks > 0 && needed < pages).then_some(needed)
    }

    /// How many thousandths of a page a reset finds that were not in the set before.
    pub(super) const fn growth(&self) -> usize {
        self.growth * 1000 / PARTS
    }

    /// Of a thousand pages that differ, how many did not the last time. Four samples that nobody took say that it is every
    /// fourth, until there are real ones.
    pub(super) const fn turnover(&self) -> usize {
        (self.differed_newly + 1) * 1000 / (self.differed + 4)
    }

    /// Forgets which pages are needed, because other ones are looked at from now on.
    pub(super) fn forget(&mut self) {
        self.latest.clear();
        self.again = false;
        (self.differing, self.looks, self.every, self.wait, self.pages) = (0, 0, 1, 0, 0);
    }
}

/// How many pages of a set are looked at: at least one of any.
fn samples_of(pages: usize) -> usize {
    pages.div_ceil(PAGES_PER_SAMPLE).min(SAMPLES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page_set::PageRun;

    #[test]
    fn a_long_run_counts_for_its_pages() {
        let mut samples = Samples::default();
        (0..50).for_each(|_| samples.look(&PageSet::all(1000), |page| page < 500));
        let needed = samples.needed_of(1000).expect("some are needless");
        assert!((350..650).contains(&needed), "{needed} of 1000");
    }

    #[test]
    fn what_is_new_was_written() {
        let mut samples = Samples::default();
        samples.look(&PageSet::all(20), |_| true);
        assert_eq!(samples.needed_of(20), None);
        (0..400).for_each(|_| samples.look(&PageSet::all(20), |page| page < 5));
        let needed = samples.needed_of(20).expect("most are needless");
        assert!((1..12).contains(&needed), "{needed}");
        // Without a look at any of them.
        samples.look(&PageSet::all(1020), |_| true);
        assert!(samples.needed_of(1020).is_none_or(|needed| needed >= 1000), "{samples:?}");
    }

    #[test]
    fn growth_is_counted() {
        let mut samples = Samples::default();
        (1..=100).for_each(|reset| samples.look(&PageSet::all(100 + 3 * reset), |_| true));
        assert!((2900..=3000).contains(&samples.growth()), "{}", samples.growth());
        (0..100).for_each(|_| samples.look(&PageSet::all(400), |_| true));
        assert!(samples.growth() < 10, "{}", samples.growth());
    }

    #[test]
    fn turnover_tells_restless_guests_from_steady_ones() {
        let pages: PageSet = (0..1000).map(|page| PageRun { start: page * 2, end: page * 2 + 1 }).collect();
        let (mut steady, mut restless, mut chance) = (Samples::default(), Samples::default(), Chance::default());
        for _ in 0..200 {
            steady.look(&pages, |page| page < 500);
            let others = chance.below(1 << 30);
            restless.look(&pages, |page| (page * 7919 + others) % 1009 < 250);
        }
        assert!(steady.turnover() < 20, "{}", steady.turnover());
        assert!((600..900).contains(&restless.turnover()), "{}", restless.turnover());
    }

    #[test]
    fn what_is_always_needed_is_rarely_looked_at() {
        let (mut samples, mut looks) = (Samples::default(), std::cell::Cell::new(0));
        for _ in 0..800 {
            samples.look(&PageSet::all(64), |_| {
                looks.set(looks.get() + 1);
                true
            });
        }
        assert!((50..400).contains(looks.get_mut()), "{looks:?}");
        assert_eq!(samples.needed_of(64), None);
    }
}
