//! The system calls and copies that a reset is made of, with nothing around them: the floor that `View::reset` is
//! measured against. No pagefold code runs here; the kernel's structures are written down a second time.
#![expect(unsafe_code, reason = "raw system calls and copies, which is the purpose of this file")]

use std::io::Error;
use std::ptr::{null_mut, with_exposed_provenance_mut};

use super::subjects::page_bytes;

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
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

/// `struct page_region`.
#[repr(C)]
#[derive(Clone, Copy)]
struct FoundRegion {
    start: u64,
    end: u64,
    categories: u64,
}

const PAGEMAP_SCAN: libc::c_ulong = 0xC060_6610;
const UFFDIO_API: libc::c_ulong = 0xC018_AA3F;
const UFFDIO_REGISTER: libc::c_ulong = 0xC020_AA00;
const WP_MATCHING: u64 = 1;
const CHECK_WPASYNC: u64 = 2;
const WRITTEN: u64 = 2;
const USER_MODE_ONLY: libc::c_int = 1;
/// `WP_ASYNC`, `WP_UNPOPULATED`, `WP_HUGETLBFS_SHMEM`.
const FEATURES: u64 = 1 << 15 | 1 << 13 | 1 << 12;
const MODE_WP: u64 = 2;
const REGIONS_MAX: usize = 512;

/// Memory of its own, watched by a userfaultfd of its own. Everything lives as long as the process.
#[derive(Debug)]
pub(crate) struct BareLoop {
    memory: *mut u8,
    image: *const u8,
    byte_length: usize,
    pagemap: libc::c_int,
    regions: Vec<FoundRegion>,
}

impl std::fmt::Debug for FoundRegion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#x}..{:#x}: {:#x}", self.start, self.end, self.categories)
    }
}

/// What a system call returned, or its error as text.
fn checked<T: PartialOrd + Default>(what: &str, returned: T) -> Result<T, String> {
    if returned < T::default() { Err(format!("{what}: {}", Error::last_os_error())) } else { Ok(returned) }
}

impl BareLoop {
    /// Maps `contents` copy-on-write, makes all of it resident, registers and arms it.
    pub(crate) fn new(contents: &[u8]) -> Result<Self, String> {
        let file = memory_file(contents)?;
        let (read, write) = (libc::PROT_READ, libc::PROT_READ | libc::PROT_WRITE);
        let image = map(contents.len(), read, file)?;
        let memory = map(contents.len(), write, file)?;
        for (advice, name) in [(libc::MADV_NOHUGEPAGE, "NOHUGEPAGE"), (libc::MADV_POPULATE_READ, "POPULATE_READ")] {
            for address in [image, memory] {
                // SAFETY: both mappings were made just now and are this long; neither advice changes contents.
                checked(name, unsafe { libc::madvise(address.cast(), contents.len(), advice) })?;
            }
        }
        register(memory, contents.len())?;
        // SAFETY: open(2) reads the path, which ends with NUL.
        let pagemap = checked("open", unsafe { libc::open(c"/proc/self/pagemap".as_ptr(), libc::O_RDONLY) })?;
        let bare = Self {
            memory,
            image,
            byte_length: contents.len(),
            pagemap,
            regions: vec![FoundRegion { start: 0, end: 0, categories: 0 }; REGIONS_MAX],
        };
        bare.arm()?;
        Ok(bare)
    }

    pub(crate) fn write(&mut self, offset: usize, byte: u8) {
        assert!(offset < self.byte_length, "inside the memory");
        // SAFETY: the offset was checked, and the mapping is writable and this loop's own.
        unsafe { self.memory.wrapping_add(offset).write_volatile(byte) };
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is that long, and nobody writes to it while this loop is borrowed.
        unsafe { std::slice::from_raw_parts(self.memory, self.byte_length) }
    }

    /// The loop: harvest and copy back. Nothing is armed again, as `View::reset` arms nothing again for a guest that
    /// always writes the same pages, which is what this benchmark's guest does.
    pub(crate) fn reset(&mut self) -> Result<(), String> {
        let base = self.memory.addr() as u64;
        let end = base + self.byte_length as u64;
        let mut scan = arguments(CHECK_WPASYNC, base, end);
        scan.vec = self.regions.as_mut_ptr().expose_provenance() as u64;
        scan.vec_len = REGIONS_MAX as u64;
        while scan.start < end {
            // SAFETY: `scan` names 512 regions that outlive the call; the kernel writes to those and to `walk_end`.
            let found = unsafe { libc::ioctl(self.pagemap, PAGEMAP_SCAN, &raw mut scan) };
            let found = usize::try_from(found).map_err(|_| format!("PAGEMAP_SCAN: {}", Error::last_os_error()))?;
            for region in &self.regions[..found] {
                let offset = usize::try_from(region.start - base).map_err(|error| error.to_string())?;
                let byte_length = usize::try_from(region.end - region.start).map_err(|error| error.to_string())?;
                let (source, target) = (self.image.wrapping_add(offset), self.memory.wrapping_add(offset));
                // SAFETY: the kernel reports regions inside the scanned range only, so both mappings are at least
                // `offset + byte_length` bytes long; they do not overlap.
                unsafe { std::ptr::copy_nonoverlapping(source, target, byte_length) };
            }
            scan.start = scan.walk_end;
        }
        Ok(())
    }

    /// Watches everything.
    fn arm(&self) -> Result<(), String> {
        let start = self.memory.expose_provenance() as u64;
        let mut arm = arguments(WP_MATCHING | CHECK_WPASYNC, start, start + self.byte_length as u64);
        // SAFETY: without a vector the kernel writes to `walk_end` only.
        checked("PAGEMAP_SCAN", unsafe { libc::ioctl(self.pagemap, PAGEMAP_SCAN, &raw mut arm) }).map(drop)
    }
}

fn arguments(flags: u64, start: u64, end: u64) -> ScanArguments {
    ScanArguments {
        size: size_of::<ScanArguments>() as u64,
        flags,
        start,
        end,
        walk_end: 0,
        vec: 0,
        vec_len: 0,
        max_pages: 0,
        category_inverted: 0,
        category_mask: WRITTEN,
        category_anyof_mask: 0,
        return_mask: WRITTEN,
    }
}

fn memory_file(contents: &[u8]) -> Result<libc::c_int, String> {
    // SAFETY: memfd_create(2) reads the name, which ends with NUL.
    let file = checked("memfd_create", unsafe { libc::memfd_create(c"bare".as_ptr(), libc::MFD_CLOEXEC) })?;
    let mut written = 0;
    while written < contents.len() {
        let rest = &contents[written..];
        // SAFETY: `rest` is readable for its length.
        let count = checked("write", unsafe { libc::write(file, rest.as_ptr().cast(), rest.len()) })?;
        written += usize::try_from(count).map_err(|error| error.to_string())?;
    }
    Ok(file)
}

fn map(byte_length: usize, protection: libc::c_int, file: libc::c_int) -> Result<*mut u8, String> {
    // SAFETY: a new mapping at an address of the kernel's choice disturbs nobody.
    let address = unsafe { libc::mmap(null_mut(), byte_length, protection, libc::MAP_PRIVATE, file, 0) };
    if address == libc::MAP_FAILED { Err(format!("mmap: {}", Error::last_os_error())) } else { Ok(address.cast()) }
}

fn register(memory: *mut u8, byte_length: usize) -> Result<(), String> {
    let flags = libc::O_CLOEXEC | libc::O_NONBLOCK | USER_MODE_ONLY;
    // SAFETY: userfaultfd(2) takes flags and returns a descriptor.
    let fd = checked("userfaultfd", unsafe { libc::syscall(libc::SYS_userfaultfd, flags) })?;
    let fd = libc::c_int::try_from(fd).map_err(|error| error.to_string())?;
    let mut api = [0xAA_u64, FEATURES, 0];
    // SAFETY: `api` has the layout of uffdio_api: three u64.
    checked("UFFDIO_API", unsafe { libc::ioctl(fd, UFFDIO_API, api.as_mut_ptr()) })?;
    let mut range = [memory.expose_provenance() as u64, byte_length as u64, MODE_WP, 0];
    // SAFETY: `range` has the layout of uffdio_register: four u64.
    checked("UFFDIO_REGISTER", unsafe { libc::ioctl(fd, UFFDIO_REGISTER, range.as_mut_ptr()) }).map(drop)
}

/// A private copy-on-write mapping that is given up as a whole: one call, and then a fault for everything that is
/// used again.
#[derive(Debug)]
pub(crate) struct Decommit {
    memory: *mut u8,
    byte_length: usize,
}

impl Decommit {
    pub(crate) fn new(contents: &[u8]) -> Result<Self, String> {
        let file = memory_file(contents)?;
        let memory = map(contents.len(), libc::PROT_READ | libc::PROT_WRITE, file)?;
        let mut decommit = Self { memory, byte_length: contents.len() };
        decommit.fault_in();
        Ok(decommit)
    }

    pub(crate) fn write(&mut self, offset: usize, byte: u8) {
        assert!(offset < self.byte_length, "inside the memory");
        // SAFETY: the offset was checked, and the mapping is writable and this subject's own.
        unsafe { self.memory.wrapping_add(offset).write_volatile(byte) };
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the mapping is that long, and nobody writes to it while this subject is borrowed.
        unsafe { std::slice::from_raw_parts(self.memory, self.byte_length) }
    }

    /// Gives everything up and reads a byte of each page, as a guest does that uses all of its memory.
    pub(crate) fn reset(&mut self) -> Result<(), String> {
        let address = self.memory.cast();
        // SAFETY: the mapping is this subject's own; its private pages are to be dropped.
        checked("madvise", unsafe { libc::madvise(address, self.byte_length, libc::MADV_DONTNEED) })?;
        self.fault_in();
        Ok(())
    }

    fn fault_in(&mut self) {
        for offset in (0..self.byte_length).step_by(page_bytes()) {
            // SAFETY: the offset lies inside the mapping.
            unsafe { self.memory.wrapping_add(offset).read_volatile() };
        }
    }
}

/// Maps what is in the page cache at these addresses, without reading it.
pub(crate) fn make_resident(address: usize, byte_length: usize) -> Result<(), String> {
    let address = with_exposed_provenance_mut(address);
    // SAFETY: the advice changes no contents; where nothing is mapped it fails.
    checked("madvise", unsafe { libc::madvise(address, byte_length, libc::MADV_POPULATE_READ) }).map(drop)
}
