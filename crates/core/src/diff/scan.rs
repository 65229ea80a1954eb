//! Finds the changed elements in a part of a memory.

use std::ops::Range;

use crate::rules::Coverage;
use crate::sys::processor::{self, LINE, Meanwhile, PIECE, Width, Work};

use super::ahead::Ahead;
use super::block::{BLOCK, Block, changed, end_of_difference};
use super::runs::{Run, Runs};

/// Bytes for which it is decided how to go on: a page, mostly.
const STEP: usize = 64 * BLOCK;

/// Bytes of a word: where each of them has a change, runs of single bytes are joined without a look at each byte.
const WORD: usize = 4;

/// The most bytes that lie between two changes where each word has one.
const BETWEEN_WORDS: usize = 2 * WORD - 2;

/// A run is handed on in parts of about so many bytes, so that they are copied while they are in the nearest cache.
const PART: usize = 4096;

/// Two parts of one stretch that are to be compared: whole elements, equally many on both sides.
pub(super) struct Scan<'a, 'r, 'c> {
    runs: &'r mut Runs<'c>,
    stretch: &'a Coverage,
    byte_offset: u64,
    base: &'a [u8],
    updated: &'a [u8],
    next: &'a Ahead<'a>,
    gap: usize,
    /// What of the last run is not handed on yet; the run ends where this ends, and more may be joined to it.
    open: Range<usize>,
    is_open: bool,
    is_exact: bool,
}

impl Work for Scan<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self, width: Width) {
        match self.stretch.element.byte_width() {
            2 => self.scan::<2>(width),
            4 => self.scan::<4>(width),
            8 => self.scan::<8>(width),
            _ => self.scan::<1>(width),
        }
    }
}

impl<'a, 'r, 'c> Scan<'a, 'r, 'c> {
    pub(super) fn new(
        runs: &'r mut Runs<'c>,
        stretch: &'a Coverage,
        byte_offset: u64,
        base: &'a [u8],
        updated: &'a [u8],
        next: &'a Ahead<'a>,
    ) -> Self {
        debug_assert_eq!(base.len(), updated.len());
        let gap = usize::try_from(runs.gap()).unwrap_or(usize::MAX);
        Self { runs, stretch, byte_offset, base, updated, next, gap, open: 0..0, is_open: false, is_exact: true }
    }

    /// Adds to the runs what changed between the two.
    pub(super) fn find(self) {
        processor::widest(self);
    }

    #[inline(always)]
    fn scan<const W: usize>(mut self, width: Width) {
        let (base_steps, base_rest) = self.base.as_chunks::<STEP>();
        let (updated_steps, updated_rest) = self.updated.as_chunks::<STEP>();
        for (index, (base, updated)) in base_steps.iter().zip(updated_steps).enumerate() {
            match (base_steps.get(index + 1), updated_steps.get(index + 1)) {
                (Some(base), Some(updated)) => Ahead { base, updated }.load(),
                _ => self.next.load(),
            }
            let at = index * STEP;
            if !self.runs.is_dense || !self.dense_step::<W>(width, at, base, updated) {
                self.step::<W>(width, at, base, updated);
            }
        }
        let at = self.base.len() - base_rest.len();
        self.rest::<W>(width, at, base_rest, updated_rest);
        self.hand_on();
    }

    /// Where little may have changed: finds the blocks that have, and only then looks at them. A branch on what was just loaded
    /// would be guessed wrong, and everything behind it be begun anew.
    #[inline(always)]
    fn step<const W: usize>(&mut self, width: Width, at: usize, base: &[u8; STEP], updated: &[u8; STEP]) {
        let (base, updated) = (base.as_chunks::<BLOCK>().0, updated.as_chunks::<BLOCK>().0);
        let mut left = 0;
        for (index, (base, updated)) in base.iter().zip(updated).enumerate() {
            left |= u64::from(base != updated) << index;
        }
        self.runs.is_dense = left == u64::MAX;
        while left != 0 {
            let index = left.trailing_zeros() as usize;
            left &= left - 1;
            self.block::<W>(width, at + index * BLOCK, &base[index], &updated[index]);
        }
    }

    /// Where all has changed, as in the step before: what is compared is copied meanwhile. Returns `false` when it was not so;
    /// then no more than one element was added.
    #[inline(always)]
    fn dense_step<const W: usize>(&mut self, width: Width, at: usize, base: &[u8; STEP], updated: &[u8; STEP]) -> bool {
        let joins_words = self.joins_words::<W>();
        let first = if joins_words { WORD } else { W };
        let Some(differing) = base.iter().zip(updated).take(first).position(|(o, u)| o != u) else { return false };
        let from = differing / W * W + W;
        self.add(at + from - W..at + from, true);
        self.hand_on();
        let mut look = Look::<W> {
            base: base.as_chunks().0,
            updated: updated.as_chunks().0,
            width,
            all_elements: true,
            all_words: joins_words,
        };
        let Some(growth) = self.runs.grow(width, &base[from..], &updated[from..], &mut look) else { return false };
        let (end, exact) = match (look.all_elements, look.all_words) {
            (true, _) => (STEP, true),
            (false, true) => {
                let end = end_of_difference(base, updated);
                (end, base[from..end].iter().zip(&updated[from..end]).all(|(o, u)| o != u))
            }
            (false, false) => return false,
        };
        growth.keep(end - from, exact);
        self.open = at + end..at + end;
        self.is_exact &= exact;
        true
    }

    /// What is shorter than a step.
    fn rest<const W: usize>(&mut self, width: Width, mut at: usize, base: &[u8], updated: &[u8]) {
        let (base_blocks, base_rest) = base.as_chunks::<BLOCK>();
        let (updated_blocks, updated_rest) = updated.as_chunks::<BLOCK>();
        for (base, updated) in base_blocks.iter().zip(updated_blocks) {
            if base != updated {
                self.block::<W>(width, at, base, updated);
            }
            at += BLOCK;
        }
        if base_rest != updated_rest {
            let (mut base, mut updated) = ([0; BLOCK], [0; BLOCK]);
            base[..base_rest.len()].copy_from_slice(base_rest);
            updated[..updated_rest.len()].copy_from_slice(updated_rest);
            self.block::<W>(width, at, &base, &updated);
        }
    }

    /// Adds what changed in a block that differs.
    fn block<const W: usize>(&mut self, width: Width, at: usize, base: &Block, updated: &Block) {
        // In runs that are not exact anyway nobody needs to know whether there is a gap at all.
        let is_near = || (at + WORD - 1).saturating_sub(self.open.end) <= self.gap;
        let may_bridge = self.joins_words::<W>() && self.is_open && !self.is_exact && is_near();
        if may_bridge && !width.any_equal::<WORD>(base, updated) {
            self.open.end = at + end_of_difference(base, updated);
            self.hand_on_part();
            return;
        }
        let mask = changed::<W>(base, updated);
        if self.joins_words::<W>() && !width.any_equal::<WORD>(base, updated) {
            let (start, end) = (mask.trailing_zeros(), u64::BITS - mask.leading_zeros());
            self.add(at + start as usize..at + end as usize, mask.count_ones() == end - start);
        } else {
            self.add_each(at, mask);
        }
    }

    /// Whether single bytes in words that have changed are joined, all of them.
    fn joins_words<const W: usize>(&self) -> bool {
        W == 1 && self.gap >= BETWEEN_WORDS
    }

    /// Adds what a mask of changed bytes says.
    fn add_each(&mut self, at: usize, mut mask: u64) {
        let mut next = at;
        while mask != 0 {
            let skipped = mask.trailing_zeros();
            let length = (mask >> skipped).trailing_ones();
            let start = next + skipped as usize;
            next = start + length as usize;
            self.add(start..next, true);
            // In two steps, because all 64 bits may go.
            mask = mask >> skipped >> (length - 1) >> 1;
        }
    }

    /// Adds changed elements behind all others; some of them may have been added already. `exact`: whether all of them changed;
    /// the first and the last one have.
    fn add(&mut self, changed: Range<usize>, exact: bool) {
        if self.is_open && changed.start.saturating_sub(self.open.end) <= self.gap {
            self.is_exact &= exact && changed.start <= self.open.end;
            self.open.end = self.open.end.max(changed.end);
            self.hand_on_part();
        } else {
            self.hand_on();
            self.open = changed;
            self.is_open = true;
            self.is_exact = exact;
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

/// Finds out whether all of a step has changed.
struct Look<'a, const W: usize> {
    width: Width,
    base: &'a [[u8; PIECE]],
    updated: &'a [[u8; PIECE]],
    all_elements: bool,
    all_words: bool,
}

impl<const W: usize> Meanwhile for Look<'_, W> {
    #[inline(always)]
    fn piece(&mut self, index: usize) {
        let (base, updated) = (self.base[index].as_chunks::<LINE>().0, self.updated[index].as_chunks::<LINE>().0);
        for (base, updated) in base.iter().zip(updated) {
            self.all_elements &= !self.width.any_equal::<W>(base, updated);
            self.all_words &= !self.width.any_equal::<WORD>(base, updated);
        }
    }
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
