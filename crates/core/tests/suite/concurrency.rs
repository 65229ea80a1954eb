//! Many threads, each with memory of its own; what they share is the process's userfaultfd, its pagemap descriptor and
//! the images.

use std::sync::{Arc, Barrier};
use std::thread;

use pagefold_core::{Snapshot, TrackerChoice, TrackerKind};

use crate::child;
use crate::guest::{Guest, assert_same_bytes, works_here};
use crate::sequence::Sequence;

const THREADS: usize = 8;
const PAGES: usize = 48;

#[test]
fn every_thread_resets_its_own_memory() {
    for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
        let start = Barrier::new(THREADS);
        thread::scope(|scope| {
            for number in 0..THREADS {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    for seed in 0..3 {
                        let mut guest = Guest::filled(kind, PAGES);
                        cycles(&mut guest, (number * 10 + seed) as u64, 100);
                    }
                });
            }
        });
    }
}

/// One snapshot is the baseline of every thread's memory.
#[test]
fn threads_share_a_snapshot() {
    for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
        let snapshot: Arc<Snapshot> = Guest::filled(kind, PAGES).snapshot();
        thread::scope(|scope| {
            for number in 0..THREADS {
                let snapshot = Arc::clone(&snapshot);
                scope.spawn(move || {
                    let mut guest = Guest::new(kind, PAGES);
                    guest.restore(&snapshot);
                    drop(snapshot);
                    cycles(&mut guest, number as u64, 100);
                });
            }
        });
    }
}

/// A view may move to another thread between two operations.
#[test]
fn a_guest_moves_between_threads() {
    for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
        let mut guest = Guest::filled(kind, PAGES);
        for seed in 0..20 {
            let moved = thread::spawn(move || {
                cycles(&mut guest, seed, 5);
                guest.touch(3);
                guest
            });
            guest = moved.join().expect("the thread's own assertions hold");
            assert_eq!(guest.dirty(), [3].into());
            guest.reset();
        }
    }
}

/// In a fresh process, so that the threads race for the first probe and the first opening of the descriptors.
#[test]
fn threads_race_for_the_first_use() {
    child::run(child::name!(threads_race_for_the_first_use), || {
        let start = Barrier::new(THREADS);
        thread::scope(|scope| {
            for number in 0..THREADS {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    let mut guest = Guest::with_choice(TrackerChoice::Auto, PAGES, PAGES);
                    guest.fill(1);
                    guest.snapshot();
                    cycles(&mut guest, number as u64, 50);
                });
            }
        });
    });
}

fn cycles(guest: &mut Guest, seed: u64, count: usize) {
    let mut sequence = Sequence::new(seed);
    let baseline = guest.bytes();
    for cycle in 0..count {
        let pages: Vec<usize> = (0..sequence.below(20)).map(|_| sequence.below(PAGES)).collect();
        guest.touch_all(pages.iter().copied());
        if cycle % 8 == 0 {
            assert!(guest.dirty().iter().all(|page| pages.contains(page)), "a page that nobody wrote is reported");
        }
        guest.reset();
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    }
}
