//! The documented bytes, and committed ones that every later version must read.

use pagefold_core::{Compression, ElementType, ErrorKind, Operation, encode};

use super::{decode, sketch, sketch_with_originals};
use crate::encoded::{FORMAT_VERSION_OFFSET, seal};

/// Encoded by the first version: [`sketch`], plain, and with originals and compression.
const GOLDEN_PLAIN: &[u8] = include_bytes!("golden/plain.bin");
const GOLDEN_COMPRESSED: &[u8] = include_bytes!("golden/originals-lz4.bin");

#[test]
fn the_committed_bytes_decode_to_what_they_always_did() {
    assert_eq!(decode(GOLDEN_PLAIN).expect("it always could be"), sketch().diff());
    assert_eq!(decode(GOLDEN_COMPRESSED).expect("it always could be"), sketch_with_originals().diff());
}

#[test]
fn what_is_encoded_is_what_is_documented() {
    for sketch in [sketch(), sketch_with_originals()] {
        assert_eq!(encode(&sketch.diff(), Compression::None), sketch.encode());
    }
    assert_eq!(GOLDEN_PLAIN, sketch().encode());
}

#[test]
fn a_sketch_becomes_the_diff_that_it_shows() {
    let diff = sketch_with_originals().diff();
    let Some(entry) = diff.entries().nth(2) else { panic!("it has five entries") };
    assert_eq!((entry.byte_offset, entry.element, entry.operation), (240, ElementType::F64, Operation::Sum));
    assert_eq!((entry.exact, entry.bytes, entry.original), (true, &[5; 16][..], Some(&[9; 16][..])));
    assert_eq!((diff.byte_length(), diff.base().byte_length, diff.base().version), (5000, 1000, 7));
    assert_eq!((diff.author().origin, diff.author().sequence, diff.entry_count()), (5, 9, 5));
    assert_eq!((diff.base().revision, diff.changed_byte_length()), (3, 68));
}

#[test]
fn a_later_version_is_unsupported_not_damaged() {
    for version in [0_u32, 2, 255, u32::MAX] {
        let mut bytes = sketch().encode();
        bytes[FORMAT_VERSION_OFFSET..][..4].copy_from_slice(&version.to_le_bytes());
        seal(&mut bytes);
        let error = decode(&bytes).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains(&format!("version {version};")), "{error}");
        // Even if nothing else of it can be read.
        assert_eq!(decode(&bytes[..12]).expect_err("refused").kind(), ErrorKind::Unsupported);
    }
}
