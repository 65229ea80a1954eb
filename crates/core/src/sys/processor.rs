//! What processors do differently: wide registers, loads ahead of time, stores past the caches, and how many addresses they
//! remember.
//!
//! None of it changes what is computed. A loop over bytes in memory takes as long as its loads and stores, and a core has room
//! for so many of them at a time: wide registers need fewer, a load ahead of time waits for nothing, and a store past the
//! caches does not load first what it overwrites.
#![expect(unsafe_code, reason = "instructions that not every processor has, and memory that is not initialised yet")]

use std::mem::MaybeUninit;

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64 as x86;

/// What the caches load and write back together, in bytes.
pub(crate) const LINE: usize = 64;

/// What a register of 256 bits holds.
#[cfg(target_arch = "x86_64")]
const HALF: usize = LINE / 2;

type Line = [u8; LINE];
/// Where a line can be stored.
type Room = [MaybeUninit<u8>; LINE];

/// Work that is worth compiling once for each width of registers.
///
/// `run` and what it spends its time in MUST be `#[inline(always)]`: only what is inlined is compiled with wide registers.
pub(crate) trait Work {
    /// What comes of it: the same for every width.
    type Output;

    /// Does it.
    fn run(self, width: Width) -> Self::Output;
}

/// Bytes that are stored in one go, while others are loaded.
pub(crate) const PIECE: usize = 4 * LINE;

/// What is done while bytes are stored. `piece` MUST be `#[inline(always)]`, as in [`Work`].
pub(crate) trait Meanwhile {
    /// Called with 0, 1, … for each piece, begun ones included.
    fn piece(&mut self, index: usize);
}

/// Registers that this processor has. There is none of a width that it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Width(Bits);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bits {
    /// x86-64 from Ice Lake and Zen 4 on, which do not slow down for them.
    #[cfg(target_arch = "x86_64")]
    Wide512,
    /// x86-64 with AVX2.
    #[cfg(target_arch = "x86_64")]
    Wide256,
    /// What every processor of the architecture has.
    Least,
}

impl Width {
    /// All that this processor has, the widest first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let wider = [(Bits::Wide512, has_512_bits()), (Bits::Wide256, std::arch::is_x86_feature_detected!("avx2"))];
        #[cfg(not(target_arch = "x86_64"))]
        let wider: [(Bits, bool); 0] = [];
        let wider = wider.into_iter().filter(|(_, has)| *has).map(|(bits, _)| bits);
        wider.chain([Bits::Least]).map(Self)
    }

    /// Does work with registers of this width.
    pub(crate) fn run<W: Work>(self, work: W) -> W::Output {
        match self.0 {
            // SAFETY: a width exists only where the processor has the features that the function is compiled for.
            #[cfg(target_arch = "x86_64")]
            Bits::Wide512 => unsafe { run_with_512_bits(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Bits::Wide256 => unsafe { run_with_256_bits(work) },
            Bits::Least => work.run(Self(Bits::Least)),
        }
    }

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

    /// Stores a line past the caches. Until [`Underway`] is dropped nobody else may see it.
    ///
    /// # Safety
    /// The room is aligned to a line.
    #[inline(always)]
    unsafe fn store_past_caches(self, room: &mut Room, line: &Line) {
        match self.0 {
            // SAFETY: the processor has it, as the width exists; the room is aligned, as the caller says.
            #[cfg(target_arch = "x86_64")]
            Bits::Wide512 => unsafe { store_512(room, line) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Bits::Wide256 => unsafe { store_256(room, line) },
            // Narrower stores past the caches take longer than those that load first.
            Bits::Least => store(room, line),
        }
    }
}

/// Does work with the widest registers there are. Costs a few nanoseconds for finding out.
pub(crate) fn widest<W: Work>(work: W) -> W::Output {
    Width::all().next().unwrap_or(Width(Bits::Least)).run(work)
}

#[cfg(target_arch = "x86_64")]
fn has_512_bits() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx512f") && has!("avx512bw") && has!("avx512vl") && has!("avx512vbmi2") && has!("bmi1") && has!("bmi2")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,bmi1,bmi2")]
fn run_with_512_bits<W: Work>(work: W) -> W::Output {
    work.run(Width(Bits::Wide512))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_with_256_bits<W: Work>(work: W) -> W::Output {
    work.run(Width(Bits::Wide256))
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
/// The room is aligned to a line.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn store_512(room: &mut Room, line: &Line) {
    // SAFETY: a line has the 64 bytes that are read.
    let register = unsafe { x86::_mm512_loadu_si512(line.as_ptr().cast()) };
    // SAFETY: the room has 64 bytes, and is aligned to them.
    unsafe { x86::_mm512_stream_si512(room.as_mut_ptr().cast(), register) };
}

/// # Safety
/// The room is aligned to half a line.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store_256(room: &mut Room, line: &Line) {
    for (room, half) in room.as_chunks_mut::<HALF>().0.iter_mut().zip(line.as_chunks::<HALF>().0) {
        // SAFETY: half a line has the 32 bytes that are read.
        let register = unsafe { x86::_mm256_loadu_si256(half.as_ptr().cast()) };
        // SAFETY: half the room has 32 bytes, and is aligned to them.
        unsafe { x86::_mm256_stream_si256(room.as_mut_ptr().cast(), register) };
    }
}

/// What was stored past the caches and may still be on its way. Dropped, it has arrived, in the order that other threads rely
/// on: MUST be dropped before anybody else is handed the memory, or it is given back. A vector that grows meanwhile is moved by
/// the thread that stored: reading what is underway waits for it.
#[derive(Debug, Default)]
pub(crate) struct Underway(());

impl Drop for Underway {
    fn drop(&mut self) {
        // SAFETY: every x86-64 processor has it, and it touches no memory.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            x86::_mm_sfence();
        }
    }
}

/// Has the caches load the first line of these bytes, and waits for nothing. The line is taken away; less than one is left.
#[inline(always)]
pub(crate) fn load_ahead(bytes: &mut &[u8]) {
    if let Some((line, rest)) = bytes.split_first_chunk::<LINE>() {
        // SAFETY: it changes nothing that the program sees, and the address is that of a byte.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            x86::_mm_prefetch::<{ x86::_MM_HINT_T0 }>(line.as_ptr().cast());
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = line;
        *bytes = rest;
    }
}

/// The size of a huge page on x86-64, and on arm64 with pages of 4 KiB.
#[cfg(target_os = "linux")]
pub(crate) const HUGE_PAGE: usize = 2 << 20;

/// Asks the system for huge pages behind the bytes of a vector, where no memory is yet: a processor remembers only so many
/// addresses, and in scattered memory each page costs one as it is. Only a hint, about 1 us.
pub(crate) fn prefer_huge_pages(vector: &mut Vec<u8>) {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::mman::{MmapAdvise, madvise};

        let room = vector.spare_capacity_mut();
        let skipped = room.as_ptr().align_offset(HUGE_PAGE).min(room.len());
        let byte_length = (room.len() - skipped) / HUGE_PAGE * HUGE_PAGE;
        if byte_length > 0 {
            let start = std::ptr::NonNull::from(&mut room[skipped..]).cast();
            // SAFETY: the range lies in memory that the vector owns. The advice changes nothing that is in it, nor who may
            // use it; kernels without huge pages refuse.
            let _ = unsafe { madvise(start, byte_length, MmapAdvise::MADV_HUGEPAGE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = vector;
}

/// Bytes that are stored behind those of a vector and do not count yet.
#[derive(Debug)]
pub(crate) struct Stored<'a> {
    behind: &'a mut Vec<u8>,
    byte_length: usize,
}

impl<'a> Stored<'a> {
    /// Stores bytes behind those of a vector, and does something else meanwhile, once for each piece of `bytes`.
    /// `past_caches`: for more than these would hold until somebody reads it.
    ///
    /// ```text
    ///  lines of the vector    |#####   |        |        |
    ///  bytes                        |########|########|##     head, whole lines past the caches, tail
    /// ```
    #[inline(always)]
    pub(crate) fn new(
        width: Width,
        behind: &'a mut Vec<u8>,
        bytes: &[u8],
        past_caches: bool,
        meanwhile: &mut impl Meanwhile,
    ) -> Self {
        behind.reserve(bytes.len());
        let missing = behind.as_ptr_range().end.addr().wrapping_neg() % LINE;
        let (head, rest) = bytes.split_at(missing.min(bytes.len()));
        let (lines, tail) = rest.as_chunks::<LINE>();
        let (pieces, begun) = lines.as_chunks::<{ PIECE / LINE }>();
        let room = &mut behind.spare_capacity_mut()[..bytes.len()];
        let (head_room, rest_room) = room.split_at_mut(head.len());
        let (line_rooms, tail_room) = rest_room.as_chunks_mut::<LINE>();
        let (piece_rooms, begun_rooms) = line_rooms.as_chunks_mut::<{ PIECE / LINE }>();
        store_each(head_room, head);
        let store_lines = |rooms: &mut [Room], lines: &[Line]| {
            for (room, line) in rooms.iter_mut().zip(lines) {
                if past_caches {
                    // SAFETY: the head ended where a line of the caches does, and here begin lines from there on.
                    unsafe { width.store_past_caches(room, line) };
                } else {
                    store(room, line);
                }
            }
        };
        // A piece is stored after the next one was looked at: loads that are followed by a store in the same place of another
        // page seem to depend on it, and wait.
        let looks = bytes.len().div_ceil(PIECE);
        for index in 0..=looks {
            if index < looks {
                meanwhile.piece(index);
            }
            let before = index.wrapping_sub(1);
            if let (Some(rooms), Some(piece)) = (piece_rooms.get_mut(before), pieces.get(before)) {
                store_lines(rooms, piece);
            }
        }
        store_lines(begun_rooms, begun);
        store_each(tail_room, tail);
        Self { behind, byte_length: bytes.len() }
    }

    /// Lets the first of the bytes count.
    ///
    /// # Panics
    /// When there are not so many.
    #[inline]
    pub(crate) fn keep(self, byte_length: usize) {
        assert!(byte_length <= self.byte_length, "{byte_length} of {} bytes", self.byte_length);
        let end = self.behind.len() + byte_length;
        // SAFETY: these bytes were stored behind those that count, in the capacity; nothing else was done to the vector.
        unsafe { self.behind.set_len(end) };
    }
}

#[inline(always)]
fn store(room: &mut Room, line: &Line) {
    *room = line.map(MaybeUninit::new);
}

/// Less than a line.
#[inline(always)]
fn store_each(room: &mut [MaybeUninit<u8>], bytes: &[u8]) {
    for (room, byte) in room.iter_mut().zip(bytes) {
        room.write(*byte);
    }
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
}
