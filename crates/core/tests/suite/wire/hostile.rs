//! Diffs that say what no diff can say, with a checksum that is right.

use pagefold_core::{ElementType, ErrorKind, Operation};
use proptest::prelude::*;

use super::{decode, real_ones, sketch, sketch_with_originals};
use crate::encoded::{
    BASE_LENGTH_OFFSET, BYTE_LENGTH_OFFSET, CHANGED_BYTES_OFFSET, ENTRY_COUNT_OFFSET, FLAGS_OFFSET, HEADER_BYTES,
    INDEX_BYTES_OFFSET, STORED_BYTES_OFFSET, Sketch, put, put_varint, seal,
};

fn corrupt(bytes: &[u8], what: &str) {
    let error = decode(bytes).expect_err(what);
    assert_eq!(error.kind(), ErrorKind::DiffCorrupt, "{what}: {error}");
}

fn sketched(change: impl FnOnce(&mut Sketch)) -> Vec<u8> {
    let mut sketch = sketch();
    change(&mut sketch);
    sketch.encode()
}

/// The plain sketch with another index in place of its own.
fn with_index(entry_count: u64, index: &[u8]) -> Vec<u8> {
    let whole = sketch().encode();
    let old = u64::from_le_bytes(whole[INDEX_BYTES_OFFSET..][..8].try_into().expect("eight bytes"));
    let rest = &whole[HEADER_BYTES + usize::try_from(old).expect("it is small")..];
    let mut bytes = [&whole[..HEADER_BYTES], index, rest].concat();
    put(&mut bytes, ENTRY_COUNT_OFFSET, entry_count);
    put(&mut bytes, INDEX_BYTES_OFFSET, index.len() as u64);
    let stored = bytes.len() - HEADER_BYTES - 8;
    put(&mut bytes, STORED_BYTES_OFFSET, stored as u64);
    seal(&mut bytes);
    bytes
}

fn index_of(parts: &[u64]) -> Vec<u8> {
    let mut index = Vec::new();
    parts.iter().for_each(|part| put_varint(&mut index, *part));
    index
}

/// QUE6: truncated, empty, out of bounds, of an unknown type.
#[test]
fn que6_one_bad_entry_is_enough() {
    corrupt(&sketched(|sketch| sketch.entries[2].bytes.truncate(12)), "half of an element");
    corrupt(&sketched(|sketch| sketch.entries[3].bytes.clear()), "an empty entry");
    corrupt(&sketched(|sketch| sketch.entries[4].byte_offset = 5000), "an entry behind the memory");
    corrupt(&sketched(|sketch| sketch.entries[4].bytes.push(1)), "an entry across the end of the memory");
    corrupt(&sketched(|sketch| sketch.entries[4].byte_offset = u64::MAX), "an entry at the end of all numbers");
    corrupt(&sketched(|sketch| sketch.entries[1].byte_offset = 5), "entries that overlap");
    corrupt(&sketched(|sketch| sketch.entries.swap(0, 1)), "entries that descend");
    corrupt(&sketched(|sketch| sketch.entries[0].operation = Operation::Ignore), "an ignored entry");
    corrupt(&sketched(|sketch| sketch.entries[2].operation = Operation::Xor), "floats have no xor");
    corrupt(&sketched(|sketch| sketch.entries[0].operation = Operation::Sum), "raw bytes have no sum");
    corrupt(&sketched(|sketch| sketch.entries[0].element = ElementType::I64), "three bytes are no i64");
    for (kind, what) in [([12, 0], "an unknown type"), ([255, 0], "an unknown type"), ([0, 12], "an unknown operation")]
    {
        corrupt(&with_index(1, &[&kind[..], &index_of(&[1, 0, 136])].concat()), what);
    }
}

#[test]
fn an_index_of_another_shape_is_refused() {
    let sound = [&[0, 0][..], &index_of(&[1, 0, 136])].concat();
    decode(&with_index(1, &sound)).expect("one entry of 68 bytes");
    for (count, index, what) in [
        (0, sound.clone(), "no entries, and an index"),
        (2, sound.clone(), "more entries than there are"),
        (1, vec![], "an entry without an index"),
        (1, vec![0], "half of a kind"),
        (1, vec![0, 0], "a group without a count"),
        (1, vec![0, 0, 0], "an empty group"),
        (1, [&sound[..], &[0]].concat(), "a byte too many"),
        (1, sound[..sound.len() - 1].to_vec(), "a byte too few"),
        (1, [&[0, 0][..], &index_of(&[2, 0, 68, 0, 68])].concat(), "a group with more entries than all"),
        (2, [&[0, 0][..], &index_of(&[1, 0, 68]), &[0, 0], &index_of(&[1, 0, 68])].concat(), "one kind in two groups"),
        (1, [&[0, 0][..], &index_of(&[1, 0, 134])].concat(), "fewer bytes than there are"),
        (1, [&[0, 0][..], &index_of(&[1, 0, 138])].concat(), "more bytes than there are"),
        (1, [&[0, 0][..], &index_of(&[1, u64::MAX, 136])].concat(), "an end that is no number"),
        (1, [&[11, 0][..], &index_of(&[1, 0, u64::MAX])].concat(), "a length that is no number"),
        (2, [&[0, 0][..], &index_of(&[2, 0, 136, u64::MAX, 2])].concat(), "an offset that is no number"),
        (1, vec![0, 0, 1, 0, 0x88, 0x81, 0], "a number with a needless byte"),
        (1, [&[0, 0, 1][..], &[0xFF; 10], &[1]].concat(), "a number without an end"),
    ] {
        corrupt(&with_index(count, &index), what);
    }
}

#[test]
fn unknown_flags_and_a_shrunk_memory_are_refused() {
    for bit in 2..32 {
        let mut bytes = sketch().encode();
        bytes[FLAGS_OFFSET..][..4].copy_from_slice(&(1_u32 << bit).to_le_bytes());
        seal(&mut bytes);
        corrupt(&bytes, "an unknown flag");
    }
    corrupt(&sketched(|sketch| sketch.base.byte_length = 5001), "a base longer than the memory");
    let mut sketch = sketch_with_originals();
    let Some(originals) = &mut sketch.originals else { panic!("it has originals") };
    *originals.last_mut().expect("it has some") = 1;
    corrupt(&sketch.encode(), "an original past the end of the base that is not zero");
}

/// Each number of the header, with every value that may break arithmetic.
#[test]
fn no_claim_is_believed() {
    let offsets = [
        BASE_LENGTH_OFFSET,
        BYTE_LENGTH_OFFSET,
        ENTRY_COUNT_OFFSET,
        INDEX_BYTES_OFFSET,
        CHANGED_BYTES_OFFSET,
        STORED_BYTES_OFFSET,
    ];
    for (name, whole) in real_ones() {
        for offset in offsets {
            let own = u64::from_le_bytes(whole[offset..][..8].try_into().expect("eight bytes"));
            let large = (8..64).map(|bit| 1_u64 << bit).chain([u64::MAX, u64::MAX / 2, u64::MAX - 7, u64::MAX - 119]);
            let close = [0, 1, own.wrapping_sub(1), own + 1, own + 8, own * 2];
            for claim in large.chain(close).filter(|claim| *claim != own) {
                let mut bytes = whole.clone();
                put(&mut bytes, offset, claim);
                seal(&mut bytes);
                let Err(error) = decode(&bytes) else {
                    // Another length of the memory may be as good.
                    assert!([BASE_LENGTH_OFFSET, BYTE_LENGTH_OFFSET].contains(&offset), "{name}: {claim} at {offset}");
                    continue;
                };
                let allowed = [ErrorKind::DiffCorrupt, ErrorKind::OverMax];
                assert!(allowed.contains(&error.kind()), "{name}: {claim} at {offset}: {error}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn arbitrary_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(decode(&bytes).is_err());
    }

    /// Behind a header and a checksum that are right, so that every part of the decoder sees nonsense.
    #[test]
    fn arbitrary_alterations_with_the_right_checksum_never_panic(
        which in 0_usize..4,
        writes in prop::collection::vec((8_usize..400, any::<u8>()), 1..12),
        cut in 0_usize..40,
    ) {
        let (_, mut bytes) = real_ones().swap_remove(which);
        let end = bytes.len() - 8;
        for (at, value) in writes {
            // The version stays: another one is refused at once.
            bytes[12 + at % (end - 12)] = value;
        }
        let end = end - cut.min(end - HEADER_BYTES);
        bytes.truncate(end);
        bytes.extend([0; 8]);
        put(&mut bytes, STORED_BYTES_OFFSET, (end - HEADER_BYTES) as u64);
        seal(&mut bytes);
        if let Ok(diff) = decode(&bytes) {
            let again = pagefold_core::encode(&diff, pagefold_core::Compression::Lz4);
            prop_assert_eq!(decode(&again).expect("it was just encoded"), diff);
        }
    }
}
