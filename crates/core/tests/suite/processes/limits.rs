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

/// A step to the next version that would need hundreds of mappings is not begun.
#[test]
fn near_the_mapping_limit_a_stale_memory_stays_as_it_is() {
    child::run(child::name!(near_the_mapping_limit_a_stale_memory_stays_as_it_is), || {
        const SCATTERED: usize = 300;
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut guest = Guest::filled(kind, 8 * SCATTERED);
            let snapshot = Arc::clone(guest.view.baseline().expect("it was snapshotted"));
            guest.touch_all([3, 20]);
            let before = guest.bytes();
            let mut next = before.clone();
            let old = snapshot.current().image().to_vec();
            for at in [3, 20].map(|page| page * page_bytes()) {
                next[at..at + page_bytes()].copy_from_slice(&old[at..at + page_bytes()]);
            }
            let written: Vec<usize> = (0..SCATTERED).map(|index| 8 * index * page_bytes() + 5).collect();
            written.iter().for_each(|at| next[*at..at + 3].fill(0xAB));
            let batch: Vec<(u64, &[u8])> = written.iter().map(|at| (*at as u64, &[0xAB; 3][..])).collect();
            assert_eq!(snapshot.write(&batch).expect("there is room"), 1);

            let filler = Filler::until_free(30);
            let error = guest.try_reset().expect_err("there is no room for 300 mappings");
            assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{kind}: {error}");
            assert_same_bytes(&guest.bytes(), &before, &format!("{kind}, after a reset that failed"));
            drop(filler);
            guest.reset();
            assert_same_bytes(&guest.bytes(), &next, &format!("{kind}, with room again"));
            guest.touch_all([3, 20, 40]);
            guest.reset();
            assert_same_bytes(&guest.bytes(), &next, &format!("{kind}, later"));
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
                        assert_same_bytes(&guest.bytes(), &old.image().to_vec(), "after reset to the old snapshot");
                    }
                }
            }
            assert!(failures > 0, "the limit was never reached");
        }
    });
}

#[test]
fn near_the_mapping_limit_map_and_discard_fail_cleanly() {
    child::run(child::name!(near_the_mapping_limit_map_and_discard_fail_cleanly), || {
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut failures = [0; 3];
            for free in (0..16).rev() {
                let mut guest = Guest::filled(kind, PAGES);
                let baseline = guest.bytes();
                let mut region = Region::allocate_mappable(4 * page_bytes(), 4 * page_bytes()).expect("there is room");
                let contents = noise(4 * page_bytes(), 3);
                region.write(0, &contents).expect("in range");
                guest.map(10, 4, &region, 0).expect("there is room");
                let filler = Filler::until_free(free);
                for (what, count) in failures.iter_mut().enumerate() {
                    let before = guest.bytes();
                    let mut expected = before.clone();
                    let outcome = match what {
                        0 => {
                            expected[3 * page_bytes()..6 * page_bytes()].copy_from_slice(&contents[page_bytes()..]);
                            guest.map(3, 3, &region, 1)
                        }
                        1 => {
                            expected[20 * page_bytes()..22 * page_bytes()].fill(0);
                            guest.discard(20, 2)
                        }
                        _ => {
                            let range = 11 * page_bytes()..13 * page_bytes();
                            expected[range.clone()].copy_from_slice(&baseline[range]);
                            guest.discard_to_baseline(11, 2)
                        }
                    };
                    let when = format!("{kind}, {free} free, {what}: {outcome:?}");
                    if let Err(error) = &outcome {
                        assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{when}");
                        expected = before;
                        *count += 1;
                    }
                    assert_same_bytes(&guest.bytes(), &expected, &when);
                }
                if let Err(error) = guest.try_reset() {
                    assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{kind}, {free} free: {error}");
                } else {
                    assert_same_bytes(&guest.bytes(), &baseline, &format!("{kind}, {free} free, after reset"));
                }
                drop(filler);
                let mut seen = vec![0; contents.len()];
                region.read(0, &mut seen).expect("in range");
                assert_same_bytes(&seen, &contents, "the region is as it was");
                guest.reset();
                assert_same_bytes(&guest.bytes(), &baseline, &format!("{kind}, {free} were free, with room again"));
                guest.touch_all([3, 20]);
                guest.reset();
                assert_same_bytes(&guest.bytes(), &baseline, &format!("{kind}, {free} were free, later"));
            }
            assert!(failures.iter().all(|count| *count > 0), "the limit was never reached: {failures:?}");
        }
    });
}

/// As much as a process may have, in the pages of one memory: a typed error then, and a reset puts everything right.
#[test]
fn discarding_page_by_page_up_to_the_limit() {
    child::run(child::name!(discarding_page_by_page_up_to_the_limit), || {
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let pages = mapping_limit() + 100;
            let mut guest = Guest::new(kind, pages);
            (0..pages).for_each(|index| guest.write(index * page_bytes(), &[1]));
            guest.snapshot();
            let refused =
                (0..pages / 2).find_map(|index| guest.discard(2 * index, 1).err().map(|error| (index, error)));
            let (reached, error) = refused.expect("the limit is reached");
            assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{error}");
            let left = mapping_limit() - mapping_count();
            assert!(reached > 10_000 && left > 5000, "{reached} pages, {left} mappings are left");
            assert_eq!(guest.read(2 * (reached - 1) * page_bytes(), 2), [0, 0]);
            assert_ne!(guest.read(2 * reached * page_bytes(), 1), [0], "as it was");
            assert!(mapping_count() > 20_000);
            guest.reset();
            let image = Arc::clone(guest.view.baseline().expect("has one"));
            assert_same_bytes(&guest.bytes(), &image.image().to_vec(), "after reset");
            assert!(mapping_count() < 2000, "{} mappings are left", mapping_count());
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
pub(crate) fn without_descriptors<T>(operation: impl FnOnce() -> T) -> T {
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
pub(crate) struct Filler {
    start: usize,
    byte_length: usize,
    singles: Vec<usize>,
}

/// So many mappings are made one by one.
const SINGLES: usize = 64;

impl Filler {
    /// Fills the process until it can make only `free` more mappings.
    pub(crate) fn until_free(free: usize) -> Self {
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
