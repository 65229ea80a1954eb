//! How many of the pages that resets put back had really changed, and how fast a guest changes its ways.
//!
//! Every page is compared while it is put back, so the numbers are exact. A page that was written with what it held before
//! counts as needless: watching such pages and comparing them cost about the same (measured with CPython, whose reference
//! counts go up and down and whose garbage collector marks and unmarks), and fewer of them are the better half of that
//! bargain. Only of pages that were not in the set before is known that they were written: they count in any case.

use crate::page_set::{PageRun, PageSet};

/// The mean of what is needed is that of so many resets.
const RESETS_OF_NEED: usize = 8;
/// Pairs of looks that the turnover is taken from.
const PAIRS: usize = 256;
/// Resets that the growth is taken from.
const RESETS_OF_GROWTH: usize = 8;
/// Resets right after everything was watched that arrivals are counted in, until there are so many pages: the more are hot
/// already, the fewer of those that a guest writes are new. And how many such resets are remembered.
const RESETS_OF_ARRIVALS: usize = RESETS_OF_NEED;
const ARRIVALS_MAX: usize = 16;
const ARRIVALS_REMEMBERED: usize = 64;
/// Resets from one pair of looks to the next, at most, so that looking is not felt.
const RESETS_PER_PAIR_MAX: usize = 16;
/// Means are kept in parts of a page.
const PARTS: usize = 1024;

/// Which of the pages that a reset puts back had changed: how many, and if that is wanted, which.
#[derive(Debug, Default)]
pub(super) struct Differing {
    count: usize,
    pages: Option<PageSet>,
}

impl Differing {
    /// Takes in one page after the other, ascending.
    #[inline(always)]
    pub(super) fn see(&mut self, page: usize, differs: bool) {
        self.count += usize::from(differs);
        if differs && let Some(pages) = &mut self.pages {
            pages.push(PageRun { start: page, end: page + 1 });
        }
    }
}

/// What the resets have shown.
#[derive(Debug, Default)]
pub(super) struct Demand {
    /// Parts of pages that had changed: the mean of so many resets.
    needed: usize,
    resets: usize,
    /// Parts of pages that a reset finds and the one before did not: a mean that fades.
    growth: usize,
    /// Pages that resets right after everything was watched have found and the ones before had not, and those resets. Sums that
    /// fade.
    arrived: usize,
    arrival_resets: usize,
    /// Those of them since everything was watched last.
    arriving: usize,
    /// Of two resets running: pages that had changed in the second, and those of them that had not in the first. Sums that
    /// fade.
    changed: usize,
    changed_newly: usize,
    /// The first of two looks at which pages have changed.
    look: Option<PageSet>,
    /// Resets from one pair of looks to the next, and until the next.
    every: usize,
    wait: usize,
    /// Pages of the last set.
    pages: usize,
}

impl Demand {
    /// What the next reset is to fill in.
    pub(super) fn question(&self) -> Differing {
        let wants_pages = self.look.is_some() || self.wait == 0;
        Differing { count: 0, pages: wants_pages.then(PageSet::new) }
    }

    /// Takes in that a reset has put so many pages back, and which of them had changed. How many were needed.
    pub(super) fn take(&mut self, pages: usize, Differing { count, pages: changed }: Differing) -> usize {
        let new = pages.saturating_sub(self.pages);
        let needed = count.max(new);
        if self.pages > 0 {
            self.growth = self.growth - self.growth.div_ceil(RESETS_OF_GROWTH) + new * PARTS / RESETS_OF_GROWTH;
            if self.resets < RESETS_OF_ARRIVALS && self.arriving < ARRIVALS_MAX {
                self.arriving += new;
                self.arrived += new;
                self.arrival_resets += 1;
            }
        }
        self.pages = pages;
        self.resets = (self.resets + 1).min(RESETS_OF_NEED);
        self.needed = self.needed - self.needed / self.resets + needed * PARTS / self.resets;
        self.wait = self.wait.saturating_sub(1);
        match (changed, self.look.take()) {
            (Some(changed), Some(before)) => {
                let newly = changed.difference(&before).page_count();
                self.changed = self.changed - self.changed / PAIRS + changed.page_count();
                self.changed_newly = self.changed_newly - self.changed_newly / PAIRS + newly;
                self.wait_longer();
            }
            // Right after everything was watched, in case that it will be again soon.
            (Some(changed), None) if needed < pages || self.resets == 1 => self.look = Some(changed),
            // Where nothing is needless, nobody asks how long that will last.
            (Some(_), None) => self.wait_longer(),
            (None, _) => {}
        }
        needed
    }

    fn wait_longer(&mut self) {
        self.every = (self.every * 2).clamp(2, RESETS_PER_PAIR_MAX);
        self.wait = self.every;
    }

    /// How many pages are needed in a reset: the mean.
    pub(super) const fn needed(&self) -> usize {
        (self.needed + PARTS / 2) / PARTS
    }

    /// How many thousandths of a page a reset finds that were not in the set before.
    pub(super) const fn growth(&self) -> usize {
        self.growth * 1000 / PARTS
    }

    /// How many thousandths of a page a reset finds that were not in the set before, while the set is still about as small as it
    /// was when everything had just been watched. One page that nobody saw is counted besides.
    pub(super) const fn arrivals(&self) -> usize {
        (self.arrived + 1) * 1000 / (self.arrival_resets + 1)
    }

    /// Of a thousand pages that have changed, how many had not the last time. Four pages that nobody saw say that it is every
    /// fourth, until there are real ones.
    pub(super) const fn turnover(&self) -> usize {
        (self.changed_newly + 1) * 1000 / (self.changed + 4)
    }

    /// Forgets which pages are needed, because other ones are looked at from now on.
    pub(super) fn forget(&mut self) {
        self.look = None;
        if self.arrival_resets >= ARRIVALS_REMEMBERED {
            (self.arrived, self.arrival_resets) = (self.arrived / 2, self.arrival_resets / 2);
        }
        (self.needed, self.resets, self.pages, self.arriving) = (0, 0, 0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::chance::Chance;
    use super::*;

    /// A reset of pages of which these had changed. Whether it was asked which.
    fn reset(demand: &mut Demand, pages: usize, changed: &PageSet) -> bool {
        let mut differing = demand.question();
        changed.pages().for_each(|page| differing.see(page, true));
        let wanted = differing.pages.is_some();
        demand.take(pages, differing);
        wanted
    }

    fn resets(demand: &mut Demand, count: usize, pages: usize, changed: usize) -> usize {
        (0..count).filter(|_| reset(demand, pages, &PageSet::all(changed))).count()
    }

    #[test]
    fn the_mean_is_exact_and_follows() {
        let mut demand = Demand::default();
        resets(&mut demand, 50, 1000, 500);
        assert_eq!(demand.needed(), 500);
        resets(&mut demand, 50, 1000, 20);
        assert!((20..25).contains(&demand.needed()), "{}", demand.needed());
    }

    #[test]
    fn growth_is_counted() {
        let mut demand = Demand::default();
        for turn in 1..=100 {
            resets(&mut demand, 1, 100 + 3 * turn, 100);
        }
        assert!((2900..=3000).contains(&demand.growth()), "{}", demand.growth());
        resets(&mut demand, 100, 400, 100);
        assert!(demand.growth() < 10, "{}", demand.growth());
    }

    #[test]
    fn turnover_tells_restless_guests_from_steady_ones() {
        let (mut steady, mut restless, mut chance) = (Demand::default(), Demand::default(), Chance::default());
        for _ in 0..800 {
            reset(&mut steady, 1000, &PageSet::all(500));
            let others = chance.below(1 << 30);
            let written = (0..1000).filter(|page| (page * 7919 + others) % 1009 < 250);
            reset(&mut restless, 1000, &written.map(|page| PageRun { start: page, end: page + 1 }).collect());
        }
        assert!(steady.turnover() < 20, "{}", steady.turnover());
        assert!((600..900).contains(&restless.turnover()), "{}", restless.turnover());
    }

    #[test]
    fn arrivals_are_counted_while_few_pages_are_hot() {
        let mut demand = Demand::default();
        for _ in 0..3 {
            for turn in 0..50 {
                reset(&mut demand, 10 + turn / 2, &PageSet::all(10));
            }
            demand.forget();
        }
        assert!((450..=550).contains(&demand.arrivals()), "every second reset: {}", demand.arrivals());
        let mut demand = Demand::default();
        for pages in [100, 150, 170, 175] {
            reset(&mut demand, pages, &PageSet::all(100));
        }
        assert_eq!(demand.arrivals(), 51_000 / 2, "only the first of them");
        // What is remembered fades.
        (0..30).for_each(|_| {
            resets(&mut demand, 8, 10, 10);
            demand.forget();
        });
        assert!(demand.arrivals() < 100, "{}", demand.arrivals());
    }

    #[test]
    fn what_is_new_was_written() {
        let mut demand = Demand::default();
        assert_eq!(demand.take(20, Differing::default()), 20);
        assert_eq!(demand.take(25, Differing::default()), 5);
        assert_eq!(demand.take(25, Differing { count: 7, pages: None }), 7);
        demand.forget();
        assert_eq!(demand.take(25, Differing::default()), 25);
    }

    #[test]
    fn it_is_rarely_asked_which() {
        let mut demand = Demand::default();
        assert!(resets(&mut demand, 800, 64, 32) < 150);
        assert!(resets(&mut demand, 800, 64, 64) < 80);
    }
}
