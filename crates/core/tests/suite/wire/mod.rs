//! Diffs as bytes: whole, cut short, altered, made up.

mod damage;
mod format;
mod hostile;
mod limits;
mod round_trip;

use pagefold_core::{Author, Base, Compression, DecodeLimits, Diff, ElementType, Operation, Result};

use crate::encoded::{Run, Sketch};

/// Limits that nothing in these tests reaches.
const LIMITS: DecodeLimits = DecodeLimits::for_memory(1 << 40);

fn decode(bytes: &[u8]) -> Result<Diff> {
    pagefold_core::decode(bytes, LIMITS)
}

/// Entries of several kinds, one of them across the end of the base and one behind it.
fn sketch() -> Sketch {
    let run = |byte_offset, element, operation, exact, bytes: &[u8]| Run {
        byte_offset,
        element,
        operation,
        exact,
        bytes: bytes.to_vec(),
    };
    Sketch {
        base: Base {
            id: "00112233-4455-6677-8899-aabbccddeeff".parse().expect("an id"),
            version: 7,
            revision: 3,
            byte_length: 1000,
        },
        author: Author { origin: 5, sequence: 9 },
        byte_length: 5000,
        entries: vec![
            run(3, ElementType::Raw, Operation::Overwrite, true, &[1, 2, 3]),
            run(200, ElementType::Raw, Operation::Overwrite, false, &[4; 40]),
            run(240, ElementType::F64, Operation::Sum, true, &[5; 16]),
            run(998, ElementType::I32, Operation::Max, true, &[6; 8]),
            run(4999, ElementType::Raw, Operation::Overwrite, true, &[8]),
        ],
        originals: None,
    }
}

/// The same, with what the base has: nines, and zeros past its end.
fn sketch_with_originals() -> Sketch {
    Sketch { originals: Some([[9; 61].as_slice(), &[0; 7]].concat()), ..sketch() }
}

/// Every way of encoding those two.
fn real_ones() -> Vec<(&'static str, Vec<u8>)> {
    let (plain, with_originals) = (sketch().diff(), sketch_with_originals().diff());
    vec![
        ("plain", pagefold_core::encode(&plain, Compression::None)),
        ("with originals", pagefold_core::encode(&with_originals, Compression::None)),
        ("compressed", pagefold_core::encode(&plain, Compression::Lz4)),
        ("compressed with originals", pagefold_core::encode(&with_originals, Compression::Lz4)),
    ]
}
