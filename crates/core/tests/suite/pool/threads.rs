//! Many threads at one pool: no slot has two owners, and nobody sees what another one wrote.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use pagefold_core::{Lease, Pool, TrackerKind};

use super::slots::{assert_adds_up, expected, filled, options, trackers};
use crate::child;
use crate::guest::{assert_same_bytes, page_bytes};
use crate::sequence::Sequence;

const THREADS: usize = 4;
const PAGES: usize = 6;
const SLOTS: usize = 3;
/// Of each thread.
const LEASES: usize = 500;

/// Who has which slot, as the threads themselves see it.
struct Owners([AtomicBool; 2 * SLOTS]);

#[test]
fn four_threads_at_three_slots() {
    for kind in trackers() {
        for idle_pages in [usize::MAX, 4] {
            hammer(kind, idle_pages);
        }
    }
}

fn hammer(kind: TrackerKind, idle_pages: usize) {
    let mut options = options(kind, PAGES, SLOTS);
    options.idle_pages = idle_pages;
    options.guard_byte_length = page_bytes();
    let pool = Pool::new(options, Some(filled(PAGES, 3))).expect("there is room");
    let owners = Owners(std::array::from_fn(|_| AtomicBool::new(false)));
    let baseline = expected(&pool);
    let working = AtomicUsize::new(THREADS);
    thread::scope(|scope| {
        for number in 0..THREADS {
            let (pool, owners, baseline, working) = (&pool, &owners, &baseline, &working);
            scope.spawn(move || {
                let mut sequence = Sequence::new(number as u64);
                let mut left = LEASES;
                while left > 0 {
                    if let Some(lease) = pool.try_acquire(sequence.number() % 3).expect("nothing fails") {
                        use_slot(pool, owners, baseline, lease, &mut sequence);
                        left -= 1;
                    } else {
                        thread::yield_now();
                    }
                }
                working.fetch_sub(1, Ordering::Release);
            });
        }
        scope.spawn(|| {
            let mut sequence = Sequence::new(99);
            while working.load(Ordering::Acquire) > 0 {
                pool.clean_next().expect("nothing fails");
                match sequence.below(20) {
                    0 => pool.resize(1 + sequence.below(2 * SLOTS)).expect("the kernel has room"),
                    1 => drop(pool.trim(sequence.below(10)).expect("the kernel has room")),
                    2 => drop(pool.prepare().expect("there is room")),
                    3 => assert!(pool.stats().in_use <= THREADS),
                    _ => thread::yield_now(),
                }
            }
        });
    });
    let stats = pool.stats();
    assert_adds_up(&stats, "at the end");
    assert_eq!((stats.in_use, stats.taken, stats.overruns), (0, 0, 0), "{stats:?}");
    assert_eq!(stats.acquired, (THREADS * LEASES) as u64, "{stats:?}");
}

/// Whoever comes too late gets an error; whoever is at work is waited for.
#[test]
fn a_pool_is_retired_under_the_hands_of_others() {
    child::run(child::name!(a_pool_is_retired_under_the_hands_of_others), || {
        for kind in trackers() {
            for round in 0..40 {
                let pool = Pool::new(options(kind, PAGES, SLOTS), Some(filled(PAGES, 3))).expect("there is room");
                let begun = Barrier::new(THREADS + 1);
                thread::scope(|scope| {
                    for number in 0..THREADS {
                        let (pool, begun) = (&pool, &begun);
                        scope.spawn(move || {
                            begun.wait();
                            until_retired(pool, (number + round) as u64);
                        });
                    }
                    begun.wait();
                    (0..round).for_each(|_| thread::yield_now());
                    pool.retire().expect("the kernel has room");
                });
                assert!(pool.try_acquire(0).is_err());
                assert_adds_up(&pool.stats(), "at the end");
            }
        }
    });
}

fn until_retired(pool: &Pool, seed: u64) {
    let mut sequence = Sequence::new(seed);
    loop {
        match pool.try_acquire(sequence.number() % 3) {
            Err(_) => return,
            Ok(None) => thread::yield_now(),
            Ok(Some(lease)) => {
                // Each of these may fail from one moment to the next, and none may touch memory that is gone.
                let _ = pool.with(lease, |view, window| {
                    window.write(0, &vec![7; window.byte_length()])?;
                    view.dirty(window).map(drop)
                });
                match sequence.below(3) {
                    0 => drop(pool.release_clean(lease)),
                    1 => drop(pool.release(lease)),
                    _ => drop((pool.release(lease), pool.clean_next(), pool.trim(0), pool.prepare())),
                }
            }
        }
    }
}

fn use_slot(pool: &Pool, owners: &Owners, baseline: &[u8], lease: Lease, sequence: &mut Sequence) {
    let owner = &owners.0[lease.slot()];
    assert!(!owner.swap(true, Ordering::AcqRel), "a slot has two owners");
    let mut seen = vec![0; baseline.len()];
    if sequence.below(8) > 0 {
        pool.with(lease, |_, window| window.read(0, &mut seen)).expect("the lease is good");
        assert_same_bytes(&seen, baseline, "when it was handed out");
        let payload = sequence.number().to_le_bytes();
        let pages: Vec<usize> = (0..sequence.below(PAGES)).map(|_| sequence.below(PAGES)).collect();
        for page in &pages {
            pool.with(lease, |_, window| window.write(page * page_bytes(), &payload)).expect("the lease is good");
        }
        thread::yield_now();
        pool.with(lease, |_, window| window.read(0, &mut seen)).expect("the lease is good");
        for page in &pages {
            assert_eq!(seen[page * page_bytes()..][..8], payload, "somebody else has written here");
        }
    }
    assert!(owner.swap(false, Ordering::AcqRel));
    if sequence.below(2) == 0 {
        pool.release(lease).expect("the lease is good");
    } else {
        pool.release_clean(lease).expect("the lease is good");
    }
    assert!(pool.release(lease).is_err());
}
