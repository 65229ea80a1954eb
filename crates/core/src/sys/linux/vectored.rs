//! Dropping many runs of pages in one system call.
#![expect(unsafe_code, reason = "process_madvise, which neither nix nor libc wraps")]

use nix::errno::Errno;

use super::page_size;
use crate::error::{Error, Result};
use crate::page_set::PageSet;
use crate::sys::PagesMut;

/// `PIDFD_SELF` of linux/pidfd.h (Linux 6.14): the calling process, without a descriptor.
const PIDFD_SELF: libc::c_int = -10_000;
/// What the kernel takes in one call (`UIO_MAXIOV`).
const RUNS_PER_CALL: usize = 1024;

/// Drops the private copies of the pages in `dropped`, and no others. One call for up to 1,024 runs, which also costs one
/// round of inter-processor interrupts instead of one a run. Linux 6.14; container profiles often forbid it.
pub(crate) fn discard_vectored(pages: &mut PagesMut<'_>, dropped: &PageSet) -> Result<()> {
    let page = page_size().bytes();
    for runs in dropped.runs().chunks(RUNS_PER_CALL) {
        let mut vector = Vec::with_capacity(runs.len());
        for run in runs {
            let mut part = pages.part_mut(*run)?;
            vector.push(libc::iovec { iov_base: part.as_mut_ptr().cast(), iov_len: run.page_count() * page });
        }
        let wanted: usize = runs.iter().map(|run| run.page_count() * page).sum();
        // SAFETY: every entry of `vector` lies in `pages`, which PagesMut proves mapped and ours alone; the advice
        // changes only what is read there, which is what the caller asks for.
        let advised = unsafe {
            libc::syscall(
                libc::SYS_process_madvise,
                PIDFD_SELF,
                vector.as_ptr(),
                vector.len(),
                libc::MADV_DONTNEED,
                0_u32,
            )
        };
        let failed = |errno: Errno| Error::os("process_madvise", "releasing private pages", &errno.into());
        let advised = Errno::result(advised).map_err(failed)?;
        if usize::try_from(advised) != Ok(wanted) {
            return Err(failed(Errno::EINTR));
        }
    }
    Ok(())
}
