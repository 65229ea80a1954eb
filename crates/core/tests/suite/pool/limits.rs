//! Pools near the limits of a process. Each in a child process of its own.

use std::sync::Arc;

use pagefold_core::{ErrorKind, Lease, Pool, TrackerKind};

use super::slots::{acquire, assert_adds_up, assert_clean, filled, options, pool, trackers, write};
use crate::child;
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
