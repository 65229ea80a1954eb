//! Bytes that look like a memory in use. The same in every run.

/// A generator whose high bits are good enough to choose and to fill with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 ^ (self.0 >> 32)
    }

    /// Below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap_or(0) % limit
    }

    /// None of them zero, so that no page is empty.
    pub(crate) fn bytes(&mut self, byte_length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(byte_length.next_multiple_of(8));
        while bytes.len() < byte_length {
            bytes.extend((self.next() | 0x0101_0101_0101_0101).to_le_bytes());
        }
        bytes.truncate(byte_length);
        bytes
    }
}
