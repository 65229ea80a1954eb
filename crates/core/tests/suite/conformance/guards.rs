//! Guard pages (`MADV_GUARD_INSTALL`, Linux 6.13) in a part of a memory whose baseline is zero: they look swapped out and
//! hold nothing, and a byte read or written there ends the process. Watching and resetting must leave them alone.
#![expect(unsafe_code, reason = "madvise on pages of the region, as its owner may do")]

use std::collections::BTreeSet;
use std::sync::Arc;

use pagefold_core::{PageRun, Strategy, TrackerKind, capabilities};

use crate::child;
use crate::guest::{Guest, page_bytes};

/// `MADV_GUARD_INSTALL` and `MADV_GUARD_REMOVE` of linux/mman.h.
const INSTALL: i32 = 102;
const REMOVE: i32 = 103;

const GAP: PageRun = PageRun { start: 20, end: 3020 };
const TAIL: PageRun = PageRun { start: 3040, end: 3540 };

pub(super) fn guard_pages_are_left_alone(kind: TrackerKind) {
    let test = match kind {
        TrackerKind::UffdWp => "suite::conformance::uffd_wp::guards::guard_pages_are_left_alone",
        TrackerKind::CowPrivate => "suite::conformance::cow_private::guards::guard_pages_are_left_alone",
        TrackerKind::PagemapRead => "suite::conformance::pagemap_read::guards::guard_pages_are_left_alone",
        TrackerKind::Compare => "suite::conformance::compare::guards::guard_pages_are_left_alone",
    };
    child::run(test, || {
        if !capabilities().expect("the probes can run").guard_category.is_available() {
            return eprintln!("skipped: this kernel does not tell guard pages apart");
        }
        let mut guest = Guest::growable(kind, TAIL.start, TAIL.end);
        guest.touch_all((0..GAP.start).chain(GAP.end..TAIL.start));
        guest.snapshot();
        guest.region.grow(TAIL.end * page_bytes()).expect("below the maximum");
        guest.touch_all([1, 100, 3100]);
        guest.reset();
        // Comparing reads all of the image, gaps too; so guards in it would end the process.
        let in_gap = (kind != TrackerKind::Compare).then_some(PageRun { start: 200, end: 203 });
        let guards: Vec<PageRun> = in_gap.into_iter().chain([PageRun { start: 3200, end: 3201 }]).collect();
        for run in &guards {
            advise(&guest, *run, INSTALL);
        }
        for round in 0..40 {
            guest.touch_all([1, 100 + round, 3100 + round]);
            assert_eq!(guest.dirty(), BTreeSet::from([1, 100 + round, 3100 + round]), "{kind}, round {round}");
            guest.reset();
            assert_eq!(guest.dirty(), BTreeSet::new(), "{kind}, round {round}");
        }
        // A later version is mapped where it differs, and nowhere else.
        let snapshot = Arc::clone(guest.view.baseline().expect("it has one"));
        snapshot.write(&[(page_bytes() as u64, &[9; 10])]).expect("in range");
        assert_eq!(guest.reset().strategy, Strategy::Forward);
        assert_eq!((guest.read(page_bytes(), 10), guest.dirty()), (vec![9; 10], BTreeSet::new()));
        let window = guest.region.window().expect("alive");
        let counted = guest.view.residency(&window).expect("pagemap can be read");
        assert_eq!(counted.resident, counted.private + counted.shared);
        if kind != TrackerKind::Compare {
            guest.touch_all([150, 3150]);
            let snapshot = guest.snapshot();
            assert!(snapshot.image().stored().contains(150) && snapshot.image().stored().contains(3150));
        }
        for run in guards.into_iter().filter(|run| run.start > TAIL.start) {
            advise(&guest, run, REMOVE);
            assert_eq!(guest.read(run.start * page_bytes(), 1), [0], "usable again");
            guest.touch(run.start);
            assert!(guest.dirty().contains(&run.start));
        }
    });
}

fn advise(guest: &Guest, run: PageRun, advice: i32) {
    let address = std::ptr::with_exposed_provenance_mut(guest.address() + run.start * page_bytes());
    // SAFETY: the run lies inside the guest's region; the test touches no page of it while it is a guard.
    let advised = unsafe { libc::madvise(address, run.page_count() * page_bytes(), advice) };
    assert_eq!(advised, 0, "{}", std::io::Error::last_os_error());
}
