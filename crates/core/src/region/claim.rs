//! Who tracks which address range in this process.
//!
//! Two views over the same pages would re-arm what the other one has not harvested yet: it would then miss a write.
//! So the newest claim wins, and whoever lost one learns of it and takes everything for changed. An address alone
//! proves nothing: its memory may be gone, and another may have taken its place, before the old view is dropped.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Every claimed range by its start: its end, and the flag that tells its holder of the loss. Ranges never overlap.
static CLAIMED: Mutex<BTreeMap<usize, (usize, Arc<AtomicBool>)>> = Mutex::new(BTreeMap::new());

/// The sole right to track a range, until somebody else claims a part of it. Given back on drop.
#[derive(Debug)]
pub(crate) struct Claim {
    start: usize,
    lost: Arc<AtomicBool>,
}

impl Claim {
    /// Claims `start .. start + byte_length`, taking it from whoever has any of it.
    pub(crate) fn take(start: usize, byte_length: usize) -> Self {
        let end = start.saturating_add(byte_length);
        let lost = Arc::new(AtomicBool::new(false));
        let mut claimed = lock();
        while let Some((&other, (other_end, other_lost))) = claimed.range(..end).next_back() {
            if *other_end <= start {
                break;
            }
            other_lost.store(true, Ordering::Release);
            claimed.remove(&other);
        }
        claimed.insert(start, (end, Arc::clone(&lost)));
        Self { start, lost }
    }

    /// Whether somebody else has claimed a part of the range since.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut claimed = lock();
        if claimed.get(&self.start).is_some_and(|(_, lost)| Arc::ptr_eq(lost, &self.lost)) {
            claimed.remove(&self.start);
        }
    }
}

fn lock() -> MutexGuard<'static, BTreeMap<usize, (usize, Arc<AtomicBool>)>> {
    // Every change to the map is one call, so a panic elsewhere cannot have left it half changed.
    CLAIMED.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_claim_wins() {
        let base = 0x7000_0000_0000;
        for (start, length) in [(base, 100), (base + 99, 1), (base - 10, 11), (base - 10, 200), (base + 10, 1)] {
            let old = Claim::take(base, 100);
            let new = Claim::take(start, length);
            assert!(old.is_lost() && !new.is_lost(), "{start} + {length}");
            drop(old);
            assert!(!new.is_lost());
            let third = Claim::take(start, length);
            assert!(new.is_lost(), "dropping a lost claim does not give the new one back");
            drop(third);
        }
    }

    #[test]
    fn neighbours_and_dropped_claims_are_left_alone() {
        let base = 0x7100_0000_0000;
        let held = Claim::take(base, 100);
        let neighbours = [Claim::take(base + 100, 10), Claim::take(base - 10, 10)];
        assert!(!held.is_lost());
        drop(held);
        let again = Claim::take(base, 100);
        assert!(!neighbours.iter().any(Claim::is_lost) && !again.is_lost());
    }

    #[test]
    fn a_wide_claim_takes_all_that_it_covers() {
        let base = 0x7200_0000_0000;
        let small: Vec<Claim> = (0..4).map(|index| Claim::take(base + index * 10, 10)).collect();
        let _wide = Claim::take(base + 5, 30);
        assert!(small.iter().all(Claim::is_lost));
    }
}
