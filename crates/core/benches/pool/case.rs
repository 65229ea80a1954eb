//! The cases by name, and what each is made of.

use std::fmt::Debug;

use super::caches::Caches;
use super::{cycle, fresh, lend, threads};

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
    /// What can be told without timing.
    pub(crate) facts: Vec<(&'static str, usize)>,
    /// Emptied before each run.
    pub(crate) caches: Option<Caches>,
}

impl Case {
    pub(crate) const fn new(subjects: Vec<Box<dyn Subject>>, facts: Vec<(&'static str, usize)>) -> Self {
        Self { subjects, facts, caches: None }
    }
}

pub(crate) const NAMES: [&str; 4] = ["lend", "fresh", "cycle", "threads"];

pub(crate) fn case(name: &str) -> Result<Case, String> {
    match name {
        "lend" => lend::case(),
        "fresh" => fresh::case(),
        "cycle" => cycle::case(),
        "threads" => threads::case(),
        _ => Err(format!("there is no case {name}")),
    }
}
