//! Probes by behaviour: each does the real thing on a few pages of its own and looks at the outcome.

use super::memory_file::MemoryFile;
use super::trial::Trial;
use super::vectored::discard_vectored;
use super::write_protect::Watched;
use super::{EntryBuffer, ScanBuffer, map_zero_over, mappings, page_entries, page_size, pagemap, write_protect};
use crate::error::{Error, ErrorKind, Result};
use crate::page_set::{PageRun, PageSet};
use crate::sys::{Backing, Capabilities, Capability, Mapped};

const PAGES: usize = 4;
const READ_PAGE: usize = 1;
const WRITTEN_PAGE: usize = 2;

pub(super) fn capabilities() -> Result<Capabilities> {
    let noexec_seal = MemoryFile::probe_noexec_seal()
        .map_err(|errno| Error::os("memfd_create(MFD_NOEXEC_SEAL)", "probing", &errno.into()));
    Ok(Capabilities {
        memory_file: conclusion(with_trial(|_| Ok(())))?,
        noexec_seal: conclusion(noexec_seal)?,
        private_scan: conclusion(with_trial(probe_private_scan))?,
        pagemap_entries: conclusion(with_trial(probe_entries))?,
        mapping_query: conclusion(with_trial(probe_mappings))?,
        guard_category: conclusion(probe_guard_category())?,
        write_protect: conclusion(probe_write_protect())?,
        vectored_discard: conclusion(with_trial(probe_vectored_discard))?,
    })
}

/// What a probe has shown. One that had no memory or descriptors to run says nothing about the system, and fails.
fn conclusion(outcome: Result<()>) -> Result<Capability> {
    match outcome {
        Ok(()) => Ok(Capability::new(None)),
        Err(error) if error.kind() == ErrorKind::OutOfMemory => Err(error),
        Err(error) => Ok(Capability::new(Some(error.to_string()))),
    }
}

fn probe_guard_category() -> Result<()> {
    if pagemap::knows_guards()? {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, "PAGEMAP_SCAN does not know PAGE_IS_GUARD"))
}

/// A page that was only read is not reported, one that was written is.
fn probe_private_scan(pages: &mut Trial) -> Result<()> {
    pages.load(READ_PAGE);
    pages.store(WRITTEN_PAGE);
    let mut found = PageSet::new();
    pagemap::private_pages(pages.pages(), &mut ScanBuffer::default(), &mut found)?;
    expect_only_written(&found, "PAGEMAP_SCAN for private pages")
}

/// As [`probe_private_scan`], entry by entry.
fn probe_entries(pages: &mut Trial) -> Result<()> {
    pages.load(READ_PAGE);
    pages.store(WRITTEN_PAGE);
    let (mut found, mut perhaps_zero) = (PageSet::new(), PageSet::new());
    page_entries::private_entries(pages.pages(), &mut EntryBuffer::default(), &mut found, &mut perhaps_zero)?;
    expect_only_written(&found, "/proc/self/pagemap")
}

/// The file is seen where it was mapped, and zeros where they were mapped over it.
fn probe_mappings(pages: &mut Trial) -> Result<()> {
    let zeros = PageRun { start: READ_PAGE, end: WRITTEN_PAGE };
    map_zero_over(&mut pages.pages_mut().part_mut(zeros)?)?;
    let mut found = Vec::new();
    mappings::mappings(pages.pages(), PageRun { start: 0, end: PAGES }, &mut found)?;
    match found[..] {
        [first, second, third]
            if matches!(first.backing, Backing::File { offset: 0, .. })
                && second == (Mapped { run: zeros, backing: Backing::Anonymous })
                && third.backing == first.backing.further(WRITTEN_PAGE * page_size().bytes()) =>
        {
            Ok(())
        }
        _ => Err(unexpected(&format!("/proc/self/maps tells of other mappings than were made: {found:?}"))),
    }
}

/// Nothing is reported after arming; then exactly the written page; then, armed again, nothing. With both ways of arming.
fn probe_write_protect() -> Result<()> {
    for watched in [Watched::Armed, Watched::PresentArmed] {
        with_trial(|pages| probe_watching(pages, watched))?;
    }
    Ok(())
}

fn probe_watching(pages: &mut Trial, watched: Watched) -> Result<()> {
    let whole = PageRun { start: 0, end: PAGES };
    let mut buffer = ScanBuffer::default();
    let mut written = |pages: &Trial| -> Result<PageSet> {
        let mut found = PageSet::new();
        write_protect::written(watched, pages.pages(), whole, &mut buffer, &mut found)?;
        Ok(found)
    };
    write_protect::register(pages.pages())?;
    pages.load(READ_PAGE);
    for _ in 0..2 {
        write_protect::arm(watched, pages.pages(), whole, &mut ScanBuffer::default())?;
        if !written(pages)?.is_empty() {
            return Err(unexpected("pages count as written right after arming"));
        }
        pages.load(READ_PAGE);
        pages.store(WRITTEN_PAGE);
        expect_only_written(&written(pages)?, "PAGEMAP_SCAN for written pages")?;
    }
    Ok(())
}

/// A page that was written shows the file again once it is dropped, and only that one.
fn probe_vectored_discard(pages: &mut Trial) -> Result<()> {
    pages.store(READ_PAGE);
    pages.store(WRITTEN_PAGE);
    let dropped = PageSet::from_iter([PageRun { start: WRITTEN_PAGE, end: WRITTEN_PAGE + 1 }]);
    discard_vectored(&mut pages.pages_mut(), &dropped)?;
    if (pages.load(READ_PAGE), pages.load(WRITTEN_PAGE)) == (7, 0) {
        return Ok(());
    }
    Err(unexpected("process_madvise(MADV_DONTNEED) drops other pages than those named"))
}

fn expect_only_written(found: &PageSet, what: &str) -> Result<()> {
    if found.pages().eq([WRITTEN_PAGE]) {
        return Ok(());
    }
    Err(unexpected(&format!("{what} reports {:?} where only page {WRITTEN_PAGE} was written", found.runs())))
}

fn unexpected(what: &str) -> Error {
    Error::new(ErrorKind::Unsupported, format!("the kernel behaves differently from what is needed: {what}"))
}

/// Runs a probe on fresh pages.
fn with_trial(probe: impl FnOnce(&mut Trial) -> Result<()>) -> Result<()> {
    probe(&mut Trial::new(PAGES)?)
}
