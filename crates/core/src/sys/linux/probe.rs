//! Probes by behaviour: each does the real thing on a few pages of its own and looks at the outcome.
#![expect(unsafe_code, reason = "reads and writes single bytes of a mapping made for the probe")]

use super::memory_file::MemoryFile;
use super::{Mapping, ScanBuffer, map_file_over, page_size, pagemap, write_protect};
use crate::error::{Error, ErrorKind, Result};
use crate::page_set::PageSet;
use crate::sys::{Capabilities, Capability, Pages, PagesMut};

const PAGES: usize = 4;
const READ_PAGE: usize = 1;
const WRITTEN_PAGE: usize = 2;

pub(super) fn capabilities() -> Result<Capabilities> {
    let guard_category = conclusion(with_bench(|bench| pagemap::probe_guard_category(bench.pages())))?;
    let knows_guards = guard_category.is_available();
    let noexec_seal = MemoryFile::probe_noexec_seal()
        .map_err(|errno| Error::os("memfd_create(MFD_NOEXEC_SEAL)", "probing", &errno.into()));
    Ok(Capabilities {
        memory_file: conclusion(with_bench(|_| Ok(())))?,
        noexec_seal: conclusion(noexec_seal)?,
        private_scan: conclusion(with_bench(|bench| probe_private_scan(bench, knows_guards)))?,
        guard_category,
        write_protect: conclusion(with_bench(probe_write_protect))?,
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

/// A page that was only read is not reported, one that was written is.
fn probe_private_scan(bench: &mut Bench, knows_guards: bool) -> Result<()> {
    bench.load(READ_PAGE);
    bench.store(WRITTEN_PAGE);
    let mut found = PageSet::new();
    pagemap::private_pages_with(knows_guards, bench.pages(), &mut ScanBuffer::default(), &mut found)?;
    expect_only_written(&found, "PAGEMAP_SCAN for private pages")
}

/// Nothing is reported after arming; then exactly the written page; then, armed again, nothing.
fn probe_write_protect(bench: &mut Bench) -> Result<()> {
    let mut buffer = ScanBuffer::default();
    let mut written = |bench: &Bench| -> Result<PageSet> {
        let mut found = PageSet::new();
        write_protect::written(bench.pages(), &mut buffer, &mut found)?;
        Ok(found)
    };
    write_protect::register(bench.pages())?;
    for _ in 0..2 {
        write_protect::arm(bench.pages())?;
        if !written(bench)?.is_empty() {
            return Err(unexpected("pages count as written right after arming"));
        }
        bench.load(READ_PAGE);
        bench.store(WRITTEN_PAGE);
        expect_only_written(&written(bench)?, "PAGEMAP_SCAN for written pages")?;
    }
    Ok(())
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

/// Runs a probe on fresh pages that a memory file is mapped over, as an image would be.
fn with_bench(probe: impl FnOnce(&mut Bench) -> Result<()>) -> Result<()> {
    let byte_length = PAGES * page_size().bytes();
    let mut bench = Bench { mapping: Mapping::zeroed(byte_length)? };
    let file = MemoryFile::create("pagefold-probe", byte_length)?;
    file.write_at(&[1], 0)?;
    file.seal()?;
    file.assert_sealed(byte_length)?;
    map_file_over(&mut bench.pages_mut(), &file)?;
    probe(&mut bench)
}

struct Bench {
    mapping: Mapping,
}

impl Bench {
    fn pages_mut(&mut self) -> PagesMut<'_> {
        // SAFETY: the mapping is alive while it is borrowed, readable and writable, and known to nobody else.
        unsafe { PagesMut::assume_mapped(self.mapping.start(), self.mapping.byte_length()) }
            .expect("mmap returns whole pages")
    }

    fn pages(&self) -> Pages<'_> {
        // SAFETY: the mapping is alive while it is borrowed.
        unsafe { Pages::assume_mapped(self.mapping.start(), self.mapping.byte_length()) }
            .expect("mmap returns whole pages")
    }

    fn load(&self, page: usize) {
        let address = self.mapping.start() + page * page_size().bytes();
        // SAFETY: `page < PAGES`, so the byte lies in the mapping.
        unsafe { std::ptr::with_exposed_provenance::<u8>(address).read_volatile() };
    }

    fn store(&mut self, page: usize) {
        let address = self.mapping.start() + page * page_size().bytes();
        // SAFETY: `page < PAGES`, so the byte lies in the mapping, and no reference points into it.
        unsafe { std::ptr::with_exposed_provenance_mut::<u8>(address).write_volatile(7) };
    }
}
