//! `/proc/self/pagemap`, one entry a page: the way of kernels before `PAGEMAP_SCAN`.
//!
//! Bits from Documentation/admin-guide/mm/pagemap.rst, the same since Linux 4.2. A user without privileges reads the frame
//! numbers as zeros and the bits as they are. One entry costs about 24 ns, whether the page is there or not.

use nix::errno::Errno;
use nix::sys::uio::pread;

use super::{page_size, pagemap};
use crate::error::{Error, ErrorKind, Result};
use crate::page_set::{PageRun, PageSet};
use crate::sys::{Pages, Residency};

const PRESENT: u64 = 1 << 63;
/// Swapped out; also set for entries that only mark something: a page that is write-protected before it is there, a guard.
const SWAPPED: u64 = 1 << 62;
/// A page of a file, or of shared anonymous memory.
const FILE: u64 = 1 << 61;
/// A guard page (Linux 6.15): it looks swapped out and holds nothing. Zero on older kernels.
const GUARD: u64 = 1 << 58;
/// Mapped nowhere else (Linux 4.2). Never set for the zero page, which belongs to nobody.
const EXCLUSIVE: u64 = 1 << 56;

const ENTRY_BYTES: usize = 8;
const ENTRIES_PER_READ: usize = 4096;

/// Room for one read, kept between uses.
#[derive(Debug)]
pub(crate) struct EntryBuffer {
    bytes: Box<[u8]>,
}

impl Default for EntryBuffer {
    fn default() -> Self {
        Self { bytes: vec![0; ENTRIES_PER_READ * ENTRY_BYTES].into_boxed_slice() }
    }
}

/// Appends the pages of `pages` that left their file for a private copy to `found`. Zero pages are among them, because an
/// entry does not tell them apart: those that can be one are appended to `perhaps_zero` as well. A private page that was
/// swapped out counts, a guard page does not where the kernel tells (6.15). Touches no page. About 24 ns a page.
///
/// # Errors
/// `System` when pagemap cannot be read, or gives less than was asked for: nothing is known then.
pub(crate) fn private_entries(
    pages: Pages<'_>,
    buffer: &mut EntryBuffer,
    found: &mut PageSet,
    perhaps_zero: &mut PageSet,
) -> Result<()> {
    each_entry(pages, buffer, |page, entry| {
        if is_private(entry) {
            let run = PageRun { start: page, end: page + 1 };
            found.push(run);
            if entry & PRESENT != 0 && entry & EXCLUSIVE == 0 {
                perhaps_zero.push(run);
            }
        }
    })
}

/// Counts pages as [`Residency`] says. Zero pages count as private here.
pub(super) fn residency(pages: Pages<'_>) -> Result<Residency> {
    let mut counted = Residency::default();
    each_entry(pages, &mut EntryBuffer::default(), |_, entry| match entry & (PRESENT | SWAPPED | FILE | GUARD) {
        kind if kind & (PRESENT | FILE) == PRESENT | FILE => counted.add_shared(1),
        kind if kind & PRESENT != 0 => counted.add_private(1),
        SWAPPED => counted.add_swapped(1),
        _ => {}
    })?;
    Ok(counted)
}

const fn is_private(entry: u64) -> bool {
    entry & (PRESENT | SWAPPED) != 0 && entry & (FILE | GUARD) == 0
}

/// Hands every page of `pages`, ascending, and its entry to `look`.
fn each_entry(pages: Pages<'_>, buffer: &mut EntryBuffer, mut look: impl FnMut(usize, u64)) -> Result<()> {
    let first = page_size().index(pages.start());
    let count = pages.page_count();
    for start in (0..count).step_by(ENTRIES_PER_READ) {
        let length = (count - start).min(ENTRIES_PER_READ);
        let bytes = &mut buffer.bytes[..length * ENTRY_BYTES];
        fill(bytes, (first + start) * ENTRY_BYTES)?;
        for (index, entry) in bytes.chunks_exact(ENTRY_BYTES).enumerate() {
            look(start + index, decode(entry));
        }
    }
    Ok(())
}

#[expect(clippy::host_endian_bytes, reason = "the kernel writes the numbers of this very machine")]
fn decode(entry: &[u8]) -> u64 {
    u64::from_ne_bytes(entry.try_into().expect("entries have eight bytes"))
}

/// Reads exactly `bytes`.
fn fill(bytes: &mut [u8], byte_offset: usize) -> Result<()> {
    let fd = pagemap::descriptor()?;
    let offset = libc::off_t::try_from(byte_offset)
        .map_err(|_| Error::new(ErrorKind::OutOfRange, format!("pagemap has no offset {byte_offset}")))?;
    let count = loop {
        match pread(fd, bytes, offset) {
            Err(Errno::EINTR) => {}
            outcome => break outcome.map_err(|errno| failed(&errno.into()))?,
        }
    };
    if count == bytes.len() {
        return Ok(());
    }
    Err(failed(&std::io::Error::other(format!("{count} bytes instead of {}", bytes.len()))))
}

fn failed(source: &std::io::Error) -> Error {
    Error::os("pread", "reading /proc/self/pagemap", source)
}
