//! What resets have cost, faults included: measured, because estimates can be wrong by as much as the two ways differ.
//!
//! ```text
//!  cost of a reset
//!    |\                 .  .  .  settled: what going on costs, when the hot set has grown for as long as it does
//!    | \          ____/
//!    |  \____----'      -- -- -- the mean of this epoch so far, which is what watching again costs a reset
//!    |_____________________ resets since everything was watched
//! ```
//!
//! Watching again pays if an epoch that ended where its mean was least would have cost less a reset than going on. (Of the whole
//! epoch the mean rises towards what going on costs, the longer one waits, and tells nothing.) The first epoch is longer
//! than it would have to be, in order to see what going on leads to.

/// Resets after which an epoch can tell what going on costs.
const RESETS_UNTIL_SETTLED: usize = 8;
/// Settled means that faults cost less than this share of a reset, for some time.
const FAULTS_SHARE: usize = 8;
/// Watching must gain this share of what going on costs: faults slow a guest down in other ways besides.
const LEAST_GAIN_SHARE: usize = 32;
/// The mean of what going on costs is that of so many resets.
const RESETS_REMEMBERED: usize = 8;
/// One long epoch in so many, and how many times as much it may cost in needless copies before it ends.
const EPOCHS_PER_LONG_ONE: usize = 64;
const PATIENCE: usize = 4;
/// Resets after which an epoch has nothing to tell of the guest as it is now, so that watching is tried again: doubled with each
/// try that has not paid.
const RESETS_PER_TRY: usize = 256;
const DOUBLINGS_MAX: usize = 6;

/// Nanoseconds of resets, the faults for pages that they found included.
#[derive(Debug, Default)]
pub(super) struct Experience {
    /// Of one when nothing is watched again; `None` until the hot set has been let grow for long enough.
    settled: Option<usize>,
    /// Of this epoch so far, with what it took to have everything watched.
    spent: usize,
    resets: usize,
    /// The least that the mean of this epoch has been so far.
    least_mean: usize,
    /// Of the latest reset, without faults.
    latest: usize,
    /// How many pages a reset needed when everything was watched last.
    needed: usize,
    epochs: usize,
    failures: usize,
}

impl Experience {
    /// How many times the price of watching must have been paid in needless copies before it is thought of.
    pub(super) const fn patience(&self) -> usize {
        if self.epochs.is_multiple_of(EPOCHS_PER_LONG_ONE) { PATIENCE } else { 1 }
    }

    /// Takes in a reset, what the faults for the pages that it found have cost before, and what they cost in the mean of late.
    pub(super) fn took(&mut self, reset_ns: usize, faults_ns: usize, mean_faults_ns: usize) {
        let before = std::mem::replace(&mut self.latest, reset_ns);
        // What takes longer than the one before was disturbed, or else the next one shows that it was not.
        let undisturbed = if before > 0 { reset_ns.min(before) } else { reset_ns };
        self.spent = self.spent.saturating_add(undisturbed).saturating_add(faults_ns);
        self.resets += 1;
        let mean = self.spent / self.resets;
        self.least_mean = if self.resets <= 2 { mean } else { self.least_mean.min(mean) };
        if self.resets > RESETS_UNTIL_SETTLED && mean_faults_ns.saturating_mul(FAULTS_SHARE) < reset_ns {
            let cost = undisturbed.saturating_add(mean_faults_ns);
            self.settled =
                Some(self.settled.map_or(cost, |mean| mean - mean / RESETS_REMEMBERED + cost / RESETS_REMEMBERED));
        }
    }

    /// Whether to go on, because that costs no more than watching again, now that a reset needs so many pages.
    pub(super) fn advises_against(&self, needed: usize) -> bool {
        let is_another_guest = needed.abs_diff(self.needed) > self.needed / 4;
        let dearer = self.settled.is_some_and(|going_on| self.least_mean >= going_on - going_on / LEAST_GAIN_SHARE);
        self.epochs > 0 && !is_another_guest && !self.is_old() && dearer
    }

    /// The epoch ends, because everything is watched again; a reset needed so many pages.
    pub(super) fn end_epoch(&mut self, needed: usize) {
        self.failures = if self.epochs > 0 && self.is_old() { self.failures + 1 } else { 0 };
        self.needed = needed;
        self.epochs += 1;
        self.begin_epoch();
    }

    /// An epoch begins, whatever became of the one before.
    pub(super) const fn begin_epoch(&mut self) {
        // The first reset of an epoch is dearer than those before.
        (self.spent, self.resets, self.least_mean, self.latest) = (0, 0, 0, 0);
    }

    fn is_old(&self) -> bool {
        self.resets >= RESETS_PER_TRY << self.failures.min(DOUBLINGS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An epoch of so many resets of this cost each, the first one dearer. Settles after 30 of them.
    fn epoch(experience: &mut Experience, resets: usize, first: usize, each: usize) {
        let faults = if resets > 30 { 0 } else { each };
        experience.took(each, first - each, first);
        (1..resets).for_each(|_| experience.took(each, 0, faults));
    }

    #[test]
    fn what_has_cost_more_is_not_done_again_soon() {
        let mut experience = Experience::default();
        assert_eq!(experience.patience(), PATIENCE);
        epoch(&mut experience, 50, 1000, 100);
        assert!(!experience.advises_against(20), "nothing is known of watching");
        experience.end_epoch(20);
        assert_eq!(experience.patience(), 1);
        epoch(&mut experience, 10, 500, 80);
        assert!(experience.advises_against(20), "122 a reset instead of 100");
        assert!(!experience.advises_against(10), "the guest has changed its ways");
        epoch(&mut experience, RESETS_PER_TRY, 100, 100);
        assert!(!experience.advises_against(20), "it may have without showing it");
        experience.end_epoch(20);
        epoch(&mut experience, RESETS_PER_TRY + 10, 200, 100);
        assert!(experience.advises_against(20), "this time it takes longer");
    }

    #[test]
    fn what_has_cost_less_is_done_again() {
        let mut experience = Experience::default();
        epoch(&mut experience, 50, 1000, 100);
        experience.end_epoch(20);
        (0..10).for_each(|_| {
            epoch(&mut experience, 10, 300, 40);
            assert!(!experience.advises_against(20), "66 a reset instead of 100");
            experience.end_epoch(20);
        });
    }

    #[test]
    fn a_disturbed_reset_does_not_count_for_much() {
        let mut experience = Experience::default();
        epoch(&mut experience, 50, 100, 100);
        experience.took(1_000_000, 0, 0);
        (0..3).for_each(|_| experience.took(100, 0, 0));
        assert_eq!(experience.settled, Some(100));
        assert!(experience.spent < 120 * experience.resets, "{experience:?}");
    }
}
