//! userfaultfd in asynchronous write-protect mode: the kernel records writes by itself, no handler, no messages.
#![expect(unsafe_code, reason = "a raw system call and ioctls that read the structures they are given")]

use std::fs::OpenOptions;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use nix::errno::Errno;

use super::process_bound::ProcessBound;
use crate::error::{Error, Result};
use crate::sys::Pages;

/// `struct uffdio_api` of linux/userfaultfd.h.
#[repr(C)]
struct ApiArguments {
    api: u64,
    features: u64,
    ioctls: u64,
}

/// `struct uffdio_register`.
#[repr(C)]
struct RegisterArguments {
    start: u64,
    len: u64,
    mode: u64,
    ioctls: u64,
}

/// `struct uffdio_range`.
#[repr(C)]
struct RangeArguments {
    start: u64,
    len: u64,
}

nix::ioctl_readwrite!(uffdio_api, 0xAA, 0x3F, ApiArguments);
nix::ioctl_readwrite!(uffdio_register, 0xAA, 0x00, RegisterArguments);
nix::ioctl_read!(uffdio_unregister, 0xAA, 0x01, RangeArguments);
nix::ioctl_write_int_bad!(userfaultfd_ioc_new, 0xAA00);

const API: u64 = 0xAA;
const FEATURE_WP_HUGETLBFS_SHMEM: u64 = 1 << 12;
const FEATURE_WP_UNPOPULATED: u64 = 1 << 13;
const FEATURE_WP_ASYNC: u64 = 1 << 15;
const MODE_WP: u64 = 2;
/// Faults from user mode only: all that asynchronous mode needs, and allowed to every user since Linux 5.11.
const USER_MODE_ONLY: libc::c_int = 1;

static USERFAULT: ProcessBound = ProcessBound::new(open_with_features);

/// Records writes to `pages` from now on, once they are armed; until then every page counts as written. The same
/// range may be registered again. Takes the mmap lock for writing: once per mapping, not per reset.
pub(super) fn register(pages: Pages<'_>) -> Result<()> {
    let fd = USERFAULT.get()?;
    let mut arguments =
        RegisterArguments { start: pages.start() as u64, len: pages.byte_length() as u64, mode: MODE_WP, ioctls: 0 };
    // SAFETY: `arguments` is a uffdio_register; the kernel reads it and writes its last field. Write-protect mode with
    // WP_ASYNC never blocks or signals a thread, so registering changes nothing that the owner of the pages sees.
    unsafe { uffdio_register(fd.as_raw_fd(), &raw mut arguments) }
        .map(drop)
        .map_err(|errno| Error::os("ioctl(UFFDIO_REGISTER)", "registering pages for tracking", &errno.into()))
}

/// Stops recording and un-arms everything in `pages`.
pub(super) fn unregister(pages: Pages<'_>) -> Result<()> {
    let fd = USERFAULT.get()?;
    let mut arguments = RangeArguments { start: pages.start() as u64, len: pages.byte_length() as u64 };
    // SAFETY: `arguments` is a uffdio_range, which the kernel only reads.
    unsafe { uffdio_unregister(fd.as_raw_fd(), &raw mut arguments) }
        .map(drop)
        .map_err(|errno| Error::os("ioctl(UFFDIO_UNREGISTER)", "ending the tracking of pages", &errno.into()))
}

fn open_with_features() -> Result<OwnedFd> {
    let fd = match open_by_syscall() {
        Ok(fd) => fd,
        // A seccomp profile that forbids the call may still allow the device (Linux 6.1).
        Err(errno) => open_by_device().map_err(|_| {
            Error::os("userfaultfd", "opening userfaultfd (container profiles often forbid it)", &errno.into())
        })?,
    };
    let wanted = FEATURE_WP_ASYNC | FEATURE_WP_UNPOPULATED | FEATURE_WP_HUGETLBFS_SHMEM;
    let mut arguments = ApiArguments { api: API, features: wanted, ioctls: 0 };
    // SAFETY: `arguments` is a uffdio_api, which the kernel reads and overwrites.
    unsafe { uffdio_api(fd.as_raw_fd(), &raw mut arguments) }.map_err(|errno| {
        Error::os("ioctl(UFFDIO_API)", "asking for asynchronous write-protection (Linux 6.7)", &errno.into())
    })?;
    Ok(fd)
}

fn open_by_syscall() -> nix::Result<OwnedFd> {
    let flags = libc::O_CLOEXEC | libc::O_NONBLOCK | USER_MODE_ONLY;
    // SAFETY: userfaultfd(2) takes one integer and returns a new descriptor or -1.
    let fd = unsafe { libc::syscall(libc::SYS_userfaultfd, flags) };
    owned(RawFd::try_from(Errno::result(fd)?).map_err(|_| Errno::EBADF)?)
}

fn open_by_device() -> nix::Result<OwnedFd> {
    let device = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/userfaultfd")
        .map_err(|error| error.raw_os_error().map_or(Errno::ENOENT, Errno::from_raw))?;
    new_from(device.as_raw_fd(), libc::O_CLOEXEC | libc::O_NONBLOCK | USER_MODE_ONLY)
}

fn new_from(device: RawFd, flags: libc::c_int) -> nix::Result<OwnedFd> {
    // SAFETY: USERFAULTFD_IOC_NEW takes an integer and returns a new descriptor or -1.
    owned(unsafe { userfaultfd_ioc_new(device, flags) }?)
}

fn owned(fd: RawFd) -> nix::Result<OwnedFd> {
    // SAFETY: the kernel has just returned this descriptor to us and to nobody else, and it is not -1.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
