//! Everything that differs between operating systems, and nothing else.
//!
//! # The contract
//!
//! An operating system's module (`linux`, `unsupported`) provides, under the same names:
//!
//! | item | what it MUST do |
//! |---|---|
//! | `page_size()` | give the size of a base page |
//! | `MemoryFile` | anonymous file without a name in any file system; after `seal` nobody can change or resize it |
//! | `FileMap` | read-only mapping of a *sealed* file; its bytes never change |
//! | `MappableFile` | a regular file with ordinary pages, or one in memory whose length nobody can change; mapped always in the same way |
//! | `Mapping` | own a readable, writable mapping, zero-filled and private, or of a `MappableFile`; unmap it on drop |
//! | `HugeBuffer` | own zero-filled memory, in huge pages where there are some |
//! | `map_file_over`, `map_zero_over`, `move_over`, `revoke` | replace exactly the pages given; on failure the old pages MUST still be there |
//! | `discard`, `discard_vectored` | drop private pages: the next read shows the file, or zeros where there is no file |
//! | `discard_file` | drop pages of a shared memory file: every mapping of it reads zeros |
//! | `ensure_mappings_left` | fail before the process has as many mappings as it may have; exact for `MANY_MAPPINGS` and more |
//! | `mappings_are_scarce` | whether it was so when they were counted last |
//! | `populate_write` | make private copies of pages; contents stay as they are |
//! | `write_protect::*` | record writes; an error MUST mean "nothing is known", never "nothing was written" |
//! | `private_pages`, `resident_private_pages` | the pages that left their file or the zero page; those of them that are in memory |
//! | `private_entries` | the pages that left their file, and which of them can be the zero page |
//! | `residency` | count the pages that take memory, touching none |
//! | `mappings` | what is mapped over pages: a foreign mapping MUST NOT look like the one that was made here |
//! | `require_mapped` | fail where nothing is mapped |
//! | `create_private_file` | create a file that only its owner can read, or fail where there is one |
//! | `prices()` | measure, once per process, what decisions weigh against each other |
//! | `trusts_counter()` | say whether the processor's counter is the system's own clock: the same pace always, on all processors |
//! | `capabilities()` | probe by behaviour, once per process, and say why something is absent |
//!
//! `processor` is about loops, not about memory, and the same everywhere but for its speed.
//!
//! A module MUST NOT decide which mechanism is used: that is `tracker::select`. Every function takes [`Pages`] or
//! [`PagesMut`], so that none can be handed a range that is not mapped. `target_os` stands in no file outside this
//! folder. Where a system lacks all of it, the absent twin is made of types without values, so the code above
//! compiles everywhere and needs no conditions of its own.

mod caps;
mod file_access;
mod mapped;
mod moment;
mod pages;
mod prices;
pub(crate) mod processor;
mod residency;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod unix;

#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod linux;
#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
use linux as os;

#[cfg(not(all(target_os = "linux", not(pagefold_unsupported))))]
mod unsupported;
#[cfg(not(all(target_os = "linux", not(pagefold_unsupported))))]
use unsupported as os;

use crate::error::Result;
use crate::page::PageSize;

pub use caps::{Capabilities, Capability};
pub use file_access::FileAccess;
pub(crate) use mapped::{Backing, Mapped};
pub(crate) use moment::Moment;
pub(crate) use pages::{Pages, PagesMut};
pub(crate) use prices::Prices;
pub use residency::Residency;

pub(crate) use os::{
    EntryBuffer, FileMap, HugeBuffer, MANY_MAPPINGS, MappableFile, Mapping, MemoryFile, ScanBuffer, avoid_huge_pages,
    create_private_file, discard, discard_file, discard_vectored, ensure_mappings_left, kernel_release, map_file_over,
    map_zero_over, mappings, mappings_are_scarce, move_over, populate_read, populate_write, prices, private_entries,
    private_pages, require_mapped, residency, resident_private_pages, revoke, write_protect,
};

/// The size of a page on this system.
#[must_use]
pub fn page_size() -> PageSize {
    os::page_size()
}

/// What this process can do, probed by behaviour and remembered.
///
/// # Errors
/// `OutOfMemory` when a probe had no memory or descriptors: that says nothing about the system, and is asked again.
pub fn capabilities() -> Result<&'static Capabilities> {
    os::capabilities()
}
