//! The caches between the processor and the memory.

use std::hint::black_box;

/// Twice as much as the largest cache of the machines that this is run on.
const BYTE_LENGTH: usize = 64 << 20;
const LINE_BYTES: usize = 64;

/// Bytes that take the place of all others.
#[derive(Debug)]
pub(crate) struct Caches {
    bytes: Vec<u8>,
}

impl Caches {
    pub(crate) fn new() -> Self {
        Self { bytes: vec![1; BYTE_LENGTH] }
    }

    /// Has them hold nothing but these bytes.
    pub(crate) fn empty(&mut self) {
        for line in self.bytes.iter_mut().step_by(LINE_BYTES) {
            *line = line.wrapping_add(1);
        }
        black_box(&mut self.bytes);
    }
}
