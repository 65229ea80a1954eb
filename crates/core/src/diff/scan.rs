//! Finds the changed elements in a part of a memory.

use std::ops::Range;

use crate::rules::Coverage;

use super::block::{
    BLOCK, Block, changed, differing_blocks, end_of_difference, every_element_differs, first_bytes_differ,
};
use super::runs::{Run, Runs};

/// A run is handed on in parts of about this many bytes, so that they are copied while they are in the nearest cache.
const PART: usize = 4096;

/// Bytes that are loaded together, and skipped together when they are equal.
const STEP: usize = 4096;

/// Bytes that are added to a run together when all of them belong to it.
const GROUP: usize = 8 * BLOCK;

/// Adds to `runs` what changed between two parts of one stretch: whole elements, equally many on both sides.
pub(super) fn scan(runs: &mut Runs<'_>, stretch: &Coverage, byte_offset: u64, base: &[u8], updated: &[u8]) {
    debug_assert_eq!(base.len(), updated.len());
    let gap = usize::try_from(runs.gap()).unwrap_or(usize::MAX);
    let scan = Scan { runs, stretch, byte_offset, base, updated, gap, open: 0..0, is_open: false, is_exact: true };
    match stretch.element.byte_width() {
        2 => scan.run::<2>(),
        4 => scan.run::<4>(),
        8 => scan.run::<8>(),
        _ => scan.run::<1>(),
    }
}

struct Scan<'a, 'r, 'c> {
    runs: &'r mut Runs<'c>,
    stretch: &'a Coverage,
    byte_offset: u64,
    base: &'a [u8],
    updated: &'a [u8],
    gap: usize,
    /// What of the last run is not handed on yet; the run ends where this ends, and more may be joined to it.
    open: Range<usize>,
    is_open: bool,
    is_exact: bool,
}

impl Scan<'_, '_, '_> {
    fn run<const W: usize>(mut self) {
        let (base_steps, base_rest) = self.base.as_chunks::<STEP>();
        let (updated_steps, updated_rest) = self.updated.as_chunks::<STEP>();
        let mut at = 0;
        for (base, updated) in base_steps.iter().zip(updated_steps) {
            self.step::<W>(at, base, updated);
            at += STEP;
        }
        self.rest::<W>(at, base_rest, updated_rest);
        self.hand_on();
    }

    fn step<const W: usize>(&mut self, at: usize, base: &[u8; STEP], updated: &[u8; STEP]) {
        if !first_bytes_differ(base, updated) && base == updated {
            return;
        }
        let groups = base.as_chunks::<GROUP>().0.iter().zip(updated.as_chunks::<GROUP>().0);
        for (at, (base, updated)) in (at..).step_by(GROUP).zip(groups) {
            if !self.continues::<W>(at, base, updated) && base != updated {
                self.group::<W>(at, base, updated);
            }
        }
    }

    /// Adds a group that belongs to the open run as a whole, if it does.
    fn continues<const W: usize>(&mut self, at: usize, base: &[u8; GROUP], updated: &[u8; GROUP]) -> bool {
        if self.bridges_words::<W>(at) && every_element_differs::<4, GROUP>(base, updated) {
            self.open.end = at + end_of_difference(base, updated);
            self.hand_on_part();
            return true;
        }
        let all = self.is_open && self.open.end == at && every_element_differs::<W, GROUP>(base, updated);
        if all {
            self.add(at..at + GROUP);
        }
        all
    }

    fn group<const W: usize>(&mut self, at: usize, base: &[u8; GROUP], updated: &[u8; GROUP]) {
        let (base, updated) = (base.as_chunks::<BLOCK>().0, updated.as_chunks::<BLOCK>().0);
        let mut differing = differing_blocks(base, updated);
        while differing != 0 {
            let index = differing.trailing_zeros() as usize;
            differing &= differing - 1;
            self.block::<W>(at + index * BLOCK, &base[index], &updated[index]);
        }
    }

    /// What is shorter than a step.
    fn rest<const W: usize>(&mut self, mut at: usize, base: &[u8], updated: &[u8]) {
        let (base_blocks, base_rest) = base.as_chunks::<BLOCK>();
        let (updated_blocks, updated_rest) = updated.as_chunks::<BLOCK>();
        for (base, updated) in base_blocks.iter().zip(updated_blocks) {
            if base != updated {
                self.block::<W>(at, base, updated);
            }
            at += BLOCK;
        }
        if base_rest != updated_rest {
            let (mut base, mut updated) = ([0; BLOCK], [0; BLOCK]);
            base[..base_rest.len()].copy_from_slice(base_rest);
            updated[..updated_rest.len()].copy_from_slice(updated_rest);
            self.block::<W>(at, &base, &updated);
        }
    }

    /// Adds what changed in a block that differs.
    fn block<const W: usize>(&mut self, at: usize, base: &Block, updated: &Block) {
        if self.bridges_words::<W>(at) && every_element_differs::<4, BLOCK>(base, updated) {
            self.open.end = at + end_of_difference(base, updated);
            self.hand_on_part();
        } else if every_element_differs::<W, BLOCK>(base, updated) {
            self.add(at..at + BLOCK);
        } else {
            self.add_each(at, changed::<W>(base, updated));
        }
    }

    /// Whether a block of single bytes belongs to the open run as a whole as soon as each of its words of four bytes has
    /// a change: then no more than six bytes lie between two changes. Only in runs that are not exact anyway, so that
    /// nobody needs to know whether there is one at all.
    fn bridges_words<const W: usize>(&self, at: usize) -> bool {
        W == 1 && self.is_open && !self.is_exact && self.gap >= 6 && at + 3 - self.open.end <= self.gap
    }

    /// Adds what a mask of changed bytes says.
    fn add_each(&mut self, at: usize, mut mask: u64) {
        let mut next = at;
        while mask != 0 {
            let skipped = mask.trailing_zeros();
            let length = (mask >> skipped).trailing_ones();
            let start = next + skipped as usize;
            next = start + length as usize;
            self.add(start..next);
            // In two steps, because all 64 bits may go.
            mask = mask >> skipped >> (length - 1) >> 1;
        }
    }

    /// Adds changed elements behind all others.
    fn add(&mut self, changed: Range<usize>) {
        if self.is_open && changed.start - self.open.end <= self.gap {
            self.is_exact &= changed.start == self.open.end;
            self.open.end = changed.end;
            self.hand_on_part();
        } else {
            self.hand_on();
            self.open = changed;
            self.is_open = true;
            self.is_exact = true;
        }
    }

    fn hand_on_part(&mut self) {
        if self.open.len() >= PART {
            self.hand_on();
        }
    }

    /// Hands on what is open, which leaves a run of no bytes that can still go on.
    fn hand_on(&mut self) {
        let open = self.open.clone();
        self.open.start = open.end;
        if open.is_empty() {
            return;
        }
        let run = Run {
            byte_offset: self.byte_offset + open.start as u64,
            updated: &self.updated[open.clone()],
            base: &self.base[open],
            exact: self.is_exact,
        };
        self.runs.push(self.stretch, &run);
    }
}
