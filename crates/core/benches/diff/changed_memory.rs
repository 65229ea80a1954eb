//! A memory of 64 MiB of which 1638 scattered pages have changed, a tenth, and its base.

use std::ops::Range;
use std::rc::Rc;

use pagefold_core::{Ahead, Author, Base, Diff, DiffBuilder, DiffOptions, MergeRules, Operation};

use super::case::words;
use super::memory::Memory;
use super::noise::Noise;

pub(crate) const PAGE_BYTES: usize = 4096;
const BYTE_LENGTH: usize = 64 << 20;
const DIRTY_PAGES: usize = 1638;

/// How much of each of those pages differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    OneByte,
    EverySecondByte,
    WholePage,
}

#[derive(Debug)]
pub(crate) struct ChangedMemory {
    pub(crate) base: Memory,
    /// Equal to the base, elsewhere.
    pub(crate) twin: Memory,
    pub(crate) updated: Memory,
    /// The changed pages, none beside another, ascending.
    pub(crate) pages: Vec<Range<usize>>,
    pub(crate) rules: MergeRules,
}

impl ChangedMemory {
    pub(crate) fn new(share: Share) -> Rc<Self> {
        let base = Memory::of(&Noise::new(1).bytes(BYTE_LENGTH));
        let mut updated = base.clone();
        let pages = scattered(DIRTY_PAGES, BYTE_LENGTH / PAGE_BYTES);
        for (index, page) in pages.iter().enumerate() {
            let page = &mut updated[page.clone()];
            match share {
                Share::OneByte => page[index * 7 % PAGE_BYTES] ^= 0x55,
                Share::EverySecondByte => page.iter_mut().step_by(2).for_each(|byte| *byte ^= 0x55),
                Share::WholePage => page.iter_mut().for_each(|byte| *byte ^= 0x55),
            }
        }
        let rules = MergeRules::new(BYTE_LENGTH as u64, Operation::Overwrite).expect("rules without regions are legal");
        Rc::new(Self { twin: base.clone(), base, updated, pages, rules })
    }

    /// What `View::diff` does once it knows the pages.
    pub(crate) fn diff(&self) -> Result<Diff, String> {
        let named = Base { id: uuid::Uuid::nil(), version: 0, revision: 0, byte_length: self.base.len() as u64 };
        let author = Author { origin: 1, sequence: 0 };
        let byte_length = self.updated.len() as u64;
        let contents = &&*self.base;
        let mut builder = DiffBuilder::new(named, author, byte_length, &self.rules, contents, DiffOptions::default())
            .map_err(words)?;
        builder.expect(self.page_bytes());
        let nexts = self.pages.iter().skip(1).map(|page| self.ahead(page)).chain([Ahead::NOTHING]);
        for (page, next) in self.pages.iter().zip(nexts) {
            let (base, updated) = (&self.base[page.clone()], &self.updated[page.clone()]);
            builder.pages_before(page.start as u64, base, updated, &next).map_err(words)?;
        }
        builder.finish().map_err(words)
    }

    fn ahead(&self, page: &Range<usize>) -> Ahead<'_> {
        Ahead { base: &self.base[page.clone()], updated: &self.updated[page.clone()] }
    }

    pub(crate) fn page_bytes(&self) -> usize {
        self.pages.len() * PAGE_BYTES
    }
}

/// So many of all pages, evenly over the memory, as ranges of bytes.
pub(crate) fn scattered(count: usize, all: usize) -> Vec<Range<usize>> {
    let page = |index: usize| index * all / count + all / count / 2;
    (0..count).map(|index| page(index) * PAGE_BYTES..(page(index) + 1) * PAGE_BYTES).collect()
}
