//! Descriptors and mappings come back. In child processes, where nothing else runs.

use pagefold_core::{Image, Region, Snapshot, TrackerKind, View};

use crate::child;
use crate::guest::{Guest, works_here};
use crate::process_facts::{descriptor_count, mapping_count};

const CYCLES: usize = 3000;
/// Retired regions keep so many address ranges taken for a while.
const QUARANTINED_MAX: usize = 256;
/// The allocator may keep a few mappings of its own more than at the start.
const MAPPINGS_SLACK: usize = 12;

#[test]
fn dropped_guests_leave_nothing() {
    child::run(child::name!(dropped_guests_leave_nothing), || {
        nothing_stays(0, |kind| {
            let mut guest = Guest::new(kind, 8);
            guest.touch(1);
            let snapshot = guest.snapshot();
            guest.touch(2);
            guest.reset();
            drop(guest);
            drop(snapshot);
        });
    });
}

#[test]
fn released_and_retired_guests_leave_nothing_but_quarantine() {
    child::run(child::name!(released_and_retired_guests_leave_nothing_but_quarantine), || {
        nothing_stays(QUARANTINED_MAX, |kind| {
            let mut guest = Guest::new(kind, 8);
            guest.touch(1);
            guest.snapshot();
            guest.touch(2);
            let Guest { mut region, view } = guest;
            view.release(&region.window().expect("alive"));
            region.retire().expect("its memory can be given back");
        });
    });
}

#[test]
fn exchanged_baselines_leave_nothing() {
    child::run(child::name!(exchanged_baselines_leave_nothing), || {
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut guest = Guest::filled(kind, 32);
            let before = (descriptor_count(), mapping_count());
            for cycle in 0..CYCLES {
                guest.touch(cycle % 32);
                let pages = 1 + cycle % 32;
                let image = Image::from_bytes(&vec![7; pages * crate::guest::page_bytes()]).expect("there is room");
                guest.restore(&Snapshot::new(image).into());
            }
            // The head and the tail are two mappings now.
            expect_back(before, 1, kind);
        }
    });
}

#[test]
fn failures_leave_nothing() {
    child::run(child::name!(failures_leave_nothing), || {
        nothing_stays(0, |kind| {
            let mut guest = Guest::new(kind, 2);
            assert!(guest.try_reset().is_err());
            let large = Image::from_bytes(&vec![1; 4 * crate::guest::page_bytes()]).expect("there is room");
            assert!(guest.try_restore(&Snapshot::new(large).into()).is_err());
            assert!(Region::allocate(0, 0).is_err());
            assert!(Snapshot::open(std::path::Path::new("/proc/self/maps"), &|| false).is_err());
        });
    });
}

#[test]
fn mapped_regions_leave_nothing() {
    child::run(child::name!(mapped_regions_leave_nothing), || {
        nothing_stays(QUARANTINED_MAX, |kind| {
            let mut guest = Guest::new(kind, 8);
            let page = crate::guest::page_bytes();
            let region = Region::allocate_mappable(2 * page, 2 * page).expect("there is room");
            guest.map(1, 2, &region, 0).expect("there is room");
            guest.snapshot();
            guest.map(3, 1, &region, 0).expect("there is room");
            guest.map(5, 2, &region, 0).expect("there is room");
            guest.discard(4, 2).expect("there is room");
            region.retire().expect("the kernel has room");
            guest.touch(6);
            guest.reset();
            let private = Region::allocate(page, page).expect("there is room");
            assert!(guest.map(0, 1, &private, 0).is_err());
        });
    });
}

/// Runs each cycle 3,000 times for each tracker after a few for warming up.
fn nothing_stays(quarantined_max: usize, cycle: impl Fn(TrackerKind)) {
    for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
        for _ in 0..10 {
            cycle(kind);
        }
        let before = (descriptor_count(), mapping_count());
        for _ in 0..CYCLES {
            cycle(kind);
        }
        expect_back(before, quarantined_max, kind);
    }
}

fn expect_back((descriptors, mappings): (usize, usize), mappings_more: usize, kind: TrackerKind) {
    assert_eq!(descriptor_count(), descriptors, "{kind}: descriptors");
    let now = mapping_count();
    assert!(now <= mappings + mappings_more + MAPPINGS_SLACK, "{kind}: {mappings} mappings became {now}");
}

/// Views that are never released, over one memory: the newest has it.
#[test]
fn views_over_one_memory_leave_nothing() {
    child::run(child::name!(views_over_one_memory_leave_nothing), || {
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut guest = Guest::filled(kind, 8);
            let before = (descriptor_count(), mapping_count());
            for _ in 0..CYCLES {
                let mut window = guest.region.window().expect("alive");
                let choice = pagefold_core::TrackerChoice::Named(kind);
                guest.view = View::new(&window, 1, choice, &[]).expect("the newest view wins");
                guest.view.snapshot(&mut window).expect("there is room");
            }
            expect_back(before, 0, kind);
        }
    });
}
