//! The ledger of bytes told to the garbage collector.

use std::cell::Cell;
use std::sync::Arc;

use napi::Env;
use pagefold_core::Snapshot;

/// Memory that the engine knows of: told once, taken back exactly. Without that an engine sees a few bytes where there
/// are megabytes, and never collects.
pub(crate) struct Charge {
    env: Env,
    bytes: Cell<i64>,
}

impl Charge {
    /// Tells the engine of so many bytes.
    pub(crate) fn new(env: Env, bytes: usize) -> Self {
        let charge = Self { env, bytes: Cell::new(0) };
        charge.settle(bytes);
        charge
    }

    /// Tells the engine that they have become so many.
    pub(crate) fn settle(&self, bytes: usize) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        // A hint: an engine that does not take it works on without.
        let _ = self.env.adjust_external_memory(bytes - self.bytes.replace(bytes));
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.settle(0);
    }
}

/// A snapshot whose memory the engine knows of, until the last JavaScript object or view that uses it is gone.
pub(crate) struct ChargedSnapshot {
    snapshot: Arc<Snapshot>,
    charge: Charge,
}

impl ChargedSnapshot {
    /// Charges what the snapshot really stores: pages of zeros cost nothing.
    pub(crate) fn new(env: Env, snapshot: Arc<Snapshot>) -> Self {
        let charge = Charge::new(env, snapshot.image().stored_byte_length());
        Self { snapshot, charge }
    }

    pub(crate) const fn get(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// After another version was made.
    pub(crate) fn settle(&self) {
        self.charge.settle(self.snapshot.image().stored_byte_length());
    }
}
