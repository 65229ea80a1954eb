//! How much idle slots hold, and pools that grow and shrink.

use std::sync::Arc;

use pagefold_core::{ErrorKind, Lease, Pool, TrackerKind};

use super::slots::{acquire, assert_adds_up, assert_clean, filled, kind_of, options, pool, trackers, write};
use crate::guest::page_bytes;

const PAGES: usize = 64;

/// Gives every page of a slot another first byte.
fn write_all_pages(pool: &Pool, lease: Lease) {
    (0..PAGES).for_each(|page| write(pool, lease, page * page_bytes(), &[0]));
}

/// Pages of all slots that are private copies.
fn private_pages(pool: &Pool, leases: &[Lease]) -> usize {
    let private = |lease: &Lease| pool.with(*lease, |view, window| view.residency(window)).expect("it tells").private;
    leases.iter().map(private).sum()
}

#[test]
fn idle_slots_hold_no_more_than_their_budget() {
    for kind in trackers().filter(|kind| *kind != TrackerKind::Compare) {
        for idle_pages in [0, 10, PAGES, 2 * PAGES + 5] {
            let mut options = options(kind, PAGES, 4);
            options.idle_pages = idle_pages;
            let pool = Pool::new(options, Some(filled(PAGES, 1))).expect("there is room");
            for _ in 0..3 {
                let leases: Vec<Lease> = (0..4).map(|affinity| acquire(&pool, affinity)).collect();
                leases.iter().for_each(|lease| write_all_pages(&pool, *lease));
                for lease in leases {
                    pool.release_clean(lease).expect("the lease is good");
                    let idle = pool.stats().idle_private_pages;
                    assert!(idle <= idle_pages, "{kind}, {idle_pages}: {:?}", pool.stats());
                }
                let leases: Vec<Lease> = (0..4).map(|affinity| acquire(&pool, affinity)).collect();
                let private = private_pages(&pool, &leases);
                assert!(private <= idle_pages, "{kind}, {idle_pages}: {private} are private");
                for lease in leases {
                    assert_clean(&pool, lease, "after trimming");
                    pool.release_clean(lease).expect("the lease is good");
                }
            }
            assert!(pool.stats().trimmed_pages > 0 || kind != TrackerKind::UffdWp, "{kind}: {:?}", pool.stats());
        }
    }
}

#[test]
fn trimming_spares_the_slots_that_were_used_last() {
    for kind in trackers().filter(|kind| *kind == TrackerKind::UffdWp) {
        let pool = pool(kind, PAGES, 3);
        let leases: Vec<Lease> = (0..3).map(|affinity| acquire(&pool, affinity)).collect();
        leases.iter().for_each(|lease| write_all_pages(&pool, *lease));
        for index in [2, 0, 1] {
            pool.release_clean(leases[index]).expect("the lease is good");
        }
        assert_eq!(pool.trim(PAGES + 4).expect("the kernel has room"), 2 * PAGES - 4);
        assert_eq!(pool.stats().trimmed_pages, 2 * PAGES as u64 - 4);
        for (affinity, expected) in [(1, PAGES), (0, 4), (2, 0)] {
            let lease = acquire(&pool, affinity);
            assert_eq!(lease.slot(), leases[usize::try_from(affinity).expect("small")].slot());
            assert_eq!(private_pages(&pool, &[lease]), expected, "affinity {affinity}");
            assert_clean(&pool, lease, "after trimming");
            // Its writes are still noticed.
            write_all_pages(&pool, lease);
            pool.release_clean(lease).expect("the lease is good");
            assert_clean(&pool, acquire(&pool, affinity), "after one more use");
        }
    }
}

#[test]
fn a_slot_is_prepared_for_what_others_have_written() {
    for kind in trackers().filter(|kind| *kind == TrackerKind::UffdWp) {
        let pool = pool(kind, PAGES, 2);
        for _ in 0..20 {
            let lease = acquire(&pool, 0);
            [3, 4, 40].iter().for_each(|page| write(&pool, lease, page * page_bytes(), &[0]));
            pool.release_clean(lease).expect("the lease is good");
        }
        let other = acquire(&pool, 0);
        assert!(pool.prepare().expect("there is room"));
        let prepared = acquire(&pool, 1);
        assert_ne!(prepared.slot(), other.slot());
        assert_eq!(private_pages(&pool, &[prepared]), 3);
        assert_clean(&pool, prepared, "when it was prepared");
    }
}

#[test]
fn pools_grow_and_shrink() {
    for kind in trackers() {
        let mut options = options(kind, 4, 2);
        options.slots_max = 6;
        let pool = Pool::new(options, Some(filled(4, 1))).expect("there is room");
        for wrong in [0, 7, usize::MAX] {
            let before = pool.stats();
            assert_eq!(kind_of(pool.resize(wrong)), Some(ErrorKind::OutOfRange));
            assert_eq!(pool.stats(), before);
        }
        pool.resize(6).expect("there is room");
        let mut leases: Vec<Lease> = (0..6).map(|affinity| acquire(&pool, affinity)).collect();
        leases.iter().for_each(|lease| write(&pool, *lease, 9, b"secret"));
        assert_eq!(pool.try_acquire(0).expect("nothing fails"), None);
        // Two are free, one of them clean.
        pool.release_clean(leases.remove(0)).expect("the lease is good");
        pool.release(leases.remove(0)).expect("the lease is good");
        pool.resize(3).expect("the kernel has room");
        let stats = pool.stats();
        assert_eq!((stats.slots, stats.in_use, stats.retiring), (3, 4, 1), "{stats:?}");
        assert_adds_up(&stats, "after shrinking");
        assert_eq!(pool.try_acquire(0).expect("nothing fails"), None);
        // The next one that comes back goes.
        pool.release_clean(leases.remove(0)).expect("the lease is good");
        let stats = pool.stats();
        assert_eq!((stats.slots, stats.in_use, stats.retiring, stats.clean), (3, 3, 0, 0), "{stats:?}");
        // And the one after that stays.
        pool.release_clean(leases.remove(0)).expect("the lease is good");
        assert_eq!((pool.stats().clean, pool.stats().in_use), (1, 2));
        pool.resize(6).expect("there is room");
        leases.extend((10..14).map(|affinity| acquire(&pool, affinity)));
        assert_eq!(pool.try_acquire(0).expect("nothing fails"), None);
        leases[2..].iter().for_each(|lease| assert_clean(&pool, *lease, "in a slot that was away"));
        assert_adds_up(&pool.stats(), "at the end");
    }
}

#[test]
fn what_comes_back_unused_or_uncleaned_is_retired_too() {
    for kind in trackers() {
        let pool = pool(kind, 4, 3);
        let leases: Vec<Lease> = (0..3).map(|affinity| acquire(&pool, affinity)).collect();
        write(&pool, leases[1], 0, b"secret");
        pool.resize(1).expect("the kernel has room");
        assert_eq!(pool.stats().retiring, 2);
        pool.release(leases[0]).expect("the lease is good");
        pool.release(leases[1]).expect("the lease is good");
        assert_eq!(pool.try_acquire(0).expect("nothing fails"), None);
        assert_eq!((pool.stats().retiring, pool.stats().in_use), (0, 1), "{:?}", pool.stats());
        pool.release(leases[2]).expect("the lease is good");
        assert_eq!(pool.stats().clean, 1);
        assert_clean(&pool, acquire(&pool, 0), "the last one");
    }
}

#[test]
fn slots_that_are_retired_take_no_memory() {
    for kind in trackers().filter(|kind| *kind != TrackerKind::Compare) {
        let pool = pool(kind, PAGES, 4);
        let leases: Vec<Lease> = (0..4).map(|affinity| acquire(&pool, affinity)).collect();
        leases.iter().for_each(|lease| write_all_pages(&pool, *lease));
        for lease in &leases[1..] {
            pool.release(*lease).expect("the lease is good");
        }
        pool.resize(1).expect("the kernel has room");
        for lease in &leases[1..] {
            let start = pool.memory().start() + lease.slot() * pool.layout().stride();
            assert_eq!(crate::process_facts::resident_pages(start, PAGES), 0, "{kind}");
        }
    }
}

#[test]
fn a_pool_without_a_snapshot_holds_zeros_and_stores_nothing() {
    for kind in trackers() {
        let pool = Pool::new(options(kind, PAGES, 2), None).expect("there is room");
        assert_eq!(pool.snapshot().image().stored_byte_length(), 0);
        for _ in 0..5 {
            let lease = acquire(&pool, 0);
            assert_clean(&pool, lease, "zeros");
            write_all_pages(&pool, lease);
            write(&pool, lease, 100, b"secret");
            pool.release_clean(lease).expect("the lease is good");
        }
        assert!(Arc::strong_count(pool.snapshot()) > 1, "its slots have it as their baseline");
    }
}
