//! What the tests of pools share: pools of a few slots, and what is in them.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use pagefold_core::{Error, Image, Lease, Limits, Pool, PoolOptions, PoolStats, Snapshot, TrackerChoice, TrackerKind};

use crate::guest::{assert_same_bytes, noise, page_bytes, works_here};

/// Every tracker that works on this machine.
pub(super) fn trackers() -> impl Iterator<Item = TrackerKind> {
    TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind))
}

/// Of `slots` slots of `pages` pages, which there can be twice as many of.
pub(super) fn options(kind: TrackerKind, pages: usize, slots: usize) -> PoolOptions {
    PoolOptions {
        slot_byte_length: pages * page_bytes(),
        slots,
        slots_max: 2 * slots,
        guard_byte_length: 0,
        tracker: TrackerChoice::Named(kind),
        disabled: Vec::new(),
        limits: Limits::default(),
        idle_pages: usize::MAX,
    }
}

/// A snapshot of so many pages, none of whose bytes is zero.
pub(super) fn filled(pages: usize, seed: u64) -> Arc<Snapshot> {
    Arc::new(Snapshot::new(Image::from_bytes(&noise(pages * page_bytes(), seed)).expect("there is room")))
}

pub(super) fn pool(kind: TrackerKind, pages: usize, slots: usize) -> Pool {
    Pool::new(options(kind, pages, slots), Some(filled(pages, 1))).expect("there is room")
}

pub(super) fn acquire(pool: &Pool, affinity: u64) -> Lease {
    pool.try_acquire(affinity).expect("nothing fails").expect("a slot is free")
}

/// Everything in a slot.
pub(super) fn bytes(pool: &Pool, lease: Lease) -> Vec<u8> {
    let mut bytes = vec![0xEE; pool.layout().slot_byte_length()];
    pool.with(lease, |_, window| window.read(0, &mut bytes)).expect("the lease is good");
    bytes
}

pub(super) fn write(pool: &Pool, lease: Lease, byte_offset: usize, bytes: &[u8]) {
    pool.with(lease, |_, window| window.write(byte_offset, bytes)).expect("the lease is good");
}

/// What a slot of the pool should hold when it is handed out.
pub(super) fn expected(pool: &Pool) -> Vec<u8> {
    let mut bytes = pool.snapshot().image().to_vec();
    bytes.resize(pool.layout().slot_byte_length(), 0);
    bytes
}

pub(super) fn assert_clean(pool: &Pool, lease: Lease, when: &str) {
    assert_same_bytes(&bytes(pool, lease), &expected(pool), when);
}

/// Writes past every lease, as JavaScript can: all slots lie in one buffer.
pub(super) fn write_through_the_buffer(pool: &Pool, byte_offset: usize, bytes: &[u8]) {
    let memory = OpenOptions::new().write(true).open("/proc/self/mem").expect("procfs is mounted");
    let address = pool.memory().start() + byte_offset;
    memory.write_all_at(bytes, address as u64).expect("the memory can be written");
}

/// Fails unless each slot is exactly one thing.
pub(super) fn assert_adds_up(stats: &PoolStats, when: &str) {
    let PoolStats { slots, unmapped, clean, in_use, unknown, taken, retiring, .. } = *stats;
    assert_eq!(unmapped + clean + in_use + unknown + taken, slots + retiring, "{when}: {stats:?}");
}

pub(super) fn kind_of<T>(outcome: Result<T, Error>) -> Option<pagefold_core::ErrorKind> {
    outcome.err().map(|error| error.kind())
}
