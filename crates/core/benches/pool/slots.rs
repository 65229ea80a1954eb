//! Pools of slots of 64 MiB, all of whose pages hold something, and what a guest does in one.

use std::sync::Arc;

use pagefold_core::{
    Error, Image, Lease, Limits, Pool, PoolOptions, Result as CoreResult, Snapshot, TrackerChoice, Window,
};

use super::noise::Noise;

pub(crate) const BYTE_LENGTH: usize = 64 << 20;
const PAGE_BYTES: usize = 4096;
/// Pages that a guest writes to, evenly over the slot.
pub(crate) const DIRTY_PAGES: usize = 16;

pub(crate) fn snapshot(byte_length: usize) -> Result<Arc<Snapshot>, String> {
    let image = Image::from_bytes(&Noise::new(1).bytes(byte_length)).map_err(words)?;
    Ok(Arc::new(Snapshot::new(image)))
}

pub(crate) fn pool(snapshot: &Arc<Snapshot>, slots: usize) -> Result<Pool, String> {
    let options = PoolOptions {
        slot_byte_length: snapshot.image().byte_length(),
        slots,
        slots_max: slots,
        guard_byte_length: 0,
        tracker: TrackerChoice::Auto,
        disabled: Vec::new(),
        limits: Limits::default(),
        idle_pages: usize::MAX,
    };
    Pool::new(options, Some(Arc::clone(snapshot))).map_err(words)
}

pub(crate) fn acquire(pool: &Pool, affinity: u64) -> Result<Lease, String> {
    pool.try_acquire(affinity).map_err(words)?.ok_or_else(|| "no slot is free".to_owned())
}

/// Leases a slot, writes to its pages, and gives it back clean.
pub(crate) fn use_slot(pool: &Pool, affinity: u64) -> Result<(), String> {
    let lease = acquire(pool, affinity)?;
    pool.with(lease, |_, window| dirty(window)).map_err(words)?;
    pool.release_clean(lease).map(drop).map_err(words)
}

/// Changes one byte of each page that the guest writes to.
pub(crate) fn dirty(window: &mut Window<'_>) -> CoreResult<()> {
    let stride = window.page_count() / DIRTY_PAGES * PAGE_BYTES;
    (0..DIRTY_PAGES).try_for_each(|index| window.write(index * stride + stride / 2, &[0]))
}

/// Whether every free slot holds the snapshot.
pub(crate) fn check(pool: &Pool) -> Result<(), String> {
    let free = pool.stats().slots - pool.stats().in_use;
    let leases: Vec<Lease> = (0..free).map(|_| acquire(pool, u64::MAX)).collect::<Result<_, _>>()?;
    for lease in &leases {
        let mut bytes = vec![0; pool.layout().slot_byte_length()];
        pool.with(*lease, |_, window| window.read(0, &mut bytes)).map_err(words)?;
        if bytes != pool.snapshot().image().to_vec() {
            return Err(format!("slot {} does not hold the snapshot", lease.slot()));
        }
    }
    leases.into_iter().try_for_each(|lease| pool.release_clean(lease).map(drop).map_err(words))
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(crate) fn words(error: Error) -> String {
    error.to_string()
}
