//! Long runs of random cycles against an oracle that is a plain copy of the memory.
#![expect(unsafe_code, reason = "two windows over disjoint halves of one region")]

use std::collections::BTreeSet;

use pagefold_core::{TrackerChoice, TrackerKind, View, Window};

use crate::guest::{Guest, assert_same_bytes, page_bytes};
use crate::sequence::Sequence;

/// The memory as it should be, and the pages that differ from the baseline, found by comparing every byte.
struct Oracle {
    baseline: Vec<u8>,
    now: Vec<u8>,
}

impl Oracle {
    fn new(baseline: Vec<u8>) -> Self {
        Self { now: baseline.clone(), baseline }
    }

    /// Writes a byte that differs from the baseline's.
    fn change(&mut self, guest: &mut Guest, offset: usize, sequence: &mut Sequence) {
        self.now[offset] = self.baseline[offset] ^ sequence.nonzero_byte();
        guest.write(offset, &[self.now[offset]]);
    }

    fn dirty(&self) -> BTreeSet<usize> {
        let page = page_bytes();
        let pairs = self.now.chunks(page).zip(self.baseline.chunks(page));
        pairs.enumerate().filter(|(_, (now, before))| now != before).map(|(index, _)| index).collect()
    }

    fn reset(&mut self) {
        self.now.copy_from_slice(&self.baseline);
    }
}

/// A guest of `pages` pages of which every fourth is zero.
fn guest_with_holes(kind: TrackerKind, pages: usize) -> (Guest, Oracle) {
    let mut guest = Guest::new(kind, pages);
    guest.fill(6);
    for index in (0..pages).step_by(4) {
        guest.write(index * page_bytes(), &vec![0; page_bytes()]);
    }
    guest.snapshot();
    let oracle = Oracle::new(guest.bytes());
    (guest, oracle)
}

pub(super) fn two_hundred_cycles_against_an_oracle(kind: TrackerKind) {
    let (mut guest, mut oracle) = guest_with_holes(kind, 64);
    let mut sequence = Sequence::new(42);
    for cycle in 0..200 {
        for _ in 0..sequence.below(60) {
            let offset = sequence.below(oracle.now.len());
            oracle.change(&mut guest, offset, &mut sequence);
            if sequence.below(16) == 0 {
                assert_eq!(guest.dirty(), oracle.dirty(), "inside cycle {cycle}");
            }
        }
        assert_eq!(guest.dirty(), oracle.dirty(), "cycle {cycle}");
        assert_same_bytes(&guest.bytes(), &oracle.now, "before reset");
        guest.reset();
        oracle.reset();
        assert_same_bytes(&guest.bytes(), &oracle.now, "after reset");
        assert_eq!(guest.dirty(), BTreeSet::new(), "after reset of cycle {cycle}");
    }
}

/// Quiet, working-set, random and burst cycles in random order, so that the hot set grows, shrinks and is watched
/// again at every length.
pub(super) fn a_thousand_cycles_of_every_kind(kind: TrackerKind) {
    let (mut guest, mut oracle) = guest_with_holes(kind, 96);
    let pages = guest.page_count();
    let mut sequence = Sequence::new(7);
    for cycle in 0..1000 {
        let working_set = cycle / 100;
        let touched: Vec<usize> = match sequence.below(8) {
            0 => Vec::new(),
            1 => (0..pages).collect(),
            2 => (0..sequence.below(pages)).map(|_| sequence.below(pages)).collect(),
            3 => vec![sequence.below(pages)],
            _ => (working_set..working_set + 12).collect(),
        };
        for index in touched {
            let offset = index * page_bytes() + sequence.below(page_bytes());
            oracle.change(&mut guest, offset, &mut sequence);
        }
        if cycle % 10 == 0 {
            assert_eq!(guest.dirty(), oracle.dirty(), "cycle {cycle}");
        }
        guest.reset();
        oracle.reset();
        assert_same_bytes(&guest.bytes(), &oracle.now, "after reset");
    }
    assert_eq!(guest.dirty(), BTreeSet::new());
}

/// What was written once stops being restored after a while, and a page that left the hot set is noticed again.
pub(super) fn a_shrinking_working_set(kind: TrackerKind) {
    let mut guest = Guest::filled(kind, 256);
    let baseline = guest.bytes();
    guest.touch_all(0..256);
    guest.reset();
    let mut restored_last = usize::MAX;
    for _ in 0..1000 {
        guest.touch_all([4, 200]);
        restored_last = guest.reset().pages_restored;
    }
    assert_eq!(restored_last, 2, "only what is still written is still restored");
    for page in 0..256 {
        guest.touch(page);
        assert_eq!(guest.dirty(), BTreeSet::from([page]));
        guest.reset();
    }
    assert_same_bytes(&guest.bytes(), &baseline, "after reset");
}

pub(super) fn disjoint_views_of_one_memory(kind: TrackerKind) {
    let half = 32 * page_bytes();
    let mut whole = Guest::new(kind, 64);
    whole.fill(12);
    let baseline = whole.bytes();
    let start = whole.address();
    // The whole's own view tracks nothing any more.
    let Guest { region, view } = whole;
    drop(view);
    let window = |part: usize| {
        // SAFETY: the region is mapped until the end of the test, nobody else touches it, no reference points into it,
        // and its owner, this test, accepts other private pages there.
        unsafe { Window::adopt(start + part * half, half) }.expect("whole pages")
    };
    let mut views: Vec<View> = (0..2)
        .map(|part| View::new(&window(part), half, TrackerChoice::Named(kind), &[]).expect("the halves are disjoint"))
        .collect();
    for (part, view) in views.iter_mut().enumerate() {
        view.snapshot(&mut window(part)).expect("there is room");
    }
    let mut sequence = Sequence::new(3);
    for _ in 0..100 {
        let (part, page) = (sequence.below(2), sequence.below(32));
        let offset = page * page_bytes();
        window(part).write(offset, &[!baseline[part * half + offset]]).expect("in range");
        let dirty = views[part].dirty(&mut window(part)).expect("has a baseline");
        assert!(dirty.lost.is_none() && dirty.pages.pages().eq([page]), "{dirty:?}");
        let other = views[1 - part].dirty(&mut window(1 - part)).expect("has a baseline");
        assert!(other.lost.is_none() && other.pages.is_empty(), "{other:?}");
        views[part].reset(&mut window(part)).expect("has a baseline");
    }
    for part in 0..2 {
        let mut seen = vec![0; half];
        window(part).read(0, &mut seen).expect("in range");
        assert_same_bytes(&seen, &baseline[part * half..(part + 1) * half], "at the end");
    }
    drop(views);
    drop(region);
}
