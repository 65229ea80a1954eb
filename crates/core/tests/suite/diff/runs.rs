use super::{EXACT, PAGE, diff_of, diff_of_pages, places_of, region, rules, runs_of, to_end};
use pagefold_core::{Diff, DiffOptions, ElementType, Operation};

const I32: ElementType = ElementType::I32;
const RAW: ElementType = ElementType::Raw;

/// Offset and length of the runs between two memories without regions.
fn places(base: &[u8], updated: &[u8]) -> Vec<(usize, usize)> {
    let rules = rules(base.len().max(1), Operation::Overwrite, &[]);
    places_of(&Diff::between(base, updated, &rules, EXACT).expect("a diff"))
}

// RUN1
#[test]
fn run1_runs_are_maximal_and_exact() {
    assert_eq!(places(&[1, 2, 3], &[1, 2, 3]), []);
    assert_eq!(places(&[], &[]), []);
    assert_eq!(places(&[0, 0, 2, 2, 3, 3, 4, 4, 5, 5], &[0, 1, 1, 2, 3, 6, 6, 6, 5, 5]), [(1, 2), (5, 3)]);
}

// RUN2
#[test]
fn run2_one_equal_byte_splits_a_run_without_a_gap() {
    assert_eq!(places(&[0, 1, 2, 3, 4], &[0, 1, 3, 3, 4]), [(2, 1)]);
    assert_eq!(places(&[0, 1, 2, 3, 4, 5, 6], &[1, 2, 3, 3, 3, 4, 6]), [(0, 3), (4, 2)]);
}

// RUN3
#[test]
fn run3_runs_are_found_wherever_they_lie_in_a_block() {
    let base = [1; 512];
    let mut updated = base;
    for (at, length) in [(133, 3), (141, 5), (260, 6)] {
        updated[at..at + length].fill(2);
    }
    let whole = rules(512, Operation::Overwrite, &[]);
    let diff = diff_of(&base, &updated, &whole, EXACT, std::iter::once(3..512)).expect("a diff");
    assert_eq!(places_of(&diff), [(133, 3), (141, 5), (260, 6)]);

    let base = [1; 384];
    let mut updated = base;
    updated[108..128].fill(2);
    assert_eq!(places(&base, &updated), [(108, 20)]);
}

// RUN4
#[test]
fn run4_a_run_crosses_a_page_border() {
    let base = vec![0; 2 * PAGE];
    let mut updated = base.clone();
    updated[4091..4101].fill(7);
    for regions in [vec![], vec![to_end(0, RAW, Operation::Xor)]] {
        let rules = rules(2 * PAGE, Operation::Overwrite, &regions);
        let diff = diff_of_pages(&base, &updated, &rules, EXACT, &[1, 1]);
        assert_eq!(runs_of(&diff), [(4091, vec![7; 10])]);
    }
}

// RUN5, the part of the diff: what joins two runs equals the base.
#[test]
fn run5_joined_runs_carry_what_the_base_has() {
    let base: Vec<u8> = (0..32).collect();
    let mut updated = base.clone();
    for at in [0, 1, 2, 13, 14, 15] {
        updated[at] = 99;
    }
    let whole = rules(32, Operation::Overwrite, &[]);
    let diff = Diff::between(&base, &updated, &whole, DiffOptions::default()).expect("a diff");
    assert_eq!(runs_of(&diff), [(0, updated[..16].to_vec())]);
    assert!(diff.entries().all(|entry| !entry.exact));
    let exact = Diff::between(&base, &updated, &whole, EXACT).expect("a diff");
    assert_eq!(places_of(&exact), [(0, 3), (13, 3)]);
    assert!(exact.entries().all(|entry| entry.exact));
}

// RUN6
#[test]
fn run6_every_second_byte_is_one_entry_for_each_dirty_stretch() {
    let base = vec![0x0f; 1638 * PAGE];
    let mut updated = base.clone();
    updated.iter_mut().step_by(2).for_each(|byte| *byte = 0x5f);
    let whole = rules(base.len(), Operation::Overwrite, &[]);
    let diff = Diff::between(&base, &updated, &whole, DiffOptions::default()).expect("a diff");
    assert_eq!(places_of(&diff), [(0, base.len() - 1)]);
    assert!(runs_of(&diff)[0].1 == updated[..base.len() - 1]);

    // Pages that are apart, each passed alone: one entry for each.
    let mut apart = base.clone();
    for page in (0..1638).step_by(3) {
        apart[page * PAGE..(page + 1) * PAGE].copy_from_slice(&updated[..PAGE]);
    }
    let pages = (0..1638).step_by(3).map(|page| page * PAGE..(page + 1) * PAGE);
    let diff = diff_of(&base, &apart, &whole, DiffOptions::default(), pages).expect("a diff");
    let expected: Vec<(usize, usize)> = (0..1638).step_by(3).map(|page| (page * PAGE, PAGE - 1)).collect();
    assert_eq!(places_of(&diff), expected);
}

#[test]
fn at_most_gap_equal_bytes_join_two_runs() {
    for gap in [0, 1, 5, 6, 7, 15, 16, 17, 63, 64, 65, 200] {
        for distance in [1, 2, 5, 6, 7, 8, 15, 16, 17, 18, 63, 64, 65, 66, 199, 200, 201, 700] {
            for start in [0, 1, 61, 62, 63, 64] {
                let base = vec![3; 1024];
                let mut updated = base.clone();
                (updated[start], updated[start + distance + 1]) = (4, 4);
                let whole = rules(1024, Operation::Overwrite, &[]);
                let options = DiffOptions { gap, originals: false };
                let diff = Diff::between(&base, &updated, &whole, options).expect("a diff");
                let joined = u64::try_from(distance).expect("small") <= gap;
                let expected =
                    if joined { vec![(start, distance + 2)] } else { vec![(start, 1), (start + distance + 1, 1)] };
                assert_eq!(places_of(&diff), expected, "{distance} bytes, gap {gap}");
            }
        }
    }
}

#[test]
fn whole_elements_join_runs_of_typed_regions() {
    let base = vec![0; 64];
    let mut updated = base.clone();
    (updated[4], updated[12], updated[28]) = (1, 1, 1);
    let typed = rules(64, Operation::Overwrite, &[region(0, 64, I32, Operation::Sum)]);
    for (gap, expected) in [
        (3, vec![(4, 4), (12, 4), (28, 4)]),
        (4, vec![(4, 12), (28, 4)]),
        (11, vec![(4, 12), (28, 4)]),
        (12, vec![(4, 28)]),
    ] {
        let diff = Diff::between(&base, &updated, &typed, DiffOptions { gap, originals: false }).expect("a diff");
        assert_eq!(places_of(&diff), expected, "gap {gap}");
    }
}

#[test]
fn runs_are_not_joined_across_the_border_of_a_region() {
    let base = vec![0; 64];
    let updated = vec![1; 64];
    let regions = [region(8, 8, RAW, Operation::Overwrite), region(16, 8, RAW, Operation::Overwrite)];
    let split = rules(64, Operation::Overwrite, &regions);
    let diff = Diff::between(&base, &updated, &split, DiffOptions::default()).expect("a diff");
    assert_eq!(places_of(&diff), [(0, 8), (8, 8), (16, 8), (24, 40)]);
}

// GAP6, W3, W5: a mask has an effect, and making the diff twice changes nothing.
#[test]
fn gap6_what_is_ignored_yields_nothing() {
    let base = vec![0; PAGE];
    let mut updated = base.clone();
    (updated[50], updated[200]) = (1, 1);
    for gap in [Operation::Overwrite, Operation::Xor] {
        let masked = rules(PAGE, gap, &[to_end(100, RAW, Operation::Ignore)]);
        let first = diff_of_pages(&base, &updated, &masked, EXACT, &[1]);
        assert_eq!(places_of(&first), [(50, 1)]);
        assert_eq!(diff_of_pages(&base, &updated, &masked, EXACT, &[1]), first);
    }
}

// GAP11, W2
#[test]
fn gap11_xor_regions_yield_what_changed_and_leave_the_memory() {
    let base = vec![0; 5 * PAGE];
    let mut updated = base.clone();
    updated[..150].fill(3);
    updated[2 * PAGE + 100..2 * PAGE + 300].fill(4);
    let regions = [region(0, 150, RAW, Operation::Xor), region(2 * PAGE + 100, 200, RAW, Operation::Xor)];
    let xor = rules(5 * PAGE, Operation::Overwrite, &regions);
    let diff = diff_of_pages(&base, &updated, &xor, EXACT, &[1, 0, 1, 0, 0]);
    assert_eq!(runs_of(&diff), [(0, vec![3; 150]), (2 * PAGE + 100, vec![4; 200])]);
    assert!(diff.entries().all(|entry| entry.operation == Operation::Xor));
    // Nothing changed: xor yields no zeros.
    assert_eq!(diff_of_pages(&base, &base, &xor, EXACT, &[1, 0, 1, 0, 0]).entry_count(), 0);
}

// GAP12
#[test]
fn gap12_regions_that_nobody_touched_yield_nothing() {
    let mut base = vec![0; 6 * PAGE];
    base[4 * PAGE + 100..][..4].copy_from_slice(&111_i32.to_le_bytes());
    let mut updated = base.clone();
    updated[2 * PAGE + 20..][..10].fill(1);
    updated[4 * PAGE + 100..][..4].copy_from_slice(&333_i32.to_le_bytes());
    let mut regions =
        vec![region(2 * PAGE + 20, 20, RAW, Operation::Overwrite), region(4 * PAGE + 100, 4, I32, Operation::Sum)];
    for page in 0..6 {
        regions.push(region(page * PAGE, 10, RAW, Operation::Overwrite));
        regions.push(region((page + 1) * PAGE - 8, 4, I32, Operation::Sum));
    }
    let mixed = rules(6 * PAGE, Operation::Ignore, &regions);
    let diff = diff_of_pages(&base, &updated, &mixed, EXACT, &[0, 0, 1, 0, 1, 0]);
    assert_eq!(runs_of(&diff), [(2 * PAGE + 20, vec![1; 10]), (4 * PAGE + 100, 333_i32.to_le_bytes().to_vec())]);
    let delta = diff.entries().nth(1).expect("two entries").deltas().expect("originals").next().expect("a change");
    assert_eq!(delta.value, Some(pagefold_core::Value::Integer(222)));
}

#[test]
fn options_have_the_documented_defaults() {
    assert_eq!(DiffOptions::default(), DiffOptions { gap: 16, originals: false });
}
