use super::{AUTHOR, EXACT, base_of, diff_of, region, rules, runs_of, to_end};
use pagefold_core::{Diff, DiffBuilder, DiffOptions, ElementType, ErrorKind, Operation};

const F64: ElementType = ElementType::F64;

#[test]
fn an_element_takes_the_bytes_that_were_not_passed_from_the_base() {
    let base: Vec<u8> = (0..64).collect();
    let typed = rules(64, Operation::Ignore, &[region(4, 56, F64, Operation::Sum)]);
    // Elements lie at 4, 12, 20, …; pages of 16 bytes cut every second one.
    for (changed, passed) in [(15, 0..16), (16, 16..32), (14, 8..15), (19, 19..20), (12, 12..13)] {
        let mut updated = base.clone();
        updated[changed] = 200;
        let diff = diff_of(&base, &updated, &typed, EXACT, [passed]).expect("a diff");
        assert_eq!(runs_of(&diff), [(12, updated[12..20].to_vec())], "{changed}");
        assert!(diff.entries().all(|entry| entry.original == Some(&base[12..20])));
    }
}

#[test]
fn an_element_that_was_passed_in_many_parts_is_one() {
    let base: Vec<u8> = (0..64).collect();
    let mut updated = base.clone();
    (updated[12], updated[15], updated[19]) = (200, 201, 202);
    let typed = rules(64, Operation::Overwrite, &[region(4, 56, F64, Operation::Sum)]);
    let bytewise = diff_of(&base, &updated, &typed, EXACT, (0..64).map(|at| at..at + 1)).expect("a diff");
    let sparse = diff_of(&base, &updated, &typed, EXACT, [12..13, 15..16, 18..40]).expect("a diff");
    assert_eq!(runs_of(&bytewise), [(12, updated[12..20].to_vec())]);
    assert_eq!(bytewise, sparse);
}

// W8: nothing is read or written past either end.
#[test]
fn w8_a_changed_element_that_the_end_of_the_memory_cuts_is_refused() {
    let base = vec![1; 20];
    let typed = rules(32, Operation::Overwrite, &[to_end(0, F64, Operation::Sum)]);
    for (length, changed, expected) in
        [(20, 19, false), (20, 16, false), (20, 15, true), (23, 22, false), (24, 22, true)]
    {
        let mut updated = base.clone();
        updated.resize(length, 0);
        updated[changed] = 9;
        for border in [0, 17] {
            let parts = [0..border, border..length];
            let outcome = diff_of(&base, &updated, &typed, EXACT, parts).map_err(|error| error.kind());
            assert_eq!(outcome.as_ref().err(), (!expected).then_some(&ErrorKind::PartialElement), "{length} {changed}");
        }
    }
    // What did not change may be cut.
    assert!(Diff::between(&base, &base, &typed, EXACT).is_ok());
    let masked = typed.with([to_end(16, ElementType::Raw, Operation::Ignore)]).expect("legal");
    let mut updated = base.clone();
    updated[19] = 9;
    assert_eq!(Diff::between(&base, &updated, &masked, EXACT).expect("ignored").entry_count(), 0);
}

#[test]
fn runs_are_joined_over_what_was_not_passed() {
    let base: Vec<u8> = (0..64).collect();
    let mut updated = base.clone();
    (updated[15], updated[20]) = (200, 200);
    let whole = rules(64, Operation::Overwrite, &[]);
    let options = DiffOptions { gap: 4, originals: true };
    let apart = diff_of(&base, &updated, &whole, options, [15..16, 20..21]).expect("a diff");
    let together = diff_of(&base, &updated, &whole, options, std::iter::once(0..64)).expect("a diff");
    assert_eq!(runs_of(&apart), [(15, updated[15..21].to_vec())]);
    assert_eq!(apart, together);
}

#[test]
fn parts_that_cannot_be_are_refused() {
    let contents: &[u8] = &[0; 64];
    let whole = rules(128, Operation::Overwrite, &[]);
    let new = |length| DiffBuilder::new(base_of(length), AUTHOR, 100, &whole, &contents, EXACT);
    assert_eq!(new(63).expect_err("the base has 64 bytes").kind(), ErrorKind::SizeMismatch);
    for (offset, base_length, length, expected) in [
        (10, 5, 5, ErrorKind::OutOfRange),
        (96, 0, 5, ErrorKind::OutOfRange),
        (u64::MAX, 0, 5, ErrorKind::OutOfRange),
        (32, 7, 8, ErrorKind::SizeMismatch),
        (32, 9, 8, ErrorKind::SizeMismatch),
        (60, 3, 8, ErrorKind::SizeMismatch),
    ] {
        let mut builder = new(64).expect("a builder");
        builder.pages(8, &contents[..8], &[1; 8]).expect("in order");
        let outcome = builder.pages(offset, &contents[..base_length], &vec![1; length]);
        assert_eq!(outcome.expect_err("refused").kind(), expected, "{offset}");
    }
    let mut builder = new(64).expect("a builder");
    builder.pages(60, &[0; 8], &[1; 8]).expect("bytes of the base past its end are not looked at");
    assert_eq!(runs_of(&builder.finish().expect("a diff")), [(60, vec![1; 8])]);
}
