//! The ledger of bytes told to the garbage collector.

use std::cell::Cell;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use napi::{Env, Result};
use pagefold_core::Snapshot;

use crate::ledger::{self, Ledger};

/// Memory that belongs to a JavaScript object, and that the engine is told of. Without that it sees a few bytes where there
/// are megabytes, and never collects.
pub(crate) struct Charge {
    ledger: Rc<Ledger>,
    bytes: Cell<usize>,
}

impl Charge {
    /// Charges so many bytes.
    pub(crate) fn new(ledger: Rc<Ledger>, bytes: usize) -> Self {
        let charge = Self { ledger, bytes: Cell::new(0) };
        charge.settle(bytes);
        charge
    }

    /// They have become so many.
    pub(crate) fn settle(&self, bytes: usize) {
        self.ledger.charges().change(self.bytes.replace(bytes), bytes);
    }

    /// What is charged.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.get()
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.settle(0);
    }
}

/// How far the engine may be behind at most. Bun takes nothing back, and collects for what is long gone: so what is made and
/// disposed in a loop should not be told at all.
const STEP: usize = 16 << 20;
/// How far when the next thing is made. What has lived until then is told in small steps: engines collect step by step, too.
const SMALL_STEP: usize = 1 << 20;
/// In how many calls the engine is told of what was made since at most.
const PIECES_MAX: usize = 8;

/// What all engines of the process were told.
static TOLD: AtomicUsize = AtomicUsize::new(0);

/// Bytes that the engines of all threads were told of.
pub(crate) fn told() -> usize {
    TOLD.load(Ordering::Relaxed)
}

/// All that is charged in an environment. The engine is told in steps of what is added, and exactly of what is taken away: it
/// is never told of more than there is.
pub(crate) struct Charges {
    env: Env,
    owed: Cell<usize>,
    told: Cell<usize>,
    /// The environment ends: nothing is told any more.
    closed: Cell<bool>,
}

impl Charges {
    pub(crate) const fn new(env: Env) -> Self {
        Self { env, owed: Cell::new(0), told: Cell::new(0), closed: Cell::new(false) }
    }

    fn change(&self, from: usize, to: usize) {
        let owed = self.owed.get().saturating_sub(from).saturating_add(to);
        self.owed.set(owed);
        if !self.closed.get()
            && let Some(told) = next_told(self.told.get(), owed, STEP)
        {
            self.tell(told);
        }
    }

    /// Tells what has not been disposed since it was charged. The engine may collect now.
    pub(crate) fn catch_up(&self) {
        let (told, owed) = (self.told.get(), self.owed.get());
        if let Some(told_then) = next_told(told, owed, SMALL_STEP).filter(|told_then| *told_then > told) {
            // V8 marks a little in each call that finds it above its limit. Told at once, it would be told sooner than it marks.
            let pieces = (told_then.saturating_sub(told) / SMALL_STEP).clamp(1, PIECES_MAX);
            for left in (0..pieces).rev() {
                self.tell(told_then - (told_then - told) / pieces * left);
            }
        }
    }

    /// Tells the engine of so many bytes more, and takes them back at once: it looks at its limit then. V8 raises the limit by
    /// what it has found dead and not given back yet, and would wait for a multiple of what is worth waiting for.
    pub(crate) fn nudge(&self, byte_length: usize) {
        let told = self.told.get();
        self.tell(told.saturating_add(byte_length));
        self.tell(told);
    }

    /// Takes all back.
    pub(crate) fn close(&self) {
        self.tell(0);
        self.closed.set(true);
    }

    fn tell(&self, told: usize) {
        let [told_now, told_before] =
            [told, self.told.replace(told)].map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        if told_now != told_before {
            // In this order the sum is never too small.
            TOLD.fetch_add(told, Ordering::Relaxed);
            TOLD.fetch_sub(usize::try_from(told_before).unwrap_or(0), Ordering::Relaxed);
            // A hint: an engine that does not take it works on without.
            let _ = self.env.adjust_external_memory(told_now - told_before);
        }
    }
}

/// What the engine is to be told next, if anything.
const fn next_told(told: usize, owed: usize, step: usize) -> Option<usize> {
    if told > owed || owed - told >= step { Some(owed) } else { None }
}

/// A snapshot whose memory the engine knows of, until the last JavaScript object or view that uses it is gone. There is one
/// for each snapshot in an environment.
pub(crate) struct ChargedSnapshot {
    env: Env,
    snapshot: Arc<Snapshot>,
    charge: Charge,
}

impl ChargedSnapshot {
    /// Charges what the snapshot really stores: pages of zeros cost nothing.
    pub(crate) fn of(env: Env, snapshot: Arc<Snapshot>) -> Result<Rc<Self>> {
        let ledger = ledger::of(env)?;
        let address = Arc::as_ptr(&snapshot).addr();
        let known = ledger.snapshots().borrow().get(&address).and_then(Weak::upgrade);
        if let Some(known) = known {
            known.settle();
            return Ok(known);
        }
        let charge = Charge::new(Rc::clone(&ledger), snapshot.image().stored_byte_length());
        let charged = Rc::new(Self { env, snapshot, charge });
        ledger.snapshots().borrow_mut().insert(address, Rc::downgrade(&charged));
        Ok(charged)
    }

    pub(crate) const fn get(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// Bytes that are charged.
    pub(crate) fn byte_length(&self) -> usize {
        self.charge.bytes()
    }

    /// After another version was made.
    pub(crate) fn settle(&self) {
        self.charge.settle(self.snapshot.image().stored_byte_length());
    }
}

impl Drop for ChargedSnapshot {
    fn drop(&mut self) {
        if let Some(ledger) = ledger::find(self.env) {
            ledger.snapshots().borrow_mut().remove(&Arc::as_ptr(&self.snapshot).addr());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_never_told_of_more_than_there_is_nor_is_it_far_behind() {
        let (mut told, mut owed, mut seed) = (0, 0_usize, 7_u64);
        for _ in 0..100_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let bytes = usize::try_from(seed >> 38).unwrap_or(0);
            owed = if seed & (1 << 20) == 0 { owed + bytes } else { owed.saturating_sub(bytes) };
            told = next_told(told, owed, STEP).unwrap_or(told);
            assert!(told <= owed && owed - told < STEP, "{told} of {owed}");
        }
        assert_eq!(next_told(told, 0, STEP).unwrap_or(told), 0);
    }
}
