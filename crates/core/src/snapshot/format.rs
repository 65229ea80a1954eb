//! The bytes of a snapshot file, without any file: what is in it, and encoding it.
//!
//! ```text
//!  0        8  magic "PGFOLDSN"
//!  8        4  format version, 2
//! 12        4  page size in bytes
//! 16        8  length of the memory in bytes
//! 24        8  number of runs
//! 32       16  id
//! 48        8  version of the snapshot
//! 56        8  XXH3-64 of bytes 0..56, and of everything from 64 on up to the end of the run table
//! 64        8  length in bytes up to which the snapshot can grow
//! 72       16  id of the snapshot that it was forked from; zeros: none
//! 88        8  version of that one
//! 96       16  id of the snapshot in the base file; zeros: there is no base file
//! 112       8  version of that one
//! 120       4  files beneath this one
//! 124       4  length in bytes of the name of the base file; 0: there is none
//! 128       …  that name, in UTF-8, and zeros up to a multiple of 8
//!   …  24 * n  run table: first page, page count, XXH3-64 of the run's bytes
//!   …          zeros up to a multiple of the page size
//!   …          the pages of the runs, one run after the other
//! ```
//!
//! All numbers are little-endian. The highest bit of a page count marks a run of zeros, which has no pages in the file.
//! Pages outside every run are those of the base file, as far as that one and all files in between reach; zeros elsewhere.
//! The last page of the memory is padded with zeros. Version 1 ends with byte 64, and every run has pages.
#![forbid(unsafe_code)]

use std::hash::Hasher;

use twox_hash::XxHash3_64;
use uuid::Uuid;

use super::Parent;
use crate::error::{Error, ErrorKind};
use crate::page::PageSize;
use crate::page_set::PageRun;

/// What both format versions have.
pub(super) const HEADER_BYTES: usize = 64;
/// What comes behind it since format version 2, without the name.
pub(super) const EXTENSION_BYTES: usize = 64;
pub(super) const RUN_BYTES: usize = 24;
pub(super) const NAME_BYTES_MAX: usize = 255;

pub(super) const MAGIC: [u8; 8] = *b"PGFOLDSN";
pub(super) const FORMAT_VERSION: u32 = 2;
/// Bytes in front of the checksum.
pub(super) const CHECKED_BYTES: usize = 56;
pub(super) const ZEROS: u64 = 1 << 63;

/// One entry of the run table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SavedRun {
    pub(super) run: PageRun,
    /// `None`: the run is zero, and not in the file.
    pub(super) checksum: Option<u64>,
}

/// The file that has the pages which this one lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BaseFile {
    pub(super) id: Uuid,
    pub(super) version: u64,
    /// In the same folder.
    pub(super) name: String,
}

/// What a file says about itself, besides its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) byte_length: u64,
    pub(super) max_byte_length: u64,
    pub(super) id: Uuid,
    pub(super) version: u64,
    pub(super) parent: Option<Parent>,
    pub(super) base: Option<BaseFile>,
    /// Files beneath this one: base, base of the base, and so on.
    pub(super) depth: u32,
    pub(super) runs: Vec<SavedRun>,
}

impl Contents {
    /// Everything before the pages, and the checksum of it.
    pub(super) fn encode(&self, page: PageSize) -> (Vec<u8>, u64) {
        let name = self.base.as_ref().map_or("", |base| base.name.as_str());
        let mut bytes = Vec::with_capacity(table_offset(name.len()) + self.runs.len() * RUN_BYTES);
        bytes.extend(MAGIC);
        bytes.extend(FORMAT_VERSION.to_le_bytes());
        bytes.extend(u32::try_from(page.bytes()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(self.byte_length.to_le_bytes());
        bytes.extend((self.runs.len() as u64).to_le_bytes());
        bytes.extend(self.id.as_bytes());
        bytes.extend(self.version.to_le_bytes());
        bytes.extend([0; HEADER_BYTES - CHECKED_BYTES]);
        bytes.extend(self.max_byte_length.to_le_bytes());
        let (id, version) = self.parent.map_or((Uuid::nil(), 0), |parent| (parent.id, parent.version));
        bytes.extend(id.as_bytes());
        bytes.extend(version.to_le_bytes());
        let (id, version) = self.base.as_ref().map_or((Uuid::nil(), 0), |base| (base.id, base.version));
        bytes.extend(id.as_bytes());
        bytes.extend(version.to_le_bytes());
        bytes.extend(self.depth.to_le_bytes());
        bytes.extend(u32::try_from(name.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend(name.as_bytes());
        bytes.resize(table_offset(name.len()), 0);
        for saved in &self.runs {
            let zeros = if saved.checksum.is_some() { 0 } else { ZEROS };
            bytes.extend((saved.run.start as u64).to_le_bytes());
            bytes.extend((saved.run.page_count() as u64 | zeros).to_le_bytes());
            bytes.extend(saved.checksum.unwrap_or(0).to_le_bytes());
        }
        let mut hasher = XxHash3_64::new();
        hasher.write(&bytes[..CHECKED_BYTES]);
        hasher.write(&bytes[HEADER_BYTES..]);
        let checksum = hasher.finish();
        bytes[CHECKED_BYTES..HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
        bytes.resize(data_offset(bytes.len(), page), 0);
        (bytes, checksum)
    }
}

/// Where the run table begins in a file of format version 2.
pub(super) const fn table_offset(name_bytes: usize) -> usize {
    HEADER_BYTES + EXTENSION_BYTES + name_bytes.next_multiple_of(8)
}

/// Where the pages begin when the run table ends at `table_end`.
pub(super) fn data_offset(table_end: usize, page: PageSize) -> usize {
    page.ceil(table_end).unwrap_or(table_end)
}

pub(super) fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::SnapshotCorrupt, format!("the snapshot file cannot be used: {what}"))
}
