//! Whether a diff was made by the rules that it is to be merged by.

use crate::diff::{Diff, DiffEntry};
use crate::error::{Error, ErrorKind, Result};
use crate::rules::MergeRules;

/// Every entry lies in one stretch of the rules, has its type and operation, and its elements at the places of the
/// stretch's: so the elements of entries that overlap are the same ones.
pub(super) fn check_rules(diff: &Diff, rules: &MergeRules) -> Result<()> {
    let stray = diff.entries().find(|entry| !follows(entry, rules));
    stray.map_or(Ok(()), |entry| {
        let DiffEntry { byte_offset, element, operation, .. } = entry;
        let what = format!("a diff has {element} merged by {operation} at {byte_offset}, and the rules say otherwise");
        Err(Error::new(ErrorKind::StaleBase, what))
    })
}

fn follows(entry: &DiffEntry<'_>, rules: &MergeRules) -> bool {
    rules.stretch_at(entry.byte_offset).is_some_and(|stretch| {
        stretch.element == entry.element
            && stretch.operation == entry.operation
            && (entry.byte_offset - stretch.byte_offset).is_multiple_of(entry.element.byte_width())
            && entry.byte_offset + entry.bytes.len() as u64 <= stretch.byte_end()
    })
}
