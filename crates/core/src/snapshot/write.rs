//! New versions without a merge: writing, cutting off.

use std::ops::Range;
use std::sync::Arc;

use super::byte_ranges::ByteRanges;
use super::version::Version;
use super::{Published, Snapshot, Work, over_max};
use crate::error::{Error, ErrorKind, Result};
use crate::image::Image;

/// Bytes that take the place of others from an offset on.
type Piece<'a> = (usize, &'a [u8]);

impl Snapshot {
    /// Writes byte strings at offsets, as one step: a later one covers an earlier one. The snapshot grows as far as needed,
    /// with zeros in between. Memories that show the version before keep showing it. Returns the number of the new
    /// version; writing nothing makes none. About 2 us a page.
    ///
    /// # Errors
    /// `OverMax` past the length that the snapshot can grow to; `StaleBase` while diffs are queued, which would be stale;
    /// `OutOfMemory`. Nothing has changed then.
    pub fn write(&self, batch: &[(u64, &[u8])]) -> Result<u64> {
        let mut work = self.lock_work();
        let Published { version, rules, .. } = self.published();
        let (pieces, written) = without_overlap(batch)?;
        let Some(end) = written.ranges().last().map(|last| last.end) else { return Ok(version.number()) };
        if end > rules.max_byte_length() {
            return Err(over_max(end, rules.max_byte_length()));
        }
        work.ensure_empty("write")?;
        let byte_length = version.image().byte_length().max(index(end)?);
        let image = version.image().successor(byte_length, &pieces)?;
        Ok(self.publish(&mut work, &version, image, written))
    }

    /// Cuts the snapshot off at `byte_length`, or continues it with zeros up to there. What was cut off reads as zeros if it
    /// grows again. Returns the number of the new version, also when the length was the same.
    ///
    /// # Errors
    /// As [`Snapshot::write`].
    pub fn truncate(&self, byte_length: u64) -> Result<u64> {
        let mut work = self.lock_work();
        let Published { version, rules, .. } = self.published();
        if byte_length > rules.max_byte_length() {
            return Err(over_max(byte_length, rules.max_byte_length()));
        }
        work.ensure_empty("truncate")?;
        let image = version.image().successor(index(byte_length)?, &[])?;
        let cut_off = byte_length..version.image().byte_length() as u64;
        Ok(self.publish(&mut work, &version, image, std::iter::once(cut_off).collect()))
    }

    /// Makes an image the next version. Nothing fails any more.
    pub(super) fn publish(&self, work: &mut Work, before: &Version, image: Image, changed: ByteRanges) -> u64 {
        let number = before.number() + 1;
        work.log.push(changed);
        let version = Arc::new(Version::new(number, Arc::new(image)));
        let mut published = self.lock_published();
        let before = std::mem::replace(&mut published.version, version);
        self.number.store(number, std::sync::atomic::Ordering::Release);
        drop(published);
        // Perhaps the last one who held it: giving its memory back takes a while.
        drop(before);
        number
    }
}

/// What is left of each byte string when later ones cover it, ascending, and where anything is written.
fn without_overlap<'a>(batch: &[(u64, &'a [u8])]) -> Result<(Vec<Piece<'a>>, ByteRanges)> {
    let mut pieces = Vec::with_capacity(batch.len());
    let mut written = ByteRanges::default();
    for (byte_offset, bytes) in batch.iter().rev() {
        let end = byte_offset.checked_add(bytes.len() as u64);
        let range = *byte_offset..end.ok_or_else(|| Error::new(ErrorKind::OutOfRange, "the offsets overflow"))?;
        for Range { start, end } in written.missing(range.clone()) {
            pieces.push((index(start)?, &bytes[index(start - byte_offset)?..index(end - byte_offset)?]));
        }
        written.insert(range);
    }
    pieces.sort_unstable_by_key(|(start, _)| *start);
    Ok((pieces, written))
}

pub(super) fn index(offset: u64) -> Result<usize> {
    usize::try_from(offset)
        .map_err(|_| Error::new(ErrorKind::OutOfRange, format!("offset {offset} exceeds the address space")))
}
