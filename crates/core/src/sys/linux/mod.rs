//! Linux: memfd, pagemap and `PAGEMAP_SCAN`, userfaultfd.

mod mappable_file;
mod mapping_limit;
mod mappings;
mod memory_file;
mod page_entries;
mod pagemap;
mod prices;
mod probe;
mod process_bound;
mod residency;
#[cfg(test)]
mod test_pages;
mod trial;
mod userfault;
mod vectored;
pub(crate) mod write_protect;

use std::sync::OnceLock;

use crate::error::Result;
use crate::page::PageSize;
use crate::sys::Capabilities;

pub(crate) use super::unix::{
    FileMap, HugeBuffer, Mapping, avoid_huge_pages, create_private_file, discard, discard_file, map_file_over,
    map_zero_over, move_over, populate_read, populate_write, revoke,
};
pub(crate) use mappable_file::MappableFile;
pub(crate) use mapping_limit::{MANY_MAPPINGS, ensure_mappings_left, mappings_are_scarce};
pub(crate) use mappings::{mappings, require_mapped};
pub(crate) use memory_file::MemoryFile;
pub(crate) use page_entries::{EntryBuffer, private_entries};
pub(crate) use pagemap::{ScanBuffer, private_pages, resident_private_pages};
pub(crate) use prices::prices;
pub(crate) use residency::residency;
pub(crate) use vectored::discard_vectored;

/// x86-64 has no other: known when it is compiled, it costs nothing in all the places that ask.
#[cfg(target_arch = "x86_64")]
pub(crate) const fn page_size() -> PageSize {
    PageSize::new(4096).expect("a power of two")
}

#[cfg(not(target_arch = "x86_64"))]
pub(crate) fn page_size() -> PageSize {
    static SIZE: OnceLock<PageSize> = OnceLock::new();
    *SIZE.get_or_init(|| {
        nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)
            .ok()
            .flatten()
            .and_then(|bytes| usize::try_from(bytes).ok())
            .and_then(PageSize::new)
            .expect("POSIX requires sysconf(_SC_PAGESIZE), and Linux pages are powers of two")
    })
}

/// Whether the kernel takes its own time from the processor's counter. It does so only where it has found the counter to be the
/// same on all processors, and to count at one pace, whatever the processor's own (Documentation/timers/timekeeping.rst).
pub(crate) fn trusts_counter() -> bool {
    let source = std::fs::read_to_string("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    source.is_ok_and(|source| source.trim() == "tsc")
}

pub(crate) fn kernel_release() -> Option<String> {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").ok()?;
    Some(release.trim().to_owned())
}

pub(crate) fn capabilities() -> Result<&'static Capabilities> {
    static PROBED: OnceLock<Capabilities> = OnceLock::new();
    match PROBED.get() {
        Some(known) => Ok(known),
        None => probe::capabilities().map(|found| PROBED.get_or_init(|| found)),
    }
}
