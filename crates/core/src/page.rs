//! Page arithmetic: pure, checked, and the same on every system.

/// The size of a memory page in bytes: a power of two, at least 512.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(usize);

impl PageSize {
    /// `None` unless `bytes` is a power of two of at least 512.
    #[must_use]
    pub const fn new(bytes: usize) -> Option<Self> {
        if bytes.is_power_of_two() && bytes >= 512 { Some(Self(bytes)) } else { None }
    }

    /// The size in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        self.0
    }

    /// Whether an address, offset or length lies on a page boundary.
    #[must_use]
    pub const fn is_aligned(self, value: usize) -> bool {
        value & (self.0 - 1) == 0
    }

    /// The largest page boundary that is not above `value`.
    #[must_use]
    pub const fn floor(self, value: usize) -> usize {
        value & !(self.0 - 1)
    }

    /// The smallest page boundary that is not below `value`; `None` on overflow.
    #[must_use]
    pub const fn ceil(self, value: usize) -> Option<usize> {
        match value.checked_add(self.0 - 1) {
            Some(sum) => Some(self.floor(sum)),
            None => None,
        }
    }

    /// The page that an offset lies in.
    #[must_use]
    pub const fn index(self, offset: usize) -> usize {
        offset >> self.0.trailing_zeros()
    }

    /// How many pages `byte_length` bytes touch, when they begin on a page boundary.
    #[must_use]
    pub const fn count(self, byte_length: usize) -> usize {
        self.index(byte_length) + !self.is_aligned(byte_length) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_what_is_not_a_page_size() {
        for bytes in [0, 1, 256, 4095, 4097, 12288] {
            assert_eq!(PageSize::new(bytes), None, "{bytes}");
        }
    }

    #[test]
    fn rounds() {
        let page = PageSize::new(4096).expect("a power of two");
        for (value, floor, ceil, count) in
            [(0, 0, 0, 0), (1, 0, 4096, 1), (4095, 0, 4096, 1), (4096, 4096, 4096, 1), (4097, 4096, 8192, 2)]
        {
            assert_eq!(page.floor(value), floor, "floor({value})");
            assert_eq!(page.ceil(value), Some(ceil), "ceil({value})");
            assert_eq!(page.count(value), count, "count({value})");
        }
        assert_eq!(page.ceil(usize::MAX), None);
        assert!(page.is_aligned(8192) && !page.is_aligned(8191));
    }
}
