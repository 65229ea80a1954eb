//! System calls, copies and single words, nothing around them: what pagefold is measured against is made of these.
//! None of its code runs here; the kernel's structures are written down a second time.
#![expect(unsafe_code, reason = "raw system calls and copies, which is the purpose of this file")]

use std::fs::File;
use std::io::Error;
use std::marker::PhantomData;
use std::ops::Range;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr::{null_mut, with_exposed_provenance_mut};

use pagefold_core::Region;

use super::masks::{CHECK_WPASYNC, FAST, Masks};

/// `struct pm_scan_arg` of linux/fs.h.
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
    masks: Masks,
}

/// `struct page_region`.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
struct FoundRegion {
    start: u64,
    end: u64,
    categories: u64,
}

const PAGEMAP_SCAN: libc::c_ulong = 0xC060_6610;
const UFFDIO_API: libc::c_ulong = 0xC018_AA3F;
const UFFDIO_REGISTER: libc::c_ulong = 0xC020_AA00;
const WP_MATCHING: u64 = 1;
/// `WP_ASYNC`, `WP_UNPOPULATED`, `WP_HUGETLBFS_SHMEM`.
const FEATURES: u64 = 1 << 15 | 1 << 13 | 1 << 12;
const MODE_WP: u64 = 2;
/// The most that the kernel can find room for in one of its 8 KiB objects; for more it calls the page allocator, each
/// time, which costs half a microsecond.
pub(crate) const REGIONS_CHEAP: usize = 341;

/// What a system call returned, or its error as text.
fn checked<T: PartialOrd + Default>(what: &str, returned: T) -> Result<T, String> {
    if returned < T::default() { Err(format!("{what}: {}", Error::last_os_error())) } else { Ok(returned) }
}

fn mapped(start: *mut libc::c_void) -> Result<(), String> {
    if start == libc::MAP_FAILED { Err(format!("mmap: {}", Error::last_os_error())) } else { Ok(()) }
}

/// Memory of its own, unmapped on drop.
#[derive(Debug)]
pub(crate) struct Mapping {
    start: *mut u8,
    byte_length: usize,
}

impl Mapping {
    pub(crate) fn anonymous(byte_length: usize) -> Result<Self, String> {
        Self::map(byte_length, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_ANONYMOUS | libc::MAP_NORESERVE, -1)
    }

    pub(crate) fn of_file(file: &File, byte_length: usize) -> Result<Self, String> {
        Self::map(byte_length, libc::PROT_READ, 0, file.as_raw_fd())
    }

    fn map(byte_length: usize, access: libc::c_int, flags: libc::c_int, fd: libc::c_int) -> Result<Self, String> {
        // SAFETY: a new mapping at an address of the kernel's choice disturbs nobody.
        let start = unsafe { libc::mmap(null_mut(), byte_length, access, libc::MAP_PRIVATE | flags, fd, 0) };
        mapped(start).map(|()| Self { start: start.cast(), byte_length })
    }

    /// Replaces the beginning by a copy-on-write mapping of a file.
    pub(crate) fn show(&mut self, file: &File, byte_length: usize) -> Result<(), String> {
        assert!(byte_length <= self.byte_length, "inside the mapping");
        let (access, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_FIXED);
        // SAFETY: the range lies inside this mapping, which is borrowed mutably, so nothing points into it.
        mapped(unsafe { libc::mmap(self.start.cast(), byte_length, access, flags, file.as_raw_fd(), 0) })
    }

    /// `madvise` on all of it; only advice that leaves every readable byte valid, whatever its value.
    pub(crate) fn advise(&mut self, name: &str, advice: libc::c_int) -> Result<(), String> {
        // SAFETY: the mapping is this one's own, and borrowed mutably.
        checked(name, unsafe { libc::madvise(self.start.cast(), self.byte_length, advice) }).map(drop)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is that long and readable, and nobody writes to it while it is borrowed.
        unsafe { std::slice::from_raw_parts(self.start, self.byte_length) }
    }

    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        assert!(offset + bytes.len() <= self.byte_length, "inside the mapping");
        // SAFETY: the range was checked; `bytes` cannot overlap a mapping that is borrowed mutably.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.wrapping_add(offset), bytes.len()) };
    }

    pub(crate) fn zero(&mut self, range: Range<usize>) {
        assert!(range.start <= range.end && range.end <= self.byte_length, "inside the mapping");
        // SAFETY: the range was checked, and the mapping is this one's own.
        unsafe { self.start.wrapping_add(range.start).write_bytes(0, range.len()) };
    }

    pub(crate) fn words(&mut self) -> Words<'_> {
        Words { start: self.start, byte_length: self.byte_length, memory: PhantomData }
    }

    /// Where a part of it lies.
    pub(crate) fn addresses(&self, part: Range<usize>) -> Range<u64> {
        let start = self.start.expose_provenance();
        (start + part.start) as u64..(start + part.end) as u64
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is this one's own, and nothing borrows it any more.
        unsafe { libc::munmap(self.start.cast(), self.byte_length) };
    }
}

/// Single words of a memory, as compiled code reads and writes them.
#[derive(Debug)]
pub(crate) struct Words<'a> {
    start: *mut u8,
    byte_length: usize,
    memory: PhantomData<&'a mut u8>,
}

impl<'a> Words<'a> {
    pub(crate) fn of_region(region: &'a mut Region) -> Self {
        let (start, byte_length) = (region.memory().start(), region.byte_length());
        Self { start: with_exposed_provenance_mut(start), byte_length, memory: PhantomData }
    }

    pub(crate) fn addresses(&self) -> Range<u64> {
        let start = self.start.expose_provenance() as u64;
        start..start + self.byte_length as u64
    }

    /// All of the memory: reading it makes it resident.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the memory is that long, and borrowed for longer than the slice.
        unsafe { std::slice::from_raw_parts(self.start, self.byte_length) }
    }

    #[inline]
    fn at(&self, offset: usize) -> *mut u64 {
        assert!(offset + size_of::<u64>() <= self.byte_length && offset.is_multiple_of(8), "inside the memory");
        self.start.wrapping_add(offset).cast()
    }

    #[inline]
    pub(crate) fn read(&self, offset: usize) -> u64 {
        // SAFETY: `at` has checked place and alignment; the memory stays mapped and unshared for `'a`.
        unsafe { self.at(offset).read_volatile() }
    }

    #[inline]
    pub(crate) fn write(&mut self, offset: usize, word: u64) {
        // SAFETY: as in `read`.
        unsafe { self.at(offset).write_volatile(word) };
    }
}

/// `/proc/self/pagemap`, and room for what a scan returns.
#[derive(Debug)]
pub(crate) struct Pagemap {
    file: File,
    regions: Vec<FoundRegion>,
}

impl Pagemap {
    /// With room for `regions` of a scan, at most 512: with more the kernel can lose its place.
    pub(crate) fn open(regions: usize) -> Result<Self, String> {
        let file = File::open("/proc/self/pagemap").map_err(|error| format!("pagemap: {error}"))?;
        Ok(Self { file, regions: vec![FoundRegion::default(); regions] })
    }

    /// Calls `found` with the place of each run of matching pages, counted in bytes from the start of `addresses`;
    /// goes on from where a full vector stopped the walk.
    #[inline]
    pub(crate) fn scan(
        &mut self,
        (flags, masks): (u64, Masks),
        addresses: Range<u64>,
        mut found: impl FnMut(Range<usize>),
    ) -> Result<(), String> {
        let base = addresses.start;
        let vec = self.regions.as_mut_ptr().expose_provenance() as u64;
        let mut arguments =
            ScanArguments { vec, vec_len: self.regions.len() as u64, ..arguments(flags, masks, addresses) };
        while arguments.start < arguments.end {
            // SAFETY: `arguments` names regions that outlive the call; the kernel writes to those and to `walk_end`.
            let count = unsafe { libc::ioctl(self.file.as_raw_fd(), PAGEMAP_SCAN, &raw mut arguments) };
            let count = usize::try_from(checked("PAGEMAP_SCAN", count)?).unwrap_or(0);
            for region in &self.regions[..count] {
                let place = |address: u64| usize::try_from(address - base).unwrap_or(usize::MAX);
                found(place(region.start)..place(region.end));
            }
            arguments.start = arguments.walk_end;
        }
        Ok(())
    }

    /// Watches everything, holes too.
    pub(crate) fn arm(&self, addresses: Range<u64>) -> Result<(), String> {
        let mut arguments = arguments(WP_MATCHING | CHECK_WPASYNC, FAST, addresses);
        // SAFETY: without a vector the kernel writes to `walk_end` only.
        let done = unsafe { libc::ioctl(self.file.as_raw_fd(), PAGEMAP_SCAN, &raw mut arguments) };
        checked("PAGEMAP_SCAN", done).map(drop)
    }
}

fn arguments(flags: u64, masks: Masks, Range { start, end }: Range<u64>) -> ScanArguments {
    let size = size_of::<ScanArguments>() as u64;
    ScanArguments { size, flags, start, end, walk_end: 0, vec: 0, vec_len: 0, max_pages: 0, masks }
}

/// Has writes to `addresses` recorded while the descriptor that it returns is open.
pub(crate) fn register(addresses: &Range<u64>) -> Result<OwnedFd, String> {
    // For faults from user mode only.
    let flags = libc::O_CLOEXEC | libc::O_NONBLOCK | 1;
    // SAFETY: userfaultfd(2) takes flags and returns a descriptor.
    let fd = checked("userfaultfd", unsafe { libc::syscall(libc::SYS_userfaultfd, flags) })?;
    let fd = libc::c_int::try_from(fd).map_err(|error| error.to_string())?;
    // SAFETY: the kernel has just returned this descriptor, to nobody else.
    let fd = unsafe { OwnedFd::from_raw_fd(fd) };
    let mut api = [0xAA_u64, FEATURES, 0];
    // SAFETY: `api` has the layout of uffdio_api: three u64.
    checked("UFFDIO_API", unsafe { libc::ioctl(fd.as_raw_fd(), UFFDIO_API, api.as_mut_ptr()) })?;
    let mut range = [addresses.start, addresses.end - addresses.start, MODE_WP, 0];
    // SAFETY: `range` has the layout of uffdio_register: four u64.
    checked("UFFDIO_REGISTER", unsafe { libc::ioctl(fd.as_raw_fd(), UFFDIO_REGISTER, range.as_mut_ptr()) }).map(|_| fd)
}

/// Maps what is in the page cache at these addresses, without reading it.
pub(crate) fn make_resident(start: usize, length: usize) -> Result<(), String> {
    // SAFETY: the advice changes no contents; where nothing is mapped it fails.
    let done = unsafe { libc::madvise(with_exposed_provenance_mut(start), length, libc::MADV_POPULATE_READ) };
    checked("madvise", done).map(drop)
}
