//! A lease ends once, and is good for its own slot only.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pagefold_core::{ErrorKind, Lease, Pool, Released, TrackerChoice, TrackerKind, page_size};

use super::slots::{
    acquire, assert_adds_up, assert_clean, filled, kind_of, options, pool, trackers, write, write_through_the_buffer,
};

const PAGES: usize = 8;

fn any_tracker() -> TrackerKind {
    trackers().next().expect("one works everywhere")
}

const fn usable_by_all_threads<T: Send + Sync>() {}

#[test]
fn a_pool_is_for_all_threads() {
    usable_by_all_threads::<Pool>();
}

#[test]
fn slots_are_handed_out_until_there_are_none() {
    for kind in trackers() {
        let pool = pool(kind, PAGES, 3);
        let leases: Vec<Lease> = (0..3).map(|affinity| acquire(&pool, affinity)).collect();
        assert_eq!(pool.try_acquire(0).expect("nothing fails"), None);
        for (number, lease) in (1_u8..).zip(&leases) {
            assert_clean(&pool, *lease, "when it was handed out");
            write(&pool, *lease, 0, &[number; 100]);
        }
        for (number, lease) in (1_u8..).zip(&leases) {
            let mut seen = [0; 100];
            pool.with(*lease, |_, window| window.read(0, &mut seen)).expect("the lease is good");
            assert_eq!(seen, [number; 100]);
        }
        assert_eq!(pool.release(leases[1]).expect("the lease is good"), Released::Unknown);
        assert_clean(&pool, acquire(&pool, 9), "cleaned by who needs it");
        let stats = pool.stats();
        assert_eq!((stats.acquired, stats.in_use, stats.cleaned, stats.mapped), (4, 3, 1, 3), "{stats:?}");
        assert_adds_up(&stats, "at the end");
    }
}

#[test]
fn who_has_released_a_lease_has_lost_it() {
    let pool = pool(any_tracker(), PAGES, 1);
    let old = acquire(&pool, 0);
    pool.release_clean(old).expect("the lease is good");
    let new = acquire(&pool, 0);
    assert_eq!(old.slot(), new.slot());
    write(&pool, new, 5, b"mine");
    for _ in 0..3 {
        assert_eq!(kind_of(pool.release(old)), Some(ErrorKind::LeaseLost));
        assert_eq!(kind_of(pool.release_clean(old)), Some(ErrorKind::LeaseLost));
        assert_eq!(kind_of(pool.mark_used(old)), Some(ErrorKind::LeaseLost));
        assert_eq!(kind_of(pool.with(old, |_, window| window.write(5, b"his!"))), Some(ErrorKind::LeaseLost));
    }
    let mut seen = [0; 4];
    pool.with(new, |_, window| window.read(5, &mut seen)).expect("the lease is good");
    assert_eq!(&seen, b"mine");
    pool.release(new).expect("the lease is good");
}

#[test]
fn made_up_leases_touch_nobody() {
    let pool = pool(any_tracker(), PAGES, 2);
    let (one, two) = (acquire(&pool, 0), acquire(&pool, 0));
    pool.release_clean(two).expect("the lease is good");
    let stats = pool.stats();
    let words =
        [0, 2, u64::MAX, 1 << 32, one.word() + 2, one.word() ^ (3 << 33), two.word(), two.word() + 1, 7 << 32 | 1];
    for word in words {
        let lease = Lease::from_word(word);
        assert_eq!(kind_of(pool.release(lease)), Some(ErrorKind::LeaseLost), "{word:#x}");
        assert_eq!(kind_of(pool.release_clean(lease)), Some(ErrorKind::LeaseLost), "{word:#x}");
        assert_eq!(kind_of(pool.mark_used(lease)), Some(ErrorKind::LeaseLost), "{word:#x}");
        assert_eq!(kind_of(pool.with(lease, |_, _| Ok(()))), Some(ErrorKind::LeaseLost), "{word:#x}");
    }
    assert_eq!(pool.stats(), stats);
    assert_clean(&pool, one, "still");
}

#[test]
fn what_was_never_used_needs_no_cleaning() {
    for kind in trackers() {
        let pool = pool(kind, PAGES, 1);
        let lease = acquire(&pool, 4);
        assert_eq!(pool.release(lease).expect("the lease is good"), Released::Clean);
        let lease = acquire(&pool, 4);
        assert!(pool.release_clean(lease).expect("the lease is good").is_none());
        let lease = acquire(&pool, 4);
        let range = pool.mark_used(lease).expect("the lease is good");
        assert_eq!(range, 0..PAGES * page_size().bytes());
        write_through_the_buffer(&pool, range.start + 77, b"secret");
        assert_eq!(pool.release(lease).expect("the lease is good"), Released::Unknown);
        assert!(pool.clean_next().expect("nothing fails").is_some());
        assert!(pool.clean_next().expect("nothing fails").is_none());
        assert_clean(&pool, acquire(&pool, 4), "after bytes that went through the buffer");
        let stats = pool.stats();
        assert_eq!((stats.unused, stats.cleaned, stats.affinity_hits), (2, 1, 3), "{stats:?}");
    }
}

#[test]
fn a_panic_in_the_middle_of_something_costs_a_mapping() {
    for kind in trackers() {
        let pool = pool(kind, PAGES, 1);
        let lease = acquire(&pool, 0);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            pool.with(lease, |_, window| -> pagefold_core::Result<()> {
                window.write(0, b"secret")?;
                panic!("as asked")
            })
        }));
        assert!(outcome.is_err());
        write(&pool, lease, 50, b"more");
        let report = pool.release_clean(lease).expect("the lease is good").expect("it was used");
        assert_eq!(report.strategy, pagefold_core::Strategy::Remap, "{kind}");
        assert_clean(&pool, acquire(&pool, 0), "after a panic");
        assert_eq!(pool.stats().remapped, 1);
    }
}

#[test]
fn a_slot_that_is_released_while_somebody_is_at_work_waits() {
    let pool = pool(any_tracker(), PAGES, 1);
    let lease = acquire(&pool, 0);
    pool.with(lease, |_, window| {
        window.write(3, b"secret")?;
        assert!(pool.release_clean(lease).expect("the lease is good").is_none());
        assert_eq!(pool.stats().unknown, 1);
        assert!(pool.clean_next().expect("nothing fails").is_none());
        assert_eq!(pool.try_acquire(0).expect("nothing fails"), None);
        window.write(3, b"more!!")
    })
    .expect("the lease was good when it began");
    assert_clean(&pool, acquire(&pool, 0), "when the work was done");
}

#[test]
fn impossible_pools_are_refused() {
    let page = page_size().bytes();
    let kind = any_tracker();
    let refused = |change: &dyn Fn(&mut pagefold_core::PoolOptions)| {
        let mut options = options(kind, 4, 2);
        change(&mut options);
        kind_of(Pool::new(options, Some(filled(4, 1))))
    };
    assert_eq!(refused(&|_| {}), None);
    for slots in [0, 5, usize::MAX] {
        assert_eq!(refused(&|options| options.slots = slots), Some(ErrorKind::OutOfRange));
    }
    for slots_max in [0, 1, 1 << 17, usize::MAX] {
        assert_eq!(refused(&|options| options.slots_max = slots_max), Some(ErrorKind::OutOfRange));
    }
    assert_eq!(refused(&|options| options.slot_byte_length = page + 1), Some(ErrorKind::Unaligned));
    assert_eq!(refused(&|options| options.guard_byte_length = 1), Some(ErrorKind::Unaligned));
    assert_eq!(refused(&|options| options.slot_byte_length = 0), Some(ErrorKind::OutOfRange));
    assert_eq!(refused(&|options| options.slot_byte_length = 3 * page), Some(ErrorKind::SnapshotTooLarge));
    assert_eq!(refused(&|options| options.slot_byte_length = 1 << 60), Some(ErrorKind::OutOfMemory));
    assert_eq!(refused(&|options| options.disabled = vec![kind]), Some(ErrorKind::Unsupported));
    let everything = TrackerKind::ALL.to_vec();
    assert_eq!(
        refused(&|options| {
            options.tracker = TrackerChoice::Auto;
            options.disabled.clone_from(&everything);
        }),
        Some(ErrorKind::Unsupported)
    );
}

#[test]
fn a_retired_pool_has_nothing_left() {
    for kind in trackers() {
        let pool = pool(kind, PAGES, 3);
        let (one, two) = (acquire(&pool, 0), acquire(&pool, 0));
        write(&pool, one, 0, b"secret");
        pool.release(one).expect("the lease is good");
        pool.retire().expect("the kernel has room");
        assert_eq!(kind_of(pool.release(two)), Some(ErrorKind::LeaseLost));
        assert_eq!(kind_of(pool.mark_used(two)), Some(ErrorKind::LeaseLost));
        assert_eq!(kind_of(pool.with(two, |_, _| Ok(()))), Some(ErrorKind::LeaseLost));
        assert_eq!(kind_of(pool.try_acquire(0)), Some(ErrorKind::System));
        assert_eq!(kind_of(pool.retire()), Some(ErrorKind::System));
        assert_eq!(kind_of(pool.clean_next()), Some(ErrorKind::System));
        assert_eq!(kind_of(pool.prepare()), Some(ErrorKind::System));
        let _ = (pool.trim(0), pool.resize(1), pool.resize(6));
        assert_eq!(kind_of(pool.try_acquire(0)), Some(ErrorKind::System));
    }
}

#[test]
fn who_works_on_a_slot_may_let_go_of_the_pool() {
    let pool = pool(any_tracker(), PAGES, 2);
    let lease = acquire(&pool, 0);
    write(&pool, lease, 0, b"outstanding");
    drop(pool);
}
