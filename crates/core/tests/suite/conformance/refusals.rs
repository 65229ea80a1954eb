//! What is refused, and that everything stays as it was.

use std::collections::BTreeSet;
use std::sync::Arc;

use pagefold_core::{ErrorKind, Image, Reason, Region, Snapshot, Strategy, TrackerChoice, TrackerKind, View};

use crate::guest::{Guest, assert_same_bytes, noise, page_bytes};

pub(super) fn reset_needs_a_baseline(kind: TrackerKind) {
    let mut guest = Guest::new(kind, 4);
    guest.fill(1);
    let contents = guest.bytes();
    assert_eq!(guest.try_reset().expect_err("refused").kind(), ErrorKind::NoBaseline);
    let window = &mut guest.region.window().expect("alive");
    assert_eq!(guest.view.dirty(window).expect_err("refused").kind(), ErrorKind::NoBaseline);
    assert!(guest.view.baseline().is_none());
    assert_same_bytes(&guest.bytes(), &contents, "after the refusals");
}

/// The newest view has the pages; an older one knows that it has lost track of them, and stays right.
pub(super) fn overlapping_views_lose_track_and_stay_right(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::growable(kind, 8, 16);
    guest.fill(1);
    guest.snapshot();
    let first_baseline = guest.bytes();
    guest.touch(1);
    let second_baseline = guest.bytes();
    let claims = [page, 8 * page, 16 * page];
    for claim in claims {
        let mut window = guest.region.window().expect("alive");
        let mut second = View::new(&window, claim, TrackerChoice::Named(kind), &[]).expect("the newest wins");
        window.write(0, &second_baseline).expect("in range");
        second.snapshot(&mut window).expect("there is room");
        window.write(5 * page, &[!second_baseline[5 * page]]).expect("in range");
        let dirty = second.dirty(&mut window).expect("has a baseline");
        assert!(dirty.lost.is_none() && dirty.pages.pages().eq([5]), "{dirty:?}");
        let dirty = guest.view.dirty(&mut window).expect("has a baseline");
        assert!(dirty.lost.is_some() && dirty.pages.page_count() == 8, "{dirty:?}");

        let report = guest.view.reset(&mut window).expect("has a baseline");
        assert_eq!((report.strategy, report.reason), (Strategy::Remap, Reason::TrackingLost));
        let mut seen = vec![0; 8 * page];
        window.read(0, &mut seen).expect("in range");
        assert_same_bytes(&seen, &first_baseline, "after reset by the first view");

        let report = second.reset(&mut window).expect("has a baseline");
        assert_eq!((report.strategy, report.reason), (Strategy::Remap, Reason::TrackingLost));
        window.read(0, &mut seen).expect("in range");
        assert_same_bytes(&seen, &second_baseline, "after reset by the second view");
        drop(second);
    }
    guest.reset();
    assert_same_bytes(&guest.bytes(), &first_baseline, "after the last reset");
    guest.touch(6);
    assert_eq!(guest.dirty(), BTreeSet::from([6]), "the first view tracks again");
}

pub(super) fn a_snapshot_that_is_too_large_changes_nothing(kind: TrackerKind) {
    let page = page_bytes();
    let mut guest = Guest::growable(kind, 8, 16);
    guest.fill(1);
    let own = guest.snapshot();
    let contents = guest.bytes();
    guest.touch(2);
    let changed = guest.bytes();
    let large = snapshot_of(&noise(8 * page + 1, 2));
    assert_eq!(guest.try_restore(&large).expect_err("refused").kind(), ErrorKind::SnapshotTooLarge);
    assert_same_bytes(&guest.bytes(), &changed, "after the refusal");
    assert_eq!(guest.view.baseline().map(|baseline| baseline.id()), Some(own.id()));
    assert_eq!(guest.dirty(), BTreeSet::from([2]));
    guest.reset();
    assert_same_bytes(&guest.bytes(), &contents, "after reset");
    guest.region.grow(9 * page).expect("below the maximum");
    guest.restore(&large);
    assert_eq!(guest.read(8 * page, 2), [large.image().to_vec()[8 * page], 0]);
}

pub(super) fn a_released_view_leaves_the_contents(kind: TrackerKind) {
    let mut guest = Guest::filled(kind, 8);
    guest.touch(3);
    let contents = guest.bytes();
    let Guest { mut region, view } = guest;
    view.release(&region.window().expect("alive"));
    let mut again = Guest {
        view: View::new(&region.window().expect("alive"), 1, TrackerChoice::Named(kind), &[]).expect("free again"),
        region,
    };
    assert_same_bytes(&again.bytes(), &contents, "after release");
    again.snapshot();
    again.touch(4);
    assert_eq!(again.dirty(), BTreeSet::from([4]), "a second view tracks as well as the first");
    again.reset();
    assert_same_bytes(&again.bytes(), &contents, "after reset by the second view");
}

fn snapshot_of(bytes: &[u8]) -> Arc<Snapshot> {
    Arc::new(Snapshot::new(Image::from_bytes(bytes).expect("there is room for an image")))
}

/// Lengths that no memory can have.
#[test]
fn impossible_regions_are_refused() {
    for (byte_length, max) in [(0, 0), (0, 1), (2, 1), (1, usize::MAX)] {
        assert_eq!(Region::allocate(byte_length, max).expect_err("refused").kind(), ErrorKind::OutOfRange);
    }
    assert_eq!(Image::from_bytes(&[]).expect_err("refused").kind(), ErrorKind::OutOfRange);
}
