//! Numbers and regions out of random bytes. When the bytes are used up, everything is zero.

use pagefold_core::{ElementType, MergeRegion, Operation};

#[derive(Debug)]
pub(crate) struct Source<'a>(pub(crate) &'a [u8]);

impl Source<'_> {
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.byte()) % all.len()]
    }

    /// Mostly small, sometimes as large as a number can be.
    fn offset(&mut self) -> u64 {
        match self.byte() {
            small @ 0..=0xEF => u64::from(small),
            0xFF => u64::MAX - u64::from(self.byte()),
            _ => u64::from_le_bytes([(); 8].map(|()| self.byte())),
        }
    }

    pub(crate) fn region(&mut self) -> MergeRegion {
        MergeRegion {
            byte_offset: self.offset(),
            byte_length: match self.byte() {
                0xFF => None,
                count => Some(if count < 0x80 { u64::from(count) * 4 } else { self.offset() }),
            },
            element: self.one_of(&ElementType::ALL),
            operation: self.one_of(&Operation::ALL),
        }
    }
}
