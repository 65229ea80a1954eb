//! The floor that `View::reset` is measured against: the same system calls and copies, and nothing else.

use std::os::fd::OwnedFd;

use super::bare::{Mapping, Pagemap, REGIONS_CHEAP, register};
use super::masks::{CHECK_WPASYNC, FAST};
use super::memory_file::memory_file;

/// Memory of its own, watched by a userfaultfd of its own.
#[derive(Debug)]
pub(crate) struct BareLoop {
    memory: Mapping,
    image: Mapping,
    byte_length: usize,
    pagemap: Pagemap,
    _watching: OwnedFd,
}

impl BareLoop {
    /// Maps `contents` copy-on-write, makes all of it resident, registers and arms it.
    pub(crate) fn new(contents: &[u8]) -> Result<Self, String> {
        let byte_length = contents.len();
        let file = memory_file(contents, byte_length)?;
        let mut image = Mapping::of_file(&file, byte_length)?;
        let mut memory = Mapping::anonymous(byte_length)?;
        memory.show(&file, byte_length)?;
        for mapping in [&mut image, &mut memory] {
            mapping.advise("NOHUGEPAGE", libc::MADV_NOHUGEPAGE)?;
            mapping.advise("POPULATE_READ", libc::MADV_POPULATE_READ)?;
        }
        let addresses = memory.addresses(0..byte_length);
        let watching = register(&addresses)?;
        let pagemap = Pagemap::open(REGIONS_CHEAP)?;
        pagemap.arm(addresses)?;
        Ok(Self { memory, image, byte_length, pagemap, _watching: watching })
    }

    pub(crate) fn write(&mut self, offset: usize, byte: u8) {
        self.memory.write(offset, &[byte]);
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.memory.bytes()
    }

    /// The loop: harvest and copy back. Nothing is armed again, as `View::reset` arms nothing again for a guest that
    /// always writes the same pages, which is what this benchmark's guest does.
    pub(crate) fn reset(&mut self) -> Result<(), String> {
        let Self { memory, image, pagemap, .. } = self;
        let addresses = memory.addresses(0..self.byte_length);
        pagemap.scan((CHECK_WPASYNC, FAST), addresses, |run| memory.write(run.start, &image.bytes()[run]))
    }
}
