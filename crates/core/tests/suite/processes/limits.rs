//! Near the end of mappings and descriptors: typed errors, and contents as they were.
#![expect(unsafe_code, reason = "fills the process with mappings")]

use std::collections::BTreeSet;
use std::fs::File;
use std::sync::Arc;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use pagefold_core::{ErrorKind, Image, Region, Snapshot, TrackerChoice, TrackerKind, View};

use crate::child;
use crate::guest::{Guest, assert_same_bytes, noise, page_bytes, works_here};
use crate::process_facts::{mapping_count, mapping_limit};

const PAGES: usize = 32;

#[test]
fn near_the_mapping_limit_restore_fails_cleanly() {
    child::run(child::name!(near_the_mapping_limit_restore_fails_cleanly), || {
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut failures = 0;
            for free in (0..12).rev() {
                let mut guest = Guest::filled(kind, PAGES);
                let before = guest.bytes();
                let mut smaller = noise(10 * page_bytes(), 3);
                let snapshot = Arc::new(Snapshot::new(Image::from_bytes(&smaller).expect("there is room")));
                smaller.resize(PAGES * page_bytes(), 0);
                let filler = Filler::until_free(free);
                let outcome = guest.try_restore(&snapshot);
                let expected = if let Err(error) = &outcome {
                    assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{kind}, {free} free: {error}");
                    failures += 1;
                    &before
                } else {
                    &smaller
                };
                assert_same_bytes(&guest.bytes(), expected, &format!("{kind}, {free} free, after restore"));
                // Page 20 lies in the tail of the smaller snapshot: an earlier image must not show there.
                guest.touch_all([3, 20]);
                match guest.try_reset() {
                    Ok(_) => {
                        assert_same_bytes(&guest.bytes(), expected, &format!("{kind}, {free} free, after reset"));
                    }
                    Err(error) => assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{kind}, {free} free: {error}"),
                }
                drop(filler);
                guest.reset();
                assert_same_bytes(&guest.bytes(), expected, &format!("{kind}, {free} were free, with room again"));
                guest.touch_all([3, 20]);
                guest.reset();
                assert_same_bytes(&guest.bytes(), expected, &format!("{kind}, {free} were free, later"));
            }
            assert!(failures > 0, "the limit was never reached");
        }
    });
}

#[test]
fn near_the_mapping_limit_snapshot_fails_cleanly() {
    child::run(child::name!(near_the_mapping_limit_snapshot_fails_cleanly), || {
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut failures = 0;
            for free in (0..12).rev() {
                let mut guest = Guest::filled(kind, PAGES);
                let old = Arc::clone(guest.view.baseline().expect("just taken"));
                guest.touch_all([3, 20]);
                let before = guest.bytes();
                let filler = Filler::until_free(free);
                let outcome = guest.try_snapshot();
                drop(filler);
                assert_same_bytes(&guest.bytes(), &before, &format!("{kind}, {free} free, after snapshot"));
                guest.touch(4);
                guest.reset();
                match outcome {
                    Ok(_) => assert_same_bytes(&guest.bytes(), &before, "after reset to the new snapshot"),
                    Err(error) => {
                        assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{kind}, {free} free: {error}");
                        failures += 1;
                        assert_same_bytes(&guest.bytes(), old.image().bytes(), "after reset to the old snapshot");
                    }
                }
            }
            assert!(failures > 0, "the limit was never reached");
        }
    });
}

#[test]
fn without_descriptors_snapshot_fails_cleanly() {
    child::run(child::name!(without_descriptors_snapshot_fails_cleanly), || {
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut guest = Guest::filled(kind, PAGES);
            let baseline = guest.bytes();
            guest.touch(5);
            let changed = guest.bytes();
            let error = without_descriptors(|| guest.try_snapshot()).expect_err("no descriptor left");
            assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{error}");
            assert!(error.os_failure().is_some_and(|failure| failure.errno == libc::EMFILE), "{error}");
            assert_same_bytes(&guest.bytes(), &changed, "after the failure");
            assert_eq!(guest.dirty(), BTreeSet::from([5]));
            without_descriptors(|| guest.reset());
            assert_same_bytes(&guest.bytes(), &baseline, "after reset, which needs no descriptor");
        }
    });
}

/// The first use of a process may come at a bad moment. What was found then must not be taken for the machine's nature.
#[test]
fn a_probe_without_descriptors_is_repeated() {
    child::run(child::name!(a_probe_without_descriptors_is_repeated), || {
        let mut region = Region::allocate(page_bytes(), page_bytes()).expect("needs no descriptor");
        let window = region.window().expect("alive");
        let view = || View::new(&window, 1, TrackerChoice::Auto, &[]);
        let refused = without_descriptors(|| view().map(drop));
        if let Err(error) = refused {
            assert!([ErrorKind::OutOfMemory, ErrorKind::Unsupported].contains(&error.kind()), "{error}");
        }
        let tracker = view().map(|view| view.tracker()).expect("there are descriptors again");
        let chosen = child::run_another(child::name!(what_auto_chooses_here));
        assert!(chosen.contains(&format!("auto: {tracker}\n")), "{tracker} is not the best: {chosen}");
    });
}

#[test]
fn what_auto_chooses_here() {
    child::run(child::name!(what_auto_chooses_here), || {
        let guest = Guest::with_choice(TrackerChoice::Auto, 1, 1);
        eprintln!("auto: {}", guest.view.tracker());
    });
}

/// Opening `/dev/null` until there is no descriptor left, under a limit that makes that quick.
fn without_descriptors<T>(operation: impl FnOnce() -> T) -> T {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a process may ask for its limits");
    setrlimit(Resource::RLIMIT_NOFILE, soft.min(256), hard).expect("a process may lower its limits");
    let held: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(held.len() < 256, "the limit holds");
    let outcome = operation();
    drop(held);
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard).expect("and raise them again");
    outcome
}

/// Mappings that nobody needs.
struct Filler {
    start: usize,
    byte_length: usize,
}

impl Filler {
    /// Fills the process until it may have only `free` more mappings.
    fn until_free(free: usize) -> Self {
        // Memory that the allocator asks for from now on must come from what it has.
        drop(vec![1_u8; 8 << 20]);
        let page = page_bytes();
        let limit = mapping_limit();
        let byte_length = (limit + 2) * page;
        let protection = libc::PROT_NONE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping at an address of the kernel's choice disturbs nobody.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), byte_length, protection, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED, "{}", std::io::Error::last_os_error());
        let filler = Self { start: start.expose_provenance(), byte_length };
        // The last line of maps is vsyscall, which is no mapping of the process.
        let missing = (limit + 1).saturating_sub(mapping_count() + free);
        // Each other page with another protection: two more mappings a page, the last one perhaps one.
        for index in 0..missing / 2 {
            filler.protect(1 + 2 * index, libc::PROT_READ);
        }
        if missing % 2 == 1 {
            filler.protect(limit + 1, libc::PROT_READ);
        }
        filler
    }

    fn protect(&self, page: usize, protection: i32) {
        let address = std::ptr::with_exposed_provenance_mut(self.start + page * page_bytes());
        // SAFETY: the page belongs to the filler, which nobody reads or writes.
        let changed = unsafe { libc::mprotect(address, page_bytes(), protection) };
        assert_eq!(changed, 0, "mprotect of page {page}: {}", std::io::Error::last_os_error());
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        let address = std::ptr::with_exposed_provenance_mut(self.start);
        // SAFETY: the whole mapping is the filler's own.
        let unmapped = unsafe { libc::munmap(address, self.byte_length) };
        assert_eq!(unmapped, 0, "{}", std::io::Error::last_os_error());
    }
}
