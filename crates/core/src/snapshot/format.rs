//! The bytes of a snapshot file, without any file: encoding and decoding of its header and run table.
//!
//! ```text
//!  0        8  magic "PGFOLDSN"
//!  8        4  format version, 1
//! 12        4  page size in bytes
//! 16        8  length of the memory in bytes
//! 24        8  number of runs
//! 32       16  id
//! 48        8  version of the snapshot
//! 56        8  XXH3-64 of bytes 0..56 and of the run table
//! 64   24 * n  run table: first page, page count, XXH3-64 of the run's bytes
//!  …           zeros up to a multiple of the page size
//!  …           the pages of the runs, one run after the other
//! ```
//!
//! All numbers are little-endian. Pages outside every run are zero. The last page of the memory is padded with zeros.
#![forbid(unsafe_code)]

use std::hash::Hasher;

use twox_hash::XxHash3_64;
use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};
use crate::page::PageSize;
use crate::page_set::PageRun;

pub(super) const HEADER_BYTES: usize = 64;
pub(super) const RUN_BYTES: usize = 24;

const MAGIC: [u8; 8] = *b"PGFOLDSN";
const FORMAT_VERSION: u32 = 1;
const CHECKED_BYTES: usize = 56;

/// What the first 64 bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) byte_length: u64,
    pub(super) run_count: u64,
    pub(super) id: Uuid,
    pub(super) version: u64,
    checksum: u64,
}

/// One entry of the run table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SavedRun {
    pub(super) run: PageRun,
    pub(super) checksum: u64,
}

/// Header and run table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) byte_length: u64,
    pub(super) id: Uuid,
    pub(super) version: u64,
    pub(super) runs: Vec<SavedRun>,
}

impl Contents {
    /// Header, run table and padding: everything before the pages.
    pub(super) fn encode(&self, page: PageSize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + self.runs.len() * RUN_BYTES);
        bytes.extend(MAGIC);
        bytes.extend(FORMAT_VERSION.to_le_bytes());
        bytes.extend(u32::try_from(page.bytes()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(self.byte_length.to_le_bytes());
        bytes.extend((self.runs.len() as u64).to_le_bytes());
        bytes.extend(self.id.as_bytes());
        bytes.extend(self.version.to_le_bytes());
        bytes.extend([0; HEADER_BYTES - CHECKED_BYTES]);
        for saved in &self.runs {
            bytes.extend((saved.run.start as u64).to_le_bytes());
            bytes.extend((saved.run.page_count() as u64).to_le_bytes());
            bytes.extend(saved.checksum.to_le_bytes());
        }
        let checksum = checksum(&bytes[..CHECKED_BYTES], &bytes[HEADER_BYTES..]);
        bytes[CHECKED_BYTES..HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
        bytes.resize(data_offset(self.runs.len(), page), 0);
        bytes
    }
}

impl Header {
    /// Reads the header of a file of `file_bytes` bytes.
    pub(super) fn decode(bytes: &[u8; HEADER_BYTES], file_bytes: u64, page: PageSize) -> Result<Self> {
        if bytes[..8] != MAGIC {
            return Err(Error::new(ErrorKind::NotASnapshot, "the file does not begin like a snapshot"));
        }
        let format = u32_at(bytes, 8);
        if format != FORMAT_VERSION {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the file has format version {format}; this version of pagefold reads {FORMAT_VERSION}"),
            ));
        }
        let saved_page = u32_at(bytes, 12);
        if u64::from(saved_page) != page.bytes() as u64 {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the file was saved with pages of {saved_page} bytes; here they have {}", page.bytes()),
            ));
        }
        let header = Self {
            byte_length: u64_at(bytes, 16),
            run_count: u64_at(bytes, 24),
            id: Uuid::from_bytes(array_at(bytes, 32)),
            version: u64_at(bytes, 48),
            checksum: u64_at(bytes, CHECKED_BYTES),
        };
        // Every run has an entry in the table and at least one page.
        let least = header.run_count.checked_mul((RUN_BYTES + page.bytes()) as u64);
        if header.byte_length == 0 || least.is_none_or(|least| least > file_bytes - HEADER_BYTES as u64) {
            return Err(corrupt("its header is damaged or the file is cut short"));
        }
        Ok(header)
    }
}

/// Reads the run table piece by piece and stops at the first entry that makes no sense: the length that a header claims
/// is nothing to reserve memory by.
pub(super) struct TableDecoder {
    header: Header,
    hasher: XxHash3_64,
    page_count: u64,
    runs: Vec<SavedRun>,
    stored_pages: u64,
}

impl TableDecoder {
    pub(super) fn new(header: Header, bytes: &[u8; HEADER_BYTES], page: PageSize) -> Self {
        let mut hasher = XxHash3_64::new();
        hasher.write(&bytes[..CHECKED_BYTES]);
        let page_count = header.byte_length.div_ceil(page.bytes() as u64);
        Self { header, hasher, page_count, runs: Vec::new(), stored_pages: 0 }
    }

    /// Takes in some entries.
    pub(super) fn read(&mut self, entries: &[u8]) -> Result<()> {
        self.hasher.write(entries);
        for entry in entries.chunks_exact(RUN_BYTES) {
            let (first, count) = (u64_at(entry, 0), u64_at(entry, 8));
            let next = self.runs.last().map_or(0, |last| last.run.end as u64);
            let end = first.checked_add(count).filter(|end| first >= next && count > 0 && *end <= self.page_count);
            let run = end
                .and_then(|end| Some(PageRun { start: usize::try_from(first).ok()?, end: usize::try_from(end).ok()? }));
            let run = run.ok_or_else(|| corrupt("its run table makes no sense"))?;
            self.runs.push(SavedRun { run, checksum: u64_at(entry, 16) });
            self.stored_pages += count;
        }
        Ok(())
    }

    /// After all entries: checks them against the header and the length of the file.
    pub(super) fn finish(self, file_bytes: u64, page: PageSize) -> Result<Contents> {
        if self.hasher.finish() != self.header.checksum {
            return Err(corrupt("its header or run table was altered"));
        }
        let pages = self.stored_pages.checked_mul(page.bytes() as u64);
        let expected = pages.and_then(|pages| pages.checked_add(data_offset(self.runs.len(), page) as u64));
        if expected != Some(file_bytes) {
            return Err(corrupt(&format!("it has {file_bytes} bytes, and its run table says otherwise")));
        }
        let Header { byte_length, id, version, .. } = self.header;
        Ok(Contents { byte_length, id, version, runs: self.runs })
    }
}

/// Where the pages begin.
pub(super) fn data_offset(run_count: usize, page: PageSize) -> usize {
    let end = HEADER_BYTES + run_count * RUN_BYTES;
    page.ceil(end).unwrap_or(end)
}

pub(super) fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::SnapshotCorrupt, format!("the snapshot file cannot be used: {what}"))
}

fn checksum(header: &[u8], table: &[u8]) -> u64 {
    let mut hasher = XxHash3_64::new();
    hasher.write(header);
    hasher.write(table);
    hasher.finish()
}

fn array_at<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[offset..offset + N]);
    array
}

fn u32_at(bytes: &[u8], offset: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, offset))
}

fn u64_at(bytes: &[u8], offset: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, offset))
}
