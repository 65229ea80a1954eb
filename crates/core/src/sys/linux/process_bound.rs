//! Descriptors that mean something only in the process that opened them.
#![expect(unsafe_code, reason = "hands out and closes raw descriptors; the pid check is what makes them ours")]

use std::os::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Result;

/// One descriptor for the whole process, opened at first use and again after a fork.
///
/// A pagemap descriptor that a child inherits describes the *parent's* page tables, and an inherited userfaultfd
/// acts on the *parent's* memory: a reset through either would do nothing and report success. So every use compares
/// the process id. Lock-free, because a lock held by another thread at the moment of a fork stays locked in the child.
#[derive(Debug)]
pub(super) struct ProcessBound {
    /// `pid << 32 | descriptor`; 0 when nothing is open.
    state: AtomicU64,
    open: fn() -> Result<OwnedFd>,
}

impl ProcessBound {
    pub(super) const fn new(open: fn() -> Result<OwnedFd>) -> Self {
        Self { state: AtomicU64::new(0), open }
    }

    /// The descriptor of *this* process. Costs one `getpid` once open.
    pub(super) fn get(&'static self) -> Result<BorrowedFd<'static>> {
        let pid = u64::from(std::process::id());
        let mut seen = self.state.load(Ordering::Acquire);
        if seen >> 32 != pid {
            let fresh = pack(pid, (self.open)()?.into_raw_fd());
            seen = match self.state.compare_exchange(seen, fresh, Ordering::AcqRel, Ordering::Acquire) {
                Ok(stale) => {
                    close(stale);
                    fresh
                }
                Err(winner) => {
                    close(fresh);
                    winner
                }
            };
        }
        // SAFETY: the descriptor was put into `state` by this process and is closed only by a process that finds
        // another pid there, that is, by a forked child, which closes its own copy.
        Ok(unsafe { BorrowedFd::borrow_raw(descriptor(seen)) })
    }
}

fn pack(pid: u64, fd: RawFd) -> u64 {
    pid << 32 | u64::from(fd.cast_unsigned())
}

fn descriptor(state: u64) -> RawFd {
    u32::try_from(state & u64::from(u32::MAX)).unwrap_or(u32::MAX).cast_signed()
}

/// Closes what `state` holds: an inherited copy, or the loser of a race. Nothing when it is empty.
fn close(state: u64) {
    if state != 0 {
        // SAFETY: `state` was swapped out or never swapped in, so no other thread of this process can use or close
        // the descriptor in it.
        drop(unsafe { OwnedFd::from_raw_fd(descriptor(state)) });
    }
}
