//! Pages that were copied from a later version than is mapped beneath them: whatever gives private pages back must not
//! bring the earlier version to light.

use std::collections::BTreeSet;
use std::sync::Arc;

use pagefold_core::{Discarded, Limits, PageRun, ResetOptions, Snapshot, Strategy, TrackerKind, Verify};

use super::{contents, growable, kinds, pages, showing};
use crate::guest::{Guest, assert_same_bytes, noise};

const PAGES: usize = 600;
/// Single pages far from each other, so few that they are copied.
const WRITTEN: [usize; 5] = [0, 7, 100, 333, 599];

/// A memory that has come from version 0 to version 1, and what it holds.
fn forwarded(kind: TrackerKind) -> (Arc<Snapshot>, Guest, Vec<u8>) {
    let snapshot = growable(&noise(pages(PAGES), 1), pages(PAGES));
    let mut guest = showing(kind, PAGES, &snapshot);
    guest.touch_all([3, 100, 599]);
    for page in WRITTEN {
        snapshot.write(&[(pages(page) as u64 + 9, &[page.to_le_bytes()[0] ^ 0x5A; 40])]).expect("in range");
    }
    let report = guest.reset();
    assert_eq!((report.strategy, report.pages_restored >= WRITTEN.len()), (Strategy::Forward, true), "{kind}");
    let expected = contents(&snapshot);
    assert_same_bytes(&guest.bytes(), &expected, &format!("{kind}: version {}", snapshot.version()));
    assert_eq!(guest.dirty(), BTreeSet::new(), "{kind}");
    (snapshot, guest, expected)
}

fn window_op<T>(
    guest: &mut Guest,
    op: impl FnOnce(&mut pagefold_core::View, &mut pagefold_core::Window<'_>) -> T,
) -> T {
    let mut window = guest.region.window().expect("the region is alive");
    op(&mut guest.view, &mut window)
}

#[test]
fn trimming_keeps_contents() {
    for kind in kinds() {
        let (_snapshot, mut guest, mut expected) = forwarded(kind);
        guest.touch_all([7, 8]);
        for page in [7, 8] {
            let at = pages(page) + page;
            expected[at] = expected[at].wrapping_add(1);
        }
        let trimmed = window_op(&mut guest, |view, window| view.trim(window, 0));
        match trimmed {
            Ok(trimmed) => assert!(trimmed.private <= 2, "{kind}: {trimmed:?}"),
            Err(error) => panic!("{kind}: {error}"),
        }
        assert_same_bytes(&guest.bytes(), &expected, &format!("{kind}: trimmed"));
        assert_eq!(guest.dirty(), BTreeSet::from([7, 8]), "{kind}");
    }
}

#[test]
fn discarding_shows_the_version_that_the_memory_has() {
    for kind in kinds() {
        for contents in [Discarded::Baseline, Discarded::Zero] {
            let (snapshot, mut guest, expected) = forwarded(kind);
            let run = PageRun { start: 99, end: 102 };
            guest.touch(100);
            window_op(&mut guest, |view, window| view.discard(window, run, contents)).expect("there is room");
            let mut shown = expected.clone();
            if contents == Discarded::Zero {
                shown[pages(99)..pages(102)].fill(0);
            }
            assert_same_bytes(&guest.bytes(), &shown, &format!("{kind}: {contents:?}"));
            guest.reset();
            assert_same_bytes(&guest.bytes(), &expected, &format!("{kind}: {contents:?}, reset"));
            drop(snapshot);
        }
    }
}

#[test]
fn a_budget_and_cold_pages_do_not_bring_back_what_was() {
    for kind in kinds() {
        let (snapshot, mut guest, expected) = forwarded(kind);
        // Cold pages are dropped after some hundred resets.
        guest.touch_all(0..400);
        guest.reset();
        for cycle in 0..700 {
            guest.touch_all([cycle % PAGES, 5]);
            guest.reset();
        }
        assert_same_bytes(&guest.bytes(), &expected, &format!("{kind}: after many resets"));
        guest.view.set_limits(Limits { resident_pages: 4, verify: Verify::Always });
        for cycle in 0..20 {
            guest.touch_all((0..40).map(|page| (page * 17 + cycle) % PAGES).chain(WRITTEN));
            guest.reset();
            assert_same_bytes(&guest.bytes(), &expected, &format!("{kind}: with a budget, cycle {cycle}"));
        }
        snapshot.write(&[(pages(7) as u64, &[1; 3])]).expect("in range");
        window_op(&mut guest, |view, window| view.reset_with(window, ResetOptions { keep_ignored: false }))
            .expect("it has a baseline");
        assert_same_bytes(&guest.bytes(), &contents(&snapshot), &format!("{kind}: the next version, with a budget"));
    }
}

/// More and more pages are copied, until the image is mapped anew and all of them are shared again.
#[test]
fn strays_do_not_gather_for_ever() {
    for kind in kinds() {
        let (snapshot, mut guest, _) = forwarded(kind);
        let mut mapped_anew = 0;
        for step in 0..120 {
            snapshot.write(&[(pages((step * 5) % PAGES) as u64, &[step.to_le_bytes()[0]; 20])]).expect("in range");
            mapped_anew += usize::from(guest.reset().strategy == Strategy::Remap);
            assert_same_bytes(&guest.bytes(), &contents(&snapshot), &format!("{kind}: step {step}"));
        }
        let private = window_op(&mut guest, |view, window| view.residency(window)).expect("the kernel tells").private;
        assert!(private <= 80, "{kind}: {private} private pages, mapped anew {mapped_anew} times");
    }
}
