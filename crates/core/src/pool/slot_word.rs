//! Who has a slot, in one word that changes in one step.
//!
//! ```text
//!  lease   | slot : 32 | generation : 32 |     what its holder was given
//!  word    | used : 32 | generation : 32 |     what the slot remembers; odd while it is leased
//! ```
//!
//! Every acquire and every release counts the generation up. So a lease fits its slot until it is released, once, and a
//! number that somebody made up fits none that is free. A generation comes again after 2^31 leases of one slot: enough to
//! catch who releases twice, not a proof for another system.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// The right to use one slot until it is released: which slot, and the generation that it had then. Plain data: a copy of it
/// is the same lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    slot: u32,
    generation: u32,
}

impl Lease {
    /// The index of the slot.
    #[must_use]
    pub const fn slot(self) -> usize {
        self.slot as usize
    }

    /// Different for every lease of the slot.
    #[must_use]
    pub const fn generation(self) -> u32 {
        self.generation
    }

    /// All of it as one number.
    #[must_use]
    pub const fn word(self) -> u64 {
        (self.slot as u64) << 32 | self.generation as u64
    }

    /// The lease of which this is the number. Any number is one; most fit no slot.
    #[must_use]
    pub const fn from_word(word: u64) -> Self {
        Self { slot: high(word), generation: low(word) }
    }
}

/// The word of a slot that nobody has leased yet has generation 0.
#[derive(Debug, Default)]
pub(super) struct SlotWord(AtomicU64);

/// Set by the first use of a lease.
const USED: u64 = 1 << 32;

/// A lease that has just ended, by this and no other call.
#[derive(Debug)]
#[must_use]
pub(super) struct Returned {
    pub(super) slot: usize,
    /// Whether its holder was ever given the contents.
    pub(super) used: bool,
}

impl SlotWord {
    /// The lease of a slot that was free.
    pub(super) fn claim(&self, slot: usize) -> Lease {
        let generation = low(self.0.load(Ordering::Relaxed)).wrapping_add(1);
        self.0.store(u64::from(generation), Ordering::Release);
        Lease { slot: u32::try_from(slot).unwrap_or(u32::MAX), generation }
    }

    /// Whether the lease is still good.
    pub(super) fn fits(&self, lease: Lease) -> bool {
        fits(self.0.load(Ordering::Acquire), lease)
    }

    /// Remembers that the holder is given the contents.
    ///
    /// # Errors
    /// `LeaseLost` when the lease has ended.
    pub(super) fn mark_used(&self, lease: Lease) -> Result<()> {
        self.change(lease, |word| word | USED).map(drop)
    }

    /// Ends the lease.
    ///
    /// # Errors
    /// `LeaseLost` when it had ended before.
    pub(super) fn release(&self, lease: Lease) -> Result<Returned> {
        let word = self.change(lease, |word| u64::from(low(word).wrapping_add(1)))?;
        Ok(Returned { slot: lease.slot(), used: word & USED != 0 })
    }

    /// Ends whatever lease there is, for good.
    pub(super) fn revoke(&self) {
        let next = |word| (low(word) % 2 == 1).then(|| u64::from(low(word).wrapping_add(1)));
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, next);
    }

    /// The word before.
    fn change(&self, lease: Lease, to: impl Fn(u64) -> u64) -> Result<u64> {
        let next = |word| fits(word, lease).then(|| to(word));
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, next).map_err(|_| lost(lease))
    }
}

fn fits(word: u64, lease: Lease) -> bool {
    lease.generation % 2 == 1 && low(word) == lease.generation
}

pub(super) fn lost(lease: Lease) -> Error {
    let message = format!("the lease of slot {} was released already, or never given", lease.slot);
    Error::new(ErrorKind::LeaseLost, message)
}

const fn high(word: u64) -> u32 {
    let [a, b, c, d, ..] = word.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

const fn low(word: u64) -> u32 {
    let [.., a, b, c, d] = word.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_ends_once() {
        let word = SlotWord::default();
        for _ in 0..1000 {
            let lease = word.claim(7);
            assert!(word.fits(lease) && lease.slot() == 7);
            assert!(!word.release(lease).expect("it is good").used);
            for ended in [word.release(lease).map(drop), word.mark_used(lease)] {
                assert_eq!(ended.expect_err("it has ended").kind(), ErrorKind::LeaseLost);
            }
            assert!(!word.fits(lease));
        }
    }

    #[test]
    fn use_is_remembered_until_the_release() {
        let word = SlotWord::default();
        let lease = word.claim(0);
        word.mark_used(lease).expect("it is good");
        word.mark_used(lease).expect("it is still good");
        assert!(word.release(lease).expect("it is good").used);
        let next = word.claim(0);
        assert_ne!(next, lease);
        assert!(!word.release(next).expect("it is good").used);
    }

    #[test]
    fn no_made_up_lease_fits_a_free_slot() {
        let word = SlotWord::default();
        word.release(word.claim(0)).map(drop).expect("it is good");
        for generation in [0, 1, 2, 3, u32::MAX - 1, u32::MAX] {
            let made_up = Lease::from_word(u64::from(generation));
            assert!(word.release(made_up).is_err(), "{generation}");
        }
    }

    #[test]
    fn generations_begin_anew_after_the_last_one() {
        let word = SlotWord(AtomicU64::new(u64::from(u32::MAX) - 1));
        let last = word.claim(0);
        assert_eq!(last.generation(), u32::MAX);
        word.release(last).map(drop).expect("it is good");
        let first = word.claim(0);
        assert_eq!(first.generation(), 1);
        assert!(!word.fits(last) && word.fits(first));
    }

    #[test]
    fn a_revoked_lease_is_lost() {
        let word = SlotWord::default();
        word.revoke();
        let lease = word.claim(0);
        word.revoke();
        assert!(word.release(lease).is_err());
    }

    #[test]
    fn numbers_and_leases_are_the_same() {
        for word in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef] {
            assert_eq!(Lease::from_word(word).word(), word);
        }
        assert_eq!(Lease::from_word(5 << 32 | 9), Lease { slot: 5, generation: 9 });
    }
}
