//! What a receiver allows, and how much a claim can make it reserve.

use pagefold_core::{Author, Base, Compression, DecodeLimits, ElementType, ErrorKind, Operation, encode};

use super::{decode, sketch, sketch_with_originals};
use crate::encoded::{
    CHANGED_BYTES_OFFSET, ENTRY_COUNT_OFFSET, HEADER_BYTES, INDEX_BYTES_OFFSET, Run, STORED_BYTES_OFFSET, Sketch, put,
    seal,
};

#[test]
fn a_diff_beyond_the_limits_is_refused() {
    let diff = sketch_with_originals().diff();
    let index_bytes = 25;
    let exact = DecodeLimits { byte_length: 5000, entry_count: 5, body_byte_length: index_bytes + 2 * 68 };
    for compression in [Compression::None, Compression::Lz4] {
        let bytes = encode(&diff, compression);
        pagefold_core::decode(&bytes, exact).expect("it is within the limits");
        for limits in [
            DecodeLimits { byte_length: 4999, ..exact },
            DecodeLimits { entry_count: 4, ..exact },
            DecodeLimits { body_byte_length: exact.body_byte_length - 1, ..exact },
        ] {
            let error = pagefold_core::decode(&bytes, limits).expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::OverMax, "{error}");
        }
    }
}

/// A few bytes claim a gigabyte of compressed zeros, or of entries. Where memory were reserved for it, four thousand of
/// them one after the other would take minutes.
#[test]
fn a_claim_reserves_nothing() {
    let wide = DecodeLimits { byte_length: u64::MAX, entry_count: u64::MAX, body_byte_length: u64::MAX };
    for claim in [1 << 30, 1 << 36, 1 << 50, (1 << 63) - 1, u64::MAX] {
        for (compression, offset) in [
            (Compression::Lz4, CHANGED_BYTES_OFFSET),
            (Compression::Lz4, INDEX_BYTES_OFFSET),
            (Compression::Lz4, ENTRY_COUNT_OFFSET),
            (Compression::None, CHANGED_BYTES_OFFSET),
            (Compression::None, INDEX_BYTES_OFFSET),
            (Compression::None, ENTRY_COUNT_OFFSET),
        ] {
            let mut bytes = encode(&sketch().diff(), compression);
            put(&mut bytes, offset, claim);
            if offset == ENTRY_COUNT_OFFSET && compression == Compression::Lz4 {
                put(&mut bytes, INDEX_BYTES_OFFSET, claim);
            }
            seal(&mut bytes);
            for _ in 0..150 {
                let error = pagefold_core::decode(&bytes, wide).expect_err("refused");
                assert_eq!(error.kind(), ErrorKind::DiffCorrupt, "{claim} at {offset}: {error}");
            }
        }
    }
}

/// Compressed blocks that hold less, more, or something else than they should.
#[test]
fn compressed_blocks_must_hold_exactly_what_they_should() {
    let run = Run {
        byte_offset: 0,
        element: ElementType::Raw,
        operation: Operation::Overwrite,
        exact: true,
        bytes: vec![7; 600_000],
    };
    let large =
        Sketch { entries: vec![run], byte_length: 600_000, base: Base { byte_length: 0, ..sketch().base }, ..sketch() };
    let whole = encode(&large.diff(), Compression::Lz4);
    assert!(whole.len() < 4000, "it compresses well: {}", whole.len());
    assert_eq!(decode(&whole).expect("it is sound"), large.diff());
    let refused = |mut bytes: Vec<u8>, what: &str| {
        let stored = bytes.len() - HEADER_BYTES - 8;
        put(&mut bytes, STORED_BYTES_OFFSET, stored as u64);
        seal(&mut bytes);
        assert_eq!(decode(&bytes).expect_err(what).kind(), ErrorKind::DiffCorrupt, "{what}");
    };
    for at in HEADER_BYTES..whole.len() - 8 {
        let mut shorter = whole.clone();
        shorter.remove(at);
        refused(shorter, &format!("without byte {at}"));
        let mut longer = whole.clone();
        longer.insert(at, 0x55);
        refused(longer, &format!("with one more byte at {at}"));
    }
}

/// One entry for each stretch: every second byte of many pages costs hardly more than the pages.
#[test]
fn diffs_are_compact() {
    const PAGES: usize = 1638;
    let base = Base { byte_length: 1 << 26, ..sketch().base };
    let entries = |count: usize, apart: u64, bytes: &[u8]| {
        let run = |at: usize| Run {
            byte_offset: at as u64 * apart,
            element: ElementType::Raw,
            operation: Operation::Overwrite,
            exact: false,
            bytes: bytes.to_vec(),
        };
        let author = Author { origin: 1, sequence: 1 };
        Sketch { base, author, byte_length: 1 << 26, entries: (0..count).map(run).collect(), originals: None }.diff()
    };
    let every_second: Vec<u8> = (0..4096_u32).map(|at| u8::from(at % 2 == 0)).collect();
    let scattered = entries(PAGES, 3 * 4096, &every_second);
    assert!(encode(&scattered, Compression::None).len() < PAGES * 4096 / 10 * 11);
    assert!(encode(&scattered, Compression::Lz4).len() < PAGES * 200);
    let small = entries(100_000, 300, &[1]);
    assert!(encode(&small, Compression::None).len() < 100_000 * 4 + 200);
}
