//! What is measured side by side.

use std::fmt::Debug;

use super::caches::Caches;

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
}
