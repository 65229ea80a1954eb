//! A writer beside a reader that finds and forgets in one step: between them no write is lost.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use pagefold_core::TrackerKind;

use crate::guest::{Guest, assert_same_bytes, page_bytes, works_here};
use crate::sequence::Sequence;

const PAGES: usize = 96;
const WRITES: u64 = 40_000;
const TAKES_MIN: usize = 200;

/// What the writer has done so far. Writes are numbered from 1.
#[derive(Debug)]
struct Log {
    /// The last write that has begun.
    begun: u64,
    /// For each page the last write to it that has ended.
    ended: Vec<u64>,
}

#[test]
fn nothing_written_meanwhile_is_lost() {
    for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
        for round in 0..3 {
            beside_a_writer(kind, round);
        }
    }
}

/// I/O of the host: the kernel writes, so that no instruction of this process races with the reader.
fn beside_a_writer(kind: TrackerKind, seed: u64) {
    let mut guest = Guest::filled(kind, PAGES);
    let baseline = guest.bytes();
    // Several cycles first, so that some pages are hot and not watched when the writer begins.
    for _ in 0..12 {
        guest.touch_all(0..PAGES / 8);
        guest.reset();
    }
    let address = guest.address();
    let memory = own_memory();
    let log = Mutex::new(Log { begun: 0, ended: vec![0; PAGES] });
    let writing = AtomicBool::new(true);
    thread::scope(|scope| {
        scope.spawn(|| {
            write(&memory, address, &log, seed);
            writing.store(false, Ordering::Release);
        });
        let mut told = vec![0; PAGES];
        let mut takes = 0;
        while writing.load(Ordering::Acquire) || takes < TAKES_MIN {
            take_and_check(&mut guest, &log, &mut told, kind);
            takes += 1;
        }
        take_and_check(&mut guest, &log, &mut told, kind);
    });
    guest.reset();
    assert_same_bytes(&guest.bytes(), &baseline, &format!("{kind}: after everything was taken and put back"));
    assert_eq!(guest.dirty(), BTreeSet::new(), "{kind}");
}

fn own_memory() -> File {
    OpenOptions::new().write(true).open("/proc/self/mem").expect("a process may write its own memory")
}

fn write(memory: &File, address: usize, log: &Mutex<Log>, seed: u64) {
    let mut sequence = Sequence::new(seed);
    for number in 1..=WRITES {
        let page = sequence.below(PAGES);
        log.lock().expect("the reader has not failed").begun = number;
        let offset = address + page * page_bytes() + 8 * sequence.below(page_bytes() / 8);
        // Ends in zero, as no byte of the baseline does: it always differs from that.
        let bytes = (number << 8).to_le_bytes();
        memory.write_all_at(&bytes, offset as u64).expect("the guest is mapped and writable");
        log.lock().expect("the reader has not failed").ended[page] = number;
    }
}

/// Every write that had ended before this answer was asked for is in it, or was told after it had begun. `told` is for
/// each page the last write that had begun when an answer with the page had arrived.
fn take_and_check(guest: &mut Guest, log: &Mutex<Log>, told: &mut [u64], kind: TrackerKind) {
    let ended = log.lock().expect("the writer has not failed").ended.clone();
    let window = &mut guest.region.window().expect("the region is alive");
    let dirty = guest.view.take_dirty(window).expect("the guest has a baseline");
    let begun = log.lock().expect("the writer has not failed").begun;
    for page in 0..PAGES {
        let answered = dirty.pages.contains(page);
        assert!(
            answered || ended[page] <= told[page],
            "{kind}: write {} to page {page} had ended, and the last answer with that page came after write {}",
            ended[page],
            told[page]
        );
        if answered {
            told[page] = begun;
        }
    }
}
