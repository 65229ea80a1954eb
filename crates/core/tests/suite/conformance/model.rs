//! Everything that a view can do, in random order, beside a model that is a list of pages.

use std::collections::BTreeSet;
use std::sync::Arc;

use pagefold_core::{Discarded, ErrorKind, Limits, PageRun, Region, Snapshot, TrackerKind, Verify};

use super::mapping::{bytes_of, shared};
use crate::guest::{Guest, assert_same_bytes, page_bytes, scans_here};
use crate::sequence::Sequence;

const PAGES: usize = 40;
const PAGES_MAX: usize = 64;
const REGION_PAGES: usize = 12;
const STEPS: usize = 2000;

/// What a page of the guest is, in the model.
#[derive(Clone)]
enum Page {
    Own(Vec<u8>),
    /// A page of one of the regions.
    Mapped(usize, usize),
}

struct Model {
    pages: Vec<Page>,
    regions: Vec<Vec<u8>>,
    baseline: Option<(Arc<Snapshot>, Vec<u8>)>,
    /// Pages where other memory was mapped since the last reset.
    apart: BTreeSet<usize>,
    /// Pages that were written since the last answer that told of them.
    untold: BTreeSet<usize>,
}

impl Model {
    fn bytes(&self) -> Vec<u8> {
        self.pages.iter().map(|page| self.contents(page)).collect::<Vec<_>>().concat()
    }

    fn contents<'a>(&'a self, page: &'a Page) -> &'a [u8] {
        match page {
            Page::Own(bytes) => bytes,
            Page::Mapped(region, at) => &self.regions[*region][at * page_bytes()..(at + 1) * page_bytes()],
        }
    }

    fn baseline_page(&self, page: usize) -> Vec<u8> {
        let bytes = self.baseline.as_ref().map_or(&[][..], |(_, bytes)| bytes);
        let range = page * page_bytes()..(page + 1) * page_bytes();
        bytes.get(range).map_or_else(|| vec![0; page_bytes()], <[u8]>::to_vec)
    }

    /// Every page that differs from the baseline, and those that lie apart.
    fn dirty(&self) -> BTreeSet<usize> {
        let differs = |page: &usize| self.contents(&self.pages[*page]) != self.baseline_page(*page);
        (0..self.pages.len()).filter(differs).chain(self.apart.iter().copied()).collect()
    }

    fn put_back(&mut self) {
        self.pages = (0..self.pages.len()).map(|page| Page::Own(self.baseline_page(page))).collect();
        self.apart.clear();
        self.untold.clear();
    }

    fn write(&mut self, page: usize, offset: usize, byte: u8) {
        match &mut self.pages[page] {
            Page::Own(bytes) => bytes[offset] = byte,
            Page::Mapped(region, at) => self.regions[*region][*at * page_bytes() + offset] = byte,
        }
        self.untold.insert(page);
    }
}

pub(super) fn everything_in_random_order(kind: TrackerKind) {
    for seed in 0..4 {
        run(kind, seed);
    }
}

fn run(kind: TrackerKind, seed: u64) {
    let (page, tells) = (page_bytes(), scans_here());
    let mut sequence = Sequence::new(seed);
    let mut guest = Guest::growable(kind, PAGES, PAGES_MAX);
    let mut regions = [shared(REGION_PAGES, 1), shared(REGION_PAGES, 2)];
    let mut model = Model {
        pages: vec![Page::Own(vec![0; page]); PAGES],
        regions: regions.iter().map(bytes_of).collect(),
        baseline: None,
        apart: BTreeSet::new(),
        untold: BTreeSet::new(),
    };
    let mut snapshots: Vec<(Arc<Snapshot>, Vec<u8>)> = Vec::new();
    for step in 0..STEPS {
        let what = sequence.below(40);
        let pages = guest.page_count();
        let start = sequence.below(pages);
        let length = (1 + sequence.below(8)).min(pages - start);
        match what {
            0..12 => {
                let (offset, byte) = (sequence.below(page), sequence.nonzero_byte());
                guest.write(start * page + offset, &[byte]);
                model.write(start, offset, byte);
            }
            12..14 => {
                let (region, offset) = (sequence.below(2), sequence.below(REGION_PAGES * page));
                let byte = sequence.nonzero_byte();
                regions[region].write(offset, &[byte]).expect("in range");
                model.regions[region][offset] = byte;
            }
            14..18 => map(&mut guest, &mut model, &regions, start, length, &mut sequence),
            18..21 => {
                guest.discard(start, length).expect("there is room");
                for index in start..start + length {
                    model.pages[index] = Page::Own(vec![0; page]);
                    model.untold.insert(index);
                }
                if let Some((_, baseline)) = &model.baseline {
                    let range = (start * page).min(baseline.len())..((start + length) * page).min(baseline.len());
                    let zero = baseline[range.clone()] == vec![0; range.len()];
                    // Whether the pages are given back or replaced is the view's affair.
                    let others = model.apart.iter().any(|index| (start..start + length).contains(index));
                    if !zero || others {
                        model.apart.extend(start..start + length);
                    }
                }
            }
            21..23 => discard_to_baseline(&mut guest, &mut model, start, length),
            23..28 => reset(&mut guest, &mut model, &mut sequence),
            28..31 => check_dirty(&mut guest, &model, step),
            31..34 => take_dirty(&mut guest, &mut model, kind, step),
            34 => {
                let outcome = guest.view.trim(&mut guest.region.window().expect("alive"), sequence.below(PAGES));
                assert_eq!(outcome.is_ok(), model.baseline.is_some() && tells, "{outcome:?}");
            }
            35 => {
                let outcome = guest.view.prefault(&mut guest.region.window().expect("alive"));
                assert_eq!(outcome.is_ok(), model.baseline.is_some());
            }
            36 | 37 => {
                let snapshot = guest.snapshot();
                let bytes = model.bytes();
                snapshots.push((Arc::clone(&snapshot), bytes.clone()));
                model.baseline = Some((snapshot, bytes));
                model.put_back();
            }
            38 if !snapshots.is_empty() => {
                let (snapshot, bytes) = snapshots[sequence.below(snapshots.len())].clone();
                guest.restore(&snapshot);
                model.baseline = Some((snapshot, bytes));
                model.put_back();
            }
            _ if pages < PAGES_MAX && sequence.below(8) == 0 => {
                guest.region.grow((pages + 1 + sequence.below(PAGES_MAX - pages)) * page).expect("below the maximum");
                model.pages.resize(guest.page_count(), Page::Own(vec![0; page]));
            }
            _ => {}
        }
        let when = format!("{kind}, seed {seed}, step {step} of kind {what}");
        assert_same_bytes(&guest.bytes(), &model.bytes(), &when);
        for (region, expected) in regions.iter().zip(&model.regions) {
            assert_same_bytes(&bytes_of(region), expected, &when);
        }
    }
}

fn map(guest: &mut Guest, model: &mut Model, regions: &[Region], start: usize, length: usize, sequence: &mut Sequence) {
    let (region, first) = (sequence.below(regions.len()), sequence.below(REGION_PAGES - length + 1));
    guest.map(start, length, &regions[region], first).expect("there is room");
    for index in 0..length {
        model.pages[start + index] = Page::Mapped(region, first + index);
    }
    if model.baseline.is_some() {
        model.apart.extend(start..start + length);
    }
    model.untold.extend(start..start + length);
}

fn discard_to_baseline(guest: &mut Guest, model: &mut Model, start: usize, length: usize) {
    let run = PageRun { start, end: start + length };
    let outcome = guest.view.discard(&mut guest.region.window().expect("alive"), run, Discarded::Baseline);
    if model.baseline.is_none() {
        assert_eq!(outcome.expect_err("there is none").kind(), ErrorKind::NoBaseline);
        return;
    }
    outcome.expect("there is room");
    for index in start..start + length {
        model.pages[index] = Page::Own(model.baseline_page(index));
        model.apart.remove(&index);
        model.untold.remove(&index);
    }
}

fn reset(guest: &mut Guest, model: &mut Model, sequence: &mut Sequence) {
    let resident_pages = [usize::MAX, usize::MAX, 0, 5, 20][sequence.below(5)];
    let verify = [Verify::Never, Verify::Sample, Verify::Always][sequence.below(3)];
    guest.view.set_limits(Limits { resident_pages, verify });
    let outcome = guest.try_reset();
    if model.baseline.is_none() {
        assert_eq!(outcome.expect_err("there is none").kind(), ErrorKind::NoBaseline);
        return;
    }
    outcome.expect("has a baseline");
    model.put_back();
}

fn check_dirty(guest: &mut Guest, model: &Model, step: usize) {
    if model.baseline.is_some() {
        let dirty = guest.dirty();
        assert_eq!(dirty, model.dirty(), "step {step}");
    }
}

/// Tells at least of what was written since the last time, and of nothing that has not changed since the last reset.
fn take_dirty(guest: &mut Guest, model: &mut Model, kind: TrackerKind, step: usize) {
    let outcome = guest.view.take_dirty(&mut guest.region.window().expect("alive"));
    if model.baseline.is_none() {
        assert_eq!(outcome.expect_err("there is none").kind(), ErrorKind::NoBaseline);
        return;
    }
    let taken = outcome.expect("has a baseline");
    let pages: BTreeSet<usize> = taken.pages.pages().collect();
    let due: BTreeSet<usize> = model.dirty().intersection(&model.untold).copied().collect();
    assert!(pages.is_superset(&due), "step {step}: {pages:?} lacks some of {due:?}");
    assert_eq!(taken.lost.is_none(), kind == TrackerKind::UffdWp, "step {step}: {:?}", taken.lost);
    model.untold.clear();
}
