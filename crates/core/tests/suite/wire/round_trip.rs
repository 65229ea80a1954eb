//! What was encoded is what is decoded.

use pagefold_core::{Author, Base, Compression, Diff, ElementType, Operation, encode};
use proptest::prelude::*;

use super::{decode, sketch};
use crate::encoded::{Run, Sketch};

/// Any diff, of any memory up to the largest.
fn diffs() -> impl Strategy<Value = Diff> {
    let pair = (prop::sample::select(&ElementType::ALL[..]), prop::sample::select(&Operation::ALL[..]))
        .prop_filter("legal", |(element, operation)| {
            operation.is_legal_for(*element) && *operation != Operation::Ignore
        });
    let space = prop_oneof![Just(0_u64), 0_u64..300, 0_u64..1 << 40];
    let run = (pair, space, 1_usize..20, any::<u8>(), any::<bool>());
    let header = (any::<[u64; 4]>(), any::<[u8; 16]>(), 0_u64..100, 0_u64..1 << 41);
    (header, prop::collection::vec(run, 0..12), any::<bool>()).prop_map(|(header, runs, with_originals)| {
        let ([version, revision, origin, sequence], id, behind, base_length) = header;
        let mut end = 0;
        let place =
            |((element, operation), space, count, seed, exact): ((ElementType, Operation), _, usize, u8, bool)| {
                let byte_offset = end + space;
                let byte_length = count * usize::try_from(element.byte_width()).expect("elements are small");
                end = byte_offset + byte_length as u64;
                let bytes = (0..byte_length).map(|at| seed.wrapping_mul(at.to_le_bytes()[0])).collect();
                Run { byte_offset, element, operation, exact, bytes }
            };
        let entries: Vec<Run> = runs.into_iter().map(place).collect();
        let held = |(entry, at): (&Run, usize)| u8::from(entry.byte_offset + (at as u64) < base_length);
        let places = entries.iter().flat_map(|entry| (0..entry.bytes.len()).map(move |at| (entry, at)));
        let originals = with_originals.then(|| places.map(held).collect());
        let base = Base { id: uuid::Uuid::from_bytes(id), version, revision, byte_length: base_length };
        let byte_length = (end + behind).max(base_length);
        Sketch { base, author: Author { origin, sequence }, byte_length, entries, originals }.diff()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn diffs_come_back(diff in diffs()) {
        for compression in [Compression::None, Compression::Lz4] {
            let bytes = encode(&diff, compression);
            let again = pagefold_core::decode(&bytes, pagefold_core::DecodeLimits::for_memory(u64::MAX));
            prop_assert_eq!(again.expect("it was just encoded"), diff.clone());
        }
    }
}

#[test]
fn a_diff_without_changes_comes_back() {
    let empty = Sketch { entries: Vec::new(), ..sketch() };
    for compression in [Compression::None, Compression::Lz4] {
        for originals in [None, Some(Vec::new())] {
            let diff = Sketch { originals, ..empty.clone() }.diff();
            assert_eq!(decode(&encode(&diff, compression)).expect("it was just encoded"), diff);
        }
    }
}
