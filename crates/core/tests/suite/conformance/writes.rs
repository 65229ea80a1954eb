//! Which pages are reported.

use std::collections::BTreeSet;

use pagefold_core::{Reason, Strategy, TrackerKind};

use crate::guest::{Guest, assert_same_bytes, page_bytes};

pub(super) fn nothing_is_dirty_after_a_snapshot(kind: TrackerKind) {
    let mut guest = Guest::filled(kind, 64);
    assert_eq!(guest.dirty(), BTreeSet::new());
    assert_eq!(guest.view.tracker(), kind);
    assert!(guest.view.rejected().is_empty(), "a named tracker is used or refused, never replaced");
}

pub(super) fn reads_do_not_count(kind: TrackerKind) {
    let mut guest = Guest::new(kind, 64);
    guest.touch_all((0..64).step_by(3));
    guest.snapshot();
    guest.bytes();
    assert_eq!(guest.dirty(), BTreeSet::new(), "after the first read");
    guest.touch(5);
    guest.bytes();
    assert_eq!(guest.dirty(), BTreeSet::from([5]), "beside a write");
    guest.reset();
    guest.bytes();
    assert_eq!(guest.dirty(), BTreeSet::new(), "after a reset");
}

pub(super) fn each_written_page_is_reported_exactly(kind: TrackerKind) {
    let mut guest = Guest::filled(kind, 64);
    for pages in [&[3][..], &[3, 4, 5], &[0, 2, 3, 31, 32, 63], &[10]] {
        guest.touch_all(pages.iter().copied());
        assert_eq!(guest.dirty(), pages.iter().copied().collect());
        let report = guest.reset();
        assert_eq!((report.strategy, report.reason), (Strategy::CopyBack, Reason::Tracked));
        assert!(report.pages_restored >= pages.len(), "{report:?}");
    }
}

pub(super) fn first_and_last_page(kind: TrackerKind) {
    let mut guest = Guest::filled(kind, 100);
    let baseline = guest.bytes();
    let last = guest.region.byte_length() - 1;
    let changed = !baseline[last];
    guest.write(last, &[changed]);
    assert_eq!(guest.dirty(), BTreeSet::from([99]));
    guest.write(0, &[!baseline[0]]);
    assert_eq!(guest.dirty(), BTreeSet::from([0, 99]));
    guest.reset();
    assert_same_bytes(&guest.bytes(), &baseline, "after reset");
}

pub(super) fn nothing_is_dirty_after_a_reset(kind: TrackerKind) {
    let mut guest = Guest::filled(kind, 64);
    let baseline = guest.bytes();
    for round in 0..100 {
        guest.touch_all([1, 2, round % 64]);
        guest.reset();
        assert_eq!(guest.dirty(), BTreeSet::new(), "round {round}");
    }
    assert_same_bytes(&guest.bytes(), &baseline, "after 100 rounds");
}

pub(super) fn alternating_pages_520(kind: TrackerKind) {
    alternating(kind, 520);
}

pub(super) fn alternating_pages_2000(kind: TrackerKind) {
    alternating(kind, 2000);
}

/// More runs than the kernel returns at a time.
fn alternating(kind: TrackerKind, count: usize) {
    let mut guest = Guest::filled(kind, 2 * count);
    let baseline = guest.bytes();
    let even: BTreeSet<usize> = (0..2 * count).step_by(2).collect();
    for _ in 0..3 {
        guest.touch_all(even.iter().copied());
        assert_eq!(guest.dirty(), even);
        assert_eq!(guest.reset().pages_restored, count);
        assert_eq!(guest.dirty(), BTreeSet::new());
    }
    assert_same_bytes(&guest.bytes(), &baseline, "after reset");
}

pub(super) fn dirty_twice_gives_the_same(kind: TrackerKind) {
    let mut guest = Guest::filled(kind, 64);
    guest.touch_all([7, 9, 40]);
    let first = guest.dirty();
    assert_eq!(guest.dirty(), first);
    guest.reset();
    guest.touch_all([9, 41]);
    let second = guest.dirty();
    assert_eq!((guest.dirty(), &second), (second.clone(), &BTreeSet::from([9, 41])));
}

pub(super) fn a_write_after_dirty_is_not_lost(kind: TrackerKind) {
    let mut guest = Guest::filled(kind, 64);
    let baseline = guest.bytes();
    guest.touch(7);
    guest.dirty();
    guest.touch_all([7, 8]);
    assert_eq!(guest.dirty(), BTreeSet::from([7, 8]));
    guest.reset();
    assert_same_bytes(&guest.bytes(), &baseline, "after reset");
}

/// A page that is zero in the baseline is a hole in the image.
pub(super) fn a_written_zero_page_is_put_back(kind: TrackerKind) {
    let mut guest = Guest::new(kind, 40);
    guest.touch_all((0..40).filter(|page| page % 4 != 1));
    let baseline = guest.bytes();
    let snapshot = guest.snapshot();
    let stored: BTreeSet<usize> = snapshot.image().stored().pages().collect();
    assert_eq!(stored, (0..40).filter(|page| page % 4 != 1).collect());
    for round in 0..40 {
        guest.touch_all([1, 5, 6, round]);
        assert_eq!(guest.dirty(), BTreeSet::from([1, 5, 6, round]));
        guest.reset();
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    }
}

pub(super) fn every_page_at_once(kind: TrackerKind) {
    let mut guest = Guest::filled(kind, 300);
    let baseline = guest.bytes();
    for round in 0..20 {
        guest.write(0, &vec![round; 300 * page_bytes()]);
        assert_eq!(guest.dirty().len(), 300, "round {round}");
        guest.reset();
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    }
}
