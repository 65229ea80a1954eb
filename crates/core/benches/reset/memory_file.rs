//! The image of a memory, in a file without a name that any number of mappings can show.

use std::fs::File;
use std::os::unix::fs::FileExt;

use nix::sys::memfd::{MFdFlags, memfd_create};

/// A file of `byte_length` bytes that begins with `contents`; the rest are holes, which read as zeros.
pub(crate) fn memory_file(contents: &[u8], byte_length: usize) -> Result<File, String> {
    let file = memfd_create(c"bare", MFdFlags::MFD_CLOEXEC).map_err(|errno| format!("memfd_create: {errno}"))?;
    let file = File::from(file);
    file.set_len(byte_length as u64).map_err(|error| format!("ftruncate: {error}"))?;
    file.write_all_at(contents, 0).map_err(|error| format!("write: {error}"))?;
    Ok(file)
}
