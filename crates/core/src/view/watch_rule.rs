//! When it pays to watch everything again.
//!
//! A hot page costs a copy in every reset, whether it was written or not. Watching all of them again ends the needless
//! copies, but then every page that is still in use costs a fault, and new needless copies begin to gather, because a guest
//! does not write to exactly the same pages in each cycle. So the question is not only what watching costs, but how long
//! it lasts:
//!
//! ```text
//!  cost of a reset                    r: what the needless copies cost now
//!    |        ........r........
//!    |    ....                        watching again pays when the mean cost over some number of
//!    | ...    needless copies         resets afterwards, faults included, is below r
//!    |/______________________ resets
//!     ^ watched
//! ```
//!
//! That is the rule of optimal replacement (Barlow and Proschan, "Mathematical Theory of Reliability", 1965): a machine
//! that wears out is replaced when its running cost reaches the mean cost of a machine's life. Going on costs faults as well,
//! for pages that become hot; but it does not wear out for ever: when all that the guest ever writes is hot, nothing becomes
//! worse any more, and so watching has to be cheaper than that, too. Because all that goes into it is estimated, half of
//! what watching costs must have been paid in needless copies, which bounds the loss of a wrong guess as in a ski rental (Karlin et
//! al., "Competitive snoopy caching", 1988).

/// What is known, all of it estimated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Estimate {
    /// Pages that are copied in each reset.
    pub(super) hot: usize,
    /// How many of them differ.
    pub(super) needed: usize,
    /// Pages of the memory.
    pub(super) pages: usize,
    /// Thousandths of a page that become hot from one reset to the next.
    pub(super) growth: usize,
    /// Of a thousand pages that differ, how many did not differ the last time.
    pub(super) turnover: usize,
    /// Thousandths of a page that become hot from one reset to the next while few are hot.
    pub(super) arrivals: usize,
    /// Nanoseconds of copying a page back.
    pub(super) copy_ns: usize,
    /// Nanoseconds of watching a page again: its share of arming, and its next fault.
    pub(super) watch_ns: usize,
    /// Nanoseconds of watching that do not depend on how many pages are hot.
    pub(super) call_ns: usize,
}

/// Numbers of resets that are considered as the time until everything is watched once more.
const LIVES: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 512.0];

/// How much cheaper one of two ways must be, for errors of the estimate not to matter.
const CLEAR_GAIN: f64 = 2.0;

/// Whether watching everything again pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Not even by the estimate.
    No,
    /// By less than the estimate may be wrong.
    Perhaps,
    /// By so much that it does.
    Clear,
}

impl Estimate {
    /// How having everything watched again, now and then, compares with going on.
    pub(super) fn verdict(&self) -> Verdict {
        let most = self.most_hot();
        let now = self.copies(self.hot) + real(self.growth) * real(self.watch_ns) / 1000.0;
        let going_on = now.min(self.copies(most));
        let gain = |resets| going_on * resets / self.cost_of_a_life(resets, most);
        match LIVES.into_iter().map(gain).fold(0.0, f64::max) {
            gain if gain > CLEAR_GAIN => Verdict::Clear,
            gain if gain > 1.0 => Verdict::Perhaps,
            _ => Verdict::No,
        }
    }

    /// What watching again costs that going on does not: faults for pages that are hot now and written in the next cycle.
    pub(super) fn price(&self) -> usize {
        self.call_ns + (self.needed - self.fresh() / 1000) * self.watch_ns
    }

    /// Nanoseconds of the needless copies of a reset when so many pages are hot.
    fn copies(&self, hot: usize) -> f64 {
        real(hot.saturating_sub(self.needed)) * real(self.copy_ns)
    }

    /// Thousandths of a page that a cycle writes and those before did not. A guest that does two things in turn writes other
    /// pages each time and nothing new; one that has just begun to do something else has written much that was new once.
    fn fresh(&self) -> usize {
        (self.needed * self.turnover).min(self.arrivals)
    }

    /// How many pages are hot in the end when nothing is ever watched again. Of the pages that a guest writes by chance, as
    /// many have been hot for long as those that it writes now tell.
    fn most_hot(&self) -> usize {
        let (fresh, pages) = (self.fresh(), self.pages.max(self.hot));
        if self.growth >= fresh {
            return if fresh == 0 { self.hot } else { pages };
        }
        let always = (self.needed * 1000).saturating_sub(fresh) / 1000;
        let most = (self.hot * fresh).saturating_sub(always * self.growth) / (fresh - self.growth);
        most.clamp(self.hot, pages)
    }

    /// Nanoseconds of watching everything now, and then so many resets until it is done again, where `most` pages can become
    /// hot. After k resets `m * (1 - exp(-k * fresh / m))` copies are needless, where m is the most of them.
    fn cost_of_a_life(&self, resets: f64, most: usize) -> f64 {
        let (most, fresh) = (real(most.saturating_sub(self.needed)), real(self.fresh()) / 1000.0);
        let later = resets - 1.0;
        let grown = if most > 0.0 { most * -(-later * fresh / most).exp_m1() } else { 0.0 };
        // The sum of it over the later resets, by the trapezoidal rule.
        let copies = if fresh > 0.0 { most * (later - grown / fresh) + grown / 2.0 } else { 0.0 };
        let first = real(self.call_ns) + real(self.needed) * real(self.watch_ns);
        first + grown * real(self.watch_ns) + copies * real(self.copy_ns)
    }
}

#[expect(clippy::cast_precision_loss, reason = "all of it is estimated")]
const fn real(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn estimate(hot: usize, needed: usize, turnover: usize, copy_ns: usize) -> Estimate {
        Estimate {
            pages: 1 << 24,
            hot,
            needed,
            growth: 0,
            turnover,
            arrivals: usize::MAX,
            copy_ns,
            watch_ns: 750,
            call_ns: 5_000,
        }
    }

    #[test]
    fn nothing_needless_is_left_alone() {
        for needed in [0, 1, 100, 8000] {
            assert!(estimate(needed, needed, 0, 250).verdict() == Verdict::No, "{needed}");
        }
    }

    #[test]
    fn a_burst_that_is_over_is_forgotten() {
        assert!(estimate(8000, 20, 0, 250).verdict() != Verdict::No);
        assert!(estimate(8000, 20, 1000, 250).verdict() != Verdict::No);
        assert!(estimate(8000, 4000, 0, 250).verdict() != Verdict::No);
    }

    #[test]
    fn a_few_pages_too_many_are_worth_it_only_if_the_rest_stays() {
        assert!(estimate(110, 100, 0, 250).verdict() != Verdict::No);
        assert!(estimate(110, 100, 200, 250).verdict() == Verdict::No);
    }

    /// Half of all pages in every cycle, half of those other ones each time: soon all are hot again, so why ask.
    #[test]
    fn what_would_be_hot_again_at_once_is_left_alone() {
        assert!(estimate(8192, 4096, 375, 250).verdict() == Verdict::No);
        assert!(estimate(1024, 256, 440, 80).verdict() == Verdict::No);
        assert!(estimate(64, 16, 230, 75).verdict() == Verdict::No);
    }

    /// A quarter of 1,024 pages among 8,192 is new in each cycle: watched again after some eight resets.
    #[test]
    fn slow_turnover_is_worth_it_after_some_resets() {
        let hot_when_worth = (1024..8192).find(|hot| estimate(*hot, 1024, 240, 250).verdict() != Verdict::No);
        assert!(hot_when_worth.is_some_and(|hot| (2000..4500).contains(&hot)), "{hot_when_worth:?}");
    }

    #[test]
    fn numbers_of_the_largest_memories_do_not_overflow() {
        assert!(estimate(1 << 24, 1 << 10, 1, 400).verdict() != Verdict::No);
        assert!(estimate(1 << 24, 1 << 24, 1000, 400).verdict() == Verdict::No);
    }
}
