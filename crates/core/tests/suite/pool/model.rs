//! A pool against a list of what was acquired and not released, in a long random order.

use std::sync::Arc;

use pagefold_core::{
    ErrorKind, Image, Lease, MergeRules, Operation, Pool, PoolOptions, Snapshot, TrackerChoice, TrackerKind,
};

use super::slots::{assert_adds_up, options, trackers};
use crate::guest::{assert_same_bytes, noise, page_bytes};
use crate::sequence::Sequence;

const PAGES: usize = 3;
const SLOTS_MAX: usize = 8;
const STEPS: usize = 100_000;

/// What the pool must look like from outside.
struct Model {
    pool: Pool,
    snapshot: Arc<Snapshot>,
    slots: usize,
    held: Vec<Held>,
    /// Leases that have ended.
    ended: Vec<Lease>,
    sequence: Sequence,
    acquired: u64,
    /// Whether the snapshot is longer than a slot.
    too_large: bool,
}

/// A lease that is good, and what its slot holds; `None` while it was never looked at.
struct Held {
    lease: Lease,
    bytes: Option<Vec<u8>>,
}

impl Model {
    fn new(options: PoolOptions, seed: u64) -> Self {
        let rules = MergeRules::new((2 * PAGES * page_bytes()) as u64, Operation::Overwrite).expect("legal");
        let image = Image::from_bytes(&noise(PAGES * page_bytes(), seed)).expect("there is room");
        let snapshot = Arc::new(Snapshot::with_rules(image, rules).expect("it is no longer"));
        let slots = options.slots;
        let pool = Pool::new(options, Some(Arc::clone(&snapshot))).expect("there is room");
        let sequence = Sequence::new(seed);
        Self { pool, snapshot, slots, held: Vec::new(), ended: Vec::new(), sequence, acquired: 0, too_large: false }
    }

    fn step(&mut self) {
        match self.sequence.below(100) {
            0..=29 => self.acquire(),
            30..=44 => self.work(),
            45..=69 => self.release(),
            70..=79 => self.clean(),
            80..=89 => self.forge(),
            90..=92 => self.resize(),
            93..=94 => self.trim(),
            95 => drop(self.pool.prepare()),
            96 => self.go_on(),
            97 => self.outgrow(),
            _ => self.change_baseline(),
        }
        let stats = self.pool.stats();
        assert_adds_up(&stats, "after each step");
        assert_eq!((stats.slots, stats.in_use, stats.taken), (self.slots, self.held.len(), 0), "{stats:?}");
        assert_eq!(
            (stats.acquired, stats.retiring == 0),
            (self.acquired, stats.unmapped + stats.clean + stats.unknown + stats.in_use == self.slots),
            "{stats:?}"
        );
    }

    fn acquire(&mut self) {
        let affinity = self.sequence.number() % 3;
        let lease = match self.pool.try_acquire(affinity) {
            Ok(Some(lease)) => lease,
            Ok(None) => return assert!(self.held.len() >= self.slots, "a slot is free: {:?}", self.pool.stats()),
            Err(error) => {
                assert_eq!((error.kind(), self.too_large), (ErrorKind::SnapshotTooLarge, true), "{error}");
                return assert!(self.held.len() < self.slots, "{:?}", self.pool.stats());
            }
        };
        assert!(!self.too_large && self.held.len() < self.slots, "{:?}", self.pool.stats());
        assert!(self.held.iter().all(|held| held.lease.slot() != lease.slot()), "a slot is given to two");
        assert!(!self.ended.contains(&lease), "a lease comes again");
        self.acquired += 1;
        let looked_at = self.sequence.below(4) > 0;
        let bytes = looked_at.then(|| {
            let bytes = read(&self.pool, lease);
            let mut expected = self.snapshot.image().to_vec();
            expected.resize(PAGES * page_bytes(), 0);
            assert_same_bytes(&bytes, &expected, "when it was handed out");
            bytes
        });
        self.held.push(Held { lease, bytes });
    }

    fn work(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let index = self.sequence.below(self.held.len());
        let byte_offset = self.sequence.below(PAGES * page_bytes() - 8);
        let written = self.sequence.number().to_le_bytes();
        let held = &mut self.held[index];
        let bytes = held.bytes.get_or_insert_with(|| read(&self.pool, held.lease));
        self.pool.with(held.lease, |_, window| window.write(byte_offset, &written)).expect("the lease is good");
        bytes[byte_offset..byte_offset + 8].copy_from_slice(&written);
        assert_same_bytes(&read(&self.pool, held.lease), bytes, "while it is leased");
    }

    fn release(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let index = self.sequence.below(self.held.len());
        let Held { lease, bytes } = self.held.swap_remove(index);
        if let Some(bytes) = &bytes {
            assert_same_bytes(&read(&self.pool, lease), bytes, "until it is released");
        }
        if self.sequence.below(2) == 0 {
            self.pool.release(lease).expect("the lease is good");
        } else if let Err(error) = self.pool.release_clean(lease) {
            assert_eq!((error.kind(), self.too_large), (ErrorKind::SnapshotTooLarge, true), "{error}");
        }
        self.ended.push(lease);
        if self.ended.len() > 200 {
            self.ended.remove(0);
        }
    }

    fn clean(&mut self) {
        if let Err(error) = self.pool.clean_next() {
            assert_eq!((error.kind(), self.too_large), (ErrorKind::SnapshotTooLarge, true), "{error}");
        }
    }

    fn forge(&mut self) {
        let lease = match self.sequence.below(3) {
            0 if !self.ended.is_empty() => self.ended[self.sequence.below(self.ended.len())],
            1 => Lease::from_word((self.sequence.below(2 * SLOTS_MAX) as u64) << 32 | self.sequence.number() >> 40),
            _ => Lease::from_word(self.sequence.number()),
        };
        if self.held.iter().any(|held| held.lease == lease) {
            return;
        }
        let outcomes = [
            self.pool.release(lease).map(drop),
            self.pool.release_clean(lease).map(drop),
            self.pool.mark_used(lease).map(drop),
            self.pool.with(lease, |_, _| Ok(())),
        ];
        for outcome in outcomes {
            assert_eq!(outcome.expect_err("nobody has that lease").kind(), ErrorKind::LeaseLost);
        }
    }

    fn resize(&mut self) {
        let slots = self.sequence.below(SLOTS_MAX + 2);
        let resized = self.pool.resize(slots);
        if (1..=SLOTS_MAX).contains(&slots) {
            resized.expect("there is room");
            self.slots = slots;
        } else {
            assert_eq!(resized.expect_err("there is no such size").kind(), ErrorKind::OutOfRange);
        }
    }

    fn trim(&mut self) {
        let keep = self.sequence.below(2 * PAGES);
        self.pool.trim(keep).expect("the kernel has room");
    }

    /// The next version of the snapshot.
    fn go_on(&mut self) {
        let byte_offset = self.sequence.below(PAGES * page_bytes() - 8) as u64;
        self.snapshot.write(&[(byte_offset, &self.sequence.number().to_le_bytes())]).expect("there is room");
    }

    /// A snapshot that fits no slot any more, or fits again.
    fn outgrow(&mut self) {
        let end = (PAGES * page_bytes()) as u64;
        if self.too_large {
            self.snapshot.truncate(end).expect("it can shrink");
        } else {
            self.snapshot.write(&[(end, &[1])]).expect("it can grow");
        }
        self.too_large = !self.too_large;
    }

    fn change_baseline(&mut self) {
        if self.held.is_empty() {
            return;
        }
        let index = self.sequence.below(self.held.len());
        let held = &mut self.held[index];
        held.bytes.get_or_insert_with(|| read(&self.pool, held.lease));
        self.pool.with(held.lease, |view, window| view.snapshot(window)).expect("there is room");
    }
}

fn read(pool: &Pool, lease: Lease) -> Vec<u8> {
    super::slots::bytes(pool, lease)
}

fn run(kind: TrackerKind, steps: usize, idle_pages: usize) {
    let mut options = options(kind, PAGES, SLOTS_MAX / 2);
    options.tracker = TrackerChoice::Named(kind);
    options.idle_pages = idle_pages;
    let mut model = Model::new(options, 7 + idle_pages as u64 % 100);
    for _ in 0..steps {
        model.step();
    }
    let stats = model.pool.stats();
    assert!(stats.acquired > steps as u64 / 20, "{stats:?}");
    assert!(
        [stats.affinity_hits, stats.unused, stats.mapped, stats.cleaned, stats.remapped, stats.failed]
            .iter()
            .all(|count| *count > 100),
        "{stats:?}"
    );
}

#[test]
fn a_hundred_thousand_steps() {
    let kind = trackers().next().expect("one works everywhere");
    run(kind, STEPS, usize::MAX);
}

#[test]
fn within_a_budget() {
    let kind = trackers().next().expect("one works everywhere");
    run(kind, STEPS / 5, 4);
}

#[test]
fn with_the_other_trackers() {
    trackers().skip(1).for_each(|kind| run(kind, STEPS / 10, usize::MAX));
}
