//! Which ranges could not be merged, and whose they are.

use crate::diff::Author;
use crate::error::{Conflict, Error, ErrorKind, Result};
use crate::rules::Operation;

use super::fold::Kind;

/// How many ranges an error lists. The work ends there.
const LISTED_MAX: usize = 256;

/// Collects elements that could not be merged.
#[derive(Debug, Default)]
pub(super) struct Blame {
    operation: Option<Operation>,
    found: Vec<Conflict>,
}

impl Blame {
    /// An element that the second of these has changed after the first.
    pub(super) fn add(&mut self, kind: Kind, byte_offset: u64, authors: [Author; 2]) {
        if *self.operation.get_or_insert(kind.operation) != kind.operation || self.is_full() {
            return;
        }
        let byte_length = kind.element.byte_width();
        let authors = authors.map(|author| (author.origin, author.sequence));
        match self.found.last_mut() {
            Some(last) if last.byte_offset + last.byte_length == byte_offset && last.authors == authors => {
                last.byte_length += byte_length;
            }
            _ => self.found.push(Conflict { byte_offset, byte_length, authors }),
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= LISTED_MAX
    }

    /// The error, if anything was found.
    pub(super) fn into_result(mut self) -> Result<()> {
        self.found.sort_unstable_by_key(|found| (found.byte_offset, found.authors));
        let (Some(operation), Some(at)) = (self.operation, self.found.first()) else { return Ok(()) };
        let (kind, what) = match operation {
            Operation::Product => (ErrorKind::ProductUndefined, "a product is not defined"),
            _ => (ErrorKind::MergeConflict, "two diffs change the same element"),
        };
        let message = format!("{what}, at byte {} and in {} ranges together", at.byte_offset, self.found.len());
        Err(Error::new(kind, message).with_conflicts(self.found))
    }
}
