//! The cases by name, and what each is made of.

use std::fmt::Debug;

use super::caches::Caches;
use super::changed_memory::{ChangedMemory, Share};
use super::{applying, comparing, joining, sending, sizes, summing};

/// One way of doing the work that a case is about, with memory of its own.
pub(crate) trait Subject: Debug {
    fn name(&self) -> String;
    /// Untimed, before each run.
    fn prepare(&mut self) -> Result<(), String> {
        Ok(())
    }
    /// What is timed.
    fn run(&mut self) -> Result<(), String>;
    /// Whether the last run did what it had to, byte by byte.
    fn check(&mut self) -> Result<(), String>;
    /// Whether what happens now and then must be paid for by each run, although it is not the rule.
    fn counts_rarities(&self) -> bool {
        false
    }
}

/// Subjects that are measured side by side.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) subjects: Vec<Box<dyn Subject>>,
    /// What can be told without timing, in bytes or as a count.
    pub(crate) facts: Vec<(&'static str, usize)>,
    /// Emptied before each run, if the work is to find its bytes in memory.
    pub(crate) caches: Option<Caches>,
}

impl Case {
    pub(crate) const fn of(subjects: Vec<Box<dyn Subject>>) -> Self {
        Self { subjects, facts: Vec::new(), caches: None }
    }

    /// The same with its bytes in memory, as they are when nobody has looked at them for a while. Otherwise each run finds
    /// in the caches what the one before has left there.
    fn read_from_memory(self) -> Self {
        Self { caches: Some(Caches::new()), ..self }
    }
}

pub(crate) const NAMES: [&str; 17] = [
    "diff-one",
    "diff-half",
    "diff-whole",
    "apply-half",
    "apply-whole",
    "sum-f64",
    "sum-i32",
    "diff-one-cached",
    "diff-half-cached",
    "diff-whole-cached",
    "apply-half-cached",
    "apply-whole-cached",
    "sum-f64-cached",
    "sum-i32-cached",
    "cycle",
    "sync",
    "image-size",
];

pub(crate) fn case(name: &str) -> Result<Case, String> {
    match name {
        "cycle" => return sending::case(),
        "sync" => return joining::case(),
        "image-size" => return sizes::case(),
        _ => {}
    }
    let (work, cached) = name.strip_suffix("-cached").map_or((name, false), |work| (work, true));
    let case = match work {
        "diff-one" => comparing::case(ChangedMemory::new(Share::OneByte)),
        "diff-half" => comparing::case(ChangedMemory::new(Share::EverySecondByte)),
        "diff-whole" => comparing::case(ChangedMemory::new(Share::WholePage)),
        "apply-half" => applying::case(ChangedMemory::new(Share::EverySecondByte)),
        "apply-whole" => applying::case(ChangedMemory::new(Share::WholePage)),
        "sum-f64" => summing::of_f64(),
        "sum-i32" => summing::of_i32(),
        _ => Err(format!("no case is named {name}; there are {}", NAMES.join(", "))),
    }?;
    Ok(if cached { case } else { case.read_from_memory() })
}

/// Whether two memories have the same bytes.
pub(crate) fn same(seen: &[u8], expected: &[u8]) -> Result<(), String> {
    if seen == expected {
        return Ok(());
    }
    let at = seen.iter().zip(expected).position(|(one, other)| one != other);
    Err(format!("the bytes differ at {at:?}, of {} and {}", seen.len(), expected.len()))
}

pub(crate) fn words(error: pagefold_core::Error) -> String {
    error.to_string()
}
