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
    singles: Vec<usize>,
}

/// So many mappings are made one by one.
const SINGLES: usize = 64;

impl Filler {
    /// Fills the process until it can make only `free` more mappings.
    fn until_free(free: usize) -> Self {
        // Memory that the allocator asks for from now on must come from what it has.
        drop(vec![1_u8; 8 << 20]);
        let byte_length = (mapping_limit() + 2) * page_bytes();
        let start = map(byte_length, libc::MAP_PRIVATE).expect("one more mapping is possible");
        let mut filler = Self { start, byte_length, singles: Vec::with_capacity(2 * SINGLES) };
        // Each other page with another protection: two more mappings a page.
        for index in 0..mapping_limit().saturating_sub(mapping_count() + SINGLES) / 2 {
            filler.protect(1 + 2 * index, libc::PROT_READ);
        }
        // Shared mappings never join their neighbours.
        while let Some(single) = map(page_bytes(), libc::MAP_SHARED) {
            filler.singles.push(single);
            assert!(filler.singles.len() < 2 * SINGLES, "the limit holds");
        }
        for _ in 0..free {
            unmap(filler.singles.pop().expect("there are more"), page_bytes());
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
        unmap(self.start, self.byte_length);
        self.singles.iter().for_each(|single| unmap(*single, page_bytes()));
    }
}

/// `None` when there are too many mappings already.
fn map(byte_length: usize, kind: i32) -> Option<usize> {
    let flags = kind | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping at an address of the kernel's choice disturbs nobody.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), byte_length, libc::PROT_NONE, flags, -1, 0) };
    if start != libc::MAP_FAILED {
        return Some(start.expose_provenance());
    }
    let error = std::io::Error::last_os_error();
    assert_eq!(error.raw_os_error(), Some(libc::ENOMEM), "{error}");
    None
}

fn unmap(start: usize, byte_length: usize) {
    let address = std::ptr::with_exposed_provenance_mut(start);
    // SAFETY: the whole mapping is the filler's own.
    let unmapped = unsafe { libc::munmap(address, byte_length) };
    assert_eq!(unmapped, 0, "{}", std::io::Error::last_os_error());
}
