//! Comparing lines, and mending what differs.
#![expect(unsafe_code, reason = "instructions that not every processor has, on memory behind a pointer")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64 as x86;

#[cfg(target_arch = "x86_64")]
use super::HALF;
use super::{Bits, LINE, Line, PIECE, Piece, Width};

impl Width {
    /// Whether any element of `W` bytes, counted from the beginning of the lines, is the same in both. `W` is 1, 2, 4 or 8.
    #[inline(always)]
    pub(crate) fn any_equal<const W: usize>(self, one: &Line, other: &Line) -> bool {
        match self.0 {
            // SAFETY: the processor has it, as the width exists.
            #[cfg(target_arch = "x86_64")]
            Bits::Wide512 => unsafe { any_equal_512::<W>(one, other) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Bits::Wide256 => unsafe { any_equal_256::<W>(one, other) },
            Bits::Least => any_equal::<W>(one, other),
        }
    }

    /// Makes `target` hold `source`, and says whether it did not before. What is there already is not stored: the caches need
    /// not write it back then, and the lines of a page of which little has changed are mostly only read.
    ///
    /// # Safety
    /// `target` points to so many bytes, which may be read and written, and which nobody else writes to meanwhile.
    #[inline(always)]
    pub(crate) unsafe fn mend(self, target: *mut Piece, source: &Piece) -> bool {
        match self.0 {
            // SAFETY: the processor has it, as the width exists; the rest is passed on from the caller.
            #[cfg(target_arch = "x86_64")]
            Bits::Wide512 => unsafe { mend_512(target, source) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Bits::Wide256 => unsafe { mend_256(target, source) },
            // SAFETY: passed on from the caller.
            Bits::Least => unsafe { mend(target, source) },
        }
    }
}

fn any_equal<const W: usize>(one: &Line, other: &Line) -> bool {
    let (one, other) = (one.as_chunks::<W>().0, other.as_chunks::<W>().0);
    one.iter().zip(other).fold(false, |any, (one, other)| any | (one == other))
}

// Written out, because compilers make of the loop above now a few wide instructions, now hundreds of narrow ones, as the code
// around it goes.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn any_equal_512<const W: usize>(one: &Line, other: &Line) -> bool {
    // SAFETY: a line has the 64 bytes that are read.
    let [one, other] = [one, other].map(|line| unsafe { x86::_mm512_loadu_si512(line.as_ptr().cast()) });
    match W {
        1 => x86::_mm512_cmpeq_epi8_mask(one, other) != 0,
        2 => x86::_mm512_cmpeq_epi16_mask(one, other) != 0,
        4 => x86::_mm512_cmpeq_epi32_mask(one, other) != 0,
        _ => x86::_mm512_cmpeq_epi64_mask(one, other) != 0,
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn any_equal_256<const W: usize>(one: &Line, other: &Line) -> bool {
    let halves = one.as_chunks::<HALF>().0.iter().zip(other.as_chunks::<HALF>().0);
    let mut equal = x86::_mm256_setzero_si256();
    for (one, other) in halves {
        // SAFETY: half a line has the 32 bytes that are read.
        let [one, other] = [one, other].map(|half| unsafe { x86::_mm256_loadu_si256(half.as_ptr().cast()) });
        let same = match W {
            1 => x86::_mm256_cmpeq_epi8(one, other),
            2 => x86::_mm256_cmpeq_epi16(one, other),
            4 => x86::_mm256_cmpeq_epi32(one, other),
            _ => x86::_mm256_cmpeq_epi64(one, other),
        };
        equal = x86::_mm256_or_si256(equal, same);
    }
    x86::_mm256_testz_si256(equal, equal) == 0
}

/// # Safety
/// See [`Width::mend`].
unsafe fn mend(target: *mut Piece, source: &Piece) -> bool {
    // SAFETY: passed on from the caller.
    let differs = unsafe { target.read() } != *source;
    if differs {
        // SAFETY: as above.
        unsafe { target.write(*source) };
    }
    differs
}

/// # Safety
/// See [`Width::mend`].
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn mend_512(target: *mut Piece, source: &Piece) -> bool {
    let (target, source) = (target.cast::<x86::__m512i>(), source.as_ptr().cast::<x86::__m512i>());
    let mut differing = 0;
    for line in 0..PIECE / LINE {
        // SAFETY: a piece has so many lines, and so has the target, as the caller says.
        let held = unsafe { x86::_mm512_loadu_si512(target.wrapping_add(line)) };
        // SAFETY: as above.
        let wanted = unsafe { x86::_mm512_loadu_si512(source.wrapping_add(line)) };
        differing |= x86::_mm512_cmpneq_epi64_mask(held, wanted);
    }
    if differing != 0 {
        for line in 0..PIECE / LINE {
            // SAFETY: as above.
            let wanted = unsafe { x86::_mm512_loadu_si512(source.wrapping_add(line)) };
            // SAFETY: as above.
            unsafe { x86::_mm512_storeu_si512(target.wrapping_add(line), wanted) };
        }
    }
    differing != 0
}

/// # Safety
/// See [`Width::mend`].
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn mend_256(target: *mut Piece, source: &Piece) -> bool {
    let (target, source) = (target.cast::<x86::__m256i>(), source.as_ptr().cast::<x86::__m256i>());
    let mut differing = x86::_mm256_setzero_si256();
    for half in 0..PIECE / HALF {
        // SAFETY: a piece has so many halves of a line, and so has the target, as the caller says.
        let held = unsafe { x86::_mm256_loadu_si256(target.wrapping_add(half)) };
        // SAFETY: as above.
        let wanted = unsafe { x86::_mm256_loadu_si256(source.wrapping_add(half)) };
        differing = x86::_mm256_or_si256(differing, x86::_mm256_xor_si256(held, wanted));
    }
    let differs = x86::_mm256_testz_si256(differing, differing) == 0;
    if differs {
        for half in 0..PIECE / HALF {
            // SAFETY: as above.
            let wanted = unsafe { x86::_mm256_loadu_si256(source.wrapping_add(half)) };
            // SAFETY: as above.
            unsafe { x86::_mm256_storeu_si256(target.wrapping_add(half), wanted) };
        }
    }
    differs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn agrees<const W: usize>(one: &Line, other: &Line) -> Result<(), TestCaseError> {
        let expected = (0..LINE / W).any(|element| one[element * W..][..W] == other[element * W..][..W]);
        for width in Width::all() {
            prop_assert_eq!(width.any_equal::<W>(one, other), expected, "{:?}, elements of {} bytes", width, W);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn equal_elements_are_found_with_every_width(
            one in any::<Line>(),
            mask in prop_oneof![Just(1_u8), Just(0x80), Just(0xff)],
            equal in prop::collection::vec(0..LINE, 0..20),
        ) {
            let mut other = one.map(|byte| byte ^ mask);
            equal.iter().for_each(|at| other[*at] = one[*at]);
            agrees::<1>(&one, &other)?;
            agrees::<2>(&one, &other)?;
            agrees::<4>(&one, &other)?;
            agrees::<8>(&one, &other)?;
            // A whole element of any width.
            let at = equal.first().map_or(0, |at| at / 8 * 8);
            other[at..at + 8].copy_from_slice(&one[at..at + 8]);
            agrees::<8>(&one, &other)?;
        }
    }

    proptest! {
        #[test]
        fn pieces_are_mended_with_every_width(source in prop::collection::vec(any::<u8>(), PIECE), flips in prop::collection::vec((0..PIECE, any::<u8>()), 0..4)) {
            let source: &Piece = source.first_chunk().expect("it is a piece");
            for width in Width::all() {
                let mut target = *source;
                flips.iter().for_each(|(at, flip)| target[*at] ^= flip);
                let differs = target != *source;
                // SAFETY: the target is a piece of our own.
                prop_assert_eq!(unsafe { width.mend(&raw mut target, source) }, differs, "{:?}", width);
                prop_assert_eq!(&target, source, "{:?}", width);
            }
        }
    }
}
