//! The crate as its users see it: only what it re-exports is used here.
//!
//! | module | what it is about |
//! |---|---|
//! | `conformance` | what every tracker promises, run against each of them |
//! | `processes` | forks, limits, forbidden system calls: each scenario in a child process of its own |
//! | `concurrency` | many threads, each with its own memory |
//! | `image_properties` | images against a plain vector |
//! | `model` | everything in random order, against a plain vector |
//! | `region_files` | regions over files, mapped into guests |
//! | `snapshot_files` | saved snapshots: whole, cut short, altered, interrupted |
//! | `merging` | diffs merged and applied, against an oracle that works on whole memories |
//! | `wire` | encoded diffs: whole, cut short, altered, made up |
//! | `fuzzed` | what the fuzzer runs, with some thousand inputs |
//! | `versions` | snapshots that go on: writes, diffs, merges, and the views that follow |
//! | `pool` | slots that are leased, used and cleaned: against a plain list, by many threads, near every limit |
//! | `leaks` | descriptors and mappings come back |
//! | `writer` | a thread that writes while another finds and forgets what changed |
//! | `diff` | what a memory changed against its base, against a plain loop |
//!
//! `encoded`, `guest`, `child`, `process_facts` and `sequence` hold what those share.

#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod child;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod concurrency;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod conformance;
mod diff;
mod encoded;
mod fuzzed;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod guest;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod image_properties;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod leaks;
mod merging;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod model;
mod pool;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod process_facts;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod processes;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod region_files;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod sequence;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod snapshot_files;
mod versions;
mod wire;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod writer;

#[cfg(not(all(target_os = "linux", not(pagefold_unsupported))))]
mod refused {
    use pagefold_core::{ErrorKind, FileAccess, ImageBuilder, Region, diagnose};

    #[test]
    fn every_operation_says_that_this_system_is_unsupported() {
        assert_eq!(Region::allocate(4096, 4096).expect_err("refused").kind(), ErrorKind::Unsupported);
        assert_eq!(Region::allocate_mappable(4096, 4096).expect_err("refused").kind(), ErrorKind::Unsupported);
        let opened = Region::open(std::path::Path::new("/"), FileAccess::ReadWrite, 0, None);
        assert_eq!(opened.expect_err("refused").kind(), ErrorKind::Unsupported);
        assert_eq!(ImageBuilder::new(4096).expect_err("refused").kind(), ErrorKind::Unsupported);
    }

    #[test]
    fn the_diagnosis_gives_a_reason_for_each_tracker() {
        let diagnosis = diagnose(&[]).expect("nothing is probed");
        assert_eq!(diagnosis.tracker, None);
        assert!(diagnosis.trackers.iter().all(|(_, reason)| reason.is_some()));
    }
}
