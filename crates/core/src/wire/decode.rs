//! From bytes to a diff, or to a reason why not.

use crate::diff::Diff;
use crate::error::{Error, ErrorKind, Result};

use super::encode::checksum;
use super::header::{CHECKSUM_BYTES, HEADER_BYTES, Header};
use super::{blocks, corrupt, index};

/// What a receiver lets a diff be. Anything beyond is refused before memory is reserved for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// The longest memory that it may describe, in bytes.
    pub byte_length: u64,
    /// The most runs that it may have. Each takes 24 bytes of memory.
    pub entry_count: u64,
    /// The most bytes that its index, its changed bytes and its originals may take together.
    pub body_byte_length: u64,
}

impl DecodeLimits {
    /// For diffs of memories of up to this many bytes: 16 million runs, and as many bytes as such a memory can change,
    /// with originals.
    #[must_use]
    pub const fn for_memory(byte_length: u64) -> Self {
        const ENTRIES: u64 = 1 << 24;
        const INDEX_BYTES: u64 = 32 * ENTRIES;
        let body_byte_length = byte_length.saturating_mul(2).saturating_add(INDEX_BYTES);
        Self { byte_length, entry_count: ENTRIES, body_byte_length }
    }
}

/// Reads what [`encode`](super::encode) wrote.
///
/// The bytes may come from anywhere: memory is reserved in proportion to how many there are, never to what they claim.
/// (Compressed ones can hold 255 times as many; the limits hold for what they expand to.)
///
/// # Errors
///
/// `NotADiff`, if they begin with something else; `Unsupported`, if they have another format version; `OverMax`, if the
/// diff is larger than the limits; `DiffCorrupt`, if anything else does not fit, down to the last bit.
pub fn decode(bytes: &[u8], limits: DecodeLimits) -> Result<Diff> {
    let header = Header::decode(bytes)?;
    let stored = check_envelope(bytes, &header)?;
    check_limits(&header, limits)?;

    let (index_bytes, changed_bytes, body_bytes) = lengths(&header)?;
    let count = usize::try_from(header.entry_count)
        .ok()
        .filter(|_| header.entry_count <= header.index_bytes / index::ENTRY_BYTES_MIN);
    let count = count.ok_or_else(|| corrupt("it has more entries than its index can hold"))?;
    let unpacked;
    let body = match header.compressed {
        true => {
            unpacked = blocks::decompress(stored, body_bytes)?;
            &unpacked[..]
        }
        false if stored.len() == body_bytes => stored,
        false => return Err(corrupt("its body is not as long as it says")),
    };
    let (index, contents) = body.split_at(index_bytes);
    let entries = index::decode(index, count, header.byte_length, header.changed_bytes)?;
    let (changed, originals) = contents.split_at(changed_bytes);
    let originals = header.with_originals.then(|| originals.to_vec());
    Diff::from_parts(header.base, header.author, header.byte_length, entries, changed.to_vec(), originals)
        .map_err(|error| corrupt(&error.to_string()))
}

/// The stored body: what lies between the header and the checksum, which must fit.
fn check_envelope<'a>(bytes: &'a [u8], header: &Header) -> Result<&'a [u8]> {
    let expected = header.stored_bytes.checked_add((HEADER_BYTES + CHECKSUM_BYTES) as u64);
    if expected != Some(bytes.len() as u64) {
        return Err(corrupt(&format!("it has {} bytes, and its header says otherwise", bytes.len())));
    }
    let (sealed, seal) = bytes.split_at(bytes.len() - CHECKSUM_BYTES);
    if checksum(sealed).to_le_bytes() != seal {
        return Err(corrupt("it was altered"));
    }
    Ok(&sealed[HEADER_BYTES..])
}

fn check_limits(header: &Header, limits: DecodeLimits) -> Result<()> {
    let over = |what: &str, has: u64, limit: u64| {
        Err(Error::new(ErrorKind::OverMax, format!("the encoded diff has {has} {what}; {limit} are allowed")))
    };
    let body_bytes = lengths(header)?.2 as u64;
    if header.byte_length > limits.byte_length {
        return over("bytes of memory", header.byte_length, limits.byte_length);
    }
    if header.entry_count > limits.entry_count {
        return over("entries", header.entry_count, limits.entry_count);
    }
    if body_bytes > limits.body_byte_length {
        return over("bytes", body_bytes, limits.body_byte_length);
    }
    Ok(())
}

/// Bytes of the index, of the changed bytes, and of the whole body.
fn lengths(header: &Header) -> Result<(usize, usize, usize)> {
    let copies = if header.with_originals { 2 } else { 1 };
    let contents = header.changed_bytes.checked_mul(copies);
    let body = contents.and_then(|contents| contents.checked_add(header.index_bytes));
    let whole = body.and_then(|body| usize::try_from(body).ok());
    let whole = whole.ok_or_else(|| corrupt("it claims more bytes than can be"))?;
    // Parts of what fits into a `usize` do too.
    let part = |length: u64| usize::try_from(length).unwrap_or(whole);
    Ok((part(header.index_bytes), part(header.changed_bytes), whole))
}
