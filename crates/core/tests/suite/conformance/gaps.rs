//! A memory with a long run of zeros in its image, which is watched by what is there, between two stored ends; behind
//! them a tail, which is watched the same way.
#![expect(unsafe_code, reason = "madvise on pages of the region, as its owner may do")]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};

use pagefold_core::{Discarded, PageRun, Strategy, TrackerKind};

use crate::guest::{Guest, assert_same_bytes, noise, page_bytes};
use crate::process_facts::resident_pages;
use crate::sequence::Sequence;

const END_PAGES: usize = 20;
/// Longer than what is worth a zone of its own.
const GAP: PageRun = PageRun { start: END_PAGES, end: END_PAGES + 3000 };
const IMAGE_PAGES: usize = GAP.end + END_PAGES;
const TAIL: PageRun = PageRun { start: IMAGE_PAGES, end: IMAGE_PAGES + 1000 };
/// Pages at every edge of it, and some in the middle.
const INSIDE: [usize; 8] =
    [GAP.start, GAP.start + 1, GAP.start + 511, GAP.start + 512, 1500, 1501, GAP.end - 2, GAP.end - 1];

/// A guest with stored pages at both ends and zeros between, just snapshotted.
fn guest(kind: TrackerKind) -> Guest {
    let mut guest = Guest::growable(kind, IMAGE_PAGES, TAIL.end + 5000);
    let ends = noise(END_PAGES * page_bytes(), 11);
    guest.write(0, &ends);
    guest.write(GAP.end * page_bytes(), &ends);
    let snapshot = guest.snapshot();
    assert_eq!(snapshot.image().stored().page_count(), 2 * END_PAGES);
    guest
}

/// The same with a tail.
fn grown_guest(kind: TrackerKind) -> Guest {
    let mut guest = guest(kind);
    guest.region.grow(TAIL.end * page_bytes()).expect("below the maximum");
    guest
}

pub(super) fn written_pages_are_reported_and_zero_again(kind: TrackerKind) {
    let mut guest = grown_guest(kind);
    let baseline = guest.bytes();
    let ends = [0, END_PAGES - 1, GAP.end, IMAGE_PAGES - 1, TAIL.start, TAIL.start + 600, TAIL.end - 1];
    for pages in [&INSIDE[..], &ends, &[1500], &[]] {
        guest.touch_all(pages.iter().copied());
        assert_eq!(guest.dirty(), pages.iter().copied().collect());
        assert_ne!(guest.reset().strategy, Strategy::Remap);
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
        assert_eq!(guest.dirty(), BTreeSet::new());
    }
}

pub(super) fn reads_bring_nothing(kind: TrackerKind) {
    let mut guest = grown_guest(kind);
    for round in 0..20 {
        for page in INSIDE.into_iter().chain([TAIL.start, TAIL.end - 1]) {
            assert_eq!(guest.read(page * page_bytes(), 8), [0; 8]);
        }
        guest.touch_all([3, 1400 + round]);
        assert_eq!(guest.dirty(), BTreeSet::from([3, 1400 + round]), "{kind}");
        let restored = guest.reset().pages_restored;
        assert!(restored <= 2 + round, "{restored} pages restored in round {round}, though only read");
    }
}

/// Working sets that move through the gap, so that everything is watched again now and then.
pub(super) fn pages_are_watched_again(kind: TrackerKind) {
    let mut guest = grown_guest(kind);
    let baseline = guest.bytes();
    for round in 0..400 {
        let at = GAP.start + round / 20 * 100;
        let pages = BTreeSet::from([2, at, at + 1, at + 50, IMAGE_PAGES - 1, TAIL.start + round / 4]);
        guest.touch_all(pages.iter().copied());
        assert_eq!(guest.dirty(), pages, "round {round}");
        guest.reset();
        assert_eq!(guest.dirty(), BTreeSet::new(), "round {round}");
    }
    assert_same_bytes(&guest.bytes(), &baseline, "after 400 resets");
    let restored = (0..200).map(|_| guest.reset().pages_restored).last();
    assert_eq!(restored, Some(0), "what is not written is not restored for ever");
}

pub(super) fn taken_pages_are_watched_again(kind: TrackerKind) {
    let mut guest = grown_guest(kind);
    let baseline = guest.bytes();
    let mut all: BTreeSet<usize> = BTreeSet::new();
    for round in 0..30 {
        let pages = BTreeSet::from([1, 1500 + round, GAP.end - 1, TAIL.start + 2 * round]);
        guest.touch_all(pages.iter().copied());
        all.extend(&pages);
        let window = &mut guest.region.window().expect("alive");
        let taken = guest.view.take_dirty(window).expect("has a baseline");
        let expected = if taken.lost.is_some() { &all } else { &pages };
        assert_eq!(taken.pages.pages().collect::<BTreeSet<_>>(), *expected, "round {round}");
    }
    guest.reset();
    assert_same_bytes(&guest.bytes(), &baseline, "all that was ever taken is put back");
    assert_eq!(guest.dirty(), BTreeSet::new());
}

pub(super) fn growth_by_steps(kind: TrackerKind) {
    let mut guest = guest(kind);
    let mut pages = IMAGE_PAGES;
    let mut oracle = vec![0; IMAGE_PAGES * page_bytes()];
    let ends = noise(END_PAGES * page_bytes(), 11);
    oracle[..ends.len()].copy_from_slice(&ends);
    oracle[GAP.end * page_bytes()..].copy_from_slice(&ends);
    for (step, growth) in [1, 16, 700, 1, 2048, 512, 100].into_iter().enumerate() {
        let before = pages;
        pages += growth;
        guest.region.grow(pages * page_bytes()).expect("below the maximum");
        if step % 3 == 1 {
            assert_eq!(guest.dirty(), BTreeSet::new(), "growing writes nothing");
        }
        let written = BTreeSet::from([0, 1500, before - 1, before, pages - 1]);
        guest.touch_all(written.iter().copied());
        if step % 2 == 0 {
            assert_eq!(guest.dirty(), written, "after step {step}");
        }
        guest.reset();
        oracle.resize(pages * page_bytes(), 0);
        assert_same_bytes(&guest.bytes(), &oracle, "after reset of the grown memory");
        assert_eq!(guest.dirty(), BTreeSet::new());
        guest.touch_all([before, pages - 1]);
        assert_eq!(guest.dirty(), BTreeSet::from([before, pages - 1]), "and watched from now on");
        guest.reset();
    }
}

/// The owner of a memory may give pages back behind the view's back: where nothing is stored, zeros stay zeros.
pub(super) fn zapped_pages_hold_the_baseline(kind: TrackerKind) {
    let mut guest = grown_guest(kind);
    let baseline = guest.bytes();
    for round in 0..30 {
        // Never written, written in this cycle, written in the last one, and a whole page table of them.
        guest.touch_all([1500, 1501, 1600 + round, TAIL.start + 5]);
        zap(&guest, PageRun { start: 1500, end: 1501 });
        zap(&guest, PageRun { start: 1600, end: 1600 + round });
        zap(&guest, PageRun { start: 512, end: 1024 });
        zap(&guest, PageRun { start: TAIL.start, end: TAIL.start + 10 });
        assert_eq!(guest.dirty(), BTreeSet::from([1501, 1600 + round]), "{kind}, round {round}");
        if round % 3 == 0 {
            guest.touch_all([700, TAIL.start + 5]);
            assert_eq!(guest.dirty(), BTreeSet::from([700, 1501, 1600 + round, TAIL.start + 5]));
        }
        guest.reset();
        assert_eq!(guest.dirty(), BTreeSet::new());
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    }
}

/// Stored pages that are zapped show the image again, written or not.
pub(super) fn zapped_pages_of_the_image_hold_it(kind: TrackerKind) {
    let mut guest = grown_guest(kind);
    let baseline = guest.bytes();
    for round in 0..30 {
        guest.touch_all([3, 4, GAP.end + 1]);
        zap(&guest, PageRun { start: 3, end: 4 });
        assert_eq!(guest.dirty(), BTreeSet::from([4, GAP.end + 1]), "round {round}");
        zap(&guest, PageRun { start: 0, end: TAIL.end });
        assert_eq!(guest.dirty(), BTreeSet::new(), "round {round}");
        guest.touch_all([5, 1500]);
        assert_eq!(guest.dirty(), BTreeSet::from([5, 1500]), "round {round}");
        guest.reset();
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    }
}

pub(super) fn writes_of_the_kernel_count(kind: TrackerKind) {
    let mut guest = grown_guest(kind);
    let mut file = tempfile::tempfile().expect("a temporary file can be created");
    file.write_all(&vec![0xA5; 2 * page_bytes()]).expect("a temporary file can be written");
    for round in 0..20 {
        for first in [GAP.start - 1, 1500 + round, GAP.end - 1, TAIL.start - 1, TAIL.end - 2] {
            read_into(&mut file, &mut guest, first);
            assert_eq!(guest.dirty(), BTreeSet::from([first, first + 1]), "round {round}");
            guest.reset();
            assert_eq!(guest.dirty(), BTreeSet::new(), "round {round}");
        }
    }
}

fn read_into(file: &mut File, guest: &mut Guest, first: usize) {
    file.seek(SeekFrom::Start(0)).expect("a temporary file can be read again");
    let target = std::ptr::with_exposed_provenance_mut(guest.address() + first * page_bytes());
    // SAFETY: two pages inside the guest's region, which is mapped and writable, and no reference points there.
    let count = unsafe { libc::read(std::os::fd::AsRawFd::as_raw_fd(file), target, 2 * page_bytes()) };
    assert_eq!(usize::try_from(count), Ok(2 * page_bytes()), "{}", std::io::Error::last_os_error());
}

/// What is written into a gap or into the tail belongs to the next snapshot, whether it is watched at that moment or not.
pub(super) fn snapshots_hold_what_was_written_there(kind: TrackerKind) {
    let mut guest = grown_guest(kind);
    for round in 0..12 {
        guest.touch_all([1, 1500 + round, TAIL.start + round * 7]);
        if round % 3 == 1 {
            guest.dirty();
        }
        let contents = guest.bytes();
        let snapshot = guest.snapshot();
        let mut stored = vec![0; snapshot.image().byte_length()];
        snapshot.image().read(0, &mut stored).expect("in range");
        assert_same_bytes(&stored, &contents, "the snapshot");
        assert_eq!(guest.dirty(), BTreeSet::new());
        for other in 0..4 {
            guest.touch_all([1500 + round, 1800 + other, TAIL.end - 1]);
            guest.reset();
        }
        assert_same_bytes(&guest.bytes(), &contents, "after resets to it");
    }
}

pub(super) fn discarded_pages(kind: TrackerKind) {
    let mut guest = grown_guest(kind);
    let baseline = guest.bytes();
    let discard = |guest: &mut Guest, start, end, contents| {
        let window = &mut guest.region.window().expect("alive");
        guest.view.discard(window, PageRun { start, end }, contents).expect("has a baseline");
    };
    for round in 0..20 {
        guest.touch_all([2, 1500, 1501, TAIL.start, TAIL.end - 1]);
        discard(&mut guest, 1500, 1501, Discarded::Baseline);
        discard(&mut guest, TAIL.end - 1, TAIL.end, Discarded::Zero);
        assert_eq!(guest.dirty(), BTreeSet::from([2, 1501, TAIL.start]), "round {round}");
        discard(&mut guest, GAP.start - 2, GAP.start + 2, Discarded::Zero);
        assert_eq!(guest.read((GAP.start - 1) * page_bytes(), 1), [0]);
        guest.touch_all([GAP.start + 1]);
        guest.reset();
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
        assert_eq!(guest.dirty(), BTreeSet::new(), "round {round}");
    }
}

/// Pages that were given back do not come again by being watched.
pub(super) fn trimmed_pages_stay_away(kind: TrackerKind) {
    let mut guest = grown_guest(kind);
    guest.touch_all((1000..1500).chain(TAIL.start..TAIL.end));
    guest.reset();
    guest.touch_all([1100, TAIL.start + 1]);
    let window = &mut guest.region.window().expect("alive");
    let trimmed = guest.view.trim(window, 0).expect("has a baseline");
    assert_eq!(trimmed.private, 2, "only what differs is left: {trimmed:?}");
    assert_eq!(guest.dirty(), BTreeSet::from([1100, TAIL.start + 1]));
    guest.touch_all([1101]);
    assert_eq!(guest.dirty(), BTreeSet::from([1100, 1101, TAIL.start + 1]));
    guest.reset();
    assert_eq!(guest.dirty(), BTreeSet::new());
    if kind != TrackerKind::Compare {
        let gap = resident_pages(guest.address() + 1000 * page_bytes(), 500);
        assert!(gap <= 3, "{gap} pages are there");
    }
}

/// Random cycles of every kind against a plain copy.
pub(super) fn random_cycles_against_an_oracle(kind: TrackerKind) {
    let mut guest = grown_guest(kind);
    let baseline = guest.bytes();
    let mut sequence = Sequence::new(77);
    for cycle in 0..150 {
        let mut pages = BTreeSet::new();
        let around = sequence.below(TAIL.end);
        for _ in 0..sequence.below(60) {
            let page = match sequence.below(4) {
                0 => sequence.below(TAIL.end),
                1 => INSIDE[sequence.below(INSIDE.len())],
                _ => (around + sequence.below(100)).min(TAIL.end - 1),
            };
            let offset = page * page_bytes() + sequence.below(page_bytes());
            let byte = baseline[offset] ^ sequence.nonzero_byte();
            guest.write(offset, &[byte]);
            pages.insert(page);
        }
        if sequence.below(4) == 0 {
            let start = sequence.below(TAIL.end - 700);
            let end = start + sequence.below(700);
            zap(&guest, PageRun { start, end });
            pages.retain(|page| *page < start || *page >= end);
        }
        if sequence.below(3) == 0 {
            let page = sequence.below(TAIL.end);
            guest.read(page * page_bytes(), 1);
        }
        assert_eq!(guest.dirty(), pages, "{kind}, cycle {cycle}");
        guest.reset();
        assert_eq!(guest.dirty(), BTreeSet::new(), "{kind}, cycle {cycle}");
    }
    assert_same_bytes(&guest.bytes(), &baseline, "after all cycles");
}

/// Drops the private pages of a run, as other code of the process may do.
fn zap(guest: &Guest, run: PageRun) {
    let address = std::ptr::with_exposed_provenance_mut(guest.address() + run.start * page_bytes());
    // SAFETY: the run lies inside the guest's region, into which no reference points; only its contents change.
    let advised = unsafe { libc::madvise(address, run.page_count() * page_bytes(), libc::MADV_DONTNEED) };
    assert_eq!(advised, 0, "{}", std::io::Error::last_os_error());
}
