//! Every type with every operation, with the values at the edges of the type, for one, two and three diffs.

use pagefold_core::{Diff, ElementType, ErrorKind, MergeRules, Operation, apply};

use super::oracle::{self, diff_of, padded};
use super::{merge, rules, written};

fn legal_pairs() -> impl Iterator<Item = (ElementType, Operation)> {
    let all = |element| Operation::ALL.into_iter().map(move |operation| (element, operation));
    ElementType::ALL.into_iter().flat_map(all).filter(|(element, operation)| operation.is_legal_for(*element))
}

/// Zeros, ones, the ends of the type, numbers that divide each other and some that do not.
fn edges(element: ElementType) -> Vec<Vec<u8>> {
    let width = usize::try_from(element.byte_width()).expect("elements are small");
    let small =
        |numbers: &[i64]| numbers.iter().map(|number| number.to_le_bytes()[..width].to_vec()).collect::<Vec<_>>();
    let ends = |low: u8, high: u8| {
        let end = |fill: u8, top: u8| [vec![fill; width - 1], vec![top]].concat();
        vec![end(0, low), end(0xFF, high)]
    };
    match element {
        ElementType::Raw | ElementType::Bool => small(&[0, 1, 2, 0x80, 0xFF]),
        ElementType::I8 | ElementType::I16 | ElementType::I32 | ElementType::I64 => {
            [small(&[0, 1, -1, 2, 6, -7]), ends(0x80, 0x7F)].concat()
        }
        ElementType::U8 | ElementType::U16 | ElementType::U32 | ElementType::U64 => {
            [small(&[0, 1, 2, 3, 12]), ends(0x80, 0x7F), ends(0, 0xFF)[1..].to_vec()].concat()
        }
        ElementType::F32 => {
            [0.0, -0.0, 1.5, -1.0, f32::MIN, f32::MAX, 1e-45, f32::INFINITY, f32::NEG_INFINITY, f32::NAN]
                .map(f32::to_bits)
                .into_iter()
                .chain([0xFFC0_1234])
                .map(|bits| bits.to_le_bytes().to_vec())
                .collect()
        }
        ElementType::F64 => {
            [0.0, -0.0, 1.5, -1.0, f64::MIN, f64::MAX, 5e-324, f64::INFINITY, f64::NEG_INFINITY, f64::NAN]
                .map(f64::to_bits)
                .into_iter()
                .chain([0xFFF8_0000_0000_1234])
                .map(|bits| bits.to_le_bytes().to_vec())
                .collect()
        }
    }
}

/// All ways to choose so many of the values, one after the other.
fn choices(values: &[Vec<u8>], count: usize) -> Vec<Vec<&[u8]>> {
    let mut all = vec![Vec::new()];
    for _ in 0..count {
        let shorter = std::mem::take(&mut all);
        for choice in shorter {
            all.extend(values.iter().map(|value| [&choice[..], &[&value[..]]].concat()));
        }
    }
    all
}

fn one_region(element: ElementType, operation: Operation) -> MergeRules {
    rules(1 << 24, Operation::Ignore, &[(0, None, element, operation)])
}

/// Diffs of these memories, by origins that ascend.
fn diffs(base: &[u8], memories: &[Vec<u8>], rules: &MergeRules, gap: usize) -> Vec<Diff> {
    (1..).zip(memories).map(|(origin, memory)| diff_of(base, memory, rules, origin, gap, false)).collect()
}

/// One merge of many elements, and one of each that is an error.
fn check(element: ElementType, operation: Operation, tuples: &[Vec<&[u8]>], in_tail: bool) {
    let rules = one_region(element, operation);
    let count = tuples[0].len() - 1;
    let expected = |base: &[u8], memories: &[&[u8]]| oracle::merged(base, &rules, memories);
    let mut base = Vec::new();
    let mut memories = vec![Vec::new(); count];
    for tuple in tuples {
        let (o, updated) = tuple.split_first().expect("a base and what became of it");
        let held = if in_tail { &[][..] } else { o };
        if let Err(kind) = expected(held, updated) {
            let alone = diffs(held, &updated.iter().map(|u| u.to_vec()).collect::<Vec<_>>(), &rules, 0);
            let error = merge(held, &rules, &alone).expect_err("the oracle refuses it");
            assert_eq!(error.kind(), kind, "{element} {operation}: {tuple:02x?}");
            continue;
        }
        base.extend_from_slice(held);
        updated.iter().zip(&mut memories).for_each(|(u, memory)| memory.extend_from_slice(u));
    }
    let slices: Vec<&[u8]> = memories.iter().map(Vec::as_slice).collect();
    let expected = expected(&base, &slices).expect("the others were taken out");
    for gap in [0, 16] {
        let diffs = diffs(&base, &memories, &rules, gap);
        let merged = merge(&base, &rules, &diffs).expect("the oracle allows it");
        let got = written(&base, &merged);
        compare(element, operation, tuples, &got, &expected);
        if let [diff] = &diffs[..] {
            let mut target = padded(&base, memories[0].len());
            let applied = apply(diff, &&base[..], &mut target).expect("one diff has no conflicts");
            assert!(target == got, "{element} {operation}: applied to its base it gives the same");
            assert_eq!(applied.without_effect, merged.without_effect(), "{element} {operation}");
        }
    }
}

fn compare(element: ElementType, operation: Operation, tuples: &[Vec<&[u8]>], got: &[u8], expected: &[u8]) {
    let width = usize::try_from(element.byte_width()).expect("elements are small");
    assert_eq!(got.len(), expected.len());
    let differ = got.chunks(width).zip(expected.chunks(width)).position(|(got, expected)| got != expected);
    if let Some(at) = differ {
        let [got, expected] = [got, expected].map(|bytes| &bytes[at * width..][..width]);
        panic!("{element} {operation}, element {at} of {}: {got:02x?} and not {expected:02x?}", tuples.len());
    }
}

#[test]
fn one_diff() {
    for (element, operation) in legal_pairs() {
        check(element, operation, &choices(&edges(element), 2), false);
    }
}

#[test]
fn two_diffs() {
    for (element, operation) in legal_pairs() {
        check(element, operation, &choices(&edges(element), 3), false);
    }
}

#[test]
fn three_diffs() {
    for (element, operation) in legal_pairs() {
        check(element, operation, &choices(&edges(element), 4), false);
    }
}

#[test]
fn elements_that_the_base_does_not_have() {
    for (element, operation) in legal_pairs() {
        let zero = vec![0; usize::try_from(element.byte_width()).expect("elements are small")];
        let values = edges(element);
        for count in 1..=3 {
            let tuples = choices(&values, count);
            let tuples: Vec<Vec<&[u8]>> = tuples.iter().map(|tuple| [&[&zero[..]], &tuple[..]].concat()).collect();
            check(element, operation, &tuples, true);
        }
    }
}

/// An element that begins in the base has a value there: the rest of it is zero.
#[test]
fn elements_that_the_base_has_a_part_of() {
    let rules = one_region(ElementType::I32, Operation::Max);
    let base = [1, 0, 0];
    let memories = [7_i32.to_le_bytes().to_vec(), (-5_i32).to_le_bytes().to_vec()];
    let merged = |memories: &[Vec<u8>]| {
        written(&base, &merge(&base, &rules, &diffs(&base, memories, &rules, 0)).expect("max never fails"))
    };
    assert_eq!(merged(&memories), 7_i32.to_le_bytes());
    assert_eq!(merged(&memories[1..]), 1_i32.to_le_bytes());
}

/// What illegal pairs do is the business of the rules, which refuse them.
#[test]
fn illegal_pairs_are_refused_when_they_are_declared() {
    for element in ElementType::ALL {
        for operation in Operation::ALL.into_iter().filter(|operation| !operation.is_legal_for(element)) {
            let region = pagefold_core::MergeRegion { byte_offset: 0, byte_length: Some(8), element, operation };
            let mut rules = MergeRules::new(64, Operation::Overwrite).expect("these rules are legal");
            let error = rules.declare(region).expect_err("an illegal pair");
            assert_eq!(error.kind(), ErrorKind::IllegalRegion, "{element} {operation}");
        }
    }
}
