//! The guest: reads a word of each page that it reads, then writes a word of each dirty one.

use std::hint::black_box;

use super::super::bare::Words;
use super::super::subjects::page_bytes;
use super::cell::Cell;

/// Dirty pages come in runs of so many.
const RUN: usize = 4;

/// Knows which pages to write in which cycle: the same for every subject, here and in the JavaScript twin of this file
/// (`benchmark/cases/reset/grid/guest.ts`).
#[derive(Debug)]
pub(super) struct Guest {
    cell: Cell,
    /// Pages that every cycle writes, in the order of writing; where the number of random pages is no whole number,
    /// the last of them in some cycles only.
    stable: Vec<usize>,
    /// First pages of the runs that the random pages are drawn from.
    others: Vec<usize>,
    chance: Chance,
    /// Cycles planned so far.
    planned: usize,
    /// The pages of the cycles ahead, cycle by cycle.
    plan: Vec<usize>,
}

/// Marsaglia's xorshift of 32 bits, which JavaScript can do as well.
#[derive(Debug)]
struct Chance(u32);

impl Chance {
    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        usize::try_from((u64::from(self.0) * bound as u64) >> 32).unwrap_or(0)
    }

    /// Puts `count` items that were drawn from all of them first.
    fn draw(&mut self, items: &mut [usize], count: usize) {
        for index in 0..count {
            let drawn = index + self.below(items.len() - index);
            items.swap(index, drawn);
        }
    }
}

impl Guest {
    pub(super) fn new(cell: Cell) -> Self {
        let mut chance = Chance(0x9E37_79B9);
        let mut runs: Vec<usize> = (0..cell.resident / RUN).map(|run| run * RUN).collect();
        let all = runs.len();
        chance.draw(&mut runs, all);
        let stable_pages = cell.dirty - cell.dirty * cell.random_percent / 100;
        let others = runs.split_off(stable_pages.div_ceil(RUN));
        Self { cell, stable: pages(&runs, stable_pages).collect(), others, chance, planned: 0, plan: Vec::new() }
    }

    /// Decides which pages the next `cycles` cycles write.
    pub(super) fn plan(&mut self, cycles: usize) {
        self.plan.clear();
        let random_until = |cycle: usize| cycle * self.cell.dirty * self.cell.random_percent / 100;
        for cycle in self.planned..self.planned + cycles {
            let random = random_until(cycle + 1) - random_until(cycle);
            self.plan.extend(&self.stable[..self.cell.dirty - random]);
            self.chance.draw(&mut self.others, random.div_ceil(RUN));
            self.plan.extend(pages(&self.others, random));
        }
        self.planned += cycles;
    }

    /// One cycle of those planned, the `cycle`th from 0 on.
    #[inline]
    pub(super) fn run(&self, cycle: usize, mut memory: Words<'_>) {
        let page = page_bytes();
        let mut sum = 0_u64;
        for index in 0..self.cell.read {
            sum = sum.wrapping_add(memory.read(word(index, page)));
        }
        black_box(sum);
        for index in &self.plan[cycle * self.cell.dirty..][..self.cell.dirty] {
            memory.write(word(*index, page), 0);
        }
    }

    /// Whether each page that the last planned cycle wrote shows it.
    pub(super) fn has_written(&self, memory: &Words<'_>) -> bool {
        let page = page_bytes();
        self.plan
            .rchunks(self.cell.dirty)
            .next()
            .is_some_and(|pages| pages.iter().all(|index| memory.read(word(*index, page)) == 0))
    }
}

/// The first `count` pages of these runs.
fn pages(runs: &[usize], count: usize) -> impl Iterator<Item = usize> {
    runs.iter().flat_map(|run| *run..*run + RUN).take(count)
}

/// Where in a page its word lies: not always in the same cache set.
const fn word(index: usize, page: usize) -> usize {
    index * page + index * 64 % page
}
