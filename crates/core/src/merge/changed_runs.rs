//! Where two equally long slices differ.

use std::ops::Range;

use crate::rules::ElementType;

const WORD: usize = size_of::<u64>();
const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const TOP_BITS: u64 = LOW_BITS << 7;

/// Calls `found` with each maximal stretch of differing elements, ascending.
pub(super) fn changed_runs(element: ElementType, left: &[u8], right: &[u8], found: impl FnMut(Range<usize>)) {
    match element.byte_width() {
        1 => bytes(left, right, found),
        2 => elements::<2>(left, right, found),
        4 => elements::<4>(left, right, found),
        _ => elements::<8>(left, right, found),
    }
}

fn elements<const W: usize>(left: &[u8], right: &[u8], mut found: impl FnMut(Range<usize>)) {
    let (left, right) = (left.as_chunks::<W>().0, right.as_chunks::<W>().0);
    let next = |from: usize, differing: bool| {
        let mut rest = left[from..].iter().zip(&right[from..]);
        rest.position(|(left, right)| (left != right) == differing).map_or(left.len(), |found| from + found)
    };
    let mut start = next(0, true);
    while start < left.len() {
        let end = next(start, false);
        found(start * W..end * W);
        start = next(end, true);
    }
}

fn bytes(left: &[u8], right: &[u8], mut found: impl FnMut(Range<usize>)) {
    let mut start = next_difference(left, right, 0);
    while start < left.len() {
        let end = next_equal(left, right, start);
        found(start..end);
        start = next_difference(left, right, end);
    }
}

fn next_difference(left: &[u8], right: &[u8], from: usize) -> usize {
    scan(left, right, from, |difference| difference, |left, right| left != right)
}

fn next_equal(left: &[u8], right: &[u8], from: usize) -> usize {
    // Sets the top bit of the lowest byte that is zero, and maybe those of bytes above it.
    let zeros = |difference: u64| difference.wrapping_sub(LOW_BITS) & !difference & TOP_BITS;
    scan(left, right, from, zeros, |left, right| left == right)
}

/// The first byte from `from` on that is wanted, or the length. `mark` finds it in the difference of two words.
fn scan(left: &[u8], right: &[u8], from: usize, mark: impl Fn(u64) -> u64, wanted: impl Fn(&u8, &u8) -> bool) -> usize {
    let (left_words, left_rest) = left[from..].as_chunks::<WORD>();
    let (right_words, right_rest) = right[from..].as_chunks::<WORD>();
    for (index, (left, right)) in left_words.iter().zip(right_words).enumerate() {
        let marks = mark(u64::from_le_bytes(*left) ^ u64::from_le_bytes(*right));
        if marks != 0 {
            return from + index * WORD + marks.trailing_zeros() as usize / 8;
        }
    }
    let rest = left_rest.iter().zip(right_rest).position(|(left, right)| wanted(left, right));
    from + left_words.len() * WORD + rest.unwrap_or(left_rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_runs_are_those_of_a_comparison_one_by_one(
            element in prop::sample::select(&ElementType::ALL[..]),
            pairs in prop::collection::vec((0_u8..3, prop_oneof![Just(0_u8), Just(0x80), 0_u8..3]), 0..200)
        ) {
            let (mut left, mut right): (Vec<u8>, Vec<u8>) = pairs.into_iter().unzip();
            let width = usize::try_from(element.byte_width()).expect("elements are small");
            left.truncate(left.len() / width * width);
            right.truncate(left.len());
            let mut differ = vec![false; left.len()];
            let mut end = None;
            changed_runs(element, &left, &right, |run| {
                assert!(!run.is_empty() && end.is_none_or(|end| end < run.start), "{run:?} after {end:?}");
                end = Some(run.end);
                differ[run].fill(true);
            });
            let pairs = left.chunks(width).zip(right.chunks(width));
            let expected: Vec<bool> = pairs.flat_map(|(left, right)| vec![left != right; width]).collect();
            prop_assert_eq!(differ, expected);
        }
    }
}
