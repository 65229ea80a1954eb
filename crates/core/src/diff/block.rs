//! Which bytes of two blocks differ. Written so that compilers turn the loops into a few wide instructions.

/// Bytes that are looked at together: as many as a mask of `u64` has bits, and a multiple of every element's width.
pub(super) const BLOCK: usize = 64;

/// Bytes that are looked at together.
pub(super) type Block = [u8; BLOCK];

/// Offset after the last byte that differs; 0 when none does.
#[inline(always)]
pub(super) fn end_of_difference(base: &[u8], updated: &[u8]) -> usize {
    base.iter().zip(updated).rposition(|(o, u)| o != u).map_or(0, |last| last + 1)
}

/// One bit for each byte, lowest first: set in all bytes of the elements of `W` bytes that differ.
pub(super) fn changed<const W: usize>(base: &Block, updated: &Block) -> u64 {
    const LOW_BITS: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    // Moves the lowest bit of byte k to bit 56 + k; no two of the sums meet.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut bytes = 0;
    for (index, (o, u)) in pairs(base, updated).enumerate() {
        let differs = u64::from_le_bytes(o) ^ u64::from_le_bytes(u);
        // The top bit of a byte becomes set when any of its bits is: adding cannot carry into the next byte.
        let tops = (((differs & LOW_BITS) + LOW_BITS) | differs) & !LOW_BITS;
        bytes |= ((tops >> 7).wrapping_mul(GATHER) >> 56) << (8 * index);
    }
    widened::<W>(bytes)
}

/// The mask of all bytes of the elements that have a bit in `bytes`.
const fn widened<const W: usize>(bytes: u64) -> u64 {
    // Each step moves the bits of an element together; the product spreads its lowest bit over the whole of it.
    match W {
        2 => ((bytes | bytes >> 1) & 0x5555_5555_5555_5555) * 0x3,
        4 => {
            let halves = bytes | bytes >> 1;
            ((halves | halves >> 2) & 0x1111_1111_1111_1111) * 0xf
        }
        8 => {
            let halves = bytes | bytes >> 1;
            let quarters = halves | halves >> 2;
            ((quarters | quarters >> 4) & 0x0101_0101_0101_0101) * 0xff
        }
        _ => bytes,
    }
}

#[inline(always)]
fn pairs<'a, const W: usize>(base: &'a [u8], updated: &'a [u8]) -> impl Iterator<Item = ([u8; W], [u8; W])> + 'a {
    base.as_chunks().0.iter().copied().zip(updated.as_chunks().0.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive<const W: usize>(base: &Block, updated: &Block) -> u64 {
        let differs = |element: usize| base[element * W..][..W] != updated[element * W..][..W];
        (0..BLOCK).filter(|at| differs(at / W)).fold(0, |mask, at| mask | 1 << at)
    }

    fn agrees<const W: usize>(base: &Block, updated: &Block) -> Result<(), TestCaseError> {
        let expected = naive::<W>(base, updated);
        prop_assert_eq!(changed::<W>(base, updated), expected);
        Ok(())
    }

    proptest! {
        #[test]
        fn masks_are_what_a_loop_finds(base in any::<Block>(), flips in proptest::collection::vec((0..BLOCK, any::<u8>()), 0..90)) {
            let mut updated = base;
            flips.iter().for_each(|(at, flip)| updated[*at] ^= flip);
            agrees::<1>(&base, &updated)?;
            agrees::<2>(&base, &updated)?;
            agrees::<4>(&base, &updated)?;
            agrees::<8>(&base, &updated)?;
            let end = (0..BLOCK).filter(|at| base[*at] != updated[*at]).max().map_or(0, |last| last + 1);
            prop_assert_eq!(end_of_difference(&base, &updated), end);
        }
    }

    #[test]
    fn blocks_in_which_all_differs_are_found() {
        let (base, updated) = ([0; BLOCK], [0x80; BLOCK]);
        assert_eq!(changed::<1>(&base, &updated), u64::MAX);
    }
}
