//! Somebody else replaces a part of the memory behind the view's back. `uffd-wp` and `compare` notice; for `cow-private`
//! untouched foreign pages look like clean ones, so that only `restore` repairs them.
#![expect(unsafe_code, reason = "munmap and mmap over a part of the region, which is what the test is about")]

use pagefold_core::{Reason, Strategy, TrackerKind};

use crate::child;
use crate::guest::{Guest, assert_same_bytes, page_bytes, works_here};

#[test]
fn uffd_wp_notices_a_foreign_remap() {
    child::run(child::name!(uffd_wp_notices_a_foreign_remap), || {
        if works_here(TrackerKind::UffdWp) {
            for (first, count) in [(0, 1), (3, 2), (31, 1), (0, 32)] {
                for write_there in [false, true] {
                    let mut guest = Guest::filled(TrackerKind::UffdWp, 32);
                    let baseline = guest.bytes();
                    guest.touch(7);
                    replace(&guest, first, count);
                    if write_there {
                        guest.touch(first);
                    }
                    let window = &mut guest.region.window().expect("alive");
                    let dirty = guest.view.dirty(window).expect("has a baseline");
                    assert!(dirty.lost.is_some() && dirty.pages.page_count() == 32, "all of it is dirty: {dirty:?}");
                    let report = guest.reset();
                    assert_eq!((report.strategy, report.reason), (Strategy::Remap, Reason::TrackingLost));
                    assert!(report.detail.is_some(), "the report says why: {report:?}");
                    assert_same_bytes(&guest.bytes(), &baseline, "after reset");
                    resets_as_before(&mut guest, &baseline);
                }
            }
        }
    });
}

#[test]
fn compare_sees_a_foreign_remap() {
    child::run(child::name!(compare_sees_a_foreign_remap), || {
        if works_here(TrackerKind::Compare) {
            let mut guest = Guest::filled(TrackerKind::Compare, 32);
            let baseline = guest.bytes();
            replace(&guest, 3, 5);
            assert_eq!(guest.dirty(), (3..8).collect());
            guest.reset();
            assert_same_bytes(&guest.bytes(), &baseline, "after reset");
            resets_as_before(&mut guest, &baseline);
        }
    });
}

#[test]
fn restore_repairs_a_foreign_remap() {
    child::run(child::name!(restore_repairs_a_foreign_remap), || {
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut guest = Guest::filled(kind, 32);
            let baseline = guest.bytes();
            let snapshot = guest.snapshot();
            replace(&guest, 3, 5);
            guest.restore(&snapshot);
            assert_same_bytes(&guest.bytes(), &baseline, "after restore");
            resets_as_before(&mut guest, &baseline);
        }
    });
}

/// Enough rounds for the hot set to be watched again.
fn resets_as_before(guest: &mut Guest, baseline: &[u8]) {
    for round in 0..40 {
        guest.touch_all([2, 3, round % 32]);
        assert_eq!(guest.dirty(), [2, 3, round % 32].into());
        assert_eq!(guest.reset().strategy, Strategy::CopyBack);
        assert_same_bytes(&guest.bytes(), baseline, "after a later reset");
    }
}

/// Unmaps pages and maps zeros in their place.
fn replace(guest: &Guest, first: usize, count: usize) {
    let address = std::ptr::with_exposed_provenance_mut(guest.address() + first * page_bytes());
    let length = count * page_bytes();
    // SAFETY: the range lies inside the guest's region; nothing touches it before the next call maps it again.
    let unmapped = unsafe { libc::munmap(address, length) };
    assert_eq!(unmapped, 0, "{}", std::io::Error::last_os_error());
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
    // SAFETY: only addresses that the call before has unmapped are mapped.
    let mapped = unsafe { libc::mmap(address, length, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
    assert_eq!(mapped, address, "{}", std::io::Error::last_os_error());
}
