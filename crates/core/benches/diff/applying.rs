//! Applying a diff, beside copying the same bytes: from the same memory into the same memory, because where the system has put
//! a memory makes a difference of a tenth.

use std::cell::RefCell;
use std::hint::black_box;
use std::rc::Rc;

use pagefold_core::{Diff, apply};

use super::case::{Case, Subject, same, words};
use super::changed_memory::ChangedMemory;
use super::memory::Memory;

pub(crate) fn case(memory: Rc<ChangedMemory>) -> Result<Case, String> {
    let diff = memory.diff()?;
    let target = memory.base.clone();
    let job = Rc::new(RefCell::new(Job { memory, diff, target }));
    Ok(Case::of(vec![Box::new(Memcpy { job: Rc::clone(&job) }), Box::new(Applying { job })]))
}

/// What both do.
#[derive(Debug)]
struct Job {
    memory: Rc<ChangedMemory>,
    diff: Diff,
    target: Memory,
}

impl Job {
    fn put_back(&mut self) {
        for page in &self.memory.pages {
            self.target[page.clone()].copy_from_slice(&self.memory.base[page.clone()]);
        }
    }

    fn check(&self) -> Result<(), String> {
        same(&self.target, &self.memory.updated)
    }
}

/// Copies the bytes of the entries, which lie behind one another, to where they belong.
#[derive(Debug)]
struct Memcpy {
    job: Rc<RefCell<Job>>,
}

impl Subject for Memcpy {
    fn name(&self) -> String {
        "memcpy".to_owned()
    }

    fn prepare(&mut self) -> Result<(), String> {
        self.job.borrow_mut().put_back();
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        let Job { diff, target, .. } = &mut *self.job.borrow_mut();
        for entry in diff.entries() {
            let start = usize::try_from(entry.byte_offset).unwrap_or(usize::MAX);
            target[start..start + entry.bytes.len()].copy_from_slice(entry.bytes);
        }
        black_box(target);
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        self.job.borrow().check()
    }
}

#[derive(Debug)]
struct Applying {
    job: Rc<RefCell<Job>>,
}

impl Subject for Applying {
    fn name(&self) -> String {
        "apply".to_owned()
    }

    fn prepare(&mut self) -> Result<(), String> {
        self.job.borrow_mut().put_back();
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        let Job { memory, diff, target } = &mut *self.job.borrow_mut();
        apply(diff, &&*memory.base, target).map(drop).map_err(words)
    }

    fn check(&mut self) -> Result<(), String> {
        self.job.borrow().check()
    }
}
