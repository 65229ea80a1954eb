//! Discarding, trimming, prefaulting, budgets, and taking what is dirty.

use std::collections::BTreeSet;

use pagefold_core::{Dirty, Discarded, ErrorKind, Limits, PageRun, Reason, Strategy, TrackerKind, Verify};

use crate::guest::{Guest, assert_same_bytes, noise, page_bytes, scans_here};

fn take(guest: &mut Guest) -> Dirty {
    guest.view.take_dirty(&mut guest.region.window().expect("alive")).expect("has a baseline")
}

fn pages(dirty: &Dirty) -> BTreeSet<usize> {
    dirty.pages.pages().collect()
}

fn trim(guest: &mut Guest, keep: usize) -> pagefold_core::Trimmed {
    guest.view.trim(&mut guest.region.window().expect("alive"), keep).expect("the kernel tells which pages are private")
}

pub(super) fn discarded_pages_are_zero_until_the_reset(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::filled(kind, 32);
    // Zeros in the baseline too: some of what is discarded differs from it, some does not.
    guest.write(20 * page, &vec![0; 4 * page]);
    guest.snapshot();
    let baseline = guest.bytes();
    for (at, count) in [(0, 1), (31, 1), (5, 7), (18, 4), (21, 2), (0, 32)] {
        for written in [false, true] {
            if written {
                guest.touch_all([at, at + count - 1]);
            }
            let mut expected = guest.bytes();
            expected[at * page..(at + count) * page].fill(0);
            guest.discard(at, count).expect("there is room");
            assert_same_bytes(&guest.bytes(), &expected, "once discarded");
            let differ: BTreeSet<usize> = (at..at + count).filter(|page| !(20..24).contains(page)).collect();
            let dirty = guest.dirty();
            assert!(dirty.is_superset(&differ), "{dirty:?} lacks some of {differ:?}");
            guest.touch(at);
            assert!(guest.dirty().contains(&at), "a write to a discarded page counts");
            guest.reset();
            assert_same_bytes(&guest.bytes(), &baseline, "after reset");
            assert_eq!(guest.dirty(), BTreeSet::new());
        }
    }
    for round in 0..40 {
        guest.touch_all([5, round % 32]);
        guest.discard(round % 30, 2).expect("there is room");
        guest.reset();
        assert_same_bytes(&guest.bytes(), &baseline, "after a later reset");
    }
}

pub(super) fn discarding_to_the_baseline(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::growable(kind, 32, 64);
    guest.fill(1);
    guest.snapshot();
    guest.region.grow(48 * page).expect("below the maximum");
    let baseline = guest.bytes();
    for (at, count) in [(0, 1), (5, 7), (30, 4), (40, 8), (0, 48)] {
        guest.touch_all(0..48);
        let mut expected = guest.bytes();
        expected[at * page..(at + count) * page].copy_from_slice(&baseline[at * page..(at + count) * page]);
        guest.discard_to_baseline(at, count).expect("has a baseline");
        assert_same_bytes(&guest.bytes(), &expected, "once discarded");
        assert_eq!(guest.dirty(), (0..48).filter(|page| !(at..at + count).contains(page)).collect());
        guest.touch(at);
        assert!(guest.dirty().contains(&at), "it is watched again");
        guest.reset();
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    }
}

pub(super) fn discarding_without_a_baseline(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::new(kind, 8);
    guest.fill(1);
    let mut expected = guest.bytes();
    assert_eq!(guest.discard_to_baseline(1, 1).expect_err("there is none").kind(), ErrorKind::NoBaseline);
    assert_same_bytes(&guest.bytes(), &expected, "after the refusal");
    guest.discard(2, 3).expect("there is room");
    expected[2 * page..5 * page].fill(0);
    assert_same_bytes(&guest.bytes(), &expected, "once discarded");
    let window = &mut guest.region.window().expect("alive");
    assert_eq!(guest.view.take_dirty(window).expect_err("refused").kind(), ErrorKind::NoBaseline);
    assert_eq!(guest.view.trim(window, 0).expect_err("refused").kind(), ErrorKind::NoBaseline);
    assert_eq!(guest.view.prefault(window).expect_err("refused").kind(), ErrorKind::NoBaseline);
    guest.snapshot();
    guest.touch_all([1, 3]);
    guest.reset();
    assert_same_bytes(&guest.bytes(), &expected, "after reset");
}

pub(super) fn trimming_gives_back_what_equals_the_baseline(kind: TrackerKind) {
    if !scans_here() {
        return;
    }
    let mut guest = Guest::filled(kind, 64);
    let baseline = guest.bytes();
    guest.touch_all(0..40);
    guest.reset();
    guest.touch_all([3, 50]);
    let contents = guest.bytes();
    let trimmed = trim(&mut guest, 30);
    assert!(trimmed.private <= 41 && trimmed.private >= 2, "{trimmed:?}");
    let trimmed = trim(&mut guest, 0);
    assert_eq!(trimmed.private, 2, "what differs stays: {trimmed:?}");
    assert_eq!(trim(&mut guest, 0).released, 0, "there is nothing more to give back");
    assert_same_bytes(&guest.bytes(), &contents, "contents stay");
    assert_eq!(guest.dirty(), BTreeSet::from([3, 50]));
    guest.touch_all([10, 50]);
    assert_eq!(guest.dirty(), BTreeSet::from([3, 10, 50]));
    guest.reset();
    assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    for round in 0..100 {
        guest.touch_all([1, round % 64, (round * 11) % 64]);
        if round % 3 == 0 {
            trim(&mut guest, round % 7);
        }
        guest.touch(33);
        assert!(guest.dirty().is_superset(&BTreeSet::from([1, 33])), "round {round}");
        guest.reset();
        assert_same_bytes(&guest.bytes(), &baseline, "after a later reset");
    }
    assert_eq!(trim(&mut guest, 0).private, 0);
}

/// What one memory has written often is made ready in another one.
pub(super) fn prefaulting_prepares_what_is_known_to_be_written(kind: TrackerKind) {
    if !scans_here() {
        return;
    }
    let mut first = Guest::filled(kind, 256);
    let image = first.snapshot();
    for _ in 0..20 {
        first.touch_all((0..40).map(|index| index * 5));
        first.reset();
    }
    let mut second = Guest::new(kind, 256);
    second.restore(&image);
    let baseline = second.bytes();
    assert_eq!(trim(&mut second, 256).private, 0);
    let prefaulted = second.view.prefault(&mut second.region.window().expect("alive")).expect("there is room");
    assert_eq!(prefaulted, 40);
    assert_same_bytes(&second.bytes(), &baseline, "contents stay");
    assert_eq!(second.dirty(), BTreeSet::new(), "and nothing is dirty");
    assert_eq!(trim(&mut second, 256).private, 40);
    second.touch_all([5, 7]);
    assert_eq!(second.dirty(), BTreeSet::from([5, 7]));
    second.reset();
    assert_same_bytes(&second.bytes(), &baseline, "after reset");
    trim(&mut second, 0);
    assert_eq!(trim(&mut second, 0).private, 0);
}

pub(super) fn a_budget_bounds_what_stays_private(kind: TrackerKind) {
    if !scans_here() {
        return;
    }
    let mut guest = Guest::filled(kind, 256);
    let baseline = guest.bytes();
    for budget in [0, 1, 10, 100] {
        guest.view.set_limits(Limits { resident_pages: budget, verify: Verify::Always });
        for round in 0..30 {
            guest.touch_all((0..150).map(|index| (index * 3 + round) % 256));
            let report = guest.reset();
            assert_eq!((report.strategy, report.reason), (Strategy::Release, Reason::BeyondBudget), "{report:?}");
            assert!(report.pages_restored <= budget && report.pages_released >= 150 - budget, "{report:?}");
            assert_same_bytes(&guest.bytes(), &baseline, "after reset");
            let private = trim(&mut guest, usize::MAX).private;
            assert!(private <= budget, "{private} pages stay private of {budget}");
            guest.touch(round);
            assert_eq!(guest.dirty(), BTreeSet::from([round]));
        }
        guest.reset();
    }
    guest.view.set_limits(Limits { resident_pages: 10, verify: Verify::Sample });
    for round in 0..40 {
        guest.touch_all([2, 3, round % 10]);
        let report = guest.reset();
        assert!(round < 10 || report.strategy != Strategy::Release, "there is room for so few: {report:?}");
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    }
    for round in 0..200 {
        guest.touch_all([2, 3, round, 255 - round]);
        guest.reset();
        let private = trim(&mut guest, usize::MAX).private;
        assert!(private <= 10, "{private} pages stay private, a few more of them with each reset");
    }
    guest.view.set_limits(Limits::default());
    guest.touch_all(0..250);
    assert_ne!(guest.reset().strategy, Strategy::Release);
    assert_same_bytes(&guest.bytes(), &baseline, "after reset");
}

/// With a tracker that can forget, each write is told once; with another one the answer says that it cannot.
pub(super) fn taking_what_is_dirty(kind: TrackerKind) {
    let mut guest = Guest::filled(kind, 64);
    let baseline = guest.bytes();
    guest.touch_all([1, 2, 40]);
    let first = take(&mut guest);
    assert_eq!(pages(&first), BTreeSet::from([1, 2, 40]));
    guest.touch_all([2, 50]);
    let second = take(&mut guest);
    let third = take(&mut guest);
    if kind == TrackerKind::UffdWp {
        assert!(first.lost.is_none() && second.lost.is_none(), "{second:?}");
        assert_eq!(pages(&second), BTreeSet::from([2, 50]));
        assert_eq!(pages(&third), BTreeSet::new());
    } else {
        assert!(first.lost.is_some() && second.lost.is_some(), "{second:?}");
        assert_eq!(pages(&second), BTreeSet::from([1, 2, 40, 50]));
        assert_eq!(pages(&third), BTreeSet::from([1, 2, 40, 50]));
    }
    assert_eq!(guest.dirty(), BTreeSet::from([1, 2, 40, 50]), "they still differ from the baseline");
    guest.write(40 * page_bytes(), &baseline[40 * page_bytes()..41 * page_bytes()]);
    assert!(pages(&take(&mut guest)).contains(&40), "a page that went back has changed too");
    assert_eq!(guest.dirty(), BTreeSet::from([1, 2, 50]));
    guest.reset();
    assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    assert_eq!(pages(&take(&mut guest)), BTreeSet::new(), "nothing has changed since");
    for round in 0..60 {
        guest.touch_all([3, round]);
        assert!(pages(&take(&mut guest)).is_superset(&BTreeSet::from([3, round])));
        guest.touch((round + 9) % 64);
        if round % 4 == 0 {
            guest.reset();
            assert_same_bytes(&guest.bytes(), &baseline, "after a later reset");
        }
    }
}

pub(super) fn a_budget_and_a_growing_memory(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::growable(kind, 64, 128);
    guest.fill(1);
    guest.snapshot();
    guest.region.grow(100 * page).expect("below the maximum");
    let expected = guest.bytes();
    guest.view.set_limits(Limits { resident_pages: 20, verify: Verify::Always });
    for round in 0..20 {
        guest.write(60 * page, &noise(30 * page, round));
        guest.touch_all(0..40);
        guest.reset();
        assert_same_bytes(&guest.bytes(), &expected, "after reset");
        guest.region.grow((100 + usize::from(round > 10)) * page).expect("below the maximum");
        if round > 10 {
            assert_eq!(guest.read(100 * page, 1), [0]);
            break;
        }
    }
    let window = &mut guest.region.window().expect("alive");
    guest.view.discard(window, PageRun { start: 50, end: 90 }, Discarded::Baseline).expect("has a baseline");
    assert_same_bytes(&guest.bytes()[..100 * page], &expected, "once discarded");
}
