//! The entries of a diff without their bytes, as groups of entries of one kind.
//!
//! ```text
//!  1        element type: its place in `ElementType::ALL`
//!  1        operation: its place in `Operation::ALL`
//!  varint   number of entries in this group, at least 1
//!           and for each of them:
//!  varint     bytes between the end of the entry before, or 0, and its offset
//!  varint     twice its length in elements, which is at least 1; and 1 more if each of them differs from the base
//! ```

use crate::diff::{Diff, Entry};
use crate::error::Result;
use crate::rules::{ElementType, Operation};

use super::{corrupt, varint};

/// The least that an entry takes: two numbers.
pub(super) const ENTRY_BYTES_MIN: u64 = 2;

/// The index of a diff.
pub(super) fn encode(diff: &Diff) -> Vec<u8> {
    let mut index = Vec::new();
    let mut entries = diff.parts().0.iter().peekable();
    let mut group = Vec::new();
    let mut end = 0;
    while let Some(first) = entries.peek() {
        let (element, operation) = (first.element, first.operation);
        let mut count = 0;
        group.clear();
        while let Some(entry) = entries.next_if(|entry| entry.element == element && entry.operation == operation) {
            varint::put(&mut group, entry.byte_offset - end);
            // No overflow: the bytes are in memory, of which there is less than half of what a number can say.
            varint::put(&mut group, (entry.byte_length / element.byte_width()) << 1 | u64::from(entry.exact));
            end = entry.byte_end();
            count += 1;
        }
        index.push(number_of(&ElementType::ALL, element));
        index.push(number_of(&Operation::ALL, operation));
        varint::put(&mut index, count);
        index.extend_from_slice(&group);
    }
    index
}

/// As many entries as are expected, which is no more than the index has room for. They are ascending, do not overlap,
/// have whole elements and end within `byte_length`; their bytes are `changed_bytes` together.
pub(super) fn decode(mut index: &[u8], count: usize, byte_length: u64, changed_bytes: u64) -> Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::with_capacity(count);
    let mut end = 0_u64;
    let mut sum = 0_u64;
    while entries.len() < count {
        let (element, operation) = take_kind(&mut index)?;
        if entries.last().is_some_and(|last| last.element == element && last.operation == operation) {
            return Err(corrupt("entries of one kind are in two groups"));
        }
        let group = varint::take(&mut index)?;
        if group == 0 || group > (count - entries.len()) as u64 {
            return Err(corrupt("it has another number of entries than it says"));
        }
        for _ in 0..group {
            let byte_offset = end.checked_add(varint::take(&mut index)?);
            let length = varint::take(&mut index)?;
            let exact = length & 1 != 0;
            let entry_bytes = (length >> 1).checked_mul(element.byte_width()).filter(|length| *length > 0);
            let (Some(byte_offset), Some(entry_bytes)) = (byte_offset, entry_bytes) else {
                return Err(corrupt("an entry has a length that cannot be"));
            };
            end = byte_offset
                .checked_add(entry_bytes)
                .filter(|end| *end <= byte_length)
                .ok_or_else(|| corrupt("an entry ends past the memory"))?;
            // No overflow: entries do not overlap, so together they are no longer than the memory.
            sum += entry_bytes;
            entries.push(Entry { byte_offset, byte_length: entry_bytes, element, operation, exact });
        }
    }
    if !index.is_empty() || sum != changed_bytes {
        return Err(corrupt("its entries are not as long as it says"));
    }
    Ok(entries)
}

fn take_kind(index: &mut &[u8]) -> Result<(ElementType, Operation)> {
    let ([element, operation], rest) = index.split_first_chunk().ok_or_else(|| corrupt("its index is cut short"))?;
    *index = rest;
    let element = ElementType::ALL.get(usize::from(*element)).ok_or_else(|| corrupt("it has an unknown type"))?;
    let operation =
        Operation::ALL.get(usize::from(*operation)).ok_or_else(|| corrupt("it has an unknown operation"))?;
    if *operation == Operation::Ignore || !operation.is_legal_for(*element) {
        return Err(corrupt("it has an operation that does not fit the type"));
    }
    Ok((*element, *operation))
}

fn number_of<T: PartialEq>(all: &[T], wanted: T) -> u8 {
    let place = all.iter().position(|one| *one == wanted);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}
