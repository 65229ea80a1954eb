//! One diff is merged into a memory.

use std::ops::Range;

use crate::diff::{Contents, Diff, DiffEntry};
use crate::error::{Error, ErrorKind, Result};
use crate::rules::Operation;

use super::blame::Blame;
use super::copying::{Next, copy_where_equal};
use super::faults::{Suspect, can_fail};
use super::fold::{Kind, Run, held};
use super::windows::split;

/// How much is looked at in one step: three such pieces stay in the first cache.
const STEP_BYTES: usize = 8 << 10;

/// What applying a diff did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applied {
    /// How many runs the diff has.
    pub entry_count: usize,
    /// Their bytes together, those that equal the base included.
    pub byte_length: u64,
    /// How many changed elements had no effect, as in [`Merged::without_effect`](super::Merged::without_effect).
    pub without_effect: u64,
}

/// Merges one diff into a memory that began as the diff's base and may have changed since. Elements that are not as in
/// the base count as changed by an earlier diff.
///
/// With a target that equals the base, and zeros behind it, the outcome is that of [`merge`](super::merge) with this one
/// diff. Costs a pass over the changed bytes, and two where the operation can fail.
///
/// # Errors
///
/// `StaleBase`, if the diff was made against a base of another length; `SizeMismatch`, if the target is shorter than the
/// changed memory was; `MergeConflict` and `ProductUndefined` as in [`merge`](super::merge), with this diff for both authors, because nobody knows
/// who changed the target. The target is then as it was.
pub fn apply(diff: &Diff, base: &dyn Contents, target: &mut [u8]) -> Result<Applied> {
    let base_length = base.byte_length();
    check_lengths(diff, base_length, target)?;
    let mut original = [0; STEP_BYTES];
    let mut blame = Blame::default();
    for step in steps(diff).filter(|step| can_fail(Kind::of(step))) {
        let original = bytes_of(base, &step, &mut original);
        let state = &target[place(&step)];
        let suspect = Suspect { original, updated: step.bytes, state, touched: None };
        let kind = Kind::of(&step);
        suspect.faults(kind, |offset| blame.add(kind, step.byte_offset + offset as u64, [diff.author(); 2]));
    }
    blame.into_result()?;

    let mut without_effect = 0;
    let mut steps = steps(diff).peekable();
    while let Some(step) = steps.next() {
        let Range { start, end } = place(&step);
        let (before, after) = target.split_at_mut(end);
        let state = &mut before[start..];
        if step.exact && step.operation == Operation::Overwrite {
            state.copy_from_slice(step.bytes);
            continue;
        }
        let original = bytes_of(base, &step, &mut original);
        let kind = Kind::of(&step);
        let next = steps.peek().map_or(Next::NOTHING, |next| Next {
            original: base.slice(next.byte_offset, next.bytes.len()).unwrap_or_default(),
            state: &after[place(next).start - end..][..next.bytes.len()],
        });
        // Every change is the first one up to there, and what is no change is as the base too.
        let copied = if kind.copies_first() { copy_where_equal(original, step.bytes, state, next) } else { 0 };
        if copied == step.bytes.len() {
            continue;
        }
        let run = Run {
            original: &original[copied..],
            updated: &step.bytes[copied..],
            state: &mut state[copied..],
            touched: None,
            held: held(&step, base_length).saturating_sub(copied),
        };
        without_effect += run.fold(kind);
    }
    Ok(Applied { entry_count: diff.entry_count(), byte_length: diff.changed_byte_length(), without_effect })
}

fn check_lengths(diff: &Diff, base_length: u64, target: &[u8]) -> Result<()> {
    if diff.base().byte_length != base_length {
        let made = diff.base().byte_length;
        return Err(Error::new(
            ErrorKind::StaleBase,
            format!("the diff was made against {made} bytes, and the base has {base_length}"),
        ));
    }
    let (needed, has) = (diff.byte_length(), target.len());
    if needed > has as u64 {
        return Err(Error::new(
            ErrorKind::SizeMismatch,
            format!("the diff is of a memory of {needed} bytes, and the target has {has}"),
        ));
    }
    Ok(())
}

/// The entries in pieces of whole elements.
fn steps(diff: &Diff) -> impl Iterator<Item = DiffEntry<'_>> {
    let (mut entries, mut rest) = (diff.entries(), None);
    std::iter::from_fn(move || {
        let entry = rest.take().or_else(|| entries.next())?;
        if entry.bytes.len() <= STEP_BYTES {
            return Some(entry);
        }
        let (step, behind) = split(entry, STEP_BYTES);
        rest = Some(behind);
        Some(step)
    })
}

/// What the base has where the step is: in its own memory, or in the buffer.
fn bytes_of<'a>(base: &'a dyn Contents, step: &DiffEntry<'_>, buffer: &'a mut [u8; STEP_BYTES]) -> &'a [u8] {
    let byte_length = step.bytes.len();
    base.slice(step.byte_offset, byte_length).unwrap_or_else(|| {
        base.read(step.byte_offset, &mut buffer[..byte_length]);
        &buffer[..byte_length]
    })
}

fn place(entry: &DiffEntry<'_>) -> Range<usize> {
    // The target is as long as the diff's memory at least, so no offset in that is too large.
    let start = usize::try_from(entry.byte_offset).unwrap_or(usize::MAX);
    start..start + entry.bytes.len()
}
