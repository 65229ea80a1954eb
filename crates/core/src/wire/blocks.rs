//! Compressed bytes, in blocks that stand alone: a claim is believed for one block at a time.
//!
//! ```text
//!  4        top bit set: the block is stored as it is; the other 31 bits: length n of what follows
//!  n        the block: LZ4 block format, or its bytes
//! ```
//!
//! Every block holds [`BLOCK_BYTES`] but the last, which holds the rest and at least one byte.

use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};

use crate::error::Result;

use super::corrupt;

/// Bytes that a block holds. LZ4 looks back 64 KiB at most, so larger blocks would hardly be smaller.
pub(super) const BLOCK_BYTES: usize = 256 << 10;
/// The least that a block takes: its length, and a byte.
const BLOCK_BYTES_MIN: usize = 5;
const STORED: u32 = 1 << 31;

/// Appends the blocks of what the parts are, one after the other.
pub(super) fn compress(into: &mut Vec<u8>, parts: &[&[u8]]) {
    let mut space = vec![0; get_maximum_output_size(BLOCK_BYTES)];
    let mut straddling = Vec::new();
    let mut block = |bytes: &[u8]| {
        // Room enough for the worst case was made, so nothing fails; if it did, the bytes are stored as they are.
        let length = compress_into(bytes, &mut space).unwrap_or(usize::MAX);
        let (mark, stored) = if length < bytes.len() { (0, &space[..length]) } else { (STORED, bytes) };
        into.extend((u32::try_from(stored.len()).unwrap_or(u32::MAX) | mark).to_le_bytes());
        into.extend(stored);
    };
    for part in parts {
        let mut rest = *part;
        while !rest.is_empty() {
            let wanted = BLOCK_BYTES - straddling.len();
            if straddling.is_empty() && rest.len() >= wanted {
                block(&rest[..wanted]);
                rest = &rest[wanted..];
                continue;
            }
            let (now, later) = rest.split_at(wanted.min(rest.len()));
            straddling.extend_from_slice(now);
            rest = later;
            if straddling.len() == BLOCK_BYTES {
                block(&straddling);
                straddling.clear();
            }
        }
    }
    if !straddling.is_empty() {
        block(&straddling);
    }
}

/// The `byte_length` bytes that these blocks hold. Reserves no more than a block beyond what earlier ones have proved.
pub(super) fn decompress(mut blocks: &[u8], byte_length: usize) -> Result<Vec<u8>> {
    if blocks.len() / BLOCK_BYTES_MIN < byte_length.div_ceil(BLOCK_BYTES) {
        return Err(corrupt("it has too few compressed bytes for what they are to hold"));
    }
    let mut bytes = Vec::new();
    while bytes.len() < byte_length {
        let start = bytes.len();
        let length = BLOCK_BYTES.min(byte_length - start);
        let (head, rest) = blocks.split_first_chunk().ok_or_else(|| corrupt("a compressed block is missing"))?;
        let head = u32::from_le_bytes(*head);
        let stored = usize::try_from(head & !STORED).ok().and_then(|stored| rest.split_at_checked(stored));
        let (block, rest) = stored.ok_or_else(|| corrupt("a compressed block is cut short"))?;
        blocks = rest;
        if head & STORED != 0 {
            bytes.extend_from_slice(block);
        } else {
            bytes.resize(start + length, 0);
            let written = decompress_into(block, &mut bytes[start..]).ok();
            bytes.truncate(start + written.unwrap_or(0));
        }
        if bytes.len() != start + length {
            return Err(corrupt("a compressed block does not hold what it should"));
        }
    }
    if !blocks.is_empty() {
        return Err(corrupt("it has more compressed bytes than it needs"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[3]
        };
        (0..length).map(|_| next()).collect()
    }

    #[test]
    fn parts_come_back_as_one() {
        for lengths in [
            vec![],
            vec![1],
            vec![0, 3, 0, 4],
            vec![BLOCK_BYTES],
            vec![BLOCK_BYTES - 1, 1, 1],
            vec![10, 2 * BLOCK_BYTES + 5, BLOCK_BYTES],
        ] {
            let parts: Vec<Vec<u8>> = lengths.iter().map(|length| vec![7; *length]).collect();
            for parts in [parts, lengths.iter().map(|length| noise(*length)).collect()] {
                let slices: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
                let whole = parts.concat();
                let mut blocks = Vec::new();
                compress(&mut blocks, &slices);
                assert!(blocks.len() <= whole.len() + 4 * whole.len().div_ceil(BLOCK_BYTES), "{lengths:?}");
                assert!(decompress(&blocks, whole.len()).expect("it was just compressed") == whole, "{lengths:?}");
            }
        }
    }

    #[test]
    fn blocks_that_do_not_fit_are_refused() {
        let mut blocks = Vec::new();
        compress(&mut blocks, &[&vec![7; BLOCK_BYTES + 100]]);
        for length in [0, 1, 99, BLOCK_BYTES, BLOCK_BYTES + 99, BLOCK_BYTES + 101, 2 * BLOCK_BYTES + 1, usize::MAX] {
            decompress(&blocks, length).expect_err("refused");
        }
        for end in 0..blocks.len() {
            decompress(&blocks[..end], BLOCK_BYTES + 100).expect_err("refused");
        }
        blocks.push(0);
        decompress(&blocks, BLOCK_BYTES + 100).expect_err("refused");
    }
}
