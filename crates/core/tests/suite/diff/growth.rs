use super::{EXACT, PAGE, applied, diff_of, diff_of_pages, places_of, region, rules, runs_of, to_end};
use pagefold_core::{Diff, DiffOptions, ElementType, ErrorKind, Operation};

// GRO2
#[test]
fn gro2_only_what_was_written_of_a_tail_is_in_the_diff() {
    let base = vec![9; 6 * PAGE];
    for (at, from) in [(6 * PAGE + 100, 6 * PAGE), (6 * PAGE, 6 * PAGE), (8 * PAGE + 100, 8 * PAGE)] {
        let mut updated = base.clone();
        updated.resize(10 * PAGE, 0);
        updated[at..at + 100].fill(2);
        let tail = rules(10 * PAGE, Operation::Overwrite, &[to_end(from, ElementType::Raw, Operation::Overwrite)]);
        let flags: Vec<u8> = (0..10).map(|page| u8::from(page == at / PAGE)).collect();
        let diff = diff_of_pages(&base, &updated, &tail, EXACT, &flags);
        assert_eq!(runs_of(&diff), [(at, vec![2; 100])]);
        assert_eq!(diff.byte_length(), 10 * PAGE as u64);
        assert!(applied(&base, &diff) == updated);
    }
}

// GRO3
#[test]
fn gro3_gaps_reach_into_the_tail() {
    let base = vec![0; 5 * PAGE];
    let mut updated = vec![0; 8 * PAGE];
    let written = [0, 2 * PAGE, 3 * PAGE + 10, 8 * PAGE - 20];
    written.iter().for_each(|at| updated[*at] = 1);
    let flags = [1, 0, 1, 1, 0, 0, 0, 1];
    let diff = diff_of_pages(&base, &updated, &rules(8 * PAGE, Operation::Overwrite, &[]), EXACT, &flags);
    assert_eq!(runs_of(&diff), written.map(|at| (at, vec![1])));
    assert_eq!(diff.byte_length(), 8 * PAGE as u64);

    let ignored = diff_of_pages(&base, &updated, &rules(8 * PAGE, Operation::Ignore, &[]), EXACT, &flags);
    assert_eq!((ignored.entry_count(), ignored.byte_length()), (0, 8 * PAGE as u64));
}

// GRO4
#[test]
fn gro4_memories_longer_than_the_maximum_or_shorter_than_the_base_are_refused() {
    let limited = rules(4 * PAGE, Operation::Overwrite, &[]);
    let between = |base: usize, updated: usize| {
        let outcome = Diff::between(&vec![0; base], &vec![0; updated], &limited, DiffOptions::default());
        outcome.expect_err("refused").kind()
    };
    assert_eq!(between(4 * PAGE, 4 * PAGE + 1), ErrorKind::OverMax);
    assert_eq!(between(3 * PAGE, 3 * PAGE - 1), ErrorKind::SizeMismatch);
    // W10: a base that is longer than the maximum is refused too.
    assert_eq!(between(5 * PAGE, 5 * PAGE), ErrorKind::OverMax);
}

// GAP10, the part of the diff
#[test]
fn gap10_an_element_of_the_tail_has_no_value_in_the_base() {
    let base = vec![7; 100];
    let mut updated = base.clone();
    updated.resize(108, 0);
    updated[100..104].copy_from_slice(&5_i32.to_le_bytes());
    let min = rules(108, Operation::Overwrite, &[region(100, 8, ElementType::I32, Operation::Min)]);
    let diff = Diff::between(&base, &updated, &min, EXACT).expect("a diff");
    let entry = diff.entries().next().expect("an entry");
    assert_eq!((diff.entry_count(), entry.byte_offset, entry.bytes), (1, 100, &5_i32.to_le_bytes()[..]));
    assert_eq!(entry.original, Some(&[0; 4][..]));
}

#[test]
fn the_end_of_the_base_may_lie_inside_an_element_and_inside_a_page() {
    let base: Vec<u8> = (1..=101).collect();
    let typed = rules(256, Operation::Overwrite, &[to_end(0, ElementType::F64, Operation::Overwrite)]);
    for changed in [95, 96, 100, 101, 103, 104, 199] {
        let mut updated = base.clone();
        updated.resize(200, 0);
        updated[changed] ^= 0x55;
        let element = changed / 8 * 8;
        let expected = [(element, updated[element..element + 8].to_vec())];
        // Passed whole, and in two parts that meet inside the element.
        let whole = Diff::between(&base, &updated, &typed, EXACT).expect("a diff");
        assert_eq!(runs_of(&whole), expected, "{changed}");
        for border in [element + 1, 101, 104] {
            let parts = [0..border, border..200];
            let split = diff_of(&base, &updated, &typed, EXACT, parts).expect("a diff");
            assert_eq!(runs_of(&split), expected, "{changed}, in parts that meet at {border}");
            assert!(split.entries().all(|entry| {
                entry.original.is_some_and(|original| original[7] == base.get(element + 7).copied().unwrap_or(0))
            }));
        }
    }
}

#[test]
fn untouched_pages_of_a_tail_cost_nothing() {
    let base = [1; 10];
    let updated = [&base[..], &vec![0; 15 * PAGE]].concat();
    let diff = Diff::between(&base, &updated, &rules(16 * PAGE, Operation::Xor, &[]), DiffOptions::default());
    let diff = diff.expect("a diff");
    assert_eq!((places_of(&diff), diff.changed_byte_length()), (vec![], 0));
    assert_eq!(diff.byte_length(), updated.len() as u64);
}
