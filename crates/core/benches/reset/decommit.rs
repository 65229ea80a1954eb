//! A private copy-on-write mapping that is given up as a whole: one call, and then a fault for everything that is
//! used again.

use std::hint::black_box;

use super::bare::Mapping;
use super::memory_file::memory_file;
use super::subjects::page_bytes;

#[derive(Debug)]
pub(crate) struct Decommit {
    memory: Mapping,
}

impl Decommit {
    pub(crate) fn new(contents: &[u8]) -> Result<Self, String> {
        let file = memory_file(contents, contents.len())?;
        let mut memory = Mapping::anonymous(contents.len())?;
        memory.show(&file, contents.len())?;
        let mut decommit = Self { memory };
        decommit.fault_in();
        Ok(decommit)
    }

    pub(crate) fn write(&mut self, offset: usize, byte: u8) {
        self.memory.write(offset, &[byte]);
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.memory.bytes()
    }

    /// Gives everything up and reads a word of each page, as a guest does that uses all of its memory.
    pub(crate) fn reset(&mut self) -> Result<(), String> {
        self.memory.advise("DONTNEED", libc::MADV_DONTNEED)?;
        self.fault_in();
        Ok(())
    }

    fn fault_in(&mut self) {
        let byte_length = self.bytes().len();
        let words = self.memory.words();
        for offset in (0..byte_length).step_by(page_bytes()) {
            black_box(words.read(offset));
        }
    }
}
