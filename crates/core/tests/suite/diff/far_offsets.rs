//! Offsets that do not fit into 32 bits, or hardly into 64. The bases hold nothing but a few bytes.

use std::collections::BTreeMap;

use super::{AUTHOR, EXACT, base_of};
use pagefold_core::{Contents, Diff, DiffBuilder, ElementType, ErrorKind, MergeRegion, MergeRules, Operation, Value};

/// A base of zeros with a few other bytes.
struct Sparse {
    byte_length: u64,
    bytes: BTreeMap<u64, u8>,
}

impl Contents for Sparse {
    fn byte_length(&self) -> u64 {
        self.byte_length
    }

    fn read(&self, byte_offset: u64, into: &mut [u8]) {
        into.fill(0);
        let end = byte_offset.saturating_add(into.len() as u64);
        for (at, byte) in self.bytes.range(byte_offset..end) {
            into[usize::try_from(at - byte_offset).expect("inside")] = *byte;
        }
    }
}

fn builder<'a>(base: &'a Sparse, byte_length: u64, rules: &'a MergeRules) -> DiffBuilder<'a> {
    DiffBuilder::new(base_of(base.byte_length), AUTHOR, byte_length, rules, base, EXACT).expect("a builder")
}

fn table(max: u64, region: MergeRegion) -> MergeRules {
    MergeRules::new(max, Operation::Overwrite).expect("legal").with([region]).expect("legal")
}

fn places(diff: &Diff) -> Vec<(u64, usize)> {
    diff.entries().map(|entry| (entry.byte_offset, entry.bytes.len())).collect()
}

const GIB4: u64 = 1 << 32;

// GAP9, W9
#[test]
fn gap9_a_region_to_the_end_of_4_gib_yields_the_last_byte() {
    let base = Sparse { byte_length: GIB4, bytes: BTreeMap::from([(GIB4 - 1, 4)]) };
    let to_end =
        MergeRegion { byte_offset: 0, byte_length: None, element: ElementType::Raw, operation: Operation::Overwrite };
    let rules = table(GIB4, to_end);
    let mut builder = builder(&base, GIB4, &rules);
    let mut page = [0; 4096];
    base.read(GIB4 - 4096, &mut page);
    let mut updated = page;
    updated[4095] = 5;
    builder.pages(GIB4 - 4096, &page, &updated).expect("inside");
    let diff = builder.finish().expect("a diff");
    assert_eq!(places(&diff), [(4_294_967_295, 1)]);
    assert_eq!(diff.entries().next().map(|entry| (entry.bytes[0], entry.original.map(|o| o[0]))), Some((5, Some(4))));
}

#[test]
fn an_element_may_straddle_4_gib() {
    let bytes = (0..64).map(|at| (GIB4 - 32 + at, 7)).collect();
    let base = Sparse { byte_length: 2 * GIB4, bytes };
    let typed = MergeRegion {
        byte_offset: GIB4 - 20,
        byte_length: Some(40),
        element: ElementType::U64,
        operation: Operation::Sum,
    };
    let rules = table(2 * GIB4, typed);
    let mut builder = builder(&base, 2 * GIB4, &rules);
    // Only what lies behind the border was passed; the element at -4 takes the rest from the base.
    builder.pages(GIB4, &[7; 4], &[8, 7, 7, 7]).expect("inside");
    let diff = builder.finish().expect("a diff");
    assert_eq!(places(&diff), [(GIB4 - 4, 8)]);
    let entry = diff.entries().next().expect("an entry");
    assert_eq!((entry.bytes, entry.original), (&[7, 7, 7, 7, 8, 7, 7, 7][..], Some(&[7; 8][..])));
    let delta = entry.deltas().expect("originals").next().expect("a change");
    assert_eq!((delta.byte_offset, delta.value), (GIB4 - 4, Some(Value::Integer(1 << 32))));
}

#[test]
fn memories_may_end_where_the_numbers_end() {
    let base = Sparse { byte_length: u64::MAX - 12, bytes: BTreeMap::from([(u64::MAX - 13, 3)]) };
    let typed = MergeRegion {
        byte_offset: u64::MAX - 16,
        byte_length: None,
        element: ElementType::F64,
        operation: Operation::Overwrite,
    };
    let rules = table(u64::MAX, typed);
    let mut builder = builder(&base, u64::MAX, &rules);
    let updated = [0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1];
    builder.pages(u64::MAX - 16, &[0, 0, 0, 3], &updated).expect("inside");
    assert_eq!(builder.pages(u64::MAX, &[], &[1]).expect_err("past the end").kind(), ErrorKind::OutOfRange);
    let diff = builder.finish().expect("a diff");
    assert_eq!(places(&diff), [(u64::MAX - 16, 16)]);
    let whole: Vec<_> = std::iter::once(u64::MAX - 16..u64::MAX).collect();
    assert_eq!((diff.changed_ranges(), diff.conflicts(&diff)), (whole.clone(), whole));
    let offsets: Vec<u64> =
        diff.entries().flat_map(|entry| entry.deltas().expect("originals")).map(|delta| delta.byte_offset).collect();
    assert_eq!(offsets, [u64::MAX - 16, u64::MAX - 8]);

    // The same at the very last byte, opaque, with a run that is not exact.
    let rules = MergeRules::new(u64::MAX, Operation::Overwrite).expect("legal");
    let options = pagefold_core::DiffOptions { gap: 16, originals: true };
    let mut builder =
        DiffBuilder::new(base_of(base.byte_length), AUTHOR, u64::MAX, &rules, &base, options).expect("a builder");
    builder.pages(u64::MAX - 16, &[0, 0, 0, 3], &updated).expect("inside");
    let diff = builder.finish().expect("a diff");
    assert_eq!(diff.changed_ranges(), [u64::MAX - 9..u64::MAX - 8, u64::MAX - 1..u64::MAX]);
    assert_eq!(diff.entries().flat_map(|entry| entry.deltas().expect("originals")).count(), 2);
    // An empty diff follows: nothing changes, and nothing overflows on the way.
    let empty = DiffBuilder::new(
        base_of(u64::MAX),
        AUTHOR,
        u64::MAX,
        &rules,
        &Sparse { byte_length: u64::MAX, bytes: BTreeMap::new() },
        options,
    )
    .expect("a builder")
    .finish()
    .expect("a diff");
    assert_eq!(diff.compose(&empty).expect("composed"), diff);
}
