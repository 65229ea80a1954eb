//! The cases of the specification by their names, and the defects of an older system that must not come back.

use pagefold_core::{Diff, ElementType, ErrorKind, MergeRegion, MergeRules, Operation, apply};

use super::oracle::{diff_of, padded};
use super::{merge, rules, written};

const PAGE: usize = 4096;

fn everything(element: ElementType, operation: Operation) -> MergeRules {
    rules(1 << 20, Operation::Overwrite, &[(0, None, element, operation)])
}

/// The merge of these memories, by origins that ascend.
fn merged(base: &[u8], rules: &MergeRules, memories: &[&[u8]], gap: usize) -> Result<Vec<u8>, pagefold_core::Error> {
    let diffs: Vec<Diff> =
        (1..).zip(memories).map(|(origin, memory)| diff_of(base, memory, rules, origin, gap, false)).collect();
    merge(base, rules, &diffs).map(|merged| written(base, &merged))
}

fn bytes_of(numbers: &[i32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// TYP13, W6: a base of zero is harmless for one diff and undefined for two; nothing traps.
#[test]
fn typ13_product_of_a_zero_base() {
    let rules = everything(ElementType::I32, Operation::Product);
    let base = bytes_of(&[0]);
    assert_eq!(merged(&base, &rules, &[&bytes_of(&[7])], 0).expect("one diff"), bytes_of(&[7]));
    let error = merged(&base, &rules, &[&bytes_of(&[7]), &bytes_of(&[9])], 0).expect_err("undefined");
    assert_eq!(error.kind(), ErrorKind::ProductUndefined);
    let conflict = error.conflicts()[0];
    assert_eq!((conflict.byte_offset, conflict.byte_length), (0, 4));
    assert_eq!(conflict.authors, [(1, 0), (2, 0)]);
}

/// W6: the smallest number over -1, inexact ratios, and a float base of zero.
#[test]
fn w6_products_never_trap_and_one_diff_is_exact() {
    let integers = everything(ElementType::I32, Operation::Product);
    let of = |o: i32, memories: &[i32]| {
        let memories: Vec<Vec<u8>> = memories.iter().map(|u| bytes_of(&[*u])).collect();
        merged(&bytes_of(&[o]), &integers, &memories.iter().map(Vec::as_slice).collect::<Vec<_>>(), 0)
    };
    assert_eq!(of(-1, &[i32::MIN]).expect("one diff"), bytes_of(&[i32::MIN]));
    // MIN * MIN / -1 is -2^62, whose low 32 bits are zero.
    assert_eq!(of(-1, &[i32::MIN, i32::MIN]).expect("defined by the wrap"), bytes_of(&[0]));
    assert_eq!(of(3, &[7]).expect("one diff"), bytes_of(&[7]));
    assert_eq!(of(3, &[6, 5]).expect("30 / 3"), bytes_of(&[10]));
    assert_eq!(of(3, &[7, 5]).expect_err("35 / 3").kind(), ErrorKind::ProductUndefined);

    let floats = everything(ElementType::F64, Operation::Product);
    let f64s = |value: f64| value.to_le_bytes();
    for o in [0.0, -0.0, f64::NAN, f64::INFINITY] {
        let error = merged(&f64s(o), &floats, &[&f64s(2.0), &f64s(3.0)], 0).expect_err("undefined");
        assert_eq!(error.kind(), ErrorKind::ProductUndefined, "{o}");
        assert_eq!(merged(&f64s(o), &floats, &[&f64s(2.0)], 0).expect("one diff"), f64s(2.0), "{o}");
    }
}

#[test]
fn typ14_a_sum_wraps_and_unwraps() {
    let rules = everything(ElementType::I32, Operation::Sum);
    let memories = [bytes_of(&[i32::MIN]), bytes_of(&[i32::MAX - 2])];
    let got = merged(&bytes_of(&[i32::MAX]), &rules, &[&memories[0], &memories[1]], 0).expect("sums never fail");
    assert_eq!(got, bytes_of(&[2_147_483_646]));
}

#[test]
fn typ15_changes_are_changes_of_bits() {
    let rules = everything(ElementType::F64, Operation::Overwrite);
    let nan = f64::from_bits(0x7FF8_0000_0000_0042);
    let base = [0.0_f64.to_le_bytes(), nan.to_le_bytes()].concat();
    let memory = [(-0.0_f64).to_le_bytes(), nan.to_le_bytes()].concat();
    let diff = diff_of(&base, &memory, &rules, 1, 0, false);
    assert_eq!(diff.entry_count(), 1);
    assert_eq!(merged(&base, &rules, &[&memory], 0).expect("one diff"), memory);
}

#[test]
fn typ16_halves_of_two_values_never_mix() {
    let rules = everything(ElementType::F64, Operation::Overwrite);
    let base = 1.0_f64.to_le_bytes();
    let [mut low, mut high] = [base; 2];
    low[..4].fill(0x11);
    high[4..].fill(0x22);
    assert_eq!(merged(&base, &rules, &[&low, &high], 16).expect("the last wins"), high);
    assert_eq!(merged(&base, &rules, &[&high, &low], 16).expect("the last wins"), low);
}

/// TYP18: a target that has changed meets a contribution.
#[test]
fn typ18_contributions_meet_a_changed_target() {
    for (operation, target, o, u, expected) in [
        (Operation::Sum, 100, 50, 60, 110),
        (Operation::Subtract, 100, 50, 40, 90),
        (Operation::Product, 10, 1, 20, 200),
        (Operation::Min, 1000, 2000, 100, 100),
        (Operation::Min, 10, 40, 20, 10),
    ] {
        let rules = rules(64, Operation::Overwrite, &[(8, Some(4), ElementType::I32, operation)]);
        let [base, memory] = [bytes_of(&[0, 0, o]), bytes_of(&[0, 0, u])];
        let mut state = bytes_of(&[0, 0, target]);
        apply(&diff_of(&base, &memory, &rules, 1, 0, false), &&base[..], &mut state).expect("it is defined");
        assert_eq!(state, bytes_of(&[0, 0, expected]), "{operation}");
    }
}

/// RUN5: bytes that join two runs are never merged.
#[test]
fn run5_bytes_in_between_are_somebody_elses() {
    let rules = rules(64, Operation::Overwrite, &[]);
    let base = [0; 16];
    let [mut one, mut other] = [base; 2];
    for at in [0, 1, 2, 13, 14, 15] {
        one[at] = 1;
    }
    other[5..8].fill(2);
    let expected = [1, 1, 1, 0, 0, 2, 2, 2, 0, 0, 0, 0, 0, 1, 1, 1];
    for memories in [[&one[..], &other], [&other, &one]] {
        assert_eq!(merged(&base, &rules, &memories, 16).expect("overwrite never fails"), expected);
    }
    let mut target = other;
    apply(&diff_of(&base, &one, &rules, 1, 16, false), &&base[..], &mut target).expect("overwrite never fails");
    assert_eq!(target, expected);
}

/// GAP6, W3, W5: an ignored range stays as it was, in every round.
#[test]
fn gap6_a_mask_wins() {
    let rules = rules(300, Operation::Xor, &[(100, None, ElementType::Raw, Operation::Ignore)]);
    let base = [0; 300];
    let mut memory = base;
    (memory[50], memory[200]) = (5, 5);
    let mut expected = base.to_vec();
    expected[50] = 5;
    for _ in 0..2 {
        assert_eq!(merged(&base, &rules, &[&memory], 16).expect("xor never fails"), expected);
        assert_eq!(rules.coverage(0..300).count(), 2);
    }
}

#[test]
fn gap8_a_region_declared_twice_counts_once() {
    let region =
        MergeRegion { byte_offset: 0, byte_length: Some(4), element: ElementType::I32, operation: Operation::Sum };
    let mut rules = MergeRules::new(64, Operation::Overwrite).expect("these rules are legal");
    rules.declare(region).expect("it is the first");
    assert_eq!(rules.declare(region).expect_err("it overlaps").kind(), ErrorKind::RegionOverlap);
    assert_eq!(merged(&bytes_of(&[100]), &rules, &[&bytes_of(&[150])], 0).expect("one diff"), bytes_of(&[150]));
}

/// GAP10, W8: a minimum behind the end of the base has nothing to be smaller than.
#[test]
fn gap10_a_minimum_that_begins_at_the_end() {
    let rules = rules(64, Operation::Overwrite, &[(8, Some(4), ElementType::I32, Operation::Min)]);
    let base = bytes_of(&[1, 2]);
    assert_eq!(merged(&base, &rules, &[&bytes_of(&[1, 2, 5])], 0).expect("one diff"), bytes_of(&[1, 2, 5]));
    let two = merged(&base, &rules, &[&bytes_of(&[1, 2, 5]), &bytes_of(&[1, 2, 9])], 0).expect("min never fails");
    assert_eq!(two, bytes_of(&[1, 2, 5]));
}

/// GRO2, GRO3: growth is in the lengths; only bytes that are not zero are runs.
#[test]
fn gro_the_longest_memory_gives_the_length() {
    let base = vec![3; 5 * PAGE];
    let [mut short, mut long] = [padded(&base, 6 * PAGE), padded(&base, 8 * PAGE)];
    for at in [0, 2 * PAGE, 5 * PAGE + 10] {
        short[at] = 1;
    }
    long[8 * PAGE - 20] = 1;
    long[3 * PAGE + 10] = 1;
    let mut expected = padded(&short, 8 * PAGE);
    expected[3 * PAGE + 10] = 1;
    expected[8 * PAGE - 20] = 1;
    let overwrite = rules(1 << 20, Operation::Overwrite, &[]);
    for memories in [[&short[..], &long], [&long, &short]] {
        assert_eq!(merged(&base, &overwrite, &memories, 0).expect("overwrite never fails"), expected);
    }
    let ignore = rules(1 << 20, Operation::Ignore, &[]);
    assert_eq!(merged(&base, &ignore, &[&short, &long], 0).expect("nothing is merged"), padded(&base, 8 * PAGE));
    let unchanged = padded(&base, 7 * PAGE);
    assert_eq!(merged(&base, &overwrite, &[&unchanged], 0).expect("nothing changed"), unchanged);
}

/// W7: a small value that a large one would swallow as a difference.
#[test]
fn w7_one_diff_is_exact_in_floats() {
    let rules = everything(ElementType::F64, Operation::Sum);
    let (base, memory) = (1e300_f64.to_le_bytes(), 1.0_f64.to_le_bytes());
    assert_eq!(merged(&base, &rules, &[&memory], 0).expect("sums never fail"), memory);
}

/// W12: without xor two writers of one byte do not mix; with it they do, in any order.
#[test]
fn w12_writers_mix_only_where_that_is_declared() {
    let base = [0x0F];
    for (operation, expected) in
        [(Operation::Overwrite, 0xF0), (Operation::FirstWriter, 0x3C), (Operation::Xor, 0x0F ^ 0x33 ^ 0xFF)]
    {
        let rules = everything(ElementType::Raw, operation);
        assert_eq!(merged(&base, &rules, &[&[0x3C], &[0xF0]], 0).expect("it is defined"), [expected], "{operation}");
    }
    let rules = everything(ElementType::Raw, Operation::Conflict);
    assert_eq!(merged(&base, &rules, &[&[1], &[1]], 0).expect_err("both wrote").kind(), ErrorKind::MergeConflict);
}

/// W13: a failure behind changes that could be merged leaves all of them out.
#[test]
fn w13_a_failure_leaves_everything() {
    let rules = rules(64, Operation::Overwrite, &[(32, Some(8), ElementType::I64, Operation::Conflict)]);
    let base = [0; 40];
    let [mut one, mut other] = [base; 2];
    (one[0], one[32]) = (1, 1);
    (other[1], other[39]) = (2, 2);
    let diffs = [diff_of(&base, &one, &rules, 1, 0, false), diff_of(&base, &other, &rules, 2, 0, false)];
    let before = diffs.clone();
    for _ in 0..2 {
        assert_eq!(merge(&base, &rules, &diffs).expect_err("a conflict").kind(), ErrorKind::MergeConflict);
        assert_eq!(diffs, before);
    }
    let mut target = one;
    let error = apply(&diffs[1], &&base[..], &mut target).expect_err("the target has changed it too");
    assert_eq!((error.kind(), target), (ErrorKind::MergeConflict, one));
}

/// Changes that came to nothing are counted.
#[test]
fn changes_without_effect_are_counted() {
    for (operation, o, memories, expected) in [
        (Operation::Max, 30, &[10][..], 1),
        (Operation::Max, 10, &[200], 0),
        (Operation::Min, 10, &[20, 5, 7], 2),
        (Operation::Or, 3, &[1], 1),
        (Operation::And, 3, &[7], 1),
        (Operation::FirstWriter, 0, &[1, 2, 3], 2),
        (Operation::Overwrite, 0, &[1, 1, 1], 0),
    ] {
        let rules = everything(ElementType::I32, operation);
        let base = bytes_of(&[o]);
        let diffs: Vec<Diff> =
            (1..).zip(memories).map(|(origin, u)| diff_of(&base, &bytes_of(&[*u]), &rules, origin, 0, false)).collect();
        let merged = merge(&base, &rules, &diffs).expect("it is defined");
        assert_eq!(merged.without_effect(), expected, "{operation}");
        assert_eq!(merged.diff_count(), memories.len());
    }
}
