//! Replacing the pages behind addresses that somebody already owns. The only `MAP_FIXED` of the crate.
#![expect(unsafe_code, reason = "mmap over a live range; PagesMut is the proof that its owner agreed")]

use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::ptr::NonNull;

use nix::sys::mman::{MRemapFlags, MapFlags, MmapAdvise, ProtFlags, madvise, mmap, mmap_anonymous, mremap};

use crate::error::{Error, ErrorKind, Result};
use crate::sys::{Mapping, MemoryFile, Pages, PagesMut};

const OVER: MapFlags = MapFlags::MAP_PRIVATE.union(MapFlags::MAP_FIXED).union(MapFlags::MAP_NORESERVE);
const READ_WRITE: ProtFlags = ProtFlags::PROT_READ.union(ProtFlags::PROT_WRITE);

/// Maps a file, from `byte_offset` on (a page boundary), copy-on-write over all of `pages`. Registration with userfaultfd
/// ends there: a remap loses every per-range state of the kernel.
pub(crate) fn map_file_over(pages: &mut PagesMut<'_>, file: &MemoryFile, byte_offset: usize) -> Result<()> {
    let Some((address, length)) = fixed(pages) else { return Ok(()) };
    let offset = libc::off_t::try_from(byte_offset)
        .map_err(|_| Error::new(ErrorKind::OutOfRange, format!("no file has an offset {byte_offset}")))?;
    // SAFETY: PagesMut proves that the range is mapped and that its owner accepts other private pages in it; nobody
    // reads or writes it meanwhile. The new mapping can be read and written as the old one could.
    let mapped = unsafe { mmap(Some(address), length, READ_WRITE, OVER, file.as_fd(), offset) };
    mapped.map(drop).map_err(|errno| Error::os("mmap", "mapping an image over memory", &errno.into()))
}

/// Puts untouched, zero-filled private memory in place of `pages`.
pub(crate) fn map_zero_over(pages: &mut PagesMut<'_>) -> Result<()> {
    anonymous_over(pages, READ_WRITE, "mapping zeros over memory")
}

/// Moves a mapping, as it is, over all of `pages`, which are as long.
///
/// Only files whose mapping cannot fail may be mapped over live memory at once: with others the kernel has unmapped the
/// old pages by the time that the file refuses, and leaves a hole. So those are mapped somewhere else first, and moved.
pub(crate) fn move_over(pages: &mut PagesMut<'_>, mapping: Mapping) -> Result<()> {
    let length = mapping.byte_length();
    if length != pages.as_pages().byte_length() {
        return Err(Error::new(ErrorKind::OutOfRange, "a mapping can only be moved over a range of its length"));
    }
    let flags = MRemapFlags::MREMAP_MAYMOVE | MRemapFlags::MREMAP_FIXED;
    let from = NonNull::new(std::ptr::with_exposed_provenance_mut(mapping.start()));
    let (Some(from), Some(to)) = (from, NonNull::new(pages.as_mut_ptr().cast())) else { return Ok(()) };
    // SAFETY: the mapping is owned here and nobody has its address, so that nothing notices when it leaves. PagesMut proves
    // that the range is mapped and that its owner accepts other pages in it; nobody reads or writes it meanwhile. The
    // two cannot overlap, because both are mapped. The kernel makes sure that it has room for the new mapping before it
    // takes the old one away.
    let moved = unsafe { mremap(from, length, length, flags, Some(to)) };
    moved.map_err(|errno| Error::os("mremap", "mapping the pages of a region over memory", &errno.into()))?;
    // Its addresses are free, and perhaps somebody else's by now.
    std::mem::forget(mapping);
    Ok(())
}

/// Gives the memory of `pages` back and makes every later access fault, but keeps the addresses taken. Only for
/// ranges that no JavaScript object and no view can reach any more.
pub(crate) fn revoke(pages: &mut PagesMut<'_>) -> Result<()> {
    anonymous_over(pages, ProtFlags::PROT_NONE, "retiring memory")
}

fn anonymous_over(pages: &mut PagesMut<'_>, protection: ProtFlags, doing: &str) -> Result<()> {
    let Some((address, length)) = fixed(pages) else { return Ok(()) };
    // SAFETY: as in `map_file_over`; a caller of `revoke` adds that nothing will access the range again.
    let mapped = unsafe { mmap_anonymous(Some(address), length, protection, OVER) };
    mapped.map(drop).map_err(|errno| Error::os("mmap", doing, &errno.into()))
}

/// Drops the private copies in `pages` at once: the next read shows the file behind the mapping, or zeros where
/// there is none. About 0.2 us a page, and one round of inter-processor interrupts a call.
pub(crate) fn discard(pages: &mut PagesMut<'_>) -> Result<()> {
    advise(pages.as_pages(), MmapAdvise::MADV_DONTNEED)
        .map_err(|errno| Error::os("madvise", "releasing private pages", &errno.into()))
}

/// Frees the pages of the memory file that is mapped shared at `pages`: they read as zeros here and in every other mapping.
pub(crate) fn discard_file(pages: &mut PagesMut<'_>) -> Result<()> {
    advise(pages.as_pages(), MmapAdvise::MADV_REMOVE)
        .map_err(|errno| Error::os("madvise", "releasing pages of a memory file", &errno.into()))
}

/// Maps what is in the page cache ahead of the first read. Only a hint: kernels before 5.14 refuse it.
pub(crate) fn populate_read(pages: Pages<'_>) {
    let _ = advise(pages, MmapAdvise::MADV_POPULATE_READ);
}

/// Makes private copies of the pages ahead of their first write; contents stay as they are. About 1.2 us a page, which a
/// fault in the guest would cost too, with an inter-processor interrupt on top for a page that was read before.
pub(crate) fn populate_write(pages: &mut PagesMut<'_>) -> Result<()> {
    advise(pages.as_pages(), MmapAdvise::MADV_POPULATE_WRITE)
        .map_err(|errno| Error::os("madvise", "preparing pages to be written", &errno.into()))
}

/// Keeps the kernel from collapsing tracked pages into huge ones, which the next write would split again.
/// Only a hint: kernels without huge pages refuse it.
pub(crate) fn avoid_huge_pages(pages: Pages<'_>) {
    let _ = advise(pages, MmapAdvise::MADV_NOHUGEPAGE);
}

fn advise(pages: Pages<'_>, advice: MmapAdvise) -> nix::Result<()> {
    let Some(address) = NonNull::new(pages.as_ptr().cast_mut().cast()) else { return Ok(()) };
    if pages.byte_length() == 0 {
        return Ok(());
    }
    // SAFETY: Pages proves the range mapped. Of the kinds of advice used here only MADV_DONTNEED and MADV_REMOVE change
    // what a read returns, and `discard` and `discard_file` take PagesMut for them.
    unsafe { madvise(address, pages.byte_length(), advice) }
}

/// Address and length for mmap; `None` for an empty range, over which there is nothing to map.
fn fixed(pages: &PagesMut<'_>) -> Option<(NonZeroUsize, NonZeroUsize)> {
    let pages = pages.as_pages();
    Some((NonZeroUsize::new(pages.start())?, NonZeroUsize::new(pages.byte_length())?))
}
