//! What holds for every memory, table and way of passing parts.

use pagefold_core::{Diff, DiffOptions, ElementType, MergeRegion, MergeRules, Operation};
use proptest::prelude::*;

use super::oracle::{units, units_of};
use super::{applied, diff_of};

/// The longest memory of these tests.
const MAX: usize = 700;

/// A table, kept with the regions that it accepted in the order of declaring.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) rules: MergeRules,
    pub(super) regions: Vec<MergeRegion>,
}

/// A table of a few regions; those that cannot be declared are left out.
pub(super) fn any_table() -> impl Strategy<Value = Table> {
    let region = (0..MAX as u64, 1_u64..30, 0..ElementType::ALL.len(), 0..Operation::ALL.len(), 0..8).prop_map(
        |(byte_offset, count, element, operation, form)| {
            let element = ElementType::ALL[element];
            let byte_length = (form > 0).then_some(count * element.byte_width());
            MergeRegion { byte_offset, byte_length, element, operation: Operation::ALL[operation] }
        },
    );
    let gap = prop_oneof![Just(Operation::Overwrite), Just(Operation::Xor), Just(Operation::Ignore)];
    (gap, proptest::collection::vec(region, 0..12)).prop_map(|(gap, declared)| {
        let mut table = Table { rules: MergeRules::new(MAX as u64, gap).expect("legal"), regions: Vec::new() };
        for region in declared {
            if table.rules.declare(region).is_ok() {
                table.regions.push(region);
            }
        }
        table
    })
}

/// Changes: stretches in which every n-th byte is set to a value.
#[derive(Debug, Clone)]
pub(super) struct Change {
    at: usize,
    length: usize,
    step: usize,
    value: u8,
}

pub(super) fn any_changes() -> impl Strategy<Value = Vec<Change>> {
    let step = prop_oneof![Just(1_usize), Just(2), 1_usize..20];
    let value = prop_oneof![Just(0), Just(1), any::<u8>()];
    let change =
        (0..MAX, 0_usize..200, step, value).prop_map(|(at, length, step, value)| Change { at, length, step, value });
    proptest::collection::vec(change, 0..6)
}

pub(super) fn change(memory: &mut [u8], changes: &[Change]) {
    for change in changes {
        let end = (change.at + change.length).min(memory.len());
        let part = memory.get_mut(change.at..end).unwrap_or_default();
        part.iter_mut().step_by(change.step).for_each(|byte| *byte = change.value);
    }
}

/// A base and a memory at least as long.
pub(super) fn any_memories() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    (0..=MAX, 0..=MAX, any_changes(), any_changes()).prop_map(|(one, other, in_base, in_memory)| {
        let mut base = vec![0; one.min(other)];
        change(&mut base, &in_base);
        let mut updated = base.clone();
        updated.resize(one.max(other), 0);
        change(&mut updated, &in_memory);
        (base, updated)
    })
}

fn any_gap() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0_u64), Just(16), 0_u64..40, Just(1000), Just(u64::MAX)]
}

/// The parts of a memory that differ, rounded to pages of any length, with any others, cut or joined as it comes.
fn parts(base: &[u8], updated: &[u8], page: usize, extra: &[bool], joined: bool) -> Vec<std::ops::Range<usize>> {
    let differs = |at: usize| base.get(at).copied().unwrap_or(0) != updated[at];
    let mut parts: Vec<std::ops::Range<usize>> = Vec::new();
    for (index, start) in (0..updated.len()).step_by(page).enumerate() {
        let range = start..(start + page).min(updated.len());
        if !extra[index % extra.len()] && !range.clone().any(differs) {
            continue;
        }
        match parts.last_mut() {
            Some(last) if joined && last.end == range.start => last.end = range.end,
            _ => parts.push(range),
        }
    }
    parts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn a_diff_is_what_a_loop_over_all_elements_finds(
        table in any_table(),
        (base, updated) in any_memories(),
        gap in any_gap(),
        originals in any::<bool>(),
        page in prop_oneof![1_usize..20, Just(64), Just(100), Just(512)],
        extra in proptest::collection::vec(any::<bool>(), 1..9),
        joined in any::<bool>(),
    ) {
        let (base_before, updated_before) = (base.clone(), updated.clone());
        let options = DiffOptions { gap, originals };
        let passed = parts(&base, &updated, page, &extra, joined);
        let diff = diff_of(&base, &updated, &table.rules, options, passed);
        let expected = units(&base, &updated, MAX, table.rules.gap(), &table.regions);
        let (diff, expected) = match (diff, expected) {
            (Ok(diff), Ok(expected)) => (diff, expected),
            (diff, expected) => {
                prop_assert_eq!(diff.err().map(|error| error.kind()), expected.err());
                return Ok(());
            }
        };
        prop_assert_eq!(units_of(&diff, &base, gap), expected);
        prop_assert_eq!(diff.byte_length(), updated.len() as u64);
        prop_assert_eq!(diff.has_originals(), originals);

        // Neither the parts that are passed nor the order of declaring matters, and a second diff is the same.
        let whole = Diff::between(&base, &updated, &table.rules, options).expect("a diff");
        prop_assert_eq!(&whole.by(diff.author()).against(diff.base()).expect("one length"), &diff);
        let reversed = MergeRules::new(MAX as u64, table.rules.gap()).expect("legal");
        let reversed = reversed.with(table.regions.iter().rev().copied()).expect("the same regions");
        let passed = parts(&base, &updated, page, &extra, joined);
        prop_assert_eq!(&diff_of(&base, &updated, &reversed, options, passed).expect("a diff"), &diff);
        prop_assert_eq!((&base, &updated), (&base_before, &updated_before));

        // Two runs of one stretch are apart by more than the gap, and none crosses a border.
        let stretches: Vec<_> = table.rules.coverage(0..MAX as u64).collect();
        let stretch_of = |at: u64| stretches.partition_point(|stretch| stretch.byte_offset <= at);
        let places: Vec<(u64, u64)> =
            diff.entries().map(|entry| (entry.byte_offset, entry.byte_offset + entry.bytes.len() as u64)).collect();
        prop_assert!(places.iter().all(|(start, end)| stretch_of(*start) == stretch_of(end - 1)));
        for pair in places.windows(2) {
            prop_assert!(stretch_of(pair[0].0) != stretch_of(pair[1].0) || pair[1].0 - pair[0].1 > gap);
        }
    }

    /// The base and a diff give the memory, apart from what is ignored.
    #[test]
    fn a_base_and_its_diff_give_the_memory(table in any_table(), (base, updated) in any_memories(), gap in any_gap()) {
        let Ok(diff) = Diff::between(&base, &updated, &table.rules, DiffOptions { gap, originals: false }) else {
            return Ok(());
        };
        let mut expected = updated.clone();
        for ignored in table.rules.coverage(0..updated.len() as u64).filter(|stretch| stretch.operation == Operation::Ignore) {
            for at in (ignored.byte_offset..).take(usize::try_from(ignored.byte_length).expect("small")) {
                let at = usize::try_from(at).expect("small");
                expected[at] = base.get(at).copied().unwrap_or(0);
            }
        }
        prop_assert_eq!(applied(&base, &diff), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Dense changes without regions, in which each four bytes have one: the runs are those that joining byte by byte gives.
    #[test]
    fn dense_changes_are_joined_as_a_loop_over_bytes_joins_them(
        places in proptest::collection::vec((0_usize..4, prop_oneof![6 => Just(true), 1 => any::<bool>()]), 1..400),
        gap in 0_u64..12,
        shift in 0_usize..5,
    ) {
        let base = vec![1; places.len() * 4 + shift];
        let mut updated = base.clone();
        for (word, (place, is_changed)) in places.iter().enumerate() {
            updated[shift + word * 4 + place] = if *is_changed { 2 } else { 1 };
        }
        let rules = MergeRules::new(base.len() as u64, Operation::Overwrite).expect("legal");
        let diff = Diff::between(&base, &updated, &rules, DiffOptions { gap, originals: false }).expect("a diff");
        let mut expected: Vec<(usize, usize, bool)> = Vec::new();
        for at in (0..base.len()).filter(|at| base[*at] != updated[*at]) {
            match expected.last_mut() {
                Some((_, end, is_exact)) if (at - *end) as u64 <= gap => {
                    *is_exact &= *end == at;
                    *end = at + 1;
                }
                _ => expected.push((at, at + 1, true)),
            }
        }
        let found: Vec<(usize, usize, bool)> = diff
            .entries()
            .map(|entry| (usize::try_from(entry.byte_offset).expect("small"), entry.bytes.len(), entry.exact))
            .map(|(start, length, is_exact)| (start, start + length, is_exact))
            .collect();
        prop_assert_eq!(found, expected);
    }
}
