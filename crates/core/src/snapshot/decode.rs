//! Decoding what a snapshot file says about itself. Nothing is reserved by the length that a file claims, and no entry is
//! believed before it makes sense.
#![forbid(unsafe_code)]

use std::hash::Hasher;

use twox_hash::XxHash3_64;
use uuid::Uuid;

use super::Parent;
use super::format::{
    BaseFile, CHECKED_BYTES, Contents, EXTENSION_BYTES, FORMAT_VERSION, HEADER_BYTES, MAGIC, NAME_BYTES_MAX, RUN_BYTES,
    SavedRun, ZEROS, corrupt, data_offset, table_offset,
};
use crate::error::{Error, ErrorKind, Result};
use crate::page::PageSize;
use crate::page_set::PageRun;

/// The first format version: without a maximum, a parent, a base, and runs of zeros.
const FIRST_FORMAT_VERSION: u32 = 1;

/// What the first 64 bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    format: u32,
    byte_length: u64,
    run_count: usize,
    id: Uuid,
    version: u64,
    checksum: u64,
}

impl Header {
    /// Reads the header of a file of `file_bytes` bytes.
    pub(super) fn decode(bytes: &[u8; HEADER_BYTES], file_bytes: u64, page: PageSize) -> Result<Self> {
        if bytes[..8] != MAGIC {
            return Err(Error::new(ErrorKind::NotASnapshot, "the file does not begin like a snapshot"));
        }
        let format = u32_at(bytes, 8);
        if !(FIRST_FORMAT_VERSION..=FORMAT_VERSION).contains(&format) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!(
                    "the file has format version {format}; this version of pagefold reads {FIRST_FORMAT_VERSION} to \
                     {FORMAT_VERSION}"
                ),
            ));
        }
        let saved_page = u32_at(bytes, 12);
        if u64::from(saved_page) != page.bytes() as u64 {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the file was saved with pages of {saved_page} bytes; here they have {}", page.bytes()),
            ));
        }
        let run_count = u64_at(bytes, 24);
        // Every run has an entry in the table, and in the first version at least one page.
        let run_bytes = if format == FIRST_FORMAT_VERSION { RUN_BYTES + page.bytes() } else { RUN_BYTES };
        let least = run_count.checked_mul(run_bytes as u64);
        let run_count = usize::try_from(run_count).ok();
        let run_count = run_count.filter(|_| least.is_some_and(|least| least <= file_bytes - HEADER_BYTES as u64));
        let header = Self {
            format,
            byte_length: u64_at(bytes, 16),
            run_count: run_count.ok_or_else(|| corrupt("its header is damaged or the file is cut short"))?,
            id: Uuid::from_bytes(array_at(bytes, 32)),
            version: u64_at(bytes, 48),
            checksum: u64_at(bytes, CHECKED_BYTES),
        };
        if format == FIRST_FORMAT_VERSION && header.byte_length == 0 {
            return Err(corrupt("its header is damaged"));
        }
        Ok(header)
    }

    /// How many bytes of extension follow the header.
    pub(super) const fn extension_bytes(&self) -> usize {
        if self.format == FIRST_FORMAT_VERSION { 0 } else { EXTENSION_BYTES }
    }

    pub(super) const fn run_count(&self) -> usize {
        self.run_count
    }

    pub(super) const fn checksum(&self) -> u64 {
        self.checksum
    }
}

/// Reads what follows the header, piece by piece.
pub(super) struct Decoder {
    header: Header,
    hasher: XxHash3_64,
    page_count: u64,
    contents: Contents,
    name_bytes: usize,
    stored_pages: u64,
}

impl Decoder {
    /// `extension` has as many bytes as [`Header::extension_bytes`] says.
    pub(super) fn new(header: Header, bytes: &[u8; HEADER_BYTES], extension: &[u8], page: PageSize) -> Result<Self> {
        let mut hasher = XxHash3_64::new();
        hasher.write(&bytes[..CHECKED_BYTES]);
        hasher.write(extension);
        let contents = Contents {
            byte_length: header.byte_length,
            max_byte_length: header.byte_length,
            id: header.id,
            version: header.version,
            parent: None,
            base: None,
            depth: 0,
            runs: Vec::new(),
        };
        let page_count = header.byte_length.div_ceil(page.bytes() as u64);
        let mut decoder = Self { header, hasher, page_count, contents, name_bytes: 0, stored_pages: 0 };
        if !extension.is_empty() {
            decoder.extend(extension)?;
        }
        Ok(decoder)
    }

    fn extend(&mut self, extension: &[u8]) -> Result<()> {
        let id = |offset: usize| Some(Uuid::from_bytes(array_at(extension, offset))).filter(|id| !id.is_nil());
        let name_bytes = usize::try_from(u32_at(extension, 60)).unwrap_or(usize::MAX);
        let contents = &mut self.contents;
        contents.max_byte_length = u64_at(extension, 0);
        contents.parent = id(8).map(|id| Parent { id, version: u64_at(extension, 24) });
        contents.base = id(32).map(|id| BaseFile { id, version: u64_at(extension, 48), name: String::new() });
        contents.depth = u32_at(extension, 56);
        let has_base = contents.base.is_some();
        let agree = has_base == (name_bytes > 0) && has_base == (contents.depth > 0) && name_bytes <= NAME_BYTES_MAX;
        if !agree || contents.max_byte_length == 0 || contents.max_byte_length < contents.byte_length {
            return Err(corrupt("its header is damaged"));
        }
        self.name_bytes = name_bytes;
        Ok(())
    }

    /// How many bytes of name, with the zeros behind it, follow the extension.
    pub(super) const fn name_bytes(&self) -> usize {
        self.name_bytes.next_multiple_of(8)
    }

    /// Takes in the name of the base file: of a file in the same folder, never a way to another one.
    pub(super) fn read_name(&mut self, bytes: &[u8]) -> Result<()> {
        self.hasher.write(bytes);
        let (name, padding) = bytes.split_at(self.name_bytes.min(bytes.len()));
        let name = std::str::from_utf8(name).ok().filter(|name| is_file_name(name));
        match (&mut self.contents.base, name) {
            (Some(base), Some(name)) if padding.iter().all(|byte| *byte == 0) => name.clone_into(&mut base.name),
            (None, _) if bytes.is_empty() => {}
            _ => return Err(corrupt("the name of its base is none")),
        }
        Ok(())
    }

    /// Takes in some entries of the run table, and stops at the first one that makes no sense.
    pub(super) fn read_runs(&mut self, entries: &[u8]) -> Result<()> {
        self.hasher.write(entries);
        for entry in entries.chunks_exact(RUN_BYTES) {
            let (first, count) = (u64_at(entry, 0), u64_at(entry, 8));
            let zeros = self.header.format != FIRST_FORMAT_VERSION && count & ZEROS != 0;
            let count = if zeros { count & !ZEROS } else { count };
            let next = self.contents.runs.last().map_or(0, |last| last.run.end as u64);
            let end = first.checked_add(count).filter(|end| first >= next && count > 0 && *end <= self.page_count);
            let run = end
                .and_then(|end| Some(PageRun { start: usize::try_from(first).ok()?, end: usize::try_from(end).ok()? }));
            let run = run.ok_or_else(|| corrupt("its run table makes no sense"))?;
            self.contents.runs.push(SavedRun { run, checksum: (!zeros).then(|| u64_at(entry, 16)) });
            self.stored_pages += if zeros { 0 } else { count };
        }
        Ok(())
    }

    /// After all entries: checks them against the header and the length of the file. Also tells how many bytes of zeros
    /// come before the pages.
    pub(super) fn finish(self, file_bytes: u64, page: PageSize) -> Result<(Contents, usize)> {
        if self.hasher.finish() != self.header.checksum {
            return Err(corrupt("its header or run table was altered"));
        }
        let table =
            if self.header.format == FIRST_FORMAT_VERSION { HEADER_BYTES } else { table_offset(self.name_bytes) };
        let table_end = table + self.contents.runs.len() * RUN_BYTES;
        let data = data_offset(table_end, page);
        let pages = self.stored_pages.checked_mul(page.bytes() as u64);
        if pages.and_then(|pages| pages.checked_add(data as u64)) != Some(file_bytes) {
            return Err(corrupt(&format!("it has {file_bytes} bytes, and its run table says otherwise")));
        }
        Ok((self.contents, data - table_end))
    }
}

/// Whether it names a file in a folder, and nothing else.
pub(super) fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', '\0'])
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
