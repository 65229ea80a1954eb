//! Diffs that wait for the next version.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use crate::diff::{Author, Diff};
use crate::error::{Error, ErrorKind, Result};

/// What became of a diff that was queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queued {
    /// It waits.
    Added,
    /// It waits in place of an earlier one of its origin: a diff holds everything that changed.
    Replaced,
    /// It was there already, and is merged once.
    Repeated,
}

/// At most one diff of each origin, all of them against the same base.
#[derive(Debug, Default)]
pub(super) struct Queue {
    diffs: BTreeMap<u64, Diff>,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.diffs.len()
    }

    /// In the order in which they are merged: by origin, and there is one of each.
    pub(super) fn diffs(&self) -> Vec<&Diff> {
        self.diffs.values().collect()
    }

    /// Adds a diff, wherever it arrives from and however often.
    pub(super) fn add(&mut self, diff: Diff) -> Result<Queued> {
        let Author { origin, sequence } = diff.author();
        let Some(known) = self.diffs.get(&origin) else {
            self.diffs.insert(origin, diff);
            return Ok(Queued::Added);
        };
        let queued = known.author().sequence;
        if sequence > queued {
            self.diffs.insert(origin, diff);
            return Ok(Queued::Replaced);
        }
        if *known == diff {
            return Ok(Queued::Repeated);
        }
        let message = if sequence == queued {
            format!("origin {origin} has already queued another diff with sequence {sequence}")
        } else {
            format!("origin {origin} has already queued a diff with sequence {queued}; this one has {sequence}")
        };
        Err(Error::new(ErrorKind::DuplicateDiff, message))
    }

    /// Takes a diff out. `false`: there is none of that author.
    pub(super) fn remove(&mut self, author: Author) -> bool {
        let is_queued = self.diffs.get(&author.origin).is_some_and(|diff| diff.author() == author);
        is_queued && self.diffs.remove(&author.origin).is_some()
    }

    pub(super) fn clear(&mut self) {
        self.diffs.clear();
    }
}
