//! Faults: each page that is watched costs one at its first write, and pages that are written in every cycle cost none.
//! Counted in child processes, where nothing else runs.

use pagefold_core::{Limits, Strategy, TrackerKind};

use crate::child;
use crate::guest::{Guest, assert_same_bytes, page_bytes};
use crate::process_facts::page_faults;

macro_rules! in_child {
    ($kind:ident, $case:ident, $scenario:expr) => {{
        let test = match $kind {
            TrackerKind::UffdWp => concat!("suite::conformance::uffd_wp::faults::", stringify!($case)),
            TrackerKind::CowPrivate => concat!("suite::conformance::cow_private::faults::", stringify!($case)),
            TrackerKind::PagemapRead => concat!("suite::conformance::pagemap_read::faults::", stringify!($case)),
            TrackerKind::Compare => concat!("suite::conformance::compare::faults::", stringify!($case)),
        };
        child::run(test, $scenario);
    }};
}

/// Faults that a call brings. What it allocates has been allocated before: the caller has made the same call already.
fn faults_of(call: impl FnOnce()) -> usize {
    let before = page_faults();
    call();
    page_faults() - before
}

/// A working set of many runs that stays the same: after some cycles neither the guest nor the reset faults.
pub(super) fn a_steady_working_set_brings_none(kind: TrackerKind) {
    in_child!(kind, a_steady_working_set_brings_none, || {
        let mut guest = Guest::filled(kind, 4096);
        let baseline = guest.bytes();
        let pages: Vec<usize> = (0..100).map(|index| index * 40).collect();
        let mut cycle = || {
            guest.touch_all(pages.iter().copied());
            let report = guest.reset();
            assert_eq!((report.strategy, report.pages_restored), (Strategy::CopyBack, 100));
        };
        // Long enough for a second copy of the hot pages to be made, too.
        (0..150).for_each(|_| cycle());
        let faults = faults_of(|| (0..20).for_each(|_| cycle()));
        // What pagefold allocates for itself may bring one now and then; a page that is watched brings one a cycle.
        assert!(faults < 20, "{kind}: {faults} in 20 cycles of 100 pages");
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    });
}

/// What a first write costs when it is watched: one fault for a page that is there, at most two for a hole, which is
/// marked before it is filled; one for a hole that is watched by what is there.
pub(super) fn a_first_write_costs_what_it_must(kind: TrackerKind) {
    in_child!(kind, a_first_write_costs_what_it_must, || {
        const GAP: usize = 3000;
        let mut guest = Guest::growable(kind, GAP + 100, GAP + 200);
        guest.touch_all((0..50).chain(GAP + 50..GAP + 100));
        guest.snapshot();
        guest.region.grow((GAP + 200) * page_bytes()).expect("below the maximum");
        guest.touch_all([60, GAP + 150]);
        guest.reset();
        guest.dirty();
        let mut first_write = |page: usize| {
            let mut window = guest.region.window().expect("alive");
            let bytes = [1];
            faults_of(|| window.write(page * page_bytes(), &bytes).expect("in range"))
        };
        assert_eq!([1, 10, 20].map(&mut first_write), [1; 3], "{kind}: pages of the image");
        if kind != TrackerKind::Compare {
            assert_eq!([100, 700, 2900].map(&mut first_write), [1; 3], "{kind}: in a long gap");
        }
        assert_eq!([GAP + 110, GAP + 180].map(&mut first_write), [1; 2], "{kind}: in the tail");
        assert_eq!([1, 10, GAP + 180].map(&mut first_write), [0; 3], "{kind}: the second time");
        let mut holes = Guest::new(kind, 100);
        holes.touch(0);
        holes.snapshot();
        let mut window = holes.region.window().expect("alive");
        let mut first_write = |page: usize| faults_of(|| window.write(page * page_bytes(), &[1]).expect("in range"));
        // The first call of all brings in the code, if no fault has done so.
        first_write(0);
        let faults = first_write(50);
        assert!((1..=2).contains(&faults), "{kind}: {faults} in a hole of the image");
    });
}

/// Prefaulting takes the faults off the path of the guest.
pub(super) fn prefaulted_pages_bring_none(kind: TrackerKind) {
    in_child!(kind, prefaulted_pages_bring_none, || {
        let mut first = Guest::filled(kind, 256);
        let snapshot = first.snapshot();
        for _ in 0..20 {
            first.touch_all(100..150);
            first.reset();
        }
        let mut next = Guest::new(kind, 256);
        next.restore(&snapshot);
        let window = &mut next.region.window().expect("alive");
        assert_eq!(next.view.prefault(window).expect("there is room"), 50);
        let bytes = [1];
        let faults = faults_of(|| {
            for page in 100..150 {
                window.write(page * page_bytes(), &bytes).expect("in range");
            }
        });
        // Where writes are recorded, recording the first one is left to do.
        let expected = if kind == TrackerKind::UffdWp { 50 } else { 0 };
        assert!(faults <= expected, "{kind}: {faults}");
        next.reset();
        assert_same_bytes(&next.bytes(), &snapshot.image().to_vec(), "after reset");
    });
}

/// Beyond the budget pages are given back, and cost a fault again; within it they do not.
pub(super) fn pages_within_the_budget_bring_none(kind: TrackerKind) {
    in_child!(kind, pages_within_the_budget_bring_none, || {
        let mut guest = Guest::filled(kind, 1024);
        guest.view.set_limits(Limits { resident_pages: 100, ..Limits::default() });
        let mut cycle = |pages: usize| {
            guest.touch_all((0..pages).map(|index| index * 5));
            guest.reset()
        };
        (0..5).for_each(|_| assert_eq!(cycle(100).strategy, Strategy::CopyBack));
        let faults = faults_of(|| drop(cycle(100)));
        assert!(faults < 20, "{kind}: {faults} within the budget");
        assert_eq!(cycle(200).strategy, Strategy::Release);
        let faults = faults_of(|| drop(cycle(200)));
        assert!(faults >= 100, "{kind}: {faults}");
    });
}
