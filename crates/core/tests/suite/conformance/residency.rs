//! How much memory stands behind a view: what was never written costs nothing, and what is shared is counted as shared.

use pagefold_core::{Residency, TrackerKind};

use crate::guest::{Guest, page_bytes, scans_here};

fn residency(guest: &mut Guest) -> Residency {
    let window = guest.region.window().expect("alive");
    guest.view.residency(&window).expect("pagemap can be read")
}

const fn counted(private: usize, shared: usize) -> Residency {
    Residency { resident: private + shared, private, shared, swapped: 0 }
}

pub(super) fn pages_are_shared_until_they_are_written(kind: TrackerKind) {
    let mut guest = Guest::new(kind, 64);
    assert_eq!(residency(&mut guest), counted(0, 0), "never written");
    guest.touch(5);
    assert_eq!(residency(&mut guest), counted(1, 0), "one written page");
    guest.fill(1);
    assert_eq!(residency(&mut guest), counted(64, 0));
    guest.snapshot();
    assert_eq!(residency(&mut guest), counted(0, 64), "after a snapshot");
    guest.touch_all([3, 4, 9]);
    assert_eq!(residency(&mut guest), counted(3, 61), "after writing");
    guest.reset();
    assert_eq!(residency(&mut guest), counted(3, 61), "hot pages stay private");
    let window = &mut guest.region.window().expect("alive");
    guest.view.trim(window, 0).expect("has a baseline");
    let trimmed = residency(&mut guest);
    assert_eq!(trimmed.private, 0, "given back: {trimmed:?}");
}

/// Watching a large memory takes marks in page tables, which look swapped out, and no pages.
pub(super) fn watching_takes_no_pages(kind: TrackerKind) {
    let mut guest = Guest::growable(kind, 200, 5000);
    guest.touch_all([0, 199]);
    guest.snapshot();
    guest.region.grow(5000 * page_bytes()).expect("below the maximum");
    guest.touch(4000);
    guest.dirty();
    guest.reset();
    let seen = residency(&mut guest);
    assert!(seen.swapped == 0 || has_swap(), "{seen:?}");
    assert_eq!(seen.private, 1, "{seen:?}");
    let window = &mut guest.region.window().expect("alive");
    let trimmed = guest.view.trim(window, 0).expect("has a baseline");
    assert_eq!((trimmed.released, trimmed.private), (1, 0), "a mark is no page");
    assert!(kind == TrackerKind::Compare || seen.shared == 2, "{seen:?}");
}

/// Two memories of one snapshot: what one writes is its own.
pub(super) fn memories_of_one_snapshot_share_its_pages(kind: TrackerKind) {
    let mut one = Guest::filled(kind, 32);
    let snapshot = one.snapshot();
    let mut others: Vec<Guest> = (0..3).map(|_| Guest::new(kind, 32)).collect();
    for (index, other) in others.iter_mut().enumerate() {
        other.restore(&snapshot);
        assert_eq!(residency(other), counted(0, 32));
        other.touch_all(0..index);
    }
    let sum: usize = others.iter_mut().map(|other| residency(other).private).sum();
    assert_eq!(sum, 3, "0 and 1 and 2 pages of their own");
    assert_eq!(residency(&mut one), counted(0, 32));
}

/// Reading brings zero pages, of which there is one for everybody.
pub(super) fn pages_that_were_only_read_take_nothing(kind: TrackerKind) {
    if scans_here() {
        let mut guest = Guest::new(kind, 64);
        guest.bytes();
        assert_eq!(residency(&mut guest), counted(0, 0));
    }
}

fn has_swap() -> bool {
    let text = std::fs::read_to_string("/proc/swaps").unwrap_or_default();
    text.lines().count() > 1
}
