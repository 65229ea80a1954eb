//! Memory that grows while it is tracked: after a reset the tail is zero and everything below it is the baseline.

use std::collections::BTreeSet;

use pagefold_core::TrackerKind;

use crate::guest::{Guest, assert_same_bytes, noise, page_bytes};

pub(super) fn a_grown_tail_is_zero_after_reset(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = small(kind, 64);
    let mut expected = guest.bytes();
    guest.region.grow(30 * page).expect("below the maximum");
    expected.resize(30 * page, 0);
    assert_eq!(guest.dirty(), BTreeSet::new(), "growing writes nothing");
    guest.write(8 * page, &noise(22 * page, 4));
    guest.touch_all([0, 7]);
    assert_eq!(guest.dirty(), (8..30).chain([0, 7]).collect());
    let report = guest.reset();
    assert!(report.pages_restored >= 24, "{report:?}");
    assert_same_bytes(&guest.bytes(), &expected, "after reset");
    assert_eq!(guest.dirty(), BTreeSet::new());
    for round in 0..70 {
        guest.touch_all([round % 8, 8 + round % 22, 29]);
        guest.reset();
        assert_same_bytes(&guest.bytes(), &expected, "after reset of the grown memory");
    }
}

pub(super) fn growth_inside_the_last_page(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::growable(kind, 2, 4);
    guest.fill(3);
    guest.snapshot();
    let mut expected = guest.bytes();
    guest.region.grow(2 * page + 10).expect("below the maximum");
    guest.write(2 * page, &[1; 10]);
    guest.region.grow(2 * page + 100).expect("below the maximum");
    guest.write(2 * page + 50, &[2; 50]);
    assert_eq!(guest.dirty(), BTreeSet::from([2]));
    guest.reset();
    expected.resize(2 * page + 100, 0);
    assert_same_bytes(&guest.bytes(), &expected, "after reset");
}

pub(super) fn growth_between_dirty_and_reset(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = small(kind, 16);
    let mut expected = guest.bytes();
    guest.touch(3);
    assert_eq!(guest.dirty(), BTreeSet::from([3]));
    guest.region.grow(12 * page).expect("below the maximum");
    guest.touch_all([4, 11]);
    guest.reset();
    expected.resize(12 * page, 0);
    assert_same_bytes(&guest.bytes(), &expected, "after reset");
}

pub(super) fn a_snapshot_of_the_grown_memory_keeps_the_tail(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = small(kind, 32);
    guest.region.grow(20 * page).expect("below the maximum");
    guest.write(10 * page, &noise(page, 8));
    let contents = guest.bytes();
    let snapshot = guest.snapshot();
    assert_eq!(snapshot.image().page_count(), 20);
    guest.touch_all(0..20);
    guest.reset();
    assert_same_bytes(&guest.bytes(), &contents, "after reset to the grown snapshot");
}

pub(super) fn repeated_growth(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = small(kind, 200);
    let mut expected = guest.bytes();
    for pages in (9..200).step_by(7) {
        guest.region.grow(pages * page).expect("below the maximum");
        expected.resize(pages * page, 0);
        guest.touch_all([1, 7, 8, pages - 1]);
        assert_eq!(guest.dirty(), BTreeSet::from([1, 7, 8, pages - 1]));
        guest.reset();
        assert_same_bytes(&guest.bytes(), &expected, "after reset");
    }
}

/// A snapshotted guest of 8 pages.
fn small(kind: TrackerKind, pages_max: usize) -> Guest {
    let mut guest = Guest::growable(kind, 8, pages_max);
    guest.fill(2);
    guest.snapshot();
    guest
}
