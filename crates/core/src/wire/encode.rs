//! From a diff to bytes.

use std::hash::Hasher;

use twox_hash::XxHash3_64;

use crate::diff::Diff;

use super::header::{CHECKSUM_BYTES, HEADER_BYTES, Header};
use super::{Compression, blocks, index};

/// A diff as bytes, which [`decode`](super::decode) gives back.
///
/// Costs a copy of the changed bytes, their checksum (about 0.1 ms a megabyte), and the compression, if any.
#[must_use]
pub fn encode(diff: &Diff, compression: Compression) -> Vec<u8> {
    let index = index::encode(diff);
    let (_, changed, originals) = diff.parts();
    let parts = [&index[..], changed, originals.unwrap_or_default()];
    let body_bytes: usize = parts.iter().map(|part| part.len()).sum();

    let mut bytes = vec![0; HEADER_BYTES];
    match compression {
        Compression::None => {
            bytes.reserve_exact(body_bytes + CHECKSUM_BYTES);
            parts.iter().for_each(|part| bytes.extend_from_slice(part));
        }
        Compression::Lz4 => blocks::compress(&mut bytes, &parts),
    }
    let header = Header {
        with_originals: diff.has_originals(),
        compressed: compression == Compression::Lz4,
        base: diff.base(),
        author: diff.author(),
        byte_length: diff.byte_length(),
        entry_count: diff.entry_count() as u64,
        index_bytes: index.len() as u64,
        changed_bytes: diff.changed_byte_length(),
        stored_bytes: (bytes.len() - HEADER_BYTES) as u64,
    };
    bytes[..HEADER_BYTES].copy_from_slice(&header.encode());
    let checksum = checksum(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

pub(super) fn checksum(bytes: &[u8]) -> u64 {
    let mut hasher = XxHash3_64::new();
    hasher.write(bytes);
    hasher.finish()
}
