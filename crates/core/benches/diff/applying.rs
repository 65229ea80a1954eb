//! Applying a diff, beside copying the same bytes.

use std::hint::black_box;
use std::rc::Rc;

use pagefold_core::{Diff, apply};

use super::case::{Case, Subject, same, words};
use super::changed_memory::ChangedMemory;
use super::memory::Memory;

pub(crate) fn case(memory: Rc<ChangedMemory>) -> Result<Case, String> {
    let diff = memory.diff()?;
    let pieces: Vec<(usize, usize)> = diff
        .entries()
        .map(|entry| (usize::try_from(entry.byte_offset).unwrap_or(usize::MAX), entry.bytes.len()))
        .collect();
    let bytes: Vec<u8> = diff.entries().flat_map(|entry| entry.bytes.to_vec()).collect();
    Ok(Case::of(vec![
        Box::new(Memcpy { memory: Rc::clone(&memory), pieces, bytes, target: memory.base.clone() }),
        Box::new(Applying { target: memory.base.clone(), memory, diff }),
    ]))
}

/// Copies the bytes of the entries, which lie behind one another, to where they belong.
#[derive(Debug)]
struct Memcpy {
    memory: Rc<ChangedMemory>,
    pieces: Vec<(usize, usize)>,
    bytes: Vec<u8>,
    target: Memory,
}

impl Subject for Memcpy {
    fn name(&self) -> String {
        "memcpy".to_owned()
    }

    fn prepare(&mut self) -> Result<(), String> {
        put_back(&self.memory, &mut self.target);
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        let mut next = 0;
        for &(start, length) in &self.pieces {
            self.target[start..start + length].copy_from_slice(&self.bytes[next..next + length]);
            next += length;
        }
        black_box(&mut self.target);
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        same(&self.target, &self.memory.updated)
    }
}

#[derive(Debug)]
struct Applying {
    memory: Rc<ChangedMemory>,
    diff: Diff,
    target: Memory,
}

impl Subject for Applying {
    fn name(&self) -> String {
        "apply".to_owned()
    }

    fn prepare(&mut self) -> Result<(), String> {
        put_back(&self.memory, &mut self.target);
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        apply(&self.diff, &&*self.memory.base, &mut self.target).map(drop).map_err(words)
    }

    fn check(&mut self) -> Result<(), String> {
        same(&self.target, &self.memory.updated)
    }
}

fn put_back(memory: &ChangedMemory, target: &mut [u8]) {
    for page in &memory.pages {
        target[page.clone()].copy_from_slice(&memory.base[page.clone()]);
    }
}
