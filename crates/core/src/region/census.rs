//! All regions of the process, so that it can be told how much memory they take.
//!
//! Each enters when it is mapped and leaves when it is unmapped. Nobody is kept alive by being counted.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{RegionMemory, window};
use crate::error::Result;
use crate::sys;

/// How much memory the regions of this process take, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RegionUsage {
    /// Mapped, and not given back: their maxima, in whole pages.
    pub mapped: usize,
    /// In memory: private pages, and pages of files that are shared.
    pub resident: usize,
    /// In memory, and of no use to anybody else.
    pub private: usize,
}

/// Every region that is mapped, by its number.
static MAPPED: Mutex<Option<HashMap<u64, Weak<RegionMemory>>>> = Mutex::new(None);

/// Bytes of all regions of the process that are mapped and were not given back.
#[must_use]
pub fn mapped_by_regions() -> usize {
    all().iter().map(|memory| memory.byte_length()).sum()
}

/// As [`mapped_by_regions`], and how much of that is in memory. Asks the kernel: about 40 ns a resident page. Other threads
/// may map and give back regions meanwhile; each is counted as it is when its turn comes.
///
/// # Errors
/// `System` when pagemap cannot be asked, as in a process that is not dumpable.
pub fn region_usage() -> Result<RegionUsage> {
    let mut usage = RegionUsage::default();
    let page = sys::page_size().bytes();
    // Each is held while it is looked at, so that nobody unmaps it.
    for memory in all() {
        let residency = sys::residency(window::looked_at(&memory)?)?;
        usage.mapped += memory.byte_length();
        usage.resident += residency.resident * page;
        usage.private += residency.private * page;
    }
    Ok(usage)
}

/// Counts a region from now on.
pub(super) fn enter(memory: &Arc<RegionMemory>) {
    lock().get_or_insert_default().insert(memory.number(), Arc::downgrade(memory));
}

/// Counts it no more.
pub(super) fn leave(number: u64) {
    if let Some(mapped) = lock().as_mut() {
        mapped.remove(&number);
    }
}

fn all() -> Vec<Arc<RegionMemory>> {
    let mapped = lock();
    let memories = mapped.iter().flat_map(HashMap::values).filter_map(Weak::upgrade);
    let alive = memories.collect::<Vec<_>>();
    // Dropping the last holder of one takes the lock, and so must happen after it is released: nothing is filtered before.
    drop(mapped);
    alive.into_iter().filter(|memory| !memory.is_retired()).collect()
}

fn lock() -> MutexGuard<'static, Option<HashMap<u64, Weak<RegionMemory>>>> {
    // Every change to the map is one call, so a panic elsewhere cannot have left it half changed.
    MAPPED.lock().unwrap_or_else(PoisonError::into_inner)
}
