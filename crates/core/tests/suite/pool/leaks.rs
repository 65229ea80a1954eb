//! What is left of pools that are gone. Each in a child process of its own.

use std::sync::Arc;

use pagefold_core::{Pool, TrackerKind};

use super::slots::{acquire, filled, options, trackers, write};
use crate::child;
use crate::guest::page_bytes;
use crate::process_facts::{descriptor_count, mapping_count, memory_bytes};

const PAGES: usize = 8;
const POOLS: usize = 600;

#[test]
fn dropped_and_retired_pools_leave_nothing() {
    child::run(child::name!(dropped_and_retired_pools_leave_nothing), || {
        for kind in trackers() {
            // Retired regions keep their addresses taken for a while.
            for (retired, quarantined) in [(false, 0), (true, 256)] {
                (0..5).for_each(|_| live_and_die(kind, retired));
                let before = (descriptor_count(), mapping_count());
                (0..POOLS).for_each(|_| live_and_die(kind, retired));
                assert_eq!(descriptor_count(), before.0, "{kind}: descriptors");
                let now = mapping_count();
                assert!(now <= before.1 + quarantined + 12, "{kind}: {} mappings became {now}", before.1);
            }
        }
    });
}

fn live_and_die(kind: TrackerKind, retired: bool) {
    let mut options = options(kind, PAGES, 3);
    options.guard_byte_length = page_bytes();
    let pool = Pool::new(options, Some(filled(PAGES, 1))).expect("there is room");
    let (one, two) = (acquire(&pool, 1), acquire(&pool, 2));
    [one, two].iter().for_each(|lease| write(&pool, *lease, 20, b"secret"));
    pool.release_clean(one).expect("nothing fails");
    // The other one is outstanding.
    if retired {
        pool.retire().expect("the kernel has room");
    }
}

#[test]
fn memory_comes_back_when_a_pool_is_dropped_or_retired() {
    child::run(child::name!(memory_comes_back_when_a_pool_is_dropped_or_retired), || {
        const LARGE: usize = 2048;
        let snapshot = filled(LARGE, 1);
        let written = LARGE * page_bytes();
        for kind in trackers() {
            for retired in [false, true] {
                let before = memory_bytes();
                let pool = Pool::new(options(kind, LARGE, 2), Some(Arc::clone(&snapshot))).expect("there is room");
                let lease = acquire(&pool, 0);
                (0..LARGE).for_each(|page| write(&pool, lease, page * page_bytes(), &[0]));
                let used = memory_bytes() - before;
                assert!(used >= written, "{used} bytes");
                if retired {
                    pool.retire().expect("the kernel has room");
                } else {
                    drop(pool);
                }
                let left = memory_bytes().saturating_sub(before);
                assert!(left < written / 8, "{kind}, {retired}: {left} of {used} bytes are left");
            }
        }
    });
}
