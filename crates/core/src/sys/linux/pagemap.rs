//! `PAGEMAP_SCAN` (Linux 6.7, fs/proc/task_mmu.c): which pages of a range are in which state.
#![expect(unsafe_code, reason = "an ioctl that reads and writes the structures it is given")]

use std::fs::File;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::sync::OnceLock;

use nix::errno::Errno;

use super::page_size;
use super::process_bound::ProcessBound;
use crate::error::{Error, Result};
use crate::page_set::{PageRun, PageSet};
use crate::sys::{Pages, Residency};

/// `struct pm_scan_arg` of linux/fs.h: twelve u64, 96 bytes.
#[repr(C)]
struct ScanArguments {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    vec: u64,
    vec_len: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

/// `struct page_region` of linux/fs.h.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
struct FoundRegion {
    start: u64,
    end: u64,
    categories: u64,
}

const _: () = assert!(size_of::<ScanArguments>() == 96 && size_of::<FoundRegion>() == 24);

nix::ioctl_readwrite!(pagemap_scan, b'f', 16, ScanArguments);

/// Arm what matched: write-protect it, so that its next write is recorded.
const WP_MATCHING: u64 = 1 << 0;
/// Fail with EPERM where the range is not registered, instead of finding nothing there.
const CHECK_WPASYNC: u64 = 1 << 1;

const WRITTEN: u64 = 1 << 1;
const FILE: u64 = 1 << 2;
const PRESENT: u64 = 1 << 3;
const SWAPPED: u64 = 1 << 4;
const PFNZERO: u64 = 1 << 5;
const GUARD: u64 = 1 << 8;

/// Regions that one call may return. With more than 512, kernels up to 6.18 at least can leave `walk_end` stale and a loop
/// sees regions twice: they buffer 512 at a time and forget the flush position. And the buffer, which they allocate in each
/// call, comes from the fast allocator up to 8 KiB only: 341 regions of 24 bytes. A call with 512 costs 0.45 us more.
const REGIONS_PER_CALL: usize = 341;

/// Room for one call's result, kept between scans so that none has to clear it.
#[derive(Debug)]
pub(crate) struct ScanBuffer {
    regions: Box<[FoundRegion; REGIONS_PER_CALL]>,
}

impl Default for ScanBuffer {
    fn default() -> Self {
        Self { regions: Box::new([FoundRegion::default(); REGIONS_PER_CALL]) }
    }
}

static PAGEMAP: ProcessBound = ProcessBound::new(open_pagemap);

fn open_pagemap() -> Result<OwnedFd> {
    File::open("/proc/self/pagemap").map(OwnedFd::from).map_err(|error| {
        Error::os("open", "opening /proc/self/pagemap (unreadable where the process is not dumpable)", &error)
    })
}

/// This process's pagemap, for whoever reads it entry by entry.
pub(super) fn descriptor() -> Result<BorrowedFd<'static>> {
    PAGEMAP.get()
}

/// Which pages a scan selects: those with `(categories ^ inverted) & mask == mask` and, unless `any_of` is 0, one
/// bit of `any_of`.
#[derive(Debug, Clone, Copy)]
struct Selection {
    flags: u64,
    inverted: u64,
    mask: u64,
    any_of: u64,
    returned: u64,
}

/// Exactly these masks take the kernel's short path: about 1 ns a clean page (commit `12f6b01a0bcb`). They see armed
/// holes as clean and un-armed holes as written, which is right only where everything was armed before.
const WRITTEN_FAST: Selection =
    Selection { flags: CHECK_WPASYNC, inverted: 0, mask: WRITTEN, any_of: 0, returned: WRITTEN };

/// As [`WRITTEN_FAST`], for memory that is mostly untouched: only pages that are there count, so that holes need no arming
/// and whole missing page tables are skipped. About 2.6 ns a clean page. Zero pages, which reading a hole brings, do not
/// count. Right only where dropping a page restores what it held at first.
const WRITTEN_PRESENT: Selection = Selection {
    flags: CHECK_WPASYNC,
    inverted: PFNZERO,
    mask: WRITTEN | PFNZERO,
    any_of: PRESENT | SWAPPED,
    returned: 0,
};

/// Pages that left their file (or the zero page) for a private copy. Never asks for WRITTEN, which means nothing
/// on a range that is not registered. A private page that was swapped out counts: it holds data.
const PRIVATE: Selection =
    Selection { flags: 0, inverted: PFNZERO | FILE, mask: PFNZERO | FILE, any_of: PRESENT | SWAPPED, returned: 0 };

/// As [`PRIVATE`], of what is in memory. A page that is watched but not there counts as swapped out, holding nothing.
const RESIDENT_PRIVATE: Selection = Selection { any_of: PRESENT, ..PRIVATE };

/// Pages that are there or swapped out, with what tells which memory they take.
const HELD: Selection = Selection {
    flags: 0,
    inverted: 0,
    mask: 0,
    any_of: PRESENT | SWAPPED,
    returned: PRESENT | SWAPPED | FILE | PFNZERO,
};

/// What is asked about pages that are watched for writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watched {
    /// All of them were armed, holes too.
    Armed,
    /// Only those that are there were armed.
    PresentArmed,
}

impl Watched {
    fn selection(self) -> Result<Selection> {
        Ok(match self {
            Self::Armed => WRITTEN_FAST,
            Self::PresentArmed => without_guards(WRITTEN_PRESENT)?,
        })
    }
}

/// Appends the pages of `run` written since they were armed. `pages` must be registered, else this fails.
pub(super) fn written_pages(
    watched: Watched,
    pages: Pages<'_>,
    run: PageRun,
    buffer: &mut ScanBuffer,
    found: &mut PageSet,
) -> Result<()> {
    scan(&watched.selection()?, pages, run, buffer, |run| found.push(run))
}

/// As [`written_pages`], and arms each page in the step that finds it: a write by another thread is found now or the
/// next time.
pub(super) fn take_written_pages(
    watched: Watched,
    pages: Pages<'_>,
    run: PageRun,
    buffer: &mut ScanBuffer,
    found: &mut PageSet,
) -> Result<()> {
    let selection = watched.selection()?;
    let selection = Selection { flags: selection.flags | WP_MATCHING, ..selection };
    scan(&selection, pages, run, buffer, |run| found.push(run))
}

/// Arms the pages of `run`, so that [`written_pages`] finds none until the next write.
pub(super) fn arm_pages(watched: Watched, pages: Pages<'_>, run: PageRun, buffer: &mut ScanBuffer) -> Result<()> {
    if watched == Watched::PresentArmed {
        // The kernel ignores all masks where there is no vector, so what it finds is put into one and forgotten.
        let selection = watched.selection()?;
        let selection = Selection { flags: selection.flags | WP_MATCHING, ..selection };
        return scan(&selection, pages, run, buffer, |_| ());
    }
    let part = pages.part(run)?;
    let selection = Selection { flags: WP_MATCHING | CHECK_WPASYNC, ..WRITTEN_FAST };
    let mut arguments = arguments(&selection, part.start(), part.byte_length());
    while arguments.start < arguments.end {
        call(&mut arguments, "arming pages")?;
        advance(&mut arguments, "arming pages")?;
    }
    Ok(())
}

/// Appends the pages of `pages` that are private copies. Costs about 30 ns a resident page.
pub(crate) fn private_pages(pages: Pages<'_>, buffer: &mut ScanBuffer, found: &mut PageSet) -> Result<()> {
    scan(&without_guards(PRIVATE)?, pages, whole(pages), buffer, |run| found.push(run))
}

/// Appends the private copies that are in memory, as [`private_pages`] does; not those that were swapped out.
pub(crate) fn resident_private_pages(pages: Pages<'_>, buffer: &mut ScanBuffer, found: &mut PageSet) -> Result<()> {
    scan(&RESIDENT_PRIVATE, pages, whole(pages), buffer, |run| found.push(run))
}

/// Counts pages as [`Residency`] says.
pub(super) fn residency(pages: Pages<'_>) -> Result<Residency> {
    let mut counted = Residency::default();
    each_region(&without_guards(HELD)?, pages, whole(pages), &mut ScanBuffer::default(), |run, categories| {
        let count = run.page_count();
        match categories & (PRESENT | FILE | PFNZERO) {
            kind if kind & PFNZERO != 0 => {}
            kind if kind & (PRESENT | FILE) == PRESENT | FILE => counted.add_shared(count),
            kind if kind & PRESENT != 0 => counted.add_private(count),
            _ => counted.add_swapped(count),
        }
    })?;
    Ok(counted)
}

/// Leaves out guard pages, which look swapped out but hold nothing, where the kernel can tell them apart.
fn without_guards(selection: Selection) -> Result<Selection> {
    let guard = if knows_guards()? { GUARD } else { 0 };
    Ok(Selection { inverted: selection.inverted | guard, mask: selection.mask | guard, ..selection })
}

/// Whether the kernel accepts the guard category; it answers EINVAL to a bit that it does not know.
pub(super) fn knows_guards() -> Result<bool> {
    static KNOWN: OnceLock<bool> = OnceLock::new();
    if let Some(known) = KNOWN.get() {
        return Ok(*known);
    }
    let mut arguments = arguments(&Selection { inverted: GUARD, mask: GUARD, ..PRIVATE }, 0, 0);
    let known = match call(&mut arguments, "asking for guard pages") {
        Ok(_) => true,
        Err(error) if error.os_failure().is_some_and(|os| os.errno == libc::EINVAL) => false,
        Err(error) => return Err(error),
    };
    Ok(*KNOWN.get_or_init(|| known))
}

fn whole(pages: Pages<'_>) -> PageRun {
    PageRun { start: 0, end: pages.page_count() }
}

fn arguments(selection: &Selection, start: usize, byte_length: usize) -> ScanArguments {
    ScanArguments {
        size: size_of::<ScanArguments>() as u64,
        flags: selection.flags,
        start: start as u64,
        end: (start + byte_length) as u64,
        walk_end: 0,
        vec: 0,
        vec_len: 0,
        max_pages: 0,
        category_inverted: selection.inverted,
        category_mask: selection.mask,
        category_anyof_mask: selection.any_of,
        return_mask: selection.returned,
    }
}

/// Hands every run of selected pages in `run` to `found`, ascending, counted from the beginning of `pages`.
fn scan(
    selection: &Selection,
    pages: Pages<'_>,
    run: PageRun,
    buffer: &mut ScanBuffer,
    mut found: impl FnMut(PageRun),
) -> Result<()> {
    each_region(selection, pages, run, buffer, |run, _| found(run))
}

/// As [`scan`], with the categories that the selection asks for; a run has the same ones everywhere.
fn each_region(
    selection: &Selection,
    pages: Pages<'_>,
    run: PageRun,
    buffer: &mut ScanBuffer,
    mut found: impl FnMut(PageRun, u64),
) -> Result<()> {
    let part = pages.part(run)?;
    let mut arguments = arguments(selection, part.start(), part.byte_length());
    arguments.vec = buffer.regions.as_mut_ptr().expose_provenance() as u64;
    arguments.vec_len = REGIONS_PER_CALL as u64;
    let (first, page) = (pages.start() as u64, page_size());
    let index = |address: u64| page.index(usize::try_from(address - first).unwrap_or(usize::MAX));
    while arguments.start < arguments.end {
        let count = call(&mut arguments, "scanning pages")?;
        let Some(regions) = buffer.regions.get(..count) else {
            return Err(short_walk("scanning pages"));
        };
        for region in regions {
            found(PageRun { start: index(region.start), end: index(region.end) }, region.categories);
        }
        advance(&mut arguments, "scanning pages")?;
    }
    Ok(())
}

/// One ioctl; how many regions it returned.
fn call(arguments: &mut ScanArguments, doing: &str) -> Result<usize> {
    let fd = PAGEMAP.get()?;
    // SAFETY: `arguments` is a pm_scan_arg with its size in it, and `vec`, unless 0, points to `vec_len` regions that
    // the caller borrows mutably across this call. The kernel writes to nothing else; arming changes page-table
    // bits of this process only (the descriptor is this process's own), never contents.
    let count = unsafe { retry(fd, arguments) };
    count.map_err(|errno| Error::os("ioctl(PAGEMAP_SCAN)", doing, &errno.into()))
}

/// # Safety
/// As for the ioctl: see [`call`].
unsafe fn retry(fd: BorrowedFd<'_>, arguments: &mut ScanArguments) -> nix::Result<usize> {
    loop {
        // SAFETY: passed on from the caller.
        match unsafe { pagemap_scan(fd.as_raw_fd(), arguments) } {
            Err(Errno::EINTR) => {}
            Ok(count) => return usize::try_from(count).map_err(|_| Errno::EINVAL),
            Err(errno) => return Err(errno),
        }
    }
}

/// Moves `start` to where the walk ended. A walk that does not move would loop for ever and means that nothing is
/// known about the rest.
fn advance(arguments: &mut ScanArguments, doing: &str) -> Result<()> {
    if arguments.walk_end <= arguments.start || arguments.walk_end > arguments.end {
        return Err(short_walk(doing));
    }
    arguments.start = arguments.walk_end;
    Ok(())
}

fn short_walk(doing: &str) -> Error {
    Error::os("ioctl(PAGEMAP_SCAN)", doing, &std::io::Error::other("the walk stopped short"))
}

#[cfg(test)]
#[path = "pagemap_tests.rs"]
mod tests;
