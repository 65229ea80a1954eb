//! Where two equally long slices differ.

use std::ops::Range;

use crate::rules::ElementType;

/// What is compared at once. Stretches with less than twice this between them may be found as one: with every second byte
/// changed, one run each would cost a hundred times what the bytes do.
pub(super) const BLOCK: usize = 64;

/// Calls `found` with stretches that hold all differing elements, ascending. Each begins and ends with one, and between two
/// of them lies at least one that does not differ.
pub(super) fn changed_runs(element: ElementType, left: &[u8], right: &[u8], mut found: impl FnMut(Range<usize>)) {
    let width = usize::try_from(element.byte_width()).unwrap_or(1);
    let mut blocks = left.chunks(BLOCK).zip(right.chunks(BLOCK)).enumerate();
    while let Some((first, _)) = blocks.find(|(_, (left, right))| left != right) {
        let same = blocks.find(|(_, (left, right))| left == right);
        let start = first * BLOCK;
        let end = same.map_or(left.len(), |(index, _)| index * BLOCK);
        // In blocks that differ, so both are there.
        let (left, right) = (&left[start..end], &right[start..end]);
        let before = left.iter().zip(right).position(|(left, right)| left != right).unwrap_or(0);
        let behind = left.iter().zip(right).rposition(|(left, right)| left != right).unwrap_or(0);
        found(start + before / width * width..start + (behind / width + 1) * width);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_that_differs_is_found_and_little_else(
            element in prop::sample::select(&ElementType::ALL[..]),
            pieces in prop::collection::vec((prop::bool::ANY, 1_usize..150), 0..12)
        ) {
            let differs: Vec<bool> = pieces.iter().flat_map(|(differs, length)| vec![*differs; *length]).collect();
            let width = usize::try_from(element.byte_width()).expect("elements are small");
            let length = differs.len() / width * width;
            let left = vec![7; length];
            let right: Vec<u8> = differs[..length].iter().map(|differs| if *differs { 9 } else { 7 }).collect();
            let changed = |at: usize| left[at..at + width] != right[at..at + width];
            let mut end = 0;
            let mut runs = Vec::new();
            changed_runs(element, &left, &right, |run| {
                assert!(run.start % width == 0 && run.end % width == 0 && !run.is_empty());
                assert!(changed(run.start) && changed(run.end - width), "{run:?} is too long");
                assert!(runs.is_empty() || (end..run.start).step_by(width).any(|at| !changed(at)), "{run:?} continues");
                end = run.end;
                runs.push(run);
            });
            for at in (0..length).step_by(width) {
                let inside = runs.iter().any(|run| run.contains(&at));
                prop_assert!(inside || !changed(at), "{at} is not found");
                let near = (at.saturating_sub(2 * BLOCK)..length.min(at + 2 * BLOCK)).step_by(width).any(changed);
                prop_assert!(near || !inside, "{at} is found, far from all that differs");
            }
        }
    }
}
