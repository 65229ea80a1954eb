//! Somebody else replaces a part of the memory behind the view's back. Whatever it is, it never looks clean: all of the
//! memory counts as changed, or the differing pages are reported, and the next reset puts everything right.
#![expect(unsafe_code, reason = "munmap and mmap over a part of the region, which is what the test is about")]

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use pagefold_core::{Author, DiffOptions, Discarded, ErrorKind, PageRun, Reason, ResetOptions, Strategy, TrackerKind};

use crate::child;
use crate::guest::{Guest, assert_same_bytes, noise, page_bytes, works_here};

const PAGES: usize = 32;

/// What somebody does to a run of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// Maps private zeros, which nobody has touched.
    Zeros,
    /// The same, and writes to the first page.
    TouchedZeros,
    /// Maps a file, privately.
    File,
    /// Maps memory that other processes could write to.
    Shared,
    /// Maps the image itself, but other pages of it.
    ImageElsewhere,
    /// Unmaps them.
    Hole,
    /// Moves them elsewhere: a hole is left.
    MovedAway,
}

const DEEDS: [Deed; 7] =
    [Deed::Zeros, Deed::TouchedZeros, Deed::File, Deed::Shared, Deed::ImageElsewhere, Deed::Hole, Deed::MovedAway];

/// Runs a case for each tracker that works here.
fn for_each_tracker(case: impl Fn(TrackerKind)) {
    TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)).for_each(case);
}

#[test]
fn every_tracker_notices_a_foreign_remap() {
    child::run(child::name!(every_tracker_notices_a_foreign_remap), || {
        for_each_tracker(|kind| {
            for deed in DEEDS {
                for (first, count) in [(0, 1), (3, 2), (31, 1), (0, 31), (1, 31), (0, 32)] {
                    if (deed, count) == (Deed::ImageElsewhere, PAGES) {
                        continue;
                    }
                    let mut guest = Guest::filled(kind, PAGES);
                    let baseline = guest.bytes();
                    guest.touch(7);
                    guest.reset();
                    commit(deed, &mut guest, first, count);
                    expect_noticed(kind, deed, &mut guest, first, count);
                    assert_same_bytes(&guest.bytes(), &baseline, &format!("{kind}, {deed:?}: after reset"));
                    resets_as_before(&mut guest, &baseline);
                }
            }
        });
    });
}

fn expect_noticed(kind: TrackerKind, deed: Deed, guest: &mut Guest, first: usize, count: usize) {
    let window = &mut guest.region.window().expect("alive");
    let dirty = guest.view.dirty(window).expect("has a baseline");
    if kind == TrackerKind::Compare && ![Deed::Hole, Deed::MovedAway].contains(&deed) {
        // It need not care what is mapped, only what is there.
        assert!((first..first + count).all(|page| dirty.pages.contains(page)), "{deed:?}: {dirty:?}");
        guest.reset();
        return;
    }
    let everything = dirty.lost.is_some() && dirty.pages.page_count() == PAGES;
    assert!(everything, "{kind}, {deed:?} at {first} + {count}: all of it is dirty: {dirty:?}");
    let report = guest.reset();
    assert_eq!((report.strategy, report.reason), (Strategy::Remap, Reason::TrackingLost), "{kind}, {deed:?}");
    assert!(report.detail.is_some(), "the report says why: {report:?}");
}

/// Between two resets, without a call that could notice it first.
#[test]
fn reset_alone_repairs_a_foreign_remap() {
    child::run(child::name!(reset_alone_repairs_a_foreign_remap), || {
        for_each_tracker(|kind| {
            for deed in DEEDS {
                let mut guest = Guest::filled(kind, PAGES);
                let baseline = guest.bytes();
                commit(deed, &mut guest, 5, 3);
                guest.reset();
                assert_same_bytes(&guest.bytes(), &baseline, &format!("{kind}, {deed:?}: after reset"));
                resets_as_before(&mut guest, &baseline);
            }
        });
    });
}

/// Resets that follow each other quickly do not look for holes each time; but never long, and a page that is missing from
/// what is hot shows one at once.
#[test]
fn a_hole_is_noticed_among_quick_resets() {
    child::run(child::name!(a_hole_is_noticed_among_quick_resets), || {
        for_each_tracker(|kind| {
            for deed in [Deed::Hole, Deed::MovedAway] {
                let mut guest = Guest::filled(kind, PAGES);
                let baseline = guest.bytes();
                let cycle = |guest: &mut Guest| {
                    guest.touch(7);
                    guest.reset().strategy
                };
                assert!((0..4).all(|_| cycle(&mut guest) == Strategy::CopyBack), "{kind}: page 7 is hot");
                commit(deed, &mut guest, 20, 3);
                let began = Instant::now();
                while cycle(&mut guest) != Strategy::Remap {
                    assert!(began.elapsed() < Duration::from_secs(10), "{kind}, {deed:?}: nobody notices");
                }
                assert_same_bytes(&guest.bytes(), &baseline, &format!("{kind}, {deed:?}: after reset"));
                assert!((0..4).all(|_| cycle(&mut guest) == Strategy::CopyBack), "{kind}: page 7 is hot again");
                commit(deed, &mut guest, 7, 1);
                assert_eq!(guest.reset().strategy, Strategy::Remap, "{kind}, {deed:?} of a hot page");
                assert_same_bytes(&guest.bytes(), &baseline, &format!("{kind}, {deed:?}: after reset"));
            }
        });
    });
}

/// Whatever has to read the memory refuses to, until a reset has repaired it.
#[test]
fn nothing_reads_a_hole() {
    child::run(child::name!(nothing_reads_a_hole), || {
        for_each_tracker(|kind| {
            for deed in [Deed::Hole, Deed::MovedAway] {
                let mut guest = Guest::filled(kind, PAGES);
                let author = Author { origin: 1, sequence: 1 };
                guest.touch(2);
                let window = &mut guest.region.window().expect("alive");
                let diff = guest.view.diff(window, author, DiffOptions { originals: true, ..DiffOptions::default() });
                let diff = diff.expect("nothing is missing yet");
                commit(deed, &mut guest, 5, 3);
                let window = &mut guest.region.window().expect("alive");
                let refused = [
                    guest.view.diff(window, author, DiffOptions::default()).map(drop),
                    guest.view.apply(window, &diff).map(drop),
                    guest.view.snapshot(window).map(drop),
                    guest.view.reset_with(window, ResetOptions { keep_ignored: true }).map(drop),
                ];
                for outcome in refused {
                    assert_eq!(
                        outcome.expect_err("three pages are missing").kind(),
                        ErrorKind::System,
                        "{kind}, {deed:?}"
                    );
                }
                let baseline = guest.view.baseline().expect("as before").image().to_vec();
                guest.reset();
                assert_same_bytes(&guest.bytes(), &baseline, &format!("{kind}, {deed:?}: after reset"));
            }
        });
    });
}

/// Where nearly all pages are hot no tracker is asked, and everything is copied: but not over a hole.
#[test]
fn a_hole_in_a_hot_memory_is_noticed() {
    child::run(child::name!(a_hole_in_a_hot_memory_is_noticed), || {
        for_each_tracker(|kind| {
            let mut guest = Guest::filled(kind, 8);
            let baseline = guest.bytes();
            let hot = |guest: &mut Guest| {
                guest.touch_all(0..8);
                guest.reset().strategy
            };
            let strategies: Vec<Strategy> = (0..4).map(|_| hot(&mut guest)).collect();
            assert_eq!(strategies.last(), Some(&Strategy::CopyAll), "{kind}: the scenario is set: {strategies:?}");
            unmap(&guest, 3, 1);
            assert_eq!(guest.reset().strategy, Strategy::Remap, "{kind}");
            assert_same_bytes(&guest.bytes(), &baseline, "after reset");
            hot(&mut guest);
            assert_same_bytes(&guest.bytes(), &baseline, "after a later reset");
        });
    });
}

/// In a gap of the image and in the tail, whose baseline is zero: a foreign file must not look like zeros.
#[test]
fn a_foreign_file_in_a_gap_or_in_the_tail_is_noticed() {
    child::run(child::name!(a_foreign_file_in_a_gap_or_in_the_tail_is_noticed), || {
        for_each_tracker(|kind| {
            for (first, count) in [(10, 1), (500, 400), (2000, 3), (3500, 1), (3999, 1), (3000, 1000)] {
                let mut guest = Guest::growable(kind, 3000, 4000);
                guest.touch_all([0, 1, 2999]);
                guest.snapshot();
                guest.region.grow(4000 * page_bytes()).expect("below the maximum");
                guest.touch_all([3, 3500]);
                guest.reset();
                let baseline = guest.bytes();
                map_file(&guest, first, count);
                guest.reset();
                assert_same_bytes(&guest.bytes(), &baseline, &format!("{kind}, {first} + {count}: after reset"));
                guest.touch_all([1, 2000, 3999]);
                assert_eq!(guest.dirty(), [1, 2000, 3999].into(), "{kind}: it tracks as before");
            }
        });
    });
}

/// Memory that the view itself has put in another's place is not foreign, before and after it is put back.
#[test]
fn what_the_view_maps_itself_is_not_foreign() {
    child::run(child::name!(what_the_view_maps_itself_is_not_foreign), || {
        for_each_tracker(|kind| {
            let mut guest = Guest::filled(kind, PAGES);
            let baseline = guest.bytes();
            for (start, end) in [(0, 1), (4, 9), (31, 32), (0, 32), (6, 7)] {
                let run = PageRun { start, end };
                let discard = |guest: &mut Guest, contents| {
                    let window = &mut guest.region.window().expect("alive");
                    guest.view.discard(window, run, contents).expect("has a baseline");
                };
                discard(&mut guest, Discarded::Zero);
                assert_eq!(guest.dirty(), (start..end).collect(), "{kind}");
                assert_ne!(guest.reset().strategy, Strategy::Remap, "{kind}: nothing is lost");
                assert_same_bytes(&guest.bytes(), &baseline, "after reset");
                discard(&mut guest, Discarded::Zero);
                discard(&mut guest, Discarded::Baseline);
                assert_eq!(guest.dirty(), [].into(), "{kind}: put back at once");
                discard(&mut guest, Discarded::Zero);
                commit(Deed::File, &mut guest, start, 1);
                guest.reset();
                assert_same_bytes(&guest.bytes(), &baseline, "after reset of what was apart and foreign");
                resets_as_before(&mut guest, &baseline);
            }
        });
    });
}

#[test]
fn restore_repairs_a_foreign_remap() {
    child::run(child::name!(restore_repairs_a_foreign_remap), || {
        for_each_tracker(|kind| {
            for deed in DEEDS {
                let mut guest = Guest::filled(kind, PAGES);
                let baseline = guest.bytes();
                let snapshot = guest.snapshot();
                commit(deed, &mut guest, 3, 5);
                guest.restore(&snapshot);
                assert_same_bytes(&guest.bytes(), &baseline, "after restore");
                resets_as_before(&mut guest, &baseline);
            }
        });
    });
}

/// Pages that are moved elsewhere while their place stays mapped: written ones are gone with what was written.
#[test]
fn pages_moved_out_of_their_place_leave_the_baseline() {
    child::run(child::name!(pages_moved_out_of_their_place_leave_the_baseline), || {
        for_each_tracker(|kind| {
            let mut guest = Guest::filled(kind, PAGES);
            let baseline = guest.bytes();
            for round in 0..5 {
                guest.touch_all([4, 5, 20 + round]);
                let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED | libc::MREMAP_DONTUNMAP;
                move_away(&guest, 5, 3, flags);
                guest.touch(6);
                guest.reset();
                assert_same_bytes(&guest.bytes(), &baseline, &format!("{kind}: after reset"));
            }
            resets_as_before(&mut guest, &baseline);
        });
    });
}

/// Memory that can no longer be written is not the memory that was prepared.
#[test]
fn trackers_that_look_at_mappings_notice_protection() {
    child::run(child::name!(trackers_that_look_at_mappings_notice_protection), || {
        for kind in [TrackerKind::CowPrivate, TrackerKind::PagemapRead].into_iter().filter(|kind| works_here(*kind)) {
            let mut guest = Guest::filled(kind, PAGES);
            let baseline = guest.bytes();
            let (address, length) = place(&guest, 5, 2);
            // SAFETY: the pages lie inside the guest's region, and are not written to before they are mapped anew.
            let changed = unsafe { libc::mprotect(address, length, libc::PROT_READ) };
            assert_eq!(changed, 0, "{}", std::io::Error::last_os_error());
            assert_eq!(guest.reset().reason, Reason::TrackingLost);
            resets_as_before(&mut guest, &baseline);
        }
    });
}

/// Enough rounds for the hot set to be watched again.
fn resets_as_before(guest: &mut Guest, baseline: &[u8]) {
    for round in 0..40 {
        guest.touch_all([2, 3, round % PAGES]);
        assert_eq!(guest.dirty(), [2, 3, round % PAGES].into());
        assert_ne!(guest.reset().strategy, Strategy::Remap);
        assert_same_bytes(&guest.bytes(), baseline, "after a later reset");
    }
}

fn commit(deed: Deed, guest: &mut Guest, first: usize, count: usize) {
    let zeros = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    match deed {
        Deed::Zeros => replace(guest, first, count, zeros, None),
        Deed::TouchedZeros => {
            replace(guest, first, count, zeros, None);
            guest.touch(first);
        }
        Deed::File => map_file(guest, first, count),
        Deed::Shared => replace(guest, first, count, libc::MAP_SHARED | libc::MAP_ANONYMOUS, None),
        Deed::ImageElsewhere => {
            let page = usize::from(first == 0);
            replace(guest, first, count, libc::MAP_PRIVATE, Some((&image_file(), page)));
        }
        Deed::Hole => unmap(guest, first, count),
        Deed::MovedAway => move_away(guest, first, count, libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED),
    }
}

/// Maps a file over pages, privately.
pub(super) fn map_file(guest: &Guest, first: usize, count: usize) {
    let mut file = tempfile::tempfile().expect("a temporary file can be created");
    file.write_all(&noise(count * page_bytes(), 99)).expect("a temporary file can be written");
    replace(guest, first, count, libc::MAP_PRIVATE, Some((&file, 0)));
}

/// The file behind the only image of this process.
fn image_file() -> File {
    let entries = fs::read_dir("/proc/self/fd").expect("procfs is mounted");
    let mut paths = entries.map(|entry| entry.expect("procfs can be read").path());
    let is_image =
        |path: &PathBuf| fs::read_link(path).is_ok_and(|target| target.starts_with("/memfd:pagefold-image (deleted)"));
    let path = paths.find(is_image).expect("the guest has an image");
    File::open(path).expect("an image can be opened for reading")
}

/// Maps over pages: with a file from that page of it on.
fn replace(guest: &Guest, first: usize, count: usize, flags: i32, file: Option<(&File, usize)>) {
    unmap(guest, first, count);
    let (address, length) = place(guest, first, count);
    let (descriptor, page) = file.map_or((-1, 0), |(file, page)| (file.as_raw_fd(), page));
    let offset = libc::off_t::try_from(page * page_bytes()).expect("a small number");
    let access = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: only addresses that the call before has unmapped are mapped.
    let mapped = unsafe { libc::mmap(address, length, access, flags | libc::MAP_FIXED, descriptor, offset) };
    assert_eq!(mapped, address, "{}", std::io::Error::last_os_error());
}

fn unmap(guest: &Guest, first: usize, count: usize) {
    let (address, length) = place(guest, first, count);
    // SAFETY: the range lies inside the guest's region; nothing touches it before it is mapped again.
    let unmapped = unsafe { libc::munmap(address, length) };
    assert_eq!(unmapped, 0, "{}", std::io::Error::last_os_error());
}

/// Moves the pages to a place of their own, which is never used again.
fn move_away(guest: &Guest, first: usize, count: usize, flags: i32) {
    let (address, length) = place(guest, first, count);
    let nowhere = std::ptr::null_mut();
    let (access, kind) = (libc::PROT_NONE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new mapping at an address of the kernel's choice disturbs nobody.
    let target = unsafe { libc::mmap(nowhere, length, access, kind, -1, 0) };
    assert_ne!(target, libc::MAP_FAILED, "{}", std::io::Error::last_os_error());
    // SAFETY: the pages lie inside the guest's region, and the place they go to is the mapping above, which nobody uses.
    let moved = unsafe { libc::mremap(address, length, length, flags, target) };
    assert_eq!(moved, target, "{}", std::io::Error::last_os_error());
}

fn place(guest: &Guest, first: usize, count: usize) -> (*mut libc::c_void, usize) {
    let address = guest.address() + first * page_bytes();
    (std::ptr::with_exposed_provenance_mut(address), count * page_bytes())
}
