//! What a memory changed against its base. The letters before a test name the cases of the reference that it restates.

mod algebra;
mod deltas;
mod far_offsets;
mod growth;
mod laws;
mod oracle;
mod partial_elements;
mod runs;

use pagefold_core::{
    Author, Base, Diff, DiffBuilder, DiffOptions, ElementType, MergeRegion, MergeRules, Operation, Result,
};

/// The page size that the cases of the reference have.
const PAGE: usize = 4096;

/// Exact runs, with what the base has.
const EXACT: DiffOptions = DiffOptions { gap: 0, originals: true };

fn region(byte_offset: usize, byte_length: usize, element: ElementType, operation: Operation) -> MergeRegion {
    MergeRegion { byte_offset: byte_offset as u64, byte_length: Some(byte_length as u64), element, operation }
}

fn to_end(byte_offset: usize, element: ElementType, operation: Operation) -> MergeRegion {
    MergeRegion { byte_offset: byte_offset as u64, byte_length: None, element, operation }
}

/// A table for memories of at most `max` bytes.
fn rules(max: usize, gap: Operation, regions: &[MergeRegion]) -> MergeRules {
    MergeRules::new(max as u64, gap).expect("a legal table").with(regions.iter().copied()).expect("legal regions")
}

fn base_of(byte_length: u64) -> Base {
    Base { id: uuid::Uuid::from_u128(7), version: 3, revision: 2, byte_length }
}

const AUTHOR: Author = Author { origin: 5, sequence: 9 };

/// The diff when only these parts of the memory are passed.
fn diff_of(
    base: &[u8],
    updated: &[u8],
    rules: &MergeRules,
    options: DiffOptions,
    parts: impl IntoIterator<Item = std::ops::Range<usize>>,
) -> Result<Diff> {
    let named = base_of(base.len() as u64);
    let mut builder = DiffBuilder::new(named, AUTHOR, updated.len() as u64, rules, &base, options)?;
    for part in parts {
        let held = part.start.min(base.len())..part.end.min(base.len());
        builder.pages(part.start as u64, &base[held], &updated[part])?;
    }
    builder.finish()
}

/// The diff when the flagged pages are passed, each alone. What was not flagged must not differ.
fn diff_of_pages(base: &[u8], updated: &[u8], rules: &MergeRules, options: DiffOptions, flags: &[u8]) -> Diff {
    let before = updated.to_vec();
    let pages = (0..).zip(flags).filter(|(_, flag)| **flag == 1);
    let parts = pages.map(|(page, _)| page * PAGE..((page + 1) * PAGE).min(updated.len()));
    let diff = diff_of(base, updated, rules, options, parts).expect("a diff");
    assert_eq!(
        diff,
        Diff::between(base, updated, rules, options)
            .expect("a diff")
            .by(AUTHOR)
            .against(diff.base())
            .expect("one length"),
        "all pages"
    );
    assert!(updated == before, "the memory is as it was (W2)");
    diff
}

/// Offset and bytes of each entry.
fn runs_of(diff: &Diff) -> Vec<(usize, Vec<u8>)> {
    let place = |offset: u64| usize::try_from(offset).expect("a small memory");
    diff.entries().map(|entry| (place(entry.byte_offset), entry.bytes.to_vec())).collect()
}

/// Offset and length of each entry.
fn places_of(diff: &Diff) -> Vec<(usize, usize)> {
    runs_of(diff).into_iter().map(|(offset, bytes)| (offset, bytes.len())).collect()
}

/// The memory that a diff leads to, if it is alone and no operation but plain ones is involved.
fn applied(base: &[u8], diff: &Diff) -> Vec<u8> {
    let mut memory = base.to_vec();
    memory.resize(usize::try_from(diff.byte_length()).expect("a small memory"), 0);
    for (offset, bytes) in runs_of(diff) {
        memory[offset..offset + bytes.len()].copy_from_slice(&bytes);
    }
    memory
}
