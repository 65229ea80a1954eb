//! Snapshots taken, exchanged and put back: never a byte of another one.

use std::collections::BTreeSet;
use std::sync::Arc;

use pagefold_core::{Image, Limits, Reason, Snapshot, Strategy, TrackerKind, Verify};

use crate::guest::{Guest, assert_same_bytes, noise, page_bytes};

pub(super) fn a_second_snapshot_replaces_the_first(kind: TrackerKind) {
    let mut guest = Guest::filled(kind, 32);
    let first = Arc::clone(guest.view.baseline().expect("just taken"));
    guest.touch_all([1, 2, 3]);
    let contents = guest.bytes();
    let second = guest.snapshot();
    assert_ne!(first.id(), second.id());
    assert_eq!(guest.view.baseline().map(|baseline| baseline.id()), Some(second.id()));
    assert_eq!(guest.dirty(), BTreeSet::new());
    assert_same_bytes(&guest.bytes(), &contents, "after the second snapshot");
    guest.touch_all([2, 9]);
    guest.reset();
    assert_same_bytes(&guest.bytes(), &contents, "after reset to the second snapshot");
}

pub(super) fn a_smaller_snapshot_leaves_zeros_behind_it(kind: TrackerKind) {
    let mut guest = Guest::filled(kind, 40);
    let small = noise(10 * page_bytes() + 17, 5);
    let snapshot = snapshot_of(&small);
    let mut expected = small;
    expected.resize(40 * page_bytes(), 0);
    for dirtied in [&[][..], &[0, 5, 10, 11, 39]] {
        guest.touch_all(dirtied.iter().copied());
        let report = guest.restore(&snapshot);
        assert_eq!((report.strategy, report.reason), (Strategy::Remap, Reason::NewBaseline));
        assert_same_bytes(&guest.bytes(), &expected, "after restore");
        assert_eq!(guest.dirty(), BTreeSet::new(), "right after restore");
    }
    for round in 0..40 {
        guest.touch_all([3, 10, 11, 12, 39, round]);
        assert_eq!(guest.dirty(), BTreeSet::from([3, 10, 11, 12, 39, round]));
        guest.reset();
        assert_same_bytes(&guest.bytes(), &expected, "after reset");
        assert_eq!(guest.dirty(), BTreeSet::new(), "right after reset");
    }
}

/// Image pages in the middle of zeros; each set of pages is overwritten with 0xff and put back, with every budget.
pub(super) fn no_byte_of_an_earlier_image_shows(kind: TrackerKind) {
    const SETS: [&[usize]; 9] =
        [&[0, 1], &[1], &[2, 3], &[3, 4, 5], &[0, 1, 2], &[0, 3, 6], &[2, 3, 4, 5, 6], &[4, 5, 6, 7], &[4, 5, 8]];
    let page = page_bytes();
    let mut guest = Guest::filled(kind, 9);
    let mut image = vec![0; 9 * page];
    image[3 * page..6 * page].copy_from_slice(&noise(3 * page, 77));
    let snapshot = snapshot_of(&image);
    guest.restore(&snapshot);
    assert_same_bytes(&guest.bytes(), &image, "after restore");
    let singles = (0..9).map(|single| vec![single]);
    for pages in singles.chain(SETS.iter().map(|set| set.to_vec())) {
        for resident_pages in [usize::MAX, 0, 1, 2] {
            guest.view.set_limits(Limits { resident_pages, verify: Verify::Always });
            for index in &pages {
                guest.write(index * page, &vec![0xFF; page]);
            }
            guest.reset();
            assert_same_bytes(&guest.bytes(), &image, &format!("after reset of {pages:?}, {resident_pages} kept"));
        }
    }
}

/// Images of 0..3 pages, placed at page 0, 1 or 2, one after the other in one memory, with every budget.
pub(super) fn images_of_every_place_and_length(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::filled(kind, 12);
    for length in [12, 1, 7, 2, 12, 3] {
        for place in 0..3_usize {
            for used in 0..=3_usize {
                let mut image = vec![0; length * page];
                let end = ((place + used) * page).min(image.len());
                let start = (place * page).min(end);
                image[start..end].copy_from_slice(&noise(end - start, (length * 100 + place * 10 + used) as u64));
                let snapshot = snapshot_of(&image);
                image.resize(12 * page, 0);
                guest.restore(&snapshot);
                assert_same_bytes(&guest.bytes(), &image, "after restore");
                for resident_pages in [usize::MAX, 0, 1, 10, 12] {
                    guest.view.set_limits(Limits { resident_pages, verify: Verify::Always });
                    guest.write(0, &vec![0xFF; 12 * page]);
                    guest.reset();
                    assert_same_bytes(&guest.bytes(), &image, "after reset");
                }
            }
        }
    }
}

pub(super) fn a_view_goes_back_and_forth(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::new(kind, 24);
    let states: Vec<(Arc<Snapshot>, Vec<u8>)> = [24, 3, 11, 1, 24]
        .into_iter()
        .enumerate()
        .map(|(index, pages)| {
            let mut bytes = noise(pages * page, index as u64);
            let snapshot = snapshot_of(&bytes);
            bytes.resize(24 * page, 0);
            (snapshot, bytes)
        })
        .collect();
    for round in 0..60_usize {
        let (snapshot, bytes) = &states[round * 7 % states.len()];
        guest.touch_all([round % 24, 23 - round % 24]);
        guest.restore(snapshot);
        assert_same_bytes(&guest.bytes(), bytes, "after restore");
        for _ in 0..round % 4 {
            guest.touch_all([0, round % 24, 23]);
            guest.reset();
            assert_same_bytes(&guest.bytes(), bytes, "after reset");
        }
    }
}

pub(super) fn two_views_share_one_snapshot(kind: TrackerKind) {
    let mut one = Guest::filled(kind, 32);
    let baseline = one.bytes();
    let snapshot = one.snapshot();
    let mut other = Guest::growable(kind, 32, 48);
    other.restore(&snapshot);
    for page in 0..32 {
        one.touch(page);
        assert_eq!(other.dirty(), BTreeSet::new(), "a write to one memory is not one to the other");
        other.touch(31 - page);
        one.reset();
        assert_eq!(other.dirty(), BTreeSet::from([31 - page]));
        other.reset();
        assert_same_bytes(&one.bytes(), &baseline, "one");
        assert_same_bytes(&other.bytes(), &baseline, "the other");
    }
}

pub(super) fn a_baseline_outlives_its_snapshot_handle(kind: TrackerKind) {
    let mut guest = Guest::new(kind, 16);
    guest.restore(&snapshot_of(&noise(16 * page_bytes(), 9)));
    let baseline = guest.bytes();
    guest.touch_all(0..16);
    guest.reset();
    assert_same_bytes(&guest.bytes(), &baseline, "after reset");
}

pub(super) fn the_last_page_used_in_part(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::new(kind, 1);
    guest.region.grow(page).expect("no change");
    let mut region = pagefold_core::Region::allocate(2 * page + 5, 4 * page).expect("allocates");
    std::mem::swap(&mut region, &mut guest.region);
    let window = guest.region.window().expect("alive");
    guest.view = pagefold_core::View::new(&window, 4 * page, pagefold_core::TrackerChoice::Named(kind), &[])
        .expect("nobody tracks the new region");
    let contents = noise(2 * page + 5, 3);
    guest.write(0, &contents);
    let snapshot = guest.snapshot();
    assert_eq!((snapshot.image().byte_length(), snapshot.image().page_count()), (2 * page + 5, 3));
    guest.write(2 * page + 4, &[0]);
    assert_eq!(guest.dirty(), BTreeSet::from([2]));
    guest.reset();
    assert_same_bytes(&guest.bytes(), &contents, "after reset");
}

fn snapshot_of(bytes: &[u8]) -> Arc<Snapshot> {
    Arc::new(Snapshot::new(Image::from_bytes(bytes).expect("there is room for an image")))
}
