//! How many of the pages that a reset copies really differ, judged by a few of them.
//!
//! Before they are copied, some pages are compared with the image, and count for all. The same ones are compared again in
//! the next reset, which shows how fast the guest changes its ways. A page that was written with what it held before
//! counts as needless: watching such pages and copying them cost about the same (measured with CPython, whose reference
//! counts go up and down and whose garbage collector marks and unmarks), and fewer copies are the better half of that
//! bargain.

use crate::page_set::PageSet;

/// One page in so many is compared, but no more than a few of a large set.
const PAGES_PER_SAMPLE: usize = 32;
const SAMPLES_MAX: usize = 8;
/// A page that was needed and one that was not, which nobody has seen: few samples must not mean that nothing is needed.
const UNSEEN: usize = PAGES_PER_SAMPLE;
/// While nothing was needless, only one reset in so many is sampled.
const RESETS_PER_SAMPLE_MAX: usize = 8;

/// What the samples have shown.
#[derive(Debug)]
pub(super) struct Samples {
    /// Copies of pages that differed from the image, and of pages that did not: means that fade with time.
    needed: usize,
    needless: usize,
    /// Of the pages that were compared in two resets running: how many differed in the second, how many in that alone.
    differed: usize,
    differed_newly: usize,
    latest: Vec<Sample>,
    /// Whether `latest` is to be compared once more.
    again: bool,
    /// Resets from one sample to the next, and until the next.
    every: usize,
    wait: usize,
    /// Pages of the last set.
    pages: usize,
    chance: Chance,
}

/// A page that was compared, and the pages that it stands for.
#[derive(Debug, Clone, Copy)]
struct Sample {
    page: usize,
    weight: usize,
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
            needed: 0,
            needless: 0,
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
        if changed.page_count() > self.pages {
            self.every = 1;
            self.wait = 0;
        }
        self.pages = changed.page_count();
        if self.wait > 0 {
            self.wait -= 1;
            return;
        }
        if self.again {
            self.compare_again(changed, differs);
            self.wait = self.every - 1;
        } else {
            self.choose(changed, differs);
        }
        self.again = !self.again && !self.latest.is_empty();
    }

    /// Of every `step` runs one is looked at, one page of it, which counts for all pages of so many runs.
    fn choose(&mut self, changed: &PageSet, differs: impl Fn(usize) -> bool) {
        self.latest.clear();
        let runs = changed.runs();
        let stood_for = changed.page_count().min(SAMPLES_MAX * PAGES_PER_SAMPLE);
        let step = (runs.len() * PAGES_PER_SAMPLE).checked_div(stood_for).unwrap_or(1).max(1);
        for block in (0..runs.len()).step_by(step) {
            if let Some(run) = runs.get(block + self.chance.below(step)) {
                let page = run.start + self.chance.below(run.page_count());
                self.latest.push(Sample { page, weight: step * run.page_count(), differed: differs(page) });
            }
        }
        self.count();
    }

    fn compare_again(&mut self, changed: &PageSet, differs: impl Fn(usize) -> bool) {
        let mut samples = std::mem::take(&mut self.latest);
        for sample in &mut samples {
            let before = std::mem::replace(&mut sample.differed, changed.contains(sample.page) && differs(sample.page));
            self.differed += usize::from(sample.differed);
            self.differed_newly += usize::from(sample.differed && !before);
        }
        if self.differed > 1024 {
            self.differed /= 2;
            self.differed_newly /= 2;
        }
        self.latest = samples;
        self.count();
    }

    /// Takes in the latest samples; what older ones said fades.
    fn count(&mut self) {
        let weigh = |differed: bool| -> usize {
            self.latest.iter().filter(|sample| sample.differed == differed).map(|sample| sample.weight).sum()
        };
        let (needed, needless) = (weigh(true), weigh(false));
        self.every = if needless == 0 { (self.every * 2).min(RESETS_PER_SAMPLE_MAX) } else { 1 };
        self.needed = self.needed - self.needed / 8 + needed;
        self.needless = self.needless - self.needless / 8 + needless;
    }

    /// Of `count` pages, how many are needed; `None` while none seems needless.
    pub(super) fn needed_of(&self, count: usize) -> Option<usize> {
        let all = self.needed + self.needless + 2 * UNSEEN;
        (self.needless > 0).then(|| count * (self.needed + UNSEEN) / all)
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
        (self.needed, self.needless, self.every, self.wait, self.pages) = (0, 0, 1, 0, 0);
    }
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
        assert!((200..800).contains(&needed), "{needed} of 1000");
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
