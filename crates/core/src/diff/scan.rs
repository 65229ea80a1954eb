//! Finds the changed elements in a part of a memory.

use std::ops::Range;

use crate::rules::Coverage;

use super::block::{BLOCK, Block, changed, end_of_difference, every_element_differs};
use super::runs::{Run, Runs};

/// A run is handed on in parts of about this many bytes, so that they are copied while they are in the nearest cache.
const PART: usize = 4096;

/// Equal bytes are skipped in steps of this many: enough for the comparison of the standard library to run at full speed.
const STEP: usize = 512;

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
            if base != updated {
                self.step::<W>(at, base, updated);
            }
            at += STEP;
        }
        self.blocks::<W>(at, base_rest, updated_rest);
        self.hand_on();
    }

    /// A step in which something differs. Where all of it does, which is usual in a page that was filled, nothing smaller
    /// has to be looked at.
    fn step<const W: usize>(&mut self, at: usize, base: &[u8; STEP], updated: &[u8; STEP]) {
        if self.bridges_words::<W>(at) && every_element_differs::<4, STEP>(base, updated) {
            self.open.end = at + end_of_difference(base, updated);
            self.hand_on_part();
        } else if every_element_differs::<W, STEP>(base, updated) {
            self.add(at..at + STEP);
        } else {
            self.blocks::<W>(at, base, updated);
        }
    }

    fn blocks<const W: usize>(&mut self, mut at: usize, base: &[u8], updated: &[u8]) {
        let (base_blocks, base_rest) = base.as_chunks::<BLOCK>();
        let (updated_blocks, updated_rest) = updated.as_chunks::<BLOCK>();
        for (base, updated) in base_blocks.iter().zip(updated_blocks) {
            self.block::<W>(at, base, updated);
            at += BLOCK;
        }
        if base_rest != updated_rest {
            let (mut base, mut updated) = ([0; BLOCK], [0; BLOCK]);
            base[..base_rest.len()].copy_from_slice(base_rest);
            updated[..updated_rest.len()].copy_from_slice(updated_rest);
            self.block::<W>(at, &base, &updated);
        }
    }

    fn block<const W: usize>(&mut self, at: usize, base: &Block, updated: &Block) {
        if self.bridges_words::<W>(at) && every_element_differs::<4, BLOCK>(base, updated) {
            self.open.end = at + end_of_difference(base, updated);
            self.hand_on_part();
        } else if base != updated {
            if every_element_differs::<W, BLOCK>(base, updated) {
                self.add(at..at + BLOCK);
            } else {
                self.add_each(at, changed::<W>(base, updated));
            }
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
