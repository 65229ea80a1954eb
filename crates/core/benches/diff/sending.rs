//! A change goes from one memory to another: beside comparing and copying all of it, which needs no bookkeeping.

use std::hint::black_box;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use pagefold_core::{Compression, DecodeLimits, MergeRules, Operation, Snapshot, apply, decode, encode};

use super::case::{Case, Subject, same, words};
use super::changed_memory::{PAGE_BYTES, scattered};
use super::guest::{Guest, snapshot_of};
use super::noise::Noise;

const BYTE_LENGTH: usize = 64 << 20;
const DIRTY_PAGES: usize = 16;

/// What both subjects have to send.
#[derive(Debug)]
struct Change {
    base: Vec<u8>,
    updated: Vec<u8>,
    pages: Vec<Range<usize>>,
}

pub(crate) fn case() -> Result<Case, String> {
    let mut noise = Noise::new(3);
    let base = noise.bytes(BYTE_LENGTH);
    let pages = scattered(DIRTY_PAGES, BYTE_LENGTH / PAGE_BYTES);
    let mut updated = base.clone();
    for page in &pages {
        updated[page.clone()].copy_from_slice(&noise.bytes(PAGE_BYTES));
    }
    let rules = MergeRules::new(BYTE_LENGTH as u64, Operation::Overwrite).map_err(words)?;
    let snapshot = snapshot_of(&base, rules)?;
    let guest = Guest::new(&snapshot, 1)?;
    let change = Rc::new(Change { base, updated, pages });
    let everything = Everything {
        known: change.base.clone(),
        target: change.base.clone(),
        change: Rc::clone(&change),
        different: 0,
    };
    let target = change.base.clone();
    Ok(Case::of(vec![Box::new(everything), Box::new(Sending { change, snapshot, guest, target })]))
}

/// Compares the memory with what is known of it page by page, then copies it as a whole.
#[derive(Debug)]
struct Everything {
    change: Rc<Change>,
    known: Vec<u8>,
    target: Vec<u8>,
    different: usize,
}

impl Subject for Everything {
    fn name(&self) -> String {
        "compare and copy everything".to_owned()
    }

    fn run(&mut self) -> Result<(), String> {
        let pages = self.known.chunks(PAGE_BYTES).zip(self.change.updated.chunks(PAGE_BYTES));
        self.different = pages.filter(|(known, updated)| black_box(known) != black_box(updated)).count();
        self.target.copy_from_slice(&self.change.updated);
        black_box(&mut self.target);
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        if self.different != DIRTY_PAGES {
            return Err(format!("{} pages differ", self.different));
        }
        same(&self.target, &self.change.updated)
    }
}

/// The pages are found by the view's tracker; the diff travels as bytes.
#[derive(Debug)]
struct Sending {
    change: Rc<Change>,
    snapshot: Arc<Snapshot>,
    guest: Guest,
    target: Vec<u8>,
}

impl Subject for Sending {
    fn name(&self) -> String {
        "diff, encode, decode, apply".to_owned()
    }

    fn prepare(&mut self) -> Result<(), String> {
        self.guest.reset()?;
        for page in &self.change.pages {
            self.guest.write(page.start, &self.change.updated[page.clone()])?;
            self.target[page.clone()].copy_from_slice(&self.change.base[page.clone()]);
        }
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        let sent = encode(&self.guest.diff()?, Compression::None);
        let received = decode(&sent, DecodeLimits::for_memory(BYTE_LENGTH as u64)).map_err(words)?;
        apply(&received, &*self.snapshot.current(), &mut self.target).map(drop).map_err(words)
    }

    fn check(&mut self) -> Result<(), String> {
        same(&self.target, &self.change.updated)?;
        self.guest.check(&self.change.updated)
    }
}
