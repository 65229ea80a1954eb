//! Pools in processes whose kernel stops answering, and in forks. Each in a child process of its own.

use pagefold_core::{Lease, Pool, TrackerKind};

use super::slots::{acquire, assert_clean, filled, options, pool, trackers, write};
use crate::child;
use crate::guest::page_bytes;
use crate::processes::forbidden_calls::{Forbidden, PAGEMAP_SCAN, USERFAULTFD, forbid};
use crate::processes::forks::in_fork;

/// So many that a reset asks the kernel: of a few pages all are simply copied.
const PAGES: usize = 64;

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
