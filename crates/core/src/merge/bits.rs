//! Elements as unsigned numbers of their width: what is compared, copied and combined without knowing what it means.

/// The bits of an element of `W` bytes.
pub(super) trait Bits<const W: usize>: Copy + PartialEq {
    const ZERO: Self;
    const ONES: Self;

    fn load(bytes: [u8; W]) -> Self;
    fn store(self) -> [u8; W];

    fn xor(self, other: Self) -> Self;
    fn and(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;

    /// A choice without a branch, so that loops over elements become vector code.
    fn select(condition: bool, yes: Self, no: Self) -> Self;
}

macro_rules! bits {
    ($($bits:ty, $width:literal;)*) => {$(
        impl Bits<$width> for $bits {
            const ZERO: Self = 0;
            const ONES: Self = Self::MAX;

            fn load(bytes: [u8; $width]) -> Self {
                Self::from_le_bytes(bytes)
            }

            fn store(self) -> [u8; $width] {
                self.to_le_bytes()
            }

            fn xor(self, other: Self) -> Self {
                self ^ other
            }

            fn and(self, other: Self) -> Self {
                self & other
            }

            fn or(self, other: Self) -> Self {
                self | other
            }

            fn select(condition: bool, yes: Self, no: Self) -> Self {
                let mask = if condition { Self::ONES } else { Self::ZERO };
                (yes & mask) | (no & !mask)
            }
        }
    )*};
}

bits! {
    u8, 1;
    u16, 2;
    u32, 4;
    u64, 8;
}
