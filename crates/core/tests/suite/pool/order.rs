//! Which slot comes next.

use pagefold_core::{Lease, Strategy, TrackerKind};

use super::slots::{acquire, assert_clean, filled, options, pool, trackers, write};

fn any_tracker() -> TrackerKind {
    trackers().next().expect("one works everywhere")
}

/// Uses a slot and gives it back clean.
fn use_up(pool: &pagefold_core::Pool, lease: Lease) {
    write(pool, lease, 0, &[1]);
    pool.release_clean(lease).expect("the lease is good");
}

#[test]
fn the_slot_that_was_last_used_with_the_same_affinity_comes_first() {
    let pool = pool(any_tracker(), 4, 4);
    let leases: Vec<Lease> = (0..4).map(|affinity| acquire(&pool, affinity / 2)).collect();
    for index in [1, 2, 0, 3] {
        use_up(&pool, leases[index]);
    }
    let next = |affinity| acquire(&pool, affinity).slot();
    let slots: Vec<usize> = [1, 0, 0, 1].into_iter().map(next).collect();
    let expected: Vec<usize> = [3, 0, 1, 2].into_iter().map(|index: usize| leases[index].slot()).collect();
    assert_eq!(slots, expected);
    assert_eq!(pool.stats().affinity_hits, 4);
}

#[test]
fn a_slot_that_nobody_has_used_comes_before_one_of_another_affinity() {
    let pool = pool(any_tracker(), 4, 3);
    let one = acquire(&pool, 1);
    use_up(&pool, one);
    assert!(pool.prepare().expect("there is room"));
    assert_eq!((pool.stats().clean, pool.stats().unmapped), (2, 1));
    let prepared = acquire(&pool, 2);
    assert_ne!(prepared.slot(), one.slot());
    assert_eq!((pool.stats().clean, pool.stats().unmapped), (1, 1));
    let mapped = acquire(&pool, 3);
    assert_eq!((pool.stats().clean, pool.stats().unmapped), (1, 0));
    assert_ne!(mapped.slot(), prepared.slot());
    assert_eq!(acquire(&pool, 4).slot(), one.slot());
    assert_eq!(pool.stats().affinity_hits, 0);
    assert!(!pool.prepare().expect("nothing is left to map"));
}

#[test]
fn of_other_affinities_the_one_that_was_not_used_for_longest() {
    let pool = pool(any_tracker(), 4, 3);
    let leases: Vec<Lease> = (0..3).map(|affinity| acquire(&pool, affinity)).collect();
    for index in [2, 0, 1] {
        use_up(&pool, leases[index]);
    }
    let slots: Vec<usize> = (10..13).map(|affinity| acquire(&pool, affinity).slot()).collect();
    assert_eq!(slots, [2, 0, 1].map(|index: usize| leases[index].slot()));
}

#[test]
fn the_slot_that_has_waited_longest_is_cleaned_first() {
    let pool = pool(any_tracker(), 4, 3);
    let leases: Vec<Lease> = (0..3).map(|affinity| acquire(&pool, affinity)).collect();
    for index in [1, 2, 0] {
        write(&pool, leases[index], 0, &[1]);
        pool.release(leases[index]).expect("the lease is good");
    }
    let cleaned: Vec<usize> =
        std::iter::from_fn(|| pool.clean_next().expect("nothing fails")).map(|cleaned| cleaned.slot).collect();
    assert_eq!(cleaned, [1, 2, 0].map(|index: usize| leases[index].slot()));
}

#[test]
fn many_affinities_are_forgotten_with_their_slots() {
    let pool = pool(any_tracker(), 1, 2);
    for affinity in 0..10_000 {
        use_up(&pool, acquire(&pool, affinity));
    }
    acquire(&pool, 9_999);
    assert_eq!(pool.stats().affinity_hits, 1);
    assert_eq!(pool.stats().acquired, 10_001);
}

#[test]
fn slots_are_mapped_while_idle_ones_are_within_their_budget() {
    for (idle_pages, expected) in [(usize::MAX, 2), (8, 2), (1, 1)] {
        let mut options = options(any_tracker(), 4, 2);
        options.idle_pages = idle_pages;
        let pool = pagefold_core::Pool::new(options, Some(filled(4, 1))).expect("there is room");
        let one = acquire(&pool, 1);
        pool.with(one, |_, window| window.write(0, &vec![7; window.byte_length()])).expect("the lease is good");
        pool.release_clean(one).expect("the lease is good");
        let two = acquire(&pool, 2);
        assert_eq!(usize::from(two.slot() != one.slot()) + 1, expected, "{idle_pages}: {:?}", pool.stats());
    }
}

#[test]
fn idle_slots_are_brought_to_the_current_version() {
    for kind in trackers() {
        let pool = pool(kind, 64, 3);
        let leases: Vec<Lease> = (0..3).map(|affinity| acquire(&pool, affinity)).collect();
        leases.into_iter().for_each(|lease| use_up(&pool, lease));
        pool.snapshot().write(&[(70_000, &[9; 5000])]).expect("there is room");
        let cleaned: Vec<Strategy> = std::iter::from_fn(|| pool.clean_next().expect("nothing fails"))
            .map(|cleaned| cleaned.report.strategy)
            .collect();
        assert_eq!(cleaned, [Strategy::Forward; 3], "{kind}");
        let before = pool.stats().cleaned;
        (0..3).for_each(|affinity| assert_clean(&pool, acquire(&pool, affinity), "of the current version"));
        assert_eq!((pool.stats().cleaned, pool.stats().affinity_hits), (before, 3));
        pool.snapshot().write(&[(5, &[9; 10])]).expect("there is room");
        pool.resize(4).expect("there is room");
        assert_clean(&pool, acquire(&pool, 7), "mapped after the last write");
    }
}

/// Nobody has cleaned them in the meantime.
#[test]
fn a_slot_of_an_earlier_version_is_brought_forward_when_it_is_needed() {
    for kind in trackers() {
        let pool = pool(kind, 64, 1);
        for round in 0..6 {
            let lease = acquire(&pool, 0);
            assert_clean(&pool, lease, "of the current version");
            if round % 2 == 0 {
                use_up(&pool, lease);
            } else {
                pool.release(lease).expect("the lease is good");
            }
            pool.snapshot().write(&[(1000 * round, &[9; 10])]).expect("there is room");
        }
    }
}
