//! Everything that can be done to one memory, in random order, against an oracle that is a plain vector of bytes.
//!
//! 10,000 sequences in each run, of another seed each time; `PROPTEST_CASES` changes the number. A failing sequence is
//! made shorter before it is reported.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::sync::Arc;

use pagefold_core::{Discarded, Limits, PageRun, Snapshot, TrackerChoice, TrackerKind, Verify, View};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::guest::{Guest, assert_same_bytes, page_bytes, works_here};

const PAGES: usize = 6;
const PAGES_MAX: usize = 16;
const SEQUENCES: u32 = 10_000;

#[derive(Debug, Clone)]
enum Step {
    /// Writes one byte into so many pages from here on.
    Store {
        page: usize,
        pages: usize,
        byte: u8,
    },
    Reset,
    Dirty,
    TakeDirty,
    Grow {
        pages: usize,
    },
    Discard {
        page: usize,
        pages: usize,
        contents: Discarded,
    },
    Snapshot,
    /// Another snapshot, or the oldest of all.
    Restore {
        which: usize,
    },
    Trim {
        keep: usize,
    },
    Prefault,
    Limit {
        resident_pages: usize,
        verify: Verify,
    },
    /// A new view, with another tracker, of the memory as it is.
    Track {
        kind: TrackerKind,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let page = 0..PAGES_MAX;
    let pages = 1_usize..5;
    let kind = proptest::sample::select(TrackerKind::ALL.to_vec());
    prop_oneof![
        8 => (page.clone(), pages.clone(), any::<u8>()).prop_map(|(page, pages, byte)| Step::Store { page, pages, byte }),
        6 => Just(Step::Reset),
        2 => Just(Step::Dirty),
        2 => Just(Step::TakeDirty),
        1 => (PAGES..=PAGES_MAX).prop_map(|pages| Step::Grow { pages }),
        1 => (page.clone(), pages.clone()).prop_map(|(page, pages)| Step::Discard { page, pages, contents: Discarded::Zero }),
        1 => (page, pages).prop_map(|(page, pages)| Step::Discard { page, pages, contents: Discarded::Baseline }),
        1 => Just(Step::Snapshot),
        1 => (0_usize..3).prop_map(|which| Step::Restore { which }),
        1 => (0_usize..6).prop_map(|keep| Step::Trim { keep }),
        1 => Just(Step::Prefault),
        1 => (proptest::sample::select(vec![0, 1, 3, usize::MAX]), proptest::sample::select(vec![
            Verify::Never, Verify::Sample, Verify::Always,
        ])).prop_map(|(resident_pages, verify)| Step::Limit { resident_pages, verify }),
        1 => kind.prop_map(|kind| Step::Track { kind }),
    ]
}

/// The memory as it should be.
struct Oracle {
    now: Vec<u8>,
    baseline: Vec<u8>,
    /// What the memory held when its dirty pages were last taken, or when it was last put back.
    marked: Vec<u8>,
    /// Pages that were discarded to zeros since then and may be reported though they hold the baseline.
    apart: BTreeSet<usize>,
}

impl Oracle {
    fn differing(&self, from: &[u8]) -> BTreeSet<usize> {
        let page = page_bytes();
        let pairs = self.now.chunks(page).zip(from.chunks(page));
        pairs.enumerate().filter(|(_, (now, before))| now != before).map(|(index, _)| index).collect()
    }

    fn set_baseline(&mut self, baseline: Vec<u8>) {
        self.now.clone_from(&baseline);
        self.marked.clone_from(&baseline);
        self.baseline = baseline;
        self.apart.clear();
    }

    /// The part of a run that exists; `None` if nothing of it does.
    fn clipped(&self, page: usize, pages: usize) -> Option<PageRun> {
        let end = (page + pages).min(self.now.len() / page_bytes());
        (page < end).then_some(PageRun { start: page, end })
    }
}

struct Model {
    guest: Guest,
    kind: TrackerKind,
    oracle: Oracle,
    snapshots: Vec<(Arc<Snapshot>, Vec<u8>)>,
    limits: Limits,
}

impl Model {
    fn new(kind: TrackerKind) -> Self {
        let mut guest = Guest::growable(kind, PAGES, PAGES_MAX);
        guest.write(page_bytes(), &vec![7; page_bytes() * 3]);
        let baseline = guest.bytes();
        let snapshot = guest.snapshot();
        let oracle = Oracle {
            now: baseline.clone(),
            baseline: baseline.clone(),
            marked: baseline.clone(),
            apart: BTreeSet::new(),
        };
        Self { guest, kind, oracle, snapshots: vec![(snapshot, baseline)], limits: Limits::default() }
    }

    fn apply(&mut self, step: &Step) {
        let page_bytes = page_bytes();
        let Self { guest, oracle, .. } = self;
        match *step {
            Step::Store { page, pages, byte } => {
                let Some(run) = oracle.clipped(page, pages) else { return };
                for page in run.start..run.end {
                    let offset = page * page_bytes + page * 37 % page_bytes;
                    oracle.now[offset] = byte;
                    guest.write(offset, &[byte]);
                }
            }
            Step::Reset => {
                guest.reset();
                oracle.set_baseline(oracle.baseline.clone());
            }
            Step::Dirty => {
                let (found, differing) = (guest.dirty(), oracle.differing(&oracle.baseline));
                assert!(found.is_superset(&differing), "{found:?} lacks some of {differing:?}");
                let allowed = &differing | &oracle.apart;
                assert!(found.is_subset(&allowed), "{found:?} has more than {allowed:?}");
            }
            Step::TakeDirty => {
                let window = &mut guest.region.window().expect("alive");
                let found =
                    guest.view.take_dirty(window).expect("has a baseline").pages.pages().collect::<BTreeSet<_>>();
                let changed = oracle.differing(&oracle.marked);
                assert!(found.is_superset(&changed), "{found:?} lacks some of {changed:?}");
                oracle.marked.clone_from(&oracle.now);
            }
            Step::Grow { pages } => {
                if pages * page_bytes > oracle.now.len() {
                    guest.region.grow(pages * page_bytes).expect("below the maximum");
                    for bytes in [&mut oracle.now, &mut oracle.baseline, &mut oracle.marked] {
                        bytes.resize(pages * page_bytes, 0);
                    }
                }
            }
            Step::Discard { page, pages, contents } => {
                let Some(run) = oracle.clipped(page, pages) else { return };
                let window = &mut guest.region.window().expect("alive");
                guest.view.discard(window, run, contents).expect("has a baseline");
                let bytes = run.start * page_bytes..run.end * page_bytes;
                match contents {
                    Discarded::Zero => {
                        oracle.now[bytes].fill(0);
                        oracle.apart.extend(run.start..run.end);
                    }
                    Discarded::Baseline => {
                        let (now, baseline) = (&mut oracle.now[bytes.clone()], &oracle.baseline[bytes]);
                        now.copy_from_slice(baseline);
                        oracle.apart.retain(|page| !(run.start..run.end).contains(page));
                    }
                }
            }
            Step::Snapshot => {
                let snapshot = guest.snapshot();
                self.snapshots.push((snapshot, oracle.now.clone()));
                oracle.set_baseline(oracle.now.clone());
            }
            Step::Restore { which } => {
                let (snapshot, contents) = &self.snapshots[which.min(self.snapshots.len() - 1)];
                guest.restore(snapshot);
                let mut baseline = contents.clone();
                baseline.resize(oracle.now.len(), 0);
                oracle.set_baseline(baseline);
            }
            Step::Trim { keep } => {
                let window = &mut guest.region.window().expect("alive");
                guest.view.trim(window, keep).expect("has a baseline");
            }
            Step::Prefault => {
                let window = &mut guest.region.window().expect("alive");
                guest.view.prefault(window).expect("there is memory");
            }
            Step::Limit { resident_pages, verify } => {
                self.limits = Limits { resident_pages, verify };
                guest.view.set_limits(self.limits);
            }
            Step::Track { kind } => {
                if works_here(kind) {
                    self.kind = kind;
                    self.track();
                }
            }
        }
    }

    /// A new view, whose baseline is the memory as it is.
    fn track(&mut self) {
        let Self { guest, oracle, .. } = self;
        let window = &mut guest.region.window().expect("alive");
        let max = PAGES_MAX * page_bytes();
        let view = View::new(window, max, TrackerChoice::Named(self.kind), &[]).expect("it works here");
        std::mem::replace(&mut guest.view, view).release(window);
        guest.view.set_limits(self.limits);
        let snapshot = guest.view.snapshot(window).expect("there is room");
        self.snapshots.push((snapshot, oracle.now.clone()));
        oracle.set_baseline(oracle.now.clone());
    }
}

#[test]
fn random_sequences_against_a_plain_vector() {
    let kinds: Vec<TrackerKind> = TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)).collect();
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(SEQUENCES);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let sequences = (proptest::sample::select(kinds), proptest::collection::vec(step(), 1..40));
    let steps_made = Cell::new(0_usize);
    let outcome = TestRunner::new(config).run(&sequences, |(kind, steps)| {
        let mut model = Model::new(kind);
        for step in &steps {
            model.apply(step);
            assert_same_bytes(&model.guest.bytes(), &model.oracle.now, &format!("after {step:?}"));
        }
        steps_made.set(steps_made.get() + steps.len());
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    assert!(steps_made.get() > usize::try_from(cases).expect("a small number") * 5, "{steps_made:?} steps are too few");
}
