//! Where two equally long slices differ.

use std::ops::Range;

use crate::rules::ElementType;

const WORD: usize = size_of::<u64>();
const BLOCK: usize = 8 * WORD;
const TOP_BITS: u64 = 0x8080_8080_8080_8080;

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
    let mut start = None;
    let blocks = left.chunks(BLOCK).zip(right.chunks(BLOCK)).enumerate();
    for (index, (left, right)) in blocks {
        if goes_on(left, right, start.is_some()) {
            continue;
        }
        let base = index * BLOCK;
        // Each bit of `differing` is a byte. Of a single byte all bits are alike, so that only the first can be a border.
        let mut step = |at: usize, differing: u8| {
            let before = u8::from(start.is_some());
            let mut borders = differing ^ (differing << 1 | before);
            while borders != 0 {
                let border = base + at + borders.trailing_zeros() as usize;
                match start.take() {
                    None => start = Some(border),
                    Some(start) => found(start..border),
                }
                borders &= borders - 1;
            }
        };
        let (left, left_rest) = left.as_chunks::<WORD>();
        let (right, right_rest) = right.as_chunks::<WORD>();
        for (index, (left, right)) in left.iter().zip(right).enumerate() {
            step(index * WORD, differing_bytes(u64::from_le_bytes(*left) ^ u64::from_le_bytes(*right)));
        }
        let words_end = left.len() * WORD;
        for (index, (left, right)) in left_rest.iter().zip(right_rest).enumerate() {
            step(words_end + index, if left == right { 0 } else { u8::MAX });
        }
    }
    if let Some(start) = start {
        found(start..left.len());
    }
}

/// Whether all bytes differ, or none does. Compares without an early end, so that this becomes vector code.
fn goes_on(left: &[u8], right: &[u8], differing: bool) -> bool {
    let pairs = left.iter().zip(right);
    let border = pairs.fold(0, |border, (left, right)| border | u8::from((left != right) != differing));
    border == 0
}

/// One bit for each byte that is not zero, the lowest first.
fn differing_bytes(difference: u64) -> u8 {
    match difference {
        0 => 0,
        _ => {
            // The top bit of each byte that is not zero, and the eight of them brought together in the top byte.
            let tops = (((difference & !TOP_BITS) + !TOP_BITS) | difference) & TOP_BITS;
            (tops >> 7).wrapping_mul(0x0102_0408_1020_4080).to_be_bytes()[0]
        }
    }
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
