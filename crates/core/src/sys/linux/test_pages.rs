//! Pages to try the kernel on, for the tests of this folder.
#![expect(unsafe_code, reason = "reads and writes single bytes of mappings made for the test")]

use std::ptr::NonNull;

use memmap2::{Advice, MmapOptions, MmapRaw};
use nix::sys::mman::{ProtFlags, mprotect};

use super::{MemoryFile, map_file_over, page_size};
use crate::page_set::{PageRun, PageSet};
use crate::sys::{Pages, PagesMut};

/// Pages of a mapping that nobody else knows.
#[derive(Debug)]
pub(super) struct TestPages {
    map: MmapRaw,
    /// Where in the mapping they begin, and how many there are.
    byte_offset: usize,
    count: usize,
}

impl TestPages {
    /// Untouched private memory.
    pub(super) fn anonymous(count: usize) -> Self {
        let map = MmapOptions::new().len(count * page_bytes()).map_anon().expect("there is room");
        Self { map: map.into(), byte_offset: 0, count }
    }

    /// Private memory for `count` pages that begins where a huge page can, and may have some.
    pub(super) fn huge(count: usize) -> Self {
        let byte_length = count * page_bytes();
        let map = MmapOptions::new().len(2 * byte_length).map_anon().expect("there is room");
        let map = MmapRaw::from(map);
        // A kernel without huge pages refuses the hint.
        let _ = map.advise(Advice::HugePage);
        let byte_offset = map.as_ptr().expose_provenance().wrapping_neg() % byte_length;
        Self { map, byte_offset, count }
    }

    /// A file, mapped copy-on-write as an image is.
    pub(super) fn private(file: &MemoryFile, count: usize) -> Self {
        let mut pages = Self::anonymous(count);
        map_file_over(&mut pages.pages_mut(), file, 0).expect("maps");
        pages
    }

    /// A file, mapped so that writes go to it.
    pub(super) fn shared(file: &MemoryFile, count: usize) -> Self {
        let map = MmapOptions::new().len(count * page_bytes()).map_raw(file).expect("maps");
        Self { map, byte_offset: 0, count }
    }

    pub(super) fn pages(&self) -> Pages<'_> {
        // SAFETY: the mapping is alive while it is borrowed.
        unsafe { Pages::assume_mapped(self.address(0), self.count * page_bytes()) }.expect("whole pages")
    }

    pub(super) fn pages_mut(&mut self) -> PagesMut<'_> {
        // SAFETY: the mapping is alive while it is borrowed, readable and writable, and known to nobody else.
        unsafe { PagesMut::assume_mapped(self.address(0), self.count * page_bytes()) }.expect("whole pages")
    }

    pub(super) const fn all(&self) -> PageRun {
        PageRun { start: 0, end: self.count }
    }

    pub(super) fn load(&self, page: usize) -> u8 {
        let address = std::ptr::with_exposed_provenance::<u8>(self.address(page));
        // SAFETY: `address` has checked that the page lies in the mapping.
        unsafe { address.read_volatile() }
    }

    pub(super) fn store(&mut self, page: usize, byte: u8) {
        let address = std::ptr::with_exposed_provenance_mut::<u8>(self.address(page));
        // SAFETY: `address` has checked that the page lies in the mapping, into which no reference points.
        unsafe { address.write_volatile(byte) };
    }

    pub(super) fn store_all(&mut self, pages: impl IntoIterator<Item = usize>) {
        pages.into_iter().for_each(|page| self.store(page, 7));
    }

    /// Makes pages accessible, or not.
    pub(super) fn protect(&mut self, run: PageRun, accessible: bool) {
        let address = NonNull::new(std::ptr::with_exposed_provenance_mut(self.address(run.start))).expect("not null");
        let flags = if accessible { ProtFlags::PROT_READ | ProtFlags::PROT_WRITE } else { ProtFlags::PROT_NONE };
        assert!(run.end <= self.count, "{run:?} of {}", self.count);
        // SAFETY: the pages lie in the mapping, into which no reference points.
        unsafe { mprotect(address, run.page_count() * page_bytes(), flags) }.expect("it is mapped");
    }

    fn address(&self, page: usize) -> usize {
        assert!(page < self.count, "page {page} of {}", self.count);
        self.map.as_mut_ptr().expose_provenance() + self.byte_offset + page * page_bytes()
    }
}

pub(super) fn page_bytes() -> usize {
    page_size().bytes()
}

/// A file of `count` pages, of which each holds its number plus one in every byte. Not sealed.
pub(super) fn file_of(count: u8) -> MemoryFile {
    let file = MemoryFile::create("pagefold-probe", usize::from(count) * page_bytes()).expect("there is room");
    for page in 0..count {
        file.write_at(&vec![page + 1; page_bytes()], usize::from(page) * page_bytes()).expect("there is room");
    }
    file
}

/// A page that no process can have, for what asks the kernel about pages and never follows them.
pub(super) fn nowhere() -> Pages<'static> {
    let address = (usize::MAX / 2) & !(page_bytes() - 1);
    // SAFETY: not mapped; the callers only name it to the kernel, which looks it up and finds nothing.
    unsafe { Pages::assume_mapped(address, page_bytes()) }.expect("whole pages")
}

pub(super) fn run(start: usize, end: usize) -> PageRun {
    PageRun { start, end }
}

pub(super) fn set(runs: &[(usize, usize)]) -> PageSet {
    runs.iter().map(|(start, end)| run(*start, *end)).collect()
}
