//! Making a diff, beside reading both copies of the pages once.

use std::hint::black_box;
use std::rc::Rc;

use pagefold_core::{Compression, DecodeLimits, Diff, decode, encode};

use super::byte_runs::{BorrowedRun, OwnedRun, byte_runs};
use super::case::{Case, Subject, same, words};
use super::changed_memory::ChangedMemory;

pub(crate) fn case(memory: Rc<ChangedMemory>) -> Result<Case, String> {
    let diff = memory.diff()?;
    let facts = vec![
        ("pageBytes", memory.page_bytes()),
        ("entries", diff.entry_count()),
        ("diffBytes", usize::try_from(diff.changed_byte_length()).unwrap_or(usize::MAX)),
        ("encodedBytes", encode(&diff, Compression::None).len()),
        ("encodedLz4Bytes", encode(&diff, Compression::Lz4).len()),
    ];
    let subjects: Vec<Box<dyn Subject>> = vec![
        Box::new(Memcmp { memory: Rc::clone(&memory), equal: 0 }),
        Box::new(MemcmpAndCopy { memory: Rc::clone(&memory), made: Vec::new() }),
        Box::new(Making { memory: Rc::clone(&memory), made: None }),
        Box::new(ByteRuns { memory: Rc::clone(&memory), made: Vec::new() }),
        Box::new(BorrowedByteRuns { memory, count: 0, byte_sum: 0 }),
    ];
    Ok(Case { facts, ..Case::of(subjects) })
}

/// Compares the pages with equal ones: different ones would end at the first byte that differs.
#[derive(Debug)]
struct Memcmp {
    memory: Rc<ChangedMemory>,
    equal: usize,
}

impl Subject for Memcmp {
    fn name(&self) -> String {
        "memcmp".to_owned()
    }

    fn run(&mut self) -> Result<(), String> {
        let ChangedMemory { base, twin, pages, .. } = &*self.memory;
        self.equal = 0;
        for page in pages {
            self.equal += usize::from(black_box(&base[page.clone()]) == black_box(&twin[page.clone()]));
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        if self.equal == self.memory.pages.len() { Ok(()) } else { Err(format!("{} pages are equal", self.equal)) }
    }
}

/// Copies the pages as well: the least that a diff with bytes of its own costs where all of them have changed.
#[derive(Debug)]
struct MemcmpAndCopy {
    memory: Rc<ChangedMemory>,
    made: Vec<u8>,
}

impl Subject for MemcmpAndCopy {
    fn name(&self) -> String {
        "memcmp and memcpy".to_owned()
    }

    fn prepare(&mut self) -> Result<(), String> {
        self.made = Vec::new();
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        let ChangedMemory { base, twin, pages, .. } = &*self.memory;
        self.made = Vec::with_capacity(self.memory.page_bytes());
        for page in pages {
            black_box(black_box(&base[page.clone()]) == black_box(&twin[page.clone()]));
            // Of the copy that was just read, so that no third one is.
            self.made.extend_from_slice(&twin[page.clone()]);
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        let expected: Vec<u8> =
            self.memory.pages.iter().flat_map(|page| &self.memory.base[page.clone()]).copied().collect();
        same(&self.made, &expected)
    }
}

/// `DiffBuilder`, told the pages, as `View::diff` uses it.
#[derive(Debug)]
struct Making {
    memory: Rc<ChangedMemory>,
    made: Option<Diff>,
}

impl Subject for Making {
    fn name(&self) -> String {
        "diff".to_owned()
    }

    fn prepare(&mut self) -> Result<(), String> {
        self.made = None;
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        self.made = Some(self.memory.diff()?);
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        let diff = self.made.as_ref().ok_or("there is no diff")?;
        let runs = diff.entries().map(|entry| (usize::try_from(entry.byte_offset).unwrap_or(usize::MAX), entry.bytes));
        rebuilt(&self.memory, runs)?;
        let limits = DecodeLimits::for_memory(self.memory.base.len() as u64);
        for compression in [Compression::None, Compression::Lz4] {
            if decode(&encode(diff, compression), limits).map_err(words)? != *diff {
                return Err(format!("encoding with {compression:?} and decoding made another diff"));
            }
        }
        Ok(())
    }
}

/// As faabric did when its entries owned their bytes.
#[derive(Debug)]
struct ByteRuns {
    memory: Rc<ChangedMemory>,
    made: Vec<OwnedRun>,
}

impl Subject for ByteRuns {
    fn name(&self) -> String {
        "an entry for each run".to_owned()
    }

    fn prepare(&mut self) -> Result<(), String> {
        self.made = Vec::new();
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        let ChangedMemory { base, updated, pages, .. } = &*self.memory;
        for page in pages {
            byte_runs(&base[page.clone()], &updated[page.clone()], |at, bytes| {
                self.made.push(OwnedRun { byte_offset: page.start + at, bytes: bytes.to_vec() });
            });
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        rebuilt(&self.memory, self.made.iter().map(|run| (run.byte_offset, &run.bytes[..])))
    }
}

/// As faabric does now: its entries point into the memory, which must stay as it is until they are sent.
#[derive(Debug)]
struct BorrowedByteRuns {
    memory: Rc<ChangedMemory>,
    count: usize,
    byte_sum: usize,
}

impl Subject for BorrowedByteRuns {
    fn name(&self) -> String {
        "the same, borrowing".to_owned()
    }

    fn run(&mut self) -> Result<(), String> {
        let ChangedMemory { base, updated, pages, .. } = &*self.memory;
        let mut made: Vec<BorrowedRun<'_>> = Vec::new();
        for page in pages {
            byte_runs(&base[page.clone()], &updated[page.clone()], |at, bytes| {
                made.push(BorrowedRun { byte_offset: page.start + at, bytes, _element: 0, _operation: 0 });
            });
        }
        let made = black_box(made);
        self.count = made.len();
        // One look at each would cost as much as making them.
        self.byte_sum = made.first().map_or(0, |run| run.byte_offset + run.bytes.len());
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        if self.count > 0 && self.byte_sum > 0 { Ok(()) } else { Err("it has found no run".to_owned()) }
    }
}

/// Whether writing these runs into the base makes the changed memory.
fn rebuilt<'a>(memory: &ChangedMemory, runs: impl Iterator<Item = (usize, &'a [u8])>) -> Result<(), String> {
    let mut seen = memory.base.to_vec();
    for (byte_offset, bytes) in runs {
        seen[byte_offset..byte_offset + bytes.len()].copy_from_slice(bytes);
    }
    same(&seen, &memory.updated)
}
