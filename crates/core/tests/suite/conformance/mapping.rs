//! Pages of a region in the place of a guest's own: both show the same bytes, until the baseline comes back.

use std::collections::BTreeSet;

use pagefold_core::{ErrorKind, Reason, Region, Strategy, TrackerChoice, TrackerKind, View};

use crate::guest::{Guest, assert_same_bytes, noise, page_bytes, scans_here};

/// A mappable region of so many pages, none of which is zero.
pub(crate) fn shared(pages: usize, seed: u64) -> Region {
    let mut region = Region::allocate_mappable(pages * page_bytes(), pages * page_bytes()).expect("there is room");
    region.write(0, &noise(pages * page_bytes(), seed)).expect("in range");
    region
}

/// Everything in a region.
pub(crate) fn bytes_of(region: &Region) -> Vec<u8> {
    let mut bytes = vec![0xEE; region.byte_length()];
    region.read(0, &mut bytes).expect("in range");
    bytes
}

/// `bytes` with the pages of `other` from `from` on at page `at`.
fn with_pages(mut bytes: Vec<u8>, at: usize, other: &[u8], from: usize, count: usize) -> Vec<u8> {
    let page = page_bytes();
    bytes[at * page..(at + count) * page].copy_from_slice(&other[from * page..(from + count) * page]);
    bytes
}

/// Resets as a guest without any mapping does, often enough for the hot set to be watched again.
fn resets_as_before(guest: &mut Guest, baseline: &[u8]) {
    let pages = guest.page_count();
    for round in 0..40 {
        let touched = BTreeSet::from([round % pages, (round * 7 + 3) % pages]);
        guest.touch_all(touched.iter().copied());
        assert_eq!(guest.dirty(), touched);
        let report = guest.reset();
        assert!([Reason::Tracked, Reason::NearlyAllHot].contains(&report.reason), "{report:?}");
        assert_same_bytes(&guest.bytes(), baseline, "after a later reset");
    }
}

/// In the middle, at either end, over everything.
pub(super) fn a_reset_ends_a_mapping(kind: TrackerKind) {
    for (at, count) in [(10, 3), (0, 1), (63, 1), (0, 64), (20, 30)] {
        let mut guest = Guest::filled(kind, 64);
        let baseline = guest.bytes();
        let mut region = shared(64, 2);
        let contents = bytes_of(&region);
        guest.touch_all([5, 12]);
        let before = guest.bytes();
        guest.map(at, count, &region, 64 - count).expect("there is room");
        assert_same_bytes(&guest.bytes(), &with_pages(before, at, &contents, 64 - count, count), "once mapped");
        let dirty = (at..at + count).chain([5, 12]).collect();
        assert_eq!(guest.dirty(), dirty, "mapped pages count, and the written ones");

        guest.touch(at);
        let written = guest.bytes();
        let mut seen = vec![0; page_bytes()];
        region.read((64 - count) * page_bytes(), &mut seen).expect("in range");
        assert_same_bytes(&seen, &written[at * page_bytes()..(at + 1) * page_bytes()], "the region has it");
        region.write(63 * page_bytes() + 9, &[1, 2, 3]).expect("in range");
        assert_eq!(guest.read((at + count - 1) * page_bytes() + 9, 3), [1, 2, 3], "and the guest");
        let contents = bytes_of(&region);

        assert_eq!(guest.reset().reason, Reason::Tracked);
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
        assert_eq!(guest.dirty(), BTreeSet::new(), "right after reset");
        resets_as_before(&mut guest, &baseline);
        assert_same_bytes(&bytes_of(&region), &contents, "nothing reaches the region any more");
    }
}

pub(super) fn one_region_at_two_places(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::filled(kind, 32);
    let baseline = guest.bytes();
    let region = shared(4, 2);
    guest.map(3, 4, &region, 0).expect("there is room");
    guest.map(20, 2, &region, 1).expect("there is room");
    guest.write(4 * page + 5, b"here");
    assert_eq!(guest.read(20 * page + 5, 4), b"here");
    guest.write(21 * page, b"there");
    assert_eq!(guest.read(5 * page, 5), b"there");
    assert_eq!(guest.dirty(), BTreeSet::from([3, 4, 5, 6, 20, 21]));
    guest.reset();
    assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    resets_as_before(&mut guest, &baseline);
}

pub(super) fn one_region_in_two_guests(kind: TrackerKind) {
    let page = page_bytes();
    let mut guests = [Guest::filled(kind, 16), Guest::filled(kind, 16)];
    let baseline = guests[0].bytes();
    let region = shared(2, 2);
    for guest in &mut guests {
        guest.map(7, 2, &region, 0).expect("there is room");
    }
    guests[0].write(8 * page, b"message");
    assert_eq!(guests[1].read(8 * page, 7), b"message");
    guests[0].reset();
    assert_eq!(guests[1].read(8 * page, 7), b"message", "the other one has it still");
    guests[1].reset();
    for guest in &mut guests {
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    }
}

pub(super) fn before_there_is_a_baseline(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::new(kind, 16);
    guest.fill(1);
    let before = guest.bytes();
    let region = shared(3, 2);
    guest.map(4, 3, &region, 0).expect("needs no baseline");
    let expected = with_pages(before, 4, &bytes_of(&region), 0, 3);
    assert_same_bytes(&guest.bytes(), &expected, "once mapped");
    guest.snapshot();
    assert_same_bytes(&guest.bytes(), &expected, "a snapshot captures what is mapped");
    assert_eq!(guest.dirty(), BTreeSet::new());
    guest.write(5 * page, &[0xEE; 10]);
    assert_ne!(bytes_of(&region)[page..page + 10], [0xEE; 10], "and ends the mapping");
    guest.reset();
    assert_same_bytes(&guest.bytes(), &expected, "after reset");
    resets_as_before(&mut guest, &expected);
}

pub(super) fn snapshot_and_restore_end_a_mapping(kind: TrackerKind) {
    let mut guest = Guest::filled(kind, 16);
    let first = guest.bytes();
    let old = guest.snapshot();
    let region = shared(3, 2);
    let contents = bytes_of(&region);
    guest.map(4, 3, &region, 0).expect("there is room");
    guest.touch(9);
    let second = guest.bytes();
    guest.snapshot();
    guest.touch_all([5, 9, 10]);
    assert_eq!(guest.dirty(), BTreeSet::from([5, 9, 10]));
    guest.reset();
    assert_same_bytes(&guest.bytes(), &second, "after reset to the second snapshot");

    guest.map(2, 3, &region, 0).expect("there is room");
    guest.restore(&old);
    assert_same_bytes(&guest.bytes(), &first, "after restore");
    guest.touch(3);
    assert_eq!(guest.dirty(), BTreeSet::from([3]));
    guest.reset();
    assert_same_bytes(&guest.bytes(), &first, "after reset to the first snapshot");
    assert_same_bytes(&bytes_of(&region), &contents, "the region is as it was");
}

pub(super) fn over_what_is_mapped_already(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::filled(kind, 32);
    let baseline = guest.bytes();
    let (one, other) = (shared(8, 2), shared(8, 3));
    let (kept, kept_too) = (bytes_of(&one), bytes_of(&other));
    for round in 0..20 {
        guest.map(4, 8, &one, 0).expect("there is room");
        guest.map(8, 8, &other, 0).expect("there is room");
        guest.discard(10, 4).expect("there is room");
        guest.map(13, 2, &one, 6).expect("there is room");
        let mut expected = with_pages(baseline.clone(), 4, &kept, 0, 4);
        expected = with_pages(expected, 8, &kept_too, 0, 8);
        expected[10 * page..14 * page].fill(0);
        expected = with_pages(expected, 13, &kept, 6, 2);
        assert_same_bytes(&guest.bytes(), &expected, &format!("round {round}"));
        assert_eq!(guest.dirty(), (4..16).collect());
        guest.reset();
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
        guest.touch_all([4, 10, 15]);
        guest.reset();
    }
    resets_as_before(&mut guest, &baseline);
    assert_same_bytes(&bytes_of(&one), &kept, "the first region is as it was");
    assert_same_bytes(&bytes_of(&other), &kept_too, "the second region is as it was");
}

/// Discarding is how a mapping ends before the reset: with zeros or with the baseline.
pub(super) fn discarding_ends_a_mapping(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::filled(kind, 32);
    let baseline = guest.bytes();
    let region = shared(10, 2);
    let contents = bytes_of(&region);
    guest.map(4, 10, &region, 0).expect("there is room");
    guest.discard(6, 2).expect("there is room");
    guest.discard_to_baseline(10, 8).expect("has a baseline");
    let mut expected = with_pages(baseline.clone(), 4, &contents, 0, 6);
    expected[6 * page..8 * page].fill(0);
    assert_same_bytes(&guest.bytes(), &expected, "after discarding");
    assert_eq!(guest.dirty(), (4..10).collect());
    guest.touch_all([7, 11, 16]);
    assert_same_bytes(&bytes_of(&region), &contents, "what was discarded does not reach the region");
    assert_eq!(guest.dirty(), (4..12).chain([16]).filter(|page| *page != 10).collect());
    guest.reset();
    assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    resets_as_before(&mut guest, &baseline);
}

pub(super) fn in_the_grown_tail(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::growable(kind, 8, 32);
    guest.fill(1);
    guest.snapshot();
    let mut expected = guest.bytes();
    let region = shared(6, 2);
    guest.region.grow(20 * page).expect("below the maximum");
    guest.map(5, 6, &region, 0).expect("there is room");
    guest.map(14, 6, &region, 0).expect("there is room");
    guest.region.grow(24 * page).expect("below the maximum");
    guest.map(22, 2, &region, 4).expect("there is room");
    guest.touch_all([0, 6, 12, 21, 23]);
    let contents = bytes_of(&region);
    assert_eq!(guest.dirty(), (5..11).chain(14..20).chain([0, 12, 21, 22, 23]).collect());
    expected.resize(24 * page, 0);
    guest.reset();
    assert_same_bytes(&guest.bytes(), &expected, "after reset");
    assert_eq!(guest.dirty(), BTreeSet::new());
    resets_as_before(&mut guest, &expected);
    assert_same_bytes(&bytes_of(&region), &contents, "the region is as it was");

    guest.map(20, 4, &region, 0).expect("there is room");
    guest.region.grow(32 * page).expect("below the maximum");
    guest.touch_all([21, 30]);
    guest.restore(&guest.view.baseline().cloned().expect("has a baseline"));
    expected.resize(32 * page, 0);
    assert_same_bytes(&guest.bytes(), &expected, "after restore");
}

pub(super) fn a_retired_region_stays_where_it_is_mapped(kind: TrackerKind) {
    let page = page_bytes();
    for dropped in [false, true] {
        let mut guest = Guest::filled(kind, 16);
        let baseline = guest.bytes();
        let region = shared(4, 2);
        let contents = bytes_of(&region);
        guest.map(3, 4, &region, 0).expect("there is room");
        guest.map(10, 1, &region, 3).expect("there is room");
        if dropped {
            drop(region);
        } else {
            region.retire().expect("the kernel has room");
        }
        assert_eq!(guest.read(3 * page, 4 * page), contents);
        guest.write(6 * page, b"still one page");
        assert_eq!(guest.read(10 * page, 14), b"still one page");
        guest.reset();
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
        resets_as_before(&mut guest, &baseline);
    }
}

pub(super) fn a_released_view_leaves_the_mapping(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::filled(kind, 16);
    let mut region = shared(4, 2);
    guest.map(3, 4, &region, 0).expect("there is room");
    let Guest { region: mut memory, view } = guest;
    view.release(&memory.window().expect("alive"));
    let view = View::new(&memory.window().expect("alive"), 1, TrackerChoice::Named(kind), &[]).expect("free again");
    let mut guest = Guest { region: memory, view };
    region.write(0, b"mapped").expect("in range");
    assert_eq!(guest.read(3 * page, 6), b"mapped");
    let contents = bytes_of(&region);
    guest.snapshot();
    guest.touch_all([3, 4, 5]);
    assert_same_bytes(&bytes_of(&region), &contents, "a snapshot of the next view ends it");
    guest.reset();
    assert_eq!(guest.read(3 * page, 6), b"mapped");
}

pub(super) fn taking_trimming_and_prefaulting_leave_it_alone(kind: TrackerKind) {
    if !scans_here() {
        return;
    }
    let mut guest = Guest::filled(kind, 64);
    let baseline = guest.bytes();
    for _ in 0..10 {
        guest.touch_all(0..20);
        guest.reset();
    }
    let region = shared(16, 2);
    let contents = bytes_of(&region);
    guest.map(8, 16, &region, 0).expect("there is room");
    guest.touch(40);
    let expected = guest.bytes();
    let mapped: BTreeSet<usize> = (8..24).chain([40]).collect();
    for _ in 0..3 {
        let dirty = guest.view.take_dirty(&mut guest.region.window().expect("alive")).expect("has a baseline");
        let pages: BTreeSet<usize> = dirty.pages.pages().collect();
        assert!(pages.is_superset(&(8..24).collect()), "{pages:?}");
        guest.view.prefault(&mut guest.region.window().expect("alive")).expect("there is room");
        let trimmed = guest.view.trim(&mut guest.region.window().expect("alive"), 0).expect("the kernel tells");
        assert!(trimmed.private <= 64 - 16, "{trimmed:?}");
        assert_same_bytes(&guest.bytes(), &expected, "contents stay");
        assert_eq!(guest.dirty(), mapped);
    }
    let report = guest.reset();
    assert_eq!(report.strategy, Strategy::CopyBack, "{report:?}");
    assert!(report.pages_restored < 16, "mapped pages are not copied: {report:?}");
    assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    resets_as_before(&mut guest, &baseline);
    assert_same_bytes(&bytes_of(&region), &contents, "the region is as it was");
}

/// Two views over one memory: the one that lost track must not write into what the other one has mapped.
pub(super) fn a_view_that_lost_track_spares_the_region(kind: TrackerKind) {
    let mut guest = Guest::filled(kind, 16);
    let baseline = guest.bytes();
    let region = shared(4, 2);
    let contents = bytes_of(&region);
    for way in 0..3 {
        let choice = TrackerChoice::Named(kind);
        let window = &mut guest.region.window().expect("alive");
        let mut newer = View::new(window, 1, choice, &[]).expect("the newest wins");
        newer.map(window, run(3, 7), &region, 0).expect("there is room");
        match way {
            0 => drop(guest.view.reset(window).expect("has a baseline")),
            1 => guest.view.discard(window, run(2, 8), pagefold_core::Discarded::Baseline).expect("has a baseline"),
            _ => guest.view.discard(window, run(0, 16), pagefold_core::Discarded::Baseline).expect("has a baseline"),
        }
        drop(newer);
        assert_same_bytes(&guest.bytes(), &baseline, "the baseline is back");
        assert_same_bytes(&bytes_of(&region), &contents, "the region is as it was");
        guest.reset();
    }
    resets_as_before(&mut guest, &baseline);
}

pub(super) fn what_cannot_be_mapped_changes_nothing(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::filled(kind, 16);
    let baseline = guest.bytes();
    guest.touch(3);
    let before = guest.bytes();
    let private = Region::allocate(4 * page, 4 * page).expect("there is room");
    let mappable = Region::allocate_mappable(3 * page + 1, 8 * page).expect("there is room");
    for (at, count, region, first, expected) in [
        (0, 1, &private, 0, ErrorKind::Unsupported),
        (0, 5, &mappable, 0, ErrorKind::OutOfRange),
        (0, 1, &mappable, 4, ErrorKind::OutOfRange),
        (0, 1, &mappable, usize::MAX, ErrorKind::OutOfRange),
        (16, 1, &mappable, 0, ErrorKind::OutOfRange),
        (15, 2, &mappable, 0, ErrorKind::OutOfRange),
        (13, 4, &mappable, 0, ErrorKind::OutOfRange),
    ] {
        let error = guest.map(at, count, region, first).expect_err("refused");
        assert_eq!(error.kind(), expected, "{at} {count} {first}: {error}");
        assert_same_bytes(&guest.bytes(), &before, "after the refusal");
        assert_eq!(guest.dirty(), BTreeSet::from([3]));
    }
    for (at, count) in [(16, 1), (15, 2), (0, 17)] {
        assert_eq!(guest.discard(at, count).expect_err("refused").kind(), ErrorKind::OutOfRange);
        assert_eq!(guest.discard_to_baseline(at, count).expect_err("refused").kind(), ErrorKind::OutOfRange);
    }
    let mut partial = Guest::growable(kind, 4, 8);
    partial.region.grow(4 * page + 100).expect("below the maximum");
    let error = partial.map(4, 1, &mappable, 0).expect_err("it has only a part of that page");
    assert_eq!(error.kind(), ErrorKind::OutOfRange, "{error}");
    partial.map(3, 1, &mappable, 0).expect("it has all of that one");
    guest.map(5, 0, &mappable, 4).expect("nothing to do");
    assert_same_bytes(&guest.bytes(), &before, "after the refusals");
    guest.map(12, 4, &mappable, 0).expect("the last page counts whole");
    guest.reset();
    assert_same_bytes(&guest.bytes(), &baseline, "after reset");
}

const fn run(start: usize, end: usize) -> pagefold_core::PageRun {
    pagefold_core::PageRun { start, end }
}
