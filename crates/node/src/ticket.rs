//! Snapshots that several threads of a process share: a table of those that tickets were given out for.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use napi::{Env, Result};
use napi_derive::napi;
use pagefold_core::Snapshot;
use uuid::Uuid;

use crate::failure::{disposed, refusal};
use crate::number;
use crate::snapshot::NativeSnapshot;

/// What another thread finds a snapshot by. Plain data.
#[napi(object)]
pub struct NativeTicket {
    /// The process that it is good for: digits that no other one has.
    pub process: String,
    /// The number of the snapshot there.
    pub number: f64,
}

/// Snapshots by the numbers of their tickets. It keeps none alive, and a snapshot takes its entry along when it goes. The
/// addon is loaded once for all threads of a process.
static SHARED: Mutex<Option<HashMap<u64, Weak<Snapshot>>>> = Mutex::new(None);

/// The entry of a snapshot. The snapshot itself holds it.
struct Shared {
    number: u64,
}

impl Shared {
    fn new(snapshot: &Arc<Snapshot>) -> Self {
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        with_shared(|shared| shared.insert(number, Arc::downgrade(snapshot)));
        Self { number }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        with_shared(|shared| shared.remove(&self.number));
    }
}

/// The next number of a ticket, or of the origin of a view's diffs.
static NUMBERS: AtomicU64 = AtomicU64::new(1);

#[napi]
impl NativeSnapshot {
    /// A ticket for the snapshot, the same each time.
    #[napi(catch_unwind)]
    pub fn share(&self) -> Result<NativeTicket> {
        let held = self.held()?;
        let snapshot = held.get();
        let shared = snapshot.companion(|| Shared::new(snapshot)).ok_or_else(|| disposed("ticket"))?;
        Ok(NativeTicket { process: process().to_owned(), number: number::rounded(shared.number) })
    }

    /// The snapshot of a ticket.
    #[napi(factory, catch_unwind)]
    pub fn attach(env: Env, ticket: NativeTicket) -> Result<Self> {
        if ticket.process != process() {
            return Err(refusal("ERR_PAGEFOLD_INVALID_ARGUMENT", "the ticket was given out by another process"));
        }
        let number = number::integer(ticket.number)?;
        let found = with_shared(|shared| shared.get(&number).and_then(Weak::upgrade));
        Self::charged(env, found.ok_or_else(|| disposed("snapshot of the ticket"))?)
    }
}

/// A number that no other call in this process, from any thread, has got.
#[napi]
#[must_use]
pub fn next_origin() -> f64 {
    number::rounded(NUMBERS.fetch_add(1, Ordering::Relaxed))
}

fn with_shared<T>(work: impl FnOnce(&mut HashMap<u64, Weak<Snapshot>>) -> T) -> T {
    // Every step leaves the table whole, so one that panicked did.
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    work(shared.get_or_insert_default())
}

fn process() -> &'static str {
    static PROCESS: OnceLock<String> = OnceLock::new();
    PROCESS.get_or_init(|| Uuid::new_v4().simple().to_string())
}

/// How many snapshots can be found by a ticket.
pub(crate) fn shared_count() -> usize {
    with_shared(|shared| shared.len())
}
