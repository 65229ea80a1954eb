//! Diffs one after the other, side by side, and backwards.

use std::collections::BTreeSet;

use pagefold_core::{Base, Diff, DiffOptions, ElementType, ErrorKind, Operation};
use proptest::prelude::*;

use super::laws::{any_changes, any_memories, any_table, change};
use super::oracle::units_of;
use super::{AUTHOR, EXACT, applied, base_of, diff_of, places_of, region, rules, runs_of};

const JOINED: DiffOptions = DiffOptions { gap: 16, originals: true };

/// Every byte that differs between two memories of one length.
fn differing(one: &[u8], other: &[u8]) -> BTreeSet<u64> {
    (0..).zip(one.iter().zip(other)).filter(|(_, (one, other))| one != other).map(|(at, _)| at).collect()
}

fn bytes_of(ranges: &[std::ops::Range<u64>]) -> BTreeSet<u64> {
    assert!(ranges.windows(2).all(|pair| pair[0].end < pair[1].start), "{ranges:?} ascend and never touch");
    assert!(ranges.iter().all(|range| !range.is_empty()));
    ranges.iter().cloned().flatten().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn composing_gives_the_diff_from_the_first_to_the_last(
        table in any_table(),
        (base, middle) in any_memories(),
        changes in any_changes(),
        put_back in any::<bool>(),
        gaps in (prop_oneof![Just(0_u64), Just(16), Just(40)], prop_oneof![Just(0_u64), Just(16), Just(40)]),
    ) {
        let mut last = middle.clone();
        if put_back {
            last[..base.len()].copy_from_slice(&base);
        }
        change(&mut last, &changes);
        for originals in [true, false] {
            let between = |from: &[u8], to: &[u8], gap| Diff::between(from, to, &table.rules, DiffOptions { gap, originals });
            let diffs = (between(&base, &middle, gaps.0), between(&middle, &last, gaps.1), between(&base, &last, 16));
            let (Ok(first), Ok(second), Ok(direct)) = diffs else { continue };
            let composed = first.compose(&second).expect("one after the other");
            prop_assert_eq!((composed.base(), composed.author()), (first.base(), first.author()));
            prop_assert_eq!(composed.byte_length(), direct.byte_length());
            prop_assert_eq!(composed.has_originals(), originals);
            // Bytes that are ignored are not in any of the diffs.
            prop_assert_eq!(applied(&base, &composed), applied(&base, &direct));
            if originals {
                prop_assert_eq!(units_of(&composed, &base, 16), units_of(&direct, &base, 16));
            }
        }
    }

    #[test]
    fn the_inverse_leads_back_and_its_inverse_forward(
        table in any_table(),
        (base, updated) in any_memories(),
        gap in prop_oneof![Just(0_u64), Just(16)],
    ) {
        let mut updated = updated;
        updated.truncate(base.len());
        let Ok(diff) = diff_of(&base, &updated, &table.rules, DiffOptions { gap, originals: true }, std::iter::once(0..base.len())) else {
            return Ok(());
        };
        let inverse = diff.invert().expect("originals, and no growth");
        let changed = applied(&base, &diff);
        prop_assert_eq!(applied(&changed, &inverse), base);
        prop_assert!(inverse.base().id.is_nil());
        prop_assert_eq!(inverse.invert().expect("originals").against(diff.base()).expect("one length"), diff.clone());
        // There and back is nothing.
        prop_assert_eq!(diff.compose(&inverse).expect("one after the other").entry_count(), 0);
    }

    #[test]
    fn conflicts_are_what_both_change(
        (base, one) in any_memories(),
        changes in any_changes(),
        gaps in (0_u64..20, 0_u64..20),
    ) {
        let mut other = base.clone();
        other.resize(one.len(), 0);
        change(&mut other, &changes);
        let whole = rules(700, Operation::Overwrite, &[]);
        let between = |updated: &[u8], options| Diff::between(&base, updated, &whole, options).expect("a diff");
        let (left, right) = (
            between(&one, DiffOptions { gap: gaps.0, originals: true }),
            between(&other, DiffOptions { gap: gaps.1, originals: true }),
        );
        let mut grown = base.clone();
        grown.resize(one.len(), 0);
        let (changed, also) = (differing(&grown, &one), differing(&grown, &other));
        prop_assert_eq!(bytes_of(&left.changed_ranges()), changed.clone());
        let both: BTreeSet<u64> = changed.intersection(&also).copied().collect();
        prop_assert_eq!(bytes_of(&left.conflicts(&right)), both.clone());
        prop_assert_eq!(left.conflicts(&right), right.conflicts(&left));
        // Without originals none is missing, and with a gap of 0 none is too many.
        let plain = |updated: &[u8], gap| between(updated, DiffOptions { gap, originals: false });
        prop_assert!(bytes_of(&plain(&one, gaps.0).conflicts(&plain(&other, gaps.1))).is_superset(&both));
        prop_assert_eq!(bytes_of(&plain(&one, 0).conflicts(&plain(&other, 0))), both);
    }
}

#[test]
fn composing_works_element_by_element() {
    let typed = rules(16, Operation::Overwrite, &[region(0, 16, ElementType::I32, Operation::Sum)]);
    let between = |from: &[u8], to: &[u8]| Diff::between(from, to, &typed, EXACT).expect("a diff");
    let (base, middle) = ([0; 16], [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let last = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0];
    let composed = between(&base, &middle).compose(&between(&middle, &last)).expect("composed");
    // The element at 4 was put back.
    assert_eq!(runs_of(&composed), [(0, vec![1, 0, 0, 0]), (12, vec![3, 0, 0, 0])]);
    assert!(composed.entries().all(|entry| entry.exact && entry.original == Some(&[0; 4])));
}

#[test]
fn what_was_put_back_stays_without_originals() {
    let whole = rules(4, Operation::Overwrite, &[]);
    let plain = DiffOptions { gap: 0, originals: false };
    let between = |from: &[u8], to: &[u8]| Diff::between(from, to, &whole, plain).expect("a diff");
    let composed = between(&[0; 4], &[0, 5, 5, 0]).compose(&between(&[0, 5, 5, 0], &[0, 5, 0, 0])).expect("composed");
    assert_eq!(runs_of(&composed), [(1, vec![5, 0])]);
    assert!(composed.entries().all(|entry| !entry.exact), "somebody has to look at the base");
}

#[test]
fn composing_keeps_adjacent_regions_apart() {
    let sum = |at| region(at, 4, ElementType::I32, Operation::Sum);
    let typed = rules(8, Operation::Overwrite, &[sum(0), sum(4)]);
    let between = |from: &[u8], to: &[u8]| Diff::between(from, to, &typed, JOINED).expect("a diff");
    let composed = between(&[0; 8], &[1; 8]).compose(&between(&[1; 8], &[2; 8])).expect("composed");
    assert_eq!(places_of(&composed), [(0, 4), (4, 4)]);
}

#[test]
fn diffs_that_do_not_follow_each_other_are_refused() {
    let whole = rules(8, Operation::Overwrite, &[]);
    let typed = rules(8, Operation::Overwrite, &[region(0, 8, ElementType::F64, Operation::Sum)]);
    let shifted = rules(8, Operation::Overwrite, &[region(2, 4, ElementType::I16, Operation::Sum)]);
    let between = |from: &[u8], to: &[u8], rules| Diff::between(from, to, rules, JOINED).expect("a diff");
    let kind = |outcome: pagefold_core::Result<Diff>| outcome.expect_err("refused").kind();
    let first = between(&[0; 4], &[1; 6], &whole);
    assert_eq!(kind(first.compose(&between(&[0; 4], &[1; 4], &whole))), ErrorKind::SizeMismatch);
    let longer = between(&[0; 8], &[1; 8], &whole);
    for other in [&typed, &shifted] {
        assert_eq!(kind(longer.compose(&between(&[1; 8], &[2; 8], other))), ErrorKind::StaleBase);
    }
    let revised = longer.clone().against(Base { revision: 9, ..longer.base() }).expect("one length");
    assert_eq!(kind(longer.compose(&revised)), ErrorKind::StaleBase);
}

#[test]
fn inverting_needs_originals_and_a_memory_that_did_not_grow() {
    let whole = rules(8, Operation::Overwrite, &[]);
    let plain = Diff::between(&[0; 4], &[1; 4], &whole, DiffOptions::default()).expect("a diff");
    assert_eq!(plain.invert().expect_err("refused").kind(), ErrorKind::NoOriginals);
    let grown = Diff::between(&[0; 4], &[1; 6], &whole, EXACT).expect("a diff");
    assert_eq!(grown.invert().expect_err("refused").kind(), ErrorKind::SizeMismatch);
}

#[test]
fn a_diff_keeps_its_changes_under_another_name() {
    let whole = rules(8, Operation::Overwrite, &[]);
    let diff = Diff::between(&[0; 4], &[1; 4], &whole, EXACT).expect("a diff");
    let named = diff.clone().by(AUTHOR).against(base_of(4)).expect("one length");
    assert_eq!((named.author(), named.base()), (AUTHOR, base_of(4)));
    assert_eq!(runs_of(&named), runs_of(&diff));
    assert_eq!(diff.against(base_of(5)).expect_err("refused").kind(), ErrorKind::SizeMismatch);
}
