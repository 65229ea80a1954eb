//! A large memory of which little is used.

use std::collections::BTreeSet;

use pagefold_core::TrackerKind;

use crate::child;
use crate::guest::{Guest, page_bytes};
use crate::process_facts::memory_bytes;

const BYTES: usize = 256 << 20;
/// All that 100 used pages, their image and the kernel's tables may come to.
const USED_BYTES_MAX: usize = 16 << 20;

/// In a child process, so that what other tests use is not counted.
pub(super) fn a_large_memory_costs_what_is_used(kind: TrackerKind) {
    let test = match kind {
        TrackerKind::UffdWp => "suite::conformance::uffd_wp::sparse::a_large_memory_costs_what_is_used",
        TrackerKind::CowPrivate => "suite::conformance::cow_private::sparse::a_large_memory_costs_what_is_used",
        TrackerKind::PagemapRead => "suite::conformance::pagemap_read::sparse::a_large_memory_costs_what_is_used",
        TrackerKind::Compare => "suite::conformance::compare::sparse::a_large_memory_costs_what_is_used",
    };
    child::run(test, || {
        let before = memory_bytes();
        let mut guest = Guest::new(kind, BYTES / page_bytes());
        let stride = guest.page_count() / 100;
        let used: Vec<usize> = (0..100).map(|index| index * stride).collect();
        guest.touch_all(used.iter().copied());
        let first = guest.snapshot();
        let costs = |when: &str| {
            let more = memory_bytes().saturating_sub(before);
            eprintln!("{kind}: {} KiB more {when}", more >> 10);
            assert!(more < USED_BYTES_MAX, "{kind}: {more} bytes more {when}");
        };
        costs("after the snapshot");
        guest.touch_all(used.iter().map(|page| page + 1));
        assert_eq!(guest.dirty(), used.iter().map(|page| page + 1).collect());
        costs("after dirty");
        guest.reset();
        assert_eq!(guest.dirty(), BTreeSet::new());
        costs("after reset");
        let second = guest.snapshot();
        costs("with two snapshots");
        drop((first, second));
    });
}
