//! Pools near the limits of a process, in forks of it, and what is left of them. Each in a child process of its own.

use std::sync::Arc;

use pagefold_core::{ErrorKind, Lease, Pool, TrackerKind};

use super::slots::{acquire, assert_adds_up, assert_clean, filled, options, pool, trackers, write};
use crate::child;
use crate::guest::page_bytes;
use crate::process_facts::{descriptor_count, mapping_count, memory_bytes};
use crate::processes::forbidden_calls::{Forbidden, PAGEMAP_SCAN, USERFAULTFD, forbid};
use crate::processes::forks::in_fork;
use crate::processes::limits::{Filler, without_descriptors};

const PAGES: usize = 8;

#[test]
fn without_mappings_the_pool_works_with_what_it_has() {
    child::run(child::name!(without_mappings_the_pool_works_with_what_it_has), || {
        for kind in trackers() {
            let mut refused = 0;
            for free in (0..10).rev() {
                let pool = pool(kind, PAGES, 6);
                let one = acquire(&pool, 1);
                let two = acquire(&pool, 2);
                write(&pool, one, 0, b"secret");
                write(&pool, two, 0, b"secret");
                pool.release_clean(one).expect("nothing fails");
                let filler = Filler::until_free(free);
                // The one that is clean is had in any case; its affinity is another one.
                let clean = pool.try_acquire(3).expect("there is a clean one").expect("there is a clean one");
                assert_clean(&pool, clean, "near the limit");
                write(&pool, clean, 0, b"secret");
                let mut more: Vec<Lease> = vec![clean];
                for _ in 0..8 {
                    match pool.try_acquire(4) {
                        Ok(Some(lease)) => more.push(lease),
                        Ok(None) => break,
                        Err(error) => {
                            assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{kind}, {free} free: {error}");
                            refused += 1;
                        }
                    }
                }
                more.iter().skip(1).for_each(|lease| assert_clean(&pool, *lease, "near the limit"));
                // What was used can be used again.
                pool.release(two).expect("the lease is good");
                let again = pool.try_acquire(5).expect("one waits to be cleaned").expect("one waits to be cleaned");
                assert_clean(&pool, again, "cleaned near the limit");
                assert_adds_up(&pool.stats(), "near the limit");
                drop(filler);
                let all: Vec<Lease> =
                    std::iter::from_fn(|| pool.try_acquire(6).expect("there is room again")).collect();
                all.iter().for_each(|lease| assert_clean(&pool, *lease, "with room again"));
                assert_eq!(pool.stats().in_use, 6, "{kind}, {free} were free: {:?}", pool.stats());
            }
            assert!(refused > 0, "{kind}: the limit was never reached");
        }
    });
}

#[test]
fn without_descriptors_slots_are_still_handed_out() {
    child::run(child::name!(without_descriptors_slots_are_still_handed_out), || {
        for kind in trackers() {
            let pool = pool(kind, PAGES, 3);
            let first = acquire(&pool, 0);
            write(&pool, first, 0, b"secret");
            without_descriptors(|| {
                let second = acquire(&pool, 0);
                assert_clean(&pool, second, "mapped without descriptors");
                write(&pool, second, 0, b"secret");
                pool.release_clean(second).expect("cleaning needs none");
                pool.release(first).expect("the lease is good");
                (0..3).for_each(|_| assert_clean(&pool, acquire(&pool, 0), "without descriptors"));
            });
        }
    });
}

/// The first slot of a process may come at a bad moment.
#[test]
fn a_first_pool_without_descriptors_is_refused() {
    child::run(child::name!(a_first_pool_without_descriptors_is_refused), || {
        let mut options = options(TrackerKind::Compare, PAGES, 2);
        options.tracker = pagefold_core::TrackerChoice::Auto;
        let snapshot = filled(PAGES, 1);
        let refused = without_descriptors(|| Pool::new(options.clone(), Some(Arc::clone(&snapshot))).map(drop));
        if let Err(error) = refused {
            assert!([ErrorKind::OutOfMemory, ErrorKind::Unsupported].contains(&error.kind()), "{error}");
        }
        let pool = Pool::new(options, Some(snapshot)).expect("there are descriptors again");
        assert_clean(&pool, acquire(&pool, 0), "with descriptors");
    });
}

/// Forbidden after the first use: nothing that the kernel would have to tell is relied on.
#[test]
fn when_the_kernel_stops_answering_everything_is_mapped_anew() {
    child::run(child::name!(when_the_kernel_stops_answering_everything_is_mapped_anew), || {
        let pools: Vec<(TrackerKind, Pool)> = trackers()
            .flat_map(|kind| [usize::MAX, 5].map(|idle_pages| (kind, idle_pages)))
            .map(|(kind, idle_pages)| {
                let mut options = options(kind, PAGES, 2);
                options.guard_byte_length = page_bytes();
                options.idle_pages = idle_pages;
                (kind, Pool::new(options, Some(filled(PAGES, 1))).expect("there is room"))
            })
            .collect();
        for forbidden in [false, true] {
            if forbidden {
                forbid(&[USERFAULTFD[0], USERFAULTFD[1], Forbidden::Ioctl(PAGEMAP_SCAN)]);
            }
            for (kind, pool) in &pools {
                for round in 0..12 {
                    let leases = [acquire(pool, 1), acquire(pool, 2)];
                    for lease in leases {
                        assert_clean(pool, lease, &format!("{kind}, forbidden: {forbidden}, round {round}"));
                        write(pool, lease, 100, b"secret");
                        write(pool, lease, round * 2000, b"secret");
                    }
                    pool.release_clean(leases[0]).expect("nothing fails");
                    pool.release(leases[1]).expect("the lease is good");
                }
                let stats = pool.stats();
                assert!(!forbidden || *kind != TrackerKind::UffdWp || stats.remapped > 0, "{stats:?}");
                assert_eq!((stats.in_use, stats.overruns), (0, 0), "{stats:?}");
            }
        }
    });
}

/// A forked child has the leases of its parent, and a pool of its own.
#[test]
fn a_forked_child_restores_everything() {
    child::run(child::name!(a_forked_child_restores_everything), || {
        for kind in trackers() {
            let pool = pool(kind, PAGES, 4);
            let (one, two, three) = (acquire(&pool, 1), acquire(&pool, 2), acquire(&pool, 3));
            [one, two, three].iter().for_each(|lease| write(&pool, *lease, 20, b"of the parent"));
            pool.release_clean(two).expect("nothing fails");
            pool.release(three).expect("the lease is good");
            in_fork(|| {
                for round in 0..10 {
                    let leases: Vec<Lease> = (0..3).map(|affinity| acquire(&pool, affinity)).collect();
                    assert_eq!(
                        pool.try_acquire(9).expect("nothing fails"),
                        None,
                        "the lease of the parent stays taken"
                    );
                    for lease in leases {
                        assert_clean(&pool, lease, &format!("{kind}: in the child, round {round}"));
                        write(&pool, lease, 4000, b"of the child");
                        write(&pool, lease, 20_000 + round, b"of the child");
                        pool.release_clean(lease).expect("nothing fails");
                    }
                }
                pool.release_clean(one).expect("it was inherited");
                assert_clean(&pool, acquire(&pool, 1), "what the parent had, in the child");
            });
            let mut seen = [0; 13];
            pool.with(one, |_, window| window.read(20, &mut seen)).expect("the lease is good");
            assert_eq!(&seen, b"of the parent");
            pool.release_clean(one).expect("nothing fails");
            (0..4).for_each(|affinity| assert_clean(&pool, acquire(&pool, affinity), "in the parent, after the child"));
        }
    });
}

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
