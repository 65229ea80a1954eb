//! The ledger of bytes told to the garbage collector.

use std::sync::Arc;

use napi::Env;
use pagefold_core::Snapshot;

/// A snapshot whose memory the engine knows of: told once, taken back exactly, with the last JavaScript object or
/// view that uses it. Without that an engine sees a few bytes where there are megabytes, and never collects.
pub(crate) struct ChargedSnapshot {
    snapshot: Arc<Snapshot>,
    env: Env,
    bytes: i64,
}

impl ChargedSnapshot {
    /// Charges what the snapshot really stores: pages of zeros cost nothing.
    pub(crate) fn new(env: Env, snapshot: Arc<Snapshot>) -> Self {
        let bytes = i64::try_from(snapshot.image().stored_byte_length()).unwrap_or(i64::MAX);
        // A hint: an engine that does not take it works on without.
        let _ = env.adjust_external_memory(bytes);
        Self { snapshot, env, bytes }
    }

    pub(crate) const fn get(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }
}

impl Drop for ChargedSnapshot {
    fn drop(&mut self) {
        let _ = self.env.adjust_external_memory(-self.bytes);
    }
}
