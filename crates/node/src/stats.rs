//! What all threads of the process have, what this one has, and when it is too much.

use napi::bindgen_prelude::Function;
use napi::{Env, Result};
use napi_derive::napi;
use pagefold_core::{mapped_by_regions, region_usage, stored_by_images};

use crate::charge;
use crate::ledger::{self, Told};
use crate::life::{self, Kind};
use crate::number;
use crate::ticket;

/// Numbers of all threads of the process.
#[napi(object)]
pub struct NativeStats {
    /// Regions that are alive, were disposed, vacuumed, and finalized.
    pub regions: Vec<f64>,
    /// Snapshots.
    pub snapshots: Vec<f64>,
    /// Diffs.
    pub diffs: Vec<f64>,
    /// Views.
    pub views: Vec<f64>,
    /// Pools.
    pub pools: Vec<f64>,
    /// Bytes that regions and pools have mapped.
    pub mapped: f64,
    /// Bytes of those that are in memory; nothing where the kernel does not tell.
    pub resident: Option<f64>,
    /// Bytes of those that are private.
    pub private: Option<f64>,
    /// Bytes that images store.
    pub stored: f64,
    /// Bytes of regions that are dead and that the engine has not finalized.
    pub unreclaimed: f64,
    /// Bytes that engines were told of.
    pub charged: f64,
    /// Collections that allocations have noticed.
    pub collections: f64,
    /// Snapshots that can be found by a ticket.
    pub shared: f64,
}

/// Something that is alive on this thread.
#[napi(object)]
pub struct NativeAlive {
    /// What it is.
    pub kind: String,
    /// Bytes that it owns.
    pub byte_length: f64,
    /// Where it was made, if that was recorded.
    pub made_at: Option<String>,
}

/// How much there is, and what became of what was.
#[napi(catch_unwind)]
#[must_use]
pub fn stats() -> NativeStats {
    let (collections, unreclaimed) = ledger::totals();
    let usage = region_usage().ok();
    NativeStats {
        regions: counts(Kind::Region),
        snapshots: counts(Kind::Snapshot),
        diffs: counts(Kind::Diff),
        views: counts(Kind::View),
        pools: counts(Kind::Pool),
        mapped: number::number(usage.map_or_else(mapped_by_regions, |usage| usage.mapped)),
        resident: usage.map(|usage| number::number(usage.resident)),
        private: usage.map(|usage| number::number(usage.private)),
        stored: number::number(stored_by_images()),
        unreclaimed: number::number(unreclaimed),
        charged: number::number(charge::told()),
        collections: number::rounded(collections),
        shared: number::number(ticket::shared_count()),
    }
}

/// What is alive on this thread.
#[napi(catch_unwind)]
pub fn alive(env: Env) -> Result<Vec<NativeAlive>> {
    let alive = ledger::of(env)?.alive().into_iter();
    Ok(alive
        .map(|alive| NativeAlive {
            kind: alive.kind.name().to_owned(),
            byte_length: number::number(alive.byte_length),
            made_at: alive.made_at.map(String::from),
        })
        .collect())
}

/// How many unreclaimed bytes of this thread stop its allocations; and of how many bytes its engine is told for a moment, where
/// it is to be pressed to collect.
#[napi(catch_unwind)]
pub fn set_budget(env: Env, byte_length: f64, press: f64) -> Result<()> {
    ledger::of(env)?.set_budget(number::bytes(byte_length)?, number::bytes(press)?);
    Ok(())
}

/// Has `listener` called with the kind, length and place of what the garbage collector had to clean up, and with `turn` when
/// `turn()` is to be called in a later turn of the event loop.
#[napi(
    catch_unwind,
    ts_args_type = "listener: (kind: string, byteLength: number, madeAt: string | undefined | null) => void"
)]
pub fn listen(env: Env, listener: Function<'_, Told, ()>) -> Result<()> {
    ledger::of(env)?.listen(listener.create_ref()?);
    Ok(())
}

/// Tells that a turn of the event loop has passed; whether another one is to be waited for.
#[napi(catch_unwind)]
pub fn turn(env: Env) -> Result<bool> {
    Ok(ledger::of(env)?.turn())
}

/// What the engine of this thread has been told of, by everybody, as far as it tells.
#[napi(catch_unwind)]
pub fn told_to_engine(env: Env) -> Result<f64> {
    let told = env.adjust_external_memory(0)?;
    Ok(number::rounded(u64::try_from(told).unwrap_or(0)))
}

fn counts(kind: Kind) -> Vec<f64> {
    life::counts(kind).map(number::rounded).to_vec()
}
