//! Files whose pages can be mapped in several places: memory files of a fixed length, and files that a user names.

use std::fs::{File, OpenOptions};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::sys::statfs::{HUGETLBFS_MAGIC, fstatfs};

use super::MemoryFile;
use crate::error::{Error, ErrorKind, Result};
use crate::sys::FileAccess;

/// Neither waits for the other end of a pipe nor takes a terminal. The descriptor is closed on exec.
const OPEN_FLAGS: i32 = libc::O_NONBLOCK | libc::O_NOCTTY;

/// A file, and how its pages are mapped: always in the same way.
#[derive(Debug)]
pub(crate) struct MappableFile {
    file: File,
    access: FileAccess,
}

impl MappableFile {
    /// `byte_length` zero bytes in memory, mapped shared. Nobody can ever change that length, so that no mapping of it can
    /// come to lie past the end.
    pub(crate) fn in_memory(byte_length: usize) -> Result<Self> {
        let file = MemoryFile::create("pagefold-region", byte_length)?.into_fixed_length()?;
        Ok(Self { file, access: FileAccess::ReadWrite })
    }

    /// A regular file with ordinary pages. The pages of others may be missing when they are touched, or cannot be replaced
    /// one by one.
    pub(crate) fn open(path: &Path, access: FileAccess) -> Result<Self> {
        let failed = |syscall: &'static str, error: &std::io::Error| {
            Error::os(syscall, &format!("opening {} to be mapped", path.display()), error)
        };
        // Before it is opened: that alone starts some devices.
        ensure_regular(path, &std::fs::metadata(path).map_err(|error| failed("stat", &error))?)?;
        let mut options = OpenOptions::new();
        options.read(true).write(access == FileAccess::ReadWrite).custom_flags(OPEN_FLAGS);
        let file = options.open(path).map_err(|error| failed("open", &error))?;
        ensure_regular(path, &file.metadata().map_err(|error| failed("fstat", &error))?)?;
        let system = fstatfs(&file).map_err(|errno| failed("fstatfs", &errno.into()))?;
        if system.filesystem_type() == HUGETLBFS_MAGIC {
            let message = format!("{} has huge pages, which cannot be replaced one by one", path.display());
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        Ok(Self { file, access })
    }

    /// Length in bytes, now.
    pub(crate) fn byte_length(&self) -> Result<usize> {
        let information = self.file.metadata();
        let bytes = information.map_err(|error| Error::os("fstat", "reading the length of a file", &error))?.len();
        usize::try_from(bytes).map_err(|_| Error::new(ErrorKind::OutOfRange, "the file exceeds the address space"))
    }

    pub(crate) const fn access(&self) -> FileAccess {
        self.access
    }
}

fn ensure_regular(path: &Path, information: &std::fs::Metadata) -> Result<()> {
    if information.is_file() {
        return Ok(());
    }
    let message = format!("{} is not a regular file: no other can be mapped", path.display());
    Err(Error::new(ErrorKind::Unsupported, message))
}

impl AsFd for MappableFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl AsRawFd for MappableFile {
    fn as_raw_fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}
