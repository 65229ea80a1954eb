//! The documented bytes of a snapshot file, written down a second time: a file that these functions build opens, and
//! one that they alter is wrong in nothing else.

use std::hash::Hasher;

use twox_hash::XxHash3_64;

use crate::guest::page_bytes;

pub(super) const FORMAT_VERSION_OFFSET: usize = 8;
pub(super) const PAGE_SIZE_OFFSET: usize = 12;
pub(super) const BYTE_LENGTH_OFFSET: usize = 16;
pub(super) const RUN_COUNT_OFFSET: usize = 24;
pub(super) const CHECKSUM_OFFSET: usize = 56;
pub(super) const HEADER_BYTES: usize = 64;
pub(super) const RUN_BYTES: usize = 24;

/// First page, page count, checksum.
pub(super) type Run = (u64, u64, u64);

/// A file with this header, table and pages, whether or not they make sense.
pub(super) fn file(byte_length: u64, runs: &[Run], pages: &[u8]) -> Vec<u8> {
    let mut bytes = b"PGFOLDSN".to_vec();
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(u32::try_from(page_bytes()).expect("pages are small").to_le_bytes());
    bytes.extend(byte_length.to_le_bytes());
    bytes.extend((runs.len() as u64).to_le_bytes());
    bytes.extend([9; 16]);
    bytes.extend(1_u64.to_le_bytes());
    bytes.extend([0; 8]);
    for (first, count, checksum) in runs {
        bytes.extend([*first, *count, *checksum].iter().flat_map(|number| number.to_le_bytes()));
    }
    seal(&mut bytes);
    bytes.resize(bytes.len().next_multiple_of(page_bytes()), 0);
    bytes.extend(pages);
    bytes
}

/// Computes the checksum of header and run table again, so that an alteration of them is not noticed by it.
pub(super) fn seal(file: &mut [u8]) {
    let run_count = usize::try_from(number_at(file, RUN_COUNT_OFFSET)).unwrap_or(usize::MAX);
    let table_end = run_count.saturating_mul(RUN_BYTES).saturating_add(HEADER_BYTES).min(file.len());
    let mut hasher = XxHash3_64::new();
    hasher.write(&file[..CHECKSUM_OFFSET]);
    hasher.write(&file[HEADER_BYTES..table_end]);
    let checksum = hasher.finish();
    put(file, CHECKSUM_OFFSET, checksum);
}

pub(super) fn put(file: &mut [u8], offset: usize, number: u64) {
    file[offset..offset + 8].copy_from_slice(&number.to_le_bytes());
}

pub(super) fn number_at(file: &[u8], offset: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&file[offset..offset + 8]);
    u64::from_le_bytes(bytes)
}

pub(super) fn checksum(bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot(bytes)
}
