//! The changed elements of a memory, found by a loop over all of them.

use std::collections::BTreeMap;

use pagefold_core::{Diff, ElementType, ErrorKind, MergeRegion, Operation};

/// A changed element: its bytes in the base and in the memory, its type and how it is merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) original: Vec<u8>,
    pub(super) updated: Vec<u8>,
    pub(super) element: ElementType,
    pub(super) operation: Operation,
}

/// Every changed element by its offset; an error when the end of the memory cuts one.
pub(super) fn units(
    base: &[u8],
    updated: &[u8],
    max: usize,
    gap: Operation,
    regions: &[MergeRegion],
) -> Result<BTreeMap<u64, Unit>, ErrorKind> {
    let range = |region: &MergeRegion| {
        let start = usize::try_from(region.byte_offset).expect("small");
        start..region.byte_length.map_or(max, |length| start + usize::try_from(length).expect("small"))
    };
    let is_ignored = |at: usize| regions.iter().any(|r| r.operation == Operation::Ignore && range(r).contains(&at));
    let merged = regions.iter().filter(|region| region.operation != Operation::Ignore);
    let is_merged = |at: usize| merged.clone().any(|region| range(region).contains(&at));
    let byte = |memory: &[u8], at: usize| memory.get(at).copied().unwrap_or(0);

    let mut candidates = Vec::new();
    for region in merged.clone() {
        let width = usize::try_from(region.element.byte_width()).expect("small");
        candidates.extend(range(region).step_by(width).map(|at| (at, width, region.element, region.operation)));
    }
    if gap != Operation::Ignore {
        candidates.extend((0..max).filter(|at| !is_merged(*at)).map(|at| (at, 1, ElementType::Raw, gap)));
    }
    let mut units = BTreeMap::new();
    for (start, width, element, operation) in candidates {
        let bytes = |memory: &[u8]| (start..start + width).map(|at| byte(memory, at)).collect::<Vec<u8>>();
        let (o, u) = (bytes(base), bytes(updated));
        // Where the memory ends, the rest of an element that it cuts did not change.
        let seen = updated.len().saturating_sub(start).min(width);
        if is_ignored(start) || o[..seen] == u[..seen] {
            continue;
        }
        if seen < width {
            return Err(ErrorKind::PartialElement);
        }
        units.insert(start as u64, Unit { original: o, updated: u, element, operation });
    }
    Ok(units)
}

/// The elements of all entries that differ from the base, by their offsets. Entries must be as sound as they can be.
pub(super) fn units_of(diff: &Diff, base: &[u8], gap: u64) -> BTreeMap<u64, Unit> {
    let mut units = BTreeMap::new();
    let mut known_end = None;
    for entry in diff.entries() {
        let width = usize::try_from(entry.element.byte_width()).expect("small");
        assert!(known_end.is_none_or(|end| end <= entry.byte_offset), "entries ascend");
        let mut distance = None;
        let mut is_exact = true;
        for (index, updated) in entry.bytes.chunks(width).enumerate() {
            let offset = entry.byte_offset + (index * width) as u64;
            let start = usize::try_from(offset).expect("small");
            let original: Vec<u8> = (start..start + width).map(|at| base.get(at).copied().unwrap_or(0)).collect();
            if let Some(kept) = entry.original {
                assert_eq!(kept[index * width..][..width], original, "the original at {offset}");
            }
            if original == updated {
                is_exact = false;
                let distance = distance.as_mut().expect("a run does not begin with what did not change");
                *distance += width as u64;
                assert!(*distance <= gap, "more than {gap} bytes joined at {offset}");
            } else {
                distance = Some(0);
                let (element, operation) = (entry.element, entry.operation);
                units.insert(offset, Unit { original, updated: updated.to_vec(), element, operation });
            }
        }
        assert_eq!(distance, Some(0), "a run does not end with what did not change");
        assert_eq!(entry.exact, is_exact, "the entry at {} says whether it is exact", entry.byte_offset);
        known_end = Some(entry.byte_offset + entry.bytes.len() as u64);
    }
    units
}
