//! The first bytes of an encoded diff.

use uuid::Uuid;

use crate::diff::{Author, Base};
use crate::error::{Error, ErrorKind, Result};

use super::corrupt;

pub(super) const HEADER_BYTES: usize = 112;
pub(super) const CHECKSUM_BYTES: usize = 8;

const MAGIC: [u8; 8] = *b"PGFOLDDF";
const FORMAT_VERSION: u32 = 1;
const WITH_ORIGINALS: u32 = 1;
const COMPRESSED: u32 = 2;

/// What the header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) with_originals: bool,
    pub(super) compressed: bool,
    pub(super) base: Base,
    pub(super) author: Author,
    pub(super) byte_length: u64,
    pub(super) entry_count: u64,
    pub(super) index_bytes: u64,
    pub(super) changed_bytes: u64,
    pub(super) stored_bytes: u64,
}

impl Header {
    pub(super) fn encode(&self) -> [u8; HEADER_BYTES] {
        let originals = if self.with_originals { WITH_ORIGINALS } else { 0 };
        let compressed = if self.compressed { COMPRESSED } else { 0 };
        let numbers = [
            self.base.version,
            self.base.revision,
            self.base.byte_length,
            self.author.origin,
            self.author.sequence,
            self.byte_length,
            self.entry_count,
            self.index_bytes,
            self.changed_bytes,
            self.stored_bytes,
        ];
        let mut bytes = [0; HEADER_BYTES];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&(originals | compressed).to_le_bytes());
        bytes[16..32].copy_from_slice(self.base.id.as_bytes());
        for (place, number) in bytes[32..].chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    /// Reads the header and tells what is no diff, or one of another version, from one that is damaged.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self> {
        if !bytes.starts_with(&MAGIC) {
            return Err(Error::new(ErrorKind::NotADiff, "the bytes do not begin like a diff"));
        }
        let short = || corrupt("its header is cut short");
        let format = u32_at(bytes, 8).ok_or_else(short)?;
        if format != FORMAT_VERSION {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("the diff has format version {format}; this version of pagefold reads {FORMAT_VERSION}"),
            ));
        }
        let bytes: &[u8; HEADER_BYTES] = bytes.first_chunk().ok_or_else(short)?;
        let flags = u32_at(bytes, 12).ok_or_else(short)?;
        if flags & !(WITH_ORIGINALS | COMPRESSED) != 0 {
            return Err(corrupt("it has flags that no version has"));
        }
        let mut id = [0; 16];
        id.copy_from_slice(&bytes[16..32]);
        let mut numbers = bytes[32..].chunks_exact(8).map(|number| {
            let mut array = [0; 8];
            array.copy_from_slice(number);
            u64::from_le_bytes(array)
        });
        let mut next = || numbers.next().ok_or_else(short);
        let (version, revision, base_length) = (next()?, next()?, next()?);
        Ok(Self {
            with_originals: flags & WITH_ORIGINALS != 0,
            compressed: flags & COMPRESSED != 0,
            base: Base { id: Uuid::from_bytes(id), version, revision, byte_length: base_length },
            author: Author { origin: next()?, sequence: next()? },
            byte_length: next()?,
            entry_count: next()?,
            index_bytes: next()?,
            changed_bytes: next()?,
            stored_bytes: next()?,
        })
    }
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(offset..)?.first_chunk()?))
}
