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
//! that wears out is replaced when its running cost reaches the mean cost of a machine's life. Because all that goes into
//! it is estimated, it must also have been paid in needless copies what watching costs, which bounds the loss of a wrong
//! guess to that of a ski rental (Karlin et al., "Competitive snoopy caching", 1988).

/// What is known, all of it estimated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Estimate {
    /// Pages that are copied in each reset.
    pub(super) hot: usize,
    /// How many of them differ.
    pub(super) needed: usize,
    /// Of a thousand pages that differ, how many did not differ the last time.
    pub(super) turnover: usize,
    /// Nanoseconds of copying a page back.
    pub(super) copy_ns: usize,
    /// Nanoseconds of watching a page again: its share of arming, and its next fault.
    pub(super) watch_ns: usize,
    /// Nanoseconds of watching that do not depend on how many pages are hot.
    pub(super) call_ns: usize,
}

/// Numbers of resets that are considered as the time until everything is watched once more.
const LIVES: [usize; 7] = [1, 2, 4, 8, 32, 128, 512];

impl Estimate {
    /// Whether the needless copies cost more than having everything watched again, from now on.
    pub(super) fn is_worth_watching(&self) -> bool {
        let needless = self.hot.saturating_sub(self.needed) * self.copy_ns;
        LIVES.into_iter().any(|resets| self.cost_of_a_life(resets) < needless * resets)
    }

    /// What watching again costs at least: the pages of one cycle.
    pub(super) const fn price(&self) -> usize {
        self.call_ns + self.needed * self.watch_ns
    }

    /// Watching everything now, and then so many resets until it is done again.
    fn cost_of_a_life(&self, resets: usize) -> usize {
        let fresh = self.needed * self.turnover;
        let touched = (self.needed + fresh * (resets - 1) / 1000).min(self.hot);
        // After k resets fresh * k needless copies, until all that is hot now is hot again.
        let most = self.hot.saturating_sub(self.needed);
        let growing = (most * 1000).checked_div(fresh).map_or(resets, |growing| growing.min(resets - 1));
        let copies = fresh * growing * (growing + 1) / 2000 + most * (resets - 1).saturating_sub(growing);
        let copies = if fresh == 0 { 0 } else { copies };
        self.call_ns + touched * self.watch_ns + copies * self.copy_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn estimate(hot: usize, needed: usize, turnover: usize, copy_ns: usize) -> Estimate {
        Estimate { hot, needed, turnover, copy_ns, watch_ns: 750, call_ns: 5_000 }
    }

    #[test]
    fn nothing_needless_is_left_alone() {
        for needed in [0, 1, 100, 8000] {
            assert!(!estimate(needed, needed, 0, 250).is_worth_watching(), "{needed}");
        }
    }

    #[test]
    fn a_burst_that_is_over_is_forgotten() {
        assert!(estimate(8000, 20, 0, 250).is_worth_watching());
        assert!(estimate(8000, 20, 1000, 250).is_worth_watching());
        assert!(estimate(8000, 4000, 0, 250).is_worth_watching());
    }

    #[test]
    fn a_few_pages_too_many_are_worth_it_only_if_the_rest_stays() {
        assert!(estimate(110, 100, 0, 250).is_worth_watching());
        assert!(!estimate(110, 100, 200, 250).is_worth_watching());
    }

    /// Half of all pages in every cycle, half of those other ones each time: soon all are hot again, so why ask.
    #[test]
    fn what_would_be_hot_again_at_once_is_left_alone() {
        assert!(!estimate(8192, 4096, 375, 250).is_worth_watching());
        assert!(!estimate(1024, 256, 440, 80).is_worth_watching());
        assert!(!estimate(64, 16, 230, 75).is_worth_watching());
    }

    /// A quarter of 1,024 pages among 8,192 is new in each cycle: watched again after some eight resets.
    #[test]
    fn slow_turnover_is_worth_it_after_some_resets() {
        let hot_when_worth = (1024..8192).find(|hot| estimate(*hot, 1024, 240, 250).is_worth_watching());
        assert!(hot_when_worth.is_some_and(|hot| (2000..4500).contains(&hot)), "{hot_when_worth:?}");
    }

    #[test]
    fn numbers_of_the_largest_memories_do_not_overflow() {
        assert!(estimate(1 << 24, 1 << 10, 1, 400).is_worth_watching());
        assert!(!estimate(1 << 24, 1 << 24, 1000, 400).is_worth_watching());
    }
}
