//! Descriptors that mean something only in the process that opened them.
#![expect(unsafe_code, reason = "keeps descriptors in memory that a fork wipes, and hands them out")]

use std::os::fd::{AsRawFd, BorrowedFd, IntoRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::mman::{MmapAdvise, madvise};

use super::{Mapping, page_size};
use crate::error::{Error, Result};

/// One descriptor for the whole process, opened at first use and again after a fork.
///
/// A pagemap descriptor that a child inherits describes the *parent's* page tables, and an inherited userfaultfd
/// acts on the *parent's* memory: a reset through either would do nothing and report success. Comparing process ids
/// is not enough: in a container parent and child can both be process 1 of their own namespaces. So the descriptor is
/// kept in a page that the kernel itself wipes in a forked child (`MADV_WIPEONFORK`, Linux 4.14). Costs one load.
///
/// The copy that a child inherits stays open until it ends or execs: its number may long be that of another file.
#[derive(Debug)]
pub(super) struct ProcessBound {
    /// Where the descriptor is kept: its number plus one, 0 when nothing is open in this process.
    cell: OnceLock<&'static AtomicU32>,
    open: fn() -> Result<OwnedFd>,
}

impl ProcessBound {
    pub(super) const fn new(open: fn() -> Result<OwnedFd>) -> Self {
        Self { cell: OnceLock::new(), open }
    }

    /// The descriptor of *this* process. Lock-free once the cell is there: a lock that another thread held at the moment
    /// of a fork would stay locked in the child.
    pub(super) fn get(&'static self) -> Result<BorrowedFd<'static>> {
        let cell = match self.cell.get() {
            Some(cell) => cell,
            None => {
                let fresh = wiped_on_fork()?;
                self.cell.get_or_init(|| fresh)
            }
        };
        let mut kept = cell.load(Ordering::Acquire);
        if kept == 0 {
            let fresh = (self.open)()?;
            // Of several threads that open at once one wins; the others' descriptors are closed by their drop.
            kept = match cell.compare_exchange(0, encode(&fresh), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => fresh.into_raw_fd().cast_unsigned() + 1,
                Err(winner) => winner,
            };
        }
        // SAFETY: the cell holds a descriptor that this process opened, because a fork would have wiped it, and that
        // nobody closes.
        Ok(unsafe { BorrowedFd::borrow_raw((kept - 1).cast_signed()) })
    }
}

fn encode(fd: &OwnedFd) -> u32 {
    fd.as_raw_fd().cast_unsigned() + 1
}

/// A zero that is zero again in every forked child. Never freed.
fn wiped_on_fork() -> Result<&'static AtomicU32> {
    let page = page_size().bytes();
    let mapping = Mapping::zeroed(page)?;
    let start = std::ptr::with_exposed_provenance_mut::<AtomicU32>(mapping.start());
    let address = NonNull::new(start).expect("mmap never returns a null address");
    // SAFETY: the page was mapped just now and is known to nobody else; the advice changes only what a fork does.
    unsafe { madvise(address.cast(), page, MmapAdvise::MADV_WIPEONFORK) }
        .map_err(|errno| Error::os("madvise(MADV_WIPEONFORK)", "preparing to notice a fork", &errno.into()))?;
    std::mem::forget(mapping);
    // SAFETY: the page is aligned, zero, a valid AtomicU32, and stays mapped for ever.
    Ok(unsafe { address.as_ref() })
}
