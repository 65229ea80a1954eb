//! The arithmetic of merging. `s` is the value so far, `o` the one in the base, `u` the changed one.

use super::bits::Bits;

/// A type that can be added up, multiplied and ordered. Works on bits, so that values which are only copied keep theirs.
pub(super) trait Number<const W: usize> {
    type Bits: Bits<W>;

    /// `s + (u - o)`
    fn sum(s: Self::Bits, o: Self::Bits, u: Self::Bits) -> Self::Bits;
    /// `s * u / o`, if that is defined.
    fn product(s: Self::Bits, o: Self::Bits, u: Self::Bits) -> Option<Self::Bits>;
    fn max(s: Self::Bits, u: Self::Bits) -> Self::Bits;
    fn min(s: Self::Bits, u: Self::Bits) -> Self::Bits;
}

macro_rules! integers {
    ($($number:ty as $bits:ty, $width:literal, $wide:ty;)*) => {$(
        impl Number<$width> for $number {
            type Bits = $bits;

            fn sum(s: $bits, o: $bits, u: $bits) -> $bits {
                s.wrapping_add(u.wrapping_sub(o))
            }

            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "integers wrap")]
            fn product(s: $bits, o: $bits, u: $bits) -> Option<$bits> {
                let [s, o, u] = [s, o, u].map(|bits| <$wide>::from(<$number>::from_le_bytes(bits.to_le_bytes())));
                // No overflow: both factors have at most half of the bits, and so does the divisor.
                let product = s * u;
                (o != 0 && product % o == 0).then(|| (product / o) as $bits)
            }

            fn max(s: $bits, u: $bits) -> $bits {
                let [left, right] = [s, u].map(|bits| <$number>::from_le_bytes(bits.to_le_bytes()));
                Bits::select(left >= right, s, u)
            }

            fn min(s: $bits, u: $bits) -> $bits {
                let [left, right] = [s, u].map(|bits| <$number>::from_le_bytes(bits.to_le_bytes()));
                Bits::select(left <= right, s, u)
            }
        }
    )*};
}

integers! {
    i8 as u8, 1, i128;
    u8 as u8, 1, u128;
    i16 as u16, 2, i128;
    u16 as u16, 2, u128;
    i32 as u32, 4, i128;
    u32 as u32, 4, u128;
    i64 as u64, 8, i128;
    u64 as u64, 8, u128;
}

/// The one NaN that arithmetic gives, on every host.
const NAN_F32: u32 = 0x7FC0_0000;
const NAN_F64: u64 = 0x7FF8_0000_0000_0000;

/// Computed in 64 bits and rounded once.
impl Number<4> for f32 {
    type Bits = u32;

    fn sum(s: u32, o: u32, u: u32) -> u32 {
        let [s, o, u] = [s, o, u].map(|bits| f64::from(Self::from_bits(bits)));
        narrow(s + (u - o))
    }

    fn product(s: u32, o: u32, u: u32) -> Option<u32> {
        let [s, o, u] = [s, o, u].map(|bits| f64::from(Self::from_bits(bits)));
        is_divisor(o).then(|| narrow(s * (u / o)))
    }

    fn max(s: u32, u: u32) -> u32 {
        let [left, right] = [s, u].map(Self::from_bits);
        // Equal values differ in the sign of a zero at most.
        let larger = Bits::select(left > right, s, u);
        let larger = Bits::select(left == right, s & u, larger);
        Bits::select(left.is_nan() | right.is_nan(), NAN_F32, larger)
    }

    fn min(s: u32, u: u32) -> u32 {
        let [left, right] = [s, u].map(Self::from_bits);
        let smaller = Bits::select(left < right, s, u);
        let smaller = Bits::select(left == right, s | u, smaller);
        Bits::select(left.is_nan() | right.is_nan(), NAN_F32, smaller)
    }
}

impl Number<8> for f64 {
    type Bits = u64;

    fn sum(s: u64, o: u64, u: u64) -> u64 {
        let [s, o, u] = [s, o, u].map(Self::from_bits);
        canonical(s + (u - o))
    }

    fn product(s: u64, o: u64, u: u64) -> Option<u64> {
        let [s, o, u] = [s, o, u].map(Self::from_bits);
        is_divisor(o).then(|| canonical(s * (u / o)))
    }

    fn max(s: u64, u: u64) -> u64 {
        let [left, right] = [s, u].map(Self::from_bits);
        let larger = Bits::select(left > right, s, u);
        let larger = Bits::select(left == right, s & u, larger);
        Bits::select(left.is_nan() | right.is_nan(), NAN_F64, larger)
    }

    fn min(s: u64, u: u64) -> u64 {
        let [left, right] = [s, u].map(Self::from_bits);
        let smaller = Bits::select(left < right, s, u);
        let smaller = Bits::select(left == right, s | u, smaller);
        Bits::select(left.is_nan() | right.is_nan(), NAN_F64, smaller)
    }
}

fn is_divisor(o: f64) -> bool {
    o.is_finite() && o != 0.0
}

#[expect(clippy::cast_possible_truncation, reason = "this is the one rounding")]
fn narrow(value: f64) -> u32 {
    u32::select(value.is_nan(), NAN_F32, (value as f32).to_bits())
}

fn canonical(value: f64) -> u64 {
    u64::select(value.is_nan(), NAN_F64, value.to_bits())
}
