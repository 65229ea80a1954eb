//! A snapshot and several views of it, in random order, beside vectors of bytes. No view ever shows a byte of a version
//! that is not its own.

use std::sync::Arc;
use std::thread;

use pagefold_core::{Discarded, Limits, PageRun, Region, Snapshot, TrackerKind, Verify, Version};
use proptest::test_runner::Config;

use super::queue::{author, diff_of};
use super::{contents, growable, kinds, pages, showing};
use crate::guest::{Guest, assert_same_bytes, noise, page_bytes};
use crate::sequence::Sequence;

const VIEWS: usize = 3;
const PAGES: usize = 48;
const PAGES_MAX: usize = 64;
const STEPS: usize = 400;
/// Random orders with each tracker, unless `PROPTEST_CASES` asks for fewer cases than there are by default.
const ORDERS: u32 = 12;
const CASES_PER_ORDER: u32 = 16;

/// A view, and what it must show.
struct Viewed {
    guest: Guest,
    now: Vec<u8>,
    base: Arc<Version>,
    base_bytes: Vec<u8>,
    sequence: u64,
}

/// Bytes with their offsets, and the length of the memory.
type Waiting = (Vec<(usize, u8)>, usize);

struct Model {
    snapshot: Arc<Snapshot>,
    now: Vec<u8>,
    views: Vec<Viewed>,
    /// By origin.
    queued: Vec<Option<Waiting>>,
    /// Versions that somebody holds on to.
    held: Vec<(Arc<Version>, Vec<u8>)>,
}

impl Model {
    fn new(kind: TrackerKind, seed: u64) -> Self {
        let now = noise(pages(PAGES) - 100, seed);
        let snapshot = growable(&now, pages(PAGES_MAX));
        let views = (0..VIEWS).map(|_| {
            let guest = showing(kind, PAGES, &snapshot);
            let mut shown = now.clone();
            shown.resize(pages(PAGES), 0);
            Viewed { guest, now: shown, base: snapshot.current(), base_bytes: now.clone(), sequence: 0 }
        });
        Self { views: views.collect(), snapshot, now, queued: vec![None; VIEWS], held: Vec::new() }
    }

    fn step(&mut self, sequence: &mut Sequence) {
        let index = sequence.below(VIEWS);
        let length = self.now.len();
        match sequence.below(24) {
            0..8 => self.views[index].write(sequence),
            8 => self.write(sequence),
            9 => {
                let to = sequence.below(pages(PAGES_MAX)) + 1;
                if self.snapshot.truncate(to as u64).is_ok() {
                    assert!(self.queued.iter().all(Option::is_none));
                    self.now.resize(to, 0);
                }
            }
            10..15 => self.queue(index),
            15 | 16 => self.sync(),
            17..21 => self.reset(index, sequence),
            21 => {
                let view = &mut self.views[index];
                let more = pages(PAGES_MAX).min(view.now.len() + pages(sequence.below(4)));
                view.guest.region.grow(more).expect("below the maximum");
                view.now.resize(more, 0);
            }
            22 => self.held.push((self.snapshot.current(), self.now.clone())),
            _ => self.views[index].replace(sequence),
        }
        assert!(self.now.len() >= length.min(1));
    }

    fn write(&mut self, sequence: &mut Sequence) {
        let at = sequence.below(pages(PAGES_MAX) - 300);
        let zeros = sequence.below(3) == 0;
        let bytes = if zeros { vec![0; 300] } else { noise(300, at as u64) };
        if self.snapshot.write(&[(at as u64, &bytes)]).is_ok() {
            self.now.resize(self.now.len().max(at + 300), 0);
            self.now[at..at + 300].copy_from_slice(&bytes);
        }
    }

    fn queue(&mut self, index: usize) {
        let view = &mut self.views[index];
        if view.base.number() != self.snapshot.version() || view.now.len() < view.base_bytes.len() {
            return;
        }
        view.sequence += 1;
        let diff = diff_of(&mut view.guest, author(index as u64, view.sequence));
        let original = |at: usize| view.base_bytes.get(at).copied().unwrap_or(0);
        let changed: Vec<(usize, u8)> =
            view.now.iter().copied().enumerate().filter(|(at, byte)| original(*at) != *byte).collect();
        assert_eq!(diff.changed_byte_length(), changed.len() as u64, "exact entries");
        self.snapshot.queue(diff).expect("it was made against the current version");
        self.queued[index] = Some((changed, view.now.len()));
    }

    fn sync(&mut self) {
        let diffs = self.queued.iter().flatten().count();
        assert_eq!(self.snapshot.sync().expect("overwriting never conflicts").diffs, diffs);
        for (changed, length) in self.queued.iter_mut().filter_map(Option::take) {
            self.now.resize(self.now.len().max(length), 0);
            changed.iter().for_each(|(at, byte)| self.now[*at] = *byte);
        }
    }

    fn reset(&mut self, index: usize, sequence: &mut Sequence) {
        let view = &mut self.views[index];
        let resident_pages = [usize::MAX, usize::MAX, 3][sequence.below(3)];
        let verify = [Verify::Never, Verify::Always][sequence.below(2)];
        view.guest.view.set_limits(Limits { resident_pages, verify });
        if view.now.len() < self.now.len() && view.guest.view.is_stale() {
            view.guest.try_reset().expect_err("the snapshot has grown beyond the view");
            return;
        }
        view.guest.reset();
        if view.base.number() != self.snapshot.version() {
            (view.base, view.base_bytes) = (self.snapshot.current(), self.now.clone());
        }
        let length = view.now.len();
        view.now.clone_from(&view.base_bytes);
        view.now.resize(length, 0);
    }

    fn check(&mut self, when: &str) {
        assert_same_bytes(&contents(&self.snapshot), &self.now, when);
        for (index, view) in self.views.iter_mut().enumerate() {
            assert_same_bytes(&view.guest.bytes(), &view.now, &format!("{when}, view {index}"));
        }
        for (version, bytes) in &self.held {
            assert_same_bytes(&version.image().to_vec(), bytes, &format!("{when}, version {}", version.number()));
        }
    }
}

impl Viewed {
    fn write(&mut self, sequence: &mut Sequence) {
        let (at, byte) = (sequence.below(self.now.len()), sequence.nonzero_byte());
        let length = (sequence.below(3) * page_bytes() + 5).min(self.now.len() - at);
        let bytes = vec![byte; length];
        self.guest.write(at, &bytes);
        self.now[at..at + length].fill(byte);
    }

    /// Puts other memory in place of a page or two.
    fn replace(&mut self, sequence: &mut Sequence) {
        let count = self.guest.page_count();
        let run = {
            let start = sequence.below(count - 1);
            PageRun { start, end: start + 2 }
        };
        let bytes = run.start * page_bytes()..run.end * page_bytes();
        let window = &mut self.guest.region.window().expect("alive");
        if sequence.below(2) == 0 {
            let mut region = Region::allocate_mappable(pages(2), pages(2)).expect("there is room");
            region.write(0, &noise(pages(2), 5)).expect("in range");
            self.guest.view.map(window, run, &region, 0).expect("there is room");
            self.now[bytes].copy_from_slice(&noise(pages(2), 5));
        } else {
            self.guest.view.discard(window, run, Discarded::Zero).expect("there is room");
            self.now[bytes].fill(0);
        }
    }
}

#[test]
fn everything_in_random_order() {
    let orders = (Config::default().cases / CASES_PER_ORDER).clamp(1, ORDERS);
    // Side by side: it takes longer than any other test.
    thread::scope(|scope| {
        for kind in kinds() {
            scope.spawn(move || (0..orders).for_each(|seed| one_order(kind, seed.into())));
        }
    });
}

fn one_order(kind: TrackerKind, seed: u64) {
    let mut sequence = Sequence::new(seed);
    let mut model = Model::new(kind, seed);
    for step in 0..STEPS {
        model.step(&mut sequence);
        model.check(&format!("{kind}, seed {seed}, step {step}"));
    }
}
