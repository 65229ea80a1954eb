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
/// What every format version has.
pub(super) const FIRST_HEADER_BYTES: usize = 64;
/// Without the name of a base.
pub(super) const HEADER_BYTES: usize = 128;
pub(super) const MAX_BYTE_LENGTH_OFFSET: usize = 64;
pub(super) const BASE_OFFSET: usize = 96;
pub(super) const NAME_LENGTH_OFFSET: usize = 124;
pub(super) const RUN_BYTES: usize = 24;

/// First page, page count, checksum.
pub(super) type Run = (u64, u64, u64);

/// A file with this header, table and pages, whether or not they make sense.
pub(super) fn file(byte_length: u64, runs: &[Run], pages: &[u8]) -> Vec<u8> {
    let mut bytes = b"PGFOLDSN".to_vec();
    bytes.extend(2_u32.to_le_bytes());
    bytes.extend(u32::try_from(page_bytes()).expect("pages are small").to_le_bytes());
    bytes.extend(byte_length.to_le_bytes());
    bytes.extend((runs.len() as u64).to_le_bytes());
    bytes.extend([9; 16]);
    bytes.extend(1_u64.to_le_bytes());
    bytes.extend([0; 8]);
    bytes.extend(byte_length.to_le_bytes());
    bytes.extend([0; HEADER_BYTES - FIRST_HEADER_BYTES - 8]);
    finish(bytes, runs, pages)
}

/// As [`file`], of the first format version.
pub(super) fn first_file(byte_length: u64, runs: &[Run], pages: &[u8]) -> Vec<u8> {
    let mut bytes = file(byte_length, &[], &[]);
    bytes.truncate(FIRST_HEADER_BYTES);
    bytes[FORMAT_VERSION_OFFSET] = 1;
    put(&mut bytes, RUN_COUNT_OFFSET, runs.len() as u64);
    finish(bytes, runs, pages)
}

/// Appends everything behind the header.
fn finish(mut bytes: Vec<u8>, runs: &[Run], pages: &[u8]) -> Vec<u8> {
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
    let is_first = file[FORMAT_VERSION_OFFSET] == 1;
    let table = if is_first { FIRST_HEADER_BYTES } else { HEADER_BYTES + name_bytes(file) };
    let table_end = run_count.saturating_mul(RUN_BYTES).saturating_add(table).min(file.len());
    let mut hasher = XxHash3_64::new();
    hasher.write(&file[..CHECKSUM_OFFSET]);
    hasher.write(&file[FIRST_HEADER_BYTES..table_end]);
    let checksum = hasher.finish();
    put(file, CHECKSUM_OFFSET, checksum);
}

/// Length of the name of the base, with the zeros behind it.
fn name_bytes(file: &[u8]) -> usize {
    let length = number_at(file, NAME_LENGTH_OFFSET - 4) >> 32;
    usize::try_from(length).expect("a short name").next_multiple_of(8)
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
