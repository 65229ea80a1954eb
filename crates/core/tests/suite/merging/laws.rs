//! The laws of merging, on random rules and memories.

use pagefold_core::{Author, Diff, ElementType, MergeRegion, MergeRules, Operation, apply};
use proptest::prelude::*;

use super::oracle::{self, diff_of, padded};
use super::{merge, rules, written};

const BYTES: usize = 240;

/// Operations that give one result in every order, for types that have no rounding.
const FREE_OF_ORDER: [Operation; 8] = [
    Operation::Sum,
    Operation::Subtract,
    Operation::Max,
    Operation::Min,
    Operation::Xor,
    Operation::And,
    Operation::Or,
    Operation::Ignore,
];

fn legal_pair() -> impl Strategy<Value = (ElementType, Operation)> {
    (prop::sample::select(&ElementType::ALL[..]), prop::sample::select(&Operation::ALL[..]))
        .prop_filter("illegal pairs are refused", |(element, operation)| operation.is_legal_for(*element))
}

/// Up to five regions with gaps between some of them, and what holds in those.
fn any_rules() -> impl Strategy<Value = MergeRules> {
    let region = (0_u64..20, 1_u64..6, legal_pair());
    let gap = prop::sample::select(&Operation::ALL[..]).prop_filter("raw", |gap| gap.is_legal_for(ElementType::Raw));
    (prop::collection::vec(region, 0..6), gap).prop_map(|(regions, gap)| {
        let mut offset = 0;
        let placed = regions.into_iter().map(|(space, count, (element, operation))| {
            let start = offset + space;
            let length = count * element.byte_width();
            offset = start + length;
            (start, Some(length), element, operation)
        });
        rules(1 << 16, gap, &placed.collect::<Vec<_>>())
    })
}

fn rules_free_of_order() -> impl Strategy<Value = MergeRules> {
    let pair = legal_pair().prop_filter("free of order", |(element, operation)| {
        let rounds = matches!(element, ElementType::F32 | ElementType::F64);
        let sums = matches!(operation, Operation::Sum | Operation::Subtract);
        FREE_OF_ORDER.contains(operation) && !(rounds && sums)
    });
    (pair, 0_u64..30, prop::sample::select(&[Operation::Xor, Operation::And, Operation::Or][..]))
        .prop_map(|((element, operation), start, gap)| rules(1 << 16, gap, &[(start, Some(96), element, operation)]))
}

/// Few values, so that elements are often equal, zero, or the same in two memories.
fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![4 => Just(0_u8), 1 => Just(1), 1 => Just(0x80), 1 => Just(0xFF), 1 => any::<u8>()]
}

fn base() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(byte(), 0..BYTES)
}

/// Some stretches of a memory get other bytes; others are left, so that gaps of every length come about.
fn writes() -> impl Strategy<Value = Vec<(usize, Vec<u8>)>> {
    prop::collection::vec((0..BYTES, prop::collection::vec(byte(), 1..40)), 0..6)
}

/// A base, and memories that grew out of it and are as long as it at least. Typed elements are never cut off.
fn memories(count: usize) -> impl Strategy<Value = (Vec<u8>, Vec<Vec<u8>>)> {
    let grown = (writes(), 0_usize..3);
    (base(), prop::collection::vec(grown, count)).prop_map(|(base, grown)| {
        let memories = grown.into_iter().map(|(writes, pages)| {
            let mut memory = padded(&base, BYTES + 64 * pages);
            for (start, bytes) in writes {
                let end = (start + bytes.len()).min(memory.len());
                memory[start..end].copy_from_slice(&bytes[..end - start]);
            }
            memory
        });
        let memories = memories.collect();
        (base, memories)
    })
}

fn diffs(base: &[u8], memories: &[Vec<u8>], rules: &MergeRules, gap: usize) -> Vec<Diff> {
    (1..).zip(memories).map(|(origin, memory)| diff_of(base, memory, rules, origin, gap, false)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn merging_is_what_the_documentation_says(
        (base, memories) in memories(3), rules in any_rules(), gap in prop::sample::select(&[0_usize, 1, 16, 4096][..])
    ) {
        let diffs = diffs(&base, &memories, &rules, gap);
        let before = (base.clone(), diffs.clone(), rules.clone());
        let slices: Vec<&[u8]> = memories.iter().map(Vec::as_slice).collect();
        let expected = oracle::merged(&base, &rules, &slices);
        let mut backwards = diffs.clone();
        backwards.reverse();
        for arrived in [&diffs, &backwards] {
            match (merge(&base, &rules, arrived), &expected) {
                (Ok(merged), Ok(expected)) => prop_assert_eq!(&written(&base, &merged), expected),
                (Err(error), Err(_)) => prop_assert!(!error.conflicts().is_empty()),
                (got, expected) => prop_assert!(false, "{got:?} and not {expected:?}"),
            }
        }
        prop_assert_eq!(before, (base, diffs, rules));
    }

    #[test]
    fn one_diff_merged_is_the_changed_memory_under_exact_operations(
        (base, memories) in memories(1), rules in any_rules()
    ) {
        let diff = diff_of(&base, &memories[0], &rules, 1, 16, false);
        let merged = merge(&base, &rules, &[diff]).expect("one diff is always defined");
        let got = written(&base, &merged);
        let original = padded(&base, got.len());
        for coverage in rules.coverage(0..got.len() as u64) {
            let start = usize::try_from(coverage.byte_offset).expect("memories are small");
            let range = start..start + usize::try_from(coverage.byte_length).expect("memories are small");
            match coverage.operation {
                Operation::Max | Operation::Min | Operation::And | Operation::Or => {}
                Operation::Xor if coverage.element == ElementType::Bool => {}
                Operation::Ignore => prop_assert_eq!(&got[range.clone()], &original[range]),
                _ => prop_assert_eq!(&got[range.clone()], &memories[0][range]),
            }
        }
    }

    #[test]
    fn operations_free_of_order_give_one_result(
        (base, memories) in memories(3), rules in rules_free_of_order()
    ) {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        let results = orders.map(|order| {
            let memories = order.map(|at| memories[at].clone());
            let merged = merge(&base, &rules, &diffs(&base, &memories, &rules, 0)).expect("none of them fails");
            written(&base, &merged)
        });
        prop_assert!(results.iter().all(|result| *result == results[0]));
    }

    #[test]
    fn the_result_does_not_depend_on_the_gap((base, memories) in memories(3), rules in any_rules()) {
        let results = [0, 1, 7, 16, 1000].map(|gap| {
            merge(&base, &rules, &diffs(&base, &memories, &rules, gap))
                .map(|merged| (written(&base, &merged), merged.without_effect()))
                .map_err(|error| error.conflicts().to_vec())
        });
        prop_assert!(results.iter().all(|result| *result == results[0]));
    }

    #[test]
    fn applying_is_merging_where_the_target_is_the_base((base, memories) in memories(1), rules in any_rules()) {
        for originals in [false, true] {
            let diff = diff_of(&base, &memories[0], &rules, 1, 16, originals);
            let merged = merge(&base, &rules, std::slice::from_ref(&diff)).expect("one diff is always defined");
            let mut target = padded(&base, memories[0].len());
            let applied = apply(&diff, &&base[..], &mut target).expect("one diff is always defined");
            prop_assert_eq!(applied.without_effect, merged.without_effect());
            prop_assert_eq!(target, written(&base, &merged));
        }
    }

    #[test]
    fn applying_to_a_changed_target_is_what_the_documentation_says(
        (base, memories) in memories(2), rules in any_rules()
    ) {
        let target = padded(&memories[1], memories[0].len());
        let diff = diff_of(&base, &memories[0], &rules, 1, 16, false);
        let mut got = target.clone();
        match (apply(&diff, &&base[..], &mut got), oracle::applied(&base, &rules, &memories[0], &target)) {
            (Ok(_), Ok(expected)) => prop_assert_eq!(got, expected),
            (Err(error), Err(_)) => {
                prop_assert!(!error.conflicts().is_empty());
                prop_assert_eq!(got, target);
            }
            (got, expected) => prop_assert!(false, "{got:?} and not {expected:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Long runs are copied where the target is as the base, and merged where it is not.
    #[test]
    fn long_runs_are_applied_as_the_documentation_says(
        step in 1..5_usize,
        lengths in prop::collection::vec(1..2500_usize, 1..6),
        others in prop::collection::vec(0..20_000_usize, 0..4),
        element in prop::sample::select(&[ElementType::Raw, ElementType::I32, ElementType::F64][..]),
        operation in prop::sample::select(&[Operation::Overwrite, Operation::FirstWriter][..]),
    ) {
        const WORDS: usize = 2500;
        let base: Vec<u8> = (0..=250).cycle().take(WORDS * 8).collect();
        let mut rules = MergeRules::new(base.len() as u64, Operation::Overwrite).expect("legal");
        let whole = MergeRegion { byte_offset: 0, byte_length: None, element, operation };
        rules.declare(whole).expect("legal for every type");
        let mut memory = base.clone();
        for (index, length) in lengths.iter().enumerate() {
            let start = index * WORDS * 8 / lengths.len();
            let end = (start + length * 8).min(base.len());
            memory[start..end].iter_mut().step_by(step).for_each(|byte| *byte ^= 0x3c);
        }
        let mut target = base.clone();
        others.iter().for_each(|at| target[*at] ^= 0x41);
        let diff = diff_of(&base, &memory, &rules, 1, 16, false);
        let mut got = target.clone();
        apply(&diff, &&base[..], &mut got).expect("neither operation can fail");
        let expected = oracle::applied(&base, &rules, &memory, &target).expect("neither operation can fail");
        prop_assert!(got == expected, "first at {:?}", got.iter().zip(&expected).position(|(one, other)| one != other));
    }
}

/// Everything again with diffs as users make them, encoded and decoded on the way.
mod with_made_diffs {
    use pagefold_core::{Compression, DecodeLimits, DiffOptions, decode, encode};

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn merging_is_what_the_documentation_says(
            (base, memories) in memories(3),
            rules in any_rules(),
            gap in prop::sample::select(&[0_u64, 1, 16, 4096][..]),
            originals in any::<bool>(),
        ) {
            let slices: Vec<&[u8]> = memories.iter().map(Vec::as_slice).collect();
            let mut diffs = Vec::new();
            for (origin, memory) in (1..).zip(&slices) {
                let made = Diff::between(&base, memory, &rules, DiffOptions { gap, originals });
                let diff = made.expect("no element is cut off").by(Author { origin, sequence: 1 });
                let bytes = encode(&diff, Compression::Lz4);
                let again = decode(&bytes, DecodeLimits::for_memory(1 << 16)).expect("it was just encoded");
                prop_assert_eq!(&again, &diff);
                diffs.push(again);
            }
            match (merge(&base, &rules, &diffs), oracle::merged(&base, &rules, &slices)) {
                (Ok(merged), Ok(expected)) => prop_assert_eq!(written(&base, &merged), expected),
                (Err(error), Err(_)) => prop_assert!(!error.conflicts().is_empty()),
                (got, expected) => prop_assert!(false, "{got:?} and not {expected:?}"),
            }
            let target = padded(&memories[1], memories[0].len());
            let mut got = target.clone();
            match (apply(&diffs[0], &&base[..], &mut got), oracle::applied(&base, &rules, &memories[0], &target)) {
                (Ok(_), Ok(expected)) => prop_assert_eq!(got, expected),
                (Err(_), Err(_)) => prop_assert_eq!(got, target),
                (got, expected) => prop_assert!(false, "{got:?} and not {expected:?}"),
            }
        }
    }
}
