//! What a merge or an application refuses, and what its error says.

use pagefold_core::{Author, ElementType, ErrorKind, MergeRules, Operation, apply};

use super::oracle::diff_of;
use super::{merge, rules};

#[test]
fn a_conflict_lists_ranges_and_authors() {
    let rules = rules(1 << 20, Operation::Conflict, &[(64, Some(64), ElementType::U16, Operation::Conflict)]);
    let base = [0; 200];
    let mut memories = [base; 3];
    memories[0][10..20].fill(1);
    memories[1][15..30].fill(2);
    memories[2][64..70].fill(3);
    memories[1][69] = 1;
    memories[2][18..20].fill(1);
    let diffs = [3, 5, 9].into_iter().zip(&memories);
    let diffs: Vec<_> = diffs.map(|(origin, memory)| diff_of(&base, memory, &rules, origin, 16, false)).collect();
    let error = merge(&base, &rules, &diffs).expect_err("they conflict");
    assert_eq!(error.kind(), ErrorKind::MergeConflict);
    let mut listed: Vec<_> =
        error.conflicts().iter().map(|found| (found.byte_offset, found.byte_length, found.authors)).collect();
    listed.sort_unstable();
    let pair = |first, second| [(first, 0), (second, 0)];
    assert_eq!(listed, [(15, 5, pair(3, 5)), (18, 2, pair(3, 9)), (68, 2, pair(5, 9))]);
}

#[test]
fn an_error_does_not_list_without_end() {
    let rules = rules(1 << 20, Operation::Conflict, &[]);
    let base = vec![0; 100_000];
    let memory: Vec<u8> = (0..100_000).map(|at| u8::from(at % 2 == 0)).collect();
    let diffs = [1, 2].map(|origin| diff_of(&base, &memory, &rules, origin, 0, false));
    let error = merge(&base, &rules, &diffs).expect_err("they conflict");
    assert_eq!(error.conflicts().len(), 256);
}

#[test]
fn diffs_of_another_length_author_or_rules_are_refused() {
    let plain = rules(100, Operation::Overwrite, &[]);
    let base = [0_u8; 64];
    let mut memory = base;
    memory[8] = 1;
    let refused = |base: &[u8], rules: &MergeRules, diffs: &[_]| merge(base, rules, diffs).expect_err("refused").kind();
    let diff = diff_of(&base, &memory, &plain, 1, 0, false);

    assert_eq!(refused(&base[..63], &plain, std::slice::from_ref(&diff)), ErrorKind::StaleBase);
    assert_eq!(refused(&base, &plain, &[diff.clone(), diff.clone()]), ErrorKind::DuplicateDiff);
    let short = rules(63, Operation::Overwrite, &[]);
    assert_eq!(refused(&base, &short, std::slice::from_ref(&diff)), ErrorKind::OverMax);
    for other in [
        rules(100, Operation::Xor, &[]),
        rules(100, Operation::Ignore, &[]),
        rules(100, Operation::Overwrite, &[(8, Some(1), ElementType::U8, Operation::Overwrite)]),
    ] {
        assert_eq!(refused(&base, &other, std::slice::from_ref(&diff)), ErrorKind::StaleBase);
    }
    // The same type and operation, with elements at other places, and across the border of a region.
    let words = |start| rules(100, Operation::Overwrite, &[(start, Some(16), ElementType::I32, Operation::Sum)]);
    let word = diff_of(&base, &memory, &words(8), 1, 0, false);
    assert!(merge(&base, &words(8), std::slice::from_ref(&word)).is_ok());
    for start in [6, 10, 12] {
        assert_eq!(refused(&base, &words(start), std::slice::from_ref(&word)), ErrorKind::StaleBase, "{start}");
    }

    assert_eq!(apply(&diff, &&base[..63], &mut [0; 64]).expect_err("refused").kind(), ErrorKind::StaleBase);
    assert_eq!(apply(&diff, &&base[..], &mut [0; 63]).expect_err("refused").kind(), ErrorKind::SizeMismatch);
}

#[test]
fn a_later_diff_of_the_same_origin_is_another_author() {
    let rules = rules(64, Operation::Overwrite, &[]);
    let diff = |sequence, value| diff_of(&[0], &[value], &rules, 0, 0, false).by(Author { origin: 1, sequence });
    let merged = merge(&[0], &rules, &[diff(2, 7), diff(1, 9)]).expect("their order is known");
    assert_eq!(merged.runs().collect::<Vec<_>>(), [(0, &[7][..])]);
}

#[test]
fn nothing_merged_is_nothing_changed() {
    let rules = rules(64, Operation::Overwrite, &[]);
    let merged = merge(&[1, 2, 3], &rules, &[]).expect("there is nothing to refuse");
    assert_eq!((merged.byte_length(), merged.runs().count(), merged.diff_count()), (3, 0, 0));
}
