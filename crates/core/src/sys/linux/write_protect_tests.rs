//! What the kernel promises about recorded writes, and where it promises nothing.

use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use super::super::test_pages::{TestPages, file_of, page_bytes, run, set};
use super::super::{capabilities, discard, map_zero_over};
use super::*;
use crate::error::Result;

const BOTH: [Watched; 2] = [Watched::Armed, Watched::PresentArmed];

fn works_here() -> bool {
    let capability = &capabilities().expect("the probes can run").write_protect;
    if let Some(reason) = capability.reason() {
        eprintln!("skipped: this machine cannot record writes: {reason}");
    }
    capability.is_available()
}

fn start(watched: Watched, pages: &TestPages) {
    register(pages.pages()).expect("it can be registered");
    arm(watched, pages.pages(), pages.all(), &mut ScanBuffer::default()).expect("it can be armed");
}

fn look(watched: Watched, pages: &TestPages, part: PageRun) -> Result<PageSet> {
    let mut found = PageSet::new();
    written(watched, pages.pages(), part, &mut ScanBuffer::default(), &mut found)?;
    Ok(found)
}

fn seen(watched: Watched, pages: &TestPages) -> PageSet {
    look(watched, pages, pages.all()).expect("it is registered")
}

fn take(watched: Watched, pages: &TestPages, part: PageRun) -> PageSet {
    let mut found = PageSet::new();
    take_written(watched, pages.pages(), part, &mut ScanBuffer::default(), &mut found).expect("it is registered");
    found
}

/// Whatever is mapped there: armed, it is clean, and then reports exactly what is written.
#[test]
fn every_kind_of_memory_can_be_watched() {
    if works_here() {
        let file = file_of(64);
        let mut kinds = vec![
            ("untouched", TestPages::anonymous(64)),
            ("a file, privately", TestPages::private(&file, 64)),
            ("a file, shared", TestPages::shared(&file, 64)),
            ("many pages", TestPages::anonymous(5120)),
            ("huge pages", TestPages::huge((2 << 20) / page_bytes())),
        ];
        let mut touched = TestPages::anonymous(64);
        touched.store_all(0..64);
        kinds.push(("touched", touched));
        let mut huge = TestPages::huge((2 << 20) / page_bytes());
        huge.store_all([0]);
        kinds.push(("touched huge pages", huge));
        for (name, mut pages) in kinds {
            start(Watched::Armed, &pages);
            assert_eq!(seen(Watched::Armed, &pages), PageSet::new(), "{name}");
            assert_eq!(pages.load(3), pages.load(3), "{name}: reading it");
            assert_eq!(seen(Watched::Armed, &pages), PageSet::new(), "{name}, after reading");
            pages.store_all([0, 5, 6, 63]);
            assert_eq!(seen(Watched::Armed, &pages), set(&[(0, 1), (5, 7), (63, 64)]), "{name}");
        }
    }
}

/// Protection that differs from page to page does not matter, nor that it changes.
#[test]
fn protection_does_not_disturb_the_record() {
    if works_here() {
        for watched in BOTH {
            let mut pages = TestPages::anonymous(64);
            pages.store_all(0..32);
            pages.protect(run(8, 16), false);
            pages.protect(run(40, 48), false);
            start(watched, &pages);
            assert_eq!(seen(watched, &pages), PageSet::new());
            pages.store_all([7, 16]);
            pages.protect(run(8, 16), true);
            pages.protect(run(0, 64), false);
            pages.protect(run(0, 64), true);
            assert_eq!(seen(watched, &pages), set(&[(7, 8), (16, 17)]), "{watched:?}");
        }
    }
}

#[test]
fn everything_written_is_one_run_and_taken_once() {
    if works_here() {
        for watched in BOTH {
            let mut pages = TestPages::anonymous(1000);
            start(watched, &pages);
            pages.store_all(0..1000);
            assert_eq!(seen(watched, &pages), PageSet::all(1000));
            assert_eq!(take(watched, &pages, pages.all()), PageSet::all(1000));
            assert_eq!(seen(watched, &pages), PageSet::new());
            pages.store_all(0..1000);
            assert_eq!(take(watched, &pages, run(1, 3)), set(&[(1, 3)]));
            assert_eq!(seen(watched, &pages), set(&[(0, 1), (3, 1000)]), "what was not taken is still there");
        }
    }
}

#[test]
fn exactly_what_is_written_is_found() {
    if works_here() {
        for watched in BOTH {
            let mut pages = TestPages::anonymous(101);
            pages.store_all(0..101);
            start(watched, &pages);
            pages.store_all(1..100);
            assert_eq!(take(watched, &pages, pages.all()), set(&[(1, 100)]));
            pages.store_all([50]);
            assert_eq!(take(watched, &pages, pages.all()), set(&[(50, 51)]));
            pages.store_all([50, 51]);
            assert_eq!(look(watched, &pages, run(51, 90)).expect("registered"), set(&[(51, 52)]), "of a part");
            assert_eq!(seen(watched, &pages), set(&[(50, 52)]));
        }
    }
}

/// More runs than a call returns, taken and armed in the same step.
#[test]
fn many_runs_are_taken_once() {
    if works_here() {
        for watched in BOTH {
            let mut pages = TestPages::anonymous(2000);
            start(watched, &pages);
            let expected: PageSet = (0..1000).map(|index| run(2 * index, 2 * index + 1)).collect();
            pages.store_all(expected.pages());
            pages.store_all([1999]);
            let taken = take(watched, &pages, pages.all());
            assert_eq!(taken, expected.union(&set(&[(1999, 2000)])), "{watched:?}");
            assert_eq!(take(watched, &pages, pages.all()), PageSet::new(), "{watched:?}: the second time");
        }
    }
}

#[test]
fn a_page_can_be_watched_again_and_again() {
    if works_here() {
        for watched in BOTH {
            let mut pages = TestPages::anonymous(3);
            start(watched, &pages);
            for round in 0..100 {
                assert_eq!(seen(watched, &pages), PageSet::new(), "round {round}");
                pages.store(1, round);
                assert_eq!(seen(watched, &pages), set(&[(1, 2)]), "round {round}");
                arm(watched, pages.pages(), pages.all(), &mut ScanBuffer::default()).expect("it is registered");
            }
        }
    }
}

/// A documented hazard: what changes the file behind the memory is no write to the memory. Images are sealed.
#[test]
fn a_write_to_the_file_is_not_recorded() {
    if works_here() {
        let file = file_of(8);
        let pages = TestPages::private(&file, 8);
        assert_eq!((pages.load(2), pages.load(3)), (3, 4));
        start(Watched::Armed, &pages);
        file.write_at(&[99], 2 * page_bytes()).expect("it is not sealed");
        File::from(file.as_fd().try_clone_to_owned().expect("there are descriptors"))
            .write_all_at(&[98], 3 * page_bytes() as u64)
            .expect("it is not sealed");
        assert_eq!((pages.load(2), pages.load(3)), (99, 98), "the contents have changed");
        assert_eq!(seen(Watched::Armed, &pages), PageSet::new());
        file.seal().expect("it can be sealed");
        file.write_at(&[97], 2 * page_bytes()).expect_err("as an image is");
    }
}

/// The record belongs to a mapping, not to the memory behind it.
#[test]
fn a_write_is_recorded_only_where_it_was_made() {
    if works_here() {
        let file = file_of(8);
        for shared in [false, true] {
            let map = if shared { TestPages::shared } else { TestPages::private };
            let mut mappings = [map(&file, 8), map(&file, 8), map(&file, 8)];
            mappings.iter().for_each(|pages| start(Watched::Armed, pages));
            mappings[1].store(4, 77);
            let found = mappings.each_ref().map(|pages| seen(Watched::Armed, pages));
            assert_eq!(found, [PageSet::new(), set(&[(4, 5)]), PageSet::new()], "shared: {shared}");
            assert_eq!(mappings.each_ref().map(|pages| pages.load(4) == 77), [shared, true, shared]);
        }
    }
}

/// A new mapping is not registered: that is an error, not an answer. Registered and armed, it is watched like any other.
#[test]
fn a_new_mapping_is_not_watched() {
    if works_here() {
        for watched in BOTH {
            for part in [run(0, 1), run(5, 6), run(3, 8), run(0, 8)] {
                let mut pages = TestPages::private(&file_of(8), 8);
                start(watched, &pages);
                map_zero_over(&mut pages.pages_mut().part_mut(part).expect("in range")).expect("maps");
                let error = look(watched, &pages, pages.all()).expect_err("not registered everywhere");
                assert_eq!(error.os_failure().map(|failure| failure.errno), Some(libc::EPERM), "{error}");
                start(watched, &pages);
                assert_eq!(seen(watched, &pages), PageSet::new());
                pages.store_all([part.start]);
                assert_eq!(seen(watched, &pages), set(&[(part.start, part.start + 1)]));
            }
        }
    }
}

/// Where a file is mapped, dropping a page loses no record: a clean page stays clean, a written one shows the file again.
#[test]
fn dropped_pages_of_a_file_stay_watched() {
    if works_here() {
        let mut pages = TestPages::private(&file_of(16), 16);
        start(Watched::Armed, &pages);
        pages.store_all([3, 4, 9]);
        assert_eq!(pages.load(12), 13);
        discard(&mut pages.pages_mut()).expect("they can be dropped");
        assert_eq!(seen(Watched::Armed, &pages), set(&[(3, 5), (9, 10)]), "more would do no harm, less would");
        assert!((0..16).all(|page| usize::from(pages.load(page)) == page + 1), "the file shows again");
        arm(Watched::Armed, pages.pages(), pages.all(), &mut ScanBuffer::default()).expect("registered");
        pages.store_all([0]);
        assert_eq!(seen(Watched::Armed, &pages), set(&[(0, 1)]));
    }
}

/// Where nothing is mapped, dropping a page loses its record. One that was armed with everything counts as written then;
/// one that is asked about only while it is there does not, and is zero.
#[test]
fn dropped_pages_of_no_file_count_as_written() {
    if works_here() {
        let pages_of_2_mib = (2 << 20) / page_bytes();
        let mut few = TestPages::anonymous(16);
        few.store_all(0..16);
        let mut huge = TestPages::huge(pages_of_2_mib);
        huge.store_all([0, 1]);
        for (mut pages, name) in [(few, "16 pages"), (huge, "2 MiB")] {
            let count = pages.all().end;
            start(Watched::Armed, &pages);
            assert_eq!(seen(Watched::Armed, &pages), PageSet::new());
            discard(&mut pages.pages_mut()).expect("they can be dropped");
            let found = seen(Watched::Armed, &pages);
            if name == "2 MiB" && found.is_empty() {
                // Linux 6.7 to 6.12.102: a missing page table is reported by nobody, and what is zero stays zero.
                eprintln!("skipped: this kernel forgets what it knew of whole page tables that are dropped");
            } else {
                assert_eq!(found, PageSet::all(count), "{name}");
            }
            assert_eq!(seen(Watched::PresentArmed, &pages), PageSet::new(), "{name}");
            arm(Watched::PresentArmed, pages.pages(), pages.all(), &mut ScanBuffer::default()).expect("registered");
            pages.store_all([1, count - 1]);
            // A huge page may have come in their place, of which all is new.
            let found = seen(Watched::PresentArmed, &pages);
            assert!(found.contains(1) && found.contains(count - 1), "{name}: {found:?}");
            assert!(count > 16 || found.page_count() == 2, "{name}: {found:?}");
        }
    }
}

/// Arming and asking must match. The wrong mix is harmless in one direction only.
#[test]
fn sparse_memory_is_clean_right_after_arming() {
    if works_here() {
        for watched in BOTH {
            let mut pages = TestPages::anonymous(4096);
            pages.store_all((0..4096).step_by(4));
            start(watched, &pages);
            assert_eq!(seen(watched, &pages), PageSet::new(), "{watched:?}");
            assert!((0..64).all(|page| pages.load(page) == if page % 4 == 0 { 7 } else { 0 }));
            assert_eq!(seen(watched, &pages), PageSet::new(), "{watched:?}, after reading holes");
            pages.store_all([0, 1, 2, 4095]);
            assert_eq!(seen(watched, &pages), set(&[(0, 3), (4095, 4096)]), "{watched:?}");
        }
        let mut pages = TestPages::anonymous(4096);
        pages.store_all((0..4096).step_by(4));
        start(Watched::PresentArmed, &pages);
        assert_eq!(seen(Watched::Armed, &pages).page_count(), 3072, "every hole: too many, never too few");
    }
}

/// Memory that nobody has touched is not populated by watching it in the sparse way.
#[test]
fn watching_sparse_memory_populates_nothing() {
    if works_here() {
        let pages = TestPages::anonymous(4096);
        start(Watched::PresentArmed, &pages);
        let mut buffer = crate::sys::EntryBuffer::default();
        let (mut found, mut zero) = (PageSet::new(), PageSet::new());
        crate::sys::private_entries(pages.pages(), &mut buffer, &mut found, &mut zero).expect("pagemap can be read");
        assert_eq!(found, PageSet::new());
        // The dense way leaves a mark for each page, which looks swapped out: that is no memory.
        start(Watched::Armed, &pages);
        crate::sys::private_entries(pages.pages(), &mut buffer, &mut found, &mut zero).expect("pagemap can be read");
        assert_eq!((found, zero), (PageSet::all(4096), PageSet::new()));
        let counted = crate::sys::residency(pages.pages()).expect("pagemap can be read");
        assert_eq!((counted.resident, counted.private, counted.shared), (0, 0, 0));
        eprintln!("pages that look swapped out: {}", counted.swapped);
    }
}

/// What was stopped is not recorded any more, and asking is an error.
#[test]
fn unregistered_memory_is_not_watched() {
    if works_here() {
        for watched in BOTH {
            let mut pages = TestPages::anonymous(8);
            start(watched, &pages);
            unregister(pages.pages()).expect("it is registered");
            pages.store_all([1]);
            look(watched, &pages, pages.all()).expect_err("not registered");
        }
    }
}
