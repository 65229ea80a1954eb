//! Anonymous files (`memfd_create`): no name in any file system, gone with their last user, sealable.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

use crate::error::{Error, ErrorKind, Result};

/// `MFD_NOEXEC_SEAL` (Linux 6.3): not executable, and sealed so. Older kernels answer EINVAL.
const NOEXEC_SEAL: MFdFlags = MFdFlags::from_bits_retain(0x0008);

/// Once these are set, the kernel refuses every way to change, shrink or grow the file, and to unseal it.
const SEALED: SealFlag =
    SealFlag::F_SEAL_WRITE.union(SealFlag::F_SEAL_SHRINK).union(SealFlag::F_SEAL_GROW).union(SealFlag::F_SEAL_SEAL);

/// How often a file is asked to be sealed while some of its pages are held: about a second.
const SEAL_ATTEMPTS: usize = 6;

/// Once these are set, the file keeps its length. Its contents may change.
const LENGTH_SEALED: SealFlag = SealFlag::F_SEAL_SHRINK.union(SealFlag::F_SEAL_GROW).union(SealFlag::F_SEAL_SEAL);

/// A memory file. Its descriptor is closed on exec. May be used from any thread.
#[derive(Debug)]
pub(crate) struct MemoryFile {
    file: File,
}

impl MemoryFile {
    /// Creates a file of `byte_length` zero bytes; they take no memory until written or mapped and read. `name`
    /// shows in `/proc/PID/maps`.
    pub(crate) fn create(name: &str, byte_length: usize) -> Result<Self> {
        let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
        let fd = match Self::create_with(name, flags | NOEXEC_SEAL) {
            Err(Errno::EINVAL) => Self::create_with(name, flags),
            other => other,
        };
        let fd = fd.map_err(|errno| Error::os("memfd_create", "creating a memory file", &errno.into()))?;
        let file = File::from(fd);
        file.set_len(byte_length as u64).map_err(|error| {
            Error::os("ftruncate", &format!("creating a memory file of {byte_length} bytes"), &error)
        })?;
        Ok(Self { file })
    }

    fn create_with(name: &str, flags: MFdFlags) -> nix::Result<OwnedFd> {
        // The kernel takes names of up to 249 bytes without a NUL.
        let printable: String = name.chars().filter(|c| *c != '\0').take(60).collect();
        memfd_create(CString::new(printable).unwrap_or_default().as_c_str(), flags)
    }

    /// Writes all of `bytes` at `offset`.
    pub(crate) fn write_at(&self, bytes: &[u8], offset: usize) -> Result<()> {
        self.file.write_all_at(bytes, offset as u64).map_err(|error| Error::os("pwrite", "filling an image", &error))
    }

    /// Makes the file immutable for everybody, for ever.
    pub(crate) fn seal(&self) -> Result<()> {
        // The kernel waits 150 ms for whoever holds a page of the file for a moment, as moving it to other memory does, and
        // then gives up (`memfd_wait_for_pins` in mm/memfd.c). On a busy machine the moment can be longer.
        let mut sealed = Err(Errno::EBUSY);
        for _ in 0..SEAL_ATTEMPTS {
            sealed = fcntl(&self.file, FcntlArg::F_ADD_SEALS(SEALED));
            if sealed != Err(Errno::EBUSY) {
                break;
            }
        }
        sealed.map(drop).map_err(|errno| Error::os("fcntl", "sealing an image", &errno.into()))
    }

    /// Gives the file its length for ever, and nothing more.
    pub(super) fn into_fixed_length(self) -> Result<File> {
        fcntl(&self.file, FcntlArg::F_ADD_SEALS(LENGTH_SEALED))
            .map_err(|errno| Error::os("fcntl", "fixing the length of a memory file", &errno.into()))?;
        Ok(self.file)
    }

    /// Fails unless the file is sealed and at least `byte_length` long.
    pub(crate) fn assert_sealed(&self, byte_length: usize) -> Result<()> {
        let seals = fcntl(&self.file, FcntlArg::F_GET_SEALS)
            .map_err(|errno| Error::os("fcntl", "reading the seals of an image", &errno.into()))?;
        let length =
            self.file.metadata().map_err(|error| Error::os("fstat", "reading the length of an image", &error))?.len();
        if SealFlag::from_bits_retain(seals).contains(SEALED) && length >= byte_length as u64 {
            return Ok(());
        }
        Err(Error::new(ErrorKind::System, "an image must be sealed before it is mapped"))
    }

    pub(super) fn probe_noexec_seal() -> nix::Result<()> {
        Self::create_with("pagefold-probe", MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING | NOEXEC_SEAL).map(drop)
    }
}

impl AsFd for MemoryFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl AsRawFd for MemoryFile {
    fn as_raw_fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::time::Duration;

    use nix::fcntl::{SpliceFFlags, splice};

    use super::*;

    /// A file of one page, and a pipe that holds the page itself, not a copy of it.
    fn held() -> (MemoryFile, std::io::PipeReader) {
        let file = MemoryFile::create("held", 4096).expect("memfd works");
        file.write_at(&[7; 4096], 0).expect("there is room");
        let (reader, writer) = std::io::pipe().expect("there are descriptors");
        let moved = splice(&file, Some(&mut 0), &writer, None, 4096, SpliceFFlags::empty());
        assert_eq!(moved, Ok(4096));
        (file, reader)
    }

    #[test]
    fn a_page_that_is_held_is_waited_for() {
        let (file, mut reader) = held();
        assert_eq!(fcntl(&file.file, FcntlArg::F_ADD_SEALS(SEALED)), Err(Errno::EBUSY), "one attempt is not enough");
        let drain = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            let mut bytes = [0; 4096];
            reader.read_exact(&mut bytes).expect("the page was sent");
            bytes
        });
        file.seal().expect("it is let go of in time");
        file.assert_sealed(4096).expect("sealed");
        assert_eq!(drain.join().expect("no panic"), [7; 4096]);
    }

    #[test]
    fn a_page_that_is_held_for_ever_is_an_error() {
        let (file, reader) = held();
        let refused = file.seal().expect_err("the page may still be written through the pipe");
        assert_eq!(refused.os_failure().map(|os| os.errno), Some(Errno::EBUSY as i32));
        drop(reader);
        file.seal().expect("nobody holds it any more");
    }
}
