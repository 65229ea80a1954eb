//! Several diffs merged, and one applied, against an oracle that works on whole memories.

mod cases;
mod faults;
mod laws;
mod matrix;
mod oracle;

use pagefold_core::{Diff, ElementType, MergeRegion, MergeRules, Merged, Operation};

fn rules(max_byte_length: u64, gap: Operation, regions: &[(u64, Option<u64>, ElementType, Operation)]) -> MergeRules {
    let regions = regions.iter().map(|(byte_offset, byte_length, element, operation)| MergeRegion {
        byte_offset: *byte_offset,
        byte_length: *byte_length,
        element: *element,
        operation: *operation,
    });
    MergeRules::new(max_byte_length, gap).and_then(|rules| rules.with(regions)).expect("these rules are legal")
}

/// The base with a merge written into it, which must say the truth about what changes.
fn written(base: &[u8], merged: &Merged) -> Vec<u8> {
    let byte_length = usize::try_from(merged.byte_length()).expect("memories are small");
    let before = oracle::padded(base, byte_length);
    let mut after = before.clone();
    let mut end = None;
    for (byte_offset, bytes) in merged.runs() {
        let start = usize::try_from(byte_offset).expect("memories are small");
        assert!(!bytes.is_empty() && end.is_none_or(|end| end < start), "a run at {start} after {end:?}");
        end = Some(start + bytes.len());
        // The first element becomes another, and no element is longer than eight bytes.
        let differ = before[start..].iter().zip(bytes).take(8).any(|(before, after)| before != after);
        assert!(differ, "the run at {start} begins with bytes that stay as they are");
        after[start..start + bytes.len()].copy_from_slice(bytes);
    }
    let ranges: Vec<_> = merged.runs().map(|(start, bytes)| start..start + bytes.len() as u64).collect();
    assert_eq!(merged.ranges().collect::<Vec<_>>(), ranges);
    assert_eq!(merged.changed_byte_length(), ranges.iter().map(|range| range.end - range.start).sum::<u64>());
    after
}

fn merge(base: &[u8], rules: &MergeRules, diffs: &[Diff]) -> pagefold_core::Result<Merged> {
    pagefold_core::merge(&base, rules, &diffs.iter().collect::<Vec<_>>())
}
